//! The parent's side against children written as shell scripts: every way in which a process can behave.

use super::*;

const TIME_LIMIT: Duration = Duration::from_secs(20);

/// Runs `script` with the samples file as `$1`, asking for exactly four iterations that must give `42`.
fn run_script(script: &str, time_limit: Duration, interruption: &Interruption) -> anyhow::Result<Invocation> {
    let request = Request {
        time_limit,
        expected: Some(Expectation { text: "42", by_value: false }),
        ..request(script, IterationRule::exactly(4))
    };
    request.run(interruption)
}

fn request(script: &str, rule: IterationRule) -> Request<'static> {
    let samples = SamplesFile::new().unwrap();
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg("sh").arg(samples.path());
    Request {
        command,
        samples,
        rule,
        clock: Clock::Monotonic,
        time_limit: TIME_LIMIT,
        expected: None,
        ignored: None,
        batch: BatchRule::None,
        address_space_bytes: None,
        cpu: None,
    }
}

fn run(script: &str) -> Invocation {
    run_script(script, TIME_LIMIT, &Interruption::default()).unwrap()
}

/// A child that answers every request with as many samples as asked for, each with the result `$RESULT`.
fn obedient(result: &str) -> String {
    format!(
        "echo ready\nwhile read word count; do i=0; while [ $i -lt $count ]; do echo '7,0,0,0,0,0,{result}' >> \"$1\"; \
         i=$((i+1)); done; echo done; done"
    )
}

#[test]
fn an_obedient_child_is_measured_and_its_use_is_known() {
    let invocation = run(&obedient("42"));
    assert_eq!((invocation.outcome, invocation.reason.as_str()), (Outcome::Ok, ""));
    let first_of_batch: Vec<bool> = invocation.samples.iter().map(|measured| measured.first_of_batch).collect();
    assert_eq!(first_of_batch, [true, false, false, true]);
    assert!(invocation.samples.iter().all(|measured| measured.valid == Validity::Ok));
    assert!(invocation.samples.iter().all(|measured| measured.sample.wall_ns == 7));
    assert!(invocation.exec_to_first_ns.unwrap() > 0);
    assert!(invocation.max_rss_bytes.unwrap() > 0);
    assert!(invocation.usage.unwrap().minor_faults > 0);
    assert!(invocation.exit.success());
}

#[test]
fn a_wrong_result_ends_the_invocation_and_keeps_the_samples() {
    let invocation = run(&obedient("41"));
    assert_eq!((invocation.outcome, invocation.reason.as_str()), (Outcome::WrongResult, "returned '41'"));
    assert_eq!(invocation.samples.len(), 3);
    assert!(invocation.samples.iter().all(|measured| measured.valid == Validity::Wrong));
}

#[test]
fn a_reported_error_keeps_its_kind_and_the_samples_before_it() {
    let invocation = run("echo ready; read request; echo '7,0,0,0,0,0,42' >> \"$1\"; \
                          echo 'error,unsupported,goto, at line 3' >> \"$1\"; exit 1");
    assert_eq!((invocation.outcome, invocation.reason.as_str()), (Outcome::Unsupported, "goto, at line 3"));
    assert_eq!(invocation.samples.len(), 1);
}

#[test]
fn a_child_that_dies_has_crashed() {
    let invocation = run("echo ready; echo trouble >&2; kill -SEGV $$");
    assert_eq!(invocation.outcome, Outcome::Crash);
    assert_eq!(invocation.reason, "killed by signal 11 (SIGSEGV): trouble");
    let invocation = run("echo ready; read request; exit 0");
    assert_eq!((invocation.outcome, invocation.reason.as_str()), (Outcome::Crash, "exit status 0 before the end"));
    let invocation = run("exit 3");
    assert_eq!((invocation.outcome, invocation.exec_to_first_ns), (Outcome::Crash, None));
}

#[test]
fn a_message_before_a_long_backtrace_is_kept() {
    let backtrace = "i=0; while [ $i -lt 999 ]; do echo \"at frame $i\"; i=$((i+1)); done";
    let invocation = run(&format!("{{ echo; echo 'panicked at x.rs:1'; {backtrace}; }} >&2; exit 101"));
    assert!(invocation.reason.starts_with("exit status 101 before the end: panicked at x.rs:1\\nat frame 0\\n"));
    let said = &invocation.stderr_tail;
    assert!(said.contains("\\n...\\n") && said.ends_with("at frame 998"), "{said}");
}

