// New figures must not cost the reader's place: tables stay open, and keep how far they were scrolled.
const open = new Map();

export function startPlaces() {
  document.addEventListener("htmx:before:swap", remember);
  document.addEventListener("htmx:after:swap", restore);
}

function remember() {
  open.clear();
  for (const details of document.querySelectorAll("details.data[open][id]")) {
    open.set(details.id, details.querySelector(".scroll")?.scrollTop ?? 0);
  }
}

function restore() {
  for (const [id, top] of open) {
    const details = document.getElementById(id);
    if (!details) continue;
    details.open = true;
    const scroll = details.querySelector(".scroll");
    if (scroll) scroll.scrollTop = top;
  }
}
