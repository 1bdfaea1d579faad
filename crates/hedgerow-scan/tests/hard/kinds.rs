//! Kinds of calls that foreign repositories showed, each in several words and languages.

use crate::{outcome, summary};

/// Scans trees with the callees `service.ledger` and `service.cart`; each must give `shop -> ledger` in a class, and no finding.
#[track_caller]
pub(crate) fn all_call(class: &str, trees: &[&str]) {
    let wanted = [format!("shop -> ledger {class}")];
    let wrong: Vec<String> = trees
        .iter()
        .filter_map(|files| {
            let found = summary(&outcome(&format!("{files}-- service.ledger/x.txt\n-- service.cart/x.txt\n")));
            (found != wanted).then(|| format!("{files}\n    found {found:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A compose file that gives the caller variables.
pub(crate) fn compose(variables: &str) -> String {
    format!("-- docker-compose.yml\nservices: {{service.shop: {{image: x, environment: {{{variables}}}}}}}\n")
}

#[test]
fn clients_of_go() {
    all_call(
        "proven",
        &[
            "-- service.shop/main.go\npackage main\nimport \"github.com/valyala/fasthttp\"\nfunc main() { fasthttp.Get(nil, \"http://s-ledger/x\") }\n",
            "-- service.shop/main.go\npackage main\nimport \"net/rpc\"\nfunc main() { rpc.DialHTTP(\"tcp\", \"s-ledger:80\") }\n",
            "-- service.shop/main.go\npackage main\nimport \"net/rpc/jsonrpc\"\nfunc main() { jsonrpc.Dial(\"tcp\", \"s-ledger:80\") }\n",
            "-- service.shop/main.go\npackage main\nimport httptransport \"github.com/go-openapi/runtime/client\"\nfunc main() { httptransport.New(\"s-ledger\", \"/\", nil) }\n",
            // Type arguments.
            "-- service.shop/main.go\npackage main\nimport \"net/http\"\nfunc call[T any](u string) (t T) { http.Get(u); return }\nfunc main() { call[int](\"http://s-ledger/x\") }\n",
            "-- service.shop/main.go\npackage main\nimport \"net/http\"\nfunc call[T, U any](u string, n int) (t T) { http.Get(u); return }\nfunc main() { call[int, string](\"http://s-ledger/x\", 1) }\n",
            "-- lib/l.go\npackage lib\nimport \"net/http\"\nfunc Call[T any](u string) (t T) { http.Get(u); return }\n-- service.shop/main.go\npackage main\nimport \"bank/lib\"\nfunc main() { lib.Call[int](\"http://s-ledger/x\") }\n",
            // A generated client that is in the tree.
            "-- gen/l.go\npackage gen\nimport \"github.com/micro/micro/v5/service/client\"\ntype s struct { c client.Client; name string }\nfunc NewLedgerService(name string, c client.Client) *s { return &s{c: c, name: name} }\nfunc (c *s) List() { c.c.NewRequest(c.name, \"L.L\", nil) }\n\
             -- service.shop/main.go\npackage main\nimport (\"bank/gen\"; \"github.com/micro/micro/v5/service\")\nfunc main() { gen.NewLedgerService(\"service.ledger\", service.New().Client()).List() }\n",
            // Handlers behind an embedded interface that a library is given.
            "-- gen/g.go\npackage gen\nimport \"example.org/server\"\ntype H interface { Buy(x string) error }\ntype wrap struct { H }\nfunc Register(s server.Server, h H) { s.Handle(&wrap{h}) }\n\
             -- service.shop/main.go\npackage main\nimport (\"bank/gen\"; \"example.org/server\"; \"net/http\")\ntype shop struct{}\nfunc (s *shop) Buy(x string) error { http.Get(\"http://s-ledger\"); return nil }\nfunc main() { gen.Register(server.New(), &shop{}) }\n",
        ],
    );
}

#[test]
fn clients_of_javascript() {
    all_call(
        "proven",
        &[
            "-- service.shop/a.ts\nimport { createChannel, createClient } from 'nice-grpc';\nimport { D } from './gen';\nexport const c = createClient(D, createChannel('s-ledger:80'));\n",
            "-- service.shop/a.ts\nimport { HttpClient } from '@angular/common/http';\nexport class S {\n  constructor(private http: HttpClient) {}\n  go() { return this.http.get('http://s-ledger/x'); }\n}\n",
            "-- service.shop/a.ts\nimport { HttpService } from '@nestjs/axios';\n@Injectable()\nclass S {\n  constructor(private readonly http: HttpService) {}\n  go() { return this.http.get('http://s-ledger/x'); }\n}\n",
            "-- service.shop/a.js\nimport http from 'k6/http';\nexport default function () { http.get(`${__ENV.HOST || 'http://s-ledger'}/x`); }\n",
            // What nobody imports and exports is called by its host.
            "-- service.shop/a.js\nexport const handler = async () => { await fetch('http://s-ledger'); };\n",
            // Functions that are called where they stand, around a whole file.
            "-- service.shop/a.js\n(function () {\n  var request = require('request');\n  request.get('http://s-ledger');\n}());\n",
            "-- service.shop/a.js\n(() => {\n  const axios = require('axios');\n  axios.get('http://s-ledger');\n})();\n",
            "-- service.shop/lib/p.js\n(function () {\n  'use strict';\n  module.exports = { ledger: 'http://s-ledger' };\n}());\n-- service.shop/a.js\nvar request = require('request'), places = require('./lib/p');\nrequest.get(places.ledger);\n",
            // CommonJS.
            "-- service.shop/p.js\nmodule.exports = { ledger: 'http://s-ledger' };\n-- service.shop/a.js\nconst p = require('./p');\nfetch(p.ledger);\n",
            "-- service.shop/p.js\nmodule.exports = { ledger: 'http://s-ledger' };\n-- service.shop/a.js\nconst { ledger } = require('./p');\nfetch(ledger);\n",
            "-- service.shop/p.js\nexports.ledger = 'http://s-ledger';\n-- service.shop/a.js\nconst p = require('./p');\nfetch(p.ledger);\n",
            "-- service.shop/p.js\nmodule.exports.get = function (x) { return fetch('http://s-ledger' + x); };\n-- service.shop/a.js\nrequire('./p');\nconst p = require('./p');\np.get('/x');\n",
        ],
    );
    let given = compose("LEDGER_ADDR: 's-ledger:80'");
    all_call(
        "joined",
        &[&format!(
            "{given}-- service.shop/a.ts\nimport {{ LedgerServiceClient }} from './gen/demo';\nconst {{ LEDGER_ADDR = '' }} = process.env;\nnew LedgerServiceClient(LEDGER_ADDR, 1).list();\n\
             -- service.shop/gen/demo.ts\nexport interface LedgerServiceClient {{ list(): any; }}\nexport const LedgerServiceClient = make('x') as any;\n"
        )],
    );
}

#[test]
fn clients_and_configuration_of_java() {
    let imports = "package bank;\nimport org.springframework.web.client.RestTemplate;\nimport org.springframework.boot.context.properties.ConfigurationProperties;\nimport org.springframework.security.oauth2.client.OAuth2RestTemplate;\nimport org.springframework.beans.factory.annotation.Value;\n";
    let java = |class: &str| format!("-- service.shop/src/main/java/bank/A.java\n{imports}{class}\n");
    all_call(
        "proven",
        &[
            &java(
                "@Service class A { OAuth2RestTemplate client; String x() { return client.getForObject(\"http://s-ledger/x\", String.class); } }",
            ),
            // A setter that nobody calls adds nothing.
            &java(
                "@RestController class A { RestTemplate r = new RestTemplate(); private String host = \"s-ledger\"; void setHost(String host) { this.host = host; } String x() { return r.getForObject(\"http://\" + host + \"/x\", String.class); } }",
            ),
        ],
    );
    let places = "@ConfigurationProperties(prefix = \"shop.endpoints\") class Places { private String ledger; public String getLedger() { return ledger; } public void setLedger(String l) { this.ledger = l; } }\n@RestController class A { final Places places; RestTemplate r = new RestTemplate(); A(Places p) { places = p; } String x() { return r.getForObject(places.getLedger() + \"/x\", String.class); } }";
    let bare = "@Data @ConfigurationProperties(prefix = \"shop.endpoints\") class Places { private String ledger; }\n@RestController class A { Places places; RestTemplate r = new RestTemplate(); String x() { return r.getForObject(places.getLedger() + \"/x\", String.class); } }";
    let value = "@RestController class A { @Value(\"${shop.ledger}\") String ledger; RestTemplate r = new RestTemplate(); String x() { return r.getForObject(ledger + \"/x\", String.class); } }";
    let environment = compose("SHOP_ENDPOINTS_LEDGER: 'http://s-ledger'");
    all_call(
        "joined",
        &[
            &format!("{environment}{}", java(places)),
            &format!("{environment}{}", java(bare)),
            &format!(
                "{}-- service.shop/src/main/resources/application.yml\nshop: {{ledger: '${{LEDGER_URL:http://s-ledger:80}}'}}\n",
                java(value)
            ),
            &format!(
                "{}-- service.shop/src/main/resources/application.yml\nshop: {{ledger: '${{other.place}}'}}\nother: {{place: 'http://s-ledger'}}\n",
                java(value)
            ),
            &format!("{}-- service.config/shared/service.shop.yml\nshop: {{ledger: 'http://s-ledger'}}\n", java(value)),
        ],
    );
}

#[test]
fn settings_and_models_of_python() {
    all_call(
        "proven",
        &[
            "-- service.shop/a.py\nimport requests\nfrom pydantic import BaseModel\nclass P(BaseModel):\n    ledger: str\nclass S:\n    def __init__(self, p):\n        self.p = p\n    def go(self):\n        requests.get(self.p.ledger)\nS(P(ledger='http://s-ledger')).go()\n",
            "-- service.shop/a.py\nimport requests\nfrom flask import Flask\napp = Flask(__name__)\napp.config['LEDGER'] = 'http://s-ledger'\n@app.route('/')\ndef go():\n    requests.get(app.config['LEDGER'])\n",
            // Code that an image copies in.
            "-- shared/tools.py\nimport requests\ndef books():\n    requests.get('http://s-ledger')\n-- service.shop/Dockerfile\nFROM python\nCOPY shared/tools.py /app/\n-- service.shop/main.py\nfrom tools import books\nbooks()\n",
            "-- shared/tools.py\nimport requests\ndef books():\n    requests.get('http://s-ledger')\n-- service.shop/Dockerfile\nFROM python\nWORKDIR /app\nCOPY shared/tools.py lib/\n-- service.shop/main.py\nfrom lib.tools import books\nbooks()\n",
        ],
    );
    all_call(
        "joined",
        &[
            &format!(
                "{}-- service.shop/a.py\nimport requests\nfrom pydantic_settings import BaseSettings\nclass P(BaseSettings):\n    ledger_url: str\np = P()\nrequests.get(p.ledger_url)\n",
                compose("LEDGER_URL: 'http://s-ledger'")
            ),
            "-- service.shop/Dockerfile\nFROM python\nENV LEDGER_URL=http://s-ledger\n-- service.shop/main.py\nimport os, requests\nrequests.get(os.environ['LEDGER_URL'])\n",
            "-- k8s/l.yaml\nkind: Service\nmetadata: {name: books}\nspec: {selector: {app: l}}\n---\nkind: Deployment\nmetadata: {name: s-ledger}\nspec: {template: {metadata: {labels: {app: l}}, spec: {containers: []}}}\n\
             -- service.shop/main.py\nimport os, requests\nrequests.get('http://' + os.environ['BOOKS_SERVICE_HOST'] + ':' + os.environ['BOOKS_SERVICE_PORT'])\n",
        ],
    );
}

#[test]
fn data_stores_are_calls_in_every_language() {
    all_call(
        "proven",
        &[
            "-- service.shop/main.go\npackage main\nimport \"database/sql\"\nfunc main() { sql.Open(\"postgres\", \"postgres://me:x@s-ledger:5432/books\") }\n",
            "-- service.shop/main.go\npackage main\nimport \"github.com/redis/go-redis/v9\"\nfunc main() { redis.NewClient(&redis.Options{Addr: \"s-ledger:6379\"}) }\n",
            "-- service.shop/main.go\npackage main\nimport amqp \"github.com/rabbitmq/amqp091-go\"\nfunc main() { amqp.Dial(\"amqp://s-ledger:5672/\") }\n",
            "-- service.shop/a.py\nimport psycopg2\npsycopg2.connect(host='s-ledger', dbname='x')\n",
            "-- service.shop/a.py\nfrom sqlalchemy import create_engine\ncreate_engine('postgresql+psycopg2://me:x@s-ledger/books')\n",
            "-- service.shop/a.py\nimport redis\nredis.from_url('redis://s-ledger:6379/0')\n",
            "-- service.shop/a.py\nfrom kafka import KafkaProducer\nKafkaProducer(bootstrap_servers='s-ledger:9092')\n",
            "-- service.shop/a.js\nconst redis = require('redis');\nredis.createClient({ host: process.env.H || 's-ledger' });\n",
            "-- service.shop/a.js\nconst { Pool } = require('pg');\nnew Pool({ host: 's-ledger' });\n",
            "-- service.shop/a.js\nconst { MongoClient } = require('mongodb');\nMongoClient.connect('mongodb://s-ledger:27017/x');\n",
            "-- service.shop/a.ts\nimport { Kafka } from 'kafkajs';\nnew Kafka({ brokers: ['s-ledger:9092'] });\n",
            "-- service.shop/src/main/java/A.java\nimport java.sql.DriverManager;\nclass A { public static void main(String[] a) { DriverManager.getConnection(\"jdbc:postgresql://s-ledger/x\"); } }\n",
            "-- service.shop/src/main/java/A.java\nimport io.lettuce.core.RedisClient;\nclass A { public static void main(String[] a) { RedisClient.create(\"redis://s-ledger\"); } }\n",
        ],
    );
    all_call(
        "joined",
        &[
            "-- service.shop/src/main/java/A.java\nclass A { public static void main(String[] a) {} }\n-- service.shop/src/main/resources/application.yml\nspring: {data: {mongodb: {host: s-ledger}}}\n",
            "-- service.shop/src/main/java/A.java\nclass A { public static void main(String[] a) {} }\n-- service.shop/src/main/resources/application.properties\nspring.datasource.url=jdbc:postgresql://s-ledger:5432/x\n",
            "-- service.shop/src/main/java/A.java\nclass A { public static void main(String[] a) {} }\n-- service.shop/src/main/resources/bootstrap.yml\nspring: {cloud: {config: {uri: '${CONFIG:http://s-ledger:8888}'}}}\n",
            "-- service.shop/a.cs\nvar x = 1;\n-- service.shop/appsettings.json\n{\"ConnectionStrings\": {\"Books\": \"Server=s-ledger;Database=x\"}}\n",
            "-- service.shop/a.cs\nvar x = configuration.GetSection(\"Ledger\");\n-- service.shop/appsettings.json\n{\"Ledger\": {\"Host\": \"s-ledger\"}}\n",
        ],
    );
}

#[test]
fn a_class_that_is_taken_out_of_a_library_is_the_librarys() {
    let shop = |lines: &str| format!("-- service.shop/a.ts\n{lines}\n");
    let trees: Vec<String> = [
        "import pg from 'pg';\nconst { Pool } = pg;\nnew Pool({ host: 's-ledger' });",
        "import pg from 'pg';\nconst Pool = pg.Pool;\nnew Pool({ host: 's-ledger' });",
        "import pg from 'pg';\nconst { Pool: Books } = pg;\nexport const books = () => new Books({ host: 's-ledger' });\nbooks();",
        "import * as pg from 'pg';\nexport const { Client, Pool } = pg;\nnew Client({ host: 's-ledger' });",
        "const pg = require('pg');\nconst { Pool } = pg;\nclass Books { constructor() { this.pool = new Pool({ host: 's-ledger' }); } }\nnew Books();",
        "import kafkajs from 'kafkajs';\nconst { Kafka, logLevel } = kafkajs;\nnew Kafka({ brokers: ['s-ledger:9092'] });",
        "import ioredis from 'ioredis';\nconst Redis = ioredis;\nnew Redis('redis://s-ledger:6379');",
    ]
    .map(shop)
    .into();
    all_call("proven", &trees.iter().map(String::as_str).collect::<Vec<_>>());
    // A class of the file itself, and a name that something of another library has.
    for lines in [
        "class Pool { constructor(o) { this.o = o; } }\nnew Pool({ host: 's-ledger' });",
        "import other from 'other';\nconst { Pool } = other;\nnew Pool({ host: 's-ledger' });",
    ] {
        let found = summary(&outcome(&shop(lines)));
        assert!(!found.iter().any(|edge| edge.ends_with("proven")), "{lines} {found:?}");
    }
}

#[test]
fn a_variable_that_code_asks_for_is_a_call_in_every_language() {
    let given = compose("LEDGER_ADDR: 's-ledger:80'");
    let trees: Vec<String> = [
        "-- service.shop/a.rs\nfn main() { let a = env::var(\"LEDGER_ADDR\"); }\n",
        "-- service.shop/a.rb\nx = ENV['LEDGER_ADDR']\n",
        "-- service.shop/a.php\n<?php $x = getenv('LEDGER_ADDR');\n",
        "-- service.shop/a.kt\nval x = System.getenv(\"LEDGER_ADDR\")\nfun main() { use(x) }\n",
        "-- service.shop/a.cs\nvar x = Environment.GetEnvironmentVariable(\"LEDGER_ADDR\");\n",
        "-- service.shop/a.ex\nx = System.get_env(\"LEDGER_ADDR\")\n",
        "-- service.shop/main.go\npackage main\nimport (\"os\"; \"example.com/rpc\")\nfunc main() { rpc.Open(os.Getenv(\"LEDGER_ADDR\")) }\n",
        "-- service.shop/conf/x.yml\nurl: ${LEDGER_ADDR:localhost}\n",
        "-- service.shop/conf/doctrine.yaml\ndbal:\n  url: '%env(resolve:LEDGER_ADDR)%'\n",
        "-- service.shop/config/services.yaml\nparameters:\n  ledger: '%env(LEDGER_ADDR)%'\nservices:\n  App: ~\n",
        "-- service.shop/config/ledger.yml\nproduction:\n  url: <%= ENV['LEDGER_ADDR'] %>\n",
        "-- service.shop/conf/x.yml\nurl: <%= ENV.fetch(\"LEDGER_ADDR\", 'x') %>\n",
    ]
    .iter()
    .map(|files| format!("{given}{files}"))
    .collect();
    all_call("joined", &trees.iter().map(String::as_str).collect::<Vec<_>>());
    for files in [
        "-- service.shop/a.rs\nfn main() {} // LEDGER_ADDR\n",
        "-- service.shop/a.rs\nlet x = \"MY_LEDGER_ADDR\";\n",
        "-- service.shop/conf/x.yml\nurl: '%env(A)% LEDGER_ADDR'\n",
        "-- service.shop/main.go\npackage main\nimport \"os\"\nfunc main() {}\nfunc dead() { os.Getenv(\"LEDGER_ADDR\") }\n",
    ] {
        let found = summary(&outcome(&format!("{given}{files}-- service.ledger/x.txt\n")));
        assert_eq!(found, ["shop -> ledger candidate"], "{files}");
    }
}

#[test]
fn proxies_are_read() {
    all_call(
        "proven",
        &[
            "-- service.shop/site.conf\n<VirtualHost *:80>\n  ProxyPass /x http://s-ledger:80/\n</VirtualHost>\n",
            "-- service.shop/Caddyfile\nx.example.com {\n  reverse_proxy s-ledger:80\n}\n",
            "-- service.shop/haproxy.cfg\nbackend x\n  server one s-ledger:80 check\n",
        ],
    );
    all_call(
        "joined",
        &[
            "-- service.shop/Dockerfile\nFROM nginx\nENV LEDGER_HOST=s-ledger \\\n    A=b\n-- service.shop/default.conf.template\nserver {\n  proxy_pass http://${LEDGER_HOST}:80/;\n}\n",
        ],
    );
}

#[test]
fn one_connection_after_another_in_one_variable() {
    let shop = |body: &str| {
        format!(
            "-- service.ledger/main.go\npackage main\nimport \"bank/pb\"\nfunc main() {{ pb.RegisterBooksServer(nil, nil) }}\n-- service.shop/main.go\npackage main\nimport (\"os\"; \"google.golang.org/grpc\"; \"bank/pb\")\n\
             func dial(addr string) *grpc.ClientConn {{ c, _ := grpc.NewClient(addr); return c }}\nfunc main() {{\n{body}}}\n"
        )
    };
    let separate = shop(
        "a := dial(os.Getenv(\"BOOKS_ADDR\"))\npb.NewBooksClient(a)\nb := dial(os.Getenv(\"OTHER_ADDR\"))\npb.NewOtherClient(b)\n",
    );
    let found = outcome(&separate);
    assert_eq!(summary(&found), ["shop -> ledger joined", "unresolved-call service.shop/main.go"]);
}

#[test]
fn named_arguments_that_are_passed_on_in_a_ring_end() {
    let tree = "-- service.shop/main.py\nfrom caller import Caller\nfrom probe import Probe\nProbe(a=1)\nCaller(load()).go()\n-- service.shop/caller.py\nimport requests\nclass Caller:\n    def __init__(self, settings):\n        self.settings = settings\n    def go(self):\n        requests.get(self.settings.url)\n\
                -- service.shop/probe.py\nfrom outside import Base\nclass Probe(Base):\n    def __init__(self, **kwargs):\n        super().__init__(**kwargs)\n";
    assert_eq!(summary(&outcome(tree)), ["unresolved-call service.shop/caller.py"]);
    // Two that hand them to each other.
    let ring = "-- service.shop/main.py\nimport requests\ndef a(**kw):\n    b(**kw)\n    requests.get(kw['url'])\ndef b(**kw):\n    a(**kw)\na(url='http://s-ledger')\n-- service.ledger/x.txt\n";
    assert!(summary(&outcome(ring)).contains(&"shop -> ledger proven".to_owned()));
}

#[test]
fn named_arguments_that_everybody_passes_to_everybody_end() {
    // Five functions hand theirs to each other: without an end, the ways would be as many as four choices in each of 80 steps.
    let function = |at: usize| {
        let calls: String = (0..5).filter(|other| *other != at).map(|other| format!("    f{other}(**kw)\n")).collect();
        format!("def f{at}(**kw):\n{calls}    requests.get(kw['url'])\n")
    };
    let functions: String = (0..5).map(function).collect();
    let tree = format!(
        "-- service.shop/main.py\nimport requests\n{functions}f0(url='http://s-ledger')\n-- service.ledger/x.txt\n"
    );
    assert!(summary(&outcome(&tree)).contains(&"shop -> ledger proven".to_owned()));
}

#[test]
fn services_that_are_built_from_one_directory_have_its_code() {
    let compose = |command: &str| {
        format!(
            "-- compose.yml\nservices:\n  s-api: {{build: service.api}}\n  s-shop:\n    build: {{context: ./service.api}}\n    {command}\n-- service.shop/x.txt\n"
        )
    };
    let api =
        |file: &str, host: &str| format!("-- service.api/{file}\nimport requests\nrequests.get(\"http://{host}/x\")\n");
    for command in [
        "command: celery -A jobs.worker worker",
        "command: [python, -m, jobs.worker]",
        "entrypoint: python jobs/worker.py",
    ] {
        let tree = format!(
            "{}{}{}-- service.ledger/x.txt\n-- service.cart/x.txt\n",
            compose(command),
            api("jobs/worker.py", "s-ledger"),
            api("web.py", "s-cart")
        );
        let expected = ["api -> cart proven", "api -> ledger proven", "shop -> ledger proven"];
        assert_eq!(summary(&outcome(&tree)), expected, "{tree}");
    }
    // What it runs is not told: all of the code.
    let tree = format!("{}{}-- service.ledger/x.txt\n", compose("command: ./run.sh"), api("web.py", "s-ledger"));
    assert_eq!(summary(&outcome(&tree)), ["api -> ledger proven", "shop -> ledger proven"]);
    // One that has code of its own is built from that, and the root of all is nobody's code.
    let own = format!("{tree}-- service.shop/main.py\nprint(1)\n");
    assert_eq!(summary(&outcome(&own)), ["api -> ledger proven"]);
    let root = tree.replace("{context: ./service.api}", "{context: .}");
    assert_eq!(summary(&outcome(&root)), ["api -> ledger proven"]);
}

#[test]
fn a_directory_that_is_written_out_is_whose_it_says() {
    let of = |lines: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{services: [{lines}]}}\n-- service.shop/x.txt\n-- service.worker/x.txt\n-- service.ledger/x.txt\n{}{}",
            calls_at("app/shop/main.py", "s-ledger"),
            calls_at("app/tool/main.py", "s-ledger")
        )
    };
    let pattern = "{path: 'app/{name}', name: 'service.{name}'}";
    let shop = "{path: app/shop, name: service.worker}";
    let tool = "{path: app/tool, name: service.worker}";
    let own = "shop -> ledger proven";
    let made_up = "tool -> ledger proven";
    let worker = "worker -> ledger proven";
    for (lines, expected) in [
        (pattern.to_owned(), &[own, made_up][..]),
        // The directory of a service of the fleet is its own as well.
        (format!("{pattern}, {shop}"), &[own, made_up, worker]),
        // One that only the pattern makes a service of is what is written out.
        (format!("{pattern}, {tool}"), &[own, worker]),
        (format!("{tool}, {pattern}"), &[own, worker]),
        (format!("{shop}, {pattern}"), &[made_up, worker]),
    ] {
        assert_eq!(summary(&outcome(&of(&lines))), expected, "{lines}");
    }
}

/// A file that calls somebody.
fn calls_at(file: &str, host: &str) -> String {
    format!("-- {file}\nimport requests\nrequests.get(\"http://{host}/x\")\n")
}

#[test]
fn services_that_are_built_from_one_context_have_the_code_beside_their_dockerfiles() {
    const SERVICES: &str =
        "-- service.shop/x.txt\n-- service.api/x.txt\n-- service.ledger/x.txt\n-- service.cart/x.txt\n";
    let compose = |shop: &str, api: &str| {
        format!("{SERVICES}-- compose.yml\nservices:\n  s-shop: {{build: {{{shop}}}}}\n  s-api: {{build: {{{api}}}}}\n")
    };
    let code = calls_at("src/shop/main.py", "s-ledger") + &calls_at("src/api/main.py", "s-cart");
    let each: &[&str] = &["api -> cart proven", "shop -> ledger proven"];
    let image = |name: &str, text: &str| format!("-- src/{name}\nFROM python\n{text}\n");
    for (what, tree, expected) in [
        (
            "the root",
            compose("context: ., dockerfile: src/shop/Dockerfile", "context: ., dockerfile: ./src/api/Dockerfile"),
            each,
        ),
        (
            "a directory of all",
            compose("context: ./src, dockerfile: shop/Dockerfile", "context: src, dockerfile: api/api.Dockerfile"),
            each,
        ),
        (
            "Dockerfiles that say what they run",
            compose("context: src, dockerfile: shop.Dockerfile", "context: src, dockerfile: api.Dockerfile")
                + &image("shop.Dockerfile", "CMD [\"python\", \"shop/main.py\"]")
                + &image("api.Dockerfile", "CMD python -m api.main"),
            each,
        ),
        (
            "stages of one Dockerfile",
            compose("context: src, target: shop", "context: src, target: api")
                + "-- src/Dockerfile\nFROM python AS shop\nCMD python shop/main.py\nFROM python AS api\nCMD python api/main.py\n",
            each,
        ),
        (
            "one service, built for production and for development",
            format!(
                "{SERVICES}-- compose.yml\nservices: {{s-shop: {{build: src/shop}}}}\n-- compose.dev.yml\nservices: {{s-shop: {{build: {{context: src/shop, dockerfile: Dockerfile.dev, target: dev}}}}, nginx: {{build: src/shop/nginx}}}}\n-- src/shop/nginx/Dockerfile\nFROM nginx\n"
            ),
            &["shop -> ledger proven"],
        ),
        (
            "nothing tells them apart",
            compose("context: src, dockerfile: shop.Dockerfile", "context: src, dockerfile: api.Dockerfile"),
            &[],
        ),
        (
            "one is in the other",
            compose("context: src, dockerfile: shop.Dockerfile", "context: src/api"),
            &["api -> cart proven"],
        ),
    ] {
        assert_eq!(summary(&outcome(&(tree + &code))), expected, "{what}");
    }
}

#[test]
fn services_that_run_the_image_of_another_one_have_its_code() {
    const SERVICES: &str =
        "-- service.api/app/__init__.py\n-- service.worker/x.txt\n-- service.ledger/x.txt\n-- service.cart/x.txt\n";
    let code = calls_at("service.api/app/web.py", "s-cart") + &calls_at("service.api/app/jobs.py", "s-ledger");
    let workload = |name: &str, said: &str| {
        format!(
            "-- k8s/{name}.yaml\nkind: Deployment\nmetadata: {{name: s-{name}}}\nspec: {{template: {{spec: {{containers: [{{{said}}}]}}}}}}\n"
        )
    };
    let compose =
        |said: &str| format!("-- compose.yml\nservices:\n  s-api: {{image: 'bank/s-api:1'}}\n  s-worker: {{{said}}}\n");
    let api: &[&str] = &["api -> cart proven", "api -> ledger proven"];
    let all: &[&str] =
        &["api -> cart proven", "api -> ledger proven", "worker -> cart proven", "worker -> ledger proven"];
    let jobs: &[&str] = &["api -> cart proven", "api -> ledger proven", "worker -> ledger proven"];
    let both = |image: &str, said: &str| {
        workload("api", &format!("image: '{image}'")) + &workload("worker", &format!("image: '{image}'{said}"))
    };
    for (deploy, expected) in [
        (both("registry:5000/bank/s-api:v1", ""), all),
        (both("s-api", ", command: [python, -m, app.jobs]"), jobs),
        (both("s-api", ", command: [celery], args: [-A, app.jobs, worker]"), jobs),
        (both("bank/service.api@sha256:00", ", args: [worker]"), all),
        (compose("image: 'bank/s-api:1', command: 'python app/jobs.py'"), jobs),
        (compose("image: '${REGISTRY:-bank}/s-api:${TAG}'"), all),
        // A command in place of the image's program, which says nothing of the code; names of images that are not known.
        (both("s-api", ", command: [sleep, infinity]"), api),
        (both("s-api", ", command: [python, -m, nothere]"), api),
        (compose("image: '${REGISTRY:-bank}/s-api:${TAG}', command: run"), api),
        (compose("image: '${A}/s-api'").replace("bank/s-api:1", "${B}/s-api"), api),
        // Another image, one of nobody's, another vendor's of the name, an image of its own beside it.
        (
            both("registry:5000/bank/s-api:v1", "").replace("name: worker", "name: s-worker").replacen(
                "registry:5000/bank",
                "vendor",
                1,
            ),
            api,
        ),
        (workload("worker", "image: 'registry:5000/bank/s-api:v1'"), api),
        (workload("worker", "image: bank/worker"), api),
        (workload("worker", "image: bank/s-ledger"), api),
        (compose("image: 'redis:7'"), api),
        // A command of its own says where it begins.
        (workload("api", "image: s-api, command: [python, -m, app.jobs]"), &["api -> ledger proven"]),
    ] {
        assert_eq!(summary(&outcome(&(SERVICES.to_owned() + &code + &deploy))), expected, "{deploy}");
    }
    // Who has code of its own has that.
    let own = both("s-api", "") + "-- service.worker/main.py\nprint(1)\n";
    assert_eq!(summary(&outcome(&(SERVICES.to_owned() + &code + &own))), api);
    // Settings beside the code are of both.
    let settings = "-- service.api/app/web.py\nimport os, requests\nrequests.get(os.environ['CART'])\n-- service.api/Dockerfile\nFROM x\nENV CART=http://s-cart\n";
    let tree = SERVICES.to_owned() + settings + &both("s-api", "");
    assert_eq!(summary(&outcome(&tree)), ["api -> cart joined", "worker -> cart joined"]);
    // What the deploy gives to one of them is not the other's, wherever it is written.
    let given = "-- service.api/app/web.py\nimport os, requests\nrequests.get(os.environ['CART'])\n-- service.api/k.yaml\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{image: s-api, env: [{name: CART, value: 'http://s-cart'}]}]}}}\n";
    let tree = SERVICES.to_owned() + given + &workload("worker", "image: s-api");
    let found = summary(&outcome(&tree));
    assert!(
        found.contains(&"api -> cart joined".to_owned()) && !found.contains(&"worker -> cart joined".to_owned()),
        "{found:?}"
    );
}

#[test]
fn what_lies_in_a_directory_of_several_services_is_read_for_each() {
    let of = |files: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{services: [{{path: app, name: service.a}}, {{path: app, name: service.b}}]}}\n{files}-- service.a/x.txt\n-- service.b/x.txt\n-- service.ledger/x.txt\n"
        )
    };
    for (files, class) in [
        ("-- app/run.sh\ncurl http://s-ledger/x\n", "proven"),
        ("-- app/nginx.conf\nserver { location / { proxy_pass http://s-ledger/; } }\n", "proven"),
        (
            "-- app/config.yaml\nledger: {url: 'http://s-ledger'}\n-- app/main.go\npackage main\nimport (\"net/http\"; \"github.com/spf13/viper\")\nfunc main() { http.Get(viper.GetString(\"ledger.url\")) }\n",
            "joined",
        ),
        (
            "-- app/Dockerfile\nFROM x\nENV LEDGER=http://s-ledger\n-- app/main.py\nimport os, requests\nrequests.get(os.environ[\"LEDGER\"])\n",
            "joined",
        ),
        ("-- app/run.sh\n# rpcmap: service.ledger\n", "declared"),
    ] {
        let expected = [format!("a -> ledger {class}"), format!("b -> ledger {class}")];
        assert_eq!(summary(&outcome(&of(files))), expected, "{files}");
    }
}
