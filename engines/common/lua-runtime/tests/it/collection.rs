//! The collector, memory accounting and fault injection.

use std::rc::Rc;

use engine_api::{Counter, Limits};
use lua_runtime::{Cell, Gc, Userdata, Value};

use crate::support::{state, state_with};

#[test]
fn unreachable_objects_go_and_reachable_ones_stay() {
    let mut vm = state();
    vm.collect(0);
    let before = vm.heap.used_bytes();
    let kept = vm.table(0, 0).expect("memory");
    vm.raw_set_name(vm.globals, "kept", Value::from(kept)).expect("memory");
    for i in 0..1000 {
        let table = vm.table(8, 4).expect("memory");
        let text = vm.string(format!("a string that is too long to be interned, number {i}").as_bytes());
        vm.raw_set(table, Value::integer(1), Value::from(text.expect("memory"))).expect("a valid key");
        if i % 100 == 0 {
            vm.raw_set(kept, Value::integer(i / 100 + 1), Value::from(table)).expect("a valid key");
        }
    }
    vm.collect(0);
    for i in 0..10 {
        let table = vm.raw_get(kept, Value::integer(i + 1)).as_table().expect("it was kept");
        let text = vm.raw_get(table, Value::integer(1)).as_string().expect("it was kept");
        assert!(text.to_text().ends_with(&format!("number {}", i * 100)));
    }
    vm.raw_set_name(vm.globals, "kept", Value::NIL).expect("memory");
    vm.collect(0);
    // The name "kept", its shape and the slot of the globals remain.
    assert!(vm.heap.used_bytes() < before + 1500, "{} -> {}", before, vm.heap.used_bytes());
}

#[test]
fn cycles_are_collected() {
    let mut vm = state();
    vm.collect(0);
    let before = vm.heap.used_bytes();
    for _ in 0..100 {
        let (a, b) = (vm.table(0, 0).expect("memory"), vm.table(0, 0).expect("memory"));
        vm.raw_set(a, Value::integer(1), Value::from(b)).expect("a valid key");
        vm.raw_set(b, Value::integer(1), Value::from(a)).expect("a valid key");
    }
    vm.collect(0);
    assert_eq!(vm.heap.used_bytes(), before);
}

#[test]
fn the_payload_of_a_userdata_is_dropped_with_it() {
    let mut vm = state();
    vm.collect(0);
    let (before, payload) = (vm.heap.used_bytes(), Rc::new(()));
    let kept = Gc::<Userdata>::allocate(&mut vm.heap, Box::new(Rc::clone(&payload)), 1000, None).expect("memory");
    Gc::<Userdata>::allocate(&mut vm.heap, Box::new(Rc::clone(&payload)), 1000, None).expect("memory");
    vm.set_slot(0, Value::from(kept));
    vm.collect(1);
    assert_eq!(Rc::strong_count(&payload), 2);
    assert!(vm.heap.used_bytes() >= before + 1000);
    vm.collect(0);
    assert_eq!((Rc::strong_count(&payload), vm.heap.used_bytes()), (1, before));
    Gc::<Userdata>::allocate(&mut vm.heap, Box::new(Rc::clone(&payload)), 1000, None).expect("memory");
    drop(vm);
    assert_eq!(Rc::strong_count(&payload), 1);
}

#[test]
fn stack_slots_below_the_top_are_roots_and_those_above_are_cleared() {
    let mut vm = state();
    let (live, dead) = (vm.table(0, 0).expect("memory"), vm.table(0, 0).expect("memory"));
    vm.set_slot(3, Value::from(live));
    vm.set_slot(4, Value::from(dead));
    vm.collect(4);
    assert_eq!(vm.slot(3).as_table(), Some(live));
    assert!(vm.slot(4).is_nil());
}

#[test]
fn dead_shapes_and_strings_go() {
    let mut vm = state();
    vm.collect(0);
    let (shapes, bytes) = (vm.shapes.count(), vm.heap.used_bytes());
    for i in 0..50 {
        let table = vm.table(0, 0).expect("memory");
        vm.raw_set_name(table, &format!("field{i}"), Value::TRUE).expect("memory");
    }
    assert!(vm.shapes.count() >= shapes + 50);
    vm.collect(0);
    assert_eq!((vm.shapes.count(), vm.heap.used_bytes()), (shapes, bytes));
}

