//! The exact profiler: a stack of calls of its own, brought up to date at each hook, with the time of each.
//!
//! The hooks tell where the interpreter goes on, and not every way in which a frame ends: an error or a coroutine takes many at
//! once. So whatever lies above where it goes on has ended.

use std::collections::HashMap;
use std::rc::Rc;

use engine_api::profile::{CallSiteProfile, LoopProfile, Profile, ProfileUnit, StackProfile};
use lua_bytecode::construct::construct;
use lua_bytecode::{FunctionProto, Pc};
use lua_runtime::Vm;

use crate::calls::plain_call::Callee;
use crate::frame::{FrameHeader, HEADER_SLOTS, find_header};
use crate::profiler::functions::{Functions, Signatures, signature, types};
use crate::state::Cursor;
use crate::state::walk::{caller_pc, prototype_in};

/// Words of a `FORPREP`, behind which its loop's header is.
const FOR_PREPARE_WORDS: Pc = 2;

/// Frames of a stack that are told apart.
const MAX_DEPTH: u32 = 256;

/// A frame of the profiler's own stack.
struct Call {
    /// The coroutine, by address.
    thread: u64,
    base: u32,
    function: u32,
    /// The stack that it is the top of.
    node: u32,
    /// The loops that it is in, outermost first: header, and at which time of the program the running iteration began.
    loops: Vec<(Pc, u64)>,
}

/// A stack of calls, as the innermost function and the stack below it.
struct Node {
    parent: Option<u32>,
    /// How many are below it.
    depth: u32,
    function: u32,
    itself: u64,
}

struct LoopCounts {
    function: u32,
    iterations: u64,
    back_edges: u64,
    signatures: Signatures,
    timed_iterations: u64,
    time: u64,
}

struct CallSite {
    function: u32,
    proto: Rc<FunctionProto>,
    pc: Pc,
    signatures: Signatures,
}

/// What is seen of a program.
#[derive(Default)]
pub(super) struct Exact {
    functions: Functions,
    stack: Vec<Call>,
    nodes: Vec<Node>,
    /// Nodes by parent and function.
    by_path: HashMap<(Option<u32>, u32), u32>,
    /// By the function's number and the header.
    loops: HashMap<(u32, Pc), LoopCounts>,
    call_sites: HashMap<(usize, Pc), CallSite>,
    /// The time at which the last hook has ended.
    last_ns: u64,
    /// The time that the program itself has run.
    program_ns: u64,
    /// What a hook takes of the time of others.
    hook_ns: Option<u64>,
    /// The gaps between hooks by which that is found out.
    gaps: Vec<u64>,
}

impl Exact {
    /// A Lua function is entered; the cursor is at its first instruction.
    pub(super) fn entered(&mut self, vm: &Vm, cursor: Cursor) {
        let (thread, base) = (vm.thread().address(), cursor.base(vm));
        let proto = cursor.prototype().proto();
        let function = self.functions.of_proto(proto);
        // A loop at the first instruction leads here too, when a poll lay between.
        let is_loop = proto.loops.first().is_some_and(|entry| entry.header_pc == 0);
        let is_top = self.stack.last().is_some_and(|top| top.is(thread, base, function));
        if is_loop && is_top {
            return;
        }
        self.end_from(thread, base);
        let arguments = (0..cursor.prototype().parameters()).map(|register| cursor.register(register as u8));
        let signature = signature(arguments);
        let counted = &mut self.functions.list[function as usize];
        counted.calls += 1;
        counted.signatures.count(signature);
        if let Some(header) = find_header(vm, base) {
            self.count_site(vm, base, header, signature);
        }
        self.begin(thread, base, function);
    }

    /// The interpreter goes on in a frame of a Lua function.
    pub(super) fn resumed(&mut self, vm: &Vm, cursor: Cursor) {
        let (thread, base) = (vm.thread().address(), cursor.base(vm));
        let function = self.functions.of_proto(cursor.prototype().proto());
        self.end_from(thread, base + 1);
        if !self.stack.last().is_some_and(|top| top.is(thread, base, function)) {
            // A coroutine goes on, or an error was caught below where the profile began.
            self.end_from(thread, base);
            self.begin(thread, base, function);
        }
    }

