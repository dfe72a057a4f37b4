//! Where a run happened: processor, kernel, compiler, revision, yardsticks. Written to `environment.json`.
//!
//! What this machine does not tell is `null`. Of the environment variables only an allow-list is recorded, and only
//! that reaches a child: results folders are published, and variables hold secrets.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::machine::paths;
use crate::machine::{self, read};
use crate::plan::SCHEMA_VERSION;
use crate::plan::{workload, yardsticks};

/// The variables that a child sees and that are recorded: those that change what programs print or how they allocate.
const ALLOWED_VARIABLES: [&str; 8] =
    ["GLIBC_TUNABLES", "LANG", "LC_ALL", "LC_CTYPE", "LC_NUMERIC", "MALLOC_ARENA_MAX", "RUST_BACKTRACE", "TZ"];

/// Where a run happened. Field names are those of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// The version of the folder's format.
    pub schema_version: u32,
    /// The version of this tool.
    pub harness_version: String,
    /// The git revision of the sources.
    pub git_revision: Option<String>,
    /// Whether tracked files differed from it.
    pub git_dirty: Option<bool>,
    /// How the harness and its engines were compiled.
    pub build: Build,
    /// The machine.
    pub machine: Machine,
    /// What the contenders from outside are.
    pub yardsticks: Vec<YardstickRecord>,
    /// Why some of them are missing from this build.
    pub yardsticks_missing: Option<String>,
    /// The environment variables that children saw.
    pub variables: BTreeMap<String, String>,
    /// The size of all other variables of the parent.
    pub other_variables_bytes: u64,
}

/// How the harness and its engines were compiled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Build {
    /// The compiler's version.
    pub rustc: Option<String>,
    /// The cargo profile.
    pub profile: Option<String>,
    /// The target triple.
    pub target: Option<String>,
    /// Further compiler flags.
    pub rustflags: Option<String>,
    /// Whether debug assertions are in: such a build is for tests, not for times.
    pub debug_assertions: bool,
    /// Hash of the running program: a run goes on only with the program that began it.
    #[serde(default)]
    pub program_hash: Option<String>,
}

/// The machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name for itself.
    pub cpu_model: Option<String>,
    /// Processors that the parent may use.
    pub cores: Option<u64>,
    /// The frequency governor of the first processor.
    pub governor: Option<String>,
    /// Whether the processor may exceed its nominal frequency.
    pub turbo: Option<bool>,
    /// Whether two hardware threads share a core.
    pub smt: Option<bool>,
    /// Whether a hypervisor runs below.
    pub virtual_machine: bool,
    /// Memory.
    pub memory_bytes: Option<u64>,
    /// The kernel's version.
    pub kernel: Option<String>,
    /// The operating system.
    pub os: Option<String>,
    /// Address-space randomisation: 0 off, 1 stack and libraries, 2 the heap too.
    pub aslr: Option<u32>,
    /// Transparent huge pages: the chosen mode.
    pub huge_pages: Option<String>,
    /// The caches of the first processor, as `L1 Data 32K`.
    #[serde(default)]
    pub caches: Vec<String>,
    /// The revision of the processor's microcode.
    #[serde(default)]
    pub microcode: Option<String>,
    /// What the kernel does about each weakness of the processor that it knows of, by name.
    #[serde(default)]
    pub mitigations: BTreeMap<String, String>,
    /// The C library, as `glibc 2.36`.
    #[serde(default)]
    pub c_library: Option<String>,
    /// What gives memory to this program and to the C programs beside it.
    #[serde(default)]
    pub allocator: Option<String>,
    /// Mean number of runnable processes over the last minute, before the run.
    pub load1: Option<f64>,
}

/// A yardstick of this build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct YardstickRecord {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The C compiler that built it.
    pub compiler: String,
    /// Its flags.
    pub flags: String,
}

impl Environment {
    /// Looks around. Takes a few milliseconds, most of them git's.
    pub fn capture() -> Environment {
        let variables: BTreeMap<String, String> = allowed_variables().into_iter().collect();
        let all_bytes: usize = std::env::vars_os().map(|(name, value)| name.len() + value.len() + 2).sum();
        let allowed_bytes: usize = variables.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
        Environment {
            schema_version: SCHEMA_VERSION,
            harness_version: env!("CARGO_PKG_VERSION").to_string(),
            git_revision: git(&["rev-parse", "HEAD"]),
            git_dirty: git(&["status", "--porcelain", "--untracked-files=no"]).map(|changes| !changes.is_empty()),
            build: Build::of_this_program(),
            machine: Machine::look(),
            yardsticks: yardsticks::built().iter().map(YardstickRecord::new).collect(),
            yardsticks_missing: yardsticks::missing().map(str::to_string),
            other_variables_bytes: (all_bytes - allowed_bytes.min(all_bytes)) as u64,
            variables,
        }
    }
}

impl Environment {
    /// How many commits of the clone around this program touch engines and are not in the recorded revision; `None` if
    /// that is not known.
    pub fn engine_commits_since(&self) -> Option<usize> {
        let range = format!("{}..HEAD", self.git_revision.as_ref()?);
        git(&["rev-list", "--count", &range, "--", "engines", ":(exclude)*.md"])?.parse().ok()
    }
}

