//! The example bank as pods in network namespaces, with rules of Felix's shape in front of them.

use crate::observer::{hedgerow, make_pod};
use hedgerow_testcluster::{Cluster, Said, User, repository};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Beside what the tests of the node part need.
pub(crate) const PROGRAMS: [&str; 8] =
    ["unshare", "ip", "bash", "iptables-nft-restore", "sysctl", "sha1sum", "curl", "openssl"];

/// One pod: its service (`canary` has none), where it is, and what it wears.
#[derive(Debug, Clone)]
struct Pod {
    service: String,
    namespace: String,
    name: String,
    address: String,
    interface: String,
    labels: BTreeMap<String, String>,
}

/// The bank. Its pods' network namespaces are gone when this is.
pub(crate) struct Bank {
    fleet: PathBuf,
    pods: RefCell<Vec<Pod>>,
    prefix: String,
}

/// Puts objects where they say that they belong.
pub(crate) fn apply(admin: &User, manifests: &str) {
    admin.kubectl_with(&["apply", "--server-side", "-f", "-"], manifests).text();
}

fn sh(script: &str) -> String {
    Said::of(Command::new("bash").args(["-euc", script]), b"").text()
}

impl Bank {
    /// The node's own address.
    pub(crate) const NODE_ADDRESS: &'static str = "10.77.255.1";

    /// A copy of the fleet, and a pod for each of its services beside one that wears nothing.
    pub(crate) fn new(directory: &Path) -> Self {
        let fleet = directory.join("bank");
        let bank = repository().join("testdata/bank");
        sh(&format!("cp -r '{}' '{}'", bank.display(), fleet.display()));
        sh(&format!(
            "ip link set lo up; ip addr add {}/32 dev lo; sysctl -qw net.ipv4.ip_forward=1 net.netfilter.nf_conntrack_acct=1",
            Self::NODE_ADDRESS
        ));
        let bank = Self { fleet, pods: RefCell::default(), prefix: format!("hedgerow-whole-{}", std::process::id()) };
        let catalogue: Value = serde_json::from_str(&bank.catalogue()).unwrap();
        let mut pods = vec![("canary".to_owned(), "hedgerow-observer".to_owned(), BTreeMap::new())];
        for (service, entry) in catalogue["services"].as_object().unwrap() {
            let mut labels: BTreeMap<String, String> = serde_json::from_value(entry["labels"].clone()).unwrap();
            labels.extend(bank.labels(service));
            pods.push((service.clone(), entry["namespace"].as_str().unwrap().to_owned(), labels));
        }
        for (number, (service, namespace, labels)) in pods.into_iter().enumerate() {
            let name = service.rsplit('.').next().unwrap().to_owned();
            let sum = sh(&format!("printf %s '{namespace}.{name}' | sha1sum"));
            let pod = Pod {
                address: format!("10.77.0.{}", number + 10),
                // As Calico names it.
                interface: format!("cali{}", &sum[..11]),
                service,
                namespace,
                name,
                labels,
            };
            bank.plug_in(&pod);
            bank.pods.borrow_mut().push(pod);
        }
        bank
    }

    fn plug_in(&self, pod: &Pod) {
        let (netns, Pod { interface, address, .. }) = (self.netns(&pod.service), pod);
        sh(&format!(
            "ip netns add {netns}; ip link add {interface} type veth peer name eth0 netns {netns}; ip link set {interface} up
             ip addr add 169.254.1.1/32 dev {interface}; ip route add {address}/32 dev {interface}; sysctl -qw net.ipv4.conf.{interface}.proxy_arp=1
             ip -n {netns} link set lo up; ip -n {netns} link set eth0 up; ip -n {netns} addr add {address}/32 dev eth0
             ip -n {netns} route add 169.254.1.1 dev eth0; ip -n {netns} route add default via 169.254.1.1 dev eth0"
        ));
    }

    pub(crate) fn netns(&self, service: &str) -> String {
        format!("{}-{}", self.prefix, service.replace('.', "-"))
    }

    pub(crate) fn size(&self) -> usize {
        self.pods.borrow().len()
    }

    pub(crate) fn address(&self, service: &str) -> String {
        self.pods.borrow().iter().find(|pod| pod.service == service).unwrap().address.clone()
    }

    fn hedgerow(&self, arguments: &[&str]) -> String {
        hedgerow(&[&["-C", self.fleet.to_str().unwrap()], arguments].concat())
    }

    fn catalogue(&self) -> String {
        self.hedgerow(&["catalogue", "--env", "prod", "--rules"])
    }

    /// As a ConfigMap that is mounted is changed: by a rename.
    pub(crate) fn write_catalogue(&self, path: &str) {
        std::fs::write(format!("{path}.new"), self.catalogue()).unwrap();
        std::fs::rename(format!("{path}.new"), path).unwrap();
    }

