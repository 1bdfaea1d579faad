//! What everybody is given is no fact about each: hosts that are called past a proxy, files and variables of one object, code that several
//! services share, and routes that are switched off.

use crate::mounts::rows;

const OTHERS: &str = "-- service.ledger/x.txt\n-- service.cart/x.txt\n-- hedgerow.yaml\nscan: {}\n";
const NONE: &[&str] = &[];
const CALLS: &[&str] = &["shop -> ledger addressed"];

/// The shop's container, with what is said of it.
fn shop(said: &str) -> String {
    format!(
        "{OTHERS}-- service.shop/x.txt\n-- k8s/shop.yaml\nkind: Deployment\nmetadata: {{name: s-shop}}\n\
         spec: {{template: {{spec: {{containers: [{{name: main, image: vendor/shop, {said}}}]}}}}}}\n"
    )
}

fn file(path: &str, text: &str) -> String {
    format!("{OTHERS}-- service.shop/main.go\npackage main\nfunc main() {{}}\n-- service.shop/{path}\n{text}\n")
}

#[test]
fn hosts_that_are_called_past_a_proxy_are_no_addresses() {
    let env = |name: &str, value: &str| shop(&format!("env: [{{name: {name}, value: '{value}'}}]"));
    rows(&[
        (env("NO_PROXY", "localhost,s-ledger,s-cart:80,.svc.cluster.local"), NONE),
        (env("no_proxy", "s-ledger:80"), NONE),
        (env("HTTP_NON_PROXY_HOSTS", "s-ledger:80|s-cart:80"), NONE),
        (env("GLOBAL_AGENT_NO_PROXY", "http://s-ledger"), NONE),
        (env("JAVA_OPTS", "-Xmx1g -Dhttp.nonProxyHosts=s-ledger:80|s-cart"), NONE),
        (env("JAVA_TOOL_OPTIONS", "-Dhttp.nonProxyHosts=s-ledger"), NONE),
        (shop("args: ['-Dhttps.nonProxyHosts=s-ledger:80', -jar, x.jar]"), NONE),
        (shop("args: [--no-proxy, 's-ledger:80', --proxy-bypass-list=s-cart:80]"), NONE),
        (shop("command: [sh, -c, 'export NO_PROXY=s-ledger:80,s-cart:80; exec shop']"), NONE),
        (shop("command: [curl, --noproxy, 's-ledger:80', 'http://s-cart/x']"), &["shop -> cart proven"]),
        (file("application.yml", "proxy:\n  host: proxy.example.com\n  noProxy: [s-ledger:80, s-cart]"), NONE),
        (file("application.yml", "proxy:\n  bypass:\n    - s-ledger:80\n    - http://s-cart"), NONE),
        (file("application.yml", "proxy: {url: 'http://p.example.com', exclude: 's-ledger:80'}"), NONE),
        (file("settings.toml", "[http]\nno_proxy = \"localhost, s-ledger:80, s-cart:80\""), NONE),
        (file("application.properties", "http.nonProxyHosts=s-ledger:80"), NONE),
        (file("run.sh", "export no_proxy=s-ledger:80\nexec shop"), NONE),
        (file(".env", "NO_PROXY=s-ledger,s-cart"), NONE),
        (format!("{OTHERS}-- service.shop/Dockerfile\nFROM x\nENV NO_PROXY s-ledger:80\n"), NONE),
        (
            format!(
                "{OTHERS}-- service.shop/main.py\nimport os\nos.environ['NO_PROXY'] = 's-ledger:80'\nos.environ.setdefault('no_proxy', 's-cart:80')\n"
            ),
            NONE,
        ),
        // Code that hands the list on calls nobody in it.
        (env("NO_PROXY", "s-ledger:80") + "-- service.shop/main.py\nimport os\nuse(os.environ['NO_PROXY'])\n", NONE),
        // One address with a path or a port is called, whatever its name says of proxies.
        (env("LEDGER_URL_NO_PROXY", "http://s-ledger:8080/api"), CALLS),
        (env("LEDGER_WITHOUT_PROXY", "http://s-ledger/api"), CALLS),
        (file("application.yml", "url-without-proxy: http://s-ledger:8080"), CALLS),
        (file("application.properties", "skip-proxy-address=http://s-ledger:8080"), CALLS),
        (format!("{OTHERS}-- service.shop/main.py\nimport acme\nacme.call('http://s-ledger:8080/no-proxy')\n"), CALLS),
        (
            format!(
                "{OTHERS}-- service.shop/main.py\nimport acme\nacme.call(proxy_bypass='http://s-ledger:8080/api')\n"
            ),
            CALLS,
        ),
        (env("NO_PROXY", "http://s-ledger:80,http://s-cart:80/x"), NONE),
        // A proxy is called, and so is what a name only sounds like such a list.
        (env("HTTP_PROXY", "http://s-ledger:3128"), CALLS),
        (env("NANO_PROXY", "http://s-ledger:3128"), CALLS),
        (env("REVERSE_PROXY_HOST", "s-ledger"), CALLS),
        (file("application.yml", "proxy:\n  bypass: false\n  target: http://s-ledger"), CALLS),
        (file("application.yml", "limits:\n  exclude:\n  - x\nledger:\n  url: http://s-ledger"), CALLS),
        (file("plan.json", "{\"noProxy\": \"s-cart:80\", \"url\": \"http://s-ledger\"}"), CALLS),
        (shop("command: [sh, -c, 'NO_PROXY=s-cart:80 curl http://s-ledger/x']"), &["shop -> ledger proven"]),
    ]);
}

