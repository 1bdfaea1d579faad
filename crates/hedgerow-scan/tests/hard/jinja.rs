//! Manifests that Jinja fills, and those that Go's templates do outside of charts.

use crate::account::account;
use crate::silent::asks;
use crate::{finds, outcome, summary};

const CODE: &str = "-- service.shop/a.py\nimport os, requests\nrequests.get(os.environ['LEDGER_URL'])\n-- service.ledger/x.txt\n-- service.cart/x.txt\n";

fn deployment(environment: &str) -> String {
    format!(
        "{CODE}-- k8s/shop.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: s-shop\nspec:\n  template:\n    spec:\n      containers:\n       - name: shop\n         image: {{{{ global.prefix }}}}/shop\n         env:\n{environment}"
    )
}

#[test]
fn what_a_manifest_says_around_its_blocks_counts() {
    for environment in [
        "{% if scope %}\n          - name: PROFILE\n            value: x\n{% endif %}\n          - name: LEDGER_URL\n            value: http://s-ledger\n",
        "{%- if scope == 'a' %}\n          - name: LEDGER_URL\n            value: http://s-ledger\n{%- else %}\n          - name: LEDGER_URL\n            value: http://s-ledger:80\n{%- endif %}\n",
        "{# {% if x %} #}\n          - name: LEDGER_URL\n            value: \"http://s-ledger:{{ port | default('80') }}\"\n{% set x = 1 %}\n",
        "{% if a %}\n          - name: X\n            value: '1'\n{% elif b %}\n          - name: LEDGER_URL\n            value: http://{{ host | default(\"s-ledger\") }}\n{% endif %}\n",
        "{% raw %}\n          - name: TEMPLATE\n            value: '{{ x }}'\n{% endraw %}\n          - name: LEDGER_URL\n            value: http://s-ledger\n",
        "{% raw %}\n          - name: TEMPLATE\n            value: '{% if x %}{{ x }}'\n{%- endraw %}\n          - name: LEDGER_URL\n            value: http://s-ledger\n",
        "{% macro url(host) %}\n          - name: LEDGER_URL\n            value: http://s-ledger/{{ host }}\n{% endmacro %}\n{{ url('a') }}\n",
        "{% set x = 1 %}\n          - name: LEDGER_URL\n            value: http://{{ host | default('s-ledger', true) }}\n",
        "{% macro m(a) %}\n  - {{ a }}:\n   : broken\n{% endmacro %}\n          - name: LEDGER_URL\n            value: http://s-ledger\n",
    ] {
        assert_eq!(summary(&outcome(&deployment(environment))), ["shop -> ledger joined"], "{environment}");
    }
}

#[test]
fn both_branches_of_a_block_count_and_gaps_stay_gaps() {
    let two = "{% if a %}\n          - name: LEDGER_URL\n            value: http://s-ledger\n{% else %}\n          - name: LEDGER_URL\n            value: http://s-cart\n{% endif %}\n";
    finds(&deployment(two), &["shop -> cart joined", "shop -> ledger joined"]);
    let open = "{% if a %}\n          - name: LEDGER_URL\n            value: \"{{ ledger }}\"\n{% endif %}\n";
    finds(&deployment(open), &["unresolved-call service.shop/a.py"]);
    // What a loop writes for other elements is not known.
    let each = "{% for name in names %}\n          - name: LEDGER_URL\n            value: http://{{ 's-ledger' }}/{{ name }}\n{% endfor %}\n";
    finds(
        &deployment(each),
        &["shop -> ledger joined", "unparsed-code k8s/shop.yaml", "unresolved-call service.shop/a.py"],
    );
    // What a comment says is not there.
    let comment = "{#\n          - name: LEDGER_URL\n            value: http://s-ledger\n#}\n{% if a %}\n          - name: X\n            value: x\n{% endif %}\n";
    finds(&deployment(comment), &["unresolved-call service.shop/a.py"]);
}

