//! Variables with addresses that a service is given and that its code, all of which was read, does not ask for.

use crate::here::rows;

/// What the deploy gives to the shop.
fn given(variable: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- service.ledger/x.txt\n-- docker-compose.yml\nservices:\n  service.ledger: {{image: bank/ledger}}\n  \
         service.shop:\n    build: service.shop\n    environment:\n      {variable}: http://service.ledger:80\n"
    )
}

const NODE: &str = "-- service.shop/Dockerfile\nFROM node:22-alpine\nCOPY . .\nCMD [\"node\", \"main.js\"]\n";
const PYTHON: &str =
    "-- service.shop/Dockerfile\nFROM python:3.12-slim AS build\nFROM build\nCOPY . .\nCMD [\"python\", \"main.py\"]\n";
const GO: &str = "-- service.shop/Dockerfile\nFROM golang:1.24 AS build\nRUN go build -o /shop .\nFROM gcr.io/distroless/static-debian12\nCMD [\"/shop\"]\n";

const ASKED: &[&str] = &["shop -> ledger candidate", "unexplained-mention shop -> ledger"];
const CALLS: &[&str] = &["shop -> ledger addressed"];
const LOST: &[&str] = &["shop -> ledger addressed", "unparsed-code shop -> ledger"];
const LEFT: &[&str] =
    &["shop -> ledger candidate", "unexplained-mention shop -> ledger", "unparsed-code shop -> ledger"];
const JOINED: &[&str] = &["shop -> ledger joined"];

fn js(text: &str) -> String {
    given("LEDGER_URL") + NODE + "-- service.shop/main.js\n" + text + "\n"
}

fn py(text: &str) -> String {
    given("LEDGER_URL") + PYTHON + "-- service.shop/main.py\n" + text + "\n"
}

fn go(text: &str) -> String {
    given("LEDGER_URL") + GO + "-- service.shop/main.go\npackage main\n" + text + "\n"
}

#[test]
fn a_variable_that_no_code_asks_for_is_asked_about() {
    rows(&[
        ("JavaScript", js("require('http').createServer().listen(process.env.PORT)"), ASKED),
        (
            "a checked environment",
            js("const z = require('zod');\nz.object({PORT: z.string()}).parse(process.env)"),
            ASKED,
        ),
        (
            "a loader of files",
            js("require('dotenv').config();\nrequire('http').createServer().listen(process.env['PORT'])"),
            ASKED,
        ),
        (
            "a wrapper",
            js("const env = (name) => process.env[name];\nrequire('http').createServer().listen(env('PORT'))"),
            ASKED,
        ),
        ("Python", py("import os\nprint(os.environ['PORT'], os.environ.get('HOST'), os.getenv('X'))"), ASKED),
        (
            "settings of a class",
            py(
                "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    port: int\nprint(Settings().port)",
            ),
            ASKED,
        ),
        (
            "Go",
            go(
                "import \"os\"\nfunc env(name string) string { return os.Getenv(name) }\nfunc main() { println(env(\"PORT\")) }",
            ),
            ASKED,
        ),
        (
            "Ruby",
            given("LEDGER_URL")
                + "-- service.shop/Dockerfile\nFROM ruby:3.4\n-- service.shop/main.rb\nputs ENV['PORT'], ENV.fetch('HOST', 'x')\n",
            ASKED,
        ),
        (
            "PHP",
            given("LEDGER_URL")
                + "-- service.shop/Dockerfile\nFROM php:8-cli\n-- service.shop/index.php\n<?php\necho getenv('PORT') . $_ENV['HOST'];\n",
            ASKED,
        ),
        (
            "an example of variables",
            js("require('http').createServer().listen(process.env.PORT)")
                + "-- service.shop/.env.example\nLEDGER_URL=http://localhost\n",
            ASKED,
        ),
        (
            "after it",
            js("require('http').createServer().listen(process.env.PORT)")
                .replace("    build: service.shop\n", "    build: service.shop\n    depends_on: [service.ledger]\n"),
            ASKED,
        ),
    ]);
}

