//! Connection tracking: each call that got through is one new connection, with the pod behind a Service's address as its callee.

use crate::support::{file, read};
use hedgerow_observe::{Connection, Event, Format, Protocol, Record};
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::IpAddr;

fn connections(format: Format, name: &str) -> Vec<Connection> {
    let (records, tally) = read(format, &file(name));
    assert_eq!((tally.not_understood(), tally.aside), (0, 0), "{name}: {tally:?}");
    records
        .into_iter()
        .map(|record| match record {
            Record::Connection(connection) => connection,
            other => panic!("{name}: {other:?}"),
        })
        .collect()
}

#[test]
fn new_connections_are_the_calls_that_were_made() {
    for name in ["master-iptables-audit", "master-iptables-enforce"] {
        let calls: Value = serde_json::from_slice(&file(&format!("conntrack/{name}.calls.json"))).unwrap();
        let cluster_ip = calls["clusterIP"].as_str().unwrap();
        let calls = calls["calls"].as_array().unwrap();
        let ledger = calls.iter().find(|call| call["dst"] == "bank/service-ledger").unwrap()["dstip"].as_str().unwrap();
        let mut expected = BTreeSet::new();
        for call in calls.iter().filter(|call| call["answered"].as_u64() > Some(0)) {
            let through_service = call["dstip"] == cluster_ip;
            let callee: IpAddr =
                if through_service { ledger } else { call["dstip"].as_str().unwrap() }.parse().unwrap();
            let port = if through_service { 8080 } else { call["port"].as_u64().unwrap() as u16 };
            let caller: IpAddr = call["srcip"].as_str().unwrap().split('/').next().unwrap().parse().unwrap();
            for sport in call["sports"].as_array().unwrap() {
                expected.insert((
                    caller,
                    callee,
                    port,
                    Protocol::parse(call["proto"].as_str().unwrap()).unwrap(),
                    sport.as_u64().unwrap() as u16,
                ));
            }
        }
        assert!(expected.len() >= 8, "{name}");
        let binary = connections(Format::ConntrackNetlink, &format!("conntrack/{name}.nl.bin"));
        // The node talks to itself, too (etcd on 127.0.0.1).
        let new: Vec<&Connection> = binary
            .iter()
            .filter(|connection| connection.event == Event::New && !connection.caller().is_loopback())
            .collect();
        let seen: BTreeSet<_> = new
            .iter()
            .map(|c| (c.caller(), c.callee(), c.port().unwrap(), c.protocol, c.original.source_port.unwrap()))
            .collect();
        assert_eq!(seen, expected, "{name}");
        assert_eq!(new.len(), expected.len(), "{name}: each once");
        assert!(new.iter().all(|connection| connection.answered == Some(false)), "{name}");

        // What the program printed of the same events says the same; its clock was read a little later.
        let text = connections(Format::Conntrack, &format!("conntrack/{name}.conntrack-E.txt"));
        let key = |c: &Connection| {
            (c.event, c.protocol, c.original, c.reply, c.id, c.answered, c.packets.filter(|packets| *packets > 0))
        };
        let [mut text, mut binary]: [Vec<_>; 2] = [text.iter().map(key).collect(), binary.iter().map(key).collect()];
        text.sort();
        binary.sort();
        assert_eq!(text, binary, "{name}");
    }
}