#[test]
fn what_a_default_is_made_into_is_not_known() {
    for expression in [
        "h | default('s-ledger') ~ '-eu'",
        "h | default('s-ledger') if x else 's-cart'",
        "h | default('s-ledger', true) if x else (y)",
        "h | default('s-ledger').replace('ledger', 'cart')",
        "h | default('s-ledger' ~ x)",
    ] {
        let environment = format!(
            "{{% set x = 1 %}}\n          - name: LEDGER_URL\n            value: \"http://{{{{ {expression} }}}}\"\n"
        );
        finds(&deployment(&environment), &["unresolved-call service.shop/a.py"]);
    }
}

/// Liquid, Twig, Django and Salt write statements as Jinja does.
#[test]
fn what_a_manifest_says_around_statements_of_other_languages_counts() {
    let variable = "          - name: LEDGER_URL\n            value: http://s-ledger\n";
    for (before, behind) in [
        ("{% assign x = 'y' %}\n", ""),
        ("{%- assign x = 'y' %}\n", "{% foo %}\n"),
        ("{% assign x = 'y' %} {% assign z = 'y' %}\n", ""),
        ("{% load static %}\n", ""),
        ("{% load_yaml as d %}\na: b\n{% endload %}\n", ""),
        ("{% capture x %}\n  : broken: {\n{% endcapture %}\n", ""),
        ("{% unless x %}\n", "{% endunless %}\n"),
        ("{% case x %}\n{% when 'a' %}\n", "{% else %}\n          - name: X\n            value: x\n{% endcase %}\n"),
        ("{% ifequal a b %}\n", "{% endifequal %}\n"),
        ("{% section 'a' %}\n", "{% endsection %}\n"),
        ("{%\n  assign x = 1\n%}\n", ""),
    ] {
        let environment = format!("{before}{variable}{behind}");
        assert_eq!(summary(&outcome(&deployment(&environment))), ["shop -> ledger joined"], "{environment}");
    }
    // Above all of it, where nothing else is Jinja's.
    let above = deployment(variable)
        .replace("{{ global.prefix }}/", "")
        .replace("apiVersion: apps", "{% assign x = 'y' %}\napiVersion: apps");
    finds(&above, &["shop -> ledger joined"]);
    // What one writes into a line is not known.
    for value in ["{% secret x %}", "http://{% host 'ledger' %}/", "\"{% secret x %}\""] {
        let environment = format!("          - name: LEDGER_URL\n            value: {value}\n");
        finds(&deployment(&environment), &["unresolved-call service.shop/a.py"]);
    }
    let either = "{% unless a %}\n          - name: LEDGER_URL\n            value: http://s-ledger\n{% elsif b %}\n          - name: LEDGER_URL\n            value: http://s-cart\n{% endunless %}\n";
    finds(&deployment(either), &["shop -> cart joined", "shop -> ledger joined"]);
}

/// Marks of Jinja's in a manifest that Jinja does not fill.
#[test]
fn what_only_looks_like_a_statement_is_text() {
    let map = |data: &str| {
        format!("-- k8s/map.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: all}}\ndata:\n{data}")
    };
    let taken = "          - name: LEDGER_URL\n            valueFrom: {configMapKeyRef: {name: all, key: h}}\n";
    for data in [
        "  s: 'a{%b'\n  h: http://s-ledger\n  t: 'c%}'\n",
        "  s: '%{%{x}%}'\n  h: http://s-ledger\n",
        "  s: '{%'\n  h: http://s-ledger\n",
        "  s: 'a {% 5 b'\n  h: http://s-ledger\n  t: 'c %}'\n",
        "  s: 'a{%-b'\n  h: http://s-ledger\n  t: 'c%}'\n",
        "  s: 'date +{%Y}'\n  h: http://s-ledger\n",
    ] {
        let tree = deployment(taken).replace("{{ global.prefix }}/", "") + &map(data);
        finds(&tree, &["shop -> ledger joined"]);
    }
}

