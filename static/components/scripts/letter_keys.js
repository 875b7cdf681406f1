// A keyboard on the screen; the keys of the real one do the same while nothing else is written in.

const PATIENCE_MS = 5000;

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  const state = stateOf(root, () => ({ root, turn: null, until: 0 }));
  state.send = (place) => setTriggerValue("chosen", place);
  // An older call's cleanup may come after a newer call: it must not undo what that one set up.
  const call = (state.calls = (state.calls ?? 0) + 1);
  if (state.turn !== data.turn) state.until = 0;
  state.turn = data.turn;
  root.setAttribute("aria-label", data.words.label);
  buildKeys(state, data.rows);
  const heard = root.querySelector(".heard");
  if (heard.textContent !== data.words.said) heard.textContent = data.words.said;
  if (state.listener) window.removeEventListener("keydown", state.listener, true);
  state.listener = (event) => typed(state, data.rows.flat(), event);
  // Before the page's own shortcuts, of which "r" and "c" are letters of the game.
  window.addEventListener("keydown", state.listener, true);
  root.shown = state;
  return () => {
    if (state.calls === call) window.removeEventListener("keydown", state.listener, true);
  };
}

function buildKeys(state, rows) {
  const box = state.root.querySelector(".rows");
  const shape = JSON.stringify(rows.map((row) => row.map((key) => key.symbol)));
  // Keys that stay keep the focus of whoever goes from one to the next.
  if (state.shape !== shape) {
    state.shape = shape;
    box.replaceChildren(...rows.map((row) => rowOf(state, row)));
  }
  const buttons = [...box.querySelectorAll("button")];
  rows.flat().forEach((key, index) => {
    buttons[index].setAttribute("aria-disabled", String(key.tried));
    buttons[index].classList.toggle("tried", key.tried);
    buttons[index].classList.remove("waiting");
    buttons[index].onclick = () => choose(state, key, buttons[index]);
  });
}

function rowOf(state, row) {
  const line = document.createElement("div");
  line.className = "line";
  for (const key of row) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = key.wide ? "key wide" : "key";
    button.textContent = key.shown;
    line.append(button);
  }
  return line;
}

function choose(state, key, button) {
  // One at a time: a second choice would be about a letter that nobody has seen yet.
  if (key.tried || performance.now() < state.until) return;
  state.until = performance.now() + PATIENCE_MS;
  button.classList.add("waiting");
  state.send(key.place);
}

function typed(state, keys, event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const target = event.composedPath()[0];
  if (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName ?? "")) return;
  const isOurs = event.composedPath().includes(state.root);
  // A space presses the button that has the focus, unless that is one of these keys.
  if (event.key === " " && target.tagName === "BUTTON" && !isOurs) return;
  const index = keys.findIndex((key) => key.symbol === event.key.toLowerCase());
  if (index < 0) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!event.repeat) choose(state, keys[index], state.root.querySelectorAll("button")[index]);
}
