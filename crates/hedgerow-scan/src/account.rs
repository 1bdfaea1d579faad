//! The account of each service: how much of its code was read, where it begins to run, and what was not looked at and why.

use crate::browser::Browser;
use crate::edge::{Account, Amount, Finding, Left, Outcome, Place, Reason};
use crate::infer::Infer;
use crate::inventory::{Home, Owners, entry_count};
use crate::part::Part;
use crate::paths::dir_of;
use crate::profiles::Idle;
use crate::program::{FnId, Program};
use crate::reach::Reach;
use crate::tree::{IGNORED, Tree, Want, wants};
use hedgerow_code::frontend::Language;
use hedgerow_code::frontend::foreign::foreign;
use hedgerow_code::ir::Range;
use hedgerow_code::testcode::is_test;
use hedgerow_core::diag::{Code, count as amount};
use hedgerow_deploy::Hosts;
use hedgerow_deploy::{Deploy, Unreadable};
use std::collections::{BTreeMap, BTreeSet};

/// What of a service's account its own code says, and the directories outside of the service's own in which code lies that it
/// reaches.
pub(crate) fn of_code(
    infer: &Infer,
    home: &Home,
    reach: &Reach,
    (entries, browser): (&[FnId], &Browser),
) -> (Account, BTreeSet<String>) {
    let program = infer.program;
    let mut account =
        Account { entries: entry_count(program, entries), functions: reach.functions.len(), ..Account::default() };
    let own = own_files(program, home);
    for file in &own {
        let of = &program.files[*file as usize];
        let amount = account.read.entry(of.language.name().to_owned()).or_default();
        amount.files += 1;
        amount.lines += of.facts.lines as usize;
    }
    let mut loaded: BTreeSet<u32> = reach.functions.keys().map(|function| program.file_of(*function)).collect();
    for file in own.union(&loaded).filter(|file| !browser.files.contains(file)) {
        for import in program.lost_imports(*file).collect::<BTreeSet<_>>() {
            account.leave(Reason::Import, import, 0, program.files[*file as usize].path);
        }
    }
    for path in own.iter().flat_map(|file| program.torn(*file)).collect::<BTreeSet<_>>() {
        account.leave(Reason::Unparsed, "", 0, path);
    }
    if let Some(first) = browser.first {
        let all = own.intersection(&browser.files).map(|file| &program.files[*file as usize]);
        let lines = all.clone().map(|file| file.facts.lines as usize).sum();
        let first = program.files[first as usize].path.to_owned();
        account.left.push(Left { reason: Reason::Browser, what: String::new(), files: all.count(), lines, first });
    }
    loaded.extend(&browser.files);
    let elsewhere = loaded.difference(&own).map(|file| dir_of(program.files[*file as usize].path).to_owned());
    (account, elsewhere.collect())
}

/// Adds the settings of environments that the deploy does not choose, each file once.
pub(crate) fn leave_idle(idle: &Idle<'_>, outcome: &mut Outcome) {
    for (path, services) in idle {
        let first = services.iter().find(|service| outcome.accounts.contains_key(*service));
        if let Some(account) = first.and_then(|service| outcome.accounts.get_mut(service)) {
            account.leave(Reason::Environment, "", 0, path);
        }
    }
}

/// The files of a service's own directories.
pub(crate) fn own_files(program: &Program, home: &Home) -> BTreeSet<u32> {
    home.files(program).collect()
}

