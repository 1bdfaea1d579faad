// Where the map is looked at from, and the colours of the theme.

const canvas = byId("map");
const view = { x: 0, y: 0, scale: 1, width: 0, height: 0, ratio: 1, legend: 0 };
const stillness = matchMedia("(prefers-reduced-motion: reduce)");
let flight = null;

const toScreen = (x, y) => [(x - view.x) * view.scale, (y - view.y) * view.scale];
const toWorld = (x, y) => [x / view.scale + view.x, y / view.scale + view.y];

// Discs shrink slower than the map: far away they would vanish, close by they would cover their names.
const discRadius = (service) => Math.max(1.4, service.radius * view.scale ** (view.scale < 1 ? 0.88 : 0.6));

const isDark = () => document.documentElement.dataset.theme === "dark";
const colourOf = (owner) => data.colours[owners[owner].colour][isDark() ? 1 : 0];
let theme = {};

function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  theme = { ground: read("--ground"), ink: read("--ink"), soft: read("--soft"), line: read("--line"), in: read("--in"), out: read("--out"), alarm: data.alarm[isDark() ? 1 : 0] };
  for (const element of document.querySelectorAll("[data-owner]")) element.style.background = colourOf(Number(element.dataset.owner));
}

// The view that shows a box as large as it can, in the middle of what the legend leaves free.
function fitted(box, most) {
  const height = Math.max(1, view.height - view.legend);
  const scale = Math.min(most, view.width / Math.max(1, box.width), height / Math.max(1, box.height));
  return { scale, x: box.x + box.width / 2 - view.width / scale / 2, y: box.y + box.height / 2 - height / scale / 2 };
}

const everything = () => fitted({ x: -10, y: -10, width: data.size[0] + 20, height: data.size[1] + 20 }, 1.6);

function flyTo(target) {
  if (stillness.matches || view.width === 0) {
    Object.assign(view, target);
    flight = null;
  } else {
    flight = { from: { x: view.x, y: view.y, scale: view.scale }, to: target, start: performance.now() };
  }
  redraw();
}

// One step of a flight. Positions are taken between the middles, so that zooming and moving do not fight each other.
function fly(now) {
  if (!flight) return false;
  const part = Math.min(1, Math.max(0, (now - flight.start) / 320));
  const ease = part < 0.5 ? 2 * part * part : 1 - 2 * (1 - part) ** 2;
  const middle = (at) => [at.x + view.width / at.scale / 2, at.y + view.height / at.scale / 2];
  const [fromX, fromY] = middle(flight.from);
  const [toX, toY] = middle(flight.to);
  view.scale = flight.from.scale * (flight.to.scale / flight.from.scale) ** ease;
  view.x = fromX + (toX - fromX) * ease - view.width / view.scale / 2;
  view.y = fromY + (toY - fromY) * ease - view.height / view.scale / 2;
  if (part === 1) {
    Object.assign(view, flight.to);
    flight = null;
  }
  return true;
}

function zoomAt(x, y, factor) {
  flight = null;
  const smallest = everything().scale * 0.5;
  const scale = Math.min(8, Math.max(smallest, view.scale * factor));
  const [worldX, worldY] = toWorld(x, y);
  view.scale = scale;
  view.x = worldX - x / scale;
  view.y = worldY - y / scale;
  redraw();
}

function showBox(indexes, most) {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const index of indexes) {
    const { x, y, radius } = services[index];
    box.left = Math.min(box.left, x - radius);
    box.top = Math.min(box.top, y - radius);
    box.right = Math.max(box.right, x + radius);
    box.bottom = Math.max(box.bottom, y + radius);
  }
  const rim = 60;
  flyTo(fitted({ x: box.left - rim, y: box.top - rim, width: box.right - box.left + 2 * rim, height: box.bottom - box.top + 2 * rim }, most));
}

