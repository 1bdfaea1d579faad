//! Where imports lead, a line each.

use super::*;

/// A tree: paths, each with its text; what is no manifest has none.
type Tree = &'static [(&'static str, &'static str)];

fn resolver(tree: Tree) -> Resolver {
    let manifests = tree.iter().filter(|(path, _)| is_manifest(path)).copied();
    let scripts = tree.iter().map(|(path, _)| *path).filter(|path| !is_manifest(path));
    Resolver::new(manifests, scripts, &BTreeMap::new())
}

/// Asserts what imports lead to: a path, `lost` where they should lead to a file and do not, `out` where they lead out of the tree.
fn assert_found(tree: Tree, cases: &[(&str, &str, &str)]) {
    let resolver = resolver(tree);
    let found = cases.iter().map(|(from, import, _)| match resolver.find(from, import) {
        Some(Some(file)) => format!("{from}: {import} -> {file}"),
        Some(None) => format!("{from}: {import} -> lost"),
        None => format!("{from}: {import} -> out"),
    });
    let expected = cases.iter().map(|(from, import, expected)| format!("{from}: {import} -> {expected}"));
    let wrong: Vec<(String, String)> = found.zip(expected).filter(|(found, expected)| found != expected).collect();
    assert!(wrong.is_empty(), "found, expected: {wrong:#?}");
}

