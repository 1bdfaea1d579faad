//! Settings of a proxy that lie beside a service's Dockerfile and that its image does not have, or has no proxy for: what they say, nobody runs.
//! And what such settings define and nothing sends requests on to.

use crate::inventory::{Home, Owners};
use crate::paths::{above, below, dir_of, is_below};
use crate::plain;
use crate::tree::{PlainFile, Tree};
use hedgerow_deploy::Deploy;
use hedgerow_deploy::build::may_be_compose;
use hedgerow_deploy::image::is_image;
use hedgerow_deploy::path::join;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// A program that calls whom its settings name, and that a service has for itself: what its settings are told by, and what its images are called.
struct Program {
    is_settings: fn(&str, &str) -> bool,
    images: &'static [&'static str],
}

/// What nginx and those made of it are called.
const PROXIES: &[&str] = &["nginx", "openresty", "tengine", "angie", "freenginx"];

const PROGRAMS: &[Program] = &[
    Program {
        is_settings: |name, text| {
            const PASSES: &[&str] = &["proxy_pass", "fastcgi_pass", "grpc_pass", "uwsgi_pass"];
            name.contains(".conf") && PASSES.iter().any(|pass| text.contains(pass))
        },
        images: PROXIES,
    },
    Program { is_settings: |name, _| name.starts_with("haproxy"), images: &["haproxy"] },
    Program { is_settings: |name, _| name.starts_with("Caddyfile"), images: &["caddy", "frankenphp"] },
    Program { is_settings: |name, text| is_yaml(name) && has_keys(text, &["static_resources:"]), images: &["envoy"] },
    // Collectors of telemetry.
    Program {
        is_settings: |name, text| is_yaml(name) && has_keys(text, &["receivers:", "exporters:", "service:"]),
        images: &["otelcol", "otel/", "collector", "alloy"],
    },
    Program {
        is_settings: |name, text| is_yaml(name) && has_keys(text, &["scrape_configs:"]),
        images: &["prom", "vmagent", "victoria", "alloy", "loki", "agent"],
    },
];

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yaml") || name.ends_with(".yml")
}

/// Whether a file of YAML has all of these keys at its top.
fn has_keys(text: &str, keys: &[&str]) -> bool {
    keys.iter().all(|key| text.contains(key) && text.lines().any(|line| line.starts_with(key)))
}

/// The program that a file holds settings of.
fn program(file: &PlainFile) -> Option<&'static Program> {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    PROGRAMS.iter().find(|program| (program.is_settings)(name, &file.text))
}

/// Whether a file is a copy of another one that somebody kept (`routes.json.bak_20260301`, `nginx.conf.orig`): no program reads it.
pub(crate) fn is_copy(path: &str) -> bool {
    const COPIES: &[&str] = &["backup", "bak", "bkp", "old", "orig", "rej", "save", "swp"];
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let word = ending.trim_end_matches(|c: char| c.is_ascii_digit() || "_-T".contains(c));
    name.ends_with('~') || COPIES.contains(&word.to_ascii_lowercase().as_str())
}

/// Images that have no proxy unless something puts it there.
const PLAIN: &[&str] = &[
    "alpine",
    "amazoncorretto",
    "aspnet",
    "bun",
    "busybox",
    "debian",
    "deno",
    "eclipse-temurin",
    "golang",
    "gradle",
    "maven",
    "node",
    "openjdk",
    "python",
    "ruby",
    "rust",
    "ubuntu",
];

/// Images that hand out files, or nothing, unless settings in the tree say more.
const PAGES: &[&str] = &["caddy", "httpd", "nginx-unprivileged", "scratch"];

/// Why settings of a proxy are not those of the service in whose directory they lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// No image takes them: whose they are is asked.
    Nobody,
    /// A container of another service has them.
    Others,
}

/// The settings of proxies that a service does not run, by their paths, with the services in whose directories they lie.
pub(crate) type Unused<'t> = BTreeMap<&'t str, BTreeMap<String, Why>>;

/// Such settings, and what is idle in those that are used.
pub(crate) type Proxies<'t> = (Unused<'t>, Idle<'t>);

