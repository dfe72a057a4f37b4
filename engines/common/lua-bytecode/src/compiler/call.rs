//! Calls, methods, and lists of values that can end in many.

use lua_syntax::ast::{Bytes, Constant, Expression, ExpressionKind};

use crate::instruction::{Instruction, Register};
use crate::opcode::Opcode;
use crate::proto::{FeedbackDescriptor, SHORT_KEY_BYTES};

use super::expression::{CallMode, Goal, is_multiple};
use super::{CompileError, FunctionCompiler, Results, Target};

/// How many values were put into consecutive registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    /// This many.
    Fixed(u8),
    /// Those up to the top.
    ToTop,
}

impl Values {
    /// The coding in instructions: 0 for up to the top, else the number plus one.
    pub(super) fn coded(self) -> u8 {
        match self {
            Values::Fixed(count) => count + 1,
            Values::ToTop => 0,
        }
    }
}

/// The lines of a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines {
    /// Where its arguments begin.
    pub(super) line: u32,
    /// Where they end.
    pub(super) close: u32,
}

impl Lines {
    pub(super) fn of(call: &Expression) -> Lines {
        Lines { line: call.span.line, close: call.span.last_line }
    }
}

impl FunctionCompiler<'_> {
    /// Puts the method and the object of `object:name()` in place: from then on the call begins at `base`, the last
    /// register in use, and the object is its first argument.
    pub(super) fn method(&mut self, base: Register, object: Register, name: &Bytes) -> Result<(), CompileError> {
        let line = self.line;
        debug_assert_eq!(base + 1, self.free, "the call is built on top of the registers in use");
        let reserved = self.allocate_many(2)?;
        if name.len() <= SHORT_KEY_BYTES {
            let slot = self.field_slot(name)?;
            self.emit_extra(Instruction::abc(Opcode::SelfField, base, object, 0), slot)?;
            return Ok(());
        }
        self.emit_move(reserved + 1, object)?;
        let key = self.allocate()?;
        self.emit_constant(key, &Constant::String(name.clone()))?;
        self.line = line;
        let slot = self.slot(FeedbackDescriptor::Index);
        self.emit_extra(Instruction::abc(Opcode::GetIndex, base, reserved + 1, key), slot)?;
        self.free_to(key);
        Ok(())
    }

    /// Emits the call whose callee is in `base`, with `placed` arguments already in place. Returns the register of the
    /// value that the goal asks for, or `base`, in which all calls leave their first result.
    pub(super) fn call(
        &mut self,
        base: Register,
        arguments: &[Expression],
        placed: u8,
        Lines { line, close: close_line }: Lines,
        goal: Option<Goal>,
    ) -> Result<Register, CompileError> {
        if placed == 0 {
            self.allocate()?;
        }
        let values = match self.value_list(arguments, Some(close_line))? {
            Values::Fixed(count) => Values::Fixed(count + placed),
            Values::ToTop => Values::ToTop,
        };
        let mode = match goal {
            None | Some(Goal::Value(_)) => CallMode::Call(Results::Fixed(1)),
            Some(Goal::Call(mode)) => mode,
        };
        let slot = self.slot(FeedbackDescriptor::Call);
        self.line = line;
        let instruction = match mode {
            CallMode::Call(results) => Instruction::abc(Opcode::Call, base, values.coded(), results.coded()),
            CallMode::Tail => Instruction::abc(Opcode::TailCall, base, values.coded(), 0),
        };
        self.emit_extra(instruction, slot)?;
        self.free_to(base + 1);
        match goal {
            Some(Goal::Value(target)) => {
                self.line = close_line;
                self.emit_move(target.register, base)?;
                Ok(target.register)
            }
            Some(Goal::Call(CallMode::Call(Results::Fixed(count)))) => {
                self.reserve(u32::from(count).saturating_sub(1))?;
                Ok(base)
            }
            None | Some(Goal::Call(_)) => Ok(base),
        }
    }

    /// Compiles a call or `...` for the given number of results; returns the first one's register, which is the next
    /// free one. The results are not yet in use.
    pub(super) fn multiple(&mut self, expression: &Expression, results: Results) -> Result<Register, CompileError> {
        match &expression.kind {
            ExpressionKind::Vararg => {
                let first = self.free;
                if let Results::Fixed(count) = results {
                    self.reserve(u32::from(count))?;
                }
                self.line = expression.span.line;
                self.emit_abc(Opcode::Vararg, first, 0, results.coded())?;
                Ok(first)
            }
            _ => self.chain(expression, Goal::Call(CallMode::Call(results))),
        }
    }

    /// Puts the values of a list into consecutive new registers; the last may give many.
    ///
    /// `use_line` is the line where the last is used, if that is not where it ends.
    pub(super) fn value_list(
        &mut self,
        expressions: &[Expression],
        use_line: Option<u32>,
    ) -> Result<Values, CompileError> {
        let Some((last, others)) = expressions.split_last() else { return Ok(Values::Fixed(0)) };
        for (expression, next) in others.iter().zip(&expressions[1..]) {
            // As in PUC Lua, a value gets its register when the comma behind it has been read.
            self.offset = next.span.start;
            self.value_to_next(expression)?;
        }
        self.offset = last.span.end;
        self.use_line = use_line;
        if is_multiple(last) {
            self.use_line = None;
            self.multiple(last, Results::All)?;
            Ok(Values::ToTop)
        } else {
            self.value_to_next(last)?;
            // Registers are fewer than 255, and every value took one.
            Ok(Values::Fixed(expressions.len() as u8))
        }
    }

    /// Puts exactly `wanted` values of a list into consecutive new registers: surplus expressions are evaluated and
    /// dropped, missing values are nil. Returns the first register.
    pub(super) fn adjusted_list(
        &mut self,
        expressions: &[&Expression],
        wanted: usize,
    ) -> Result<Register, CompileError> {
        let first = self.free;
        for (i, expression) in expressions.iter().enumerate() {
            let is_last = i + 1 == expressions.len();
            if is_last && is_multiple(expression) {
                let count = wanted.saturating_sub(i);
                // Lua allows 200 locals; the registers run out before the count can exceed a byte.
                let Ok(coded) = u8::try_from(count) else {
                    return self.error("function or expression needs too many registers");
                };
                self.multiple(expression, Results::Fixed(coded))?;
                self.allocate_many(count as u32)?;
                return Ok(first);
            }
            self.offset = expressions.get(i + 1).map_or(expression.span.end, |next| next.span.start);
            if i < wanted {
                self.value_to_next(expression)?;
            } else {
                let level = self.free;
                let surplus = self.allocate()?;
                self.value_to(expression, Target::temporary(surplus))?;
                self.free_to(level);
            }
        }
        let missing = wanted.saturating_sub(expressions.len());
        if missing > 0 {
            let register = self.allocate_many(missing as u32)?;
            self.emit_nil(register, missing as u8)?;
        }
        Ok(first)
    }
}
