//! PHP.

use super::{Forms, deploy};
use crate::finds;

const HTTP: &str = "http://s-ledger/x";
const HOST: &str = "s-ledger:80";

#[track_caller]
fn found(idioms: &[(&str, &str, &str)]) {
    let mut forms = Forms::default();
    for (uses, call, address) in idioms {
        let uses: String = uses.split_whitespace().map(|name| format!("use {name};\n")).collect();
        let quoted = format!("'{address}'");
        let callee = "-- service.ledger/x.txt\n";
        let with = |expression: &str| call.replace("ADDR", expression);
        let app = |uses: &str, call: &str| {
            format!(
                "-- service.emoji/public/index.php\n<?php\nnamespace App;\n{uses}\nfunction main() {{\n  {call}\n}}\nmain();\n{callee}"
            )
        };
        forms.check(call, "written out", &app(&uses, &with(&quoted)), &["emoji -> ledger proven"]);
        let constant = app(&format!("{uses}use App\\Config\\Names;\n"), &with("Names::ADDRESS"));
        let constant = format!(
            "{constant}-- service.emoji/src/Config/Names.php\n<?php\nnamespace App\\Config;\nfinal class Names\n{{\n  public const ADDRESS = {quoted};\n}}\n"
        );
        forms.check(call, "constant", &constant, &["emoji -> ledger proven"]);
        let variable = app(&uses, &with("getenv('LEDGER')"));
        let variable = format!("{variable}{}", deploy(address).replace(callee, ""));
        forms.check(call, "environment", &variable, &["emoji -> ledger joined"]);
        let wrapper = app("use App\\Calls;\n", &format!("(new Calls({quoted}))->call();"));
        let body = with("$this->address");
        let wrapper = format!(
            "{wrapper}-- service.emoji/src/Calls.php\n<?php\nnamespace App;\n{uses}class Calls\n{{\n  private string $address;\n  public function __construct(string $address) {{ $this->address = $address; }}\n  public function call()\n  {{\n    {body}\n  }}\n}}\n"
        );
        forms.check(call, "wrapper", &wrapper, &["emoji -> ledger proven"]);
        let dead = format!("{uses}function never() {{ {} }}", with(&quoted));
        forms.check(call, "dead", &app(&dead, "return;"), &[]);
    }
    forms.all_right();
}

#[test]
fn libraries() {
    let guzzle = "GuzzleHttp\\Client GuzzleHttp\\Psr7\\Request";
    let http = "Illuminate\\Support\\Facades\\Http";
    let symfony = "Symfony\\Component\\HttpClient\\HttpClient";
    found(&[
        (guzzle, "$c = new Client(); $c->get(ADDR);", HTTP),
        (guzzle, "$c = new Client(['base_uri' => ADDR]); $c->post('/accounts', ['json' => []]);", HTTP),
        (guzzle, "(new Client())->request('GET', ADDR, ['timeout' => 3]);", HTTP),
        (guzzle, "$c = new Client(); $c->requestAsync('GET', ADDR)->wait();", HTTP),
        (guzzle, "$c = new Client(); $c->send(new Request('GET', ADDR));", HTTP),
        (guzzle, "$c = new \\GuzzleHttp\\Client(); $c->delete(\"http://{$this_is_not}\" . ADDR);", "s-ledger/x"),
        (http, "Http::get(ADDR);", HTTP),
        (http, "Http::withToken('x')->timeout(3)->post(ADDR, []);", HTTP),
        (http, "Http::baseUrl(ADDR)->get('/accounts');", HTTP),
        (http, "Http::acceptJson()->send('GET', ADDR);", HTTP),
        (symfony, "$c = HttpClient::create(); $c->request('GET', ADDR);", HTTP),
        (symfony, "HttpClient::createForBaseUri(ADDR)->request('GET', '/x');", HTTP),
        ("", "$c = curl_init(ADDR); curl_exec($c);", HTTP),
        (
            "",
            "$c = curl_init(); curl_setopt($c, CURLOPT_RETURNTRANSFER, true); curl_setopt($c, CURLOPT_URL, ADDR); curl_exec($c);",
            HTTP,
        ),
        ("", "$c = curl_init(); curl_setopt_array($c, [CURLOPT_POST => 1, CURLOPT_URL => ADDR]);", HTTP),
        ("", "file_get_contents(ADDR);", HTTP),
        ("", "$url = sprintf('http://%s/accounts', ADDR); file_get_contents($url);", HOST),
        ("", "$url = 'http://' . ADDR . '/accounts'; $r = @file_get_contents($url, false, null);", HOST),
        ("", "$h = ADDR; $r = file_get_contents(\"http://$h/accounts\");", HOST),
        ("", "$h = ['ledger' => ADDR]; $r = file_get_contents(\"http://{$h['ledger']}/accounts\");", HOST),
        ("", "$h = ADDR ?: 'other'; fopen(rtrim($h, '/') . '/y', 'r');", HTTP),
        ("", "fsockopen(ADDR, 80);", "s-ledger"),
        ("", "new \\SoapClient(ADDR);", HTTP),
        (
            "Bank\\LedgerClient Grpc\\ChannelCredentials",
            "$c = new LedgerClient(ADDR, ['credentials' => null]); $c->Read(null);",
            HOST,
        ),
    ]);
}

