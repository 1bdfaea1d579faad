//! C#.

use super::{Forms, deploy};
use crate::finds;

const HTTP: &str = "http://s-ledger/x";
const HOST: &str = "s-ledger";
const PORT: &str = "s-ledger:6379";

#[track_caller]
fn found(idioms: &[(&str, &str)]) {
    let mut forms = Forms::default();
    for (call, address) in idioms {
        let quoted = format!("\"{address}\"");
        let callee = "-- service.ledger/x.txt\n";
        let project = "-- service.emoji/Emoji.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"></Project>\n";
        let with = |expression: &str| call.replace("ADDR", expression);
        let class = |name: &str, body: &str| {
            format!("-- service.emoji/{name}.cs\nnamespace Bank;\npublic class {name} {{ {body} }}\n")
        };
        let main = |call: &str| {
            project.to_owned()
                + &class("Program", &format!("public static async Task Main(string[] args) {{ {call} }}"))
                + callee
        };
        forms.check(call, "written out", &main(&with(&quoted)), &["emoji -> ledger proven"]);
        let constant =
            main(&with("Names.Address")) + &class("Names", &format!("public const string Address = {quoted};"));
        forms.check(call, "constant", &constant, &["emoji -> ledger proven"]);
        let variable =
            main(&with("Environment.GetEnvironmentVariable(\"LEDGER\")")) + &deploy(address).replace(callee, "");
        forms.check(call, "environment", &variable, &["emoji -> ledger joined"]);
        let wrapper = main(&format!("await new Calls().Call({quoted});"))
            + &class("Calls", &format!("public async Task Call(string address) {{ {} }}", with("address")));
        forms.check(call, "wrapper", &wrapper, &["emoji -> ledger proven"]);
        let dead = main("").replace(callee, "")
            + &class("Never", &format!("static async Task Call() {{ {} }}", with(&quoted)));
        forms.check(call, "dead", &(dead + callee), &[]);
    }
    forms.all_right();
}

#[test]
fn http_client() {
    found(&[
        ("var client = new HttpClient(); await client.GetAsync(ADDR);", HTTP),
        ("using var client = new HttpClient(); var text = await client.GetStringAsync($\"{ADDR}/items/{3}\");", HTTP),
        ("HttpClient client = new(); await client.PostAsJsonAsync(ADDR, 3).ConfigureAwait(false);", HTTP),
        ("var client = new HttpClient { BaseAddress = new Uri(ADDR) }; await client.GetAsync(\"items\");", HTTP),
        (
            "var client = new HttpClient(); client.BaseAddress = new Uri(ADDR + \"/\"); await client.GetAsync(\"/items\");",
            HTTP,
        ),
        ("var client = new HttpClient(); await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, ADDR));", HTTP),
        (
            "var client = new HttpClient(); await client.SendAsync(new HttpRequestMessage { RequestUri = new Uri(ADDR) });",
            HTTP,
        ),
        ("var client = new HttpClient(); await client.GetFromJsonAsync<string[]>(new Uri(ADDR));", HTTP),
        (
            "IHttpClientFactory factory = null; var client = factory.CreateClient(\"x\"); await client.GetAsync(string.Format(\"{0}/a\", ADDR));",
            HTTP,
        ),
        (
            "var client = new HttpClient(); await client.GetAsync(string.Format(CultureInfo.InvariantCulture, \"{0}/{1}\", ADDR, 1));",
            HTTP,
        ),
        (
            "var client = new HttpClient(); await client.GetAsync(String.Format(Culture(), \"http://{0}:5000\", ADDR));",
            HOST,
        ),
        (
            "var builder = WebApplication.CreateBuilder(args); builder.Services.AddHttpClient(\"x\", c => { c.BaseAddress = new Uri(ADDR); }); factory.CreateClient(\"x\");",
            HTTP,
        ),
        (
            "var builder = WebApplication.CreateBuilder(args); builder.Services.AddHttpClient<Typed>(c => c.BaseAddress = new(ADDR));",
            HTTP,
        ),
        (
            "var builder = WebApplication.CreateBuilder(args); builder.Services.AddHttpClient<Typed>().ConfigureHttpClient((sp, c) => c.BaseAddress = new Uri(ADDR));",
            HTTP,
        ),
        ("var request = WebRequest.Create(ADDR);", HTTP),
        ("new WebClient().DownloadString(ADDR);", HTTP),
    ]);
}

