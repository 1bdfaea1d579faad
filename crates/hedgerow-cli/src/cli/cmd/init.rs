//! `hedgerow init`: a commented `hedgerow.yaml` to begin with.

use crate::cli::Exit;
use crate::cli::args::Init;
use crate::cli::session::Session;
use anyhow::bail;
use hedgerow::write_file;
use hedgerow_core::name::Domain;

const TEMPLATE: &str = include_str!("init.yaml");

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Init) -> anyhow::Result<Exit> {
    let domain = match Domain::new(&args.domain) {
        Ok(domain) => domain,
        Err(error) => bail!("the domain `{}` is not valid: it {error}", args.domain.escape_debug()),
    };
    let here = session.os.directory().to_path_buf();
    let directory = session.global.directory.as_ref().map_or(here.clone(), |directory| here.join(directory));
    let path =
        session.global.config.as_ref().map_or_else(|| directory.join("hedgerow.yaml"), |config| here.join(config));
    if path.exists() {
        bail!("`{}` exists already; it is left as it is", path.display());
    }
    write_file(&path, &TEMPLATE.replace("example.com", domain.as_str()))?;
    session.note(&format!(
        "wrote {}\nNext: say there which directories are services, then run `hedgerow check`.\n",
        path.display()
    ));
    Ok(Exit::Done)
}
