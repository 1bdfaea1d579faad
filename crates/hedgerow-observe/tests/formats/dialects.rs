//! What chains mean, over rules written by hand in the shape of each release: for what the recordings do not hold.

use crate::support::read;
use hedgerow_observe::{Direction, Family, Fault, Format, Notice, Record, Role, RuleCounter, Step, Tally};

fn counters(format: Format, text: &str) -> (Vec<RuleCounter>, Tally) {
    let (records, tally) = read(format, text.as_bytes());
    let counters = records
        .into_iter()
        .map(|record| match record {
            Record::Counter(counter) => counter,
            other => panic!("{other:?}"),
        })
        .collect();
    (counters, tally)
}

/// `<what> <action> <packets>`, a line a rule.
fn short(counters: &[RuleCounter]) -> Vec<String> {
    counters
        .iter()
        .map(|counter| {
            let what = match &counter.role {
                Role::Policy { policy, direction, rule } => {
                    let policy = policy.as_ref().map_or("?".to_owned(), |policy| {
                        format!("{:?} {}/{}", policy.kind, policy.namespace.as_deref().unwrap_or("-"), policy.name)
                    });
                    let rule = rule.map_or("-".to_owned(), |rule| rule.to_string());
                    format!("{policy} {}#{rule}", if *direction == Direction::Ingress { "in" } else { "out" })
                }
                Role::Group { direction } => format!("group {direction:?}"),
                Role::Profile { profile, .. } => format!("profile {profile}"),
                Role::Endpoint { interface, direction, host, step } => {
                    let step = match step {
                        Step::EndOfTier(tier) => format!("end of {}", tier.as_deref().unwrap_or("?")),
                        Step::StartOfTier(tier) => format!("start of {}", tier.as_deref().unwrap_or("?")),
                        Step::Into(chain) => format!("into {chain}"),
                        Step::Accepted(chain) => format!("accepted by {}", chain.as_deref().unwrap_or("?")),
                        other => format!("{other:?}"),
                    };
                    format!("{}{interface} {direction:?} {step}", if *host { "host " } else { "" })
                }
            };
            format!("{what} {:?} {}", counter.action, counter.packets)
        })
        .collect()
}

/// An endpoint's chain, which says what the marks mean.
const ENDPOINT: &str = r#"[1:1] -A cali-tw-calix -m comment --comment "cali:a" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
[2:2] -A cali-tw-calix -m comment --comment "cali:b" -m conntrack --ctstate INVALID -j DROP
[3:3] -A cali-tw-calix -m comment --comment "cali:c" -j MARK --set-xmark 0x0/0x30000
[4:4] -A cali-tw-calix -m comment --comment "cali:d" -m comment --comment "Start of policies" -j MARK --set-xmark 0x0/0x20000
[5:5] -A cali-tw-calix -m comment --comment "cali:e" -m mark --mark 0x0/0x20000 -j cali-gi-_group
[6:6] -A cali-tw-calix -m comment --comment "cali:f" -m comment --comment "Return if policy accepted" -m mark --mark 0x10000/0x10000 -j RETURN
[7:7] -A cali-tw-calix -m comment --comment "cali:g" -m comment --comment "Reject if no policies passed packet" -m mark --mark 0x0/0x20000 -j REJECT --reject-with icmp-port-unreachable
[8:8] -A cali-tw-calix -m comment --comment "cali:h" -j cali-pri-kns.bank
[9:9] -A cali-tw-calix -m comment --comment "cali:i" -m comment --comment "Return if profile accepted" -m mark --mark 0x10000/0x10000 -j RETURN
[10:10] -A cali-tw-calix -m comment --comment "cali:j" -m comment --comment "Reject if no profiles matched" -j REJECT --reject-with icmp-port-unreachable
"#;

