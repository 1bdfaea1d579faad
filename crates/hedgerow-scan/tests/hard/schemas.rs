//! Clients that are made of a schema: which variable has the address, only the schema says.

use crate::silent::asks;

/// A program that uses a client of Prisma's, a store, and more files.
fn tree(code: &str, image: &str, more: &str) -> String {
    format!(
        "-- service.shop/index.ts\n{code}\n-- service.shop/package.json\n{{\"name\": \"shop\", \"main\": \"index.ts\", \"dependencies\": {{\"@bank/database\": \"workspace:*\"}}}}\n-- service.rows/x.txt\n-- docker-compose.yml\nservices:\n  service.shop: {{image: bank/shop}}\n  service.rows: {{image: '{image}'}}\n-- hedgerow.yaml\nscan: {{}}\n-- package.json\n{{\"workspaces\": [\"packages/*\", \"service.shop\"]}}\n{more}"
    )
}

fn schema(path: &str, provider: &str) -> String {
    format!(
        "-- {path}/schema.prisma\ngenerator client {{ provider = \"prisma-client-js\" }}\ndatasource db {{\n  provider = \"{provider}\"\n  url      = env(\"ROWS_URL\")\n}}\n"
    )
}

/// A library that others load, with its schema.
fn library(provider: &str) -> String {
    let schema = schema("packages/database/prisma", provider);
    format!(
        "-- packages/database/package.json\n{{\"name\": \"@bank/database\", \"main\": \"./src/client.ts\"}}\n-- packages/database/src/client.ts\nimport {{ PrismaClient }} from './generated/client';\nexport const prisma = new PrismaClient();\n{schema}"
    )
}

fn set(value: &str) -> String {
    format!(
        "-- k8s/shop.yaml\nkind: Deployment\nmetadata: {{name: s-shop}}\nspec: {{template: {{spec: {{containers: [{{name: main, image: bank/shop, env: [{{name: ROWS_URL, value: '{value}'}}]}}]}}}}}}\n"
    )
}

const LOADS: &str = "import { prisma } from '@bank/database';\nprisma.user.findMany();";
const OWN: &str =
    "import { PrismaClient } from '@prisma/client';\nconst prisma = new PrismaClient();\nprisma.user.findMany();";

#[track_caller]
fn rows(rows: &[(&str, String, &[&str])]) {
    let found =
        |tree: &str| -> Vec<String> { asks(tree).into_iter().filter(|line| !line.starts_with("no-entry")).collect() };
    let all = rows.iter().map(|(what, tree, expected)| (what, found(tree), expected));
    let wrong: Vec<String> = all
        .filter(|(_, found, expected)| found != *expected)
        .map(|(what, found, expected)| format!("{what}: found {found:?}, expected {expected:?}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_schema_says_which_variable_has_the_address() {
    rows(&[
        (
            "of a library that is loaded",
            tree(LOADS, "bank/rows", &(library("postgresql") + &set("postgresql://a:b@s-rows/x"))),
            &["shop -> rows joined"],
        ),
        (
            "its own",
            tree(OWN, "bank/rows", &(schema("service.shop/prisma", "postgresql") + &set("postgresql://a:b@s-rows/x"))),
            &["shop -> rows joined"],
        ),
    ]);
}

#[test]
fn a_client_of_a_schema_calls_the_only_store_of_its_kind() {
    let only: &[&str] = &["shop -> rows addressed"];
    rows(&[
        ("a library's schema", tree(LOADS, "postgres:16", &library("postgresql")), only),
        ("its own schema", tree(OWN, "mysql:8", &schema("service.shop/prisma", "mysql")), only),
        ("the only schema of the tree", tree(OWN, "postgres:16", &schema("shared/prisma", "postgresql")), only),
        ("another kind of store", tree(OWN, "mongo:7", &schema("service.shop/prisma", "mongodb")), only),
        (
            "python",
            format!(
                "-- service.shop/main.py\nfrom prisma import Prisma\ndb = Prisma()\ndb.connect()\n{}-- service.rows/x.txt\n-- docker-compose.yml\nservices:\n  service.shop: {{image: bank/shop}}\n  service.rows: {{image: 'postgres:16'}}\n-- hedgerow.yaml\nscan: {{}}\n",
                schema("service.shop", "postgresql")
            ),
            only,
        ),
        (
            "a store of another kind",
            tree(OWN, "mysql:8", &schema("service.shop/prisma", "postgresql")),
            &["unknown-client service.shop/prisma/schema.prisma"],
        ),
        ("a store in the program", tree(OWN, "postgres:16", &schema("service.shop/prisma", "sqlite")), &[]),
        (
            "two stores of the kind",
            tree(
                OWN,
                "postgres:16",
                &(schema("service.shop/prisma", "postgresql")
                    + "-- service.more/x.txt\n-- k8s/more.yaml\nkind: Deployment\nmetadata: {name: s-more}\nspec: {template: {spec: {containers: [{name: main, image: 'postgres:15'}]}}}\n"),
            ),
            &["unknown-client service.shop/prisma/schema.prisma"],
        ),
        ("no client", tree("console.log(1);", "postgres:16", &schema("shared/prisma", "postgresql")), &[]),
        ("a library that is not loaded", tree("console.log(1);", "postgres:16", &library("postgresql")), &[]),
        (
            "schemas of several kinds",
            tree(OWN, "postgres:16", &(schema("a/prisma", "postgresql") + &schema("b/prisma", "sqlite"))),
            &[],
        ),
        (
            "the address is known",
            tree(
                OWN,
                "postgres:16",
                &(schema("service.shop/prisma", "postgresql") + &set("postgresql://a:b@db.example.com/x")),
            ),
            &[],
        ),
    ]);
}
