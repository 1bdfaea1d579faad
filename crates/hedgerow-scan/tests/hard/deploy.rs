//! Joins with the deploy.

use crate::finds;

const MAIN: &str = "-- service.emoji/main.go\npackage main\nimport (\"net/http\"; \"os\"; \"flag\")\nvar addr = flag.String(\"ledger\", \"\", \"\")\n";

#[test]
fn environment_variables_are_joined() {
    let code = format!(
        "{MAIN}func main() {{ http.Get(\"http://\" + os.Getenv(\"LEDGER_ADDR\") + \"/x\") }}\n-- service.ledger/x.txt\n"
    );
    for deploy in [
        "-- k8s/emoji.yaml\nkind: Deployment\nmetadata: {name: s-emoji}\nspec: {template: {spec: {containers: [{env: [{name: LEDGER_ADDR, value: 's-ledger:80'}]}]}}}\n",
        "-- service.emoji/deploy.yaml\nkind: Deployment\nmetadata: {name: other}\nspec: {template: {spec: {containers: [{env: [{name: LEDGER_ADDR, value: 's-ledger:80'}]}]}}}\n",
        "-- k8s/emoji.yaml\nkind: ConfigMap\nmetadata: {name: c}\ndata: {LEDGER_ADDR: s-ledger}\n---\nkind: Deployment\nmetadata: {name: s-emoji}\nspec: {template: {spec: {containers: [{envFrom: [{configMapRef: {name: c}}]}]}}}\n",
        "-- compose.yaml\nservices: {s-emoji: {environment: ['LEDGER_ADDR=s-ledger:80']}}\n",
        "-- k8s/cron.yaml\nkind: CronJob\nmetadata: {name: s-emoji}\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{env: [{name: LEDGER_ADDR, value: s-ledger}]}]}}}}}\n",
        "-- k8s/emoji.yaml\nkind: Service\nmetadata: {name: books}\nspec: {selector: {app: l}}\n---\nkind: Deployment\nmetadata: {name: s-ledger}\nspec: {template: {metadata: {labels: {app: l}}, spec: {containers: []}}}\n---\nkind: Deployment\nmetadata: {name: s-emoji}\nspec: {template: {spec: {containers: [{env: [{name: LEDGER_ADDR, value: 'books:80'}]}]}}}\n",
    ] {
        finds(&format!("{code}{deploy}"), &["emoji -> ledger joined"]);
    }
    finds(&code, &["unresolved-call service.emoji/main.go"]);
}

#[test]
fn a_variable_that_no_code_reads_is_a_candidate() {
    let tree = format!(
        "{MAIN}func main() {{}}\n-- service.ledger/x.txt\n-- k8s/emoji.yaml\nkind: Deployment\nmetadata: {{name: s-emoji}}\nspec: {{template: {{spec: {{containers: [{{env: [{{name: LEDGER_ADDR, value: 's-ledger:80'}}]}}]}}}}}}\n"
    );
    finds(&tree, &["emoji -> ledger candidate"]);
}

#[test]
fn flags_and_their_defaults_are_joined() {
    let code = format!("{MAIN}func main() {{ http.Get(*addr); _ = os.Args }}\n-- service.ledger/x.txt\n");
    let deploy = "-- k8s/emoji.yaml\nkind: Deployment\nmetadata: {name: s-emoji}\nspec: {template: {spec: {containers: [{args: ['--ledger=http://s-ledger']}]}}}\n";
    finds(&format!("{code}{deploy}"), &["emoji -> ledger joined"]);
    let code = "-- service.emoji/main.go\npackage main\nimport (\"net/http\"; \"flag\"; \"os\")\nconst def = \"http://s-ledger\"\nfunc env(k, d string) string { if v := os.Getenv(k); v != \"\" { return v }; return d }\n\
                func main() { var a string; flag.StringVar(&a, \"addr\", env(\"A\", def), \"\"); http.Get(a) }\n-- service.ledger/x.txt\n";
    finds(code, &["emoji -> ledger proven"]);
}

