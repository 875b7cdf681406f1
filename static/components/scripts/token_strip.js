// A text as its tokens: background by a number, underlines, one of them chosen.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  const state = stateOf(root, () => makeStrip(root));
  state.send = (index) => setTriggerValue("chosen", index);
  if (state.data?.group !== data.group) {
    state.group?.listeners.delete(state.follow);
    state.group = sharedBy(data.group);
  }
  // An older call's cleanup may come after a newer call: it must not undo what that one set up.
  const call = (state.calls = (state.calls ?? 0) + 1);
  state.group.listeners.add(state.follow);
  const anew = JSON.stringify(state.data?.tokens) !== JSON.stringify(data.tokens);
  state.data = data;
  if (anew) state.told = null;
  [state.chosen] = latest(state, data.chosen);
  state.shades = data.shades ? bytesOf(data.shades) : null;
  state.colors = bytesOf(data.colors);
  if (anew) buildTokens(root, state);
  nameTokens(state);
  // What is said of the token under the pointer was said of what was there before.
  if (anew) state.tip.hidden = true;
  if (!state.tip.hidden) {
    state.tip.textContent = wordsOf(state, state.pointed);
    state.tip.hidden = !state.tip.textContent;
  }
  root.setAttribute("aria-label", data.words.label);
  root.classList.toggle("apart", data.apart);
  root.classList.toggle("scrolls", data.scrolls);
  drawScale(root, state);
  const { tiles } = state.group;
  const [layer, head] = tiles ? latest(tiles, data.layer, data.head) : [data.layer, data.head];
  tell(state.group, { query: state.chosen, layer, head, hover: null });
  state.follow();
  if (data.scrolls) keepInSight(state);
  root.shown = state;
  return () => {
    if (state.calls === call) state.group.listeners.delete(state.follow);
  };
}

function makeStrip(root) {
  const text = root.querySelector(".text");
  const state = { data: null, group: null, text, tip: root.querySelector(".tip"), timer: 0 };
  state.follow = () => colourTokens(state);
  text.onpointerover = (event) => point(root, state, event);
  text.onpointermove = (event) => {
    if (!state.tip.hidden) showTip(root, state.tip, state.tip.textContent, event);
  };
  text.onpointerleave = () => {
    state.tip.hidden = true;
    tell(state.group, { hover: null });
  };
  text.onclick = (event) => {
    const index = indexOf(event.target);
    if (index !== null) choose(root, state, index, 0);
  };
  root.onkeydown = (event) => move(root, state, event);
  return state;
}

function buildTokens(root, state) {
  const spans = state.data.tokens.map((token, index) => {
    const span = document.createElement("span");
    span.className = "token";
    span.id = `token-${index}`;
    span.dataset.index = index;
    span.setAttribute("role", "option");
    // A space alone would have no width to be seen or pointed at by.
    span.textContent = token === " " ? "\u00a0" : token;
    if (token.endsWith("↵") && !state.data.apart) span.append(document.createTextNode("\n"));
    return span;
  });
  state.spans = spans;
  state.text.replaceChildren(...spans.flatMap((span, index) => withBreaks(span, state.data, index)));
}

// Lines end between words, as in any text: a space that has a width of its own holds them together.
function withBreaks(span, data, index) {
  const token = data.tokens[index];
  if (token === " ") return [span, document.createElement("wbr")];
  return token.length > 1 && token.startsWith("␣") ? [document.createElement("wbr"), span] : [span];
}

function colourTokens(state) {
  const { data, group, spans } = state;
  const query = group.hover ?? state.chosen;
  const row = data.follows ? group.rowOf?.(group.layer, group.head, query) : state.shades;
  spans.forEach((span, index) => {
    const shade = row && index < row.length ? row[index] : data.signed ? 128 : 0;
    const [red, green, blue] = state.colors.subarray(3 * shade, 3 * shade + 3);
    // Of numbers with a sign, those about zero look like the background, and are left to it.
    const nothing = data.signed ? Math.abs(shade - 127.5) < 3 : shade === 0;
    const has = row && index < row.length && !nothing;
    span.style.background = has ? `rgb(${red}, ${green}, ${blue})` : "";
    // Black or white, whichever is further away in lightness (WCAG's own weights, simplified).
    const light = 0.299 * red + 0.587 * green + 0.114 * blue > 140;
    span.style.color = has ? (light ? "#101214" : "#ffffff") : "";
    span.classList.toggle("given", index < data.given);
    span.classList.toggle("late", Boolean(data.follows) && query !== null && index > query);
    span.classList.toggle("chosen", index === state.chosen);
    span.classList.toggle("pointed", index === group.hover || index === group.hoverKey);
    span.classList.toggle("mark", data.marks.some(([from, to]) => index >= from && index < to));
    span.setAttribute("aria-selected", String(index === state.chosen));
  });
  const root = state.text.closest(".root");
  if (state.chosen !== null) root.setAttribute("aria-activedescendant", `token-${state.chosen}`);
}

// What the colours stand for; nothing where nobody said it.
function drawScale(root, state) {
  const { unit, from, to } = state.data.words;
  const legend = root.querySelector(".legend");
  legend.hidden = !unit;
  if (!unit) return;
  const bar = legend.querySelector("canvas");
  fit(bar, 96, 8);
  paint(bar.getContext("2d"), { x: 0, y: 0, width: bar.width, height: bar.height }, 1, 256,
    (_, column) => column, state.colors);
  legend.querySelector(".from").textContent = from;
  legend.querySelector(".to").textContent = to;
  legend.querySelector(".unit").textContent = unit;
}

function nameTokens({ data, spans }) {
  spans.forEach((span, index) => {
    const token = data.tokens[index];
    const note = data.notes[index] ? `, ${data.notes[index]}` : "";
    span.setAttribute("aria-label", `${index + 1}: ${token === " " ? data.words.space : token}${note}`);
  });
}

function indexOf(target) {
  const span = target.closest?.(".token");
  return span ? Number(span.dataset.index) : null;
}

function point(root, state, event) {
  const index = indexOf(event.target);
  if (index === null) return;
  tell(state.group, { hover: index });
  state.pointed = index;
  showTip(root, state.tip, wordsOf(state, index), event);
}

function wordsOf(state, index) {
  const note = state.data.notes?.[index];
  const offered = state.data.candidates?.[index];
  const lines = (offered ?? []).map(([token, share]) => `${token}  ${numeral(100 * share, 1)} %`);
  const next = lines.length ? [filled(state.data.words.next, {}), ...lines] : [];
  return [...(note ? [note] : []), ...next].join("\n");
}

function choose(root, state, index, wait) {
  light(state, index);
  tellSoon(state, wait, index);
}

function light(state, index) {
  state.chosen = index;
  tell(state.group, { query: index, hover: null });
  state.follow();
  if (state.data.scrolls) keepInSight(state);
}

// The chosen token is among the lines that are seen; the page itself stays where it is.
function keepInSight({ text, spans, chosen }) {
  const token = spans[chosen];
  if (!token) return;
  const above = token.offsetTop - text.offsetTop;
  const below = above + token.offsetHeight - text.clientHeight;
  if (above < text.scrollTop) text.scrollTop = above;
  else if (below > text.scrollTop) text.scrollTop = below;
}

function move(root, state, event) {
  const last = state.spans.length - 1;
  const at = state.chosen ?? last;
  if (state.data.leads && event.key === "Enter") choose(root, state, at, 0);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const next = Math.min(last, Math.max(0, to));
  // Where a choice leads elsewhere, one can still walk along the text by keys.
  if (state.data.leads) light(state, next);
  else choose(root, state, next, 200);
}
