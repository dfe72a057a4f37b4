//! The OpenAPI document: every answer has a type, every field of it is required, and there are no others.

use serde_json::Value;

use crate::server::Server;

/// Every schema in a part of the document, with where it stands.
fn objects<'v>(value: &'v Value, path: String, found: &mut Vec<(String, &'v Value)>) {
    if let Some(object) = value.as_object() {
        if object.contains_key("properties") {
            found.push((path.clone(), value));
        }
        for (key, inside) in object {
            objects(inside, format!("{path}/{key}"), found);
        }
    } else if let Some(list) = value.as_array() {
        for (index, inside) in list.iter().enumerate() {
            objects(inside, format!("{path}/{index}"), found);
        }
    }
}

#[test]
fn every_answer_is_typed_to_the_last_field() {
    let server = Server::start(&[]);
    let document = server.get("/api/openapi.json").json();
    let mut paths = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            paths += 1;
            let answers = operation["responses"].as_object().unwrap();
            assert!(answers.contains_key("200") && answers.contains_key("403"), "{method} {path}");
            for (status, answer) in answers {
                let content = answer["content"].as_object().unwrap_or_else(|| panic!("{method} {path} {status}"));
                assert!(content.values().all(|media| media["schema"].is_object()), "{method} {path} {status}");
            }
        }
    }
    assert_eq!(paths, 11);
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut found = Vec::new();
    for (name, schema) in schemas {
        objects(schema, name.clone(), &mut found);
    }
    assert!(found.len() > 15, "{}", found.len());
    for (name, schema) in found {
        assert_eq!(schema["additionalProperties"], false, "{name} has further properties");
        let is_request = name.contains("Request");
        let required = schema["required"].as_array().map_or(0, Vec::len);
        let properties = schema["properties"].as_object().unwrap().len();
        assert!(is_request || required == properties, "{name} requires {required} of {properties} properties");
    }
}

#[test]
fn what_may_be_answered_does_not_depend_on_a_token() {
    let answers = |options: &[&str], head: &[(&str, &str)]| {
        let server = Server::start(options);
        let host = server.host();
        let head: Vec<(&str, &str)> = [("Host", host.as_str())].into_iter().chain(head.iter().copied()).collect();
        let document = server.ask("GET", "/api/openapi.json", &head, "").json();
        let statuses = |path: &str, method: &str| -> Vec<String> {
            let answers = document["paths"][path][method]["responses"].as_object().unwrap();
            answers.keys().filter(|status| *status != "401").cloned().collect()
        };
        (statuses("/api/execute", "post"), statuses("/api/stats", "get"))
    };
    let open = answers(&[], &[]);
    assert!(open.0.contains(&"503".to_string()), "{open:?}");
    assert_eq!(answers(&["--token", "open-sesame"], &[("Authorization", "Bearer open-sesame")]), open);
}

#[test]
fn the_document_knows_engines_and_limits() {
    let server = Server::start(&["--time-limit", "1.5", "--max-memory", "32M"]);
    let document = server.get("/api/openapi.json").json();
    let schemas = &document["components"]["schemas"];
    let engines = schemas["ExecuteRequest"]["properties"]["engine"]["enum"].as_array().unwrap();
    assert!(engines.contains(&Value::from("tree-walker")), "{engines:?}");
    let limits = &schemas["LimitsRequest"]["properties"];
    assert_eq!((&limits["time_ms"]["maximum"], &limits["memory_bytes"]["maximum"]), (&1500.into(), &(32 << 20).into()));
    let knobs = &schemas["ExecuteRequest"]["properties"]["settings"]["properties"];
    assert!(knobs["jit-threshold"].is_object());
    // Whatever the document says that a knob takes is taken, and what else JSON has is not.
    let takes = |value: &Value| {
        let body = serde_json::json!({"code": "1", "settings": {"check-heap": value}});
        server.post("/api/execute", &body).status == 200
    };
    let documented = knobs["check-heap"]["anyOf"][0]["enum"].as_array().unwrap();
    assert!(documented.len() > 5 && documented.iter().all(takes), "{documented:?}");
    assert!(takes(&0.0.into()) && ["yes", ""].map(Value::from).iter().all(|value| !takes(value)));
    assert!([2.into(), 0.5.into(), Value::Null].iter().all(|value| !takes(value)));
}
