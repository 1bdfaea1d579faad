//! Go.

use super::{Forms, deploy};

/// Imports, what is declared beside, a call in which `ADDR` is the address, and the address.
type Idiom<'a> = (&'a str, &'a str, &'a str);

const HTTP: &str = "http://s-ledger/x";
const HOST: &str = "s-ledger:80";

#[track_caller]
fn found(idioms: &[Idiom]) {
    let mut forms = Forms::default();
    for (imports, call, address) in idioms {
        let file = |package: &str, more: &str| format!("package {package}\nimport ({imports}; {more})\n");
        let quoted = format!("\"{address}\"");
        let callee = "-- service.ledger/x.txt\n";
        let with = |expression: &str| call.replace("ADDR", expression);
        let main = |call: &str| {
            format!("-- service.emoji/main.go\n{}func main() {{ {call} }}\n{callee}", file("main", "\"os\""))
        };
        forms.check(call, "written out", &main(&with(&quoted)), &["emoji -> ledger proven"]);
        let constant =
            format!("{}-- service.emoji/names.go\npackage main\nconst address = {quoted}\n", main(&with("address")));
        forms.check(call, "constant", &constant, &["emoji -> ledger proven"]);
        let variable = format!("{}{}", main(&with("os.Getenv(\"LEDGER\")")), deploy(address).replace(callee, ""));
        forms.check(call, "environment", &variable, &["emoji -> ledger joined"]);
        let wrapper = format!(
            "-- service.emoji/main.go\npackage main\nimport \"bank/libs/calls\"\nfunc main() {{ calls.Call({quoted}) }}\n\
             -- libs/calls/calls.go\n{}func Call(address string) {{ {} }}\n{callee}",
            file("calls", ""),
            with("address")
        );
        forms.check(call, "wrapper", &wrapper, &["emoji -> ledger proven"]);
        let dead = main("").replace("func main", &format!("func never() {{ {} }}\nfunc main", with(&quoted)));
        forms.check(call, "dead", &dead, &[]);
    }
    forms.all_right();
}

