//! What the variables of calls are: a shell may set one in many ways, and what may be another thing is not known.

use super::outside::{CHARTS, gives_nothing, read, tells, variable};
use std::collections::BTreeSet;

/// What a call of each script gives to the variable of a chart, beside what its own values say.
fn urls(tree: &str) -> BTreeSet<String> {
    let mut urls = variable(&read(&format!("{CHARTS}{tree}")), "emoji", "URL");
    urls.remove("");
    urls
}

const CALL: &str = "helm upgrade smile charts/emoji --set url=$HOST";

/// What of the two is given.
#[track_caller]
fn each(rows: &[(&str, &str)], expected: &[&str]) {
    let expected: BTreeSet<String> = expected.iter().map(|url| (*url).to_owned()).collect();
    let other = |(path, text): &(&str, &str)| {
        let text = text.replace("CALL", CALL);
        // Make would read the name of one letter.
        let text = if *path == "Makefile" { text.replace("=$HOST", "=$(HOST)") } else { text };
        let tree = format!("-- {path}\n{text}\n");
        let urls = urls(&tree);
        (urls != expected).then(|| format!("{tree}{urls:?}\n"))
    };
    assert_eq!(rows.iter().filter_map(other).collect::<String>(), "", "not {expected:?}");
}

#[test]
fn what_a_shell_sets_twice_is_not_known() {
    let rows = [
        "HOST=ledger\ncase $1 in\n  prod) HOST=card ;;\nesac\nCALL",
        "HOST=ledger\ncase $1 in prod) HOST=card ;; esac\nCALL",
        "HOST=ledger\nif [ $1 = prod ]; then HOST=card; fi\nCALL",
        "HOST=ledger\nif [ $1 = prod ]; then\n  export HOST=card\nfi\nCALL",
        "HOST=ledger\n[ $1 = prod ] && HOST=card\nCALL",
        "HOST=ledger\n[ $1 = prod ] || { HOST=card; }\nCALL",
        "HOST=ledger\n[ $1 = prod ] && export HOST=card\nCALL",
        "HOST=ledger\nENV=prod; HOST=card\nCALL",
        "HOST=ledger\nENV=prod HOST=card\nCALL",
        "f() {\n  local -r HOST=card\n}\nHOST=ledger\nf\nCALL",
        "HOST=ledger\ndeclare -rx HOST=card\nCALL",
        "HOST=ledger\nHOST+=.x\nCALL",
        "HOST=(ledger card)\nCALL",
        "HOST=ledger\nread HOST\nCALL",
        "HOST=ledger\nread -r -p 'which' HOST\nCALL",
        "HOST=ledger\nprintf -v HOST '%s' card\nCALL",
        "HOST=ledger\nunset HOST\nCALL",
        "HOST=ledger\nmapfile -t HOST <x\nCALL",
        "HOST=ledger\nwhile getopts h: HOST; do :; done\nCALL",
        "HOST=ledger\n. ./b.sh\nCALL",
        "HOST=ledger\nsource \"$DIR/b.sh\"\nCALL",
        "HOST=ledger\n[ -f b.sh ] && . b.sh\nCALL",
        "HOST=ledger\nfor HOST in card; do :; done\nCALL",
        "HOST=ledger\nHOST=$(cat x)\nCALL",
        "HOST=ledger\nHOST=card env | sort\nHOST=card\nCALL",
        "HOST=ledger\neval \"HOST=card\"\nCALL",
        "HOST=ledger\nHOST=card CALL",
        "HOST=ledger\nwhile IFS= read -r HOST; do CALL; done <hosts",
        "HOST=ledger\nIFS=, read -r HOST PORT <<<\"$1\"\nCALL",
        "HOST=ledger\ncat x | while IFS=: LC_ALL=C read -r A HOST; do CALL; done",
        "HOST=ledger\nA=b . ./b.sh\nCALL",
        "HOST=ledger\nA=b mapfile -t HOST <x\nCALL",
        "HOST=ledger\nexport $(cat .env | xargs)\nCALL",
        "HOST=ledger\nexport $(grep -v '^#' .env)\nCALL",
        "HOST=ledger\nwhile read -r line; do export \"$line\"; done <.env\nCALL",
        "HOST=ledger\ndeclare -x \"$1=$2\"\nCALL",
        "HOST=ledger\neval \"$(./vars.sh)\"\nCALL",
        "HOST=ledger\neval `./vars.sh`\nCALL",
        "HOST=ledger\neval \"$1\"\nCALL",
    ];
    each(&rows.map(|text| ("run.sh", text)), &["?"]);
    // What is set by then is known, however it is.
    let rows = [
        "HOST=ledger\nCALL",
        "HOST=ledger; CALL",
        "export A=b HOST=ledger\nCALL",
        "if true; then HOST=ledger; fi\nCALL",
        "declare -r HOST='ledger' # x\nCALL",
        "f() { CALL; }\nHOST=ledger\nf",
        "HOST=ledger\nHOST=ledger\nexport HOST\nCALL",
        "HOST=ledger\nhelm upgrade x charts/card --set HOST=card\nCALL",
        "HOST=ledger\ndocker run -e HOST=$HOST x\nCALL",
        "HOST=ledger\necho \"$HOST\" >x\nCALL",
        "HOST=ledger\n# HOST=card\nCALL",
        "HOST=ledger\n[ \"$HOST\" = card ] && exit\nCALL",
        "HOST=ledger\nCALL --set a=b,c=d",
        "HOST=ledger\nwhile IFS= read -r A; do CALL; done <hosts",
        "HOST=ledger\neval \"$(ssh-agent -s)\"\nCALL",
        "HOST=ledger\neval $(minikube docker-env)\nCALL",
        "export $(cat .env)\nHOST=ledger\nCALL",
        "HOST=ledger\nexport A=$(cat x)\nCALL",
        "HOST=ledger\nset -- $(cat x)\nCALL",
        "HOST=ledger\nC=\"CALL\"\neval \"$C\"",
    ];
    each(&rows.map(|text| ("run.sh", text)), &["ledger"]);
    // What is set behind the call is not set by then.
    let rows = ["CALL\nHOST=ledger", "CALL; HOST=ledger", "(CALL)\nexport HOST=ledger"];
    each(&rows.map(|text| ("run.sh", text)), &["?"]);
}

