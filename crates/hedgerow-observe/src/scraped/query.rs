//! What is asked of a Prometheus, and what it answers.

use crate::naming::Micros;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub(super) const SECOND: Micros = 1_000_000;
/// For how long Prometheus takes a sample for the present one.
pub(super) const LOOK_BACK: Micros = 300 * SECOND;

/// Series that are meant: a name, and what labels have to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// The metric.
    pub name: &'static str,
    /// By label, the values that it may have; of no label none.
    pub labels: BTreeMap<String, Vec<String>>,
}

impl Selector {
    /// All series of a name.
    #[must_use]
    pub const fn all(name: &'static str) -> Self {
        Self { name, labels: BTreeMap::new() }
    }

    /// Of these only those of which a label has one of the values.
    #[must_use]
    pub fn with(mut self, label: &str, values: impl IntoIterator<Item = String>) -> Self {
        self.labels.insert(label.to_owned(), values.into_iter().collect());
        self
    }

    /// Whether a series is meant.
    #[must_use]
    pub fn fits(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = |label: &str| labels.get(label).map_or("", String::as_str);
        value("__name__") == self.name
            && self.labels.iter().all(|(label, values)| values.iter().any(|it| it == value(label)))
    }

    fn text(&self) -> String {
        let mut text = self.name.to_owned();
        let mut separator = '{';
        for (label, values) in &self.labels {
            text.push(separator);
            separator = ',';
            let _never = match values.as_slice() {
                [one] => write!(text, "{label}={}", quoted(one)),
                many => {
                    let all: Vec<String> = many.iter().map(|value| escaped(value)).collect();
                    write!(text, "{label}=~{}", quoted(&all.join("|")))
                }
            };
        }
        if separator == ',' {
            text.push('}');
        }
        text
    }
}

/// A text between quotes, as PromQL and JSON both write it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A text as a regular expression that matches nothing else.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, character| {
        if !character.is_alphanumeric() && character != '_' && character != '-' && character.is_ascii() {
            out.push('\\');
        }
        out.push(character);
        out
    })
}

/// One question. Times are whole seconds, in microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// What the series were at some moments: from the first to the last in steps.
    At {
        /// Which.
        selector: Selector,
        /// The first moment.
        from: Micros,
        /// The last.
        to: Micros,
        /// From one to the next.
        step: Micros,
    },
    /// Every sample after a moment and up to another one.
    Raw {
        /// Of which series.
        selector: Selector,
        /// After this.
        from: Micros,
        /// Up to this.
        to: Micros,
    },
    /// The last sample of each series after a moment and up to another one.
    Last {
        /// Which.
        selector: Selector,
        /// After this.
        from: Micros,
        /// Up to this.
        to: Micros,
    },
    /// How often a counter fell, in each of some steps that end at these moments, or shortly before it; only where it did.
    Resets {
        /// Which.
        selector: Selector,
        /// The first end.
        from: Micros,
        /// The last.
        to: Micros,
        /// How long each is.
        step: Micros,
    },
    /// How many samples there were after a moment and up to another one; only of series that had any.
    Present {
        /// Of which series.
        selector: Selector,
        /// After this.
        from: Micros,
        /// Up to this.
        to: Micros,
    },
}

impl Query {
    /// The path below the address of the API, and its parameters.
    #[must_use]
    pub fn request(&self) -> (&'static str, Vec<(&'static str, String)>) {
        let seconds = |at: &Micros| at.div_euclid(SECOND).to_string();
        let range = |query: String, from: &Micros, to: &Micros, step: &Micros| {
            let more = [("start", seconds(from)), ("end", seconds(to)), ("step", seconds(step))];
            ("/api/v1/query_range", [("query", query)].into_iter().chain(more).collect())
        };
        let instant = |query: String, at: &Micros| ("/api/v1/query", vec![("query", query), ("time", seconds(at))]);
        let length = |from: &Micros, to: &Micros| (to - from).div_euclid(SECOND).max(1);
        match self {
            Self::At { selector, from, to, step } => range(selector.text(), from, to, step),
            Self::Raw { selector, from, to } => instant(format!("{}[{}s]", selector.text(), length(from, to)), to),
            Self::Resets { selector, from, to, step } => {
                let length = length(&0, &(step + LOOK_BACK));
                range(format!("resets({}[{length}s]) > 0", selector.text()), from, to, step)
            }
            Self::Last { selector, from, to } => {
                instant(format!("last_over_time({}[{}s])", selector.text(), length(from, to)), to)
            }
            Self::Present { selector, from, to } => {
                instant(format!("count_over_time({}[{}s])", selector.text(), length(from, to)), to)
            }
        }
    }
}

/// One series with its samples, ascending: when, in microseconds, and what.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Its labels, the name as `__name__` where it has one.
    pub labels: BTreeMap<String, String>,
    /// Its samples.
    pub samples: Vec<(Micros, f64)>,
}

/// Why an answer is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// It is not in the form of the API; with the reason.
    Form(String),
    /// The Prometheus says that it cannot answer.
    Refused(String),
    /// It says that its answer may not be whole.
    Partial(String),
}

/// Reads an answer of the API.
///
/// # Errors
/// When it is none, or is not whole: nothing may be taken for silence that was not heard.
pub fn read(text: &str) -> Result<Vec<Series>, NoAnswer> {
    #[derive(Deserialize)]
    struct Answer {
        status: String,
        #[serde(default)]
        error: String,
        #[serde(default)]
        warnings: Vec<String>,
        data: Option<Data>,
    }
    #[derive(Deserialize)]
    struct Data {
        result: Vec<Line>,
    }
    #[derive(Deserialize)]
    struct Line {
        metric: BTreeMap<String, String>,
        #[serde(default)]
        values: Vec<(f64, String)>,
        value: Option<(f64, String)>,
    }
    let answer: Answer = serde_json::from_str(text).map_err(|error| NoAnswer::Form(error.to_string()))?;
    if answer.status != "success" {
        return Err(NoAnswer::Refused(answer.error));
    }
    if let Some(warning) = answer.warnings.into_iter().next() {
        return Err(NoAnswer::Partial(warning));
    }
    let lines = answer.data.ok_or_else(|| NoAnswer::Form("it has no data".to_owned()))?.result;
    let series = lines.into_iter().map(|line| {
        let samples = line.values.into_iter().chain(line.value).filter_map(|(at, value)| {
            // To milliseconds, as Prometheus keeps times.
            let at = (at.is_finite() && at.abs() < 1e12).then(|| (at * 1e3).round() as i64 * 1000)?;
            Some((at, value.parse::<f64>().ok().filter(|value| value.is_finite())?))
        });
        let mut samples: Vec<(Micros, f64)> = samples.collect();
        samples.sort_by_key(|(at, _)| *at);
        Series { labels: line.metric, samples }
    });
    Ok(series.collect())
}
