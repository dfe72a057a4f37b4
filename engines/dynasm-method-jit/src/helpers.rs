//! What compiled code calls: the VM's own functions behind one signature.
//!
//! A helper does what the VM does for the instruction, on the same frame. What the VM would go on with because of that and
//! is compiled (a metamethod, an iterator, the function that `pcall` protects, a coroutine) runs before the helper returns.
//! If the VM would then go on behind the instruction in the same frame, so does compiled code, be it that calls or a move
//! of the stack were in between; everything else (a callee that is not compiled, an error) leaves compiled code with a
//! status. Helpers never panic and never unwind.

use bytecode_vm::dispatch::carry_out;
use bytecode_vm::frame::{Continuation, FrameHeader, HEADER_SLOTS, header_at};
use bytecode_vm::plain_call::{Callee, Registers, Resumption};
use bytecode_vm::slow_path::Truth;
use bytecode_vm::state::{Cursor, Outcome, Step, closure_of, prototype_of, resume, state};
use bytecode_vm::tier::{self, After, Kept};
use bytecode_vm::{call, close, concat, continuation, element, field, for_loop, plain_call, slow_path};
use engine_api::Interrupt;
use engine_api::event::ExitReason;
use lua_bytecode::Instruction;
use lua_bytecode::opcode::Operation;
use lua_runtime::inline_cache::InlineCache;
use lua_runtime::operators::{BinaryOperator, Miss, UnaryOperator};
use lua_runtime::value::VALUE_BYTES;
use lua_runtime::{Signal, Value, Vm};

use crate::policy::{ExitPoint, context, count_exit, jit, record_of};

// The stub that runs callees relies on their order.
const _: () = assert!(GO_ON < LEAVE && LEAVE < EXIT && EXIT < ENTER && EXIT < VALUE_RETURNED);

/// Status: go on, or, at the end of a function, it has returned to its caller in compiled code.
pub(crate) const GO_ON: u64 = 0;
/// Status: the VM goes on where its state says.
pub(crate) const LEAVE: u64 = 1;
/// Status: the frame that was entered from Rust has returned.
pub(crate) const EXIT: u64 = 2;
/// Status of a tail call: go on in the function that the context says, in place of this one.
pub(crate) const JUMP: u64 = 3;
/// Status of a call: nothing was done; the caller calls through its helper.
pub(crate) const REFUSED: u64 = 4;
/// Status, which only stubs see: the operation waits for the callee that the context says. With it: the callee's base.
pub(crate) const ENTER: u64 = 5;
/// Status at the end of a function whose caller is an operation that waits for one value: it is where the callee was, and the
/// caller ends the operation.
pub(crate) const VALUE_RETURNED: u64 = 6;
/// Statuses from here on are errors: this plus the number of the signal.
const SIGNAL: u64 = 16;

/// What a site waits for that has a callee of its own run: in the context, in place of where another callee returns to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// The results of a call, which the callee puts in place.
    Call = 0,
    /// A value for the instruction's register A.
    Store = 1,
    /// The truth of a value.
    Branch = 2,
}

/// The bit by which the stub tells [`Helper::Finish`] that a callee has returned a value, and where that is.
pub(crate) const VALUE_MARK: u32 = 63;

/// The instruction and the register of its result, as they are in the context and are given to [`Helper::Finish`]: 24 and 8
/// bits, which is enough for the functions that are compiled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WaitingSite {
    /// The index of the instruction.
    pub(crate) pc: u32,
    /// Its register A.
    pub(crate) result: u8,
}

impl WaitingSite {
    /// As a word.
    pub(crate) fn word(self) -> u32 {
        self.pc | u32::from(self.result) << 24
    }

    fn of_word(word: u32) -> WaitingSite {
        WaitingSite { pc: word & 0xFF_FFFF, result: (word >> 24) as u8 }
    }
}

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
    ForPrepare for_prepare "Nothing more. Gives whether the loop runs.";
    MarkClose mark_close "The register to be closed.";
    IsCloseDue is_close_due "Address of a register. Gives whether a variable there or above is to be closed.";
    Close close_variables "Nothing more.";
    CloseReturn close_return "Nothing more.";
    Vararg varargs "Address of the first register, the count as in the instruction.";
    Call call_with_all "Address of the callee, wanted results as in the instruction.";
    CallNative call_native "Address of the callee, number of arguments, wanted results as in the instruction.";
    StepIterator step_iterator "Address of the loop's registers, number of variables. Gives whether the step is done; otherwise nothing was.";
    CallIterator call_iterator "As for [`Helper::CallNative`].";
    TailCall tail_call "Address of the callee, number of arguments plus one or 0 for all. With [`GO_ON`] the function has returned.";
    Return return_values "The first register, and the count as in the instruction. With [`GO_ON`] it has returned.";
    Poll poll "Nothing more: the instruction is the loop's header.";
    ForcedExit forced_exit "Nothing more.";
    Finish finish "What was kept of the operation, whose callee has come back: changes of local variables, the coroutine; where the callee has returned to, if that is not the site, as in the context.";
}

