//! Which contenders a command line asks for: items of `--engines`, other builds of `--bin`, yardsticks, and the copies
//! of an A/A arm.
//!
//! Knows names and where they may not clash; what an item looks like is [`crate::plan::item`]'s, which knob value wins
//! is [`crate::plan::knobs`]'s.

use engine_api::EngineInfo;

use crate::error::UsageError;
use crate::machine::terminal;
use crate::plan::builds::Build;
use crate::plan::contender::{Contender, duplicate};
use crate::plan::engines::Engines;
use crate::plan::foreign::{self, Foreign};
use crate::plan::item::Item;
use crate::plan::knobs::{self, KnobSetting, Subject};
use crate::plan::{names, yardsticks};

/// The item, or list, of everything.
pub const ALL: &str = "all";

/// The list of nothing.
pub const NONE: &str = "none";

/// The yardsticks that stand there when none are named.
pub const AUTO: &str = "auto";

/// Which contenders a command asks for.
#[derive(Debug, Clone)]
pub struct Selection<'a> {
    /// Each value of `--engines`: `none`, or items joined by commas.
    pub engines: &'a [String],
    /// Each value of `--bin`: `NAME=PATH`.
    pub builds: &'a [String],
    /// `none`, or joined by commas: `auto` (all that this build has, and native), names, `NAME=COMMAND`.
    pub yardsticks: &'a str,
    /// Each value of `--yardstick`: `NAME=COMMAND`.
    pub brought: &'a [String],
    /// Knob settings.
    pub settings: &'a [KnobSetting],
    /// Whether every contender stands there twice, the second time under another name.
    pub with_twins: bool,
    /// By how many percent slower every contender stands there once more, under a third name.
    pub slowed_percent: Option<u32>,
}

/// An engine that an item asks for.
struct Wanted<'a> {
    name: String,
    info: &'static EngineInfo,
    build: Option<&'a Build>,
    own: Vec<KnobSetting>,
}

