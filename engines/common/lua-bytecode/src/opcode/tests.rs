//! The columns of the table agree with each other.

use super::*;
use crate::effects::effects;
use crate::instruction::Instruction;

#[test]
fn a_row_has_groups_if_and_only_if_an_operand_says_so() {
    for opcode in Opcode::ALL {
        let names_group = match opcode.format() {
            Format::Abc(a, b, c) => [a, b, c].contains(&OperandKind::Group),
            Format::Abx(a, _) => a == OperandKind::Group,
            Format::Sj => false,
        };
        let has_groups = !opcode.group_reads().is_empty() || !opcode.group_writes().is_empty();
        assert_eq!(names_group, has_groups, "{}", opcode.name());
    }
}

#[test]
fn what_calls_a_metamethod_calls() {
    for opcode in Opcode::ALL {
        let calls = opcode.event().is_some() || opcode.is_call();
        assert_eq!(calls, opcode.may_call(), "{}", opcode.name());
    }
}

#[test]
fn what_jumps_back_jumps() {
    for opcode in Opcode::ALL.iter().filter(|opcode| opcode.is_back_edge()) {
        assert!(opcode.may_jump(), "{}", opcode.name());
    }
    for opcode in Opcode::ALL.iter().filter(|opcode| !opcode.always_writes()) {
        assert!(opcode.may_jump() && !opcode.ends_path(), "{}", opcode.name());
    }
}

#[test]
fn every_operator_and_comparison_has_one_opcode_a_form() {
    for opcode in Opcode::ALL {
        let (found, form) = match (opcode.operation(), opcode.form()) {
            (Operation::Arithmetic(operator), Some(form)) => (Opcode::arithmetic(operator, form), form),
            (Operation::Compare { relation, jumps_if }, Some(form)) => {
                (Opcode::comparison(relation, jumps_if, form), form)
            }
            (Operation::Arithmetic(_) | Operation::Compare { .. }, None) => panic!("{} has no form", opcode.name()),
            (_, form) => {
                assert_eq!(form, None, "{}", opcode.name());
                continue;
            }
        };
        assert_eq!(found, Some(*opcode), "{} is not the only one of {form:?}", opcode.name());
    }
}

#[test]
fn operands_of_accesses_are_values() {
    for opcode in Opcode::ALL {
        let word = Instruction::abc(*opcode, 1, 2, 3);
        match opcode.operation() {
            Operation::Arithmetic(_) => drop((word.operand_b(), word.operand_c())),
            Operation::Compare { .. } => drop((word.operand_a(), word.operand_b())),
            Operation::Get(Access::Element) => drop((word.operand_b(), word.operand_c())),
            Operation::Set(Access::Element) => drop((word.operand_a(), word.operand_b(), word.operand_c())),
            Operation::Set(Access::Field) => drop((word.operand_a(), word.operand_b())),
            Operation::Set(Access::Global | Access::UpvalueField) => {
                assert_eq!(word.upvalue(), Some(1));
                word.operand_b();
            }
            Operation::Get(Access::Global | Access::UpvalueField) => assert_eq!(word.upvalue(), Some(2)),
            _ => {}
        }
    }
}

#[test]
fn no_instruction_has_more_effects_than_fit() {
    for opcode in Opcode::ALL {
        for count in [0, 1, 255] {
            effects(Instruction::abc(*opcode, 1, count, count));
        }
    }
}
