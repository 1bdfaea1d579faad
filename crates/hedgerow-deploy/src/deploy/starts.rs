//! Which files of the tree the programs of a service's containers begin with, where the deploy names them: `python simple.py`,
//! `uvicorn shop.main:app`, `celery -A shop.tasks.queue worker`, `npm start`.

use super::image;
use crate::partial::Partial;

/// What stands for a word that is not known.
const UNKNOWN: &str = "$";

/// What a container of a service says of its program. What it does not say, its image does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Starts {
    /// The words in place of the image's entry point.
    pub entry: Option<Vec<String>>,
    /// The words in place of the image's command.
    pub arguments: Option<Vec<String>>,
    /// The Dockerfile that its image is built by and the stage, where that is said.
    pub dockerfile: Option<(String, Option<String>)>,
}

/// What a program begins with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Begun {
    /// A file, as it is named in the container.
    File(String),
    /// A module of Python. Its last part may be a name in the module.
    Module(String),
}

impl Starts {
    /// Adds what a list of words, or a line, says; nothing where there is none.
    pub(super) fn words(words: Vec<Partial>) -> Option<Vec<String>> {
        let known = |word: &Partial| word.known().unwrap_or(UNKNOWN).to_owned();
        (!words.is_empty()).then(|| words.iter().map(known).collect())
    }

    /// What the container runs; `text` is its Dockerfile. Nothing where neither says it.
    #[must_use]
    pub fn line(&self, text: Option<&str>) -> Option<Vec<String>> {
        let stage = self.dockerfile.as_ref().and_then(|(_, stage)| stage.as_deref());
        let (entry, command) = text.map(|text| image::parts(text, stage)).unwrap_or_default();
        // A shell takes no arguments, and an entry point of the deploy takes none of the image.
        let is_line = self.entry.is_none() && entry.as_deref().is_some_and(|line| !line.starts_with('['));
        let is_own = self.entry.is_some();
        let first = self.entry.clone().or_else(|| entry.as_deref().map(split));
        if first.is_none() && text.is_none() {
            // What the image itself runs first is not known.
            return None;
        }
        let rest = match &self.arguments {
            _ if is_line => None,
            Some(arguments) => Some(arguments.clone()),
            None if is_own => None,
            None => command.as_deref().map(split),
        };
        let all: Vec<String> = first.into_iter().chain(rest).flatten().collect();
        (!all.is_empty()).then_some(all)
    }
}

/// The words of a line, or of a list in brackets.
fn split(line: &str) -> Vec<String> {
    match line.starts_with('[').then(|| serde_json::from_str::<Vec<String>>(line)) {
        Some(Ok(words)) => words,
        Some(Err(_)) => vec![UNKNOWN.to_owned()],
        None => vec!["sh".to_owned(), "-c".to_owned(), line.to_owned()],
    }
}

/// How deep scripts may name scripts.
const MAX_DEPTH: usize = 4;

/// What runs the program behind it, and nothing else.
const WRAPPERS: &[&str] =
    &["exec", "tini", "dumb-init", "env", "cross-env", "npx", "poetry", "pipenv", "uv", "run", "--"];

/// Steps before a program that load no code of the service's.
const STEPS: &[&str] = &["echo", "sleep", "mkdir", "tsc", "rimraf", "prisma"];

/// Servers that are given a module of Python.
const SERVERS: &[&str] = &["uvicorn", "gunicorn", "hypercorn", "daphne", "granian"];

/// Commands that run a file of JavaScript or TypeScript.
const RUNNERS: &[&str] = &["node", "nodejs", "nodemon", "ts-node", "ts-node-dev", "tsx"];

/// Flags of interpreters with a value behind them.
const VALUED: &[&str] = &["-W", "-X", "-r", "--require", "--import", "--loader", "--watch", "-w", "--ext", "-e"];

/// Flags by which something else runs than a file that is named.
const EVALUATING: &[&str] = &["-c", "--eval", "-p", "--print", "--exec", "-x"];

/// What the programs of a command line begin with. Nothing where it is not understood in full; `script` says what a script of
/// `package.json` runs.
#[must_use]
pub fn begun(words: &[String], script: &dyn Fn(&str) -> Option<String>) -> Option<Vec<Begun>> {
    let mut found = Vec::new();
    line(words, script, 0, &mut found).then_some(found).filter(|found| !found.is_empty())
}

