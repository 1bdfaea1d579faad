// Wiring: what a click or a key changes, and the address that remembers it.

// ---- changing what is shown ----

function change(changes, quietly) {
  Object.assign(state, changes);
  if (!quietly) writeAddress();
  showAll();
}

function choose(index, quietly) {
  const before = state.chosen;
  Object.assign(state, { chosen: index, path: null });
  if (!quietly) writeAddress();
  showAll();
  if (index !== null && index !== before && state.view === "map") flyToChosen();
}

// To the service and its neighbours. Who has very many has them everywhere.
function flyToChosen() {
  const service = services[state.chosen];
  const near = [...new Set([...incoming[service.index].map((edge) => edge.caller), ...outgoing[service.index].map((edge) => edge.callee),
    ...strangersTo[service.index].map((call) => call.caller).filter((caller) => caller !== null), ...strangersOf[service.index].map((call) => call.callee)])];
  if (near.length <= 40) showBox([service.index, ...near], 1.6);
  else flyTo(everything());
}

function showAll() {
  const table = state.view === "table";
  byId("map-view").hidden = table;
  byId("table-view").hidden = !table;
  byId("show-map").setAttribute("aria-pressed", String(!table));
  byId("show-table").setAttribute("aria-pressed", String(table));
  const keepFocus = panel.contains(document.activeElement) ? document.activeElement : null;
  const mark = keepFocus && (keepFocus.id ? `#${keepFocus.id}` : keepFocus.dataset.direction ? `[data-direction="${keepFocus.dataset.direction}"]` : null);
  showPanel();
  if (mark) panel.querySelector(mark)?.focus();
  showCounts();
  if (table) showTable();
  else redrawAll();
}

function showCounts() {
  const shown = services.filter(isShown).length;
  const drawn = edges.filter(isDrawn).length;
  const loud = alarms.filter(isAlarmDrawn);
  const hubs = services.filter(isHub).length;
  const part = (count, all, one, many) => (count === all ? plural(all, one, many) : `${number.format(count)} of ${plural(all, one, many)}`);
  const lines = { services: `${part(drawn, edges.length, "line", "lines")}`, owners: `${part(drawn, edges.length, "call", "calls")} in bundles`, chosen: "lines of the chosen service only" }[state.lines];
  byId("counts").textContent = `${part(shown, services.length, "service", "services")} · ${lines} · ${plural(owners.length, "owner", "owners")}`;
  if (observed) byId("counts").append(" · ", make("b", { class: loud.length > 0 ? "alarm" : null, text: alarmText(loud) }));
  byId("hub-value").textContent = number.format(state.hubLimit);
  byId("hub-note").textContent = hubs === 0 ? "No service has so many."
    : `${plural(hubs, "service is", "services are")} above. ${state.hideHubs ? "Their lines appear when they are chosen." : ""}`;
  byId("empty").hidden = shown > 0;
  byId("empty").textContent = services.length === 0 ? "There is no service to show." : "No service passes the filters.";
  canvas.setAttribute("aria-label", `Map of ${plural(shown, "service", "services")}. The table view holds the same as text.`);
}

// ---- filters ----

function filterList(id, kind, entries) {
  byId(id).replaceChildren(...entries.map(({ value, name, count, owner, mark }) => make("label", { class: "row" },
    make("input", { type: "checkbox", checked: true, "data-value": value, on: { change: (event) => {
      if (event.target.checked) state.hidden[kind].delete(value);
      else state.hidden[kind].add(value);
      showAll();
    } } }),
    owner === undefined ? null : swatch(owner),
    mark === undefined ? null : make("i", { class: `stroke ${mark}`, "aria-hidden": "true" }),
    make("span", { class: "grow", text: name }),
    make("span", { class: "count", text: number.format(count) }))));
}

function allOwners(shown) {
  state.hidden.owner = new Set(shown ? [] : owners.keys());
  for (const box of byId("owners").querySelectorAll("input")) box.checked = shown;
  showAll();
}

