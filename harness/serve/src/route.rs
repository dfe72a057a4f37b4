//! The routes: what is asked under which path, and what is put around all answers.

mod document;

use axum::body::{Body, Bytes};
use axum::error_handling::HandleErrorLayer;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{BoxError, Json, Router};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use tower::ServiceBuilder;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::admission;
use crate::answer::ApiError;
use crate::api::{
    Cache, CacheEntry, Comparison, Dialect, EngineAnswer, EngineList, ErrorAnswer, ErrorPosition, ExecuteAnswer,
    ExecuteRequest, Exploration, ExploreRequest, Health, ResetAnswer, ResetRequest, ResultsList, ResultsTable, Stats,
};
use crate::execution::{Prepared, hash_text};
use crate::page;
use crate::settings::{MOST_BODY_BYTES, READ_LIMIT};
use crate::shared::Shared;

/// What pages may load: what this server gives, and nothing from anywhere else.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

pub use document::text as document;

/// Every route, with what stands before it.
pub fn router(shared: &Shared) -> Router {
    let settings = &shared.settings;
    // The order of these is from the inside out: a body is read before its request takes one of the places.
    let places = settings.workers + settings.queue_length;
    let refuse = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(too_much))
        .load_shed()
        .layer(GlobalConcurrencyLimitLayer::new(places));
    let program =
        |route: MethodRouter<Shared>| route.route_layer(refuse.clone()).route_layer(middleware::from_fn(with_body));
    let origins = settings.clone();
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| {
            origin.to_str().is_ok_and(|origin| admission::is_allowed_origin(&origins, origin))
        }))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION]);
    let always = |name: &'static str, value: &'static str| {
        let name = HeaderName::from_static(name);
        SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
    };
    Router::new()
        .route("/api/execute", program(post(execute)))
        .route("/api/explore", program(post(explore)))
        .route("/api/reset", post(reset).route_layer(middleware::from_fn(with_body)))
        .route("/", get(dashboard))
        .route("/app.js", get(|| asset("text/javascript; charset=utf-8", page::SCRIPT)))
        .route("/style.css", get(|| asset("text/css; charset=utf-8", page::STYLE)))
        .route("/icon.svg", get(|| asset("image/svg+xml", page::ICON)))
        .route("/api/openapi.json", get(openapi))
        .route("/api/health", get(health))
        .route("/api/engines", get(engines))
        .route("/api/stats", get(stats))
        .route("/api/cache", get(cache))
        .route("/api/events", get(events))
        .route("/api/results", get(results))
        .route("/api/results/{index}", get(results_table))
        .route("/api/results/{index}/figure", get(results_figure))
        .fallback(|| async { ApiError::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path") })
        .method_not_allowed_fallback(|| async {
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", "this path has other methods: see Allow")
        })
        .layer(cors)
        .layer(middleware::from_fn_with_state(shared.clone(), admission::pass))
        .layer(always("content-security-policy", CONTENT_SECURITY_POLICY))
        .layer(always("x-content-type-options", "nosniff"))
        .layer(always("x-frame-options", "DENY"))
        .layer(always("referrer-policy", "no-referrer"))
        .layer(always("cross-origin-opener-policy", "same-origin"))
        .layer(always("cache-control", "no-store"))
        .with_state(shared.clone())
}

async fn too_much(_error: BoxError) -> ApiError {
    ApiError::too_busy("queue_full", "too many executions wait: try again later")
}

/// Reads the body before anything else happens, up to a size and for a time.
async fn with_body(request: Request, next: Next) -> Response {
    if let Err(error) = admission::check_content_type(request.headers()) {
        return error.into_response();
    }
    let (parts, body) = request.into_parts();
    let told = parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let bytes = match tokio::time::timeout(READ_LIMIT, read(body, told.unwrap_or(0))).await {
        Ok(Ok(Some(bytes))) => bytes,
        Ok(Ok(None)) => {
            let message = format!("a request has at most {MOST_BODY_BYTES} bytes");
            return ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message).into_response();
        }
        Ok(Err(_)) => return ApiError::bad_request("bad_request", "the body ended early").into_response(),
        Err(_elapsed) => {
            let message = "the body did not come in time";
            return ApiError::new(StatusCode::REQUEST_TIMEOUT, "too_slow", message).into_response();
        }
    };
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

/// The whole of a body; `None` if it is too large. Some of what is too much is read too, without being kept: who is
/// still writing when the connection ends does not see the answer. There is room for the `told` length from the start:
/// buffers that grow leave holes behind.
async fn read(mut body: Body, told: usize) -> Result<Option<Vec<u8>>, axum::Error> {
    let (mut bytes, mut total) = (Vec::new(), 0);
    if told <= MOST_BODY_BYTES {
        bytes.reserve_exact(told);
    }
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        total += data.len();
        if total.max(told) <= MOST_BODY_BYTES {
            bytes.extend_from_slice(&data);
        } else if total > 8 * MOST_BODY_BYTES {
            break;
        }
    }
    Ok((total.max(told) <= MOST_BODY_BYTES).then_some(bytes))
}