fn line(words: &[String], script: &dyn Fn(&str) -> Option<String>, depth: usize, found: &mut Vec<Begun>) -> bool {
    // A text of the shell, or one word that is a whole line, as compose has it.
    let is_shell = |word: &str| matches!(last(word), "sh" | "bash" | "ash" | "dash");
    let text = match words {
        [shell, flag, text] if is_shell(shell) && flag.starts_with('-') && flag.ends_with('c') => Some(text),
        [text] if text.contains(' ') => Some(text),
        _ => None,
    };
    if depth > MAX_DEPTH {
        return false;
    }
    let Some(text) = text else { return program(words, script, depth, found) };
    if text.contains([';', '|', '\n', '`', '<', '>']) || text.replace("&&", "").contains('&') {
        return false;
    }
    text.split("&&").all(|part| {
        let words: Vec<String> = part.split_whitespace().map(|w| w.trim_matches(['"', '\'']).to_owned()).collect();
        program(&words, script, depth, found)
    })
}

/// What one program begins with.
fn program(words: &[String], script: &dyn Fn(&str) -> Option<String>, depth: usize, found: &mut Vec<Begun>) -> bool {
    let is_set =
        |word: &str| word.split_once('=').is_some_and(|(name, _)| !name.starts_with('-') && !name.contains('/'));
    let wraps = |word: &str| WRAPPERS.contains(&last(word)) || is_set(word);
    let own: Vec<&str> = words.iter().map(String::as_str).skip_while(|word| wraps(word)).collect();
    let Some((first, rest)) = own.split_first() else { return false };
    let name = last(first);
    let behind = |flags: &[&str]| rest.iter().position(|word| flags.contains(word)).and_then(|at| rest.get(at + 1));
    // Files that are named besides, such as what `-r` loads or a server's settings.
    let is_code = |word: &str| [".py", ".js", ".mjs", ".cjs", ".ts"].iter().any(|end| word.ends_with(end));
    let is_known = |word: &str| !word.is_empty() && !word.contains(['$', '{', '*']);
    let module = |word: &str| word.split(['(', ':']).next().unwrap_or_default().to_owned();
    let named = match name {
        _ if STEPS.contains(&name) => return true,
        "npm" | "yarn" | "pnpm" => {
            let behind = rest.iter().filter(|word| **word != "run" && !word.starts_with('-')).copied().next();
            let Some(wanted) = behind.filter(|wanted| is_known(wanted)) else { return false };
            // What runs before and after it does so by its name.
            let around = [format!("pre{wanted}"), wanted.to_owned(), format!("post{wanted}")];
            if script(wanted).is_none() {
                return false;
            }
            return around.iter().filter_map(|name| script(name)).all(|text| {
                // A line without a space is a program, too.
                line(&["sh".to_owned(), "-c".to_owned(), text], script, depth + 1, found)
            });
        }
        "celery" => behind(&["-A", "--app"]).map(|word| Begun::Module(module(word))),
        _ if SERVERS.contains(&name) => {
            // `shop.main:app`, and no `0.0.0.0:8000`.
            let is_module = |word: &&&str| {
                word.split_once(':').is_some_and(|(name, app)| {
                    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
                    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
                        && name.chars().all(is_name)
                        && app.starts_with(|c: char| c.is_alphabetic() || c == '_')
                })
            };
            rest.iter().find(is_module).map(|word| Begun::Module(module(word)))
        }
        _ if is_python(name) => match rest.iter().find(|word| !word.starts_with('-') || **word == "-m") {
            Some(&"-m") => {
                let Some(at) = rest.iter().position(|word| *word == "-m") else { return false };
                let inner: Vec<String> = rest[at + 1..].iter().map(|word| (*word).to_owned()).collect();
                match inner.first().map(String::as_str) {
                    Some(server) if server == "celery" || SERVERS.contains(&server) => {
                        return program(&inner, script, depth, found);
                    }
                    Some(of) => Some(Begun::Module(of.to_owned())),
                    None => None,
                }
            }
            Some(file) if file.ends_with(".py") && last(file) != "manage.py" => Some(Begun::File((*file).to_owned())),
            _ => None,
        },
        _ if RUNNERS.contains(&name) => {
            let mut words = rest.iter();
            let mut first = None;
            while let Some(word) = words.next() {
                if EVALUATING.contains(word) || (*word == "-e" && name != "nodemon") {
                    return false;
                }
                if VALUED.contains(word) {
                    words.next();
                } else if !(word.starts_with('-') || name == "tsx" && *word == "watch") {
                    first = Some(Begun::File((*word).to_owned()));
                    break;
                }
            }
            first
        }
        _ => None,
    };
    let Some(named) = named else { return false };
    let (Begun::File(text) | Begun::Module(text)) = &named;
    if !is_known(text) {
        return false;
    }
    found.extend(rest.iter().filter(|word| is_code(word)).map(|word| Begun::File((*word).to_owned())));
    found.push(named);
    true
}

