// New figures must not cost the reader's place: tables stay open and as far scrolled as they were, and whoever types
// goes on typing.
const open = new Map();
let typing = null;

export function startPlaces() {
  document.addEventListener("htmx:before:swap", remember);
  document.addEventListener("htmx:after:swap", restore);
}

function remember() {
  open.clear();
  for (const details of document.querySelectorAll("details.data[open][id]")) {
    open.set(details.id, details.querySelector(".scroll")?.scrollTop ?? 0);
  }
  const { id, value, selectionStart } = document.activeElement ?? {};
  typing = id ? { id, value, at: selectionStart } : null;
}

function restore() {
  for (const [id, top] of open) {
    const details = document.getElementById(id);
    if (!details) continue;
    details.open = true;
    const scroll = details.querySelector(".scroll");
    if (scroll) scroll.scrollTop = top;
  }
  const field = typing && document.getElementById(typing.id);
  if (!field || field === document.activeElement) return;
  field.focus({ preventScroll: true });
  if (typeof typing.at !== "number" || field.type === "date") return;
  field.value = typing.value; // what was typed while the answer was on its way
  field.setSelectionRange(typing.at, typing.at);
}
