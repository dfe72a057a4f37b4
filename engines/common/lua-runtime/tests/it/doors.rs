//! What safe code cannot do: every accessor that could leave its object panics instead, in release builds too.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lua_runtime::array::ArrayKind;
use lua_runtime::{
    Args, Closure, Code, EngineCode, Gc, LibraryState, LuaString, Marker, NativeRole, Signal, Table, Userdata, Value,
    Vm,
};

use crate::support::{CodeOfTests, state};

fn assert_refused<R>(vm: &mut Vm, what: &str, breach: impl FnOnce(&mut Vm) -> R) {
    assert!(catch_unwind(AssertUnwindSafe(|| breach(vm))).is_err(), "{what} was let through");
}

/// Code of another one.
struct Other;

impl EngineCode for Other {
    fn trace(&self, _: &mut Marker) {}

    fn accounted_bytes(&self) -> u64 {
        0
    }
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
    // SAFETY: there are no frames, and what is tried is to be refused.
    assert_refused(&mut vm, "a copy behind a stack", |vm| unsafe { vm.copy_from_thread(other, 1 << 20, 0, 1) });
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
        Gc::<Table>::with_fields(&mut vm.heap, &vm.shapes, shape, &[], 0)
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
    // Before there is any of this engine.
    assert_refused(&mut vm, "code of another engine", |vm| {
        Gc::<Code>::allocate(&mut vm.heap, Box::new(Other), 0).map(|_| ())
    });
    let code = Gc::<Code>::allocate(&mut vm.heap, Box::new(CodeOfTests), 0).expect("memory");
    let closure = Gc::<Closure>::allocate(&mut vm.heap, code, &[]).expect("memory");
    let _mine: &CodeOfTests = code.get();
    assert_refused(&mut vm, "code as another type", |_| std::ptr::from_ref(code.get::<Other>()));
    assert_refused(&mut vm, "an upvalue that is not there", |_| closure.cell(0));
    let demanding = Gc::<Code>::allocate(&mut vm.heap, Box::new(CodeOfTests), 1).expect("memory");
    assert_refused(&mut vm, "a closure without its upvalues", |vm| {
        Gc::<Closure>::allocate(&mut vm.heap, demanding, &[]).map(|_| ())
    });
    let _unit: &() = vm.engine_state().get();
    assert_refused(&mut vm, "an engine's state as another type", |vm| *vm.engine_state().get::<u64>());
    assert_refused(&mut vm, "a library's state as another type", |vm| std::ptr::from_ref(vm.library_state::<Other>()));
}

/// Calls a library function from slot 10 on, as one that is called by another: below it lies what it must not touch.
fn call_above(vm: &mut Vm, function: fn(&mut Vm, Args) -> Result<u32, Signal>) -> Result<u32, Signal> {
    for slot in 0..10 {
        vm.set_slot(slot, Value::integer(i64::from(slot)));
    }
    let native = Value::from(vm.native("f", function, NativeRole::Plain).expect("memory"));
    let result = vm.call(10, native, &[Value::TRUE]);
    for slot in 0..10 {
        assert_eq!(vm.slot(slot).as_integer(), Some(i64::from(slot)), "slot {slot}");
    }
    result
}

#[test]
fn frames_below_a_library_function() {
    let mut vm = state();
    let result = call_above(&mut vm, |vm, args| {
        assert_refused(vm, "a store below the frame", |vm| vm.set_slot(args.base - 3, Value::NIL));
        assert_refused(vm, "a call below the frame", |vm| vm.call_prepared(3, 0));
        assert_refused(vm, "a call from slot 0 on", |vm| vm.call(0, Value::TRUE, &[]));
        // Results of another function are refused or become this one's.
        let others = Args { base: args.base - 4, count: 1 };
        drop(catch_unwind(AssertUnwindSafe(|| vm.return_values(others, &[Value::NIL; 3]))));
        drop(catch_unwind(AssertUnwindSafe(|| vm.return_slots(others, args.base, 1))));
        assert_refused(vm, "a last call of another function", |vm| vm.call_last(others, Value::NIL, &[], None));
        assert_refused(vm, "closing below the frame", |vm| vm.close_all(|_| Some(3), Some(Value::TRUE)));
        vm.return_one(args, Value::TRUE)
    });
    assert_eq!(result, Ok(1));
}

#[test]
fn no_collection_takes_what_frames_below_hold() {
    let mut vm = state();
    let table = vm.table(0, 0).expect("memory");
    let native = vm.native(
        "f",
        |vm, args| {
            vm.collect(0);
            vm.poll(0)?;
            vm.make_room(0, 1 << 40);
            vm.return_one(args, Value::TRUE)
        },
        NativeRole::Plain,
    );
    vm.set_slot(0, Value::from(table));
    vm.call(4, Value::from(native.expect("memory")), &[]).expect("it returns");
    assert!(vm.slot(0).as_table() == Some(table), "the frame below has lost a table");
}

