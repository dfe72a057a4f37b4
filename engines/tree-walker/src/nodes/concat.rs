//! `..`: a chain of them is one node, so that its strings are joined in one allocation.

use lua_runtime::Marker;
use lua_runtime::Value;
use lua_runtime::operators::is_concatenable;

use crate::frame::{Frame, Raised, SiteId, Slot};
use crate::node::{Expression, Node};
use crate::nodes::call::place_all;
use crate::operand::{Operand, Source};

/// Operands that are joined without a list on the heap.
const FEW_OPERANDS: usize = 8;

/// `a .. b .. c`, which means `a .. (b .. c)`.
pub(crate) struct Concat {
    /// Two or more.
    pub(crate) operands: Box<[Source]>,
    /// Where the operands are kept.
    pub(crate) slot: Slot,
    /// The sites of the operators, the first one's first.
    pub(crate) first_site: SiteId,
}

impl Node for Concat {
    fn trace(&self, marker: &mut Marker) {
        self.operands.iter().for_each(|operand| operand.trace(marker));
    }
}

impl Expression for Concat {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        let count = place_all(&self.operands, frame, self.slot)?;
        // As in PUC Lua: the last operands that are strings or numbers are joined at once; where one is not, the last
        // two go to a metamethod.
        let mut end = count;
        while end > 1 {
            let joinable = (0..end).rev().take_while(|i| is_concatenable(frame.get(self.slot.offset(*i)))).count();
            let start = if joinable > 1 { end - joinable as u32 } else { end - 2 };
            let result = if joinable > 1 { self.join(frame, start, end)? } else { self.call_metamethod(frame, start)? };
            frame.set(self.slot.offset(start), result);
            end = start + 1;
        }
        Ok(frame.get(self.slot))
    }
}

impl Concat {
    /// Joins operands `start..end`.
    fn join(&self, frame: &mut Frame<'_>, start: u32, end: u32) -> Result<Value, Raised> {
        let mut few = [Value::NIL; FEW_OPERANDS];
        let count = (end - start) as usize;
        let values = (start..end).map(|i| frame.get(self.slot.offset(i)));
        let result = if count <= FEW_OPERANDS {
            for (place, value) in few.iter_mut().zip(values) {
                *place = value;
            }
            frame.vm.concat_all(&few[..count])
        } else {
            // Freed before anything is called: a coroutine that is dropped while it waits runs no destructors.
            let many: Vec<Value> = values.collect();
            frame.vm.concat_all(&many)
        };
        frame.finish_binary(result, Value::NIL, Value::NIL, self.first_site)
    }

    /// Joins operands `start` and `start + 1` by a metamethod, or raises the error that there is none.
    fn call_metamethod(&self, frame: &mut Frame<'_>, start: u32) -> Result<Value, Raised> {
        let (left, right) = (frame.get(self.slot.offset(start)), frame.get(self.slot.offset(start + 1)));
        let result = frame.vm.concat(left, right);
        frame.finish_binary(result, left, right, SiteId(self.first_site.0 + start))
    }
}
