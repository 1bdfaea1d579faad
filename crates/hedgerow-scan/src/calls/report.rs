//! What is asked about calls whose target cannot be told.

use super::{Group, Search, Unresolved, Written, dotted};
use crate::edge::{Class, Port};
use crate::pack::{Kind, Target};
use crate::program::{FnId, Meaning};
use crate::questions::{Cause, Question, Room};
use crate::reach::Site;
use crate::value::{Crossing, Piece, Template, Way};
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Argument, Def, Expr, ExprId};
use hedgerow_core::diag::enumerate_some;
use hedgerow_deploy::Answer;
use std::collections::{BTreeMap, BTreeSet};

/// How many places at which a comment answers are kept of one call.
const MAX_ROOMS: usize = 64;

/// How many unknown places one finding shows.
const MAX_UNKNOWN: usize = 3;

/// What constructors are called where they have no name of their own.
const NEW: &str = "<new>";

/// How far an address is followed to what it begins with.
const MAX_STEPS: usize = 16;

impl Search<'_, '_> {
    /// The functions that a call leads through, where no comment and no glob of the configuration answers for it.
    pub(super) fn unanswered(&mut self, unresolved: &Unresolved) -> Option<BTreeSet<FnId>> {
        let Unresolved { site, written: Written { store, .. }, group, key } = unresolved;
        let (store, program) = (*store, self.context.infer.program);
        let mut functions = BTreeSet::from([site.function]);
        functions.extend(key.iter().map(|site| site.function));
        for way in &group.ways {
            functions.extend(way.iter().map(|crossing| crossing.site.function));
            functions.extend(way.iter().filter_map(|crossing| self.gives(crossing)));
        }
        for unknown in &group.unknown {
            functions.insert(unknown.at.function);
            functions.extend(unknown.way.iter().map(|crossing| crossing.site.function));
        }
        let answered = self.context.answered;
        let spoken: BTreeSet<FnId> = functions.intersection(&answered.functions).copied().collect();
        let files = functions.iter().map(|function| program.file_of(*function));
        let heads: BTreeSet<u32> = files.filter(|file| answered.heads.contains(file)).collect();
        if !spoken.is_empty() || !heads.is_empty() {
            self.needed.functions.extend(spoken);
            self.needed.heads.extend(heads);
            self.said_of(store);
            return None;
        }
        let speaker = key.first().map_or(site.function, |call| call.function);
        if answered.files.contains(&program.file_of(speaker)) {
            self.said_of(store);
            return None;
        }
        Some(functions)
    }