#[test]
fn relative_imports() {
    let tree: Tree = &[
        ("src/a.ts", ""),
        ("src/b.js", ""),
        ("src/c.tsx", ""),
        ("src/d.mts", ""),
        ("src/e.cjs", ""),
        ("src/f.jsx", ""),
        ("src/dir/index.ts", ""),
        ("src/dir.test-data/index.mjs", ""),
        ("src/types.d.ts", ""),
        ("src/a.service.ts", ""),
        ("src/both.ts", ""),
        ("src/both/index.ts", ""),
        ("packaged/package.json", r#"{"main": "./start"}"#),
        ("packaged/start.js", ""),
        ("exported/package.json", r#"{"exports": "./run.js"}"#),
        ("exported/run.ts", ""),
        ("index.ts", ""),
    ];
    assert_found(
        tree,
        &[
            ("src/x.ts", "./a", "src/a.ts"),
            ("src/x.ts", "./a.ts", "src/a.ts"),
            ("src/x.ts", "./a.js", "src/a.ts"),
            ("src/x.ts", "./b", "src/b.js"),
            ("src/x.ts", "./c", "src/c.tsx"),
            ("src/x.ts", "./c.jsx", "src/c.tsx"),
            ("src/x.ts", "./d.mjs", "src/d.mts"),
            ("src/x.ts", "./e.cjs", "src/e.cjs"),
            ("src/x.ts", "./f", "src/f.jsx"),
            ("src/x.ts", "./dir", "src/dir/index.ts"),
            ("src/x.ts", "./dir/", "src/dir/index.ts"),
            ("src/x.ts", "./dir/index.js", "src/dir/index.ts"),
            ("src/x.ts", "./dir.test-data", "src/dir.test-data/index.mjs"),
            ("src/x.ts", "./types", "src/types.d.ts"),
            ("src/x.ts", "./a.service", "src/a.service.ts"),
            ("src/x.ts", "./both", "src/both.ts"),
            ("src/x.ts", "./both/", "src/both/index.ts"),
            ("src/dir/x.ts", ".", "src/dir/index.ts"),
            ("src/dir/x.ts", "..", "lost"),
            ("src/x.ts", "..", "index.ts"),
            ("src/x.ts", "./a.ts?worker", "src/a.ts"),
            ("src/x.ts", "../packaged", "packaged/start.js"),
            ("src/x.ts", "../exported", "exported/run.ts"),
            ("src/x.ts", "./nowhere", "lost"),
            ("src/x.ts", "./nowhere.css", "out"),
            ("src/x.ts", "../../above", "lost"),
            ("src/x.ts", "react", "out"),
            ("src/x.ts", "node:fs", "out"),
            ("src/x.ts", "fs", "out"),
            ("src/x.ts", "https://esm.sh/react", "out"),
            ("src/x.ts", "/src/a", "out"),
            ("src/x.ts", "", "out"),
        ],
    );
}

#[test]
fn names_of_a_package_for_its_own_modules() {
    let tree: Tree = &[
        (
            "app/package.json",
            r##"{"name": "app", "imports": {"#db": "./src/db.js", "#lib/*": "./src/lib/*.js", "#dep": "pg", "#cond": {"development": "./src/dev.js", "default": "./dist/prod.js"}}, "exports": {".": "./src/main.js"}}"##,
        ),
        ("app/src/main.ts", ""),
        ("app/src/db.ts", ""),
        ("app/src/dev.ts", ""),
        ("app/src/lib/log.ts", ""),
        ("bare/x.ts", ""),
    ];
    assert_found(
        tree,
        &[
            ("app/src/main.ts", "#db", "app/src/db.ts"),
            ("app/src/main.ts", "#lib/log", "app/src/lib/log.ts"),
            ("app/src/lib/log.ts", "#cond", "app/src/dev.ts"),
            ("app/src/main.ts", "#nothing", "lost"),
            ("app/src/lib/log.ts", "app", "app/src/main.ts"),
            ("app/src/main.ts", "#dep", "out"),
            ("bare/x.ts", "#db", "lost"),
        ],
    );
}

#[test]
fn names_by_tsconfig() {
    let tree: Tree = &[
        (
            "vite/tsconfig.json",
            r#"{"files": [], "references": [{"path": "./tsconfig.app.json"}, {"path": "./gone.json"}]}"#,
        ),
        (
            "vite/tsconfig.app.json",
            r#"{"compilerOptions": {"paths": {"@/*": ["./src/*"],},}, /* the code */ "include": ["src"]}"#,
        ),
        ("vite/src/api/client.ts", ""),
        ("vite/scripts/seed.ts", ""),
        (
            "next/tsconfig.json",
            r#"{"extends": ["@tsconfig/next/tsconfig.json", "./base"], "compilerOptions": {"baseUrl": "."}}"#,
        ),
        (
            "next/base.json",
            r#"{"compilerOptions": {"paths": {"~/*": ["app/*", "lib/*"], "config": ["./settings.ts"]}}}"#,
        ),
        ("next/app/page.tsx", ""),
        ("next/lib/http.ts", ""),
        ("next/settings.ts", ""),
        ("base/tsconfig.json", r#"{"compilerOptions": {"baseUrl": "./src"}}"#),
        ("base/src/services/ledger.ts", ""),
        ("base/src/app.ts", ""),
        ("plain/jsconfig.json", r#"{"compilerOptions": {"paths": {"@lib/*": ["lib/*"]}}}"#),
        ("plain/lib/a.js", ""),
        ("plain/b.js", ""),
        ("dirs/tsconfig.json", r#"{"extends": "./tsconfig.json", "compilerOptions": {"rootDirs": ["src", "gen"]}}"#),
        ("dirs/gen/api.ts", ""),
        ("dirs/src/x.ts", ""),
        ("broken/tsconfig.json", r#"{"compilerOptions": {"paths": 5}}"#),
        ("broken/a.ts", ""),
        (
            "torn/tsconfig.json",
            r#"{"references": [{"path": "./torn.json"}], "compilerOptions": {"paths": {"@/*": ["./*"]}}}"#,
        ),
        ("torn/torn.json", "{"),
        ("torn/a.ts", ""),
        ("pick/tsconfig.build.json", r#"{"compilerOptions": {"paths": {"@/*": ["./b/*"]}}, "include": ["b"]}"#),
        ("pick/tsconfig.json", r#"{"compilerOptions": {"paths": {"@/*": ["./a/*"]}}, "include": ["a"]}"#),
        ("pick/a/x.ts", ""),
        ("pick/b/x.ts", ""),
        ("none/a.ts", ""),
    ];
    assert_found(
        tree,
        &[
            ("vite/src/main.ts", "@/api/client", "vite/src/api/client.ts"),
            ("vite/src/main.ts", "@/api/client.js", "vite/src/api/client.ts"),
            ("vite/scripts/x.ts", "@/api/client", "vite/src/api/client.ts"),
            ("vite/src/main.ts", "@/../../next/lib/http", "next/lib/http.ts"),
            ("vite/src/main.ts", "@/gone", "lost"),
            ("vite/src/main.ts", "@/logo.svg", "out"),
            ("vite/src/main.ts", "@vitejs/plugin-react", "out"),
            ("next/app/page.tsx", "~/http", "next/lib/http.ts"),
            ("next/app/page.tsx", "~/page", "next/app/page.tsx"),
            ("next/app/page.tsx", "config", "next/settings.ts"),
            ("next/app/page.tsx", "lib/http", "next/lib/http.ts"),
            ("next/app/page.tsx", "lib/gone", "lost"),
            ("next/app/page.tsx", "react", "out"),
            ("base/src/app.ts", "services/ledger", "base/src/services/ledger.ts"),
            ("base/src/app.ts", "lodash/fp", "out"),
            ("base/src/app.ts", "services/dist/gone", "out"),
            ("plain/b.js", "@lib/a", "plain/lib/a.js"),
            ("dirs/src/x.ts", "./api", "dirs/gen/api.ts"),
            ("broken/b.ts", "./a", "broken/a.ts"),
            ("torn/b.ts", "@/a", "torn/a.ts"),
            ("pick/scripts/seed.ts", "@/x", "pick/a/x.ts"),
            ("none/b.ts", "@/a", "lost"),
        ],
    );
}

#[test]
fn packages_of_a_workspace() {
    let tree: Tree = &[
        ("package.json", r#"{"workspaces": {"packages": ["apps/*", "packages/**", "!packages/old"]}}"#),
        (
            "apps/web/package.json",
            r#"{"name": "web", "dependencies": {"@acme/old": "^1.0.0", "@acme/inner": "^1.0.0", "@acme/client": "workspace:*"}}"#,
        ),
        ("apps/web/tsconfig.json", r#"{"extends": "@acme/tsconfig/base.json"}"#),
        ("apps/web/src/page.tsx", ""),
        ("apps/web/inner/package.json", r#"{"name": "@acme/inner", "main": "x.js"}"#),
        ("apps/web/inner/x.js", ""),
        ("packages/tsconfig/package.json", r#"{"name": "@acme/tsconfig"}"#),
        ("packages/tsconfig/base.json", r#"{"compilerOptions": {"paths": {"$shared/*": ["../shared/src/*"]}}}"#),
        ("packages/shared/package.json", r#"{"name": "@acme/shared"}"#),
        ("packages/shared/src/log.ts", ""),
        ("packages/shared/src/index.ts", ""),
        (
            "packages/client/package.json",
            r#"{"name": "@acme/client", "main": "dist/index.js", "types": "dist/index.d.ts"}"#,
        ),
        ("packages/client/src/index.ts", ""),
        ("packages/client/src/http/index.ts", ""),
        (
            "packages/ui/package.json",
            r#"{"name": "@acme/ui", "exports": {".": {"types": "./dist/types/index.d.ts", "import": "./dist/esm/index.mjs"}, "./*": "./dist/esm/*.js", "./theme": "./theme/main.ts"}}"#,
        ),
        ("packages/ui/src/index.ts", ""),
        ("packages/ui/src/button.tsx", ""),
        ("packages/ui/theme/main.ts", ""),
        ("packages/api/package.json", r#"{"name": "@acme/api", "main": "./out/server/start.js"}"#),
        ("packages/api/tsconfig.json", r#"{"compilerOptions": {"outDir": "out/server", "rootDir": "code"}}"#),
        ("packages/api/code/start.ts", ""),
        ("packages/flat/package.json", r#"{"name": "@acme/flat", "main": "dist/main.js"}"#),
        ("packages/flat/main.ts", ""),
        (
            "packages/source/package.json",
            r#"{"name": "@acme/source", "exports": {".": {"@acme/dev": "./src/dev.ts", "default": "./dist/prod.js"}}}"#,
        ),
        ("packages/source/tsconfig.json", r#"{"compilerOptions": {"customConditions": ["@acme/dev"]}}"#),
        ("packages/source/src/dev.ts", ""),
        ("packages/gen/package.json", r#"{"name": "@acme/gen", "main": "gen/index.js"}"#),
        ("packages/old/package.json", r#"{"name": "@acme/old", "main": "main.js"}"#),
        ("packages/old/main.js", ""),
        ("packages/events/package.json", r#"{"name": "events", "main": "main.js"}"#),
        ("packages/events/main.js", ""),
        ("packages/torn/package.json", "{"),
        ("packages/torn/a.ts", ""),
    ];
    assert_found(
        tree,
        &[
            ("apps/web/src/page.tsx", "@acme/shared", "packages/shared/src/index.ts"),
            ("apps/web/src/page.tsx", "@acme/shared/src/log", "packages/shared/src/log.ts"),
            ("apps/web/src/page.tsx", "@acme/shared/log", "packages/shared/src/log.ts"),
            ("apps/web/src/page.tsx", "$shared/log", "packages/shared/src/log.ts"),
            ("apps/web/src/page.tsx", "@acme/client", "packages/client/src/index.ts"),
            ("apps/web/src/page.tsx", "@acme/client/dist/http", "packages/client/src/http/index.ts"),
            ("apps/web/src/page.tsx", "@acme/client/dist", "packages/client/src/index.ts"),
            ("apps/web/src/page.tsx", "@acme/client/dist/", "packages/client/src/index.ts"),
            ("apps/web/src/page.tsx", "@acme/ui", "packages/ui/src/index.ts"),
            ("apps/web/src/page.tsx", "@acme/ui/button", "packages/ui/src/button.tsx"),
            ("apps/web/src/page.tsx", "@acme/ui/theme", "packages/ui/theme/main.ts"),
            ("apps/web/src/page.tsx", "@acme/api", "packages/api/code/start.ts"),
            ("apps/web/src/page.tsx", "@acme/flat", "packages/flat/main.ts"),
            ("apps/web/src/page.tsx", "@acme/source", "packages/source/src/dev.ts"),
            ("apps/web/src/page.tsx", "@acme/gen", "lost"),
            ("apps/web/src/page.tsx", "@acme/old", "out"),
            ("apps/web/src/page.tsx", "@acme/inner", "out"),
            ("packages/ui/src/index.ts", "@acme/old", "packages/old/main.js"),
            ("apps/web/src/page.tsx", "@acme/shared/style.css", "out"),
            ("apps/web/src/page.tsx", "@acme/unknown", "out"),
            ("apps/web/src/page.tsx", "@acme", "out"),
            ("apps/web/src/page.tsx", "events", "out"),
            ("packages/torn/b.ts", "./a", "packages/torn/a.ts"),
            ("packages/ui/src/index.ts", "../dist/esm/button.js", "packages/ui/src/button.tsx"),
        ],
    );
}

#[test]
fn packages_of_other_workspaces() {
    let pnpm: Tree = &[
        ("pnpm-workspace.yaml", "packages:\n  - 'services/*' # all\n  - libs/*\n"),
        ("services/a/package.json", r#"{"name": "a"}"#),
        ("services/a/x.ts", ""),
        (
            "libs/http/package.json",
            r#"{"name": "@x/http", "exports": {"./client": {"import": {"types": "./dist/client.d.ts", "default": "./dist/client.js"}}}}"#,
        ),
        ("libs/http/src/client.ts", ""),
    ];
    assert_found(
        pnpm,
        &[
            ("services/a/x.ts", "@x/http/client", "libs/http/src/client.ts"),
            ("services/a/x.ts", "@x/http", "lost"),
            ("services/a/x.ts", "@x/http/inner", "lost"),
        ],
    );
    let lerna: Tree = &[
        ("lerna.json", r#"{"packages": ["packages/*"], "version": "1.0.0"}"#),
        ("packages/a/package.json", r#"{"name": "a", "dependencies": {"b": "^1.0.0"}}"#),
        ("packages/a/x.js", ""),
        ("packages/b/package.json", r#"{"name": "b", "main": "build/dist/index.js"}"#),
        ("packages/b/src/dist/index.ts", ""),
    ];
    assert_found(lerna, &[("packages/a/x.js", "b", "packages/b/src/dist/index.ts")]);
    let nx: Tree = &[
        (
            "tsconfig.base.json",
            r#"{"compilerOptions": {"baseUrl": ".", "paths": {"@org/data": ["libs/data/src/index.ts"], "@org/ui-*": ["libs/ui/*/src/index.ts"]}}}"#,
        ),
        (
            "apps/shop/tsconfig.json",
            r#"{"extends": "../../tsconfig.base.json", "files": [], "include": [], "references": [{"path": "./tsconfig.app.json"}]}"#,
        ),
        ("apps/shop/tsconfig.app.json", r#"{"extends": "./tsconfig.json", "include": ["src/**/*.ts"]}"#),
        ("apps/shop/src/main.ts", ""),
        ("apps/other/main.ts", ""),
        ("libs/data/src/index.ts", ""),
        ("libs/ui/list/src/index.ts", ""),
    ];
    assert_found(
        nx,
        &[
            ("apps/shop/src/main.ts", "@org/data", "libs/data/src/index.ts"),
            ("apps/shop/src/main.ts", "@org/ui-list", "libs/ui/list/src/index.ts"),
            ("apps/shop/src/main.ts", "@org/ui-gone", "lost"),
            ("apps/other/main.ts", "@org/data", "libs/data/src/index.ts"),
        ],
    );
    let apart: Tree = &[
        (
            "one/package.json",
            r#"{"dependencies": {"common": "file:./common", "near": "./common", "far": "file:../../far"}}"#,
        ),
        ("one/common/package.json", r#"{"name": "common"}"#),
        ("one/common/index.js", ""),
        ("two/common/package.json", r#"{"name": "common"}"#),
        ("two/common/index.js", ""),
        ("two/package.json", r#"{"dependencies": {"sdk": "^2.1.0", "common": "*"}}"#),
        ("sdk/package.json", r#"{"name": "sdk", "main": "index.js"}"#),
        ("sdk/index.js", ""),
        ("two/tsconfig.json", r#"{"compilerOptions": {"baseUrl": "."}}"#),
    ];
    assert_found(
        apart,
        &[
            ("one/x.js", "common", "one/common/index.js"),
            ("one/x.js", "near", "one/common/index.js"),
            ("two/x.js", "common", "two/common/index.js"),
            ("three/x.js", "common", "out"),
            ("two/x.js", "sdk", "out"),
            ("two/x.ts", "sdk", "out"),
            ("one/x.js", "sdk", "sdk/index.js"),
        ],
    );
}

#[test]
fn an_installed_package_is_not_a_directory_that_is_called_like_it() {
    let tree: Tree = &[
        ("tsconfig.json", r#"{"compilerOptions": {"baseUrl": ".", "paths": {"kafka": ["./kafka/start.ts"]}}}"#),
        (
            "package.json",
            r#"{"dependencies": {"redis": "^4.0.0", "kafka": "1", "pg": "npm:pg-fork@8", "mail": "git+ssh://git@x/mail.git"}}"#,
        ),
        ("redis/index.ts", ""),
        ("redis/client.ts", ""),
        ("kafka/start.ts", ""),
        ("pg.ts", ""),
        ("mail/index.ts", ""),
        ("store/index.ts", ""),
        ("app/x.ts", ""),
        ("inner/package.json", r#"{"dependencies": {"store": "1.0.0"}}"#),
        ("inner/x.ts", ""),
    ];
    assert_found(
        tree,
        &[
            ("app/x.ts", "redis", "out"),
            ("app/x.ts", "redis/client", "out"),
            ("app/x.ts", "pg", "out"),
            ("app/x.ts", "mail", "out"),
            // What `paths` say, they say of this name.
            ("app/x.ts", "kafka", "kafka/start.ts"),
            ("app/x.ts", "store", "store/index.ts"),
            // The nearest manifest counts.
            ("inner/x.ts", "store", "out"),
            ("inner/x.ts", "redis", "redis/index.ts"),
        ],
    );
}

#[test]
fn versions_say_where_a_package_comes_from() {
    let tree: Tree = &[
        ("package.json", r#"{"workspaces": ["libs/*", "apps/*"]}"#),
        ("libs/http/package.json", r#"{"name": "http-client", "main": "x.js"}"#),
        ("libs/http/x.js", ""),
        ("else/log/package.json", r#"{"name": "log", "main": "x.js"}"#),
        ("else/log/x.js", ""),
        ("apps/range/package.json", r#"{"dependencies": {"http-client": "^1.0.0", "log": "^1.0.0"}}"#),
        ("apps/here/package.json", r#"{"dependencies": {"http-client": "workspace:^", "log": "link:../../else/log"}}"#),
        ("apps/file/package.json", r#"{"dependencies": {"log": "file:../../else/log"}}"#),
        ("apps/path/package.json", r#"{"dependencies": {"log": "../../else/log"}}"#),
        (
            "apps/patch/package.json",
            r#"{"dependencies": {"http-client": "patch:http-client@workspace%3A^#x.patch", "log": "patch:log@npm%3A1.0.0#x.patch"}}"#,
        ),
        ("apps/npm/package.json", r#"{"dependencies": {"http-client": "npm:other@1", "log": "npm:@acme/log@^2"}}"#),
        (
            "apps/git/package.json",
            r#"{"dependencies": {"http-client": "git+ssh://git@x/a.git", "log": "github:a/log"}}"#,
        ),
        ("apps/url/package.json", r#"{"dependencies": {"http-client": "https://x/a.tgz", "log": "acme/log#v1"}}"#),
    ];
    assert_found(
        tree,
        &[
            ("apps/range/a.js", "http-client", "libs/http/x.js"),
            ("apps/range/a.js", "log", "out"),
            ("apps/here/a.js", "http-client", "libs/http/x.js"),
            ("apps/here/a.js", "log", "else/log/x.js"),
            ("apps/file/a.js", "log", "else/log/x.js"),
            ("apps/path/a.js", "log", "else/log/x.js"),
            ("apps/patch/a.js", "http-client", "libs/http/x.js"),
            ("apps/patch/a.js", "log", "out"),
            ("apps/npm/a.js", "http-client", "out"),
            ("apps/npm/a.js", "log", "out"),
            ("apps/git/a.js", "http-client", "out"),
            ("apps/git/a.js", "log", "out"),
            ("apps/url/a.js", "http-client", "out"),
            ("apps/url/a.js", "log", "out"),
        ],
    );
}

#[test]
fn a_relative_import_leads_to_no_other_file_of_the_name() {
    let tree: Tree = &[
        ("app/package.json", r#"{"name": "app"}"#),
        ("app/src/http.ts", ""),
        ("app/src/lib/log.ts", ""),
        ("app/log.ts", ""),
        ("app/lib/own.ts", ""),
        ("app/bin/cli.js", ""),
        ("other/package.json", r#"{"name": "other", "main": "index.js"}"#),
        ("other/src/index.ts", ""),
        ("said/package.json", r#"{"name": "said"}"#),
        ("said/tsconfig.json", r#"{"compilerOptions": {"outDir": "gen", "rootDir": "code"}}"#),
        ("said/code/a.ts", ""),
    ];
    assert_found(
        tree,
        &[
            ("app/main.ts", "./http", "lost"),
            ("app/main.ts", "./lib/http", "lost"),
            ("app/gone/x.ts", "./log", "lost"),
            ("app/main.ts", "./lib/log", "lost"),
            // What a build writes, and a package by its directory.
            ("app/bin/cli.js", "../dist/http.js", "app/src/http.ts"),
            ("app/bin/cli.js", "../dist/lib/log", "app/src/lib/log.ts"),
            ("app/main.ts", "../other", "other/src/index.ts"),
            ("said/x.js", "./gen/a", "said/code/a.ts"),
        ],
    );
}

#[test]
fn what_is_extended_and_referred_to_has_an_order_and_may_be_torn() {
    let tree: Tree = &[
        ("both/tsconfig.json", r#"{"extends": ["./one.json", "./two.json"]}"#),
        ("both/one.json", r#"{"compilerOptions": {"paths": {"@/*": ["./a/*"]}}}"#),
        ("both/two.json", r#"{"compilerOptions": {"paths": {"@/*": ["./b/*"]}}}"#),
        ("both/a/x.ts", ""),
        ("both/b/x.ts", ""),
        ("refs/tsconfig.json", r#"{"files": [], "references": [{"path": "./t.b.json"}, {"path": "./t.a.json"}]}"#),
        ("refs/t.a.json", r#"{"compilerOptions": {"paths": {"@/*": ["./a/*"]}}, "include": ["src"]}"#),
        ("refs/t.b.json", r#"{"compilerOptions": {"paths": {"@/*": ["./b/*"]}}, "include": ["src"]}"#),
        ("refs/a/x.ts", ""),
        ("refs/b/x.ts", ""),
        ("refs/src/y.ts", ""),
        ("wrong/tsconfig.json", r#"{"extends": "./base.json", "compilerOptions": {"paths": {"@/*": ["./*"]}}}"#),
        ("wrong/base.json", r#"{"compilerOptions": {"rootDirs": 5}}"#),
        ("wrong/x.ts", ""),
        ("part/tsconfig.json", r#"{"include": 7, "compilerOptions": {"rootDirs": 5, "paths": {"@/*": ["./*"]}}}"#),
        ("part/x.ts", ""),
        (
            "gone/tsconfig.json",
            r#"{"extends": ["./no.json", "./torn.json"], "compilerOptions": {"paths": {"@/*": ["./*"]}}}"#,
        ),
        ("gone/torn.json", "{"),
        ("gone/x.ts", ""),
    ];
    assert_found(
        tree,
        &[
            ("both/y.ts", "@/x", "both/b/x.ts"),
            ("refs/src/y.ts", "@/x", "refs/b/x.ts"),
            ("wrong/y.ts", "@/x", "wrong/x.ts"),
            ("part/y.ts", "@/x", "part/x.ts"),
            ("gone/y.ts", "@/x", "gone/x.ts"),
        ],
    );
    let torn: Vec<String> = resolver(tree).files.torn.iter().cloned().collect();
    assert_eq!(torn, ["gone/torn.json", "part/tsconfig.json", "wrong/base.json"]);
}

#[test]
fn what_is_extended_ends() {
    let circle: Tree = &[
        ("a/tsconfig.json", r#"{"extends": "../b/tsconfig.json", "compilerOptions": {"paths": {"@/*": ["./*"]}}}"#),
        ("b/tsconfig.json", r#"{"extends": "../a/tsconfig.json"}"#),
        ("a/x.ts", ""),
        ("b/y.ts", ""),
    ];
    assert_found(circle, &[("a/y.ts", "@/x", "a/x.ts"), ("b/x.ts", "./y", "b/y.ts")]);
}

#[test]
fn files_that_lie_elsewhere_when_the_service_runs() {
    let mounted = BTreeMap::from([("app/shared/log.js".to_owned(), "libs/log.js".to_owned())]);
    let resolver = Resolver::new(std::iter::empty(), ["app/main.js", "libs/log.js"].into_iter(), &mounted);
    assert_eq!(resolver.find("app/main.js", "./shared/log"), Some(Some("libs/log.js".to_owned())));
}

/// Manifests, whole and torn, that a tree may have in any of its directories.
const MANIFESTS: [(&str, &str); 12] = [
    ("package.json", r#"{"name": "a", "main": "dist/x.js", "workspaces": ["*", "**/b", "!a", "[", "../.."]}"#),
    (
        "package.json",
        r#"{"name": "@s/b", "exports": {".": ["./gone.js", {"default": {"x": null}}], "./*/y": "./dist/*.js", "./n": null}}"#,
    ),
    (
        "package.json",
        r##"{"name": "..", "imports": {"#*": "./*", "#a": {"node": "#b"}, "#b": "#a"}, "dependencies": {"a": "file:../a"}}"##,
    ),
    ("package.json", r#"{"name": "node_modules/x", "main": "../../../x", "exports": "../../x.js"}"#),
    ("package.json", r#"{"exports": {"./a": "./x.js", "import": "./x.js"}, "main": 5, "name": ["a"]}"#),
    ("package.json", "{\"name\""),
    (
        "tsconfig.json",
        r#"{"extends": ["./", "../tsconfig.json", "a", "@s/b/tsconfig"], "compilerOptions": {"outDir": "dist"}}"#,
    ),
    (
        "tsconfig.json",
        r#"{"references": [{"path": "."}, {"path": ".."}, {}], "files": [], "include": ["{a,b}/**/*", "[", "**"]}"#,
    ),
    (
        "tsconfig.json",
        r#"{"compilerOptions": {"paths": {"*": ["./*", "../*"], "@/*": ["*", "${configDir}/b/*"], "a": []}, "baseUrl": ".."}}"#,
    ),
    (
        "tsconfig.json",
        r#"{"compilerOptions": {"rootDirs": ["a", "../b", "/"], "outDir": "..", "rootDir": "../.."}, "exclude": ["*"]}"#,
    ),
    ("tsconfig.json", "// nothing"),
    ("pnpm-workspace.yaml", "packages: [a, 'b/*', {x: y}, *]"),
];

const PLACES: [&str; 6] = ["", "a/", "b/", "a/b/", "a/src/", "b/dist/"];

const IMPORTS: [&str; 26] = [
    ".",
    "..",
    "./x",
    "../x.js",
    "../../../../x",
    "./",
    "x",
    "a",
    "a/",
    "a/b",
    "a/b/x.js",
    "@s/b",
    "@s/b/x/y",
    "@s",
    "@/x",
    "@/../x",
    "#a",
    "#x",
    "#",
    "#/x",
    "~",
    "?",
    "./x?y#z",
    "a/../../x",
    "node_modules/a",
    "\u{0}x",
];

proptest::proptest! {
    /// Whatever a tree says: no import makes it fail, answers are files of the tree, and do not depend on what was asked before.
    #[test]
    fn answers_do_not_depend_on_what_was_asked_before(
        manifests in proptest::collection::vec((0..PLACES.len(), 0..MANIFESTS.len()), 0..7),
        scripts in proptest::collection::btree_set((0..PLACES.len(), 0..4_usize), 1..7),
    ) {
        let manifests: BTreeMap<String, &str> =
            manifests.iter().map(|(at, what)| (format!("{}{}", PLACES[*at], MANIFESTS[*what].0), MANIFESTS[*what].1)).collect();
        let scripts: Vec<String> =
            scripts.iter().map(|(at, name)| format!("{}{}", PLACES[*at], ["x.ts", "index.js", "x.tsx", "y.mjs"][*name])).collect();
        let resolver = || {
            let manifests = manifests.iter().map(|(path, text)| (path.as_str(), *text));
            Resolver::new(manifests, scripts.iter().map(String::as_str), &BTreeMap::new())
        };
        let asked: Vec<(&str, &str)> = scripts.iter().flat_map(|from| IMPORTS.map(|import| (from.as_str(), import))).collect();
        let (one, other) = (resolver(), resolver());
        let forth: Vec<_> = asked.iter().map(|(from, import)| one.find(from, import)).collect();
        let mut back: Vec<_> = asked.iter().rev().map(|(from, import)| other.find(from, import)).collect();
        back.reverse();
        proptest::prop_assert!(forth.iter().flatten().flatten().all(|file| scripts.contains(file)));
        proptest::prop_assert_eq!(forth, back);
    }
}
