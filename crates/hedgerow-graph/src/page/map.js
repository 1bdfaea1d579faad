// The drawing. Islands, discs and names are drawn in every frame; lines, of which there may be thousands, are drawn into a
// layer of their own a slice per frame, and while that goes on the last finished layer is shown moved and scaled. So a
// frame costs about the same with 100 lines and with 10,000.

const pen = canvas.getContext("2d", { alpha: false });
const layer = { front: make("canvas"), back: make("canvas"), shown: null, job: null, slice: 12 };
const RIM = 0.15; // of the window: how much the layer is larger on every side, so that moving shows no empty edge
const BATCH = 150; // lines in one stroke
const NAMES = 140; // at most, in one picture
const FEW = 150; // services: so many have room for all their names (as in the layout)
const ARROWS = 600; // lines: up to so many each is an arrow
const FONT = '11px system-ui, -apple-system, "Segoe UI", "Liberation Sans", Helvetica, Arial, sans-serif';
const OWNER_FONT = FONT.replace("11px", "600 12.5px");
// Where all names have room, they shrink a little with the map, so that they keep it.
const nameSize = () => (services.length <= FEW ? Math.max(9, Math.min(12, 11 * view.scale)) : 11);
const nameFont = () => FONT.replace("11px", `${nameSize().toFixed(1)}px`);

let batches = []; // what the layer shows
let related = null; // Map from service to steps, if a service is chosen
let hovered = null;
let names = []; // services whose names are drawn
let namedAt = null; // the view for which they were chosen
let asked = false; // for a frame
let changed = true; // what the frame shows, apart from lines that are still being drawn elsewhere
let lastFrame = 0;
let isStarted = false; // whether the first drawing was shown, and lines and names may come

function redraw() {
  changed = true;
  canvas.dataset.drawn = "";
  askForFrame();
}

function askForFrame() {
  if (asked || state.view !== "map") return;
  asked = true;
  requestAnimationFrame(frame);
}

// Call after anything but the view has changed.
function redrawAll() {
  relate();
  collectLines();
  layer.job = null;
  layer.stale = true;
  namedAt = null;
  redraw();
}

// ---- what is to be drawn ----

function relate() {
  related = null;
  const { chosen, direction, transitive, path } = state;
  if (chosen === null) return;
  related = new Map([[chosen, 0]]);
  if (path) {
    for (const edge of path) related.set(edge.caller, 1).set(edge.callee, 1);
  } else if (transitive) {
    reach(chosen, direction).steps.forEach((step, depth) => step.forEach((index) => related.set(index, depth + 1)));
  } else {
    for (const edge of incoming[chosen]) related.set(edge.caller, 1);
    for (const edge of outgoing[chosen]) related.set(edge.callee, 1);
    for (const call of strangersTo[chosen]) if (call.caller !== null) related.set(call.caller, 1);
    for (const call of strangersOf[chosen]) related.set(call.callee, 1);
  }
}

function collectLines() {
  batches = [];
  const drawn = state.lines === "chosen" ? [] : edges.filter(isDrawn);
  // A chosen service's own lines are what is asked for: the others step back.
  const quiet = state.chosen === null ? 1 : state.path ? 0.08 : 0.22;
  if (state.lines === "owners") collectBundles(drawn, quiet);
  else collectThin(drawn, quiet);
  if (state.chosen !== null) collectChosen();
  collectAlarms();
}

// 0: a line, 1: dashed, by types; 2: dotted, nobody was seen to use it.
const DASHES = [[], [5, 4], [1.5, 4]];
const dashOf = (call) => (call.use === "unseen" || call.use === "perhaps" || call.use === "untold" ? 2 : call.byTypes ? 1 : 0);

// On top of everything.
function collectAlarms() {
  const drawn = strangers.filter((call) => call.caller !== null && isAlarmDrawn(call)).concat(edges.filter((edge) => isAlarm(edge) && isAlarmDrawn(edge)));
  const isNear = (call) => state.chosen === null || call.caller === state.chosen || call.callee === state.chosen;
  const plain = drawn.filter((call) => !isAlarm(call));
  push({ kind: "arrow", ink: "soft", dash: 2, alpha: 0.7, width: 1.3 }, plain.filter(isNear));
  const loud = drawn.filter(isAlarm);
  push({ kind: "alarm", ink: "alarm", dash: 0, alpha: 0.25, width: 2.4 }, loud.filter((call) => !isNear(call)));
  push({ kind: "alarm", ink: "alarm", dash: 0, alpha: 1, width: 2.8 }, loud.filter(isNear));
}

