//! The policy `labels`: who may put labels of ours on pods, take them off, and change what runs under them.

use super::cel::{SUBRESOURCE, holds, is_from, list, message};
use super::{Context, GuardObject, Policy, Resources, Validation, accounts};
use hedgerow_core::guard::{Controller, TemplateKind};
use hedgerow_core::label::Identity;
use std::collections::BTreeSet;
use std::fmt::Write as _;

const COMMENT: &str = "Labels of Hedgerow's open doors: a pod that wears bank's `egress-…` is let in. This refuses to put them on, change them or take\n\
                       them off, on pods and on what pods are made from, to all who do not hold the verb `wear`.";

pub(super) fn objects(context: &Context<'_>) -> [GuardObject; 2] {
    let comment = COMMENT.replace("bank's `egress-…`", &format!("`{}/egress-…`", context.domain()));
    let policy = Policy {
        resources: resources(context),
        conditions: conditions(context),
        variables: variables(context),
        validations: validations(context),
        noted: Some("variables.changed.join(', ')".to_owned()),
    };
    context.policy("labels", &comment, policy)
}

fn resources(context: &Context<'_>) -> Vec<Resources> {
    let strict = context.is_strict();
    let operations: &[&str] = if strict { &["CREATE", "UPDATE", "DELETE"] } else { &["CREATE", "UPDATE"] };
    let with = |plain: &[&'static str], more: &[&'static str]| {
        plain.iter().chain(more.iter().filter(|_| strict)).copied().collect::<Vec<_>>()
    };
    let core = with(&["pods", "pods/*", "podtemplates", "replicationcontrollers"], &["replicationcontrollers/scale"]);
    let apps = ["controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"];
    let mut resources = vec![
        Resources::new("", operations, &core),
        Resources::new("apps", operations, &with(&apps, &["replicasets/scale", "statefulsets/status"])),
        Resources::new("batch", operations, &["cronjobs", "jobs"]),
        // Calico's selectors match the labels of sets of addresses as they match those of pods.
        Resources::new("projectcalico.org", &["CREATE", "UPDATE"], &["networksets"]),
    ];
    for kind in context.guard.kinds() {
        match resources.iter_mut().find(|resources| resources.group == kind.group) {
            Some(resources) if !resources.resources.contains(&kind.resource) => {
                resources.resources.push(kind.resource.clone());
            }
            Some(_) => {}
            None => resources.push(Resources::new(&kind.group, operations, &[&kind.resource])),
        }
    }
    resources
}

/// What Kubernetes' own controllers make comes from a template that was judged when somebody wrote it.
fn conditions(context: &Context<'_>) -> Vec<(&'static str, &'static str, String)> {
    let made = |resource: &str, controllers: &[&str]| {
        format!(
            "!(request.operation == 'CREATE' && request.resource.resource == '{resource}' && {SUBRESOURCE} == '' &&\n  {})",
            is_from(controllers)
        )
    };
    let pods = [
        "daemon-set-controller",
        "job-controller",
        "replicaset-controller",
        "replication-controller",
        "statefulset-controller",
    ];
    let mut conditions = vec![
        (
            "pods-of-controllers",
            "Pods that Kubernetes' controllers make come from templates that were judged when they were written.",
            made("pods", &pods),
        ),
        (
            "replica-sets-of-deployments",
            "So do the ReplicaSets of a Deployment,",
            made("replicasets", &["deployment-controller"]),
        ),
        ("jobs-of-cron-jobs", "the Jobs of a CronJob,", made("jobs", &["cronjob-controller"])),
        (
            "revisions-of-controllers",
            "and the revisions that StatefulSets and DaemonSets go back to.",
            made("controllerrevisions", &["daemon-set-controller", "statefulset-controller"]),
        ),
    ];
    if !context.guard.controllers.is_empty() {
        let note = "Other controllers, from `guard.controllers`, write what belongs to the kinds that are judged here, and nothing else.";
        conditions.push(("owned-by-kinds-of-controllers", note, owned(&context.guard.controllers)));
    }
    conditions
}