#[test]
fn texts_made_of_parts() {
    let get = |text: &str| format!("await new HttpClient().GetAsync({text});");
    let culture = |text: &str| format!("var culture = new CultureInfo(\"en\"); {}", get(text));
    let idioms = [
        get("string.Format(CultureInfo.InvariantCulture, \"{0}/a\", ADDR)"),
        get("string.Format(System.Globalization.CultureInfo.CurrentCulture, \"{0}/{1}\", ADDR, 3)"),
        get("string.Format(null, \"{0}/a\", ADDR)"),
        culture("String.Format(culture, \"{0}/a\", ADDR)"),
        get("string.Create(CultureInfo.InvariantCulture, $\"{ADDR}/a\")"),
        get("FormattableString.Invariant($\"{ADDR}/a\")"),
        get("string.Concat(ADDR, \"/a\")"),
        get("string.Join('/', ADDR, \"a\")"),
        get("string.Join(\"/\", new[] { ADDR, \"a\" })"),
        get("string.Join(\"/\", new List<string> { ADDR, \"a\" })"),
    ];
    let idioms: Vec<(&str, &str)> = idioms.iter().map(|call| (call.as_str(), HTTP)).collect();
    found(&idioms);
    // The first of the parts says how they are written, and not what the host is.
    let call = "await new HttpClient().GetAsync(string.Join(\"\", \"http\", \"://\", ADDR, \"/a\"));";
    found(&[
        (call, HOST),
        (&call.replace("\"\", \"http\", \"://\"", "\"\", new[] { \"http://\"").replace("\"/a\")", "\"/a\" })"), HOST),
    ]);
}

#[test]
fn libraries_over_http() {
    found(&[
        ("var api = RestService.For<ILedger>(ADDR);", HTTP),
        ("services.AddRefitClient<ILedger>().ConfigureHttpClient(c => c.BaseAddress = new Uri(ADDR));", HTTP),
        ("var client = new RestClient(ADDR); await client.GetAsync<string>(new RestRequest(\"items\"));", HTTP),
        ("var client = new RestClient(new RestClientOptions(ADDR) { MaxTimeout = 3 });", HTTP),
        ("var client = new RestClient(); await client.ExecuteAsync(new RestRequest(ADDR));", HTTP),
        ("await ADDR.AppendPathSegment(\"items\").GetJsonAsync<string>();", HTTP),
        ("await ADDR.PostJsonAsync(new { A = 1 });", HTTP),
        ("var client = new FlurlClient(ADDR);", HTTP),
        ("app.MapForwarder(\"/x/{id}\", ADDR, \"/y\");", HTTP),
        ("var hub = new HubConnectionBuilder().WithUrl(ADDR).Build();", HTTP),
        ("services.AddAuthentication().AddJwtBearer(o => { o.Authority = ADDR; });", HTTP),
        ("await new ClientWebSocket().ConnectAsync(new Uri(ADDR), default);", "ws://s-ledger/x"),
    ]);
}

#[test]
fn grpc() {
    found(&[
        ("using var channel = GrpcChannel.ForAddress(ADDR); var client = new Ledger.LedgerClient(channel);", HTTP),
        ("services.AddGrpcClient<Ledger.LedgerClient>(o => { o.Address = new Uri(ADDR); });", HTTP),
        ("services.AddGrpcClient<Ledger.LedgerClient>((sp, o) => o.Address = new(ADDR)).AddAuthToken();", HTTP),
        ("var channel = new Channel(ADDR, ChannelCredentials.Insecure);", "s-ledger:50051"),
    ]);
}

