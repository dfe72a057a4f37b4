//! The dispatch loop: one `match` over the opcode, what is frequent inline, everything else in the files by subject.
//!
//! Code pointer, base and constant pool are locals, so that they live in machine registers. Access to registers,
//! constants and feedback is unchecked: the compiler keeps what `lua_bytecode::verify` checks, and debug builds run that
//! verifier over everything they compile. No bytecode comes from anywhere else.
//!
//! An arm that cannot finish by itself hands a [`Cursor`] to a function elsewhere and does what its [`Outcome`] says. A
//! [`Step`] that begins or ends a call is carried out here and nowhere else. Afterwards all locals are read again, because
//! frames, and the stack itself, may have changed. The macros
//! are the ways in which an arm ends: they must be macros because they continue or leave the loop.

use engine_api::Counter;
use lua_bytecode::{Instruction, Opcode};
use lua_runtime::Vm;
use lua_runtime::operators::{BinaryOperator, UnaryOperator};
use lua_runtime::value::{Tag, Value};

use crate::calls::plain_call::{Callee, Registers, Resumption};
use crate::calls::{call, close, continuation, plain_call};
use crate::code::prototype::Pool;
use crate::debug::debug_hook;
use crate::dispatch::carry_out;
use crate::operations::slow_path::Truth;
use crate::operations::{concat, element, field, for_loop, number, register, slow_path};
use crate::state::{Cursor, Outcome, Step, closure_of, prototype_of, state_unchecked};
use crate::tier::TierHooks;

/// The register that the operand at a bit of an instruction names. A shift and a mask give its distance in bytes; from the
/// operand as a number it would be two instructions more, at each dispatch.
///
/// # Safety
/// `base` must be the base of a frame that has the register.
#[inline(always)]
unsafe fn register_at(base: *mut Value, word: Instruction, bit: u32) -> *mut Value {
    const SLOT_BITS: u32 = size_of::<Value>().trailing_zeros();
    const { assert!(size_of::<Value>().is_power_of_two()) };
    // SAFETY: as the caller says.
    unsafe { base.byte_add((word.0 >> (bit - SLOT_BITS)) as usize & (0xFF << SLOT_BITS)) }
}

