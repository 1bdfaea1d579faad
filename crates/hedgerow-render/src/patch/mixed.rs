//! Workloads of several applications in the deploy of one service: a chart's database is not the service that uses it.
//!
//! With `--service` every workload is taken for that service's unless something says otherwise. Then a subchart's pods get
//! the service's identity and its policy: who may call the service reaches them, and the service itself does not.

use super::Context;
use super::claim::Worn;
use super::document::Object;
use super::pods::Title;
use super::whole::{NAMED, some};
use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_core::name::ServiceName;
use hedgerow_yaml::Site;
use std::collections::BTreeMap;
use std::ops::Range;

/// The labels that say which application a pod is of, the first one worn counts.
const APPLICATION: [&str; 3] = ["app.kubernetes.io/name", "app", "k8s-app"];

/// The label that says what part of an application a pod is.
const COMPONENT: &str = "app.kubernetes.io/component";

/// Data stores and brokers that charts bring with an application and let wear its name. Beside a service of that name they are the service.
const STORES: [&str; 28] = [
    "activemq",
    "cassandra",
    "clickhouse",
    "cockroachdb",
    "couchdb",
    "dynamodb",
    "elasticsearch",
    "etcd",
    "influxdb",
    "kafka",
    "keydb",
    "mariadb",
    "memcached",
    "minio",
    "mongo",
    "mongodb",
    "mysql",
    "nats",
    "neo4j",
    "opensearch",
    "postgres",
    "postgresql",
    "pulsar",
    "rabbitmq",
    "redis",
    "scylla",
    "valkey",
    "zookeeper",
];
/// What a component is called where it says no more.
const STORE: [&str; 3] = ["database", "datastore", "db"];
/// Kinds whose pods run on; a job that is called after a store is something that is done to it.
const RUN_ON: [&str; 2] = ["Deployment", "StatefulSet"];

/// Where Helm 4 says which file of a chart an object comes from; Helm 3 has a comment for it.
const FILE: &str = "postrenderer.helm.sh/postrender-filename";
const SOURCE: &str = "# Source: ";

/// What was taken for the deployed service's, by what it looks like.
#[derive(Debug, Default)]
pub(super) struct Mixed {
    /// In the order of the stream.
    groups: Vec<Group>,
    /// Where each look stands among them.
    by_look: BTreeMap<Look, usize>,
}

/// What a workload looks like.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Look<T = String> {
    /// The chart with those it stands in: `emoji/charts/postgresql`.
    chart: Option<T>,
    application: Option<T>,
}

/// Workloads that look alike.
#[derive(Debug)]
struct Group {
    look: Look,
    workloads: usize,
    first: Vec<(String, Range<usize>)>,
}

impl Mixed {
    /// Notes a workload that was taken for the deployed service's.
    pub(super) fn add(&mut self, look: &Look<&str>, title: &Title<'_>, place: &Range<usize>) {
        // Workloads that look alike mostly stand together.
        let is_last = self.groups.last().is_some_and(|group| group.look.borrowed() == *look);
        let at = match is_last {
            true => self.groups.len() - 1,
            false => self
                .group(Look { chart: look.chart.map(str::to_owned), application: look.application.map(str::to_owned) }),
        };
        let group = &mut self.groups[at];
        group.workloads += 1;
        if group.first.len() < NAMED {
            group.first.push((title.to_string(), place.clone()));
        }
    }

    /// The position of the group of a look, which may be a new one.
    fn group(&mut self, look: Look) -> usize {
        let next = self.groups.len();
        let at = *self.by_look.entry(look.clone()).or_insert(next);
        if at == next {
            self.groups.push(Group { look, workloads: 0, first: Vec::new() });
        }
        at
    }

    pub(super) fn merge(&mut self, later: Self) {
        for Group { look, workloads, first } in later.groups {
            let at = self.group(look);
            let known = &mut self.groups[at];
            known.workloads += workloads;
            known.first.extend(first);
            known.first.truncate(NAMED);
        }
    }

