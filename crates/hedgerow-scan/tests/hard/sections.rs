//! Settings of .NET with addresses under paths that no code asks for, in variables and in files.

use crate::here::rows;

const ASKED: &[&str] = &["shop -> ledger candidate", "unexplained-mention shop -> ledger"];
const CALLS: &[&str] = &["shop -> ledger addressed"];
const JOINED: &[&str] = &["shop -> ledger joined"];

/// A program and what the deploy gives it.
fn with(project: &str, variable: &str, main: &str, files: &str) -> String {
    let environment = match variable {
        "" => String::new(),
        variable => format!("\n    environment:\n      {variable}"),
    };
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- service.ledger/x.txt\n-- docker-compose.yml\nservices:\n  service.ledger: {{image: bank/ledger}}\n  \
         service.shop:\n    build: service.shop{environment}\n-- service.shop/Shop.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\">{project}</Project>\n\
         -- service.shop/Program.cs\nvar builder = WebApplication.CreateBuilder(args);\n{main}\nbuilder.Build().Run();\n{files}"
    )
}

fn variable(main: &str) -> String {
    with("", "Ledger__Host: http://service.ledger:80", main, "")
}

fn file(main: &str) -> String {
    let settings = "-- service.shop/appsettings.json\n{\n  \"Logging\": {\n    \"Level\": \"Info\"\n  },\n  \"Ledger\": {\n    \"Host\": \"http://service.ledger:80\"\n  }\n}\n";
    with("", "", main, settings)
}

#[test]
fn a_section_that_no_code_asks_for_is_asked_about() {
    rows(&[
        ("a variable", variable(""), ASKED),
        ("a file", file(""), ASKED),
        ("another section", variable("var x = builder.Configuration.GetSection(\"Books\")[\"Host\"];"), ASKED),
        ("another key of it", variable("var x = builder.Configuration[\"Ledger:Retries\"];"), ASKED),
        ("the last word alone", file("var x = builder.Configuration[\"Host\"];"), ASKED),
        (
            "a library's section",
            with("", "Serilog__WriteTo__0__Args__serverUrl: http://service.ledger:80", "", ""),
            ASKED,
        ),
        (
            "another library's section",
            with("", "NLog__targets__seq__serverUrl: http://service.ledger:80", "", ""),
            ASKED,
        ),
        ("a word of a text", variable("Console.WriteLine(\"The ledger is not asked\");"), ASKED),
        (
            "a library's code that nobody calls",
            with(
                "<ItemGroup><ProjectReference Include=\"..\\lib\\Lib.csproj\" /></ItemGroup>",
                "Ledger__Host: http://service.ledger:80",
                "Lib.Adds.One(builder.Services);",
                "-- lib/Lib.csproj\n<Project></Project>\n-- lib/Adds.cs\nnamespace Lib;\npublic static class Adds { public static void One(object services) { } public static void Two(IConfiguration config) { config.GetSection(\"Ledger\"); } }\n",
            ),
            ASKED,
        ),
        (
            "a list that is looked through",
            variable(
                "var names = new List<string>(); foreach (var name in names.AsEnumerable()) { Console.WriteLine(name); }",
            ),
            ASKED,
        ),
        (
            "a client that takes no settings by itself",
            with(
                "<ItemGroup><PackageReference Include=\"StackExchange.Redis\" /></ItemGroup>",
                "Redis__Host: service.ledger:6379",
                "",
                "-- service.shop/A.cs\nusing StackExchange.Redis;\nnamespace Shop;\npublic class A { public int Size; }\n",
            ),
            ASKED,
        ),
    ]);
}

#[test]
fn a_section_that_code_may_ask_for_is_called() {
    rows(&[
        ("by its path", variable("var x = builder.Configuration[\"Ledger:Host\"];"), CALLS),
        (
            "by its section",
            variable("builder.Services.Configure<A>(builder.Configuration.GetSection(\"Ledger\"));"),
            CALLS,
        ),
        ("in a file", file("builder.Services.Configure<A>(builder.Configuration.GetSection(\"Ledger\"));"), JOINED),
        (
            "in other letters",
            variable("builder.Services.Configure<A>(builder.Configuration.GetSection(\"ledger\"));"),
            CALLS,
        ),
        (
            "by a name that is put together",
            variable("var section = \"Ledger\"; builder.Services.AddLater(section + \":\" + builder.Name);"),
            CALLS,
        ),
        (
            "by a class for all settings",
            with(
                "",
                "Ledger__Host: http://service.ledger:80",
                "builder.Services.AddSingleton(builder.Configuration.Get<All>());",
                "-- service.shop/All.cs\nnamespace Shop;\npublic class All { public Part Ledger { get; set; } }\npublic class Part { public string Host { get; set; } }\n",
            ),
            CALLS,
        ),
        (
            "by whoever looks through all",
            variable("foreach (var pair in builder.Configuration.AsEnumerable()) { Console.WriteLine(pair.Key); }"),
            CALLS,
        ),
        (
            "by a library's code that is called",
            with(
                "<ItemGroup><ProjectReference Include=\"..\\lib\\Lib.csproj\" /></ItemGroup>",
                "Ledger__Host: http://service.ledger:80",
                "Lib.Adds.Two(builder.Configuration);",
                "-- lib/Lib.csproj\n<Project></Project>\n-- lib/Adds.cs\nnamespace Lib;\npublic static class Adds { public static void Two(IConfiguration config) { config.GetSection(\"Ledger\"); } }\n",
            ),
            CALLS,
        ),
        (
            "by whoever looks through all variables",
            variable("foreach (var name in Environment.GetEnvironmentVariables().Keys) { Console.WriteLine(name); }"),
            CALLS,
        ),
        (
            "a connection by its name",
            with(
                "",
                "ConnectionStrings__Books: Host=service.ledger;Port=5432",
                "builder.Services.AddLater(builder.Configuration.GetConnectionString(\"Books\"));",
                "",
            ),
            CALLS,
        ),
        (
            "a framework's own section",
            with("", "Kestrel__Endpoints__Http__Url: http://service.ledger:80", "", ""),
            CALLS,
        ),
        (
            "a library's own section",
            with(
                "",
                "Serilog__WriteTo__0__Args__serverUrl: http://service.ledger:80",
                "builder.Host.UseSerilog();",
                "-- service.shop/A.cs\nglobal using Serilog;\nnamespace Shop;\npublic class A { public int Size; }\n",
            ),
            JOINED,
        ),
        (
            "by a library that takes it by itself",
            with(
                "",
                "Ledger__Host: http://service.ledger:80",
                "",
                "-- service.shop/A.cs\nusing Steeltoe.Discovery.Client;\nnamespace Shop;\npublic class A { public int Size; }\n",
            ),
            CALLS,
        ),
        (
            "by a library that nobody knows",
            with(
                "",
                "Ledger__Host: http://service.ledger:80",
                "",
                "-- service.shop/A.cs\nusing Acme.Ledger;\nnamespace Shop;\npublic class A { public int Size; }\n",
            ),
            CALLS,
        ),
    ]);
}
