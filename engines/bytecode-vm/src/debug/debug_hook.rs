//! The program's debug hook: when it is called, and the variant of the dispatch loop that calls it.
//!
//! While the running coroutine has a hook, the dispatch loop runs in a variant that asks here before every
//! instruction and calls and returns on the slow paths only. Compiled code is not entered. What a hook is, and how the
//! program sets one, is in `lua_runtime::debug_library` and `debug` of the library.

use engine_api::Interrupt;
use lua_bytecode::effects::{Count, effects};
use lua_runtime::debug_library::HookEvent;
use lua_runtime::{Args, Gc, NativeFunction, NativeRole, Signal, Vm};

use crate::code::prototype::Prototype;
use crate::frame::{FLAG_TAIL_CALL, FrameHeader, HEADER_SLOTS, check_results, set_frame_base, set_header_at, set_slot};
use crate::state::walk::prototype_in;
use crate::state::{Cursor, Traced, fields, save, state};

/// Whether the running coroutine has a hook that could be called.
#[inline(always)]
pub(crate) fn is_wanted(vm: &Vm) -> bool {
    vm.interrupt.bits() & Interrupt::HOOK != 0 && !vm.is_hook_running()
}

/// Before an instruction: calls the hook if enough instructions have run, and if a line begins.
///
/// # Errors
/// Those of the hook.
#[cold]
pub(crate) fn instruction(vm: &mut Vm, cursor: Cursor) -> Result<(), Signal> {
    let mask = vm.hook_mask();
    let (pc, base) = (cursor.pc(), cursor.base(vm));
    if mask.count != 0 {
        let left = &fields(vm.thread()).instructions_left;
        left.set(left.get().saturating_sub(1));
        if left.get() == 0 {
            left.set(mask.count);
            call_between(vm, cursor, HookEvent::Count)?;
        }
    }
    if mask.lines {
        // SAFETY: the stack may have moved, but the frame is where it was in it.
        let cursor = unsafe { Cursor::at(vm, pc, base) };
        if let Some(line) = new_line(vm, cursor) {
            call_between(vm, cursor, HookEvent::Line(line))?;
        }
    }
    Ok(())
}

/// The line that begins at the instruction, if one does: another line than that of the instruction before, a jump back,
/// or the function's start.
fn new_line(vm: &Vm, cursor: Cursor) -> Option<u32> {
    let (pc, base) = (cursor.pc(), cursor.base(vm));
    let now = Traced { base, pc: cursor.address(), hook: vm.hook_changes() };
    let last = state(vm).traced.replace(now);
    let proto = &cursor.prototype().proto;
    let line = proto.lines.line(pc);
    let is_same_frame = last.base == base && last.hook == now.hook && proto.code.as_ptr_range().contains(&last.pc);
    // A callee has returned, or the hook is new: the instruction before this one is the call.
    let before = if is_same_frame { last.pc } else { cursor.address().wrapping_sub(1) };
    let is_new = pc == 0 || cursor.address() <= before || {
        let before = (before.addr() - cursor.prototype().code.addr()) / size_of::<u32>();
        proto.lines.line(before as u32) != line
    };
    is_new.then_some(line)
}

/// Calls the hook between two instructions. Values up to the top may wait there for the next one.
fn call_between(vm: &mut Vm, cursor: Cursor, event: HookEvent) -> Result<(), Signal> {
    save(vm, cursor);
    let waiting = effects(cursor.instruction()).reads.into_iter().flatten().any(|span| span.count == Count::ToTop);
    let top = state(vm).top.get();
    let free = cursor.base(vm) + cursor.prototype().max_stack;
    vm.call_hook(event, if waiting { free.max(top) } else { free })?;
    state(vm).top.set(top);
    Ok(())
}

/// The frame of a Lua function was made; it is the innermost.
///
/// # Errors
/// Those of the hook.
pub(crate) fn entered(vm: &mut Vm, prototype: &Prototype, header: FrameHeader) -> Result<(), Signal> {
    if !vm.hook_mask().calls {
        return Ok(());
    }
    let is_tail_call = header.flags() & FLAG_TAIL_CALL != 0;
    let top = vm.frame_base() + prototype.max_stack;
    vm.call_hook(HookEvent::Call { is_tail_call, arguments: prototype.parameters }, top)
}

