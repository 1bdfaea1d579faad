//! By which names Dapr knows programs, who may use its components, and what of code names them.

use crate::silent::told as rows;

const REDIS: &str = "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: books}\nspec:\n  type: state.redis\n  metadata:\n  - name: redisHost\n    value: s-redis:6379\n";
const CLIENT: &str =
    "from dapr.clients import DaprClient\nwith DaprClient() as d:\n    d.save_state('books', 'a', 'b')\n";

fn pod(name: &str, notes: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{template: {{metadata: {{annotations: {{{notes}}}}}, spec: {{containers: [{{name: a, image: x}}]}}}}}}\n"
    )
}

/// Code of one service, files of the deploy, and who else there is.
fn tree(code: &str, files: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{aliases: {{service.ledger: [ledger], service.order-api: [order-api], service.pay-api: [pay-api]}}}}\n-- service.emoji/main.py\n{code}-- service.redis/x.txt\n-- service.ledger/x.txt\n-- service.order-api/x.txt\n-- service.pay-api/x.txt\n{files}"
    )
}

#[test]
fn a_component_that_is_written_for_a_machine_leads_to_the_only_store_of_its_kind() {
    let at = |address: &str, more: &str| {
        tree(CLIENT, &format!("-- c.yaml\n{}{more}", REDIS.replace("s-redis:6379", address)))
    };
    let compose = "-- docker-compose.yml\nservices:\n  service.emoji: {image: w}\n  service.redis: {image: redis, ports: ['6379:6379']}\n  service.ledger: {image: w, ports: ['3001:80']}\n";
    let only: &[&str] = &["emoji -> redis addressed"];
    let web = |port: &str| {
        let component = REDIS.replace("state.redis", "bindings.http").replace("redisHost", "url");
        let component = component.replace("s-redis:6379", &format!("http://localhost:{port}"));
        tree(CLIENT, &format!("-- c.yaml\n{component}{compose}"))
    };
    rows(&[
        ("localhost", at("localhost:6379", ""), only),
        ("a number", at("127.0.0.1:6379", compose), only),
        ("Docker's name", at("host.docker.internal:6380", ""), only),
        (
            "two stores",
            at("localhost:6379", "-- service.other-redis/x.txt\n"),
            &["unresolved-call service.emoji/main.py"],
        ),
        ("no store: who has the port", web("3001"), &["unresolved-call service.emoji/main.py"]),
        ("nobody's port", web("3009"), &[]),
        ("the cloud", at("books.example.com:6380", ""), &[]),
    ]);
}

#[test]
fn who_runs_beside_dapr_without_a_name_may_use_components() {
    let all = |notes: &str, code: &str| {
        tree(
            code,
            &format!(
                "-- c.yaml\n{REDIS}-- k8s/a.yaml\n{}-- k8s/b.yaml\n{}",
                pod("s-emoji", notes),
                pod("s-ledger", "dapr.io/app-id: ledger-app")
            ),
        )
    };
    let scoped = |scope: &str| {
        all("dapr.io/enabled: 'true'", CLIENT).replace("-- k8s/a.yaml", &format!("scopes: [{scope}]\n-- k8s/a.yaml"))
    };
    let used: &[&str] = &["emoji -> redis joined", "ledger ? redis"];
    rows(&[
        ("a text", all("dapr.io/enabled: 'true'", CLIENT), used),
        ("a word of YAML", all("dapr.io/enabled: true", CLIENT), used),
        // Whose code says so uses it, wherever the program is put beside it.
        ("nothing said", all("a: b", CLIENT), used),
        ("not used", all("dapr.io/enabled: 'true'", "print(1)\n"), &["emoji ledger ? redis"]),
        ("not beside", all("dapr.io/enabled: 'false'", "print(1)\n"), &["ledger ? redis"]),
        ("in its scope", scoped("s-emoji"), &["emoji -> redis joined"]),
        ("in another's", scoped("ledger-app"), &["ledger ? redis"]),
    ]);
}

