//! Frames and functions as the library `debug` shows them: [`lua_runtime::debug_library`] for this engine.
//!
//! Sites know which variables are in scope. What lies above these in a frame can be seen and set as temporaries, unless
//! it is the header of a frame or a value that a native function has in use.

use lua_runtime::debug_library::{DebugLibraryHooks, FrameFacts, FrameName, FunctionFacts, NamedValue};
use lua_runtime::{Cell, Closure, Gc, Tag, Value, Vm};

use crate::backtrace::{Level, callee_name, levels};
use crate::code::{ENTRY_SITE, Site, SiteCall, VariableLocation, code_of};
use crate::frame::{HEADER_SLOTS, Slot, VARARG_HEADER_SLOTS, first_vararg, set_slot};

/// The functions of this file.
pub(crate) const DEBUG_LIBRARY: &DebugLibraryHooks = &DebugLibraryHooks { frame, facts, local, set_local, set_copies };

fn frame(vm: &Vm, level: u32) -> Option<FrameFacts> {
    let level = levels(vm).nth(level as usize)?;
    let name = vm.unasked_call_name(level.function).or_else(|| level.call_site(vm).and_then(frame_name));
    Some(FrameFacts {
        function: level.function,
        line: level.position().map(|position| position.line).filter(|line| *line > 0),
        name,
        is_tail_call: level.header.is_tail_call(),
    })
}

fn frame_name(site: &Site) -> Option<FrameName> {
    let kind = match site.call {
        SiteCall::Call => site.names[0].as_ref()?.kind.word(),
        SiteCall::Metamethod(_) => "metamethod",
        SiteCall::ForIterator => "for iterator",
        SiteCall::Nothing => return None,
    };
    Some(FrameName { kind, text: callee_name(site)?.into_bytes() })
}

fn facts(closure: Gc<Closure>) -> FunctionFacts {
    let code = code_of(closure);
    let texts = |names: &[lua_syntax::ast::Bytes]| names.iter().map(|name| name.to_vec()).collect();
    FunctionFacts {
        chunk_name: code.source.chunk_name.clone(),
        line_defined: code.line_defined,
        last_line: code.last_line,
        parameter_count: code.parameter_count,
        parameters: texts(&code.parameters),
        is_vararg: code.is_vararg,
        upvalues: texts(&code.upvalues),
        active_lines: code.sites[ENTRY_SITE.0 as usize + 1..]
            .iter()
            .map(|site| site.line)
            .filter(|line| *line > 0)
            .collect(),
    }
}

/// What a number of [`DebugLibraryHooks::local`] stands for, as stack slots.
enum Found {
    /// A value in a slot.
    Slot(u32),
    /// A value in a slot, and in the cell that another one holds.
    Both { slot: u32, cell: u32 },
    /// A value in the cell that a slot holds.
    Cell(u32),
    /// Nothing that can be seen.
    Hidden,
    /// A value in a slot that nothing reads: it can be seen, not changed.
    Copy(u32),
    /// What [`VariableLocation::IterationsLeft`] says.
    IterationsLeft { last: u32, counter: u32 },
    /// What a slot holds that belongs to no variable.
    Temporary(u32),
    /// What a slot of a library function holds, which relies on it.
    OfLibrary(u32),
}

fn find(vm: &Vm, level: u32, number: i64) -> Option<(Found, Vec<u8>)> {
    let found = levels(vm).nth(level as usize)?;
    if number < 0 {
        let index = u32::try_from(-(number + 1)).ok().filter(|index| *index < vararg_count(vm, found))?;
        let slot = first_vararg(found.base, vararg_count(vm, found)) + index;
        return Some((Found::Slot(slot), b"(vararg)".to_vec()));
    }
    let index = u32::try_from(number).ok()?.checked_sub(1)?;
    let limit = limit_of(vm, level, found);
    let Some(closure) = found.function.as_closure() else {
        let slot = found.base.saturating_add(index);
        return (slot < limit).then(|| (Found::OfLibrary(slot), b"(C temporary)".to_vec()));
    };
    let code = code_of(closure);
    // Without names they are temporaries like others.
    let variables = if code.source.is_stripped { Vec::new() } else { code.variables_at(found.site) };
    if let Some(variable) = variables.get(index as usize) {
        return Some((found_at(found, variable.location), variable.name.to_vec()));
    }
    let first_free =
        variables.iter().filter_map(|variable| last_slot(variable.location)).max().map_or(0, |slot| slot + 1);
    let slot = found.base.saturating_add(first_free).saturating_add(index - variables.len() as u32);
    (slot < limit).then(|| (Found::Temporary(slot), b"(temporary)".to_vec()))
}

