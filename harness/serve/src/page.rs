//! The dashboard's page. Everything that moves is in its script, which asks the API; what the script has to know from the
//! start stands in the page as JSON.

use engine_api::EngineInfo;
use harness::plan::contender::{Contender, Kind};
use harness::show::theme::Theme;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Value, json};

use crate::shared::Shared;

/// The script.
pub const SCRIPT: &[u8] = include_bytes!("../assets/app.js");

/// The style sheet.
pub const STYLE: &[u8] = include_bytes!("../assets/style.css");

/// The icon.
pub const ICON: &[u8] = include_bytes!("../assets/icon.svg");

/// The page.
pub fn dashboard(shared: &Shared) -> Markup {
    let start = json!({
        "engines": engines(shared),
        "needs_token": shared.settings.token.is_some(),
        "threshold": shared.settings.threshold,
        "time_limit_ms": shared.settings.limits.time_ms,
        "has_results": !shared.folders.is_empty(),
    });
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "jitlab" }
                link rel="icon" href="/icon.svg";
                link rel="stylesheet" href="/style.css";
                script id="start" type="application/json" { (PreEscaped(for_page(&start.to_string()))) }
                script src="/app.js" defer {}
            }
            body {
                a class="skip" href="#code" { "To the code" }
                header {
                    h1 { "jitlab" }
                    p id="status" role="status" { "connecting" }
                    button id="theme" type="button" { "Dark or light" }
                }
                main {
                    (run_section(shared))
                    (results_section())
                    (totals_section())
                    (speed_section())
                    (timeline_section())
                    (cache_section())
                    (explorer_section())
                    (folders_section())
                }
                noscript { p { "The dashboard needs JavaScript; the API does not: see /api/openapi.json." } }
            }
        }
    }
}

/// The engines as the API describes them, each with the colour that it has in every figure.
fn engines(shared: &Shared) -> Vec<Value> {
    let contender = |info: &EngineInfo| Contender {
        family: Some(info.family.name().to_string()),
        ..Contender::new(info.id, Kind::Engine, info.version)
    };
    let theme = Theme::new(&shared.engines.infos().map(contender).collect::<Vec<Contender>>());
    let described = shared.engine_list().engines.into_iter().map(|engine| {
        let (red, green, blue) = theme.colour(&engine.id);
        let mut value = json!(engine);
        value["colour"] = json!(format!("#{red:02x}{green:02x}{blue:02x}"));
        value
    });
    described.collect()
}

/// JSON that may stand in a script element: nothing in it can end the element.
fn for_page(json: &str) -> String {
    json.replace("</", "<\\/").replace("<!--", "<\\u0021--")
}

fn run_section(shared: &Shared) -> Markup {
    html! {
        section aria-labelledby="run-heading" class="run" {
            h2 id="run-heading" { "Run" }
            form id="run" {
                fieldset class="choice" {
                    legend { "Language" }
                    label { input type="radio" name="dialect" value="expression" checked; " expression" }
                    label { input type="radio" name="dialect" value="lua"; " Lua" }
                }
                label for="code" { "Code" }
                textarea id="code" rows="6" spellcheck="false" autocomplete="off" { "x = 42; x * 2 + 10" }
                fieldset class="choice" id="engines" {
                    legend { "Engines" }
                    @for engine in shared.engines.infos() {
                        label title=(engine.summary) {
                            input type="checkbox" name="engine" value=(engine.id) checked[engine.id == shared.default_engine];
                            " " (engine.id)
                        }
                    }
                }
                div class="row" {
                    label { "Session " input id="session" size="10" maxlength="64" pattern="[A-Za-z0-9_\\-]*" placeholder="none"; }
                    label { "Times " input id="times" type="number" min="1" max="1000" value="1"; }
                    label title="As on the command line: jit=off typed-code=false" {
                        "Knobs " input id="settings" size="16" placeholder="jit-threshold=3" autocomplete="off" spellcheck="false";
                    }
                    label hidden[shared.settings.token.is_none()] {
                        "Token " input id="token" type="password" size="10" autocomplete="off";
                    }
                }
                div class="row" {
                    button id="execute" type="submit" { "Run" }
                    button id="stop" type="button" hidden { "Stop" }
                    span class="hint" { "Ctrl+Enter" }
                    label { "Example " select id="examples" {} }
                }
            }
        }
    }
}

fn results_section() -> Markup {
    html! {
        section aria-labelledby="results-heading" {
            h2 id="results-heading" { "Results" }
            div id="results" aria-live="polite" { p class="empty" { "Nothing has been run." } }
        }
    }
}

fn totals_section() -> Markup {
    html! {
        section aria-labelledby="totals-heading" {
            h2 id="totals-heading" { "Executions" }
            dl id="totals" {}
            h3 { "Time by tier" }
            div id="tiers" {}
            p class="hint" { "An execution that entered compiled code counts with all of its time, but for compiling and collecting." }
            button id="reset" type="button" { "Reset" }
        }
    }
}

fn timeline_section() -> Markup {
    html! {
        section aria-labelledby="timeline-heading" class="wide" {
            h2 id="timeline-heading" { "Compiler and collector" }
            div id="timeline" {}
            ol id="events" tabindex="0" aria-label="Latest events" {}
        }
    }
}

fn speed_section() -> Markup {
    html! {
        section aria-labelledby="speed-heading" {
            h2 id="speed-heading" { "Speed" }
            div id="speed" {}
        }
    }
}

fn cache_section() -> Markup {
    html! {
        section aria-labelledby="cache-heading" class="wide" {
            h2 id="cache-heading" { "Cache" }
            div class="scroll" role="region" aria-label="Cache" tabindex="0" {
                table {
                    thead {
                        tr {
                            th scope="col" { "code" }
                            th scope="col" { "engine" }
                            th scope="col" class="number" { "executions" }
                            th scope="col" class="number" { "last" }
                            th scope="col" class="number" { "machine code" }
                            th scope="col" { "hash" }
                        }
                    }
                    tbody id="cache" {}
                }
            }
            p id="cache-more" class="hint" {}
        }
    }
}

fn explorer_section() -> Markup {
    html! {
        section aria-labelledby="explorer-heading" class="wide" id="explorer" hidden {
            h2 id="explorer-heading" { "Explorer" }
            p id="explored" {}
            div id="stages" role="tablist" aria-label="Stages" {}
            div id="listings" {
                pre id="source" tabindex="0" aria-label="Source" {}
                pre id="stage" role="tabpanel" tabindex="0" {}
            }
        }
    }
}

fn folders_section() -> Markup {
    html! {
        section aria-labelledby="folders-heading" class="wide" id="folders" hidden {
            h2 id="folders-heading" { "Results folders" }
            div id="folder-list" class="row" {}
            div id="folder" class="scroll" role="region" aria-label="Results folder" tabindex="0" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_cannot_end_its_element() {
        let text = json!({"a": "</script><!--"}).to_string();
        let inside = for_page(&text);
        assert!(!inside.contains("</") && !inside.contains("<!--"), "{inside}");
        let read: serde_json::Value = serde_json::from_str(&inside).unwrap();
        assert_eq!(read, json!({"a": "</script><!--"}));
    }
}