#[test]
fn stores_and_brokers() {
    found(&[
        ("PDO", "new PDO('mysql:host=' . ADDR . ';dbname=x;charset=utf8', 'u', 'p');", "s-ledger"),
        ("", "new \\PDO(ADDR);", "pgsql:host=s-ledger;port=5432;dbname=x"),
        ("", "mysqli_connect(ADDR, 'u', 'p');", "s-ledger"),
        ("", "new \\mysqli(ADDR, 'u', 'p');", "s-ledger"),
        ("", "pg_connect('host=' . ADDR . ' dbname=x');", "s-ledger"),
        ("Doctrine\\DBAL\\DriverManager", "DriverManager::getConnection(['url' => ADDR]);", "postgres://s-ledger/x"),
        (
            "Doctrine\\DBAL\\DriverManager",
            "DriverManager::getConnection(['host' => ADDR, 'driver' => 'pdo_mysql']);",
            "s-ledger",
        ),
        ("MongoDB\\Client", "new Client(ADDR);", "mongodb://s-ledger:27017"),
        ("", "$r = new \\Redis(); $r->connect(ADDR, 6379);", "s-ledger"),
        ("Predis\\Client", "new Client(ADDR);", "tcp://s-ledger:6379"),
        ("Predis\\Client", "new Client(['scheme' => 'tcp', 'host' => ADDR]);", "s-ledger"),
        ("PhpAmqpLib\\Connection\\AMQPStreamConnection", "new AMQPStreamConnection(ADDR, 5672, 'u', 'p');", "s-ledger"),
        ("RdKafka\\Conf", "$c = new Conf(); $c->set('metadata.broker.list', ADDR);", "s-ledger:9092"),
        ("RdKafka\\Producer", "$p = new Producer(); $p->addBrokers(ADDR);", "s-ledger:9092"),
        (
            "Elastic\\Elasticsearch\\ClientBuilder",
            "ClientBuilder::create()->setHosts([ADDR])->build();",
            "http://s-ledger:9200",
        ),
        ("Memcached", "$m = new Memcached(); $m->addServer(ADDR, 11211);", "s-ledger"),
        ("Aws\\S3\\S3Client", "new S3Client(['endpoint' => ADDR, 'region' => 'x']);", "http://s-ledger:9000"),
    ]);
}