/// Reads a request's JSON, which is an object. (Serde would take a list of its fields' values too.)
fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, ApiError> {
    if body.trim_ascii_start().first().is_some_and(|byte| *byte != b'{') {
        return Err(ApiError::bad_request("bad_request", "expected an object"));
    }
    serde_json::from_slice(body).map_err(|error| {
        // The place stands in the answer.
        let words = error.to_string();
        let message = words.rsplit_once(" at line ").map_or(words.as_str(), |(message, _)| message);
        let mut answer = ApiError::bad_request("bad_request", message);
        if error.line() > 0 {
            let column = u32::try_from(error.column()).ok().filter(|column| *column > 0);
            answer = answer.at(ErrorPosition { line: error.line() as u32, column, offset: None });
        }
        answer
    })
}

async fn dashboard(State(shared): State<Shared>) -> Response {
    let html = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (html, page::dashboard(&shared).into_string()).into_response()
}

async fn asset(content_type: &'static str, bytes: &'static [u8]) -> Response {
    ([(header::CONTENT_TYPE, content_type)], bytes).into_response()
}

async fn openapi(State(shared): State<Shared>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], shared.document.clone()).into_response()
}

/// Execute code on one engine or several.
#[utoipa::path(
    post, path = "/api/execute", request_body = ExecuteRequest,
    responses(
        (status = 200, description = "What it gave", body = ExecuteAnswer),
        (status = 400, description = "The request makes no sense", body = ErrorAnswer),
        (status = 422, description = "The program gave no result", body = ErrorAnswer),
    )
)]
pub(crate) async fn execute(State(shared): State<Shared>, body: Bytes) -> Result<Json<ExecuteAnswer>, ApiError> {
    let request: ExecuteRequest = parse(&body)?;
    let wants_several = request.engines.is_some();
    let prepared = Prepared::of(&shared, request)?;
    if !wants_several {
        let execution = prepared.execute(&shared, prepared.engines()[0]).await?;
        return Ok(Json(ExecuteAnswer::One(Box::new(execution))));
    }
    let mut answers = Vec::new();
    for engine in prepared.engines() {
        let result = prepared.execute(&shared, engine).await;
        if let Err(error) = &result
            && error.status == StatusCode::SERVICE_UNAVAILABLE
        {
            return Err(error.clone());
        }
        let (execution, error) = match result {
            Ok(execution) => (Some(execution), None),
            Err(error) => (None, Some(error.answer)),
        };
        answers.push(EngineAnswer { engine: engine.id.to_string(), execution, error });
    }
    Ok(Json(ExecuteAnswer::Several(Comparison { answers })))
}

/// Show what an engine has made of code: the syntax tree, bytecode, intermediate code, machine code.
#[utoipa::path(
    post, path = "/api/explore", request_body = ExploreRequest,
    responses(
        (status = 200, description = "The stages", body = Exploration),
        (status = 400, description = "The request makes no sense", body = ErrorAnswer),
        (status = 422, description = "The program could not be loaded or run", body = ErrorAnswer),
    )
)]
pub(crate) async fn explore(State(shared): State<Shared>, body: Bytes) -> Result<Json<Exploration>, ApiError> {
    let prepared = Prepared::to_explore(&shared, parse(&body)?)?;
    Ok(Json(prepared.explore(&shared).await?))
}

/// Forget all counts, programs and sessions.
#[utoipa::path(
    post, path = "/api/reset", request_body = ResetRequest,
    responses(
        (status = 200, description = "All is as at the start", body = ResetAnswer),
        (status = 400, description = "The request makes no sense", body = ErrorAnswer),
    )
)]
pub(crate) async fn reset(State(shared): State<Shared>, body: Bytes) -> Result<Json<ResetAnswer>, ApiError> {
    if !body.is_empty() {
        let ResetRequest {} = parse(&body)?;
    }
    shared.pool.reset().map_err(|error| {
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "no_thread", format!("cannot start the slots: {error}"))
    })?;
    shared.ledger().reset();
    shared.publisher.publish("reset", &());
    Ok(Json(ResetAnswer { status: "reset".to_string() }))
}

/// How the server is.
#[utoipa::path(get, path = "/api/health", responses((status = 200, description = "It is well", body = Health)))]
pub(crate) async fn health(State(shared): State<Shared>) -> Json<Health> {
    let (workers, executions_in_flight) = shared.pool.load();
    Json(Health {
        status: "ok".to_string(),
        version: env!("CARGO_PKG_VERSION").to_string(),
        uptime_ms: shared.start.elapsed().as_millis() as u64,
        workers: workers as u64,
        executions_in_flight: executions_in_flight as u64,
        sessions: shared.pool.session_count() as u64,
        listeners: shared.publisher.count() as u64,
    })
}

