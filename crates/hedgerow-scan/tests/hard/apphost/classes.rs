//! Classes of an AppHost: their fields, their objects, and what a variable holds that is set again.

use super::{BOTH, CART, LEDGER, fleet, typed_rows};
use crate::{outcome, summary};

/// A method that gives its second argument to its first, and one that does it the other way round.
const GIVE: &str = "public void Give(R a, R b) { a.WithReference(b); }";
const TAKE: &str = "public void Give(R a, R b) { b.WithReference(a); }";

#[track_caller]
fn rows(all: &[(&str, &str, &[&str])]) {
    let texts: Vec<String> = all.iter().map(|(_, text, _)| text.replace("GIVE", GIVE).replace("TAKE", TAKE)).collect();
    let all: Vec<_> =
        all.iter().zip(&texts).map(|((what, _, expected), text)| (*what, text.as_str(), *expected)).collect();
    typed_rows(&all);
}

#[test]
fn a_field_is_that_of_its_class() {
    rows(&[
        (
            "by the name of its class",
            "emoji.WithEnvironment(Names.Key, Names.Url);\nstatic class Names { public const string Key = \"K\"; public const string Url = \"http://ledger-api\"; }",
            LEDGER,
        ),
        (
            "by all of its name",
            "emoji.WithEnvironment(\"K\", global::My.Names.Url);\nnamespace My { static class Names { public const string Url = \"http://ledger-api\"; } }\nnamespace Your { static class Names { public const string Url = \"http://cart-api\"; } }",
            LEDGER,
        ),
        (
            "of the class around the method",
            "A.Go(emoji);\nclass A { static string Url = \"http://ledger-api\"; public static void Go(R e) { e.WithEnvironment(\"K\", Url); } }\nclass B { static string Url = \"http://cart-api\"; }",
            LEDGER,
        ),
        (
            "of a class above",
            "A.Go(emoji);\nclass A : C { public static void Go(R e) { e.WithEnvironment(\"K\", Url); } }\nclass B { static string Url = \"http://cart-api\"; }\nclass C { protected static string Url = \"http://ledger-api\"; }",
            LEDGER,
        ),
        (
            "of a class around",
            "A.I.Go(emoji);\nclass A { static string Url = \"http://ledger-api\"; public class I { public static void Go(R e) { e.WithEnvironment(\"K\", Url); } } }\nclass B { static string Url = \"http://cart-api\"; }",
            LEDGER,
        ),
        (
            "in another part",
            "A.Go(emoji);\npartial class A { public static void Go(R e) { e.WithEnvironment(\"K\", Url); } }\nclass B { static string Url = \"http://cart-api\"; }\npartial class A { static string Url => \"http://ledger-api\"; }",
            LEDGER,
        ),
        (
            "that begins with one further below",
            "emoji.WithEnvironment(\"K\", A.Url);\nclass A { public static string Url = \"http://\" + B.Host; }\nclass B { public const string Host = \"ledger-api\"; }",
            LEDGER,
        ),
        (
            "a variable of the same name",
            "string Url = \"http://ledger-api\";\nemoji.WithEnvironment(\"K\", Url);\nclass Program { const string Url = \"http://cart-api\"; }",
            LEDGER,
        ),
        (
            "by `this`",
            "new A().Go(emoji);\nclass A { string Url = \"http://ledger-api\"; public void Go(R e) { var Url = \"http://cart-api\"; e.WithEnvironment(\"K\", this.Url); } }",
            LEDGER,
        ),
        (
            "that is set by the name of its class",
            "Names.Url = \"http://ledger-api\";\nemoji.WithEnvironment(\"K\", Names.Url);\nclass Names { public static string Url = \"http://cart-api\"; }\nclass Others { public static string Url = \"http://redis-api\"; }",
            LEDGER,
        ),
        (
            "not of a class that has none of the name",
            "emoji.WithEnvironment(\"K\", A.Url);\nclass A { }\nclass B { public static string Url = \"http://cart-api\"; }",
            &[],
        ),
    ]);
}

