//! The backend: from Cranelift's IR to published machine code.
//!
//! Each unit has a `JITModule` of its own over one shared description of the machine. Its memory is one block of
//! jit-support: the code is made first, so that the block is asked for with its size known, and the module copies it
//! there and makes it executable. This file knows no bytecode.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::Function;
use cranelift_codegen::isa::{OwnedTargetIsa, TargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{CodegenError, Context, Final, MachSrcLoc};
use cranelift_jit::{BranchProtection, JITBuilder, JITMemoryKind, JITMemoryProvider, JITModule};
use cranelift_module::{Linkage, Module, ModuleError, ModuleReloc, ModuleResult, default_libcall_names};
use engine_api::event::DeclineReason;
use jit_support::{CodeMemoryError, ExecutableBlock, WritableBlock};

/// What code is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// This processor.
    Host,
    /// What every processor of this kind has.
    Baseline,
}

/// The description of the machine for the code generator, with the level of optimisation as Cranelift names it.
///
/// # Panics
/// If Cranelift does not know the processor: this engine is not built for such machines.
pub(crate) fn describe(target: Target, level: &str) -> OwnedTargetIsa {
    let mut flags = settings::builder();
    for (name, value) in [
        ("opt_level", level),
        ("is_pic", "false"),
        ("use_colocated_libcalls", "false"),
        ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
    ] {
        flags.set(name, value).expect("a setting of this version of Cranelift");
    }
    let builder =
        cranelift_native::builder_with_options(target == Target::Host).expect("Cranelift knows this processor");
    builder.finish(settings::Flags::new(flags)).expect("the settings fit together")
}

/// Machine code that is not in its place yet.
pub(crate) struct Assembled {
    context: Context,
    bytes: Vec<u8>,
}

/// Compiles a function.
///
/// # Errors
/// [`DeclineReason::TooLarge`]. Cranelift takes every other function that the lowering makes: if it does not, that is
/// a [`DeclineReason::Assembler`].
pub(crate) fn assemble(isa: &dyn TargetIsa, function: Function) -> Result<Assembled, DeclineReason> {
    let mut context = Context::for_function(function);
    let bytes = match context.compile(isa, &mut ControlPlane::default()) {
        Ok(code) => code.code_buffer().to_vec(),
        Err(error) => {
            return Err(match error.inner {
                CodegenError::CodeTooLarge | CodegenError::ImplLimitExceeded => DeclineReason::TooLarge,
                other => refused(&other),
            });
        }
    };
    Ok(Assembled { context, bytes })
}

/// A function that stands in for an instruction which the processor lacks.
type StandIn = extern "C" fn(f64) -> f64;

/// Those that a unit may need, by the names that Cranelift knows them by.
const STAND_INS: [(&str, StandIn); 4] = [("ceil", ceil), ("floor", floor), ("trunc", trunc), ("nearbyint", nearest)];

/// The name of the stand-in at an address.
pub(crate) fn name_of_stand_in(address: u64) -> Option<&'static str> {
    STAND_INS.into_iter().find_map(|(name, function)| (function as usize as u64 == address).then_some(name))
}

extern "C" fn ceil(x: f64) -> f64 {
    x.ceil()
}

extern "C" fn floor(x: f64) -> f64 {
    x.floor()
}

extern "C" fn trunc(x: f64) -> f64 {
    x.trunc()
}

extern "C" fn nearest(x: f64) -> f64 {
    x.round_ties_even()
}

impl Assembled {
    /// The size of the code.
    pub(crate) fn code_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// How many of the last bytes are constants: those behind the last instruction with a source location, which the
    /// last instruction always has.
    pub(crate) fn constant_bytes(&self) -> usize {
        let end = self.locations().iter().map(|location| location.end as usize).max();
        self.bytes.len() - end.unwrap_or(self.bytes.len())
    }

    /// Which source location each run of bytes has, in the order of the code.
    pub(crate) fn locations(&self) -> &[MachSrcLoc<Final>] {
        self.context.compiled_code().map_or(&[], |code| code.buffer.get_srclocs_sorted())
    }

