//! Go.

use crate::{finds, outcome};

/// A generated client in the manner of typhon, with its host.
const CLIENT: &str = r#"
-- service.ledger/main.go
package main
func main() {}
-- service.ledger/proto/router.go
package ledgerproto
import ("context"; "github.com/monzo/typhon")
type ReadRequest struct { Id string }
type ReadFuture struct { Future *typhon.ResponseFuture }
func (body ReadRequest) FullPath() string { return "http://s-ledger/read" }
func (body ReadRequest) Request(ctx context.Context) typhon.Request { return typhon.NewRequest(ctx, "GET", body.FullPath(), body) }
func (body ReadRequest) Send(ctx context.Context) *ReadFuture { return &ReadFuture{Future: body.Request(ctx).Send()} }
func (body ReadRequest) SendVia(ctx context.Context, svc typhon.Service) *ReadFuture { return &ReadFuture{Future: body.Request(ctx).SendVia(svc)} }
"#;

#[track_caller]
fn with_client(main: &str, expected: &[&str]) {
    let main = format!(
        "-- service.emoji/main.go\npackage main\nimport (\"context\"; ledgerproto \"bank/service.ledger/proto\")\n{main}{CLIENT}"
    );
    finds(&main, expected);
}

#[test]
fn a_request_that_is_sent_is_a_call() {
    for body in [
        "func main() { ledgerproto.ReadRequest{}.Send(context.Background()) }\n",
        "func main() { req := ledgerproto.ReadRequest{Id: \"1\"}; req.Send(context.Background()) }\n",
        "func main() { var req = &ledgerproto.ReadRequest{}; req.Send(context.Background()) }\n",
        "func main() { ledgerproto.ReadRequest{}.SendVia(context.Background(), nil) }\n",
        "func main() { go func() { ledgerproto.ReadRequest{}.Send(context.Background()) }() }\n",
        "func main() { f := ledgerproto.ReadRequest{}.Send; f(context.Background()) }\n",
        "type sender interface { Send(ctx context.Context) *ledgerproto.ReadFuture }\nfunc do(s sender) { s.Send(context.Background()) }\nfunc main() { do(ledgerproto.ReadRequest{}) }\n",
        "func call[T any](f func() T) T { return f() }\nfunc main() { call(func() *ledgerproto.ReadFuture { return ledgerproto.ReadRequest{}.Send(context.Background()) }) }\n",
        "var handlers = map[string]func(){\"a\": handle}\nfunc handle() { ledgerproto.ReadRequest{}.Send(context.Background()) }\nfunc main() {}\n",
        "func init() { ledgerproto.ReadRequest{}.Send(context.Background()) }\nfunc main() {}\n",
    ] {
        with_client(body, &["emoji -> ledger proven"]);
    }
}

#[test]
fn a_request_that_is_not_sent_is_none() {
    for body in [
        "func main() { body := &ledgerproto.ReadRequest{}; decode(body) }\nfunc decode(x interface{}) {}\nfunc use(context.Context) {}\n",
        "type job struct { request ledgerproto.ReadRequest }\nvar jobs = []job{{request: ledgerproto.ReadRequest{}}}\nfunc main() { _ = jobs; _ = context.Background }\n",
        "func never() { ledgerproto.ReadRequest{}.Send(context.Background()) }\nfunc main() {}\n",
    ] {
        with_client(body, &[]);
    }
}

#[test]
fn a_service_that_decodes_its_own_request_does_not_call_itself() {
    let own = "-- service.ledger/handler.go\npackage main\nimport ledgerproto \"bank/service.ledger/proto\"\nfunc handle() { _ = &ledgerproto.ReadRequest{} }\n";
    finds(&format!("{CLIENT}{own}"), &[]);
}

#[test]
fn a_library_is_reached_function_by_function() {
    let tree = |function: &str| {
        format!(
            "-- service.emoji/main.go\npackage main\nimport \"bank/libraries/idgen\"\nfunc main() {{ idgen.{function}() }}\n\
             -- libraries/idgen/idgen.go\npackage idgen\nimport (\"context\"; ledgerproto \"bank/service.ledger/proto\")\n\
             func New() string {{ return \"\" }}\nfunc Flake() {{ ledgerproto.ReadRequest{{}}.Send(context.Background()) }}\n{CLIENT}"
        )
    };
    finds(&tree("New"), &[]);
    finds(&tree("Flake"), &["emoji -> ledger proven"]);
}

