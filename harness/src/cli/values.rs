//! What several commands read or set alike.

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
