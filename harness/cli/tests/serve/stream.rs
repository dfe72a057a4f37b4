//! The stream of events, and connections that are slow.

use std::io::{BufRead, BufReader, Write};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{Server, read_answer};

/// Listens to a server; returns the events, by name, as they come.
fn listen(server: &Server) -> impl Iterator<Item = (String, Value)> + use<> {
    let mut stream = server.connect();
    let host = server.host();
    write!(stream, "GET /api/events HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    assert!(head.iter().any(|line| line.eq_ignore_ascii_case("content-type: text/event-stream")), "{head:?}");
    let mut name = String::new();
    lines.filter_map(move |line| {
        if let Some(event) = line.strip_prefix("event: ") {
            name = event.to_string();
        }
        line.strip_prefix("data: ").map(|data| (name.clone(), serde_json::from_str(data).unwrap()))
    })
}

#[test]
fn compilers_and_executions_are_told_of() {
    let server = Server::start(&[]);
    let mut events = listen(&server);
    for _ in 0..10 {
        server.execute(json!({"code": "2 * 3"}));
    }
    let mut compiled = Vec::new();
    let last = loop {
        match events.next().unwrap() {
            (name, event) if name == "compiler" => compiled.push(event),
            (name, event) if name == "execution" && event["execution_count"] == 10 => break event,
            (name, _) => assert_eq!(name, "execution"),
        }
    };
    assert_eq!(last["was_jit_compiled"], true);
    let end = compiled.iter().find(|event| event["kind"] == "compile_end").expect("a compilation");
    assert_eq!((&end["engine"], &end["hash"]), (&json!("dynasm-method"), &last["hash"]));
    assert!(end["bytes_out"].as_u64().unwrap() > 0);
    let times: Vec<u64> = compiled.iter().map(|event| event["at_ns"].as_u64().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[test]
fn looking_is_told_to_nobody() {
    let server = Server::start(&[]);
    let mut events = listen(&server);
    let body =
        json!({"code": "local s = 0 for i = 1, 100000 do s = s + i end", "dialect": "lua", "engine": "cranelift-loop"});
    let answer = server.post("/api/explore", &body);
    assert!(answer.body.contains("loop at PC"), "{}", answer.body);
    server.value("1");
    assert_eq!(events.next().map(|(name, _)| name).as_deref(), Some("execution"));
}

#[test]
fn events_come_while_a_program_runs() {
    let server = Server::start(&["--time-limit", "2"]);
    let mut events = listen(&server);
    let body = json!({"code": "while true do end", "dialect": "lua", "engine": "cranelift-loop"});
    std::thread::scope(|scope| {
        let start = Instant::now();
        let client = scope.spawn(|| server.post("/api/execute", &body).status);
        let (_, osr) = events.find(|(_, event)| event["kind"] == "osr").unwrap();
        assert!(start.elapsed() < Duration::from_secs(2), "the event came late: {osr}");
        assert!(!client.is_finished());
        assert_eq!(client.join().unwrap(), 422);
    });
}

#[test]
fn collections_are_told_of_and_not_without_end() {
    let server = Server::start(&[]);
    let events = listen(&server);
    let code = "for i = 1, 100 do collectgarbage() end return 1";
    server.execute(json!({"code": code, "dialect": "lua"}));
    let kinds: Vec<Value> =
        events.take_while(|(name, _)| name == "compiler").map(|(_, event)| event["kind"].clone()).collect();
    let count = kinds.iter().filter(|kind| **kind == "gc").count();
    assert_eq!(count, 20, "{kinds:?}");
}

#[test]
fn only_so_many_may_listen() {
    let server = Server::start(&[]);
    let listeners: Vec<_> = (0..32).map(|_| listen(&server)).collect();
    let answer = server.get("/api/events");
    assert_eq!((answer.status, &answer.json()["code"]), (503, &json!("too_many_listeners")));
    assert_eq!(server.value("1"), 1);
    drop(listeners);
}

#[test]
fn slow_connections_hold_nobody_up() {
    let server = Server::start(&["--workers", "1", "--queue", "2"]);
    let host = server.host();
    let mut slow = Vec::new();
    for _ in 0..20 {
        let mut stream = server.connect();
        stream.write_all(b"POST /api/exec").unwrap();
        slow.push(stream);
        let mut stream = server.connect();
        let head = format!("POST /api/execute HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n");
        write!(stream, "{head}Content-Length: 100\r\n\r\n{{").unwrap();
        slow.push(stream);
    }
    let start = Instant::now();
    assert_eq!(server.value("1 + 1"), 2);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    let (sender, answers) = channel();
    std::thread::scope(|scope| {
        for mut stream in slow {
            let sender = sender.clone();
            scope.spawn(move || sender.send(read_answer(&mut stream).status).unwrap());
        }
    });
    drop(sender);
    // One that never finished its head gets no answer at all.
    assert!(answers.iter().all(|status| status == 0 || status == 408));
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn broken_requests_are_answered() {
    let server = Server::start(&[]);
    for bytes in
        [&b"\0\0\0\0\r\n\r\n"[..], b"GET\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03"]
    {
        let mut stream = server.connect();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let answer = read_answer(&mut stream);
        assert!([0, 400, 505].contains(&answer.status), "{bytes:?}: {answer:?}");
    }
    let long = format!("GET /{} HTTP/1.1\r\nHost: {}\r\n\r\n", "x".repeat(100_000), server.host());
    assert!([0, 414, 431].contains(&server.raw(long.as_bytes()).status));
    assert_eq!(server.value("1"), 1);
}