/// Three programs, of which the first is `code`, and a database, that all mount one ConfigMap.
fn mounted(code: &str, paint: &str) -> String {
    let workload = |name: &str| {
        format!(
            "kind: Deployment\nmetadata: {{name: s-{name}}}\nspec: {{template: {{spec: {{containers: [{{name: main, image: x, volumeMounts: [{{name: all, mountPath: /config}}]}}], \
             volumes: [{{name: all, configMap: {{name: all}}}}]}}}}}}\n---\n"
        )
    };
    let all: String = ["emoji", "shop", "paint", "db"].map(workload).concat();
    let other = "package main\nimport \"bank/lib\"\nfunc main() { lib.Load(\"app.yml\") }\n";
    format!(
        "{OTHERS}-- service.emoji/main.go\npackage main\n{code}\n-- service.shop/main.go\n{other}-- service.paint/{paint}\n-- service.db/x.txt\n\
         -- lib/lib.go\npackage lib\nimport \"os\"\nconst (\n  Ledger = \"ledger.yml\"\n  App = \"app.yml\"\n)\nvar all []string\n\
         func init() {{ all = []string{{Ledger, App}} }}\nfunc Load(name string) {{ b, _ := os.ReadFile(\"/config/\" + name); use(b) }}\n\
         -- k8s/all.yaml\n{all}kind: ConfigMap\nmetadata: {{name: all}}\ndata:\n  ledger.yml: |\n    address: [ s-ledger:80 ]\n  app.yml: |\n    level: 3\n"
    )
}

