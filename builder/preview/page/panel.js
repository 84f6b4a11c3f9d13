// What stands beside the cards: the problems, or what is printed.

import { questions, ROOT, state } from "./corpora.js";
import { element, finding } from "./elements.js";
import { revealQuestion, selected } from "./stream.js";
import { change, view } from "./view.js";

const panel = document.getElementById("panel");
const SAID = { waiting: "waits for the cards", building: "is being made…", built: "", failed: "could not be made" };

export function update() {
  const all = state.corpora.flatMap((corpus) => corpus.findings);
  const printed = state.printed.find((each) => each.name === view.panel); // an old address may name another
  const errors = all.filter((found) => found.severity === "error").length;
  const badge = document.getElementById("problem-count");
  badge.hidden = !all.length;
  badge.textContent = all.length;
  badge.classList.toggle("error", errors > 0);
  document.title = `${errors ? `(${errors}) ` : ""}${state.corpora.map((corpus) => corpus.title).join(", ")}`;
  document.getElementById("problems").setAttribute("aria-expanded", view.panel === "problems");
  document.getElementById("print").setAttribute("aria-expanded", Boolean(printed));
  const isOpen = view.panel === "problems" || Boolean(printed);
  panel.hidden = !isOpen;
  document.body.classList.toggle("with-panel", isOpen);
  if (view.panel === "problems") showProblems(all);
  else if (printed) showProof(printed);
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
        item.append(element("button", { type: "button", class: "jump", onclick: () => showCard(`${index}/${found.question}`) }, "Show the card"));
      return item;
    }),
  );
  panel.replaceChildren(
    head(element("h2", {}, "Problems")),
    all.length ? element("ul", { class: "findings" }, ...items) : element("p", { class: "none" }, "Nothing is wrong."),
  );
}

function showCard(key) {
  if (getComputedStyle(panel).position === "fixed") change({ panel: "" }); // it would lie over the card
  revealQuestion(key);
}

function showProof({ name, title, has_links: hasLinks }) {
  const article = selected()?.closest("article");
  const corpus = Number(article?.key.split("/")[0] ?? 0);
  const proof = state.proofs.find((each) => each.corpus === corpus && each.name === name);
  const parent = article && printedWith(article.question);
  const file = `${ROOT}${corpus}/proof/${name}?${proof.at}`;
  const wanted = `${file}#navpanes=0${parent ? `&nameddest=${parent.id}` : ""}`;
  const old = panel.querySelector("iframe");
  const tabs = state.printed.map((each) =>
    element("button", { type: "button", "aria-pressed": each.name === name, onclick: () => change({ panel: each.name }) }, each.title),
  );
  const jump =
    proof.at && parent && hasLinks
      ? element("button", { type: "button", title: "Show the selected question", onclick: () => replaceFile(wanted, file, title) }, `Go to ${parent.number}`)
      : null;
  const heading = head(
    element("div", { class: "choice" }, ...tabs),
    jump,
    proof.at ? element("a", { href: file, target: "_blank" }, "Open alone") : null,
    element("span", { class: `state ${proof.state}`, role: "status" }, proofText(proof)),
  );
  if (old?.dataset.file === file) panel.querySelector("header").replaceWith(heading);
  else if (proof.at) {
    panel.replaceChildren(heading);
    replaceFile(wanted, file, title);
  } else panel.replaceChildren(heading, element("p", { class: "none" }, proof.state === "failed" ? proof.reason : `The ${title.toLowerCase()} ${SAID[proof.state]}.`));
}

// The browser's viewer goes to a place only when it loads a file.
function replaceFile(address, file, title) {
  panel.querySelector("iframe")?.remove();
  panel.append(element("iframe", { src: address, title, "data-file": file }));
}

// A drill stands in no sheet: the question above it does.
function printedWith(question) {
  const number = question.number.replace(/[a-z]+$/, "");
  for (const [, each] of questions()) if (each.file === question.file && each.number === number) return each;
  return null;
}

function proofText(proof) {
  const made = proof.at ? `made at ${new Date(proof.at * 1000).toLocaleTimeString()}` : "";
  if (proof.state === "built") return made;
  return [made, proof.state === "failed" && made ? `not made again: ${proof.reason}` : SAID[proof.state]].filter(Boolean).join("; ");
}
