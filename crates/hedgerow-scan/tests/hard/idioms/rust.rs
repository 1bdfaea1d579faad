//! Rust.

use super::{Forms, deploy};
use crate::finds;

const HTTP: &str = "http://s-ledger/x";
const HOST: &str = "s-ledger:80";

#[track_caller]
fn found(idioms: &[(&str, &str, &str)]) {
    let mut forms = Forms::default();
    for (uses, call, address) in idioms {
        let uses: String = uses.split_whitespace().map(|name| format!("use {name};\n")).collect();
        let quoted = format!("\"{address}\"");
        let callee = "-- service.ledger/x.txt\n";
        let with = |expression: &str| call.replace("ADDR", expression);
        let app = |uses: &str, call: &str| {
            format!(
                "-- service.emoji/src/main.rs\n{uses}\n#[tokio::main]\nasync fn main() -> anyhow::Result<()> {{\n    {call}\n    Ok(())\n}}\n{callee}"
            )
        };
        forms.check(call, "written out", &app(&uses, &with(&quoted)), &["emoji -> ledger proven"]);
        let constant = app(&format!("mod names;\n{uses}"), &with("names::ADDRESS"));
        let constant = format!("{constant}-- service.emoji/src/names.rs\npub const ADDRESS: &str = {quoted};\n");
        forms.check(call, "constant", &constant, &["emoji -> ledger proven"]);
        let variable = app(&format!("use std::env;\n{uses}"), &with("&env::var(\"LEDGER\")?"));
        let variable = format!("{variable}{}", deploy(address).replace(callee, ""));
        forms.check(call, "environment", &variable, &["emoji -> ledger joined"]);
        let wrapper = app(
            "mod calls;\nuse crate::calls::Calls;\n",
            &format!("let calls = Calls::new({quoted}.to_string());\n    calls.call().await?;"),
        );
        let body = with("&self.address");
        let wrapper = format!(
            "{wrapper}-- service.emoji/src/calls.rs\n{uses}pub struct Calls {{ address: String }}\nimpl Calls {{\n    pub fn new(address: String) -> Self {{ Self {{ address }} }}\n    pub async fn call(&self) -> anyhow::Result<()> {{\n        {body}\n        Ok(())\n    }}\n}}\n"
        );
        forms.check(call, "wrapper", &wrapper, &["emoji -> ledger proven"]);
        let dead = format!("{uses}async fn never() -> anyhow::Result<()> {{ {}\n Ok(()) }}", with(&quoted));
        forms.check(call, "dead", &app(&dead, ""), &[]);
    }
    forms.all_right();
}

