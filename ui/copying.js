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

  // A text that grows is put on the page anew; whoever stood on it, or on its button, stays there.
  const KINDS = [".plain-text button", ".plain-text .words"];
  let held = null;
  const anew = new MutationObserver(() => {
    if (!held || held.part.isConnected || document.activeElement !== document.body) return;
    if (held.page !== location.pathname) return;
    const around = held.around.find(({ place }) => place.isConnected);
    around?.place.querySelectorAll(held.kind)[around.nth]?.focus({ preventScroll: true });
  });

  function hold({ target: part }) {
    const kind = KINDS.find((one) => part.matches(one));
    const page = location.pathname;
    held = kind ? { part, kind, page, around: placesAround(part, kind) } : null;
    if (held) anew.observe(document.body, { childList: true, subtree: true });
    else anew.disconnect();
  }

  function placesAround(part, kind) {
    const places = [];
    for (let place = part.parentElement; place; place = place.parentElement) {
      places.push({ place, nth: [...place.querySelectorAll(kind)].indexOf(part) });
    }
    return places;
  }

  function release({ target: part }) {
    setTimeout(() => {
      if (held?.part === part && part.isConnected && document.activeElement !== part) held = null;
    });
  }

  document.addEventListener("click", answer);
  document.addEventListener("focusin", hold);
  document.addEventListener("focusout", release);
  return copy;
})();
