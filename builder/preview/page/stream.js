// The cards one below the other. A question has an article; the documents of its cards are made when it comes
// near the window and thrown away when it is far from it, so that a thousand cards weigh no more than ten.

import { cardsOf, editorAddress, findingsOf, plain, questions, state } from "./corpora.js";
import { copy, counted, element, finding, place } from "./elements.js";
import { discard, frame, show } from "./frames.js";
import { change, isFiltered, showAll, view } from "./view.js";

const stream = document.getElementById("stream");
const articles = new Map();
const flipped = new Set();
let onKey = () => {};

const nearby = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      target.isNear = isIntersecting;
      if (isIntersecting) fill(target);
      else empty(target);
    }
  },
  { rootMargin: "1200px 0px" },
);

const nothing = element(
  "div",
  { class: "nothing", hidden: true },
  element("p", {}, "No card matches."),
  element("button", { type: "button", onclick: showAll }, "Show all"),
);

export function start(keyListener) {
  onKey = keyListener;
  stream.append(nothing);
}

// Bring the articles up to date with the corpora. What stays is not moved: a document that is moved loads again.
export function update() {
  const all = [...questions()];
  const wanted = new Set(all.map(([key]) => key));
  for (const [key, article] of articles) if (!wanted.has(key)) drop(key, article);
  let before = null;
  for (const [key, question, chapter, corpus] of all) {
    const article = articles.get(key) ?? create(key);
    describe(article, question, chapter, corpus);
    const following = before ? before.nextSibling : stream.firstChild;
    if (following !== article) stream.insertBefore(article, following);
    before = article;
  }
  filter();
}

function drop(key, article) {
  nearby.unobserve(article);
  empty(article);
  article.remove();
  articles.delete(key);
}

function create(key) {
  const cards = element("div", { class: "cards" });
  const article = element("article", { class: "question" }, element("header", { class: "about" }), element("ul", { class: "findings" }), cards);
  article.key = key;
  articles.set(key, article);
  nearby.observe(article);
  return article;
}

function describe(article, question, chapter, corpus) {
  const found = findingsOf(corpus, question);
  const version = JSON.stringify([question.digest, question.line, question.stale, question.number, question.prompt, question.kind, question.level, question.tags, question.ordinals, found, chapter.title]);
  const isNew = article.version !== undefined && article.question.digest !== question.digest;
  article.question = question;
  article.found = found;
  if (article.version === version) return;
  article.version = version;
  article.classList.toggle("stale", question.stale);
  article.classList.toggle("wrong", found.some((each) => each.severity === "error"));
  const [about, findings, cards] = article.children;
  about.replaceChildren(...aboutQuestion(question));
  findings.replaceChildren(...found.map(finding));
  arrange(cards, article, question);
  article.setAttribute("aria-label", `${question.number} ${question.prompt}`);
  if (article.isNear) fill(article, isNew);
}

function aboutQuestion(question) {
  const chip = (name, text) => element("span", { class: `chip ${name}` }, text);
  const tags = question.tags.map((tag) =>
    element("button", { type: "button", class: "chip tag", title: `Only cards with the tag ${tag}`, onclick: () => change({ tag }) }, tag),
  );
  return [
    element("span", { class: "number" }, question.number),
    element("span", { class: "id" }, question.id || question.prompt),
    ...(question.kind === "plain" ? [] : [chip("kind", question.kind)]),
    ...(question.level ? [chip("level", question.level)] : []),
    ...tags,
    ...(question.stale ? [chip("state", "before the error")] : []),
    place(question.file, question.line),
  ];
}

// Put the boxes of a question's cards in order; one that stays is not moved.
function arrange(cards, article, question) {
  const old = new Map([...cards.children].map((box) => [box.dataset.card, box]));
  const wanted = question.ordinals.map((ordinal, index) => cardBox(article, ordinal, question.names[index], question));
  if (!wanted.length) wanted.push(brokenBox(article, question));
  const kept = wanted.map((box) => old.get(box.dataset.card) ?? box);
  for (const box of cards.querySelectorAll(":scope > *")) if (!kept.includes(box)) dropBox(box);
  for (const [index, box] of kept.entries()) {
    box.setAttribute("aria-label", wanted[index].getAttribute("aria-label"));
    if (cards.children[index] !== box) cards.insertBefore(box, cards.children[index] ?? null);
  }
}

function dropBox(box) {
  for (const each of box.frames) discard(each);
  box.remove();
}

function brokenBox(article, question) {
  const box = element(
    "section",
    { class: "broken", tabindex: "-1", "data-card": `${article.key}:`, "aria-label": `${question.prompt}: no card`, onclick: () => select(box) },
    element("p", {}, question.prompt),
    element("small", {}, "no card until its error is fixed"),
  );
  box.frames = [];
  return box;
}

function cardBox(article, ordinal, name, question) {
  const card = `${article.key}:${ordinal}`;
  const box = element(
    "section",
    { class: "card", tabindex: "-1", "data-card": card, "aria-label": `${question.number} ${question.prompt} ${name}`, onclick: () => select(box), onfocus: () => select(box) },
    element("div", { class: "sides" }),
    element("div", { class: "under" }, element("button", { type: "button", class: "flip", onclick: () => flip(box) }, "Flip"), element("span", { class: "which" }), name ? element("span", {}, name) : null, element("span", { class: "maths", hidden: true }, "formulas are drawn as in print; Anki sets them with MathJax")),
  );
  box.ordinal = ordinal;
  box.frames = [];
  return box;
}

