//! What compilers write into new objects by constants is what the runtime writes.

use lua_runtime::function::{CELL_BYTES, new_cell_header};
use lua_runtime::table::{
    NEW_TABLE_ARRAY, NEW_TABLE_HEADER, TABLE_ARRAY_OFFSET, TABLE_BYTES, TABLE_CAPACITIES_OFFSET, TABLE_HASH_OFFSET,
    TABLE_METATABLE_OFFSET, TABLE_SHAPE_OFFSET, TABLE_SLOTS_OFFSET,
};
use lua_runtime::{Cell, Gc, Value};

use crate::support::state;

/// The 64 bits at an offset of an object.
///
/// # Safety
/// The object must have them.
unsafe fn word<T>(object: Gc<T>, offset: usize) -> u64 {
    // SAFETY: as the caller says.
    unsafe { object.as_ptr().byte_add(offset).cast::<u64>().read_unaligned() }
}

#[test]
fn an_empty_table_is_as_compilers_make_it() {
    let mut vm = state();
    for slots in [0, 3] {
        let table = vm.table(0, slots).expect("memory");
        // SAFETY: a table has so many bytes.
        let word = |offset| unsafe { word(table, offset) };
        assert_eq!(word(0), NEW_TABLE_HEADER);
        assert_eq!(word(TABLE_SHAPE_OFFSET), table.shape().address());
        assert_eq!(word(TABLE_SLOTS_OFFSET), table.address() + TABLE_BYTES as u64);
        assert_eq!([word(TABLE_ARRAY_OFFSET), word(TABLE_ARRAY_OFFSET + 8)], NEW_TABLE_ARRAY);
        assert_eq!([word(TABLE_METATABLE_OFFSET), word(TABLE_HASH_OFFSET)], [0, 0]);
        assert_eq!(word(TABLE_CAPACITIES_OFFSET), u64::from(slots) << 32 | u64::from(slots));
    }
}

#[test]
fn a_cell_is_as_compilers_make_it() {
    let mut vm = state();
    for immutable in [false, true] {
        let before = vm.heap.used_bytes();
        let cell = Gc::<Cell>::allocate(&mut vm.heap, Value::TRUE, immutable).expect("memory");
        // SAFETY: every object has a header of so many bytes.
        assert_eq!(unsafe { word(cell, 0) }, new_cell_header(immutable));
        assert!(vm.heap.used_bytes() - before >= CELL_BYTES as u64);
    }
}
