//! What runs in people's browsers calls from there; what runs beside it, and what may run on both sides, is the service's.

use crate::outcome;
use crate::silent::{rows, tree};
use hedgerow_core::diag::Code;
use hedgerow_scan::Reason;

/// A package that builds an app.
const APP: &str = "-- service.shop/package.json\n{\"name\": \"shop\", \"scripts\": {\"dev\": \"vite\", \"build\": \"node scripts/icons.js && vite build\"}}\n";

/// A page of React that calls, with what it is made of.
const REACT: &str = "-- service.shop/src/main.tsx\nimport { createRoot } from 'react-dom/client';\nimport { App } from './App';\ncreateRoot(document.getElementById('root')).render(<App/>);\n\
     -- service.shop/src/App.tsx\nimport { load } from './api/ledger';\nexport function App() { load(); return <p>x</p>; }\n\
     -- service.shop/src/api/ledger.ts\nexport const load = (path?: string) => fetch(`http://s-ledger/${path}`);\nexport const other = (at: string) => fetch(at);\nother(x);\n";

const KEPT: &[&str] = &["shop -> ledger proven"];

#[test]
fn what_a_page_calls_its_browser_calls() {
    let nothing: &[&str] = &[];
    // Of what nothing loads only its place says that it is a page's: an address there is asked about.
    let later: &[&str] = &["shop ? cart"];
    let angular = "-- service.shop/src/main.ts\nimport { platformBrowserDynamic } from '@angular/platform-browser-dynamic';\nimport { AppModule } from './app/app.module';\nplatformBrowserDynamic().bootstrapModule(AppModule);\n\
         -- service.shop/src/app/app.module.ts\nimport { NgModule } from '@angular/core';\nimport { LedgerService } from './ledger.service';\n@NgModule({providers: [LedgerService]})\nexport class AppModule {}\n\
         -- service.shop/src/app/ledger.service.ts\nimport { HttpClient } from '@angular/common/http';\nexport class LedgerService { constructor(private http: HttpClient, private at: string) {}\n  load() { return this.http.get('http://s-ledger/x'); }\n  other() { return this.http.get(this.at); } }\n\
         -- service.shop/src/app/orders/orders.module.ts\nimport { HttpClient } from '@angular/common/http';\nexport class Orders { constructor(private http: HttpClient) {}\n  load(at: string) { return this.http.get(at + window['base'].url); } }\n";
    let vue = "-- service.shop/src/main.js\nimport { createApp } from 'vue';\nimport App from './App.vue';\ncreateApp(App).mount('#app');\n\
         -- service.shop/src/App.vue\n<script>\nfetch('http://s-cart/x');\n</script>\n\
         -- service.shop/src/api/orders.js\nimport axios from 'axios';\nexport function load(id) { return axios.get('http://s-ledger/x/' + id); }\nexport function any(at) { return axios.get(at); }\n";
    let plain = "import requests\nrequests.get('http://s-ledger/x')\n-- service.shop/static/js/table.js\nfunction load(at) { fetch('http://s-cart/x'); fetch(at); }\ndocument.querySelector('#x').addEventListener('click', load);\n";
    rows(&[
        (&format!("{APP}{REACT}"), nothing),
        (&format!("{APP}{angular}"), nothing),
        // What components load is not seen to be loaded.
        (&format!("{APP}{vue}"), &["shop ? ledger"]),
        (&format!("-- service.shop/main.py\n{plain}"), KEPT),
        (
            &format!(
                "-- service.shop/main.go\npackage main\nimport \"net/http\"\nfunc main() {{ http.Get(\"http://s-ledger/x\") }}\n{}",
                plain.split_once("requests.get('http://s-ledger/x')\n").unwrap().1
            ),
            KEPT,
        ),
        (
            "-- service.shop/public/js/a.js\n$(function () { $.ajax('/x'); fetch('http://s-ledger/' + $('#at').val()); fetch(window.at); });\n",
            nothing,
        ),
        (
            "-- service.shop/app/javascript/a.js\nimport '@hotwired/turbo-rails';\nexport default (at) => fetch(at);\nfetch('http://s-ledger/x');\n",
            nothing,
        ),
        (
            "-- service.shop/main.ts\nimport { router } from './router';\nrouter.listen(() => document.title);\nfetch('http://s-ledger/x/' + at());\nfunction at() { return document.cookie; }\n",
            nothing,
        ),
        (
            "-- service.shop/main.ts\ndocument.evaluate('//x', document.body);\nfetch('http://s-ledger/x/' + document.cookie);\n",
            nothing,
        ),
        (
            "-- service.shop/public/a.js\nfunction init(root) { (root || document).querySelector('x'); document.title = ''; }\ninit();\nfetch('http://s-ledger/x');\n",
            nothing,
        ),
        (
            &format!("{APP}{REACT}-- service.shop/src/sync.ts\nsetInterval(() => fetch('http://s-cart/x'), 1000);\n"),
            later,
        ),
        (
            "-- service.shop/web/a.ts\nlocalStorage.setItem('x', String(await fetch(location.at)));\nfetch('http://s-ledger/x');\n",
            nothing,
        ),
        // Types of a server are none, and a part of the app that is loaded later is the app's.
        (
            &format!(
                "{APP}{}-- service.shop/src/pages/Orders.tsx\nexport default function Orders() {{ fetch('http://s-cart/x'); }}\n",
                REACT.replace(
                    "import { App }",
                    "import type { Request } from 'express';\nimport { type Response } from 'express';\nimport { App }"
                )
            ),
            later,
        ),
        // What builds the app is no server of it.
        (
            &format!(
                "{APP}{REACT}-- service.shop/src/pages/Orders.tsx\nexport default function Orders() {{ fetch('http://s-cart/x'); }}\n-- service.shop/scripts/icons.js\nconst fs = require('fs');\nfs.readFileSync('x');\n-- service.shop/tailwind.config.js\nconst path = require('path');\nmodule.exports = {{ content: [path.join('x')] }};\n"
            ),
            later,
        ),
        // Nor does a script of people beside it change whose its parts are, though nothing but the DOM is known of those around.
        (
            &format!(
                "{APP}{REACT}-- service.shop/src/pages/dom.ts\ndocument.title = 'x';\n-- service.shop/src/pages/a/Orders.tsx\nexport default function Orders() {{ fetch('http://s-cart/x'); }}\n-- service.shop/tools/x.js\nconst fs = require('fs');\nfs.readFileSync('x');\n-- service.shop/scripts/icons.js\nrequire('fs');\n"
            ),
            later,
        ),
        // A library beside the app that only the app loads.
        (
            &format!(
                "{APP}{}-- service.shop/packages/ui/package.json\n{{\"name\": \"@shop/ui\", \"main\": \"index.ts\"}}\n-- service.shop/packages/ui/index.ts\nexport const button = 1;\n-- service.shop/packages/ui/unused.ts\nexport function unused(at: string) {{ fetch(at); fetch('http://s-cart/x'); }}\n",
                REACT.replace("import { App }", "import { button } from '@shop/ui';\nimport { App }")
            ),
            later,
        ),
    ]);
}