fn last(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

fn is_python(name: &str) -> bool {
    name.strip_prefix("python").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> Option<String> {
        let scripts = |name: &str| {
            let text = match name {
                "start" => "node src/index.js",
                "worker" => "NODE_ENV=production node -r ./trace.js src/worker.js",
                "prod" => "tsc && npm run start",
                "both" => "node a.js & node b.js",
                "loop" => "npm run loop",
                "prestart2" => "node early.js",
                "start2" => "node late.js",
                _ => return None,
            };
            Some(text.to_owned())
        };
        let words: Vec<String> = line.split('|').map(str::to_owned).collect();
        let found = begun(&words, &scripts)?;
        let names = found.into_iter().map(|begun| match begun {
            Begun::File(path) => path,
            Begun::Module(name) => format!("-m {name}"),
        });
        Some(names.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn what_a_program_begins_with_is_told_where_a_command_is_plain() {
        for (line, expected) in [
            ("python|simple.py", Some("simple.py simple.py")),
            ("/usr/bin/python3.12|-u|/app/simple.py|--all", Some("/app/simple.py /app/simple.py")),
            ("python -u simple.py", Some("simple.py simple.py")),
            ("python|-m|jobs.run", Some("-m jobs.run")),
            ("python|-m|uvicorn|shop.main:app", Some("-m shop.main")),
            ("sh|-c|exec uvicorn shop.main:app --port $PORT", Some("-m shop.main")),
            ("gunicorn|-b|0.0.0.0:8000|-c|conf.py|shop:create_app()", Some("conf.py -m shop")),
            ("celery|-A|shop.tasks.queue|worker", Some("-m shop.tasks.queue")),
            ("tini|--|node|dist/main", Some("dist/main")),
            ("npm|start", Some("src/index.js src/index.js")),
            ("yarn|worker", Some("./trace.js src/worker.js src/worker.js")),
            ("npm|run|prod", Some("src/index.js src/index.js")),
            ("pnpm|start2", Some("early.js early.js late.js late.js")),
            ("npm|run|both", None),
            ("npm|run|loop", None),
            ("npm|run|gone", None),
            ("python|manage.py|runserver", None),
            ("python|-c|import x", None),
            ("node|-e|x.js", None),
            ("python|$FILE.py", None),
            ("sh|-c|python a.py & python b.py", None),
            ("sh|-c|alembic upgrade head && uvicorn shop.main:app", None),
            ("./entrypoint.sh", None),
            ("supervisord|-c|x.conf", None),
            ("next|start", None),
            ("", None),
        ] {
            assert_eq!(shown(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn what_a_container_does_not_say_its_image_does() {
        let list = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        let own = |entry: &[&str], arguments: &[&str]| Starts {
            entry: list(entry).filter(|words| !words.is_empty()),
            arguments: list(arguments).filter(|words| !words.is_empty()),
            dockerfile: None,
        };
        let entry = "FROM x\nENTRYPOINT [\"python\"]\nCMD [\"a.py\"]\n";
        for (starts, text, expected) in [
            (own(&[], &[]), Some(entry), list(&["python", "a.py"])),
            (own(&[], &["b.py"]), Some(entry), list(&["python", "b.py"])),
            (own(&["node"], &[]), Some(entry), list(&["node"])),
            (own(&["node", "a.js"], &[]), None, list(&["node", "a.js"])),
            (own(&[], &["b.py"]), None, None),
            (own(&[], &["b.py"]), Some("FROM x\nENTRYPOINT python a.py\n"), list(&["sh", "-c", "python a.py"])),
            (own(&[], &[]), Some("FROM x\nCMD python a.py\n"), list(&["sh", "-c", "python a.py"])),
            (own(&[], &[]), Some("FROM x\n"), None),
        ] {
            assert_eq!(starts.line(text), expected, "{starts:?} {text:?}");
        }
    }
}
