//! When a cron schedule fires next, in UTC. Kubernetes' form: five fields, or a macro such as `@daily`
//! (<https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax>).

const DAY: i64 = 86_400;
/// How far ahead is looked: a 29th of February on a Monday comes within 28 years, or 40 over a century without one.
const MAX_DAYS: i64 = 41 * 366;

/// The first moment after `after` (seconds since 1970) at which a schedule fires; nothing where it is not understood or never fires.
pub(crate) fn next(schedule: &str, after: i64) -> Option<i64> {
    let schedule = match schedule.trim() {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        other => other,
    };
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    let [minutes, hours, days, months, weekdays] = <[&str; 5]>::try_from(fields).ok()?;
    let (any_day, any_weekday) = (days.starts_with(['*', '?']), weekdays.starts_with(['*', '?']));
    let minutes = field(minutes, 0, 59, &[])?;
    let hours = field(hours, 0, 23, &[])?;
    let days = field(days, 1, 31, &[])?;
    let months =
        field(months, 1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])?;
    let weekdays = field(weekdays, 0, 7, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"])?;
    let weekdays = weekdays | (weekdays >> 7 & 1);
    let first = after.div_euclid(DAY);
    for day in first..first + MAX_DAYS {
        let (month, of_month) = month_and_day(day);
        // 1970-01-01 was a Thursday.
        let weekday = (day + 4).rem_euclid(7);
        let (by_day, by_weekday) = (has(days, of_month), has(weekdays, weekday));
        // Where both are restricted, either will do.
        let is_day = if any_day || any_weekday { by_day && by_weekday } else { by_day || by_weekday };
        if !has(months, month) || !is_day {
            continue;
        }
        let times = (0..24).filter(|hour| has(hours, *hour)).flat_map(|hour| {
            (0..60).filter(move |minute| has(minutes, *minute)).map(move |minute| day * DAY + hour * 3600 + minute * 60)
        });
        if let Some(time) = times.into_iter().find(|time| *time > after) {
            return Some(time);
        }
    }
    None
}

const fn has(set: u64, number: i64) -> bool {
    number >= 0 && number < 64 && set >> number & 1 == 1
}

/// A field as a set of bits; nothing where it is not understood.
fn field(text: &str, low: u64, high: u64, names: &[&str]) -> Option<u64> {
    let number = |text: &str| {
        let named = names.iter().position(|name| text.eq_ignore_ascii_case(name));
        let number = match named {
            Some(at) => u64::try_from(at).ok()? + low,
            None => text.parse().ok()?,
        };
        (low..=high).contains(&number).then_some(number)
    };
    text.split(',').try_fold(0_u64, |set, part| {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<usize>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = match (range, range.split_once('-')) {
            ("*" | "?", _) => (low, high),
            (_, Some((from, to))) => (number(from)?, number(to)?),
            // `5/15` goes on to the end.
            (_, None) if part.contains('/') => (number(range)?, high),
            (_, None) => (number(range)?, number(range)?),
        };
        (from <= to).then(|| (from..=to).step_by(step).fold(set, |set, number| set | 1 << number))
    })
}

/// The month and the day of the month of a day since 1970-01-01.
fn month_and_day(day: i64) -> (i64, i64) {
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let _ = era;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    (if month < 10 { month + 3 } else { month - 9 }, of_month)
}

#[cfg(test)]
mod tests {
    use super::next;
    use hedgerow_observe::observations::Moment;

    #[test]
    fn a_schedule_fires_when_kubernetes_would() {
        // 2026-11-28 is a Saturday.
        let rows = [
            ("*/5 * * * *", Some("2026-11-28T09:05:00Z")),
            ("0 3 * * *", Some("2026-11-29T03:00:00Z")),
            ("30 9 28 11 *", Some("2026-11-28T09:30:00Z")),
            ("0 9 28 11 *", Some("2027-11-28T09:00:00Z")),
            ("0 0 1 * *", Some("2026-12-01T00:00:00Z")),
            ("@monthly", Some("2026-12-01T00:00:00Z")),
            ("@weekly", Some("2026-11-29T00:00:00Z")),
            ("0 0 * * 7", Some("2026-11-29T00:00:00Z")),
            ("0 6 * * mon-fri", Some("2026-11-30T06:00:00Z")),
            ("0 6 31 * MON", Some("2026-11-30T06:00:00Z")),
            ("15 10-12/2 * JAN *", Some("2027-01-01T10:15:00Z")),
            ("5/15 9 * * *", Some("2026-11-28T09:05:00Z")),
            ("0 0 29 2 *", Some("2028-02-29T00:00:00Z")),
            ("0 0 30 2 *", None),
            ("@every 5m", None),
            ("0 0 * *", None),
            ("0 25 * * *", None),
            ("0 0 * * */0", None),
            ("", None),
        ];
        let now = Moment::try_from("2026-11-28T09:00:00Z".to_owned()).expect("a time").0;
        for (schedule, should) in rows {
            let is = next(schedule, now).map(|time| String::from(Moment(time)));
            assert_eq!(is.as_deref(), should, "{schedule}");
        }
    }
}
