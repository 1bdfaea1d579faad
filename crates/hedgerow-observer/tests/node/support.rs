//! Network namespaces as node and pods, and what runs in them.

use std::io::Write;
use std::process::{Command, Stdio};

const PROGRAMS: [&str; 8] =
    ["unshare", "ip", "bash", "iptables-nft-restore", "iptables-nft-save", "iptables-legacy-save", "nft", "conntrack"];

/// Runs the rest of a test in a network namespace of its own. False if this process is not the one in it.
pub(crate) fn in_namespace(test: &str) -> bool {
    crate::namespace::in_namespace(test, &PROGRAMS)
}

/// Runs a program with this input; its output.
pub(crate) fn run(program: &str, arguments: &[&str], input: &str) -> String {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let _closed = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn sh(script: &str) -> String {
    run("bash", &["-euc", script], "")
}

/// A node (this namespace) with two pods, `10.99.0.10` behind `calicaller00000` and `10.99.0.20` behind `calicallee00000`.
pub(crate) struct Pods {
    pub(crate) caller: String,
    pub(crate) callee: String,
}

impl Pods {
    pub(crate) fn new() -> Self {
        let name = |which: &str| format!("hedgerow-{}-{which}", std::process::id());
        let pods = Self { caller: name("caller"), callee: name("callee") };
        sh("ip link set lo up; sysctl -qw net.ipv4.ip_forward=1");
        for (netns, interface, address) in
            [(&pods.caller, "calicaller00000", "10.99.0.10"), (&pods.callee, "calicallee00000", "10.99.0.20")]
        {
            sh(&format!(
                "ip netns add {netns}; ip link add {interface} type veth peer name eth0 netns {netns}; ip link set {interface} up
                 ip addr add 169.254.1.1/32 dev {interface}; ip route add {address}/32 dev {interface}; sysctl -qw net.ipv4.conf.{interface}.proxy_arp=1
                 ip -n {netns} link set lo up; ip -n {netns} link set eth0 up; ip -n {netns} addr add {address}/32 dev eth0
                 ip -n {netns} route add 169.254.1.1 dev eth0; ip -n {netns} route add default via 169.254.1.1 dev eth0"
            ));
        }
        pods
    }

    /// One call of TCP. Nobody listens: a refusal is an answer, too, and a dropped call has none.
    pub(crate) fn call(&self, port: u16) {
        let _refused = Command::new("ip")
            .args(["netns", "exec", &self.caller, "bash", "-c", &once("10.99.0.20", port)])
            .stderr(Stdio::null())
            .status()
            .unwrap();
    }
}

/// A script of one try to connect. It is given up before the kernel tries again after a second, and the time runs from when the
/// shell is up: on a busy machine that alone can take longer.
pub(crate) fn once(address: &str, port: u16) -> String {
    format!("(sleep 0.8; kill -9 $$) & timer=$!; {{ exec 3<>/dev/tcp/{address}/{port}; }} 2>/dev/null; kill $timer")
}

impl Drop for Pods {
    fn drop(&mut self) {
        for netns in [&self.caller, &self.callee] {
            let _gone = Command::new("ip").args(["netns", "del", netns]).status();
        }
    }
}

/// Felix's shape in iptables: port 80 is permitted by rule, the rest meets the Calico policy of stage `audit`.
pub(crate) const IPTABLES: &str = r#"*filter
:FORWARD ACCEPT [0:0]
:cali-tw-calicallee00000 - [0:0]
:cali-pi-_hashed - [0:0]
:cali-pi-bank/default.s-led - [0:0]
-A FORWARD -o calicallee00000 -g cali-tw-calicallee00000
-A cali-pi-_hashed -p tcp -m comment --comment "cali:aaaaaaaaaaaaaaaa" -m comment --comment "Policy bank/knp.default.s-ledger ingress" -m multiport --dports 80,81 -j MARK --set-xmark 0x10000/0x10000
-A cali-pi-bank/default.s-led -m comment --comment "cali:bbbbbbbbbbbbbbbb" -m comment --comment "Policy bank/default.s-ledger ingress" -j LOG --log-prefix "hedgerow-PID: " --log-level 5
-A cali-pi-bank/default.s-led -m comment --comment "cali:cccccccccccccccc" -m comment --comment "edge=s-ledger" -j MARK --set-xmark 0x10000/0x10000
-A cali-pi-bank/default.s-led -m comment --comment "cali:dddddddddddddddd" -m mark --mark 0x10000/0x10000 -j NFLOG --nflog-prefix "API1|np/bank/s-ledger" --nflog-group 1 --nflog-size 80
-A cali-tw-calicallee00000 -m comment --comment "cali:eeeeeeeeeeeeeeee" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A cali-tw-calicallee00000 -m comment --comment "cali:ffffffffffffffff" -j MARK --set-xmark 0x0/0x30000
-A cali-tw-calicallee00000 -m comment --comment "cali:gggggggggggggggg" -m comment --comment "Start of tier default" -j MARK --set-xmark 0x0/0x20000
-A cali-tw-calicallee00000 -m comment --comment "cali:hhhhhhhhhhhhhhhh" -m mark --mark 0x0/0x20000 -j cali-pi-_hashed
-A cali-tw-calicallee00000 -m comment --comment "cali:iiiiiiiiiiiiiiii" -m comment --comment "Return if policy accepted" -m mark --mark 0x10000/0x10000 -j RETURN
-A cali-tw-calicallee00000 -p tcp -m comment --comment "cali:jjjjjjjjjjjjjjjj" -m mark --mark 0x0/0x20000 -m tcp ! --dport 99 -j cali-pi-bank/default.s-led
-A cali-tw-calicallee00000 -m comment --comment "cali:kkkkkkkkkkkkkkkk" -m comment --comment "Return if policy accepted" -m mark --mark 0x10000/0x10000 -j RETURN
-A cali-tw-calicallee00000 -m comment --comment "cali:llllllllllllllll" -m comment --comment "End of tier default. Drop if no policies passed packet" -m mark --mark 0x0/0x20000 -j DROP
COMMIT
"#;

/// The same as Felix writes it for nftables.
pub(crate) const NFTABLES: &str = r#"table ip calico {
	chain filter-cali-pi-knp/bank/s-ledger {
		tcp dport { 80, 81 } counter meta mark set meta mark | 0x00010000 comment "cali:aaaaaaaaaaaaaaaa; KubernetesNetworkPolicy bank/s-ledger ingress"
	}
	chain filter-cali-pi-np/bank/s-ledger {
		counter log prefix "hedgerow-PID: " level info comment "cali:bbbbbbbbbbbbbbbb; NetworkPolicy bank/s-ledger ingress"
		counter meta mark set meta mark | 0x00010000 comment "cali:cccccccccccccccc; edge=s-ledger"
		meta mark & 0x00010000 == 0x00010000 counter log prefix "API1|np/bank/s-ledger" group 1 snaplen 80 comment "cali:dddddddddddddddd;"
	}
	chain filter-cali-tw-calicallee00000 {
		ct state established,related counter accept comment "cali:eeeeeeeeeeeeeeee;"
		counter meta mark set meta mark & 0xfffcffff comment "cali:ffffffffffffffff;"
		counter meta mark set meta mark & 0xfffdffff comment "cali:gggggggggggggggg; Start of tier default"
		meta mark & 0x00020000 == 0x00000000 counter jump filter-cali-pi-knp/bank/s-ledger comment "cali:hhhhhhhhhhhhhhhh;"
		meta mark & 0x00010000 == 0x00010000 counter return comment "cali:iiiiiiiiiiiiiiii; Return if policy accepted"
		meta mark & 0x00020000 == 0x00000000 tcp dport != 99 counter jump filter-cali-pi-np/bank/s-ledger comment "cali:jjjjjjjjjjjjjjjj;"
		meta mark & 0x00010000 == 0x00010000 counter return comment "cali:kkkkkkkkkkkkkkkk; Return if policy accepted"
		meta mark & 0x00020000 == 0x00000000 counter drop comment "cali:llllllllllllllll; End of tier default. Drop if no policies passed packet"
	}
	chain filter-FORWARD {
		type filter hook forward priority filter; policy accept;
		oifname "calicallee00000" counter goto filter-cali-tw-calicallee00000
	}
}
"#;
