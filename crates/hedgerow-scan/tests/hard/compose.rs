//! What compose files say: names with `_`, and files that they mount.

use crate::silent::asks;
use crate::{outcome, summary};
use hedgerow_core::diag::Code;

/// A compose file whose service `s-shop` says this, beside the services ledger and cart. Addresses count as calls.
fn shop(said: &str) -> String {
    let said: String = said.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "-- service.shop/x.txt\n-- service.ledger/x.txt\n-- service.cart/x.txt\n-- hedgerow.yaml\nscan: {{}}\n-- compose.yml\nservices:\n  s-shop:\n    image: x\n{said}"
    )
}

#[track_caller]
fn rows(rows: &[(&str, &[&str])]) {
    for (tree, expected) in rows {
        assert_eq!(asks(tree), *expected, "{tree}");
    }
}

const PROVEN: &[&str] = &["shop -> ledger proven"];
const ADDRESSED: &[&str] = &["shop -> ledger addressed"];
const ASKS: &[&str] = &["shop ? ledger"];

#[test]
fn names_with_either_dash_are_one() {
    let of = |said: &str| shop(said).replace("s-shop:", "s_shop:");
    rows(&[
        (&of("environment: {LEDGER_URL: 'http://s_ledger:80'}"), ADDRESSED),
        (&of("environment: {UPSTREAM: 's_ledger:80'}"), ADDRESSED),
        (&of("environment: {CASSANDRA_SEEDS: s_ledger}"), ADDRESSED),
        (&of("environment: {OWNER: s_ledger}"), ASKS),
        (&of("depends_on: [s_ledger]"), ASKS),
        (&of("depends_on: {s_ledger: {condition: service_healthy}}"), ASKS),
        (&of("command: [curl, 'http://s_ledger/x']"), PROVEN),
        (&(of("") + "-- service.shop/nginx.conf\nlocation / { proxy_pass http://s_ledger/; }\n"), PROVEN),
        (
            &(of("")
                + "-- service.shop/nginx.conf\nupstream s_ledger { server s-cart:80; }\nlocation / { proxy_pass http://s_ledger; }\n"),
            &["shop -> cart proven"],
        ),
        (
            &(of("")
                + "-- service.shop/a.go\npackage main\nimport \"net/http\"\nfunc main() { http.Get(\"http://s_ledger\") }\n"),
            PROVEN,
        ),
        // Code is full of such words.
        (&(of("") + "-- service.shop/a.go\npackage main\nfunc main() { println(\"s_ledger\") }\n"), &[]),
        (&(of("") + "-- service.shop/x.yml\ntable: s_ledger\n"), &[]),
    ]);
}

#[test]
fn a_name_that_two_services_have_in_other_spellings_is_a_question() {
    let tree = shop("environment: {BOOKS_URL: 'http://b_o_o:80'}")
        .replace("scan: {}", "scan: {aliases: {service.ledger: [b_o-o], service.cart: [b-o_o]}}")
        + "-- service.shop/a.py\nimport os, requests\nrequests.get(os.environ['BOOKS_URL'])\n";
    let found = summary(&outcome(&tree));
    assert_eq!(found, ["shop -> cart wildcard", "shop -> ledger wildcard", "unresolved-call service.shop/a.py"]);
    assert_eq!(asks(&tree.replace("b_o_o", "b_o-o")), ["shop -> ledger joined"]);
}

