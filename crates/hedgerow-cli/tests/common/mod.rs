//! What the tests of this crate share: commands run in process, in a sealed world.
#![allow(dead_code, reason = "every test binary uses a part of it")]

use hedgerow_cli::{Exit, Os, run};
use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ran {
    /// How it ended.
    pub(crate) exit: Exit,
    /// What it printed.
    pub(crate) stdout: Vec<u8>,
    /// What it said.
    pub(crate) stderr: String,
}

impl Ran {
    /// What it printed, as text.
    pub(crate) fn out(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("commands print UTF-8")
    }
}

/// A command line to run: `hedgerow` with arguments in a directory, with nothing of the real process around it.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    arguments: Vec<OsString>,
    directory: PathBuf,
    stdin: Vec<u8>,
    variables: Vec<(String, String)>,
}

impl Command {
    /// `hedgerow` with arguments that are separated by blanks.
    pub(crate) fn new(directory: &Path, arguments: &str) -> Self {
        Self::called("hedgerow", directory).args(arguments.split_whitespace())
    }

    /// The program under another name, without arguments.
    pub(crate) fn called(program: &str, directory: &Path) -> Self {
        Self {
            arguments: vec![program.into()],
            directory: directory.to_path_buf(),
            stdin: Vec::new(),
            variables: Vec::new(),
        }
    }

    /// More arguments.
    pub(crate) fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// What is on standard input.
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// A variable of the environment.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs it.
    pub(crate) fn run(self) -> Ran {
        let (stdout, stderr) = (Captured::default(), Captured::default());
        let boxed = |captured: &Captured| Box::new(captured.clone());
        let os = Os::for_tests(self.stdin, boxed(&stdout), boxed(&stderr), self.directory);
        let mut os = self.variables.iter().fold(os, |os, (name, value)| os.with_variable(name, value));
        let exit = run(self.arguments, &mut os);
        let stderr = String::from_utf8(stderr.0.take()).expect("messages are UTF-8");
        Ran { exit, stdout: stdout.0.take(), stderr }
    }
}

#[derive(Debug, Clone, Default)]
struct Captured(Rc<RefCell<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A directory of the test data of the whole repository.
pub(crate) fn testdata(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(path)
}

/// Writes files below a directory that goes away with the returned guard.
pub(crate) fn tree(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (path, bytes) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().expect("files lie below the directory")).expect("directories");
        std::fs::write(path, bytes).expect("a file");
    }
    directory
}

/// Makes observations those of the tree in which they lie, as a collector tells them that has its catalogue and in whose cluster it is deployed:
/// the environment, where none is said, the digest of the catalogue, and those of the policies.
pub(crate) fn told(root: &Path, file: &str) {
    let json = |arguments: &str| -> serde_json::Value {
        let ran = Command::new(root, arguments).run();
        serde_json::from_str(ran.out()).unwrap_or_else(|_| panic!("{arguments}: {}", ran.stderr))
    };
    let text = std::fs::read_to_string(root.join(file)).expect("observations");
    let (header, rest) = text.split_once('\n').expect("a header line");
    let mut header: serde_json::Value = serde_json::from_str(header).expect("a header");
    let catalogue = json("catalogue --env prod --rules");
    header["catalogue"] = catalogue["naming"].clone();
    header["labelling"] = catalogue["labelling"].clone();
    if header["environment"].is_null() {
        header["environment"] = "prod".into();
    }
    let ready = json(&format!("ready --env prod --observations {file} --format json"));
    for service in ready["services"].as_array().expect("services") {
        let name = service["service"].as_str().expect("a name");
        if header["services"][name]["policy"].is_object() {
            header["services"][name]["policy"]["digest"] = service["policy"]["planned"].clone();
        }
    }
    std::fs::write(root.join(file), format!("{header}\n{rest}")).expect("a file");
}
