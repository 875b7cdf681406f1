// What a model would say after each layer at each place: a letter a cell, its colour how sure.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  const state = stateOf(root, () => makeGrid(root));
  state.send = (row, column) => setTriggerValue("chosen", [row, column]);
  state.data = data;
  state.colors = bytesOf(data.colors);
  state.chosen = data.chosen;
  build(root, state);
  root.setAttribute("aria-label", data.words.label);
  root.shown = state;
}

function makeGrid(root) {
  const state = { data: null, tip: root.querySelector(".tip"), timer: 0 };
  const table = root.querySelector("table");
  table.onpointermove = (event) => point(root, state, event);
  table.onpointerleave = () => {
    state.tip.hidden = true;
  };
  table.onclick = (event) => {
    const cell = cellOf(event.target);
    if (cell) choose(root, state, ...cell, 0);
  };
  root.onkeydown = (event) => move(root, state, event);
  return state;
}

function build(root, state) {
  const { data } = state;
  const shades = bytesOf(data.shades);
  const head = line("th", ["", ...data.tokens]);
  head.className = "tokens";
  const rows = data.rows.map((name, row) => {
    const cells = data.cells[row].map((cell) => cell[0][0]);
    const tr = line("td", ["", ...cells]);
    const label = document.createElement("th");
    label.textContent = name;
    label.setAttribute("scope", "row");
    tr.firstChild.replaceWith(label);
    [...tr.children].slice(1).forEach((td, column) => {
      dress(state, td, shades[row * data.tokens.length + column], row, column);
    });
    return tr;
  });
  root.querySelector("table").replaceChildren(head, ...rows);
  showLegend(root, state.colors, { from: "0", to: "100 %", unit: data.words.unit });
  mark(root, state);
  bringIntoSight(root);
}

// Of a long text the grid scrolls: what is spoken of must not lie outside.
function bringIntoSight(root) {
  const cell = root.querySelector("td.chosen"), box = root.querySelector(".scroll");
  if (!cell) return;
  const names = root.querySelector("th[scope]").offsetWidth;
  const isSeen = cell.offsetLeft >= box.scrollLeft + names
    && cell.offsetLeft + cell.offsetWidth <= box.scrollLeft + box.clientWidth;
  if (!isSeen) box.scrollLeft = cell.offsetLeft - (box.clientWidth + names) / 2;
}

function line(kind, words) {
  const tr = document.createElement("tr");
  tr.append(...words.map((word) => {
    const cell = document.createElement(kind);
    cell.textContent = word;
    return cell;
  }));
  return tr;
}

function dress(state, cell, shade, row, column) {
  const [red, green, blue] = state.colors.subarray(3 * shade, 3 * shade + 3);
  cell.style.background = `rgb(${red}, ${green}, ${blue})`;
  cell.style.color = 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#101214" : "#ffffff";
  cell.dataset.row = row;
  cell.dataset.column = column;
  cell.classList.toggle("final", state.data.final[row][column]);
  cell.setAttribute("aria-label", words(state, row, column));
}

function words(state, row, column) {
  const { data } = state;
  const said = data.cells[row][column].map(([token, share]) => `${token} ${numeral(share, 1)} %`);
  return `${data.rows[row]}, ${column + 1} ${data.tokens[column]}: ${said.join(", ")}`;
}

function cellOf(target) {
  const cell = target.closest?.("td");
  return cell ? [Number(cell.dataset.row), Number(cell.dataset.column)] : null;
}

function point(root, state, event) {
  const cell = cellOf(event.target);
  showTip(root, state.tip, cell ? words(state, ...cell) : "", event);
}

function mark(root, state) {
  for (const cell of root.querySelectorAll("td")) {
    cell.classList.toggle("chosen", Number(cell.dataset.column) === state.chosen);
  }
}

function choose(root, state, row, column, wait) {
  state.chosen = column;
  mark(root, state);
  clearTimeout(state.timer);
  state.timer = setTimeout(() => state.send(row, column), wait);
}

function move(root, state, event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const last = state.data.tokens.length - 1;
  const to = Math.min(last, Math.max(0, (state.chosen ?? last) + step));
  choose(root, state, state.data.rows.length - 1, to, 200);
}
