//! Answers of HTTP: JSON, and errors as JSON.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use expression_dialect::Problem;

use crate::api::{ErrorAnswer, ErrorPosition};

/// An error with its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// The status of the answer.
    pub status: StatusCode,
    /// What is in it.
    pub answer: ErrorAnswer,
}

impl ApiError {
    /// An error without a place.
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> ApiError {
        let answer =
            ErrorAnswer { code: code.to_string(), message: message.into(), position: None, output: String::new() };
        ApiError { status, answer }
    }

    /// A request that makes no sense.
    pub fn bad_request(code: &str, message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// A request that is well-formed and comes to nothing: its program gave no result, its parts contradict each other.
    pub fn program(code: &str, message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
    }

    /// There is too much to do.
    pub fn too_busy(code: &str, message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, code, message)
    }

    /// The same with a place.
    pub fn at(mut self, position: ErrorPosition) -> ApiError {
        self.answer.position = Some(position);
        self
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> ApiError {
        let position = ErrorPosition {
            line: problem.position.line,
            column: Some(problem.position.column),
            offset: Some(problem.position.offset as u64),
        };
        ApiError::program(problem.kind.code(), problem.kind.to_string()).at(position)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.answer)).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
