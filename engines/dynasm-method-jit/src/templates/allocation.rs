//! New objects: a cell off the heap's list of free ones, filled in place. When the list is empty or the collector is due, the
//! VM makes the object.

use bytecode_vm::feedback::FEEDBACK_TEMPLATE_OFFSET;
use lua_bytecode::Instruction;
use lua_bytecode::opcode::Allocation;
use lua_runtime::function::{CELL_BYTES, CELL_VALUE_OFFSET, new_cell_header};
use lua_runtime::heap::{
    FREE_CELL_NEXT_OFFSET, HEAP_ALLOCATIONS_OFFSET, HEAP_ALLOWANCE_OFFSET, HEAP_FREE_OFFSET, LARGEST_CELL_BYTES,
    cell_class,
};
use lua_runtime::layout::{CELL, FREE_CELL, SHAPE, TABLE};
use lua_runtime::shape::{MAX_SLOTS, SHAPE_SLOT_COUNT_OFFSET};
use lua_runtime::table::{
    MAX_INLINE_SLOTS, NEW_TABLE_ARRAY, NEW_TABLE_HEADER, TABLE_ARRAY_OFFSET, TABLE_BYTES, TABLE_CAPACITIES_OFFSET,
    TABLE_HASH_OFFSET, TABLE_METATABLE_OFFSET, TABLE_SHAPE_OFFSET, TABLE_SLOTS_OFFSET,
};
use lua_runtime::value::{Tag, VALUE_BYTES};
use lua_runtime::vm::{VM_EMPTY_SHAPE_OFFSET, VM_HEAP_OFFSET};

use crate::compile::Emitter;
use crate::helpers::Helper;
use crate::masm::{Address, Anchor, Argument, Condition, IntegerOperation, MacroAssembler, Right, Temp};

/// A part of the new table at `T0`.
fn in_table(offset: usize) -> Address {
    Address::of(Temp::T0, &TABLE, offset)
}

/// A part of the heap.
fn in_heap(offset: usize) -> Address {
    Address::at(Anchor::Vm, VM_HEAP_OFFSET + offset)
}

impl<'a, M: MacroAssembler> Emitter<'a, M> {
    /// `R[A] = ` a new object.
    pub(crate) fn new_object(&mut self, allocation: Allocation, word: Instruction) {
        if !self.source.techniques.inline_allocation {
            return self.new_object_by_helper(allocation, word);
        }
        match allocation {
            Allocation::Cell => {
                let value = Address::register(word.b());
                self.new_cell(word, Some(value), Helper::NewCell, vec![Argument::Address(value)]);
            }
            Allocation::NilCell => self.new_cell(word, None, Helper::NewNilCell, Vec::new()),
            Allocation::Table => {
                let slots = u32::from(word.bx()).min(MAX_SLOTS).min(MAX_INLINE_SLOTS);
                self.new_table(word.a(), slots, 0, Helper::NewTable);
            }
            Allocation::Template => match self.template_slots() {
                Some(slots) => {
                    let capacity = self.source.prototype.feedback(self.extra()).site().capacity(slots);
                    self.new_table(word.a(), capacity, slots, Helper::NewObject);
                }
                None => self.call(Helper::NewObject, &[]),
            },
            Allocation::Closure => self.call(Helper::NewClosure, &[]),
        }
    }

    fn new_object_by_helper(&mut self, allocation: Allocation, word: Instruction) {
        match allocation {
            Allocation::Cell => self.call(Helper::NewCell, &[Argument::Address(Address::register(word.b()))]),
            Allocation::NilCell => self.call(Helper::NewNilCell, &[]),
            Allocation::Table => self.call(Helper::NewTable, &[]),
            Allocation::Template => self.call(Helper::NewObject, &[]),
            Allocation::Closure => self.call(Helper::NewClosure, &[]),
        }
    }

    /// The number of slots of the instruction's template, if that is known and all of them fit into the object.
    fn template_slots(&self) -> Option<u32> {
        let template = self.source.prototype.feedback(self.extra()).template()?;
        Some(template.slot_count()).filter(|count| *count <= MAX_INLINE_SLOTS)
    }

