// The lists of the filter menu are fetched when they are opened, and again while somebody searches in them.
const PAUSE = 300;
let timer = null;

export function startFilters() {
  // "toggle" does not bubble, so it is caught on its way down.
  document.addEventListener("toggle", opened, true);
  document.addEventListener("input", searched);
  // Enter in a search box must not send the whole form.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches?.("[data-find]")) event.preventDefault();
  });
}

function opened(event) {
  const room = event.target.open && event.target.querySelector?.(":scope > [data-options]:not([data-asked])");
  if (!room) return;
  room.dataset.asked = "";
  fill(room, room.dataset.options);
}

function searched(event) {
  const box = event.target.closest?.("[data-find]");
  if (!box) return;
  const room = box.closest("[data-options]");
  clearTimeout(timer);
  timer = setTimeout(() => fill(room, room.dataset.options, box.value), PAUSE);
}

/** What is ticked by now is asked for as chosen, so that searching never loses it. */
async function fill(room, address, find = "") {
  const to = new URL(address, location.href);
  const name = room.dataset.param;
  const ticked = room.querySelectorAll(`[name="${name}"]:checked, input[type="hidden"][name="${name}"]`);
  to.searchParams.delete(name);
  for (const input of ticked) to.searchParams.append(name, input.value);
  if (find) to.searchParams.set("find", find);
  await htmx.ajax("GET", to.pathname + to.search, { source: room, target: room, swap: "innerHTML" });
}
