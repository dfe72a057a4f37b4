//! The thread that asks a running program to stop when its time is over.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use engine_api::Interrupt;

/// Sets a flag at a deadline.
pub(super) struct Timer(Arc<Shared>);

#[derive(Default)]
struct Shared {
    armed: Mutex<Option<(Instant, Interrupt)>>,
    changed: Condvar,
}

impl Timer {
    /// Starts the thread.
    ///
    /// # Errors
    /// If there is no thread to be had.
    pub(super) fn start() -> io::Result<Timer> {
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        thread::Builder::new().name("timer".to_string()).stack_size(64 << 10).spawn(move || own.watch())?;
        Ok(Timer(shared))
    }

    /// At the deadline the program is asked to stop. What an earlier task has been asked is forgotten.
    pub(super) fn arm(&self, deadline: Instant, interrupt: &Interrupt) {
        interrupt.clear(Interrupt::STOP_TIME);
        self.set(Some((deadline, interrupt.clone())));
    }

    /// Nobody is asked any more.
    pub(super) fn disarm(&self) {
        self.set(None);
    }

    fn set(&self, armed: Option<(Instant, Interrupt)>) {
        *self.0.armed.lock().unwrap_or_else(PoisonError::into_inner) = armed;
        self.0.changed.notify_one();
    }
}

impl Shared {
    fn watch(&self) {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let left = armed.as_ref().map(|(deadline, _)| deadline.saturating_duration_since(Instant::now()));
            armed = match left {
                None => self.changed.wait(armed).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => {
                    if let Some((_, interrupt)) = armed.take() {
                        interrupt.request(Interrupt::STOP_TIME);
                    }
                    armed
                }
                Some(left) => self.changed.wait_timeout(armed, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
    }
}
