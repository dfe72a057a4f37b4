//! Functions as heap objects: closures over opaque code, library functions, and the cells of captured variables.
//!
//! The runtime does not know what code is: an engine hands it over behind two operations (see [`EngineCode`]).

use std::any::{Any, TypeId};
use std::ptr::NonNull;

use super::marker::Marker;
use crate::heap::object::{FLAGS_OFFSET, Gc, Header, Kind};
use crate::heap::{Heap, OutOfMemory};
use crate::value::Value;

/// The heap cell of a captured variable, shared by all closures that use it.
#[repr(C)]
pub struct Cell {
    header: Header,
    value: Value,
}

/// Offset of the variable's value in its cell.
pub const CELL_VALUE_OFFSET: usize = 8;
/// [`Header::flags`] of a cell: the variable is never assigned after its declaration.
pub const CELL_IMMUTABLE: u8 = 1;

/// Size of a cell.
pub const CELL_BYTES: usize = size_of::<Cell>();

/// The first 8 bytes of a new cell.
pub const fn new_cell_header(immutable: bool) -> u64 {
    let flags = if immutable { CELL_IMMUTABLE } else { 0 };
    (Kind::Cell as u64) | (flags as u64) << (8 * FLAGS_OFFSET)
}

const _: () = assert!(std::mem::offset_of!(Cell, value) == CELL_VALUE_OFFSET);

impl Gc<Cell> {
    /// A new cell.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    #[inline]
    pub fn allocate(heap: &mut Heap, value: Value, immutable: bool) -> Result<Gc<Cell>, OutOfMemory> {
        let flags = if immutable { CELL_IMMUTABLE } else { 0 };
        heap.allocate(0, Cell { header: Header::new(Kind::Cell, flags, 0, 0), value })
    }

    /// The variable's value.
    #[inline(always)]
    pub fn get(self) -> Value {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).value }
    }

    /// Sets the variable.
    #[inline(always)]
    pub fn set(self, heap: &mut Heap, value: Value) {
        heap.barrier(self.header(), value);
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).value = value }
    }

    /// Whether the variable is never assigned after its declaration.
    #[inline(always)]
    pub fn is_immutable(self) -> bool {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).header.flags & CELL_IMMUTABLE != 0 }
    }
}

/// An engine's code for one function of the source, as the heap sees it.
pub trait EngineCode: Any {
    /// Marks every heap object that the code refers to (constants, caches, inner functions).
    fn trace(&self, marker: &mut Marker);

    /// The bytes that the heap counts for it. They are given back when no closure refers to the code any more, and the code
    /// is dropped.
    fn accounted_bytes(&self) -> u64;
}

/// The heap object that owns an engine's code and is shared by the closures made from it.
#[repr(C)]
pub struct Code {
    header: Header,
    code: NonNull<dyn EngineCode>,
    kind: TypeId,
}

impl Gc<Code> {
    /// A code object that owns an engine's code from now on. Its closures have so many upvalues.
    ///
    /// # Errors
    /// [`OutOfMemory`]; the code was released and dropped then.
    ///
    /// # Panics
    /// If the code is not of the heap's engine: an engine takes each closure for one of its own.
    pub fn allocate<T: EngineCode>(heap: &mut Heap, code: Box<T>, upvalues: u32) -> Result<Gc<Code>, OutOfMemory> {
        assert!(heap.code_type() == TypeId::of::<T>(), "code of another engine");
        let code: Box<dyn EngineCode> = code;
        // Not kept as a box, which would claim to be the only pointer to it.
        let code = NonNull::from(Box::leak(code));
        let header = Header::new(Kind::Code, 0, 0, upvalues);
        let object = heap.allocate(0, Code { header, code, kind: TypeId::of::<T>() });
        if object.is_err() {
            // SAFETY: it came from a box just above, and nobody else has the pointer.
            heap.unaccount(unsafe { Box::from_raw(code.as_ptr()) }.accounted_bytes());
        }
        object
    }