#[test]
fn methods_of_a_client_are_reached_one_by_one() {
    let tree = |method: &str| {
        format!(
            "-- service.emoji/main.go\npackage main\nimport \"bank/libraries/bank\"\nfunc main() {{ c := bank.New(); c.{method}() }}\n\
             -- libraries/bank/bank.go\npackage bank\nimport \"net/http\"\ntype Client struct{{}}\nfunc New() *Client {{ return &Client{{}} }}\n\
             func (c *Client) Ledger() {{ http.Get(\"http://service.ledger/x\") }}\nfunc (c *Client) Card() {{ http.Get(\"http://s-card:80\") }}\n\
             -- service.ledger/x.txt\n-- service.card/x.txt\n"
        )
    };
    finds(&tree("Ledger"), &["emoji -> ledger proven"]);
    finds(&tree("Card"), &["emoji -> card proven"]);
}

#[test]
fn an_interface_reaches_the_types_that_are_made() {
    let tree = |made: &str| {
        format!(
            "-- service.emoji/main.go\npackage main\nimport \"net/http\"\ntype store interface {{ Read() }}\n\
             type remote struct{{}}\nfunc (remote) Read() {{ http.Get(\"http://service.ledger\") }}\n\
             type local struct{{}}\nfunc (local) Read() {{}}\n\
             type server struct {{ store store }}\nfunc (s *server) serve() {{ s.store.Read() }}\n\
             func main() {{ s := &server{{store: {made}{{}}}}; s.serve() }}\n-- service.ledger/x.txt\n"
        )
    };
    finds(&tree("remote"), &["emoji -> ledger proven"]);
    finds(&tree("local"), &[]);
}

#[test]
fn values_come_through_constants_formats_and_structures() {
    for body in [
        "const host = \"service.ledger\"\nfunc main() { http.Get(\"http://\" + host + \"/x\") }\n",
        "func main() { http.Get(fmt.Sprintf(\"http://%s:%d/x\", \"s-ledger\", 80)) }\n",
        "func main() { u := url.URL{Scheme: \"http\", Host: \"s-ledger\"}; http.Get(u.String()) }\n",
        "func main() { u := &url.URL{Host: net.JoinHostPort(\"s-ledger\", \"80\")}; req, _ := http.NewRequest(\"GET\", u.String(), nil); _ = req }\n",
        "type client struct { base string }\nfunc (c client) get(p string) { http.Get(c.base + p) }\nfunc main() { client{base: \"http://s-ledger\"}.get(\"/x\") }\n",
        "type client struct { base string }\nfunc (c *client) get() { http.Get(c.base) }\nfunc main() { c := new(client); c.base = \"http://s-ledger\"; c.get() }\n",
        "func target(into *string) { *into = \"http://s-ledger\" }\nfunc main() { var t string; target(&t); http.Get(t) }\n",
        "func a(n string) { b(\"http://\" + n) }\nfunc b(u string) { c(u, true) }\nfunc c(u string, _ bool) { http.Get(u + \"/x\") }\nfunc main() { a(\"s-ledger\") }\n",
        "var hosts = []string{\"http://s-ledger\"}\nfunc main() { for _, h := range hosts { http.Get(h) } }\n",
        "var hosts = map[string]string{\"l\": \"http://s-ledger\", \"c\": \"http://s-nobody\"}\nfunc main() { http.Get(hosts[\"l\"]) }\n",
        "func main() { get := func(u string) { http.Get(u) }; get(\"http://s-ledger\") }\n",
        "func pick() (string, error) { return \"http://s-ledger\", nil }\nfunc main() { u, err := pick(); _ = err; http.Get(u) }\n",
        "func pick() (u string) { u = \"http://s-ledger\"; return }\nfunc main() { http.Get(pick()) }\n",
        "func main() { var c http.Client; c.Post(\"http://s-ledger\", \"\", nil) }\n",
        "func main() { r, _ := http.NewRequest(\"GET\", \"/x\", nil); r.URL.Host = \"s-ledger\" }\n",
    ] {
        let imports =
            "import (\"fmt\"; \"net\"; \"net/http\"; \"net/url\")\nvar _, _, _ = fmt.Sprint, net.Dial, url.Parse\n";
        let tree = format!("-- service.emoji/main.go\npackage main\n{imports}{body}-- service.ledger/x.txt\n");
        finds(&tree, &["emoji -> ledger proven"]);
    }
}

#[test]
fn a_local_hides_an_import_of_its_name() {
    let tree = "-- service.emoji/main.go\npackage main\nimport \"net/http\"\ntype fake struct{}\nfunc (fake) Get(string) {}\n\
                func main() { http := fake{}; http.Get(\"http://service.ledger\") }\n-- service.ledger/x.txt\n";
    finds(tree, &[]);
    // On the right of its own declaration the name is still the import.
    let tree = "-- service.emoji/main.go\npackage main\nimport \"net/http\"\n\
                func main() { http, err := http.Get(\"http://service.ledger\"); _, _ = http, err }\n-- service.ledger/x.txt\n";
    finds(tree, &["emoji -> ledger proven"]);
}