/// A controller that was named writes something whose owner is of a kind that was named with it.
fn owned(controllers: &[Controller]) -> String {
    let mut ways = Vec::new();
    for controller in controllers {
        let groups: BTreeSet<_> = controller.kinds.iter().map(|kind| &kind.group).collect();
        for group in groups {
            // An owner is named by its kind, which is the resource in the singular.
            let kinds = controller.kinds.iter().filter(|kind| kind.group == *group).map(|kind| &kind.resource);
            ways.push(format!(
                "request.userInfo.username == 'system:serviceaccount:{}:{}' &&\n    owner.apiVersion.startsWith('{group}/') && \
                 owner.kind.lowerAscii() + 's' in {}",
                controller.namespace,
                controller.account,
                list(kinds)
            ));
        }
    }
    format!(
        "!(object != null && object.metadata.?ownerReferences.orValue([]).exists(owner, owner.?controller.orValue(false) && (\n    {})))",
        ways.join(" ||\n    ")
    )
}

/// The expression for the pod template in `object`; a pod is its own.
fn template(object: &str, kinds: &BTreeSet<&TemplateKind>) -> String {
    let way = |fields: &[&str]| {
        let way: String = fields.iter().map(|field| format!(".?{field}")).collect();
        if fields.is_empty() { format!("dyn({object})") } else { format!("dyn({object}{way}.orValue({{}}))") }
    };
    let mut cases = Vec::new();
    for kind in kinds {
        let fields: Vec<_> = kind.template.iter().map(String::as_str).collect();
        if fields != ["spec", "template"] {
            let is_it = format!(
                "request.resource.group == '{}' && request.resource.resource == '{}'",
                kind.group, kind.resource
            );
            cases.push((is_it, way(&fields)));
        }
    }
    for (resources, fields) in [
        (&["pods", "networksets"][..], &[][..]),
        (&["podtemplates"], &["template"]),
        (&["cronjobs"], &["spec", "jobTemplate", "spec", "template"]),
        (&["controllerrevisions"], &["data", "spec", "template"]),
    ] {
        cases.push((format!("request.resource.resource in {}", list(resources)), way(fields)));
    }
    let cases: String = cases.into_iter().map(|(is_it, way)| format!("{is_it} ? {way} :\n")).collect();
    format!("{object} == null ? dyn({{}}) :\n{cases}{}", way(&["spec", "template"]))
}

fn variables(context: &Context<'_>) -> Vec<(&'static str, &'static str, String)> {
    let scheme = context.plan.scheme();
    let domain = context.domain();
    let mut exact = vec![scheme.network_policy().to_string(), scheme.service_type().to_string()];
    if let Identity::Own(key) = scheme.identity() {
        exact.push(key.to_string());
    }
    exact.sort();
    let is_ours = |key: &str| format!("({key}.startsWith('{domain}/egress-') || {key} in {})", list(&exact));
    // Labels of others that say which policy selects a pod: only where the pod wears ours as well, since others use them too.
    let foreign: BTreeSet<_> =
        context.plan.services().values().flat_map(|service| service.pods.expect.keys()).collect();
    let foreign: BTreeSet<_> = match scheme.identity() {
        Identity::Foreign(key) => foreign.into_iter().chain([key]).collect(),
        Identity::Own(_) => foreign,
    };
    let counts = if foreign.is_empty() {
        is_ours("key")
    } else {
        format!("({} || variables.worn && key in {})", is_ours("key"), list(foreign.iter().map(|key| key.as_str())))
    };
    let kinds = context.guard.kinds();
    let mut changed = format!(
        "request.operation == 'DELETE' ? [] :\n\
         variables.now.filter(key, {counts} && !(key in variables.was && variables.was[key] == variables.now[key])) +\n\
         variables.was.filter(key, {counts} && !(key in variables.now))"
    );
    for kind in &kinds {
        for way in &kind.labels {
            let way: String = way.iter().map(|field| format!(".?{field}")).collect();
            let _ = write!(
                changed,
                " +\n(request.resource.group == '{}' && request.resource.resource == '{}' ? object{way}.orValue({{}}).filter(key, {} && \
                 !(oldObject != null && oldObject{way}.orValue({{}})[?key].orValue('') == object{way}.orValue({{}})[key])) : [])",
                kind.group,
                kind.resource,
                is_ours("key"),
            );
        }
    }
    let mut variables = vec![
        ("after", "The pod template as it would be,", template("object", &kinds)),
        ("before", "and as it was.", template("oldObject", &kinds)),
        ("now", "Its labels.", "variables.after.?metadata.?labels.orValue({})".to_owned()),
        ("was", "", "variables.before.?metadata.?labels.orValue({})".to_owned()),
        (
            "worn",
            "Whether a label of ours is there, before or after.",
            format!("variables.now.exists(key, {}) || variables.was.exists(key, {})", is_ours("key"), is_ours("key")),
        ),
        ("changed", "The labels of ours that the request puts on, changes or takes off.", changed),
        (
            "wears",
            "Whether whoever asks may: one question to RBAC, asked only if it comes to that.",
            holds(context, "wear"),
        ),
    ];
    if context.binds_accounts() {
        variables.extend(accounts::variables(context));
    }
    if !context.is_strict() && foreign.is_empty() {
        variables.retain(|(name, ..)| *name != "worn");
    }
    variables
}

