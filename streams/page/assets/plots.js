"use strict";
// Draws what is drawn by a script: draw(tile), for any tile that has a plot. It asks nobody for anything.

const charts = new Map(); // key of a tile -> { chart, place, plot }
// key of a tile -> [min, max] that the user has chosen; whoever comes back to the page finds it again
const zoomed = new Map(Object.entries(history.state?.zoomed || {}));

function color(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

function part(className, text) {
  const made = document.createElement("span");
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function bars(place, list, text, chances) {
  const whole = chances ? Math.max(...list.map((one) => Math.max(one[1], one[2])), 1) : 1;
  place.replaceChildren(...list.map(([name, value, chance]) => {
    const row = part("bar"), label = part("name", name), track = part("track"), fill = part("fill");
    label.title = name;
    label.dir = "auto";
    fill.style.width = `${Math.min(100, 100 * value / whole)}%`;
    track.append(fill);
    if (chances) {
      if (value > chance) fill.classList.add("over");
      const line = part("chance");
      line.style.left = `calc(${Math.min(100, 100 * chance / whole)}% - 1px)`;
      track.append(line);
    }
    row.append(label, track, part("figure", text(value, chance)));
    return row;
  }));
  place.classList.add("bars");
  if (chances) place.append(keyed([["tick", "at most, by chance"]]));
}

// What marks mean: [class of the mark, words, style of the mark].
function keyed(marks) {
  const key = part("key");
  key.append(...marks.map(([mark, words, border]) => {
    const entry = part(""), sign = part(`sign ${mark}`);
    if (border) sign.style.borderTop = border;
    entry.append(sign, words);
    return entry;
  }));
  return key;
}

function percent(value) { return value > 0 && value < 0.01 ? "< 1 %" : `${(100 * value).toFixed(0)} %`; }
function beside(n, chance) { return `${n} (chance ${chance < 0.01 ? "< 0.01" : chance.toPrecision(2)})`; }

const DRAW = {
  budget: (place, plot) => bars(place, plot.bars, beside, true),
  race: (place, plot) => bars(place, plot.bars, percent, false),
  bars: (place, plot) => bars(place, plot.bars, percent, false),
  metric: chart, flow: chart,
};

function dataOf(plot) {
  if (plot.kind === "flow") return [plot.per_second.map((p) => p[0]), plot.per_second.map((p) => p[1])];
  const at = new Map();
  const put = (x, index, value) => { if (!at.has(x)) at.set(x, [null, null, null, null, null, null]); at.get(x)[index] = value; };
  for (const [x, value, low, high, baseline] of plot.held_out) {
    put(x, 0, value); put(x, 1, low); put(x, 2, high); put(x, 3, baseline);
  }
  for (const [x, value, baseline] of plot.live) { put(x, 4, value); put(x, 5, baseline); }
  const xs = [...at.keys()].sort((a, b) => a - b);
  return [xs, ...[0, 1, 2, 3, 4, 5].map((index) => xs.map((x) => at.get(x)[index]))];
}

const LINES = [
  { label: "held-out windows", short: "held out", stroke: "--series-1", points: { show: true, size: 6 }, key: true },
  { label: "95 % interval: low", stroke: "--series-1", width: 1, dash: [2, 3] },
  { label: "95 % interval: high", stroke: "--series-1", width: 1, dash: [2, 3] },
  { label: "best baseline, held out", short: "best baseline", stroke: "--soft", width: 1, dash: [6, 4], points: { show: true, size: 4 }, key: true },
  { label: "sliding window", short: "sliding window", stroke: "--series-3", key: true },
  { label: "best baseline", short: "best baseline", stroke: "--soft", width: 1.5, dash: [6, 4], key: true },
];

function seriesOf(plot) {
  const line = ({ stroke, key, short, ...more }) => ({ stroke: () => color(stroke), width: 2, spanGaps: true, points: { show: false }, ...more });
  return plot.kind === "flow" ? [{}, line({ label: "events per second", stroke: "--series-1" })] : [{}, ...LINES.map(line)];
}

const isThere = (values) => values.some((value) => value !== null && value !== undefined);

// Below a plot: what its lines are, what is under the pointer, and the way back from a zoom.
function foot(place, plot, data) {
  const marks = plot.kind === "flow" ? [["line", "events per second, by time in UTC", "2px solid var(--series-1)"]] : [];
  if (plot.kind === "metric") {
    LINES.forEach((one, index) => {
      if (!one.key || !isThere(data[index + 1])) return;
      if (index === 3 && isThere(data[6])) return; // it looks like the best baseline, and is
      marks.push(["line", index === 3 ? "best baseline" : one.label, `2px ${one.dash ? "dashed" : "solid"} var(${one.stroke})`]);
      if (!index && isThere(data[2])) marks.push(["line", "their 95 % interval", "2px dotted var(--series-1)"]);
    });
    if (plot.versions.length) marks.push(["band", "version that leads"]);
    if (plot.drifts.length) marks.push(["tick", "alert opened (dashed: closed again)"]);
  }
  const known = place.querySelector(".key");
  if (!known || known.childElementCount !== marks.length) {
    if (known) known.replaceWith(keyed(marks)); else place.append(keyed(marks));
  }
  if (!place.querySelector(".read")) {
    const button = document.createElement("button");
    button.textContent = "Show all";
    button.onclick = () => {
      const { chart: one } = charts.get(place.dataset.plot), xs = one.data[0];
      one.setScale("x", { min: xs[0], max: xs[xs.length - 1] });
    };
    place.append(part("read"), button);
  }
  place.querySelector("button").hidden = !zoomed.has(place.dataset.plot);
}

// The value of a line that is nearest to a point of the plot, or undefined.
function nearest(values, at) {
  for (let off = 0; off < values.length; off++) {
    for (const one of [values[at - off], values[at + off]]) if (one !== null && one !== undefined) return one;
  }
  return undefined;
}

function figure(value) { return Math.abs(value) >= 1e4 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3))); }

