//! Prototype instances: a compiled function made ready to run in one Lua state.
//!
//! The constants become values and the feedback descriptors become feedback. Both lie in one allocation with one pointer
//! between them, so that the interpreter needs one register for both: constant `i` is value `-(i + 1)` from the
//! pointer, feedback `i` is that far above it. Behind the feedback there is a countdown for each loop, which compiled code
//! uses where an engine compiles loops too. The runtime owns instances through [`lua_runtime::Code`].

use std::alloc::Layout;
use std::cell::Cell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ptr::NonNull;
use std::rc::Rc;

use lua_bytecode::proto::{Constant, FeedbackDescriptor, SHORT_KEY_BYTES};
use lua_bytecode::{FunctionProto, Pc};
use lua_runtime::Marker;
use lua_runtime::heap::OutOfMemory;
use lua_runtime::{Code, EngineCode, Gc, LuaString, NATIVE_FREE_SLOTS, Value, Vm};

use crate::code::feedback::Feedback;
use crate::frame::HEADER_SLOTS;

/// Slots above a frame's registers that are checked for at its entry: a header, the most arguments of a metamethod, and
/// what a library function may use without asking.
pub(crate) const MARGIN_SLOTS: u32 = HEADER_SLOTS + 4 + NATIVE_FREE_SLOTS;

/// A function ready to run.
#[repr(C)]
pub struct Prototype {
    /// The first word of the code.
    pub(crate) code: *const u32,
    /// Constants below, feedback above.
    pub(crate) pool: Pool,
    /// Slots that must exist from the base on.
    pub(crate) frame_slots: u32,
    /// Slots of the registers alone: where the next frame of a metamethod begins.
    pub(crate) max_stack: u32,
    /// Named parameters.
    pub(crate) parameters: u32,
    /// Whether extra arguments are kept.
    pub(crate) is_vararg: bool,
    /// The functions defined directly inside.
    pub(crate) inner: Vec<Gc<Code>>,
    /// What it was made from; owns the code.
    pub(crate) proto: Rc<FunctionProto>,
    /// The text of the chunk.
    pub(crate) text: Gc<LuaString>,
    /// What a compiler of functions knows about the function; null until it sets it. It owns that and keeps it as long as the
    /// Lua state.
    pub(crate) tier: Cell<*mut ()>,
    /// Whether a compiler of loops has had units of the function, so that it is to be asked where frames are resumed.
    pub(crate) has_loop_units: Cell<bool>,
}

/// Offset of [`Prototype::code`].
pub const PROTOTYPE_CODE_OFFSET: usize = 0;
/// Offset of [`Prototype::pool`].
pub const PROTOTYPE_POOL_OFFSET: usize = 8;
/// Offset of [`Prototype::frame_slots`] (u32).
pub const PROTOTYPE_FRAME_SLOTS_OFFSET: usize = std::mem::offset_of!(Prototype, frame_slots);
/// Offset of [`Prototype::parameters`] (u32).
pub const PROTOTYPE_PARAMETERS_OFFSET: usize = std::mem::offset_of!(Prototype, parameters);
/// Offset of [`Prototype::is_vararg`] (a byte, 0 or 1).
pub const PROTOTYPE_IS_VARARG_OFFSET: usize = std::mem::offset_of!(Prototype, is_vararg);
/// Offset of [`Prototype::tier`].
pub const PROTOTYPE_TIER_OFFSET: usize = std::mem::offset_of!(Prototype, tier);

const _: () = {
    assert!(std::mem::offset_of!(Prototype, code) == PROTOTYPE_CODE_OFFSET);
    assert!(std::mem::offset_of!(Prototype, pool) == PROTOTYPE_POOL_OFFSET);
};

impl Prototype {
    /// The first word of the code.
    #[inline(always)]
    pub fn code(&self) -> *const u32 {
        self.code
    }

    /// Constants and feedback.
    #[inline(always)]
    pub fn pool(&self) -> Pool {
        self.pool
    }

    /// Slots that must exist from the base on.
    #[inline(always)]
    pub fn frame_slots(&self) -> u32 {
        self.frame_slots
    }

    /// Slots of the registers alone.
    #[inline(always)]
    pub fn max_stack(&self) -> u32 {
        self.max_stack
    }

    /// Named parameters.
    #[inline(always)]
    pub fn parameters(&self) -> u32 {
        self.parameters
    }

    /// Whether extra arguments are kept.
    #[inline(always)]
    pub fn is_vararg(&self) -> bool {
        self.is_vararg
    }

    /// The functions defined directly inside.
    #[inline(always)]
    pub fn inner(&self) -> &[Gc<Code>] {
        &self.inner
    }

    /// What it was made from.
    #[inline(always)]
    pub fn proto(&self) -> &Rc<FunctionProto> {
        &self.proto
    }