fn found_at(level: Level, location: VariableLocation) -> Found {
    let at = |slot: Slot| level.base + slot.0;
    // At its entry a function has made no cells yet.
    let has_cells = level.site != ENTRY_SITE;
    match location {
        VariableLocation::Hidden => Found::Hidden,
        VariableLocation::Copy(slot) => Found::Copy(at(slot)),
        VariableLocation::IterationsLeft { last, counter } => {
            Found::IterationsLeft { last: at(last), counter: at(counter) }
        }
        VariableLocation::Both { slot, cell } if has_cells => Found::Both { slot: at(slot), cell: at(cell) },
        VariableLocation::Cell(slot) if has_cells => Found::Cell(at(slot)),
        VariableLocation::Slot(slot) | VariableLocation::Both { slot, cell: _ } | VariableLocation::Cell(slot) => {
            Found::Slot(at(slot))
        }
    }
}

fn last_slot(location: VariableLocation) -> Option<u32> {
    match location {
        VariableLocation::Hidden => None,
        VariableLocation::Slot(slot)
        | VariableLocation::Cell(slot)
        | VariableLocation::Copy(slot)
        | VariableLocation::IterationsLeft { last: slot, counter: _ } => Some(slot.0),
        VariableLocation::Both { slot, cell } => Some(slot.0.max(cell.0)),
    }
}

/// The number of extra arguments of a frame.
fn vararg_count(vm: &Vm, level: Level) -> u32 {
    if !level.header.has_varargs() {
        return 0;
    }
    // The engine has put it there itself.
    vm.slot(level.base - VARARG_HEADER_SLOTS).raw_integer() as u32
}

/// The first slot above what belongs to the frame at a level.
fn limit_of(vm: &Vm, level: u32, found: Level) -> u32 {
    match level.checked_sub(1).and_then(|inner| levels(vm).nth(inner as usize)) {
        Some(inner) => {
            let parameters = inner.function.as_closure().map_or(0, |closure| code_of(closure).parameter_count);
            let moved =
                if inner.header.has_varargs() { VARARG_HEADER_SLOTS + vararg_count(vm, inner) + parameters } else { 0 };
            inner.base - HEADER_SLOTS - moved
        }
        None => match found.function.as_closure() {
            Some(closure) => found.base + code_of(closure).frame_slots,
            None => found.base,
        },
    }
}

fn local(vm: &Vm, level: u32, number: i64) -> Option<NamedValue> {
    let (found, name) = find(vm, level, number)?;
    let value = match found {
        Found::Slot(slot)
        | Found::Both { slot, cell: _ }
        | Found::Copy(slot)
        | Found::Temporary(slot)
        | Found::OfLibrary(slot) => vm.slot(slot),
        Found::Cell(slot) => vm.slot(slot).as_cell().map_or(Value::NIL, |cell| cell.get()),
        Found::IterationsLeft { last, counter } => iterations_left(vm, last, counter),
        Found::Hidden => Value::NIL,
    };
    Some((name, if is_internal(value) { Value::NIL } else { value }))
}

/// The iterations that a loop over integers has left, or the limit of one over floats.
fn iterations_left(vm: &Vm, last: u32, counter: u32) -> Value {
    match (vm.slot(counter).as_integer(), vm.slot(last).as_integer(), vm.slot(last + 1).as_integer()) {
        (Some(counter), Some(last), Some(step)) => {
            let left = lua_runtime::for_loop::iterations_left(counter, last, step).unwrap_or(0);
            Value::integer(left as i64)
        }
        _ => vm.slot(last),
    }
}

/// Whether a slot holds what is no value of the language, and so nobody's business.
fn is_internal(value: Value) -> bool {
    value.as_cell().is_some() || value.tag == Tag::Frame
}

fn set_local(vm: &mut Vm, level: u32, number: i64, value: Value) -> Option<Vec<u8>> {
    let (found, name) = find(vm, level, number)?;
    let cell = match found {
        Found::Slot(slot) => {
            set_slot(vm, slot, value);
            None
        }
        Found::Both { slot, cell } => {
            set_slot(vm, slot, value);
            Some(cell)
        }
        Found::Cell(slot) => Some(slot),
        Found::Hidden | Found::Copy(_) | Found::IterationsLeft { .. } => None,
        Found::Temporary(slot) => {
            if is_internal(vm.slot(slot)) {
                return None;
            }
            set_slot(vm, slot, value);
            None
        }
        Found::OfLibrary(_) => return None,
    };
    if let Some(cell) = cell.and_then(|slot| vm.slot(slot).as_cell()) {
        cell.set(&mut vm.heap, value);
    }
    Some(name)
}

fn set_copies(vm: &mut Vm, cell: Gc<Cell>, value: Value) {
    let mut copies = Vec::new();
    for level in levels(vm) {
        let Some(closure) = level.function.as_closure() else { continue };
        copies.extend(code_of(closure).variables_at(level.site).iter().filter_map(|variable| {
            match found_at(level, variable.location) {
                Found::Both { slot, cell: at } if vm.slot(at).as_cell() == Some(cell) => Some(slot),
                _ => None,
            }
        }));
    }
    for slot in copies {
        set_slot(vm, slot, value);
    }
}
