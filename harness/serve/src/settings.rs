//! What the server was started with.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::protocol::TaskLimits;

/// The longest piece of code, in bytes.
pub const MOST_CODE_BYTES: usize = 64 << 10;

/// The longest request, in bytes: a piece of code in which every byte is escaped by six characters, and its arguments.
pub const MOST_BODY_BYTES: usize = 512 << 10;

/// The longest name of a session.
pub const MOST_SESSION_NAME_BYTES: usize = 64;

/// The most engines of one request.
pub const MOST_ENGINES: usize = 16;

/// The most arguments of a program.
pub const MOST_ARGUMENTS: usize = 64;

/// The most connections at once.
pub const MOST_CONNECTIONS: usize = 256;

/// The most connections that listen to events.
pub const MOST_LISTENERS: usize = 32;

/// How long a client may take for the head of a request, and then for its body.
pub const READ_LIMIT: Duration = Duration::from_secs(5);

/// How long a client may take nothing of an answer.
pub const WRITE_LIMIT: Duration = Duration::from_secs(10);

/// What the server was started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens.
    pub address: SocketAddr,
    /// Origins besides its own whose pages may ask it.
    pub allowed_origins: Vec<String>,
    /// What every request must bring, if there is one.
    pub token: Option<String>,
    /// Slots for workers.
    pub workers: usize,
    /// Executions that may wait.
    pub queue_length: usize,
    /// How long each may wait.
    pub queue_limit: Duration,
    /// What an execution may use.
    pub limits: TaskLimits,
    /// Executions of an expression until it is compiled.
    pub threshold: u64,
    /// Sessions at once.
    pub most_sessions: usize,
    /// Results folders to show.
    pub folders: Vec<PathBuf>,
}
