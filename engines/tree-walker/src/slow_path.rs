//! The slow paths of operations: conversions, metamethods, and errors with the names of variables.
//!
//! Everything here is cold for numeric code and for cached fields. It knows sites, not nodes.

use lua_runtime::Value;
use lua_runtime::fault::Fault;
use lua_runtime::operators::{BinaryOperator, Miss, UnaryOperator};

use crate::code::Name;
use crate::frame::{Frame, Raised, SiteId};
use crate::nodes::compare::Relation;

/// Whether two values are the same bits: which operand a culprit was.
fn is_same(left: Value, right: Value) -> bool {
    left.tag == right.tag && left.payload == right.payload
}

impl Frame<'_> {
    /// An arithmetic or bitwise operator on any values.
    #[inline(never)]
    pub(crate) fn slow_arithmetic(
        &mut self,
        operator: BinaryOperator,
        left: Value,
        right: Value,
        site: SiteId,
    ) -> Result<Value, Raised> {
        let result = self.vm.arithmetic(operator, left, right);
        self.finish_binary(result, left, right, site)
    }

    /// Finishes a binary operation whose metamethod gets both operands.
    pub(crate) fn finish_binary(
        &mut self,
        result: Result<Value, Miss>,
        left: Value,
        right: Value,
        site: SiteId,
    ) -> Result<Value, Raised> {
        match result {
            Ok(value) => Ok(value),
            Err(Miss::Call { handler, receiver: _ }) => self.call_handler(handler, &[left, right], site),
            Err(Miss::Fault(fault, culprit)) => {
                let operand = if is_same(culprit, left) { 0 } else { 1 };
                Err(self.fault(fault, culprit, Some(operand), site))
            }
        }
    }

    /// Unary minus or bitwise not on any value.
    #[inline(never)]
    pub(crate) fn slow_unary(
        &mut self,
        operator: UnaryOperator,
        operand: Value,
        site: SiteId,
    ) -> Result<Value, Raised> {
        let result = self.vm.unary(operator, operand);
        self.finish_binary(result, operand, operand, site)
    }

    /// `#operand` on any value.
    #[inline(never)]
    pub(crate) fn slow_length(&mut self, operand: Value, site: SiteId) -> Result<Value, Raised> {
        let result = self.vm.length(operand);
        self.finish_binary(result, operand, operand, site)
    }

    /// A comparison of any values.
    #[inline(never)]
    pub(crate) fn slow_compare(
        &mut self,
        relation: Relation,
        left: Value,
        right: Value,
        site: SiteId,
    ) -> Result<bool, Raised> {
        let (first, second) = match relation {
            Relation::Equal | Relation::NotEqual | Relation::Less | Relation::LessEqual => (left, right),
            Relation::Greater | Relation::GreaterEqual => (right, left),
        };
        let result = match relation {
            Relation::Equal | Relation::NotEqual => self.vm.equals(first, second),
            Relation::Less | Relation::Greater => self.vm.less(first, second),
            Relation::LessEqual | Relation::GreaterEqual => self.vm.less_equal(first, second),
        };
        let answer = match result {
            Ok(answer) => answer,
            Err(Miss::Call { handler, receiver: _ }) => !self.call_handler(handler, &[first, second], site)?.is_falsy(),
            Err(Miss::Fault(fault, culprit)) => return Err(self.fault(fault, culprit, None, site)),
        };
        Ok(answer != (relation == Relation::NotEqual))
    }

    /// `object[key]` on any values.
    #[inline(never)]
    pub(crate) fn slow_index(&mut self, object: Value, key: Value, site: SiteId) -> Result<Value, Raised> {
        match self.vm.index(object, key) {
            Ok(value) => Ok(value),
            Err(miss) => self.finish_index(miss, object, key, site),
        }
    }

    /// Finishes a load that the runtime could not.
    pub(crate) fn finish_index(
        &mut self,
        miss: Miss,
        object: Value,
        key: Value,
        site: SiteId,
    ) -> Result<Value, Raised> {
        match miss {
            Miss::Call { handler, receiver } => self.call_handler(handler, &[receiver, key], site),
            Miss::Fault(fault, culprit) => Err(self.access_fault(fault, culprit, object, site)),
        }
    }

    /// `object[key] = value` on any values.
    #[inline(never)]
    pub(crate) fn slow_store(&mut self, object: Value, key: Value, value: Value, site: SiteId) -> Result<(), Raised> {
        match self.vm.store(object, key, value) {
            Ok(()) => Ok(()),
            Err(miss) => self.finish_store(miss, object, key, value, site),
        }
    }

    /// Finishes a store that the runtime could not.
    pub(crate) fn finish_store(
        &mut self,
        miss: Miss,
        object: Value,
        key: Value,
        value: Value,
        site: SiteId,
    ) -> Result<(), Raised> {
        match miss {
            Miss::Call { handler, receiver } => self.call_handler(handler, &[receiver, key, value], site).map(|_| ()),
            Miss::Fault(fault, culprit) => Err(self.access_fault(fault, culprit, object, site)),
        }
    }

    /// The object's name belongs to the message only if the object itself, not a link of its `__index` chain, is to
    /// blame.
    fn access_fault(&mut self, fault: Fault, culprit: Value, object: Value, site: SiteId) -> Raised {
        let operand = is_same(culprit, object).then_some(0);
        self.fault(fault, culprit, operand, site)
    }

    /// Raises a fault at a site. `operand` says which of the site's names is that of the culprit.
    #[cold]
    pub(crate) fn fault(&mut self, fault: Fault, culprit: Value, operand: Option<usize>, site: SiteId) -> Raised {
        // A division by zero calls no metamethod, so that a handler of the error has no name: the site behind says that.
        let is_of_division = matches!(fault, Fault::DivideByZero | Fault::ModuloByZero);
        self.at(if is_of_division { SiteId(site.0 + 1) } else { site });
        let names = self.code().site(site).map(|site| &site.names);
        let name = operand.and_then(|operand| names?[operand].as_ref()).map(Name::to_string);
        let signal = self.vm.raise_fault(fault, culprit, name.as_deref());
        self.raised(signal)
    }
}
