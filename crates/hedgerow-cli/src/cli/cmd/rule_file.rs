//! What commands write into new rule files, and where these lie.

use hedgerow_core::date::Date;
use hedgerow_core::fleet::Fleet;
use hedgerow_core::name::ServiceName;
use hedgerow_observe::observations::Moment;
use hedgerow_yaml::quote;
use std::fmt;

/// The text of a rule file.
pub(super) struct RuleFile<'a> {
    /// Names and numbers of ports; none for all.
    pub(super) ports: Vec<String>,
    pub(super) reason: Option<&'a str>,
    pub(super) origin: &'static str,
    /// When traffic showed the call first and last.
    pub(super) seen: Option<(Moment, Moment)>,
    pub(super) expires: Option<&'a str>,
}

impl RuleFile<'_> {
    /// A rule for all ports, written by `origin`.
    pub(super) const fn of(origin: &'static str) -> Self {
        Self { ports: Vec::new(), reason: None, origin, seen: None, expires: None }
    }
}

impl fmt::Display for RuleFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.ports.is_empty() {
            let mut ports: Vec<String> = Vec::new();
            for port in &self.ports {
                // A number stays one.
                let port = if port.parse::<u16>().is_ok() { port.clone() } else { quote(port).into_owned() };
                if !ports.contains(&port) {
                    ports.push(port);
                }
            }
            writeln!(f, "ports: [{}]", ports.join(", "))?;
        }
        if let Some(reason) = self.reason {
            writeln!(f, "reason: {}", quote(reason))?;
        }
        writeln!(f, "origin: {}", self.origin)?;
        if let Some((first, last)) = self.seen {
            writeln!(f, "first-seen: {}\nlast-seen: {}", day(first), day(last))?;
        }
        if let Some(day) = self.expires {
            writeln!(f, "expires: {day}")?;
        }
        Ok(())
    }
}

/// The day of a moment, in UTC.
fn day(moment: Moment) -> Date {
    Date::from_unix_days(moment.0.div_euclid(86_400))
}

/// Where the rule that lets `caller` call `callee` belongs, below the fleet's root; nothing where the caller's directory is not here.
pub(super) fn path(fleet: &Fleet, caller: &ServiceName, callee: &ServiceName) -> Option<String> {
    let service = fleet.service(caller.as_str())?;
    Some(format!("{}/{}/{callee}.rule", service.directory, fleet.config().layout.rules.first()))
}