    /// Asks about a call, where no comment and no glob of the configuration answers for it.
    pub(super) fn report(&mut self, unresolved: Unresolved) {
        let Some(functions) = self.unanswered(&unresolved) else { return };
        if self.is_published(&unresolved.group) {
            let at = self.place(unresolved.site.function, unresolved.site.expr);
            let names = unresolved.group.missing.iter().flat_map(|piece| match piece {
                Piece::Environment(name) => Some(name.clone()),
                _ => None,
            });
            names.for_each(|name| _ = self.published.entry(name).or_insert_with(|| at.path.clone()));
            return;
        }
        let Unresolved { site, written: Written { target, is_path, store, kind, .. }, group, key } = unresolved;
        let speaker = key.first().map_or(site.function, |call| call.function);
        let mut fitting = BTreeSet::new();
        let mut globs = BTreeSet::new();
        for (answer, ..) in &group.answers {
            if let Answer::Several { glob, services } = answer {
                globs.insert(glob.as_str());
                fitting.extend(services.iter().map(String::as_str));
            }
        }
        let mut help = Vec::new();
        let hidden: BTreeSet<String> = group.hidden.iter().filter_map(Piece::asked).collect();
        if !hidden.is_empty() {
            let names = enumerate_some(MAX_UNKNOWN, hidden.iter());
            help.push(format!("the deploy files give {names} a value that cannot be told"));
        }
        for host in &group.private {
            if !host.starts_with(|c: char| c.is_ascii_digit()) {
                help.push(format!(
                    "nobody in the deployment is called `{host}`: if a service is meant, say so under `scan.aliases` in hedgerow.yaml (`service.ledger: [{host}]`)"
                ));
                continue;
            }
            help.push(format!(
                "`{host}` is an address of a private network: if it is a service's, say so under `scan.aliases` in hedgerow.yaml (`service.ledger: [{host}]`)"
            ));
        }
        let called = self.called_like(&group.missing.union(&group.hidden).cloned().collect());
        for (key, callee) in &called {
            help.push(format!("`{key}` in there may be `{callee}`"));
            let pair = (self.context.service.to_owned(), callee.clone());
            if !self.outcome.edges.contains_key(&pair) {
                let evidence = (format!("an address under `{key}`"), Port::Unknown);
                self.edge(site, callee, Class::Candidate, evidence, Kind::Http, &[]);
            }
        }
        if called.len() == 1 {
            fitting.extend(called.values().map(String::as_str));
        }
        let example = glob_of(&fitting);
        if let Some(glob) = globs.first() {
            help.push(format!("the address fits `{glob}`"));
        }
        // What comes behind the host does not say who is called.
        let of_host = group.answers.iter().flat_map(|(_, template, ..)| template.of_host());
        let of_host: BTreeSet<&Piece> = of_host.filter(|piece| group.missing.contains(*piece)).collect();
        let mut missing: BTreeSet<String> = of_host.into_iter().filter_map(Piece::asked).collect();
        if missing.is_empty() {
            missing = group.missing.iter().filter_map(Piece::asked).collect();
        }
        let unknown = |is_aside| {
            let sites: BTreeSet<Site> = group.unknown.iter().filter(|u| u.is_aside == is_aside).map(|u| u.at).collect();
            sites
        };
        let plain = unknown(false);
        let mut causes: BTreeSet<Cause> = missing.iter().map(|name| Cause::Unset(name.clone())).collect();
        causes.extend(plain.iter().map(|at| self.cause(*at)));
        let holders: BTreeSet<FnId> = plain.iter().map(|at| at.function).collect();
        let shown = if plain.is_empty() { unknown(true) } else { plain };
        let is_path = is_path
            || (!group.answers.is_empty() && group.answers.iter().all(|(_, template, ..)| has_no_host(template)));
        if causes.is_empty() {
            causes.extend(self.base(site, target, is_path));
        }
        let sure = !causes.is_empty();
        if causes.is_empty() {
            causes.extend(shown.iter().map(|at| self.cause(*at)));
        }
        let mut unknown = Vec::new();
        for at in shown.into_iter().filter(|_| !(sure && is_path)).take(MAX_UNKNOWN) {
            let place = self.place(at.function, at.expr);
            if !unknown.contains(&place) {
                unknown.push(place);
            }
        }
        let holders: Vec<FnId> = holders.into_iter().collect();
        let near = [site.function, speaker].into_iter().chain(holders.iter().copied());
        let rooms = near.chain(functions.iter().copied()).flat_map(|function| self.rooms(function));
        let mut question = Question {
            causes,
            site: self.place(site.function, site.expr),
            caller: key.first().map(|call| self.place(call.function, call.expr)),
            unknown,
            missing,
            speaker: self.room(speaker),
            wrapper: self.room(site.function),
            holders: holders.iter().map(|function| self.room(*function).key).collect(),
            rooms: rooms.take(MAX_ROOMS).collect(),
            example,
            help,
            store,
            kind,
            called: called.into_values().collect(),
        };
        // What many ways lead to is asked once: a comment that answers has to do so for all of them.
        let key = (question.site.clone(), question.caller.clone(), question.causes.clone());
        match self.asked.get(&key).and_then(|at| self.questions.get_mut(*at)) {
            Some(known) => {
                question.rooms.retain(|room| known.rooms.contains(room));
                known.rooms = question.rooms;
            }
            None => {
                self.asked.insert(key, self.questions.len());
                self.questions.push(question);
            }
        }
    }

    /// Whether all that is not known of an address are variables that a build writes into pages and that nothing sets: what they lead to,
    /// browsers have to find, and no name of the deployment is that.
    fn is_published(&self, group: &Group) -> bool {
        let is_bundled =
            |piece: &Piece| matches!(piece, Piece::Environment(name) if self.context.packs.runs.is_bundled(name));
        !group.missing.is_empty()
            && group.missing.iter().all(is_bundled)
            && group.hidden.is_empty()
            && group.private.is_empty()
            && group.unknown.iter().all(|unknown| unknown.is_aside)
            && group.answers.iter().all(|(answer, ..)| !matches!(answer, Answer::Several { .. }))
    }

    /// The function that gives back a value, where it is the only one.
    fn gives(&self, crossing: &Crossing) -> Option<FnId> {
        match self.context.reach.targets.get(&crossing.site).filter(|_| crossing.way == Way::Result)?.as_slice() {
            [function] => Some(*function),
            _ => None,
        }
    }