#[test]
fn a_dollar_in_single_quotes_is_a_letter() {
    // Who reads it may fill it in, but not with what the script says.
    let rows = [
        ("run.sh", "HOST=ledger\nhelm upgrade smile charts/emoji --set 'url=$HOST'"),
        ("run.sh", "HOST=ledger\nhelm upgrade smile charts/emoji --set 'url=${HOST}'"),
        ("run.sh", "HOST=ledger\nhelm upgrade smile charts/emoji --set url='$HOST'"),
        ("run.sh", "HOST=ledger\nhelm upgrade smile charts/emoji --set 'url=$(HOST)'"),
        ("run.sh", "HOST=ledger\nhelm upgrade smile charts/emoji --set \"url=\\$HOST\""),
        ("run.sh", "HOST=ledger\nU='$HOST'\nhelm upgrade smile charts/emoji --set url=$U"),
        ("run.sh", "HOST=ledger\nhelm upgrade smile charts/emoji -f - <<'END'\nurl: $HOST\nEND"),
        ("run.sh", "HOST=ledger\nbash -c 'HOST=x CALL'"),
        ("x.yaml", "variables: {HOST: ledger}\nscript: helm upgrade smile charts/emoji --set 'url=$HOST'"),
    ];
    each(&rows, &["?"]);
    let rows = [
        ("run.sh", "export HOST=ledger\nbash -c 'CALL'"),
        ("run.sh", "HOST=ledger\nbash -c \"CALL\""),
        ("run.sh", "HOST=ledger\nhelm upgrade smile charts/emoji --set 'url='$HOST"),
        ("run.sh", "HOST=ledger\nhelm upgrade smile charts/emoji --set 'a=b,url='\"$HOST\"',c=d'"),
        ("x.yaml", "env: {HOST: ledger}\nrun: helm upgrade smile charts/emoji --set 'url=${{ env.HOST }}'"),
        ("x.yaml", "variables: {HOST: ledger}\nscript: helm upgrade smile charts/emoji --set 'url=$(HOST)'"),
        ("Makefile", "HOST = ledger\nup:\n\thelm upgrade smile charts/emoji --set 'url=$(HOST)'"),
        ("Jenkinsfile", "HOST = 'ledger'\nsh \"helm upgrade smile charts/emoji --set 'url=${HOST}'\""),
    ];
    each(&rows, &["ledger"]);
}

