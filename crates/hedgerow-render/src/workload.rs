//! Where the labels of pods live, per kind of object.
//!
//! The built-in kinds are from the Kubernetes API; the others from the schemas of their custom resources, each found
//! by "an object that has `metadata` and `spec.containers`". A kind outside of the table is not touched: many objects have
//! a `template` with `metadata.labels` that is no pod (a Secret's, a Machine's, an Application's).

use hedgerow_yaml::{RouteId, RouteSet, Want};
use std::sync::OnceLock;

/// The pods that one place of an object makes.
#[derive(Debug, Clone, Copy)]
struct Pods {
    /// The container that must be there; where it is absent there are no pods, and none is made.
    inside: &'static str,
    /// From there to the map of labels, made where it is absent.
    labels: &'static str,
    /// From there to `hostNetwork`, where pods have it.
    host_network: Option<&'static str>,
}

/// A pod template: `metadata` and `spec` side by side.
const fn template(inside: &'static str) -> Pods {
    Pods { inside, labels: "metadata.labels", host_network: Some("spec.hostNetwork") }
}

/// A template of an operator that has labels below another name and no pod spec beside them.
const fn bare(inside: &'static str, labels: &'static str) -> Pods {
    Pods { inside, labels, host_network: None }
}

const SPEC_TEMPLATE: &[Pods] = &[template("spec.template")];
const POD_METADATA: &[Pods] =
    &[Pods { inside: "spec", labels: "podMetadata.labels", host_network: Some("hostNetwork") }];
const STRIMZI_TEMPLATE: &[Pods] = &[bare("spec", "template.pod.metadata.labels")];

