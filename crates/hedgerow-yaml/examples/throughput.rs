//! Measures how fast labels are put on the pod templates of a stream, in memory and on one thread or more.
//!
//! `cargo run --release -p hedgerow-yaml --example throughput -- [KILOBYTES | FILE]` prints one row per step, the best of
//! many runs each, next to what the machine itself can do with the same bytes. The time that the thread was on a
//! processor stands beside the time on the wall: on a machine that others use only the first means anything.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::unwrap_used, reason = "a tool for the command line")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Instant;

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
    println!("{:30} {:>12} {:>12} {:>10} {:>8}", "", "wall ms", "on CPU ms", "MB/s CPU", "of copy");
    let rows = [
        ("copy into fresh memory", copy),
        ("check UTF-8", measure(|| decode(black_box(stream.as_bytes())).unwrap().len())),
        ("split into documents", measure(|| split(&stream).count())),
        ("locate", measure(|| labeller.locate(&stream, &mut Share::default()).len())),
        ("locate and splice", measure(|| black_box(labeller.label(&stream)).len())),
        ("locate and splice, 2 threads", measure(|| in_parallel(&labeller, &stream, 2))),
        ("locate by the parser alone", measure(|| labeller.locate_fully(&stream))),
    ];
    for (name, time) in rows {
        // Threads that were started are not on this thread's account.
        let seconds = if name.contains("threads") { time.wall } else { time.on_cpu };
        let speed = stream.len() as f64 / seconds / 1e6;
        let (wall, on_cpu, share) = (time.wall * 1e3, seconds * 1e3, copy.on_cpu / seconds);
        println!("{name:30} {wall:12.3} {on_cpu:12.3} {speed:10.1} {share:8.2}");
    }
}

/// Seconds of the fastest run.
#[derive(Clone, Copy)]
struct Time {
    wall: f64,
    on_cpu: f64,
}

/// Runs something often enough for its fastest run to mean something.
fn measure(mut run: impl FnMut() -> usize) -> Time {
    let mut best = Time { wall: f64::INFINITY, on_cpu: f64::INFINITY };
    let all = Instant::now();
    for number in 0..1000 {
        if number >= 9 && all.elapsed().as_secs() >= 1 {
            break;
        }
        let (begin, begin_on_cpu) = (Instant::now(), on_cpu());
        black_box(run());
        best.on_cpu = best.on_cpu.min(on_cpu() - begin_on_cpu);
        best.wall = best.wall.min(begin.elapsed().as_secs_f64());
    }
    best
}

/// Seconds that this thread has been on a processor; on the wall where the system does not tell.
fn on_cpu() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|told| told.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| BEGIN.elapsed().as_secs_f64(), |nanoseconds| nanoseconds / 1e9)
}

static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

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
            let outline = document.outline(&self.head).unwrap();
            let Some((routes, labels)) = self.template_of(outline.site(self.kind).and_then(Site::as_str)) else {
                continue;
            };
            for site in document.outline(routes).unwrap().sites(*labels) {
                edits.extend(change_map(stream, site, MapChange { set, remove: &[] }).unwrap());
            }
            share.workloads += 1;
            share.parsed += usize::from(document.is_parsed());
        }
        edits
    }

    fn locate_fully(&self, stream: &str) -> usize {
        let documents = split(stream).map(|piece| Document::of_piece(stream, &piece));
        documents.map(|document| document.outline_fully(&self.workload.0).unwrap().sites(self.workload.1).len()).sum()
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
    routes.ask(&format!("{route}.spec.hostNetwork"), Want::Scalar).unwrap();
    routes.ask("spec.selector", Want::Range).unwrap();
    (routes, labels)
}
