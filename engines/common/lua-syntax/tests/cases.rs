//! Every `cases/**/*.lua` beside what it parses to: the printed tree or the error, in the file of the same name with
//! the ending `.ast`. `BLESS=1` rewrites those files. Each case is a test of its own.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut trials = Vec::new();
    for path in case_files(&folder)? {
        let name = path.strip_prefix(&folder)?.with_extension("");
        trials.push(Trial::test(name.to_string_lossy(), move || check(&path)));
    }
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

fn case_files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(case_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "lua") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn check(path: &Path) -> Result<(), Failed> {
    let file = fs::read(path)?;
    let name = path.file_name().ok_or("a case has a name")?.to_string_lossy();
    let actual = match lua_syntax::parse(&format!("@{name}"), lua_syntax::skip_file_prefix(&file)) {
        Ok(chunk) => lua_syntax::print::print(&chunk),
        Err(error) => format!("{error}\n"),
    };
    let expected_path = path.with_extension("ast");
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        fs::write(&expected_path, &actual)?;
        return Ok(());
    }
    let expected = fs::read_to_string(&expected_path)
        .map_err(|error| format!("{}: {error}; BLESS=1 writes it", expected_path.display()))?;
    if actual == expected {
        Ok(())
    } else {
        Err(format!("expected:\n{expected}\ngot:\n{actual}\nBLESS=1 accepts it").into())
    }
}
