"""Questions about stock: as it lay on a day, and how it changed over a range."""
