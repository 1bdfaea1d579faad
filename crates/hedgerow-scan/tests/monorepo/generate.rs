//! A monorepo made from a seed, with its calls known exactly: services, shared libraries of which some functions call,
//! several idioms, dead code, tests, vendored copies, build tags, cron jobs.

use std::collections::BTreeSet;
use std::fmt::Write;

/// A tree of files and the edges it holds.
pub(crate) struct Monorepo {
    /// Paths and texts.
    pub(crate) files: Vec<(String, String)>,
    /// The services' names, which are their directories.
    pub(crate) services: Vec<String>,
    /// Caller and callee of every call.
    pub(crate) edges: BTreeSet<(String, String)>,
}

/// Numbers that look random and are the same for the same seed (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(high).unwrap_or(0) % limit.max(1)
    }
}

/// The name of a service; every twentieth is a cron job.
fn name(at: usize) -> String {
    if at % 20 == 19 { format!("cron.c{at:04}") } else { format!("service.s{at:04}") }
}

/// The short name by which a service answers.
pub(crate) fn slug(name: &str) -> String {
    name.replacen("service.", "s-", 1).replace('.', "-")
}

/// Makes a tree with this many services, libraries and, on average, calls per service. `filler` is how many functions
/// that have nothing to do with calls each service has: real services are mostly those.
pub(crate) fn generate(seed: u64, services: usize, libraries: usize, mean: usize, filler: usize) -> Monorepo {
    let mut random = Random(seed | 1);
    let mut repo = Monorepo { files: Vec::new(), services: (0..services).map(name).collect(), edges: BTreeSet::new() };
    repo.add("go.mod", "module mono\n\ngo 1.25\n");
    let callable: Vec<String> = repo.services.iter().filter(|name| name.starts_with("service.")).cloned().collect();
    for library in 0..libraries {
        let callee = &callable[random.below(callable.len())];
        repo.library(library, callee);
    }
    let library_callees: Vec<String> = (0..libraries).map(|library| repo.library_callee(library)).collect();
    for at in 0..services {
        let caller = repo.services[at].clone();
        let mut callees = BTreeSet::new();
        // A few services call many others.
        let count = if random.below(25) == 0 { mean * 5 } else { 1 + random.below(mean * 5 / 3) };
        while callees.len() < count.min(callable.len() - 1) {
            let callee = &callable[random.below(callable.len())];
            if *callee != caller {
                callees.insert(callee.clone());
            }
        }
        if caller.starts_with("cron.") {
            repo.cron(&caller, &callees);
        } else {
            let library = random.below(libraries);
            let calls_library = random.below(3) == 0;
            repo.service(&caller, &callees, &mut random, library, calls_library, filler);
            if calls_library && library_callees[library] != caller {
                repo.edges.insert((caller.clone(), library_callees[library].clone()));
            }
        }
        repo.edges.extend(callees.into_iter().map(|callee| (caller.clone(), callee)));
    }
    repo
}

impl Monorepo {
    fn add(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.files.push((path.into(), text.into()));
    }

    fn library(&mut self, at: usize, callee: &str) {
        let host = slug(callee);
        self.add(
            format!("libraries/l{at:02}/lib.go"),
            format!(
                "// Package l{at:02} is shared.\npackage l{at:02}\n\nimport \"net/http\"\n\n// Local calls nobody.\nfunc Local() string {{ return \"{callee}\" }}\n\n\
                 // Remote calls.\nfunc Remote() {{\n\thttp.Get(\"http://{host}/shared\")\n}}\n\n// Fetch is a wrapper.\nfunc Fetch(host, path string) {{\n\thttp.Get(\"http://\" + host + path)\n}}\n"
            ),
        );
        self.add(format!("libraries/l{at:02}/callee.txt"), callee.to_owned());
    }

    fn library_callee(&self, at: usize) -> String {
        let path = format!("libraries/l{at:02}/callee.txt");
        self.files.iter().find(|(p, _)| *p == path).map(|(_, text)| text.clone()).unwrap_or_default()
    }

    fn cron(&mut self, caller: &str, callees: &BTreeSet<String>) {
        let mut text = format!("kind: CronJob\nmetadata: {{name: {}}}\nspec:\n  args:\n", slug(caller));
        for callee in callees {
            let _infallible = writeln!(text, "  - \"curl -H 'Host: {callee}' http://{}:80/run\"", slug(callee));
        }
        self.add(format!("{caller}/job.yaml"), text);
    }

