//! Variables that a service is given and that its code does not ask for: all of its code was read, and the name stands nowhere in it.
//!
//! A program takes variables by their names, most of the time. What may take one that the code does not name is looked for, and where there
//! is any, nobody knows: frameworks that fill settings by themselves, names that are put together, code that hands on all variables, a
//! library or an image that knows the variable.

use crate::edge::{Left, Reason};
use crate::inventory::Home;
use crate::mention::named;
use crate::part::Part;
use crate::paths::is_below;
use crate::program::{FnId, Program};
use crate::reach::Reach;
use crate::tree::{PlainFile, Tree};
use hedgerow_code::frontend::Language;
use hedgerow_code::frontend::foreign::foreign;
use hedgerow_code::lines::{self, Setting};
use hedgerow_deploy::{Given, Hosts, Partial, image};
use sections::Sections;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use words::Words;

mod sections;
mod words;

/// Variables that libraries, tools and platforms know by themselves, by what they are called or begin with.
const KNOWN: &[&str] = &[
    "ANTHROPIC_",
    "AWS_",
    "CACHE_URL",
    "CONSUL_",
    "DAPR_",
    "DATABASE_URL",
    "DD_",
    "DOCKER_",
    "ELASTIC_APM_",
    "EMAIL_URL",
    "ETCDCTL_",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    "APOLLO_",
    "DUBBO_",
    "NACOS_",
    "ROCKETMQ_",
    "SEATA_",
    "SW_",
    "XXL_JOB_",
    "ZOOKEEPER_",
    "JAEGER_",
    "KUBERNETES_",
    "NEW_RELIC_",
    "OLLAMA_",
    "OPENAI_",
    "OTEL_",
    "PG",
    "SEARCH_URL",
    "SENTRY_",
    "VAULT_",
    "ZIPKIN_",
    "ASPNETCORE_",
    "DOTNET_",
];

/// What images of the tree are made of that bring no program which asks for variables of its own.
const BASES: &[&str] = &[
    "alpine",
    "amazonlinux",
    "amazoncorretto",
    "aspnet",
    "azul-zulu",
    "bullseye",
    "bun",
    "busybox",
    "bookworm",
    "buildpack-deps",
    "chainguard",
    "composer",
    "cc",
    "debian",
    "deno",
    "distroless",
    "eclipse-temurin",
    "fedora",
    "go",
    "golang",
    "gradle",
    "maven",
    "node",
    "nodejs",
    "openjdk",
    "php",
    "python",
    "python3",
    "ruby",
    "rust",
    "scratch",
    "sdk",
    "static",
    "swift",
    "trixie",
    "ubi",
    "ubi-minimal",
    "ubi-micro",
    "ubi8",
    "ubi9",
    "ubuntu",
    "uv",
    "wolfi-base",
];

/// Data bases whose drivers for the JVM take no variables.
const DRIVERS: &[&str] = &["mariadb", "mysql", "postgres", "postgresql"];

/// Clients of stores and brokers that take no variables by themselves, whatever the store is called. Ruby's do.
const CLIENTS: &[&str] = &[
    "aio-pika",
    "aiokafka",
    "aiomysql",
    "aioredis",
    "amqplib",
    "async-nats",
    "asyncmy",
    "asyncpg",
    "bull",
    "bullmq",
    "clickhouse-connect",
    "clickhouse-driver",
    "confluent-kafka",
    "confluent.kafka",
    "deadpool-redis",
    "elasticsearch",
    "hiredis",
    "ioredis",
    "kafka-python",
    "kafkajs",
    "lapin",
    "minio",
    "mongodb",
    "mongodb.driver",
    "mongoose",
    "motor",
    "mysql2",
    "mysqlclient",
    "nats",
    "nats-py",
    "nats.client",
    "neo4j",
    "npgsql",
    "pika",
    "predis/predis",
    "psycopg",
    "psycopg2",
    "psycopg2-binary",
    "pymongo",
    "pymysql",
    "qdrant-client",
    "rabbitmq.client",
    "rdkafka",
    "redis",
    "stackexchange.redis",
    "types-redis",
];

/// Words that the names of libraries and of variables alike are full of.
const COMMON: &[&str] = &[
    "api", "app", "backend", "base", "client", "common", "core", "data", "default", "external", "frontend", "host",
    "http", "internal", "main", "public", "server", "service", "web",
];

/// How long the beginning of a library's name has to be to tell it by.
const MIN_BEGINNING: usize = 5;

