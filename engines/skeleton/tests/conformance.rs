//! The conformance cases that the skeleton claims, at every setting: it passes them, and declines every other case as
//! what it does not support. `claims.txt` lists them, one a line; `BLESS=1 cargo test -p skeleton` writes it.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs, thread};

use conformance::case::cases_folder;
use conformance::{Case, Run, Setting};
use engine_api::Interrupt;
use skeleton::ENGINE;

/// The native stack of the main thread of a process, which threads of tests do not have.
const STACK_BYTES: usize = 8 << 20;

/// Why a case is not claimed.
const NOT_CLAIMED: &str = "not claimed";

/// What is wrong with a case that is claimed, or is not, at any setting; `None` if nothing is.
fn problem(case: &Case, is_claimed: bool) -> Option<String> {
    let (source, expected) = (case.source().expect("a readable case"), case.expected().expect("its expectation"));
    let listed = (!is_claimed).then_some(NOT_CLAIMED);
    Setting::of(ENGINE.info().knobs).expect("settings").into_iter().find_map(|setting| {
        let file_name = case.file_name();
        let run =
            Run { settings: setting.settings, file_name: &file_name, source: &source, interrupt: Interrupt::new() };
        let problem = run.on(ENGINE).judge(&expected, listed).err()?;
        Some(format!("{} at {}: {problem}", case.name, setting.name))
    })
}

fn check() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("claims.txt");
    let cases = Case::all(&cases_folder()).expect("the cases");
    if env::var_os("BLESS").is_some_and(|value| value == "1") {
        let passed = cases.iter().filter(|case| problem(case, true).is_none());
        let claims: String = passed.map(|case| format!("{}\n", case.name)).collect();
        fs::write(&file, claims).expect("a file that can be written");
    }
    let claims = fs::read_to_string(&file).expect("a list of claims");
    let claims: BTreeSet<&str> = claims.lines().collect();
    let problems: Vec<String> =
        cases.iter().filter_map(|case| problem(case, claims.contains(case.name.as_str()))).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let unknown = claims.iter().filter(|claim| !cases.iter().any(|case| case.name == **claim));
    assert_eq!(unknown.count(), 0, "claims.txt names cases that there are not");
    assert!(!claims.is_empty());
}

#[test]
fn what_is_claimed_passes_and_all_else_is_declined() {
    let checked = thread::Builder::new().stack_size(STACK_BYTES).spawn(check).expect("a thread").join();
    if let Err(panic) = checked {
        std::panic::resume_unwind(panic);
    }
}
