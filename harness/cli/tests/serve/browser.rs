//! The dashboard in a headless Chromium. Ignored where there is none: `scripts/install-browser.sh` installs it.
//!
//! With `SCREENSHOTS=DIR` what the tests see is left there as pictures, to be looked at.

mod driver;

use serde_json::{Value, json};

use crate::server::Server;
use driver::Browser;

const NO_BROWSER: &str = "no Chromium: scripts/install-browser.sh";

/// The sizes and themes that everything is tried in.
const LOOKS: [(u32, u32, &str); 4] =
    [(400, 900, "light"), (400, 900, "dark"), (1280, 900, "light"), (1280, 900, "dark")];

fn open(server: &Server, (width, height, theme): (u32, u32, &str)) -> Browser {
    let browser = Browser::start(width, height);
    browser.open(&format!("http://127.0.0.1:{}/", server.port));
    browser.wait("document.documentElement.dataset.theme");
    if browser.run("return document.documentElement.dataset.theme") != theme {
        browser.run("document.getElementById('theme').click()");
    }
    browser.wait("document.getElementById('status').textContent === 'listening to events'");
    browser
}

/// Fills in the form.
fn fill(browser: &Browser, dialect: &str, code: &str, engines: &[&str], times: u32) {
    browser.call(
        "const [dialect, code, engines, times] = arguments;
         document.querySelector(`input[name=dialect][value=${dialect}]`).click();
         document.getElementById('code').value = code;
         for (const box of document.querySelectorAll('input[name=engine]')) box.checked = engines.includes(box.value);
         document.getElementById('times').value = times;",
        json!([dialect, code, engines, times]),
    );
}

fn run(browser: &Browser) {
    browser.run("document.getElementById('execute').click()");
}

fn looks_whole(browser: &Browser) {
    // Nothing reaches beyond the window but what scrolls by itself, and the console has not complained but of answers for
    // programs that are wrong.
    let overflow = browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
    assert_eq!(overflow, 0, "the page is wider than the window");
    let is_known = |entry: &Value| entry["message"].as_str().is_some_and(|text| text.contains("a status of 422"));
    let log: Vec<Value> = browser.log().into_iter().filter(|entry| !is_known(entry)).collect();
    assert!(log.is_empty(), "{log:?}");
}

#[test]
#[cfg_attr(not(browser), ignore = "no Chromium: scripts/install-browser.sh")]
fn an_expression_is_run_until_it_is_compiled() {
    let server = Server::start(&[]);
    for look in LOOKS {
        server.post("/api/reset", &json!({}));
        let browser = open(&server, look);
        fill(&browser, "expression", "x = 42; x * 2 + 10", &["dynasm-method"], 9);
        browser.run("document.getElementById('execute').click()");
        let last = |browser: &Browser, words: &str| {
            browser.wait(&format!("document.getElementById('results').textContent.includes({words:?})"));
            browser.text("#results")
        };
        let text = last(&browser, "9 of 9");
        assert!(text.contains("94") && text.contains("not executed often enough yet"), "{text}");
        browser.wait("!document.getElementById('execute').disabled");
        fill(&browser, "expression", "x = 42; x * 2 + 10", &["dynasm-method"], 1);
        // By keyboard this time.
        browser.keys("#code", "\u{E009}\u{E007}\u{E000}");
        let text = last(&browser, "JIT compiled");
        assert!(text.contains("executed 10 times"), "{text}");
        browser.wait("document.querySelector('[data-total=executions] dd')?.textContent === '10'");
        browser.wait("document.querySelector('#events')?.textContent.includes('compile end')");
        assert_eq!(browser.run("return document.querySelectorAll('#timeline rect.compile').length"), 1);
        browser.wait("document.querySelectorAll('#speed circle.compiled').length === 1");
        // The cache has it, with its machine code behind a button.
        let row = browser.text("#cache tr");
        assert!(row.contains("x = 42; x * 2 + 10") && row.contains(" bytes"), "{row}");
        browser.run("document.querySelector('#cache button').click()");
        browser.wait("document.querySelector('#stages button[data-stage=asm]')?.getAttribute('aria-selected')");
        let machine = browser.text("#stage");
        assert!(machine.contains("ret") && machine.contains("; pc 0"), "{machine}");
        // A line of machine code marks the line that it was made for, and the others of that.
        browser.run(
            "document.querySelector('#stage [data-line]').dispatchEvent(new MouseEvent('mouseover', {bubbles: true}))",
        );
        browser.wait("document.querySelectorAll('#source .marked').length === 1");
        browser.wait("document.querySelectorAll('#stage .marked').length > 1");
        looks_whole(&browser);
        browser.screenshot(&format!("expression-{}-{}", look.0, look.2));
    }
}

