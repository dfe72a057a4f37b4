//! Builds the yardsticks, as `yardsticks/yardsticks.json` lists them: executables around `yardsticks/host.c`, each from
//! the sources of a crate, and the yardsticks that they give.
//!
//! Of the crates `lua-src` and `luajit-src` only the C files are used: their own build code follows the cargo profile
//! (assertions in debug builds) and turns Lua 5.3 compatibility on, and a yardstick must be the same stock build whatever
//! the profile. Nothing here may fail the build of the harness: what cannot be built, and what is wrong in the list, is
//! reported as missing, with the reason, and `cargo` prints a warning.
//!
//! Writes `yardsticks.rs`, which `src/plan/yardsticks.rs` includes: what is listed, what was built, what is missing and
//! why. Exports, for `env!` in the library, how the harness itself is compiled: `JITLAB_RUSTC_VERSION`,
//! `JITLAB_CARGO_PROFILE`, `JITLAB_TARGET`, `JITLAB_RUSTFLAGS`.
//! Sets `cfg(yardsticks)` if all of them are there: a test that needs them is `ignored` without, and cargo counts it.
//! Build scripts of dependents learn of it by `DEP_JITLAB_YARDSTICKS_BUILT`.
//! Read `src/plan/yardsticks.rs` next.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use serde_json::Value;

use crate::list::{ExecutableEntry, List, Recipe, YardstickEntry};

/// A part of the library, where its tests are.
#[path = "src/plan/yardsticks/list.rs"]
mod list;

/// A failed step, in one line for people: what failed and why.
type Reason = String;

/// Exports symbols for C libraries that scripts load, as both stand-alone interpreters do.
const LINK_FLAGS: &[&str] = &["-Wl,-E", "-lm", "-ldl"];

const HOST_SOURCE: &str = "yardsticks/host.c";

/// What there is to build.
const LIST: &str = "yardsticks/yardsticks.json";

/// What reads it.
const READER: &str = "src/plan/yardsticks/list.rs";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={HOST_SOURCE}");
    println!("cargo:rerun-if-changed={LIST}");
    println!("cargo:rerun-if-changed={READER}");
    println!("cargo:rerun-if-env-changed=CC");
    println!("cargo:rustc-check-cfg=cfg(yardsticks)");
    export_own_build();

    let (list, mut problems) = read_list();
    let built = match Setup::find() {
        Ok(setup) => build_all(&setup, &list, &mut problems),
        Err(reason) => {
            problems.push(reason);
            Vec::new()
        }
    };
    let missing = (!problems.is_empty()).then(|| problems.join("; "));
    let out = PathBuf::from(variable("OUT_DIR").unwrap_or_default()).join("yardsticks.rs");
    fs::write(&out, generated(&list, &built, missing.as_deref()))
        .unwrap_or_else(|error| panic!("cannot write {}: {error}", out.display()));
    let Some(missing) = missing else {
        println!("cargo:rustc-cfg=yardsticks");
        println!("cargo:built=yes");
        return;
    };
    println!("cargo:warning=yardsticks are missing: {missing}");
    // A file that never exists makes cargo try again at every build, until the cause is gone.
    println!("cargo:rerun-if-changed=yardsticks/.missing");
}

/// The list's entries that can be used, and what is wrong with the others.
fn read_list() -> (List, Vec<Reason>) {
    let (list, problems) = match fs::read_to_string(LIST) {
        Ok(text) => List::read(&text),
        Err(error) => (List::default(), vec![format!("it cannot be read: {error}")]),
    };
    (list, problems.into_iter().map(|problem| format!("{LIST}: {problem}")).collect())
}

/// Builds every executable of the list at the same time; returns those that answer, and adds why others do not.
fn build_all(setup: &Setup, list: &List, problems: &mut Vec<Reason>) -> Vec<Executable> {
    let outcomes: Vec<Result<Executable, Reason>> = thread::scope(|scope| {
        let builds: Vec<_> =
            list.executables.iter().map(|entry| (entry, scope.spawn(|| build(setup, entry)))).collect();
        let ended = builds.into_iter().map(|(entry, thread)| {
            let outcome = thread.join().unwrap_or_else(|_| Err("the build thread panicked".to_string()));
            outcome.map_err(|reason| format!("{}: {reason}", entry.title))
        });
        ended.collect()
    });
    let (built, failed): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    problems.extend(failed.into_iter().filter_map(Result::err));
    built.into_iter().filter_map(Result::ok).collect()
}

/// Builds one executable by its recipe.
fn build(setup: &Setup, entry: &ExecutableEntry) -> Result<Executable, Reason> {
    match entry.recipe {
        Recipe::CFiles => build_c_files(setup, entry),
        Recipe::LuajitMakefile => build_luajit(setup, entry),
    }
}

