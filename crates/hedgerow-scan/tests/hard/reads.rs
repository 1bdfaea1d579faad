//! Libraries that ask the environment by themselves: their calls lead where the deploy says, and nowhere else.

mod rows;

use crate::{outcome, outcome_once, summary};
use rows::{ROWS, TOLD};

use serde_yaml::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// A language, and how a service in it calls a library.
struct Caller {
    pack: &'static str,
    file: &'static str,
    /// What stands before the imports.
    head: &'static str,
    /// What stands before and behind the call; `§` is the service's number.
    around: (&'static str, &'static str),
    /// A build file that names the service.
    build: &'static str,
    /// Whether a name of a library means nothing without its import. Ruby's bundler and C#'s global usings import for all files.
    asks_import: bool,
}

const GO: Caller = Caller {
    pack: include_str!("../../packs/go.yaml"),
    file: "main.go",
    head: "package main\n",
    around: ("func main() { ", " }\n"),
    build: "",
    asks_import: true,
};
const PYTHON: Caller = Caller {
    pack: include_str!("../../packs/python.yaml"),
    file: "main.py",
    head: "",
    around: ("", "\n"),
    build: "",
    asks_import: true,
};
const TYPESCRIPT: Caller = Caller {
    pack: include_str!("../../packs/javascript.yaml"),
    file: "main.ts",
    head: "",
    around: ("", "\n"),
    build: "",
    asks_import: true,
};
const CSHARP: Caller = Caller {
    pack: include_str!("../../packs/csharp.yaml"),
    file: "Program.cs",
    head: "",
    around: ("public class Program§ { public static void Main(string[] args) { ", " } }\n"),
    build: "C§.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"></Project>\n",
    asks_import: false,
};
const JAVA: Caller = Caller {
    pack: include_str!("../../packs/java.yaml"),
    file: "src/main/java/Main.java",
    head: "package bank.c§;\n",
    around: ("public class Main { public static void main(String[] args) { ", " } }\n"),
    build: "",
    asks_import: true,
};
const RUST: Caller = Caller {
    pack: include_str!("../../packs/rust.yaml"),
    file: "src/main.rs",
    head: "",
    around: ("fn main() { ", " }\n"),
    build: "Cargo.toml\n[package]\nname = \"c§\"\n",
    asks_import: true,
};
const RUBY: Caller = Caller {
    pack: include_str!("../../packs/ruby.yaml"),
    file: "main.rb",
    head: "",
    around: ("", "\n"),
    build: "",
    asks_import: false,
};

/// A call of a library, after some imports, that a service is to make, and what the deploy gives to it.
struct Case {
    imports: String,
    call: String,
    variable: String,
    value: String,
}

impl Case {
    fn new(imports: &str, call: &str, variable: &str) -> Self {
        // One that begins as asked for, as variables of .NET are written.
        let variable = variable.replace('*', "WriteTo__0__Args__serverUrl");
        let value = if variable.ends_with("HOST") { "s-ledger" } else { "http://key@s-ledger:8080/1" };
        Self { imports: imports.to_owned(), call: call.to_owned(), variable, value: value.to_owned() }
    }
}

impl Caller {
    /// A tree in which a service for each of the cases makes its call.
    fn tree(&self, cases: &[Case]) -> String {
        let mut tree = "-- service.ledger/x.txt\n".to_owned();
        let (before, behind) = self.around;
        for (nth, Case { imports, call, variable, value }) in cases.iter().enumerate() {
            let own = format!("-- service.c§/{}\n{}{imports}\n{before}{call}{behind}", self.file, self.head);
            let build = if self.build.is_empty() { String::new() } else { format!("-- service.c§/{}", self.build) };
            // The deploy says it under the name of a workload.
            let given = format!(
                "-- k8s/c§.yaml\nkind: Deployment\nmetadata: {{name: s-c§}}\nspec: {{template: {{spec: {{containers: [{{env: [{{name: {variable}, value: '{value}'}}]}}]}}}}}}\n"
            );
            write!(tree, "{}", (own + &build + &given).replace('§', &nth.to_string())).unwrap();
        }
        tree
    }

    /// Which of the cases call the ledger as the deploy says.
    fn calls(&self, cases: &[Case]) -> BTreeSet<usize> {
        let found = summary(&outcome_once(&self.tree(cases)));
        let callers = found.iter().filter_map(|edge| edge.strip_suffix(" -> ledger joined")?.strip_prefix('c'));
        callers.map(|nth| nth.parse().unwrap()).collect()
    }

