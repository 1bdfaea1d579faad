//! The keys of the `scan:` section of `hedgerow.yaml`, for its reader and its schema. `docs/scan.md` says what they mean.

use hedgerow_core::read::form::{Form, Text, Value, key, needed, text};

static TEXT: Value = Value::Text(text("deploy/**"));
static PATTERN: Value = Value::Text(any("example.com/rpc.Send"));
static TEXTS: Value = Value::List(&TEXT);

/// A text or a list of them.
const PATTERNS: Value = Value::Either(&[Value::Text(any("example.com/rpc.Send")), Value::Many(&PATTERN)]);

/// The section.
pub static SCAN: Form = Form {
    about: "Settings of `hedgerow scan`.",
    keys: &[
        key(
            "services",
            "Where the code of services is, if not in their own directories.",
            Value::List(&Value::Form(&DIRECTORY)),
        ),
        key("exclude", "Globs of code that no service runs.", Value::List(&TEXT)),
        key(
            "gitignore",
            "Whether what `.gitignore` names is left out (`heed`) or read (`pass`).",
            Value::Word(|| vec!["heed", "pass"]),
        ),
        key(
            "ignore",
            "Globs of code whose calls that cannot be told need no rule, and pairs `caller -> callee` that only name each other, each with the reason.",
            Value::Map(text("gen/**"), &TEXT, false),
        ),
        key(
            "manual",
            "Services whose rules people keep, each with the reason.",
            Value::Map(text("service.old"), &TEXT, false),
        ),
        key(
            "candidate",
            "What names a service and leads to no known call: `addresses` (if left out) takes an address for a call and asks about names, `ask` asks about both, `accept` takes both for calls.",
            Value::Word(|| vec!["addresses", "ask", "accept"]),
        ),
        key(
            "hosts",
            "What a service's name looks like in an address, such as `{name}.service.consul`.",
            Value::List(&TEXT),
        ),
        key("aliases", "Other names of a service, by its name.", Value::Map(text("service.ledger"), &TEXTS, false)),
        key("tags", "Go build tags.", Value::List(&TEXT)),
        key("vendored", "Import paths below `vendor/` that are read.", Value::List(&TEXT)),
        key("deploy", "Globs of Kubernetes and compose files. Left out: all YAML files.", Value::List(&TEXT)),
        key("settings", "Configuration files; without `{name}`, for every service.", Value::List(&TEXT)),
        key("sinks", "Calls and assignments that go out of a service.", Value::Many(&Value::Form(&SINK))),
        key("functions", "Functions that pass texts on or bring them in.", Value::Many(&Value::Form(&TRANSFER))),
        key("reads", "Calls of libraries that ask the environment by themselves.", Value::Many(&Value::Form(&READS))),
        key("servers", "What a service does that offers a contract to its callers.", PATTERNS),
        key("registries", "Functions in whose arguments a function is listed without being called.", PATTERNS),
        key("inert", "Functions that call no method of what they are given.", PATTERNS),
        key("texts", "Structures from outside that stand for a text.", Value::Many(&Value::Form(&TEXT_TYPE))),
        key("clients", "Annotations that make a type a client.", Value::Many(&Value::Form(&NOTE))),
        key("stores", "Which libraries speak to which kind of store.", Value::Many(&Value::Form(&LIBRARY))),
        key(
            "bindings",
            "Annotations that fill the fields of a type from the configuration.",
            Value::Many(&Value::Form(&NOTE)),
        ),
    ],
    bonds: &[],
};

pub(crate) static DIRECTORY: Form = Form {
    about: "Where the code of one service is, or of several.",
    keys: &[
        needed(
            "path",
            "A directory; `{name}` stands for one part of the path, after which the service is called.",
            Value::Text(text("app/{name}/service")),
        ),
        key("name", "The service's name, with `{name}` for that part.", Value::Text(text("service.{name}"))),
        key(
            "main",
            "The directory or file with the entry point, below that directory.",
            Value::Text(text("cmd/server")),
        ),
    ],
    bonds: &[],
};

