//! The objects that compiled code reads and writes, described for its listings with the constants that compilers use.
//!
//! It knows offsets and names only.

use engine_api::FRAME_GATE_OFFSET;
use engine_api::layout::{Array, Field, Layout, field};

use crate::heap::object::{DETAIL_OFFSET, FLAGS_OFFSET, WORD_OFFSET};
use crate::heap::{FREE_CELL_NEXT_OFFSET, HEAP_ALLOCATIONS_OFFSET, HEAP_ALLOWANCE_OFFSET, HEAP_FREE_OFFSET};
use crate::objects::array::{ARRAY_CAPACITY_OFFSET, ARRAY_LENGTH_OFFSET, ARRAY_POINTER_OFFSET};
use crate::objects::chain::{
    CHAIN_INDEX_SLOT_OFFSET, CHAIN_METATABLE_SHAPE_OFFSET, CHAIN_START_OFFSET, CHAIN_VALID_OFFSET,
};
use crate::objects::function::{CELL_VALUE_OFFSET, CLOSURE_CELLS_OFFSET, CLOSURE_DATA_OFFSET, NATIVE_INTRINSIC_OFFSET};
use crate::objects::inline_cache::{
    CACHE_FURTHER_OFFSET, ENTRY_BYTES, ENTRY_CHAIN_OFFSET, ENTRY_KIND_OFFSET, ENTRY_SHAPE_OFFSET, ENTRY_SLOT_OFFSET,
    ENTRY_TARGET_OFFSET,
};
use crate::objects::shape::{SHAPE_METATABLE_OFFSET, SHAPE_PARENT_OFFSET, SHAPE_SLOT_COUNT_OFFSET};
use crate::objects::string::{STRING_BYTES_OFFSET, STRING_LENGTH_OFFSET};
use crate::objects::table::{
    TABLE_ARRAY_OFFSET, TABLE_BYTES, TABLE_CAPACITIES_OFFSET, TABLE_HASH_OFFSET, TABLE_METATABLE_OFFSET,
    TABLE_SHAPE_OFFSET, TABLE_SLOTS_OFFSET,
};
use crate::value::{PAYLOAD_OFFSET, TAG_OFFSET, VALUE_BYTES};
use crate::vm::{
    VM_EMPTY_SHAPE_OFFSET, VM_FRAME_BASE_OFFSET, VM_HEAP_OFFSET, VM_INTERRUPT_WORD_OFFSET, VM_STACK_CAPACITY_OFFSET,
    VM_STACK_OFFSET, VM_STRING_METHODS_OFFSET,
};

/// The fields of a value that is an element of something. The upper half of a payload is written apart where an
/// instruction has no room for all of it.
pub const VALUE_FIELDS: &[Field] =
    &[field(PAYLOAD_OFFSET, ""), field(PAYLOAD_OFFSET + 4, "upper"), field(TAG_OFFSET, "tag")];

/// The Lua state.
pub static VM: Layout = Layout {
    name: "vm",
    fields: &[
        field(VM_STACK_OFFSET, "stack"),
        field(VM_STACK_CAPACITY_OFFSET, "stack_capacity"),
        field(VM_FRAME_BASE_OFFSET, "frame_base"),
        field(VM_INTERRUPT_WORD_OFFSET, "interrupt_word"),
        field(VM_HEAP_OFFSET + HEAP_ALLOWANCE_OFFSET, "heap.allowance_bytes"),
        field(VM_HEAP_OFFSET + HEAP_ALLOCATIONS_OFFSET, "heap.allocations"),
        field(VM_EMPTY_SHAPE_OFFSET, "empty_shape"),
        field(VM_STRING_METHODS_OFFSET, "string_methods"),
    ],
    arrays: &[Array {
        name: "heap.free",
        first: (VM_HEAP_OFFSET + HEAP_FREE_OFFSET) as i64,
        stride: 8,
        names: &[],
        fields: &[field(0, "")],
    }],
};

/// The word through which the host, the collector and hooks ask for attention.
pub static INTERRUPT: Layout =
    Layout { name: "interrupt", fields: &[field(0, "bits"), field(FRAME_GATE_OFFSET, "frame_gate")], arrays: &[] };

/// Two values side by side.
pub static VALUE_PAIR: Layout = Layout {
    name: "",
    fields: &[],
    arrays: &[Array { name: "value", first: 0, stride: VALUE_BYTES as i64, names: &[], fields: VALUE_FIELDS }],
};

/// A cell of the heap that is free.
pub static FREE_CELL: Layout =
    Layout { name: "free_cell", fields: &[field(FREE_CELL_NEXT_OFFSET, "next")], arrays: &[] };

/// A shape.
pub static SHAPE: Layout = Layout {
    name: "shape",
    fields: &[
        field(SHAPE_METATABLE_OFFSET, "metatable"),
        field(SHAPE_SLOT_COUNT_OFFSET, "slot_count"),
        field(SHAPE_PARENT_OFFSET, "parent"),
    ],
    arrays: &[],
};

