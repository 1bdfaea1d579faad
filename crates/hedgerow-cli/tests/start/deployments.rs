//! `hedgerow init` where a tree has several deployments: which one names the services.

use crate::common::{Command, tree};
use crate::init::{manifest, proposed};
use crate::strangers::check;
use hedgerow_cli::Exit;

pub(super) const GO: &str = "package main\n\nfunc main() {}\n";
const STARTED: &str = "{\"scripts\": {\"start\": \"node server.js\"}}";
const WEB: &str = "<Project Sdk=\"Microsoft.NET.Sdk.Web\"/>";
const HOST: &str = "<Project Sdk=\"Microsoft.NET.Sdk\"><Sdk Name=\"Aspire.AppHost.Sdk\"/></Project>";

/// A Deployment of an image.
pub(super) fn runs(name: &str, image: &str) -> String {
    manifest(name, "8080").replace("image: x", &format!("image: {image}"))
}

#[test]
fn one_program_of_two_deployments_is_one_service() {
    let (ledger, card) = (runs("ledger", "shop/ledger:1"), runs("card", "shop/card:1"));
    let store = runs("db", "postgres:17");
    let (users, orders) =
        (runs("user-service", "r:5000/shop/user-service"), runs("order-service", "shop/order-service"));
    check(&[
        (
            "an AppHost, manifests and compose have names of their own",
            &[
                ("src/Host/Host.csproj", HOST),
                (
                    "src/Host/Program.cs",
                    "builder.AddProject<Projects.Ledger_Api>(\"ledger-api\");\nbuilder.AddProject<Projects.Card_Api>(\"card-api\");\n",
                ),
                ("src/Ledger.Api/Ledger.Api.csproj", WEB),
                ("src/Ledger.Api/Dockerfile", ""),
                ("src/Ledger.Api/A.cs", ""),
                ("src/Card.Api/Card.Api.csproj", WEB),
                ("src/Card.Api/Dockerfile", ""),
                ("src/Card.Api/A.cs", ""),
                ("k8s/ledger.yaml", &ledger),
                ("k8s/card.yaml", &card),
                (
                    "compose.yaml",
                    "services:\n  ledgersvc: {build: {context: ., dockerfile: src/Ledger.Api/Dockerfile}}\n  cardsvc: {build: {context: ., dockerfile: src/Card.Api/Dockerfile}}\n",
                ),
            ],
            &[
                "# 2 services:\n#   card: ",
                "    - {path: \"src/Card.Api\", name: card}\n    - {path: \"src/Ledger.Api\", name: ledger}\n",
                "    card: [card-api, cardsvc]\n    ledger: [ledger-api, ledgersvc]\n",
                "another deployment in this tree: compose.yaml, 2 services; for its names run `hedgerow init --deploy compose.yaml`\n",
                "for its names run `hedgerow init --deploy src/Host`\n",
            ],
            &["#   card-api:", "#   ledgersvc:", "only in compose files"],
        ),
        (
            "a store of one kind is one store",
            &[
                ("k8s/ledger.yaml", &ledger),
                ("k8s/card.yaml", &card),
                ("k8s/db.yaml", &store),
                ("ledger/main.go", GO),
                ("ledger/Dockerfile", ""),
                ("card/main.go", GO),
                ("card/Dockerfile", ""),
                (
                    "compose.yaml",
                    "services: {ledger: {build: ledger}, card: {build: card}, postgres: {image: postgres:16}, redis: {image: redis}}\n",
                ),
            ],
            &["# 3 services:\n", "    db: [postgres]\n", "not proposed: redis\n"],
            &["#   postgres", "- {path"],
        ),
        (
            "a script says what image is built where",
            &[
                ("k8s/a.yaml", &users),
                ("k8s/b.yaml", &orders),
                ("mod-a/pom.xml", ""),
                ("mod-a/Dockerfile", ""),
                ("mod-a/A.java", ""),
                ("mod-b/pom.xml", ""),
                ("mod-b/Dockerfile", ""),
                ("mod-b/A.java", ""),
                (
                    "build.sh",
                    "docker build -f $1/Dockerfile .\ncase $1 in\n  mod-a) echo user-service ;;\n  mod-b) echo order-service ;;\nesac\n",
                ),
            ],
            &[
                "# 2 services:\n",
                "    - {path: \"mod-a\", name: user-service}\n    - {path: \"mod-b\", name: order-service}\n",
            ],
            &["#   mod-a", "#   mod-b"],
        ),
        (
            "settings say what a program is called",
            &[
                ("k8s/a.yaml", &users),
                ("k8s/b.yaml", &orders),
                ("mod-a/pom.xml", ""),
                ("mod-a/Dockerfile", ""),
                ("mod-a/src/main/resources/application.yml", "spring: {application: {name: user-service}}\n"),
                ("mod-a/src/main/java/A.java", ""),
                ("mod-b/pom.xml", ""),
                ("mod-b/Dockerfile", ""),
                ("mod-b/src/main/resources/application.properties", "spring.application.name=${NAME:order-service}\n"),
                ("mod-b/src/main/java/A.java", ""),
            ],
            &[
                "# 2 services:\n",
                "    - {path: \"mod-a\", name: user-service}\n",
                "    - {path: \"mod-b\", name: order-service}\n",
            ],
            &["#   mod-a", "#   mod-b"],
        ),
        (
            "a project of .NET is called like the service, and a word more",
            &[
                ("k8s/ledger.yaml", &runs("ledgerservice", "r/x")),
                ("src/LedgerService.Api/LedgerService.Api.csproj", WEB),
                ("src/LedgerService.Api/Dockerfile", ""),
                ("src/LedgerService.Api/A.cs", ""),
            ],
            &["# 1 service:\n", "    - {path: \"src/LedgerService.Api\", name: ledgerservice}\n"],
            &["#   ledger-service"],
        ),
        (
            "two services of one program stay two",
            &[
                ("k8s/ledger.yaml", &ledger),
                ("ledger/main.go", GO),
                ("ledger/Dockerfile", ""),
                ("compose.yaml", "services: {ledger: {build: ledger}, ledger-worker: {build: ledger}}\n"),
            ],
            &[
                "# 1 service:\n#   ledger: ledger",
                "only in compose files, which no cluster runs, and not proposed: ledger-worker\n",
            ],
            &["aliases"],
        ),
    ]);
}