/// The operators of [`Helper::Arithmetic`], by number.
pub(crate) const OPERATORS: [BinaryOperator; 12] = [
    BinaryOperator::Add,
    BinaryOperator::Subtract,
    BinaryOperator::Multiply,
    BinaryOperator::Modulo,
    BinaryOperator::Power,
    BinaryOperator::Divide,
    BinaryOperator::FloorDivide,
    BinaryOperator::BitAnd,
    BinaryOperator::BitOr,
    BinaryOperator::BitXor,
    BinaryOperator::ShiftLeft,
    BinaryOperator::ShiftRight,
];

/// An operator and the register of its result, for [`Helper::Arithmetic`].
pub(crate) fn operator_and_result(operator: BinaryOperator, result: u8) -> i32 {
    let number = OPERATORS.iter().position(|known| *known == operator).expect("it is in the table");
    number as i32 | i32::from(result) << 8
}

/// An instruction that a helper works for.
struct Site<'a> {
    vm: &'a mut Vm,
    cursor: Cursor,
    /// The frame's base, until the stack moves.
    base: *mut Value,
    /// The stack slot of the frame's base.
    base_slot: u32,
    /// The function, and the index of the instruction, for when the stack has moved under the cursor.
    exit_point: ExitPoint<'a>,
    operation: tier::Operation,
}