pub(crate) static SINK: Form = Form {
    about: "A call or an assignment that goes out.",
    keys: &[
        key("call", "Which calls: paths of functions.", PATTERNS),
        key("assign", "Which assignments: the tail of what is assigned to.", PATTERNS),
        key(
            "target",
            "Where the target's address is: the number or the name of an argument, `receiver`, or a mapping.",
            Value::Any,
        ),
        key(
            "connection",
            "Which argument is the connection, for what makes a client of a contract over one.",
            ARGUMENT_VALUE,
        ),
        key("gives", "What the call gives back.", Value::Word(|| vec!["connection"])),
        key("names-callee", "Whether the pattern's hole names who is called.", Value::Boolean),
        key("kind", "The protocol.", Value::Word(|| vec!["http", "grpc", "tcp"])),
        key("verbs", "The names that the pattern's hole may take.", Value::Many(&ANY_TEXT)),
        key("client", "Whether it is a sink only where its target leads to a service.", Value::Boolean),
        key(
            "relative",
            "Whether a text without a scheme is a path below an address that is given elsewhere.",
            Value::Boolean,
        ),
        key("optional", "Whether the target may be left out.", Value::Boolean),
    ],
    bonds: &[],
};

const ARGUMENT_VALUE: Value = Value::Number(0, 65_535);

pub(crate) static TRANSFER: Form = Form {
    about: "A function that passes texts on or brings them in.",
    keys: &[
        needed("call", "Which functions.", PATTERNS),
        needed(
            "gives",
            "What they give.",
            Value::Word(|| {
                vec![
                    "environment",
                    "flag",
                    "setting",
                    "configuration",
                    "section",
                    "connection-string",
                    "argument",
                    "resolved",
                    "concat",
                    "format",
                    "braces",
                    "elements",
                    "map",
                    "placeholder",
                    "host-port",
                    "upper",
                ]
            }),
        ),
        key(
            "argument",
            "The number of the argument that matters, or `receiver`.",
            Value::Either(&[ARGUMENT_VALUE, Value::Word(|| vec!["receiver"])]),
        ),
        key("default", "The argument that is given where nothing is set.", ARGUMENT_VALUE),
        key("into", "The argument through which the result is stored.", ARGUMENT_VALUE),
        key(
            "prefix",
            "What the names of the variables begin with that fill a structure: an argument, as a target is written.",
            Value::Any,
        ),
        key("all", "Whether it gives all of them, and a name behind it one, as `process.env` does.", Value::Boolean),
    ],
    bonds: &[],
};

pub(crate) static READS: Form = Form {
    about: "A call of a library that asks the environment whom to call.",
    keys: &[
        needed("call", "Which calls.", PATTERNS),
        needed(
            "variables",
            "The variables with addresses that it asks for; with `*` at the end all that begin so.",
            Value::Many(&ANY_TEXT),
        ),
        key("kind", "The protocol.", Value::Word(|| vec!["http", "grpc", "tcp"])),
    ],
    bonds: &[],
};

pub(crate) static TEXT_TYPE: Form = Form {
    about: "A structure from outside that stands for a text.",
    keys: &[
        needed("type", "Its path.", Value::Text(any("net/url.URL"))),
        needed("field", "The field that is the text.", Value::Text(any("Host"))),
    ],
    bonds: &[],
};

pub(crate) static LIBRARY: Form = Form {
    about: "Libraries that speak to one kind of store.",
    keys: &[
        needed(
            "store",
            "The kind of store.",
            Value::Word(|| crate::stores::Store::ALL.iter().map(|kind| kind.word()).collect()),
        ),
        needed(
            "of",
            "What the paths of their functions begin with, or patterns of whole paths.",
            Value::Many(&ANY_TEXT),
        ),
    ],
    bonds: &[],
};

pub(crate) static NOTE: Form = Form {
    about: "An annotation of a type.",
    keys: &[
        needed("note", "The annotation's name.", Value::Text(any("FeignClient"))),
        needed(
            "target",
            "Its arguments that matter, the first that is there; empty for the one without a name.",
            Value::Many(&ANY_TEXT),
        ),
    ],
    bonds: &[],
};

static ANY_TEXT: Value = Value::Text(any("name"));

/// A text that may be empty: it matches nothing then.
const fn any(example: &'static str) -> Text {
    Text { pattern: "", example }
}
