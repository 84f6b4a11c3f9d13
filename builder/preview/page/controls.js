// The bar above the cards, and the keys.

import { questions, state } from "./corpora.js";
import { element } from "./elements.js";
import { copyPlace, flip, move, openInEditor, selected } from "./stream.js";
import { change, FILTERS, isNight, nextWidth, showAll, view } from "./view.js";

const by = (id) => document.getElementById(id);

export function start() {
  for (const name of FILTERS) {
    const field = by(name);
    field.addEventListener(name === "text" ? "input" : "change", () => change({ [name]: field.value }));
  }
  for (const name of ["side", "width"]) by(name).addEventListener("click", (event) => event.target.value && change({ [name]: event.target.value }));
  by("night").addEventListener("click", toggleNight);
  by("problems").addEventListener("click", () => togglePanel("problems"));
  by("print").addEventListener("click", () => togglePanel(state.printed[0]?.name));
  by("help").addEventListener("click", () => by("keys").showModal());
  by("clear").addEventListener("click", showAll);
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#filters")) by("filters").open = false;
  });
}

function toggleNight() {
  change({ mode: isNight() ? "day" : "night" });
}

function togglePanel(name = "") {
  const isOpen = name === "problems" ? view.panel === name : state.printed.some((each) => each.name === view.panel);
  change({ panel: isOpen ? "" : name });
}

export function update() {
  const all = [...questions()];
  const tags = [...new Set(all.flatMap(([, question]) => question.tags))].sort(collator().compare);
  by("title").textContent = state.corpora.map((corpus) => corpus.title).join(", ");
  options("chapter", chapters(), "all chapters");
  options("level", ["junior", "mid", "senior"].map((value) => [value, value]), "all levels");
  options("kind", state.kinds.map((value) => [value, value]), "all kinds");
  options("tag", tags.map((value) => [value, value]), "all tags");
  options("state", [["problem", "with a problem"], ["error", "with an error"], ["warning", "with a warning"]], "all");
  show();
}

// In the order of the corpus's language, as far as its code is one.
function collator() {
  try {
    return new Intl.Collator(state.corpora.map((corpus) => corpus.language));
  } catch {
    return new Intl.Collator();
  }
}

function chapters() {
  return state.corpora.flatMap((corpus, index) =>
    corpus.chapters.map((chapter) => [`${index}/${chapter.slug}`, `${chapter.number} ${chapter.title}${state.corpora.length > 1 ? ` (${corpus.title})` : ""}`]),
  );
}

// A list that is open in the reader's hands is not made anew for nothing.
function options(id, values, all) {
  const written = JSON.stringify(values);
  if (by(id).dataset.written === written) return;
  by(id).dataset.written = written;
  by(id).replaceChildren(...[["", all], ...values].map(([value, text]) => element("option", { value }, text)));
}

export function show() {
  for (const name of FILTERS) if (by(name).value !== view[name]) by(name).value = view[name];
  for (const name of ["side", "width"])
    for (const button of by(name).children) button.setAttribute("aria-pressed", button.value === view[name]);
  by("night").setAttribute("aria-pressed", isNight());
  const chosen = FILTERS.slice(1).filter((name) => view[name]).length;
  by("filter-count").hidden = !chosen;
  by("filter-count").textContent = chosen;
  document.body.dataset.width = view.width;
  document.body.dataset.side = view.side;
  document.body.dataset.night = isNight();
}

const KEYS = {
  j: () => move(1),
  ArrowDown: () => move(1),
  k: () => move(-1),
  ArrowUp: () => move(-1),
  " ": () => flip(selected()),
  b: () => change({ side: view.side === "both" ? "front" : "both" }),
  n: toggleNight,
  w: nextWidth,
  o: openInEditor,
  c: copyPlace,
  e: () => togglePanel("problems"),
  p: () => togglePanel(state.printed[0]?.name),
  "/": () => by("text").focus(),
  "?": () => by("keys").showModal(),
};

export function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || by("keys").open) return;
  if (event.key === "Escape") {
    if (document.activeElement === by("text")) by("text").blur();
    else if (by("filters").open) by("filters").open = false;
    else change({ panel: "" });
    return;
  }
  const isTyping = event.target.closest("input, select, textarea");
  // A button is pressed by space; a card is flipped.
  const isPressed = event.key === " " && event.target.closest("button, summary, a");
  if (isTyping || isPressed || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
}