impl Site<'_> {
    /// The site that compiled code has given.
    ///
    /// # Safety
    /// The arguments must be those of a helper that compiled code calls: the running Lua state, and an instruction and
    /// the base of the innermost frame, one of a Lua function.
    unsafe fn new<'a>(vm: *mut Vm, pc: u32, base: *mut Value) -> Site<'a> {
        // SAFETY: as the caller says.
        unsafe {
            let vm = &mut *vm;
            let cursor = Cursor::new(prototype_of(base).code().add(pc as usize), base);
            let exit_point = ExitPoint { proto: cursor.prototype().proto(), pc };
            let operation = tier::Operation::begin(vm, cursor);
            Site { base, base_slot: operation.base(), cursor, exit_point, operation, vm }
        }
    }

    /// The frame's base, wherever the stack is now.
    fn go_on_base(&self) -> *mut Value {
        // SAFETY: the slot is inside the stack.
        unsafe { self.vm.stack().add(self.base_slot as usize) }
    }

    /// Goes on with this frame.
    fn go_on(&self) -> Answer {
        Answer { status: GO_ON, other: self.go_on_base().addr() as u64 }
    }

    /// Ends an operation: compiled code goes on if the VM would go on at `expected` in the same frame. What the operation waits
    /// for is run first, if it is compiled.
    #[inline]
    fn answer(&mut self, outcome: Outcome, expected: *const u32) -> Answer {
        // SAFETY: it is what the operation has answered.
        let outcome = outcome.and_then(|step| unsafe { carry_out(self.vm, step) });
        match self.callee(outcome) {
            Some(callee) => callee,
            None => self.end(outcome, expected),
        }
    }

    /// As [`Site::answer`], for an outcome that was carried out, where there is nothing to be run.
    fn end(&mut self, outcome: Outcome, expected: *const u32) -> Answer {
        match self.operation.end(self.vm, outcome, expected, expected) {
            After::GoOn => self.go_on(),
            After::Leave(outcome) => self.leave(outcome),
        }
    }

    /// As [`Site::answer`], for an instruction behind which the frame may be gone.
    fn answer_last(&mut self, outcome: Outcome, expected: *const u32) -> Answer {
        // SAFETY: it is what the operation has answered.
        let outcome = outcome.and_then(|step| unsafe { carry_out(self.vm, step) });
        self.end(outcome, expected)
    }

    /// If there is something to be run first: the answer by which it is.
    fn callee(&mut self, outcome: Outcome) -> Option<Answer> {
        if outcome != Ok(Step::Reload) {
            return None;
        }
        let site = WaitingSite { pc: self.exit_point.pc, result: self.cursor.instruction().a() };
        prepared(self.vm, &self.operation, site)
    }

    /// Leaves compiled code; the VM goes on so.
    #[cold]
    fn leave(&mut self, outcome: Outcome) -> Answer {
        match outcome {
            Ok(Step::Exit) => Answer { status: EXIT, other: 0 },
            Ok(_) => {
                count_exit(self.vm, self.exit_point, ExitReason::NotCompiled);
                Answer { status: LEAVE, other: 0 }
            }
            Err(signal) => failed(signal),
        }
    }

    /// The address of the instruction behind that of the site.
    #[inline(always)]
    fn behind(&self) -> *const u32 {
        let words = self.cursor.instruction().opcode().words() as usize;
        // SAFETY: verified code has another instruction behind one that control can pass.
        unsafe { self.cursor.address().add(words) }
    }

    /// Ends the operation of the instruction, after which control goes to the next one.
    #[inline(always)]
    fn next(&mut self, outcome: Outcome) -> Answer {
        if outcome == Ok(Step::Next)
            && self.operation.end(self.vm, outcome, self.behind(), self.behind()) == After::GoOn
        {
            return Answer { status: GO_ON, other: self.base.addr() as u64 };
        }
        let expected = self.behind();
        self.answer(outcome, expected)
    }

    /// Ends a field access that compiled code has left to a helper.
    fn field_accessed(&mut self, outcome: Outcome) -> Answer {
        if outcome != Ok(Step::Next) || !jit(self.vm).field_missed(self.vm, self.cursor) {
            return self.next(outcome);
        }
        self.leave_behind()
    }

    /// Leaves compiled code behind the instruction, which is done.
    fn leave_behind(&mut self) -> Answer {
        // SAFETY: the instruction behind is one of this frame's function.
        unsafe { resume(self.vm, self.behind(), self.base_slot) };
        count_exit(self.vm, self.exit_point, ExitReason::NotCompiled);
        Answer { status: LEAVE, other: 0 }
    }

    /// Ends a comparison.
    fn truth(&mut self, result: Result<Truth, Signal>) -> Answer {
        match result {
            Ok(Truth::Known(truth)) => Answer { status: GO_ON, other: truth.into() },
            Ok(Truth::Later(step)) => self.truth_of_callee(step),
            Err(signal) => failed(signal),
        }
    }

    /// Ends a comparison that a metamethod decides.
    fn truth_of_callee(&mut self, step: Step) -> Answer {
        // SAFETY: it is what the comparison has answered.
        let outcome = unsafe { carry_out(self.vm, step) };
        match self.callee(outcome) {
            Some(callee) => callee,
            None => self.known_truth(outcome),
        }
    }

    /// Ends a comparison that a metamethod has decided: where the VM would go on says what its answer was.
    fn known_truth(&mut self, outcome: Outcome) -> Answer {
        let Operation::Compare { jumps_if, .. } = self.cursor.instruction().opcode().operation() else {
            unreachable!("only comparisons wait for a truth");
        };
        let behind = self.behind();
        let target = behind.wrapping_offset(self.cursor.extra() as i32 as isize);
        let jumps = state(self.vm).resume_pc() == target;
        let expected = if jumps { target } else { behind };
        match self.operation.end(self.vm, outcome, expected, expected) {
            // The answer has no place for the base.
            After::GoOn if self.go_on_base() != self.base => self.leave(outcome),
            After::GoOn => Answer { status: GO_ON, other: (jumps == jumps_if).into() },
            After::Leave(outcome) => self.leave(outcome),
        }
    }

    /// The site as the dispatch loop would have it in its locals, before anything has moved the stack.
    #[inline(always)]
    fn registers(&self) -> Registers {
        Registers { pc: self.cursor.address(), base: self.base, pool: self.cursor.prototype().pool() }
    }

    /// Does the call of the instruction, with this callee, which is no plain library function, and its arguments in place;
    /// `general` if there is no short way.
    #[inline(always)]
    fn call(&mut self, callee: Callee, general: fn(&mut Vm, Cursor) -> Outcome) -> Answer {
        let registers = self.registers();
        // SAFETY: the instruction is a call, which has put everything in place.
        unsafe {
            let entered = match plain_call::call_closure(self.vm, registers, callee) {
                None => plain_call::call_with_shift(self.vm, registers, callee),
                entered => entered,
            };
            let outcome = match entered {
                Some(callee) => Ok(resume_in(self.vm, callee.pc, callee.base)),
                None => general(self.vm, self.cursor),
            };
            let expected = self.behind();
            self.answer(outcome, expected)
        }
    }

    /// The number of arguments of the call by the instruction, whose callee is at an address; `None` if the VM must see to it
    /// that there is room for them.
    #[inline(always)]
    fn argument_count(&self, callee: *const Value) -> Option<u32> {
        match self.cursor.instruction().b() {
            // SAFETY: the register is that of the callee.
            0 => unsafe { plain_call::arguments_up_to_top(self.vm, callee) },
            coded => Some(u32::from(coded) - 1),
        }
    }

    /// The value at an address that compiled code has given.
    #[inline(always)]
    fn value(&self, address: u64) -> Value {
        // SAFETY: compiled code passes addresses of registers and constants.
        unsafe { value_at(address) }
    }

    /// The register with this number, as an address, before anything has moved the stack.
    #[inline(always)]
    fn register(&self, register: u8) -> *mut Value {
        // SAFETY: the verifier has checked the registers that instructions name.
        unsafe { self.base.add(usize::from(register)) }
    }
}

/// Says that the VM goes on where its dispatch loop would with these locals.
fn resume_in(vm: &Vm, pc: *const u32, base: *mut Value) -> Step {
    // SAFETY: the base is that of a frame of the running stack, and the instruction one of its function.
    unsafe { resume(vm, pc, base.offset_from(vm.stack()) as u32) }
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
        unsafe extern "sysv64" fn $function(
            $vm: *mut Vm,
            $pc: u32,
            $base: *mut Value,
            $x: u64,
            $y: u64,
            $z: u64,
        ) -> Answer $body)*
    };
}

