//! The machine code of a unit as text, with the names of what its instructions read and write.
//!
//! A listing is the same in every process: code refers to helpers and to the parts of the Lua state through pinned
//! registers, and to nothing by its address.

use std::rc::Rc;

use engine_api::Layout;
use jit_support::disassemble::{CodeError, MachineCode, MemoryOperand, Names, listing};
use jit_support::{AnyData, BytecodePc, Unit};
use lua_bytecode::FunctionProto;
use lua_bytecode::disassemble::disassemble_instruction;

use crate::policy::UnitData;
use crate::x64;

/// The machine code of a unit that was compiled from one of these functions; `None` of any other unit.
///
/// # Errors
/// What cannot be decoded, which would be a bug.
pub(crate) fn machine_code(unit: &Unit<AnyData>, protos: &[Rc<FunctionProto>]) -> Result<Option<String>, CodeError> {
    let (Some(compiled), Some(data)) = (unit.compiled(), unit.data::<UnitData>()) else { return Ok(None) };
    if !protos.iter().any(|proto| Rc::ptr_eq(proto, &data.proto)) {
        return Ok(None);
    }
    let code = MachineCode::in_place(compiled.block.bytes(), 0);
    let lines = listing(&code, Some(&compiled.map), &Known(data))?;
    let label = unit.label();
    Ok(Some(format!("function {} ({}:{})\n{lines}\n", label.function, label.chunk, label.line)))
}

/// The names that the assembler has left, and the bytecode.
struct Known<'a>(&'a UnitData);

impl Known<'_> {
    fn layout(&self, operand: &MemoryOperand) -> Option<&'static Layout> {
        x64::pinned(operand.base).or_else(|| {
            let operands = &self.0.operands;
            let index = operands.binary_search_by_key(&operand.at, |(at, _)| *at).ok()?;
            Some(operands[index].1)
        })
    }
}

impl Names for Known<'_> {
    fn address(&self, _address: u64) -> Option<String> {
        None
    }

    fn bytecode(&self, pc: BytecodePc) -> Option<String> {
        Some(disassemble_instruction(&self.0.proto, pc.0))
    }

    fn operand(&self, operand: &MemoryOperand) -> Option<String> {
        self.layout(operand)?.name_of(operand.displacement)
    }
}
