// What is known of the chosen service, and who calls it or is called by it, as text.

const panel = byId("panel");
const ROWS = 150; // rows at first; a button brings the others

const STAGE_MEANING = {
  enforce: null,
  audit: "Stage audit: calls that no rule permits are noted and let through. What is listed here is what will be permitted.",
  open: "Stage open: its policy admits anybody. Every pod may call it, whatever is listed here.",
  unknown: "Stage unknown: the service lies in another repository, and no catalogue tells its stage. Perhaps every pod may call it.",
  off: "Stage off: no policy protects it. Every pod may call it, whatever is listed here.",
};

function showPanel() {
  panel.replaceChildren(...(state.chosen === null ? nothingChosen() : somethingChosen(services[state.chosen])));
  panel.scrollTop = 0;
  byId("said").textContent = summary();
}

// One sentence for who listens instead of looking; the panel itself would be read from top to bottom.
function summary() {
  if (state.chosen === null) return "";
  const { name, stage, callers, callees } = services[state.chosen];
  const through = state.transitive ? `, ${number.format(reach(state.chosen, state.direction).via.size)} ${state.direction} also through others` : "";
  const strange = strangersTo[state.chosen].filter(isAlarm).length;
  const alarm = strange > 0 ? `; ${plural(strange, "caller", "callers")} that nothing permits` : "";
  return `${name}, stage ${stage}: ${plural(callers, "caller", "callers")}, ${plural(callees, "callee", "callees")}${through}${alarm}`;
}

function nothingChosen() {
  const outside = services.filter((service) => service.internet && isShown(service));
  const open = services.filter((service) => (service.stage === "off" || service.stage === "open") && isShown(service));
  const allowing = services.filter((service) => service.allow.length > 0 && isShown(service));
  const called = byImportance.map((index) => services[index]).filter((service) => service.callers > 0 && isShown(service)).slice(0, 12);
  const wide = [...services].sort((a, b) => b.callees - a.callees || a.index - b.index).filter((service) => service.callees > 0 && isShown(service)).slice(0, 8);
  const part = (title, list, count, what) => (list.length === 0 ? [] : [
    make("h2", { text: title }),
    make("ul", { class: "list" }, ...list.map((service) => make("li", null,
      make("div", { class: "head" }, swatch(service.owner), nameButton(service.index), make("span", { class: "soft", text: what(service) }))))),
    ...(count > list.length ? [make("p", { class: "note", text: `and ${number.format(count - list.length)} more: see the table` })] : []),
  ]);
  return [
    ...listened(),
    ...alarmList(),
    make("p", { class: "soft", text: services.length === 0 ? "No service." : "Choose a service on the map, in the table or by search to see who may call it." }),
    ...part("Faces the internet", outside.slice(0, 8), outside.length, howItFaces),
    ...part("Most callers", called, called.length, (service) => plural(service.callers, "caller", "callers")),
    ...part("Call the most", wide, wide.length, (service) => plural(service.callees, "callee", "callees")),
    ...part("Open to all (stage off or open)", open.slice(0, 8), open.length, (service) => plural(service.callers, "caller", "callers")),
    ...part("Also let others in (allow)", allowing.slice(0, 8), allowing.length, (service) => plural(service.allow.length, "entry", "entries")),
  ];
}

function howItFaces(service) {
  const ways = new Set(service.published.map(([how, , , ports]) => [how, ports.join(", ")].join(" ").trim()));
  if (service.allow.some(([peer]) => peer === "anybody")) ways.add("anybody");
  return [...ways].join(", ") || "addresses";
}

// What was listened to, and how well.
function listened() {
  if (!observed) return [];
  const elsewhere = observed.elsewhere > 0 ? [`${plural(observed.elsewhere, "call", "calls")} went to services that are not drawn`] : [];
  return [make("details", { class: "heard" },
    make("summary", { text: `Traffic from ${day(observed.from)} to ${day(observed.to)}` }),
    ...[...observed.heard, ...elsewhere].map((sentence) => make("p", { class: "soft", text: `${sentence}.` })))];
}

const day = (moment) => moment.slice(0, 10);