/// The tables that the library includes.
fn generated(list: &List, built: &[Executable], missing: Option<&str>) -> String {
    let (mut declared, mut there) = (String::new(), String::new());
    for YardstickEntry { name, executable, arguments, lua, colour } in &list.yardsticks {
        writeln!(declared, "    ({name:?}, {colour:?}),").expect("writing to a string does not fail");
        let Some(Executable { name: _, path, version, compiler, flags }) =
            built.iter().find(|built| built.name == *executable)
        else {
            continue;
        };
        let path = path.display().to_string();
        let lua = format!("LuaVersion::V{}", lua.replace('.', ""));
        writeln!(
            there,
            "    Yardstick {{ name: {name:?}, version: {version:?}, path: {path:?}, arguments: &{arguments:?}, lua: \
             {lua}, compiler: {compiler:?}, flags: {flags:?} }},"
        )
        .expect("writing to a string does not fail");
    }
    format!(
        "const DECLARED: &[(&str, (u8, u8, u8))] = &[\n{declared}];\n\
         const BUILT: &[Yardstick] = &[\n{there}];\n\
         const MISSING: Option<&str> = {missing:?};\n"
    )
}

/// An executable that was built and answers.
struct Executable {
    /// Its name in the list.
    name: String,
    path: PathBuf,
    /// What it says to `-v`, as `Lua 5.4.9`.
    version: String,
    /// The compiler that built it.
    compiler: String,
    /// How, for `environment.json`.
    flags: String,
}

/// What all builds need.
struct Setup {
    compiler: Compiler,
    crates: SourceCrates,
    out_dir: PathBuf,
}

impl Setup {
    /// Probes for what is needed; the first thing that lacks is the error.
    fn find() -> Result<Setup, Reason> {
        let (target, host) = (variable("TARGET")?, variable("HOST")?);
        if target != host {
            return Err(format!("cross compilation from {host} to {target}"));
        }
        if variable("CARGO_CFG_TARGET_OS")? != "linux" {
            return Err("they are built on Linux only".to_string());
        }
        let compiler = Compiler::find()?;
        let crates = SourceCrates::find(&target)?;
        Ok(Setup { compiler, crates, out_dir: PathBuf::from(variable("OUT_DIR")?) })
    }
}

/// The C compiler: `CC` if set (it may have arguments), else `cc`.
struct Compiler {
    words: Vec<String>,
    /// The first line of its `--version`.
    description: String,
}

impl Compiler {
    fn find() -> Result<Compiler, Reason> {
        let text = std::env::var("CC").unwrap_or_default();
        let mut words: Vec<String> = text.split_whitespace().map(str::to_string).collect();
        if words.is_empty() {
            words.push("cc".to_string());
        }
        let mut compiler = Compiler { words, description: String::new() };
        let output = run(compiler.command().arg("--version"))
            .map_err(|reason| format!("no C compiler ({reason}); install one or set CC"))?;
        compiler.description = output.lines().next().unwrap_or_default().to_string();
        Ok(compiler)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]);
        command
    }
}

/// Where cargo keeps the crates whose C sources are built.
struct SourceCrates(Value);

impl SourceCrates {
    /// Asks cargo, which knows it for registries, vendored sources and local replacements alike.
    fn find(target: &str) -> Result<SourceCrates, Reason> {
        let mut cargo = Command::new(variable("CARGO")?);
        cargo.args(["metadata", "--format-version", "1", "--filter-platform", target]);
        cargo.current_dir(variable("CARGO_MANIFEST_DIR")?);
        let metadata: Value =
            serde_json::from_str(&run(&mut cargo)?).map_err(|error| format!("cargo metadata: {error}"))?;
        Ok(SourceCrates(metadata))
    }

    /// The folder of a crate.
    fn folder(&self, name: &str) -> Result<PathBuf, Reason> {
        let packages = self.0["packages"].as_array().into_iter().flatten();
        let manifest = packages
            .filter(|package| package["name"] == name)
            .find_map(|package| Path::new(package["manifest_path"].as_str()?).parent());
        manifest.map(Path::to_path_buf).ok_or_else(|| format!("cargo metadata does not name the crate {name}"))
    }
}

/// One call of the compiler for all C files of a folder and the host. For PUC Lua the flags are what its makefile does
/// for Linux, without readline and without 5.3 compatibility; assertions and API checks are off unless asked for.
fn build_c_files(setup: &Setup, entry: &ExecutableEntry) -> Result<Executable, Reason> {
    let path = setup.out_dir.join(&entry.name);
    let folder = folder_that_starts_with(&setup.crates.folder(&entry.source_crate)?, &entry.folder)?;
    let mut sources = Vec::new();
    for file in read_folder(&folder)? {
        let source = file.path();
        let is_c = source.extension().is_some_and(|extension| extension == "c");
        // The sources may hold the mains of the stand-alone interpreter and compiler; the host is the main here.
        let is_main = source.file_stem().is_some_and(|stem| stem == "lua" || stem == "luac");
        if is_c && !is_main {
            sources.push(source);
        }
    }
    sources.sort();
    let mut command = setup.compiler.command();
    command.args(&entry.flags).arg("-I").arg(&folder).arg("-o").arg(&path);
    run(command.arg(HOST_SOURCE).args(&sources).args(LINK_FLAGS))?;
    Executable::probe(setup, entry, path)
}

