//! What a run may touch of the process it lives in, so that tests can put something else in its place.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "where the process meets the world")]

use super::Exit;
use super::args::ColorChoice;
use hedgerow_core::date::Date;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Read, Write};
use std::path::PathBuf;

/// The process as a command sees it.
pub struct Os {
    stdin: Box<dyn Read>,
    stdout: Box<dyn Write>,
    stderr: Box<dyn Write>,
    stdin_is_terminal: bool,
    stdout_is_terminal: bool,
    stderr_is_terminal: bool,
    environment: BTreeMap<OsString, OsString>,
    directory: PathBuf,
    today: Date,
    /// What was written to standard error, kept where the host hides it.
    hidden: Option<Vec<u8>>,
}

impl Os {
    /// The real process.
    #[must_use]
    pub fn new() -> Self {
        let environment: BTreeMap<_, _> = std::env::vars_os().collect();
        let days =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs() / 86_400);
        Self {
            stdin: Box::new(io::stdin()),
            stdout: Box::new(io::stdout()),
            stderr: Box::new(io::stderr()),
            stdin_is_terminal: io::stdin().is_terminal(),
            stdout_is_terminal: io::stdout().is_terminal(),
            stderr_is_terminal: io::stderr().is_terminal(),
            hidden: is_helm_plugin(&environment).then(Vec::new),
            environment,
            directory: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            today: Date::from_unix_days(i64::try_from(days).unwrap_or(0)),
        }
    }

    /// A process for tests: the given input, the given writers, no environment, no terminal, and 2026-11-21 for today.
    #[must_use]
    pub fn for_tests(stdin: Vec<u8>, stdout: Box<dyn Write>, stderr: Box<dyn Write>, directory: PathBuf) -> Self {
        Self {
            stdin: Box::new(io::Cursor::new(stdin)),
            stdout,
            stderr,
            stdin_is_terminal: false,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            environment: BTreeMap::new(),
            directory,
            today: Date::from_unix_days(20_778),
            hidden: None,
        }
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    pub(super) fn variable(&self, name: &str) -> Option<&OsStr> {
        self.environment.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    pub(super) const fn today(&self) -> Date {
        self.today
    }

    pub(super) fn directory(&self) -> &std::path::Path {
        &self.directory
    }

    pub(super) const fn stdin_is_terminal(&self) -> bool {
        self.stdin_is_terminal
    }

    pub(super) const fn stderr_is_terminal(&self) -> bool {
        self.stderr_is_terminal
    }

    /// Whether Helm 4 runs this process as its plugin.
    pub(super) fn is_helm_plugin(&self) -> bool {
        is_helm_plugin(&self.environment)
    }

    pub(super) fn colors(&self, choice: ColorChoice, stdout: bool) -> bool {
        let is_terminal = if stdout { self.stdout_is_terminal } else { self.stderr_is_terminal };
        match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal && self.variable("NO_COLOR").is_none_or(OsStr::is_empty),
        }
    }

    pub(super) fn read_stdin(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.stdin.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn out(&mut self, text: &str) -> io::Result<()> {
        self.out_with(|to| to.write_all(text.as_bytes()))
    }

    pub(super) fn out_with(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        write(&mut *self.stdout)?;
        self.stdout.flush()
    }

    pub(super) fn err(&mut self, text: &str) -> io::Result<()> {
        if let Some(hidden) = &mut self.hidden {
            hidden.extend_from_slice(text.as_bytes());
        }
        self.stderr.write_all(text.as_bytes())?;
        self.stderr.flush()
    }

    /// Ends the run: where it failed and the host hides standard error, says why on the host's own.
    pub(super) fn finish(&mut self, exit: Exit) -> Exit {
        if exit != Exit::Done
            && let Some(hidden) = self.hidden.take()
        {
            tell_host(&hidden);
        }
        exit
    }
}

impl Default for Os {
    fn default() -> Self {
        Self::new()
    }
}

/// Helm 4 sets these two for its subprocess plugins; Helm 3 sets neither for a post-renderer.
fn is_helm_plugin(environment: &BTreeMap<OsString, OsString>) -> bool {
    ["HELM_PLUGIN_NAME", "HELM_PLUGIN_DIR"].iter().all(|name| environment.contains_key(OsStr::new(name)))
}

/// Helm 4 throws a plugin's standard error away, so the reason goes to the standard error of Helm itself, or to the
/// terminal where that cannot be opened. Where neither can, Helm's own words are all the person gets.
fn tell_host(text: &[u8]) {
    let open = |path: &str| std::fs::OpenOptions::new().append(true).open(path);
    #[cfg(target_os = "linux")]
    let host = open(&format!("/proc/{}/fd/2", std::os::unix::process::parent_id()));
    #[cfg(not(target_os = "linux"))]
    let host: io::Result<std::fs::File> = Err(io::ErrorKind::Unsupported.into());
    if let Ok(mut to) = host.or_else(|_| open("/dev/tty")) {
        // Helm writes its own last words at its own offset; in a plain file they would land on our first line.
        let first = format!("{}\n", "hedgerow: Helm hides what its plugins say, so here it is. ".repeat(4));
        let is_file = to.metadata().is_ok_and(|metadata| metadata.is_file());
        let lead = if is_file { first.as_bytes() } else { b"" };
        // Nobody is left to tell where this fails.
        let _unheard = to.write_all(&[lead, text].concat());
    }
}
