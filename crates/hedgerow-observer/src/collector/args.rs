//! The command line of `collector`.

use clap::{Args, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Arguments of `collector`.
#[derive(Debug, Clone, Args)]
pub struct Collector {
    /// The catalogue: a file (such as a mounted ConfigMap), or an http:// or https:// address; read again when it changes
    #[arg(long, value_name = "FILE|URL")]
    pub catalogue: String,
    /// The environment whose stages count; not needed if the catalogue is of one environment
    #[arg(long, value_name = "ENV")]
    pub env: Option<String>,
    /// The directory in which observations are kept
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// How many days are kept
    #[arg(long, value_name = "DAYS", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub keep_days: u32,

    /// The address of /metrics, /v1/observations and the page
    #[arg(long, value_name = "ADDRESS", default_value = "[::]:9464")]
    pub listen: SocketAddr,
    /// The address to which node parts and canaries send
    #[arg(long, value_name = "ADDRESS", default_value = "[::]:9465")]
    pub listen_intake: SocketAddr,
    /// The address of /-/healthy and /-/ready, in plain text and without a login
    #[arg(long, value_name = "ADDRESS", default_value = "[::]:9466")]
    pub listen_health: SocketAddr,

    /// The certificate chain of --listen and --listen-intake, PEM; read again when it changes. Without it both must be on loopback
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The key of the certificate, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// The authority that signs the certificates of node parts; one with the common name NODE speaks for that node
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub client_ca: Option<PathBuf>,
    /// The service account of the node parts; a token of its pod speaks for the pod's node
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = account)]
    pub node_account: Option<String>,
    /// The service account of the canaries
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = account)]
    pub canary_account: Option<String>,
    /// The audience that tokens of node parts and canaries must be for
    #[arg(long, value_name = "NAME", default_value = "hedgerow-observer")]
    pub audience: String,
    /// Tokens that may read everything at --listen, one a line; read again when it changes
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Ask the API server whose tokens may read: those who may `get` the path, such as /metrics, as a non-resource URL
    #[arg(long)]
    pub review_tokens: bool,

    /// Where the addresses of pods are found
    #[arg(long, value_enum, default_value_t = Addresses::Status)]
    pub addresses: Addresses,
    /// The shortest time for which records wait, so that the API server can tell whose their addresses were
    #[arg(long, value_name = "SECONDS", default_value = "4", value_parser = seconds)]
    pub settle: Duration,
    /// The longest time for which they wait while the API server is away; after it they have no names
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub patience: Duration,
    /// How many callers of one callee that are not services have series of their own; the rest is `other`
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub callers_per_callee: usize,
    /// Report calls that no rule permits as Events on both pods, each edge once an hour
    #[arg(long)]
    pub events: bool,
}

/// Where the addresses of pods are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Addresses {
    /// In their status
    Status,
    /// In annotations that Calico's CNI plugin writes; only metadata is watched
    CalicoAnnotations,
}

fn account(text: &str) -> Result<String, String> {
    match text.split_once('/') {
        Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() && !name.contains('/') => {
            Ok(format!("system:serviceaccount:{namespace}:{name}"))
        }
        _ => Err("a service account is written as NAMESPACE/NAME".to_owned()),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.trim_end_matches('s').parse().map_err(|_| "a number of seconds is expected".to_owned())?;
    if !(0.0..=600.0).contains(&number) {
        return Err("between 0 and 600 seconds".to_owned());
    }
    Ok(Duration::from_secs_f64(number))
}
