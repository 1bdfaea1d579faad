//! `init` proposes programs that no manifest names, takes no part of a program for a service, and tells compose files' names apart.

use crate::common::{Command, tree};
use crate::init::{manifest, proposed};
use crate::strangers::check;

const GO: &str = "package main\n\nfunc main() {}\n";
const MOD: &str = "module x\n";
const STARTED: &str = "{\"scripts\": {\"start\": \"node server.js\"}}";
const SPRING: &str = "@SpringBootApplication\npublic class A { public static void main(String[] a) {} }\n";

#[test]
fn programs_without_a_manifest_are_proposed() {
    let broker = manifest("rabbitmq", "5672");
    check(&[
        (
            "no YAML at all",
            &[
                ("menu/Dockerfile", ""),
                ("menu/pom.xml", ""),
                ("menu/src/main/java/m/MenuApplication.java", SPRING),
                ("order/Dockerfile", ""),
                ("order/pom.xml", ""),
                ("common/pom.xml", ""),
                ("common/src/main/java/c/Money.java", "class Money {}\n"),
            ],
            &[
                "# 2 services:\n#   menu: menu\n#   order: order\n",
                "nothing here deploys these; they are services since their directories hold a program each: menu, order\n",
                "- \"menu\"\n    - \"order\"\n",
            ],
            &["common"],
        ),
        (
            "a manifest for a broker only",
            &[
                ("rabbitmq/rabbitmq-deployment.yaml", &broker),
                ("user-service/DockerFile", ""),
                ("user-service/go.mod", MOD),
                ("user-service/cmd/main.go", GO),
                ("user-service/pkg/rabbitmq/client.go", "package rabbitmq\n"),
                ("pay-service/Dockerfile.prod", ""),
                ("pay-service/main.go", GO),
                ("log-service/.Dockerfile", ""),
                ("log-service/go.mod", MOD),
            ],
            &[
                "#   log-service: log-service\n#   pay-service: pay-service\n#   rabbitmq: rabbitmq; rabbitmq/rabbitmq-deployment.yaml",
                "#   user-service: user-service\n",
                "no manifest of a cluster names these; they are services since their directories hold a program each: log-service, pay-service, user-service\n",
            ],
            &["pkg/rabbitmq"],
        ),
        (
            "a service that compose lacks",
            &[
                ("compose.yaml", "services: {api: {build: ./api}, kafka: {image: kafka}}\n"),
                ("api/Dockerfile", ""),
                ("api/go.mod", MOD),
                ("logger/Dockerfile", ""),
                ("logger/go.mod", MOD),
            ],
            &["# 3 services:\n", "#   logger: logger\n", "no compose file names these; they are services since"],
            &["directories hold a program each: api"],
        ),
        (
            "programs without Dockerfiles, beside each other",
            &[
                ("a/package.json", STARTED),
                ("b/requirements.txt", ""),
                ("b/app/main.py", ""),
                ("c/go.mod", MOD),
                ("c/cmd/server/run.go", GO),
                ("d/Cargo.toml", "[package]\n"),
                ("d/src/main.rs", ""),
                ("src/Basket/Basket.csproj", "<Project Sdk=\"Microsoft.NET.Sdk.Web\"/>"),
                ("src/Common/Common.csproj", "<Project Sdk=\"Microsoft.NET.Sdk\"/>"),
                ("src/Menu/Menu.csproj", "<Project Sdk=\"Microsoft.NET.Sdk.Web\"/>"),
                ("lib/package.json", "{\"scripts\": {\"build\": \"tsc\"}}"),
                ("phone/package.json", "{\"scripts\": {\"start\": \"expo start\"}}"),
                ("e/go.mod", MOD),
                ("e/e.go", "package e\n"),
            ],
            &[
                "# 6 services:\n",
                "#   a: a\n#   b: b\n",
                "#   c: c\n#   d: d\n",
                "each: a, b, basket (src/Basket), c, d, menu (src/Menu)\n",
                "    - {path: \"src/Basket\", name: basket}\n",
            ],
            &["common", "phone", "lib", "#   e:"],
        ),
        (
            "one alone may be anything",
            &[("a/package.json", STARTED), ("b/README.md", "")],
            &["# 0 services.\n"],
            &["#   a:"],
        ),
        (
            "tests, examples and tools",
            &[
                ("a/Dockerfile", ""),
                ("a/go.mod", MOD),
                ("tests/e2e/Dockerfile", ""),
                ("tests/e2e/package.json", STARTED),
                ("Orders.UnitTests/Dockerfile", ""),
                ("Orders.UnitTests/Orders.UnitTests.csproj", ""),
                ("cli/Dockerfile", ""),
                ("cli/main.go", GO),
                ("queue-library/Dockerfile", ""),
                ("queue-library/setup.py", ""),
                ("tools/gen/Dockerfile", ""),
                ("tools/gen/go.mod", MOD),
                ("stack/Dockerfile", ""),
                ("stack/pom.xml", ""),
                ("stack/cdk.json", "{}"),
            ],
            &[
                "# 1 service:\n#   a: a\n",
                "programs in directories of tests, examples, tools and libraries, and not proposed: Orders.UnitTests, cli, queue-library, tests/e2e, tools/gen\n",
            ],
            &["stack", "#   gen"],
        ),
        (
            "parts of a program, and roots of several",
            &[
                ("a/Dockerfile", ""),
                ("a/go.mod", MOD),
                ("a/web/Dockerfile", ""),
                ("a/web/package.json", STARTED),
                ("all/Dockerfile", ""),
                ("all/package.json", "{}"),
                ("all/x/Dockerfile", ""),
                ("all/x/package.json", "{}"),
                ("all/y/Dockerfile", ""),
                ("all/y/package.json", "{}"),
            ],
            &["# 3 services:\n#   a: a\n#   x: all/x\n#   y: all/y\n"],
            &["#   web", "#   all"],
        ),
        (
            "plain names are told apart by what they lie in",
            &[
                ("orders/server/Dockerfile", ""),
                ("orders/server/go.mod", MOD),
                ("users/server/Dockerfile", ""),
                ("users/server/go.mod", MOD),
                ("pay/src/Dockerfile", ""),
                ("pay/src/package.json", "{}"),
            ],
            &[
                "# 3 services:\n",
                "each: orders-server (orders/server), pay (pay/src), users-server (users/server)\n",
                "    - {path: \"pay/src\", name: pay}\n",
            ],
            &[],
        ),
    ]);
}

