//! Access to table elements by any key, constructors, and `SETLIST`.

use lua_bytecode::proto::{FeedbackDescriptor, UpvalueSource};
use lua_runtime::shape::{MAX_SLOTS, Shape};
use lua_runtime::value::{Tag, Value};
use lua_runtime::{Cell, Closure, Gc, Signal, Table, Vm};

use crate::operations::slow_path::{end_load, end_store};
use crate::state::{Cursor, Outcome, Step, save, state};

/// The element `object[index]` if it is in the array part and not nil.
#[inline(always)]
pub fn load_integer(object: Value, index: i64) -> Option<Value> {
    let table = object.as_table()?;
    let value = table.element((index as u64).wrapping_sub(1))?;
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
    if position < u64::from(table.length()) {
        return table.try_set_element(&mut vm.heap, position, value);
    }
    vm.heap.barrier(table.header(), value);
    position == u64::from(table.length()) && table.try_append(value)
}

/// `GETINDEX` and `GETINDEXI` when the dispatch loop has not found the element.
#[inline(never)]
pub fn load(vm: &mut Vm, cursor: Cursor, object: Value, key: Value) -> Outcome {
    if let Some(value) = vm.index_own(object, key) {
        cursor.set_result(value);
        return Ok(Step::Next);
    }
    load_in_full(vm, cursor, object, key)
}

/// As [`load`], when it is no key of the object itself.
#[inline(never)]
pub fn load_in_full(vm: &mut Vm, cursor: Cursor, object: Value, key: Value) -> Outcome {
    match vm.index(object, key) {
        Ok(value) => {
            cursor.set_result(value);
            Ok(Step::Next)
        }
        Err(miss) => end_load(vm, cursor, miss, key),
    }
}

/// `SETINDEX` and its kin when the dispatch loop has not stored the element.
#[inline(never)]
pub fn store(vm: &mut Vm, cursor: Cursor, object: Value, key: Value, value: Value) -> Outcome {
    if vm.store_own(object, key, value) {
        return Ok(Step::Next);
    }
    match vm.store(object, key, value) {
        Ok(()) => Ok(Step::Next),
        Err(miss) => end_store(vm, cursor, miss, key, value),
    }
}

/// `NEWTABLE`. The array part gets its kind and size when `SETLIST` knows the values.
#[inline(never)]
pub fn new_table(vm: &mut Vm, cursor: Cursor) -> Outcome {
    save(vm, cursor);
    let fields = u32::from(cursor.instruction().bx()).min(MAX_SLOTS);
    let table = vm.table(0, fields)?;
    cursor.set_result(Value::from(table));
    Ok(Step::Next)
}

/// `NEWOBJECT`: a table that has its final shape from the start.
#[inline(never)]
pub fn new_object(vm: &mut Vm, cursor: Cursor) -> Outcome {
    save(vm, cursor);
    // SAFETY: the verifier has checked the index; nothing else touches the feedback while the reference is used.
    let feedback = unsafe { &*cursor.prototype().pool.feedback(cursor.extra()) };
    let shape = match feedback.template.get() {
        Some(shape) => shape,
        None => {
            let shape = template_shape(vm, cursor)?;
            feedback.template.set(Some(shape));
            shape
        }
    };
    let nils = &[Value::NIL; MAX_SLOTS as usize][..shape.slot_count() as usize];
    let table = Gc::<Table>::with_fields(&mut vm.heap, &vm.shapes, shape, nils)?;
    cursor.set_result(Value::from(table));
    Ok(Step::Next)
}

/// The shape with all keys of the template of the instruction at the cursor.
fn template_shape(vm: &mut Vm, cursor: Cursor) -> Result<Gc<Shape>, Signal> {
    let prototype = cursor.prototype();
    let FeedbackDescriptor::Template(keys) = &prototype.proto.feedback[cursor.extra() as usize] else {
        unreachable!("the verifier gives constructors a template")
    };
    let mut shape = vm.shapes.empty();
    for key in keys {
        // SAFETY: the verifier has checked the index.
        let key = unsafe { *prototype.pool.constant(*key) }.as_string();
        let Some(key) = key else { unreachable!("the verifier lets templates have short strings only") };
        match vm.shapes.with_name(&mut vm.heap, shape, key)? {
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
    let instruction = cursor.instruction();
    let first = cursor.stack_slot(vm, instruction.a()) + 1;
    let Some(table) = cursor.register(instruction.a()).as_table() else { unreachable!("constructors fill tables") };
    let count = match instruction.b() {
        0 => state(vm).top.get() - first,
        count => u32::from(count),
    };
    let seed = vm.strings.seed();
    // SAFETY: the slots are the instruction's operands, in the frame or below the top; filling a table does not touch the
    // stack.
    let values = unsafe { std::slice::from_raw_parts(vm.stack().add(first as usize), count as usize) };
    table.set_list(&mut vm.heap, cursor.extra() + 1, values, seed)?;
    Ok(Step::Next)
}

/// `NEWCELL` and `NEWNILCELL`: a cell in register A.
#[inline(never)]
pub fn new_cell(vm: &mut Vm, cursor: Cursor, value: Value) -> Outcome {
    save(vm, cursor);
    let cell = Gc::<Cell>::allocate(&mut vm.heap, value, cursor.instruction().c() != 0)?;
    cursor.set_result(Value::from(cell));
    Ok(Step::Next)
}

/// `CLOSURE`.
#[inline(never)]
pub fn new_closure(vm: &mut Vm, cursor: Cursor) -> Outcome {
    save(vm, cursor);
    let (prototype, outer, index) = (cursor.prototype(), cursor.closure(), cursor.extra() as usize);
    let upvalues = &prototype.proto.protos[index].upvalues;
    let cell = |upvalue: u32| match upvalues[upvalue as usize].source {
        // SAFETY: closures capture such registers only.
        UpvalueSource::Register(register) => unsafe { cell_of(cursor.register(register)) },
        UpvalueSource::Upvalue(index) => outer.cell(u32::from(index)),
        UpvalueSource::Environment => unreachable!("only main functions capture it"),
    };
    let closure = Gc::<Closure>::allocate_with(&mut vm.heap, prototype.inner[index], cell)?;
    cursor.set_result(Value::from(closure));
    Ok(Step::Next)
}

/// The cell in a register that the compiler uses for nothing else, after the instruction that has made it.
///
/// # Safety
/// It must be the value of such a register, as it is with the instructions that name one.
#[inline(always)]
pub unsafe fn cell_of(register: Value) -> Gc<Cell> {
    debug_assert!(register.tag == Tag::Cell);
    // SAFETY: the compiler makes the cell before anything uses the register, and nothing else writes to it.
    unsafe { Gc::from_address(register.payload) }
}