impl Selection<'_> {
    /// One engine of this program, or native code without one, and nothing else.
    pub fn single<'a>(engines: &'a [String], yardsticks: &'a str) -> Selection<'a> {
        Selection {
            engines,
            builds: &[],
            yardsticks,
            brought: &[],
            settings: &[],
            with_twins: false,
            slowed_percent: None,
        }
    }

    /// The contenders: engines in the order of their items, then yardsticks, then native.
    ///
    /// # Errors
    /// [`UsageError`] for an unknown engine, build, yardstick or knob, with the list of known ones, and for names that
    /// could be taken for something else.
    pub fn resolve(&self, engines: &Engines) -> Result<Vec<Contender>, UsageError> {
        let builds = self.read_builds()?;
        let wanted = self.wanted(engines, &builds)?;
        let subjects: Vec<Subject> =
            wanted.iter().map(|wanted| Subject { name: &wanted.name, info: wanted.info, own: &wanted.own }).collect();
        let settings = knobs::resolve(engines, &subjects, self.settings)?;
        let selected = wanted
            .iter()
            .zip(settings)
            .map(|(wanted, settings)| Contender::engine(&wanted.name, wanted.info, wanted.build, settings.changed()));
        let contenders: Vec<Contender> = selected.chain(self.select_yardsticks(engines)?).collect();
        if let Some(name) = duplicate(&contenders) {
            return Err(UsageError(format!(
                "two contenders are called '{name}'\ngive one of them a name of its own, as in --engines NAME=ENGINE or \
                 --yardstick NAME='COMMAND ARGS'"
            )));
        }
        let twins = if self.with_twins { contenders.iter().map(Contender::twin).collect() } else { Vec::new() };
        let slowed = self
            .slowed_percent
            .iter()
            .flat_map(|percent| contenders.iter().map(|contender| contender.slowed(*percent)));
        let slowed = slowed.collect();
        Ok([contenders, twins, slowed].concat())
    }

    fn read_builds(&self) -> Result<Vec<Build>, UsageError> {
        let mut builds: Vec<Build> = Vec::new();
        for text in self.builds {
            let build = Build::read(text)?;
            if builds.iter().any(|other| other.name == build.name) {
                return Err(UsageError(format!("--bin: two builds are called '{}'", build.name)));
            }
            builds.push(build);
        }
        Ok(builds)
    }

    /// What the items ask for. A build that no item names gives its own of every engine that is asked for.
    fn wanted<'b>(&self, engines: &Engines, builds: &'b [Build]) -> Result<Vec<Wanted<'b>>, UsageError> {
        let lists: Vec<&str> = self.engines.iter().map(String::as_str).filter(|list| *list != NONE).collect();
        let mut items = Vec::new();
        for list in lists {
            for text in names::parse("--engines", list)? {
                items.push(Item::parse(text)?);
            }
        }
        let mut wanted = Vec::new();
        for item in &items {
            wanted.extend(of_item(item, engines, builds)?);
        }
        let is_named = |build: &Build| items.iter().any(|item| item.build.as_deref() == Some(&build.name));
        for build in builds.iter().filter(|build| !is_named(build)) {
            for item in &items {
                wanted.extend(doubled(item, engines, build)?);
            }
        }
        for (index, this) in wanted.iter().enumerate() {
            if wanted[..index].iter().any(|other| other.name == this.name) {
                let name = &this.name;
                let is_text = items.iter().any(|item| item.name.is_none() && item.to_string() == *name);
                let advice = match is_text {
                    true => format!("give one of them a name of its own, as in NAME={name}"),
                    false => "give one of them another name".to_string(),
                };
                return Err(UsageError(format!("--engines has '{name}' twice\n{advice}")));
            }
        }
        Ok(wanted)
    }

    fn select_yardsticks(&self, engines: &Engines) -> Result<Vec<Contender>, UsageError> {
        let known: Vec<Contender> =
            yardsticks::built().iter().map(Contender::yardstick).chain([Contender::native()]).collect();
        let mut selected: Vec<Contender> = Vec::new();
        let list = match self.yardsticks {
            NONE => Vec::new(),
            list => names::parse("--yardsticks", list)?,
        };
        for wanted in list {
            let found = match wanted {
                AUTO => known.clone(),
                wanted if wanted.contains('=') => {
                    vec![Contender::foreign(Foreign::read("--yardsticks", wanted)?)]
                }
                wanted => vec![find_yardstick(wanted, &known)?],
            };
            for contender in found {
                if !selected.contains(&contender) {
                    selected.push(contender);
                }
            }
        }
        for text in self.brought {
            selected.push(Contender::foreign(Foreign::read("--yardstick", text)?));
        }
        let is_engine = |contender: &&Contender| engines.find(&contender.name).is_some();
        let taken = duplicate(&selected).or(selected.iter().find(is_engine).map(|contender| contender.name.as_str()));
        match taken {
            Some(name) => Err(UsageError(format!(
                "two contenders are called '{name}'; give the Lua that you bring another name, as in --yardstick \
                 NAME='COMMAND ARGS'"
            ))),
            None => Ok(selected),
        }
    }
}

/// The engines of one item: one, or all of a build.
fn of_item<'b>(item: &Item, engines: &Engines, builds: &'b [Build]) -> Result<Vec<Wanted<'b>>, UsageError> {
    if let Some(name) = &item.name {
        check_name(name, engines)?;
    }
    let build = match &item.build {
        Some(name) => Some(builds.iter().find(|build| build.name == *name).ok_or_else(|| {
            let UsageError(message) =
                UsageError::unknown("build", name, builds.iter().map(|build| build.name.as_str()));
            UsageError(format!("{message}\nbring one with --bin {name}=PATH"))
        })?),
        None => None,
    };
    let infos: Vec<&'static EngineInfo> = match build {
        Some(build) => build.infos.clone(),
        None => engines.infos().collect(),
    };
    if item.engine == ALL {
        if item.name.is_some() || !item.settings.is_empty() {
            return Err(UsageError(format!(
                "--engines '{ALL}' is no single engine: it takes no name and no knobs\nset a knob of all engines with \
                 --set KNOB=VALUE"
            )));
        }
        let of_build = item.build.as_ref().map(|build| format!("{build}/")).unwrap_or_default();
        let all = infos.into_iter().map(|info| Wanted {
            name: format!("{of_build}{}", info.id),
            info,
            build,
            own: Vec::new(),
        });
        return Ok(all.collect());
    }
    let info = infos.iter().find(|info| info.id == item.engine).ok_or_else(|| {
        let of_build = item.build.as_ref().map(|build| format!(" of the build '{build}'")).unwrap_or_default();
        if item.engine.bytes().all(|byte| byte.is_ascii_digit()) {
            return UsageError(format!(
                "--engines: '{0}' is no engine\neach value of a knob is an item of its own, as in \
                 --engines ENGINE:KNOB=10,ENGINE:KNOB={0}; or: {1} sweep KNOB=10,{0} --engine ENGINE",
                item.engine,
                terminal::program()
            ));
        }
        UsageError::unknown(&format!("engine{of_build}"), &item.engine, infos.iter().map(|info| info.id))
    })?;
    let name = item.name.clone().unwrap_or_else(|| item.to_string());
    Ok(vec![Wanted { name, info, build, own: item.settings.clone() }])
}

