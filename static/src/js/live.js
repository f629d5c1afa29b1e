// Manners of the parts that htmx swaps: what a reader opened stays open, an ended session leads to the
// log-in page instead of landing in a fragment, and a silent server is said once, not once a second.
const root = document.documentElement;
const opened = new Map();

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const answered = new URL(detail.xhr.responseURL || location.href, location.href).pathname;
  if (answered === document.body.dataset.logIn && answered !== location.pathname) {
    detail.shouldSwap = false;
    location.reload();
    return;
  }
  // Of the whole page: parts elsewhere are swapped along, out of band.
  for (const details of document.querySelectorAll("details[id]")) opened.set(details.id, details.open);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const [id, open] of opened) {
    const details = document.getElementById(id);
    if (details) details.open = open;
  }
  opened.clear();
});

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => root.classList.add("is-offline"));
}
document.addEventListener("htmx:afterOnLoad", () => root.classList.remove("is-offline"));
