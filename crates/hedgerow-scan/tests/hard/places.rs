//! Where the deploy's evidence stands: in the file and at the letters that say it, whatever else says the same.

use super::{outcome, summary};
use hedgerow_core::diag::Code;
use hedgerow_scan::{Outcome, Place};

/// The tree without its marks, and each marked place: the path, where it begins and what stands there.
fn marked(tree: &str) -> (String, Vec<(String, usize, String)>) {
    let (mut plain, mut found) = (String::new(), Vec::new());
    let (mut path, mut start) = (String::new(), 0);
    for line in tree.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("-- ") {
            name.trim().clone_into(&mut path);
            plain.push_str(line);
            start = plain.len();
            continue;
        }
        let mut rest = line;
        while let Some((before, tail)) = rest.split_once('⟦') {
            let (inner, after) = tail.split_once('⟧').unwrap();
            plain.push_str(before);
            found.push((path.clone(), plain.len() - start, inner.to_owned()));
            plain.push_str(inner);
            rest = after;
        }
        plain.push_str(rest);
    }
    (plain, found)
}

fn is_at(place: &Place, expected: &(String, usize, String)) -> bool {
    let (path, start, text) = expected;
    (place.path.as_str(), place.range.start as usize, place.range.end as usize) == (path, *start, start + text.len())
}

/// All places of what leads to the ledger, and of calls that cannot be told.
fn places(outcome: &Outcome) -> Vec<Place> {
    let to_ledger = outcome.edges.values().filter(|edge| edge.callee == "service.ledger");
    let asked = outcome.findings.iter().filter(|finding| finding.code == Code::UnresolvedCall);
    let asked = asked.flat_map(|finding| finding.marks.iter().map(|(place, _)| place.clone()));
    to_ledger.flat_map(|edge| edge.evidence.iter().map(|evidence| evidence.place.clone())).chain(asked).collect()
}

/// Every marked place is told, and no other.
fn check(tree: &str) {
    let (plain, expected) = marked(&format!("{tree}\n-- service.ledger/x.txt\n-- service.cart/x.txt\n"));
    let found = places(&outcome(&plain));
    assert!(!expected.is_empty());
    for place in &expected {
        assert!(found.iter().any(|found| is_at(found, place)), "{tree}\n{place:?} is not in {found:?}");
    }
    assert_eq!(found.len(), expected.len(), "{tree}\n{found:?}");
}

const SHOP: &str = "-- service.shop/x.txt\n";

#[test]
fn places_in_manifests_are_those_of_the_values() {
    let head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: s-shop}\nspec:\n  template:\n    spec:\n      containers:\n";
    for (before, container) in [
        // The same words stand above, in a comment and in another service's object.
        ("# curl http://s-ledger/x\n", "command: [curl, ⟦http://s-ledger/x⟧]"),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\ndata: {x: \"http://s-ledger/x\"}\n---\n",
            "command: [curl]\n          args: [-s, \"⟦http://s-ledger/x⟧\"]",
        ),
        (
            "",
            "command:\n          - sh\n          - -c\n          - |\n            echo http://s-ledger/x\n            # http://s-ledger/x\n            curl ⟦http://s-ledger/x⟧\n",
        ),
        ("# LEDGER_URL\n", "env: [{name: ⟦LEDGER_URL⟧, value: 'http://s-ledger'}]"),
        (
            "",
            "env:\n          - {name: OTHER, value: LEDGER_URL}\n          - name: ⟦LEDGER_URL⟧\n            value: http://s-ledger",
        ),
        ("---\n---\n# nothing\n---\n", "command: [app, --to=⟦s-ledger:80⟧]"),
        ("", "command: [psql, -h, s-cart]\n          args: [-h, ⟦s-ledger⟧]"),
        ("", "livenessProbe: {exec: {command: [curl, \"⟦http://s-ledger/x⟧\"]}}"),
        // What is made of variables stands there in other letters.
        ("", "env: [{name: AT, value: s-x}]\n          command: [curl, ⟦\"http://$(NOBODY).x/$(AT)\"⟧]"),
    ] {
        check(&format!("{SHOP}-- deploy/all.yaml\n{before}{head}        - name: app\n          {container}\n"));
    }
    // A list of objects, and the second of two containers.
    check(&format!(
        "{SHOP}-- deploy/all.yaml\nkind: List\nitems:\n- {{kind: Service, metadata: {{name: x}}}}\n- kind: Deployment\n  metadata: {{name: s-shop}}\n  spec: {{template: {{spec: {{containers: [{{name: a, image: 's-ledger:80'}}, {{name: b, command: [nc, ⟦s-ledger⟧, '80']}}]}}}}}}\n"
    ));
    check(&format!(
        "{SHOP}-- deploy/a.yaml\n{head}        - name: app\n          envFrom: [{{configMapRef: {{name: c}}}}]\n-- deploy/z.yaml\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  # LEDGER_URL\n  ⟦LEDGER_URL⟧: http://s-ledger\n"
    ));
}

