//! Does a results folder hold together? Every inconsistency between plan and rows, each in a sentence.
//!
//! What a kill leaves behind is no inconsistency but a remark: a torn last line, iterations of a process that was cut
//! off, a run that is not complete. Everything that reads a folder asks here first, so that no table is ever made from
//! rows that were lost, doubled or moved.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::machine::clock::Clock;
use crate::machine::terminal;
use crate::plan::Plan;
use crate::plan::preset::IterationRule;
use crate::plan::schedule::{self, Cell};
use crate::record::doubling;
use crate::record::load::{Folder, Key, invocation_key, iteration_key};
use crate::record::outcome::Outcome;
use crate::record::rows::{EventRow, InvocationRow, IterationRow, Row, Validity, checksum};
use crate::record::work_queue::{State, Step, WorkQueue};
use crate::statistics::until_steady::{self, Next};

/// What was found in a folder.
#[derive(Debug)]
pub struct Findings {
    /// What cannot be, one sentence each; empty for a folder that holds together.
    pub problems: Vec<String>,
    /// What a reader should know.
    pub remarks: Vec<String>,
    /// How far the run got.
    pub state: State,
}

impl Findings {
    /// The problems, one a line; of very many only the first.
    pub fn problems_text(&self) -> String {
        const MOST: usize = 20;
        let mut lines: Vec<String> = self.problems.iter().take(MOST).cloned().collect();
        if self.problems.len() > MOST {
            lines.push(format!("and {} more", self.problems.len() - MOST));
        }
        lines.join("\n")
    }
}

/// Looks at everything in `folder`.
pub fn examine(folder: &Folder) -> Findings {
    let mut problems = Vec::new();
    let mut remarks = Vec::new();
    check_plan(folder, &mut problems);
    let state = if problems.is_empty() {
        let state = check_invocations(folder, &mut problems);
        check_iterations(folder, &mut problems, &mut remarks);
        check_events(folder, state, &mut problems, &mut remarks);
        state
    } else {
        // Without a plan to hold them against, rows say nothing.
        State::Incomplete { recorded: folder.invocations.rows.len(), planned: folder.plan.processes() }
    };
    for (file, is_torn) in
        [(InvocationRow::FILE, folder.invocations.is_torn), (IterationRow::FILE, folder.iterations.is_torn)]
    {
        if is_torn {
            remarks.push(format!("The last line of {file} was cut off while it was written; it is no row."));
        }
    }
    remarks.extend(state.label());
    Findings { problems, remarks, state }
}

fn check_plan(folder: &Folder, problems: &mut Vec<String>) {
    let plan = &folder.plan;
    if folder.environment.schema_version != plan.schema_version {
        problems.push(format!(
            "environment.json has schema version {}, plan.json {}",
            folder.environment.schema_version, plan.schema_version
        ));
    }
    let mut names: Vec<(&str, &str)> =
        plan.contenders.iter().map(|contender| (contender.name.as_str(), contender.engine_config.as_str())).collect();
    names.extend(plan.workloads.iter().map(|workload| (workload.name.as_str(), "a workload")));
    names.sort_unstable();
    for twice in names.windows(2).filter(|pair| pair[0] == pair[1]) {
        problems.push(format!("plan.json: '{}' is there twice", twice[0].0));
    }
    if let Some(baseline) = &plan.baseline
        && !plan.contenders.iter().any(|contender| contender.name == *baseline)
    {
        problems.push(format!("plan.json: the baseline '{baseline}' is no contender"));
    }
    let all = (0..plan.contenders.len())
        .flat_map(|contender| (0..plan.workloads.len()).map(move |workload| Cell { contender, workload }));
    let cells: Vec<Cell> = all.filter(|cell| !plan.not_applicable.iter().any(|never| never.cell == *cell)).collect();
    if plan.blocks != schedule::shuffled_blocks(&cells, plan.invocations, plan.seed) {
        problems.push(format!(
            "plan.json: the order is not the one of seed {} for {} invocations of every pair",
            plan.seed, plan.invocations
        ));
    }
}