#[test]
fn http_clients() {
    found(&[
        ("", "let r = reqwest::get(ADDR).await?.text().await?;", HTTP),
        ("reqwest::Client", "let c = Client::new(); c.get(ADDR).send().await?;", HTTP),
        (
            "reqwest::Client",
            "let c = Client::builder().timeout(t).build()?; c.post(ADDR).json(&x).send().await?;",
            HTTP,
        ),
        ("reqwest::{Client,Method}", "Client::new().request(Method::GET, ADDR).send().await?;", HTTP),
        ("reqwest::Client", "let c = Client::new(); c.get(format!(\"http://{}/accounts\", ADDR)).send().await?;", HOST),
        (
            "reqwest::Client",
            "let host = ADDR; Client::new().get(&format!(\"http://{host}/accounts\")).send().await?;",
            HOST,
        ),
        ("reqwest::Client", "Client::new().get(format!(\"http://{h}/accounts\", h = ADDR)).send().await?;", HOST),
        (
            "reqwest::{Client,Url}",
            "let u = Url::parse(ADDR)?.join(\"/accounts\")?; Client::new().get(u).send().await?;",
            HTTP,
        ),
        ("reqwest::Client", "let u = ADDR.to_string() + \"/y\"; Client::new().put(&u).send().await?;", HTTP),
        ("", "reqwest::blocking::Client::new().delete(ADDR).send()?;", HTTP),
        ("", "let u = match Some(ADDR) { Some(u) => u, None => \"http://localhost\" }; reqwest::get(u).await?;", HTTP),
        ("", "if let Some(u) = Some(ADDR) { reqwest::get(u).await?; }", HTTP),
        ("", "for u in vec![ADDR] { reqwest::get(u).await?; }", HTTP),
        (
            "",
            "let u = Some(ADDR).map(|h| format!(\"{h}/y\")).unwrap_or_else(|| \"http://localhost\".into()); reqwest::get(u).await?;",
            HTTP,
        ),
        ("", "let get = |u: &str| reqwest::get(u); get(ADDR).await?;", HTTP),
        ("", "ureq::get(ADDR).call()?;", HTTP),
        ("", "let a = ureq::AgentBuilder::new().build(); a.request(\"GET\", ADDR).call()?;", HTTP),
        ("", "surf::get(ADDR).recv_string().await?;", HTTP),
        ("", "isahc::get(ADDR)?;", HTTP),
        (
            "hyper::{Client,Request,Body}",
            "let q = Request::builder().method(\"GET\").uri(ADDR).body(Body::empty())?; Client::new().request(q).await?;",
            HTTP,
        ),
        ("awc::Client", "let c = Client::default(); c.get(ADDR).send().await?;", HTTP),
        ("tokio_tungstenite::connect_async", "let (s, _) = connect_async(ADDR).await?;", "ws://s-ledger/x"),
        ("tokio::net::TcpStream", "TcpStream::connect(ADDR).await?;", HOST),
        (
            "bank::ledger_client::LedgerClient",
            "let mut c = LedgerClient::connect(ADDR).await?; c.read(q).await?;",
            "http://s-ledger:80",
        ),
        (
            "tonic::transport::Channel bank::ledger_client::LedgerClient",
            "let ch = Channel::from_shared(ADDR)?.connect().await?; LedgerClient::new(ch).read(q).await?;",
            "http://s-ledger:80",
        ),
        ("tonic::transport::Endpoint", "let ch = Endpoint::from_shared(ADDR)?.connect_lazy();", "http://s-ledger:80"),
    ]);
}

#[test]
fn values_in_wrappers() {
    found(&[
        (
            "secrecy::{ExposeSecret,Secret}",
            "let u: Secret<String> = Secret::new(ADDR.to_string()); reqwest::get(u.expose_secret()).await?;",
            HTTP,
        ),
        (
            "secrecy::{ExposeSecret,SecretString}",
            "let u = SecretString::from(ADDR); reqwest::get(u.expose_secret().as_str()).await?;",
            HTTP,
        ),
        (
            "secrecy::{ExposeSecret,SecretBox}",
            "let u: SecretBox<String> = SecretBox::new(Box::new(ADDR.to_string())); reqwest::get(u.expose_secret().clone()).await?;",
            HTTP,
        ),
        ("zeroize::Zeroizing", "let u = Zeroizing::new(ADDR.to_string()); reqwest::get(u.as_str()).await?;", HTTP),
        ("std::sync::Arc", "let u: Arc<str> = Arc::from(ADDR); reqwest::get(&*u).await?;", HTTP),
        ("std::borrow::Cow", "let u: Cow<'static, str> = Cow::from(ADDR); reqwest::get(u.into_owned()).await?;", HTTP),
        ("", "let u: Box<str> = Box::from(ADDR); reqwest::get(u.as_ref()).await?;", HTTP),
        ("url::Url", "reqwest::get(Url::parse(ADDR)?.as_str()).await?;", HTTP),
        ("url::Url", "let u: Url = ADDR.parse()?; reqwest::get(u.join(\"y\")?.to_string()).await?;", HTTP),
        ("smol_str::SmolStr", "let u = SmolStr::new(ADDR); reqwest::get(u.as_str()).await?;", HTTP),
        ("secstr::SecUtf8", "let u = SecUtf8::from(ADDR); reqwest::get(u.unsecure()).await?;", HTTP),
    ]);
}