/// Code that goes through all variables may take any; which, nobody knows.
#[test]
fn so_is_one_of_those_that_code_takes_all_of() {
    rows(&[
        ("given to a library whole", js("require('vendor').start(process.env)"), ASKED),
        ("JavaScript", js("for (const name of Object.keys(process.env)) console.log(name)"), ASKED),
        ("handed on", js("require('child_process').spawn('x', {env: {...process.env, A: '1'}})"), ASKED),
        ("Python", py("import os\nprint(dict(os.environ))"), ASKED),
        ("Python, by pairs", py("import os\nfor name, value in os.environ.items():\n    print(name)"), ASKED),
        ("Go", go("import \"os\"\nfunc main() { println(len(os.Environ())) }"), ASKED),
        (
            "Ruby",
            given("LEDGER_URL")
                + "-- service.shop/Dockerfile\nFROM ruby:3.4\n-- service.shop/main.rb\nENV.each { |name, value| puts name }\n",
            ASKED,
        ),
        (
            "those with a beginning",
            py(
                "import os\nfor name, value in os.environ.items():\n    if name.startswith('LEDGER_'):\n        print(value)",
            ),
            CALLS,
        ),
    ]);
}

/// A field that is declared and filled, and that nobody reads.
#[test]
fn so_is_one_that_code_keeps_and_nobody_reads() {
    let serve = "require('http').createServer().listen(env.PORT)";
    rows(&[
        (
            "a schema",
            js(&format!(
                "const z = require('zod');\nconst env = z.object({{PORT: z.string(), LEDGER_URL: z.string().min(1, 'LEDGER_URL is required')}}).parse(process.env);\n{serve}"
            )),
            ASKED,
        ),
        (
            "a schema, and its field is read",
            js(&format!(
                "const z = require('zod');\nconst env = z.object({{PORT: z.string(), LEDGER_URL: z.string()}}).parse(process.env);\n{serve};\nvendor.open(env.LEDGER_URL)"
            )),
            JOINED,
        ),
        (
            "a schema, and its field is taken out",
            js(&format!(
                "const z = require('zod');\nconst env = z.object({{PORT: z.string(), LEDGER_URL: z.string()}}).parse(process.env);\nconst {{LEDGER_URL}} = env;\n{serve};\nvendor.open(LEDGER_URL)"
            )),
            JOINED,
        ),
        (
            "a schema, and its field is asked for by name",
            js(&format!(
                "const z = require('zod');\nconst env = z.object({{PORT: z.string(), LEDGER_URL: z.string()}}).parse(process.env);\n{serve};\nvendor.open(env['LEDGER_URL'])"
            )),
            JOINED,
        ),
        (
            "settings of a class",
            py(
                "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    port: int\n    ledger_url: str = ''\nprint(Settings().port)",
            ),
            ASKED,
        ),
        (
            "a local of its name",
            js(
                "function go() { const {ledgerUrl} = vendor.settings(); vendor.open(1) }\nrequire('http').createServer(go).listen(1)",
            ),
            CALLS,
        ),
        (
            "a field of a class",
            js("class Settings { ledgerUrl = '' }\nrequire('http').createServer(new Settings().go).listen(1)"),
            ASKED,
        ),
        // A library takes it by the name that it is given under.
        ("given to a library", js("require('vendor').open({ledgerUrl: process.env.LEDGER_URL})"), JOINED),
    ]);
}