#[test]
fn settings_are_followed_through_structures_lists_and_maps() {
    let code = "-- hedgerow.yaml\nscan: {settings: [\"conf/{name}.json\"], aliases: {service.emoji: [emoji]}}\n-- service.emoji/main.go\npackage main\nimport (\"encoding/json\"; \"net/http\")\n\
                type Client struct { Host string `json:\"host\"` }\ntype Config struct { Emoji struct { Client; Ledger *Client; Others []Client; More map[string]*Client } }\n\
                func get(c *Client) { http.Get(\"http://\" + c.Host) }\n\
                func main() { var c Config; json.Unmarshal(nil, &c); if c.Emoji.Ledger != nil { get(c.Emoji.Ledger) }\nfor _, o := range c.Emoji.Others { get(&o) }\nfor _, m := range c.Emoji.More { get(m) } }\n\
                -- service.a/x.txt\n-- service.b/x.txt\n-- service.c/x.txt\n-- service.d/x.txt\n\
                -- conf/emoji.json\n{\"emoji\": {\"ledger\": {\"host\": \"s-a\"}, \"others\": [{\"host\": \"s-b\"}, {\"host\": \"s-c\"}], \"more\": {\"x\": {\"host\": \"s-d\"}}}}\n";
    finds(code, &["emoji -> a joined", "emoji -> b joined", "emoji -> c joined", "emoji -> d joined"]);
}

#[test]
fn plain_files_call_too() {
    let tree = "-- cron.pay/job.yaml\nkind: CronJob\nmetadata: {name: cron-pay}\nspec:\n  jobTemplate: {spec: {template: {spec: {containers: [{args: [\"-c\", \"curl -H 'Host: service.ledger' http://$GATEWAY/run\"], env: [{name: GATEWAY, value: s-edge}]}]}}}}\n\
                -- service.ledger/x.txt\n-- service.edge/nginx.conf\nserver { \n  proxy_pass http://s-ledger:80/;\n}\n\
                -- service.load/Dockerfile\nENTRYPOINT tool --host=http://${TARGET}\n-- k8s/load.yaml\nkind: Deployment\nmetadata: {name: s-load}\nspec: {template: {spec: {containers: [{env: [{name: TARGET, value: 's-edge:80'}]}]}}}\n";
    finds(
        tree,
        &["cron.pay -> edge joined", "cron.pay -> ledger proven", "edge -> ledger proven", "load -> edge joined"],
    );
}

/// A service that calls where `LEDGER_ADDR` leads, beside the files `deploy`.
#[track_caller]
fn reads_ledger_addr(deploy: &str, expected: &[&str]) {
    let code = format!(
        "{MAIN}func main() {{ http.Get(\"http://\" + os.Getenv(\"LEDGER_ADDR\") + \"/x\") }}\n-- service.ledger/x.txt\n-- service.card/x.txt\n"
    );
    finds(&format!("{code}{deploy}"), expected);
}

/// A chart with a Deployment of emoji whose container has the environment `env`.
fn chart(values: &str, env: &str) -> String {
    format!(
        "-- charts/emoji/Chart.yaml\napiVersion: v2\nname: s-emoji\nversion: 0.1.0\n-- charts/emoji/values.yaml\n{values}\n\
         -- charts/emoji/templates/deployment.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{{{ include \"emoji.fullname\" . }}}}\n  \
         labels:\n    {{{{- include \"emoji.labels\" . | nindent 4 }}}}\nspec:\n  {{{{- if not .Values.autoscaling.enabled }}}}\n  replicas: {{{{ .Values.replicas }}}}\n  {{{{- end }}}}\n  \
         template:\n    metadata:\n      labels:\n        {{{{- include \"emoji.selectorLabels\" . | nindent 8 }}}}\n    spec:\n      containers:\n        - name: {{{{ .Chart.Name }}}}\n          \
         image: \"{{{{ .Values.image.repository }}}}:{{{{ .Values.image.tag | default .Chart.AppVersion }}}}\"\n          env:\n{env}          \
         ports:\n            - containerPort: 80\n"
    )
}