#[test]
fn manifests_of_a_small_part_are_not_the_deployment() {
    let old = runs("consult", "r/consult:1");
    let one = runs("a", "x");
    check(&[
        (
            "an old manifest beside a compose file of all",
            &[
                ("k8s/consult.yaml", &old),
                ("compose.yaml", "services: {a: {build: a}, b: {build: ./b}, c: {build: c}, db: {image: postgres}}\n"),
                ("a/main.go", GO),
                ("b/main.go", GO),
                ("c/main.go", GO),
            ],
            &[
                "# 4 services:\n#   a: a; compose.yaml\n",
                "#   db: ",
                "services have the names of compose files: compose.yaml runs more programs of this tree than its manifests of a cluster, which have 1 service\n",
                "another deployment in this tree: k8s, 1 service; for its names run `hedgerow init --deploy k8s`\n",
            ],
            &["#   consult", "which no cluster runs"],
        ),
        (
            "manifests of half of them are",
            &[
                ("k8s/a.yaml", &one),
                ("compose.yaml", "services: {a: {build: a}, b: {build: ./b}, mail: {image: mailhog}}\n"),
                ("a/Dockerfile", ""),
                ("a/main.go", GO),
                ("b/Dockerfile", ""),
                ("b/main.go", GO),
            ],
            &["# 2 services:\n#   a: a; k8s/a.yaml", "#   b: b; compose.yaml", "not proposed: mail\n"],
            &["services have the names"],
        ),
        (
            "files of variants have one name",
            &[
                ("docker-compose.yml", "services: {api: {image: 'r/api:${V:-1}'}, worker: {image: r/api}}\n"),
                (
                    "docker-compose-dev.yml",
                    "services: {api-dev: {build: ./server}, worker-dev: {build: ./server}, db: {image: mysql}}\n",
                ),
                ("server/main.go", GO),
            ],
            &[
                "# 3 services:\n#   api: ",
                "    - {path: \"server\", name: api}\n    - {path: \"server\", name: worker}\n",
            ],
            &["#   api-dev", "#   worker-dev"],
        ),
        (
            "a compose file elsewhere has another name for a program",
            &[
                ("compose.yaml", "services: {front: {image: r/front, build: gateway}, b: {build: b}}\n"),
                ("infra/compose.prod.yaml", "services: {gate: {image: r/front:2}}\n"),
                ("gateway/main.go", GO),
                ("b/main.go", GO),
            ],
            &["# 2 services:\n", "    front: [gate]\n"],
            &["#   gate"],
        ),
    ]);
}