    /// Says which of the workloads look like another application's.
    pub(super) fn report(self, context: &Context<'_>) -> Option<Diagnostic> {
        let service = context.options.service.as_ref()?;
        let is_own = |group: &&Group| group.look.borrowed().is_of(service);
        let own = self.groups.iter().find(is_own).or_else(|| {
            // Where nothing is called like the service, what stands first and highest is the application.
            self.groups.iter().min_by_key(|group| group.look.chart.as_deref().map_or(0, depth))
        })?;
        let is_other = |group: &&Group| !is_own(group) && group.look.borrowed().differs(&own.look.borrowed());
        let others: Vec<_> = self.groups.iter().filter(is_other).collect();
        let count: usize = others.iter().map(|group| group.workloads).sum();
        if count == 0 {
            return None;
        }
        let places: Vec<_> =
            others.iter().flat_map(|group| group.first.iter().map(move |first| (&group.look, first))).collect();
        let titles = places.iter().map(|(_, (title, _))| title.as_str());
        let named = titles.take(count.min(NAMED)).collect::<Vec<_>>();
        let more = count.saturating_sub(named.len());
        let named = some(named.into_iter());
        let (named, are, look) = match more {
            0 if count == 1 => (named, "is", "it looks"),
            0 => (named, "are", "they look"),
            more => (format!("{named} and {more} more"), "are", "they look"),
        };
        let message = format!("{named} {are} taken for `{service}`, but {look} like another application's");
        let mut diagnostic = context.doubt(Code::MixedWorkloads, message);
        for (look, (_, place)) in places.iter().take(NAMED) {
            diagnostic = diagnostic.mark(context.span(place), look.borrowed().words(&own.look.borrowed()));
        }
        let glob =
            own.first.first().map(|(title, _)| title.replace(['`', ' '], "/").replace("//", "/")).unwrap_or_default();
        let glob = glob.trim_matches('/');
        Some(
            diagnostic
                .help(format!("list the service's own under `workloads` in its service.yaml, such as `{glob}`; the others are then left alone"))
                .help("a workload that wears the identity label of its service is that service's"),
        )
    }
}

impl Look {
    fn borrowed(&self) -> Look<&str> {
        Look { chart: self.chart.as_deref(), application: self.application.as_deref() }
    }
}

impl<'t> Look<&'t str> {
    /// What a workload looks like whose pods wear these labels.
    pub(super) fn of(
        stream: &'t str,
        object: &Object<'_, '_>,
        name: Option<&str>,
        annotations: Option<&'t Site<'_>>,
        worn: impl Iterator<Item = Worn<'t>> + Clone,
    ) -> Self {
        let label = |key: &&str| worn.clone().find(|(worn, _)| worn == key).map(|(_, value)| value);
        let application = store(object.kind, name, label(&COMPONENT)).or_else(|| APPLICATION.iter().find_map(label));
        Self { chart: chart(stream, object, annotations), application }
    }

    /// The name of the subchart, where it comes from one.
    fn subchart(&self) -> Option<&'t str> {
        self.chart.filter(|chart| depth(chart) > 0).and_then(|chart| chart.rsplit('/').next())
    }

    /// Whether a name of it is the service's, or a part of it.
    fn is_of(&self, service: &ServiceName) -> bool {
        [self.application, self.subchart()].into_iter().flatten().any(|name| is_alike(name, service))
    }

    /// Whether it has a name and none is the service's.
    pub(super) fn is_of_another(&self, service: &ServiceName) -> bool {
        (self.application.is_some() || self.subchart().is_some()) && !self.is_of(service)
    }

    /// Whether it looks like another application than `own`.
    fn differs(&self, own: &Self) -> bool {
        let by_application = match (self.application, own.application) {
            (Some(mine), Some(other)) => first_word(mine) != first_word(other),
            _ => false,
        };
        let by_chart = match (self.chart, own.chart) {
            (Some(mine), Some(other)) => mine != other && depth(mine) > 0,
            _ => false,
        };
        by_application || by_chart
    }

    /// What makes it look so, beside `own`.
    fn words(&self, own: &Self) -> String {
        match (self.chart, self.application) {
            (Some(chart), _) if own.chart.is_some_and(|own| own != chart) => {
                format!("of the chart `{}`", chart.escape_debug())
            }
            (_, Some(application)) => format!("its pods are `{}`", application.escape_debug()),
            _ => String::new(),
        }
    }
}

/// The data store that a workload is by what it is a component of and how it is called.
fn store<'t>(kind: &str, name: Option<&str>, component: Option<&'t str>) -> Option<&'t str> {
    let known = |word: &str| STORES.into_iter().find(|store| store.eq_ignore_ascii_case(word));
    if !RUN_ON.contains(&kind) {
        return None;
    }
    let is_store = |component: &&str| known(first_word(component)).is_some() || STORE.contains(component);
    let by_name = || known(name?.rsplit(['-', '.']).next()?);
    component.filter(is_store).or_else(by_name)
}

