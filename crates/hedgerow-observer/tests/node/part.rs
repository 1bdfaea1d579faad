//! The program itself, as a child of the test.

use std::io::Read as _;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A running node part.
#[derive(Debug)]
pub(crate) struct Part {
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Part {
    pub(crate) fn start(collector: SocketAddr, arguments: &[&str]) -> Self {
        Self::under(&[], collector, arguments)
    }

    /// Started by another program that changes its rights.
    pub(crate) fn under(wrapper: &[&str], collector: SocketAddr, arguments: &[&str]) -> Self {
        let program = env!("CARGO_BIN_EXE_hedgerow-observer");
        let mut words: Vec<&str> = wrapper.to_vec();
        words.push(program);
        let url = format!("http://{collector}");
        words.extend(["node", "--node-name", "n1", "--interval", "1", "--counters-every", "1", "--collector", &url]);
        words.extend(arguments);
        let mut child =
            Command::new(words[0]).args(&words[1..]).stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let (mut stderr, kept) = (child.stderr.take().unwrap(), Arc::clone(&said));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = stderr.read(&mut buffer) {
                kept.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..length]));
            }
        });
        Self { child, said }
    }

    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    pub(crate) fn until_said(&self, what: &str) {
        let end = Instant::now() + Duration::from_secs(60);
        while !self.said().contains(what) {
            assert!(Instant::now() < end, "never said: {what}\n{}", self.said());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A field of `/proc/PID/status`, in kilobytes.
    pub(crate) fn memory(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(field)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// SIGTERM; its exit code.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// `GET` over plain HTTP.
pub(crate) fn get(address: SocketAddr, path: &str) -> Option<String> {
    use std::io::Write as _;
    let mut stream = std::net::TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

fn refused(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_hedgerow-observer")).arg("node").args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn commands_that_are_at_fault_are_told_so() {
    let local = ["--node-name", "n", "--collector", "http://127.0.0.1:1"];
    for (arguments, words) in [
        (vec!["--node-name", "n", "--collector", "http://10.0.0.1:1"], "plain text to another machine"),
        (vec!["--node-name", "n", "--collector", "https://10.0.0.1:1"], "needs --ca"),
        (vec!["--node-name", "n", "--collector", "https://10.0.0.1:1", "--ca", "x"], "needs --token"),
        (vec!["--node-name", "", "--collector", "http://127.0.0.1:1"], "--node-name is empty"),
        ([&local[..], &["--sources", "hubble"]].concat(), "--hubble-file"),
        ([&local[..], &["--hubble-file", "x"]].concat(), "--sources hubble"),
        (
            [&local[..], &["--sources", "nothing"]].concat(),
            "possible values: flows, conntrack, kernel-log, counters, hubble",
        ),
        ([&local[..], &["--certificate", "x"]].concat(), "--key"),
        ([&local[..], &["--interval", "0"]].concat(), "--interval"),
    ] {
        let said = refused(&arguments);
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}

#[test]
fn help_has_examples() {
    let output = Command::new(env!("CARGO_BIN_EXE_hedgerow-observer")).args(["node", "--help"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for words in
        ["Examples:", "CAP_NET_ADMIN", "--token", "--flow-socket", "/var/run/calico/flows/flows.sock", "Exit codes"]
    {
        assert!(text.contains(words), "{words}\n{text}");
    }
}
