// <button data-copy="text"> copies its text and says so for a moment, in words too.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const said = await navigator.clipboard.writeText(button.dataset.copy).then(
    () => "Copied",
    () => "Press Ctrl+C to copy",
  );
  const label = button.querySelector("[data-part=said]");
  label.textContent = said;
  setTimeout(() => (label.textContent = ""), 1500);
});
