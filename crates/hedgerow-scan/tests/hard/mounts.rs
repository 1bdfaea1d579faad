//! Files that compose mounts and images copy in: each is its service's own, wherever in the tree it lies.

use crate::silent::asks;

/// A compose file beside files of settings; `s-ledger`, `s-cart` and `s-mail` are others.
fn compose(container: &str, files: &str) -> String {
    format!(
        "-- service.shop/x.txt\n-- service.ledger/x.txt\n-- service.cart/x.txt\n-- service.mail/x.txt\n-- hedgerow.yaml\nscan: {{}}\n\
         -- deploy/compose.yaml\nservices:\n  s-shop: {{image: vendor/shop, {container}}}\n{files}"
    )
}

#[track_caller]
pub(crate) fn rows(rows: &[(String, &[&str])]) {
    let wrong: Vec<String> = rows
        .iter()
        .map(|(tree, expected)| (tree, asks(tree), *expected))
        .filter(|(_, found, expected)| found != expected)
        .map(|(tree, found, expected)| format!("{tree}\n    found {found:?}, expected {expected:?}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

const CALLS: &[&str] = &["shop -> ledger addressed"];
const NONE: &[&str] = &[];

#[test]
fn a_mounted_file_is_a_setting_of_its_service() {
    let yaml = "-- deploy/conf/shop.yaml\nexporters:\n  otlp:\n    endpoint: s-ledger:4317\n";
    let json = "-- deploy/conf/kafka.json\n{\"bootstrap.servers\": \"s-ledger:9093\"}\n";
    rows(&[
        (compose("volumes: ['./conf/shop.yaml:/etc/shop.yaml:ro']", yaml), CALLS),
        (compose("volumes: [{type: bind, source: ./conf/shop.yaml, target: /etc/shop.yaml}]", yaml), CALLS),
        (compose("volumes: ['./conf:/etc/shop']", yaml), CALLS),
        (compose("volumes: ['${PWD}/conf/kafka.json:/mnt/kafka.json']", json), CALLS),
        (compose("configs: [one]", &format!("configs: {{one: {{file: conf/kafka.json}}}}\n{json}")), CALLS),
        (compose("configs: [one]", "configs: {one: {content: 'url: http://s-ledger:80'}}\n"), CALLS),
        (
            compose(
                "volumes: ['./kong.yml:/kong.yml']",
                "-- deploy/kong.yml\nservices:\n- name: a\n  url: http://s-ledger\n",
            ),
            CALLS,
        ),
        // What is not mounted is nobody's, a volume is no file, and what a store takes in is data.
        (compose("command: run", yaml), NONE),
        (compose("volumes: ['conf:/etc/shop']", yaml), NONE),
        (compose("volumes: ['./conf:/data/import']", yaml), NONE),
        (
            compose(
                "volumes: ['./shop-realm.json:/x.json']",
                "-- deploy/shop-realm.json\n{\"baseUrl\": \"http://s-ledger\"}\n",
            ),
            NONE,
        ),
        (
            compose(
                "volumes: ['./app:/app']",
                "-- deploy/app/package.json\n{}\n-- deploy/app/x.yaml\nurl: http://s-ledger\n",
            ),
            NONE,
        ),
    ]);
}

#[test]
fn of_a_shared_directory_each_reads_what_it_names() {
    let files = "-- deploy/conf/a.json\n{\"url\": \"s-ledger:80\", \"otelEndpoint\": \"s-mail:4317\"}\n\
                 -- deploy/conf/b.json\n{\"url\": \"s-cart:80\"}\n";
    let mount = "volumes: ['./conf:/mnt']";
    let both: &[&str] = &["shop -> ledger addressed", "shop -> mail addressed"];
    rows(&[
        (compose(&format!("{mount}, command: [--config, /mnt/a.json]"), files), both),
        (compose(&format!("{mount}, command: --config=/mnt/a.json"), files), both),
        (compose(&format!("{mount}, environment: {{SHOP_CONFIG: 'file:/mnt/a.json'}}"), files), both),
        (
            compose(&format!("{mount}, command: run"), files),
            &["shop -> cart addressed", "shop -> ledger addressed", "shop ? mail"],
        ),
        // Where another service has the directory too, who names nothing has nothing.
        (compose(&format!("{mount}}}\n  s-mail: {{image: x, {mount}"), files), NONE),
        (
            compose(&format!("{mount}}}\n  s-mail: {{image: x, {mount}, command: [-c, /mnt/b.json]"), files),
            &["mail -> cart addressed"],
        ),
    ]);
}

/// `s-shop` and `s-mail` have one directory of settings, and only `s-shop` has code.
fn beside(code: &str, settings: &str) -> String {
    let mount = "volumes: ['./conf:/etc/bank']";
    compose(&format!("{mount}}}\n  s-mail: {{image: x, {mount}"), &format!("{settings}{code}"))
}

const INI: &str = "-- deploy/conf/shop.conf\n# of the shop\n[shop]\nledger_url=http://s-ledger:80\n";
const PARSER: &str = "-- service.shop/main.py\nimport configparser, os, sys\nparser = configparser.ConfigParser()\n";

#[test]
fn of_a_shared_directory_each_reads_what_its_code_names() {
    let python = |code: &str| beside(&format!("{PARSER}{code}\n"), INI);
    let get = "parser.get('shop', 'ledger_url')";
    rows(&[
        (python(&format!("parser.read('/etc/bank/shop.conf')\nprint({get})")), CALLS),
        (python(&format!("parser.read([sys.argv[1], '/etc/bank/shop.conf'])\nprint({get})")), CALLS),
        (
            python(&format!("def read(path='/etc/bank/shop.conf'):\n    parser.read(path)\n    print({get})\nread()")),
            CALLS,
        ),
        (
            python(&format!("PLACE = os.environ.get('SHOP', '/etc/bank/shop.conf')\nparser.read(PLACE)\nprint({get})")),
            CALLS,
        ),
        // By parts of a key, and by the field that it is kept in.
        (
            python("parser.read('/etc/bank/shop.conf')\nfor k in sys.argv:\n    print(parser['shop']['ledger_' + k])"),
            CALLS,
        ),
        (
            python(&format!(
                "class O: pass\no = O()\nparser.read('/etc/bank/shop.conf')\no.ledger_url = {get}\ndef f():\n    print(o.ledger_url)\nf()"
            )),
            CALLS,
        ),
        // All of it.
        (python("parser.read('/etc/bank/shop.conf')\nprint(dict(parser['all']))"), CALLS),
        // Other languages, other files.
        (
            beside(
                "-- service.shop/main.js\nconst ini = require('ini'), fs = require('fs');\nconsole.log(ini.parse(fs.readFileSync('/etc/bank/shop.conf')).shop.ledger_url);\n",
                INI,
            ),
            CALLS,
        ),
        (
            beside(
                "-- service.shop/main.go\npackage main\nimport \"os\"\nfunc main() { os.ReadFile(\"/etc/bank/shop.yaml\") }\n",
                "-- deploy/conf/shop.yaml\nledger: {url: 'http://s-ledger'}\n",
            ),
            CALLS,
        ),
        // A place that is put together, another one, a file without one, and a key that nobody asks for.
        (python(&format!("parser.read(os.path.join('/etc/bank', 'shop.conf'))\nprint({get})")), &["shop ? ledger"]),
        (python(&format!("at = '/etc/bank'\nparser.read(f'{{at}}/shop.conf')\nprint({get})")), &["shop ? ledger"]),
        (python(&format!("parser.read('/etc/other/shop.conf')\nprint({get})")), &["shop ? ledger"]),
        (python(&format!("parser.read('shop.conf')\nprint({get})")), &["shop ? ledger"]),
        (
            beside(
                &format!("{PARSER}parser.read('/etc/bank/shop.conf')\nprint(parser.get('shop', 'name'))\n"),
                &format!("{INI}name = x\n"),
            ),
            &["shop ? ledger"],
        ),
        (
            beside(
                &format!(
                    "{PARSER}class O: pass\no = O()\nparser.read('/etc/bank/shop.conf')\no.ledger_url = {get}\nprint(parser.get('shop', 'name'))\n"
                ),
                &format!("{INI}name = x\n"),
            ),
            &["shop ? ledger"],
        ),
    ]);
}

#[test]
fn of_an_image_that_several_run_each_reads_what_its_code_names() {
    let tree = |code: &str, file: &str| {
        compose(
            "build: ./image}\n  s-mail: {build: ./image",
            &format!(
                "-- deploy/image/Dockerfile\nFROM python\nCOPY files/ /\n-- deploy/image/files/etc/bank/{file}\n[shop]\nledger_host = s-ledger\n{code}"
            ),
        )
    };
    let code = |place: &str| format!("{PARSER}parser.read('{place}')\nprint(parser.get('shop', 'ledger_host'))\n");
    rows(&[
        (tree(&code("/etc/bank/shop.conf"), "shop.conf"), CALLS),
        (tree(&code("/etc/bank/shop.ini"), "shop.ini"), CALLS),
        (tree(&code("/etc/bank/shop.cfg"), "shop.cfg"), CALLS),
        (tree(&code("/etc/bank/shop.conf"), "mail.conf"), &["shop ? ledger"]),
        (tree(&code("/files/etc/bank/shop.conf"), "shop.conf"), &["shop ? ledger"]),
    ]);
}

#[test]
fn how_a_package_is_made_is_no_setting() {
    let log = "%changelog\n- s-ledger: call http://s-ledger/x\n";
    let tree = |path: &str| {
        format!(
            "-- service.ledger/x.txt\n-- hedgerow.yaml\nscan: {{}}\n-- service.shop/main.py\nprint(1)\n-- service.shop/{path}\n{log}"
        )
    };
    rows(&[
        (tree("shop.spec"), NONE),
        (tree("shop.spec.in"), NONE),
        (tree("rpm/shop.spec.j2"), NONE),
        (tree("debian/control"), NONE),
        (tree("debian/changelog"), NONE),
        (tree("PKGBUILD"), NONE),
        // What else lies there, or is called so, is read.
        (tree("spec"), CALLS),
        (tree("debian/shop.default"), CALLS),
        (tree("rules"), CALLS),
    ]);
}

#[test]
fn a_file_that_everybody_has_says_nothing_of_each() {
    let of = |names: &[&str]| {
        let all: Vec<String> =
            names.iter().map(|name| format!("  s-{name}: {{image: x, volumes: ['./all.yaml:/all.yaml']}}\n")).collect();
        let homes: String = names.iter().map(|name| format!("-- service.{name}/x.txt\n")).collect();
        asks(&format!(
            "{homes}-- service.ledger/x.txt\n-- hedgerow.yaml\nscan: {{}}\n-- compose.yaml\nservices:\n{}-- all.yaml\nurl: http://s-ledger\n",
            all.concat()
        ))
    };
    assert_eq!(of(&["a", "b", "c"]).len(), 3);
    assert!(of(&["a", "b", "c", "d"]).is_empty());
}

#[test]
fn what_an_image_copies_in_is_its_services() {
    let build = |target: &str| {
        format!(
            "-- service.shop/x.txt\n-- service.ledger/x.txt\n-- service.cart/x.txt\n-- hedgerow.yaml\nscan: {{}}\n-- deploy/compose.yaml\nservices:\n  s-shop: {{image: x, build: {{context: .., dockerfile: deploy/shop.image{target}}}}}\n\
             -- deploy/shop.image\nFROM envoy AS edge\nCOPY conf/envoy.yaml /etc/envoy.yaml\nFROM nginx AS site\nCOPY conf/site.conf /etc/nginx/\n\
             -- conf/envoy.yaml\nstatic_resources:\n  clusters:\n  - load_assignment: {{endpoints: [{{address: {{socket_address: {{address: s-ledger, port_value: 9002}}}}}}]}}\n\
             -- conf/site.conf\nlocation / {{\n  proxy_pass http://s-cart:80;\n}}\n"
        )
    };
    rows(&[
        (build(", target: edge"), &["shop -> ledger proven"]),
        (build(", target: site"), &["shop -> cart proven"]),
        (build(""), &["shop -> cart proven"]),
    ]);
}

#[test]
fn a_file_in_a_services_directory_that_is_about_another_is_its_own() {
    let tree = |path: &str, text: &str| {
        format!(
            "-- service.ledger/x.txt\n-- service.cart/x.txt\n-- hedgerow.yaml\nscan: {{}}\n-- service.shop/{path}\n{text}\n"
        )
    };
    rows(&[
        (tree("datasources/s-ledger.yml", "datasources:\n- url: http://s-ledger:9090"), CALLS),
        (tree("clusters/s-ledger.json", "{\"uri\": \"redis://me@s-ledger:6379\"}"), CALLS),
        // A repository of everybody's settings.
        (tree("shared/s-ledger.yml", "cart: {url: 'http://s-cart'}"), &["ledger -> cart addressed"]),
    ]);
}

#[test]
fn the_only_file_of_variables_fills_a_compose_file_in() {
    let tree = |files: &str| compose("environment: {LEDGER_URL: 'http://${LEDGER}'}", files);
    let asked: &[&str] = &["unknown-client deploy/compose.yaml"];
    rows(&[
        (tree("-- deploy/env.all\nLEDGER=s-ledger:80\n"), CALLS),
        (tree("-- deploy/.env.shop\nLEDGER=s-ledger:80\n"), CALLS),
        (tree("-- deploy/env.a\nLEDGER=s-ledger:80\n-- deploy/env.b\nLEDGER=s-cart:80\n"), asked),
        (tree("-- deploy/more/env.all\nLEDGER=s-ledger:80\n"), asked),
        // A port that nobody knows is one.
        (compose("environment: {LEDGER: 's-ledger:${PORT}'}", ""), CALLS),
        (compose("environment: {LEDGER_IMAGE: 's-ledger:${TAG}'}", ""), NONE),
    ]);
}

#[test]
fn objects_of_a_cluster_are_no_settings_of_who_has_them() {
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\ndata: {endpoint: 's-ledger:4317'}\n";
    let plain = "exporters:\n  otlp:\n    endpoint: s-ledger:4317\n";
    let mounted =
        |text: &str| compose("volumes: ['./conf/x.yaml:/etc/x.yaml']", &format!("-- deploy/conf/x.yaml\n{text}"));
    let copied = |text: &str| {
        compose("build: {context: .., dockerfile: deploy/Dockerfile}", "")
            + &format!("-- deploy/Dockerfile\nFROM x\nCOPY conf/x.yaml /etc/x.yaml\n-- conf/x.yaml\n{text}")
    };
    let named = compose("command: [run, --config, /etc/x.yaml], volumes: ['./conf/x.yaml:/etc/x.yaml']", "");
    rows(&[
        (mounted(plain), CALLS),
        (mounted(object), NONE),
        (copied(plain), CALLS),
        (copied(object), NONE),
        (format!("{named}-- deploy/conf/x.yaml\napiVersion: x/v1\nkind: Config\nendpoint: s-ledger:4317\n"), CALLS),
    ]);
    // What is called like settings: Argo CD's `Application`.
    let own = |text: &str| {
        format!(
            "-- service.ledger/x.txt\n-- service.shop/application.yaml\n{text}-- service.shop/a.py\nfrom vendor import load, Client\nClient(load().ledger.host)\n"
        )
    };
    rows(&[
        (own("ledger: {host: s-ledger}\n"), &["shop -> ledger joined"]),
        (own("apiVersion: x/v1\nkind: Application\nledger: {host: s-ledger}\n"), NONE),
        (own("apiVersion: v1\nkind: Application\nmetadata: {}\nledger: {host: s-ledger}\n"), NONE),
        // Settings may have such keys as well, or stand beside an object.
        (own("kind: shop\napiVersion: v2\nledger: {host: s-ledger}\n"), &["shop -> ledger joined"]),
        (own("ledger: {host: s-ledger}\n---\napiVersion: v1\nkind: Pod\nmetadata: {}\n"), &["shop -> ledger joined"]),
        (own("a: b\n---\napiVersion: v1\nkind: Pod\nmetadata: {}\nledger: {host: s-ledger}\n"), NONE),
    ]);
}
