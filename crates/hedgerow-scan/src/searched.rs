//! Where Python looks for modules besides the directory of a program and those above it: `PYTHONPATH`, which images and compose files set.

use crate::inventory::Home;
use crate::paths::{above, below, dir_of};
use crate::tree::Tree;
use hedgerow_code::frontend::Language;
use hedgerow_deploy::path::join;
use hedgerow_deploy::{Deploy, Given};
use std::collections::{BTreeMap, BTreeSet};

/// The directories in which modules are looked for, by the directory below which the code lies that asks for them.
pub(crate) type Searched = BTreeMap<String, Vec<String>>;

/// Finds where the services' programs look for modules.
pub(crate) fn searched(tree: &Tree, homes: &[Home], deploy: &Deploy) -> Searched {
    let python = tree.code.iter().filter(|file| file.language == Language::Python);
    let with_code: BTreeSet<&str> = python.flat_map(|file| above(dir_of(&file.path))).collect();
    let mut found = Searched::new();
    for home in homes {
        let Some(given) = deploy.of(&home.name) else { continue };
        let mut all: Vec<String> = Vec::new();
        for path in given.module_paths() {
            let places = match path.starts_with('/') {
                true => in_tree(given, &path),
                false => home.directories.iter().map(|(directory, _)| join(directory, &path)).collect(),
            };
            let place = places.into_iter().find(|place| with_code.contains(place.as_str()));
            all.extend(place.filter(|place| !all.contains(place)));
        }
        // What lies there looks in the others, too.
        let own = home.directories.iter().map(|(directory, _)| directory).chain(&all);
        for directory in own.cloned().collect::<Vec<_>>() {
            let known = found.entry(directory).or_default();
            known.extend(all.iter().filter(|place| !known.contains(place)).cloned().collect::<Vec<_>>());
        }
    }
    found.retain(|_, all| !all.is_empty());
    found
}

/// Where in the tree a directory of a service's containers may be: by what lies nearest above it there, and nearest to the service in the
/// tree.
fn in_tree(given: &Given, path: &str) -> Vec<String> {
    let path = &join("", path);
    let mut places: Vec<_> = given
        .places
        .iter()
        .filter_map(|(source, target)| {
            let target = &join("", target);
            let rest = if path == target { Some("") } else { below(path, target) };
            let place = match (rest, below(target, path)) {
                (Some(rest), _) => join(source, rest),
                // A package that is put there under its own name.
                (None, Some(rest)) => source.strip_suffix(rest)?.strip_suffix('/')?.to_owned(),
                (None, None) => return None,
            };
            Some((target.len(), source.len(), place))
        })
        .collect();
    places.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then_with(|| a.2.cmp(&b.2)));
    places.into_iter().map(|(.., place)| place).collect()
}

/// Whether a module is one that Python has itself.
pub(crate) fn is_standard(name: &str) -> bool {
    STANDARD.contains(&name)
}

/// The modules of Python's library.
///
/// See <https://docs.python.org/3/library/sys.html#sys.stdlib_module_names>.
const STANDARD: &[&str] = &[
    "abc",
    "aifc",
    "antigravity",
    "argparse",
    "array",
    "ast",
    "asynchat",
    "asyncio",
    "asyncore",
    "atexit",
    "audioop",
    "base64",
    "bdb",
    "binascii",
    "bisect",
    "builtins",
    "bz2",
    "cProfile",
    "calendar",
    "cgi",
    "cgitb",
    "chunk",
    "cmath",
    "cmd",
    "code",
    "codecs",
    "codeop",
    "collections",
    "colorsys",
    "compileall",
    "concurrent",
    "configparser",
    "contextlib",
    "contextvars",
    "copy",
    "copyreg",
    "crypt",
    "csv",
    "ctypes",
    "curses",
    "dataclasses",
    "datetime",
    "dbm",
    "decimal",
    "difflib",
    "dis",
    "distutils",
    "doctest",
    "email",
    "encodings",
    "ensurepip",
    "enum",
    "errno",
    "faulthandler",
    "fcntl",
    "filecmp",
    "fileinput",
    "fnmatch",
    "fractions",
    "ftplib",
    "functools",
    "genericpath",
    "getopt",
    "getpass",
    "gettext",
    "glob",
    "graphlib",
    "grp",
    "gzip",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "http",
    "idlelib",
    "imaplib",
    "imghdr",
    "imp",
    "importlib",
    "inspect",
    "ipaddress",
    "itertools",
    "json",
    "keyword",
    "lib2to3",
    "linecache",
    "locale",
    "logging",
    "lzma",
    "mailbox",
    "mailcap",
    "marshal",
    "math",
    "mimetypes",
    "mmap",
    "modulefinder",
    "msilib",
    "msvcrt",
    "multiprocessing",
    "netrc",
    "nis",
    "nntplib",
    "ntpath",
    "nturl2path",
    "numbers",
    "opcode",
    "operator",
    "optparse",
    "ossaudiodev",
    "pathlib",
    "pdb",
    "pickle",
    "pickletools",
    "pipes",
    "pkgutil",
    "platform",
    "plistlib",
    "poplib",
    "posix",
    "posixpath",
    "pprint",
    "profile",
    "pstats",
    "pty",
    "pwd",
    "py_compile",
    "pyclbr",
    "pydoc",
    "pydoc_data",
    "pyexpat",
    "queue",
    "quopri",
    "random",
    "readline",
    "reprlib",
    "resource",
    "rlcompleter",
    "runpy",
    "sched",
    "secrets",
    "select",
    "selectors",
    "shelve",
    "shlex",
    "shutil",
    "signal",
    "site",
    "smtpd",
    "smtplib",
    "sndhdr",
    "socket",
    "socketserver",
    "spwd",
    "sqlite3",
    "sre_compile",
    "sre_constants",
    "sre_parse",
    "ssl",
    "stat",
    "statistics",
    "string",
    "stringprep",
    "struct",
    "subprocess",
    "sunau",
    "symtable",
    "sys",
    "sysconfig",
    "syslog",
    "tabnanny",
    "tarfile",
    "telnetlib",
    "tempfile",
    "termios",
    "textwrap",
    "this",
    "threading",
    "time",
    "timeit",
    "tkinter",
    "token",
    "tokenize",
    "tomllib",
    "trace",
    "traceback",
    "tracemalloc",
    "tty",
    "turtle",
    "turtledemo",
    "types",
    "typing",
    "unicodedata",
    "unittest",
    "urllib",
    "uuid",
    "venv",
    "warnings",
    "wave",
    "weakref",
    "webbrowser",
    "winreg",
    "winsound",
    "wsgiref",
    "xdrlib",
    "xml",
    "xmlrpc",
    "zipapp",
    "zipfile",
    "zipimport",
    "zlib",
    "zoneinfo",
];
