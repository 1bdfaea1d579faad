//! Pairs.

use super::{assert_import, bank, imported};
use crate::common::Service;
use hedgerow_import::{Many, Source};

#[test]
fn pairs_with_ports_and_reasons() {
    let text = "\
# who calls whom
caller,callee,ports,reason
service.emoji,service.ledger,http,\"books, all of them\"
emoji,ledger,9901,
card,service.ledger,,
market/shop,bank/ledger,8080/tcp,sells
";
    assert_import(
        Source::Csv,
        text,
        &[
            "service.card → service.ledger: imported from in",
            "service.emoji → service.ledger: books, all of them",
            "service.shop → service.ledger [http]: sells",
        ],
        &[],
    );
}

#[test]
fn a_header_says_the_order() {
    let text = "reason,callee,caller\nbooks,ledger,emoji\n";
    assert_import(Source::Csv, text, &["service.emoji → service.ledger: books"], &[]);
}

#[test]
fn what_cannot_be_said_has_its_line() {
    let text = "\
emoji,legder
nobody,ledger,http
emoji,emoji
bank/shop,ledger
emoji
emoji,ledger,99999
emoji,ledger,grpc
emoji,ledger,7000-7001/udp
emoji,\"ledger
";
    assert_import(
        Source::Csv,
        text,
        &[],
        &[
            "not-understood: a line without both ends: `emoji` @ in:5",
            "not-understood: `emoji` → `ledger`: ports `99999` @ in:6",
            "not-understood: a quote that does not end, text behind one that does, or more than 64 fields @ in:9",
            "no-service: `emoji` → `legder`: `legder` is no service of the fleet; where `service.ledger` is meant, name the workload under `workloads` in its service.yaml @ in:1",
            "outside-caller: `nobody` → `ledger`: `nobody` is no service of the fleet @ in:2",
            "outside-caller: `bank/shop` → `ledger`: `bank/shop` is no service of the fleet: `service.shop` lives in namespace `market` @ in:4",
            "own-calls: `service.emoji` calls itself @ in:3",
            "no-ports: `service.emoji` → `service.ledger`: no port is left that a rule could name @ in:7",
            "undeclared-ports: `service.emoji` → `service.ledger`: `service.ledger` declares no port `grpc` @ in:7",
            "undeclared-ports: `service.emoji` → `service.ledger`: `service.ledger` declares no UDP 7000-7001 @ in:7",
        ],
    );
}

#[test]
fn a_callee_that_declares_no_ports_opens_all() {
    assert_import(
        Source::Csv,
        "emoji,card,8080\n",
        &["service.emoji → service.card: imported from in"],
        &[
            "wider-ports: `service.emoji` → `service.card`: `service.card` declares no ports, so a rule also opens TCP 1-8079, TCP 8081-65535, UDP, SCTP @ in:1",
        ],
    );
}

const LEFT: &str = "; no line below this header is read @ in:1";

#[test]
fn a_header_that_is_not_known_makes_no_statement() {
    for (header, faults) in [
        ("caller,callee,port,reason", &["the column `port` is not known: did you mean `ports`?"][..]),
        ("Caller,Callee,PORT", &["the column `PORT` is not known: did you mean `ports`?"]),
        (
            "caller,callee,namespace",
            &["the column `namespace` is not known: remove it, or name it as one of caller, callee, ports, reason"],
        ),
        ("caller,callee,ports,ports", &["the column `ports` is there twice"]),
        ("caller,caller", &["a header without a column `callee`", "the column `caller` is there twice"]),
        (
            "from,to,reason,ports",
            &[
                "a header without a column `callee`",
                "a header without a column `caller`",
                "the column `from` is not known: did you mean `caller`?",
                "the column `to` is not known: did you mean `callee`?",
            ],
        ),
        // Read as a pair, the lines below it might be read the wrong way round.
        (
            "Destination,Source",
            &[
                "a header without a column `callee`",
                "a header without a column `caller`",
                "the column `Destination` is not known: did you mean `callee`?",
                "the column `Source` is not known: did you mean `caller`?",
            ],
        ),
        (
            "caler,callee,ports",
            &["a header without a column `caller`", "the column `caler` is not known: did you mean `caller`?"],
        ),
    ] {
        let left: Vec<_> = faults.iter().map(|fault| format!("not-understood: {fault}{LEFT}")).collect();
        let left: Vec<_> = left.iter().map(String::as_str).collect();
        assert_import(Source::Csv, &format!("{header}\nemoji,ledger,8080,x\nshop,ledger,,\n"), &[], &left);
    }
    let broken = "caller,callee,\"reason\"s,ports\nemoji,ledger,,8080\n";
    let left = "not-understood: a quote that does not end, text behind one that does, or more than 64 fields; it may be a header, so no line below it is read @ in:1";
    assert_import(Source::Csv, broken, &[], &[left]);
}

