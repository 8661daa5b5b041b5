"use strict";
// Draws the plots and keeps the tiles up to date. Without this script the page is whole, as of when it was loaded.

const partition = document.documentElement.dataset.partition;
const link = document.getElementById("link");
const shown = new Map(); // key of a tile -> the HTML that is in it
const charts = new Map(); // key of a tile -> { chart, kind }
const zoomed = new Map(); // key of a tile -> [min, max] that the user has chosen
const KINDS = {
  concept: "#d55e00", covariate: "#cc79a7", prior: "#e69f00", data_fault: "#b3261e", labels: "#7a6a00",
  performance: "#0072b2", fairness: "#6a3d9a", models: "#000",
};

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function bars(place, list, text, mark) {
  place.replaceChildren(...list.map(([name, value, chance]) => {
    const row = document.createElement("div");
    row.className = "bar";
    const label = document.createElement("span");
    label.className = "name";
    label.textContent = label.title = name;
    const track = document.createElement("div");
    track.className = "track";
    const fill = document.createElement("div");
    fill.className = "fill";
    const whole = mark ? Math.max(...list.map((one) => Math.max(one[1], one[2])), 1) : 1;
    fill.style.width = `${Math.min(100, 100 * value / whole)}%`;
    track.append(fill);
    if (mark) {
      if (value > chance) fill.classList.add("over");
      const line = document.createElement("div");
      line.className = "chance";
      line.style.left = `calc(${Math.min(100, 100 * chance / whole)}% - 1px)`;
      track.append(line);
    }
    const figure = document.createElement("span");
    figure.textContent = text(value, chance);
    row.append(label, track, figure);
    return row;
  }));
}

function percent(value) { return `${(100 * value).toFixed(0)} %`; }

const DRAW = {
  budget: (place, plot) => bars(place, plot.bars, (n, chance) => `${n} of ${chance.toPrecision(2)} by chance`, true),
  race: (place, plot) => bars(place, plot.bars, percent, false),
  bars: (place, plot) => bars(place, plot.bars, percent, false),
  metric: chart, flow: chart, calibration: chart,
};

function dataOf(plot) {
  if (plot.kind === "flow") return [plot.per_second.map((p) => p[0]), plot.per_second.map((p) => p[1])];
  if (plot.kind === "calibration") return [plot.points.map((p) => p[0]), plot.points.map((p) => p[1]), plot.points.map((p) => p[0])];
  const at = new Map();
  const put = (x, index, value) => { if (!at.has(x)) at.set(x, [null, null, null, null, null, null]); at.get(x)[index] = value; };
  for (const [x, value, low, high, baseline] of plot.held_out) {
    put(x, 0, value); put(x, 1, low); put(x, 2, high); put(x, 3, baseline);
  }
  for (const [x, value] of plot.live) put(x, 4, value);
  const xs = [...at.keys()].sort((a, b) => a - b);
  return [xs, ...[0, 1, 2, 3, 4].map((index) => xs.map((x) => at.get(x)[index]))];
}

function seriesOf(plot) {
  const line = (label, stroke, more) => ({ label, stroke: () => color(stroke), width: 2, spanGaps: true, points: { show: false }, ...more });
  if (plot.kind === "flow") return [{}, line("events per second", "--series-1", {})];
  if (plot.kind === "calibration") {
    return [{ label: "predicted" }, line("came true", "--series-1", { points: { show: true, size: 6 } }), line("as it should be", "--soft", { width: 1, dash: [4, 4] })];
  }
  const dots = { show: true, size: 5 };
  return [
    { label: "position" },
    line("held-out windows", "--series-1", { points: dots }),
    line("low", "--series-1", { width: 1, dash: [2, 3] }),
    line("high", "--series-1", { width: 1, dash: [2, 3] }),
    line("best baseline", "--soft", { width: 1, dash: [6, 4] }),
    line("sliding window, live", "--series-3", {}),
  ];
}

// Bands of the versions that led, and marks where a drift was opened.
function marks(plot) {
  return (u) => {
    const ctx = u.ctx, { left, top, width, height } = u.bbox;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    plot.versions.forEach(([from], index) => {
      const begin = u.valToPos(from, "x", true);
      const end = index + 1 < plot.versions.length ? u.valToPos(plot.versions[index + 1][0], "x", true) : left + width;
      ctx.fillStyle = color(index % 2 ? "--band-2" : "--band-1");
      ctx.fillRect(Math.max(begin, left), top, Math.min(end, left + width) - Math.max(begin, left), height);
      ctx.fillStyle = color("--soft");
      ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
      const name = plot.versions[index][1];
      if (end - begin > ctx.measureText(name).width + 8) ctx.fillText(name, Math.max(begin, left) + 4, top + height - 5);
    });
    ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.lineWidth = 2 * devicePixelRatio;
    plot.drifts.forEach(([position, kind], index) => {
      const x = u.valToPos(position, "x", true);
      ctx.strokeStyle = ctx.fillStyle = KINDS[kind] === "#000" ? color("--ink") : KINDS[kind] || color("--ink");
      ctx.beginPath();
      ctx.moveTo(x, top);
      ctx.lineTo(x, top + height);
      ctx.stroke();
      ctx.fillText(kind.replace("_", " "), x + 3, top + (12 + 13 * (index % 4)) * devicePixelRatio);
    });
    ctx.restore();
  };
}

