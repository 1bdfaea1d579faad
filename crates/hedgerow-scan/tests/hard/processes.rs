//! Services that run a part of an application which others run, too: workers of queues, schedulers, commands of a console.

use crate::here::rows;

const CALL: &str = "requests.get('http://s-ledger/x')";

/// Addresses under which views answer.
const URLS: &str = "\n-- app/shop/urls.py\nfrom django.urls import path\nfrom . import views\nurlpatterns = [path('x', views.Books.as_view())]\n";

/// An application that two services run: `shop` serves it, and `work` runs `line`.
fn both(line: &str, files: &str) -> String {
    let urls = if files.contains("class Books(") && !files.contains("urls.py") { URLS } else { "" };
    format!(
        "-- hedgerow.yaml\nscan: {{services: [{{path: app, name: service.shop}}, {{path: app, name: service.work}}]}}\n\
         -- service.ledger/x.txt\n-- service.cart/x.txt\n-- service.work/x.txt\n-- service.shop/x.txt\n-- docker-compose.yml\nservices:\n  service.shop: {{build: ./app, command: gunicorn proj.wsgi}}\n  \
         service.work:\n    build: ./app\n    command: {line}\n-- app/Dockerfile\nFROM python\nCOPY . .\n\
         -- app/proj/__init__.py\n-- app/proj/celery.py\nfrom celery import Celery\napp = Celery('proj')\napp.autodiscover_tasks()\n\
         -- app/proj/settings.py\nimport os\n{files}{urls}"
    )
}

const WORKER: &str = "celery -A proj worker";
const BEAT: &str = "celery -A proj beat -S django";
const SHOP: &[&str] = &["shop -> ledger proven"];
const BOTH: &[&str] = &["shop -> ledger proven", "work -> ledger proven"];

#[test]
fn a_worker_answers_no_requests() {
    let file = |head: &str, body: &str| {
        both(WORKER, &format!("-- app/shop/__init__.py\n-- app/shop/views.py\nimport requests\n{head}\n{body}\n"))
    };
    let class = |head: &str, base: &str| {
        file(head, &format!("class Books({base}):\n    def get(self, request):\n        return {CALL}"))
    };
    let function =
        |head: &str, decorator: &str| file(head, &format!("{decorator}\ndef books(request):\n    return {CALL}"));
    rows(&[
        ("a class of Django REST", class("from rest_framework.views import APIView", "APIView"), SHOP),
        ("a set of views", class("from rest_framework import viewsets", "viewsets.ModelViewSet"), SHOP),
        ("a view of Django", class("from django.views.generic import ListView", "ListView"), SHOP),
        ("a view of another library", class("from ninja_x.views import BookView", "BookView"), SHOP),
        ("one of the admin", class("from django.contrib import admin", "admin.ModelAdmin"), SHOP),
        (
            "one by another one",
            file(
                "from rest_framework.views import APIView",
                &format!(
                    "class Base(APIView):\n    def get(self, request):\n        return {CALL}\nclass Books(Base):\n    pass"
                ),
            ),
            SHOP,
        ),
        (
            "a decorated function",
            function("from rest_framework.decorators import api_view", "@api_view(['GET'])"),
            SHOP,
        ),
        ("a route of Flask", function("from flask import Flask\napp = Flask('x')", "@app.route('/x')"), SHOP),
        (
            "a route of FastAPI",
            function("from fastapi import APIRouter\nrouter = APIRouter()", "@router.post('/x')"),
            SHOP,
        ),
        (
            "one that urls name",
            file(
                "",
                &format!(
                    "def books(request):\n    return {CALL}\n-- app/shop/urls.py\nfrom django.urls import path\nfrom . import views\nurlpatterns = [path('x', views.books)]"
                ),
            ),
            SHOP,
        ),
        (
            "one that urls wrap",
            file(
                "",
                &format!(
                    "def books(request):\n    return {CALL}\n-- app/shop/urls.py\nfrom django.urls import path\nfrom django.views.decorators.csrf import csrf_exempt\nfrom .views import books\nurlpatterns = [path('x', csrf_exempt(books))]"
                ),
            ),
            SHOP,
        ),
        (
            "a class that urls name",
            class("from rest_framework.views import APIView", "APIView")
                + "-- app/shop/urls.py\nfrom django.urls import path\nfrom . import views\nurlpatterns = [path('x', views.Books.as_view())]\n",
            SHOP,
        ),
        (
            "an application that is made on load",
            function("from flask import Flask\napp = Flask('x')", "@app.get('/x')")
                + "-- app/shop/work.py\nfrom celery import shared_task\nfrom .views import app\n@shared_task\ndef go():\n    app.app_context()\n",
            SHOP,
        ),
    ]);
}

