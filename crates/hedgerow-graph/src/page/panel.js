// What is known of the chosen service, and who calls it or is called by it, as text.

const panel = byId("panel");
const ROWS = 150; // rows at first; a button brings the others

const STAGE_MEANING = {
  enforce: null,
  audit: "Stage audit: calls that no rule permits are noted and let through. What is listed here is what will be permitted.",
  open: "Stage open: its policy admits anybody. Every pod may call it, whatever is listed here.",
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
  return `${name}, stage ${stage}: ${plural(callers, "caller", "callers")}, ${plural(callees, "callee", "callees")}${through}`;
}

function nothingChosen() {
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
    make("p", { class: "soft", text: services.length === 0 ? "No service." : "Choose a service on the map, in the table or by search to see who may call it." }),
    ...part("Most callers", called, called.length, (service) => plural(service.callers, "caller", "callers")),
    ...part("Call the most", wide, wide.length, (service) => plural(service.callees, "callee", "callees")),
    ...part("Open to all (stage off or open)", open.slice(0, 8), open.length, (service) => plural(service.callers, "caller", "callers")),
    ...part("Also let others in (allow)", allowing.slice(0, 8), allowing.length, (service) => plural(service.allow.length, "entry", "entries")),
  ];
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
  ];
  const dl = make("dl", { class: "facts" });
  for (const [name, value] of facts) dl.append(make("dt", { text: name }), make("dd", null, value));
  const both = [["callers", incoming, "caller"], ["callees", outgoing, "callee"]];
  return [
    make("button", { class: "close", type: "button", "aria-label": "Let go of this service", text: "×", on: { click: () => choose(null) } }),
    make("h2", { class: "name", text: service.name }),
    dl,
    ...(STAGE_MEANING[service.stage] ? [make("p", { class: "warn", text: STAGE_MEANING[service.stage] })] : []),
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

function direct(service) {
  const callers = state.direction === "callers";
  const list = (callers ? incoming : outgoing)[service.index];
  if (list.length === 0) {
    return [make("p", { class: "soft", text: callers ? "No rule lets a service call it." : "It has no rule: it may call nobody." })];
  }
  const other = (edge) => (callers ? edge.caller : edge.callee);
  const sorted = [...list].sort((a, b) => other(a) - other(b));
  return [byOwner(new Set(list.map(other))), rows(sorted, (edge) => make("li", null,
    make("div", { class: "head" }, swatch(services[other(edge)].owner), nameButton(other(edge)),
      edge.byTypes ? make("span", { class: "badge", text: "by types" }) : null, portsBadge(edge.ports)),
    edge.reason ? make("div", { class: "soft", text: edge.reason }) : null,
    make("span", { class: "file", text: edge.file })))];
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
function rows(items, row) {
  const list = make("ul", { class: "list" }, ...items.slice(0, ROWS).map(row));
  if (items.length > ROWS) {
    const more = make("button", { type: "button", text: `${number.format(items.length - ROWS)} more`, on: { click: () => {
      rest.remove();
      list.append(...items.slice(ROWS).map(row));
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

