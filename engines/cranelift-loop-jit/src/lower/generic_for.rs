//! Generic `for`: preparing it inside the compiled region, the call of the iterator, and the back-edge.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, types};
use engine_api::event::ExitReason;
use lua_runtime::NativeRole;
use lua_runtime::value::{Tag, VALUE_BYTES};

use super::builder::Lowering;
use super::vm_call::Reentry;
use super::{Lower, Stop};
use crate::helpers;
use crate::state::KnownValue;

impl Lowering<'_> {
    /// `TFORPREP`. A value to be closed is the interpreter's business.
    pub(super) fn generic_for_prepare(&mut self, a: u32) -> Lower<()> {
        let closing = a + 3;
        match self.known(closing).types.single() {
            Some(tag) if tag.is_falsy() => {}
            Some(_) => return Err(self.leave(ExitReason::NotCompiled)),
            None => {
                let tag = self.tag(closing);
                let falsy = self.builder.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, tag, Tag::False as i64);
                self.guard(falsy, ExitReason::NotCompiled);
            }
        }
        let target = self.jump_target();
        self.go_to(target);
        Err(Stop)
    }

    /// `TFORCALL`.
    pub(super) fn generic_for_call(&mut self, a: u32) -> Lower<()> {
        let native = self.known(a).observed.and_then(|iterator| iterator.as_native());
        if native.is_some_and(|native| native.iterator().is_some()) {
            return self.step_iterator(a);
        }
        let is_plain = native.is_some_and(|native| native.role() == NativeRole::Plain);
        self.vm_call(if is_plain { Reentry::Unlikely } else { Reentry::Likely })
    }

    /// The step of `pairs` or `ipairs` is a helper's; only the last one is a call.
    fn step_iterator(&mut self, a: u32) -> Lower<()> {
        let read = |(slot, known): &(u32, KnownValue)| known.is_dirty && (a..a + 3).contains(slot);
        let missing: Vec<(u32, KnownValue)> = self.state.iter().filter(read).collect();
        self.store_slots(missing);
        let base = self.base();
        let first = self.builder.ins().iadd_imm_s(base, i64::from(a) * VALUE_BYTES as i64);
        let count = self.word().c();
        let variables = self.builder.ins().iconst(types::I32, i64::from(count));
        let helper = helpers::step_iterator as *const ();
        let vm = self.vm;
        let done = self.call(helper, &[vm, first, variables], Some(types::I32)).expect("it has a result");
        let (stepped, call) = (self.builder.create_block(), self.builder.create_block());
        self.builder.ins().brif(done, stepped, &[], call, &[]);
        self.meet(vec![(stepped, Box::new(|_| ()))], call, Reentry::Unlikely)
    }

    /// `TFORLOOP`.
    pub(super) fn generic_for_loop(&mut self, a: u32) -> Stop {
        let (header, next, control) = (self.jump_target(), self.next(), a + 4);
        if self.known(control).types.single() == Some(Tag::Nil) {
            self.go_to(next);
            return Stop;
        }
        let tag = self.tag(control);
        let is_done = self.builder.ins().icmp_imm_u(IntCC::Equal, tag, Tag::Nil as i64);
        let after = self.edge(next);
        let again = self.builder.create_block();
        self.builder.ins().brif(is_done, after, &[], again, &[]);
        self.builder.switch_to_block(again);
        self.builder.seal_block(again);
        self.copy(a + 2, control);
        self.repeat(header);
        Stop
    }
}
