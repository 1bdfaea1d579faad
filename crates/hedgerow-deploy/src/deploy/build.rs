//! What compose files say containers are built from, and what these run.

use super::compose::{arguments, other_names};
use super::{command, extended, image, settings, whose};
use crate::partial::Partial;
use crate::path::join;
use crate::value::Value;
use std::collections::BTreeMap;

/// A container that is built from a directory of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Build {
    /// How the container is called.
    pub name: String,
    /// The directory that it is built from; empty for the root.
    pub context: String,
    /// The Dockerfile that it is built by.
    pub dockerfile: String,
    /// The stage of the Dockerfile that is built, where one is said.
    pub stage: Option<String>,
    /// The module or the file that it runs, as its command names it.
    pub runs: Option<String>,
    /// The arguments of the build.
    pub arguments: BTreeMap<String, String>,
}

impl Build {
    /// The directory of the Dockerfile, where that lies below the one that it is built from.
    #[must_use]
    pub fn inner(&self) -> Option<&str> {
        let (directory, _) = self.dockerfile.rsplit_once('/')?;
        let below = directory.strip_prefix(self.context.as_str())?;
        (self.context.is_empty() || below.starts_with('/')).then_some(directory)
    }
}

/// An image that a service's containers run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Image {
    /// Its name without its tag.
    pub path: String,
    /// The module or the file that it runs, as the container's command names it.
    pub runs: Option<String>,
    /// Whether the container runs a command in place of the image's own program.
    pub is_replaced: bool,
}

impl Image {
    /// An image of which all of the name is known; of others nobody knows whether they are one.
    pub(super) fn new<'w>(path: &Partial, words: impl Iterator<Item = &'w Partial>, is_replaced: bool) -> Option<Self> {
        let words: Vec<&str> = words.flat_map(|word| word.letters().split_whitespace()).collect();
        Some(Self { path: path.known()?.to_owned(), runs: runs(&words), is_replaced })
    }

    /// The last part of its name: `ledger` of `registry:5000/bank/ledger`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// Keys of containers that settings of programs do not have below the same word.
const OF_CONTAINERS: &[&str] = &[
    "build",
    "cap_add",
    "cap_drop",
    "cgroup_parent",
    "container_name",
    "depends_on",
    "develop",
    "entrypoint",
    "env_file",
    "environment",
    "expose",
    "extends",
    "external_links",
    "extra_hosts",
    "healthcheck",
    "image",
    "mem_limit",
    "network_mode",
    "pids_limit",
    "pull_policy",
    "restart",
    "security_opt",
    "shm_size",
    "stdin_open",
    "stop_grace_period",
    "sysctls",
    "tmpfs",
    "ulimits",
    "volumes",
    "volumes_from",
    "working_dir",
];

/// Those that settings have as well: they tell a container where the file is called as compose files are.
///
/// See <https://github.com/compose-spec/compose-spec/blob/main/05-services.md>.
const ALSO_OF_CONTAINERS: &[&str] = &[
    "annotations",
    "attach",
    "command",
    "configs",
    "cpus",
    "deploy",
    "dns",
    "hostname",
    "init",
    "labels",
    "links",
    "logging",
    "networks",
    "platform",
    "ports",
    "privileged",
    "profiles",
    "provider",
    "read_only",
    "runtime",
    "scale",
    "secrets",
    "tty",
    "user",
];

/// Whether a document is a compose file: settings of programs have a key `services` as well, with addresses below it.
pub(super) fn is_compose(path: &str, document: &Value) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_called_so = name.contains("compose") || name.contains("stack");
    let containers = document.get("services").and_then(Value::as_map).into_iter().flatten();
    let mut keys =
        containers.filter_map(|(_, container)| container.as_map()).flatten().filter_map(|(key, _)| key.known());
    let is_one = |key| OF_CONTAINERS.contains(&key) || (is_called_so && ALSO_OF_CONTAINERS.contains(&key));
    document.get("kind").is_none() && keys.any(is_one)
}

/// Whether a file is a compose file, or cannot be read so that nobody knows.
#[must_use]
pub fn may_be_compose(path: &str, text: &str) -> bool {
    if !text.lines().any(|line| line.starts_with("services:")) {
        return false;
    }
    let documents: Vec<Value> = settings::documents(text).into_iter().map(Value::from).collect();
    documents.is_empty() || documents.iter().any(|document| is_compose(path, document))
}

