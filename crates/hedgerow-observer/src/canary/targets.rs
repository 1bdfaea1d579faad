//! Whom the canary calls, and where. Pure.

use hedgerow_observe::Protocol;
use hedgerow_observe::fleet::Fleet;
use std::collections::{BTreeMap, BTreeSet};

/// One callee: where the canary calls it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    /// The service's name in the catalogue.
    pub(crate) callee: String,
    /// `HOST:PORT`; an address of IPv6 in brackets.
    pub(crate) place: String,
    /// The port.
    pub(crate) port: u16,
    /// A person said so, rather than the template. Such a callee is told of even where its name leads nowhere.
    pub(crate) is_named: bool,
}

/// `--call SERVICE=HOST:PORT`.
///
/// # Errors
/// When it is not of this form.
pub(crate) fn parse_call(text: &str) -> Result<(String, String, u16), String> {
    let form = || "write it as SERVICE=HOST:PORT".to_owned();
    let (callee, place) = text.split_once('=').ok_or_else(form)?;
    let (host, port) = place.rsplit_once(':').ok_or_else(form)?;
    let is_bracketed = host.starts_with('[') && host.ends_with(']');
    let is_host =
        is_bracketed && host.len() > 2 || !is_bracketed && !host.is_empty() && !host.contains([':', '[', ']', '/']);
    let port: u16 = port.parse().ok().filter(|port| *port > 0).ok_or_else(form)?;
    if callee.is_empty() || !is_host || host.contains(char::is_whitespace) {
        return Err(form());
    }
    Ok((callee.to_owned(), place.to_owned(), port))
}

/// What stands for what in the template of hosts.
const PLACEHOLDERS: [&str; 5] = ["{service}", "{dashed}", "{short}", "{slug}", "{namespace}"];

/// Looks whether a template of hosts can be filled in.
///
/// # Errors
/// When it has a placeholder that there is not, or none that tells services apart.
pub(crate) fn parse_template(text: &str) -> Result<String, String> {
    let known = format!("there are {}", PLACEHOLDERS.join(", "));
    let rest = PLACEHOLDERS.iter().fold(text.to_owned(), |rest, placeholder| rest.replace(placeholder, ""));
    if rest.contains(['{', '}', ':', '/']) || rest.contains(char::is_whitespace) {
        return Err(format!("a host, without a port; of placeholders {known}"));
    }
    if !PLACEHOLDERS[..4].iter().any(|placeholder| text.contains(placeholder)) {
        return Err(format!("it is the same host for every service; {known}"));
    }
    Ok(text.to_owned())
}