#[test]
fn data_stores_and_brokers() {
    found(&[
        ("services.AddDbContext<Store>(o => o.UseNpgsql(ADDR));", "Host=s-ledger;Port=5432;Database=x"),
        (
            "services.AddDbContext<Store>(o => o.UseSqlServer(ADDR, sql => sql.EnableRetryOnFailure()));",
            "Server=tcp:s-ledger,1433;Database=x;User Id=sa",
        ),
        (
            "services.AddDbContext<Store>(o => o.UseMySql(ADDR, ServerVersion.AutoDetect(ADDR)));",
            "server=s-ledger;port=3306;database=x",
        ),
        ("await using var c = new NpgsqlConnection(ADDR); await c.OpenAsync();", "Host=s-ledger;Username=x"),
        ("await using var source = NpgsqlDataSource.Create(ADDR);", "Username=x;Host=s-ledger"),
        ("using (var c = new SqlConnection(ADDR)) { c.Open(); }", "Data Source=s-ledger;Initial Catalog=x"),
        ("using var c = new MySqlConnection(ADDR);", "Server=s-ledger;Uid=x"),
        ("var client = new MongoClient(ADDR);", "mongodb://s-ledger:27017"),
        (
            "var client = new MongoClient(MongoClientSettings.FromConnectionString(ADDR));",
            "mongodb://me:pw@s-ledger:27017/x",
        ),
        ("var redis = ConnectionMultiplexer.Connect(ADDR);", "s-ledger:6379,abortConnect=false"),
        ("var redis = await ConnectionMultiplexer.ConnectAsync(ConfigurationOptions.Parse(ADDR));", PORT),
        ("services.AddStackExchangeRedisCache(o => { o.Configuration = ADDR; });", PORT),
        ("var factory = new ConnectionFactory { HostName = ADDR, Port = 5672 }; factory.CreateConnection();", HOST),
        ("var factory = new ConnectionFactory(); factory.Uri = new Uri(ADDR);", "amqp://me:pw@s-ledger:5672/"),
        (
            "services.AddMassTransit(x => x.UsingRabbitMq((context, cfg) => { cfg.Host(ADDR, \"/\", h => { h.Username(\"x\"); }); }));",
            HOST,
        ),
        (
            "var config = new ProducerConfig { BootstrapServers = ADDR }; new ProducerBuilder<string, string>(config).Build();",
            "s-ledger:9092",
        ),
        ("var config = new ConsumerConfig(); config.BootstrapServers = ADDR;", "s-ledger:9092"),
        (
            "var client = new ElasticsearchClient(new ElasticsearchClientSettings(new Uri(ADDR)));",
            "http://s-ledger:9200",
        ),
        ("var client = new ElasticClient(new ConnectionSettings(new Uri(ADDR)));", "http://s-ledger:9200"),
        ("await using var nats = new NatsConnection(new NatsOpts { Url = ADDR });", "nats://s-ledger:4222"),
        (
            "var s3 = new AmazonS3Client(new AmazonS3Config { ServiceURL = ADDR, ForcePathStyle = true });",
            "http://s-ledger:9000",
        ),
        ("using var mail = new SmtpClient(ADDR, 25);", HOST),
        ("var mail = new MailKit.Net.Smtp.SmtpClient(); await mail.ConnectAsync(ADDR, 25, false);", HOST),
        ("builder.AddNpgsqlDbContext<Store>(ADDR);", HOST),
    ]);
}

/// A program of one project, with these files beside the one in which it begins.
fn program(main: &str, files: &str) -> String {
    format!(
        "-- service.emoji/Emoji.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"></Project>\n-- service.ledger/x.txt\n\
         -- service.emoji/Program.cs\nvar builder = WebApplication.CreateBuilder(args);\n{main}\nbuilder.Build().Run();\n{files}"
    )
}

const SETTINGS: &str = "-- service.emoji/appsettings.json\n{ // for all\n  \"Ledger\": {\"Url\": \"http://s-ledger\", \"Retries\": 3},\n  \"ConnectionStrings\": {\"Books\": \"Host=s-ledger;Database=x\"},\n}\n";

