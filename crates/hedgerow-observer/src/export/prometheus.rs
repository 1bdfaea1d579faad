//! `hedgerow-observer export --prometheus URL`: the same evidence from a Prometheus that scraped one collector or several.

use super::{Export, Summary};
use crate::web::Client;
use crate::{clock, export::Since};
use anyhow::{Context, bail};
use clap::Args;
use hedgerow_observe::observations::Moment;
use hedgerow_observe::scraped::{self, Fault, NoAnswer, Query, Series, Window};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// How long an answer may take, and how long it may be in bytes.
const PATIENCE: Duration = Duration::from_secs(180);
const MOST: usize = 512 << 20;
const SECOND: i64 = 1_000_000;
/// The longest window, in days: a question or some for each.
const LONGEST: i64 = 3660;

/// Arguments of `export --prometheus`.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Asked {
    /// Ask a Prometheus (or whatever has its API) that scraped one collector or several, not a collector itself
    #[arg(long, value_name = "URL", conflicts_with_all = ["context", "namespace", "service", "account"])]
    pub(crate) prometheus: Option<String>,
    /// Up to when: as for --since. Now, if it is not given
    #[arg(long, value_name = "TIME", value_parser = Since::parse, requires = "prometheus")]
    pub(crate) until: Option<Since>,
    /// Only series with this label, such as cluster=prod; can be given several times
    #[arg(long = "label", value_name = "LABEL=VALUE", value_parser = label, requires = "prometheus")]
    pub(crate) labels: Vec<(String, String)>,
    /// Who has signed the certificate of the Prometheus, PEM; else whom the machine believes
    #[arg(long, value_name = "FILE", requires = "prometheus")]
    pub(crate) ca: Option<PathBuf>,
}

fn label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((label, value)) if is_label(label) => Ok((label.to_owned(), value.to_owned())),
        _ => Err("write it as LABEL=VALUE".to_owned()),
    }
}

fn is_label(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit())
}

/// Where the API is. A token goes over TLS, or to this machine.
fn address(url: &str, has_token: bool) -> anyhow::Result<String> {
    let uri: hyper::Uri = url.parse().with_context(|| format!("--prometheus {url} is no address"))?;
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if is_here || !has_token => {}
        Some("http") => bail!("--prometheus {url} is plain text: whoever listens would read the token; write https://"),
        _ => bail!("--prometheus {url}: write it as http://HOST:PORT or https://HOST:PORT"),
    }
    if uri.query().is_some() {
        bail!("--prometheus {url}: an address without a question in it");
    }
    Ok(url.trim_end_matches('/').to_owned())
}

/// Prints the observations, and says what a person should know.
#[allow(clippy::print_stderr, reason = "where text meets a person")]
pub(super) fn run(command: &Export, url: &str, mut out: impl Write) -> anyhow::Result<Summary> {
    let asked = &command.of_prometheus;
    let base = address(url, command.token.is_some())?;
    let mut client = Client::new(asked.ca.as_deref(), PATIENCE, MOST)?;
    if let Some(path) = &command.token {
        client = client.with_token(&super::token_in(path)?)?;
    }
    let now = clock::now().unix.div_euclid(SECOND);
    let at = |since: Since| since.moment(now).0.saturating_mul(SECOND);
    let (from, to) =
        (at(command.since.unwrap_or(Since::Ago(30 * 86_400))), asked.until.map_or(now * SECOND, at).min(now * SECOND));
    if from >= to {
        bail!("--since is not before --until, or is yet to come");
    }
    if to - from > LONGEST * 86_400 * SECOND {
        bail!("--since is more than {LONGEST} days before the end");
    }
    let window = Window { from, to, callee: command.callee.clone(), labels: asked.labels.iter().cloned().collect() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    let mut ask = |query: &Query| -> anyhow::Result<Vec<Series>> {
        let (path, form) = query.request();
        let place = format!("{base}{path}");
        let (status, text) =
            runtime.block_on(client.post(&place, &form)).with_context(|| format!("cannot ask {base}"))?;
        scraped::read(&text).map_err(|fault| match fault {
            NoAnswer::Form(_) if !status.is_success() => anyhow::anyhow!("{base} answers {status}"),
            NoAnswer::Form(why) => anyhow::anyhow!("{base} is no Prometheus: {why}"),
            NoAnswer::Refused(why) => anyhow::anyhow!("{base} refuses ({status}): {why}"),
            NoAnswer::Partial(why) => anyhow::anyhow!("{base} says that its answer is not whole: {why}"),
        })
    };
    let scraped = scraped::observations(&window, &mut ask).map_err(|fault| match fault {
        Fault::Ask(error) => error,
        Fault::Environments(all) => anyhow::anyhow!(
            "{base} scraped collectors of several environments ({}): choose those of one with --label",
            all.into_iter().collect::<Vec<_>>().join(", ")
        ),
        Fault::Nothing => {
            let window =
                format!("between {} and {}", String::from(Moment(from / SECOND)), String::from(Moment(to / SECOND)));
            anyhow::anyhow!("{base} has scraped no collector {window} (no series {} with these labels)", scraped::SINCE)
        }
    })?;
    for note in &scraped.notes {
        eprintln!("note: {note}");
    }
    let observations = scraped.observations;
    out.write_all(observations.to_text().as_bytes())?;
    out.flush()?;
    Ok(Summary { edges: observations.observed.len() as u64, header: observations.header })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (url, has_token, is_good) in [
            ("http://127.0.0.1:9090", true, true),
            ("http://[::1]:9090/", true, true),
            ("http://prometheus:9090", false, true),
            ("http://prometheus:9090", true, false),
            ("https://prometheus/prefix/", true, true),
            ("prometheus:9090", false, false),
            ("ftp://prometheus", false, false),
            ("https://prometheus/?x=1", false, false),
            ("", false, false),
        ] {
            assert_eq!(address(url, has_token).is_ok(), is_good, "{url} {has_token}");
        }
        assert_eq!(address("https://a/b/", true).unwrap(), "https://a/b");
    }

    #[test]
    fn labels() {
        assert_eq!(label("cluster=a=b"), Ok(("cluster".to_owned(), "a=b".to_owned())));
        for text in ["cluster", "=a", "a-b=c", "1a=b"] {
            assert!(label(text).is_err(), "{text}");
        }
    }
}