/// Everybody who is called: services of the catalogue that have a port of TCP, at the host that the template makes, and those that are named.
/// Without `only`, all of the catalogue.
pub(crate) fn targets(
    fleet: Option<&Fleet>,
    template: &str,
    named: &[(String, String, u16)],
    only: &BTreeSet<String>,
    skip: &BTreeSet<String>,
) -> Vec<Target> {
    let mut targets = BTreeMap::new();
    for service in fleet.into_iter().flat_map(Fleet::services) {
        let tcp = service.ports.iter().find(|port| port.protocol == Protocol::TCP && port.number > 0);
        let (Some(port), true) = (tcp, only.is_empty() || only.contains(&*service.name)) else { continue };
        let short = service.name.rsplit('.').next().unwrap_or_default();
        let host = template
            .replace("{service}", &service.name)
            .replace("{dashed}", &service.name.replace('.', "-"))
            .replace("{short}", short)
            .replace("{slug}", &service.slug)
            .replace("{namespace}", &service.namespace);
        let callee = service.name.to_string();
        let target = Target {
            callee: callee.clone(),
            place: format!("{host}:{}", port.number),
            port: port.number,
            is_named: false,
        };
        targets.insert(callee, target);
    }
    for (callee, place, port) in named {
        let target = Target { callee: callee.clone(), place: place.clone(), port: *port, is_named: true };
        targets.insert(callee.clone(), target);
    }
    targets.into_values().filter(|target| !skip.contains(&target.callee)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls() {
        for (text, expected) in [
            ("service.ledger=ledger.bank.svc:8080", Some(("service.ledger", "ledger.bank.svc:8080", 8080))),
            ("a=10.0.0.1:1", Some(("a", "10.0.0.1:1", 1))),
            ("a=[fd00::1]:65535", Some(("a", "[fd00::1]:65535", 65535))),
            ("a=fd00::1:80", None),
            ("a=[]:80", None),
            ("a=:80", None),
            ("=b:80", None),
            ("a=b", None),
            ("a=b:0", None),
            ("a=b:65536", None),
            ("a=http://b:80", None),
            ("a=b c:80", None),
            ("b:80", None),
            ("", None),
        ] {
            let got = parse_call(text).ok();
            let got = got.as_ref().map(|(callee, place, port)| (callee.as_str(), place.as_str(), *port));
            assert_eq!(got, expected, "{text}");
        }
    }

    #[test]
    fn templates() {
        for (text, is_one) in [
            ("{short}.{namespace}.svc", true),
            ("{slug}", true),
            ("{dashed}.x", true),
            ("{service}", true),
            ("{namespace}.svc", false),
            ("ledger", false),
            ("", false),
            ("{name}.svc", false),
            ("{short}:80", false),
            ("http://{short}", false),
            ("{short} x", false),
            ("{short", false),
        ] {
            assert_eq!(parse_template(text).is_ok(), is_one, "{text}");
        }
    }

    /// Three services as `hedgerow catalogue` writes them: with a port, with a port of UDP first, without any.
    fn fleet() -> Fleet {
        let service = |slug: &str, ports: &str| {
            format!(
                r#"{{"slug":"{slug}","namespace":"bank","labels":{{"bank.example/routing-name":"{slug}"}},"ports":{ports},"stages":{{"prod":"audit"}}}}"#
            )
        };
        let text = format!(
            r#"{{"version":1,"digest":"sha256:{}","domain":"bank.example","identity":"bank.example/routing-name","namespaces":["bank"],"types":{{}},"services":{{"cron.interest":{},"service.dns":{},"service.ledger":{}}}}}"#,
            "0".repeat(64),
            service("c-interest", r#""none""#),
            service("s-dns", r#"[{"port":53,"protocol":"UDP"},{"port":5353,"protocol":"TCP"}]"#),
            service("s-ledger", r#"[{"name":"http","port":8080,"protocol":"TCP"}]"#)
        );
        let reading = Fleet::read("catalogue.json", &text, None);
        reading.fleet.unwrap_or_else(|| panic!("{:?}", reading.diagnostics))
    }

    fn places(named: &[&str], only: &[&str], skip: &[&str], template: &str) -> Vec<String> {
        let named: Vec<_> = named.iter().map(|text| parse_call(text).unwrap()).collect();
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let targets = targets(Some(&fleet()), template, &named, &set(only), &set(skip));
        targets.into_iter().map(|target| format!("{} {} {}", target.callee, target.place, target.port)).collect()
    }

    #[test]
    fn everybody_with_a_port_is_called_where_the_template_or_a_person_says() {
        let all = ["service.dns dns.bank.svc:5353 5353", "service.ledger ledger.bank.svc:8080 8080"];
        assert_eq!(places(&[], &[], &[], "{short}.{namespace}.svc"), all);
        assert_eq!(places(&[], &["service.dns"], &[], "{dashed}"), ["service.dns service-dns:5353 5353"]);
        assert_eq!(places(&[], &[], &["service.dns"], "{slug}"), ["service.ledger s-ledger:8080 8080"]);
        let named = ["service.ledger=10.0.0.1:80", "service.other=o:1"];
        assert_eq!(
            places(&named, &["service.dns"], &[], "{service}"),
            ["service.dns service.dns:5353 5353", "service.ledger 10.0.0.1:80 80", "service.other o:1 1"]
        );
        assert_eq!(places(&named, &[], &["service.other", "service.dns", "service.ledger"], "{slug}"), [""; 0]);
    }
}
