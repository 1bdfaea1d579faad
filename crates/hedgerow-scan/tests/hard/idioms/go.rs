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

/// Imports, what is declared beside, what `main` does, and the files that the deploy gives.
type Configured<'a> = (&'a str, &'a str, &'a str, &'a str);

/// Code that asks a library for its configuration, with the address set where the deploy says, nowhere, and in code that is never run.
#[track_caller]
fn configured(rows: &[Configured]) {
    let mut forms = Forms::default();
    for (imports, declared, call, files) in rows {
        let main = |body: &str| {
            format!(
                "-- service.ledger/x.txt\n-- service.emoji/main.go\npackage main\nimport ({imports}; \"net/http\")\n{declared}\n{body}\n"
            )
        };
        let live = main(&format!("func main() {{ {call} }}"));
        forms.check(call, "given", &format!("{live}{files}"), &["emoji -> ledger joined"]);
        let dead = main(&format!("func never() {{ {call} }}\nfunc main() {{}}"));
        // A variable that leads to a service, and that nothing is seen to ask for, is asked about.
        let asked: &[&str] = if files.contains("env: [") { &["emoji -> ledger candidate"] } else { &[] };
        forms.check(call, "dead", &format!("{dead}{files}"), asked);
        let elsewhere = files.replace("s-ledger", "example.com");
        forms.check(call, "another host", &format!("{live}{elsewhere}"), &[]);
    }
    forms.all_right();
}

/// A manifest that gives the caller a variable.
fn variable(name: &str, value: &str) -> String {
    format!(
        "-- k8s/emoji.yaml\nkind: Deployment\nmetadata: {{name: s-emoji}}\nspec: {{template: {{spec: {{containers: [{{env: [{{name: {name}, value: '{value}'}}]}}]}}}}}}\n"
    )
}

const FILE: &str = "-- service.emoji/config.yaml\nledger:\n  url: http://s-ledger/x\n";

#[test]
fn settings_of_viper_and_its_like() {
    let viper = "\"github.com/spf13/viper\"";
    let prefixed = variable("SHOP_URL", HTTP);
    let bound = variable("BOOKS", HTTP);
    let view = "type View interface { GetString(string) string; GetInt(string) int }\nfunc read() View { v := viper.New(); v.ReadInConfig(); return v }\nfunc call(c View, at string) { http.Get(c.GetString(at + \".url\")) }";
    configured(&[
        (viper, "", "http.Get(viper.GetString(\"ledger.url\"))", FILE),
        (viper, "", "v := viper.New(); v.ReadInConfig(); http.Get(v.GetString(\"ledger.url\"))", FILE),
        (
            viper,
            "",
            "v := viper.NewWithOptions(viper.KeyDelimiter(\"::\")); http.Get(v.GetString(\"ledger::url\"))",
            FILE,
        ),
        (viper, "", "http.Get(viper.Sub(\"ledger\").GetString(\"url\"))", FILE),
        (viper, "", "sub := viper.GetViper().Sub(\"ledger\"); http.Get(sub.GetString(\"url\"))", FILE),
        (viper, "", "for _, u := range viper.GetStringSlice(\"ledger.url\") { http.Get(u) }", FILE),
        (viper, "", "http.Get(viper.GetStringMapString(\"ledger\")[\"url\"])", FILE),
        (viper, view, "call(read(), \"ledger\")", FILE),
        (
            viper,
            "type Ledger struct { URL string }\ntype Config struct { Ledger Ledger }",
            "var c Config; viper.Unmarshal(&c); http.Get(c.Ledger.URL)",
            FILE,
        ),
        (
            viper,
            "type Config struct { Books struct { Address string `mapstructure:\"url\"` } `mapstructure:\"ledger\"` }",
            "c := &Config{}; viper.Unmarshal(c); http.Get(c.Books.Address)",
            FILE,
        ),
        (
            viper,
            "type Config struct { Ledger struct { URL string } }\nfunc load(c *Config) error { return viper.Unmarshal(c) }\nfunc config() *Config { c := &Config{}; load(c); return c }",
            "http.Get(config().Ledger.URL)",
            FILE,
        ),
        (
            viper,
            "type Ledger struct { URL string }",
            "var l Ledger; viper.UnmarshalKey(\"ledger\", &l); http.Get(l.URL)",
            FILE,
        ),
        (
            "\"os\"; \"github.com/spf13/viper\"",
            "",
            "viper.SetDefault(\"books\", os.Getenv(\"BOOKS\")); http.Get(viper.GetString(\"books\"))",
            &bound,
        ),
        (viper, "", "viper.BindEnv(\"ledger.url\", \"BOOKS\"); http.Get(viper.GetString(\"ledger.url\"))", &bound),
        (
            viper,
            "",
            "viper.SetEnvPrefix(\"shop\"); viper.AutomaticEnv(); http.Get(viper.GetString(\"url\"))",
            &prefixed,
        ),
    ]);
}