/// Replays the rows: each must be the one that the plan and the rows before it ask for.
fn check_invocations(folder: &Folder, problems: &mut Vec<String>) -> State {
    let (plan, rows) = (&folder.plan, &folder.invocations.rows);
    let more = doubling::blocks(plan, rows, &folder.iterations.rows);
    let blocks: Vec<&[Cell]> = plan.blocks.iter().chain(&more).map(Vec::as_slice).collect();
    let mut queue = WorkQueue::new(plan);
    queue.extend(more.clone());
    let mut seen: HashMap<Key, usize> = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        let place = format!("{} line {}", InvocationRow::FILE, index + 2);
        match seen.entry(invocation_key(row)) {
            Entry::Occupied(first) => {
                problems.push(format!("{place}: {} is there already, in line {}", named(row), first.get() + 2));
                continue;
            }
            Entry::Vacant(entry) => drop(entry.insert(index)),
        }
        match step_of(plan, &blocks, row) {
            Ok(step) => {
                check_turn(plan, &mut queue, step, &place, problems);
                queue.add(step, row);
            }
            Err(what) => problems.push(format!("{place}: {what}")),
        }
    }
    queue.state()
}

/// Checks that it is the turn of `step`, and enters whatever should have come before it as missing.
fn check_turn(plan: &Plan, queue: &mut WorkQueue, step: Step, place: &str, problems: &mut Vec<String>) {
    while let Some(expected) = queue.next_step() {
        if expected == step {
            return;
        }
        if expected.order() >= step.order() {
            break;
        }
        let cell = expected.cell;
        let (engine, workload) = (plan.contenders[cell.contender].label(), &plan.workloads[cell.workload].name);
        problems.push(format!(
            "{place}: before it the row of {workload} on {engine}, invocation {}, attempt {} is missing",
            expected.block, expected.attempt
        ));
        queue.pass_over(expected);
    }
    problems.push(format!("{place}: the plan and the rows before ask for no such process"));
}

/// The step that a row is about, or what in it is not in the plan.
fn step_of(plan: &Plan, blocks: &[&[Cell]], row: &InvocationRow) -> Result<Step, String> {
    if row.run_id != plan.run_id {
        return Err(format!("it is of the run '{}', the plan of '{}'", row.run_id, plan.run_id));
    }
    let cell = plan
        .cell(&row.engine, &row.engine_config, &row.workload)
        .ok_or_else(|| format!("{} is not in the plan", named(row)))?;
    if row.size != plan.size {
        return Err(format!("its size is {}, the plan's {}", row.size.name(), plan.size.name()));
    }
    let contender = &plan.contenders[cell.contender];
    let planned = (contender.engine_id.as_str(), contender.build.as_deref().unwrap_or_default());
    if !row.engine_id.is_empty() && (row.engine_id.as_str(), row.build.as_str()) != planned {
        return Err(format!("engine_id and build are not those of '{}' in the plan", contender.name));
    }
    if row.invocation != row.block {
        return Err(format!("invocation {} is in block {}", row.invocation, row.block));
    }
    let before: usize = blocks.iter().take((row.block as usize).saturating_sub(1)).map(|block| block.len()).sum();
    let block = (row.block as usize).checked_sub(1).and_then(|index| blocks.get(index));
    let position = block.and_then(|cells| cells.iter().position(|other| *other == cell));
    match position.map(|position| (before + position + 1) as u32) {
        Some(seq) if seq == row.seq => Ok(Step { cell, block: row.block, seq, attempt: row.attempt }),
        Some(seq) => Err(format!("{} has seq {}, the plan says {seq}", named(row), row.seq)),
        None => Err(format!("{} is not in the plan", named(row))),
    }
}

fn named(row: &InvocationRow) -> String {
    let InvocationRow { engine, engine_config, workload, invocation, attempt, .. } = row;
    let config = if engine_config.is_empty() { String::new() } else { format!(" {engine_config}") };
    format!("{workload} on {engine}{config}, invocation {invocation}, attempt {attempt}")
}