/// Defines helpers that do nothing before they have a [`Site`].
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
                let mut $site = unsafe { Site::new(vm, pc, base) };
                $body
            }
        }
    };
}

/// What most helpers do first: the operation on values for which neither a metamethod nor a message is needed, so that
/// nothing need be written down. Compiled code goes on in the same frame, which has not moved.
fn done(base: *mut Value) -> Answer {
    Answer { status: GO_ON, other: base.addr() as u64 }
}

// Operators.
define! {
    arithmetic(vm, pc, base, left, right, operator) {
        // SAFETY: compiled code passes addresses of registers and constants.
        let (left, right) = unsafe { (value_at(left), value_at(right)) };
        // SAFETY: as the macro says.
        unsafe { arithmetic_on(vm, pc, base, [left, right], operator) }
    }
    arithmetic_immediate(vm, pc, base, left, number, operator) {
        // SAFETY: as in `arithmetic`.
        unsafe { arithmetic_on(vm, pc, base, [value_at(left), integer(number)], operator) }
    }
    length(vm, pc, base, operand, result, _unused) {
        // SAFETY: as in `arithmetic`.
        unsafe {
            let operand = value_at(operand);
            match (*vm).length(operand) {
                Ok(length) => {
                    *register_at(result) = length;
                    done(base)
                }
                Err(miss) => miss_of_operator(vm, pc, base, miss, [operand, operand]),
            }
        }
    }
    compare(vm, pc, base, left, right, relation) {
        // SAFETY: as in `arithmetic`.
        unsafe { comparison(vm, pc, base, [value_at(left), value_at(right)], relation) }
    }
    compare_immediate(vm, pc, base, left, number, relation) {
        // SAFETY: as in `arithmetic`.
        let (value, number) = unsafe { (value_at(left), integer(number)) };
        let values = if relation & 4 != 0 { [number, value] } else { [value, number] };
        // SAFETY: as the macro says.
        unsafe { comparison(vm, pc, base, values, relation & 3) }
    }
    raw_equal(_vm, _pc, _base, left, right, _unused) {
        // SAFETY: as in `arithmetic`.
        let truth = unsafe { value_at(left).raw_equals(value_at(right)) };
        Answer { status: GO_ON, other: truth.into() }
    }
}

define_at_site! {
    unary(site, operand, is_negation) {
        let operator = if is_negation != 0 { UnaryOperator::Negate } else { UnaryOperator::BitNot };
        let outcome = slow_path::unary(site.vm, site.cursor, operator, site.value(operand));
        site.next(outcome)
    }
    concatenate(site) {
        let outcome = concat::concat(site.vm, site.cursor);
        site.next(outcome)
    }
}

/// A binary operator on two values.
///
/// # Safety
/// As for [`Site::new`].
#[inline(always)]
unsafe fn arithmetic_on(vm: *mut Vm, pc: u32, base: *mut Value, [left, right]: [Value; 2], operator: u64) -> Answer {
    let (operator, result) = (OPERATORS[usize::from(operator as u8)], operator as usize >> 8);
    // SAFETY: as the caller says; the result is a register of the frame.
    unsafe {
        match (*vm).arithmetic(operator, left, right) {
            Ok(value) => {
                *base.add(result) = value;
                done(base)
            }
            Err(miss) => miss_of_operator(vm, pc, base, miss, [left, right]),
        }
    }
}

/// Ends an operator that the runtime could not finish.
///
/// # Safety
/// As for [`Site::new`].
#[inline(never)]
unsafe fn miss_of_operator(vm: *mut Vm, pc: u32, base: *mut Value, miss: Miss, [left, right]: [Value; 2]) -> Answer {
    // SAFETY: as the caller says.
    let mut site = unsafe { Site::new(vm, pc, base) };
    let outcome = slow_path::end_operator(site.vm, site.cursor, miss, left, right);
    site.next(outcome)
}

/// A comparison of two values.
///
/// # Safety
/// As for [`Site::new`].
#[inline(always)]
unsafe fn comparison(vm: *mut Vm, pc: u32, base: *mut Value, [left, right]: [Value; 2], relation: u64) -> Answer {
    // SAFETY: as the caller says.
    unsafe {
        let known = match relation {
            0 => (*vm).equals(left, right),
            1 => (*vm).less(left, right),
            _ => (*vm).less_equal(left, right),
        };
        match known {
            Ok(truth) => Answer { status: GO_ON, other: truth.into() },
            miss => {
                let mut site = Site::new(vm, pc, base);
                let result = slow_path::comparison(site.vm, site.cursor, miss, left, right);
                site.truth(result)
            }
        }
    }
}

