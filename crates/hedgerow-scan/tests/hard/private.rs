//! Addresses of private networks, of which no file says whose they are.

use crate::here::rows;
use crate::outcome;

const NONE: &[&str] = &[];
const ASKED: &[&str] = &["unresolved-call shop ->"];

fn tree(code: &str, deploy: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- service.shop/{code}\n-- service.ledger/x.txt\n-- service.redis/x.txt\n-- docker-compose.yml\nservices:\n  service.shop: {{image: x{deploy}}}\n"
    )
}

const GET: &str = "a.py\nimport os, requests\nrequests.get(os.environ['LEDGER_URL'] + '/x')\n";

fn get(url: &str) -> String {
    tree(GET, &format!(", environment: {{LEDGER_URL: '{url}'}}"))
}

#[test]
fn who_calls_a_private_address_is_asked_whose_it_is() {
    let redis: &[&str] = &["shop -> redis candidate", "unexplained-mention shop -> redis"];
    let client = |at: &str| format!("a.py\nimport os, redis\nredis.Redis(host={at})\n");
    let given = |value: &str| tree(&client("os.environ['AT']"), &format!(", environment: {{AT: '{value}'}}"));
    rows(&[
        (
            "in code",
            tree(
                "main.go\npackage main\nimport \"net/http\"\nfunc main() { http.Get(\"http://192.168.1.50:8080/x\") }\n",
                "",
            ),
            ASKED,
        ),
        ("in a variable", get("http://10.1.2.3:80"), ASKED),
        ("another network", get("http://172.20.3.4"), ASKED),
        ("of a client of the only store", tree("a.py\nimport redis\nredis.Redis(host='10.3.4.5')\n", ""), redis),
        (
            "by a variable",
            tree(
                "a.js\nconst { createClient } = require('redis');\ncreateClient({ url: process.env.AT });\n",
                ", environment: {AT: 'redis://10.0.0.9:6379'}",
            ),
            redis,
        ),
        (
            "explained",
            tree(&client("'10.3.4.5'"), "").replace("scan: {}", "scan: {ignore: {'service.shop -> *': 'elsewhere'}}"),
            NONE,
        ),
        (
            "the deployment names the store",
            tree(&client("'10.3.4.5'"), ", depends_on: [service.redis]"),
            &["shop -> redis addressed"],
        ),
        (
            "another client of an address that nobody knows",
            tree(&(client("'10.3.4.5'") + "redis.Redis(host=os.environ['X'])\n"), ""),
            &["shop -> redis addressed"],
        ),
        (
            "a store by an alias",
            given("10.3.4.5").replace("scan: {}", "scan: {aliases: {service.redis: [10.3.4.5]}}"),
            &["shop -> redis joined"],
        ),
        ("nobody's address", given("redis.example.com"), NONE),
        (
            "in a proxy",
            tree("nginx.conf\nhttp { server { location / { proxy_pass http://10.0.0.7:80; } } }\n", ""),
            ASKED,
        ),
        // Whose it is, is said.
        (
            "by an alias",
            get("http://10.1.2.3:80").replace("scan: {}", "scan: {aliases: {service.ledger: [10.1.2.3]}}"),
            &["shop -> ledger joined"],
        ),
        (
            "by compose",
            get("http://172.20.3.4") + "  service.ledger: {image: x, networks: {all: {ipv4_address: 172.20.3.4}}}\n",
            &["shop -> ledger joined"],
        ),
        // What is nobody's in a private network, or everybody's.
        ("metadata of a cloud", get("http://169.254.169.254/latest"), NONE),
        ("elsewhere", get("http://8.8.8.8"), NONE),
        ("to listen at", tree("a.py\nimport socket\nsocket.socket().bind(('10.1.2.3', 80))\n", ""), NONE),
    ]);
}

#[test]
fn the_question_says_the_address() {
    let found = outcome(&get("http://10.1.2.3:80"));
    let help = found.findings.iter().flat_map(|finding| &finding.help).find(|help| help.contains("`10.1.2.3`"));
    assert!(help.is_some_and(|help| help.contains("service.ledger: [10.1.2.3]")), "{:?}", found.findings);
}
