//! JavaScript, as modules of both kinds, and TypeScript.

use super::{Forms, deploy};

const HTTP: &str = "http://s-ledger/x";
const HOST: &str = "s-ledger:80";

/// Idioms: bindings with the modules they come from, a call, and the address.
type Idiom<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);

#[track_caller]
fn found(idioms: &[Idiom]) {
    let mut forms = Forms::default();
    for (imports, call, address) in idioms {
        for extension in ["js", "ts"] {
            let import = |(binding, module): &(&str, &str)| match extension {
                "js" => format!("const {} = require('{module}');\n", binding.trim_start_matches("* as ")),
                _ => format!("import {binding} from '{module}';\n"),
            };
            let imports: String = imports.iter().map(import).collect();
            let export = |name: &str| {
                if extension == "js" {
                    format!("module.exports = {{ {name} }};\n")
                } else {
                    format!("export {{ {name} }};\n")
                }
            };
            let quoted = format!("'{address}'");
            let callee = "-- service.ledger/x.txt\n";
            let with = |expression: &str| call.replace("ADDR", expression);
            let app = |imports: &str, call: &str| {
                format!(
                    "-- service.emoji/app.{extension}\n{imports}async function main() {{ {call} }}\nmain();\n{callee}"
                )
            };
            forms.check(call, "written out", &app(&imports, &with(&quoted)), &["emoji -> ledger proven"]);
            let constant = app(&format!("{imports}{}", import(&("{ ADDRESS }", "./names"))), &with("ADDRESS"));
            let constant = format!(
                "{constant}-- service.emoji/names.{extension}\nconst ADDRESS = {quoted};\n{}",
                export("ADDRESS")
            );
            forms.check(call, "constant", &constant, &["emoji -> ledger proven"]);
            let variable = app(&imports, &with("process.env.LEDGER"));
            let variable = format!("{variable}{}", deploy(address).replace(callee, ""));
            forms.check(call, "environment", &variable, &["emoji -> ledger joined"]);
            let wrapper = app(&import(&("{ call }", "./calls")), &format!("await call({quoted});"));
            let body = with("address");
            let wrapper = format!(
                "{wrapper}-- service.emoji/calls.{extension}\n{imports}async function call(address) {{ {body} }}\n{}",
                export("call")
            );
            forms.check(call, "wrapper", &wrapper, &["emoji -> ledger proven"]);
            let dead = format!("{imports}async function never() {{ {} }}\n", with(&quoted));
            forms.check(call, "dead", &app(&dead, ""), &[]);
        }
    }
    forms.all_right();
}

#[test]
fn fetch() {
    found(&[
        (&[], "await fetch(ADDR);", HTTP),
        (&[], "await fetch(ADDR, { method: 'POST' });", HTTP),
        (&[], "await fetch(`http://${ADDR}/accounts`);", HOST),
        (&[], "await fetch('http://' + ADDR + '/accounts');", HOST),
        (&[], "await fetch(new URL('/accounts', ADDR));", HTTP),
        (&[], "await fetch(new Request(ADDR));", HTTP),
        (&[], "const u = new URL(ADDR); u.pathname = '/y'; await fetch(u.toString());", HTTP),
        (&[], "await globalThis.fetch(ADDR);", HTTP),
        (&[("util", "util")], "await fetch(util.format('http://%s/accounts/%d', ADDR, 3));", HOST),
        (&[("{ format }", "node:util")], "await fetch(format('http://%s/accounts', ADDR));", HOST),
        (&[("fetch", "node-fetch")], "await fetch(ADDR);", HTTP),
        (&[("{ request }", "undici")], "await request(ADDR);", HTTP),
        (&[], "new WebSocket(ADDR);", "ws://s-ledger/x"),
        (&[("WebSocket", "ws")], "new WebSocket(ADDR);", "ws://s-ledger/x"),
        (&[], "new EventSource(ADDR);", HTTP),
    ]);
}

