// Makes elements: element("a", {href: "…", class: "…"}, children…). Text is always text, never HTML.

import { editorAddress } from "./corpora.js";

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, name.startsWith("aria-") ? "true" : "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

export function place(file, line, column) {
  const written = `${file}:${line}${column ? `:${column}` : ""}`;
  return element(
    "span",
    { class: "place" },
    element("a", { href: editorAddress(file, line, column), title: "Open in your editor" }, `${file.split("/").at(-1)}:${line}`),
    element("button", { type: "button", class: "copy", title: `Copy ${written}`, onclick: (event) => copy(written, event.target) }, "Copy"),
  );
}

export async function copy(text, button = null) {
  await navigator.clipboard.writeText(text);
  if (!button) return;
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 1200);
}

// What just happened, at the foot of the page.
export function say(text) {
  const last = document.getElementById("last");
  last.textContent = text;
  last.hidden = false;
}

export function finding(found) {
  return element(
    "li",
    { class: `finding ${found.severity}` },
    element("p", {}, element("strong", {}, found.severity === "error" ? "Error" : "Warning"), ` ${found.message} `, element("code", {}, found.code)),
    found.hint ? element("p", { class: "hint" }, found.hint) : null,
    place(found.file, found.line, found.column),
  );
}

export function counted(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}