#[test]
fn imports_with_dots_and_replaced_modules_are_followed() {
    let tree = "-- go.mod\nmodule bank\nreplace example.com/calls => ./libs/calls\n-- libs/calls/go.mod\nmodule example.com/calls\n\
                -- libs/calls/calls.go\npackage calls\nimport \"net/http\"\nfunc Ledger() { http.Get(\"http://service.ledger\") }\n\
                -- service.emoji/main.go\npackage main\nimport . \"example.com/calls\"\nfunc main() { Ledger() }\n-- service.ledger/x.txt\n";
    finds(tree, &["emoji -> ledger proven"]);
}

#[test]
fn vendored_libraries_are_read_when_they_are_named() {
    let tree = |config: &str| {
        format!(
            "{config}-- vendor/example.com/calls/calls.go\npackage calls\nimport \"net/http\"\nfunc Ledger() {{ http.Get(\"http://service.ledger\") }}\n\
             -- service.emoji/main.go\npackage main\nimport \"example.com/calls\"\nfunc main() {{ calls.Ledger() }}\n-- service.ledger/x.txt\n"
        )
    };
    finds(&tree(""), &[]);
    finds(&tree("-- hedgerow.yaml\nscan: {vendored: [\"example.com/*\"]}\n"), &["emoji -> ledger proven"]);
}

#[test]
fn build_tags_decide_which_file_counts() {
    let tree = |tags: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{{tags}}}\n-- service.emoji/main.go\npackage main\nfunc main() {{ call() }}\n\
             -- service.emoji/a.go\n//go:build prod\n\npackage main\nimport \"net/http\"\nfunc call() {{ http.Get(\"http://service.ledger\") }}\n\
             -- service.emoji/b.go\n// +build !prod\n\npackage main\nfunc call() {{}}\n-- service.ledger/x.txt\n"
        )
    };
    finds(&tree("tags: [prod]"), &["emoji -> ledger proven"]);
    finds(&tree(""), &[]);
}

#[test]
fn a_listed_constructor_is_not_a_called_one() {
    let tree = "-- service.emoji/data.go\npackage main\nimport (\"github.com/google/wire\"; \"net/http\")\n\
                var Set = wire.NewSet(NewLedger, NewCard)\n\
                func NewLedger() int { http.Get(\"http://service.ledger\"); return 1 }\nfunc NewCard() int { http.Get(\"http://service.card\"); return 1 }\n\
                -- service.emoji/main.go\npackage main\nfunc main() { NewLedger() }\n-- service.ledger/x.txt\n-- service.card/x.txt\n";
    finds(tree, &["emoji -> ledger proven"]);
}

#[test]
fn a_main_need_not_be_in_package_main() {
    let tree = "-- service.emoji/main.go\npackage notmain\nimport \"net/http\"\nfunc register(string, func()) {}\n\
                func main() { http.Get(\"http://service.ledger\") }\nfunc init() { register(\"emoji\", main) }\n-- service.ledger/x.txt\n";
    finds(tree, &["emoji -> ledger proven"]);
}

/// A gRPC contract with its generated code, and one server that offers it.
const CONTRACT: &str = r#"
-- proto/va/va_grpc.pb.go
package va
import "google.golang.org/grpc"
type VAClient interface { Check() }
type vaClient struct { cc grpc.ClientConnInterface }
func NewVAClient(cc grpc.ClientConnInterface) VAClient { return &vaClient{cc} }
func (c *vaClient) Check() { c.cc.Invoke(nil, "/va.VA/Check", nil, nil) }
type VAServer interface { Check() }
func RegisterVAServer(s grpc.ServiceRegistrar, srv VAServer) { s.RegisterService(&VA_ServiceDesc, srv) }
var VA_ServiceDesc = grpc.ServiceDesc{ServiceName: "va.VA", HandlerType: (*VAServer)(nil)}
-- service.near/main.go
package main
import ("bank/proto/va"; "google.golang.org/grpc")
type impl struct{}
func (impl) Check() {}
func main() { va.RegisterVAServer(grpc.NewServer(), impl{}) }
-- service.far/main.go
package main
import ("bank/proto/va"; "google.golang.org/grpc")
type impl struct{}
func (impl) Check() {}
func main() { va.RegisterVAServer(grpc.NewServer(), impl{}) }
"#;

#[test]
fn a_connection_tells_two_servers_of_one_contract_apart() {
    let main = "-- service.emoji/main.go\npackage main\nimport (\"bank/proto/va\"; \"google.golang.org/grpc\")\n\
                func main() { conn, _ := grpc.NewClient(\"dns:///service.near:80\"); va.NewVAClient(conn).Check() }\n";
    finds(&format!("{main}{CONTRACT}"), &["emoji -> near proven"]);
}

