// The network as the page knows it, and questions that need no drawing.

const data = JSON.parse(document.getElementById("data").textContent);
const STAGES = ["enforce", "audit", "open", "off"];

const owners = data.owners.map(([name, colour, x, y, radius]) => ({ name, colour, x, y, radius, services: [] }));
const services = data.services.map(
  ([name, short, owner, type, namespace, stage, x, y, radius, callers, callees, file, ports, allow], index) =>
    ({ index, name, short, owner, type, namespace, stage, x, y, radius, callers, callees, file, ports, allow, low: name.toLowerCase(),
      outside: allow.some(([peer]) => peer === "anybody" || /^[0-9a-f.:]+\//i.test(peer)) }));
const edges = data.edges.map(([caller, callee, ports, byTypes, file, reason]) => ({ caller, callee, ports, byTypes, file, reason }));
const byName = new Map(services.map((service) => [service.name, service]));

// Per service, the edges that end and begin there.
const incoming = services.map(() => []);
const outgoing = services.map(() => []);
for (const edge of edges) {
  incoming[edge.callee].push(edge);
  outgoing[edge.caller].push(edge);
}
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
  hidden: { owner: new Set(), type: new Set(), namespace: new Set(), stage: new Set() },
};

const number = new Intl.NumberFormat("en");
const plural = (count, one, many) => `${number.format(count)} ${count === 1 ? one : many}`;

function isShown(service) {
  const { hidden } = state;
  return !hidden.owner.has(service.owner) && !hidden.type.has(service.type)
    && !hidden.namespace.has(service.namespace) && !hidden.stage.has(service.stage);
}

// A hub calls or is called by so many that its lines hide all others.
const lineCount = (service) => Math.max(incoming[service.index].length, outgoing[service.index].length);
const isHub = (service) => lineCount(service) > state.hubLimit;

// A first limit: in a large fleet about one service in fifty is a hub; in a small one whoever has lines to half of it.
function firstHubLimit() {
  const counts = services.map(lineCount).sort((a, b) => b - a);
  const half = Math.max(8, Math.ceil(counts.length / 2));
  return half < 25 ? half : Math.max(25, counts.length < 100 ? 0 : counts[Math.floor(counts.length / 50)]);
}

const isDrawn = (edge) => isShown(services[edge.caller]) && isShown(services[edge.callee])
  && !(state.hideHubs && (isHub(services[edge.caller]) || isHub(services[edge.callee])));

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

