//! What the host promises: every byte kept, a bound on output, and clocks that move.

use engine_api::{Host, Stream};

use super::{CollectingHost, MAX_OUTPUT_BYTES, Output};

#[test]
fn the_two_streams_are_kept_apart() {
    let output = Output::default();
    let mut host = CollectingHost::new(output.clone());
    for (stream, bytes) in [(Stream::Out, b"a\0"), (Stream::Err, b"b\n"), (Stream::Out, b"\xffc")] {
        host.write(stream, bytes).expect("a small output");
    }
    assert_eq!(output.standard_output(), b"a\0\xffc");
    assert_eq!(output.standard_error(), b"b\n");
}

#[test]
fn endless_output_is_refused() {
    let mut host = CollectingHost::new(Output::default());
    let half = vec![b'x'; MAX_OUTPUT_BYTES / 2];
    assert!(host.write(Stream::Out, &half).is_ok());
    assert!(host.write(Stream::Out, &half).is_ok());
    assert!(host.write(Stream::Out, b"x").is_err());
    assert!(host.write(Stream::Err, b"x").is_ok());
}

#[test]
fn waiting_for_a_clock_ends() {
    let mut host = CollectingHost::new(Output::default());
    let (first, second, third) = (host.monotonic_ns(), host.cpu_ns(), host.monotonic_ns());
    assert!(first < second && second < third);
}
