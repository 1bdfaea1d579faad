//! What is found by looking at all services: comments, deploy files, names that no code uses, and what nobody could parse.

use crate::claims::{self, Claims};
use crate::edge::{Class, Evidence, Finding, Outcome, Place, Port};
use crate::inventory::{Home, Owners};
use crate::join::Join;
use crate::mute;
use crate::pack::Kind;
use crate::part::Part;
use crate::places::Places;
use crate::plain;
use crate::profiles::Idle;
use crate::program::File;
use crate::questions::Question;
use crate::spoken::Spoken;
use crate::stores::{Fleet, Schemas};
use crate::testscripts::TestScripts;
use crate::tree::{PlainFile, Tree};
use crate::unused::{Proxies, Why, is_copy};
use globset::Glob;
use hedgerow_code::frontend::comment::written;
use hedgerow_code::ir::{Comment, Directive, Range};
use hedgerow_core::diag::{Code, enumerate, nearest};
use hedgerow_deploy::{Answer, Hosts};
use hedgerow_deploy::{Deploy, Unreadable, is_too_deep, swells};
use std::collections::{BTreeMap, BTreeSet};

/// What to write in place of a comment that is not understood.
pub(crate) fn comment_help(path: &str) -> String {
    format!(
        "write `{}` or `{}`",
        written(path, "rpcmap: service.x, service.y"),
        written(path, "hedgerow: ignore <reason>")
    )
}

/// One comment of code with the services that reach it.
struct Remark<'p> {
    path: &'p str,
    comment: &'p Comment,
    services: BTreeSet<String>,
    /// Whether it answers for a call whose target cannot be told, in one of them.
    is_needed: bool,
}

/// Puts the parts of all services together.
pub(crate) fn across(
    tree: &Tree,
    files: &[File],
    homes: &[Home],
    hosts: &Hosts,
    (deploy, fleet, idle): (&Deploy, &Fleet, &Idle<'_>),
    parts: &[Part],
) -> Outcome {
    let mut outcome = Outcome::default();
    for part in parts {
        outcome.merge(part.found.clone());
    }
    let claims = Claims::new(homes, deploy, parts);
    let foreign = claims::settle(homes, hosts, deploy, &claims, &mut outcome);
    let remarks = comments(files, homes, parts);
    declare(&remarks, hosts, homes, &mut outcome);
    let by_path: BTreeMap<&str, &PlainFile> = tree.texts.iter().map(|file| (file.path.as_str(), file)).collect();
    let places = Places::new(&by_path);
    let mut spoken = Spoken::read(homes, hosts, deploy, &places, &mut outcome);
    let unused = (crate::unused::settings(tree, homes, deploy), crate::unused::Idle::new(tree));
    plain_files(tree, homes, (hosts, deploy), (&unused, idle), &places, &mut spoken, &mut outcome);
    for route in deploy.routes() {
        let name = route.by.split('=').next().unwrap_or(&route.by);
        let (place, target) = (places.of(&route.spot, "", name), route.by.clone());
        let port = route.port.map_or(Port::Unknown, Port::Named);
        let class = if route.is_certain { Class::Joined } else { Class::Wildcard };
        let evidence = Evidence { class, place, target, port, kind: Kind::Http, way: Vec::new() };
        outcome.add(&route.proxy, &route.service, evidence);
    }
    let libraries = crate::libraries::Libraries::new(tree);
    crate::dapr::join((tree, homes), hosts, (deploy, fleet), parts, &places, &mut outcome);
    let schemas = Schemas::new(tree, fleet);
    let about = (tree.config, &libraries, fleet, files, &schemas);
    let questions = crate::stores::join(about, homes, hosts, deploy, (parts, &places), &mut outcome);
    crate::registries::join((tree, &libraries), homes, hosts, deploy, &mut outcome);
    crate::connectors::Worker::new(homes, deploy).join(tree, hosts, &mut outcome);
    ask(&questions, &mut outcome);
    let dormant = crate::dormant::Dormant::all(tree, homes, deploy, parts, &libraries);
    let asked = (parts, fleet, questions.as_slice(), dormant.as_slice());
    let said = (&places, &spoken, (&claims, &foreign, &unused, idle), &schemas);
    crate::mentions::ask(tree, homes, hosts, deploy, asked, said, &mut outcome);
    let is_said =
        |caller: &str, path: &str| remarks.iter().any(|said| said.path == path && said.services.contains(caller));
    crate::absent::ask(tree, hosts, (&spoken, &is_said), &mut outcome);
    crate::pods::settle(hosts, deploy, &mut outcome);
    crate::registries::checks(tree.config, homes, parts, deploy, &mut outcome);
    crate::scraped::join(tree, deploy, &places, &mut outcome);
    crate::permits::ask(tree, deploy, &places, &mut outcome);
    crate::account::add(tree, homes, hosts, deploy, parts, &mut outcome);
    crate::account::leave_idle(idle, &mut outcome);
    let remarked = remarks.iter().map(|remark| remark.path).collect();
    crate::blind::ask(tree, homes, (hosts, deploy), &remarked, &mut outcome);
    unparsed(files, homes, hosts, parts, &mut outcome);
    unread(tree, deploy, &mut outcome);
    cut(deploy, &mut outcome);
    left_out(tree, homes, &mut outcome);
    mute::ask(tree, homes, deploy, &mut outcome);
    outcome.findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.marks.first().map(|(place, _)| place.clone()), f.code);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    outcome
}