#[test]
fn headers_of_frames_are_no_values() {
    let mut vm = state();
    // SAFETY: it goes nowhere; what is tried is to be refused.
    let header = unsafe { Value::frame(0) };
    assert!(header.as_object().is_none(), "it refers to nothing");
    let result = call_above(&mut vm, |vm, args| {
        // SAFETY: as above.
        let header = unsafe { Value::frame(7) };
        assert_refused(vm, "a frame header in place of the own", |vm| vm.set_slot(args.base - 1, header));
        assert_refused(vm, "frame headers as results", |vm| vm.return_values(args, &[Value::TRUE, header]));
        vm.return_one(args, Value::TRUE)
    });
    assert_eq!(result, Ok(1));
}

#[test]
fn what_the_host_and_coroutines_may_not_do_inside_of_a_call() {
    let mut vm = state();
    let result = call_above(&mut vm, |vm, args| {
        assert_refused(vm, "a call of the host", |vm| vm.call_for_host(engine_api::FunctionRef(0), &[]).is_ok());
        assert_refused(vm, "the end of the state", |vm| vm.close_for_host().is_ok());
        let running = vm.thread();
        assert_refused(vm, "the end of the running coroutine", |vm| vm.close_thread(running, 0));
        vm.return_one(args, Value::TRUE)
    });
    assert_eq!(result, Ok(1));
    assert!(vm.thread() == vm.main_thread());
}

#[test]
fn a_function_goes_on_after_a_panic_of_its_own() {
    let mut vm = state();
    let result = call_above(&mut vm, |vm, args| {
        assert_refused(vm, "a slot behind the stack", |vm| vm.slot(u32::MAX));
        vm.return_one(args, Value::TRUE)
    });
    assert_eq!(result, Ok(1));
}

/// Catches a panic that goes through a call that it has made.
fn catching(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let native = Value::from(vm.native("g", |_, _| panic!("as a test"), NativeRole::Plain)?);
    let top = args.top();
    assert_refused(vm, "a panic", |vm| vm.call(top, native, &[]));
    vm.return_one(args, Value::TRUE)
}

#[test]
fn a_panic_inside_of_a_call_ends_the_process() {
    const CHILD: &str = "DOORS_CATCHES_PANICS";
    if std::env::var_os(CHILD).is_some() {
        call_above(&mut state(), catching).expect("it goes on");
        return;
    }
    let test = std::env::current_exe().expect("a path");
    let arguments = ["--exact", "doors::a_panic_inside_of_a_call_ends_the_process"];
    let output = std::process::Command::new(test).args(arguments).env(CHILD, "1").output().expect("it starts");
    // Neither a success nor a failed test, but the end by a signal.
    assert_eq!(output.status.code(), None, "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_host_is_refused_after_a_panic() {
    let mut vm = state();
    let native = vm.native("f", |_, _| panic!("as a test"), NativeRole::Plain).expect("memory");
    assert_refused(&mut vm, "a panic", |vm| vm.call(0, Value::from(native), &[]));
    assert_refused(&mut vm, "a call after a panic", |vm| vm.call_for_host(engine_api::FunctionRef(0), &[]).is_ok());
}

#[test]
fn a_last_call_without_arguments() {
    let mut vm = state();
    call_above(&mut vm, |vm, args| {
        vm.call_last(args, Value::TRUE, &[Value::NIL; 100], None).expect_err("it is a signal");
        vm.return_one(args, Value::TRUE)
    })
    .expect("it returns");
    let capacity = vm.stack_capacity();
    assert_refused(&mut vm, "arguments above the stack", |vm| vm.last_call(capacity - 50).arguments);
}

/// Something that looks at an object when it is dropped.
struct Looks(Gc<LuaString>);

impl Drop for Looks {
    fn drop(&mut self) {
        assert_eq!(self.0.bytes(), [b'x'; 100], "the object has gone before what keeps it");
    }
}

impl LibraryState for Looks {
    fn trace(&self, marker: &mut Marker) {
        marker.mark(self.0.header());
    }

    fn warn(&mut self, _: &mut dyn engine_api::Host, _: &[u8]) {}
}

#[test]
fn the_end_of_a_state_under_a_library_and_payloads_that_look() {
    let mut vm = state();
    let kept = vm.string(&[b'x'; 100]).expect("memory");
    vm.set_library_state(Box::new(Looks(kept)));
    Gc::<Userdata>::allocate(&mut vm.heap, Box::new(Looks(kept)), 0, None).expect("memory");
    drop(vm);
}

#[test]
fn numbers_of_what_is_no_object() {
    let mut vm = state();
    assert_eq!(vm.object_number(Value::integer(0x1230)), 0);
    vm.collect(0);
}

#[test]
fn values_stay_in_their_thread_and_markers_are_the_collectors() {
    /// Which of two holds is ambiguous for a type of which both do, so that the calls below do not compile then.
    trait IsNot<T> {
        fn check() {}
    }
    struct Any;
    struct SendOrDefault;
    struct Sent<T>(std::marker::PhantomData<T>);
    struct Made<T>(std::marker::PhantomData<T>);
    impl<T> IsNot<Any> for Sent<T> {}
    impl<T: Send> IsNot<SendOrDefault> for Sent<T> {}
    impl<T> IsNot<Any> for Made<T> {}
    impl<T: Default> IsNot<SendOrDefault> for Made<T> {}
    <Sent<Value> as IsNot<_>>::check();
    <Sent<Gc<Table>> as IsNot<_>>::check();
    <Made<Marker> as IsNot<_>>::check();
}