fn validations(context: &Context<'_>) -> Vec<Validation> {
    let mut validations = vec![Validation {
        note: "Labels.",
        expression: "size(variables.changed) == 0 || variables.wears".to_owned(),
        message: message(
            context,
            "wear",
            "put on, change or take off ' + (size(variables.changed) > 8 ? string(size(variables.changed)) + ' labels of Hedgerow' : variables.changed.join(', ')) + '",
        ),
    }];
    validations.push(revisions(context));
    if context.binds_accounts() {
        validations.push(accounts::validation(context));
    }
    if context.is_strict() {
        validations.extend(strict(context));
    }
    validations
}

/// A StatefulSet reads its revisions by a decoder to which `Labels` is `labels`, and the API server keeps them as they were sent.
fn revisions(context: &Context<'_>) -> Validation {
    let names = ["spec", "template", "metadata", "labels"];
    let places: Vec<_> = ["", ".?spec", ".?spec.?template", ".?spec.?template.?metadata"]
        .map(|way| format!("dyn(object.?data{way}.orValue({{}}))"))
        .into();
    Validation {
        note: "A revision says the same with `Labels` or `LABELS` to the StatefulSet that goes back to it, and would hide them here.",
        expression: format!(
            "request.resource.resource != 'controllerrevisions' || object == null ||\n\
             [{}].all(place, place.all(key, key in {} || !key.matches('(?i)^({})$'))) ||\nvariables.wears",
            places.join(",\n "),
            list(names),
            names.join("|")
        ),
        message: message(context, "wear", "write a revision with names of fields in other letters"),
    }
}

