//! Settings of Spring for a library that a service does not have, or by which its library alone connects to nobody: `spring.kafka.*` where no
//! build file and no code of the service names Kafka, `rocketmq.name-server` where no code names RocketMQ and no group makes a producer.
//!
//! See <https://docs.spring.io/spring-boot/reference/using/auto-configuration.html>.

use crate::builds::Builds;
use crate::frameworks::{is_of_jvm, plain};
use crate::inventory::Home;
use crate::libraries::{Libraries, artifacts};
use crate::part::Part;
use crate::paths::dir_of;
use crate::tree::{PlainFile, Tree};
use hedgerow_code::lines;
use hedgerow_deploy::{Deploy, Given};
use serde_json::Value;
use std::collections::BTreeSet;

/// A part of the settings, and the words by which libraries and code are known that connect by it.
struct Section {
    beginnings: &'static [&'static str],
    words: &'static [&'static str],
    /// Whether the library waits for a group of producers or consumers.
    waits: bool,
}

const SECTIONS: &[Section] = &[
    Section { beginnings: &["spring.data.redis", "spring.redis"], words: &["redis", "jedis", "lettuce"], waits: false },
    Section { beginnings: &["spring.kafka"], words: &["kafka"], waits: false },
    Section { beginnings: &["spring.rabbitmq"], words: &["amqp", "rabbit"], waits: false },
    Section { beginnings: &["spring.data.mongodb"], words: &["mongo"], waits: false },
    Section {
        beginnings: &["spring.elasticsearch", "spring.data.elasticsearch"],
        words: &["elasticsearch", "opensearch"],
        waits: false,
    },
    Section {
        beginnings: &["spring.activemq", "spring.artemis"],
        words: &["activemq", "artemis", "jms"],
        waits: false,
    },
    Section { beginnings: &["spring.neo4j"], words: &["neo4j"], waits: false },
    Section { beginnings: &["spring.cassandra", "spring.data.cassandra"], words: &["cassandra"], waits: false },
    Section { beginnings: &["rocketmq"], words: &["rocketmq"], waits: true },
];

/// Up to how many letters a word is a short one.
const SHORT: usize = 6;

/// The words that code is searched for.
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    SECTIONS.iter().flat_map(|section| section.words).copied()
}

