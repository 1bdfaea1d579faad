//! `hedgerow init`: looks at a tree and writes a commented `hedgerow.yaml` for it.

mod found;
mod kustomized;
mod text;
mod wanted;

use crate::cli::Exit;
use crate::cli::args::Init;
use crate::cli::report::count;
use crate::cli::session::Session;
use crate::codeowners::{CodeOwners, find};
use crate::ignored::Ignored;
use crate::look::Look;
use anyhow::{Context, bail};
use found::{NEW_HOME, Proposal};
use hedgerow::{misnamed_config, write_file};
use hedgerow_core::name::Domain;
use hedgerow_core::read::domain::{is_reserved, reserved};
use std::collections::BTreeMap;
use std::path::Path;

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Init) -> anyhow::Result<Exit> {
    let domain = match Domain::new(&args.domain) {
        Ok(domain) => domain,
        Err(error) => bail!("the domain `{}` is not valid: it {error}", args.domain.escape_debug()),
    };
    if is_reserved(&domain) {
        bail!("{}", reserved(&domain));
    }
    let here = session.os.directory().to_path_buf();
    let directory = session.global.directory.as_ref().map_or(here.clone(), |directory| here.join(directory));
    let path =
        session.global.config.as_ref().map_or_else(|| directory.join("hedgerow.yaml"), |config| here.join(config));
    if path.exists() && !args.dry_run {
        bail!("`{}` exists already; it is left as it is", path.display());
    }
    if session.global.config.is_none()
        && !path.exists()
        && let Some(found) = misnamed_config(&directory)
    {
        let what = format!("`{}` is there already, under a name that nobody reads", found.display());
        if !args.dry_run {
            bail!("{what}: rename it to `hedgerow.yaml`, or remove it first");
        }
        session.note(&format!("{what}: rename it to `hedgerow.yaml` instead\n"));
    }
    let look = Look::of(&directory, &args.deploy).with_context(|| format!("cannot read `{}`", directory.display()))?;
    let wanted = wanted::wanted(&directory, &args.deploy, &look)?;
    let mut proposal = found::propose(&look, wanted.as_ref());
    proposal.doubts.extend(unclaimed(&directory, &proposal));
    proposal.doubts.extend(ignored(&directory, &proposal));
    proposal.doubts.extend(left_out(&look));
    let owners = owners(&directory, &proposal);
    let mut files = vec![(path, text::config(domain.as_str(), &look, &proposal, (&owners, args.services)))];
    if args.services {
        for (name, service) in &proposal.services {
            let path = directory.join(&service.home).join("service.yaml");
            files.push((path, text::service(name, service, owners.get(name))));
        }
    }
    let (mut written, mut kept) = (0, 0);
    for (path, text) in &files {
        if args.dry_run {
            let shown = path.strip_prefix(&directory).unwrap_or(path).display().to_string();
            session.out(&format!("--- {shown}\n{text}"))?;
        } else if path.exists() {
            kept += 1;
        } else {
            write_file(path, text)?;
            written += 1;
        }
    }
    if let Some(cut) = &look.cut {
        session.note(&format!("Not everything was seen: {cut}. Run it in a directory below.\n"));
    }
    if args.dry_run {
        return Ok(Exit::Done);
    }
    let mut note = format!("wrote {}", files[0].0.display());
    if args.services {
        note.push_str(&format!(" and {}", count(written - 1, "service.yaml file")));
        if kept > 0 {
            note.push_str(&format!("; {} there already and left as they are", count(kept, "file")));
        }
    }
    note.push_str(&next(&proposal, args.services));
    session.note(&note);
    Ok(Exit::Done)
}

