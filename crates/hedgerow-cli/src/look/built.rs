//! From which directory an image is built: what CI, scripts, Makefiles, Tiltfiles and skaffold say, and what a Dockerfile takes.

use super::{Look, Workload, last_part, parent, read::joined, text};
use hedgerow_yaml::Node;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Files and directories of CI, which are hidden.
const HIDDEN: [&str; 6] =
    [".github/workflows", ".gitlab-ci.yml", ".circleci/config.yml", ".drone.yml", ".travis.yml", ".woodpecker.yml"];
/// What says that a file builds images.
const BUILDS: [&str; 10] = [
    "docker build",
    "buildx build",
    "podman build",
    "nerdctl build",
    "buildah ",
    "docker_build(",
    "docker/build-push-action",
    "docker.build(",
    "kaniko",
    "skaffold/",
];

/// Statements of files that build images: the words of each. What they mean is told when all directories and images are known.
#[derive(Debug, Default)]
pub(super) struct Statements(Vec<Vec<String>>);

/// Whether a file may say from where images are built, by its name.
fn is_builder(name: &str) -> bool {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    matches!(name, "Makefile" | "makefile" | "GNUmakefile" | "Tiltfile" | "justfile" | "Justfile")
        || matches!(ending, "sh" | "bash" | "mk" | "ps1" | "bat")
        || matches!(ending, "yml" | "yaml")
            && matches!(stem, "skaffold" | "Taskfile" | "cloudbuild" | "azure-pipelines")
        || stem.starts_with("Jenkinsfile")
        || name.ends_with("Jenkinsfile")
}

impl Statements {
    /// Reads a file, if it is one that builds images.
    pub(super) fn file(&mut self, name: &str, path: &Path) {
        if is_builder(name) {
            self.read(path);
        }
    }

    /// Reads what CI has in hidden directories.
    pub(super) fn hidden(&mut self, root: &Path) {
        for place in HIDDEN {
            let full = root.join(place);
            self.read(&full);
            let Ok(entries) = fs::read_dir(&full) else { continue };
            let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
            files.sort();
            let is_yaml =
                |path: &&std::path::PathBuf| path.extension().is_some_and(|end| end == "yml" || end == "yaml");
            files.iter().filter(is_yaml).for_each(|path| self.read(path));
        }
    }

    fn read(&mut self, path: &Path) {
        if let Some(text) = text(path).filter(|text| BUILDS.iter().any(|word| text.contains(word))) {
            self.text(&text);
        }
    }

    fn text(&mut self, text: &str) {
        match hedgerow_yaml::parse(text) {
            Ok(Some(root)) if root.as_mapping().is_some() => self.node(&root),
            _ => self.lines(text),
        }
    }