#[test]
fn the_heap_limit_is_an_error_and_asks_for_a_collection() {
    let mut vm = state_with(Limits { heap_bytes: Some(1 << 20), ..Limits::default() }, &[]);
    let mut made = 0;
    while Gc::<Cell>::allocate(&mut vm.heap, Value::NIL, false).is_ok() {
        made += 1;
        assert!(made < 1 << 20, "the limit is never reached");
        assert!(vm.must_poll() || vm.heap.used_bytes() <= (1 << 20) / 5 * 4);
    }
    // Without a poll the collection cannot come; the overdraft is what may be used meanwhile.
    assert!((1 << 20..=3 << 19).contains(&vm.heap.used_bytes()), "{}", vm.heap.used_bytes());
    vm.poll(0).expect("only a collection was asked for");
    assert!(Gc::<Cell>::allocate(&mut vm.heap, Value::NIL, false).is_ok());
}

#[test]
fn garbage_is_no_reason_to_refuse_an_allocation() {
    const LIMIT: u64 = 4 << 20;
    let mut vm = state_with(Limits { heap_bytes: Some(LIMIT), ..Limits::default() }, &[]);
    for stopped in [false, true] {
        vm.heap.stopped = stopped;
        for round in 0..400 {
            let bytes = [100, 3000, LIMIT as usize / 10, LIMIT as usize / 2][round % 4];
            vm.string_filled(bytes, |text| text.fill(b'x')).expect("there is room for it");
            if vm.must_poll() {
                vm.poll(0).expect("nothing is live");
            }
        }
    }
    assert!(vm.counters()[Counter::HeapPeakBytes] <= LIMIT + LIMIT / 2);
}

#[test]
fn what_is_live_past_the_limit_is_an_error_at_the_next_poll() {
    const LIMIT: u64 = 4 << 20;
    let mut vm = state_with(Limits { heap_bytes: Some(LIMIT), ..Limits::default() }, &[]);
    for slot in 0..12 {
        let text = vm.string_filled(LIMIT as usize / 10, |text| text.fill(b'x')).expect("there is room for it");
        vm.set_slot(slot, Value::from(text));
    }
    assert_eq!(vm.poll(12), Err(lua_runtime::Signal::Memory));
    assert_eq!(vm.poll(4), Ok(()), "nobody asks for a collection until there is an allocation");
    vm.string_filled(1000, |text| text.fill(b'x')).expect("the overdraft is not used up");
    assert_eq!(vm.poll(4), Ok(()), "eight of the strings are garbage now");
    assert!(vm.heap.used_bytes() < LIMIT / 2);
}

#[test]
fn the_nth_allocation_fails_once() {
    let mut vm = state_with(Limits::default(), &[("fail-allocation", "3")]);
    let results: Vec<bool> = (0..5).map(|_| Gc::<Cell>::allocate(&mut vm.heap, Value::NIL, false).is_ok()).collect();
    assert_eq!(results, [true, true, false, true, true]);
}

#[test]
fn gc_every_asks_at_every_nth_allocation() {
    let mut vm = state_with(Limits::default(), &[("gc-every", "2")]);
    let mut collections = 0;
    for _ in 0..10 {
        Gc::<Cell>::allocate(&mut vm.heap, Value::NIL, false).expect("memory");
        if vm.must_poll() {
            vm.poll(0).expect("only a collection was asked for");
            collections += 1;
        }
    }
    assert!((4..=6).contains(&collections), "{collections}");
    assert_eq!(vm.counters()[Counter::Collections], collections);
}

#[test]
fn the_stack_moves_and_keeps_its_values() {
    let mut vm = state();
    for slot in 0..vm.stack_capacity() {
        vm.set_slot(slot, Value::integer(i64::from(slot)));
    }
    let old = vm.stack_capacity();
    vm.ensure_stack(10_000).expect("memory");
    assert!(vm.stack_capacity() >= 10_000);
    for slot in 0..old {
        assert_eq!(vm.slot(slot).as_integer(), Some(i64::from(slot)));
    }
    assert!(vm.slot(9_999).is_nil());
}

#[test]
fn too_deep_a_stack_is_an_error() {
    let mut vm = state();
    assert!(vm.ensure_stack(1_000_001).is_err());
    let message = vm.error.as_string().expect("a message").to_text();
    assert_eq!(message, "stack overflow");
}