/// The parts of a service's settings by which nobody connects.
#[derive(Default)]
pub(crate) struct Dormant(Vec<&'static str>);

impl Dormant {
    /// Those of all services.
    pub(crate) fn all(
        tree: &Tree,
        homes: &[Home],
        deploy: &Deploy,
        parts: &[Part],
        libraries: &Libraries,
    ) -> Vec<Self> {
        let builds = Builds::new(tree);
        // What a build of one's own gives to others is not read.
        let is_open =
            tree.texts.iter().any(|file| ["buildSrc/", "build-logic/"].iter().any(|of| file.path.contains(of)));
        let of = |(home, part): (&Home, &Part)| match deploy.of(&home.name) {
            Some(given) if !is_open => Self::new(home, part, given, (&builds, libraries)),
            _ => Self::default(),
        };
        homes.iter().zip(parts).map(of).collect()
    }

    fn new(home: &Home, part: &Part, given: &Given, (builds, libraries): (&Builds<'_>, &Libraries<'_>)) -> Self {
        let has_code = part.account.functions > 0 && part.unparsed.is_empty();
        if !has_code || !is_of_jvm(part.account.read.keys().map(String::as_str)) {
            return Self::default();
        }
        let modules = builds.of_service(home);
        let all = libraries.builds().iter().filter(|build| modules.contains(dir_of(&build.file.path)));
        let mut texts = libraries.of(home);
        for build in all {
            texts.push(&build.text);
            texts.extend(libraries.above(build).map(|above| above.handed_down()));
            texts.extend(libraries.modules(&build.text));
        }
        let is_known = |name: &str| {
            libraries.builds().iter().any(|build| in_directory(&build.file.path, name) || is_called(&build.text, name))
        };
        if texts.is_empty() || texts.iter().any(|text| has_more(text, &is_known)) {
            return Self::default();
        }
        let artifacts = artifacts(&texts);
        let is_used = |section: &Section| {
            let names = |name: &str| section.words.iter().any(|word| name.contains(word));
            let has_library = artifacts.iter().any(|name| names(name));
            section.words.iter().any(|word| part.words.contains(*word))
                || (has_library && !section.waits)
                || (section.waits && has_group(given, section.beginnings))
        };
        Self(
            SECTIONS
                .iter()
                .filter(|section| !is_used(section))
                .flat_map(|section| section.beginnings)
                .copied()
                .collect(),
        )
    }

    /// Whether a setting lies in one of them.
    pub(crate) fn has(&self, path: &[String]) -> bool {
        let key = path.iter().map(|part| plain(part)).collect::<Vec<_>>().join(".");
        self.0.iter().any(|start| key.strip_prefix(start).is_some_and(|rest| rest.starts_with('.')))
    }

    /// Whether a variable stands for such a setting: `SPRING_KAFKA_BOOTSTRAP_SERVERS`, `ROCKETMQ_NAME_SERVER`.
    pub(crate) fn has_variable(&self, name: &str) -> bool {
        !self.0.is_empty() && self.has(&name.split(['_', '.']).map(str::to_owned).collect::<Vec<_>>())
    }

    /// The same of what stands in a text of settings.
    pub(crate) fn has_setting(&self, text: &str, setting: &lines::Setting<'_>) -> bool {
        !self.0.is_empty() && self.is_at(text, setting.start, lines::key_of(text, setting))
    }

    /// Whether a file takes a variable in for such settings alone: `spring.kafka.bootstrap-servers: ${KAFKA_SERVERS}`.
    pub(crate) fn takes(&self, file: &PlainFile, variable: &str) -> bool {
        let form = format!("${{{variable}");
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let places = file.text.match_indices(&form).map(|(at, _)| at);
        let mut places = places.filter(|at| !file.text[at + form.len()..].starts_with(is_word)).peekable();
        !self.0.is_empty()
            && places.peek().is_some()
            && places.all(|at| {
                let line = file.text[..at].rfind('\n').map_or(0, |line| line + 1);
                let key = file.text[line..at].split([':', '=']).next().unwrap_or_default();
                self.is_at(&file.text, at, key)
            })
    }

    /// Whether what stands in a text below some keys, under one, is such a setting.
    fn is_at(&self, text: &str, at: usize, key: &str) -> bool {
        let word = |key: &str| key.trim_matches(|c: char| c.is_whitespace() || "\"'-:".contains(c)).to_owned();
        let mut path: Vec<String> = lines::above(text, at).map(word).collect();
        path.reverse();
        path.push(word(key));
        self.has(&path.iter().flat_map(|key| key.split('.')).map(str::to_owned).collect::<Vec<_>>())
    }
}

/// Whether a file lies in a directory that is called so.
fn in_directory(path: &str, name: &str) -> bool {
    dir_of(path).rsplit('/').next() == Some(name)
}

/// What a build of Maven says of itself: without its libraries, and without its parent.
fn own_head(text: &str) -> String {
    let head = text.split("<dependencies>").next().unwrap_or(text);
    let Some((before, parent)) = head.split_once("<parent>") else { return head.to_owned() };
    before.to_owned() + parent.split_once("</parent>").map_or("", |(_, behind)| behind)
}

/// Whether a build of Maven calls what it makes so.
fn is_called(text: &str, name: &str) -> bool {
    text.contains(name) && own_head(text).contains(&format!("<artifactId>{name}</artifactId>"))
}

/// Whether a build may have more than its libraries by name: parts of it that lie elsewhere, a parent and libraries of its own people's that
/// are not in the tree.
fn has_more(text: &str, is_known: &impl Fn(&str) -> bool) -> bool {
    let tag = |text: &str, name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        Some(rest.split_once(&format!("</{name}>"))?.0.trim().to_owned())
    };
    if text.contains("apply from") || text.contains("apply(from") {
        return true;
    }
    let head = text.split("<dependencies>").next().unwrap_or(text);
    let is_spring = |group: &str| group.starts_with("org.springframework") || group.starts_with("io.quarkus");
    let parent = tag(head, "parent");
    let parent = parent.and_then(|parent| Some((tag(&parent, "groupId")?, tag(&parent, "artifactId")?)));
    if parent.is_some_and(|(group, name)| !is_spring(&group) && !is_known(&name)) {
        return true;
    }
    let own_of_gradle = text.lines().find_map(|line| {
        let line = line.trim();
        let rest = line.strip_prefix("group")?.trim_start().trim_start_matches('=').trim();
        rest.strip_prefix(['\'', '"']).map(|rest| rest.trim_end_matches(['\'', '"']).to_owned())
    });
    let own = if text.contains("<project") {
        tag(&own_head(text), "groupId").or_else(|| tag(head, "groupId"))
    } else {
        own_of_gradle
    };
    let Some(own) = own.filter(|own| !own.starts_with("org.springframework")) else { return false };
    // `com.bank.platform` is of the same people as `com.bank.shop`.
    let people = |group: &str| group.split('.').take(2).collect::<Vec<_>>().join(".");
    let is_own = |group: &str| people(group) == people(&own);
    let of_maven = text.split("<dependency>").skip(1).filter_map(|rest| {
        let of = rest.split("</dependency>").next()?;
        Some((tag(of, "groupId")?, tag(of, "artifactId")?))
    });
    let of_gradle = text.split(['\'', '"']).filter_map(|word| {
        let mut parts = word.split(':');
        Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
    });
    of_maven.chain(of_gradle).any(|(group, name)| {
        (is_own(&group) || group.contains("project.groupId")) && !name.is_empty() && !is_known(&name)
    })
}

/// Whether settings or variables name a group of producers or consumers.
fn has_group(given: &Given, beginnings: &[&str]) -> bool {
    fn below(value: &Value, path: &str, beginnings: &[&str]) -> bool {
        let pairs = value.as_object().into_iter().flatten();
        pairs.into_iter().any(|(key, value)| {
            let path = format!("{path}.{}", plain(key));
            let is_in = beginnings.iter().any(|start| path.starts_with(&format!(".{start}.")));
            (is_in && path.contains("group")) || below(value, &path, beginnings)
        })
    }
    let is_named = |name: &String| {
        let name = name.to_lowercase().replace('_', ".");
        name.contains("group") && beginnings.iter().any(|start| name.starts_with(start))
    };
    given.environment.keys().any(is_named) || given.settings.iter().any(|value| below(value, "", beginnings))
}

/// The words of those that code is searched for which a text has. Of a short one the case counts: `creditScoreDistribution` is no Redis.
pub(crate) fn words_in(texts: &[String]) -> BTreeSet<String> {
    let is_in = |word: &str, text: &String| {
        let (first, rest) = word.split_at(1);
        let forms = [word.to_owned(), first.to_uppercase() + rest, word.to_uppercase()];
        forms.iter().any(|form| text.contains(form.as_str()))
            || (word.len() > SHORT && text.to_lowercase().contains(word))
    };
    words().filter(|word| texts.iter().any(|text| is_in(word, text))).map(str::to_owned).collect()
}
