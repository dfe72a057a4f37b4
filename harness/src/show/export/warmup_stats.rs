//! The CSV of warmup_stats: a row for each process with the times of its iterations in seconds. It wants processes of one
//! length, so all are cut to that of the shortest.
//!
//! [`crate::record::warmup_csv`] reads the same.

use super::Exported;
use crate::analyse::Analysis;
use crate::machine::terminal;
use crate::record::load::Recorded;

/// What stands for a process that did not end well.
const CRASH: &str = "crash";

/// The file.
///
/// # Errors
/// If a row cannot be written as CSV.
pub fn export(recorded: &Recorded, analysis: &Analysis) -> anyhow::Result<Exported> {
    let lengths: Vec<usize> = super::processes(analysis).map(|(_, _, process)| process.wall_ns.len()).collect();
    let shortest = lengths.iter().copied().min().unwrap_or(0);
    let cut = lengths.iter().filter(|length| **length > shortest).count();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["process_exec_num".to_string(), "bench_name".to_string()];
    writer.write_record(header.into_iter().chain((0..shortest).map(|place| place.to_string())))?;
    for (workload, contender, pair) in analysis.all_pairs() {
        let name = super::command(workload, contender);
        let rows: Vec<Vec<String>> = if pair.processes.is_empty() {
            let own = recorded.invocations.iter().filter(|row| {
                (&row.engine, &row.engine_config, &row.workload)
                    == (&contender.name, &contender.engine_config, &workload.name)
            });
            own.map(|_| vec![CRASH.to_string(); shortest.max(1)]).collect()
        } else {
            let times = |process: &crate::analyse::process::Process| {
                process.wall_ns[..shortest].iter().map(|time_ns| format!("{:.9}", time_ns * 1e-9)).collect()
            };
            pair.processes.iter().map(times).collect()
        };
        for (number, times) in rows.into_iter().enumerate() {
            writer.write_record([number.to_string(), name.clone()].into_iter().chain(times))?;
        }
    }
    let text = String::from_utf8(writer.into_inner()?)?;
    let remark = format!(
        "warmup_stats wants equal lengths: {} cut to the {} of the shortest",
        terminal::count(cut, "process"),
        terminal::count(shortest, "iteration")
    );
    Ok(Exported { text, remarks: if cut > 0 { vec![remark] } else { Vec::new() } })
}