    /// A back-edge was taken; the cursor is at the loop's header.
    pub(super) fn back_edge(&mut self, vm: &Vm, cursor: Cursor) {
        self.resumed(vm, cursor);
        let header = cursor.pc();
        let registers = cursor.prototype().proto().registers_at_header(header).min(u32::from(u8::MAX));
        let registers = types((0..registers).map(|register| cursor.register(register as u8)));
        let now_ns = self.program_ns;
        let Some(top) = self.stack.last_mut() else { return };
        leave_loops(top, cursor.prototype().proto(), header);
        let begun_ns = match top.loops.last_mut() {
            Some((known, begun_ns)) if *known == header => Some(std::mem::replace(begun_ns, now_ns)),
            Some(_) | None => {
                top.loops.push((header, now_ns));
                None
            }
        };
        let function = top.function;
        let counts = self.loop_counts(function, header);
        counts.iterations += 1;
        counts.back_edges += 1;
        counts.signatures.count(registers);
        if let Some(begun_ns) = begun_ns {
            counts.timed_iterations += 1;
            counts.time += now_ns - begun_ns;
        }
    }

    /// A numeric loop begins; the cursor is at its `FORPREP`.
    pub(super) fn loop_begun(&mut self, vm: &Vm, cursor: Cursor) {
        self.resumed(vm, cursor);
        let header = cursor.pc() + FOR_PREPARE_WORDS;
        let now_ns = self.program_ns;
        let Some(top) = self.stack.last_mut() else { return };
        leave_loops(top, cursor.prototype().proto(), header);
        if top.loops.last().is_some_and(|(known, _)| *known == header) {
            top.loops.pop();
        }
        top.loops.push((header, now_ns));
        let function = top.function;
        self.loop_counts(function, header).iterations += 1;
    }

    /// A function of the library is called by the instruction at the cursor.
    pub(super) fn library_called(&mut self, vm: &Vm, cursor: Cursor, callee: Callee) {
        // SAFETY: the instruction has put callee and arguments in place, which lie on the stack.
        let slot = unsafe { callee.address.offset_from(vm.stack()) } as u32;
        let Some(function) = self.functions.of_library(vm, vm.slot(slot)) else { return };
        let (thread, base) = (vm.thread().address(), slot + HEADER_SLOTS);
        self.end_from(thread, base);
        let signature = signature((0..callee.count).map(|index| vm.slot(base + index)));
        let counted = &mut self.functions.list[function as usize];
        counted.calls += 1;
        counted.signatures.count(signature);
        self.count_call(cursor.prototype().proto(), cursor.pc(), signature);
        self.begin(thread, base, function);
    }

    /// The interpreter is left to what has called it from Rust.
    pub(super) fn left(&mut self, vm: &Vm) {
        self.end_from(vm.thread().address(), vm.frame_base() + 1);
    }

    /// Whether it is known what a hook takes.
    pub(super) fn is_calibrated(&self) -> bool {
        self.hook_ns.is_some()
    }

    /// The middle one of the gaps between hooks with nothing between them is what a hook takes of the time of others.
    pub(super) fn calibrate(&mut self) {
        let mut gaps = std::mem::take(&mut self.gaps);
        gaps.sort_unstable();
        self.hook_ns = Some(gaps.get(gaps.len() / 2).copied().unwrap_or(0));
    }

    /// What has passed since the end of the last hook belongs to what ran.
    pub(super) fn pass(&mut self, now_ns: u64) {
        let passed = now_ns.saturating_sub(self.last_ns);
        let Some(hook_ns) = self.hook_ns else { return self.gaps.push(passed) };
        let passed = passed.saturating_sub(hook_ns);
        if let Some(top) = self.stack.last() {
            self.program_ns += passed;
            self.functions.list[top.function as usize].itself += passed;
            self.nodes[top.node as usize].itself += passed;
        }
    }

    /// The hook ends.
    pub(super) fn goes_on(&mut self, now_ns: u64) {
        self.last_ns = now_ns;
    }

    fn begin(&mut self, thread: u64, base: u32, function: u32) {
        let mut parent = self.stack.last().map(|top| top.node);
        // What a deep recursion calls lies on its first frames.
        if let Some(top) = parent.map(|parent| &self.nodes[parent as usize])
            && top.depth >= MAX_DEPTH
        {
            parent = top.parent;
        }
        let depth = parent.map_or(0, |parent| self.nodes[parent as usize].depth + 1);
        let node = *self.by_path.entry((parent, function)).or_insert_with(|| {
            self.nodes.push(Node { parent, depth, function, itself: 0 });
            self.nodes.len() as u32 - 1
        });
        self.stack.push(Call { thread, base, function, node, loops: Vec::new() });
    }

