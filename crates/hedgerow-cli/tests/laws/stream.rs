//! Patching twice is patching once, and what is not about labels or policies comes out byte for byte.

use hedgerow::core::name::EnvironmentName;
use hedgerow::core::plan::Plan;
use hedgerow::core::source::Sources;
use hedgerow::render::patch::{Options, Patch, patch};
use hedgerow::render::service_objects;
use hedgerow::{Request, load};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde::Deserialize;
use serde_yaml::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

/// The fleet of the goldens, where every service has a policy.
static PLAN: LazyLock<Plan> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/patch/fleet");
    let fleet = load(&Request::whole(root)).unwrap().fleet;
    Plan::new(fleet, &EnvironmentName::new("prod").unwrap()).expect("it is declared")
});

/// How the labels of a generated workload stand there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Labels {
    Block,
    Quoted,
    Commented,
    Flow,
    FlowOfManyLines,
    EmptyFlow,
    Null,
    Tilde,
    Absent,
    MetadataAbsent,
    MetadataNull,
    MetadataFlow,
}

const LABELS: [Labels; 12] = [
    Labels::Block,
    Labels::Quoted,
    Labels::Commented,
    Labels::Flow,
    Labels::FlowOfManyLines,
    Labels::EmptyFlow,
    Labels::Null,
    Labels::Tilde,
    Labels::Absent,
    Labels::MetadataAbsent,
    Labels::MetadataNull,
    Labels::MetadataFlow,
];

#[derive(Debug, Clone)]
struct Workload {
    name: &'static str,
    has_namespace: bool,
    kind: &'static str,
    labels: Labels,
    step: usize,
    scalar: &'static str,
    has_comments: bool,
}