/// A first line that could be either is a pair only where it names two services.
#[test]
fn two_services_are_no_header_whatever_they_are_called() {
    let mut fleet = bank();
    for name in ["source", "destination", "caller", "callee"] {
        let metadata = format!("workloads: [\"*/{name}\"]\n");
        fleet.services.push(Service {
            namespace: "bank".to_owned(),
            metadata,
            ..Service::new(&format!("service.{name}"))
        });
    }
    let rules = |text: &str| {
        let imported = imported(&fleet, Source::Csv, text, Many::Suggest);
        let told = imported.rules.iter().map(|rule| format!("{}>{}", rule.caller, rule.callee).replace("service.", ""));
        (told.collect::<Vec<_>>(), imported.leftovers.len())
    };
    for (text, should, left) in [
        ("source,destination\n", &["source>destination"][..], 0),
        ("source,destination\nemoji,ledger\n", &["emoji>ledger", "source>destination"], 0),
        ("service.source,service.destination,,why\n", &["source>destination"], 0),
        ("caller,callee\nemoji,ledger\n", &["caller>callee", "emoji>ledger"], 0),
        ("callee,ledger\n", &["callee>ledger"], 0),
        ("emoji,caller\n", &["emoji>caller"], 0),
        // More columns than a pair has a header has, and so has one that names only one service.
        ("callee,caller,reason\nledger,emoji,a\n", &["emoji>ledger"], 0),
        ("caller,callee,ports\nemoji,ledger,http\n", &["emoji>ledger"], 0),
        ("source,target\nemoji,ledger\n", &[], 4),
        ("server,destination\nemoji,ledger\n", &[], 4),
    ] {
        let (found, told) = rules(text);
        assert_eq!((found.iter().map(String::as_str).collect::<Vec<_>>(), told), (should.to_vec(), left), "{text}");
    }
}

#[test]
fn a_field_too_many_makes_no_statement() {
    const QUOTES: &str = "put quotes around a field with commas, such as `\"80,443\"`";
    for (text, said) in [
        ("emoji,ledger,8080,books,9901", "`9901` stands in no column"),
        ("emoji,ledger,8080,,,x", "`x` stands in no column"),
        ("emoji,ledger,8080,9901", "the reason `9901` reads like ports"),
        ("emoji,ledger,,9901", "the reason `9901` reads like ports"),
        ("emoji,ledger,http,admin", "the reason `admin` reads like ports"),
        ("emoji,ledger,8080,53/udp 8000-8010", "the reason `53/udp 8000-8010` reads like ports"),
        ("callee,caller\nledger,emoji,8080", "`8080` stands in no column"),
        ("caller,callee,\nemoji,ledger,8080", "`8080` stands in no column"),
    ] {
        let line = text.lines().count();
        let left = format!("not-understood: `emoji` → `ledger`: {said}; {QUOTES} @ in:{line}");
        assert_import(Source::Csv, text, &[], &[&left]);
    }
    // Spreadsheets end lines in empty fields; a word that is no port of the callee's is a reason.
    for (text, rule) in [
        ("emoji,ledger,http,books,, ,\n", " [http]: books"),
        ("caller,callee,,\nemoji,ledger,,\n", ": imported from in"),
        ("emoji,ledger,http,audit\n", " [http]: audit"),
        ("emoji,ledger,\"8080,9901\",4 books\n", ": 4 books"),
    ] {
        assert_import(Source::Csv, text, &[&format!("service.emoji → service.ledger{rule}")], &[]);
    }
}

