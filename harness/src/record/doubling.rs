//! What is measured twice as often: the pairs whose processes fall into modes, once and by a fixed number of blocks.
//!
//! The one place where what comes next depends on how times scatter, and so a pure function of the rows: a run that never
//! stopped, one that goes on after a kill and [`crate::record::validate`] all ask here. It looks at the last half of each
//! process's iterations and at nothing that is concluded of them, so that a later rule for steady states asks for the
//! same processes. [`crate::statistics::modes`] has the rule.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::plan::Plan;
use crate::plan::schedule::{self, Cell};
use crate::record::outcome::Outcome;
use crate::record::rows::{InvocationRow, IterationRow};
use crate::record::work_queue::{State, Step, WorkQueue};
use crate::statistics::{mean, modes};

/// Tells the order of these blocks from that of the planned ones.
const STREAM: u64 = 0x6d6f_6465;

/// The blocks that follow the planned ones: as many again of each pair with modes and its baseline on that workload; of
/// all pairs of the workload if it is the baseline that has them. None as long as the planned blocks lack a row.
pub fn blocks(plan: &Plan, invocations: &[InvocationRow], iterations: &[IterationRow]) -> Vec<Vec<Cell>> {
    let planned: Vec<(Cell, &InvocationRow)> = invocations
        .iter()
        .filter(|row| row.block <= plan.invocations)
        .filter_map(|row| Some((plan.cell(&row.engine, &row.engine_config, &row.workload)?, row)))
        .collect();
    if !plan.doubles_modes || !is_whole(plan, &planned) {
        return Vec::new();
    }
    let failed: BTreeSet<Cell> =
        planned.iter().filter(|(_, row)| row.exit_kind != Outcome::Ok).map(|(cell, _)| *cell).collect();
    let levels = levels(&planned, iterations);
    let with_modes = levels.iter().filter(|(cell, logarithms)| {
        let logarithms: Vec<f64> = logarithms.values().copied().collect();
        !failed.contains(cell) && modes::modes(&logarithms).is_some()
    });
    let baseline = plan.contenders.iter().position(|contender| plan.baseline.as_ref() == Some(&contender.name));
    let mut cells: BTreeSet<Cell> = BTreeSet::new();
    for (cell, _) in with_modes {
        let meets = |other: &&Cell| {
            other.workload == cell.workload
                && (*other == cell || Some(other.contender) == baseline || Some(cell.contender) == baseline)
        };
        cells.extend(plan.blocks[0].iter().filter(meets).filter(|other| !failed.contains(other)));
    }
    if cells.is_empty() {
        return Vec::new();
    }
    let cells: Vec<Cell> = cells.into_iter().collect();
    schedule::shuffled_blocks(&cells, plan.invocations, plan.seed ^ STREAM)
}

/// Whether the planned blocks have all their rows.
fn is_whole(plan: &Plan, planned: &[(Cell, &InvocationRow)]) -> bool {
    let mut queue = WorkQueue::new(plan);
    for (cell, row) in planned {
        queue.add(Step { cell: *cell, block: row.block, seq: row.seq, attempt: row.attempt }, row);
    }
    queue.state() == State::Complete
}

/// For each pair, by block, the logarithm of the mean of the last half of the iterations, of the last attempt.
fn levels(planned: &[(Cell, &InvocationRow)], iterations: &[IterationRow]) -> BTreeMap<Cell, BTreeMap<u32, f64>> {
    let mut times: HashMap<(u32, u32), Vec<f64>> = HashMap::new();
    for row in iterations {
        times.entry((row.seq, row.attempt)).or_default().push(row.wall_ns as f64);
    }
    let mut levels: BTreeMap<Cell, BTreeMap<u32, f64>> = BTreeMap::new();
    // Attempts stand in their order, so the last one stays.
    for (cell, row) in planned {
        let times = times.get(&(row.seq, row.attempt)).map_or(&[][..], Vec::as_slice);
        if let Some(level_ns) = mean(&times[times.len() / 2..]) {
            levels.entry(*cell).or_default().insert(row.block, level_ns.max(1.0).ln());
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::rows::example;

    /// The example's rows, `fast` on `one` twice as slow in `apart`.
    fn run(plan: &Plan, apart: (usize, usize), block: u32) -> (Vec<InvocationRow>, Vec<IterationRow>) {
        let recorded = example::recorded(plan, |cell, now| {
            let time_ns = 1000 + u64::from(now * 7919 % 5);
            let is_apart = (cell.contender, cell.workload) == apart && now == block;
            (Outcome::Ok, vec![if is_apart { 2 * time_ns } else { time_ns }; 4])
        });
        (recorded.invocations, recorded.iterations)
    }

    fn plan() -> Plan {
        Plan { doubles_modes: true, ..example::plan(6) }
    }

    #[test]
    fn a_pair_with_modes_and_its_baseline_come_again() {
        let plan = plan();
        let (invocations, iterations) = run(&plan, (1, 0), 3);
        let again = blocks(&plan, &invocations, &iterations);
        assert_eq!(again.len(), 6);
        for block in &again {
            let mut cells: Vec<(usize, usize)> = block.iter().map(|cell| (cell.contender, cell.workload)).collect();
            cells.sort_unstable();
            assert_eq!(cells, [(0, 0), (1, 0)]);
        }
        // Of a baseline with modes everybody comes again.
        let (invocations, iterations) = run(&plan, (0, 0), 3);
        assert_eq!(blocks(&plan, &invocations, &iterations)[0].len(), 3);
    }

    #[test]
    fn nothing_comes_again_without_modes_or_before_the_end() {
        let plan = plan();
        let (invocations, iterations) = run(&plan, (1, 0), 7);
        assert!(blocks(&plan, &invocations, &iterations).is_empty());
        let (mut invocations, iterations) = run(&plan, (1, 0), 3);
        let off = Plan { doubles_modes: false, ..plan.clone() };
        assert!(blocks(&off, &invocations, &iterations).is_empty());
        invocations.pop();
        assert!(blocks(&plan, &invocations, &iterations).is_empty());
    }
}
