//! What is asked of every request before anything else.
//!
//! A page of somebody else's must not be able to use the server through its visitor's browser: the name by which the
//! server was asked must be its own (against names that are bound to another address in the meantime), the page's origin must
//! be its own or an allowed one, and what changes anything must have a content type that no form can send.

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::answer::ApiError;
use crate::settings::Settings;
use crate::shared::Shared;

/// Lets a request pass or answers it.
pub async fn pass(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    match check(&shared.settings, &request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn check(settings: &Settings, request: &Request) -> Result<(), ApiError> {
    let headers = request.headers();
    check_host(settings, request)?;
    check_origin(settings, headers)?;
    // A browser asks for permission without any of the rest.
    if *request.method() == Method::OPTIONS {
        return Ok(());
    }
    if request.uri().path().starts_with("/api/") {
        check_token(settings, headers)?;
    }
    Ok(())
}

fn check_host(settings: &Settings, request: &Request) -> Result<(), ApiError> {
    let refused = |what: &str| {
        let message = format!("the host {what} is not this server: use localhost:{}", settings.address.port());
        ApiError::new(StatusCode::FORBIDDEN, "wrong_host", message)
    };
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok()).ok_or_else(|| refused("(none)"))?;
    if hosts.next().is_some() || !is_own_host(settings, host) {
        return Err(refused(&format!("'{host}'")));
    }
    // A request may name a host in its first line too.
    match request.uri().authority() {
        Some(authority) if !is_own_host(settings, authority.as_str()) => Err(refused(&format!("'{authority}'"))),
        Some(_) | None => Ok(()),
    }
}

/// Whether a name and port are this server's. Off loopback every address in numbers is: nobody can bind a name to one.
fn is_own_host(settings: &Settings, host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let port = settings.address.port();
    let has_own_port = match authority.port_u16() {
        Some(given) => given == port,
        // Browsers leave out the port of the scheme.
        None => port == 80,
    };
    let name = authority.host();
    let is_numeric = || name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
    let is_own_name =
        matches!(name, "localhost" | "127.0.0.1" | "[::1]") || (!settings.address.ip().is_loopback() && is_numeric());
    has_own_port && is_own_name && !host.contains('@')
}

fn check_origin(settings: &Settings, headers: &HeaderMap) -> Result<(), ApiError> {
    let refused = |origin: &str| {
        let message = format!("pages of '{origin}' may not use this server: see --allow-origin");
        ApiError::new(StatusCode::FORBIDDEN, "wrong_origin", message)
    };
    for origin in headers.get_all(header::ORIGIN) {
        let origin = origin.to_str().map_err(|_| refused("?"))?;
        if !is_allowed_origin(settings, origin) {
            return Err(refused(origin));
        }
    }
    // Browsers say this even where they leave out the origin.
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    let is_navigation = headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate");
    if site == Some("cross-site") && !headers.contains_key(header::ORIGIN) && !is_navigation {
        return Err(refused("another site"));
    }
    Ok(())
}

/// Whether pages of this origin may ask.
pub fn is_allowed_origin(settings: &Settings, origin: &str) -> bool {
    let is_own = origin.strip_prefix("http://").is_some_and(|host| is_own_host(settings, host));
    is_own || settings.allowed_origins.iter().any(|allowed| allowed == origin)
}

fn check_token(settings: &Settings, headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(token) = &settings.token else { return Ok(()) };
    let given = headers.get(header::AUTHORIZATION).and_then(|given| given.as_bytes().strip_prefix(b"Bearer "));
    if given.is_some_and(|given| is_same(given, token.as_bytes())) {
        return Ok(());
    }
    let message = "the token is missing or wrong: send Authorization: Bearer TOKEN";
    Err(ApiError::new(StatusCode::UNAUTHORIZED, "wrong_token", message))
}

/// Whether two texts are the same, in a time that depends on their lengths only.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |differences, (one, other)| differences | (one ^ other));
    one.len() == other.len() && std::hint::black_box(differences) == 0
}

/// What only requests with a body must have.
///
/// # Errors
/// With another content type than JSON's: forms of other sites can send those without asking.
pub fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let content_type = types.next().and_then(|content_type| content_type.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") && types.next().is_none() {
        return Ok(());
    }
    let message = "requests with a body are of the content type application/json";
    Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong_content_type", message))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::protocol::TaskLimits;

    fn settings(address: &str) -> Settings {
        Settings {
            address: address.parse().unwrap(),
            allowed_origins: vec!["https://example.org".to_string()],
            token: None,
            workers: 1,
            queue_length: 1,
            queue_limit: Duration::ZERO,
            limits: TaskLimits { time_ms: 1, memory_bytes: 1, output_bytes: 1 },
            threshold: 1,
            most_sessions: 1,
            folders: Vec::new(),
        }
    }

    #[test]
    fn only_own_names_with_the_own_port() {
        let settings = settings("127.0.0.1:8080");
        for host in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080"] {
            assert!(is_own_host(&settings, host), "{host}");
        }
        for host in [
            "localhost",
            "localhost:80",
            "127.0.0.1:8081",
            "127.0.0.2:8080",
            "192.168.0.1:8080",
            "evil.example:8080",
            "localhost.evil.example:8080",
            "evil.example@localhost:8080",
            "localhost:8080@evil.example",
            "localhost:8080/",
            "LOCALHOST.:8080",
            "",
            ":8080",
            "localhost:",
            "localhost:8080:8080",
        ] {
            assert!(!is_own_host(&settings, host), "{host}");
        }
    }

    #[test]
    fn off_loopback_addresses_count_and_names_do_not() {
        let settings = settings("0.0.0.0:8080");
        assert!(is_own_host(&settings, "192.168.0.1:8080"));
        assert!(is_own_host(&settings, "[fe80::1]:8080"));
        assert!(!is_own_host(&settings, "192.168.0.1:8081"));
        assert!(!is_own_host(&settings, "evil.example:8080"));
    }

    #[test]
    fn origins_are_own_or_allowed() {
        let settings = settings("127.0.0.1:8080");
        for origin in ["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080", "https://example.org"] {
            assert!(is_allowed_origin(&settings, origin), "{origin}");
        }
        for origin in [
            "null",
            "*",
            "https://localhost:8080",
            "http://localhost:8081",
            "http://localhost",
            "http://example.org",
            "https://example.org.evil.example",
            "http://localhost:8080.evil.example",
        ] {
            assert!(!is_allowed_origin(&settings, origin), "{origin}");
        }
    }

    #[test]
    fn tokens_are_compared_as_a_whole() {
        assert!(is_same(b"secret", b"secret"));
        for other in [&b"secre"[..], b"secrets", b"Secret", b""] {
            assert!(!is_same(other, b"secret"));
        }
    }
}