// What must be looked at first.
function alarmList() {
  const shown = alarms.filter(isAlarmDrawn);
  if (!observed || shown.length === 0) return observed ? [make("p", { class: "soft", text: "No call was seen that nothing permits." })] : [];
  return [make("h2", { class: "alarm", text: alarmText(shown) }), rows(shown, (call) => callRow(call, "both"), 12)];
}

// How many of which, in words.
function alarmText(calls) {
  const bare = calls.filter((call) => call.use === "unlabelled").length;
  const parts = [`${number.format(calls.length - bare)} not permitted`];
  if (bare > 0) parts.push(`${number.format(bare)} without label`);
  return parts.join(", ");
}

const USES = {
  used: "Permitted and used", unseen: "Permitted, never seen", perhaps: "Permitted, perhaps seen", unlabelled: "Permitted, without its label",
  unpermitted: "Seen, not permitted", untold: "Seen; whether it is permitted cannot be told", allow: "Seen, let in by allow",
};

// One call with its evidence, which a click opens. `ends`: "both", or the end that is named.
function callRow(call, ends, ...more) {
  const open = state.open === call;
  const caller = call.caller === null || call.caller === undefined ? make("span", { class: "grow", text: call.name })
    : nameButton(call.caller);
  const named = ends === "both" ? [make("div", { class: "grow ends" }, caller, make("div", { class: "to" }, make("span", { class: "soft", text: "→" }), nameButton(call.callee)))]
    : [ends === "caller" ? caller : nameButton(call.callee)];
  const item = make("li", { class: isAlarm(call) ? "alarm" : null });
  const head = make("div", { class: "head" }, ...named, ...more);
  item.append(head);
  if (call.use) {
    const said = call.seen ? `${number.format(call.seen.count)} ×` : USES[call.use].replace("Permitted, ", "");
    const button = make("button", {
      type: "button", class: `use ${call.use}`, "aria-expanded": String(open), text: isAlarm(call) ? `! ${said}` : said,
      "aria-label": `${USES[call.use]}: evidence`,
      on: { click: () => {
        state.open = state.open === call ? null : call;
        button.setAttribute("aria-expanded", String(state.open === call));
        item.querySelector(".evidence")?.remove();
        if (state.open === call) head.after(evidenceOf(call));
      } },
    });
    head.append(button);
    if (open) head.after(evidenceOf(call));
  }
  return item;
}

function evidenceOf(call) {
  const facts = [["Traffic", USES[call.use]]];
  const { seen } = call;
  if (seen) {
    const from = call.caller === null || call.caller === undefined ? `${call.name}, no service${call.outsider ? "" : " of this picture"}`
      : `${services[call.caller].name} (${owners[services[call.caller].owner].name}, ${data.namespaces[services[call.caller].namespace]})`;
    facts.push(["From", from], ["Calls", number.format(seen.count)], ["First seen", seen.first], ["Last seen", seen.last], ["Ports", seen.ports.join(", ")]);
    if (seen.days > 0) facts.push(["Days", `${number.format(seen.days)} at least`]);
    if (seen.unpermitted > 0) facts.push(["Got through", `${number.format(seen.unpermitted)}, and nothing permitted it then`]);
    if (seen.dropped > 0) facts.push(["Dropped", number.format(seen.dropped)]);
    if (call.use === "unlabelled") facts.push(["Meaning", "A rule permits it, and the caller's pods do not wear the label: deploy the caller before the callee is enforced."]);
    if (call.use === "unpermitted") facts.push(["Ask", `${owners[services[call.callee].owner].name}: is it meant, or an intruder? \`hedgerow reconcile\` says what to do.`]);
  } else {
    const { silence } = services[call.callee];
    facts.push(["Meaning", call.use === "perhaps" ? "Calls whose caller cannot be told may have been its." : `${silence ?? "not seen"}.`]);
  }
  const list = make("dl", { class: "facts evidence" });
  for (const [name, value] of facts) list.append(make("dt", { text: name }), make("dd", { text: value }));
  return list;
}