/// Asks about the calls that cannot be told.
fn ask(questions: &[(String, Question)], outcome: &mut Outcome) {
    let mut asked = Outcome::default();
    crate::questions::ask(questions.iter().map(|(service, question)| (service.as_str(), question)), &mut asked);
    for finding in &mut asked.findings {
        let services = finding.services.len();
        if services > 1 {
            let others = "where not all of them call the same, each says whom by a rule file of its own";
            finding.help.push(format!("a comment there speaks for all {services} services that reach it; {others}"));
        }
    }
    outcome.findings.append(&mut asked.findings);
}

/// All comments with the services that reach them.
fn comments<'p>(files: &[File<'p>], homes: &[Home], parts: &[Part]) -> Vec<Remark<'p>> {
    let mut reached: BTreeMap<(&str, u32), BTreeSet<String>> = BTreeMap::new();
    for (home, part) in homes.iter().zip(parts) {
        for (path, at) in &part.comments {
            reached.entry((path, *at)).or_default().insert(home.name.clone());
        }
    }
    let needed: BTreeSet<(&str, u32)> =
        parts.iter().flat_map(|part| part.needed.iter().map(|(path, at)| (path.as_str(), *at))).collect();
    let mut spoken = Vec::new();
    for file in files {
        for (at, comment) in (0_u32..).zip(&file.facts.comments) {
            let services = reached.remove(&(file.path, at)).unwrap_or_default();
            let is_needed = needed.contains(&(file.path, at));
            spoken.push(Remark { path: file.path, comment, services, is_needed });
        }
    }
    spoken
}

/// Turns comments into edges, and says what is wrong with them.
fn declare(spoken: &[Remark], hosts: &Hosts, homes: &[Home], outcome: &mut Outcome) {
    for Remark { path, comment, services, is_needed } in spoken {
        let place = |range| Place { path: (*path).to_owned(), range };
        let mut tell = |code, range, message: String, help: Vec<String>| {
            outcome.findings.push(Finding {
                code,
                message,
                marks: vec![(place(range), String::new())],
                help,
                services: services.clone(),
                callees: BTreeSet::new(),
            });
        };
        let names = match &comment.directive {
            Directive::Calls(names) => names,
            Directive::Ignore(_) => &Vec::new(),
            Directive::Malformed(fault) => {
                tell(Code::MalformedComment, comment.span, fault.clone(), vec![comment_help(path)]);
                continue;
            }
        };
        if services.is_empty() && !names.is_empty() {
            let message = "no service reaches the code that this comment belongs to".to_owned();
            tell(
                Code::UnreachedComment,
                comment.span,
                message,
                vec!["move it to code that runs, or take it away".to_owned()],
            );
        }
        let mut declared = Vec::new();
        let mut unknown = Vec::new();
        for (name, range) in names {
            let callees = callees(name, hosts, homes);
            if callees.is_empty() {
                unknown.push(unknown_callee(name, place(*range), homes, services.clone()));
            }
            declared.extend(callees.into_iter().map(|callee| (callee, *range)));
        }
        outcome.findings.extend(unknown);
        for (callee, range) in declared {
            let found = |caller: &&String| {
                let edge = outcome.edges.get(&((*caller).clone(), callee.clone()));
                edge.is_some_and(|edge| edge.evidence.iter().any(|e| e.class < Class::Declared))
            };
            let known = services.iter().filter(found).count();
            // A comment that answers for a call is needed, whatever other call leads to the same service.
            if !is_needed && known > 0 && known == services.iter().filter(|caller| **caller != callee).count() {
                outcome.findings.push(Finding {
                    code: Code::RedundantComment,
                    message: format!("the scan finds the call of `{callee}` by itself"),
                    marks: vec![(place(range), String::new())],
                    help: vec!["take the comment away".to_owned()],
                    services: services.clone(),
                    callees: BTreeSet::new(),
                });
            }
            for caller in services {
                let evidence = Evidence {
                    class: Class::Declared,
                    place: place(range),
                    target: callee.clone(),
                    port: Port::Unknown,
                    kind: Kind::default(),
                    way: Vec::new(),
                };
                outcome.add(caller, &callee, evidence);
            }
        }
    }
}

