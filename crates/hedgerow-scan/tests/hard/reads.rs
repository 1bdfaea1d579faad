//! Libraries that ask the environment by themselves: their calls lead where the deploy says, and nowhere else.

use crate::{outcome, summary};

/// A service that calls a library in a language.
struct Caller {
    file: &'static str,
    head: &'static str,
    /// What stands before and behind the call.
    around: (&'static str, &'static str),
}

const GO: Caller = Caller { file: "main.go", head: "package main\n", around: ("func main() { ", " }\n") };
const PYTHON: Caller = Caller { file: "main.py", head: "", around: ("", "\n") };
const TYPESCRIPT: Caller = Caller { file: "main.ts", head: "", around: ("", "\n") };
const CSHARP: Caller = Caller {
    file: "Program.cs",
    head: "",
    around: ("public class Program { public static void Main(string[] args) { ", " } }\n"),
};
const JAVA: Caller = Caller {
    file: "src/main/java/Main.java",
    head: "",
    around: ("public class Main { public static void main(String[] args) { ", " } }\n"),
};
const RUST: Caller = Caller { file: "src/main.rs", head: "", around: ("fn main() { ", " }\n") };
const RUBY: Caller = Caller { file: "main.rb", head: "", around: ("", "\n") };

impl Caller {
    /// A tree in which the service makes a call after some imports and is given a variable.
    fn tree(&self, imports: &str, call: &str, variable: &str, value: &str) -> String {
        let (before, behind) = self.around;
        // The deploy says it under the name of a workload, and a test project has no packages.
        let build = match self.file {
            "src/main.rs" => "-- service.emoji/Cargo.toml\n[package]\nname = \"emoji\"\n",
            "Program.cs" => "-- service.emoji/Emoji.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"></Project>\n",
            _ => "",
        };
        format!(
            "-- service.emoji/{}\n{}{imports}{before}{call}{behind}{build}-- service.ledger/x.txt\n-- k8s/emoji.yaml\nkind: Deployment\n\
             metadata: {{name: s-emoji}}\nspec: {{template: {{spec: {{containers: [{{env: [{{name: {variable}, value: '{value}'}}]}}]}}}}}}\n",
            self.file, self.head
        )
    }
}

const ROWS: &[(&Caller, &str, &str, &str, &str)] = &[
    (
        &GO,
        "import \"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc\"\n",
        "otlptracegrpc.New(nil)",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://s-ledger:4317",
    ),
    (
        &GO,
        "import \"go.opentelemetry.io/contrib/exporters/autoexport\"\n",
        "autoexport.NewSpanExporter(nil)",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "http://s-ledger:4317",
    ),
    (
        &GO,
        "import \"github.com/aws/aws-sdk-go-v2/config\"\n",
        "config.LoadDefaultConfig(nil)",
        "AWS_ENDPOINT_URL",
        "http://s-ledger:4566",
    ),
    (&GO, "import \"github.com/hashicorp/vault/api\"\n", "api.NewClient(nil)", "VAULT_ADDR", "http://s-ledger:8200"),
    (
        &PYTHON,
        "from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter\n",
        "OTLPSpanExporter()",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://s-ledger:4317",
    ),
    (&PYTHON, "import sentry_sdk\n", "sentry_sdk.init()", "SENTRY_DSN", "http://key@s-ledger:9000/1"),
    (&PYTHON, "import psycopg2\n", "psycopg2.connect(dbname=\"x\")", "PGHOST", "s-ledger"),
    (&PYTHON, "from openai import OpenAI\n", "OpenAI(api_key=\"x\")", "OPENAI_BASE_URL", "http://s-ledger:8000/v1"),
    (
        &TYPESCRIPT,
        "import { NodeSDK } from '@opentelemetry/sdk-node';\n",
        "new NodeSDK({}).start();",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://s-ledger:4318",
    ),
    (
        &TYPESCRIPT,
        "import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';\n",
        "new OTLPTraceExporter();",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://s-ledger:4318",
    ),
    (
        &TYPESCRIPT,
        "import { S3Client } from '@aws-sdk/client-s3';\n",
        "new S3Client({});",
        "AWS_ENDPOINT_URL_S3",
        "http://s-ledger:9000",
    ),
    (
        &CSHARP,
        "using OpenTelemetry.Trace;\n",
        "services.AddOpenTelemetry().WithTracing(tracing => tracing.AddOtlpExporter());",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://s-ledger:4317",
    ),
    (
        &JAVA,
        "import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;\n",
        "OtlpGrpcSpanExporter.getDefault();",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://s-ledger:4317",
    ),
    (
        &RUST,
        "use opentelemetry_otlp::SpanExporter;\n",
        "let e = SpanExporter::builder().with_tonic().build();",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://s-ledger:4317",
    ),
    (
        &RUBY,
        "require 'opentelemetry/sdk'\n",
        "OpenTelemetry::SDK.configure",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://s-ledger:4318",
    ),
];

#[test]
fn what_a_library_asks_the_environment_for_is_called() {
    let mut wrong = Vec::new();
    for (caller, imports, call, variable, value) in ROWS {
        let called = summary(&outcome(&caller.tree(imports, call, variable, value)));
        if called != ["emoji -> ledger joined"] {
            wrong.push(format!("{}: {call}: found {called:?}", caller.file));
        }
        // Without the library the variable leads nowhere, or is an address of a weaker class.
        let idle = summary(&outcome(&caller.tree("", "", variable, value)));
        if idle.iter().any(|edge| edge.ends_with("joined")) {
            wrong.push(format!("{}: {variable} without the call: found {idle:?}", caller.file));
        }
        // Another variable is none of the library's.
        let other = summary(&outcome(&caller.tree(imports, call, "OTHER_ENDPOINT", value)));
        if other.iter().any(|edge| edge.ends_with("joined")) {
            wrong.push(format!("{}: {call} with another variable: found {other:?}", caller.file));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_the_deploy_does_not_set_is_no_open_question() {
    let (caller, imports, call, _, value) = ROWS[0];
    assert_eq!(summary(&outcome(&caller.tree(imports, call, "OTHER", "x"))), [""; 0]);
    assert_eq!(
        summary(&outcome(&caller.tree(imports, call, "OTEL_EXPORTER_OTLP_ENDPOINT", "http://example.com"))),
        [""; 0]
    );
    assert!(value.contains("s-ledger"));
}