#[test]
fn without_a_target_everybody_who_offers_the_contract_is_called() {
    let main = "-- service.emoji/main.go\npackage main\nimport (\"bank/proto/va\"; \"google.golang.org/grpc\"; \"os\")\n\
                func dial(a string) *grpc.ClientConn { c, _ := grpc.NewClient(a); return c }\n\
                func main() { va.NewVAClient(dial(os.Getenv(\"NOT_SET\"))).Check() }\n";
    finds(&format!("{main}{CONTRACT}"), &["emoji -> far joined", "emoji -> near joined"]);
}

#[test]
fn a_connection_to_somebody_else_is_told() {
    let main = "-- service.emoji/main.go\npackage main\nimport (\"bank/proto/va\"; \"google.golang.org/grpc\")\n\
                func main() { conn, _ := grpc.NewClient(\"service.card:80\"); va.NewVAClient(conn).Check() }\n-- service.card/x.txt\n";
    finds(&format!("{main}{CONTRACT}"), &["emoji -> card proven", "contract-mismatch service.emoji/main.go"]);
}

#[test]
fn what_cannot_be_told_is_said() {
    let tree = |comment: &str| {
        format!(
            "-- service.emoji/main.go\npackage main\nimport \"net/http\"\nfunc main() {{ http.HandleFunc(\"/\", proxy) }}\n{comment}\n\
             func proxy(w http.ResponseWriter, r *http.Request) {{ http.Get(\"http://\" + r.URL.Query().Get(\"host\")) }}\n-- service.ledger/x.txt\n"
        )
    };
    finds(&tree(""), &["unresolved-call service.emoji/main.go"]);
    finds(&tree("// rpcmap: service.ledger"), &["emoji -> ledger declared"]);
    finds(&tree("// hedgerow: calls service.l*"), &["emoji -> ledger declared"]);
    finds(&tree("// hedgerow: ignore talks to the customers' own hosts"), &[]);
    finds(&tree("// rpcmap: service.legder"), &["unknown-callee service.emoji/main.go"]);
    finds(
        &tree("// hedgerow: ignore"),
        &["malformed-comment service.emoji/main.go", "unresolved-call service.emoji/main.go"],
    );
}

#[test]
fn an_address_cut_from_the_request_is_a_wildcard_and_said() {
    let tree = "-- service.emoji/main.go\npackage main\nimport (\"fmt\"; \"net/http\"; \"os\")\n\
                func main() { http.Get(fmt.Sprintf(\"http://s-api-%s/x\", os.Args[1])) }\n-- service.api.a/x.txt\n-- service.api.b/x.txt\n";
    finds(tree, &["emoji -> api.a wildcard", "emoji -> api.b wildcard", "unresolved-call service.emoji/main.go"]);
}

#[test]
fn comments_follow_reachability() {
    let tree = |call: &str| {
        format!(
            "-- service.emoji/main.go\npackage main\nimport \"bank/lib\"\nfunc main() {{ {call} }}\nvar _ = lib.Other\n\
             -- lib/lib.go\npackage lib\nfunc Other() {{}}\nfunc Calls() {{\n\t// rpcmap: service.ledger\n}}\n-- service.ledger/x.txt\n"
        )
    };
    finds(&tree("lib.Calls()"), &["emoji -> ledger declared"]);
    finds(&tree(""), &["unreached-comment lib/lib.go"]);
    let redundant = "-- service.emoji/main.go\npackage main\nimport \"net/http\"\n// rpcmap: service.ledger\nfunc main() { http.Get(\"http://s-ledger\") }\n-- service.ledger/x.txt\n";
    finds(redundant, &["emoji -> ledger proven", "redundant-comment service.emoji/main.go"]);
}

#[test]
fn what_is_no_service_is_no_edge() {
    let tree = "-- service.emoji/main.go\npackage main\nimport (\"net/http\"; \"google.golang.org/grpc\")\nfunc main() {\n\
                http.Get(\"http://localhost:4317\"); http.Get(\"https://api.example.com/x\"); http.Get(\"http://s-emoji/self\")\n\
                grpc.NewClient(\"unix:///run/agent.sock\"); http.Get(\"http://127.0.0.1:9\"); http.Get(\"http://ledger.example.com\") }\n-- service.ledger/x.txt\n";
    finds(tree, &[]);
    assert_eq!(outcome(tree).outside.len(), 2);
}

