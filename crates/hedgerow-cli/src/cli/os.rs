//! What a run may touch of the process it lives in, so that tests can put something else in its place.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "where the process meets the world")]

use super::Exit;
use super::args::ColorChoice;
use hedgerow_core::date::Date;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Read, Write};
use std::path::PathBuf;

/// Seconds.
const DAY: i64 = 86_400;

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
    /// In seconds since 1970.
    now: i64,
    /// What was written to standard error, kept where the host hides it.
    hidden: Option<Vec<u8>>,
}

/// How many bytes of standard input one piece of memory is made for: most charts fit into the first, nearly everything into
/// the last. It is address space alone until it is written to.
const ROOMS: [usize; 3] = [32 << 10, 1 << 20, 64 << 20];

/// Reads everything into one piece with room for it. What is more than the last of the rooms goes into further pieces of that
/// size, which are put together at the end: a list that grows is copied each time, and leaves memory behind that is of no use.
fn read_to_end(from: &mut dyn Read, rooms: &[usize]) -> io::Result<Vec<u8>> {
    let mut pieces = vec![Vec::new()];
    let sizes = rooms.iter().chain(rooms.last().into_iter().cycle());
    for (at, size) in sizes.enumerate() {
        if at >= rooms.len() {
            pieces.push(Vec::new());
        }
        let Some(piece) = pieces.last_mut() else { break };
        let missing = size.saturating_sub(piece.len());
        // Where not even address space is to be had, the piece grows.
        let _without = piece.try_reserve_exact(missing);
        if Read::take(&mut *from, missing as u64).read_to_end(piece)? < missing {
            break;
        }
    }
    if pieces.len() > 1 {
        let mut whole = Vec::with_capacity(pieces.iter().map(Vec::len).sum());
        pieces.drain(..).for_each(|piece| whole.extend_from_slice(&piece));
        return Ok(whole);
    }
    Ok(pieces.pop().unwrap_or_default())
}

impl Os {
    /// The real process.
    #[must_use]
    pub fn new() -> Self {
        let environment: BTreeMap<_, _> = std::env::vars_os().collect();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
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
            now: i64::try_from(now).unwrap_or(0),
        }
    }

    /// A process for tests: the given input, the given writers, no environment, no terminal, and noon of 2026-11-21 for now.
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
            now: 20_778 * DAY + DAY / 2,
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

    /// All variables of the environment, for a program that is started.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&OsString, &OsString)> {
        self.environment.iter()
    }

    pub(super) fn today(&self) -> Date {
        Date::from_unix_days(self.now.div_euclid(DAY))
    }

    /// In seconds since 1970.
    pub(super) const fn now(&self) -> i64 {
        self.now
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
        read_to_end(&mut *self.stdin, &ROOMS)
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
        // In a plain file that Helm does not append to, it writes its own last words where its file ended before ours: a line of blanks
        // takes them up.
        let is_file = to.metadata().is_ok_and(|metadata| metadata.is_file());
        let room = if is_file && !host_appends() { format!("{}\n", " ".repeat(HELMS_WORDS)) } else { String::new() };
        let lead = if is_file { "hedgerow: Helm hides what its plugins say, so here it is.\n" } else { "" };
        // Nobody is left to tell where this fails.
        let _unheard = to.write_all(&[room.as_bytes(), lead.as_bytes(), text].concat());
    }
}

/// How many bytes Helm's last words may have.
const HELMS_WORDS: usize = 400;

/// Whether what Helm writes goes to the end of its standard error, wherever that is by then.
fn host_appends() -> bool {
    // <https://man7.org/linux/man-pages/man5/proc_pid_fdinfo.5.html>: the flags of `open` as an octal number.
    const APPEND: u32 = 0o2000;
    #[cfg(target_os = "linux")]
    let told = std::fs::read_to_string(format!("/proc/{}/fdinfo/2", std::os::unix::process::parent_id()));
    #[cfg(not(target_os = "linux"))]
    let told: io::Result<String> = Err(io::ErrorKind::Unsupported.into());
    let told = told.unwrap_or_default();
    let flags = told.lines().find_map(|line| line.strip_prefix("flags:"));
    flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok()).is_some_and(|flags| flags & APPEND != 0)
}

#[cfg(test)]
mod tests {
    use super::read_to_end;
    use std::io::{self, Cursor, Read};

    /// Gives one byte at a time, as a slow pipe does.
    struct Slow<'b>(&'b [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            match (self.0.split_first(), into.first_mut()) {
                (Some((first, rest)), Some(slot)) => {
                    (*slot, self.0) = (*first, rest);
                    Ok(1)
                }
                _ => Ok(0),
            }
        }
    }

    #[test]
    fn pieces_are_put_together_in_order_whatever_their_number() {
        let all: Vec<u8> = (0..=255).collect();
        for length in [0, 1, 7, 8, 9, 31, 32, 33, 63, 64, 65, 96, 200] {
            let bytes = &all[..length];
            assert_eq!(read_to_end(&mut Cursor::new(bytes), &[8, 32]).unwrap(), bytes, "{length} bytes at once");
            assert_eq!(read_to_end(&mut Slow(bytes), &[8, 32]).unwrap(), bytes, "{length} bytes one by one");
        }
    }
}
