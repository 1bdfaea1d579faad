//! What a class passes to the one that it extends, and the methods that it asks of that one.

use super::{outcome, summary};

/// A base class with a client, and a class that passes it an address by its constructor, in each language.
const CONSTRUCTED: &[(&str, &str)] = &[
    (
        "JavaScript",
        "-- service.emoji/main.ts\nclass Base { url: string; constructor(url: string) { this.url = url; } get() { return fetch(this.url); } }\n\
         class Ledger extends Base { constructor() { super('http://s-ledger/x'); } }\nnew Ledger().get();\n",
    ),
    (
        "Python",
        "-- service.emoji/main.py\nimport requests\nclass Base:\n    def __init__(self, url):\n        self.url = url\n    def get(self):\n        requests.get(self.url)\n\
         class Ledger(Base):\n    def __init__(self):\n        super().__init__('http://s-ledger/x')\nLedger().get()\n",
    ),
    (
        "Python before 3",
        "-- service.emoji/main.py\nimport requests\nclass Base(object):\n    def __init__(self, url):\n        self.url = url\n    def get(self):\n        requests.get(self.url)\n\
         class Ledger(Base):\n    def __init__(self):\n        super(Ledger, self).__init__('http://s-ledger/x')\nLedger().get()\n",
    ),
    (
        "Java",
        "-- service.emoji/Main.java\nimport java.net.URI;\nimport java.net.http.HttpClient;\nimport java.net.http.HttpRequest;\nclass Base { String url; Base(String url) { this.url = url; } void get() throws Exception { HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(url)).build(), null); } }\n\
         class Ledger extends Base { Ledger() { super(\"http://s-ledger/x\"); } }\npublic class Main { public static void main(String[] a) throws Exception { new Ledger().get(); } }\n",
    ),
    (
        "C#",
        "-- service.emoji/emoji.csproj\n<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><OutputType>Exe</OutputType></PropertyGroup></Project>\n-- service.emoji/Main.cs\nusing System.Net.Http;\nclass Base { string url; public Base(string url) { this.url = url; } public void Get() { new HttpClient().GetAsync(url); } }\n\
         class Ledger : Base { public Ledger() : base(\"http://s-ledger/x\") {} }\nclass P { static void Main() { new Ledger().Get(); } }\n",
    ),
    (
        "Ruby",
        "-- service.emoji/main.rb\nrequire 'net/http'\nclass Base\n  def initialize(url)\n    @url = url\n  end\n  def get\n    Net::HTTP.get(URI(@url))\n  end\nend\n\
         class Ledger < Base\n  def initialize\n    super('http://s-ledger/x')\n  end\nend\nLedger.new.get\n",
    ),
    (
        "PHP",
        "-- service.emoji/main.php\n<?php\nclass Base { private $url; function __construct($url) { $this->url = $url; } function get() { return file_get_contents($this->url); } }\n\
         class Ledger extends Base { function __construct() { parent::__construct('http://s-ledger/x'); } }\n(new Ledger())->get();\n",
    ),
    (
        "Kotlin",
        "-- service.emoji/Main.kt\nimport java.net.URL\nopen class Base(private val url: String) {\n    fun get() {\n        URL(url).openStream()\n    }\n}\nclass Ledger : Base(\"http://s-ledger/x\")\nfun main() {\n    Ledger().get()\n}\n",
    ),
    (
        "Kotlin, with parameters",
        "-- service.emoji/Main.kt\nimport java.net.URL\nopen class Base(private val url: String) {\n    fun get() {\n        URL(url).openStream()\n    }\n}\nclass Ledger(private val n: Int) : Base(\"http://s-ledger/x\")\nfun main() {\n    Ledger(1).get()\n}\n",
    ),
    (
        "Kotlin, through another",
        "-- service.emoji/Main.kt\nimport java.net.URL\nopen class Base(private val url: String) {\n    fun get() {\n        URL(url).openStream()\n    }\n}\nopen class Middle : Base(\"http://s-ledger/x\")\nclass Ledger : Middle()\nfun main() {\n    Ledger().get()\n}\n",
    ),
    (
        "Kotlin, by a constructor of its own",
        "-- service.emoji/Main.kt\nimport java.net.URL\nopen class Base(private val url: String) {\n    fun get() {\n        URL(url).openStream()\n    }\n}\nclass Ledger : Base {\n    constructor() : super(\"http://s-ledger/x\")\n}\nfun main() {\n    Ledger().get()\n}\n",
    ),
    (
        "Kotlin, by another of its constructors",
        "-- service.emoji/Main.kt\nimport java.net.URL\nopen class Base(private val url: String) {\n    fun get() {\n        URL(url).openStream()\n    }\n}\nclass Ledger(url: String) : Base(url) {\n    constructor() : this(\"http://s-ledger/x\")\n}\nfun main() {\n    Ledger().get()\n}\n",
    ),
    (
        "Kotlin's object",
        "-- service.emoji/Main.kt\nimport java.net.URL\nopen class Base(private val url: String) {\n    fun get() {\n        URL(url).openStream()\n    }\n}\nobject Ledger : Base(\"http://s-ledger/x\")\nfun main() {\n    Ledger.get()\n}\n",
    ),
    (
        "Kotlin's object without a name",
        "-- service.emoji/Main.kt\nimport java.net.URL\nopen class Base(private val url: String) {\n    fun get() {\n        URL(url).openStream()\n    }\n}\n\nfun main() {\n    val ledger = object : Base(\"http://s-ledger/x\") {}\n    ledger.get()\n}\n",
    ),
    (
        "Kotlin's companion",
        "-- service.emoji/Main.kt\nimport java.net.URL\nopen class Base(private val url: String) {\n    fun get() {\n        URL(url).openStream()\n    }\n}\nclass Ledger {\n    companion object : Base(\"http://s-ledger/x\")\n}\nfun main() {\n    Ledger.get()\n}\n",
    ),
    (
        "C#, behind its name",
        "-- service.emoji/emoji.csproj\n<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><OutputType>Exe</OutputType></PropertyGroup></Project>\n-- service.emoji/Main.cs\nusing System.Net.Http;\nclass Base { string url; public Base(string url) { this.url = url; } public void Get() { new HttpClient().GetAsync(url); } }\nclass Ledger() : Base(\"http://s-ledger/x\") {}\nclass P { static void Main() { new Ledger().Get(); } }\n",
    ),
    (
        "C#, behind its name, with parameters",
        "-- service.emoji/emoji.csproj\n<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><OutputType>Exe</OutputType></PropertyGroup></Project>\n-- service.emoji/Main.cs\nusing System.Net.Http;\nclass Base { string url; public Base(string url) { this.url = url; } public void Get() { new HttpClient().GetAsync(url); } }\nclass Ledger(int n) : Base(\"http://s-ledger/x\") {}\nclass P { static void Main() { new Ledger(1).Get(); } }\n",
    ),
    (
        "C#, by another of its constructors",
        "-- service.emoji/emoji.csproj\n<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><OutputType>Exe</OutputType></PropertyGroup></Project>\n-- service.emoji/Main.cs\nusing System.Net.Http;\nclass Base { string url; public Base(string url) { this.url = url; } public void Get() { new HttpClient().GetAsync(url); } }\nclass Ledger : Base { public Ledger(string url) : base(url) {} public Ledger() : this(\"http://s-ledger/x\") {} }\nclass P { static void Main() { new Ledger().Get(); } }\n",
    ),
    (
        "Java, by another of its constructors",
        "-- service.emoji/Main.java\nimport java.net.URI;\nimport java.net.http.HttpClient;\nimport java.net.http.HttpRequest;\nclass Base { String url; Base(String url) { this.url = url; } void get() throws Exception { HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(url)).build(), null); } }\nclass Ledger extends Base { Ledger(String url) { super(url); } Ledger() { this(\"http://s-ledger/x\"); } }\npublic class Main { public static void main(String[] a) throws Exception { new Ledger().get(); } }\n",
    ),
    (
        "Java, without a name",
        "-- service.emoji/Main.java\nimport java.net.URI;\nimport java.net.http.HttpClient;\nimport java.net.http.HttpRequest;\nclass Base { String url; Base(String url) { this.url = url; } void get() throws Exception { HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(url)).build(), null); } }\npublic class Main { public static void main(String[] a) throws Exception { new Base(\"http://s-ledger/x\") {}.get(); } }\n",
    ),
    (
        "JavaScript, without a constructor of its own",
        "-- service.emoji/main.ts\nclass Base { url: string; constructor(url: string) { this.url = url; } get() { return fetch(this.url); } }\n\
         class Ledger extends Base {}\nnew Ledger('http://s-ledger/x').get();\n",
    ),
    (
        "Python, without a constructor of its own",
        "-- service.emoji/main.py\nimport requests\nclass Base:\n    def __init__(self, url):\n        self.url = url\n    def get(self):\n        requests.get(self.url)\n\
         class Ledger(Base):\n    pass\nLedger('http://s-ledger/x').get()\n",
    ),
    (
        "PHP, without a constructor of its own",
        "-- service.emoji/main.php\n<?php\nclass Base { private $url; function __construct($url) { $this->url = $url; } function get() { return file_get_contents($this->url); } }\n\
         class Ledger extends Base {}\n(new Ledger('http://s-ledger/x'))->get();\n",
    ),
    (
        "Ruby, by what it is given",
        "-- service.emoji/main.rb\nrequire 'net/http'\nclass Base\n  def initialize(url)\n    @url = url\n  end\n  def get\n    Net::HTTP.get(URI(@url))\n  end\nend\nclass Ledger < Base\n  def initialize(url)\n    super\n  end\nend\nLedger.new('http://s-ledger/x').get\n",
    ),
    (
        "Ruby, by a keyword",
        "-- service.emoji/main.rb\nrequire 'net/http'\nclass Base\n  def initialize(url:)\n    @url = url\n  end\n  def get\n    Net::HTTP.get(URI(@url))\n  end\nend\nclass Ledger < Base\n  def initialize(url:)\n    super\n  end\nend\nLedger.new(url: 'http://s-ledger/x').get\n",
    ),
    (
        "Ruby, by a keyword among others",
        "-- service.emoji/main.rb\nrequire 'net/http'\nclass Base\n  def initialize(name, url:)\n    @url = url\n  end\n  def get\n    Net::HTTP.get(URI(@url))\n  end\nend\nclass Ledger < Base\n  def initialize(name, url:, retries: 3)\n    super\n  end\nend\nLedger.new('a', url: 'http://s-ledger/x').get\n",
    ),
    (
        "Ruby, by a default",
        "-- service.emoji/main.rb\nrequire 'net/http'\nclass Base\n  def initialize(url:)\n    @url = url\n  end\n  def get\n    Net::HTTP.get(URI(@url))\n  end\nend\nclass Ledger < Base\n  def initialize(url: 'http://s-ledger/x')\n    super\n  end\nend\nLedger.new().get\n",
    ),
    (
        "Ruby, by any",
        "-- service.emoji/main.rb\nrequire 'net/http'\nclass Base\n  def initialize(name, url)\n    @url = url\n  end\n  def get\n    Net::HTTP.get(URI(@url))\n  end\nend\nclass Ledger < Base\n  def initialize(*all)\n    super\n  end\nend\nLedger.new('a', 'http://s-ledger/x').get\n",
    ),
    (
        "Ruby, by any keywords",
        "-- service.emoji/main.rb\nrequire 'net/http'\nclass Base\n  def initialize(url:)\n    @url = url\n  end\n  def get\n    Net::HTTP.get(URI(@url))\n  end\nend\nclass Ledger < Base\n  def initialize(**all)\n    super\n  end\nend\nLedger.new(url: 'http://s-ledger/x').get\n",
    ),
    (
        "Ruby, by any behind others",
        "-- service.emoji/main.rb\nrequire 'net/http'\nclass Base\n  def initialize(name, url)\n    @url = url\n  end\n  def get\n    Net::HTTP.get(URI(@url))\n  end\nend\nclass Ledger < Base\n  def initialize(name, *rest)\n    super\n  end\nend\nLedger.new('a', 'http://s-ledger/x').get\n",
    ),
    (
        "Ruby, as it was set",
        "-- service.emoji/main.rb\nrequire 'net/http'\nclass Base\n  def initialize(url)\n    @url = url\n  end\n  def get\n    Net::HTTP.get(URI(@url))\n  end\nend\nclass Ledger < Base\n  def initialize(url)\n    url = 'http://s-ledger/x'\n    super\n  end\nend\nLedger.new('http://s-cart/x').get\n",
    ),
];