/// The variables with addresses of others that a service is given and that its code does not name; none where it is not known that all of the
/// code that asks for variables was read.
pub(crate) fn of_code(
    program: &Program,
    home: &Home,
    part: &Part,
    (files, reach): (&BTreeSet<u32>, &Reach<'_>),
    given: &Given,
    hosts: &Hosts,
) -> BTreeSet<String> {
    let is_read = part.account.entries > 0 && part.account.functions > 0 && part.account.left.iter().all(is_beside);
    if !is_read {
        return BTreeSet::new();
    }
    let is_address = |name: &str, values: &[Partial]| {
        let mut all = values.iter().flat_map(|value| named(&value.written(), name, hosts));
        all.any(|named| named.is_address && named.service != home.name)
    };
    let mut open: BTreeMap<&str, String> = BTreeMap::new();
    for (name, values) in &given.environment {
        let is_known = KNOWN.iter().any(|known| name.starts_with(known))
            || super::given::is_named_for(name, home)
            || given.clients.get(name) == Some(&true);
        if !is_known && !part.variables.contains(name) && !part.reads.contains_key(name) && is_address(name, values) {
            open.insert(name, squeezed(name));
        }
    }
    let (sections, settings) = of_sections(program, home, (files, reach), given, &is_address);
    open.retain(|name, _| {
        !is_path(name) || !sections.asks_for(&name.split("__").filter(|part| !part.is_empty()).collect::<Vec<_>>())
    });
    let mut imports = BTreeSet::new();
    for file in files {
        let of = &program.files[*file as usize];
        if open.is_empty() {
            break;
        }
        let words = Words::new(of.facts, of.language);
        open.retain(|name, letters| is_path(name) || (!words.takes_others && !words.may_name(name, letters)));
        imports.extend(words.imports);
    }
    let names: BTreeSet<&str> =
        files.iter().flat_map(|file| program.files[*file as usize].path.split(['/', '.'])).collect();
    let (mut outside, mut others) = (Libraries::default(), Libraries::default());
    for import in imports {
        let first = import.split(['/', '.', ':', '\\']).next().unwrap_or_default().trim_start_matches('@');
        if !first.is_empty() && !names.contains(first) {
            if sections::may_take(&import) {
                others.add(&import);
            }
            outside.add(&import);
        }
    }
    open.retain(|name, _| {
        let from = if is_path(name) { &others } else { &outside };
        !from.may_know(name)
    });
    open.into_keys().map(str::to_owned).chain(settings).collect()
}

/// Whether what was not read says little of the variables that code asks for: what browsers run, what the deployment lacks, a place of a file
/// that could not be parsed, and files that are not there beside those that import them, as leftovers do. Packages that are not there may ask.
fn is_beside(left: &Left) -> bool {
    match left.reason {
        Reason::Browser | Reason::Deploy | Reason::Unparsed => true,
        Reason::Import => left.what.starts_with('.'),
        _ => false,
    }
}

/// What the code of a program of .NET says about settings, and the paths of those with addresses that it has in files and does not ask for.
fn of_sections(
    program: &Program,
    home: &Home,
    (files, reach): (&BTreeSet<u32>, &Reach<'_>),
    given: &Given,
    is_address: &impl Fn(&str, &[Partial]) -> bool,
) -> (Sections, BTreeSet<String>) {
    let mut sections = Sections::default();
    for file in files.iter().map(|file| &program.files[*file as usize]) {
        sections.file(file.facts, file.language);
    }
    // Of its own code all counts, of a library what is reached.
    let own: Vec<u32> = files
        .iter()
        .copied()
        .filter(|file| {
            home.directories.iter().any(|(directory, _)| is_below(program.files[*file as usize].path, directory))
        })
        .collect();
    let all = own.iter().flat_map(|file| {
        let functions = (0_u32..).zip(&program.files[*file as usize].facts.functions);
        functions.filter_map(|(nth, _)| program.function_at(*file, nth))
    });
    let functions: BTreeSet<FnId> = all.chain(reach.functions.keys().copied()).collect();
    functions.into_iter().for_each(|function| sections.function(program, function));
    let wanted = |name: &str, text: &str| is_address(name, &[Partial::read(text)]);
    let mut found = BTreeSet::new();
    for (root, _) in given.settings.iter().zip(&given.setting_paths).filter(|(_, path)| is_of_net(path)) {
        sections.unasked(root, &wanted, &mut found);
    }
    (sections, found)
}

/// Whether a setting of a text is one of those, by their paths, that .NET loads and no code asks for.
pub(super) fn is_at_unasked((path, text): (&str, &str), setting: &Setting<'_>, unasked: &BTreeSet<String>) -> bool {
    if unasked.is_empty() || !is_of_net(path) {
        return false;
    }
    let plain = |key: &str| key.trim_matches(|c: char| c.is_whitespace() || "\"'".contains(c)).to_lowercase();
    let mut keys: Vec<String> = lines::above(text, setting.start).map(plain).collect();
    keys.reverse();
    keys.push(plain(lines::key_of(text, setting)));
    unasked.contains(&keys.join(":"))
}

/// Whether a file is one of those that .NET loads settings from by itself.
fn is_of_net(path: &str) -> bool {
    let name = super::last(path);
    name.starts_with("appsettings") && name.ends_with(".json")
}

/// Whether .NET makes a path of settings out of a variable: `Redis__Host` is `Redis:Host`.
fn is_path(variable: &str) -> bool {
    variable.contains("__")
}

/// The words in the names of libraries, by which a library's own variables are told: `celery` takes `CELERY_BROKER_URL`.
#[derive(Default)]
struct Libraries(BTreeSet<String>);

impl Libraries {
    /// Adds what stands in a name, or in several.
    fn add(&mut self, names: &str) {
        let words = names.split(|c: char| !c.is_ascii_alphanumeric());
        self.0.extend(words.filter(|word| word.len() > 1).map(str::to_ascii_lowercase));
        // `NEXTAUTH_URL` is next-auth's, `SPARK_MASTER` PySpark's.
        for whole in names.split('/').map(squeezed) {
            self.0.extend(whole.strip_prefix("py").map(str::to_owned));
            self.0.insert(whole);
        }
    }

    /// Whether one of them is called as a variable begins. What many are called after says nothing.
    fn may_know(&self, variable: &str) -> bool {
        let word = variable.split('_').find(|word| word.len() > 1).unwrap_or(variable).to_ascii_lowercase();
        let mut alike = self.0.range(word.clone()..).take_while(|library| library.starts_with(&word));
        // `springframework` takes `SPRING_…`
        let is_whole = self.0.contains(&word) || (word.len() >= MIN_BEGINNING && alike.next().is_some());
        !COMMON.contains(&word.as_str()) && is_whole
    }
}

/// What besides the code may take variables of a service.
pub(super) struct Besides<'a, 't> {
    given: Option<&'a Given>,
    /// Whether it is known that nothing does which is not looked at here.
    is_known: bool,
    /// The same of settings of .NET: what else an image runs does not take them.
    knows_sections: bool,
    /// Whether a framework of the JVM makes paths of settings out of variables: `LEDGER_URL` is `ledger.url` as well.
    is_of_jvm: bool,
    /// Its files that are no code, but those that only set variables.
    texts: Vec<&'t str>,
    /// The same with small letters and digits alone.
    plain: OnceCell<Vec<String>>,
    /// What the packages that it depends on are called, and what its images are made of.
    brought: Libraries,
}

impl<'a, 't> Besides<'a, 't> {
    pub(super) fn new(
        tree: &Tree<'_>,
        home: &Home,
        given: Option<&'a Given>,
        own: &[&'t PlainFile],
        is_of_jvm: bool,
    ) -> Self {
        let is_below_home = |path: &str| home.directories.iter().any(|(directory, _)| is_below(path, directory));
        let is_lost = tree.lost.iter().any(|lost| Language::of(&lost.path).is_some() && is_below_home(&lost.path));
        let is_foreign = own.iter().any(|file| foreign(&file.path).is_some());
        let mut images = own.iter().filter(|file| image::is_image(&file.path)).peekable();
        let is_built = images.peek().is_some() && images.all(|file| is_of_program(&file.text));
        let brings = own.iter().copied().filter(|file| is_manifest(&file.path) || image::is_image(&file.path));
        // What Maven builds is no text of a service.
        let builds = tree.texts.iter().filter(|file| super::last(&file.path) == "pom.xml" && is_below_home(&file.path));
        let mut brought = Libraries::default();
        brings.chain(builds).for_each(|file| dependencies(file, &mut brought));
        let sets = |file: &PlainFile| super::is_of_variables(&file.path) || super::is_deploy(&file.path, &file.text);
        let texts = own.iter().filter(|file| !sets(file)).map(|file| &*file.text).collect();
        let knows_sections = !is_lost && !is_foreign;
        Self {
            given,
            is_known: is_built && knows_sections,
            knows_sections,
            is_of_jvm,
            texts,
            plain: OnceCell::new(),
            brought,
        }
    }

    /// Whether it is known that nothing takes a variable that the code does not name.
    pub(super) fn leaves(&self, variable: &str) -> bool {
        let is_section = is_path(variable);
        let is_known = if is_section { self.knows_sections } else { self.is_known };
        let Some(given) = self.given.filter(|_| is_known) else { return false };
        let may_take = given.runs_with(variable)
            || !is_section && self.brings(variable)
            || self.texts.iter().any(|text| text.contains(variable))
            || self.is_of_jvm && self.names_setting(variable)
            || given.mounted.iter().any(|file| file.text.contains(variable));
        !may_take
    }
}

impl Besides<'_, '_> {
    /// Whether a library or a part of an image may know a variable.
    fn brings(&self, variable: &str) -> bool {
        let word = variable.split('_').next().unwrap_or(variable).to_ascii_lowercase();
        !(self.is_of_jvm && DRIVERS.contains(&word.as_str())) && self.brought.may_know(variable)
    }

    /// Whether a text has the setting that a variable stands for: `${ledger.url}`.
    fn names_setting(&self, variable: &str) -> bool {
        let plain = self.plain.get_or_init(|| self.texts.iter().map(|text| squeezed(text)).collect());
        let variable = squeezed(variable);
        plain.iter().any(|text| text.contains(&variable))
    }
}

/// Letters and digits alone, the letters small: `ledgerUrl` and `ledger.url` are `LEDGER_URL`.
fn squeezed(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether what an image is made of in the end is a language's or a system's, so that what runs there is the tree's.
fn is_of_program(text: &str) -> bool {
    let mut stages = BTreeSet::new();
    let mut last = None;
    for line in text.lines().map(str::trim) {
        let mut words = line.split_whitespace().filter(|word| !word.starts_with("--"));
        if !words.next().is_some_and(|word| word.eq_ignore_ascii_case("from")) {
            continue;
        }
        let Some(base) = words.next() else { continue };
        let path = base.split('@').next().unwrap_or_default();
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let name = name.split(':').next().unwrap_or_default().to_lowercase();
        let of = directory.rsplit('/').next().unwrap_or_default();
        let is_good = stages.contains(&base.to_lowercase()) || BASES.contains(&name.as_str()) || of == "distroless";
        last = Some(is_good);
        if let (Some("as" | "AS" | "As"), Some(stage)) = (words.next(), words.next())
            && is_good
        {
            stages.insert(stage.to_lowercase());
        }
    }
    last.unwrap_or(false)
}

fn is_manifest(path: &str) -> bool {
    const NAMES: &[&str] =
        &["Gemfile", "Pipfile", "pyproject.toml", "setup.py", "setup.cfg", "composer.json", "Cargo.toml"];
    let name = super::last(path);
    NAMES.contains(&name)
        || name.starts_with("requirements")
        || name.starts_with("build.gradle")
        || name.ends_with(".csproj")
        || name == "package.json"
}

/// What a file says a program is made of: the names of its dependencies, where these are told from the rest.
fn dependencies(file: &PlainFile, found: &mut Libraries) {
    if super::last(&file.path) == "package.json"
        && let Ok(serde_json::Value::Object(package)) = serde_json::from_str(&file.text)
    {
        let of = package.iter().filter(|(key, _)| key.ends_with("ependencies") && *key != "devDependencies");
        let names = of.filter_map(|(_, all)| all.as_object()).flat_map(|all| all.keys());
        names.filter(|name| !is_client(name)).for_each(|name| found.add(name));
        return;
    }
    let is_image = image::is_image(&file.path);
    let is_of_ruby = super::last(&file.path) == "Gemfile";
    let lines = file.text.lines().filter(|line| !is_image || !line.trim_start().starts_with(['#']));
    let lines = lines.filter(|line| {
        !is_image || ["FROM", "RUN", "CMD", "ENTRYPOINT"].iter().any(|word| line.trim_start().starts_with(word))
    });
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let words = lines.flat_map(|line| line.split(move |c| !name(c)));
    words.filter(|word| is_image || is_of_ruby || !is_client(word)).for_each(|word| found.add(word));
}

/// Whether a package is a client that takes no variables by itself.
fn is_client(package: &str) -> bool {
    CLIENTS.contains(&package.to_lowercase().replace('_', "-").as_str())
}