#[test]
fn files_that_are_mounted_are_read() {
    let caddy = "-- Caddyfile\n{$SITE} {\n\treverse_proxy http://s-ledger:80\n}\n";
    let nginx = "-- conf/web/site.conf\nserver { location / { proxy_pass http://s-ledger; } }\n";
    let with = |said: &str, files: &str| shop(said) + files;
    rows(&[
        (&with("volumes: ['./Caddyfile:/etc/caddy/Caddyfile:ro']", caddy), PROVEN),
        (&with("volumes: [{type: bind, source: ./Caddyfile, target: /etc/caddy/Caddyfile}]", caddy), PROVEN),
        (&with("volumes: ['${CONF:-./conf/web}/site.conf:/etc/nginx/conf.d/default.conf']", nginx), PROVEN),
        (&with("volumes: ['./conf/web:/etc/nginx/conf.d']", nginx), PROVEN),
        (
            &with(
                "configs: [{source: web, target: /etc/nginx/conf.d/x.conf}]",
                &format!("configs: {{web: {{file: ./conf/web/site.conf}}}}\n{nginx}"),
            ),
            PROVEN,
        ),
        (
            &with(
                "configs: [site.conf]",
                "configs:\n  site.conf:\n    content: |\n      server { location / { proxy_pass http://s-ledger; } }\n",
            ),
            PROVEN,
        ),
        (
            &with(
                "volumes: ['./Caddyfile:/etc/caddy/Caddyfile']\nenvironment: {UP: 's-ledger:80'}",
                "-- Caddyfile\n:80 {\n reverse_proxy {$UP}\n}\n",
            ),
            &["shop -> ledger joined"],
        ),
        (
            &with(
                "volumes: ['./p.yml:/etc/prometheus/prometheus.yml']",
                "-- p.yml\nscrape_configs: [{static_configs: [{targets: ['s-ledger:9090']}]}]\n",
            ),
            ADDRESSED,
        ),
        (
            &with(
                "volumes: ['./service.cart/p.yml:/x.yml']",
                "-- service.cart/p.yml\n# hedgerow: ignore another's\nurl: http://s-ledger\n",
            ),
            &[],
        ),
        (
            &with("volumes: ['./Caddyfile:/etc/caddy/Caddyfile']", "-- Caddyfile\n# rpcmap: service.cart\n"),
            &["shop -> cart declared"],
        ),
    ]);
    for (said, files) in [
        // A volume, a path of the machine, one out of the tree, a directory of code, the whole tree.
        (
            "volumes: ['conf:/etc/nginx/conf.d']",
            "-- conf/site.conf\nserver { location / { proxy_pass http://s-ledger; } }\n",
        ),
        ("volumes: ['/conf/web:/etc/nginx/conf.d']", nginx),
        ("volumes: ['../conf/web:/etc/nginx/conf.d']", nginx),
        ("volumes: ['./:/app']", nginx),
        ("volumes: ['./conf/w:/etc/nginx/conf.d']", nginx),
    ] {
        assert!(asks(&with(said, files)).is_empty(), "{said}");
    }
    // What lies in a service's directory is that one's.
    let tree = with(
        "volumes: ['./service.cart:/app']",
        "-- service.cart/site.conf\nserver { location / { proxy_pass http://s-ledger; } }\n",
    );
    assert_eq!(asks(&tree), ["cart -> ledger proven"]);
}

#[test]
fn a_mounted_file_is_settings_of_the_code() {
    let tree = shop("volumes: ['./conf/all.yml:/etc/shop/config.yml']")
        + "-- conf/all.yml\nledger: {host: s-ledger}\n-- service.shop/a.py\nfrom vendor import load, Client\nClient(load().ledger.host)\n";
    assert_eq!(asks(&tree), ["shop -> ledger joined"]);
}

#[test]
fn an_address_in_everybodys_settings_is_one_question() {
    let code = |name: &str| format!("-- service.{name}/a.py\nprint(1)\n");
    let tree = format!(
        "{}{}-- service.ledger/x.txt\n-- conf/all.yml\nledger: {{host: s-ledger}}\n-- hedgerow.yaml\nscan: {{settings: [conf/all.yml]}}\n",
        code("shop"),
        code("cart")
    );
    assert_eq!(asks(&tree), ["cart shop ? ledger"]);
    assert_eq!(
        asks(&tree.replace("print(1)", "from vendor import load, Client\nClient(load()['ledger']['host'])")),
        ["cart -> ledger joined", "shop -> ledger joined"]
    );
}

