//! What compilers did in one pair of contender and workload, as the untimed process that traced its events has it, beside
//! when the timed ones last compiled something.

use super::Analysis;
use super::pair::Pair;
use crate::record::load::Recorded;
use crate::record::rows::{EventKind, EventRow};
use crate::statistics::median;

/// What was traced of one pair.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Compilation {
    /// The workload and the contender, by their places.
    pub place: (usize, usize),
    /// Units that were compiled.
    pub compiled: u64,
    /// Their machine code.
    pub code_bytes: u64,
    /// The time that compiling them took, by an untimed process.
    pub compile_ns: u64,
    /// The iteration of the last compilation, from 1; `None` if nothing was compiled in an iteration.
    pub last_iteration: Option<u32>,
    /// The same of the timed processes, by their counters: the median.
    pub last_iteration_timed: Option<f64>,
    /// Units that a compiler declined.
    pub declined: u64,
    /// How often compiled code left for the interpreter.
    pub side_exits: u64,
    /// Units that were thrown away because an assumption failed.
    pub deopts: u64,
    /// Units that will not be compiled again.
    pub blacklisted: u64,
    /// Units that were thrown out for room.
    pub evicted: u64,
}

impl Compilation {
    fn add(&mut self, row: &EventRow) {
        match row.kind {
            EventKind::CompileEnd => {
                self.compiled += row.count;
                self.code_bytes += row.bytes_out.unwrap_or(0);
                self.compile_ns += row.dur_ns.unwrap_or(0);
                self.last_iteration = self.last_iteration.max((row.iteration > 0).then_some(row.iteration));
            }
            EventKind::Declined => self.declined += row.count,
            EventKind::SideExit => self.side_exits += row.count,
            EventKind::Deopt => self.deopts += row.count,
            EventKind::Blacklisted => self.blacklisted += row.count,
            EventKind::Evicted => self.evicted += row.count,
            EventKind::Hot | EventKind::CompileStart | EventKind::Reused | EventKind::Osr | EventKind::Gc => {}
        }
    }
}

impl Analysis<'_> {
    /// What was traced, in the order of workloads and contenders; empty if nothing was.
    pub fn compilations(&self, recorded: &Recorded) -> Vec<Compilation> {
        let mut found: Vec<Compilation> = Vec::new();
        for row in &recorded.events {
            let Some(cell) = self.plan.cell(&row.engine, &row.engine_config, &row.workload) else { continue };
            let place = (cell.workload, cell.contender);
            let index = found.iter().position(|compilation| compilation.place == place).unwrap_or_else(|| {
                let last_iteration_timed = last_iteration_timed(&self.pairs[cell.workload][cell.contender]);
                found.push(Compilation { place, last_iteration_timed, ..Compilation::default() });
                found.len() - 1
            });
            found[index].add(row);
        }
        found.sort_by_key(|compilation| compilation.place);
        found
    }
}

fn last_iteration_timed(pair: &Pair) -> Option<f64> {
    let lasts: Vec<f64> =
        pair.processes.iter().filter_map(|process| Some(process.last_compiled? as f64 + 1.0)).collect();
    median(&lasts)
}

/// The units that the trace of a pair has being compiled in iteration `from` or later, for people.
pub fn late_units(recorded: &Recorded, engine: (&str, &str), workload: &str, from: u32) -> Vec<String> {
    let mut units: Vec<String> = recorded
        .events
        .iter()
        .filter(|row| (row.engine.as_str(), row.engine_config.as_str()) == engine && row.workload == workload)
        .filter(|row| row.kind == EventKind::CompileEnd && row.iteration >= from)
        .map(|row| match row.line {
            Some(line) if line > 0 => format!("{} of {} (line {line})", row.unit, row.function),
            Some(_) | None => format!("{} of {}", row.unit, row.function),
        })
        .collect();
    units.sort();
    units.dedup();
    units
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::workload::Size;
    use crate::record::outcome::Outcome;
    use crate::record::rows::example;

    fn event(workload: &str, iteration: u32, kind: EventKind, count: u64) -> EventRow {
        EventRow {
            run_id: "r".to_string(),
            engine_id: String::new(),
            build: String::new(),
            engine: "fast".to_string(),
            engine_config: String::new(),
            workload: workload.to_string(),
            size: Size::Test,
            iteration,
            t_ns: 1,
            kind,
            unit: "loop".to_string(),
            function: "f".to_string(),
            line: Some(3),
            pc: Some(7),
            bytes_in: None,
            bytes_out: Some(64),
            dur_ns: Some(10),
            reason: String::new(),
            count,
        }
    }

    #[test]
    fn what_was_traced_is_added_up_for_each_pair() {
        let plan = example::plan(2);
        let mut recorded = example::recorded(&plan, |_, _| (Outcome::Ok, vec![5; 4]));
        for row in recorded.iterations.iter_mut().filter(|row| row.engine == "fast" && row.iteration == row.block) {
            row.compiles = Some(1);
        }
        recorded.events = vec![
            event("two", 2, EventKind::SideExit, 9),
            event("one", 0, EventKind::CompileEnd, 1),
            event("one", 1, EventKind::Hot, 1),
            event("two", 4, EventKind::CompileEnd, 1),
            event("two", 1, EventKind::CompileEnd, 1),
        ];
        let found = Analysis::new(&recorded).compilations(&recorded);
        assert_eq!(found.iter().map(|pair| pair.place).collect::<Vec<_>>(), [(0, 1), (1, 1)]);
        assert_eq!((found[0].compiled, found[0].last_iteration), (1, None));
        assert_eq!((found[1].compiled, found[1].code_bytes, found[1].compile_ns), (2, 128, 20));
        assert_eq!((found[1].last_iteration, found[1].side_exits), (Some(4), 9));
        // The timed processes last compiled in iterations 1 and 2.
        assert_eq!(found[1].last_iteration_timed, Some(1.5));
        assert_eq!(late_units(&recorded, ("fast", ""), "two", 2), ["loop of f (line 3)"]);
        assert!(late_units(&recorded, ("fast", ""), "one", 1).is_empty());
    }
}
