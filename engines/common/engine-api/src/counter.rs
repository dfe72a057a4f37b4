//! Named counts of an instance. One table makes the enum, the names and the documentation.

/// What a counter is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// What the host has asked for.
    Program,
    /// The heap and its collector.
    Heap,
    /// Field accesses.
    InlineCaches,
    /// Making units.
    Compiler,
    /// Keeping units.
    CodeCache,
    /// Running units, and giving them up.
    CompiledCode,
}

impl Group {
    /// Every group, in the order in which they are shown.
    pub const ALL: &'static [Group] =
        &[Group::Program, Group::Heap, Group::InlineCaches, Group::Compiler, Group::CodeCache, Group::CompiledCode];

    /// The heading above its counters.
    pub fn name(self) -> &'static str {
        match self {
            Group::Program => "program",
            Group::Heap => "heap",
            Group::InlineCaches => "inline caches",
            Group::Compiler => "compiler",
            Group::CodeCache => "code cache",
            Group::CompiledCode => "compiled code",
        }
    }

    /// Whether an engine without a compiler has such counters.
    pub fn is_of_interpreters(self) -> bool {
        match self {
            Group::Program | Group::Heap | Group::InlineCaches => true,
            Group::Compiler | Group::CodeCache | Group::CompiledCode => false,
        }
    }
}

macro_rules! counters {
    ($($group:ident { $($variant:ident $name:literal $doc:literal,)* })*) => {
        /// One count. Times are in nanoseconds, sizes in bytes; both say so in their names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(usize)]
        pub enum Counter {
            $($(#[doc = $doc] $variant,)*)*
        }

        impl Counter {
            /// Every counter, in the order of the table.
            pub const ALL: &'static [Counter] = &[$($(Counter::$variant,)*)*];

            /// The name in `--stats` and in CSV files.
            pub fn name(self) -> &'static str {
                match self { $($(Counter::$variant => $name,)*)* }
            }

            /// What is counted, in one sentence.
            pub fn doc(self) -> &'static str {
                match self { $($(Counter::$variant => $doc,)*)* }
            }

            /// What it is about.
            pub fn group(self) -> Group {
                match self { $($(Counter::$variant => Group::$group,)*)* }
            }
        }
    };
}

counters! {
    Program {
        Executions "executions" "Calls from the host into the instance.",
    }
    Heap {
        Collections "collections" "Full garbage collections.",
        GcTimeNs "gc_time_ns" "Time spent in the collector.",
        Allocations "allocations" "Heap objects and buffers allocated.",
        AllocatedBytes "allocated_bytes" "Heap bytes allocated since the start.",
        HeapBytes "heap_bytes" "Heap bytes in use now.",
        HeapPeakBytes "heap_peak_bytes" "The most heap bytes that were in use at once.",
    }
    InlineCaches {
        InlineCacheHits "inline_cache_hits" "Field accesses of interpreters that the first entry of the place's inline cache knew; compiled code does not count.",
        InlineCacheFurtherHits "inline_cache_further_hits" "Field accesses that an entry of the place's inline cache knew, though not the way that is tried inline.",
        InlineCacheStale "inline_cache_stale" "Entries for the receiver's shape that did not hold: a nil field, or a change behind __index.",
        StateCacheHits "state_cache_hits" "Field accesses that the place did not know and the state cache did.",
        StateCacheMisses "state_cache_misses" "Field accesses that were looked up in full, and cached.",
        InlineCacheUncacheable "inline_cache_uncacheable" "Field accesses that were looked up in full and cannot be cached: dictionaries, functions as __index, long keys.",
    }
    Compiler {
        CompilationsAttempted "compilations_attempted" "Units that a compiler started on.",
        CompilationsSucceeded "compilations_succeeded" "Units that were published.",
        CompilationsDeclined "compilations_declined" "Units that a compiler declined; reasons are in the events.",
        AssemblerErrors "assembler_errors" "Units among them whose code the assembler refused: bugs of a compiler.",
        CompileTimeNs "compile_time_ns" "Time spent compiling to machine code.",
    }
    CodeCache {
        CacheHits "cache_hits" "Units found ready in the code cache.",
        CacheMisses "cache_misses" "Units not found in the code cache.",
        Evicted "evicted" "Units thrown out of the code cache for room.",
        CodeBytes "code_bytes" "Bytes of machine code now published.",
    }
    CompiledCode {
        JitEntries "jit_entries" "Entries into compiled code from an interpreter.",
        OsrEntries "osr_entries" "Entries at a loop header while the loop was running.",
        SideExits "side_exits" "Exits to the VM because a guard failed; the unit stays.",
        Deoptimisations "deoptimisations" "Units thrown away because an assumption failed.",
        Blacklisted "blacklisted" "Units that will not be compiled again.",
    }
}

/// The value of every [`Counter`], indexed by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counters([u64; Counter::ALL.len()]);

impl Default for Counters {
    fn default() -> Counters {
        Counters([0; Counter::ALL.len()])
    }
}

impl std::ops::Index<Counter> for Counters {
    type Output = u64;

    #[inline]
    fn index(&self, counter: Counter) -> &u64 {
        &self.0[counter as usize]
    }
}

impl std::ops::IndexMut<Counter> for Counters {
    #[inline]
    fn index_mut(&mut self, counter: Counter) -> &mut u64 {
        &mut self.0[counter as usize]
    }
}