/// A library of the tree's names, and words that all have.
#[test]
fn a_library_is_told_by_whole_words() {
    let serve = "require('http').createServer().listen(process.env.PORT)";
    let package = |name: &str| format!("-- service.shop/package.json\n{{\"dependencies\": {{\"{name}\": \"1\"}}}}\n");
    rows(&[
        ("a word of its name", js(serve) + &package("@vendor/sledgers"), ASKED),
        ("the whole word", js(serve) + &package("@vendor/ledger"), CALLS),
        ("the beginning of a word", js(serve) + &package("ledgerclient"), CALLS),
        ("what all have", js(serve).replace("LEDGER_URL", "SERVICE_URL") + &package("service-kit"), ASKED),
        ("a short word", js(serve).replace("LEDGER_URL", "AI_URL") + &package("ai-kit"), CALLS),
        ("words run together", js(serve).replace("LEDGER_URL", "NEXTLEDGER_URL") + &package("next-ledger"), CALLS),
        (
            "Python's of a name",
            py("print(1)").replace("LEDGER_URL", "SPARK_MASTER") + "-- service.shop/requirements.txt\npyspark==4.0\n",
            CALLS,
        ),
        ("a short word in a longer one", js(serve).replace("LEDGER_URL", "AI_URL") + &package("aiken"), ASKED),
    ]);
}

#[test]
fn what_may_take_a_variable_without_its_name_leaves_the_edge() {
    let serve = "require('http').createServer().listen(process.env.PORT)";
    rows(&[
        ("asked for", js("fetch(process.env.LEDGER_URL)"), JOINED),
        (
            "a name that is put together",
            js("const of = (name) => process.env[name + '_URL'];\nconsole.log(of('A'))"),
            CALLS,
        ),
        (
            "put together without a sign",
            js("const of = (n, s) => process.env[`${n}${s}`];\nconsole.log(of('A', 'B'))"),
            CALLS,
        ),
        ("put together by a method", py("import os\nprint(os.getenv('-'.join(['A', 'B'])))"), CALLS),
        ("put together by a format", py("import os\nprint(os.environ.get('{}{}'.format('A', 'B')))"), CALLS),
        ("put together and looked up", py("import os\nprint(os.environ['a'.upper()])"), CALLS),
        ("a parameter of its name", py("def go(ledger_url):\n    print(1)\ngo(1)"), CALLS),
        (
            "put together elsewhere",
            js("const of = (name) => process.env[name];\nconst end = '_URL';\nconsole.log(of('x'), end)"),
            CALLS,
        ),
        (
            "another spelling",
            js(&format!("const settings = vendor();\nconsole.log(settings.ledgerUrl);\n{serve}")),
            CALLS,
        ),
        ("a script", js(serve) + "-- service.shop/start.sh\nexec node main.js --to \"$LEDGER_URL\"\n", CALLS),
        ("a template", js(serve) + "-- service.shop/site.conf.template\nproxy_pass ${LEDGER_URL};\n", JOINED),
        (
            "a command",
            js(serve).replace(
                "    build: service.shop\n",
                "    build: service.shop\n    command: sh -c 'node main.js $$LEDGER_URL'\n",
            ),
            CALLS,
        ),
        (
            "a library of the name",
            js(serve) + "-- service.shop/package.json\n{\"dependencies\": {\"ledger-client\": \"1\"}}\n",
            CALLS,
        ),
        ("an import of the name", js(&format!("const ledger = require('ledger-client');\n{serve}")), CALLS),
        ("another's image", js(serve).replace("node:22-alpine", "vendor/shop"), CALLS),
        ("no image of the tree", js(serve).replace(NODE, ""), CALLS),
        (
            "a language that is not followed",
            js(serve) + "-- service.shop/Main.scala\nobject Main extends App { }\n",
            CALLS,
        ),
        (
            "a module under another name that is not there",
            js(&format!("require('@/missing');\n{serve}"))
                + "-- service.shop/tsconfig.json\n{\"compilerOptions\": {\"paths\": {\"@/*\": [\"./src/*\"]}}}\n",
            LOST,
        ),
        // What is not there beside the file that imports it is a leftover: asked about.
        ("a file that is not there", js(&format!("require('./missing');\n{serve}")), LEFT),
        ("what libraries know", js(serve).replace("LEDGER_URL", "DATABASE_URL"), CALLS),
        ("of the service's name", js(serve).replace("LEDGER_URL", "SHOP_UPSTREAM"), CALLS),
        ("settings in settings", js(serve).replace("LEDGER_URL", "Ledger__Url"), CALLS),
        (
            "a prefix",
            py(
                "from pydantic_settings import BaseSettings, SettingsConfigDict\nclass Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='LEDGER_')\n    path: str\nprint(Settings().path)",
            ),
            CALLS,
        ),
        (
            "viper",
            go(
                "import \"github.com/spf13/viper\"\nfunc main() { viper.AutomaticEnv(); println(viper.GetString(\"port\")) }",
            ),
            CALLS,
        ),
        (
            "structures",
            go(
                "import \"github.com/kelseyhightower/envconfig\"\ntype S struct { Port int }\nfunc main() { var s S; envconfig.Process(\"\", &s); println(s.Port) }",
            ),
            CALLS,
        ),
        (
            "a tag's prefix",
            go(
                "import \"github.com/caarlos0/env/v11\"\ntype L struct { Path string `env:\"PATH\"` }\ntype S struct { L L `envPrefix:\"LEDGER_\"` }\nfunc main() { var s S; env.Parse(&s); println(s.L.Path) }",
            ),
            CALLS,
        ),
    ]);
}

