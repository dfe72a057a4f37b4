//! Calls: from a node, from a native function, and the running of a function and those that it tail-calls.
//!
//! A Lua call recurses in Rust, one [`run`] for each; the functions that it tail-calls stay in the same one. Before it runs, the
//! callee lies in the slot below its header and the arguments from its base on; afterwards its results are wanted as
//! one value, as all of them in slots, or not at all, which [`Want`] decides at compile time.

use lua_runtime::fault::Fault;
use lua_runtime::meta::MetaEvent;
use lua_runtime::{Args, Closure, Gc, NativeFunction, NativeRole, Signal, Value, Vm};

use crate::close::pop_of_lost_frame;
use crate::code::{ENTRY_SITE, FunctionCode, code_of};
use crate::coroutine;
use crate::debug_hook;
use crate::frame::{
    Flow, Frame, FrameHeader, HANDLER_ARGUMENTS, HEADER_SLOTS, HEADROOM_SLOTS, Raised, SiteId, Slot,
    VARARG_HEADER_SLOTS, set_frame_base, set_slot,
};
use crate::protect;
use crate::state::state;

/// What a caller wants of a call's results.
pub(crate) trait Want {
    /// What the call gives.
    type Output;

    /// The only result is `value`; the callee was at stack index `at`.
    fn one(vm: &mut Vm, at: u32, value: Value) -> Self::Output;

    /// The `count` results lie from stack index `from` on, which is `at` or above it.
    fn list(vm: &mut Vm, at: u32, from: u32, count: u32) -> Self::Output;
}

/// The first result, or nil.
pub(crate) struct One;

/// All results, in the slots from the callee's on. Gives their number.
pub(crate) struct All;

/// No result.
pub(crate) struct Nothing;

impl Want for One {
    type Output = Value;

    #[inline(always)]
    fn one(_: &mut Vm, _: u32, value: Value) -> Value {
        value
    }

    #[inline(always)]
    fn list(vm: &mut Vm, _: u32, from: u32, count: u32) -> Value {
        if count == 0 { Value::NIL } else { vm.slot(from) }
    }
}

impl Want for All {
    type Output = u32;

    #[inline(always)]
    fn one(vm: &mut Vm, at: u32, value: Value) -> u32 {
        set_slot(vm, at, value);
        1
    }

    #[inline(always)]
    fn list(vm: &mut Vm, at: u32, from: u32, count: u32) -> u32 {
        // A library function may have said any number, and lists are read without looking again.
        assert!(count <= vm.stack_capacity() - at, "results above the stack");
        move_slots(vm, from, at, count);
        count
    }
}

impl Want for Nothing {
    type Output = ();

    #[inline(always)]
    fn one(_: &mut Vm, _: u32, _: Value) {}

    #[inline(always)]
    fn list(_: &mut Vm, _: u32, _: u32, _: u32) {}
}

/// Moves `count` values down the stack, from stack index `from` to `to`.
#[inline]
fn move_slots(vm: &mut Vm, from: u32, to: u32, count: u32) {
    if from != to {
        for i in 0..count {
            let value = vm.slot(from + i);
            set_slot(vm, to + i, value);
        }
    }
}