#[test]
fn the_code_is_what_the_deployment_says() {
    check(&[
        (
            "what it is built from, and not what is called alike",
            &[
                (
                    "compose.yaml",
                    "services: {pay-backend: {build: {context: ./apps/pay-api}}, booking-backend: {build: ./apps/booking-api}}\n",
                ),
                ("apps/pay-api/main.go", GO),
                ("apps/pay-api/Dockerfile", ""),
                ("apps/booking-api/main.go", GO),
                ("apps/booking-api/Dockerfile", ""),
                ("apps/pay-web/package.json", STARTED),
                ("apps/booking-web/package.json", STARTED),
            ],
            &[
                "    - {path: \"apps/booking-api\", name: booking-backend}\n    - {path: \"apps/pay-api\", name: pay-backend}\n",
                "#   booking-web: apps/booking-web\n",
            ],
            &["name: pay-web"],
        ),
        (
            "what a Dockerfile elsewhere takes",
            &[
                (
                    "compose.yaml",
                    "services: {api: {build: {context: ., dockerfile: docker/api.Dockerfile}}, web: {build: {context: ., dockerfile: docker/web.Dockerfile}}}\n",
                ),
                ("docker/api.Dockerfile", "COPY . .\nRUN dotnet publish src/Shop.Host/Shop.Host.csproj\n"),
                ("docker/web.Dockerfile", "COPY apps/front/package.json ./\nCOPY apps/front .\n"),
                ("src/Shop.Host/Shop.Host.csproj", WEB),
                ("src/Shop.Host/A.cs", ""),
                ("apps/front/package.json", STARTED),
                ("apps/front/a.js", ""),
            ],
            &[
                "    - {path: \"apps/front\", name: web}\n    - {path: \"src/Shop.Host\", name: api}\n",
                "# 2 services:\n",
            ],
            &["#   front"],
        ),
        (
            "not what a Dockerfile that is nowhere is built from",
            &[
                ("run/compose.yaml", "services: {users: {image: r/shop-users}, orders: {image: r/shop-orders}}\n"),
                (
                    "run/compose-dev.yaml",
                    "services: {users: {image: r/shop-users, build: {context: ., dockerfile: Dockerfile}}, orders: {image: r/shop-orders, build: {context: ., dockerfile: ./Dockerfile}}}\n",
                ),
                ("apps/shop-users/main.go", GO),
                ("apps/shop-orders/main.go", GO),
            ],
            &["    - {path: \"apps/shop-{name}\"}\n"],
            &["path: \"run\""],
        ),
        (
            "an image from elsewhere that is called like a directory is not made of it",
            &[
                (
                    "compose.yaml",
                    "services: {web: {build: front}, front: {build: front}, traces-front: {image: traces/front}, again: {image: r/users}}\n",
                ),
                ("front/package.json", STARTED),
                ("front/Dockerfile", ""),
                ("apps/users/main.go", GO),
            ],
            &["    - {path: \"apps/users\", name: again}\n"],
            &["name: traces-front"],
        ),
        (
            "what the arguments of a build name",
            &[
                (
                    "compose.yaml",
                    "services:\n  users: {build: {context: ., dockerfile: back/Dockerfile, args: {SERVICE_DIR: back/parts/users-svc}}}\n  orders: {build: {context: ., dockerfile: back/Dockerfile, args: [SERVICE_DIR=back/parts/orders-svc]}}\n  cards: {build: {context: ., dockerfile: back/one.Dockerfile, args: {PART: cards-svc}}}\n",
                ),
                (
                    "back/Dockerfile",
                    "ARG SERVICE_DIR\nCOPY back ./back\nWORKDIR /app/${SERVICE_DIR}\nCMD node server.js\n",
                ),
                ("back/one.Dockerfile", "ARG PART\nCOPY back/parts/${PART} .\nCMD node server.js\n"),
                ("back/package.json", STARTED),
                ("back/parts/users-svc/package.json", STARTED),
                ("back/parts/orders-svc/package.json", STARTED),
                ("back/parts/cards-svc/package.json", STARTED),
            ],
            &[
                "path: \"back/parts/users-svc\", name: users}",
                "path: \"back/parts/orders-svc\", name: orders}",
                "path: \"back/parts/cards-svc\", name: cards}",
            ],
            &["path: \"back\""],
        ),
        (
            "no papers and no library",
            &[
                (
                    "k8s/shop.yaml",
                    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop-api}\nspec: {template: {spec: {containers: [{name: a, image: r/shop-api}]}}}\n",
                ),
                ("skills/shop-api/patterns.py", ""),
                ("docs/shop-api/example.py", ""),
                ("packages/shop-api/package.json", "{}"),
                ("packages/shop-api/index.js", ""),
                ("server/Dockerfile", ""),
                ("server/main.go", GO),
                (".github/workflows/ci.yml", "jobs: {a: {steps: [{run: 'docker build -t r/shop-api server'}]}}\n"),
            ],
            &[
                "# 1 service:\n#   shop-api: hedgerow/shop-api (not there yet)",
                "    - {path: \"server\", name: shop-api}\n",
            ],
            &["skills", "docs/", "packages"],
        ),
    ]);
}