function read(u, place, plot) {
  const at = u.cursor.idx, out = place.querySelector(".read");
  if (!out) return;
  if (at === null || at === undefined || u.cursor.left < 0) { out.textContent = plot.kind === "flow" ? "" : "Drag to zoom."; return; }
  const values = u.data.slice(1).map((one) => nearest(one, at));
  if (plot.kind === "flow") { out.textContent = `${clock(u, [u.data[0][at]])[0]}: ${figure(values[0])} per second`; return; }
  const told = LINES.flatMap((one, index) => {
    if (!one.short || values[index] === undefined || (index === 3 && values[5] !== undefined)) return [];
    const sure = index === 0 && values[1] !== undefined ? ` (${figure(values[1])} to ${figure(values[2])})` : "";
    return [`${one.short} ${figure(values[index])}${sure}`];
  });
  const led = plot.versions.filter(([from]) => from <= u.data[0][at]).pop();
  out.textContent = [`position ${u.data[0][at].toLocaleString("en")}`, when(plot, u.data[0][at]), ...told, led ? `version ${led[1]}` : ""].filter(Boolean).join(" · ");
}

// When the sliding window was there, by the look that is nearest; "" where nobody knows.
function when(plot, position) {
  const look = plot.live.reduce((best, one) => (best && Math.abs(best[0] - position) <= Math.abs(one[0] - position) ? best : one), null);
  return look && look[3] ? `${new Date(1000 * look[3]).toISOString().slice(0, 19).replace("T", " ")} UTC` : "";
}

const DENSE = 40; // more alerts than these would hide the curve: those that are closed stand above it
const WHISKERS = 30; // of more windows the band alone is drawn
const ROWS = 3, ROW = 14, STRIP = 16; // rows of names of alerts, and the strip of versions, above the metric

