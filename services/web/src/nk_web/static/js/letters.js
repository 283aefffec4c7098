// While somebody reads a message, or writes why it is discarded, the list of messages does not change under them.
export function startLetters() {
  document.addEventListener("htmx:config:request", (event) => {
    const { sourceElement } = event.detail.ctx;
    if (sourceElement.id === "dead-letters" && sourceElement.querySelector("details[open]")) event.preventDefault();
  });
  document.addEventListener("toggle", looked, true);
}

/** Whoever closed the last one sees what has happened meanwhile. */
function looked(event) {
  const list = event.target.closest?.("#dead-letters");
  if (list && !event.target.open && !list.querySelector("details[open]")) {
    document.body.dispatchEvent(new Event("nk-letters"));
  }
}
