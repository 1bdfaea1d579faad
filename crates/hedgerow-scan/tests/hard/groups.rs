//! What a proxy's settings define and nothing there sends requests on to.

use crate::silent::{asks, told};

const ASKED: &[&str] = &["shop -> cart proven", "shop ? ledger"];
const BOTH: &[&str] = &["shop -> cart proven", "shop -> ledger proven"];

/// One of those to which requests go is not known.
const OPEN: &[&str] = &["shop -> cart proven", "shop -> ledger proven", "unresolved-call conf/nginx.conf"];

/// Settings of a proxy that a container has, beside another file.
fn proxy(name: &str, text: &str, more: &str) -> String {
    let volume = match more {
        "" => String::new(),
        more => format!(", './{}:/conf/more'", more[3..].lines().next().unwrap_or_default()),
    };
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- docker-compose.yml\nservices:\n  service.shop:\n    image: bank/proxy\n    volumes: ['./conf/{name}:/conf/{name}'{volume}]\n\
         -- conf/{name}\n{text}\n{more}-- service.shop/x.txt\n-- service.ledger/x.txt\n-- service.cart/x.txt\n"
    )
}

/// The same of nginx, with two groups, what its server does, and what else is said.
fn nginx(server: &str, more: &str) -> String {
    let text = format!(
        "upstream books {{ server s-ledger:80; }}\nupstream cart {{\n  server s-cart:80;\n}}\nserver {{\n  location /cart {{ proxy_pass http://cart; }}\n  {server}\n}}"
    );
    proxy("nginx.conf", &text, more)
}

#[test]
fn a_group_of_servers_that_nothing_is_passed_to_is_asked_about() {
    told(&[
        ("nothing", nginx("", ""), ASKED),
        ("a remark", nginx("# proxy_pass http://books;", ""), ASKED),
        ("a path", nginx("location /books { return 404; }", ""), ASKED),
        ("a longer name", nginx("location /b { proxy_pass http://cart/books; }", ""), ASKED),
        ("it is passed to", nginx("location /b { proxy_pass http://books/x; }", ""), BOTH),
        ("with a part of the request", nginx("location /b { proxy_pass http://books$request_uri; }", ""), BOTH),
        ("by another protocol", nginx("location /b { grpc_pass grpc://books; }", ""), BOTH),
        ("by one without a scheme", nginx("location /b { fastcgi_pass books; }", ""), BOTH),
        ("by a module", nginx("location /b { memcached_pass books; }", ""), BOTH),
        ("by a variable", nginx("set $b books; location /b { proxy_pass http://$b; }", ""), BOTH),
        ("by a variable of a request", nginx("location /b { proxy_pass http://$arg_to; }", ""), OPEN),
        (
            "by a map",
            nginx("location /b { proxy_pass http://$to; }", "")
                .replace("server {\n  loc", "map $uri $to { default books; }\nserver {\n  loc"),
            BOTH,
        ),
        ("by a program", nginx("location /b { content_by_lua_block { ngx.say(1) } }", ""), BOTH),
        ("by a variable of a template", nginx("location /b { proxy_pass http://${TO}; }", ""), OPEN),
        (
            "by another file",
            nginx("include /conf/more;", "-- conf/more.conf\nlocation /b { proxy_pass http://books; }\n"),
            BOTH,
        ),
        (
            "by another file, aligned",
            nginx("include /conf/more;", "-- conf/more.conf\nlocation /b { proxy_pass        http://books; }\n"),
            BOTH,
        ),
        (
            "by another file, in quotes",
            nginx("include /conf/more;", "-- conf/more.conf\nlocation /b { proxy_pass \"http://books\"; }\n"),
            BOTH,
        ),
        (
            "by a variable of another file",
            nginx("include /conf/more;", "-- conf/more.conf\nset $up books;\nlocation /b { proxy_pass http://$up; }\n"),
            BOTH,
        ),
        (
            "by a module in another file",
            nginx("include /conf/more;", "-- conf/more.conf\nlocation /b { memcached_pass books; }\n"),
            BOTH,
        ),
        ("its health is asked", nginx("", "").replace("s-ledger:80; }", "s-ledger:80; check interval=3000; }"), BOTH),
        (
            "a part that passes nothing on",
            proxy("nginx.conf", "upstream books { server s-ledger:80; }\nupstream cart { server s-cart:80; }", ""),
            BOTH,
        ),
        ("beside one that is called", nginx("location /b { proxy_pass http://s-ledger:80; }", ""), BOTH),
    ]);
}

