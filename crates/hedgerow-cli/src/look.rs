//! What lies in a tree that nobody described yet: manifests, charts, kustomizations, compose files, code. For `init` and `doctor`.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the door to the disk")]

mod aspire;
mod built;
mod deployers;
mod ports;
mod programs;
mod read;

use crate::ignored::Ignored;
use hedgerow_core::read::unread::GENERATED;
pub(crate) use programs::{Program, is_aside};
use read::Reading;
pub(crate) use read::{NAMING, is_name};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The deepest directory that is looked into.
const DEPTH: usize = 16;
/// The most files and directories that are looked at.
const MOST: usize = 200_000;
/// The most bytes of a file that is read.
const LIMIT: u64 = 2 << 20;
/// Directories that hold what others wrote, besides those that tools fill.
const FOREIGN: [&str; 3] = ["__pycache__", "testdata", "third_party"];
/// Endings of files from which manifests are made by other tools, which are not run here.
const SOURCES: [&str; 7] = ["cue", "erb", "j2", "jinja", "jinja2", "jsonnet", "libsonnet"];
/// Files that stand beside the code of a program.
const CODE: [&str; 15] = [
    "Dockerfile",
    "go.mod",
    "main.go",
    "package.json",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "requirements.txt",
    "pyproject.toml",
    "setup.py",
    "main.py",
    "Cargo.toml",
    "Gemfile",
    "composer.json",
    "mix.exs",
];

/// Endings of source code.
const SOURCE: [&str; 12] = ["cs", "go", "java", "js", "jsx", "kt", "php", "py", "rb", "rs", "ts", "tsx"];

/// Something that makes pods, as a manifest or a compose file has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Workload {
    pub(crate) name: String,
    /// `compose` where it is a service of a compose file, `Release` where it is a release of Helm.
    pub(crate) kind: String,
    /// The namespace that is written there.
    pub(crate) namespace: Option<String>,
    pub(crate) ports: BTreeSet<Port>,
    /// What its pods wear, as far as it is written out.
    pub(crate) labels: BTreeMap<String, String>,
    /// What its images are called: the last part, without a tag.
    pub(crate) images: BTreeSet<String>,
    /// The directory that a compose file builds it from, or that of its Dockerfile where that lies deeper; empty for the root.
    pub(crate) build: Option<String>,
    /// The Dockerfile by which a compose file builds it, where it names one.
    pub(crate) dockerfile: Option<String>,
    /// What a compose file gives to its build: names and values that are written out.
    pub(crate) args: BTreeMap<String, String>,
    /// The directory of the program that a compose file builds it of.
    pub(crate) place: Option<String>,
    /// What a compose file calls its container, where that is not its own name.
    pub(crate) container: Option<String>,
    /// The file.
    pub(crate) file: String,
}

impl Workload {
    /// Whether a compose file builds it from the program of a directory.
    pub(crate) fn is_built_from(&self, directory: &str) -> bool {
        self.place.as_deref().or(self.build.as_deref()) == Some(directory)
    }
}

/// A Service of Kubernetes with a selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Front {
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
    pub(crate) selector: BTreeMap<String, String>,
}

/// A container port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Port {
    pub(crate) number: u16,
    /// Empty where a template or values leave it open.
    pub(crate) protocol: String,
    pub(crate) name: Option<String>,
}

/// A chart of Helm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chart {
    pub(crate) name: String,
    /// Its directory.
    pub(crate) directory: String,
    pub(crate) is_library: bool,
    /// The charts that it brings.
    pub(crate) dependencies: Vec<Dependency>,
    /// Ports that its templates and values write out, by the template, or by the first key of the values.
    pub(crate) ports: BTreeMap<String, BTreeSet<Port>>,
    /// The templates that make pods, without their endings.
    pub(crate) templates: BTreeSet<String>,
    /// Those of them whose pods are called after the release, and then something more.
    pub(crate) suffixed: BTreeSet<String>,
    /// What its templates write as labels that name things; an empty value is the chart's own name.
    pub(crate) labels: BTreeMap<&'static str, BTreeSet<String>>,
}

/// A chart that another one brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// What its pods are called after: the alias, else the name.
    pub(crate) name: String,
    /// The name in its own `Chart.yaml`.
    pub(crate) chart: String,
}

