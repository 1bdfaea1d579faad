//! Any text as manifests: the evaluator reads them, and has an answer for every pair of pods.
#![no_main]

use hedgerow_core::source::Sources;
use hedgerow_eval::{Flow, Manifests, Network, Protocol};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut sources = Sources::default();
    sources.add("in.yaml", text);
    let (manifests, _) = Manifests::read(sources.iter(), "default");
    let network = Network::new(manifests, &[]);
    let pods: Vec<_> = network.pods().take(8).collect();
    for from in &pods {
        for to in &pods {
            let flow = Flow { protocol: Protocol::TCP, port: 80 };
            let _allows = network.verdict(*from, *to, flow).allows();
        }
    }
});