#[test]
fn a_store_is_no_other_name_of_a_program_that_is_called_alike() {
    let auth = runs("auth-service", "auth-service:dev");
    let cart = runs("cart-service", "cart-service:dev");
    let compose = "services: {postgres-auth: {image: 'postgres:16'}, postgres-cart: {image: 'postgres:16'}, postgres-more: {image: 'postgres:16'}, rabbitmq: {image: \
                   'rabbitmq:3-management'}, cart: {image: 'redis:7'}}\n";
    let files: &[(&str, &[u8])] = &[
        ("k8s/auth.yaml", auth.as_bytes()),
        ("k8s/cart.yaml", cart.as_bytes()),
        ("services/auth-service/package.json", STARTED.as_bytes()),
        ("services/auth-service/server.js", b""),
        ("services/cart-service/package.json", STARTED.as_bytes()),
        ("services/cart-service/server.js", b""),
        ("libs/rabbitmq/package.json", b"{\"name\": \"rabbitmq\"}"),
        ("libs/rabbitmq/index.js", b""),
        ("docker-compose.yml", compose.as_bytes()),
    ];
    for (wanted, services) in [("--deploy k8s --deploy docker-compose.yml", 7), ("--deploy docker-compose.yml", 5)] {
        let text = proposed(tree(files).path(), wanted);
        assert!(text.contains(&format!("# {services} services:\n")), "{wanted}: {text}");
        assert!(text.contains("#   postgres-auth: hedgerow/postgres-auth (not there yet)"), "{wanted}: {text}");
        assert!(text.contains("#   rabbitmq: hedgerow/rabbitmq (not there yet)"), "{wanted}: {text}");
        assert!(!text.contains("  aliases:") && !text.contains("libs/rabbitmq"), "{wanted}: {text}");
    }
    // What is made now is there.
    let root = tree(files);
    let ran = Command::new(root.path(), "init --domain bank.example --services --deploy docker-compose.yml").run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let text = std::fs::read_to_string(root.path().join("hedgerow.yaml")).unwrap();
    assert!(text.contains("#   rabbitmq: hedgerow/rabbitmq (new); ") && !text.contains("not there yet"), "{text}");
    // A store of one's own is built, and a program beside it is.
    let built = "services: {rabbitmq: {build: libs/rabbitmq, image: 'rabbitmq:3'}}\n";
    let files: &[(&str, &[u8])] = &[
        ("libs/rabbitmq/Dockerfile", b"FROM node\n"),
        ("libs/rabbitmq/package.json", STARTED.as_bytes()),
        ("libs/rabbitmq/server.js", b""),
        ("docker-compose.yml", built.as_bytes()),
    ];
    let text = proposed(tree(files).path(), "--deploy docker-compose.yml");
    assert!(text.contains("#   rabbitmq: libs/rabbitmq; "), "{text}");
}