    /// The patterns of the pack's `reads`, each with its variables.
    fn rules(&self) -> BTreeMap<String, Vec<String>> {
        let pack: Value = serde_yaml::from_str(self.pack).unwrap();
        let words = |value: &Value| -> Vec<String> {
            value.as_sequence().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
        };
        let rules = pack["reads"].as_sequence().unwrap();
        rules
            .iter()
            .flat_map(|rule| words(&rule["call"]).into_iter().map(|call| (call, words(&rule["variables"]))))
            .collect()
    }
}

#[test]
fn each_rule_of_the_packs_has_a_row() {
    for caller in [&GO, &PYTHON, &TYPESCRIPT, &CSHARP, &JAVA, &RUST, &RUBY] {
        let rows: BTreeSet<&str> =
            ROWS.iter().filter(|(of, ..)| of.pack == caller.pack).map(|(_, pattern, ..)| *pattern).collect();
        let rules = caller.rules();
        let rules: BTreeSet<&str> = rules.keys().map(String::as_str).collect();
        assert_eq!(rows, rules, "{}", caller.file);
    }
}

/// Asserts that of the cases of all languages none is wrong, and tells those that are.
#[track_caller]
fn assert_calls(rows: &[(&Caller, Case)], expected: bool) {
    let mut wrong = Vec::new();
    let packs: BTreeSet<&str> = rows.iter().map(|(caller, _)| caller.pack).collect();
    for pack in packs {
        let of: Vec<&(&Caller, Case)> = rows.iter().filter(|(caller, _)| caller.pack == pack).collect();
        let Some((caller, _)) = of.first() else { continue };
        let cases: Vec<Case> = of
            .iter()
            .map(|(_, case)| Case { value: case.value.clone(), ..Case::new(&case.imports, &case.call, &case.variable) })
            .collect();
        let calls = caller.calls(&cases);
        let is_wrong = |(nth, _): &(usize, &Case)| calls.contains(nth) != expected;
        wrong.extend(cases.iter().enumerate().filter(is_wrong).map(|(_, case)| {
            format!("{}: `{}` {} with {}={}", caller.file, case.imports, case.call, case.variable, case.value)
        }));
    }
    assert!(wrong.is_empty(), "expected to call: {expected}\n{}", wrong.join("\n"));
}

#[test]
fn what_a_library_asks_the_environment_for_is_called() {
    let mut rows = Vec::new();
    let mut rules: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in ROWS {
        let (caller, pattern, ..) = row;
        let variables = caller.rules().remove(*pattern).unwrap_or_default();
        rules.entry((caller.pack, variables)).or_default().push(row);
    }
    // Each call and each variable of a rule.
    for ((_, variables), calls) in &rules {
        for nth in 0..variables.len().max(calls.len()) {
            let (caller, _, imports, call) = calls[nth % calls.len()];
            rows.push((*caller, Case::new(imports, call, &variables[nth % variables.len()])));
        }
    }
    assert_calls(&rows, true);
}