/// Every event belongs to a pair that was to be traced. The file is written whole, after the last block.
fn check_events(folder: &Folder, state: State, problems: &mut Vec<String>, remarks: &mut Vec<String>) {
    let plan = &folder.plan;
    let traced = plan.traced();
    let Some(events) = &folder.events else {
        if state == State::Complete && !traced.is_empty() {
            remarks.push(format!(
                "There is no {}; '{} compare --resume --out DIR' traces once more.",
                EventRow::FILE,
                terminal::program()
            ));
        }
        return;
    };
    for (index, row) in events.rows.iter().enumerate() {
        let is_traced = plan
            .cell(&row.engine, &row.engine_config, &row.workload)
            .is_some_and(|cell| traced.binary_search(&cell).is_ok());
        if !is_traced || row.run_id != plan.run_id {
            problems.push(format!(
                "{} line {}: nobody was to trace {} on {} in the run '{}'",
                EventRow::FILE,
                index + 2,
                row.workload,
                row.engine,
                row.run_id
            ));
        }
    }
}

/// What the iterations of one process add up to.
#[derive(Default, Clone)]
struct Tally {
    count: u32,
    wrong: u32,
    times_s: Vec<f64>,
    /// The indices of those that compiled something.
    compiled: Vec<usize>,
}

fn check_iterations(folder: &Folder, problems: &mut Vec<String>, remarks: &mut Vec<String>) {
    let invocations = &folder.invocations.rows;
    let by_key: HashMap<Key, usize> =
        invocations.iter().enumerate().map(|(index, row)| (invocation_key(row), index)).collect();
    let mut tallies = vec![Tally::default(); invocations.len()];
    let cut_off = cut_off_iterations(folder, &by_key);
    let kept = folder.iterations.rows.len() - cut_off;
    for (index, row) in folder.iterations.rows[..kept].iter().enumerate() {
        let place = format!("{} line {}", IterationRow::FILE, index + 2);
        match by_key.get(&iteration_key(row)) {
            Some(owner) => {
                if let Err(what) = check_iteration(&folder.plan, &invocations[*owner], row, &mut tallies[*owner]) {
                    problems.push(format!("{place}: {what}"));
                }
            }
            None => problems.push(format!(
                "{place}: {} on {}, invocation {}, attempt {} has no row in {}",
                row.workload,
                row.engine,
                row.invocation,
                row.attempt,
                InvocationRow::FILE
            )),
        }
    }
    if cut_off > 0 {
        let (iterations, verb) =
            (terminal::count(cut_off, "iteration"), if cut_off == 1 { "belongs" } else { "belong" });
        remarks.push(format!(
            "{iterations} {verb} to a process that was cut off, and {} not used.",
            if cut_off == 1 { "is" } else { "are" }
        ));
    }
    for (index, (row, tally)) in invocations.iter().zip(&tallies).enumerate() {
        if let Err(what) = check_tally(&folder.plan, row, tally) {
            problems.push(format!("{} line {}: {}: {what}", InvocationRow::FILE, index + 2, named(row)));
        }
    }
}

/// How many rows at the end belong to a process that has no row: a run that is killed leaves at most one such.
pub fn cut_off_iterations(folder: &Folder, by_key: &HashMap<Key, usize>) -> usize {
    let rows = &folder.iterations.rows;
    let Some(last) = rows.last().map(iteration_key).filter(|key| !by_key.contains_key(key)) else { return 0 };
    rows.iter().rev().take_while(|row| iteration_key(row) == last).count()
}

