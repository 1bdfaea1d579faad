//! What deployments hand on: settings within flags, charts that write all workers by one template.

use crate::finds;

fn with_args(args: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- service.emoji/x.txt\n-- service.ledger/x.txt\n-- k8s/emoji.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: s-emoji}}\n\
         spec: {{template: {{spec: {{containers: [{{name: a, image: emoji, args: [{args}]}}]}}}}}}\n"
    )
}

#[test]
fn settings_stand_in_flags() {
    for args in [
        "'--serviceEndpoint=s-ledger:7000'",
        "'--serviceEndpoint=endpoints.ledger=s-ledger:7000'",
        "'--set=ledger.url=http://s-ledger/x'",
        "'-o', 'ledger.hosts=s-ledger:9092'",
        "'--override', 'ledger.jdbc.url=jdbc:postgresql://s-ledger/db'",
        "'--property=spring.ledger[0]=s-ledger:80'",
    ] {
        finds(&with_args(args), &["emoji -> ledger addressed"]);
    }
    for args in [
        "'--selector', 'app=s-ledger'",
        "'--trace-tag=container=s-ledger'",
        "'--label=a b=s-ledger:80'",
        "'--message=see=\"s-ledger:80\"'",
        "'--time=at=12:30'",
    ] {
        finds(&with_args(args), &[]);
    }
}

/// The rendering was cut off, and none of the workers was given anything.
#[test]
fn one_template_writes_many_workers() {
    let worker = "{{- define \"worker\" -}}\n{{- $ := index . 0 }}\n{{- $name := index . 1 }}\n{{- $more := dict }}\n{{- if gt (len .) 2 }}{{ $more = index . 2 }}{{ end }}\n---\n\
                  apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ include \"fullname\" (list $ $name) | quote }}\n  labels:\n    {{- include \"labels\" (list $ $name) | nindent 4 }}\n\
                  spec:\n  template:\n    metadata:\n      labels:\n        {{- include \"labels\" (list $ $name) | nindent 8 }}\n    spec:\n      containers:\n        - name: main\n          image: {{ include \"image\" (list $ $name) }}\n          args:\n            - \"-mbootstrap.servers={{ include \"kafka\" $ }}\"\n\
                  {{- range $other := $more.others }}\n            - \"--endpoint=endpoints.{{ $other }}={{ include \"fullname\" (list $ $other) }}:7000\"\n{{- end }}\n---\n\
                  apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ include \"fullname\" (list $ $name) }}\nspec:\n  selector:\n    {{- include \"labels\" (list $ $name) | nindent 4 }}\n{{- end }}\n\
                  {{- define \"fullname\" }}{{ $ := index . 0 }}{{ if contains $.Chart.Name $.Release.Name }}{{ $.Release.Name }}{{ else }}{{ $.Release.Name }}-{{ $.Chart.Name }}{{ end }}-{{ index . 1 }}{{ end }}\n\
                  {{- define \"labels\" }}app: {{ include \"fullname\" . }}{{ end }}\n\
                  {{- define \"image\" }}{{ $ := index . 0 }}{{ $.Values.registry }}/{{ index . 1 }}{{ end }}\n\
                  {{- define \"kafka\" }}{{ .Values.kafka }}{{ end }}\n";
    let values: String = (0..900).map(|at| format!("key{at}: {{a: {at}, b: 'x'}}\n")).collect();
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let calls: String = names
        .iter()
        .map(|name| format!("{{{{- include \"worker\" (list $ \"{name}\" (dict \"others\" (list \"ledger\"))) }}}}\n"))
        .collect();
    let services: String =
        names.iter().map(|name| format!("-- service.shop-{name}/main.go\npackage main\nfunc main() {{}}\n")).collect();
    let tree = format!(
        "-- hedgerow.yaml\nscan: {{hosts: [\"{{name}}\"], aliases: {{}}}}\n{services}-- service.shop-ledger/x.txt\n-- service.kafka/x.txt\n-- install.sh\nhelm install s-shop ./chart\n\
         -- chart/Chart.yaml\nname: shop\n-- chart/values.yaml\nregistry: r.example\nkafka: s-kafka:9092\n{values}-- chart/templates/_w.tpl\n{worker}-- chart/templates/workers.yaml\n{calls}{{{{- include \"worker\" (list $ \"ledger\") }}}}\n"
    );
    let mut expected: Vec<String> = Vec::new();
    for name in names {
        expected.push(format!("shop-{name} -> kafka addressed"));
        expected.push(format!("shop-{name} -> shop-ledger addressed"));
    }
    expected.push("shop-ledger -> kafka addressed".to_owned());
    expected.sort();
    // What is handed on to the last one only may be there for all.
    expected.push("unparsed-code chart/templates/workers.yaml".to_owned());
    finds(&tree, &expected.iter().map(String::as_str).collect::<Vec<_>>());
}

/// What is left out of a chart that is too much may be all that a service is given.
#[test]
fn a_chart_that_is_too_much_is_asked_about_with_the_services_that_it_may_deploy() {
    let worker = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: s-shop-worker}\nspec: {template: {spec: {containers: [{name: a, image: 'x/shop-worker', args: ['--url=http://s-ledger:80']}]}}}\n";
    let tree = |loops: usize| {
        format!(
            "-- service.shop-worker/x.txt\n-- service.ledger/x.txt\n-- service.mail/x.txt\n-- k8s/ledger.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: s-ledger}}\nspec: {{template: {{spec: {{containers: [{{name: a, image: l}}]}}}}}}\n\
             -- chart/Chart.yaml\nname: shop\n-- chart/values.yaml\nl: [1, 2, 3, 4, 5, 6, 7, 8, 9]\nworkers: {{shopWorker: {{}}}}\n-- chart/templates/all.yaml\n{}{}---\n{worker}",
            "{{ range $.Values.l }}\n".repeat(loops),
            "{{ end }}\n".repeat(loops)
        )
    };
    let asked = |tree: &str| {
        let found = crate::outcome(tree)
            .findings
            .into_iter()
            .filter(|finding| finding.code == hedgerow_core::diag::Code::UnknownClient);
        found.map(|finding| finding.services.into_iter().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>()
    };
    assert_eq!(asked(&tree(6)), ["service.shop-worker"]);
    assert_eq!(asked(&tree(1)), Vec::<String>::new());
}
