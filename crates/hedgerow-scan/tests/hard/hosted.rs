//! Deploys that code describes (Aspire's AppHost): what it gives to whom, and that all programs run on one machine.

use crate::silent::asks;
use crate::{outcome, summary};

/// A program that calls what its settings say, one that is called, and a host with these statements.
fn fleet(url: &str, statements: &str, files: &str) -> String {
    format!(
        "-- service.emoji/Emoji.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"></Project>\n\
         -- service.emoji/Program.cs\nvar builder = WebApplication.CreateBuilder(args);\nawait new HttpClient().GetAsync(builder.Configuration[\"Ledger:Url\"]);\n\
         -- service.emoji/appsettings.json\n{{\"Ledger\": {{\"Url\": \"{url}\"}}}}\n\
         -- service.ledger/Ledger.Api.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"></Project>\n\
         -- host/Host.cs\nvar builder = DistributedApplication.CreateBuilder(args);\nvar emoji = builder.AddProject<Projects.Emoji>(\"emoji-api\");\n{statements}\nbuilder.Build().Run();\n{files}"
    )
}

#[track_caller]
fn rows(rows: &[(&str, String, &[&str])]) {
    let mut wrong = Vec::new();
    for (what, tree, expected) in rows {
        let found = summary(&outcome(tree));
        if found != *expected {
            wrong.push(format!("{what}: found {found:?}, expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

const AT: &str = "http://localhost:7010/";
const LEDGER: &str = "builder.AddProject<Projects.Ledger_Api>(\"books\")";
const JOINED: &[&str] = &["emoji -> ledger joined"];

#[test]
fn a_port_of_the_machine_is_the_service_that_the_host_gives_it() {
    let of = |statements: &str| fleet(AT, statements, "");
    let with = |call: &str| of(&format!("{LEDGER}{call};"));
    let launch = |text: &str| {
        fleet(AT, &format!("{LEDGER};"), &format!("-- service.ledger/Properties/launchSettings.json\n{text}\n"))
    };
    let own = "static IResourceBuilder<ProjectResource> AddOne<T>(IDistributedApplicationBuilder builder, int port, string prefix, string suffix = \"Api\") where T : IProjectMetadata, new()\n{\n    var made = builder.AddProject<T>($\"{prefix}{suffix}\").WithHttpEndpoint(port: port);\n    return made;\n}\n";
    let extension = "public static class Ext { public static IResourceBuilder<ProjectResource> At(this IResourceBuilder<ProjectResource> of, int port) => of.WithHttpEndpoint(port); }\n";
    rows(&[
        ("by name", with(".WithHttpEndpoint(port: 7010, name: \"x\")"), JOINED),
        ("by place", with(".WithHttpEndpoint(7010)"), JOINED),
        ("both ports", with(".WithEndpoint(7010, 80, name: \"x\", isProxied: false)"), JOINED),
        ("in another order", with(".WithEndpoint(targetPort: 80, port: 7010)"), JOINED),
        ("set", with(".WithEndpoint(\"http\", e => { e.Port = 7010; e.IsProxied = false; })"), JOINED),
        (
            "set by a constant",
            of(&format!("const int At = 7010;\n{LEDGER}.WithEndpoint(\"http\", e => e.Port = At);")),
            JOINED,
        ),
        ("behind others", with(".WithExternalHttpEndpoints().WithReplicas(2).WithHttpsEndpoint(7010)"), JOINED),
        ("a constant", of(&format!("const int At = 7010;\n{LEDGER}.WithHttpEndpoint(At);")), JOINED),
        (
            "of the host",
            fleet("http://host.docker.internal:7010", &format!("{LEDGER}.WithHttpEndpoint(7010);"), ""),
            JOINED,
        ),
        ("by a number", fleet("http://127.0.0.1:7010", &format!("{LEDGER}.WithHttpEndpoint(7010);"), ""), JOINED),
        (
            "a function of the file",
            of(&format!(
                "AddOne<Projects.Ledger_Api>(builder: builder, prefix: \"Books\", port: 7010).WithExternalHttpEndpoints();\n{own}"
            )),
            JOINED,
        ),
        ("a method of the file", with(&format!(".At(7010);\n{extension}")), JOINED),
        (
            "a loop",
            of(
                "foreach (var one in new[] { builder.AddProject<Projects.Ledger_Api>(\"books\") }) { one.WithHttpEndpoint(7010); }",
            ),
            JOINED,
        ),
        (
            "its own settings",
            launch(
                "{\"profiles\": {\"x\": {\"commandName\": \"Project\", \"applicationUrl\": \"https://localhost:7011;http://localhost:7010\"}}}",
            ),
            JOINED,
        ),
        // Not the port that is called.
        ("inside", with(".WithHttpEndpoint(targetPort: 7010)"), &[]),
        ("a count", with(".WithReplicas(7010)"), &[]),
        ("another one", with(".WithHttpEndpoint(7012)"), &[]),
        (
            "of two",
            of(&format!(
                "{LEDGER}.WithHttpEndpoint(7010);\nbuilder.AddProject<Projects.Other>(\"service.other\").WithHttpEndpoint(7010);"
            )) + "-- service.other/x.txt\n",
            &[],
        ),
        (
            "of something else that runs it",
            launch(
                "{\"iisSettings\": {\"iisExpress\": {\"applicationUrl\": \"http://localhost:7010\"}}, \"profiles\": {\"IIS\": {\"commandName\": \"IISExpress\"}}}",
            ),
            &[],
        ),
        // In a container `localhost` is the container.
        (
            "in containers",
            with(".WithHttpEndpoint(7010)")
                + "-- compose.yaml\nservices:\n  service.emoji: {environment: [A=b]}\n  service.ledger: {}\n",
            &[],
        ),
    ]);
}

#[test]
fn the_machine_is_everybodys_in_each_language() {
    let host = |run: &str| {
        format!(
            "-- host/Host.cs\nvar builder = DistributedApplication.CreateBuilder(args);\n{run};\n{LEDGER}.WithHttpEndpoint(7010);\n-- service.ledger/Ledger.Api.csproj\n<Project></Project>\n"
        )
    };
    let proven = &["emoji -> ledger proven"];
    rows(&[
        (
            "JavaScript",
            host("builder.AddNpmApp(\"service.emoji\", \"../service.emoji\")")
                + "-- service.emoji/main.js\nfetch('http://localhost:7010/x')\n",
            proven,
        ),
        (
            "Python",
            host("builder.AddPythonApp(\"service.emoji\", \"../service.emoji\", \"main.py\")")
                + "-- service.emoji/main.py\nimport requests\nrequests.get('http://localhost:7010/x')\n",
            proven,
        ),
        (
            "Go",
            host("builder.AddExecutable(\"service.emoji\", \"go\", \".\")")
                + "-- service.emoji/main.go\npackage main\nimport \"net/http\"\nfunc main() { http.Get(\"http://localhost:7010/x\") }\n",
            proven,
        ),
        (
            "nobody's host",
            "-- service.ledger/x.txt\n-- service.emoji/main.js\nfetch('http://localhost:7010/x')\n".to_owned(),
            &[],
        ),
    ]);
}

#[test]
fn a_machine_is_that_of_those_whom_one_host_runs() {
    let of = |run: &str, files: &str| {
        format!(
            "-- service.ledger/Ledger.Api.csproj\n<Project></Project>\n\
             -- host/Host.cs\nvar builder = DistributedApplication.CreateBuilder(args);\n{LEDGER}.WithHttpEndpoint(7010);\n{run}\n{files}"
        )
    };
    let python = "-- service.emoji/main.py\nimport requests\nrequests.get('http://localhost:7010/x')\n";
    let net = "-- service.emoji/Emoji.csproj\n<Project></Project>\n-- service.emoji/Program.cs\nawait new HttpClient().GetAsync(\"http://localhost:7010/x\");\n";
    let other = |statements: &str| {
        format!(
            "{net}-- other/Other.csproj\n<Project></Project>\n-- other/Other.cs\nvar builder = DistributedApplication.CreateBuilder(args);\n{statements}\n"
        )
    };
    let emoji = "builder.AddProject<Projects.Emoji>(\"emoji\");";
    let proven: &[&str] = &["emoji -> ledger proven"];
    let lib = "-- host/Host.csproj\n<Project><ProjectReference Include=\"..\\other\\Other.csproj\" /></Project>\n";
    rows(&[
        ("by its directory", of("builder.AddNpmApp(\"ui\", \"../service.emoji\");", python), proven),
        ("by a directory in it", of("builder.AddViteApp(\"ui\", @\"..\\service.emoji\\ui\");", python), proven),
        (
            "by name",
            of("builder.AddExecutable(\"ui\", \"python\", workingDirectory: \"../service.emoji\");", python),
            proven,
        ),
        ("by its project's file", of("builder.AddProject(\"ui\", \"../service.emoji/Emoji.csproj\");", net), proven),
        ("by two hosts", of(emoji, &other(emoji)), proven),
        ("by a part of the host", of("", &(other(emoji) + lib)), proven),
        // Nobody says that these run on the machine.
        ("not run", of("", python), &[]),
        ("not run, in settings", of("", "-- service.emoji/store.json\n{\"cache\": \"localhost:7010\"}\n"), &[]),
        ("in a container", of("builder.AddDockerfile(\"service.emoji\", \"../service.emoji\");", python), &[]),
        (
            "in a container that is given something",
            of("builder.AddDockerfile(\"service.emoji\", \"../service.emoji\").WithEnvironment(\"A\", \"b\");", python),
            &[],
        ),
        ("of another directory", of("builder.AddNpmApp(\"ui\", \"../service.other\");", python), &[]),
        ("by another host", of("", &other(emoji)), &[]),
        (
            "of two in two hosts",
            of(
                emoji,
                &(other(&format!("{emoji}\nbuilder.AddProject<Projects.Cart>(\"cart\").WithHttpEndpoint(7010);"))
                    + "-- service.cart/Cart.csproj\n<Project></Project>\n"),
            ),
            &[],
        ),
        (
            "beside something else in its pod",
            of("", python)
                + "-- k.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: service.emoji}\nspec: {template: {spec: {containers: [{name: a, image: x}, {name: b, image: y, ports: [{containerPort: 7010}]}]}}}\n",
            &[],
        ),
        (
            "in a container by another deploy",
            of("builder.AddNpmApp(\"service.emoji\", \"../service.emoji\");", python)
                + "-- compose.yaml\nservices:\n  service.emoji: {environment: [A=b]}\n",
            &[],
        ),
    ]);
}

#[test]
fn what_a_host_calls_a_resource_no_other_host_does() {
    let either: &[&str] =
        &["emoji -> cart wildcard", "emoji -> ledger wildcard", "unresolved-call service.emoji/Program.cs"];
    // Two programs of two hosts, each with an `api` of its own.
    let of = |first: &str, second: &str, files: &str| {
        let host = |name: &str, statements: &str| {
            format!(
                "-- {name}/{name}.csproj\n<Project></Project>\n-- {name}/Host.cs\nvar builder = DistributedApplication.CreateBuilder(args);\n{statements}\n"
            )
        };
        let service = |name: &str, project: &str| format!("-- service.{name}/{project}.csproj\n<Project></Project>\n");
        host("H1", first)
            + &host("H2", second)
            + &service("ledger", "Ledger")
            + &service("cart", "Cart")
            + &service("emoji", "Emoji")
            + files
    };
    let call = |url: &str| format!("-- service.emoji/Program.cs\nawait new HttpClient().GetAsync(\"{url}\");\n");
    let open = "-- service.emoji/Program.cs\nvar builder = WebApplication.CreateBuilder(args);\nawait new HttpClient().GetAsync(builder.Configuration[\"services:api:http:0\"]);\n";
    let api = |project: &str, call: &str| format!("var api = builder.AddProject<Projects.{project}>(\"api\"){call};");
    let emoji = "builder.AddProject<Projects.Emoji>(\"emoji\")";
    let with = |project: &str| format!("{}\n{emoji}.WithReference(api);", api(project, ""));
    let cart: &[&str] = &["emoji -> cart proven"];
    let ledger: &[&str] = &["emoji -> ledger proven"];
    let books = "-- service.emoji/Emoji.csproj\n<Project></Project>\n-- service.books/x.txt\n-- hedgerow.yaml\nscan: {candidate: ask, aliases: {service.books: [api]}}\n";
    let twice = "-- service.alt/Cart.csproj\n<Project></Project>\n";
    let refers = "-- H2/H2.csproj\n<Project><ProjectReference Include=\"..\\service.cart\\Cart.csproj\" /></Project>\n";
    rows(&[
        ("the second's", of(&api("Ledger", ""), &with("Cart"), &call("http://api/x")), cart),
        ("the first's", of(&with("Ledger"), &api("Cart", ""), &call("http://api/x")), ledger),
        ("a variable of the second's", of(&api("Ledger", ""), &with("Cart"), open), &["emoji -> cart joined"]),
        ("a variable of the first's", of(&with("Ledger"), &api("Cart", ""), open), &["emoji -> ledger joined"]),
        (
            "the second's, in containers",
            of(&api("Ledger", ""), &with("Cart"), &call("http://api/x"))
                + "-- compose.yaml\nservices:\n  service.emoji: {environment: [A=b]}\n",
            cart,
        ),
        ("of one alone", of("", &with("Cart"), &call("http://api/x")), cart),
        ("not an alias of another", of(&api("Cart", &format!(";{emoji}")), "", &(call("http://api/x") + books)), cart),
        (
            "a port of its own host's",
            of(
                &api("Ledger", &format!(".WithHttpEndpoint(7010);{emoji}")),
                &api("Cart", ".WithHttpEndpoint(7020)"),
                &call("http://localhost:7010/x"),
            ),
            ledger,
        ),
        (
            "a port of another host's",
            of(
                &api("Ledger", &format!(".WithHttpEndpoint(7010);{emoji}")),
                &api("Cart", ".WithHttpEndpoint(7020)"),
                &call("http://localhost:7020/x"),
            ),
            &[],
        ),
        (
            "of two projects of a name",
            twice.to_owned() + &of("", &with("Cart"), &(call("http://api/x") + refers)),
            cart,
        ),
        // Of two that it may be a question.
        ("nobody's host", of(&api("Ledger", ""), &api("Cart", ""), &call("http://api/x")), either),
        ("of both hosts", of(&with("Ledger"), &with("Cart"), &call("http://api/x")), either),
    ]);
}

#[test]
fn a_reference_gives_a_connection_under_its_own_name() {
    let main = |read: &str, host: &str| {
        format!(
            "-- service.emoji/Emoji.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"></Project>\n\
             -- service.emoji/Program.cs\nvar builder = WebApplication.CreateBuilder(args);\n{read}\n-- service.ledger/x.txt\n\
             -- host/Host.cs\nvar builder = DistributedApplication.CreateBuilder(args);\nvar books = builder.AddPostgres(\"service.ledger\").AddDatabase(\"books\");\nvar emoji = builder.AddProject<Projects.Emoji>(\"emoji-api\");\n{host}\n"
        )
    };
    let open = |name: &str| format!("new NpgsqlConnection(builder.Configuration.GetConnectionString(\"{name}\"));");
    rows(&[
        ("its own", main(&open("Main"), "emoji.WithReference(books, \"Main\");"), JOINED),
        ("by name", main(&open("Main"), "emoji.WithReference(source: books, connectionName: \"Main\");"), JOINED),
        ("in small letters", main(&open("main"), "emoji.WithReference(books, \"Main\");"), JOINED),
        ("the resource's", main(&open("books"), "emoji.WithReference(books);"), JOINED),
        ("another one", main(&open("books"), "emoji.WithReference(books, \"Main\");"), &["emoji -> ledger candidate"]),
        (
            "plain variables",
            main(
                "new NpgsqlConnection($\"Host={builder.Configuration[\"BOOKS_HOST\"]};Database=x\");",
                "emoji.WithReference(books);",
            ),
            JOINED,
        ),
        (
            "a list",
            main(
                &open("books"),
                "var all = new List<IResourceBuilder<ProjectResource>> { emoji };\nforeach (var one in all) one.WithReference(books);",
            ),
            JOINED,
        ),
        ("each", main(&open("books"), "new[] { emoji }.ToList().ForEach(one => one.WithReference(books));"), JOINED),
        (
            "set",
            main(
                "new NpgsqlConnection(builder.Configuration[\"DB\"]);",
                "emoji.WithEnvironment(context => { context.EnvironmentVariables[\"DB\"] = books.Resource.ConnectionStringExpression; });",
            ),
            JOINED,
        ),
        ("an order", main(&open("books"), "emoji.WaitFor(books);"), &[]),
    ]);
}

#[test]
fn what_a_program_has_no_client_for_is_asked_about() {
    let of = |packages: &str, files: &str| {
        format!(
            "-- service.emoji/Emoji.csproj\n<Project><ItemGroup>{packages}</ItemGroup></Project>\n-- service.emoji/Program.cs\nConsole.WriteLine(1);\n-- service.ledger/x.txt\n\
             -- host/Host.cs\nvar builder = DistributedApplication.CreateBuilder(args);\nbuilder.AddProject<Projects.Emoji>(\"emoji-api\").WithReference(builder.AddPostgres(\"service.ledger\").AddDatabase(\"books\"));\n{files}-- hedgerow.yaml\nscan: {{}}\n"
        )
    };
    let calls = vec!["emoji -> ledger addressed".to_owned()];
    let asked = vec!["emoji ? ledger".to_owned()];
    let lib =
        "-- lib/Lib.csproj\n<Project><PackageReference Include=\"Acme.EntityFrameworkCore.PostgreSql\" /></Project>\n";
    for (tree, expected) in [
        (of("<PackageReference Include=\"Npgsql\" />", ""), &calls),
        (of("<ProjectReference Include=\"..\\lib\\Lib.csproj\" />", lib), &calls),
        (of("", "-- Directory.Build.props\n<Project><PackageReference Include=\"Npgsql\" /></Project>\n"), &calls),
        // What a project brings that is not in the tree nobody knows.
        (of("<ProjectReference Include=\"..\\gone\\Gone.csproj\" />", ""), &calls),
        (of("<PackageReference Include=\"StackExchange.Redis\" />", ""), &asked),
        (of("<PackageReference Include=\"Dapper\" />", lib), &asked),
    ] {
        assert_eq!(asks(&tree), *expected, "{tree}");
    }
}

#[test]
fn what_browsers_are_told_in_a_part_that_code_asks_for_is_no_call() {
    let of = |setting: &str| {
        format!(
            "-- service.emoji/Emoji.csproj\n<Project></Project>\n-- service.emoji/Program.cs\nvar builder = WebApplication.CreateBuilder(args);\nvar app = builder.Configuration.GetSection(\"App\");\nbuilder.Services.Configure<AppOptions>(app);\n\
             -- service.emoji/appsettings.json\n{{\"App\": {setting}}}\n-- service.ledger/x.txt\n"
        )
    };
    rows(&[
        ("called", of("{\"Ledger\": \"http://s-ledger\"}"), JOINED),
        ("let in", of("{\"CorsOrigins\": [\"http://s-ledger\"]}"), &[]),
        ("let in", of("{\"Cors\": {\"Ledger\": \"http://s-ledger\"}}"), &[]),
        ("sent there", of("{\"Clients\": {\"Web\": {\"RootUrls\": [\"http://s-ledger\"]}}}"), &[]),
        ("sent there", of("{\"RedirectUri\": \"http://s-ledger/back\"}"), &[]),
        ("let in", of("{\"ClientOrigin\": \"http://s-ledger\"}"), &[]),
        ("let in", of("{\"Web\": {\"Origin\": {\"Url\": \"http://s-ledger\"}}}"), &[]),
        ("called", of("{\"Proxy\": {\"Origin\": \"http://s-ledger\"}}"), JOINED),
    ]);
}

#[test]
fn a_port_that_is_let_in_shown_or_tried_by_people_is_no_call() {
    let of = |main: &str, files: &str| {
        format!(
            "-- service.emoji/Emoji.csproj\n<Project></Project>\n-- service.emoji/Program.cs\nvar builder = WebApplication.CreateBuilder(args);\n{main}\n{files}\
             -- service.ledger/Ledger.Api.csproj\n<Project></Project>\n\
             -- host/Host.cs\nvar builder = DistributedApplication.CreateBuilder(args);\nbuilder.AddProject<Projects.Emoji>(\"emoji-api\");\n{LEDGER}.WithHttpEndpoint(7010);\n-- hedgerow.yaml\nscan: {{}}\n"
        )
    };
    let cors = "builder.Services.AddCors(o => o.AddDefaultPolicy(p => p.WithOrigins(\"http://localhost:7010\", \"http://localhost:7011\").AllowAnyHeader()));";
    let db = |text: &str| {
        of("", "").replace("(\"emoji-api\")", &format!("(\"emoji-api\").WithEnvironment(\"DB\", \"{text}\")"))
    };
    for (tree, is_edge) in [
        (db("127.0.0.1:7010"), true),
        (of("", "-- service.emoji/store.json\n{\"cache\": \"localhost:7010,defaultDatabase=3\"}\n"), true),
        (db("Host=localhost;Port=7010;Database=x"), true),
        (db("Host=localhost;Port=7012;Database=x"), false),
        (of("", "-- service.emoji/store.json\n{\"cors\": \"http://localhost:7010\"}\n"), false),
        (of(cors, ""), false),
        (of("", "-- service.emoji/try.http\nGET http://localhost:7010/books\n"), false),
        (of("", "-- service.ledger/own.json\n{\"url\": \"http://localhost:7010\"}\n"), false),
    ] {
        let found = asks(&tree);
        assert_eq!(found.iter().any(|line| line == "emoji -> ledger addressed"), is_edge, "{tree}\n{found:?}");
        assert!(is_edge || found.iter().all(|line| !line.contains(" -> ")), "{tree}\n{found:?}");
    }
}

#[test]
fn what_code_writes_down_for_browsers_is_asked_about() {
    for (path, text) in [
        ("main.js", "const cors = require('cors')\napp.use(cors({origin: ['http://s-ledger:8080']}))\n"),
        ("main.js", "const options = {origin: 'http://s-ledger:8080'}\napp.use(cors(options))\n"),
        ("main.js", "app.enableCors({origin: ['http://s-ledger:8080', 'http://x']})\n"),
        ("main.js", "new Server(app, {cors: {origin: 'http://s-ledger:8080'}})\n"),
        ("main.js", "answer.header('Access-Control-Allow-Origin', 'http://s-ledger:8080')\n"),
        ("main.js", "login({redirectUri: 'http://s-ledger/back'})\n"),
        ("main.js", "const allowedOrigins = ['http://s-ledger:8080']\napp.use(cors({origin: allowedOrigins}))\n"),
        (
            "main.js",
            "const allowed = (process.env.CORS_ALLOWED_ORIGINS ?? 'http://s-ledger:8080').split(',').map((o) => o.trim())\napp.use(cors({origin: allowed}))\n",
        ),
        ("main.js", "const all = process.env.ALLOWED_ORIGINS || 'http://s-ledger:8080'\nconsole.log(all)\n"),
        ("main.py", "import os\nORIGINS = os.getenv('CORS_ORIGINS', 'http://s-ledger').split(',')\n"),
        ("main.py", "import os\nallowed = os.environ.get('ALLOWED_ORIGINS') or 'http://s-ledger'\nprint(allowed)\n"),
        ("main.py", "import os\nallowed = os.environ['CORS'] or 'http://s-ledger'\nprint(allowed)\n"),
        ("main.py", "app.add_middleware(CORSMiddleware, allow_origins=['http://s-ledger'])\n"),
        ("main.go", "package main\nfunc main() { handlers.AllowedOrigins([]string{\"http://s-ledger\"}) }\n"),
        ("main.go", "package main\nfunc main() { c := x.New(); c.AllowOrigins = []string{\"http://s-ledger\"} }\n"),
        (
            "A.java",
            "public class A { public static void main(String[] a) { c.setAllowedOrigins(List.of(\"http://s-ledger\")); } }\n",
        ),
    ] {
        let found =
            asks(&format!("-- service.emoji/{path}\n{text}-- service.ledger/x.txt\n-- hedgerow.yaml\nscan: {{}}\n"));
        assert_eq!(found, ["emoji ? ledger"], "{text}");
    }
    // What is tried there is called.
    for (path, text) in [
        ("main.js", "client.open({base: 'http://s-ledger:8080'})\n"),
        ("main.js", "app.get('/callback', () => { client.open('http://s-ledger:8080') })\n"),
        ("main.py", "client.open(url='http://s-ledger')\n"),
        ("main.js", "const url = process.env.LEDGER ?? 'http://s-ledger:8080'\nclient.open(url)\n"),
        ("main.py", "import os\nURL = os.getenv('LEDGER', 'http://s-ledger')\nclient.open(URL)\n"),
        ("main.js", "const origins = ['http://x']\nconst url = 'http://s-ledger:8080'\nclient.open(url)\n"),
        // A proxy's origin is whom it asks.
        ("main.js", "client.open({origin: 'http://s-ledger:8080'})\n"),
        ("main.js", "const callback = 1; client.open({origin: 'http://s-ledger:8080'})\n"),
        (
            "main.js",
            "f({origins: ['http://x']}, () => 1); client.open({origin: 'http://s-ledger:8080', redirect: 'http://x'})\n",
        ),
        ("main.py", "client.open(origin='http://s-ledger')\n"),
    ] {
        let found =
            asks(&format!("-- service.emoji/{path}\n{text}-- service.ledger/x.txt\n-- hedgerow.yaml\nscan: {{}}\n"));
        assert_eq!(found, ["emoji -> ledger addressed"], "{text}");
    }
}

/// What stands around addresses is read once for a function, and not for each of them.
#[test]
fn many_addresses_in_one_list_end_in_an_answer() {
    let list = "  'http://s-ledger:8080',\n".repeat(20_000);
    let tree = format!(
        "-- service.emoji/main.js\nclient.open([\n{list}])\n-- service.ledger/x.txt\n-- hedgerow.yaml\nscan: {{}}\n"
    );
    assert!(crate::outcome_once(&tree).edges.len() == 1);
}

#[test]
fn json_beside_a_project_is_its_settings() {
    let of = |project: &str, path: &str, text: &str| {
        format!(
            "-- service.emoji/{project}\n<Project></Project>\n-- service.emoji/Program.cs\nvar builder = WebApplication.CreateBuilder(args);\nbuilder.Configuration.AddJsonFile(\"{path}\", optional: true);\n\
             await new HttpClient().GetAsync(builder.Configuration[\"Ledger:Url\"]);\n-- service.emoji/{path}\n{text}\n-- service.ledger/x.txt\n"
        )
    };
    let url = "{\"Ledger\": {\"Url\": \"http://s-ledger\"}}";
    let cluster =
        "{\"ReverseProxy\": {\"Clusters\": {\"a\": {\"Destinations\": {\"b\": {\"Address\": \"http://s-ledger\"}}}}}}";
    let bearer = "{\"Authentication\": {\"Schemes\": {\"Bearer\": {\"Authority\": \"http://s-ledger\"}}}}";
    for (tree, is_settings) in [
        (of("Emoji.csproj", "routes.json", url), true),
        (of("Emoji.csproj", "gateway.Development.json", url), true),
        (of("Emoji.csproj", "clusters.json", cluster), true),
        (of("Emoji.csproj", "appsettings.json", bearer), true),
        (of("Emoji.csproj", "package.json", url), false),
        (of("Emoji.csproj", "emoji.deps.json", url), false),
        (of("src/Emoji.csproj", "routes.json", url), false),
    ] {
        let found = summary(&outcome(&tree));
        assert_eq!(found.contains(&JOINED[0].to_owned()), is_settings, "{tree}\n{found:?}");
    }
}

#[test]
fn modules_that_a_programs_module_depends_on_are_reached() {
    let of = |depends: &str| {
        format!(
            "-- service.emoji/Emoji.csproj\n<Project><ItemGroup><ProjectReference Include=\"..\\lib\\Lib.csproj\" /></ItemGroup></Project>\n\
             -- service.emoji/Program.cs\nusing Bank;\nvar builder = WebApplication.CreateBuilder(args);\nawait builder.AddApplicationAsync<EmojiModule>();\n\
             -- service.emoji/EmojiModule.cs\nusing Bank.Lib;\nnamespace Bank;\n[DependsOn({depends})]\npublic class EmojiModule : AbpModule {{ public override void ConfigureServices(ServiceConfigurationContext context) {{ }} }}\n\
             -- service.ledger/x.txt\n\
             -- lib/Lib.csproj\n<Project></Project>\n-- lib/Modules.cs\nnamespace Bank.Lib;\n[DependsOn(typeof(InnerModule))] public class LibModule : AbpModule {{ }}\n\
             -- lib/InnerModule.cs\nnamespace Bank.Lib;\n\
             public class InnerModule : AbpModule {{ public override void ConfigureServices(ServiceConfigurationContext context) {{ new HttpClient().GetAsync(\"http://s-ledger/x\"); }} }}\n"
        )
    };
    let proven: &[&str] = &["emoji -> ledger proven"];
    rows(&[
        ("through another", of("typeof(LibModule)"), proven),
        ("among others", of("typeof(AbpAutofacModule), typeof(LibModule)"), proven),
        ("itself", of("typeof(InnerModule)"), proven),
        ("nothing", of("typeof(AbpAutofacModule)").replace("using Bank.Lib;\n", ""), &[]),
    ]);
}

#[test]
fn a_host_lists_what_it_gives_one_by_one_and_where() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let mut tree = "-- service.emoji/Emoji.csproj\n<Project></Project>\n-- service.emoji/Program.cs\nConsole.WriteLine(1);\n-- hedgerow.yaml\nscan: {}\n".to_owned();
    let mut host = "-- host/Host.cs\nvar builder = DistributedApplication.CreateBuilder(args);\nvar emoji = builder.AddProject<Projects.Emoji>(\"emoji-api\");\n".to_owned();
    for name in names {
        tree += &format!("-- service.{name}/x.txt\n");
        host += &format!("emoji.WithReference(builder.AddContainer(\"service.{name}\", \"image\"));\n");
    }
    let found = outcome(&(tree + &host));
    assert_eq!(summary(&found), names.map(|name| format!("emoji -> {name} addressed")));
    for edge in found.edges.values() {
        let place = &edge.evidence[0].place;
        let text = &host["-- host/Host.cs\n".len()..][place.range.start as usize..place.range.end as usize];
        assert!(place.path == "host/Host.cs" && text.starts_with("emoji.WithReference("), "{text}");
        assert!(text.contains(&edge.callee), "{text}");
    }
}

#[test]
fn a_host_that_is_deep_or_calls_itself_is_read_to_a_depth() {
    let chain = format!("{LEDGER}{}.WithHttpEndpoint(7010);", ".WithReplicas(1)".repeat(600));
    let nested = format!("One({}{});", "One(".repeat(600), ")".repeat(600));
    let own = "static object One(object a) { return One(One(a)); }\nstatic void Two(object a) { new[] { a, a, a }.ToList().ForEach(b => Two(b)); foreach (var c in new[] { a, a }) { Two(c); } }\n";
    let all = format!("{chain}\n{nested}\nTwo(emoji);\n{own}{LEDGER}.WithHttpEndpoint(7010);");
    let tree =
        fleet(AT, &all, "-- service.host/Host.csproj\n<Project></Project>\n").replace("-- host/", "-- service.host/");
    // What comes too late to be read is told.
    let found = outcome(&tree);
    assert!(found.findings.iter().any(|finding| finding.code.as_str() == "unparsed-code"), "{:?}", found.findings);
}
