//! What is left of a plan: a pure function of the plan and of the rows that were recorded.
//!
//! A run that goes on after a kill and one that never stopped ask the same queue, so they do the same. It decides
//! from outcomes, disturbances and durations, never from measured times ([`crate::record::doubling`] does, once), and starts
//! no process itself:
//! [`crate::measure`] does, and [`crate::record::validate`] replays a folder against it.

use std::collections::{HashMap, HashSet};

use crate::machine::terminal;
use crate::plan::Plan;
use crate::plan::schedule::Cell;
use crate::record::outcome::Outcome;
use crate::record::rows::InvocationRow;

/// One process of a run: which pair, and where it stands. All numbers count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The pair.
    pub cell: Cell,
    /// The block, which is also the number of the pair's invocation.
    pub block: u32,
    /// The place of the invocation in the order of the run.
    pub seq: u32,
    /// Which try at this invocation.
    pub attempt: u32,
}

impl Step {
    /// Its place in time: a block's repetitions come after all its first attempts.
    pub fn order(&self) -> (u32, bool, u32, u32) {
        (self.block, self.attempt > 1, self.seq, self.attempt)
    }
}

/// How far a run got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Everything was done.
    Complete,
    /// The time budget ended it after so many whole blocks.
    BudgetReached {
        /// Whole blocks.
        blocks: u32,
    },
    /// It was interrupted or killed.
    Incomplete {
        /// Invocations that have a row.
        recorded: usize,
        /// Invocations that the plan wants.
        planned: usize,
    },
}

impl State {
    /// What readers of the results must know; `None` for a complete run.
    pub fn label(self) -> Option<String> {
        match self {
            State::Complete => None,
            State::BudgetReached { blocks } => {
                let whole = terminal::count(blocks, "whole block");
                Some(format!("The time budget ended the run after {whole}."))
            }
            State::Incomplete { recorded, planned } => Some(format!(
                "INCOMPLETE: {recorded} of {planned} planned processes were measured; '{} compare --resume --out DIR' \
                 measures the rest.",
                terminal::program()
            )),
        }
    }
}

/// What was tried of one invocation.
#[derive(Debug, Clone, Copy, Default)]
struct Tried {
    attempts: u32,
    /// Whether the last attempt was disturbed.
    is_disturbed: bool,
}

/// The rows of a run so far, as far as they decide what comes next.
pub struct WorkQueue<'a> {
    plan: &'a Plan,
    tried: HashMap<(Cell, u32), Tried>,
    failed: HashSet<Cell>,
    repetitions: u32,
    /// The blocks behind the planned ones.
    more: Vec<Vec<Cell>>,
    /// What each block took, in nanoseconds.
    block_ns: Vec<u64>,
    /// The first block that may lack something, from 0.
    current: usize,
}

