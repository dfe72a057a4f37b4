//! As much of WebDriver as the tests need: a `chromedriver` of their own, which is asked over HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::{Value, json};

/// How long anything may take to happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser with one window; dropping it closes it.
pub(super) struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

impl Browser {
    /// Starts one whose page has this size.
    pub(super) fn start(width: u32, height: u32) -> Browser {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("chromedriver starts");
        let output = BufReader::new(driver.stdout.take().expect("a pipe"));
        let port = output
            .lines()
            .map(|line| line.expect("it talks"))
            .find_map(|line| line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok())
            .expect("it says its port");
        let mut browser = Browser { driver, port, session: String::new() };
        let arguments =
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"];
        let options = json!({"args": arguments});
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let answer = browser.ask("POST", "/session", Some(capabilities));
        browser.session = answer["sessionId"].as_str().unwrap_or_else(|| panic!("{answer}")).to_string();
        // The window may have a least width; the page in it has not.
        browser.command(
            "/goog/cdp/execute",
            json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": {
                "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
            }}),
        );
        browser
    }

    pub(super) fn open(&self, url: &str) {
        self.command("/url", json!({"url": url}));
    }

    /// The value of a script that returns one.
    pub(super) fn run(&self, script: &str) -> Value {
        self.call(script, json!([]))
    }

    pub(super) fn call(&self, script: &str, arguments: Value) -> Value {
        self.command("/execute/sync", json!({"script": script, "args": arguments}))
    }

    /// What a script hands to the function that is its last argument.
    pub(super) fn run_to_end(&self, script: &str, arguments: Value) -> Value {
        self.command("/execute/async", json!({"script": script, "args": arguments}))
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub(super) fn wait(&self, condition: &str) {
        let start = Instant::now();
        while self.run(&format!("return Boolean({condition})")) != true {
            let page = || self.run("return document.body.innerText");
            assert!(start.elapsed() < PATIENCE, "never true: {condition}\n{}", page().as_str().unwrap_or_default());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The text of the first element of a selector.
    pub(super) fn text(&self, selector: &str) -> String {
        let text = self.call("return document.querySelector(arguments[0]).textContent", json!([selector]));
        text.as_str().unwrap_or_default().to_string()
    }

    /// Types into an element.
    pub(super) fn keys(&self, selector: &str, keys: &str) {
        let found = self.command("/element", json!({"using": "css selector", "value": selector}));
        let id =
            found.as_object().and_then(|element| element.values().next()).and_then(Value::as_str).expect("an element");
        self.command(&format!("/element/{id}/value"), json!({"text": keys}));
    }

    /// Presses and releases a key, wherever the focus is.
    pub(super) fn keys_to_focus(&self, key: &str) {
        let presses = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        self.command("/actions", json!({"actions": [{"type": "key", "id": "keyboard", "actions": presses}]}));
    }

    /// What the page has said to its console since the last time.
    pub(super) fn log(&self) -> Vec<Value> {
        self.command("/se/log", json!({"type": "browser"})).as_array().cloned().unwrap_or_default()
    }

    /// Leaves a picture of the whole page, if somebody wants to look at it.
    pub(super) fn screenshot(&self, name: &str) {
        let Some(folder) = std::env::var_os("SCREENSHOTS") else { return };
        let answer = self.command(
            "/goog/cdp/execute",
            json!({"cmd": "Page.captureScreenshot", "params": {"captureBeyondViewport": true}}),
        );
        let picture = decode(answer["data"].as_str().expect("a picture"));
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), picture).expect("a writable folder");
    }

    #[track_caller]
    fn command(&self, path: &str, body: Value) -> Value {
        self.ask("POST", &format!("/session/{}{path}", self.session), Some(body))
    }

    #[track_caller]
    fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the driver listens");
        stream.set_read_timeout(Some(PATIENCE * 2)).expect("a timeout");
        let body = body.map_or(String::new(), |body| body.to_string());
        let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).expect("the driver reads");
        // It leaves the connection open, whatever it is asked for.
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(stream.read_line(&mut head).expect("the driver answers"), 0, "{head}");
        }
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
        let mut body = vec![0; length.expect("a length")];
        stream.read_exact(&mut body).expect("a body");
        let answer: Value = serde_json::from_slice(&body).expect("JSON");
        assert!(head.contains(" 200 "), "{method} {path}: {answer}");
        answer["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() && !std::thread::panicking() {
            self.ask("DELETE", &format!("/session/{}", self.session), None);
        }
        // A browser does not end with its driver, but with the group that both are in.
        let _gone = killpg(Pid::from_raw(self.driver.id() as i32), Signal::SIGKILL);
        let _reaped = self.driver.wait();
    }
}

/// Decodes base 64.
fn decode(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let values = text.bytes().filter_map(|byte| LETTERS.iter().position(|letter| *letter == byte));
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for value in values {
        bits = (bits << 6 | value as u32) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}