function setUpFilters() {
  const count = (test) => services.filter(test).length;
  const named = (list, kind) => list.map((name, value) => ({ value, name, count: count((service) => service[kind] === value) }));
  filterList("stages", "stage", STAGES.map((name) => ({ value: name, name, count: count((service) => service.stage === name) })));
  filterList("types", "type", named(data.types, "type"));
  filterList("namespaces", "namespace", named(data.namespaces, "namespace"));
  byId("namespace-section").hidden = data.namespaces.length < 2;
  filterList("owners", "owner", owners.map((owner, value) => ({ value, name: owner.name, count: owner.services.length, owner: value }))
    .sort((a, b) => b.count - a.count || a.value - b.value));
  const uses = Object.entries(USES).map(([value, name]) => ({
    value, name, mark: value, count: edges.filter((edge) => edge.use === value).length + strangers.filter((call) => call.use === value).length,
  }));
  filterList("uses", "use", uses.filter(({ value, count }) => count > 0 || ["used", "unseen", "unpermitted"].includes(value)));
  byId("traffic-section").hidden = !observed;
  const only = [["all", "All services", services.length], ["internet", "Faces the internet", count((service) => service.internet)]];
  if (observed) only.push(["alarms", "Has such calls (!)", count((service) => alarming.has(service.index))]);
  byId("only").replaceChildren(...only.map(([value, text, how]) => make("label", { class: "row" },
    make("input", { type: "radio", name: "only", value, checked: state.only === value, on: { change: () => change({ only: value }, true) } }),
    make("span", { class: "grow", text }), make("span", { class: "count", text: number.format(how) }))));
  byId("all-owners").addEventListener("click", () => allOwners(true));
  byId("no-owners").addEventListener("click", () => allOwners(false));

  const kinds = [["services", "Between services"], ["owners", "Bundled by owner"], ["chosen", "Of the chosen service"]];
  byId("lines").replaceChildren(...kinds.map(([value, text]) => make("label", { class: "row" },
    make("input", { type: "radio", name: "lines", value, checked: state.lines === value, on: { change: () => change({ lines: value }, true) } }),
    make("span", { text }))));
  state.hubLimit = firstHubLimit();
  const range = byId("hub-limit");
  range.max = Math.max(state.hubLimit, ...services.map(lineCount), 1);
  range.value = state.hubLimit;
  range.addEventListener("input", () => change({ hubLimit: Number(range.value) }, true));
  byId("hide-hubs").addEventListener("change", (event) => change({ hideHubs: event.target.checked }, true));
}

// ---- search ----

const search = byId("search");
const matches = byId("matches");
let found = [];
let marked = -1;

function showMatches() {
  found = find(search.value, 50);
  marked = found.length > 0 ? 0 : -1;
  const items = found.map((service, index) => make("li", { role: "option", id: `match-${index}`, on: { mousedown: (event) => { event.preventDefault(); take(index); } } },
    swatch(service.owner), make("span", { class: "grow", text: service.name }),
    make("span", { class: "soft", text: plural(service.callers, "caller", "callers") })));
  matches.replaceChildren(...(items.length > 0 ? items : [make("li", { class: "none", text: "No service matches." })]));
  const open = search.value.trim() !== "" && document.activeElement === search;
  matches.hidden = !open;
  search.setAttribute("aria-expanded", String(open));
  markMatch(marked);
}

function markMatch(index) {
  marked = index;
  [...matches.children].forEach((item, at) => { if (found.length > 0) item.setAttribute("aria-selected", String(at === index)); });
  if (index >= 0) {
    search.setAttribute("aria-activedescendant", `match-${index}`);
    matches.children[index].scrollIntoView({ block: "nearest" });
  } else search.removeAttribute("aria-activedescendant");
}

function closeMatches() {
  matches.hidden = true;
  search.setAttribute("aria-expanded", "false");
  search.removeAttribute("aria-activedescendant");
}

function take(index) {
  const service = found[index];
  if (!service) return;
  search.value = service.name;
  closeMatches();
  search.blur();
  choose(service.index);
  if (state.view === "map") canvas.focus();
}

search.addEventListener("input", showMatches);
search.addEventListener("focus", () => { search.select(); showMatches(); });
search.addEventListener("blur", closeMatches);
search.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (found.length > 0) markMatch((marked + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length);
  } else if (event.key === "Enter") take(marked);
  else if (event.key === "Escape") {
    event.stopPropagation();
    search.value = "";
    closeMatches();
    search.blur();
  }
});

// ---- pointer ----

