//! One question for all services of which the same place says the same.

use crate::noise::{Row, compose, rows};
use crate::silent::asks;

/// Programs of one directory, `service.x/cmd/<name>` beside code that all of them load.
fn programs(names: &[&str], shared: &str) -> String {
    let mains: Vec<String> = names
        .iter()
        .map(|name| {
            format!(
                "-- service.{name}/main.go\npackage main\n\nimport \"bank/shared\"\n\nfunc main() {{ shared.Run() }}\n"
            )
        })
        .collect();
    format!(
        "-- go.mod\nmodule bank\n-- shared/shared.go\npackage shared\n\nimport \"fmt\"\n\n{shared}\n{}-- service.ledger/x.txt\n-- service.tax/x.txt\n",
        mains.concat()
    )
}

#[test]
fn what_one_place_says_of_several_is_one_question() {
    let name = "func Run() { fmt.Println(\"service.ledger\") }";
    let names = "func Run() { fmt.Println(\"service.ledger\"); fmt.Println(\"service.tax\") }";
    let file = |names: &[&str], lines: &str| {
        let services: Vec<String> = names
            .iter()
            .map(|name| format!("  service.{name}:\n    image: example.com/{name}\n    env_file: [shared.env]\n"))
            .collect();
        format!(
            "{}-- shared.env\n{lines}-- service.ledger/x.txt\n-- service.tax/x.txt\n{}",
            compose(&services.concat()),
            names.iter().map(|name| format!("-- service.{name}/x.txt\n")).collect::<String>()
        )
    };
    let rows_of: &[Row<'_>] = &[
        ("one", programs(&["shop"], name), &[&["`service.shop` names `service.ledger`", "!services, and"]]),
        (
            "two",
            programs(&["shop", "cart"], name),
            &[&[
                "`service.cart` and `service.shop` name `service.ledger`, and no call of it was found",
                "speaks for all 2 services",
            ]],
        ),
        (
            "two of two",
            programs(&["shop", "cart"], names),
            &[&["`service.cart` and `service.shop` name `service.ledger`"], &["and `service.shop` name `service.tax`"]],
        ),
        ("one names itself", programs(&["shop", "ledger"], name), &[&["`service.shop` names `service.ledger`"]]),
        (
            "each its own place",
            programs(&["shop", "cart"], "func Run() {}")
                .replace(
                    "service.shop/main.go\npackage main\n",
                    "service.shop/main.go\npackage main\n\nvar A = \"service.ledger\"\n",
                )
                .replace(
                    "service.cart/main.go\npackage main\n",
                    "service.cart/main.go\npackage main\n\nvar A = \"service.ledger\"\n",
                ),
            &[&["`service.cart` names `service.ledger`"], &["`service.shop` names `service.ledger`"]],
        ),
        (
            "each its own line of one file",
            format!(
                "{}-- service.shop/x.txt\n-- service.cart/x.txt\n-- service.ledger/x.txt\n",
                compose(
                    "  service.shop:\n    image: example.com/shop\n    environment: {WEB_ORIGINS: \"http://service.ledger\"}\n  service.cart:\n    image: example.com/cart\n    environment: {WEB_ORIGINS: \"http://service.ledger\"}\n"
                )
            ),
            &[
                &["`service.shop` has an address of `service.ledger`"],
                &["`service.cart` has an address of `service.ledger`"],
            ],
        ),
        (
            "a file of variables",
            file(&["shop", "cart"], "WEB_ORIGINS=http://service.ledger\n"),
            &[&["`service.cart` and `service.shop` have an address of `service.ledger`, and no call of it was found"]],
        ),
    ];
    rows(rows_of);
}

