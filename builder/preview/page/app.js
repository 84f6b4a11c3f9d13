// Loads the corpora, follows what the server tells of every save, and keeps the parts of the page in step.

import * as controls from "./controls.js";
import { follow, followProof, load, ROOT, state } from "./corpora.js";
import { say } from "./elements.js";
import { dressAll, restyle } from "./frames.js";
import * as panel from "./panel.js";
import * as stream from "./stream.js";
import { FILTERS, onView, view } from "./view.js";

const lost = document.getElementById("lost");
const faults = document.getElementById("faults");

function update() {
  stream.update();
  controls.update();
  panel.update();
}

onView((changed) => {
  controls.show();
  if (changed.has("mode") || changed.has("width")) dressAll();
  if (FILTERS.some((name) => changed.has(name))) stream.filter();
  if (changed.has("side")) {
    stream.unflip();
    stream.refill();
  }
  if (changed.has("panel") || (changed.has("card") && view.panel)) panel.update();
});

// What went wrong in cardpress itself; the next save tries again.
function showFaults(sentences) {
  faults.textContent = sentences.join("\n");
  faults.hidden = !sentences.length;
}

let events = null;
let loaded = Promise.resolve();

// A page that is not seen hangs up: a browser keeps no more than six connections to one server.
function listen() {
  if (document.hidden) {
    events?.close();
    events = null;
    return;
  }
  events ??= connect();
}

function connect() {
  const events = new EventSource(`${ROOT}events`);
  events.addEventListener("hello", async () => {
    lost.hidden = true;
    const known = state.session;
    loaded = load();
    await loaded;
    restyle(state.look);
    update();
    showFaults(state.faults);
    if (!known) stream.restore();
  });
  // What is told while all is loaded may be newer than that, or be in it already: it comes after.
  events.addEventListener("change", async (event) => {
    await loaded;
    const news = JSON.parse(event.data);
    follow(news);
    update();
    say(`${news.files}: ${news.summary}, ${news.milliseconds} ms`);
  });
  events.addEventListener("faults", async (event) => {
    await loaded;
    showFaults(JSON.parse(event.data).faults);
  });
  events.addEventListener("look", (event) => {
    state.look = JSON.parse(event.data).look;
    restyle(state.look);
    say("the look changed");
  });
  events.addEventListener("proof", async (event) => {
    await loaded;
    followProof(JSON.parse(event.data));
    panel.update();
  });
  events.addEventListener("error", () => {
    lost.hidden = false;
  });
  return events;
}

controls.start();
stream.start(controls.onKey);
document.addEventListener("visibilitychange", listen);
listen();