#[test]
fn so_is_what_other_proxies_define() {
    let haproxy = |front: &str, back: &str| {
        let text = format!(
            "frontend web\n  bind :80\n  {front}\n  default_backend cart\nbackend cart\n  server a s-cart:80 check\nbackend books\n  {back}"
        );
        proxy("haproxy.cfg", &text, "")
    };
    let server = "server a s-ledger:80";
    let apache = |pass: &str| {
        let text = format!(
            "<Proxy \"balancer://books\">\n  BalancerMember \"http://s-ledger:80\"\n</Proxy>\n<Proxy \"balancer://cart\">\n  BalancerMember http://s-cart:80\n</Proxy>\nProxyPass /cart balancer://cart/\n{pass}"
        );
        proxy("site.conf", &text, "")
    };
    let caddy = |site: &str| {
        let text =
            format!("(books) {{\n\treverse_proxy s-ledger:80\n}}\n:80 {{\n\treverse_proxy s-cart:80\n\t{site}\n}}");
        proxy("Caddyfile", &text, "")
    };
    let envoy = |routes: &str, cluster: &str| {
        let endpoint = |name: &str| {
            format!(
                "  - name: {name}\n    type: STRICT_DNS\n{cluster}    load_assignment:\n      cluster_name: {name}\n      endpoints:\n      - lb_endpoints:\n        - endpoint:\n            address:\n              socket_address: {{address: s-{name}, port_value: 80}}\n"
            )
        };
        let text = format!(
            "static_resources:\n  listeners:\n  - name: web\n    route_config:\n      virtual_hosts:\n      - routes:\n        - match: {{prefix: /}}\n          route: {{cluster: cart}}\n{routes}  clusters:\n{}{}admin:\n  address: x",
            endpoint("cart"),
            endpoint("ledger")
        );
        proxy("envoy.yaml", &text, "")
    };
    let traefik = |router: &str, books: &str| {
        let text = format!(
            "http:\n  routers:\n    cart:\n      rule: PathPrefix(`/cart`)\n      service: cart\n{router}  services:\n    cart:\n      loadBalancer:\n        servers:\n        - url: http://s-cart:80\n    books:\n      loadBalancer:\n        servers:\n        - url: http://s-ledger:80\n{books}"
        );
        proxy("dynamic.yml", &text, "")
    };
    let addressed: &[&str] = &["shop -> cart addressed", "shop -> ledger addressed"];
    told(&[
        ("HAProxy", haproxy("", server), ASKED),
        ("HAProxy, a remark", haproxy("# use_backend books", server), ASKED),
        ("HAProxy, used", haproxy("use_backend books if { path_beg /b }", server), BOTH),
        ("HAProxy, chosen by a request", haproxy("use_backend %[req.hdr(host)]", server), BOTH),
        ("HAProxy, checked", haproxy("", "server a s-ledger:80 check inter 2s"), BOTH),
        ("HAProxy, all are checked", haproxy("default-server check", server), BOTH),
        ("Apache", apache(""), ASKED),
        ("Apache, passed to", apache("ProxyPass /b balancer://books/"), BOTH),
        ("Apache, by a rule", apache("RewriteRule ^/b balancer://books/ [P]"), BOTH),
        (
            "Apache, by a variable",
            apache("ProxyPass /b balancer://${TO}/"),
            &["shop -> cart proven", "shop -> ledger proven", "unresolved-call conf/site.conf"],
        ),
        ("Caddy", caddy(""), ASKED),
        ("Caddy, imported", caddy("import books"), BOTH),
        ("Caddy, one that is given", caddy("import {args[0]}"), BOTH),
        ("envoy", envoy("", ""), ASKED),
        (
            "envoy, another route",
            envoy("        - match: {prefix: /b}\n          route: {cluster: ledger}\n", ""),
            BOTH,
        ),
        (
            "envoy, a request chooses",
            envoy("        - match: {prefix: /b}\n          route: {cluster_header: x-to}\n", ""),
            BOTH,
        ),
        ("envoy, a part of settings", envoy("", "").replace("listeners", "secrets"), BOTH),
        ("envoy, its health is asked", envoy("", "    health_checks: [{timeout: 1s}]\n"), BOTH),
        ("Traefik", traefik("", ""), &["shop -> cart addressed", "shop ? ledger"]),
        ("Traefik, used", traefik("    b:\n      rule: Path(`/b`)\n      service: books\n", ""), addressed),
        (
            "Traefik, used as that of a file",
            traefik("    b:\n      rule: Path(`/b`)\n      service: \"books@file\"\n", ""),
            addressed,
        ),
        (
            "Traefik, a part of another",
            traefik("", "    all:\n      weighted:\n        services:\n        - name: books\n"),
            addressed,
        ),
        ("Traefik, its health is asked", traefik("", "        healthCheck:\n          path: /x\n"), addressed),
    ]);
}