    /// What a compiler of functions knows about the function; null until it sets it.
    #[inline(always)]
    pub fn tier(&self) -> *mut () {
        self.tier.get()
    }

    /// Sets that.
    ///
    /// # Safety
    /// The caller is the compiler of functions, which owns what is there and keeps it as long as the Lua state.
    #[inline(always)]
    pub unsafe fn set_tier(&self, tier: *mut ()) {
        self.tier.set(tier);
    }

    /// Whether a compiler of loops has had units of the function.
    #[inline(always)]
    pub fn has_loop_units(&self) -> bool {
        self.has_loop_units.get()
    }

    /// Says so.
    pub fn set_has_loop_units(&self) {
        self.has_loop_units.set(true);
    }

    /// The countdown of the loop with this header: back-edges of compiled code until it asks the compiler of loops. It asks when
    /// there is nothing left.
    ///
    /// # Panics
    /// If no loop has this header.
    pub fn loop_countdown(&self, header: Pc) -> &Cell<i32> {
        let offset = loop_countdown_offset(&self.proto, header);
        // SAFETY: the pool has a countdown there, which lives as long as the prototype.
        unsafe { &*self.pool.0.as_ptr().add(offset).cast::<Cell<i32>>() }
    }

    /// The feedback with this index.
    ///
    /// # Panics
    /// If there is none.
    pub fn feedback(&self, index: u32) -> &Feedback {
        assert!((index as usize) < self.proto.feedback.len(), "the function has no feedback {index}");
        // SAFETY: the index was checked just above, and the feedback lives as long as the prototype. It changes by cells.
        unsafe { &*self.pool.feedback(index) }
    }
}

/// The distance from a function's pool to the countdown (i32) of the loop with this header.
///
/// # Panics
/// If no loop has this header.
pub fn loop_countdown_offset(proto: &FunctionProto, header: Pc) -> usize {
    let index = proto.loops.partition_point(|entry| entry.header_pc < header);
    assert!(proto.loops.get(index).is_some_and(|entry| entry.header_pc == header), "no loop begins at {header}");
    loop_countdowns_offset(proto) + index * size_of::<Cell<i32>>()
}

fn loop_countdowns_offset(proto: &FunctionProto) -> usize {
    proto.feedback.len() * size_of::<Feedback>()
}

/// A pointer with values below and feedback above it.
#[derive(Debug, Clone, Copy)]
#[repr(transparent)]
pub struct Pool(NonNull<u8>);

impl Pool {
    /// The constant with this index.
    ///
    /// # Safety
    /// The index must be below the number of constants, as the verifier checks, and the prototype alive.
    #[inline(always)]
    pub unsafe fn constant(self, index: u32) -> *const Value {
        // SAFETY: as the caller says.
        unsafe { self.0.as_ptr().cast::<Value>().sub(index as usize + 1) }
    }

    /// The feedback with this index.
    ///
    /// # Safety
    /// The index must be below the number of descriptors, as the verifier checks, and the prototype alive.
    #[inline(always)]
    pub unsafe fn feedback(self, index: u32) -> *mut Feedback {
        // SAFETY: as the caller says.
        unsafe { self.0.as_ptr().cast::<Feedback>().add(index as usize) }
    }
}

/// The long strings of a chunk that exist already: equal ones are one object, as in PUC Lua.
type LongStrings<'a> = HashMap<&'a [u8], Gc<LuaString>>;

/// Makes instances of a function and of all functions inside it. `text` is that of their chunk.
///
/// # Safety
/// The functions, this one and those inside it, are as the compiler makes them. The interpreter relies on what the verifier
/// checks of them (`lua_bytecode::verify`), and on cells in the registers that are said to hold them.
///
/// # Errors
/// [`OutOfMemory`].
pub unsafe fn instantiate(
    vm: &mut Vm,
    proto: &Rc<FunctionProto>,
    text: Gc<LuaString>,
) -> Result<Gc<Code>, OutOfMemory> {
    instantiate_in(vm, proto, text, &mut LongStrings::new())
}

fn instantiate_in<'a>(
    vm: &mut Vm,
    proto: &'a Rc<FunctionProto>,
    text: Gc<LuaString>,
    long_strings: &mut LongStrings<'a>,
) -> Result<Gc<Code>, OutOfMemory> {
    let mut inner = Vec::with_capacity(proto.protos.len());
    for nested in &proto.protos {
        inner.push(instantiate_in(vm, nested, text, long_strings)?);
    }
    vm.heap.account(accounted_bytes(proto))?;
    let pool = match make_pool(vm, proto, long_strings) {
        Ok(pool) => pool,
        Err(OutOfMemory) => {
            vm.heap.unaccount(accounted_bytes(proto));
            return Err(OutOfMemory);
        }
    };
    let prototype = Box::new(Prototype {
        code: proto.code.as_ptr(),
        pool,
        frame_slots: u32::from(proto.max_stack) + MARGIN_SLOTS,
        max_stack: u32::from(proto.max_stack),
        parameters: u32::from(proto.parameters),
        is_vararg: proto.is_vararg,
        inner,
        proto: proto.clone(),
        text,
        tier: Cell::new(std::ptr::null_mut()),
        has_loop_units: Cell::new(false),
    });
    Gc::<Code>::allocate(&mut vm.heap, prototype, proto.upvalues.len() as u32)
}

