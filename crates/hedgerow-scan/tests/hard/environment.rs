//! How the values that the deploy sets are put together.

use crate::{finds, outcome, summary};

const CODE: &str = "-- service.emoji/main.go\npackage main\nimport (\"net/http\"; \"os\")\nfunc main() { http.Get(os.Getenv(\"LEDGER_URL\") + \"/x\") }\n\
                    -- service.ledger/x.txt\n-- service.card/x.txt\n";

const UNRESOLVED: &str = "unresolved-call service.emoji/main.go";

/// A Deployment of emoji whose container has the variables `env`.
fn deployment(path: &str, env: &str) -> String {
    format!(
        "-- {path}\nkind: Deployment\nmetadata: {{name: s-emoji}}\nspec: {{template: {{spec: {{containers: [{{env: [{env}]}}]}}}}}}\n"
    )
}

/// What a service that calls where `LEDGER_URL` leads is found to call beside the files `deploy`.
#[track_caller]
fn calls(deploy: &str, expected: &[&str]) {
    finds(&format!("{CODE}{deploy}"), expected);
}

#[test]
fn variables_that_double_are_not_followed_without_end() {
    let doubles: Vec<String> =
        (1..40).map(|n| format!("{{name: A{n:02}, value: '$(A{0:02})$(A{0:02})'}}", n - 1)).collect();
    let env = format!(
        "{{name: A00, value: xxxxxxxxxxxxxxxx}}, {}, {{name: LEDGER_URL, value: 'http://$(A39)'}}",
        doubles.join(", ")
    );
    calls(&deployment("k8s/a.yaml", &env), &[UNRESOLVED]);
}

#[test]
fn a_variable_of_which_nothing_is_known_is_reported() {
    let url = "{name: LEDGER_URL, value: 'http://$(H)'}";
    let secret = "{name: H, valueFrom: {secretKeyRef: {name: x, key: y}}}";
    calls(&deployment("k8s/a.yaml", &format!("{secret}, {url}")), &[UNRESOLVED]);
    calls(&deployment("k8s/a.yaml", url), &[UNRESOLVED]);
    calls(&deployment("k8s/a.yaml", &format!("{{name: H, value: s-ledger}}, {url}")), &["emoji -> ledger joined"]);
    let escaped = "{name: LEDGER_URL, value: 'http://s-ledger/$$(H)'}";
    calls(&deployment("k8s/a.yaml", escaped), &["emoji -> ledger joined"]);
}

#[test]
fn a_variable_with_several_values_gives_each() {
    let map = |host: &str| format!("-- k8s/{host}.yaml\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{H: {host}}}\n");
    let env = "{name: H, valueFrom: {configMapKeyRef: {name: c, key: H}}}, {name: LEDGER_URL, value: 'http://$(H)'}";
    let deploy = format!("{}{}{}", map("s-ledger"), map("s-card"), deployment("k8s/a.yaml", env));
    calls(&deploy, &["emoji -> card joined", "emoji -> ledger joined"]);
}

#[test]
fn variables_of_one_workload_do_not_reach_another() {
    let env = |host: &str| format!("{{name: H, value: {host}}}, {{name: LEDGER_URL, value: 'http://$(H)'}}");
    let deploy = format!("{}{}", deployment("k8s/a.yaml", &env("s-ledger")), deployment("k8s/b.yaml", &env("s-card")));
    calls(&deploy, &["emoji -> card joined", "emoji -> ledger joined"]);
    let url = deployment("k8s/b.yaml", "{name: LEDGER_URL, value: 'http://$(H)'}");
    let deploy = format!("{}{url}", deployment("k8s/a.yaml", "{name: H, value: example.com}"));
    calls(&deploy, &[UNRESOLVED]);
}