#[test]
fn a_file_that_several_mount_is_for_those_whose_code_names_it() {
    let go = "main.go\npackage main\nimport \"bank/lib\"\nfunc main() { lib.Load(lib.App) }\n";
    let one: &[&str] = &["emoji -> ledger addressed", "db paint shop ? ledger"];
    rows(&[
        (mounted("import \"bank/lib\"\nfunc main() { lib.Load(lib.Ledger) }", go), one),
        (mounted("import \"bank/lib\"\nfunc main() { lib.Load(\"ledger.yml\") }", go), one),
        (mounted("import \"bank/lib\"\nfunc main() { lib.Load(\"/config/ledger.yml\") }", go), one),
        (
            mounted(
                "import \"bank/lib\"\nfunc main() { m := map[string]any{lib.Ledger: nil}; for k := range m { lib.Load(k) } }",
                go,
            ),
            one,
        ),
        // A program of another language names it as well.
        (
            mounted(
                "import \"bank/lib\"\nfunc main() { lib.Load(lib.Ledger) }",
                "main.py\nload('/config/ledger.yml')\n",
            ),
            &["emoji -> ledger addressed", "paint -> ledger addressed", "db shop ? ledger"],
        ),
        // Nobody names it: it may be anybody's whose program is in the tree.
        (
            mounted("import \"bank/lib\"\nfunc main() { lib.Load(lib.App) }", go),
            &["emoji -> ledger addressed", "paint -> ledger addressed", "shop -> ledger addressed", "db ? ledger"],
        ),
    ]);
    // What a command leads to is its own, and what two are given is for both.
    let named = mounted("import \"bank/lib\"\nfunc main() { lib.Load(lib.Ledger) }", go);
    let told = named.replace(
        "{name: s-db}\nspec: {template: {spec: {containers: [{name: main, image: x,",
        "{name: s-db}\nspec: {template: {spec: {containers: [{name: main, image: x, args: [--conf, /config/ledger.yml],",
    );
    let few = named.replace("{name: s-db}", "{name: nobody}").replace("{name: s-paint}", "{name: nothing}");
    rows(&[
        (told, &["db -> ledger addressed", "emoji -> ledger addressed", "paint shop ? ledger"]),
        (few, &["emoji -> ledger addressed", "shop -> ledger addressed"]),
    ]);
}

#[test]
fn a_file_that_compose_mounts_for_several_is_for_those_whose_code_names_it() {
    let of = |emoji: &str| {
        let services = ["emoji", "shop", "paint"]
            .map(|name| format!("  s-{name}: {{image: x, volumes: ['./conf/ledger.toml:/etc/ledger.toml']}}\n"));
        format!(
            "{OTHERS}-- service.emoji/main.py\n{emoji}\n-- service.shop/main.py\nimport os\nprint(os.getcwd())\n-- service.paint/a.js\nconsole.log(1)\n\
             -- conf/ledger.toml\nurl = \"http://s-ledger:80\"\n-- compose.yml\nservices:\n{}",
            services.concat()
        )
    };
    rows(&[
        (of("load('/etc/ledger.toml')"), &["emoji -> ledger addressed", "paint shop ? ledger"]),
        (of("print(1)"), &["emoji -> ledger addressed", "paint -> ledger addressed", "shop -> ledger addressed"]),
    ]);
}

#[test]
fn variables_of_one_file_are_not_for_a_database_that_is_given_them_too() {
    let of = |given: &[&str], db: &str, variables: &str| {
        let services: String =
            given.iter().map(|name| format!("  s-{name}: {{image: x, env_file: all.env}}\n")).collect();
        format!(
            "{OTHERS}-- service.emoji/main.py\nprint(1)\n-- service.shop/main.py\nprint(2)\n-- service.{db}/x.txt\n-- all.env\n{variables}\n\
             -- compose.yml\nservices:\n{services}"
        )
    };
    let all = ["emoji", "shop", "db"];
    let both: &[&str] = &["emoji -> ledger addressed", "shop -> ledger addressed", "db ? ledger"];
    let three: &[&str] = &["db -> ledger addressed", "emoji -> ledger addressed", "shop -> ledger addressed"];
    rows(&[
        (of(&all, "db", "LEDGER_URL=http://s-ledger"), both),
        (of(&all, "db", "BOOKS_HOST=s-ledger"), both),
        // Two are few, its own name is its own, and the command that uses it does.
        (
            of(&["emoji", "db"], "db", "LEDGER_URL=http://s-ledger"),
            &["db -> ledger addressed", "emoji -> ledger addressed"],
        ),
        (of(&all, "db", "DB_LEDGER_URL=http://s-ledger"), three),
        (
            of(&all, "db", "LEDGER_URL=http://s-ledger")
                .replace("s-db: {image: x,", "s-db: {image: x, command: 'serve $$LEDGER_URL',"),
            three,
        ),
    ]);
    let strangers = of(&all, "db", "LEDGER_URL=http://s-ledger").replace("main.py", "x.txt");
    rows(&[(strangers, three)]);
}