/// The constants and the feedback of a function.
fn make_pool<'a>(
    vm: &mut Vm,
    proto: &'a FunctionProto,
    long_strings: &mut LongStrings<'a>,
) -> Result<Pool, OutOfMemory> {
    let mut constants = Vec::with_capacity(proto.constants.len());
    for constant in &proto.constants {
        constants.push(match constant {
            Constant::Nil => Value::NIL,
            Constant::Boolean(value) => Value::boolean(*value),
            Constant::Integer(value) => Value::integer(*value),
            Constant::Float(value) => Value::float(*value),
            Constant::String(bytes) if bytes.len() <= SHORT_KEY_BYTES => Value::from(vm.string(bytes)?),
            Constant::String(bytes) => Value::from(match long_strings.entry(bytes) {
                Entry::Occupied(entry) => *entry.get(),
                Entry::Vacant(entry) => *entry.insert(vm.string(bytes)?),
            }),
        });
    }
    let layout = pool_layout(proto);
    // SAFETY: `pool_layout` never gives a size of zero.
    let memory = NonNull::new(unsafe { std::alloc::alloc(layout) }).ok_or(OutOfMemory)?;
    // SAFETY: the layout has room for all constants below this address.
    let pool = Pool(unsafe { memory.add(constants.len() * size_of::<Value>()) });
    for (i, constant) in constants.iter().enumerate() {
        // SAFETY: the index is below the number of constants that the layout was made for.
        unsafe { pool.constant(i as u32).cast_mut().write(*constant) };
    }
    for (i, descriptor) in proto.feedback.iter().enumerate() {
        let key = match descriptor {
            FeedbackDescriptor::Field(key) => constants[*key as usize].as_string(),
            FeedbackDescriptor::Index | FeedbackDescriptor::Call | FeedbackDescriptor::Template(_) => None,
        };
        // SAFETY: the index is below the number of descriptors, and the feedback is freed with the code, by a sweep.that the layout was made for.
        unsafe { pool.feedback(i as u32).write(Feedback::new(key)) };
    }
    for index in 0..proto.loops.len() {
        let offset = loop_countdowns_offset(proto) + index * size_of::<Cell<i32>>();
        // SAFETY: the layout has room for so many countdowns behind the feedback, whose size keeps them aligned.
        unsafe { pool.0.as_ptr().add(offset).cast::<Cell<i32>>().write(Cell::new(0)) };
    }
    Ok(pool)
}

fn pool_layout(proto: &FunctionProto) -> Layout {
    let constants = proto.constants.len() * size_of::<Value>();
    let bytes = constants + loop_countdowns_offset(proto) + proto.loops.len() * size_of::<Cell<i32>>();
    Layout::from_size_align(bytes.max(1), align_of::<Value>()).expect("limits of the bytecode keep it small")
}

/// Bytes that an instance accounts for on the heap, the function that it was made from among them.
fn accounted_bytes(proto: &FunctionProto) -> u64 {
    (pool_layout(proto).size() + size_of::<Prototype>() + proto.bytes()) as u64
}

impl EngineCode for Prototype {
    fn trace(&self, marker: &mut Marker) {
        marker.mark_value(Value::from(self.text));
        for index in 0..self.proto.constants.len() as u32 {
            // SAFETY: the index is below the number of constants.
            marker.mark_value(unsafe { *self.pool.constant(index) });
        }
        for index in 0..self.proto.feedback.len() as u32 {
            // SAFETY: the index is below the number of descriptors, and the feedback is freed with the code, by a sweep.
            unsafe { (*self.pool.feedback(index)).trace(marker) };
        }
        for code in &self.inner {
            marker.mark(code.header());
        }
    }

    fn accounted_bytes(&self) -> u64 {
        accounted_bytes(&self.proto)
    }
}

impl Drop for Prototype {
    fn drop(&mut self) {
        for index in 0..self.proto.feedback.len() as u32 {
            // SAFETY: the index is below the number of descriptors, and the feedback is freed with the code, by a sweep. and the feedback is not used again.
            unsafe { std::ptr::drop_in_place(self.pool.feedback(index)) };
        }
        // SAFETY: the memory starts this far below the pool's pointer and was allocated with this layout.
        unsafe {
            let start = self.pool.0.as_ptr().sub(self.proto.constants.len() * size_of::<Value>());
            std::alloc::dealloc(start, pool_layout(&self.proto));
        }
    }
}
