//! Calls: of any value and of methods, in every position that a call can have.
//!
//! Callee and arguments are evaluated straight into the slots that become the callee's frame. What a call is wanted for
//! is the trait through which its parent reaches it.

use lua_runtime::Marker;

use crate::call::{All, Nothing, One, Want};
use crate::frame::{Flow, Frame, HEADER_SLOTS, Raised, SiteId, Slot};
use crate::node::{Expression, Node, Ref, Statement, ValueList};
use crate::nodes::field::FieldAccess;
use crate::operand::{Operand, Source};
use lua_runtime::Value;

/// The arguments of a call.
pub(crate) trait Arguments: 'static {
    /// Evaluates them into the slots from `to` on; returns their number.
    fn place(&self, frame: &mut Frame<'_>, to: Slot) -> Result<u32, Raised>;

    /// Marks what they refer to.
    fn trace(&self, marker: &mut Marker);
}

/// A few arguments, their number known when the call is compiled.
pub(crate) struct Few<const N: usize>(pub(crate) [Source; N]);

/// Any fixed number of arguments.
pub(crate) struct Many(pub(crate) Box<[Source]>);

/// Arguments of which the last is a call or `...`.
pub(crate) struct Open {
    pub(crate) fixed: Box<[Source]>,
    pub(crate) last: Ref<dyn ValueList>,
}

impl<const N: usize> Arguments for Few<N> {
    #[inline(always)]
    fn place(&self, frame: &mut Frame<'_>, to: Slot) -> Result<u32, Raised> {
        place_all(&self.0, frame, to)
    }

    fn trace(&self, marker: &mut Marker) {
        self.0.iter().for_each(|argument| argument.trace(marker));
    }
}

impl Arguments for Many {
    fn place(&self, frame: &mut Frame<'_>, to: Slot) -> Result<u32, Raised> {
        place_all(&self.0, frame, to)
    }

    fn trace(&self, marker: &mut Marker) {
        self.0.iter().for_each(|argument| argument.trace(marker));
    }
}

impl Arguments for Open {
    fn place(&self, frame: &mut Frame<'_>, to: Slot) -> Result<u32, Raised> {
        let fixed = place_all(&self.fixed, frame, to)?;
        Ok(fixed + self.last.evaluate_all(frame, to.offset(fixed))?)
    }

    fn trace(&self, marker: &mut Marker) {
        self.fixed.iter().for_each(|argument| argument.trace(marker));
    }
}

/// Evaluates values into the slots from `to` on.
#[inline(always)]
pub(crate) fn place_all(values: &[Source], frame: &mut Frame<'_>, to: Slot) -> Result<u32, Raised> {
    let mut slot = to;
    for source in values {
        let value = source.value(frame)?;
        frame.set(slot, value);
        slot = slot.offset(1);
    }
    Ok(values.len() as u32)
}

/// Puts callee and arguments of a call into their slots.
pub(crate) trait CallParts: Node + 'static {
    /// The slot of the callee; results that are wanted in slots lie from here on.
    fn slot(&self) -> Slot;

    /// Where the call stands.
    fn site(&self) -> SiteId;

    /// Evaluates callee and arguments; returns the number of arguments.
    fn prepare(&self, frame: &mut Frame<'_>) -> Result<u32, Raised>;
}

/// A call with its parts.
pub(crate) struct Call<P>(pub(crate) P);

/// The parts of `callee(arguments)`.
pub(crate) struct FunctionCall<C, A> {
    pub(crate) callee: C,
    pub(crate) arguments: A,
    pub(crate) slot: Slot,
    pub(crate) site: SiteId,
}

impl<C: Operand, A: Arguments> Node for FunctionCall<C, A> {
    fn trace(&self, marker: &mut Marker) {
        self.callee.trace(marker);
        self.arguments.trace(marker);
    }
}

impl<C: Operand + 'static, A: Arguments> CallParts for FunctionCall<C, A> {
    #[inline(always)]
    fn slot(&self) -> Slot {
        self.slot
    }

    #[inline(always)]
    fn site(&self) -> SiteId {
        self.site
    }

    #[inline(always)]
    fn prepare(&self, frame: &mut Frame<'_>) -> Result<u32, Raised> {
        let callee = self.callee.value(frame)?;
        frame.place_callee(self.slot, callee, self.site);
        self.arguments.place(frame, self.slot.offset(HEADER_SLOTS))
    }
}

/// The parts of `object:name(arguments)`.
pub(crate) struct MethodCall<A> {
    pub(crate) object: Source,
    pub(crate) method: FieldAccess,
    pub(crate) arguments: A,
    pub(crate) slot: Slot,
    pub(crate) site: SiteId,
}

impl<A: Arguments> Node for MethodCall<A> {
    fn trace(&self, marker: &mut Marker) {
        self.object.trace(marker);
        self.method.trace(marker);
        self.arguments.trace(marker);
    }
}

impl<A: Arguments> CallParts for MethodCall<A> {
    #[inline(always)]
    fn slot(&self) -> Slot {
        self.slot
    }

    #[inline(always)]
    fn site(&self) -> SiteId {
        self.site
    }

    #[inline(always)]
    fn prepare(&self, frame: &mut Frame<'_>) -> Result<u32, Raised> {
        let object = self.object.value(frame)?;
        frame.set(self.slot.offset(HEADER_SLOTS), object);
        let method = self.method.load(frame, object)?;
        frame.place_callee(self.slot, method, self.site);
        Ok(1 + self.arguments.place(frame, self.slot.offset(HEADER_SLOTS + 1))?)
    }
}

impl<P: CallParts> Call<P> {
    #[inline(always)]
    fn run<W: Want>(&self, frame: &mut Frame<'_>) -> Result<W::Output, Raised> {
        let count = self.0.prepare(frame)?;
        frame.call::<W>(self.0.slot(), count)
    }
}

impl<P: CallParts> Node for Call<P> {
    fn trace(&self, marker: &mut Marker) {
        self.0.trace(marker);
    }
}

impl<P: CallParts> Expression for Call<P> {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        self.run::<One>(frame)
    }
}

impl<P: CallParts> ValueList for Call<P> {
    fn evaluate_all(&self, frame: &mut Frame<'_>, to: Slot) -> Result<u32, Raised> {
        debug_assert_eq!(self.0.slot(), to, "a call delivers its results where its callee was");
        let count = self.run::<All>(frame)?;
        frame.ensure(to, count, self.0.site())?;
        Ok(count)
    }
}

impl<P: CallParts> Statement for Call<P> {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        self.run::<Nothing>(frame)?;
        Ok(Flow::Next)
    }
}

/// `return callee(arguments)`.
pub(crate) struct TailCall<P>(pub(crate) P);

impl<P: CallParts> Node for TailCall<P> {
    fn trace(&self, marker: &mut Marker) {
        self.0.trace(marker);
    }
}

impl<P: CallParts> Statement for TailCall<P> {
    fn execute(&self, frame: &mut Frame<'_>) -> Result<Flow, Raised> {
        let count = self.0.prepare(frame)?;
        frame.tail_call(self.0.slot(), count, self.0.site())
    }
}
