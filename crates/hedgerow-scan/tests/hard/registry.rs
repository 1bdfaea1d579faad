//! Addresses that a registry gives, and stores of which code does not say where they are: who is meant cannot be known, and is asked by name.

use crate::{outcome, summary};
use hedgerow_core::diag::Code;
use hedgerow_scan::Class;

/// The services that are asked about, and what the questions say.
fn asked(files: &str) -> (Vec<String>, String) {
    let found = outcome(&format!("{files}-- service.ledger/x.txt\n-- service.cart/x.txt\n-- service.redis/x.txt\n"));
    let open = found.edges.values().filter(|edge| edge.class() == Class::Candidate && edge.caller == "service.shop");
    let callees = open.map(|edge| edge.callee.clone()).collect();
    let questions = found.findings.iter().filter(|finding| finding.code == Code::UnresolvedCall);
    let texts = questions.flat_map(|finding| {
        finding.marks.iter().map(|(_, text)| text.clone()).chain(finding.help.clone()).collect::<Vec<_>>()
    });
    (callees, texts.collect::<Vec<_>>().join("\n"))
}

#[test]
fn an_address_under_a_services_name_is_asked_about_by_that_name() {
    let go = |body: &str| {
        format!(
            "-- service.shop/main.go\npackage main\nimport (\"encoding/json\"; \"net/http\"; \"example.com/zk\")\ntype Servers struct {{ Ledger string; All map[string]string `json:\"all\"` }}\nfunc main() {{ var s Servers; json.Unmarshal(zk.Read(), &s); {body} }}\n"
        )
    };
    for files in [
        go("http.Get(\"http://\" + s.All[\"ledger\"])"),
        go("http.Get(\"http://\" + s.Ledger)"),
        go("get(s.All[\"ledger\"])") + "func get(host string) { http.Get(\"http://\" + host) }\n",
    ] {
        let (callees, help) = asked(&files);
        assert_eq!(callees, ["service.ledger"], "{files}");
        assert!(help.contains("may be `service.ledger`") && help.contains("rpcmap: service.ledger"), "{help}");
    }
    // A word that says what something is names nobody, also where somebody's name ends in it.
    for files in [
        go("http.Get(\"http://\" + s.All[\"books\"])"),
        go("http.Get(\"http://\" + s.All[\"server\"])") + "-- service.book-server/x.txt\n",
    ] {
        assert!(asked(&files).0.is_empty(), "{files}");
    }
}

#[test]
fn a_client_of_a_store_that_the_fleet_has_is_asked_about() {
    for files in [
        "-- service.shop/a.py\nimport redis, json\nhost = json.loads(open('x').read())['host']\nredis.Redis(host=host)\n",
        "-- service.shop/a.py\nimport redis\ndef make(host):\n    return redis.Redis(host=host)\nmake(open('x').read())\n",
    ] {
        assert!(!asked(files).1.is_empty(), "{files}");
    }
    // By the image that a service runs, whatever the service is called.
    let postgres = "-- service.shop/a.py\nimport psycopg2\npsycopg2.connect(host=open('x').read())\n";
    for (image, is_asked) in
        [("postgres:16", true), ("bank/my-postgres@sha256:00", true), ("bank/postgresque", false), ("mysql:8", false)]
    {
        let compose = format!("-- compose.yml\nservices: {{s-cart: {{image: '{image}'}}}}\n");
        assert_eq!(!asked(&(postgres.to_owned() + &compose)).1.is_empty(), is_asked, "{image}");
    }
    for files in [
        "-- service.shop/a.py\nimport redis\nredis.Redis(host='redis.example.com')\n",
        "-- service.shop/a.py\nimport redis\nredis.Redis()\n",
        "-- service.shop/a.py\nimport psycopg2\npsycopg2.connect(host=open('x').read())\n",
    ] {
        assert!(asked(files).1.is_empty(), "{files}");
    }
}

