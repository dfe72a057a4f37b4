//! Frames and functions as `debug` shows them: [`lua_runtime::debug_library`] for this engine's layout.

use lua_bytecode::Pc;
use lua_bytecode::instruction::instructions;
use lua_bytecode::proto::Storage;
use lua_runtime::debug_library::{DebugLibraryHooks, FrameFacts, FunctionFacts};
use lua_runtime::{Cell, Closure, Gc, Value, Vm};

use crate::code::prototype::Prototype;
use crate::debug::backtrace::{frame_name, position_of};
use crate::frame::{FLAG_TAIL_CALL, HEADER_SLOTS, set_slot};
use crate::state::state;
use crate::state::walk::{FrameView, frames, prototype_in, result_slot};

/// The functions of this file.
pub(crate) const DEBUG_LIBRARY: &DebugLibraryHooks = &DebugLibraryHooks { frame, facts, local, set_local, set_copies };

fn frame(vm: &Vm, level: u32) -> Option<FrameFacts> {
    let view = frames(vm).nth(level as usize)?;
    Some(FrameFacts {
        function: view.callee,
        line: position_of(vm, view).map(|position| position.line).filter(|line| *line > 0),
        name: frame_name(vm, view),
        is_tail_call: view.header.flags() & FLAG_TAIL_CALL != 0,
    })
}

fn facts(closure: Gc<Closure>) -> FunctionFacts {
    let proto = &closure.code().get::<Prototype>().proto;
    let text = |bytes: &lua_syntax::ast::Bytes| bytes.to_vec();
    FunctionFacts {
        chunk_name: proto.chunk_name.to_string(),
        line_defined: proto.line_defined,
        last_line: proto.last_line,
        parameter_count: u32::from(proto.parameters),
        parameters: match proto.is_stripped() {
            false => proto.locals.iter().take(usize::from(proto.parameters)).map(|local| text(&local.name)).collect(),
            true => Vec::new(),
        },
        is_vararg: proto.is_vararg,
        upvalues: match proto.is_stripped() {
            false => proto.upvalues.iter().map(|upvalue| text(&upvalue.name)).collect(),
            true => vec![b"(no name)".to_vec(); proto.upvalues.len()],
        },
        active_lines: instructions(&proto.code).map(|(pc, _)| proto.lines.line(pc)).filter(|line| *line > 0).collect(),
    }
}

/// Where a variable is.
enum Place {
    /// In a slot of the stack.
    Slot(u32),
    /// In a slot that no variable has: it keeps its type, on which instructions rely.
    Temporary(u32),
    /// In a slot of a library function: it is shown, but not changed.
    OfLibrary(u32),
    /// In the cell that a slot holds.
    Cell(u32),
    /// In a slot, and in the cell that another one holds.
    Both { slot: u32, cell: u32 },
}

/// The place and the name of a variable of the frame at a level, counted as [`DebugLibraryHooks::local`] says.
fn find(vm: &Vm, level: u32, number: i64) -> Option<(Place, Vec<u8>)> {
    let view = frames(vm).nth(level as usize)?;
    if number < 0 {
        let index = u32::try_from(-(number + 1)).ok().filter(|index| *index < view.header.varargs())?;
        prototype_in(vm, view.base)?;
        return Some((Place::Slot(view.base - HEADER_SLOTS - view.header.varargs() + index), b"(vararg)".to_vec()));
    }
    let index = u32::try_from(number).ok()?.checked_sub(1)?;
    let limit = limit_of(vm, level, view);
    match (prototype_in(vm, view.base), view.pc) {
        (Some(prototype), Some(pc)) => find_local(prototype, view.base, pc, index, limit),
        (None, _) | (_, None) => {
            let slot = view.base + index;
            (slot < limit).then(|| (Place::OfLibrary(slot), b"(C temporary)".to_vec()))
        }
    }
}