    /// The places at which a comment counts for a function: in it, and outside of the functions of its file.
    fn rooms(&self, function: FnId) -> impl Iterator<Item = Room> {
        let program = self.context.infer.program;
        let path = program.files[program.file_of(function) as usize].path;
        let head = Room {
            key: (path.to_owned(), None),
            path: path.to_owned(),
            label: format!("`{path}`, outside of its functions"),
        };
        // In what nobody wrote stands no comment; Kotlin writes constructors into the head of the class.
        let name = program.function(function).name.as_str();
        let is_written = match name {
            NEW => self.language(function) != Language::Kotlin,
            _ => !name.is_empty() && !name.starts_with('<'),
        };
        let own = is_written.then(|| self.room(function));
        own.into_iter().chain([head])
    }

    /// Where a comment about a function stands.
    fn room(&self, function: FnId) -> Room {
        let program = self.context.infer.program;
        let path = program.files[program.file_of(function) as usize].path.to_owned();
        let start = program.function(function).span.start;
        let place = program.place_of_comment(function);
        let label = match place.strip_suffix(&format!(".{NEW}`")) {
            Some(class) => format!("the constructor of {class}`"),
            None => place,
        };
        Room { key: (path.clone(), Some(start)), path, label }
    }

    /// What is not known at a place, the same for all places that ask for the same part of the same thing.
    fn cause(&self, at: Site) -> Cause {
        let program = self.context.infer.program;
        let place = self.place(at.function, at.expr);
        let name = match program.expr(at.function, at.expr) {
            Expr::Call { callee, .. } => {
                let name = dotted(program, at.function, *callee);
                let name = (!name.contains("()")).then(|| format!("{name}()"));
                return Cause::At(place, name);
            }
            _ => dotted(program, at.function, at.expr),
        };
        let is_plain = !name.contains("()");
        match is_plain.then(|| self.scope(at)).flatten() {
            Some(scope) => Cause::Unknown { path: scope.0, scope: scope.1, name },
            None => Cause::At(place, is_plain.then_some(name)),
        }
    }

    /// Whose a name is that something begins with: the class of the object that a method runs on, a function, or a file.
    fn scope(&self, at: Site) -> Option<(String, String)> {
        let program = self.context.infer.program;
        let path = || program.files[program.file_of(at.function) as usize].path.to_owned();
        match program.expr(at.function, at.expr) {
            Expr::Member { of, .. } | Expr::Deref(of) | Expr::Address(of) => {
                self.scope(Site { function: at.function, expr: *of })
            }
            Expr::Name(name) => {
                let meaning = program.meaning(program.file_of(at.function), program.word(at.function, *name));
                let path = match meaning {
                    Meaning::Global(global) => program.files[global.file as usize].path.to_owned(),
                    Meaning::External(import, _) => import.to_owned(),
                    _ => path(),
                };
                Some((path, String::new()))
            }
            Expr::Local(local) => {
                let defs = program.defs(at.function, *local);
                if defs.contains(&Def::Receiver) {
                    let receiver = program.function(at.function).receiver.as_deref().unwrap_or_default();
                    return Some((path(), receiver.to_owned()));
                }
                let is_parameter = defs.iter().all(|def| matches!(def, Def::Parameter(_)));
                is_parameter.then(|| (path(), program.label(at.function)))
            }
            _ => None,
        }
    }

    /// What the address of a call begins with, where the whole class or the whole file has it.
    fn base(&self, site: Site, target: Option<ExprId>, is_path: bool) -> Option<Cause> {
        let program = self.context.infer.program;
        let function = site.function;
        let path = program.files[program.file_of(function) as usize].path;
        let receiver = program.function(function).receiver.as_deref().unwrap_or_default();
        if is_path {
            return Some(Cause::Client { path: path.to_owned(), scope: receiver.to_owned() });
        }
        let base = self.begins(function, target?, 0)?;
        let name = dotted(program, function, base);
        let is_part = matches!(program.expr(function, base), Expr::Member { .. } | Expr::Name(_));
        let (path, scope) = self.scope(Site { function, expr: base }).filter(|_| is_part && !name.contains("()"))?;
        Some(Cause::Unknown { path, scope, name })
    }

