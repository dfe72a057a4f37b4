//! Typed code of loads, captured variables, jumps, loops and returns. Which instruction gets which is in
//! [`crate::select`].

use bytecode_vm::frame::HEADER_SLOTS;
use lua_bytecode::Instruction;
use lua_bytecode::instruction::{Operand, loaded_constant};
use lua_bytecode::opcode::{self, Literal};
use lua_bytecode::proto::{Constant, SHORT_KEY_BYTES};
use lua_runtime::value::{PAYLOAD_OFFSET, Tag};

use crate::compile::Emitter;
use crate::known::{Fact, Home, Kept};
use crate::masm::{Address, Condition, Float, IntegerOperation, MacroAssembler, Relation, Right, Temp};
use crate::templates::call::header_half;
use crate::templates::compare::ordered;

impl<'a, M: MacroAssembler> Emitter<'a, M> {
    /// `R[A] = ` what the instruction names; `false` if there is no typed code for it.
    pub(crate) fn typed_literal(&mut self, literal: Literal, word: Instruction) -> bool {
        let (a, b) = (word.a(), word.b());
        match literal {
            Literal::Integer => self.assign_constant(a, Tag::Integer, word.sbx().into()),
            Literal::Float => self.assign_constant(a, Tag::Float, f64::from(word.sbx()).to_bits().cast_signed()),
            Literal::Constant => self.typed_constant(a, loaded_constant(&self.proto().code, self.pc)),
            Literal::Nil if b > 4 => return false,
            Literal::Nil => {
                for register in a..a + b {
                    if self.typed.known.is_some() {
                        self.assign_constant(register, Tag::Nil, 0);
                    }
                }
            }
            Literal::True => self.assign_constant(a, Tag::True, 0),
            Literal::False => self.assign_constant(a, Tag::False, 0),
        }
        true
    }

    /// `R[register] = ` a value that is always the same.
    fn assign_constant(&mut self, register: u8, tag: Tag, payload: i64) {
        let Some(Fact { tag: planned, home, .. }) = self.planned(register) else {
            self.set_result(register, tag, Home::Constant(payload));
            return;
        };
        let Home::Kept(kept) = home else {
            self.give_up();
            return;
        };
        if planned != tag {
            self.give_up();
            return;
        }
        self.vacate(kept, register);
        match kept {
            Kept::Integer(number) => self.masm.load_number(Temp::Kept(number), payload),
            Kept::Float(number) => {
                self.masm.load_float_number(Float::Kept(number), f64::from_bits(payload.cast_unsigned()));
            }
        }
        self.set_result(register, tag, home);
    }

    fn typed_constant(&mut self, register: u8, index: u32) {
        match self.constant(index) {
            Constant::Nil => self.assign_constant(register, Tag::Nil, 0),
            Constant::Boolean(value) => self.assign_constant(register, Tag::of_boolean(*value), 0),
            Constant::Integer(value) => self.assign_constant(register, Tag::Integer, *value),
            Constant::Float(value) => self.assign_constant(register, Tag::Float, value.to_bits().cast_signed()),
            Constant::String(_) => {
                self.copy_value(Address::register(register), Address::constant(index));
                self.set_unknown(register);
            }
        }
    }

    /// `R[a] = ` the variable in the cell `R[b]`.
    pub(crate) fn typed_get_cell(&mut self, word: Instruction) {
        let (a, b) = (word.a(), word.b());
        self.masm.load(Temp::T0, Address::register(b));
        self.load_cell_value(a, word);
    }

    /// The variable in the cell `R[a]` becomes `R[b]`.
    pub(crate) fn typed_set_cell(&mut self, a: u8, b: u8) {
        self.masm.load(Temp::T0, Address::register(a));
        self.store_cell_value(b);
    }

    /// `R[a] = U[upvalue]`.
    pub(crate) fn typed_get_upvalue(&mut self, word: Instruction) {
        let (a, upvalue) = (word.a(), word.b());
        self.load_cell(upvalue);
        self.load_cell_value(a, word);
    }

    /// `U[upvalue] = R[a]`.
    pub(crate) fn typed_set_upvalue(&mut self, upvalue: u8, a: u8) {
        self.load_cell(upvalue);
        self.store_cell_value(a);
    }

    /// `R[a] = not R[b]`.
    pub(crate) fn typed_not(&mut self, a: u8, b: u8) {
        self.store_register(b);
        self.not(a, b);
        self.set_unknown(a);
    }

    /// The value in the cell whose address is in `T0` becomes that of a register.
    fn store_cell_value(&mut self, register: u8) {
        self.store_value_to_object(crate::templates::cell_value(), Operand::Register(register));
    }

