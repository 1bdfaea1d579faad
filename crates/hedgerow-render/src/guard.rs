//! Plan → the guard: objects by which an API server refuses labels that nobody may put on.
//!
//! Three [ValidatingAdmissionPolicies] with a binding each, and the RBAC that says who is let through:
//!
//! | policy | watches over | strength |
//! | --- | --- | --- |
//! | `labels.<env>.<domain>` | labels of ours on pods and on what pods are made from | basic, more in strict |
//! | `policies.<env>.<domain>` | policies of ours, and in strict those of others | basic, more in strict |
//! | `entries.<env>.<domain>` | `exec`, `attach` and ways past the network into pods | strict |
//!
//! Who is let through is asked from RBAC by a verb on a resource that nothing else knows: `wear` and `enter` on `doors.<domain>`. One
//! question costs a third of what an expression may cost, so it is asked once per request, never once per label.
//!
//! [ValidatingAdmissionPolicies]: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/

mod accounts;
mod cel;
mod labels;
mod others;
mod rbac;

pub use accounts::account_objects;

use hedgerow_core::guard::{Guard, GuardMode, GuardSettings, GuardStrength};
use hedgerow_core::name::Namespace;
use hedgerow_core::plan::Plan;
use hedgerow_yaml::Yaml;

/// The label on the guard's own objects; its value is the environment.
const MARK: &str = "guard";

/// One object of the guard.
#[derive(Debug, Clone, PartialEq)]
pub struct GuardObject {
    /// What it is for, in lines for people.
    pub comment: String,
    /// The `apiVersion`.
    pub api_version: &'static str,
    /// The `kind`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its namespace, where it has one.
    pub namespace: Option<Namespace>,
    /// What stands beside `metadata`.
    body: Vec<(&'static str, Yaml)>,
    /// The label that says whose it is.
    mark: (String, String),
}

impl GuardObject {
    /// The object as a tree.
    #[must_use]
    pub fn to_yaml(&self) -> Yaml {
        let mut metadata = vec![("name", Yaml::str(&self.name))];
        if let Some(namespace) = &self.namespace {
            metadata.push(("namespace", Yaml::str(namespace.as_str())));
        }
        let (key, value) = &self.mark;
        metadata.push(("labels", Yaml::map([(key.as_str(), Yaml::str(value))])));
        let head = [
            ("apiVersion", Yaml::str(self.api_version)),
            ("kind", Yaml::str(self.kind)),
            ("metadata", Yaml::map(metadata)),
        ];
        Yaml::map(head.into_iter().chain(self.body.clone()))
    }

    /// The object as one YAML document with its comment above it, without a separator.
    #[must_use]
    pub fn emit(&self) -> String {
        let comment = self.comment.lines().map(|line| format!("{}\n", format!("# {line}").trim_end()));
        comment.chain([self.to_yaml().to_block()]).collect()
    }
}

/// What the guard's parts are made for.
struct Context<'p> {
    plan: &'p Plan,
    guard: &'p Guard,
    settings: GuardSettings,
    /// The namespaces that are watched.
    namespaces: Vec<&'p Namespace>,
}