type Row = (&'static str, &'static [&'static str], &'static [Pods]);

const TABLE: &[Row] = &[
    ("", &["Pod"], &[template("")]),
    ("", &["ReplicationController"], SPEC_TEMPLATE),
    ("", &["PodTemplate"], &[template("template")]),
    ("apps", &["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"], SPEC_TEMPLATE),
    ("extensions", &["Deployment", "DaemonSet", "ReplicaSet"], SPEC_TEMPLATE),
    ("batch", &["Job"], SPEC_TEMPLATE),
    ("batch", &["CronJob"], &[template("spec.jobTemplate.spec.template")]),
    ("apps.openshift.io", &["DeploymentConfig"], SPEC_TEMPLATE),
    ("argoproj.io", &["Rollout", "Sensor", "EventSource"], SPEC_TEMPLATE),
    ("argoproj.io", &["Experiment"], &[template("spec.templates[].template")]),
    (
        "argoproj.io",
        &["AnalysisTemplate", "ClusterAnalysisTemplate", "AnalysisRun"],
        &[template("spec.metrics[].provider.job.spec.template")],
    ),
    (
        "argoproj.io",
        &["Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate"],
        &[bare("spec", "podMetadata.labels"), bare("spec.templates[].metadata", "labels")],
    ),
    (
        "argoproj.io",
        &["CronWorkflow"],
        &[bare("spec.workflowSpec", "podMetadata.labels"), bare("spec.workflowSpec.templates[].metadata", "labels")],
    ),
    ("serving.knative.dev", &["Service", "Configuration"], SPEC_TEMPLATE),
    ("serving.knative.dev", &["Revision"], &[template("")]),
    ("apps.kruise.io", &["CloneSet", "StatefulSet", "DaemonSet", "BroadcastJob"], SPEC_TEMPLATE),
    (
        "apps.kruise.io",
        &["AdvancedCronJob"],
        &[
            template("spec.template.jobTemplate.spec.template"),
            template("spec.template.broadcastJobTemplate.spec.template"),
        ],
    ),
    (
        "apps.kruise.io",
        &["UnitedDeployment"],
        &[
            template("spec.template.statefulSetTemplate.spec.template"),
            template("spec.template.advancedStatefulSetTemplate.spec.template"),
            template("spec.template.cloneSetTemplate.spec.template"),
            template("spec.template.deploymentTemplate.spec.template"),
        ],
    ),
    ("keda.sh", &["ScaledJob"], &[template("spec.jobTargetRef.template")]),
    (
        "ray.io",
        &["RayCluster"],
        &[template("spec.headGroupSpec.template"), template("spec.workerGroupSpecs[].template")],
    ),
    (
        "ray.io",
        &["RayJob"],
        &[
            template("spec.rayClusterSpec.headGroupSpec.template"),
            template("spec.rayClusterSpec.workerGroupSpecs[].template"),
            template("spec.submitterPodTemplate"),
        ],
    ),
    (
        "ray.io",
        &["RayService"],
        &[
            template("spec.rayClusterConfig.headGroupSpec.template"),
            template("spec.rayClusterConfig.workerGroupSpecs[].template"),
        ],
    ),
    (
        "ray.io",
        &["RayCronJob"],
        &[
            template("spec.jobTemplate.rayClusterSpec.headGroupSpec.template"),
            template("spec.jobTemplate.rayClusterSpec.workerGroupSpecs[].template"),
            template("spec.jobTemplate.submitterPodTemplate"),
        ],
    ),
    ("kubeflow.org", &["TFJob"], &[template("spec.tfReplicaSpecs.*.template")]),
    ("kubeflow.org", &["PyTorchJob"], &[template("spec.pytorchReplicaSpecs.*.template")]),
    ("kubeflow.org", &["MPIJob"], &[template("spec.mpiReplicaSpecs.*.template")]),
    ("kubeflow.org", &["XGBoostJob"], &[template("spec.xgbReplicaSpecs.*.template")]),
    ("kubeflow.org", &["PaddleJob"], &[template("spec.paddleReplicaSpecs.*.template")]),
    ("kubeflow.org", &["JAXJob"], &[template("spec.jaxReplicaSpecs.*.template")]),
    // A notebook's pods get their labels from the notebook itself.
    (
        "kubeflow.org",
        &["Notebook"],
        &[Pods { inside: "", labels: "metadata.labels", host_network: Some("spec.template.spec.hostNetwork") }],
    ),
    (
        "trainer.kubeflow.org",
        &["TrainingRuntime", "ClusterTrainingRuntime"],
        &[template("spec.template.spec.replicatedJobs[].template.spec.template")],
    ),
    ("jobset.x-k8s.io", &["JobSet"], &[template("spec.replicatedJobs[].template.spec.template")]),
    (
        "leaderworkerset.x-k8s.io",
        &["LeaderWorkerSet"],
        &[template("spec.leaderWorkerTemplate.leaderTemplate"), template("spec.leaderWorkerTemplate.workerTemplate")],
    ),
    ("batch.volcano.sh", &["Job"], &[template("spec.tasks[].template")]),
    ("batch.volcano.sh", &["CronJob"], &[template("spec.jobTemplate.spec.tasks[].template")]),
    ("flow.volcano.sh", &["JobTemplate"], &[template("spec.tasks[].template")]),
    (
        "sparkoperator.k8s.io",
        &["SparkApplication"],
        &[
            Pods { inside: "spec.driver", labels: "labels", host_network: Some("hostNetwork") },
            Pods { inside: "spec.executor", labels: "labels", host_network: Some("hostNetwork") },
        ],
    ),
    (
        "sparkoperator.k8s.io",
        &["ScheduledSparkApplication"],
        &[
            Pods { inside: "spec.template.driver", labels: "labels", host_network: Some("hostNetwork") },
            Pods { inside: "spec.template.executor", labels: "labels", host_network: Some("hostNetwork") },
        ],
    ),
    // The job manager's and the task manager's own templates are merged over the common one.
    (
        "flink.apache.org",
        &["FlinkDeployment"],
        &[
            Pods {
                inside: "spec",
                labels: "podTemplate.metadata.labels",
                host_network: Some("podTemplate.spec.hostNetwork"),
            },
            template("spec.jobManager.podTemplate"),
            template("spec.taskManager.podTemplate"),
        ],
    ),
    (
        "kafka.strimzi.io",
        &["Kafka"],
        &[
            bare("spec.kafka", "template.pod.metadata.labels"),
            bare("spec.zookeeper", "template.pod.metadata.labels"),
            bare("spec.entityOperator", "template.pod.metadata.labels"),
            bare("spec.cruiseControl", "template.pod.metadata.labels"),
            bare("spec.kafkaExporter", "template.pod.metadata.labels"),
        ],
    ),
    ("kafka.strimzi.io", &["KafkaNodePool", "KafkaConnect", "KafkaMirrorMaker2", "KafkaBridge"], STRIMZI_TEMPLATE),
    ("monitoring.coreos.com", &["Prometheus", "PrometheusAgent", "Alertmanager", "ThanosRuler"], POD_METADATA),
    (
        "operator.victoriametrics.com",
        &[
            "VMAgent",
            "VMAlert",
            "VMAlertmanager",
            "VMAnomaly",
            "VMAuth",
            "VMSingle",
            "VLogs",
            "VLAgent",
            "VLSingle",
            "VTSingle",
        ],
        POD_METADATA,
    ),
    (
        "operator.victoriametrics.com",
        &["VMCluster"],
        &[
            bare("spec.vminsert", "podMetadata.labels"),
            bare("spec.vmselect", "podMetadata.labels"),
            bare("spec.vmstorage", "podMetadata.labels"),
        ],
    ),
    (
        "operator.victoriametrics.com",
        &["VLCluster"],
        &[
            bare("spec.vlinsert", "podMetadata.labels"),
            bare("spec.vlselect", "podMetadata.labels"),
            bare("spec.vlstorage", "podMetadata.labels"),
        ],
    ),
    (
        "operator.victoriametrics.com",
        &["VTCluster"],
        &[
            bare("spec.insert", "podMetadata.labels"),
            bare("spec.select", "podMetadata.labels"),
            bare("spec.storage", "podMetadata.labels"),
        ],
    ),
    ("dragonflydb.io", &["Dragonfly"], &[bare("spec", "labels")]),
    ("k8s.mariadb.com", &["MariaDB"], POD_METADATA),
    ("actions.github.com", &["AutoscalingRunnerSet"], &[template("spec.template"), template("spec.listenerTemplate")]),
    ("actions.summerwind.dev", &["RunnerDeployment", "RunnerSet"], SPEC_TEMPLATE),
    ("postgresql.cnpg.io", &["Pooler"], SPEC_TEMPLATE),
    ("postgresql.cnpg.io", &["Cluster"], &[bare("spec", "inheritedMetadata.labels")]),
    (
        "elasticsearch.k8s.elastic.co",
        &["Elasticsearch"],
        &[Pods {
            inside: "spec.nodeSets[]",
            labels: "podTemplate.metadata.labels",
            host_network: Some("podTemplate.spec.hostNetwork"),
        }],
    ),
    ("kibana.k8s.elastic.co", &["Kibana"], ECK_TEMPLATE),
    ("apm.k8s.elastic.co", &["ApmServer"], ECK_TEMPLATE),
    ("enterprisesearch.k8s.elastic.co", &["EnterpriseSearch"], ECK_TEMPLATE),
    ("maps.k8s.elastic.co", &["ElasticMapsServer"], ECK_TEMPLATE),
    ("logstash.k8s.elastic.co", &["Logstash"], ECK_TEMPLATE),
    ("beat.k8s.elastic.co", &["Beat"], ECK_KINDS),
    ("agent.k8s.elastic.co", &["Agent"], ECK_KINDS),
    ("pkg.crossplane.io", &["DeploymentRuntimeConfig"], &[template("spec.deploymentTemplate.spec.template")]),
    ("grafana.integreatly.org", &["Grafana"], &[template("spec.deployment.spec.template")]),
    ("rabbitmq.com", &["RabbitmqCluster"], &[template("spec.override.statefulSet.spec.template")]),
    ("operators.coreos.com", &["ClusterServiceVersion"], &[template("spec.install.spec.deployments[].spec.template")]),
    (
        "serving.kserve.io",
        &["InferenceService"],
        &[bare("spec.predictor", "labels"), bare("spec.transformer", "labels"), bare("spec.explainer", "labels")],
    ),
    // The pod that a virtual machine runs in wears what the template of the machine does.
    (
        "kubevirt.io",
        &["VirtualMachine", "VirtualMachineInstanceReplicaSet"],
        &[bare("spec.template", "metadata.labels")],
    ),
    ("kubevirt.io", &["VirtualMachineInstance"], &[bare("", "metadata.labels")]),
    (
        "pool.kubevirt.io",
        &["VirtualMachinePool"],
        &[bare("spec.virtualMachineTemplate.spec.template", "metadata.labels")],
    ),
    // Tekton copies the labels of the object to its pods.
    ("tekton.dev", &["TaskRun", "PipelineRun", "Task"], &[bare("", "metadata.labels")]),
];

const ECK_TEMPLATE: &[Pods] = &[Pods {
    inside: "spec",
    labels: "podTemplate.metadata.labels",
    host_network: Some("podTemplate.spec.hostNetwork"),
}];
const ECK_KINDS: &[Pods] = &[
    template("spec.deployment.podTemplate"),
    template("spec.daemonSet.podTemplate"),
    template("spec.statefulSet.podTemplate"),
];

/// The questions to ask of an object of one kind.
pub(crate) struct Workload {
    pub(crate) routes: RouteSet,
    /// `metadata.name`
    pub(crate) name: RouteId,
    /// `metadata.generateName`
    pub(crate) generate_name: RouteId,
    /// `metadata.namespace`
    pub(crate) namespace: RouteId,
    /// `metadata.annotations`
    pub(crate) annotations: RouteId,
    /// `spec.selector`, whatever it is.
    pub(crate) selector: RouteId,
    /// The places of pods.
    pub(crate) pods: Vec<PodRoutes>,
    /// Whether its template cannot change once it lives.
    pub(crate) is_job: bool,
}

/// The questions about one place of pods.
pub(crate) struct PodRoutes {
    /// The container that must be there; nothing where it is the object itself.
    pub(crate) inside: Option<RouteId>,
    /// The map of labels.
    pub(crate) labels: RouteId,
    /// `hostNetwork`
    pub(crate) host_network: Option<RouteId>,
}

/// The questions of each row, compiled when the first object of one of its kinds is met, since a deploy holds few.
static COMPILED: [OnceLock<Workload>; TABLE.len()] = [const { OnceLock::new() }; TABLE.len()];

/// Where objects of a kind have pod templates, `metadata` and `spec` side by side: routes such as `spec.template` or
/// `spec.workers[].template`, where `[]` is every element and `*` every value. Nothing for other kinds, and for pods themselves.
pub fn pod_templates(group: &str, kind: &str) -> impl Iterator<Item = &'static str> {
    let row = TABLE.iter().find(|(of, kinds, _)| *of == group && kinds.contains(&kind));
    let pods = row.map_or(&[][..], |(_, _, pods)| *pods);
    let is_template = |pods: &&Pods| !pods.inside.is_empty() && pods.host_network == template("").host_network;
    pods.iter().filter(is_template).map(|pods| pods.inside)
}

