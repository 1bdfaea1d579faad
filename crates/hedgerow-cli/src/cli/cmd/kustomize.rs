//! Hedgerow as a plugin of kustomize, which gives it no arguments to speak of.
//!
//! A KRM function gets none and finds a `ResourceList` on standard input, with its configuration under `functionConfig`.
//! A legacy plugin gets one file with its configuration and is called by the name of its kind, `Hedgerow`.

use super::post_render::{Patched, read};
use crate::cli::args::{ColorChoice, DiagnosticFormat, EnvironmentArg, Global, PostRender, namespace_pair};
use crate::cli::session::Session;
use crate::cli::{Exit, Os};
use anyhow::{Context, anyhow, bail};
use hedgerow_core::diag::nearest;
use hedgerow_core::name::Namespace;
use hedgerow_yaml::Node;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The kind of Hedgerow's configuration, and so the name of its legacy plugin.
const KIND: &str = "Hedgerow";

/// How kustomize runs this process.
pub(in crate::cli) enum Host {
    /// As a KRM function.
    Function,
    /// As a legacy plugin, with the file that holds its configuration.
    Legacy(PathBuf),
}

/// Whether kustomize runs this process, by its arguments alone.
pub(in crate::cli) fn host(arguments: &[OsString], os: &Os) -> Option<Host> {
    let called = arguments.first().map(Path::new).and_then(Path::file_name)?;
    if called == OsStr::new(KIND) {
        return arguments.get(1).map(|file| Host::Legacy(file.into()));
    }
    // Without arguments a person gets the help text; a person has a terminal.
    (arguments.len() == 1 && !os.stdin_is_terminal()).then_some(Host::Function)
}

pub(in crate::cli) fn run(host: &Host, os: &mut Os) -> anyhow::Result<Exit> {
    let stream = read(os)?;
    let settings = match host {
        Host::Function => function_config(&stream)?,
        Host::Legacy(file) => {
            let path = os.directory().join(file);
            let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
            let node = hedgerow_yaml::parse(&text).with_context(|| format!("`{}`", path.display()))?;
            Settings::read(node.as_ref().context("the plugin's configuration is empty")?)?
        }
    };
    let global = Global {
        directory: Some(settings.fleet.clone().unwrap_or_else(|| PathBuf::from("."))),
        config: settings.config.clone(),
        color: ColorChoice::Never,
        quiet: false,
        verbose: false,
        today: None,
    };
    let args = settings.args();
    let mut session = Session::new(os, global);
    let patched = Patched::new(&mut session, &stream, &args)?;
    patched.write(&mut session, &stream)?;
    Ok(Exit::Done)
}

/// The configuration in a `ResourceList`.
fn function_config(stream: &str) -> anyhow::Result<Settings> {
    let usage = "no command is given; run `hedgerow --help` (without a command, a KRM ResourceList is expected on standard input)";
    let Ok(Some(root)) = hedgerow_yaml::parse(stream) else { bail!(usage) };
    let is_list = root.as_mapping().and_then(|root| root.get("kind")).and_then(Node::as_str) == Some("ResourceList");
    if !is_list {
        bail!(usage)
    }
    match root.as_mapping().and_then(|root| root.get("functionConfig")) {
        Some(config) => Settings::read(config),
        None => Ok(Settings::default()),
    }
}

/// What the configuration says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Settings {
    fleet: Option<PathBuf>,
    config: Option<PathBuf>,
    namespaces: Vec<(Namespace, Namespace)>,
    environment: Option<String>,
    service: Option<String>,
    strict: bool,
    prune: bool,
}

const KEYS: [&str; 7] = ["fleet", "config", "environment", "namespaces", "service", "strict", "prune"];

fn namespaces(below: &str, pair: &str) -> anyhow::Result<(Namespace, Namespace)> {
    namespace_pair(pair).map_err(|error| anyhow!("`{below}.namespaces`: {error}"))
}

impl Settings {
    /// Reads `spec` of a `Hedgerow`, or `data` of a `ConfigMap`.
    fn read(config: &Node<'_>) -> anyhow::Result<Self> {
        let config = config.as_mapping().context("the configuration must be a mapping")?;
        let kind = config.get("kind").and_then(Node::as_str);
        let below = match kind {
            Some(KIND) => "spec",
            Some("ConfigMap") => "data",
            _ => bail!("the configuration must be of kind `{KIND}` or `ConfigMap`"),
        };
        let mut settings = Self::default();
        let Some(spec) = config.get(below).filter(|spec| !spec.is_null()) else { return Ok(settings) };
        let spec = spec.as_mapping().with_context(|| format!("`{below}` must be a mapping"))?;
        for pair in &spec.pairs {
            let key = pair.key.as_str().unwrap_or_default();
            if let Some(names) = pair.value.as_mapping().filter(|_| key == "namespaces") {
                for pair in &names.pairs {
                    let words = [pair.key.as_str(), pair.value.as_str()].map(Option::unwrap_or_default);
                    settings.namespaces.push(namespaces(below, &words.join("="))?);
                }
                continue;
            }
            let value = pair.value.as_str().filter(|_| !pair.value.is_null());
            let value = value.with_context(|| format!("`{below}.{key}` must be a text"))?;
            let flag = || match value {
                "true" => Ok(true),
                "false" => Ok(false),
                _ => bail!("`{below}.{key}` must be `true` or `false`, not `{value}`"),
            };
            match key {
                "fleet" => settings.fleet = Some(value.into()),
                "config" => settings.config = Some(value.into()),
                // A ConfigMap holds texts alone.
                "namespaces" => {
                    let pairs = value.split(',').map(|pair| namespaces(below, pair));
                    settings.namespaces = pairs.collect::<anyhow::Result<_>>()?;
                }
                "environment" => settings.environment = Some(value.to_owned()),
                "service" => settings.service = Some(value.to_owned()),
                "strict" => settings.strict = flag()?,
                "prune" => settings.prune = flag()?,
                _ => {
                    let near =
                        nearest(key, KEYS).map_or_else(|| KEYS.join(", "), |near| format!("did you mean `{near}`?"));
                    bail!("`{below}` has no key `{key}`; {near}")
                }
            }
        }
        Ok(settings)
    }

    fn args(&self) -> PostRender {
        PostRender {
            environment: EnvironmentArg { environment: self.environment.clone(), namespaces: self.namespaces.clone() },
            service: self.service.clone(),
            strict: self.strict,
            prune: self.prune,
            check: false,
            unknown_kinds: false,
            prove: false,
            depfile: None,
            format: DiagnosticFormat::Text,
        }
    }
}
