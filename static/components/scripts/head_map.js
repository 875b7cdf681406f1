// One table of numbers, large: a cell for each pair, labels along both sides, one cell chosen.

const SIDE_LABELS = 30, TOP_LABELS = 22, LARGEST_CELL = 30, TALLEST = 620;

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  const state = stateOf(root, () => makeMap(root));
  state.send = (row, column) => setTriggerValue("chosen", [row, column]);
  if (state.data?.group !== data.group) {
    state.group?.listeners.delete(state.follow);
    state.group = sharedBy(data.group);
  }
  state.group.listeners.add(state.follow);
  // An older call's cleanup may come after a newer call: it must not undo what that one set up.
  const call = (state.calls = (state.calls ?? 0) + 1);
  state.observer.observe(root);
  state.data = data;
  state.values = floatsOf(data.values);
  state.colors = bytesOf(data.colors);
  state.chosen = data.chosen && latest(state, ...data.chosen);
  if (state.chosen && !has(state, ...state.chosen)) state.chosen = data.chosen; // another table
  root.setAttribute("aria-label", data.words.label);
  showScale(root, state);
  state.draw();
  root.shown = state;
  return () => {
    if (state.calls !== call) return;
    state.group.listeners.delete(state.follow);
    state.observer.disconnect();
  };
}

function makeMap(root) {
  const canvas = root.querySelector("canvas.map");
  const state = drawingOf(root, canvas, { draw: drawMap, point, move });
  state.follow = () => {
    if (!state.data) return;
    if (awaited(state) !== state.awaited || otherHead(state) !== state.otherHead) state.draw();
  };
  canvas.onclick = (event) => {
    const found = cellAt(state, event);
    if (found) choose(state, found.row, found.column, 0);
  };
  // Not before its numbers are here: the file is named after the head that they are of.
  root.querySelector(".save").onclick = () => promised(state) || save(state);
  return state;
}

function has(state, row, column) {
  const { data } = state;
  if (row < 0 || column < 0 || row >= data.rows.length || column >= data.columns.length) return false;
  return !data.causal || column <= row;
}

function valueAt(state, row, column) {
  return state.values[row * state.data.columns.length + column];
}

function shadeAt(state, row, column) {
  if (!has(state, row, column)) return -1;
  const value = valueAt(state, row, column);
  if (!Number.isFinite(value)) return -1;
  const share = (value - state.data.low) / (state.data.high - state.data.low || 1);
  return Math.round(255 * Math.min(1, Math.max(0, share)));
}

// Another head that was chosen beside the map, such as "2.0"; null where it is the one shown here.
function otherHead({ data, group }) {
  if (!data.of || !Number.isInteger(group.layer)) return null;
  const isSame = group.layer === data.of.layer && group.head === data.of.head;
  return isSame ? null : `${group.layer}.${group.head}`;
}

// That head's shades, as the tiles have them already; null where there is nothing to wait for.
function promised(state) {
  const { data, group } = state;
  if (otherHead(state) === null) return null;
  const { layer, head } = group;
  const asked = { step: data.of.step, layer, head, size: data.rows.length, end: data.high };
  return group.shadesOf?.(asked) ?? null;
}

function drawMap(root, state) {
  const { data, canvas } = state;
  state.left = SIDE_LABELS * data.textScale;
  state.top = TOP_LABELS * data.textScale;
  const rows = data.rows.length, columns = data.columns.length;
  const room = Math.max(120, root.clientWidth - state.left - 2);
  const cell = Math.min(room / columns, LARGEST_CELL, TALLEST / rows);
  state.cell = { width: cell, height: cell };
  const width = state.left + cell * columns, height = state.top + cell * rows;
  const ratio = fit(canvas, width + 1, height + 1);
  const context = canvas.getContext("2d");
  const box = {
    x: Math.round(state.left * ratio), y: Math.round(state.top * ratio),
    width: Math.round(cell * columns * ratio), height: Math.round(cell * rows * ratio),
  };
  const middle = data.low < 0 ? 127.5 : 0;
  const shades = promised(state) ?? ((row, column) => shadeAt(state, row, column));
  paint(context, box, rows, columns, shades, state.colors, middle);
  // Where zero is the background, nothing else shows how far the map reaches.
  context.strokeStyle = styleOf(root, "--st-border-color");
  context.lineWidth = ratio;
  if (!data.causal) context.strokeRect(box.x, box.y, box.width, box.height);
  drawLabels(root, context, ratio, state, box);
  state.awaited = awaited(state);
  state.otherHead = otherHead(state);
  if (!state.chosen) return;
  const [row, column] = state.chosen;
  context.strokeStyle = styleOf(root, "--st-primary-color");
  context.lineWidth = 2 * ratio;
  if (state.awaited !== null) {
    const reach = data.causal ? state.awaited + 1 : columns;
    context.strokeRect(
      box.x, box.y + (state.awaited * box.height) / rows,
      (reach * box.width) / columns, box.height / rows,
    );
    return;
  }
  context.strokeRect(
    box.x + (column * box.width) / columns, box.y + (row * box.height) / rows,
    box.width / columns, box.height / rows,
  );
}