/// What an item of this program is in `build`, under its name with the build's before it. Of `all`, the engines that
/// both have; a single engine must be there.
fn doubled<'b>(item: &Item, engines: &Engines, build: &'b Build) -> Result<Vec<Wanted<'b>>, UsageError> {
    if item.build.is_some() {
        return Ok(Vec::new());
    }
    let mut wanted = Vec::new();
    for this in of_item(item, engines, &[])? {
        let Some(info) = build.infos.iter().find(|info| info.id == this.info.id) else {
            if item.engine == ALL {
                terminal::note(&format!("the build '{}' has no engine '{}'", build.name, this.info.id));
                continue;
            }
            let known = build.infos.iter().map(|info| info.id);
            return Err(UsageError::unknown(&format!("engine of the build '{}'", build.name), this.info.id, known));
        };
        let name = format!("{}/{}", build.name, this.name);
        wanted.push(Wanted { name, info, build: Some(build), own: this.own });
    }
    Ok(wanted)
}

/// Refuses a name that is something else already.
fn check_name(name: &str, engines: &Engines) -> Result<(), UsageError> {
    let is_word = [ALL, NONE, AUTO, crate::plan::contender::NATIVE].contains(&name);
    if is_word || engines.find(name).is_some() || yardsticks::declared().any(|yardstick| yardstick == name) {
        return Err(UsageError(format!(
            "--engines '{name}=...': '{name}' has a meaning already; choose another name for the contender"
        )));
    }
    Ok(())
}

