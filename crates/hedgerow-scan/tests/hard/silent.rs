//! What a service names and what led to no edge is asked about; and what only looks like it is not.

use crate::{line, outcome, short};
use hedgerow_core::diag::Code;
use hedgerow_scan::Class;

/// What a scan asks: edges that are no candidates, and `code callers: callees` of the questions.
pub(crate) fn asks(tree: &str) -> Vec<String> {
    let outcome = outcome(tree);
    let edges = outcome.edges.values().filter(|edge| edge.class() != Class::Candidate);
    let edges =
        edges.map(|edge| format!("{} -> {} {}", short(&edge.caller), short(&edge.callee), edge.class().as_str()));
    let names =
        |names: &std::collections::BTreeSet<String>| names.iter().map(|n| short(n)).collect::<Vec<_>>().join(" ");
    let questions = outcome.findings.iter().map(|finding| {
        if finding.code == Code::UnexplainedMention {
            format!("{} ? {}", names(&finding.services), names(&finding.callees))
        } else {
            line(finding)
        }
    });
    edges.chain(questions).collect()
}

/// A tree with the callees `service.ledger` and `service.cart`, whose names are no code.
pub(crate) fn tree(files: &str) -> String {
    format!("{files}-- service.ledger/x.txt\n-- service.cart/x.txt\n")
}