function somethingChosen(service) {
  const { direction, transitive } = state;
  const owner = owners[service.owner];
  const facts = [
    ["Owner", make("span", { class: "owner-line" }, swatch(service.owner), document.createTextNode(owner.name))],
    ["Type", data.types[service.type]],
    ["Namespace", data.namespaces[service.namespace]],
    ["Stage", service.stage],
    ["Ports", service.ports.join(", ")],
    ["File", make("span", { class: "file", text: service.file })],
    ...(service.internet ? [["Faces", "the internet"]] : service.outside ? [["Faces", "addresses outside"]] : []),
  ];
  const dl = make("dl", { class: "facts" });
  for (const [name, value] of facts) dl.append(make("dt", { text: name }), make("dd", null, value));
  const both = [["callers", incoming, "caller"], ["callees", outgoing, "callee"]];
  return [
    make("button", { class: "close", type: "button", "aria-label": "Let go of this service", text: "×", on: { click: () => choose(null) } }),
    make("h2", { class: "name", text: service.name }),
    dl,
    ...(STAGE_MEANING[service.stage] ? [make("p", { class: "warn", text: STAGE_MEANING[service.stage] })] : []),
    ...strange(service),
    ...published(service),
    ...allowed(service),
    make("div", { class: "bar", role: "group", "aria-label": "Direction" }, ...both.map(([key, list, end]) =>
      make("button", {
        type: "button", "aria-pressed": String(direction === key), "data-direction": key,
        text: `${key === "callers" ? "Callers" : "Callees"} ${number.format(new Set(list[service.index].map((edge) => edge[end])).size)}`,
        on: { click: () => change({ direction: key, path: null }) },
      }))),
    make("label", { class: "row" },
      make("input", { type: "checkbox", id: "transitive", checked: transitive, on: { change: (event) => change({ transitive: event.target.checked, path: null }) } }),
      make("span", { text: "Also through others" })),
    ...(transitive ? reachable(service) : direct(service)),
  ];
}

function allowed(service) {
  if (service.allow.length === 0) return [];
  return [make("h2", { text: "Also lets in (allow)" }), make("ul", { class: "list" }, ...service.allow.map(([peer, ports, reason]) =>
    make("li", null, make("div", { class: "head" }, make("span", { class: "grow", text: peer }), portsBadge(ports === "all" ? null : [ports])),
      reason ? make("span", { class: "soft", text: reason }) : null)))];
}

// Calls that are on no edge: what nothing permits first.
function strange(service) {
  const rank = { unpermitted: 0, untold: 1, allow: 2 };
  const all = [["caller", strangersTo[service.index]], ["callee", strangersOf[service.index]]];
  return all.flatMap(([ends, list]) => {
    if (list.length === 0) return [];
    const sorted = [...list].sort((a, b) => (rank[a.use] ?? 3) - (rank[b.use] ?? 3) || b.seen.count - a.seen.count);
    const alarmed = sorted.some(isAlarm);
    const title = ends === "caller" ? "Called by, without a line" : "Calls, without a line";
    return [make("h2", { class: alarmed ? "alarm" : null, text: alarmed ? title.replace("without a line", "and nothing permits it") : title }),
      rows(sorted, (call) => callRow(call, ends), 20)];
  });
}

function published(service) {
  if (service.published.length === 0) return [];
  return [make("h2", { text: "Published to the outside" }), make("ul", { class: "list" }, ...service.published.map(([how, object, file, ports]) =>
    make("li", null, make("div", { class: "head" }, make("span", { class: "grow", text: object }), make("span", { class: "badge", text: how }), portsBadge(ports.length === 0 ? null : [ports.join(", ")])),
      make("span", { class: "file", text: file }))))];
}