    fn service(
        &mut self,
        caller: &str,
        callees: &BTreeSet<String>,
        random: &mut Random,
        library: usize,
        calls_library: bool,
        filler: usize,
    ) {
        let mut main = format!(
            "package main\n\nimport (\n\t\"fmt\"\n\t\"net/http\"\n\t\"os\"\n\n\t\"mono/libraries/l{library:02}\"\n)\n\ntype client struct{{ base string }}\n\nfunc (c *client) get(path string) {{ http.Get(c.base + path) }}\n\ntype handler struct{{}}\n\nfunc main() {{\n\tl{library:02}.Local()\n\thttp.Handle(\"/\", handler{{}})\n"
        );
        let mut body = String::new();
        let mut environment = String::new();
        if calls_library {
            let _infallible = writeln!(main, "\tl{library:02}.Remote()");
        }
        for (at, callee) in callees.iter().enumerate() {
            let host = slug(callee);
            let _infallible = match random.below(7) {
                0 => writeln!(body, "\thttp.Get(\"http://{host}/x\")"),
                1 => writeln!(body, "\thttp.Post(fmt.Sprintf(\"http://%s:%d/x\", \"{host}\", 80), \"\", nil)"),
                2 => writeln!(body, "\t(&client{{base: \"http://{host}\"}}).get(\"/x\")"),
                3 => writeln!(body, "\tl{library:02}.Fetch(\"{host}\", \"/x\")"),
                4 => {
                    let _infallible = writeln!(environment, "          - {{name: TARGET_{at}, value: \"{host}:80\"}}");
                    writeln!(body, "\thttp.Get(\"http://\" + os.Getenv(\"TARGET_{at}\") + \"/x\")")
                }
                5 => writeln!(
                    body,
                    "\tfunc() {{ req, _ := http.NewRequest(\"GET\", \"http://{callee}/x\", nil); _ = req }}()"
                ),
                _ => writeln!(body, "\t// rpcmap: {callee}"),
            };
        }
        let _infallible = write!(
            main,
            "}}\n\nfunc (handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {{\n{body}\t_ = fmt.Sprint(os.Args, w, r)\n}}\n"
        );
        self.add(format!("{caller}/main.go"), main);
        let dead = slug(&self.services[random.below(self.services.len())].clone());
        self.add(
            format!("{caller}/dead.go"),
            format!("package main\n\nimport \"net/http\"\n\nfunc never() {{\n\thttp.Get(\"http://{dead}/dead\")\n}}\n"),
        );
        self.add(
            format!("{caller}/other_system.go"),
            format!("//go:build windows\n\npackage main\n\nimport \"net/http\"\n\nfunc init() {{\n\thttp.Get(\"http://{dead}/windows\")\n}}\n"),
        );
        self.add(
            format!("{caller}/main_test.go"),
            format!("package main\n\nimport (\n\t\"net/http\"\n\t\"testing\"\n)\n\nfunc TestX(t *testing.T) {{\n\thttp.Get(\"http://{dead}/test\")\n}}\n"),
        );
        if random.below(10) == 0 {
            let text = format!(
                "package copied\n\nimport \"net/http\"\n\nfunc init() {{\n\thttp.Get(\"http://{dead}/vendored\")\n}}\n"
            );
            self.add(format!("vendor/example.com/{}/copied.go", slug(caller)), text);
        }
        if filler > 0 {
            self.add(format!("{caller}/domain.go"), domain(random, filler));
        }
        if !environment.is_empty() {
            let name = slug(caller);
            self.add(
                format!("{caller}/deploy.yaml"),
                format!("kind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  template:\n    spec:\n      containers:\n      - name: main\n        env:\n{environment}"),
            );
        }
    }
}

/// Functions as services have them: checks, loops, structures.
fn domain(random: &mut Random, functions: usize) -> String {
    let mut text = "package main\n\nimport (\n\t\"errors\"\n\t\"strings\"\n)\n\ntype account struct {\n\tid    string\n\tpence int64\n\tnotes []string\n}\n".to_owned();
    for at in 0..functions {
        let limit = 10 + random.below(9_000);
        let _infallible = write!(
            text,
            "\n// step{at} checks an account and changes it.\nfunc step{at}(a *account, by int64) (int64, error) {{\n\tif a == nil || strings.TrimSpace(a.id) == \"\" {{\n\t\treturn 0, errors.New(\"no account\")\n\t}}\n\ttotal := a.pence\n\tfor i, note := range a.notes {{\n\t\tswitch {{\n\t\tcase strings.HasPrefix(note, \"hold:\"):\n\t\t\ttotal -= int64(i) * {limit}\n\t\tcase len(note) > {limit}:\n\t\t\tcontinue\n\t\tdefault:\n\t\t\ttotal += by\n\t\t}}\n\t}}\n\ta.notes = append(a.notes, strings.ToLower(a.id)+\"/{limit}\")\n\ta.pence = total\n\treturn total, nil\n}}\n"
        );
    }
    text
}