/// Adds the accounts of all services, and asks about code that does not begin to run.
pub(crate) fn add(tree: &Tree, homes: &[Home], hosts: &Hosts, deploy: &Deploy, parts: &[Part], outcome: &mut Outcome) {
    let mut accounts: BTreeMap<&str, Account> =
        homes.iter().zip(parts).map(|(home, part)| (home.name.as_str(), part.account.clone())).collect();
    let scopes: BTreeMap<&str, _> =
        homes.iter().zip(parts).map(|(home, part)| (home.name.as_str(), &part.scopes)).collect();
    let owners = Owners::new(tree.services, homes);
    let mut code_at: BTreeMap<&str, &str> = BTreeMap::new();
    for file in tree.code.iter().rev() {
        code_at.extend(owners.all(&file.path).iter().map(|owner| (*owner, file.path.as_str())));
    }
    for file in tree.texts.iter().filter(|file| !is_test(&file.path)) {
        let Some(language) = foreign(&file.path) else { continue };
        for owner in owners.all(&file.path) {
            if let Some(account) = accounts.get_mut(owner) {
                let (reason, what) = match scopes.get(owner) {
                    Some(scopes) if scopes.has_component(&file.path) => (Reason::Browser, ""),
                    _ => (Reason::Language, language),
                };
                let lines = file.text.lines().count();
                match account.left.iter_mut().find(|left| left.reason == reason && reason == Reason::Browser) {
                    // The first stays the one that begins.
                    Some(left) => (left.files, left.lines) = (left.files + 1, left.lines + lines),
                    None => account.leave(reason, what, lines, &file.path),
                }
                code_at.entry(owner).or_insert(&file.path);
            }
        }
    }
    for file in tree.texts.iter().filter(|file| Language::of(&file.path).is_some()) {
        for owner in owners.all(&file.path) {
            if let Some(account) = accounts.get_mut(owner) {
                account.leave(Reason::Bundle, "", file.text.lines().count(), &file.path);
            }
        }
    }
    let mut nobodys = Account::default();
    leave_nobodys(tree, &owners, parts, &mut nobodys);
    for lost in tree.lost {
        let account = owners.of(&lost.path).and_then(|owner| accounts.get_mut(owner)).unwrap_or(&mut nobodys);
        if lost.reason == IGNORED {
            account.leave(Reason::Ignored, "", 0, &lost.path);
            continue;
        }
        // What is said to be settings is wanted whatever it is called. Code is code, however large it is.
        let (reason, what) = match foreign(&lost.path).filter(|_| !is_test(&lost.path)) {
            Some(language) => (Reason::Language, language),
            None if wants(&lost.path, tree.config) == Want::IfText => (Reason::Unsearched, lost.reason.as_str()),
            None => (Reason::Unreadable, lost.reason.as_str()),
        };
        account.leave(reason, what, 0, &lost.path);
    }
    for (path, fault) in deploy.broken() {
        let stem = path.rsplit('/').next().unwrap_or(path).split('.').next().unwrap_or_default();
        let owner = owners.of(path).or_else(|| hosts.named(stem));
        let account = owner.and_then(|owner| accounts.get_mut(owner)).unwrap_or(&mut nobodys);
        account.leave(Reason::Deploy, fault.split(" at line").next().unwrap_or(fault), 0, path);
    }
    for (path, services) in deploy.absent() {
        for service in services {
            if let Some(account) = accounts.get_mut(service.as_str()) {
                account.leave(Reason::Deploy, "an `env_file` that the tree does not have", 0, path);
            }
        }
    }
    for (path, count) in deploy.nameless() {
        for _ in 0..count {
            nobodys.leave(Reason::Unnamed, "", 0, path);
        }
    }
    for (path, unread) in deploy.unread() {
        for service in &unread.services {
            if let Some(account) = accounts.get_mut(service.as_str()) {
                let what = match unread.kind {
                    Unreadable::Template => "a chart's template",
                    Unreadable::Values => "values of a chart",
                };
                account.leave(Reason::Deploy, what, 0, path);
            }
        }
    }
    for (home, part) in homes.iter().zip(parts) {
        let Some(account) = accounts.get_mut(home.name.as_str()) else { continue };
        for path in &part.unparsed {
            account.leave(Reason::Unparsed, "", 0, path);
        }
        if account.has_code() && !account.begins() {
            let first = code_at.get(home.name.as_str()).copied().unwrap_or_default();
            let of =
                |read: &BTreeMap<String, Amount>| read.values().fold((0, 0), |(f, l), a| (f + a.files, l + a.lines));
            let (files, lines) = of(&account.read);
            if files > 0 {
                account.left.push(Left {
                    reason: Reason::NoEntry,
                    what: String::new(),
                    files,
                    lines,
                    first: first.to_owned(),
                });
            }
            if !tree.config.is_manual(&home.name) {
                outcome.findings.push(no_entry(&home.name, account, first));
            }
        }
        account.left.sort();
    }
    let has_code = accounts.values().any(Account::has_code);
    let mut code = tree.code.iter().map(|file| file.path.as_str()).chain(
        tree.texts.iter().map(|file| file.path.as_str()).filter(|path| foreign(path).is_some() && !is_test(path)),
    );
    if let Some(first) = code.next().filter(|_| !has_code && !homes.is_empty()) {
        let count = code.count() + 1;
        outcome.findings.push(Finding {
            code: Code::NoEntry,
            message: format!("the tree has {} of code, and none of it in a service's directory", amount(count, "file")),
            marks: vec![(Place { path: first.to_owned(), range: Range::default() }, String::new())],
            help: vec!["say whose code is where: `scan: services: [{path: \"<directory>/{name}\"}]`, or leave it out by `scan.exclude`".to_owned()],
            services: homes.iter().map(|home| home.name.clone()).collect(),
            callees: BTreeSet::new(),
        });
    }
    outcome.accounts = accounts.into_iter().map(|(name, account)| (name.to_owned(), account)).collect();
    nobodys.left.sort();
    outcome.left = nobodys.left;
}