/// The value of an upvalue of the function at the site.
fn upvalue(site: &Site, index: u64) -> Value {
    // SAFETY: the site is in a frame of a Lua function, and the verifier has checked the index.
    unsafe { closure_of(site.register(0)) }.cell(index as u32).get()
}

// Fields, cells and closures.
define_at_site! {
    load_upvalue_field(site, index) {
        let object = upvalue(&site, index);
        let outcome = field::load(site.vm, site.cursor, object);
        site.field_accessed(outcome)
    }
    store_field(site, object, value) {
        let (object, value) = (site.value(object), site.value(value));
        let outcome = field::store(site.vm, site.cursor, object, value);
        site.field_accessed(outcome)
    }
    store_upvalue_field(site, index, value) {
        let (object, value) = (upvalue(&site, index), site.value(value));
        let outcome = field::store(site.vm, site.cursor, object, value);
        site.field_accessed(outcome)
    }
    new_cell(site, value) {
        let value = site.value(value);
        let outcome = element::new_cell(site.vm, site.cursor, value);
        site.next(outcome)
    }
    new_nil_cell(site) {
        let outcome = element::new_cell(site.vm, site.cursor, Value::NIL);
        site.next(outcome)
    }
    new_table(site) {
        let outcome = element::new_table(site.vm, site.cursor);
        site.next(outcome)
    }
    new_object(site) {
        let outcome = element::new_object(site.vm, site.cursor);
        site.next(outcome)
    }
    set_list(site) {
        let outcome = element::set_list(site.vm, site.cursor);
        site.next(outcome)
    }
    new_closure(site) {
        let outcome = element::new_closure(site.vm, site.cursor);
        site.next(outcome)
    }
}

// Elements.
define! {
    load_element(vm, pc, base, object, key, result) {
        // SAFETY: compiled code passes addresses of registers and constants.
        unsafe { load_any(vm, pc, base, [value_at(object), value_at(key)], register_at(result)) }
    }
    load_element_immediate(vm, pc, base, object, key, result) {
        // SAFETY: as in `load_element`.
        unsafe { load_any(vm, pc, base, [value_at(object), integer(key)], register_at(result)) }
    }
    store_element(vm, pc, base, object, key, value) {
        // SAFETY: as in `load_element`.
        unsafe { store_any(vm, pc, base, [value_at(object), value_at(key), value_at(value)]) }
    }
    store_element_immediate(vm, pc, base, object, key, value) {
        // SAFETY: as in `load_element`.
        unsafe { store_any(vm, pc, base, [value_at(object), integer(key), value_at(value)]) }
    }
}

define! {
    load_field(vm, pc, base, object, result, cache) {
        // SAFETY: as the macro says; the cache is the instruction's own, which lives as long as its function runs.
        unsafe {
            let (object, cache) = (value_at(object), &*(cache as usize as *const InlineCache));
            match cache.load(&mut *vm, object) {
                Ok(value) if object.as_table().is_none() => {
                    *register_at(result) = value;
                    done(base)
                }
                Ok(value) => {
                    *register_at(result) = value;
                    Site::new(vm, pc, base).field_accessed(Ok(Step::Next))
                }
                Err(miss) => {
                    let mut site = Site::new(vm, pc, base);
                    let outcome = slow_path::end_load(site.vm, site.cursor, miss, Value::from(cache.key()));
                    site.next(outcome)
                }
            }
        }
    }
}

/// A load by any key.
///
/// # Safety
/// As for [`Site::new`]; `result` is the address of the instruction's register A.
#[inline(always)]
unsafe fn load_any(vm: *mut Vm, pc: u32, base: *mut Value, [object, key]: [Value; 2], result: *mut Value) -> Answer {
    // SAFETY: as the caller says.
    unsafe {
        if element::load_own(&*vm, object, key, result) {
            return done(base);
        }
        let mut site = Site::new(vm, pc, base);
        let outcome = element::load_in_full(site.vm, site.cursor, object, key);
        site.next(outcome)
    }
}

/// A store by any key. The VM's fast path comes first: it appends without asking for metamethods.
///
/// # Safety
/// As for [`Site::new`].
#[inline(always)]
unsafe fn store_any(vm: *mut Vm, pc: u32, base: *mut Value, [object, key, value]: [Value; 3]) -> Answer {
    // SAFETY: as the caller says.
    unsafe {
        let is_element = |index| element::store_integer(&mut *vm, object, index, value);
        if key.as_integer().is_some_and(is_element) || element::store_own(&mut *vm, object, key, value) {
            return done(base);
        }
        let mut site = Site::new(vm, pc, base);
        let outcome = element::store_in_full(site.vm, site.cursor, object, key, value);
        site.next(outcome)
    }
}