#[test]
fn axios_and_got() {
    let axios: &[(&str, &str)] = &[("axios", "axios")];
    let got: &[(&str, &str)] = &[("got", "got")];
    found(&[
        (axios, "await axios.get(ADDR);", HTTP),
        (axios, "await axios.post(ADDR, { a: 1 });", HTTP),
        (axios, "await axios(ADDR);", HTTP),
        (axios, "await axios({ method: 'get', url: ADDR });", HTTP),
        (axios, "await axios.request({ url: ADDR });", HTTP),
        (axios, "const options = { url: ADDR }; await axios(options);", HTTP),
        (axios, "await axios({ url: '/y', baseURL: ADDR });", HTTP),
        (axios, "await axios.get('/y', { baseURL: ADDR });", HTTP),
        (axios, "const api = axios.create({ baseURL: ADDR }); await api.get('/y');", HTTP),
        (axios, "const api = axios.create({ timeout: 3 }); await api.get(ADDR);", HTTP),
        (axios, "const api = axios.create(); await api({ url: ADDR });", HTTP),
        (axios, "const api = axios.create(); await api.request({ url: ADDR });", HTTP),
        (axios, "const api = axios.create(); api.defaults.baseURL = ADDR; await api.get('/y');", HTTP),
        (axios, "axios.defaults.baseURL = ADDR; await axios.get('/y');", HTTP),
        (got, "await got(ADDR);", HTTP),
        (got, "await got.post(ADDR, { json: {} }).json();", HTTP),
        (got, "await got({ url: ADDR });", HTTP),
        (got, "await got('y', { prefixUrl: ADDR });", HTTP),
        (got, "const api = got.extend({ prefixUrl: ADDR }); await api.get('y');", HTTP),
        (got, "const api = got.extend({ timeout: 3 }); await api.get(ADDR);", HTTP),
        (&[("superagent", "superagent")], "await superagent.get(ADDR);", HTTP),
    ]);
}

#[test]
fn node_http_grpc_and_connect() {
    let grpc: &[(&str, &str)] = &[("* as grpc", "@grpc/grpc-js"), ("* as loader", "@grpc/proto-loader")];
    let generated: &[(&str, &str)] =
        &[("{ LedgerClient }", "@bank/ledger_grpc_pb"), ("{ credentials }", "@grpc/grpc-js")];
    let connect: &[(&str, &str)] = &[
        ("{ createConnectTransport, createGrpcTransport }", "@connectrpc/connect-node"),
        ("{ createClient }", "@connectrpc/connect"),
        ("{ Ledger }", "@bank/ledger_connect"),
    ];
    found(&[
        (&[("* as http", "http")], "http.get(ADDR);", HTTP),
        (&[("* as https", "node:https")], "https.request(ADDR, { method: 'POST' }).end();", HTTP),
        (&[("* as http", "http")], "http.request({ hostname: ADDR, port: 80 }).end();", "s-ledger"),
        (&[("* as http", "node:http")], "const options = { host: ADDR, path: '/x' }; http.get(options);", "s-ledger"),
        (&[("{ request }", "http")], "request({ host: ADDR });", "s-ledger"),
        (
            grpc,
            "const shop = grpc.loadPackageDefinition(loader.loadSync('x.proto')).shop; const client = new shop.LedgerService(ADDR, grpc.credentials.createInsecure()); client.read({});",
            HOST,
        ),
        (
            grpc,
            "const { shop } = grpc.loadPackageDefinition(loader.loadSync('x.proto')); new shop.v1.LedgerService(ADDR, grpc.credentials.createInsecure());",
            HOST,
        ),
        (generated, "const client = new LedgerClient(ADDR, credentials.createInsecure()); client.read({});", HOST),
        (
            connect,
            "const client = createClient(Ledger, createConnectTransport({ baseUrl: ADDR, httpVersion: '1.1' })); await client.read({});",
            HTTP,
        ),
        (connect, "const transport = createGrpcTransport({ baseUrl: ADDR }); createClient(Ledger, transport);", HTTP),
        (
            &[("{ createProxyMiddleware }", "http-proxy-middleware")],
            "serve(createProxyMiddleware({ target: ADDR, changeOrigin: true }));",
            HTTP,
        ),
        (&[("httpProxy", "http-proxy")], "httpProxy.createProxyServer({ target: ADDR }).listen(80);", HTTP),
    ]);
}