#[derive(Debug, Clone)]
enum Document {
    Block(Workload),
    Json(Workload),
    PrettyJson(Workload),
    List(Vec<Workload>),
    /// A policy of Hedgerow's that says something else than the plan.
    StalePolicy(&'static str),
    /// The same, marked, renamed and with metadata of others.
    AlteredPolicy(&'static str),
    Other(&'static str),
}

/// A stream and how its bytes are laid out.
#[derive(Debug, Clone)]
struct Stream {
    documents: Vec<(Document, &'static str)>,
    starts_with: &'static str,
    has_carriage_returns: bool,
    ends: &'static str,
}

/// Values that a writer of YAML spoils and that must come out as they went in.
const SCALARS: [&str; 9] = [
    "0755",
    "yes",
    "1e3",
    "\"y\" # a comment",
    "'it''s'",
    "2001-01-01",
    "&anchor {a: b}",
    "|+\n      a line\n       ---\n\n",
    ">-\n      folded\n      text",
];

const OTHERS: [&str; 6] = [
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n    a:   'x'   # odd spacing\n    b: \"\\u00e9\"\n",
    "# nothing but a comment\n",
    "null\n",
    "apiVersion: v1\nkind: Secret\nmetadata:\n- not\n- a\n- mapping\n",
    "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec:\n  template:\n    metadata:\n      labels: {a: b}\n",
    "kind: Deployment\nspec:\n  template: {}\n",
];

impl Workload {
    fn block(&self) -> String {
        let pad = |depth: usize| " ".repeat(self.step * depth);
        let (kind, template) = match self.kind {
            "CronJob" => ("CronJob", 4),
            kind => (kind, 2),
        };
        let group = if kind == "CronJob" { "batch/v1" } else { "apps/v1" };
        let mut text = format!("apiVersion: {group}\nkind: {kind}\nmetadata:\n{}name: {}\n", pad(1), self.name);
        if self.has_namespace {
            text.push_str(&format!("{}namespace: default\n", pad(1)));
        }
        if self.has_comments {
            text.insert_str(0, "# Source: chart/templates/x.yaml\n");
            text.push_str("# between the parts\n");
        }
        text.push_str("spec:\n");
        if kind == "CronJob" {
            text.push_str(&format!("{}jobTemplate:\n{}spec:\n", pad(1), pad(2)));
        }
        text.push_str(&format!("{}template:\n", pad(template - 1)));
        text.push_str(&self.metadata(&pad(template), &pad(template + 1), &pad(template + 2)));
        let scalar = self.scalar.replace("\n      ", &format!("\n{}", pad(template + 2)));
        let end = if scalar.ends_with('\n') { "" } else { "\n" };
        text.push_str(&format!("{}spec:\n{}value: {scalar}{end}", pad(template), pad(template + 1)));
        text
    }

    fn metadata(&self, at: &str, inside: &str, deep: &str) -> String {
        let labels = match self.labels {
            Labels::MetadataAbsent => return String::new(),
            Labels::MetadataNull => return format!("{at}metadata:\n"),
            Labels::MetadataFlow => return format!("{at}metadata: {{ labels: {{ app: x }} }}\n"),
            Labels::Absent => String::new(),
            Labels::Null => format!("{inside}labels:\n"),
            Labels::Tilde => format!("{inside}labels: ~\n"),
            Labels::EmptyFlow => format!("{inside}labels: {{}}\n"),
            Labels::Flow => format!("{inside}labels: {{app: x, \"tier\": '1'}}\n"),
            Labels::FlowOfManyLines => format!("{inside}labels: {{\n{deep}app: x,\n{inside}}}\n"),
            Labels::Block => format!("{inside}labels:\n{deep}app: x\n{deep}tier: '1'\n"),
            Labels::Quoted => format!("{inside}\"labels\":\n{deep}'app': \"x\"\n"),
            Labels::Commented => format!("{inside}labels:   # who it is\n{deep}# and why\n{deep}app: x   # so\n"),
        };
        format!("{at}metadata:\n{inside}annotations: {{a: b}}\n{labels}")
    }

    fn json(&self) -> serde_json::Value {
        let template = match self.labels {
            Labels::MetadataAbsent => serde_json::json!({"spec": {}}),
            Labels::MetadataNull => serde_json::json!({"metadata": null}),
            Labels::Absent | Labels::EmptyFlow => serde_json::json!({"metadata": {"labels": {}}}),
            Labels::Null | Labels::Tilde => serde_json::json!({"metadata": {"labels": null}}),
            Labels::Block
            | Labels::Quoted
            | Labels::Commented
            | Labels::Flow
            | Labels::FlowOfManyLines
            | Labels::MetadataFlow => serde_json::json!({"metadata": {"labels": {"app": "x"}}}),
        };
        let mut metadata = serde_json::json!({"name": self.name});
        if self.has_namespace {
            metadata["namespace"] = "default".into();
        }
        serde_json::json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"template": template},
        })
    }
}

impl Document {
    fn text(&self) -> String {
        match self {
            Self::Block(workload) => workload.block(),
            Self::Json(workload) => format!("{}\n", workload.json()),
            Self::PrettyJson(workload) => format!("{:#}\n", workload.json()),
            Self::Other(text) => (*text).to_owned(),
            Self::StalePolicy(name) => format!(
                "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: {name}\n  labels: {{app.kubernetes.io/managed-by: hedgerow}}\nspec:\n  podSelector: {{}} # everybody\n# behind\n"
            ),
            Self::AlteredPolicy(name) => format!(
                "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  annotations: {{a: 'b'}}   # theirs\n  labels:\n    tier: gold\n    bank.example/policy-of: {}\n    app.kubernetes.io/managed-by: Helm\n  name: prefix-{name}\nspec:\n  podSelector: {{matchLabels: {{tier: gold}}}}\nstatus: {{}}\n",
                name.replace("s-", "service.")
            ),
            Self::List(workloads) => {
                let mut text = String::from("apiVersion: v1\nkind: List\nitems:\n");
                for workload in workloads {
                    let block = workload.block();
                    let lines = block.lines().enumerate().map(|(at, line)| match (at, line) {
                        (0, line) => format!("- {line}\n"),
                        (_, "") => "\n".to_owned(),
                        (_, line) => format!("  {line}\n"),
                    });
                    text.extend(lines);
                }
                text
            }
        }
    }
}

impl Stream {
    fn text(&self) -> String {
        let documents = self.documents.iter().map(|(document, separator)| format!("{separator}\n{}", document.text()));
        let mut text: String = documents.collect();
        text.insert_str(0, self.starts_with);
        text.truncate(text.trim_end_matches('\n').len());
        // Without a document there is none that a marker could end.
        if !self.documents.is_empty() {
            text.push_str(self.ends);
        }
        if self.has_carriage_returns { text.replace('\n', "\r\n") } else { text }
    }