#[test]
fn what_a_manifest_names_otherwise_is_proposed_once() {
    let of = |names: &[&str]| {
        let all: Vec<String> = names.iter().map(|name| manifest(name, "80")).collect();
        all.join("---\n")
    };
    let users = of(&["users"]);
    let image = users.replace("image: x", "image: r.example/people-api:1");
    let (mixed, alone) = (of(&["orders", "users"]), of(&["orders", "users", "edge"]));
    check(&[
        (
            "by a word that many have",
            &[("k8s/all.yaml", &users), ("users-service/Dockerfile", ""), ("users-service/go.mod", MOD)],
            &["# 1 service:\n#   users: ", "    - {path: \"users-service\", name: users}\n"],
            &["hold a program each"],
        ),
        (
            "in other letters",
            &[
                ("k8s/all.yaml", &users),
                ("UserService/go.mod", MOD),
                ("UsersApi/Dockerfile", ""),
                ("UsersApi/go.mod", MOD),
            ],
            &["# 1 service:\n#   users: ", "    - {path: \"UsersApi\", name: users}\n"],
            &["hold a program each"],
        ),
        (
            "by its image",
            &[("k8s/all.yaml", &image), ("people-api/Dockerfile", ""), ("people-api/go.mod", MOD)],
            &["# 1 service:\n#   users: ", "name: users}\n"],
            &["hold a program each"],
        ),
        (
            "compose beside a cluster",
            &[
                ("k8s/all.yaml", &mixed),
                (
                    "compose.yaml",
                    "services: {orders: {build: orders}, users: {build: users}, hook: {build: ./services/alert-hook}, cadvisor: {image: c}}\n",
                ),
                ("orders/Dockerfile", ""),
                ("orders/main.py", ""),
                ("users/Dockerfile", ""),
                ("users/main.py", ""),
                ("services/alert-hook/Dockerfile", ""),
                ("services/alert-hook/main.py", ""),
            ],
            &[
                "# 3 services:\n",
                "no manifest of a cluster names these; they are services since their directories hold a program each: hook (services/alert-hook)\n",
                "only in compose files, which no cluster runs, and not proposed: cadvisor\n",
            ],
            &["not proposed: cadvisor, hook", "in no compose file"],
        ),
        (
            "a cluster's own",
            &[("k8s/all.yaml", &alone), ("compose.yaml", "services: {orders: {image: o}, users: {image: u}}\n")],
            &["only in manifests of a cluster, and in no compose file: edge\n"],
            &[],
        ),
        (
            "a compose file of stores for developers",
            &[("k8s/all.yaml", &alone), ("compose.yaml", "services: {users: {image: u}, db: {image: postgres}}\n")],
            &["not proposed: db\n"],
            &["in no compose file"],
        ),
        (
            "a program that a service is built from",
            &[
                (
                    "compose.yaml",
                    "services: {api: {build: ./gateway}, users: {build: {context: ., dockerfile: people/Dockerfile}}}\n",
                ),
                ("gateway/Dockerfile", ""),
                ("gateway/go.mod", MOD),
                ("people/Dockerfile", ""),
                ("people/go.mod", MOD),
            ],
            &["# 2 services:\n#   api: ", "#   users: "],
            &["hold a program each", "#   people", "#   gateway"],
        ),
    ]);
}

