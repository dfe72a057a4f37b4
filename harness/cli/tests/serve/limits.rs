//! Programs that do harm: each ends in an answer, in time, and the next program finds everything as it was.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::Server;

/// Time limit of these servers, and how much later than that an answer may come.
const LIMIT: Duration = Duration::from_millis(400);
const LATER: Duration = Duration::from_millis(500);

const ENGINES: [&str; 5] = ["tree-walker", "bytecode-vm", "dynasm-method", "cranelift-loop", "tiered"];

fn server() -> Server {
    Server::start(&["--time-limit", "0.4", "--max-memory", "64M", "--workers", "2"])
}

/// Runs a program that fails; returns its error.
#[track_caller]
fn fails(server: &Server, engine: &str, code: &str) -> Value {
    let start = Instant::now();
    let error = server.fails(422, json!({"code": code, "dialect": "lua", "engine": engine}));
    assert!(start.elapsed() < LIMIT + LATER, "{engine}: {code} took {:?}", start.elapsed());
    error
}

#[track_caller]
fn is_well(server: &Server, engine: &str) {
    let answer = server.execute(json!({"code": "return ('x'):rep(3), #arg", "dialect": "lua", "engine": engine}));
    assert_eq!(answer["results"], json!(["xxx", "0"]));
}

#[test]
fn endless_programs_are_stopped() {
    let server = server();
    for engine in ENGINES {
        for code in [
            "while true do end",
            "local function f() return f() end f()",
            "while true do pcall(error, 'x') end",
            "while true do pcall(function() while true do end end) end",
            "while true do pcall(string.rep, 'x', 1000000) end",
            "local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end}) while true do pcall(function() return t[1] end) end",
            "string.find(('a'):rep(40), ('a*'):rep(40) .. 'b')",
            "while true do coroutine.wrap(function() coroutine.yield() end)() end",
            "local function bomb() setmetatable({}, {__gc = bomb}) end bomb() while true do bomb() end",
            "setmetatable({}, {__gc = function() while true do end end}) collectgarbage() while true do end",
            "local t = {} for i = 1, 100000 do t[i] = i end while true do table.sort(t, function(a, b) return a > b end) end",
            "while true do load('return 1')() end",
            "repeat print(('x'):rep(1000)) until false",
        ] {
            let error = fails(&server, engine, code);
            assert_eq!(error["code"], "time_limit", "{engine}: {code}: {error}");
        }
        is_well(&server, engine);
    }
}

#[test]
fn a_request_takes_no_longer_on_many_engines_than_on_one() {
    let server = Server::start(&["--time-limit", "0.4", "--queue-limit", "0.4"]);
    let engines: Vec<&str> = ENGINES.iter().cycle().take(16).copied().collect();
    let start = Instant::now();
    let answer = server.execute(json!({"code": "while true do end", "dialect": "lua", "engines": engines}));
    assert!(start.elapsed() < 2 * LIMIT + LATER, "{:?}", start.elapsed());
    let errors: Vec<&Value> = answer["answers"].as_array().unwrap().iter().map(|answer| &answer["error"]).collect();
    assert_eq!(errors.len(), engines.len());
    assert!(errors.iter().all(|error| error["code"] == "time_limit"), "{errors:?}");
    assert_eq!(errors[0]["message"], "stopped: time limit reached");
    assert_eq!(errors[15]["message"], "the engines before have used up the time of the request");
    // Whose turn did not come has not been executed.
    let stats = server.get("/api/stats").json();
    let counts = ["total_executions", "failed_executions"].map(|name| stats[name].as_u64().unwrap());
    assert!(counts[0] == counts[1] && counts[0] < 6, "{stats}");
}

#[test]
fn who_looks_at_endless_code_holds_nobody_up() {
    let server = server();
    assert_eq!(server.fails(422, json!({"code": "fib(90)"}))["code"], "time_limit");
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| server.post("/api/explore", &json!({"code": "fib(90)"})));
        std::thread::sleep(LIMIT / 4);
        let start = Instant::now();
        assert_eq!(server.value("fib(10)"), 55);
        assert!(start.elapsed() < LIMIT / 2 && !looking.is_finished(), "{:?}", start.elapsed());
    });
}

#[test]
fn an_endless_expression_is_stopped() {
    let server = server();
    let start = Instant::now();
    assert_eq!(server.fails(422, json!({"code": "fib(90)"}))["code"], "time_limit");
    assert!(start.elapsed() < LIMIT + LATER);
    assert_eq!(server.value("fib(10)"), 55);
}

#[test]
fn memory_is_limited() {
    let server = server();
    for engine in ENGINES {
        for code in [
            "return #('x'):rep(1 << 30)",
            "local s = 'x' while true do s = s .. s end",
            "local t = {} while true do t[#t + 1] = {} end",
            "local t = {} while true do t[#t + 1] = coroutine.create(print) end",
            "local t = table.pack(string.byte(('x'):rep(1 << 26), 1, -1))",
            "return string.format('%99999999d', 1)",
        ] {
            let error = fails(&server, engine, code);
            let word = error["code"].as_str().unwrap();
            // Some of these meet a limit of the language or the clock first.
            assert!(["memory_limit", "runtime_error", "time_limit"].contains(&word), "{engine}: {code}: {error}");
        }
        is_well(&server, engine);
    }
}

#[test]
fn deep_recursion_is_an_error() {
    let server = server();
    for engine in ENGINES {
        let error = fails(&server, engine, "local function f() return 1 + f() end return f()");
        assert_eq!(error["code"], "runtime_error", "{engine}: {error}");
        assert!(error["message"].as_str().unwrap().contains("stack overflow"), "{error}");
        let nested = format!("return {}1{}", "(".repeat(1000), ")".repeat(1000));
        assert_eq!(fails(&server, engine, &nested)["code"], "syntax_error");
        is_well(&server, engine);
    }
}

