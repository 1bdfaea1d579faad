//! `hedgerow why A B`: what lets A call B, or what would.

use super::any_plan;
use crate::cli::Exit;
use crate::cli::args::{AnswerFormat, DiagnosticFormat, Why};
use crate::cli::session::Session;
use anyhow::{Context, bail};
use hedgerow_core::diag::enumerate;
use hedgerow_core::fleet::{Fleet, Scope, Service};
use hedgerow_core::name::{PortRef, Protocol, ServiceName};
use hedgerow_core::plan::selector;
use hedgerow_core::policy::{Labels, Port, Ports, Stage};
use hedgerow_core::source::{Sources, Span};
use hedgerow_core::verdict::{Permission, Traffic, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;
use std::num::NonZeroU16;

/// The JSON form, version 1.
#[derive(Serialize)]
struct Answer<'a> {
    version: u32,
    caller: &'a str,
    callee: &'a str,
    environment: Option<&'a str>,
    stage: Option<&'static str>,
    verdicts: Vec<JsonVerdict>,
}

#[derive(Serialize)]
struct JsonVerdict {
    port: String,
    permitted: bool,
    /// Nothing known here permits it, and the caller's rules are in another repository.
    #[serde(rename = "untold", skip_serializing_if = "std::ops::Not::not")]
    is_untold: bool,
    /// `rule`, `types`, `allow`, or nothing.
    by: Option<&'static str>,
    /// The file that permits it, or the one that would.
    file: String,
    line: usize,
    /// The author's words for it, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What becomes of the traffic in the environment: `permitted`, `unprotected`, `audited` or `dropped`.
    traffic: Option<&'static str>,
    /// What would permit it besides, by labels of the caller's pods or namespace, which no file tells.
    #[serde(rename = "if", skip_serializing_if = "Option::is_none")]
    condition: Option<JsonCondition>,
}

/// An `allow` entry that permits the call if the caller's pods and its namespace wear these labels.
#[derive(Serialize)]
struct JsonCondition {
    namespace: String,
    /// Those of the namespace.
    labels: BTreeMap<String, String>,
    /// Those of the pods.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pods: BTreeMap<String, String>,
    file: String,
    line: usize,
}

/// A port that was asked about, as people write it.
struct Asked {
    shown: String,
    port: (NonZeroU16, Protocol),
}

pub(in crate::cli) fn why(session: &mut Session<'_>, args: &Why) -> anyhow::Result<Exit> {
    let loaded = session.load(Scope::Whole, DiagnosticFormat::Text)?;
    let fleet = &loaded.fleet;
    let (caller, callee) = (Session::known(fleet, &args.caller)?, Session::known(fleet, &args.callee)?);
    let service = fleet.known(callee.as_str()).context("a service without a plan")?;
    let plan = any_plan(fleet, &args.environment)?;
    let mut verdicts = Vec::new();
    for asked in ports(service, args.port.as_deref())? {
        let verdict = plan.plan.verdict(&caller, &callee, asked.port).context("a service without a plan")?;
        verdicts.push((asked, verdict));
    }
    let stage = plan.stage(&callee);
    let is_permitted = verdicts.iter().all(|(_, v)| !matches!(v.permission, Permission::Nothing | Permission::Untold));
    // Where a rule is there already and names other ports, it is that file that would have to say more.
    let rule = fleet.rule(&caller, &callee).map(|rule| loaded.sources.get(rule.file.source).path.clone());
    let has_rule = rule.is_some();
    let missing = rule.unwrap_or_else(|| rule_path(fleet, caller.as_str(), callee.as_str()));
    let advice = Advice::new(fleet, &caller, service, &missing, has_rule);
    let missing = if caller == callee { advice.metadata.clone() } else { missing };
    let condition = |port| {
        let condition = plan.plan.permitted_if(&caller, &callee, port)?;
        let texts = |labels: &Labels| labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        let (file, line) = at(&loaded.sources, condition.allow.span);
        let namespace = fleet.known(caller.as_str())?.namespace.as_str().to_owned();
        let (pods, labels) = (texts(&condition.pods), texts(&condition.namespace));
        Some(JsonCondition { namespace, labels, pods, file, line })
    };
    let describe = |(asked, verdict): &(Asked, Verdict<'_>)| {
        let (by, file, line) = place(verdict, &loaded.sources, &missing);
        JsonVerdict {
            condition: condition(asked.port),
            port: asked.shown.clone(),
            permitted: by.is_some(),
            is_untold: verdict.permission == Permission::Untold,
            by,
            file,
            line,
            reason: reason(verdict),
            traffic: stage.map(|_| traffic(verdict.traffic)),
        }
    };
    let verdicts: Vec<_> = verdicts.iter().map(describe).collect();
    let text = match args.format {
        AnswerFormat::Json => {
            let environment = plan.environment.as_ref().map(hedgerow_core::name::EnvironmentName::as_str);
            let (caller, callee) = (caller.as_str(), callee.as_str());
            let answer = Answer { version: 1, caller, callee, environment, stage: stage.map(Stage::as_str), verdicts };
            serde_json::to_string_pretty(&answer).context("the answer as JSON")? + "\n"
        }
        AnswerFormat::Csv => {
            let line = |v: &JsonVerdict| {
                let by = v.by.unwrap_or_default();
                format!(
                    "{caller},{callee},{},{},{by},\"{}\",{}\n",
                    v.port,
                    v.permitted,
                    v.file.replace('"', "\"\""),
                    v.line
                )
            };
            format!("caller,callee,port,permitted,by,file,line\n{}", verdicts.iter().map(line).collect::<String>())
        }
        AnswerFormat::Text => {
            let lines: String = verdicts.iter().map(|verdict| sentence(args, verdict, &advice, stage)).collect();
            let stage = stage.map(|stage| format!("stage: {}\n", stage.as_str())).unwrap_or_default();
            lines + &stage
        }
    };
    session.out(&text)?;
    Ok(if is_permitted { Exit::Done } else { Exit::Findings })
}

