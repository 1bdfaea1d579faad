//! Who the guard lets through.

use super::{Context, GuardObject};
use hedgerow_core::guard::{Guard, Subject};
use hedgerow_core::name::Namespace;
use hedgerow_yaml::Yaml;
use std::collections::BTreeSet;

const GROUP: &str = "rbac.authorization.k8s.io";

pub(super) fn objects(context: &Context<'_>) -> Vec<GuardObject> {
    let environment = context.plan.environment();
    let mut objects = vec![role(
        context,
        "wear",
        "Whoever is bound to this may put labels of ours on pods and write our policies. Nothing by the name `doors` exists or needs to:\n\
         the guard asks RBAC for the verb. Roles that give `*` on `*` hold it too; `admin` and `edit` of Kubernetes do not. Nobody can\n\
         hand it on without holding it.",
    )];
    let mut bind = |verb: &str, comment: &str, who: &dyn Fn(&Namespace) -> BTreeSet<Subject>| {
        for namespace in &context.namespaces {
            let who = who(namespace);
            if !who.is_empty() {
                objects.push(binding(context, verb, comment, namespace, &who));
            }
        }
    };
    let wearers = |namespace: &Namespace| {
        Guard::granted(&context.guard.wear, environment, namespace).into_iter().cloned().collect()
    };
    bind("wear", "Who deploys here, from `guard.wear`.", &wearers);
    if context.is_strict() {
        let enterers = |namespace: &Namespace| {
            Guard::granted(&context.guard.enter, environment, namespace).into_iter().cloned().collect()
        };
        bind("enter", "Who may get into pods here, from `guard.enter`.", &enterers);
        let comment = "Whoever is bound to this may exec into pods, attach to them, forward and proxy to their ports, and add debug containers,\n\
                       as far as RBAC lets them do that at all.";
        objects.insert(1, role(context, "enter", comment));
    }
    objects
}

fn role_name(context: &Context<'_>, verb: &str) -> String {
    format!("{verb}.{}", context.domain())
}

fn role(context: &Context<'_>, verb: &str, comment: &str) -> GuardObject {
    let rule = Yaml::map([
        ("apiGroups", Yaml::seq([Yaml::str(context.domain())])),
        ("resources", Yaml::seq([Yaml::str("doors")])),
        ("verbs", Yaml::seq([Yaml::str(verb)])),
    ]);
    context.object("ClusterRole", role_name(context, verb), comment, vec![("rules", Yaml::seq([rule]))])
}

fn binding(
    context: &Context<'_>,
    verb: &str,
    comment: &str,
    namespace: &Namespace,
    who: &BTreeSet<Subject>,
) -> GuardObject {
    let name = role_name(context, verb);
    let role =
        Yaml::map([("apiGroup", Yaml::str(GROUP)), ("kind", Yaml::str("ClusterRole")), ("name", Yaml::str(&name))]);
    let named = |kind: &str, name: &str| {
        Yaml::map([("apiGroup", Yaml::str(GROUP)), ("kind", Yaml::str(kind)), ("name", Yaml::str(name))])
    };
    let subjects = who.iter().map(|subject| match subject {
        Subject::Group(name) => named("Group", name),
        Subject::User(name) => named("User", name),
        Subject::ServiceAccount { namespace, name } => Yaml::map([
            ("kind", Yaml::str("ServiceAccount")),
            ("name", Yaml::str(name)),
            ("namespace", Yaml::str(namespace.as_str())),
        ]),
    });
    let body = vec![("roleRef", role), ("subjects", Yaml::seq(subjects))];
    GuardObject { namespace: Some(namespace.clone()), ..context.object("RoleBinding", name, comment, body) }
}
