//! Labels, `goto` and `break`: which label a jump means and whether it may jump there.
//!
//! A jump back finds its label at once. A jump forward waits: each time a block ends it moves out to the enclosing
//! block, until a label there has its name or the function ends. A label is visible in its block and in the blocks in
//! it, but no jump may enter the scope of a local; a label at the end of a block counts as past the block's locals.

use super::{BlockScope, Declared, FunctionScope, Problem};
use crate::ast::{Bytes, Label, LabelId, Span};
use crate::diagnostic::text_of;

/// A jump whose target has not been read yet.
#[derive(Debug)]
pub(super) struct PendingJump {
    kind: PendingKind,
    line: u32,
    /// How many variables are in scope both at the jump and in the block where it waits.
    visible: usize,
}

#[derive(Debug)]
enum PendingKind {
    /// A `break` with no loop around it: it waits for the function's end, where it is an error.
    Break,
    /// The `goto` with this index in [`FunctionScope::goto_targets`].
    Goto { name: Bytes, index: usize },
}

/// The most labels that can be in sight and the most jumps that can wait, as in PUC Lua: both lists are searched from
/// end to end.
const MAX_LIST: usize = 32_767;

fn check_list(length: usize) -> Result<(), Problem> {
    match length < MAX_LIST {
        true => Ok(()),
        false => Err(Problem::FullList(format!("too many labels/gotos (limit is {MAX_LIST})"))),
    }
}

impl FunctionScope {
    /// Enters a label into the function's list. No jump sees it before [`FunctionScope::place_label`].
    pub(crate) fn new_label(&mut self, name: Bytes, span: Span) -> LabelId {
        let label = LabelId(self.labels.len() as u32);
        self.labels.push(Label { name, span, has_back_edge: false });
        label
    }

    /// Makes a label a target in the current block and lets the jumps that wait for it go there. `ends_block` says
    /// that nothing but labels and semicolons follows it in its block.
    ///
    /// # Errors
    /// Another visible label has the name; a jump would enter the scope of a local.
    pub(crate) fn place_label(&mut self, label: LabelId, ends_block: bool) -> Result<(), Problem> {
        let name = self.labels[label.0 as usize].name.clone();
        if let Some(other) = self.find_label(&name) {
            let line = self.labels[other.0 as usize].span.line;
            return Err(Problem::Rule(format!("label '{}' already defined on line {line}", text_of(&name))));
        }
        let block = self.blocks.last().expect("a label is inside a block");
        let visible = if ends_block { block.visible_outside } else { self.visible };
        check_list(self.block_labels.len())?;
        self.block_labels.push(label);
        let waiting = self.pending_jumps.split_off(block.first_pending);
        for jump in waiting {
            match &jump.kind {
                PendingKind::Goto { name: wanted, index } if *wanted == name => {
                    self.check_scope(&jump, visible, &name)?;
                    self.goto_targets[*index] = Some(label);
                }
                PendingKind::Goto { .. } | PendingKind::Break => self.pending_jumps.push(jump),
            }
        }
        Ok(())
    }

    /// Records a `goto name`; returns its index in [`FunctionScope::goto_targets`].
    ///
    /// # Errors
    /// If too many jumps wait.
    pub(crate) fn goto(&mut self, name: Bytes, line: u32) -> Result<usize, Problem> {
        let index = self.goto_targets.len();
        match self.find_label(&name) {
            Some(label) => {
                self.labels[label.0 as usize].has_back_edge = true;
                self.goto_targets.push(Some(label));
            }
            None => {
                check_list(self.pending_jumps.len())?;
                self.goto_targets.push(None);
                let kind = PendingKind::Goto { name, index };
                self.pending_jumps.push(PendingJump { kind, line, visible: self.visible });
            }
        }
        Ok(index)
    }

    /// Records a `break`. It leaves the innermost loop, so that nothing can be wrong with it but that there is none.
    pub(crate) fn break_loop(&mut self, line: u32) {
        if !self.blocks.iter().any(|block| block.is_loop) {
            self.pending_jumps.push(PendingJump { kind: PendingKind::Break, line, visible: self.visible });
        }
    }

    /// The jumps that still wait in a closed block now wait in the one around it, outside the closed block's locals.
    pub(super) fn move_pending_jumps_out(&mut self, closed: &BlockScope) {
        for jump in &mut self.pending_jumps[closed.first_pending..] {
            jump.visible = closed.visible_outside;
        }
    }

    /// # Errors
    /// If a jump still waits at the function's end; the first in the source is reported.
    pub(super) fn check_pending_jumps(&self) -> Result<(), Problem> {
        let Some(PendingJump { kind, line, visible: _ }) = self.pending_jumps.first() else { return Ok(()) };
        Err(Problem::Rule(match kind {
            PendingKind::Break => format!("break outside loop at line {line}"),
            PendingKind::Goto { name, index: _ } => {
                format!("no visible label '{}' for <goto> at line {line}", text_of(name))
            }
        }))
    }

    /// The label of that name in the open blocks.
    fn find_label(&self, name: &Bytes) -> Option<LabelId> {
        self.block_labels.iter().copied().find(|label| self.labels[label.0 as usize].name == *name)
    }

    fn check_scope(&self, jump: &PendingJump, visible_at_label: usize, name: &Bytes) -> Result<(), Problem> {
        if jump.visible >= visible_at_label {
            return Ok(());
        }
        // The first variable whose scope the jump would enter. A loop's hidden variables are never that: they come
        // into scope together with the block that holds everything after them.
        let variable = match self.declared[jump.visible] {
            Declared::Local(local) => text_of(&self.locals[local.0 as usize].name),
            Declared::Hidden => unreachable!("a label is never in the block of a loop's hidden variables"),
        };
        Err(Problem::Rule(format!(
            "<goto {}> at line {} jumps into the scope of local '{variable}'",
            text_of(name),
            jump.line
        )))
    }
}
