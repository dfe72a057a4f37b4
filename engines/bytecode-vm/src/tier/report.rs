//! What is counted and reported about units, the same way by every engine.

use engine_api::event::{DeclineReason, ExitDetail, ExitPlace, ExitReason, Unit, UnitKind};
use engine_api::{Counter, Event};
use jit_support::Evicted;
use lua_bytecode::construct::construct;
use lua_bytecode::names::register_name;
use lua_bytecode::{FunctionProto, Pc, Register};
use lua_runtime::Vm;

/// Sends an event if somebody listens.
pub fn report(vm: &mut Vm, event: impl FnOnce() -> Event) {
    if vm.sink.is_none() {
        return;
    }
    let time_ns = vm.host.monotonic_ns();
    if let Some(sink) = &mut vm.sink {
        sink.event(time_ns, &event());
    }
}

/// A function as events name it.
pub fn function_label(proto: &FunctionProto) -> Unit {
    label(proto, UnitKind::Function, proto.line_defined.max(1), 0)
}

/// The loop with this header, as events name it.
pub fn loop_label(proto: &FunctionProto, header: Pc) -> Unit {
    label(proto, UnitKind::Loop, proto.loop_line(header), header)
}

fn label(proto: &FunctionProto, kind: UnitKind, line: u32, pc: Pc) -> Unit {
    let chunk = lua_syntax::diagnostic::chunk_display_name(&proto.chunk_name).to_string();
    Unit { kind, function: proto.name.clone(), chunk, line, pc }
}

/// Whether a unit that was declined is worth another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Once it is hotter: what it lacked may be there then.
    Later,
    /// No: the same would come of it.
    Never,
}

/// Counts and reports a unit that was declined. Says whether to try again.
pub fn declined(vm: &mut Vm, unit: Unit, reason: DeclineReason) -> Retry {
    vm.counters[Counter::CompilationsDeclined] += 1;
    vm.counters[Counter::AssemblerErrors] += u64::from(reason == DeclineReason::Assembler);
    report(vm, || Event::Declined { unit, reason });
    match reason {
        // There may be room later, or longer runs.
        DeclineReason::CodeMemory
        | DeclineReason::LeavesTooOften
        | DeclineReason::NotFaster
        | DeclineReason::OverBudget => Retry::Later,
        DeclineReason::Opcode(_)
        | DeclineReason::TooLarge
        | DeclineReason::TypesUnsettled
        | DeclineReason::Assembler
        | DeclineReason::TimeLimit
        | DeclineReason::Blacklisted => Retry::Never,
    }
}

/// Reports a unit that was thrown out for room. The cache has counted it.
pub fn report_evicted(vm: &mut Vm, evicted: Evicted) {
    report(vm, || Event::Evicted { unit: evicted.label, code_bytes: evicted.code_bytes });
}

/// Reports a unit that was thrown away because an assumption failed, for the last time if it is on the blacklist now.
pub fn deoptimised(vm: &mut Vm, unit: Unit, reason: ExitReason, is_blacklisted: bool) {
    report(vm, || Event::Deoptimised { unit: unit.clone(), reason });
    if is_blacklisted {
        report(vm, || Event::Blacklisted { unit });
    }
}

/// An instruction at which compiled code was left.
#[derive(Debug, Clone)]
pub struct ExitPoint<'a> {
    /// Its function.
    pub proto: &'a FunctionProto,
    /// Its index.
    pub pc: Pc,
    /// What more is known of the exit.
    pub detail: ExitDetail,
    /// If it is an entry, where nothing was done yet: the register whose value was not as the code wants it, if one is known.
    pub entry: Option<Option<Register>>,
}

/// Counts and reports an exit from compiled code to the interpreter. The unit, and the instruction at which it was left,
/// are asked for if somebody listens.
#[cold]
pub fn side_exit<'a>(vm: &mut Vm, reason: ExitReason, of: impl FnOnce(&Vm) -> (Unit, ExitPoint<'a>)) {
    vm.counters[Counter::SideExits] += 1;
    if vm.sink.is_none() {
        return;
    }
    let (unit, ExitPoint { proto, pc, detail, entry }) = of(vm);
    let construct = match entry {
        None => construct(proto, pc),
        Some(register) => entry_construct(proto, pc, register),
    };
    let place = ExitPlace { function: proto.name.clone(), line: proto.lines.line(pc), construct, detail };
    report(vm, || Event::SideExit { unit, resume_pc: pc, place, reason });
}

/// What stands where compiled code is entered: the variable that is not as the code wants it.
fn entry_construct(proto: &FunctionProto, pc: Pc, register: Option<Register>) -> String {
    let name = register.and_then(|register| register_name(proto, pc, register));
    match name {
        Some(name) => format!("{} at the entry", String::from_utf8_lossy(&name.text)),
        None => "a value at the entry".to_string(),
    }
}