    /// Stores a value into a heap object. Keeps `T0`. The collector's barrier belongs here too; see
    /// `Emitter::store_to_object`.
    pub(super) fn store_value_to_object(&mut self, to: Address, value: Operand) {
        let fact = match value {
            Operand::Register(register) => self.known().get(register),
            Operand::Constant(_) | Operand::Number(_) => None,
        };
        match fact {
            Some(Fact { tag, home: Home::Kept(Kept::Float(number)), .. }) => {
                self.masm.store_float(to, Float::Kept(number));
                self.masm.store_number_8(to.tag(), tag as u8);
            }
            Some(Fact { tag, home: Home::Kept(Kept::Integer(number)), .. }) => {
                self.masm.store(to.plus(PAYLOAD_OFFSET), Temp::Kept(number));
                self.masm.store_number_8(to.tag(), tag as u8);
            }
            Some(Fact { home: Home::Slot | Home::Constant(_), .. }) | None => {
                if let Operand::Register(register) = value {
                    self.store_register(register);
                }
                let from = self.address_of(value);
                self.store_to_object(to, from);
            }
        }
    }

    // Jumps.

    pub(crate) fn typed_jump_on_truth(&mut self, register: u8, truth: bool) {
        let target = self.jump_pc();
        let Some(fact) = self.known().get(register) else {
            let condition = if truth { Condition::Above } else { Condition::BelowEqual };
            let edge = self.edge(target);
            self.masm.branch_8(Address::register(register).tag(), condition, Tag::False as u8, edge);
            return;
        };
        if fact.tag.is_falsy() != truth {
            self.jump_to(target);
        }
    }

    /// A comparison that jumps if it has this truth; `false` if there is no typed code for it.
    pub(crate) fn typed_comparison(&mut self, relation: opcode::Relation, word: Instruction, truth: bool) -> bool {
        if let (opcode::Relation::Equal, Operand::Constant(index)) = (relation, word.operand_b()) {
            return self.typed_jump_if_constant(word.a(), index, truth);
        }
        let (relation, left, right) = ordered(relation, word.operand_a(), word.operand_b());
        self.typed_compare(relation, left, right, truth, self.jump_pc())
    }

    fn typed_jump_if_constant(&mut self, a: u8, index: u32, truth: bool) -> bool {
        let target = self.jump_pc();
        let tag = match self.constant(index) {
            Constant::Nil => Tag::Nil,
            Constant::Boolean(value) => Tag::of_boolean(*value),
            Constant::Integer(_) | Constant::Float(_) => {
                let (left, right) = (Operand::Register(a), Operand::Constant(index));
                return self.typed_compare(Relation::Equal, left, right, truth, target);
            }
            Constant::String(bytes) if bytes.len() <= SHORT_KEY_BYTES => Tag::String,
            Constant::String(_) => return false,
        };
        if let Some(fact) = self.known().get(a).filter(|fact| fact.tag != Tag::String) {
            if (fact.tag == tag) == truth {
                self.jump_to(target);
            }
            return true;
        }
        let address = Address::register(a);
        self.store_register(a);
        let edge = self.edge(target);
        if tag != Tag::String {
            let condition = if truth { Condition::Equal } else { Condition::NotEqual };
            self.masm.branch_8(address.tag(), condition, tag as u8, edge);
            return true;
        }
        let stay = self.masm.label();
        let differ = if truth { stay } else { edge };
        self.masm.branch_8(address.tag(), Condition::NotEqual, Tag::String as u8, differ);
        self.masm.load(Temp::T0, address);
        let right = Right::Memory(Address::constant(index));
        self.masm.branch(Temp::T0, Relation::Equal.condition(truth), right, edge);
        self.masm.bind(stay);
        true
    }

    // Loops.

    /// Leaves for general code, which polls, if somebody wants a poll or a countdown has ended.
    fn typed_poll(&mut self) {
        let exit = self.exit();
        self.masm.branch_if_interrupted(exit);
        // It counts too, so that the countdown has ended there as well.
        if let Some(countdown) = self.loop_countdown() {
            self.masm.count_down_32(countdown, exit);
        }
    }

    pub(crate) fn typed_back_edge(&mut self) {
        self.typed_poll();
        self.next_iteration(self.jump_pc());
    }

