//! Kotlin.

use super::{Forms, deploy};
use crate::finds;

const HTTP: &str = "http://s-ledger/x";
const HOST: &str = "s-ledger";
const PORT: &str = "s-ledger:6379";

#[track_caller]
fn found(idioms: &[(&str, &str, &str)]) {
    let mut forms = Forms::default();
    for (imports, call, address) in idioms {
        let imports: String = imports.split_whitespace().map(|name| format!("import {name}\n")).collect();
        let quoted = format!("\"{address}\"");
        let callee = "-- service.ledger/x.txt\n";
        let with = |expression: &str| call.replace("ADDR", expression);
        let file = |name: &str, body: &str| {
            format!("-- service.emoji/src/main/kotlin/bank/{name}.kt\npackage bank\n{imports}{body}\n")
        };
        let main = |call: &str| file("Main", &format!("suspend fun main(args: Array<String>) {{ {call} }}")) + callee;
        forms.check(call, "written out", &main(&with(&quoted)), &["emoji -> ledger proven"]);
        let constant =
            main(&with("Names.ADDRESS")) + &file("Names", &format!("object Names {{ const val ADDRESS = {quoted} }}"));
        forms.check(call, "constant", &constant, &["emoji -> ledger proven"]);
        let variable = main(&with("System.getenv(\"LEDGER\")")) + &deploy(address).replace(callee, "");
        forms.check(call, "environment", &variable, &["emoji -> ledger joined"]);
        let wrapper = main(&format!("Calls(3).call({quoted})"))
            + &file(
                "Calls",
                &format!(
                    "class Calls(private val n: Int) {{ suspend fun call(address: String) {{ {} }} }}",
                    with("address")
                ),
            );
        forms.check(call, "wrapper", &wrapper, &["emoji -> ledger proven"]);
        let dead = main("").replace(callee, "")
            + &file("Never", &format!("class Never {{ suspend fun call() {{ {} }} }}", with(&quoted)));
        forms.check(call, "dead", &(dead + callee), &[]);
    }
    forms.all_right();
}

#[test]
fn spring() {
    let rest = "org.springframework.web.client.RestTemplate org.springframework.web.client.getForObject org.springframework.boot.web.client.RestTemplateBuilder";
    let web = "org.springframework.web.reactive.function.client.* org.springframework.web.client.RestClient";
    found(&[
        (rest, "val rest = RestTemplate()\nrest.getForObject(ADDR, String::class.java)", HTTP),
        (rest, "RestTemplate().getForObject<String>(\"${ADDR}/items/{id}\", 3)", HTTP),
        (
            rest,
            "val rest: RestTemplate = RestTemplate()\nrest.exchange(ADDR, HttpMethod.GET, null, String::class.java)",
            HTTP,
        ),
        (rest, "RestTemplate().postForEntity(ADDR + \"/a\", null, String::class.java)", HTTP),
        (rest, "RestTemplateBuilder().rootUri(ADDR).build()", HTTP),
        (web, "val client = WebClient.create(ADDR)\nclient.get().uri(\"/items\").retrieve().awaitBody<String>()", HTTP),
        (web, "val client = WebClient.builder().baseUrl(ADDR).build()", HTTP),
        (web, "WebClient.create().get().uri(ADDR).retrieve()", HTTP),
        (web, "RestClient.create().get().uri(ADDR).retrieve()", HTTP),
        (web, "RestClient.builder().baseUrl(ADDR).build()", HTTP),
    ]);
}

#[test]
fn ktor() {
    let ktor = "io.ktor.client.HttpClient io.ktor.client.engine.cio.CIO io.ktor.client.request.get io.ktor.client.request.post io.ktor.client.request.request io.ktor.client.plugins.defaultRequest io.ktor.client.request.url";
    found(&[
        (ktor, "val client = HttpClient(CIO)\nclient.get(ADDR)", HTTP),
        (
            ktor,
            "val client = HttpClient(CIO) { expectSuccess = true }\nval text = client.get(\"${ADDR}/items/${3}\").bodyAsText()",
            HTTP,
        ),
        (ktor, "HttpClient(CIO).use { it.post(ADDR) { setBody(3) } }", HTTP),
        (ktor, "val client = HttpClient()\nclient.request(ADDR) { method = HttpMethod.Put }", HTTP),
        (ktor, "val client = HttpClient(CIO) { defaultRequest { url(ADDR) } }\nclient.get(\"items\")", HTTP),
        (ktor, "val client = HttpClient(CIO)\nclient.get { url(ADDR) }", HTTP),
        (ktor, "val client = HttpClient(CIO)\nclient.get { url { host = ADDR\nport = 80 } }", HOST),
    ]);
}

