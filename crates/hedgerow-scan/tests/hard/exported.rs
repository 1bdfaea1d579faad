//! Variables that scripts give to compose, settings that one container writes for others, and names for addresses of what is started before.

use crate::silent::{asks, told as rows};

/// A compose file whose service `s-shop` is given this, beside the services ledger and cart, and other files. Addresses count as calls.
fn shop(said: &str, files: &str) -> String {
    let said: String = said.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "-- service.shop/x.txt\n-- service.ledger/x.txt\n-- service.cart/x.txt\n-- hedgerow.yaml\nscan: {{}}\n-- deploy/compose.yml\nservices:\n  s-shop:\n    \
         image: x\n{said}{files}"
    )
}

const ADDRESSED: &[&str] = &["shop -> ledger addressed"];
const NOTHING: &[&str] = &[];

#[test]
fn scripts_that_call_compose_give_it_variables() {
    const ASKED: &str = "environment: {LEDGER_URL: '${LEDGER_URL}'}";
    let by = |script: &str| shop(ASKED, script);
    let rest = "docker compose up -d\n";
    rows(&[
        ("exported", by(&format!("-- up.sh\nexport LEDGER_URL=http://s-ledger:80\n{rest}")), ADDRESSED),
        ("before the call", by("-- deploy/up.sh\nLEDGER_URL=\"http://s-ledger:80\" docker-compose up\n"), ADDRESSED),
        ("a default", by(&format!("-- up.sh\n: \"${{LEDGER_URL:=http://s-ledger:80}}\"\n{rest}")), ADDRESSED),
        (
            "a default of itself",
            by(&format!("-- up.sh\nexport LEDGER_URL=${{LEDGER_URL:-http://s-ledger:80}}\n{rest}")),
            ADDRESSED,
        ),
        (
            "a function that writes the file",
            by(
                "-- enable.sh\nput() { echo \"$1=$2\" >> .env; }\nput \"LEDGER_URL\" \"http://s-ledger:80\"\ndocker compose up\n",
            ),
            ADDRESSED,
        ),
        (
            "a file that is written",
            by(&format!("-- up.sh\ncat > .env <<EOF\nLEDGER_URL=http://s-ledger:80\nEOF\n{rest}")),
            ADDRESSED,
        ),
        (
            "a line that is written",
            by(&format!("-- up.sh\necho \"LEDGER_URL=http://s-ledger:80\" >> .env\n{rest}")),
            ADDRESSED,
        ),
        (
            "a makefile",
            by(
                "-- Makefile\nPASSWORD?=x\nLEDGER_URL?=http://a:${PASSWORD}@s-ledger:80/b\nGIVEN=\\\n\tLEDGER_URL=${LEDGER_URL}\\\n\tB=$(B)\nup:\n\t$(GIVEN) \
                docker compose up\n",
            ),
            ADDRESSED,
        ),
        (
            "make exports",
            by("-- Makefile\nexport LEDGER_URL := http://s-ledger:80\nup:\n\tdocker compose up\n"),
            ADDRESSED,
        ),
        (
            "a stack",
            by("-- Makefile\nup:\n\tLEDGER_URL=http://s-ledger docker stack deploy -c deploy/compose.yml x\n"),
            ADDRESSED,
        ),
        (
            "a package",
            by(
                "-- package.json\n{\"scripts\": {\"up\": \"cross-env LEDGER_URL=http://s-ledger:80 docker compose up\"}}\n",
            ),
            ADDRESSED,
        ),
        (
            "a package with quotes",
            by(
                "-- package.json\n{\"scripts\": {\"up\": \"LEDGER_URL=\\\"http://s-ledger:80\\\" docker compose up\"}}\n",
            ),
            ADDRESSED,
        ),
        ("just", by("-- justfile\nexport LEDGER_URL := \"http://s-ledger:80\"\nup:\n  docker compose up\n"), ADDRESSED),
        (
            "Task",
            by(
                "-- Taskfile.yml\nenv:\n  HOST: s-ledger\n  LEDGER_URL: http://{{.HOST}}:80\ntasks: {up: {cmds: [docker compose up]}}\n",
            ),
            ADDRESSED,
        ),
        ("direnv", by("-- deploy/.envrc\nexport LEDGER_URL=http://s-ledger:80\n"), ADDRESSED),
        ("PowerShell", by("-- up.ps1\n$env:LEDGER_URL = 'http://s-ledger:80'\ndocker compose up\n"), ADDRESSED),
        ("Windows", by("-- up.cmd\nset LEDGER_URL=http://s-ledger:80\ndocker compose up\n"), ADDRESSED),
        ("fish", by("-- up.fish\nset -x LEDGER_URL http://s-ledger:80\ndocker compose up\n"), ADDRESSED),
        (
            "a file that it takes in",
            by(&format!("-- up.sh\n. ./deploy/env.sh\n{rest}-- deploy/env.sh\nexport LEDGER_URL=http://s-ledger:80\n")),
            ADDRESSED,
        ),
        (
            "a file that it names",
            by("-- up.sh\ndocker compose --env-file conf/all.txt up\n-- conf/all.txt\nLEDGER_URL=http://s-ledger:80\n"),
            ADDRESSED,
        ),
        (
            "what the script also is on the machine",
            by(&format!(
                "-- up.sh\nexport LEDGER_URL=http://localhost:80\n[ $x ] && LEDGER_URL=http://s-ledger:80\n{rest}"
            )),
            ADDRESSED,
        ),
        (
            "left empty in the template",
            by(&format!("-- deploy/.env.example\nLEDGER_URL=\n-- up.sh\nexport LEDGER_URL=http://s-ledger:80\n{rest}")),
            ADDRESSED,
        ),
        (
            "a host alone",
            shop(
                "environment: {LEDGER_HOST: '${LEDGER_HOST}'}",
                &format!("-- up.sh\nexport LEDGER_HOST=s-ledger\n{rest}"),
            ),
            ADDRESSED,
        ),
        (
            "an argument",
            shop(
                "command: [serve, '--ledger=${LEDGER_URL}']",
                &format!("-- up.sh\nexport LEDGER_URL=http://s-ledger\n{rest}"),
            ),
            ADDRESSED,
        ),
        (
            "a name alone",
            shop("environment: [LEDGER_URL]", &format!("-- up.sh\nexport LEDGER_URL=http://s-ledger\n{rest}")),
            ADDRESSED,
        ),
    ]);
}

