// Draws the boxes of an image occlusion with the mouse. The line for the source is copied, nothing is written.

import { copy, say } from "./elements.js";

const LEAST = 0.5;

// Listen in the document of a card: its content is replaced with every save, the document stays.
export function drawBoxes(page) {
  let drawn = null;
  page.addEventListener("pointerdown", (event) => {
    const image = event.target.closest?.(".occlusion")?.querySelector("img");
    if (!image || event.button !== 0 || event.pointerType === "touch") return;
    event.preventDefault(); // or the browser would drag the image
    drawn = begin(image, event);
  });
  page.addEventListener("pointermove", (event) => {
    if (drawn) draw(drawn, event);
  });
  page.addEventListener("pointerup", (event) => {
    if (!drawn) return;
    draw(drawn, event);
    end(drawn);
    drawn = null;
  });
  page.addEventListener("pointercancel", () => {
    drawn?.element.remove();
    drawn = null;
  });
}

function begin(image, event) {
  const element = image.ownerDocument.createElement("div");
  element.className = "drawing";
  image.parentElement.append(element);
  image.parentElement.setPointerCapture(event.pointerId);
  const drawn = { image, element, start: place(image, event) };
  draw(drawn, event);
  return drawn;
}

// A place on the image, in percent of it with one decimal; what is outside counts as the edge.
function place(image, event) {
  const { left, top, width, height } = image.getBoundingClientRect();
  const percent = (value, whole) => Math.round(Math.min(Math.max(value / whole, 0), 1) * 1000) / 10;
  return [percent(event.clientX - left, width), percent(event.clientY - top, height)];
}

function draw(drawn, event) {
  const [x, y] = place(drawn.image, event);
  const [left, right] = [x, drawn.start[0]].sort((a, b) => a - b);
  const [top, bottom] = [y, drawn.start[1]].sort((a, b) => a - b);
  drawn.box = [left, top, right - left, bottom - top];
  drawn.isRound = event.shiftKey;
  drawn.element.classList.toggle("round", drawn.isRound);
  for (const [index, name] of ["left", "top", "width", "height"].entries()) drawn.element.style[name] = `${drawn.box[index]}%`;
}

async function end({ image, element, box, isRound }) {
  element.remove();
  if (Math.min(box[2], box[3]) < LEAST) return; // a click
  const line = lineFor(image, box, isRound);
  try {
    await copy(line);
    say(`Copied: ${line}`);
  } catch {
    say(`Copy this line: ${line}`);
  }
}

// The next free number: those that are used stay with their boxes.
function lineFor(image, box, isRound) {
  const used = [...image.parentElement.querySelectorAll("[data-ordinal]")].map((gap) => Number(gap.dataset.ordinal));
  const values = box.map((value) => `${Number(value.toFixed(1))}%`).join(" ");
  return `- {{c${Math.max(0, ...used) + 1}::}} ${values}${isRound ? " ellipse" : ""}`;
}
