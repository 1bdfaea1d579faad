//! Handlers in other projects of .NET, which a library finds by itself, and classes that are written with their namespaces.

use crate::here::rows;

const PROVEN: &[&str] = &["shop -> ledger proven"];
const NOTHING: &[&str] = &[];

/// A program that refers to a project with a class of a kind, which calls.
fn with(main: &str, class: &str, files: &str) -> String {
    format!(
        "-- service.ledger/x.txt\n-- service.shop/Shop.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"><ItemGroup><ProjectReference Include=\"..\\app\\App.csproj\" /></ItemGroup></Project>\n\
         -- service.shop/Program.cs\nusing Bank.App;\nvar builder = WebApplication.CreateBuilder(args);\n{main}\nbuilder.Build().Run();\n\
         -- app/App.csproj\n<Project></Project>\n-- app/Read.cs\nnamespace Bank.App;\npublic record Read(int Id);\n\
         -- app/Reading.cs\nnamespace Bank.App;\n{class} {{ public async Task Handle(Read read) {{ await new HttpClient().GetAsync(\"http://s-ledger/x\"); }} }}\n{files}"
    )
}

const HANDLER: &str = "public class Reading : IRequestHandler<Read, int>";

#[test]
fn handlers_of_a_project_that_is_named_are_called() {
    rows(&[
        (
            "its assembly",
            with(
                "builder.Services.AddMediatR(c => c.RegisterServicesFromAssembly(typeof(Read).Assembly));",
                HANDLER,
                "",
            ),
            PROVEN,
        ),
        (
            "with its namespace",
            with(
                "builder.Services.AddMediatR(c => c.RegisterServicesFromAssembly(typeof(Bank.App.Read).Assembly));",
                HANDLER,
                "",
            ),
            PROVEN,
        ),
        (
            "containing a class",
            with("builder.Services.AddMediatR(c => c.RegisterServicesFromAssemblyContaining<Read>());", HANDLER, ""),
            PROVEN,
        ),
        ("by a marker", with("builder.Services.AddMediatR(typeof(Read));", HANDLER, ""), PROVEN),
        (
            "its own, by what it adds",
            with(
                "builder.Services.AddApp();",
                HANDLER,
                "-- app/Add.cs\nnamespace Bank.App;\npublic static class Add { public static void AddApp(this IServiceCollection services) { services.AddMediatR(Assembly.GetExecutingAssembly()); } }\n",
            ),
            PROVEN,
        ),
        (
            "through an interface of its own",
            with(
                "builder.Services.AddMediatR(typeof(Read));",
                "public interface IReads<T> : IRequestHandler<T, int> { }\npublic class Reading : IReads<Read>",
                "",
            ),
            PROVEN,
        ),
        (
            "a consumer of messages",
            with(
                "builder.Services.AddMassTransit(x => x.AddConsumers(typeof(Read).Assembly));",
                "public class Reading : IConsumer<Read>",
                "",
            ),
            PROVEN,
        ),
        (
            "a project below it",
            with(
                "builder.Services.AddMediatR(typeof(Read));",
                "public class Reading",
                "-- app/Other/Other.csproj\n<Project></Project>\n-- app/Other/Far.cs\nnamespace Bank.Other;\npublic class Far : IRequestHandler<int, int> { public async Task Handle(int read) { await new HttpClient().GetAsync(\"http://s-ledger/x\"); } }\n",
            ),
            NOTHING,
        ),
        ("a project that nobody names", with("builder.Services.AddMediatR(typeof(Program));", HANDLER, ""), NOTHING),
        (
            "a class of another kind",
            with("builder.Services.AddMediatR(typeof(Read));", "public class Reading : BackgroundService", ""),
            NOTHING,
        ),
        ("a class of no kind", with("builder.Services.AddMediatR(typeof(Read));", "public class Reading", ""), NOTHING),
    ]);
}

#[test]
fn a_class_with_its_namespace_is_found_without_using_it() {
    let class = "-- app/Far.cs\nnamespace Bank.Far;\npublic class Far { public async Task Go() { await new HttpClient().GetAsync(\"http://s-ledger/x\"); } }\n";
    rows(&[
        ("made", with("new Bank.Far.Far().Go();", "public class Reading", class), PROVEN),
        (
            "registered",
            with(
                "builder.Services.AddScoped<Bank.Far.IFar, Bank.Far.Far>();\nbuilder.Services.GetRequiredService<Bank.Far.IFar>().Go();",
                "public class Reading",
                &class.replace("public class Far", "public interface IFar { Task Go(); }\npublic class Far : IFar"),
            ),
            PROVEN,
        ),
        ("of another namespace", with("new Bank.Near.Far().Go();", "public class Reading", class), NOTHING),
        ("never made", with("", "public class Reading", class), NOTHING),
    ]);
}