/// The containers of a compose file that are built; none of another file.
#[must_use]
pub fn builds(path: &str, text: &str) -> Vec<Build> {
    if !text.contains("services:") || !text.contains("build:") {
        return Vec::new();
    }
    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    let mut found = Vec::new();
    let documents = settings::documents(text).into_iter().map(Value::from);
    for document in documents.filter(|document| document.get("kind").is_none()) {
        for (name, container) in document.get("services").and_then(Value::as_map).into_iter().flatten() {
            let Some(build) = extended::build(&document, container) else { continue };
            let Some(context) = build.as_str().or_else(|| build.get("context")?.as_str()) else { continue };
            let words = ["entrypoint", "command"].into_iter().flat_map(|key| command::placed(container.get(key)));
            let words: Vec<&str> = words.flat_map(|(word, _)| word.letters().split_whitespace()).collect();
            let said = |key| build.get(key).and_then(Value::as_str);
            let context = join(directory, context);
            found.push(Build {
                name: name.shown('…'),
                dockerfile: join(&context, said("dockerfile").unwrap_or("Dockerfile")),
                stage: said("target").map(str::to_owned),
                runs: runs(&words),
                arguments: arguments(container)
                    .into_iter()
                    .filter_map(|(name, value)| Some((name, value.known()?.to_owned())))
                    .collect(),
                context,
            });
        }
    }
    found
}

/// A container of a compose file, whether it is built or not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Container {
    /// What it is called: by its key, its name, its host name and its aliases.
    pub names: Vec<String>,
    /// The image that it runs, without its tag.
    pub image: Option<String>,
}

/// The containers of a compose file; none of another file.
#[must_use]
pub fn containers(path: &str, text: &str) -> Vec<Container> {
    if !text.lines().any(|line| line.starts_with("services:")) {
        return Vec::new();
    }
    let documents = settings::documents(text).into_iter().map(Value::from);
    let mut found = Vec::new();
    for document in documents.filter(|document| is_compose(path, document)) {
        for (name, container) in document.get("services").and_then(Value::as_map).into_iter().flatten() {
            let Some(name) = name.known() else { continue };
            let names = std::iter::once(name).chain(other_names(container)).map(str::to_owned).collect();
            let image = container.get("image").and_then(Value::as_str).and_then(whose::without_tag);
            found.push(Container { names, image: image.map(|image| image.written().into_owned()) });
        }
    }
    found
}

/// The Dockerfile that a container of a compose file is built by, and the stage.
pub(super) fn dockerfile(container: &Value, directory: &str) -> Option<(String, Option<String>)> {
    let build = container.get("build")?;
    let context = join(directory, build.as_str().or_else(|| build.get("context")?.as_str())?);
    let said = |key| build.get(key).and_then(Value::as_str);
    Some((join(&context, said("dockerfile").unwrap_or("Dockerfile")), said("target").map(str::to_owned)))
}

/// The module or the file that an image runs by itself, as the text of its Dockerfile names it in a stage: the last one unless one is said.
#[must_use]
pub fn image_runs(text: &str, stage: Option<&str>) -> Option<String> {
    let command = image::command(text, stage);
    let words = command.split([' ', '\t', ',', '[', ']', '"']).filter(|word| !word.is_empty());
    runs(&words.collect::<Vec<_>>())
}

/// What an image is made of, as its Dockerfile says it, with the arguments of its build filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recipe {
    /// What it copies in of what it is built from, in any of its stages; empty for all of it.
    pub copies: Vec<String>,
    /// The module or the file that it runs, as its command names it.
    pub runs: Option<String>,
    /// The words of the commands that build programs in it: `go build ./cmd/ledger`.
    pub builds: Vec<String>,
}

/// Reads the recipe of an image: of a stage, where one is said.
#[must_use]
pub fn recipe(text: &str, stage: Option<&str>, arguments: &BTreeMap<String, String>) -> Recipe {
    let text = image::with_arguments(text, arguments);
    let copies = image::copies(&text).into_iter().map(|(source, _)| source.trim_matches('/').to_owned());
    let copies = copies.map(|source| if source == "." { String::new() } else { source }).collect();
    Recipe { copies, runs: image_runs(&text, stage), builds: image::builds(&text) }
}

