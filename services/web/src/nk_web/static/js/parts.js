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

/** Other days or filters: tables stay sorted, and begin at their first page. */
function keepParts(ctx, parts) {
  const to = new URL(ctx.request.action, location.href);
  if (to.pathname !== location.pathname) return;
  for (const name of parts) {
    if (name.endsWith(".page")) to.searchParams.delete(name);
    else carry(name, to);
  }
  ctx.request.action = to.pathname + to.search;
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