// Control.
define_at_site! {
    for_prepare(site) {
        match for_loop::prepare(site.vm, site.cursor) {
            Ok(runs) => site.truth(Ok(Truth::Known(runs))),
            Err(signal) => failed(signal),
        }
    }
    mark_close(site, register) {
        let outcome = close::mark(site.vm, site.cursor, register as u8);
        site.next(outcome)
    }
    close_variables(site) {
        let outcome = close::close(site.vm, site.cursor);
        site.next(outcome)
    }
    close_return(site) {
        let outcome = continuation::close_return(site.vm, site.cursor);
        site.answer_last(outcome, std::ptr::null())
    }
    poll(site) {
        let outcome = call::poll(site.vm, site.cursor);
        let header = site.cursor.address();
        site.answer_last(outcome, header)
    }
    forced_exit(site) {
        let context = context(site.vm);
        context.until_forced_exit.set(context.force_exit_every);
        context.suppresses_reentry.set(true);
        // SAFETY: it is this frame's instruction.
        unsafe { resume(site.vm, site.cursor.address(), site.base_slot) };
        count_exit(site.vm, site.exit_point, ExitReason::Forced);
        Answer { status: LEAVE, other: 0 }
    }
}

// Calls and returns.
/// `TAILCALL` of anything but a library function.
fn tail_call_other(site: Site) -> Answer {
    let mut site = site;
    let header = header_at(site.vm, site.base_slot);
    let address = site.register(site.cursor.instruction().a());
    if let Some(count) = site.argument_count(address) {
        let callee = Callee { address, count, wanted: 0 };
        // SAFETY: the instruction is a call, which has put everything in place.
        if let Some(callee) = unsafe { plain_call::tail_call(site.vm, site.registers(), callee) } {
            resume_in(site.vm, callee.pc, callee.base);
            return go_on_in_callee(&mut site, header);
        }
    }
    // The callee takes the frame's place, and a collection may take the function.
    let proto = std::rc::Rc::clone(site.cursor.prototype().proto());
    let outcome = call::tail_call(site.vm, site.cursor);
    // SAFETY: it is what the operation has answered.
    let outcome = outcome.and_then(|step| unsafe { carry_out(site.vm, step) });
    let mut site = Site { exit_point: ExitPoint { proto: &proto, pc: site.exit_point.pc }, ..site };
    match outcome {
        Ok(Step::Reload) => go_on_in_callee(&mut site, header),
        outcome => site.answer_last(outcome, std::ptr::null()),
    }
}

define! {
    tail_call(vm, pc, base, callee, coded, _unused) {
        // SAFETY: as the macro says; the instruction is a tail call, which has put everything in place.
        unsafe {
            let address = register_at(callee);
            let count = match coded {
                0 => plain_call::arguments_up_to_top(&*vm, address),
                coded => Some(coded as u32 - 1),
            };
            if let Some(count) = count {
                let registers = Registers {
                    pc: prototype_of(base).code().add(pc as usize),
                    base,
                    pool: prototype_of(base).pool(),
                };
                let register = address.offset_from(base);
                match plain_call::tail_call_native(&mut *vm, registers, Callee { address, count, wanted: 0 }) {
                    Some(Ok((base, count))) => return return_from(vm, pc, base, base.offset(register), count),
                    Some(Err(signal)) => return failed(signal),
                    None => {}
                }
            }
            tail_call_other(Site::new(vm, pc, base))
        }
    }
    varargs(vm, pc, base, to, coded, _unused) {
        // SAFETY: as the macro says; the instruction is a `VARARG` of the frame.
        unsafe {
            if plain_call::varargs(&*vm, base, register_at(to), coded as u8) {
                return done(base);
            }
            let mut site = Site::new(vm, pc, base);
            let outcome = call::varargs(site.vm, site.cursor);
            site.next(outcome)
        }
    }
    return_values(vm, pc, base, register, coded, _unused) {
        // SAFETY: as the macro says; the values are in the frame or up to the top.
        unsafe {
            let (vm, from) = (&mut *vm, base.add(register as usize));
            let count = match coded {
                0 => plain_call::results_up_to_top(vm, from),
                coded => coded as u32 - 1,
            };
            return_from(vm, pc, base, from, count)
        }
    }
    is_close_due(vm, _pc, _base, level, _unused, _unused_too) {
        // SAFETY: as the macro says; the address is that of a register, so inside the stack.
        let is_due = unsafe {
            let slot = register_at(level).offset_from((*vm).stack());
            close::is_due(&*vm, slot as u32)
        };
        Answer { status: GO_ON, other: is_due.into() }
    }
    call_with_all(vm, pc, base, callee, wanted, _unused) {
        let address = register_at(callee);
        // SAFETY: as the macro says, at a call with all arguments up to the top.
        unsafe {
            match plain_call::arguments_up_to_top(&*vm, address) {
                Some(count) => call_with(vm, pc, base, Callee { address, count, wanted: wanted as u8 }, call::call),
                None => {
                    let mut site = Site::new(vm, pc, base);
                    let outcome = call::call(site.vm, site.cursor);
                    site.next(outcome)
                }
            }
        }
    }
    call_native(vm, pc, base, callee, count, wanted) {
        let callee = Callee { address: register_at(callee), count: count as u32, wanted: wanted as u8 };
        // SAFETY: as the macro says.
        unsafe { call_with(vm, pc, base, callee, call::call) }
    }
    call_iterator(vm, pc, base, callee, count, wanted) {
        let callee = Callee { address: register_at(callee), count: count as u32, wanted: wanted as u8 };
        // SAFETY: as the macro says.
        unsafe { call_with(vm, pc, base, callee, call::call_iterator) }
    }
    step_iterator(vm, _pc, _base, first, count, _unused) {
        // SAFETY: as the macro says; the address is that of the registers of a generic loop with so many variables.
        let is_done = unsafe { for_loop::step_generic(&*vm, register_at(first), count as u8) };
        Answer { status: GO_ON, other: is_done.into() }
    }
}

