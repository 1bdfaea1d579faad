//! Which programs of an application a container runs, where its command says that: a worker that takes tasks from a queue, what puts them
//! there at their times, a command of the application's console. Several services may run one application, each a part of it.

use super::script;
use super::starts::{STEPS as PLAIN_STEPS, UNKNOWN, is_python, last};
use std::collections::BTreeSet;

/// A program of an application.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Runs {
    /// One that takes tasks from a queue and runs them: `celery -A shop worker`.
    Worker,
    /// One that puts tasks into a queue and runs none: `celery -A shop beat`.
    Scheduler,
    /// A command of the application's console: `python manage.py load_books`, `php bin/console books:load`.
    Command(String),
    /// A worker that takes what is sent to a transport of Symfony's: `php bin/console messenger:consume mails`.
    Transport(String),
    /// What runs commands and tasks at their times by itself: `php artisan schedule:work`.
    Timetable,
}

/// How deep commands may be written in commands.
const MAX_DEPTH: usize = 4;

/// What runs the program behind it, and nothing else.
const WRAPPERS: &[&str] =
    &["exec", "tini", "dumb-init", "env", "poetry", "pipenv", "uv", "run", "nohup", "nice", "gosu", "su-exec", "--"];

/// Commands that load no code of the application which serves anybody.
const STEPS: &[&str] = &[
    "[",
    "[[",
    ":",
    ".",
    "alembic",
    "cat",
    "cd",
    "chmod",
    "chown",
    "composer",
    "cp",
    "date",
    "declare",
    "false",
    "hostname",
    "id",
    "kill",
    "ln",
    "ls",
    "mv",
    "nc",
    "pg_isready",
    "pip",
    "printf",
    "psql",
    "pwd",
    "redis-cli",
    "rm",
    "set",
    "source",
    "test",
    "touch",
    "trap",
    "true",
    "ulimit",
    "umask",
    "wait",
];

/// Commands of Django's that serve the application.
const SERVING: &[&str] =
    &["runserver", "runserver_plus", "daphne", "runworker", "shell", "shell_plus", "runscript", "test"];

/// Commands by which libraries run tasks, and by which they plan them.
const WORKERS: &[&str] =
    &["db_worker", "process_tasks", "qcluster", "rqworker", "rqworker_pool", "run_huey", "rundramatiq"];
const SCHEDULERS: &[&str] = &["rqcron", "rqscheduler"];

/// The programs that a command line runs, those of a script of the shell that it names among them. Nothing where it is not understood in
/// full or runs anything else: a server, a program of its own. `text` gives what a file in the container holds, `known` what a variable does.
#[must_use]
pub fn runs(
    words: &[String],
    text: &dyn Fn(&str) -> Option<String>,
    known: &dyn Fn(&str) -> Option<String>,
) -> Option<BTreeSet<Runs>> {
    let mut found = BTreeSet::new();
    let mut reader = Reader { text, known, found: &mut found };
    reader.line(words, 0)?;
    Some(found)
}

struct Reader<'r> {
    text: &'r dyn Fn(&str) -> Option<String>,
    known: &'r dyn Fn(&str) -> Option<String>,
    found: &'r mut BTreeSet<Runs>,
}