/// A string.
pub static STRING: Layout = Layout {
    name: "string",
    fields: &[field(FLAGS_OFFSET, "flags"), field(STRING_LENGTH_OFFSET, "length"), field(STRING_BYTES_OFFSET, "bytes")],
    arrays: &[],
};

/// A library function.
pub static NATIVE: Layout =
    Layout { name: "native", fields: &[field(NATIVE_INTRINSIC_OFFSET, "intrinsic")], arrays: &[] };

/// A table.
pub static TABLE: Layout = Layout {
    name: "table",
    fields: &[
        field(0, "header"),
        field(FLAGS_OFFSET, "flags"),
        field(DETAIL_OFFSET, "array.kind"),
        field(WORD_OFFSET, "absent_events"),
        field(TABLE_SHAPE_OFFSET, "shape"),
        field(TABLE_SLOTS_OFFSET, "slots"),
        field(TABLE_ARRAY_OFFSET + ARRAY_POINTER_OFFSET, "array.pointer"),
        field(TABLE_ARRAY_OFFSET + ARRAY_LENGTH_OFFSET, "array.length"),
        field(TABLE_ARRAY_OFFSET + ARRAY_CAPACITY_OFFSET, "array.capacity"),
        field(TABLE_METATABLE_OFFSET, "metatable"),
        field(TABLE_HASH_OFFSET, "hash"),
        field(TABLE_CAPACITIES_OFFSET, "slot_capacity"),
        field(TABLE_CAPACITIES_OFFSET + 4, "inline_slots"),
    ],
    arrays: &[Array {
        name: "inline",
        first: TABLE_BYTES as i64,
        stride: VALUE_BYTES as i64,
        names: &[],
        fields: VALUE_FIELDS,
    }],
};

/// The value of a field, by its address.
pub static FIELD: Layout =
    Layout { name: "field", fields: &[field(PAYLOAD_OFFSET, "payload"), field(TAG_OFFSET, "tag")], arrays: &[] };

/// The values of a table's fields.
pub static TABLE_SLOTS: Layout = Layout {
    name: "",
    fields: &[],
    arrays: &[Array { name: "slot", first: 0, stride: VALUE_BYTES as i64, names: &[], fields: VALUE_FIELDS }],
};

/// The tag of an element of an array part.
pub static ELEMENT_TAG: Layout = Layout { name: "element", fields: &[field(0, "tag")], arrays: &[] };

/// The payload of an element of an array part: at the address that is computed for it, or right below.
pub static ELEMENT_PAYLOAD: Layout =
    Layout { name: "element", fields: &[field(0, "payload"), Field { offset: -8, name: "payload" }], arrays: &[] };

/// The cell of a captured variable.
pub static CELL: Layout = Layout {
    name: "cell",
    fields: &[
        field(0, "header"),
        field(CELL_VALUE_OFFSET + PAYLOAD_OFFSET, "value"),
        field(CELL_VALUE_OFFSET + TAG_OFFSET, "value.tag"),
    ],
    arrays: &[],
};

/// A function.
pub static CLOSURE: Layout = Layout {
    name: "closure",
    fields: &[field(CLOSURE_DATA_OFFSET, "prototype")],
    arrays: &[Array {
        name: "cell",
        first: CLOSURE_CELLS_OFFSET as i64,
        stride: 8,
        names: &[],
        fields: &[field(0, "")],
    }],
};

/// What lookups behind `__index` rely on.
pub static CHAIN: Layout = Layout {
    name: "chain",
    fields: &[
        field(CHAIN_VALID_OFFSET, "valid"),
        field(CHAIN_START_OFFSET, "start"),
        field(CHAIN_METATABLE_SHAPE_OFFSET, "metatable_shape"),
        field(CHAIN_INDEX_SLOT_OFFSET, "index_slot"),
    ],
    arrays: &[],
};

/// The fields of an entry of an inline cache.
const ENTRY_FIELDS: &[Field] = &[
    field(ENTRY_SHAPE_OFFSET, "shape"),
    field(ENTRY_TARGET_OFFSET, "target"),
    field(ENTRY_CHAIN_OFFSET, "chain"),
    field(ENTRY_SLOT_OFFSET, "slot"),
    field(ENTRY_KIND_OFFSET, "kind"),
];

/// The fields of an inline cache: those of its first entry, and where the others are.
pub const CACHE_FIELDS: &[Field] = &[
    field(ENTRY_SHAPE_OFFSET, "shape"),
    field(ENTRY_TARGET_OFFSET, "target"),
    field(ENTRY_CHAIN_OFFSET, "chain"),
    field(ENTRY_SLOT_OFFSET, "slot"),
    field(ENTRY_KIND_OFFSET, "kind"),
    field(CACHE_FURTHER_OFFSET, "further"),
];

/// The further entries of an inline cache.
pub static CACHE_ENTRIES: Layout = Layout {
    name: "",
    fields: &[],
    arrays: &[Array { name: "entry", first: 0, stride: ENTRY_BYTES as i64, names: &[], fields: ENTRY_FIELDS }],
};