/// Finds them.
pub(crate) fn settings<'t>(tree: &'t Tree, homes: &[Home], deploy: &Deploy) -> Unused<'t> {
    let mut found = Unused::new();
    let owners = Owners::new(tree.services, homes);
    let by_name: BTreeMap<&str, &Home> = homes.iter().map(|home| (home.name.as_str(), home)).collect();
    let all: Vec<(&PlainFile, &Program)> = tree.texts.iter().filter_map(|file| Some((file, program(file)?))).collect();
    let last = |file: &PlainFile| file.path.rsplit('/').next().map(str::to_owned);
    let words: BTreeSet<String> = all.iter().filter_map(|(file, _)| last(file)).collect();
    let names = OnceCell::new();
    let names = || names.get_or_init(|| Names::new(tree, &words));
    let runs: BTreeMap<&str, _> = deploy.images().collect();
    let mut images: BTreeMap<&str, Vec<&PlainFile>> = BTreeMap::new();
    for file in tree.texts.iter().filter(|file| is_image(&file.path)) {
        images.entry(dir_of(&file.path)).or_default().push(file);
    }
    for (file, program) in all {
        let has_it = |home: &&Home| deploy.of(&home.name).is_some_and(|given| given.files.contains_key(&file.path));
        let having: BTreeSet<&str> = homes.iter().filter(has_it).map(|home| home.name.as_str()).collect();
        for service in owners.all(&file.path) {
            // What it has itself is used where it has a proxy.
            let mut runs = runs.get(service).into_iter().copied().flatten();
            let is_its = runs.any(|image| program.images.iter().any(|name| image.path.contains(name)));
            let is_others = !is_its && having.iter().any(|other| other != service);
            let is_given = !is_others && having.contains(service);
            let is_unused = |home: &&Home| {
                let built = deploy.starts(&home.name).iter().filter_map(|container| container.dockerfile.as_ref());
                let built = built.map(|(path, _)| path.as_str()).collect();
                is_unused((&images, &built), home, (&file.path, program), is_given, &names)
            };
            if by_name.get(service).is_some_and(is_unused) {
                let why = if is_others { Why::Others } else { Why::Nobody };
                found.entry(&file.path).or_default().insert((*service).to_owned(), why);
            }
        }
    }
    found
}

/// How many bytes of other files are searched for what settings of proxies define, for each of these.
const MAX_SEARCHED: usize = 400_000_000;

/// Whether a file may use what the settings of a proxy in another one define: a manifest or settings of one, and no code or data.
fn is_user(file: &PlainFile) -> bool {
    !file.path.ends_with(".json") && plain::may_use(&file.text)
}

/// What settings of proxies define and nothing uses: the stretches of each file, by its path.
pub(crate) struct Idle<'t>(BTreeMap<&'t str, Vec<std::ops::Range<usize>>>);

impl<'t> Idle<'t> {
    pub(crate) fn new(tree: &'t Tree) -> Self {
        let mut found = BTreeMap::new();
        let texts = || tree.texts.iter().filter(|file| !file.path.ends_with(".md"));
        let users = OnceCell::new();
        let mut searched = 0;
        for file in texts() {
            let idle = plain::idle(&file.path, &file.text);
            let all = || users.get_or_init(|| texts().filter(|other| is_user(other)).collect::<Vec<_>>()).iter();
            let others = || all().filter(|other| other.path != file.path);
            // What is too much to search for is as if it were used.
            if !idle.is_empty() {
                searched += idle.len() * others().map(|other| other.text.len()).sum::<usize>();
            }
            let idle: Vec<_> = idle
                .into_iter()
                .filter(|idle| searched <= MAX_SEARCHED && !others().any(|other| idle.is_used_in(&other.text)))
                .map(|idle| idle.range)
                .collect();
            if !idle.is_empty() {
                found.insert(file.path.as_str(), idle);
            }
        }
        Self(found)
    }