#[test]
fn net_http() {
    found(&[
        (r#""net/http""#, "http.Get(ADDR)", HTTP),
        (r#""net/http""#, "http.Head(ADDR)", HTTP),
        (r#""net/http""#, "http.Post(ADDR, \"text/plain\", nil)", HTTP),
        (r#""net/http""#, "http.PostForm(ADDR, nil)", HTTP),
        (r#""net/http""#, "http.DefaultClient.Get(ADDR)", HTTP),
        (r#""net/http""#, "http.DefaultClient.Post(ADDR, \"text/plain\", nil)", HTTP),
        (r#""net/http""#, "c := &http.Client{Timeout: 3}; c.Get(ADDR)", HTTP),
        (r#""net/http""#, "c := http.Client{}; c.Head(ADDR)", HTTP),
        (r#""net/http""#, "c := new(http.Client); c.PostForm(ADDR, nil)", HTTP),
        (r#""net/http""#, "(&http.Client{}).Get(ADDR)", HTTP),
        (r#""net/http""#, "type api struct { http *http.Client }; a := api{&http.Client{}}; a.http.Get(ADDR)", HTTP),
        (r#""net/http""#, "type api struct { *http.Client }; a := api{&http.Client{}}; a.Get(ADDR)", HTTP),
        (
            r#""net/http""#,
            "req, err := http.NewRequest(http.MethodGet, ADDR, nil); if err != nil { panic(err) }; http.DefaultClient.Do(req)",
            HTTP,
        ),
        (
            r#""net/http"; "context""#,
            "req, _ := http.NewRequestWithContext(context.Background(), \"GET\", ADDR, nil); c := &http.Client{}; c.Do(req)",
            HTTP,
        ),
        (
            r#""net/http""#,
            "req, _ := http.NewRequest(\"GET\", \"/x\", nil); req.URL.Host = ADDR; http.DefaultClient.Do(req)",
            HOST,
        ),
        (r#""net/http"; "net/url""#, "u, _ := url.Parse(ADDR); u.Path = \"/y\"; http.Get(u.String())", HTTP),
        (
            r#""net/http"; "net/url""#,
            "u := url.URL{Scheme: \"http\", Host: ADDR, Path: \"/x\"}; http.Get(u.String())",
            HOST,
        ),
        (r#""net/http"; "net/url""#, "u, _ := url.JoinPath(ADDR, \"x\"); http.Get(u)", HTTP),
        (r#""net/http"; "strings""#, "http.Get(strings.TrimSuffix(ADDR, \"/\") + \"/y\")", HTTP),
        (r#""net/http"; "fmt""#, "http.Get(fmt.Sprintf(\"http://%s/accounts/%d\", ADDR, 3))", HOST),
        (
            r#""net/http"; "net/url"; "net/http/httputil""#,
            "u, _ := url.Parse(ADDR); p := httputil.NewSingleHostReverseProxy(u); http.Handle(\"/\", p)",
            HTTP,
        ),
        (
            r#""net/http"; "net/url"; "net/http/httputil""#,
            "u, _ := url.Parse(ADDR); p := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }}; http.Handle(\"/\", p)",
            HTTP,
        ),
        (
            r#""net/http"; "net/http/httputil""#,
            "p := &httputil.ReverseProxy{Director: func(r *http.Request) { r.URL.Host = ADDR }}; http.Handle(\"/\", p)",
            HOST,
        ),
        (r#""net""#, "net.Dial(\"tcp\", ADDR)", HOST),
        (r#""net""#, "net.DialTimeout(\"tcp\", ADDR, 3)", HOST),
        (r#""net"; "context""#, "var d net.Dialer; d.DialContext(context.Background(), \"tcp\", ADDR)", HOST),
        (r#""crypto/tls""#, "tls.Dial(\"tcp\", ADDR, nil)", HOST),
    ]);
}

#[test]
fn clients_over_http() {
    found(&[
        (r#""github.com/go-resty/resty/v2""#, "resty.New().R().Get(ADDR)", HTTP),
        (r#""github.com/go-resty/resty/v2""#, "c := resty.New(); c.R().SetHeader(\"a\", \"b\").Post(ADDR)", HTTP),
        (r#""github.com/go-resty/resty/v2""#, "c := resty.New().SetBaseURL(ADDR); c.R().Get(\"/y\")", HTTP),
        (r#""github.com/hashicorp/go-retryablehttp""#, "retryablehttp.Get(ADDR)", HTTP),
        (r#""github.com/hashicorp/go-retryablehttp""#, "c := retryablehttp.NewClient(); c.Get(ADDR)", HTTP),
        (
            r#""github.com/hashicorp/go-retryablehttp""#,
            "r, _ := retryablehttp.NewRequest(\"GET\", ADDR, nil); retryablehttp.NewClient().Do(r)",
            HTTP,
        ),
        (r#""github.com/gorilla/websocket""#, "websocket.DefaultDialer.Dial(ADDR, nil)", "ws://s-ledger/x"),
        (r#""github.com/monzo/typhon""#, "typhon.NewRequest(nil, \"GET\", ADDR, nil).Send().Response()", HTTP),
        (r#""github.com/monzo/typhon""#, "req := typhon.NewRequest(nil, \"GET\", ADDR, nil); typhon.Send(req)", HTTP),
        (
            r#""github.com/monzo/typhon""#,
            "req := typhon.NewRawRequest(nil, \"GET\", ADDR, nil); req.SendVia(nil)",
            HTTP,
        ),
        (
            r#""github.com/monzo/typhon""#,
            "req := typhon.NewRequest(nil, \"GET\", \"/x\", nil); req.URL.Host = ADDR; req.Send()",
            HOST,
        ),
    ]);
}

#[test]
fn grpc_and_kratos() {
    let grpc = r#""google.golang.org/grpc"; "context"; "example.com/api/ledgerpb""#;
    let kratos = r#""github.com/go-kratos/kratos/v2/transport/grpc"; "context"; pb "example.com/api/ledger/v1""#;
    let web = r#""github.com/go-kratos/kratos/v2/transport/http"; "context"; pb "example.com/api/ledger/v1""#;
    found(&[
        (grpc, "conn, _ := grpc.NewClient(ADDR); ledgerpb.NewLedgerClient(conn).Read(context.Background(), nil)", HOST),
        (
            grpc,
            "conn, _ := grpc.Dial(ADDR, grpc.WithInsecure()); c := ledgerpb.NewLedgerClient(conn); c.Read(nil, nil)",
            "dns:///s-ledger:80",
        ),
        (
            grpc,
            "conn, _ := grpc.DialContext(context.Background(), ADDR); ledgerpb.NewLedgerClient(conn).Read(nil, nil)",
            HOST,
        ),
        (
            kratos,
            "conn, _ := grpc.DialInsecure(context.Background(), grpc.WithEndpoint(ADDR)); pb.NewLedgerClient(conn).Read(nil, nil)",
            "discovery:///service.ledger",
        ),
        (
            kratos,
            "conn, _ := grpc.Dial(context.Background(), grpc.WithTimeout(3), grpc.WithEndpoint(ADDR)); pb.NewLedgerClient(conn)",
            "discovery:///s-ledger",
        ),
        (
            web,
            "c, _ := http.NewClient(context.Background(), http.WithEndpoint(ADDR)); pb.NewLedgerHTTPClient(c).Read(nil, nil)",
            "discovery:///s-ledger",
        ),
    ]);
}

#[test]
fn connect_twirp_and_go_micro() {
    let connect = r#""net/http"; "example.com/gen/ledger/v1/ledgerv1connect""#;
    let twirp = r#""net/http"; "example.com/rpc/ledger""#;
    let micro = r#""go-micro.dev/v4"; "go-micro.dev/v4/client"; pb "example.com/proto/ledger""#;
    found(&[
        (connect, "c := ledgerv1connect.NewLedgerServiceClient(http.DefaultClient, ADDR); c.Read(nil, nil)", HTTP),
        (connect, "c := ledgerv1connect.NewLedgerServiceClient(&http.Client{}, ADDR, nil); c.Read(nil, nil)", HTTP),
        (twirp, "c := ledger.NewLedgerProtobufClient(ADDR, &http.Client{}); c.Read(nil, nil)", HTTP),
        (twirp, "c := ledger.NewLedgerJSONClient(ADDR, http.DefaultClient); c.Read(nil, nil)", HTTP),
        (micro, "s := micro.NewService(); c := pb.NewLedgerService(ADDR, s.Client()); c.Read(nil, nil)", "s-ledger"),
        (micro, "c := pb.NewLedgerService(ADDR, client.DefaultClient); c.Read(nil, nil)", "service.ledger"),
        (micro, "req := client.NewRequest(ADDR, \"Ledger.Read\", nil); client.Call(nil, req, nil)", "s-ledger"),
        (
            micro,
            "s := micro.NewService(); c := s.Client(); c.Call(nil, c.NewRequest(ADDR, \"Ledger.Read\", nil), nil)",
            "s-ledger",
        ),
        (
            micro,
            "var c client.Client = client.NewClient(); req := c.NewRequest(ADDR, \"Ledger.Read\", nil); c.Call(nil, req, nil)",
            "s-ledger",
        ),
        (
            r#""github.com/micro/go-micro/v2/client""#,
            "req := client.NewRequest(ADDR, \"Ledger.Read\", nil); client.Call(nil, req, nil)",
            "s-ledger",
        ),
        (
            r#""github.com/micro/go-micro/client""#,
            "p := client.NewPublication; _ = p; client.Call(nil, client.NewJsonRequest(ADDR, \"Ledger.Read\", nil), nil)",
            "s-ledger",
        ),
    ]);
}