    /// The number of upvalues of its closures.
    #[inline(always)]
    pub fn upvalues(self) -> u32 {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).header.word }
    }

    /// The address of the engine's code.
    #[inline(always)]
    pub fn data(self) -> *mut () {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).code.as_ptr().cast() }
    }

    /// The engine's code. The reference is as good as the `Gc`: it must not be kept across a poll.
    ///
    /// # Panics
    /// If it is no `T`: the code is another engine's.
    #[inline]
    pub fn get<'a, T: EngineCode>(self) -> &'a T {
        // SAFETY: the object is live (see `Gc`), and so is the code that it owns, whose type is looked at first.
        unsafe {
            assert!((*self.as_ptr()).kind == TypeId::of::<T>(), "code of another engine");
            &*self.data().cast::<T>()
        }
    }

    pub(crate) fn trace(self, marker: &mut Marker) {
        // SAFETY: the object is live, and so is the code that it owns; nobody has that mutably.
        unsafe { (*self.as_ptr()).code.as_ref() }.trace(marker);
    }

    /// # Safety
    /// The object is dead and its memory is about to be reused.
    pub(crate) unsafe fn drop_data(self, heap: &mut Heap) {
        // SAFETY: as the caller says; the code came from a box in `allocate` and dies with the object.
        let code = unsafe { Box::from_raw((*self.as_ptr()).code.as_ptr()) };
        heap.unaccount(code.accounted_bytes());
    }
}

/// A function written in Lua: code and the cells of its captured variables, which follow the fixed part.
#[repr(C)]
pub struct Closure {
    header: Header,
    code: Gc<Code>,
    /// A copy of the code's data pointer, so that a call needs one load less.
    data: *mut (),
}

/// Offset of the engine's data pointer in a closure.
pub const CLOSURE_DATA_OFFSET: usize = 16;
/// Offset of the first cell pointer in a closure; [`Header::word`] holds their number.
pub const CLOSURE_CELLS_OFFSET: usize = 24;

const _: () = {
    assert!(std::mem::offset_of!(Closure, data) == CLOSURE_DATA_OFFSET);
    assert!(size_of::<Closure>() == CLOSURE_CELLS_OFFSET);
};

impl Gc<Closure> {
    /// A closure over `cells`, one for each upvalue of the code.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    ///
    /// # Panics
    /// If they are not as many as the code has upvalues.
    pub fn allocate(heap: &mut Heap, code: Gc<Code>, cells: &[Gc<Cell>]) -> Result<Gc<Closure>, OutOfMemory> {
        assert!(cells.len() == code.upvalues() as usize, "a closure without a cell for each upvalue");
        Gc::<Closure>::allocate_with(heap, code, |index| cells[index as usize])
    }

    /// A closure whose upvalues are in the cells that `cell_of` gives, asked in their order.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    #[inline]
    pub fn allocate_with(
        heap: &mut Heap,
        code: Gc<Code>,
        cell_of: impl Fn(u32) -> Gc<Cell>,
    ) -> Result<Gc<Closure>, OutOfMemory> {
        let count = code.upvalues();
        let header = Header::new(Kind::Closure, 0, 0, count);
        let tail_bytes = count as usize * size_of::<Gc<Cell>>();
        let closure = heap.allocate(tail_bytes, Closure { header, code, data: code.data() })?;
        for index in 0..count {
            let cell = cell_of(index);
            // SAFETY: the allocation has room for so many pointers behind the fixed part.
            unsafe { closure.cell_slot(index).write(cell) };
        }
        Ok(closure)
    }

