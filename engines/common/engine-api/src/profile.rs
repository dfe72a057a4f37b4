//! A profile: where a program's time goes, and with which types its functions are called. Plain data, made by engines
//! that can be started with the knob of [`PROFILE`].

use crate::knob::{KnobSpec, KnobType, KnobValue, Settings};

/// Whether the program is profiled, and how. A run under it is never a timing of the program.
pub const PROFILE: KnobSpec = KnobSpec {
    name: "profile",
    knob_type: KnobType::Choice(&["off", "exact", "sampling", "states"]),
    default: KnobValue::Choice("off"),
    doc: "Profile the program in the interpreter: exact = count and time every call and iteration, sampling = see at each \
          tick of the host what has run; nothing is compiled then. states = run as always, but say at each moment whether it \
          interprets, runs compiled code or its helpers, compiles or collects",
};

/// Whether the settings ask for the states; not if the engine has no such knob.
pub fn tracks_states(settings: &Settings) -> bool {
    settings.has(PROFILE.name) && settings.choice(PROFILE.name) == "states"
}

/// What was seen of a program.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    /// What the numbers of time are.
    pub unit: ProfileUnit,
    /// The functions, those of the library among them.
    pub functions: Vec<FunctionProfile>,
    /// The loops, as far as they are counted.
    pub loops: Vec<LoopProfile>,
    /// The places of calls, as far as they are counted.
    pub call_sites: Vec<CallSiteProfile>,
    /// The stacks of calls that were seen.
    pub stacks: Vec<StackProfile>,
}

/// What a number of time in a profile counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProfileUnit {
    /// Nanoseconds by the host's monotonic clock.
    #[default]
    Nanoseconds,
    /// Ticks of the host. Calls and iterations are not counted.
    Ticks,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionProfile {
    /// Its name as listings have it; one of the library by where it is found (`table.sort`).
    pub name: String,
    /// The display name of its chunk; empty for one of the library.
    pub chunk: String,
    /// The line of the function; 0 for main chunks and the library.
    pub line: u32,
    /// Calls.
    pub calls: u64,
    /// Time from calls to returns; of recursive calls, those of the outermost.
    pub total: u64,
    /// Time in the function itself, without what it has called.
    pub itself: u64,
    /// The types of its arguments, by how often it was called with them: `(integer, table)`. Most frequent first.
    pub signatures: Vec<(String, u64)>,
}

/// A loop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoopProfile {
    /// Its function, by index.
    pub function: u32,
    /// The line in which it begins.
    pub line: u32,
    /// The bytecode index of its header.
    pub pc: u32,
    /// Iterations: of a numeric `for` how often its body was begun, of all others how often control came back.
    pub iterations: u64,
    /// How often control came back to its header.
    pub back_edges: u64,
    /// How often it did with the types in its registers that were the most frequent.
    pub stable_back_edges: u64,
    /// Iterations of which the time is known.
    pub timed_iterations: u64,
    /// Their time, with what they have called.
    pub time: u64,
}

/// A place at which something is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallSiteProfile {
    /// The function that calls, by index.
    pub function: u32,
    /// The line.
    pub line: u32,
    /// What stands there, as far as the code tells: `add(..)`.
    pub construct: String,
    /// The types of the arguments, most frequent first.
    pub signatures: Vec<(String, u64)>,
}

/// A stack of calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackProfile {
    /// Functions by index, the outermost first.
    pub functions: Vec<u32>,
    /// Time in the innermost one under these callers.
    pub itself: u64,
}