#[test]
fn a_part_of_a_program_is_no_service() {
    let compose = "services: {rabbitmq: {image: \"rabbitmq:3\"}, users: {build: ./users}, api: {build: ./gateway}}\n";
    let kafka = manifest("kafka", "1");
    check(&[
        (
            "a package of Go",
            &[
                ("docker-compose.yml", compose),
                ("gateway/Dockerfile", ""),
                ("gateway/go.mod", MOD),
                ("gateway/cmd/main.go", GO),
                ("gateway/pkg/rabbitmq/c.go", "package rabbitmq\n"),
                ("users/go.mod", MOD),
            ],
            &["#   rabbitmq: hedgerow/rabbitmq (not there yet)", "#   users: users;"],
            &["pkg/rabbitmq", "pkg/{name}"],
        ),
        (
            "classes of TypeScript",
            &[
                ("docker-compose.yml", "services: {mongodb: {image: mongo}, api: {build: ./api}}\n"),
                ("api/package.json", "{}"),
                ("api/src/infrastructure/persistence/mongodb/A.ts", ""),
            ],
            &["#   mongodb: hedgerow/mongodb (not there yet)", "#   api: api;"],
            &["persistence"],
        ),
        (
            "a library that all share",
            &[("k8s/all.yaml", &kafka), ("libs/common/go.mod", MOD), ("libs/common/kafka/k.go", "package kafka\n")],
            &["#   kafka: hedgerow/kafka (not there yet)"],
            &["libs/common/kafka", "common/{name}"],
        ),
        (
            "the root of an app of Angular",
            &[
                ("docker-compose.yml", "services: {app: {image: x}, page: {build: ./frontend}}\n"),
                ("frontend/Dockerfile", ""),
                ("frontend/package.json", STARTED),
                ("frontend/src/app/app.ts", ""),
            ],
            &["#   app: hedgerow/app (not there yet)"],
            &["frontend/src/app", "src/{name}"],
        ),
        (
            "a program of its own in another's directory",
            &[
                ("docker-compose.yml", "services: {worker: {image: x}, page: {build: ./shop}}\n"),
                ("shop/package.json", "{}"),
                ("shop/cmd/worker/go.mod", MOD),
                ("shop/cmd/worker/w.go", GO),
            ],
            &["#   worker: shop/cmd/worker;"],
            &[],
        ),
        (
            "several in one project",
            &[
                ("docker-compose.yml", "services: {cart: {image: x}, tax: {image: y}}\n"),
                ("src/package.json", STARTED),
                ("src/services/cart/a.js", ""),
                ("src/services/tax/a.js", ""),
            ],
            &["#   cart: src/services/cart;", "#   tax: src/services/tax;"],
            &[],
        ),
        (
            "a store that is built here",
            &[
                ("docker-compose.yml", "services: {postgres: {build: ./postgres}}\n"),
                ("postgres/Dockerfile", ""),
                ("postgres/i.py", ""),
            ],
            &["#   postgres: postgres;"],
            &[],
        ),
    ]);
}