define! {
    finish(vm, site, base, local_changes, thread, returned_to) {
        let site = WaitingSite::of_word(site);
        // SAFETY: the stub calls it with what was kept of the operation at the instruction, whose coroutine waits for the running
        // one if it is another.
        let (vm, operation) = unsafe {
            let vm = &mut *vm;
            // The base is counted from the stack of the coroutine that runs, which may be another than the operation's.
            let base_slot = (base.addr().wrapping_sub(vm.stack().addr()) / VALUE_BYTES) as u32;
            let operation = tier::Operation::again(vm, base_slot, Kept { thread, local_changes });
            (vm, operation)
        };
        // SAFETY: the site's frame is on the stack of its coroutine.
        if returned_to == 0 && unsafe { goes_on_behind(vm, &operation, site.pc, base) } {
            return done(base);
        }
        if let Err(signal) = note_return(vm, returned_to) {
            return failed(signal);
        }
        if let Some(callee) = prepared(vm, &operation, site) {
            return callee;
        }
        if !operation.is_of_running(vm) {
            return Answer { status: LEAVE, other: 0 };
        }
        // SAFETY: the operation's coroutine is the running one, so its frame is where it was, and the base is that of this frame.
        let mut site = unsafe { Site::new(vm, site.pc, base) };
        site.operation = operation;
        if let Operation::Compare { .. } = site.cursor.instruction().opcode().operation() {
            return site.known_truth(Ok(Step::Reload));
        }
        let expected = site.behind();
        site.end(Ok(Step::Reload), expected)
    }
}

/// Whether the VM would go on behind an operation at an instruction that is no jump.
///
/// # Safety
/// If the operation's coroutine is the running one, `base` must be that of the operation's frame.
#[inline(always)]
unsafe fn goes_on_behind(vm: &Vm, operation: &tier::Operation, pc: u32, base: *const Value) -> bool {
    if !operation.is_of_running(vm) {
        return false;
    }
    // SAFETY: as the caller says, and the instruction is one of the frame's function.
    let at = unsafe { prototype_of(base).code().add(pc as usize) };
    // SAFETY: as above.
    let opcode = unsafe { Instruction(*at) }.opcode();
    let behind = at.wrapping_add(opcode.words() as usize);
    !opcode.may_jump() && operation.resumes_at(vm, behind)
}

/// A callee has returned to compiled code that was not its caller's: says where the VM goes on. What is given is 0 if it has
/// left; where it returns to, as in the context; or, with [`VALUE_MARK`], the offset in the stack of the value that it has
/// returned.
fn note_return(vm: &mut Vm, returned_to: u64) -> Outcome {
    if returned_to == 0 {
        return Ok(Step::Reload);
    }
    if returned_to >> VALUE_MARK != 0 {
        let first = ((returned_to & !(1 << VALUE_MARK)) as usize / VALUE_BYTES) as u32;
        let base = first + HEADER_SLOTS;
        let header = header_at(vm, base);
        return end_operation(vm, header, base - header.base_delta(), first);
    }
    // SAFETY: it has returned to a Lua function of the running coroutine.
    unsafe {
        let caller = Cursor::at(vm, (returned_to >> 32) as u32, returned_to as u32);
        Ok(resume(vm, caller.address(), returned_to as u32))
    }
}

/// Ends the operation of a caller at this base whose callee, of a frame with this header, has returned the value in a slot.
pub(crate) fn end_operation(vm: &mut Vm, header: FrameHeader, caller: u32, value: u32) -> Outcome {
    // SAFETY: compiled code has counted the frame off and left the value; the step is what was answered.
    unsafe {
        let step = continuation::end_with_value(vm, header, caller, value)?;
        carry_out(vm, step)
    }
}

/// If the VM would go on in something that the operation at an instruction has called, and that is compiled: the answer by which
/// it is run.
fn prepared(vm: &mut Vm, operation: &tier::Operation, site: WaitingSite) -> Option<Answer> {
    let base = jit(vm).prepare_callee(vm, operation, site)?;
    Some(Answer { status: ENTER, other: base.addr() as u64 })
}