#[test]
fn settings_fill_what_code_asks_for() {
    let joined = &["emoji -> ledger joined"];
    for (main, files) in [
        ("new HttpClient().GetAsync(builder.Configuration[\"Ledger:Url\"]);", ""),
        ("new HttpClient().GetAsync(builder.Configuration.GetValue<string>(\"Ledger:Url\") + \"/x\");", ""),
        ("var s = builder.Configuration.GetSection(\"Ledger\"); new HttpClient().GetAsync(s[\"Url\"]!);", ""),
        ("new HttpClient().GetAsync(builder.Configuration.GetSection(\"Ledger\").GetValue<string>(\"Url\"));", ""),
        ("new HttpClient().GetAsync(builder.Configuration.GetSection(\"Ledger:Url\").Value);", ""),
        // The framework's own way to it: a method from outside of the tree gives the configuration.
        ("var c = builder.Services.GetConfiguration(); new HttpClient().GetAsync(c[\"Ledger:Url\"]);", ""),
        (
            "var c = context.Services.GetConfiguration(); new HttpClient().GetAsync(c.GetSection(\"Ledger\")[\"Url\"]);",
            "",
        ),
        (
            "var c = services.BuildServiceProvider().GetRequiredService<IConfiguration>(); new HttpClient().GetAsync(c[\"Ledger:Url\"]);",
            "",
        ),
        (
            "var o = builder.Configuration.GetSection(\"Ledger\").Get<Options>(); new HttpClient().GetAsync(o.Url);",
            "-- service.emoji/Options.cs\npublic class Options { public string Url { get; set; } }\n",
        ),
        (
            "var o = new Options(); builder.Configuration.Bind(\"Ledger\", o); new HttpClient().GetAsync(o.Url);",
            "-- service.emoji/Options.cs\npublic class Options { public string Url { get; set; } = \"http://localhost\"; }\n",
        ),
        (
            "builder.Services.Configure<Options>(builder.Configuration.GetSection(\"Ledger\")); builder.Services.AddHostedService<Worker>();",
            "-- service.emoji/Worker.cs\npublic class Options { public string Url { get; set; } }\npublic class Worker(IOptions<Options> options, HttpClient client) : BackgroundService { protected override async Task ExecuteAsync(CancellationToken t) { await client.GetAsync(options.Value.Url + \"/x\"); } }\n",
        ),
        (
            "builder.Services.AddOptions<Options>().BindConfiguration(Options.Name).ValidateOnStart(); builder.Services.AddSingleton<Caller>();",
            "-- service.emoji/Caller.cs\npublic class Options { public const string Name = \"Ledger\"; [ConfigurationKeyName(\"Url\")] public string Address { get; init; } }\npublic class Caller { private readonly Options _o; public Caller(IOptionsMonitor<Options> o) { _o = o.CurrentValue; new HttpClient().GetAsync(_o.Address); } }\n",
        ),
        (
            "builder.Services.AddDbContext<Db>(o => o.UseNpgsql(builder.Configuration.GetConnectionString(\"Books\")));",
            "-- service.emoji/Db.cs\npublic class Db : DbContext { }\n",
        ),
        ("builder.AddNpgsqlDbContext<Db>(\"Books\");", ""),
        (
            "services.AddReverseProxy().LoadFromConfig(builder.Configuration.GetSection(\"ReverseProxy\"));",
            "-- service.emoji/appsettings.Production.json\n{\"ReverseProxy\": {\"Clusters\": {\"a\": {\"Destinations\": {\"b\": {\"Address\": \"http://s-ledger:80/\"}}}}}}\n",
        ),
        (
            "builder.Services.AddOcelot();",
            "-- service.emoji/ocelot.json\n{\"Routes\": [{\"DownstreamPathTemplate\": \"/x\", \"DownstreamHostAndPorts\": [{\"Host\": \"s-ledger\", \"Port\": 80}]}]}\n",
        ),
    ] {
        let tree = program(main, files) + SETTINGS;
        let found = crate::summary(&crate::outcome(&tree));
        assert_eq!(found, joined, "{main}");
    }
}

