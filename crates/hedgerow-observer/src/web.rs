//! Asking a server of the web: plain or over TLS, with the machine's authorities or with one that is given.
#![allow(clippy::disallowed_methods, reason = "a door to the network")]

use anyhow::{Context, bail};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::{Request, header};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self};
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    client: legacy::Client<hyper_rustls::HttpsConnector<HttpConnector>, Full<Bytes>>,
    token: Option<header::HeaderValue>,
    patience: Duration,
    most: usize,
}

impl Client {
    /// Answers may take so long, and have so many bytes. `ca`: who has signed the server's certificate, PEM; else whom the machine believes.
    pub(crate) fn new(ca: Option<&Path>, patience: Duration, most: usize) -> anyhow::Result<Self> {
        let mut roots = rustls::RootCertStore::empty();
        match ca {
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
            Some(path) => {
                let certificates = CertificateDer::pem_file_iter(path)
                    .with_context(|| format!("cannot read {}", path.display()))?
                    .collect::<Result<Vec<_>, _>>()
                    .with_context(|| format!("{} holds no certificates", path.display()))?;
                if roots.add_parsable_certificates(certificates).0 == 0 {
                    bail!("{} holds no certificate of an authority", path.display());
                }
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = legacy::Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, token: None, patience, most })
    }

    /// Shows a token with each question.
    pub(crate) fn with_token(mut self, token: &str) -> anyhow::Result<Self> {
        let mut value =
            header::HeaderValue::try_from(format!("Bearer {token}")).context("the token holds what no token holds")?;
        value.set_sensitive(true);
        self.token = Some(value);
        Ok(self)
    }

    /// The text at an address.
    pub(crate) async fn get(&self, address: &str) -> anyhow::Result<String> {
        let request = Request::get(address).body(Full::default())?;
        let (status, text) = self.send(request).await?;
        if !status.is_success() {
            bail!("the answer is {status}");
        }
        Ok(text)
    }

    /// What is answered to a form, with its status.
    pub(crate) async fn post(
        &self,
        address: &str,
        form: &[(&str, String)],
    ) -> anyhow::Result<(hyper::StatusCode, String)> {
        let pairs: Vec<String> = form.iter().map(|(key, value)| format!("{key}={}", encoded(value))).collect();
        let request = Request::post(address).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Full::from(pairs.join("&")))?).await
    }

    async fn send(&self, mut request: Request<Full<Bytes>>) -> anyhow::Result<(hyper::StatusCode, String)> {
        if let Some(token) = &self.token {
            request.headers_mut().insert(header::AUTHORIZATION, token.clone());
        }
        let asking = async {
            let answer = self.client.request(request).await?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), self.most).collect().await;
            let body = body.map_err(|error| anyhow::anyhow!("{error}"))?;
            let text = String::from_utf8(body.to_bytes().into()).context("it is no UTF-8")?;
            Ok((status, text))
        };
        tokio::time::timeout(self.patience, asking).await.context("it takes too long")?
    }
}

/// A value as it stands in an address or a form.
pub(crate) fn encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out += &format!("%{byte:02X}");
        }
    }
    out
}