    /// The calls of a coroutine from this base on have ended, and those of other coroutines that it has resumed.
    fn end_from(&mut self, thread: u64, base: u32) {
        while let Some(top) = self.stack.last() {
            let has_ended = match top.thread == thread {
                true => top.base >= base,
                false => self.stack.iter().any(|call| call.thread == thread),
            };
            if !has_ended {
                return;
            }
            self.stack.pop();
        }
    }

    fn loop_counts(&mut self, function: u32, header: Pc) -> &mut LoopCounts {
        self.loops.entry((function, header)).or_insert_with(|| LoopCounts {
            function,
            iterations: 0,
            back_edges: 0,
            signatures: Signatures::default(),
            timed_iterations: 0,
            time: 0,
        })
    }

    /// Counts the call that has made a frame at the place where its caller is.
    fn count_site(&mut self, vm: &Vm, base: u32, header: FrameHeader, signature: u64) {
        let (Some(caller), Some(pc)) = (base.checked_sub(header.base_delta()), caller_pc(header)) else { return };
        if caller < HEADER_SLOTS || !header.continuation().is_of_instruction() {
            return;
        }
        let Some(prototype) = prototype_in(vm, caller) else { return };
        self.count_call(prototype.proto(), pc, signature);
    }

    fn count_call(&mut self, proto: &Rc<FunctionProto>, pc: Pc, signature: u64) {
        let function = self.functions.of_proto(proto);
        let site = self.call_sites.entry((Rc::as_ptr(proto).addr(), pc)).or_insert_with(|| CallSite {
            function,
            proto: Rc::clone(proto),
            pc,
            signatures: Signatures::default(),
        });
        site.signatures.count(signature);
    }

    /// What was seen so far.
    pub(super) fn profile(&self) -> Profile {
        let mut functions = self.functions.profiles();
        let stacks: Vec<StackProfile> = (0..self.nodes.len()).map(|node| self.stack_profile(node)).collect();
        for StackProfile { functions: stack, itself } in &stacks {
            // Of recursive calls the time counts once.
            let mut stack = stack.clone();
            stack.sort_unstable();
            stack.dedup();
            stack.into_iter().for_each(|function| functions[function as usize].total += itself);
        }
        let mut loops: Vec<LoopProfile> =
            self.loops.iter().map(|((_, header), counts)| self.loop_profile(*header, counts)).collect();
        loops.sort_by_key(|entry| (entry.function, entry.pc));
        let mut sites: Vec<&CallSite> = self.call_sites.values().collect();
        sites.sort_by_key(|site| (site.function, site.pc));
        Profile {
            unit: ProfileUnit::Nanoseconds,
            functions,
            loops,
            call_sites: sites.into_iter().map(call_site_profile).collect(),
            stacks,
        }
    }

    fn loop_profile(&self, header: Pc, counts: &LoopCounts) -> LoopProfile {
        let proto = self.functions.list[counts.function as usize].proto.as_ref();
        LoopProfile {
            function: counts.function,
            line: proto.map_or(0, |proto| proto.loop_line(header)),
            pc: header,
            iterations: counts.iterations,
            back_edges: counts.back_edges,
            stable_back_edges: counts.signatures.most_frequent(),
            timed_iterations: counts.timed_iterations,
            time: counts.time,
        }
    }

    fn stack_profile(&self, node: usize) -> StackProfile {
        let itself = self.nodes[node].itself;
        let mut functions = Vec::new();
        let mut next = Some(node as u32);
        while let Some(node) = next {
            functions.push(self.nodes[node as usize].function);
            next = self.nodes[node as usize].parent;
        }
        functions.reverse();
        StackProfile { functions, itself }
    }
}

impl Call {
    fn is(&self, thread: u64, base: u32, function: u32) -> bool {
        (self.thread, self.base, self.function) == (thread, base, function)
    }
}

/// The call is at the header of a loop, or about to be: it has left the loops that do not contain that.
fn leave_loops(call: &mut Call, proto: &FunctionProto, header: Pc) {
    let contains = |outer: Pc| {
        let mut loops = proto.loops.iter().filter(|entry| entry.header_pc == outer);
        loops.any(|entry| entry.header_pc <= header && header <= entry.back_edge_pc)
    };
    while call.loops.last().is_some_and(|(outer, _)| !contains(*outer)) {
        call.loops.pop();
    }
}

fn call_site_profile(site: &CallSite) -> CallSiteProfile {
    CallSiteProfile {
        function: site.function,
        line: site.proto.lines.line(site.pc),
        construct: construct(&site.proto, site.pc),
        signatures: site.signatures.texts(),
    }
}