#[test]
fn it_runs_tasks_and_what_they_call_and_what_is_done_on_load() {
    let tasks = |body: &str| {
        both(
            WORKER,
            &format!(
                "-- app/shop/__init__.py\n-- app/shop/tasks.py\nimport requests\nfrom celery import shared_task, Task\n{body}\n"
            ),
        )
    };
    let view = format!(
        "from rest_framework.views import APIView\nclass Books(APIView):\n    def get(self, request):\n        return {CALL}\n"
    );
    rows(&[
        ("a task", tasks(&format!("@shared_task\ndef go():\n    {CALL}")), BOTH),
        (
            "a bound task",
            tasks(&format!("from proj.celery import app\n@app.task(bind=True)\ndef go(self):\n    {CALL}")),
            BOTH,
        ),
        (
            "a class of a task",
            tasks(&format!(
                "class Go(Task):\n    def run(self):\n        {CALL}\nfrom proj.celery import app\napp.register_task(Go())"
            )),
            BOTH,
        ),
        ("on load", tasks(CALL), BOTH),
        (
            "on load of what answers",
            both(
                WORKER,
                &format!(
                    "-- app/shop/__init__.py\n-- app/shop/views.py\nimport requests\nfrom rest_framework.views import APIView\nX = {CALL}\nclass Books(APIView):\n    pass\n"
                ),
            ),
            BOTH,
        ),
        (
            "a signal",
            tasks(&format!(
                "from django.db.models.signals import post_save\nfrom django.dispatch import receiver\n@receiver(post_save)\ndef go(sender):\n    {CALL}"
            )),
            BOTH,
        ),
        (
            "a model",
            tasks(&format!(
                "from django.db import models\nclass Book(models.Model):\n    def save(self):\n        {CALL}\n@shared_task\ndef go():\n    Book().save()"
            )),
            BOTH,
        ),
        (
            "a function of a view that a task calls",
            tasks(&format!(
                "from .views import ask\n@shared_task\ndef go():\n    ask(1)\n-- app/shop/views.py\nimport requests\nfrom rest_framework.decorators import api_view\n@api_view(['GET'])\ndef ask(x):\n    {CALL}"
            )),
            BOTH,
        ),
        (
            "a view that a task makes",
            tasks(&format!(
                "from .views import Books\n@shared_task\ndef go():\n    Books().get(1)\n-- app/shop/views.py\nimport requests\n{view}"
            )),
            BOTH,
        ),
        (
            "a task that is a route besides",
            tasks(&format!(
                "from .web import app\n@app.get('/x')\n@shared_task\ndef go():\n    {CALL}\n-- app/shop/web.py\nfrom flask import Flask\napp = Flask('x')"
            )),
            BOTH,
        ),
        // What else its containers run, and what nobody knows.
        (
            "a server beside it",
            both(
                "sh -c 'celery -A proj worker & gunicorn proj.wsgi'",
                &format!("-- app/shop/views.py\nimport requests\n{view}"),
            ),
            BOTH,
        ),
        (
            "a script that is not there",
            both("/run.sh worker", &format!("-- app/shop/views.py\nimport requests\n{view}")),
            BOTH,
        ),
        (
            "a supervisor",
            both("supervisord -c x.conf", &format!("-- app/shop/views.py\nimport requests\n{view}")),
            BOTH,
        ),
    ]);
}