/// A kustomization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kustomization {
    pub(crate) directory: String,
    pub(crate) namespace: Option<String>,
    /// The files and directories that it brings, from the root.
    pub(crate) resources: Vec<String>,
    /// Those of them that change all the others, in order.
    pub(crate) components: Vec<String>,
    /// Its own file.
    pub(crate) path: String,
    /// Every other text of it as a path from the root: files that it lays over others, or makes maps of.
    pub(crate) others: BTreeSet<String>,
}

/// An application of Argo CD, or a Kustomization of Flux: a directory that is deployed into a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Application {
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
    /// The directory that it deploys.
    pub(crate) path: Option<String>,
    pub(crate) file: String,
}

/// An ApplicationSet of Argo CD that makes an application of each directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApplicationSet {
    pub(crate) name: String,
    pub(crate) file: String,
    /// The namespace as it is written, mostly a template.
    pub(crate) namespace: Option<String>,
    /// Directories, in which a part may be `*`; those that are left out begin with `!`.
    pub(crate) directories: Vec<String>,
}

/// What was seen.
#[derive(Debug, Default, Clone)]
pub(crate) struct Look {
    /// What the directory itself is called.
    pub(crate) name: String,
    pub(crate) workloads: Vec<Workload>,
    pub(crate) fronts: Vec<Front>,
    /// Files that lie beside a kustomization, which does not name them, with the workloads in them.
    pub(crate) unlisted: BTreeMap<String, BTreeSet<String>>,
    /// Directories of AppHosts of Aspire.
    pub(crate) hosts: BTreeSet<String>,
    /// What they run, by name.
    pub(crate) hosted: BTreeMap<String, aspire::Hosted>,
    /// Directories of projects of .NET, by the project's name.
    projects: BTreeMap<String, String>,
    pub(crate) charts: Vec<Chart>,
    pub(crate) kustomizations: Vec<Kustomization>,
    pub(crate) applications: Vec<Application>,
    /// Those that were not understood stay here; the others are among `applications`.
    pub(crate) application_sets: Vec<ApplicationSet>,
    /// Charts that are packed.
    pub(crate) packed: Vec<String>,
    /// Directories of charts that a release of the tree deploys, under its own name.
    pub(crate) released: BTreeMap<String, BTreeSet<String>>,
    /// Helmfiles with releases whose names are templates.
    pub(crate) nameless: BTreeSet<String>,
    /// How many files other tools make manifests from, by their ending.
    pub(crate) sources: BTreeMap<String, usize>,
    pub(crate) compose: Vec<String>,
    /// The files whose services compose files take in.
    pub(crate) included: BTreeSet<String>,
    /// What compose files take in by `include` and `extends`, by their paths.
    pub(crate) taken_in: BTreeMap<String, BTreeSet<String>>,
    /// Whether compose files count beside what else is seen.
    pub(crate) is_chosen: bool,
    /// Values files of charts by the word behind `values-` or `values.`.
    pub(crate) values: BTreeMap<String, Vec<String>>,
    /// Directories of programs: with a file in them that says how one is built or begins.
    pub(crate) code: BTreeSet<String>,
    /// Those of them with a file that says how one is built or packed.
    pub(crate) built: BTreeSet<String>,
    /// Directories with source code in them.
    pub(crate) sourced: BTreeSet<String>,
    /// Directories that hold a program of their own, or a part of one.
    pub(crate) programs: BTreeMap<String, Program>,
    /// Directories with a file in which a program begins.
    pub(crate) begun: BTreeSet<String>,
    /// Directories with the code of images that CI, scripts and tools of developers build, by the image.
    pub(crate) images: BTreeMap<String, String>,
    /// Directories with the code of what Dockerfiles pack, by the Dockerfile.
    pub(crate) packs: BTreeMap<String, String>,
    /// Directories of programs that say in their settings what they are called: `spring.application.name`.
    pub(crate) called: BTreeMap<String, BTreeSet<String>>,
    /// All directories.
    pub(crate) directories: BTreeSet<String>,
    /// Directories whose `service.yaml` is a manifest of Kubernetes, or a template of one.
    pub(crate) taken: BTreeSet<String>,
    /// Directories with a `service.yaml` of ours.
    pub(crate) own: BTreeSet<String>,
    /// Rule files that are there already.
    pub(crate) rules: Vec<String>,
    /// Files that run Hedgerow as a function of kustomize.
    pub(crate) functions: Vec<String>,
    /// Files that a `.gitignore` names and that deploy or set something, by what they are called.
    pub(crate) left_out: Vec<String>,
    /// Where it stopped to look, and why; nothing where everything was looked at.
    pub(crate) cut: Option<String>,
}

