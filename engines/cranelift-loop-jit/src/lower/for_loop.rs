//! Numeric `for`: preparing it inside the compiled region, and its back-edge.
//!
//! As in the VM, an integer loop counts its remaining iterations down, so that its variable never overflows.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, types};
use engine_api::event::ExitReason;
use lua_runtime::value::Tag;

use super::builder::{Lowering, Ssa};
use super::number::Number;
use super::vm_call::Reentry;
use super::{Lower, Stop};

/// Past this size a float limit is left to the interpreter, which clips it to the integers' range.
const LARGEST_FLOAT_LIMIT: f64 = 4_611_686_018_427_387_904.0;

impl Lowering<'_> {
    /// `FORPREP`.
    pub(super) fn for_prepare(&mut self, a: u32) -> Lower<()> {
        if [a, a + 1, a + 2].into_iter().any(|slot| !self.is_number(slot)) {
            return Err(self.vm_call_and_branch(Reentry::Unlikely));
        }
        let start = self.number(a)?;
        let limit = self.number(a + 1)?;
        let step = self.number(a + 2)?;
        if let (Number::Integer { value: start, .. }, Number::Integer { .. }) = (start, step) {
            return self.prepare_integer(a, start, limit, step);
        }
        let (start, limit, step) = (self.as_float(start), self.as_float(limit), self.as_float(step));
        let zero = self.builder.ins().f64const(0.0);
        let is_not_zero = self.builder.ins().fcmp(FloatCC::NotEqual, step, zero);
        self.guard(is_not_zero, ExitReason::NotCompiled);
        let runs = self.float_begins(start, limit, step);
        for (slot, value) in [(a, start), (a + 1, limit), (a + 2, step), (a + 3, start)] {
            self.set_float(slot, value);
        }
        Err(self.jump_if(runs, false))
    }

    fn prepare_integer(&mut self, a: u32, start: Ssa, limit: Number, step: Number) -> Lower<()> {
        let Number::Integer { value: step, constant, observed } = step else { unreachable!("the caller has looked") };
        let goes_up = constant.or(observed).is_none_or(|step| step > 0);
        if constant == Some(0) {
            return Err(self.vm_call_and_branch(Reentry::Unlikely));
        }
        if constant.is_none() {
            let condition = if goes_up { IntCC::SignedGreaterThan } else { IntCC::SignedLessThan };
            let is_as_seen = self.builder.ins().icmp_imm_s(condition, step, 0);
            self.guard(is_as_seen, ExitReason::NotCompiled);
        }
        let seen_limit = match limit {
            Number::Integer { observed, .. } => observed,
            Number::Float { .. } => None,
        };
        let limit = self.integer_limit(limit, goes_up);
        let (runs, distance) = if goes_up {
            let runs = self.builder.ins().icmp(IntCC::SignedLessThanOrEqual, start, limit);
            (runs, self.builder.ins().isub(limit, start))
        } else {
            let runs = self.builder.ins().icmp(IntCC::SignedGreaterThanOrEqual, start, limit);
            (runs, self.builder.ins().isub(start, limit))
        };
        let left = match constant {
            Some(1 | -1) => distance,
            Some(_) | None => {
                let size = if goes_up { step } else { self.builder.ins().ineg(step) };
                self.builder.ins().udiv(distance, size)
            }
        };
        // What the hidden registers hold does not matter if the loop does not run, so they are set on both ways.
        // Had the loop not run, its variable would not have had the value of its start.
        let runs_as_seen =
            |start: &i64| seen_limit.is_none_or(|limit| if goes_up { *start <= limit } else { *start >= limit });
        let observed = self.known(a).observed.and_then(|value| value.as_integer()).filter(runs_as_seen);
        self.set_integer(a, start, observed);
        self.set_integer(a + 1, left, None);
        self.set_integer(a + 3, start, observed);
        Err(self.jump_if(runs, false))
    }

    /// The limit of an integer loop as an integer: a float is rounded toward the start.
    fn integer_limit(&mut self, limit: Number, goes_up: bool) -> Ssa {
        let value = match limit {
            Number::Integer { value, .. } => return value,
            Number::Float { value, .. } => value,
        };
        let size = self.builder.ins().fabs(value);
        let largest = self.builder.ins().f64const(LARGEST_FLOAT_LIMIT);
        let is_small = self.builder.ins().fcmp(FloatCC::LessThan, size, largest);
        self.guard(is_small, ExitReason::NotCompiled);
        let rounded = if goes_up { self.builder.ins().floor(value) } else { self.builder.ins().ceil(value) };
        self.builder.ins().fcvt_to_sint_sat(types::I64, rounded)
    }

    /// Whether a float loop has a first iteration: unless the limit has been passed, which a NaN never is.
    fn float_begins(&mut self, start: Ssa, limit: Ssa, step: Ssa) -> Ssa {
        let zero = self.builder.ins().f64const(0.0);
        let goes_up = self.builder.ins().fcmp(FloatCC::GreaterThan, step, zero);
        let below = self.builder.ins().fcmp(FloatCC::UnorderedOrLessThanOrEqual, start, limit);
        let above = self.builder.ins().fcmp(FloatCC::UnorderedOrGreaterThanOrEqual, start, limit);
        self.builder.ins().select(goes_up, below, above)
    }

    /// Whether a float loop goes on with this index.
    fn float_goes_on(&mut self, index: Ssa, limit: Ssa, step: Ssa) -> Ssa {
        let zero = self.builder.ins().f64const(0.0);
        let goes_up = self.builder.ins().fcmp(FloatCC::GreaterThan, step, zero);
        let below = self.builder.ins().fcmp(FloatCC::LessThanOrEqual, index, limit);
        let above = self.builder.ins().fcmp(FloatCC::GreaterThanOrEqual, index, limit);
        self.builder.ins().select(goes_up, below, above)
    }

    /// `FORLOOP`.
    pub(super) fn for_loop(&mut self, a: u32) -> Lower<()> {
        let (header, next) = (self.jump_target(), self.next());
        if self.known(a + 2).guess() == Some(Tag::Float) {
            return self.float_loop(a);
        }
        for slot in [a, a + 1, a + 2] {
            self.require(slot, Tag::Integer)?;
        }
        let (index, left, step) = (self.payload(a), self.payload(a + 1), self.payload(a + 2));
        let is_done = self.builder.ins().icmp_imm_s(IntCC::Equal, left, 0);
        let after = self.edge(next);
        let again = self.builder.create_block();
        self.builder.ins().brif(is_done, after, &[], again, &[]);
        self.builder.switch_to_block(again);
        self.builder.seal_block(again);
        let observed = self.known(a).observed.and_then(|value| value.as_integer());
        let left = self.builder.ins().iadd_imm_s(left, -1);
        let index = self.builder.ins().iadd(index, step);
        self.set_integer(a + 1, left, None);
        self.set_integer(a, index, observed);
        self.set_integer(a + 3, index, observed);
        self.repeat(header);
        Err(Stop)
    }

    fn float_loop(&mut self, a: u32) -> Lower<()> {
        let (header, next) = (self.jump_target(), self.next());
        for slot in [a, a + 1, a + 2] {
            self.require(slot, Tag::Float)?;
        }
        let (index, limit, step) = (self.payload(a), self.payload(a + 1), self.payload(a + 2));
        let index = self.builder.ins().fadd(index, step);
        let goes_on = self.float_goes_on(index, limit, step);
        let after = self.edge(next);
        let again = self.builder.create_block();
        self.builder.ins().brif(goes_on, again, &[], after, &[]);
        self.builder.switch_to_block(again);
        self.builder.seal_block(again);
        self.set_float(a, index);
        self.set_float(a + 3, index);
        self.repeat(header);
        Err(Stop)
    }
}
