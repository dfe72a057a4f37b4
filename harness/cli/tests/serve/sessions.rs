//! Sessions keep variables, and nothing else does.

use serde_json::{Value, json};

use crate::server::Server;

#[test]
fn expressions_keep_variables_in_a_session() {
    let server = Server::start(&[]);
    let execute = |session: &str, code: &str| server.execute(json!({"code": code, "session": session}));
    assert_eq!(execute("one", "x = 42; y = x + 1")["result"], 43);
    let answer = execute("one", "x * 2 + y");
    assert_eq!(answer["result"], 127);
    assert_eq!(answer["variables"], json!([{"name": "x", "value": 42}, {"name": "y", "value": 43}]));
    assert_eq!(server.fails(422, json!({"code": "x", "session": "two"}))["code"], "unknown_name");
    assert_eq!(server.fails(422, json!({"code": "x"}))["code"], "unknown_name");
    execute("two", "x = 7");
    assert_eq!((&execute("one", "x")["result"], &execute("two", "x")["result"]), (&json!(42), &json!(7)));
    // What failed has assigned nothing.
    server.fails(422, json!({"code": "x = 0; 1 / x", "session": "one"}));
    assert_eq!(execute("one", "x")["result"], 42);
}

#[test]
fn counts_are_the_same_in_and_out_of_sessions() {
    let server = Server::start(&[]);
    for number in 1..=9 {
        let session = format!("s{}", number % 3);
        let answer = server.execute(json!({"code": "z = 5; z * z", "session": session}));
        assert_eq!((&answer["execution_count"], &answer["was_jit_compiled"]), (&json!(number), &json!(false)));
    }
    let answer = server.execute(json!({"code": "z = 5; z * z"}));
    assert_eq!((&answer["execution_count"], &answer["was_jit_compiled"]), (&json!(10), &json!(true)));
}

#[test]
fn lua_keeps_globals_in_a_session_only() {
    let server = Server::start(&[]);
    let execute = |session: Option<&str>, engine: &str| {
        let body = json!({"code": "n = (n or 0) + 1 return n", "dialect": "lua", "session": session, "engine": engine});
        server.execute(body)["result"].clone()
    };
    assert_eq!([(); 3].map(|()| execute(None, "bytecode-vm")), [1, 1, 1].map(Value::from));
    assert_eq!([(); 3].map(|()| execute(Some("a"), "bytecode-vm")), [1, 2, 3].map(Value::from));
    // Each engine has a state of its own, and so has each session.
    assert_eq!(execute(Some("a"), "tree-walker"), 1);
    assert_eq!(execute(Some("b"), "bytecode-vm"), 1);
    // An error leaves the state as it is.
    let code = "n = 10 error('no')";
    server.fails(422, json!({"code": code, "dialect": "lua", "session": "a", "engine": "bytecode-vm"}));
    assert_eq!(execute(Some("a"), "bytecode-vm"), 11);
    server.post("/api/reset", &json!({}));
    assert_eq!(execute(Some("a"), "bytecode-vm"), 1);
}

#[test]
fn what_one_program_changes_no_other_sees() {
    let server = Server::start(&["--workers", "1"]);
    let code = "string.rep = nil; print = nil; _G.x = 1; getmetatable('').__index = nil; return 1";
    for engine in ["tree-walker", "bytecode-vm", "dynasm-method", "cranelift-loop", "tiered"] {
        server.execute(json!({"code": code, "dialect": "lua", "engine": engine}));
        let code = "print(x, ('a'):rep(2)) return 1";
        let answer = server.execute(json!({"code": code, "dialect": "lua", "engine": engine}));
        assert_eq!(answer["output"], "nil\taa\n");
    }
}

#[test]
fn there_are_only_so_many_sessions() {
    let server = Server::start(&["--sessions", "2"]);
    for session in ["a", "b", "a"] {
        server.execute(json!({"code": "x = 1", "session": session}));
    }
    let error = server.fails(503, json!({"code": "x = 1", "session": "c"}));
    assert_eq!(error["code"], "too_many_sessions");
    assert_eq!(server.get("/api/health").json()["sessions"], 2);
    server.post("/api/reset", &json!({}));
    server.execute(json!({"code": "x = 1", "session": "c"}));
}