#[test]
fn a_scheduler_runs_no_tasks() {
    let tasks = |body: &str| {
        both(
            BEAT,
            &format!(
                "-- app/shop/__init__.py\n-- app/shop/tasks.py\nimport requests\nfrom celery import shared_task, Task\n{body}\n"
            ),
        )
    };
    rows(&[
        ("a task", tasks(&format!("@shared_task\ndef go():\n    {CALL}")), SHOP),
        (
            "a task by its application",
            tasks(&format!("from proj.celery import app\n@app.task(bind=True)\ndef go(self):\n    {CALL}")),
            SHOP,
        ),
        (
            "what is called when a task fails",
            tasks(&format!(
                "class Base(Task):\n    def on_failure(self, *all):\n        {CALL}\n@shared_task(base=Base)\ndef go():\n    pass"
            )),
            SHOP,
        ),
        (
            "by a class of the tree",
            tasks(&format!(
                "class Base(Task):\n    pass\nclass Own(Base):\n    def on_failure(self, *all):\n        {CALL}\n@shared_task(base=Own)\ndef go():\n    pass"
            )),
            SHOP,
        ),
        (
            "what only a task opens",
            tasks(&format!(
                "from contextlib import contextmanager\n@contextmanager\ndef opened():\n    yield {CALL}\n@shared_task\ndef go():\n    with opened():\n        pass"
            )),
            SHOP,
        ),
        (
            "what is opened on load",
            tasks(&format!(
                "from contextlib import contextmanager\n@contextmanager\ndef opened():\n    yield {CALL}\nwith opened():\n    pass"
            )),
            BOTH,
        ),
        // To put a task into a queue is what it does.
        (
            "how a task is put into a queue",
            tasks(&format!(
                "class Base(Task):\n    def apply_async(self, *all):\n        {CALL}\n@shared_task(base=Base)\ndef go():\n    pass"
            )),
            BOTH,
        ),
        ("on load", tasks(CALL), BOTH),
        (
            "a signal",
            tasks(&format!("from celery.signals import beat_init\n@beat_init.connect\ndef go(**all):\n    {CALL}")),
            BOTH,
        ),
        (
            "a worker with a scheduler",
            both(
                "celery -A proj worker -B",
                &format!(
                    "-- app/shop/tasks.py\nimport requests\nfrom celery import shared_task\n@shared_task\ndef go():\n    {CALL}\n"
                ),
            ),
            BOTH,
        ),
    ]);
}

#[test]
fn a_command_runs_where_it_is_told() {
    let command = |line: &str, files: &str| {
        both(
            line,
            &format!(
                "-- app/shop/__init__.py\n-- app/shop/management/__init__.py\n-- app/shop/management/commands/__init__.py\n\
                 -- app/shop/management/commands/load_books.py\nimport requests\nfrom django.core.management.base import BaseCommand\nX = {CALL}\nclass Command(BaseCommand):\n    \
                 def handle(self, *args, **options):\n        {CALL}\n{files}"
            ),
        )
    };
    let tasks = |body: &str| {
        format!(
            "-- app/shop/tasks.py\nfrom celery import shared_task\nfrom django.core.management import call_command\n@shared_task\ndef go(name):\n    {body}\n"
        )
    };
    let view = format!(
        "-- app/shop/views.py\nimport requests\nfrom rest_framework.views import APIView\nclass Books(APIView):\n    def get(self, request):\n        {}\n",
        CALL.replace("ledger", "cart")
    );
    rows(&[
        ("a worker", command(WORKER, ""), SHOP),
        ("a scheduler", command(BEAT, ""), SHOP),
        ("another command", command("python manage.py migrate", ""), SHOP),
        ("the command", command("python manage.py load_books", ""), BOTH),
        ("before a worker", command("sh -c 'python manage.py load_books && celery -A proj worker'", ""), BOTH),
        ("a task calls it", command(WORKER, &tasks("call_command('load_books')")), BOTH),
        ("a task calls any", command(WORKER, &tasks("call_command(name)")), BOTH),
        (
            "a task makes it",
            command(
                WORKER,
                &tasks("from shop.management.commands.load_books import Command\n    call_command(Command())"),
            ),
            BOTH,
        ),
        (
            "a task calls what it does",
            command(WORKER, &tasks("from shop.management.commands.load_books import Command\n    Command().handle()")),
            BOTH,
        ),
        (
            "a command answers no requests",
            command("python manage.py load_books", &view),
            &["shop -> cart proven", "shop -> ledger proven", "work -> ledger proven"],
        ),
        (
            "one that starts a server",
            command(
                "python manage.py serve",
                &format!(
                    "{view}-- app/shop/management/commands/serve.py\nimport uvicorn\nfrom django.core.management.base import BaseCommand\nclass Command(BaseCommand):\n    def handle(self):\n        uvicorn.run('x')\n"
                ),
            ),
            &["shop -> cart proven", "shop -> ledger proven", "work -> cart proven", "work -> ledger proven"],
        ),
        (
            "one that starts Django's own",
            command(
                "python manage.py serve",
                &format!(
                    "{view}-- app/shop/management/commands/serve.py\nfrom django.core.management import call_command\nfrom django.core.management.base import BaseCommand\nclass Command(BaseCommand):\n    def handle(self):\n        call_command('runserver')\n"
                ),
            ),
            &["shop -> cart proven", "shop -> ledger proven", "work -> cart proven", "work -> ledger proven"],
        ),
        (
            "one of a library",
            command("python manage.py grpcrunserver", &view),
            &["shop -> cart proven", "shop -> ledger proven", "work -> cart proven", "work -> ledger proven"],
        ),
    ]);
}

