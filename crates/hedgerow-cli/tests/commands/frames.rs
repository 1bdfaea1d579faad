//! How hosts run it: Helm's plugin, kustomize's function and legacy plugin, a build.

use crate::common::{Command, tree};
use crate::{fleet, workload};
use hedgerow_cli::Exit;

fn helm_plugin(stream: &str) -> Command {
    let command = Command::new(&fleet(), "post-render --env off").stdin(stream);
    command.variable("HELM_PLUGIN_NAME", "hedgerow").variable("HELM_PLUGIN_DIR", "/plugins/hedgerow")
}

#[test]
fn an_empty_chart_does_not_fail_under_helm_4() {
    for stream in ["", "\n", "  \n\n"] {
        let ran = helm_plugin(stream).run();
        assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
        assert!(ran.out().starts_with("---\n"), "{:?} makes {:?}", stream, ran.out());
        let plain = Command::new(&fleet(), "post-render --env off").stdin(stream).run();
        assert_eq!((plain.exit, plain.out()), (Exit::Done, stream), "elsewhere nothing is added");
    }
    assert_eq!(helm_plugin("# x\n").run().out(), "# x\n", "a comment is enough for Helm");
    let gone = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: s-gone, labels: {bank.example/policy-of: service.gone}}\n";
    assert_eq!(helm_plugin(gone).args(["--prune"]).run().out(), "---\n", "nor does one of which nothing is left");
}

const RESOURCE_LIST: &str = "apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: s-emoji
  spec:
    template:
      metadata:
        labels:
          app: x
functionConfig:
  apiVersion: hedgerow.example/v1
  kind: Hedgerow
  metadata:
    name: hedgerow
  spec:
    environment: 'off'
";

#[test]
fn without_arguments_it_is_a_function_of_kustomize() {
    let ran = Command::called("hedgerow", &fleet()).stdin(RESOURCE_LIST).run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let added = ran.out().lines().filter(|line| !RESOURCE_LIST.lines().any(|other| other == *line)).count();
    assert_eq!(added, 4, "{}", ran.out());
    assert!(ran.out().contains("          bank.example/egress-s-ledger: \"true\"\n"));
}

#[test]
fn a_functions_configuration_may_be_a_config_map() {
    let stream = RESOURCE_LIST
        .replace("apiVersion: hedgerow.example/v1\n  kind: Hedgerow", "apiVersion: v1\n  kind: ConfigMap")
        .replace("  spec:\n    environment: 'off'", "  data:\n    environment: 'off'\n    service: service.emoji");
    let ran = Command::called("hedgerow", &fleet()).stdin(stream).run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    assert!(ran.out().contains("bank.example/routing-name: \"service.emoji\""));
}

#[test]
fn a_faulty_configuration_stops_the_function() {
    for (from, to, why) in [
        ("environment:", "enviroment:", "did you mean `environment`?"),
        ("kind: Hedgerow", "kind: Hedge", "must be of kind `Hedgerow`"),
        ("environment: 'off'", "environment: nope", "declares no environment `nope`"),
        ("environment: 'off'", "environment: 'off'\n    strict: perhaps", "must be `true` or `false`"),
        ("kind: ResourceList", "kind: Resources", "no command is given"),
    ] {
        let ran = Command::called("hedgerow", &fleet()).stdin(RESOURCE_LIST.replace(from, to)).run();
        assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""), "{to}: {}", ran.stderr);
        assert!(ran.stderr.contains(why), "{to}: {}", ran.stderr);
    }
}

#[test]
fn called_by_its_kind_it_is_a_legacy_plugin() {
    let root = tree(&[("config", format!(
        "apiVersion: hedgerow.example/v1\nkind: Hedgerow\nmetadata: {{name: h}}\nspec:\n  environment: 'off'\n  fleet: {}\n",
        serde_json::to_string(fleet().to_str().unwrap()).unwrap()
    ).as_bytes())]);
    let ran =
        Command::called("/plugins/hedgerow/Hedgerow", root.path()).args(["config"]).stdin(workload("s-emoji")).run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    assert!(ran.out().contains("bank.example/egress-s-ledger: \"true\""), "{}", ran.out());
    let lost = Command::called("Hedgerow", root.path()).args(["nowhere"]).stdin(workload("s-emoji")).run();
    assert_eq!((lost.exit, lost.out()), (Exit::BadInput, ""));
    assert!(lost.stderr.contains("nowhere"), "{}", lost.stderr);
}

#[test]
fn a_dependency_file_lists_what_was_read() {
    let out = tree(&[]);
    let depfile = out.path().join("deps.d");
    let command = Command::new(&fleet(), "post-render --env prod --service service.emoji --depfile");
    let ran = command.args([depfile.as_os_str()]).stdin(workload("s-emoji")).run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let rule = std::fs::read_to_string(&depfile).unwrap();
    assert!(rule.starts_with("post-render: \\\n  "), "{rule}");
    for file in ["hedgerow.yaml", "service.emoji/egress/service.ledger.rule", "service.ledger/service.yaml"] {
        assert!(rule.contains(file), "{file} in {rule}");
    }
    assert!(!rule.contains("service.site"), "a stranger in {rule}");
}

#[test]
fn a_dependency_file_that_cannot_be_written_leaves_nothing_on_standard_output() {
    let out = tree(&[("a-file", b"")]);
    let depfile = out.path().join("a-file/deps.d");
    for stream in [workload("s-emoji"), String::new()] {
        let ran = helm_plugin(&stream).args(["--depfile".as_ref(), depfile.as_os_str()]).run();
        assert_ne!(ran.exit, Exit::Done);
        assert_eq!(ran.out(), "");
        assert!(ran.stderr.contains("deps.d"), "{}", ran.stderr);
    }
}
