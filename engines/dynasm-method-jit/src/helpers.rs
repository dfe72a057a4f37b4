//! What compiled code calls: the VM's own functions behind one signature.
//!
//! A helper does what the VM does for the instruction, on the same frame. What the VM would go on with because of that and
//! is compiled (a metamethod, an iterator, the function that `pcall` protects, a coroutine) runs before the helper returns.
//! If the VM would then go on behind the instruction in the same frame, so does compiled code, be it that calls or a move
//! of the stack were in between; everything else (a callee that is not compiled, an error) leaves compiled code with a
//! status. Helpers never panic and never unwind.
//!
//! Here is what they have in common: their table, what they answer, and how they are defined. They are in the files by
//! subject; the instruction that one works for is a `site`, and what is done about its callee is in `callee`.

use lua_runtime::{Signal, Value, Vm};

use call::{
    call_iterator, call_native, call_with_all, return_values, set_metatable, step_iterator, tail_call, varargs,
};
use callee::finish;
pub(crate) use callee::{VALUE_MARK, Waiting, WaitingSite, end_operation};
use control::{close_return, close_variables, enter_loop, for_prepare, forced_exit, is_close_due, mark_close, poll};
pub(crate) use operators::operator_and_result;
use operators::{arithmetic, arithmetic_immediate, compare, compare_immediate, concatenate, length, raw_equal, unary};
use table::{
    load_element, load_element_immediate, load_field, load_upvalue_field, new_cell, new_closure, new_nil_cell,
    new_object, new_table, set_list, store_element, store_element_immediate, store_field, store_upvalue_field,
};

// The stub that runs callees relies on their order.
const _: () =
    assert!(GO_ON < LEAVE && LEAVE < EXIT && EXIT < ENTER && EXIT < VALUE_RETURNED && EXIT < PROTECTED_RETURNED);

/// Status: go on, or, at the end of a function, it has returned to its caller in compiled code.
pub(crate) const GO_ON: u64 = 0;
/// Status: the VM goes on where its state says.
pub(crate) const LEAVE: u64 = 1;
/// Status: the frame that was entered from Rust has returned.
pub(crate) const EXIT: u64 = 2;
/// Status of a tail call: go on in the function that the context says, in place of this one. Of a loop: at another instruction of
/// this one.
pub(crate) const JUMP: u64 = 3;
/// Status of a call: nothing was done; the caller calls through its helper.
pub(crate) const REFUSED: u64 = 4;
/// Status, which only stubs see: the operation waits for the callee that the context says. With it: the callee's base.
pub(crate) const ENTER: u64 = 5;
/// Status at the end of a function whose caller is an operation that waits for one value: it is where the callee was, and the
/// caller ends the operation.
pub(crate) const VALUE_RETURNED: u64 = 6;
/// Status at the end of a function that was called through `pcall`: the results are in place behind `true`, and the caller is the
/// instruction that has called `pcall`; the VM would go on behind it.
pub(crate) const PROTECTED_RETURNED: u64 = 7;
/// Statuses from here on are errors: this plus the number of the signal.
const SIGNAL: u64 = 16;

/// What a helper gives, in two registers.
#[repr(C)]
pub(crate) struct Answer {
    /// One of the constants above.
    status: u64,
    /// With [`GO_ON`]: the base of the frame, or the truth of a comparison.
    other: u64,
}

/// The signature of all helpers: the Lua state, the index of the instruction, the base of its frame, and what the helper
/// says.
pub(crate) type HelperFunction = unsafe extern "sysv64" fn(*mut Vm, u32, *mut Value, u64, u64, u64) -> Answer;

/// The addresses of all helpers, by number.
pub(crate) type HelperTable = [HelperFunction; HELPER_COUNT];

