//! Operators: which node for which operator and operands.

use std::marker::PhantomData;

use lua_runtime::meta::MetaEvent;
use lua_runtime::operators::event_of;
use lua_syntax::ast::{BinaryOperator, Constant, Expression, ExpressionKind, UnaryOperator};

use super::{FunctionCompiler, Result};
use crate::code::SiteCall;
use crate::frame::{SiteId, Slot};
use crate::node::Child;
use crate::nodes::arithmetic::{self, Arithmetic, Binary, BitNot, Length, Negate};
use crate::nodes::compare::{self, Compare, Comparison};
use crate::nodes::concat::Concat;
use crate::nodes::logic::Not;
use crate::operand::{Captured, Operand, Source};

/// Both operands of an operator, with the slot where the left one waits.
struct Operands {
    left: Source,
    /// The left operand, if it is a captured variable that waits for a right one that may assign it.
    waiting: Option<Captured>,
    right: Source,
    spill: Slot,
    site: SiteId,
}

/// Makes a node for operands whose kinds are known.
trait MakeNode {
    fn make<L: Operand + 'static, R: Operand + 'static>(
        compiler: &mut FunctionCompiler<'_, '_>,
        left: L,
        right: R,
        spill: Slot,
        site: SiteId,
    ) -> Child;
}

struct MakeArithmetic<O>(PhantomData<O>);

impl<O: Arithmetic> MakeNode for MakeArithmetic<O> {
    fn make<L: Operand + 'static, R: Operand + 'static>(
        compiler: &mut FunctionCompiler<'_, '_>,
        left: L,
        right: R,
        spill: Slot,
        site: SiteId,
    ) -> Child {
        compiler.expression_node(Binary { left, right, spill, site, operator: PhantomData::<O> })
    }
}

struct MakeCompare<O>(PhantomData<O>);

impl<O: Comparison> MakeNode for MakeCompare<O> {
    fn make<L: Operand + 'static, R: Operand + 'static>(
        compiler: &mut FunctionCompiler<'_, '_>,
        left: L,
        right: R,
        spill: Slot,
        site: SiteId,
    ) -> Child {
        compiler.expression_node(Compare { left, right, spill, site, operator: PhantomData::<O> })
    }
}

