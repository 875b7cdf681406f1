// What each token looks at, as lines: those that look below, those looked at above.

const HIGH = 190, LABELS = 20, WIDEST = 30, NARROWEST = 7, LEFT = 8, STRONGEST = 3;

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  const state = stateOf(root, () => makeLines(root));
  state.send = (row, column) => setTriggerValue("chosen", [row, column]);
  const leave = attend(root, state, data);
  state.values = floatsOf(data.values);
  state.chosen = latest(state, ...data.chosen);
  if (state.chosen[0] >= data.tokens.length) state.chosen = data.chosen; // another text
  root.setAttribute("aria-label", data.words.label);
  root.querySelector(".scale canvas").style.display = "none"; // lines are their own legend
  root.querySelector(".from").textContent = data.words.low;
  root.querySelector(".to").textContent = data.words.high;
  root.querySelector(".unit").textContent = data.words.unit;
  root.querySelector(".save").textContent = data.words.save;
  state.draw();
  root.shown = state;
  return leave;
}

function makeLines(root) {
  const canvas = root.querySelector("canvas.lines");
  const state = drawingOf(root, canvas, { draw: drawLines, point, move });
  canvas.onclick = (event) => {
    const found = tokenAt(state, event);
    if (!found) return;
    const [query, key] = state.chosen;
    if (found.below) choose(state, found.token, Math.min(key, found.token), 0);
    else if (found.token <= query) choose(state, query, found.token, 0);
  };
  root.querySelector(".save").onclick = () => save(state);
  return state;
}

function weightOf(state, query, key) {
  return key <= query ? state.values[query * state.data.tokens.length + key] : 0;
}

// How dark a line is: the scale's end and all beyond it are darkest.
function darkness(state, weight) {
  return Math.min(1, weight / state.data.high);
}

function drawLines(root, state) {
  const { data, canvas, group } = state;
  const count = data.tokens.length;
  const width = Math.max(160, root.clientWidth);
  state.step = Math.min(WIDEST, Math.max(NARROWEST, (width - 2 * LEFT) / count));
  const ratio = fit(canvas, 2 * LEFT + state.step * count, HIGH + 2 * LABELS);
  const context = canvas.getContext("2d");
  const at = (token) => (LEFT + (token + 0.5) * state.step) * ratio;
  const top = LABELS * ratio, bottom = (LABELS + HIGH) * ratio;
  const text = styleOf(root, "--st-text-color"), accent = styleOf(root, "--st-primary-color");
  const query = group.hover ?? state.chosen[0];
  const line = (from, to, weight, colour, wide) => {
    context.globalAlpha = darkness(state, weight);
    context.strokeStyle = colour;
    context.lineWidth = wide * ratio;
    context.beginPath();
    context.moveTo(at(from), bottom);
    context.lineTo(at(to), top);
    context.stroke();
  };
  for (let from = 0; from < count; from++) {
    for (let to = 0; to <= from; to++) {
      const weight = weightOf(state, from, to);
      // Thinner than a breath of colour it would not be seen, only drawn.
      if (from !== query && darkness(state, weight) >= 1 / 255) line(from, to, 0.35 * weight, text, 1);
    }
  }
  for (let to = 0; to <= query; to++) line(query, to, weightOf(state, query, to), accent, 2.5);
  context.globalAlpha = 1;
  drawTokens(root, context, ratio, state, at, query);
}

function drawTokens(root, context, ratio, state, at, query) {
  const { data } = state;
  const size = 11 * data.textScale;
  const every = Math.max(1, Math.ceil(size / state.step));
  const text = styleOf(root, "--st-text-color"), accent = styleOf(root, "--st-primary-color");
  context.font = `${size * ratio}px ${styleOf(root, "--st-code-font") || "monospace"}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const label = (token, y, marked) => {
    context.fillStyle = marked ? accent : text;
    const whole = data.tokens[token];
    context.fillText(whole.length > 4 ? `${whole.slice(0, 3)}…` : whole, at(token), y * ratio);
  };
  data.tokens.forEach((_, token) => {
    const isQuery = token === query, isKey = token === state.chosen[1];
    if (token % every === 0 || isQuery) label(token, HIGH + 1.5 * LABELS, isQuery);
    if (token % every === 0 || isKey) label(token, LABELS / 2, isKey && query === state.chosen[0]);
  });
}

function tokenAt(state, event) {
  const box = state.canvas.getBoundingClientRect();
  const token = Math.floor((event.clientX - box.left - LEFT) / state.step);
  if (token < 0 || token >= state.data.tokens.length) return null;
  return { token, below: event.clientY - box.top > LABELS + HIGH / 2 };
}

function point(root, state, event) {
  const found = tokenAt(state, event);
  if (!found || !found.below) return pointAtNothing(state);
  tell(state.group, { hover: found.token, hoverKey: null });
  const name = (token) => `${token + 1} ${state.data.tokens[token]}`;
  const keys = Array.from({ length: found.token + 1 }, (_, key) => key);
  const row = (key) => weightOf(state, found.token, key);
  const strongest = keys.sort((one, other) => row(other) - row(one)).slice(0, STRONGEST);
  const lines = strongest.map((key) => filled(state.data.words.pair, {
    query: name(found.token), key: name(key), value: numeral(row(key), 4),
  }));
  showTip(root, state.tip, lines.join("\n"), event);
}

function choose(state, query, key, wait) {
  state.chosen = [query, key];
  tell(state.group, { hover: null });
  state.draw();
  tellSoon(state, wait, query, key);
}

function move(state, event) {
  const [query, key] = state.chosen, last = state.data.tokens.length - 1;
  const to = {
    ArrowRight: [query + 1, key], ArrowLeft: [query - 1, Math.min(key, query - 1)],
    ArrowUp: [query, key - 1], ArrowDown: [query, key + 1],
  }[event.key];
  if (!to) return;
  event.preventDefault();
  if (to[0] >= 0 && to[0] <= last && to[1] >= 0 && to[1] <= to[0]) choose(state, ...to, 200);
}