#[test]
fn what_scripts_say_otherwise_is_no_variable_of_compose() {
    const ASKED: &str = "environment: {BOOKS_URL: '${BOOKS_URL}'}";
    let by = |script: &str| shop(ASKED, script);
    let open = asks(&shop(ASKED, ""));
    let open: Vec<&str> = open.iter().map(String::as_str).collect();
    rows(&[
        ("no compose", by("-- up.sh\nexport BOOKS_URL=http://s-ledger:80\nkubectl apply\n"), &open),
        ("no script", by("-- notes.txt\nexport BOOKS_URL=http://s-ledger:80\ndocker compose up\n"), &open),
        ("a test", by("-- tests/up.sh\nexport BOOKS_URL=http://s-ledger:80\ndocker compose up\n"), &open),
        ("another place", by("-- other/up.sh\nexport BOOKS_URL=http://s-ledger:80\ndocker compose up\n"), &open),
        ("a comment", by("-- up.sh\n# export BOOKS_URL=http://s-ledger:80\ndocker compose up\n"), &open),
        ("a use", by("-- up.sh\ncurl ${BOOKS_URL:-http://s-ledger:80}\ndocker compose up\n"), &open),
        (
            "several",
            by("-- up.sh\nexport BOOKS_URL=http://s-ledger:80\nexport BOOKS_URL=http://s-cart:80\ndocker compose up\n"),
            &open,
        ),
        ("a command", by("-- up.sh\nexport BOOKS_URL=http://$(find s-ledger):80\ndocker compose up\n"), &open),
        (
            "what the file beside says counts",
            by(
                "-- deploy/.env\nBOOKS_URL=http://s-cart\n-- up.sh\nexport BOOKS_URL=http://s-ledger:80\ndocker compose up\n",
            ),
            &["shop -> cart addressed"],
        ),
        (
            "so does a default",
            shop(
                "environment: {BOOKS_URL: '${BOOKS_URL:-http://s-cart}'}",
                "-- up.sh\nexport BOOKS_URL=http://s-ledger:80\ndocker compose up\n",
            ),
            &["shop -> cart addressed"],
        ),
        ("variables in rings", by("-- up.sh\nA=$B$B$B\nB=$A$A$A\nBOOKS_URL=http://$A/$B\ndocker compose up\n"), &open),
    ]);
}

/// A compose file with these services, each with what it says.
fn fleet(services: &[(&str, &str)]) -> String {
    let lines = |said: &str| said.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let services: String =
        services.iter().map(|(name, said)| format!("  s-{name}:\n    image: x\n{}", lines(said))).collect();
    format!(
        "-- service.init/x.txt\n-- service.shop/x.txt\n-- service.ledger/x.txt\n-- service.cart/x.txt\n-- hedgerow.yaml\nscan: {{}}\n-- compose.yml\nservices:\n\
         {services}"
    )
}

