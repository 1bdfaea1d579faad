//! Idioms of Python that foreign repositories showed: constants that libraries take from the environment, and addresses that are rebuilt.

use crate::kinds::{all_call, compose};
use crate::{outcome, summary};
use hedgerow_core::diag::Code;

/// Trees with a variable for the ledger's address.
#[track_caller]
fn joined(trees: &[&str]) {
    let given = compose("LEDGER_URL: 'http://s-ledger:80'");
    let trees: Vec<String> = trees.iter().map(|files| format!("{given}{files}")).collect();
    all_call("joined", &trees.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn who_asks_for_a_constant_asks_for_its_variable() {
    let config = "-- bank/config.py\nimport os\nLEDGER_URL = os.environ.get('LEDGER_URL', f'http://localhost:{80}')\n";
    joined(&[
        &format!(
            "{config}-- service.shop/a.py\nfrom bank.config import LEDGER_URL\nfrom vendor import Client\nasync def go():\n    await Client.connect(target=LEDGER_URL)\ngo()\n"
        ),
        &format!(
            "{config}-- service.shop/a.py\nfrom bank import config\nfrom vendor import Client\nClient(config.LEDGER_URL)\n"
        ),
        &format!(
            "{config}-- bank/client.py\nfrom bank.config import LEDGER_URL as url\nfrom vendor import Client\ndef go():\n    Client(url)\n-- service.shop/a.py\nfrom bank.client import go\ngo()\n"
        ),
        // A constant that is made of another one.
        &format!(
            "{config}-- bank/urls.py\nfrom bank.config import LEDGER_URL\nBOOKS = LEDGER_URL + '/books'\n-- service.shop/a.py\nfrom bank.urls import BOOKS\nfrom vendor import Client\nClient(BOOKS)\n"
        ),
        // One of a class.
        "-- bank/config.py\nimport os\nclass Config:\n    LEDGER = os.environ['LEDGER_URL']\n-- service.shop/a.py\nfrom bank.config import Config\nfrom vendor import Client\nClient(Config.LEDGER)\n",
        "-- bank/config.py\nimport os\nclass Base:\n    LEDGER = os.environ['LEDGER_URL']\nclass Config(Base):\n    pass\n-- service.shop/a.py\nfrom bank.config import Config\nfrom vendor import Client\nclass S:\n    def __init__(self):\n        self.config = Config()\n    def go(self):\n        Client(self.config.LEDGER)\nS().go()\n",
        "-- bank/config.py\nimport os\nURLS = {'ledger': os.environ['LEDGER_URL'], 'cart': os.environ['CART_URL']}\n-- service.shop/a.py\nfrom bank.config import URLS\nfrom vendor import Client\nClient(URLS['ledger'])\n",
        "-- lib/config.ts\nexport const config = { ledger: process.env.LEDGER_URL, cart: process.env.CART_URL };\n-- service.shop/a.ts\nimport { config } from '../lib/config';\nimport { open } from 'vendor';\nopen(config.ledger);\n",
        "-- lib/config.js\nexports.LEDGER = process.env.LEDGER_URL || 'http://localhost';\n-- service.shop/a.js\nconst { LEDGER } = require('../lib/config');\nconst vendor = require('vendor');\nvendor.open(LEDGER);\n",
        "-- lib/c.go\npackage lib\nimport \"os\"\nvar Ledger = os.Getenv(\"LEDGER_URL\")\n-- service.shop/main.go\npackage main\nimport (\"bank/lib\"; \"example.com/rpc\")\nfunc main() { rpc.Open(lib.Ledger) }\n",
    ]);
}

#[test]
fn a_constant_that_nobody_asks_for_says_nothing() {
    let given = compose("LEDGER_URL: 'http://s-ledger:80'");
    for files in [
        "-- bank/config.py\nimport os\nLEDGER_URL = os.environ['LEDGER_URL']\nCART_URL = os.environ['CART_URL']\n-- service.shop/a.py\nfrom bank import config\nfrom vendor import Client\nClient(config.CART_URL)\n",
        "-- bank/config.py\nimport os\nURLS = {'ledger': os.environ['LEDGER_URL'], 'cart': os.environ['CART_URL']}\n-- service.shop/a.py\nfrom bank.config import URLS\nfrom vendor import Client\nClient(URLS['cart'])\n",
        "-- bank/config.py\nimport os\nclass A:\n    URL = os.environ['LEDGER_URL']\nclass B:\n    URL = os.environ['CART_URL']\n-- service.shop/a.py\nfrom bank.config import B\nfrom vendor import Client\nClient(B.URL)\n",
        "-- bank/config.py\nimport os\nLEDGER_URL = os.environ['LEDGER_URL']\n-- service.shop/a.py\nimport bank.config\nfrom vendor import Client\ndef dead():\n    Client(bank.config.LEDGER_URL)\n",
        "-- lib/config.ts\nexport const config = { ledger: process.env.LEDGER_URL, cart: process.env.CART_URL };\n-- service.shop/a.ts\nimport { config } from '../lib/config';\nimport { open } from 'vendor';\nopen(config.cart);\n",
    ] {
        let found = summary(&outcome(&format!("{given}{files}-- service.ledger/x.txt\n")));
        assert_eq!(found, ["shop -> ledger candidate"], "{files}");
    }
}

#[test]
fn an_address_is_followed_through_what_rebuilds_it() {
    let code = |call: &str| {
        format!(
            "-- service.shop/a.py\nimport os, requests\nURL = os.environ.get('LEDGER_URL', f'http://localhost:{{80}}')\nrequests.get({call})\n"
        )
    };
    let trees = [
        "f\"{URL.rstrip('/')}/x\"",
        "URL.strip().removesuffix('/') + '/x'",
        "str(URL)",
        "os.getenv('LEDGER_URL').lower()",
    ]
    .map(code);
    joined(&trees.each_ref().map(String::as_str));
}

#[test]
fn settings_are_asked_for_by_their_paths() {
    let shared = "-- hedgerow.yaml\nscan: {settings: [conf/all.yml], candidate: ask}\n-- conf/all.yml\nurl_of_books: http://s-ledger\ndatabase: {host: s-ledger, port: 5432}\ncache: {host: s-cart}\n";
    let trees: Vec<String> = [
        "-- service.shop/a.py\nfrom vendor import load, Client\nconfig = load()\nClient(config.database.host)\n",
        "-- service.shop/a.py\nfrom vendor import load, Client\nClient(load()['database']['host'])\n",
        "-- service.shop/a.py\nfrom vendor import load, Client\nsettings = load()\nClient(settings.url_of_books)\n",
        "-- bank/c.py\nfrom vendor import load, Client\ndef go():\n    Client(load().database.host)\n-- service.shop/a.py\nfrom bank.c import go\ngo()\n",
        "-- service.shop/a.php\n<?php\n$values = yaml_parse_file('all.yml');\n$dsn['host'] = $values['database']['host'];\nconnect($dsn);\n",
        "-- service.shop/a.js\nconst { load, open } = require('vendor');\nconst config = load();\nopen(config.database.host);\n",
        "-- service.shop/a.rb\nconfig = load('all.yml')\nconnect(config['database']['host'])\n",
    ]
    .iter()
    .map(|files| format!("{shared}{files}"))
    .collect();
    all_call("joined", &trees.iter().map(String::as_str).collect::<Vec<_>>());
    // A variable stands for a setting.
    let given = compose("BANK_LEDGER_PUBLIC_URL: 'http://s-ledger', LEDGER_HOST: s-ledger");
    let calls = |call: &str| {
        let files = "-- service.shop/a.py\nfrom vendor import load, Client\nconfig = load()\n";
        summary(&outcome(&format!("{given}{files}{call}\n-- service.ledger/x.txt\n")))
    };
    for (call, expected) in [
        ("Client(base_url=config.ledger.public_url)", "shop -> ledger joined"),
        ("Client(config.ledger.host)", "shop -> ledger joined"),
        // What is public need not be called.
        ("print(config.ledger.public_url)", "shop -> ledger candidate"),
        ("Client(config.cart.host)", "shop -> ledger candidate"),
        ("Client(config.host)", "shop -> ledger candidate"),
    ] {
        assert_eq!(calls(call), [expected], "{call}");
    }
    for files in [
        "-- service.shop/a.py\nfrom vendor import load, Client\nClient(load().queue.host)\n",
        "-- service.shop/a.py\nfrom vendor import load, Client\ndatabase = load()\nClient(database.host)\n",
        "-- service.shop/a.py\nfrom vendor import load, Client\nbook = load()\nprint(book.url_of_books)\n",
        "-- service.shop/a.py\nfrom vendor import load, Client\ndef dead():\n    Client(load().database.host)\n",
    ] {
        let found = summary(&outcome(&format!("{shared}{files}-- service.ledger/x.txt\n-- service.cart/x.txt\n")));
        assert!(found.is_empty(), "{files}: {found:?}");
    }
}

#[test]
fn a_path_of_a_page_is_no_host() {
    let js = |call: &str| {
        format!(
            "-- service.shop/public/a.js\n{call}\n-- service.ledger/x.txt\n-- service.cart/x.txt\n-- hedgerow.yaml\nscan: {{aliases: {{service.ledger: [ledger]}}}}\n"
        )
    };
    for call in [
        "fetch('ledger/items?start=' + day);",
        "fetch('ledger');",
        "const url = 'ledger/' + day;\nfetch(url);",
        "const axios = require('axios');\naxios.get('ledger/items');",
        "const ky = require('ky');\nky.get('ledger/items');",
        "fetch('/ledger');",
    ] {
        let found = summary(&outcome(&js(call)));
        assert!(found.is_empty(), "{call}: {found:?}");
    }
    for call in [
        "fetch('http://ledger/items');",
        "const axios = require('axios');\naxios.create({ baseURL: 'http://ledger' }).get('items');",
    ] {
        assert_eq!(summary(&outcome(&js(call))), ["shop -> ledger proven"], "{call}");
    }
    assert_eq!(summary(&outcome(&js("fetch(next());"))), ["unresolved-call service.shop/public/a.js"]);
    // What only pages have says that the page's browser calls.
    assert_eq!(summary(&outcome(&js("fetch(window.at);"))), [""; 0]);
}

#[test]
fn what_a_constant_of_a_class_is_called_is_no_variable() {
    let asked = |files: &str| {
        let found = outcome(&format!("{files}-- service.ledger/x.txt\n"));
        let asks = found.findings.iter().filter(|finding| finding.code == Code::UnknownClient);
        asks.map(|finding| finding.message.clone()).collect::<Vec<_>>()
    };
    for files in [
        "-- service.shop/a.py\nfrom vendor import Client\nclass Env:\n    LEDGER_HOST = 'ledger-host'\nClient(Env.LEDGER_HOST)\n",
        "-- service.shop/b.py\nclass Env:\n    LEDGER_HOST = 'x'\n-- service.shop/a.py\nfrom vendor import Client\nfrom b import Env\nClient(Env.LEDGER_HOST)\n",
        "-- service.shop/a.php\n<?php\nclass Peer { const BUY_URL = 'x'; }\nf(Peer::BUY_URL);\n",
        "-- service.shop/a.php\n<?php\ncurl_setopt($c, CURLOPT_URL, 'http://example.com');\n",
    ] {
        assert!(asked(files).is_empty(), "{files}: {:?}", asked(files));
    }
    for files in [
        "-- service.shop/a.py\nimport os\nfrom vendor import Client\nclass Env:\n    LEDGER_HOST = 'LEDGER_HOST'\nClient(os.environ[Env.LEDGER_HOST])\n",
        "-- service.shop/a.py\nfrom vendor import Client, env\nClient(env.LEDGER_HOST)\n",
    ] {
        assert_eq!(asked(files).len(), 1, "{files}");
    }
}

#[test]
fn servers_call_the_functions_that_make_applications() {
    let get = "httpx.get('http://s-ledger/books')";
    let rows = [
        format!(
            "-- service.shop/main.py\nimport httpx\nfrom fastapi import FastAPI\ndef serve() -> FastAPI:\n    {get}\n    return FastAPI()\n"
        ),
        format!(
            "-- service.shop/shop/__init__.py\nimport httpx\nfrom flask import Flask\ndef create_app(config=None):\n    {get}\n    return Flask('shop')\n-- service.shop/tool.py\nimport shop\n"
        ),
        format!(
            "-- service.shop/src/shop/main.py\nimport httpx\nfrom shop.core import make\ndef app_factory():\n    return make()\n-- service.shop/src/shop/core.py\nimport httpx\nfrom aiohttp import web\ndef make() -> web.Application:\n    {get}\n    return web.Application()\n"
        ),
    ];
    all_call("proven", &rows.each_ref().map(String::as_str));
    for code in [
        // No application, a method, and a maker of applications in a file that is loaded by others, which do not call it.
        format!("-- service.shop/main.py\nimport httpx\ndef serve() -> str:\n    {get}\n    return 'x'\n"),
        format!("-- service.shop/main.py\nimport httpx\nclass Shop:\n    def create_app(self):\n        {get}\n"),
        format!(
            "-- service.shop/main.py\nimport parts\n-- service.shop/parts.py\nimport httpx\nfrom fastapi import FastAPI\ndef other() -> FastAPI:\n    {get}\n    return FastAPI()\n"
        ),
        format!("-- service.shop/main.py\nprint('x')\n-- lib/parts.py\nimport httpx\ndef create_app():\n    {get}\n"),
    ] {
        let found = summary(&outcome(&format!("{code}-- service.ledger/x.txt\n")));
        assert_eq!(found, [""; 0], "{code}");
    }
}