#[test]
fn aliases_that_multiply_are_left_out_and_that_is_said() {
    let ledger = deployment("k8s/a.yaml", "{name: LEDGER_URL, value: 'http://s-ledger'}");
    let level = |at: usize| format!("l{at}: &l{at} [{}]\n", vec![format!("*l{}", at - 1); 10].join(", "));
    let levels: String = (1..12).map(level).collect();
    let found = ["emoji -> ledger joined", "unparsed-code k8s/x.yaml"];
    calls(&format!("-- k8s/x.yaml\nl0: &l0 [x]\n{levels}{ledger}"), &found);
    // Aliases as people use them, and texts that only look as if they had some.
    let alias = "-- k8s/a.yaml\nx: &env [{name: LEDGER_URL, value: 'http://s-ledger'}]\nkind: Deployment\nmetadata: {name: s-emoji}\nspec: {template: {spec: {containers: [{env: *env}]}}}\n";
    calls(&format!("{alias}-- k8s/t.yaml\na: &a {{{{ b }}}}\nc: *d\n"), &["emoji -> ledger joined"]);
}

#[test]
fn compose_files_are_interpolated_as_compose_does() {
    let ledger = &["emoji -> ledger joined"][..];
    let compose =
        |value: &str| format!("-- compose.yaml\nservices: {{s-emoji: {{environment: {{LEDGER_URL: '{value}'}}}}}}\n");
    for (value, variables, expected) in [
        ("${A:-${B:-http://s-ledger}}", "", ledger),
        ("${U:-http://s-ledger}", "U=\n", ledger),
        ("http://s-ledger${U-.example.com}", "U=\n", ledger),
        ("${U}", "HOST=s-ledger\nU=http://${HOST}\n", ledger),
        ("${U}", "U=http://${HOST}\n", &[UNRESOLVED]),
        ("http://${A", "", &[UNRESOLVED]),
    ] {
        calls(&format!("{}-- .env\n{variables}", compose(value)), expected);
    }
    let file = "-- compose.yaml\nservices: {s-emoji: {env_file: a.env}}\n-- a.env\nLEDGER_URL=http://${LEDGER_HOST}\n";
    calls(file, &[UNRESOLVED]);
    calls(&format!("{file}-- .env\nLEDGER_HOST=s-ledger\n"), ledger);
}

#[test]
fn a_variable_may_hold_json() {
    let tree = |value: &str| {
        format!(
            "-- service.ledger/x.txt\n-- service.shop/main.py\nimport json\nimport os\nconf = json.loads(os.environ[\"STORE\"])\nopen_all(conf)\n-- k8s/shop.yaml\nkind: Deployment\nmetadata: {{name: s-shop}}\n\
             spec: {{template: {{spec: {{containers: [{{name: main, image: x, env: [{{name: STORE, value: '{value}'}}]}}]}}}}}}\n"
        )
    };
    for value in [
        "{\"credentials\": {\"endpoint_url\": \"http://s-ledger:9000\", \"key\": \"k\"}}",
        "[{\"host\": \"s-ledger\"}]",
        "[\"s-ledger:80\"]",
    ] {
        finds(&tree(value), &["shop -> ledger joined"]);
    }
    finds(&tree("{\"owner\": \"the ledger\"}"), &[]);
}

#[test]
fn the_port_stands_where_the_code_puts_it_behind_a_host() {
    let port = |url: &str, value: &str| {
        let tree = format!(
            "-- service.ledger/x.txt\n-- service.shop/app.mjs\nawait fetch({url})\n-- k8s/shop.yaml\nkind: Deployment\nmetadata: {{name: s-shop}}\n\
             spec: {{template: {{spec: {{containers: [{{name: main, image: x, env: [{{name: LEDGER, value: '{value}'}}]}}]}}}}}}\n"
        );
        let found = outcome(&tree);
        found.edges.values().map(|edge| edge.port()).collect::<Vec<_>>()
    };
    assert_eq!(port("`http://${process.env.LEDGER}:3016/all`", "s-ledger"), [Some(3016)]);
    assert_eq!(port("`http://${process.env.LEDGER || 'localhost'}:3016/all`", "s-ledger"), [Some(3016)]);
    assert_eq!(port("process.env.LEDGER + '/all'", "http://s-ledger:81"), [Some(81)]);
    assert_eq!(port("process.env.LEDGER + '/all'", "http://s-ledger"), [None]);
    assert_eq!(port("`http://${process.env.LEDGER}/all`", "s-ledger"), [None]);
}