#[test]
fn files_that_start_programs_say_by_which_names_dapr_knows_them() {
    let scoped = format!("{REDIS}scopes: [web-app]\n");
    let of = |starter: &str| tree(CLIENT, &format!("-- c.yaml\n{scoped}{starter}"));
    let beside = |how: &str| {
        format!(
            "-- docker-compose.yml\nservices:\n  service.emoji: {{image: w}}\n  emoji-dapr: {{image: daprio/daprd, {how}}}\n"
        )
    };
    let joined: &[&str] = &["emoji -> redis joined"];
    rows(&[
        ("dapr.yaml", of("-- dapr.yaml\nversion: 1\napps:\n- appID: web-app\n  appDirPath: ./service.emoji\n"), joined),
        (
            "deeper",
            of(
                "-- run/dapr.yaml\nversion: 1\napps:\n- {appID: web-app, appDirPath: ../service.emoji/, command: [x]}\n",
            ),
            joined,
        ),
        (
            "compose",
            of(&beside("command: [./daprd, --app-id, web-app], network_mode: 'service:service.emoji'")),
            joined,
        ),
        (
            "one dash",
            of(&beside("command: './daprd -app-id web-app -app-port 80', network_mode: 'service:service.emoji'")),
            joined,
        ),
        (
            "an equals sign",
            of(&beside("entrypoint: [daprd, '--app-id=web-app'], network_mode: 'service:service.emoji'")),
            joined,
        ),
        // Whose the name is, nothing says; or it is another's.
        ("nobody's", of(""), &["emoji ? redis"]),
        ("another's", of("-- dapr.yaml\napps: [{appID: web-app, appDirPath: service.ledger}]\n"), &["ledger ? redis"]),
        ("another network", of(&beside("command: [daprd, --app-id, web-app], network_mode: host")), &["emoji ? redis"]),
    ]);
}

#[test]
fn dapr_calls_programs_by_names_of_its_own() {
    let ids = format!("-- k8s/l.yaml\n{}", pod("s-ledger", "dapr.io/app-id: search"));
    let compose = "-- docker-compose.yml\nservices:\n  service.emoji: {image: w}\n  service.ledger: {image: l}\n  ledger-dapr: {image: daprio/daprd, command: [./daprd, --app-id, search], network_mode: 'service:service.ledger'}\n";
    let path = "import requests\nrequests.get('http://localhost:3500/v1.0/invoke/search/method/x')\n";
    let sdk =
        "from dapr.clients import DaprClient\nwith DaprClient() as d:\n    d.invoke_method('search', 'x', data='')\n";
    let proven: &[&str] = &["emoji -> ledger proven"];
    rows(&[
        ("a path", tree(path, &ids), proven),
        ("an SDK", tree(sdk, &ids), proven),
        ("by compose", tree(path, compose), proven),
        ("with a namespace", tree(&path.replace("search", "search.prod"), &ids), proven),
        // It is no host for others.
        ("a host", tree("import requests\nrequests.get('http://search:9200/x')\n", &ids), &[]),
        ("nobody's name", tree(&path.replace("search", "other"), &ids), &["unresolved-call service.emoji/main.py"]),
        ("an address", tree(&path.replace("search", "http://api.example.com"), &ids), &[]),
    ]);
}

