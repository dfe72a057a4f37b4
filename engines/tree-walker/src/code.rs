//! The executable form of one function: its tree, its frame layout, and what messages say about its places.
//!
//! Made by `compile`, owned by a `Code` object of the heap, run by `call`.

use std::rc::Rc;

use lua_runtime::Marker;
use lua_runtime::function::Code;
use lua_runtime::meta::MetaEvent;
use lua_runtime::{Closure, EngineCode, Gc, LuaString, Value};
use lua_syntax::ast::{Bytes, Span};

use crate::compile::trace::Tree;
use crate::debug_hook::Watched;
use crate::frame::{SiteId, Slot};
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
    /// What messages say about the places where something can fail or call, or where a statement begins.
    pub(crate) sites: Vec<Site>,
    /// The functions inside, in order. The nodes that make their closures keep them alive.
    pub(crate) inner: Box<[Gc<Code>]>,
    /// Its end.
    pub(crate) end_site: SiteId,
    /// The local variables, for the library `debug`.
    pub(crate) variables: Vec<Variable>,
    /// Names of the parameters.
    pub(crate) parameters: Vec<Bytes>,
    /// Names of the upvalues.
    pub(crate) upvalues: Vec<Bytes>,
    /// The source it comes from.
    pub(crate) source: Rc<Source>,
    /// Line of the keyword `function`; 0 for a main chunk.
    pub(crate) line_defined: u32,
    /// Line of the closing `end`; 0 for a main chunk.
    pub(crate) last_line: u32,
    /// Where the function stands in the source.
    pub(crate) span: Span,
    /// Memory that the heap counts for it, in bytes.
    pub(crate) accounted_bytes: u64,
    /// The nodes of the body.
    pub(crate) nodes: Nodes,
    /// What a debug hook changes in it.
    pub(crate) watched: Watched,
}

impl FunctionCode {
    /// The place with this index.
    pub(crate) fn site(&self, site: SiteId) -> Option<&Site> {
        let own_sites = self.sites.len();
        self.sites.get(site.0 as usize).or_else(|| self.watched.site((site.0 as usize).checked_sub(own_sites)?))
    }

    /// The variables in scope at a place, outermost first.
    pub(crate) fn variables_at(&self, site: SiteId) -> Vec<&Variable> {
        let mut scope = self.site(site).map_or(NO_VARIABLES, |site| site.scope);
        let mut variables = Vec::new();
        while let Some(variable) = scope.0.checked_sub(1).map(|index| &self.variables[index as usize]) {
            variables.push(variable);
            scope = variable.outer;
        }
        variables.reverse();
        variables
    }

    /// Whether it is the main function of its chunk.
    pub(crate) fn is_main(&self) -> bool {
        self.line_defined == 0
    }
}

/// A chunk's text, shared by its functions. Kept for `string.dump` and for [`engine_api::Instance::artifact`].
pub(crate) struct Source {
    /// Lua's chunk name.
    pub(crate) chunk_name: String,
    /// The name as messages show it.
    pub(crate) display_name: String,
    /// The text. The functions keep it alive.
    pub(crate) text: Gc<LuaString>,
    /// Whether lines and names of variables were left out.
    pub(crate) is_stripped: bool,
    /// The text as a tree, once there was a debug hook.
    pub(crate) tree: Tree,
}

/// A place in a function where something can fail or call.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// The line that messages show.
    pub(crate) line: u32,
    /// The variables that are in scope.
    pub(crate) scope: ScopeId,
    /// The slots of the frame that are in use: up to the last one with a variable in scope or a temporary that is still
    /// wanted. What lies above them keeps nothing alive while the site polls or calls a metamethod.
    pub(crate) live_slots: u32,
    /// What the site calls.
    pub(crate) call: SiteCall,
    /// The names of the operands: object or left, then key or right. Of a call, the name of the callee.
    pub(crate) names: [Option<Name>; 2],
}

/// The variables in scope at some place: 0 if there are none, else one more than the index of the innermost in
/// [`FunctionCode::variables`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScopeId(pub(crate) u32);

/// The scope without variables.
pub(crate) const NO_VARIABLES: ScopeId = ScopeId(0);

/// A local variable.
pub(crate) struct Variable {
    /// Its name.
    pub(crate) name: Bytes,
    /// Where it is.
    pub(crate) location: VariableLocation,
    /// The variables declared before it.
    pub(crate) outer: ScopeId,
}

/// Where a local variable is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum VariableLocation {
    /// Nowhere: a constant.
    Hidden,
    /// In a slot, as a copy of what is on the native stack: the state of a numeric loop.
    Copy(Slot),
    /// The iterations that a numeric loop has left, or the limit of one over floats.
    IterationsLeft {
        /// The slot of the counter's last value, or of the limit; the step is in the next one.
        last: Slot,
        /// The slot of a copy of the counter.
        counter: Slot,
    },
    /// In a slot.
    Slot(Slot),
    /// In a slot, and in the cell that another one holds.
    Both {
        /// The slot of the value.
        slot: Slot,
        /// The slot of the cell.
        cell: Slot,
    },
    /// In the cell that a slot holds.
    Cell(Slot),
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
    /// Not at all: what is called here, for an error of the operation, has no name.
    Nothing,
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
    /// What is known of it without the names of variables. A global variable is a field of an upvalue.
    pub(crate) fn stripped(self) -> Option<Name> {
        match self.kind {
            NameKind::Local => None,
            NameKind::Upvalue => Some(Name { kind: NameKind::Upvalue, text: b"?"[..].into() }),
            NameKind::Global => Some(Name { kind: NameKind::Field, text: self.text }),
            NameKind::Field | NameKind::Method | NameKind::Constant => Some(self),
        }
    }

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

impl EngineCode for FunctionCode {
    fn trace(&self, marker: &mut Marker) {
        marker.mark_value(Value::from(self.source.text));
        self.nodes.trace(marker);
        self.watched.trace(marker);
    }

    fn accounted_bytes(&self) -> u64 {
        self.accounted_bytes
    }
}
