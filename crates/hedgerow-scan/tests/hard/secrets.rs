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

/// Secrets that are committed are examples most often: what no program can call leaves the variable as open as it is without them.
#[test]
fn a_placeholder_in_a_secret_is_no_address() {
    let open: &[&str] = &["unresolved-call service.emoji/main.go"];
    let ledger: &[&str] = &["emoji -> ledger joined"];
    let plain = |part: &str| format!("{CODE}-- k8s/emoji.yaml\n{POD}---\n{}", secret("books", part));
    let from = POD.replace(
        "env: [{name: LEDGER_HOST, valueFrom: {secretKeyRef: {name: books, key: host}}}]",
        "envFrom: [{secretRef: {name: books}}]",
    );
    let all = |part: &str| format!("{CODE}-- k8s/emoji.yaml\n{from}---\n{}", secret("books", part));
    let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: the-books}\nspec: {selector: {app: l}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: s-ledger}\nspec: {template: {metadata: {labels: {app: l}}, spec: {containers: []}}}\n";
    finds_all(&[
        ("changeme", plain("data: {host: Y2hhbmdlbWU=}"), open),
        ("YOUR_LEDGER_HOST", plain("data: {host: WU9VUl9MRURHRVJfSE9TVA==}"), open),
        ("<host>", plain("data: {host: PGhvc3Q+}"), open),
        ("changeme, all of it", all("data: {LEDGER_HOST: Y2hhbmdlbWU=}"), open),
        ("HOST:5432", plain("data: {host: SE9TVDo1NDMy}"), open),
        ("empty", plain("data: {host: ''}"), open),
        // Who is called is said.
        ("a service's name, all of it", all("data: {LEDGER_HOST: cy1sZWRnZXI=}"), ledger),
        ("the-books, a Service", plain("data: {host: dGhlLWJvb2tz}") + service, ledger),
        ("s-ledger:80", plain("data: {host: cy1sZWRnZXI6ODA=}"), ledger),
        ("ledger.example.com", plain("data: {host: bGVkZ2VyLmV4YW1wbGUuY29t}"), &[]),
        ("10.0.0.1", plain("data: {host: MTAuMC4wLjE=}"), open),
        ("8.8.8.8", plain("data: {host: OC44LjguOA==}"), &[]),
        ("localhost", plain("data: {host: bG9jYWxob3N0}"), &[]),
    ]);
}

/// A client of the only store, whose address a Secret is said to keep, calls it, whatever stands in for the address.
#[test]
fn a_store_whose_address_a_placeholder_stands_for_is_the_only_one() {
    let tree = |data: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{}}\n-- service.emoji/main.py\nimport os, psycopg2\npsycopg2.connect(os.environ['DATABASE_URL'])\n-- service.postgres/x.txt\n-- k8s/emoji.yaml\n{}---\n{}",
            POD.replace("LEDGER_HOST", "DATABASE_URL"),
            secret("books", &format!("data: {{host: {data}}}"))
        )
    };
    let store: &[&str] = &["emoji -> postgres addressed"];
    finds_all(&[
        ("YOUR_DATABASE_URL", tree("WU9VUl9EQVRBQkFTRV9VUkw="), store),
        ("postgres://user:password@host:5432/db", tree("cG9zdGdyZXM6Ly91c2VyOnBhc3N3b3JkQGhvc3Q6NTQzMi9kYg=="), store),
        ("bytes", tree("AAECAw=="), store),
        ("postgres://db.example.com/x", tree("cG9zdGdyZXM6Ly9kYi5leGFtcGxlLmNvbS94"), &[]),
    ]);
}
