//! Tables against a model: the same random operations on a table and on a map must always agree.

use std::collections::HashMap;

use lua_library::random::RandomState;
use lua_runtime::array::ArrayKind;
use lua_runtime::table::StoreError;
use lua_runtime::{Gc, Table, Value, Vm};

use crate::support::state;

/// A key of the model: comparable, and turned into a value on demand.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Integer(i64),
    Name(u32),
    Fraction(i64),
    Boolean(bool),
}

fn value_of(vm: &mut Vm, key: &Key) -> Value {
    match key {
        Key::Integer(integer) => Value::integer(*integer),
        Key::Name(number) => Value::from(vm.string(format!("name{number}").as_bytes()).expect("memory")),
        Key::Fraction(integer) => Value::float(*integer as f64 + 0.5),
        Key::Boolean(boolean) => Value::boolean(*boolean),
    }
}

fn random_key(random: &mut RandomState, names: u32) -> Key {
    match random.next_in(0, 9) {
        0..=4 => Key::Integer(random.next_in(-2, 40)),
        5..=7 => Key::Name(random.next_in(0, i64::from(names)) as u32),
        8 => Key::Fraction(random.next_in(0, 5)),
        _ => Key::Boolean(random.next_in(0, 1) == 0),
    }
}

fn random_value(random: &mut RandomState, style: i64) -> Value {
    match if style == 4 { random.next_in(0, 3) } else { style } {
        0 => Value::integer(random.next_in(0, 1000)),
        1 => Value::float(random.next_float()),
        2 => Value::boolean(random.next_in(0, 1) == 0),
        _ => Value::TRUE,
    }
}

fn same(a: Value, b: Value) -> bool {
    a.tag == b.tag && a.payload == b.payload
}

/// Everything that must hold between a table and its model.
fn check(vm: &mut Vm, table: Gc<Table>, model: &HashMap<Key, Value>) {
    for (key, expected) in model {
        let key_value = value_of(vm, key);
        let got = vm.raw_get(table, key_value);
        assert!(same(got, *expected), "{key:?}: {got:?} instead of {expected:?}");
    }
    let length = i64::from(table.length());
    assert!(length == 0 || model.contains_key(&Key::Integer(length)), "{length} is no border: it is nil");
    assert!(!model.contains_key(&Key::Integer(length + 1)), "{length} is no border: the next is not nil");
    let mut seen = 0;
    let mut key = Value::NIL;
    while let Some((next, value)) = table.next(key, vm.strings.seed()).expect("a key of the table") {
        assert!(!value.is_nil());
        seen += 1;
        key = next;
    }
    assert_eq!(seen, model.len(), "traversal visits every entry once");
}

#[test]
fn tables_agree_with_a_model() {
    for seed in 0..60 {
        let mut vm = state();
        let mut random = RandomState::seeded(seed, 7);
        let table = vm.table(0, (seed % 5) as u32).expect("memory");
        let mut model = HashMap::new();
        // Some runs stay below the limit of a shape, some become dictionaries.
        let names = if seed % 2 == 0 { 20 } else { 300 };
        for step in 0..2000 {
            let key = random_key(&mut random, names);
            let key_value = value_of(&mut vm, &key);
            if random.next_in(0, 3) == 0 {
                vm.raw_set(table, key_value, Value::NIL).expect("a valid key");
                model.remove(&key);
            } else {
                let value = random_value(&mut random, (seed % 5) as i64);
                vm.raw_set(table, key_value, value).expect("a valid key");
                model.insert(key, value);
            }
            if step % 50 == 0 {
                check(&mut vm, table, &model);
            }
        }
        check(&mut vm, table, &model);
    }
}

#[test]
fn entries_may_be_cleared_during_traversal() {
    let mut vm = state();
    let table = vm.table(0, 0).expect("memory");
    for i in 1..=100 {
        vm.raw_set(table, Value::integer(i), Value::integer(i)).expect("a valid key");
        let name = value_of(&mut vm, &Key::Name(i as u32));
        vm.raw_set(table, name, Value::TRUE).expect("a valid key");
        vm.raw_set(table, Value::float(i as f64 + 0.5), Value::TRUE).expect("a valid key");
    }
    let mut key = Value::NIL;
    let mut seen = 0;
    while let Some((next, _)) = table.next(key, vm.strings.seed()).expect("a key of the table") {
        vm.raw_set(table, next, Value::NIL).expect("a valid key");
        key = next;
        seen += 1;
    }
    assert_eq!(seen, 300);
    assert!(table.next(Value::NIL, vm.strings.seed()).expect("the start").is_none());
}

#[test]
fn arrays_take_the_narrowest_kind_and_only_widen() {
    let mut vm = state();
    let mut kind_after = |values: &[Value]| {
        let table = vm.table(0, 0).expect("memory");
        for (i, value) in values.iter().enumerate() {
            vm.raw_set(table, Value::integer(i as i64 + 1), *value).expect("a valid key");
        }
        table.array_kind()
    };
    assert_eq!(kind_after(&[]), ArrayKind::Empty);
    assert_eq!(kind_after(&[Value::integer(1), Value::integer(2)]), ArrayKind::Integer);
    assert_eq!(kind_after(&[Value::float(1.0), Value::float(2.0)]), ArrayKind::Float);
    assert_eq!(kind_after(&[Value::TRUE, Value::FALSE]), ArrayKind::Boolean);
    assert_eq!(kind_after(&[Value::integer(1), Value::float(2.0)]), ArrayKind::Any);
    assert_eq!(kind_after(&[Value::float(1.0), Value::integer(2)]), ArrayKind::Any);
}