#[test]
fn a_mounted_map_says_it_as_a_file_does() {
    let map = |server: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{}}\n-- k8s/all.yaml\nkind: Deployment\nmetadata: {{name: s-shop}}\nspec:\n  template:\n    spec:\n      containers: [{{name: a, image: nginx, volumeMounts: [{{name: conf, mountPath: /etc/nginx}}]}}]\n      volumes: [{{name: conf, configMap: {{name: conf}}}}]\n---\nkind: ConfigMap\nmetadata: {{name: conf}}\ndata:\n  nginx.conf: |\n    upstream books {{ server s-ledger:80; }}\n    upstream cart {{ server s-cart:80; }}\n    server {{\n      location / {{ proxy_pass http://cart; }}\n      {server}\n    }}\n-- service.shop/x.txt\n-- service.ledger/x.txt\n-- service.cart/x.txt\n"
        )
    };
    told(&[("nothing", map(""), ASKED), ("it is passed to", map("location /b { proxy_pass http://books; }"), BOTH)]);
}

/// A program with settings beside it, and a compose file.
fn beside(name: &str, text: &str, compose: &str, image: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{deploy: [compose.yaml]}}\n-- compose.yaml\nservices:\n  s-shop:\n    build: service.shop\n-- dev/docker-compose.yml\nservices:\n  {compose}\n\
         -- service.shop/Dockerfile\nFROM {image}\nCOPY . .\nCMD run\n-- service.shop/package.json\n{{}}\n-- service.shop/server.js\nrun();\n-- service.shop/deploy/{name}\n{text}\n-- service.ledger/x.txt\n"
    )
}

#[test]
fn settings_of_a_program_that_a_service_does_not_run_are_asked_about() {
    let asked: &[&str] = &["shop ? ledger"];
    let proven: &[&str] = &["shop -> ledger proven"];
    let addressed: &[&str] = &["shop -> ledger addressed"];
    let (collector, scrapes) = (
        "receivers:\n  otlp: {}\nexporters:\n  otlp:\n    endpoint: s-ledger:4317\nservice:\n  pipelines: {}",
        "scrape_configs:\n- job_name: a\n  static_configs:\n  - targets: ['s-ledger:9090']",
    );
    let nginx = "server {\n  location / { proxy_pass http://s-ledger:80; }\n}";
    let other = "web: {image: nginx, volumes: ['../service.shop/deploy/nginx.conf:/etc/nginx/nginx.conf']}";
    let (node, envoy) = (
        "node:22",
        "static_resources:\n  clusters:\n  - name: x\n    load_assignment: {endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: s-ledger, port_value: 80}}}}]}]}\n  listeners: [{x: {cluster: x}}]",
    );
    told(&[
        ("a compose file of no deployment", beside("nginx.conf", nginx, other, node), asked),
        ("an image with the program", beside("nginx.conf", nginx, other, "nginx"), proven),
        ("a collector", beside("otel.yaml", collector, "", node), asked),
        ("a collector, of .NET", beside("otel.yaml", collector, "", "mcr.microsoft.com/dotnet/aspnet:8.0"), asked),
        ("a collector's image", beside("otel.yaml", collector, "", "otel/opentelemetry-collector"), addressed),
        (
            "telemetry of the program itself",
            beside("otel.yaml", collector, "", node)
                .replace("FROM node:22", "FROM node:22\nENV OTEL_SERVICE_NAME=shop"),
            asked,
        ),
        ("an image of one's own", beside("otel.yaml", collector, "", "bank/shop"), addressed),
        (
            "a script names it",
            beside("otel.yaml", collector, "", node) + "-- service.shop/run.sh\ncollect deploy/otel.yaml\n",
            addressed,
        ),
        ("another program's keys", beside("otel.yaml", &collector.replace("receivers", "books"), "", node), addressed),
        ("what is scraped", beside("prometheus.yml", scrapes, "", node), asked),
        ("what is scraped, by an image that does", beside("prometheus.yml", scrapes, "", "prom/prometheus"), addressed),
        ("envoy", beside("envoy.yaml", envoy, "", node), asked),
        ("envoy's image", beside("envoy.yaml", envoy, "", "envoyproxy/envoy"), proven),
        ("HAProxy", beside("haproxy.cfg", "listen a\n  server a s-ledger:80", "", node), asked),
        ("Caddy", beside("Caddyfile", ":80 {\n  reverse_proxy s-ledger:80\n}", "", "python:3"), asked),
    ]);
}