#[test]
fn a_variable_may_begin_with_a_line() {
    let of = |name: &str, code: &str| shop(&format!("env: [{{name: {name}, value: 'http://s-ledger'}}]")) + code;
    rows(&[
        (
            of("_APP_LEDGER_HOST", "-- service.shop/main.php\n<?php open(getenv('_APP_LEDGER_HOST'));\n"),
            &["shop -> ledger joined"],
        ),
        (
            of("_APP_LEDGER_HOST", "-- service.shop/main.py\nimport os\nuse(os.environ['_APP_LEDGER_HOST'])\n"),
            &["shop -> ledger joined"],
        ),
        (of("_LEDGER", "-- service.shop/a.js\nuse(process.env._LEDGER);\n"), &["shop -> ledger joined"]),
        (of("__LEDGER_URL", "-- service.shop/a.rb\nuse(ENV['__LEDGER_URL'])\n"), &["shop -> ledger joined"]),
        (of("_APP_LEDGER_HOST", "-- service.shop/main.py\nprint('_APP_CART_HOST')\n"), CALLS),
    ]);
}

/// Three programs of one directory, with what is in the code that they share.
fn shared(shared: &str, mains: [&str; 3], deploy: &str) -> String {
    let [a, b, c] = mains;
    format!(
        "-- service.ledger/x.txt\n-- service.cart/x.txt\n-- service.emoji/x.txt\n-- service.shop/x.txt\n-- service.paint/x.txt\n\
         -- app/a.py\n{a}\n-- app/b.py\n{b}\n-- app/c.py\n{c}\n-- app/common.py\n{shared}\n{deploy}\
         -- hedgerow.yaml\nscan: {{services: [{{path: app, name: service.emoji, main: a.py}}, {{path: app, name: service.shop, main: b.py}}, \
         {{path: app, name: service.paint, main: c.py}}]}}\n"
    )
}

#[test]
fn an_address_in_shared_code_is_for_those_that_are_told_of_its_service() {
    let all = ["import common\ncommon.start()"; 3];
    let code = "import thing, os\ndef start():\n    thing.open(os.getenv('LEDGER') or 'http://s-ledger/x')";
    let compose = |said: &str| {
        format!(
            "-- compose.yml\nservices:\n  s-emoji: {{image: x{said}}}\n  s-shop: {{image: x}}\n  s-paint: {{image: x}}\n  s-ledger: {{image: y}}\n"
        )
    };
    let three: &[&str] = &["emoji -> ledger addressed", "paint -> ledger addressed", "shop -> ledger addressed"];
    rows(&[
        (shared(code, all, ""), three),
        (shared(code, all, &compose("")), three),
        (
            shared(code, all, &compose(", environment: {LEDGER: 'http://s-ledger/x'}")),
            &["emoji -> ledger joined", "paint shop ? ledger"],
        ),
        (
            shared(code, all, &compose(", depends_on: [s-ledger]")),
            &["emoji -> ledger addressed", "paint shop ? ledger"],
        ),
        (
            shared(code, all, &compose(", command: 'run --to http://s-ledger:80'")),
            &["emoji -> ledger addressed", "paint shop ? ledger"],
        ),
        // One calls it by a function that the others do not reach.
        (
            shared(
                "import requests\nAT = 'http://s-ledger/x'\nclass Conf:\n    def __init__(self):\n        self.at = AT\ndef call(conf: Conf):\n    requests.get(conf.at)",
                [
                    "import common\ncommon.call(common.Conf())",
                    "import common\ncommon.Conf()",
                    "import common\ncommon.Conf()",
                ],
                "",
            ),
            &["emoji -> ledger proven", "paint shop ? ledger"],
        ),
        // Told of another one.
        (
            shared(code, all, &compose(", depends_on: [s-cart]")),
            &["emoji -> ledger addressed", "paint -> ledger addressed", "shop -> ledger addressed", "emoji ? cart"],
        ),
    ]);
}