    /// Whether every edit that is due adds bytes and takes none away.
    fn is_only_added_to(&self) -> bool {
        let is_null =
            |workload: &Workload| matches!(workload.labels, Labels::Null | Labels::Tilde | Labels::MetadataNull);
        !self.documents.iter().any(|(document, _)| match document {
            Document::Block(workload) | Document::Json(workload) | Document::PrettyJson(workload) => is_null(workload),
            Document::List(workloads) => workloads.iter().any(is_null),
            Document::StalePolicy(_) | Document::AlteredPolicy(_) => true,
            Document::Other(_) => false,
        })
    }
}

fn workload() -> impl Strategy<Value = Workload> {
    (
        (select(&["s-emoji", "s-ledger", "s-profile", "stranger"][..]), proptest::bool::weighted(0.2)),
        select(&["Deployment", "StatefulSet", "CronJob"][..]),
        select(&LABELS[..]),
        select(&[1, 2, 4][..]),
        select(&SCALARS[..]),
        any::<bool>(),
    )
        .prop_map(|((name, has_namespace), kind, labels, step, scalar, has_comments)| Workload {
            name,
            has_namespace,
            kind,
            labels,
            step,
            scalar,
            has_comments,
        })
}

fn streams() -> impl Strategy<Value = Stream> {
    // A comment in front would become the first line of the element.
    let element = workload().prop_map(|workload| Workload { has_comments: false, ..workload });
    let document = prop_oneof![
        6 => workload().prop_map(Document::Block),
        1 => workload().prop_map(Document::Json),
        1 => workload().prop_map(Document::PrettyJson),
        1 => vec(element, 1..3).prop_map(Document::List),
        1 => select(&["s-emoji", "s-ledger"][..]).prop_map(Document::StalePolicy),
        1 => select(&["s-emoji", "s-ledger"][..]).prop_map(Document::AlteredPolicy),
        3 => select(&OTHERS[..]).prop_map(Document::Other),
    ];
    let separator = select(&["---", "--- # with a comment", "---   "][..]);
    (
        vec((document, separator), 0..5),
        select(&["", "\u{FEFF}", "# first\n"][..]),
        any::<bool>(),
        select(&["\n", "", "\n\n", "\n...\n", "\n---\n"][..]),
    )
        .prop_map(|(mut documents, starts_with, has_carriage_returns, ends)| {
            // A second policy of one name is refused.
            let mut seen = BTreeSet::new();
            documents.retain(|(document, _)| match document {
                Document::StalePolicy(name) | Document::AlteredPolicy(name) => seen.insert(*name),
                Document::Block(_)
                | Document::Json(_)
                | Document::PrettyJson(_)
                | Document::List(_)
                | Document::Other(_) => true,
            });
            Stream { documents, starts_with, has_carriage_returns, ends }
        })
}

/// What comes out, or what is wrong.
fn patched(stream: &str) -> Result<String, String> {
    patched_with(stream, &Options::default())
}

/// What is found to be missing from a stream or changed in it; nothing where all is there.
fn proof(stream: &str) -> Option<String> {
    patched_with(stream, &Options { prove: true, ..Options::default() }).err()
}

fn patched_with(stream: &str, options: &Options) -> Result<String, String> {
    let mut sources = Sources::default();
    let source = sources.add("<stdin>", stream);
    let Patch { edits, diagnostics, .. } = patch(stream, source, &PLAN, options);
    let edits = edits.ok_or_else(|| format!("{diagnostics:#?}"))?;
    let mut out = String::new();
    edits.push_to(stream, &mut out);
    Ok(out)
}

/// The objects of a stream, those of lists among them: the policies of Hedgerow's and the others.
fn objects(stream: &str) -> (Vec<Value>, Vec<Value>) {
    let stream = stream.trim_start_matches('\u{FEFF}');
    let documents =
        serde_yaml::Deserializer::from_str(stream).map(|document| Value::deserialize(document).expect(stream));
    let mut objects = Vec::new();
    documents.for_each(|document| flatten(document, &mut objects));
    objects.into_iter().partition(|object| {
        let labels = &object["metadata"]["labels"];
        !labels["bank.example/policy-of"].is_null() || labels["app.kubernetes.io/managed-by"] == "hedgerow"
    })
}

fn flatten(value: Value, objects: &mut Vec<Value>) {
    if value["kind"] == "List" {
        let Value::Sequence(items) = value["items"].clone() else { panic!("a list without items: {value:?}") };
        items.into_iter().for_each(|item| flatten(item, objects));
    } else if !value.is_null() {
        objects.push(value);
    }
}

/// Takes the labels of Hedgerow's off an object's pods and gives them back; what is then empty goes too.
fn without_labels(object: &mut Value) -> Vec<(String, String)> {
    let is_cron = object["kind"] == "CronJob";
    let mut spec = object.get_mut("spec");
    if is_cron {
        spec = spec.and_then(|spec| spec.get_mut("jobTemplate")).and_then(|template| template.get_mut("spec"));
    }
    let Some(template) = spec.and_then(|spec| spec.get_mut("template")).and_then(Value::as_mapping_mut) else {
        return Vec::new();
    };
    let mut ours = Vec::new();
    if let Some(metadata) = template.get_mut("metadata").and_then(Value::as_mapping_mut) {
        if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_mapping_mut) {
            labels.retain(|key, value| {
                let key = key.as_str().expect("a label's key is a text");
                let is_ours = key.starts_with("bank.example/");
                if is_ours {
                    ours.push((key.to_owned(), value.as_str().expect("a label's value is a text").to_owned()));
                }
                !is_ours
            });
        }
        let is_empty = |value: &Value| value.is_null() || value.as_mapping().is_some_and(serde_yaml::Mapping::is_empty);
        if metadata.get("labels").is_some_and(is_empty) {
            metadata.remove("labels");
        }
    }
    let is_empty = |value: &Value| value.is_null() || value.as_mapping().is_some_and(serde_yaml::Mapping::is_empty);
    if template.get("metadata").is_some_and(is_empty) {
        template.remove("metadata");
    }
    ours.sort();
    ours
}

