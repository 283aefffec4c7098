// The theme follows the system until somebody picks one.
const dark = matchMedia("(prefers-color-scheme: dark)");

export function startThemeSwitch() {
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-switch]")) return;
    const root = document.documentElement;
    const now = root.dataset.theme ?? (dark.matches ? "dark" : "light");
    const next = now === "dark" ? "light" : "dark";
    root.dataset.theme = next;
    try {
      localStorage.setItem("nk-theme", next);
    } catch {
      // Storage may be switched off; the choice then lasts until the page is left.
    }
    document.dispatchEvent(new Event("nk-theme"));
  });
  // Paper is light, and so are the charts on it.
  let before;
  addEventListener("beforeprint", () => {
    before = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
    document.dispatchEvent(new Event("nk-theme"));
  });
  addEventListener("afterprint", () => {
    if (before) document.documentElement.dataset.theme = before;
    else delete document.documentElement.dataset.theme;
    document.dispatchEvent(new Event("nk-theme"));
  });
  dark.addEventListener("change", () => document.dispatchEvent(new Event("nk-theme")));
}
