//! The keys of the files that people write: one table that the readers and the JSON Schemas share.
//!
//! A reader asks [`Decoder::form`](super::decode::Decoder::form) for the keys of a [`Form`] and gets nothing else; `hedgerow schema`
//! prints the same table. A key that is not here can neither be read nor be completed in an editor.

use super::config::{AUDIT_BACKENDS, CATCH_ALL_BACKENDS};
use super::guard::MODES;
use super::rule::ORIGINS;
use super::service::STAGES;
use crate::name::Protocol;

/// A mapping with known keys.
#[derive(Debug)]
pub struct Form {
    /// What it is, in a sentence.
    pub about: &'static str,
    /// Its keys, in the order in which people write them.
    pub keys: &'static [Key],
    /// What is asked of them together.
    pub bonds: &'static [Bond],
}

/// One key of a [`Form`].
#[derive(Debug)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// Whether it must be there.
    pub is_needed: bool,
    /// What it says, in a sentence or two.
    pub about: &'static str,
    /// What may stand there.
    pub value: Value,
}

/// What is asked of several keys of one mapping.
#[derive(Debug, Clone, Copy)]
pub enum Bond {
    /// One of these is there, or more.
    OneOf(&'static [&'static str]),
    /// These are not there together.
    Apart(&'static str, &'static str),
    /// Where the first is, the second is too.
    Needs(&'static str, &'static str),
}

