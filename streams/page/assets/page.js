"use strict";
// Keeps the tiles up to date while the page is looked at. Without it the page is whole, as of when it was loaded.

const AGAIN_MS = 2000; // until a stream that has ended is asked for again
const SILENT_MS = 6000; // a stream tells the time each second: after so long without a word it is broken
const partition = document.documentElement.dataset.partition;
const link = document.getElementById("link"), since = document.getElementById("since");
const name = document.title;
const shown = new Map(); // key of a tile -> the tile that is on the page
let source = null, again = 0;
let heard = performance.now(), tried = heard; // when the stream last spoke, and when it was last asked for
let ahead = 0; // by how many milliseconds the server's clock is ahead
let isLive = false;

function keyOf(one) { return one.nodeType === Node.ELEMENT_NODE ? one.dataset.key || one.dataset.plot || "" : ""; }

// Makes what is shown be as what is new, and leaves alone whatever is the same: so the text that somebody selects, what
// is opened, scrolled and focused, and the plots stay.
function become(old, made) {
  if (old.nodeType !== Node.ELEMENT_NODE) { if (old.data !== made.data) old.data = made.data; return; }
  if (old.dataset.plot) return;
  for (const { name } of [...old.attributes]) if (name !== "open" && !made.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of made.attributes) {
    if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const fresh = [...made.childNodes];
  const keyed = new Map([...old.childNodes].filter(keyOf).map((one) => [keyOf(one), one]));
  fresh.forEach((child, index) => {
    let there = old.childNodes[index];
    const known = keyed.get(keyOf(child));
    if (known && known !== there) { old.insertBefore(known, there || null); there = known; }
    if (!there) old.append(child);
    else if (there.nodeName === child.nodeName && keyOf(there) === keyOf(child)) become(there, child);
    else old.insertBefore(child, there);
  });
  while (old.childNodes.length > fresh.length) old.lastChild.remove();
}

function replace(article, tile, isFirst) {
  const made = article.cloneNode(false);
  made.innerHTML = tile.html; // made and escaped by the server
  // Where a script draws, tables are one click away.
  for (const one of isFirst ? [article, made] : [made]) one.querySelectorAll("details.figures").forEach((table) => { table.open = false; });
  const focus = document.activeElement;
  become(article, made);
  if (focus !== document.activeElement && article.contains(focus)) focus.focus(); // it has moved
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
  // The state alone is read out by a screen reader: for how long, changes every second.
  const texts = isLive ? ["live", ""] : ["no connection", `for ${duration(silent / 1000)}: what is shown is as of then`];
  [link, since].forEach((one, index) => { if (one.textContent !== texts[index]) one.textContent = texts[index]; });
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
