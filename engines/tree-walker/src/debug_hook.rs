//! The program's debug hook: when it is called, and how a tree is watched.
//!
//! While the running coroutine has a hook, [`Vm::must_poll`] is true, so back-edges, entries of functions and the ends of
//! most come here. Lines and returns need more: the beginning of every statement. For that the functions on the stack
//! and those that are entered get watched: each statement's action is exchanged for a node that asks here first
//! ([`watch`]). A program without hooks pays nothing, and functions go back to what they were once no
//! coroutine has a hook. The count of a hook counts beginnings of statements, operations and back-edges, since there are no
//! instructions.
//!
//! What a hook is, and how the program sets one, is in `lua_runtime::debug_library` and `debug` of the library.

use std::cell::{Cell, OnceCell};
use std::ptr::NonNull;

use engine_api::Interrupt;
use lua_runtime::Marker;
use lua_runtime::debug_library::HookEvent;
use lua_runtime::{Args, Gc, NativeFunction, NativeRole, Signal, Value, Vm};

use crate::backtrace::levels;
use crate::call::{Ended, run_native};
use crate::code::{FunctionCode, Site, code_of};
use crate::compile::trace::{Traced, compile_traced};
use crate::frame::{Flow, Frame, FrameHeader, HEADER_SLOTS, Raised, SiteId, Slot, set_frame_base, set_slot};
use crate::node::{Node, Nodes, Statement};
use crate::nodes::block::{Action, Block};
use crate::state::{fields, state};

/// Where a line was last seen to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LastLine {
    /// The base of its frame.
    base: u32,
    /// Its line.
    line: u32,
    /// `changes` of [`Vm::hooks`] at that time.
    hook: u32,
}

/// Before the first statement of a function, or behind a jump. No frame has this base.
pub(crate) const NOWHERE: LastLine = LastLine { base: u32::MAX, line: 0, hook: 0 };

// Watched functions.

/// What a debug hook changes in a function.
#[derive(Default)]
pub(crate) struct Watched {
    /// Made when the function is watched for the first time.
    points: OnceCell<Points>,
    is_on: Cell<bool>,
}

impl Watched {
    /// A site behind the function's own.
    pub(crate) fn site(&self, index: usize) -> Option<&Site> {
        self.points.get()?.traced.marks.get(index)
    }

    /// Marks what the watched tree refers to.
    pub(crate) fn trace(&self, marker: &mut Marker) {
        if let Some(points) = self.points.get() {
            points.traced.code.nodes.trace(marker);
        }
    }
}

/// The statements of a function.
struct Points {
    list: Vec<Point>,
    /// Owns the statements that take their place.
    traced: Traced,
    /// Owns the nodes that watch these.
    _nodes: Nodes,
}

/// An action of a block: where it is, what it does, and what does it while it is watched.
struct Point {
    action: NonNull<Cell<Action>>,
    original: Action,
    watching: Action,
}

/// From now on every statement of a function is watched, also in activations that run already.
///
/// # Errors
/// [`Signal::Memory`].
fn watch(vm: &mut Vm, code: &FunctionCode) -> Result<(), Signal> {
    if code.watched.is_on.get() {
        return Ok(());
    }
    let points = match code.watched.points.get() {
        Some(points) => points,
        None => {
            let traced = compile_traced(vm, code).map_err(|_| Signal::Memory)?;
            code.watched.points.get_or_init(|| points(code, traced))
        }
    };
    for point in &points.list {
        // SAFETY: the action is in a block of this function, whose blocks never change place.
        unsafe { point.action.as_ref() }.set(point.watching);
    }
    code.watched.is_on.set(true);
    Ok(())
}

impl FunctionCode {
    fn unwatch(&self) {
        if !self.watched.is_on.replace(false) {
            return;
        }
        for point in self.watched.points.get().map_or(&[][..], |points| &points.list) {
            // SAFETY: as in `watch`.
            unsafe { point.action.as_ref() }.set(point.original);
        }
    }

    /// All its blocks, in an order that is the same for the tree with marks.
    fn all_blocks(&self, visit: &mut dyn FnMut(&Block)) {
        visit(&self.body);
        self.nodes.blocks(visit);
    }
}

/// The actions of a function, each with that of the tree with marks which takes its place.
fn points(code: &FunctionCode, traced: Traced) -> Points {
    let (mut list, mut nodes, mut watching) = (Vec::new(), Nodes::default(), Vec::new());
    traced.code.all_blocks(&mut |block| {
        for beginning in &block.beginnings {
            let action = &block.actions[beginning.action];
            let node = Watching { original: action.get(), site: beginning.site, is_return: beginning.is_return };
            action.set(Action::Execute(nodes.add(node).statement()));
        }
        watching.extend(block.actions.iter().map(Cell::get));
    });
    let mut next = watching.into_iter();
    code.all_blocks(&mut |block| {
        for (action, watching) in block.actions.iter().zip(&mut next) {
            list.push(Point { action: NonNull::from(action), original: action.get(), watching });
        }
    });
    Points { list, traced, _nodes: nodes }
}

