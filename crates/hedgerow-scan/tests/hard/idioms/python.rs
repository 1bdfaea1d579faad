//! Python.

use super::{Forms, deploy};

const HTTP: &str = "http://s-ledger/x";
const HOST: &str = "s-ledger:80";

#[track_caller]
fn found(idioms: &[(&str, &str, &str)]) {
    let mut forms = Forms::default();
    for (imports, call, address) in idioms {
        let imports = imports.replace("; ", "\n");
        let quoted = format!("'{address}'");
        let callee = "-- service.ledger/x.txt\n";
        let with = |expression: &str| call.replace("ADDR", expression).replace('\n', "\n    ");
        let app = |imports: &str, call: &str| {
            format!("-- service.emoji/app.py\n{imports}\nasync def main():\n    {call}\n\nmain()\n{callee}")
        };
        forms.check(call, "written out", &app(&imports, &with(&quoted)), &["emoji -> ledger proven"]);
        let constant = app(&format!("{imports}\nfrom names import ADDRESS"), &with("ADDRESS"));
        let constant = format!("{constant}-- service.emoji/names.py\nADDRESS = {quoted}\n");
        forms.check(call, "constant", &constant, &["emoji -> ledger proven"]);
        let variable = app(&format!("{imports}\nimport os"), &with("os.environ['LEDGER']"));
        let variable = format!("{variable}{}", deploy(address).replace(callee, ""));
        forms.check(call, "environment", &variable, &["emoji -> ledger joined"]);
        let wrapper = app("import calls", &format!("await calls.call({quoted})"));
        let body = with("address");
        let wrapper = format!("{wrapper}-- service.emoji/calls.py\n{imports}\nasync def call(address):\n    {body}\n");
        forms.check(call, "wrapper", &wrapper, &["emoji -> ledger proven"]);
        let dead = format!("{imports}\nasync def never():\n    {}\n", with(&quoted));
        forms.check(call, "dead", &app(&dead, "pass"), &[]);
    }
    forms.all_right();
}

#[test]
fn requests() {
    let mut idioms = Vec::new();
    let calls: Vec<String> = ["get", "post", "put", "patch", "delete", "head", "options"]
        .iter()
        .map(|verb| format!("requests.{verb}(ADDR, timeout=3)"))
        .collect();
    idioms.extend(calls.iter().map(|call| ("import requests", call.as_str(), HTTP)));
    idioms.extend([
        ("import requests", "requests.request('GET', ADDR)", HTTP),
        ("import requests", "requests.request(method='GET', url=ADDR)", HTTP),
        ("import requests", "requests.get(url=ADDR)", HTTP),
        ("from requests import get", "get(ADDR)", HTTP),
        ("from requests import Session", "Session().get(ADDR)", HTTP),
        ("import requests", "session = requests.Session()\nsession.headers['a'] = 'b'\nsession.post(ADDR)", HTTP),
        ("import requests", "session = requests.Session()\nsession.request('GET', ADDR)", HTTP),
        ("import requests", "with requests.Session() as session:\n    session.get(ADDR)", HTTP),
        ("import requests", "with requests.session() as session:\n    session.put(ADDR)", HTTP),
        (
            "import requests",
            "request = requests.Request('GET', ADDR)\nrequests.Session().send(request.prepare())",
            HTTP,
        ),
        ("import requests", "requests.get(f'http://{ADDR}/accounts')", HOST),
        ("import requests", "requests.get('http://{}/accounts'.format(ADDR))", HOST),
        ("import requests", "requests.get('http://{host}/accounts'.format(host=ADDR))", HOST),
        ("import requests", "requests.get('http://%s/accounts' % ADDR)", HOST),
        ("import requests", "requests.get('http://%s/accounts/%d' % (ADDR, 3))", HOST),
        ("import requests; from urllib.parse import urljoin", "requests.get(urljoin(ADDR, 'accounts'))", HTTP),
        ("import requests; def send(*args, **kwargs):\n    return requests.get(*args, **kwargs)", "send(ADDR)", HTTP),
        (
            "import requests; def send(method, *args, **kwargs):\n    return requests.request(method, *args, **kwargs)",
            "send('GET', ADDR, timeout=3)",
            HTTP,
        ),
        ("import requests; def send(**kwargs):\n    return requests.get(**kwargs)", "send(url=ADDR)", HTTP),
    ]);
    found(&idioms);
}

