//! What is served: metrics, observations and the page to whoever has a token; health to anybody.

use super::auth::{Refusal, token};
use super::page::{self, Filter};
use super::say::say;
use super::state::State;
use axum::Router;
use axum::extract::{Query, Request, State as Shared};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hedgerow_observe::naming::Micros;
use hedgerow_observe::observations::Moment;
use std::sync::Arc;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What asks for a token.
pub(crate) fn guarded(state: Arc<State>) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/metrics", get(metrics))
        .route("/v1/observations", get(observations))
        .fallback(nothing)
        .layer(middleware::from_fn_with_state(state.clone(), with_token))
        .layer(middleware::from_fn(with_headers))
        .with_state(state)
}

/// What does not.
pub(crate) fn health(state: Arc<State>) -> Router {
    Router::new().route("/-/healthy", get(healthy)).route("/-/ready", get(ready)).fallback(nothing).with_state(state)
}

/// Lets in who has a token that may read the path. The path is one of ours, so that nobody can ask about others.
async fn with_token(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let shown = shown(request.headers());
    let path = match request.uri().path() {
        "/metrics" => "/metrics",
        "/v1/observations" => "/v1/observations",
        _ => "/",
    };
    match state.readers.may_read(path, shown.as_deref()).await {
        Ok(()) => next.run(request).await,
        Err(Refusal::Unknown(why)) => {
            let mut response = (StatusCode::UNAUTHORIZED, format!("{why}\n")).into_response();
            // A browser asks a person for a name and a password, and sends the token as the password.
            for scheme in [
                "Bearer realm=\"hedgerow\"",
                "Basic realm=\"hedgerow: any name, and a token as password\", charset=\"UTF-8\"",
            ] {
                response.headers_mut().append(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
            }
            response
        }
        Err(Refusal::Forbidden(why)) => (StatusCode::FORBIDDEN, format!("{why}\n")).into_response(),
        Err(Refusal::Unavailable) => {
            let why = "the API server cannot be asked whose token this is\n";
            (StatusCode::SERVICE_UNAVAILABLE, why).into_response()
        }
    }
}

/// The token that was shown. What comes through the API server has it in a header of its own, since the API server takes the other away.
fn shown(headers: &HeaderMap) -> Option<String> {
    let of = |value: Option<&HeaderValue>| value.and_then(|value| value.to_str().ok()).and_then(token);
    of(headers.get(header::AUTHORIZATION)).or_else(|| of(headers.get(crate::export::TOKEN_HEADER)))
}

async fn with_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        );
    }
    response
}

async fn nothing() -> Response {
    (StatusCode::NOT_FOUND, "there is no such page\n").into_response()
}

async fn index(Shared(state): Shared<Arc<State>>, Query(filter): Query<Filter>) -> Response {
    let html = tokio::task::spawn_blocking(move || page::html(&state.view(), &filter)).await;
    let Ok(html) = html else { return failed("the page cannot be made") };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Ok(policy) = HeaderValue::from_str(&page::policy()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    (headers, html).into_response()
}

async fn metrics(Shared(state): Shared<Arc<State>>) -> Response {
    match tokio::task::spawn_blocking(move || state.metrics()).await {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        _ => failed("the metrics cannot be written"),
    }
}

#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    since: Option<String>,
    callee: Option<String>,
}

async fn observations(Shared(state): Shared<Arc<State>>, Query(asked): Query<Asked>) -> Response {
    let since = match asked.since.as_deref().filter(|text| !text.is_empty()).map(moment).transpose() {
        Ok(since) => since,
        Err(why) => return (StatusCode::BAD_REQUEST, format!("since: {why}\n")).into_response(),
    };
    let callee = asked.callee.filter(|callee| !callee.is_empty());
    match tokio::task::spawn_blocking(move || state.observations(since, callee)).await {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, "application/jsonl; charset=utf-8")], text).into_response(),
        Ok(Err(error)) => failed(&error.to_string()),
        Err(_) => failed("the observations cannot be read"),
    }
}

/// A moment as RFC 3339, or a day, which begins at midnight UTC.
fn moment(text: &str) -> Result<Micros, &'static str> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    let moment = Moment::try_from(whole)
        .map_err(|_| "a time such as 2026-11-28T05:00:00Z, or a day such as 2026-11-28, is expected")?;
    Ok(moment.0.saturating_mul(super::clock::SECOND))
}

fn failed(why: &str) -> Response {
    say("http", why);
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{why}\n")).into_response()
}

async fn healthy(Shared(state): Shared<Arc<State>>) -> Response {
    if state.is_alive() {
        (StatusCode::OK, "healthy\n").into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "nothing was taken for two minutes\n").into_response()
    }
}

async fn ready(Shared(state): Shared<Arc<State>>) -> Response {
    // Anybody may ask: it is said that it is not ready, and why only in the log.
    let reasons = state.unready();
    if reasons.is_empty() {
        return (StatusCode::OK, "ready\n").into_response();
    }
    say("ready", &format!("not ready: {}", reasons.join("; ")));
    (StatusCode::SERVICE_UNAVAILABLE, "not ready; the log says why\n").into_response()
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn moments() {
        for (text, expected) in [
            ("2026-11-28T05:00:44Z", Some(1_795_842_044)),
            ("1970-01-02", Some(86_400)),
            ("30d", None),
            ("2026-13-01", None),
            ("", None),
        ] {
            assert_eq!(moment(text).ok(), expected.map(|seconds: i64| seconds * 1_000_000), "{text}");
        }
    }
}
