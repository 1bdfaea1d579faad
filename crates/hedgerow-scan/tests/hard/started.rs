//! Where the deploy names the file that a program begins with, other files that nothing loads begin none.

use crate::silent::asks;

const CALLS: &str = "import requests\nrequests.get('http://s-ledger/x')\n";

/// A service of Python whose file `full.py` calls and is loaded by nobody; `files` are its others, `lines` those of its compose file.
fn python(lines: &str, files: &str) -> String {
    format!(
        "-- docker-compose.yml\nservices:\n  service.till:\n    build: ./service.till\n{lines}-- service.till/full.py\n{CALLS}\
         -- service.till/simple.py\nprint('nobody')\n{files}-- service.ledger/x.txt\n"
    )
}

/// The same of JavaScript: `src/full.js`.
fn node(command: &str, package: &str, files: &str) -> String {
    format!(
        "-- docker-compose.yml\nservices:\n  service.till:\n    build: ./service.till\n-- service.till/Dockerfile\nFROM node\nCMD {command}\n\
         -- service.till/package.json\n{package}\n-- service.till/src/jobs/full.js\nfetch('http://s-ledger/x');\n\
         -- service.till/src/index.js\nconsole.log('nobody');\n{files}-- service.ledger/x.txt\n"
    )
}

const IMAGE: &str = "-- service.till/Dockerfile\nFROM python\nCOPY . .\nCMD [\"python\", \"simple.py\"]\n";

#[test]
fn a_file_that_nothing_starts_begins_no_program() {
    let idle = ["unexplained: till ? ledger"];
    let idle = [idle[0].trim_start_matches("unexplained: ")];
    let start = "{\"scripts\": {\"start\": \"node src/index.js\"}}";
    for (what, tree) in [
        ("an image's command", python("", IMAGE)),
        ("a line of a shell", python("", "-- service.till/Dockerfile\nFROM python\nCMD python -u simple.py\n")),
        (
            "compose's command",
            python(
                "    command: python simple.py\n",
                "-- service.till/Dockerfile\nFROM python\nCMD [\"python\", \"full.py\"]\n",
            ),
        ),
        (
            "an entry point",
            python("    command: [simple.py]\n", "-- service.till/Dockerfile\nFROM python\nENTRYPOINT [\"python\"]\n"),
        ),
        ("a module", python("    command: python -m simple\n", IMAGE)),
        ("a server", python("    command: uvicorn simple:app --port 80\n", IMAGE)),
        ("celery's attribute", python("    command: celery -A simple.queue worker\n", IMAGE)),
        (
            "an attribute called like a file",
            python("", &format!("{IMAGE}-- service.till/other.py\nx = 'simple:full'\n")),
        ),
        ("a start script", node("[\"npm\", \"start\"]", start, "")),
        (
            "a start script behind a variable",
            node("[\"npm\", \"run\", \"prod\"]", "{\"scripts\": {\"prod\": \"NODE_ENV=x node src/index.js\"}}", ""),
        ),
        ("what a build writes", node("[\"node\", \"dist/index.js\"]", "{}", "")),
        (
            "a route that is called like a directory",
            node("[\"node\", \"src/index.js\"]", "{}", "-- service.till/src/routes.js\nconst r = '/jobs';\n"),
        ),
    ] {
        assert_eq!(asks(&tree), idle, "{what}");
    }
}

#[test]
fn what_may_be_loaded_or_started_begins_as_before() {
    let found = ["till -> ledger proven"];
    let start = "{\"scripts\": {\"start\": \"node src/index.js\"}}";
    for (what, tree) in [
        ("no command", python("", "-- service.till/Dockerfile\nFROM python\n")),
        ("no deploy", python("", IMAGE).replace("-- docker-compose.yml", "-- notes.txt")),
        ("it is the one", python("    command: python full.py\n", IMAGE)),
        ("it is loaded", python("", &format!("{IMAGE}-- service.till/simple.py\nimport full\n"))),
        ("a script that starts several", python("    entrypoint: ./run.sh\n", IMAGE)),
        ("a command of several", python("    command: sh -c 'python simple.py & python full.py'\n", IMAGE)),
        ("a variable", python("    command: python $FILE.py\n", IMAGE)),
        ("a supervisor's list", python("", &format!("{IMAGE}-- service.till/Procfile\nworker: python full.py\n"))),
        ("code that names it", python("", &format!("{IMAGE}-- service.till/simple.py\nimport subprocess\nsubprocess.Popen(['python', 'full.py'])\n"))),
        ("a list of modules", python("", &format!("{IMAGE}-- service.till/simple.py\nfrom celery import Celery\nq = Celery(include=['till.full'])\n"))),
        ("a variable of the deploy", python("    environment: {APP_MODULE: full}\n", IMAGE)),
        ("what loads by name", python("", &format!("{IMAGE}-- service.till/simple.py\nimport importlib, sys\nimportlib.import_module(sys.argv[1])\n"))),
        ("a framework's", python("", &format!("{IMAGE}-- service.till/simple.py\nimport django\ndjango.setup()\n"))),
        ("another container of the service", python("    command: python simple.py\n", IMAGE).replace("-- service.ledger", "-- k8s/job.yaml\napiVersion: batch/v1\nkind: Job\nmetadata: {name: s-till}\nspec: {template: {spec: {containers: [{name: j, image: x, command: [python, full.py]}]}}}\n-- service.ledger")),
        ("a directory that is loaded", node("[\"npm\", \"start\"]", start, "-- service.till/src/index.js\nload('./jobs');\n")),
        ("a pattern", node("[\"npm\", \"start\"]", start, "-- service.till/src/index.js\nload({paths: ['src/jobs/*.js']});\n")),
        ("beside the file", node("[\"npm\", \"start\"]", start, "-- service.till/src/index.js\nload(path.join(__dirname, 'jobs'));\n")),
        ("what is required by a variable", node("[\"npm\", \"start\"]", start, "-- service.till/src/index.js\nfor (const x of all) require(x);\n")),
        ("a script that nobody knows", node("[\"npm\", \"run\", \"serve\"]", start, "")),
        ("a worker", node("[\"npm\", \"start\"]", start, "-- service.till/src/index.js\nnew Worker('./jobs/full.js');\n")),
        ("another script", node("[\"npm\", \"start\"]", "{\"scripts\": {\"start\": \"node src/index.js\", \"jobs\": \"node src/jobs/full.js\"}}", "")),
    ] {
        assert_eq!(asks(&tree), found, "{what}");
    }
}

#[test]
fn each_workload_of_one_image_has_its_own_program() {
    let tree = format!(
        "-- hedgerow.yaml\nscan: {{candidate: ask, services: [{{path: shop, name: service.a}}, {{path: shop, name: service.b}}]}}\n\
         -- docker-compose.yml\nservices:\n  service.a: {{build: ./shop}}\n  service.b: {{build: ./shop, command: celery -A app.tasks.queue worker}}\n\
         -- shop/Dockerfile\nFROM python\nCMD [\"uvicorn\", \"app.main:app\"]\n-- shop/app/__init__.py\n-- shop/app/events.py\n{CALLS}\
         -- shop/app/main.py\nfrom . import events\n-- shop/app/tasks.py\n{}-- service.a/x.txt\n-- service.b/x.txt\n-- service.ledger/x.txt\n-- service.cart/x.txt\n",
        CALLS.replace("ledger", "cart")
    );
    let found = asks(&tree);
    let edges: Vec<&String> = found.iter().filter(|line| line.contains("->")).collect();
    assert_eq!(edges, ["a -> ledger proven", "b -> cart proven"], "{found:?}");
}