#[test]
fn a_file_that_does_not_parse_is_told_and_the_rest_is_read() {
    let tree = "-- service.emoji/main.go\npackage main\nimport \"net/http\"\nfunc main() { http.Get(\"http://s-ledger\") }\nfunc broken( {{{\n-- service.ledger/x.txt\n";
    finds(tree, &["emoji -> ledger proven", "unparsed-code service.emoji/main.go"]);
}

#[test]
fn the_user_teaches_a_client_of_their_own() {
    let tree = "-- hedgerow.yaml\nscan: {sinks: [{call: example.com/rpc.Call, target: 1}], functions: [{call: example.com/conf.Get, gives: setting}]}\n\
                -- service.emoji/config.yaml\nledger: {addr: \"s-ledger:80\"}\n\
                -- service.emoji/main.go\npackage main\nimport (\"example.com/rpc\"; \"example.com/conf\")\nfunc main() { rpc.Call(nil, conf.Get(\"ledger.addr\")) }\n-- service.ledger/x.txt\n";
    finds(tree, &["emoji -> ledger joined"]);
}

#[test]
fn files_in_another_order_say_the_same() {
    let tree = format!(
        "-- service.emoji/main.go\npackage main\nimport (\"context\"; ledgerproto \"bank/service.ledger/proto\")\nfunc main() {{ ledgerproto.ReadRequest{{}}.Send(context.Background()) }}\n{CLIENT}"
    );
    let mut parts: Vec<&str> = tree.split("-- ").filter(|part| !part.trim().is_empty()).collect();
    parts.reverse();
    let turned: String = parts.iter().map(|part| format!("-- {part}")).collect();
    assert_eq!(outcome(&tree), outcome(&turned));
}

#[test]
fn a_socket_of_the_machine_is_no_call() {
    let tree = "-- service.emoji/main.go\npackage main\nimport (\"net\"; \"os\")\nfunc main() { net.Dial(\"unix\", os.Args[1]) }\n-- service.ledger/x.txt\n";
    finds(tree, &[]);
}

#[test]
fn code_that_cannot_be_edited_is_answered_for_in_the_configuration() {
    let tree = |config: &str, more: &str| {
        format!(
            "{config}-- gen/sdk/sdk.go\npackage sdk\nimport (\"net/http\"; \"os\")\nfunc Ping() {{ http.Get(os.Args[1]) }}\nfunc Get(u string) {{ http.Get(u) }}\nfunc Ledger() {{ http.Get(\"http://s-ledger\") }}\n\
             -- service.emoji/main.go\npackage main\nimport (\"bank/gen/sdk\"; \"os\")\nvar _ = os.Args\nfunc main() {{ sdk.Ping(); sdk.Ledger(); {more} }}\n-- service.ledger/x.txt\n"
        )
    };
    let ignore = "-- hedgerow.yaml\nscan: {ignore: {'gen/**': 'the SDK of an outside host'}}\n";
    finds(&tree("", ""), &["emoji -> ledger proven", "unresolved-call gen/sdk/sdk.go"]);
    finds(&tree(ignore, ""), &["emoji -> ledger proven"]);
    // What others pass into it stays theirs.
    finds(&tree(ignore, "sdk.Get(os.Args[2])"), &["emoji -> ledger proven", "unresolved-call gen/sdk/sdk.go"]);
}

#[test]
fn an_edge_has_the_port_that_all_calls_name() {
    let port = |calls: &str| {
        let tree = format!(
            "-- service.emoji/main.go\npackage main\nimport \"net/http\"\nfunc main() {{ {calls} }}\n-- service.ledger/x.txt\n"
        );
        outcome(&tree).edges.values().map(hedgerow_scan::Edge::port).collect::<Vec<_>>()
    };
    assert_eq!(port("http.Get(\"http://s-ledger:8080/x\"); http.Get(\"http://service.ledger:8080\")"), [Some(8080)]);
    assert_eq!(port("http.Get(\"http://s-ledger:8080/x\"); http.Get(\"http://s-ledger:9090\")"), [None]);
    assert_eq!(port("http.Get(\"http://s-ledger:8080/x\"); http.Get(\"http://s-ledger\")"), [None]);
}

#[test]
fn a_generated_client_that_is_not_checked_in_is_known_by_its_package() {
    let tree = |body: &str| {
        format!(
            "-- service.emoji/main.go\npackage main\nimport ledgerproto \"example.com/bank/service.ledger/proto\"\nfunc never() {{ ledgerproto.ReadRequest{{}}.Send(nil) }}\nfunc main() {{ {body} }}\n-- service.ledger/x.txt\n"
        )
    };
    for call in ["Send(nil)", "SendVia(nil, nil)", "Response(nil)"] {
        finds(&tree(&format!("ledgerproto.ReadRequest{{}}.{call}")), &["emoji -> ledger proven"]);
    }
    finds(&tree("_ = ledgerproto.ReadRequest{}"), &[]);
}

