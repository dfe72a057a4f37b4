//! Texts of compiled units: Cranelift's IR after its optimiser, and machine code with its bytecode.
//!
//! Both are the same in every process: an access to memory has the name of what it accesses in place of its offset, and
//! an address the name of what lies there. An address that nobody knows is `address`.

use std::fmt::{self, Write};

use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::{Block, Function, Inst, Value};
use cranelift_codegen::write::{FuncWriter, PlainWriter, decorate_function};
use jit_support::disassemble::{MachineCode, MemoryOperand, Names, listing};
use jit_support::{AnyData, BytecodePc, CodeOffset, Unit};
use lua_bytecode::disassemble::disassemble_instruction;
use lua_runtime::object::{Header, Kind};
use lua_runtime::{Code, Gc};

use crate::compile::UnitData;
use crate::{backend, helpers};

/// Numbers from this size on are taken for addresses.
const SMALLEST_ADDRESS: u64 = 1 << 32;

/// The IR of a unit with this data.
///
/// # Errors
/// Those of writing to a string, which has none.
pub(crate) fn ir(unit: &Unit<AnyData>, data: &UnitData) -> Result<String, fmt::Error> {
    let mut text = String::new();
    decorate_function(&mut Writer(data), &mut text, &data.optimised)?;
    Ok(format!("{}{}\n", heading(unit), with_names(&text, data)))
}

/// The machine code of a unit with this data.
///
/// # Errors
/// What cannot be decoded, which would be a bug.
pub(crate) fn machine_code(unit: &Unit<AnyData>, data: &UnitData) -> Result<String, String> {
    let Some(compiled) = unit.compiled() else { return Ok(String::new()) };
    let code = MachineCode::in_place(compiled.block.bytes(), data.constant_bytes);
    let text = listing(&code, Some(&compiled.map), &Known(data)).map_err(|error| error.to_string())?;
    Ok(format!("{}{}\n", heading(unit), with_names(&text, data)))
}

fn heading(unit: &Unit<AnyData>) -> String {
    let label = unit.label();
    format!("loop at PC {} of {} ({}:{})\n", label.pc, label.function, label.chunk, label.line)
}

/// What lies at an address to which a unit refers.
fn name_of(address: u64, data: &UnitData) -> Option<String> {
    if let Some(helper) = helpers::name_of(address).or_else(|| backend::name_of_stand_in(address)) {
        return Some(format!("helper:{helper}"));
    }
    if let Some(site) = data.sites.iter().find(|site| std::rc::Rc::as_ptr(site).addr() as u64 == address) {
        return Some(format!("site:pc{}", site.pc));
    }
    if let Some(number) = data.objects.iter().position(|object| prototype_of(*object) == Some(address)) {
        return Some(format!("prototype:{number}"));
    }
    let (number, object) = data.objects.iter().enumerate().find(|(_, object)| object.address() == address)?;
    let kind = match object.kind() {
        Kind::String => "string",
        Kind::Table => "table",
        Kind::Closure => "closure",
        Kind::Shape => "shape",
        Kind::Native => "native",
        Kind::Code => "code",
        Kind::Chain => "chain",
        Kind::Cell | Kind::Userdata | Kind::Thread | Kind::Free => "object",
    };
    Some(format!("{kind}:{number}"))
}

/// The address of the prototype that a code object keeps; `None` for other objects.
fn prototype_of(object: Gc<Header>) -> Option<u64> {
    // SAFETY: the kind says what the object is, and the unit keeps it alive.
    let code = (object.kind() == Kind::Code).then(|| unsafe { object.cast::<Code>() })?;
    Some(code.data().addr() as u64)
}

/// The text with every hexadecimal number that must be an address replaced by its name.
fn with_names(text: &str, data: &UnitData) -> String {
    replace_addresses(text, |address| name_of(address, data))
}

