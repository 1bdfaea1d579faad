//! `hedgerow-observer export`: what the collector has observed, through the API server, or from a Prometheus.
//!
//! The way is the API server's proxy of the collector's Service, so nothing has to be reachable from outside, and who may take it is RBAC's to say.
//! The API server takes `Authorization` away from what it passes on. The token for the collector therefore goes in a header of its own.

mod prometheus;

use crate::clock;
use crate::web::encoded;
use anyhow::{Context, bail};
use axum::http::Request;
use clap::Args;
use futures::AsyncBufReadExt;
use hedgerow_observe::observations::{Header, MAX_LINE, Moment};
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::PostParams;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// The header in which a token reaches the collector through the API server: `Bearer TOKEN`.
pub const TOKEN_HEADER: &str = "x-hedgerow-authorization";

const EXAMPLES: &str = "\
Examples:
  hedgerow-observer export --since 30d > observations.jsonl
  hedgerow-observer export --prometheus https://prometheus.example --token token --since 30d > observations.jsonl";

/// Arguments of `export`.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct Export {
    /// From when on: a time of RFC 3339, a day such as 2026-11-01, or how long ago, such as 90m, 12h or 30d. Else from the beginning, and of a
    /// Prometheus 30d
    #[arg(long, value_name = "TIME", value_parser = Since::parse)]
    since: Option<Since>,
    /// Calls of this callee alone
    #[arg(long, value_name = "SERVICE")]
    callee: Option<String>,
    /// The context of the kubeconfig ($KUBECONFIG, ~/.kube/config, or the pod's own account)
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// The namespace of the collector
    #[arg(long, short, value_name = "NAMESPACE", default_value = "hedgerow-observer")]
    namespace: String,
    /// The collector's Service and the name of its port
    #[arg(long, value_name = "SERVICE:PORT", default_value = "hedgerow-observer:https")]
    service: String,
    /// The service account that may read: a token of it is asked for, for ten minutes
    #[arg(long, value_name = "NAME", default_value = "hedgerow-observer-reader")]
    account: String,
    /// Read the token from a file instead; for --prometheus, the token to show it
    #[arg(long, value_name = "FILE", conflicts_with = "account")]
    token: Option<PathBuf>,
    #[command(flatten)]
    of_prometheus: prometheus::Asked,
}

/// From when on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// In seconds since 1970.
    At(i64),
    /// So many seconds ago.
    Ago(i64),
}

impl Since {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || "write a time such as 2026-11-01T08:00:00Z, a day such as 2026-11-01, or 90m, 12h, 30d".to_owned();
        if let Ok(Moment(seconds)) = Moment::try_from(text.to_owned()) {
            return Ok(Self::At(seconds));
        }
        if let Ok(Moment(seconds)) = Moment::try_from(format!("{text}T00:00:00Z")) {
            return Ok(Self::At(seconds));
        }
        let unit = text.chars().last().ok_or_else(wrong)?;
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86400,
            _ => return Err(wrong()),
        };
        let number = &text[..text.len() - unit.len_utf8()];
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        number.parse::<i64>().ok().and_then(|number| number.checked_mul(seconds)).map(Self::Ago).ok_or_else(wrong)
    }

    fn moment(self, now: i64) -> Moment {
        match self {
            Self::At(seconds) => Moment(seconds),
            Self::Ago(seconds) => Moment(now.saturating_sub(seconds)),
        }
    }
}

/// What was printed.
#[derive(Debug)]
pub(crate) struct Summary {
    edges: u64,
    header: Header,
}

impl Summary {
    /// For a person.
    pub(crate) fn line(&self) -> String {
        let (from, to) = (String::from(self.header.from), String::from(self.header.to));
        // The numbers are another program's.
        let minutes = |of: fn(&hedgerow_observe::observations::Coverage) -> u64| {
            self.header.coverage.iter().map(of).fold(0, u64::saturating_add)
        };
        let (heard, blind) = (minutes(|coverage| coverage.heard), minutes(|coverage| coverage.blind));
        format!(
            "{} from {from} to {to}; sources heard for {} and were blind for {}",
            hedgerow_core::diag::count(self.edges, "edge"),
            hedgerow_core::diag::count(heard, "minute"),
            hedgerow_core::diag::count(blind, "minute")
        )
    }
}