#[test]
fn where_a_command_is_said_does_not_matter() {
    let view = format!(
        "-- app/shop/views.py\nimport requests\nfrom rest_framework.views import APIView\nclass Books(APIView):\n    def get(self, request):\n        {CALL}\n"
    );
    let script = "-- app/entrypoint.sh\n#!/bin/sh\nset -e\nstart_worker() {\n  exec python -m celery -A proj worker \\\n    -l info\n}\ncase \"$1\" in\n  web) exec gunicorn proj.wsgi ;;\n  \
                  worker) start_worker ;;\nesac\n";
    let passing = "-- app/entrypoint.sh\n#!/bin/sh\nuntil nc -z db 5432; do sleep 1; done\nexec \"$@\"\n";
    let told =
        "-- app/run.sh\nif [ \"$ROLE\" = \"worker\" ]; then\n  celery -A proj worker\nelse\n  gunicorn proj.wsgi\nfi\n";
    let image = |line: &str, tree: String| tree.replace("COPY . .\n", &format!("COPY . .\n{line}\n"));
    let cluster = |containers: &str| {
        let compose = format!("  service.work:\n    build: ./app\n    command: {WORKER}\n");
        both(WORKER, &view).replace(&compose, "").replace("-- app/Dockerfile", &format!("-- k8s/work.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: s-work}}\nspec: {{template: {{spec: {{containers: [{containers}]}}}}}}\n-- app/Dockerfile"))
    };
    rows(&[
        ("a script's case", both("./entrypoint.sh worker", &format!("{view}{script}")), SHOP),
        ("the other case", both("./entrypoint.sh web", &format!("{view}{script}")), BOTH),
        (
            "an image's entry point",
            image("ENTRYPOINT [\"/app/entrypoint.sh\"]", both("worker", &format!("{view}{script}")))
                .replace("command: gunicorn proj.wsgi", "command: web"),
            SHOP,
        ),
        (
            "a script that runs what it is given",
            image("ENTRYPOINT [\"/entrypoint.sh\"]", both(WORKER, &format!("{view}{passing}"))),
            SHOP,
        ),
        ("a variable", both("bash run.sh\n    environment: {ROLE: worker}", &format!("{view}{told}")), SHOP),
        ("another value", both("bash run.sh\n    environment: {ROLE: web}", &format!("{view}{told}")), BOTH),
        ("no value", both("bash run.sh", &format!("{view}{told}")), BOTH),
        ("manifests", cluster("{name: a, image: x, command: [celery, -A, proj, worker]}"), SHOP),
        (
            "a container beside it",
            cluster(
                "{name: a, image: x, command: [celery, -A, proj, worker]}, {name: b, image: y, command: [gunicorn, proj.wsgi]}",
            ),
            BOTH,
        ),
        (
            "one container that says nothing",
            cluster("{name: a, image: x, command: [celery, -A, proj, worker]}, {name: b, image: y}"),
            BOTH,
        ),
    ]);
}

