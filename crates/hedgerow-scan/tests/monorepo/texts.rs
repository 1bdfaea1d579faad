//! What the files of the generated monorepo say.

use super::{Random, slug};
use std::fmt::Write;

/// One service with what it calls.
pub(super) struct Caller<'a> {
    pub(super) name: &'a str,
    pub(super) at: usize,
    pub(super) calls: Vec<(&'a str, Idiom)>,
    pub(super) library: usize,
    pub(super) calls_library: bool,
    /// Who is named by code that never runs.
    pub(super) dead: &'a str,
    pub(super) domains: usize,
}

/// How a call is written.
#[derive(Clone, Copy)]
pub(super) enum Idiom {
    Literal,
    Format,
    Client,
    LibraryWrapper,
    Environment,
    Closure,
    Comment,
    Constant,
    Interface,
    MethodValue,
    Grpc,
    Generated,
}

impl Idiom {
    /// Of two services in four there are generated clients, which most callers use.
    pub(super) fn draw(random: &mut Random, callee: usize) -> Self {
        let plain = [
            Self::Literal,
            Self::Format,
            Self::Client,
            Self::LibraryWrapper,
            Self::Environment,
            Self::Closure,
            Self::Comment,
            Self::Constant,
            Self::Interface,
            Self::MethodValue,
        ];
        match callee % 4 {
            0 if random.below(3) > 0 => Self::Generated,
            1 if random.below(3) > 0 => Self::Grpc,
            _ => plain[random.below(plain.len())],
        }
    }
}

/// A library with a function that calls, one that does not, and a wrapper.
pub(super) fn library(at: usize, callee: &str) -> (String, String) {
    let host = slug(callee);
    let text = format!(
        r#"// Package l{at:02} is shared.
package l{at:02}

import "net/http"

// Local calls nobody.
func Local() string {{ return "{callee}" }}

// Remote calls.
func Remote() {{ request("http://{host}/shared") }}

// Fetch is a wrapper.
func Fetch(host, path string) {{ request("http://" + host + path) }}

func request(url string) {{
	response, err := http.Get(url)
	if err != nil {{
		return
	}}
	response.Body.Close()
}}
"#
    );
    (format!("libraries/l{at:02}/lib.go"), text)
}

/// A job that has no code but a manifest.
pub(super) fn cron<'a>(caller: &str, callees: impl Iterator<Item = &'a str>) -> (String, String) {
    let mut text = format!("kind: CronJob\nmetadata: {{name: {}}}\nspec:\n  args:\n", slug(caller));
    for callee in callees {
        let _infallible = writeln!(text, "  - \"curl -H 'Host: {callee}' http://{}:80/run\"", slug(callee));
    }
    (format!("{caller}/job.yaml"), text)
}

fn package(callee: &str) -> String {
    callee.replace("service.", "")
}

