"""Makes up observations of a fleet, and a past for its report: observations.py seen GRAPH.json CATALOGUE.json READY.json | past REPORT.json DAY…

`seen` reads what `graph --format json`, `catalogue` and `ready --format json` printed (of any observations: only the digests of policies
count) and prints observations in which most edges were used, some calls are permitted by nothing, and
outsiders have names that try to break out of a page. `past` reads a report and prints it as one that tells of several days.
"""

import json
import sys

HOSTILE = ["<script>window.broken=1</script>", "\"><img src=x onerror=window.broken=2>", "</style><h1>broken</h1>", "\u202egnp.exe"]


def seen(graph, catalogue, ready):
    services = graph["services"]
    names = [service["name"] for service in services]
    ports = {service["name"]: service["ports"][0]["number"] for service in services if isinstance(service["ports"], list) and service["ports"]}
    planned = {service["service"]: service["policy"]["planned"] for service in ready["services"]}

    types = {service["name"]: service["type"] for service in services}

    def watched(name):
        policy = {"digest": planned[name] or "", "since": "2026-10-01T00:00:00Z"}
        return {"nodes": ["a"], "pods": 2, "policy": policy, "longest_open": 60, "types": {types[name]: 2} if types[name] else {}}

    yield {"version": 1, "from": "2026-10-21T00:00:00Z", "to": "2026-11-21T08:00:00Z", "catalogue": catalogue["naming"], "labelling": catalogue["labelling"], "environment": "prod",
           "coverage": [{"node": "a", "source": "conntrack", "heard": 45120, "blind": 0}],
           "canaries": [{"callee": name, "sent": 50, "seen": 50, "since": "2026-10-01T00:00:00Z"} for name in names],
           "services": {name: watched(name) for name in names}}

    def line(caller, callee, verdict, count):
        return {"caller": caller, "callee": callee, "port": ports.get(callee, 8080), "protocol": "TCP", "verdict": verdict,
                "first": "2026-10-22T00:00:00Z", "last": "2026-11-20T10:00:00Z", "count": count, "days": 29}

    rules = [edge for edge in graph["edges"] if edge["by"] == "rule"]
    for number, edge in enumerate(rules):
        if number % 5 != 3:
            verdict = "unpermitted" if number == 7 else "permitted"
            yield line({"service": edge["caller"]}, edge["callee"], verdict, 40 + number * 997)
    pairs = {(edge["caller"], edge["callee"]) for edge in graph["edges"]}
    strangers = [(a, b) for a in names for b in names if a != b and (a, b) not in pairs]
    for number, (caller, callee) in enumerate(strangers[::max(1, len(strangers) // 4)]):
        yield line({"service": caller}, callee, "unpermitted", 2 + number)
    for number, name in enumerate(HOSTILE):
        yield line({"outsider": name}, names[number % len(names)], "unpermitted", 1 + number)


def past(report, days):
    now = report["history"][-1]
    count = now["services"]
    for number, day in enumerate(days):
        share = number / len(days)
        enforce, audit = round(count * share * 0.8), round(count * min(1 - share * 0.8, share * 1.5))
        open_ = max(0, round((count - enforce - audit) * 0.4))
        point = {"date": day, "services": count, "open": 60 - 5 * number, "verdicts": {"enforced": enforce, "blocked": count - enforce},
                 "stages": {"enforce": enforce, "audit": audit, "open": open_, "off": count - enforce - audit - open_}}
        report["history"].insert(-1, point)
    report["history"].pop()
    return report


if __name__ == "__main__":
    def read(path):
        with open(path, encoding="utf-8") as file:
            return json.load(file)

    given = read(sys.argv[2])
    if sys.argv[1] == "seen":
        for entry in seen(given, *map(read, sys.argv[3:5])):
            print(json.dumps(entry))
    else:
        print(json.dumps(past(given, sys.argv[3:])))