/// The engines and their knobs.
#[utoipa::path(get, path = "/api/engines", responses((status = 200, description = "All of them", body = EngineList)))]
pub(crate) async fn engines(State(shared): State<Shared>) -> Json<EngineList> {
    Json(shared.engine_list())
}

/// Totals since the start or the last reset.
#[utoipa::path(get, path = "/api/stats", responses((status = 200, description = "The totals", body = Stats)))]
pub(crate) async fn stats(State(shared): State<Shared>) -> Json<Stats> {
    let ledger = shared.ledger();
    let totals = ledger.totals;
    let mean = |sum: u64, count: u64| sum.checked_div(count).unwrap_or(0);
    Json(Stats {
        total_executions: totals.executions,
        jit_compilations: totals.compiled,
        total_execution_time_ns: totals.execution_ns,
        total_compilation_time_ns: totals.compile_ns,
        average_execution_time_ns: mean(totals.execution_ns, totals.executions),
        average_compilation_time_ns: mean(totals.compile_ns, totals.compiled),
        cache_entries: ledger.entries().len() as u64,
        failed_executions: totals.failed,
        declined_compilations: totals.declined,
        cache_hits: totals.hits,
        cache_misses: totals.executions.saturating_sub(totals.hits),
        compiled_time_ns: totals.compiled_ns,
        interpreted_time_ns: totals.interpreted_ns,
        collection_time_ns: totals.gc_ns,
    })
}

/// What has been executed, the most recent first.
#[utoipa::path(get, path = "/api/cache", responses((status = 200, description = "The entries", body = Cache)))]
pub(crate) async fn cache(State(shared): State<Shared>) -> Json<Cache> {
    let ledger = shared.ledger();
    let entries: Vec<CacheEntry> = ledger
        .entries()
        .map(|entry| CacheEntry {
            hash: hash_text(&entry.key),
            execution_count: entry.executions,
            is_compiled: entry.code_bytes > 0,
            code_size_bytes: entry.code_bytes,
            engine: entry.key.engine.to_string(),
            dialect: if entry.key.dialect == Dialect::Lua.name() { Dialect::Lua } else { Dialect::Expression },
            code: entry.key.code.clone(),
            last_execution_time_ns: entry.last_execution_ns,
            total_execution_time_ns: entry.execution_ns,
        })
        .collect();
    Json(Cache { total_entries: entries.len() as u64, entries })
}

/// What happens from now on, as server-sent events: `execution`, `compiler`, `reset`, and `lost` if the listener is slow.
#[utoipa::path(
    get, path = "/api/events",
    responses(
        (status = 200, description = "Events without end", body = String, content_type = "text/event-stream"),
        (status = 503, description = "Too many listen", body = ErrorAnswer),
    )
)]
pub(crate) async fn events(State(shared): State<Shared>) -> Response {
    match shared.publisher.listen() {
        Some(body) => ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response(),
        None => ApiError::too_busy("too_many_listeners", "too many listen to events: try again later").into_response(),
    }
}

/// The results folders that the server was started with.
#[utoipa::path(get, path = "/api/results", responses((status = 200, description = "The list", body = ResultsList)))]
pub(crate) async fn results(State(shared): State<Shared>) -> Json<ResultsList> {
    Json(ResultsList { folders: shared.folders.iter().map(|folder| folder.about.clone()).collect() })
}

/// The table of one of them.
#[utoipa::path(
    get, path = "/api/results/{index}",
    params(("index" = u64, Path, description = "The number of a folder in the list")),
    responses(
        (status = 200, description = "The table", body = ResultsTable),
        (status = 404, description = "There is no such folder", body = ErrorAnswer),
    )
)]
pub(crate) async fn results_table(
    State(shared): State<Shared>,
    Path(index): Path<String>,
) -> Result<Json<ResultsTable>, ApiError> {
    let folder = index.parse::<usize>().ok().and_then(|index| shared.folders.get(index));
    folder.map(|folder| Json(folder.table.clone())).ok_or_else(no_folder)
}

/// The figure of one of them.
#[utoipa::path(
    get, path = "/api/results/{index}/figure",
    params(("index" = u64, Path, description = "The number of a folder in the list")),
    responses(
        (status = 200, description = "The figure", body = String, content_type = "image/svg+xml"),
        (status = 404, description = "There is no such folder", body = ErrorAnswer),
    )
)]
pub(crate) async fn results_figure(State(shared): State<Shared>, Path(index): Path<String>) -> Response {
    match index.parse::<usize>().ok().and_then(|index| shared.folders.get(index)) {
        Some(folder) => ([(header::CONTENT_TYPE, "image/svg+xml")], folder.figure.clone()).into_response(),
        None => no_folder().into_response(),
    }
}

fn no_folder() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "not_found", "there is no results folder of this number: see /api/results")
}