#[test]
#[cfg_attr(not(browser), ignore = "no Chromium: scripts/install-browser.sh")]
fn lua_runs_on_two_engines_while_events_arrive() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../results/reference");
    let server = Server::start(&["--open", folder]);
    for look in LOOKS {
        server.post("/api/reset", &json!({}));
        let browser = open(&server, look);
        let code = "local function add(a, b) return a + b end\nlocal sum = 0\nfor i = 1, 3000000 do sum = add(sum, i) end\n\
                    for i = 1, 30000 do sum = add(sum, i + 0.5) end\nprint('<b>sum</b>', sum)\n\
                    local names = {} for i = 1, 200000 do names[i] = 'n' .. i end\nreturn #names";
        fill(&browser, "lua", code, &["bytecode-vm", "cranelift-loop"], 1);
        browser.run("document.getElementById('execute').click()");
        browser.wait("document.getElementById('events').textContent.includes('osr')");
        browser.wait("document.querySelectorAll('#results .answer').length === 2");
        let engines =
            browser.run("return [...document.querySelectorAll('#results .answer')].map(a => a.dataset.engine)");
        assert_eq!(engines, json!(["bytecode-vm", "cranelift-loop"]));
        let text = browser.text("#results");
        assert_eq!(text.matches("200000").count(), 2, "{text}");
        // What a program prints is text.
        assert_eq!(text.matches("<b>sum</b>").count(), 2, "{text}");
        assert_eq!(browser.run("return document.querySelectorAll('#results b').length"), 0);
        assert!(text.contains("interpreted: this engine has no compiler") && text.contains("JIT compiled"), "{text}");
        browser.wait("document.querySelectorAll('#timeline rect.osr').length > 0");
        browser.wait("document.querySelectorAll('#timeline rect.collect').length > 0");
        browser.wait("document.querySelectorAll('#cache tr').length === 2");
        browser.wait("document.querySelector('#tiers').textContent.includes('with compiled code')");
        looks_whole(&browser);
        browser.run("scrollTo(0, 0)");
        browser.screenshot(&format!("lua-{}-{}", look.0, look.2));
        // The results folder is there too.
        browser.run("document.querySelector('#folder-list button').click()");
        browser
            .wait("document.querySelector('#folder svg') && document.querySelectorAll('#folder tbody tr').length > 10");
        looks_whole(&browser);
        browser.screenshot(&format!("folder-{}-{}", look.0, look.2));
    }
}

#[test]
#[cfg_attr(not(browser), ignore = "no Chromium: scripts/install-browser.sh")]
fn errors_are_shown_at_their_place() {
    let server = Server::start(&["--time-limit", "0.3"]);
    let browser = open(&server, (1600, 900, "light"));
    fill(&browser, "expression", "é = 1", &["dynasm-method"], 1);
    browser.run("document.getElementById('execute').click()");
    browser.wait("document.querySelector('#results .error')?.textContent.includes('unexpected character')");
    fill(&browser, "expression", "1;\n10 / (5 - 5)", &["dynasm-method"], 1);
    browser.run("document.getElementById('execute').click()");
    browser
        .wait("document.querySelector('#results .error')?.textContent.includes('line 2, column 4: division by zero')");
    fill(&browser, "lua", "print('before') while true do end", &["tree-walker", "dynasm-method"], 1);
    browser.run("document.getElementById('execute').click()");
    browser.wait("[...document.querySelectorAll('#results .error')].filter(e => e.textContent.includes('time_limit')).length === 2");
    fill(&browser, "lua", "return '</script><img src=x onerror=alert(1)>'", &["tree-walker"], 1);
    browser.run("document.getElementById('execute').click()");
    browser.wait("document.querySelector('#results .value')?.textContent.includes('onerror')");
    assert_eq!(browser.run("return document.images.length"), 0);
    looks_whole(&browser);
    browser.screenshot("errors-1600-light");
}