fn find_yardstick(name: &str, known: &[Contender]) -> Result<Contender, UsageError> {
    if let Some(contender) = known.iter().find(|contender| contender.name == name) {
        return Ok(contender.clone());
    }
    foreign::refuse_bare_path("--yardsticks", name)?;
    let mut error = UsageError::unknown("yardstick", name, known.iter().map(|contender| contender.name.as_str()));
    if let Some(reason) = yardsticks::missing() {
        error.0.push_str(&format!("\nsome are missing from this build: {reason}"));
    }
    Err(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::contender::{Kind, NATIVE};
    use crate::plan::engines::example;
    use crate::plan::workload::Workload;
    use crate::plan::workload_selection;

    fn selected(engines: &[&str], settings: &[&str]) -> Result<Vec<Contender>, UsageError> {
        let lists: Vec<String> = engines.iter().map(ToString::to_string).collect();
        let settings: Vec<KnobSetting> = settings.iter().map(|text| text.parse().unwrap()).collect();
        Selection { settings: &settings, ..Selection::single(&lists, NONE) }.resolve(&example::engines())
    }

    fn yardsticks_of(engines: &Engines, list: &str) -> Result<Vec<Contender>, UsageError> {
        Selection::single(&[], list).resolve(engines)
    }

    #[test]
    fn contenders_are_what_the_user_says_they_are() {
        let all = |engines: &[&str], settings: &[&str]| -> Vec<(String, String, String)> {
            let contenders = selected(engines, settings).unwrap();
            contenders.into_iter().map(|one| (one.name, one.engine_id, one.engine_config)).collect()
        };
        let triple = |name: &str, id: &str, config: &str| (name.to_string(), id.to_string(), config.to_string());
        assert_eq!(all(&["all"], &[]), [triple("compiler", "compiler", ""), triple("interpreter", "interpreter", "")]);
        assert_eq!(
            all(&["interpreter,hot=compiler:jit=on", "compiler:jit=off:gc-every=1K"], &[]),
            [
                triple("interpreter", "interpreter", ""),
                triple("hot", "compiler", "jit=on"),
                triple("compiler:jit=off:gc-every=1K", "compiler", "jit=off gc-every=1024"),
            ]
        );
        assert_eq!(
            all(&["compiler,a=compiler,b=compiler:gc-every=9"], &["gc-every=1", "compiler:gc-every=2", "a:gc-every=3"]),
            [
                triple("compiler", "compiler", "gc-every=2"),
                triple("a", "compiler", "gc-every=3"),
                triple("b", "compiler", "gc-every=9"),
            ]
        );
        assert_eq!(all(&["none"], &[]), []);
    }

    #[test]
    fn items_that_make_no_sense_are_refused() {
        for (list, part) in [
            ("interpreted", "unknown engine 'interpreted'\nknown: compiler, interpreter"),
            ("compiler:gc-every=10,1000", "each value of a knob is an item of its own"),
            ("all,compiler", "has 'compiler' twice"),
            ("a=compiler,a=interpreter", "has 'a' twice"),
            ("native=compiler", "'native' has a meaning already"),
            ("interpreter=compiler", "'interpreter' has a meaning already"),
            ("all:jit=off", "takes no name and no knobs"),
            ("x=all", "takes no name and no knobs"),
            ("old/compiler", "unknown build 'old'\nknown: none\nbring one with --bin old=PATH"),
            ("compiler:jit=maybe", "off|auto|on, not 'maybe'"),
            ("interpreter:jit=on", "unknown knob 'jit'"),
        ] {
            let problem = selected(&[list], &[]).unwrap_err().0;
            assert!(problem.contains(part), "{list}: {problem}");
        }
    }

    #[test]
    fn unknown_names_are_refused_with_the_known_ones() {
        let problem = |list| yardsticks_of(&example::engines(), list).unwrap_err().0;
        assert!(problem("lua4").contains("native"), "{}", problem("lua4"));
        for (list, part) in [
            ("mine=/no/such/lua", "--yardsticks mine: cannot find the interpreter '/no/such/lua'"),
            ("native,native=/bin/sh", "two contenders are called 'native'"),
            ("compiler=/bin/sh", "two contenders are called 'compiler'"),
            ("/bin/sh", "write --yardstick NAME='/bin/sh'"),
        ] {
            assert!(problem(list).contains(part), "{}", problem(list));
        }
    }

    #[test]
    fn an_engine_has_the_version_of_its_own_crate() {
        let contenders = selected(&["all"], &[]).unwrap();
        assert_eq!(contenders.iter().map(|contender| contender.version.as_str()).collect::<Vec<_>>(), ["0.3", "0.3"]);
    }

    #[test]
    fn each_contender_keeps_the_best_clock_that_it_has() {
        use crate::machine::clock::Clock;
        let clocks = |list| -> Vec<Clock> {
            let contenders = yardsticks_of(&Engines::none(), list).unwrap();
            contenders.into_iter().filter_map(|contender| contender.clock).collect()
        };
        let built = clocks("auto");
        assert!(built.iter().all(|clock| *clock == Clock::Monotonic));
        let with_foreign = clocks("auto,mine=/bin/sh");
        assert_eq!(with_foreign[..built.len()], built[..]);
        assert_eq!(with_foreign[built.len()..], [Clock::Cpu]);
    }

    #[test]
    fn native_stands_last_and_runs_no_file_of_the_users() {
        let contenders = yardsticks_of(&Engines::none(), "auto").unwrap();
        let native = contenders.last().unwrap();
        assert_eq!((native.kind, native.name.as_str()), (Kind::Native, NATIVE));
        let script = Workload {
            name: "fib".to_string(),
            path: "fib.lua".into(),
            source_hash: String::new(),
            header: None,
            problem: None,
            remarks: Vec::new(),
        };
        assert_eq!(native.why_not(&script).as_deref(), Some("not written in Rust"));
        let workloads = workload_selection::select(&["fib,calculator".to_string()], false).unwrap();
        let of_clone: Vec<bool> = workloads.iter().map(|workload| native.why_not(workload).is_none()).collect();
        assert_eq!(of_clone, [true, false]);
    }
}