#[test]
fn charts_say_what_their_values_say() {
    for (values, env) in [
        (
            "ledger: {url: 's-ledger:80'}",
            "            - name: LEDGER_ADDR\n              value: {{ .Values.ledger.url | quote }}\n",
        ),
        (
            "ledger: {host: s-ledger, port: 80}",
            "            - name: LEDGER_ADDR\n              value: \"{{ .Values.ledger.host }}:{{ .Values.ledger.port }}\"\n",
        ),
        (
            "ledger: {}",
            "            - name: LEDGER_ADDR\n              value: {{ .Values.ledger.url | default \"s-ledger:80\" }}\n",
        ),
        (
            "env: {LEDGER_ADDR: 's-ledger:80', OTHER: 1}",
            "            {{- range $name, $value := .Values.env }}\n            - name: {{ $name }}\n              value: {{ $value | quote }}\n            {{- end }}\n",
        ),
        ("env: [{name: LEDGER_ADDR, value: 's-ledger:80'}]", "            {{- toYaml .Values.env | nindent 12 }}\n"),
        (
            "extraEnv: [{name: LEDGER_ADDR, value: 's-ledger:80'}]",
            "            - {name: A, value: b}\n            {{- with .Values.extraEnv }}\n            {{- toYaml . | nindent 12 }}\n            {{- end }}\n",
        ),
        (
            "ledger: {enabled: false}",
            "            {{- if .Values.ledger.enabled }}\n            - name: LEDGER_ADDR\n              value: s-ledger\n            {{- end }}\n",
        ),
        (
            "x: {}",
            "            - name: LEDGER_ADDR\n              value: s-ledger.{{ .Release.Namespace }}.svc.cluster.local\n",
        ),
        // The chart writes its variables by a helper.
        ("extraEnvVars: {LEDGER_ADDR: s-ledger}", "            {{- include \"emoji.env\" . | nindent 12 }}\n"),
        ("env: [{name: LEDGER_ADDR, value: s-ledger}]", "            {{- include \"emoji.env\" . | nindent 12 }}\n"),
    ] {
        reads_ledger_addr(&chart(values, env), &["emoji -> ledger joined"]);
    }
}

#[test]
fn what_a_chart_does_not_say_is_not_guessed() {
    let variable = |value: &str| format!("            - name: LEDGER_ADDR\n              value: {value}\n");
    for value in ["{{ .Values.ledger.url | quote }}", "{{ include \"ledger.url\" . }}", "{{ .Values.ledger }}:80"] {
        reads_ledger_addr(&chart("x: 1", &variable(value)), &["unresolved-call service.emoji/main.go"]);
    }
    // A name made of the release's is a guess while no Service of the chart has it.
    let release = chart("x: 1", &variable("\"{{ .Release.Name }}-ledger:80\""));
    reads_ledger_addr(&release, &["emoji -> ledger wildcard", "unresolved-call service.emoji/main.go"]);
    let dead = chart(
        "ledger: {url: s-ledger}",
        "            - name: ANOTHER\n              value: {{ .Values.ledger.url }}\n",
    );
    reads_ledger_addr(&dead, &["emoji -> ledger candidate", "unresolved-call service.emoji/main.go"]);
}

#[test]
fn services_of_a_chart_are_known_by_their_release() {
    let workload = |service: &str, env: &str| {
        format!(
            "kind: Deployment\nmetadata: {{name: '{{{{ .Release.Name }}}}-{service}'}}\nspec: {{template: {{metadata: {{labels: {{app: s-{service}}}}}, spec: {{containers: [{{env: [{env}]}}]}}}}}}\n"
        )
    };
    let service = "kind: Service\nmetadata: {name: '{{ .Release.Name }}-books'}\nspec: {selector: {app: s-ledger}}\n";
    let shop = format!(
        "-- deploy/shop/Chart.yaml\nname: shop\n-- deploy/shop/templates/all.yaml\n{}---\n{}---\n{service}",
        workload("emoji", "{name: LEDGER_ADDR, value: '{{ .Release.Name }}-books:80'}"),
        workload("ledger", "")
    );
    reads_ledger_addr(&shop, &["emoji -> ledger joined"]);
    // Another chart's release has another name.
    let emoji = format!(
        "-- deploy/emoji/Chart.yaml\nname: x\n-- deploy/emoji/templates/all.yaml\n{}-- deploy/shop/Chart.yaml\nname: shop\n-- deploy/shop/templates/all.yaml\n{}---\n{service}",
        workload("emoji", "{name: LEDGER_ADDR, value: '{{ .Release.Name }}-books:80'}"),
        workload("ledger", "")
    );
    reads_ledger_addr(&emoji, &["emoji -> ledger wildcard", "unresolved-call service.emoji/main.go"]);
}

