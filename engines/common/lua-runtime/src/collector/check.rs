//! The heap's invariants, checked object by object: what the knob `check-heap` does after each collection.
//!
//! Right after a sweep no mark is set, and whatever an object refers to exists and is of the kind that the reference
//! says. Every other invariant of an object is stated where its type is; here stand the questions. It must not be asked
//! between a mark and its sweep.

use rustc_hash::FxHashSet;

use crate::heap::Heap;
use crate::heap::object::{Gc, Header, Kind};
use crate::objects::array::ArrayKind;
use crate::objects::chain::Chain;
use crate::objects::function::{Cell, Closure, Code, NativeFunction};
use crate::objects::marker::Marker;
use crate::objects::shape::{Shape, ShapeTree};
use crate::objects::string::{LuaString, SHORT_STRING_BYTES, StringTable, hash_bytes};
use crate::objects::table::Table;
use crate::objects::thread::Thread;
use crate::objects::userdata::Userdata;
use crate::value::{Tag, Value};

/// The objects that exist.
struct Objects<'a> {
    strings: &'a StringTable,
    addresses: FxHashSet<u64>,
}

/// Checks every object of the heap, the interned strings, and that the coroutines that are roots exist.
///
/// # Panics
/// If an invariant does not hold: the collector, the library or an engine is wrong.
pub(crate) fn check(heap: &Heap, strings: &StringTable, shapes: &ShapeTree, threads: &[Gc<Thread>]) {
    let mut addresses = FxHashSet::default();
    heap.for_each_object(|object| {
        assert!(!object.is_marked(), "a {:?} is marked after the sweep", object.kind());
        addresses.insert(object.address());
    });
    let objects = Objects { strings, addresses };
    heap.for_each_object(|object| objects.check(object));
    for thread in threads {
        objects.must_exist(thread.header(), Kind::Thread);
    }
    strings.iter().for_each(|string| objects.must_exist(string.header(), Kind::String));
    shapes.chains.for_each_passed(|table, chain| {
        objects.must_exist(table.header(), Kind::Table);
        objects.must_exist(chain.header(), Kind::Chain);
        assert!(table.is_watched(), "a table that a chain passes and nobody watches");
    });
    // Looking at code has marked what it refers to.
    heap.for_each_object(Gc::<Header>::clear_mark);
}