#[test]
fn names_of_compose_files_are_told_apart() {
    let app = "services: {app: {build: .}, mysql: {image: mysql}}\n";
    check(&[
        (
            "app of each directory",
            &[
                (
                    "docker-compose.yml",
                    "services: {posts: {build: ./posts}, users-api: {build: ./users}, tags: {build: ./tags}, mysql: {image: mysql}}\n",
                ),
                ("posts/docker-compose.yml", app),
                ("users/docker-compose.yml", app),
                ("mail/docker-compose.yml", app),
                ("posts/go.mod", MOD),
                ("users/go.mod", MOD),
                ("mail/go.mod", MOD),
                ("tags/go.mod", MOD),
            ],
            &[
                "# 5 services:\n#   mail: mail;",
                "#   users-api: ",
                "since compose files of several directories have one name for them: mail (app), posts (app)\n",
                "of several names in compose files, and taken for one service each: users-api (app)\n",
                "of one name in several compose files, and taken for one service each: mysql (., mail, posts, users)\n",
            ],
            &["#   app", "#   users:", "    app:"],
        ),
        (
            "one service with two names",
            &[
                (
                    "gateway/docker-compose.yml",
                    "services: {gateway: {build: .}, users: {image: api-users, container_name: api-users}}\n",
                ),
                ("users/docker-compose.yml", "services: {api-users: {build: ., container_name: api-users}}\n"),
                ("gateway/go.mod", MOD),
                ("users/go.mod", MOD),
            ],
            &[
                "# 2 services:\n#   api-users: ",
                "of several names in compose files, and taken for one service each: api-users (users)\n",
                "  aliases:                        # other names that deployments have for services\n    api-users: [users]\n",
            ],
            &["#   users"],
        ),
        (
            "one directory, two names",
            &[
                ("docker-compose.yml", "services: {people: {build: ./users}, tax: {build: ./tax}}\n"),
                ("users/docker-compose.yml", "services: {users: {build: .}}\n"),
                ("users/go.mod", MOD),
                ("tax/go.mod", MOD),
            ],
            &["# 2 services:\n#   people: ", "    people: [users]\n"],
            &["#   users"],
        ),
        (
            "two programs of one directory",
            &[
                ("docker-compose.yml", "services: {web: {build: ./shop}, jobs: {build: ./shop}}\n"),
                ("dev/docker-compose.yml", "services: {web: {build: ../shop}, jobs: {build: ../shop}}\n"),
                ("shop/go.mod", MOD),
            ],
            &["# 2 services:\n#   jobs: ", "#   web: "],
            &["aliases", "of several names", "of one name"],
        ),
        (
            "stores of several systems in one directory",
            &[
                ("deploy/compose.jar.yml", "services: {postgres: {image: postgres, container_name: jar-db}}\n"),
                ("deploy/compose.user.yml", "services: {postgres: {image: postgres, container_name: user-db}}\n"),
            ],
            &["taken for one service each: postgres (deploy/compose.jar.yml, deploy/compose.user.yml)\n"],
            &[],
        ),
        (
            "the same with an override",
            &[
                ("docker-compose.yml", "services: {web: {build: ./web}, db: {image: postgres}}\n"),
                ("docker-compose.prod.yml", "services: {web: {image: shop-web}, db: {image: postgres}}\n"),
                ("web/go.mod", MOD),
            ],
            &["# 2 services:\n"],
            &["of one name", "of several names"],
        ),
    ]);
}

/// The scan reads what was proposed, and nothing is left over.
#[test]
fn the_scan_reads_what_was_proposed() {
    let call = b"package main\n\nimport \"net/http\"\n\nfunc main() { http.Get(\"http://users:80/x\") }\n";
    let root = tree(&[
        ("gateway/DockerFile", b""),
        ("gateway/go.mod", b"module g\n"),
        ("gateway/cmd/main.go", call),
        ("users/Dockerfile", b""),
        ("users/go.mod", b"module u\n"),
        ("users/main.go", GO.as_bytes()),
    ]);
    let _text = proposed(root.path(), "");
    let ran = Command::new(root.path(), "scan").run();
    let said = format!("{}{}", ran.out(), ran.stderr);
    assert!(said.contains("gateway\n  -> users  ") && !said.contains("code of no service"), "{said}");
}