#[test]
fn a_release_has_the_name_by_which_its_workloads_are_called_like_services() {
    let workload = |name: &str, env: &str| {
        format!(
            "kind: Deployment\nmetadata: {{name: '{name}'}}\nspec: {{template: {{spec: {{containers: [{{env: [{env}]}}]}}}}}}\n"
        )
    };
    // The store is a chart from elsewhere: only its name is here.
    let tree = |first: &str, second: &str, address: &str| {
        format!(
            "-- deploy/Chart.yaml\nname: a-chart-of-another-name\n-- deploy/templates/all.yaml\n{}---\n{}\n-- service.card/x.txt\n",
            workload(first, &format!("{{name: LEDGER_ADDR, value: '{address}'}}")),
            workload(second, "")
        )
    };
    // It is a guess: who calls is not known but by that.
    let guessed: &[&str] = &["emoji -> ledger wildcard", "unresolved-call service.emoji/main.go"];
    let release = "{{ .Release.Name }}";
    let (emoji, card) = (&*format!("{release}-emoji"), &*format!("{release}-card"));
    // Short names are `s-emoji` and `s-card`: the release is `s`.
    for (first, second, address, expected) in [
        (emoji, card, format!("{release}-ledger:80"), guessed),
        (emoji, card, format!("http://{release}-ledger.default.svc:80"), &guessed[..1]),
        (emoji, card, "{{ printf \"%s-ledger\" .Release.Name | trunc 63 | trimSuffix \"-\" }}:80".to_owned(), guessed),
        (emoji, card, "s-ledger".to_owned(), guessed),
        // One workload alone may be called so by chance.
        (emoji, "other", format!("{release}-ledger:80"), &["unresolved-call service.emoji/main.go"][..]),
    ] {
        reads_ledger_addr(&tree(first, second, &address), expected);
    }
    // What is written of it is no guess.
    let own = tree(emoji, card, &format!("{release}-ledger:80"));
    for (call, expected) in [
        ("helm upgrade --install s deploy", &["emoji -> ledger joined"][..]),
        ("helm upgrade --install zzz deploy", &["unresolved-call service.emoji/main.go"]),
        ("helm upgrade --install $NAME deploy", guessed),
        // For a look at it any name will do.
        ("helm template zzz deploy", guessed),
    ] {
        reads_ledger_addr(&format!("{own}-- up.sh\n{call}\n"), expected);
    }
}

#[test]
fn a_release_has_its_name_in_the_naming_of_the_fleet() {
    let tree = |more: &str| {
        format!(
            "-- service.shop-web/main.go\npackage main\nimport (\"net/http\"; \"os\")\nfunc main() {{ http.Get(\"http://\" + os.Getenv(\"A\") + \"/x\") }}\n-- service.shop-cart/x.txt\n{more}\
             -- deploy/Chart.yaml\nname: stuff\n-- deploy/templates/all.yaml\nkind: Deployment\nmetadata: {{name: '{{{{ .Release.Name }}}}-web'}}\nspec: {{template: {{spec: {{containers: [{{env: [{{name: A, value: '{{{{ .Release.Name }}}}-cart'}}]}}]}}}}}}\n---\n\
             kind: Deployment\nmetadata: {{name: '{{{{ .Release.Name }}}}-cart'}}\nspec: {{template: {{spec: {{containers: [{{image: x}}]}}}}}}\n"
        )
    };
    let guessed = ["shop-web -> shop-cart wildcard", "unresolved-call service.shop-web/main.go"];
    finds(&tree(""), &guessed);
    finds(&tree("-- service.bank-web/x.txt\n"), &guessed);
    // It may be either.
    let either = tree("-- service.bank-web/x.txt\n-- service.bank-cart/x.txt\n");
    finds(&either, &["unresolved-call service.shop-web/main.go"]);
}

#[test]
fn an_address_that_is_named_after_a_release_is_one() {
    let tree = |value: &str| {
        let workload = |service: &str, env: &str| {
            format!(
                "kind: Deployment\nmetadata: {{name: s-{service}}}\nspec: {{template: {{metadata: {{labels: {{app: s-{service}}}}}, spec: {{containers: [{{env: [{env}]}}]}}}}}}\n"
            )
        };
        format!(
            "-- service.emoji/x.txt\n-- service.ledger/x.txt\n-- hedgerow.yaml\nscan: {{}}\n-- deploy/shop/Chart.yaml\nname: shop\n-- deploy/shop/templates/all.yaml\n{}---\n{}---\n\
             kind: Service\nmetadata: {{name: '{{{{ .Release.Name }}}}-books'}}\nspec: {{selector: {{app: s-ledger}}}}\n",
            workload("emoji", &format!("{{name: BOOKS, value: '{value}'}}")),
            workload("ledger", "")
        )
    };
    for (value, expected) in [
        ("http://{{ .Release.Name }}-books:80", &["emoji -> ledger addressed"][..]),
        ("{{ .Release.Name }}-books:80", &["emoji -> ledger addressed"]),
        ("{{ .Release.Name }}-books.bank.svc.cluster.local", &["emoji -> ledger addressed"]),
        ("{{ .Release.Name }}-other:80", &[]),
        ("{{ .Values.gone }}-books:80", &[]),
    ] {
        assert_eq!(crate::silent::asks(&tree(value)), expected, "{value}");
    }
}

