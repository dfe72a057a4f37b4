//! Access to table elements by any key, constructors, and `SETLIST`.

use lua_bytecode::Instruction;
use lua_bytecode::proto::FeedbackDescriptor;
use lua_runtime::shape::{MAX_SLOTS, Shape};
use lua_runtime::value::{Tag, Value};
use lua_runtime::{Cell, Closure, Gc, Signal, Table, Vm};

use crate::feedback::FeedbackSlot;
use crate::miss::{index_miss, store_miss};
use crate::state::{Cursor, Outcome, Step, closure_of, prototype_of, save, slot_index, state};

/// The element `object[index]` if it is in the array part and not nil.
#[inline(always)]
pub fn load_integer(object: Value, index: i64) -> Option<Value> {
    let table = object.as_table()?;
    let position = (index as u64).wrapping_sub(1);
    let array = table.array();
    if position >= u64::from(array.length()) {
        return None;
    }
    let value = array.get(table.array_kind(), position as u32);
    if value.is_nil() { None } else { Some(value) }
}

/// Stores `object[index] = value` if that is an element of the array part, or its next one with room for it, and no
/// metamethod can be asked for. `value` must be no reference that needs a barrier before it is reachable: the barrier
/// is here.
#[inline(always)]
pub fn store_integer(vm: &mut Vm, object: Value, index: i64, value: Value) -> bool {
    let Some(table) = object.as_table() else { return false };
    if value.is_nil() || table.metatable().is_some() {
        return false;
    }
    let position = (index as u64).wrapping_sub(1);
    let array = table.array();
    let kind = table.array_kind();
    if position < u64::from(array.length()) {
        vm.heap.barrier(table.header(), value);
        return array.try_set(kind, position as u32, value);
    }
    false
}

/// `GETINDEX` and `GETINDEXI` when the dispatch loop has not found the element.
#[inline(never)]
pub fn load(vm: &mut Vm, cursor: Cursor, to: *mut Value, object: Value, key: Value) -> Outcome {
    match vm.index(object, key) {
        Ok(value) => {
            // SAFETY: `to` is a register of the running frame, and nothing has moved the stack.
            unsafe { *to = value };
            Ok(Step::Next)
        }
        Err(miss) => index_miss(vm, cursor, miss, key),
    }
}

/// `SETINDEX` and its kin when the dispatch loop has not stored the element.
#[inline(never)]
pub fn store(vm: &mut Vm, cursor: Cursor, object: Value, key: Value, value: Value) -> Outcome {
    match vm.store(object, key, value) {
        Ok(()) => Ok(Step::Next),
        Err(miss) => store_miss(vm, cursor, miss, key, value),
    }
}

/// `NEWTABLE`.
#[inline(never)]
pub fn new_table(vm: &mut Vm, cursor: Cursor) -> Outcome {
    save(vm, cursor);
    // SAFETY: `NEWTABLE` has two words.
    let (instruction, array_items) = unsafe { (Instruction(*cursor.pc), *cursor.pc.add(1)) };
    let fields = u32::from(instruction.bx()).min(MAX_SLOTS);
    let table = vm.table(array_items, fields)?;
    set_register(cursor, instruction.a(), Value::from(table));
    Ok(Step::Next)
}

/// `NEWOBJECT`: a table that has its final shape from the start.
///
/// # Safety
/// `slot` must be the instruction's feedback slot, and `cursor` where the interpreter is.
#[inline(never)]
pub unsafe fn new_object(vm: &mut Vm, cursor: Cursor, slot: *mut FeedbackSlot) -> Outcome {
    save(vm, cursor);
    // SAFETY: as the caller says; nothing else touches the slot meanwhile.
    let (instruction, slot) = unsafe { (Instruction(*cursor.pc), &mut *slot) };
    let shape = match slot.template {
        Some(shape) => shape,
        None => {
            let shape = template_shape(vm, cursor)?;
            *slot.template.insert(shape)
        }
    };
    let values = [Value::NIL; MAX_SLOTS as usize];
    let table = Gc::<Table>::with_fields(&mut vm.heap, &vm.shapes, shape, &values[..shape.slot_count() as usize])?;
    if instruction.bx() > 0 {
        table.reserve_array(&mut vm.heap, lua_runtime::array::ArrayKind::Any, u32::from(instruction.bx()))?;
    }
    set_register(cursor, instruction.a(), Value::from(table));
    Ok(Step::Next)
}

