//! Pairs.

use super::assert_import;
use hedgerow_import::Source;

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
            "not-understood: a quote that does not end, or text behind one that does @ in:9",
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
            "wider-ports: `service.emoji` → `service.card`: `service.card` declares no ports, so a rule opens as well TCP 1-8079, TCP 8081-65535, UDP, SCTP @ in:1",
        ],
    );
}
