//! Ctrl-C: a request to end that every long command looks at, and that wakes a parent waiting for a child.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;

use crate::error::Interrupted;

/// The exit status of an interrupted command.
pub const EXIT_STATUS: u8 = 130;

/// Whether the user asked the command to end. Cloning shares it.
#[derive(Clone, Default)]
pub struct Interruption(Arc<Shared>);

#[derive(Default)]
struct Shared {
    requested: AtomicBool,
    wake: Mutex<Option<Box<dyn Fn() + Send>>>,
}

impl Interruption {
    /// Listens for Ctrl-C and termination requests from now on. A second one ends the process at once.
    ///
    /// # Errors
    /// If the process listens already.
    pub fn listen() -> anyhow::Result<Interruption> {
        let interruption = Interruption::default();
        let handle = interruption.clone();
        ctrlc::set_handler(move || {
            if handle.0.requested.load(Ordering::Relaxed) {
                std::process::exit(EXIT_STATUS.into());
            }
            handle.request();
        })
        .context("cannot listen for Ctrl-C")?;
        Ok(interruption)
    }

    /// Asks the command to end.
    pub fn request(&self) {
        self.0.requested.store(true, Ordering::Relaxed);
        let wake = self.0.wake.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wake) = wake.as_ref() {
            wake();
        }
    }

    /// # Errors
    /// [`Interrupted`] if the user has asked.
    pub fn check(&self) -> Result<(), Interrupted> {
        if self.0.requested.load(Ordering::Relaxed) { Err(Interrupted) } else { Ok(()) }
    }

    /// Calls `wake` at the request, instead of whatever was set before. It runs on another thread.
    pub fn on_request(&self, wake: impl Fn() + Send + 'static) {
        *self.0.wake.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(wake));
    }
}
