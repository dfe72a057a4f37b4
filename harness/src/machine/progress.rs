//! The progress line on standard error: how much is done, what runs now, how long it will still take. Nothing without
//! a terminal. It is drawn between processes only, never while one is measured.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::machine::terminal;

/// A progress line for a known number of processes.
pub struct Progress(ProgressBar);

impl Progress {
    /// A line for `processes`; drawn at most ten times a second.
    pub fn new(processes: usize) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(processes as u64), ProgressDrawTarget::stderr_with_hz(10));
        let template = "{bar:24} {pos}/{len}  {elapsed} elapsed, about {eta} left  {wide_msg}";
        bar.set_style(ProgressStyle::with_template(template).expect("the template is well-formed"));
        Progress(bar)
    }

    /// Says what runs next.
    pub fn next(&self, what: &str) {
        self.0.set_message(what.to_string());
    }

    /// Everything up to the process at place `seq` is done or was left out.
    pub fn done(&self, seq: u64) {
        self.0.set_position(seq);
    }

    /// There are so many more processes than was known.
    pub fn extend(&self, processes: usize) {
        self.0.inc_length(processes as u64);
    }

    /// The same for an earlier run that this one goes on with: it says nothing about the time that is left.
    pub fn already_done(&self, seq: u64) {
        self.0.set_position(seq);
        self.0.reset_eta();
    }

    /// Writes a line above the progress line; to standard error without a terminal.
    pub fn say(&self, line: &str) {
        if self.0.is_hidden() {
            terminal::note(line);
        } else {
            self.0.println(line);
        }
    }

    /// Takes the line away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}
