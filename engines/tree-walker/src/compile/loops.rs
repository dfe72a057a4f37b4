//! Numeric and generic `for`.

use lua_runtime::Value;
use lua_syntax::ast::{self, Expression, LocalId};

use super::closing::BlockEnd;
use super::{FunctionCompiler, Result};
use crate::code::SiteCall;
use crate::frame::{HEADER_SLOTS, Slot};
use crate::nodes::block::{Action, Block};
use crate::nodes::generic_for::{GenericFor, HIDDEN_SLOTS};
use crate::nodes::numeric_for::NumericFor;
use crate::operand::{Constant, Source};

/// Arguments of an iterator: state and control.
const ITERATOR_ARGUMENTS: u32 = 2;

/// What messages call the fourth hidden variable of a generic loop.
const CLOSING_VALUE: &[u8] = b"(for state)";

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
            let mark_site = compiler.closing_site(line, Some(CLOSING_VALUE.into()));
            let closing_site = compiler.closing_site(body.end_line, None);
            let body = compiler.closing_scope(|compiler| compiler.loop_body(variables, body))?;
            let variable_count = variables.len() as u32;
            let prepare = Block(prepare.into());
            Ok(compiler.nest(GenericFor { prepare, hidden, variable_count, body, site, mark_site, closing_site }))
        })
    }

    /// A body whose variables are new in every iteration, in the next slots.
    fn loop_body(&mut self, variables: &[LocalId], body: &ast::Block) -> Result<Block> {
        let mut actions = Vec::new();
        self.with_temporaries(|compiler| {
            compiler.declare(variables)?;
            compiler.make_cells(variables, &mut actions);
            let work = |compiler: &mut Self| compiler.statements_into(&body.statements, BlockEnd::Plain, &mut actions);
            compiler.in_loop(body.end_line, work)
        })?;
        Ok(Block(actions.into()))
    }
}
