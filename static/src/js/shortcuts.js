// `g` then a letter follows the link with data-go="letter"; `/` goes to the search field; `?` shows the keys.
const TYPING = "input, textarea, select, [contenteditable=true]";
const GO_WITHIN_MS = 1500;
let goUntil = 0;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest(TYPING)) return;
  if (document.querySelector("dialog[open]")) return;
  if (act(event.key)) event.preventDefault();
});

function act(key) {
  if (goUntil > Date.now()) {
    goUntil = 0;
    return follow(key);
  }
  if (key === "g") goUntil = Date.now() + GO_WITHIN_MS;
  if (key === "?") document.getElementById("help").togglePopover();
  if (key === "/") return focusSearch();
  return key === "g" || key === "?";
}

function follow(letter) {
  const link = document.querySelector(`[data-go="${CSS.escape(letter)}"]`);
  link?.click();
  return Boolean(link);
}

function focusSearch() {
  const field = document.querySelector("main input[type=search]");
  field?.select();
  field?.focus();
  return Boolean(field);
}
