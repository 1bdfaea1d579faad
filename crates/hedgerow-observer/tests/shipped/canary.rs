//! The canary as a program, against a collector of our own that keeps what it is told.

use crate::programs::{Running, free_port};
use hedgerow_observer::link::intake_server::{Intake, IntakeServer};
use hedgerow_observer::link::{Batch, CANARY, Outcome, Receipt};
use std::net::TcpListener;
use std::pin::Pin;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming};

/// Keeps every batch, and gives receipts while it may.
#[derive(Clone, Default)]
struct Keeper {
    batches: Arc<Mutex<Vec<Batch>>>,
    is_silent: Arc<std::sync::atomic::AtomicBool>,
}

#[tonic::async_trait]
impl Intake for Keeper {
    type SendStream = Pin<Box<dyn Stream<Item = Result<Receipt, Status>> + Send>>;

    async fn send(&self, request: Request<Streaming<Batch>>) -> Result<Response<Self::SendStream>, Status> {
        let keeper = self.clone();
        let receipts = request.into_inner().then(move |batch| {
            let keeper = keeper.clone();
            async move {
                let batch = batch?;
                let receipt = Receipt { life: batch.life, sequence: batch.sequence };
                keeper.batches.lock().unwrap().push(batch);
                while keeper.is_silent.load(Ordering::SeqCst) {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Ok(receipt)
            }
        });
        Ok(Response::new(Box::pin(receipts)))
    }
}

/// A collector that ends, with all its connections, when this is dropped.
struct Serving(Option<(tokio::sync::oneshot::Sender<()>, std::thread::JoinHandle<()>)>);

impl Drop for Serving {
    fn drop(&mut self) {
        let (stop, thread) = self.0.take().unwrap();
        drop(stop);
        thread.join().unwrap();
    }
}

fn serve(keeper: &Keeper, port: u16) -> Serving {
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let service = IntakeServer::new(keeper.clone());
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let serving = tonic::transport::Server::builder().add_service(service).serve(([127, 0, 0, 1], port).into());
        runtime.block_on(async {
            tokio::select! {
                result = serving => result.unwrap(),
                _ = stopped => {}
            }
        });
    });
    Serving(Some((stop, thread)))
}

/// A callee that counts who calls.
fn callee() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, called) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&called);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            if stream.is_ok() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    (port, called)
}

fn canary(collector: u16, calls: &[String], more: &[&str], directory: &std::path::Path) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hedgerow-observer"));
    command.args(["canary", "--node-name", "node-1", "--interval", "1", "--collector"]);
    command.arg(format!("http://127.0.0.1:{collector}")).args(more);
    for call in calls {
        command.args(["--call", call]);
    }
    Running::start(&mut command, "canary", directory)
}

/// How often each callee was called, by what the canary told; and how often with what came of it.
fn told(keeper: &Keeper, callee: &str) -> (u64, Vec<i32>) {
    let batches = keeper.batches.lock().unwrap();
    let sums = batches.iter().flat_map(|batch| &batch.sums);
    let of: Vec<_> = sums.filter(|sum| sum.callee.as_ref().unwrap().name == callee).collect();
    let outcomes = of.iter().filter(|sum| sum.count > 0).map(|sum| sum.outcome).collect();
    (of.iter().map(|sum| sum.count).sum(), outcomes)
}

#[test]
fn what_was_sent_is_told_and_nobody_is_called_before_the_collector_knows() {
    let directory = tempfile::tempdir().unwrap();
    let (keeper, collector) = (Keeper::default(), free_port());
    let (port, called) = callee();
    let closed = free_port();
    let calls = [
        format!("service.ledger=127.0.0.1:{port}"),
        format!("service.closed=127.0.0.1:{closed}"),
        "service.nowhere=nowhere.invalid:80".to_owned(),
    ];
    // Nobody is there yet.
    let mut program = canary(collector, &calls, &[], directory.path());
    program.until("it says that the collector is away", || {
        program_said(directory.path(), "quiet while the collector is away")
    });
    assert_eq!(called.load(Ordering::SeqCst), 0);
    // It is there, and keeps nothing for sure.
    keeper.is_silent.store(true, Ordering::SeqCst);
    let serving = serve(&keeper, collector);
    program.until("it tells whom it will call", || (!keeper.batches.lock().unwrap().is_empty()).then_some(()));
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(called.load(Ordering::SeqCst), 0, "no receipt, no call");
    let first = keeper.batches.lock().unwrap()[0].clone();
    assert_eq!(first.node, "node-1");
    let names: Vec<_> = first.sums.iter().map(|sum| sum.callee.as_ref().unwrap().name.as_str()).collect();
    assert_eq!(names, ["service.closed", "service.ledger", "service.nowhere"]);
    for sum in &first.sums {
        assert_eq!((sum.count, sum.source.as_str(), sum.protocol), (0, CANARY, 6));
        assert_eq!(sum.caller.as_ref().unwrap().address, [127, 0, 0, 1]);
    }
    assert_eq!(first.sums[1].port, u32::from(port));
    // From now on it calls, and tells how often.
    keeper.is_silent.store(false, Ordering::SeqCst);
    program.until("it called three times", || (told(&keeper, "service.ledger").0 >= 3).then_some(()));
    let (sent, outcomes) = told(&keeper, "service.ledger");
    let arrived = called.load(Ordering::SeqCst) as u64;
    // One more may be on its way.
    assert!((sent..=sent + 1).contains(&arrived), "{sent} {arrived}");
    assert!(outcomes.iter().all(|outcome| *outcome == i32::from(Outcome::Unsaid)));
    let (refused, outcomes) = told(&keeper, "service.closed");
    assert!(
        refused >= 2 && outcomes.iter().all(|outcome| *outcome == i32::from(Outcome::Unsaid)),
        "a refusal is an answer"
    );
    assert_eq!(told(&keeper, "service.nowhere").0, 0, "a name that leads nowhere is not called");
    assert!(program.said().contains("nowhere.invalid:80 leads nowhere now"));
    // Each batch is one of its own, in order.
    let sequences: Vec<u64> = keeper.batches.lock().unwrap().iter().map(|batch| batch.sequence).collect();
    assert!(sequences.windows(2).all(|pair| pair[0] < pair[1]), "{sequences:?}");
    // The collector goes: quiet. Another one comes: told anew, before a call.
    drop(serving);
    program.until("it is quiet", || {
        let before = called.load(Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(2500));
        (called.load(Ordering::SeqCst) == before).then_some(())
    });
    keeper.batches.lock().unwrap().clear();
    let before = called.load(Ordering::SeqCst);
    let _serving = serve(&keeper, collector);
    program.until("it calls again", || (called.load(Ordering::SeqCst) > before).then_some(()));
    let batches = keeper.batches.lock().unwrap().clone();
    let begins = batches.iter().position(|batch| batch.sums.iter().all(|sum| sum.count == 0));
    assert!(
        begins
            .is_some_and(|at| batches[..at].iter().flat_map(|batch| &batch.sums).all(|sum| sum.last < batches[at].to))
    );
}

