//! Builds the yardsticks: PUC Lua 5.4 and LuaJIT 2.1, each as an executable around `yardsticks/host.c`.
//!
//! The sources come from the crates `lua-src` and `luajit-src`, of which only the C files are used: their own build
//! code follows the cargo profile (assertions in debug builds) and turns Lua 5.3 compatibility on, and a yardstick
//! must be the same stock build whatever the profile. Nothing here may fail the build of the harness: what cannot be
//! built is reported as missing, with the reason, and `cargo` prints a warning.
//!
//! Exports, for `env!` in the library: `JITLAB_LUA_PATH`, `_VERSION`, `_COMPILER`, `_FLAGS`, the same for
//! `JITLAB_LUAJIT`, `JITLAB_YARDSTICKS_MISSING` (each only if it applies); and how the harness itself is compiled:
//! `JITLAB_RUSTC_VERSION`, `JITLAB_CARGO_PROFILE`, `JITLAB_TARGET`, `JITLAB_RUSTFLAGS`.
//! Sets `cfg(yardsticks)` if all of them are there: a test that needs them is `ignored` without, and cargo counts it.
//! Build scripts of dependents learn of it by `DEP_JITLAB_YARDSTICKS_BUILT`.
//! Read `src/yardsticks.rs` next.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

/// A failed step, in one line for people: what failed and why.
type Reason = String;

/// How PUC Lua is compiled: what its makefile does for Linux, without readline and without 5.3 compatibility.
/// Assertions and API checks are off unless asked for.
const LUA_FLAGS: &[&str] = &["-std=gnu99", "-O2", "-DLUA_USE_LINUX"];

/// How the host program is compiled for LuaJIT. LuaJIT itself is compiled by its makefile's defaults.
const LUAJIT_HOST_FLAGS: &[&str] = &["-std=gnu99", "-O2", "-DJITLAB_LUAJIT"];

/// What [`build_luajit`] reports as LuaJIT's flags.
const LUAJIT_FLAGS: &str = "makefile defaults (-O2 -fomit-frame-pointer), BUILDMODE=static";

/// Exports symbols for C libraries that scripts load, as both stand-alone interpreters do.
const LINK_FLAGS: &[&str] = &["-Wl,-E", "-lm", "-ldl"];

const HOST_SOURCE: &str = "yardsticks/host.c";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={HOST_SOURCE}");
    println!("cargo:rerun-if-env-changed=CC");
    println!("cargo:rustc-check-cfg=cfg(yardsticks)");
    export_own_build();

    let problems = match Setup::find() {
        Ok(setup) => build_all(&setup),
        Err(reason) => vec![reason],
    };
    if problems.is_empty() {
        println!("cargo:rustc-cfg=yardsticks");
        println!("cargo:built=yes");
        return;
    }
    let missing = problems.join("; ");
    println!("cargo:warning=yardsticks are missing: {missing}");
    export("YARDSTICKS_MISSING", &missing);
    // A file that never exists makes cargo try again at every build, until the cause is gone.
    println!("cargo:rerun-if-changed=yardsticks/.missing");
}

/// Builds both; returns the reasons of those that failed.
fn build_all(setup: &Setup) -> Vec<Reason> {
    let (lua, luajit) = thread::scope(|scope| {
        let luajit = scope.spawn(|| build_luajit(setup));
        let lua = build_lua(setup);
        (lua, luajit.join().unwrap_or_else(|_| Err("the build thread panicked".to_string())))
    });
    let mut problems = Vec::new();
    for (name, prefix, flags, outcome) in
        [("PUC Lua 5.4", "LUA", LUA_FLAGS.join(" "), lua), ("LuaJIT", "LUAJIT", LUAJIT_FLAGS.to_string(), luajit)]
    {
        match outcome {
            Ok(executable) => {
                export(&format!("{prefix}_PATH"), &executable.path.display().to_string());
                export(&format!("{prefix}_VERSION"), &executable.version);
                export(&format!("{prefix}_COMPILER"), &setup.compiler.description);
                export(&format!("{prefix}_FLAGS"), &flags);
            }
            Err(reason) => problems.push(format!("{name}: {reason}")),
        }
    }
    problems
}

/// A yardstick that was built and answers.
struct Executable {
    path: PathBuf,
    /// What it says to `-v`, as `Lua 5.4.9`.
    version: String,
}