/// Many that one file names are one question already: it is one for all services, though none is named to itself.
#[test]
fn what_a_file_names_to_several_is_one_question() {
    let all = ["cart", "desk", "ledger", "shop", "tax"];
    let list: Vec<String> = all.iter().map(|name| format!("\"service.{name}\"")).collect();
    let tree = programs(&all, &format!("func Run() {{ fmt.Println(len([]string{{{}}})) }}", list.join(", ")));
    let tree = tree.replace("-- service.ledger/x.txt\n-- service.tax/x.txt\n", "");
    assert_eq!(asks(&tree), ["cart desk ledger shop tax ? cart desk ledger shop tax"]);
    // One more is no question of the others.
    let more = tree.replace(
        "service.shop/main.go\npackage main\n",
        "service.shop/main.go\npackage main\n\nvar A = \"service.gate\"\n",
    ) + "-- service.gate/x.txt\n";
    assert_eq!(asks(&more), ["shop ? gate", "cart desk ledger shop tax ? cart desk ledger shop tax"]);
    // Where one calls who is named, that is left out of its own question alone.
    let known = tree.replace(
        "service.shop/main.go\npackage main\n\nimport \"bank/shared\"\n\nfunc main() {",
        "service.shop/main.go\npackage main\n\nimport (\n\t\"bank/shared\"\n\t\"net/http\"\n)\n\nfunc main() { http.Get(\"http://service.tax\");",
    );
    assert_eq!(
        asks(&known),
        [
            "shop -> tax proven",
            "cart desk ledger tax ? cart desk ledger shop tax",
            "shop ? cart",
            "shop ? desk",
            "shop ? ledger"
        ]
    );
}

/// Programs whose variables are read with something in front of their names.
#[test]
fn variables_with_something_in_front_are_asked_about_by_their_whole_names() {
    let tree = |fields: &str, body: &str, environment: &str| {
        format!(
            "{}-- service.shop/main.go\npackage main\n\nimport (\n\t\"net/http\"\n\n\t\"github.com/caarlos0/env/v11\"\n)\n\ntype Config struct {{\n{fields}}}\n\nfunc main() {{\n{body}}}\n-- service.ledger/x.txt\n",
            compose(&format!(
                "  service.shop:\n    build: ./service.shop\n    environment: {{{environment}}}\n  service.ledger:\n    build: ./service.ledger\n    ports: [\"8080:8080\"]\n"
            ))
        )
    };
    let url = "\tURL string `env:\"URL\"`\n";
    let default = "\tURL string `env:\"URL\" envDefault:\"http://localhost:8080\"`\n";
    let read = "\tc := Config{}\n\tenv.ParseWithOptions(&c, env.Options{Prefix: \"RATES_\"})\n\thttp.Get(c.URL)\n";
    let nested = "\tRates struct {\n\t\tURL string `env:\"URL\"`\n\t} `envPrefix:\"RATES_\"`\n";
    let of_nested =
        "\tc := Config{}\n\tenv.ParseWithOptions(&c, env.Options{Prefix: \"SHOP_\"})\n\thttp.Get(c.Rates.URL)\n";
    rows(&[
        (
            "nothing sets it",
            tree(url, read, ""),
            &[&["UnresolvedCall", "the environment variable `RATES_URL` for", "!`URL`", "!the setting"]],
        ),
        (
            "one without that is another",
            tree(url, read, "URL: \"http://rates.example\""),
            &[&["UnresolvedCall", "the environment variable `RATES_URL` for"]],
        ),
        ("set", tree(url, read, "RATES_URL: \"http://rates.example\""), &[]),
        ("set, and a default that is this machine", tree(default, read, "RATES_URL: \"http://rates.example\""), &[]),
        ("a default that is this machine", tree(default, read, ""), &[&["`localhost:8080`", "`service.ledger`"]]),
        (
            "a default that another variable does not override",
            tree(default, read, "URL: \"http://rates.example\""),
            &[&["`localhost:8080`", "`service.ledger`"]],
        ),
        ("below another", tree(nested, of_nested, "SHOP_RATES_URL: \"http://rates.example\""), &[]),
        (
            "below another, not set",
            tree(nested, of_nested, "RATES_URL: \"http://rates.example\""),
            &[&["UnresolvedCall", "SHOP_"]],
        ),
    ]);
}