fn program_said(directory: &std::path::Path, text: &str) -> Option<()> {
    std::fs::read_to_string(directory.join("canary.log")).unwrap_or_default().contains(text).then_some(())
}

#[test]
fn callees_come_from_the_catalogue_which_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let (keeper, collector) = (Keeper::default(), free_port());
    let _serving = serve(&keeper, collector);
    let (port, _) = callee();
    let catalogue = directory.path().join("catalogue.json");
    let write = |services: &[(&str, &str)]| {
        let services: Vec<String> = services
            .iter()
            .map(|(name, slug)| {
                format!(
                    r#""{name}":{{"slug":"{slug}","namespace":"bank","labels":{{"bank.example/routing-name":"{name}"}},"ports":[{{"port":{port},"protocol":"TCP"}}],"stages":{{}}}}"#
                )
            })
            .collect();
        let text = format!(
            r#"{{"version":1,"digest":"sha256:{}","domain":"bank.example","identity":"bank.example/routing-name","namespaces":["bank"],"types":{{}},"services":{{{}}}}}"#,
            "0".repeat(64),
            services.join(",")
        );
        std::fs::write(directory.path().join("new"), text).unwrap();
        std::fs::rename(directory.path().join("new"), &catalogue).unwrap();
    };
    // `localhost` is the one name that every machine knows.
    write(&[("service.localhost", "localhost"), ("service.other", "no-such-host")]);
    let flags = ["--catalogue", catalogue.to_str().unwrap(), "--host", "{slug}"];
    let mut program = canary(collector, &[], &flags, directory.path());
    program.until("the first is called", || (told(&keeper, "service.localhost").0 > 0).then_some(()));
    let names = |keeper: &Keeper| {
        let batches = keeper.batches.lock().unwrap();
        let sums = batches.iter().flat_map(|batch| &batch.sums);
        sums.map(|sum| sum.callee.as_ref().unwrap().name.clone()).collect::<std::collections::BTreeSet<_>>()
    };
    // A name of the template that never led anywhere is a guess that was wrong, and accuses nobody.
    assert_eq!(names(&keeper), ["service.localhost".to_owned()].into());
    assert!(program.said().contains("service.other: no-such-host"), "{}", program.said());
    write(&[("service.localhost", "localhost"), ("service.more", "localhost")]);
    program.until("the second is called", || (told(&keeper, "service.more").0 > 0).then_some(()));
    // It is told of before it is called.
    let batches = keeper.batches.lock().unwrap().clone();
    let of = |batch: &Batch| batch.sums.iter().find(|sum| sum.callee.as_ref().unwrap().name == "service.more").cloned();
    assert_eq!(batches.iter().find_map(of).unwrap().count, 0);
    // What is no catalogue changes nothing, and is said.
    std::fs::write(&catalogue, "{}").unwrap();
    program.until("it is said", || program_said(directory.path(), "the last one stays in use"));
    let before = told(&keeper, "service.more").0;
    program.until("it goes on", || (told(&keeper, "service.more").0 > before + 1).then_some(()));
}

#[test]
fn arguments_that_make_no_sense_are_refused_at_once() {
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hedgerow-observer"));
        hedgerow_testcluster::Said::of(command.arg("canary").args(arguments), b"")
    };
    let base = ["--node-name", "n", "--collector"];
    for (arguments, expected) in [
        (&["http://127.0.0.1:1"][..], "--catalogue <FILE>"),
        (&["http://10.0.0.1:1", "--call", "a=b:1"], "plain text to another machine"),
        (&["https://c:1", "--call", "a=b:1"], "needs --ca"),
        (&["http://127.0.0.1:1", "--call", "a=b"], "SERVICE=HOST:PORT"),
        (&["http://127.0.0.1:1", "--call", "a=b:1", "--interval", "0"], "not in 1..=120"),
        (&["http://127.0.0.1:1", "--catalogue", "/no/such/file"], "cannot open /no/such/file"),
        (&["http://127.0.0.1:1", "--call", "a=b:1", "--host", "x"], "the same host for every service"),
    ] {
        let said = run(&[&base[..], arguments].concat());
        assert_eq!(said.code, 2, "{arguments:?}: {}", said.stderr);
        assert!(said.stderr.contains(expected), "{arguments:?}: {}", said.stderr);
    }
}
