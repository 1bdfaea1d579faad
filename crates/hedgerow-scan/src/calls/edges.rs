//! What the values of a target become: edges with their evidence and their way.

use super::report::has_no_host;
use super::{Group, Search};
use crate::edge::{Class, Evidence, Hop, Port};
use crate::pack::Kind;
use crate::reach::Site;
use crate::value::{Crossing, Piece, Template, Values, Way};
use hedgerow_deploy::Answer;
use std::collections::BTreeMap;

impl Search<'_, '_> {
    /// Whether a value of a target is the address of a service, or comes from the deploy. A store's counts where it is a service's: most
    /// stores are nobody's of the fleet.
    pub(super) fn leads_to_service(&self, values: &Values, kind: Kind) -> bool {
        let join = self.join();
        values.templates().keys().any(|template| {
            let judged = join.judge(template);
            (judged.joined && kind != Kind::Tcp)
                || judged.answers.iter().any(|answer| matches!(answer, Answer::Service(..)))
        })
    }

    /// The values of a target by the calls through which they come in as arguments.
    pub(super) fn groups(&self, values: &Values) -> BTreeMap<Vec<Site>, Group> {
        let mut groups: BTreeMap<Vec<Site>, Group> = BTreeMap::new();
        for (template, way) in values.templates() {
            let group = groups.entry(arguments(&way)).or_default();
            self.judge(group, &template, &way);
            group.ways.insert(way);
        }
        if groups.is_empty() {
            groups.insert(Vec::new(), Group::default());
        }
        // Where a value gets out of sight matters to those targets whose host is open, not to the rest of an address.
        for group in groups.values_mut().filter(|group| group.open || group.answers.is_empty()) {
            group.unknown.clone_from(&values.unknown);
        }
        groups
    }

    pub(super) fn judge(&self, group: &mut Group, template: &Template, way: &[Crossing]) {
        // The path of a request that is being answered says no host; of a proxy's own requests it has one.
        if let [Piece::Text(slash), Piece::Hole] = template.0.as_slice()
            && slash == "/"
        {
            group.open = true;
            return;
        }
        let join = self.join();
        self.variables.borrow_mut().extend(template.variables().map(str::to_owned));
        let judged = join.judge(template);
        if judged.open && judged.joined {
            let outside = template.of_host().filter(|piece| !judged.missing.contains(*piece));
            group.hidden.extend(outside.filter(|piece| piece.asked().is_some()).cloned());
        }
        group.open |= judged.open;
        group.may_differ |= judged.joined && judged.open && judged.may_differ;
        group.missing.extend(judged.missing);
        group.here.extend(judged.here);
        group.private.extend(judged.private);
        let answers = judged.answers.into_iter();
        group.answers.extend(answers.map(|answer| (answer, template.clone(), way.to_vec(), judged.joined)));
    }

    pub(super) fn edges(&mut self, site: Site, group: &Group, kind: Kind) {
        for (answer, template, way, joined) in &group.answers {
            let class = if *joined { Class::Joined } else { Class::Proven };
            match answer {
                Answer::Service(callee, port) => {
                    self.edge(site, callee, class, (template.to_string(), Port::from(*port)), kind, way);
                }
                Answer::Several { services, .. } => {
                    for callee in services {
                        self.edge(site, callee, Class::Wildcard, (template.to_string(), Port::Unknown), kind, way);
                    }
                }
                Answer::Outside(host) => {
                    let place = self.place(site.function, site.expr);
                    self.outcome.outside.entry((self.context.service.to_owned(), host.clone())).or_insert(place);
                }
                Answer::Local | Answer::Open => {}
            }
        }
    }

    pub(super) fn edge(
        &mut self,
        site: Site,
        callee: &str,
        class: Class,
        target: (String, Port),
        kind: Kind,
        way: &[Crossing],
    ) {
        let place = self.place(site.function, site.expr);
        let (target, port) = target;
        let evidence = Evidence { class, place, target, port, kind, way: self.way(site, way) };
        self.outcome.add(self.context.service, callee, evidence);
    }

    /// The way from an entry point to a call, through the calls by which its target comes in.
    pub(super) fn way(&self, site: Site, crossings: &[Crossing]) -> Vec<Hop> {
        let program = self.context.infer.program;
        let through: Vec<Site> = crossings.iter().filter(|c| c.way == Way::Argument).map(|c| c.site).collect();
        let first = through.last().map_or(site.function, |call| call.function);
        let mut hops = Vec::new();
        let mut function = first;
        while let Some(Some(call)) = self.context.reach.functions.get(&function) {
            hops.push(*call);
            function = call.function;
            if hops.len() > 64 {
                break;
            }
        }
        hops.reverse();
        hops.extend(through.into_iter().rev());
        hops.push(site);
        hops.into_iter()
            .map(|call| Hop { function: program.label(call.function), place: self.place(call.function, call.expr) })
            .collect()
    }
}

impl Group {
    /// Whether nothing says that anybody is called.
    pub(super) fn is_blank(&self) -> bool {
        let says = |answer: &Answer| matches!(answer, Answer::Service(..) | Answer::Several { .. });
        self.missing.is_empty() && !self.answers.iter().any(|(answer, ..)| says(answer))
    }

    /// Whether nothing is called but the machine that asks, as far as anybody says.
    pub(super) fn is_here(&self) -> bool {
        let is_it = |answer: &Answer| match answer {
            Answer::Local => true,
            Answer::Outside(host) => self.here.iter().any(|(here, _)| here == host),
            _ => false,
        };
        !self.open && !self.here.is_empty() && self.answers.iter().all(|(answer, ..)| is_it(answer))
    }

    /// Whether the way says for certain who is called.
    pub(super) fn is_settled(&self) -> bool {
        // `process.env.LEDGER_URL || ""`: a path alone is where nobody is called, and says nothing of the variable in front of it.
        let is_open = !self.missing.is_empty() || !self.unknown.is_empty();
        let certain = |answer: &Answer, template: &Template| match answer {
            Answer::Service(..) | Answer::Outside(_) => true,
            Answer::Local => !(is_open && has_no_host(template)),
            _ => false,
        };
        let several = self.answers.iter().any(|(answer, ..)| matches!(answer, Answer::Several { .. }));
        // Where an edge is known, what else the target may be is not asked about.
        let known = self.answers.iter().any(|(answer, ..)| matches!(answer, Answer::Service(..)));
        !several
            && ((known && !self.may_differ)
                || (!self.open && self.answers.iter().any(|(answer, template, ..)| certain(answer, template))))
    }
}

/// The calls through which a value comes in as an argument.
pub(super) fn arguments(way: &[Crossing]) -> Vec<Site> {
    way.iter().filter(|crossing| crossing.way == Way::Argument).map(|crossing| crossing.site).collect()
}
