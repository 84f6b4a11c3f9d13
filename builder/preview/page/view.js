// What is shown, and how: kept in the address, so that a reload or a bookmark shows the same.

export const FILTERS = ["text", "chapter", "level", "kind", "tag", "state"];
const WIDTHS = ["360", "412", "desktop"];
const SIDES = ["front", "back", "both"];
const system = matchMedia("(prefers-color-scheme: dark)");
const listeners = [];

export const view = read();

function read() {
  const query = new URLSearchParams(location.search);
  const view = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""]));
  view.width = WIDTHS.includes(query.get("width")) ? query.get("width") : innerWidth < 700 ? "360" : "desktop";
  view.side = SIDES.includes(query.get("side")) ? query.get("side") : "front";
  view.mode = ["day", "night"].includes(query.get("mode")) ? query.get("mode") : "";
  view.panel = query.get("panel") ?? "";
  view.card = query.get("card") ?? "";
  return view;
}

export function isNight() {
  return view.mode ? view.mode === "night" : system.matches;
}

export function isFiltered() {
  return FILTERS.some((name) => view[name]);
}

export function onView(listener) {
  listeners.push(listener);
}

export function change(values) {
  const changed = Object.keys(values).filter((name) => view[name] !== values[name]);
  if (!changed.length) return;
  Object.assign(view, values);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(view)) if (value) query.set(name, value);
  history.replaceState(null, "", `?${query}`);
  for (const listener of listeners) listener(new Set(changed));
}

export function showAll() {
  change(Object.fromEntries(FILTERS.map((name) => [name, ""])));
}

export function nextWidth() {
  change({ width: WIDTHS[(WIDTHS.indexOf(view.width) + 1) % WIDTHS.length] });
}

system.addEventListener("change", () => {
  for (const listener of listeners) listener(new Set(["mode"]));
});
