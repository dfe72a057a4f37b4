//! A complete engine in a hundred lines: it understands `return <integer>` and declines everything else.
//!
//! It shows what every engine must do: name itself, refuse what it cannot run instead of guessing, answer with plain
//! values, and count. Run it with `cargo run -p engine-api --example toy_engine`. How a real engine enters the
//! registry is told in `engines/README.md`.

use engine_api::{
    Counter, Counters, Engine, EngineInfo, Failure, Family, FunctionRef, Host, HostValue, Instance, Interrupt, Limits,
    Position, Settings, Stage, Start, Stream, Unsupported,
};

/// The strategy: parse one integer, return it.
struct ToyEngine;

static INFO: EngineInfo = EngineInfo {
    id: "toy",
    version: env!("CARGO_PKG_VERSION"),
    summary: "Returns integers and declines everything else",
    family: Family::TreeInterpreter,
    unit_of_compilation: None,
    deoptimises: false,
    knobs: &[],
};

impl Engine for ToyEngine {
    fn info(&self) -> &'static EngineInfo {
        &INFO
    }

    fn start(&self, start: Start) -> Result<Box<dyn Instance>, Failure> {
        Ok(Box::new(ToyInstance { host: start.host, programs: Vec::new(), counters: Counters::default() }))
    }
}

/// One running state: the loaded programs, each of them an integer.
struct ToyInstance {
    host: Box<dyn Host>,
    programs: Vec<i64>,
    counters: Counters,
}

impl Instance for ToyInstance {
    fn load(&mut self, chunk_name: &str, source: &[u8]) -> Result<FunctionRef, Failure> {
        let text = String::from_utf8_lossy(source);
        let number = text.trim().strip_prefix("return ").and_then(|rest| rest.trim().parse::<i64>().ok());
        match number {
            Some(number) => {
                self.programs.push(number);
                Ok(FunctionRef(self.programs.len() as u32 - 1))
            }
            None => Err(Failure::Unsupported(Unsupported {
                construct: "anything but 'return <integer>'".to_string(),
                position: Some(Position { chunk: chunk_name.to_string(), line: 1 }),
            })),
        }
    }

    fn call(&mut self, function: FunctionRef, _arguments: &[HostValue]) -> Result<Vec<HostValue>, Failure> {
        self.counters[Counter::Executions] += 1;
        match self.programs.get(function.0 as usize) {
            Some(number) => Ok(vec![HostValue::Integer(*number)]),
            None => Err(Failure::EngineBug(format!("no function {}", function.0))),
        }
    }

    fn set_arguments(&mut self, _script: &[u8], _arguments: &[Vec<u8>]) -> Result<(), Failure> {
        Ok(())
    }

    fn release(&mut self, _function: FunctionRef) {}

    fn collect_garbage(&mut self) {}

    fn close(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    fn counters(&self) -> Counters {
        self.counters
    }

    fn artifact(&mut self, function: FunctionRef, stage: Stage) -> Result<String, Failure> {
        match stage {
            Stage::Ast => Ok(format!("return {}", self.programs[function.0 as usize])),
            Stage::Bytecode | Stage::Ir | Stage::Asm => Err(Failure::Unsupported(Unsupported {
                construct: format!("the stage {}", stage.name()),
                position: None,
            })),
        }
    }
}

impl Drop for ToyInstance {
    fn drop(&mut self) {
        // A host may buffer; whoever writes through it flushes in the end. Nothing can be done about a closed stream.
        let _ = self.host.flush(Stream::Out);
    }
}

/// The world of the example: no output, clocks that stand still.
struct NoHost;

impl Host for NoHost {
    fn write(&mut self, _: Stream, _: &[u8]) -> std::io::Result<()> {
        Ok(())
    }

    fn flush(&mut self, _: Stream) -> std::io::Result<()> {
        Ok(())
    }

    fn monotonic_ns(&mut self) -> u64 {
        0
    }

    fn cpu_ns(&mut self) -> u64 {
        0
    }

    fn unix_seconds(&mut self) -> i64 {
        0
    }
}

fn main() -> Result<(), Failure> {
    let engine: &dyn Engine = &ToyEngine;
    let start = Start {
        settings: Settings::defaults(engine.info().knobs),
        host: Box::new(NoHost),
        sink: None,
        interrupt: Interrupt::new(),
        limits: Limits::default(),
        seed: 0,
    };
    let mut instance = engine.start(start)?;
    let function = instance.load("=example", b"return 42")?;
    assert_eq!(instance.call(function, &[])?, [HostValue::Integer(42)]);
    let declined = instance.load("=example", b"return f()");
    assert!(matches!(declined, Err(Failure::Unsupported(_))));
    Ok(())
}
