//! What cannot be told is asked about, once for each cause.

use crate::{finds, outcome};
use hedgerow_core::diag::Code;

fn questions(tree: &str) -> usize {
    outcome(tree).findings.iter().filter(|finding| finding.code == Code::UnresolvedCall).count()
}

#[test]
fn a_wrapper_is_one_question_for_each_thing_that_is_missing() {
    let kotlin = |second: &str| {
        format!(
            "-- service.shop/src/main/kotlin/Main.kt\nimport io.ktor.client.HttpClient\nimport io.ktor.client.request.get\n\
             class Wrapper(private val client: HttpClient) {{\n  suspend fun fetch(url: String) = client.get(url)\n}}\n\
             class Ledger(private val wrapper: Wrapper) {{\n  private val url = System.getenv(\"LEDGER_URL\")\n  private val other = System.getenv(\"{second}\")\n\
             suspend fun a() = wrapper.fetch(\"$url/a\")\n  suspend fun b() = wrapper.fetch(\"$url/b\")\n  suspend fun c() = wrapper.fetch(\"$other/c\")\n}}\n\
             suspend fun main() {{ val ledger = Ledger(Wrapper(HttpClient())); ledger.a(); ledger.b(); ledger.c() }}\n"
        )
    };
    assert_eq!(questions(&kotlin("LEDGER_URL")), 1);
    assert_eq!(questions(&kotlin("CART_URL")), 2);
    let go = "-- service.shop/main.go\npackage main\nimport (\"net/http\"; \"os\")\nfunc fetch(url string) { http.Get(url) }\nfunc a() { fetch(os.Getenv(\"LEDGER_URL\") + \"/a\") }\nfunc b() { fetch(os.Getenv(\"LEDGER_URL\") + \"/b\") }\nfunc main() { a(); b() }\n";
    assert_eq!(questions(go), 1);
    // The places of all are shown, and a comment in the wrapper answers for them.
    let found = outcome(go);
    let question = found.findings.iter().find(|finding| finding.code == Code::UnresolvedCall).expect("one");
    assert_eq!(question.marks.len(), 3, "{question:?}");
    assert!(question.help.iter().any(|help| help.contains("main.fetch")), "{question:?}");
    assert_eq!(questions(&go.replace("http.Get(url) }", "http.Get(url) // hedgerow: ignore elsewhere\n}")), 0);
}

#[test]
fn a_comment_in_what_several_services_share_is_said_to_speak_for_all() {
    let tree = |others: &[&str]| {
        let mains: String = ["shop"]
            .iter()
            .chain(others)
            .map(|name| {
                format!("-- service.{name}/main.go\npackage main\nimport \"bank/lib\"\nfunc main() {{ lib.Fetch() }}\n")
            })
            .collect();
        format!(
            "-- lib/lib.go\npackage lib\nimport (\"net/http\"; \"os\")\nfunc Fetch() {{ http.Get(os.Args[1]) }}\n{mains}"
        )
    };
    for (others, said) in [(&[][..], None), (&["cart", "ledger"], Some("speaks for all 3 services that reach it"))] {
        let found = outcome(&tree(others));
        let help: Vec<&String> = found.findings.iter().flat_map(|finding| &finding.help).collect();
        let speaks = |help: &&&String| help.contains("speaks for all");
        let spoken = help.iter().find(speaks);
        assert_eq!(spoken.is_some(), said.is_some(), "{help:?}");
        assert!(said.is_none_or(|said| spoken.is_some_and(|help| help.contains(said))), "{help:?}");
    }
}

#[test]
fn many_callers_of_one_wrapper_are_few_questions() {
    let tree = |address: &dyn Fn(usize) -> String| {
        let callers: String =
            (0..9).map(|at| format!("func f{at}(r *http.Request) {{ fetch({}) }}\n", address(at))).collect();
        let calls: String = (0..9).map(|at| format!("f{at}(nil); ")).collect();
        format!(
            "-- service.shop/main.go\npackage main\nimport (\"net/http\"; \"os\")\nvar _ = os.Args\nfunc fetch(url string) {{ http.Get(url) }}\n{callers}func main() {{ {calls}}}\n"
        )
    };
    let any = tree(&|at| format!("r.Header.Get(\"X{at}\")"));
    assert_eq!(questions(&any), 3);
    let found = outcome(&any);
    let marks =
        found.findings.iter().filter(|finding| finding.code == Code::UnresolvedCall).map(|finding| finding.marks.len());
    assert!(marks.max() > Some(4), "{found:?}");
    // What a deploy file has to say is asked for one by one.
    assert_eq!(questions(&tree(&|at| format!("os.Getenv(\"X{at}_URL\")"))), 9);
}

#[test]
fn a_client_of_kotlin_whose_target_is_not_known_is_asked_about() {
    let tree = |call: &str| {
        format!(
            "-- service.shop/src/main/kotlin/Main.kt\nimport com.typesafe.config.ConfigFactory\nimport io.ktor.client.HttpClient\nimport io.ktor.client.request.get\nsuspend fun main() {{ val client = HttpClient(); {call} }}\n"
        )
    };
    let asked: &[&str] = &["unresolved-call service.shop/src/main/kotlin/Main.kt"];
    finds(&tree("HttpClient().get(ConfigFactory.load().getString(\"ledger.url\"))"), asked);
    finds(&tree("client.get(System.getenv(\"LEDGER\") + \"/x\")"), asked);
    finds(&tree("client.get(lookup(\"ledger\"))"), asked);
    finds(&tree("client.get(\"/x\")"), &[]);
    finds(&tree("mapOf(1 to 2).get(lookup(\"ledger\"))"), &[]);
}

#[test]
fn what_a_flag_is_unless_it_is_said_is_what_its_setting_is() {
    let tree = |flag: &str, bind: &str, get: &str| {
        format!(
            "-- service.ledger/x.txt\n-- service.shop/main.go\npackage main\nimport (\n\"net/http\"\n\"github.com/nats-io/nats.go\"\n\"github.com/spf13/pflag\"\n\"github.com/spf13/viper\"\n)\nfunc init() {{ {flag} }}\nfunc main() {{ pflag.Parse(); {bind}; {get} }}\n"
        )
    };
    let bind = "viper.BindPFlags(pflag.CommandLine)";
    let calls: &[&str] = &["shop -> ledger joined"];
    finds(
        &tree(
            "pflag.String(\"es_url\", \"http://s-ledger:9200\", \"\")",
            bind,
            "http.Get(viper.GetString(\"es_url\"))",
        ),
        calls,
    );
    finds(
        &tree("pflag.String(\"nats-url\", \"s-ledger\", \"\")", bind, "nats.Connect(viper.GetString(\"nats_url\"))"),
        calls,
    );
    finds(
        &tree(
            "pflag.StringP(\"es_url\", \"e\", \"http://s-ledger\", \"\")",
            bind,
            "http.Get(viper.GetString(\"es_url\"))",
        ),
        calls,
    );
    let asked: &[&str] = &["unresolved-call service.shop/main.go"];
    finds(
        &tree("pflag.String(\"other\", \"http://s-ledger\", \"\")", bind, "http.Get(viper.GetString(\"es_url\"))"),
        asked,
    );
    finds(
        &tree("pflag.String(\"es_url\", \"http://s-ledger\", \"\")", "_ = 1", "http.Get(viper.GetString(\"es_url\"))"),
        asked,
    );
}
