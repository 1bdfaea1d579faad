//! What the deployment cannot answer, and what is no address of another, is not asked of each place again.

use crate::outcome;
use crate::silent::{rows, told, tree};
use hedgerow_core::diag::Code;
use hedgerow_scan::{Finding, Reason};

/// The questions about calls that cannot be told.
fn questions(files: &str) -> Vec<Finding> {
    outcome(&tree(files)).findings.into_iter().filter(|finding| finding.code == Code::UnresolvedCall).collect()
}

#[test]
fn an_address_that_a_build_writes_into_pages_is_nobodys() {
    let nothing: &[&str] = &[];
    let kept: &[&str] = &["unresolved-call service.shop/main.ts"];
    let main = |code: &str| format!("-- service.shop/main.ts\nimport axios from 'axios';\n{code}");
    let compose = "-- docker-compose.yml\nservices:\n  service.shop:\n    build: ./service.shop\n    environment: {NEXT_PUBLIC_API: \"http://s-ledger:80\"}\n";
    rows(&[
        (&main("fetch(`${process.env.NEXT_PUBLIC_API}/x`);\n"), nothing),
        (&main("const base = process.env.REACT_APP_API;\nexport const x = (path) => fetch(base + path);\n"), nothing),
        (&main("axios.create({ baseURL: process.env.VITE_API }).get('/x');\n"), nothing),
        (
            &main(
                "class Api { constructor(private at = process.env.GATSBY_API) {}\n  x() { return fetch(`${this.at}/x`); } }\nnew Api().x();\n",
            ),
            nothing,
        ),
        // What is set counts, and another variable or value beside it is asked about.
        (&format!("{compose}{}", main("fetch(`${process.env.NEXT_PUBLIC_API}/x`);\n")), &["shop -> ledger joined"]),
        (&main("fetch(`${process.env.API_AT}/x`);\n"), kept),
        (&main("fetch(`${process.env.API_AT || process.env.NEXT_PUBLIC_API}/x`);\n"), kept),
        (&main("fetch(`http://${place()}.${process.env.NEXT_PUBLIC_API}/x`);\n"), kept),
    ]);
    let found = outcome(&tree(&main("fetch(`${process.env.NEXT_PUBLIC_API}/x`);\n")));
    let left = found.accounts["service.shop"].left.iter().filter(|left| left.reason == Reason::Published);
    let left: Vec<_> = left.map(|left| (left.what.as_str(), left.first.as_str())).collect();
    assert_eq!(left, [("NEXT_PUBLIC_API", "service.shop/main.ts")]);
}

#[test]
fn calls_to_what_data_say_are_one_question_of_a_service() {
    let handler = |name: &str| format!("export const {name} = (event) => fetch(event.{name}.url);\n");
    let main = |names: &[&str]| {
        let handlers: String = names.iter().map(|name| handler(name)).collect();
        format!("-- service.shop/main.js\n{handlers}")
    };
    let few = questions(&main(&["one", "two", "three"]));
    assert_eq!(few.len(), 3, "{few:#?}");
    let many = questions(&main(&["one", "two", "three", "four", "five"]));
    assert_eq!(many.len(), 1, "{many:#?}");
    assert_eq!(many[0].message, "the targets of 5 calls cannot be told: no setting has their addresses");
    assert_eq!(many[0].calls().count(), 5);
    assert!(many[0].services.contains("service.shop"));
    // A comment answers for its own call alone.
    let answered = main(&["one", "two", "three", "four", "five"])
        .replace("fetch(event.two", "/* hedgerow: ignore a picture of a user's */ fetch(event.two");
    assert_eq!(questions(&answered)[0].calls().count(), 4);
    // What a deploy file may set has a question of its own.
    let setting =
        format!("{}export const six = () => fetch(process.env.LEDGER_AT);\n", main(&["one", "two", "three", "four"]));
    assert_eq!(questions(&setting).len(), 2, "{:#?}", questions(&setting));
    // Another service has its own.
    let other = format!("{}-- service.till/main.js\n{}", main(&["one", "two", "three", "four"]), handler("one"));
    assert_eq!(questions(&other).len(), 2);
}