/// A method that asks the one of the same name above it.
const ASKED: &[(&str, &str)] = &[
    (
        "JavaScript",
        "-- service.emoji/main.ts\nclass Base { start() { return fetch('http://s-ledger/x'); } }\n\
         class Own extends Base { start() { return super.start(); } }\nnew Own().start();\n",
    ),
    (
        "Python",
        "-- service.emoji/main.py\nimport requests\nclass Base:\n    def start(self):\n        requests.get('http://s-ledger/x')\n\
         class Own(Base):\n    def start(self):\n        super().start()\nOwn().start()\n",
    ),
    (
        "Java",
        "-- service.emoji/Main.java\nimport java.net.URI;\nimport java.net.http.HttpClient;\nimport java.net.http.HttpRequest;\nclass Base { void start() throws Exception { HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(\"http://s-ledger/x\")).build(), null); } }\n\
         class Own extends Base { void start() throws Exception { super.start(); } }\npublic class Main { public static void main(String[] a) throws Exception { new Own().start(); } }\n",
    ),
    (
        "Kotlin",
        "-- service.emoji/Main.kt\nimport java.net.URL\nopen class Base {\n    open fun start() {\n        URL(\"http://s-ledger/x\").openStream()\n    }\n}\n\
         class Own : Base() {\n    override fun start() {\n        super.start()\n    }\n}\nfun main() {\n    Own().start()\n}\n",
    ),
    (
        "C#",
        "-- service.emoji/emoji.csproj\n<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><OutputType>Exe</OutputType></PropertyGroup></Project>\n-- service.emoji/Main.cs\nusing System.Net.Http;\nclass Base { public virtual void Start() { new HttpClient().GetAsync(\"http://s-ledger/x\"); } }\n\
         class Own : Base { public override void Start() { base.Start(); } }\nclass P { static void Main() { new Own().Start(); } }\n",
    ),
    (
        "Ruby",
        "-- service.emoji/main.rb\nrequire 'net/http'\nclass Base\n  def start(url)\n    Net::HTTP.get(URI(url))\n  end\nend\n\
         class Own < Base\n  def start(url)\n    super\n  end\nend\nOwn.new.start('http://s-ledger/x')\n",
    ),
    (
        "PHP",
        "-- service.emoji/main.php\n<?php\nclass Base { function start() { return file_get_contents('http://s-ledger/x'); } }\n\
         class Own extends Base { function start() { return parent::start(); } }\n(new Own())->start();\n",
    ),
];