impl<'a> WorkQueue<'a> {
    /// The queue of a run without a row.
    pub fn new(plan: &'a Plan) -> WorkQueue<'a> {
        WorkQueue {
            plan,
            tried: HashMap::new(),
            failed: HashSet::new(),
            repetitions: 0,
            more: Vec::new(),
            block_ns: vec![0; plan.blocks.len()],
            current: 0,
        }
    }

    /// Adds blocks behind the planned ones: those of [`crate::record::doubling`].
    pub fn extend(&mut self, blocks: Vec<Vec<Cell>>) {
        self.block_ns.resize(self.plan.blocks.len() + blocks.len(), 0);
        self.more = blocks;
    }

    /// How many blocks there are, those behind the planned ones among them.
    fn blocks(&self) -> usize {
        self.plan.blocks.len() + self.more.len()
    }

    /// The pairs of a block, from 0.
    fn block(&self, index: usize) -> &[Cell] {
        match index.checked_sub(self.plan.blocks.len()) {
            None => &self.plan.blocks[index],
            Some(behind) => &self.more[behind],
        }
    }

    /// Enters a row, that of `step`.
    pub fn add(&mut self, step: Step, row: &InvocationRow) {
        self.tried.insert((step.cell, step.block), Tried { attempts: step.attempt, is_disturbed: row.is_disturbed() });
        if row.exit_kind != Outcome::Ok {
            self.failed.insert(step.cell);
        }
        if step.attempt > 1 {
            self.repetitions += 1;
        }
        if let Some(block_ns) = self.block_ns.get_mut(step.block as usize - 1) {
            *block_ns += row.duration_ns.unwrap_or(0);
        }
    }

    /// Enters that the row of `step` is missing, so that what follows it can be looked at.
    pub fn pass_over(&mut self, step: Step) {
        self.tried.insert((step.cell, step.block), Tried { attempts: step.attempt, is_disturbed: false });
    }

    /// The process to run next; `None` when the run is at its end. A pair that failed once is not run again: its
    /// failure is the result.
    pub fn next_step(&mut self) -> Option<Step> {
        while self.current < self.blocks() {
            let first = self.steps().find(|step| step.attempt == 1);
            let next = first.or_else(|| self.steps().find(|step| self.may_repeat(step)));
            if next.is_some() {
                return next;
            }
            if self.is_past_budget(self.current + 1) {
                return None;
            }
            self.current += 1;
        }
        None
    }

    /// The next attempt of every invocation of the current block that is not settled.
    fn steps(&self) -> impl Iterator<Item = Step> {
        let block = self.current as u32 + 1;
        let before: usize = (0..self.current).map(|index| self.block(index).len()).sum();
        (before as u32 + 1..).zip(self.block(self.current)).filter_map(move |(seq, cell)| {
            let tried = self.tried.get(&(*cell, block)).copied().unwrap_or_default();
            let is_settled = self.failed.contains(cell) || (tried.attempts > 0 && !tried.is_disturbed);
            (!is_settled).then_some(Step { cell: *cell, block, seq, attempt: tried.attempts + 1 })
        })
    }

    /// Whether a disturbed invocation gets another attempt. On a machine that is never quiet the repetitions end at a
    /// fifth of the plan.
    fn may_repeat(&self, step: &Step) -> bool {
        let most = (self.plan.processes() as u32 / 5).max(1);
        step.attempt <= self.plan.retries + 1 && self.repetitions < most
    }

    /// Whether, after `blocks` whole blocks, another of the same length would end past the budget.
    fn is_past_budget(&self, blocks: usize) -> bool {
        let Some(budget_ns) = self.plan.budget_ns else { return false };
        let spent_ns: u64 = self.block_ns[..blocks].iter().sum();
        blocks < self.plan.blocks.len() && spent_ns + spent_ns / blocks as u64 > budget_ns
    }

    /// The pairs that failed.
    pub fn into_failed(self) -> HashSet<Cell> {
        self.failed
    }

    /// How far the run got.
    pub fn state(&mut self) -> State {
        let is_at_end = self.next_step().is_none();
        if is_at_end && self.current >= self.blocks() {
            return State::Complete;
        }
        if is_at_end {
            return State::BudgetReached { blocks: self.current as u32 + 1 };
        }
        let wanted =
            (0..self.blocks()).flat_map(|index| self.block(index)).filter(|cell| !self.failed.contains(cell)).count();
        let of_failed = self.tried.keys().filter(|(cell, _)| self.failed.contains(cell)).count();
        State::Incomplete { recorded: self.tried.len(), planned: wanted + of_failed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::rows::example;

    /// Runs `plan` from `rows` on; each process gets the row that `run` makes of it.
    fn finish(
        plan: &Plan,
        rows: &[(Step, InvocationRow)],
        run: impl Fn(Step) -> InvocationRow,
    ) -> (Vec<(Step, InvocationRow)>, State) {
        let mut queue = WorkQueue::new(plan);
        rows.iter().for_each(|(step, row)| queue.add(*step, row));
        let mut all = rows.to_vec();
        while let Some(step) = queue.next_step() {
            let row = run(step);
            queue.add(step, &row);
            all.push((step, row));
        }
        (all, queue.state())
    }

    fn row(step: Step) -> InvocationRow {
        InvocationRow { duration_ns: Some(100), ..example::invocation("a", "w", step.block, step.seq) }
    }

    /// A run with a failing pair, a disturbance that goes and one that stays.
    fn eventful(step: Step) -> InvocationRow {
        let row = row(step);
        if step.cell.contender == 1 && step.cell.workload == 0 && step.block == 2 {
            return InvocationRow { exit_kind: Outcome::Crash, ..row };
        }
        let is_disturbed = (step.seq == 3 && step.attempt == 1) || step.seq == 4;
        InvocationRow { flags: if is_disturbed { "waited".to_string() } else { String::new() }, ..row }
    }

    #[test]
    fn a_quiet_run_is_the_plan() {
        let plan = example::plan(3);
        let (rows, state) = finish(&plan, &[], row);
        assert_eq!(state, State::Complete);
        let seqs: Vec<u32> = rows.iter().map(|(step, _)| step.seq).collect();
        assert_eq!(seqs, (1..=plan.processes() as u32).collect::<Vec<_>>());
        assert!(rows.iter().all(|(step, _)| step.attempt == 1));
    }

    #[test]
    fn noise_is_repeated_at_the_end_of_its_block_and_failures_are_final() {
        let plan = Plan { retries: 2, ..example::plan(6) };
        let (rows, state) = finish(&plan, &[], eventful);
        assert_eq!(state, State::Complete);
        let repeated: Vec<(u32, u32)> =
            rows.iter().filter(|(step, _)| step.attempt > 1).map(|(step, _)| (step.seq, step.attempt)).collect();
        assert_eq!(repeated, [(3, 2), (4, 2), (4, 3)]);
        let in_order: Vec<_> = rows.iter().map(|(step, _)| step.order()).collect();
        assert!(in_order.is_sorted());
        let failed = Cell { contender: 1, workload: 0 };
        assert_eq!(rows.iter().filter(|(step, _)| step.cell == failed).map(|(step, _)| step.block).max(), Some(2));
    }

    #[test]
    fn repetitions_end_on_a_machine_that_is_never_quiet() {
        let plan = Plan { retries: 2, ..example::plan(5) };
        let (rows, state) = finish(&plan, &[], |step| InvocationRow { flags: "steal".to_string(), ..row(step) });
        assert_eq!(state, State::Complete);
        assert_eq!(rows.len(), plan.processes() + plan.processes() / 5);
    }

    #[test]
    fn from_any_prefix_a_run_goes_on_as_if_it_had_not_stopped() {
        let plan = Plan { retries: 2, budget_ns: Some(100 * 22), ..example::plan(6) };
        let (whole, state) = finish(&plan, &[], eventful);
        assert!(matches!(state, State::BudgetReached { .. }), "{state:?}");
        for cut in 0..whole.len() {
            let (resumed, resumed_state) = finish(&plan, &whole[..cut], eventful);
            assert_eq!(resumed_state, state);
            let steps = |rows: &[(Step, InvocationRow)]| rows.iter().map(|(step, _)| *step).collect::<Vec<_>>();
            assert_eq!(steps(&resumed), steps(&whole));
            let mut queue = WorkQueue::new(&plan);
            whole[..cut].iter().for_each(|(step, row)| queue.add(*step, row));
            assert!(matches!(queue.state(), State::Incomplete { .. }), "after {cut} rows");
        }
    }

    #[test]
    fn a_budget_ends_a_run_after_a_whole_block() {
        let block_ns = 100 * example::plan(1).processes() as u64;
        for (blocks, state) in [(0, State::BudgetReached { blocks: 1 }), (3, State::BudgetReached { blocks: 3 })] {
            let plan = Plan { budget_ns: Some(block_ns * blocks), ..example::plan(5) };
            assert_eq!(finish(&plan, &[], row).1, state);
        }
        let plan = Plan { budget_ns: Some(block_ns * 5), ..example::plan(5) };
        assert_eq!(finish(&plan, &[], row).1, State::Complete);
    }

    #[test]
    fn only_a_complete_run_has_no_label() {
        assert_eq!(State::Complete.label(), None);
        assert!(State::BudgetReached { blocks: 2 }.label().unwrap().contains("after 2 whole blocks"));
        let label = State::Incomplete { recorded: 3, planned: 9 }.label().unwrap();
        assert!(label.starts_with("INCOMPLETE: 3 of 9"), "{label}");
    }
}