#[test]
fn settings_of_other_libraries() {
    let koanf = "\"github.com/knadh/koanf/v2\"; \"github.com/knadh/koanf/providers/env\"";
    let variable = |name: &str| variable(name, HTTP);
    let flag = "-- k8s/emoji.yaml\nkind: Deployment\nmetadata: {name: s-emoji}\nspec: {template: {spec: {containers: [{args: ['--ledger-url=http://s-ledger/x']}]}}}\n";
    configured(&[
        (koanf, "var k = koanf.New(\".\")", "http.Get(k.String(\"ledger.url\"))", FILE),
        (koanf, "", "k := koanf.New(\".\"); http.Get(k.Cut(\"ledger\").String(\"url\"))", FILE),
        (
            koanf,
            "type Ledger struct { Address string `koanf:\"url\"` }",
            "k := koanf.New(\".\"); var l Ledger; k.Unmarshal(\"ledger\", &l); http.Get(l.Address)",
            FILE,
        ),
        (
            koanf,
            "",
            "k := koanf.New(\".\"); k.Load(env.Provider(\"SHOP_\", \".\", nil), nil); http.Get(k.String(\"url\"))",
            &variable("SHOP_URL"),
        ),
        (
            "\"github.com/kelseyhightower/envconfig\"",
            "type Config struct { Ledger string }",
            "var c Config; envconfig.Process(\"shop\", &c); http.Get(c.Ledger)",
            &variable("SHOP_LEDGER"),
        ),
        (
            "\"github.com/kelseyhightower/envconfig\"",
            "type Config struct { Books string `envconfig:\"LEDGER_URL\"` }",
            "var c Config; envconfig.MustProcess(\"shop\", &c); http.Get(c.Books)",
            &variable("SHOP_LEDGER_URL"),
        ),
        (
            "\"github.com/vrischmann/envconfig\"",
            "type Config struct { LedgerOrigin string `envconfig:\"default=http://127.0.0.1:3001\"` }",
            "c := Config{}; envconfig.InitWithPrefix(&c, \"SHOP\"); http.Get(c.LedgerOrigin)",
            &variable("SHOP_LEDGER_ORIGIN"),
        ),
        (
            "\"github.com/vrischmann/envconfig\"",
            "type Config struct { Books string `envconfig:\"default=http://127.0.0.1:3001,LEDGER_URL\"` }",
            "var c Config; envconfig.InitWithPrefix(&c, \"SHOP\"); http.Get(c.Books)",
            &variable("LEDGER_URL"),
        ),
        (
            "\"github.com/vrischmann/envconfig\"",
            "type Config struct { Books string `envconfig:\"SHOP_LEDGER_URL,optional\"` }",
            "var c Config; envconfig.InitWithOptions(&c, envconfig.Options{Prefix: \"SHOP\", AllOptional: true}); http.Get(c.Books)",
            &variable("SHOP_LEDGER_URL"),
        ),
        (
            "\"github.com/vrischmann/envconfig\"",
            "type Part struct { Host string `envconfig:\"default=localhost,LEDGER_HOST\"` }\ntype Config struct { Ledger Part }",
            "var c Config; envconfig.Init(&c); http.Get(\"http://\" + c.Ledger.Host)",
            &variable("LEDGER_HOST"),
        ),
        (
            "\"github.com/caarlos0/env/v11\"",
            "type Config struct { Books string `env:\"LEDGER,required\"` }",
            "c := Config{}; env.Parse(&c); http.Get(c.Books)",
            &variable("LEDGER"),
        ),
        (
            "\"github.com/caarlos0/env/v11\"",
            "type Part struct { URL string `env:\"URL\"` }\ntype Config struct { Ledger Part `envPrefix:\"LEDGER_\"` }",
            "c := Config{}; env.Parse(&c); http.Get(c.Ledger.URL)",
            &variable("LEDGER_URL"),
        ),
        (
            "\"github.com/sethvargo/go-envconfig\"; \"context\"",
            "type Config struct { Books string `env:\"LEDGER\"` }",
            "var c Config; envconfig.Process(context.Background(), &c); http.Get(c.Books)",
            &variable("LEDGER"),
        ),
        (
            "\"github.com/alecthomas/kong\"",
            "var cli struct { LedgerURL string `help:\"x\"` }",
            "kong.Parse(&cli); http.Get(cli.LedgerURL)",
            flag,
        ),
        (
            "\"github.com/alecthomas/kong\"",
            "var cli struct { Books string `name:\"x\" env:\"LEDGER\"` }",
            "kong.Parse(&cli); http.Get(cli.Books)",
            &variable("LEDGER"),
        ),
        (
            "\"github.com/urfave/cli/v2\"",
            "func run(c *cli.Context) error { http.Get(c.String(\"ledger-url\")); return nil }",
            "app := &cli.App{Flags: []cli.Flag{&cli.StringFlag{Name: \"ledger-url\"}}, Action: run}; app.Run(nil)",
            flag,
        ),
        (
            "\"github.com/spf13/cobra\"; \"github.com/spf13/viper\"",
            "",
            "c := &cobra.Command{}; c.Flags().String(\"ledger-url\", \"\", \"\"); viper.BindPFlag(\"books\", c.Flags().Lookup(\"ledger-url\")); http.Get(viper.GetString(\"books\"))",
            flag,
        ),
    ]);
}