#[test]
fn shared_code_that_only_one_reaches_is_that_ones() {
    let code = "import thing\ndef start():\n    thing.open('http://s-ledger/x')\ndef other():\n    pass";
    let idle = "import common\ncommon.other()";
    rows(&[
        (shared(code, ["import common\ncommon.start()", idle, idle], ""), &["emoji -> ledger addressed"]),
        (
            shared(code, ["import common\ncommon.start()", "import common\ncommon.start()", idle], ""),
            &["emoji -> ledger addressed", "shop -> ledger addressed"],
        ),
        // Nobody does.
        (shared(code, [idle; 3], ""), &["emoji paint shop ? ledger"]),
    ]);
}

#[test]
fn code_in_a_services_own_directory_is_a_question_whoever_else_reaches_it() {
    let main = "-- service.shop/main.go\npackage main\nimport \"plugin\"\nfunc main() { plugin.Open(\"x.so\") }\n";
    let client = "-- service.shop/client/client.go\npackage client\nimport \"net/http\"\nfunc Call() { http.Get(\"http://s-ledger/x\") }\n";
    let user =
        "-- service.emoji/main.go\npackage main\nimport \"bank/service.shop/client\"\nfunc main() { client.Call() }\n";
    let rest = "-- go.mod\nmodule bank\n-- service.ledger/x.txt\n";
    rows(&[
        (format!("{rest}{main}{client}"), &["shop ? ledger"]),
        (format!("{rest}{main}{client}{user}"), &["emoji -> ledger proven", "shop ? ledger"]),
    ]);
}

#[test]
fn what_is_written_into_a_file_of_settings_is_for_its_readers() {
    rows(&[
        (
            shop(
                "command: [sh, -c, \"app config edit /x.toml ledger.url=http://s-ledger:80; app config edit /x.toml cart.url=http://s-cart\"]",
            ),
            &["shop ? ledger", "shop ? cart"],
        ),
        (shop("command: [sh, -c, 'app config set ledger.url=http://s-ledger:80']"), &["shop ? ledger"]),
        (shop("command: [sh, -c, 'app config edit /x.toml a.b=c; app run ledger.url=http://s-ledger:80']"), CALLS),
        (shop("command: [app, run, --config, x, ledger.url=http://s-ledger:80]"), CALLS),
    ]);
}