impl Objects<'_> {
    fn must_exist(&self, object: Gc<Header>, kind: Kind) {
        assert!(self.addresses.contains(&object.address()), "a reference to a {kind:?} that was freed");
        assert!(object.kind() == kind, "a reference to a {kind:?} leads to a {:?}", object.kind());
    }

    fn check_value(&self, value: Value) {
        let kind = match value.tag {
            Tag::Nil | Tag::False | Tag::True => return assert!(value.payload == 0, "a payload of nothing"),
            Tag::Integer | Tag::Float | Tag::Frame => return,
            Tag::String => Kind::String,
            Tag::Table => Kind::Table,
            Tag::Closure => Kind::Closure,
            Tag::Native => Kind::Native,
            Tag::Thread => Kind::Thread,
            Tag::Userdata => Kind::Userdata,
            Tag::Cell => Kind::Cell,
        };
        match value.as_object() {
            Some(object) => self.must_exist(object, kind),
            None => unreachable!("the tag is that of a reference"),
        }
    }

    fn check(&self, object: Gc<Header>) {
        // SAFETY: the kind says what the object is.
        unsafe {
            match object.kind() {
                Kind::String => self.check_string(object.cast::<LuaString>()),
                Kind::Table => self.check_table(object.cast::<Table>()),
                Kind::Closure => self.check_closure(object.cast::<Closure>()),
                Kind::Native => {
                    let native = object.cast::<NativeFunction>();
                    (0..native.upvalue_count()).for_each(|index| self.check_value(native.upvalue(index)));
                }
                Kind::Thread => object.cast::<Thread>().for_each_slot(|value, is_live| {
                    assert!(is_live || value.as_object().is_none(), "a reference above the top of a stack");
                    self.check_value(value);
                }),
                Kind::Cell => self.check_value(object.cast::<Cell>().get()),
                Kind::Shape => self.check_shape(object.cast::<Shape>()),
                Kind::Code => self.check_code(object.cast::<Code>()),
                Kind::Userdata => self.check_metatable(object.cast::<Userdata>().metatable()),
                Kind::Chain => self.check_chain(object.cast::<Chain>()),
                Kind::Free => unreachable!("free cells are no objects"),
            }
        }
    }

    fn check_string(&self, string: Gc<LuaString>) {
        let bytes = string.bytes();
        assert!(string.is_short() == (bytes.len() <= SHORT_STRING_BYTES), "a string of the wrong length class");
        if string.is_short() {
            let seed = self.strings.seed();
            assert!(string.hash(seed) == hash_bytes(bytes, seed), "an interned string with another string's hash");
            assert!(self.strings.find(bytes) == Some(string), "a short string that is not the interned one");
        }
    }

    fn check_metatable(&self, metatable: Option<Gc<Table>>) {
        if let Some(metatable) = metatable {
            self.must_exist(metatable.header(), Kind::Table);
            assert!(metatable.is_prototype(), "a metatable that does not count as a prototype");
        }
    }

    fn check_table(&self, table: Gc<Table>) {
        let shape = table.shape();
        self.must_exist(shape.header(), Kind::Shape);
        self.check_metatable(table.metatable());
        assert!(shape.is_poly() || shape.metatable() == table.metatable(), "a shape with another metatable");
        assert!(!shape.is_poly() || table.metatable().is_some(), "a poly shape without a metatable");
        if let Some((group, metatable)) = shape.group().zip(table.metatable()) {
            assert!(group.describes(metatable), "a metatable that is not like those of its group");
        }
        for slot in 0..shape.slot_count() {
            self.check_value(table.field_slot(slot));
        }
        let (kind, length, capacity) = (table.array_kind(), table.length(), table.array_capacity());
        assert!(length <= capacity, "an array longer than its room");
        assert!((kind == ArrayKind::Empty) == (capacity == 0), "an array of a kind without room");
        (0..u64::from(length)).filter_map(|index| table.element(index)).for_each(|value| self.check_value(value));
        let last = u64::from(length).checked_sub(1).and_then(|index| table.element(index));
        assert!(last.is_none_or(|value| !value.is_nil()), "an array that ends with nil");
        table.check_hash_part(self.strings.seed(), |key, value| {
            self.check_value(value);
            if !value.is_nil() {
                self.check_value(key);
            }
        });
    }

    fn check_closure(&self, closure: Gc<Closure>) {
        self.must_exist(closure.code().header(), Kind::Code);
        assert!(closure.data() == closure.code().data(), "a closure with the data of other code");
        (0..closure.cell_count()).for_each(|index| self.must_exist(closure.cell(index).header(), Kind::Cell));
    }

    fn check_shape(&self, shape: Gc<Shape>) {
        self.check_metatable(shape.metatable());
        shape.for_each_related(|related| self.must_exist(related.header(), Kind::Shape));
        for slot in 0..shape.slot_count() {
            let key = shape.key_at(slot);
            self.must_exist(key.header(), Kind::String);
            assert!(key.is_short() && shape.slot_of(key) == Some(slot), "a key that its shape does not find");
        }
    }

    fn check_chain(&self, chain: Gc<Chain>) {
        if let Some(start) = chain.start() {
            self.must_exist(start.header(), Kind::Table);
            assert!(start.is_watched() || !chain.is_valid(), "a valid chain whose start nobody watches");
        }
        if let Some(shape) = chain.metatable_shape() {
            self.must_exist(shape.header(), Kind::Shape);
        }
    }

    /// What code refers to is known to the engine only, and to the marker that it fills.
    fn check_code(&self, code: Gc<Code>) {
        let mut marker = Marker::of_check();
        code.trace(&mut marker);
        for object in marker.reached() {
            assert!(self.addresses.contains(&object.address()), "code refers to an object that was freed");
        }
        for cache in &marker.caches {
            // SAFETY: the code that has noted it just now is live.
            unsafe { cache.as_ref() }.for_each_object(|object| {
                assert!(self.addresses.contains(&object.address()), "a cache refers to an object that was freed");
            });
        }
    }
}
