//! Calls and values of an AppHost that are more than a name: `?.`, tuples, `params`, `out`, delegates, and lists that grow.

use super::{BOTH, CART, LEDGER, fleet, typed_rows};
use crate::{outcome, summary};

#[test]
fn a_call_on_what_may_be_nothing_is_a_call() {
    typed_rows(&[
        ("a method", "emoji?.WithReference(ledger);", LEDGER),
        ("two methods", "emoji?.WithReference(ledger).WithReference(cart);", BOTH),
        ("what is passed", "emoji.WithReference(ledger?.GetEndpoint(\"http\"));", LEDGER),
        ("in a lambda", "emoji.WithConfiguration(y => y?.AddRoute(\"/x\", ledger));", LEDGER),
        ("an element", "var all = new[] { ledger };\nemoji.WithReference(all?[0]);", LEDGER),
        ("of something unknown", "Find()?.WithReference(ledger);", &[]),
    ]);
}

#[test]
fn any_number_of_arguments_is_a_list() {
    typed_rows(&[
        (
            "each of them",
            "Give(emoji, ledger, cart);\nvoid Give(R a, params R[] all) { foreach (var one in all) a.WithReference(one); }",
            BOTH,
        ),
        (
            "a list",
            "Give(emoji, new[] { ledger, cart });\nvoid Give(R a, params R[] all) { foreach (var one in all) a.WithReference(one); }",
            BOTH,
        ),
        (
            "none",
            "Give(emoji);\nvoid Give(R a, params R[] all) { a.WithReference(ledger); foreach (var one in all) a.WithReference(one); }",
            LEDGER,
        ),
        (
            "of a method",
            "emoji.Give(ledger, cart);\nstatic class E { public static void Give(this R a, params R[] all) { foreach (var one in all) a.WithReference(one); } }",
            BOTH,
        ),
        (
            "one",
            "Give(emoji, ledger);\nvoid Give(R a, params R[] all) { foreach (var one in all) a.WithReference(one); }",
            LEDGER,
        ),
        (
            "behind others",
            "Give(emoji, \"x\", ledger);\nvoid Give(R a, string n, params R[] all) { foreach (var one in all) a.WithReference(one); }",
            LEDGER,
        ),
    ]);
}

#[test]
fn a_delegate_is_a_lambda() {
    typed_rows(&[
        ("in a variable", "Action<R> f = delegate (R e) { e.WithReference(ledger); };\nf(emoji);", LEDGER),
        ("without parameters", "Action f = delegate { emoji.WithReference(ledger); };\nf();", LEDGER),
        ("passed on", "emoji.WithConfiguration(delegate (Y y) { y.AddRoute(\"/x\", ledger); });", LEDGER),
    ]);
}

#[test]
fn a_tuple_is_its_parts() {
    typed_rows(&[
        ("its names", "var (a, b) = (emoji, ledger);\na.WithReference(b);", LEDGER),
        ("set again", "var a = ledger; var b = emoji;\n(a, b) = (b, a);\na.WithReference(b);", LEDGER),
        ("of a function", "var (a, b) = Make();\na.WithReference(b);\n(R, R) Make() => (emoji, ledger);", LEDGER),
        ("with types", "(R a, R b) = (emoji, ledger);\na.WithReference(b);", LEDGER),
        (
            "of a loop",
            "foreach (var (a, b) in new[] { (emoji, ledger), (redis, cart) }) a.WithReference(b);",
            &["emoji -> ledger", "redis -> cart"],
        ),
        ("a part by its name", "var p = (emoji, to: ledger);\np.Item1.WithReference(p.to);", LEDGER),
        ("a name that is left out", "var (_, b) = (cart, ledger);\nemoji.WithReference(b);", LEDGER),
        ("in another one", "var (a, (b, c)) = (emoji, (ledger, cart));\na.WithReference(c);", CART),
        ("something unknown", "var b = ledger; (_, b) = Other.Find();\nemoji.WithReference(b);", &[]),
        ("no tuple", "foreach (var (a, b) in new[] { ledger }) emoji.WithReference(a);", &[]),
    ]);
}

#[test]
fn a_function_sets_what_it_is_passed_to_set() {
    typed_rows(&[
        ("a new variable", "Make(out var to);\nemoji.WithReference(to);\nvoid Make(out R x) { x = ledger; }", LEDGER),
        (
            "a variable",
            "R to = cart;\nMake(out to);\nemoji.WithReference(to);\nvoid Make(out R x) { x = ledger; }",
            LEDGER,
        ),
        ("by something unknown", "R to = cart;\nOther.Make(out to);\nemoji.WithReference(to);", &[]),
        (
            "or it does not",
            "R to = cart;\nMake(ref to);\nemoji.WithReference(to);\nvoid Make(ref R x) { if (q) x = ledger; }",
            BOTH,
        ),
        (
            "by its name",
            "Make(b: out var to, a: 1);\nemoji.WithReference(to);\nvoid Make(int a, out R b) { b = ledger; }",
            LEDGER,
        ),
        (
            "by a method",
            "emoji.Make(out var to);\nemoji.WithReference(to);\nstatic class E { public static void Make(this R q, out R x) { x = ledger; } }",
            LEDGER,
        ),
        (
            "in a condition",
            "if (Try(out R to)) emoji.WithReference(to);\nbool Try(out R x) { x = ledger; return true; }",
            LEDGER,
        ),
        (
            "by a method of something unknown",
            "var to = ledger;\nif (map.TryGetValue(\"a\", out to)) emoji.WithReference(to);",
            &[],
        ),
    ]);
}

