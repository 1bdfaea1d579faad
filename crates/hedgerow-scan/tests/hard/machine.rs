//! Addresses that begin with the machine that asks, and go on with something that nothing sets.

use crate::here::rows;

fn python(code: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- service.shop/main.py\nimport os, requests\n{code}\n-- service.ledger/x.txt\n-- docker-compose.yml\n\
         services:\n  service.shop: {{image: x}}\n  service.ledger: {{image: x}}\n"
    )
}

const ASKED: &[&str] = &["unresolved-call shop ->"];
const NONE: &[&str] = &[];

#[test]
fn only_the_port_of_the_machine_may_be_unknown() {
    rows(&[
        (
            "a host behind who logs in",
            python("requests.get('http://localhost:8080@' + os.environ['HOST'] + '/x')"),
            ASKED,
        ),
        ("a list without a scheme", python("requests.get('localhost:8080,' + os.environ['MORE'])"), ASKED),
        ("a list with one", python("requests.get('http://127.0.0.1:8080,' + os.environ['MORE'])"), ASKED),
        (
            "in JavaScript",
            python("").replace(
                "main.py\nimport os, requests\n",
                "a.js\nfetch(`http://localhost:80@${process.env.HOST}/x`)\n",
            ),
            ASKED,
        ),
        // The port, and what is behind it.
        ("the port", python("requests.get('http://localhost:' + os.environ['PORT'] + '/x')"), NONE),
        ("the port alone", python("requests.get('http://127.0.0.1:' + os.environ['PORT'])"), NONE),
        ("the path", python("requests.get('http://localhost:8080/' + os.environ['PART'])"), NONE),
        ("a list in the path", python("requests.get('http://localhost:' + os.environ['PORT'] + '/a,b@c')"), NONE),
    ]);
}