/// Services whose own file is there and does not say what their workloads are called, where they are called otherwise.
fn unclaimed(directory: &Path, proposal: &Proposal) -> Option<String> {
    let is_unclaimed = |service: &&found::Service| {
        let text = crate::look::text(&directory.join(&service.home).join("service.yaml"));
        service.workload.is_some() && text.is_some_and(|text| !text.lines().any(|line| line.starts_with("workloads:")))
    };
    let found: Vec<_> = proposal.services.values().filter(is_unclaimed).collect();
    let first = found.first()?;
    let lines: Vec<String> = found.iter().map(|service| format!("{}/service.yaml", service.home)).collect();
    Some(format!(
        "there already, without `workloads`, so that a deploy does not find the service: {}; add a line such as `workloads: [\"*/{}\"]`, or deploy with `--service`",
        lines.join(", "),
        first.workload.as_deref().unwrap_or_default()
    ))
}

/// Services whose own file git leaves out, so that a clone has them not.
fn ignored(directory: &Path, proposal: &Proposal) -> Option<String> {
    let is_ignored = Ignored::searched(directory);
    let top = directory.canonicalize().ok()?;
    let is_lost = |service: &&found::Service| {
        let path = top.join(&service.home).join("service.yaml");
        let above = path.ancestors().skip(1).take_while(|one| one.starts_with(&top) && *one != top);
        is_ignored(&path, false) || above.into_iter().any(|one| is_ignored(one, true))
    };
    let lost: Vec<&str> = proposal.services.values().filter(is_lost).map(|service| service.home.as_str()).collect();
    let first = lost.first()?;
    let line = if lost.iter().all(|home| home.starts_with(&format!("{NEW_HOME}/"))) {
        format!("!/{NEW_HOME}/**")
    } else {
        format!("!/{first}/**")
    };
    Some(format!(
        "`.gitignore` leaves out {}, so that a clone would not have the services: end it with a line such as `{line}`",
        lost.join(", ")
    ))
}

/// Files that deploy or set something and that git leaves out of a clone.
fn left_out(look: &Look) -> Option<String> {
    let first = look.left_out.first()?;
    let (which, them) = match look.left_out.len() {
        1 => (format!("`{first}`"), "it"),
        2 => (format!("`{first}` and another file"), "them"),
        many => (format!("`{first}` and {} other files", many - 1), "them"),
    };
    Some(format!(
        "`.gitignore` leaves out {which}: neither `init` nor the scan reads {them}; `scan: {{gitignore: pass}}` reads what it leaves out, and `hedgerow init --deploy FILE` one that is the deployment"
    ))
}

/// What to do then.
fn next(proposal: &Proposal, with_services: bool) -> String {
    if proposal.services.is_empty() {
        return "\nNext: say there which directories are services, then run `hedgerow check`.\n".to_owned();
    }
    let homeless = proposal.services.values().filter(|service| !service.has_home).count();
    let make = match homeless {
        0 => "",
        _ if with_services => "",
        _ => "\nSome services have no directory of their own; `hedgerow init --services` would make one for each.",
    };
    let made = if homeless > 0 && with_services {
        format!(
            "\n{} no directory of {} own: {} below `{NEW_HOME}/`.",
            if homeless == 1 { "1 service had".to_owned() } else { format!("{homeless} services had") },
            if homeless == 1 { "its" } else { "their" },
            if homeless == 1 { "it has one" } else { "they have one each" },
        )
    } else {
        String::new()
    };
    format!(
        ": {}{make}{made}\nNext: read it, run `hedgerow check`, and `hedgerow scan` to find who calls whom.\n",
        count(proposal.services.len(), "service")
    )
}

/// Who reviews each service's directory, as the code owners' file says.
fn owners(directory: &Path, proposal: &Proposal) -> BTreeMap<String, String> {
    let found = find(None, |path| directory.join(path).exists());
    let read = |(host, path): &(crate::codeowners::Host, &'static str)| {
        let text = crate::look::text(&directory.join(path))?;
        Some(CodeOwners::parse(*host, &text))
    };
    let Some(file) = found.known.iter().find_map(read) else { return BTreeMap::new() };
    let owner = |home: &str| {
        let path = format!("{home}/service.yaml");
        let line = file.deciding(&path).next()?;
        line.owners().first().cloned()
    };
    let named = proposal.services.iter().filter(|(_, service)| service.has_home);
    named.filter_map(|(name, service)| Some((name.clone(), owner(&service.home)?))).collect()
}
