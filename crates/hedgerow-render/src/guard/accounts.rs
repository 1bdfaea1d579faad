//! Labels bound to the account that pods run as: what one service's account may wear.
//!
//! The whole list is one name that RBAC is asked about once: `egress-s-ledger=true,routing-name=service.emoji`. So a rule that is added
//! changes the caller's Role, and nothing of anybody else.

use super::cel::{NAMESPACE, list};
use super::{Context, GuardObject, Validation};
use hedgerow_core::guard::Guard;
use hedgerow_core::label::{Identity, Meaning};
use hedgerow_core::plan::{Plan, ServicePlan};
use hedgerow_yaml::Yaml;

/// The most labels that can be put in order: CEL has no way to sort before Kubernetes 1.34.
const MOST: usize = 128;

/// What a service's pods wear that its account must be allowed, as one name. Whether a policy protects them changes with the stage
/// and opens nothing, so it is left out.
fn badge(plan: &Plan, service: &ServicePlan) -> String {
    let scheme = plan.scheme();
    let ours = service.pods.write.iter().filter(|(key, _)| {
        matches!(scheme.meaning(key.as_str()), Some(Meaning::Egress | Meaning::Identity | Meaning::ServiceType))
    });
    let mut names: Vec<_> = ours
        .map(|(key, value)| {
            let name = key.as_str().split_once('/').map_or(key.as_str(), |(_, name)| name);
            format!("{name}={}", value.as_str())
        })
        .collect();
    names.sort_unstable();
    names.join(",")
}

/// The Role and the RoleBinding by which one service's account may wear what the service's rules give it; nothing where
/// `hedgerow.yaml` does not bind labels to accounts. They are applied before the service is deployed.
///
/// # Errors
/// With the service's name where no account is named for it.
pub fn account_objects(plan: &Plan, service: &ServicePlan) -> Result<Vec<GuardObject>, String> {
    let config = plan.fleet().config();
    let guard: Option<&Guard> = config.guard.as_ref().filter(|guard| guard.accounts.contains(plan.environment()));
    let Some(guard) = guard else { return Ok(Vec::new()) };
    let Some(settings) = guard.settings.get(plan.environment()).copied() else { return Ok(Vec::new()) };
    let account = plan.fleet().service(service.name.as_str()).and_then(|service| service.account.clone());
    let account = account.ok_or_else(|| service.name.to_string())?;
    let context = Context { plan, guard, settings, namespaces: Vec::new() };
    let name = format!("wear.{}.{}", plan.scheme().object(&service.slug), context.domain());
    let rule = Yaml::map([
        ("apiGroups", Yaml::seq([Yaml::str(context.domain())])),
        ("resources", Yaml::seq([Yaml::str("doors")])),
        ("resourceNames", Yaml::seq([Yaml::str(badge(plan, service))])),
        ("verbs", Yaml::seq([Yaml::str("wear")])),
    ]);
    let subject = Yaml::map([
        ("kind", Yaml::str("ServiceAccount")),
        ("name", Yaml::str(account)),
        ("namespace", Yaml::str(service.namespace.as_str())),
    ]);
    let role = Yaml::map([
        ("apiGroup", Yaml::str("rbac.authorization.k8s.io")),
        ("kind", Yaml::str("Role")),
        ("name", Yaml::str(&name)),
    ]);
    let comment = format!("What the pods of {} may wear. Apply it before they are deployed.", service.name);
    let mark = plan.scheme().mark(&service.name);
    let mark = (mark.key().to_string(), mark.value().to_string());
    let placed =
        |object: GuardObject| GuardObject { namespace: Some(service.namespace.clone()), mark: mark.clone(), ..object };
    Ok(vec![
        placed(context.object("Role", name.clone(), &comment, vec![("rules", Yaml::seq([rule]))])),
        placed(context.object(
            "RoleBinding",
            name,
            &format!("By the account that the pods of {} run as.", service.name),
            vec![("roleRef", role), ("subjects", Yaml::seq([subject]))],
        )),
    ])
}

/// The variables by which a template's labels become one name.
pub(super) fn variables(context: &Context<'_>) -> Vec<(&'static str, &'static str, String)> {
    let scheme = context.plan.scheme();
    let domain = context.domain();
    let mut exact = vec![scheme.service_type().to_string()];
    if let Identity::Own(key) = scheme.identity() {
        exact.push(key.to_string());
    }
    exact.sort();
    let counts = format!("(key.startsWith('{domain}/egress-') || key in {})", list(&exact));
    let numbers: Vec<_> = (0..MOST).map(|number| number.to_string()).collect();
    let account = "variables.after.?spec.?serviceAccountName.orValue('default')";
    vec![
        ("account", "The account that the pods would run as.", account.to_owned()),
        (
            "lent",
            "Whether they would wear something under it that they did not before.",
            format!(
                "variables.now.exists(key, {counts} && !(key in variables.was && variables.was[key] == variables.now[key] &&\n  \
                 variables.account == variables.before.?spec.?serviceAccountName.orValue('default')))"
            ),
        ),
        (
            "names",
            "What they would wear,",
            format!(
                "variables.now.filter(key, {counts}).map(key, key.substring({}) + '=' + variables.now[key])",
                domain.len() + 1
            ),
        ),
        (
            "ranks",
            "the place of each in order,",
            "variables.names.map(name, size(variables.names.filter(other, other < name)))".to_owned(),
        ),
        (
            "badge",
            "and all of them in order, as one name.",
            format!(
                "[{}].filter(place, place < size(variables.names)).map(place, variables.names[variables.ranks.indexOf(place)]).join(',')",
                numbers.join(", ")
            ),
        ),
    ]
}

pub(super) fn validation(context: &Context<'_>) -> Validation {
    let domain = context.domain();
    Validation {
        note: "What pods wear is bound to the account they run as: one question to RBAC about all of it.",
        expression: format!(
            "request.operation == 'DELETE' || request.resource.resource == 'networksets' || !variables.lent ||\n\
             size(variables.names) <= {MOST} &&\n\
             authorizer.serviceAccount({NAMESPACE}, variables.account).group('{domain}').resource('doors').namespace({NAMESPACE})\
             .name(variables.badge).check('wear').allowed()"
        ),
        message: format!(
            "'the account ' + variables.account + ' may not wear ' + variables.badge + ' in namespace ' + {NAMESPACE} +\n  \
             ' (Hedgerow: apply what hedgerow render --guard --service prints for the service, then deploy it)'"
        ),
    }
}