/// The first slot above what belongs to the frame at a level.
fn limit_of(vm: &Vm, level: u32, view: FrameView) -> u32 {
    match level.checked_sub(1).and_then(|inner| frames(vm).nth(inner as usize)) {
        Some(inner) => result_slot(vm, inner.base, inner.header),
        None => view.base + prototype_in(vm, view.base).map_or(0, |prototype| prototype.max_stack),
    }
}

fn find_local(prototype: &Prototype, base: u32, pc: Pc, index: u32, limit: u32) -> Option<(Place, Vec<u8>)> {
    let slot = |register: u8| base + u32::from(register);
    let mut first_free = base;
    let mut count = 0;
    for local in prototype.proto.named_locals(pc) {
        let (place, last) = match local.storage {
            Storage::Register(register) => (Place::Slot(slot(register)), register),
            Storage::Cell(register) => (Place::Cell(slot(register)), register),
            Storage::RegisterAndCell { register, cell } => {
                (Place::Both { slot: slot(register), cell: slot(cell) }, register.max(cell))
            }
        };
        if count == index {
            return Some((place, local.name.to_vec()));
        }
        first_free = first_free.max(slot(last) + 1);
        count += 1;
    }
    let slot = first_free + (index - count);
    (slot < limit).then(|| (Place::Temporary(slot), b"(temporary)".to_vec()))
}

fn local(vm: &Vm, level: u32, number: i64) -> Option<(Vec<u8>, Value)> {
    let (place, name) = find(vm, level, number)?;
    let value = match place {
        Place::Slot(slot) | Place::Temporary(slot) | Place::OfLibrary(slot) | Place::Both { slot, cell: _ } => {
            vm.slot(slot)
        }
        Place::Cell(slot) => vm.slot(slot).as_cell()?.get(),
    };
    // What is no value of the language is nobody's business.
    let is_internal = value.as_cell().is_some() || value.tag == lua_runtime::Tag::Frame;
    Some((name, if is_internal { Value::NIL } else { value }))
}

/// Whether one value can stand for another where only the type matters.
fn is_alike(old: Value, new: Value) -> bool {
    old.tag() == new.tag() || old.tag().is_number() && new.tag().is_number()
}

fn set_local(vm: &mut Vm, level: u32, number: i64, value: Value) -> Option<Vec<u8>> {
    let (place, name) = find(vm, level, number)?;
    match place {
        // The function relies on its arguments as roots of what it holds.
        Place::OfLibrary(_) => return None,
        // Instructions rely on what others before them have put there: a constructor on its table.
        Place::Temporary(slot) if !is_alike(vm.slot(slot), value) => return Some(name),
        Place::Temporary(_) | Place::Slot(_) | Place::Cell(_) | Place::Both { .. } => {}
    }
    let changes = &state(vm).local_changes;
    changes.set(changes.get() + 1);
    let cell = match place {
        Place::OfLibrary(_) => None,
        Place::Slot(slot) | Place::Temporary(slot) => {
            set_slot(vm, slot, value);
            None
        }
        Place::Cell(slot) => Some(slot),
        Place::Both { slot, cell } => {
            set_slot(vm, slot, value);
            Some(cell)
        }
    };
    if let Some(cell) = cell.and_then(|slot| vm.slot(slot).as_cell()) {
        cell.set(&mut vm.heap, value);
    }
    Some(name)
}

fn set_copies(vm: &mut Vm, cell: Gc<Cell>, value: Value) {
    let mut copies = Vec::new();
    for view in frames(vm) {
        let (Some(prototype), Some(pc)) = (prototype_in(vm, view.base), view.pc) else { continue };
        let slot = |register: u8| view.base + u32::from(register);
        copies.extend(prototype.proto.active_locals(pc).filter_map(|local| match local.storage {
            Storage::RegisterAndCell { register, cell: at } if vm.slot(slot(at)).as_cell() == Some(cell) => {
                Some(slot(register))
            }
            Storage::Register(_) | Storage::Cell(_) | Storage::RegisterAndCell { .. } => None,
        }));
    }
    let changes = &state(vm).local_changes;
    changes.set(changes.get() + 1);
    for slot in copies {
        set_slot(vm, slot, value);
    }
}
