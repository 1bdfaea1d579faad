//! Any text as a watched policy: reading ends, and a verdict is given or is unknown, the same each time.
#![no_main]

use hedgerow_observe::Protocol;
use hedgerow_observe::fleet::Labels;
use hedgerow_observe::verdict::{Ask, Policies, Verdicts, Who};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut policies = Policies::default();
    policies.set("policy", text);
    policies.complete();
    let mut verdicts = Verdicts::new(policies);
    let labels = Labels::from([("app".to_owned(), "a".to_owned())]);
    let pod = Who::Pod { namespace: "bank", labels: &labels, address: None, service: None };
    let outside = Who::Address([192, 0, 2, 1].into());
    let (caller, callee) = (verdicts.classify(outside), verdicts.classify(pod));
    let ask = Ask { caller, callee, port: 8080, protocol: Protocol::TCP };
    let first = verdicts.verdict(ask);
    assert!(first.is_some());
    assert_eq!(verdicts.verdict(ask), first);
});
