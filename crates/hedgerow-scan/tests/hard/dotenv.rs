//! Compose's own `.env`, which has the variables of all containers, given to them besides.

use crate::mounts::rows;
use crate::outcome;

/// A compose file whose three services have an `env_file`, and the files of each.
fn compose(said: &str, more: &str) -> String {
    let services: String =
        ["emoji", "shop", "paint"].map(|name| format!("  s-{name}:\n    image: x\n    env_file: {said}\n")).concat();
    format!(
        "-- service.ledger/x.txt\n-- service.cart/x.txt\n-- hedgerow.yaml\nscan: {{}}\n-- service.emoji/main.py\nimport os, acme\n\
         acme.open(os.environ['LEDGER_URL'])\n-- service.shop/main.js\nconsole.log(1)\n-- service.paint/x.txt\n\
         -- compose.yml\nservices:\n{services}{more}"
    )
}

const VARIABLES: &str = "LEDGER_URL=http://s-ledger\nCART_URL=http://s-cart\n";

#[test]
fn variables_of_all_are_for_those_that_ask_for_them() {
    let asked: &[&str] = &["emoji -> ledger joined", "emoji ? cart", "paint shop ? cart ledger"];
    let of = |said: &str| compose(said, &format!("-- .env\n{VARIABLES}"));
    rows(&[
        (of(".env"), asked),
        (of("[.env]"), asked),
        (of("[{path: ./.env, required: false}]"), asked),
        (of("'${ENV_FILE:-.env}'"), asked),
        (compose(".env", &format!("-- .env.example\n{VARIABLES}")), asked),
        (compose(".env.prod", &format!("-- .env.prod\n{VARIABLES}")), asked),
        (of("../.env").replace("-- compose.yml", "-- deploy/compose.yml"), asked),
        // What stands in the container's own description is its own.
        (
            of(".env").replace("s-paint:\n", "s-paint:\n    environment: {LEDGER_URL: 'http://s-ledger'}\n"),
            &["emoji -> ledger joined", "paint -> ledger addressed", "emoji paint ? cart", "shop ? cart ledger"],
        ),
        // So is what it is started after.
        (
            of(".env").replace("s-paint:\n", "s-paint:\n    depends_on: [s-ledger]\n"),
            &["emoji -> ledger joined", "paint -> ledger addressed", "emoji paint ? cart", "shop ? cart ledger"],
        ),
    ]);
}

#[test]
fn who_names_a_variable_in_any_text_asks_for_it() {
    let of = |files: &str| compose(".env", &format!("-- .env\nLEDGER_URL=http://s-ledger\n{files}"));
    let paint: &[&str] = &["emoji -> ledger joined", "paint -> ledger addressed", "shop ? ledger"];
    let asked: &[&str] = &["emoji -> ledger joined", "paint shop ? ledger"];
    let command = |line: &str| of("").replace("s-paint:\n", &format!("s-paint:\n    command: {line}\n"));
    rows(&[
        (of("-- service.paint/start.sh\nexec paint --to \"$LEDGER_URL\"\n"), paint),
        (command("paint --to $$LEDGER_URL"), paint),
        (
            of("-- service.paint/schema.txt\nurl = env(\"LEDGER_URL\")\n"),
            &["emoji -> ledger joined", "paint -> ledger joined", "shop ? ledger"],
        ),
        (
            of("").replace("console.log(1)", "acme.open(process.env.LEDGER_URL)"),
            &["emoji -> ledger joined", "shop -> ledger joined", "paint ? ledger"],
        ),
        // A longer name is another one, and a file of variables asks for none.
        (of("-- service.paint/start.sh\nexec paint --to \"$OLD_LEDGER_URL\"\n"), asked),
        (of("-- service.paint/sample.env\nLEDGER_URL=\n"), asked),
        // An image of others knows what is called after it.
        (
            of("PAINT_STORE=http://s-cart\n"),
            &[
                "emoji -> ledger joined",
                "paint -> cart addressed",
                "paint ? ledger",
                "emoji ? cart",
                "shop ? cart ledger",
            ],
        ),
    ]);
}

#[test]
fn variables_of_one_are_its_own() {
    let tree = |said: &str, files: &str| {
        compose(said, files)
            .replace("-- service.emoji/main.py\nimport os, acme\nacme.open(os.environ['LEDGER_URL'])\n", "")
    };
    let one =
        tree("", "").replace("s-paint:\n    image: x\n    env_file: ", "s-paint:\n    image: x\n    env_file: .env");
    rows(&[
        (one + "-- .env\nLEDGER_URL=http://s-ledger\n", &["paint -> ledger addressed"]),
        // A file of another name is no compose's own.
        (
            tree("all.env", "-- all.env\nLEDGER_URL=http://s-ledger\n").replace("s-emoji:", "s-nobody:"),
            &["paint -> ledger addressed", "shop -> ledger addressed"],
        ),
    ]);
}

#[test]
fn the_question_names_the_file() {
    let found = outcome(&compose(".env", &format!("-- .env\n{VARIABLES}")));
    let said: Vec<&str> = found.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        said,
        [
            "`service.emoji` is given an address of `service.cart` by `.env`, which has the variables of all, and nothing that was read shows that it asks for it",
            "`service.paint` and `service.shop` are given addresses of `service.cart` and `service.ledger` by `.env`, which has the variables of all, and nothing that was read shows that they ask for them",
        ]
    );
}
