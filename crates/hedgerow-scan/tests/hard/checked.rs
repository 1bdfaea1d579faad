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

/// Only what is seen to come from elsewhere is none of variables: what is declared at the top of a file, filled in steps, or made elsewhere is
/// followed, or not known.
#[test]
fn a_schema_of_what_is_made_in_steps_gives_variables() {
    let zod = "import { z } from 'zod'; const schema = z.object({ LEDGER: z.string() });";
    let top = |code: &str| shop(&format!("{zod} {code} const v = schema.parse(raw); fetch(v.LEDGER);"));
    rows(&[
        (
            "of the file, in a function",
            shop(&format!(
                "{zod} const raw = {{ LEDGER: process.env.LEDGER }}; export function f() {{ return schema.parse(raw).LEDGER; }} fetch(f());"
            )),
            JOINED,
        ),
        ("assign", top("const raw = Object.assign({}, process.env);"), JOINED),
        (
            "entries",
            top("const raw = Object.fromEntries(Object.entries(process.env).filter(([k]) => k.startsWith('L')));"),
            JOINED,
        ),
        ("a loop", top("const raw = {}; for (const k of Object.keys(schema.shape)) raw[k] = process.env[k];"), JOINED),
        ("one of two", top("let raw = {}; if (process.env.X) raw = { ...process.env };"), JOINED),
        ("taken apart", top("const { LEDGER } = process.env; const raw = { LEDGER };"), JOINED),
        (
            "of another file",
            shop(&format!(
                "{zod} import {{ g }} from './e'; const v = schema.parse(g()); fetch(v.LEDGER);\n-- service.shop/e.ts\nexport function g() {{ return process.env; }}"
            )),
            JOINED,
        ),
        (
            "local, one of two",
            shop(&format!(
                "{zod} export function f() {{ let raw = {{}}; if (process.env.X) {{ raw = {{ ...process.env }}; }} return schema.parse(raw).LEDGER; }} fetch(f());"
            )),
            JOINED,
        ),
    ]);
}

/// What is handed on many times over is asked once.
#[test]
fn what_is_handed_on_many_times_is_asked_once() {
    let many = |of: usize| vec![format!("a{of}"); 20].join(", ");
    let lines: String = (0..12).map(|at| format!("const a{} = mix({});\n", at + 1, many(at))).collect();
    let code = format!(
        "import {{ z }} from 'zod'; const schema = z.object({{ id: z.string() }});\nexport function h(q) {{\nconst a0 = q.body;\n{lines}\
         const v = schema.parse(a12);\nfetch(`${{process.env.MAPS}}/${{v.id}}`);\n}}"
    );
    rows(&[("twelve times twenty", with(&code, ""), NONE)]);
}