/// The calls in files that are no program code.
fn plain_files<'a>(
    tree: &Tree,
    homes: &[Home],
    (hosts, deploy): (&Hosts, &Deploy),
    ((unused, groups), idle): (&Proxies<'_>, &Idle<'_>),
    places: &Places<'a>,
    spoken: &mut Spoken<'a>,
    outcome: &mut Outcome,
) {
    let owners = Owners::new(tree.services, homes);
    let mut mounted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (home, given) in homes.iter().filter_map(|home| Some((home, deploy.of(&home.name)?))) {
        given.files.keys().for_each(|path| mounted.entry(path).or_default().push(&home.name));
    }
    let mut test_scripts = TestScripts::default();
    for file in tree.texts {
        let one = owners.settled(&file.path, &file.text, hosts);
        let mut all = one.map_or_else(|| owners.all(&file.path).to_vec(), |one| vec![one]);
        if all.is_empty() {
            all.extend(crate::templated::owner(&file.path, hosts));
        }
        // What a container is given is run, whatever it is called.
        let given = mounted.remove(file.path.as_str()).unwrap_or_default();
        if given.is_empty() && (is_copy(&file.path) || test_scripts.is_one(file, tree.texts)) {
            continue;
        }
        let unused = unused.get(file.path.as_str());
        let idle = idle.get(file.path.as_str());
        let is_idle = |service: &str| {
            unused.is_some_and(|services| services.contains_key(service))
                || idle.is_some_and(|services| services.contains(service))
        };
        all.retain(|service| !is_idle(service));
        for service in given {
            let is_others = unused.is_some_and(|services| services.get(service) == Some(&Why::Others));
            if !all.contains(&service) && !is_others {
                all.push(service);
            }
        }
        if all.is_empty() {
            continue;
        }
        let mut plain = plain::read(&file.path, &file.text);
        plain.addresses.retain(|address| !groups.has(&file.path, address.range.start as usize));
        for service in all {
            plain_file(file, &plain, service, homes, (hosts, deploy), (places, &mut *spoken), outcome);
        }
    }
}

/// The calls in such a file of one service.
fn plain_file<'a>(
    file: &PlainFile,
    plain: &plain::Plain,
    service: &str,
    homes: &[Home],
    (hosts, deploy): (&Hosts, &Deploy),
    (places, spoken): (&Places<'a>, &mut Spoken<'a>),
    outcome: &mut Outcome,
) {
    let place = |range| Place { path: file.path.clone(), range };
    let evidence = |class, range, target, port| Evidence {
        class,
        place: place(range),
        target,
        port,
        kind: Kind::Http,
        way: Vec::new(),
    };
    for (directive, range) in &plain.comments {
        if !spoken.has(&file.path, *range) {
            spoken.take(service, homes, hosts, (&file.path, directive, *range, None), outcome);
        }
    }
    let join = Join { hosts: hosts.of(service), given: deploy.of(service), said: None };
    for address in &plain.addresses {
        // What another service's container runs is that one's.
        if spoken.is_others(&file.path, address.range.start, service, places) {
            continue;
        }
        let judged = join.judge(&address.template);
        let class = if judged.joined { Class::Joined } else { Class::Proven };
        let kind = if address.is_console { Kind::Tcp } else { Kind::Http };
        let mut certain = false;
        for answer in &judged.answers {
            match answer {
                Answer::Service(callee, port) => {
                    certain = true;
                    let found = evidence(class, address.range, address.template.to_string(), Port::from(*port));
                    outcome.add(service, callee, Evidence { kind, ..found });
                }
                Answer::Several { services: several, .. } => {
                    for callee in several {
                        outcome.add(
                            service,
                            callee,
                            evidence(Class::Wildcard, address.range, address.template.to_string(), Port::Unknown),
                        );
                    }
                }
                Answer::Outside(host) => {
                    certain = true;
                    outcome.outside.entry((service.to_owned(), host.clone())).or_insert_with(|| place(address.range));
                }
                Answer::Local => certain = true,
                Answer::Open => {}
            }
        }
        let is_answered = || spoken.answers(service, &file.path, address.range.start);
        if !certain && !address.is_console && !is_answered() {
            outcome.findings.push(Finding {
                code: Code::UnresolvedCall,
                message: "the target of this call cannot be told".to_owned(),
                marks: vec![(place(address.range), String::new())],
                help: vec![format!(
                    "say who is called by a comment in this file: `{}`",
                    written(&file.path, "rpcmap: <service>")
                )],
                services: BTreeSet::from([service.to_owned()]),
                callees: BTreeSet::new(),
            });
        }
    }
}