    fn labels(&self, service: &str) -> BTreeMap<String, String> {
        let text = self.hedgerow(&["labels", service, "--env", "prod"]);
        let pairs = text.lines().map(|line| line.split_once('=').unwrap());
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    /// Puts pods and policies into the API server, and rules in front of the pods.
    pub(crate) fn deploy(&self, cluster: &Cluster, node: &str) {
        let admin = cluster.admin();
        for namespace in ["bank", "dmz", "hedgerow-observer"] {
            cluster.namespace(namespace);
        }
        cluster.install_calico_kinds();
        let addresses =
            json!({"status": {"addresses": [{"type": "InternalIP", "address": Self::NODE_ADDRESS}]}}).to_string();
        admin.apply("", &json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": node}}).to_string()).text();
        let path = format!("/api/v1/nodes/{node}/status");
        assert!(admin.request("PATCH", &path, "application/merge-patch+json", &addresses, None).is_granted());
        for what in [&[][..], &["--platform"]] {
            apply(&admin, &self.hedgerow(&[&["render", "--env", "prod"], what].concat()));
        }
        // The canary's pod is made with its token.
        for pod in self.pods.borrow().iter().filter(|pod| pod.service != "canary") {
            make_pod(&admin, &pod.namespace, &pod.name, node, &pod.address, &json!(pod.labels));
        }
        self.felix();
    }

    /// Adds a rule file.
    pub(crate) fn add_rule(&self, caller: &str, callee: &str) {
        let egress = self.fleet.join(caller).join("egress");
        std::fs::create_dir_all(&egress).unwrap();
        std::fs::write(egress.join(format!("{callee}.rule")), "").unwrap();
    }

    /// Deploys a service: its pod wears what the rules give it, and Felix does its work.
    pub(crate) fn wear(&self, cluster: &Cluster, service: &str) {
        let labels = self.labels(service);
        let mut pods = self.pods.borrow_mut();
        let pod = pods.iter_mut().find(|pod| pod.service == service).unwrap();
        pod.labels.extend(labels);
        let patch = json!({"metadata": {"labels": pod.labels}}).to_string();
        let path = format!("/api/v1/namespaces/{}/pods/{}", pod.namespace, pod.name);
        assert!(cluster.admin().request("PATCH", &path, "application/merge-patch+json", &patch, None).is_granted());
        drop(pods);
        self.felix();
    }

    /// One call of TCP to port 8080. Nobody listens: a refusal is an answer, too, and a dropped call has none. Whether there was one.
    pub(crate) fn call(&self, caller: &str, callee: &str) -> bool {
        let address = self.address(callee);
        // Given up before the kernel tries again after a second; the time runs from when the shell is up.
        let script = format!(
            "(sleep 0.8; kill -9 $$) & timer=$!; {{ exec 3<>/dev/tcp/{address}/8080; }} 2>/dev/null; kill $timer; exit 0"
        );
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.netns(caller), "bash", "-c", &script]);
        Said::of(&mut command, b"").code == 0
    }

    /// What Felix makes of the policies of two services: `service.payment` in `audit` by a backstop that logs and allows, `service.ledger` in `enforce`
    /// by one that logs. Whoever wears the label comes in first.
    fn felix(&self) {
        let mut rules = "*filter\n:FORWARD ACCEPT [0:0]\n".to_owned();
        let mut body = String::new();
        let pods = self.pods.borrow();
        for (slug, service, is_enforced) in
            [("s-payment", "service.payment", false), ("s-ledger", "service.ledger", true)]
        {
            let pod = pods.iter().find(|pod| pod.service == service).unwrap();
            let (chain, policy) = (format!("cali-tw-{}", pod.interface), format!("cali-pi-_{slug}"));
            let backstop = format!("cali-pi-_{slug}-b");
            for name in [&chain, &policy, &backstop] {
                writeln!(rules, ":{name} - [0:0]").unwrap();
            }
            let wears = |pod: &&Pod| {
                let key = format!("bank.example/egress-{slug}");
                let is_caller = pod.labels.keys().any(|label| *label == key || label.starts_with(&format!("{key}.")));
                is_caller || pod.labels.get("bank.example/service-type").is_some_and(|kind| kind == "monitoring")
            };
            let mark = "-j MARK --set-xmark 0x10000/0x10000";
            let comment =
                |text: &str| format!("-m comment --comment \"cali:{slug:_<16}\" -m comment --comment \"{text}\"");
            let first = comment(&format!("Policy bank/knp.default.{slug} ingress"));
            writeln!(body, "-A {policy} {first} -s 10.77.255.255/32 {mark}").unwrap();
            for caller in pods.iter().filter(wears) {
                writeln!(body, "-A {policy} -s {}/32 -p tcp {mark}", caller.address).unwrap();
            }
            let first = comment(&format!("Policy bank/default.{slug}-backstop ingress"));
            writeln!(body, "-A {backstop} {first} -j LOG --log-prefix \"calico-packet: \" --log-level 5").unwrap();
            if !is_enforced {
                writeln!(body, "-A {backstop} -m comment --comment \"cali:second__________\" {mark}").unwrap();
            }
            let unmarked = "-m mark --mark 0x0/0x20000";
            let accepted = comment("Return if policy accepted");
            let is_accepted = format!("{accepted} -m mark --mark 0x10000/0x10000 -j RETURN");
            writeln!(body, "-A FORWARD -o {} -g {chain}", pod.interface).unwrap();
            writeln!(body, "-A {chain} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT").unwrap();
            writeln!(body, "-A {chain} -j MARK --set-xmark 0x0/0x30000").unwrap();
            writeln!(body, "-A {chain} {} -j MARK --set-xmark 0x0/0x20000", comment("Start of tier default")).unwrap();
            writeln!(body, "-A {chain} {unmarked} -j {policy}\n-A {chain} {is_accepted}").unwrap();
            writeln!(body, "-A {chain} {unmarked} -j {backstop}\n-A {chain} {is_accepted}").unwrap();
            let end = comment("End of tier default. Drop if no policies passed packet");
            writeln!(body, "-A {chain} {end} {unmarked} -j DROP").unwrap();
        }
        rules += &body;
        rules += "COMMIT\n";
        let said = Said::of(&mut Command::new("iptables-nft-restore"), rules.as_bytes());
        assert_eq!(said.code, 0, "{}\n{rules}", said.stderr);
    }
}

impl Drop for Bank {
    fn drop(&mut self) {
        for pod in self.pods.borrow().iter() {
            let _gone = Command::new("ip").args(["netns", "del", &self.netns(&pod.service)]).status();
        }
    }
}
