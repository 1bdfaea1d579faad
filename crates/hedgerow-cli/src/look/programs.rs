//! Directories that hold a program of their own: what says how it is built or packed, together with where it begins.

use super::{Look, last_part, parent, text};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Files that say how a program is built.
const PROJECTS: [&str; 13] = [
    "Cargo.toml",
    "Gemfile",
    "Pipfile",
    "build.gradle",
    "build.gradle.kts",
    "composer.json",
    "go.mod",
    "mix.exs",
    "package.json",
    "pom.xml",
    "pyproject.toml",
    "requirements.txt",
    "setup.py",
];
/// Files in which a program begins, by their names alone.
const BEGINS: [&str; 9] =
    ["app.py", "artisan", "asgi.py", "config.ru", "main.py", "main.rs", "manage.py", "server.py", "wsgi.py"];
/// What files of Java and Kotlin are called in which a program begins.
const MAINS: [&str; 8] = ["App", "Application", "Bootstrap", "Launcher", "Main", "Runner", "Server", "Starter"];
/// What apps on phones and desktops are started by: they are no services.
const DEVICES: [&str; 5] = ["electron", "expo", "ionic", "react-native", "tauri"];
/// Files that say that a program deploys others.
const DEPLOYS: [&str; 3] = ["Pulumi.yaml", "cdk.json", "cdktf.json"];
/// Directories whose programs are tests, examples, and tools of people and of CI; a library may have an image for its tests.
const ASIDE: [&str; 38] = [
    "acceptance",
    "bench",
    "benches",
    "benchmark",
    "benchmarks",
    "cdk",
    "ci",
    "cli",
    "cypress",
    "deploy",
    "deployment",
    "doc",
    "docs",
    "e2e",
    "example",
    "examples",
    "fixtures",
    "hack",
    "helm",
    "iac",
    "infra",
    "infrastructure",
    "k6",
    "loadtest",
    "loadtests",
    "perf",
    "pulumi",
    "sample",
    "samples",
    "script",
    "scripts",
    "template",
    "templates",
    "terraform",
    "test",
    "tests",
    "tool",
    "tools",
];

/// What a directory holds of a program.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Program {
    /// A Dockerfile.
    pub(crate) is_packed: bool,
    /// A file that says how it is built.
    pub(crate) is_project: bool,
    /// Where it begins: there, or below it in what is no project of its own.
    pub(crate) begins: bool,
    /// Whether it deploys others.
    deploys: bool,
}

impl Program {
    /// Whether this alone makes it a program: it is packed, and it is a project or begins there.
    pub(crate) const fn is_whole(self) -> bool {
        self.is_packed && (self.is_project || self.begins) && !self.deploys
    }

    /// Whether it is a program beside others of the kind.
    pub(crate) const fn is_likely(self) -> bool {
        self.is_project && self.begins && !self.deploys
    }
}

/// Whether a file says how an image is made, in any spelling.
pub(super) fn is_dockerfile(name: &str) -> bool {
    let name = name.to_lowercase();
    let is_of = |word: &str| {
        name == word
            || name == format!(".{word}")
            || name.strip_prefix(word).is_some_and(|rest| rest.starts_with('.') && !rest.ends_with("ignore"))
            || name.strip_suffix(word).is_some_and(|before| before.ends_with('.'))
    };
    is_of("dockerfile") || is_of("containerfile")
}

/// Whether what lies in a directory of this name is a test, an example, a tool or a library: `tests`, `Orders.UnitTests`.
pub(crate) fn is_aside(part: &str) -> bool {
    let lower = part.to_lowercase();
    let last = lower.rsplit(['-', '_', '.']).next().unwrap_or(&lower);
    ASIDE.contains(&lower.as_str())
        || matches!(
            last,
            "cli"
                | "e2e"
                | "example"
                | "examples"
                | "lib"
                | "library"
                | "sample"
                | "samples"
                | "sdk"
                | "test"
                | "tests"
        )
        || part.strip_suffix("Tests").or_else(|| part.strip_suffix("Test")).is_some_and(|rest| !rest.is_empty())
}

