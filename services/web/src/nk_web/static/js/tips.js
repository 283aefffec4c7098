// One tooltip for everything with data-tip. The text is set as text, never as markup.
const GAP = 8;

export function startTips() {
  for (const name of ["pointerover", "focusin"]) document.addEventListener(name, show);
  for (const name of ["pointerout", "focusout", "scroll"]) document.addEventListener(name, hide, true);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
}

function show(event) {
  const owner = event.target.closest?.("[data-tip]");
  if (!owner) return;
  const tip = document.getElementById("tip");
  const [head, ...facts] = owner.dataset.tip.split(" · ");
  const title = document.createElement("strong");
  title.textContent = head;
  const lines = facts.map((fact) => Object.assign(document.createElement("span"), { textContent: fact }));
  tip.replaceChildren(title, ...lines);
  tip.hidden = false;
  place(tip, owner.getBoundingClientRect());
}

function place(tip, at) {
  const width = document.documentElement.clientWidth;
  const left = Math.min(Math.max(GAP, at.left + at.width / 2 - tip.offsetWidth / 2), width - tip.offsetWidth - GAP);
  const above = at.top - tip.offsetHeight - GAP;
  tip.style.left = `${left}px`;
  tip.style.top = `${above > GAP ? above : at.bottom + GAP}px`;
}

function hide() {
  document.getElementById("tip").hidden = true;
}
