//! A host that collects output, and one-line ways to run a program.

use std::cell::RefCell;
use std::rc::Rc;

use engine_api::{Failure, Host, HostValue, Instance, Interrupt, Limits, Settings, Start, Stream};
use tree_walker::ENGINE;

/// Collects standard output. Clocks stand still.
struct CollectingHost {
    output: Rc<RefCell<Vec<u8>>>,
    /// Asked to stop the instance when it writes.
    stop: Rc<RefCell<Option<Interrupt>>>,
}

impl Host for CollectingHost {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> std::io::Result<()> {
        if stream == Stream::Out {
            self.output.borrow_mut().extend_from_slice(bytes);
            if let Some(interrupt) = &*self.stop.borrow() {
                interrupt.request(Interrupt::STOP_TIME);
            }
        }
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

/// An instance, what it has written, and the way to stop it.
pub(crate) struct Session {
    pub(crate) instance: Box<dyn Instance>,
    pub(crate) interrupt: Interrupt,
    output: Rc<RefCell<Vec<u8>>>,
    stop: Rc<RefCell<Option<Interrupt>>>,
}

impl Session {
    /// An instance with these knobs.
    pub(crate) fn with(knobs: &[(&str, &str)]) -> Session {
        let mut settings = Settings::defaults(ENGINE.info().knobs);
        for (name, value) in knobs {
            settings.set(name, value).expect("a knob of this engine");
        }
        let (output, stop) = (Rc::new(RefCell::new(Vec::new())), Rc::new(RefCell::new(None)));
        let interrupt = Interrupt::new();
        let start = Start {
            settings,
            host: Box::new(CollectingHost { output: output.clone(), stop: stop.clone() }),
            sink: None,
            interrupt: interrupt.clone(),
            limits: Limits::default(),
            seed: 1,
        };
        Session { instance: ENGINE.start(start).expect("the library fits"), interrupt, output, stop }
    }

    /// From now on the program is stopped when it writes something.
    pub(crate) fn stop_when_asked(&mut self) {
        *self.stop.borrow_mut() = Some(self.interrupt.clone());
    }

    /// Loads `test.lua` with this source and calls it.
    pub(crate) fn run(&mut self, source: &str) -> Result<Vec<HostValue>, Failure> {
        let main = self.instance.load("@test.lua", source.as_bytes())?;
        self.instance.call(main, &[])
    }

    /// What was written so far.
    pub(crate) fn output(&self) -> String {
        String::from_utf8(self.output.borrow().clone()).expect("tests write text")
    }
}

/// The results of a program as text, separated by spaces.
pub(crate) fn results(source: &str) -> String {
    let plain = Session::with(&[]).run(source).unwrap_or_else(|failure| panic!("{failure}"));
    let texts: Vec<String> = plain.iter().map(text).collect();
    texts.join(" ")
}

fn text(value: &HostValue) -> String {
    match value {
        HostValue::Nil => "nil".to_string(),
        HostValue::Boolean(value) => value.to_string(),
        HostValue::Integer(value) => value.to_string(),
        HostValue::Float(value) => format!("{value:?}"),
        HostValue::String(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        HostValue::Function(_) => "function".to_string(),
        HostValue::Opaque(name) => (*name).to_string(),
    }
}
