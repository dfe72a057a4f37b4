//! The OpenAPI document: what the types and routes say, and what only the running server knows.

use engine_api::KnobType;
use harness::plan::engines::Engines;
use serde_json::{Value, json};
use utoipa::OpenApi;

use crate::route;
use crate::settings::{MOST_ARGUMENTS, MOST_CODE_BYTES, MOST_ENGINES, MOST_SESSION_NAME_BYTES, Settings};

#[derive(OpenApi)]
#[openapi(
    info(title = "jitlab", description = "Runs code on engines, and shows their compilers at work."),
    paths(
        route::execute,
        route::explore,
        route::reset,
        route::health,
        route::engines,
        route::stats,
        route::cache,
        route::events,
        route::results,
        route::results_table,
        route::results_figure,
    )
)]
struct Paths;

/// The document of a server, as JSON.
pub fn text(engines: &Engines, settings: &Settings) -> String {
    let mut document = serde_json::to_value(Paths::openapi()).expect("a document is plain data");
    add_common_answers(&mut document, settings);
    for path in ["/api/results/{index}", "/api/results/{index}/figure"] {
        let last = settings.folders.len().saturating_sub(1);
        let parameter = &mut document["paths"][path]["get"]["parameters"][0];
        parameter["schema"]["maximum"] = json!(last);
        parameter["example"] = json!(0);
    }
    let ids: Vec<&str> = engines.infos().map(|info| info.id).collect();
    let knobs = knobs(engines);
    let schemas = &mut document["components"]["schemas"];
    for request in ["ExecuteRequest", "ExploreRequest"] {
        let properties = &mut schemas[request]["properties"];
        properties["code"]["maxLength"] = json!(MOST_CODE_BYTES);
        properties["engine"] = json!({
            "description": properties["engine"]["description"], "type": ["string", "null"], "enum": nullable(&ids),
        });
        properties["settings"] = json!({
            "description": properties["settings"]["description"], "type": ["object", "null"],
            "additionalProperties": false, "properties": knobs,
        });
    }
    // The macro says "one of" where integers are numbers too.
    for (name, types) in [
        ("ResultValue", vec!["number", "string", "boolean", "null"]),
        ("ArgumentValue", vec!["number", "string", "boolean"]),
    ] {
        schemas[name] = json!({"description": schemas[name]["description"], "type": types});
    }
    schemas.as_object_mut().expect("there are schemas").remove("SettingValue");
    let properties = &mut schemas["ExecuteRequest"]["properties"];
    properties["engines"]["items"] = json!({"type": "string", "enum": ids});
    properties["engines"]["minItems"] = json!(1);
    properties["engines"]["maxItems"] = json!(MOST_ENGINES);
    properties["args"]["maxItems"] = json!(MOST_ARGUMENTS);
    properties["session"]["pattern"] = json!(format!("^[A-Za-z0-9_-]{{1,{MOST_SESSION_NAME_BYTES}}}$"));
    let limits = &mut schemas["LimitsRequest"]["properties"];
    for (name, least, most) in [
        ("time_ms", 1, settings.limits.time_ms),
        ("memory_bytes", 1, settings.limits.memory_bytes),
        ("output_bytes", 0, settings.limits.output_bytes),
    ] {
        limits[name]["minimum"] = json!(least);
        limits[name]["maximum"] = json!(most);
    }
    document.to_string()
}

fn nullable(words: &[&str]) -> Vec<Value> {
    words.iter().map(|word| json!(word)).chain([Value::Null]).collect()
}

/// What any path may answer: admission stands before all of them.
fn add_common_answers(document: &mut Value, settings: &Settings) {
    let error = |description: &str| {
        json!({
            "description": description,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}},
        })
    };
    let paths = document["paths"].as_object_mut().expect("there are paths");
    for operations in paths.values_mut().filter_map(Value::as_object_mut) {
        for (method, operation) in operations.iter_mut() {
            if settings.token.is_some() {
                operation["security"] = json!([{"token": []}]);
            }
            let answers = &mut operation["responses"];
            answers["403"] = error("The host or the origin is not allowed");
            answers["405"] = error("The path has other methods");
            if settings.token.is_some() {
                answers["401"] = error("The token is missing or wrong");
            }
            if method == "post" {
                for (status, description) in [
                    ("408", "The body did not come in time"),
                    ("413", "The request is too large"),
                    ("415", "The content type is not application/json"),
                    ("500", "An engine or a worker is wrong"),
                    ("503", "There is too much to do"),
                ] {
                    answers[status] = error(description);
                }
            }
        }
    }
    if settings.token.is_some() {
        document["components"]["securitySchemes"] = json!({"token": {"type": "http", "scheme": "bearer"}});
    }
}

/// Every knob of every engine, with what it takes on any of them: as a value of JSON, or as a text.
fn knobs(engines: &Engines) -> Value {
    let mut knobs = serde_json::Map::new();
    for knob in engines.infos().flat_map(|info| info.knobs) {
        let takes = match knob.knob_type {
            KnobType::Boolean => json!({"enum": [true, false, "true", "false", "on", "off", "1", "0", 1, 0]}),
            KnobType::Integer { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
            KnobType::Choice(words) => json!({"enum": words}),
        };
        let known = knobs.entry(knob.name).or_insert_with(|| json!({"description": knob.doc, "anyOf": []}));
        let known = known["anyOf"].as_array_mut().expect("it was made as one");
        if !known.contains(&takes) {
            known.push(takes);
        }
    }
    Value::Object(knobs)
}
