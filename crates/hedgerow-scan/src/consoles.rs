//! Programs that open connections from a command line: those that are given URLs, and consoles and clients of stores, those that wait for one
//! among them. To wait for somebody is to connect to it.

/// Programs that are given URLs and call them.
pub(crate) const WEB: &[&str] = &[
    "curl",
    "wget",
    "http",
    "https",
    "httpie",
    "xh",
    "grpcurl",
    "grpc_health_probe",
    "hey",
    "wrk",
    "ab",
    "oha",
    "siege",
    "vegeta",
    "ghz",
    "bombardier",
    "autocannon",
    "websocat",
];

/// Programs that are given hosts and open connections to them.
pub(crate) const PLAIN: &[&str] = &[
    "nc",
    "ncat",
    "netcat",
    "telnet",
    "wait-for",
    "wait-for.sh",
    "wait-for-it",
    "wait-for-it.sh",
    "wait_for_it.sh",
    "wait-on",
    "dockerize",
    "psql",
    "pg_isready",
    "pg_dump",
    "pg_dumpall",
    "pg_restore",
    "pgbench",
    "createdb",
    "createuser",
    "dropdb",
    "mysql",
    "mysqladmin",
    "mysqldump",
    "mysqlimport",
    "mariadb",
    "mariadb-admin",
    "mariadb-dump",
    "sqlcmd",
    "redis-cli",
    "valkey-cli",
    "mongo",
    "mongosh",
    "mongodump",
    "mongoexport",
    "mongoimport",
    "mongorestore",
    "cqlsh",
    "clickhouse-client",
    "cypher-shell",
    "kcat",
    "kafkacat",
    "cub",
    "kafka-acls",
    "kafka-acls.sh",
    "kafka-broker-api-versions",
    "kafka-broker-api-versions.sh",
    "kafka-configs",
    "kafka-configs.sh",
    "kafka-console-consumer",
    "kafka-console-consumer.sh",
    "kafka-console-producer",
    "kafka-console-producer.sh",
    "kafka-consumer-groups",
    "kafka-consumer-groups.sh",
    "kafka-topics",
    "kafka-topics.sh",
    "rpk",
    "mosquitto_pub",
    "mosquitto_sub",
    "rabbitmqadmin",
    "nats",
    "etcdctl",
];

/// Of them, those to which a host is given without a flag.
pub(crate) const POSITIONAL: &[&str] = &["nc", "ncat", "netcat", "telnet", "cqlsh", "wait-for", "wait-for.sh"];

/// Whether a host stands behind a flag of such a program.
pub(crate) fn is_host_flag(program: &str, flag: &str) -> bool {
    match flag {
        "-h" | "--host" | "--hostname" | "-b" | "--bootstrap-server" | "--broker-list" => true,
        "-S" | "--server" => program == "sqlcmd",
        "-H" => program == "rabbitmqadmin",
        "-a" | "--address" => program == "cypher-shell",
        // `psql "host=ledger-db user=x"`
        "host" | "hostaddr" => true,
        _ => false,
    }
}

/// The host in a flag that it is written to: `-hledger-db`, as the clients of MySQL take it.
pub(crate) fn glued(program: &str, word: &str) -> Option<usize> {
    let is_it = (program.starts_with("mysql") || program.starts_with("mariadb")) && word.len() > 2;
    (is_it && word.starts_with("-h") && !word.contains('=')).then_some(2)
}

/// The part of a word that is a host, maybe with a port: `tcp:ledger-db,1433` and `ledger-db\main`, as SQL Server's have it.
pub(crate) fn host_of<'t>(program: &str, word: &'t str) -> &'t str {
    if program != "sqlcmd" {
        return word;
    }
    let word = word.strip_prefix("tcp:").unwrap_or(word);
    word.split([',', '\\']).next().unwrap_or(word)
}

/// The program that a word of a command line names.
pub(crate) fn program(word: &str) -> Option<&'static str> {
    let name = word.rsplit('/').next().unwrap_or(word);
    WEB.iter().chain(PLAIN).find(|known| **known == name).filter(|_| !word.contains("://")).copied()
}

/// What is between the commands of a shell.
pub(crate) const BETWEEN: &[&str] =
    &[";", "&&", "||", "|", "&", "do", "then", "else", "done", "fi", "until", "while", "if", "!"];

