//! What the API gives for what it is asked.

use serde_json::{Value, json};

use crate::server::Server;

#[test]
fn an_expression_has_its_value() {
    let server = Server::start(&[]);
    let answer = server.execute(json!({"code": "x = 42; x * 2 + 10"}));
    assert_eq!(answer["result"], 94);
    assert!(answer["execution_time_ns"].as_u64().is_some_and(|time_ns| time_ns > 0), "{answer}");
    assert_eq!(answer["was_jit_compiled"], false);
    assert_eq!(answer["message"], "interpreted: not executed often enough yet");
    for (code, value) in [
        ("42", json!(42)),
        ("-10", json!(-10)),
        ("-7 / 2", json!(-3)),
        ("-7 % 2", json!(-1)),
        ("if(3 > 2, 5, 1 / 0)", json!(5)),
        ("fib(20)", json!(6765)),
        ("fact(20)", json!(2_432_902_008_176_640_000_i64)),
        ("pow(2, 62)", json!(1_i64 << 62)),
        ("9223372036854775807 + 1", json!(i64::MIN)),
        ("-9223372036854775808 / -1", json!(i64::MIN)),
    ] {
        assert_eq!(server.value(code), value, "{code}");
    }
}

#[test]
fn the_tenth_execution_is_compiled() {
    let server = Server::start(&[]);
    let code = "a = 3; b = 4; a * a + b * b";
    for number in 1..=12 {
        let answer = server.execute(json!({"code": code}));
        assert_eq!(answer["result"], 25);
        assert_eq!(answer["execution_count"], number);
        assert_eq!(answer["was_jit_compiled"], number >= 10, "execution {number}: {answer}");
        let message = if number >= 10 { "JIT compiled" } else { "interpreted: not executed often enough yet" };
        assert_eq!(answer["message"], message);
    }
    let cache = server.get("/api/cache").json();
    assert_eq!(cache["total_entries"], 1);
    let entry = &cache["entries"][0];
    let hash = entry["hash"].as_str().unwrap();
    assert!(hash.len() == 18 && hash.starts_with("0x") && hash[2..].bytes().all(|b| b.is_ascii_hexdigit()), "{hash}");
    assert_eq!((&entry["execution_count"], &entry["is_compiled"]), (&json!(12), &json!(true)));
    assert!(entry["code_size_bytes"].as_u64().unwrap() > 0);
    let stats = server.get("/api/stats").json();
    assert_eq!((&stats["total_executions"], &stats["jit_compilations"]), (&json!(12), &json!(1)));
    assert_eq!((&stats["cache_entries"], &stats["cache_hits"]), (&json!(1), &json!(11)));
    let number = |name: &str| stats[name].as_u64().unwrap();
    assert_eq!(number("average_execution_time_ns"), number("total_execution_time_ns") / 12);
    assert_eq!(number("average_compilation_time_ns"), number("total_compilation_time_ns"));
    assert!(number("total_compilation_time_ns") > 0);
    let reset = server.post("/api/reset", &json!({}));
    assert_eq!((reset.status, reset.json()["status"].clone()), (200, json!("reset")));
    assert_eq!(server.get("/api/cache").json(), json!({"total_entries": 0, "entries": []}));
    assert_eq!(server.get("/api/stats").json()["total_executions"], 0);
    assert_eq!(server.execute(json!({"code": code}))["was_jit_compiled"], false);
}

#[test]
fn the_threshold_can_be_set() {
    let server = Server::start(&["--jit-threshold", "3"]);
    let compiled: Vec<Value> =
        (0..4).map(|_| server.execute(json!({"code": "1 + 2"}))["was_jit_compiled"].clone()).collect();
    assert_eq!(compiled, [false, false, true, true]);
    server.execute(json!({"code": "1", "limits": {"time_ms": 1000.0}, "settings": {"jit-threshold": 7.0}}));
    let settings = json!({"jit-threshold": 2});
    let of = |_| server.execute(json!({"code": "1 + 3", "settings": settings}))["was_jit_compiled"].clone();
    assert_eq!((0..3).map(of).collect::<Vec<Value>>(), [false, true, true]);
}