    /// The lines of a script, those that go on joined.
    fn lines(&mut self, text: &str) {
        let text = text.replace("\\\r\n", " ").replace("\\\n", " ").replace("`\n", " ");
        // A call goes on until its bracket is closed.
        let mut open = String::new();
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#') && !line.starts_with("//")) {
            open.push(' ');
            open.push_str(line);
            let is_call = open.contains("docker_build(") || open.contains("docker.build(");
            if !is_call || open.matches('(').count() <= open.matches(')').count() || open.len() > 2000 {
                self.0.push(words(&open));
                open.clear();
            }
        }
        self.0.push(words(&open));
    }

    /// The mappings of a YAML file: what one says of an image, with what it says one deeper (`docker: {dockerfile: …}`), and its scripts.
    fn node(&mut self, node: &Node<'_>) {
        if let Some(list) = node.as_sequence() {
            list.elements.iter().for_each(|element| self.node(&element.node));
        } else if let Some(map) = node.as_mapping() {
            let mut own = Vec::new();
            for pair in &map.pairs {
                let key = pair.key.as_str().unwrap_or_default();
                if let Some(text) = pair.value.as_str() {
                    let is_script = BUILDS.iter().any(|word| text.contains(word)) && text.contains(' ');
                    if is_script || text.contains('\n') && key != "tags" {
                        self.lines(text);
                    } else {
                        own.extend(words(text));
                    }
                } else if let Some(below) = pair.value.as_mapping() {
                    own.extend(below.pairs.iter().filter_map(|pair| pair.value.as_str()).flat_map(words));
                    self.node(&pair.value);
                } else {
                    self.node(&pair.value);
                }
            }
            self.0.push(own);
        } else if let Some(text) = node.as_str() {
            self.lines(text);
        }
    }

    /// A statement that names one image which a workload runs, and one directory with a Dockerfile, says that the image is built there.
    pub(super) fn finish(self, look: &mut Look) {
        let images: BTreeSet<&str> =
            look.workloads.iter().flat_map(|workload| &workload.images).map(String::as_str).collect();
        let packed: BTreeSet<&str> = look.packs.keys().map(|file| parent(file)).collect();
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        // `orders:services/orders/Dockerfile:.` of a table.
        let is_row = |word: &&String| word.contains(':') && !word.contains("://") && !word.contains('$');
        let row = |word: &String| word.split(':').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let rows: Vec<Vec<String>> = self.0.iter().flatten().filter(is_row).map(row).collect();
        for statement in self.0.iter().chain(&rows) {
            let (mut built, mut places, mut open) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
            for word in statement {
                let place = (!word.contains('$')).then(|| place(word, &packed, look)).flatten();
                if let Some(place) = place {
                    places.insert(place);
                } else if images.contains(image(word)) {
                    built.insert(image(word).to_owned());
                } else if word.contains('$') {
                    open.push(word.as_str());
                }
            }
            // A Dockerfile is named from the directory that is built, where it lies there.
            let files = statement.iter().filter(|word| last_part(word).contains("Dockerfile"));
            let from = |file: &String| {
                let contexts = statement.iter().filter(|word| *word != file && !word.contains('$'));
                let paths = contexts.map(|word| joined(word.trim_start_matches("./").trim_end_matches('/'), file));
                paths.filter_map(|path| look.packs.get(&path).cloned()).collect::<Vec<_>>()
            };
            let named: BTreeSet<String> = files.flat_map(from).collect();
            if !named.is_empty() {
                places = named;
            }
            // The context of a Dockerfile may be a directory around it.
            let inner: BTreeSet<&String> =
                places.iter().filter(|one| !places.iter().any(|other| super::is_within(other, one))).collect();
            let one = (built.len() == 1 && inner.len() == 1).then(|| built.first().zip(inner.first())).flatten();
            if let Some((image, place)) = one {
                found.entry(image.clone()).or_default().insert((*place).clone());
            } else if places.is_empty() {
                filled(&open, &images, &packed, look, &mut found);
            }
        }
        let one = |(image, places): (String, BTreeSet<String>)| {
            Some((image, places.first().filter(|_| places.len() == 1)?.clone()))
        };
        look.images = found.into_iter().filter_map(one).collect();
    }
}

/// What a statement of a loop says: `docker build -t shop/$name services/$name` of each image for which such a directory is there.
fn filled(
    open: &[&str],
    images: &BTreeSet<&str>,
    packed: &BTreeSet<&str>,
    look: &Look,
    found: &mut BTreeMap<String, BTreeSet<String>>,
) {
    for (at, word) in open.iter().enumerate() {
        let Some((before, variable, after)) = hole(image(word)) else { continue };
        for other in open.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, word)| *word) {
            if hole(other).is_none_or(|(_, of, _)| of != variable) {
                continue;
            }
            for image in images {
                let filling = image.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
                let Some(filling) = filling.filter(|filling| !filling.is_empty()) else { continue };
                let written = variable.iter().fold(other.to_owned(), |word, form| word.replace(form.as_str(), filling));
                if let Some(place) = place(&written, packed, look) {
                    found.entry((*image).to_owned()).or_default().insert(place);
                }
            }
        }
    }
}

/// The one variable of a word with what stands before and behind it; the variable in each form that it may have.
fn hole(word: &str) -> Option<(&str, Vec<String>, &str)> {
    let at = word.find('$')?;
    let (before, rest) = word.split_at(at);
    let end = match rest.as_bytes().get(1)? {
        b'{' => rest.find('}')? + 1,
        b'(' => rest.find(')')? + 1,
        _ => rest[1..].find(|c: char| !c.is_alphanumeric() && c != '_').map_or(rest.len(), |end| end + 1),
    };
    let (variable, after) = rest.split_at(end);
    let name = variable.trim_matches(['$', '{', '}', '(', ')']);
    let forms = vec![format!("${{{name}}}"), format!("$({name})"), format!("${name}")];
    (!name.is_empty() && !after.contains('$')).then_some((before, forms, after))
}