    /// The code.
    #[inline(always)]
    pub fn code(self) -> Gc<Code> {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).code }
    }

    /// The address of the engine's code.
    #[inline(always)]
    pub fn data(self) -> *mut () {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).data }
    }

    /// The number of upvalues.
    #[inline(always)]
    pub fn cell_count(self) -> u32 {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).header.word }
    }

    /// The cell of upvalue `index`.
    ///
    /// # Panics
    /// If there is none.
    #[inline(always)]
    pub fn cell(self, index: u32) -> Gc<Cell> {
        assert!(index < self.cell_count(), "upvalue index out of range");
        // SAFETY: checked just above.
        unsafe { self.cell_unchecked(index) }
    }

    /// The cell of upvalue `index`.
    ///
    /// # Safety
    /// `index` is less than [`Gc::cell_count`].
    #[inline(always)]
    pub unsafe fn cell_unchecked(self, index: u32) -> Gc<Cell> {
        debug_assert!(index < self.cell_count());
        // SAFETY: the caller keeps the index in range, and every cell was written.
        unsafe { self.cell_slot(index).read() }
    }

    /// Replaces the cell of upvalue `index` (`debug.upvaluejoin`, and a new environment for `load`).
    pub fn set_cell(self, heap: &mut Heap, index: u32, cell: Gc<Cell>) {
        assert!(index < self.cell_count(), "upvalue index out of range");
        heap.barrier(self.header(), Value::from(cell));
        // SAFETY: the index was checked just above.
        unsafe { self.cell_slot(index).write(cell) }
    }

    #[inline(always)]
    fn cell_slot(self, index: u32) -> *mut Gc<Cell> {
        // SAFETY: callers keep `index` below the number of cells that the allocation has room for.
        unsafe { self.as_ptr().cast::<u8>().add(CLOSURE_CELLS_OFFSET).cast::<Gc<Cell>>().add(index as usize) }
    }
}

/// The address of a library function. Its type takes the whole Lua state, of which objects know nothing: `vm::native`
/// makes one of a typed function and turns it back.
#[derive(Debug, Clone, Copy)]
#[repr(transparent)]
pub(crate) struct NativeEntry(pub(crate) *const ());

/// Library functions that an engine may handle itself, because they call back into Lua and can be yielded across.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum NativeRole {
    /// No special role: just call it.
    Plain = 0,
    /// `pcall`
    ProtectedCall = 1,
    /// `xpcall`
    ProtectedCallWithHandler = 2,
    /// `coroutine.resume`
    Resume = 3,
    /// What `coroutine.wrap` gives: upvalue 0 is the coroutine.
    Wrapped = 4,
    /// `coroutine.yield`
    Yield = 5,
    /// Looks into frames, or sets a hook: otherwise plain, but compiled code must leave before it is called.
    Inspecting = 6,
}

/// Library functions that are a few instructions of most machines, which compilers may put in place of a call with the right
/// arguments: one number, of which it makes what its name says in C, if nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Intrinsic {
    /// `math.floor`
    Floor = 1,
    /// `math.sqrt`
    SquareRoot = 2,
    /// `math.abs`
    Absolute = 3,
    /// `string.byte` of a string and an index in it.
    Byte = 4,
    /// `setmetatable` of two tables.
    SetMetatable = 5,
}

/// Offset of the number of a library function's [`Intrinsic`] (u8, 0 for none).
pub const NATIVE_INTRINSIC_OFFSET: usize = FLAGS_OFFSET;

/// Library functions that are the iterators of loops, whose steps an engine may do itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum LoopIterator {
    /// `next`
    Next = 16,
    /// That of `ipairs`.
    Array = 17,
}

/// A function of the library. Its upvalues follow the fixed part.
#[repr(C)]
pub struct NativeFunction {
    header: Header,
    function: NativeEntry,
    /// Its name as tracebacks show it (`string.format`).
    name: &'static str,
}

const NATIVE_UPVALUES_OFFSET: usize = size_of::<NativeFunction>();