#[test]
fn options_go_through_containers_and_interfaces() {
    let options = "public class LedgerOptions { public string Url { get; set; } }";
    let call = "new HttpClient().GetAsync";
    for (main, classes) in [
        // By the class's own name, written in three ways.
        (
            "builder.Services.AddOptions<LedgerOptions>().Bind(builder.Configuration.GetSection(nameof(LedgerOptions)));",
            format!(
                "public class C(IOptions<LedgerOptions> o) : ControllerBase {{ public void Get() {{ {call}(o.Value.Url); }} }}"
            ),
        ),
        (
            "builder.Services.Configure<LedgerOptions>(builder.Configuration.GetSection(typeof(LedgerOptions).Name));",
            format!(
                "public class C(IOptions<LedgerOptions> o) : ControllerBase {{ public void Get() {{ {call}(o.Value.Url); }} }}"
            ),
        ),
        (
            "builder.Services.AddValidated<LedgerOptions>();",
            format!(
                "public static class E {{ public static void AddValidated<T>(this IServiceCollection s) where T : class {{ s.AddOptions<T>().BindConfiguration(typeof(T).Name); s.AddSingleton(x => x.GetRequiredService<IOptions<T>>().Value); }} }}\npublic class C(LedgerOptions o) : ControllerBase {{ public void Get() {{ {call}(o.Url); }} }}"
            ),
        ),
        (
            "builder.Services.AddDb();",
            format!(
                "public static class E {{ public static void AddDb(this IServiceCollection s) {{ s.AddSingleton(sp => {call}(sp.GetRequiredService<LedgerOptions>().Url)); }} }}"
            ),
        ),
        (
            "builder.Services.AddDb(builder.Configuration);",
            format!(
                "public static class E {{ public static void AddDb(this IServiceCollection s, IConfiguration c) {{ s.AddSingleton(sp => {call}(c.GetConnectionString(\"none\") ?? sp.GetService<LedgerOptions>().Url)); }} }}"
            ),
        ),
        (
            "builder.Services.AddBooks<Books>(builder.Configuration);",
            format!(
                "public class Basis {{ public Basis(IOptions<LedgerOptions> o) {{ {call}(o.Value.Url); }} }}\npublic class Books : Basis {{ public Books(IOptions<LedgerOptions> o) : base(o) {{ }} }}\n\
                 public static class E {{ public static void AddBooks<T>(this IServiceCollection s, IConfiguration c) where T : Basis {{ s.AddOptions<LedgerOptions>().Bind(c.GetSection(nameof(LedgerOptions))).PostConfigure(o => {{ o.Url = c.GetConnectionString(\"none\") ?? o.Url; }}); s.AddScoped(typeof(T)); }} }}"
            ),
        ),
        // Properties of interfaces.
        (
            "builder.Services.AddAll(builder.Configuration);",
            format!(
                "public interface IAll {{ IPart Part {{ get; set; }} }}\npublic interface IPart {{ string Ledger {{ get; }} }}\npublic class All : IAll {{ public All() {{ Part = new Inner(this); }} public virtual IPart Part {{ get; set; }} \
                 public string Made(string own, string name) {{ if (own != null) {{ return own; }} return string.Format(CultureInfo.InvariantCulture, \"{{0}}/x\", name); }}\n\
                 public class Inner : IPart {{ private readonly All _all; private string _own; public Inner(All all) {{ _all = all; }} public string Ledger {{ get => _all.Made(_own, \"http://s-ledger\"); set => _own = value; }} }} }}\n\
                 public static class E {{ public static void AddAll(this IServiceCollection s, IConfiguration c) {{ var all = new All(); ConfigurationBinder.Bind(c.GetSection(\"All\"), all); s.AddSingleton(_ => all); }} }}\n\
                 public class C(IAll all) : ControllerBase {{ public void Get() {{ {call}(all.Part.Ledger); }} }}"
            ),
        ),
    ] {
        let settings = "-- service.emoji/appsettings.json\n{\"LedgerOptions\": {\"Url\": \"http://s-ledger\"}, \"Part\": {\"Ledger\": \"http://s-ledger\"}}\n";
        let files = format!("-- service.emoji/Classes.cs\nnamespace Bank;\n{options}\n{classes}\n");
        let tree = program(&format!("using Bank;\n{main}"), &files);
        let found = crate::summary(&crate::outcome(&(tree.clone() + settings)));
        let class = if main.contains("AddAll") { "proven" } else { "joined" };
        assert_eq!(found, [format!("emoji -> ledger {class}")], "{main}");
        // What the part of another name says is not taken.
        if class == "joined" {
            let other = settings.replace("LedgerOptions", "Another").replace("\"Ledger\"", "\"X\"");
            let found = crate::summary(&crate::outcome(&(tree + &other)));
            assert!(!found.iter().any(|line| line.contains("joined")), "{main}: {found:?}");
        }
    }
}

#[test]
fn variables_stand_for_settings() {
    let main = "new HttpClient().GetAsync(builder.Configuration[\"Ledger:Url\"]);";
    let compose = "-- compose.yaml\nservices:\n  service.emoji: {environment: [\"Ledger__Url=http://s-ledger\"]}\n";
    finds(&(program(main, "") + compose), &["emoji -> ledger joined"]);
    let name = "new NpgsqlConnection(builder.Configuration.GetConnectionString(\"Books\"));";
    let compose = "-- compose.yaml\nservices:\n  service.emoji: {environment: {ConnectionStrings__Books: 'Server=books;Port=5432'}}\n  service.ledger: {hostname: books}\n";
    finds(&(program(name, "") + compose), &["emoji -> ledger joined"]);
}

#[test]
fn an_apphost_says_what_programs_are_given() {
    let host = "-- host/Program.cs\nvar builder = DistributedApplication.CreateBuilder(args);\nvar server = builder.AddPostgres(\"service.ledger\").WithLifetime(ContainerLifetime.Persistent);\nvar books = server.AddDatabase(\"books\");\nvar api = builder.AddProject<Projects.Emoji>(\"emoji-api\").WithReference(books).WaitFor(books);\nbuilder.Build().Run();\n";
    finds(&(program("builder.AddNpgsqlDataSource(\"books\");", "") + host), &["emoji -> ledger joined"]);
    let host = "-- host/Program.cs\nvar builder = DistributedApplication.CreateBuilder(args);\nvar ledger = builder.AddProject<Projects.Ledger_Api>(\"books\");\nvar at = ledger.GetEndpoint(\"http\");\nbuilder.AddProject<Projects.Emoji>(\"emoji-api\").WithEnvironment(\"Ledger__Url\", at);\n-- service.ledger/Ledger.Api.csproj\n<Project></Project>\n";
    let main =
        "builder.Services.AddHttpClient<A>(c => c.BaseAddress = new Uri(builder.Configuration[\"Ledger:Url\"]));";
    finds(&(program(main, "") + host), &["emoji -> ledger joined"]);
    let main = "builder.Services.AddHttpClient<A>(c => c.BaseAddress = new(\"https+http://books\"));";
    finds(&(program(main, "") + host), &["emoji -> ledger proven"]);
}