#[test]
fn what_is_written_into_a_volume_is_for_those_that_read_it() {
    const MOUNT: &str = "volumes: ['conf:/conf']";
    let with = |writes: &str, reads: &str| {
        fleet(&[("init", &format!("{MOUNT}\n{writes}")), ("shop", &format!("{MOUNT}\n{reads}"))])
    };
    let edit =
        "command: [app, config, edit, /conf/app.toml, '--output', /conf/app.toml, 'ledger.url=http://s-ledger:80']";
    let start = "command: app start --config /conf/app.toml";
    rows(&[
        ("a list", with(edit, start), ADDRESSED),
        ("a line", with("command: app config edit /conf/app.toml ledger.url=http://s-ledger:80", start), ADDRESSED),
        (
            "a script",
            with("command: sh -c \"app config set --file=/conf/app.toml ledger.host=s-ledger; chown x /conf\"", start),
            ADDRESSED,
        ),
        (
            "lines of a script",
            with(
                "entrypoint: [sh, -c, \"echo 'LEDGER_URL=http://s-ledger:80' > /conf/app.env\\nexit\"]",
                "command: [run, /conf/app.env]",
            ),
            ADDRESSED,
        ),
        (
            "a text in a script",
            with(
                "command:\n  - sh\n  - -c\n  - |\n    cat > /conf/app.yml <<EOF\n    ledger_url: http://s-ledger:80\n    EOF\n    echo done",
                "environment: {CONFIG: /conf/app.yml}",
            ),
            ADDRESSED,
        ),
        ("the only one that has the volume", with(edit, "command: app start"), ADDRESSED),
        ("a directory of the machine", with(edit, start).replace("conf:/conf", "./run:/conf"), ADDRESSED),
        (
            "volumes in full",
            with(edit, start).replace("['conf:/conf']", "[{type: volume, source: conf, target: /conf}]"),
            ADDRESSED,
        ),
        (
            "another place of the volume",
            fleet(&[
                ("init", &format!("{MOUNT}\n{edit}")),
                ("shop", "volumes: ['conf:/etc/app']\ncommand: app start --config /etc/app/app.toml"),
            ]),
            ADDRESSED,
        ),
    ]);
    // Each takes its own section, as its command says.
    let sections = "command: |-\n  sh -c \"app config edit /conf/app.toml shop.api.url=http://s-ledger:80; app config edit /conf/app.toml \
                    cart.local.api.url=http://s-shop:80; app config edit /conf/app.toml shop.url=http://s-shop\"";
    let of = |shop: &str, cart: &str| {
        let start = |part: &str| format!("{MOUNT}\ncommand: sh -c \"app start {part} --config /conf/app.toml\"");
        fleet(&[("init", &format!("{MOUNT}\n{sections}")), ("shop", &start(shop)), ("cart", &start(cart))])
    };
    rows(&[
        ("sections", of("shop", "cart:local"), &["cart -> shop addressed", "shop -> ledger addressed"]),
        ("one section", of("shop", ""), &["cart -> shop addressed", "shop -> ledger addressed"]),
        ("sections by their names", of("", ""), &["cart -> shop addressed", "shop -> ledger addressed"]),
        (
            "sections that nobody names",
            of("", "")
                .replace("shop.api", "one.api")
                .replace("cart.local", "two.local")
                .replace("shop.url", "three.url"),
            &["cart shop ? ledger", "cart ? shop"],
        ),
    ]);
}

#[test]
fn what_a_container_calls_or_keeps_is_its_own() {
    const MOUNT: &str = "volumes: ['conf:/conf']";
    let with = |writes: &str, reads: &str| {
        fleet(&[("init", &format!("{MOUNT}\n{writes}")), ("shop", &format!("{MOUNT}\n{reads}"))])
    };
    let edit = "command: app config edit /conf/app.toml ledger.url=http://s-ledger:80";
    rows(&[
        (
            "a call",
            with("command: curl http://s-ledger/x -o /conf/app.toml", "command: app"),
            &["init -> ledger proven"],
        ),
        (
            "a call with data",
            with("command: curl -d ledger.url=http://s-ledger:80 http://s-cart/x -o /conf/a", "command: app"),
            &["init -> cart proven", "init -> ledger proven"],
        ),
        (
            "no volume of others",
            fleet(&[("init", &format!("{MOUNT}\n{edit}")), ("shop", "command: app --config /conf/app.toml")]),
            &["init ? ledger"],
        ),
        (
            "a file that nobody names, of a volume of several",
            fleet(&[("init", &format!("{MOUNT}\n{edit}")), ("shop", MOUNT), ("cart", MOUNT)]),
            &["init ? ledger"],
        ),
        (
            "another statement",
            with("command: sh -c \"touch /conf/x; serve ledger_url=http://s-ledger:80\"", "command: app"),
            &["init -> ledger addressed"],
        ),
    ]);
}