fn is_workload(object: &Value) -> bool {
    matches!(object["kind"].as_str(), Some("Deployment" | "StatefulSet" | "CronJob"))
}

/// Whether `text` remains when some bytes of `longer` are left out.
fn is_left_of(text: &str, longer: &str) -> bool {
    let mut rest = longer.bytes();
    text.bytes().all(|byte| rest.any(|other| other == byte))
}

proptest! {
    #![proptest_config(crate::cases(384))]

    #[test]
    fn twice_is_once_and_all_else_stays(stream in streams()) {
        let text = stream.text();
        let out = match patched(&text) {
            Ok(out) => out,
            Err(faults) => return Err(TestCaseError::fail(format!("{faults}\n{text}"))),
        };
        let again = patched(&out).map_err(|faults| TestCaseError::fail(format!("{faults}\n{out}")))?;
        prop_assert_eq!(&again, &out, "the second run changes what the first one made of {:?}", text);
        // What is proved is what would not be changed. A stream of no objects proves nothing; what does not say what it is is none.
        let (theirs, ours) = objects(&text);
        if theirs.iter().chain(&ours).any(|object| object["apiVersion"].is_string() && object["kind"].is_string()) {
            prop_assert_eq!(proof(&out), None, "no proof of {}", out);
            prop_assert_eq!(proof(&text).is_some(), out != text, "{}", text);
        }
        if stream.is_only_added_to() {
            prop_assert!(is_left_of(&text, &out), "bytes are lost:\n{}\n=>\n{}", text, out);
        }
        if stream.has_carriage_returns {
            prop_assert_eq!(out.matches('\n').count(), out.matches("\r\n").count(), "a bare line feed in {:?}", out);
        }
        let ((_, mut before), (policies, mut after)) = (objects(&text), objects(&out));
        prop_assert_eq!(before.len(), after.len());
        let deployed = before.iter().filter(|object| is_workload(object)).cloned().collect::<Vec<_>>();
        for service in PLAN.services().values() {
            let is_its = |object: &&Value| object["metadata"]["name"] == service.slug.as_str();
            let workloads: Vec<_> = deployed.iter().filter(is_its).collect();
            let is_marked =
                |object: &&Value| object["metadata"]["labels"]["bank.example/policy-of"] == service.name.as_str();
            let policies: Vec<_> = policies.iter().filter(is_marked).collect();
            if workloads.is_empty() {
                continue;
            }
            let has_namespace = workloads.iter().any(|workload| !workload["metadata"]["namespace"].is_null());
            let planned = service_objects(service, has_namespace.then_some(&service.namespace));
            let planned: Vec<Value> =
                planned.iter().map(|object| serde_yaml::from_str(&object.emit()).expect("an object is YAML")).collect();
            let says = |object: &Value| [&object["apiVersion"], &object["kind"], &object["spec"]].map(Clone::clone);
            let (written, wanted) = (policies.iter().map(|object| says(object)), planned.iter().map(says));
            prop_assert_eq!(written.collect::<Vec<_>>(), wanted.collect::<Vec<_>>(), "the policies of {}", service.name);
            for policy in policies.iter().filter(|policy| !policy["status"].is_null()) {
                let metadata = &policy["metadata"];
                prop_assert_eq!(metadata["annotations"]["a"].as_str(), Some("b"));
                prop_assert_eq!(metadata["labels"]["tier"].as_str(), Some("gold"));
                prop_assert_eq!(metadata["labels"]["app.kubernetes.io/managed-by"].as_str(), Some("Helm"));
                prop_assert!(metadata["name"].as_str().is_some_and(|name| name.starts_with("prefix-")));
            }
        }
        for (before, after) in before.iter_mut().zip(&mut after) {
            let workload = is_workload(before);
            let name = before["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            without_labels(before);
            let worn = without_labels(after);
            prop_assert_eq!(&*before, &*after, "more than labels changed");
            let service = PLAN.services().values().find(|service| workload && service.slug.as_str() == name);
            let wanted: Option<Vec<_>> = service.map(|service| {
                service.pods.write.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
            });
            prop_assert_eq!(worn, wanted.unwrap_or_default(), "the labels of {}", name);
        }
    }

    #[test]
    fn a_stream_of_strangers_comes_out_as_it_went_in(mut stream in streams()) {
        // A policy that says that it is ours is no stranger's: it is brought up to date wherever it stands.
        stream.documents.retain(|(document, _)| !matches!(document, Document::StalePolicy(_) | Document::AlteredPolicy(_)));
        for (document, _) in &mut stream.documents {
            match document {
                Document::Block(workload) | Document::Json(workload) | Document::PrettyJson(workload) => {
                    workload.name = "stranger";
                }
                Document::List(workloads) => workloads.iter_mut().for_each(|workload| workload.name = "stranger"),
                Document::StalePolicy(_) | Document::AlteredPolicy(_) | Document::Other(_) => {}
            }
        }
        let text = stream.text();
        prop_assert_eq!(patched(&text), Ok(text));
    }
}
