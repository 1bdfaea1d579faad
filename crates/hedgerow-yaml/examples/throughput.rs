//! Measures how fast labels are put on the pod templates of a stream, in memory and on one thread or more.
//!
//! `cargo run --release -p hedgerow-yaml --example throughput -- [KILOBYTES | FILE]` prints one row per step, the best of
//! many runs each, next to what the machine itself can do with the same bytes.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::unwrap_used, reason = "a tool for the command line")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;
use std::time::Instant;

use serde::Deserialize as _;

use hedgerow_yaml::{
    Document, Edit, MapChange, RouteId, RouteSet, Site, Want, change_map, decode, splice, split, split_even,
};

/// How many workloads were met, and how many needed the parser.
#[derive(Default)]
struct Share {
    workloads: usize,
    parsed: usize,
}

fn main() {
    let argument = std::env::args().nth(1).unwrap_or_else(|| "50000".to_owned());
    let stream = match argument.parse::<usize>() {
        Ok(kilobytes) => support::stream::helm_like(kilobytes * 1000),
        Err(_) => std::fs::read_to_string(&argument).unwrap(),
    };
    let labeller = Labeller::new();
    let mut share = Share::default();
    let edits = labeller.locate(&stream, &mut share).len();
    println!("{} bytes, {} documents, {edits} edits", stream.len(), split(&stream).count());
    println!("{} workloads, of which the parser was asked about {}", share.workloads, share.parsed);
    let copy = measure(|| black_box(stream.as_bytes().to_vec()).len());
    let rows = [
        ("copy into fresh memory", copy),
        ("check UTF-8", measure(|| decode(black_box(stream.as_bytes())).unwrap().len())),
        ("split into documents", measure(|| split(&stream).count())),
        ("locate", measure(|| labeller.locate(&stream, &mut Share::default()).len())),
        ("locate and splice", measure(|| black_box(labeller.label(&stream)).len())),
        ("locate and splice, 2 threads", measure(|| in_parallel(&labeller, &stream, 2))),
        ("serde_yaml value round trip", measure(|| round_trip(&stream))),
        ("locate by the parser alone", measure(|| labeller.locate_fully(&stream))),
    ];
    for (name, seconds) in rows {
        let speed = stream.len() as f64 / seconds / 1e6;
        println!("{name:30} {:10.3} ms {speed:9.1} MB/s {:6.2} of a copy", seconds * 1e3, copy / seconds);
    }
}

/// Seconds of the fastest run of at least nine, or of one that takes long.
fn measure(mut run: impl FnMut() -> usize) -> f64 {
    let mut best = f64::INFINITY;
    let all = Instant::now();
    for number in 0..200 {
        let spent = all.elapsed().as_secs();
        if (number >= 9 && spent >= 3) || spent >= 10 {
            break;
        }
        let begin = Instant::now();
        black_box(run());
        best = best.min(begin.elapsed().as_secs_f64());
    }
    best
}

/// Reads every document into a value and prints it, as editors of YAML commonly do.
fn round_trip(stream: &str) -> usize {
    let values = serde_yaml::Deserializer::from_str(stream).map(serde_yaml::Value::deserialize);
    values.map_while(Result::ok).map(|value| serde_yaml::to_string(&value).map_or(0, |text| text.len())).sum()
}

fn in_parallel(labeller: &Labeller, stream: &str, threads: usize) -> usize {
    std::thread::scope(|scope| {
        let runs = split_even(stream, threads);
        let handles: Vec<_> = runs.into_iter().map(|run| scope.spawn(|| labeller.label(&stream[run]))).collect();
        handles.into_iter().map(|handle| black_box(handle.join().unwrap()).len()).sum()
    })
}

/// What a deploy asks of each document and of each workload.
struct Labeller {
    head: RouteSet,
    kind: RouteId,
    workload: (RouteSet, RouteId),
    cron_job: (RouteSet, RouteId),
}

impl Labeller {
    fn new() -> Self {
        let mut head = RouteSet::new();
        let kind = head.ask("kind", Want::Scalar).unwrap();
        for route in ["apiVersion", "metadata.name", "metadata.namespace"] {
            head.ask(route, Want::Scalar).unwrap();
        }
        Self { head, kind, workload: template("spec.template"), cron_job: template("spec.jobTemplate.spec.template") }
    }

    fn label(&self, stream: &str) -> String {
        splice(stream, self.locate(stream, &mut Share::default())).unwrap()
    }

    fn locate(&self, stream: &str, share: &mut Share) -> Vec<Edit> {
        let set =
            &[("example.com/routing-name", "service.x"), ("example.com/egress-y", "true"), ("example.com/z", "true")];
        let mut edits = Vec::new();
        for piece in split(stream) {
            let document = Document::of_piece(stream, &piece);
            let Ok(outline) = document.outline(&self.head) else { continue };
            let Some((routes, labels)) = self.template_of(outline.site(self.kind).and_then(Site::as_str)) else {
                continue;
            };
            share.workloads += 1;
            let Ok(outline) = document.outline(routes) else { continue };
            for site in outline.sites(*labels) {
                edits.extend(change_map(stream, site, MapChange { set, remove: &[] }).unwrap_or_default());
            }
            share.parsed += usize::from(document.is_parsed());
        }
        edits
    }

    fn locate_fully(&self, stream: &str) -> usize {
        let documents = split(stream).map(|piece| Document::of_piece(stream, &piece));
        documents.filter(|document| document.outline_fully(&self.workload.0).is_ok()).count()
    }

    fn template_of(&self, kind: Option<&str>) -> Option<&(RouteSet, RouteId)> {
        match kind? {
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" => Some(&self.workload),
            "CronJob" => Some(&self.cron_job),
            _ => None,
        }
    }
}

fn template(route: &str) -> (RouteSet, RouteId) {
    let mut routes = RouteSet::new();
    let labels = routes.ask(&format!("{route}.metadata.labels"), Want::Map).unwrap();
    routes.ask(route, Want::Range).unwrap();
    routes.ask(&format!("{route}.spec.hostNetwork"), Want::Scalar).unwrap();
    routes.ask("metadata.annotations", Want::Map).unwrap();
    for key in ["name", "generateName", "namespace"] {
        routes.ask(&format!("metadata.{key}"), Want::Scalar).unwrap();
    }
    routes.ask("spec.selector", Want::Range).unwrap();
    (routes, labels)
}
