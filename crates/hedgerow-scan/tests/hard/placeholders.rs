//! What stands in files for a value that nobody filled in is no address, and hides no call.

use crate::mounts::rows;

/// A shop that calls what a Secret gives it as an address.
fn shop(kind: &str, value: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- service.ledger/x.txt\n-- service.shop/main.py\nimport os, requests\nrequests.get(os.environ['LEDGER_URL'])\n-- k8s/a.yaml\n\
         kind: Deployment\nmetadata: {{name: s-shop}}\nspec: {{template: {{spec: {{containers: [{{name: main, image: x, envFrom: [{{{}: {{name: a}}}}]}}]}}}}}}\n---\n\
         kind: {kind}\nmetadata: {{name: a}}\n{}: {{LEDGER_URL: '{value}'}}\n",
        if kind == "Secret" { "secretRef" } else { "configMapRef" },
        if kind == "Secret" { "stringData" } else { "data" }
    )
}

#[test]
fn a_placeholder_is_no_address() {
    let asks: &[&str] = &["unresolved-call service.shop/main.py"];
    let compose = |value: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{}}\n-- service.ledger/x.txt\n-- service.shop/main.py\nimport os, requests\nrequests.get(os.environ['LEDGER_URL'])\n\
             -- compose.yml\nservices:\n  s-shop: {{image: x, env_file: shop.env}}\n-- shop.env.example\nLEDGER_URL={value}\n"
        )
    };
    for value in [
        "http://<your-host>:80/x",
        "https://CHANGE_ME",
        "http://xxx:80",
        "http://your-ledger-host/",
        "http://<s-ledger>:80",
    ] {
        rows(&[(shop("Secret", value), asks), (shop("ConfigMap", value), asks), (compose(value), asks)]);
    }
    rows(&[
        (shop("Secret", "http://user:CHANGE_ME@s-ledger:80"), &["shop -> ledger joined"]),
        (shop("ConfigMap", "http://s-ledger:80/<id>"), &["shop -> ledger joined"]),
        (shop("ConfigMap", "http://example.com"), &[]),
    ]);
}