const pointers = new Map();
let pressed = null;

const at = (event) => {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};

canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, at(event));
  pressed = { x: event.clientX, y: event.clientY, moved: false };
  flight = null;
});
canvas.addEventListener("pointermove", (event) => {
  const [x, y] = at(event);
  const before = pointers.get(event.pointerId);
  if (!before) return hover(x, y);
  pointers.set(event.pointerId, [x, y]);
  if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > 4) {
    pressed.moved = true;
    canvas.classList.add("dragging");
    hover(null);
  }
  if (pointers.size === 2) {
    const [other] = [...pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    const gap = (place) => Math.hypot(place[0] - other[0], place[1] - other[1]) || 1;
    zoomAt((x + other[0]) / 2, (y + other[1]) / 2, gap([x, y]) / gap(before));
  } else if (pressed.moved) {
    view.x -= (x - before[0]) / view.scale;
    view.y -= (y - before[1]) / view.scale;
    redraw();
  }
});
const release = (event) => {
  pointers.delete(event.pointerId);
  canvas.classList.remove("dragging");
};
canvas.addEventListener("pointerup", (event) => {
  if (pressed && !pressed.moved && pointers.size === 1) {
    const call = alarmAt(...at(event));
    state.open = call;
    choose(call ? call.callee : serviceAt(...at(event)));
  }
  release(event);
});
canvas.addEventListener("pointercancel", release);
canvas.addEventListener("pointerleave", () => hover(null));
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  const [x, y] = at(event);
  // Lines, pages: some devices do not count in pixels.
  const pixels = event.deltaY * [1, 16, 400][event.deltaMode];
  zoomAt(x, y, Math.exp(-Math.max(-240, Math.min(240, pixels)) * 0.0022));
}, { passive: false });
canvas.addEventListener("dblclick", (event) => zoomAt(...at(event), 1.8));

function hover(x, y) {
  const call = x === null ? null : alarmAt(x, y);
  const index = x === null || call ? null : serviceAt(x, y);
  canvas.classList.toggle("over", index !== null || call !== null);
  const tip = byId("tip");
  tip.hidden = index === null && call === null;
  if (call) {
    tip.replaceChildren(make("b", { text: `${call.caller === null ? call.name : services[call.caller].name} → ${services[call.callee].name}` }),
      `${USES[call.use]}: ${plural(call.seen.count, "call", "calls")}, last ${call.seen.last}`);
    placeTip(tip, x, y);
  }
  if (index !== null) {
    const service = services[index];
    if (index !== hovered) {
      tip.replaceChildren(make("b", { text: service.name }),
        `${owners[service.owner].name} · ${data.types[service.type]} · ${service.stage}`, make("br"),
        `${plural(service.callers, "caller", "callers")}, ${plural(service.callees, "callee", "callees")}`);
    }
    placeTip(tip, x, y);
  }
  if (index !== hovered) {
    hovered = index;
    redraw();
  }
}