/// A statement that is watched.
struct Watching {
    original: Action,
    site: SiteId,
    is_return: bool,
}

impl Node for Watching {
    fn trace(&self, _: &mut Marker) {}
}

impl Statement for Watching {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        if !is_wanted(frame.vm) {
            if !frame.vm.has_hooks() {
                frame.code().unwatch();
            }
            return self.original.run(frame);
        }
        begins(frame, self.site)?;
        let flow = self.original.run(frame)?;
        frame.at(self.site);
        if !is_wanted(frame.vm) {
            return Ok(flow);
        }
        note(frame, self.site);
        if self.is_return && flow == Flow::Return {
            // The hook comes when the function has closed its variables; until then the value waits in a slot.
            let slot = Slot(frame.code().frame_slots);
            frame.set(slot, frame.result);
            (frame.list_start, frame.list_count) = (slot, 1);
            return Ok(Flow::ReturnList);
        }
        Ok(flow)
    }
}

// Events.

/// Whether the running coroutine has a hook that could be called.
fn is_wanted(vm: &Vm) -> bool {
    vm.interrupt.bits() & Interrupt::HOOK != 0 && !vm.is_hook_running()
}

/// Watches the functions on the running coroutine's stack, if it has a hook.
///
/// # Errors
/// [`Signal::Memory`].
#[cold]
pub(crate) fn watch_stack(vm: &mut Vm) -> Result<(), Signal> {
    if !is_wanted(vm) {
        return Ok(());
    }
    let functions: Vec<_> = levels(vm).filter_map(|level| level.function.as_closure()).collect();
    functions.into_iter().try_for_each(|function| watch(vm, code_of(function)))
}

/// A function has been entered, and its frame made.
#[cold]
#[inline(never)]
pub(crate) fn entered(frame: &mut Frame<'_>) -> Result<(), Raised> {
    if !is_wanted(frame.vm) {
        return Ok(());
    }
    let watched = watch(frame.vm, frame.code());
    frame.checked(watched)?;
    state(frame.vm).traced.set(NOWHERE);
    if !frame.vm.hook_mask().calls {
        return Ok(());
    }
    let is_tail_call = FrameHeader::of(frame.vm, frame.base_slot).is_tail_call();
    call(frame, HookEvent::Call { is_tail_call, arguments: frame.code().parameter_count })
}

/// A statement begins.
fn begins(frame: &mut Frame<'_>, site: SiteId) -> Result<(), Raised> {
    frame.at(site);
    count(frame, Slot(0))?;
    arrived(frame, site)
}

/// Control is at a place where a line begins.
pub(crate) fn arrived(frame: &mut Frame<'_>, site: SiteId) -> Result<(), Raised> {
    if !is_wanted(frame.vm) || !frame.vm.hook_mask().lines {
        return Ok(());
    }
    let now = traced_at(frame.vm, frame.base_slot, frame.code(), site);
    if state(frame.vm).traced.replace(now) == now {
        return Ok(());
    }
    frame.at(site);
    call(frame, HookEvent::Line(now.line))
}

/// The last operand of an operation has this value; the operation is at the site. Returns the value, which the hook must
/// not lose.
pub(crate) fn passed(frame: &mut Frame<'_>, value: Value, site: SiteId) -> Result<Value, Raised> {
    let slot = Slot(frame.code().frame_slots);
    if is_wanted(frame.vm) {
        frame.set(slot, value);
        passed_list(frame, slot.offset(1), site)?;
        return Ok(frame.get(slot));
    }
    Ok(value)
}

/// The same, for values in slots. `free` is the first slot above them.
pub(crate) fn passed_list(frame: &mut Frame<'_>, free: Slot, site: SiteId) -> Result<(), Raised> {
    if !is_wanted(frame.vm) {
        return Ok(());
    }
    frame.at(site);
    count(frame, free)?;
    let now = traced_at(frame.vm, frame.base_slot, frame.code(), site);
    if !frame.vm.hook_mask().lines || state(frame.vm).traced.replace(now) == now {
        return Ok(());
    }
    call_above(frame, HookEvent::Line(now.line), free)
}

/// Control has jumped back to a place where a line begins.
#[cold]
#[inline(never)]
pub(crate) fn jumped_to(frame: &mut Frame<'_>, site: SiteId) -> Result<(), Raised> {
    if !is_wanted(frame.vm) {
        return Ok(());
    }
    state(frame.vm).traced.set(NOWHERE);
    begins(frame, site)
}

/// Control has jumped back; the next statement begins a line, whichever it is.
#[cold]
#[inline(never)]
pub(crate) fn jumped(frame: &mut Frame<'_>) -> Result<(), Raised> {
    if !is_wanted(frame.vm) {
        return Ok(());
    }
    state(frame.vm).traced.set(NOWHERE);
    count(frame, Slot(0))
}

