//! Starting programs: where they are, what they say, and that they end.

use hedgerow_testcluster::{Said, repository};
use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A file of `integrations/observer`.
pub(crate) fn shipped(relative: &str) -> PathBuf {
    repository().join("integrations/observer").join(relative)
}

/// The text of a file of `integrations/observer`.
pub(crate) fn text(relative: &str) -> String {
    let path = shipped(relative);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Something that `scripts/tools` brings below `.tools`, or nothing, said aloud.
pub(crate) fn brought(relative: &str) -> Option<PathBuf> {
    let path = repository().join(".tools").join(relative);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var_os("HEDGEROW_REQUIRE_TOOLS").is_some_and(|value| value == "1");
    assert!(!required, "{relative} is missing: run scripts/tools");
    // Not `eprintln`, which the test harness swallows when a test passes.
    let _ = writeln!(std::io::stderr(), "SKIPPED: .tools/{relative} is not there; run scripts/tools");
    None
}

/// A program that `scripts/tools` brings.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    brought(&format!("bin/{name}"))
}

/// Runs a program to its end in a directory.
pub(crate) fn run(program: &Path, directory: &Path, arguments: &[&str]) -> Said {
    Said::of(Command::new(program).current_dir(directory).args(arguments), b"")
}

/// A port of loopback that is nobody else's.
pub(crate) fn free_port() -> u16 {
    crate::port::free_port().port()
}

/// A program that is ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts it; what it says goes to a file in `directory`.
    pub(crate) fn start(command: &mut Command, name: &str, directory: &Path) -> Self {
        let log = directory.join(format!("{name}.log"));
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        let child = command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        Self { name: name.to_owned(), child, log }
    }

    /// What it said so far.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Ends it at once, as a machine that loses its power does.
    pub(crate) fn kill(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }

    /// Waits until something is so, and fails with what the program said if it is not within two minutes, or if the program ends.
    #[track_caller]
    pub(crate) fn until<T>(&mut self, what: &str, mut answer: impl FnMut() -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(answer) = answer() {
                return answer;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "{} ended ({ended:?}) before {what}:\n{}", self.name, self.said());
            assert!(start.elapsed() < Duration::from_secs(120), "two minutes, and not {what}:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The body of what a GET answers with a status of 200, or nothing.
pub(crate) fn get(url: &str, more: &[&str]) -> Option<String> {
    let mut command = Command::new("curl");
    command.args(["--silent", "--fail", "--max-time", "20", "--globoff"]).args(more).arg(url);
    let said = Said::of(&mut command, b"");
    (said.code == 0).then_some(said.stdout)
}

/// A Prometheus on loopback.
#[derive(Debug)]
pub(crate) struct Prometheus {
    _program: Running,
    pub(crate) url: String,
}

impl Prometheus {
    /// Starts it on a database and a configuration, and waits until it answers.
    pub(crate) fn start(directory: &Path, configuration: &str) -> Option<Self> {
        let program = tool("prometheus")?;
        std::fs::write(directory.join("prometheus.yml"), configuration).unwrap();
        let port = free_port();
        let mut command = Command::new(program);
        command.current_dir(directory).args([
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=tsdb",
            "--storage.tsdb.retention.time=10y",
            "--log.level=warn",
            &format!("--web.listen-address=127.0.0.1:{port}"),
        ]);
        let url = format!("http://127.0.0.1:{port}");
        let mut program = Running::start(&mut command, "prometheus", directory);
        program.until("Prometheus is ready", || get(&format!("{url}/-/ready"), &[]));
        Some(Self { _program: program, url })
    }

    /// The answer to an instant query: series with their values. A query that is refused fails.
    #[track_caller]
    pub(crate) fn query(&self, query: &str, time: Option<i64>) -> Vec<Value> {
        let url = format!("{}/api/v1/query", self.url);
        let mut command = Command::new("curl");
        command.args(["--silent", "--max-time", "20", "--get", "--data-urlencode", &format!("query={query}")]);
        if let Some(time) = time {
            command.args(["--data-urlencode", &format!("time={time}")]);
        }
        let body = Said::of(command.arg(url), b"").text();
        let answer: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        answer["data"]["result"].as_array().cloned().unwrap_or_default()
    }
}

/// The text of a file of the repository.
pub(crate) fn repository_text(relative: &str) -> String {
    std::fs::read_to_string(repository().join(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
}