    /// The IR after the optimiser.
    pub(crate) fn optimised(self) -> Function {
        self.context.func
    }

    /// Copies the code into a block and publishes it.
    ///
    /// # Errors
    /// [`DeclineReason::CodeMemory`] if the pages cannot be made executable, [`DeclineReason::Assembler`] for what else
    /// the module says.
    pub(crate) fn publish(&self, isa: &OwnedTargetIsa, block: WritableBlock) -> Result<ExecutableBlock, DeclineReason> {
        let memory = Arc::new(Mutex::new(Memory::Writable(block)));
        let mut builder = JITBuilder::with_isa(isa.clone(), default_libcall_names());
        builder.symbols(STAND_INS.map(|(name, function)| (name, function as *const u8)));
        builder.memory_provider(Box::new(Provider(Arc::clone(&memory))));
        let mut module = JITModule::new(builder);
        self.define(&mut module)?;
        let published = std::mem::replace(&mut *memory.lock().unwrap_or_else(PoisonError::into_inner), Memory::Gone);
        match published {
            Memory::Executable(block) => Ok(block),
            Memory::Writable(_) | Memory::Gone => Err(refused(&"the module did not publish its memory")),
        }
    }

    fn define(&self, module: &mut JITModule) -> Result<(), DeclineReason> {
        let reason = |error: ModuleError| match error {
            ModuleError::Allocation { .. } => DeclineReason::CodeMemory,
            other => refused(&other),
        };
        let code = self.context.compiled_code().map(|code| (code.buffer.alignment, code.buffer.relocs()));
        let (alignment, relocations) = code.unwrap_or((1, &[]));
        let signature = &self.context.func.signature;
        let id = module.declare_function("unit", Linkage::Local, signature).map_err(reason)?;
        let relocations: Vec<ModuleReloc> = relocations
            .iter()
            .map(|relocation| ModuleReloc::from_mach_reloc(relocation, &self.context.func, id))
            .collect();
        module.define_function_bytes(id, u64::from(alignment), &self.bytes, &relocations).map_err(reason)?;
        module.finalize_definitions().map_err(reason)
    }
}

/// The reason for what is a bug of this compiler. Debug builds stop and show it.
fn refused(error: &dyn std::fmt::Debug) -> DeclineReason {
    if cfg!(debug_assertions) {
        panic!("the assembler refused the code: {error:?}");
    }
    DeclineReason::Assembler
}

/// The memory of a unit on its way.
enum Memory {
    /// Given to the module, to be filled.
    Writable(WritableBlock),
    /// Filled and published.
    Executable(ExecutableBlock),
    /// Taken, or freed.
    Gone,
}

/// A handle on one block, as Cranelift wants its memory.
struct Provider(Arc<Mutex<Memory>>);

impl JITMemoryProvider for Provider {
    fn allocate(&mut self, size: usize, _align: u64, kind: JITMemoryKind) -> io::Result<*mut u8> {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (&mut *memory, kind) {
            // A block starts at a page, which is alignment enough.
            (Memory::Writable(block), JITMemoryKind::Executable) if size <= block.code_bytes() => Ok(block.start()),
            _ => Err(io::Error::other("a unit is one piece of code and has no data")),
        }
    }

    /// # Safety
    /// No code of the module is used any more.
    unsafe fn free_memory(&mut self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Memory::Gone;
    }

    fn finalize(&mut self, _branch_protection: BranchProtection) -> ModuleResult<()> {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *memory, Memory::Gone) {
            Memory::Writable(block) => {
                *memory = Memory::Executable(block.publish().map_err(allocation_error)?);
                Ok(())
            }
            other @ (Memory::Executable(_) | Memory::Gone) => {
                *memory = other;
                Ok(())
            }
        }
    }
}

fn allocation_error(error: CodeMemoryError) -> ModuleError {
    ModuleError::Allocation { err: io::Error::other(error.to_string()) }
}
