//! Which changes end a chain, and which leave it alone.

use std::any::TypeId;

use super::Chains;
use crate::heap::Heap;
use crate::heap::object::Gc;
use crate::objects::shape::ShapeTree;
use crate::objects::string::StringTable;
use crate::objects::table::Table;
use crate::value::Value;

struct Fixture {
    heap: Heap,
    shapes: ShapeTree,
    strings: StringTable,
}

impl Fixture {
    fn new() -> Fixture {
        let interrupt = engine_api::Interrupt::default();
        let mut heap = Heap::new(&engine_api::Limits::default(), 0, 0, interrupt, TypeId::of::<()>());
        let mut strings = StringTable::new(0);
        let index_name = strings.get(&mut heap, b"__index").expect("memory");
        let shapes = ShapeTree::new(&mut heap, index_name).expect("memory");
        Fixture { heap, shapes, strings }
    }

    fn table(&mut self) -> Gc<Table> {
        Gc::<Table>::allocate(&mut self.heap, &self.shapes, 0, 0).expect("memory")
    }

    fn set(&mut self, table: Gc<Table>, name: &str, value: Value) {
        let key = self.strings.get(&mut self.heap, name.as_bytes()).expect("memory");
        table.set_string(&mut self.heap, &mut self.shapes, key, value, 0).expect("memory");
    }

    fn chain(&mut self, metatable: Gc<Table>, passed: &[Gc<Table>]) -> Gc<super::Chain> {
        let chain = self.shapes.chains.behind_shape(&mut self.heap, metatable).expect("memory");
        passed.iter().for_each(|table| self.shapes.chains.pass(chain, *table));
        chain
    }
}

#[test]
fn a_new_key_in_a_passed_table_ends_the_chains_that_pass_it_and_no_others() {
    let mut f = Fixture::new();
    let (metatable, class, other) = (f.table(), f.table(), f.table());
    let (chain, bystander) = (f.chain(metatable, &[class]), f.chain(other, &[]));
    f.set(class, "size", Value::integer(1));
    assert!(!chain.is_valid() && bystander.is_valid());
    assert_ne!(f.chain(metatable, &[]), chain, "the next lookup makes a new one");
}

#[test]
fn another_value_in_the_same_slot_is_no_structural_change() {
    let mut f = Fixture::new();
    let (metatable, class) = (f.table(), f.table());
    f.set(class, "size", Value::integer(1));
    let chain = f.chain(metatable, &[class]);
    f.set(class, "size", Value::integer(2));
    assert!(chain.is_valid());
    f.set(class, "size", Value::NIL);
    assert!(!chain.is_valid(), "a value that becomes nil is one");
}

#[test]
fn storing_the_same_value_under_a_metamethods_name_changes_nothing() {
    let mut f = Fixture::new();
    let class = f.table();
    f.set(class, "__index", Value::from(class));
    let chain = f.chain(class, &[]);
    f.set(class, "__index", Value::from(class));
    assert!(chain.is_valid());
    f.set(class, "__index", Value::TRUE);
    assert!(!chain.is_valid());
}

#[test]
fn another_metatable_ends_the_chain() {
    let mut f = Fixture::new();
    let (metatable, class, parent) = (f.table(), f.table(), f.table());
    let chain = f.chain(metatable, &[class]);
    class.set_metatable(&mut f.heap, &mut f.shapes, Some(parent)).expect("memory");
    assert!(!chain.is_valid());
}

#[test]
fn one_chain_serves_all_lookups_from_the_same_start() {
    let mut f = Fixture::new();
    let metatable = f.table();
    assert_eq!(f.chain(metatable, &[]), f.chain(metatable, &[]));
    let shape = metatable.shape();
    let chains: &mut Chains = &mut f.shapes.chains;
    let by_metatable = chains.behind_metatable(&mut f.heap, shape, 0, metatable).expect("memory");
    assert_ne!(by_metatable, chains.behind_shape(&mut f.heap, metatable).expect("memory"));
}

#[test]
fn metatables_that_are_alike_make_a_group_until_one_changes() {
    let mut f = Fixture::new();
    let class = f.table();
    let object = |f: &mut Fixture| {
        let (object, metatable) = (f.table(), f.table());
        f.set(metatable, "__index", Value::from(class));
        object.set_metatable(&mut f.heap, &mut f.shapes, Some(metatable)).expect("memory");
        (object, metatable)
    };
    let ((first, metatable), (second, _)) = (object(&mut f), object(&mut f));
    assert!(first.shape().is_poly() && first.shape() == second.shape());
    assert!(first.shape().group().is_some_and(|group| group.start() == class));
    let chain = f.chain(class, &[]);
    f.set(metatable, "__index", Value::from(first));
    assert!(first.shape().group().is_none() && !chain.is_valid(), "one of them has changed");
    let (third, _) = object(&mut f);
    assert!(third.shape().group().is_none(), "a broken group stays broken");
}

#[test]
fn a_member_that_becomes_the_metatable_of_a_second_object_changes_nothing() {
    let mut f = Fixture::new();
    let (class, metatable, first, second) = (f.table(), f.table(), f.table(), f.table());
    f.set(metatable, "__index", Value::from(class));
    first.set_metatable(&mut f.heap, &mut f.shapes, Some(metatable)).expect("memory");
    second.set_metatable(&mut f.heap, &mut f.shapes, Some(metatable)).expect("memory");
    assert!(first.shape() == second.shape() && first.shape().metatable() == Some(metatable));
}
