//! What counts as a pass. The engines here are scripted: the judgement is under test, not an engine.

use engine_api::{Failure, LuaError, StopReason, Unsupported};

use super::{Outcome, append_error, differences};

fn ended(output: &str, ending: Result<(), Failure>) -> Outcome {
    Outcome { output: output.as_bytes().to_vec(), ending }
}

fn unsupported() -> Failure {
    Failure::Unsupported(Unsupported { construct: "coroutines".to_string(), position: None })
}

#[test]
fn the_expected_output_passes() {
    assert_eq!(ended("1\n", Ok(())).judge(b"1\n", None), Ok(()));
}

#[test]
fn an_error_of_the_program_is_the_last_line_of_the_transcript() {
    let error = LuaError::raised(b"a.lua:1: bad".to_vec(), "not compared".to_string());
    let outcome = ended("1\n", Err(Failure::Lua(error)));
    assert_eq!(outcome.judge(b"1\nerror: a.lua:1: bad\n", None), Ok(()));
    assert!(outcome.judge(b"1\n", None).is_err());
}

#[test]
fn the_error_line_starts_a_line() {
    assert_eq!(append_error(b"abc".to_vec(), b"bad"), b"abc\nerror: bad\n");
    assert_eq!(append_error(Vec::new(), b"bad"), b"error: bad\n");
}

#[test]
fn unsupported_passes_only_if_listed() {
    assert_eq!(ended("1\n", Err(unsupported())).judge(b"1\n", Some("no coroutines yet")), Ok(()));
    let message = ended("1\n", Err(unsupported())).judge(b"1\n", None).expect_err("not on the list");
    assert!(message.contains("not supported yet: coroutines"), "{message}");
}

#[test]
fn a_listed_case_that_passes_asks_for_its_line_to_be_deleted() {
    let message = ended("1\n", Ok(())).judge(b"1\n", Some("no coroutines yet")).expect_err("it passes now");
    assert!(message.contains("delete its line"), "{message}");
}

#[test]
fn a_listed_case_may_not_fail_in_another_way() {
    for ending in [Ok(()), Err(Failure::EngineBug("lost a frame".to_string())), Err(Failure::Stopped(StopReason::Time))]
    {
        assert!(ended("2\n", ending).judge(b"1\n", Some("no coroutines yet")).is_err());
    }
}

#[test]
fn an_engine_bug_never_passes_even_with_the_right_output() {
    let message = ended("1\n", Err(Failure::EngineBug("lost a frame".to_string()))).judge(b"1\n", None);
    assert!(message.is_err_and(|message| message.contains("lost a frame")));
}

#[test]
fn a_difference_names_the_line() {
    assert_eq!(differences(b"1\n2\n", b"1\n3\n"), "line 2 of the output\n  expected '2'\n  got      '3'",);
    assert_eq!(differences(b"1", b"1\n3"), "line 2 of the output\n  expected the end of the output\n  got      '3'",);
}

#[test]
fn a_long_difference_is_cut() {
    let (expected, got) = ("same\n".repeat(3) + &"a\n".repeat(20), "same\n".repeat(3) + &"b\n".repeat(20));
    let text = differences(expected.as_bytes(), got.as_bytes());
    assert!(text.starts_with("line 4 of the output"), "{text}");
    assert!(text.ends_with("and 12 more lines"), "{text}");
}