impl Reader<'_> {
    fn line(&mut self, words: &[String], depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        let is_shell = |word: &str| matches!(last(word), "sh" | "bash" | "ash" | "dash");
        let (script, arguments) = match words {
            [shell, flag, script, rest @ ..] if is_shell(shell) && flag.starts_with('-') && flag.ends_with('c') => {
                // The first word behind it is what the script is called.
                (script.clone(), rest.get(1..).unwrap_or_default())
            }
            [line] if line.contains(' ') => (line.clone(), &[][..]),
            [shell, path, rest @ ..] if is_shell(shell) && !path.starts_with('-') => ((self.text)(path)?, rest),
            [path, rest @ ..] if path.ends_with(".sh") || last(path).contains("entrypoint") => {
                match is_step(last(path)) {
                    true => return self.waited(rest, depth),
                    false => ((self.text)(path)?, rest),
                }
            }
            _ => return self.program(words, depth),
        };
        for command in script::commands(&script, arguments, self.known)? {
            self.line(&command, depth + 1)?;
        }
        Some(())
    }

    /// What runs behind a program that waits: `wait-for-it.sh db:5432 -- celery -A shop worker`.
    fn waited(&mut self, words: &[String], depth: usize) -> Option<()> {
        match words.iter().position(|word| word == "--") {
            Some(at) => self.line(&words[at + 1..], depth + 1),
            None => Some(()),
        }
    }

    fn program(&mut self, words: &[String], depth: usize) -> Option<()> {
        let is_set =
            |word: &str| word.split_once('=').is_some_and(|(name, _)| !name.starts_with('-') && !name.contains('/'));
        let own: Vec<&str> =
            words.iter().map(String::as_str).skip_while(|w| WRAPPERS.contains(&last(w)) || is_set(w)).collect();
        let Some((first, rest)) = own.split_first() else { return (!words.is_empty()).then_some(()) };
        let name = last(first).trim();
        let has = |wanted: &str| rest.contains(&wanted);
        let behind = |rest: &[&str]| rest.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
        match name {
            _ if is_step(name) => return self.waited(&behind(rest), depth),
            // `watchmedo auto-restart -d . -- celery -A shop worker`, `watchfiles "celery -A shop worker"`
            "watchmedo" | "watchfiles" => {
                let at = rest.iter().position(|word| *word == "--").map(|at| at + 1);
                let at = at.or_else(|| rest.iter().position(|word| last(word) == "celery" || word.contains(' ')))?;
                return self.line(&behind(&rest[at..]), depth + 1);
            }
            "celery" if has("worker") || has("multi") => self.found.insert(Runs::Worker),
            "celery" if has("beat") || has("flower") => self.found.insert(Runs::Scheduler),
            "rq" if has("worker") || has("worker-pool") => self.found.insert(Runs::Worker),
            "taskiq" | "procrastinate" if has("worker") => self.found.insert(Runs::Worker),
            "taskiq" if has("scheduler") => self.found.insert(Runs::Scheduler),
            "rqworker" | "dramatiq" | "dramatiq-gevent" | "huey_consumer" | "huey_consumer.py" | "arq" => {
                self.found.insert(Runs::Worker)
            }
            "rqscheduler" => self.found.insert(Runs::Scheduler),
            "console" | "artisan" => return self.console(name, rest),
            "php" => {
                let at = rest.iter().position(|word| !word.starts_with('-'))?;
                return matches!(last(rest[at]), "console" | "artisan")
                    .then(|| self.console(last(rest[at]), &rest[at + 1..]))?;
            }
            "flask" if rest.first() == Some(&"db") => return Some(()),
            "manage.py" => return self.managed(rest),
            "django-admin" => return self.managed(rest),
            _ if is_python(name) => {
                let at = rest.iter().position(|word| !word.starts_with('-') || *word == "-m" || *word == "-c")?;
                return match rest[at] {
                    "-c" => None,
                    "-m" => self.program(&behind(&rest[at + 1..]), depth + 1),
                    file if last(file) == "manage.py" => self.managed(&rest[at + 1..]),
                    file if is_step(last(file)) || last(file).starts_with("huey_consumer") => {
                        self.program(&behind(&rest[at..]), depth + 1)
                    }
                    _ => None,
                };
            }
            _ => return None,
        };
        Some(())
    }

    /// What `bin/console` and `artisan` run.
    fn console(&mut self, console: &str, rest: &[&str]) -> Option<()> {
        let mut words = rest.iter().filter(|word| !word.starts_with('-'));
        let name = *words.next()?;
        self.found.insert(match (console, name) {
            _ if name.contains(UNKNOWN) => return None,
            ("console", "messenger:consume" | "messenger:consume-messages") => {
                let transports: Vec<&str> = words.copied().collect();
                if transports.is_empty() || transports.iter().any(|name| name.contains(UNKNOWN)) {
                    Runs::Worker
                } else {
                    self.found.extend(transports.into_iter().map(|name| Runs::Transport(name.to_owned())));
                    return Some(());
                }
            }
            ("console", "server:run" | "server:start" | "swoole:server:run") => return None,
            ("artisan", "queue:work" | "queue:listen" | "horizon" | "horizon:work") => Runs::Worker,
            ("artisan", "schedule:work" | "schedule:run") => Runs::Timetable,
            ("artisan", "serve" | "octane:start" | "octane:frankenphp" | "octane:swoole" | "tinker") => return None,
            _ => Runs::Command(name.to_owned()),
        });
        Some(())
    }

    /// What `manage.py` runs.
    fn managed(&mut self, rest: &[&str]) -> Option<()> {
        let name = *rest.iter().find(|word| !word.starts_with('-'))?;
        self.found.insert(match name {
            _ if name.contains(UNKNOWN) || SERVING.contains(&name) => return None,
            // As old versions have it.
            "celery" if rest.contains(&"worker") => Runs::Worker,
            "celery" if rest.contains(&"beat") => Runs::Scheduler,
            _ if WORKERS.contains(&name) => Runs::Worker,
            _ if SCHEDULERS.contains(&name) => Runs::Scheduler,
            _ => Runs::Command(name.to_owned()),
        });
        Some(())
    }
}