/// What both builds need.
struct Setup {
    compiler: Compiler,
    lua_source: PathBuf,
    luajit_crate: PathBuf,
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
        Ok(Setup {
            compiler,
            lua_source: folder_that_starts_with(&crates.lua_src, "lua-5.4")?,
            luajit_crate: crates.luajit_src,
            out_dir: PathBuf::from(variable("OUT_DIR")?),
        })
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

/// Where cargo keeps the two crates whose C sources are built.
struct SourceCrates {
    lua_src: PathBuf,
    luajit_src: PathBuf,
}

impl SourceCrates {
    /// Asks cargo, which knows it for registries, vendored sources and local replacements alike.
    fn find(target: &str) -> Result<SourceCrates, Reason> {
        let mut cargo = Command::new(variable("CARGO")?);
        cargo.args(["metadata", "--format-version", "1", "--filter-platform", target]);
        cargo.current_dir(variable("CARGO_MANIFEST_DIR")?);
        let metadata: serde_json::Value =
            serde_json::from_str(&run(&mut cargo)?).map_err(|error| format!("cargo metadata: {error}"))?;
        let folder = |name: &str| {
            let packages = metadata["packages"].as_array().into_iter().flatten();
            let manifest = packages
                .filter(|package| package["name"] == name)
                .find_map(|package| Path::new(package["manifest_path"].as_str()?).parent());
            manifest.map(Path::to_path_buf).ok_or_else(|| format!("cargo metadata does not name the crate {name}"))
        };
        Ok(SourceCrates { lua_src: folder("lua-src")?, luajit_src: folder("luajit-src")? })
    }
}

/// One call of the compiler for all of PUC Lua and the host.
fn build_lua(setup: &Setup) -> Result<Executable, Reason> {
    let path = setup.out_dir.join("lua5.4");
    let mut sources = Vec::new();
    for entry in read_folder(&setup.lua_source)? {
        let source = entry.path();
        let is_c = source.extension().is_some_and(|extension| extension == "c");
        // The sources may hold the mains of the stand-alone interpreter and compiler; the host is the main here.
        let is_main = source.file_stem().is_some_and(|stem| stem == "lua" || stem == "luac");
        if is_c && !is_main {
            sources.push(source);
        }
    }
    sources.sort();
    let mut command = setup.compiler.command();
    command.args(LUA_FLAGS).arg("-I").arg(&setup.lua_source).arg("-o").arg(&path);
    run(command.arg(HOST_SOURCE).args(&sources).args(LINK_FLAGS))?;
    Executable::probe(path)
}

/// LuaJIT's makefile builds the library in a copy of its sources; then the host is linked to it.
fn build_luajit(setup: &Setup) -> Result<Executable, Reason> {
    let path = setup.out_dir.join("luajit");
    let build_dir = setup.out_dir.join("luajit-build");
    if build_dir.exists() {
        remove_folder(&build_dir)?;
    }
    copy_folder(&setup.luajit_crate.join("luajit2"), &build_dir)?;
    // The release number, which the makefile takes from here if there is no git history.
    copy_file(&setup.luajit_crate.join("luajit_relver.txt"), &build_dir.join(".relver"))?;

    let library_dir = build_dir.join("src");
    let mut make = Command::new("make");
    // Cargo's and the user's variables (CFLAGS, MAKEFLAGS, XCFLAGS) must not leak into a stock build.
    make.env_clear().envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "TMPDIR"));
    make.arg("-s").arg("-C").arg(&library_dir).arg(format!("CC={}", setup.compiler.words.join(" ")));
    make.args(["BUILDMODE=static", "libluajit.a"]);
    run(make.arg(format!("-j{}", variable("NUM_JOBS")?)))?;

    let mut command = setup.compiler.command();
    command.args(LUAJIT_HOST_FLAGS).arg("-I").arg(&library_dir).arg("-o").arg(&path);
    run(command.arg(HOST_SOURCE).arg(library_dir.join("libluajit.a")).args(LINK_FLAGS))?;
    remove_folder(&build_dir)?;
    Executable::probe(path)
}

impl Executable {
    fn probe(path: PathBuf) -> Result<Executable, Reason> {
        let version = run(Command::new(&path).arg("-v"))?.trim().to_string();
        Ok(Executable { path, version })
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
    let first_error = text.lines().find(|line| line.contains("error") || line.contains("***"));
    let line = first_error.or(text.lines().last()).unwrap_or("no message").trim();
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
