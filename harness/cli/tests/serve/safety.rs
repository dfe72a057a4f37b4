//! Pages of other sites, names bound to other addresses, and paths get nowhere.

use std::io::Read;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::server::Server;

const BODY: &str = r#"{"code": "1"}"#;
const JSON: (&str, &str) = ("Content-Type", "application/json");

#[test]
fn a_name_that_is_bound_to_this_address_is_refused() {
    let server = Server::start(&[]);
    let port = server.port;
    for host in ["evil.example".to_string(), format!("evil.example:{port}"), format!("127.0.0.1.evil.example:{port}")] {
        for (method, path) in [("GET", "/"), ("GET", "/api/stats"), ("GET", "/app.js"), ("POST", "/api/execute")] {
            let answer = server.ask(method, path, &[("Host", &host), JSON], BODY);
            assert_eq!((answer.status, &answer.json()["code"]), (403, &json!("wrong_host")), "{host} {path}");
        }
    }
    let (own, other) = (server.host(), format!("127.0.0.1:{}", port.wrapping_add(1)));
    assert_eq!(server.ask("GET", "/", &[("Host", &other)], "").status, 403);
    assert_eq!(server.ask("GET", "/", &[("Host", &own), ("Host", "evil.example")], "").status, 403);
    assert_eq!(server.ask("GET", "/", &[], "").status, 403);
    let absolute = format!("http://evil.example:{port}/api/stats");
    assert_eq!(server.ask("GET", &absolute, &[("Host", &own)], "").status, 403);
    for host in [own, format!("localhost:{port}"), format!("[::1]:{port}")] {
        assert_eq!(server.ask("GET", "/api/stats", &[("Host", &host)], "").status, 200, "{host}");
    }
}

#[test]
fn pages_of_other_sites_are_refused() {
    let server = Server::start(&["--allow-origin", "https://friend.example"]);
    let host = server.host();
    let execute = |origin: &str| server.ask("POST", "/api/execute", &[("Host", &host), JSON, ("Origin", origin)], BODY);
    for origin in ["https://evil.example", "null", "http://127.0.0.1", "https://friend.example.evil.example"] {
        let answer = execute(origin);
        assert_eq!((answer.status, &answer.json()["code"]), (403, &json!("wrong_origin")), "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
        let preflight = [("Host", host.as_str()), ("Origin", origin), ("Access-Control-Request-Method", "POST")];
        assert_eq!(server.ask("OPTIONS", "/api/execute", &preflight, "").status, 403);
    }
    assert_eq!(server.get("/api/stats").json()["total_executions"], 0);
    let friend = "https://friend.example";
    let answer = execute(friend);
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some(friend)));
    let preflight = [("Host", host.as_str()), ("Origin", friend), ("Access-Control-Request-Method", "POST")];
    let answer = server.ask("OPTIONS", "/api/execute", &preflight, "");
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some(friend)));
    assert_eq!(execute(&format!("http://{host}")).status, 200);
    // A browser that leaves the origin out still says that another site asks.
    let cross = [("Host", host.as_str()), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")];
    assert_eq!(server.ask("GET", "/api/stats", &cross, "").status, 403);
}

#[test]
fn what_a_form_can_send_is_refused() {
    let server = Server::start(&[]);
    let host = server.host();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""] {
        for path in ["/api/execute", "/api/explore", "/api/reset"] {
            let answer = server.ask("POST", path, &[("Host", &host), ("Content-Type", content_type)], BODY);
            assert_eq!((answer.status, &answer.json()["code"]), (415, &json!("wrong_content_type")), "{content_type}");
        }
    }
    assert_eq!(server.ask("POST", "/api/execute", &[("Host", &host)], BODY).status, 415);
    let charset = ("Content-Type", "application/json; charset=utf-8");
    assert_eq!(server.ask("POST", "/api/execute", &[("Host", &host), charset], BODY).status, 200);
}

#[test]
fn paths_lead_nowhere() {
    let server = Server::start(&[]);
    for path in [
        "/../../etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/app.js/../../Cargo.toml",
        "//etc/passwd",
        "/api/results/../../../etc/passwd",
        "/etc/passwd%00.js",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.body.contains("root:"), "{path}");
    }
}

#[test]
fn the_page_loads_nothing_from_elsewhere() {
    let server = Server::start(&[]);
    for path in ["/", "/app.js", "/style.css", "/icon.svg", "/api/stats", "/nothing"] {
        let answer = server.get(path);
        let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("{path} has no policy"));
        assert!(policy.starts_with("default-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    }
    let page = server.get("/").body;
    assert!(page.contains("<script src=\"/app.js\" defer>"), "{page}");
    assert!(!page.contains(" style=") && !page.contains(" onclick="), "{page}");
    for path in ["/", "/app.js", "/style.css"] {
        let body = server.get(path).body;
        assert!(!body.contains("https://") && !body.contains("innerHTML"), "{path}");
    }
}

#[test]
fn a_token_is_asked_for() {
    let server = Server::start(&["--token", "open-sesame"]);
    let host = server.host();
    for token in [None, Some("Bearer open-sesam"), Some("Bearer open-sesame1"), Some("open-sesame"), Some("Bearer ")] {
        let head: Vec<(&str, &str)> =
            [("Host", host.as_str()), JSON].into_iter().chain(token.map(|token| ("Authorization", token))).collect();
        for (method, path) in [("GET", "/api/stats"), ("GET", "/api/events"), ("POST", "/api/execute")] {
            let answer = server.ask(method, path, &head, BODY);
            assert_eq!((answer.status, &answer.json()["code"]), (401, &json!("wrong_token")), "{token:?} {path}");
        }
    }
    let head = [("Host", host.as_str()), JSON, ("Authorization", "Bearer open-sesame")];
    assert_eq!(server.ask("POST", "/api/execute", &head, BODY).status, 200);
    assert_eq!(server.ask("GET", "/", &[("Host", &host)], "").status, 200);
}

/// What the server says when it is started in a way that it refuses.
fn refused(options: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_harness"));
    command.args(["serve", "--port", "0"]).args(options);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = child.wait().unwrap();
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    (status.code(), text)
}

#[test]
fn bad_options_are_refused() {
    for (options, words) in [
        (vec!["--listen", "0.0.0.0"], "needs --token"),
        (vec!["--listen", "::"], "needs --token"),
        (vec!["--token", ""], "--token takes"),
        (vec!["--allow-origin", "*"], "--allow-origin takes one origin"),
        (vec!["--allow-origin", "https://*.example"], "--allow-origin takes one origin"),
        (vec!["--allow-origin", "https://a.example/"], "--allow-origin takes one origin"),
        (vec!["--time-limit", "0"], "--time-limit takes"),
        (vec!["--max-memory", "much"], "--max-memory takes"),
        (vec!["--max-output", "1G"], "--max-output takes"),
        (vec!["--workers", "0"], "--workers takes"),
        (vec!["--open", "/nonexistent"], "is no results folder"),
    ] {
        let (status, text) = refused(&options);
        assert_eq!(status, Some(2), "{options:?}: {text}");
        assert!(text.contains(words), "{options:?}: {text}");
    }
}