#[test]
fn other_queues_are_alike() {
    let plain = |body: &str| {
        format!(
            "-- app/shop/__init__.py\n-- app/shop/views.py\nimport requests\nimport django_rq\nfrom rest_framework.views import APIView\nclass Books(APIView):\n    \
             def get(self, request):\n        {body}\n"
        )
    };
    let view = |body: &str| {
        let call = CALL.replace("ledger", "cart");
        plain(&format!("from . import jobs\n        {body}"))
            + &format!("-- app/shop/jobs.py\nimport requests\ndef go():\n    {call}\n")
    };
    let decorated = |library: &str, decorator: &str| {
        format!(
            "-- app/shop/__init__.py\n-- app/shop/tasks.py\nimport requests\nimport {library}\n@{library}.{decorator}\ndef go():\n    {CALL}\n"
        )
    };
    let jobs = &["shop -> cart proven", "work -> cart proven"];
    let all = &["shop -> ledger proven", "work -> ledger proven"];
    rows(&[
        ("rq by its command", both("rq worker high", &plain(CALL)), SHOP),
        ("rq by Django's", both("python manage.py rqworker high", &plain(CALL)), SHOP),
        ("a function that a view puts there", both("rq worker high", &view("django_rq.enqueue(jobs.go)")), jobs),
        ("by its name", both("rq worker high", &view("django_rq.enqueue('shop.jobs.go')")), &jobs[1..]),
        (
            "nobody knows which",
            both("rq worker high", &plain(&format!("{CALL}\n        django_rq.enqueue(request.data['x'])"))),
            all,
        ),
        ("dramatiq", both("dramatiq shop.tasks", &decorated("dramatiq", "actor")), BOTH),
        ("huey", both("huey_consumer.py shop.tasks.huey", &decorated("huey", "task()")), BOTH),
        ("what plans for rq", both("rqscheduler", &decorated("rq", "job('x')")), SHOP),
        (
            "dramatiq answers no requests",
            both(
                "dramatiq shop.tasks",
                &format!(
                    "-- app/shop/views.py\nimport requests\nfrom flask import Blueprint\nbp = Blueprint('x', 'y')\n@bp.route('/x')\ndef go():\n    {CALL}\n-- app/shop/tasks.py\nimport shop.views\n"
                ),
            ),
            SHOP,
        ),
    ]);
}

#[test]
fn what_a_process_does_not_read_it_is_not_told() {
    let given = |line: &str, body: &str| {
        both(line, &format!("-- app/shop/__init__.py\n-- app/shop/views.py\nimport os\nfrom rest_framework.views import APIView\nclass Books(APIView):\n    def get(self, request):\n        return os.environ['LEDGER_URL']\n{body}"))
            .replace("    build: ./app\n", "    build: ./app\n    environment: {LEDGER_URL: 'http://s-ledger:80'}\n")
            .replace("service.shop: {build: ./app,", "service.shop: {build: ./app, environment: {LEDGER_URL: 'http://s-ledger:80'},")
    };
    let setting = |line: &str, name: &str| {
        both(
            line,
            &format!(
                "\n{name} = os.environ.get('{name}')\n-- app/proj/wsgi.py\nimport os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'proj.settings'\n-- app/shop/__init__.py\n\
                 -- app/shop/management/__init__.py\n-- app/shop/management/commands/__init__.py\n-- app/shop/management/commands/load_books.py\nfrom django.conf import settings\n\
                 from django.core.management.base import BaseCommand\nclass Command(BaseCommand):\n    def handle(self, *args, **options):\n        print(settings.{name})\n"
            ),
        )
        .replace("    build: ./app\n", &format!("    build: ./app\n    environment: {{{name}: s-ledger}}\n"))
        .replace("service.shop: {build: ./app,", &format!("service.shop: {{build: ./app, environment: {{{name}: s-ledger}},"))
    };
    let asked = &["shop -> ledger joined", "work -> ledger candidate", "unexplained-mention work -> ledger"];
    rows(&[
        ("a setting that only a command reads", setting(WORKER, "LEDGER_HOST"), asked),
        (
            "the command runs",
            setting("python manage.py load_books", "LEDGER_HOST"),
            &["shop -> ledger joined", "work -> ledger joined"],
        ),
        (
            "a library may read it, too",
            setting(WORKER, "CACHE_HOST"),
            &["shop -> ledger joined", "work -> ledger joined"],
        ),
    ]);
    rows(&[
        (
            "only a view reads it",
            given(WORKER, ""),
            &["shop -> ledger joined", "work -> ledger candidate", "unexplained-mention work -> ledger"],
        ),
        (
            "a task reads it",
            given(
                WORKER,
                "-- app/shop/tasks.py\nimport os\nfrom celery import shared_task\n@shared_task\ndef go():\n    return os.environ['LEDGER_URL']\n",
            ),
            &["shop -> ledger joined", "work -> ledger joined"],
        ),
    ]);
}

