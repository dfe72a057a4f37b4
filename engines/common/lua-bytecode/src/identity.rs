//! What a compiler reads of a function and what never changes, as bytes: functions with the same bytes can share code.
//!
//! Names and lines are left out, which are in no machine code. So is whatever a compiler reads of the function's state
//! at run time; it has to add that.

use crate::proto::{Constant, FeedbackDescriptor, FunctionProto, Storage};

impl FunctionProto {
    /// The function's instructions, constants, feedback slots, size and the scopes of its variables. Every part is
    /// written with its kind or its length, so that parts cannot run together.
    pub fn identity(&self) -> Vec<u8> {
        let mut to = Vec::new();
        words(&mut to, &self.code);
        to.extend([self.parameters, self.is_vararg.into(), self.max_stack]);
        number(&mut to, self.constants.len());
        for constant in &self.constants {
            match constant {
                Constant::Nil => to.push(0),
                Constant::Boolean(value) => to.extend([1, u8::from(*value)]),
                Constant::Integer(value) => {
                    to.push(2);
                    to.extend(value.to_le_bytes());
                }
                Constant::Float(value) => {
                    to.push(3);
                    to.extend(value.to_bits().to_le_bytes());
                }
                Constant::String(bytes) => {
                    to.push(4);
                    number(&mut to, bytes.len());
                    to.extend(bytes.iter());
                }
            }
        }
        number(&mut to, self.feedback.len());
        for descriptor in &self.feedback {
            match descriptor {
                FeedbackDescriptor::Field(constant) => words(&mut to, &[1, *constant]),
                FeedbackDescriptor::Index => words(&mut to, &[2]),
                FeedbackDescriptor::Call => words(&mut to, &[3]),
                FeedbackDescriptor::Template(keys) => {
                    words(&mut to, &[4]);
                    words(&mut to, keys);
                }
            }
        }
        for local in &self.locals {
            let (kind, register, cell) = match local.storage {
                Storage::Register(register) => (0, register, 0),
                Storage::Cell(cell) => (1, 0, cell),
                Storage::RegisterAndCell { register, cell } => (2, register, cell),
            };
            words(&mut to, &[local.start_pc, local.end_pc, kind, register.into(), cell.into()]);
        }
        to
    }
}

fn number(to: &mut Vec<u8>, number: usize) {
    to.extend((number as u64).to_le_bytes());
}

fn words(to: &mut Vec<u8>, words: &[u32]) {
    number(to, words.len());
    to.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}
