//! Stores, brokers and programs that code uses by the names that Dapr knows them by.

use crate::silent::asks;

const REDIS: &str = "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: books}\nspec:\n  type: state.redis\n  version: v1\n  metadata:\n  - name: redisHost\n    value: s-redis:6379\n";
const RABBIT: &str = "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: shop.pubsub}\nspec:\n  type: pubsub.rabbitmq\n  metadata:\n  - name: host\n    secretKeyRef: {name: rabbit, key: url}\n";
const PODS: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: s-emoji}\nspec: {template: {metadata: {annotations: {dapr.io/enabled: 'true', dapr.io/app-id: s-emoji}}, spec: {containers: [{name: a, image: emoji}]}}}\n";

/// A service with some code, a component, and a store that it leads to.
fn tree(code: &str, component: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n{code}-- k8s/emoji.yaml\n{PODS}-- k8s/component.yaml\n{component}-- service.redis/x.txt\n-- service.rabbitmq/x.txt\n"
    )
}

#[track_caller]
fn found(what: &str, tree: &str, expected: &[&str]) {
    assert_eq!(asks(tree), expected, "{what}\n{tree}");
}

/// The ways to use a component.
const USES: &[&str] = &[
    "-- service.emoji/Program.cs\nusing Dapr.Client;\nclass P { static async Task Main() { var client = new DaprClientBuilder().Build(); await client.SaveStateAsync(\"books\", \"k\", 1); } }\n",
    "-- service.emoji/C.cs\nusing Dapr;\nclass P { const string Store = \"books\"; static void Main() { var b = WebApplication.CreateBuilder(); b.Services.AddControllers().AddDapr(); } }\n[ApiController]\nclass C : ControllerBase { [Topic(P.Store, \"orders\")]\n[HttpPost(\"/orders\")]\npublic void On() {} }\n",
    "-- service.emoji/main.py\nfrom dapr.clients import DaprClient\nwith DaprClient() as d:\n    d.publish_event(pubsub_name='books', topic_name='orders', data='x')\n",
    "-- service.emoji/app.py\nimport os, requests\nport = os.getenv('DAPR_HTTP_PORT', '3500')\nrequests.post(f'http://localhost:{port}/v1.0/publish/books/orders', json={})\n",
    "-- service.emoji/app.js\nconst { DaprClient } = require('@dapr/dapr');\nconst client = new DaprClient();\nclient.state.save('books', [{ key: 'a', value: 1 }]);\n",
    "-- service.emoji/app.js\nconst port = process.env.DAPR_HTTP_PORT;\nfetch(`http://localhost:${port}/v1.0/state/books`, { method: 'POST' });\n",
    "-- service.emoji/app.js\nconst url = 'http://localhost:3500/v1.0-alpha1/state/books/query?x=1';\nfetch(url, { method: 'POST' });\n",
    "-- service.emoji/main.go\npackage main\nimport (\"context\"; dapr \"github.com/dapr/go-sdk/client\")\nconst store = \"books\"\nfunc main() { c, _ := dapr.NewClient(); c.PublishEvent(context.Background(), store, \"orders\", nil) }\n",
    "-- service.emoji/src/main/java/M.java\nimport io.dapr.Topic;\nclass M { public static void main(String[] a) {} }\nclass C { @Topic(name = \"orders\", pubsubName = \"books\") public void on() {} }\n",
];

#[test]
fn who_names_a_component_calls_what_it_leads_to() {
    for code in USES {
        found(code, &tree(code, REDIS), &["emoji -> redis joined"]);
    }
    let by_variable = "-- service.emoji/main.go\npackage main\nimport (\"os\"; dapr \"github.com/dapr/go-sdk/client\")\nfunc main() { c, _ := dapr.NewClient(); c.GetState(nil, os.Getenv(\"STATE_STORE\"), \"k\", nil) }\n";
    let pods = PODS.replace("image: emoji", "image: emoji, env: [{name: STATE_STORE, value: books}]");
    let with = tree(by_variable, REDIS).replace(PODS, &pods);
    found("by a variable", &with, &["emoji -> redis joined"]);
}

