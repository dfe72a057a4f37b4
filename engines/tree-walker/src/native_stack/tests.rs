//! Segments by themselves: recursion that needs many of them, and the way back.

use super::{SEGMENT_BYTES, Segments};

/// Recurses `levels` deep with a frame of about a kilobyte.
fn sum(segments: &Segments, levels: u64) -> u64 {
    if segments.is_low() {
        return segments.on_new_segment(|| sum(segments, levels)).expect("there is memory for a segment");
    }
    let frame = std::hint::black_box([levels; 128]);
    if levels == 0 { 0 } else { frame[7] + sum(segments, levels - 1) }
}

#[test]
fn recursion_goes_on_from_segment_to_segment() {
    let levels = 20 * SEGMENT_BYTES as u64 / 1024;
    let segments = Segments::default();
    for _ in 0..3 {
        assert_eq!(sum(&segments, levels), levels * (levels + 1) / 2);
    }
}

#[test]
fn the_host_stack_counts_as_used_up() {
    let segments = Segments::default();
    assert!(segments.is_low());
    assert_eq!(segments.on_new_segment(|| segments.is_low()), Ok(false));
    assert_eq!(segments.on_compiler_stack(|| segments.is_low()), Ok(false));
    assert!(segments.is_low());
}
