// Picking days in the grid fills in the form beside it.
let anchor = null;

export function startSync() {
  document.addEventListener("click", (event) => {
    const cell = event.target.closest("button.cell[data-day]");
    if (cell) pick(cell, event.shiftKey);
    const filler = event.target.closest("[data-fill-start]");
    if (filler) fill(filler.dataset.fillStart, filler.dataset.fillEnd, null);
  });
  document.addEventListener("keydown", walk);
  document.addEventListener("htmx:after:swap", () => {
    mark();
    oneStopPerStrip();
  });
  oneStopPerStrip();
}

/** Tab goes from strip to strip; the arrows go from day to day. */
function oneStopPerStrip() {
  for (const strip of document.querySelectorAll("ol.cells")) {
    const cells = strip.querySelectorAll("button.cell");
    const last = cells.length - 1;
    const focused = [...cells].indexOf(document.activeElement);
    cells.forEach((cell, at) => (cell.tabIndex = at === (focused < 0 ? last : focused) ? 0 : -1));
  }
}

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

function walk(event) {
  const cell = event.target.closest?.("button.cell[data-day]");
  const step = STEPS[event.key];
  if (!cell || !step) return;
  const cells = [...cell.closest("ol").querySelectorAll("button.cell")];
  const next = cells[cells.indexOf(cell) + step];
  if (!next) return;
  event.preventDefault();
  cell.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

function pick(cell, extend) {
  const { day, dataset } = cell.dataset;
  if (!extend || !anchor) anchor = day;
  const [start, end] = [anchor, day].sort();
  fill(start, end, dataset);
}

function fill(start, end, dataset) {
  const form = document.getElementById("backfill-form");
  if (!form) return;
  form.elements.start.value = start;
  form.elements.end.value = end;
  for (const box of form.querySelectorAll("input[name=dataset]")) box.checked = !dataset || box.value === dataset;
  document.getElementById("backfill-plan").replaceChildren();
  mark(start, end, dataset);
}

let marked = null;

function mark(start, end, dataset) {
  if (start) marked = { start, end, dataset };
  if (!marked) return;
  for (const cell of document.querySelectorAll("button.cell[data-day]")) {
    const { day } = cell.dataset;
    const inside = day >= marked.start && day <= marked.end;
    const own = !marked.dataset || cell.dataset.dataset === marked.dataset;
    cell.classList.toggle("picked", inside && own);
  }
}