/// What may stand in a place.
#[derive(Debug)]
pub enum Value {
    /// A text, or what YAML takes for a number or a truth value and people write without quotes.
    Text(Text),
    /// One of a few words.
    Word(fn() -> Vec<&'static str>),
    /// `true` or `false`.
    Boolean,
    /// A whole number from the first to the second.
    Number(u64, u64),
    /// A list that is not empty.
    List(&'static Self),
    /// A list that may be empty.
    Many(&'static Self),
    /// A mapping with free keys, each of this form; where the flag is set, at least one.
    Map(Text, &'static Self, bool),
    /// A mapping with known keys.
    Form(&'static Form),
    /// Any one of these.
    Either(&'static [Self]),
    /// A port as rules write it: its name, or its number.
    PortReference,
    /// Nothing.
    Null,
    /// Whatever.
    Any,
    /// A mapping whose form the reader of that section knows: the key's name.
    Section(&'static str),
}

/// A text.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    /// What it looks like, as a regular expression of ECMA 262; empty where that is not worth saying.
    pub pattern: &'static str,
    /// One that is right.
    pub example: &'static str,
}

/// A key that may be left out.
#[must_use]
pub const fn key(name: &'static str, about: &'static str, value: Value) -> Key {
    Key { name, is_needed: false, about, value }
}

/// A key that must be there.
#[must_use]
pub const fn needed(name: &'static str, about: &'static str, value: Value) -> Key {
    Key { name, is_needed: true, about, value }
}

/// Any text that is not empty.
#[must_use]
pub const fn text(example: &'static str) -> Text {
    Text { pattern: ".", example }
}

const LABEL: &str = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";
const ENVIRONMENT_NAME: Text = Text { pattern: LABEL, example: "prod" };
const NAMESPACE: Text = Text { pattern: LABEL, example: "bank" };
const TYPE_NAME: Text = Text { pattern: LABEL, example: "backend" };
const SERVICE_NAME: Text =
    Text { pattern: "^(?=.{1,250}$)(?!.*\\.\\.)[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", example: "service.ledger" };
/// None of those that Kubernetes keeps for itself.
const DOMAIN: Text = Text {
    pattern: "^(?=.{1,253}$)(?!(.*\\.)?(kubernetes|k8s|x-k8s)\\.io$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$",
    example: "bank.example",
};
const LABEL_KEY: Text =
    Text { pattern: "^([a-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$", example: "app" };
/// The identity label: none of the names that Hedgerow's other labels have.
const IDENTITY: Text = Text {
    pattern: "^(?!(egress-.*|network-policy|service-type|policy-of)$)([a-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$",
    example: "routing-name",
};
const LABEL_VALUE: Text = Text { pattern: "^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$", example: "ledger" };
/// The one namespace of a peer: `any` could be one, or all.
const ONE_NAMESPACE: Text = Text { pattern: "^(?!any$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", example: "bank" };
const BLOCK: Text = Text { pattern: "^[0-9a-fA-F.:]+/[0-9]+$", example: "10.20.0.0/16" };
const INNER_BLOCK: Text = Text { example: "10.20.9.0/24", ..BLOCK };

static NAMESPACE_VALUE: Value = Value::Text(NAMESPACE);
static TYPE_VALUE: Value = Value::Text(TYPE_NAME);
static GLOB: Value =
    Value::Text(Text { pattern: "^(?!/)(?!(.*/)?\\.\\.?(/|$))(?!.*//+[^/])[^\\\\]+$", example: "service.*" });
static WORKLOAD: Value = Value::Text(Text { pattern: "^[^a-z/][^/]*/[^/]+$", example: "Deployment/ledger*" });
static RULES_DIRECTORY: Value =
    Value::Text(Text { pattern: "^(?!/)(?!(.*/)?\\.\\.?(/|$))(?!.*//+[^/])[^\\\\*?\\[{]+$", example: "egress" });
static PORT_REFERENCE: Value = Value::PortReference;
static STAGE: Value = Value::Word(|| words(&STAGES));
static MODE: Value = Value::Word(|| words(&MODES));
static BOOLEAN: Value = Value::Boolean;
static NAME: Value = Value::Text(text("deployers"));
static ACCOUNT: Value = Value::Text(Text { pattern: "^[^/]+/[^/]+$", example: "argocd/argocd-application-controller" });
static LABEL_TEXT: Value = Value::Text(LABEL_VALUE);
static INNER: Value = Value::Text(INNER_BLOCK);

fn words<T>(words: &[(&'static str, T)]) -> Vec<&'static str> {
    words.iter().map(|(word, _)| *word).collect()
}

/// `hedgerow.yaml`.
pub static HEDGEROW: Form = Form {
    about: "What holds for a whole fleet of services.",
    keys: &[
        needed("version", "The version of this file's form: 1.", Value::Number(1, 1)),
        needed("labels", "The names of the labels that Hedgerow writes.", Value::Form(&LABELS)),
        needed("services", "Which directories are services, and what holds for all of them.", Value::Form(&SERVICES)),
        key(
            "namespaces",
            "The Kubernetes namespaces in which services may live. Left out: the default one alone.",
            Value::List(&NAMESPACE_VALUE),
        ),
        key(
            "types",
            "Loose groups of services, and which types may call every service of a type.",
            Value::Map(TYPE_NAME, &Value::Either(&[Value::Form(&TYPE), Value::Null]), false),
        ),
        needed(
            "environments",
            "Where is deployed to; each has a stage.",
            Value::Map(ENVIRONMENT_NAME, &Value::Form(&ENVIRONMENT), true),
        ),
        key("audit", "How the stage `audit` drops nothing.", Value::Form(&AUDIT)),
        key("catch-alls", "What the policies of types are.", Value::Form(&CATCH_ALLS)),
        key(
            "guard",
            "Who may put Hedgerow's labels on pods; `hedgerow render --guard` prints the objects.",
            Value::Form(&GUARD),
        ),
        key("scan", "Settings of `hedgerow scan`.", Value::Section("scan")),
    ],
    bonds: &[],
};

pub(super) static LABELS: Form = Form {
    about: "The names of the labels that Hedgerow writes.",
    keys: &[
        needed(
            "domain",
            "Every label that Hedgerow writes is `<domain>/…`; one of your own domains.",
            Value::Text(DOMAIN),
        ),
        key(
            "identity",
            "The label that says which service a pod is. A name without `/` is below the domain and Hedgerow writes it; one with `/` is \
             yours, and only checked. Left out: `routing-name`.",
            Value::Text(IDENTITY),
        ),
        key(
            "prefixes",
            "How service names are shortened in labels and object names, such as `service.: s-`.",
            Value::Map(
                Text { pattern: "^[a-z0-9.-]+$", example: "service." },
                &Value::Text(Text { pattern: "^[a-z0-9.-]*$", example: "s-" }),
                false,
            ),
        ),
    ],
    bonds: &[],
};

pub(super) static SERVICES: Form = Form {
    about: "Which directories are services, and what holds for all of them.",
    keys: &[
        needed("include", "Globs of directories that are services.", Value::List(&GLOB)),
        key("exclude", "Globs of directories that are none.", Value::List(&GLOB)),
        key("rules", "Where rule files lie below a service. Left out: `egress`.", Value::List(&RULES_DIRECTORY)),
        key(
            "catalogue",
            "A file that tells of the services of other repositories.",
            Value::Text(text("catalogue.json")),
        ),
        key("defaults", "What a service is where its own `service.yaml` does not say.", Value::Form(&DEFAULTS)),
    ],
    bonds: &[],
};

pub(super) static DEFAULTS: Form = Form {
    about: "What a service is where its own `service.yaml` does not say.",
    keys: &[
        key("namespace", "Where its pods live. Left out: `default`.", Value::Text(NAMESPACE)),
        key("type", "Its loose group, one of `types`.", Value::Text(TYPE_NAME)),
        key("owner", "Who answers for it, on one line.", Value::Text(text("platform"))),
        key("ports", "The container ports on which services may be called. Left out: any.", PORTS_VALUE),
    ],
    bonds: &[],
};

pub(super) static TYPE: Form = Form {
    about: "A loose group of services.",
    keys: &[key(
        "callers",
        "The types whose services may call every service of this one, on all ports and without a rule.",
        Value::List(&TYPE_VALUE),
    )],
    bonds: &[],
};

pub(super) static ENVIRONMENT: Form = Form {
    about: "An environment: where is deployed to.",
    keys: &[
        needed(
            "stage",
            "`off`: no policies. `open`: a policy that admits anybody. `audit`: a policy that drops nothing and shows what it would \
             drop. `enforce`: it drops.",
            Value::Word(|| words(&STAGES)),
        ),
        key("log", "Log what no rule permits. Needs Calico.", Value::Boolean),
        key(
            "namespaces",
            "What namespaces are called there, such as `bank: bank-staging`.",
            Value::Map(NAMESPACE, &NAMESPACE_VALUE, false),
        ),
    ],
    bonds: &[],
};

pub(super) static AUDIT: Form = Form {
    about: "How the stage `audit` drops nothing.",
    keys: &[key(
        "backend",
        "`calico-log` lets everything through and logs it, `calico-staged` is a policy that Calico never enforces, `observe` is the \
         policy as data, for any network plugin. Left out: `calico-log`.",
        Value::Word(|| words(&AUDIT_BACKENDS)),
    )],
    bonds: &[],
};

pub(super) static CATCH_ALLS: Form = Form {
    about: "What the policies of types are.",
    keys: &[key(
        "backend",
        "`kubernetes`, one NetworkPolicy per namespace, or `calico`, one GlobalNetworkPolicy. Left out: `kubernetes`.",
        Value::Word(|| words(&CATCH_ALL_BACKENDS)),
    )],
    bonds: &[],
};

pub(super) static GUARD: Form = Form {
    about: "Who may put Hedgerow's labels on pods.",
    keys: &[
        key(
            "mode",
            "`audit` notes, `warn` notes and warns whoever asked, `deny` refuses: one word for all environments, or a mapping.",
            Value::Either(&[Value::Word(|| words(&MODES)), Value::Map(ENVIRONMENT_NAME, &MODE, false)]),
        ),
        key("strict", "Guard also what labels are worn by, for all environments or some.", BY_ENVIRONMENT),
        key(
            "kubernetes",
            "The oldest version among the clusters, such as \"1.34\".",
            Value::Text(Text { pattern: "^v?[0-9]+\\.[0-9]+(\\.[0-9]+)?$", example: "1.34" }),
        ),
        needed(
            "wear",
            "Who may put labels on and write policies: those who deploy.",
            Value::List(&Value::Form(&GRANT)),
        ),
        key("enter", "Who may get into pods, where the guard is strict.", Value::List(&Value::Form(&GRANT))),
        key(
            "controllers",
            "Controllers that make pods and are not Kubernetes' own.",
            Value::List(&Value::Form(&CONTROLLER)),
        ),
        key("accounts", "Ask also whether the account of a pod may wear what it wears.", BY_ENVIRONMENT),
    ],
    bonds: &[],
};

const BY_ENVIRONMENT: Value = Value::Either(&[Value::Boolean, Value::Map(ENVIRONMENT_NAME, &BOOLEAN, false)]);

pub(super) static GRANT: Form = Form {
    about: "People or programs, and where.",
    keys: &[
        key("groups", "Groups, as the API server knows them.", Value::List(&NAME)),
        key("users", "Users, as the API server knows them.", Value::List(&NAME)),
        key("service-accounts", "Service accounts, as `namespace/name`.", Value::List(&ACCOUNT)),
        key("environments", "In which environments. Left out: in all.", Value::List(&Value::Text(ENVIRONMENT_NAME))),
        key("namespaces", "In which namespaces. Left out: in all of the fleet.", Value::List(&NAMESPACE_VALUE)),
    ],
    bonds: &[Bond::OneOf(&["groups", "users", "service-accounts"])],
};

pub(super) static CONTROLLER: Form = Form {
    about: "A controller that makes pods.",
    keys: &[
        needed(
            "service-account",
            "Who it is to the API server, as `namespace/name`.",
            Value::Text(Text { pattern: "^[^/]+/[^/]+$", example: "argo-rollouts/argo-rollouts" }),
        ),
        needed(
            "kinds",
            "What it makes pods from, as resource and group.",
            Value::List(&Value::Either(&[
                Value::Text(Text { pattern: "^[a-z0-9-]+\\.[a-z0-9.-]+$", example: "rollouts.argoproj.io" }),
                Value::Form(&TEMPLATE_KIND),
            ])),
        ),
    ],
    bonds: &[],
};

pub(super) static TEMPLATE_KIND: Form = Form {
    about: "A kind whose template is elsewhere than under `spec.template`.",
    keys: &[
        needed(
            "resource",
            "The resource in the plural and its group.",
            Value::Text(Text { pattern: "^[a-z0-9-]+\\.[a-z0-9.-]+$", example: "rollouts.argoproj.io" }),
        ),
        key(
            "template",
            "The fields on the way to the pod template, such as `spec.template`; `.` for the object itself.",
            Value::Text(text("spec.template")),
        ),
    ],
    bonds: &[],
};

/// `service.yaml`.
pub static SERVICE: Form = Form {
    about: "What a service is. Every key may be left out.",
    keys: &[
        key(
            "name",
            "The service's name, by which rules know it. Left out: the directory's name.",
            Value::Text(SERVICE_NAME),
        ),
        key("namespace", "Where its pods live, one of the fleet's `namespaces`.", Value::Text(NAMESPACE)),
        key("type", "Its loose group, one of the fleet's `types`.", Value::Text(TYPE_NAME)),
        key("owner", "Who answers for it, on one line.", Value::Text(text("money"))),
        key(
            "ports",
            "The container ports on which it may be called, `any`, or `none`. Left out: the fleet's default.",
            PORTS_VALUE,
        ),
        key(
            "stage",
            "Its own stage per environment, which wins over the environment's.",
            Value::Map(ENVIRONMENT_NAME, &STAGE, false),
        ),
        key(
            "service-account",
            "The account that its pods run as, where the guard binds labels to accounts.",
            Value::Text(Text { pattern: "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", example: "ledger" }),
        ),
        key("workloads", "Globs of `Kind/name` of the workloads that are this service.", Value::List(&WORKLOAD)),
        key(
            "identity",
            "Labels that select its pods, where these are not the fleet's identity label. Hedgerow never writes them.",
            Value::Map(LABEL_KEY, &LABEL_TEXT, true),
        ),
        key("allow", "Peers that are no services and may call all the same.", Value::List(&Value::Form(&ALLOW))),
        key("rare", "What happens so rarely that a month does not show it.", Value::List(&Value::Form(&RARE))),
    ],
    bonds: &[],
};

const PORTS_VALUE: Value =
    Value::Either(&[Value::Word(|| vec!["any", "none"]), Value::List(&Value::Form(&PORT)), Value::Form(&PORTS)]);

pub(super) static PORTS: Form = Form {
    about: "Where a service listens, and what every caller may use besides.",
    keys: &[
        key(
            "listen",
            "The container ports on which it may be called, `any`, or `none`.",
            Value::Either(&[Value::Word(|| vec!["any", "none"]), Value::List(&Value::Form(&PORT))]),
        ),
        key(
            "always",
            "Ports that every admission carries, such as a mesh's; `none` ends the fleet's default.",
            Value::Either(&[Value::Word(|| vec!["none"]), Value::List(&Value::Form(&PORT))]),
        ),
    ],
    bonds: &[Bond::OneOf(&["listen", "always"])],
};

pub(super) static PORT: Form = Form {
    about: "A container port.",
    keys: &[
        key(
            "name",
            "Its name, by which rules know it.",
            Value::Text(Text { pattern: "^(?=.{1,15}$)(?=.*[a-z])[a-z0-9](-?[a-z0-9])*$", example: "http" }),
        ),
        needed("port", "Its number: the container's, not the Kubernetes Service's.", Value::Number(1, 65_535)),
        key(
            "protocol",
            "Left out: `TCP`.",
            Value::Word(|| Protocol::ALL.iter().map(|protocol| protocol.as_str()).collect()),
        ),
    ],
    bonds: &[],
};

pub(super) static ALLOW: Form = Form {
    about: "One kind of peer that is let in, whatever the rules say.",
    keys: &[
        needed(
            "from",
            "Who is let in: pods, namespaces, addresses, or `anybody`.",
            Value::Either(&[Value::Word(|| vec!["anybody"]), Value::Form(&FROM)]),
        ),
        key(
            "ports",
            "The ports that may be called, by name, or by number where a port has none. Left out: all.",
            Value::List(&PORT_REFERENCE),
        ),
        key("reason", "Why, in your words.", Value::Text(text("public API"))),
    ],
    bonds: &[],
};

pub(super) static FROM: Form = Form {
    about: "Who is let in.",
    keys: &[
        key("namespace", "One namespace.", Value::Text(ONE_NAMESPACE)),
        key(
            "namespaces",
            "`any`, a list of namespaces, or namespaces by their labels.",
            Value::Either(&[
                Value::Word(|| vec!["any"]),
                Value::List(&NAMESPACE_VALUE),
                Value::Form(&NAMESPACE_LABELS),
            ]),
        ),
        key("pods", "Labels that pods must wear, all of them.", Value::Map(LABEL_KEY, &LABEL_TEXT, true)),
        key("cidr", "A block of addresses.", Value::Text(BLOCK)),
        key("except", "Blocks within `cidr` that are not let in.", Value::List(&INNER)),
    ],
    bonds: &[
        Bond::OneOf(&["namespace", "namespaces", "pods", "cidr"]),
        Bond::Apart("namespace", "namespaces"),
        Bond::Apart("cidr", "namespace"),
        Bond::Apart("cidr", "namespaces"),
        Bond::Apart("cidr", "pods"),
        Bond::Needs("except", "cidr"),
    ],
};

pub(super) static NAMESPACE_LABELS: Form = Form {
    about: "Namespaces by their labels.",
    keys: &[needed(
        "labels",
        "Labels that namespaces must wear, all of them.",
        Value::Map(LABEL_KEY, &LABEL_TEXT, true),
    )],
    bonds: &[],
};

/// A rule file. It may be empty.
pub static RULE: Form = Form {
    about: "Permits one service to call another. The file may be empty.",
    keys: &[
        key(
            "ports",
            "The callee's ports that may be called, by name, or by number where a port has none. Left out: all.",
            Value::List(&PORT_REFERENCE),
        ),
        key("reason", "Why, in your words, for whoever reviews the file.", Value::Text(text("books every payment"))),
        key(
            "origin",
            "`scan`: `hedgerow scan` wrote the file and may take it away. `manual`: a person did. `observed`: traffic showed the call. `imported`: `hedgerow import` wrote it.",
            Value::Word(|| words(&ORIGINS)),
        ),
        key("expires", "The last day on which the rule holds.", DAY),
        key("first-seen", "The day on which traffic showed the call first.", DAY),
        key("last-seen", "The day on which traffic showed the call last.", DAY),
    ],
    bonds: &[Bond::Needs("first-seen", "last-seen"), Bond::Needs("last-seen", "first-seen")],
};

const DAY: Value = Value::Text(Text { pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example: "2027-01-31" });

pub(super) static RARE: Form = Form {
    about: "Something that happens so rarely that a month does not show it.",
    keys: &[
        needed(
            "what",
            "What happens, such as `yearly closing`; `code` where no scan reads the code, `canary` where no port is of TCP.",
            Value::Text(text("yearly closing")),
        ),
        key("reason", "Why it need not be waited for.", Value::Text(text("tried on 2026-10-02"))),
        key("expires", "The day until which the reason holds.", DAY),
    ],
    bonds: &[Bond::Needs("reason", "expires"), Bond::Needs("expires", "reason")],
};

impl Form {
    /// The names of its keys.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.keys.iter().map(|key| key.name)
    }
}
