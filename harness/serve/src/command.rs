//! The commands `serve` and `worker`, as the program's command line has them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgMatches, Args, Command, FromArgMatches};
use harness::cli::FurtherCommand;
use harness::error::UsageError;
use harness::plan::engines::Engines;
use harness::plan::knobs::whole_number;

use crate::protocol::TaskLimits;
use crate::server;
use crate::settings::Settings;
use crate::worker;

const EXAMPLES: &str = "Examples:
  harness serve                                 the dashboard, at http://127.0.0.1:8080/
  harness serve --port 0 --open results/DIR     at any free port, with a results folder
  harness serve --time-limit 1 --workers 4      shorter executions, more at once";

/// Both commands.
pub const COMMANDS: &[FurtherCommand] = &[
    FurtherCommand { command: serve_command, execute: serve },
    FurtherCommand { command: worker_command, execute: work },
];

/// Options of `harness serve`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
struct Arguments {
    /// The address to listen at; off loopback only with --token
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,

    /// The port; 0 for any that is free
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    port: u16,

    /// Ask every request to the API for this token
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,

    /// Let pages of this origin ask too, as https://example.org; can be repeated
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    allowed_origins: Vec<String>,

    /// A results folder to show; can be repeated
    #[arg(long = "open", value_name = "DIR")]
    folders: Vec<PathBuf>,

    /// Executions at once, each in a process of its own, the last of them for code that has met a limit before; by
    /// default one more than there are processors
    #[arg(long, value_name = "N")]
    workers: Option<usize>,

    /// Executions that may wait; more are refused
    #[arg(long, value_name = "N", default_value_t = 32)]
    queue: usize,

    /// How long an execution may wait
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0)]
    queue_limit: f64,

    /// How long an execution may take
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0)]
    time_limit: f64,

    /// The heap of an execution; may end with K, M or G
    #[arg(long, value_name = "BYTES", default_value = "256M")]
    max_memory: String,

    /// The output of an execution that is kept; may end with K, M or G
    #[arg(long, value_name = "BYTES", default_value = "64K")]
    max_output: String,

    /// Executions of an expression until it is compiled
    #[arg(long, value_name = "N", default_value_t = 10)]
    jit_threshold: u64,

    /// Sessions at once
    #[arg(long, value_name = "N", default_value_t = 16)]
    sessions: usize,
}

impl Arguments {
    fn settings(self) -> Result<Settings, UsageError> {
        if !self.listen.is_loopback() && self.token.is_none() {
            return Err(UsageError(format!(
                "--listen {} lets others run programs here: it needs --token TOKEN",
                self.listen
            )));
        }
        if self.token.as_deref().is_some_and(|token| token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic())) {
            return Err(UsageError("--token takes visible characters of ASCII, without spaces".to_string()));
        }
        for origin in &self.allowed_origins {
            check_origin(origin)?;
        }
        let processors = std::thread::available_parallelism().map_or(1, |count| count.get());
        let limits = TaskLimits {
            time_ms: milliseconds("--time-limit", self.time_limit)?,
            memory_bytes: size("--max-memory", &self.max_memory)?,
            output_bytes: size("--max-output", &self.max_output)?,
        };
        // Twice in a line of JSON it must fit into what is read of a worker.
        const MOST_OUTPUT_BYTES: u64 = 1 << 20;
        if limits.output_bytes > MOST_OUTPUT_BYTES {
            return Err(UsageError(format!("--max-output takes at most 1M, not '{}'", self.max_output)));
        }
        Ok(Settings {
            address: SocketAddr::new(self.listen, self.port),
            allowed_origins: self.allowed_origins,
            token: self.token,
            workers: within("--workers", self.workers.unwrap_or(processors + 1), 1, 256)?,
            queue_length: within("--queue", self.queue, 0, 10_000)?,
            queue_limit: Duration::from_millis(milliseconds("--queue-limit", self.queue_limit)?),
            limits,
            threshold: self.jit_threshold,
            most_sessions: within("--sessions", self.sessions, 0, 1000)?,
            folders: self.folders,
        })
    }
}

fn within(option: &str, value: usize, least: usize, most: usize) -> Result<usize, UsageError> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(UsageError(format!("{option} takes {least} to {most}, not {value}")))
}

fn milliseconds(option: &str, seconds: f64) -> Result<u64, UsageError> {
    if (0.001..=3600.0).contains(&seconds) {
        return Ok((seconds * 1000.0).round() as u64);
    }
    Err(UsageError(format!("{option} takes 0.001 to 3600 seconds, not {seconds}")))
}

fn size(option: &str, text: &str) -> Result<u64, UsageError> {
    whole_number(text)
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| UsageError(format!("{option} takes a number of bytes, as 256M, not '{text}'")))
}

fn check_origin(origin: &str) -> Result<(), UsageError> {
    let rest = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    let is_host = |rest: &str| !rest.is_empty() && !rest.contains(['/', '*', '?', '#', '@', ' ']);
    match rest {
        Some(rest) if is_host(rest) => Ok(()),
        Some(_) | None => {
            Err(UsageError(format!("--allow-origin takes one origin, as https://example.org, not '{origin}'")))
        }
    }
}

fn serve_command(_engines: &Engines) -> Command {
    let about = "Run programs in a browser, and watch their compilers at work";
    // Behind the options, whose own description would take its place.
    Arguments::augment_args(Command::new("serve")).about(about)
}

fn serve(matches: &ArgMatches, engines: &Engines) -> anyhow::Result<ExitCode> {
    let arguments = Arguments::from_arg_matches(matches).map_err(|error| UsageError(error.to_string()))?;
    server::run(arguments.settings()?, engines)?;
    Ok(ExitCode::SUCCESS)
}

/// Options of `harness worker`.
#[derive(Debug, Args)]
struct WorkerArguments {
    /// What the process may map
    #[arg(value_name = "BYTES")]
    address_space_bytes: u64,
}

fn worker_command(_engines: &Engines) -> Command {
    WorkerArguments::augment_args(Command::new("worker")).about("Run tasks of a server").hide(true)
}

fn work(matches: &ArgMatches, engines: &Engines) -> anyhow::Result<ExitCode> {
    let arguments = WorkerArguments::from_arg_matches(matches).map_err(|error| UsageError(error.to_string()))?;
    worker::run(engines, arguments.address_space_bytes)
}
