// A form with data-confirm="effect in traffic" is sent only after its sentence was agreed to.
// The listener captures, so it runs before htmx's own submit handler.
const dialog = document.getElementById("confirm");
const agreed = new WeakSet();

document.addEventListener(
  "submit",
  (event) => {
    const { target: form, submitter } = event;
    const asked = submitter?.dataset.confirm ? submitter : form;
    if (!asked.dataset.confirm || agreed.delete(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(asked, submitter, () => {
      agreed.add(form);
      form.requestSubmit(submitter);
    });
  },
  true,
);

function ask(asked, submitter, proceed) {
  const yes = dialog.querySelector("[value=yes]");
  dialog.querySelector("[data-part=title]").textContent = asked.dataset.confirmTitle ?? "Are you sure?";
  dialog.querySelector("[data-part=text]").textContent = asked.dataset.confirm;
  yes.textContent = asked.dataset.confirmVerb ?? submitter?.textContent.trim() ?? "Go on";
  yes.className = `btn ${"danger" in asked.dataset ? "btn-danger" : "btn-primary"}`;
  dialog.returnValue = "";
  dialog.addEventListener("close", () => dialog.returnValue === "yes" && proceed(), { once: true });
  dialog.showModal();
}