/// LuaJIT's makefile builds the library in a copy of its sources, by its own flags; then the host is linked to it.
fn build_luajit(setup: &Setup, entry: &ExecutableEntry) -> Result<Executable, Reason> {
    let path = setup.out_dir.join(&entry.name);
    let luajit_crate = setup.crates.folder(&entry.source_crate)?;
    let build_dir = setup.out_dir.join("luajit-build");
    if build_dir.exists() {
        remove_folder(&build_dir)?;
    }
    copy_folder(&luajit_crate.join(&entry.folder), &build_dir)?;
    // The release number, which the makefile takes from here if there is no git history.
    copy_file(&luajit_crate.join("luajit_relver.txt"), &build_dir.join(".relver"))?;

    let library_dir = build_dir.join("src");
    let mut make = Command::new("make");
    // Cargo's and the user's variables (CFLAGS, MAKEFLAGS, XCFLAGS) must not leak into a stock build.
    make.env_clear().envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "TMPDIR"));
    make.arg("-s").arg("-C").arg(&library_dir).arg(format!("CC={}", setup.compiler.words.join(" ")));
    make.args(["BUILDMODE=static", "libluajit.a"]);
    run(make.arg(format!("-j{}", variable("NUM_JOBS")?)))?;

    let mut command = setup.compiler.command();
    command.args(&entry.flags).arg("-I").arg(&library_dir).arg("-o").arg(&path);
    run(command.arg(HOST_SOURCE).arg(library_dir.join("libluajit.a")).args(LINK_FLAGS))?;
    remove_folder(&build_dir)?;
    Executable::probe(setup, entry, path)
}

impl Executable {
    fn probe(setup: &Setup, entry: &ExecutableEntry, path: PathBuf) -> Result<Executable, Reason> {
        let version = run(Command::new(&path).arg("-v"))?.trim().to_string();
        let flags = entry.reported_flags.clone();
        let compiler = setup.compiler.description.clone();
        Ok(Executable { name: entry.name.clone(), path, version, compiler, flags })
    }
}

/// Tells the library how it is being compiled; the harness writes it into `environment.json`.
fn export_own_build() {
    let known = |name: &str| std::env::var(name).unwrap_or_default();
    let rustc = known("RUSTC");
    match run(Command::new(&rustc).arg("--version")) {
        Ok(version) => export("RUSTC_VERSION", version.trim()),
        Err(reason) => println!("cargo:warning=the version of rustc is unknown: {reason}"),
    }
    // Cargo's own variable knows no profile that inherits from another; the folder that is built into has its name.
    let out_dir = PathBuf::from(known("OUT_DIR"));
    let profile = out_dir.ancestors().nth(3).and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    export("CARGO_PROFILE", &format!("{profile} opt-level={} debug={}", known("OPT_LEVEL"), known("DEBUG")));
    export("TARGET", &known("TARGET"));
    // Cargo separates the flags by the ASCII unit separator.
    export("RUSTFLAGS", &known("CARGO_ENCODED_RUSTFLAGS").replace('\u{1f}', " "));
}

fn export(name: &str, value: &str) {
    println!("cargo:rustc-env=JITLAB_{name}={}", value.replace(['\n', '\r'], " "));
}

fn variable(name: &str) -> Result<String, Reason> {
    std::env::var(name).map_err(|_| format!("the environment variable {name} is not set"))
}

/// Runs a command to its end; returns its standard output.
fn run(command: &mut Command) -> Result<String, Reason> {
    let program = Path::new(command.get_program()).display().to_string();
    let output = command.output().map_err(|error| format!("cannot run {program}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    // What compilers and `make` begin a complaint with; names of files and functions have the word "error" too.
    let complaint = ["error:", "***"].iter().find_map(|mark| text.lines().find(|line| line.contains(mark)));
    let line = complaint.or(text.lines().last()).unwrap_or("no message").trim();
    Err(format!("{program} failed ({}): {line}", output.status))
}

fn folder_that_starts_with(parent: &Path, prefix: &str) -> Result<PathBuf, Reason> {
    read_folder(parent)?
        .into_iter()
        .find(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path())
        .ok_or_else(|| format!("no folder {prefix}* in {}", parent.display()))
}

fn read_folder(folder: &Path) -> Result<Vec<fs::DirEntry>, Reason> {
    fs::read_dir(folder)
        .and_then(Iterator::collect)
        .map_err(|error| format!("cannot read the folder {}: {error}", folder.display()))
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Reason> {
    fs::create_dir_all(to).map_err(|error| format!("cannot make the folder {}: {error}", to.display()))?;
    for entry in read_folder(from)? {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            copy_file(&entry.path(), &target)?;
        }
    }
    Ok(())
}

/// Copies contents only: the permissions of a registry's file may forbid writing.
fn copy_file(from: &Path, to: &Path) -> Result<(), Reason> {
    fs::read(from)
        .and_then(|bytes| fs::write(to, bytes))
        .map_err(|error| format!("cannot copy {} to {}: {error}", from.display(), to.display()))
}

fn remove_folder(folder: &Path) -> Result<(), Reason> {
    fs::remove_dir_all(folder).map_err(|error| format!("cannot remove {}: {error}", folder.display()))
}
