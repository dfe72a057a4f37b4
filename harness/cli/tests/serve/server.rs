//! Starting a server, and asking it. The client is as small as it can be, so that tests can send what no library would.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// A running server; dropping it ends it.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Server {
    pub(crate) fn start(options: &[&str]) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_harness"))
            .args(["serve", "--port", "0"])
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("it says where it listens");
        let address = line.trim().strip_prefix("listening at http://").unwrap_or_else(|| panic!("it said {line:?}"));
        let port = address.trim_end_matches('/').rsplit_once(':').expect("a port").1.parse().expect("a number");
        Server { child, port }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
        stream
    }

    /// Sends exactly these bytes and reads to the end.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        // A server that refuses early need not read everything; what it said counts.
        let _closed = stream.write_all(bytes);
        read_answer(&mut stream)
    }

    /// A request with these lines of head besides the first.
    pub(crate) fn ask(&self, method: &str, path: &str, head: &[(&str, &str)], body: &str) -> Answer {
        let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in head {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        self.raw(text.as_bytes())
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[("Host", &self.host())], "")
    }

    pub(crate) fn post_text(&self, path: &str, body: &str) -> Answer {
        self.ask("POST", path, &[("Host", &self.host()), ("Content-Type", "application/json")], body)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_text(path, &body.to_string())
    }

    /// Executes something that gives a result.
    #[track_caller]
    pub(crate) fn execute(&self, body: Value) -> Value {
        let answer = self.post("/api/execute", &body);
        assert_eq!(answer.status, 200, "{body}: {}", answer.body);
        answer.json()
    }

    /// Executes something that gives none; returns the error.
    #[track_caller]
    pub(crate) fn fails(&self, status: u16, body: Value) -> Value {
        let answer = self.post("/api/execute", &body);
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
        answer.json()
    }

    /// The value of an expression.
    #[track_caller]
    pub(crate) fn value(&self, code: &str) -> Value {
        self.execute(json!({"code": code}))["result"].clone()
    }

    /// The processes that the server has started.
    pub(crate) fn workers(&self) -> Vec<u32> {
        let children = format!("/proc/{0}/task", self.pid());
        let tasks = std::fs::read_dir(children).expect("the server runs");
        let mut found = Vec::new();
        for task in tasks {
            let path = task.expect("a task").path().join("children");
            // A thread may have ended in the meantime.
            let Ok(text) = std::fs::read_to_string(path) else { continue };
            found.extend(text.split_whitespace().map(|pid| pid.parse::<u32>().expect("a number")));
        }
        found
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, which its test will have seen.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (header, value) = line.split_once(':')?;
            header.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

pub(crate) fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // A server that refuses early may close before it has read everything; what it said counts.
    let _reset = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).expect("text");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_string(), body: body.to_string() }
}
