use super::*;
use crate::partial::Gap;

/// A text with `*` for holes and `~` for the name of a release.
fn partial(text: &str) -> Partial {
    let mut made = Partial::default();
    for piece in text.split_inclusive(['*', '~']) {
        made.push_str(piece.trim_end_matches(['*', '~']));
        if piece.ends_with('*') {
            made.push(Gap::Unknown);
        } else if piece.ends_with('~') {
            made.push(Gap::Release(0));
        }
    }
    made
}

fn answers(hosts: &Hosts, address: &str) -> Vec<Answer> {
    hosts.answers(&partial(address))
}

fn sample() -> Hosts {
    let forms = [Pattern::new("{name}.service.consul").unwrap()];
    let aliases = BTreeMap::from([("service.ledger".to_owned(), vec!["books".to_owned()])]);
    let services = [("service.ledger", "s-ledger"), ("service.api.x", "s-api-x"), ("service.api.y", "s-api-y")];
    let mut hosts = Hosts::new(services.into_iter(), BTreeSet::from(["payments".to_owned()]), &aliases, &forms);
    hosts.add_partial(&partial("~-own"), "service.ledger");
    hosts
}

#[test]
fn addresses_lead_to_services() {
    let at = |port| Answer::Service("service.ledger".to_owned(), port);
    let ledger = || at(None);
    for (address, expected) in [
        ("http://s-ledger/path", ledger()),
        ("service.ledger", ledger()),
        ("S-Ledger:80", at(Some(80))),
        ("s-ledger:http", ledger()),
        ("s-ledger:99999", ledger()),
        ("https://user@s-ledger.:443?x=/y", at(Some(443))),
        ("s-ledger.other.svc.cluster.local:80", at(Some(80))),
        ("s-ledger.payments", ledger()),
        ("pay-0.s-ledger:80", at(Some(80))),
        ("mongodb://pay-12.s-ledger.payments.svc.cluster.local:27017", at(Some(27017))),
        ("pay-*.s-ledger.other.svc:80", at(Some(80))),
        ("pay.s-ledger", Answer::Outside("pay.s-ledger".to_owned())),
        ("pay-a0.s-ledger", Answer::Outside("pay-a0.s-ledger".to_owned())),
        ("pay-0.s-ledger.example.com", Answer::Outside("pay-0.s-ledger.example.com".to_owned())),
        ("http://books", ledger()),
        ("dns://1.2.3.4/books.service.consul:80", at(Some(80))),
        ("dns:s-ledger:80", at(Some(80))),
        ("host=s-ledger port=5432 dbname=x", at(Some(5432))),
        ("mysql:dbname=x;host=s-ledger;port=3306", at(Some(3306))),
        ("pgsql:host=s-ledger", ledger()),
        ("Server=tcp:s-ledger,1433;Database=x", at(Some(1433))),
        ("Data Source=s-ledger;User=x", ledger()),
        ("http://s-ledger/x?host=s-other", ledger()),
        ("root:pw@tcp(s-ledger:3306)/books", at(Some(3306))),
        ("discovery:///service.ledger", ledger()),
        ("consul://consul:8500/s-ledger?healthy=true", ledger()),
        ("postgres://me:secret@s-ledger:5432/books?sslmode=off", at(Some(5432))),
        ("jdbc:postgresql://s-ledger/books", ledger()),
        ("jdbc:sqlserver://s-ledger:1433;databaseName=x", at(Some(1433))),
        ("mysql+pymysql://me@s-ledger/books", ledger()),
        ("https+http://s-ledger", ledger()),
        ("http://_grpc.s-ledger", ledger()),
        ("https+http://_dash.s-ledger:80/x", at(Some(80))),
        ("mongodb://a:b@s-ledger:27017/x", at(Some(27017))),
        ("http://s-ledger.example.com", Answer::Outside("s-ledger.example.com".to_owned())),
        ("s-ledger.elsewhere", Answer::Outside("s-ledger.elsewhere".to_owned())),
        ("http://[::1]:80/", Answer::Local),
        ("localhost:80", Answer::Local),
        (":8080", Answer::Local),
        ("s-:80", Answer::Local),
        ("unix:///var/run/x.sock", Answer::Local),
        ("http://*/x", Answer::Open),
        ("*", Answer::Open),
        ("s-ledger.*.svc.cluster.local", ledger()),
        ("~-own:80", at(Some(80))),
        ("~:80", Answer::Open),
    ] {
        assert_eq!(answers(&sample(), address), [expected], "{address}");
    }
    let several = Answer::Several {
        glob: "s-api-*".to_owned(),
        services: BTreeSet::from(["service.api.x".to_owned(), "service.api.y".to_owned()]),
    };
    assert_eq!(answers(&sample(), "http://s-api-*.ns.svc.cluster.local/x"), [several]);
    // Another chart's release may be called as this one's.
    let own = Answer::Several { glob: "*-own".to_owned(), services: BTreeSet::from(["service.ledger".to_owned()]) };
    let mut other = Partial::gap(Gap::Release(1));
    other.push_str("-own");
    assert_eq!((answers(&sample(), "*-own"), sample().answers(&other)), (vec![own.clone()], vec![own]));
    assert_eq!(answers(&sample(), "srv://c/s-ledger,service.api.x").len(), 2);
}

#[test]
fn names_are_one_with_either_dash() {
    let services = [("order-api", "order-api"), ("a-b", "a-b"), ("c-d", "c-d"), ("x", "x"), ("y", "y")];
    let aliases = BTreeMap::from([
        ("x".to_owned(), vec!["a_b".to_owned(), "p_q-r".to_owned(), "old_name".to_owned()]),
        ("y".to_owned(), vec!["p-q_r".to_owned()]),
    ]);
    let hosts = Hosts::new(services.into_iter(), BTreeSet::new(), &aliases, &[]);
    let service = |name: &str, port| Answer::Service(name.to_owned(), port);
    let several = |glob: &str, names: &[&str]| Answer::Several {
        glob: glob.to_owned(),
        services: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    for (address, expected) in [
        ("http://order_api:80", service("order-api", Some(80))),
        ("postgresql+psycopg://me:pw@Order_Api:5432/x", service("order-api", Some(5432))),
        ("order_api.other.svc", service("order-api", None)),
        ("old-name", service("x", None)),
        // Who has a name as it is written has it.
        ("a_b", service("x", None)),
        ("a-b", service("a-b", None)),
        ("p_q_r", several("p_q_r", &["x", "y"])),
        ("p_q-r", service("x", None)),
        ("order_apis", Answer::Outside("order_apis".to_owned())),
        ("order__api", Answer::Outside("order__api".to_owned())),
        ("orderapi", Answer::Outside("orderapi".to_owned())),
        ("c_*", several("c_*", &["c-d"])),
    ] {
        assert_eq!(answers(&hosts, address), [expected], "{address}");
    }
    for address in ["*_*", "*-*", "http://*-*:80/x", "*.*-*.svc"] {
        assert_eq!(answers(&sample(), address), [Answer::Open], "{address}");
    }
    assert_eq!((hosts.named("p_q_r"), hosts.named("order_api")), (None, Some("order-api")));
    assert_eq!((hosts.spelled("order_api"), hosts.spelled("Order-Api")), (None, Some("order-api")));
    assert!(hosts.is_word("order_api") && !hosts.is_word("order-api") && !hosts.is_word("old_name"));
    assert!(!hosts.is_word("a_b"), "that is another service's name");
}