#[test]
fn variables_that_fill_settings_by_the_file_of_node_config_are_followed() {
    let tree = |variables: &str, code: &str| {
        format!(
            "-- k8s/emoji.yaml\nkind: Deployment\nmetadata: {{name: s-emoji}}\nspec: {{template: {{spec: {{containers: [{{name: main, env: [{{name: STORE_AT, value: s-ledger}}]}}]}}}}}}\n\
             -- service.emoji/config/default.json\n{{\"db\": {{\"host\": \"localhost\", \"port\": 80}}}}\n\
             -- service.emoji/config/{variables}\n-- service.emoji/main.js\nconst config = require('config');\n{code}\n-- service.ledger/x.txt\n"
        )
    };
    let json = "custom-environment-variables.json\n{\"db\": {\"host\": \"STORE_AT\"}}";
    let joined: &[&str] = &["emoji -> ledger joined"];
    for (variables, code, expected) in [
        (json, "fetch(`http://${config.get('db.host')}/x`);", joined),
        (json, "fetch(`http://${config.get('db').host}/x`);", joined),
        // Handed on to what nobody knows: all of the part may be used.
        (json, "require('some-client').use(config.get('db'));", joined),
        (
            "custom-environment-variables.yaml\ndb:\n  host: {__name: STORE_AT, __format: json}",
            "fetch(`http://${config.get('db.host')}/x`);",
            joined,
        ),
        // What tests set is nobody's.
        ("test.json\n{\"db\": {\"host\": \"s-ledger\"}}", "fetch(`http://${config.get('db.host')}/x`);", &[]),
        (json, "fetch(`http://${config.get('other')}/x`);", &["unresolved-call service.emoji/main.js"]),
        (
            "custom-environment-variables.json\n{\"db\": {\"cors\": \"STORE_AT\"}}",
            "require('some-client').use(config.get('db'));",
            &[],
        ),
        (
            "custom-environment-variables.json\n{\"db\": {\"host\": \"NOBODY_SETS_THIS\"}}",
            "require('some-client').use(config.get('db'));",
            &[],
        ),
    ] {
        let found = summary(&outcome(&tree(variables, code)));
        // What is given and not seen to be used is a candidate of its own.
        let found: Vec<_> = found.into_iter().filter(|line| !line.ends_with("candidate")).collect();
        assert_eq!(found, expected, "{variables} {code}");
    }
}

