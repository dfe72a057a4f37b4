//! Looking at frames from outside: positions, names of values and functions, tracebacks.
//!
//! Which frames there are is in `walk`.

use engine_api::Position;
use lua_bytecode::effects::effects;
use lua_bytecode::names::{Name, NameKind, callee_name, register_name, upvalue_name};
use lua_bytecode::opcode::Operation;
use lua_bytecode::{FunctionProto, Instruction, Pc};
use lua_runtime::Vm;
use lua_runtime::debug_library::FrameName;
use lua_runtime::operators::BinaryOperator;
use lua_runtime::traceback::loaded_name;
use lua_runtime::value::Value;
use lua_runtime::vm::CallName;

use crate::frame::{Continuation, FLAG_TAIL_CALL, FrameHeader, HEADER_SLOTS, PROTECTED_SLOTS};
use crate::state::Cursor;
use crate::state::walk::{FrameView, caller_pc, frames, prototype_in};

/// The position of a frame's function.
pub(crate) fn position_of(vm: &Vm, frame: FrameView) -> Option<Position> {
    let prototype = prototype_in(vm, frame.base)?;
    let proto = &prototype.proto;
    let line = proto.lines.line(frame.pc?);
    Some(Position { chunk: lua_syntax::diagnostic::chunk_display_name(&proto.chunk_name), line })
}

/// [`lua_runtime::EngineHooks::position`].
pub(crate) fn position(vm: &Vm, level: u32) -> Option<Position> {
    let frame = frames(vm).nth(level as usize)?;
    position_of(vm, frame)
}

/// How the function of a frame was called, as the instruction of its caller tells.
fn called_as(vm: &Vm, header: FrameHeader, caller: u32) -> Option<FrameName> {
    if header.flags() & FLAG_TAIL_CALL != 0 || caller < HEADER_SLOTS {
        return None;
    }
    let pc = caller_pc(header)?;
    let prototype = prototype_in(vm, caller)?;
    if header.continuation() == Continuation::Entry && divides_integers(vm, &prototype.proto, pc, caller) {
        return None;
    }
    callee_name(&prototype.proto, pc).map(frame_name_of)
}

/// Whether the instruction of the frame with this base divides integers. All that can be called from there is a handler
/// of the error that the divisor is zero, which is no metamethod.
fn divides_integers(vm: &Vm, proto: &FunctionProto, pc: Pc, base: u32) -> bool {
    let instruction = Instruction(proto.code[pc as usize]);
    let divides = matches!(
        instruction.opcode().operation(),
        Operation::Arithmetic(BinaryOperator::Modulo | BinaryOperator::FloorDivide)
    );
    let mut operands = effects(instruction).reads.into_iter().flatten();
    divides && operands.all(|span| vm.slot(base + span.first).as_integer().is_some())
}

fn frame_name_of(name: Name) -> FrameName {
    FrameName { kind: name.kind.word(), text: name.text.to_vec() }
}

/// How the function of a frame was called: by an instruction, or by the runtime itself.
pub(crate) fn frame_name(vm: &Vm, frame: FrameView) -> Option<FrameName> {
    let is_entry = frame.header.continuation() == Continuation::Entry;
    let unasked = if is_entry { vm.unasked_call_name(frame.callee) } else { None };
    unasked.or_else(|| called_as(vm, frame.header, frame.base - frame.header.base_delta()))
}

/// [`lua_runtime::EngineHooks::call_name`].
pub(crate) fn call_name(vm: &Vm) -> Option<CallName> {
    let frame = frames(vm).next()?;
    let name = called_as(vm, frame.header, frame.base - frame.header.base_delta())?;
    let is_method = name.kind == NameKind::Method.word();
    Some(CallName { name: String::from_utf8_lossy(&name.text).into_owned(), is_method })
}

fn describe(name: FrameName) -> String {
    format!("{} '{}'", name.kind, String::from_utf8_lossy(&name.text))
}

