//! `harness list`: what there is to choose from.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use comfy_table::CellAlignment;
use engine_api::KnobSpec;
use serde_json::{Map, Value, json};

use crate::machine::terminal;
use crate::plan::engines::{Engines, NO_ENGINES};
use crate::plan::workload::{self, Size};
use crate::plan::{native, yardsticks};
use crate::show::table::{self, Texts};

/// Options of `harness list`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// What to list
    #[arg(value_enum, default_value_t = Subject::Engines)]
    what: Subject,

    /// A table for people or JSON for programs
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Subject {
    Engines,
    Workloads,
    Knobs,
    Yardsticks,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Table,
    Json,
}

/// Prints the list.
///
/// # Errors
/// [`crate::error::UsageError`] if the workloads cannot be read; otherwise those of standard output.
pub fn execute(arguments: Arguments, engines: &Engines) -> anyhow::Result<ExitCode> {
    let list = match arguments.what {
        Subject::Engines => engine_list(engines),
        Subject::Workloads => workloads()?,
        Subject::Knobs => knobs(engines),
        Subject::Yardsticks => yardstick_list(),
    };
    match arguments.format {
        Format::Table if list.rows.is_empty() => {}
        Format::Table => match arguments.what {
            Subject::Knobs => terminal::print(&knob_text(engines, terminal::width().unwrap_or(UNLIMITED_WIDTH)))?,
            Subject::Engines | Subject::Workloads | Subject::Yardsticks => terminal::print(&list.table())?,
        },
        Format::Json => terminal::print(&serde_json::to_string_pretty(&list.json())?)?,
    }
    match arguments.what {
        Subject::Engines | Subject::Knobs if list.rows.is_empty() => terminal::note(NO_ENGINES),
        Subject::Yardsticks => {
            if let Some(reason) = yardsticks::missing() {
                terminal::note(&format!("some yardsticks are missing from this build: {reason}"));
            }
        }
        Subject::Engines | Subject::Workloads | Subject::Knobs => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// How wide texts are where there is no terminal.
const UNLIMITED_WIDTH: usize = 120;

/// Columns and rows; the columns are also the keys in JSON.
struct List {
    columns: &'static [&'static str],
    rows: Vec<Vec<Value>>,
}

impl List {
    fn table(&self) -> String {
        table::render(&Texts {
            header: self.columns.iter().map(|column| column.replace('_', " ")).collect(),
            rows: self.rows.iter().map(|row| row.iter().map(cell).collect()).collect(),
            alignment: CellAlignment::Left,
        })
    }

    fn json(&self) -> Value {
        let object = |row: &Vec<Value>| {
            let fields = self.columns.iter().map(ToString::to_string).zip(row.iter().cloned());
            Value::Object(fields.collect::<Map<_, _>>())
        };
        Value::Array(self.rows.iter().map(object).collect())
    }
}

/// A value as a table shows it.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_string(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

fn engine_list(engines: &Engines) -> List {
    let rows = engines.infos().map(|info| {
        let (family, unit) = (info.family.name(), info.unit_of_compilation);
        vec![json!(info.id), json!(family), json!(info.summary), json!(unit), json!(info.deoptimises)]
    });
    let columns = &["engine", "family", "strategy", "unit_of_compilation", "deoptimises"];
    List { columns, rows: rows.collect() }
}

/// A knob with the engines that have it just so.
struct SharedKnob {
    spec: &'static KnobSpec,
    engines: Vec<&'static str>,
}

/// Each knob once: those of most engines first, of as many in the order of their declaration.
fn shared_knobs(engines: &Engines) -> Vec<SharedKnob> {
    let mut shared: Vec<SharedKnob> = Vec::new();
    for info in engines.infos() {
        for spec in info.knobs {
            match shared.iter_mut().find(|knob| knob.spec == spec) {
                Some(knob) => knob.engines.push(info.id),
                None => shared.push(SharedKnob { spec, engines: vec![info.id] }),
            }
        }
    }
    shared.sort_by_key(|knob| std::cmp::Reverse(knob.engines.len()));
    shared
}

fn knobs(engines: &Engines) -> List {
    let rows = shared_knobs(engines).into_iter().map(|SharedKnob { spec, engines }| {
        vec![
            json!(spec.name),
            json!(spec.knob_type.to_string()),
            json!(spec.default.to_string()),
            json!(engines),
            json!(spec.doc),
        ]
    });
    List { columns: &["knob", "values", "default", "engines", "meaning"], rows: rows.collect() }
}

/// The knobs for people, under a line for each set of engines that have the same: a name is never cut, whatever the
/// width.
fn knob_text(engines: &Engines, width: usize) -> String {
    const INDENT: &str = "    ";
    let wrapped = |text: &str, first: &str, rest: &str| {
        let options = textwrap::Options::new(width).initial_indent(first).subsequent_indent(rest).break_words(false);
        textwrap::fill(text, options)
    };
    let all = engines.infos().count();
    let mut text = String::new();
    let mut group: Option<Vec<&str>> = None;
    for SharedKnob { spec, engines } in shared_knobs(engines) {
        if group.as_ref() != Some(&engines) {
            let names = engines.join(", ");
            let title = if engines.len() == all && all > 1 { format!("Every engine: {names}") } else { names };
            text.push_str(&format!("{}{}\n", if text.is_empty() { "" } else { "\n" }, wrapped(&title, "", "  ")));
            group = Some(engines);
        }
        let values = format!("{}: {}, default {}", spec.name, spec.knob_type, spec.default);
        text.push_str(&format!("{}\n{}\n", wrapped(&values, "  ", INDENT), wrapped(spec.doc, INDENT, INDENT)));
    }
    text.trim_end().to_string()
}

fn workloads() -> anyhow::Result<List> {
    let workloads = workload::all()?;
    let rows = workloads.iter().map(|workload| {
        let header = workload.header.as_ref();
        let n = |size: Size| header.and_then(|header| header.sizes[size as usize].as_ref()).map(|spec| spec.n);
        vec![
            json!(workload.name),
            json!(header.map(|header| &header.title)),
            json!(header.map(|header| &header.probes)),
            json!(workload.lua().name()),
            json!(workload.is_core()),
            json!(native::find(&workload.name).is_some()),
            json!(n(Size::Test)),
            json!(n(Size::Bench)),
            json!(n(Size::Large)),
        ]
    });
    let columns = &["workload", "title", "probes", "lua", "core", "native", "n_test", "n_bench", "n_large"];
    Ok(List { columns, rows: rows.collect() })
}

fn yardstick_list() -> List {
    let rows = yardsticks::built().iter().map(|yardstick| {
        vec![
            json!(yardstick.name),
            json!(yardstick.version),
            json!(yardstick.lua.name()),
            json!(yardstick.compiler),
            json!(yardstick.flags),
        ]
    });
    List { columns: &["yardstick", "version", "lua", "compiler", "flags"], rows: rows.collect() }
}