/// Code of one file, what lies beside, and the edges that are found.
#[track_caller]
fn whole(rows: &[(&str, &str, &[&str])]) {
    for (code, files, expected) in rows {
        let tree = format!("-- service.ledger/x.txt\n-- service.emoji/app.ts\n{code}\n{files}");
        assert_eq!(crate::summary(&crate::outcome(&tree)), *expected, "{code}");
    }
}

#[test]
fn modules_are_loaded_in_the_middle_of_code() {
    let proven: &[&str] = &["emoji -> ledger proven"];
    whole(&[
        ("const Client = require('pg').Client; new Client({ host: 's-ledger' });", "", proven),
        ("require('mongodb').MongoClient.connect('mongodb://s-ledger:27017');", "", proven),
        ("const { MongoClient } = require('mongodb'); new MongoClient('mongodb://s-ledger:27017');", "", proven),
        ("const pool = new (require('pg').Pool)({ connectionString: 'postgres://s-ledger/x' });", "", proven),
        ("function open() { return require('redis').createClient({ url: 'redis://s-ledger' }); }\nopen();", "", proven),
        (
            "require('./calls').call('http://s-ledger');",
            "-- service.emoji/calls.js\nexports.call = at => fetch(at);\n",
            proven,
        ),
        (
            "const call = require('./calls').call; call('http://s-ledger');",
            "-- service.emoji/calls.js\nexports.call = at => fetch(at);\n",
            proven,
        ),
        (
            "import stompit from 'stompit'; new stompit.ConnectFailover([{ port: 1 }, { host: 's-ledger' }]);",
            "",
            proven,
        ),
        ("function never() { require('redis').createClient({ url: 'redis://s-ledger' }); }", "", &[]),
    ]);
}

#[test]
fn settings_are_checked_by_libraries() {
    let joined: &[&str] = &["emoji -> ledger joined"];
    let given = deploy(HTTP).replace("-- service.ledger/x.txt\n", "");
    let file = "-- service.emoji/config.json\n{\"ledger\": {\"url\": \"http://s-ledger\"}}\n";
    let schema = "const schema = z.object({ LEDGER: z.string().url() });";
    whole(&[
        (
            &format!("import {{ z }} from 'zod'; {schema} const env = schema.parse(process.env); fetch(env.LEDGER);"),
            &given,
            joined,
        ),
        (
            &format!(
                "import {{ z }} from 'zod'; {schema}\nconst check = () => {{ const result = schema.safeParse(process.env); if (!result.success) {{ process.exit(1); }} return result.data; }};\nexport const env = check(); fetch(env.LEDGER);"
            ),
            &given,
            joined,
        ),
        (
            "import { cleanEnv, url } from 'envalid'; const env = cleanEnv(process.env, { LEDGER: url() }); fetch(env.LEDGER);",
            &given,
            joined,
        ),
        (
            "import { createEnv } from '@t3-oss/env-core'; const env = createEnv({ server: {}, runtimeEnv: process.env }); fetch(env.LEDGER);",
            &given,
            joined,
        ),
        ("import env from 'env-var'; fetch(env.get('LEDGER').required().asUrlString());", &given, joined),
        (
            "import { ConfigService } from '@nestjs/config'; class A { constructor(private config: ConfigService) { fetch(this.config.get('LEDGER')); } }\nnew A(x);",
            &given,
            joined,
        ),
        ("import config from 'config'; fetch(config.get('ledger.url'));", file, joined),
        (
            "import nconf from 'nconf'; nconf.env().file({ file: 'config.json' }); fetch(nconf.get('ledger:url'));",
            file,
            joined,
        ),
        ("import nconf from 'nconf'; const l = nconf.get('ledger'); fetch(l.url);", file, joined),
        (
            "import convict from 'convict'; const config = convict({ ledger: {} }); fetch(config.get('ledger.url'));",
            file,
            joined,
        ),
    ]);
}
