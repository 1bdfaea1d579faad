//! One question for all calls that one answer settles, and its advice works.

use crate::outcome;
use hedgerow_core::diag::Code;
use hedgerow_scan::Finding;

/// The questions about calls that cannot be told.
fn questions(tree: &str) -> Vec<Finding> {
    outcome(tree).findings.into_iter().filter(|finding| finding.code == Code::UnresolvedCall).collect()
}

/// How many calls each question is about, in the order of their places.
fn sizes(tree: &str) -> Vec<usize> {
    questions(tree).iter().map(|finding| finding.calls().count()).collect()
}

/// The tree with the comment where a question's help says that one answers.
fn answered(tree: &str, finding: &Finding, comment: &str) -> String {
    let help = finding.help.iter().find(|help| help.starts_with("say who is called")).unwrap();
    let place = help.split('`').nth(1).unwrap();
    if help.contains("outside of its functions") {
        // Behind what a file has to begin with.
        let head = format!("-- {place}\n");
        let head = if tree.contains(&format!("{head}<?php\n")) { head + "<?php\n" } else { head };
        assert!(tree.contains(&head), "{place}");
        return tree.replace(&head, &format!("{head}{comment}\n\n"));
    }
    // In the function, which is marked in the tree.
    let (rest, name) = match help.contains("the constructor of") {
        true => (place, "<new>"),
        false => place.rsplit_once('.').unwrap(),
    };
    let mark = format!("@{}.{name}@", rest.rsplit('.').next().unwrap());
    assert!(tree.contains(&mark), "{help}");
    tree.replace(&mark, comment)
}

