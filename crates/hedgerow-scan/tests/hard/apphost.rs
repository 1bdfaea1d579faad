//! What the file of a deploy (Aspire's AppHost) says through its functions, its lambdas and its choices.

mod classes;
mod grows;
mod values;

use crate::{outcome, summary};

/// Four programs, and a host with these statements.
fn fleet(statements: &str) -> String {
    let mut tree = "-- hedgerow.yaml\nscan: {}\n".to_owned();
    for name in ["emoji", "ledger", "cart", "redis"] {
        let project = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
        tree += &format!(
            "-- service.{name}/{project}.csproj\n<Project></Project>\n-- service.{name}/Program.cs\nConsole.WriteLine(1);\n"
        );
    }
    let resources = ["Emoji", "Ledger", "Cart", "Redis"].map(|name| {
        format!("var {} = builder.AddProject<Projects.{name}>(\"{}-api\");\n", name.to_lowercase(), name.to_lowercase())
    });
    tree + &format!(
        "-- host/Host.cs\nvar builder = DistributedApplication.CreateBuilder(args);\n{}{statements}\nbuilder.Build().Run();\n",
        resources.concat()
    )
}

/// Asserts the edges of each row, written `a -> b`.
#[track_caller]
fn rows(rows: &[(&str, &str, &[&str])]) {
    let mut wrong = Vec::new();
    for (what, statements, expected) in rows {
        let found = summary(&outcome(&fleet(statements)));
        let found: Vec<&str> = found.iter().map(|line| line.trim_end_matches(" addressed")).collect();
        if found != *expected {
            wrong.push(format!("{what}: found {found:?}, expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

const LEDGER: &[&str] = &["emoji -> ledger"];
const CART: &[&str] = &["emoji -> cart"];
const BOTH: &[&str] = &["emoji -> cart", "emoji -> ledger"];
/// The type of a resource.
const R: &str = "IResourceBuilder<ProjectResource>";

/// Statements with `R` for the type of a resource.
fn typed(text: &str) -> String {
    text.replace("R ", &format!("{R} "))
}

#[track_caller]
fn typed_rows(all: &[(&str, &str, &[&str])]) {
    let texts: Vec<String> = all.iter().map(|(_, text, _)| typed(text)).collect();
    let all: Vec<_> =
        all.iter().zip(&texts).map(|((what, _, expected), text)| (*what, text.as_str(), *expected)).collect();
    rows(&all);
}

#[test]
fn a_function_is_read_with_what_its_calls_pass_and_nothing_else() {
    typed_rows(&[
        ("what is passed", "Give(emoji, ledger);\nvoid Give(R a, R b) { a.WithReference(b); }", LEDGER),
        ("names around it", "Give();\nvoid Give() { emoji.WithReference(ledger); }", LEDGER),
        (
            "a name that it has",
            "Give(emoji, ledger);\nvoid Give(R emoji, R cart) { emoji.WithReference(cart); }",
            LEDGER,
        ),
        (
            "of another program",
            "Give(cart, redis);\nvoid Give(R emoji, R ledger) { emoji.WithReference(ledger); }",
            &["cart -> redis"],
        ),
        // Nobody knows what it is given.
        ("not called", "void Give(R emoji, R ledger) { emoji.WithReference(ledger); }", &[]),
        ("not called, without parameters", "void Give() { emoji.WithReference(ledger); }", LEDGER),
        ("calls itself alone", "void Give(R emoji) { emoji.WithReference(ledger); Give(emoji); }", &[]),
        (
            "something unknown",
            "Give(Other.Find(), ledger);\nvoid Give(R emoji, R ledger) { emoji.WithReference(ledger); }",
            &[],
        ),
        (
            "a local of who calls it",
            "Outer();\nvoid Outer() { var emoji = cart; Inner(); }\nvoid Inner() { emoji.WithReference(ledger); }",
            LEDGER,
        ),
        (
            "a parameter of who calls it",
            "Outer(redis);\nvoid Outer(R ledger) { Inner(); }\nvoid Inner() { emoji.WithReference(ledger); }",
            LEDGER,
        ),
        (
            "around a function in it",
            "Outer(ledger);\nvoid Outer(R to) { Inner(); void Inner() { emoji.WithReference(to); } }",
            LEDGER,
        ),
        (
            "what it sets",
            "R other = null;\nSet();\nemoji.WithReference(other);\nvoid Set() { other = ledger; }",
            LEDGER,
        ),
        (
            "what it sets in itself",
            "R other = cart;\nSet();\nemoji.WithReference(other);\nvoid Set() { R other = ledger; }",
            CART,
        ),
        ("called twice", "Give(ledger); Give(cart);\nvoid Give(R to) { emoji.WithReference(to); }", BOTH),
        ("a default", "Give(ledger);\nvoid Give(R to, R from = null) { (from ?? emoji).WithReference(to); }", LEDGER),
        (
            "calls itself",
            "Give(emoji, ledger);\nvoid Give(R from, R to) { if (x) { Give(from, to); } from.WithReference(to); }",
            LEDGER,
        ),
        (
            "calls itself with others",
            "Give(emoji, ledger);\nvoid Give(R from, R to) { if (x) { Give(to, from); } from.WithReference(to); }",
            &["emoji -> ledger", "ledger -> emoji"],
        ),
        (
            "calls itself in an expression",
            "Give(emoji, ledger);\nR Give(R from, R to) => Other.All(Give(to, from), from.WithReference(to));",
            &["emoji -> ledger", "ledger -> emoji"],
        ),
        (
            "calls itself with ever more",
            "Give(emoji, \"a\");\nvoid Give(R from, string n) { if (x) { Give(from, n + \"a\"); } from.WithReference(ledger); }",
            &["emoji -> ledger", "unparsed-code host/Host.cs"],
        ),
    ]);
}

#[test]
fn a_call_means_the_functions_that_it_can_name_and_that_take_what_it_passes() {
    typed_rows(&[
        (
            "of two",
            "Give(emoji, ledger);\nGive(emoji, ledger, cart);\nvoid Give(R a, R b, R c) { a.WithReference(c); }\nvoid Give(R a, R b) { a.WithReference(b); }",
            BOTH,
        ),
        (
            "the one that takes two",
            "Give(emoji, ledger);\nvoid Give(R a, R b, R c) { a.WithReference(c); }\nvoid Give(R a, R b) { a.WithReference(b); }",
            LEDGER,
        ),
        (
            "the one without defaults",
            "A.Give(emoji, ledger);\nstatic class A { static void Give(R a, R b, string x = \"\") { b.WithReference(a); } static void Give(R a, R b) { a.WithReference(b); } }",
            LEDGER,
        ),
        (
            "by type",
            "A.Give(emoji, \"x\", ledger);\nstatic class A { static void Give(R a, int x, R b) { a.WaitFor(b); } static void Give(R a, string x, R b) { a.WithReference(b); } }",
            LEDGER,
        ),
        (
            "both, where nobody knows",
            "A.Give(emoji, Other.One);\nstatic class A { static void Give(R a, int x) { a.WithReference(ledger); } static void Give(R a, string x) { a.WithReference(cart); } }",
            BOTH,
        ),
        (
            "of a class",
            "A.Wire(emoji, ledger);\nB.Wire(emoji, cart);\nstatic class A { public static void Wire(R a, R b) { a.WithReference(b); } }\nstatic class B { public static void Wire(R a, R b) { a.WaitFor(b); } }",
            LEDGER,
        ),
        (
            "of the other class",
            "A.Wire(emoji, ledger);\nB.Wire(emoji, cart);\nstatic class A { public static void Wire(R a, R b) { a.WaitFor(b); } }\nstatic class B { public static void Wire(R a, R b) { a.WithReference(b); } }",
            CART,
        ),
        (
            "of an object from elsewhere",
            "Other.Make().Wire(emoji, ledger);\nclass A { public void Wire(R a, R b) { a.WithReference(b); } public static void Wire(R a, R b, R c) { b.WithReference(a); } }",
            LEDGER,
        ),
        (
            "of an object",
            "var one = new A();\none.Wire(emoji, ledger);\nclass A { public void Wire(R a, R b) { a.WithReference(b); } }\nclass B { public void Wire(R a, R b) { b.WithReference(a); } }",
            LEDGER,
        ),
        (
            "of its own class",
            "A.Go(emoji, ledger);\nstatic class A { public static void Go(R a, R b) { Wire(a, b); } static void Wire(R a, R b) { a.WithReference(b); } }\nstatic class B { static void Wire(R a, R b) { b.WithReference(a); } }",
            LEDGER,
        ),
        (
            "of a class elsewhere",
            "Other.Wire(emoji, ledger);\nWire(emoji, cart);\nvoid Wire(R a, R b) { a.WithReference(b); }",
            CART,
        ),
        (
            "the inner one",
            "Go();\nvoid Go() { Wire(emoji, ledger); void Wire(R a, R b) { a.WithReference(b); } }\nvoid Wire(R a, R b) { b.WithReference(a); }",
            LEDGER,
        ),
        // Aspire's own method, which a function of the file is called like.
        (
            "Aspire's, for one of more",
            "emoji.WithReference(ledger);\nstatic class Ext { public static R WithReference(this R of, MyThing thing, string x) { return of; } }",
            LEDGER,
        ),
        (
            "Aspire's, for one of another type",
            "emoji.WithReference(ledger);\nstatic class Ext { public static R WithReference(this R of, MyThing thing) { return of; } }",
            LEDGER,
        ),
        (
            "Aspire's, for a local function",
            "emoji.WithReference(ledger);\nstatic R WithReference(R of, MyThing thing) { return of; }",
            LEDGER,
        ),
        (
            "Aspire's, in its own method",
            "emoji.WithReference(ledger, true);\nstatic class Ext { public static R WithReference(this R of, R other, bool x) { return of.WithReference(other); } }",
            LEDGER,
        ),
        (
            "not Aspire's",
            "emoji.WithReference(ledger, 1);\nstatic class Ext { public static R WithReference(this R of, R other, int x) { return of; } }",
            &[],
        ),
        (
            "on anything",
            "emoji.Give(ledger);\nstatic class Ext { public static T Give<T>(this T of, R other) { of.WithReference(other); return of; } }",
            LEDGER,
        ),
        ("not by name", "Give(a: ledger, b: emoji);\nvoid Give(R b, R a) { b.WithReference(a); }", LEDGER),
    ]);
}

#[test]
fn of_a_choice_all_that_may_be_chosen_counts() {
    typed_rows(&[
        ("a conditional", "emoji.WithReference(dev ? ledger : cart);", BOTH),
        (
            "a conditional of what is called",
            "(dev ? emoji : redis).WithReference(ledger);",
            &["emoji -> ledger", "redis -> ledger"],
        ),
        ("the other where one is nothing", "emoji.WithReference(found ?? ledger);", LEDGER),
        ("a switch", "emoji.WithReference(mode switch { 1 => ledger, _ => cart });", BOTH),
        ("returns", "emoji.WithReference(One());\nR One() { if (dev) { return ledger; } return cart; }", BOTH),
        (
            "returns of both branches",
            "emoji.WithReference(One());\nR One() { if (dev) return ledger; else return cart; }",
            BOTH,
        ),
        ("branches", "R other;\nif (dev) other = ledger; else other = cart;\nemoji.WithReference(other);", BOTH),
        ("a branch", "var other = ledger;\nif (dev) { other = cart; }\nemoji.WithReference(other);", BOTH),
        (
            "sections",
            "R other;\nswitch (mode) { case 1: other = ledger; break; default: other = cart; break; }\nemoji.WithReference(other);",
            BOTH,
        ),
        ("in a branch", "var other = ledger;\nif (dev) { other = cart; emoji.WithReference(other); }", CART),
        (
            "in the other branch",
            "var other = ledger;\nif (dev) { other = cart; } else { emoji.WithReference(other); }",
            LEDGER,
        ),
        (
            "a branch that ends",
            "Go();\nvoid Go() { var other = ledger; if (dev) { other = cart; return; } emoji.WithReference(other); }",
            LEDGER,
        ),
        (
            "a branch that throws",
            "Go();\nvoid Go() { var other = ledger; if (dev) { other = cart; throw new X(); } emoji.WithReference(other); }",
            LEDGER,
        ),
        (
            "behind the end",
            "Go();\nvoid Go() { emoji.WithReference(ledger); return; emoji.WithReference(cart); }",
            LEDGER,
        ),
        ("set again", "var other = ledger;\nother = cart;\nemoji.WithReference(other);", CART),
        (
            "set again in both branches",
            "var other = redis;\nif (dev) { other = cart; } else { other = ledger; }\nemoji.WithReference(other);",
            BOTH,
        ),
        ("tried", "R other;\ntry { other = ledger; } catch { other = cart; }\nemoji.WithReference(other);", BOTH),
        ("names", "builder.AddProject<Projects.Emoji>(dev ? \"a\" : \"b\").WithReference(ledger);", LEDGER),
        ("addresses", "emoji.WithEnvironment(\"URL\", $\"http://{(dev ? \"ledger\" : \"cart\")}-api\");", BOTH),
        (
            "lists",
            "foreach (var one in dev ? new[] { ledger } : new[] { cart, ledger }) emoji.WithReference(one);",
            BOTH,
        ),
        (
            "yields",
            "foreach (var one in All()) emoji.WithReference(one);\nIEnumerable<X> All() { yield return ledger; yield return cart; }",
            BOTH,
        ),
    ]);
}

#[test]
fn a_lambda_is_read_with_what_it_is_given() {
    typed_rows(&[
        ("of a proxy", "emoji.WithConfiguration(yarp => { yarp.AddRoute(\"/api/{**x}\", ledger); });", LEDGER),
        (
            "of a proxy, through a cluster",
            "emoji.WithConfiguration(yarp => { var to = yarp.AddCluster(ledger); yarp.AddRoute(\"/x\", to).WithTransform(x); });",
            LEDGER,
        ),
        (
            "an expression",
            "emoji.WithConfiguration(yarp => yarp.AddRoute(\"/x\", ledger.GetEndpoint(\"http\")));",
            LEDGER,
        ),
        (
            "handed on",
            "Configure(emoji, x => x.WithReference(ledger));\nstatic void Configure(R a, Action<R> f) { f(a); }",
            LEDGER,
        ),
        (
            "handed on by name",
            "Configure(emoji, Give);\nvoid Configure(R a, Action<R> f) { f.Invoke(a); }\nvoid Give(R a) { a.WithReference(ledger); }",
            LEDGER,
        ),
        (
            "handed on to a method",
            "emoji.Apply(x => x.WithReference(ledger));\nstatic class Ext { public static R Apply(this R of, Func<R, R> f) => f(of); }",
            LEDGER,
        ),
        ("in a variable", "Action<R> give = x => x.WithReference(ledger);\ngive(emoji);", LEDGER),
        (
            "handed on by the name of two",
            "A.Go(emoji);\nclass A { static void Go(R a) { Configure(a, Give); } static void Configure(R a, Action<R> f) { f(a); } static void Give(R a) { a.WithReference(ledger); } static void Give(R a, R b) { a.WithReference(cart); } }",
            LEDGER,
        ),
        ("in a variable, not called", "Action<R> give = emoji => emoji.WithReference(ledger);", &[]),
        (
            "the names as they are now",
            "var other = cart;\nAction give = () => emoji.WithReference(other);\nother = ledger;\ngive();",
            LEDGER,
        ),
        (
            "with two parameters",
            "Each((x, y) => x.WithReference(y));\nvoid Each(Action<R, R> f) { f(emoji, ledger); }",
            LEDGER,
        ),
        ("with types", "Each((R x) => { x.WithReference(ledger); });\nvoid Each(Action<R> f) { f(emoji); }", LEDGER),
        (
            "of something else",
            "builder.Eventing.Subscribe<X>((x, y) => { emoji.WithReference(ledger); return Task.CompletedTask; });",
            LEDGER,
        ),
        (
            "of a list",
            "new[] { emoji, redis }.Select(x => x.WithReference(ledger)).ToList();",
            &["emoji -> ledger", "redis -> ledger"],
        ),
        (
            "what it makes of a list",
            "foreach (var one in new[] { \"a\" }.Select(x => ledger)) emoji.WithReference(one);",
            LEDGER,
        ),
        (
            "a variable",
            "emoji.WithEnvironment(c => { c.EnvironmentVariables[\"URL\"] = $\"http://{ledger.Resource.Name}\"; });",
            LEDGER,
        ),
        (
            "a variable, by a name",
            "const string key = \"URL\";\nemoji.WithEnvironment(c => { c.EnvironmentVariables[key] = ledger.GetEndpoint(\"http\"); });",
            LEDGER,
        ),
        (
            "a variable, added",
            "emoji.WithEnvironment(c => { c.EnvironmentVariables.Add(\"URL\", ledger.GetEndpoint(\"http\")); });",
            LEDGER,
        ),
        (
            "a variable, in a branch",
            "emoji.WithEnvironment(async c => { if (dev) { c.EnvironmentVariables[\"URL\"] = ledger.GetEndpoint(\"http\"); } else { c.EnvironmentVariables[\"URL\"] = cart.GetEndpoint(\"http\"); } });",
            BOTH,
        ),
        (
            "a variable, by a function",
            "emoji.WithEnvironment(Give);\nvoid Give(EnvironmentCallbackContext c) { c.EnvironmentVariables[\"URL\"] = ledger.GetEndpoint(\"http\"); }",
            LEDGER,
        ),
        (
            "a variable, by a value",
            "emoji.WithEnvironment(\"URL\", () => $\"{ledger.GetEndpoint(\"http\")}/x\");",
            LEDGER,
        ),
        (
            "a variable, put together",
            "emoji.WithEnvironment(\"URL\", ReferenceExpression.Create($\"{ledger.GetEndpoint(\"http\")}/x\"));",
            LEDGER,
        ),
        (
            "a variable that grows",
            "var url = \"http://\";\nurl += \"ledger-api\";\nemoji.WithEnvironment(\"URL\", url);",
            LEDGER,
        ),
        ("of nobody", "Other.Each(c => { c.EnvironmentVariables[\"URL\"] = ledger.GetEndpoint(\"http\"); });", &[]),
        ("an order", "emoji.WithConfiguration(x => x.WaitFor(ledger));", &[]),
        ("what is shown", "emoji.WithUrl(\"x\", ledger).WithCommand(\"x\", \"y\", c => ledger.Do(c));", &[]),
    ]);
}