/// A function is about to return. Its frame is the innermost.
#[cold]
#[inline(never)]
pub(crate) fn returning(vm: &mut Vm, ended: &mut Ended) -> Result<(), Raised> {
    let base = vm.frame_base();
    let Some(closure) = vm.slot(base - HEADER_SLOTS).as_closure().filter(|_| is_wanted(vm)) else { return Ok(()) };
    let code = code_of(closure);
    let top = base + code.frame_slots;
    if ended.flow == Flow::Next {
        // As in PUC Lua, the end of the function is a `return` without values.
        (ended.flow, ended.list_start, ended.list_count) = (Flow::ReturnList, top, 0);
        state(vm).site.set(code.end_site);
        let now = traced_at(vm, base, code, code.end_site);
        if vm.hook_mask().lines && state(vm).traced.replace(now) != now {
            vm.call_hook(HookEvent::Line(now.line), top).map_err(|signal| state(vm).raised(signal))?;
        }
    }
    if ended.flow != Flow::ReturnList {
        return Ok(());
    }
    if vm.hook_mask().returns {
        let event = HookEvent::Return { first: ended.list_start - base + 1, count: ended.list_count };
        vm.call_hook(event, top.max(ended.list_start + ended.list_count)).map_err(|signal| state(vm).raised(signal))?;
    }
    // The rest of the line of the call is no new line.
    note_caller(vm, base);
    Ok(())
}

/// Calls a library function that sees or changes frames, or any while there may be a hook. Its frame is the innermost.
#[cold]
#[inline(never)]
pub(crate) fn call_native(vm: &mut Vm, native: Gc<NativeFunction>, args: Args) -> Result<u32, Signal> {
    let first = args.base - HEADER_SLOTS;
    let (callee, header) = (vm.slot(first), vm.slot(args.base - 1));
    if is_wanted(vm) && vm.hook_mask().calls {
        vm.call_hook(HookEvent::Call { is_tail_call: false, arguments: args.count }, args.top())?;
    }
    let count = run_native(vm, native, args)?;
    if !is_wanted(vm) {
        return Ok(count);
    }
    // The results lie where the frame was: they make room for it while somebody looks.
    vm.ensure_stack(args.base + count)?;
    for i in (0..count).rev() {
        let value = vm.slot(first + i);
        set_slot(vm, args.base + i, value);
    }
    set_slot(vm, first, callee);
    set_slot(vm, args.base - 1, header);
    set_frame_base(vm, args.base);
    if native.role() == NativeRole::Inspecting {
        // It may have set a hook.
        watch_stack(vm)?;
    }
    note_caller(vm, args.base);
    if vm.hook_mask().returns {
        vm.call_hook(HookEvent::Return { first: 1, count }, args.base + count)?;
    }
    for i in 0..count {
        let value = vm.slot(args.base + i);
        set_slot(vm, first + i, value);
    }
    Ok(count)
}

/// Notes that the caller of the function whose frame has this base is in the line of the call.
fn note_caller(vm: &Vm, base: u32) {
    let header = FrameHeader::of(vm, base);
    let caller = base - header.base_delta();
    let closure = caller.checked_sub(HEADER_SLOTS).and_then(|slot| vm.slot(slot).as_closure());
    if let Some(closure) = closure {
        state(vm).traced.set(traced_at(vm, caller, code_of(closure), header.site()));
    }
}

/// Notes that a statement has ended, unless one inside of it has noted itself.
fn note(frame: &Frame<'_>, site: SiteId) {
    let traced = &state(frame.vm).traced;
    if traced.get().base != frame.base_slot {
        traced.set(traced_at(frame.vm, frame.base_slot, frame.code(), site));
    }
}

fn traced_at(vm: &Vm, base: u32, code: &FunctionCode, site: SiteId) -> LastLine {
    let line = code.site(site).map_or(0, |site| site.line);
    LastLine { base, line, hook: vm.hook_changes() }
}

/// Counts one more step; calls the hook, not below the slot `free`, if they are enough.
fn count(frame: &mut Frame<'_>, free: Slot) -> Result<(), Raised> {
    let every = frame.vm.hook_mask().count;
    if every == 0 {
        return Ok(());
    }
    let left = &fields(frame.vm.thread()).instructions_left;
    left.set(left.get().saturating_sub(1));
    if left.get() > 0 {
        return Ok(());
    }
    left.set(every);
    call_above(frame, HookEvent::Count, free)
}

/// Calls the hook, above the frame.
fn call(frame: &mut Frame<'_>, event: HookEvent) -> Result<(), Raised> {
    call_above(frame, event, Slot(0))
}

/// Calls the hook above the frame, and not below the slot `free`.
fn call_above(frame: &mut Frame<'_>, event: HookEvent, free: Slot) -> Result<(), Raised> {
    let top = frame.top().max(frame.base_slot + free.0);
    let result = frame.vm.call_hook(event, top);
    frame.resume();
    frame.checked(result)
}