function push(style, lines) {
  for (let at = 0; at < lines.length; at += BATCH) batches.push({ ...style, lines: lines.slice(at, at + BATCH) });
}

// Many lines are faint, few are strong; long ones are fainter, since they cross most.
function collectThin(drawn, quiet) {
  drawn = drawn.filter((edge) => !isAlarm(edge));
  const base = Math.min(0.55, Math.max(drawn.length > 20000 ? 0.04 : 0.11, 10 / Math.sqrt(drawn.length + 1)));
  const groups = new Map();
  for (const edge of drawn) {
    const [from, to] = [services[edge.caller], services[edge.callee]];
    const length = Math.hypot(from.x - to.x, from.y - to.y) / Math.max(...data.size);
    const far = from.owner === to.owner ? 0 : length < 0.25 ? 1 : 2;
    const key = (owners[from.owner].colour * 3 + dashOf(edge)) * 3 + far;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(edge);
  }
  // The faintest first.
  for (const key of [...groups.keys()].sort((a, b) => b % 3 - a % 3 || a - b)) {
    const kind = drawn.length <= ARROWS ? "arrow" : "line";
    const rest = Math.floor(key / 3);
    push({ kind, colour: Math.floor(rest / 3), dash: rest % 3, alpha: base * quiet * [1, 1, 0.75][key % 3], width: 1 }, groups.get(key));
  }
}

function collectBundles(drawn, quiet) {
  const counts = new Map();
  const within = [];
  for (const edge of drawn) {
    const [from, to] = [services[edge.caller].owner, services[edge.callee].owner];
    if (from === to) within.push(edge);
    else counts.set(from * owners.length + to, (counts.get(from * owners.length + to) ?? 0) + 1);
  }
  collectThin(within, quiet * 0.6);
  // A few strengths, so that many bundles go into one stroke; the strongest last, on top.
  const strengths = 10;
  const most = Math.max(1, ...counts.values());
  const groups = new Map();
  for (const [key, count] of counts) {
    const bundle = { from: Math.floor(key / owners.length), to: key % owners.length };
    const group = Math.ceil((count / most) * strengths) * data.colours.length + owners[bundle.from].colour;
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(bundle);
  }
  for (const group of [...groups.keys()].sort((a, b) => a - b)) {
    const share = Math.floor(group / data.colours.length) / strengths;
    const colour = group % data.colours.length;
    push({ kind: "bundle", colour, alpha: (0.03 + 0.5 * share) * quiet, width: 0.4 + 9 * share }, groups.get(group));
  }
}

function collectChosen() {
  const { chosen, direction, transitive, path } = state;
  // Hundreds of strong lines would hide the services they come from.
  const strength = (count) => Math.min(0.9, Math.max(0.2, 6 / Math.sqrt(count + 1)));
  if (path) {
    push({ kind: "arrow", ink: direction === "callers" ? "in" : "out", alpha: 1, width: 2.5 }, path);
  } else if (transitive) {
    const { via, steps } = reach(chosen, direction);
    // The farthest first, so that the nearest lie on top.
    steps.map((step, depth) => [step, depth]).reverse().forEach(([step, depth]) => {
      const style = { kind: "arrow", ink: direction === "callers" ? "in" : "out", alpha: Math.max(0.1, strength(step.length) / (depth + 1)), width: 1.1 };
      push(style, step.map((index) => via.get(index)));
    });
  } else {
    const both = [["callees", "out", outgoing[chosen]], ["callers", "in", incoming[chosen]]];
    for (const [asked, ink, lines] of both) {
      const alpha = strength(lines.length) * (direction === asked ? 1 : 0.35);
      for (const dash of [2, 1, 0]) {
        const some = lines.filter((edge) => dashOf(edge) === dash && !isAlarm(edge) && !state.hidden.use.has(edge.use));
        push({ kind: "arrow", ink, dash, alpha, width: lines.length > 60 ? 1.1 : 1.5 }, some);
      }
    }
  }
}

// ---- the layer of lines ----

const sameView = (a, b) => a && a.x === b.x && a.y === b.y && a.scale === b.scale && a.width === b.width && a.height === b.height;