/// The shape with all keys of the template of the instruction at the cursor.
fn template_shape(vm: &mut Vm, cursor: Cursor) -> Result<Gc<Shape>, Signal> {
    // SAFETY: `NEWOBJECT` has two words and is in the code of the frame's function.
    let (slot, prototype) = unsafe { (*cursor.pc.add(1), prototype_of(cursor.base)) };
    let FeedbackDescriptor::Template(keys) = &prototype.proto.feedback[slot as usize] else {
        unreachable!("the verifier gives constructors a template")
    };
    let mut shape = vm.shapes.empty;
    for key in keys {
        // SAFETY: the verifier has checked the index.
        let key = unsafe { *prototype.pool.constant(*key) }.as_string();
        let Some(key) = key else { unreachable!("the verifier lets templates have short strings only") };
        match vm.shapes.with_key(&mut vm.heap, shape, key, MAX_SLOTS)? {
            Some(next) => shape = next,
            // Too many shapes begin like this one: the rest of the keys is added as the fields are stored.
            None => break,
        }
    }
    Ok(shape)
}

/// `SETLIST`.
#[inline(never)]
pub fn set_list(vm: &mut Vm, cursor: Cursor) -> Outcome {
    save(vm, cursor);
    // SAFETY: `SETLIST` has two words.
    let (instruction, stored) = unsafe { (Instruction(*cursor.pc), *cursor.pc.add(1)) };
    let register = slot_index(vm, cursor.base) + u32::from(instruction.a());
    let Some(table) = vm.slot(register).as_table() else { unreachable!("constructors fill tables") };
    let count = match instruction.b() {
        0 => state(vm).top.get() - register - 1,
        count => u32::from(count),
    };
    let seed = vm.strings.seed();
    for i in 1..=count {
        let value = vm.slot(register + i);
        table.set_integer(&mut vm.heap, i64::from(stored) + i64::from(i), value, seed)?;
    }
    Ok(Step::Next)
}

/// `NEWCELL` and `NEWNILCELL`: a cell in register A.
#[inline(never)]
pub fn new_cell(vm: &mut Vm, cursor: Cursor, value: Value) -> Outcome {
    save(vm, cursor);
    // SAFETY: the cursor is at an instruction.
    let instruction = unsafe { Instruction(*cursor.pc) };
    let cell = Gc::<Cell>::allocate(&mut vm.heap, value, instruction.c() != 0)?;
    set_register(cursor, instruction.a(), Value::from(cell));
    Ok(Step::Next)
}

/// `CLOSURE`.
#[inline(never)]
pub fn new_closure(vm: &mut Vm, cursor: Cursor) -> Outcome {
    use lua_bytecode::proto::UpvalueSource;
    save(vm, cursor);
    // SAFETY: `CLOSURE` has two words and is in the code of the frame's function.
    let (instruction, index, prototype, outer) =
        unsafe { (Instruction(*cursor.pc), *cursor.pc.add(1), prototype_of(cursor.base), closure_of(cursor.base)) };
    let upvalues = &prototype.proto.protos[index as usize].upvalues;
    let mut cells = Vec::with_capacity(upvalues.len());
    for upvalue in upvalues {
        cells.push(match upvalue.source {
            // SAFETY: the verifier has checked the register.
            UpvalueSource::Register(register) => unsafe { cell_in(cursor.base.add(usize::from(register))) },
            UpvalueSource::Upvalue(index) => outer.cell(u32::from(index)),
            UpvalueSource::Environment => unreachable!("only main functions capture it"),
        });
    }
    let closure = Gc::<Closure>::allocate(&mut vm.heap, prototype.inner[index as usize], &cells)?;
    set_register(cursor, instruction.a(), Value::from(closure));
    Ok(Step::Next)
}

/// The cell in a register that the compiler uses for nothing else.
///
/// # Safety
/// `register` must be such a register of the running frame, after the instruction that has made the cell.
#[inline(always)]
pub unsafe fn cell_in(register: *const Value) -> Gc<Cell> {
    // SAFETY: as the caller says; the compiler makes the cell before anything uses it.
    unsafe {
        debug_assert!((*register).tag == Tag::Cell);
        Gc::from_address((*register).payload)
    }
}

#[inline(always)]
fn set_register(cursor: Cursor, register: u8, value: Value) {
    // SAFETY: the verifier has checked the register, and the cursor's base is current.
    unsafe { *cursor.base.add(usize::from(register)) = value }
}
