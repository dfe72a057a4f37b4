//! Every program in `tests/programs` writes what PUC Lua writes, at every setting.
//!
//! A program is `NAME.lua`; what PUC Lua 5.4 wrote for it is `NAME.out`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::Session;

/// The settings at which every program must write the same.
const SETTINGS: &[&[(&str, &str)]] =
    &[&[], &[("gc-every", "1")], &[("inline-caches", "off")], &[("gc-every", "1"), ("inline-caches", "off")]];

macro_rules! programs {
    ($($name:ident)*) => {
        /// The names of all programs.
        const NAMES: &[&str] = &[$(stringify!($name),)*];

        $(
            #[test]
            fn $name() {
                check(stringify!($name));
            }
        )*
    };
}

programs! {
    caches
    calls
    closing
    closures
    control
    dead_slots
    debugging
    errors
    garbage
    lines
    metamethods
    operators
    tables
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs")
}

fn check(name: &str) {
    let source = std::fs::read(folder().join(format!("{name}.lua"))).expect("the program is there");
    let expected = std::fs::read_to_string(folder().join(format!("{name}.out"))).expect("its output is there");
    for knobs in SETTINGS {
        let mut session = Session::with(knobs);
        let main = session.instance.load(&format!("@{name}.lua"), &source).expect("it compiles");
        session.instance.call(main, &[]).unwrap_or_else(|failure| panic!("{knobs:?}: {failure}"));
        let output = session.output();
        for (number, (got, wanted)) in output.lines().zip(expected.lines()).enumerate() {
            assert_eq!(got, wanted, "line {} of the output of {name} with {knobs:?}", number + 1);
        }
        assert_eq!(output.len(), expected.len(), "the output of {name} with {knobs:?}");
    }
}

#[test]
fn every_program_is_run() {
    let files = std::fs::read_dir(folder()).expect("the folder is there");
    let paths = files.map(|file| file.expect("it can be listed").path());
    let programs = paths.filter(|path| path.extension().is_some_and(|extension| extension == "lua"));
    let stems: BTreeSet<String> =
        programs.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())).collect();
    assert_eq!(stems, NAMES.iter().map(|name| (*name).to_string()).collect());
}