#[test]
fn a_loop_compiler_says_that_there_is_no_loop() {
    let server = Server::start(&[]);
    for _ in 0..12 {
        let answer = server.execute(json!({"code": "fib(15)", "engine": "cranelift-loop"}));
        assert_eq!((&answer["result"], &answer["was_jit_compiled"]), (&json!(610), &json!(false)));
        let message = answer["message"].as_str().unwrap();
        assert!(message.ends_with("an expression has no loop"), "{message}");
    }
    let answer = server.execute(json!({"code": "1", "engine": "tree-walker"}));
    assert_eq!(answer["message"], "interpreted: this engine has no compiler");
    let answer = server.execute(json!({"code": "fib(15)", "settings": {"jit": "off"}}));
    assert_eq!(answer["message"], "interpreted: jit is off");
}

#[test]
fn lua_runs_on_several_engines() {
    let server = Server::start(&[]);
    let code = "print('hello', ...) local s = 0 for i = 1, 50000 do s = s + i end return s, 1.5, nil, 'x', {}";
    let engines = ["tree-walker", "bytecode-vm", "dynasm-method", "cranelift-loop", "tiered"];
    let answer =
        server.execute(json!({"code": code, "dialect": "lua", "engines": engines, "args": ["a", 1, 2.5, true]}));
    let answers = answer["answers"].as_array().unwrap();
    assert_eq!(answers.len(), engines.len());
    for (engine, answer) in engines.iter().zip(answers) {
        assert_eq!((&answer["engine"], &answer["error"]), (&json!(engine), &Value::Null));
        let execution = &answer["execution"];
        assert_eq!(execution["result"], 1_250_025_000);
        assert_eq!(execution["results"], json!(["1250025000", "1.5", "nil", "x", "table"]));
        assert_eq!(execution["output"], "hello\ta\t1\t2.5\ttrue\n");
        let compiles = ["dynasm-method", "cranelift-loop", "tiered"].contains(engine);
        assert_eq!(execution["was_jit_compiled"], compiles, "{execution}");
    }
}

#[test]
fn results_of_lua_have_their_types() {
    let server = Server::start(&[]);
    let of = |code: &str| {
        let answer = server.execute(json!({"code": code, "dialect": "lua"}));
        (answer["result"].clone(), answer["result_text"].as_str().unwrap().to_string())
    };
    assert_eq!(of("return 1.0"), (json!(1.0), "1.0".to_string()));
    assert_eq!(of("return 1 / 0"), (json!("inf"), "inf".to_string()));
    assert_eq!(of("return math.mininteger"), (json!(i64::MIN), i64::MIN.to_string()));
    assert_eq!(of("return true"), (json!(true), "true".to_string()));
    assert_eq!(of("return nil"), (Value::Null, "nil".to_string()));
    assert_eq!(of(""), (Value::Null, "nil".to_string()));
    assert_eq!(of("return 'a\\0b\\255'"), (json!("a\u{0}b\u{fffd}"), "a\u{0}b\u{fffd}".to_string()));
    assert_eq!(of("return print"), (json!("function"), "function".to_string()));
}

