//! Addresses that Secrets of the tree hold.

use crate::finds_all;

const CODE: &str = "-- service.emoji/main.go\npackage main\nimport (\"net/http\"; \"os\")\nfunc main() { http.Get(\"http://\" + os.Getenv(\"LEDGER_HOST\") + \"/x\") }\n-- service.ledger/x.txt\n-- service.card/x.txt\n";
const POD: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: s-emoji}\nspec: {template: {spec: {containers: [{name: a, env: [{name: LEDGER_HOST, valueFrom: {secretKeyRef: {name: books, key: host}}}]}]}}}\n";

fn secret(name: &str, part: &str) -> String {
    format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\n{part}\n")
}

fn chart(name: &str, part: &str) -> String {
    format!(
        "-- {name}/Chart.yaml\nname: {name}\n-- {name}/values.yaml\nhost: s-ledger\n-- {name}/templates/s.yaml\n{}",
        secret("books", part)
    )
}

#[test]
fn what_a_secret_holds_in_base64_is_read() {
    let ledger: &[&str] = &["emoji -> ledger joined"];
    let open: &[&str] = &["unresolved-call service.emoji/main.go"];
    let plain = |part: &str| format!("{CODE}-- k8s/emoji.yaml\n{POD}---\n{}", secret("books", part));
    let of_chart = |part: &str| format!("{CODE}{}---\n{POD}", chart("shop", part));
    let of_release = format!(
        "{CODE}-- shop/Chart.yaml\nname: shop\n-- shop/templates/s.yaml\n{}---\n{POD}---\nkind: Service\nmetadata: {{name: '{{{{ .Release.Name }}}}-books'}}\nspec: {{selector: {{app: l}}}}\n---\nkind: Deployment\nmetadata: {{name: s-ledger}}\nspec: {{template: {{metadata: {{labels: {{app: l}}}}, spec: {{containers: []}}}}}}\n",
        secret("books", "data:\n  host: {{ printf \"%s-books\" .Release.Name | b64enc | quote }}")
    );
    let beside = |part: &str| {
        format!("{CODE}{}-- emoji/Chart.yaml\nname: emoji\n-- emoji/templates/d.yaml\n{POD}", chart("shop", part))
    };
    let two = format!(
        "{}{}",
        beside("data: {host: '{{ .Values.host | b64enc }}'}"),
        chart("other", "stringData: {host: s-card}")
    );
    let own = beside("stringData: {host: s-card}")
        .replace(POD, &format!("{POD}---\n{}", secret("books", "stringData: {host: s-ledger}")));
    finds_all(&[
        ("a plain one", plain("data: {host: cy1sZWRnZXI=}"), ledger),
        ("of several words", plain("data:\n  host: |\n    cy1s\n    ZWRnZXI=\n"), ledger),
        (
            "what stands beside it wins nothing",
            plain("data: {host: cy1sZWRnZXI=}\nstringData: {other: s-card}"),
            ledger,
        ),
        ("of a chart", of_chart("data:\n  host: {{ .Values.host | b64enc | quote }}"), ledger),
        (
            "named by a template",
            of_chart("data:\n  host: {{ include \"h\" . | b64enc }}\n{{- define \"h\" }}s-ledger{{ end }}"),
            ledger,
        ),
        ("back and forth", of_chart("stringData:\n  host: {{ .Values.host | b64enc | b64dec }}"), ledger),
        ("called after its release", of_release, ledger),
        ("of another chart", beside("data: {host: '{{ .Values.host | b64enc }}'}"), ledger),
        ("of this chart before others", own, ledger),
        // What is no text, what stands for it, and what is one of two.
        ("of bytes", plain("data: {host: AAECAw==}"), open),
        ("a text that is none", plain("data: {host: s-ledger}"), open),
        ("encoded twice", of_chart("stringData:\n  host: {{ .Values.host | b64enc }}"), &[]),
        ("of one of two charts", two, open),
        ("nobody's", plain("data: {other: cy1sZWRnZXI=}"), open),
    ]);
}
