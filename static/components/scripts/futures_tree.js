// A tree of what may come next, a line for each token, as long as its probability.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  const state = stateOf(root, () => ({ at: 0, tree: root.querySelector("[role=tree]") }));
  state.data = data;
  state.send = (index) => setTriggerValue("chosen", index);
  state.tree.setAttribute("aria-label", data.words.label);
  state.tree.onkeydown = (event) => move(state, event);
  const had = state.tree.contains(root.getRootNode().activeElement);
  state.at = Math.min(state.at, data.lines.length - 1);
  state.rows = data.lines.map((line, index) => rowOf(state, line, index));
  state.tree.replaceChildren(...state.rows);
  if (had) state.rows[state.at].focus();
  root.shown = state;
}

function rowOf(state, line, index) {
  const { words } = state.data;
  const row = document.createElement("div");
  row.className = line.rest ? "line rest" : "line";
  row.setAttribute("role", "treeitem");
  row.setAttribute("aria-level", String(line.depth + 1));
  if (!line.rest) row.setAttribute("aria-expanded", String(line.open));
  row.tabIndex = index === state.at ? 0 : -1;
  row.style.setProperty("--depth", line.depth);
  const sign = line.rest ? "" : line.open ? "▾" : "▸";
  const share = percent(words, line.probability);
  const ofPath = line.depth ? percent(words, line.ofPath) : "";
  const way = cellOf("way", ofPath && filled(words.path, { percent: ofPath }));
  way.dataset.short = ofPath; // what a phone has room for
  const name = cellOf("name", "");
  const opening = cellOf("sign", sign);
  opening.setAttribute("aria-hidden", "true");
  name.append(opening, cellOf("token", line.text));
  row.append(name, barOf(line), cellOf("share", share), way);
  row.onclick = () => choose(state, index);
  return row;
}

function cellOf(kind, text) {
  const cell = document.createElement("span");
  cell.className = kind;
  cell.textContent = text;
  return cell;
}

function barOf(line) {
  const bar = cellOf("bar", "");
  const fill = cellOf("fill", "");
  fill.style.width = `${100 * line.probability}%`;
  bar.setAttribute("aria-hidden", "true");
  bar.append(fill);
  return bar;
}

function percent(words, share) {
  const value = 100 * share;
  const digits = value >= 10 ? 1 : value >= 0.1 ? 2 : 3;
  return filled(words.percent, { percent: numeral(value, digits) });
}

function choose(state, index) {
  focusOn(state, index);
  if (!state.data.lines[index].rest) state.send(index);
}

function focusOn(state, index) {
  state.rows[state.at].tabIndex = -1;
  state.at = index;
  state.rows[index].tabIndex = 0;
  state.rows[index].focus();
}

function move(state, event) {
  const { lines } = state.data, line = lines[state.at];
  const last = lines.length - 1;
  const to = { ArrowDown: state.at + 1, ArrowUp: state.at - 1, Home: 0, End: last }[event.key];
  const opens = event.key === "ArrowRight" && !line.open;
  const closes = event.key === "ArrowLeft" && line.open;
  if (to !== undefined) focusOn(state, Math.min(last, Math.max(0, to)));
  else if (opens || closes || event.key === "Enter" || event.key === " ") choose(state, state.at);
  else return;
  event.preventDefault();
}