/// All files of a service.
pub(super) fn service(caller: &Caller, random: &mut Random, files: &mut Vec<(String, String)>) {
    let (name, library) = (caller.name, caller.library);
    let mut imports = vec![
        "\"context\"".to_owned(),
        "\"fmt\"".to_owned(),
        "\"net/http\"".to_owned(),
        "\"os\"".to_owned(),
        format!("\"mono/libraries/l{library:02}\""),
    ];
    let (mut body, mut rest, mut constants, mut environment) =
        (String::new(), String::new(), String::new(), String::new());
    for (at, (callee, idiom)) in caller.calls.iter().enumerate() {
        let (host, package) = (slug(callee), package(callee));
        let line = match idiom {
            Idiom::Literal => format!("http.Get(\"http://{host}/x\")"),
            Idiom::Format => format!("http.Post(fmt.Sprintf(\"http://%s:%d/x\", \"{host}\", 80), \"\", nil)"),
            Idiom::Client => format!("(&client{{base: \"http://{host}\"}}).get(\"/x\")"),
            Idiom::LibraryWrapper => format!("l{library:02}.Fetch(\"{host}\", \"/x\")"),
            Idiom::Environment => {
                let _infallible = writeln!(environment, "        - {{name: TARGET_{at}, value: \"{host}:80\"}}");
                format!("http.Get(\"http://\" + os.Getenv(\"TARGET_{at}\") + \"/x\")")
            }
            Idiom::Closure => format!(
                "func() {{ req, _ := http.NewRequest(\"GET\", \"http://{callee}/x\", nil); http.DefaultClient.Do(req) }}()"
            ),
            Idiom::Comment => format!("// rpcmap: {callee}"),
            Idiom::Constant => {
                let _infallible = writeln!(constants, "const host{at} = \"{host}\"\n");
                format!("http.Get(\"http://\" + host{at} + \"/x\")")
            }
            Idiom::Interface => {
                let _infallible = write!(
                    rest,
                    "\ntype reader{at} struct{{}}\n\nfunc (reader{at}) read() {{ http.Get(\"http://{host}/x\") }}\n"
                );
                format!("readers = append(readers, reader{at}{{}})")
            }
            Idiom::MethodValue => {
                format!("fetch{at} := (&client{{base: \"http://{host}\"}}).get; go fetch{at}(\"/x\")")
            }
            Idiom::Grpc => {
                imports.push("\"google.golang.org/grpc\"".to_owned());
                imports.push(format!("{package}pb \"mono/{callee}/pb\""));
                format!(
                    "if conn, err := grpc.NewClient(\"dns:///{host}:80\"); err == nil {{ {package}pb.NewStoreClient(conn).Read(r.Context()) }}"
                )
            }
            Idiom::Generated => {
                imports.push(format!("{package}proto \"mono/{callee}/proto\""));
                format!("{package}proto.ReadRequest{{ID: \"1\"}}.Send(r.Context())")
            }
        };
        let _infallible = writeln!(body, "\t{line}");
    }
    let registers = match caller.at % 4 {
        1 => {
            imports.push("\"google.golang.org/grpc\"".to_owned());
            imports.push(format!("ownpb \"mono/{name}/pb\""));
            "\townpb.RegisterStoreServer(grpc.NewServer(), store{})\n"
        }
        _ => "",
    };
    imports.sort();
    imports.dedup();
    let imports: String = imports.iter().map(|import| format!("\t{import}\n")).collect();
    let remote = if caller.calls_library { format!("\tl{library:02}.Remote()\n") } else { String::new() };
    let domains: String = (0..caller.domains).step_by(2).map(|at| format!("\tcheck{at}(&account{{}})\n")).collect();
    let main = format!(
        r#"package main

import (
{imports})

type client struct{{ base string }}

func (c *client) get(path string) {{ http.Get(c.base + path) }}

type reader interface{{ read() }}

type handler struct{{}}

type store struct{{}}

func (store) Read(ctx context.Context) error {{ return nil }}

type account struct {{
	id    string
	pence int64
	notes []string
}}

func main() {{
	l{library:02}.Local()
{remote}{domains}{registers}	http.Handle("/", handler{{}})
}}

func (handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {{
	var readers []reader
{body}	for _, one := range readers {{
		one.read()
	}}
	_ = fmt.Sprint(os.Args, w)
}}
{rest}"#
    );
    let mut add = |path: &str, text: String| files.push((format!("{name}/{path}"), text));
    add("main.go", main);
    add("hosts.go", format!("package main\n\n{constants}const own = \"{name}\"\n"));
    let dead = slug(caller.dead);
    let calls = |package: &str, function: &str, path: &str| {
        format!(
            "package {package}\n\nimport \"net/http\"\n\nfunc {function}() {{\n\thttp.Get(\"http://{dead}/{path}\")\n}}\n"
        )
    };
    add("dead.go", calls("main", "never", "dead"));
    add("other_system.go", format!("//go:build windows\n\n{}", calls("main", "init", "windows")));
    add(
        "main_test.go",
        format!(
            "package main\n\nimport (\n\t\"net/http\"\n\t\"testing\"\n)\n\nfunc TestX(t *testing.T) {{\n\thttp.Get(\"http://{dead}/test\")\n}}\n"
        ),
    );
    match caller.at % 4 {
        0 => add("proto/router.go", router(name)),
        1 => add("pb/store_grpc.pb.go", grpc(name)),
        _ => {}
    }
    for at in 0..caller.domains {
        add(&format!("domain_{at}.go"), domain(random, at));
    }
    if !environment.is_empty() {
        let short = slug(name);
        add(
            "deploy.yaml",
            format!(
                "kind: Deployment\nmetadata: {{name: {short}}}\nspec:\n  template:\n    spec:\n      containers:\n      - name: main\n        env:\n{environment}"
            ),
        );
    }
    if random.below(10) == 0 {
        let path = format!("vendor/example.com/{}/copied.go", slug(name));
        files.push((path, calls("copied", "init", "vendored")));
    }
}

/// A client as a generator in the manner of typhon's makes it.
fn router(name: &str) -> String {
    let (host, package) = (slug(name), package(name));
    format!(
        r#"// Code generated by protoc-gen-router. DO NOT EDIT.

package {package}proto

import (
	"context"

	"github.com/monzo/typhon"
)

type ReadRequest struct{{ ID string }}

type ReadFuture struct{{ Future *typhon.ResponseFuture }}

func (body ReadRequest) ServiceName() string {{ return "{name}" }}

func (body ReadRequest) FullPath() string {{ return "http://{host}/read" }}

func (body ReadRequest) Request(ctx context.Context) typhon.Request {{
	return typhon.NewRequest(ctx, "GET", body.FullPath(), body)
}}

func (body ReadRequest) Send(ctx context.Context) *ReadFuture {{
	return &ReadFuture{{Future: body.Request(ctx).Send()}}
}}
"#
    )
}

/// A client and server as protoc makes them.
fn grpc(name: &str) -> String {
    let package = package(name);
    format!(
        r#"// Code generated by protoc-gen-go-grpc. DO NOT EDIT.

package {package}pb

import (
	"context"

	"google.golang.org/grpc"
)

type StoreClient interface {{
	Read(ctx context.Context) error
}}

type storeClient struct{{ cc grpc.ClientConnInterface }}

func NewStoreClient(cc grpc.ClientConnInterface) StoreClient {{ return &storeClient{{cc}} }}

func (c *storeClient) Read(ctx context.Context) error {{
	return c.cc.Invoke(ctx, "/{package}.Store/Read", nil, nil)
}}

type StoreServer interface {{
	Read(ctx context.Context) error
}}

func RegisterStoreServer(s grpc.ServiceRegistrar, srv StoreServer) {{
	s.RegisterService(&Store_ServiceDesc, srv)
}}

var Store_ServiceDesc = grpc.ServiceDesc{{ServiceName: "{package}.Store", HandlerType: (*StoreServer)(nil)}}
"#
    )
}

/// Twenty functions as services have them: checks, loops, structures; each calls the next.
fn domain(random: &mut Random, file: usize) -> String {
    const FUNCTIONS: usize = 20;
    let mut text = format!(
        "package main\n\nimport (\n\t\"errors\"\n\t\"strings\"\n)\n\n// check{file} goes through every step.\nfunc check{file}(a *account) {{\n\tstep{file}x0(a, 1)\n}}\n"
    );
    for at in 0..FUNCTIONS {
        let limit = 10 + random.below(9_000);
        let next =
            if at + 1 < FUNCTIONS { format!("step{file}x{}(a, total)", at + 1) } else { "total, nil".to_owned() };
        let _infallible = write!(
            text,
            r#"
// step{file}x{at} checks an account and changes it.
func step{file}x{at}(a *account, by int64) (int64, error) {{
	if a == nil || strings.TrimSpace(a.id) == "" {{
		return 0, errors.New("no account")
	}}
	total := a.pence
	for i, note := range a.notes {{
		switch {{
		case strings.HasPrefix(note, "hold:"):
			total -= int64(i) * {limit}
		case len(note) > {limit}:
			continue
		default:
			total += by
		}}
	}}
	a.notes = append(a.notes, strings.ToLower(a.id)+"/{limit}")
	a.pence = total
	return {next}
}}
"#
        );
    }
    text
}