#[test]
fn places_in_compose_files_are_those_of_the_service() {
    let other =
        "  cart:\n    environment: {LEDGER_URL: 'http://x'}\n    command: [run, 'http://s-ledger.example.com']\n";
    for own in [
        "command: curl -s ⟦http://s-ledger/x⟧",
        "command: [curl, ⟦http://s-ledger/x⟧]",
        "command: >\n      echo\n      http://s-ledger/x; curl ⟦http://s-ledger/x⟧",
        "environment: {⟦LEDGER_URL⟧: http://s-ledger}",
        "environment:\n      - OTHER=LEDGER_URL\n      - ⟦LEDGER_URL⟧=http://s-ledger",
        "healthcheck: {test: [CMD, curl, ⟦http://s-ledger/x⟧]}",
        "depends_on: [⟦s-ledger⟧]",
        "depends_on: {⟦s-ledger⟧: {condition: service_healthy}}",
    ] {
        check(&format!(
            "{SHOP}-- compose.yaml\n# LEDGER_URL http://s-ledger/x\nservices:\n{other}  s-shop:\n    image: x\n    {own}\n"
        ));
    }
    check(&format!(
        "{SHOP}-- compose.yaml\nx-own: &own {{environment: {{⟦LEDGER_URL⟧: http://s-ledger}}}}\nservices:\n  s-shop: {{<<: *own, image: x}}\n"
    ));
    // A variable's file says it, and not the compose file that is read last.
    check(&format!(
        "{SHOP}-- compose.yaml\nservices:\n  s-shop: {{image: x, env_file: shop.env}}\n-- z/compose.yaml\nservices:\n  s-shop: {{image: x, environment: {{OTHER: x}}}}\n-- shop.env\n# LEDGER_URL=\nOTHER_LEDGER_URL=y\n⟦LEDGER_URL⟧=http://s-ledger\n"
    ));
    check(&format!("{SHOP}-- service.shop/Dockerfile\nFROM x\n# LEDGER_URL=x\nENV ⟦LEDGER_URL⟧=⟦http://s-ledger⟧\n"));
}

#[test]
fn places_in_mounted_files_are_those_in_the_map() {
    let pod = "kind: Deployment\nmetadata: {name: s-shop}\nspec: {template: {spec: {volumes: [{configMap: {name: files}}], containers: [{image: x}]}}}\n---\nkind: ConfigMap\nmetadata: {name: files}\ndata:\n";
    for data in [
        "  note: |\n    proxy_pass http://s-ledger/;\n  nginx.conf: |\n    # proxy_pass http://s-ledger/;\n    location / { proxy_pass ⟦http://s-ledger/⟧; }\n",
        "  app.ini: |\n    [x]\n    # http://s-ledger/x\n    url = ⟦http://s-ledger/x⟧\n",
        "  run.sh: \"curl ⟦http://s-ledger/x⟧\"\n",
    ] {
        // The map lies before and behind what mounts it.
        check(&format!("{SHOP}-- deploy/shop.yaml\n{pod}{data}"));
    }
}

