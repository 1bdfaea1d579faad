//! One act of somebody, and whether the guard lets it through.

use hedgerow_testcluster::{Answer, Cluster, User};

pub(crate) const DEV: &str = "dev";
pub(crate) const DEPLOYER: &str = "deployer";
pub(crate) const ONCALL: &str = "oncall";
/// A service account that may wear, and one that may not.
pub(crate) const OPERATOR: &str = "system:serviceaccount:ops:operator";
pub(crate) const OTHER: &str = "system:serviceaccount:ops:other";
/// A controller that is named under `controllers`.
pub(crate) const ARGO: &str = "system:serviceaccount:argo:argo-rollouts";

/// What is asked of the API server.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    pub(crate) method: &'static str,
    /// Below the namespace: `pods/naked/status` in the API group before the colon.
    pub(crate) path: String,
    pub(crate) content: &'static str,
    pub(crate) body: String,
}

/// Whether something is let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Passes,
    Refused,
}
pub(crate) use Fate::{Passes, Refused};

/// One row of the table.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) who: &'static str,
    pub(crate) act: Act,
    pub(crate) basic: Fate,
    pub(crate) strict: Fate,
}

/// `group/version:resource`, with no group for the core; with `!` for what has no namespace.
fn path(target: &str) -> String {
    if let Some((group, rest)) = target.split_once('!') {
        return format!("/apis/{group}/{rest}");
    }
    match target.split_once(':') {
        None => format!("/api/v1/namespaces/NAMESPACE/{target}"),
        Some((group, rest)) => format!("/apis/{group}/namespaces/NAMESPACE/{rest}"),
    }
}

/// Creates an object, given as YAML.
pub(crate) fn create(target: &str, object: &str) -> Act {
    let value: serde_json::Value = serde_yaml::from_str(object).unwrap_or_else(|error| panic!("{object}: {error}"));
    Act { method: "POST", path: path(target), content: "application/json", body: value.to_string() }
}

/// Merges YAML into an object.
pub(crate) fn patch(target: &str, change: &str) -> Act {
    let content = "application/merge-patch+json";
    Act { method: "PATCH", content, ..create(target, change) }
}

/// As `kubectl` patches: lists are merged by the names in them.
pub(crate) fn strategic(target: &str, change: &str) -> Act {
    let content = "application/strategic-merge-patch+json";
    Act { method: "PATCH", content, ..create(target, change) }
}

/// Options of a deletion come in its body, and what stands in the query is not read then.
pub(crate) fn delete(target: &str, options: &str) -> Act {
    let mut act = Act { method: "DELETE", ..create(target, options) };
    let mut options: serde_json::Value = serde_json::from_str(&act.body).expect("what was just written");
    options["dryRun"] = serde_json::json!(["All"]);
    act.body = options.to_string();
    act
}

pub(crate) fn connect(target: &str) -> Act {
    Act { method: "POST", path: path(target), content: "application/json", body: String::new() }
}

impl Act {
    /// Does it as `user`, with `headers`, in `namespace`: dry, where there is such a thing.
    pub(crate) fn perform(&self, user: &User, namespace: &str, headers: &[(&str, &str)]) -> Answer {
        let path = self.path.replace("NAMESPACE", namespace);
        let more = if path.contains('?') { '&' } else { '?' };
        let path = if self.is_connect() { path } else { format!("{path}{more}dryRun=All") };
        user.request_with(self.method, &path, self.content, &self.body, headers)
    }

    fn is_connect(&self) -> bool {
        ["/exec", "/attach", "/portforward", "/proxy"].iter().any(|way| self.path.contains(way))
    }
}

impl Row {
    /// Somebody who holds a certificate or a token.
    pub(crate) fn user(&self, cluster: &Cluster) -> User {
        match self.who.strip_prefix("system:serviceaccount:") {
            None => cluster.user(self.who, &[]),
            Some(account) => {
                let (namespace, name) = account.split_once(':').expect("an account has a namespace");
                cluster.service_account(namespace, name)
            }
        }
    }

    pub(crate) fn fate(&self, strength: &str) -> Fate {
        if strength == "strict" { self.strict } else { self.basic }
    }
}

/// What became of it: refused by the guard, or let through by it, whatever else was wrong.
#[track_caller]
pub(crate) fn fate_of(name: &str, answer: &Answer) -> Fate {
    let message = answer.message();
    if message.contains("ValidatingAdmissionPolicy") {
        assert_eq!(answer.status, 403, "{name}: {message}");
        assert!(message.contains(" may not "), "{name} is refused without a reason: {message}");
        return Refused;
    }
    // Nothing runs in these pods: what is not refused finds nobody to talk to.
    let nobody = [
        "does not have a host assigned",
        "no endpoints available",
        "address not allowed",
        "pod is not running",
        "Upgrade request required",
        "host",
    ];
    assert!(
        answer.is_granted() || nobody.iter().any(|word| message.contains(word)),
        "{name}: neither let through nor refused by the guard: {} {}",
        answer.status,
        answer.body
    );
    Passes
}