function chart(place, plot, key) {
  const data = dataOf(plot);
  if (data[0].length < 2) return; // no range yet
  const known = charts.get(key);
  if (known && known.place === place && known.plot.kind === plot.kind) {
    known.plot = Object.assign(known.plot, plot);
    known.chart.setData(data, false);
    const range = zoomed.get(key) || [data[0][0], data[0][data[0].length - 1]];
    known.chart.setScale("x", { min: range[0], max: range[1] });
    return;
  }
  const held = { place, plot: { ...plot } };
  const axis = { stroke: () => color("--soft"), grid: { stroke: () => color("--line"), width: 1 }, ticks: { stroke: () => color("--line") } };
  const options = {
    width: Math.max(place.clientWidth, 200),
    height: key === "metric" ? 260 : key === "labels" ? 90 : 180,
    cursor: { drag: { x: true, y: false } },
    legend: { show: key !== "labels", live: false },
    scales: { x: { time: plot.kind === "flow" } },
    axes: [axis, { ...axis, size: 52 }],
    series: seriesOf(plot),
    hooks: {
      setScale: [(u, name) => {
        if (name !== "x" || !u.data[0].length) return;
        const xs = u.data[0], { min, max } = u.scales.x;
        if (min <= xs[0] && max >= xs[xs.length - 1]) zoomed.delete(key); else zoomed.set(key, [min, max]);
      }],
      drawClear: plot.kind === "metric" ? [(u) => marks(held.plot)(u)] : [],
    },
  };
  if (plot.kind === "metric") options.bands = [{ series: [3, 2], fill: () => color("--band-1") }];
  place.replaceChildren();
  held.chart = new uPlot(options, data, place);
  charts.set(key, held);
}

function draw(tile) {
  const place = document.querySelector(`[data-plot="${tile.key}"]`);
  if (place && tile.plot && DRAW[tile.plot.kind]) DRAW[tile.plot.kind](place, tile.plot, tile.key);
}

function keyOf(details) { return details.dataset.key || details.firstChild.textContent; }

function remember(article) {
  return new Set([...article.querySelectorAll("details")].filter((one) => one.open).map(keyOf));
}

function show(tile) {
  const article = document.getElementById(tile.key);
  if (!article) return;
  if (shown.get(tile.key) !== tile.html) {
    const first = !shown.has(tile.key);
    const open = remember(article), kept = article.querySelector("[data-plot]"), focus = document.activeElement;
    const focused = article.contains(focus) && focus.matches("summary") ? keyOf(focus.parentNode) : null;
    const scroll = article.scrollTop;
    article.innerHTML = tile.html; // made and escaped by the server
    const place = article.querySelector("[data-plot]");
    if (kept && place && kept.childNodes.length) place.replaceWith(kept);
    article.querySelectorAll("details").forEach((one) => {
      const key = keyOf(one);
      one.open = one.classList.contains("figures") && first ? false : open.has(key);
      if (focused === key) one.firstChild.focus();
    });
    article.scrollTop = scroll;
    shown.set(tile.key, tile.html);
  }
  const age = article.querySelector(".age");
  if (age.textContent !== tile.age) age.textContent = tile.age;
  article.className = `tile ${tile.state} ${tile.tone}`.trim();
  article.dataset.state = tile.state;
  draw(tile);
}

function update(tiles) { tiles.forEach(show); }

function follow() {
  const source = new EventSource(`page/stream?partition=${partition}`);
  source.onopen = () => { link.textContent = "live"; link.className = ""; };
  source.onmessage = (event) => update(JSON.parse(event.data));
  source.onerror = () => { link.textContent = "no connection: what is shown is as of the last moment"; link.className = "lost"; };
}

addEventListener("resize", () => {
  charts.forEach(({ chart: one, place }) => one.setSize({ width: Math.max(place.clientWidth, 200), height: one.height }));
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts.forEach(({ chart: one }) => one.redraw()));

fetch(`page/tiles?partition=${partition}`)
  .then((answer) => answer.json())
  .then(update)
  .then(follow)
  .catch(() => { link.textContent = "no connection"; link.className = "lost"; });