#[test]
fn an_endpoint_s_chain_of_3_26_with_reject() {
    let (counters, tally) = counters(Format::IptablesSave, ENDPOINT);
    assert_eq!(tally.not_understood(), 0, "{tally:?}");
    assert_eq!(
        short(&counters),
        [
            "calix Ingress Established Allow 1",
            "calix Ingress Invalid Deny 2",
            "calix Ingress Other Mark 3",
            "calix Ingress start of ? Mark 4",
            "calix Ingress into cali-gi-_group Jump 5",
            "calix Ingress accepted by cali-gi-_group Allow 6",
            "calix Ingress end of ? Deny 7",
            "calix Ingress into cali-pri-kns.bank Jump 8",
            "calix Ingress ProfileAccepted Allow 9",
            "calix Ingress NoProfile Deny 10",
        ]
    );
}

/// Several tiers, tunnels, a tier of staged policies only, a host's chain, a group, an egress policy, annotations.
#[test]
fn chains_of_other_kinds() {
    let text = r#"*filter
[1:1] -A cali-fw-calix -p udp -m comment --comment "cali:a" -m comment --comment "Drop VXLAN encapped packets originating in workloads" -m multiport --dports 4789 -j DROP
[2:2] -A cali-fw-calix -m comment --comment "cali:b" -m comment --comment "Start of tier kube-admin" -j MARK --set-xmark 0x0/0x20000
[3:3] -A cali-fw-calix -m comment --comment "cali:c" -m mark --mark 0x0/0x20000 -j cali-po-kcnp/top
[4:4] -A cali-fw-calix -m comment --comment "cali:d" -m comment --comment "Return if policy accepted" -m mark --mark 0x10000/0x10000 -j RETURN
[5:5] -A cali-fw-calix -m comment --comment "cali:e" -m comment --comment "Start of tier default" -j MARK --set-xmark 0x0/0x20000
[6:6] -A cali-fw-calix -m comment --comment "cali:f" -m mark --mark 0x0/0x20000 -j NFLOG --nflog-prefix "PPE|default" --nflog-group 2 --nflog-size 80
[7:7] -A cali-fhfw-eth0 -m comment --comment "cali:g" -m comment --comment "End of tier default. Drop if no policies passed packet" -m mark --mark 0x0/0x20000 -j DROP
[8:8] -A cali-gi-_group -m comment --comment "cali:h" -j cali-pi-np/a/b
[9:9] -A cali-gi-_group -m comment --comment "cali:i" -m comment --comment "Return on verdict" -m mark ! --mark 0x0/0x30000 -j RETURN
[10:10] -A cali-po-kcnp/top -m comment --comment cali:j -m comment --comment edge=s-ledger -m comment --comment "KubernetesClusterNetworkPolicy top egress" -m comment --comment "why=two words" -j MARK --set-xmark 0x20000/0x20000
COMMIT
*mangle
[11:11] -A cali-pi-np/a/b -m comment --comment "cali:k" -m comment --comment "NetworkPolicy a/b ingress" -j MARK --set-xmark 0x10000/0x10000
COMMIT
"#;
    let (counters, tally) = counters(Format::IptablesSave, text);
    assert_eq!(tally.not_understood(), 0, "{tally:?}");
    assert_eq!(
        short(&counters),
        [
            "calix Egress Other Deny 1",
            "calix Egress start of kube-admin Mark 2",
            "calix Egress into cali-po-kcnp/top Jump 3",
            "calix Egress accepted by cali-po-kcnp/top Allow 4",
            "calix Egress start of default Mark 5",
            "calix Egress end of default Pass 6",
            "host eth0 Ingress end of default Deny 7",
            "group Ingress Jump 8",
            "group Ingress Return 9",
            "ClusterNetworkPolicy -/top out#0 Pass 10",
        ],
        "chains of other tables than filter are of no interest"
    );
    let annotations: Vec<_> = counters[9].annotations.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    assert_eq!(annotations, ["edge: s-ledger", "why: two words"]);
}