#[test]
fn who_may_use_a_component_and_is_not_seen_to_is_asked_about() {
    let code = "-- service.emoji/main.go\npackage main\nfunc main() { println(\"ledger\") }\n";
    found("all may use it", &tree(code, REDIS), &["emoji ? redis"]);
    let scoped = |names: &str| format!("{REDIS}scopes: [{names}]\n");
    found("it is in its scope", &tree(code, &scoped("s-emoji")), &["emoji ? redis"]);
    for uses in &USES[..3] {
        // Whose name that is, no file says.
        found("others may use it", &tree(uses, &scoped("s-other")), &["emoji ? redis"]);
        found("another one may use it", &tree(uses, &scoped("s-rabbitmq")), &["rabbitmq ? redis"]);
    }
    let app = PODS.replace("name: s-emoji", "name: s-other").replace("app-id: s-emoji", "app-id: books-app");
    let with_app = format!("{}-- service.other/x.txt\n-- k8s/app.yaml\n{app}", tree(USES[0], &scoped("books-app")));
    found("another has the app-id", &with_app, &["other ? redis"]);
    // A pod without a word of Dapr may be given it elsewhere: its code says that it has it. Where it does not, the sidecars of others say
    // nothing of it.
    let other = PODS.replace("s-emoji", "s-other");
    let plain = PODS.replace("annotations: {dapr.io/enabled: 'true', dapr.io/app-id: s-emoji}", "labels: {a: b}");
    let of_others =
        format!("{}-- service.other/x.txt\n-- k8s/other.yaml\n{other}", tree(USES[0], REDIS).replace(PODS, &plain));
    found("no sidecar", &of_others, &["emoji -> redis joined", "other ? redis"]);
    found("no sidecar, no use", &of_others.replace("\"books\"", "\"others\""), &["other ? redis"]);
    // Of what leads to no service there is nothing to ask.
    let cron = "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: books}\nspec: {type: bindings.cron, metadata: [{name: schedule, value: '@every 5s'}]}\n";
    let cloud = REDIS.replace("s-redis:6379", "books.redis.example.com:6380");
    let alike = REDIS.replace("dapr.io/v1alpha1", "example.com/v1");
    for component in [cron, &cloud, &alike] {
        found(component, &tree(USES[0], component), &[]);
    }
    let ignored =
        tree(code, REDIS).replace("scan: {}", "scan: {ignore: {'service.emoji -> service.redis': 'not used'}}");
    found("ignored", &ignored, &[]);
}

#[test]
fn a_component_whose_address_is_secret_leads_to_the_only_store_of_its_kind() {
    let code = USES[0].replace("\"books\"", "\"shop.pubsub\"");
    found("the only one", &tree(&code, RABBIT), &["emoji -> rabbitmq addressed"]);
    let two = format!("{}-- service.other-rabbitmq/x.txt\n", tree(&code, RABBIT));
    found("one of two", &two, &["unresolved-call service.emoji/Program.cs"]);
    let said = format!(
        "{RABBIT}---\napiVersion: v1\nkind: Secret\nmetadata: {{name: rabbit}}\nstringData: {{url: 'amqp://a:b@s-other-rabbitmq:5672'}}\n"
    );
    found(
        "the tree has the secret",
        &format!("{}-- service.other-rabbitmq/x.txt\n", tree(&code, &said)),
        &["emoji -> other-rabbitmq joined"],
    );
    let numbered = RABBIT.replace("pubsub.rabbitmq", "state.postgresql").replace("host", "connectionString");
    found("another kind", &tree(&code, &numbered), &[]);
    found(
        "another kind",
        &format!("{}-- service.postgres/x.txt\n", tree(&code, &numbered)),
        &["emoji -> postgres addressed"],
    );
}

/// Without manifests of pods, who runs beside Dapr is said by what starts it.
#[test]
fn what_starts_dapr_says_who_runs_beside_it() {
    let without = |starter: &str| tree(USES[2], REDIS).replace(&format!("-- k8s/emoji.yaml\n{PODS}"), starter);
    for starter in [
        "-- compose.yaml\nservices:\n  s-emoji: {build: service.emoji}\n  emoji-dapr: {image: daprio/daprd, command: ['./daprd', '-app-id', 's-emoji', '-resources-path', '/components'], network_mode: 'service:s-emoji'}\n",
        "-- run.sh\ndapr run --app-id s-emoji --resources-path ./k8s -- python main.py\n",
        "-- dapr.yaml\nversion: 1\ncommon: {resourcesPath: ./dapr}\napps:\n- appID: s-emoji\n  appDirPath: ./service.emoji\n",
        "",
    ] {
        found(starter, &without(starter), &["emoji -> redis joined"]);
    }
    found("another one", &without("-- run.sh\ndapr run --app-id s-redis -- x\n"), &["emoji -> redis joined"]);
}

