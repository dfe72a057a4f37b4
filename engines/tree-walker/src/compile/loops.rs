//! Numeric and generic `for`.

use lua_runtime::Value;
use lua_syntax::ast::{self, Expression, LocalId};

use super::closing::BlockEnd;
use super::{Actions, FunctionCompiler, Result};
use crate::code::{SiteCall, VariableLocation};
use crate::frame::{HEADER_SLOTS, Slot};
use crate::nodes::block::{Action, Block};
use crate::nodes::generic_for::{GenericFor, HIDDEN_SLOTS};
use crate::nodes::numeric_for::{HIDDEN_SLOTS_OF_NUMERIC_LOOP, NumericFor};
use crate::operand::{Constant, Source};

/// Arguments of an iterator: state and control.
const ITERATOR_ARGUMENTS: u32 = 2;

/// What messages and the library `debug` call the hidden variables of a loop.
const LOOP_STATE: &[u8] = b"(for state)";

impl FunctionCompiler<'_, '_> {
    pub(super) fn numeric_for(
        &mut self,
        variable: LocalId,
        bounds: &ast::Bounds,
        body: &ast::Block,
        line: u32,
    ) -> Result<Action> {
        let ast::Bounds { start, limit, step } = bounds;
        let hidden = Slot(self.top);
        // The bounds wait in the first two slots.
        let (start, limit, step) = self.with_temporaries(|compiler| {
            let source = compiler.source(start)?;
            let start = compiler.marked_leaf(source, start);
            compiler.take(1);
            let source = compiler.source(limit)?;
            let limit = compiler.marked_leaf(source, limit);
            compiler.take(1);
            let step = match step {
                Some(step) => compiler.source(step)?,
                None => Source::Constant(Constant(Value::integer(1))),
            };
            let step = compiler.marked(step, line);
            Ok((start, limit, step))
        })?;
        self.with_temporaries(|compiler| {
            // A variable that nobody assigns is a copy of the counter; for one that is assigned the loop keeps another.
            let keeps_counter = compiler.function.locals[variable.0 as usize].reassigned;
            let counter = if keeps_counter { hidden } else { hidden.offset(HIDDEN_SLOTS_OF_NUMERIC_LOOP) };
            let last = hidden.offset(1);
            let left = VariableLocation::IterationsLeft { last, counter };
            for location in [VariableLocation::Copy(counter), left, VariableLocation::Copy(hidden.offset(2))] {
                compiler.bring_into_scope(LOOP_STATE.into(), location);
            }
            compiler.take(HIDDEN_SLOTS_OF_NUMERIC_LOOP);
            let site = compiler.site(line, SiteCall::Call, [None, None]);
            let body = compiler.loop_body(&[variable], body)?;
            Ok(match keeps_counter {
                true => compiler.nest(NumericFor::<true> { start, limit, step, hidden, body, site }),
                false => compiler.nest(NumericFor::<false> { start, limit, step, hidden, body, site }),
            })
        })
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
            let mut prepare = Actions::default();
            compiler.values_into(expressions, HIDDEN_SLOTS, &mut prepare)?;
            for distance in 0..HIDDEN_SLOTS {
                compiler.bring_into_scope(LOOP_STATE.into(), VariableLocation::Slot(hidden.offset(distance)));
            }
            compiler.reserve(HEADER_SLOTS + ITERATOR_ARGUMENTS);
            let site = compiler.site(line, SiteCall::ForIterator, [None, None]);
            let mark_site = compiler.marking_site(line, LOOP_STATE.into());
            let closing_site = compiler.closing_site(body.end_line);
            let body = compiler.closing_scope(|compiler| compiler.loop_body(variables, body))?;
            let variable_count = variables.len() as u32;
            let prepare = prepare.into();
            Ok(compiler.nest(GenericFor { prepare, hidden, variable_count, body, site, mark_site, closing_site }))
        })
    }

    /// A body whose variables are new in every iteration, in the next slots.
    fn loop_body(&mut self, variables: &[LocalId], body: &ast::Block) -> Result<Block> {
        let mut actions = Actions::default();
        self.with_temporaries(|compiler| {
            compiler.declare(variables);
            compiler.make_cells(variables, &mut actions);
            let work = |compiler: &mut Self| compiler.statements_into(&body.statements, BlockEnd::Plain, &mut actions);
            compiler.in_loop(body.end_line, work)
        })?;
        Ok(actions.into())
    }
}