/// Verdicts are counted once each, and belong to the right rule of the policy.
#[test]
fn verdicts_of_policies() {
    let rule = |counters: &str, rest: &str| {
        format!("[{counters}:0] -A cali-pi-p -m comment --comment \"cali:{counters}\" {rest}\n")
    };
    let head = "-m comment --comment \"Policy bank/default.p ingress\" ";
    let marked = |bit: &str| format!("-m mark --mark {bit}/{bit} ");
    let set = |bit: &str| format!("-j MARK --set-xmark {bit}/{bit}");
    // From 3.30: deny is a mark, then a drop.
    let since_3_30 = [
        rule("1", &format!("{head}-p tcp {}", set("0x10000"))),
        rule("2", &format!("{}-j RETURN", marked("0x10000"))),
        rule("3", &format!("-p udp {}", set("0x40000"))),
        rule("4", &format!("{}-j DROP", marked("0x40000"))),
        rule("5", "-j LOG --log-prefix \"x: \" --log-level 5"),
        rule("6", &format!("-s 10.0.0.0/8 {}", set("0x20000"))),
        rule("7", &format!("{}-j RETURN", marked("0x20000"))),
        rule("8", &set("0x10000")),
        // "Not marked" carries out nothing.
        rule("9", "-m mark ! --mark 0x10000/0x10000 -j DROP"),
    ]
    .concat();
    let (found, tally) = counters(Format::IptablesSave, &format!("{since_3_30}{ENDPOINT}"));
    assert_eq!(tally.not_understood(), 0, "{tally:?}");
    assert!(tally.notices.is_empty());
    let p = |rule: u32, rest: &str| format!("CalicoNetworkPolicy bank/p in#{rule} {rest}");
    assert_eq!(
        short(&found)[..9],
        [
            p(0, "Allow 1"),
            p(0, "Return 2"),
            p(1, "Deny 3"),
            p(1, "Carry 4"),
            p(2, "Log 5"),
            p(3, "Pass 6"),
            p(3, "Return 7"),
            p(4, "Allow 8"),
            p(5, "Deny 9")
        ]
    );
    // Up to 3.28: deny is one rule. Many addresses: marks that are no verdict, with bits that later are the deny mark's.
    let up_to_3_28 = [
        rule("1", &format!("{head}-j MARK --set-xmark 0x0/0xc0000")),
        rule("2", &format!("-s 10.0.0.0/8 {}", set("0x40000"))),
        rule("3", &format!("-s 11.0.0.0/8 {}", set("0x40000"))),
        rule("4", &format!("{}-j DROP", marked("0x40000"))),
        rule("5", "-p tcp -j DROP"),
        rule("6", "-j LOG --log-prefix \"x: \" --log-level 5"),
    ]
    .concat();
    let (found, _) = counters(Format::IptablesSave, &format!("{up_to_3_28}{ENDPOINT}"));
    assert_eq!(
        short(&found)[..6],
        [p(0, "Mark 1"), p(0, "Mark 2"), p(0, "Mark 3"), p(0, "Deny 4"), p(1, "Deny 5"), p(2, "Log 6")]
    );
    // Flow logs: the copy carries the number. A policy's rule can be several here, and one that is for IPv6 only is missing.
    let copy = |what: &str| format!("-j NFLOG --nflog-prefix \"{what}|np/bank/p\" --nflog-group 1");
    let with_flow_logs = [
        rule("1", &format!("{head}-p tcp -m multiport --dports 1,2 {}", set("0x10000"))),
        rule("2", &format!("{}{}", marked("0x10000"), copy("API1"))),
        rule("3", &format!("{}-j RETURN", marked("0x10000"))),
        rule("4", &format!("-p tcp -m multiport --dports 3,4 {}", set("0x10000"))),
        rule("5", &format!("{}{}", marked("0x10000"), copy("API1"))),
        rule("6", &format!("{}-j RETURN", marked("0x10000"))),
        rule("7", &set("0x80000")),
        rule("8", &format!("{}{}", marked("0x80000"), copy("DPI3"))),
        rule("9", &format!("{}-j DROP", marked("0x80000"))),
    ]
    .concat();
    let (found, _) = counters(Format::IptablesSave, &format!("{with_flow_logs}{ENDPOINT}"));
    assert_eq!(
        short(&found)[..9],
        [
            p(1, "Allow 1"),
            p(1, "Copy 2"),
            p(1, "Return 3"),
            p(1, "Allow 4"),
            p(1, "Copy 5"),
            p(1, "Return 6"),
            p(3, "Deny 7"),
            p(3, "Copy 8"),
            p(3, "Carry 9")
        ]
    );
}