#[test]
fn a_method_of_an_object_is_that_of_its_class() {
    rows(&[
        (
            "of a class above",
            "new A().Give(emoji, ledger);\nclass B { GIVE }\nclass C { TAKE }\nclass A : B { }",
            LEDGER,
        ),
        ("not of one below", "new B().Give(emoji, ledger);\nclass B { GIVE }\nclass A : B { TAKE }", LEDGER),
        ("the nearer one", "new A().Give(emoji, ledger);\nclass B { TAKE }\nclass A : B { GIVE }", LEDGER),
        (
            "the one above of `base`",
            "new A().Give(emoji, ledger);\nclass B { GIVE }\nclass A : B { public void Give(R a, R b) { base.Give(a, b); } }",
            LEDGER,
        ),
        ("with an initializer", "new A { X = 1 }.Give(emoji, ledger);\nclass A { public int X; GIVE }", LEDGER),
        (
            "with an initializer, in a variable",
            "var a = new A() { X = 1 };\na.Give(emoji, ledger);\nclass A { public int X; GIVE }\nclass B { TAKE }",
            LEDGER,
        ),
        ("with types", "new A<int>().Give(emoji, ledger);\nclass A<T> { GIVE }\nclass B { TAKE }", LEDGER),
        (
            "in a name space",
            "new My.A().Give(emoji, ledger);\nnamespace My { class A { GIVE } }\nnamespace Your { class A { TAKE } }",
            LEDGER,
        ),
        (
            "of a choice",
            "var w = x ? new A() : new B();\nw.Give(emoji, ledger);\nclass A { GIVE }\nclass B { TAKE }",
            &["emoji -> ledger", "ledger -> emoji"],
        ),
        (
            "of one of a choice",
            "var w = x ? new A() : new B();\nw.Give(emoji, ledger);\nclass A { GIVE }\nclass B { }\nclass C { TAKE }",
            LEDGER,
        ),
        // What nobody knows may be an object of any class.
        ("of an unknown object", "Other.Make().Give(emoji, ledger);\nclass A { GIVE }", LEDGER),
        (
            "an extension of a class of the file",
            "new A().Give(emoji, ledger);\nclass A { }\nstatic class Ext { public static void Give(this A x, R a, R b) { a.WithReference(b); } }",
            LEDGER,
        ),
        (
            "a list with a type of its own",
            "foreach (var one in new Fleet { ledger, cart }) emoji.WithReference(one);",
            BOTH,
        ),
    ]);
}

#[test]
fn an_object_holds_what_it_is_made_with() {
    typed_rows(&[
        (
            "its constructor runs",
            "new A(emoji, ledger);\nclass A { public A(R a, R b) { a.WithReference(b); } }",
            LEDGER,
        ),
        (
            "its constructor, in a variable",
            "var a = new A(emoji, ledger);\nclass A { public A(R a, R b) { a.WithReference(b); } }",
            LEDGER,
        ),
        (
            "a field, by `this`",
            "new A(ledger).Go(emoji);\nclass A { readonly R to; public A(R to) { this.to = to; } public void Go(R e) { e.WithReference(to); } }",
            LEDGER,
        ),
        (
            "a field",
            "new A(ledger).Go(emoji);\nclass A { R _to; public A(R to) { _to = to; } public void Go(R e) { e.WithReference(_to); } }",
            LEDGER,
        ),
        (
            "two of one class",
            "new A(ledger).Go(emoji); new A(ledger).Go(redis);\nclass A { R _to; public A(R to) { _to = to; } public void Go(R e) { e.WithReference(_to); } }",
            &["emoji -> ledger", "redis -> ledger"],
        ),
        // Objects of one class are not told apart, and that is told.
        (
            "two of one class with different things",
            "var a = new A(ledger); var b = new A(cart); a.Go(emoji);\nclass A { R _to; public A(R to) { _to = to; } public void Go(R e) { e.WithReference(_to); } }",
            &["unparsed-code host/Host.cs"],
        ),
        (
            "parameters of the class",
            "new A(ledger).Go(emoji);\nclass A(R to) { public void Go(R e) { e.WithReference(to); } }",
            LEDGER,
        ),
        ("of a record", "var h = new H(ledger);\nemoji.WithReference(h.L);\nrecord H(R L);", LEDGER),
        (
            "of a record, by their names",
            "var h = new H(B: ledger, A: emoji);\nh.A.WithReference(h.B);\nrecord H(R A, R B);",
            LEDGER,
        ),
        (
            "passed on by the class",
            "new A(ledger).Go(emoji);\nclass B(R x) { public void Go(R e) { e.WithReference(x); } }\nclass A(R to) : B(to) { }",
            LEDGER,
        ),
        (
            "passed on by the constructor",
            "new A(ledger).Go(emoji);\nclass B { R x; public B(R q) { x = q; } public void Go(R e) { e.WithReference(x); } }\nclass A : B { public A(R to) : base(to) { } }",
            LEDGER,
        ),
        (
            "passed on to the other constructor",
            "new A(emoji);\nclass A { public A(R a) : this(a, ledger) { } public A(R a, R b) { a.WithReference(b); } }",
            LEDGER,
        ),
        (
            "an initializer",
            "var h = new H { L = ledger };\nemoji.WithReference(h.L);\nclass H { public R L { get; set; } }",
            LEDGER,
        ),
        (
            "initializers with different things",
            "var h = new H { L = ledger }; var g = new H { L = cart };\nemoji.WithReference(h.L);\nclass H { public R L { get; set; } }",
            &["unparsed-code host/Host.cs"],
        ),
        (
            "an initializer behind the constructor",
            "var h = new H { L = ledger };\nemoji.WithReference(h.L);\nclass H { public H() { L = cart; } public R L { get; set; } }",
            LEDGER,
        ),
        (
            "set later",
            "var h = new H();\nh.L = ledger;\nemoji.WithReference(h.L);\nclass H { public R L { get; set; } }",
            LEDGER,
        ),
        (
            "made in itself",
            "new A(1);\nclass A { public A(int a) { new A(2); } }\nemoji.WithReference(ledger);",
            LEDGER,
        ),
        (
            "constructors that call each other",
            "new A(1);\nclass A { public A(int a) : this(\"x\") { } public A(string a) : this(1) { } }\nemoji.WithReference(ledger);",
            LEDGER,
        ),
    ]);
}