/// Programs whose words run nowhere, or on another machine.
const SAID: &[&str] = &[
    "cat",
    "docker",
    "docker-compose",
    "echo",
    "err",
    "error",
    "helm",
    "info",
    "kubectl",
    "log",
    "nerdctl",
    "oc",
    "podman",
    "print",
    "printf",
    "ssh",
    "usage",
    "warn",
];

/// A host, or an address, that a command of a script connects to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// What stands there, with what the script itself says of its variables.
    pub(crate) text: String,
    /// Where it begins.
    pub(crate) start: usize,
    /// How long it is there.
    pub(crate) length: usize,
}

/// The targets in a stretch of a script: whole lines, of which one that ends in `\` goes on.
pub(crate) fn targets(text: &str) -> Vec<Target> {
    let mut found = Vec::new();
    let mut set: std::collections::BTreeMap<&str, &str> = std::collections::BTreeMap::new();
    let mut at = Command::default();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        if line.trim_start().starts_with('#') {
            continue;
        }
        for piece in line.split_whitespace().filter(|piece| *piece != "\\") {
            let from = start + (piece.as_ptr() as usize - line.as_ptr() as usize);
            if BETWEEN.contains(&piece) {
                at = Command::default();
                continue;
            }
            let bare = piece.trim_matches(|c| "\"';()`&|,[]".contains(c));
            let bare = bare.strip_prefix("$(").unwrap_or(bare).trim_start_matches(['"', '\'']);
            if let Some((name, value)) = bare.split_once('=')
                && !name.is_empty()
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && at.program.is_none()
            {
                set.insert(name, value.trim_matches(['"', '\'']));
            } else if !bare.is_empty() {
                at.word(bare, from + (bare.as_ptr() as usize - piece.as_ptr() as usize), &set, &mut found);
            }
            if piece.ends_with(';') {
                at = Command::default();
            }
        }
        if !line.trim_end().ends_with('\\') {
            at = Command::default();
        }
    }
    found
}

/// How far a command was read.
#[derive(Debug, Default)]
struct Command<'t> {
    program: Option<&'static str>,
    before: &'t str,
    is_said: bool,
    has_host: bool,
}

impl<'t> Command<'t> {
    fn word(
        &mut self,
        bare: &'t str,
        start: usize,
        set: &std::collections::BTreeMap<&'t str, &'t str>,
        found: &mut Vec<Target>,
    ) {
        if self.program.is_none() && self.before.is_empty() && SAID.contains(&bare) {
            self.is_said = true;
        }
        let before = std::mem::replace(&mut self.before, bare);
        if self.is_said {
            return;
        }
        let Some(known) = self.program else {
            self.program = program(bare);
            return;
        };
        // What a program that waits is told to start then is a command of its own.
        if bare == "--" {
            *self = Self::default();
            return;
        }
        let (flag, value) = match bare.split_once('=') {
            Some((flag, value)) if flag.starts_with('-') || matches!(flag, "host" | "hostaddr") => (flag, value),
            _ => ("", bare),
        };
        let value = value.trim_matches(['"', '\'']);
        let (value, is_glued) = match glued(known, value) {
            Some(cut) => (&value[cut..], true),
            None => (value, false),
        };
        let is_web = WEB.contains(&known);
        let is_flagged = !is_web && (is_glued || is_host_flag(known, before) || is_host_flag(known, flag));
        let filled = value.strip_prefix('$').and_then(|name| set.get(name.trim_matches(['{', '}'])).copied());
        let text = host_of(known, filled.unwrap_or(value));
        // What stands behind most flags of `nc` is a number.
        let has_value =
            before.starts_with('-') && (known == "cqlsh" || matches!(before, "-X" | "-c" | "-e" | "-i" | "-s" | "-x"));
        let is_positional = POSITIONAL.contains(&known) && !self.has_host && !has_value;
        let is_host = (is_flagged || (is_positional && flag.is_empty())) && may_be_host(text);
        if is_host || has_port(text) || (text.contains("://") && !is_web) {
            self.has_host = true;
            let start = start + (value.as_ptr() as usize - bare.as_ptr() as usize);
            found.push(Target { text: text.to_owned(), start, length: value.len() });
        }
    }
}