#[test]
#[cfg_attr(not(browser), ignore = "no Chromium: scripts/install-browser.sh")]
fn everything_is_reached_by_keyboard() {
    let server = Server::start(&[]);
    let browser = open(&server, (1280, 900, "light"));
    server.value("1 + 1");
    browser.run("document.getElementById('reset').blur()");
    browser.wait("document.querySelectorAll('#cache button').length === 1");
    let mut reached = Vec::new();
    for _ in 0..40 {
        browser.keys_to_focus("\u{E004}");
        let name = "const e = document.activeElement; return e.id || e.name || e.closest('[id]')?.id || e.tagName";
        let name = browser.run(name).as_str().unwrap_or_default().to_string();
        let ring = browser.run("return getComputedStyle(document.activeElement).outlineStyle");
        assert!(name == "BODY" || ring == "solid", "{name} has no ring: {ring}");
        reached.push(name);
    }
    for wanted in [
        "theme", "dialect", "code", "engine", "session", "times", "settings", "execute", "examples", "reset", "events",
        "cache",
    ] {
        assert!(reached.iter().any(|name| name == wanted), "{wanted} is not reached: {reached:?}");
    }
}

#[test]
#[cfg_attr(not(browser), ignore = "no Chromium: scripts/install-browser.sh")]
fn engines_are_compared_under_their_own_colours_and_knobs() {
    let server = Server::start(&[]);
    let browser = open(&server, (1280, 900, "dark"));
    fill(&browser, "lua", "local s = 0 for i = 1, 2000000 do s = s + i end return s", &["tree-walker", "tiered"], 1);
    browser.run("document.getElementById('settings').value = 'jit=off'");
    run(&browser);
    browser.wait("document.querySelectorAll('#results .answer').length === 2");
    let text = browser.text("#results");
    assert!(text.contains("(1.00 x the fastest)") && text.contains("interpreted: jit is off"), "{text}");
    let strokes = "return [...document.querySelectorAll('#speed polyline')].map(line => line.getAttribute('stroke'))";
    assert_eq!(browser.run(strokes), json!(["#e69f00", "#b0004b"]));
    // What no engine has is the server's to refuse.
    browser.run("document.getElementById('settings').value = 'speed=9'");
    browser.wait("!document.getElementById('execute').disabled");
    run(&browser);
    browser.wait("document.querySelector('#results .error')?.textContent.includes('bad_setting')");
    looks_whole(&browser);
    browser.screenshot("compared-1280-dark");
}

#[test]
#[cfg_attr(not(browser), ignore = "no Chromium: scripts/install-browser.sh")]
fn repeated_runs_can_be_stopped() {
    let server = Server::start(&[]);
    let browser = open(&server, (400, 900, "light"));
    fill(&browser, "expression", "fib(20)", &["tree-walker"], 1000);
    assert_eq!(browser.run("return document.getElementById('stop').hidden"), true);
    run(&browser);
    browser.wait("document.getElementById('results').textContent.includes('of 1000')");
    browser.run("document.getElementById('stop').click()");
    browser.wait("!document.getElementById('execute').disabled");
    let count = server.get("/api/stats").json()["total_executions"].as_u64().unwrap();
    assert!((1..1000).contains(&count), "{count}");
}

