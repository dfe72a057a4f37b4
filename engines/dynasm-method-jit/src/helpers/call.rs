//! Helpers of calls and returns, of extra arguments, and of the steps of generic loops.

use bytecode_vm::dispatch::carry_out;
use bytecode_vm::frame::{Continuation, FrameHeader, HEADER_SLOTS, header_at};
use bytecode_vm::plain_call::{Callee, Registers, Resumption};
use bytecode_vm::state::{Cursor, Outcome, Step, prototype_of, prototype_of_closure, state};
use bytecode_vm::{call, continuation, for_loop, plain_call};
use engine_api::Interrupt;
use engine_api::event::ExitReason;
use lua_runtime::{Gc, Table, Value, Vm};

use super::site::{Site, resume_in};
use super::{Answer, EXIT, GO_ON, JUMP, LEAVE, PROTECTED_RETURNED, VALUE_RETURNED, done, failed, register_at};
use crate::policy::{ExitPoint, context, count_exit, jit, reason_to_leave, record_of};

/// `TAILCALL` of a compiled function that keeps no extra arguments: it takes the place of the caller's frame. Otherwise nothing
/// is done.
///
/// # Safety
/// As for [`plain_call::tail_call`].
#[inline(always)]
unsafe fn jump(vm: &mut Vm, registers: Registers, callee: Callee) -> Option<Answer> {
    // SAFETY: as the caller says; closures of this state are made by this engine.
    unsafe {
        let closure = (*callee.address).as_closure()?;
        let code = jit(vm).runnable(vm, prototype_of_closure(closure))?;
        let entered = plain_call::tail_call(vm, registers, callee)?;
        let context = context(vm);
        context.jump_base.set(entered.base);
        // The index is not used; only the pool's own address is.
        context.jump_pool.set(entered.pool.feedback(0).cast());
        context.jump_code.set(code);
        Some(Answer { status: JUMP, other: 0 })
    }
}

/// `TAILCALL` of anything but a library function.
fn tail_call_other(site: Site) -> Answer {
    let mut site = site;
    let header = header_at(site.vm, site.base_slot);
    let address = site.register(site.cursor.instruction().a());
    if let Some(count) = site.argument_count(address) {
        let callee = Callee { address, count, wanted: 0 };
        // SAFETY: the instruction is a call, which has put everything in place.
        if let Some(callee) = unsafe { plain_call::tail_call(site.vm, site.registers(), callee) } {
            resume_in(site.vm, callee.pc, callee.base);
            return go_on_in_callee(&mut site, header);
        }
    }
    // The callee takes the frame's place, and a collection may take the function.
    let proto = std::rc::Rc::clone(site.cursor.prototype().proto());
    let outcome = call::tail_call(site.vm, site.cursor);
    // SAFETY: it is what the operation has answered.
    let outcome = outcome.and_then(|step| unsafe { carry_out(site.vm, step) });
    let mut site = Site { exit_point: ExitPoint { proto: &proto, pc: site.exit_point.pc }, ..site };
    match outcome {
        Ok(Step::Reload) => go_on_in_callee(&mut site, header),
        outcome => site.answer_last(outcome, std::ptr::null()),
    }
}

