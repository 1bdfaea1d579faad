//! What a constant or a field holds is a call only where something reads it: else it is a question.

use crate::outcome;
use hedgerow_scan::Class;

/// A tree of a service that is given the address of another one, and how much is known of its call: its class, or nothing.
fn class(files: &str) -> Option<Class> {
    let given = "-- k8s/shop.yaml\nkind: Deployment\nmetadata: {name: s-shop}\n\
                 spec: {template: {spec: {containers: [{name: a, image: x, env: [{name: LEDGER_URL, value: 'http://s-ledger:80'}]}]}}}\n";
    let given = if files.contains("s-ledger") { "" } else { given };
    let tree = format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- service.ledger/x.txt\n-- service.shop/Dockerfile\nFROM debian\nCOPY . .\n{given}{files}"
    );
    let found = outcome(&tree);
    let edge = found.edges.values().find(|edge| edge.callee == "service.ledger" && edge.caller == "service.shop");
    edge.map(hedgerow_scan::Edge::class)
}

#[test]
fn a_constant_that_nobody_reads_is_a_question() {
    let python = |settings: &str, main: &str| {
        format!("-- service.shop/settings.py\nimport os\n{settings}\n-- service.shop/main.py\n{main}\n")
    };
    let asked = "LEDGER_URL = os.environ['LEDGER_URL']";
    let class_ = "class Settings:\n    LEDGER_URL = os.environ['LEDGER_URL']\n    CART = 1";
    let filled = "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    LEDGER_URL: str = 'http://localhost:1'\n    CART: str = ''\nsettings = Settings()";
    let script = |settings: &str, main: &str| {
        format!(
            "-- service.shop/package.json\n{{\"main\": \"main.ts\"}}\n-- service.shop/conf.ts\n{settings}\n-- service.shop/main.ts\n{main}\n"
        )
    };
    let exported = "export const LEDGER_URL = process.env.LEDGER_URL;\nexport const CART = 1;";
    let mut wrong = Vec::new();
    for (what, files, is_call) in [
        ("nobody", python(asked, "import settings\nprint(settings.CART)"), false),
        (
            "a function of its own file",
            python(&format!("{asked}\ndef url():\n    return LEDGER_URL"), "import settings\nsettings.url()"),
            true,
        ),
        ("a member", python(asked, "import settings\nfetch(settings.LEDGER_URL)"), true),
        ("an import", python(asked, "from settings import LEDGER_URL\nfetch(LEDGER_URL)"), true),
        ("another name", python(asked, "from settings import LEDGER_URL as url\nfetch(url)"), true),
        ("a text", python(asked, "import settings\nfetch(getattr(settings, 'LEDGER_URL'))"), true),
        (
            "settings of a framework",
            python(asked, "from django.conf import settings\nfetch(settings.LEDGER_URL)"),
            true,
        ),
        (
            "another constant",
            python(&format!("{asked}\nBOOKS = LEDGER_URL + '/books'"), "import settings\nfetch(settings.BOOKS)"),
            true,
        ),
        ("nobody, of a class", python(class_, "from settings import Settings\nprint(Settings.CART)"), false),
        ("a class", python(class_, "from settings import Settings\nfetch(Settings.LEDGER_URL)"), true),
        ("an object", python(class_, "from settings import Settings\ns = Settings()\nfetch(s.LEDGER_URL)"), true),
        (
            "nobody, a field that is filled",
            python(filled, "from settings import settings\nprint(settings.CART)"),
            false,
        ),
        (
            "nobody, of another object",
            python(
                filled,
                "from settings import settings\nclass Order:\n    a: int = 1\ndef go(order: Order):\n    return order.dict()\ngo(Order())",
            ),
            false,
        ),
        (
            "nobody, of an answer",
            python(filled, "from settings import settings\nimport requests\nprint(requests.get('x').json())"),
            false,
        ),
        ("a field that is filled", python(filled, "from settings import settings\nfetch(settings.LEDGER_URL)"), true),
        (
            "a field by its name",
            python(filled, "from settings import settings\nfetch(getattr(settings, 'LEDGER_URL'))"),
            true,
        ),
        (
            "a field of a class below",
            python(
                &format!("{filled}\nclass More(Settings):\n    pass"),
                "from settings import More\nmore = More()\nfetch(more.LEDGER_URL)",
            ),
            true,
        ),
        (
            "its own class",
            python(
                &filled.replace(
                    "    CART: str = ''",
                    "    @property\n    def books(self):\n        return self.LEDGER_URL + '/books'",
                ),
                "from settings import settings\nfetch(settings.books)",
            ),
            true,
        ),
        ("all fields", python(filled, "from settings import settings\nstart(**settings.model_dump())"), true),
        (
            "all fields of what a function gives",
            python(
                &format!("{filled}\ndef get_settings():\n    return cached('x')"),
                "from settings import get_settings\nstart(get_settings().dict())",
            ),
            true,
        ),
        ("all fields of an object", python(filled, "from settings import settings as conf\nstart(conf.dict())"), true),
        ("a literal", python("LEDGER = 'http://s-ledger:80'", "import settings\nprint(settings.CART)"), false),
        (
            "a literal that is read",
            python("LEDGER = 'http://s-ledger:80'", "import settings\nfetch(settings.LEDGER)"),
            true,
        ),
        ("nobody, in TypeScript", script(exported, "import { CART } from './conf';\nconsole.log(CART);"), false),
        (
            "an import in TypeScript",
            script(exported, "import { LEDGER_URL } from './conf';\nlibrary(LEDGER_URL);"),
            true,
        ),
        ("all of the file", script(exported, "import * as conf from './conf';\nlibrary(conf.LEDGER_URL);"), true),
        (
            "a function that takes apart",
            script(
                "export const conf = { url: process.env.LEDGER_URL };",
                "import { conf } from './conf';\nconst { url } = conf;\nlibrary(url);",
            ),
            true,
        ),
    ] {
        let is_rule = class(&files).is_some_and(Class::is_rule);
        let is_asked = class(&files) == Some(Class::Candidate);
        if is_rule != is_call || is_asked == is_call {
            wrong.push(format!("{what}: {:?}", class(&files)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_first_value_of_a_field_that_nobody_reads_is_a_question() {
    let csharp = |main: &str| {
        format!(
            "-- service.shop/Shop.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"></Project>\n-- service.shop/Options.cs\nnamespace Shop; public class BooksOptions {{ \
             public string BaseUrl {{ get; set; }} = \"http://s-ledger:80\"; public int Timeout {{ get; set; }} = 5; }}\n\
             public class OtherOptions {{ public string BaseUrl {{ get; set; }} = \"http://example.com\"; }}\n-- service.shop/Program.cs\nusing Shop;\n{main}\n"
        )
    };
    let java = |field: &str, main: &str| {
        format!(
            "-- service.shop/src/main/java/shop/Props.java\npackage shop;\n@Data\npublic class Props {{ {field} private int a = 1; }}\n\
             -- service.shop/src/main/java/shop/Main.java\npackage shop;\npublic class Main {{ public static void main(String[] a) {{ Props p = new Props(); {main} }} }}\n"
        )
    };
    let field = "private String booksUrl = \"http://s-ledger:80\";";
    let fixed = "static final String BOOKS = System.getenv(\"LEDGER_URL\");";
    let mut wrong = Vec::new();
    for (what, files, is_call) in [
        ("nobody", csharp("var o = new BooksOptions(); Console.WriteLine(o.Timeout);"), false),
        (
            "another's",
            csharp(
                "var o = new BooksOptions(); Console.WriteLine(o.Timeout); var x = new OtherOptions(); Use(x.BaseUrl);",
            ),
            false,
        ),
        ("somebody", csharp("var o = new BooksOptions(); Use(o.BaseUrl);"), true),
        (
            "a client",
            csharp(
                "var o = new BooksOptions(); var c = new HttpClient { BaseAddress = new Uri(o.BaseUrl) }; await c.GetAsync(\"x\");",
            ),
            true,
        ),
        ("a key", csharp("var o = new BooksOptions(); Use(config[\"Books:BaseUrl\"]);"), true),
        ("nobody, in Java", java(field, "System.out.println(p.getA());"), false),
        ("an accessor that Lombok makes", java(field, "use(p.getBooksUrl());"), true),
        ("a constant of Java", java(fixed, "use(Props.BOOKS);"), true),
        ("a constant of Java that nobody reads", java(fixed, "System.out.println(p.getA());"), false),
    ] {
        let is_rule = class(&files).is_some_and(Class::is_rule);
        let is_asked = class(&files) == Some(Class::Candidate);
        if is_rule != is_call || is_asked == is_call {
            wrong.push(format!("{what}: {:?}", class(&files)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_field_that_leads_to_a_store_is_read_by_who_takes_it() {
    let tree = |main: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{}}\n-- service.redis/x.txt\n-- docker-compose.yml\nservices: {{service.redis: {{image: 'redis:7'}}, service.shop: {{image: x, environment: {{REDIS_URL: 'redis://service.redis:6379'}}}}}}\n\
                 -- service.shop/Dockerfile\nFROM debian\nCOPY . .\n-- service.shop/conf.py\nfrom pydantic import BaseSettings\nclass Settings(BaseSettings):\n    REDIS_URL: str = 'redis://localhost:6379'\nsettings = Settings()\n\
                 -- service.shop/main.py\nfrom conf import settings\n{main}\n"
        )
    };
    for (main, is_call) in [("print(1)", false), ("connect(settings.REDIS_URL)", true)] {
        let found = outcome(&tree(main));
        let is_rule = |edge: &hedgerow_scan::Edge| edge.callee == "service.redis" && edge.class().is_rule();
        assert_eq!(found.edges.values().any(is_rule), is_call, "{main}");
        assert_eq!(
            found.findings.iter().any(|one| one.callees.contains("service.redis")),
            !is_call,
            "{main}: {:?}",
            found.findings
        );
    }
}

#[test]
fn what_leads_to_a_store_libraries_ask_for_as_well() {
    let literal = "-- hedgerow.yaml\nscan: {}\n-- service.redis/x.txt\n-- docker-compose.yml\nservices: {service.redis: {image: 'redis:7'}}\n-- service.shop/Dockerfile\nFROM debian\nCOPY . .\n\
                   -- service.shop/settings.py\nREDIS = 'redis://service.redis:6379'\n-- service.shop/main.py\nimport settings\n";
    let found = outcome(literal);
    assert!(found.edges.values().any(|edge| edge.callee == "service.redis" && edge.class().is_rule()));
    let tree = "-- hedgerow.yaml\nscan: {}\n-- service.redis/x.txt\n-- service.shop/settings.py\nimport os\nREDIS_URL = os.environ['REDIS_URL']\n-- service.shop/main.py\nimport settings\n\
                -- docker-compose.yml\nservices: {service.redis: {image: 'redis:7'}, service.shop: {image: x, environment: {REDIS_URL: 'redis://service.redis:6379'}}}\n";
    let found = outcome(tree);
    assert!(found.edges.values().any(|edge| edge.callee == "service.redis" && edge.class().is_rule()));
}

#[test]
fn a_client_that_is_registered_and_that_nothing_takes_is_a_question() {
    let program = |registered: &str, more: &str| {
        format!(
            "-- service.shop/Shop.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"></Project>\n-- service.shop/Books.cs\nnamespace Shop;\npublic interface IBooks {{ Task<string> Get(); }}\n\
             public class Books : IBooks {{ private readonly HttpClient http; public Books(HttpClient http) {{ this.http = http; }} public async Task<string> Get() {{ return await http.GetStringAsync(\"/books\"); }} }}\n\
             [ApiController] public class HomeController : ControllerBase {{ {more} }}\n\
             -- service.shop/Program.cs\nusing Shop;\nvar builder = WebApplication.CreateBuilder(args);\nbuilder.Services.AddControllers();\nbuilder.Services.{registered};\nbuilder.Build().Run();\n"
        )
    };
    let set = "c => c.BaseAddress = new Uri(\"http://s-ledger:80\")";
    let takes = |name: &str| {
        format!(
            "private readonly {name} books; public HomeController({name} books) {{ this.books = books; }} [HttpGet] public async Task<string> Go() => await books.Get();"
        )
    };
    let makes = "private readonly IHttpClientFactory all; public HomeController(IHttpClientFactory all) { this.all = all; } [HttpGet] public async Task<string> Go() => await all.CreateClient(\"books\").GetStringAsync(\"/x\");";
    let mut wrong = Vec::new();
    for (what, files, is_call) in [
        ("a class that nobody takes", program(&format!("AddHttpClient<IBooks, Books>({set})"), ""), false),
        (
            "a class that a controller takes",
            program(&format!("AddHttpClient<IBooks, Books>({set})"), &takes("IBooks")),
            true,
        ),
        ("a class alone", program(&format!("AddHttpClient<Books>({set})"), ""), false),
        ("a class alone that is taken", program(&format!("AddHttpClient<Books>({set})"), &takes("Books")), true),
        ("set up behind", program(&format!("AddHttpClient<IBooks, Books>().ConfigureHttpClient({set})"), ""), false),
        (
            "set up behind and taken",
            program(&format!("AddHttpClient<IBooks, Books>().ConfigureHttpClient({set})"), &takes("IBooks")),
            true,
        ),
        ("a name that nobody asks for", program(&format!("AddHttpClient(\"books\", {set})"), ""), false),
        ("a name that a controller asks for", program(&format!("AddHttpClient(\"books\", {set})"), makes), true),
        ("a class of a library", program(&format!("AddHttpClient<Bank.Client>({set})"), ""), true),
    ] {
        let is_rule = class(&files).is_some_and(Class::is_rule);
        let is_asked = class(&files) == Some(Class::Candidate);
        if is_rule != is_call || is_asked == is_call {
            wrong.push(format!("{what}: {:?}", class(&files)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_package_that_takes_no_variables_brings_none() {
    let image = "-- k8s/shop.yaml\nkind: Deployment\nmetadata: {name: s-shop}\n\
                 spec: {template: {spec: {containers: [{name: a, image: x, env: [{name: REDIS_URL, value: 'redis://s-redis:6379'}]}]}}}\n\
                 -- k8s/redis.yaml\nkind: Deployment\nmetadata: {name: s-redis}\nspec: {template: {spec: {containers: [{name: a, image: 'redis:7'}]}}}\n";
    let tree = |package: &str, code: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{}}\n-- service.redis/x.txt\n-- service.shop/Dockerfile\nFROM debian\nCOPY . .\n{image}-- service.shop/{package}\n{code}"
        )
    };
    let python = "-- service.shop/main.py\nprint(1)\n";
    let js = "-- service.shop/main.js\nconsole.log(1)\n";
    let mut wrong = Vec::new();
    for (what, files, is_call) in [
        ("a client", tree("requirements.txt\nredis==5.0.1\nfastapi>=0.1", python), false),
        ("two clients", tree("requirements.txt\nhiredis\naioredis ~= 2.0 ; python_version > '3'", python), false),
        (
            "of a project",
            tree("pyproject.toml\n[project]\ndependencies = [\"redis>=5\", \"psycopg2-binary\"]", python),
            false,
        ),
        ("of Node", tree("package.json\n{\"main\": \"main.js\", \"dependencies\": {\"ioredis\": \"5\"}}", js), false),
        ("what takes it", tree("requirements.txt\nflask-redis==0.4", python), true),
        (
            "what takes it, of Node",
            tree("package.json\n{\"main\": \"main.js\", \"dependencies\": {\"rate-limit-redis\": \"5\"}}", js),
            true,
        ),
        ("of Ruby", tree("Gemfile\ngem 'redis'", "-- service.shop/config.ru\nputs 1\n"), true),
        ("nothing of it", tree("requirements.txt\nfastapi", python), false),
        (
            "code",
            tree(
                "requirements.txt\nredis==5.0.1",
                "-- service.shop/main.py\nimport os\nprint(os.environ['REDIS_URL'])\n",
            ),
            true,
        ),
    ] {
        let found = outcome(&files);
        let edge = found.edges.values().find(|edge| edge.callee == "service.redis" && edge.caller == "service.shop");
        let Some(class) = edge.map(hedgerow_scan::Edge::class) else {
            wrong.push(format!("{what}: nothing"));
            continue;
        };
        if class.is_rule() != is_call {
            wrong.push(format!("{what}: {class:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