/// Whether a command does something before the program that a container is there for.
fn is_step(name: &str) -> bool {
    let waits = ["wait-for", "wait_for", "waitfor"].iter().any(|start| name.starts_with(start));
    waits || name == "dockerize" || STEPS.contains(&name) || PLAIN_STEPS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::{Runs, runs};

    fn shown(line: &str) -> Option<String> {
        let text = |path: &str| {
            let text = match path {
                "/entrypoint.sh" => "#!/bin/sh\npython manage.py migrate\nexec \"$@\"\n",
                "start.sh" => {
                    "case $1 in\n worker) exec uv run python -m celery -A shop worker -l info;;\n beat) celery -A shop beat;;\n *) gunicorn shop.wsgi;;\nesac"
                }
                "/env.sh" => "if [ \"$ROLE\" = worker ]; then\n rq worker high\nelse\n gunicorn shop\nfi",
                _ => return None,
            };
            Some(text.to_owned())
        };
        let known = |name: &str| (name == "ROLE").then(|| "worker".to_owned());
        let words: Vec<String> = line.split('|').map(str::to_owned).collect();
        let found = runs(&words, &text, &known)?;
        let names = found.into_iter().map(|runs| match runs {
            Runs::Worker => "worker".to_owned(),
            Runs::Scheduler => "scheduler".to_owned(),
            Runs::Command(name) => name,
            Runs::Transport(name) => format!("<{name}>"),
            Runs::Timetable => "timetable".to_owned(),
        });
        Some(names.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn programs_of_an_application_are_told_by_their_commands() {
        for (line, expected) in [
            ("celery|-A|shop|worker|-l|info", Some("worker")),
            ("celery|--pidfile=|--app|shop.app:app|beat|-S|django", Some("scheduler")),
            ("celery -A shop worker -B", Some("worker")),
            ("celery|-A|shop|flower", Some("scheduler")),
            ("python|-m|celery|-A|shop|worker", Some("worker")),
            ("sh|-c|sleep 5 && poetry run celery -A shop worker", Some("worker")),
            ("sh|-c|celery -A shop worker & celery -A shop beat & wait", Some("worker scheduler")),
            ("watchmedo|auto-restart|-d|.|--|celery|-A|shop|worker", Some("worker")),
            ("wait-for-it.sh|db:5432|-t|9|--|celery|-A|shop|worker", Some("worker")),
            ("sh|-c|./wait-for-it.sh db:5432 -- celery -A shop worker", Some("worker")),
            ("rq|worker|--url|redis://x", Some("worker")),
            ("python|manage.py|rqworker|high", Some("worker")),
            ("dramatiq|shop.tasks", Some("worker")),
            ("huey_consumer|shop.huey", Some("worker")),
            ("python|/x/bin/huey_consumer.py|shop.huey", Some("worker")),
            ("arq|shop.Settings", Some("worker")),
            ("rqscheduler|-H|x", Some("scheduler")),
            ("python|manage.py|load_books|--all", Some("load_books")),
            ("./manage.py|load_books", Some("load_books")),
            ("php|bin/console|messenger:consume|mails|high|--limit=5", Some("<high> <mails>")),
            ("php|-d|memory_limit=1G|bin/console|messenger:consume", None),
            ("bin/console|messenger:consume|--all", Some("worker")),
            ("php|bin/console|books:load", Some("books:load")),
            (
                "sh|-c|if [ ! -f vendor/autoload.php ]; then \\ echo x; composer install; fi; php bin/console messenger:consume a",
                Some("<a>"),
            ),
            ("php|artisan|queue:work|--tries=3", Some("worker")),
            ("php|/app/artisan|schedule:work", Some("timetable")),
            ("php|artisan|migrate|--force", Some("migrate")),
            ("php|artisan|serve", None),
            ("php|index.php", None),
            ("/entrypoint.sh|celery|-A|shop|worker", Some("worker migrate")),
            ("/entrypoint.sh|gunicorn|shop.wsgi", None),
            ("sh|start.sh|worker", Some("worker")),
            ("bash|start.sh|beat", Some("scheduler")),
            ("sh|start.sh|web", None),
            ("sh|start.sh|$", None),
            ("/env.sh", Some("worker")),
            // What else runs, and what nobody knows.
            ("gunicorn|shop.wsgi", None),
            ("python|manage.py|runserver", None),
            ("sh|-c|celery -A shop worker & gunicorn shop.wsgi", None),
            ("python|main.py", None),
            ("python|-c|import x", None),
            ("celery|-A|shop|inspect|ping", None),
            ("/other.sh|worker", None),
            ("supervisord|-c|x", None),
            ("", None),
        ] {
            assert_eq!(shown(line).as_deref(), expected, "{line}");
        }
    }
}