#[test]
#[cfg_attr(not(browser), ignore = "no Chromium: scripts/install-browser.sh")]
fn the_focus_stays_in_the_cache_when_it_changes() {
    let server = Server::start(&[]);
    server.value("1 + 1");
    let browser = open(&server, (1280, 900, "light"));
    browser.wait("document.querySelectorAll('#cache button').length === 1");
    browser.run("document.querySelector('#cache button').focus()");
    server.value("2 + 2");
    browser.wait("document.querySelectorAll('#cache button').length === 2");
    assert_eq!(browser.run("return document.activeElement.textContent"), "1 + 1");
    for number in 0..105 {
        server.value(&format!("{number} + 3"));
    }
    browser.wait("document.getElementById('cache-more').textContent === 'and 7 older entries'");
    assert_eq!(browser.run("return document.querySelectorAll('#cache tr').length"), 100);
}

#[test]
#[cfg_attr(not(browser), ignore = "no Chromium: scripts/install-browser.sh")]
fn a_time_line_begins_anew_after_a_pause() {
    let server = Server::start(&[]);
    let browser = open(&server, (1280, 900, "light"));
    let at = |seconds: f64| {
        format!("{{kind: 'osr', engine: 'tiered', bytes_out: null, dur_ns: null, at_ns: {}}}", seconds * 1e9)
    };
    let marks = "document.querySelectorAll('#timeline rect').length";
    browser.run(&format!("addEvent({}); addEvent({})", at(1.0), at(1.5)));
    browser.wait(&format!("{marks} === 2"));
    assert!(browser.text("#timeline").ends_with("500 ms"), "{}", browser.text("#timeline"));
    browser.run(&format!("addEvent({})", at(60.0)));
    browser.wait(&format!("{marks} === 1"));
}

#[test]
#[cfg_attr(not(browser), ignore = "no Chromium: scripts/install-browser.sh")]
fn a_token_is_sent_along() {
    let server = Server::start(&["--token", "open-sesame"]);
    let browser = Browser::start(1280, 900);
    browser.open(&format!("http://localhost:{}/", server.port));
    browser.wait("document.getElementById('status').textContent.includes('token')");
    browser.run(
        "const token = document.getElementById('token'); token.value = 'open-sesame';
         token.dispatchEvent(new Event('change'))",
    );
    browser.wait("document.getElementById('status').textContent === 'listening to events'");
    fill(&browser, "expression", "6 * 7", &["dynasm-method"], 1);
    browser.run("document.getElementById('execute').click()");
    browser.wait("document.querySelector('#results .value')?.textContent === '42'");
}

#[test]
#[cfg_attr(not(browser), ignore = "no Chromium: scripts/install-browser.sh")]
fn a_page_of_another_site_gets_nothing() {
    let (server, other) = (Server::start(&[]), Server::start(&[]));
    let browser = Browser::start(1280, 900);
    browser.open(&format!("http://127.0.0.1:{}/api/health", other.port));
    let url = format!("http://127.0.0.1:{}/api/execute", server.port);
    for content_type in ["application/json", "text/plain"] {
        let outcome = browser.run_to_end(
            "const [url, type, done] = arguments;
             fetch(url, {method: 'POST', headers: {'Content-Type': type}, body: '{\"code\": \"1\"}'})
               .then(r => done(r.status), e => done('refused'))",
            json!([url, content_type]),
        );
        assert_eq!(outcome, "refused");
    }
    assert_eq!(server.get("/api/stats").json()["total_executions"], Value::from(0));
}

#[test]
fn the_reason_for_skipping_is_one() {
    // `ignore` takes no constant, so that the reason stands there several times.
    let text = include_str!("browser.rs");
    let others = text.lines().filter(|line| line.starts_with("#[cfg_attr(not(browser)"));
    assert!(others.clone().count() > 4);
    for line in others {
        assert!(line.contains(&format!("ignore = {NO_BROWSER:?}")), "{line}");
    }
}