/// Of two Dockerfiles in a directory the deployment builds a service by one.
#[test]
fn what_another_dockerfile_takes_is_asked_about() {
    let asked: &[&str] = &["shop ? ledger"];
    let proven: &[&str] = &["shop -> ledger proven"];
    let built = |build: &str, dev: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{}}\n-- docker-compose.yml\nservices:\n  service.ledger: {{image: bank/ledger}}\n  service.shop:\n    build: {build}\n-- service.shop/Dockerfile\nFROM nginx\nCOPY nginx.conf /etc/nginx/nginx.conf\n-- service.shop/Dockerfile.dev\nFROM nginx\n{dev}\n-- service.shop/nginx.conf\nserver {{\n  location / {{ proxy_pass http://service.ledger:80; }}\n}}\n-- service.shop/dev.conf\nserver {{ listen 80; }}\n-- service.ledger/x.txt\n"
        )
    };
    let dev = "{context: service.shop, dockerfile: Dockerfile.dev}";
    told(&[
        ("the other one", built(dev, "COPY dev.conf /etc/nginx/nginx.conf"), asked),
        ("the same", built("service.shop", "COPY dev.conf /etc/nginx/nginx.conf"), proven),
        ("both take it", built(dev, "COPY nginx.conf /etc/nginx/nginx.conf"), proven),
        ("all is taken", built(dev, "COPY . /etc/nginx/"), proven),
        (
            "it is not said which",
            built("service.shop", "").replace("    build: service.shop\n", "    image: bank/shop\n"),
            proven,
        ),
        (
            "a script takes it",
            built(dev, "COPY dev.conf /x") + "-- service.shop/run.sh\nnginx -c ./nginx.conf\n",
            proven,
        ),
    ]);
}

#[test]
fn a_copy_that_somebody_kept_is_asked_about() {
    let of = |name: &str, more: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{}}\n-- service.shop/server.js\nrequire('config').get('ledger.url');\n-- service.shop/{name}\n{{\"ledger\": {{\"url\": \"http://s-ledger:80\"}}}}\n{more}-- service.ledger/x.txt\n"
        )
    };
    let asked: &[&str] = &["shop ? ledger"];
    let joined: &[&str] = &["shop -> ledger joined"];
    let nginx = |name: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{}}\n-- service.shop/x.txt\n-- service.shop/{name}\nserver {{\n  location / {{ proxy_pass http://s-ledger:80; }}\n}}\n-- service.ledger/x.txt\n"
        )
    };
    told(&[
        ("settings", of("config.json", ""), joined),
        ("with a day", of("config.json.bak_20260309_070256", ""), asked),
        ("with a time", of("config.json.backup-20260129T103055", ""), asked),
        ("a word alone", of("config.json.old", ""), asked),
        ("a proxy's", nginx("nginx.conf.bak"), &["shop ? ledger"]),
        ("a template of a proxy's", nginx("nginx.conf.template"), &["shop -> ledger proven"]),
        ("a proxy's", nginx("nginx.conf"), &["shop -> ledger proven"]),
    ]);
}

/// An image that is somebody's program and takes nothing from the directory that it is built from has none of the code there.
#[test]
fn an_image_that_takes_nothing_has_no_code() {
    let of = |image: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{}}\n-- infra/compose.yml\nservices:\n  service.keys:\n    build: {{context: ., dockerfile: keys/Dockerfile}}\n  service.ledger: {{image: bank/ledger}}\n\
             -- infra/keys/Dockerfile\n{image}\n-- infra/init.js\nfetch('http://service.ledger:80/x');\n-- service.keys/x.txt\n-- service.ledger/x.txt\n"
        )
    };
    let calls: &[&str] = &["keys -> ledger proven"];
    for (image, expected) in [
        ("FROM vendor/keys:1\nCMD [\"start\"]", &[][..]),
        ("FROM vendor/keys:1\nCOPY --from=other /a /a\nCMD [\"start\"]", &[]),
        ("FROM vendor/keys:1\nCOPY . .", calls),
        ("FROM vendor/keys:1\nadd init.js /", calls),
        ("FROM vendor/keys:1\nRUN --mount=type=bind,target=/x cp -r /x /y", calls),
        // Of a language's image the code may be mounted.
        ("FROM node:22\nCMD [\"node\", \"init.js\"]", calls),
    ] {
        let found: Vec<String> = asks(&of(image)).into_iter().filter(|line| line.starts_with("keys -> ")).collect();
        assert_eq!(found, expected, "{image}");
    }
}