#[test]
fn a_header_says_whom_dapr_calls() {
    let go = |header: &str, before: &str| {
        tree(
            &format!(
                "import os, requests\ndef go(x, app='ledger'):\n{before}    requests.get('http://localhost:3500/x', headers={header})\ngo(1)\n"
            ),
            "",
        )
    };
    let other = |file: &str, code: &str| tree("", "").replace("main.py\n", &format!("{file}\n{code}"));
    let ledger: &[&str] = &["emoji -> ledger proven"];
    let open: &[&str] = &["unresolved-call service.emoji/main.py"];
    rows(&[
        ("a common word", go("{'dapr-app-id': 'ledger'}", ""), ledger),
        ("written large", go("{'Dapr-App-Id': 'ledger'}", ""), ledger),
        ("a constant", go("{'dapr-app-id': APP}", "").replace("def go", "APP = 'ledger'\ndef go"), ledger),
        ("a parameter", go("{'dapr-app-id': app}", ""), ledger),
        ("by an index", go("h", "    h = {}\n    h['dapr-app-id'] = 'ledger'\n"), ledger),
        (
            "JavaScript",
            other(
                "main.js",
                "import axios from 'axios';\naxios.get('http://localhost:3500/x', {headers: {'dapr-app-id': 'ledger'}});\n",
            ),
            ledger,
        ),
        (
            "Go",
            other(
                "main.go",
                "package main\nimport \"net/http\"\nfunc main() { r, _ := http.NewRequest(\"GET\", \"http://localhost:3500/x\", nil); r.Header.Set(\"dapr-app-id\", \"ledger\"); http.DefaultClient.Do(r) }\n",
            ),
            ledger,
        ),
        (
            "C#",
            other(
                "P.cs",
                "class P { static void Main() { var c = new HttpClient(); c.DefaultRequestHeaders.Add(\"dapr-app-id\", \"ledger\"); } }\n",
            ),
            ledger,
        ),
        ("a variable that nothing sets", go("{'dapr-app-id': os.environ['TARGET_APP']}", ""), open),
        // Beside it nothing is called, and reading it calls nobody.
        (
            "a text beside it",
            go("{'dapr-app-id': 'order-api'}", "    if x == 'pay-api':\n        return\n"),
            &["emoji -> order-api proven", "emoji ? pay-api"],
        ),
        ("another header", go("{'x-app-id': 'ledger'}", ""), &[]),
        ("it is read", go("{}", "    x = request.headers.get('dapr-app-id', 'ledger')\n"), &[]),
    ]);
}

#[test]
fn the_name_of_a_component_counts_in_code_that_speaks_to_dapr() {
    let redis = format!("-- c.yaml\n{REDIS}");
    let with = |code: &str| tree(code, &redis);
    let pods = |code: &str, variable: &str| {
        let pod = pod("s-emoji", "dapr.io/enabled: 'true'")
            .replace("image: x", &format!("image: x, env: [{{name: {variable}, value: books}}]"));
        tree(code, &format!("{redis}-- k8s/a.yaml\n{pod}"))
    };
    let path = |path: &str| with(&format!("import requests\nrequests.post('http://localhost:3500{path}', json=1)\n"));
    let joined: &[&str] = &["emoji -> redis joined"];
    let by_variable = CLIENT.replace("'books'", "os.environ['STORE']").replace("from dapr", "import os\nfrom dapr");
    rows(&[
        (
            "a constant",
            with(&CLIENT.replace("'books'", "STORE").replace("with Dapr", "STORE = 'books'\nwith Dapr")),
            joined,
        ),
        (
            "in another file",
            with(&format!(
                "{}-- service.emoji/names.py\nSTORE = 'books'\n",
                CLIENT.replace("'books'", "names.STORE").replace("with Dapr", "import names\nwith Dapr")
            )),
            joined,
        ),
        ("by a variable", pods(&by_variable, "STORE"), joined),
        ("a path", path("/v1.0/state/books"), joined),
        ("a new one", path("/v1.0-alpha1/publish/bulk/books/x"), joined),
        // A word as any other.
        ("no Dapr", with("def go():\n    return {'kind': 'books'}\ngo()\n"), &[]),
        (
            "not reached",
            with(&CLIENT.replace(
                "with DaprClient() as d:\n    d.save_state('books', 'a', 'b')",
                "def go():\n    DaprClient().save_state('books', 'a', 'b')",
            )),
            &[],
        ),
        ("a variable that nobody reads", pods(&CLIENT.replace("'books'", "'other'"), "MODE"), &["emoji ? redis"]),
        (
            "a word of a path that is called",
            path("/v1.0/invoke/ledger/method/state/books"),
            &["emoji -> ledger proven"],
        ),
    ]);
}