#[test]
fn fields_in_wrappers() {
    let given = deploy("s-ledger").replace("-- service.ledger/x.txt\n", "");
    for wrapper in ["Secret<String>", "Arc<str>", "Cow<'static, str>", "Zeroizing<String>", "Option<Secret<String>>"] {
        let get = if wrapper.contains("Secret") { "self.host.expose_secret()" } else { "self.host" };
        let get = if wrapper.starts_with("Option") { "self.host.as_ref().unwrap().expose_secret()" } else { get };
        let main = format!(
            "use secrecy::{{ExposeSecret, Secret}};\npub struct Ai {{ pub host: {wrapper}, pub port: Secret<String> }}\nimpl Ai {{ pub fn url(&self) -> String {{ format!(\"http://{{}}:{{}}\", {get}, self.port.expose_secret()) }} }}\nfn get(key: &str, default: &str) -> String {{ std::env::var(key).unwrap_or_else(|_| default.to_string()) }}\nfn main() {{ let ai = Ai {{ host: get(\"LEDGER\", \"localhost\").into(), port: get(\"PORT\", \"80\").into() }}; reqwest::blocking::get(ai.url()); }}\n"
        );
        let tree = format!("-- service.emoji/src/main.rs\n{main}-- service.ledger/x.txt\n{given}");
        finds(&tree, &["emoji -> ledger joined"]);
    }
}

#[test]
fn stores_and_brokers() {
    found(&[
        (
            "sqlx::postgres::PgPoolOptions",
            "PgPoolOptions::new().max_connections(5).connect(ADDR).await?;",
            "postgres://s-ledger/x",
        ),
        ("sqlx::PgPool", "PgPool::connect(ADDR).await?;", "postgres://s-ledger/x"),
        ("diesel::prelude::* diesel::pg::PgConnection", "PgConnection::establish(ADDR)?;", "postgres://s-ledger/x"),
        ("tokio_postgres::NoTls", "tokio_postgres::connect(ADDR, NoTls).await?;", "host=s-ledger user=x"),
        ("sea_orm::Database", "Database::connect(ADDR).await?;", "mysql://s-ledger/x"),
        ("", "redis::Client::open(ADDR)?;", "redis://s-ledger:6379"),
        ("mongodb::Client", "Client::with_uri_str(ADDR).await?;", "mongodb://s-ledger:27017"),
        ("rdkafka::ClientConfig", "ClientConfig::new().set(\"bootstrap.servers\", ADDR).create()?;", "s-ledger:9092"),
        ("lapin::Connection", "Connection::connect(ADDR, p).await?;", "amqp://s-ledger:5672"),
        ("", "async_nats::connect(ADDR).await?;", "nats://s-ledger:4222"),
        ("elasticsearch::http::transport::Transport", "Transport::single_node(ADDR)?;", "http://s-ledger:9200"),
        ("", "aws_sdk_s3::config::Builder::new().endpoint_url(ADDR).build();", "http://s-ledger:9000"),
    ]);
}