/// The questions for objects of this kind, if they make pods.
pub(crate) fn workload(api_version: &str, kind: &str) -> Option<&'static Workload> {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let row = TABLE.iter().position(|(of, kinds, _)| *of == group && kinds.contains(&kind))?;
    let (_, _, pods) = TABLE.get(row)?;
    let is_job = (group, kind) == ("batch", "Job");
    Some(COMPILED.get(row)?.get_or_init(|| Workload::new(pods, is_job)))
}

impl Workload {
    fn new(pods: &[Pods], is_job: bool) -> Self {
        let below =
            |inside: &str, rest: &str| if inside.is_empty() { rest.to_owned() } else { format!("{inside}.{rest}") };
        let places = pods.iter().map(|pods| {
            let host_network = pods.host_network.map(|host| below(pods.inside, host));
            (pods.inside.to_owned(), below(pods.inside, pods.labels), host_network)
        });
        Self::of_places(places, is_job)
    }

    /// Questions about pod templates at routes that were found in the object itself.
    pub(crate) fn of_templates(routes: impl IntoIterator<Item = String>) -> Self {
        let places = routes.into_iter().map(|inside| {
            let (labels, host) = (format!("{inside}.metadata.labels"), format!("{inside}.spec.hostNetwork"));
            (inside, labels, Some(host))
        });
        Self::of_places(places, false)
    }

