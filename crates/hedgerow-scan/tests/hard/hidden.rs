//! Addresses that the deploy gives to services and that no file says: in Secrets, and in variables of whoever calls compose.

use crate::{outcome, summary};
use hedgerow_core::diag::Code;

const SERVICES: &str = "-- service.shop/x.txt\n-- service.cart/x.txt\n-- service.ledger/x.txt\n";
const SECRET: &str = "{name: BOOKS_URL, valueFrom: {secretKeyRef: {name: a, key: b}}}";

/// What is asked about such addresses.
fn asked(tree: &str) -> Vec<String> {
    let messages = outcome(tree).findings.into_iter().map(|finding| finding.message);
    messages
        .filter(|message| message.contains("the deploy gives `service.") && message.contains(" whose value"))
        .collect()
}

/// A compose file that gives two services this environment.
fn compose(environment: &str) -> String {
    format!(
        "{SERVICES}-- deploy/compose.yml\nservices:\n  s-shop: {{image: x, environment: {environment}}}\n  s-cart: {{image: y, environment: {environment}}}\n"
    )
}

/// A workload whose container has this environment.
fn pod(name: &str, environment: &str) -> String {
    format!(
        "-- k8s/{name}.yaml\nkind: Deployment\nmetadata: {{name: s-{name}}}\nspec: {{template: {{spec: {{containers: [{{image: x, env: [{environment}]}}]}}}}}}\n"
    )
}

/// The shop, given a variable of this name by a Secret.
fn kept(variable: &str) -> String {
    SERVICES.to_owned() + &pod("shop", &SECRET.replace("BOOKS_URL", variable))
}

#[test]
fn what_compose_takes_from_outside_is_asked_about_once() {
    let both = "the deploy gives `service.cart` and `service.shop` an address whose value no file that was read says: `BOOKS_HOST`";
    for environment in [
        "{BOOKS_HOST: '${BOOKS_HOST}'}",
        "[BOOKS_HOST]",
        "['BOOKS_HOST=${BOOKS:?}']",
        "{BOOKS_HOST: 'http://${A}:${B}'}",
        "{BOOKS_HOST: 'host=${A} port=1'}",
    ] {
        assert_eq!(asked(&compose(environment)), [both], "{environment}");
    }
    // A file that says it.
    for file in [
        "-- deploy/.env\nBOOKS_HOST=example.com\n",
        "-- deploy/.env.example\nBOOKS_HOST=example.com\n",
        "-- deploy/.env-devel\nBOOKS_HOST=example.com\n",
        "-- conf/all.env\nBOOKS_HOST=example.com\n-- hedgerow.yaml\nscan: {settings: [conf/all.env]}\n",
    ] {
        for environment in ["{BOOKS_HOST: '${BOOKS_HOST}'}", "[BOOKS_HOST]"] {
            assert_eq!(asked(&(compose(environment) + file)), [""; 0], "{environment} {file}");
        }
    }
    // A file above it, and files that somebody names and that say different things, are none.
    for files in [
        "-- .env\nBOOKS_HOST=example.com\n",
        "-- conf/a.env\nBOOKS_HOST=a.example.com\n-- conf/b.env\nBOOKS_HOST=b.example.com\n-- hedgerow.yaml\nscan: {settings: ['conf/*.env']}\n",
    ] {
        assert_eq!(asked(&(compose("{BOOKS_HOST: '${BOOKS_HOST}'}") + files)), [both], "{files}");
    }
    // What is known of an address of elsewhere is enough, and so is that there is none.
    for environment in [
        "{BOOKS_URL: 'https://books.${REGION}.example.com'}",
        "{BOOKS_URL: '${A:-}'}",
        "{BOOKS_URL: 'https://me:${SECRET}@books.example.com/${X}'}",
    ] {
        assert_eq!(asked(&compose(environment)), [""; 0], "{environment}");
    }
    // Code that asks for it is one question with it.
    let twice = compose("[BOOKS_URL]") + "-- service.shop/main.lua\nlocal a = os.getenv('BOOKS_URL')\n";
    let asked = outcome(&twice).findings.into_iter().filter(|finding| finding.services.contains("service.shop"));
    assert_eq!(asked.filter(|finding| finding.code == Code::UnknownClient).count(), 1);
}

