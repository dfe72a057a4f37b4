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

/// Loads `object[key]` into a register, if that depends on nothing but the object. `false` if [`load_in_full`] must do it. A
/// function of its own, and a small one: what is not in the array part passes here each time.
///
/// # Safety
/// `to` must point to a slot.
#[inline(never)]
pub unsafe fn load_own(vm: &Vm, object: Value, key: Value, to: *mut Value) -> bool {
    let Some(value) = vm.index_own(object, key) else { return false };
    // SAFETY: as the caller says.
    unsafe { *to = value };
    true
}

/// `object[key] = value`, if the object has the key and the new value replaces the old one. `false` if [`store_in_full`] must do
/// it.
#[inline(never)]
pub fn store_own(vm: &mut Vm, object: Value, key: Value, value: Value) -> bool {
    vm.store_own(object, key, value)
}

/// `GETINDEX` and `GETINDEXI`, all of them.
pub fn load(vm: &mut Vm, cursor: Cursor, object: Value, key: Value) -> Outcome {
    match vm.index_own(object, key) {
        Some(value) => {
            cursor.set_result(value);
            Ok(Step::Next)
        }
        None => load_in_full(vm, cursor, object, key),
    }
}

/// `SETINDEX` and its kin, all of them.
pub fn store(vm: &mut Vm, cursor: Cursor, object: Value, key: Value, value: Value) -> Outcome {
    let is_element = |vm: &mut Vm, index| store_integer(vm, object, index, value);
    if key.as_integer().is_some_and(|index| is_element(vm, index)) || store_own(vm, object, key, value) {
        return Ok(Step::Next);
    }
    store_in_full(vm, cursor, object, key, value)
}

/// `GETINDEX` and `GETINDEXI` when neither the dispatch loop nor [`load_own`] has found the element.
#[inline(never)]
pub fn load_in_full(vm: &mut Vm, cursor: Cursor, object: Value, key: Value) -> Outcome {
    match vm.index_beyond(object, key) {
        Ok(value) => {
            cursor.set_result(value);
            Ok(Step::Next)
        }
        Err(miss) => end_load(vm, cursor, miss, key),
    }
}

/// `SETINDEX` and its kin when neither the dispatch loop nor [`store_own`] has stored the element.
#[inline(never)]
pub fn store_in_full(vm: &mut Vm, cursor: Cursor, object: Value, key: Value, value: Value) -> Outcome {
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

/// `NEWOBJECT`: a table that has the shape of its template from the start, and room for what it will have.
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
    let capacity = feedback.site.next_capacity(shape.slot_count());
    let table = Gc::<Table>::with_fields(&mut vm.heap, &vm.shapes, shape, nils, capacity)?;
    feedback.site.made(table);
    cursor.set_result(Value::from(table));
    Ok(Step::Next)
}

/// The shape with the keys of the template of the instruction at the cursor, up to the first that begins with `__`.
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
        // Stores to `__` keys are cached where they add the field, and not where they change what a metatable may have said before.
        if key.is_meta_key() {
            break;
        }
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