/// An application of Symfony's that two services run: `shop` serves it, and `work` runs `line`.
fn symfony(line: &str, files: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{services: [{{path: app, name: service.shop}}, {{path: app, name: service.work}}]}}\n\
         -- service.ledger/x.txt\n-- service.cart/x.txt\n-- service.work/x.txt\n-- service.shop/x.txt\n-- docker-compose.yml\nservices:\n  \
         service.shop: {{build: ./app, command: php-fpm}}\n  service.work:\n    build: ./app\n    command: {line}\n-- app/Dockerfile\nFROM php\nCOPY . .\n{files}"
    )
}

/// A class of PHP in a file of its own.
fn php(name: &str, head: &str, body: &str) -> String {
    format!(
        "-- app/src/{name}.php\n<?php\nnamespace App;\nuse Symfony\\Bundle\\FrameworkBundle\\Controller\\AbstractController;\nuse Symfony\\Component\\Console\\Command\\Command;\n\
         use Symfony\\Component\\Console\\Attribute\\AsCommand;\nuse Symfony\\Component\\Messenger\\Attribute\\AsMessageHandler;\nuse Symfony\\Component\\Routing\\Attribute\\Route;\n\
         {head} {{\n{body}\n}}\n"
    )
}

const GET: &str = "file_get_contents('http://s-ledger/x');";
const CONSUME: &str = "php bin/console messenger:consume async --time-limit=60";

#[test]
fn a_console_of_php_answers_no_requests() {
    let shown = |line: &str, name: &str, head: &str| {
        symfony(line, &php(name, head, &format!("public function show() {{ {GET} }}")))
    };
    let command = |line: &str, head: &str, body: &str| {
        symfony(
            line,
            &php("LoadBooks", head, &format!("{body}\nprotected function execute($in, $out): int {{ {GET} }}")),
        )
    };
    let attribute = "#[AsCommand(name: 'books:load', description: 'x')]\nclass LoadBooks extends Command";
    let other = php(
        "Other",
        "#[AsCommand('books:other')]\nclass Other extends Command",
        "protected function execute($in, $out): int { return 0; }",
    );
    rows(&[
        ("a controller", shown(CONSUME, "BooksController", "class BooksController extends AbstractController"), SHOP),
        ("one with a route", shown(CONSUME, "Books", "#[Route('/x')]\nclass Books"), SHOP),
        (
            "one of Laravel",
            symfony(
                "php artisan queue:work",
                "-- app/app/Http/Controllers/BooksController.php\n<?php\nnamespace App\\Http\\Controllers;\nuse Illuminate\\Routing\\Controller;\nclass BooksController extends Controller {\npublic function show() { file_get_contents('http://s-ledger/x'); }\n}\n",
            ),
            SHOP,
        ),
        (
            "a command of a container that is read in full",
            shown(
                "sh -c \"if [ ! -f vendor/autoload.php ]; then composer install; fi; php bin/console messenger:consume async\"",
                "BooksController",
                "class BooksController extends AbstractController",
            ),
            SHOP,
        ),
        ("a server", shown("php-fpm", "BooksController", "class BooksController extends AbstractController"), BOTH),
        ("another command", command(CONSUME, attribute, ""), SHOP),
        ("the command", command("php bin/console books:load", attribute, ""), BOTH),
        (
            "one that says its name below",
            command(
                "php bin/console books:load",
                "class LoadBooks extends Command",
                "protected static $defaultName = 'books:load';",
            ),
            BOTH,
        ),
        (
            "another one that does",
            command(CONSUME, "class LoadBooks extends Command", "protected static $defaultName = 'books:load';"),
            SHOP,
        ),
        (
            "one that sets it",
            command(
                CONSUME,
                "class LoadBooks extends Command",
                "protected function configure() { $this->setName('books:load'); }",
            ),
            SHOP,
        ),
        ("nobody knows its name", command(CONSUME, "class LoadBooks extends Command", ""), BOTH),
        ("a command that nobody has", command("php bin/console books:gone", attribute, ""), BOTH),
        (
            "one that calls another one",
            command("php bin/console books:other", attribute, "").replace(
                "-- app/Dockerfile",
                &format!(
                    "{}-- app/Dockerfile",
                    other.replace("return 0;", "$this->getApplication()->find('books:load')->run($in, $out);")
                ),
            ),
            BOTH,
        ),
        (
            "one that does not",
            command("php bin/console books:other", attribute, "")
                .replace("-- app/Dockerfile", &format!("{other}-- app/Dockerfile")),
            SHOP,
        ),
        (
            "one that serves",
            shown("php bin/console books:other", "BooksController", "class BooksController extends AbstractController")
                .replace(
                    "-- app/Dockerfile",
                    &format!(
                        "{}-- app/Dockerfile",
                        other.replace("return 0;", "new HttpServer(); return 0;").replace(
                            "use Symfony\\Component\\Routing",
                            "use React\\Http\\HttpServer;\nuse Symfony\\Component\\Routing"
                        )
                    ),
                ),
            BOTH,
        ),
        ("what runs commands at their times", command("php artisan schedule:work", attribute, ""), BOTH),
        ("a class that a container makes and nobody calls", shown(CONSUME, "Books", "#[AsAlias]\nclass Books"), SHOP),
        ("one that hears of something", shown(CONSUME, "Books", "#[AsAlias]\n#[AsEventListener]\nclass Books"), BOTH),
        ("a migration", command("php bin/console doctrine:migrations:migrate", attribute, ""), SHOP),
    ]);
}

