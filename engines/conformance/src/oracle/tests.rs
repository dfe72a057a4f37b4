//! How the end of a Lua process becomes a transcript.

use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Output};

use super::transcript_of;

fn ended(raw_status: i32, stdout: &str, stderr: &str) -> Output {
    Output { status: ExitStatus::from_raw(raw_status), stdout: stdout.into(), stderr: stderr.into() }
}

/// What `wait` reports for exit status 1.
const EXIT_1: i32 = 1 << 8;

#[test]
fn a_message_loses_program_name_and_traceback() {
    let stderr = "lua: a.lua:1: bad\nstack traceback:\n\t[C]: in function 'error'\n";
    assert_eq!(transcript_of(ended(EXIT_1, "1\n", stderr)), Ok(b"1\nerror: a.lua:1: bad\n".to_vec()));
}

#[test]
fn a_message_without_traceback_loses_its_newline() {
    assert_eq!(transcript_of(ended(EXIT_1, "", "lua: bad\n")), Ok(b"error: bad\n".to_vec()));
}

#[test]
fn a_normal_end_is_the_output_alone() {
    assert_eq!(transcript_of(ended(0, "1\n", "warning\n")), Ok(b"1\n".to_vec()));
}

#[test]
fn a_signal_is_no_transcript() {
    assert!(transcript_of(ended(11, "1\n", "")).is_err());
}