#[test]
fn projects_refer_to_each_other_and_extend_what_is_there() {
    let main = "builder.AddLedger(\"http://s-ledger\");";
    let lib = "-- shared/Lib/Lib.csproj\n<Project></Project>\n-- shared/Lib/Ext.cs\nnamespace Microsoft.Extensions.Hosting;\npublic static class Ext { public static void AddLedger(this IHostApplicationBuilder builder, string url, int retries = 3) { builder.Services.AddHttpClient(\"x\", c => c.BaseAddress = new Uri(url)); factory.CreateClient(\"x\"); } public static void Never(this string url) { new HttpClient().GetAsync(\"http://s-ledger\"); } }\n";
    let refers = "<Project Sdk=\"Microsoft.NET.Sdk.Web\"><ItemGroup><ProjectReference Include=\"..\\shared\\Lib\\Lib.csproj\" /></ItemGroup></Project>";
    let tree = program(main, lib).replace("<Project Sdk=\"Microsoft.NET.Sdk.Web\"></Project>", refers);
    finds(&tree, &["emoji -> ledger proven"]);
    // A project that nothing refers to is another program's.
    finds(&program(main, lib), &[]);
}

#[test]
fn containers_make_what_they_are_told_and_call_what_they_know() {
    let proven = &["emoji -> ledger proven"];
    let call = "await new HttpClient().GetAsync(\"http://s-ledger\");";
    let books = format!(
        "-- service.emoji/A.cs\nnamespace A;\npublic interface IBooks {{ Task Read(); }}\npublic class Books : IBooks {{ public async Task Read() {{ {call} }} }}\n[ApiController] public class X(IBooks books) : ControllerBase {{ [HttpGet] public async Task Get() {{ await books.Read(); }} }}\n"
    );
    // What is registered by looking at all classes of a program is made by nobody who can be seen.
    finds(&program("builder.Services.Scan(x => x.FromCallingAssembly());", &books), proven);
    for (main, files) in [
        ("builder.Services.AddScoped<IBooks, Books>();", books),
        (
            "",
            format!(
                "-- service.emoji/A.cs\npublic class X : ControllerBase {{ public async Task Get() {{ {call} }} }}\n"
            ),
        ),
        (
            "",
            format!(
                "-- service.emoji/A.cs\npublic class H : IRequestHandler<Q, R> {{ public async Task<R> Handle(Q q, CancellationToken t) {{ {call} }} }}\n"
            ),
        ),
        (
            "app.MapGet(\"/\", async () => { await Do(); });\nstatic async Task Do() { await new HttpClient().GetAsync(\"http://s-ledger\"); }",
            String::new(),
        ),
        (
            "app.MapGrpcService<Books>();",
            format!(
                "-- service.emoji/A.cs\npublic class Books : Ledger.LedgerBase {{ public override async Task<R> Get(Q q, ServerCallContext c) {{ {call} }} }}\n"
            ),
        ),
    ] {
        let found = crate::summary(&crate::outcome(&program(main, &files)));
        assert_eq!(found, proven, "{main}{files}");
    }
    // A class that nobody makes, of a kind of one's own.
    finds(
        &program("", &format!("-- service.emoji/A.cs\npublic class X {{ public async Task Get() {{ {call} }} }}\n")),
        &[],
    );
    // A test.
    finds(
        &program(
            "",
            &format!(
                "-- service.emoji/tests/A.cs\npublic class X : ControllerBase {{ public async Task Get() {{ {call} }} }}\n"
            ),
        ),
        &[],
    );
}