#[test]
fn a_file_of_variables_that_is_to_be_copied_says_what_it_will() {
    let file = |name: &str, path: &str| {
        shop(&format!("env_file: {name}\nenvironment: {{UPSTREAM: '${{LEDGER}}'}}"))
            + &format!("-- {path}\nLEDGER=s-ledger:80\n")
    };
    rows(&[
        (&file(".env.prod", ".env.prod.example"), ADDRESSED),
        (&file(".env.prod", "env.prod.sample"), ADDRESSED),
        (&file("'${WHICH:-./shop.env}'", "shop.env.dist"), ADDRESSED),
        (&file("deploy/shop.env", "deploy/shop.env-template"), ADDRESSED),
        // What is there comes first, and another file's is another's.
        (&(file("shop.env", "shop.env") + "-- shop.env.example\nLEDGER=s-cart:80\n"), ADDRESSED),
        (&(file("shop.env", "other.env.example") + "-- more.env.example\nX=1\n"), &[]),
        (&file("shop.env", "deploy/shop.env.example"), &[]),
    ]);
    // What `.env` says comes before the container's own file.
    let own = file("shop.env", "shop.env") + "-- .env\nLEDGER=s-cart:80\n";
    assert!(asks(&own).contains(&"shop -> cart addressed".to_owned()), "{:?}", asks(&own));
}

#[test]
fn of_what_a_variable_is_given_the_last_one_counts() {
    const CART: &[&str] = &["shop -> cart addressed"];
    let of = |said: &str, dotenv: &str| {
        shop(said)
            + "-- a.env\nLEDGER_URL=http://s-ledger:80\n-- b.env\nLEDGER_URL=http://s-cart:80\n-- c.env\nOTHER=1\n-- .env\n"
            + dotenv
            + "\n"
    };
    let ledger = "environment: {LEDGER_URL: 'http://s-ledger:80'}";
    rows(&[
        // Files, one after the other.
        (&of("env_file: [a.env, b.env]", ""), CART),
        (&of("env_file: [b.env, a.env]", ""), ADDRESSED),
        (&of("env_file: [a.env, {path: b.env}, c.env]", ""), CART),
        // What stands in the compose file comes before them.
        (&of(&format!("{ledger}\nenv_file: [b.env]"), ""), ADDRESSED),
        (&of(&format!("env_file: b.env\n{ledger}"), ""), ADDRESSED),
        (&of("env_file: b.env\nenvironment: ['LEDGER_URL=http://s-ledger:80']", ""), ADDRESSED),
        // A name alone is what it is outside, if it is something there.
        (&of("env_file: b.env\nenvironment: [LEDGER_URL]", "LEDGER_URL=http://s-ledger:80"), ADDRESSED),
        (&of("env_file: b.env\nenvironment: {LEDGER_URL: }", "LEDGER_URL=http://s-ledger:80"), ADDRESSED),
        (&of("env_file: b.env\nenvironment: [LEDGER_URL]", ""), CART),
    ]);
    let up = "environment: {UP_URL: '${LEDGER_URL}'}";
    // What the compose file asks for is what `.env` says; where that says nothing, what the files say, of which the last one counts.
    let both: &[&str] = &["shop -> cart addressed", "shop -> ledger addressed"];
    rows(&[
        (&of(&format!("env_file: a.env\n{up}"), "LEDGER_URL=http://s-cart:80"), both),
        (&of(&format!("env_file: [b.env, a.env]\n{up}"), ""), ADDRESSED),
        (&of(&format!("env_file: [a.env, b.env]\n{up}"), ""), CART),
    ]);
}

#[test]
fn a_file_of_variables_that_is_not_there_is_told() {
    let left = |said: &str, files: &str| -> Vec<String> {
        let account = outcome(&(shop(said) + files)).accounts.remove("service.shop").unwrap();
        account.left.iter().map(|left| format!("{}: {} {}", left.reason.as_str(), left.what, left.first)).collect()
    };
    let told: &[&str] = &["deploy file not understood: an `env_file` that the tree does not have compose.yml"];
    for (said, files, expected) in [
        ("env_file: prod.env", "", told),
        ("env_file: [prod.env]", "", told),
        ("env_file: [{path: prod.env}]", "", told),
        ("env_file: [{path: prod.env, required: true}]", "", told),
        ("env_file: '${WHICH}'", "", told),
        ("env_file: /etc/prod.env", "", told),
        ("env_file: [{path: prod.env, required: false}]", "", &[]),
        ("env_file: prod.env", "-- prod.env\n", &[]),
        ("env_file: prod.env", "-- prod.env.example\nX=1\n", &[]),
        ("environment: {X: '${Y}'}", "", &[]),
    ] {
        assert_eq!(left(said, files), expected, "{said}");
    }
}