#[test]
fn settings() {
    let callee = "-- service.ledger/x.txt\n";
    let given = deploy("http://s-ledger").replace(callee, "");
    let prefixed = given.replace("name: LEDGER", "name: APP_THE_LEDGER");
    for body in [
        "#[derive(Parser)]\nstruct Args { #[arg(long, env = \"LEDGER\")] ledger_url: String }\nfn main() { let args = Args::parse(); reqwest::blocking::get(&args.ledger_url); }",
        "#[derive(Envconfig)]\nstruct Config { #[envconfig(from = \"LEDGER\")] url: String }\nfn main() { let c = Config::init_from_env().unwrap(); reqwest::blocking::get(format!(\"{}/x\", c.url)); }",
        "#[derive(Deserialize)]\nstruct Settings { ledger: String }\nfn main() { let s = envy::from_env::<Settings>().unwrap(); reqwest::blocking::get(s.ledger); }",
        "#[derive(Deserialize)]\nstruct Settings { ledger: String }\nfn main() { let s: Settings = Figment::new().merge(Env::raw()).extract().unwrap(); run(&s); }\nfn run(s: &Settings) { reqwest::blocking::get(&s.ledger); }",
        "#[derive(Deserialize)]\nstruct Settings { the_ledger: String }\nfn main() { let s: Settings = Figment::new().merge(Env::prefixed(\"APP_\")).extract().unwrap(); reqwest::blocking::get(s.the_ledger); }",
        "lazy_static! { static ref URL: String = std::env::var(\"LEDGER\").unwrap(); }\nfn main() { reqwest::blocking::get(URL.as_str()); }",
        "static URL: LazyLock<String> = LazyLock::new(|| std::env::var(\"LEDGER\").unwrap());\nfn main() { reqwest::blocking::get(URL.as_str()); }",
        "fn url() -> String { std::env::var(\"LEDGER\").unwrap_or_else(|_| \"http://localhost\".to_string()) }\nfn main() { reqwest::blocking::get(url()); }",
        "fn main() { if let Ok(u) = std::env::var(\"LEDGER\") { reqwest::blocking::get(u); } }",
        "fn main() { let Ok(u) = std::env::var(\"LEDGER\") else { return }; reqwest::blocking::get(u); }",
    ] {
        let head = "use clap::Parser;\nuse envconfig::Envconfig;\nuse figment::{Figment, providers::Env};\nuse serde::Deserialize;\nuse std::sync::LazyLock;\n";
        finds(
            &format!(
                "-- service.emoji/src/main.rs\n{head}{body}\n{callee}{}",
                if body.contains("APP_") { &prefixed } else { &given }
            ),
            &["emoji -> ledger joined"],
        );
    }
}

#[test]
fn crates_modules_traits_and_frameworks() {
    let callee = "-- service.ledger/x.txt\n";
    for (tree, expected) in [
        // A library of the workspace, by its manifest's name; of it only what is reached.
        (
            "-- service.emoji/src/main.rs\nuse bank_clients::{ledger, card};\nfn main() { ledger::read(); }\n-- libs/clients/Cargo.toml\n[package]\nname = \"bank-clients\"\n-- libs/clients/src/lib.rs\npub mod ledger;\npub mod card;\n-- libs/clients/src/ledger.rs\npub fn read() { ureq::get(\"http://s-ledger\"); }\n-- libs/clients/src/card.rs\npub fn read() { ureq::get(\"http://s-card\"); }\n-- service.card/x.txt\n",
            "emoji -> ledger proven",
        ),
        // A name that is taken in by the module above.
        (
            "-- service.emoji/src/main.rs\nmod clients;\nuse clients::Ledger;\nfn main() { Ledger::new(\"http://s-ledger\").read(); }\n-- service.emoji/src/clients/mod.rs\nmod ledger;\npub use ledger::Ledger;\n-- service.emoji/src/clients/ledger.rs\npub struct Ledger { base: String, http: reqwest::blocking::Client }\nimpl Ledger {\n  pub fn new(base: impl Into<String>) -> Self { Self { base: base.into(), http: reqwest::blocking::Client::new() } }\n  pub fn read(&self) { self.http.get(format!(\"{}/x\", self.base)).send(); }\n}\n",
            "emoji -> ledger proven",
        ),
        // A trait, and who has it.
        (
            "-- service.emoji/src/main.rs\nuse std::sync::Arc;\ntrait Ledger { fn read(&self); }\nstruct Http;\nstruct Other;\nimpl Ledger for Http { fn read(&self) { ureq::get(\"http://s-ledger\"); } }\nimpl Ledger for Other { fn read(&self) { ureq::get(\"http://s-other\"); } }\nstruct State { ledger: Arc<dyn Ledger> }\nfn run(s: &State) { s.ledger.read(); }\nfn main() { run(&State { ledger: Arc::new(Http {}) }); }\n-- service.other/x.txt\n",
            "emoji -> ledger proven",
        ),
        // Handlers by reference, by attribute, and by a trait from outside.
        (
            "-- service.emoji/src/main.rs\nuse axum::{Router, routing::get};\nasync fn index() { reqwest::get(\"http://s-ledger\").await; }\n#[tokio::main]\nasync fn main() { let app = Router::new().route(\"/\", get(index)); }\n",
            "emoji -> ledger proven",
        ),
        (
            "-- service.emoji/src/main.rs\nmod routes;\n#[actix_web::main]\nasync fn main() {}\n-- service.emoji/src/routes.rs\n#[get(\"/x\")]\npub async fn index() { reqwest::get(\"http://s-ledger\").await; }\n",
            "emoji -> ledger proven",
        ),
        (
            "-- service.emoji/src/main.rs\npub mod bank { tonic::include_proto!(\"bank\"); }\nuse bank::emoji_server::Emoji;\nuse bank::ledger_client::LedgerClient;\nstruct Svc;\n#[tonic::async_trait]\nimpl Emoji for Svc { async fn x(&self) { LedgerClient::connect(\"http://s-ledger:80\").await; } }\nfn main() { let s = Svc; }\n",
            "emoji -> ledger proven",
        ),
        // Several programs; macros; functions in modules of the file.
        (
            "-- service.emoji/src/lib.rs\npub mod a { pub fn go() { ureq::get(\"http://s-ledger\"); } }\n-- service.emoji/src/bin/worker.rs\nuse service_emoji::a;\nfn main() { println!(\"{}\", run()); }\nfn run() { a::go() }\n-- service.emoji/Cargo.toml\n[package]\nname = \"service-emoji\"\n",
            "emoji -> ledger proven",
        ),
    ] {
        finds(&format!("{tree}{callee}"), &[expected]);
    }
}