/// The finding that a comment names nobody.
pub(crate) fn unknown_callee(name: &str, place: Place, homes: &[Home], services: BTreeSet<String>) -> Finding {
    let near = nearest(name, homes.iter().map(|home| home.name.as_str()));
    Finding {
        code: Code::UnknownCallee,
        message: format!("there is no service `{name}`"),
        marks: vec![(place, String::new())],
        help: near.map(|near| format!("a service with a similar name exists: `{near}`")).into_iter().collect(),
        services,
        callees: BTreeSet::new(),
    }
}

/// The services that a name or a glob in a comment means.
pub(crate) fn callees(name: &str, hosts: &Hosts, homes: &[Home]) -> Vec<String> {
    if !name.contains(['*', '?', '[', '{']) {
        return hosts.named(name).map(str::to_owned).into_iter().collect();
    }
    let Ok(glob) = Glob::new(name) else { return Vec::new() };
    let matcher = glob.compile_matcher();
    homes.iter().filter(|home| matcher.is_match(&home.name)).map(|home| home.name.clone()).collect()
}

/// Files that a service loads, or that describe a deploy, and that could not be read as a whole.
fn unparsed(files: &[File], homes: &[Home], hosts: &Hosts, parts: &[Part], outcome: &mut Outcome) {
    let mut loaded: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (home, part) in homes.iter().zip(parts) {
        for path in &part.unparsed {
            loaded.entry(path).or_default().insert(home.name.clone());
        }
    }
    for file in files {
        let Some(first) = file.facts.faults.first() else { continue };
        let given = file.facts.grants.iter().filter_map(|grant| hosts.named(&grant.to).map(str::to_owned));
        let (services, message, help) = match loaded.remove(file.path) {
            Some(services) => (
                services,
                "a part of this file could not be parsed; calls in it may be missing",
                format!("if it calls services, say so by a comment: `{}`", written(file.path, "rpcmap: <service>")),
            ),
            None if file.facts.grants.is_empty() => continue,
            None => (
                given.collect(),
                "a part of this file is not understood; what it gives to services may be missing",
                "write it plainer, or say by rule files whom the services call".to_owned(),
            ),
        };
        outcome.findings.push(Finding {
            code: Code::UnparsedCode,
            message: message.to_owned(),
            marks: vec![(Place { path: file.path.to_owned(), range: *first }, String::new())],
            help: vec![help],
            services,
            callees: BTreeSet::new(),
        });
    }
}

/// YAML texts with documents that are left out because their aliases repeat too much or their brackets are nested too deep.
fn left_out(tree: &Tree, homes: &[Home], outcome: &mut Outcome) {
    let owners = Owners::new(tree.services, homes);
    let is_read = |path: &str| {
        [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end))
            || tree.config.deploy.as_ref().is_some_and(|globs| globs.is_match(path))
            || tree.config.settings.iter().any(|pattern| pattern.fits(path))
    };
    for file in tree.texts.iter().filter(|file| is_read(&file.path)) {
        let (message, advice) = if is_too_deep(&file.text) {
            (
                "the brackets in this file are nested too deep, so it is left out; what it gives to services is not known",
                "write it flatter",
            )
        } else if swells(&file.text) {
            (
                "the aliases of a document in this file repeat too much, so it is left out; what it gives to services is not known",
                "write out what the aliases stand for",
            )
        } else {
            continue;
        };
        // What lies in nobody's directory may be about anybody.
        let services = match owners.of(&file.path) {
            Some(owner) => BTreeSet::from([owner.to_owned()]),
            None => homes.iter().map(|home| home.name.clone()).collect(),
        };
        outcome.findings.push(Finding {
            code: Code::UnparsedCode,
            message: message.to_owned(),
            marks: vec![(Place { path: file.path.clone(), range: Range::default() }, String::new())],
            help: vec![advice.to_owned(), "if it is not about services, list the file under `scan.exclude`".to_owned()],
            services,
            callees: BTreeSet::new(),
        });
    }
}