impl Frame<'_> {
    /// Puts a callee into its slot, and the header of its frame into the one above, before the arguments are evaluated:
    /// what these slots held before would look alive meanwhile.
    #[inline(always)]
    pub(crate) fn place_callee(&mut self, callee: Slot, function: Value, site: SiteId) {
        self.set(callee, function);
        self.set(callee.offset(1), FrameHeader::new(site, callee.offset(HEADER_SLOTS).0).as_value());
    }

    /// Calls the value in slot `callee`, which was placed there, with the `count` arguments from `callee + 2` on.
    #[inline(always)]
    pub(crate) fn call<W: Want>(&mut self, callee: Slot, count: u32) -> Result<W::Output, Raised> {
        let base = callee.offset(HEADER_SLOTS);
        let result = match self.get(callee).as_closure() {
            Some(closure) => run::<W>(self.vm, closure, self.base_slot + base.0, count)?,
            None => call_other::<W>(self.vm, self.base_slot + base.0, count)?,
        };
        self.resume();
        Ok(result)
    }

    /// Ends the function with a call of the value in slot `callee`: a Lua function takes this frame's place, anything
    /// else is called from it, as in PUC Lua, and its results are returned.
    #[inline]
    pub(crate) fn tail_call(&mut self, callee: Slot, count: u32, site: SiteId) -> Result<Flow, Raised> {
        self.list_start = callee;
        self.list_count = count;
        if self.get(callee).as_closure().is_some() { Ok(Flow::TailCall) } else { self.tail_call_other(site) }
    }

    #[inline(never)]
    fn tail_call_other(&mut self, site: SiteId) -> Result<Flow, Raised> {
        let base = self.list_start.offset(HEADER_SLOTS);
        self.set(self.list_start.offset(1), FrameHeader::new(site, base.0).as_value());
        let base = self.base_slot + base.0;
        let (callee, count) = resolve_callee(self.vm, base, self.list_count)?;
        self.list_count = count;
        if callee.as_closure().is_some() {
            self.resume();
            return Ok(Flow::TailCall);
        }
        self.list_count = call_native(self.vm, callee, base, count)?;
        self.resume();
        Ok(Flow::ReturnList)
    }

    /// Calls `handler` above what is in use at the site, for its first result.
    pub(crate) fn call_handler(&mut self, handler: Value, arguments: &[Value], site: SiteId) -> Result<Value, Raised> {
        self.call_handler_at::<One>(self.free_slot(site), handler, arguments, site)
    }

    /// Calls `handler` in slot `callee`, which is in the frame or the first one above, before the headroom.
    pub(crate) fn call_handler_at<W: Want>(
        &mut self,
        callee: Slot,
        handler: Value,
        arguments: &[Value],
        site: SiteId,
    ) -> Result<W::Output, Raised> {
        // The headroom has room for a header and these few arguments.
        debug_assert!(arguments.len() as u32 <= HANDLER_ARGUMENTS);
        self.place_callee(callee, handler, site);
        for (argument, slot) in arguments.iter().zip(callee.0 + HEADER_SLOTS..) {
            self.set(Slot(slot), *argument);
        }
        self.vm.metamethod_depth += 1;
        let result = if self.vm.has_native_room() {
            self.call::<W>(callee, arguments.len() as u32)
        } else {
            self.at(site);
            let signal = self.vm.raise_native_overflow();
            Err(self.raised(signal))
        };
        self.vm.metamethod_depth -= 1;
        result
    }
}

/// Runs a Lua function whose frame begins at stack index `base`, below which callee and header lie.
#[inline(always)]
pub(crate) fn run<W: Want>(vm: &mut Vm, closure: Gc<Closure>, base: u32, count: u32) -> Result<W::Output, Raised> {
    let state = state(vm);
    if state.segments.is_low() {
        return run_on_new_segment::<W>(vm, closure, base, count);
    }
    let at = base - HEADER_SLOTS;
    let ended = activate(vm, closure, base, count)?;
    if ended.flow == Flow::Return {
        return Ok(W::one(vm, at, ended.result));
    }
    finish::<W>(vm, base, ended)
}

#[cold]
#[inline(never)]
fn run_on_new_segment<W: Want>(vm: &mut Vm, closure: Gc<Closure>, base: u32, count: u32) -> Result<W::Output, Raised> {
    let state = state(vm);
    match state.segments.on_new_segment(|| run::<W>(vm, closure, base, count)) {
        Ok(result) => result,
        Err(crate::native_stack::NoStack) => Err(state.raised(Signal::Memory)),
    }
}

/// How an activation ended.
pub(crate) struct Ended {
    /// The way. Under a debug hook never [`Flow::Return`], since the hook comes before the caller gets the value.
    pub(crate) flow: Flow,
    /// Of a [`Flow::Return`].
    result: Value,
    /// Of a [`Flow::ReturnList`], and the callee of a [`Flow::TailCall`]: a stack index.
    pub(crate) list_start: u32,
    /// Its length.
    pub(crate) list_count: u32,
}

/// Makes the frame of a Lua function whose arguments lie from stack index `base` on, and runs it.
#[inline(always)]
fn activate(vm: &mut Vm, closure: Gc<Closure>, base: u32, count: u32) -> Result<Ended, Raised> {
    let code = code_of(closure);
    let state = state(vm);
    let depth = state.depth.get();
    if depth >= vm.limits.lua_depth {
        return Err(too_deep(vm, base));
    }
    if base + code.frame_slots + HEADROOM_SLOTS > vm.stack_capacity() {
        make_room(vm, base, code.frame_slots)?;
    }
    let (mut frame_base, mut vararg_count) = (base, 0);
    if count < code.parameter_count {
        clear_missing(vm, base + count, code.parameter_count - count);
    } else if code.is_vararg && count > code.parameter_count {
        frame_base = move_above_varargs(vm, code, base, count)?;
        vararg_count = count - code.parameter_count;
    }
    set_frame_base(vm, frame_base);
    let mut frame = Frame::new(vm, closure, frame_base, vararg_count);
    if frame.vm.must_poll() {
        frame.serve(ENTRY_SITE)?;
        debug_hook::entered(&mut frame)?;
    }
    state.depth.set(depth + 1);
    let flow = code.body.run(&mut frame);
    state.depth.set(depth);
    Ok(Ended {
        flow: flow?,
        result: frame.result,
        list_start: frame.base_slot + frame.list_start.0,
        list_count: frame.list_count,
    })
}

