// What could come at one place: bars for each token after each filter, and the number that decided.

const DIE_HEIGHT = 26, NUMBER_HEIGHT = 18;

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  const state = stateOf(root, () => makeCandidates(root));
  state.send = (row) => setTriggerValue("chosen", row);
  // An older call's cleanup may come after a newer call: it must not undo what that one set up.
  const call = (state.calls = (state.calls ?? 0) + 1);
  state.observer.observe(root);
  state.data = data;
  state.ends = data.die ? new Float64Array(bytesOf(data.die.ends).buffer) : null;
  root.querySelector(".table").setAttribute("aria-label", data.words.label);
  buildRows(state);
  state.draw();
  root.shown = state;
  return () => {
    if (state.calls === call) state.observer.disconnect();
  };
}

function makeCandidates(root) {
  const canvas = root.querySelector(".die canvas");
  const state = {
    root, canvas, data: null, open: false, table: root.querySelector(".table"),
    more: root.querySelector(".more"), tip: root.querySelector(".tip"),
  };
  state.draw = () => drawDie(state);
  state.observer = new ResizeObserver(() => state.data && state.draw());
  state.more.onclick = () => {
    state.open = !state.open;
    buildRows(state);
  };
  canvas.onpointermove = (event) => point(state, event);
  canvas.onpointerleave = () => {
    state.tip.hidden = true;
  };
  return state;
}

function buildRows(state) {
  const { data, table, more } = state;
  table.style.gridTemplateColumns = `max-content repeat(${data.stages.length}, minmax(0, 1fr))`;
  const header = [data.words.token, ...data.stages].map((name) => cellOf("head", name));
  // What stands in the text is seen without asking for more.
  const shown = data.rows
    .map((row, index) => ({ row, index }))
    .filter(({ row, index }) => state.open || index < data.first || row.came);
  const rows = shown.map(({ row, index }) => rowOf(state, row, index));
  const rest = data.rest ? [restOf(state)] : [];
  table.replaceChildren(...header, ...rows, ...rest);
  const hidden = data.rows.filter((row, index) => index >= data.first && !row.came);
  const together = hidden.reduce((sum, row) => sum + row.odds.at(-1), 0);
  const words = { count: hidden.length, percent: percent(data.words, together) };
  more.hidden = hidden.length === 0;
  more.textContent = state.open ? data.words.less : filled(data.words.more, words);
}

function rowOf(state, row, index) {
  const { words, stages } = state.data;
  const button = document.createElement("button");
  button.type = "button";
  button.className = row.came ? "row came" : "row";
  const odds = row.odds.map((share, stage) => `${stages[stage]} ${percent(words, share)}`);
  const name = row.came ? `${row.token}, ${words.came}` : filled(words.pick, { token: row.token });
  button.setAttribute("aria-label", `${name}: ${odds.join(", ")}`);
  button.append(cellOf("token", row.token), ...row.odds.map((share) => barOf(words, share)));
  button.onclick = () => state.send(index);
  return button;
}

function restOf(state) {
  const { rest, words } = state.data;
  const line = document.createElement("div");
  line.className = "row rest";
  line.append(cellOf("token", rest.name), ...rest.odds.map((share) => barOf(words, share)));
  return line;
}

function cellOf(kind, text) {
  const cell = document.createElement("span");
  cell.className = kind;
  cell.textContent = text;
  return cell;
}

function barOf(words, share) {
  const cell = document.createElement("span");
  cell.className = share > 0 ? "bar" : "bar none";
  const fill = document.createElement("span");
  fill.className = "fill";
  fill.style.width = `${100 * share}%`;
  cell.append(fill, cellOf("share", share > 0 ? percent(words, share) : "–"));
  return cell;
}

// Three digits, and never "0" for what can come.
function percent(words, share) {
  const value = 100 * share;
  const digits = value >= 99.95 || value === 0 ? 0 : value >= 10 ? 1 : value >= 0.1 ? 2 : 3;
  const least = value > 0 && value < 0.001;
  const rounded = least ? `<${numeral(0.001, 3)}` : numeral(value, digits);
  return filled(words.percent, { percent: rounded });
}

function drawDie(state) {
  const { data, canvas, ends, root } = state;
  const box = root.querySelector(".die");
  box.hidden = !data.die;
  if (!data.die) return;
  const width = root.clientWidth, scale = data.textScale;
  const ratio = fit(canvas, width, DIE_HEIGHT * scale);
  const context = canvas.getContext("2d"), height = canvas.height;
  const accent = styleOf(root, "--st-primary-color"), text = styleOf(root, "--st-text-color");
  context.globalAlpha = 1;
  let from = 0;
  for (const [index, end] of ends.entries()) {
    const falls = index === data.die.fallsOn;
    context.fillStyle = falls ? accent : text;
    context.globalAlpha = falls ? 1 : index % 2 ? 0.12 : 0.24;
    // Below a pixel a stretch still is seen where the number fell on it.
    const size = Math.max((end - from) * canvas.width, falls ? ratio : 0);
    context.fillRect(from * canvas.width, 6 * ratio, size, height - 6 * ratio);
    from = end;
  }
  context.globalAlpha = 1;
  context.fillStyle = text;
  const at = data.die.number * canvas.width;
  context.fillRect(at - ratio, 0, 2 * ratio, height);
  const label = root.querySelector(".number");
  label.textContent = filled(data.words.number, { number: numeral(data.die.number, 4) });
  label.style.height = `${NUMBER_HEIGHT * scale}px`;
  label.style.left = `${Math.max(0, Math.min(width - label.offsetWidth, at / ratio - label.offsetWidth / 2))}px`;
}

function point(state, event) {
  const { canvas, data, ends } = state;
  const box = canvas.getBoundingClientRect();
  const at = (event.clientX - box.left) / box.width;
  const found = ends.findIndex((end) => at < end);
  if (found < 0) return;
  const words = filled(data.words.stretch, {
    start: numeral(found ? ends[found - 1] : 0, 4), end: numeral(ends[found], 4),
    token: data.die.tokens[found],
  });
  showTip(state.root, state.tip, words, event);
}