#[test]
fn a_boolean_array_that_starts_at_two_stays_boolean() {
    let mut vm = state();
    let table = vm.table(0, 0).expect("memory");
    for i in 2..=1000 {
        vm.raw_set(table, Value::integer(i), Value::TRUE).expect("a valid key");
    }
    assert_eq!(table.array_kind(), ArrayKind::Boolean);
    assert_eq!(table.length(), 1000);
}

#[test]
fn nil_and_nan_keys_are_refused() {
    let mut vm = state();
    let table = vm.table(0, 0).expect("memory");
    assert_eq!(vm.raw_set(table, Value::NIL, Value::TRUE), Err(StoreError::NilKey));
    assert_eq!(vm.raw_set(table, Value::float(f64::NAN), Value::TRUE), Err(StoreError::NanKey));
    assert!(vm.raw_get(table, Value::NIL).is_nil());
}

#[test]
fn tables_that_grow_alike_share_shapes() {
    let mut vm = state();
    let mut build = |order: &[u32]| {
        let table = vm.table(0, 0).expect("memory");
        for number in order {
            let key = value_of(&mut vm, &Key::Name(*number));
            vm.raw_set(table, key, Value::TRUE).expect("a valid key");
        }
        table.shape()
    };
    assert_eq!(build(&[1, 2, 3]), build(&[1, 2, 3]));
    assert_ne!(build(&[1, 2, 3]), build(&[2, 1, 3]));
    assert_eq!(build(&[1, 2, 3]).slot_count(), 3);
}

#[test]
fn a_metatable_is_part_of_the_shape_once_a_second_object_has_it() {
    let mut vm = state();
    let classes: Vec<_> = (0..200).map(|_| vm.table(0, 0).expect("memory")).collect();
    for class in classes {
        let objects: Vec<_> = (0..3).map(|_| vm.table(0, 0).expect("memory")).collect();
        vm.set_metatable(objects[0], Some(class)).expect("memory");
        assert!(objects[0].shape().is_poly(), "one object is no class");
        vm.raw_set_name(objects[0], "size", Value::integer(1)).expect("memory");
        for object in &objects[1..] {
            vm.set_metatable(*object, Some(class)).expect("memory");
            vm.raw_set_name(*object, "size", Value::integer(1)).expect("memory");
        }
        assert_eq!(objects[1].shape().metatable(), Some(class));
        assert!(objects.iter().all(|object| object.shape() == objects[1].shape()), "the first one moves to the others");
    }
}

#[test]
fn objects_with_a_metatable_each_share_a_shape() {
    let mut vm = state();
    let mut object = || {
        let (object, metatable) = (vm.table(0, 0).expect("memory"), vm.table(0, 0).expect("memory"));
        vm.set_metatable(object, Some(metatable)).expect("memory");
        object
    };
    let (first, second) = (object(), object());
    assert!(first.shape().is_poly() && first.shape() == second.shape());
    vm.set_metatable(first, None).expect("memory");
    assert!(!first.shape().is_poly(), "what is poly has a metatable");
}

/// A table with so many string keys that it is a dictionary, and an object behind whose `__index` it is.
fn dictionary_behind_an_object(vm: &mut Vm) -> (Gc<Table>, Gc<Table>) {
    let (class, metatable, object) =
        (vm.table(0, 0).expect("memory"), vm.table(0, 0).expect("memory"), vm.table(0, 0).expect("memory"));
    for number in 0..200 {
        let key = value_of(vm, &Key::Name(number));
        vm.raw_set(class, key, Value::integer(number.into())).expect("memory");
    }
    vm.raw_set_name(metatable, "__index", Value::from(class)).expect("memory");
    vm.set_metatable(object, Some(metatable)).expect("memory");
    assert!(class.shape().is_dictionary());
    (class, object)
}

fn entries(vm: &Vm, table: Gc<Table>) -> Vec<(u64, u64)> {
    let mut entries = Vec::new();
    let mut key = Value::NIL;
    while let Some((next, value)) = table.next(key, vm.strings.seed()).expect("a key of the table") {
        entries.push((next.payload(), value.payload()));
        key = next;
    }
    entries
}

#[test]
fn a_dictionary_that_a_lookup_passes_gets_fields_in_the_order_of_its_entries() {
    let mut vm = state();
    let (class, object) = dictionary_behind_an_object(&mut vm);
    let before = entries(&vm, class);
    let key = value_of(&mut vm, &Key::Name(7));
    assert_eq!(vm.index(Value::from(object), key).map(Value::payload).ok(), Some(7));
    assert!(!class.shape().is_dictionary() && class.is_prototype());
    assert_eq!(entries(&vm, class), before);
}

#[test]
fn a_dictionary_with_other_keys_stays_one() {
    let mut vm = state();
    let (class, object) = dictionary_behind_an_object(&mut vm);
    vm.raw_set(class, Value::TRUE, Value::integer(1)).expect("memory");
    let key = value_of(&mut vm, &Key::Name(7));
    assert_eq!(vm.index(Value::from(object), key).map(Value::payload).ok(), Some(7));
    assert!(class.shape().is_dictionary());
}
