// The dashboard's own server did not answer at all: say so where the answer would have been.
export function startFallback() {
  document.addEventListener("htmx:error", (event) => {
    const source = event.detail?.ctx?.sourceElement;
    const slot = source?.closest(".slot");
    // What is on the screen already is worth more than a message in its place.
    if (!slot || slot.getAttribute("aria-busy") !== "true") return;
    const room = slot.querySelector(".skeleton:not(.badge, .kpi)");
    const message = document.getElementById("unreachable").content.cloneNode(true);
    if (room) room.replaceChildren(message);
    room?.classList.remove("skeleton");
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-retry]")) return;
    const slot = event.target.closest(".slot");
    const target = `#${slot.id}`;
    htmx.ajax("GET", slot.getAttribute("hx-get"), { source: slot, target, swap: "outerHTML" });
  });
}
