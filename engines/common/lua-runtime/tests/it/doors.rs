//! What safe code cannot do: every accessor that could leave its object panics instead, in release builds too.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lua_runtime::array::ArrayKind;
use lua_runtime::heap::Heap;
use lua_runtime::{Closure, Code, EngineCode, Gc, LibraryState, Marker, Table, Value, Vm};

use crate::support::state;

fn assert_refused<R>(vm: &mut Vm, what: &str, breach: impl FnOnce(&mut Vm) -> R) {
    assert!(catch_unwind(AssertUnwindSafe(|| breach(vm))).is_err(), "{what} was let through");
}

/// Code of an engine.
struct Nothing;

impl EngineCode for Nothing {
    fn trace(&self, _: &mut Marker) {}

    fn release(&self, _: &mut Heap) {}
}

/// Code of another one.
struct Other;

impl EngineCode for Other {
    fn trace(&self, _: &mut Marker) {}

    fn release(&self, _: &mut Heap) {}
}

impl LibraryState for Other {
    fn trace(&self, _: &mut Marker) {}

    fn warn(&mut self, _: &mut dyn engine_api::Host, _: &[u8]) {}
}

#[test]
fn slots_behind_the_stack() {
    let mut vm = state();
    let capacity = vm.stack_capacity();
    assert_refused(&mut vm, "a read behind the stack", |vm| vm.slot(capacity));
    assert_refused(&mut vm, "a write behind the stack", |vm| vm.set_slot(u32::MAX, Value::NIL));
    assert_refused(&mut vm, "arguments behind the stack", |vm| vm.call_prepared(capacity - 2, 1));
    let other = vm.new_thread(Value::NIL).expect("memory");
    assert_refused(&mut vm, "a copy behind a stack", |vm| vm.copy_from_thread(other, 1 << 20, 0, 1));
    assert_refused(&mut vm, "a slot behind a stack", |_| other.slot(1 << 20));
}

#[test]
fn fields_of_another_shape() {
    let mut vm = state();
    let table = vm.table(0, 0).expect("memory");
    vm.raw_set_name(table, "first", Value::TRUE).expect("memory");
    assert!(table.field_slot(0).raw_equals(Value::TRUE));
    assert_refused(&mut vm, "a field behind the last", |_| table.field_slot(1));
    assert_refused(&mut vm, "a store behind the last field", |vm| table.set_field_slot(&mut vm.heap, 1, Value::TRUE));
    let shape = table.shape();
    assert_refused(&mut vm, "a shape without its fields", |vm| {
        Gc::<Table>::with_fields(&mut vm.heap, &vm.shapes, shape, &[])
    });
    assert_refused(&mut vm, "a shape that is no child", |vm| table.add_cached_slot(&mut vm.heap, shape, Value::TRUE));
}

#[test]
fn elements_behind_an_array() {
    let mut vm = state();
    let table = vm.table(0, 0).expect("memory");
    table.reserve_array(&mut vm.heap, ArrayKind::Empty, 10).expect("memory");
    assert!(table.element(0).is_none() && table.element(u64::MAX).is_none());
    table.set_integer(&mut vm.heap, 1, Value::integer(7), 0).expect("memory");
    assert!(table.element(0).is_some_and(|value| value.as_integer() == Some(7)));
    assert!(table.element(1).is_none() && !table.try_set_element(&mut vm.heap, 1, Value::integer(8)));
    assert!(!table.try_set_element(&mut vm.heap, 0, Value::TRUE), "an array of integers took a boolean");
}

#[test]
fn code_upvalues_and_states_of_others() {
    let mut vm = state();
    let code = Gc::<Code>::allocate(&mut vm.heap, Box::new(Nothing), 0).expect("memory");
    let closure = Gc::<Closure>::allocate(&mut vm.heap, code, &[]).expect("memory");
    let _mine: &Nothing = code.get();
    assert_refused(&mut vm, "code as another type", |_| std::ptr::from_ref(code.get::<Other>()));
    assert_refused(&mut vm, "an upvalue that is not there", |_| closure.cell(0));
    let demanding = Gc::<Code>::allocate(&mut vm.heap, Box::new(Nothing), 1).expect("memory");
    assert_refused(&mut vm, "a closure without its upvalues", |vm| {
        Gc::<Closure>::allocate(&mut vm.heap, demanding, &[]).map(|_| ())
    });
    assert_refused(&mut vm, "code of another engine", |vm| {
        Gc::<Code>::allocate(&mut vm.heap, Box::new(Other), 0).map(|_| ())
    });
    let _unit: &() = vm.engine_state().get();
    assert_refused(&mut vm, "an engine's state as another type", |vm| *vm.engine_state().get::<u64>());
    assert_refused(&mut vm, "a library's state as another type", |vm| std::ptr::from_ref(vm.library_state::<Other>()));
}