fn replace_addresses(text: &str, name_of: impl Fn(u64) -> Option<String>) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("0x") {
        let digits = &rest[start + 2..];
        let length = digits.find(|c: char| !c.is_ascii_hexdigit() && c != '_').unwrap_or(digits.len());
        let number = u64::from_str_radix(&digits[..length].replace('_', ""), 16).unwrap_or(0);
        result.push_str(&rest[..start]);
        // Bits of a float are as large as an address, but no address of a process has its highest bits set.
        if (SMALLEST_ADDRESS..1 << 47).contains(&number) {
            result.push_str(&name_of(number).unwrap_or_else(|| "address".to_string()));
        } else {
            result.push_str(&rest[start..start + 2 + length]);
        }
        rest = &digits[length..];
    }
    result.push_str(rest);
    result
}

/// The names that the lowering has left in the machine code's source locations.
struct Known<'a>(&'a UnitData);

impl Names for Known<'_> {
    fn address(&self, address: u64) -> Option<String> {
        name_of(address, self.0)
    }

    fn bytecode(&self, pc: BytecodePc) -> Option<String> {
        Some(disassemble_instruction(&self.0.proto, pc.0))
    }

    fn operand(&self, operand: &MemoryOperand) -> Option<String> {
        // What the code generator keeps on the native stack has no name, and arithmetic by addresses is none of memory.
        if matches!(operand.base, "rsp" | "rbp") || operand.is_computed_only {
            return None;
        }
        let runs: &[(CodeOffset, CodeOffset, u32)] = &self.0.located;
        let (_, _, number) = runs.iter().find(|(start, end, _)| (*start..*end).contains(&operand.at))?;
        let location = self.0.locations.get(*number)?;
        let own = location.layout.and_then(|layout| layout.name_of(operand.displacement));
        own.or_else(|| self.0.locations.only_name(location.pc, operand.displacement))
    }
}

/// Writes IR with the bytecode instruction in front of each instruction, and names in place of offsets.
struct Writer<'a>(&'a UnitData);

impl FuncWriter for Writer<'_> {
    fn write_block_header(
        &mut self,
        w: &mut dyn Write,
        function: &Function,
        block: Block,
        indent: usize,
    ) -> fmt::Result {
        PlainWriter.write_block_header(w, function, block, indent)
    }

    fn write_instruction(
        &mut self,
        w: &mut dyn Write,
        function: &Function,
        aliases: &SecondaryMap<Value, Vec<Value>>,
        instruction: Inst,
        indent: usize,
    ) -> fmt::Result {
        let mut line = String::new();
        PlainWriter.write_instruction(&mut line, function, aliases, instruction, indent)?;
        let number = function.srcloc(instruction);
        let Some(location) = self.0.locations.get(number.bits()) else { return w.write_str(&line) };
        let line = line.replacen(&number.to_string(), &format!("@{:04x}", location.pc), 1);
        let data = &function.dfg.insts[instruction];
        let name = data.load_store_offset().zip(location.layout).and_then(|(offset, layout)| {
            let pointer = function.dfg.inst_args(instruction).last()?;
            let operand = format!(" {pointer}{}", Offset32::new(offset));
            Some((line.rfind(&operand)?, operand.len(), format!(" {pointer}+{}", layout.name_of(offset.into())?)))
        });
        match name {
            Some((start, length, name)) => {
                w.write_str(&line[..start])?;
                w.write_str(&name)?;
                w.write_str(&line[start + length..])
            }
            None => w.write_str(&line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::replace_addresses;

    #[test]
    fn addresses_have_names_and_other_numbers_stay() {
        let text = "iconst.i64 0x7f12_3456_789a, 0x10, 0x3ff0_0000_0000_0000, 0x7f00_0000_0000";
        let names = |address| (address == 0x7f12_3456_789a).then(|| "helper:load".to_string());
        let expected = "iconst.i64 helper:load, 0x10, 0x3ff0_0000_0000_0000, address";
        assert_eq!(replace_addresses(text, names), expected);
    }
}