/// The innermost frame, that of a Lua function, is about to return the `count` values from slot `from` on.
///
/// # Errors
/// Those of the hook.
#[inline]
pub(crate) fn returning(vm: &mut Vm, from: u32, count: u32) -> Result<(), Signal> {
    if is_wanted(vm) { call_at_return(vm, from, count) } else { Ok(()) }
}

#[cold]
fn call_at_return(vm: &mut Vm, from: u32, count: u32) -> Result<(), Signal> {
    if !vm.hook_mask().returns {
        return Ok(());
    }
    let base = vm.frame_base();
    let registers = prototype_in(vm, base).map_or(0, |prototype| prototype.max_stack);
    let top = (base + registers).max(from + count);
    let event = HookEvent::Return { first: from - base + 1, count };
    vm.call_hook(event, top)
}

/// Runs a library function, whose frame has been made with this header, with the hook before and after it.
///
/// # Errors
/// Those of the function and of the hook.
#[inline]
pub(crate) fn run_native(
    vm: &mut Vm,
    native: Gc<NativeFunction>,
    args: Args,
    header: FrameHeader,
) -> Result<u32, Signal> {
    // The function that sets a hook returns under it.
    let may_trace = is_wanted(vm) || native.role() == NativeRole::Inspecting;
    if may_trace { run_traced(vm, native, args, header) } else { run_checked(vm, native, args, header) }
}

/// Runs a library function. Its two lowest slots are its own, where results go: if it fails, the header there is made anew.
///
/// # Panics
/// If its results are not on the stack.
#[inline(always)]
fn run_checked(vm: &mut Vm, native: Gc<NativeFunction>, args: Args, header: FrameHeader) -> Result<u32, Signal> {
    let result = (native.function())(vm, args);
    match result {
        Ok(count) => check_results(vm, args.base - HEADER_SLOTS, count),
        Err(_) => set_header_at(vm, args.base, header),
    }
    result
}

#[cold]
fn run_traced(vm: &mut Vm, native: Gc<NativeFunction>, args: Args, header: FrameHeader) -> Result<u32, Signal> {
    let callee = vm.slot(args.base - HEADER_SLOTS);
    if is_wanted(vm) && vm.hook_mask().calls {
        vm.call_hook(HookEvent::Call { is_tail_call: false, arguments: args.count }, args.top())?;
    }
    let count = run_checked(vm, native, args, header)?;
    if !is_wanted(vm) || !vm.hook_mask().returns {
        return Ok(count);
    }
    // The results lie where the frame was: they make room for it while the hook looks.
    vm.ensure_stack(args.base + count)?;
    for i in (0..count).rev() {
        let value = vm.slot(args.base - HEADER_SLOTS + i);
        set_slot(vm, args.base + i, value);
    }
    set_slot(vm, args.base - HEADER_SLOTS, callee);
    set_header_at(vm, args.base, header);
    set_frame_base(vm, args.base);
    vm.call_hook(HookEvent::Return { first: 1, count }, args.base + count)?;
    for i in 0..count {
        let value = vm.slot(args.base + i);
        set_slot(vm, args.base - HEADER_SLOTS + i, value);
    }
    Ok(count)
}

/// A library function that the interpreter handles itself is called: its arguments lie in place.
///
/// # Errors
/// Those of the hook.
#[inline]
pub(crate) fn role_called(vm: &mut Vm, args: Args, header: FrameHeader) -> Result<(), Signal> {
    if !is_wanted(vm) || !vm.hook_mask().calls {
        return Ok(());
    }
    vm.ensure_stack(args.top() + 1)?;
    set_header_at(vm, args.base, header);
    set_frame_base(vm, args.base);
    let is_tail_call = header.flags() & FLAG_TAIL_CALL != 0;
    vm.call_hook(HookEvent::Call { is_tail_call, arguments: args.count }, args.top())
}

/// A library function that the interpreter handles itself, whose frame still has its base, is about to return. `top` is
/// the first slot above everything in use. What it returns is not told.
///
/// # Errors
/// Those of the hook.
#[inline]
pub(crate) fn role_returning(vm: &mut Vm, base: u32, top: u32) -> Result<(), Signal> {
    if !is_wanted(vm) || !vm.hook_mask().returns {
        return Ok(());
    }
    set_frame_base(vm, base);
    vm.call_hook(HookEvent::Return { first: 1, count: 0 }, top)
}
