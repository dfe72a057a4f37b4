//! Which machine register has which value, and how operands and results of typed code come by one.

use lua_bytecode::instruction::Operand;
use lua_bytecode::proto::Constant;
use lua_runtime::value::Tag;

use crate::compile::Emitter;
use crate::known::{Fact, Home, Kept, Known};
use crate::masm::{Address, Condition, Float, MacroAssembler, Right, Temp};

impl<'a, M: MacroAssembler> Emitter<'a, M> {
    /// The tag that an operand certainly has.
    pub(crate) fn tag_of(&self, operand: Operand) -> Option<Tag> {
        match operand {
            Operand::Register(register) => self.known().get(register).map(|fact| fact.tag),
            Operand::Number(_) => Some(Tag::Integer),
            Operand::Constant(index) => Some(match self.constant(index) {
                Constant::Nil => Tag::Nil,
                Constant::Boolean(value) => Tag::of_boolean(*value),
                Constant::Integer(_) => Tag::Integer,
                Constant::Float(_) => Tag::Float,
                Constant::String(_) => Tag::String,
            }),
        }
    }

    /// The tag that an operand probably has, if that is worth a guess.
    pub(super) fn likely_tag(&self, operand: Operand) -> Option<Tag> {
        self.tag_of(operand).or_else(|| match operand {
            Operand::Register(register) => {
                Some(self.guess(register)).filter(|tag| matches!(tag, Tag::Integer | Tag::Float | Tag::Table))
            }
            Operand::Constant(_) | Operand::Number(_) => None,
        })
    }

    /// Makes sure that an operand has a tag, which must not contradict what is known; goes to `other` if it has not.
    pub(super) fn require(&mut self, operand: Operand, tag: Tag, other: M::Label) {
        let Operand::Register(register) = operand else { return };
        match self.known().get(register) {
            Some(fact) => assert!(fact.tag == tag, "a template asks for what cannot be"),
            None => {
                self.masm.branch_8(Address::register(register).tag(), Condition::NotEqual, tag as u8, other);
                self.known_mut().set(register, Fact::in_slot(tag));
            }
        }
    }

    /// Stores a value of which a machine register, or nothing, has what its slot has not.
    pub(super) fn store_fact(&mut self, register: u8, fact: Fact) {
        let address = Address::register(register);
        if !fact.is_stored {
            match fact.home {
                Home::Slot => unreachable!("a value is somewhere"),
                Home::Constant(number) => self.masm.store_number(address, number),
                Home::Kept(Kept::Integer(number)) => self.masm.store(address, Temp::Kept(number)),
                Home::Kept(Kept::Float(number)) => self.masm.store_float(address, Float::Kept(number)),
            }
        }
        if !fact.is_tagged {
            self.masm.store_number_8(address.tag(), fact.tag as u8);
        }
    }

    /// Loads a payload into a machine register.
    pub(super) fn load_kept(&mut self, to: Kept, from: Address) {
        match to {
            Kept::Integer(number) => self.masm.load(Temp::Kept(number), from),
            Kept::Float(number) => self.masm.load_float(Float::Kept(number), from),
        }
    }

    /// The fact that a plan has for a register in the current loop.
    pub(super) fn planned(&self, register: u8) -> Option<Fact> {
        self.typed.planned.as_ref().and_then(|planned| planned.plan.get(register))
    }

    fn is_reserved(&self, kept: Kept) -> bool {
        self.typed.planned.as_ref().is_some_and(|planned| planned.plan.holders(kept).next().is_some())
    }

    /// A machine register that the current instruction may write. Without `may_store`, only one whose value need not be
    /// stored before.
    fn allocate(&mut self, is_float: bool, may_store: bool) -> Option<Kept> {
        let count = if is_float { M::KEPT_FLOATS } else { M::KEPT_INTEGERS };
        let kept = |number| if is_float { Kept::Float(number) } else { Kept::Integer(number) };
        self.typed.next_victim = self.typed.next_victim.wrapping_add(1);
        let start = self.typed.next_victim;
        let free: Vec<Kept> = (0..count)
            .map(|number| kept((number + start % count) % count))
            .filter(|kept| !self.is_reserved(*kept) && !self.typed.locked.contains(kept))
            .collect();
        let is_clean = |known: &Known, kept: Kept| {
            known.holders(kept).all(|holder| known.get(holder).is_some_and(|fact| !fact.is_dirty()))
        };
        let known = self.known();
        let found = free.iter().copied().find(|kept| known.holders(*kept).next().is_none());
        let found = found.or_else(|| free.iter().copied().find(|kept| is_clean(known, *kept)));
        let found = found.or_else(|| if may_store { free.first().copied() } else { None })?;
        let holders: Vec<u8> = self.known().holders(found).collect();
        for holder in holders {
            self.put_back(holder);
        }
        self.typed.locked.push(found);
        Some(found)
    }

    /// Makes the slot the home of a value.
    pub(super) fn put_back(&mut self, register: u8) {
        let Some(fact) = self.known().get(register) else { return };
        self.store_fact(register, fact);
        self.known_mut().set(register, Fact::in_slot(fact.tag));
    }

