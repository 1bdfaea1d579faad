//! Issuers of tokens that are compared are asked about; whoever discovers by one calls it.

use crate::silent::told;

const ASKED: &[&str] = &["shop ? ledger"];
const JOINED: &[&str] = &["shop -> ledger joined"];
const ADDRESSED: &[&str] = &["shop -> ledger addressed"];

/// A program that the deploy gives a variable with the issuer's address.
fn given(variable: &str, files: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- docker-compose.yml\nservices:\n  s-shop:\n    image: shop\n    environment: {{{variable}: 'http://s-ledger:80'}}\n{files}\n-- service.ledger/x.txt\n"
    )
}

/// A program of .NET with settings.
fn net(settings: &str, setup: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- service.shop/Shop.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"></Project>\n-- service.shop/appsettings.json\n{settings}\n\
         -- service.shop/JwtSettings.cs\nnamespace Shop;\npublic class JwtSettings {{ public string Issuer {{ get; init; }} }}\n\
         -- service.shop/Program.cs\nusing Shop;\nvar builder = WebApplication.CreateBuilder(args);\nvar jwt = builder.Configuration.GetSection(nameof(JwtSettings)).Get<JwtSettings>();\n{setup}\nbuilder.Build().Run();\n-- service.ledger/x.txt\n"
    )
}

#[test]
fn an_issuer_that_is_compared_is_asked_about() {
    let settings = "{\n  \"JwtSettings\": {\n    \"Issuer\": \"http://s-ledger\"\n  }\n}";
    let valid = |value: &str| {
        format!(
            "builder.Services.AddAuthentication().AddJwtBearer(o => {{ o.TokenValidationParameters = new TokenValidationParameters {{ ValidateIssuer = true, ValidIssuer = {value} }}; }});"
        )
    };
    let discovers =
        |value: &str| format!("builder.Services.AddAuthentication().AddJwtBearer(o => {{ o.Authority = {value}; }});");
    let java = |text: &str| {
        format!(
            "-- service.shop/src/main/java/bank/App.java\npackage bank;\nimport io.jsonwebtoken.Jwts;\npublic class App {{ public static void main(String[] a) {{ {text} }} }}\n"
        )
    };
    let node = |text: &str| {
        format!("-- service.shop/package.json\n{{\"main\": \"main.js\"}}\n-- service.shop/main.js\n{text}\n")
    };
    let python = |text: &str| format!("-- service.shop/main.py\nimport os, jwt\n{text}\n");
    let go = |import: &str, text: &str| {
        format!(
            "-- service.shop/main.go\npackage main\nimport (\n\t\"os\"\n\t\"{import}\"\n)\nfunc main() {{ {text} }}\n"
        )
    };
    told(&[
        (".NET, a class of settings", net(settings, &valid("jwt.Issuer")), ASKED),
        (".NET, by its path", net(settings, &valid("builder.Configuration[\"JwtSettings:Issuer\"]")), ASKED),
        (".NET, a literal", net("{}", &valid("\"http://s-ledger\"")), ASKED),
        (".NET, an authority", net(settings, &discovers("jwt.Issuer")), JOINED),
        (".NET, both", net(settings, &format!("{}{}", valid("jwt.Issuer"), discovers("jwt.Issuer"))), JOINED),
        (
            ".NET, by its name an authority",
            net(
                &settings.replace("Issuer", "Authority"),
                &discovers("builder.Configuration[\"JwtSettings:Authority\"]"),
            ),
            JOINED,
        ),
        (
            "Java",
            given("JWT_ISSUER", &java("Jwts.parser().requireIssuer(System.getenv(\"JWT_ISSUER\")).build();")),
            ASKED,
        ),
        (
            "Java, with rights of users",
            given(
                "JWT_ISSUER",
                &java(
                    "Jwts.parser().requireIssuer(System.getenv(\"JWT_ISSUER\")).build(); GrantedAuthority.of(\"x\");",
                ),
            ),
            ASKED,
        ),
        (
            "Java, a literal",
            given("OTHER", &java("Jwts.parser().requireIssuer(\"http://s-ledger\").build();"))
                .replace("'http://s-ledger:80'", "x"),
            ASKED,
        ),
        (
            "Java, keys of the issuer",
            given("JWT_ISSUER", &java("JwtDecoders.fromIssuerLocation(System.getenv(\"JWT_ISSUER\"));")),
            JOINED,
        ),
        (
            "Node.js",
            given(
                "JWT_ISSUER",
                &node(
                    "const jwt = require('jsonwebtoken');\njwt.verify(token(), 'k', { issuer: process.env.JWT_ISSUER });",
                ),
            ),
            ASKED,
        ),
        (
            "Node.js, keys of the issuer",
            given(
                "JWT_ISSUER",
                &node(
                    "const jwt = require('jsonwebtoken'), jwks = require('jwks-rsa');\njwks({ uri: keysOf(process.env.JWT_ISSUER) });",
                ),
            ),
            JOINED,
        ),
        (
            "Node.js, another name",
            given(
                "JWT_ISSUER_URL",
                &node(
                    "const jwt = require('jsonwebtoken');\njwt.verify(token(), 'k', { issuer: process.env.JWT_ISSUER_URL });",
                ),
            ),
            JOINED,
        ),
        ("Python", given("JWT_ISSUER", &python("jwt.decode(t, key, issuer=os.environ['JWT_ISSUER'])")), ASKED),
        (
            "Python, another address",
            given("JWT_HOST", &python("jwt.decode(t, key, issuer='x')\nopened(os.environ['JWT_HOST'])")),
            JOINED,
        ),
        (
            "Go",
            given(
                "TOKEN_ISSUER",
                &go("github.com/golang-jwt/jwt/v5", "jwt.NewParser(jwt.WithIssuer(os.Getenv(\"TOKEN_ISSUER\")))"),
            ),
            ASKED,
        ),
        (
            "Go, a provider",
            given(
                "TOKEN_ISSUER",
                &go("github.com/coreos/go-oidc/v3/oidc", "oidc.NewProvider(ctx, os.Getenv(\"TOKEN_ISSUER\"))"),
            ),
            JOINED,
        ),
        (
            "nothing about tokens",
            given("ISSUER", &python("start(os.environ['ISSUER'])").replace("os, jwt", "os")),
            JOINED,
        ),
        ("no code asks for it", given("JWT_ISSUER", "-- service.shop/x.txt\n"), ADDRESSED),
        (
            "Spring's own",
            format!(
                "-- hedgerow.yaml\nscan: {{}}\n{}-- service.shop/src/main/resources/application.yml\nspring:\n  security:\n    oauth2:\n      resourceserver:\n        jwt:\n          issuer-uri: http://s-ledger:80\n-- service.ledger/x.txt\n",
                java("Jwts.parser().requireIssuer(\"x\");")
            ),
            JOINED,
        ),
    ]);
}