/// Prints the observations.
///
/// # Errors
/// When the API server, the collector or whoever reads our output says no. What was printed until then is not whole.
pub(crate) fn run(command: &Export, out: impl Write) -> anyhow::Result<Summary> {
    if let Some(url) = &command.of_prometheus.prometheus {
        return prometheus::run(command, url, out);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(fetch(command, out))
}

async fn fetch(command: &Export, mut out: impl Write) -> anyhow::Result<Summary> {
    let mut config = configuration(command).await?;
    // A collector that holds a year may think for a while before its first byte.
    config.read_timeout = Some(Duration::from_secs(300));
    // A person waits: "no collector is ready" is an answer, and not something to try for a minute.
    config.default_retry = false;
    let client = Client::try_from(config).context("the kubeconfig cannot be used")?;
    let token = token(command, &client).await?;
    let now = clock::now().unix.div_euclid(1_000_000);
    let mut request = Request::get(path(command, now));
    let Some(headers) = request.headers_mut() else { bail!("--namespace, --service or --callee makes no address") };
    let mut value =
        axum::http::HeaderValue::try_from(format!("Bearer {token}")).context("the token holds what no token holds")?;
    value.set_sensitive(true);
    headers.insert(TOKEN_HEADER, value);
    let request = request.body(Vec::new()).context("--namespace, --service or --callee makes no address")?;
    let body = client.request_stream(request).await.map_err(|error| refused(command, error))?;
    copy(body, &mut out).await
}

async fn configuration(command: &Export) -> anyhow::Result<Config> {
    let options = KubeConfigOptions { context: command.context.clone(), ..KubeConfigOptions::default() };
    match Kubeconfig::read() {
        Ok(file) => Config::from_custom_kubeconfig(file, &options).await.context("the kubeconfig cannot be used"),
        Err(error) if command.context.is_none() => {
            Config::incluster().with_context(|| format!("no kubeconfig ({error}), and this is no pod"))
        }
        Err(error) => Err(error).context("the kubeconfig cannot be read"),
    }
}

#[allow(clippy::disallowed_methods, reason = "a file that a person names")]
fn token_in(path: &std::path::Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text.trim().to_owned())
}

async fn token(command: &Export, client: &Client) -> anyhow::Result<String> {
    if let Some(path) = &command.token {
        return token_in(path);
    }
    let spec = TokenRequestSpec { expiration_seconds: Some(600), ..TokenRequestSpec::default() };
    let request = TokenRequest { spec, ..TokenRequest::default() };
    let accounts = Api::<ServiceAccount>::namespaced(client.clone(), &command.namespace);
    let answer = accounts.create_token_request(&command.account, &PostParams::default(), &request).await;
    let answer = answer.with_context(|| {
        format!(
            "cannot get a token of the account {}/{} (the role hedgerow-observer-export gives the right to)",
            command.namespace, command.account
        )
    })?;
    answer.status.map(|status| status.token).context("the API server gave no token")
}

/// Where the API server's proxy has the collector's answer.
fn path(command: &Export, now: i64) -> String {
    let mut path =
        format!("/api/v1/namespaces/{}/services/https:{}/proxy/v1/observations", command.namespace, command.service);
    let mut separator = '?';
    let since = command.since.map(|since| ("since", String::from(since.moment(now))));
    for (key, value) in since.into_iter().chain(command.callee.clone().map(|callee| ("callee", callee))) {
        path.push(separator);
        separator = '&';
        path += key;
        path.push('=');
        path += &encoded(&value);
    }
    path
}

fn refused(command: &Export, error: kube::Error) -> anyhow::Error {
    let place = format!("the Service {}/{}", command.namespace, command.service);
    let kube::Error::Api(status) = &error else {
        return anyhow::Error::new(error).context(format!("{place} cannot be reached"));
    };
    if status.code == 503 {
        return anyhow::anyhow!("{place} has no collector that is ready: {}", status.message);
    }
    anyhow::anyhow!("{place} or the API server refuses ({}): {}", status.code, status.message)
}