function direct(service) {
  const callers = state.direction === "callers";
  const list = (callers ? incoming : outgoing)[service.index];
  if (list.length === 0) {
    return [make("p", { class: "soft", text: callers ? "No rule lets a service call it." : "It has no rule: it may call nobody." })];
  }
  const other = (edge) => (callers ? edge.caller : edge.callee);
  const sorted = [...list].sort((a, b) => isAlarm(b) - isAlarm(a) || other(a) - other(b));
  return [byOwner(new Set(list.map(other))), rows(sorted, (edge) => {
    const item = callRow(edge, callers ? "caller" : "callee", edge.byTypes ? make("span", { class: "badge", text: "by types" }) : null, portsBadge(edge.ports));
    item.querySelector(".head").prepend(swatch(services[other(edge)].owner));
    if (edge.reason) item.append(make("div", { class: "soft", text: edge.reason }));
    item.append(make("span", { class: "file", text: edge.file }));
    return item;
  })];
}

function reachable(service) {
  const { direction, chosen } = state;
  const found = reach(chosen, direction);
  const total = found.via.size;
  const others = Math.max(1, services.length - 1);
  if (total === 0) return direct(service);
  const sentence = direction === "callers"
    ? `${number.format(total)} of ${plural(others, "other service reaches", "other services reach")} it`
    : `It reaches ${number.format(total)} of ${plural(others, "other service", "other services")}`;
  const teams = new Set([...found.via.keys()].map((index) => services[index].owner)).size;
  const output = [make("p", { class: "soft", text: `${sentence} in up to ${plural(found.steps.length, "step", "steps")}; ${plural(teams, "owner", "owners")}. By the rules; stages are not counted.` })];
  output.push(byOwner(found.via.keys()));
  found.steps.forEach((step, depth) => {
    output.push(make("p", { class: "step", text: `${plural(depth + 1, "step", "steps")}: ${number.format(step.length)}` }));
    output.push(rows([...step].sort((a, b) => a - b), (index) => {
      const path = pathOf(found, chosen, index, direction);
      const item = make("li");
      const shown = make("button", {
        type: "button", class: "link soft", text: "path", "aria-expanded": "false", "aria-label": `Path of ${services[index].name}`,
        on: { click: () => togglePath(item, shown, path) },
      });
      item.append(make("div", { class: "head" }, swatch(services[index].owner), nameButton(index), shown));
      return item;
    }));
  });
  return output;
}

// Whose services they are: the people to ask.
function byOwner(indexes) {
  const counts = new Map();
  for (const index of indexes) counts.set(services[index].owner, (counts.get(services[index].owner) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const most = 6;
  return make("p", { class: "owners" },
    ...sorted.slice(0, most).map(([owner, count]) => make("span", { class: "owner-line" }, swatch(owner), `${owners[owner].name} ${number.format(count)}`)),
    sorted.length > most ? make("span", { class: "soft", text: `and ${plural(sorted.length - most, "more owner", "more owners")}` }) : null);
}

// Opens one path at a time, in the list and on the map.
function togglePath(item, button, path) {
  const open = button.getAttribute("aria-expanded") === "true";
  for (const element of panel.querySelectorAll(".path")) element.remove();
  for (const element of panel.querySelectorAll('[aria-expanded="true"]')) element.setAttribute("aria-expanded", "false");
  state.path = open ? null : path;
  if (!open) {
    button.setAttribute("aria-expanded", "true");
    item.append(make("div", { class: `path ${state.direction === "callees" ? "out" : ""}` }, ...path.flatMap((edge) => [
      make("div", { text: `${services[edge.caller].name} → ${services[edge.callee].name}` }),
      make("span", { class: "file soft", text: edge.file })])));
    showBox([path[0].caller, ...path.map((edge) => edge.callee)], 1.6);
  }
  redrawAll();
}

// A list that grows when asked: a thousand rows at once would be felt.
function rows(items, row, most = ROWS) {
  const list = make("ul", { class: "list" }, ...items.slice(0, most).map(row));
  if (items.length > most) {
    const more = make("button", { type: "button", text: `${number.format(items.length - most)} more`, on: { click: () => {
      rest.remove();
      list.append(...items.slice(most).map(row));
    } } });
    const rest = make("li", null, more);
    list.append(rest);
  }
  return list;
}

function nameButton(index) {
  return make("button", { type: "button", class: "link grow", text: services[index].name, on: { click: () => choose(index) } });
}

const portsBadge = (ports) => (ports === null ? null : make("span", { class: "badge", text: ports.join(" ") }));