#[test]
fn comments_tests_and_what_is_not_known() {
    let callee = "-- service.ledger/x.txt\n";
    for (tree, expected) in [
        (
            "-- service.emoji/src/main.rs\nfn main() { proxy(&std::fs::read_to_string(\"x\").unwrap()); }\n// rpcmap: service.ledger\nfn proxy(u: &str) { ureq::get(u); }\n",
            &["emoji -> ledger declared"][..],
        ),
        (
            "-- service.emoji/src/main.rs\nfn main() { proxy(&std::fs::read_to_string(\"x\").unwrap()); }\nfn proxy(u: &str) { ureq::get(u); }\n",
            &["unresolved-call service.emoji/src/main.rs"],
        ),
        (
            "-- service.emoji/src/main.rs\nfn main() {}\n#[cfg(test)]\nmod tests { #[test] fn t() { ureq::get(\"http://s-ledger\"); } }\n-- service.emoji/tests/x.rs\nfn main() { ureq::get(\"http://s-ledger\"); }\n-- service.emoji/build.rs\nfn main() { ureq::get(\"http://example.com\"); }\n",
            &[],
        ),
    ] {
        finds(&format!("{tree}{callee}"), expected);
    }
}

#[test]
fn endpoints_and_exporters() {
    found(&[
        (
            "tonic::transport::Endpoint std::str::FromStr",
            "let c = Endpoint::from_str(&format!(\"http://{}\", ADDR))?.connect().await?;",
            HOST,
        ),
        (
            "tonic::transport::{Channel,Endpoint}",
            "let c = Endpoint::try_from(format!(\"http://{}\", ADDR))?.connect_lazy();",
            HOST,
        ),
        (
            "opentelemetry_otlp::{SpanExporter,WithExportConfig}",
            "let e = SpanExporter::builder().with_tonic().with_endpoint(ADDR).build()?;",
            HTTP,
        ),
        (
            "opentelemetry_otlp::WithExportConfig",
            "let e = opentelemetry_otlp::new_exporter().tonic().with_endpoint(ADDR);",
            HTTP,
        ),
        (
            "tokio_postgres::Config",
            "let mut c = Config::new(); c.port(5432); c.host(ADDR); c.connect(NoTls).await?;",
            "s-ledger",
        ),
        ("tokio_postgres::Config", "Config::new().user(\"x\").host(ADDR).connect(NoTls).await?;", "s-ledger"),
        ("", "let mut at = ADDR; if local { at = \"http://localhost\"; } reqwest::get(at).await?;", HTTP),
    ]);
}
