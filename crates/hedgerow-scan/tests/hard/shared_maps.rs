//! What two services are given alike is for the one whose code asks for it.

use crate::here::rows;

fn tree(shop: &str, cart: &str, from: &str) -> String {
    let pod = |name: &str| {
        format!(
            "---\nkind: Deployment\nmetadata: {{name: s-{name}}}\nspec: {{template: {{spec: {{containers: [{{name: main, image: x/{name}, {from}}}]}}}}}}\n"
        )
    };
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- service.ledger/x.txt\n-- service.redis/x.txt\n{shop}{cart}-- k8s/all.yaml\n{}{}---\nkind: ConfigMap\n\
         metadata: {{name: common}}\ndata: {{LEDGER_URL: 'http://s-ledger:80', REDIS_HOST: s-redis}}\n---\nkind: Secret\n\
         metadata: {{name: secret}}\nstringData: {{LEDGER_URL: 'http://s-ledger:80', REDIS_HOST: s-redis}}\n",
        pod("shop"),
        pod("cart")
    )
}

#[test]
fn what_two_are_given_alike_is_for_the_one_that_asks_for_it() {
    let map = "envFrom: [{configMapRef: {name: common}}]";
    let secret = "envFrom: [{secretRef: {name: secret}}]";
    let shop = "-- service.shop/main.py\nimport os, requests\nrequests.get(os.environ['LEDGER_URL'] + '/x')\n";
    let cart = "-- service.cart/main.py\nimport os, redis\nredis.Redis(host=os.environ['REDIS_HOST'])\n";
    let both = "-- service.cart/main.py\nimport os, requests\nrequests.get(os.environ['LEDGER_URL'] + os.environ['REDIS_HOST'])\n";
    let fields = "-- service.shop/main.py\nimport requests\nfrom pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    \
                  ledger_url: str\nsettings = Settings()\nrequests.get(settings.ledger_url + '/x')\n";
    let redis = "-- service.cart/main.py\nimport redis\nfrom pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    \
                 redis_host: str\nsettings = Settings()\nredis.Redis(host=settings.redis_host)\n";
    let asked: &[&str] = &[
        "cart -> ledger candidate",
        "cart -> redis joined",
        "shop -> ledger joined",
        "shop -> redis candidate",
        "unexplained-mention cart -> ledger",
        "unexplained-mention shop -> redis",
    ];
    rows(&[
        ("map", tree(shop, cart, map), asked),
        ("secret", tree(shop, cart, secret), asked),
        ("fields of settings", tree(fields, cart, map), asked),
        ("fields of both", tree(fields, redis, map), asked),
        (
            "both ask",
            tree(shop, both, map),
            &[
                "cart -> ledger joined",
                "cart -> redis joined",
                "shop -> ledger joined",
                "shop -> redis candidate",
                "unexplained-mention shop -> redis",
            ],
        ),
        // Of a program that was not read nothing is known.
        (
            "not read",
            tree(shop, "-- service.cart/x.txt\n", map),
            &[
                "cart -> ledger candidate",
                "cart -> redis addressed",
                "shop -> ledger joined",
                "shop -> redis addressed",
                "unexplained-mention cart -> ledger",
            ],
        ),
    ]);
}
