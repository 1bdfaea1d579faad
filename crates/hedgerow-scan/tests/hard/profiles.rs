//! Settings of environments that the deploy does not choose are nobody's there, and the account says which files they are.

use crate::{outcome, short, summary};
use hedgerow_scan::{Class, Reason};

/// What is found in a tree, candidates without a class, and how many files its account leaves to other environments.
fn found(tree: &str) -> (Vec<String>, usize) {
    let outcome = outcome(tree);
    let left = outcome.accounts.values().flat_map(|account| &account.left);
    let files = left.filter(|left| left.reason == Reason::Environment).map(|left| left.files).sum();
    let candidates = outcome.edges.values().filter(|edge| edge.class() == Class::Candidate);
    let candidates = candidates.map(|edge| format!("{} -> {}", short(&edge.caller), short(&edge.callee)));
    (candidates.chain(summary(&outcome)).collect(), files)
}

/// A program of .NET with settings of its own, and what the deploy sets for it.
fn dotnet(environment: &str, more: &str) -> String {
    format!(
        "-- service.ledger/x.txt\n-- service.books/x.txt\n-- service.cart/Cart.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"></Project>\n\
         -- service.cart/Program.cs\nvar builder = WebApplication.CreateBuilder(args);\n\
         builder.Services.AddHttpClient(\"money\", c => c.BaseAddress = new Uri(builder.Configuration[\"Money:Url\"]));\n\
         builder.Build().Services.GetService<IHttpClientFactory>().CreateClient(\"money\");\n\
         -- service.cart/appsettings.json\n{{\"A\": 1}}\n\
         -- service.cart/appsettings.Docker.json\n{{\"Money\": {{\"Url\": \"http://s-ledger:80\"}},\n\"Books\": \"http://s-books:80\"}}\n\
         -- k8s/cart.yaml\nkind: Deployment\nmetadata: {{name: s-cart}}\nspec: {{template: {{spec: {{containers: [{{name: a, env: [{environment}]}}]}}}}}}\n{more}"
    )
}

/// A program of Spring with settings of its own, and what the deploy sets for it.
fn spring(environment: &str, settings: &str) -> String {
    format!(
        "-- service.ledger/x.txt\n-- service.cart/pom.xml\n<project/>\n-- service.cart/src/main/java/Main.java\npackage bank.cart;\n\
         import org.springframework.web.client.RestTemplate;\nimport org.springframework.beans.factory.annotation.Value;\n\
         @SpringBootApplication public class Main {{ @Value(\"${{money.url}}\") String url;\n\
         public static void main(String[] a) {{ SpringApplication.run(Main.class, a); }}\n\
         @Bean Object go() {{ return new RestTemplate().getForObject(url, String.class); }} }}\n\
         -- service.cart/src/main/resources/application.yml\n{settings}\n\
         -- service.cart/src/main/resources/application-cloud.yml\nmoney: {{url: 'http://s-ledger:80'}}\n\
         -- k8s/cart.yaml\nkind: Deployment\nmetadata: {{name: s-cart}}\nspec: {{template: {{spec: {{containers: [{{name: a, env: [{environment}]}}]}}}}}}\n"
    )
}

#[test]
fn settings_of_another_environment_are_not_loaded() {
    let set = |name: &str, value: &str| format!("{{name: {name}, value: '{value}'}}");
    let both = ["cart -> books", "cart -> ledger joined"];
    let open = ["unresolved-call service.cart/Program.cs"];
    for (tree, edges, files) in [
        (dotnet(&set("ASPNETCORE_ENVIRONMENT", "Production"), ""), &open[..], 1),
        (dotnet(&set("DOTNET_ENVIRONMENT", "Production"), ""), &open, 1),
        (dotnet(&set("ASPNETCORE_ENVIRONMENT", "Docker"), ""), &both, 0),
        (dotnet(&set("ASPNETCORE_ENVIRONMENT", "docker"), ""), &both, 0),
        // Where a deployment chooses nothing, it is the environment that the framework takes.
        (
            dotnet(&set("ASPNETCORE_ENVIRONMENT", "Development"), "")
                .replace("appsettings.Docker", "appsettings.Production"),
            &both,
            0,
        ),
        // What nobody says, or says in part, chooses nothing.
        (dotnet("", ""), &both, 0),
        (dotnet("{name: ASPNETCORE_ENVIRONMENT, valueFrom: {secretKeyRef: {name: a, key: b}}}", ""), &both, 0),
        // Another deployment of the same service chooses it.
        (
            dotnet(
                &set("ASPNETCORE_ENVIRONMENT", "Production"),
                "-- docker-compose.yml\nservices: {s-cart: {image: a, environment: {ASPNETCORE_ENVIRONMENT: Docker}}}\n",
            ),
            &both,
            0,
        ),
        // A remark about a file loads it not.
        (
            dotnet(
                &set("ASPNETCORE_ENVIRONMENT", "Production"),
                "-- service.cart/more.json\n{\"$comment\": \"use appsettings.Docker.json\"}\n-- audit.log\nappsettings.Docker.json changed\n",
            ),
            &open,
            1,
        ),
        // A file that something names is loaded whatever the environment is.
        (
            dotnet(
                &set("ASPNETCORE_ENVIRONMENT", "Production"),
                "-- service.cart/Dockerfile\nFROM a\nCOPY appsettings.Docker.json /app/appsettings.json\n",
            ),
            &both,
            0,
        ),
    ] {
        assert_eq!(found(&tree), (edges.iter().map(|edge| (*edge).to_owned()).collect(), files), "{tree}");
    }
    let joined = &["cart -> ledger joined"][..];
    let unset = &["unresolved-call service.cart/src/main/java/Main.java"][..];
    for (environment, settings, edges, files) in [
        (set("SPRING_PROFILES_ACTIVE", "dev,k8s"), "a: 1", unset, 1),
        (set("SPRING_PROFILES_ACTIVE", "dev,cloud"), "a: 1", joined, 0),
        (set("SPRING_PROFILES_ACTIVE", "dev"), "spring: {profiles: {include: cloud}}", joined, 0),
        (set("SPRING_PROFILES_ACTIVE", "dev"), "spring: {profiles: {group: {dev: [base, cloud]}}}", joined, 0),
        (set("SPRING_PROFILES_ACTIVE", "${PROFILE}"), "a: 1", joined, 0),
        (set("SPRING_PROFILES_ACTIVE", "dev"), "spring: {profiles: {group: {default: cloud}}}", joined, 0),
        (String::new(), "spring: {profiles: {active: dev}}", joined, 0),
        (set("MICRONAUT_ENVIRONMENTS", "k8s"), "a: 1", unset, 1),
    ] {
        let tree = spring(&environment, settings);
        assert_eq!(found(&tree), (edges.iter().map(|edge| (*edge).to_owned()).collect(), files), "{tree}");
    }
}
