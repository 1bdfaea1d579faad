//! Consoles and clients of stores in what the deployment runs: commands, entry points, init jobs, scripts that a ConfigMap or compose mounts.

use crate::mounts::rows;

const OTHERS: &str = "-- service.ledger/x.txt\n-- service.cart/x.txt\n-- hedgerow.yaml\nscan: {}\n";
const CALLS: &[&str] = &["shop -> ledger proven"];
const NONE: &[&str] = &[];

/// A service with a script of its own.
fn script(text: &str) -> String {
    format!("{OTHERS}-- service.shop/entrypoint.sh\n#!/bin/sh\n{text}\nexec app\n")
}

/// A container of compose that runs a line.
fn command(line: &str) -> String {
    format!("{OTHERS}-- service.shop/x.txt\n-- compose.yml\nservices:\n  s-shop:\n    image: x\n    command: {line}\n")
}

#[test]
fn a_script_of_a_service_connects() {
    let given = |name: &str, value: &str, text: &str| {
        script(text)
            + &format!("-- compose.yml\nservices:\n  s-shop: {{image: x, environment: {{{name}: '{value}'}}}}\n")
    };
    rows(&[
        (script("psql -h s-ledger -U app -f /x.sql"), CALLS),
        (script("until pg_isready -h \"${PGHOST:-s-ledger}\"; do sleep 1; done"), CALLS),
        (script("while ! nc -z s-ledger 5432; do sleep 1; done"), CALLS),
        (script("./wait-for-it.sh s-ledger:5432 -t 60 -- app"), CALLS),
        (script("HOST=s-ledger\nredis-cli -h $HOST ping"), CALLS),
        (script("mongosh \"mongodb://s-ledger:27017/x\" /seed.js"), CALLS),
        (script("mysql -hs-ledger -uroot -p\"$PW\" < x.sql"), CALLS),
        (script("/opt/mssql-tools/bin/sqlcmd -S s-ledger,1433 -U sa -i x.sql"), CALLS),
        (script("kafka-topics --bootstrap-server s-ledger:9092 \\\n  --create --topic s-cart"), CALLS),
        (script("curl -sf s-ledger:8080/health"), CALLS),
        (given("DB_HOST", "s-ledger", "psql -h \"$DB_HOST\" -c 'select 1'"), &["shop -> ledger joined"]),
        // What nobody says, what is said, what runs elsewhere, and this machine.
        (script("pg_isready -h \"$1\""), NONE),
        (script("docker exec x pg_isready -h s-ledger"), &["shop ? ledger"]),
        (script("redis-cli -h localhost ping"), NONE),
    ]);
}

#[test]
fn a_command_of_a_container_connects() {
    rows(&[
        (command("/opt/mssql-tools/bin/sqlcmd -S s-ledger -U sa -i x.sql"), CALLS),
        (command("[sqlcmd, -S, 'tcp:s-ledger,1433']"), CALLS),
        (command("mysql -hs-ledger -uroot"), CALLS),
        (command("mongoimport --host s-ledger --db x --file y"), CALLS),
        (command("psql \"host=s-ledger dbname=x\""), CALLS),
        (command("cub kafka-ready -b s-ledger:9092 1 20"), CALLS),
        (command("psql -h s-ledger -d books"), CALLS),
        (command("psql -S s-ledger"), &["shop ? ledger"]),
    ]);
}

#[test]
fn so_does_a_script_that_is_mounted_and_the_program_of_an_image() {
    let mounted = |line: &str, volume: &str, text: &str| {
        format!(
            "{OTHERS}-- service.shop/x.txt\n-- compose.yml\nservices:\n  s-shop:\n    image: x\n    entrypoint: {line}\n    volumes: ['{volume}']\n\
             -- scripts/init.sh\n#!/bin/bash\n{text}\n"
        )
    };
    let map = |text: &str| {
        format!(
            "{OTHERS}-- service.shop/x.txt\n-- k8s/all.yaml\nkind: Job\nmetadata: {{name: s-shop}}\nspec: {{template: {{spec: {{containers: \
             [{{name: main, image: postgres, command: [bash, /scripts/run.sh], volumeMounts: [{{name: s, mountPath: /scripts}}]}}], \
             volumes: [{{name: s, configMap: {{name: scripts}}}}]}}}}}}\n---\nkind: ConfigMap\nmetadata: {{name: scripts}}\ndata:\n  run.sh: |\n    #!/bin/bash\n    {text}\n"
        )
    };
    let image = |line: &str| format!("{OTHERS}-- service.shop/Dockerfile\nFROM x\nRUN psql -h localhost\n{line}\n");
    rows(&[
        (mounted("/init.sh", "./scripts/init.sh:/init.sh", "psql -h s-ledger -f /x.sql"), CALLS),
        (mounted("bash /scripts/init.sh", "./scripts:/scripts", "redis-cli -h s-ledger flushall"), CALLS),
        (map("psql -h s-ledger -f x.sql"), CALLS),
        (map("until nc -z s-ledger 5432; do sleep 1; done"), CALLS),
        (map("pg_isready -h \"$1\""), NONE),
        (image("CMD [\"wait-for-it.sh\", \"s-ledger:5432\", \"--\", \"app\"]"), CALLS),
        (image("ENTRYPOINT sh -c 'pg_isready -h s-ledger && app'"), CALLS),
        (image("CMD app"), NONE),
    ]);
}