#[test]
fn whose_a_workload_of_a_chart_is_can_be_told() {
    let workload = |path: &str, name: &str, more: &str| {
        format!(
            "-- deploy/shop/Chart.yaml\nname: service\n-- deploy/shop/templates/{path}\nkind: Deployment\nmetadata: {{name: '{name}'}}\nspec: {{template: {{spec: {{containers: [{{name: main, env: [{{name: LEDGER_ADDR, value: 's-ledger:80'}}]{more}}}]}}}}}}\n"
        )
    };
    for (path, name, more) in [
        // The release is called like the chart, or the rest of the name is the service's.
        ("all.yaml", "{{ .Release.Name }}.emoji", ""),
        ("all.yaml", "{{ .Release.Name }}-s-emoji", ""),
        ("all.yaml", "s-emoji-{{ .Release.Name }}", ""),
        // By what it runs.
        ("all.yaml", "web", ", image: 'registry:5000/bank/s-emoji:1.2'"),
        ("all.yaml", "{{ include \"gone\" . }}", ", image: 'bank/s-emoji@sha256:ab'"),
        // By its place.
        ("s-emoji/deployment.yaml", "web", ", image: nginx"),
        ("backend/s-emoji-deployment.yaml", "{{ include \"gone\" . }}", ""),
        ("s-emoji.yaml", "web", ""),
    ] {
        reads_ledger_addr(&workload(path, name, more), &["emoji -> ledger joined"]);
    }
    for (path, name, more) in [
        ("all.yaml", "{{ .Release.Name }}-web", ", image: 'bank/s-emoji-tools'"),
        ("all.yaml", "web", "}, {name: other, image: s-emoji}, {name: more, image: s-card"),
        // A proxy beside a program of nobody's.
        ("all.yaml", "web", ", image: vendor/web}, {name: proxy, image: s-emoji"),
        ("s-emoji-tools/deployment.yaml", "web", ""),
    ] {
        reads_ledger_addr(&workload(path, name, more), &["unresolved-call service.emoji/main.go"]);
    }
    // What is said of it wins over what it runs and where it lies.
    let card = workload("s-emoji.yaml", "s-card", ", image: s-emoji");
    reads_ledger_addr(&card, &["card -> ledger candidate", "unresolved-call service.emoji/main.go"]);
}

#[test]
fn values_for_environments_are_all_taken() {
    let variable = "            - name: LEDGER_ADDR\n              value: {{ .Values.url }}\n";
    let with = |base: &str, more: &str| format!("{}{more}", chart(base, variable));
    let both = with("url: s-ledger", "-- charts/emoji/values-prod.yaml\nurl: s-card\n");
    reads_ledger_addr(&both, &["emoji -> card joined", "emoji -> ledger joined"]);
    // What every environment sets is not open because the values they share leave it out.
    let apart = with(
        "x: 1",
        "-- charts/emoji/values-prod.yaml\nurl: s-card\n-- charts/emoji/values.staging.yaml\nurl: s-ledger\n",
    );
    reads_ledger_addr(&apart, &["emoji -> card joined", "emoji -> ledger joined"]);
    let umbrella = with(
        "x: 1",
        "-- charts/all/Chart.yaml\nname: all\ndependencies: [{name: s-emoji, repository: 'file://../emoji'}]\n-- charts/all/values.yaml\ns-emoji: {url: s-ledger}\n",
    );
    reads_ledger_addr(&umbrella, &["emoji -> ledger joined"]);
    // Values for a chart from elsewhere, beside the service they are for.
    let own = "-- service.emoji/deploy/values-prod.yaml\nweb: {env: {LEDGER_ADDR: s-ledger}}\n";
    reads_ledger_addr(own, &["emoji -> ledger joined"]);
}

#[test]
fn maps_of_a_chart_are_joined() {
    let map = "-- charts/emoji/templates/map.yaml\nkind: ConfigMap\nmetadata:\n  name: {{ include \"emoji.fullname\" . }}-env\ndata:\n  {{- range $k, $v := .Values.config }}\n  {{ $k }}: {{ $v | quote }}\n  {{- end }}\n";
    let from = |env: &str| format!("{}{map}", chart("config: {LEDGER_ADDR: s-ledger}", env));
    let key = "            - name: LEDGER_ADDR\n              valueFrom:\n                configMapKeyRef:\n                  name: {{ include \"emoji.fullname\" . }}-env\n                  key: LEDGER_ADDR\n";
    reads_ledger_addr(&from(key), &["emoji -> ledger joined"]);
    let all = "            - {name: A, value: b}\n          envFrom:\n            - configMapRef:\n                name: {{ include \"emoji.fullname\" . }}-env\n";
    reads_ledger_addr(&from(all), &["emoji -> ledger joined"]);
}