#[test]
fn a_name_for_an_address_of_what_is_started_before_is_a_call() {
    const CODE: &str = "-- service.shop/a.py\nimport os, requests\nrequests.get(os.environ['LEDGER_URL'])\n";
    let own = |path: &str, text: &str| format!("-- service.shop/{path}\n{text}\n");
    const AFTER: &str = "depends_on: [s-ledger]";
    // That the call has another target is not known.
    let open: &[&str] = &["shop -> ledger addressed", "unresolved-call service.shop/a.py"];
    rows(&[
        ("a variable that code asks for", shop(AFTER, CODE), open),
        ("with words between", shop(AFTER, &CODE.replace("LEDGER_URL", "LEDGER_SERVICE_BASE_URL")), open),
        ("with words before", shop(AFTER, &CODE.replace("LEDGER_URL", "SHOP_LEDGER_HOST")), open),
        ("a condition", shop("depends_on: {s-ledger: {condition: service_healthy}}", CODE), open),
        ("links", shop("links: ['s-ledger:books']", CODE), open),
        (
            "a variable that nothing sets",
            shop(&format!("{AFTER}\nenvironment: {{LEDGER_BASE_URL: '${{LEDGER_BASE_URL}}'}}"), ""),
            ADDRESSED,
        ),
        ("a setting", shop(AFTER, &own("app.ini", "[x]\nledgerWebServiceUrl = \"\"")), ADDRESSED),
        ("a property", shop(AFTER, &own("application.properties", "ledger.url=")), ADDRESSED),
        ("JSON", shop(AFTER, &own("appsettings.json", "{\"Ledger\": {\n\"LedgerUrl\": \"\",\n\"B\": 1}}")), ADDRESSED),
        ("YAML", shop(AFTER, &own("config.yml", "ledger-endpoint:\nother: 1")), ADDRESSED),
    ]);
    let asks: &[&str] = &["shop ? ledger"];
    // The question about the call names who is started before.
    let call: &[&str] = &["unresolved-call service.shop/a.py"];
    rows(&[
        ("started after alone", shop(AFTER, ""), asks),
        ("over before", shop("depends_on: {s-ledger: {condition: service_completed_successfully}}", ""), NOTHING),
        ("the name of another", shop(AFTER, &CODE.replace("LEDGER_URL", "BOOKS_URL")), call),
        ("no name of an address", shop(AFTER, &CODE.replace("LEDGER_URL", "LEDGER_LIMIT")), call),
        ("what is shown", shop(AFTER, &own("app.ini", "[x]\npublicLedgerUrl =")), asks),
        (
            "a setting that says something",
            shop(AFTER, &own("app.ini", "[x]\nledgerUrl = https://ledger.example.com")),
            asks,
        ),
        ("a part of YAML", shop(AFTER, &own("config.yml", "ledger-endpoint:\n  port: 1")), asks),
        (
            "a variable that leads elsewhere",
            shop(&format!("{AFTER}\nenvironment: {{LEDGER_URL: 'https://ledger.example.com'}}"), CODE),
            asks,
        ),
        (
            "what a library asks for",
            shop(
                AFTER,
                "-- lib/books.py\nimport os, requests\ndef get(): requests.get(os.environ['LEDGER_URL'])\n-- service.shop/a.py\nfrom lib.books import get\n\
                 get()\n",
            ),
            &["unresolved-call lib/books.py"],
        ),
        ("nothing is started before", shop("", &own("app.ini", "[x]\nledgerUrl =")), NOTHING),
    ]);
}

#[test]
fn a_call_without_a_target_names_whom_its_caller_is_started_after() {
    let help = |tree: &str| {
        let found = crate::outcome(tree).findings;
        let help = found.iter().flat_map(|finding| finding.help.clone());
        help.filter(|line| line.contains("starts it after")).collect::<Vec<_>>()
    };
    let code = "-- service.shop/a.py\nimport os, requests\nrequests.get(os.environ['BOOKS_URL'])\n";
    let after = "the deploy starts it after `service.ledger`, of which no call was found";
    assert_eq!(help(&shop("depends_on: [s-ledger]", code)), [after]);
    assert_eq!(help(&shop("links: [s-ledger]", code)), [after]);
    for (said, more) in
        [("", ""), ("depends_on: [s-shop]", ""), ("depends_on: [s-ledger]", "requests.get('http://s-ledger/x')\n")]
    {
        assert!(help(&shop(said, &format!("{code}{more}"))).is_empty(), "{said}");
    }
}
