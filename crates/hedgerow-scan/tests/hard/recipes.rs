//! Images that are built from the root of the tree: the code of each is what its Dockerfile starts, builds or copies.

use crate::mounts::rows;

/// Two containers that are built from the root, with more files.
fn root(desk: &str, till: &str, files: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- service.desk/x.txt\n-- service.till/x.txt\n-- service.ledger/x.txt\n-- service.cart/x.txt\n\
         -- compose.yml\nservices:\n  s-desk: {{build: {desk}}}\n  s-till: {{build: {till}}}\n{files}"
    )
}

const BOTH: &[&str] = &["desk -> ledger proven", "till -> cart proven"];

#[test]
fn each_image_has_the_code_that_it_starts() {
    let app = "-- app/web.py\nimport requests, app.base\nrequests.get('http://s-ledger/x')\n-- app/jobs.py\nimport requests\nrequests.get('http://s-cart/x')\n-- app/base.py\nx = 1\n";
    let apps = "-- apps/one/main.js\nfetch('http://s-ledger/x')\n-- apps/two/main.js\nfetch('http://s-cart/x')\n";
    let flat = "-- web.py\nimport requests\nrequests.get('http://s-ledger/x')\n-- jobs.py\nimport requests\nrequests.get('http://s-cart/x')\n";
    rows(&[
        // Stages of one file.
        (
            root(
                "{context: ., target: web}",
                "{context: ., target: jobs}",
                &format!(
                    "-- Dockerfile\nFROM python AS base\nCOPY app ./app\nFROM base AS web\nCMD [\"uvicorn\", \"app.web:app\"]\nFROM base AS jobs\nCMD [\"python\", \"-m\", \"app.jobs\"]\n{app}"
                ),
            ),
            BOTH,
        ),
        // Files of their own, one of them in a directory of Dockerfiles.
        (
            root(
                ".",
                "{context: ., dockerfile: docker/till.Dockerfile}",
                &format!(
                    "-- Dockerfile\nFROM python\nCOPY . .\nCMD uvicorn web:app\n-- docker/till.Dockerfile\nFROM python\nWORKDIR /srv\nCOPY . .\nCMD [\"python\", \"jobs.py\"]\n{flat}"
                ),
            ),
            BOTH,
        ),
        // An argument of the build says what is copied, or started.
        (
            root(
                "{context: ., args: {SERVICE: one}}",
                "{context: ., args: [SERVICE=two]}",
                &format!(
                    "-- Dockerfile\nFROM node\nARG SERVICE\nWORKDIR /app\nCOPY apps/$SERVICE ./\nCMD [\"node\", \"main.js\"]\n{apps}"
                ),
            ),
            BOTH,
        ),
        (
            root(
                "{context: ., args: {APP: one}}",
                "{context: ., args: {APP: two}}",
                &format!(
                    "-- Dockerfile\nFROM node\nARG APP=none\nCOPY . .\nENV APP=$APP\nCMD node apps/${{APP}}/main.js\n{apps}"
                ),
            ),
            BOTH,
        ),
        // The only code that is copied, and what nothing says.
        (
            root(
                "{context: ., dockerfile: a.Dockerfile}",
                "{context: ., dockerfile: b.Dockerfile}",
                &format!(
                    "-- a.Dockerfile\nFROM node\nCOPY package.json apps/one ./\nCMD npm start\n-- b.Dockerfile\nFROM node\nCOPY . .\nCMD npm start\n{apps}"
                ),
            ),
            &["desk -> ledger proven"],
        ),
    ]);
}

#[test]
fn each_image_has_the_program_that_it_builds() {
    let go = |of: &str| {
        format!(
            "-- Dockerfile\nFROM golang AS build\nARG CMD\nCOPY . .\nRUN go build -o /app {of}\nFROM alpine\nCOPY --from=build /app /app\nCMD [\"/app\"]\n\
             -- go.mod\nmodule bank\n-- cmd/one/main.go\npackage main\nimport \"net/http\"\nfunc main() {{ http.Get(\"http://s-ledger/x\") }}\n\
             -- cmd/two/main.go\npackage main\nimport \"bank/lib\"\nfunc main() {{ lib.Call() }}\n-- lib/lib.go\npackage lib\nimport \"net/http\"\n\
             func Call() {{ http.Get(\"http://s-cart/x\") }}\n"
        )
    };
    let args = |files: String| root("{context: ., args: {CMD: one}}", "{context: ., args: {CMD: two}}", &files);
    let dotnet = "-- a.Dockerfile\nFROM x\nCOPY . .\nRUN dotnet publish src/One/One.csproj -c Release\nENTRYPOINT [\"dotnet\", \"One.dll\"]\n\
        -- b.Dockerfile\nFROM x\nCOPY . .\nRUN dotnet publish \"src/Two\" -c Release\nENTRYPOINT [\"dotnet\", \"Two.dll\"]\n\
        -- src/One/One.csproj\n<Project/>\n-- src/One/Program.cs\nnew HttpClient().GetAsync(\"http://s-ledger/x\");\n\
        -- src/Two/Two.csproj\n<Project/>\n-- src/Two/Program.cs\nnew HttpClient().GetAsync(\"http://s-cart/x\");\n";
    rows(&[
        (args(go("./cmd/$CMD")), BOTH),
        (args(go("bank/x ./cmd/${CMD}/main.go")), BOTH),
        (root("{context: ., dockerfile: a.Dockerfile}", "{context: ., dockerfile: b.Dockerfile}", dotnet), BOTH),
    ]);
}

#[test]
fn one_image_of_the_root_is_the_program_of_all_that_run_it() {
    let php = "-- Dockerfile\nFROM php\nCOPY . .\n-- src/index.php\n<?php file_get_contents('http://s-ledger/x');\n";
    rows(&[
        (root(".", ".", php), &["desk -> ledger proven", "till -> ledger proven"]),
        (
            root(
                "{context: .}",
                "., command: php artisan queue:work",
                &format!("{php}-- artisan\n#!/usr/bin/env php\n<?php\n"),
            ),
            &["desk -> ledger proven", "till -> ledger proven"],
        ),
        // Where others have code of their own below it, it is the root of all.
        (
            root(".", ".", &format!("{php}-- service.cart/main.py\nprint(1)\n-- service.ledger/main.py\nprint(1)\n")),
            &[],
        ),
    ]);
}