const MAP: &str = "-- service.emoji/config.yaml\ndb:\n  connection: {host: s-ledger, port: 5432, dbname: other}\nbus:\n  URL: pulsar://s-ledger:6650\n  url2: s-ledger:6379\n  addrs: [\"s-ledger:6379\"]\n-- service.other/x.txt\n";

#[test]
fn stores_by_settings() {
    let read = "func dsn(parts map[string]string) string { r := strings.NewReplacer(\"'\", \"\"); out := \"\"; for k, v := range parts { out += k + \"='\" + r.Replace(v) + \"' \" }; return out }\n\
        type Config struct { DB struct { Connection map[string]string }; Bus struct { URL string; Url2 string } }\nfunc load() Config { var c Config; viper.Unmarshal(&c); return c }";
    let imports = |more: &str| format!("\"strings\"; \"context\"; \"github.com/spf13/viper\"; {more}");
    let pgx = imports("\"github.com/jackc/pgx/v5\"; \"github.com/jackc/pgx/v5/pgxpool\"");
    let pulsar = imports("\"github.com/apache/pulsar-client-go/pulsar\"");
    let redis = imports("\"github.com/redis/go-redis/v9\"");
    configured(&[
        (&pgx, read, "pgxpool.New(context.Background(), dsn(load().DB.Connection))", MAP),
        (&pgx, read, "pgx.Connect(context.Background(), dsn(load().DB.Connection))", MAP),
        (
            &pgx,
            read,
            "c, _ := pgxpool.ParseConfig(dsn(load().DB.Connection)); pgxpool.NewWithConfig(context.Background(), c)",
            MAP,
        ),
        (
            &pgx,
            read,
            "c, _ := pgx.ParseConfig(\"host=\" + load().DB.Connection[\"host\"]); pgx.ConnectConfig(context.Background(), c)",
            MAP,
        ),
        (&pulsar, read, "pulsar.NewClient(pulsar.ClientOptions{URL: load().Bus.URL})", MAP),
        (
            &redis,
            "type Config struct { Bus redis.UniversalOptions }",
            "var c Config; viper.Unmarshal(&c); redis.NewUniversalClient(&c.Bus)",
            MAP,
        ),
        (
            &redis,
            "type Config struct { Bus redis.UniversalOptions }\nfunc open(o *redis.UniversalOptions) { redis.NewUniversalClient(o) }",
            "var c Config; viper.Unmarshal(&c); open(&c.Bus)",
            MAP,
        ),
    ]);
}
