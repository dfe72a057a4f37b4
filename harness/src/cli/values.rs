//! What several commands read or set alike.

use crate::plan::knobs::whole_number;

/// The heap of an engine, the address space of a yardstick.
pub const MAX_MEMORY_BYTES: u64 = 2 << 30;

/// Reads a positive number of seconds.
///
/// # Errors
/// Words for people if it is none.
pub fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds.is_finite() => Ok(seconds),
        _ => Err("expected a positive number of seconds".to_string()),
    }
}

/// Reads a positive number of bytes, which may end with K, M or G.
///
/// # Errors
/// Words for people if it is none.
pub fn size(text: &str) -> Result<u64, String> {
    whole_number(text)
        .filter(|bytes| *bytes > 0)
        .ok_or("expected a number of bytes from 1 up, as 64K, 20M or 1G".into())
}