#[test]
fn places_in_templates_are_those_of_the_lines_that_write_them() {
    let chart = "-- deploy/chart/Chart.yaml\nname: s-shop\n-- deploy/chart/values.yaml\nledger: s-ledger\nurls: [http://s-ledger/a]\n";
    let head = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Chart.Name }}\nspec:\n  template:\n    spec:\n      containers:\n        - name: {{ .Chart.Name }}\n";
    for container in [
        "          # http://s-ledger\n          env:\n            - name: ⟦LEDGER_URL⟧\n              value: http://{{ .Values.ledger }}\n",
        "          {{- if .Values.x }}\n          image: http\n          {{- else }}\n          args: [a, b]\n          {{- end }}\n          command: [curl, ⟦http://s-ledger/x⟧]\n",
        "          {{- with .Values.ledger }}\n          command: [nc, ⟦\"{{ . }}\", \"80\"]⟧\n          {{- end }}\n",
        "          command:\n            - sh\n            - -c\n            - |\n              {{- if .Values.y }}\n              echo\n              {{- end }}\n              true\n              curl ⟦http://s-ledger/x⟧\n",
        "          env:\n            {{- range .Values.urls }}\n            - name: ⟦LEDGER_URL⟧\n              value: {{ . | quote }}\n            {{- end }}\n",
    ] {
        let container = container.replace("[nc, ⟦\"{{ . }}\", \"80\"]⟧", "[nc, \"{{ . }}\", \"80\"]");
        let container = if container.contains('⟦') {
            container
        } else {
            container.replace("command: [nc, \"{{ . }}\", \"80\"]", "⟦command: [nc, \"{{ . }}\", \"80\"]⟧")
        };
        check(&format!(
            "{SHOP}{chart}-- deploy/chart/templates/all.yaml\n# http://s-ledger/x LEDGER_URL\nkind: Service\nmetadata: {{name: x}}\n---\n{head}{container}"
        ));
    }
    // A template with a name: the line that takes it in.
    check(&format!(
        "{SHOP}{chart}-- deploy/chart/templates/_h.tpl\n{{{{- define \"env\" -}}}}\n- name: LEDGER_URL\n  value: http://s-ledger\n{{{{- end -}}}}\n-- deploy/chart/templates/d.yaml\n{head}          env:\n            ⟦{{{{- include \"env\" . | nindent 12 }}}}⟧\n"
    ));
}

/// The findings and edges of a tree whose shop has calls that cannot be told.
fn told(tree: &str, expected: &[&str]) {
    let whole = format!("{SHOP}{tree}\n-- service.ledger/x.txt\n-- service.cart/x.txt\n");
    assert_eq!(summary(&outcome(&whole)), expected, "{tree}");
}

#[test]
fn a_comment_answers_an_unknown_call_of_a_command() {
    let asked = "unresolved-call deploy/shop.yaml";
    let pod = |name: &str, container: &str| {
        format!(
            "kind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  template:\n    spec:\n      containers:\n        - image: x\n{container}"
        )
    };
    let curl = "          command: [curl, \"http://$X/x\"]\n";
    let shop = |container: &str| format!("-- deploy/shop.yaml\n{}", pod("s-shop", container));
    told(&shop(curl), &[asked]);
    let declared = "shop -> ledger declared";
    told(&shop(&format!("          # hedgerow: calls service.ledger\n{curl}")), &[declared]);
    told(&shop(&format!("          # hedgerow: ignore it is the customers'\n{curl}")), &[]);
    told(&shop("          command: [curl, \"http://$X/x\"] # rpcmap: service.ledger\n"), &[declared]);
    told(
        &shop(
            "          command:\n            - sh\n            - -c\n            - |\n              # rpcmap: service.ledger\n              curl http://$X/x\n",
        ),
        &[declared],
    );
    // A comment speaks about the object that it stands in.
    let cart = pod("s-cart", "          # rpcmap: service.ledger\n");
    told(&format!("-- deploy/shop.yaml\n{cart}---\n{}", pod("s-shop", curl)), &["cart -> ledger declared", asked]);
    told(&shop(&format!("          # rpcmap: service.nobody\n{curl}")), &["unknown-callee deploy/shop.yaml"]);
    told(&shop(&format!("          # hedgerow: ignore\n{curl}")), &["malformed-comment deploy/shop.yaml", asked]);
}