#[track_caller]
fn all_find(rows: &[(&str, &str)], change: impl Fn(&str) -> String, expected: &[&str]) {
    let wrong: Vec<String> = rows
        .iter()
        .map(|(language, code)| (language, summary(&outcome(&format!("{}-- service.ledger/x.txt\n", change(code))))))
        .filter(|(_, found)| found != expected)
        .map(|(language, found)| format!("{language}: found {found:?}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn an_address_that_a_class_passes_to_the_one_it_extends_is_followed() {
    all_find(CONSTRUCTED, str::to_owned, &["emoji -> ledger proven"]);
}

#[test]
fn methods_that_are_asked_of_the_class_above_are_reached() {
    all_find(ASKED, str::to_owned, &["emoji -> ledger proven"]);
}

#[test]
fn a_method_that_is_not_asked_of_the_class_above_is_not_reached() {
    let silent = |code: &str| {
        [
            "return super.start();",
            "super().start()",
            "super.start();",
            "super.start()",
            "base.Start();",
            "return parent::start();",
        ]
        .iter()
        .find(|call| code.contains(**call))
        .map_or_else(
            || code.replace("    super\n", "    1\n"),
            |call| code.replacen(call, if call.starts_with("super()") { "pass" } else { "" }, 1),
        )
    };
    all_find(ASKED, silent, &[]);
}

#[test]
fn an_address_that_is_passed_to_another_class_or_to_nobody_is_not_followed() {
    let kotlin = |declared: &str, main: &str| {
        format!(
            "-- service.emoji/Main.kt\nimport java.net.URL\nopen class Base(private val url: String) {{\n    fun get() {{\n        URL(url).openStream()\n    }}\n}}\nopen class Other(private val name: String) {{\n    fun get() {{\n        println(name)\n    }}\n}}\n{declared}\nfun main() {{\n    {main}\n}}\n"
        )
    };
    let ruby = |above: &str, own: &str, new: &str| {
        format!(
            "-- service.emoji/main.rb\nrequire 'net/http'\nclass Base\n  def initialize({above})\n    @url = url\n  end\n  def get\n    Net::HTTP.get(URI(@url))\n  end\nend\nclass Ledger < Base\n  def initialize({own})\n    super\n  end\nend\nLedger.new({new}).get\n"
        )
    };
    let url = "\"http://s-ledger/x\"";
    let cart = "\"http://s-cart/x\"";
    let rows = [
        ("Kotlin, to another", kotlin(&format!("class Ledger : Other({url})"), "Ledger().get()")),
        (
            "Kotlin, to none that is made",
            kotlin(&format!("class Ledger : Base({url})\nclass Cart : Base({cart})"), "Cart().get()"),
        ),
        (
            "Kotlin, to one of its constructors that is not called",
            kotlin(
                &format!(
                    "class Ledger : Base {{\n    constructor(n: Int) : super({url})\n    constructor() : super({cart})\n}}"
                ),
                "println(1)",
            ),
        ),
        (
            "Ruby, by another keyword",
            ruby("name:, url:", "name:, url:", "name: 'http://s-ledger/x', url: 'http://s-cart/x'"),
        ),
        ("Ruby, by another place", ruby("name, url", "name, url", "'http://s-ledger/x', 'http://s-cart/x'")),
        ("Ruby, by another place of any", ruby("name, url", "*all", "'http://s-ledger/x', 'http://s-cart/x'")),
        ("Ruby, by a block", ruby("url", "url, &block", "'http://s-cart/x') { 'http://s-ledger/x' }.then(&:itself")),
    ];
    for (what, code) in rows {
        let found = summary(&outcome(&format!("{code}-- service.ledger/x.txt\n")));
        assert!(!found.iter().any(|line| line.contains("ledger")), "{what}: {found:?}");
    }
}