#[test]
fn what_a_secret_keeps_is_asked_about_where_the_fleet_may_have_it() {
    let of = |services: &str| {
        format!(
            "the deploy gives {services} an address whose value a Secret, or a ConfigMap that is not in the tree, keeps: `BOOKS_URL`"
        )
    };
    let one: &[&str] = &[&of("`service.shop`")];
    let two: &[&str] = &[&of("`service.cart` and `service.shop`")];
    let held = |name: &str| {
        format!("---\nkind: Secret\nmetadata: {{name: {name}}}\nstringData: {{b: 'http://example.com'}}\n")
    };
    let shop = kept("BOOKS_URL");
    let field = |name: &str| {
        let variable = format!("{{name: {name}, valueFrom: {{fieldRef: {{fieldPath: status.hostIP}}}}}}");
        SERVICES.to_owned() + &pod("shop", &variable)
    };
    for (what, tree, expected) in [
        ("of one", shop.clone(), one),
        ("of two", shop.clone() + &pod("cart", SECRET), two),
        ("a ConfigMap that is nowhere", shop.replace("secretKeyRef", "configMapKeyRef"), one),
        ("another Secret", shop.clone() + &held("other"), one),
        ("a Secret that is in the tree", shop.clone() + &held("a"), &[]),
        ("a store that no service is", kept("DATABASE_URL"), &[]),
        ("another one", kept("REDIS_URL"), &[]),
        ("no address", kept("BOOKS_KEY"), &[]),
        ("its own address", kept("PUBLIC_URL"), &[]),
        ("its own, by its name", kept("S_SHOP_URL"), &[]),
        ("a field of the pod", field("BOOKS_HOST"), &[]),
        ("what somebody explained", shop.replace("kind: Dep", "# hedgerow: ignore elsewhere\nkind: Dep"), &[]),
    ] {
        assert_eq!(asked(&tree), expected, "{what}");
    }
    // One pod is one question.
    let several = SERVICES.to_owned() + &pod("shop", &format!("{SECRET}, {}", SECRET.replace("BOOKS", "MORE")));
    let said = "the deploy gives `service.shop` addresses whose values a Secret, or a ConfigMap that is not in the tree, keeps: `BOOKS_URL` and `MORE_URL`";
    assert_eq!(asked(&several), [said]);
    let store = kept("DATABASE_URL") + "-- compose.yml\nservices: {s-cart: {image: 'bitnami/postgresql:16'}}\n";
    assert_eq!(asked(&store).len(), 1);
}

#[test]
fn what_a_secret_of_the_tree_says_is_followed() {
    let code = "-- service.shop/main.py\nimport os, requests\nrequests.get(os.environ['BOOKS_URL'])\n";
    let said = "-- k8s/secret.yaml\nkind: Secret\nmetadata: {name: a}\nstringData: {b: 'http://s-ledger'}\n";
    assert_eq!(summary(&outcome(&(kept("BOOKS_URL") + said + code))), ["shop -> ledger joined"]);
    let all = SERVICES.to_owned() + &pod("shop", "").replace("env: []", "envFrom: [{secretRef: {name: a}}]");
    let said = said.replace("{b:", "{BOOKS_URL:");
    assert_eq!(summary(&outcome(&(all + &said + code))), ["shop -> ledger joined"]);
}

#[test]
fn a_variable_that_is_called_after_a_service_is_a_candidate_until_a_call_is_known() {
    let named = kept("S_LEDGER_URL");
    let found = summary(&outcome(&named));
    assert!(found.contains(&"shop -> ledger candidate".to_owned()), "{found:?}");
    assert_eq!(asked(&named).len(), 1);
    let known = named + "-- service.shop/main.py\nimport requests\nrequests.get('http://s-ledger/x')\n";
    assert_eq!(asked(&known), [""; 0]);
}