/// The words of a statement, without what stands around them; `${{ matrix.name }}` is one.
fn words(text: &str) -> Vec<String> {
    let text = text.replace("${{ ", "${").replace("${{", "${").replace(" }}", "}").replace("}}", "}");
    let is_between =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '=' | '[' | ']' | '<' | '>' | '|' | '&');
    let split = text.split(is_between).map(|word| {
        let word = if word.contains("$(") { word } else { word.trim_matches(['(', ')']) };
        word.trim_end_matches(';')
    });
    // `build(image` of a call, and `directory:image` of a table.
    let split = split.flat_map(|word| match word.split_once('(') {
        Some((before, after)) if !before.ends_with('$') => vec![before, after],
        _ => vec![word],
    });
    split.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// What an image is called: the last part, without a tag.
fn image(word: &str) -> &str {
    let last = last_part(word);
    let end = last.find(['@', ':']).unwrap_or(last.len());
    &last[..end]
}

/// The directory that a word names, where an image is made in it: the directory, or its Dockerfile.
fn place(word: &str, packed: &BTreeSet<&str>, look: &Look) -> Option<String> {
    let path = word.trim_start_matches("./").trim_end_matches('/');
    if path.is_empty() || path == "." {
        return None;
    }
    if let Some(place) = look.packs.get(path) {
        return Some(place.clone());
    }
    let at = joined("", path);
    (packed.contains(at.as_str())).then(|| code(&at, None, look))
}

/// The directory with the code of what is built from a directory, by a Dockerfile of it.
pub(super) fn code(context: &str, dockerfile: Option<&str>, look: &Look) -> String {
    let own = format!("{context}/Dockerfile");
    let file = dockerfile.unwrap_or_else(|| own.trim_start_matches('/'));
    look.packs
        .get(file)
        .filter(|place| !place.is_empty() || context.is_empty())
        .cloned()
        .unwrap_or_else(|| context.to_owned())
}

/// Says of what compose files build where the code of its program is. What names a Dockerfile that is nowhere says nothing of a directory.
pub(super) fn places(root: &Path, look: &mut Look) {
    let mut workloads = std::mem::take(&mut look.workloads);
    let is_program = |path: &str| look.programs.get(path).is_some_and(|program| program.is_project || program.begins);
    for workload in &mut workloads {
        let Some(build) = &workload.build else { continue };
        let is_missing = |file: &String| !look.packs.contains_key(file) && !root.join(file).exists();
        if !is_program(build) && workload.dockerfile.as_ref().is_some_and(is_missing) {
            continue;
        }
        let place = if let Some(place) = of_args(root, workload, build, look) {
            place
        } else if is_program(build) && !build.is_empty() {
            build.clone()
        } else {
            code(build, workload.dockerfile.as_deref(), look)
        };
        workload.place = Some(place).filter(|place| look.directories.contains(place));
    }
    look.workloads = workloads;
}

/// The directory of the program that the arguments of a build name, where one Dockerfile builds several: the directory itself
/// (`SERVICE_DIR: services/cart`), or what the Dockerfile takes with them filled in (`COPY services/${SERVICE} .`).
fn of_args(root: &Path, workload: &Workload, build: &str, look: &Look) -> Option<String> {
    let is_program = |path: &String| {
        look.directories.contains(path) && (look.programs.contains_key(path) || look.code.contains(path))
    };
    // From the directory of the Dockerfile or from one above it, which is what is built.
    let above = || std::iter::successors(Some(build), |at| (!at.is_empty()).then(|| parent(at)));
    let paths = workload.args.values().filter(|value| value.contains('/') && !value.contains("://"));
    let place = |value: &String| above().map(|at| joined(at, value)).find(&is_program);
    let named: BTreeSet<String> = paths.filter_map(place).collect();
    if !named.is_empty() {
        return named.first().filter(|_| named.len() == 1).cloned();
    }
    let own = joined(build, "Dockerfile");
    let text = text(&root.join(workload.dockerfile.as_deref().unwrap_or(&own)))?;
    // The longer name first: `$SERVICE` is a part of `$SERVICE_DIR`.
    let mut args: Vec<(&String, &String)> = workload.args.iter().collect();
    args.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let filled = args.into_iter().fold(text.clone(), |text, (name, value)| {
        text.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value)
    });
    if filled == text { None } else { taken(&filled, build, look).filter(is_program) }
}

