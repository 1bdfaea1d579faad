//! Python, Java, JavaScript and TypeScript.

use crate::finds;

#[test]
fn python_calls_are_found() {
    for body in [
        "import requests\nrequests.get('http://s-ledger/x')\n",
        "import requests as r\nr.request('GET', url='http://s-ledger')\n",
        "import requests\nhost = 'ledger'\nrequests.post(f'http://s-{host}/x', json={})\n",
        "import requests\nrequests.get('http://{0}:{1}'.format('s-ledger', 80))\n",
        "import requests\nrequests.get('http://%s/x' % 's-ledger')\n",
        "import requests\nclass Client:\n    def __init__(self, base):\n        self.base = base\n    def get(self, path):\n        return requests.get(self.base + path)\nClient('http://s-ledger').get('/x')\n",
        "import httpx\nwith httpx.Client() as client:\n    client.get('http://s-ledger')\n",
        "import aiohttp\nasync def main():\n    async with aiohttp.ClientSession() as session:\n        await session.get('http://s-ledger')\nmain()\n",
        "from requests import get\nget('http://s-ledger')\n",
        "import requests\nfrom flask import Flask\napp = Flask(__name__)\n@app.route('/')\ndef index():\n    return requests.get('http://s-ledger').text\n",
        "import grpc\nchannel = grpc.insecure_channel('s-ledger:80')\n",
        "import requests\nconfig = {'ledger': 'http://s-ledger', 'other': 'http://s-other'}\nrequests.get(config['ledger'] + '/x')\n",
        "import requests, os\nhost = 's-ledger' if os.environ.get('H') is None else os.environ.get('H')\nrequests.get('http://' + host)\n",
    ] {
        finds(
            &format!("-- service.emoji/app.py\n{body}-- service.ledger/x.txt\n-- service.other/x.txt\n"),
            &["emoji -> ledger proven"],
        );
    }
}

#[test]
fn python_modules_are_reached_function_by_function() {
    let tree = |call: &str| {
        format!(
            "-- service.emoji/app.py\nfrom bank import calls\ncalls.{call}()\n-- service.emoji/bank/__init__.py\n-- service.emoji/bank/calls.py\nimport requests\n\
             def ledger():\n    requests.get('http://s-ledger')\ndef card():\n    requests.get('http://s-card')\n-- service.ledger/x.txt\n-- service.card/x.txt\n"
        )
    };
    finds(&tree("ledger"), &["emoji -> ledger proven"]);
    finds(&tree("card"), &["emoji -> card proven"]);
}

#[test]
fn python_environment_and_comments() {
    let tree = "-- service.emoji/app.py\nimport os, requests\nrequests.get('http://' + os.environ['LEDGER'])\ndef proxy(host):\n    # rpcmap: service.card\n    requests.get(host)\nproxy(input())\n\
                -- k8s/e.yaml\nkind: Deployment\nmetadata: {name: s-emoji}\nspec: {template: {spec: {containers: [{env: [{name: LEDGER, value: s-ledger}]}]}}}\n-- service.ledger/x.txt\n-- service.card/x.txt\n";
    finds(tree, &["emoji -> card declared", "emoji -> ledger joined"]);
}

#[test]
fn java_calls_are_found() {
    for body in [
        "@RestController class A { private RestTemplate rest = new RestTemplate(); @GetMapping(\"/\") String x() { return rest.getForObject(\"http://s-ledger/x\", String.class); } }",
        "@Service class A { RestTemplate rest; private static final String URL = \"http://s-ledger\"; String x() { return rest.exchange(URL + \"/x\", null, null, String.class).getBody(); } }",
        "@Service class A { RestTemplate rest; String x() { return rest.getForObject(String.format(\"http://%s/%s\", host(), \"x\"), String.class); } String host() { return \"s-ledger\"; } }",
        "@Service class A { WebClient client = WebClient.builder().baseUrl(\"http://s-ledger\").build(); void x() { client.get().uri(\"/x\"); } }",
        "@FeignClient(name = \"s-ledger\") interface Ledger { String read(); }\n@Service class A { Ledger ledger; void x() { ledger.read(); } }",
    ] {
        let imports = "package bank;\nimport org.springframework.web.client.RestTemplate;\nimport org.springframework.web.reactive.function.client.WebClient;\nimport org.springframework.stereotype.Service;\n";
        finds(
            &format!("-- service.emoji/src/main/java/bank/A.java\n{imports}{body}\n-- service.ledger/x.txt\n"),
            &["emoji -> ledger proven"],
        );
    }
}