    /// The addresses of a file that nothing uses, as a proxy's settings have them: what stands there, and where.
    pub(crate) fn addresses<'f>(&self, file: &'f PlainFile) -> Vec<(&'f str, usize)> {
        if !self.0.contains_key(file.path.as_str()) {
            return Vec::new();
        }
        let ranges = plain::read(&file.path, &file.text).addresses.into_iter().map(|address| address.range);
        let ranges = ranges.map(|range| (range.start as usize, range.end as usize));
        let idle = ranges.filter(|(start, _)| self.has(&file.path, *start));
        idle.filter_map(|(start, end)| Some((file.text.get(start..end)?, start))).collect()
    }

    /// Whether nothing uses what stands at a place.
    pub(crate) fn has(&self, path: &str, at: usize) -> bool {
        self.0.get(path).is_some_and(|idle| idle.iter().any(|range| range.contains(&at)))
    }
}

/// Where the tree's texts name files of settings: the words with such names, each with the files that have it.
struct Names<'t>(BTreeMap<&'t str, BTreeMap<&'t str, &'t PlainFile>>);

impl<'t> Names<'t> {
    /// `names` are those of the files that are looked for.
    fn new(tree: &'t Tree, names: &BTreeSet<String>) -> Self {
        let mut found = BTreeMap::<_, BTreeMap<_, _>>::new();
        let ends = |c: char| c.is_whitespace() || "\"'`,;:=()[]{}<>|&".contains(c);
        let has_one = |text: &str| names.iter().any(|name| text.contains(name.as_str()));
        for file in tree.texts.iter().filter(|file| !file.path.ends_with(".md") && has_one(&file.text)) {
            for word in file.text.split(ends).filter(|word| has_one(word)) {
                found.entry(word).or_default().insert(file.path.as_str(), file);
            }
        }
        Self(found)
    }

    /// The files of which a word has a name in it.
    fn of<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n BTreeMap<&'t str, &'t PlainFile>> {
        self.0.iter().filter(move |(word, _)| word.contains(name)).map(|(_, files)| files)
    }
}

/// Whether none of a service's images, and nothing beside them, takes a file. Compose files name it where containers of others have it, or
/// where they are no part of the deployment; they count where the service has it. Of the Dockerfiles beside a file those count that the
/// deployment builds the service by, `built`, where it says so.
fn is_unused<'n, 't: 'n>(
    (images, built): (&BTreeMap<&str, Vec<&PlainFile>>, &BTreeSet<&str>),
    home: &Home,
    (path, program): (&str, &Program),
    is_given: bool,
    names: &impl Fn() -> &'n Names<'t>,
) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let own = |directory: &str| {
        home.directories.iter().any(|(own, _)| !own.is_empty() && (own == directory || is_below(directory, own)))
    };
    let around: BTreeSet<&str> = above(dir_of(path)).filter(|directory| own(directory)).collect();
    let images: Vec<&PlainFile> =
        around.iter().filter_map(|directory| images.get(directory)).flatten().copied().collect();
    let is_any_built = images.iter().any(|image| built.contains(image.path.as_str()));
    let mut taken = images.iter().filter(|image| !is_any_built || built.contains(image.path.as_str()));
    if images.is_empty() || taken.any(|image| has(image, path, program)) {
        return false;
    }
    let placed = format!("/{}", dir_of(path).rsplit('/').next().unwrap_or_default());
    let placed = format!("{}/{name}", placed.trim_start_matches('/'));
    let is_looked_at = |file: &PlainFile| is_any_built && images.iter().any(|image| image.path == file.path);
    let takes = |file: &PlainFile| {
        file.path != path && !is_looked_at(file) && (is_given || !may_be_compose(&file.path, &file.text))
    };
    let names = names();
    let is_placed = names.of(&placed).flat_map(BTreeMap::values).any(|file| takes(file));
    // Of all files those below the service's directories.
    let mut beside = names.of(name).flat_map(|files| {
        home.directories.iter().filter(|(own, _)| !own.is_empty()).flat_map(move |(own, _)| {
            let from = files.range(own.as_str()..).map(|(path, file)| (*path, *file));
            from.take_while(move |(path, _)| path.starts_with(own.as_str()))
        })
    });
    !is_placed && !beside.any(|(path, file)| own(dir_of(path)) && takes(file))
}

