//! Two engines for tests, by name and knobs: one has a compiler, one has none. Neither runs anything.

use engine_api::{
    Engine, EngineInfo, Failure, Family, Instance, KnobSpec, KnobType, KnobValue, Start, Unsupported, knob,
};

use super::Engines;

const JIT_KNOB: KnobSpec = KnobSpec {
    name: "jit",
    knob_type: KnobType::Choice(&["off", "auto", "on"]),
    default: KnobValue::Choice("auto"),
    doc: "",
};

/// An engine that only has a name.
pub(crate) struct Named(EngineInfo);

/// One with a compiler.
pub(crate) static COMPILER: Named = Named(EngineInfo {
    id: "compiler",
    version: "0.3",
    summary: "",
    family: Family::MethodJit,
    unit_of_compilation: Some("function"),
    deoptimises: false,
    knobs: &[JIT_KNOB, knob::GC_EVERY],
});

/// One without.
pub(crate) static INTERPRETER: Named = Named(EngineInfo {
    id: "interpreter",
    version: "0.3",
    summary: "",
    family: Family::BytecodeInterpreter,
    unit_of_compilation: None,
    deoptimises: false,
    knobs: &[knob::GC_EVERY],
});

impl Engine for Named {
    fn info(&self) -> &'static EngineInfo {
        if self.0.id == COMPILER.0.id { &COMPILER.0 } else { &INTERPRETER.0 }
    }

    fn start(&self, _: Start) -> Result<Box<dyn Instance>, Failure> {
        Err(Failure::Unsupported(Unsupported { construct: "everything".to_string(), position: None }))
    }
}

/// Both.
pub(crate) fn engines() -> Engines {
    Engines(vec![&COMPILER, &INTERPRETER])
}