// Draws a slice. True if the layer is not finished. A flight's end is known: the lines are drawn for there at once.
function workOnLayer() {
  const wanted = flight ? { ...view, ...flight.to } : view;
  if (!layer.job) {
    if (!layer.stale && sameView(layer.shown, wanted)) return false;
    layer.stale = false;
    const { back } = layer;
    const [width, height] = [view.width, view.height].map((size) => Math.ceil(size * (1 + 2 * RIM) * view.ratio));
    if (back.width !== width || back.height !== height) [back.width, back.height] = [width, height];
    const ink = back.getContext("2d");
    ink.setTransform(1, 0, 0, 1, 0, 0);
    ink.clearRect(0, 0, width, height);
    ink.setTransform(view.ratio, 0, 0, view.ratio, view.width * RIM * view.ratio, view.height * RIM * view.ratio);
    ink.lineCap = "round";
    layer.job = { at: 0, ink, view: { ...wanted } };
  }
  const { job } = layer;
  const end = Math.min(batches.length, job.at + layer.slice);
  for (; job.at < end; job.at += 1) drawBatch(job.ink, batches[job.at], job.view);
  if (job.at < batches.length) return true;
  [layer.front, layer.back] = [layer.back, layer.front];
  layer.shown = job.view;
  layer.job = null;
  return !sameView(layer.shown, wanted);
}

function drawBatch(ink, batch, at) {
  const colour = batch.ink ? theme[batch.ink] : data.colours[batch.colour][isDark() ? 1 : 0];
  ink.globalAlpha = batch.alpha;
  ink.strokeStyle = colour;
  ink.fillStyle = colour;
  ink.lineWidth = batch.width;
  ink.setLineDash(DASHES[batch.dash ?? 0]);
  ink.beginPath();
  if (batch.kind === "line") {
    for (const { caller, callee } of batch.lines) {
      const [from, to] = [services[caller], services[callee]];
      const [x1, y1, x2, y2] = [(from.x - at.x) * at.scale, (from.y - at.y) * at.scale, (to.x - at.x) * at.scale, (to.y - at.y) * at.scale];
      if (outside(x1, y1, x2, y2, at)) continue;
      ink.moveTo(x1, y1);
      ink.lineTo(x2, y2);
    }
    ink.stroke();
  } else {
    const ends = batch.kind === "bundle" ? ({ from, to }) => [owners[from], owners[to], owners[from].radius * at.scale, owners[to].radius * at.scale]
      : ({ caller, callee }) => [services[caller], services[callee], discRadius(services[caller]), discRadius(services[callee]) + 2];
    const heads = [];
    for (const line of batch.lines) {
      const [from, to, fromRadius, toRadius] = ends(line);
      const points = curve((from.x - at.x) * at.scale, (from.y - at.y) * at.scale, fromRadius,
        (to.x - at.x) * at.scale, (to.y - at.y) * at.scale, toRadius);
      if (outside(Math.min(points[0], points[2]), Math.min(points[1], points[3]), Math.max(points[4], points[2]), Math.max(points[5], points[3]), at)) continue;
      ink.moveTo(points[0], points[1]);
      ink.quadraticCurveTo(points[2], points[3], points[4], points[5]);
      if (batch.kind !== "bundle") heads.push(points);
    }
    ink.stroke();
    ink.beginPath();
    for (const points of heads) head(ink, points, 4 + batch.width * 1.6);
    ink.fill();
    if (batch.kind === "alarm") for (const points of heads) badge(ink, ...middle(points));
  }
  ink.setLineDash([]);
}

function outside(x1, y1, x2, y2, at) {
  const [rimX, rimY] = [at.width * RIM, at.height * RIM];
  return (x1 < -rimX && x2 < -rimX) || (y1 < -rimY && y2 < -rimY)
    || (x1 > at.width + rimX && x2 > at.width + rimX) || (y1 > at.height + rimY && y2 > at.height + rimY);
}

// From shore to shore, bent to the right of its direction: the way back is another line.
function curve(x1, y1, radius1, x2, y2, radius2) {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const distance = Math.hypot(dx, dy) || 1;
  const [mx, my] = [(x1 + x2) / 2 - dy * 0.1, (y1 + y2) / 2 + dx * 0.1];
  const half = (Math.hypot(mx - x1, my - y1)) || 1;
  const [step1, step2] = [Math.min(radius1, distance / 2) / half, Math.min(radius2, distance / 2) / half];
  return [x1 + (mx - x1) * step1, y1 + (my - y1) * step1, mx, my, x2 + (mx - x2) * step2, y2 + (my - y2) * step2];
}

