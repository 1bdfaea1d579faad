// The network as the page knows it, and questions that need no drawing.

const data = JSON.parse(document.getElementById("data").textContent);
const STAGES = ["enforce", "audit", "open", "off", "unknown"].filter((stage) => stage !== "unknown" || data.services.some((service) => service[5] === stage));

const owners = data.owners.map(([name, colour, x, y, radius]) => ({ name, colour, x, y, radius, services: [] }));
const services = data.services.map(
  ([name, short, owner, type, namespace, stage, x, y, radius, callers, callees, file, ports, allow, facing, published, silence], index) =>
    ({ index, name, short, owner, type, namespace, stage, x, y, radius, callers, callees, file, ports, allow, facing, published,
      low: name.toLowerCase(), outside: facing !== "cluster", internet: facing === "internet", ringed: facing !== "cluster" || allow.length > 0,
      silence: silence === null ? null : data.silences[silence] }));
const evidence = (seen) => {
  if (!seen) return null;
  const [count, first, last, days, ports, unpermitted, dropped] = seen;
  return { count, first, last, days, ports, unpermitted, dropped };
};
const edges = data.edges.map(([caller, callee, ports, byTypes, file, reason, use, seen]) =>
  ({ caller, callee, ports, byTypes, file, reason, use, seen: evidence(seen) }));
// Calls that are on no edge. A caller that is no service of the map has no index.
const strangers = data.strangers.map(([caller, name, outsider, callee, by, seen]) =>
  ({ caller, name, outsider, callee, by, use: by === "nothing" ? "unpermitted" : by, seen: evidence(seen) }));
const observed = data.observed && { from: data.observed[0], to: data.observed[1], heard: data.observed[2], elsewhere: data.observed[3] };
const byName = new Map(services.map((service) => [service.name, service]));

// Per service, the edges that end and begin there.
const incoming = services.map(() => []);
const outgoing = services.map(() => []);
for (const edge of edges) {
  incoming[edge.callee].push(edge);
  outgoing[edge.caller].push(edge);
}
const strangersTo = services.map(() => []);
const strangersOf = services.map(() => []);
for (const stranger of strangers) {
  strangersTo[stranger.callee].push(stranger);
  if (stranger.caller !== null) strangersOf[stranger.caller].push(stranger);
}
const isAlarm = (call) => call.use === "unpermitted" || call.use === "unlabelled";
// What must be looked at: calls that nothing permits, then those whose label is missing; the most frequent first.
const alarms = [...strangers.filter(isAlarm), ...edges.filter(isAlarm)].sort((a, b) => (a.use === b.use ? b.seen.count - a.seen.count : a.use < b.use ? 1 : -1));
const alarming = new Set(alarms.flatMap((call) => [call.callee, call.caller]));
for (const service of services) owners[service.owner].services.push(service.index);

// What is chosen, filtered and drawn. `main.js` changes it; everything else only reads.
const state = {
  chosen: null, // index of a service
  direction: "callers", // or "callees"
  transitive: false,
  path: null, // list of edges shown on the map
  view: "map", // or "table"
  lines: edges.length > 20000 ? "owners" : "services", // or "chosen"; so many lines would be a fog
  hideHubs: true,
  hubLimit: 0,
  hidden: { owner: new Set(), type: new Set(), namespace: new Set(), stage: new Set(), use: new Set() },
  only: "all", // or "internet" or "alarms": services of which kind
  open: null, // the call whose evidence is shown
};

const number = new Intl.NumberFormat("en");
const plural = (count, one, many) => `${number.format(count)} ${count === 1 ? one : many}`;

function passes(service) {
  const { hidden } = state;
  return !hidden.owner.has(service.owner) && !hidden.type.has(service.type)
    && !hidden.namespace.has(service.namespace) && !hidden.stage.has(service.stage);
}

const isOfKind = (service) => state.only === "all" || (state.only === "internet" ? service.internet : alarming.has(service.index));
const isShown = (service) => passes(service) && isOfKind(service);

// A hub calls or is called by so many that its lines hide all others.
const lineCount = (service) => Math.max(incoming[service.index].length, outgoing[service.index].length);
const isHub = (service) => lineCount(service) > state.hubLimit;

// A first limit: in a large fleet about one service in fifty is a hub; in a small one whoever has lines to half of it.
function firstHubLimit() {
  const counts = services.map(lineCount).sort((a, b) => b - a);
  const half = Math.max(8, Math.ceil(counts.length / 2));
  return half < 25 ? half : Math.max(25, counts.length < 100 ? 0 : counts[Math.floor(counts.length / 50)]);
}

// Where services of one kind are asked for, their lines lead to others.
const isBetween = (a, b) => passes(a) && passes(b) && (isOfKind(a) || isOfKind(b));
const isDrawn = (edge) => isBetween(services[edge.caller], services[edge.callee]) && !state.hidden.use.has(edge.use)
  && !(state.hideHubs && (isHub(services[edge.caller]) || isHub(services[edge.callee])));

// A call that must jump to the eye is drawn whatever else is hidden, but for filters that mean it.
const isAlarmDrawn = (call) => !state.hidden.use.has(call.use)
  && (call.caller === null ? isShown(services[call.callee]) : isBetween(services[call.caller], services[call.callee]));

// Everyone who reaches `start` ("callers") or whom it reaches ("callees"), by the fewest steps. `via` is the edge that a
// shortest path takes at that service. Follows the rules, whatever the filters hide.
function reach(start, direction) {
  const via = new Map();
  const steps = [];
  let now = [start];
  while (now.length > 0) {
    const next = [];
    for (const index of now) {
      for (const edge of direction === "callers" ? incoming[index] : outgoing[index]) {
        const other = direction === "callers" ? edge.caller : edge.callee;
        if (other !== start && !via.has(other)) {
          via.set(other, edge);
          next.push(other);
        }
      }
    }
    if (next.length > 0) steps.push(next);
    now = next;
  }
  return { via, steps };
}

// The edges between `start` and `other`, in the order in which a call would take them.
function pathOf(found, start, other, direction) {
  const path = [];
  for (let at = other; at !== start;) {
    const edge = found.via.get(at);
    path.push(edge);
    at = direction === "callers" ? edge.callee : edge.caller;
  }
  return direction === "callers" ? path : path.reverse();
}

// Services for a search text: name first, then owner, then file; earlier and shorter matches first.
function find(text, most) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const hits = [];
  for (const service of services) {
    const places = [service.low, owners[service.owner].name.toLowerCase(), service.file.toLowerCase()];
    let rank = 0;
    for (const word of words) {
      const at = places.findIndex((place) => place.includes(word));
      if (at < 0) { rank = -1; break; }
      rank += at * 1e6 + places[at].indexOf(word) * 100 + Math.min(99, places[at].length);
    }
    if (rank >= 0) hits.push([service.low === text.toLowerCase() ? -1 : rank, service]);
  }
  hits.sort((a, b) => a[0] - b[0] || b[1].callers - a[1].callers || a[1].index - b[1].index);
  return hits.slice(0, most).map((hit) => hit[1]);
}

// Elements without markup: names are always text.
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name === "on") for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    else if (name === "text") element.textContent = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const byId = (id) => document.getElementById(id);

function swatch(owner) {
  const element = make("span", { class: "swatch", "aria-hidden": "true" });
  element.style.background = colourOf(owner);
  element.dataset.owner = owner;
  return element;
}

