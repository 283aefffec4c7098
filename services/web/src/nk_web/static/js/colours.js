// Figures name colours of the design system, `var(--name)` or `var(--name@0.3)`; plotly wants values.
const NAMED = /^var\((--[\w-]+)(?:@([\d.]+))?\)$/;

export function resolveColours(value, style) {
  if (typeof value === "string") return colour(value, style);
  if (Array.isArray(value)) return value.map((item) => resolveColours(item, style));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveColours(item, style)]));
}

function colour(text, style) {
  const [, name, opacity] = NAMED.exec(text) ?? [];
  if (!name) return text;
  const value = style.getPropertyValue(name).trim();
  return opacity ? faded(value, opacity) : value;
}

/** `#rrggbb`, which is how the tokens are written, seen through. */
function faded(hex, opacity) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return `rgba(${red},${green},${blue},${opacity})`;
}
