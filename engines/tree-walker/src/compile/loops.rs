//! Numeric and generic `for`.

use lua_runtime::Value;
use lua_syntax::ast::{self, Expression, LocalId};

use super::{FunctionCompiler, Result};
use crate::code::SiteCall;
use crate::frame::{HEADER_SLOTS, Slot};
use crate::nodes::block::{Action, Block};
use crate::nodes::generic_for::{GenericFor, HIDDEN_SLOTS};
use crate::nodes::numeric_for::NumericFor;
use crate::operand::{Constant, Source};

/// Arguments of an iterator: state and control.
const ITERATOR_ARGUMENTS: u32 = 2;

impl FunctionCompiler<'_, '_> {
    pub(super) fn numeric_for(
        &mut self,
        variable: LocalId,
        [start, limit]: [&Expression; 2],
        step: Option<&Expression>,
        body: &ast::Block,
        line: u32,
    ) -> Result<Action> {
        let slot = Slot(self.top);
        // The bounds wait in the variable's slot and the one above it.
        let (start, limit, step) = self.with_temporaries(|compiler| {
            let start = compiler.source(start)?;
            compiler.take(1);
            let limit = compiler.source(limit)?;
            compiler.take(1);
            let step = match step {
                Some(step) => compiler.source(step)?,
                None => Source::Constant(Constant(Value::integer(1))),
            };
            Ok((start, limit, step))
        })?;
        let site = self.site(line, SiteCall::Call, [None, None]);
        let body = self.loop_body(&[variable], body)?;
        Ok(self.nest(NumericFor { start, limit, step, variable: slot, body, site }))
    }

    pub(super) fn generic_for(
        &mut self,
        variables: &[LocalId],
        expressions: &[Expression],
        body: &ast::Block,
        line: u32,
    ) -> Result<Action> {
        self.with_temporaries(|compiler| {
            let hidden = Slot(compiler.top);
            let mut prepare = Vec::new();
            compiler.values_into(expressions, HIDDEN_SLOTS, &mut prepare)?;
            compiler.reserve(HEADER_SLOTS + ITERATOR_ARGUMENTS);
            let site = compiler.site(line, SiteCall::ForIterator, [None, None]);
            let body = compiler.loop_body(variables, body)?;
            let variable_count = variables.len() as u32;
            Ok(compiler.nest(GenericFor { prepare: Block(prepare.into()), hidden, variable_count, body, site }))
        })
    }

    /// A body whose variables are new in every iteration, in the next slots.
    fn loop_body(&mut self, variables: &[LocalId], body: &ast::Block) -> Result<Block> {
        let mut actions = Vec::new();
        self.with_temporaries(|compiler| {
            compiler.declare(variables)?;
            compiler.make_cells(variables, &mut actions);
            compiler.block_into(body, &mut actions)
        })?;
        Ok(Block(actions.into()))
    }
}