    /// Makes sure that a register's slot has its value.
    pub(super) fn store_register(&mut self, register: u8) {
        let Some(fact) = self.known().get(register) else { return };
        self.store_fact(register, fact);
        self.known_mut().set(register, fact.clean());
    }

    /// The home of a value whose tag is known, in a machine register if one is free.
    fn home(&mut self, register: u8) -> Home {
        let fact = self.known().get(register).expect("its tag is known");
        let home = match fact.home {
            Home::Slot => match self.allocate(fact.tag == Tag::Float, false) {
                Some(kept) => {
                    self.load_kept(kept, Address::register(register));
                    Home::Kept(kept)
                }
                None => Home::Slot,
            },
            home => home,
        };
        self.known_mut().set(register, Fact { home, ..fact });
        if let Home::Kept(kept) = home {
            self.typed.locked.push(kept);
        }
        home
    }

    /// An operand that is an integer, or an object's address, as the right one of an operation. A constant that fits no
    /// instruction goes to `scratch`.
    pub(super) fn integer(&mut self, operand: Operand, scratch: Temp) -> Right {
        let constant = |this: &mut Emitter<'a, M>, number: i64| match i32::try_from(number) {
            Ok(number) => Right::Number(number),
            Err(_) => {
                this.masm.load_number(scratch, number);
                Right::Temp(scratch)
            }
        };
        match (self.integer_constant(operand), operand) {
            (Some(number), _) => constant(self, number),
            (None, Operand::Register(register)) => match self.home(register) {
                Home::Slot => Right::Memory(Address::register(register)),
                Home::Constant(number) => constant(self, number),
                Home::Kept(Kept::Integer(number)) => Right::Temp(Temp::Kept(number)),
                Home::Kept(Kept::Float(_)) => unreachable!("floats are no integers"),
            },
            (None, Operand::Constant(_) | Operand::Number(_)) => unreachable!("the operand is an integer"),
        }
    }

    /// The same in a machine register: `scratch`, if it is in no other.
    pub(super) fn integer_register(&mut self, operand: Operand, scratch: Temp) -> Temp {
        let value = self.integer(operand, scratch);
        if let Right::Temp(register @ Temp::Kept(_)) = value {
            return register;
        }
        self.load_right(scratch, value);
        scratch
    }

    /// Loads an integer that is somewhere.
    pub(super) fn load_right(&mut self, to: Temp, from: Right) {
        match from {
            Right::Temp(from) if from == to => {}
            Right::Temp(from) => self.masm.copy(to, from),
            Right::Memory(from) => self.masm.load(to, from),
            Right::Number(number) => self.masm.load_number(to, number.into()),
        }
    }

    /// The integer that an operand certainly is.
    pub(super) fn known_integer(&self, operand: Operand) -> Option<i64> {
        self.integer_constant(operand).or_else(|| match operand {
            Operand::Register(register) => self.known().get(register).and_then(|fact| match fact {
                Fact { tag: Tag::Integer, home: Home::Constant(number), .. } => Some(number),
                Fact { .. } => None,
            }),
            Operand::Constant(_) | Operand::Number(_) => None,
        })
    }

    /// An operand that is a number as a float in a machine register: `scratch`, if it is in no other. Uses `T0`.
    pub(super) fn float_register(&mut self, operand: Operand, scratch: Float) -> Float {
        let Operand::Register(register) = operand else {
            match operand {
                Operand::Constant(index) if matches!(self.constant(index), Constant::Float(_)) => {
                    self.masm.load_float(scratch, Address::constant(index));
                }
                Operand::Constant(_) | Operand::Number(_) | Operand::Register(_) => self.load_float(scratch, operand),
            }
            return scratch;
        };
        let is_integer = self.known().get(register).is_some_and(|fact| fact.tag == Tag::Integer);
        match self.home(register) {
            Home::Kept(Kept::Float(number)) => return Float::Kept(number),
            Home::Kept(Kept::Integer(number)) => self.masm.convert_register(scratch, Temp::Kept(number)),
            Home::Slot if is_integer => self.masm.convert(scratch, Address::register(register)),
            Home::Slot => self.masm.load_float(scratch, Address::register(register)),
            Home::Constant(number) if is_integer => self.masm.load_float_number(scratch, number as f64),
            Home::Constant(bits) => self.masm.load_float_number(scratch, f64::from_bits(bits.cast_unsigned())),
        }
        scratch
    }

    /// The machine register for a result, which may be one of the operands'; `None` if there is none to be had.
    pub(super) fn destination(&mut self, register: u8, is_float: bool) -> Option<Kept> {
        if let Some(Fact { home: Home::Kept(kept), .. }) = self.planned(register) {
            return Some(kept);
        }
        if let Some(Fact { home: Home::Kept(kept), .. }) = self.known().get(register)
            && matches!(kept, Kept::Float(_)) == is_float
            && !self.is_reserved(kept)
            && self.known().holders(kept).count() == 1
        {
            return Some(kept);
        }
        self.allocate(is_float, true)
    }

    /// Moves the values of other registers out of the machine register that gets the value of `register` next.
    pub(super) fn vacate(&mut self, kept: Kept, register: u8) {
        self.typed.locked.push(kept);
        let others: Vec<u8> = self.known().holders(kept).filter(|holder| *holder != register).collect();
        for other in others {
            let fact = self.known().get(other).expect("it is in a machine register");
            match (kept, self.allocate(matches!(kept, Kept::Float(_)), false)) {
                (Kept::Integer(from), Some(Kept::Integer(to))) => {
                    self.masm.copy(Temp::Kept(to), Temp::Kept(from));
                    self.known_mut().set(other, Fact { home: Home::Kept(Kept::Integer(to)), ..fact });
                }
                (Kept::Float(from), Some(Kept::Float(to))) => {
                    self.masm.copy_float(Float::Kept(to), Float::Kept(from));
                    self.known_mut().set(other, Fact { home: Home::Kept(Kept::Float(to)), ..fact });
                }
                (Kept::Integer(_) | Kept::Float(_), None) => self.put_back(other),
                (Kept::Integer(_), Some(Kept::Float(_))) | (Kept::Float(_), Some(Kept::Integer(_))) => {
                    unreachable!("the register is of the kind that was asked for")
                }
            }
        }
    }

    /// Whether a register's slot has a tag.
    fn has_tag_in_slot(&self, register: u8, tag: Tag) -> bool {
        self.known().get(register).is_some_and(|fact| fact.is_tagged && fact.tag == tag)
    }

    /// A register has got a value that is nowhere but in its new home.
    pub(super) fn set_result(&mut self, register: u8, tag: Tag, home: Home) {
        // A collector may see the slot meanwhile: it must not find the tag of a reference with another payload.
        let is_tagged = self.has_tag_in_slot(register, tag) && !tag.is_reference();
        self.known_mut().set(register, Fact { tag, home, is_stored: false, is_tagged });
    }

    /// Stores a result that found no other place.
    pub(super) fn store_result(&mut self, register: u8, tag: Tag, value: Temp) {
        let address = Address::register(register);
        self.masm.store(address, value);
        if !self.has_tag_in_slot(register, tag) {
            self.masm.store_number_8(address.tag(), tag as u8);
        }
        self.known_mut().set(register, Fact::in_slot(tag));
    }

    /// The slot of a register has got a value of which nothing is known.
    pub(super) fn set_unknown(&mut self, register: u8) {
        let Some(fact) = self.planned(register) else {
            self.known_mut().forget(register);
            return;
        };
        // The plan of the loop wants to know: if it was wrong, general code goes on.
        self.known_mut().forget(register);
        let needed = self.needed(self.next_pc());
        let dirty = self.known().dirty(|register| needed.contains(register.into()));
        let general = self.label_at(self.next_pc());
        let other = self.stored_first(dirty, general);
        let address = Address::register(register);
        self.masm.branch_8(address.tag(), Condition::NotEqual, fact.tag as u8, other);
        if let Home::Kept(kept) = fact.home {
            self.vacate(kept, register);
            self.load_kept(kept, address);
        }
        self.known_mut().set(register, Fact { is_stored: true, is_tagged: true, ..fact });
    }

    /// `R[to] = R[from]`.
    pub(crate) fn assign(&mut self, to: u8, from: u8) {
        let planned = self.planned(to);
        let fact = match (self.known().get(from), planned) {
            (Some(fact), _) => fact,
            (None, Some(planned)) => {
                let exit = self.exit();
                self.require(Operand::Register(from), planned.tag, exit);
                Fact::in_slot(planned.tag)
            }
            (None, None) => {
                self.copy_value(Address::register(to), Address::register(from));
                self.known_mut().forget(to);
                return;
            }
        };
        match planned {
            Some(planned) if planned.tag != fact.tag => self.give_up(),
            Some(planned) => self.copy_to(to, from, planned.home),
            None => match self.home(from) {
                Home::Slot => {
                    let value = self.integer_register(Operand::Register(from), Temp::T0);
                    self.store_result(to, fact.tag, value);
                }
                home => self.set_result(to, fact.tag, home),
            },
        }
    }

    /// Copies a value into the machine register that a plan has for it.
    fn copy_to(&mut self, to: u8, from: u8, home: Home) {
        let Home::Kept(kept) = home else {
            // Planned values without a machine register are never written.
            self.give_up();
            return;
        };
        if self.known().get(from).is_some_and(|fact| fact.home == home) && to != from {
            // Both have the same value in the same machine register already.
            let tag = self.known().get(from).map_or(Tag::Nil, |fact| fact.tag);
            self.set_result(to, tag, home);
            return;
        }
        let tag = self.known().get(from).expect("its tag is known").tag;
        match kept {
            Kept::Integer(number) => {
                let value = self.integer(Operand::Register(from), Temp::T0);
                self.vacate(kept, to);
                self.load_right(Temp::Kept(number), value);
            }
            Kept::Float(number) => {
                let value = self.float_register(Operand::Register(from), Float::F0);
                self.vacate(kept, to);
                if value != Float::Kept(number) {
                    self.masm.copy_float(Float::Kept(number), value);
                }
            }
        }
        self.set_result(to, tag, home);
    }
}