// The token that was chosen beside the map, until the page says which cell of its row is looked at:
// the row stands out at once, and so it does of another head, which looks elsewhere from there.
// Null where nothing is awaited, or rows are no tokens of that text.
function awaited(state) {
  const { data, group, chosen } = state;
  const row = group.query;
  const isRow = chosen && !data.rowNames && Number.isInteger(row) && row < data.rows.length;
  return isRow && (row !== chosen[0] || promised(state)) ? row : null;
}

function drawLabels(root, context, ratio, state, box) {
  const { rows, columns } = state.data;
  const every = Math.max(1, Math.ceil((11 * state.data.textScale) / state.cell.width));
  state.every = every;
  context.fillStyle = styleOf(root, "--st-text-color");
  context.font = `${11 * state.data.textScale * ratio}px ${styleOf(root, "--st-code-font") || "monospace"}`;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (let row = 0; row < rows.length; row += every) {
    const y = box.y + ((row + 0.5) * box.height) / rows.length;
    context.fillText(short(rows[row]), box.x - 4 * ratio, y);
  }
  context.textAlign = "center";
  const step = Math.max(every, Math.ceil(widest(context, columns) / (state.cell.width * ratio)));
  for (let column = 0; column < columns.length; column += step) {
    const x = box.x + ((column + 0.5) * box.width) / columns.length;
    context.fillText(short(columns[column]), x, box.y - 8 * ratio);
  }
}

function short(label) {
  return label.length > 4 ? `${label.slice(0, 3)}…` : label;
}

function widest(context, labels) {
  const most = labels.reduce((found, label) => Math.max(found, short(label).length), 1);
  return context.measureText("m".repeat(most)).width + 2;
}

function cellAt(state, event) {
  const box = state.canvas.getBoundingClientRect();
  const column = Math.floor((event.clientX - box.left - state.left) / state.cell.width);
  const row = Math.floor((event.clientY - box.top - state.top) / state.cell.height);
  return has(state, row, column) ? { row, column } : null;
}

function point(root, state, event) {
  const found = cellAt(state, event);
  if (!found) return pointAtNothing(state);
  const { row, column } = found;
  const { data } = state;
  // Where rows have names of their own, tokens stand along the other side alone.
  const token = data.rowNames ? column : row;
  tell(state.group, { hover: token, hoverKey: data.causal ? column : null });
  const words = filled(data.words.cell, {
    row: data.rowNames?.[row] ?? `${row + 1} ${data.rows[row]}`,
    column: data.columnNames?.[column] ?? `${column + 1} ${data.columns[column]}`,
    value: said(state, row, column),
  });
  showTip(root, state.tip, words, event);
}

// The number of a cell; as exact as its shade while that is all there is.
function said(state, row, column) {
  const shades = promised(state);
  if (shades) return numeral((shades(row, column) / 255) * state.data.high, 2);
  return marked(Number(valueAt(state, row, column)).toPrecision(5));
}

function choose(state, row, column, wait) {
  state.chosen = [row, column];
  state.draw();
  // The strip and the tiles follow at once, where they are about the same tokens.
  const { group, data } = state;
  if (!data.rowNames && Number.isInteger(group.query)) tell(group, { query: row });
  tellSoon(state, wait, row, column);
}

function move(state, event) {
  const [row, column] = state.chosen ?? [state.data.rows.length - 1, 0];
  const step = stepOf(event);
  if (!step) return;
  event.preventDefault();
  const to = [row + step[0], column + step[1]];
  if (has(state, ...to)) choose(state, ...to, 200);
}

function showScale(root, state) {
  const { words } = state.data;
  showLegend(root, state.colors, { from: words.low, to: words.high, unit: words.unit });
  root.querySelector(".save").textContent = words.save;
}