#[test]
fn settings_beside_the_code_ask_for_variables() {
    let tree = |path: &str, file: &str, setting: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{services: [{{path: {path}, name: service.shop}}]}}\n-- app/src/a.php\n<?php\nnamespace App;\nclass A {{ function f() {{}} }}\n\
             -- {file}\n{setting}\n-- k8s/shop.yaml\nkind: Deployment\nmetadata: {{name: s-shop}}\nspec: {{template: {{spec: {{containers: [{{env: [{{name: LEDGER_DSN, value: 'redis://s-ledger:6379'}}]}}]}}}}}}\n-- service.shop/x.txt\n-- service.ledger/x.txt\n"
        )
    };
    let joined: &[&str] = &["shop -> ledger joined"];
    let given: &[&str] = &["shop -> ledger addressed"];
    let asks = "client: {url: '%env(resolve:LEDGER_DSN)%'}";
    for (path, file, setting, expected) in [
        ("app/src", "app/config/packages/redis.yaml", asks, joined),
        ("app/src", "app/config/services.yml", "parameters: {ledger: '%env(LEDGER_DSN)%'}", joined),
        ("app/src", "app/config/services.xml", "<parameter>%env(LEDGER_DSN)%</parameter>", joined),
        ("app", "app/config/packages/redis.yaml", asks, joined),
        // Tags of YAML and words of other readers of settings.
        ("app", "app/config.yml", "ledger: {url: !env LEDGER_DSN}", joined),
        ("app", "app/config.yml", "ledger:\n  url: !env:secret:optional LEDGER_DSN", joined),
        ("app", "app/config.yml", "ledger:\n  url: !ENV \"LEDGER_DSN\"", joined),
        ("app", "app/config.yml", "ledger: !env_var LEDGER_DSN", joined),
        ("app", "app/profiles.yml", "ledger: \"{{ env_var('LEDGER_DSN') }}\"", joined),
        ("app", "app/config.yml", "ledger: os.environ/LEDGER_DSN", joined),
        ("app", "app/config.yml", "ledger: !env OLD_LEDGER_DSN", given),
        ("app", "app/config.yml", "ledger: !environment LEDGER_DSN_2", given),
        ("app", "app/config.yml", "# the environment: LEDGER_DSN", given),
        // Another program's, settings of another variable, another place.
        ("app/src", "config/packages/redis.yaml", asks, given),
        ("app/src", "app/config/packages/redis.yaml", "client: {url: '%env(OTHER_DSN)%'}", given),
        ("app/src", "app/templates/redis.yaml", asks, given),
    ] {
        let found = summary(&outcome(&tree(path, file, setting)));
        let edges: Vec<&String> = found.iter().filter(|line| line.contains("->")).collect();
        assert_eq!(edges, expected, "{path} {file} {setting}");
    }
    // And what the program loads by itself, unless the deploy says something else.
    let loaded = |file: &str, text: &str| {
        tree("app/src", "app/config/packages/redis.yaml", "a: '%env(CART_DSN)%'").replace("LEDGER_DSN", "OTHER_DSN")
            + &format!("-- service.cart/x.txt\n-- {file}\n{text}\n")
    };
    let cart = "shop -> cart joined".to_owned();
    for (file, text, is_joined) in [
        ("app/.env", "CART_DSN=redis://s-cart:6379", true),
        ("app/.env.dist", "export CART_DSN=\"redis://s-cart:6379\"", true),
        ("app/.env.example", "CART_DSN='redis://s-cart:6379'", true),
        ("app/.env.test", "CART_DSN=redis://s-cart:6379", false),
        ("app/.env", "# CART_DSN=redis://s-cart:6379", false),
        ("app/.env", "UNUSED_DSN=redis://s-cart:6379", false),
        (".env", "CART_DSN=redis://s-cart:6379", false),
    ] {
        assert_eq!(summary(&outcome(&loaded(file, text))).contains(&cart), is_joined, "{file} {text}");
    }
}

#[test]
fn variables_that_fill_structures_begin_as_the_call_says() {
    let tree = |body: &str| {
        format!(
            "-- service.shop/main.go\npackage main\nimport (\"net/http\"; \"github.com/caarlos0/env/v11\")\ntype Config struct {{ URL string `env:\"URL\"` }}\nconst prefix = \"LEDGER_GRPC_\"\n{body}\n\
             -- k8s/shop.yaml\nkind: Deployment\nmetadata: {{name: s-shop}}\nspec: {{template: {{spec: {{containers: [{{env: [{{name: LEDGER_GRPC_URL, value: 'http://s-ledger'}}, {{name: CART_GRPC_URL, value: 'http://s-cart'}}]}}]}}}}}}\n-- service.ledger/x.txt\n-- service.cart/x.txt\n"
        )
    };
    let of_ledger: &[&str] = &["shop -> ledger joined"];
    for (body, expected) in [
        (
            "func main() { c := Config{}; env.ParseWithOptions(&c, env.Options{Prefix: \"LEDGER_GRPC_\"}); http.Get(c.URL) }",
            of_ledger,
        ),
        (
            "func main() { var c Config; if err := env.ParseWithOptions(&c, env.Options{Prefix: prefix}); err != nil { return }; http.Get(c.URL) }",
            of_ledger,
        ),
        (
            "func main() { a := Config{}; env.ParseWithOptions(&a, env.Options{Prefix: prefix}); b := Config{}; env.ParseWithOptions(&b, env.Options{Prefix: \"CART_GRPC_\"}); call(a); call(b) }\nfunc call(c Config) { http.Get(c.URL) }",
            &["shop -> cart joined", "shop -> ledger joined"],
        ),
        (
            "func main() { c := Config{}; env.ParseWithOptions(&c, env.Options{Prefix: \"OTHER_\"}); http.Get(c.URL) }",
            &["unresolved-call service.shop/main.go"],
        ),
    ] {
        let found = summary(&outcome(&tree(body)));
        let found: Vec<&String> = found
            .iter()
            .filter(|line| {
                !line.contains("candidate") && !line.contains("unexplained") && !line.contains("unknown-client")
            })
            .collect();
        assert_eq!(found, expected, "{body}");
    }
}

