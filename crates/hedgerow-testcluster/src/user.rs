//! Somebody who asks the API server for something, and its answers.

use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Somebody with a kubeconfig.
#[derive(Debug, Clone)]
pub struct User {
    /// The name as RBAC and audit know it.
    pub name: String,
    kubeconfig: PathBuf,
    directory: PathBuf,
}

/// What a program said.
#[derive(Debug)]
pub struct Said {
    /// On standard output.
    pub stdout: String,
    /// On standard error.
    pub stderr: String,
    /// Its exit code; -1 where a signal ended it.
    pub code: i32,
}

impl Said {
    /// Runs a program to its end.
    ///
    /// # Panics
    /// Where it cannot be started.
    #[must_use]
    pub fn of(command: &mut Command, input: &[u8]) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let mut stdin = child.stdin.take().expect("stdin is piped");
        let output = std::thread::scope(|scope| {
            // A program may end before it has read everything; what it says then is what counts.
            scope.spawn(move || stdin.write_all(input).ok());
            child.wait_with_output().expect("the program can be waited for")
        });
        Self {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code().unwrap_or(-1),
        }
    }

    /// The output of what must have succeeded.
    ///
    /// # Panics
    /// Where it failed.
    #[track_caller]
    pub fn text(self) -> String {
        assert_eq!(self.code, 0, "it failed: {}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// The complaint of what must have failed.
    ///
    /// # Panics
    /// Where it succeeded.
    #[track_caller]
    pub fn refused(self) -> String {
        assert_ne!(self.code, 0, "it succeeded: {}", self.stdout);
        self.stderr
    }
}

/// What the API server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body: an object, or a `Status` that says what is wrong.
    pub body: Value,
    /// What stands in `Warning` headers.
    pub warnings: Vec<String>,
}

impl Answer {
    /// Whether the request was granted.
    #[must_use]
    pub fn is_granted(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The reason of a refusal.
    #[must_use]
    pub fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }
}

impl User {
    pub(crate) fn new(name: &str, kubeconfig: PathBuf, directory: &Path) -> Self {
        Self { name: name.to_owned(), kubeconfig, directory: directory.to_owned() }
    }

    /// The kubeconfig, for other programs: `command.env("KUBECONFIG", user.kubeconfig())`.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Runs kubectl as this user.
    #[must_use]
    pub fn kubectl(&self, arguments: &[&str]) -> Said {
        self.kubectl_with(arguments, "")
    }

    /// Runs kubectl as this user, with something on its standard input.
    #[must_use]
    pub fn kubectl_with(&self, arguments: &[&str], input: &str) -> Said {
        let mut command = Command::new(crate::tool("kubectl"));
        // One cache of what the server can do for all users: they ask the same server.
        command.env("KUBECONFIG", &self.kubeconfig).env("KUBECACHEDIR", self.directory.join("kubectl-cache"));
        command.env("HOME", &self.directory).env_remove("KUBECTL_EXTERNAL_DIFF").args(arguments);
        Said::of(&mut command, input.as_bytes())
    }

    /// `kubectl apply --server-side` of manifests; what names no namespace goes into `namespace`.
    #[must_use]
    pub fn apply(&self, namespace: &str, manifests: &str) -> Said {
        self.kubectl_with(&["apply", "--server-side", "-n", namespace, "-f", "-"], manifests)
    }

    /// What `kubectl get … --output json` prints.
    ///
    /// # Panics
    /// Where it fails.
    #[track_caller]
    #[must_use]
    pub fn get(&self, arguments: &[&str]) -> Value {
        let arguments = [&["get", "--output", "json"], arguments].concat();
        serde_json::from_str(&self.kubectl(&arguments).text()).expect("kubectl prints JSON")
    }

    /// One request, for what kubectl does not do: any verb on any path, subresources included. `content` is the type of the body,
    /// such as `application/json` or `application/merge-patch+json`. A user in `as_user` is impersonated.
    ///
    /// # Panics
    /// Where the server does not answer.
    #[track_caller]
    #[must_use]
    pub fn request(&self, method: &str, path: &str, content: &str, body: &str, as_user: Option<&str>) -> Answer {
        let headers: Vec<_> = as_user.map(|user| ("Impersonate-User", user)).into_iter().collect();
        self.request_with(method, path, content, body, &headers)
    }

    /// As [`User::request`], with headers of the caller's.
    ///
    /// # Panics
    /// Where the server does not answer.
    #[track_caller]
    #[must_use]
    pub fn request_with(
        &self,
        method: &str,
        path: &str,
        content: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--max-time", "60", "--dump-header", "-", "--request", method]);
        command.args(["--header", &format!("Content-Type: {content}"), "--header", "Expect:"]);
        for (name, value) in headers {
            command.args(["--header", &format!("{name}: {value}")]);
        }
        if !body.is_empty() {
            command.args(["--data-binary", "@-"]);
        }
        let (server, credentials) = self.credentials();
        command.args(credentials).arg(format!("{server}{path}"));
        let said = Said::of(&mut command, body.as_bytes());
        assert_eq!(said.code, 0, "{method} {path}: {}", said.stderr);
        let (head, body) = said.stdout.split_once("\r\n\r\n").expect("an answer has a head");
        let status = head.split_whitespace().nth(1).and_then(|word| word.parse().ok()).expect("an answer has a status");
        let warnings = head.lines().filter_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("warning").then(|| value.to_owned())
        });
        let warnings = warnings.collect();
        let body = serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()));
        Answer { status, body, warnings }
    }

    /// The server and the flags of curl, read from the kubeconfig, which is ours and has one line per part.
    fn credentials(&self) -> (String, Vec<String>) {
        let text = std::fs::read_to_string(&self.kubeconfig).expect("the user has a kubeconfig");
        let value = |key: &str| {
            let (_, rest) = text.split_once(&format!("{key}: "))?;
            let rest = rest.trim_start_matches(['"', '\'']);
            Some(rest[..rest.find(['"', '\'', '}', ',', '\n']).unwrap_or(rest.len())].to_owned())
        };
        let mut flags =
            vec!["--cacert".to_owned(), value("certificate-authority").expect("a kubeconfig has an authority")];
        if let Some(token) = value("token") {
            flags.extend(["--header".to_owned(), format!("Authorization: Bearer {token}")]);
        } else {
            let certificate = value("client-certificate").expect("a kubeconfig has a certificate or a token");
            let key = value("client-key").expect("a certificate has a key");
            flags.extend(["--cert".to_owned(), certificate, "--key".to_owned(), key]);
        }
        (value("server").expect("a kubeconfig has a server"), flags)
    }
}