/// Finishes a call whose activation ended otherwise than by returning one value; runs what it calls last.
#[inline(never)]
fn finish<W: Want>(vm: &mut Vm, base: u32, mut ended: Ended) -> Result<W::Output, Raised> {
    let at = base - HEADER_SLOTS;
    loop {
        if vm.must_poll() {
            debug_hook::returning(vm, &mut ended)?;
        }
        match ended.flow {
            Flow::Next => return Ok(W::list(vm, at, at, 0)),
            Flow::Return => return Ok(W::one(vm, at, ended.result)),
            Flow::ReturnList => return Ok(W::list(vm, at, ended.list_start, ended.list_count)),
            Flow::TailCall => {
                let closure = replace_frame(vm, base, ended.list_start, ended.list_count);
                ended = activate(vm, closure, base, ended.list_count)?;
            }
            Flow::Break | Flow::Goto => unreachable!("the parser checks that jumps have targets in their function"),
        }
    }
}

/// Sets the parameters without arguments to nil.
#[inline(never)]
fn clear_missing(vm: &mut Vm, from: u32, count: u32) {
    for slot in from..from + count {
        set_slot(vm, slot, Value::NIL);
    }
}

/// Builds the frame of a vararg function above its arguments, so that the extra ones lie right below it.
fn move_above_varargs(vm: &mut Vm, code: &FunctionCode, base: u32, count: u32) -> Result<u32, Raised> {
    let extra = count - code.parameter_count;
    let shift = count + VARARG_HEADER_SLOTS;
    let moved = base + shift;
    if moved + code.frame_slots + HEADROOM_SLOTS > vm.stack_capacity() {
        make_room(vm, base, shift + code.frame_slots)?;
    }
    let callee = vm.slot(base - 2);
    set_slot(vm, moved - 2, callee);
    let header = FrameHeader::of(vm, base).with_varargs(shift);
    set_slot(vm, moved - 1, header.as_value());
    set_slot(vm, moved - VARARG_HEADER_SLOTS, Value::integer(i64::from(extra)));
    for parameter in 0..code.parameter_count {
        let value = vm.slot(base + parameter);
        set_slot(vm, moved + parameter, value);
        // Nobody reads the old copy, and it would keep the value alive.
        set_slot(vm, base + parameter, Value::NIL);
    }
    Ok(moved)
}

/// Makes sure that `slots` slots from stack index `base` on exist, and the headroom above them.
#[cold]
#[inline(never)]
fn make_room(vm: &mut Vm, base: u32, slots: u32) -> Result<(), Raised> {
    return_to_caller(vm, base);
    vm.ensure_stack(base.saturating_add(slots).saturating_add(HEADROOM_SLOTS))
        .map_err(|signal| state(vm).raised(signal))
}

#[cold]
#[inline(never)]
fn too_deep(vm: &mut Vm, base: u32) -> Raised {
    return_to_caller(vm, base);
    let signal = vm.raise_overflow();
    state(vm).raised(signal)
}

/// Makes the caller of the frame at `base` the innermost frame, for an error that belongs to its call.
fn return_to_caller(vm: &mut Vm, base: u32) {
    let header = FrameHeader::of(vm, base);
    set_frame_base(vm, base - header.base_delta());
    state(vm).site.set(header.site());
}

/// Moves the Lua function at stack index `from` and its arguments into the place of the frame that calls it last.
fn replace_frame(vm: &mut Vm, base: u32, from: u32, count: u32) -> Gc<Closure> {
    let header = FrameHeader::of(vm, base).with_tail_call();
    let callee = vm.slot(from);
    let Some(closure) = callee.as_closure() else { unreachable!("only Lua functions are entered by a tail call") };
    set_slot(vm, base - 2, callee);
    set_slot(vm, base - 1, header.as_value());
    move_slots(vm, from + HEADER_SLOTS, base, count);
    closure
}

/// Calls what is no Lua function, at stack index `base`.
#[inline(never)]
fn call_other<W: Want>(vm: &mut Vm, base: u32, count: u32) -> Result<W::Output, Raised> {
    let at = base - HEADER_SLOTS;
    let (mut callee, mut count) = (vm.slot(at), count);
    if callee.as_native().is_none() {
        (callee, count) = resolve_callee(vm, base, count)?;
        if let Some(closure) = callee.as_closure() {
            return run::<W>(vm, closure, base, count);
        }
    }
    let count = call_native(vm, callee, base, count)?;
    Ok(W::list(vm, at, at, count))
}

