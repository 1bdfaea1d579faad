//! Schemas check the variables of the process, and they check what comes from elsewhere.

use crate::here::rows;

const NONE: &[&str] = &[];
const JOINED: &[&str] = &["shop -> ledger joined"];

fn shop(code: &str) -> String {
    with(code, ", environment: {LEDGER: 'http://service.ledger:80'}")
}

fn with(code: &str, environment: &str) -> String {
    format!(
        "-- service.ledger/x.txt\n-- service.shop/index.ts\n{code}\n-- service.shop/Dockerfile\nFROM node\nENV MAPS=https://maps.example.com\n\
         -- docker-compose.yml\nservices:\n  service.ledger: {{image: x}}\n  service.shop: {{image: x{environment}}}\n"
    )
}

#[test]
fn a_schema_of_something_else_is_none_of_variables() {
    let call = "fetch(`${process.env.MAPS}/api/${v.id}`);";
    let of = |library: &str, checked: &str| {
        with(&format!("{library}\nexport function get(req, ctx) {{ {checked} {call} }}\n"), "")
    };
    let joi = "import Joi from 'joi'; const schema = Joi.object({ id: Joi.string() });";
    let zod = "import { z } from 'zod'; const schema = z.object({ id: z.string() });";
    rows(&[
        ("joi", of(joi, "const v = schema.validate({ id: req.body.id }).value;"), NONE),
        ("joi, in two steps", of(joi, "const r = schema.validate(req.body); const v = r.value;"), NONE),
        ("zod", of(zod, "const v = schema.parse(req.body);"), NONE),
        ("zod, safe", of(zod, "const r = schema.safeParse(req.query); const v = r.data;"), NONE),
        ("zod, json", of(zod, "const v = schema.parse(JSON.parse(req.text));"), NONE),
        (
            "yup",
            of(
                "import * as yup from 'yup'; const schema = yup.object({});",
                "const v = schema.validateSync(ctx.request.body);",
            ),
            NONE,
        ),
        (
            "valibot",
            of("import * as v1 from 'valibot'; const schema = v1.object({});", "const v = v1.parse(schema, req.body);"),
            NONE,
        ),
    ]);
}

#[test]
fn a_schema_of_variables_gives_them() {
    let zod = "import { z } from 'zod'; const schema = z.object({ LEDGER: z.string() });";
    rows(&[
        ("all", shop(&format!("{zod} const env = schema.parse(process.env); fetch(env.LEDGER);")), JOINED),
        (
            "one by one",
            shop(&format!("{zod} const env = schema.parse({{ LEDGER: process.env.LEDGER }}); fetch(env.LEDGER);")),
            JOINED,
        ),
        (
            "and more",
            shop(&format!("{zod} const env = schema.parse({{ ...process.env, PORT: 1 }}); fetch(env.LEDGER);")),
            JOINED,
        ),
        (
            "handed in",
            shop(&format!(
                "{zod} function load(vars) {{ return schema.parse(vars).LEDGER; }} fetch(load(process.env));"
            )),
            JOINED,
        ),
        (
            "joi",
            shop(
                "import Joi from 'joi'; const s = Joi.object({}); const { value } = s.validate(process.env); fetch(value.LEDGER);",
            ),
            JOINED,
        ),
        (
            "for browsers as well",
            shop(&format!("{zod} const env = schema.parse(import.meta.env); fetch(env.LEDGER);")),
            JOINED,
        ),
    ]);
}
