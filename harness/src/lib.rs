//! Runs, records, analyses and draws comparisons of execution strategies.
//!
//! The way of a number: a [`plan`] says what is to be measured; [`measure`] carries it out, one child process at a
//! time ([`invocation`] is the parent's side of one, [`child`] the child's, [`protocol`] what passes between them);
//! [`work_queue`] says what comes next, also after a kill; [`event_trace`] records what compilers do, untimed;
//! [`record`] writes rows, [`validate`] holds them against the plan; [`load`], [`analyse`] and [`report`] make tables
//! and figures from nothing but those rows.
//! Engines are known here by the registry's list and the `engine-api` contract alone.
//! How things are measured and why is in `harness/METHODOLOGY.md`.
#![forbid(unsafe_code)]

pub mod workload;

pub mod contender;

pub mod names;

pub mod knobs;

pub mod yardsticks;

pub mod native;

pub mod preset;

pub mod clock;

pub mod plan;

pub mod schedule;

pub mod work_queue;

pub mod measure;

pub mod event_trace;

pub mod invocation;

pub mod protocol;

pub mod child;

pub mod host;

pub mod events;

pub mod chunk;

pub mod program_failure;

pub mod outcome;

pub mod machine;

pub mod environment;

pub mod rows;

pub mod disturbance;

pub mod record;

pub mod resume;

pub mod load;

pub mod validate;

pub mod statistics;

pub mod steady_state;

pub mod inference;

pub mod variance;

pub mod warmup_csv;

pub mod analyse;

pub mod self_check;

pub mod doctor;

pub mod diff;

pub mod table;

pub mod findings;

pub mod theme;

pub mod figure;

pub mod report;

pub mod cli;

pub mod progress;

pub mod terminal;

pub mod interruption;

pub mod error;

pub mod paths;

#[cfg(test)]
mod simulation;
