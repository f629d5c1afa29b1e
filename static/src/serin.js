// On every page. Pages work without it: it adds confirmation, copying, shortcuts, failures in words and live-part manners.
import "./js/confirm.js";
import "./js/copy.js";
import "./js/failures.js";
import "./js/live.js";
import "./js/menus.js";
import "./js/shortcuts.js";
import "./js/theme-toggle.js";