#[test]
fn names_that_people_write_are_not_cut() {
    for (caller, meant) in [
        (
            "service.emoji-2",
            "; where `service.emoji` is meant, name the workload under `workloads` in its service.yaml",
        ),
        ("emoji-0", "; where `service.emoji` is meant, name the workload under `workloads` in its service.yaml"),
        ("emoji-7c9f4d5b6d-x7zqp", ""),
        ("emoji-*", "; where `service.emoji` is meant, name the workload under `workloads` in its service.yaml"),
    ] {
        let left = format!(
            "outside-caller: `{caller}` → `service.ledger`: `{caller}` is no service of the fleet{meant} @ in:1"
        );
        assert_import(Source::Csv, &format!("{caller},service.ledger\n"), &[], &[&left]);
        let left =
            format!("no-service: `service.ledger` → `{caller}`: `{caller}` is no service of the fleet{meant} @ in:1");
        assert_import(Source::Csv, &format!("service.ledger,{caller}\n"), &[], &[&left]);
    }
}

/// A list of another fleet: what the first names may mean is said, and the rest does not cost the product of both numbers.
#[test]
fn many_unknown_names_end_in_a_report() {
    let mut fleet = bank();
    fleet.services.extend(
        (0..1_500).map(|at| Service { namespace: "bank".to_owned(), ..Service::new(&format!("service.s{at:05}")) }),
    );
    let text: String = (0..9_300).map(|at| format!("service.s00000,service.t{at:05}\n")).collect();
    let imported = imported(&fleet, Source::Csv, &text, Many::Suggest);
    assert!(imported.rules.is_empty());
    assert_eq!(imported.leftovers.len(), 9_300);
    let is_told = |words: &str| imported.leftovers.iter().filter(|left| left.text.contains(words)).count();
    let (near, tired) = (is_told("where `service.s0"), is_told("so many names are unknown"));
    assert!(near >= 50 && tired >= 9_000, "{near} {tired}");
    assert_eq!(near + tired, 9_300);
}

/// As spreadsheets write them: with `;` or tabs, a byte order mark, and a line that tells the separator.
#[test]
fn fields_between_semicolons_and_tabs() {
    let rules = [
        "service.emoji → service.ledger [http]: books; all, of them",
        "service.shop → service.ledger: imported from in",
    ];
    for text in [
        "caller,callee,ports,reason\nemoji,ledger,http,\"books; all, of them\"\nmarket/shop,ledger,,\n",
        "caller;callee;ports;reason\r\nemoji;ledger;http;\"books; all, of them\"\r\nmarket/shop;ledger;;\r\n",
        "\u{feff}callee\tcaller\treason\tports\nledger\temoji\tbooks; all, of them\thttp\nledger\tmarket/shop\t\t\"http\t9901\"\n",
        "\u{feff}sep=;\r\n\"emoji\";\"ledger\";8080;\"books; all, of them\"\r\nmarket/shop;ledger;8080 9901;",
        "# a list\nemoji;ledger;8080;books\\; all, of them\n"
            .replace("books\\; all", "\"books; all")
            .replace("them\n", "them\"\nmarket/shop;ledger;8080,9901\n")
            .as_str(),
    ] {
        assert_import(Source::Csv, text, &rules, &[]);
    }
    for (text, left) in [
        (
            "emoji;ledger\nemoji,ledger\n",
            "a line without both ends: `emoji,ledger`; the first line separates fields by `;` @ in:2",
        ),
        (
            "emoji\tledger\nshop ledger\n",
            "a line without both ends: `shop ledger`; the first line separates fields by tabs @ in:2",
        ),
        (
            "emoji;ledger;8080;9901\nemoji;ledger",
            "`emoji` → `ledger`: the reason `9901` reads like ports; put quotes around a field with `;`, such as `\"80;443\"` @ in:1",
        ),
        (
            "sep=\t\nemoji\tledger\nemoji\tledger\t80\tx\ty",
            "`emoji` → `ledger`: `y` stands in no column; put quotes around a field with tabs, or spaces between ports @ in:3",
        ),
    ] {
        let rule = "service.emoji → service.ledger: imported from in";
        assert_import(Source::Csv, text, &[rule], &[&format!("not-understood: {left}")]);
    }
}

/// Services may be called what others call columns.
#[test]
fn names_of_services_are_no_header() {
    let mut fleet = bank();
    for name in ["client", "server"] {
        let metadata = format!("workloads: [\"*/{name}\"]\n");
        fleet.services.push(Service {
            namespace: "bank".to_owned(),
            metadata,
            ..Service::new(&format!("service.{name}"))
        });
    }
    let imported = imported(&fleet, Source::Csv, "client,server\n", Many::Suggest);
    assert_eq!((imported.rules.len(), imported.leftovers.len()), (1, 0), "{:#?}", imported.leftovers);
}
