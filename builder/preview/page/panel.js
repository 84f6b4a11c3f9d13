// What stands beside the cards: the problems, or what is printed.

import { state } from "./corpora.js";
import { element, finding } from "./elements.js";
import { revealQuestion, selected } from "./stream.js";
import { change, view } from "./view.js";

const panel = document.getElementById("panel");
const NAMES = { cheatsheet: "Cheat-sheet", flashcards: "Flashcards", handbook: "Handbook" };
const SAID = { waiting: "waits for the cards", building: "is being made…", built: "", failed: "could not be made" };

export function update() {
  const all = state.corpora.flatMap((corpus) => corpus.findings);
  const errors = all.filter((found) => found.severity === "error").length;
  const badge = document.getElementById("problem-count");
  badge.hidden = !all.length;
  badge.textContent = all.length;
  badge.classList.toggle("error", errors > 0);
  document.title = `${errors ? `(${errors}) ` : ""}${state.corpora.map((corpus) => corpus.title).join(", ")}`;
  document.getElementById("problems").setAttribute("aria-expanded", view.panel === "problems");
  document.getElementById("print").setAttribute("aria-expanded", view.panel in NAMES);
  panel.hidden = !view.panel;
  document.body.classList.toggle("with-panel", Boolean(view.panel));
  if (view.panel === "problems") showProblems(all);
  else if (view.panel) showProof(view.panel);
  else panel.replaceChildren();
}

function head(...children) {
  return element("header", {}, ...children, element("button", { type: "button", class: "close", title: "Close  esc", "aria-label": "Close", onclick: () => change({ panel: "" }) }, "×"));
}

function showProblems(all) {
  const items = state.corpora.flatMap((corpus, index) =>
    corpus.findings.map((found) => {
      const item = finding(found);
      if (found.question)
        item.append(element("button", { type: "button", class: "jump", onclick: () => revealQuestion(`${index}/${found.question}`) }, "Show the card"));
      return item;
    }),
  );
  panel.replaceChildren(
    head(element("h2", {}, "Problems")),
    all.length ? element("ul", { class: "findings" }, ...items) : element("p", { class: "none" }, "Nothing is wrong."),
  );
}

function showProof(name) {
  const corpus = Number((selected()?.dataset.card ?? "0").split("/")[0]);
  const proof = state.proofs.find((each) => each.corpus === corpus && each.name === name);
  const tabs = Object.entries(NAMES).map(([value, label]) =>
    element("button", { type: "button", "aria-pressed": value === name, onclick: () => change({ panel: value }) }, label),
  );
  const address = `/${corpus}/proof/${name}?${proof.made}`;
  const heading = head(element("div", { class: "choice" }, ...tabs), element("span", { class: `state ${proof.state}`, role: "status" }, proofText(proof)));
  const old = panel.querySelector("iframe");
  const isThere = proof.made > 0 && !(proof.state === "failed" && !old);
  const kept = old && (proof.state === "building" || old.dataset.address === address || proof.state === "failed") && old.dataset.name === name;
  if (kept) panel.querySelector("header").replaceWith(heading);
  else if (isThere) panel.replaceChildren(heading, element("iframe", { src: address, title: NAMES[name], "data-address": address, "data-name": name }));
  else panel.replaceChildren(heading, element("p", { class: "none" }, proof.state === "failed" ? proof.reason : `The ${NAMES[name].toLowerCase()} ${SAID[proof.state]}`));
}

function proofText(proof) {
  if (proof.state === "built") return `made at ${new Date(proof.at * 1000).toLocaleTimeString()}`;
  if (proof.state === "building") return "is being made…";
  return proof.state === "failed" ? `not made: ${proof.reason}` : "waits";
}