#[test]
fn a_method_taken_as_a_value_keeps_its_receiver() {
    let client = "type client struct{ base string }\nfunc (c *client) get(path string) { http.Get(c.base + path) }\n";
    for main in [
        "func main() { f := (&client{base: \"http://s-ledger\"}).get; f(\"/x\") }\n",
        "func main() { c := client{base: \"http://s-ledger\"}; go run(c.get) }\nfunc run(f func(string)) { f(\"/x\") }\n",
        "func main() { c := &client{base: \"http://s-ledger\"}; http.HandleFunc(\"/\", func(w http.ResponseWriter, r *http.Request) { each(c.get) }) }\nfunc each(f func(string)) { for _, p := range []string{\"/a\", \"/b\"} { f(p) } }\n",
        // Beside a call of the same method on another receiver.
        "func main() { (&client{base: \"http://s-ledger\"}).get(\"/y\"); f := (&client{base: \"http://s-ledger\"}).get; f(\"/x\") }\n",
    ] {
        let tree = format!(
            "-- service.emoji/main.go\npackage main\nimport \"net/http\"\n{client}{main}-- service.ledger/x.txt\n"
        );
        finds(&tree, &["emoji -> ledger proven"]);
    }
}

/// A service of one file of Go that may call by HTTP, beside the one that it calls.
fn emoji(code: &str) -> String {
    format!("-- service.emoji/main.go\npackage main\nimport \"net/http\"\n{code}-- service.ledger/x.txt\n")
}

#[test]
fn a_method_as_a_function_of_its_receiver_is_passed_the_receiver_first() {
    let client = "type client struct{ base string }\nfunc (c *client) get(path string) { http.Get(c.base + path) }\nfunc (c client) to(host string, paths ...string) { http.Get(\"http://\" + host + paths[0]) }\ntype getter interface{ get(path string) }\nfunc pick() *client { return &client{base: \"http://s-ledger\"} }\n";
    for main in [
        "func main() { (*client).get(&client{base: \"http://s-ledger\"}, \"/x\") }\n",
        "func main() { (*client).get(pick(), \"/x\") }\n",
        "func main() { client.to(client{}, \"s-ledger\", \"/x\") }\n",
        "func main() { getter.get(pick(), \"/x\") }\n",
    ] {
        finds(&emoji(&format!("{client}{main}")), &["emoji -> ledger proven"]);
    }
    // Who calls it, and on what, is not followed where it is held: that is said.
    for main in [
        "func main() { f := (*client).get; f(pick(), \"/x\") }\n",
        "func main() { run((*client).get) }\nfunc run(f func(*client, string)) { f(pick(), \"/x\") }\n",
        "var table = map[string]func(*client, string){\"get\": (*client).get}\nfunc main() { table[\"get\"](pick(), \"/x\") }\n",
        "func main() { f := client.to; f(client{}, \"s-ledger\", \"/x\") }\n",
    ] {
        finds(&emoji(&format!("{client}{main}")), &["unresolved-call service.emoji/main.go"]);
    }
    // What does not depend on that is found.
    let ping = "type client struct{}\nfunc (c *client) ping() { http.Get(\"http://s-ledger/\") }\nfunc main() { f := (*client).ping; f(&client{}) }\n";
    finds(&emoji(ping), &["emoji -> ledger proven"]);
    // What it stores through an address.
    let fill = "type client struct{ base string }\nfunc (c *client) fill(host *string) { *host = c.base }\nfunc main() { var host string; (*client).fill(&client{base: \"s-ledger\"}, &host); http.Get(\"http://\" + host) }\n";
    finds(&emoji(fill), &["emoji -> ledger proven"]);
}

#[test]
fn a_function_held_as_a_value_is_called_with_what_its_holder_passes() {
    let get = "func get(host string) { http.Get(\"http://\" + host) }\n";
    for main in [
        "func main() { f := get; f(\"s-ledger\") }\n",
        "func main() { run(get) }\nfunc run(f func(string)) { f(\"s-ledger\") }\n",
        "func main() { run(get) }\nfunc run(f func(string)) { again(f) }\nfunc again(g func(string)) { go g(\"s-ledger\") }\n",
        "func main() { again(get, 3); again(nil, 0) }\nfunc again(g func(string), n int) { if n > 0 { again(g, n-1) }; g(\"s-ledger\") }\n",
    ] {
        let tree = format!(
            "-- service.emoji/main.go\npackage main\nimport \"net/http\"\n{get}{main}-- service.ledger/x.txt\n"
        );
        finds(&tree, &["emoji -> ledger proven"]);
    }
}