#[test]
fn ports_that_are_published_are_called_by_the_machines_names() {
    let of = |said: &str, ledger: &str| {
        format!(
            "{}  s-ledger:
    image: y
    {ledger}
",
            shop(said)
        )
    };
    let code = "-- service.shop/main.py\nimport os, requests\nrequests.get(os.environ['UPSTREAM'] + '/x')\n";
    let calls = |said: &str, ledger: &str| summary(&outcome(&(of(said, ledger) + code)));
    let ports = "ports: ['8080:80']";
    let joined = ["shop -> ledger joined"];
    for (host, said) in [
        ("host.docker.internal:8080", ""),
        ("172.17.0.1:8080", ""),
        ("bank.local:8080", "extra_hosts: ['bank.local:host-gateway']\n"),
        ("Bank.local:8080", "extra_hosts: ['bank.local=172.17.0.1']\n"),
        ("bank.local:8080", "extra_hosts: {bank.local: host-gateway}\n"),
    ] {
        let given = format!("{said}environment: {{UPSTREAM: 'http://{host}'}}");
        assert_eq!(calls(&given, ports), joined, "{given}");
    }
    let given = "environment: {UPSTREAM: 'http://host.docker.internal:8080'}";
    for ports in [
        "ports: [{target: 80, published: 8080}]",
        "ports: [{target: 80, published: '8080', protocol: tcp}]",
        "ports: ['8079-8081:79-81']",
        "ports: ['${LEDGER_PORT:-8080}:80/tcp']",
    ] {
        assert_eq!(calls(given, ports), joined, "{ports}");
    }
    // The port that it listens at itself is what counts.
    let found = outcome(&(of(given, ports) + code));
    assert!(format!("{:?}", found.edges).contains("Named(80)"), "{found:?}");
    // Of the machine alone: Docker Desktop hands it on, and Docker on Linux does not.
    assert_eq!(calls(given, "ports: ['127.0.0.1:8080:80']")[..1], ["shop -> ledger wildcard"]);
    // Nobody, another port, another machine, this container alone, several.
    for (given, ports) in [
        (given, "ports: ['8081:80']"),
        (given, "ports: ['8080']"),
        (given, "expose: ['8080']"),
        ("environment: {UPSTREAM: 'http://bank.local:8080'}", ports),
        ("extra_hosts: ['bank.local:10.0.0.1']\nenvironment: {UPSTREAM: 'http://bank.local:8080'}", ports),
        ("environment: {UPSTREAM: 'http://localhost:8080'}", ports),
    ] {
        assert_eq!(calls(given, ports), [""; 0], "{given} {ports}");
    }
    // One of several, or of another project: who is meant cannot be told.
    let several = calls(given, "ports: ['8080:80']\n  s-cart:\n    image: z\n    ports: ['8080:81']");
    assert_eq!(several[..2], ["shop -> cart wildcard", "shop -> ledger wildcard"]);
    // Files for production and for development publish one service twice.
    let twice = of(given, ports) + "-- compose.dev.yml\nservices: {s-ledger: {ports: ['8080:8080']}}\n" + code;
    assert_eq!(summary(&outcome(&twice)), joined);
    let apart = of(given, "image: y").replace("-- compose.yml", "-- a/compose.yml")
        + "-- b/compose.yml\nservices: {s-ledger: {image: y, ports: ['8080:80']}}\n"
        + code;
    assert_eq!(summary(&outcome(&apart))[..1], ["shop -> ledger wildcard"]);
    // Without code, and by a host alone.
    rows(&[
        (&of(given, ports), ADDRESSED),
        (&of("environment: {UPSTREAM: '172.17.0.1:8080'}", ports), ADDRESSED),
        (&of("environment: {UPSTREAM: '172.17.0.1'}", ports), &[]),
    ]);
}