fn ports(service: &Service, wanted: Option<&str>) -> anyhow::Result<Vec<Asked>> {
    let listed = service.ports.listed();
    let Some(wanted) = wanted else {
        let all =
            listed.iter().map(|port| Asked { shown: port.reference().to_string(), port: (port.number, port.protocol) });
        let all: Vec<_> = all.collect();
        return Ok(match (all.is_empty(), &service.ports) {
            (false, _) => all,
            (true, Ports::Nothing) => bail!("`{}` listens on no port", service.name),
            (true, _) => vec![Asked { shown: "any".to_owned(), port: (NonZeroU16::MIN, Protocol::Tcp) }],
        });
    };
    let reference = match PortRef::new(wanted) {
        Ok(reference) => reference,
        Err(error) => bail!("the port `{}` is not valid: it {error}", wanted.escape_debug()),
    };
    let listed = [listed, &service.always].concat();
    let by_name = listed.iter().filter(|port| port.reference() == reference);
    let by_number = listed.iter().filter(|port| PortRef::Number(port.number) == reference);
    let found =
        by_name.chain(by_number).map(|port| Asked { shown: wanted.to_owned(), port: (port.number, port.protocol) });
    let mut found: Vec<_> = found.collect();
    found.dedup_by_key(|asked| asked.port);
    match (found.is_empty(), reference) {
        (false, _) => Ok(found),
        (true, PortRef::Number(number)) => Ok(vec![Asked { shown: wanted.to_owned(), port: (number, Protocol::Tcp) }]),
        (true, PortRef::Name(name)) => {
            let names: Vec<_> = listed.iter().map(|port| port.reference().to_string()).collect();
            bail!("`{}` declares no port `{name}`; declared are: {}", service.name, names.join(", "))
        }
    }
}

/// Where the rule would lie that permits the edge.
fn rule_path(fleet: &Fleet, caller: &str, callee: &str) -> String {
    // The directory of a service elsewhere is not known; nearly always it bears the service's name.
    let directory = fleet.service(caller).map_or(caller, |service| service.directory.as_str());
    format!("{directory}/{}/{callee}.rule", fleet.config().layout.rules.first())
}

fn reason(verdict: &Verdict<'_>) -> Option<String> {
    match verdict.permission {
        Permission::Rule(rule) => rule.reason.clone(),
        Permission::Allow(allow) => allow.reason.clone(),
        Permission::Types | Permission::Nothing | Permission::Untold => None,
    }
}

/// The file and the line of a place.
fn at(sources: &Sources, span: Span) -> (String, usize) {
    (sources.get(span.source).path.clone(), sources.position(span).line)
}

fn place(verdict: &Verdict<'_>, sources: &Sources, missing: &str) -> (Option<&'static str>, String, usize) {
    let at = |span| at(sources, span);
    match verdict.permission {
        Permission::Rule(rule) => {
            let (file, line) = at(rule.file);
            (Some("rule"), file, line)
        }
        Permission::Allow(allow) => {
            let (file, line) = at(allow.span);
            (Some("allow"), file, line)
        }
        Permission::Types => (Some("types"), "hedgerow.yaml".to_owned(), 1),
        Permission::Nothing | Permission::Untold => (None, missing.to_owned(), 1),
    }
}

const fn traffic(traffic: Traffic) -> &'static str {
    match traffic {
        Traffic::Permitted => "permitted",
        Traffic::Unprotected => "unprotected",
        Traffic::Audited => "audited",
        Traffic::Dropped => "dropped",
    }
}