#[test]
fn a_route_that_is_switched_off_asks_nobody() {
    let of = |values: &str, condition: &str, object: &str| {
        format!(
            "-- service.ledger/x.txt\n-- service.traefik/x.txt\n-- k8s/traefik.yaml\nkind: Deployment\nmetadata: {{name: s-traefik}}\n\
             spec: {{template: {{spec: {{containers: [{{name: main, image: traefik}}]}}}}}}\n\
             -- charts/ledger/Chart.yaml\nname: ledger\n-- charts/ledger/values.yaml\n{values}\n-- charts/ledger/templates/in.yaml\n\
             {{{{- if {condition} -}}}}\n{{{{- if semverCompare \">=1.19-0\" .Capabilities.KubeVersion.GitVersion -}}}}\napiVersion: networking.k8s.io/v1\n{{{{- else -}}}}\n\
             apiVersion: extensions/v1beta1\n{{{{- end }}}}\n{object}{{{{- end }}}}\n-- hedgerow.yaml\nscan: {{}}\n"
        )
    };
    let ingress = "kind: Ingress\nmetadata: {name: ledger, labels: {of: Service}}\nspec: {rules: [{http: {paths: [{path: /, backend: {service: {name: s-ledger}}}]}}]}\n";
    let on: &[&str] = &["traefik -> ledger joined"];
    let enabled = ".Values.ingress.enabled";
    let and_class = "and .Values.ingress.enabled .Values.ingress.class";
    rows(&[
        (of("ingress: {enabled: false}", enabled, ingress), NONE),
        (of("ingress: {enabled: false, class: x}", and_class, ingress), NONE),
        (of("ingress: {enabled: false}", enabled, &ingress.replace("kind: Ingress", "kind: \"Ingress\"")), NONE),
        (of("ingress: {enabled: true}", enabled, ingress), on),
        // What the values do not say may be said elsewhere, and so may what one environment says.
        (of("ingress: {}", enabled, ingress), on),
        (
            of(
                "ingress: {enabled: false}\n-- charts/ledger/values-prod.yaml\ningress: {enabled: true}",
                enabled,
                ingress,
            ),
            on,
        ),
        (
            of(
                "ingress: {enabled: false}\n-- charts/all/Chart.yaml\nname: all\ndependencies: [{name: ledger, repository: 'file://../ledger'}]\n-- charts/all/values.yaml\nledger: {ingress: {enabled: true}}",
                enabled,
                ingress,
            ),
            on,
        ),
        (of("ingress: {enabled: false}", "not .Values.ingress.enabled", ingress), on),
    ]);
    // What is no route counts in every branch.
    let map = "kind: Deployment\nmetadata: {name: s-traefik}\nspec: {template: {spec: {containers: [{name: main, image: traefik, args: ['--to=http://s-ledger:80']}]}}}\n";
    rows(&[(of("ingress: {enabled: false}", enabled, map), &["traefik -> ledger addressed"])]);
}

/// Ten containers that one anchor gives variables, the last of which has `more` in its description.
fn anchored(variables: &str, more: &str) -> String {
    let names: Vec<String> = (0..10).map(|nth| format!("w{nth}")).collect();
    let homes: String = names.iter().map(|name| format!("-- service.{name}/x.txt\n")).collect();
    let services: String = names
        .iter()
        .map(|name| {
            let more = if name == "w9" { more } else { "" };
            format!("  s-{name}:\n    image: vendor/worker\n    environment: {{<<: *all}}\n{more}")
        })
        .collect();
    format!("{OTHERS}{homes}-- compose.yml\nx-all: &all {{{variables}}}\nservices:\n{services}")
}

#[test]
fn what_all_are_given_is_for_those_that_start_after_the_one_it_leads_to() {
    const ASKED: &str = "w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 ? ledger";
    const OF_LAST: &[&str] = &["w9 -> ledger addressed", "w0 w1 w2 w3 w4 w5 w6 w7 w8 ? ledger"];
    let after = "    depends_on: [s-ledger]\n";
    let waits = "    depends_on: {s-ledger: {condition: service_healthy}}\n";
    let url = "LEDGER: 'http://s-ledger/'";
    rows(&[
        (anchored(url, ""), &[ASKED]),
        (anchored(url, after), OF_LAST),
        (anchored(url, waits), OF_LAST),
        (anchored("BROKER: 'amqp://u:p@s-ledger:5672/v'", after), OF_LAST),
        (anchored("STORES: \"{'default': {'HOST': 's-ledger', 'NAME': 'x'}}\"", after), OF_LAST),
        // Whom it starts after is no word for what else it is given.
        (anchored(url, "    depends_on: [s-cart]\n"), &[ASKED, "w9 ? cart"]),
        (
            anchored("LEDGER: 'http://s-ledger/', CART: 'http://s-cart/'", after),
            &["w9 -> ledger addressed", "w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 ? cart ledger"],
        ),
        // What only shows an address is no call.
        (anchored("ALLOWED_ORIGINS: 'http://s-ledger/'", after), &[OF_LAST[1], "w9 ? ledger"]),
        (anchored("NO_PROXY: 's-ledger:80,s-cart:80'", after), &["w9 ? ledger"]),
    ]);
}
