//! What judging costs, beside what the API server allows.
//!
//! It does not tell the cost of an expression, only when one is over the limit. So every expression of the guard is evaluated twice over
//! (`[E, E][0]`): what is under the limit then costs less than half of it.

use crate::world::{guard, world};
use hedgerow_testcluster::wait;
use serde_json::{Value, json};

const HOME: &str = "cost";
const DOORS: usize = 60;

fn doubled(policy: &Value) -> Value {
    let mut policy = policy.clone();
    let twice = |value: &mut Value| {
        if let Some(text) = value.as_str() {
            *value = json!(format!("[{text},\n{text}][0]"));
        }
    };
    for list in ["matchConditions", "variables", "validations"] {
        for element in policy["spec"][list].as_array_mut().into_iter().flatten() {
            twice(&mut element["expression"]);
        }
    }
    policy
}

fn labels(value: &str) -> Value {
    let mut labels = json!({"app": "x", "bank.example/routing-name": "service.emoji"});
    for number in 0..DOORS {
        labels[format!("bank.example/egress-s-a-service-with-a-rather-long-name-{number}")] = json!(value);
    }
    labels
}

fn deployment(value: &str, image: &str) -> String {
    let containers: Vec<_> = (0..5)
        .map(|number| json!({"name": format!("c{number}"), "image": image, "env": (0..40).map(|n| json!({"name": format!("E{n}"), "value": "some value of a variable"})).collect::<Vec<_>>()}))
        .collect();
    let template = json!({"metadata": {"labels": labels(value)}, "spec": {"containers": containers}});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "x"}}, "template": template},
    })
    .to_string()
}

#[test]
fn sixty_labels_cost_less_than_half_of_what_is_allowed() {
    let Some(world) = world() else { return };
    let admin = world.cluster.admin();
    world.cluster.namespace(HOME);
    let text = guard("strict", "deny").replace("strict", HOME);
    let objects: Vec<Value> = text
        .split("---\n")
        .filter(|text| !text.trim().is_empty())
        .map(|text| serde_yaml::from_str(text).expect("the guard is YAML"))
        .map(|object: Value| if object["kind"] == "ValidatingAdmissionPolicy" { doubled(&object) } else { object })
        .collect();
    let said = admin.apply(HOME, &json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string());
    assert_eq!(said.code, 0, "{}", said.stderr);
    for user in ["dev", "deployer"] {
        let binding = ["create", "rolebinding", user, "--clusterrole=admin", &format!("--user={user}"), "-n", HOME];
        admin.kubectl(&binding).text();
    }
    let path = format!("/apis/apps/v1/namespaces/{HOME}/deployments");
    let ask = |method: &str, path: &str, body: &str, user: &str| {
        admin.request(method, path, "application/json", body, Some(user))
    };
    let (here, tried) = (format!("{path}/x"), format!("{path}?dryRun=All"));
    wait("the guard", || {
        !ask("POST", &tried, &deployment("true", "a"), "dev").is_granted()
            && ask("POST", &tried, &deployment("true", "a"), "deployer").is_granted()
    });
    let refused = |answer: hedgerow_testcluster::Answer, words: &str| {
        assert_eq!(answer.status, 403, "{}", answer.body);
        assert!(answer.message().contains(words) && !answer.message().contains("cost limit"), "{}", answer.message());
    };
    refused(
        ask("POST", &tried, &deployment("true", "a"), "dev"),
        "dev may not put on, change or take off 61 labels of Hedgerow",
    );
    let answer = ask("POST", &path, &deployment("true", "a"), "deployer");
    assert!(answer.is_granted(), "{}", answer.message());
    // Every label with another value, another image in every container: each expression looks at all there is.
    refused(ask("PUT", &here, &deployment("false", "b"), "dev"), "dev may not");
    refused(ask("PUT", &here, &deployment("true", "b"), "dev"), "dev may not change what runs");
    for (value, image) in [("false", "a"), ("false", "b"), ("true", "a")] {
        let answer = ask("PUT", &here, &deployment(value, image), "deployer");
        assert!(answer.is_granted(), "{}", answer.message());
    }
}