/// What can be done with labels that are worn already.
fn strict(context: &Context<'_>) -> Vec<Validation> {
    let on_update =
        |rest: &str| format!("request.operation != 'UPDATE' || !variables.worn ||\n{rest} ||\nvariables.wears");
    let images = |which: &str| {
        let of = |object: &str| format!("{object}.?spec.?{which}.orValue([]).map(c, c.?image.orValue(''))");
        format!("{} == {}", of("object"), of("oldObject"))
    };
    let kept = |from: &str, to: &str| {
        let notes = |side: &str| format!("variables.{side}.?metadata.?annotations.orValue({{}})");
        let (from, to) = (notes(from), notes(to));
        format!("{from}.all(key, key.startsWith('kubectl.kubernetes.io/') || key in {to} && {to}[key] == {from}[key])")
    };
    let may_not = |what: &str| message(context, "wear", what);
    let raised = "object.?spec.?replicas.orValue(0) <= oldObject.?spec.?replicas.orValue(0)";
    let is_set = "request.resource.resource in ['replicasets', 'replicationcontrollers']";
    vec![
        Validation {
            note: "What runs in pods that wear them: a template's spec,",
            expression: on_update(
                "request.resource.resource == 'pods' || variables.after.?spec.orValue({}) == variables.before.?spec.orValue({})",
            ),
            message: may_not("change what runs under labels of Hedgerow"),
        },
        Validation {
            note: "its annotations, by which others inject containers (`kubectl rollout restart` writes one of kubectl's own),",
            expression: on_update(&format!(
                "request.resource.resource == 'pods' || ({} &&\n{})",
                kept("after", "before"),
                kept("before", "after")
            )),
            message: may_not("change the annotations of a template that wears labels of Hedgerow"),
        },
        Validation {
            note: "the images of a live pod,",
            expression: on_update(&format!(
                "request.resource.resource != 'pods' || ({} &&\n{})",
                images("containers"),
                images("initContainers")
            )),
            message: may_not("change the image of a pod that wears labels of Hedgerow"),
        },
        Validation {
            note: "the addresses that Calico takes for a live pod's own while its status has none (the CNI plugin writes them by `pods/status`),",
            expression: on_update(&format!(
                "request.resource.resource != 'pods' || {SUBRESOURCE} != '' ||\n\
                 ['cni.projectcalico.org/podIP', 'cni.projectcalico.org/podIPs'].all(key,\n  \
                 object.metadata.?annotations[?key] == oldObject.metadata.?annotations[?key])"
            )),
            message: may_not("say which address a pod has that wears labels of Hedgerow"),
        },
        Validation {
            note: "and debug containers.",
            expression: format!(
                "{SUBRESOURCE} != 'ephemeralcontainers' || !variables.worn ||\n{}",
                holds(context, "enter")
            ),
            message: message(context, "enter", "add a debug container to a pod that wears labels of Hedgerow"),
        },
        Validation {
            note: "A rule that was removed comes back to life with an old ReplicaSet: only its Deployment raises it. What is scaled does not show\n\
                   its labels.",
            expression: format!(
                "request.operation != 'UPDATE' || !({is_set}) || !(variables.worn || {SUBRESOURCE} == 'scale') ||\n\
                 {raised} || {} ||\nvariables.wears",
                is_from(&["deployment-controller"])
            ),
            message: may_not("scale up a ReplicaSet or ReplicationController by hand"),
        },
        Validation {
            note: "A paused Deployment raises the newest ReplicaSet it can find, whatever that wears.",
            expression: "request.operation == 'DELETE' || request.resource.group != 'apps' || request.resource.resource != 'deployments' ||\n\
                         !object.?spec.?paused.orValue(false) || oldObject != null && oldObject.?spec.?paused.orValue(false) ||\n\
                         variables.wears"
                .to_owned(),
            message: may_not("pause a Deployment"),
        },
        Validation {
            note: "A StatefulSet makes pods from the revision that its status names.",
            expression: format!(
                "request.operation != 'UPDATE' || request.resource.group != 'apps' || request.resource.resource != 'statefulsets' ||\n\
                 object.?status.?currentRevision == oldObject.?status.?currentRevision ||\n\
                 {} ||\nvariables.wears",
                is_from(&["statefulset-controller"])
            ),
            message: may_not("say which revision a StatefulSet is at"),
        },
        Validation {
            note: "A ReplicaSet or Job that is taken from its owner outlives the next deploy.",
            expression: format!(
                "request.operation != 'UPDATE' || !variables.worn || !(request.resource.resource in ['replicasets', 'jobs']) ||\n\
                 ['labels', 'ownerReferences'].all(field, dyn(object.metadata)[?field] == dyn(oldObject.metadata)[?field]) ||\n\
                 {} ||\nvariables.wears",
                is_from(&["deployment-controller", "generic-garbage-collector"])
            ),
            message: may_not("change the labels or the owner of a ReplicaSet or Job whose pods wear labels of Hedgerow"),
        },
        Validation {
            note: "What is deleted takes with it what it made, or that would live on without an owner. Jobs and ReplicationControllers leave it\n\
                   behind unless the request says otherwise.",
            expression: "request.operation != 'DELETE' || !variables.worn ||\n\
                         !(dyn(request.options).?propagationPolicy.orValue('') == 'Orphan' ||\n  \
                         dyn(request.options).?orphanDependents.orValue(dyn(request.options).?propagationPolicy.orValue('') == '' &&\n    \
                         (request.resource.resource in ['jobs', 'replicationcontrollers'] || 'orphan' in oldObject.metadata.?finalizers.orValue([])))) ||\n\
                         variables.wears"
                .to_owned(),
            message: may_not("delete this and leave its pods behind"),
        },
        Validation {
            note: "",
            expression: on_update(
                "!('orphan' in object.metadata.?finalizers.orValue([])) || 'orphan' in oldObject.metadata.?finalizers.orValue([])",
            ),
            message: may_not("have this leave its pods behind when it is deleted"),
        },
    ]
}