#[test]
fn maps_of_plain_manifests_are_joined() {
    let map = "-- k8s/map.yaml\nkind: ConfigMap\nmetadata: {name: c}\ndata: {LEDGER_ADDR: s-ledger, ADDR: s-ledger}\n";
    let pod = |container: &str| {
        format!(
            "{map}-- k8s/e.yaml\nkind: StatefulSet\nmetadata: {{name: s-emoji}}\nspec: {{template: {{spec: {{containers: [{container}]}}}}}}\n"
        )
    };
    for container in [
        "{env: [{name: LEDGER_ADDR, valueFrom: {configMapKeyRef: {name: c, key: ADDR}}}]}",
        "{envFrom: [{configMapRef: {name: c}}]}",
        "{envFrom: [{prefix: LEDGER_, configMapRef: {name: c}}]}",
        "{env: [{name: A, value: ledger}, {name: LEDGER_ADDR, value: 's-$(A):80'}]}",
    ] {
        reads_ledger_addr(&pod(container), &["emoji -> ledger joined"]);
    }
    reads_ledger_addr(
        &pod("{env: [{name: LEDGER_ADDR, valueFrom: {secretKeyRef: {name: c, key: ADDR}}}]}"),
        &["unresolved-call service.emoji/main.go"],
    );
}

#[test]
fn compose_files_are_joined() {
    for deploy in [
        "-- compose.yaml\nservices:\n  s-emoji:\n    environment:\n      - LEDGER_ADDR=s-ledger:80\n",
        "-- docker-compose.yml\nservices:\n  s-emoji:\n    environment:\n      LEDGER_ADDR: s-ledger:80\n",
        "-- docker-compose.yml\nservices: {web: {build: ./service.emoji, environment: {LEDGER_ADDR: 's-ledger:80'}}}\n",
        "-- deploy/compose.yml\nservices: {web: {build: {context: ../service.emoji}, environment: {LEDGER_ADDR: 'books:80'}}, books: {build: ../service.ledger}}\n",
        "-- compose.yaml\nservices: {s-emoji: {env_file: conf/emoji.env}}\n-- conf/emoji.env\n# where\nexport LEDGER_ADDR=\"s-ledger:80\"\n",
        "-- deploy/compose.yaml\nservices: {s-emoji: {env_file: [a.env, {path: ./b.env, required: false}]}}\n-- deploy/a.env\nA=b\n-- deploy/b.env\nLEDGER_ADDR=s-ledger\n",
        "-- compose.yaml\nservices: {s-emoji: {environment: {LEDGER_ADDR: '${LEDGER:-s-ledger}:80'}}}\n",
        // What somebody names comes behind a default, for each variable, and templates of compose's own come before those of other tools.
        "-- a/compose.yaml\nservices: {s-emoji: {environment: {LEDGER_ADDR: '${LEDGER}:${PORT}'}}}\n-- all.env\nLEDGER=s-ledger\nPORT=80\n-- hedgerow.yaml\nscan: {settings: [all.env]}\n",
        "-- a/compose.yaml\nservices: {s-emoji: {environment: {LEDGER_ADDR: '${LEDGER:-s-ledger}:${PORT}'}}}\n-- all.env\nLEDGER=s-card\nPORT=80\n-- hedgerow.yaml\nscan: {settings: [all.env]}\n",
        "-- compose.yaml\nservices: {s-emoji: {environment: {LEDGER_ADDR: '${LEDGER}'}}}\n-- .env-example\nLEDGER=s-ledger\n-- .env.development\nLEDGER=s-card\n",
        "-- compose.yaml\nservices: {s-emoji: {environment: ['LEDGER_ADDR=$LEDGER']}}\n-- .env\nLEDGER=s-ledger\n",
        "-- compose.yaml\nservices: {s-emoji: {environment: [LEDGER_ADDR]}}\n-- .env\nLEDGER_ADDR='s-ledger'\n",
        // What is to be copied to `.env`.
        "-- compose.yaml\nservices: {s-emoji: {environment: ['LEDGER_ADDR=$LEDGER']}}\n-- .env.example\nLEDGER=s-ledger\n",
        "-- d/compose.yaml\nservices: {s-emoji: {environment: ['LEDGER_ADDR=$LEDGER']}}\n-- d/deploy.env\nLEDGER=s-ledger\n",
        "-- d/compose.yaml\nservices: {s-emoji: {env_file: [.env]}}\n-- d/env.sample\nLEDGER_ADDR=s-ledger\n",
        "-- d/compose.yaml\nservices: {s-emoji: {env_file: ../.env}}\n-- .env-template\nLEDGER_ADDR=s-ledger\n",
        "-- compose.yaml\nservices: {s-emoji: {environment: ['LEDGER_ADDR=$LEDGER']}}\n-- .env.example\nLEDGER=s-card\n-- .env\nLEDGER=s-ledger\n",
    ] {
        reads_ledger_addr(deploy, &["emoji -> ledger joined"]);
    }
    let merged = |emoji: &str| {
        format!(
            "-- compose.yaml\nx-env: &env {{LEDGER_ADDR: s-ledger}}\nx-other: &other {{LEDGER_ADDR: s-card}}\nx-base: &base\n  environment: *env\nservices:\n  s-emoji:\n    {emoji}\n"
        )
    };
    for emoji in [
        "environment: {<<: *env, A: b}",
        "environment: {<<: [*env, *other]}",
        "<<: *base",
        "{<<: *base, image: x}",
        "environment: {<<: *other, LEDGER_ADDR: s-ledger}",
        "environment: {LEDGER_ADDR: s-ledger, <<: *other}",
    ] {
        reads_ledger_addr(&merged(emoji), &["emoji -> ledger joined"]);
    }
    let instead = merged("{<<: *base, environment: {LEDGER_ADDR: s-card}}");
    reads_ledger_addr(&instead, &["emoji -> card joined"]);
    for open in [
        "-- compose.yaml\nservices: {s-emoji: {environment: {LEDGER_ADDR: '${LEDGER}'}}}\n",
        // Of another directory, or of another file.
        "-- d/compose.yaml\nservices: {s-emoji: {environment: {LEDGER_ADDR: '${LEDGER}'}}}\n-- .env.example\nLEDGER=s-card\n",
        "-- compose.yaml\nservices: {s-emoji: {env_file: emoji.env}}\n-- .env.example\nLEDGER_ADDR=s-card\n",
    ] {
        reads_ledger_addr(open, &["unresolved-call service.emoji/main.go"]);
    }
}