impl Look {
    /// Looks at everything below `root`. Links are not followed; what begins with a dot and what a `.gitignore` names is passed over.
    ///
    /// # Errors
    /// When the root cannot be listed.
    pub(crate) fn at(root: &Path) -> std::io::Result<Self> {
        Self::of(root, &[])
    }

    /// Looks at everything below `root`, and at these files and directories below it that are hidden or that a `.gitignore` names.
    ///
    /// # Errors
    /// When the root cannot be listed.
    pub(crate) fn of(root: &Path, named: &[String]) -> std::io::Result<Self> {
        fs::read_dir(root)?;
        let root = &root.canonicalize()?;
        let ignored = Ignored::above(root);
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut walk = Walk {
            root,
            look: Self { name, ..Self::default() },
            reading: Reading::default(),
            begins: programs::Begins::default(),
            statements: built::Statements::default(),
            ignored,
            seen: 0,
        };
        walk.directory("", 0);
        let is_left_out = Ignored::searched(root);
        for path in named.iter().map(|path| path.trim_start_matches("./").trim_end_matches('/')) {
            if path.starts_with('/') || path.split('/').any(|part| part == "..") {
                continue;
            }
            let full = root.join(path);
            let is_hidden = path.split('/').any(|part| part.starts_with('.') && part != ".");
            let mut above = full.ancestors().skip(1).take_while(|one| one.starts_with(root) && *one != root);
            if !is_hidden && !is_left_out(&full, full.is_dir()) && !above.any(|one| is_left_out(one, true)) {
                continue;
            }
            walk.look.left_out.retain(|left| left != path);
            if full.is_dir() {
                walk.directory(path, 0);
            } else if full.is_file() {
                walk.file(parent(path), last_part(path), path);
            }
        }
        let Walk { mut look, reading, begins, mut statements, .. } = walk;
        reading.finish(root, &mut look);
        begins.finish(&mut look);
        aspire::finish(root, &mut look);
        deployers::finish(&mut look);
        built::packs(root, &mut look);
        built::places(root, &mut look);
        statements.hidden(root);
        statements.finish(&mut look);
        Ok(look)
    }
}

/// Whether a file deploys or sets something, by what it is called: a compose file, settings of .NET or Spring.
fn is_telling(name: &str) -> bool {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    match ending {
        "yml" | "yaml" => {
            stem == "application"
                || stem.starts_with("application-")
                || stem.contains("compose") && !stem.contains("composer")
        }
        "properties" => stem == "application" || stem.starts_with("application-"),
        "json" => stem == "appsettings" || stem.starts_with("appsettings."),
        _ => false,
    }
}

struct Walk<'r> {
    root: &'r Path,
    look: Look,
    reading: Reading,
    begins: programs::Begins,
    statements: built::Statements,
    ignored: Ignored,
    seen: usize,
}

