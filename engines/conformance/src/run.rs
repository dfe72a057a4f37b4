//! One run of one program on one engine, and the judgement of its outcome.
//!
//! A *transcript* is what a case is compared by: everything on standard output and, if an error ended the program, a
//! last line `error: MESSAGE`. Other endings (not supported, engine bug, stopped) have no transcript and so can never
//! be mistaken for a result. This file must not know where programs come from: a generator may call it as well.

use engine_api::{Counter, Engine, Failure, HostValue, Instance, Interrupt, Limits, LuaError, Settings, Start};

use crate::host::{CollectingHost, Output};

/// The heap of a case in bytes. Cases are small: one that needs more has gone wrong.
const HEAP_LIMIT_BYTES: u64 = 1 << 30;

/// Fixes hashes and random numbers; any number would do.
const SEED: u64 = 42;

/// How many differing lines a failed comparison shows: enough to see a pattern, few enough to read.
const DIFFERENCES_SHOWN: usize = 8;

/// What to run.
#[derive(Debug, Clone)]
pub struct Run<'a> {
    /// Knob values for the engine.
    pub settings: Settings,
    /// The script's file name; messages show it.
    pub file_name: &'a str,
    /// The Lua source.
    pub source: &'a [u8],
    /// Through this the caller can stop the run from another thread.
    pub interrupt: Interrupt,
}

/// How a run ended, and what it wrote before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Bytes on standard output.
    pub output: Vec<u8>,
    /// `Ok` if the program ran to its end.
    pub ending: Result<(), Failure>,
}

impl Run<'_> {
    /// Starts `engine`, loads the program and calls it without arguments.
    pub fn on(&self, engine: &dyn Engine) -> Outcome {
        let output = Output::default();
        let ending = self.execute(engine, &output);
        Outcome { output: output.standard_output(), ending }
    }

    fn execute(&self, engine: &dyn Engine, output: &Output) -> Result<(), Failure> {
        let start = Start {
            settings: self.settings.clone(),
            host: Box::new(CollectingHost::new(output.clone())),
            sink: None,
            interrupt: self.interrupt.clone(),
            limits: Limits { heap_bytes: Some(HEAP_LIMIT_BYTES), ..Limits::default() },
            seed: SEED,
        };
        let mut instance = engine.start(start)?;
        let ending = self.run_main(instance.as_mut());
        let refused = instance.counters()[Counter::AssemblerErrors];
        if refused > 0 {
            return Err(Failure::EngineBug(format!("the assembler refused the code of {refused} units")));
        }
        // As in `lua`, finalisers run after an error as well.
        if let Ok(()) | Err(Failure::Lua(_)) = &ending {
            instance.close()?;
        }
        ending
    }

    fn run_main(&self, instance: &mut dyn Instance) -> Result<(), Failure> {
        let main = instance.load(&format!("@{}", self.file_name), self.source)?;
        let _results: Vec<HostValue> = instance.call(main, &[])?;
        Ok(())
    }
}

impl Outcome {
    /// The transcript.
    ///
    /// # Errors
    /// The failure, if the run ended neither normally nor by an error of the Lua program.
    pub fn transcript(&self) -> Result<Vec<u8>, &Failure> {
        match &self.ending {
            Ok(()) => Ok(self.output.clone()),
            Err(Failure::Lua(error) | Failure::OutOfMemory(error)) => Ok(with_error(&self.output, error)),
            Err(failure @ (Failure::Unsupported(_) | Failure::EngineBug(_) | Failure::Stopped(_))) => Err(failure),
        }
    }

    /// Whether this is what `expected` says, or, for a case on the list of things that the engine lacks (`listed` is
    /// the reason given there), exactly the failure [`Failure::Unsupported`].
    ///
    /// # Errors
    /// What is wrong and what to do about it, in a few lines.
    pub fn judge(&self, expected: &[u8], listed: Option<&str>) -> Result<(), String> {
        match (self.transcript(), listed) {
            (Err(Failure::Unsupported(_)), Some(_)) => Ok(()),
            (Err(failure), None) => Err(format!("{failure}\nafter this output:\n{}", lossy(&self.output))),
            (Err(failure), Some(reason)) => {
                Err(format!("listed as not supported ({reason}), but failed with: {failure}"))
            }
            (Ok(transcript), None) if transcript == expected => Ok(()),
            (Ok(transcript), None) => Err(differences(expected, &transcript)),
            (Ok(transcript), Some(reason)) if transcript == expected => Err(format!(
                "listed as not supported ({reason}), but it passes: delete its line from expected_unsupported.txt"
            )),
            (Ok(transcript), Some(reason)) => Err(format!(
                "listed as not supported ({reason}), but it ran and gave a wrong result\n{}",
                differences(expected, &transcript)
            )),
        }
    }
}

/// The transcript of a program that wrote `output` and then ended with `error`.
fn with_error(output: &[u8], error: &LuaError) -> Vec<u8> {
    append_error(output.to_vec(), &error.message)
}

/// Adds the line `error: MESSAGE`, on a line of its own even if the output does not end with a newline.
pub(crate) fn append_error(mut output: Vec<u8>, message: &[u8]) -> Vec<u8> {
    if output.last().is_some_and(|last| *last != b'\n') {
        output.push(b'\n');
    }
    output.extend_from_slice(b"error: ");
    output.extend_from_slice(message);
    output.push(b'\n');
    output
}

/// A description of where `got` leaves `expected`: line numbers and both lines, for the first few that differ.
pub fn differences(expected: &[u8], got: &[u8]) -> String {
    let expected: Vec<&[u8]> = expected.split(|byte| *byte == b'\n').collect();
    let got: Vec<&[u8]> = got.split(|byte| *byte == b'\n').collect();
    let show = |line: Option<&&[u8]>| match line {
        Some(line) => format!("'{}'", lossy(line)),
        None => "the end of the output".to_string(),
    };
    let mut text = Vec::new();
    let differing: Vec<usize> =
        (0..expected.len().max(got.len())).filter(|index| expected.get(*index) != got.get(*index)).collect();
    for index in differing.iter().take(DIFFERENCES_SHOWN) {
        let (expected, got) = (show(expected.get(*index)), show(got.get(*index)));
        text.push(format!("line {} of the output\n  expected {expected}\n  got      {got}", index + 1));
    }
    if differing.len() > DIFFERENCES_SHOWN {
        text.push(format!("and {} more lines", differing.len() - DIFFERENCES_SHOWN));
    }
    text.join("\n")
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests;
