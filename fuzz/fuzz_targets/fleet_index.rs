//! Any text as a catalogue, by the observer: reading ends, and every service that is read is found by its own labels.
#![no_main]

use hedgerow_observe::fleet::{Fleet, Whose};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Some(fleet) = Fleet::read("catalogue.json", text, None).fleet else { return };
    for id in fleet.ids() {
        let service = fleet.service(id).expect("it is one of the fleet's");
        match fleet.whose(&service.namespace, &service.labels) {
            Whose::Service(found) => assert_eq!(found, id),
            Whose::Several(found) => assert!(found.contains(&id)),
            Whose::Nobody => panic!("{} is not found by its labels", service.name),
        }
        let _ = fleet.forged(&service.namespace, &service.labels);
    }
    for (caller, callee, _) in fleet.edges() {
        assert!(fleet.file_to_add(caller, callee).is_some());
    }
});
