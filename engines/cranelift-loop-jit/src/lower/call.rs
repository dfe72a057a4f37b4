//! Calls: not compiled yet, so that they leave for the interpreter; returns leave the loop.

use super::builder::Lowering;
use super::{Lower, Stop};

impl Lowering<'_> {
    /// `CALL`.
    pub(super) fn call_function(&mut self) -> Lower<()> {
        Err(self.missing())
    }

    /// `RETURN` and its kin: the interpreter returns.
    pub(super) fn return_values(&mut self, _register: u8, _coded: u8) -> Lower<()> {
        let exit = self.exit_at(self.place, None);
        use cranelift_codegen::ir::InstBuilder;
        self.builder.ins().jump(exit, &[]);
        Err(Stop::PathEnds)
    }
}