/// What a failed call calls its callee: `local 'f'`. The caller is the innermost frame.
pub(crate) fn callee_variable(vm: &Vm, header: FrameHeader) -> Option<String> {
    called_as(vm, header.with_flags(header.flags() & !FLAG_TAIL_CALL), vm.frame_base()).map(describe)
}

/// The name of the local variable in a register at the cursor.
pub(crate) fn local_name(cursor: Cursor, register: u8) -> Option<String> {
    match register_name(&cursor.prototype().proto, cursor.pc(), register) {
        Some(Name { kind: NameKind::Local, text }) => Some(String::from_utf8_lossy(&text).into_owned()),
        Some(_) | None => None,
    }
}

/// How the instruction at the cursor names the operand that is this value: `local 'x'`.
pub(crate) fn variable_name(cursor: Cursor, culprit: Value) -> Option<String> {
    let (proto, instruction) = (&cursor.prototype().proto, cursor.instruction());
    let name = match instruction.upvalue() {
        Some(upvalue) => upvalue_name(proto, upvalue),
        None => operand_name(cursor, instruction, culprit),
    };
    name.map(|name| describe(frame_name_of(name)))
}

/// How the instruction at the cursor names what is in a register.
pub(crate) fn register_variable(cursor: Cursor, register: u8) -> Option<String> {
    let name = register_name(&cursor.prototype().proto, cursor.pc(), register);
    name.map(|name| describe(frame_name_of(name)))
}

/// The name of the first register operand that holds the value.
fn operand_name(cursor: Cursor, instruction: Instruction, culprit: Value) -> Option<Name> {
    let proto = &cursor.prototype().proto;
    let registers = effects(instruction).reads.into_iter().flatten().flat_map(|span| {
        let count = match span.count {
            lua_bytecode::effects::Count::Fixed(count) => count,
            lua_bytecode::effects::Count::ToTop => 0,
        };
        span.first..(span.first + count).min(u32::from(proto.max_stack))
    });
    for register in registers {
        let value = cursor.register(register as u8);
        if value.tag == culprit.tag && value.payload == culprit.payload {
            return register_name(proto, cursor.pc(), register as u8);
        }
    }
    None
}

// Tracebacks.

/// [`lua_runtime::EngineHooks::traceback`].
pub(crate) fn traceback(vm: &Vm, level: u32) -> String {
    lua_runtime::traceback::text(vm, level, frames(vm), |frame| frame_line(vm, *frame))
}

/// [`lua_runtime::EngineHooks::free_slot`].
pub(crate) fn free_slot(vm: &Vm) -> u32 {
    let base = vm.frame_base();
    if base < HEADER_SLOTS {
        return base;
    }
    // A library function that has raised an error needs no arguments any more.
    base + prototype_in(vm, base).map_or(PROTECTED_SLOTS, |prototype| prototype.max_stack)
}

fn frame_line(vm: &Vm, frame: FrameView) -> String {
    let place = match position_of(vm, frame) {
        Some(Position { chunk, line: 0 }) => format!("{chunk}:"),
        Some(Position { chunk, line }) => format!("{chunk}:{line}:"),
        None => "[C]:".to_string(),
    };
    let tail_call = if frame.header.flags() & FLAG_TAIL_CALL != 0 { "\n\t(...tail calls...)" } else { "" };
    format!("{place} in {}{tail_call}", function_name(vm, frame))
}

/// The function of a frame as tracebacks name it.
fn function_name(vm: &Vm, frame: FrameView) -> String {
    if let Some(name) = loaded_name(vm, frame.callee) {
        return format!("function '{name}'");
    }
    if let Some(name) = frame_name(vm, frame) {
        return describe(name);
    }
    match prototype_in(vm, frame.base) {
        Some(prototype) if prototype.proto.line_defined == 0 => "main chunk".to_string(),
        Some(prototype) => {
            let chunk = lua_syntax::diagnostic::chunk_display_name(&prototype.proto.chunk_name);
            format!("function <{chunk}:{}>", prototype.proto.line_defined)
        }
        None => "?".to_string(),
    }
}