/// Passes the lines on, and looks at the first.
async fn copy(body: impl futures::AsyncBufRead, out: &mut impl Write) -> anyhow::Result<Summary> {
    let mut body = std::pin::pin!(body);
    let (mut line, mut header, mut edges) = (Vec::new(), None, 0);
    loop {
        line.clear();
        let length =
            body.read_until(b'\n', &mut line).await.context("the answer broke off; what was printed is not whole")?;
        if length == 0 {
            break;
        }
        if length > MAX_LINE + 1 || line.last() != Some(&b'\n') {
            bail!("the answer broke off; what was printed is not whole");
        }
        match &header {
            None => {
                let read: Header = serde_json::from_slice(&line).context("the answer is no observations")?;
                header = Some(read);
            }
            Some(_) => edges += 1,
        }
        out.write_all(&line)?;
    }
    out.flush()?;
    Ok(Summary { edges, header: header.context("the answer is empty")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, expected) in [
            ("2026-11-01T08:00:00Z", Some(Since::At(1_793_520_000))),
            ("2026-11-01", Some(Since::At(1_793_491_200))),
            ("90m", Some(Since::Ago(5400))),
            ("12h", Some(Since::Ago(43_200))),
            ("30d", Some(Since::Ago(2_592_000))),
            ("45s", Some(Since::Ago(45))),
            ("", None),
            ("d", None),
            ("-1d", None),
            ("+1d", None),
            ("1.5h", None),
            ("1w", None),
            ("5€", None),
            ("yesterday", None),
            ("9223372036854775807d", None),
            ("2026-13-01", None),
        ] {
            assert_eq!(Since::parse(text).ok(), expected, "{text}");
        }
        assert_eq!(Since::Ago(60).moment(100), Moment(40));
        assert_eq!(Since::At(60).moment(100), Moment(60));
    }

    #[test]
    fn nothing_in_an_argument_leaves_its_place_in_the_address() {
        let command = Export {
            since: Some(Since::Ago(100)),
            callee: Some("a&b=/../ü".to_owned()),
            context: None,
            namespace: "n".to_owned(),
            service: "s:p".to_owned(),
            account: "a".to_owned(),
            token: None,
            of_prometheus: prometheus::Asked::default(),
        };
        assert_eq!(
            path(&command, 100),
            "/api/v1/namespaces/n/services/https:s:p/proxy/v1/observations?since=1970-01-01T00%3A00%3A00Z&callee=a%26b%3D%2F..%2F%C3%BC"
        );
        let plain = Export { since: None, callee: None, ..command };
        assert!(path(&plain, 0).ends_with("/v1/observations"));
    }

    const HEADER: &str = r#"{"version":1,"from":"2026-11-01T00:00:00Z","to":"2026-11-02T00:00:00Z","catalogue":null,"coverage":[{"node":"a","source":"conntrack","heard":5,"blind":2}],"canaries":[]}"#;

    fn copied(text: &str) -> (anyhow::Result<Summary>, String) {
        let mut out = Vec::new();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let result = runtime.block_on(copy(text.as_bytes(), &mut out));
        (result, String::from_utf8(out).unwrap())
    }

    #[test]
    fn lines_are_passed_on_and_what_is_not_whole_is_said() {
        let whole = format!("{HEADER}\n{{}}\n{{}}\n");
        let (result, out) = copied(&whole);
        assert_eq!(out, whole);
        let expected = "2 edges from 2026-11-01T00:00:00Z to 2026-11-02T00:00:00Z; sources heard for 5 minutes and were blind for 2 minutes";
        assert_eq!(result.unwrap().line(), expected);
        // Numbers that no collector tells.
        let most = u64::MAX.to_string();
        let line = format!(r#"{{"node":"a","source":"conntrack","heard":{most},"blind":{most}}}"#);
        let foreign =
            whole.replace(r#"{"node":"a","source":"conntrack","heard":5,"blind":2}"#, &format!("{line},{line}"));
        let said = copied(&foreign).0.unwrap().line();
        assert!(said.ends_with(&format!("heard for {most} minutes and were blind for {most} minutes")), "{said}");
        for (text, expected) in [
            (String::new(), "empty"),
            (format!("{HEADER}\n{{\"caller"), "not whole"),
            ("<html>\n".to_owned(), "no observations"),
            ("{}\n".to_owned(), "no observations"),
        ] {
            let (result, _) = copied(&text);
            assert!(result.unwrap_err().to_string().contains(expected), "{text}");
        }
    }
}