    fn of_places(places: impl Iterator<Item = (String, String, Option<String>)>, is_job: bool) -> Self {
        let mut routes = RouteSet::new();
        let mut ask =
            |route: &str, want| routes.ask(route, want).expect("routes of the table follow the grammar of routes");
        let name = ask("metadata.name", Want::Scalar);
        let generate_name = ask("metadata.generateName", Want::Scalar);
        let namespace = ask("metadata.namespace", Want::Scalar);
        let annotations = ask("metadata.annotations", Want::Map);
        let selector = ask("spec.selector", Want::Range);
        let pods = places
            .map(|(inside, labels, host_network)| PodRoutes {
                inside: (!inside.is_empty()).then(|| ask(&inside, Want::Range)),
                labels: ask(&labels, Want::Map),
                host_network: host_network.map(|route| ask(&route, Want::Scalar)),
            })
            .collect();
        Self { routes, name, generate_name, namespace, annotations, selector, pods, is_job }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_compiles_and_no_kind_stands_twice() {
        let rows: Vec<_> =
            TABLE.iter().flat_map(|(group, kinds, _)| kinds.iter().map(move |kind| (*group, *kind))).collect();
        let apart: std::collections::BTreeSet<_> = rows.iter().collect();
        assert_eq!(apart.len(), rows.len(), "a kind stands in two rows");
        for (group, kind) in rows {
            let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
            assert!(
                workload(&api_version, kind).is_some_and(|workload| !workload.pods.is_empty()),
                "{api_version} {kind}"
            );
        }
    }

    #[test]
    fn templates_are_told_by_group_and_kind() {
        for (group, kind, expected) in [
            ("apps", "Deployment", &["spec.template"][..]),
            ("batch", "Job", &["spec.template"]),
            ("batch", "CronJob", &["spec.jobTemplate.spec.template"]),
            ("ray.io", "RayCluster", &["spec.headGroupSpec.template", "spec.workerGroupSpecs[].template"]),
            ("", "Pod", &[]),
            ("", "Service", &[]),
            ("batch", "Deployment", &[]),
            // Labels, and no pod spec beside them.
            ("dragonflydb.io", "Dragonfly", &[]),
            ("kibana.k8s.elastic.co", "Kibana", &[]),
        ] {
            assert_eq!(pod_templates(group, kind).collect::<Vec<_>>(), expected, "{group} {kind}");
        }
    }

    #[test]
    fn kinds_are_told_by_group_and_kind() {
        for (api_version, kind, known) in [
            ("apps/v1", "Deployment", true),
            ("v1", "Pod", true),
            ("batch/v1", "Job", true),
            ("batch.volcano.sh/v1alpha1", "Job", true),
            ("serving.knative.dev/v1", "Service", true),
            ("v1", "Service", false),
            ("bitnami.com/v1alpha1", "SealedSecret", false),
            ("velero.io/v1", "Schedule", false),
            ("argoproj.io/v1alpha1", "ApplicationSet", false),
            ("cluster.x-k8s.io/v1beta1", "MachineDeployment", false),
        ] {
            assert_eq!(workload(api_version, kind).is_some(), known, "{api_version} {kind}");
        }
    }
}