    /// Takes a free cell for an object of so many bytes; its address is in `T0` then. Goes to `slow` if there is none, or if
    /// the allocator wants to look at its limits. Uses `T1`.
    fn take_cell(&mut self, bytes: usize, slow: M::Label) {
        assert!(bytes <= LARGEST_CELL_BYTES);
        let (class, cell_bytes) = cell_class(bytes);
        let free = in_heap(HEAP_FREE_OFFSET + 8 * class);
        let allowance = in_heap(HEAP_ALLOWANCE_OFFSET);
        self.guard(slow);
        self.masm.load(Temp::T0, free);
        self.masm.branch(Temp::T0, Condition::Equal, Right::Number(0), slow);
        self.masm.load(Temp::T1, allowance);
        self.masm.integer(IntegerOperation::Subtract, Temp::T1, Right::Number(cell_bytes as i32));
        self.masm.branch(Temp::T1, Condition::Less, Right::Number(0), slow);
        self.masm.store(allowance, Temp::T1);
        self.masm.add(in_heap(HEAP_ALLOCATIONS_OFFSET), 1);
        self.masm.load(Temp::T1, Address::of(Temp::T0, &FREE_CELL, FREE_CELL_NEXT_OFFSET));
        self.masm.store(free, Temp::T1);
    }

    /// `R[a] = ` the object at `T0`.
    fn set_object(&mut self, a: u8, tag: Tag) {
        self.masm.store(Address::register(a), Temp::T0);
        self.masm.store_number_8(Address::register(a).tag(), tag as u8);
    }

    /// A table with room for `capacity` fields, which has the first `count` of them: those of the instruction's template.
    fn new_table(&mut self, a: u8, capacity: u32, count: u32, helper: Helper) {
        let slow = self.masm.label();
        if count > 0 {
            // Where too many shapes begin alike the template has fewer keys.
            self.masm.load(Temp::T3, self.feedback(FEEDBACK_TEMPLATE_OFFSET));
            self.masm.branch(Temp::T3, Condition::Equal, Right::Number(0), slow);
            let slot_count = Address::of(Temp::T3, &SHAPE, SHAPE_SLOT_COUNT_OFFSET);
            self.masm.branch_32(slot_count, Condition::NotEqual, count as i32, slow);
        } else {
            self.masm.load(Temp::T3, Address::at(Anchor::Vm, VM_EMPTY_SHAPE_OFFSET));
        }
        self.take_cell(TABLE_BYTES + capacity as usize * VALUE_BYTES, slow);
        self.masm.store_number(in_table(0), NEW_TABLE_HEADER as i64);
        self.masm.store(in_table(TABLE_SHAPE_OFFSET), Temp::T3);
        self.masm.load_address(Temp::T1, in_table(TABLE_BYTES));
        self.masm.store(in_table(TABLE_SLOTS_OFFSET), Temp::T1);
        for (word, number) in NEW_TABLE_ARRAY.into_iter().enumerate() {
            self.masm.store_number(in_table(TABLE_ARRAY_OFFSET + 8 * word), number as i64);
        }
        self.masm.store_number(in_table(TABLE_METATABLE_OFFSET), 0);
        self.masm.store_number(in_table(TABLE_HASH_OFFSET), 0);
        let capacities = u64::from(capacity) << 32 | u64::from(capacity);
        self.masm.store_number(in_table(TABLE_CAPACITIES_OFFSET), capacities as i64);
        if count > 0 {
            self.masm.clear_values(in_table(TABLE_BYTES), count);
        }
        self.set_object(a, Tag::Table);
        let done = self.here();
        self.cold_call(slow, helper, Vec::new(), done);
    }

    /// The cell of a captured variable with a value, or with nil.
    fn new_cell(&mut self, word: Instruction, value: Option<Address>, helper: Helper, arguments: Vec<Argument>) {
        let slow = self.masm.label();
        self.take_cell(CELL_BYTES, slow);
        self.masm.store_number(Address::of(Temp::T0, &CELL, 0), new_cell_header(word.c() != 0) as i64);
        let variable = Address::of(Temp::T0, &CELL, CELL_VALUE_OFFSET);
        match value {
            Some(value) => self.copy_value(variable, value),
            None => self.masm.clear_values(variable, 1),
        }
        self.set_object(word.a(), Tag::Cell);
        let done = self.here();
        self.cold_call(slow, helper, arguments, done);
    }
}