#[test]
fn a_target_of_which_nothing_is_found_is_reported() {
    for code in [
        "func fill(hosts ...*string) { *hosts[0] = \"s-ledger\" }\nfunc main() { var host string; fill(&host); http.Get(host) }\n",
        "func main() { var host string; http.Get(host) }\n",
    ] {
        finds(&emoji(code), &["unresolved-call service.emoji/main.go"]);
    }
}

#[test]
fn a_function_that_is_only_compared_is_not_called() {
    let tree = |main: &str| emoji(&format!("func get() {{ http.Get(\"http://s-ledger/\") }}\n{main}"));
    finds(&tree("func main() { if get != nil { println(1) } }\n"), &[]);
    for body in [
        "f := get; if f != nil { f() }",
        "if x := 1; x == 1 || run(get) { println(x) }",
        "println(!run(get), -count(get))",
        "a[count(get)] += 1",
    ] {
        let main = format!(
            "var a []int\nfunc run(f func()) bool {{ f(); return true }}\nfunc count(f func()) int {{ f(); return 1 }}\nfunc main() {{ {body} }}\n"
        );
        finds(&tree(&main), &["emoji -> ledger proven"]);
    }
}

#[test]
fn a_type_that_was_cut_off_for_its_depth_is_whole_where_it_is_not_so_deep() {
    // At the depth at which reading stops, whichever it is exactly.
    for depth in 140..152 {
        let tree = emoji(&format!(
            "type client struct{{}}\nfunc (c client) get() {{ http.Get(\"http://s-ledger/\") }}\nfunc deep() {{ {}var c client; println(c){} }}\nfunc after(c client) {{ c.get() }}\nfunc main() {{ after(client{{}}) }}\n",
            "{".repeat(depth),
            "}".repeat(depth)
        ));
        let edges: Vec<_> = outcome(&tree).edges.into_keys().collect();
        assert_eq!(edges, [("service.emoji".to_owned(), "service.ledger".to_owned())], "{depth}");
    }
}

#[test]
fn values_that_are_made_of_each_other_take_no_time() {
    let swaps = "f = g; g = f; ".repeat(60);
    let own = "f = f; ".repeat(60);
    for main in [
        format!("func main() {{ f := get; g := get; {swaps}f(\"s-ledger\") }}\n"),
        format!("func main() {{ f := get; {own}f(\"s-ledger\") }}\n"),
        format!("func main() {{ var f, g = load(), load(); {swaps}f.Send(g); get(\"s-ledger\") }}\n"),
    ] {
        let tree = format!(
            "-- service.emoji/main.go\npackage main\nimport \"net/http\"\nfunc get(host string) {{ http.Get(\"http://\" + host) }}\n{main}-- service.ledger/x.txt\n"
        );
        // Whether a local that is assigned again is followed is another question.
        let edges: Vec<(String, String)> = outcome(&tree).edges.into_keys().collect();
        assert_eq!(edges, [("service.emoji".to_owned(), "service.ledger".to_owned())], "{main}");
    }
}

#[test]
fn a_function_that_goes_out_of_sight_is_said_beside_its_known_callers() {
    let get = "func get(host string) { http.Get(\"http://\" + host) }\n";
    let tree = |rest: &str| {
        format!(
            "-- service.emoji/main.go\npackage main\nimport (\"net/http\"; \"example.org/lib\")\nvar _ = lib.X\n{get}{rest}func main() {{ get(\"s-ledger\"); other() }}\n-- service.ledger/x.txt\n-- service.card/x.txt\n"
        )
    };
    // It is called through a field, a list, a map or a result.
    for rest in [
        "type h struct{ f func(string) }\nfunc more(x h) { x.f(\"s-card\") }\nfunc other() { more(h{f: get}) }\n",
        "type h struct{ f func(string) }\nfunc more(x *h) { x.f(\"s-card\") }\nfunc other() { x := &h{}; x.f = get; more(x) }\n",
        "func pick() func(string) { return get }\nfunc other() { pick()(\"s-card\") }\n",
        "func other() { for _, f := range map[string]func(string){\"a\": get} { f(\"s-card\") } }\n",
        "func other() { f := get; fs := []func(string){f}; fs[0](\"s-card\") }\n",
    ] {
        finds(&tree(rest), &["emoji -> card proven", "emoji -> ledger proven"]);
    }
    // A library may call it with anything.
    for rest in [
        "type h struct{ f func(string) }\nfunc other() { lib.Use(h{f: get}.f) }\n",
        "type h struct{ f func(string) }\nfunc other() { x := h{}; x.f = get; lib.Use(x.f) }\n",
        "func other() { lib.Use(map[string]func(string){\"a\": get}) }\n",
        "var all = map[string]func(string){\"a\": get}\nfunc other() { lib.Use(all) }\n",
        "func other() { fs := []func(string){get}; lib.Use(fs) }\n",
        "func other() { lib.Use(lib.Handler{F: get}) }\n",
    ] {
        finds(&tree(rest), &["emoji -> ledger proven", "unresolved-call service.emoji/main.go"]);
    }
    let rest = "func all(fs ...func(string)) { for _, f := range fs { f(\"s-card\") } }\nfunc other() { all(get) }\n";
    let found = ["emoji -> card proven", "emoji -> ledger proven", "unresolved-call service.emoji/main.go"];
    finds(&tree(rest), &found);
}