#[test]
fn settings_in_a_config_map_with_blocks_are_read() {
    let tree = "-- service.shop/x.txt\n-- service.ledger/x.txt\n-- k8s/shop.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: envoy\ndata:\n  envoy.yaml: |\n    static_resources:\n      clusters:\n      - name: books\n{% if deploy %}\n        type: STRICT_DNS\n{% else %}\n        type: LOGICAL_DNS\n{% endif %}\n        load_assignment:\n          endpoints:\n          - lb_endpoints:\n            - endpoint:\n                address:\n                  socket_address:\n                    address: s-ledger\n                    port_value: 443\n---\nkind: Deployment\nmetadata: {name: s-shop}\nspec: {template: {spec: {containers: [{name: envoy, image: 'envoyproxy/envoy:v1', command: [envoy, --config-path, /etc/envoy/envoy.yaml]}], volumes: [{name: e, configMap: {name: envoy}}]}}}\n";
    finds(tree, &["shop -> ledger proven"]);
}

/// What a program of the fleet's people fills by Go's templates, outside of any chart.
#[test]
fn what_a_manifest_says_around_actions_of_go_counts() {
    let variable = "          - name: LEDGER_URL\n            value: http://s-ledger\n";
    let of = |environment: &str| {
        deployment(environment).replace("{{ global.prefix }}/shop", "{{ .Image }}\n         imagePullPolicy: Always")
    };
    let joined: &[&str] = &["shop -> ledger joined"];
    for environment in [
        variable.to_owned(),
        format!("{{{{- if .Debug }}}}\n          - name: DEBUG\n            value: 'true'\n{{{{- end }}}}\n{variable}"),
        format!("{{{{ if .Ledger }}}}\n{variable}{{{{ end }}}}\n"),
        format!("{variable}{{{{ template \"more\" . }}}}\n"),
        format!("{variable}          - name: X\n            value: {{{{ .X | quote }}}}\n"),
        variable.replace("http://s-ledger", "http://s-ledger:{{ .Port }}"),
        variable.replace("http://s-ledger", "{{ .Scheme | default \"http\" }}://s-ledger"),
    ] {
        assert_eq!(summary(&outcome(&of(&environment))), joined, "{environment}");
    }
    // What is filled in there may be anything.
    let looped = format!(
        "{{{{- range $key, $value := .Environment }}}}\n          - name: {{{{ $key }}}}\n            value: {{{{ $value }}}}\n{{{{- end }}}}\n{variable}"
    );
    let found = summary(&outcome(&of(&looped)));
    assert!(found.contains(&joined[0].to_owned()) && found.len() > 1, "{found:?}");
    let either = format!(
        "{{{{ if .New }}}}\n{variable}{{{{ else }}}}\n{}{{{{ end }}}}\n",
        variable.replace("ledger", "cart").replace("CART", "LEDGER")
    );
    finds(&of(&either), &["shop -> cart joined", "shop -> ledger joined"]);
    // What is filled in whole is not known.
    finds(&of(&variable.replace("http://s-ledger", "{{ .Ledger }}")), &["unresolved-call service.shop/a.py"]);
    // A map that is mounted, with a block in what it holds.
    let map = "-- service.shop/x.txt\n-- service.ledger/x.txt\n-- k8s/shop.yaml\nkind: Deployment\napiVersion: apps/v1\nmetadata: {name: s-shop}\nspec:\n  template:\n    spec:\n      containers:\n        - name: shop\n          image: {{ .Image }}\n      volumes: [{name: v, configMap: {name: shop}}]\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: shop}\ndata:\n  a.toml: |\n    [client]\n{{- if .Ledger }}\n      api_server = \"https://s-ledger\"\n{{- end }}\n";
    assert_eq!(asks(map), ["shop ? ledger"]);
}

#[test]
fn a_manifest_that_a_template_leaves_open_is_told() {
    for environment in [
        "          - name: LEDGER_URL\n            value: {{ if .X }\n",
        "<% if x %>\n          - name: LEDGER_URL\n            value: http://s-ledger\n<% end %>\n",
    ] {
        let tree = deployment(environment).replace("{{ global.prefix }}/", "").replace("k8s/shop", "k8s/s-shop");
        let (_, told) = account(&tree);
        assert!(told.iter().any(|line| line.starts_with("deploy file not understood")), "{environment}: {told:?}");
    }
}
