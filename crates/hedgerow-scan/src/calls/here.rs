//! Calls of the machine that the service itself runs on, at a port that is another service's: a pod finds nobody there.

use super::{Search, Unresolved};
use crate::edge::Port;
use crate::mentions::{Mention, Weight, keep};
use crate::reach::Site;
use crate::stores::Store;
use crate::value::Values;

impl Search<'_, '_> {
    /// Whether a value of a target is the machine itself, at a port of another service.
    pub(super) fn leads_here(&self, values: &Values, store: Option<Store>) -> bool {
        let (join, hosts) = (self.join(), self.context.hosts);
        let usual = store.and_then(Store::port);
        values.templates().keys().any(|template| {
            let mut ports = join.judge(template).here.into_iter().filter_map(|(_, port)| port.or(usual));
            ports.any(|port| hosts.sibling(self.context.service, port).is_some())
        })
    }

    /// Asks about a call of its own machine, where no comment and no glob of the configuration answers for it: who has the port may be meant.
    /// Where nobody has, and the address is only what counts if nothing says another, that is the question.
    pub(super) fn here(&mut self, unresolved: Unresolved) {
        let context = self.context;
        let usual = unresolved.written.store.and_then(Store::port);
        let mut is_own = false;
        let mut found = Vec::new();
        for (host, port) in &unresolved.group.here {
            let Some(port) = port.or(usual) else { continue };
            if context.hosts.listens(context.service, port) {
                is_own = true;
            } else if let Some(service) = context.hosts.sibling(context.service, port) {
                found.push((service.to_owned(), format!("{host}:{port}")));
            }
        }
        if found.is_empty() {
            if !is_own && !unresolved.written.is_loose && !unresolved.group.missing.is_empty() {
                self.report(unresolved);
            }
            return;
        }
        if self.unanswered(&unresolved).is_none() {
            return;
        }
        for (service, text) in found {
            self.here_is(unresolved.site, &service, text);
        }
    }

    /// Says that a service may be meant at an address of the machine.
    pub(super) fn here_is(&mut self, site: Site, service: &str, text: String) {
        let (place, what) = (self.place(site.function, site.expr), format!("`{text}` is called here"));
        let mention = Mention { weight: Weight::Here, place, text, what, port: Port::Unknown, client: None };
        keep(&mut self.here, service, mention);
    }
}