#[test]
fn a_proxy_whose_clusters_are_not_in_the_tree_is_asked_about() {
    let tree = |envoy: &str, more: &str| {
        format!(
            "-- service.shop/x.txt\n-- k8s/shop.yaml\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  envoy.yaml: |\n    {envoy}\n{more}---\nkind: Deployment\nmetadata: {{name: s-shop}}\nspec: {{template: {{spec: {{containers: [{{name: envoy, image: 'envoy:1'}}], volumes: [{{name: e, configMap: {{name: c}}}}]}}}}}}\n"
        )
    };
    let file = "dynamic_resources: {cds_config: {path_config_source: {path: /xds/cds.yaml}}}";
    for envoy in [
        file,
        "dynamic_resources: {cds_config: {path: /xds/cds.yaml}}",
        "dynamic_resources: {cds_config: {ads: {}}, ads_config: {api_type: GRPC}}",
    ] {
        assert!(asked(&tree(envoy, "")).1.contains("whom it calls comes from"), "{envoy}");
    }
    let clusters = "  cds.yaml: |\n    resources: [{'@type': type.googleapis.com/envoy.config.cluster.v3.Cluster, load_assignment: {endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: s-ledger, port_value: 1}}}}]}]}}]\n";
    let tree = tree(file, clusters);
    assert!(asked(&tree).1.is_empty());
    crate::finds(&format!("{tree}-- service.ledger/x.txt\n"), &["shop -> ledger proven"]);
    // It is the file that is called so only where it lies there.
    let mounted = |mounts: &str, more: &str| {
        let container = format!("image: 'envoy:1', volumeMounts: [{mounts}]");
        tree.replace("image: 'envoy:1'", &container)
            .replace("configMap: {name: c}", &format!("configMap: {{name: c{more}}}"))
    };
    for (mounts, more, is_asked) in [
        ("{name: e, mountPath: /xds}", "", false),
        ("{name: e, mountPath: /xds/}", "", false),
        ("{name: e, mountPath: /etc/envoy}", "", true),
        ("{name: e, mountPath: /etc/envoy}, {name: e, mountPath: /xds}", "", false),
        ("{name: e, mountPath: /xds/cds.yaml, subPath: cds.yaml}", "", false),
        ("{name: e, mountPath: /etc/cds.yaml, subPath: cds.yaml}", "", true),
        (
            "{name: e, mountPath: /etc/envoy.yaml, subPath: envoy.yaml}, {name: e, mountPath: /xds/cds.yaml, subPath: cds.yaml}",
            "",
            false,
        ),
        ("{name: e, mountPath: /}", ", items: [{key: cds.yaml, path: xds/cds.yaml}]", false),
        ("{name: e, mountPath: /xds}", ", items: [{key: cds.yaml, path: old/cds.yaml}]", true),
        // Where it is not known where it lies, or it lies in another volume.
        ("{name: other, mountPath: /etc}", "", false),
        ("{name: e, mountPath: /etc, subPathExpr: $(X)}", "", false),
    ] {
        let told = asked(&mounted(mounts, more)).1;
        assert_eq!(
            told.contains("comes from `/xds/cds.yaml`, which no file that was read gives it"),
            is_asked,
            "{mounts} {more}: {told}"
        );
    }
}

#[test]
fn what_a_test_of_a_proxy_expects_calls_nobody() {
    let clusters = "resources: [{'@type': type.googleapis.com/envoy.config.cluster.v3.Cluster, load_assignment: {endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: s-ledger, port_value: 1}}}}]}]}}]\n";
    let tree = |path: &str| format!("-- service.shop/{path}\n{clusters}-- service.ledger/x.txt\n");
    crate::finds(&tree("envoy/cds.yaml"), &["shop -> ledger proven"]);
    crate::finds(&tree("test/envoy/cds.yaml"), &[]);
}

/// Clients of contracts whose generated code is in a module from elsewhere, over connections that a library of one's own hands out.
#[test]
fn a_client_of_a_contract_from_outside_calls_who_offers_it_by_the_same_package() {
    let go = |client: &str, server: &str| {
        format!(
            "-- service.shop/main.go\npackage main\nimport (\"context\"; \"example.com/tools/discovery\"; {client}; other \"example.com/other\")\n\
             var client discovery.Registry\nvar _ = other.X\nfunc main() {{ conn, _ := client.GetConn(context.Background(), \"any\"); books.NewLedgerClient(conn).Get() }}\n\
             -- service.ledger/main.go\npackage main\nimport {server}\nfunc main() {{ books.RegisterLedgerServer(nil, nil) }}\n"
        )
    };
    let same = "books \"example.com/protocol/books\"";
    let python = "-- service.shop/main.py\nfrom bank.protocol import books_pb2_grpc\nfrom bank.tools import discovery\nbooks_pb2_grpc.LedgerStub(discovery.channel('any')).Get()\n\
                  -- service.ledger/main.py\nfrom bank.protocol import books_pb2_grpc\nbooks_pb2_grpc.add_LedgerServicer_to_server(None, None)\n";
    for (tree, expected) in [
        (go(same, same), &["shop -> ledger joined"][..]),
        (python.to_owned(), &["shop -> ledger joined"]),
        // Some begin the names of their contracts with a small letter.
        (python.replace("Ledger", "ledger"), &["shop -> ledger joined"]),
        // Another package's contract of that name.
        (go("books \"example.com/elsewhere/books\"", same), &[]),
    ] {
        assert_eq!(summary(&outcome(&tree)), expected, "{tree}");
    }
}