/// Interprets from where a step, which is not `Next`, leads until the interpreter is left or an error unwinds.
pub(super) fn interpret<H: TierHooks>(vm: &mut Vm, first: Step) -> Outcome {
    let mut step = first;
    'reload: loop {
        // SAFETY: it is what was answered last.
        step = unsafe { carry_out(vm, step) }?;
        if step == Step::Exit || debug_hook::is_wanted(vm) != H::TRACES {
            return Ok(step);
        }
        // SAFETY: this is the loop of the engine whose state it is.
        let state = unsafe { state_unchecked(vm) };
        let mut pc = state.resume_pc.get();
        // SAFETY: `resume_base` is the base of a frame of a Lua function on the running stack.
        let mut base = unsafe { vm.stack().add(state.resume_base.get() as usize) };
        // SAFETY: as above.
        let mut pool: Pool = unsafe { prototype_of(base) }.pool;
        if H::ACTIVE {
            // SAFETY: `pc` is at an instruction of the function whose frame has this base.
            let (cursor, start) = unsafe { (Cursor::new(pc, base), prototype_of(base).code) };
            match H::arrived(vm, cursor, pc == start) {
                Ok(Step::Next) => {}
                Ok(next) => {
                    step = next;
                    continue 'reload;
                }
                Err(signal) => return Err(signal),
            }
        }
        loop {
            // SAFETY: `pc` is at an instruction of verified code (see above): control stays on instructions,
            // registers are below the frame's size (for which the stack was checked at entry),
            // constants, upvalues and feedback exist. `base`, `pool` and `pc` belong to the same frame.
            // This block covers all arms; arms that rely on more say so.
            unsafe {
                if H::TRACES {
                    let frame = base.offset_from(vm.stack());
                    debug_hook::instruction(vm, Cursor::new(pc, base))?;
                    base = vm.stack().offset(frame);
                }
                let word = Instruction(*pc);
                let a = register_at(base, word, 8);

                macro_rules! b {
                    () => {
                        register_at(base, word, 16)
                    };
                }
                macro_rules! c {
                    () => {
                        register_at(base, word, 24)
                    };
                }
                macro_rules! constant_b {
                    () => {
                        pool.constant(u32::from(word.b()))
                    };
                }
                macro_rules! constant_c {
                    () => {
                        pool.constant(u32::from(word.c()))
                    };
                }
                macro_rules! constant_bx {
                    () => {
                        pool.constant(u32::from(word.bx()))
                    };
                }
                macro_rules! feedback {
                    () => {
                        pool.feedback(*pc.add(1))
                    };
                }
                macro_rules! cursor {
                    () => {
                        Cursor::new(pc, base)
                    };
                }
                macro_rules! registers {
                    () => {
                        Registers { pc, base, pool }
                    };
                }
                // Goes on in the frame of a function that begins.
                macro_rules! enter_function {
                    ($registers:expr) => {{
                        Registers { pc, base, pool } = $registers;
                        if H::ACTIVE {
                            outcome!(H::function_entered(vm, cursor!()), 0);
                        }
                        continue;
                    }};
                }
                // Goes on in the caller's frame.
                macro_rules! resume {
                    ($registers:expr) => {{
                        Registers { pc, base, pool } = $registers;
                        if H::ACTIVE {
                            outcome!(H::resumed(vm, cursor!()), 0);
                        }
                        continue;
                    }};
                }
                // Goes on as a function has said that has done a call or return.
                macro_rules! next_as {
                    ($next:expr) => {
                        match Resumption::get($next) {
                            Ok(frame) => {
                                (pc, base) = frame;
                                let prototype = prototype_of(base);
                                pool = prototype.pool;
                                if H::ACTIVE {
                                    let is_entry = pc == prototype.code;
                                    outcome!(H::arrived(vm, cursor!(), is_entry), 0);
                                }
                                continue;
                            }
                            Err(Ok(elsewhere)) => go_to!(elsewhere),
                            Err(Err(signal)) => return Err(signal),
                        }
                    };
                }
                // Goes on behind the instruction.
                macro_rules! next {
                    ($words:literal) => {{
                        pc = pc.add($words);
                        continue;
                    }};
                }
                // Goes on where a step leads that is not `Next`.
                macro_rules! go_to {
                    ($step:expr) => {{
                        step = $step;
                        continue 'reload;
                    }};
                }
                // Does what an operation elsewhere said.
                macro_rules! outcome {
                    ($outcome:expr, $words:literal) => {
                        match $outcome {
                            Ok(Step::Next) => next!($words),
                            Ok(elsewhere) => go_to!(elsewhere),
                            Err(signal) => return Err(signal),
                        }
                    };
                }
                // Jumps by the distance in the extra word, or goes on.
                macro_rules! jump_if {
                    ($condition:expr) => {{
                        let distance = if $condition { *pc.add(1) as i32 } else { 0 };
                        pc = pc.add(2).offset(distance as isize);
                        continue;
                    }};
                }
                // A back-edge: jumps by a distance from behind the instruction, and polls.
                macro_rules! back_edge {
                    ($words:literal, $distance:expr) => {{
                        pc = pc.add($words).offset($distance as isize);
                        if H::PROFILES {
                            H::back_edge(vm, cursor!())?;
                        }
                        if vm.must_poll() {
                            match call::poll(vm, cursor!()) {
                                Ok(Step::Next) => {}
                                Ok(elsewhere) => go_to!(elsewhere),
                                Err(signal) => return Err(signal),
                            }
                        }
                        if H::ACTIVE && !H::PROFILES {
                            outcome!(H::back_edge(vm, cursor!()), 0);
                        }
                        continue;
                    }};
                }
                macro_rules! binary {
                    ($inline:ident, $operator:ident, $left:expr, $right:expr) => {{
                        let (left, right) = ($left, $right);
                        if number::$inline(a, left, right) {
                            next!(1);
                        }
                        outcome!(slow_path::arithmetic(vm, cursor!(), BinaryOperator::$operator, *left, *right), 1)
                    }};
                }
                // A comparison of two values that jumps if its truth is `$polarity`.
                macro_rules! compare {
                    ($inline:ident, $slow:ident, $left:expr, $right:expr, $polarity:literal) => {{
                        let (left, right): (*const Value, *const Value) = ($left, $right);
                        if let Some(truth) = number::$inline(left, right) {
                            jump_if!(truth == $polarity);
                        }
                        match slow_path::$slow(vm, cursor!(), *left, *right) {
                            Ok(Truth::Known(truth)) => jump_if!(truth == $polarity),
                            Ok(Truth::Later(step)) => go_to!(step),
                            Err(signal) => return Err(signal),
                        }
                    }};
                }
                // An order comparison with an immediate; `$swapped` if the immediate is the left operand.
                macro_rules! compare_immediate {
                    ($operator:tt, $slow:ident, $swapped:literal, $polarity:literal) => {{
                        let number = word.sbx();
                        let truth =
                            number::compare_immediate(a, number, |x, y| x $operator y, |x, y| x $operator y);
                        if let Some(truth) = truth {
                            jump_if!(truth == $polarity);
                        }
                        let number = Value::integer(i64::from(number));
                        let (left, right) = if $swapped { (number, *a) } else { (*a, number) };
                        match slow_path::$slow(vm, cursor!(), left, right) {
                            Ok(Truth::Known(truth)) => jump_if!(truth == $polarity),
                            Ok(Truth::Later(step)) => go_to!(step),
                            Err(signal) => return Err(signal),
                        }
                    }};
                }
                macro_rules! load_field {
                    ($object:expr) => {{
                        let object: Value = $object;
                        match (*feedback!()).cache.load_first(object) {
                            Some(value) => {
                                vm.counters[Counter::InlineCacheHits] += 1;
                                *a = value;
                                next!(2)
                            }
                            None => outcome!(field::load(vm, cursor!(), object), 2),
                        }
                    }};
                }
                macro_rules! store_field {
                    ($object:expr, $value:expr) => {{
                        let (object, value): (Value, Value) = ($object, *$value);
                        if (*feedback!()).cache.store_first(&mut vm.heap, object, value) {
                            vm.counters[Counter::InlineCacheHits] += 1;
                            next!(2);
                        }
                        outcome!(field::store(vm, cursor!(), object, value), 2)
                    }};
                }
                // Calls what a two-word instruction has put in place.
                macro_rules! call {
                    ($callee:expr, $slow:path) => {{
                        if H::TRACES {
                            outcome!($slow(vm, cursor!()), 2);
                        }
                        if let Some(callee) = plain_call::call_closure(vm, registers!(), $callee) {
                            enter_function!(callee);
                        }
                        if H::PROFILES && (*$callee.address).as_native().is_some() {
                            H::library_called(vm, cursor!(), $callee);
                        }
                        match plain_call::call_native(vm, registers!(), $callee) {
                            Some(Ok(registers)) => {
                                base = registers.base;
                                if H::PROFILES {
                                    H::resumed(vm, cursor!())?;
                                }
                            }
                            Some(Err(signal)) => return Err(signal),
                            None => next_as!(call::call_other(vm, registers!(), $callee, $slow)),
                        }
                        next!(2)
                    }};
                }
                // Returns `$count` values from the address `$from` on.
                macro_rules! return_values {
                    ($from:expr, $count:expr, $traced:expr) => {{
                        if H::TRACES {
                            outcome!($traced, 1);
                        }
                        next_as!(continuation::return_from(vm, registers!(), $from, $count))
                    }};
                }
                // A return that nobody watches, to a caller that goes on at once.
                macro_rules! return_to_caller {
                    ($result:expr) => {
                        if H::TRACES { None } else { plain_call::return_to_caller(vm, base, $result) }
                    };
                }
                macro_rules! upvalue {
                    ($index:expr) => {
                        closure_of(base).cell_unchecked(u32::from($index)).get()
                    };
                }
                macro_rules! store_element {
                    ($key:expr, $value:expr) => {{
                        let (key, value): (Value, Value) = ($key, *$value);
                        if key.tag == Tag::Integer && element::store_integer(vm, *a, key.raw_integer(), value) {
                            next!(2);
                        }
                        if element::store_own(vm, *a, key, value) {
                            next!(2);
                        }
                        outcome!(element::store_in_full(vm, cursor!(), *a, key, value), 2)
                    }};
                }

                // SAFETY: verified code has opcodes only, and the enum has no gaps.
                match std::mem::transmute::<u8, Opcode>(word.0 as u8) {
                    Opcode::Move => {
                        register::copy(a, b!());
                        next!(1)
                    }
                    Opcode::LoadInteger => {
                        register::set_integer(a, i64::from(word.sbx()));
                        next!(1)
                    }
                    Opcode::LoadFloat => {
                        register::set_float(a, f64::from(word.sbx()));
                        next!(1)
                    }
                    Opcode::LoadConstant => {
                        register::copy(a, constant_bx!());
                        next!(1)
                    }
                    Opcode::LoadConstantWide => {
                        register::copy(a, pool.constant(*pc.add(1)));
                        next!(2)
                    }
                    Opcode::LoadNil => {
                        for i in 0..usize::from(word.b()) {
                            *a.add(i) = Value::NIL;
                        }
                        next!(1)
                    }
                    Opcode::LoadTrue => {
                        *a = Value::TRUE;
                        next!(1)
                    }
                    Opcode::LoadFalse => {
                        *a = Value::FALSE;
                        next!(1)
                    }
                    Opcode::LoadFalseSkip => {
                        *a = Value::FALSE;
                        next!(2)
                    }
                    Opcode::NewCell => {
                        outcome!(element::new_cell(vm, cursor!(), *b!()), 1)
                    }
                    Opcode::NewNilCell => {
                        outcome!(element::new_cell(vm, cursor!(), Value::NIL), 1)
                    }
                    Opcode::GetCell => {
                        *a = element::cell_of(*b!()).get();
                        next!(1)
                    }
                    Opcode::SetCell => {
                        element::cell_of(*a).set(&mut vm.heap, *b!());
                        next!(1)
                    }
                    Opcode::GetUpvalue => {
                        *a = upvalue!(word.b());
                        next!(1)
                    }
                    Opcode::SetUpvalue => {
                        let cell = closure_of(base).cell_unchecked(u32::from(word.b()));
                        cell.set(&mut vm.heap, *a);
                        next!(1)
                    }
                    Opcode::GetGlobal | Opcode::GetUpField => {
                        load_field!(upvalue!(word.b()))
                    }
                    Opcode::SetGlobal | Opcode::SetUpField => {
                        store_field!(upvalue!(word.a()), b!())
                    }
                    Opcode::SetGlobalK | Opcode::SetUpFieldK => {
                        store_field!(upvalue!(word.a()), constant_bx!())
                    }
                    Opcode::GetField => {
                        load_field!(*b!())
                    }
                    Opcode::SetField => {
                        store_field!(*a, b!())
                    }
                    Opcode::SetFieldK => {
                        store_field!(*a, constant_bx!())
                    }
                    Opcode::SelfField => {
                        let object = *b!();
                        *a.add(2) = object;
                        load_field!(object)
                    }
                    Opcode::GetIndex => {
                        let (object, key) = (*b!(), *c!());
                        if key.tag == Tag::Integer
                            && let Some(value) = element::load_integer(object, key.raw_integer())
                        {
                            *a = value;
                            next!(2);
                        }
                        if element::load_own(vm, object, key, a) {
                            next!(2);
                        }
                        outcome!(element::load_in_full(vm, cursor!(), object, key), 2)
                    }
                    Opcode::SetIndex => {
                        store_element!(*b!(), c!())
                    }
                    Opcode::SetIndexK => {
                        store_element!(*b!(), constant_c!())
                    }
                    Opcode::GetIndexI => {
                        let (object, key) = (*b!(), i64::from(word.c()));
                        if let Some(value) = element::load_integer(object, key) {
                            *a = value;
                            next!(2);
                        }
                        if element::load_own(vm, object, Value::integer(key), a) {
                            next!(2);
                        }
                        outcome!(element::load_in_full(vm, cursor!(), object, Value::integer(key)), 2)
                    }
                    Opcode::SetIndexI => {
                        store_element!(Value::integer(i64::from(word.b())), c!())
                    }
                    Opcode::SetIndexIK => {
                        store_element!(Value::integer(i64::from(word.b())), constant_c!())
                    }
                    Opcode::NewTable => {
                        outcome!(element::new_table(vm, cursor!()), 2)
                    }
                    Opcode::NewObject => {
                        outcome!(element::new_object(vm, cursor!()), 2)
                    }
                    Opcode::SetList => {
                        outcome!(element::set_list(vm, cursor!()), 2)
                    }
                    Opcode::Closure => {
                        outcome!(element::new_closure(vm, cursor!()), 2)
                    }
                    Opcode::Add => {
                        binary!(add, Add, b!(), c!())
                    }
                    Opcode::Subtract => {
                        binary!(subtract, Subtract, b!(), c!())
                    }
                    Opcode::Multiply => {
                        binary!(multiply, Multiply, b!(), c!())
                    }
                    Opcode::Modulo => {
                        binary!(modulo, Modulo, b!(), c!())
                    }
                    Opcode::Power => {
                        binary!(power, Power, b!(), c!())
                    }
                    Opcode::Divide => {
                        binary!(divide, Divide, b!(), c!())
                    }
                    Opcode::FloorDivide => {
                        binary!(floor_divide, FloorDivide, b!(), c!())
                    }
                    Opcode::BitAnd => {
                        binary!(bit_and, BitAnd, b!(), c!())
                    }
                    Opcode::BitOr => {
                        binary!(bit_or, BitOr, b!(), c!())
                    }
                    Opcode::BitXor => {
                        binary!(bit_xor, BitXor, b!(), c!())
                    }
                    Opcode::ShiftLeft => {
                        binary!(shift_left, ShiftLeft, b!(), c!())
                    }
                    Opcode::ShiftRight => {
                        binary!(shift_right, ShiftRight, b!(), c!())
                    }
                    Opcode::AddK => {
                        binary!(add, Add, b!(), constant_c!())
                    }
                    Opcode::SubtractK => {
                        binary!(subtract, Subtract, b!(), constant_c!())
                    }
                    Opcode::MultiplyK => {
                        binary!(multiply, Multiply, b!(), constant_c!())
                    }
                    Opcode::ModuloK => {
                        binary!(modulo, Modulo, b!(), constant_c!())
                    }
                    Opcode::PowerK => {
                        binary!(power, Power, b!(), constant_c!())
                    }
                    Opcode::DivideK => {
                        binary!(divide, Divide, b!(), constant_c!())
                    }
                    Opcode::FloorDivideK => {
                        binary!(floor_divide, FloorDivide, b!(), constant_c!())
                    }
                    Opcode::BitAndK => {
                        binary!(bit_and, BitAnd, b!(), constant_c!())
                    }
                    Opcode::BitOrK => {
                        binary!(bit_or, BitOr, b!(), constant_c!())
                    }
                    Opcode::BitXorK => {
                        binary!(bit_xor, BitXor, b!(), constant_c!())
                    }
                    Opcode::ShiftLeftK => {
                        binary!(shift_left, ShiftLeft, b!(), constant_c!())
                    }
                    Opcode::ShiftRightK => {
                        binary!(shift_right, ShiftRight, b!(), constant_c!())
                    }
                    Opcode::KAdd => {
                        binary!(add, Add, constant_b!(), c!())
                    }
                    Opcode::KSubtract => {
                        binary!(subtract, Subtract, constant_b!(), c!())
                    }
                    Opcode::KMultiply => {
                        binary!(multiply, Multiply, constant_b!(), c!())
                    }
                    Opcode::KModulo => {
                        binary!(modulo, Modulo, constant_b!(), c!())
                    }
                    Opcode::KPower => {
                        binary!(power, Power, constant_b!(), c!())
                    }
                    Opcode::KDivide => {
                        binary!(divide, Divide, constant_b!(), c!())
                    }
                    Opcode::KFloorDivide => {
                        binary!(floor_divide, FloorDivide, constant_b!(), c!())
                    }
                    Opcode::KBitAnd => {
                        binary!(bit_and, BitAnd, constant_b!(), c!())
                    }
                    Opcode::KBitOr => {
                        binary!(bit_or, BitOr, constant_b!(), c!())
                    }
                    Opcode::KBitXor => {
                        binary!(bit_xor, BitXor, constant_b!(), c!())
                    }
                    Opcode::KShiftLeft => {
                        binary!(shift_left, ShiftLeft, constant_b!(), c!())
                    }
                    Opcode::KShiftRight => {
                        binary!(shift_right, ShiftRight, constant_b!(), c!())
                    }
                    Opcode::AddI => {
                        let number = i64::from(word.sc());
                        if number::add_immediate(a, b!(), number) {
                            next!(1);
                        }
                        outcome!(
                            slow_path::arithmetic(vm, cursor!(), BinaryOperator::Add, *b!(), Value::integer(number)),
                            1
                        )
                    }
                    Opcode::SubtractI => {
                        let number = i64::from(word.sc());
                        if number::add_immediate(a, b!(), -number) {
                            next!(1);
                        }
                        outcome!(
                            slow_path::arithmetic(
                                vm,
                                cursor!(),
                                BinaryOperator::Subtract,
                                *b!(),
                                Value::integer(number)
                            ),
                            1
                        )
                    }
                    Opcode::Negate => {
                        let operand = *b!();
                        match operand.tag {
                            Tag::Integer => register::set_integer(a, operand.raw_integer().wrapping_neg()),
                            Tag::Float => register::set_float(a, -operand.raw_float()),
                            _ => outcome!(slow_path::unary(vm, cursor!(), UnaryOperator::Negate, operand), 1),
                        }
                        next!(1)
                    }
                    Opcode::BitNot => {
                        let operand = *b!();
                        if operand.tag == Tag::Integer {
                            register::set_integer(a, !operand.raw_integer());
                            next!(1);
                        }
                        outcome!(slow_path::unary(vm, cursor!(), UnaryOperator::BitNot, operand), 1)
                    }
                    Opcode::Not => {
                        *a = Value::boolean((*b!()).is_falsy());
                        next!(1)
                    }
                    Opcode::Length => {
                        let operand = *b!();
                        if let Some(table) = operand.as_table()
                            && table.metatable().is_none()
                        {
                            register::set_integer(a, i64::from(table.length()));
                            next!(1);
                        }
                        outcome!(slow_path::length(vm, cursor!(), operand), 1)
                    }
                    Opcode::Concat => {
                        outcome!(concat::concat(vm, cursor!()), 1)
                    }
                    Opcode::Jump => {
                        pc = pc.add(1).offset(word.distance() as isize);
                        continue;
                    }
                    Opcode::LoopJump => {
                        back_edge!(1, word.distance())
                    }
                    Opcode::JumpIf => {
                        jump_if!(!(*a).is_falsy())
                    }
                    Opcode::JumpIfNot => {
                        jump_if!((*a).is_falsy())
                    }
                    Opcode::CopyJumpIf => {
                        let value = b!();
                        if (*value).is_falsy() {
                            next!(2);
                        }
                        register::copy(a, value);
                        jump_if!(true)
                    }
                    Opcode::CopyJumpIfNot => {
                        let value = b!();
                        if !(*value).is_falsy() {
                            next!(2);
                        }
                        register::copy(a, value);
                        jump_if!(true)
                    }
                    Opcode::JumpEqual => {
                        compare!(equal, equal, a, b!(), true)
                    }
                    Opcode::JumpLess => {
                        compare!(less, less, a, b!(), true)
                    }
                    Opcode::JumpLessEqual => {
                        compare!(less_equal, less_equal, a, b!(), true)
                    }
                    Opcode::JumpEqualK => {
                        jump_if!((*a).raw_equals(*constant_bx!()))
                    }
                    Opcode::JumpLessK => {
                        compare!(less, less, a, constant_bx!(), true)
                    }
                    Opcode::JumpLessEqualK => {
                        compare!(less_equal, less_equal, a, constant_bx!(), true)
                    }
                    Opcode::JumpGreaterK => {
                        compare!(less, less, constant_bx!(), a, true)
                    }
                    Opcode::JumpGreaterEqualK => {
                        compare!(less_equal, less_equal, constant_bx!(), a, true)
                    }
                    Opcode::JumpEqualI => {
                        let number = word.sbx();
                        let truth = number::compare_immediate(a, number, |x, y| x == y, |x, y| x == y);
                        jump_if!(truth == Some(true))
                    }
                    Opcode::JumpLessI => {
                        compare_immediate!(<, less, false, true)
                    }
                    Opcode::JumpLessEqualI => {
                        compare_immediate!(<=, less_equal, false, true)
                    }
                    Opcode::JumpGreaterI => {
                        compare_immediate!(>, less, true, true)
                    }
                    Opcode::JumpGreaterEqualI => {
                        compare_immediate!(>=, less_equal, true, true)
                    }
                    Opcode::JumpNotEqual => {
                        compare!(equal, equal, a, b!(), false)
                    }
                    Opcode::JumpNotLess => {
                        compare!(less, less, a, b!(), false)
                    }
                    Opcode::JumpNotLessEqual => {
                        compare!(less_equal, less_equal, a, b!(), false)
                    }
                    Opcode::JumpNotEqualK => {
                        jump_if!(!(*a).raw_equals(*constant_bx!()))
                    }
                    Opcode::JumpNotLessK => {
                        compare!(less, less, a, constant_bx!(), false)
                    }
                    Opcode::JumpNotLessEqualK => {
                        compare!(less_equal, less_equal, a, constant_bx!(), false)
                    }
                    Opcode::JumpNotGreaterK => {
                        compare!(less, less, constant_bx!(), a, false)
                    }
                    Opcode::JumpNotGreaterEqualK => {
                        compare!(less_equal, less_equal, constant_bx!(), a, false)
                    }
                    Opcode::JumpNotEqualI => {
                        let number = word.sbx();
                        let truth = number::compare_immediate(a, number, |x, y| x == y, |x, y| x == y);
                        jump_if!(truth != Some(true))
                    }
                    Opcode::JumpNotLessI => {
                        compare_immediate!(<, less, false, false)
                    }
                    Opcode::JumpNotLessEqualI => {
                        compare_immediate!(<=, less_equal, false, false)
                    }
                    Opcode::JumpNotGreaterI => {
                        compare_immediate!(>, less, true, false)
                    }
                    Opcode::JumpNotGreaterEqualI => {
                        compare_immediate!(>=, less_equal, true, false)
                    }
                    Opcode::ForPrepare => {
                        let runs = match for_loop::prepare_integer_loop(a) {
                            Some(runs) => runs,
                            None => for_loop::prepare(vm, cursor!())?,
                        };
                        if H::PROFILES && runs {
                            H::loop_begun(vm, cursor!());
                        }
                        jump_if!(!runs)
                    }
                    Opcode::ForLoop => {
                        if !for_loop::step_loop(a) {
                            next!(2);
                        }
                        back_edge!(2, *pc.add(1) as i32)
                    }
                    Opcode::GenericForPrepare => {
                        let closing = word.a() + 3;
                        if !(*base.add(usize::from(closing))).is_falsy() {
                            match close::mark(vm, cursor!(), closing) {
                                Ok(_) => {}
                                Err(signal) => return Err(signal),
                            }
                        }
                        jump_if!(true)
                    }
                    Opcode::GenericForCall => {
                        if !H::TRACES && for_loop::step_generic(vm, a, word.c()) {
                            next!(2);
                        }
                        let callee = plain_call::prepare_iterator(a, word.c());
                        call!(callee, call::call_iterator)
                    }
                    Opcode::GenericForLoop => {
                        let control = a.add(4);
                        if (*control).is_nil() {
                            next!(2);
                        }
                        register::copy(a.add(2), control);
                        back_edge!(2, *pc.add(1) as i32)
                    }
                    Opcode::Call => {
                        let count = match word.b() {
                            0 => match plain_call::arguments_up_to_top(vm, a) {
                                Some(count) => count,
                                None => outcome!(call::call(vm, cursor!()), 2),
                            },
                            coded => u32::from(coded) - 1,
                        };
                        let callee = Callee { address: a, count, wanted: word.c() };
                        call!(callee, call::call)
                    }
                    Opcode::TailCall => {
                        let count = match word.b() {
                            _ if H::TRACES => None,
                            0 => plain_call::arguments_up_to_top(vm, a),
                            coded => Some(u32::from(coded) - 1),
                        };
                        if let Some(count) = count {
                            let callee = Callee { address: a, count, wanted: 0 };
                            next_as!(call::tail_call_counted(vm, registers!(), callee));
                        }
                        outcome!(call::tail_call(vm, cursor!()), 2)
                    }
                    Opcode::Return => {
                        let count = match word.b() {
                            0 => plain_call::results_up_to_top(vm, a),
                            coded => u32::from(coded) - 1,
                        };
                        return_values!(a, count, continuation::return_values(vm, cursor!(), word.a(), word.b()))
                    }
                    Opcode::Return0 => {
                        if let Some(caller) = return_to_caller!(None) {
                            resume!(caller);
                        }
                        return_values!(a, 0, continuation::return_values(vm, cursor!(), 0, 1))
                    }
                    Opcode::Return1 => {
                        if let Some(caller) = return_to_caller!(Some(a)) {
                            resume!(caller);
                        }
                        return_values!(a, 1, continuation::return_values(vm, cursor!(), word.a(), 2))
                    }
                    Opcode::CloseReturn => {
                        if close::is_due(vm, cursor!().base(vm)) {
                            outcome!(continuation::close_return(vm, cursor!()), 1);
                        }
                        let count = match word.b() {
                            0 => plain_call::results_up_to_top(vm, a),
                            coded => u32::from(coded) - 1,
                        };
                        return_values!(a, count, continuation::return_values(vm, cursor!(), word.a(), word.b()))
                    }
                    Opcode::Vararg => {
                        if plain_call::varargs(vm, base, a, word.c()) {
                            next!(1);
                        }
                        outcome!(call::varargs(vm, cursor!()), 1)
                    }
                    Opcode::MarkClose => {
                        outcome!(close::mark(vm, cursor!(), word.a()), 1)
                    }
                    Opcode::Close => {
                        if !close::is_due(vm, cursor!().stack_slot(vm, word.a())) {
                            next!(1);
                        }
                        outcome!(close::close(vm, cursor!()), 1)
                    }
                }
            }
        }
    }
}
