// Listens to the pipeline. New figures are asked for at most every few seconds however many days arrive, and
// a page that nobody looks at lets go of its stream: browsers allow only six of them per host.
const FIGURES_EVERY = 4000;
const PROGRESS_EVERY = 2000;
let source = null;
let missedSomething = false;

export function startLive() {
  const figures = throttled("nk-loaded", FIGURES_EVERY);
  const progress = throttled("nk-pipeline", PROGRESS_EVERY);
  const follow = () => {
    if (document.hidden) return leave();
    if (!source) listen(figures, progress);
  };
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", leave);
  addEventListener("pageshow", follow);
  follow();
}

function listen(figures, progress) {
  source = new EventSource("/events");
  source.addEventListener("online", () => {
    show("online");
    if (!missedSomething) return;
    missedSomething = false;
    figures();
    progress();
  });
  source.addEventListener("offline", lost);
  source.addEventListener("error", lost);
  source.addEventListener("pipeline", progress);
  source.addEventListener("loaded", () => {
    figures();
    progress();
  });
}

function lost() {
  missedSomething = true;
  show("offline");
}

function leave() {
  if (!source) return;
  source.close();
  source = null;
  missedSomething = true;
}

function show(state) {
  const badge = document.querySelector("[data-live-state]");
  if (badge) badge.dataset.liveState = state;
}

/** Fires `name` on the body now, and once more at the end of a burst. */
function throttled(name, every) {
  let timer = null;
  let again = false;
  const fire = () => {
    if (timer !== null) {
      again = true;
      return;
    }
    document.body.dispatchEvent(new Event(name));
    timer = setTimeout(() => {
      timer = null;
      if (!again) return;
      again = false;
      fire();
    }, every);
  };
  return fire;
}