#[test]
fn a_container_with_an_address_for_good_answers_there() {
    let of =
        |shop: &str, ledger: &str| format!("{}  s-ledger:\n    image: y\n    networks: {ledger}\n", self::shop(shop));
    let address = "{bank: {ipv4_address: 172.30.0.20}}";
    let nginx = "-- service.shop/nginx.conf\nupstream a { server 172.30.0.20:80; }\nserver { location / { proxy_pass http://a; } }\n";
    rows(&[
        (&of("environment: {LEDGER_URL: 'http://172.30.0.20:80'}", address), ADDRESSED),
        (&of("environment: {LEDGER_HOST: 172.30.0.20}", address), ADDRESSED),
        (&(of("", address) + nginx), PROVEN),
        (&of("environment: {LEDGER_URL: 'http://172.30.0.21:80'}", address), &[]),
        (&of("environment: {LEDGER_URL: 'http://172.30.0.20:80'}", "[bank]"), &[]),
        (&of("environment: {LEDGER_HOST: 172.30.0.20}", "{bank: {ipv4_address: '${IP:-172.30.0.20}'}}"), ADDRESSED),
        // Two have it, or one of another project.
        (
            &(of("environment: {LEDGER_HOST: 172.30.0.20}", address)
                + "  vendor:\n    networks: {more: {ipv4_address: 172.30.0.20}}\n"),
            &[],
        ),
        (
            &of("environment: {LEDGER_HOST: 172.30.0.20}", address)
                .replace("  s-ledger:", "-- b/compose.yml\nservices:\n  s-ledger:"),
            &[],
        ),
    ]);
}

#[test]
fn what_follows_a_name_that_the_deploy_gives_whole_is_no_part_of_the_name() {
    let calls = |given: &str, code: &str, expected: &[&str]| {
        let tree =
            shop(&format!("environment: {given}")) + "-- service.ledger-old/x.txt\n-- service.shop/a.js\n" + code;
        assert_eq!(asks(&tree), expected, "{given} {code}");
    };
    let joined: &[&str] = &["shop -> ledger joined"];
    let rest = "const rest = process.argv[2];\n";
    for code in [
        "fetch(`http://${process.env.AT}${rest}`);",
        "fetch('http://' + process.env.AT + rest + '/x');",
        "fetch(`${process.env.AT}${rest}/x`);",
        "fetch(`http://${process.env.AT}.${rest}/x`);",
        "fetch(`http://${process.env.AT}.${rest}:80/x`);",
    ] {
        calls("{AT: s-ledger}", &format!("{rest}{code}"), joined);
    }
    // The name is not whole, or the code itself writes it.
    for (given, code) in [
        ("{AT: s-led}", "fetch(`http://${process.env.AT}${rest}`);"),
        ("{AT: s-ledger}", "fetch(`http://${process.env.AT}-${rest}`);"),
        ("{AT: http}", "fetch(`${process.env.AT}://s-ledger${rest}`);"),
        ("{AT: x.s-ledger}", "fetch(`http://${process.env.AT}${rest}`);"),
    ] {
        let tree = shop(&format!("environment: {given}"))
            + "-- service.ledger-old/x.txt\n-- service.shop/a.js\n"
            + rest
            + code;
        assert!(!asks(&tree).contains(&"shop -> ledger joined".to_owned()), "{given} {code}: {:?}", asks(&tree));
    }
}

