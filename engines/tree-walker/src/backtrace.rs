//! Backtraces: what the call stack says about itself, positions, the names of functions, tracebacks.
//!
//! Everything is read from the frame headers on the value stack (see [`FrameHeader`]) and from the sites of the
//! functions; nothing is kept for it while a program runs. The wording is PUC Lua's.

use engine_api::Position;
use lua_runtime::traceback::loaded_name;
use lua_runtime::vm::CallName;
use lua_runtime::{Value, Vm};

use crate::code::{NameKind, Site, SiteCall, code_of};
use crate::coroutine::parked_site;
use crate::frame::{FrameHeader, HEADER_SLOTS, SiteId};
use crate::state::state;

/// One activation on the stack.
#[derive(Clone, Copy)]
pub(crate) struct Level {
    /// The base of its frame.
    pub(crate) base: u32,
    /// The function.
    pub(crate) function: Value,
    /// Where it is now.
    pub(crate) site: SiteId,
    /// Its frame's header.
    pub(crate) header: FrameHeader,
    /// Its caller's base; below the first frame there is the host.
    caller_base: u32,
}

/// The activations from the innermost one out.
pub(crate) struct Levels<'vm> {
    vm: &'vm Vm,
    base: u32,
    site: SiteId,
}

impl Iterator for Levels<'_> {
    type Item = Level;

    fn next(&mut self) -> Option<Level> {
        if self.base < HEADER_SLOTS {
            return None;
        }
        let header = FrameHeader::find(self.vm, self.base)?;
        let caller_base = self.base.checked_sub(header.base_delta())?;
        let function = self.vm.slot(self.base - 2);
        let level = Level { base: self.base, function, site: self.site, header, caller_base };
        (self.base, self.site) = (caller_base, header.site());
        Some(level)
    }
}

/// The activations of the running coroutine.
pub(crate) fn levels(vm: &Vm) -> Levels<'_> {
    let site = parked_site(vm).unwrap_or_else(|| state(vm).site.get());
    Levels { vm, base: vm.frame_base(), site }
}

impl Level {
    /// Where it is, if it is a Lua function.
    pub(crate) fn position(self) -> Option<Position> {
        let code = code_of(self.function.as_closure()?);
        let line = code.site(self.site)?.line;
        Some(Position { chunk: code.source.display_name.clone(), line })
    }

    /// The place of the call in the caller, if that is a Lua function and still has its frame.
    pub(crate) fn call_site(self, vm: &Vm) -> Option<&Site> {
        if self.header.is_tail_call() || self.caller_base < HEADER_SLOTS {
            return None;
        }
        code_of(vm.slot(self.caller_base - 2).as_closure()?).site(self.header.site())
    }
}

/// [`lua_runtime::EngineHooks::position`].
pub(crate) fn position(vm: &Vm, level: u32) -> Option<Position> {
    levels(vm).nth(level as usize)?.position()
}

/// [`lua_runtime::EngineHooks::call_name`].
pub(crate) fn call_name(vm: &Vm) -> Option<CallName> {
    let site = levels(vm).next()?.call_site(vm)?;
    let is_method = site.call == SiteCall::Call && site.names[0].as_ref()?.kind == NameKind::Method;
    Some(CallName { name: callee_name(site)?, is_method })
}

/// The name of what a site calls.
pub(crate) fn callee_name(site: &Site) -> Option<String> {
    match site.call {
        SiteCall::Call => site.names[0].as_ref().map(|name| name.text()),
        SiteCall::Metamethod(event) => Some(event.name().trim_start_matches('_').to_string()),
        SiteCall::ForIterator => Some("for iterator".to_string()),
        SiteCall::Nothing => None,
    }
}

/// What a site calls, with its kind: `local 'f'`, `metamethod 'add'`.
pub(crate) fn callee_description(site: &Site) -> Option<String> {
    let kind = match site.call {
        SiteCall::Call => site.names[0].as_ref()?.kind.word(),
        SiteCall::Metamethod(_) => "metamethod",
        SiteCall::ForIterator => "for iterator",
        SiteCall::Nothing => return None,
    };
    Some(format!("{kind} '{}'", callee_name(site)?))
}

/// [`lua_runtime::EngineHooks::free_slot`].
pub(crate) fn free_slot(vm: &Vm) -> u32 {
    let base = vm.frame_base();
    let Some(level) = levels(vm).next() else { return base };
    // A library function that has raised an error needs no arguments any more.
    base + level.function.as_closure().map_or(0, |closure| code_of(closure).frame_slots)
}

/// [`lua_runtime::EngineHooks::traceback`].
pub(crate) fn traceback(vm: &Vm, level: u32) -> String {
    lua_runtime::traceback::text(vm, level, levels(vm), |level| level_text(vm, *level))
}

fn level_text(vm: &Vm, level: Level) -> String {
    let place = match level.position() {
        Some(Position { chunk, line: 0 }) => chunk,
        Some(Position { chunk, line }) => format!("{chunk}:{line}"),
        None => "[C]".to_string(),
    };
    let tail_call = if level.header.is_tail_call() { "\n\t(...tail calls...)" } else { "" };
    format!("{place}: in {}{tail_call}", function_description(vm, level))
}

/// How a traceback names a function: as a global if it is one, else as its caller does, else by where it is defined.
fn function_description(vm: &Vm, level: Level) -> String {
    if let Some(name) = loaded_name(vm, level.function) {
        return format!("function '{name}'");
    }
    if let Some(name) = vm.unasked_call_name(level.function) {
        return format!("{} '{}'", name.kind, String::from_utf8_lossy(&name.text));
    }
    if let Some(description) = level.call_site(vm).and_then(callee_description) {
        return description;
    }
    match level.function.as_closure().map(code_of) {
        Some(code) if code.is_main() => "main chunk".to_string(),
        Some(code) => format!("function <{}:{}>", code.source.display_name, code.line_defined),
        None => "?".to_string(),
    }
}