/// A program of the JVM, with further files.
fn java(code: &str, files: &str) -> String {
    given("LEDGER_URL")
        + "-- service.shop/Dockerfile\nFROM gradle:8 AS build\nFROM eclipse-temurin:21-jre\n-- service.shop/src/main/java/a/App.java\npackage a;\n"
        + &format!("public class App {{ public static void main(String[] a) {{ {code} }} }}\n{files}")
}

#[test]
fn on_the_jvm_settings_take_variables_as_well() {
    let yml = |text: &str| format!("-- service.shop/src/main/resources/application.yml\n{text}\n");
    rows(&[
        ("nobody", java("", ""), ASKED),
        ("another setting", java("", &yml("books:\n  url: ${BOOKS_URL}")), ASKED),
        ("another variable", java("System.getenv(\"LEDGER_NAME\");", ""), ASKED),
        (
            "a driver that takes none",
            java("", "-- service.shop/pom.xml\n<artifactId>mysql-connector-j</artifactId>\n")
                .replace("LEDGER_URL", "MYSQL_HOST")
                .replace("http://service.ledger:80", "service.ledger"),
            ASKED,
        ),
        ("its name", java("System.getenv(\"LEDGER_URL\");", ""), JOINED),
        ("settings that name it", java("", &yml("a:\n  b: ${LEDGER_URL}")), JOINED),
        ("settings that name the setting", java("", &yml("a:\n  b: ${ledger.url}")), CALLS),
        ("settings that it takes the place of", java("", &yml("ledger:\n  url: none")), CALLS),
        ("all of them", java("System.getenv().forEach((k, v) -> System.out.println(k));", ""), ASKED),
        ("a name that is put together", java("environment.getProperty(\"ledger.\" + a[0]);", ""), CALLS),
        (
            "a class that is filled",
            java(
                "",
                "-- service.shop/src/main/java/a/Ledger.java\npackage a;\nimport org.springframework.boot.context.properties.ConfigurationProperties;\n@ConfigurationProperties(prefix = \"ledger\")\npublic class Ledger { private String url; public void setUrl(String url) { this.url = url; } }\n",
            ),
            CALLS,
        ),
        (
            "a library that fills interfaces",
            java(
                "",
                "-- service.shop/src/main/java/a/Ledger.java\npackage a;\nimport org.aeonbits.owner.Config;\npublic interface Ledger extends Config { String url(); }\n",
            ),
            CALLS,
        ),
        (
            "a library of its name",
            java("", "-- service.shop/pom.xml\n<artifactId>ledger-starter</artifactId>\n"),
            CALLS,
        ),
        (
            "a build of Gradle",
            java("", "-- service.shop/build.gradle\ndependencies { implementation 'acme:ledger-client:1' }\n"),
            CALLS,
        ),
    ]);
}
