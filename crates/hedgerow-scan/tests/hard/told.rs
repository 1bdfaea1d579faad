//! What a service is told by its own command, by a file that is mounted beside it, and by the options of its virtual machine; and what is
//! no address of anybody's.

use crate::silent::asks;

const OTHERS: &str =
    "-- service.ledger/x.txt\n-- service.cart/x.txt\n-- service.card/x.txt\n-- hedgerow.yaml\nscan: {}\n";

#[track_caller]
fn rows(rows: &[(String, &[&str])]) {
    let wrong: Vec<String> = rows
        .iter()
        .map(|(tree, expected)| (tree, asks(&format!("{OTHERS}{tree}")), *expected))
        .filter(|(_, found, expected)| found != expected)
        .map(|(tree, found, expected)| format!("{tree}\n    found {found:?}, expected {expected:?}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

const NONE: &[&str] = &[];

/// A chart of `service.shop` with a template of a ConfigMap, which its container mounts.
fn chart(values: &str, map: &str, container: &str) -> String {
    format!(
        "-- service.shop/x.txt\n-- charts/shop/Chart.yaml\nname: shop\n-- charts/shop/values.yaml\n{values}\n-- charts/shop/templates/map.yaml\n{map}\n\
         -- charts/shop/templates/all.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: service.shop}}\nspec:\n  template:\n    spec:\n      \
         containers:\n      - name: shop\n        image: vendor/shop\n{container}        volumeMounts: [{{name: conf, mountPath: /etc/shop}}]\n      \
         volumes: [{{name: conf, configMap: {{name: shop-conf}}}}]\n"
    )
}

fn map(data: &str) -> String {
    format!("kind: ConfigMap\nmetadata: {{name: shop-conf}}\ndata:\n  {data}")
}

#[test]
fn a_mounted_file_that_a_chart_makes_of_its_values_has_addresses() {
    let routes = "routes:\n  books: {to: \"http://s-ledger/v0\"}\n  carts: http://s-cart:80\n";
    let plugins = "plugins:\n- key: a\n  baseUrl: http://s-ledger\n";
    let json = map("routes.json: {{ .Values.routes | default dict | mustToRawJson | quote }}\n");
    let merged = "{{- $r := dict }}\n{{- if .Values.more | empty | not }}\n{{- $r = mergeOverwrite (deepCopy .Values.routes) .Values.more }}\n{{- else }}\n\
                  {{- $r = .Values.own | default .Values.routes }}\n{{- end }}\n";
    let both: &[&str] = &["shop -> cart addressed", "shop -> ledger addressed"];
    let names = "        args: [--routes, /etc/shop/routes.json]\n";
    rows(&[
        (chart(routes, &json, names), both),
        (chart(routes, &json, ""), both),
        (chart(routes, &format!("{merged}{}", map("r.json: {{ $r | toJson | quote }}\n")), ""), both),
        (
            chart(plugins, &map("p.json: {{ .Values.plugins | default list | toRawJson | quote }}\n"), ""),
            &["shop -> ledger addressed"],
        ),
        (
            chart("db: {url: \"http://s-ledger\"}\n", &map("p.yaml: |\n{{ toYaml .Values.db | indent 4 }}\n"), ""),
            &["shop -> ledger addressed"],
        ),
        // A variable that holds a list for an image from elsewhere.
        (
            chart(
                "hosts: [\"http://s-ledger:9200\"]\n",
                &map("a: b\n"),
                "        env: [{name: SEARCH_HOSTS, value: {{ .Values.hosts | mustToRawJson | quote }}}]\n",
            ),
            &["shop -> ledger addressed"],
        ),
        // Of what is not mounted there is nothing to say, nor of what the values do not have.
        (chart(routes, &json.replace("shop-conf", "other-conf"), ""), NONE),
        (chart("routes: {}\n", &json, names), NONE),
    ]);
}

#[test]
fn maps_that_templates_make_are_settings() {
    let values = "conf:\n  ledger: {url: \"http://s-ledger\"}\n  level: x\nlevel: y\n";
    let helper = |body: &str| {
        format!(
            "{{{{- define \"conf\" -}}}}\n{body}{{{{- mustToRawJson $c }}}}\n{{{{- end }}}}\n{}",
            map("c.json: {{ include \"conf\" . | quote }}\n")
        )
    };
    let copy = "{{- $c := (get .Values \"conf\") | default dict | mustDeepCopy }}\n";
    let part = "{{- $l := (hasKey $c \"ledger\") | ternary (get $c \"ledger\") dict }}\n{{- $_ := set $l \"tries\" 3 }}\n{{- $_ := set $c \"ledger\" $l }}\n";
    let level = "{{- if not (hasKey $c \"level\") }}\n{{- $_ := set $c \"level\" .Values.level }}\n{{- end }}\n";
    let lines = format!(
        "{{{{- define \"conf\" -}}}}\n{copy}{level}{{{{- mustToRawJson $c }}}}\n{{{{- end }}}}\n{}",
        map(
            "app.conf: {{ (mustRegexReplaceAllLiteral \"^\\\\s*{\" ((include \"conf\" .) | fromJson | mustToPrettyJson) \"{\\n  include \\\"application\\\"\") | quote }}\n"
        )
    );
    let calls: &[&str] = &["shop -> ledger addressed"];
    rows(&[
        (chart(values, &helper(copy), ""), calls),
        (chart(values, &helper(&format!("{copy}{part}")), ""), calls),
        (chart(values, &helper(&format!("{copy}{level}")), ""), calls),
        (
            chart(
                values,
                &helper("{{- $c := omit .Values \"level\" }}\n{{- $_ := .Values.level | set $c \"l\" }}\n"),
                "",
            ),
            calls,
        ),
        (chart(values, &lines, ""), calls),
        // What a template changes in the values that all have is not known: nor is that it leads there still.
        (
            chart(
                values,
                &helper("{{- $c := .Values.conf }}\n{{- $_ := set $c.ledger \"url\" .Values.nobody }}\n"),
                "",
            ),
            NONE,
        ),
    ]);
}

#[test]
fn many_addresses_that_the_command_leads_to_are_the_services_own() {
    let homes: String = (0..14).map(|at| format!("-- service.x{at}/x.txt\n")).collect();
    let routes: String = (0..14).map(|at| format!("  r{at}: http://s-x{at}\n")).collect();
    let json = map("routes.json: {{ .Values.routes | toJson | quote }}\n");
    let of =
        |container: &str| asks(&format!("{OTHERS}{homes}{}", chart(&format!("routes:\n{routes}"), &json, container)));
    assert_eq!(of("        args: [--routes, /etc/shop/routes.json]\n").len(), 14);
    assert_eq!(of("        args: ['--routes=/etc/shop/routes.json']\n").len(), 14);
    assert_eq!(of("        env: [{name: ROUTES, value: /etc/shop/routes.json}]\n").len(), 14);
    // A map that nobody leads to may be everybody's.
    assert!(of("").iter().all(|line| line.contains(" ? ")), "{:?}", of(""));
}

#[test]
fn options_of_a_virtual_machine_are_settings() {
    let shop = |code: &str, container: &str| {
        format!(
            "-- service.shop/src/main/scala/Shop.scala\n{code}\n-- service.shop/src/main/resources/application.conf\nledger {{\n  url = \"http://localhost:80\"\n  \
             url = ${{?LEDGER}}\n}}\n-- k8s/shop.yaml\nkind: Deployment\nmetadata: {{name: service.shop}}\nspec: {{template: {{spec: {{containers: [{{name: shop, {container}}}]}}}}}}\n"
        )
    };
    let code = "object Shop { val url = config.getString(\"ledger.url\") }";
    let joined: &[&str] = &["shop -> ledger joined", "no-entry service.shop/src/main/scala/Shop.scala"];
    let told: &[&str] = &["shop -> ledger addressed", "no-entry service.shop/src/main/scala/Shop.scala"];
    let none: &[&str] = &["no-entry service.shop/src/main/scala/Shop.scala"];
    rows(&[
        (shop(code, "command: [bin/shop, '-Dledger.url=http://s-ledger']"), joined),
        (shop(code, "command: [bin/shop, '-J-Dledger.url=http://s-ledger']"), joined),
        (shop(code, "args: ['-Dledger.url=http://s-ledger', -jar, x.jar]"), joined),
        (shop(code, "command: [sh, -c, 'java -Dledger.url=http://s-ledger -jar x.jar']"), joined),
        (shop(code, "env: [{name: JAVA_OPTS, value: '-Xmx1g -Dledger.url=http://s-ledger'}]"), joined),
        (shop(code, "env: [{name: LEDGER, value: 'http://s-ledger'}]"), joined),
        (shop("object Shop", "command: [bin/shop, '-Dledger.url=http://s-ledger']"), told),
        (shop(code, "command: [bin/shop, '-Dledger.url=http://elsewhere.example']"), none),
    ]);
}

#[test]
fn what_most_of_a_service_is_written_in_is_why_it_does_not_begin() {
    let scala = "object Shop {\n  val a = 1\n  val b = 2\n  val c = 3\n}\n";
    let java = "class Valid {\n  boolean is() { return true; }\n}\n";
    let message = |scala: &str, java: &str| {
        let tree = format!(
            "{OTHERS}-- service.shop/src/main/scala/Shop.scala\n{scala}-- service.shop/src/main/scala/Valid.java\n{java}"
        );
        let found = crate::outcome(&tree);
        let finding =
            found.findings.into_iter().find(|finding| finding.code == hedgerow_core::diag::Code::NoEntry).unwrap();
        (finding.message, finding.help.len())
    };
    let (mostly, help) = message(scala, java);
    assert!(mostly.contains("is mostly written in Scala") && help == 1, "{mostly}");
    let (other, help) = message("object Shop\n", java);
    assert!(other.contains("no entry point") && help == 2, "{other}");
}

#[test]
fn what_is_written_for_people_or_put_into_a_store_is_no_call() {
    let deploys = "-- hedgerow.yaml\nscan: {deploy: [\"charts/**\"]}\n";
    let beside = |path: &str, text: &str| format!("{}-- {path}\n{text}\n", chart("a: b\n", &map("a: b\n"), ""));
    let found = |path: &str| {
        asks(&format!(
            "{}{deploys}{}",
            OTHERS.split("-- hedgerow.yaml").next().unwrap(),
            beside(path, "to: http://s-ledger/v0")
        ))
    };
    for path in
        ["charts/shop/README.md.gotmpl", "charts/shop/README.md", "charts/shop/guide.adoc", "charts/shop/README.rst.j2"]
    {
        assert_eq!(found(path), NONE, "{path}");
    }
    let sql = |text: &str| format!("-- service.shop/sql/V1.sql\n{text}\n");
    rows(&[
        (sql("UPDATE hooks SET url = 'http://s-ledger/v0' WHERE id = 1;"), &["shop ? ledger"]),
        (sql("INSERT INTO hooks VALUES ('http://s-ledger:80/hook');"), &["shop ? ledger"]),
        (
            sql("INSERT INTO hooks (url) VALUES ('http://s-ledger'), ('http://s-cart');"),
            &["shop ? ledger", "shop ? cart"],
        ),
        (sql("INSERT INTO names VALUES ('ledger');"), NONE),
    ]);
}

#[test]
fn a_scheme_of_ones_own_is_no_address() {
    let shop = |text: &str| format!("-- service.shop/main.js\nconst books = \"{text}\";\nexports.x = books.length;\n");
    let text = |text: &str| format!("-- service.shop/settings.yaml\nbooks: {text}\n");
    rows(&[
        (shop("bank://s-ledger"), &["shop ? ledger"]),
        (shop("bank://s-ledger/books/1"), NONE),
        (text("bank://s-ledger"), &["shop ? ledger"]),
        (text("bank+x://s-ledger/books"), NONE),
        (text("bank://s-ledger:8080"), &["shop -> ledger addressed"]),
        (text("redis+sentinel://s-ledger/0"), &["shop -> ledger addressed"]),
        (text("http://s-ledger/books"), &["shop -> ledger addressed"]),
    ]);
}