#[test]
fn a_consumer_handles_the_messages_of_its_transports() {
    let handler = |line: &str, settings: &str| {
        symfony(
            line,
            &format!(
                "-- app/config/packages/messenger.yaml\nframework:\n    messenger:\n        transports:\n            async: 'doctrine://default'\n            mails: 'doctrine://x'\n        routing:\n{settings}\n{}{}",
                php("BookSold", "class BookSold", ""),
                php(
                    "OnSold",
                    "#[AsMessageHandler]\nclass OnSold",
                    &format!("public function __invoke(BookSold $sold): void {{ {GET} }}")
                )
            ),
        )
    };
    let to = |transport: &str| format!("            App\\BookSold: {transport}");
    let sync = |tree: String| tree.replace("'doctrine://x'", "'sync://'");
    rows(&[
        ("its own", handler(CONSUME, &to("async")), BOTH),
        ("another one's", handler(CONSUME, &to("mails")), SHOP),
        ("both", handler(CONSUME, &to("[async, mails]")), BOTH),
        ("a list below", handler(CONSUME, &to("\n                - mails")), SHOP),
        ("senders", handler(CONSUME, &to("\n                senders: [mails]")), SHOP),
        ("in quotes", handler(CONSUME, "            'App\\BookSold': 'mails' # x"), SHOP),
        ("another message's", handler(CONSUME, "            App\\Other: mails"), BOTH),
        ("handled where it is sent", sync(handler(CONSUME, &to("mails"))), BOTH),
        ("a command handles none", handler("php bin/console cache:clear", &to("async")), SHOP),
        ("every transport", handler("php bin/console messenger:consume --all", &to("mails")), BOTH),
    ]);
}

#[test]
fn with_what_links_begin_is_no_call() {
    let tree = |name: &str, value: &str| {
        symfony(
            &format!("{CONSUME}\n    environment: {{{name}: 'http://s-ledger'}}"),
            &format!(
                "-- app/config/packages/routing.yaml\nframework:\n    router:\n        {value}\n{}",
                php("Books", "class Books", "")
            ),
        )
    };
    let asked = &["work -> ledger candidate", "unexplained-mention work -> ledger"];
    rows(&[
        ("by its variable", tree("DEFAULT_URI", "default_uri: '%env(DEFAULT_URI)%'"), asked),
        (
            "what it is else",
            symfony(
                CONSUME,
                &format!(
                    "-- app/config/services.yaml\nparameters:\n    env(DEFAULT_URI): 'http://s-ledger'\n{}",
                    php("Books", "class Books", "")
                ),
            ),
            &["shop -> ledger candidate", "work -> ledger candidate", "unexplained-mention shop,work -> ledger"],
        ),
        (
            "a parameter of the router's",
            symfony(
                CONSUME,
                &format!(
                    "-- app/config/services.yaml\nparameters:\n    router.default_uri: 'http://s-ledger'\n{}",
                    php("Books", "class Books", "")
                ),
            ),
            &["shop -> ledger candidate", "work -> ledger candidate", "unexplained-mention shop,work -> ledger"],
        ),
        ("another variable", tree("LEDGER_URI", "ledger: '%env(LEDGER_URI)%'"), &["work -> ledger joined"]),
    ]);
}