/// Under how many charts a chart stands.
fn depth(chart: &str) -> usize {
    chart.matches("/charts/").count()
}

fn first_word(name: &str) -> &str {
    name.split(['-', '_', '.']).next().unwrap_or(name)
}

/// Whether one name is the other with words before or behind it; the service's prefix (`service.`) says nothing.
fn is_alike(name: &str, service: &ServiceName) -> bool {
    let words = |text: &str| format!("-{}-", text.to_ascii_lowercase().replace(['.', '_', '/'], "-"));
    let whole = service.as_str();
    let core = whole.split_once('.').map_or(whole, |(_, core)| core);
    let (name, core) = (words(name), words(core));
    name.contains(&core) || core.contains(&name)
}

/// The chart that an object comes from, as far as the host says.
fn chart<'t>(stream: &'t str, object: &Object<'_, '_>, annotations: Option<&'t Site<'_>>) -> Option<&'t str> {
    let by_annotation = match annotations {
        Some(Site::Map(map)) => map.get(FILE).and_then(|pair| pair.value.as_deref()),
        _ => None,
    };
    let file = by_annotation.or_else(|| {
        let text = stream.get(object.range())?;
        let comments = text.lines().skip_while(|line| line.starts_with("---")).take_while(|line| line.starts_with('#'));
        comments.filter_map(|line| line.strip_prefix(SOURCE)).last()
    })?;
    ["/templates/", "/crds/"].iter().find_map(|part| file.split_once(part)).map(|(chart, _)| chart.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups stay in the order of the stream, however the looks alternate, in one part of it or in two.
    #[test]
    fn alike_workloads_are_one_group() {
        let looks = ["a", "b", "a", "c", "b", "b", "a"];
        let add = |mixed: &mut Mixed, looks: &[&'static str]| {
            for name in looks {
                let look = Look { chart: None, application: Some(*name) };
                mixed.add(&look, &Title { kind: "Pod", name: Some(name) }, &(0..0));
            }
        };
        for cut in 0..=looks.len() {
            let (mut first, mut second) = (Mixed::default(), Mixed::default());
            add(&mut first, &looks[..cut]);
            add(&mut second, &looks[cut..]);
            first.merge(second);
            let groups: Vec<_> = first
                .groups
                .iter()
                .map(|group| (group.look.application.as_deref().unwrap(), group.workloads, group.first.len()))
                .collect();
            assert_eq!(groups, [("a", 3, 3), ("b", 3, 3), ("c", 1, 1)], "{cut}");
        }
    }

    #[test]
    fn stores_are_known_by_component_and_name() {
        for (kind, name, component, expected) in [
            ("StatefulSet", "emoji", Some("mysql"), Some("mysql")),
            ("Deployment", "emoji", Some("redis-master"), Some("redis-master")),
            ("StatefulSet", "emoji", Some("database"), Some("database")),
            ("StatefulSet", "emoji-postgresql", None, Some("postgresql")),
            ("Deployment", "emoji.Redis", Some("service"), Some("redis")),
            ("Deployment", "emoji", Some("database-client"), None),
            ("Deployment", "redis-exporter", None, None),
            ("Deployment", "emoji-worker", Some("worker"), None),
            ("Job", "emoji-init-mysql", Some("mysql"), None),
        ] {
            assert_eq!(store(kind, Some(name), component), expected, "{kind} {name} {component:?}");
        }
    }

    #[test]
    fn names_are_alike_by_whole_words() {
        for (name, service, expected) in [
            ("emoji", "service.emoji", true),
            ("emoji-worker", "service.emoji", true),
            ("bank-emoji", "service.emoji", true),
            ("brands", "service.api.brands", true),
            ("api-brands", "service.api.brands", true),
            ("emojis", "service.emoji", false),
            ("postgresql", "service.emoji", false),
            ("redis", "service.redis-proxy", true),
            ("pay", "cron.pay", true),
            ("service", "service.emoji", false),
        ] {
            assert_eq!(is_alike(name, &ServiceName::new(service).unwrap()), expected, "{name} {service}");
        }
    }
}