/// A file with the helpers of a chart.
fn helpers(text: &str) -> String {
    format!("-- charts/emoji/templates/_helpers.tpl\n{text}\n")
}

#[test]
fn helpers_of_a_chart_are_followed() {
    let variable = |value: &str| format!("            - name: LEDGER_ADDR\n              value: {value}\n");
    let host = helpers("{{ define \"emoji.ledger\" }}{{ .Values.ledger.host }}:80{{ end }}");
    let values = "ledger: {host: s-ledger}";
    let called = chart(values, &variable("{{ include \"emoji.ledger\" . | quote }}"));
    reads_ledger_addr(&format!("{called}{host}"), &["emoji -> ledger joined"]);
    // The whole environment, of which every branch counts.
    let env = helpers(
        "{{- define \"emoji.env\" -}}\n{{- if .Values.card }}\n- name: LEDGER_ADDR\n  value: s-card\n{{- else }}\n- name: LEDGER_ADDR\n  value: {{ .Values.ledger.host }}\n{{- end }}\n{{- end }}",
    );
    let called = chart(values, "            {{- include \"emoji.env\" . | nindent 12 }}\n");
    reads_ledger_addr(&format!("{called}{env}"), &["emoji -> card joined", "emoji -> ledger joined"]);
    // A chart that writes whole objects for others.
    let library = "-- charts/base/Chart.yaml\nname: base\ntype: library\n-- charts/base/templates/_all.tpl\n{{- define \"base.deployment\" -}}\nkind: Deployment\nmetadata:\n  name: {{ .Chart.Name }}\nspec:\n  template:\n    spec:\n      containers:\n        - name: main\n          env:\n            - name: LEDGER_ADDR\n              value: {{ .Values.url }}\n{{- end }}\n\
                   -- charts/emoji/Chart.yaml\nname: s-emoji\ndependencies: [{name: base, repository: 'file://../base'}]\n-- charts/emoji/values.yaml\nurl: s-ledger\n-- charts/emoji/templates/all.yaml\n{{ include \"base.deployment\" . }}\n";
    reads_ledger_addr(library, &["emoji -> ledger joined"]);
}