#[track_caller]
pub(crate) fn rows(rows: &[(&str, &[&str])]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(files, expected)| {
            let found = asks(&tree(files));
            (found != *expected).then(|| format!("{files}\n    found {found:?}, expected {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Whole trees, and what a scan asks of each.
#[track_caller]
pub(crate) fn told(rows: &[(&str, String, &[&str])]) {
    let wrong: Vec<String> = rows
        .iter()
        .map(|(what, tree, expected)| (what, asks(tree), expected))
        .filter(|(_, found, expected)| found != *expected)
        .map(|(what, found, expected)| format!("{what}: found {found:?}, expected {expected:?}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn an_address_in_a_language_that_is_not_read_is_asked_about() {
    rows(&[
        (
            "-- service.shop/app.swift\nfunc main() { get(\"http://s-ledger/x\") }\n",
            &["no-entry service.shop/app.swift", "shop ? ledger"],
        ),
        ("-- service.shop/app.pl\nget('s-ledger:8080')\n", &["no-entry service.shop/app.pl", "shop ? ledger"]),
        (
            "-- service.shop/App.scala\nval a = \"service.ledger\"\n",
            &["no-entry service.shop/App.scala", "shop ? ledger"],
        ),
        (
            "-- service.shop/a.ex\nx(System.get_env(\"LEDGER_HOST\") || \"s-ledger\")\n",
            &["no-entry service.shop/a.ex", "unknown-client service.shop/a.ex", "shop ? ledger"],
        ),
        (
            "-- service.shop/a.cc\nauto x = \"host=s-ledger port=5432\";\n",
            &["no-entry service.shop/a.cc", "shop ? ledger"],
        ),
        (
            "-- service.shop/a.lua\nlocal x = 'http://s-ledger' .. path\n",
            &["no-entry service.shop/a.lua", "shop ? ledger"],
        ),
    ]);
}

#[test]
fn addresses_that_templates_fill_in_are_asked_about() {
    rows(&[
        // In the service's directory, and in one that is called like it.
        ("-- service.shop/env.jinja\nS_LEDGER_URL={{ledger_url}}\nLEVEL={{level}}\n", &["shop ? ledger"]),
        (
            "-- service.shop/x.txt\n-- deploy/templates/service.shop/env.j2\nS_LEDGER_HOST=\"{{ host }}\"\n",
            &["shop ? ledger"],
        ),
        ("-- service.shop/conf.yml.j2\nbooks_addr: http://{{ addr }}\n", &["unknown-client service.shop/conf.yml.j2"]),
        (
            "-- service.shop/x.txt\n-- deploy/templates/service.shop/nginx.conf.jinja\nupstream x {\n  server s-ledger:80;\n}\n",
            &["shop -> ledger proven"],
        ),
        // What is written out is no hole, and what the service says of itself is nobody's.
        ("-- service.shop/env.jinja\nBOOKS_URL=http://example.com\nS_SHOP_URL={{own}}\nPUBLIC_URL={{seen}}\n", &[]),
        ("-- service.shop/env.jinja\n# hedgerow: ignore outside of the cluster\nBOOKS_URL={{books}}\n", &[]),
        ("-- service.shop/x.txt\n-- deploy/templates/other/env.jinja\nS_LEDGER_URL={{ledger_url}}\n", &[]),
    ]);
}

#[test]
fn languages_that_are_not_read_ask_for_variables_and_names() {
    rows(&[
        (
            "-- service.shop/App.scala\nval a = sys.env(\"BOOKS_URL\")\n",
            &["no-entry service.shop/App.scala", "unknown-client service.shop/App.scala"],
        ),
        (
            "-- service.shop/a.lua\nlocal x = os.getenv('BOOKS_HOST')\n",
            &["no-entry service.shop/a.lua", "unknown-client service.shop/a.lua"],
        ),
        (
            "-- service.shop/a.cpp\nauto x = getenv(\"BOOKS_ADDR\");\n",
            &["no-entry service.shop/a.cpp", "unknown-client service.shop/a.cpp"],
        ),
        ("-- service.shop/a.exs\nhost = \"service.ledger\"\n", &["no-entry service.shop/a.exs", "shop ? ledger"]),
        (
            "-- service.shop/a.cpp\nauto x = grpc::CreateChannel(\"s-ledger:80\", c);\n",
            &["no-entry service.shop/a.cpp", "shop ? ledger"],
        ),
    ]);
}

#[test]
fn prose_comments_tests_and_own_names_are_no_mentions() {
    rows(&[
        (
            "-- service.shop/app.swift\nfn main() { log(\"cannot reach http://s-ledger now\") } // http://s-cart\n",
            &["no-entry service.shop/app.swift"],
        ),
        ("-- service.shop/tests/app.rs\nfn main() { get(\"http://s-ledger/x\") }\n", &[]),
        ("-- service.shop/app.swift\nfn main() { get(\"http://s-shop/x\") }\n", &["no-entry service.shop/app.swift"]),
        ("-- service.shop/app.swift\n// http://s-ledger\n/* s-ledger:80 */\n", &["no-entry service.shop/app.swift"]),
        ("-- service.shop/main.go\npackage main\nfunc main() { println(\"the ledger is s-ledger today\") }\n", &[]),
        ("-- service.shop/README.md\nhttp://s-ledger\n", &[]),
    ]);
}

#[test]
fn an_address_in_code_that_is_read_is_asked_about_where_no_call_takes_it() {
    rows(&[
        // A client that no pack knows.
        (
            "-- service.shop/main.go\npackage main\nimport \"example.com/rpc\"\nfunc main() { rpc.Open(\"s-ledger:80\") }\n",
            &["shop ? ledger"],
        ),
        ("-- service.shop/app.py\nimport thing\nthing.open('http://s-ledger')\n", &["shop ? ledger"]),
        ("-- service.shop/a.js\nconst x = require('thing');\nx.open('http://s-ledger');\n", &["shop ? ledger"]),
        // Code that nothing reaches.
        (
            "-- service.shop/main.go\npackage main\nimport \"net/http\"\nfunc main() {}\nfunc dead() { http.Get(\"http://s-ledger\") }\n",
            &["shop ? ledger"],
        ),
        // A known call of one is no answer for another.
        (
            "-- service.shop/main.go\npackage main\nimport (\"net/http\"; \"example.com/rpc\")\nfunc main() { http.Get(\"http://s-cart\"); rpc.Open(\"s-ledger:80\") }\n",
            &["shop -> cart proven", "shop ? ledger"],
        ),
        // A call that is known answers for every other mention of the same service.
        (
            "-- service.shop/main.go\npackage main\nimport (\"net/http\"; \"example.com/rpc\")\nfunc main() { http.Get(\"http://s-ledger\"); rpc.Open(\"s-ledger:80\") }\n",
            &["shop -> ledger proven"],
        ),
    ]);
}

#[test]
fn settings_and_deploy_are_asked_about() {
    rows(&[
        ("-- service.shop/conf/x.toml\nurl = \"http://s-ledger:80\"\n", &["shop ? ledger"]),
        ("-- service.shop/x.ini\n[a]\nledger_host = s-ledger\n", &["shop ? ledger"]),
        ("-- service.shop/x.xml\n<a><url>http://s-ledger</url></a>\n", &["shop ? ledger"]),
        (
            "-- docker-compose.yml\nservices:\n  service.shop:\n    image: x\n    environment: {LEDGER: 'http://s-ledger'}\n-- service.shop/x.txt\n",
            &["shop ? ledger"],
        ),
        (
            "-- docker-compose.yml\nservices:\n  service.shop:\n    image: x\n    command: --ledger=s-ledger:80\n-- service.shop/x.txt\n",
            &["shop ? ledger"],
        ),
        (
            "-- docker-compose.yml\nservices:\n  service.shop:\n    image: x\n    depends_on: [service.ledger]\n-- service.shop/x.txt\n",
            &["shop ? ledger"],
        ),
    ]);
}

/// A workload of the shop, outside of its directory, with one container.
fn workload(container: &str) -> String {
    format!(
        "-- service.shop/x.txt\n-- deploy/shop.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: s-shop}}\nspec:\n  template:\n    spec:\n      containers:\n        - image: x\n{container}"
    )
}

pub(crate) fn indented(lines: &str) -> String {
    workload(&lines.lines().map(|line| format!("          {line}\n")).collect::<String>())
}

#[test]
fn what_containers_run_is_read_as_lists_too() {
    let proven: &[&str] = &["shop -> ledger proven"];
    let joined: &[&str] = &["shop -> ledger joined"];
    let asked: &[&str] = &["shop ? ledger"];
    let rows_of = [
        ("command: [curl, -sf, \"http://s-ledger/run\"]", proven),
        ("command:\n  - /usr/bin/curl\nargs:\n  - http://s-ledger/run", proven),
        ("command: [sh, -c, \"sleep 1; wget -qO- http://s-ledger/x | cat\"]", proven),
        ("command: [sh, -c, \"until nc -z s-ledger 5432; do sleep 1; done\"]", proven),
        ("command: [psql, -h, s-ledger, -c, select]", proven),
        ("command: [redis-cli, --host=s-ledger]", proven),
        ("command: [wait-for-it, \"s-ledger:80\", --, run]", proven),
        (
            "args: [\"-H\", \"Host: service.ledger\", \"http://s-cart/x\"]\ncommand: [curl]",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        ("env: [{name: AT, value: s-ledger}]\ncommand: [curl, \"http://$(AT)/x\"]", proven),
        ("env: [{name: AT, value: s-ledger}]\ncommand: [sh, -c, \"curl http://$AT/x\"]", joined),
        ("command: [app, \"http://s-ledger/x\"]", asked),
        ("command: [app]\nargs:\n  - s-ledger:80", asked),
        ("command: [app, serve, --to=s-ledger.default.svc.cluster.local]", asked),
        ("livenessProbe: {exec: {command: [curl, \"http://s-ledger/x\"]}}", proven),
        ("lifecycle: {preStop: {exec: {command: [wget, \"http://s-ledger/x\"]}}}", proven),
        ("command: [curl, \"http://$(NOBODY)/x\"]", &["unresolved-call deploy/shop.yaml"]),
        ("command: [curl, \"http://localhost:8080/health\"]", &[]),
        ("command: [curl, \"https://example.com/x\"]", &[]),
        ("command: [app, ledger, cart]", &[]),
        ("command: [sh, -c, \"until [ $(curl -sk https://s-ledger:80/x) -eq 200 ]; do sleep 1; done\"]", proven),
        ("command: [sh, -c, 'URL=\"http://s-ledger/x\"; curl -s $URL']", proven),
        ("command: [sh, -c, \"A=http://s-ledger\\ncurl ${A}\"]", proven),
        ("env: [{name: AT, value: s-ledger}]\ncommand: [sh, -c, 'URL=\"http://${AT}:80/x\"; curl $URL']", joined),
        ("command: [sh, -c, 'URL=http://example.com; curl $URL']", &[]),
        ("command: [sh, -c, 'echo $(date)']", &[]),
        ("command: [app, --dsn, \"host=s-ledger user=x\"]", asked),
        ("command: [echo, s-ledger]", &[]),
        ("command: [sh, -c, \"# curl http://s-ledger\"]", &[]),
    ];
    for (container, expected) in rows_of {
        rows(&[(&indented(container), expected)]);
    }
}

#[test]
fn what_runs_is_read_of_every_kind_of_object_and_file() {
    let curl = "{image: x, command: [curl, 'http://s-ledger/x']}";
    let rows_of = [
        format!("kind: CronJob\nmetadata: {{name: s-shop}}\nspec: {{jobTemplate: {{spec: {{template: {{spec: {{containers: [{curl}]}}}}}}}}}}\n"),
        format!("kind: Job\nmetadata: {{name: s-shop}}\nspec: {{template: {{spec: {{initContainers: [{curl}]}}}}}}\n"),
        format!("kind: Workflow\nmetadata: {{name: s-shop}}\nspec: {{templates: [{{name: main, container: {curl}}}]}}\n"),
        format!("kind: CronWorkflow\nmetadata: {{name: s-shop}}\nspec: {{schedule: '* * * * *', workflowSpec: {{templates: [{{container: {curl}}}]}}}}\n"),
        "kind: Task\nmetadata: {name: s-shop}\nspec:\n  steps:\n    - image: x\n      script: |\n        #!/bin/sh\n        set -e\n        curl http://s-ledger/x\n".to_owned(),
    ];
    for object in rows_of {
        let files = format!("-- service.shop/x.txt\n-- deploy/shop.yaml\napiVersion: v1\n{object}");
        rows(&[(&files, &["shop -> ledger proven"])]);
    }
    for (compose, expected) in [
        ("command: [curl, 'http://s-ledger/x']", &["shop -> ledger proven"][..]),
        ("command: ['http://s-ledger/x']\n    entrypoint: curl -s", &["shop -> ledger proven"]),
        ("entrypoint: [sh, -c, 'wget http://s-ledger/x']", &["shop -> ledger proven"]),
        ("entrypoint: [./wait-for, 's-ledger:80', --, run]", &["shop -> ledger proven"]),
        ("command: [run, 's-ledger:80']", &["shop ? ledger"]),
        ("healthcheck: {test: [CMD, curl, 'http://s-ledger/x']}", &["shop -> ledger proven"]),
        ("healthcheck: {test: [CMD, curl, 'http://localhost/x']}", &[]),
    ] {
        let files =
            format!("-- service.shop/x.txt\n-- compose.yml\nservices:\n  s-shop:\n    image: x\n    {compose}\n");
        rows(&[(&files, expected)]);
    }
    rows(&[
        (
            "-- service.shop/Dockerfile\nFROM x\nCMD [\"curl\", \"-s\", \"http://s-ledger/x\"]\n",
            &["shop -> ledger proven"],
        ),
        (
            "-- service.shop/Dockerfile\nFROM x\nENTRYPOINT [\"run\", \\\n  \"http://s-ledger/x\"]\n",
            &["shop -> ledger proven"],
        ),
        ("-- service.shop/Dockerfile\nFROM x\nCMD [\"run\", \"s-ledger:80\"]\n", &["shop ? ledger"]),
    ]);
}

#[test]
fn files_of_config_maps_that_are_mounted_are_read() {
    let mounted = |name: &str, text: &str| {
        let text: String = text.lines().map(|line| format!("    {line}\n")).collect();
        format!(
            "{}      volumes: [{{name: a, configMap: {{name: files}}}}]\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: files}}\ndata:\n  {name}: |\n{text}",
            workload("")
        )
    };
    rows(&[
        (
            &mounted("nginx.conf", "server {\n  location / {\n    proxy_pass http://s-ledger/;\n  }\n}"),
            &["shop -> ledger proven"],
        ),
        (&mounted("run.sh", "curl http://s-ledger/x"), &["shop -> ledger proven"]),
        (&mounted("app.ini", "ledger = http://s-ledger/x"), &["shop ? ledger"]),
        (&mounted("app.ini", "# http://s-ledger/x"), &[]),
        (
            &format!(
                "{}-- service.shop/main.go\npackage main\nimport (\"net/http\"; \"github.com/spf13/viper\")\nfunc main() {{ http.Get(viper.GetString(\"ledger.url\")) }}\n",
                mounted("app.yaml", "ledger: {url: 'http://s-ledger/x'}")
            ),
            &["shop -> ledger joined"],
        ),
    ]);
}

#[test]
fn an_address_is_asked_about_whatever_a_files_name_ends_in() {
    // Texts in the languages of their endings, and one in none that anybody knows.
    let rows_of: &[(&str, &str)] = &[
        ("jobs/run.awk", "BEGIN { while ((\"curl -s http://s-ledger/x\" | getline) > 0) print }\n"),
        ("bin/run.bat", "set TARGET=http://s-ledger/x\n"),
        ("bin/run.cmd", "start app --to=s-ledger:8080\n"),
        ("bin/run.ps1", "Invoke-WebRequest -Uri \"http://s-ledger/x\"\n"),
        ("bin/call.psm1", "$r = Invoke-RestMethod http://s-ledger/x\n"),
        ("views/page.ejs", "<script>fetch('http://s-ledger/x')</script>\n"),
        ("views/page.pug", "form(action='http://s-ledger/x')\n"),
        ("views/page.ftl", "<#include \"http://s-ledger/x\">\n"),
        ("views/page.html", "<script>const at = \"s-ledger:80\";</script>\n"),
        ("db/link.sql", "CREATE SERVER x OPTIONS (host 's-ledger.default.svc.cluster.local', port '5432');\n"),
        ("build.gradle", "sonar { url = 'http://s-ledger/x' }\n"),
        ("Makefile", "run:\n\tapp http://s-ledger/x\n"),
        ("etc/app.unheard", "upstream = s-ledger:80\n"),
        ("run", "app --at http://s-ledger/x\n"),
        ("hosts.txt", "s-ledger:80\n"),
        ("etc/app.tpl", "upstream = s-ledger:80\n"),
        ("etc/app.in", "upstream = s-ledger:80\n"),
        ("etc/app.ctmpl", "upstream = s-ledger:80\n"),
        ("etc/app.mustache", "upstream = s-ledger:80\n"),
        ("app.graphqls", "directive @link(url: \"http://s-ledger/x\")\n"),
        ("a.rego", "allow { http.send({\"url\": \"http://s-ledger/x\"}) }\n"),
        ("app.hosts", "host: s-ledger\n"),
    ];
    for (path, text) in rows_of {
        rows(&[(&format!("-- service.shop/{path}\n{text}"), &["shop ? ledger"])]);
    }
    for (path, text) in [
        ("jobs/x.R", "r <- httr::GET(\"http://s-ledger/x\")\n"),
        ("jobs/x.m", "NSURL *u = [NSURL URLWithString:@\"http://s-ledger/x\"];\n"),
        ("jobs/x.cob", "MOVE 'http://s-ledger/x' TO WS-URL.\n"),
        ("jobs/x.f90", "call get('http://s-ledger/x')\n"),
        ("jobs/x.tcl", "http::geturl \"http://s-ledger/x\"\n"),
        ("jobs/x.coffee", "request 'http://s-ledger/x'\n"),
        ("jobs/x.pyx", "r = get(\"http://s-ledger/x\")\n"),
        ("jobs/x.ipynb", "{\"cells\": [{\"source\": [\"r = requests.get(\\\"http://s-ledger/x\\\")\\n\"]}]}\n"),
        ("web/x.jsp", "<% String u = \"http://s-ledger/x\"; %>\n"),
        ("web/x.astro", "---\nconst r = await fetch('http://s-ledger/x');\n---\n"),
    ] {
        let no_entry = format!("no-entry service.shop/{path}");
        rows(&[(&format!("-- service.shop/{path}\n{text}"), &[&no_entry, "shop ? ledger"])]);
    }
    // A shell's scripts are read as such.
    for (path, text) in [
        ("bin/run.bash", "curl http://s-ledger/x\n"),
        ("bin/run.ksh", "wget http://s-ledger/x\n"),
        ("bin/run.zsh", "curl http://s-ledger/x\n"),
        ("bin/run.fish", "curl http://s-ledger/x\n"),
        ("nginx.hbs", "server {\n  proxy_pass http://s-ledger/;\n}\n"),
        ("bin/run", "#!/bin/bash\ncurl http://s-ledger/x\n"),
        ("jobs/x.pyw", "import requests\nrequests.get('http://s-ledger/x')\n"),
    ] {
        rows(&[(&format!("-- service.shop/{path}\n{text}"), &["shop -> ledger proven"])]);
    }
}

#[test]
fn variables_for_addresses_are_asked_about_whatever_a_files_name_ends_in() {
    rows(&[
        ("-- service.shop/bin/run.ps1\nGet $env:S_LEDGER_URL\n", &["shop ? ledger"]),
        ("-- service.shop/x.ejs\n<%= process.env.S_LEDGER_HOST %>\n", &["shop ? ledger"]),
        ("-- service.shop/bin/run.bat\napp %BOOKS_URL%\n", &["unknown-client service.shop/bin/run.bat"]),
        // What the deploy gives is known by its value.
        (
            "-- compose.yml\nservices: {s-shop: {image: x, environment: {BOOKS_URL: 'http://s-ledger'}}}\n-- service.shop/bin/run.bat\napp %BOOKS_URL%\n",
            &["shop -> ledger joined"],
        ),
        (
            "-- compose.yml\nservices: {s-shop: {image: x, environment: {BOOKS_URL: 'http://example.com'}}}\n-- service.shop/bin/run.bat\napp %BOOKS_URL%\n",
            &[],
        ),
        // What is set there, or said of the service itself.
        ("-- service.shop/bin/run.bat\nset BOOKS_URL=http://example.com\n", &[]),
        ("-- service.shop/bin/run.bat\napp %PUBLIC_URL% %S_SHOP_URL%\n", &[]),
        ("-- service.shop/bin/run.bat\nREM hedgerow: ignore a desk outside\napp %BOOKS_URL%\n", &[]),
    ]);
}

#[test]
fn what_only_looks_like_a_mention_in_a_text_is_none() {
    for (path, text) in [
        ("page.html", "<p>the service.ledger and s-ledger are down</p>\n<a class=\"s-ledger\">x</a>\n"),
        ("page.html", "<!-- http://s-ledger/x -->\n"),
        ("x.sql", "-- http://s-ledger/x\nINSERT INTO a VALUES ('s-ledger');\n"),
        ("run.bat", "REM http://s-ledger/x\n:: http://s-ledger/x\n"),
        ("x.css", ".a { background: url(/s-ledger/x.png) }\n"),
        ("README.rst", "http://s-ledger/x\n"),
        ("LICENSE", "http://s-ledger/x\n"),
        ("docs/x.html", "http://s-ledger/x\n"),
        ("flow.puml", "shop -> ledger : http://s-ledger/x\n"),
        ("x.lock", "http://s-ledger/x\n"),
        ("x.log", "GET http://s-ledger/x\n"),
        ("site.min.css", "a{b:url(http://s-ledger/x)}\n"),
        ("tests/x.sql", "select 'http://s-ledger/x';\n"),
        ("third_party/x.awk", "a = \"http://s-ledger/x\"\n"),
        ("x.graphqls", "# Code generated by x. DO NOT EDIT.\nurl: \"http://s-ledger/x\"\n"),
        ("x.pug", "a(href='http://s-shop/x')\n"),
        ("x.pug", "//- hedgerow: ignore a link\na(href='http://s-ledger/x')\n"),
    ] {
        rows(&[(&format!("-- service.shop/{path}\n{text}"), &[])]);
    }
}

#[test]
fn a_mention_is_explained_by_what_people_say() {
    let rust = "-- service.shop/app.swift\nfn main() { get(\"http://s-ledger/x\") }";
    let reason = "-- hedgerow.yaml\nscan: {manual: {service.shop: Rust}}\n";
    rows(&[
        (&format!("{reason}{rust} // rpcmap: service.ledger\n"), &["shop -> ledger declared"]),
        (&format!("{reason}{rust} // hedgerow: ignore only a link\n"), &[]),
        (
            &format!(
                "-- hedgerow.yaml\nscan: {{manual: {{service.shop: Rust}}, ignore: {{'service.shop -> service.l*': a link}}}}\n{rust}\n"
            ),
            &[],
        ),
        (
            &format!(
                "-- hedgerow.yaml\nscan: {{manual: {{service.shop: Rust}}, ignore: {{'service.cart -> service.ledger': no}}}}\n{rust}\n"
            ),
            &["shop -> ledger addressed"],
        ),
        (
            &format!(
                "-- hedgerow.yaml\nscan: {{manual: {{service.shop: Rust}}, ignore: {{'service.shop/*.swift': links}}}}\n{rust}\n"
            ),
            &[],
        ),
        (
            &format!("-- hedgerow.yaml\nscan: {{manual: {{service.shop: Rust}}, candidate: accept}}\n{rust}\n"),
            &["shop -> ledger declared"],
        ),
        (
            "-- service.shop/main.go\npackage main\nimport \"example.com/rpc\"\nfunc main() {\n\t// hedgerow: ignore a label\n\trpc.Open(\"s-ledger:80\")\n}\n",
            &[],
        ),
    ]);
}

#[test]
fn a_variable_that_everybody_has_is_a_call_of_those_whose_code_names_it() {
    let mut files =
        String::from("-- k8s/all.yaml\nkind: ConfigMap\nmetadata: {name: all}\ndata: {LEDGER_ADDR: 's-ledger:80'}\n");
    for name in ["a", "b", "c", "e", "f", "g", "h", "shop"] {
        files += &format!(
            "---\nkind: Deployment\nmetadata: {{name: s-{name}}}\nspec: {{template: {{spec: {{containers: [{{envFrom: [{{configMapRef: {{name: all}}}}]}}]}}}}}}\n"
        );
    }
    files += "-- service.a/x.txt\n-- service.b/x.txt\n-- service.c/x.txt\n-- service.e/x.txt\n-- service.f/x.txt\n-- service.g/x.txt\n-- service.h/x.txt\n-- service.shop/app.swift\nfn main() { env(\"LEDGER_ADDR\") }\n";
    let all = "-- service.d/x.txt\n-- k8s/d.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: s-d}\nspec: {template: {spec: {containers: [{image: x, command: [sh, -c, 'app --at $LEDGER_ADDR'], envFrom: [{configMapRef: {name: all}}]}]}}}\n";
    rows(&[
        (&files, &["shop -> ledger joined", "a b c e f g h ? ledger", "no-entry service.shop/app.swift"]),
        // What a container's own command takes in is its own; the others are asked about once.
        (
            &format!("{files}{all}"),
            &["shop -> ledger joined", "d ? ledger", "a b c e f g h ? ledger", "no-entry service.shop/app.swift"],
        ),
        (
            &format!("-- hedgerow.yaml\nscan: {{ignore: {{'* -> service.ledger': everybody has it}}}}\n{files}"),
            &["shop -> ledger joined", "no-entry service.shop/app.swift"],
        ),
    ]);
}

#[test]
fn code_that_the_configuration_adds_replaces_no_directory() {
    let main =
        |host: &str| format!("package main\nimport \"net/http\"\nfunc main() {{ http.Get(\"http://{host}/x\") }}\n");
    let (own, said) = (main("s-ledger"), main("s-cart"));
    rows(&[
        (
            &format!(
                "-- hedgerow.yaml\nscan: {{services: [{{path: side, name: service.shop}}]}}\n-- service.shop/main.go\n{own}-- side/main.go\n{said}"
            ),
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        // Several services of one directory, and a pattern behind.
        (
            &format!(
                "-- hedgerow.yaml\nscan: {{services: [{{path: side, name: service.shop}}, {{path: side, name: service.cart}}, {{path: '{{name}}', name: 'service.{{name}}'}}]}}\n-- service.shop/x.txt\n-- side/main.go\n{own}"
            ),
            &["cart -> ledger proven", "shop -> ledger proven"],
        ),
        // What lies in the service's own directory says more about it than the directory.
        (
            &format!(
                "-- hedgerow.yaml\nscan: {{services: [{{path: service.shop/cmd, name: service.shop}}]}}\n-- service.shop/main.go\n{own}-- service.shop/cmd/main.go\n{said}"
            ),
            &["shop -> cart proven"],
        ),
    ]);
}

#[test]
fn an_address_that_is_asked_for_and_that_nobody_sets_is_asked_about() {
    rows(&[
        (
            "-- service.shop/main.go\npackage main\nimport (\"os\"; \"example.com/rpc\")\nfunc main() { rpc.Open(os.Getenv(\"LEDGER_ADDR\")) }\n",
            &["unknown-client service.shop/main.go"],
        ),
        (
            "-- service.shop/app.py\nimport os, thing\nthing.open(os.environ['LEDGER_URL'])\n",
            &["unknown-client service.shop/app.py"],
        ),
        (
            "-- service.shop/a.js\nrequire('thing').open(process.env.LEDGER_HOST);\n",
            &["unknown-client service.shop/a.js"],
        ),
        // A call takes it, and asks by itself.
        (
            "-- service.shop/main.go\npackage main\nimport (\"os\"; \"net/http\")\nfunc main() { http.Get(os.Getenv(\"LEDGER_ADDR\")) }\n",
            &["unresolved-call service.shop/main.go"],
        ),
        // Where the service itself listens.
        (
            "-- service.shop/main.go\npackage main\nimport (\"os\"; \"example.com/rpc\")\nfunc main() { rpc.Serve(os.Getenv(\"LISTEN_ADDR\")) }\n",
            &[],
        ),
        // Somebody sets it.
        (
            "-- docker-compose.yml\nservices: {service.shop: {image: x, environment: {LEDGER_ADDR: example.com}}}\n-- service.shop/main.go\npackage main\nimport (\"os\"; \"example.com/rpc\")\nfunc main() { rpc.Open(os.Getenv(\"LEDGER_ADDR\")) }\n",
            &[],
        ),
        (
            "-- service.shop/main.go\npackage main\nimport (\"os\"; \"example.com/rpc\")\nfunc main() {\n\t// hedgerow: ignore ours\n\trpc.Open(os.Getenv(\"LEDGER_ADDR\"))\n}\n",
            &[],
        ),
    ]);
}

#[test]
fn many_services_that_one_file_names_alike_are_one_question() {
    let tree = |names: &[&str], said: &str| {
        let services: String = names.iter().map(|name| format!("-- service.{name}/x.txt\n")).collect();
        let links: String =
            names.iter().map(|name| format!("PUBLIC_{}_URL=http://s-{name}\n", name.to_uppercase())).collect();
        format!("-- service.shop/x.txt\n-- service.shop/all.env\n{links}{services}-- hedgerow.yaml\nscan: {{{said}}}\n")
    };
    let few = ["cart", "ledger", "mail"];
    assert_eq!(asks(&tree(&few, "")), ["shop ? cart", "shop ? ledger", "shop ? mail"]);
    let many = ["cart", "ledger", "mail", "pay"];
    assert_eq!(asks(&tree(&many, "")), ["shop ? cart ledger mail pay"]);
    let found = outcome(&tree(&many, ""));
    let [question] = &found.findings[..] else { panic!("{found:?}") };
    let all = "`service.cart`, `service.ledger`, `service.mail` and `service.pay` in `service.shop/all.env`";
    assert!(question.message.contains(all), "{question:?}");
    assert_eq!(question.marks.len(), 4);
    // What it says to do is enough.
    assert_eq!(asks(&tree(&many, "ignore: {'service.shop -> *': links}")), [""; 0]);
    let few = ["shop ? ledger", "shop ? mail", "shop ? pay"];
    assert_eq!(asks(&tree(&many, "ignore: {'service.shop -> service.c*': links}")), few);
}

#[test]
fn words_of_a_list_that_chooses_are_no_hosts() {
    let of = |settings: &str| format!("-- service.shop/a.rs\nfn main() {{}}\n-- service.shop/x.yaml\n{settings}\n");
    let tree = |settings: &str| {
        of(settings)
            + "-- service.redis/x.txt\n-- hedgerow.yaml\nscan: {candidate: ask, aliases: {service.redis: [redis]}}\n"
    };
    let asks: &[&str] = &["shop ? redis"];
    for (settings, expected) in [
        ("backends: [redis]", asks),
        // It may be a choice, or not: a name is asked about, and no call.
        ("endpoints: [health, redis]", asks),
        ("endpoints:\n  - health\n  - redis", asks),
        ("endpoints: {include: [health, redis]}", &[]),
        ("endpoints:\n  - redis\n  - s-ledger\n", &["shop ? redis", "shop ? ledger"]),
        // The name asks for machines, or a port says that it is one.
        ("hosts: [elsewhere, redis]", asks),
        ("hosts:\n  - elsewhere\n  - redis", asks),
        ("endpoints: [health, 'redis:6379']", asks),
    ] {
        rows(&[(&tree(settings), expected)]);
    }
}

#[test]
fn an_address_in_an_object_of_a_kind_that_is_not_read_is_asked_about() {
    let object = |said: &str| {
        format!("-- k8s/x.yaml\nkind: Probe\napiVersion: x.example/v1\nmetadata: {{name: x}}\nspec:\n  {said}\n")
    };
    let route = "-- k8s/x.yaml\nkind: VirtualService\napiVersion: networking.istio.io/v1\nmetadata: {name: x}\nspec: {hosts: [x.example], http: [{route: [{destination: {host: s-ledger}}], mirror: {host: 'http://s-ledger'}}]}\n";
    for (files, expected) in [
        (object("url: http://s-ledger/sync"), &[" ? ledger"][..]),
        (object("hooks: {sync: {webhook: {url: 'http://s-ledger.default.svc:8080/x'}}}"), &[" ? ledger"]),
        (object("targets: [https://s-ledger, https://s-cart]"), &[" ? cart ledger"]),
        (object("host: s-ledger.default.svc.cluster.local"), &[" ? ledger"]),
        // What a workload beside it says explains only that.
        (
            "-- service.shop/x.txt\n-- k8s/x.yaml\nkind: Deployment\napiVersion: apps/v1\nmetadata: {name: s-shop}\nspec: {template: {spec: {containers: [{name: main, image: x, env: [{name: LEDGER_URL, value: 'http://s-ledger'}]}]}}}\n---\n".to_owned()
                + object("url: http://s-ledger/sync").trim_start_matches("-- k8s/x.yaml\n"),
            &["shop ? ledger", " ? ledger"],
        ),
        // No address.
        (object("name: s-ledger"), &[]),
        (object("url: http://example.com"), &[]),
        (object("publicUrl: http://s-ledger"), &[]),
        // Nobody applies it.
        (object("url: http://s-ledger").replace("k8s/", "tests/"), &[]),
        (object("url: http://s-ledger") + "-- hedgerow.yaml\nscan: {deploy: ['deploy/*']}\n", &[]),
        // Somebody has said why.
        (object("url: http://s-ledger # hedgerow: ignore a drill"), &[]),
        (object("url: http://s-ledger") + "-- hedgerow.yaml\nscan: {ignore: {'k8s/x.yaml': a drill}}\n", &[]),
        (route.to_owned(), &[]),
        ("-- k8s/x.yaml\nkind: Role\napiVersion: rbac.authorization.k8s.io/v1\nmetadata: {name: x}\nurl: http://s-ledger\n".to_owned(), &[]),
    ] {
        assert_eq!(asks(&tree(&files)), expected, "{files}");
    }
}

#[test]
fn an_address_in_a_config_map_that_no_workload_names_is_asked_about() {
    let map = |meta: &str, said: &str| {
        format!("-- k8s/x.yaml\napiVersion: v1\nkind: ConfigMap\n{meta}\ndata:\n  application.yaml: |\n    {said}\n")
    };
    let named = "metadata:\n  namespace: bank\n  name: conf # of all";
    let pod = |volume: &str| {
        format!(
            "-- k8s/web.yaml\nkind: Deployment\napiVersion: apps/v1\nmetadata: {{name: web}}\nspec: {{}}\npod:\n{volume}\n"
        )
    };
    let address = "ledger: {url: 'http://s-ledger:8080'}";
    for (files, expected) in [
        (map(named, address), &[" ? ledger"][..]),
        (
            map("metadata: {labels: {a: b}, name: conf}", "routes:\n      - uri: http://s-cart.default.svc:8080"),
            &[" ? cart"],
        ),
        (map("metadata: {name: \"conf\"}", "a=http://s-ledger\n    b=https://s-cart/x"), &[" ? cart ledger"]),
        // Another map is named.
        (map(named, address) + &pod("  - configMap: {name: other}"), &[" ? ledger"]),
        (map(named, address) + &pod("  - configMap:\n      defaultMode: 1\n  - name: conf"), &[" ? ledger"]),
        (
            map("metadata: {name: '{{ .Release.Name }}-conf'}", address)
                + &pod("  - configMapRef: {name: '{{ x }}-other'}"),
            &[" ? ledger"],
        ),
        // Prose that names it.
        (map(named, address) + &pod("  # the configMap of old: conf"), &[" ? ledger"]),
        (map(named, address) + &pod("  # configMap: {name: conf}"), &[" ? ledger"]),
        (map(named, address) + &pod("  - configMap:\n      defaultMode: 1\n      name: conf"), &[]),
        (map(named, address) + &pod("  - configMapRef: {name: conf}"), &[]),
        (map(named, address) + &pod("  - configMapRef:\n      name: 'conf'"), &[]),
        (map(named, address) + &pod("  - valueFrom: {configMapKeyRef: {key: a, name: conf}}"), &[]),
        (map(named, address) + &pod("  configMapName: conf"), &[]),
        (
            map("metadata: {name: '{{ .Release.Name }}-conf'}", address)
                + &pod("  - configMap: {name: '{{ include \"x\" . }}-conf'}"),
            &[],
        ),
        // No address, or none of the fleet's; somebody has said why.
        (map(named, "name: s-ledger"), &[]),
        (map(named, "url: http://example.com"), &[]),
        (map(named, "url: http://s-ledger # hedgerow: ignore a drill"), &[]),
    ] {
        assert_eq!(asks(&tree(&files)), expected, "{files}");
    }
}
