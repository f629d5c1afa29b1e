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
    ask(asked, submitter, form.querySelector("[data-ask]"), () => {
      agreed.add(form);
      form.requestSubmit(submitter);
    });
  },
  true,
);

// A field with data-ask is filled in within the dialog; without this script it stands in the form itself.
function ask(asked, submitter, wanted, proceed) {
  const reason = dialog.querySelector("#confirm-reason");
  dialog.querySelector("[data-part=ask]").hidden = !wanted;
  reason.required = Boolean(wanted);
  reason.value = wanted?.value ?? "";
  const yes = dialog.querySelector("[value=yes]");
  dialog.querySelector("[data-part=title]").textContent = asked.dataset.confirmTitle ?? "Are you sure?";
  dialog.querySelector("[data-part=text]").textContent = asked.dataset.confirm;
  yes.textContent = asked.dataset.confirmVerb ?? submitter?.textContent.trim() ?? "Go on";
  yes.className = `btn ${"danger" in asked.dataset ? "btn-danger" : "btn-primary"}`;
  dialog.returnValue = "";
  const closed = () => {
    if (dialog.returnValue !== "yes") return;
    if (wanted) wanted.value = reason.value;
    proceed();
  };
  dialog.addEventListener("close", closed, { once: true });
  dialog.showModal();
  if (wanted) reason.focus();
}

// Enter in a field presses a form's first button, which is Cancel here.
dialog?.querySelector("#confirm-reason").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  dialog.querySelector("[value=yes]").click();
});