#[test]
fn services_named_by_helpers_are_known_within_the_release() {
    let helpers = "{{- define \"name\" -}}\n{{- if contains .Chart.Name .Release.Name }}\n{{- .Release.Name }}\n{{- else }}\n{{- printf \"%s-%s\" .Release.Name .Chart.Name | trunc 63 | trimSuffix \"-\" }}\n{{- end }}\n{{- end }}\n";
    let ledger = format!(
        "-- deploy/shop/charts/books/Chart.yaml\nname: books\n-- deploy/shop/charts/books/templates/_helpers.tpl\n{helpers}\
         -- deploy/shop/charts/books/templates/all.yaml\nkind: Service\nmetadata:\n  name: {{{{ include \"name\" . }}}}\nspec: {{selector: {{app: s-ledger}}}}\n---\n\
         kind: Deployment\nmetadata: {{name: '{{{{ include \"name\" . }}}}'}}\nspec: {{template: {{metadata: {{labels: {{app: s-ledger}}}}, spec: {{containers: []}}}}}}\n"
    );
    let emoji = "-- deploy/shop/Chart.yaml\nname: shop\n-- deploy/shop/templates/emoji.yaml\nkind: Deployment\nmetadata: {name: s-emoji}\nspec: {template: {spec: {containers: [{env: [{name: LEDGER_ADDR, value: '{{ .Release.Name }}-books:80'}]}]}}}\n";
    reads_ledger_addr(&format!("{emoji}{ledger}"), &["emoji -> ledger joined"]);
}

#[test]
fn a_template_that_is_too_large_says_so_and_leaves_its_service_open() {
    let env = "            - name: LEDGER_ADDR\n              value: s-ledger\n";
    let large = chart("l: [1, 2, 3, 4, 5, 6, 7, 8, 9]", &format!("{env}{}", "{{ range $.Values.l }}\n".repeat(8)));
    reads_ledger_addr(
        &large,
        &[
            "emoji -> ledger joined",
            "unparsed-code charts/emoji/templates/deployment.yaml",
            "unresolved-call service.emoji/main.go",
        ],
    );
    // What is no YAML in any of its renderings is not left out in silence either.
    let broken = chart(
        "x: 1",
        &format!("{env}            {{{{- if .Values.y }}}}\n           }} broken\n            {{{{- end }}}}\n"),
    );
    reads_ledger_addr(
        &broken,
        &[
            "emoji -> ledger joined",
            "unparsed-code charts/emoji/templates/deployment.yaml",
            "unresolved-call service.emoji/main.go",
        ],
    );
}

#[test]
fn a_chart_that_another_takes_in_is_not_deployed_with_its_own_values_alone() {
    let tree = "-- chart/Chart.yaml\nname: all\ndependencies: [{name: emoji}]\n-- chart/values.yaml\nemoji: {url: 'http://s-ledger'}\n\
                -- chart/charts/emoji/Chart.yaml\nname: emoji\n-- chart/charts/emoji/values.yaml\nreplicas: 1\n\
                -- chart/charts/emoji/templates/d.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: s-emoji}\nspec:\n  template:\n    spec:\n      containers:\n        - env:\n            - name: LEDGER_URL\n              value: {{ .Values.url }}\n\
                -- service.emoji/main.go\npackage main\nimport (\"net/http\"; \"os\")\nfunc main() { http.Get(os.Getenv(\"LEDGER_URL\")) }\n-- service.ledger/x.txt\n";
    finds(tree, &["emoji -> ledger joined"]);
}

#[test]
fn a_job_is_called_by_its_name_without_its_run() {
    let tree = |kind: &str, name: &str| {
        let command = "[sh, -c, 'curl http://s-ledger/x']";
        format!(
            "-- service.shop/x.txt\n-- service.ledger/x.txt\n-- c/Chart.yaml\nname: c\n-- c/templates/all.yaml\nkind: {kind}\nmetadata: {{name: '{name}'}}\nspec: {{template: {{spec: {{containers: [{{name: a, image: 'curl:1', command: {command}}}]}}}}}}\n"
        )
    };
    for name in ["s-shop-{{ .Release.Revision }}", "s-shop-{{ now | date \"2006\" }}", "s-shop_{{ randAlphaNum 5 }}"] {
        finds(&tree("Job", name), &["shop -> ledger proven"]);
    }
    // Behind the name of what runs all the time stands what it is.
    for (kind, name) in [
        ("Deployment", "s-shop-{{ .Values.part }}"),
        ("Job", "{{ .Values.part }}-s-shop"),
        ("Job", "s-shop{{ .Values.part }}"),
    ] {
        finds(&tree(kind, name), &[]);
    }
}