/// Takes away the marks of functions, which are comments besides.
fn plain(tree: &str) -> String {
    tree.split('\n')
        .filter(|line| !(line.trim().starts_with('@') && line.trim().ends_with('@') && line.trim().len() > 2))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// A tree whose questions are of these sizes; the advice of each answers for its calls and for no other.
#[track_caller]
fn check(what: &str, tree: &str, expected: &[usize]) {
    let found = questions(&plain(tree));
    assert_eq!(sizes(&plain(tree)), expected, "{what}: {found:#?}");
    let sign = if tree.contains(".py\n") || tree.contains(".rb\n") { "#" } else { "//" };
    for finding in &found {
        for said in ["rpcmap: service.ledger", "hedgerow: ignore the host of a customer"] {
            let answered = plain(&answered(tree, finding, &format!("{sign} {said}")));
            let left: Vec<Finding> = questions(&answered);
            let others: Vec<&Finding> = found.iter().filter(|other| *other != finding).collect();
            assert_eq!(left.len(), others.len(), "{what}: {said}: {left:#?}");
            let asked = |finding: &Finding| finding.calls().count();
            let (left, others): (Vec<usize>, Vec<usize>) =
                (left.iter().map(asked).collect(), others.into_iter().map(asked).collect());
            assert_eq!(left, others, "{what}: {said}");
            let edges = outcome(&answered).edges;
            let edge = edges.keys().any(|(caller, callee)| caller == "service.shop" && callee == "service.ledger");
            assert_eq!(edge, said.starts_with("rpcmap"), "{what}: {said}");
        }
    }
}

const LEDGER: &str = "-- service.ledger/x.txt\n";

/// Classes with three calls and one base each: of the first one it is what a library gives, of the second one what another one does.
fn classes() -> Vec<(&'static str, String)> {
    let ts = |file: &str, class: &str, conf: &str| {
        format!(
            "-- service.shop/{file}.ts\nimport {{ load }} from \"@vendor/{conf}\";\n\nexport class {class} {{\n  private base: string;\n\n  constructor() {{\n@{class}.constructor@\n    this.base = load();\n  }}\n\n  a() {{ return fetch(`${{this.base}}/a`); }}\n\n  b(id: string) {{ return fetch(`${{this.base}}/b/${{id}}`); }}\n\n  c() {{ const url = this.base + \"/c\"; return fetch(url); }}\n}}\n"
        )
    };
    let python = |file: &str, class: &str, conf: &str| {
        format!(
            "-- service.shop/{file}.py\nimport requests\nfrom {conf} import load\n\n\nclass {class}:\n    def __init__(self):\n@{class}.__init__@\n        self.base = load()\n\n    def a(self):\n        return requests.get(self.base + '/a')\n\n    def b(self, id):\n        return requests.get(f'{{self.base}}/b/{{id}}')\n\n    def c(self):\n        url = '{{}}/c'.format(self.base)\n        return requests.post(url)\n\n\ndef run_{file}(x):\n    one = {class}()\n    one.a()\n    one.b(x)\n    one.c()\n\n\nrun_{file}(1)\n"
        )
    };
    let go = |file: &str, class: &str, conf: &str| {
        format!(
            "-- service.shop/{file}/{file}.go\npackage {file}\n\nimport (\n\t\"example.com/{conf}\"\n\t\"fmt\"\n\t\"net/http\"\n)\n\ntype {class} struct{{ base string }}\n\nfunc New() *{class} {{\n@{file}.New@\n\treturn &{class}{{base: {conf}.Load()}}\n}}\n\nfunc (l *{class}) A() {{ http.Get(l.base + \"/a\") }}\n\nfunc (l *{class}) B(id string) {{ http.Get(l.base + \"/b/\" + id) }}\n\nfunc (l *{class}) C() {{ http.Get(fmt.Sprintf(\"%s/c\", l.base)) }}\n"
        )
    };
    let go_main = "-- service.shop/main.go\npackage main\n\nimport (\n\t\"bank/service.shop/ledger\"\n\t\"bank/service.shop/cart\"\n\t\"os\"\n)\n\nfunc main() {\n\tl := ledger.New()\n\tl.A()\n\tl.B(os.Args[1])\n\tl.C()\n\tc := cart.New()\n\tc.A()\n\tc.B(os.Args[1])\n\tc.C()\n}\n";
    let java = |class: &str, conf: &str| {
        format!(
            "-- service.shop/src/main/java/shop/{class}.java\npackage shop;\n\nimport com.vendor.{conf};\nimport org.springframework.stereotype.Component;\nimport org.springframework.web.client.RestTemplate;\n\n@Component\npublic class {class} {{\n  private final RestTemplate rest = new RestTemplate();\n  private final String base;\n\n  public {class}() {{\n@{class}.<new>@\n    this.base = {conf}.load();\n  }}\n\n  @Deprecated\n  public void a() {{ rest.getForObject(base + \"/a\", String.class); }}\n\n  @Deprecated\n  public void b(String id) {{ rest.getForObject(base + \"/b/\" + id, String.class); }}\n\n  @Deprecated\n  public void c() {{ rest.getForObject(String.format(\"%s/c\", base), String.class); }}\n}}\n"
        )
    };
    let csharp = |class: &str, conf: &str| {
        format!(
            "-- service.shop/{class}.cs\nusing System.Net.Http;\nusing Vendor.{conf};\n\nnamespace Shop.{class}s;\n\npublic class {class} : Vendor.Job\n{{\n    private readonly HttpClient http = new HttpClient();\n    private readonly string url;\n\n    public {class}()\n    {{\n@{class}.<new>@\n        url = {conf}Reader.Load();\n    }}\n\n    public override void A() {{ http.GetAsync(url + \"/a\"); }}\n\n    public override void B(string id) {{ http.GetAsync($\"{{url}}/b/{{id}}\"); }}\n\n    public override void C() {{ var to = url + \"/c\"; http.GetAsync(to); }}\n}}\n"
        )
    };
    let csharp_main = "-- service.shop/Shop.csproj\n<Project></Project>\n-- service.shop/Program.cs\nvar a = new Shop.Ledgers.Ledger();\nvar b = new Shop.Carts.Cart();\n";
    let ruby = |file: &str, class: &str, conf: &str| {
        format!(
            "-- service.shop/{file}.rb\nrequire \"net/http\"\nrequire \"{conf}\"\n\nclass {class}\n  def initialize\n@{class}.<new>@\n    @base = {class}Conf.load\n  end\n\n  def a\n    Net::HTTP.get(URI(\"#{{@base}}/a\"))\n  end\n\n  def b(id)\n    Net::HTTP.get(URI(@base + \"/b/\" + id))\n  end\nend\n\none = {class}.new\none.a\none.b(ARGV[0])\n"
        )
    };
    vec![
        ("TypeScript", ts("ledger", "Ledger", "one") + &ts("cart", "Cart", "two")),
        ("Python", python("ledger", "Ledger", "vendor_one") + &python("cart", "Cart", "vendor_two")),
        ("Go", go("ledger", "Ledger", "one") + &go("cart", "Cart", "two") + go_main),
        ("Java", java("Ledger", "One") + &java("Cart", "Two")),
        ("C#", csharp("Ledger", "One") + &csharp("Cart", "Two") + csharp_main),
        ("Ruby", ruby("ledger", "Ledger", "one") + &ruby("cart", "Cart", "two")),
    ]
}

#[test]
fn calls_with_one_cause_are_one_question_and_one_comment_answers() {
    for (language, tree) in classes() {
        let size = if language == "Ruby" { 2 } else { 3 };
        check(language, &format!("{LEDGER}{tree}"), &[size, size]);
    }
}

#[test]
fn a_variable_that_nothing_sets_is_one_question_of_its_callers() {
    let go = |c: &str| {
        format!(
            "{LEDGER}-- service.shop/main.go\npackage main\n\nimport (\n\t\"net/http\"\n\t\"os\"\n)\n\nfunc base() string {{\n@main.base@\n\treturn os.Getenv(\"LEDGER_URL\")\n}}\n\nfunc a() {{ http.Get(base() + \"/a\") }}\n\nfunc b(id string) {{ http.Get(base() + \"/b/\" + id) }}\n\nfunc c() {{\n@main.c@\n\thttp.Get({c} + \"/c\")\n}}\n\nfunc main() {{\n\ta()\n\tb(os.Args[1])\n\tc()\n}}\n"
        )
    };
    check("three", &go("base()"), &[3]);
    check("two and another one", &go("os.Getenv(\"CART_URL\")"), &[2, 1]);
    let named = questions(&plain(&go("base()")));
    assert!(named[0].message.contains("the environment variable `LEDGER_URL` is not set"), "{named:#?}");
}

#[test]
fn paths_of_a_client_whose_address_is_not_known_are_one_question_of_their_class() {
    let class = |name: &str| {
        format!(
            "-- service.shop/{name}.cs\nusing System.Net.Http;\n\nnamespace Shop.{name}s;\n\npublic class {name} : Vendor.Job\n{{\n    private readonly HttpClient http;\n    public {name}(HttpClient http) {{ this.http = http; }}\n    public override void A(string id) {{ http.SendAsync(new HttpRequestMessage(HttpMethod.Get, \"books/a?x=\" + id)); }}\n    public override void B(string id) {{ http.SendAsync(new HttpRequestMessage(HttpMethod.Get, \"books/b/\" + id)); }}\n}}\n"
        )
    };
    let main = "-- service.shop/Shop.csproj\n<Project></Project>\n-- service.shop/Program.cs\nvar x = Vendor.App.Build();\nvar a = new Shop.Ledgers.Ledger(x.Client());\nvar b = new Shop.Carts.Cart(x.Client());\n";
    check("C#", &format!("{LEDGER}{}{}{main}", class("Ledger"), class("Cart")), &[2, 2]);
}