/// `iptablesMarkMask` can be anything: the marks are learned, before or after the policies.
#[test]
fn marks_are_learned() {
    let policy = "[5:5] -A cali-pi-_hash -m comment --comment \"cali:z\" -m comment --comment \"Policy bank/default.p ingress\" -j MARK --set-xmark 0x200/0x200\n";
    let endpoint = ENDPOINT
        .replace("0x10000/0x10000", "0x100/0x100")
        .replace("0x0/0x20000", "0x0/0x200")
        .replace("0x0/0x30000", "0x0/0x300");
    for text in [format!("{policy}{endpoint}"), format!("{endpoint}{policy}")] {
        let (found, tally) = counters(Format::IptablesSave, &text);
        assert!(short(&found).contains(&"CalicoNetworkPolicy bank/p in#0 Pass 5".to_owned()), "{:?}", short(&found));
        assert!(tally.notices.is_empty(), "{tally:?}");
    }
    // Alone it says nothing: a default is taken, and said.
    let alone = policy.replace("0x200", "0x10000");
    let (found, tally) = counters(Format::IptablesSave, &alone);
    assert_eq!(short(&found), ["CalicoNetworkPolicy bank/p in#0 Allow 5"]);
    assert_eq!(tally.notices.keys().collect::<Vec<_>>(), [&Notice::MarksAssumed]);
}

#[test]
fn a_policy_that_is_not_named_is_counted_and_said() {
    let rule =
        |chain: &str, comment: &str| format!("[5:5] -A {chain} -m comment --comment \"cali:z\" {comment}-j LOG\n");
    let (found, tally) = counters(Format::IptablesSave, &rule("cali-pi-_hash", ""));
    assert_eq!((short(&found), tally.faults[&Fault::UnnamedChain].count), (vec!["? in#0 Log 5".to_owned()], 1));
    // A plain name of the chain helps where the comment is missing; a comment of the other direction does not.
    let (found, tally) = counters(
        Format::IptablesSave,
        &rule("cali-po-knp/bank/s-ledger", "-m comment --comment \"Policy bank/default.x ingress\" "),
    );
    assert_eq!(
        (short(&found), tally.not_understood()),
        (vec!["KubernetesNetworkPolicy bank/s-ledger out#0 Log 5".to_owned()], 0)
    );
}