// Below everything: bands of the versions that led.
function bands(u, plot) {
  const { left, top, width, height } = u.bbox, strip = STRIP * devicePixelRatio;
  eachVersion(u, plot, (begin, end, name, index) => {
    u.ctx.fillStyle = color(index % 2 ? "--band-2" : "--band-1");
    u.ctx.fillRect(begin, top - strip, end - begin, height + strip);
    u.ctx.fillRect(begin, top - strip, end - begin, strip);
  });
}

function eachVersion(u, plot, then) {
  const { left, width } = u.bbox;
  plot.versions.forEach(([from, name], index) => {
    const next = plot.versions[index + 1];
    const begin = Math.max(u.valToPos(from, "x", true), left);
    const end = Math.min(next ? u.valToPos(next[0], "x", true) : left + width, left + width);
    if (end > begin) then(begin, end, name, index);
  });
}

// The interval of each held-out window, where these are few: a line through two points says little.
function whiskers(u, plot) {
  const { ctx, bbox: { left, width } } = u;
  ctx.strokeStyle = color("--series-1");
  ctx.setLineDash([]);
  for (const [at, , low, high] of plot.held_out) {
    const x = u.valToPos(at, "x", true);
    if (low === null || x < left || x > left + width) continue;
    ctx.beginPath();
    ctx.moveTo(x, u.valToPos(low, "y", true));
    ctx.lineTo(x, u.valToPos(high, "y", true));
    ctx.stroke();
  }
}

// Above everything: the names of the versions, and marks where a drift was opened. Their names stand beside the lines'
// upper ends, those that are open or new first; where there is no room the line alone stands.
function marks(u, plot) {
  const ctx = u.ctx, { left, top, width, height } = u.bbox, dpr = devicePixelRatio;
  ctx.save();
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  ctx.font = `${11 * dpr}px system-ui, sans-serif`;
  ctx.fillStyle = color("--ink");
  eachVersion(u, plot, (begin, end, name) => {
    if (end - begin > ctx.measureText(name).width + 8 * dpr) ctx.fillText(name, begin + 4 * dpr, top - 4 * dpr);
  });
  ctx.lineWidth = 2 * dpr;
  if (plot.held_out.length <= WHISKERS) whiskers(u, plot);
  const rows = Array.from({ length: ROWS }, () => []);
  const seen = plot.drifts.map((one) => [u.valToPos(one[0], "x", true), ...one]).filter(([x]) => x >= left - 1 && x <= left + width + 1);
  seen.reverse().sort((a, b) => b[5] - a[5]);
  const names = []; // above all lines
  const isDense = seen.length > DENSE;
  seen.forEach(([x, , kind, , , isOpen]) => {
    const text = kind.replace("_", " "), wide = ctx.measureText(text).width + 8 * dpr;
    const begin = x + wide > left + width ? x - wide : x, end = begin + wide;
    const row = rows.findIndex((taken) => taken.every(([from, to]) => end < from || begin > to));
    const high = row < 0 ? 0 : (STRIP + ROW * (row + 1) - 2) * dpr;
    ctx.strokeStyle = color(`--${kind}`) || color("--ink");
    ctx.setLineDash(isOpen ? [] : [5 * dpr, 4 * dpr]);
    ctx.beginPath();
    ctx.moveTo(x, top - (high || (isDense ? STRIP * dpr : 0)));
    ctx.lineTo(x, isDense && !isOpen ? top : top + height);
    ctx.globalAlpha = isDense && isOpen ? 0.4 : 1;
    ctx.stroke();
    ctx.globalAlpha = 1;
    if (row < 0) return;
    rows[row].push([begin, end]);
    names.push([text, begin, wide, top - (STRIP + ROW * row + 4) * dpr]);
  });
  names.forEach(([text, begin, wide, y]) => {
    ctx.fillStyle = color("--tile");
    ctx.fillRect(begin + 2 * dpr, y - 9 * dpr, wide - 4 * dpr, 12 * dpr);
    ctx.fillStyle = color("--ink");
    ctx.fillText(text, begin + 4 * dpr, y);
  });
  ctx.restore();
}