#[test]
fn java_values_and_gateways_are_joined_with_settings() {
    let tree = "-- service.emoji/src/main/java/bank/A.java\npackage bank;\nimport org.springframework.web.client.RestTemplate;\n@Service class A { @Value(\"${ledger.url}\") String url; RestTemplate rest; void x() { rest.getForObject(url + \"/x\", String.class); } }\n\
                -- service.emoji/src/main/resources/application.yml\nledger: {url: 'http://s-ledger'}\nspring: {cloud: {gateway: {routes: [{uri: 'lb://s-card'}]}}}\n-- service.ledger/x.txt\n-- service.card/x.txt\n";
    finds(tree, &["emoji -> card proven", "emoji -> ledger joined"]);
}

#[test]
fn javascript_and_typescript_calls_are_found() {
    for (file, body) in [
        ("a.js", "fetch('http://s-ledger/x');\n"),
        (
            "a.js",
            "const axios = require('axios');\nasync function main() { await axios.get(`http://${host()}/x`); }\nfunction host() { return 's-ledger'; }\nmain();\n",
        ),
        (
            "a.js",
            "const axios = require('axios');\nconst api = axios.create({ baseURL: 'http://s-ledger' });\napi.get('/x');\n",
        ),
        (
            "a.ts",
            "import axios from 'axios';\nexport class Client {\n  constructor(private base: string) {}\n  get(path: string) { return axios.get(this.base + path); }\n}\nnew Client('http://s-ledger').get('/x');\n",
        ),
        (
            "a.ts",
            "import got from 'got';\nconst run = async (): Promise<void> => { await got('http://s-ledger'); };\nrun();\n",
        ),
        (
            "a.js",
            "const grpc = require('@grpc/grpc-js');\nconst shop = grpc.loadPackageDefinition({}).shop;\nconst client = new shop.LedgerClient('s-ledger:80', grpc.credentials.createInsecure());\n",
        ),
        ("a.js", "const http = require('http');\nhttp.request({ hostname: 's-ledger', path: '/x' });\n"),
        ("a.js", "const util = require('util');\nfetch(util.format('http://s-%s', 'ledger'));\n"),
        ("a.js", "const { get } = require('./lib');\nget('http://s-ledger');\n// -- \n"),
    ] {
        let lib = "-- service.emoji/lib.js\nfunction get(url) { return fetch(url); }\nmodule.exports = { get };\n";
        let lib = if body.contains("./lib") { lib } else { "" };
        finds(&format!("-- service.emoji/{file}\n{body}{lib}-- service.ledger/x.txt\n"), &["emoji -> ledger proven"]);
    }
}

#[test]
fn javascript_environment_and_comments() {
    let tree = "-- service.emoji/a.ts\nconst { LEDGER_ADDR } = process.env;\nfetch(`http://${LEDGER_ADDR}/x`);\nfetch(`http://${process.env.CARD_ADDR ?? 's-card'}/x`);\n\
                export function proxy(req: Request) {\n  // rpcmap: service.fraud\n  return fetch(req.url);\n}\nserve(proxy);\n\
                -- k8s/e.yaml\nkind: Deployment\nmetadata: {name: s-emoji}\nspec: {template: {spec: {containers: [{env: [{name: LEDGER_ADDR, value: s-ledger}]}]}}}\n\
                -- service.ledger/x.txt\n-- service.card/x.txt\n-- service.fraud/x.txt\n";
    finds(tree, &["emoji -> card proven", "emoji -> fraud declared", "emoji -> ledger joined"]);
}

#[test]
fn templates_with_type_arguments_do_not_hide_what_is_beside_them() {
    let tree = |text: &str| {
        format!(
            "-- service.emoji/package.json\n{{}}\n-- service.emoji/main.tsx\n{text}\nexport async function load() {{ await fetch('http://s-ledger/x'); }}\nload();\n-- service.ledger/x.txt\n"
        )
    };
    for text in [
        "import styled from 'styled-components';\nexport const Box = styled.div<{ hide?: boolean }>`\n  color: ${({ theme }) => theme.a};\n`;",
        "const Box = styled(Card)<Props & { on: (x: A) => void }>`a`;\nconst Other = styled.p<{\n  wide: boolean\n}>`b ${(p) => p.wide}`;",
        "const q = sql<{ ids: string[] }>`\n  ${cte(1)}\n  SELECT 1\n`;",
    ] {
        finds(&tree(text), &["emoji -> ledger proven"]);
    }
}