#[test]
fn what_a_container_has_of_another_one_is_its_own() {
    let base =
        "  base:\n    image: y\n    environment: {LEDGER_URL: 'http://s-ledger:80', CART_URL: 'http://s-cart:80'}\n";
    let both: &[&str] = &["shop -> cart addressed", "shop -> ledger addressed"];
    let elsewhere = format!("-- deploy/common.yml\nservices:\n{base}");
    rows(&[
        (&(shop("extends: base") + base), both),
        (&(shop("extends: {service: base}") + base), both),
        (&(shop("extends: {file: deploy/common.yml, service: base}") + &elsewhere), both),
        // What it says itself counts, whatever the other one says.
        (&(shop("extends: base\nenvironment: {CART_URL: ''}") + base), ADDRESSED),
        (&(shop("extends: base\nenvironment: ['CART_URL=http://elsewhere.example.org']") + base), ADDRESSED),
        (&(shop("extends: base\nenvironment: {OTHER_URL: 'http://s-cart:80'}") + base), both),
        (&(shop("extends: middle") + "  middle: {extends: base, environment: {CART_URL: ''}}\n" + base), ADDRESSED),
        (
            &(shop("extends: middle\nenvironment: {LEDGER_URL: ''}")
                + "  middle: {extends: base, environment: {CART_URL: ''}}\n"
                + base),
            &[],
        ),
        // Commands are replaced, and files lie beside the file that names them.
        (&(shop("extends: base") + "  base: {image: y, command: [curl, 'http://s-ledger/x']}\n"), PROVEN),
        (
            &(shop("extends: base\ncommand: [sleep, '9']")
                + "  base: {image: y, command: [curl, 'http://s-ledger/x']}\n"),
            &[],
        ),
        (
            &(shop("extends: base\nentrypoint: [sleep, '9']")
                + "  base: {image: y, command: [curl, 'http://s-ledger/x']}\n"),
            &[],
        ),
        (
            &(shop("extends: {file: deploy/common.yml, service: base}")
                + "-- deploy/common.yml\nservices:\n  base: {image: y, env_file: [./all.env]}\n-- deploy/all.env\nLEDGER_URL=http://s-ledger:80\n"),
            ADDRESSED,
        ),
        (
            &(shop("extends: {file: deploy/common.yml, service: base}")
                + "-- deploy/common.yml\nservices:\n  base: {image: y, volumes: ['./conf.yml:/etc/conf.yml']}\n-- deploy/conf.yml\nendpoint: s-ledger:80\n"),
            ADDRESSED,
        ),
        (
            &(shop("extends: base\nenvironment: {LEDGER_URL: ''}")
                + "  base: {image: y, env_file: [all.env]}\n-- all.env\nLEDGER_URL=http://s-ledger:80\n"),
            &[],
        ),
        // Those that go round, and those that are not there.
        (
            &(shop("extends: base")
                + "  base: {extends: s-shop, image: y, environment: {LEDGER_URL: 'http://s-ledger:80'}}\n"),
            ADDRESSED,
        ),
        (&shop("extends: {file: gone.yml, service: base}"), &[]),
    ]);
}

#[test]
fn what_is_built_does_not_run_the_image_of_what_it_has_in_itself() {
    let tree = |shop: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{}}\n-- service.cache/x.txt\n-- service.shop/Dockerfile\nFROM python\nCOPY . .\n-- service.cart/a.py\nimport os, redis\nredis.Redis(host=os.environ['AT'])\n\
             -- compose.yml\nservices:\n  base: {{image: 'redis:7'}}\n  service.cache: {{image: 'redis:7'}}\n  service.cart: {{image: x}}\n  service.shop: {{extends: base{shop}}}\n"
        )
    };
    assert_eq!(asks(&tree(", build: ./service.shop")), ["cart -> cache addressed"]);
    assert_ne!(asks(&tree("")), ["cart -> cache addressed"]);
}

#[test]
fn the_code_of_what_is_built_as_another_one_is_that_one_s() {
    let tree = "-- hedgerow.yaml\nscan: {}\n-- service.shop/x.txt\n-- service.ledger/x.txt\n-- compose.yml\nservices:\n  base: {build: src}\n  s-ledger: {image: y}\n\
                \x20 s-shop: {extends: base, command: [python, shop.py]}\n-- src/Dockerfile\nFROM python\nCOPY . .\n-- src/shop.py\nimport requests\nrequests.get('http://s-ledger/x')\n";
    assert_eq!(asks(tree), PROVEN);
}