#[test]
fn all_variables_may_be_handed_on() {
    // With Kubernetes' service links, no deploy file sets the variable.
    let links = "-- k8s/x.yaml\napiVersion: v1\nkind: Service\nmetadata: {name: s-ledger}\nspec: {selector: {app: s-ledger}, ports: [{port: 80}]}\n---\nkind: Deployment\nmetadata: {name: s-emoji}\nspec: {template: {spec: {containers: [{name: main, image: x}]}}}\n";
    let of = |path: &str, code: &str| {
        finds(
            &format!("-- service.emoji/{path}\n{code}\n-- service.ledger/x.txt\n-- service.card/x.txt\n{links}"),
            &["emoji -> ledger joined"],
        );
    };
    for code in [
        "function load(env) { const { S_LEDGER_SERVICE_HOST, B } = env; return { host: S_LEDGER_SERVICE_HOST }; }\nfetch(`http://${load(process.env).host}/x`);",
        "function load(env: NodeJS.ProcessEnv) { const { S_LEDGER_SERVICE_HOST = 'localhost' } = env; return S_LEDGER_SERVICE_HOST; }\nfetch('http://' + load(process.env) + '/x');",
        "import { env } from 'node:process';\nconst load = (env) => env['S_LEDGER_SERVICE_HOST'];\nfetch('http://' + load(env));",
        "import process from 'node:process';\nfunction load(env = process.env) { return env.S_LEDGER_SERVICE_HOST; }\nfetch('http://' + load());",
        "class Config { constructor(env) { this.host = env.S_LEDGER_SERVICE_HOST; } }\nfetch('http://' + new Config(process.env).host);",
    ] {
        of("main.ts", code);
    }
    for code in [
        "import os\nimport requests\ndef load(env):\n    return env['S_LEDGER_SERVICE_HOST']\nrequests.get('http://' + load(os.environ))",
        "import requests\nfrom os import environ\ndef load(env):\n    return env.get('S_LEDGER_SERVICE_HOST', 'localhost')\nrequests.get('http://' + load(environ))",
        "import os\nimport requests\nclass Config:\n    def __init__(self, env=os.environ):\n        self.host = env['S_LEDGER_SERVICE_HOST']\nrequests.get('http://' + Config().host)",
    ] {
        of("main.py", code);
    }
    of(
        "main.rb",
        "require 'net/http'\ndef load(env)\n  env.fetch('S_LEDGER_SERVICE_HOST', 'x')\nend\nNet::HTTP.get(URI(\"http://#{load(ENV)}/x\"))",
    );
    // What is handed on may be something else.
    finds(
        &format!(
            "-- service.emoji/main.ts\nfunction load(env) {{ return env.S_LEDGER_SERVICE_HOST; }}\nfetch('http://' + load({{ S_LEDGER_SERVICE_HOST: 's-card' }}));\n-- service.ledger/x.txt\n-- service.card/x.txt\n{links}"
        ),
        &["emoji -> card proven"],
    );
}