#[test]
fn what_a_makefile_may_set_twice_is_not_known() {
    let rows = [
        "HOST = ledger\nprod: HOST = card\nup:\n\tCALL",
        "HOST := ledger\nprod stage: HOST := card\nup:\n\tCALL",
        "HOST = ledger\nprod: export HOST = card\nup:\n\tCALL",
        "HOST = ledger\nprod: override HOST = card\nup:\n\tCALL",
        "HOST = ledger\nup:\n\tCALL\nprod:\n\t$(MAKE) up HOST=card",
        "HOST = ledger\nup:\n\tCALL\nprod:\n\t@cd . && make up HOST=card",
        "HOST = ledger\nup:\n\tCALL\nprod:\n\tHOST=card $(MAKE) -e up",
        "HOST = ledger\nHOST += card\nup:\n\tCALL",
        "HOST = ledger\nHOST != hostname\nup:\n\tCALL",
        "HOST = ledger\nifdef X\nHOST = card\nendif\nup:\n\tCALL",
        "HOST = ledger\ninclude x.mk\nup:\n\tCALL",
        "HOST = ledger\n-include x.mk\nup:\n\tCALL",
        "HOST = ledger\nup:\n\t$(eval HOST := card)\n\tCALL",
        "HOST = ledger\ndefine HOST\ncard\nendef\nup:\n\tCALL",
        "HOST = ledger\noverride define HOST =\ncard\nendef\nup:\n\tCALL",
        "HOST = ledger\nundefine HOST\nup:\n\tCALL",
        "HOST = ledger\nup:\n\tA=$(foreach HOST,card,$(HOST)); CALL",
        "up:\n\tHOST=ledger\n\thelm upgrade smile charts/emoji --set url=$$HOST",
        "up:\n\texport HOST=ledger;\n\thelm upgrade smile charts/emoji --set url=$${HOST}",
        "a:\n\tHOST=ledger; echo $$HOST\nup:\n\thelm upgrade smile charts/emoji --set url=$$HOST",
        "up:\n\tHOST=ledger; CALL",
    ];
    each(&rows.map(|text| ("Makefile", text)), &["?"]);
    let rows = [
        "HOST = ledger\nup:\n\tCALL",
        "export HOST := ledger\nup:\n\tCALL",
        "HOST = ledger\nup:\n\tCALL\nprod:\n\t$(MAKE) up HOST=$(HOST)",
        "HOST = ledger\nprod: OTHER = HOST\nup:\n\tCALL",
        "HOST = ledger # card\nup:\n\tCALL",
        "up:\n\tHOST=ledger; helm upgrade smile charts/emoji --set url=$$HOST",
        "up:\n\tHOST=ledger && \\\n\thelm upgrade smile charts/emoji --set \"url=$${HOST}\"",
        "up:\n\tHOST=ledger; helm upgrade smile charts/emoji --set url=$$HOST\na:\n\tHOST=ledger; echo $$HOST",
        ".ONESHELL:\nup:\n\tHOST=ledger\n\thelm upgrade smile charts/emoji --set url=$$HOST",
    ];
    each(&rows.map(|text| ("Makefile", text)), &["ledger"]);
    let rows = [
        "host := 'ledger'\nup host:\n  helm upgrade smile charts/emoji --set url={{host}}",
        "host := 'ledger'\nup a host='card': build\n  helm upgrade smile charts/emoji --set url={{host}}",
        "host := 'ledger'\nup +host: (a 'b')\n  helm upgrade smile charts/emoji --set url={{host}}",
        "up:\n  HOST=ledger\n  CALL",
        "up:\n  #!/bin/sh\n  HOST=ledger\n  echo $HOST\na:\n  CALL",
    ];
    each(&rows.map(|text| ("justfile", text)), &["?"]);
    let rows = [
        "host := 'ledger'\nup a: build\n  helm upgrade smile charts/emoji --set url={{host}}",
        "up:\n  HOST=ledger; CALL",
        "up:\n  #!/bin/sh\n  HOST=ledger\n  CALL",
    ];
    each(&rows.map(|text| ("justfile", text)), &["ledger"]);
}