/// Adds the code that lies in no service's directory and of whose directory no service reaches anything: who runs it, nobody says.
fn leave_nobodys(tree: &Tree, owners: &Owners, parts: &[Part], nobodys: &mut Account) {
    let loaded: BTreeSet<&str> = parts.iter().flat_map(|part| &part.loads).map(String::as_str).collect();
    let is_nobodys = |path: &str| owners.all(path).is_empty() && !loaded.contains(dir_of(path));
    for file in tree.code.iter().filter(|file| is_nobodys(&file.path)) {
        nobodys.leave(Reason::Nobody, file.language.name(), file.facts.lines as usize, &file.path);
    }
    for file in tree.texts.iter().filter(|file| !is_test(&file.path)) {
        let Some(language) = foreign(&file.path).filter(|_| is_nobodys(&file.path)) else { continue };
        nobodys.leave(Reason::Nobody, language, file.text.lines().count(), &file.path);
    }
}

/// The finding that code does not begin to run anywhere.
fn no_entry(service: &str, account: &Account, first: &str) -> Finding {
    let unread: Vec<&str> =
        account.left.iter().filter(|left| left.reason == Reason::Language).map(|left| left.what.as_str()).collect();
    let lines_unread: usize =
        account.left.iter().filter(|left| left.reason == Reason::Language).map(|left| left.lines).sum();
    let lines_read: usize = account.read.values().map(|read| read.lines).sum();
    // Of a program of Scala with a class of Java it is Scala that begins it.
    let is_unread = account.read.is_empty() || lines_read < lines_unread;
    let message = if is_unread {
        let mostly = if account.read.is_empty() { "" } else { "mostly " };
        format!(
            "`{service}` is {mostly}written in {}, which the scan does not read in depth: it finds no call there",
            unread.join(" and ")
        )
    } else {
        format!("`{service}` has code, but no entry point that the scan knows, so no call in it is found")
    };
    let mut help = Vec::new();
    if !is_unread {
        help.push(
            "say where it begins: `scan: services: [{path: <directory>, name: <service>, main: <directory or file>}]`"
                .to_owned(),
        );
    }
    help.push(format!("where people keep its rules, say so in hedgerow.yaml: `scan: manual: {{{service}: <reason>}}`"));
    Finding {
        code: Code::NoEntry,
        message,
        marks: vec![(Place { path: first.to_owned(), range: Range::default() }, String::new())],
        help,
        services: BTreeSet::from([service.to_owned()]),
        callees: BTreeSet::new(),
    }
}