#[test]
fn addresses_go_through_constructors_lists_and_static_fields() {
    let proven = &["emoji -> ledger proven"];
    let bus = "namespace Lib;\npublic class Bus { private readonly List<string> _hosts; ";
    let open = "new ConnectionFactory().CreateConnection(_hosts); } }\n";
    for (main, files) in [
        ("new Lib.Bus(\"s-ledger\");", format!("-- service.emoji/A.cs\n{bus}public Bus(string host) {{ _hosts = new List<string>() {{ host }}; {open}")),
        ("new Lib.Bus(\"s-ledger\");", format!("-- service.emoji/A.cs\n{bus}public Bus(string host) : this(new List<string>() {{ host }}, 3) {{ }}\npublic Bus(IEnumerable<string> hosts, int port) {{ _hosts = new List<string>(hosts); {open}")),
        ("new Lib.Bus(\"s-ledger\");", format!("-- service.emoji/A.cs\n{bus}public Bus(string host) : this(new List<string>() {{ host }}, 3) {{ }}\npublic Bus(IEnumerable<string> hosts, int port) {{ _hosts = [.. hosts]; {open}")),
        ("new Lib.Bus(\"s-ledger\");", format!("-- service.emoji/A.cs\n{bus}public Bus(string host) {{ _hosts = [host]; Open(); }}\nprivate void Open() {{ Policy.Handle<Exception>().Execute(async () => {{ var f = new ConnectionFactory(); await f.CreateConnectionAsync(_hosts); }}); }} }}\n")),
        (
            "services.Use(builder.Configuration);",
            "-- service.emoji/A.cs\nnamespace Lib;\npublic static class Ext { private static string _host; public static void Use(this IServiceCollection services, IConfiguration config) { Read(config, \"Bus\"); services.AddTransient(_ => new Bus(_host)); }\nprivate static void Read(IConfiguration config, string name) { var section = config.GetSection(name); Host(section); }\nprivate static void Host(IConfigurationSection section) { _host = section[\"Host\"]; } }\npublic class Bus(string host) { public void Open() { new SmtpClient(host, 25); } }\n-- service.emoji/appsettings.json\n{\"Bus\": {\"Host\": \"s-ledger\"}}\n".to_owned(),
        ),
    ] {
        let main = format!("using Lib;\n{main}");
        let found = crate::summary(&crate::outcome(&program(&main, &files)));
        let expected: &[&str] = if main.contains("Use(") { &["emoji -> ledger joined"] } else { proven };
        assert_eq!(found, expected, "{main}{files}");
    }
}

#[test]
fn frameworks_call_the_class_that_they_are_handed_by_the_names_of_its_methods() {
    let call = "new HttpClient().GetAsync(\"http://s-ledger\");";
    let startup = |begins: &str, body: &str| {
        format!(
            "-- service.emoji/Startup.cs\n{begins}\nnamespace Bank;\npublic class Startup {{ {body} }}\npublic class Other {{ public void ConfigureServices(IServiceCollection s) {{ new HttpClient().GetAsync(\"http://s-other\"); }} }}\n-- service.other/x.txt\n"
        )
    };
    let services = format!("public void ConfigureServices(IServiceCollection services) {{ {call} }}");
    let program = |main: &str, files: &str| {
        let main = format!(
            "-- service.emoji/Program.cs\nnamespace Bank;\npublic class Program {{ public static void Main(string[] args) {{ {main} }} }}\n"
        );
        format!(
            "-- service.emoji/Emoji.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"></Project>\n-- service.ledger/x.txt\n{main}{files}"
        )
    };
    let host = |uses: &str| {
        format!("Host.CreateDefaultBuilder(args).ConfigureWebHostDefaults(web => {{ web.{uses}; }}).Build().Run();")
    };
    for (main, files) in [
        (host("UseStartup<Startup>()"), startup("", &services)),
        (
            host("UseKestrel().UseStartup<Startup>()"),
            startup("", &format!("public Startup(IConfiguration configuration) {{ {call} }}")),
        ),
        (host("UseStartup(typeof(Startup))"), startup("", &services)),
        (host("UseStartup(context => new Startup(context.Configuration))"), startup("", &services)),
        (
            "WebHost.CreateDefaultBuilder(args).UseStartup<Startup>().Build().Run();".to_owned(),
            startup("", &format!("public void Configure(IApplicationBuilder app, IHostEnvironment env) {{ {call} }}")),
        ),
        (
            host("UseStartup<Startup>()"),
            startup("", "").replace("class Startup {", "class Startup : Basis {").replace(
                "public class Other",
                &format!("public abstract class Basis {{ {services} }}\npublic class Other"),
            ),
        ),
        (
            host("Configure(app => app.UseMiddleware<Startup>())"),
            startup(
                "",
                &format!(
                    "public Startup(RequestDelegate next) {{ }} public async Task InvokeAsync(HttpContext context) {{ await {call} }}"
                ),
            ),
        ),
        (
            "new ServiceCollection().AddGraphQLServer().AddQueryType<Startup>();".to_owned(),
            startup("", &format!("public async Task<string> GetBooks() {{ await {call} }}")),
        ),
        (
            String::new(),
            startup(
                "[assembly: OwinStartup(typeof(Startup))]",
                &format!("public void Configuration(IAppBuilder app) {{ {call} }}"),
            ),
        ),
    ] {
        let found = crate::summary(&crate::outcome(&program(&main, &files)));
        assert_eq!(found, ["emoji -> ledger proven"], "{main}{files}");
    }
    // A class of that name that nobody is handed, and one that a container only keeps.
    for main in [String::new(), host("ConfigureServices(s => s.AddSingleton<Startup>())")] {
        finds(&program(&main, &startup("", &services)), &[]);
    }
}