    /// Goes back to the header of a loop.
    fn next_iteration(&mut self, header: u32) {
        let staying = match &self.typed.planned {
            Some(planned) if planned.header == header => self.planned_registers(),
            Some(_) | None => Vec::new(),
        };
        let needed = self.needed(header);
        let is_dirty = |register: u8| needed.contains(register.into()) && !staying.contains(&register);
        for (register, fact) in self.known().dirty(is_dirty) {
            self.store_fact(register, fact);
        }
        let known = self.typed.known.take().expect("typed code comes here");
        let header = self.typed.loops.get(&header).expect("headers come before back-edges");
        let is_as_planned = |(register, fact): (u8, Fact)| {
            let now = known.get(register);
            now.is_some_and(|now| {
                now.tag == fact.tag && (now.home == fact.home || fact.home == Home::Slot && !now.is_dirty())
            })
        };
        debug_assert!(header.plan.iter().all(is_as_planned), "planned {:?}, known {known:?}", header.plan);
        let label = header.label;
        self.masm.jump(label);
    }

    /// `FORPREP` with three integers and step 1.
    pub(crate) fn typed_for_prepare(&mut self, a: u8) -> bool {
        let [index, limit, step, variable] = [a, a + 1, a + 2, a + 3];
        let is_integer =
            |this: &Self, register| matches!(this.likely_tag(Operand::Register(register)), Some(Tag::Integer) | None);
        if self.known_integer(Operand::Register(step)) != Some(1)
            || !is_integer(self, index)
            || !is_integer(self, limit)
            || [index, limit, variable].into_iter().any(|register| self.planned(register).is_some())
        {
            return false;
        }
        let exit = self.exit();
        self.guard(exit);
        for register in [index, limit] {
            let exit = self.exit();
            self.require(Operand::Register(register), Tag::Integer, exit);
        }
        let from = self.integer(Operand::Register(index), Temp::T0);
        let to = self.integer(Operand::Register(limit), Temp::T1);
        self.load_right(Temp::T0, from);
        self.load_right(Temp::T1, to);
        let edge = self.edge(self.jump_pc());
        self.masm.branch(Temp::T0, Condition::Greater, Right::Temp(Temp::T1), edge);
        self.masm.integer(IntegerOperation::Subtract, Temp::T1, Right::Temp(Temp::T0));
        self.set_integer(limit, Temp::T1);
        self.assign(variable, index);
        true
    }

    /// `FORLOOP` of integers.
    pub(crate) fn typed_for_loop(&mut self, a: u8) -> bool {
        let [index, left, step, variable] = [a, a + 1, a + 2, a + 3];
        let registers = [index, left, step];
        if registers.into_iter().any(|r| !matches!(self.likely_tag(Operand::Register(r)), Some(Tag::Integer) | None)) {
            return false;
        }
        for register in registers {
            let exit = self.exit();
            self.require(Operand::Register(register), Tag::Integer, exit);
        }
        self.typed_poll();
        let count = self.integer_register(Operand::Register(left), Temp::T0);
        let edge = self.edge(self.next_pc());
        self.masm.branch(count, Condition::Equal, Right::Number(0), edge);
        self.step(IntegerOperation::Subtract, left, Operand::Number(1));
        // The variable gets a new value, so what it has need not be kept.
        let planned = self.planned(variable);
        let is_tagged = self.known().get(variable).is_some_and(|fact| fact.is_tagged && fact.tag == Tag::Integer);
        self.known_mut().forget(variable);
        self.step(IntegerOperation::Add, index, Operand::Register(step));
        match planned {
            Some(planned) if self.known().get(index).is_some_and(|fact| fact.home == planned.home) => {
                self.known_mut().set(variable, Fact { is_stored: false, is_tagged, ..planned });
            }
            Some(_) | None => {
                if is_tagged {
                    self.known_mut().set(variable, Fact::in_slot(Tag::Integer));
                }
                self.assign(variable, index);
            }
        }
        if self.typed.known.is_some() {
            self.next_iteration(self.jump_pc());
        }
        true
    }

    // Returns.

    /// Returns values, their number plus one as the instruction says; `false` if only the VM knows how many.
    pub(crate) fn typed_return(&mut self, register: u8, coded: u8) -> bool {
        if coded == 0 {
            return false;
        }
        let exit = self.exit();
        self.masm.load(Temp::T0, Address::slot(-1).tag());
        self.masm.branch(Temp::T0, Condition::NotEqual, Right::Number(header_half(coded)), exit);
        for i in 0..coded - 1 {
            let to = Address::slot(i32::from(i) - HEADER_SLOTS as i32);
            let from = Operand::Register(register + i);
            match self.known().get(register + i) {
                Some(Fact { tag, home: Home::Constant(number), .. }) => {
                    self.masm.store_number(to, number);
                    self.masm.store_number_8(to.tag(), tag as u8);
                }
                Some(_) | None => self.store_value_to_object(to, from),
            }
        }
        self.masm.count_frames(-1);
        self.masm.load_number(Temp::T0, 0);
        self.masm.leave();
        true
    }
}