#[test]
fn frameworks() {
    let callee = "-- service.ledger/x.txt\n";
    let given = deploy("http://s-ledger").replace(callee, "");
    let guzzle = "use GuzzleHttp\\Client;\n";
    for (tree, expected) in [
        // Laravel: a controller, a client from the container, and config().
        (
            format!(
                "-- service.emoji/app/Http/Controllers/C.php\n<?php\nnamespace App\\Http\\Controllers;\nuse App\\Services\\Ledger;\nclass C extends Controller {{\n  public function __construct(private Ledger $ledger) {{}}\n  public function index() {{ return $this->ledger->all(); }}\n}}\n\
                 -- service.emoji/app/Http/Controllers/Controller.php\n<?php\nnamespace App\\Http\\Controllers;\nuse Illuminate\\Routing\\Controller as BaseController;\nclass Controller extends BaseController {{}}\n\
                 -- service.emoji/app/Services/Ledger.php\n<?php\nnamespace App\\Services;\nuse Illuminate\\Support\\Facades\\Http;\nclass Ledger {{ public function all() {{ return Http::get(config('services.ledger.url') . '/x')->json(); }} }}\n\
                 -- service.emoji/config/services.php\n<?php\nreturn [\n  'ledger' => ['url' => env('LEDGER')],\n  'other' => ['url' => 'http://s-other'],\n];\n-- service.other/x.txt\n{given}"
            ),
            "emoji -> ledger joined",
        ),
        // Slim: closures and invokable classes.
        (
            format!("-- service.emoji/index.php\n<?php\n{guzzle}$app->get('/x', function ($q, $r) {{ (new Client())->get('http://s-ledger'); return $r; }});\n"),
            "emoji -> ledger proven",
        ),
        (
            format!(
                "-- service.emoji/index.php\n<?php\nrequire __DIR__ . '/vendor/autoload.php';\n$app->get('/x', \\App\\Read::class);\n-- service.emoji/src/Read.php\n<?php\nnamespace App;\n{guzzle}class Read {{ public function __invoke() {{ (new Client())->get('http://s-ledger'); }} }}\n"
            ),
            "emoji -> ledger proven",
        ),
        (
            format!(
                "-- service.emoji/index.php\n<?php\n$app->get('/x', [\\App\\Read::class, 'all']);\n-- service.emoji/src/Read.php\n<?php\nnamespace App;\n{guzzle}class Read {{ public function all() {{ (new Client())->get('http://s-ledger'); }} public function never() {{ (new Client())->get('http://s-other'); }} }}\n-- service.other/x.txt\n"
            ),
            "emoji -> ledger proven",
        ),
        // Symfony: attributes, interfaces and the environment.
        (
            format!(
                "-- service.emoji/src/Controller/X.php\n<?php\nnamespace App\\Controller;\nuse App\\LedgerInterface;\nclass X {{\n  #[Route('/x')]\n  public function x(LedgerInterface $ledger) {{ $ledger->all(); }}\n}}\n\
                 -- service.emoji/src/LedgerInterface.php\n<?php\nnamespace App;\ninterface LedgerInterface {{ public function all(); }}\n\
                 -- service.emoji/src/Ledger.php\n<?php\nnamespace App;\nuse Symfony\\Contracts\\HttpClient\\HttpClientInterface;\nclass Ledger implements LedgerInterface {{\n  public function __construct(private HttpClientInterface $client, #[Autowire('%env(LEDGER)%')] private string $url) {{}}\n  public function all() {{ return $this->client->request('GET', $this->url . '/x'); }}\n}}\n{given}"
            ),
            "emoji -> ledger joined",
        ),
        // A container that is filled in code.
        (
            format!(
                "-- service.emoji/src/Kernel.php\n<?php\nnamespace App;\nuse Symfony\\Component\\HttpKernel\\Kernel as Base;\nclass Kernel extends Base {{\n  protected function configureContainer($c) {{\n    $c->setParameter('ledger', getenv('LEDGER') ?: 'http://localhost');\n    $c->register(Ledger::class)->addArgument('x')->addArgument($c->getParameter('ledger'))->setAutowired(true);\n  }}\n}}\n\
                 -- service.emoji/src/Ledger.php\n<?php\nnamespace App;\nclass Ledger {{\n  private $url;\n  public function __construct($name, $url) {{ $this->url = $url; }}\n  #[Route('/x')]\n  public function all() {{ $c = curl_init($this->url . '/x'); }}\n}}\n{given}"
            ),
            "emoji -> ledger joined",
        ),
        // Included files: names, values and functions.
        (
            "-- service.emoji/index.php\n<?php\nrequire_once 'inc/config.php';\nfile_get_contents($ledger . '/x');\n-- service.emoji/inc/config.php\n<?php\n$ledger = 'http://s-ledger';\n".to_owned(),
            "emoji -> ledger proven",
        ),
        (
            "-- service.emoji/index.php\n<?php\n$c = require __DIR__ . '/config.php';\nfile_get_contents($c['ledger']);\n-- service.emoji/config.php\n<?php\nreturn ['ledger' => 'http://s-ledger', 'x' => 'http://s-other'];\n-- service.other/x.txt\n".to_owned(),
            "emoji -> ledger proven",
        ),
        (
            "-- service.emoji/index.php\n<?php\ninclude 'lib.php';\ndefine('LEDGER_URL', 'http://s-ledger');\nread_it('/x');\n-- service.emoji/lib.php\n<?php\nfunction read_it($path) { return file_get_contents(LEDGER_URL . $path); }\n".to_owned(),
            "emoji -> ledger proven",
        ),
        (
            format!("-- service.emoji/cron.php\n<?php\nfunction run() {{ global $url; file_get_contents($url); }}\n$url = $_ENV['LEDGER'] ?? 'http://localhost';\nrun();\n{given}"),
            "emoji -> ledger joined",
        ),
        // A generated client of the tree.
        (
            "-- service.emoji/a.php\n<?php\n$c = new \\Bank\\LedgerClient('s-ledger:80', []);\n$c->Read(null);\n-- service.emoji/gen/Bank/LedgerClient.php\n<?php\nnamespace Bank;\nclass LedgerClient extends \\Grpc\\BaseStub {\n  public function __construct($hostname, $opts, $channel = null) { parent::__construct($hostname, $opts, $channel); }\n  public function Read($a) { return $this->_simpleRequest('/bank.Ledger/Read', $a); }\n}\n".to_owned(),
            "emoji -> ledger proven",
        ),
    ] {
        finds(&format!("{tree}{callee}"), &[expected]);
    }
}

#[test]
fn comments_tests_and_what_is_not_known() {
    finds(
        "-- service.emoji/a.php\n<?php\nfunction proxy($host) {\n  // rpcmap: service.ledger\n  (new \\GuzzleHttp\\Client())->get($host);\n}\nproxy($_GET['x']);\n-- service.ledger/x.txt\n",
        &["emoji -> ledger declared"],
    );
    finds(
        "-- service.emoji/a.php\n<?php\n(new \\GuzzleHttp\\Client())->get($_GET['x']);\n-- service.ledger/x.txt\n",
        &["unresolved-call service.emoji/a.php"],
    );
    finds(
        "-- service.emoji/tests/ATest.php\n<?php\nfile_get_contents('http://s-ledger');\n-- service.ledger/x.txt\n",
        &[],
    );
}