#[test]
fn what_a_pipeline_may_set_twice_is_not_known() {
    let job = ".deploy:\n  script: CALL\n";
    let rows = [
        format!("variables: {{HOST: ledger}}\n{job}prod:\n  extends: .deploy\n  variables: {{HOST: card}}"),
        format!("variables: {{HOST: ledger}}\n{job}  rules: [{{if: $X, variables: {{HOST: card}}}}]"),
        format!("variables: {{HOST: ledger}}\n{job}workflow: {{rules: [{{variables: {{HOST: card}}}}]}}"),
        format!("variables: {{HOST: ledger}}\n{job}  parallel: {{matrix: [{{HOST: [card]}}]}}"),
        format!("variables: {{HOST: ledger}}\n{job}x:\n  script: echo \"HOST=card\" >> build.env"),
        "env: {HOST: ledger}\nsteps:\n- run: echo HOST=card >> $GITHUB_ENV\n- run: CALL".to_owned(),
        "variables: [{name: HOST, value: ledger}]\nsteps:\n- script: echo '##vso[task.setvariable variable=HOST]card'\n- script: CALL".to_owned(),
        "variables: {HOST: ledger}\nx:\n  script:\n  - HOST=card\n  - CALL".to_owned(),
        "variables: {HOST: ledger}\nx:\n  script:\n  - if x; then HOST=card; fi\n  - CALL".to_owned(),
        "vars: {HOST: ledger}\ntasks:\n  up: {cmds: [CALL]}\n  prod: {cmds: [{task: up, vars: {HOST: card}}]}".to_owned(),
        "vars: {HOST: ledger}\ntasks:\n  up: {cmds: [CALL]}\n  prod: {cmds: [task up HOST=card]}".to_owned(),
        "vars: {HOST: {sh: hostname}}\ntasks:\n  up: {cmds: [CALL]}".to_owned(),
        "env: {HOST: ledger}\nsteps:\n- run: echo \"HOST=card\" | tee -a \"$GITHUB_ENV\"\n- run: CALL".to_owned(),
        "env: {HOST: ledger}\nsteps:\n- run: ./vars.sh >> $GITHUB_ENV\n- run: CALL".to_owned(),
        "env: {HOST: ledger}\nsteps:\n- run: Add-Content $env:GITHUB_ENV 'HOST=card'\n- run: CALL".to_owned(),
        "env: {HOST: ledger}\nsteps:\n- run: |\n    cat >$GITHUB_ENV <<END\n    HOST=card\n    END\n- run: CALL".to_owned(),
        "variables: {HOST: ledger}\na: {script: 'echo HOST=card > build.env'}\nb: {script: CALL}".to_owned(),
        "variables: {HOST: ledger}\nstrategy: {matrix: {a: {HOST: card}}}\nsteps:\n- script: CALL".to_owned(),
        "variables: {HOST: ledger}\nstrategy: {matrix: '$[ x ]'}\nsteps:\n- script: CALL".to_owned(),
        "variables: {HOST: ledger}\nsteps:\n- script: echo '##vso[task.setvariable isOutput=false;variable=HOST]card'\n- script: CALL".to_owned(),
        "variables: {HOST: ledger}\nsteps:\n- script: echo '##vso[task.setVariable variable=host;isSecret=true]card'\n- script: CALL".to_owned(),
        "variables: {HOST: ledger}\nsteps:\n- script: echo \"##vso[task.setvariable variable=$A]card\"\n- script: CALL".to_owned(),
    ];
    each(&rows.each_ref().map(|text| ("x.yaml", text.as_str())), &["?"]);
    let rows = [
        format!("variables: {{HOST: ledger}}\n{job}prod:\n  extends: .deploy\n  variables: {{HOST: ledger, A: b}}"),
        "x:\n  variables: {HOST: ledger}\n  script: CALL\n".to_owned(),
        "x:\n  before_script: [export HOST=ledger]\n  script: [CALL]\n".to_owned(),
        "env: {HOST: ledger}\nsteps:\n- run: echo A=b | tee -a $GITHUB_ENV\n- run: CALL".to_owned(),
        "variables: {HOST: ledger}\nsteps:\n- script: echo '##vso[task.setvariable variable=A]b'\n- script: CALL"
            .to_owned(),
        "env: {HOST: ledger}\nstrategy: {matrix: {a: [b, c], include: [{HOST: card}]}}\nsteps:\n- run: CALL".to_owned(),
    ];
    each(&rows.each_ref().map(|text| ("x.yaml", text.as_str())), &["ledger"]);
    // A job of GitHub's has what stands above it alone.
    let jobs = "env: {HOST: card}\njobs:\n  a: {env: {HOST: ledger}, steps: [{run: CALL}]}\n  b: {steps: [{run: x}]}";
    each(&[(".github/workflows/x.yaml", jobs)], &["ledger"]);
}

