//! The catalogue: from a file or an address, read again when it changes. A bad one changes nothing, and is said.

use super::say::say;
use super::world::World;
use anyhow::Context;
use hedgerow_observe::fleet::{Fleet, MAX_CATALOGUE};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How often a file is looked at, and an address asked.
const LOOK: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(30));
/// How long an address may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where the catalogue comes from.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    File(PathBuf),
    Address(String),
}

impl Place {
    pub(crate) fn of(text: &str) -> Self {
        if text.starts_with("https://") || text.starts_with("http://") {
            Self::Address(text.to_owned())
        } else {
            Self::File(PathBuf::from(text))
        }
    }

    async fn text(&self) -> anyhow::Result<String> {
        match self {
            Self::File(path) => super::files::text(path),
            Self::Address(address) => {
                let client = crate::web::Client::new(None, PATIENCE, MAX_CATALOGUE)?;
                client.get(address).await.with_context(|| format!("cannot fetch {address}"))
            }
        }
    }
}

/// How the catalogue does.
#[derive(Debug, Default)]
pub(crate) struct State(Mutex<Said>);

/// What is said of the catalogue.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    /// When it was last read and understood, in microseconds.
    pub(crate) good_since: Option<i64>,
    /// Why the one that is there now is not used.
    pub(crate) fault: Option<String>,
    /// What is wrong with parts of it.
    pub(crate) warnings: Vec<String>,
}

impl State {
    pub(crate) fn said(&self) -> Said {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Said)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Reads the catalogue and goes on reading it when it changes.
pub(crate) async fn follow(
    place: Place,
    environment: Option<String>,
    world: Arc<World>,
    state: Arc<State>,
    domain: watch::Sender<Option<String>>,
) {
    let mut last: Option<[u8; 32]> = None;
    loop {
        match place.text().await {
            Err(error) => {
                let fault = format!("{error:#}");
                say("catalogue", &format!("the catalogue cannot be read, the last one stays in use: {fault}"));
                state.change(|said| said.fault = Some(fault));
                last = None;
            }
            Ok(text) => {
                let digest = Some(Sha256::digest(text.as_bytes()).into());
                if digest != last {
                    last = digest;
                    take(&place, &text, environment.as_deref(), &world, &state, &domain);
                }
            }
        }
        tokio::time::sleep(if matches!(place, Place::File(_)) { LOOK.0 } else { LOOK.1 }).await;
    }
}

fn take(
    place: &Place,
    text: &str,
    environment: Option<&str>,
    world: &World,
    state: &State,
    domain: &watch::Sender<Option<String>>,
) {
    let name = match place {
        Place::File(path) => path.display().to_string(),
        Place::Address(address) => address.clone(),
    };
    let reading = Fleet::read(&name, text, environment);
    let of = |is_error: bool| {
        let diagnostics = reading.diagnostics.iter().filter(move |diagnostic| diagnostic.is_error() == is_error);
        diagnostics.map(|diagnostic| diagnostic.message.clone()).collect::<Vec<_>>()
    };
    let errors = of(true);
    let Some(fleet) = reading.fleet.filter(|_| errors.is_empty()) else {
        let fault = errors.first().cloned().unwrap_or_else(|| "it is none".to_owned());
        let more = if errors.len() > 1 { format!(" ({} faults in all)", errors.len()) } else { String::new() };
        say("catalogue", &format!("{name} is no good, the last catalogue stays in use: {fault}{more}"));
        state.change(|said| {
            said.fault = Some(format!("{fault}{more}"));
            said.warnings = errors;
        });
        return;
    };
    say(
        "catalogue read",
        &format!("{name}: {}, {}", hedgerow_core::diag::count(fleet.services().len(), "service"), fleet.digest()),
    );
    let new = Some(fleet.scheme().domain().as_str().to_owned());
    domain.send_if_modified(|domain| std::mem::replace(domain, new.clone()) != new);
    world.set_fleet(Arc::new(fleet));
    state.change(|said| *said = Said { good_since: Some(super::clock::now()), fault: None, warnings: of(false) });
}