define! {
    tail_call(vm, pc, base, callee, coded, _unused) {
        // SAFETY: as the macro says; the instruction is a tail call, which has put everything in place.
        unsafe {
            let address = register_at(callee);
            let count = match coded {
                0 => plain_call::arguments_up_to_top(&*vm, address),
                coded => Some(coded as u32 - 1),
            };
            if let Some(count) = count {
                let registers = Registers {
                    pc: prototype_of(base).code().add(pc as usize),
                    base,
                    pool: prototype_of(base).pool(),
                };
                let register = address.offset_from(base);
                let callee = Callee { address, count, wanted: 0 };
                match plain_call::tail_call_native(&mut *vm, registers, callee) {
                    Some(Ok((base, count))) => return return_from(vm, pc, base, base.offset(register), count),
                    Some(Err(signal)) => return failed(signal),
                    None => {}
                }
                if let Some(answer) = jump(&mut *vm, registers, callee) {
                    return answer;
                }
            }
            tail_call_other(Site::new(vm, pc, base))
        }
    }
    varargs(vm, pc, base, to, coded, _unused) {
        // SAFETY: as the macro says; the instruction is a `VARARG` of the frame.
        unsafe {
            if plain_call::varargs(&*vm, base, register_at(to), coded as u8) {
                return done(base);
            }
            let mut site = Site::new(vm, pc, base);
            let outcome = call::varargs(site.vm, site.cursor);
            site.next(outcome)
        }
    }
    return_values(vm, pc, base, register, coded, _unused) {
        // SAFETY: as the macro says; the values are in the frame or up to the top.
        unsafe {
            let (vm, from) = (&mut *vm, base.add(register as usize));
            let count = match coded {
                0 => plain_call::results_up_to_top(vm, from),
                coded => coded as u32 - 1,
            };
            return_from(vm, pc, base, from, count)
        }
    }
    call_with_all(vm, pc, base, callee, wanted, _unused) {
        let address = register_at(callee);
        // SAFETY: as the macro says, at a call with all arguments up to the top.
        unsafe {
            match plain_call::arguments_up_to_top(&*vm, address) {
                Some(count) => call_with(vm, pc, base, Callee { address, count, wanted: wanted as u8 }, call::call),
                None => {
                    let mut site = Site::new(vm, pc, base);
                    let outcome = call::call(site.vm, site.cursor);
                    site.next(outcome)
                }
            }
        }
    }
    call_native(vm, pc, base, callee, count, wanted) {
        let callee = Callee { address: register_at(callee), count: count as u32, wanted: wanted as u8 };
        // SAFETY: as the macro says.
        unsafe { call_with(vm, pc, base, callee, call::call) }
    }
    set_metatable(vm, pc, base, callee, _unused, _unused_too) {
        let address = register_at(callee);
        // SAFETY: as the macro says; the instruction has a feedback slot, which lives as long as its function runs, and the
        // result is where the callee was, wherever the stack is then.
        unsafe {
            let before = (*address.add(HEADER_SLOTS as usize)).as_table().map(Gc::<Table>::shape);
            let answer = call_with(vm, pc, base, Callee { address, count: 2, wanted: 2 }, call::call);
            if answer.status == GO_ON {
                let register = address.offset_from(base);
                let base = register_at(answer.other);
                let object = (*base.offset(register)).as_table();
                let prototype = prototype_of(base);
                let feedback = &*prototype.pool().feedback(*prototype.code().add(pc as usize + 1));
                if let (Some(before), Some(object)) = (before, object) {
                    feedback.learn_metatable(before, object.shape());
                }
            }
            answer
        }
    }
    call_iterator(vm, pc, base, callee, count, wanted) {
        let callee = Callee { address: register_at(callee), count: count as u32, wanted: wanted as u8 };
        // SAFETY: as the macro says.
        unsafe { call_with(vm, pc, base, callee, call::call_iterator) }
    }
    step_iterator(vm, _pc, _base, first, count, _unused) {
        // SAFETY: as the macro says; the address is that of the registers of a generic loop with so many variables.
        let is_done = unsafe { for_loop::step_generic(&*vm, register_at(first), count as u8) };
        Answer { status: GO_ON, other: is_done.into() }
    }
}

/// A call of what is probably a library function, for which nothing need be written down but its header; `general` if there is
/// no short way.
///
/// # Safety
/// As for [`Site::new`]. The instruction is a call, which has two words and has put callee and arguments in place.
#[inline(always)]
unsafe fn call_with(
    vm: *mut Vm,
    pc: u32,
    base: *mut Value,
    callee: Callee,
    general: fn(&mut Vm, Cursor) -> Outcome,
) -> Answer {
    // SAFETY: as the caller says.
    unsafe {
        match plain_call::call_native_from(&mut *vm, base, pc + 2, callee) {
            Some(Ok(base)) if (*vm).interrupt.bits() & Interrupt::HOOK == 0 => done(base),
            // It has set a hook, so that only the VM can go on.
            Some(Ok(base)) => leave_behind(vm, pc, base),
            Some(Err(signal)) => failed(signal),
            None => call_other(vm, pc, base, callee, general),
        }
    }
}

/// # Safety
/// As for [`Site::new`].
#[cold]
#[inline(never)]
unsafe fn leave_behind(vm: *mut Vm, pc: u32, base: *mut Value) -> Answer {
    // SAFETY: as the caller says.
    unsafe { Site::new(vm, pc, base).leave_behind(ExitReason::Interrupt) }
}