// The middle of a curve.
const middle = ([x1, y1, mx, my, x2, y2]) => [(x1 + 2 * mx + x2) / 4, (y1 + 2 * my + y2) / 4];

// The sign that is no colour: an exclamation mark on a disc.
const BADGE = 7.5;
function badge(ink, x, y) {
  ink.setLineDash([]);
  ink.fillStyle = theme.alarm;
  ink.strokeStyle = theme.ground;
  ink.lineWidth = 1.5;
  ink.beginPath();
  ink.arc(x, y, BADGE, 0, 7);
  ink.fill();
  ink.stroke();
  ink.fillStyle = theme.ground;
  ink.font = FONT.replace("11px", "700 12px");
  ink.textAlign = "center";
  ink.textBaseline = "middle";
  ink.fillText("!", x, y + 0.5);
}

// Where the badge of an alarm is, on the screen.
function badgeOf(call) {
  const to = services[call.callee];
  const [x, y] = toScreen(to.x, to.y);
  if (call.caller === null || call.caller === call.callee) {
    const away = (discRadius(to) + 4) * 0.707;
    return [x + away, y - away];
  }
  const from = services[call.caller];
  return middle(curve(...toScreen(from.x, from.y), discRadius(from), x, y, discRadius(to) + 2));
}

// The alarm under the pointer.
function alarmAt(x, y) {
  let best = null;
  let nearest = BADGE + 3;
  for (const call of alarms) {
    if (!isAlarmDrawn(call)) continue;
    const [bx, by] = badgeOf(call);
    const distance = Math.hypot(bx - x, by - y);
    if (distance < nearest) [best, nearest] = [call, distance];
  }
  return best;
}

function head(ink, [, , mx, my, x, y], size) {
  const length = Math.hypot(x - mx, y - my) || 1;
  const [ux, uy] = [(x - mx) / length, (y - my) / length];
  ink.moveTo(x, y);
  ink.lineTo(x - ux * size - uy * size * 0.5, y - uy * size + ux * size * 0.5);
  ink.lineTo(x - ux * size + uy * size * 0.5, y - uy * size - ux * size * 0.5);
  ink.closePath();
}

// ---- a frame ----

function frame(now) {
  asked = false;
  // A page that began with the table has never measured the map.
  if (view.width === 0) measure();
  if (view.width === 0) return;
  const flying = fly(now);
  // More lines per frame while frames come in time, fewer when they do not.
  const took = now - lastFrame;
  if (layer.job) layer.slice = took > 24 ? Math.max(layer.shown ? 3 : 12, layer.slice >> 1) : Math.min(400, Math.ceil(layer.slice * 1.25));
  lastFrame = now;

  const before = layer.shown;
  const unfinished = workOnLayer();
  if (changed || flying || layer.shown !== before) compose(flying || unfinished);
  changed = false;
  markOnce("first-drawing");
  if (!unfinished) markOnce("all-drawn");
  if (flying || unfinished) askForFrame();
  else canvas.dataset.drawn = "all"; // for whoever tests
}

function compose(moving) {
  pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  pen.globalAlpha = 1;
  pen.fillStyle = theme.ground;
  pen.fillRect(0, 0, view.width, view.height);
  drawIslands();
  drawLayer();
  drawHovered();
  drawServices();
  // Names are measured, which takes time: the first drawing does without.
  if (!isStarted) return;
  chooseNames(moving);
  drawNames();
}

// For whoever measures: when the map was first there, and when its lines were.
const marks = new Set();
function markOnce(name) {
  if (!marks.has(name)) performance.mark(name);
  marks.add(name);
}

function drawIslands() {
  pen.lineWidth = 1.2;
  owners.forEach((owner, index) => {
    const [x, y] = toScreen(owner.x, owner.y);
    const radius = owner.radius * view.scale;
    if (x + radius < 0 || y + radius < 0 || x - radius > view.width || y - radius > view.height) return;
    const faint = owner.services.some((service) => isShown(services[service])) ? 1 : 0.25;
    pen.beginPath();
    pen.arc(x, y, radius, 0, 7);
    pen.fillStyle = colourOf(index);
    pen.strokeStyle = colourOf(index);
    pen.globalAlpha = 0.07 * faint;
    pen.fill();
    pen.globalAlpha = 0.4 * faint;
    pen.stroke();
  });
}

