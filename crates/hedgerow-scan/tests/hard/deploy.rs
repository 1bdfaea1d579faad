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
