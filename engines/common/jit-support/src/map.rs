//! Which bytecode a piece of machine code was made for, and the other way round.
//!
//! A map is a list of runs of code bytes with the same origin. Code of one bytecode instruction can lie in several
//! places (its rare cases apart), so from bytecode to code there may be several answers. This file must not know
//! instructions of either kind; whose map it is stands in [`crate::unit`].

use std::ops::Range;

use crate::position::{BytecodePc, CodeOffset};

/// What a piece of machine code was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The bytecode instruction.
    pub pc: BytecodePc,
    /// Its line in the source, from 1.
    pub line: u32,
}

/// A run of code with one origin, up to the start of the next run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    start: CodeOffset,
    /// `None` for code that belongs to no bytecode instruction: entry and exit sequences, padding.
    origin: Option<Origin>,
}

/// Collects the runs of a [`CodeMap`] while code is emitted.
#[derive(Debug, Clone)]
pub struct CodeMapBuilder {
    runs: Vec<Run>,
    /// Where the last mark was.
    position: CodeOffset,
}

impl Default for CodeMapBuilder {
    fn default() -> CodeMapBuilder {
        CodeMapBuilder { runs: Vec::new(), position: CodeOffset::START }
    }
}

impl CodeMapBuilder {
    /// A map without runs: all code belongs to no instruction.
    pub fn new() -> CodeMapBuilder {
        CodeMapBuilder::default()
    }

    /// Says that code from `start` on was made for `origin`, until the next mark. A second mark at the same place takes
    /// the place of the first.
    ///
    /// # Panics
    /// If `start` lies before the last mark: code is emitted forwards.
    pub fn mark(&mut self, start: CodeOffset, origin: Option<Origin>) {
        assert!(self.position <= start, "a mark at {start} after one at {}", self.position);
        self.position = start;
        self.runs.pop_if(|last| last.start == start);
        let current = self.runs.last().and_then(|run| run.origin);
        if current != origin {
            self.runs.push(Run { start, origin });
        }
    }

    /// Adds the runs of code that was emitted apart and now lies at `start`, behind all code so far.
    ///
    /// # Panics
    /// If `start` lies before the last mark.
    pub fn append(&mut self, start: CodeOffset, part: &CodeMapBuilder) {
        self.mark(start, None);
        for run in &part.runs {
            self.mark(CodeOffset(start.0 + run.start.0), run.origin);
        }
    }

    /// The map of code that is `code_bytes` long.
    ///
    /// # Panics
    /// If a mark lies behind the code.
    pub fn finish(self, code_bytes: u32) -> CodeMap {
        let CodeMapBuilder { runs, position } = self;
        assert!(position.0 <= code_bytes, "a mark at {position} behind the code");
        let mut by_pc: Vec<u32> = (0..runs.len() as u32).filter(|run| runs[*run as usize].origin.is_some()).collect();
        // Stable, so that runs of one instruction stay in the order of the code.
        by_pc.sort_by_key(|run| runs[*run as usize].origin.map(|origin| origin.pc));
        CodeMap { runs, by_pc, code_bytes }
    }
}

/// From machine code to bytecode and lines, and from bytecode to machine code, by binary search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeMap {
    /// In the order of the code.
    runs: Vec<Run>,
    /// Indices of the runs that have an origin, in the order of their bytecode.
    by_pc: Vec<u32>,
    code_bytes: u32,
}

impl CodeMap {
    /// What the byte at `offset` was made for; `None` for code that belongs to no instruction, and behind the code.
    pub fn origin(&self, offset: CodeOffset) -> Option<Origin> {
        if offset.0 >= self.code_bytes {
            return None;
        }
        let after = self.runs.partition_point(|run| run.start <= offset);
        self.runs[..after].last().and_then(|run| run.origin)
    }

    /// The ranges of code that were made for the instruction at `pc`, in the order of the code. Empty for one that
    /// needed no code.
    pub fn ranges(&self, pc: BytecodePc) -> impl Iterator<Item = Range<CodeOffset>> + '_ {
        let pc_of = |run: &u32| self.runs[*run as usize].origin.map(|origin| origin.pc);
        let first = self.by_pc.partition_point(|run| pc_of(run) < Some(pc));
        self.by_pc[first..].iter().take_while(move |run| pc_of(run) == Some(pc)).map(|run| self.range(*run as usize))
    }

    /// All runs in the order of the code.
    pub fn runs(&self) -> impl Iterator<Item = (Range<CodeOffset>, Option<Origin>)> + '_ {
        (0..self.runs.len()).map(|run| (self.range(run), self.runs[run].origin))
    }

    fn range(&self, run: usize) -> Range<CodeOffset> {
        let end = self.runs.get(run + 1).map_or(CodeOffset(self.code_bytes), |next| next.start);
        self.runs[run].start..end
    }
}

#[cfg(test)]
mod tests;
