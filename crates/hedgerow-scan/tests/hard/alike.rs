//! What settings say that the whole fleet has: a list of all services, files that only some programs load, fields that a loader fills for
//! all programs, and stores that the deploy names for some of those that run one program.

use crate::{finds_all, outcome};
use hedgerow_core::diag::Code;

const LIST: &str = "-- hedgerow.yaml
scan: {settings: [\"conf/all.yml\"], candidate: addresses}
-- conf/all.yml
services:
  ledger: {baseUrl: 'http://s-ledger:80', enabled: true}
  ledger-old: {baseUrl: 'http://s-ledger-old:80'}
  cart:
    baseUrl: http://s-cart:80
-- service.cart/x.txt
-- service.ledger/x.txt
-- service.ledger-old/x.txt
";

/// A fleet whose services all have the list, with code of the shop's.
fn listed(shop: &str) -> String {
    format!("{LIST}{shop}")
}

fn java(body: &str) -> String {
    listed(&format!("-- service.shop/Shop.java\npackage bank.shop;\n@Component\npublic class Shop {{ {body} }}\n"))
}

#[test]
fn a_list_of_all_services_is_for_those_that_ask_for_it() {
    let one: &[&str] = &["shop -> ledger joined"];
    let rows: Vec<(&str, String, &[&str])> = vec![
        ("java, a placeholder", java("Shop(@Value(\"${services.ledger.baseUrl}\") String at) { Rest.of(at); }"), one),
        ("java, a name", java("@Scheduled void run() { Rest.of(clients.get(\"ledger\")); }"), one),
        (
            "kotlin, a placeholder with a default",
            listed(
                "-- service.shop/Shop.kt\npackage bank.shop\n@Component\nclass Shop(@Value(\"\\${services.ledger.base-url:x}\") val at: String) { fun run() = Rest.of(at) }\n",
            ),
            one,
        ),
        (
            "groovy, which is not read in depth",
            listed("-- service.shop/Shop.groovy\n@Bean Ledger ledger() { rest('services.ledger') }\n"),
            one,
        ),
        (
            "settings of its own",
            java("@Scheduled void run() { Rest.of(props.at()); }")
                + "-- service.shop/src/main/resources/application.yml\nbank: {at: '${services.ledger.baseUrl:http://localhost}'}\n",
            one,
        ),
        ("javascript", listed("-- service.shop/main.js\nconst at = endpoint('ledger');\nask(at);\n"), one),
        // Nobody asks, or for another one.
        ("java, of another name", java("@Scheduled void run() { Rest.of(\"x\"); }"), &[]),
        ("java, another list", java("Shop(@Value(\"${channels.ledger.baseUrl}\") String at) { Rest.of(at); }"), &[]),
        (
            "java, a name that begins alike",
            java("Shop(@Value(\"${services.ledger-old.baseUrl}\") String at) { Rest.of(at); }"),
            &["shop -> ledger-old joined"],
        ),
        ("java, a word in a text", java("@Scheduled void run() { log.info(\"ledger is up\"); }"), &[]),
        ("javascript, nothing", listed("-- service.shop/main.js\nask(1);\n"), &[]),
    ];
    finds_all(&rows);
}

#[test]
fn a_list_of_ones_own_is_for_the_service() {
    let list = "services: {ledger: {url: 'http://s-ledger:80'}}";
    finds_all(&[(
        "its own",
        format!(
            "-- hedgerow.yaml\nscan: {{candidate: ask}}\n-- service.ledger/x.txt\n-- service.cart/x.txt\n-- service.shop/application.yml\n{list}\n-- service.shop/Shop.java\npackage bank;\npublic class Shop {{ public static void main(String[] a) {{ run(a); }} }}\n"
        ),
        &["shop -> ledger joined"],
    )]);
}

/// The questions about addresses: who is asked about, and whom.
fn asked(tree: &str) -> Vec<String> {
    let found = outcome(tree);
    let about = found.findings.iter().filter(|finding| finding.code == Code::UnexplainedMention);
    let list = |names: &std::collections::BTreeSet<String>| {
        names.iter().map(|name| name.trim_start_matches("service.").to_owned()).collect::<Vec<_>>().join(" ")
    };
    about.map(|finding| format!("{} -> {}", list(&finding.services), list(&finding.callees))).collect()
}

#[test]
fn who_does_not_ask_for_the_list_is_asked_about_once() {
    let tree = listed(
        "-- service.shop/main.js\nask(endpoint('ledger'));\n-- service.desk/main.js\nask(1);\n-- service.desk/settings.js\nask(2);\n-- service.till/main.js\nask(3);\n",
    );
    assert_eq!(asked(&tree), ["desk till -> ledger", "desk shop till -> cart ledger-old"]);
}

/// A fleet with a file of settings that all are said to have.
fn loading(shop: &str, desk: &str) -> String {
    let host = "var builder = WebApplication.CreateBuilder(args);";
    let rest = "var at = builder.Configuration[\"search:host\"];\nnew HttpClient().GetAsync($\"http://{at}:9200\");";
    format!(
        "-- hedgerow.yaml\nscan: {{settings: [\"conf/*.json\"], candidate: addresses}}\n-- conf/search.json\n{{\"search\": {{\"host\": \"s-ledger\"}}}}\n-- service.ledger/x.txt\n-- service.cart/x.txt\n-- service.shop/Shop.csproj\n<Project/>\n-- service.shop/Program.cs\n{host}\n{shop}\n{rest}\n-- service.desk/Desk.csproj\n<Project/>\n-- service.desk/Program.cs\n{host}\n{desk}\n{rest}\n"
    )
}

#[test]
fn a_file_that_programs_load_by_its_name_is_for_these() {
    let loads = "builder.Configuration.AddJsonFile(\"search.json\", true);";
    let below = "builder.Configuration.AddJsonFile(Path.Combine(root, \"conf/search.json\"));";
    let other = "builder.Configuration.AddJsonFile(\"mail.json\");";
    let both: &[&str] = &["desk -> ledger joined", "shop -> ledger joined"];
    finds_all(&[
        ("one loads it", loading(loads, other), &["shop -> ledger joined"]),
        ("one loads it by a path", loading(below, ""), &["shop -> ledger joined"]),
        ("both do", loading(loads, below), both),
        ("nobody is seen to", loading("", other), both),
        ("what programs read without being told", loading(loads, "").replace("search.json", "appsettings.json"), both),
        (
            "the other one has it from a file of its own",
            loading(loads, "") + "-- service.desk/appsettings.json\n{\"Search\": {\"Host\": \"s-ledger\"}}\n",
            both,
        ),
    ]);
    assert_eq!(asked(&loading(loads, other)), ["desk -> ledger"]);
}

#[test]
fn a_loader_that_fills_the_settings_of_all_programs_asks_for_none() {
    let fleet = "-- hedgerow.yaml\nscan: {settings: [\"conf/all.yml\"], candidate: addresses}\n-- conf/all.yml\nauth: {ledger: {url: 'http://s-ledger:80'}}\n-- service.ledger/x.txt\n-- service.cart/x.txt\n";
    let go = |shop: &str| {
        format!(
            "{fleet}-- lib/conf/conf.go\npackage conf\nimport \"github.com/spf13/viper\"\ntype Ledger struct {{ Url string }}\ntype Auth struct {{ Ledger Ledger }}\ntype Conf struct {{ Auth Auth }}\nfunc New() *Conf {{\n\tc := &Conf{{}}\n\tc.Auth.Ledger.Url = viper.GetString(\"auth.ledger.url\")\n\treturn c\n}}\n-- service.shop/main.go\npackage main\nimport \"bank/lib/conf\"\nfunc main() {{\n\tc := conf.New()\n\t{shop}\n}}\n"
        )
    };
    let python = |shop: &str| {
        format!(
            "{fleet}-- lib/conf.py\nclass Ledger:\n    pass\nclass Conf:\n    def __init__(self, values):\n        self.ledger = Ledger()\n        self.ledger.url = values.take('u')\n-- service.shop/main.py\nfrom lib.conf import Conf\nc = Conf(load())\n{shop}\n"
        )
    };
    finds_all(&[
        ("go, nobody takes it", go("_ = c"), &[]),
        ("go, a library is given it", go("dial(c.Auth.Ledger.Url)"), &["shop -> ledger joined"]),
        ("python, nobody takes it", python("run(c.name)"), &[]),
        ("python, it is taken", python("run(c.ledger.url)"), &["shop -> ledger joined"]),
    ]);
    assert_eq!(asked(&go("_ = c")), ["shop -> ledger"]);
}

/// Services that run one program, with what the deploy gives to each.
fn running(first: &str, second: &str, third: &str) -> String {
    let container = |name: &str, more: &str| format!("  s-{name}:\n    image: bank/all\n{more}");
    format!(
        "-- hedgerow.yaml\nscan:\n  candidate: addresses\n  services: [{{path: all, name: service.shop}}, {{path: all, name: service.desk}}, {{path: all, name: service.till}}]\n-- service.db/x.txt\n-- service.shop/x.txt\n-- service.desk/x.txt\n-- service.till/x.txt\n-- compose.yaml\nservices:\n  s-db: {{image: 'postgres:16'}}\n{}{}{}-- all/main.go\npackage main\nimport (\n\t\"database/sql\"\n\t_ \"github.com/lib/pq\"\n)\nfunc main() {{ sql.Open(\"postgres\", conf().dsn) }}\n",
        container("shop", first),
        container("desk", second),
        container("till", third)
    )
}

#[test]
fn a_store_that_others_with_the_same_program_are_told_is_asked_about() {
    let env = "    environment: {STORE: 's-db:5432'}\n";
    let flag = "    command: [all, start, --db-host, s-db]\n";
    let after = "    depends_on: [s-db]\n";
    let all: &[&str] = &["desk -> db addressed", "shop -> db addressed", "till -> db addressed"];
    let two: &[&str] = &["desk -> db addressed", "shop -> db addressed"];
    finds_all(&[
        ("two are told", running(env, after, ""), two),
        ("two are told, by a flag", running(env, flag, ""), two),
        ("all are told", running(env, flag, after), all),
        ("nobody is", running("", "", ""), all),
        ("one alone is", running(env, "", ""), all),
    ]);
    assert_eq!(asked(&running(env, after, "")), ["till -> db"]);
}
