// A button whose address answers with an error page (the thing was deleted meanwhile, the form is out of date)
// says so where messages stand; htmx itself would stay silent. It goes when the same address answers well.
document.addEventListener("htmx:responseError", ({ detail }) => {
  const messages = document.getElementById("messages");
  const page = new DOMParser().parseFromString(detail.xhr.responseText, "text/html");
  const words = ["h1", "p"].map((name) => page.querySelector(`#content ${name}`)?.textContent.trim());
  const text = words.filter(Boolean).join(". ") || `The console answered with error ${detail.xhr.status}.`;
  if (!messages || messages.querySelector("[data-failed]")?.textContent === text) return;
  const alert = document.createElement("div");
  alert.className = "alert alert-danger";
  alert.textContent = text;
  alert.dataset.failed = detail.pathInfo.requestPath;
  messages.replaceChildren(alert);
  if (detail.requestConfig.verb !== "get") messages.scrollIntoView({ block: "nearest" });
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (!detail.successful) return;
  for (const alert of document.querySelectorAll("#messages [data-failed]")) {
    if (alert.dataset.failed === detail.pathInfo.requestPath) alert.remove();
  }
});