impl Build {
    fn of_this_program() -> Build {
        let text = |value: Option<&str>| value.filter(|value| !value.is_empty()).map(str::to_string);
        Build {
            rustc: text(option_env!("JITLAB_RUSTC_VERSION")),
            profile: text(option_env!("JITLAB_CARGO_PROFILE")),
            target: text(option_env!("JITLAB_TARGET")),
            rustflags: text(option_env!("JITLAB_RUSTFLAGS")),
            debug_assertions: cfg!(debug_assertions),
            program_hash: program_hash(),
        }
    }

    /// What is wrong with times of this build, as "with debug assertions"; `None` if nothing is.
    pub fn why_not_for_times(&self) -> Option<String> {
        if self.debug_assertions {
            return Some("with debug assertions".to_string());
        }
        let profile = self.profile.as_deref()?.split(' ').next()?;
        (profile != MEASURED_PROFILE).then(|| format!("of the profile '{profile}'"))
    }
}

/// The profile that published times come from.
const MEASURED_PROFILE: &str = "release";

/// Hash of this program's file; `None` if it cannot be read any more.
fn program_hash() -> Option<String> {
    let program = fs::read(std::env::current_exe().ok()?).ok()?;
    Some(workload::hash(&program))
}

impl Machine {
    fn look() -> Machine {
        let cpu_info = read("/proc/cpuinfo").unwrap_or_default();
        Machine {
            cpu_model: field(&cpu_info, "model name"),
            cores: std::thread::available_parallelism().ok().map(|cores| cores.get() as u64),
            governor: read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            turbo: turbo(),
            smt: read("/sys/devices/system/cpu/smt/active").map(|active| active == "1"),
            virtual_machine: field(&cpu_info, "flags").is_some_and(|flags| flags.contains("hypervisor")),
            memory_bytes: memory_bytes(),
            kernel: read("/proc/sys/kernel/osrelease"),
            os: read("/etc/os-release").and_then(|text| {
                text.lines().find_map(|line| Some(line.strip_prefix("PRETTY_NAME=")?.trim_matches('"').to_string()))
            }),
            aslr: aslr(),
            huge_pages: read("/sys/kernel/mm/transparent_hugepage/enabled")
                .and_then(|modes| Some(modes.split_once('[')?.1.split_once(']')?.0.to_string())),
            caches: caches(),
            microcode: field(&cpu_info, "microcode"),
            mitigations: mitigations(),
            c_library: c_library(),
            allocator: Some("malloc of the C library".to_string()),
            load1: machine::load1(),
        }
    }
}

impl YardstickRecord {
    fn new(yardstick: &yardsticks::Yardstick) -> YardstickRecord {
        YardstickRecord {
            name: yardstick.name.to_string(),
            version: yardstick.version.to_string(),
            compiler: yardstick.compiler.to_string(),
            flags: yardstick.flags.to_string(),
        }
    }
}

/// The variables of this process that a child may see.
pub fn allowed_variables() -> Vec<(String, String)> {
    ALLOWED_VARIABLES.iter().filter_map(|name| Some((name.to_string(), std::env::var(name).ok()?))).collect()
}

/// Address-space randomisation: 0 off, 1 stack and libraries, 2 the heap too.
pub fn aslr() -> Option<u32> {
    read("/proc/sys/kernel/randomize_va_space")?.parse().ok()
}

/// The value of the first line `name : value`.
fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_string())
    })
}

fn turbo() -> Option<bool> {
    if let Some(no_turbo) = read("/sys/devices/system/cpu/intel_pstate/no_turbo") {
        return Some(no_turbo == "0");
    }
    read("/sys/devices/system/cpu/cpufreq/boost").map(|boost| boost == "1")
}

fn memory_bytes() -> Option<u64> {
    let total = field(&read("/proc/meminfo")?, "MemTotal")?;
    let kilobytes: u64 = total.strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

fn caches() -> Vec<String> {
    let of = |index: u32, what: &str| read(&format!("/sys/devices/system/cpu/cpu0/cache/index{index}/{what}"));
    (0..8)
        .map_while(|index| Some(format!("L{} {} {}", of(index, "level")?, of(index, "type")?, of(index, "size")?)))
        .collect()
}

fn mitigations() -> BTreeMap<String, String> {
    const FOLDER: &str = "/sys/devices/system/cpu/vulnerabilities";
    let names = fs::read_dir(FOLDER).into_iter().flatten().flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter_map(|name| read(&format!("{FOLDER}/{name}")).map(|text| (name, text))).collect()
}

fn c_library() -> Option<String> {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// What git says about the clone; `None` without git or outside of one.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(paths::root().ok()?).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_captured_survives_json_and_holds_no_stray_variable() {
        let environment = Environment::capture();
        let text = serde_json::to_string(&environment).unwrap();
        assert_eq!(serde_json::from_str::<Environment>(&text).unwrap(), environment);
        assert!(environment.machine.cores.unwrap() > 0);
        assert!(environment.machine.kernel.is_some());
        assert!(
            environment.machine.allocator.is_some()
                && environment.machine.caches.iter().all(|cache| cache.starts_with('L'))
        );
        assert!(environment.variables.keys().all(|name| ALLOWED_VARIABLES.contains(&name.as_str())));
        // PATH is always there and never recorded.
        assert!(environment.other_variables_bytes > 0);
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let text = "model\t: 1\nmodel name\t: A: B\n";
        assert_eq!(field(text, "model name").as_deref(), Some("A: B"));
        assert_eq!(field(text, "flags"), None);
    }
}