#[test]
fn what_is_built_at_the_top_has_no_empty_path() {
    let auth = runs("auth", "shop-auth:latest");
    let compose = "services: {auth: {build: {context: ., dockerfile: Dockerfile.auth}}, gateway: {build: {context: ., dockerfile: Dockerfile.gateway}}}\n";
    let files: &[(&str, &[u8])] = &[
        ("k8s/auth.yaml", auth.as_bytes()),
        ("Dockerfile.auth", b"FROM rust\nCOPY . .\nRUN cargo build -p auth\n"),
        ("Dockerfile.gateway", b"FROM rust\nCOPY . .\nRUN cargo build -p gateway\n"),
        ("Cargo.toml", b"[workspace]\nmembers = [\"services/*\"]\n"),
        ("services/gateway/Cargo.toml", b"[package]\nname = \"gateway\"\n"),
        ("services/gateway/src/main.rs", b"fn main() {}\n"),
        ("services/auth/Cargo.toml", b"[package]\nname = \"auth\"\n"),
        ("services/auth/src/main.rs", b"fn main() {}\n"),
        ("docker-compose.yml", compose.as_bytes()),
    ];
    for wanted in ["", "--deploy k8s", "--deploy docker-compose.yml"] {
        let text = proposed(tree(files).path(), wanted);
        assert!(!text.contains("path: \"\""), "{wanted}: {text}");
    }
}

#[test]
fn services_that_git_leaves_out_are_told() {
    for (ignored, said) in [
        (
            "db\n",
            "`.gitignore` leaves out hedgerow/db, so that a clone would not have the services: end it with a line such as `!/hedgerow/**`",
        ),
        ("/hedgerow/db/\n", "leaves out hedgerow/db, so"),
        (
            "*.yaml\n!compose.yaml\n",
            "leaves out hedgerow/db, ledger, so that a clone would not have the services: end it with a line such as `!/hedgerow/db/**`",
        ),
        ("db\n!/hedgerow/**\n", ""),
        ("other\n", ""),
    ] {
        let root = tree(&[
            (".gitignore", ignored.as_bytes()),
            ("compose.yaml", b"services: {ledger: {build: ledger}, db: {image: postgres}}\n"),
            ("ledger/Dockerfile", b""),
            ("ledger/main.go", GO.as_bytes()),
        ]);
        let text = proposed(root.path(), "--services").replace("\n#     ", " ");
        assert_eq!(text.contains("leaves out"), !said.is_empty(), "{ignored}{text}");
        assert!(text.contains(said), "{ignored}{text}");
    }
}