/// Calls a native function whose arguments lie from stack index `base` on; its results lie from `base - 2` on.
#[inline(always)]
fn call_native(vm: &mut Vm, callee: Value, base: u32, count: u32) -> Result<u32, Raised> {
    let Some(native) = callee.as_native() else { unreachable!("callers resolve the callee to a function") };
    set_frame_base(vm, base);
    let args = Args { base, count };
    let result = if vm.must_poll() || native.role() == NativeRole::Inspecting {
        debug_hook::call_native(vm, native, args)
    } else {
        run_native(vm, native, args)
    };
    match result {
        Ok(count) => Ok(count),
        Err(Signal::Call) => last_call(vm, base),
        Err(signal) => Err(state(vm).raised(signal)),
    }
}

/// Runs a native function, whose frame is there.
#[inline(always)]
pub(crate) fn run_native(vm: &mut Vm, native: Gc<NativeFunction>, args: Args) -> Result<u32, Signal> {
    match native.role() {
        NativeRole::Plain | NativeRole::Inspecting => (native.function())(vm, args),
        NativeRole::Resume => coroutine::resume(vm, args),
        NativeRole::Wrapped => coroutine::resume_wrapped(vm, native, args),
        NativeRole::Yield => coroutine::yield_(vm, args),
        NativeRole::ProtectedCall => protect::call(vm, args),
        NativeRole::ProtectedCallWithHandler => protect::call_with_handler(vm, args),
    }
}

/// Does the call with which the library function at stack index `base` ends. Its results become those of the function.
#[cold]
fn last_call(vm: &mut Vm, base: u32) -> Result<u32, Raised> {
    let last = vm.last_call(base);
    let count = call_at(vm, base, last.arguments).map_err(|signal| state(vm).raised(signal))?;
    move_slots(vm, base, base - HEADER_SLOTS, count);
    let Some(results) = last.results.map(u32::from) else { return Ok(count) };
    if results > count {
        clear_missing(vm, base - HEADER_SLOTS + count, results - count);
    }
    Ok(results)
}

/// The function at stack index `base - 2`. If there is a value that is no function, its `__call` metamethod takes its place and
/// it becomes the first argument, as often as it takes. Returns the function and the number of its arguments.
fn resolve_callee(vm: &mut Vm, base: u32, mut count: u32) -> Result<(Value, u32), Raised> {
    loop {
        let callee = vm.slot(base - 2);
        if callee.is_function() {
            return Ok((callee, count));
        }
        let handler = vm.metamethod(callee, MetaEvent::Call);
        if handler.is_nil() {
            return Err(not_callable(vm, base, callee));
        }
        make_room(vm, base, count + 1)?;
        for i in (0..count).rev() {
            let value = vm.slot(base + i);
            set_slot(vm, base + i + 1, value);
        }
        set_slot(vm, base, callee);
        set_slot(vm, base - 2, handler);
        count += 1;
        // A chain of such handlers may lead in a circle.
        if vm.must_poll() {
            vm.poll(base + count).map_err(|signal| state(vm).raised(signal))?;
        }
    }
}

/// The error of calling a value that is no function, with the name by which the caller knows it.
fn not_callable(vm: &mut Vm, base: u32, callee: Value) -> Raised {
    return_to_caller(vm, base);
    let header = FrameHeader::of(vm, base);
    // The name at the site is that of the value that was called first, not of a `__call` metamethod.
    let caller = if vm.frame_base() >= HEADER_SLOTS { vm.slot(vm.frame_base() - 2).as_closure() } else { None };
    let site = caller.and_then(|caller| code_of(caller).site(header.site()));
    let name = site.and_then(crate::backtrace::callee_description);
    let signal = vm.raise_fault(Fault::Call, callee, name.as_deref());
    state(vm).raised(signal)
}

/// Calls the value in stack slot `callee` with `count` arguments from `callee + 2` on, where no call of the source
/// stands. Results lie from `callee` on; returns their number.
pub(crate) fn call_at(vm: &mut Vm, callee: u32, count: u32) -> Result<u32, Signal> {
    let base = callee + HEADER_SLOTS;
    // The caller is a Lua function if the callee handles an error that this has raised.
    let header = FrameHeader::new(state(vm).site.get(), base - vm.frame_base());
    set_slot(vm, callee + 1, header.as_value());
    let result = match vm.slot(callee).as_closure() {
        Some(closure) => run::<All>(vm, closure, base, count),
        None => call_other::<All>(vm, base, count),
    };
    result.map_err(|Raised| state(vm).signal.get())
}

/// [`lua_runtime::EngineHooks::call`]: a call from a native function or from the host.
pub(crate) fn call_from_native(vm: &mut Vm, callee: u32, count: u32) -> Result<u32, Signal> {
    let caller = vm.frame_base();
    call_at(vm, callee, count).map_err(|signal| {
        if caller >= HEADER_SLOTS {
            return signal;
        }
        set_frame_base(vm, caller);
        vm.leave_to_host(pop_of_lost_frame, signal)
    })
}
