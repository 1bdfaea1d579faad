//! Starting programs: where they are, what they may see, what they said.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The top of the repository.
pub(crate) fn repository() -> PathBuf {
    let crate_directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_directory.ancestors().nth(2).expect("the crate is two directories below the repository").to_owned()
}

/// One of the programs that `scripts/tools` brings, or `None`, said aloud, where it has not been brought.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let path = repository().join(".tools/bin").join(name);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var_os("HEDGEROW_REQUIRE_TOOLS").is_some_and(|value| value == "1");
    assert!(!required, "{name} is missing: run scripts/tools");
    // Not `eprintln`, which the test harness swallows when a test passes.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {name} is not in .tools/bin; run scripts/tools");
    None
}

/// What a program left behind.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl Outcome {
    /// The output of a program that must have succeeded.
    #[track_caller]
    pub(crate) fn text(self) -> String {
        assert_eq!(self.code, 0, "the program failed:\n{}", self.stderr);
        String::from_utf8(self.stdout).expect("output is UTF-8")
    }

    /// The complaint of a program that must have failed without printing anything.
    #[track_caller]
    pub(crate) fn refusal(self) -> String {
        assert_ne!(self.code, 0, "the program succeeded:\n{}", String::from_utf8_lossy(&self.stdout));
        assert_eq!(String::from_utf8_lossy(&self.stdout), "", "nothing may be printed after an error");
        self.stderr
    }
}

/// A place for one test's files, and the surroundings of the programs that it starts.
pub(crate) struct Sandbox {
    directory: tempfile::TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory") }
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.directory.path().join(relative)
    }

    /// Writes a file and the directories above it.
    pub(crate) fn write(&self, relative: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().expect("a file has a directory")).expect("directories can be made");
        std::fs::write(&path, contents).expect("files can be written");
        path
    }

    /// Puts a program on the path of the others, under `name`.
    pub(crate) fn link(&self, name: &str, program: &Path) {
        std::fs::create_dir_all(self.path("bin")).expect("directories can be made");
        std::os::unix::fs::symlink(program, self.path("bin").join(name)).expect("links can be made");
    }

    /// A program with `hedgerow` on its path, a home directory of its own and no cluster.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        let home = self.path("home");
        command
            .current_dir(repository())
            .env("PATH", self.search_path())
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("KUBECONFIG", home.join("no-cluster"))
            .env("HELM_CONFIG_HOME", home.join("helm"))
            .env("HELM_DATA_HOME", home.join("helm"))
            .env("HELM_CACHE_HOME", home.join("helm"))
            .env_remove("HELM_PLUGINS")
            .env_remove("KUSTOMIZE_PLUGIN_HOME")
            .env("NO_COLOR", "1");
        command
    }

    fn search_path(&self) -> OsString {
        let hedgerow =
            Path::new(env!("CARGO_BIN_EXE_hedgerow")).parent().expect("a program has a directory").to_owned();
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let directories = [self.path("bin"), hedgerow].into_iter().chain(std::env::split_paths(&inherited));
        std::env::join_paths(directories).expect("PATH can be joined")
    }

    /// `hedgerow` itself.
    pub(crate) fn hedgerow(&self, arguments: &[&str], input: &[u8]) -> Outcome {
        let mut command = self.command(env!("CARGO_BIN_EXE_hedgerow"));
        command.args(arguments);
        run(&mut command, input)
    }
}

/// Runs a program to its end with `input` on its standard input.
pub(crate) fn run(command: &mut Command, input: &[u8]) -> Outcome {
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
    Outcome {
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code().expect("no program dies of a signal"),
    }
}