#[test]
fn errors_have_a_code_and_a_place() {
    let server = Server::start(&[]);
    let error = server.fails(422, json!({"code": "x = 1;\n10 / (x - 1)"}));
    assert_eq!(error["code"], "division_by_zero");
    assert_eq!(error["position"], json!({"line": 2, "column": 4, "offset": 10}));
    for (code, word, offset) in [
        ("1 +", "syntax_error", 3),
        ("y", "unknown_name", 0),
        ("1 + sin(2)", "unknown_function", 4),
        ("fib(-1)", "negative_argument", 0),
        ("2 * fact(0 - 1)", "negative_argument", 4),
        ("pow(2, -1)", "negative_argument", 0),
        ("5 % (1 - 1)", "division_by_zero", 2),
    ] {
        let error = server.fails(422, json!({"code": code}));
        assert_eq!((&error["code"], &error["position"]["offset"]), (&json!(word), &json!(offset)), "{code}");
    }
    let error = server.fails(422, json!({"code": "fib(1000000)"}));
    assert_eq!((&error["code"], &error["position"]), (&json!("runtime_error"), &Value::Null), "{error}");
    let lua = |code: &str| server.fails(422, json!({"code": code, "dialect": "lua"}));
    let error = lua("local x =\n  = 1");
    assert_eq!((&error["code"], &error["position"]["line"]), (&json!("syntax_error"), &json!(2)), "{error}");
    let error = lua("print('so far')\nlocal t = nil\nreturn t.x");
    assert_eq!((&error["code"], &error["output"]), (&json!("runtime_error"), &json!("so far\n")));
    assert_eq!(error["position"], json!({"line": 3, "column": null, "offset": null}));
    assert!(error["message"].as_str().unwrap().contains("attempt to index a nil value"), "{error}");
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let server = Server::start(&[]);
    for (body, code) in [
        ("", "bad_request"),
        ("{", "bad_request"),
        ("[]", "bad_request"),
        (r#"["1", "expression", null, null, null, null, null, null]"#, "bad_request"),
        ("{}", "bad_request"),
        (r#"{"code": 1}"#, "bad_request"),
        (r#"{"code": "1", "more": 1}"#, "bad_request"),
        (r#"{"code": "1", "code": "2"}"#, "bad_request"),
        (r#"{"code": "1", "dialect": "basic"}"#, "bad_request"),
        (r#"{"code": "1", "engine": "v8"}"#, "unknown_engine"),
        (r#"{"code": "1", "engines": []}"#, "bad_request"),
        (r#"{"code": "1", "dialect": "lua", "args": [[]]}"#, "bad_request"),
        (r#"{"code": "1", "session": "a/b"}"#, "bad_session"),
        (r#"{"code": "1", "session": ""}"#, "bad_session"),
        (r#"{"code": "1", "limits": {"time_ms": 0}}"#, "bad_limit"),
        (r#"{"code": "1", "limits": {"time_ms": 3600000}}"#, "bad_limit"),
        (r#"{"code": "1", "limits": {"memory_bytes": 1099511627776}}"#, "bad_limit"),
        (r#"{"code": "1", "limits": {"files": 1}}"#, "bad_request"),
        (r#"{"code": "1", "limits": {"time_ms": 1.5}}"#, "bad_request"),
        (r#"{"code": "1", "limits": {"time_ms": -1}}"#, "bad_request"),
    ] {
        let answer = server.post_text("/api/execute", body);
        assert_eq!((answer.status, &answer.json()["code"]), (400, &json!(code)), "{body}: {}", answer.body);
    }
    let answer = server.post_text("/api/execute", "{\n  \"code\": 1\n}");
    assert_eq!(answer.json()["position"], json!({"line": 2, "column": 11, "offset": null}), "{}", answer.body);
    for settings in [json!({"speed": 9}), json!({"jit": "sometimes"}), json!({"jit-threshold": "many"})] {
        assert_eq!(server.fails(422, json!({"code": "1", "settings": settings}))["code"], "bad_setting");
    }
    let both = json!({"code": "1", "engine": "tree-walker", "engines": ["tree-walker"]});
    assert_eq!(server.fails(422, both)["code"], "contradiction");
    assert_eq!(server.fails(422, json!({"code": "1", "args": [1]}))["code"], "contradiction");
    assert_eq!(server.fails(422, json!({"code": "1".repeat(70_000)}))["code"], "too_large");
    let longer = server.post("/api/execute", &json!({"code": "1".repeat(2_000_000)}));
    assert_eq!((longer.status, &longer.json()["code"]), (413, &json!("too_large")));
    for body in ["[]", "[1]", "1", "{\"a\": 1}"] {
        assert_eq!(server.post_text("/api/reset", body).status, 400, "{body}");
    }
    assert_eq!(server.post_text("/api/reset", "").status, 200);
    for path in ["/api/stats", "/api/health", "/", "/app.js"] {
        assert_eq!(server.ask("POST", path, &[("Host", &server.host())], "").status, 405, "{path}");
    }
    assert_eq!(server.get("/api/nothing").status, 404);
    let wrong = server.get("/api/execute");
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("POST")));
}

#[test]
fn code_can_be_explored() {
    let server = Server::start(&[]);
    let code = "x = 6; x * 7";
    let explore = |engine: &str| {
        let answer = server.post("/api/explore", &json!({"code": code, "engine": engine}));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    };
    let text = |answer: &Value, name: &str| {
        let stages = answer["stages"].as_array().unwrap();
        let stage = stages.iter().find(|stage| stage["stage"] == name).unwrap();
        (stage["is_available"].as_bool().unwrap(), stage["text"].as_str().unwrap().to_string())
    };
    for _ in 0..10 {
        server.execute(json!({"code": code}));
    }
    let answer = explore("dynasm-method");
    assert!(answer["source"].as_str().unwrap().contains("x_ * 7"), "{answer}");
    assert!(text(&answer, "bytecode").1.contains("MUL"), "{answer}");
    let (is_available, machine) = text(&answer, "asm");
    assert!(is_available && machine.contains("ret"), "{machine}");
    for stage in answer["stages"].as_array().unwrap().iter().filter(|stage| stage["is_available"] == true) {
        let of_lines = stage["source_lines"].as_array().unwrap();
        assert_eq!(of_lines.len(), stage["text"].as_str().unwrap().lines().count(), "{stage}");
        let is_linked = of_lines.iter().any(|line| line.as_u64() > Some(0));
        assert!(is_linked || stage["text"] == "", "{stage}");
    }
    // Looking is no execution.
    assert_eq!(server.get("/api/stats").json()["total_executions"], 10);
    let (is_available, why) = text(&explore("tree-walker"), "asm");
    assert!(!is_available && why.contains("machine code"), "{why}");
    let lua = "local s = 0 for i = 1, 100000 do s = s + i end return s";
    let answer = server.post("/api/explore", &json!({"code": lua, "dialect": "lua", "engine": "cranelift-loop"}));
    let (is_available, machine) = text(&answer.json(), "asm");
    assert!(is_available && machine.contains("loop at PC"), "{machine}");
    assert_eq!(server.post("/api/explore", &json!({"code": "1 +"})).status, 422);
}

#[test]
fn the_server_says_what_it_has() {
    let server = Server::start(&["--workers", "3"]);
    let health = server.get("/api/health");
    assert_eq!((health.status, &health.json()["status"]), (200, &json!("ok")));
    assert_eq!(health.json()["workers"], 3);
    let engines = server.get("/api/engines").json();
    let ids: Vec<&str> = engines["engines"].as_array().unwrap().iter().map(|e| e["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"tree-walker") && ids.contains(&"dynasm-method"), "{ids:?}");
    let is_default = |engine: &&Value| engine["is_default"] == true;
    let default: Vec<&Value> = engines["engines"].as_array().unwrap().iter().filter(is_default).collect();
    assert_eq!((default.len(), &default[0]["id"]), (1, &json!("dynasm-method")));
    assert_eq!(server.get("/api/results").json(), json!({"folders": []}));
    assert_eq!(server.get("/api/results/0").status, 404);
}

#[test]
fn results_folders_are_shown() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../results/reference");
    let server = Server::start(&["--open", folder]);
    let list = server.get("/api/results").json();
    assert_eq!(list["folders"].as_array().unwrap().len(), 1);
    let table = server.get("/api/results/0").json();
    assert_eq!(table["header"][0], "workload");
    assert_eq!(table["rows"][0][0], "binary_tree");
    let figure = server.get("/api/results/0/figure");
    assert_eq!((figure.status, figure.header("content-type")), (200, Some("image/svg+xml")));
    assert!(figure.body.starts_with("<svg"));
    for path in ["/api/results/1", "/api/results/-1", "/api/results/..%2f..%2fetc%2fpasswd", "/api/results/0/plan.json"]
    {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}
