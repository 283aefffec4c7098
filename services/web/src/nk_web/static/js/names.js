// Names on an axis, as the server wrote them for plotly: "&", "<" and ">" are escaped.
const MOST_LETTERS = 18;
const SIGNS = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const ESCAPED = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** Cut as it is read, and escaped again: half of an "&amp;" would be seen, and nothing may reach plotly unescaped. */
export function shortened(text) {
  const letters = [...text.replace(/&(?:amp|lt|gt);/g, (sign) => SIGNS[sign])];
  if (letters.length <= MOST_LETTERS) return text;
  const kept = letters.slice(0, MOST_LETTERS - 1).join("").trimEnd();
  return `${kept.replace(/[&<>]/g, (sign) => ESCAPED[sign])}…`;
}
