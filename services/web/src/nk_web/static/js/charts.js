// Draws the figures that the server describes. plotly.js is fetched only where there is a chart, and never
// before the text of the page is there.
const VARIABLE = /^var\((--[\w-]+)\)$/;
const CONFIG = { displayModeBar: false, responsive: true, showTips: false, doubleClick: false };
const NARROW = 460;
let plotly = null;

export function startCharts() {
  drawAll();
  document.addEventListener("htmx:before:swap", release);
  document.addEventListener("htmx:after:swap", drawAll);
  document.addEventListener("nk-theme", redrawAll);
  // Most readers will see a chart: fetch the library while the server still works on the figures.
  if (document.querySelector(".chart-card")) loadPlotly();
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
  const waiting = [...document.querySelectorAll(".chart[data-figure]:not([data-drawn])")];
  if (!waiting.length) return;
  for (const element of waiting) element.dataset.drawn = "";
  try {
    const library = await loadPlotly();
    for (const element of waiting) if (element.isConnected) draw(library, element);
  } catch {
    // Without the library the table is the chart.
    for (const element of waiting) {
      const table = element.closest(".chart-card")?.querySelector("details.data");
      if (table) table.open = true;
      delete element.dataset.drawn;
    }
  }
}

async function redrawAll() {
  if (!plotly) return;
  const library = await plotly;
  for (const element of document.querySelectorAll(".chart[data-drawn]")) draw(library, element);
}

function draw(library, element) {
  const figure = resolve(JSON.parse(element.dataset.figure), getComputedStyle(document.documentElement));
  if (element.clientWidth < NARROW) thinTicks(figure.layout.xaxis);
  library.react(element, figure.data, { ...figure.layout, autosize: true }, CONFIG);
}

/** On a phone there is room for every second label. */
function thinTicks(axis) {
  if (!(axis?.tickvals?.length > 4)) return;
  const second = (_, at) => at % 2 === 0;
  axis.tickvals = axis.tickvals.filter(second);
  axis.ticktext = axis.ticktext.filter(second);
}

function resolve(value, style) {
  if (typeof value === "string") {
    const name = VARIABLE.exec(value)?.[1];
    return name ? style.getPropertyValue(name).trim() : value;
  }
  if (Array.isArray(value)) return value.map((item) => resolve(item, style));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, style)]));
}

function release(event) {
  const target = event.detail?.ctx?.target;
  if (!window.Plotly || !target?.querySelectorAll) return;
  for (const element of target.querySelectorAll(".chart[data-drawn]")) window.Plotly.purge(element);
}