/// # Safety
/// As for [`call_with`].
#[inline(never)]
unsafe fn call_other(
    vm: *mut Vm,
    pc: u32,
    base: *mut Value,
    callee: Callee,
    general: fn(&mut Vm, Cursor) -> Outcome,
) -> Answer {
    // SAFETY: as the caller says.
    unsafe { Site::new(vm, pc, base).call(callee, general) }
}

/// Returns `count` values from an address on: to compiled code, or to the VM, if only it knows how the caller goes on.
///
/// # Safety
/// As for [`Site::new`]; the values are in the frame or up to the top.
#[inline(always)]
unsafe fn return_from(vm: *mut Vm, pc: u32, base: *mut Value, from: *const Value, count: u32) -> Answer {
    // SAFETY: as the caller says.
    unsafe {
        let vm = &mut *vm;
        let header = FrameHeader::read(base);
        if header.continuation() == Continuation::Call {
            return done(plain_call::return_plain(vm, base, from, count));
        }
        if plain_call::leave_to_rust(vm, base, from, count) {
            return Answer { status: EXIT, other: 0 };
        }
        if header.continuation() == Continuation::Protected
            && let Some(caller) = plain_call::return_values(vm, base, from, count)
        {
            resume_in(vm, caller.pc, caller.base);
            return Answer { status: PROTECTED_RETURNED, other: base.addr() as u64 };
        }
        let is_value =
            matches!(header.continuation(), Continuation::Store | Continuation::Branch | Continuation::Discard);
        if is_value && header.varargs() == 0 {
            *base.sub(HEADER_SLOTS as usize) = if count == 0 { Value::NIL } else { *from };
            let state = state(vm);
            state.set_depth(state.depth() - 1);
            return Answer { status: VALUE_RETURNED, other: base.addr() as u64 };
        }
        let code = prototype_of(base).code();
        let registers = Registers { pc: code.add(pc as usize), base, pool: prototype_of(base).pool() };
        let next = continuation::return_from(vm, registers, from, count);
        match go_on_next(vm, next) {
            Ok(Step::Exit) => Answer { status: EXIT, other: 0 },
            Ok(_) => Answer { status: LEAVE, other: 0 },
            Err(signal) => failed(signal),
        }
    }
}

/// Lets the VM go on where a return leads.
fn go_on_next(vm: &mut Vm, next: Resumption) -> Outcome {
    match next.get() {
        Ok((pc, base)) => Ok(resume_in(vm, pc, base)),
        // SAFETY: it is what the return has answered.
        Err(outcome) => outcome.and_then(|step| unsafe { carry_out(vm, step) }),
    }
}

/// Ends a tail call, after which the VM would go on in the callee: compiled code does if that is compiled too and has the place of
/// the caller's frame, which had this header.
fn go_on_in_callee(site: &mut Site, header: FrameHeader) -> Answer {
    let state = state(site.vm);
    let slot = state.resume_base();
    let callee = header_at(site.vm, slot);
    let has_its_place = site.operation.is_of_running(site.vm)
        && callee.continuation() == header.continuation()
        && slot - callee.base_delta() == site.base_slot - header.base_delta();
    if has_its_place {
        // SAFETY: the VM goes on in a Lua function whose frame has this base.
        let (base, prototype) = unsafe {
            let base = site.vm.stack().add(slot as usize);
            (base, prototype_of(base))
        };
        // SAFETY: as above; the instruction is one of the function.
        let cursor = unsafe { Cursor::new(state.resume_pc(), base) };
        let entry = record_of(prototype).and_then(|record| record.entry_at(cursor));
        if let Some(entry) = entry.filter(|_| cursor.address() == prototype.code()) {
            let context = context(site.vm);
            context.jump_base.set(base);
            // SAFETY: the index is not used; only the pool's own address is.
            context.jump_pool.set(unsafe { prototype.pool().feedback(0) }.cast());
            context.jump_code.set(entry);
            return Answer { status: JUMP, other: 0 };
        }
    }
    let (reason, detail) = reason_to_leave(site.vm, &site.operation);
    count_exit(site.vm, site.exit_point, reason, detail);
    Answer { status: LEAVE, other: 0 }
}