#[test]
fn programs_call_each_other_by_names_of_dapr() {
    let ledger = "-- service.ledger/x.txt\n-- k8s/ledger.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: s-ledger}\nspec: {template: {metadata: {annotations: {dapr.io/app-id: books-api}}, spec: {containers: [{name: a, image: ledger}]}}}\n";
    for code in [
        "-- service.emoji/Program.cs\nusing Dapr.Client;\nclass P { static async Task Main() { DaprClient client = new DaprClientBuilder().Build(); await client.InvokeMethodAsync(HttpMethod.Get, \"books-api\", \"orders\"); } }\n",
        "-- service.emoji/main.py\nfrom dapr.clients import DaprClient\nwith DaprClient() as d:\n    d.invoke_method('books-api', 'orders', data='')\n",
        "-- service.emoji/main.py\nfrom dapr.clients import DaprClient\nwith DaprClient() as d:\n    d.invoke_method(app_id='books-api', method_name='orders', data='')\n",
        "-- service.emoji/app.js\nconst { DaprClient, HttpMethod } = require('@dapr/dapr');\nconst client = new DaprClient();\nclient.invoker.invoke('books-api', 'orders', HttpMethod.GET);\n",
        "-- service.emoji/main.go\npackage main\nimport (\"context\"; dapr \"github.com/dapr/go-sdk/client\")\nfunc main() { c, _ := dapr.NewClient(); c.InvokeMethod(context.Background(), \"books-api\", \"orders\", \"get\") }\n",
        "-- service.emoji/src/main/java/M.java\nimport io.dapr.client.DaprClient;\nimport io.dapr.client.DaprClientBuilder;\nclass M { public static void main(String[] a) { DaprClient c = new DaprClientBuilder().build(); c.invokeMethod(\"books-api\", \"orders\", null, null); } }\n",
        "-- service.emoji/app.py\nimport requests\nrequests.get('http://localhost:3500/v1.0/invoke/books-api/method/orders')\n",
        "-- service.emoji/app.js\nconst port = process.env.DAPR_HTTP_PORT || 3500;\nfetch(`http://localhost:${port}/v1.0/invoke/books-api/method/orders`);\n",
        "-- service.emoji/main.go\npackage main\nimport (\"fmt\"; \"net/http\"; \"os\")\nfunc main() { http.Get(fmt.Sprintf(\"http://localhost:%s/v1.0/invoke/books-api.default/method/x\", os.Getenv(\"DAPR_HTTP_PORT\"))) }\n",
        "-- service.emoji/app.py\nimport requests\nrequests.get('http://localhost:3500/orders', headers={'dapr-app-id': 'books-api'})\n",
        "-- service.emoji/app.js\nfetch('http://localhost:3500/orders', { headers: { 'dapr-app-id': 'books-api' } });\n",
        "-- service.emoji/main.go\npackage main\nimport \"net/http\"\nfunc main() { r, _ := http.NewRequest(\"GET\", \"http://localhost:3500/x\", nil); r.Header.Add(\"dapr-app-id\", \"books-api\"); http.DefaultClient.Do(r) }\n",
    ] {
        let found_here = asks(&format!("-- hedgerow.yaml\nscan: {{}}\n{code}{ledger}"));
        // Where the port is a variable, the deployment was asked.
        let class = if code.contains("os.Getenv") { "joined" } else { "proven" };
        assert_eq!(found_here, [format!("emoji -> ledger {class}")], "{code}");
    }
    let far = "-- service.emoji/app.py\nimport requests\nrequests.get('http://localhost:3500/v1.0/invoke/http://api.example.com/method/s-ledger')\n";
    assert_eq!(asks(&format!("-- hedgerow.yaml\nscan: {{}}\n{far}{ledger}")), Vec::<String>::new());
}