/// Where a text says the first thing that is told of it, else where it runs Helm; its beginning where neither can be found.
fn said_in(text: &str, lacks: &[&str]) -> Range {
    let is_end = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || "=._-/".contains(c));
    let whole = |word: &str| {
        let mut places = text.match_indices(word).map(|(at, word)| (at, at + word.len()));
        places.find(|(_, end)| text.get(*end..).is_some_and(is_end))
    };
    // What is not known of a name is written otherwise in the text.
    let quoted =
        |lack: &'_ str| lack.split('`').nth(1).filter(|word| !word.is_empty() && !word.contains('…')).and_then(whole);
    let is_comment = |at: usize| text[..at].rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with('#'));
    let mut runs = text.match_indices("helm ").filter(|(at, _)| !is_comment(*at));
    let mut calls = || runs.next().map(|(at, word)| (at, at + word.trim_end().len()));
    let (start, end) = lacks.iter().find_map(|lack| quoted(lack)).or_else(&mut calls).unwrap_or_default();
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Range { start: place(start), end: place(end) }
}

/// How many things one finding about a template names.
const MAX_LACKS: usize = 4;

/// Charts whose templates are more than is rendered: what they give to the services that they deploy.
fn cut(deploy: &Deploy, outcome: &mut Outcome) {
    let mut charts: BTreeMap<&str, (BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
    for (path, unread) in deploy.unread() {
        if let Some(chart) = &unread.cut {
            let (paths, services) = charts.entry(chart).or_default();
            paths.insert(path);
            services.extend(unread.services.iter().map(String::as_str));
        }
    }
    for (chart, (paths, services)) in charts.into_iter().filter(|(_, (_, services))| !services.is_empty()) {
        let names = enumerate(services.iter().map(|name| format!("`{name}`")));
        let mark = |path: &&str| (Place { path: (*path).to_owned(), range: Range::default() }, String::new());
        outcome.findings.push(Finding {
            code: Code::UnknownClient,
            message: format!("the chart `{chart}` is more than is rendered, so it is not known which addresses it gives to {names}"),
            marks: paths.iter().take(MAX_LACKS).map(mark).collect(),
            help: vec![
                "where one of them calls another service, say so by a comment in its code or in the template: `rpcmap: <service>`".to_owned(),
                "or let the scan read what the chart comes to: put what `helm template` writes under `scan.deploy`".to_owned(),
            ],
            services: services.into_iter().map(str::to_owned).collect(),
            callees: BTreeSet::new(),
        });
    }
}

/// Templates of which the scan does not know all that they come to.
fn unread(tree: &Tree, deploy: &Deploy, outcome: &mut Outcome) {
    let texts: BTreeMap<&str, &str> = tree.texts.iter().map(|file| (file.path.as_str(), &*file.text)).collect();
    for (path, unread) in deploy.unread() {
        let text = texts.get(path).copied().unwrap_or_default();
        let lacks: Vec<&str> = unread.lacks.iter().take(MAX_LACKS).map(String::as_str).collect();
        let why = if lacks.is_empty() { String::new() } else { format!(" ({})", lacks.join("; ")) };
        let (message, help) = match unread.kind {
            Unreadable::Template => (
                format!(
                    "a part of this template cannot be read{why}; what it gives to containers may have other values"
                ),
                "set what is called in a smaller template, or say it by a comment: `rpcmap: <service>`",
            ),
            Unreadable::Values => (
                format!(
                    "a part of the values that `{path}` gives to a chart is not known{why}; what it gives to containers may have other values"
                ),
                "put the values into the tree, or say what they lead to by a comment: `rpcmap: <service>`",
            ),
        };
        outcome.findings.push(Finding {
            code: Code::UnparsedCode,
            message,
            marks: vec![(Place { path: path.to_owned(), range: said_in(text, &lacks) }, String::new())],
            help: vec![help.to_owned()],
            services: unread.services.clone(),
            callees: BTreeSet::new(),
        });
    }
}
