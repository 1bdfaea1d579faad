//! Where a framework that renders on both sides passes on to the browser: what says `"use client"`, and service workers.

use crate::outcome;
use crate::silent::{rows, tree};
use hedgerow_scan::Reason;

/// A package of a framework that renders on both sides.
const NEXT: &str = "-- service.shop/package.json\n{\"dependencies\": {\"next\": \"15\", \"react\": \"19\"}}\n";

/// A page that is drawn on the server, with a component of the browser's that calls.
fn page(component: &str, more: &str) -> String {
    format!(
        "{NEXT}-- service.shop/app/page.tsx\nimport {{ Books }} from './books';\nexport default async function Page() {{ return <Books/>; }}\n\
         -- service.shop/app/books.tsx\n{component}{more}"
    )
}

#[test]
fn what_says_use_client_calls_from_browsers() {
    let nothing: &[&str] = &[];
    let books = "export function Books() { return <button onClick={async () => { await list(at); }}>x</button>; }\n";
    let list = "-- service.shop/lib/list.ts\nexport const list = (at: string) => fetch(`${at}/x`);\nlist(other());\n";
    let import = "import { list } from '../lib/list';\n";
    let client = |books: &str| page(&format!("'use client';\n{import}{books}"), list);
    rows(&[
        (&client(books), nothing),
        (&client(&books.replace("Books()", "Books({ at })")), nothing),
        // Behind a comment, in a page that nobody loads, in an effect, by double quotes, through a library of the tree's.
        (&client(books).replace("'use client'", "// A list.\n/* of books */\n\"use client\""), nothing),
        (
            &format!(
                "{NEXT}-- service.shop/app/page.tsx\n\"use client\"\nimport {{ useEffect }} from 'react';\nexport default function Page({{ at }}) {{ useEffect(() => {{ fetch(at); }}, []); return <p/>; }}\n"
            ),
            nothing,
        ),
        (
            &format!(
                "{}-- service.shop/packages/ui/package.json\n{{\"name\": \"@shop/ui\", \"main\": \"index.ts\"}}\n-- service.shop/packages/ui/index.ts\nexport const list = (at: string) => fetch(at);\nlist(x());\n",
                page(&format!("'use client';\nimport {{ list }} from '@shop/ui';\n{books}"), "")
            ),
            nothing,
        ),
        // An address of a service there is asked about.
        (&client(books).replace("`${at}/x`", "'http://s-ledger/x'"), &["shop ? ledger"]),
    ]);
}

#[test]
fn what_the_server_runs_stays_its_own() {
    let open: &[&str] = &["unresolved-call service.shop/lib/list.ts", "unresolved-call service.shop/lib/list.ts"];
    let ledger: &[&str] = &["shop -> ledger proven"];
    let books = "import { list } from '../lib/list';\nexport function Books({ at }) { return <p onClick={() => list(at)}/>; }\n";
    let list = "-- service.shop/lib/list.ts\nexport const list = (at: string) => fetch(at);\nlist(x());\n";
    let server = "-- service.shop/app/api/route.ts\nimport { list } from '../../lib/list';\nexport const GET = (request) => list(request.headers.get('at'));\n";
    let client = format!("'use client';\n{books}");
    rows(&[
        // What both sides load is the server's as well.
        (&page(&client, &format!("{list}{server}")), open),
        // No directive, or not before anything else.
        (&page(books, list), open),
        (&page(&format!("import x from 'x';\n'use client';\n{books}"), list), open),
        (&page(&format!("const side = 'use client';\n{books}"), list), open),
        // The framework carries the calls of actions to the server.
        (
            &page(
                "'use client';\nimport { save } from './actions';\nexport function Books() { return <p onClick={() => save('x')}/>; }\n",
                "-- service.shop/app/actions.ts\n'use server';\nimport { post } from './post';\nexport async function save(at: string) { await post('/x/' + at); }\n-- service.shop/app/post.ts\nexport const post = (path: string) => fetch(`http://s-ledger${path}`);\n",
            ),
            ledger,
        ),
        // The server waits for what draws a component only when it is there.
        (
            &page(
                "'use client';\nimport { useSuspenseQuery } from '@tanstack/react-query';\nexport function Books() { const { data } = useSuspenseQuery({ queryKey: ['x'], queryFn: () => fetch('http://s-ledger/x') }); return <p/>; }\n",
                "",
            ),
            ledger,
        ),
        // A route beside such a page.
        (
            &page(
                &client,
                &format!(
                    "{list}-- service.shop/app/api/route.ts\nexport const GET = () => fetch('http://s-ledger/x');\n"
                ),
            ),
            ledger,
        ),
    ]);
}

#[test]
fn a_service_worker_is_the_browsers() {
    let nothing: &[&str] = &[];
    let worker = "async function first(request) { return await fetch(request); }\nself.addEventListener('fetch', (event) => { event.respondWith(first(event.request)); });\n";
    rows(&[
        (&format!("-- service.shop/public/sw.js\n{worker}"), nothing),
        (
            &format!(
                "{NEXT}-- service.shop/app/page.tsx\nexport default () => 1;\n-- service.shop/public/sw.js\n{worker}"
            ),
            nothing,
        ),
        (&format!("-- service.shop/src/main/resources/static/js/worker.js\n{worker}"), nothing),
        (&format!("-- service.shop/public/sw.js\n{}", worker.replace("self.", "")), nothing),
        (&format!("-- service.shop/wwwroot/worker.js\n{}", worker.replace("'fetch'", "'push'")), nothing),
        (&format!("-- service.shop/public/sw.js\n{worker}fetch('http://s-ledger/x');\n"), &["shop ? ledger"]),
        // A worker that a platform runs.
        (&format!("-- service.shop/src/index.js\n{worker}"), &["unresolved-call service.shop/src/index.js"]),
        (
            &format!(
                "-- service.shop/public/x.js\nconst self = require('./events');\n{worker}-- service.shop/public/events.js\nmodule.exports = {{}};\n"
            ),
            &["unresolved-call service.shop/public/x.js"],
        ),
    ]);
}

#[test]
fn the_account_says_what_the_directive_makes_the_browsers() {
    let found = outcome(&tree(&page("'use client';\nexport function Books() { return <p/>; }\n", "")));
    let left = &found.accounts["service.shop"].left;
    let left: Vec<_> = left.iter().map(|left| (left.reason, left.files, left.first.as_str())).collect();
    assert_eq!(left, [(Reason::Browser, 1, "service.shop/app/books.tsx")]);
}
