//! Scripts that a program made small for browsers are texts: an address in them is asked about, and no call of them.

use crate::outcome;
use crate::silent::{rows, tree};
use hedgerow_scan::Reason;

/// A line that no person wrote, with a call.
fn small(call: &str) -> String {
    format!("var q=(e,t)=>{{{call}}};{}\n", "var a=(e,t)=>{return e(t,{x:1})};".repeat(80))
}

#[test]
fn nobody_is_asked_about_the_calls_of_a_bundle() {
    let nothing: &[&str] = &[];
    let kept: &[&str] = &["unresolved-call service.shop/report/x.js"];
    let main = "-- service.shop/package.json\n{\"name\": \"shop\"}\n";
    let of = |path: &str, text: &str| format!("{main}-- service.shop/{path}\n{text}");
    rows(&[
        (&of("report/trace/sw.bundle.js", &small("fetch(e)")), nothing),
        (&of("report/index.x1y2.js", &format!("/*! a licence */\n{}", small("return fetch(t.url)"))), nothing),
        (&of("dist/a.mjs", &format!("{}fetch(at());", small(""))), nothing),
        (&of("static/js/vendor.js", &small("new WebSocket(e.url)")), nothing),
        // What names a service is asked about.
        (&of("report/x.js", &small("fetch('http://s-ledger/'+e)")), &["shop ? ledger"]),
        // What somebody wrote, and what runs in Node.js.
        (&of("report/x.js", "export const q = (e) => { fetch(e); };\n"), kept),
        (
            &of(
                "report/x.js",
                &format!("const data = '{}';\nexport const q = (e) => {{ fetch(e); }};\n", "iVBORw0KGgo".repeat(400)),
            ),
            kept,
        ),
        (&of("report/x.js", &format!("const h=require('http');q(h);{}", small("fetch(e)"))), kept),
        // An older state of a file beside it.
        (&of("route.ts.bak_20260310", "fetch(process.env.LEDGER_URL)\n"), nothing),
        (&of("api.py.old", "requests.get('http://s-ledger/x')\n"), nothing),
        (&of("api.go~", "http.Get(\"http://s-ledger/x\")\n"), nothing),
    ]);
}

#[test]
fn the_account_names_bundles() {
    let found = outcome(&tree(&format!(
        "-- service.shop/main.py\nprint(1)\n-- service.shop/report/sw.js\n{}",
        small("fetch(e)")
    )));
    let account = &found.accounts["service.shop"];
    let left: Vec<_> =
        account.left.iter().map(|left| (left.reason, left.files, left.lines, left.first.as_str())).collect();
    assert_eq!(left, [(Reason::Bundle, 1, 1, "service.shop/report/sw.js")]);
    assert_eq!(account.read.keys().collect::<Vec<_>>(), ["Python"]);
}
