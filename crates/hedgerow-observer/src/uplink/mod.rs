//! The way to the collector: a queue that keeps, a connection that is made again and again, and what proves who speaks.
//!
//! Who speaks is proven by a client certificate (its common name is the node's), or by a token of a service account that is bound to an
//! audience, in the metadata `authorization: Bearer …` of the stream. The files are looked at every few seconds; when one has changed, a new
//! connection is made with it. Without TLS there is only the way to this machine itself.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the door to files of keys and tokens, and the clock of waiting"
)]

mod queue;
mod send;

pub use queue::Queue;
pub use send::{Link, Status, run};

use anyhow::{Context, bail};
use clap::Args;
use std::path::{Path, PathBuf};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity, Uri};

/// Where the collector is, and what proves who speaks to it.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// The collector: `https://host:port`, or `http://` on this machine alone
    #[arg(long, value_name = "URL")]
    pub collector: String,
    /// File with the certificates that the collector's own is checked against (PEM)
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// File with this program's certificate, whose common name is the node's (PEM)
    #[arg(long, value_name = "FILE", requires = "key")]
    pub certificate: Option<PathBuf>,
    /// File with the certificate's key (PEM)
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub key: Option<PathBuf>,
    /// File with a service account's token for the collector's audience
    #[arg(long, value_name = "FILE", conflicts_with = "certificate")]
    pub token: Option<PathBuf>,
    /// Name in the collector's certificate, if it is not the host of the URL
    #[arg(long, value_name = "NAME")]
    pub server_name: Option<String>,
}

/// What the files held when they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Credentials {
    ca: Vec<u8>,
    certificate: Vec<u8>,
    key: Vec<u8>,
    token: Vec<u8>,
}

impl Options {
    /// What is wrong with them whatever the files hold, said before anything is started; and what a person should know all the same.
    ///
    /// # Errors
    /// If nobody could be spoken to this way, or anybody could listen.
    pub fn check(&self) -> anyhow::Result<Option<String>> {
        let uri: Uri = self.collector.parse().with_context(|| format!("--collector {} is no URL", self.collector))?;
        let host = uri.host().unwrap_or_default();
        match uri.scheme_str() {
            Some("https") => {
                if self.ca.is_none() {
                    bail!("--collector {} needs --ca: nothing else says whose certificate to believe", self.collector);
                }
                if self.token.is_none() && self.certificate.is_none() {
                    bail!(
                        "--collector {} needs --token, or --certificate and --key: the collector listens to nobody without",
                        self.collector
                    );
                }
                Ok(None)
            }
            Some("http") if is_this_machine(host) => {
                let shown = if self.token.is_some() { ", and the token with it" } else { "" };
                Ok(Some(format!(
                    "speaks to {} in plain text{shown}: nobody proves who is at the other end",
                    self.collector
                )))
            }
            Some("http") => bail!(
                "--collector {} is plain text to another machine: anybody on the way could read and change it; give https:// and --ca",
                self.collector
            ),
            _ => bail!("--collector {} has to begin with https:// (or http:// on this machine)", self.collector),
        }
    }

    fn credentials(&self) -> anyhow::Result<Credentials> {
        let read = |path: &Option<PathBuf>| match path {
            Some(path) => read(path),
            None => Ok(Vec::new()),
        };
        Ok(Credentials {
            ca: read(&self.ca)?,
            certificate: read(&self.certificate)?,
            key: read(&self.key)?,
            token: read(&self.token)?.trim_ascii().to_vec(),
        })
    }

    fn endpoint(&self, credentials: &Credentials) -> anyhow::Result<Endpoint> {
        let seconds = std::time::Duration::from_secs;
        let endpoint = Endpoint::from_shared(self.collector.clone())?
            .connect_timeout(seconds(10))
            .http2_keep_alive_interval(seconds(20))
            .keep_alive_timeout(seconds(10))
            .keep_alive_while_idle(true);
        if !self.collector.starts_with("https:") {
            return Ok(endpoint);
        }
        let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&credentials.ca));
        if self.certificate.is_some() {
            tls = tls.identity(Identity::from_pem(&credentials.certificate, &credentials.key));
        }
        if let Some(name) = &self.server_name {
            tls = tls.domain_name(name);
        }
        endpoint.tls_config(tls).context("the certificates cannot be used")
    }
}

/// The most that is read of one file.
const LARGEST: u64 = 1 << 20;

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    file.take(LARGEST).read_to_end(&mut bytes).with_context(|| format!("cannot read {}", path.display()))?;
    if bytes.trim_ascii().is_empty() {
        bail!("{} is empty", path.display());
    }
    Ok(bytes)
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(collector: &str) -> Options {
        Options {
            collector: collector.to_owned(),
            ca: None,
            certificate: None,
            key: None,
            token: None,
            server_name: None,
        }
    }

    #[test]
    fn plain_text_stays_on_this_machine() {
        for (collector, is_fine) in [
            ("http://127.0.0.1:9", true),
            ("http://[::1]:9", true),
            ("http://localhost:9", true),
            ("http://127.0.0.1.example:9", false),
            ("http://10.0.0.1:9", false),
            ("http://collector:9", false),
            ("http://0.0.0.0:9", false),
            ("ftp://127.0.0.1:9", false),
            ("127.0.0.1:9", false),
            ("", false),
        ] {
            let checked = options(collector).check();
            assert_eq!(checked.is_ok(), is_fine, "{collector}: {checked:?}");
            assert!(
                checked.is_err() || checked.unwrap().unwrap().contains("plain text"),
                "{collector}: it is said aloud"
            );
        }
    }

    #[test]
    fn tls_needs_somebody_to_believe_and_something_to_prove() {
        let mut https = options("https://collector:9");
        assert!(https.check().unwrap_err().to_string().contains("--ca"));
        https.ca = Some("ca".into());
        assert!(https.check().unwrap_err().to_string().contains("--token"));
        https.token = Some("token".into());
        assert_eq!(https.check().unwrap(), None);
        assert!(https.credentials().unwrap_err().to_string().contains("cannot open ca"));
    }
}