#[test]
fn a_deployment_that_git_leaves_out_is_read_where_it_is_named() {
    for (ignored, wanted, has, said) in [
        ("compose.v2.yml\n", "--deploy shop/compose.v2.yml", true, ""),
        ("compose.v2.yml\n", "--deploy ./shop/compose.v2.yml", true, ""),
        ("shop/\n", "--deploy shop", true, ""),
        ("shop\n", "--deploy shop/compose.v2.yml", true, ""),
        (
            "compose.v2.yml\n",
            "",
            false,
            "`.gitignore` leaves out `shop/compose.v2.yml`: neither `init` nor the scan reads it;",
        ),
        (
            "compose.v2.yml\nappsettings.*.json\n",
            "",
            false,
            "leaves out `ledger/appsettings.Development.json` and another file: neither `init` nor the scan reads them;",
        ),
        (
            "compose.v2.yml\nappsettings.*.json\n",
            "--deploy shop/compose.v2.yml",
            true,
            "leaves out `ledger/appsettings",
        ),
        ("other\n", "", true, ""),
    ] {
        let root = tree(&[
            (".git/HEAD", b""),
            (".gitignore", ignored.as_bytes()),
            ("shop/compose.v2.yml", b"services: {ledger: {build: ../ledger}, db: {image: postgres}}\n"),
            ("ledger/appsettings.Development.json", b"{}"),
            ("ledger/main.go", GO.as_bytes()),
            ("ledger/Dockerfile", b""),
        ]);
        let text = proposed(root.path(), wanted).replace("\n#     ", " ");
        assert_eq!(text.contains("#   db: "), has, "{ignored} {wanted}: {text}");
        assert_eq!(!said.is_empty(), text.contains("nor the scan reads"), "{ignored} {wanted}: {text}");
        assert!(text.contains(said), "{ignored} {wanted}: {text}");
    }
}

#[test]
fn comments_may_be_written_in_any_encoding() {
    for (compose, is_read) in [
        (&b"# \xb1\xbe\xb5\xd8\nservices: {ledger: {build: ledger}, db: {image: postgres}} # \xfc\n"[..], true),
        (b"services: {ledger: {build: ledger}, db: {image: postgres, labels: [\xb1\xbe]}}\n", false),
    ] {
        let root = tree(&[("compose.yaml", compose), ("ledger/Dockerfile", b""), ("ledger/main.go", GO.as_bytes())]);
        let text = proposed(root.path(), "");
        assert_eq!(text.contains("#   db: "), is_read, "{text}");
    }
}

#[test]
fn what_is_built_here_and_has_no_code_is_told() {
    let root = tree(&[
        ("compose.yaml", b"services: {ledger: {build: ledger}, tool: {build: tools/empty}, db: {image: postgres}}\n"),
        ("ledger/Dockerfile", b""),
        ("ledger/main.go", GO.as_bytes()),
    ]);
    let text = proposed(root.path(), "").replace("\n#     ", " ");
    assert!(
        text.contains("no code was found for them; `scan: {services: [{path: …, name: …}]}` says where it is: tool\n"),
        "{text}"
    );
    let root = tree(&[
        (
            "run/compose.yaml",
            b"services: {ledger: {build: ../ledger}, tool: {build: {context: ., dockerfile: no/Dockerfile}}}\n",
        ),
        ("ledger/Dockerfile", b""),
        ("ledger/main.go", GO.as_bytes()),
    ]);
    let text = proposed(root.path(), "").replace("\n#     ", " ");
    assert!(text.contains("says where it is: tool\n"), "of a Dockerfile that is nowhere: {text}");
}

#[test]
fn wrong_paths_are_told_at_once() {
    let root = tree(&[
        ("compose.yaml", b"services: {a: {image: x}}\n"),
        ("docs/a.yaml", b"a: 1\n"),
        ("skaffold.yaml", b"build: {}\n"),
    ]);
    let ran = Command::new(
        root.path(),
        "init --deploy skaffold.yaml --deploy gone --deploy docs --deploy ../x --deploy k8s/*.yaml --deploy compose.yaml",
    )
    .run();
    assert_eq!(ran.exit, Exit::BadInput, "{}", ran.stderr);
    for line in [
        "`--deploy skaffold.yaml`: a file of skaffold is no deployment; name",
        "`--deploy gone`: no such file or directory\n",
        "`--deploy docs`: nothing there deploys a program: no manifest with pods, chart, compose file or AppHost is read there\n",
        "`--deploy ../x`: it lies outside of this tree\n",
        "`--deploy k8s/*.yaml`: nothing there deploys a program",
    ] {
        assert!(ran.stderr.contains(line), "{line}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("compose.yaml`"), "{}", ran.stderr);
    assert!(!root.path().join("hedgerow.yaml").exists());
}