    /// The argument that is the target of a call.
    pub(super) fn argument(&self, site: Site, target: &Target) -> Option<ExprId> {
        let program = self.context.infer.program;
        let arguments = match program.expr(site.function, site.expr) {
            Expr::Call { arguments, .. } | Expr::New { arguments, .. } => program.arguments(site.function, *arguments),
            _ => return None,
        };
        match target {
            Target::Argument(at) | Target::Network { argument: at, .. } => {
                arguments.get(usize::from(*at)).map(|argument| argument.value)
            }
            Target::Named(name) => {
                let is_it =
                    |argument: &&Argument| argument.name.is_some_and(|word| program.word(site.function, word) == name);
                arguments.iter().find(is_it).map(|argument| argument.value)
            }
            Target::Any(all) => all.iter().find_map(|target| self.argument(site, target)),
            _ => None,
        }
    }

    /// What a text begins with, as far as that is written in its function.
    fn begins(&self, function: FnId, id: ExprId, steps: usize) -> Option<ExprId> {
        let program = self.context.infer.program;
        let on = |id: ExprId| self.begins(function, id, steps + 1);
        if steps > MAX_STEPS {
            return None;
        }
        match program.expr(function, id) {
            Expr::Concat(left, _) => on(*left),
            Expr::Format(parts) => {
                let parts = program.list(function, *parts).iter();
                let is_told = |id: &&ExprId| match program.expr(function, **id) {
                    Expr::Text(text) => {
                        let text = program.word(function, *text);
                        text.is_empty() || text.ends_with("://")
                    }
                    _ => false,
                };
                on(*parts.clone().find(|id| !is_told(id))?)
            }
            Expr::Local(local) => match program.defs(function, *local) {
                [Def::Value { expr, result: 0 }] => on(*expr),
                _ => Some(id),
            },
            Expr::Deref(of) | Expr::Address(of) | Expr::Cast { of, .. } => on(*of),
            Expr::Call { callee, arguments } => match program.arguments(function, *arguments).first() {
                Some(first) => on(first.value),
                // `url.toString()`
                None => match program.expr(function, *callee) {
                    Expr::Member { of, .. } => on(*of),
                    _ => None,
                },
            },
            Expr::New { arguments, .. } => on(program.arguments(function, *arguments).first()?.value),
            Expr::Member { .. } | Expr::Name(_) => Some(id),
            _ => None,
        }
    }
}

/// Whether an address is a path without a host.
pub(super) fn has_no_host(template: &Template) -> bool {
    match template.0.first() {
        None => true,
        Some(Piece::Text(text)) => !text.contains("://") && text.contains('/'),
        Some(_) => false,
    }
}

/// Words of settings that say what something is, not whose it is.
const COMMON: &[&str] = &[
    "*", "addr", "addrs", "address", "client", "config", "endpoint", "host", "name", "port", "scheme", "server",
    "servers", "service", "services", "url",
];

impl Search<'_, '_> {
    /// The words of settings that are asked for and not set which are called like other services: an address that a registry gives is kept
    /// under the name of who has it.
    fn called_like(&self, missing: &BTreeSet<Piece>) -> BTreeMap<String, String> {
        let paths = missing.iter().filter_map(|piece| if let Piece::Setting(path) = piece { Some(path) } else { None });
        let words = paths.flatten().map(String::as_str).filter(|word| !COMMON.contains(word));
        let mut known = self.called.borrow_mut();
        let mut callee = |word: &str| match known.get(word) {
            Some(callee) => callee.clone(),
            None => {
                let callee = self.context.hosts.ending_in(word).map(str::to_owned);
                known.insert(word.to_owned(), callee.clone());
                callee
            }
        };
        let of_variable = |piece: &Piece| match piece {
            Piece::Environment(name) => {
                Some((name.clone(), crate::templated::named(name, self.context.hosts)?.to_owned()))
            }
            _ => None,
        };
        let named = words.filter_map(|word| Some((word.to_owned(), callee(word)?)));
        let named: Vec<_> = named.chain(missing.iter().filter_map(of_variable)).collect();
        named.into_iter().filter(|(_, callee)| callee != self.context.service).collect()
    }
}

/// A glob that fits the names: what they begin with up to a dot, and anything.
fn glob_of(names: &BTreeSet<&str>) -> String {
    let Some(first) = names.first() else { return "<service>".to_owned() };
    let common = |other: &&str| first.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let length = names.iter().map(common).min().unwrap_or(0);
    match first.get(..length).and_then(|head| head.rfind('.')) {
        _ if names.len() == 1 => (*first).to_owned(),
        Some(dot) => format!("{}.*", &first[..dot]),
        None => "<service>".to_owned(),
    }
}