impl Walk<'_> {
    fn directory(&mut self, path: &str, depth: usize) {
        if depth > DEPTH || self.seen > MOST {
            let why = if depth > DEPTH {
                format!("it is {depth} directories deep")
            } else {
                format!("{MOST} files were seen before")
            };
            self.look.cut.get_or_insert_with(|| format!("`{path}` was not looked at: {why}"));
            return;
        }
        // A directory that cannot be listed has nothing to tell.
        let full = self.root.join(path);
        let Ok(entries) = fs::read_dir(&full) else { return };
        let has_own = self.ignored.enter(&full);
        let mut found: Vec<(String, bool)> = entries
            .flatten()
            .filter_map(|entry| {
                let kind = entry.file_type().ok()?;
                let name = entry.file_name().into_string().ok()?;
                let is_wanted = (kind.is_dir() || kind.is_file())
                    && (!name.starts_with('.') || name.to_lowercase() == ".dockerfile" && kind.is_file());
                is_wanted.then_some((name, kind.is_dir()))
            })
            .collect();
        found.sort();
        found.retain(|(name, is_directory)| {
            let is_left_out = self.ignored.has(&full.join(name), *is_directory);
            if is_left_out && !is_directory && is_telling(name) {
                self.look.left_out.push(if path.is_empty() { name.clone() } else { format!("{path}/{name}") });
            }
            !is_left_out
        });
        self.seen += found.len();
        for (name, is_directory) in found {
            let below = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            if is_directory {
                if !FOREIGN.iter().chain(&GENERATED).any(|foreign| *foreign == name) {
                    self.look.directories.insert(below.clone());
                    self.directory(&below, depth + 1);
                }
            } else {
                self.file(path, &name, &below);
            }
        }
        if has_own {
            self.ignored.leave();
        }
    }

    fn file(&mut self, directory: &str, name: &str, path: &str) {
        let is_source = name.rsplit_once('.').is_some_and(|(_, ending)| SOURCE.contains(&ending));
        let is_dockerfile = programs::is_dockerfile(name);
        self.begins.file(directory, name, is_dockerfile, &self.root.join(path), &mut self.look.programs);
        self.statements.file(name, &self.root.join(path));
        if is_dockerfile {
            self.look.packs.insert(path.to_owned(), directory.to_owned());
        }
        if let Some(module) = settings_of(path) {
            for name in text(&self.root.join(path)).iter().flat_map(|text| application_names(text)) {
                self.look.called.entry(name).or_default().insert(module.to_owned());
            }
        }
        if CODE.contains(&name) || is_dockerfile || name.ends_with(".csproj") {
            self.look.code.insert(directory.to_owned());
            if !name.starts_with("main.") {
                self.look.built.insert(directory.to_owned());
            }
        }
        if is_source {
            self.look.sourced.insert(directory.to_owned());
        }
        if let Some(project) = name.strip_suffix(".csproj") {
            self.look.projects.insert(project.to_owned(), directory.to_owned());
            if text(&self.root.join(path)).is_some_and(|text| aspire::is_host(&text)) {
                self.look.hosts.insert(directory.to_owned());
            }
        }
        if name.ends_with(".tgz") && last_part(directory) == "charts" {
            self.look.packed.push(path.to_owned());
        }
        if name.ends_with(".rule") {
            self.look.rules.push(path.to_owned());
            return;
        }
        if let Some((_, ending)) = name.rsplit_once('.').filter(|(_, ending)| SOURCES.contains(ending)) {
            *self.look.sources.entry(ending.to_owned()).or_default() += 1;
        }
        let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".yaml.gotmpl");
        if !is_yaml && !name.ends_with(".tpl") {
            return;
        }
        let full = self.root.join(path);
        let Some(text) = text(&full) else { return };
        self.reading.file(directory, name, path, &text, &mut self.look);
    }
}

/// The directory of the program whose settings of Spring, Quarkus or Micronaut a file holds.
fn settings_of(path: &str) -> Option<&str> {
    let (module, file) = path.split_once("/src/main/resources/")?;
    let (stem, ending) = file.rsplit_once('.')?;
    (matches!(stem, "application" | "bootstrap") && matches!(ending, "yml" | "yaml" | "properties")).then_some(module)
}

/// What settings call their application.
fn application_names(text: &str) -> Vec<String> {
    const KEYS: [&str; 3] = ["spring.application.name", "quarkus.application.name", "micronaut.application.name"];
    let mut names: Vec<String> = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .filter(|(key, _)| KEYS.contains(&key.trim()))
        .map(|(_, name)| name.trim().to_owned())
        .collect();
    for document in hedgerow_yaml::split(text).filter_map(|piece| hedgerow_yaml::parse(text.get(piece.range)?).ok()?) {
        let at = |path: &str| {
            let mut node = &document;
            for part in path.split('.') {
                node = node.as_mapping()?.get(part)?;
            }
            node.as_str().map(str::to_owned)
        };
        names.extend(KEYS.iter().filter_map(|key| at(key)));
        names.extend(KEYS.iter().filter_map(|key| read::text_at(&document, key)));
    }
    // `${NAME:orders}` is called so where nothing says otherwise.
    let plain = |name: String| match name.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
        Some(inner) => inner.split_once(':').map(|(_, name)| name.to_owned()),
        None => Some(name),
    };
    names.into_iter().filter_map(plain).filter(|name| is_name(name)).collect()
}

/// Whether a path lies in a directory, at any depth, and is not the directory.
pub(crate) fn is_within(path: &str, directory: &str) -> bool {
    directory.is_empty() && !path.is_empty() || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

/// The last part of a path.
pub(crate) fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The directory that a path lies in; empty for the root.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(above, _)| above)
}

/// The text of a file of moderate size, without its byte order mark, where it can be read.
pub(crate) fn text(path: &Path) -> Option<String> {
    let is_small = fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() <= LIMIT);
    if is_small { fs::read(path).ok().and_then(hedgerow_scan::settings_of) } else { None }
}