#[test]
fn without_the_library_or_with_another_variable_nothing_is_called() {
    let mut rows = Vec::new();
    let mut seen = BTreeSet::new();
    for (caller, pattern, imports, call) in ROWS {
        let variables = caller.rules().remove(*pattern).unwrap_or_default();
        let Some(variable) = variables.first() else { continue };
        if caller.asks_import && !imports.is_empty() {
            rows.push((*caller, Case::new("", call, variable)));
        }
        if seen.insert((caller.pack, variables.clone())) {
            rows.push((*caller, Case::new(imports, "", variable)));
            rows.push((*caller, Case::new(imports, call, "OTHER_ENDPOINT")));
        }
    }
    assert_calls(&rows, false);
}
#[test]
fn what_the_deploy_does_not_set_is_no_open_question() {
    let (caller, _, imports, call) = ROWS[0];
    let of = |variable: &str, value: &str| {
        let case = Case { value: value.to_owned(), ..Case::new(imports, call, variable) };
        summary(&outcome(&caller.tree(&[case])))
    };
    assert_eq!(of("OTHER", "x"), [""; 0]);
    assert_eq!(of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://example.com"), [""; 0]);
}

#[test]
fn an_address_in_code_comes_before_the_environment() {
    let rows: Vec<_> =
        TOLD.iter().map(|(caller, imports, call, variable)| (*caller, Case::new(imports, call, variable))).collect();
    assert_calls(&rows, false);
    // One that the deploy does not set is none.
    let unset = [
        (&PYTHON, "import os, boto3", "boto3.client('s3', endpoint_url=os.environ.get('S3'))", "AWS_ENDPOINT_URL"),
        (&TYPESCRIPT, "import OpenAI from 'openai';", "new OpenAI({ baseURL: process.env.LLM });", "OPENAI_BASE_URL"),
    ];
    let rows: Vec<_> =
        unset.iter().map(|(caller, imports, call, variable)| (*caller, Case::new(imports, call, variable))).collect();
    assert_calls(&rows, true);
    // What a function that it is handed calls is another's address; what it is given by one is its own.
    let sentry = "import * as Sentry from '@sentry/node';\nimport axios from 'axios';";
    let handed = [
        (&TYPESCRIPT, sentry, "Sentry.init({ beforeSend: () => { axios.get('http://s-other/x'); } });", "SENTRY_DSN"),
        (&TYPESCRIPT, sentry, "(() => { Sentry.init({}); axios.get('http://s-other/x'); })();", "SENTRY_DSN"),
        (
            &TYPESCRIPT,
            sentry,
            "Sentry.init({ beforeSend: async (e) => { await axios.post('http://s-other/x', e); } });",
            "SENTRY_DSN",
        ),
        (&TYPESCRIPT, sentry, "Sentry.init({}).then((s) => fetch('http://s-other/x'));", "SENTRY_DSN"),
    ];
    let rows: Vec<_> =
        handed.iter().map(|(caller, imports, call, variable)| (*caller, Case::new(imports, call, variable))).collect();
    assert_calls(&rows, true);
}

#[test]
fn an_exporter_calls_the_address_that_it_is_given() {
    let ledger = "http://s-ledger:4317";
    let rows: Vec<_> = [
        (
            &GO,
            "import (\n\"os\"\n\"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc\"\n)",
            "otlptracegrpc.New(nil, otlptracegrpc.WithEndpointURL(os.Getenv(\"TO\")))",
        ),
        (
            &PYTHON,
            "import os\nfrom opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter",
            "OTLPMetricExporter(endpoint=os.environ['TO'])",
        ),
        (
            &TYPESCRIPT,
            "import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';",
            "new OTLPLogExporter({ url: process.env.TO });",
        ),
        (&TYPESCRIPT, "import postgres from 'postgres';", "postgres(process.env.TO);"),
        (&TYPESCRIPT, "import vault from 'node-vault';", "vault({ endpoint: process.env.TO });"),
        (&TYPESCRIPT, "import OpenAI from 'openai';", "new OpenAI({ baseURL: process.env.TO });"),
        (
            &CSHARP,
            "using OpenTelemetry.Trace;",
            "services.AddOpenTelemetry().WithTracing(t => t.AddOtlpExporter(o => { o.Endpoint = new Uri(Environment.GetEnvironmentVariable(\"TO\")); }));",
        ),
        (
            &JAVA,
            "import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;",
            "OtlpGrpcMetricExporter.builder().setEndpoint(System.getenv(\"TO\")).build();",
        ),
    ]
    .into_iter()
    .map(|(caller, imports, call)| (caller, Case { value: ledger.to_owned(), ..Case::new(imports, call, "TO") }))
    .collect();
    assert_calls(&rows, true);
}

/// The functions without a name around calls are gathered once for a function, and not for each call.
#[test]
fn many_calls_beside_such_a_library_end_in_an_answer() {
    let calls: String = (0..10_000).map(|n| format!("on(() => fetch('http://s-ledger/{n}'))\n")).collect();
    let tree = format!(
        "-- service.emoji/main.js\nconst {{OTLPTraceExporter}} = require('@opentelemetry/exporter-trace-otlp-http')\nnew OTLPTraceExporter()\n{calls}-- service.ledger/x.txt\n"
    );
    assert_eq!(outcome_once(&tree).edges.len(), 1);
}

#[test]
fn libraries_of_dotnet_ask_the_settings_as_well() {
    let tree = |settings: &str| {
        format!(
            "-- service.ledger/x.txt\n-- service.shop/Shop.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"></Project>\n-- service.shop/Program.cs\nusing OpenTelemetry.Trace;\n\
             services.AddOpenTelemetry().WithTracing(tracing => tracing.AddOtlpExporter());\n-- service.shop/appsettings.json\n{settings}\n"
        )
    };
    let ledger = "{\"OTEL_EXPORTER_OTLP_ENDPOINT\": \"http://s-ledger:4317\"}";
    assert_eq!(summary(&outcome(&tree(ledger))), ["shop -> ledger joined"]);
    assert_eq!(summary(&outcome(&tree("{\"OTEL_EXPORTER_OTLP_ENDPOINT\": \"\"}"))), [""; 0]);
}
