// Parts of a page change the address one by one: a table its sorting, a chart its grain. Every link was written
// when its part was, so before it is followed it is told what the other parts have said since.
export function startParts() {
  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    const parts = names(document.querySelector("[data-parts]")?.dataset.parts);
    if (!parts.length || ctx.request.method !== "GET") return;
    const panel = ctx.sourceElement.closest?.(".panel");
    if (ctx.target?.id === "page") keepParts(ctx, parts);
    else if (panel && ctx.sourceElement !== panel) keepOthers(ctx, parts, names(panel.dataset.own));
  });
}

const names = (text) => (text ?? "").split(" ").filter(Boolean);

/** Other days or filters: tables stay sorted, and begin at their first page. What the link itself sets is not kept. */
function keepParts(ctx, parts) {
  const to = new URL(ctx.request.action, location.href);
  if (to.pathname !== location.pathname) return;
  const sets = new Map(names(ctx.sourceElement.dataset?.sets).map((set) => set.split("=")));
  const anew = sortingBeside(sets);
  for (const name of parts) {
    if (name.endsWith(".page")) to.searchParams.delete(name);
    else if (sets.get(name)) press(name, sets.get(name), to);
    else if (!sets.has(name) && !anew.includes(name)) carry(name, to);
  }
  ctx.request.action = to.pathname + to.search;
}

/** A link may set a choice of a part: pressed again, it takes that back. Whether it is on is what the address says, for
    the part may have changed since the link was written. */
function press(name, value, to) {
  if (new URLSearchParams(location.search).get(name) === value) to.searchParams.delete(name);
  else to.searchParams.set(name, value);
}

/** The table of a part is sorted for what is chosen there, so another choice begins its sorting anew. */
function sortingBeside(sets) {
  const panels = [...document.querySelectorAll(".panel")].map((panel) => names(panel.dataset.own));
  const chosen = panels.filter((own) => own.some((name) => sets.has(name))).flat();
  return chosen.filter((name) => /\.(sort|order)$/.test(name));
}

/** A part that changes itself: the other parts stay as they are, and the address bar says all of it. */
function keepOthers(ctx, parts, own) {
  const others = parts.filter((name) => !own.includes(name));
  const to = new URL(ctx.request.action, location.href);
  for (const name of others) carry(name, to);
  ctx.request.action = to.pathname + to.search;
  if (!ctx.push?.startsWith("/")) return;
  const page = new URL(ctx.push, location.href);
  for (const name of others) carry(name, page);
  for (const [name, value] of ctx.request.body ?? []) {
    if (value) page.searchParams.set(name, value);
    else page.searchParams.delete(name);
  }
  ctx.push = page.pathname + page.search;
}

function carry(name, to) {
  to.searchParams.delete(name);
  for (const value of new URLSearchParams(location.search).getAll(name)) to.searchParams.append(name, value);
}