#[test]
fn output_is_cut_off() {
    let server = Server::start(&["--max-output", "1K"]);
    let body = json!({"code": "for i = 1, 1000 do print(i) end return 'done'", "dialect": "lua"});
    let answer = server.execute(body.clone());
    assert_eq!((&answer["result"], &answer["output_truncated"]), (&json!("done"), &json!(true)));
    assert_eq!(answer["output"].as_str().unwrap().len(), 1024);
    let mut less = body;
    less["limits"] = json!({"output_bytes": 4});
    assert_eq!(server.execute(less)["output"], "1\n2\n");
    let answer = server.execute(json!({"code": "return ('x'):rep(100000)", "dialect": "lua"}));
    let text = answer["result_text"].as_str().unwrap();
    assert!(text.len() < 1100 && text.ends_with("x... and 98976 bytes more"), "{text}");
}

#[test]
fn limits_of_a_request_count() {
    let server = Server::start(&[]);
    let start = Instant::now();
    let body = json!({"code": "while true do end", "dialect": "lua", "limits": {"time_ms": 100}});
    assert_eq!(server.fails(422, body)["code"], "time_limit");
    assert!(start.elapsed() < Duration::from_millis(100) + LATER);
    let code = "local t = {} for i = 1, 100000 do t[i] = {} end return #t";
    assert_eq!(server.execute(json!({"code": code, "dialect": "lua"}))["result"], 100_000);
    let body = json!({"code": code, "dialect": "lua", "limits": {"memory_bytes": 1_000_000}});
    assert_eq!(server.fails(422, body)["code"], "memory_limit");
}

#[test]
fn there_is_no_world() {
    let server = server();
    let of = |code: &str| {
        let answer = server.execute(json!({"code": code, "dialect": "lua"}));
        answer["results"].clone()
    };
    for code in [
        "return io.open('/etc/passwd')",
        "return io.open('/tmp/jitlab-test', 'w')",
        "return io.popen and pcall(io.popen, 'id')",
        "return os.remove('/tmp/jitlab-test')",
        "return os.rename('/tmp/a', '/tmp/b')",
        "return pcall(os.tmpname)",
        "return select(2, pcall(io.tmpfile))",
        "return pcall(io.lines, '/etc/passwd')",
        "return pcall(dofile, '/etc/passwd')",
        "return loadfile('/etc/passwd')",
        "return pcall(require, 'socket')",
        "return io.read()",
    ] {
        let results = of(code);
        let first = results[0].as_str().unwrap_or("nothing");
        assert!(["nil", "false", "nothing"].contains(&first), "{code}: {results}");
    }
    assert_eq!(of("return os.getenv('PATH'), os.getenv('HOME')"), json!(["nil", "nil"]));
    assert_eq!(of("return os.execute()"), json!(["false"]));
    assert_ne!(of("return os.execute('true')")[0], "true");
}

#[test]
fn a_program_cannot_end_its_worker() {
    let server = server();
    server.execute(json!({"code": "return 1", "dialect": "lua"}));
    for code in ["os.exit(3)", "os.exit(true, true)"] {
        let answer = server.post("/api/execute", &json!({"code": code, "dialect": "lua"}));
        assert!([200, 422].contains(&answer.status), "{code}: {}", answer.body);
    }
    is_well(&server, "dynasm-method");
}

#[test]
fn what_is_too_much_is_refused() {
    let server = Server::start(&["--workers", "1", "--queue", "2", "--queue-limit", "0.2", "--time-limit", "0.5"]);
    let body = json!({"code": "while true do end", "dialect": "lua"});
    let start = Instant::now();
    let answers: Vec<(u16, Value)> = std::thread::scope(|scope| {
        let ask = || {
            let answer = server.post("/api/execute", &body);
            assert!(start.elapsed() < Duration::from_millis(200 + 500) + LATER, "{:?}", start.elapsed());
            assert_eq!(answer.header("retry-after").is_some(), answer.status == 503);
            (answer.status, answer.json()["code"].clone())
        };
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let count = |status: u16, code: &str| answers.iter().filter(|answer| **answer == (status, json!(code))).count();
    assert_eq!(count(422, "time_limit"), 1, "{answers:?}");
    assert_eq!(count(503, "queue_limit"), 2, "{answers:?}");
    assert_eq!(count(503, "queue_full"), 5, "{answers:?}");
    // Nobody counts what was not executed.
    assert_eq!(server.get("/api/stats").json()["total_executions"], 1);
    assert_eq!(server.value("1 + 1"), 2);
}

#[test]
fn what_met_its_limit_holds_up_its_like_only() {
    let server = Server::start(&["--workers", "2", "--time-limit", "0.5", "--queue", "20"]);
    let body = json!({"code": "while true do end", "dialect": "lua"});
    assert_eq!(server.fails(422, body.clone())["code"], "time_limit");
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..6).map(|_| scope.spawn(|| server.post("/api/execute", &body).status)).collect();
        std::thread::sleep(Duration::from_millis(100));
        for number in 0..20 {
            let start = Instant::now();
            assert_eq!(server.value(&format!("{number} + 1")), number + 1);
            let code = format!("return {number}");
            assert_eq!(server.execute(json!({"code": code, "dialect": "lua"}))["result"], number);
            assert!(start.elapsed() < Duration::from_millis(300), "{:?}", start.elapsed());
        }
        let statuses: Vec<u16> = clients.into_iter().map(|client| client.join().unwrap()).collect();
        assert_eq!(statuses, [422; 6]);
    });
}