impl Context<'_> {
    fn domain(&self) -> &str {
        self.plan.scheme().domain().as_str()
    }

    fn binds_accounts(&self) -> bool {
        self.guard.accounts.contains(self.plan.environment())
    }

    fn is_strict(&self) -> bool {
        self.settings.strength == GuardStrength::Strict
    }

    /// The name of a policy and its binding. It says of which environment the guard is.
    fn name(&self, part: &str) -> String {
        format!("{part}.{}.{}", self.plan.environment(), self.domain())
    }

    fn mark(&self) -> (String, String) {
        (format!("{}/{MARK}", self.domain()), self.plan.environment().to_string())
    }

    fn object(&self, kind: &'static str, name: String, comment: &str, body: Vec<(&'static str, Yaml)>) -> GuardObject {
        let api_version =
            if kind.contains("Role") { "rbac.authorization.k8s.io/v1" } else { "admissionregistration.k8s.io/v1" };
        GuardObject { comment: comment.to_owned(), api_version, kind, name, namespace: None, body, mark: self.mark() }
    }

    /// A policy and what binds it to the fleet's namespaces.
    fn policy(&self, part: &str, comment: &str, policy: Policy) -> [GuardObject; 2] {
        let name = self.name(part);
        let mut spec = vec![
            ("failurePolicy", Yaml::str("Fail")),
            (
                "matchConstraints",
                Yaml::map([("resourceRules", Yaml::seq(policy.resources.iter().map(Resources::to_yaml)))]),
            ),
        ];
        if !policy.conditions.is_empty() {
            let condition = |(name, note, expression): &(&str, &str, String)| {
                Yaml::map([("name", Yaml::str(*name)), ("expression", Yaml::Text(expression.clone()))]).noted(*note)
            };
            spec.push(("matchConditions", Yaml::seq(policy.conditions.iter().map(condition))));
        }
        if !policy.variables.is_empty() {
            let variable = |(name, note, expression): &(&str, &str, String)| {
                Yaml::map([("name", Yaml::str(*name)), ("expression", Yaml::Text(expression.clone()))]).noted(*note)
            };
            spec.push(("variables", Yaml::seq(policy.variables.iter().map(variable))));
        }
        spec.push(("validations", Yaml::seq(policy.validations.iter().map(Validation::to_yaml))));
        if let Some(noted) = policy.noted {
            let annotation = Yaml::map([("key", Yaml::str("labels")), ("valueExpression", Yaml::Text(noted))]);
            let note = "In the audit log of every request that changes a label of ours, granted or not.";
            spec.push(("auditAnnotations", Yaml::seq([annotation]).noted(note)));
        }
        let actions: &[&str] = match self.settings.mode {
            GuardMode::Audit => &["Audit"],
            GuardMode::Warn => &["Warn", "Audit"],
            GuardMode::Deny => &["Deny", "Audit"],
        };
        let namespaces = Yaml::map([
            ("key", Yaml::str("kubernetes.io/metadata.name")),
            ("operator", Yaml::str("In")),
            ("values", Yaml::seq(self.namespaces.iter().map(|name| Yaml::str(name.as_str())))),
        ]);
        let bound = vec![(
            "spec",
            Yaml::map([
                ("policyName", Yaml::str(&name)),
                ("validationActions", Yaml::seq(actions.iter().map(|action| Yaml::str(*action)))),
                (
                    "matchResources",
                    Yaml::map([("namespaceSelector", Yaml::map([("matchExpressions", Yaml::seq([namespaces]))]))]),
                ),
            ]),
        )];
        let mode = match self.settings.mode {
            GuardMode::Audit => {
                "Mode `audit`: what would be refused is granted and noted in the API server's audit log."
            }
            GuardMode::Warn => "Mode `warn`: what would be refused is granted, noted, and whoever asked is warned.",
            GuardMode::Deny => {
                "Mode `deny`: what nobody may do is refused. The way back at night: `kubectl delete` this one object."
            }
        };
        [
            self.object("ValidatingAdmissionPolicy", name.clone(), comment, vec![("spec", Yaml::map(spec))]),
            self.object("ValidatingAdmissionPolicyBinding", name, mode, bound),
        ]
    }
}

/// What a ValidatingAdmissionPolicy holds.
struct Policy {
    resources: Vec<Resources>,
    /// Name, why, expression: all must be true for the policy to apply.
    conditions: Vec<(&'static str, &'static str, String)>,
    /// Name, what it is, expression.
    variables: Vec<(&'static str, &'static str, String)>,
    validations: Vec<Validation>,
    /// What is written to the audit log, where it is not empty.
    noted: Option<String>,
}

/// Some resources of one group, with what is done to them.
struct Resources {
    group: String,
    operations: Vec<&'static str>,
    resources: Vec<String>,
}

impl Resources {
    fn new(group: &str, operations: &[&'static str], resources: &[&str]) -> Self {
        let resources = resources.iter().map(ToString::to_string).collect();
        Self { group: group.to_owned(), operations: operations.to_vec(), resources }
    }

    fn to_yaml(&self) -> Yaml {
        Yaml::map([
            ("apiGroups", Yaml::seq([Yaml::str(&self.group)])),
            ("apiVersions", Yaml::seq([Yaml::str("*")])),
            ("operations", Yaml::seq(self.operations.iter().map(|operation| Yaml::str(*operation)))),
            ("resources", Yaml::seq(self.resources.iter().map(Yaml::str))),
        ])
    }
}

/// One thing that must hold.
struct Validation {
    note: &'static str,
    expression: String,
    /// An expression that makes the words of the refusal.
    message: String,
}

impl Validation {
    fn to_yaml(&self) -> Yaml {
        Yaml::map([
            ("expression", Yaml::Text(self.expression.clone())),
            ("messageExpression", Yaml::Text(self.message.clone())),
            ("reason", Yaml::str("Forbidden")),
        ])
        .noted(self.note)
    }
}

/// The guard of the plan's environment, in the order in which it is applied: whom it lets through, then what it refuses. Nothing
/// where `hedgerow.yaml` has no `guard`.
#[must_use]
pub fn guard_objects(plan: &Plan) -> Option<Vec<GuardObject>> {
    let config = plan.fleet().config();
    let guard = config.guard.as_ref()?;
    let settings = *guard.settings.get(plan.environment())?;
    let context = Context { plan, guard, settings, namespaces: config.namespaces.iter().collect() };
    let mut objects = rbac::objects(&context);
    objects.extend(labels::objects(&context));
    objects.extend(others::policies(&context));
    if context.is_strict() {
        objects.extend(others::entries(&context));
    }
    Some(objects)
}