/// nftables cuts comments at 128 bytes, fewer for a rule with annotations: the chain's name is whole.
#[test]
fn nftables_names_chains_in_full() {
    let long = "a-very-long-name-of-a-policy-".repeat(5);
    for (chain, expected) in [
        (format!("knp/bank/{long}"), format!("KubernetesNetworkPolicy bank/{long} in#0 Allow 3")),
        (format!("default/bank/default.{long}"), format!("CalicoNetworkPolicy bank/{long} in#0 Allow 3")),
        (format!("default/default.{long}"), format!("GlobalNetworkPolicy -/{long} in#0 Allow 3")),
    ] {
        let comment: String = format!("cali:abcdefghijklmnop; edge=s-ledger KubernetesNetworkPolicy bank/{long}")
            .chars()
            .take(128)
            .collect();
        let text = format!(
            "table ip calico {{\n\tchain filter-cali-pi-{chain} {{\n\t\tcounter packets 3 bytes 4 meta mark set meta mark | 0x00010000 comment \"{comment}\"\n\t}}\n\tchain raw-cali-pi-{chain} {{\n\t\tcounter packets 9 bytes 9 drop\n\t}}\n}}\n"
        );
        let (found, tally) = counters(Format::Nft, &text);
        assert_eq!((short(&found), tally.not_understood()), (vec![expected], 0), "{tally:?}");
        assert_eq!((found[0].family, found[0].hash.as_deref()), (Family::V4, Some("abcdefghijklmnop")));
        assert_eq!(found[0].annotations["edge"], "s-ledger");
    }
    // A tier's end, with a policy before it, in the words of a newer nft.
    let text = r#"table ip6 calico {
	map filter-cali-to-wl-dispatch {
		type ifname : verdict
		elements = { "calix" : goto filter-cali-tw-calix }
	}
	chain filter-cali-tw-calix {
		meta mark & 0x00020000 == 0x00000000 counter packets 5 bytes 5 jump filter-cali-pi-np/bank/p comment "cali:a;"
		meta mark & 0x00010000 != 0x00000000 counter packets 3 bytes 3 return comment "cali:b; Return if policy accepted"
		meta mark & 0x00020000 == 0x00000000 counter packets 2 bytes 2 drop comment "cali:c; End of tier default. Drop if no policies passed packet"
	}
}
"#;
    let (found, tally) = counters(Format::Nft, text);
    assert_eq!(tally.not_understood(), 0, "{tally:?}");
    assert_eq!(
        short(&found),
        [
            "calix Ingress into cali-pi-np/bank/p Jump 5",
            "calix Ingress accepted by cali-pi-np/bank/p Allow 3",
            "calix Ingress end of default Deny 2"
        ]
    );
    assert!(found.iter().all(|counter| counter.family == Family::V6));
}

#[test]
fn what_iptables_save_says_beside_its_rules() {
    for (text, fault, notice) in [
        ("*filter\n-A cali-tw-x -m comment --comment \"cali:a\" -j ACCEPT\nCOMMIT\n", Some(Fault::NoCounters), None),
        ("*filter\n[1:1] -A cali-tw-x -m comment --comment \"cali:a\" -j ACCEPT\n", Some(Fault::Truncated), None),
        ("*filter\n[1:1] -A cali-tw-x -m comment --comment \"cali:a\nCOMMIT\n", Some(Fault::Truncated), None),
        ("[1:x] -A cali-tw-x -j ACCEPT\n", Some(Fault::Value), None),
        ("[1:1] -A cali-tw-x -m mark --mark 0xzz/0x1 -j ACCEPT\n", Some(Fault::Truncated), None),
        ("Chain INPUT (policy ACCEPT)\n", Some(Fault::Shape), None),
        (
            "# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n",
            None,
            Some(Notice::OtherFlavour),
        ),
        ("-A INPUT -j ACCEPT\n[1:1] -A KUBE-FORWARD -j ACCEPT\n", None, None),
    ] {
        let (_, tally) = read(Format::IptablesSave, text.as_bytes());
        assert_eq!(tally.faults.keys().copied().collect::<Vec<_>>(), fault.into_iter().collect::<Vec<_>>(), "{text}");
        assert_eq!(tally.notices.keys().copied().collect::<Vec<_>>(), notice.into_iter().collect::<Vec<_>>(), "{text}");
    }
    let six = "# Generated by ip6tables-save v1.8.9 on Sat Nov 28 05:00:44 2026\n*filter\n[1:1] -A cali-tw-x -j ACCEPT\nCOMMIT\n";
    assert_eq!(counters(Format::IptablesSave, six).0[0].family, Family::V6);
}