/// The module or the file that a command runs: `python -m jobs.run`, `celery -A shop.worker`, `uvicorn shop.main:app`, `node src/worker.js`.
fn runs(words: &[&str]) -> Option<String> {
    const SERVERS: &[&str] = &["uvicorn", "gunicorn", "hypercorn", "daphne", "granian", "arq", "dramatiq"];
    let bare = |word: &&str| word.trim_matches(['"', '\'', ';']).rsplit('/').next().unwrap_or_default().to_owned();
    let at = words.iter().position(|word| {
        let name = bare(word);
        let is_python = name.trim_start_matches("python").chars().all(|c| c.is_ascii_digit() || c == '.');
        (name.starts_with("python") && is_python)
            || SERVERS.contains(&name.as_str())
            || matches!(name.as_str(), "celery" | "node" | "ruby" | "php" | "flask")
    })?;
    let rest = &words[at + 1..];
    let behind = |flags: &[&str]| rest.iter().position(|word| flags.contains(word)).and_then(|at| rest.get(at + 1));
    let word = match bare(&words[at]).as_str() {
        "celery" => behind(&["-A", "--app"])?,
        "flask" => behind(&["--app"])?,
        name if name.starts_with("python") => behind(&["-m"]).or_else(|| rest.iter().find(|w| w.ends_with(".py")))?,
        name if SERVERS.contains(&name) => rest.iter().find(|word| word.contains(':') || word.contains('.'))?,
        _ => rest.iter().find(|word| !word.starts_with('-'))?,
    };
    let module = word.trim_matches(['"', '\'', ';']).split(':').next()?;
    (!module.is_empty()).then(|| module.trim_start_matches("./").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockerfiles_below_what_an_image_is_built_from_are_told() {
        for (context, dockerfile, expected) in [
            ("", "a/Dockerfile", Some("a")),
            ("", "Dockerfile", None),
            ("src", "src/a/Dockerfile", Some("src/a")),
            ("src", "src/Dockerfile", None),
            ("src", "src2/Dockerfile", None),
            ("src/a", "docker/Dockerfile", None),
        ] {
            let build = Build { context: context.into(), dockerfile: dockerfile.into(), ..Build::default() };
            assert_eq!(build.inner(), expected, "{context} {dockerfile}");
        }
    }

    #[test]
    fn what_an_image_runs_is_told() {
        let stages =
            "FROM python AS api\nCMD [\"uvicorn\", \"shop.api:app\"]\nFROM api AS jobs\nCMD python -m shop.jobs\n";
        for (text, stage, expected) in [
            ("FROM node\nCMD [\"node\", \"src/a.js\"]\n", None, Some("src/a.js")),
            ("FROM python\nCMD [\"python\", \"src/a.py\"]\n", None, Some("src/a.py")),
            ("FROM node\nENTRYPOINT [\"node\"]\nCMD [\"a.js\"]\n", None, Some("a.js")),
            ("FROM node\nCMD node a.js\nCMD node b.js\n", None, Some("b.js")),
            (stages, None, Some("shop.jobs")),
            (stages, Some("api"), Some("shop.api")),
            (stages, Some("other"), None),
            // What a stage does not say, the one that it is made from says.
            ("FROM python AS api\nCMD python -m shop.api\nFROM api AS all\nRUN x\n", None, Some("shop.api")),
            ("FROM node\n", None, None),
        ] {
            assert_eq!(image_runs(text, stage).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn recipes_are_read_with_their_arguments() {
        let arguments = BTreeMap::from([("SERVICE".to_owned(), "ledger".to_owned())]);
        for (text, copies, runs, builds) in [
            (
                "ARG SERVICE\nFROM node\nARG SERVICE=cart\nCOPY services/$SERVICE ./\nCMD node services/${SERVICE}/a.js\n",
                &["services/ledger"][..],
                Some("services/ledger/a.js"),
                &[][..],
            ),
            (
                "FROM golang AS build\nARG SERVICE\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /x ./cmd/$SERVICE && strip /x\nFROM x\nCOPY --from=build /x /x\nCMD /x\n",
                &[""],
                None,
                &["-o", "/x", "./cmd/ledger"],
            ),
            ("FROM x\nARG NAME=cart\nRUN cargo build --bin $NAME\n", &[], None, &["--bin", "cart"]),
            ("FROM x\nENV SERVICE=cart\nCOPY $SERVICE /a\nCOPY $OTHER /a\n", &["cart", "$OTHER"], None, &[]),
            (
                "FROM x\nRUN dotnet publish src/A/A.csproj -c Release\nRUN go vet ./...\n",
                &[],
                None,
                &["src/A/A.csproj", "-c", "Release"],
            ),
        ] {
            let found = recipe(text, None, &arguments);
            assert_eq!(found.copies, copies, "{text}");
            assert_eq!(found.runs.as_deref(), runs, "{text}");
            assert_eq!(found.builds, builds, "{text}");
        }
    }

    #[test]
    fn what_a_command_runs_is_told() {
        for (command, expected) in [
            ("python -m jobs.run --x", Some("jobs.run")),
            ("python3.12 jobs/run.py", Some("jobs/run.py")),
            ("celery -A shop.worker worker -l info", Some("shop.worker")),
            ("/bin/sh -c \"migrate && uvicorn shop.main:app --host 0.0.0.0\"", Some("shop.main")),
            ("gunicorn -w 4 shop.wsgi:application", Some("shop.wsgi")),
            ("node ./src/worker.js", Some("src/worker.js")),
            ("./entrypoint.sh", None),
            ("", None),
        ] {
            let words: Vec<&str> = command.split_whitespace().collect();
            assert_eq!(runs(&words).as_deref(), expected, "{command}");
        }
    }
}