#[test]
fn other_clients() {
    found(&[
        (
            "okhttp3.OkHttpClient okhttp3.Request",
            "val request = Request.Builder().url(ADDR).build()\nOkHttpClient().newCall(request).execute()",
            HTTP,
        ),
        (
            "okhttp3.*",
            "OkHttpClient().newCall(Request.Builder().header(\"a\", \"b\").url(ADDR.toHttpUrl()).build()).execute()",
            HTTP,
        ),
        ("retrofit2.Retrofit", "val api = Retrofit.Builder().baseUrl(ADDR).build().create(Api::class.java)", HTTP),
        ("com.github.kittinunf.fuel.Fuel", "Fuel.get(ADDR).responseString()", HTTP),
        ("com.github.kittinunf.fuel.httpGet", "ADDR.httpGet().responseString()", HTTP),
        (
            "java.net.http.HttpRequest java.net.URI",
            "HttpRequest.newBuilder().uri(URI.create(ADDR)).GET().build()",
            HTTP,
        ),
        ("java.net.URL", "URL(ADDR).openStream()", HTTP),
        ("java.net.URL", "URL(ADDR).readText()", HTTP),
        (
            "io.grpc.ManagedChannelBuilder",
            "val channel = ManagedChannelBuilder.forAddress(ADDR, 50051).usePlaintext().build()\nLedgerCoroutineStub(channel)",
            HOST,
        ),
        (
            "io.grpc.ManagedChannelBuilder",
            "val channel = ManagedChannelBuilder.forTarget(ADDR).build()\nLedgerGrpcKt.LedgerCoroutineStub(channel)",
            "s-ledger:50051",
        ),
    ]);
}

#[test]
fn data_stores_and_brokers() {
    found(&[
        (
            "org.jetbrains.exposed.sql.Database",
            "Database.connect(ADDR, driver = \"org.postgresql.Driver\", user = \"x\")",
            "jdbc:postgresql://s-ledger:5432/x",
        ),
        (
            "org.jetbrains.exposed.sql.Database",
            "Database.connect(url = ADDR, driver = \"x\")",
            "jdbc:mysql://s-ledger/x",
        ),
        (
            "com.zaxxer.hikari.HikariConfig com.zaxxer.hikari.HikariDataSource",
            "val config = HikariConfig().apply { jdbcUrl = ADDR }\nHikariDataSource(config)",
            "jdbc:postgresql://s-ledger/x",
        ),
        (
            "com.zaxxer.hikari.HikariConfig",
            "val config = HikariConfig()\nconfig.jdbcUrl = ADDR",
            "jdbc:postgresql://s-ledger/x",
        ),
        ("java.sql.DriverManager", "DriverManager.getConnection(ADDR)", "jdbc:mariadb://s-ledger:3306/x"),
        ("io.r2dbc.spi.ConnectionFactories", "ConnectionFactories.get(ADDR)", "r2dbc:postgresql://s-ledger:5432/x"),
        ("io.lettuce.core.RedisClient", "val client = RedisClient.create(ADDR)", "redis://s-ledger:6379"),
        ("redis.clients.jedis.Jedis", "val jedis = Jedis(ADDR, 6379)", HOST),
        (
            "com.mongodb.kotlin.client.coroutine.MongoClient",
            "val client = MongoClient.create(ADDR)",
            "mongodb://s-ledger:27017",
        ),
        ("org.litote.kmongo.KMongo", "val client = KMongo.createClient(ADDR)", "mongodb://s-ledger:27017"),
        (
            "com.rabbitmq.client.ConnectionFactory",
            "val factory = ConnectionFactory()\nfactory.host = ADDR\nfactory.newConnection()",
            HOST,
        ),
        ("io.nats.client.Nats", "Nats.connect(ADDR)", "nats://s-ledger:4222"),
        (
            "java.util.Properties org.apache.kafka.clients.producer.KafkaProducer",
            "val props = Properties()\nprops[\"bootstrap.servers\"] = ADDR\nKafkaProducer<String, String>(props)",
            "s-ledger:9092",
        ),
        (
            "java.util.Properties org.apache.kafka.clients.producer.KafkaProducer",
            "val props = Properties()\nprops.put(\"bootstrap.servers\", ADDR)\nKafkaProducer<String, String>(props)",
            "s-ledger:9092",
        ),
        (
            "org.apache.http.HttpHost org.elasticsearch.client.RestClient",
            "RestClient.builder(HttpHost(ADDR, 9200)).build()",
            HOST,
        ),
        ("java.net.InetSocketAddress", "val socket = InetSocketAddress(ADDR, 6379)", HOST),
        ("redis.clients.jedis.HostAndPort redis.clients.jedis.Jedis", "Jedis(HostAndPort.from(ADDR))", PORT),
    ]);
}

const CALLEE: &str = "-- service.ledger/x.txt\n-- service.emoji/src/main/resources/application.yml\nledger: {url: 'http://s-ledger', port: 80, books: {base-url: 'http://s-ledger'}}\n";

