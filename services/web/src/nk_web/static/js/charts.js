// Draws the figures that the server describes. plotly.js is fetched only where there is a chart, and never
// before the text of the page is there.
import { resolveColours } from "./colours.js";
import { shortened } from "./names.js";

const CONFIG = { displayModeBar: false, responsive: true, showTips: false, doubleClick: false };
const NARROW = 460;
const touch = matchMedia("(pointer: coarse)");
const kept = new Map();
let plotly = null;

export function startCharts() {
  drawAll();
  document.addEventListener("htmx:before:swap", release);
  document.addEventListener("htmx:after:swap", drawAll);
  document.addEventListener("nk-theme", redrawAll);
  // Most readers will see a chart: fetch the library while the server still works on the figures.
  if (document.querySelector(".panel")) loadPlotly().catch(() => {});
}

function loadPlotly() {
  plotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = document.querySelector('meta[name="nk-plotly"]').content;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      plotly = null;
      reject(new Error("plotly.js could not be fetched"));
    };
    document.head.append(script);
  });
  return plotly;
}

async function drawAll() {
  const waiting = [...document.querySelectorAll(".chart[data-figure]:not([data-drawn])")].filter((at) => !reuse(at));
  if (!waiting.length) return;
  for (const element of waiting) element.dataset.drawn = "";
  try {
    const library = await loadPlotly();
    // What is in sight comes first; the others are drawn while the browser has nothing else to do.
    for (const element of waiting) {
      if (inSight(element)) drawIfThere(library, element);
      else whenIdle(() => drawIfThere(library, element));
    }
  } catch {
    // Without the library the table is the chart.
    for (const element of waiting) {
      const table = element.closest(".panel")?.querySelector("details.data");
      if (table) table.open = true;
      delete element.dataset.drawn;
    }
  }
}

const whenIdle = window.requestIdleCallback ?? ((task) => setTimeout(task, 30));
const inSight = (element) => element.getBoundingClientRect().top < innerHeight;

function drawIfThere(library, element) {
  if (element.isConnected) draw(library, element);
}

async function redrawAll() {
  if (!plotly) return;
  const library = await plotly;
  for (const element of document.querySelectorAll(".chart[data-drawn]")) draw(library, element);
}

function draw(library, element) {
  const figure = resolveColours(JSON.parse(element.dataset.figure), getComputedStyle(element));
  if (element.clientWidth < NARROW) {
    thinTicks(figure.layout.xaxis);
    shortenTicks(figure.layout.yaxis);
  }
  const level = element.dataset.level;
  if (level && figure.data[0].ids?.includes(level)) figure.data[0].level = level;
  library.react(element, figure.data, { ...figure.layout, autosize: true }, CONFIG);
  listen(element);
}

/** A press leads where the server said that this point leads; by touch the first one only says what it is. */
function listen(element) {
  if (element.dataset.listens) return;
  element.dataset.listens = "";
  const press = (event) => {
    const said = event.points?.[0]?.customdata;
    const address = Array.isArray(said) ? said[1] : said;
    if (!address) return remember(element, event);
    if (touch.matches && element.dataset.pressed !== address) element.dataset.pressed = address;
    else go(element, address);
    return false;
  };
  element.on("plotly_click", press);
  element.on("plotly_sunburstclick", press);
}

/** Another page is loaded as one; on this one only the main part is replaced. */
function go(element, address) {
  if (new URL(address, location.href).pathname !== location.pathname) location.assign(address);
  else htmx.ajax("GET", address, { source: element, target: "#page", swap: "outerHTML", push: "true" });
}

/** Which ring a reader has opened, so that new figures do not close it. */
function remember(element, event) {
  const next = event.nextLevel;
  if (next !== undefined) element.dataset.level = next;
  return true;
}

/** On a phone there is room for every second label. */
function thinTicks(axis) {
  if (!(axis?.tickvals?.length > 4)) return;
  const second = (_, at) => at % 2 === 0;
  axis.tickvals = axis.tickvals.filter(second);
  axis.ticktext = axis.ticktext.filter(second);
}

/** Names of bars get half of the width at most; whole ones are in the tooltip and in the table. */
function shortenTicks(axis) {
  if (axis?.ticktext) axis.ticktext = axis.ticktext.map(shortened);
}

/** Before a panel is swapped its drawing is put aside; before a page is, drawings are let go of. */
function release(event) {
  const target = event.detail?.ctx?.target;
  if (!window.Plotly || !target?.querySelectorAll) return;
  for (const element of target.querySelectorAll(".chart[data-drawn]")) {
    if (target.matches(".panel")) kept.set(target.id, element);
    else window.Plotly.purge(element);
  }
}

/** The same figure again is the same drawing: nothing flickers, and what a reader points at stays. */
function reuse(element) {
  const id = element.closest(".panel")?.id;
  const old = kept.get(id);
  if (!old) return false;
  kept.delete(id);
  if (old.dataset.figure === element.dataset.figure && old.querySelector(".main-svg")) {
    element.replaceWith(old);
    return true;
  }
  if (old.dataset.level) element.dataset.level = old.dataset.level;
  window.Plotly.purge(old);
  return false;
}