#[test]
fn settings_in_their_place_are_the_containers_whoevers_directory_they_lie_in() {
    let conf = "server {\n  listen 80;\n  location / { fastcgi_pass s-shop:9000; }\n}\n";
    let tree = |mount: &str| {
        format!(
            "-- service.front/x.txt\n-- service.shop/docker-compose.yml\nservices:\n  service.shop:\n    build: .\n  service.front:\n    image: nginx:alpine\n    volumes:\n      - {mount}\n\
             -- service.shop/Dockerfile\nFROM php:8-fpm\n-- service.shop/nginx/conf.d/app.conf\n{conf}-- service.shop/nginx/index.php\n<?php\n"
        )
    };
    let front: &[&str] = &["front -> shop proven"];
    told(&[
        ("a directory", tree("./nginx/conf.d:/etc/nginx/conf.d"), front),
        ("with a slash", tree("./nginx/conf.d/:/etc/nginx/conf.d/:ro"), front),
        ("a file", tree("./nginx/conf.d/app.conf:/etc/nginx/conf.d/default.conf"), front),
        ("of templates", tree("./nginx/conf.d:/etc/nginx/templates"), front),
        ("in another place", tree("./nginx/conf.d:/srv/backup"), &[]),
    ]);
}

#[test]
fn what_a_file_of_variables_says_is_not_asked_again() {
    let main = "-- service.shop/main.ts\nimport { config } from 'dotenv';\nimport { open } from './lib';\nconfig({ path: '.env.cloud' });\nopen(process.env.LEDGER_URL);\n-- service.shop/lib.ts\nexport const open = (at) => at;\n";
    let env = |name: &str, value: &str| format!("{main}-- service.shop/{name}\nLEDGER_URL={value}\n");
    let asked: &[&str] = &["unknown-client service.shop/main.ts"];
    let edge: &[&str] = &["shop ? ledger"];
    rows(&[
        (&env(".env.cloud", "http://s-ledger:4001"), edge),
        (&env(".env", "http://s-ledger:4001"), edge),
        (&env("shop.env", "s-ledger:4001"), edge),
        (&env(".env.cloud", "http://rates.example"), asked),
        (&env(".env.cloud", ""), asked),
        (main, asked),
    ]);
}

#[test]
fn a_name_of_its_own_is_no_call_of_those_that_are_given_it_too() {
    let all = |variables: &str, code: &str| {
        format!(
            "-- docker-compose.yml\nservices:\n  service.shop:\n    build: ./service.shop\n    environment: {{{variables}}}\n-- service.shop/main.py\nimport os\n{code}"
        )
    };
    let nothing: &[&str] = &[];
    rows(&[
        (&all("S_LEDGER_NAME: s-ledger", "print(1)\n"), nothing),
        (&all("POSTGRES_DB: s-ledger", "print(1)\n"), nothing),
        (&all("MYSQL_USER: s-ledger", "print(1)\n"), nothing),
        (&all("SERVICE_LEDGER_NAME: service.ledger", "print(1)\n"), nothing),
        // Whoever asks for the name may look the other up by it; other names are told.
        (&all("S_LEDGER_NAME: s-ledger", "print(os.environ['S_LEDGER_NAME'])\n"), &["shop ? ledger"]),
        (&all("UPSTREAM_NAME: s-ledger", "print(1)\n"), &["shop ? ledger"]),
        (&all("POSTGRES_HOST: s-ledger", "print(1)\n"), &["shop ? ledger"]),
        (&all("S_LEDGER_NAME: \"http://s-ledger\"", "print(1)\n"), &["shop ? ledger"]),
    ]);
}

#[test]
fn a_file_that_a_command_writes_is_no_mention() {
    let nothing: &[&str] = &[];
    let image = |run: &str| {
        format!(
            "-- service.shop/main.go\npackage main\n\nfunc main() {{}}\n-- service.shop/Dockerfile\nFROM golang\n{run}\n"
        )
    };
    rows(&[
        (&image("RUN go build -o s-ledger"), nothing),
        (&image("RUN CGO_ENABLED=0 go build -o s-ledger ./cmd"), nothing),
        (&image("RUN cc --output s-ledger x.c"), nothing),
    ]);
}