/// Says of each Dockerfile where the code of its program is: beside it, where that is a project; else in the only project that it names.
pub(super) fn packs(root: &Path, look: &mut Look) {
    let files: Vec<String> = look.packs.keys().cloned().collect();
    for file in files {
        let beside = parent(&file).to_owned();
        let is_project =
            |path: &str| look.programs.get(path).is_some_and(|program| program.is_project || program.begins);
        let place = if is_project(&beside) && !beside.is_empty() {
            beside
        } else {
            text(&root.join(&file)).and_then(|text| taken(&text, &beside, look)).unwrap_or(beside)
        };
        look.packs.insert(file, place);
    }
}

/// The directory that a Dockerfile takes its program from: that of the project which it publishes or starts, else the only one of a program
/// that it copies.
fn taken(text: &str, beside: &str, look: &Look) -> Option<String> {
    let text = text.replace("\\\n", " ");
    let lines = || text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let by_project = |name: &str| look.projects.get(name).cloned();
    let stem = |word: &str, end: &str| last_part(word).strip_suffix(end).map(str::to_owned);
    let named = |line: &str, end: &str| words(line).iter().find_map(|word| by_project(&stem(word, end)?));
    let started = lines().filter(|line| line.starts_with("ENTRYPOINT") || line.starts_with("CMD"));
    if let Some(place) = started.filter_map(|line| named(line, ".dll")).next_back() {
        return Some(place);
    }
    let published = lines().filter(|line| line.contains("dotnet publish")).find_map(|line| named(line, ".csproj"));
    if published.is_some() {
        return published;
    }
    let is_program =
        |path: &str| look.programs.get(path).is_some_and(|program| program.begins) || look.begun.contains(path);
    // What Go builds is the directory of its last word: `go build -o /app ./cmd/api`.
    let built: BTreeSet<String> = lines()
        .filter(|line| line.contains("go build"))
        .flat_map(words)
        .map(|word| word.trim_start_matches("./").to_owned())
        .filter(|path| look.begun.contains(path))
        .collect();
    // An image of several programs is none of them.
    if !built.is_empty() {
        return built.first().filter(|_| built.len() == 1).cloned();
    }
    let mut copied = BTreeSet::new();
    for line in lines().filter(|line| line.starts_with("COPY ") || line.starts_with("ADD ")) {
        let sources = words(line).into_iter().skip(1).filter(|word| !word.starts_with("--"));
        let sources: Vec<String> = sources.collect();
        for source in sources.iter().take(sources.len().saturating_sub(1)) {
            for from in ["", beside] {
                let at = joined(from, source);
                let up = std::iter::successors(Some(at.as_str()), |at| (!at.is_empty()).then(|| parent(at)));
                if let Some(place) = up.take(2).find(|at| !at.is_empty() && is_program(at)) {
                    copied.insert(place.to_owned());
                }
            }
        }
    }
    copied.first().filter(|_| copied.len() == 1).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::{Program, Workload};

    fn look() -> Look {
        let mut look = Look::default();
        for (directory, image) in [("apps/api", "api"), ("apps/web", "front"), ("mod-user", "user-service")] {
            look.packs.insert(format!("{directory}/Dockerfile"), directory.to_owned());
            look.programs.insert(directory.to_owned(), Program::default());
            look.directories.insert(directory.to_owned());
            let images = BTreeSet::from([image.to_owned()]);
            look.workloads.push(Workload { name: image.to_owned(), images, ..Workload::default() });
        }
        look
    }

    #[test]
    fn what_builds_an_image_says_where() {
        for (text, expected) in [
            ("docker build -t shop/front ./apps/web", "front apps/web"),
            ("docker build -t r.example:5000/shop/front:1.2 -f apps/web/Dockerfile .", "front apps/web"),
            ("\tdocker buildx build --push \\\n  --tag=shop/front:$(TAG) \\\n  apps/web/", "front apps/web"),
            ("docker_build(\n  'shop/front',\n  context='apps/web',\n)", "front apps/web"),
            ("def app = docker.build(\"shop/front\", './apps/web')", "front apps/web"),
            ("docker build .\nname() {\n  mod-user) echo \"user-service\" ;;\n}", "user-service mod-user"),
            ("docker build .\n[\"mod-user\"]=\"user-service\"", "user-service mod-user"),
            (
                "docker build x\nall=(\n  \"front:apps/web/Dockerfile:.\"\n  \"api:apps/api/Dockerfile:.\"\n)",
                "api apps/api, front apps/web",
            ),
            ("docker build x\nall='apps/web:shop/front apps/gone:api'", "front apps/web"),
            ("docker build x\ncurl http://front:apps/web", ""),
            ("for s in api; do docker build -t shop/$s:latest apps/${s}; done", "api apps/api"),
            ("x: skaffold/v4\nbuild:\n  artifacts:\n  - image: r/front\n    context: apps/web\n", "front apps/web"),
            ("x: skaffold/v4\na:\n- image: front\n  docker: {dockerfile: apps/web/Dockerfile}\n", "front apps/web"),
            (
                "x: skaffold/v4\na:\n- image: front\n  context: apps\n  docker: {dockerfile: web/Dockerfile}\n",
                "front apps/web",
            ),
            (
                "jobs:\n  a:\n    matrix:\n      include:\n      - {name: front, context: ./apps/web}\n    steps:\n    - uses: docker/build-push-action@v5\n",
                "front apps/web",
            ),
            (
                "steps:\n- uses: docker/build-push-action@v5\n  with:\n    context: ./apps/web\n    tags: |\n      r/front:1\n      r/front:latest\n",
                "front apps/web",
            ),
            ("s:\n- run: |\n    docker build -t ${{ env.R }}/front:${{ github.sha }} apps/web\n", "front apps/web"),
            // Two directories, two images, none that is run, and a comment say nothing.
            ("docker build -t front apps/web apps/api", ""),
            ("docker build -t front -t api apps/web", ""),
            ("docker build -t other apps/web", ""),
            ("# docker build -t front apps/web\n", ""),
            ("docker build -t front .", ""),
            ("docker build -t front apps/web\ndocker build -t front apps/api", ""),
        ] {
            let mut look = look();
            let mut statements = Statements::default();
            statements.text(text);
            statements.finish(&mut look);
            let found: Vec<String> = look.images.iter().map(|(image, place)| format!("{image} {place}")).collect();
            assert_eq!(found.join(", "), expected, "{text}");
        }
    }

    #[test]
    fn a_dockerfile_says_whose_code_it_takes() {
        let mut look = look();
        look.projects.insert("Shop.Api".to_owned(), "src/Shop.Api".to_owned());
        look.begun.insert("cmd/api".to_owned());
        look.begun.insert("apps/api".to_owned());
        for (text, expected) in [
            ("COPY . .\nRUN dotnet publish \"src/Shop.Api/Shop.Api.csproj\" -c Release", Some("src/Shop.Api")),
            ("COPY . .\nENTRYPOINT [\"dotnet\", \"Shop.Api.dll\"]", Some("src/Shop.Api")),
            ("RUN CGO_ENABLED=0 go build -o /app ./cmd/api", Some("cmd/api")),
            ("RUN go build -o /api ./cmd/api\nRUN go build -o /web ./apps/api", None),
            ("COPY apps/api/package.json .\nCOPY apps/api/ .", Some("apps/api")),
            ("COPY ../apps/api .", Some("apps/api")),
            ("COPY apps/api cmd/api ./", None),
            ("COPY . .", None),
            ("# COPY apps/api .", None),
        ] {
            assert_eq!(taken(text, "docker", &look).as_deref(), expected, "{text}");
        }
    }
}