#[test]
fn a_deployment_that_is_named_has_the_files_that_it_takes_in() {
    let tree = |said: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{deploy: [compose.yml]}}\n-- service.shop/x.txt\n-- service.ledger/x.txt\n-- compose.yml\n{said}\n\
             -- parts/shop.yml\nservices:\n  s-shop: {{image: x, environment: {{LEDGER_URL: 'http://s-ledger:80'}}}}\n  s-ledger: {{image: y}}\n\
             -- more.yml\ninclude:\n  - parts/shop.yml\n"
        )
    };
    rows(&[
        (&tree("include: [parts/shop.yml]"), ADDRESSED),
        (&tree("include:\n  - ./parts/shop.yml"), ADDRESSED),
        (&tree("include:\n  - path: parts/shop.yml"), ADDRESSED),
        (&tree("include:\n  - path: [gone.yml, parts/shop.yml]\n    env_file: x.env"), ADDRESSED),
        (&tree("include: [more.yml]"), ADDRESSED),
        (&tree("services:\n  s-shop: {extends: {file: parts/shop.yml, service: s-shop}}"), ADDRESSED),
        (&tree("services:\n  s-shop: {image: x}"), &[]),
    ]);
}

/// Behind a value a comment speaks of that value; in or above the service it speaks of all.
#[test]
fn a_comment_behind_a_value_leaves_the_others() {
    let shop = |first: &str, books: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{}}\n-- service.shop/main.js\nvendor.start(process.env.LEDGER_URL, process.env.BOOKS_URL)\n-- service.ledger/x.txt\n-- service.books/x.txt\n\
             -- docker-compose.yml\nservices:\n  service.shop:\n    image: x\n    environment:\n{first}      BOOKS_URL: http://service.books:80{books}\n      LEDGER_URL: http://service.ledger:80\n"
        )
    };
    let ignore = " # hedgerow: ignore nobody asks for it";
    let code = |tree: String| tree.replace("process.env.LEDGER_URL, process.env.BOOKS_URL", "1");
    let edges = |tree: &str| -> Vec<String> {
        let found = outcome(tree);
        let rules = found.edges.values().filter(|edge| edge.class().is_rule() || edge.class().as_str() == "candidate");
        rules.map(|edge| edge.callee.clone()).collect()
    };
    for (what, tree, expected) in [
        ("no comment", code(shop("", "")), &["service.books", "service.ledger"][..]),
        ("behind a value", code(shop("", ignore)), &["service.ledger"]),
        ("in the service", code(shop("      # hedgerow: ignore nobody asks for them\n", "")), &[]),
        ("both", code(shop("      # hedgerow: ignore nobody asks for them\n", ignore)), &[]),
        ("behind a key", code(shop("", "")).replace("environment:\n", &format!("environment:{ignore}\n")), &[]),
        // Another comment, of whom it calls, does not make it speak of all.
        (
            "beside another",
            code(shop("      # rpcmap: service.books\n", "")).replace("ledger:80", "ledger:80 # hedgerow: ignore no"),
            &["service.books"],
        ),
        // What code says counts all the same.
        ("code asks", shop("", ignore), &["service.books", "service.ledger"]),
    ] {
        assert_eq!(edges(&tree), expected, "{what}");
    }
    // What a script of the service calls is answered for on its line alone.
    let curl = |first: &str, behind: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{}}\n-- service.ledger/x.txt\n-- service.shop/x.txt\n-- docker-compose.yml\nservices:\n  service.shop:\n    image: x\n    environment:\n      A: b{first}\n    command: sh -c 'curl http://$$AT/x'{behind}\n"
        )
    };
    let asked = |tree: &str| outcome(tree).findings.iter().filter(|found| found.code == Code::UnresolvedCall).count();
    for (first, behind, expected) in
        [("", "", 1), ("", ignore, 0), (ignore, "", 1), (" # rpcmap: service.ledger", "", 0)]
    {
        assert_eq!(asked(&curl(first, behind)), expected, "{first}, {behind}");
    }
}