#[test]
fn a_list_holds_what_is_added_to_it() {
    typed_rows(&[
        (
            "one",
            "var all = new List<R>();\nall.Add(ledger);\nforeach (var one in all) emoji.WithReference(one);",
            LEDGER,
        ),
        (
            "two",
            "List<R> all = new();\nall.Add(ledger); all.Add(cart);\nforeach (var one in all) emoji.WithReference(one);",
            BOTH,
        ),
        (
            "a list",
            "List<R> all = [];\nall.AddRange(new[] { ledger, cart });\nforeach (var one in all) emoji.WithReference(one);",
            BOTH,
        ),
        (
            "in a branch",
            "List<R> all = [ledger];\nif (x) { all.Add(cart); }\nforeach (var one in all) emoji.WithReference(one);",
            BOTH,
        ),
        (
            "a dictionary",
            "var all = new Dictionary<string, R>();\nall[\"a\"] = ledger; all.Add(\"b\", cart);\nforeach (var one in all.Values) emoji.WithReference(one);",
            BOTH,
        ),
        (
            "pairs of one",
            "var all = new Dictionary<string, R> { [\"a\"] = ledger };\nforeach (var (k, v) in all) emoji.WithReference(v);",
            LEDGER,
        ),
        (
            "pairs of one, by a property",
            "var all = new Dictionary<string, R> { { \"a\", ledger } };\nforeach (var kv in all) emoji.WithReference(kv.Value);",
            LEDGER,
        ),
        ("a longer one", "foreach (var one in new[] { ledger }.Append(cart)) emoji.WithReference(one);", BOTH),
        (
            "not before",
            "var all = new List<R>();\nforeach (var one in all) emoji.WithReference(one);\nall.Add(ledger);",
            &[],
        ),
        (
            "in a loop",
            "var all = new List<R>();\nforeach (var one in new[] { ledger, cart }) { all.Add(one); }\nforeach (var one in all) emoji.WithReference(one);",
            BOTH,
        ),
        (
            "a field",
            "A.All.Add(ledger);\nforeach (var one in A.All) emoji.WithReference(one);\nstatic class A { public static List<R> All { get; } = new(); }",
            LEDGER,
        ),
    ]);
}

#[test]
fn what_is_called_in_an_expression_counts() {
    typed_rows(&[
        ("a condition", "if (!Ok(emoji.WithReference(ledger))) { }", LEDGER),
        ("a pattern", "if (emoji.WithReference(ledger) is { } x) { }", LEDGER),
        ("a name of a pattern", "if (Make() is { } x) { emoji.WithReference(x); }\nR Make() => ledger;", LEDGER),
        (
            "a name of a pattern, with a type",
            "if (Make() is R x) { emoji.WithReference(x); }\nR Make() => ledger;",
            LEDGER,
        ),
        (
            "a name of a pattern, with any type",
            "if (Make() is var x) { emoji.WithReference(x); }\nR Make() => ledger;",
            LEDGER,
        ),
        ("or nothing", "var x = emoji.WithReference(ledger) ?? throw new E();", LEDGER),
        (
            "a query is told",
            "var q = from x in new[] { ledger, cart } select emoji.WithReference(x);",
            &["unparsed-code host/Host.cs"],
        ),
        (
            "a project by all of its name",
            "var f = builder.AddProject<global::Projects.Cart>(\"fn\");\nemoji.WithReference(f);",
            CART,
        ),
    ]);
}

#[test]
fn values_that_grow_are_left_and_told() {
    let nested = format!("var {}b{} = x;\n", "(a, ".repeat(300), ")".repeat(300));
    let many: String = (0..2000).map(|at| format!("t.Add({at});\n")).collect();
    let told = [
        ("a list in itself", format!("var t = new List<R>();\n{}", "t.Add(t);\n".repeat(40))),
        ("a long list", format!("var t = new List<R>();\n{many}")),
        ("names in names", nested),
    ];
    for (what, text) in told {
        let found = summary(&outcome(&fleet(&text)));
        assert_eq!(found.last().map(String::as_str), Some("unparsed-code host/Host.cs"), "{what}");
    }
    let read = [
        format!("var t = (emoji, ledger);\n{}", "t = (t, t);\n".repeat(40)),
        format!("var t = new List<R>();\n{}", "t.Add(ledger);\n".repeat(3000)),
    ];
    for text in read {
        assert_eq!(summary(&outcome(&fleet(&(text + "emoji.WithReference(ledger);")))), ["emoji -> ledger addressed"]);
    }
}