async function fill(article, isNew = false) {
  if (article.hidden || !article.question.ordinals.length) return;
  const cards = await cardsOf(article.key, article.question.digest);
  if (!article.isNear) return;
  for (const box of article.querySelectorAll(".card")) {
    const card = cards.get(box.ordinal);
    if (card) showSides(article, box, card, isNew);
  }
  article.style.minHeight = "0";
}

function showSides(article, box, card, isNew) {
  box.card = card;
  const sides = view.side === "both" ? ["front", "back"] : [sideOf(box)];
  const room = box.querySelector(".sides");
  while (box.frames.length > sides.length) discard(box.frames.pop());
  while (box.frames.length < sides.length) {
    const made = frame(article.key.split("/")[0], box.ordinal, state.look, onKey, () => select(box));
    box.frames.push(made);
    room.append(made);
  }
  let changed = false;
  for (const [index, side] of sides.entries()) {
    const made = box.frames[index];
    made.title = `${side} of ${box.getAttribute("aria-label")}`;
    changed = show(made, card[side]) || changed;
  }
  box.querySelector(".which").textContent = sides.join(" and ");
  box.querySelector(".flip").hidden = sides.length > 1;
  box.querySelector(".maths").hidden = !sides.some((side) => card[side].includes('class="formula"'));
  if (isNew && changed) flash(box);
}

function flash(box) {
  box.classList.remove("fresh");
  void box.offsetWidth;
  box.classList.add("fresh");
}

function empty(article) {
  const boxes = [...article.querySelectorAll(".card")].filter((box) => box.frames.length);
  if (!boxes.length) return;
  article.style.minHeight = `${article.offsetHeight}px`;
  for (const box of boxes) while (box.frames.length) discard(box.frames.pop());
}

function sideOf(box) {
  const isBack = view.side === "back";
  return flipped.has(box.dataset.card) === isBack ? "front" : "back";
}

export function refill() {
  for (const article of articles.values()) if (article.isNear) fill(article);
}

export function unflip() {
  flipped.clear();
}

export function flip(box) {
  if (!box?.frames || view.side === "both") return;
  const card = box.dataset.card;
  if (!flipped.delete(card)) flipped.add(card);
  if (box.card) showSides(box.closest("article"), box, box.card, false);
  select(box);
}

export function filter() {
  const wanted = plain(view.text).split(/\s+/).filter(Boolean);
  let cards = 0;
  let all = 0;
  for (const [key, question] of questions()) {
    const article = articles.get(key);
    const isShown =
      (!view.chapter || `${key.split("/")[0]}/${question.chapter}` === view.chapter) &&
      (!view.level || question.level === view.level) &&
      (!view.kind || question.kind === view.kind) &&
      (!view.tag || question.tags.includes(view.tag)) &&
      (!view.state || article.found.some((found) => view.state === "problem" || found.severity === view.state)) &&
      wanted.every((word) => question.searched.includes(word));
    article.hidden = !isShown;
    all += question.ordinals.length;
    if (isShown) cards += question.ordinals.length;
  }
  const shown = [...articles.values()].some((article) => !article.hidden);
  nothing.hidden = shown;
  nothing.firstChild.textContent = isFiltered() ? "No card matches." : "No cards yet.";
  nothing.lastChild.hidden = !isFiltered();
  document.getElementById("count").textContent = cards === all ? counted(all, "card") : `${cards.toLocaleString("en")} of ${counted(all, "card")}`;
}

function shownBoxes() {
  return [...stream.querySelectorAll("article:not([hidden]) :is(.card, .broken)")];
}

export function selected() {
  return stream.querySelector(".selected");
}

export function select(box) {
  if (box.classList.contains("selected")) return;
  selected()?.classList.remove("selected");
  box.classList.add("selected");
  change({ card: box.dataset.card ?? "" });
}

export function move(step) {
  const boxes = shownBoxes();
  const now = boxes.indexOf(selected());
  const next = now < 0 ? boxes.find((box) => box.getBoundingClientRect().bottom > 80) : boxes[now + step];
  if (next) reveal(next);
}

export function reveal(box) {
  select(box);
  box.focus({ preventScroll: true });
  pinned = box;
  clearTimeout(unpinning);
  unpinning = setTimeout(unpin, SETTLED);
  scrollToPinned();
}

// A card that was gone to stays where it is while those above it get their heights; the reader may scroll on.
const SETTLED = 1500;
let pinned = null;
let unpinning = 0;

function unpin() {
  pinned = null;
}

function scrollToPinned() {
  if (!pinned?.isConnected) return;
  const article = pinned.closest("article");
  (article.querySelector(":is(.card, .broken)") === pinned ? article : pinned).scrollIntoView({ block: "start" });
}

new ResizeObserver(scrollToPinned).observe(stream);
for (const event of ["wheel", "touchmove", "pointerdown"]) addEventListener(event, unpin, { passive: true });

// Show a question wherever it is, whatever is filtered.
export function revealQuestion(key) {
  const article = articles.get(key);
  if (!article) return;
  if (article.hidden) showAll();
  reveal(article.querySelector(".card, .broken"));
}

export function restore() {
  const box = view.card && [...stream.querySelectorAll(".card, .broken")].find((each) => each.dataset.card === view.card);
  if (box && !box.closest("article").hidden) reveal(box);
}

export function openInEditor() {
  const question = selected()?.closest("article").question;
  if (question) location.href = editorAddress(question.file, question.line);
}

export function copyPlace() {
  const question = selected()?.closest("article").question;
  if (question) copy(`${question.file}:${question.line}`);
}