function placeTip(tip, x, y) {
  const [left, top] = [Math.min(x + 14, view.width - tip.offsetWidth - 8), Math.min(y + 14, view.height - tip.offsetHeight - 8)];
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${Math.max(4, top)}px`;
}

// ---- keys ----

canvas.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = 60;
  const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  if (moves[event.key]) {
    const [dx, dy] = moves[event.key];
    flight = null;
    view.x += dx / view.scale;
    view.y += dy / view.scale;
    redraw();
  } else if (event.key === "+" || event.key === "=") zoomAt(view.width / 2, view.height / 2, 1.25);
  else if (event.key === "-") zoomAt(view.width / 2, view.height / 2, 0.8);
  else if (event.key === "0") flyTo(everything());
  else if (event.key === "n") neighbour(1);
  else if (event.key === "p") neighbour(-1);
  else return;
  event.preventDefault();
});

function neighbour(step) {
  if (services.length === 0) return;
  const list = state.chosen === null ? byImportance : owners[services[state.chosen].owner].services;
  const now = state.chosen === null ? -step : list.indexOf(state.chosen);
  choose(list[(now + step + list.length) % list.length]);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  if (event.key === "Escape") return choose(null);
  // Letters are for typing while a field has the focus.
  if (event.target.matches?.('input:not([type="checkbox"]):not([type="radio"])')) return;
  if (event.key === "/") search.focus();
  else if (event.key === "t") setView(state.view === "map" ? "table" : "map");
  else if (event.key === "r" && state.chosen !== null) change({ direction: state.direction === "callers" ? "callees" : "callers", path: null });
  else if (event.key === "a" && state.chosen !== null) change({ transitive: !state.transitive, path: null });
  else return;
  event.preventDefault();
});

function setView(name) {
  change({ view: name });
  if (name === "table") byId("table-view").focus();
  else {
    measure();
    canvas.focus();
  }
}

byId("show-map").addEventListener("click", () => setView("map"));
byId("show-table").addEventListener("click", () => setView("table"));
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  setView("table");
});
byId("zoom-in").addEventListener("click", () => zoomAt(view.width / 2, view.height / 2, 1.5));
byId("zoom-out").addEventListener("click", () => zoomAt(view.width / 2, view.height / 2, 1 / 1.5));
byId("zoom-fit").addEventListener("click", () => flyTo(everything()));
byId("show-help").addEventListener("click", () => byId("help").showModal());

// ---- theme ----

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
let themeChoice = "auto";

function applyTheme() {
  const dark = themeChoice === "auto" ? prefersDark.matches : themeChoice === "dark";
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  byId("theme").textContent = dark ? "Light" : "Dark";
  byId("theme").setAttribute("aria-label", dark ? "Use light colours" : "Use dark colours");
  readTheme();
  if (isStarted) redrawAll();
}

byId("theme").addEventListener("click", () => {
  themeChoice = isDark() ? "light" : "dark";
  applyTheme();
});
prefersDark.addEventListener("change", applyTheme);

// ---- the address ----

function writeAddress() {
  const parts = new URLSearchParams();
  if (state.chosen !== null) {
    parts.set("service", services[state.chosen].name);
    if (state.direction !== "callers") parts.set("show", state.direction);
    if (state.transitive) parts.set("through", "all");
  }
  if (state.view !== "map") parts.set("view", state.view);
  const text = `#${parts}`;
  if (text !== (location.hash || "#")) history.pushState(null, "", text);
}

function readAddress() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const service = byName.get(parts.get("service"));
  Object.assign(state, {
    direction: parts.get("show") === "callees" ? "callees" : "callers",
    transitive: parts.get("through") === "all",
    view: parts.get("view") === "table" ? "table" : "map",
  });
  choose(service ? service.index : null, true);
}

addEventListener("popstate", readAddress);
addEventListener("hashchange", readAddress);

// ---- start ----

function measure() {
  const box = byId("map-view").getBoundingClientRect();
  if (box.width === 0) return;
  const first = view.width === 0;
  Object.assign(view, { width: box.width, height: box.height, ratio: Math.min(2, devicePixelRatio || 1) });
  const [width, height] = [Math.round(box.width * view.ratio), Math.round(box.height * view.ratio)];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  // Where there is little room the legend is closed, and opens on a click.
  if (first) byId("legend").open = box.width >= 560 && box.height >= 420;
  const legend = byId("legend").offsetHeight + 16;
  view.legend = legend < box.height / 3 ? legend : 0;
  if (first) Object.assign(view, everything());
  if (isStarted) redraw();
}

// What takes long in a slow browser comes after the first drawing was shown: lists, lines, names.
function start() {
  isStarted = true;
  setUpFilters();
  new ResizeObserver(measure).observe(byId("map-view"));
  readAddress();
}

for (const element of document.querySelectorAll(".types")) element.hidden = !edges.some((edge) => edge.byTypes);
for (const element of document.querySelectorAll(".observed")) element.hidden = !observed;
for (const element of document.querySelectorAll(".internet")) element.hidden = !services.some((service) => service.internet);
if (new URLSearchParams(location.hash.slice(1)).get("view") === "table") {
  applyTheme();
  start();
} else {
  measure();
  applyTheme();
  if (view.width > 0) {
    compose(false);
    markOnce("first-drawing");
  }
  // The second frame begins when the first is on the screen; a hidden page has no frames.
  let isUnderWay = false;
  const once = () => {
    if (!isUnderWay) start();
    isUnderWay = true;
  };
  requestAnimationFrame(() => requestAnimationFrame(once));
  setTimeout(once, 500);
}
