//! The stream of events: what happens is sent to everybody who listens, as server-sent events.
//!
//! Who does not read loses events, and is told how many; nobody else waits for them.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::Frame;
use serde::Serialize;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::settings::MOST_LISTENERS;

/// Events that may wait for one listener.
const MOST_WAITING: usize = 1024;

/// Who listens.
#[derive(Clone, Default)]
pub struct Publisher(Arc<Mutex<Vec<Listener>>>);

struct Listener {
    sender: Sender<Bytes>,
    lost: u64,
}

impl Publisher {
    /// How many listen.
    pub fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// One listener more; `None` if there are as many as there may be.
    pub fn listen(&self) -> Option<Body> {
        let mut listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if listeners.len() == MOST_LISTENERS {
            return None;
        }
        let (sender, receiver) = channel(MOST_WAITING);
        listeners.push(Listener { sender, lost: 0 });
        Some(Body::new(EventBody(receiver)))
    }

    /// Sends an event of this name.
    pub fn publish(&self, name: &str, data: &impl Serialize) {
        if self.count() > 0 {
            let data = serde_json::to_string(data).expect("an event is plain data");
            self.send(&format!("event: {name}\ndata: {data}\n\n"));
        }
    }

    /// Sends what listeners overlook, so that those who have gone are noticed.
    pub fn keep_alive(&self) {
        self.send(": \n\n");
    }

    fn send(&self, text: &str) {
        let bytes = Bytes::from(text.to_string());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain_mut(|listener| {
            if listener.lost > 0 {
                let told = format!("event: lost\ndata: {{\"count\":{}}}\n\n", listener.lost);
                if listener.sender.try_send(Bytes::from(told)).is_ok() {
                    listener.lost = 0;
                }
            }
            match listener.sender.try_send(bytes.clone()) {
                Ok(()) => true,
                Err(TrySendError::Full(_)) => {
                    listener.lost += 1;
                    true
                }
                Err(TrySendError::Closed(_)) => false,
            }
        });
    }
}

/// The body of an answer that goes on for as long as anybody reads.
struct EventBody(Receiver<Bytes>);

impl HttpBody for EventBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}