#[test]
fn settings_fill_what_code_asks_for() {
    let spring = "import org.springframework.beans.factory.annotation.Value\nimport org.springframework.stereotype.Component\nimport org.springframework.web.client.RestTemplate\n";
    for body in [
        "@Component class Caller(@Value(\"\\${ledger.url}\") private val url: String) { fun call() { RestTemplate().getForObject(\"$url/x\", String::class.java) } }",
        "@Component class Caller { @Value(\"\\${ledger.url}\") lateinit var url: String\n fun call() { RestTemplate().getForObject(url, String::class.java) } }",
        "@ConfigurationProperties(prefix = \"ledger\") data class Ledger(val url: String, val port: Int)\n@Component class Caller(private val ledger: Ledger) { fun call() = RestTemplate().getForObject(ledger.url + \"/x\", String::class.java) }",
        "@ConfigurationProperties(\"ledger\") class Ledger {\n lateinit var url: String\n}\n@Component class Caller(private val ledger: Ledger) { fun call() = RestTemplate().getForObject(ledger.url + \"/x\", String::class.java) }",
        "@ConstructorBinding @ConfigurationProperties(prefix = \"ledger\") data class Ledger(val books: Books) {\n data class Books(val baseUrl: String)\n}\n@Component class Caller(private val ledger: Ledger) { fun call() = RestTemplate().getForObject(\"${ledger.books.baseUrl}/x\", String::class.java) }",
        "const val PREFIX = \"ledger\"\n@ConfigurationProperties(PREFIX) data class Ledger(val url: String)\n@Component class Caller(private val ledger: Ledger) { fun call() = RestTemplate().getForObject(ledger.url + \"/x\", String::class.java) }",
        "@ConfigurationProperties(\"ledger\") data class Ledger(val url: String) {\n val all = \"$url/all\"\n}\n@Component class Caller(private val ledger: Ledger) { fun call() = RestTemplate().getForObject(ledger.all, String::class.java) }",
        "@Configuration class Beans { @Bean fun client(@Value(\"\\${ledger.url:http://localhost}\") url: String): WebClient = WebClient.builder().baseUrl(url).build() }",
        "fun Application.module() { val url = environment.config.property(\"ledger.url\").getString()\n routing { get(\"/\") { HttpClient(CIO).get(\"$url/x\") } } }",
    ] {
        let tree = format!("-- service.emoji/src/main/kotlin/A.kt\n{spring}{body}\n{CALLEE}");
        let found = crate::summary(&crate::outcome(&tree));
        assert_eq!(found, ["emoji -> ledger joined"], "{body}");
    }
    let module = "fun Application.module() { val url = environment.config.property(\"ledger.url\").getString()\n routing { get(\"/\") { HttpClient(CIO).get(\"$url/x\") } } }";
    let conf = "-- service.ledger/x.txt\n-- service.emoji/src/main/resources/application.conf\nktor { deployment { port = 80 } }\nledger {\n  url = \"http://localhost\"\n  url = ${?LEDGER_URL}\n}\n-- compose.yaml\nservices: {service.emoji: {environment: {LEDGER_URL: 'http://s-ledger'}}}\n";
    finds(&format!("-- service.emoji/src/main/kotlin/A.kt\n{module}\n{conf}"), &["emoji -> ledger joined"]);
}

#[test]
fn clients_by_annotation_and_kotlins_own_ways_to_hold_an_address() {
    let main = |body: &str| {
        format!(
            "-- service.emoji/src/main/kotlin/a/b/A.kt\npackage bank\nimport java.net.URL\n{body}\n-- service.ledger/x.txt\n"
        )
    };
    for body in [
        "@FeignClient(name = \"service.ledger\") interface Ledger {\n    @GetMapping(\"/x\")\n    fun read(): String\n}\n@RestController class Web(private val ledger: Ledger) {\n    @GetMapping(\"/\")\n    fun get() = ledger.read()\n}",
        "@FeignClient(\"x\", url = \"http://s-ledger\") interface Ledger {\n    @GetMapping(\"/x\")\n    fun read(): String\n}\n@Service class Web(val ledger: Ledger) { fun get() = ledger.read() }",
        "val base = \"http://s-ledger\"\nfun main() { URL(\"$base/x\").readText(); URL(base).openStream() }",
        "class A {\n companion object {\n const val BASE = \"http://s-ledger\"\n }\n}\nfun main() { URL(A.BASE).openStream() }",
        "val base: String by lazy {\n val x = \"http://s-\"\n x + \"ledger\"\n}\nfun main() { URL(base).openStream() }",
        "fun String.call(path: String) = URL(this + path).openStream()\nfun main() { \"http://s-ledger\".call(\"/x\") }",
        "fun main() { val x: String? = null\n URL(x ?: \"http://s-ledger\").openStream() }",
        "fun main(args: Array<String>) { val url = when (args.size) {\n 0 -> \"http://s-ledger\"\n else -> \"http://localhost\"\n }\n URL(url).openStream() }",
        "fun main() { val url = if (true) { \"http://s-ledger\" } else \"http://localhost\"\n URL(url).openStream() }",
        "fun call(url: String = \"http://s-ledger\") { URL(url).openStream() }\nfun main() { call() }",
        "interface Books {\n fun read()\n}\nclass Real : Books { override fun read() { URL(\"http://s-ledger\").openStream() } }\nfun main() { val books: Books = Real(); listOf(books).forEach { it.read() } }",
        "object Calls { fun go() { URL(\"http://s-ledger\").openStream() } }\nfun main() = Calls.go()",
        "fun main() { \"http://s-ledger\".let { URL(it).openStream() } }",
        "fun main() { fun inner(url: String) { URL(url).openStream() }\n inner(\"http://s-ledger\") }",
        "fun main() { URL(\"\"\"http://s-ledger/x\"\"\".trimIndent()).openStream() }",
    ] {
        let found = crate::summary(&crate::outcome(&main(body)));
        assert_eq!(found, ["emoji -> ledger proven"], "{body}");
    }
}