function drawLayer() {
  if (!layer.shown) return;
  const { shown, front } = layer;
  const zoom = view.scale / shown.scale;
  const [x, y] = toScreen(shown.x - shown.width * RIM / shown.scale, shown.y - shown.height * RIM / shown.scale);
  pen.globalAlpha = 1;
  pen.drawImage(front, x, y, (front.width / shown.ratio) * zoom, (front.height / shown.ratio) * zoom);
}

function drawHovered() {
  if (hovered === null || hovered === state.chosen || flight) return;
  const most = 300;
  drawBatch(pen, { kind: "arrow", ink: "out", alpha: 0.75, width: 1.2, lines: outgoing[hovered].slice(0, most) }, view);
  drawBatch(pen, { kind: "arrow", ink: "in", alpha: 0.75, width: 1.2, lines: incoming[hovered].slice(0, most) }, view);
}

function drawServices() {
  // One path per look: thirty-odd strokes instead of thousands.
  const looks = new Map();
  for (const service of services) {
    const [x, y] = toScreen(service.x, service.y);
    const radius = discRadius(service);
    if (x < -radius || y < -radius || x > view.width + radius || y > view.height + radius) continue;
    const faint = !isShown(service) || (related && !related.has(service.index)) ? 1 : 0;
    const key = `${faint} ${service.stage} ${owners[service.owner].colour}`;
    let look = looks.get(key);
    if (!look) looks.set(key, look = { faint, stage: service.stage, colour: colourOf(service.owner), discs: [] });
    look.discs.push(x, y, radius);
  }
  for (const { faint, stage, colour, discs } of [...looks.values()].sort((a, b) => b.faint - a.faint)) {
    pen.globalAlpha = faint ? (related ? 0.22 : 0.1) : 1;
    const filled = stage === "enforce";
    circles(discs, filled ? 1 : 0.88);
    pen.fillStyle = filled ? colour : theme.ground;
    pen.fill();
    if (filled) continue;
    pen.strokeStyle = colour;
    pen.lineWidth = 1.7;
    pen.stroke();
    if (stage === "audit") {
      circles(discs, 0.42);
      pen.fillStyle = colour;
      pen.fill();
    }
  }
  pen.globalAlpha = 1;
  pen.lineWidth = 1.3;
  pen.setLineDash([2.5, 2]);
  for (const service of services) if (service.ringed && isShown(service) && (!related || related.has(service.index))) {
    const [x, y] = toScreen(service.x, service.y);
    pen.strokeStyle = colourOf(service.owner);
    pen.beginPath();
    pen.arc(x, y, discRadius(service) + 3, 0, 7);
    pen.stroke();
  }
  pen.setLineDash([]);
  for (const service of services) if (service.internet && isShown(service) && (!related || related.has(service.index))) inward(service);
  for (const call of alarms) {
    if (call.caller !== null && call.caller !== call.callee) continue;
    if (!isAlarmDrawn(call) || (related && !related.has(call.callee))) continue;
    const to = services[call.callee];
    pen.strokeStyle = theme.alarm;
    pen.lineWidth = 2.6;
    pen.beginPath();
    pen.arc(...toScreen(to.x, to.y), discRadius(to) + 4, 0, 7);
    pen.stroke();
    badge(pen, ...badgeOf(call));
  }
  for (const index of [hovered, state.chosen]) if (index !== null) ring(services[index]);
}

// Who faces the internet: a triangle that points at the disc from the upper left.
function inward(service) {
  const [x, y] = toScreen(service.x, service.y);
  const away = (discRadius(service) + 2) * 0.707;
  const size = Math.min(9, Math.max(4.5, discRadius(service)));
  pen.beginPath();
  pen.moveTo(x - away, y - away);
  pen.lineTo(x - away - size, y - away - size * 0.4);
  pen.lineTo(x - away - size * 0.4, y - away - size);
  pen.closePath();
  pen.fillStyle = theme.ink;
  pen.fill();
}

function circles(discs, share) {
  pen.beginPath();
  for (let at = 0; at < discs.length; at += 3) {
    const radius = discs[at + 2] * share;
    pen.moveTo(discs[at] + radius, discs[at + 1]);
    pen.arc(discs[at], discs[at + 1], radius, 0, 7);
  }
}

function ring(service) {
  const [x, y] = toScreen(service.x, service.y);
  pen.globalAlpha = 1;
  pen.strokeStyle = theme.ink;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.arc(x, y, discRadius(service) + 3.5, 0, 7);
  pen.stroke();
}

// ---- names ----

