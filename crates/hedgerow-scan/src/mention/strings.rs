//! Texts of several words: commands, and the connection strings of drivers.

use super::{Named, pieces, token};
use crate::edge::Port;
use hedgerow_deploy::{Answer, Hosts, Partial};

/// A text with spaces: commands with URLs, and connection strings (`host=ledger user=x`, `Server=ledger;Database=y`).
pub(super) fn strings(text: &str, start: usize, hosts: &Hosts, found: &mut Vec<Named>) {
    let is_command = ["curl ", "wget ", "http ", "grpcurl "]
        .iter()
        .any(|word| text.starts_with(word) || text.contains(&format!(" {word}")));
    let mut at = 0;
    for (nth, word) in text.split([' ', '\t', ';', '\n']).enumerate() {
        let from = at;
        at += word.len() + 1;
        let word_text = word.trim_matches(['"', '\'']);
        if word_text.contains("://") {
            if is_command || nth == 0 {
                token(word_text, start + from, "", hosts, found);
            }
            continue;
        }
        // `one:6379,other:6379,password=x`, as StackExchange.Redis has it.
        let from = from + word.find(word_text).unwrap_or(0);
        for (at, pair) in pieces(word_text, ',') {
            let place = start + from + at;
            let Some((key, value)) = pair.split_once('=') else {
                if has_port(pair) || is_connection(word_text) {
                    token(pair, place, "", hosts, found);
                }
                continue;
            };
            let key_word = key.trim_start_matches('-').to_lowercase();
            let is_host = [
                "host",
                "hostname",
                "hostaddr",
                "server",
                "source",
                "addr",
                "address",
                "endpoint",
                "servers",
                "datasource",
            ]
            .contains(&key_word.as_str());
            if is_host {
                // `tcp:ledger,1433`
                let value = value.strip_prefix("tcp:").unwrap_or(value);
                let host = value.split(':').next().unwrap_or(value);
                // The port of a machine that is everybody's stands in another pair.
                let at_port = || match hosts.answers(&Partial::read(text)).into_iter().next()? {
                    Answer::Service(service, Some(_)) => Some(service),
                    _ => None,
                };
                if let Some(service) = hosts.service(host).map(str::to_owned).or_else(at_port) {
                    found.push(Named {
                        service,
                        text: value.to_owned(),
                        start: place + key.len() + 1,
                        is_address: true,
                        port: Port::Unknown,
                    });
                }
            }
        }
    }
}

/// Whether a port stands behind a text.
fn has_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok())
}

/// Whether a text has a key of connection strings, whose hosts have none: in `app=x,s-card` a word is a label's or anything.
fn is_connection(text: &str) -> bool {
    const KEYS: &[&str] = &[
        "abortconnect",
        "abortonconnectfail",
        "allowadmin",
        "asynctimeout",
        "channelprefix",
        "connectretry",
        "connecttimeout",
        "defaultdatabase",
        "keepalive",
        "password",
        "resolvedns",
        "responsetimeout",
        "servicename",
        "ssl",
        "sslhost",
        "sslprotocols",
        "synctimeout",
        "tls",
        "user",
        "username",
    ];
    let mut keys = text.split(',').filter_map(|pair| pair.split_once('=')).map(|(key, _)| key.to_lowercase());
    keys.any(|key| KEYS.contains(&key.as_str()))
}
