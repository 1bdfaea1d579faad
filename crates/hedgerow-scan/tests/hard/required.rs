//! Modules of JavaScript that are required by a path which code puts together from the directory of its file.

use crate::outcome;

/// The calls of a service whose file requires another one so.
fn called(code: &str, at: &str) -> Vec<String> {
    let tree = format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- service.ledger/x.txt\n-- service.shop/package.json\n{{\"main\": \"run/main.js\"}}\n-- service.shop/run/main.js\nconst path = require('path');\n{code}\n\
         -- {at}\nmodule.exports = function pay() {{ fetch('http://s-ledger/pay'); }};\nmodule.exports.pay = module.exports;\n"
    );
    outcome(&tree).edges.values().map(|edge| format!("{} {}", edge.caller, edge.callee)).collect()
}

#[test]
fn a_path_of_the_file_s_directory_is_followed() {
    let (plain, index) = ("common/pay.js", "common/shared/pay/index.js");
    let mut wrong = Vec::new();
    for (code, at) in [
        ("const pay = require(path.join(__dirname, '../../common/pay'));\npay();", plain),
        ("const pay = require(path.join(__dirname, '..', '..', 'common', 'pay.js'));\npay();", plain),
        ("const pay = require(path.resolve(__dirname, '../../common/pay'));\npay();", plain),
        (
            "const { join } = require('path');\nconst pay = require(join(__dirname, '..', '..', 'common', 'pay'));\npay();",
            plain,
        ),
        ("const { pay } = require(path.join(__dirname, '..', '..', 'common', 'shared', 'pay'));\npay();", index),
        ("const pay = require(__dirname + '/../../common/pay');\npay();", plain),
        ("const pay = require(`${__dirname}/../../common/pay`);\npay();", plain),
        ("const pay = require(`../../common/pay`);\npay();", plain),
        ("require(path.join(__dirname, '../../common/pay'))();", plain),
        (
            "const lib = path.join(__dirname, '..', '..');\nconst pay = require(path.join(lib, 'common', '/pay'));\npay();",
            plain,
        ),
        ("const lib = path.resolve(__dirname, '../..');\nconst pay = require(`${lib}/common/pay`);\npay();", plain),
        ("const file = path.join(__dirname, '../../common/pay');\nconst pay = require(file);\npay();", plain),
    ] {
        if called(code, at) != ["service.shop service.ledger"] {
            wrong.push(format!("{code}: {:?}", called(code, at)));
        }
    }
    for code in [
        // Another file, one that nobody knows, one elsewhere, and a path that nothing is required by.
        "const pay = require(path.join(__dirname, '../../common/other'));\npay();",
        "const pay = require(path.join(__dirname, process.argv[2], 'common/pay'));\npay();",
        "const pay = require(path.resolve(__dirname, '../..', '/common/pay'));\npay();",
        "const pay = require(__dirname + '../../common/pay');\npay();",
        "const pay = path.join(__dirname, '../../common/pay');\nconsole.log(pay);",
        "function a() { const file = path.join(__dirname, '../../common/pay'); console.log(file); }\nfunction b() { const file = pick(); require(file)(); }\na();\nb();",
    ] {
        let found = called(code, plain);
        if !found.is_empty() {
            wrong.push(format!("{code}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