/// A call of what is probably a library function, for which nothing need be written down but its header; `general` if there is
/// no short way.
///
/// # Safety
/// As for [`Site::new`]. The instruction is a call, which has two words and has put callee and arguments in place.
#[inline(always)]
unsafe fn call_with(
    vm: *mut Vm,
    pc: u32,
    base: *mut Value,
    callee: Callee,
    general: fn(&mut Vm, Cursor) -> Outcome,
) -> Answer {
    // SAFETY: as the caller says.
    unsafe {
        match plain_call::call_native_from(&mut *vm, base, pc + 2, callee) {
            Some(Ok(base)) if (*vm).interrupt.bits() & Interrupt::HOOK == 0 => done(base),
            // It has set a hook, so that only the VM can go on.
            Some(Ok(base)) => leave_behind(vm, pc, base),
            Some(Err(signal)) => failed(signal),
            None => call_other(vm, pc, base, callee, general),
        }
    }
}

/// # Safety
/// As for [`Site::new`].
#[cold]
#[inline(never)]
unsafe fn leave_behind(vm: *mut Vm, pc: u32, base: *mut Value) -> Answer {
    // SAFETY: as the caller says.
    unsafe { Site::new(vm, pc, base).leave_behind() }
}

/// # Safety
/// As for [`call_with`].
#[inline(never)]
unsafe fn call_other(
    vm: *mut Vm,
    pc: u32,
    base: *mut Value,
    callee: Callee,
    general: fn(&mut Vm, Cursor) -> Outcome,
) -> Answer {
    // SAFETY: as the caller says.
    unsafe { Site::new(vm, pc, base).call(callee, general) }
}

/// Returns `count` values from an address on: to compiled code, or to the VM, if only it knows how the caller goes on.
///
/// # Safety
/// As for [`Site::new`]; the values are in the frame or up to the top.
#[inline(always)]
unsafe fn return_from(vm: *mut Vm, pc: u32, base: *mut Value, from: *const Value, count: u32) -> Answer {
    // SAFETY: as the caller says.
    unsafe {
        let vm = &mut *vm;
        let header = FrameHeader::read(base);
        if header.continuation() == Continuation::Call {
            return done(plain_call::return_plain(vm, base, from, count));
        }
        if plain_call::leave_to_rust(vm, base, from, count) {
            return Answer { status: EXIT, other: 0 };
        }
        if matches!(header.continuation(), Continuation::Store | Continuation::Branch) && header.varargs() == 0 {
            *base.sub(HEADER_SLOTS as usize) = if count == 0 { Value::NIL } else { *from };
            let state = state(vm);
            state.set_depth(state.depth() - 1);
            return Answer { status: VALUE_RETURNED, other: base.addr() as u64 };
        }
        let code = prototype_of(base).code();
        let registers = Registers { pc: code.add(pc as usize), base, pool: prototype_of(base).pool() };
        let next = continuation::return_from(vm, registers, from, count);
        match go_on_next(vm, next) {
            Ok(Step::Exit) => Answer { status: EXIT, other: 0 },
            Ok(_) => Answer { status: LEAVE, other: 0 },
            Err(signal) => failed(signal),
        }
    }
}

/// Lets the VM go on where a return leads.
fn go_on_next(vm: &mut Vm, next: Resumption) -> Outcome {
    match next.get() {
        Ok((pc, base)) => Ok(resume_in(vm, pc, base)),
        // SAFETY: it is what the return has answered.
        Err(outcome) => outcome.and_then(|step| unsafe { carry_out(vm, step) }),
    }
}

/// Ends a tail call, after which the VM would go on in the callee: compiled code does if that is compiled too and has the place of
/// the caller's frame, which had this header.
fn go_on_in_callee(site: &mut Site, header: FrameHeader) -> Answer {
    let state = state(site.vm);
    let slot = state.resume_base();
    let callee = header_at(site.vm, slot);
    let has_its_place = site.operation.is_of_running(site.vm)
        && callee.continuation() == header.continuation()
        && slot - callee.base_delta() == site.base_slot - header.base_delta();
    if has_its_place {
        // SAFETY: the VM goes on in a Lua function whose frame has this base.
        let (base, prototype) = unsafe {
            let base = site.vm.stack().add(slot as usize);
            (base, prototype_of(base))
        };
        // SAFETY: as above; the instruction is one of the function.
        let cursor = unsafe { Cursor::new(state.resume_pc(), base) };
        let entry = record_of(prototype).and_then(|record| record.entry_at(cursor));
        if let Some(entry) = entry.filter(|_| cursor.address() == prototype.code()) {
            let context = context(site.vm);
            context.jump_base.set(base);
            // SAFETY: the index is not used; only the pool's own address is.
            context.jump_pool.set(unsafe { prototype.pool().feedback(0) }.cast());
            context.jump_code.set(entry);
            return Answer { status: JUMP, other: 0 };
        }
    }
    count_exit(site.vm, site.exit_point, ExitReason::NotCompiled);
    Answer { status: LEAVE, other: 0 }
}
