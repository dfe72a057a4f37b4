//! Helpers of loops, of variables to be closed, and of polls.

use bytecode_vm::state::{Step, resume};
use bytecode_vm::{call, close, continuation, for_loop};
use engine_api::event::{ExitDetail, ExitReason};

use super::site::Site;
use super::{Answer, GO_ON, LEAVE, failed, register_at};
use crate::policy::{context, count_exit, jit};

define_at_site! {
    mark_close(site, register) {
        let outcome = close::mark(site.vm, site.cursor, register as u8);
        site.next(outcome)
    }
    close_variables(site) {
        let outcome = close::close(site.vm, site.cursor);
        site.next(outcome)
    }
    close_return(site) {
        let outcome = continuation::close_return(site.vm, site.cursor);
        site.answer_last(outcome, std::ptr::null())
    }
    poll(site) {
        let outcome = call::poll(site.vm, site.cursor);
        let header = site.cursor.address();
        site.answer_last(outcome, header)
    }
    enter_loop(site) {
        let jit = jit(site.vm);
        let outcome = match jit.loop_tier() {
            Some(_) if !jit.has_stack_for_loop() => Ok(Step::Next),
            Some(loops) => (loops.counted_down)(site.vm, site.cursor),
            None => unreachable!("code that asks for loops is made where there is who compiles them"),
        };
        if outcome == Ok(Step::Next) && jit.is_loop_settled(site.cursor) {
            return site.leave_here();
        }
        site.go_on_with_loop(outcome)
    }
    forced_exit(site) {
        let context = context(site.vm);
        context.until_forced_exit.set(context.force_exit_every);
        context.suppresses_reentry.set(true);
        // SAFETY: it is this frame's instruction.
        unsafe { resume(site.vm, site.cursor.address(), site.base_slot) };
        count_exit(site.vm, site.exit_point, ExitReason::Forced, ExitDetail::None);
        Answer { status: LEAVE, other: 0 }
    }
}

define! {
    for_prepare(vm, pc, base, first, _unused, _unused_too) {
        // SAFETY: as the macro says; the address is that of the first register of a numeric loop.
        unsafe {
            if let Some(runs) = for_loop::prepare_integer_loop(register_at(first)) {
                return Answer { status: GO_ON, other: runs.into() };
            }
            let site = Site::new(vm, pc, base);
            match for_loop::prepare(site.vm, site.cursor) {
                Ok(runs) => Answer { status: GO_ON, other: runs.into() },
                Err(signal) => failed(signal),
            }
        }
    }
    is_close_due(vm, _pc, _base, level, _unused, _unused_too) {
        // SAFETY: as the macro says; the address is that of a register, so inside the stack.
        let is_due = unsafe {
            let slot = register_at(level).offset_from((*vm).stack());
            close::is_due(&*vm, slot as u32)
        };
        Answer { status: GO_ON, other: is_due.into() }
    }
}