#[test]
fn texts_of_other_languages_are_commands() {
    let call = "helm upgrade smile charts/emoji --set url=ledger";
    let rows = [
        ("Jenkinsfile", "sh(script: 'X', returnStatus: true)"),
        ("Jenkinsfile", "def o = sh script: \"X\", returnStdout: true"),
        ("Jenkinsfile", "sh(\n  script: \"X\",\n  returnStdout: true\n)"),
        ("Jenkinsfile", "sh(returnStdout: true, script: 'X')"),
        ("Jenkinsfile", "sh label: 'up', script: 'X'"),
        ("Jenkinsfile", "sh '''\n  helm upgrade smile charts/emoji --set a=b,url=ledger\n'''"),
        ("Jenkinsfile", "sh 'X,a=b'"),
        ("Jenkinsfile", "sh \"helm upgrade smile \" + \"charts/emoji --set url=ledger\""),
        ("Jenkinsfile", "sh 'helm upgrade smile charts/emoji ' +\n  '--set url=ledger'"),
        ("Jenkinsfile", "def host = 'ledger'\nsh 'helm upgrade smile charts/emoji --set url=' + host"),
        ("Rakefile", "task :up do\n  sh \"X\", verbose: true\nend"),
        ("Tiltfile", "k8s_yaml(local('X', quiet=True))"),
        ("up", "#!/usr/bin/env python\nimport subprocess\nsubprocess.run('X', shell=True)"),
        ("up", "#!/usr/bin/env python3\nsubprocess.run(['helm', 'upgrade', 'smile', 'charts/emoji', '--set', 'url=ledger'], check=True)"),
        ("up", "#!/usr/bin/python3\nos.system('helm upgrade smile charts/emoji ' '--set url=ledger')"),
        ("up", "#!/usr/bin/env python\ncmd = 'X'\nos.system(cmd)"),
        ("up", "#!/usr/bin/env python\ncmd = 'X'\nsubprocess.run(cmd, shell=True)"),
        ("Jenkinsfile", "def cmd = \"X\"\nsh cmd\nsh(script: cmd, returnStatus: true)"),
        ("up", "#!/usr/bin/env node\nexecSync(`X`, {stdio: 'inherit'})\nexecSync('X', {stdio: 'inherit'})"),
    ]
    .map(|(path, text)| (path, text.replace('X', call)));
    each(&rows.each_ref().map(|(path, text)| (*path, text.as_str())), &["ledger"]);
    let rows = [
        ("Jenkinsfile", "sh 'helm upgrade smile charts/emoji --set url=' + host"),
        ("Jenkinsfile", "sh \"helm upgrade smile charts/emoji --set url=\" + find(host) + \",a=b\""),
    ];
    each(&rows, &["?"]);
    // What is joined and not known may be flags.
    let text = "-- Jenkinsfile\nsh 'helm upgrade smile charts/emoji --set url=ledger ' + more\n";
    tells(text, "Jenkinsfile", "flags that a variable holds");
    // What is printed is no call.
    for text in
        ["print('X', flush=True)", "def cmd = 'X'\necho cmd", "x = ['X', 'y']", "echo 'X'", "throw new E('X' + a)"]
    {
        gives_nothing(&format!("-- Jenkinsfile\n{}\n", text.replace('X', &call.replace("ledger", "http://ledger"))));
    }
}