#[test]
fn what_may_run_in_the_service_is_its_own() {
    let express = "import express from 'express';\n";
    let ssr = "-- service.shop/src/main.tsx\nimport { hydrateRoot } from 'react-dom/client';\nimport { App } from './App';\nhydrateRoot(document.body, <App/>);\n\
         -- service.shop/src/App.tsx\nimport { lazy } from 'react';\nconst Orders = lazy(() => import('./Orders'));\nexport function App() { return <Orders/>; }\n\
         -- service.shop/src/Orders.tsx\nimport { createPortal } from 'react-dom';\nexport default function Orders() { fetch('http://s-ledger/x'); }\n\
         -- service.shop/server.tsx\nimport express from 'express';\nimport { renderToString } from 'react-dom/server';\nimport { App } from './src/App';\nexpress().get('/', () => renderToString(<App/>));\n";
    let unresolved: &[&str] = &["shop -> ledger proven", "unresolved-call service.shop/src/worker.ts"];
    let worker = |start: &str, text: &str| {
        format!(
            "-- service.shop/package.json\n{{\"scripts\": {{\"dev\": \"vite\"{start}}}}}\n{REACT}-- service.shop/src/worker.ts\n{text}"
        )
    };
    let loop_ = "setInterval(() => { fetch('http://s-ledger/x'); fetch(next()); }, 1000);\n";
    let rows_of: &[(String, &[&str])] = &[
        (format!("{APP}{ssr}"), KEPT),
        ("-- service.shop/main.ts\nimport { Crawler } from 'acme-crawler';\nexport const handler = async (page) => { const t = await page.evaluate(() => document.title); return fetch('http://s-ledger/x/' + t); };\n".into(), KEPT),
        ("-- service.shop/main.ts\nimport { launch } from 'acme-browser';\nconst page = await launch();\nawait page.$eval('#x', (e) => e.textContent);\nawait page.waitForFunction(() => window.done);\ndocument.title;\nfetch('http://s-ledger/x');\n".into(), KEPT),
        ("-- service.shop/main.ts\nimport { createServer } from 'acme-http';\nimport './page';\nconst server = createServer();\nserver.listen(8080);\nfetch('http://s-ledger/x');\n-- service.shop/page.ts\nexport const page = () => document.title;\n".into(), KEPT),
        ("-- service.shop/main.ts\nimport { createServer } from 'acme-http';\nimport './page';\ncreateServer().listen(process.env.PORT || 3000);\nfetch('http://s-ledger/x');\n-- service.shop/page.ts\nexport const page = () => document.title;\n".into(), KEPT),
        ("-- service.shop/main.ts\nimport { createServer } from 'acme-http';\nimport './page';\nconst serverPort = Number(1);\ncreateServer().listen(serverPort);\nfetch('http://s-ledger/x');\n-- service.shop/page.ts\nexport const page = () => document.title;\n".into(), KEPT),
        (
            "-- service.shop/shot.ts\nimport puppeteer from 'puppeteer';\nconst page = await (await puppeteer.launch()).newPage();\nawait page.evaluate(() => document.title);\nfetch('http://s-ledger/x');\n".into(),
            KEPT,
        ),
        (
            "-- service.shop/dom.js\nconst { JSDOM } = require('jsdom');\nglobal.window = new JSDOM('').window;\nwindow.document.title = '';\nfetch('http://s-ledger/x');\n".into(),
            KEPT,
        ),
        // A library that asks where it is.
        (
            "-- service.shop/index.ts\nimport { at } from './lib';\nfetch('http://s-ledger/x' + at());\n-- service.shop/lib.ts\nexport const at = () => typeof window !== 'undefined' ? window.location.href : document.title;\n".into(),
            KEPT,
        ),
        (
            "-- service.shop/index.ts\nimport { at } from './lib';\nfetch('http://s-ledger/x' + at());\n-- service.shop/lib.ts\nexport const at = () => { if (globalThis.window) { return window.location.href; } return ''; };\n".into(),
            KEPT,
        ),
        // A library of another package that has something for pages as well.
        (
            "-- service.shop/package.json\n{\"name\": \"shop\"}\n-- service.shop/index.ts\nimport { x } from '@shop/lib';\nfetch('http://s-ledger/' + x);\n-- libs/lib/package.json\n{\"name\": \"@shop/lib\", \"main\": \"index.ts\"}\n-- libs/lib/index.ts\nexport const x = 1;\nexport const title = () => document.title;\nexport { createPortal } from 'react-dom';\n".into(),
            KEPT,
        ),
        // A program beside the app.
        (worker(", \"worker\": \"tsx watch src/worker.ts\"", loop_), unresolved),
        (worker("", &format!("import {{ Worker }} from 'bullmq';\n{loop_}")), unresolved),
        (worker("", &format!("const http = require('http');\n{loop_}")), unresolved),
        (worker("", &loop_.replace("next()", "process.env.NEXT")), &["shop -> ledger proven", "unresolved-call service.shop/src/worker.ts"]),
        (format!("{}-- service.shop/Dockerfile\nFROM node\nCMD [\"node\", \"dist/worker.js\"]\n", worker("", loop_)), unresolved),
        (
            format!("{APP}{REACT}-- service.shop/server.js\n{express}import {{ createProxyMiddleware }} from 'http-proxy-middleware';\nexpress().use('/api', createProxyMiddleware({{target: 'http://s-cart'}}));\n"),
            &["shop -> cart proven"],
        ),
        (
            format!("{APP}{REACT}-- service.shop/vite.config.ts\nimport {{ defineConfig }} from 'vite';\nfetch('http://s-cart/x');\nexport default defineConfig({{}});\n-- service.shop/nginx.conf\nserver {{ location /api {{ proxy_pass http://s-ledger:80; }} }}\n"),
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        // Frameworks whose code runs on both sides.
        (
            "-- service.shop/package.json\n{\"dependencies\": {\"next\": \"14\", \"react-dom\": \"18\"}}\n-- service.shop/pages/index.tsx\nimport { createPortal } from 'react-dom';\nexport async function getServerSideProps() { await fetch('http://s-ledger/x'); }\nexport default function Page() { document.title = ''; }\n".into(),
            KEPT,
        ),
        (
            "-- service.shop/package.json\n{}\n-- service.shop/src/routes/load.ts\nimport { error } from '@sveltejs/kit';\nexport const load = () => fetch('http://s-ledger/x');\n-- service.shop/src/routes/other.ts\nexport const other = () => { fetch('http://s-cart/x'); document.title = ''; };\n".into(),
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        // An Express server with scripts for its pages: what it loads by their names is its own.
        (
            format!("-- service.shop/package.json\n{{\"scripts\": {{\"start\": \"node app.js\"}}}}\n-- service.shop/app.js\n{express}require('fs').readdirSync('./jobs').forEach((name) => require('./jobs/' + name));\n-- service.shop/jobs/sync.js\nmodule.exports = () => {{}};\nfetch('http://s-ledger/x');\n-- service.shop/public/js/a.js\ndocument.title = 'x';\nfetch('http://s-cart/x');\n"),
            KEPT,
        ),
        (
            format!("{APP}{REACT}-- service.shop/server.js\n{express}const jobs = await import('./src/jobs/sync.js');\n-- service.shop/src/jobs/sync.js\nfetch('http://s-ledger/x');\n"),
            KEPT,
        ),
        // A name of the file's own.
        ("-- service.shop/a.js\nconst document = load();\ndocument.title = 'x';\nfetch('http://s-ledger/x');\n".into(), KEPT),
        ("-- service.shop/a.ts\nexport async function run(window: Range) { window.begin(); await fetch('http://s-ledger/x'); }\n".into(), KEPT),
        // What is said to be where the service begins.
        (
            format!("-- hedgerow.yaml\nscan: {{candidate: ask, services: [{{path: service.shop, name: service.shop, main: src/App.tsx}}]}}\n{APP}{}", REACT.replace("other(x);\n", "")),
            &["shop -> ledger proven"],
        ),
        // A comment is a person's word.
        (format!("{APP}{REACT}// rpcmap: service.cart\n"), &["shop -> cart declared"]),
    ];
    let rows_of: Vec<(&str, &[&str])> = rows_of.iter().map(|(tree, expected)| (tree.as_str(), *expected)).collect();
    rows(&rows_of);
}

#[test]
fn the_account_says_what_runs_in_browsers() {
    let account = |files: &str| outcome(&tree(files)).accounts["service.shop"].clone();
    let browsers = |files: &str| {
        let left = account(files).left.into_iter().filter(|left| left.reason == Reason::Browser);
        left.map(|left| (left.files, left.lines, left.first)).collect::<Vec<_>>()
    };
    let vue = "-- service.shop/package.json\n{}\n-- service.shop/src/main.js\nimport { createApp } from 'vue';\ncreateApp();\n-- service.shop/src/a/App.vue\n<p>x</p>\n-- service.shop/src/a/x.js\nexport default 1;\n";
    assert_eq!(browsers(vue), [(3, 4, "service.shop/src/main.js".to_owned())]);
    let found = account(vue);
    assert!(found.entries == 0 && found.begins() && found.left.len() == 1, "{found:?}");
    assert_eq!(browsers(&format!("{APP}{REACT}")), [(3, 8, "service.shop/src/main.tsx".to_owned())]);
    // A program in a language that is not read is no page, whatever pages lie beside it.
    let page = "-- service.shop/public/a.js\ndocument.title = '';\n";
    for other in ["-- service.shop/A.scala\nobject A\n", "-- service.shop/lib/x.go\npackage lib\nfunc X() {}\n"] {
        let found = outcome(&tree(&format!("{page}{other}")));
        assert!(found.findings.iter().any(|finding| finding.code == Code::NoEntry), "{other}");
    }
    assert_eq!(outcome(&tree(page)).findings, []);
    assert_eq!(browsers("-- service.shop/a.js\nfetch('http://s-ledger/x');\n"), []);
}
