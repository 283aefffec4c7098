// What the pages do in the browser. Every module listens on the document, because htmx replaces what is in it.
import { startCharts } from "./charts.js";
import { startFallback } from "./fallback.js";
import { startFilters } from "./filters.js";
import { startLetters } from "./letters.js";
import { startLive } from "./live.js";
import { startMenus } from "./menus.js";
import { startParts } from "./parts.js";
import { startPlaces } from "./places.js";
import { startSync } from "./sync.js";
import { startThemeSwitch } from "./theme-switch.js";
import { startTips } from "./tips.js";

startThemeSwitch();
startMenus();
startTips();
startPlaces();
startParts();
startFilters();
startFallback();
startCharts();
startSync();
startLetters();
startLive();
