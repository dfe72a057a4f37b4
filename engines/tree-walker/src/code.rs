//! The executable form of one function: its tree, its frame layout, and what messages say about its places.
//!
//! Made by `compile`, owned by a `Code` object of the heap, run by `call`.

use std::rc::Rc;

use lua_runtime::collect::Marker;
use lua_runtime::heap::Heap;
use lua_runtime::meta::MetaEvent;
use lua_runtime::{Closure, CodeOperations, Gc};
use lua_syntax::ast::{Bytes, Span};

use crate::frame::SiteId;
use crate::node::Nodes;
use crate::nodes::block::Block;

/// One function of the source, ready to run.
pub(crate) struct FunctionCode {
    /// The body.
    pub(crate) body: Block,
    /// Slots of a frame.
    pub(crate) frame_slots: u32,
    /// Parameters, which are the first slots.
    pub(crate) parameter_count: u32,
    /// Whether it takes `...`.
    pub(crate) is_vararg: bool,
    /// What messages say about the places where something can fail or call.
    pub(crate) sites: Vec<Site>,
    /// The source it comes from.
    pub(crate) source: Rc<Source>,
    /// Line of the keyword `function`; 0 for a main chunk.
    pub(crate) line_defined: u32,
    /// Where the function stands in the source.
    pub(crate) span: Span,
    /// Memory that the heap counts for it, in bytes.
    pub(crate) accounted_bytes: u64,
    /// The nodes of the body.
    pub(crate) nodes: Nodes,
}

impl FunctionCode {
    /// The place with this index.
    pub(crate) fn site(&self, site: SiteId) -> Option<&Site> {
        self.sites.get(site.0 as usize)
    }

    /// Whether it is the main function of its chunk.
    pub(crate) fn is_main(&self) -> bool {
        self.line_defined == 0
    }
}

/// A chunk's text, shared by its functions. Kept for [`engine_api::Instance::artifact`].
pub(crate) struct Source {
    /// Lua's chunk name.
    pub(crate) chunk_name: String,
    /// The name as messages show it.
    pub(crate) display_name: String,
    /// The text.
    pub(crate) text: Box<[u8]>,
}

/// A place in a function where something can fail or call.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// The line that messages show.
    pub(crate) line: u32,
    /// What the site calls.
    pub(crate) call: SiteCall,
    /// The names of the operands: object or left, then key or right. Of a call, the name of the callee.
    pub(crate) names: [Option<Name>; 2],
}

/// The first site of every function: its entry.
pub(crate) const ENTRY_SITE: SiteId = SiteId(0);

/// How a site comes to call a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SiteCall {
    /// By a call in the source, or not at all.
    Call,
    /// As the metamethod of an operation.
    Metamethod(MetaEvent),
    /// As the iterator of a generic `for`.
    ForIterator,
}

/// How messages name a variable: `local 'x'`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    /// What it is.
    pub(crate) kind: NameKind,
    /// Its name.
    pub(crate) text: Bytes,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameKind {
    /// A local variable.
    Local,
    /// A variable of an enclosing function.
    Upvalue,
    /// A global variable.
    Global,
    /// A field of a table.
    Field,
    /// A method.
    Method,
    /// A string constant.
    Constant,
}

impl NameKind {
    /// The word in messages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            NameKind::Local => "local",
            NameKind::Upvalue => "upvalue",
            NameKind::Global => "global",
            NameKind::Field => "field",
            NameKind::Method => "method",
            NameKind::Constant => "constant",
        }
    }
}

impl Name {
    /// The name as messages show it.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} '{}'", self.kind.word(), self.text())
    }
}

/// The code of a closure that this engine made.
#[inline(always)]
pub(crate) fn code_of<'a>(closure: Gc<Closure>) -> &'a FunctionCode {
    // SAFETY: every closure of a state of this engine is made from a `Code` object over a boxed `FunctionCode`, and
    // the closure, which callers keep reachable while they use the result, keeps the code alive.
    unsafe { &*closure.data().cast::<FunctionCode>() }
}

/// What the runtime does with a [`FunctionCode`].
pub(crate) static OPERATIONS: CodeOperations = CodeOperations { trace, drop: drop_code };

/// # Safety
/// `data` must point to a live `FunctionCode`.
unsafe fn trace(data: *mut (), marker: &mut Marker) {
    // SAFETY: as the caller says.
    unsafe { &*data.cast::<FunctionCode>() }.nodes.trace(marker);
}

/// # Safety
/// `data` must come from `Box::into_raw` of a `FunctionCode` and not be used again.
unsafe fn drop_code(data: *mut (), heap: &mut Heap) {
    // SAFETY: as the caller says.
    let code = unsafe { Box::from_raw(data.cast::<FunctionCode>()) };
    heap.unaccount(code.accounted_bytes);
}