#[test]
fn both_ends_of_a_stream_are_kept_however_it_is_cut() {
    let text: Vec<u8> = (0..5000u32).map(|i| b'a' + (i % 26) as u8).collect();
    for length in [0, 1, 999, 1000, 1001, 3000, 3001, 5000] {
        for piece in [1, 7, 4096] {
            let mut kept = Kept::default();
            text[..length].chunks(piece).for_each(|bytes| kept.add(bytes));
            let whole = String::from_utf8(text[..length].to_vec()).unwrap();
            let cut = || format!("{}\\n...\\n{}", &whole[..STDERR_HEAD_BYTES], &whole[length - STDERR_TAIL_BYTES..]);
            let expected = if length <= STDERR_HEAD_BYTES + STDERR_TAIL_BYTES { whole.clone() } else { cut() };
            assert_eq!(kept.text(), expected, "{length} bytes in pieces of {piece}");
        }
    }
}

#[test]
fn a_child_that_breaks_the_protocol_has_crashed() {
    for (script, reason) in [
        ("echo hello", "the child said 'hello', not 'ready'"),
        ("echo ready; read request; echo done; read request", "did not write as many samples"),
        ("echo ready; read request; echo nonsense >> \"$1\"; echo done; read request", "no sample: nonsense"),
    ] {
        let invocation = run(script);
        assert_eq!(invocation.outcome, Outcome::Crash, "{script}");
        assert!(invocation.reason.contains(reason), "{}", invocation.reason);
    }
}

#[test]
fn a_child_that_does_not_answer_is_killed() {
    let start = Instant::now();
    let script = "echo ready; read request; while :; do sleep 100; done";
    let invocation = run_script(script, Duration::from_millis(200), &Interruption::default()).unwrap();
    assert_eq!(invocation.outcome, Outcome::Timeout);
    assert_eq!(invocation.reason, "no answer within 0.2 s (--time-limit)");
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_request_to_end_stops_the_child() {
    let interruption = Interruption::default();
    let remote = interruption.clone();
    let requester = thread::spawn(move || {
        thread::sleep(Duration::from_millis(200));
        remote.request();
    });
    let start = Instant::now();
    let error = run_script("echo ready; while :; do sleep 100; done", TIME_LIMIT, &interruption).unwrap_err();
    assert!(error.is::<Interrupted>(), "{error}");
    assert!(start.elapsed() < Duration::from_secs(10));
    requester.join().unwrap();
}

#[test]
fn the_address_space_limit_holds_for_the_child_alone() {
    let script = "echo ready; read request; ulimit -v >&2; exit 5";
    let request = Request { address_space_bytes: Some(1 << 31), ..request(script, IterationRule::exactly(1)) };
    let before = getrlimit(Resource::RLIMIT_AS).unwrap();
    let invocation = request.run(&Interruption::default()).unwrap();
    assert_eq!(invocation.stderr_tail, ((1u64 << 31) / 1024).to_string());
    assert_eq!(getrlimit(Resource::RLIMIT_AS).unwrap(), before);
}

#[test]
fn what_a_child_leaves_behind_does_not_hold_the_parent() {
    // The grandchild keeps both streams open and outlives its parent.
    let start = Instant::now();
    let invocation = run(&format!("sleep 1000 &\necho $! >&2\n{}", obedient("42")));
    assert_eq!(invocation.outcome, Outcome::Ok);
    assert!(start.elapsed() < Duration::from_secs(10));
    let grandchild: i32 = invocation.stderr_tail.parse().unwrap();
    // Killed with the group, which takes a moment; whoever adopts orphans may still have to reap it.
    let is_gone = || machine::read(&format!("/proc/{grandchild}/stat")).is_none_or(|stat| stat.contains(") Z "));
    while !is_gone() {
        assert!(start.elapsed() < Duration::from_secs(10), "the grandchild lives on");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn one_that_left_the_group_does_not_hold_the_parent_either() {
    let start = Instant::now();
    let invocation = run(&format!("setsid sleep 15 &\n{}", obedient("42")));
    assert_eq!(invocation.outcome, Outcome::Ok);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn a_child_that_tells_its_first_instruction_is_believed_within_reason() {
    let script = |ready: &str| format!("sleep 0.05; echo {ready}; while read word count; do exit 0; done");
    let told = run(&script("ready 1")).exec_to_first_ns.unwrap();
    assert_eq!(told, 0, "a time before the start");
    let silent = run(&script("ready")).exec_to_first_ns.unwrap();
    assert!(silent >= 50_000_000, "{silent}");
}

#[test]
fn a_child_is_bound_to_its_processor_and_the_parent_is_not() {
    let before = machine::allowed_cpus();
    let cpu = *before.last().unwrap();
    let script = "echo ready; read request; grep Cpus_allowed_list /proc/self/status >&2; exit 5";
    let request = Request { cpu: Some(cpu), ..request(script, IterationRule::exactly(1)) };
    let invocation = request.run(&Interruption::default()).unwrap();
    assert_eq!(invocation.stderr_tail.split_whitespace().last(), Some(cpu.to_string().as_str()));
    assert_eq!(invocation.cpu_id, Some(cpu));
    assert_eq!(machine::allowed_cpus(), before);
    assert!(invocation.run_delay_ns.is_some());
    assert!(invocation.duration_ns > 0);
}
