//! Every operand comes back as it went in.

use super::{Instruction, MAX_SJ, instructions, jump_target};
use crate::opcode::Opcode;

#[test]
fn operands_come_back() {
    for (number, opcode) in Opcode::ALL.iter().enumerate() {
        let word = Instruction::abc(*opcode, 1, 128, 255);
        assert_eq!((word.0 & 0xff) as usize, number);
        assert_eq!((word.opcode(), word.a(), word.b(), word.c(), word.sc()), (*opcode, 1, 128, 255, -1));
    }
    for value in [i16::MIN, -1, 0, 1, i16::MAX] {
        let word = Instruction::abx(Opcode::LoadInteger, 7, value as u16);
        assert_eq!((word.opcode(), word.a(), word.sbx(), word.bx()), (Opcode::LoadInteger, 7, value, value as u16));
    }
    for distance in [-MAX_SJ, -1, 0, 1, MAX_SJ] {
        let word = Instruction::sj(Opcode::Jump, distance);
        assert_eq!((word.opcode(), word.distance()), (Opcode::Jump, distance));
    }
}

#[test]
fn other_numbers_are_no_opcodes() {
    assert_eq!(Instruction(Opcode::ALL.len() as u32).try_opcode(), None);
    assert_eq!(Instruction(0xff).try_opcode(), None);
}

#[test]
fn jumps_count_from_behind_the_instruction() {
    let code = [
        Instruction::sj(Opcode::Jump, 2).0,
        Instruction::abc(Opcode::JumpIf, 0, 0, 0).0,
        3,
        Instruction::sj(Opcode::LoopJump, -4).0,
        Instruction::abc(Opcode::LoadFalseSkip, 0, 0, 0).0,
        Instruction::abc(Opcode::Return0, 0, 0, 0).0,
    ];
    let targets: Vec<(u32, Option<i64>)> = instructions(&code).map(|(pc, _)| (pc, jump_target(&code, pc))).collect();
    assert_eq!(targets, [(0, Some(3)), (1, Some(6)), (3, Some(0)), (4, Some(6)), (5, None)]);
}
