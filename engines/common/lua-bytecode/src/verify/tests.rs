//! The verifier accepts what the compiler makes and rejects every kind of damage.

use std::rc::Rc;

use super::verify;
use crate::instruction::{Instruction, instructions};
use crate::opcode::Opcode;
use crate::proto::{Constant, FeedbackDescriptor, FunctionProto, LoopInfo, UpvalueSource};

fn compiled(source: &str) -> FunctionProto {
    let chunk = lua_syntax::parse("=test", source.as_bytes()).expect("the test's source is Lua");
    let proto = crate::compile(&chunk).expect("the test's source compiles");
    Rc::try_unwrap(proto).expect("nobody else has it")
}

/// The first instruction with this opcode.
fn find(proto: &FunctionProto, opcode: Opcode) -> usize {
    let (pc, _) = instructions(&proto.code).find(|(_, word)| word.opcode() == opcode).expect("it is there");
    pc as usize
}

/// Checks that the damage done by `damage` to the code of `source` is reported with a text that contains `expected`.
fn check(source: &str, damage: impl Fn(&mut FunctionProto), expected: &str) {
    let mut proto = compiled(source);
    verify(&proto).expect("undamaged code is accepted");
    damage(&mut proto);
    let error = verify(&proto).expect_err(expected);
    assert!(error.problem.contains(expected), "{error} instead of {expected}");
}

#[test]
fn words_must_be_instructions() {
    check("local a = 1", |proto| proto.code[0] = 0xff, "unknown opcode");
    let cut = Instruction::abc(Opcode::JumpIf, 0, 0, 0).0;
    check("local a = 1", |proto| *proto.code.last_mut().expect("not empty") = cut, "cut off");
}

#[test]
fn registers_must_be_in_the_frame() {
    check("local a = 1", |proto| proto.max_stack = 0, "registers 0..1 of 0");
    let far = Instruction::abc(Opcode::Call, 0, 100, 2).0;
    check(
        "print()",
        |proto| {
            let at = find(proto, Opcode::Call);
            proto.code[at] = far
        },
        "registers 2..101",
    );
    let one = Instruction::abc(Opcode::Concat, 0, 1, 0).0;
    check(
        "local a = x .. y",
        |proto| {
            let at = find(proto, Opcode::Concat);
            proto.code[at] = one
        },
        "fewer than two",
    );
}

#[test]
fn operands_must_exist() {
    check("local a = 'x'", |proto| proto.constants.clear(), "no constant 0");
    check("local a = 0.5; a = a + 0.25", |proto| proto.constants[1] = Constant::Nil, "is no number");
    check("x = 1", |proto| proto.upvalues.clear(), "no upvalue 0");
    check("local f = function() end", |proto| proto.protos.clear(), "no nested function 0");
    check("x = 1", |proto| proto.feedback.clear(), "no fitting feedback slot");
    check("x = 1", |proto| proto.feedback[0] = FeedbackDescriptor::Call, "no fitting feedback slot");
    check("x = 1", |proto| proto.feedback[0] = FeedbackDescriptor::Field(99), "is no short string");
    check("local a", |proto| proto.code[0] |= 1 << 24, "unused operand");
}

#[test]
fn jumps_must_land_on_instructions() {
    let source = "local a; if a then x = 1 end";
    check(
        source,
        |proto| {
            let at = find(proto, Opcode::JumpIfNot);
            proto.code[at + 1] = 1
        },
        "no instruction starts",
    );
    check(
        source,
        |proto| {
            let at = find(proto, Opcode::JumpIfNot);
            proto.code[at + 1] = 1000
        },
        "no instruction starts",
    );
    let back = -3i32 as u32;
    check(
        source,
        |proto| {
            let at = find(proto, Opcode::JumpIfNot);
            proto.code[at + 1] = back
        },
        "wrong direction",
    );
    let forward = Instruction::sj(Opcode::LoopJump, 0).0;
    check(
        "while x do end",
        |proto| {
            let at = find(proto, Opcode::LoopJump);
            proto.code[at] = forward
        },
        "wrong direction",
    );
}

#[test]
fn multiple_results_must_be_used_at_once() {
    let call = Instruction::abc(Opcode::Call, 0, 1, 0).0;
    check(
        "print()",
        |proto| {
            let at = find(proto, Opcode::Call);
            proto.code[at] = call
        },
        "is not used",
    );
    let open = Instruction::abc(Opcode::Return, 0, 0, 0).0;
    check(
        "return 1, 2",
        |proto| {
            let at = find(proto, Opcode::Return);
            proto.code[at] = open
        },
        "was not set",
    );
}

#[test]
fn control_must_not_run_off_the_end() {
    check(
        "local a = 1",
        |proto| {
            proto.code.pop();
        },
        "run off the end",
    );
    check("local a = 1", |proto| proto.code.clear(), "run off the end");
}

#[test]
fn the_loop_table_names_the_back_edges() {
    check("while x do end", |proto| proto.loops.clear(), "back-edge of no loop");
    check("while x do end", |proto| proto.loops[0].back_edge_pc = 0, "back-edge");
    let damage = |proto: &mut FunctionProto| proto.loops[0].registers = 3;
    check("local a for i = 1, 9 do x = a end", damage, "does not count");
    let invented = LoopInfo { header_pc: 0, back_edge_pc: 0, depth: 1, registers: 0, line: 1 };
    check("local a = 1", |proto| proto.loops.push(invented), "without its back-edge");
}

#[test]
fn captures_must_exist() {
    let damage = |source| {
        move |proto: &mut FunctionProto| {
            let inner = Rc::get_mut(&mut proto.protos[0]).expect("nobody else has it");
            inner.upvalues[0].source = source;
        }
    };
    let source = "local a; local f = function() return a end";
    check(source, damage(UpvalueSource::Register(250)), "captures what does not exist");
    check(source, damage(UpvalueSource::Upvalue(9)), "captures what does not exist");
    check(source, damage(UpvalueSource::Environment), "captures what does not exist");
}

#[test]
fn inner_functions_are_checked() {
    let damage = |proto: &mut FunctionProto| {
        Rc::get_mut(&mut proto.protos[0]).expect("nobody else has it").code[0] = 0xff;
    };
    check("local f = function() return 1 end", damage, "unknown opcode");
}