#[test]
fn what_is_passed_to_the_constructor_of_a_base_is_known_there() {
    let proven = &["emoji -> ledger proven"];
    let basis = "public abstract class Basis { protected HttpClient Client { get; } = new HttpClient(); public Basis(int retries, string address) { Client.BaseAddress = new Uri(address); } protected async Task Send(string path) { await Client.GetAsync(path); } }\n";
    let settings = "public class Settings { public string Ledger => \"http://s-ledger\"; public string Never => \"http://s-other\"; }\n";
    let pusher = "public interface IPusher { Task Push(); }\n";
    let push = "public async Task Push() { await Send(\"x\"); }";
    for (main, class) in [
        (
            "new Caller().Push();",
            format!("public class Caller : Basis {{ public Caller() : base(3, \"http://s-ledger\") {{ }} {push} }}"),
        ),
        (
            "new Caller(\"http://s-ledger\").Push();",
            format!("public class Caller : Basis {{ public Caller(string url) : base(3, url + \"/x\") {{ }} {push} }}"),
        ),
        (
            "new Caller(\"http://s-ledger\").Push();",
            format!(
                "public class Caller : Basis {{ public Caller(string url) : base(address: url, retries: 3) {{ }} {push} }}"
            ),
        ),
        (
            "new Caller(\"http://s-ledger\").Push();",
            format!("public class Caller(string url) : Basis(3, url) {{ {push} }}"),
        ),
        (
            "new Caller(new Settings()).Push();",
            format!(
                "public class Middle : Basis {{ public Middle(string a) : base(1, a) {{ }} }}\npublic class Caller : Middle {{ public Caller(Settings s) : base(s.Ledger) {{ }} {push} }}"
            ),
        ),
        // Made by a container, by its interface.
        (
            "builder.Services.AddSingleton<IPusher, Caller>();",
            format!(
                "public class Caller : Basis, IPusher {{ public Caller(Settings s) : base(3, s.Ledger) {{ }} {push} }}"
            ),
        ),
        (
            "builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IPusher, Caller>());",
            format!("public class Caller(Settings s) : Basis(3, s.Ledger), IPusher {{ {push} }}"),
        ),
        (
            "builder.Services.AddHttpClient<IPusher, Caller>();",
            format!(
                "public class Caller : Basis, IPusher {{ public Caller(HttpClient c, Settings s) : base(3, s.Ledger) {{ }} {push} }}"
            ),
        ),
        (
            "builder.Services.AddSingleton(typeof(IPusher), typeof(Caller));",
            format!(
                "public class Caller : Basis, IPusher {{ public Caller(Settings s) : base(3, s.Ledger) {{ }} {push} }}"
            ),
        ),
        (
            "builder.Services.AddHostedService<Caller>();",
            format!(
                "public class Caller : Basis, IHostedService {{ public Caller(Settings s) : base(3, s.Ledger) {{ }} {push} }}"
            ),
        ),
    ] {
        let files = format!(
            "-- service.other/x.txt\n-- service.emoji/Caller.cs\nnamespace Bank;\n{class}\n{basis}{settings}{pusher}"
        );
        let found = crate::summary(&crate::outcome(&program(&format!("using Bank;\n{main}"), &files)));
        assert_eq!(found, proven, "{main}\n{class}");
    }
    // A base from outside.
    let class = "public class Caller : RestClient { public Caller(string url) : base(url) { } }";
    let files = format!("-- service.emoji/Caller.cs\nnamespace Bank;\n{class}\n");
    finds(&program("using Bank;\nnew Caller(\"http://s-ledger\");", &files), proven);
    // `: this(…)` is the class's own, and nobody calls the other constructor.
    let class = "public class Caller : Basis { public Caller() : this(\"http://s-ledger\") { } public Caller(string a) : base(1, a) { } public Caller(int a, int b, int c) : base(1, \"http://s-other\") { } }";
    let files = format!("-- service.other/x.txt\n-- service.emoji/Caller.cs\nnamespace Bank;\n{class}\n{basis}");
    finds(&program("using Bank;\nnew Caller();", &files), proven);
}