fn check_iteration(plan: &Plan, owner: &InvocationRow, row: &IterationRow, tally: &mut Tally) -> Result<(), String> {
    tally.count += 1;
    if row.compiles.is_some_and(|compiles| compiles > 0) {
        tally.compiled.push(tally.times_s.len());
    }
    tally.times_s.push(row.wall_ns as f64 * 1e-9);
    if row.valid == Validity::Wrong {
        tally.wrong += 1;
    }
    if row.iteration != tally.count {
        let expected = tally.count;
        tally.count = row.iteration;
        return Err(format!("iteration {} stands where {expected} was to come", row.iteration));
    }
    if (&row.run_id, row.block, row.seq, row.size) != (&owner.run_id, owner.block, owner.seq, owner.size) {
        return Err("run, block, seq or size are not those of its invocation".to_string());
    }
    let contender = plan.contenders.iter().position(|contender| contender.name == row.engine);
    if let Some(clock) = contender.map(|contender| plan.clock_of(contender).name())
        && row.clock != clock
    {
        return Err(format!("timed by the clock '{}', the plan says '{clock}'", row.clock));
    }
    let planned = plan.workloads.iter().find(|workload| workload.name == row.workload);
    if planned.is_some_and(|workload| workload.n != row.param) {
        return Err("its param is not the plan's".to_string());
    }
    let expected = planned.and_then(|workload| workload.expected.as_deref()).map(checksum);
    let is_right = match row.valid {
        Validity::Ok => expected.as_ref() == Some(&row.checksum),
        Validity::Value => {
            let cell = plan.cell(&row.engine, &row.engine_config, &row.workload);
            expected.is_some() && cell.is_some_and(|cell| plan.compares_by_value(cell))
        }
        Validity::Wrong => expected.as_ref().is_some_and(|expected| *expected != row.checksum),
        Validity::Na => expected.is_none(),
    };
    if !is_right {
        return Err(format!("the mark of the result '{}' is not what the plan's result makes of it", row.checksum));
    }
    Ok(())
}

fn check_tally(plan: &Plan, row: &InvocationRow, tally: &Tally) -> Result<(), String> {
    let Tally { count, wrong, .. } = *tally;
    if let Some(expected) = row.iterations
        && expected != count
    {
        let verb = if count == 1 { "is" } else { "are" };
        return Err(format!("{} {verb} recorded of {expected}", terminal::count(count, "iteration")));
    }
    let rule = plan.iterations;
    match row.exit_kind {
        Outcome::Ok if wrong > 0 => Err("it ended well with a wrong result".to_string()),
        Outcome::Ok if count < rule.minimum || count > rule.maximum => {
            let iterations = terminal::count(count, "iteration");
            Err(format!("{iterations}, the plan asks for {} to {}", rule.minimum, rule.maximum))
        }
        Outcome::Ok if rule.until_steady && !ends_where_it_must(rule, tally) => {
            Err(format!("{} are not where its rule ends it", terminal::count(count, "iteration")))
        }
        // The wrong result may be that of the calls that the parent timed.
        Outcome::WrongResult if wrong == 0 && !plan.contenders.iter().any(|one| one.clock == Some(Clock::Cpu)) => {
            Err("no iteration has the wrong result that it ended with".to_string())
        }
        Outcome::BadHeader | Outcome::NotApplicable => Err("a pair that cannot be tried has a process".to_string()),
        Outcome::Ok
        | Outcome::WrongResult
        | Outcome::LuaError
        | Outcome::Unsupported
        | Outcome::EngineBug
        | Outcome::Crash
        | Outcome::Timeout
        | Outcome::OutOfMemory => Ok(()),
    }
}

/// Whether a process that runs until it is steady has all the iterations that its rule asks for, and no more: the last of
/// them is what the rule had waited for.
fn ends_where_it_must(rule: IterationRule, tally: &Tally) -> bool {
    let next = |length: usize| {
        let compiled: Vec<usize> = tally.compiled.iter().copied().filter(|index| *index < length).collect();
        until_steady::next(&tally.times_s[..length], &compiled, rule.maximum as usize)
    };
    let all = tally.times_s.len();
    let is_over = !matches!(next(all), Next::Measure(_));
    is_over && all.checked_sub(1).is_some_and(|before| next(before) == Next::Measure(all))
}

#[cfg(test)]
mod tests;
