//! The path of the request that is being answered, behind the host that it is handed on to.

use crate::maps::check;

const LEDGER: &[&str] = &["shop -> ledger proven"];

#[test]
fn a_path_of_a_request_ends_the_host_before_it() {
    check(&[
        (
            "py flask",
            "main.py",
            "import requests\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.route(\"/<path:p>\")\ndef proxy(p):\n    return requests.get(\"http://s-ledger\" + request.path).text",
            LEDGER,
        ),
        (
            "py starlette",
            "main.py",
            "import httpx\nfrom fastapi import FastAPI, Request\napp = FastAPI()\n@app.get(\"/{p:path}\")\nasync def proxy(p: str, request: Request):\n    return httpx.get(f\"http://s-ledger{request.url.path}\").text",
            LEDGER,
        ),
        (
            "py django",
            "views.py",
            "import requests\nfrom django.http import HttpResponse\ndef call(request):\n    return HttpResponse(requests.get(\"http://s-ledger\" + request.get_full_path()).text)\ncall(None)",
            LEDGER,
        ),
        (
            "go net/http",
            "main.go",
            "package main\nimport \"net/http\"\nfunc main() { http.HandleFunc(\"/x\", func(w http.ResponseWriter, r *http.Request) { http.Get(\"http://s-ledger\" + r.URL.Path) }) }",
            LEDGER,
        ),
        (
            "go request uri by a parameter",
            "main.go",
            "package main\nimport \"net/http\"\nfunc to(base string, r *http.Request) { http.Get(base + r.RequestURI) }\nfunc main() { http.HandleFunc(\"/x\", func(w http.ResponseWriter, r *http.Request) { to(\"http://s-ledger\", r) }) }",
            LEDGER,
        ),
        (
            "go gin",
            "main.go",
            "package main\nimport (\"net/http\"; \"github.com/gin-gonic/gin\")\nfunc proxy(c *gin.Context) { http.Get(\"http://s-ledger\" + c.Request.URL.Path) }\nfunc main() { r := gin.Default(); r.Any(\"/x\", proxy); r.Run() }",
            LEDGER,
        ),
        (
            "java servlet by a local",
            "src/main/java/M.java",
            "import jakarta.servlet.http.HttpServletRequest;\nimport org.springframework.web.bind.annotation.*;\nimport org.springframework.web.client.RestTemplate;\n@RestController\nclass M {\n  private final RestTemplate rest = new RestTemplate();\n  @RequestMapping(\"/x/**\") public String x(HttpServletRequest request) { return proxy(request, \"http://s-ledger\"); }\n  private String proxy(HttpServletRequest request, String base) { String path = request.getRequestURI(); return rest.getForEntity(base + path, String.class).getBody(); }\n}",
            LEDGER,
        ),
        (
            "js express",
            "main.js",
            "const app = require(\"express\")();\napp.use(\"/x\", async (req, res) => { res.send(await fetch(\"http://s-ledger\" + req.originalUrl)); });\napp.listen(80);",
            LEDGER,
        ),
        (
            "js named handler",
            "main.js",
            "const app = require(\"express\")();\nconst axios = require(\"axios\");\nasync function proxy(req, res) { const r = await axios.get(`http://s-ledger${req.url}`); res.send(r.data); }\napp.use(\"/x\", proxy);\napp.listen(80);",
            LEDGER,
        ),
        (
            "cs middleware",
            "Program.cs",
            "using System.Net.Http;\nvar app = WebApplication.CreateBuilder(args).Build();\nvar http = new HttpClient();\napp.Run(async context => { await http.GetAsync(\"http://s-ledger\" + context.Request.Path.Value); });\napp.Run();",
            LEDGER,
        ),
        (
            "rb rack",
            "config.ru",
            "require 'net/http'\nrequire 'rack'\nrun ->(env) { request = Rack::Request.new(env); Net::HTTP.get(URI(\"http://s-ledger#{request.fullpath}\")) }",
            LEDGER,
        ),
        (
            "php symfony",
            "index.php",
            "<?php\nfunction proxy($request) { $ch = curl_init('http://s-ledger' . $request->getRequestUri()); curl_exec($ch); }\nproxy($app->request());",
            LEDGER,
        ),
    ]);
}

#[test]
fn what_else_stands_behind_a_host_does_not() {
    check(&[
        (
            "the whole address is the request's",
            "main.go",
            "package main\nimport \"net/http\"\nfunc main() { http.HandleFunc(\"/x\", func(w http.ResponseWriter, r *http.Request) { http.Get(r.RequestURI) }) }",
            &["unresolved-call service.shop/main.go"],
        ),
        (
            "the host is the request's",
            "main.py",
            "import requests\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.route(\"/<path:p>\")\ndef proxy(p):\n    return requests.get(\"http://\" + request.host + request.path).text",
            &["unresolved-call service.shop/main.py"],
        ),
        (
            "a header",
            "main.py",
            "import requests\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.route(\"/<path:p>\")\ndef proxy(p):\n    return requests.get(\"http://s-ledger\" + request.headers[\"x-shard\"]).text",
            &["unresolved-call service.shop/main.py"],
        ),
        (
            "a path without a slash",
            "index.php",
            "<?php\nfunction proxy($request) { $ch = curl_init('http://s-ledger' . $request->path()); curl_exec($ch); }\nproxy($app->request());",
            &["unresolved-call service.shop/index.php"],
        ),
        (
            "a path of something else",
            "main.py",
            "import requests, sys, lib\nshard = lib.pick(sys.argv)\nrequests.get(\"http://s-ledger\" + shard.path)",
            &["unresolved-call service.shop/main.py"],
        ),
    ]);
}
