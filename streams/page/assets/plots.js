"use strict";
// Draws what is drawn by a script: draw(tile), for any tile that has a plot. It asks nobody for anything.

const charts = new Map(); // key of a tile -> { chart, place, plot }
const zoomed = new Map(); // key of a tile -> [min, max] that the user has chosen
const KINDS = {
  concept: "#d55e00", covariate: "#cc79a7", prior: "#e69f00", data_fault: "#b3261e", labels: "#7a6a00",
  performance: "#0072b2", fairness: "#8a5fc0", models: "--ink",
};

function color(name) {
  return name.startsWith("--") ? getComputedStyle(document.documentElement).getPropertyValue(name).trim() : name;
}

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
  { label: "held-out windows", stroke: "--series-1", points: { show: true, size: 6 }, key: true },
  { label: "95 % interval: low", stroke: "--series-1", width: 1, dash: [2, 3] },
  { label: "95 % interval: high", stroke: "--series-1", width: 1, dash: [2, 3] },
  { label: "baseline, held out", stroke: "--soft", width: 1, dash: [6, 4], points: { show: true, size: 4 } },
  { label: "sliding window", stroke: "--series-3", key: true },
  { label: "best baseline", stroke: "--soft", width: 1.5, dash: [6, 4], key: true },
];

function seriesOf(plot) {
  const line = ({ stroke, key, ...more }) => ({ stroke: () => color(stroke), width: 2, spanGaps: true, points: { show: false }, ...more });
  return plot.kind === "flow" ? [{}, line({ label: "events per second", stroke: "--series-1" })] : [{}, ...LINES.map(line)];
}

// What the lines are, where there is any such line.
function keyOfLines(place, data) {
  const key = part("key");
  LINES.forEach((one, index) => {
    if (!one.key || !data[index + 1].some((value) => value !== null)) return;
    const mark = part("stroke");
    mark.style.borderTop = `2px ${one.dash ? "dashed" : "solid"} var(${one.stroke})`;
    const entry = part("");
    entry.append(mark, one.label);
    key.append(entry);
  });
  const known = place.querySelector(".key");
  if (known) known.replaceWith(key); else place.append(key);
}

// Bands of the versions that led, and marks where a drift was opened.
function marks(plot) {
  return (u) => {
    const ctx = u.ctx, { left, top, width, height } = u.bbox, dpr = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    ctx.font = `${11 * dpr}px system-ui, sans-serif`;
    plot.versions.forEach(([from, name], index) => {
      const begin = Math.max(u.valToPos(from, "x", true), left);
      const next = plot.versions[index + 1];
      const end = Math.min(next ? u.valToPos(next[0], "x", true) : left + width, left + width);
      ctx.fillStyle = color(index % 2 ? "--band-2" : "--band-1");
      ctx.fillRect(begin, top, end - begin, height);
      ctx.fillStyle = color("--soft");
      if (end - begin > ctx.measureText(name).width + 8 * dpr) ctx.fillText(name, begin + 4 * dpr, top + height - 5 * dpr);
    });
    ctx.lineWidth = 2 * dpr;
    plot.drifts.forEach(([position, kind, , , isOpen]) => {
      const x = u.valToPos(position, "x", true);
      ctx.strokeStyle = color(KINDS[kind] || "--ink");
      ctx.setLineDash(isOpen ? [] : [5 * dpr, 4 * dpr]);
      ctx.beginPath();
      ctx.moveTo(x, top);
      ctx.lineTo(x, top + height);
      ctx.stroke();
    });
    const rows = []; // where the text of each row ends: names of marks that are near each other stand below each other
    plot.drifts.forEach(([position, kind]) => {
      const x = u.valToPos(position, "x", true), text = kind.replace("_", " ");
      let row = rows.findIndex((end) => end < x);
      if (row < 0) row = rows.length;
      if (row > 4) return;
      const wide = ctx.measureText(text).width + 10 * dpr, y = top + (12 + 14 * row) * dpr;
      rows[row] = x + wide;
      const begin = x + wide > left + width ? x - wide : x;
      ctx.fillStyle = color("--tile");
      ctx.globalAlpha = 0.8;
      ctx.fillRect(begin + 2 * dpr, y - 10 * dpr, wide - 4 * dpr, 13 * dpr);
      ctx.globalAlpha = 1;
      ctx.fillStyle = color("--ink");
      ctx.fillText(text, begin + 5 * dpr, y);
    });
    ctx.restore();
  };
}

const two = (n) => String(n).padStart(2, "0");
function clock(u, splits) {
  const fine = splits.length > 1 && splits[1] - splits[0] < 60;
  return splits.map((at) => {
    const time = new Date(1000 * at), day = splits[splits.length - 1] - splits[0] > 86400;
    const hours = `${two(time.getHours())}:${two(time.getMinutes())}`;
    return day ? `${time.getMonth() + 1}-${two(time.getDate())} ${hours}` : fine ? `${hours}:${two(time.getSeconds())}` : hours;
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
    if (plot.kind === "metric") keyOfLines(place, data);
    return;
  }
  const held = { place, plot: { ...plot } };
  const axis = { stroke: () => color("--soft"), grid: { stroke: () => color("--line"), width: 1 }, ticks: { stroke: () => color("--line") } };
  const flow = plot.kind === "flow";
  const options = {
    width: Math.max(place.clientWidth, 200),
    height: flow ? 110 : 250,
    cursor: { drag: { x: true, y: false } },
    legend: { show: false },
    scales: { x: { time: flow }, y: flow ? { range: (u, min, max) => [0, Math.max(max * 1.1, 1)] } : {} },
    axes: flow
      ? [{ ...axis, values: clock, space: 90, size: 26 }, { ...axis, size: 44, space: 30 }]
      : [{ ...axis, size: 44, label: "position in the partition's log", labelSize: 16, labelFont: "12px system-ui, sans-serif" }, { ...axis, size: 52 }],
    series: seriesOf(plot),
    hooks: {
      setScale: [(u, name) => {
        if (name !== "x" || !u.data[0].length) return;
        const xs = u.data[0], { min, max } = u.scales.x;
        if (min <= xs[0] && max >= xs[xs.length - 1]) zoomed.delete(key); else zoomed.set(key, [min, max]);
      }],
      drawClear: flow ? [] : [(u) => marks(held.plot)(u)],
    },
  };
  if (!flow) options.bands = [{ series: [3, 2], fill: () => color("--band-1") }];
  place.replaceChildren();
  held.chart = new uPlot(options, data, place);
  if (!flow) keyOfLines(place, data);
  charts.set(key, held);
}

function draw(tile) {
  const place = document.querySelector(`[data-plot="${tile.key}"]`);
  if (place && tile.plot && DRAW[tile.plot.kind]) DRAW[tile.plot.kind](place, tile.plot, tile.key);
}

addEventListener("resize", () => {
  charts.forEach(({ chart: one, place }) => one.setSize({ width: Math.max(place.clientWidth, 200), height: one.height }));
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts.forEach(({ chart: one }) => one.redraw()));