/// Where programs begin, before it is known whose part that is.
#[derive(Debug, Default)]
pub(super) struct Begins {
    directories: BTreeSet<String>,
    /// Directories with a file of Go that was read: all files of a directory are of one package.
    read: BTreeSet<String>,
}

impl Begins {
    pub(super) fn file(
        &mut self,
        directory: &str,
        name: &str,
        is_dockerfile: bool,
        path: &Path,
        programs: &mut BTreeMap<String, Program>,
    ) {
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        let is_project = PROJECTS.contains(&name) || ending == "csproj";
        let deploys = DEPLOYS.contains(&name);
        if is_dockerfile || is_project || deploys {
            let program = programs.entry(directory.to_owned()).or_default();
            program.is_packed |= is_dockerfile;
            program.is_project |= is_project;
            program.deploys |= deploys;
        }
        let has = |words: &[&str]| text(path).is_some_and(|text| words.iter().any(|word| text.contains(word)));
        let begins = match (name, ending) {
            _ if BEGINS.contains(&name) => true,
            ("package.json", _) => text(path).is_some_and(|text| is_started(&text)),
            ("Cargo.toml", _) => has(&["[[bin]]"]),
            (_, "csproj") => has(&["Microsoft.NET.Sdk.Web", "Microsoft.NET.Sdk.Worker", "<OutputType>Exe<"]),
            (_, "go") if !stem.ends_with("_test") && !self.read.contains(directory) => {
                let text = text(path).unwrap_or_default();
                let is_built = !text.contains("//go:build ignore") && !text.contains("// +build ignore");
                if is_built {
                    self.read.insert(directory.to_owned());
                }
                is_built && text.lines().any(|line| line.split_whitespace().eq(["package", "main"]))
            }
            (_, "java" | "kt") if MAINS.iter().any(|word| stem.ends_with(word)) => {
                has(&["@SpringBootApplication", "@QuarkusMain", "void main(", "fun main("])
            }
            _ => false,
        };
        if begins {
            self.directories.insert(directory.to_owned());
        }
    }

    /// Gives each place where a program begins to the nearest directory above it that says how it is built or packed.
    pub(super) fn finish(self, look: &mut Look) {
        for directory in &self.directories {
            let above = std::iter::successors(Some(directory.as_str()), |at| (!at.is_empty()).then(|| parent(at)));
            for at in above {
                if let Some(program) = look.programs.get_mut(at) {
                    program.begins = true;
                    break;
                }
                if is_aside(last_part(at)) {
                    break;
                }
            }
        }
        look.begun = self.directories;
        for host in &look.hosts {
            if let Some(program) = look.programs.get_mut(host) {
                program.deploys = true;
            }
        }
    }
}

/// Whether a package has a script that starts it as a server or a page. A root of workspaces starts others.
fn is_started(text: &str) -> bool {
    let Ok(package) = serde_json::from_str::<serde_json::Value>(text) else { return false };
    let start = package.pointer("/scripts/start").and_then(serde_json::Value::as_str).unwrap_or_default();
    let mut words = start.split_whitespace();
    !start.is_empty() && package.get("workspaces").is_none() && !words.any(|word| DEVICES.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockerfiles_have_many_spellings() {
        for name in [
            "Dockerfile",
            "DockerFile",
            "dockerfile",
            ".Dockerfile",
            "Dockerfile.prod",
            "api.Dockerfile",
            "Containerfile",
        ] {
            assert!(is_dockerfile(name), "{name}");
        }
        for name in
            ["Dockerfile.dockerignore", "dockerfile-maker.go", "MyDockerfile", "docker-compose.yml", ".dockerignore"]
        {
            assert!(!is_dockerfile(name), "{name}");
        }
    }

    #[test]
    fn tests_and_examples_are_aside() {
        for part in [
            "tests",
            "e2e",
            "Orders.UnitTests",
            "order-tests",
            "LoadTest",
            "scripts",
            "Infrastructure",
            "basket-sample",
        ] {
            assert!(is_aside(part), "{part}");
        }
        for part in ["orders", "test-orders", "contest", "latest", "tools-api", "Contests"] {
            assert!(!is_aside(part), "{part}");
        }
    }
}