impl FunctionCompiler<'_, '_> {
    pub(super) fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &Expression,
        right: &Expression,
        whole: &Expression,
    ) -> Result<Child> {
        use BinaryOperator as Op;
        if operator == Op::Concat {
            return self.concat(left, right, whole);
        }
        let operands = self.operands(operator, left, right, whole)?;
        Ok(match operator {
            Op::Add => self.arithmetic::<arithmetic::Add>(operands),
            Op::Subtract if matches!(right.kind, ExpressionKind::Constant(Constant::Integer(0))) => {
                self.arithmetic::<arithmetic::SubtractIntegerZero>(operands)
            }
            Op::Subtract => self.arithmetic::<arithmetic::Subtract>(operands),
            Op::Multiply => self.arithmetic::<arithmetic::Multiply>(operands),
            Op::Modulo => self.arithmetic::<arithmetic::Modulo>(operands),
            Op::Power => self.arithmetic::<arithmetic::Power>(operands),
            Op::Divide => self.arithmetic::<arithmetic::Divide>(operands),
            Op::FloorDivide => self.arithmetic::<arithmetic::FloorDivide>(operands),
            Op::BitAnd => self.arithmetic::<arithmetic::BitAnd>(operands),
            Op::BitOr => self.arithmetic::<arithmetic::BitOr>(operands),
            Op::BitXor => self.arithmetic::<arithmetic::BitXor>(operands),
            Op::ShiftLeft => self.arithmetic::<arithmetic::ShiftLeft>(operands),
            Op::ShiftRight => self.arithmetic::<arithmetic::ShiftRight>(operands),
            Op::Equal => self.comparison::<compare::Equal>(operands),
            Op::NotEqual => self.comparison::<compare::NotEqual>(operands),
            Op::Less => self.comparison::<compare::Less>(operands),
            Op::LessEqual => self.comparison::<compare::LessEqual>(operands),
            Op::Greater => self.comparison::<compare::Greater>(operands),
            Op::GreaterEqual => self.comparison::<compare::GreaterEqual>(operands),
            Op::Concat => unreachable!("done above"),
        })
    }

    fn operands(
        &mut self,
        operator: BinaryOperator,
        left: &Expression,
        right: &Expression,
        whole: &Expression,
    ) -> Result<Operands> {
        let names = [self.name(left), self.name(right)];
        let site = self.site(whole.span.line, SiteCall::Metamethod(event(operator)), names);
        if matches!(operator, BinaryOperator::Modulo | BinaryOperator::FloorDivide) {
            // Where `Frame::fault` looks for it.
            self.site(whole.span.line, SiteCall::Nothing, [None, None]);
        }
        self.use_line = Some(whole.span.line);
        let waiting = self.captured(left);
        let left = self.source(left)?;
        self.use_line = None;
        let spill = self.take(1);
        let right = self.source(right)?;
        let right = self.marked(right, whole.span.line);
        Ok(Operands { left, waiting, right, spill, site })
    }

    fn arithmetic<O: Arithmetic>(&mut self, operands: Operands) -> Child {
        self.specialised::<MakeArithmetic<O>>(operands)
    }

    fn comparison<O: Comparison>(&mut self, operands: Operands) -> Child {
        self.specialised::<MakeCompare<O>>(operands)
    }

    /// The node for these kinds of operands. Two constants that the parser did not fold are an error or rare.
    fn specialised<M: MakeNode>(&mut self, operands: Operands) -> Child {
        let Operands { left, waiting, right, spill, site } = operands;
        if let (Some(left), Source::Child(right)) = (waiting, right) {
            return M::make(self, left, right, spill, site);
        }
        match (left, right) {
            (Source::Local(left), Source::Local(right)) => M::make(self, left, right, spill, site),
            (Source::Local(left), Source::Constant(right)) => M::make(self, left, right, spill, site),
            (Source::Local(left), Source::Child(right)) => M::make(self, left, right, spill, site),
            (Source::Constant(left), Source::Local(right)) => M::make(self, left, right, spill, site),
            (Source::Constant(left), Source::Child(right)) => M::make(self, left, right, spill, site),
            (Source::Child(left), Source::Local(right)) => M::make(self, left, right, spill, site),
            (Source::Child(left), Source::Constant(right)) => M::make(self, left, right, spill, site),
            (Source::Child(left), Source::Child(right)) => M::make(self, left, right, spill, site),
            (Source::Constant(left), Source::Constant(right)) => {
                let right = self.node_of(Source::Constant(right));
                M::make(self, left, right, spill, site)
            }
        }
    }

    pub(super) fn unary(&mut self, operator: UnaryOperator, operand: &Expression, whole: &Expression) -> Result<Child> {
        let event = match operator {
            UnaryOperator::Not => {
                let operand = self.child(operand)?;
                return Ok(self.expression_node(Not { operand }));
            }
            UnaryOperator::Negate => MetaEvent::Negate,
            UnaryOperator::Length => MetaEvent::Length,
            UnaryOperator::BitNot => MetaEvent::BitNot,
        };
        let name = self.name(operand);
        let site = self.site(whole.span.line, SiteCall::Metamethod(event), [name, None]);
        let operand = self.child(operand)?;
        let operand = self.marked_child(operand, whole.span.line);
        Ok(match operator {
            UnaryOperator::Negate => self.expression_node(Negate { operand, site }),
            UnaryOperator::Length => self.expression_node(Length { operand, site }),
            UnaryOperator::BitNot => self.expression_node(BitNot { operand, site }),
            UnaryOperator::Not => unreachable!("done above"),
        })
    }

    /// A chain of `..`, which nests to the right, as one node.
    fn concat(&mut self, left: &Expression, right: &Expression, whole: &Expression) -> Result<Child> {
        let mut operands = vec![left];
        let mut lines = vec![whole.span.line];
        let mut rest = right;
        while let ExpressionKind::Binary { operator: BinaryOperator::Concat, left, right } = &rest.kind {
            operands.push(left);
            lines.push(rest.span.line);
            rest = right;
        }
        operands.push(rest);
        let mut first_site = None;
        for (pair, line) in operands.windows(2).zip(&lines) {
            let names = [self.name(pair[0]), self.name(pair[1])];
            let site = self.site(*line, SiteCall::Metamethod(MetaEvent::Concat), names);
            first_site.get_or_insert(site);
        }
        let Some(first_site) = first_site else { unreachable!("a concatenation has two operands at least") };
        let slot = Slot(self.top);
        let mut operands = self.placed(&operands)?;
        if let (Some(last), Some(line)) = (operands.last_mut(), lines.last()) {
            *last = self.marked(*last, *line);
        }
        self.with_temporaries(|compiler| {
            // The operands on the left wait while a metamethod joins those on the right.
            compiler.take(operands.len() as u32);
            (first_site.0..).take(operands.len() - 1).for_each(|site| compiler.keep_slots(SiteId(site)));
            Ok(())
        })?;
        Ok(self.expression_node(Concat { operands, slot, first_site }))
    }
}

/// The metamethod of a binary operator.
fn event(operator: BinaryOperator) -> MetaEvent {
    use BinaryOperator as Op;
    match operator {
        Op::Equal | Op::NotEqual => MetaEvent::Equal,
        Op::Less | Op::Greater => MetaEvent::Less,
        Op::LessEqual | Op::GreaterEqual => MetaEvent::LessEqual,
        Op::Add
        | Op::Subtract
        | Op::Multiply
        | Op::Modulo
        | Op::Power
        | Op::Divide
        | Op::FloorDivide
        | Op::BitAnd
        | Op::BitOr
        | Op::BitXor
        | Op::ShiftLeft
        | Op::ShiftRight
        | Op::Concat => event_of(operator),
    }
}