/// Whether all that an image has is in its Dockerfile: what it is made of is a known image of a language, a system or a proxy.
pub(crate) fn is_known(text: &str) -> bool {
    let instructions: Vec<&str> = text.lines().map(str::trim).filter(|line| is_of(line, "FROM")).collect();
    let base = |line: &str| {
        let mut words = line.split_whitespace().skip(1).filter(|word| !word.starts_with("--"));
        words.next().unwrap_or_default().to_owned()
    };
    let Some(mut found) = instructions.last().map(|line| base(line)) else { return false };
    // A stage is made of another image.
    for line in instructions.iter().rev().skip(1) {
        let name = line.split_whitespace().rev().collect::<Vec<_>>();
        if let [name, word, ..] = name.as_slice()
            && word.eq_ignore_ascii_case("AS")
            && name.eq_ignore_ascii_case(&found)
        {
            found = base(line);
        }
    }
    let product = found.rsplit('/').next().unwrap_or_default().split([':', '@']).next().unwrap_or_default();
    found.contains("distroless/") || PLAIN.iter().chain(PROXIES).chain(PAGES).any(|known| product == *known)
}

/// Whether an image may have a file, and a program that reads it.
fn has(image: &PlainFile, path: &str, program: &Program) -> bool {
    let instructions: Vec<&str> = image.text.lines().map(str::trim).filter(|line| !line.starts_with('#')).collect();
    let mut bases = instructions.iter().enumerate().filter(|(_, line)| is_of(line, "FROM"));
    let Some((last, base)) = bases.next_back() else { return true };
    let mut words = base.split_whitespace().skip(1).filter(|word| !word.starts_with("--"));
    let base = words.next().unwrap_or_default();
    let product = base.rsplit('/').next().unwrap_or(base).split([':', '@']).next().unwrap_or_default();
    let text = image.text.to_lowercase();
    if !program.images.iter().any(|name| text.contains(name)) {
        // What else is in an image of somebody's own is not known.
        return !PLAIN.contains(&product);
    }
    let is_stage = instructions[..last].iter().any(|line| {
        let mut words = line.split_whitespace().rev();
        is_of(line, "FROM") && words.next().is_some_and(|name| name.eq_ignore_ascii_case(base))
    });
    if is_stage || base.contains('$') {
        return true;
    }
    // Where the stages before have the directory of the image's file.
    let mut directory = "/".to_owned();
    let mut whole = Vec::new();
    for line in &instructions[..last] {
        let words = copied(line);
        if is_of(line, "WORKDIR") {
            directory = line.split_whitespace().nth(1).unwrap_or("/").to_owned();
        } else if let Some((target, sources)) = words.split_last()
            && !line.contains("--from")
            && sources.iter().any(|source| covers(source, image, path))
        {
            whole.push(if target.starts_with('/') {
                (*target).to_owned()
            } else {
                format!("/{}", join(&directory, target))
            });
        }
    }
    instructions[last..].iter().any(|line| match copied(line).split_last() {
        Some((_, sources)) if line.contains("--from") => {
            let covers = |source: &str| {
                whole.iter().any(|place| format!("{place}/").starts_with(&format!("{}/", source.trim_end_matches('/'))))
            };
            sources.iter().any(|source| source.contains('$') || covers(source))
        }
        Some((_, sources)) => sources.iter().any(|source| source.contains('$') || covers(source, image, path)),
        None => false,
    })
}

fn is_of(line: &str, instruction: &str) -> bool {
    line.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case(instruction))
}

/// The paths of an instruction that copies.
fn copied(line: &str) -> Vec<&str> {
    if !is_of(line, "COPY") && !is_of(line, "ADD") {
        return Vec::new();
    }
    let words = line.split(|c: char| c.is_whitespace() || "[],\"".contains(c)).filter(|word| !word.is_empty());
    words.skip(1).filter(|word| !word.starts_with("--")).collect()
}

/// Whether what an image copies has a file in it; the context is the directory of the image or the tree's root.
fn covers(source: &str, image: &PlainFile, path: &str) -> bool {
    let source = source.trim_start_matches("./").trim_matches('/').trim_end_matches("/*");
    if matches!(source, "" | "." | "*") {
        return true;
    }
    let beside = below(path, dir_of(&image.path)).unwrap_or(path);
    [beside, path].iter().any(|path| *path == source || is_below(path, source)) || source.contains('*')
}