impl Gc<NativeFunction> {
    /// A library function with its upvalues, for `vm::native`.
    pub(crate) fn allocate_entry(
        heap: &mut Heap,
        name: &'static str,
        function: NativeEntry,
        role: NativeRole,
        upvalues: &[Value],
    ) -> Result<Gc<NativeFunction>, OutOfMemory> {
        let header = Header::new(Kind::Native, 0, role as u8, upvalues.len() as u32);
        let native = heap.allocate(std::mem::size_of_val(upvalues), NativeFunction { header, function, name })?;
        for (i, value) in upvalues.iter().enumerate() {
            // SAFETY: the allocation has room for `upvalues.len()` values behind the fixed part.
            unsafe { native.upvalue_slot(i as u32).write(*value) };
        }
        Ok(native)
    }

    /// The Rust function, for `vm::native`.
    #[inline(always)]
    pub(crate) fn entry(self) -> NativeEntry {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).function }
    }

    /// The name that tracebacks show.
    pub fn name(self) -> &'static str {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).name }
    }

    /// Whether an engine may handle it itself.
    #[inline(always)]
    pub fn role(self) -> NativeRole {
        // SAFETY: the object is live (see `Gc`).
        match unsafe { (*self.as_ptr()).header.detail } {
            1 => NativeRole::ProtectedCall,
            2 => NativeRole::ProtectedCallWithHandler,
            3 => NativeRole::Resume,
            4 => NativeRole::Wrapped,
            5 => NativeRole::Yield,
            6 => NativeRole::Inspecting,
            _ => NativeRole::Plain,
        }
    }

    /// Says that compilers may put an instruction in place of the function.
    pub fn set_intrinsic(self, intrinsic: Intrinsic) {
        // SAFETY: the object is live (see `Gc`), and the flags of library functions are used for nothing else.
        unsafe { (*self.as_ptr()).header.flags = intrinsic as u8 }
    }

    /// The instruction that may stand in place of the function, if there is one.
    pub fn intrinsic(self) -> Option<Intrinsic> {
        // SAFETY: the object is live (see `Gc`).
        match unsafe { (*self.as_ptr()).header.flags } {
            1 => Some(Intrinsic::Floor),
            2 => Some(Intrinsic::SquareRoot),
            3 => Some(Intrinsic::Absolute),
            4 => Some(Intrinsic::Byte),
            5 => Some(Intrinsic::SetMetatable),
            _ => None,
        }
    }

    /// Says that engines may do a loop's steps in place of the function.
    pub fn set_iterator(self, iterator: LoopIterator) {
        // SAFETY: as in `set_intrinsic`.
        unsafe { (*self.as_ptr()).header.flags = iterator as u8 }
    }

    /// The steps that may stand in place of the function, if it is the iterator of a loop.
    #[inline(always)]
    pub fn iterator(self) -> Option<LoopIterator> {
        // SAFETY: the object is live (see `Gc`).
        match unsafe { (*self.as_ptr()).header.flags } {
            16 => Some(LoopIterator::Next),
            17 => Some(LoopIterator::Array),
            _ => None,
        }
    }

    /// The number of upvalues.
    #[inline(always)]
    pub fn upvalue_count(self) -> u32 {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).header.word }
    }

    /// Upvalue `index`.
    ///
    /// # Panics
    /// If there is none.
    pub fn upvalue(self, index: u32) -> Value {
        assert!(index < self.upvalue_count(), "upvalue index out of range");
        // SAFETY: the index was checked just above, and every upvalue was written.
        unsafe { self.upvalue_slot(index).read() }
    }

    /// Sets upvalue `index`.
    ///
    /// # Panics
    /// If there is none.
    pub fn set_upvalue(self, heap: &mut Heap, index: u32, value: Value) {
        assert!(index < self.upvalue_count(), "upvalue index out of range");
        heap.barrier(self.header(), value);
        // SAFETY: the index was checked just above.
        unsafe { self.upvalue_slot(index).write(value) }
    }

    #[inline(always)]
    fn upvalue_slot(self, index: u32) -> *mut Value {
        // SAFETY: callers keep `index` below the number of upvalues that the allocation has room for.
        unsafe { self.as_ptr().cast::<u8>().add(NATIVE_UPVALUES_OFFSET).cast::<Value>().add(index as usize) }
    }
}
