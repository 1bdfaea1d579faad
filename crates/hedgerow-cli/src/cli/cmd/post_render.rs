//! `hedgerow post-render`: manifests in, manifests with labels and policies out.

use crate::cli::args::PostRender;
use crate::cli::report::count;
use crate::cli::session::{LoadedFleet, Reported, Session};
use crate::cli::{Exit, Os};
use anyhow::Context;
use hedgerow::make_rule;
use hedgerow::patch;
use hedgerow::write_file;
use hedgerow_core::fleet::Scope;
use hedgerow_core::plan::Plan;
use hedgerow_render::patch::{Options, Patch};
use std::path::PathBuf;
use std::sync::Arc;

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &PostRender) -> anyhow::Result<Exit> {
    if session.os.stdin_is_terminal() {
        session.note("reading manifests from the terminal; end them with Ctrl-D\n");
    }
    let stream = read(session.os)?;
    let patched = Patched::new(session, &stream, args)?;
    if let Some(depfile) = &args.depfile {
        let path = session.os.directory().join(depfile);
        write_file(&path, &make_rule("post-render", &patched.inputs))?;
    }
    if args.prove {
        return Ok(Exit::Done);
    }
    // Helm 4 takes an empty stream for a failure, even where the chart renders nothing.
    if patched.is_blank(&stream) && session.os.is_helm_plugin() {
        session.out("---\n")?;
    }
    patched.write(session, &stream)?;
    Ok(Exit::Done)
}

/// The manifests on standard input. What it is shown with, where something is wrong with it, is the same text.
pub(super) fn read(os: &mut Os) -> anyhow::Result<Arc<String>> {
    let bytes = os.read_stdin().context("cannot read standard input")?;
    match hedgerow_yaml::decode_owned(bytes) {
        Ok(stream) => Ok(Arc::new(stream)),
        Err(error) => anyhow::bail!("the manifests on standard input cannot be read: {error}"),
    }
}

/// A stream that was patched without a fault.
pub(super) struct Patched {
    edits: hedgerow_yaml::Edits,
    inputs: Vec<PathBuf>,
}

impl Patched {
    /// Loads the fleet and patches the stream; where anything is wrong, says so and stops.
    pub(super) fn new(session: &mut Session<'_>, stream: &Arc<String>, args: &PostRender) -> anyhow::Result<Self> {
        let service = args.service.as_deref().map(Session::service_name).transpose()?;
        let scope = service.clone().map_or(Scope::Whole, Scope::One);
        let LoadedFleet { fleet, mut sources, inputs } = session.load(scope, args.format)?;
        let plan: Plan = Session::plan(&fleet, &args.environment)?;
        let options = Options {
            service,
            strict: args.strict,
            prune: args.prune,
            check: args.check,
            unknown_kinds: args.unknown_kinds,
            prove: args.prove,
        };
        let source = sources.add_shared("<stdin>", Arc::clone(stream));
        let Patch { edits, diagnostics, tally, .. } = patch(stream, source, &plan, &options);
        session.report(&diagnostics, &sources, args.format)?;
        let refused = if args.prove { Exit::Findings } else { Exit::BadInput };
        let Some(edits) = edits else { return Err(Reported(refused).into()) };
        if session.global.verbose {
            session.err(&format!(
                "{} claimed, {} not; wrote {} and {} of policy\n",
                count(tally.workloads, "workload"),
                tally.unclaimed,
                count(tally.labels, "label"),
                count(tally.policies, "object")
            ));
        }
        Ok(Self { edits, inputs })
    }

    /// Whether nothing but blanks comes out.
    fn is_blank(&self, stream: &str) -> bool {
        self.edits.runs(stream, |run| if run.trim().is_empty() { Ok(()) } else { Err(()) }).is_ok()
    }

    pub(super) fn write(&self, session: &mut Session<'_>, stream: &str) -> anyhow::Result<()> {
        session.os.out_with(|mut to| self.edits.write(stream, &mut to)).context("cannot write to standard output")
    }
}
