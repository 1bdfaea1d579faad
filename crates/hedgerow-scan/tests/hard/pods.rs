//! Services in containers of one pod, settings of a proxy that another container has, and lists of addresses.

use crate::silent::asks;

fn pod(ledger: &str) -> String {
    format!(
        "-- k8s/all.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: s-shop}}\nspec:\n  template:\n    spec:\n      containers:\n\
         \x20     - {{name: s-cart, image: bank/cart, env: [{{name: LEDGER_URL, value: 'http://{ledger}:80'}}]}}\n\
         \x20     - {{name: ledger, image: bank/s-ledger, ports: [{{containerPort: 80}}]}}\n\
         -- service.shop/main.py\nimport os, requests\nrequests.get(os.environ['LEDGER_URL'])\n-- service.cart/x.txt\n-- service.ledger/x.txt\n"
    )
}

#[test]
fn containers_of_one_pod_call_nobody_outside_of_it() {
    let nothing: [&str; 0] = [];
    assert_eq!(asks(&pod("localhost")), nothing);
    assert_eq!(asks(&pod("127.0.0.1")), nothing);
    // An address that names a service leads out of the pod.
    assert_eq!(asks(&pod("s-ledger")), ["shop -> ledger joined"]);
    // The port of a container of the pod is the pod's own, whoever has pods besides; its name leads to those.
    let own = |host: &str| {
        format!(
            "{}-- docker-compose.yml\nservices:\n  service.ledger: {{image: bank/ledger, ports: ['80:80']}}\n",
            pod(host)
        )
    };
    assert_eq!(asks(&own("localhost")), nothing);
    assert_eq!(asks(&own("s-ledger")), ["shop -> ledger joined"]);
}

/// A proxy's settings in the directory of a service of Node.js, which a container of another service has.
fn proxy(image: &str, mount: &str) -> String {
    format!(
        "-- docker-compose.yml\nservices:\n  service.front:\n    image: nginx:1.27\n{mount}  service.shop: {{build: ./service.shop}}\n\
         -- service.front/x.txt\n-- service.shop/Dockerfile\n{image}-- service.shop/src/index.js\nconsole.log('x');\n\
         -- service.shop/proxy/nginx.conf\nhttp {{ server {{ location / {{ proxy_pass http://s-ledger:80; }} }} }}\n-- service.ledger/x.txt\n"
    )
}

#[test]
fn settings_of_a_proxy_are_those_of_the_container_that_has_them() {
    let mount = "    volumes: ['./service.shop/proxy/nginx.conf:/etc/nginx/nginx.conf:ro']\n";
    let node = "FROM node:20\nCOPY . .\nCMD [\"node\", \"src/index.js\"]\n";
    for (what, tree, expected) in [
        ("mounted elsewhere", proxy(node, mount), vec!["front -> ledger proven"]),
        (
            "of an image with nginx, too",
            proxy("FROM nginx\nCOPY proxy/nginx.conf /etc/nginx/nginx.conf\n", mount),
            vec!["front -> ledger proven", "shop -> ledger proven"],
        ),
        (
            "of an image with both",
            proxy("FROM node:20\nRUN apt-get install -y nginx\nCOPY . .\n", mount),
            vec!["front -> ledger proven", "shop -> ledger proven"],
        ),
    ] {
        assert_eq!(asks(&tree), expected, "{what}");
    }
}

#[test]
fn each_address_of_a_list_counts() {
    for (value, expected) in [
        ("a=http://s-ledger:2380,b=http://s-cart:2380", vec!["shop -> cart", "shop -> ledger"]),
        ("http://s-ledger:80,http://s-cart:80", vec!["shop -> cart", "shop -> ledger"]),
        ("x=https://other.example.com,b=http://s-cart:2380", vec!["shop -> cart"]),
        ("mongodb://s-ledger:1,s-cart:2/books", vec!["shop -> cart", "shop -> ledger"]),
    ] {
        let tree = format!(
            "-- docker-compose.yml\nservices:\n  service.shop:\n    image: bank/shop\n    environment: {{INITIAL_CLUSTER: '{value}'}}\n\
             -- service.shop/main.py\nimport os, requests\nrequests.get(os.environ['INITIAL_CLUSTER'])\n-- service.ledger/x.txt\n-- service.cart/x.txt\n"
        );
        let found = asks(&tree);
        let pairs: Vec<&str> = found.iter().filter_map(|line| line.rsplit_once(' ').map(|(pair, _)| pair)).collect();
        assert_eq!(pairs, expected, "{value}: {found:?}");
    }
}