#[test]
fn names_that_functions_and_loops_take_are_not_known() {
    let python = "subprocess.run(['helm', 'upgrade', 'smile', 'charts/emoji', '--set', 'url=' + host])";
    let with_python = |text: &str| ("up", format!("#!/usr/bin/env python3\n{}\n", text.replace('X', python)));
    let all = |rows: &[(&str, String)], expected: &[&str]| {
        each(&rows.iter().map(|(path, text)| (*path, text.as_str())).collect::<Vec<_>>(), expected);
    };
    let rows = [
        "def check():\n    host = 'ledger'\ndef deploy(host):\n    X",
        "def check():\n    host = 'ledger'\ndef deploy(\n    name: str,\n    host: str = 'a',\n) -> None:\n    X",
        "async def deploy(*, host=find(')')):\n    X\nhost = 'ledger'",
        "host = 'ledger'\nif prod:\n    host, port = 'card', 80\nX",
        "host = 'ledger'\n(port, host) = find()\nX",
        "host = 'ledger'\nport = host = 'card'\nX",
        "host = 'ledger'\nhost: str = 'card'\nX",
        "host = 'ledger'\nif prod: host = 'card'\nX",
        "host = 'ledger'\nif (host := find()):\n    X",
        "host = 'ledger'\nwith find() as host:\n    X",
        "host = 'ledger'\nfrom x import y as host\nX",
        "host = 'ledger'\nup = lambda a, host: X",
        "host = 'ledger'\nfor name, host in hosts:\n    X",
        "host = 'ledger'\n[X for host in hosts]",
        "host = 'ledger'\nhost += '.a'\nX",
    ];
    all(&rows.map(with_python), &["?"]);
    let rows = [
        "host = 'ledger'\nX",
        "host = 'ledger'\ndef deploy(name):\n    X",
        "host = 'ledger'\ndeploy(host=host)\nX",
        "host = 'ledger'\nif host == 'card':\n    exit(1)\nX",
        "# for the host: as host\nhost = 'ledger'\nX",
        "host = 'ledger'\nname, port = 'a', 80\nX",
    ];
    all(&rows.map(with_python), &["ledger"]);
    let groovy = "sh \"helm upgrade smile charts/emoji --set url=${host}\"";
    let with_groovy = |text: &str| ("Jenkinsfile", text.replace('X', groovy));
    let rows = [
        "def a() {\n  def host = 'ledger'\n}\ndef deploy(host) {\n  X\n}",
        "def host='ledger'\nvoid deploy(String name, String host) {\n  X\n}",
        "def host = 'ledger'\nnode { hosts.each { host -> \n  X\n} }",
        "def host = 'ledger'\nhosts.each { name, host ->\n  X\n}",
        "def host = 'ledger'\nfor (host in hosts) {\n  X\n}",
        "def host = 'ledger'\nfor (String host : hosts) {\n  X\n}",
        "def host = 'ledger'\ndef (port, host) = find()\nX",
        "def host = 'ledger'\nif (params.PROD) host = 'card'\nX",
        "host = 'ledger'\nthis.host = 'card'\nX",
    ];
    all(&rows.map(with_groovy), &["?"]);
    let rows = [
        "def host = 'ledger'\nif (host == x) {\n  X\n}",
        "def host = 'ledger'\ndef deploy(name) {\n  X\n}",
        "def host = 'ledger'\nnames.each { name ->\n  X\n}",
        "def host = 'ledger'\nwithEnv(['A=b']) {\n  X\n}",
        "def host = 'ledger'\nfor (name in names) {\n  X\n}",
        "def url = 'ledger'\nsh \"\"\"\n  helm upgrade smile charts/emoji --set a=b,url=${url}\n\"\"\"",
    ];
    all(&rows.map(with_groovy), &["ledger"]);
    let node = "execSync(`helm upgrade smile charts/emoji --set url=${host}`)";
    let with_node = |text: &str| ("up", format!("#!/usr/bin/env node\n{}\n", text.replace('X', node)));
    let rows = [
        "const host = 'ledger'\nfunction up(host) {\n  X\n}",
        "const host = 'ledger'\nhosts.forEach((host) => X)",
        "const host = 'ledger'\nhosts.forEach(host => X)",
        "let host = 'ledger'\nconst {port, host} = find()\nX",
        "const host = 'ledger'\nfor (const host of hosts) X",
    ];
    all(&rows.map(with_node), &["?"]);
}