macro_rules! helpers {
    ($($variant:ident $function:ident $doc:literal;)*) => {
        /// A helper. The number is its place in the table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Helper {
            $(#[doc = $doc] $variant,)*
        }

        /// How many helpers there are.
        pub(crate) const HELPER_COUNT: usize = [$(Helper::$variant,)*].len();

        /// Every helper.
        pub(crate) const HELPERS: HelperTable = [$($function,)*];

        /// Every helper, for instances that say what they do: the same functions, which say so before and after.
        pub(crate) const TRACKED_HELPERS: HelperTable = [$(tracked::$function,)*];

        mod tracked {
            use engine_api::VmState;
            use lua_runtime::{Value, Vm};

            use super::Answer;

            $(
            /// # Safety
            /// As for the helper of that name.
            pub(super) unsafe extern "sysv64" fn $function(
                vm: *mut Vm,
                pc: u32,
                base: *mut Value,
                x: u64,
                y: u64,
                z: u64,
            ) -> Answer {
                // SAFETY: as the caller says; the state outlives the call.
                unsafe {
                    let before = (*vm).interrupt.set_state(VmState::Helper);
                    let answer = super::$function(vm, pc, base, x, y, z);
                    (*vm).interrupt.set_state(before);
                    answer
                }
            }
            )*
        }

        /// Their names, for listings.
        pub(crate) const HELPER_NAMES: [&str; HELPER_COUNT] = [$(stringify!($function),)*];
    };
}

helpers! {
    Arithmetic arithmetic "A binary operator: addresses of both operands, what [`operator_and_result`] makes of the rest.";
    ArithmeticImmediate arithmetic_immediate "The same with a number as right operand.";
    Unary unary "Unary minus (1) or bitwise not (0): address of the operand.";
    Length length "`#`: addresses of operand and result.";
    Compare compare "A comparison: addresses of both operands, 0 for `==`, 1 for `<`, 2 for `<=`. Gives the truth.";
    CompareImmediate compare_immediate "The same with a number; +4 if the number is the left operand.";
    RawEqual raw_equal "Equality without metamethods: addresses of both operands. Gives the truth.";
    LoadField load_field "Addresses of object, result and inline cache.";
    LoadUpvalueField load_upvalue_field "Number of the upvalue that holds the object.";
    StoreField store_field "Addresses of object and value.";
    StoreUpvalueField store_upvalue_field "Number of the upvalue that holds the object, address of the value.";
    LoadElement load_element "Addresses of object, key and result.";
    LoadElementImmediate load_element_immediate "Address of the object, the key, address of the result.";
    StoreElement store_element "Addresses of object, key and value.";
    StoreElementImmediate store_element_immediate "Address of the object, the key, address of the value.";
    NewCell new_cell "Address of the value.";
    NewNilCell new_nil_cell "Nothing more.";
    NewTable new_table "Nothing more.";
    NewObject new_object "Nothing more.";
    SetList set_list "Nothing more.";
    NewClosure new_closure "Nothing more.";
    Concat concatenate "Nothing more.";
    ForPrepare for_prepare "Address of the loop's registers. Gives whether it runs.";
    MarkClose mark_close "The register to be closed.";
    IsCloseDue is_close_due "Address of a register. Gives whether a variable there or above is to be closed.";
    Close close_variables "Nothing more.";
    CloseReturn close_return "Nothing more.";
    Vararg varargs "Address of the first register, the count as in the instruction.";
    Call call_with_all "Address of the callee, wanted results as in the instruction.";
    CallNative call_native "Address of the callee, number of arguments, wanted results as in the instruction.";
    SetMetatable set_metatable "Address of the callee, which is `setmetatable`; its arguments are tables.";
    StepIterator step_iterator "Address of the loop's registers, number of variables. Gives whether the step is done; otherwise nothing was.";
    CallIterator call_iterator "As for [`Helper::CallNative`].";
    TailCall tail_call "Address of the callee, number of arguments plus one or 0 for all. With [`GO_ON`] the function has returned.";
    Return return_values "The first register, and the count as in the instruction. With [`GO_ON`] it has returned.";
    Poll poll "Nothing more: the instruction is the loop's header.";
    ForcedExit forced_exit "Nothing more.";
    EnterLoop enter_loop "Nothing more: the instruction is the header of a loop whose countdown has ended at a back-edge. With [`JUMP`], goes on as the context says.";
    Finish finish "What was kept of the operation, whose callee has come back: changes of local variables, the coroutine; where the callee has returned to, if that is not the site, as in the context.";
}

