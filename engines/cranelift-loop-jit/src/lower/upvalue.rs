//! Captured variables: through the cells of the running function, or through a cell that a register holds.
//!
//! A variable is read again each time: the loop can change it, and so can what it calls. References
//! are stored by the VM only, so that the collector's barrier stays in one place.

use cranelift_codegen::ir::{InstBuilder, MemFlagsData, types};
use lua_runtime::function::{CELL_VALUE_OFFSET, CLOSURE_CELLS_OFFSET};
use lua_runtime::layout::{CELL, CLOSURE};
use lua_runtime::value::{PAYLOAD_OFFSET, TAG_OFFSET, VALUE_BYTES, Value};
use lua_runtime::{Cell, Gc};

use super::Lower;
use super::builder::{Lowering, Ssa};
use super::vm_call::Reentry;
use crate::state::KnownValue;
use crate::types::TypeSet;

impl Lowering<'_> {
    /// The address of an upvalue's cell.
    pub(super) fn upvalue_cell(&mut self, index: u8) -> Ssa {
        let offset = CLOSURE_CELLS_OFFSET + 8 * usize::from(index);
        if self.point.frame != 0 {
            // Not to be moved: it is a function only behind the guard of the call.
            let closure = self.payload(self.frame().offset - bytecode_vm::frame::HEADER_SLOTS);
            self.points_to(closure, &CLOSURE);
            let cell = self.load(types::I64, closure, offset);
            self.points_to(cell, &CELL);
            return cell;
        }
        let flags = MemFlagsData::trusted().with_readonly().with_can_move();
        let base = self.base();
        let slot = -2 * VALUE_BYTES as i32 + PAYLOAD_OFFSET as i32;
        let closure = self.access(base, |builder| builder.ins().load(types::I64, flags, base, slot));
        self.points_to(closure, &CLOSURE);
        // What is called may join upvalues.
        let cell = if self.facts.has_calls {
            self.load(types::I64, closure, offset)
        } else {
            self.load_constant_pointer(closure, offset)
        };
        self.points_to(cell, &CELL);
        cell
    }

    /// What an upvalue holds now.
    pub(super) fn observed_upvalue(&self, index: u8) -> Option<Value> {
        self.frame().closure.map(|closure| closure.cell(index.into()).get())
    }

    pub(super) fn get_upvalue(&mut self, to: u32, index: u8) -> Lower<()> {
        let cell = self.upvalue_cell(index);
        let observed = self.observed_upvalue(index);
        self.load_from_cell(to, cell, observed);
        Ok(())
    }

    fn load_from_cell(&mut self, to: u32, cell: Ssa, observed: Option<Value>) {
        let payload = self.load(types::I64, cell, CELL_VALUE_OFFSET + PAYLOAD_OFFSET);
        let tag = self.load(types::I8, cell, CELL_VALUE_OFFSET + TAG_OFFSET);
        self.define(to, KnownValue::new(TypeSet::ANY, observed), payload, tag);
    }

    pub(super) fn set_upvalue(&mut self, from: u32, index: u8) -> Lower<()> {
        if self.known(from).types.may_be_reference() && !self.guard_plain(from)? {
            return self.set_upvalue_by_tag(from, index);
        }
        let cell = self.upvalue_cell(index);
        self.store_to_cell(from, cell);
        Ok(())
    }

    pub(super) fn store_to_cell(&mut self, from: u32, cell: Ssa) {
        let (bits, tag) = (self.bits(from), self.tag(from));
        self.store(bits, cell, CELL_VALUE_OFFSET + PAYLOAD_OFFSET);
        self.store(tag, cell, CELL_VALUE_OFFSET + TAG_OFFSET);
    }

    /// The address of the cell that a register holds. Registers with cells are never in machine registers.
    fn register_cell(&mut self, slot: u32) -> Ssa {
        let base = self.base();
        let cell = self.load(types::I64, base, slot as usize * VALUE_BYTES + PAYLOAD_OFFSET);
        self.points_to(cell, &CELL);
        cell
    }

    pub(super) fn get_cell(&mut self, to: u32, from: u32) -> Lower<()> {
        let observed = self.observed_cell(from).map(|cell| cell.get());
        let pointer = self.register_cell(from);
        self.load_from_cell(to, pointer, observed);
        Ok(())
    }

    pub(super) fn set_cell(&mut self, to: u32, from: u32) -> Lower<()> {
        let is_plain = !self.known(from).types.may_be_reference() || self.guard_plain(from)?;
        if !is_plain {
            return self.vm_call(Reentry::Unlikely);
        }
        let pointer = self.register_cell(to);
        self.store_to_cell(from, pointer);
        Ok(())
    }

    /// The cell in a register of the loop's own frame, if it was made before the loop.
    fn observed_cell(&self, slot: u32) -> Option<Gc<Cell>> {
        if self.point.frame != 0 {
            return None;
        }
        self.request.registers.get(slot as usize).and_then(|value| value.as_cell())
    }

    /// Guards the type of a slot that was seen with a plain value (no reference). Returns whether it is plain now.
    pub(super) fn guard_plain(&mut self, slot: u32) -> Lower<bool> {
        match self.known(slot).guess() {
            Some(tag) if !tag.is_reference() => self.require(slot, tag).map(|()| true),
            Some(_) | None => Ok(false),
        }
    }
}