#[test]
fn a_variable_is_what_it_was_set_to_last() {
    rows(&[
        ("something unknown", "var other = ledger;\nother = Other.Find();\nemoji.WithReference(other);", &[]),
        ("nothing", "var other = ledger;\nother = null;\nemoji.WithReference(other ?? cart);", CART),
        (
            "something unknown in a branch",
            "var to = ledger;\nif (x) { to = cart; } else { to = Other.Find(); }\nemoji.WithReference(to);",
            CART,
        ),
        (
            "something unknown in one branch",
            "var to = ledger;\nif (x) { to = Other.Find(); }\nemoji.WithReference(to);",
            LEDGER,
        ),
        (
            "something unknown, by a function",
            "var to = ledger;\nSet();\nemoji.WithReference(to);\nvoid Set() { to = Other.Find(); }",
            &[],
        ),
        (
            "something unknown, of a field",
            "Names.Url = Other.Find();\nemoji.WithEnvironment(\"K\", Names.Url);\nclass Names { public static string Url = \"http://cart-api\"; }",
            &[],
        ),
        (
            "an unknown text behind it",
            "var url = \"http://ledger-api\";\nurl += Other.Path;\nemoji.WithEnvironment(\"K\", url);",
            &[],
        ),
    ]);
}

#[test]
fn the_classes_of_a_long_file_are_read_and_told_where_they_are_too_many() {
    let classes = |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<String>();
    let told = [
        (
            "lambdas",
            classes(3000, &|at| format!("class C{at} {{ static F f = () => 1; }}\n")) + "emoji.WithReference(ledger);",
        ),
        (
            "a class of many",
            format!("class A : {} {{ {GIVE} }}\n", classes(3000, &|at| format!("I{at}, ")) + "I")
                + &classes(3000, &|at| format!("class I{at} {{ void Give(R a) {{ }} }} new A().Give(emoji, {at});\n")),
        ),
    ];
    for (what, text) in told {
        let found = summary(&outcome(&fleet(&text)));
        assert_eq!(found.last().map(String::as_str), Some("unparsed-code host/Host.cs"), "{what}");
    }
    let plain = classes(2000, &|at| format!("class C{at} : C{} {{ static string F = \"{at}\"; }}\n", at + 1));
    let deep = "class D { ".repeat(150) + &"}".repeat(150);
    for text in [plain, deep] {
        assert_eq!(summary(&outcome(&fleet(&(text + "emoji.WithReference(ledger);")))), ["emoji -> ledger addressed"]);
    }
}