const two = (n) => String(n).padStart(2, "0");
function clock(u, splits) {
  const fine = splits.length < 2 || splits[1] - splits[0] < 60;
  return splits.map((at) => {
    const time = new Date(1000 * at), day = splits[splits.length - 1] - splits[0] > 86400;
    const hours = `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}`;
    return day ? `${two(time.getUTCMonth() + 1)}-${two(time.getUTCDate())} ${hours}` : fine ? `${hours}:${two(time.getUTCSeconds())}` : hours;
  });
}

function chart(place, plot, key) {
  const data = dataOf(plot);
  if (data[0].length < 2) return; // no range yet
  const known = charts.get(key);
  if (known && known.place === place && known.plot.kind === plot.kind) {
    Object.assign(known.plot, plot);
    const range = zoomed.get(key) || [data[0][0], data[0][data[0].length - 1]];
    known.chart.batch(() => { known.chart.setData(data, false); known.chart.setScale("x", { min: range[0], max: range[1] }); });
    foot(place, known.plot, data);
    return;
  }
  if (known) known.chart.destroy();
  const held = { place, plot: { ...plot } }, zoom = zoomed.get(key);
  const axis = { stroke: () => color("--soft"), grid: { stroke: () => color("--line"), width: 1 }, ticks: { stroke: () => color("--line") } };
  const flow = plot.kind === "flow";
  const options = {
    width: Math.max(place.clientWidth, 200),
    height: flow ? 100 : 270,
    padding: flow ? undefined : [() => STRIP + (held.plot.drifts.length ? ROW * ROWS : 0) + 2, null, null, null],
    cursor: { drag: { x: true, y: false } },
    legend: { show: false },
    scales: { x: { time: flow }, y: flow ? { range: (u, min, max) => [0, Math.max(max * 1.1, 1)] } : {} },
    axes: flow
      ? [{ ...axis, values: clock, space: 90, size: 26 }, { ...axis, size: 44, space: 18 }]
      : [{ ...axis, size: 32, label: "position in the partition's log", labelSize: 16, labelFont: "12px system-ui, sans-serif" }, { ...axis, size: 52 }],
    series: seriesOf(plot),
    hooks: {
      setScale: [(u, name) => {
        if (name !== "x" || !u.data[0].length) return;
        const xs = u.data[0], { min, max } = u.scales.x;
        const before = zoomed.get(key), whole = min <= xs[0] && max >= xs[xs.length - 1];
        if (whole ? !before : before && before[0] === min && before[1] === max) return;
        if (whole) zoomed.delete(key); else zoomed.set(key, [min, max]);
        history.replaceState({ ...history.state, zoomed: Object.fromEntries(zoomed) }, "");
        if (place.querySelector("button")) place.querySelector("button").hidden = whole;
      }],
      setCursor: [(u) => read(u, place, held.plot)],
      drawClear: flow ? [] : [(u) => bands(u, held.plot)],
      draw: flow ? [] : [(u) => marks(u, held.plot)],
    },
  };
  if (!flow) options.bands = [{ series: [3, 2], fill: () => color("--band-1") }];
  place.replaceChildren();
  held.chart = new uPlot(options, data, place);
  // A canvas is a picture to a screen reader; bars are text.
  held.chart.root.setAttribute("role", "img");
  held.chart.root.setAttribute("aria-label", `Plot of ${place.closest("article").querySelector("h2").textContent}; its figures are in the table`);
  charts.set(key, held);
  if (zoom) held.chart.setScale("x", { min: zoom[0], max: zoom[1] });
  foot(place, held.plot, data);
  read(held.chart, place, held.plot);
}

function draw(tile) {
  const place = document.querySelector(`[data-plot="${tile.key}"]`);
  if (place && tile.plot && DRAW[tile.plot.kind]) DRAW[tile.plot.kind](place, tile.plot, tile.key);
}

addEventListener("resize", () => {
  charts.forEach(({ chart: one, place }) => one.setSize({ width: Math.max(place.clientWidth, 200), height: one.height }));
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts.forEach(({ chart: one }) => one.redraw()));
