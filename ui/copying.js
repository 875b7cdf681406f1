// Puts texts into the clipboard; for all that have a button for it, on every page.
globalThis.minigptCopy ??= (() => {
  const SECONDS = 2;

  async function copy(text, beside) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Only pages that came over HTTPS, or from this computer, may do that; in a class few do.
      return copyByHand(text, beside);
    }
  }

  function copyByHand(text, beside) {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.cssText = "position: absolute; width: 1px; height: 1px; clip-path: inset(50%)";
    beside.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }

  async function answer(event) {
    const button = event.target.closest?.(".plain-text .corner button");
    if (!button) return;
    const { text, done, failed } = button.dataset;
    const words = button.closest(".plain-text").querySelector(".words");
    const said = button.nextElementSibling;
    const copied = await copy(text ? decodeURIComponent(text) : words.textContent, said);
    button.focus();
    button.classList.toggle("done", copied);
    said.textContent = button.title = copied ? done : failed;
    clearTimeout(button.timer);
    button.timer = setTimeout(() => {
      button.classList.remove("done");
      button.title = button.ariaLabel;
      said.textContent = "";
    }, 1000 * SECONDS);
  }

  document.addEventListener("click", answer);
  return copy;
})();