#[test]
fn httpx_and_aiohttp() {
    found(&[
        ("import httpx", "httpx.get(ADDR)", HTTP),
        ("import httpx", "httpx.post(ADDR, json={})", HTTP),
        ("import httpx", "httpx.request('GET', ADDR)", HTTP),
        ("import httpx", "with httpx.stream('GET', ADDR) as response:\n    pass", HTTP),
        ("import httpx", "httpx.Client().get(ADDR)", HTTP),
        ("import httpx", "with httpx.Client(base_url=ADDR) as client:\n    client.get('/y')", HTTP),
        ("import httpx", "async with httpx.AsyncClient() as client:\n    await client.get(ADDR)", HTTP),
        ("import httpx", "async with httpx.AsyncClient() as client:\n    await client.request('GET', ADDR)", HTTP),
        ("import httpx", "client = httpx.AsyncClient(base_url=ADDR)\nawait client.post('/y')", HTTP),
        (
            "import aiohttp",
            "async with aiohttp.ClientSession() as session:\n    async with session.get(ADDR) as response:\n        pass",
            HTTP,
        ),
        (
            "import aiohttp",
            "async with aiohttp.ClientSession() as session:\n    await session.request('GET', ADDR)",
            HTTP,
        ),
        ("import aiohttp", "async with aiohttp.ClientSession(ADDR) as session:\n    await session.get('/y')", HTTP),
        (
            "import aiohttp",
            "async with aiohttp.ClientSession(base_url=ADDR) as session:\n    await session.get('/y')",
            HTTP,
        ),
        ("import aiohttp", "async with aiohttp.ClientSession() as session:\n    await session.ws_connect(ADDR)", HTTP),
        ("import aiohttp", "async with aiohttp.request('GET', ADDR) as response:\n    pass", HTTP),
    ]);
}

#[test]
fn the_standard_library_and_grpc() {
    found(&[
        ("import urllib.request", "urllib.request.urlopen(ADDR)", HTTP),
        ("from urllib.request import urlopen, Request", "urlopen(Request(ADDR, method='GET'))", HTTP),
        ("import urllib3", "urllib3.PoolManager().request('GET', ADDR)", HTTP),
        ("import http.client", "http.client.HTTPConnection(ADDR).request('GET', '/x')", HOST),
        ("from http.client import HTTPSConnection", "HTTPSConnection(ADDR)", HOST),
        (
            "import grpc; from api import ledger_pb2_grpc",
            "channel = grpc.insecure_channel(ADDR)\nledger_pb2_grpc.LedgerStub(channel).Read(None)",
            HOST,
        ),
        (
            "import grpc; import ledger_pb2_grpc",
            "with grpc.secure_channel(ADDR, None) as channel:\n    ledger_pb2_grpc.LedgerStub(channel).Read(None)",
            HOST,
        ),
        (
            "import grpc; import ledger_pb2_grpc",
            "async with grpc.aio.insecure_channel(ADDR) as channel:\n    await ledger_pb2_grpc.LedgerStub(channel).Read(None)",
            HOST,
        ),
        (
            "import grpc; from ledger_pb2_grpc import LedgerStub",
            "stub = LedgerStub(grpc.insecure_channel(target=ADDR))\nstub.Read(None)",
            HOST,
        ),
        ("import websockets", "async with websockets.connect(ADDR) as socket:\n    pass", "ws://s-ledger/x"),
    ]);
}

#[test]
fn clients_by_the_whole_path_of_their_module() {
    found(&[
        ("import pika.connection", "pika.connection.ConnectionParameters(host=ADDR)", "s-ledger"),
        ("from pika.connection import URLParameters", "URLParameters(ADDR)", "amqp://s-ledger:5672/x"),
        ("import redis.client", "redis.client.Redis(host=ADDR)", "s-ledger"),
        ("from pymongo.mongo_client import MongoClient", "MongoClient(ADDR)", "mongodb://s-ledger"),
        ("from sqlalchemy.engine import create_engine", "create_engine(ADDR)", "postgresql://s-ledger/x"),
        ("from kafka.producer import KafkaProducer", "KafkaProducer(bootstrap_servers=ADDR)", "s-ledger:9092"),
    ]);
}

#[test]
fn clients_are_given_back_and_have_defaults() {
    for code in [
        "import httpx\ndef client():\n    return httpx.Client()\nclient().get('http://s-ledger')\n",
        "import requests\nURL = 'http://s-ledger'\nclass C:\n    def __init__(self, base: str | None = URL):\n        self.base = base\n    def call(self):\n        requests.get(self.base)\nC().call()\n",
        "import ledger_client\nledger_client.Configuration(host='http://s-ledger')\n",
    ] {
        let tree = format!("-- service.ledger/x.txt\n-- service.emoji/app.py\n{code}");
        assert_eq!(crate::summary(&crate::outcome(&tree)), ["emoji -> ledger proven"], "{code}");
    }
}