/// What would permit a call that nothing permits.
struct Advice {
    /// The callee's service.yaml.
    metadata: String,
    /// The rule file, if the call is one between two services, and whether it is there.
    rule: Option<(String, bool)>,
    /// The `allow` entry by which pods of the callee's reach each other.
    own: String,
    /// The ports that the callee declares, if it declares any or says that there are none.
    declared: Option<Vec<Port>>,
}

impl Advice {
    fn new(fleet: &Fleet, caller: &ServiceName, callee: &Service, rule: &str, has_rule: bool) -> Self {
        let labels = selector(fleet.config(), callee);
        let labels: Vec<_> = labels.iter().map(|(key, value)| format!("{key}: {}", value.as_str())).collect();
        let declared = match &callee.ports {
            Ports::Any => None,
            Ports::Nothing | Ports::These(_) => Some([callee.ports.listed(), &callee.always].concat()),
        };
        Self {
            metadata: format!("{}/service.yaml", callee.directory),
            rule: (*caller != callee.name).then(|| (rule.to_owned(), has_rule)),
            own: format!("{{from: {{pods: {{{}}}}}, reason: …}}", labels.join(", ")),
            declared,
        }
    }

    /// What to do, where nothing permits a call on this port.
    fn of(&self, callee: &str, verdict: &JsonVerdict) -> String {
        let is_declared = |declared: &Vec<Port>| {
            declared
                .iter()
                .any(|port| port.reference().to_string() == verdict.port || port.number.to_string() == verdict.port)
        };
        let undeclared = self.declared.as_ref().filter(|declared| !is_declared(declared) && verdict.port != "any");
        let declare = undeclared.map(|declared| {
            let names: Vec<_> = declared.iter().map(|port| port.reference().to_string()).collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            format!(
                "{callee} declares no port {} (declared: {names}); add it to `ports:` in {}",
                verdict.port, self.metadata
            )
        });
        match (&self.rule, declare) {
            (None, None) => format!(
                "a service needs no rule for itself, but an entry under `allow:` in {}, `{}`",
                self.metadata, self.own
            ),
            (None, Some(declare)) => format!("{declare}, and under `allow:` an entry `{}`", self.own),
            (Some((_, true)), Some(declare)) => declare,
            (Some((rule, false)), Some(declare)) => format!("{declare}, and add {rule}"),
            (Some((rule, true)), None) => format!("{rule} lists other ports; add `{}` there", verdict.port),
            (Some((rule, false)), None) => format!("nothing permits it; add {rule}"),
        }
    }
}

fn sentence(args: &Why, verdict: &JsonVerdict, advice: &Advice, stage: Option<Stage>) -> String {
    let (caller, callee) = (&args.caller, &args.callee);
    let port = if verdict.port == "any" { String::new() } else { format!(" on port {}", verdict.port) };
    let reason = match verdict.by {
        Some("types") => "the types in hedgerow.yaml say so, on all ports".to_owned(),
        Some(_) => {
            let reason = verdict.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            format!("{}:{}{reason}", verdict.file, verdict.line)
        }
        None if verdict.is_untold => {
            format!("the rules of {caller} are in another repository; {} there would permit it", verdict.file)
        }
        None => advice.of(callee, verdict),
    };
    let may = match (verdict.permitted, verdict.is_untold || verdict.condition.is_some()) {
        (true, _) => "may call",
        (false, true) => "may or may not call",
        (false, false) => "may not call",
    };
    let unless = match &verdict.condition {
        Some(JsonCondition { namespace, labels, pods, file, line }) => {
            let shown = |labels: &BTreeMap<String, String>| {
                enumerate(labels.iter().map(|(key, value)| format!("`{key}: {value}`")))
            };
            let pods = (!pods.is_empty()).then(|| format!("the pods of `{caller}` wear {}", shown(pods)));
            let labels = (!labels.is_empty()).then(|| format!("namespace `{namespace}` wears {}", shown(labels)));
            let wear: Vec<_> = pods.into_iter().chain(labels).collect();
            format!("{file}:{line} permits it if {}, which no file tells; else ", wear.join(" and "))
        }
        None => String::new(),
    };
    let now = match verdict.traffic {
        Some("unprotected") if stage == Some(Stage::Open) => {
            " (it gets through all the same: everybody comes in, the callee's policy is open)"
        }
        Some("unprotected") => " (it gets through all the same: the callee is not protected)",
        Some("audited") => " (it gets through all the same: the callee's policy is only tried)",
        _ => "",
    };
    format!("{caller} {may} {callee}{port}: {unless}{reason}{now}\n")
}