#[test]
fn java_and_kotlin_are_one_program() {
    let java = "-- service.emoji/src/main/java/bank/Calls.java\npackage bank;\nimport java.net.URL;\npublic class Calls { private final String base; public Calls(String base) { this.base = base; } public void go() throws Exception { new URL(base).openStream(); } }\n";
    let kotlin = "-- service.emoji/src/main/kotlin/bank/Main.kt\npackage bank\nfun main() { Calls(\"http://s-ledger\").go() }\n-- service.ledger/x.txt\n";
    finds(&(java.to_owned() + kotlin), &["emoji -> ledger proven"]);
    let java = "-- service.emoji/src/main/java/bank/Main.java\npackage bank;\npublic class Main { public static void main(String[] a) { new Calls(\"http://s-ledger\").go(); } }\n";
    let kotlin = "-- service.emoji/src/main/kotlin/bank/Calls.kt\npackage bank\nimport java.net.URL\nclass Calls(private val base: String) { fun go() { URL(base).openStream() } }\n-- service.ledger/x.txt\n";
    finds(&(java.to_owned() + kotlin), &["emoji -> ledger proven"]);
    // Tests of neither are read.
    let tests = "-- service.emoji/src/test/kotlin/bank/CallsTest.kt\npackage bank\nimport java.net.URL\nfun main() { URL(\"http://s-ledger\").openStream() }\n-- service.ledger/x.txt\n";
    finds(tests, &[]);
}

#[test]
fn beans_of_micronaut() {
    let config = "const val PREFIX = \"app\"\n@ConfigurationProperties(\"$PREFIX.books\")\ndata class Books(val basePath: String = \"\", val at: String = \"\")\n";
    let yaml = "app:\n  books:\n    base-path: ${BOOKS_HOST:`s-ledger:80`}\n    at: ${NONE:`s-ledger:7233`}\n";
    for code in [
        // A client that OpenAPI's generator makes is not in the tree.
        "import com.books.gen.BooksApi\nopen class Client(\nbasePath: String,\npolicy: Int,\n) {\nval books = BooksApi(basePath = basePath, policy = policy)\n}\n@Factory\nclass Beans {\n@Singleton\nfun client(config: Books): Client {\nreturn Client(config.basePath, 3)\n}\n}",
        "import io.temporal.serviceclient.WorkflowServiceStubsOptions\n@Factory class Beans(private val books: Books) { @Singleton fun stubs() = WorkflowServiceStubsOptions\n.newBuilder()\n.setTarget(books.at)\n.build() }",
        "import io.temporal.serviceclient.WorkflowServiceStubsOptions\n@Singleton class Stubs(private val books: Books) { fun open() { make() }\nprivate fun make(): WorkflowServiceStubsOptions = WorkflowServiceStubsOptions.newBuilder().setTarget(books.at).build() }",
        "import okhttp3.Request\n@Singleton class Flags(private val books: Books) { private val path = \"/api\"\nfun read() { Request.Builder().url(\"${books.basePath}$path/x\").build() } }",
    ] {
        let (import, code) = code.split_once('\n').unwrap();
        let tree = format!(
            "-- service.ledger/x.txt\n-- service.emoji/src/main/kotlin/bank/A.kt\npackage bank\n{import}\n{config}{code}\n-- service.emoji/src/main/resources/application.yml\n{yaml}"
        );
        assert_eq!(crate::summary(&crate::outcome(&tree)), ["emoji -> ledger joined"], "{code}");
    }
}
