//! Django's settings, which code takes in as `from django.conf import settings`.

use crate::here::rows;

const JOINED: &[&str] = &["shop -> ledger joined"];
const PROVEN: &[&str] = &["shop -> ledger proven"];

const ENVIRONMENT: &str = "import os\nLEDGER_URL = os.environ.get('LEDGER_URL', 'http://localhost:8001')";

/// A project of Django's with what it is told to load, its settings, and what the deploy says.
fn project(starters: &str, settings: &str, deploy: &str) -> String {
    format!(
        "-- service.ledger/x.txt\n-- service.shop/core/__init__.py\n-- service.shop/core/views.py\nimport requests\n\
         from django.conf import settings\nfrom rest_framework.decorators import api_view\n@api_view(['GET'])\ndef books(request):\n    \
         return requests.get(f'{{settings.LEDGER_URL}}/1/')\n{starters}{settings}\n-- docker-compose.yml\nservices:\n  \
         service.ledger: {{image: x}}\n  service.shop: {{image: x{deploy}}}\n"
    )
}

#[test]
fn settings_are_those_of_the_module_that_is_told() {
    let manage = "-- service.shop/manage.py\nimport os\nif __name__ == '__main__':\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'proj.settings')\n\
                  -- service.shop/proj/__init__.py\n";
    let wsgi = |module: &str| {
        format!(
            "-- service.shop/proj/wsgi.py\nimport os\nos.environ[\"DJANGO_SETTINGS_MODULE\"] = \"{module}\"\n-- service.shop/proj/__init__.py\n\
             -- service.shop/proj/settings/__init__.py\n"
        )
    };
    let own = |text: &str| format!("-- service.shop/proj/settings.py\n{text}");
    let set = ", environment: {LEDGER_URL: 'http://service.ledger:8001'}";
    let here = "LEDGER_URL = 'http://service.ledger:80'";
    let base = "-- service.shop/proj/settings/base.py\nLEDGER_URL = 'http://service.ledger'\n";
    rows(&[
        ("set by the deploy", project(manage, &own(ENVIRONMENT), set), JOINED),
        ("a constant", project(manage, &own(here), ""), PROVEN),
        (
            "a class reads the environment",
            project(manage, &own("from decouple import config\nLEDGER_URL = config('LEDGER_URL')"), set),
            JOINED,
        ),
        (
            "by the server",
            project(
                &wsgi("proj.settings.production"),
                &format!("-- service.shop/proj/settings/production.py\n{here}"),
                "",
            ),
            PROVEN,
        ),
        (
            "one on top of the other",
            project(
                &wsgi("proj.settings.production"),
                &format!("{base}-- service.shop/proj/settings/production.py\nfrom .base import *\n"),
                "",
            ),
            PROVEN,
        ),
        (
            "the deploy says which",
            project(
                &wsgi("proj.settings.local"),
                &format!("{base}-- service.shop/proj/settings/local.py\nLEDGER_URL = 'http://ledger.example.com'\n"),
                ", environment: {DJANGO_SETTINGS_MODULE: proj.settings.base}",
            ),
            PROVEN,
        ),
        (
            "the server's says more than the one for people",
            project(
                &format!("{}{}", manage.replace("proj.settings", "proj.local"), wsgi("proj.settings.production")),
                &format!(
                    "-- service.shop/proj/settings/production.py\n{here}\n-- service.shop/proj/local.py\nLEDGER_URL = 'http://ledger.example.com'\n"
                ),
                "",
            ),
            PROVEN,
        ),
        (
            "the only one",
            project(
                "-- service.shop/proj/__init__.py\n-- service.shop/proj/urls.py\nurlpatterns = []\n",
                &own(here),
                "",
            ),
            PROVEN,
        ),
        // Which one is meant is not known, or it says nothing.
        (
            "no project",
            project("", "-- service.shop/conf/settings.py\nx = 1\n", ""),
            &["unresolved-call shop ->", "unknown-client shop ->"],
        ),
        (
            "not said there",
            project(manage, &own("OTHER_URL = 'http://service.ledger:80'"), ""),
            &["shop -> ledger candidate", "unknown-client shop ->", "unexplained-mention shop -> ledger"],
        ),
    ]);
}

#[test]
fn services_of_one_project_with_different_settings_take_none_of_them() {
    let deploy = |shop: &str, jobs: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{services: [{{path: app, name: service.shop}}, {{path: app, name: service.jobs}}]}}\n-- service.shop/x.txt\n\
             -- service.jobs/x.txt\n-- service.ledger/x.txt\n-- service.books/x.txt\n-- app/manage.py\nimport os\n\
             os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'proj.web')\nimport proj.views\n-- app/proj/__init__.py\n-- app/proj/views.py\nimport requests\n\
             from django.conf import settings\ndef go():\n    requests.get(settings.URL)\ngo()\n-- app/proj/web.py\nURL = 'http://service.ledger:80'\n\
             -- app/proj/worker.py\nURL = 'http://service.books:80'\n-- docker-compose.yml\nservices:\n  service.shop: {{build: ./app{shop}}}\n  \
             service.jobs: {{build: ./app{jobs}}}\n  service.ledger: {{image: x}}\n  service.books: {{image: x}}\n"
        )
    };
    let set = |module: &str| format!(", environment: {{DJANGO_SETTINGS_MODULE: {module}}}");
    let both = deploy(&set("proj.web"), &set("proj.worker"));
    let found = crate::here::told(&both);
    assert!(!found.iter().any(|line| line.contains("proven")), "{found:?}");
    assert!(found.contains(&"unresolved-call jobs,shop ->".to_owned()), "{found:?}");
    for (tree, callee) in [
        (deploy(&set("proj.worker"), &set("proj.worker")), "books"),
        (deploy(&set("proj.web"), &set("proj.web")), "ledger"),
        (deploy("", ""), "ledger"),
        // One that says nothing has what the other one says: who runs the same code.
        (deploy(&set("proj.worker"), ""), "books"),
    ] {
        let found = crate::here::told(&tree);
        for caller in ["jobs", "shop"] {
            assert!(found.contains(&format!("{caller} -> {callee} proven")), "{found:?}");
        }
    }
}