const byImportance = services.map((service) => service.index)
  .sort((a, b) => services[b].callers - services[a].callers || a - b);
const widths = new Map();

function widthOf(text, font) {
  const key = font + text;
  if (!widths.has(key)) {
    pen.font = font;
    widths.set(key, pen.measureText(text).width);
  }
  return widths.get(key);
}

// Chooses whose names fit without hiding each other: owners first, then what is chosen, then the most called. While the
// map moves the choice stays, unless the zoom has changed a lot.
function chooseNames(moving) {
  if (namedAt && (sameView(namedAt, view) || (moving && Math.abs(Math.log(view.scale / namedAt.scale)) < 0.2))) return;
  namedAt = { ...view };
  names = [];
  const boxes = [];
  const fits = (left, top, right, bottom) => {
    if (boxes.some((box) => left < box[2] && right > box[0] && top < box[3] && bottom > box[1])) return false;
    boxes.push([left, top, right, bottom]);
    return true;
  };
  owners.map((owner, index) => ({ owner, index })).sort((a, b) => b.owner.radius - a.owner.radius || a.index - b.index)
    .forEach(({ owner, index }) => {
      const place = ownerName(owner);
      if (place && fits(place.x - place.width / 2 - 2, place.y - 13, place.x + place.width / 2 + 2, place.y + 3)) names.push({ owner: index });
    });
  const first = [];
  if (state.chosen !== null) first.push(state.chosen);
  if (hovered !== null) first.push(hovered);
  for (const edge of state.path ?? []) first.push(edge.caller, edge.callee);
  const order = new Set([...first, ...(related ? byImportance.filter((index) => related.has(index)) : byImportance)]);
  let count = 0;
  for (const index of order) {
    if (count >= NAMES) break;
    const service = services[index];
    if (!isShown(service) && index !== state.chosen) continue;
    const radius = discRadius(service);
    // From far away only the largest bear names: the others would hide the discs.
    const few = services.length <= FEW || (related !== null && related.size <= 60);
    if (!few && radius < 6.5 && !first.includes(index)) continue;
    const [x, y] = toScreen(service.x, service.y);
    if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
    const half = (widthOf(service.short, FONT) * nameSize()) / 11 / 2 + 1;
    if (fits(x - half, y + radius, x + half, y + radius + nameSize() + 3) || first.includes(index)) {
      names.push({ service: index });
      count += 1;
    }
  }
}

// Above its island; pushed into the window while the island is larger than the window.
function ownerName(owner) {
  const radius = owner.radius * view.scale;
  if (radius < 12) return null;
  const [x, y] = toScreen(owner.x, owner.y);
  if (x + radius < 0 || x - radius > view.width || y + radius < 0 || y - radius > view.height) return null;
  const width = widthOf(owner.name, OWNER_FONT);
  const within = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));
  return {
    x: within(x, Math.min(width / 2 + 6, x + radius), view.width - width / 2 - 6),
    y: within(y - radius - 5, Math.min(18, y + radius - 8), view.height - 6),
    width,
  };
}

function drawNames() {
  const font = nameFont();
  pen.textAlign = "center";
  pen.textBaseline = "alphabetic";
  pen.lineJoin = "round";
  pen.lineWidth = 3;
  pen.globalAlpha = 1;
  pen.strokeStyle = theme.ground;
  for (const { owner, service } of names) {
    let text, x, y;
    if (owner !== undefined) {
      const place = ownerName(owners[owner]);
      if (!place) continue;
      ({ x, y } = place);
      text = owners[owner].name;
      pen.font = OWNER_FONT;
      pen.fillStyle = colourOf(owner);
    } else {
      const shown = services[service];
      [x, y] = toScreen(shown.x, shown.y);
      y += discRadius(shown) + nameSize();
      text = shown.short;
      pen.font = service === state.chosen ? OWNER_FONT : font;
      pen.fillStyle = theme.ink;
    }
    pen.strokeText(text, x, y);
    pen.fillText(text, x, y);
  }
}

// ---- what is under the pointer ----

function serviceAt(x, y) {
  let best = null;
  let nearest = Infinity;
  for (const service of services) {
    if (!isShown(service)) continue;
    const [sx, sy] = toScreen(service.x, service.y);
    const distance = Math.hypot(sx - x, sy - y) - Math.max(discRadius(service), 5);
    if (distance < 3 && distance < nearest) [best, nearest] = [service.index, distance];
  }
  return best;
}