#[test]
fn a_comment_in_a_compose_file_is_of_its_service() {
    let asked = "unresolved-call compose.yaml";
    let file = |shop: &str, cart: &str| {
        format!("-- compose.yaml\nservices:\n{shop}  s-shop:\n    image: x\n    command: curl http://$$X/x\n{cart}")
    };
    told(&file("", ""), &[asked]);
    told(&file("  # rpcmap: service.ledger\n", ""), &["shop -> ledger declared"]);
    told(&file("", "    # hedgerow: ignore it is outside\n"), &[]);
    told(&file("", "  # rpcmap: service.ledger\n  s-cart:\n    image: x\n"), &["cart -> ledger declared", asked]);
    told(&file("", "  s-cart:\n    image: x # rpcmap: service.ledger\n"), &["cart -> ledger declared", asked]);
    // The file lies in another service's directory.
    let within = file("  # rpcmap: service.ledger\n", "").replace("compose.yaml", "service.cart/compose.yaml");
    told(&within, &["shop -> ledger declared"]);
}

#[test]
fn each_unknown_call_is_told_once() {
    let asked = "unresolved-call deploy/shop.yaml";
    let pod = "-- deploy/shop.yaml\nkind: Pod\nmetadata: {name: s-shop}\nspec:\n  containers:\n    - image: x\n";
    told(
        &format!(
            "{pod}      command: [curl, \"http://$X/x\"]\n    - image: y\n      command: [curl, \"http://$Y/y\"]\n"
        ),
        &[asked, asked],
    );
    told(
        &format!("{pod}      args:\n        - |\n          curl http://$X/x\n          wget http://$Y/y\n"),
        &[asked, asked],
    );
    // As a text of the service's directory it is read too.
    let own = pod.replace("deploy/shop.yaml", "service.shop/pod.yaml");
    told(&format!("{own}      command: [sh, -c, \"curl http://$X/x\"]\n"), &["unresolved-call service.shop/pod.yaml"]);
}

#[test]
fn proxies_call_whom_containers_ask_them_to() {
    let file = |proxy: &str, own: &str| {
        format!(
            "{SHOP}-- compose.yaml\nservices:\n  s-shop:\n    image: {proxy}\n  s-ledger:\n    image: x\n    {own}\n"
        )
    };
    let port = "traefik.http.services.x.loadbalancer.server.port";
    for (proxy, own) in [
        ("traefik:v3", format!("labels:\n      - traefik.enable=true\n      - \"⟦{port}⟧=8080\"")),
        ("docker.io/library/traefik", format!("labels: {{⟦{port}⟧: 8080, traefik.http.routers.x.rule: y}}")),
        ("traefik", format!("deploy: {{labels: {{⟦{port}⟧: \"8080\"}}}}")),
        ("traefik:1.7", "labels: [\"⟦traefik.port⟧=8080\"]".to_owned()),
        (
            "lucaslorentz/caddy-docker-proxy:2",
            "labels: {caddy: x.example.com, ⟦caddy.reverse_proxy⟧: '{{upstreams 8080}}'}".to_owned(),
        ),
        ("nginxproxy/nginx-proxy", "environment: {VIRTUAL_HOST: x.example.com, ⟦VIRTUAL_PORT⟧: 8080}".to_owned()),
    ] {
        check(&file(proxy, &own));
        let (plain, _) = marked(&file(proxy, &own));
        let found = outcome(&format!("{plain}\n-- service.ledger/x.txt\n"));
        assert_eq!(summary(&found), ["shop -> ledger joined"], "{plain}");
        assert_eq!(found.edges.values().next().unwrap().port(), Some(8080), "{plain}");
    }
    for (proxy, own) in [
        ("x", format!("labels: [{port}=8080]")),
        ("traefik", format!("labels: [traefik.enable=false, {port}=8080]")),
        ("traefik", "environment: {VIRTUAL_HOST: x.example.com}".to_owned()),
        ("nginx", "environment: {VIRTUAL_HOST: x.example.com}".to_owned()),
    ] {
        let found = outcome(&format!("{}\n-- service.ledger/x.txt\n", file(proxy, &own)));
        assert!(summary(&found).is_empty(), "{proxy} {own}: {:?}", summary(&found));
    }
    // The proxy of the same file is asked, and not another one.
    let two = file("traefik", &format!("labels: [{port}=8080]"))
        + "-- other/compose.yaml\nservices:\n  s-cart: {image: traefik}\n-- service.ledger/x.txt\n-- service.cart/x.txt\n";
    assert_eq!(summary(&outcome(&two)), ["shop -> ledger joined"]);
}
