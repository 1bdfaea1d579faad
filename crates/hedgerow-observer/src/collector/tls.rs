//! Certificates: read again when their files change, also where a mounted volume swaps a symbolic link.
#![allow(clippy::disallowed_methods, reason = "the door to the certificates' files")]

use anyhow::{Context, anyhow};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

/// The files of one server.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    /// The chain, its own certificate first.
    pub(crate) certificate: PathBuf,
    /// Its key.
    pub(crate) key: PathBuf,
    /// Who signs the certificates of clients; without it none is asked for.
    pub(crate) client_ca: Option<PathBuf>,
}

/// The configuration as the files were last when they were whole.
pub(crate) struct Certificates {
    files: Files,
    current: RwLock<(Vec<Vec<u8>>, Arc<ServerConfig>)>,
}

impl Certificates {
    /// Reads the files.
    ///
    /// # Errors
    /// When one cannot be read, or they do not fit each other.
    pub(crate) fn read(files: Files) -> anyhow::Result<Self> {
        let texts = texts(&files)?;
        let config = config(&files, &texts)?;
        Ok(Self { files, current: RwLock::new((texts, config)) })
    }

    /// What new connections are made with.
    pub(crate) fn current(&self) -> Arc<ServerConfig> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// Reads the files again; whether they had changed. Where they are no good, the old ones stay in use.
    ///
    /// # Errors
    /// As [`Certificates::read`].
    pub(crate) fn refresh(&self) -> anyhow::Result<bool> {
        let texts = texts(&self.files)?;
        if self.current.read().unwrap_or_else(PoisonError::into_inner).0 == texts {
            return Ok(false);
        }
        let config = config(&self.files, &texts)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = (texts, config);
        Ok(true)
    }
}

fn texts(files: &Files) -> anyhow::Result<Vec<Vec<u8>>> {
    let read = |path: &PathBuf| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    [Some(&files.certificate), Some(&files.key), files.client_ca.as_ref()].into_iter().flatten().map(read).collect()
}

fn config(files: &Files, texts: &[Vec<u8>]) -> anyhow::Result<Arc<ServerConfig>> {
    let [certificate, key, rest @ ..] = texts else { return Err(anyhow!("a certificate and a key are needed")) };
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
    let builder = match (&files.client_ca, rest) {
        (Some(path), [authority, ..]) => {
            let mut roots = rustls::RootCertStore::empty();
            for root in chain(authority).with_context(|| format!("{} holds no certificates", path.display()))? {
                roots.add(root).with_context(|| format!("{} holds a certificate that is no good", path.display()))?;
            }
            // Who has a token needs no certificate; who has neither is refused with every request.
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .allow_unauthenticated()
                .build()
                .with_context(|| format!("{} is no good as an authority", path.display()))?;
            builder.with_client_cert_verifier(verifier)
        }
        _ => builder.with_no_client_auth(),
    };
    let chain = chain(certificate).with_context(|| format!("{} holds no certificates", files.certificate.display()))?;
    let key = PrivateKeyDer::from_pem_slice(key).with_context(|| format!("{} holds no key", files.key.display()))?;
    let mut config = builder.with_single_cert(chain, key).with_context(|| {
        format!("{} and {} are not of one certificate", files.certificate.display(), files.key.display())
    })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn chain(pem: &[u8]) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let chain = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>()?;
    if chain.is_empty() { Err(anyhow!("it is empty")) } else { Ok(chain) }
}

/// The common name of a certificate that was verified: who its holder says to be. Nothing where there is none, more than one, or a
/// form of text that no tool writes today ([RFC 5280 §4.1.2.4](https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.4)).
pub(crate) fn common_name(certificate: &[u8]) -> Option<String> {
    const SEQUENCE: u8 = 0x30;
    const SET: u8 = 0x31;
    const OBJECT_IDENTIFIER: u8 = 0x06;
    const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];
    /// UTF8String, PrintableString, IA5String.
    const TEXTS: [u8; 3] = [0x0c, 0x13, 0x16];
    const EXPLICIT_VERSION: u8 = 0xa0;

    let mut certificate = Der(Der(certificate).expect(SEQUENCE)?);
    let mut signed = Der(certificate.expect(SEQUENCE)?);
    if signed.0.first() == Some(&EXPLICIT_VERSION) {
        signed.next()?;
    }
    // Serial number, algorithm, issuer, validity.
    for _ in 0..4 {
        signed.next()?;
    }
    let mut subject = Der(signed.expect(SEQUENCE)?);
    let mut name = None;
    while !subject.0.is_empty() {
        let mut parts = Der(subject.expect(SET)?);
        while !parts.0.is_empty() {
            let mut part = Der(parts.expect(SEQUENCE)?);
            if part.expect(OBJECT_IDENTIFIER)? != COMMON_NAME {
                continue;
            }
            let (tag, value) = part.next()?;
            let text = std::str::from_utf8(value).ok().filter(|text| TEXTS.contains(&tag) && !text.is_empty())?;
            if name.replace(text.to_owned()).is_some() {
                return None;
            }
        }
    }
    name
}

/// What is left of a run of values in DER.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The next value with its tag.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&[tag, length], rest) = self.0.split_first_chunk::<2>()?;
        let (length, rest) = if length < 0x80 {
            (usize::from(length), rest)
        } else {
            let bytes = usize::from(length & 0x7f);
            if !(1..=4).contains(&bytes) {
                return None;
            }
            let (length, rest) = rest.split_at_checked(bytes)?;
            (length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, value))
    }

    fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::common_name;

    /// One value in DER.
    fn der(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
        let content = parts.concat();
        let mut value = vec![tag];
        match u8::try_from(content.len()) {
            Ok(length) if length < 0x80 => value.push(length),
            _ => value.extend([0x82, (content.len() >> 8) as u8, content.len() as u8]),
        }
        value.extend(content);
        value
    }

    fn attribute(kind: u8, tag: u8, text: &[u8]) -> Vec<u8> {
        der(0x31, &[der(0x30, &[der(0x06, &[vec![0x55, 0x04, kind]]), der(tag, &[text.to_vec()])])])
    }

    fn certificate(version: bool, subject: &[Vec<u8>]) -> Vec<u8> {
        let version = if version { der(0xa0, &[vec![2, 1, 2]]) } else { Vec::new() };
        let filler = der(0x30, &[]);
        let signed = [version, der(2, &[vec![7; 200]]), filler.clone(), filler.clone(), filler, der(0x30, subject)];
        der(0x30, &[der(0x30, &signed)])
    }

    #[test]
    fn common_names() {
        let organisation = attribute(10, 0x0c, b"bank");
        for (subject, expected) in [
            (vec![organisation.clone(), attribute(3, 0x0c, b"node-a")], Some("node-a")),
            (vec![attribute(3, 0x13, b"node-a"), organisation.clone()], Some("node-a")),
            (vec![organisation], None),
            (vec![], None),
            (vec![attribute(3, 0x0c, b"")], None),
            // Two names: whose word counts would be a guess.
            (vec![attribute(3, 0x0c, b"node-a"), attribute(3, 0x0c, b"node-b")], None),
            // UTF-16.
            (vec![attribute(3, 0x1e, b"\0n")], None),
            (vec![attribute(3, 0x0c, b"\xff")], None),
        ] {
            for version in [true, false] {
                assert_eq!(common_name(&certificate(version, &subject)).as_deref(), expected, "{subject:?}");
            }
        }
        let whole = certificate(true, &[attribute(3, 0x0c, b"node-a")]);
        for end in 0..whole.len() {
            assert_eq!(common_name(&whole[..end]), None);
        }
    }
}
