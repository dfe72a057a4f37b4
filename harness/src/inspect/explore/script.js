// Marks what was made for the same source line, and shows and hides panes. The page is whole without it.
"use strict";
const lines = new Map();
for (const line of document.querySelectorAll(".line[data-line]")) {
  const number = line.dataset.line;
  if (!lines.has(number)) lines.set(number, []);
  lines.get(number).push(line);
}
let held = null;
let marked = null;
function mark(number) {
  if (number === marked) return;
  for (const line of lines.get(marked) ?? []) line.classList.remove("marked");
  for (const line of lines.get(number) ?? []) line.classList.add("marked");
  marked = number;
}
function show(number, from) {
  const seen = new Set([from]);
  for (const line of lines.get(number) ?? []) {
    const text = line.closest(".text");
    if (seen.has(text)) continue;
    seen.add(text);
    text.scrollTop = line.offsetTop - text.offsetTop - text.clientHeight / 3;
  }
}
const main = document.querySelector("main");
main.addEventListener("mouseover", (event) => {
  const line = event.target.closest(".line[data-line]");
  mark(line ? line.dataset.line : held);
});
main.addEventListener("mouseleave", () => mark(held));
main.addEventListener("click", (event) => {
  const line = event.target.closest(".line[data-line]");
  if (!line) return;
  held = held === line.dataset.line ? null : line.dataset.line;
  mark(held);
  if (held) show(held, line.closest(".text"));
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") mark((held = null));
});
// As many columns as fit, and rows of equal length.
const LEAST_WIDTH = 300;
function arrange() {
  const count = document.querySelectorAll(".pane:not([hidden])").length || 1;
  const fitting = Math.max(1, Math.min(count, Math.floor(main.clientWidth / LEAST_WIDTH)));
  const rows = Math.ceil(count / fitting);
  const height = window.innerHeight - main.offsetTop - (rows - 1);
  main.style.gridTemplateColumns = `repeat(${Math.ceil(count / rows)}, minmax(0, 1fr))`;
  main.style.gridAutoRows = `${Math.max(320, Math.floor(height / rows))}px`;
}
window.addEventListener("resize", arrange);
const nav = document.getElementById("panes");
for (const pane of document.querySelectorAll(".pane")) {
  const label = document.createElement("label");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = true;
  box.addEventListener("change", () => {
    pane.hidden = !box.checked;
    arrange();
  });
  label.append(box, " " + pane.querySelector("h2").textContent);
  nav.append(label);
}
arrange();