/// Whether a word may be a host's, or the variable of one.
fn may_be_host(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_.:${}".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$') && text.chars().all(legal)
}

/// Whether a word is a host with a port: `ledger:8080/x`.
fn has_port(text: &str) -> bool {
    let authority = text.split('/').next().unwrap_or(text);
    let Some((host, port)) = authority.rsplit_once(':') else { return false };
    may_be_host(host) && !host.contains(':') && port.len() > 1 && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_of_scripts_are_found() {
        for (script, expected) in [
            ("psql -h ledger-db -U x -f a.sql\n", &["ledger-db"][..]),
            ("PGPASSWORD=x psql --host=ledger-db\n", &["ledger-db"]),
            ("psql \\\n  -U x \\\n  -h ledger-db\n", &["ledger-db"]),
            ("psql \"host=ledger-db dbname=x\"\n", &["ledger-db"]),
            ("psql \"postgresql://a@ledger-db/x\"\n", &["postgresql://a@ledger-db/x"]),
            ("DB=ledger-db\nuntil pg_isready -h \"$DB\"; do sleep 1; done\n", &["ledger-db"]),
            ("pg_isready -h ${PGHOST:-ledger-db} -p 5432\n", &["${PGHOST:-ledger-db}"]),
            ("mysql -hledger-db -uroot\n", &["ledger-db"]),
            ("/opt/mssql-tools/bin/sqlcmd -S tcp:ledger-db,1433 -U sa\n", &["ledger-db"]),
            (
                "mongosh --host ledger-db --eval 1\nmongosh \"mongodb://ledger-db:27017/x\" a.js\n",
                &["ledger-db", "mongodb://ledger-db:27017/x"],
            ),
            ("mongo ledger-db:27017/x a.js\n", &["ledger-db:27017/x"]),
            ("redis-cli -h ledger-cache ping\n", &["ledger-cache"]),
            ("kafka-topics.sh --create --bootstrap-server kafka:9092 --topic x\n", &["kafka:9092"]),
            ("./wait-for-it.sh ledger-db:5432 -t 30 -- python main.py\n", &["ledger-db:5432"]),
            ("while ! nc -z ledger-db 5432; do sleep 1; done\n", &["ledger-db"]),
            ("nc -z -w 5 ledger-db 5432 || exit 1\n", &["ledger-db"]),
            ("exec /wait-for ledger-db:5432 -- psql -h other\n", &["ledger-db:5432", "other"]),
            ("dockerize -wait tcp://ledger-db:5432 -timeout 60s app\n", &["tcp://ledger-db:5432"]),
            (
                "grpcurl -plaintext ledger:50051 list\ncurl -sf ledger:8080/health\n",
                &["ledger:50051", "ledger:8080/health"],
            ),
            ("if psql -h ledger-db; then psql -h other; fi\n", &["ledger-db", "other"]),
            ("sh -c 'psql -h ledger-db'\n", &["ledger-db"]),
            // What a script says, what runs elsewhere, what is no host, and what is no program of these.
            ("echo \"psql -h ledger-db\"\n# psql -h ledger-db\n", &[]),
            ("docker exec x psql -h ledger-db\nkubectl run x -- psql -h ledger-db\n", &[]),
            ("psql -U ledger -d books -f ledger.sql\nredis-cli -n 1 get ledger\n", &[]),
            ("psql -h /var/run -S ledger\ntool -h ledger-db\n", &[]),
            ("mysql --help\nmysql -h\ncurl -H 'Host: x' http://ledger/x\n", &[]),
        ] {
            let found: Vec<String> = targets(script).into_iter().map(|target| target.text).collect();
            assert_eq!(found, expected, "{script}");
        }
    }

    #[test]
    fn and_told_where_they_stand() {
        for (script, at) in [
            ("psql -h ledger-db\n", "ledger-db"),
            ("mysql -hledger-db\n", "ledger-db"),
            ("A=x\nnc -z \"$A\" 1\n", "$A"),
        ] {
            let target = targets(script).remove(0);
            assert_eq!(&script[target.start..target.start + target.length], at, "{script}");
        }
    }
}
