"use strict";
// Keeps the tiles up to date while the page is looked at. Without it the page is whole, as of when it was loaded.

const AGAIN_MS = 2000; // until a stream that has ended is asked for again
const SILENT_MS = 6000; // a stream tells the time each second: after so long without a word it is broken
const partition = document.documentElement.dataset.partition;
const link = document.getElementById("link");
const name = document.title;
const shown = new Map(); // key of a tile -> the tile that is on the page
let source = null, again = 0;
let heard = performance.now(), tried = heard; // when the stream last spoke, and when it was last asked for
let ahead = 0; // by how many milliseconds the server's clock is ahead
let isLive = false;

function keyOf(details) { return details.dataset.key || details.firstChild.textContent; }

function replace(article, tile, isFirst) {
  const open = new Set([...article.querySelectorAll("details")].filter((one) => one.open).map(keyOf));
  const kept = article.querySelector("[data-plot]"), focus = document.activeElement;
  const focused = article.contains(focus) && focus.matches("summary") ? keyOf(focus.parentNode) : null;
  const places = [...article.querySelectorAll(".wide")].map((one) => [one.scrollLeft, one.scrollTop]);
  const scroll = article.scrollTop;
  article.innerHTML = tile.html; // made and escaped by the server
  const place = article.querySelector("[data-plot]");
  if (kept && place && kept.childNodes.length) place.replaceWith(kept);
  article.querySelectorAll("details").forEach((one) => {
    const key = keyOf(one);
    one.open = one.classList.contains("figures") && isFirst ? false : open.has(key);
    if (focused === key) one.firstChild.focus();
  });
  article.querySelectorAll(".wide").forEach((one, index) => { if (places[index]) [one.scrollLeft, one.scrollTop] = places[index]; });
  article.scrollTop = scroll;
}

function show(tile) {
  const article = document.getElementById(tile.key), known = shown.get(tile.key);
  if (!article) return;
  if (!known || known.html !== tile.html) replace(article, tile, !known);
  shown.set(tile.key, tile);
  article.className = `tile ${tile.state} ${tile.tone}`.trim();
  article.dataset.state = tile.state;
  draw(tile);
  if (tile.key === "verdict") document.title = tile.tone === "bad" ? `(!) ${name}` : name;
}

function duration(seconds) { // as streams.page.words has it
  for (const [size, noun] of [[86400, "day"], [3600, "hour"], [60, "minute"]]) {
    if (seconds >= 1.5 * size || (seconds >= size && noun === "day")) {
      const n = Math.round(seconds / size);
      return `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
    }
  }
  return `${seconds.toFixed(0)} s`;
}

function ago(seconds) { return seconds < 2 ? "now" : `${duration(seconds)} ago`; }

// Ages grow by themselves, whether anything comes or not.
function grow() {
  const now = Date.now() + ahead;
  shown.forEach((tile) => {
    const age = document.querySelector(`#${CSS.escape(tile.key)} > .age`);
    const told = tile.at === null ? "" : ago(Math.max(now - tile.at, 0) / 1000);
    const text = [isLive ? tile.mark : "not live", told].filter(Boolean).join(" · ");
    if (age.textContent !== text) age.textContent = text;
  });
}

function tell() {
  const silent = performance.now() - heard;
  isLive = source !== null && source.readyState === EventSource.OPEN && silent < SILENT_MS;
  const text = isLive ? "live" : `no connection for ${duration(silent / 1000)}: what is shown is as of then`;
  if (link.textContent !== text) link.textContent = text;
  link.className = isLive ? "" : "lost";
  document.documentElement.classList.toggle("lost", !isLive);
  grow();
}

function take(event) {
  const { now, alerts, tiles } = JSON.parse(event.data);
  heard = performance.now();
  ahead = now - Date.now();
  tiles.forEach(show);
  document.querySelectorAll("nav a").forEach((one) => {
    const n = alerts[one.dataset.partition];
    one.querySelector("b").textContent = n ? `${n} alert${n === 1 ? "" : "s"}` : "";
  });
  tell();
}

function stop() {
  clearTimeout(again);
  if (source) source.close();
  source = null;
}

function follow() {
  stop();
  tried = performance.now();
  source = new EventSource(`page/stream?partition=${partition}`);
  source.onmessage = take;
  // A server that is starting answers with an error, after which a browser asks no more by itself.
  source.onerror = () => { stop(); tell(); again = setTimeout(follow, AGAIN_MS); };
}

setInterval(() => {
  if (document.hidden) return;
  if (source && performance.now() - Math.max(heard, tried) > SILENT_MS) follow();
  tell();
}, 1000);
// A page that nobody looks at costs the worker nothing.
document.addEventListener("visibilitychange", () => { if (document.hidden) stop(); else follow(); });
follow();
