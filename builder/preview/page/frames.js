// A side of a card in a document of its own, like that of Anki's reviewer. It runs no script: the page puts
// the side's HTML into it, and so changes it without loading anything again.

import { drawBoxes } from "./boxes.js";
import { ROOT } from "./corpora.js";
import { isNight, view } from "./view.js";

const shown = new Set();
const heights = new ResizeObserver((entries) => {
  for (const { target } of entries) fit(target.ownerDocument.defaultView?.frameElement);
});

export function frame(corpus, ordinal, look, onKey, onPress) {
  const made = document.createElement("iframe");
  made.tabIndex = -1;
  made.setAttribute("sandbox", "allow-same-origin allow-popups allow-popups-to-escape-sandbox");
  made.srcdoc = `<!doctype html><html><head><meta charset="utf-8"><base href="${ROOT}${corpus}/" target="_blank">
<link rel="stylesheet" href="${ROOT}page/reviewer.css"><link rel="stylesheet" id="look" href="${ROOT}${corpus}/cards.css?${look}"></head>
<body class="card card${ordinal + 1}"><div id="qa" dir="auto"></div></body></html>`;
  made.side = "";
  made.addEventListener("load", () => {
    const page = made.contentDocument;
    page.getElementById("qa").innerHTML = made.side;
    page.addEventListener("keydown", onKey);
    page.addEventListener("pointerdown", onPress);
    drawBoxes(page);
    page.fonts.ready.then(() => fit(made));
    heights.observe(page.body);
    dress(made);
  });
  shown.add(made);
  return made;
}

export function show(made, html) {
  if (made.side === html) return false;
  made.side = html;
  const page = made.contentDocument?.getElementById("qa");
  if (page) {
    page.innerHTML = html;
    fit(made);
  }
  return true;
}

export function discard(made) {
  shown.delete(made);
  made.remove();
}

export function dressAll() {
  for (const made of shown) if (made.contentDocument?.body) dress(made);
}

export function restyle(look) {
  for (const made of shown) {
    const link = made.contentDocument?.getElementById("look");
    if (link) link.href = link.href.replace(/\?.*/, `?${look}`);
  }
}

function dress(made) {
  const page = made.contentDocument;
  const isPhone = view.width !== "desktop";
  page.documentElement.className = isPhone ? "phone" : "desktop";
  const night = isNight() ? ["nightMode", "night_mode"] : [];
  if (isPhone && night.length) night.push("ankidroid_dark_mode");
  const ordinal = [...page.body.classList].find((name) => /^card\d+$/.test(name));
  page.body.className = ["card", ordinal, ...(isPhone ? ["mobile", "android"] : ["isLin"]), ...night].join(" ");
  fit(made);
}

function fit(made) {
  const page = made?.contentDocument;
  if (!page?.body) return;
  const style = made.contentWindow.getComputedStyle(page.body);
  const height = Math.ceil(page.body.offsetHeight + parseFloat(style.marginTop) + parseFloat(style.marginBottom));
  if (height) made.style.height = `${height}px`;
}