fn failed(signal: Signal) -> Answer {
    Answer { status: SIGNAL + signal as u64, other: 0 }
}

/// The signal in a status; `None` if it is none.
pub(crate) fn signal_of(status: u64) -> Option<Signal> {
    [Signal::Error, Signal::Memory, Signal::Fatal, Signal::Call]
        .into_iter()
        .find(|signal| status == SIGNAL + *signal as u64)
}

/// The value at an address that compiled code has given.
///
/// # Safety
/// It must be that of a register or a constant.
unsafe fn value_at(address: u64) -> Value {
    // SAFETY: as the caller says.
    unsafe { *(address as usize as *const Value) }
}

/// The register at an address that compiled code has given.
fn register_at(address: u64) -> *mut Value {
    address as usize as *mut Value
}

fn integer(number: u64) -> Value {
    // Numbers in instructions have 32 bits with a sign.
    Value::integer(i64::from(number as u32 as i32))
}

/// Defines helpers. Only compiled code calls them, with the running Lua state, the instruction and the base of its frame.
macro_rules! define {
    ($($function:ident($vm:ident, $pc:ident, $base:ident, $x:ident, $y:ident, $z:ident) $body:block)*) => {
        $(
        /// # Safety
        /// Only compiled code calls it, with the running Lua state, the instruction and the base of its frame, and with what
        /// [`Helper`] says of the rest.
        pub(super) unsafe extern "sysv64" fn $function(
            $vm: *mut lua_runtime::Vm,
            $pc: u32,
            $base: *mut lua_runtime::Value,
            $x: u64,
            $y: u64,
            $z: u64,
        ) -> Answer $body)*
    };
}

/// Defines helpers that do nothing before they have a [`site::Site`].
macro_rules! define_at_site {
    ($($function:ident($site:ident $(, $argument:ident)*) $body:block)*) => {
        $(define_at_site!(@one $function, $site, $body, ($($argument)*) (_x _y _z));)*
    };
    (@one $function:ident, $site:ident, $body:block, () ($x:ident $y:ident $z:ident)) => {
        define_at_site!(@done $function, $site, $body, $x, $y, $z);
    };
    (@one $function:ident, $site:ident, $body:block, ($a:ident) ($x:ident $y:ident $z:ident)) => {
        define_at_site!(@done $function, $site, $body, $a, $y, $z);
    };
    (@one $function:ident, $site:ident, $body:block, ($a:ident $b:ident) ($x:ident $y:ident $z:ident)) => {
        define_at_site!(@done $function, $site, $body, $a, $b, $z);
    };
    (@done $function:ident, $site:ident, $body:block, $x:ident, $y:ident, $z:ident) => {
        define! {
            $function(vm, pc, base, $x, $y, $z) {
                // SAFETY: only compiled code calls helpers, with the state, the instruction and the base of its frame.
                #[allow(unused_mut, reason = "some helpers change the site")]
                let mut $site = unsafe { $crate::helpers::site::Site::new(vm, pc, base) };
                $body
            }
        }
    };
}

mod site;

mod operators;

mod table;

mod control;

mod call;

mod callee;

/// What most helpers do first: the operation on values for which neither a metamethod nor a message is needed, so that
/// nothing need be written down. Compiled code goes on in the same frame, which has not moved.
fn done(base: *mut Value) -> Answer {
    Answer { status: GO_ON, other: base.addr() as u64 }
}