/// A call behind so many wrappers, each of which hands two pieces of the address on, with two callers at their end, and a function that
/// puts the pieces together. Of pieces of both the name of a third service could be made.
fn behind(wrappers: usize) -> String {
    let levels: String =
        (1..=wrappers).map(|level| format!("func f{level}(a, b string) {{ f{}(a, b) }}\n", level - 1)).collect();
    format!(
        "-- service.emoji/main.go\npackage main\nimport \"net/http\"\nfunc put(a, b string) string {{ return \"http://\" + a + b }}\n\
         func f0(a, b string) {{ http.Get(put(a, b)) }}\n{levels}\
         func main() {{ f{wrappers}(\"s-led\", \"ger\"); f{wrappers}(\"s-ca\", \"rt\") }}\n\
         -- service.ledger/x.txt\n-- service.cart/x.txt\n-- service.ledrt/x.txt\n"
    )
}

#[test]
fn callers_are_told_apart_up_to_five_levels() {
    // Of `main` too: five calls lead to the one behind four wrappers.
    for wrappers in 0..5 {
        finds(&behind(wrappers), &["emoji -> cart proven", "emoji -> ledger proven"]);
    }
    // What is behind more is found, and mixed.
    let found = outcome(&behind(5));
    for callee in ["service.ledger", "service.cart", "service.ledrt"] {
        assert!(found.edges.contains_key(&("service.emoji".to_owned(), callee.to_owned())), "{callee}");
    }
}

#[test]
fn the_less_and_the_more_of_two_have_their_type() {
    for name in ["min", "max"] {
        let tree = format!(
            "-- service.emoji/main.go\npackage main\nimport \"net/http\"\ntype To string\nfunc (t To) Call() {{ http.Get(\"http://service.ledger\") }}\n\
             type Other struct{{}}\nfunc (o Other) Call() {{ http.Get(\"http://service.cart\") }}\nfunc show(x any) {{}}\n\
             func main() {{ show(&Other{{}}); var a, b To; {name}(a, b).Call() }}\n\
             -- service.ledger/x.txt\n-- service.cart/x.txt\n"
        );
        finds(&tree, &["emoji -> ledger proven"]);
    }
}

#[test]
fn old_build_constraints_mean_or_between_spaces() {
    let tree = |line: &str| {
        format!(
            "-- service.emoji/main.go\npackage main\nfunc main() {{ call() }}\n-- service.emoji/a.go\n// +build {line}\n\n\
             package main\nimport \"net/http\"\nfunc call() {{ http.Get(\"http://service.ledger\") }}\n-- service.ledger/x.txt\n"
        )
    };
    finds(&tree("linux windows"), &["emoji -> ledger proven"]);
    finds(&tree("linux,windows"), &[]);
    finds(&tree("windows,amd64 linux"), &["emoji -> ledger proven"]);
    finds(&tree("linux\n// +build windows"), &[]);
}

#[test]
fn modules_may_be_replaced_by_the_one_above_them() {
    let tree = |manifests: &str| {
        format!(
            "-- go.mod\nmodule bank.example/all\n{manifests}-- internal/rpc/rpc.go\npackage rpc\nimport \"net/http\"\nfunc Call() {{ http.Get(\"http://s-ledger/x\") }}\n\
             -- service.emoji/main.go\npackage main\nimport \"bank.example/all/internal/rpc\"\nfunc main() {{ rpc.Call() }}\n-- service.ledger/x.txt\n"
        )
    };
    for manifests in [
        "",
        "-- tutorials/a/go.mod\nmodule bank.example/tutorial\nreplace bank.example/all v0.0.0-dev => ../../\n",
        "-- tutorials/go.mod\nmodule bank.example/tutorial\nreplace (\n\tbank.example/all => ..\n)\n",
        "-- tutorials/go.mod\nmodule bank.example/tutorial\nreplace bank.example/all => ./..\n",
    ] {
        finds(&tree(manifests), &["emoji -> ledger proven"]);
    }
}