#[test]
fn variables_of_windows_are_read() {
    let call = "helm upgrade smile charts\\emoji --set url=%HOST%";
    let rows = [
        "set HOST=ledger\nX",
        "SET host=ledger\r\nX\r\n",
        "@echo off\nset HOST=%H%\nset H=ledger\nX",
        "set H=emoji\nhelm upgrade smile charts\\%H% --set url=ledger",
        "cd %~dp0\\charts\nhelm upgrade smile emoji --set url=ledger",
        "for %%s in (emoji) do helm upgrade smile charts\\%%s --set url=ledger",
        "helm upgrade smile charts\\%1 --set url=ledger,a=100%",
    ]
    .map(|text| text.replace('X', call));
    // What the argument or the loop is, may be the other chart.
    each(&rows.each_ref().map(|text| ("up.bat", text.as_str())), &["ledger"]);
    let rows = [
        "X",
        "set HOST=ledger\nif \"%1\"==\"prod\" set HOST=card\nX",
        "set HOST=ledger\nif \"%1\"==\"prod\" (set host=card)\nX",
        "set HOST=ledger\nset /p HOST=which\nX",
        "set HOST=ledger\nset HOST=card\nX",
        "set HOST=ledger\nhelm upgrade smile charts/emoji --set url=%HOST:a=b%",
        "set HOST=ledger\nfor /f %%h in ('hostname') do set HOST=%%h\nX",
        "set H=ledger\nfor %%H in (card) do helm upgrade smile charts/emoji --set url=%%H",
        "set N=ledger\nfor %%N in (card) do helm upgrade smile charts/emoji --set url=%%~N",
        "set HOST=ledger\ncall vars.cmd\nX",
        "set HOST=ledger\nif exist vars.bat Call \"%~dp0vars.bat\" a\nX",
    ]
    .map(|text| text.replace('X', call));
    each(&rows.each_ref().map(|text| ("up.bat", text.as_str())), &["?"]);
    let rows = [
        ("up.ps1", "$h = 'ledger'\nhelm upgrade smile charts/emoji --set \"url=$h\""),
        ("up.ps1", "$h = 'ledger'\nhelm upgrade smile charts\\emoji --set \"url=${h}\""),
        ("up.ps1", "$url = 'ledger'\nhelm upgrade smile charts/emoji --set url=$url"),
        ("up.ps1", "$h = 'ledger'\nforeach ($n in $names) {\n  helm upgrade smile charts/emoji --set \"url=$h\"\n}"),
    ];
    each(&rows, &["ledger"]);
    let rows = [
        (
            "up.ps1",
            "$h = 'ledger'\nif ($x -eq 'prod') { $h = 'card' }\nhelm upgrade smile charts/emoji --set \"url=$h\"",
        ),
        ("up.ps1", "$h = 'ledger'\n$h += 'card'\nhelm upgrade smile charts/emoji --set \"url=$h\""),
        ("up.ps1", "$h = 'ledger'\nhelm upgrade smile charts/emoji --set 'url=$h'"),
        ("up.ps1", "function A {\n  $h = 'ledger'\n}\nfunction Deploy-All($h) {\n  X\n}"),
        ("up.ps1", "$h = 'ledger'\nfunction Deploy {\n  param(\n    [string]$n,\n    [string]$h\n  )\n  X\n}"),
        ("up.ps1", "$h = 'ledger'\nforeach ($h in $hosts) {\n  X\n}"),
        ("up.ps1", "$h = 'ledger'\nForEach ($H in $hosts) { }\nX"),
        ("up.ps1", "$h = 'ledger'\n$H = 'card'\nX"),
        ("up.ps1", "$h = 'ledger'\n$p, $h = 'a', 'card'\nX"),
        ("up.ps1", "$h = 'ledger'\n[string]$h = 'card'\nX"),
        ("up.ps1", "$h = 'ledger'\n$script:h = 'card'\nX"),
        ("up.ps1", "$h = 'ledger'\n. ./vars.ps1\nX"),
    ];
    let rows = rows.map(|(path, text)| (path, text.replace('X', "helm upgrade smile charts/emoji --set \"url=$h\"")));
    let rows = rows.each_ref().map(|(path, text)| (*path, text.as_str()));
    each(&rows, &["?"]);
}
