// Every head of a model at once: a small map of each, and beside it the row of the chosen token.

const GUTTER = 22, LINE = 17, GAP = 8, NARROW = 112;
const TALLEST = 640, LOWEST = 240, SMALLEST = 30, SMALL = 60, LEGEND = 34;

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  const state = stateOf(root, () => makeTiles(root));
  state.send = (layer, head) => setTriggerValue("chosen", [layer, head]);
  const leave = attend(root, state, data);
  const page = root.getRootNode().host?.closest("[data-testid=stMainBlockContainer]");
  if (page) state.observer.observe(page); // what stands above may change
  state.group.tiles = state; // the strip is told by the page which head is chosen
  state.cells = bytesOf(data.cells);
  // A film has come to rest, and this is the step where.
  const film = state.group.film;
  if (film && !film.busy && film.step === data.step) state.group.film = null;
  state.colors = bytesOf(data.colors);
  state.maps = new Map();
  state.perHead = (data.size * (data.size + 1)) / 2;
  state.slots = new Map(data.order.map(([layer, head], slot) => [`${layer}.${head}`, slot]));
  state.group.rowOf = (layer, head, query) => rowOf(state, layer, head, query);
  state.group.shadesOf = (asked) => shadesOf(state, asked);
  describe(root, state);
  state.draw();
  for (const listener of state.group.listeners) listener();
  root.shown = state;
  return leave;
}

function makeTiles(root) {
  const canvas = root.querySelector("canvas.tiles");
  const state = drawingOf(root, canvas, { draw: drawTiles, point, move });
  state.observer = new ResizeObserver(() => {
    if (state.data && placeOn(root) !== state.place) state.draw();
  });
  canvas.onclick = (event) => {
    const found = tileAt(state, event);
    if (found) choose(state, found.layer, found.head, 0);
  };
  return state;
}

// The first cell of a row of a triangle; a row has one cell more than the row above it.
function firstOf(row) {
  return (row * (row + 1)) / 2;
}

function shadeOf(state, layer, head, row, column) {
  if (column > row) return -1;
  const place = (layer * state.data.heads + head) * state.perHead + firstOf(row) + column;
  const film = filmed(state);
  if (!film) return state.cells[place];
  return Math.min(255, Math.round(film[place] / state.data.end));
}

// The cells of the frame that is shown instead while a film plays; null where none is.
function filmed(state) {
  const cells = state.group.film?.cells;
  return cells && cells.length === state.cells.length ? cells : null;
}

// The shades of one token's row, a shade for each token; where tokens share a cell, the cell's.
function rowOf(state, layer, head, query) {
  const { data } = state;
  if (query === null || query === undefined || query >= data.tokens.length) return null;
  const row = Math.floor(query / data.every);
  return Array.from({ length: query + 1 }, (_, key) =>
    shadeOf(state, layer, head, row, Math.floor(key / data.every)));
}

// One head's shades, for a map of such a size, scale and step that awaits its numbers; null where
// these tiles do not show the very same cells.
function shadesOf(state, { step, layer, head, size, end }) {
  const { data } = state;
  const isSame = data.shares && data.step === step && data.end === end && !filmed(state)
    && data.every === 1 && data.tokens.length === size;
  if (!isSame || layer >= data.layers || head >= data.heads) return null;
  return (row, column) => shadeOf(state, layer, head, row, column);
}

// What is left of the window under what stands above, so that all heads are seen at once.
function room(root) {
  const scroller = root.getRootNode().host?.closest("[data-testid=stMain]");
  const above = root.getBoundingClientRect().top + (scroller?.scrollTop ?? 0);
  return Math.min(TALLEST, Math.max(LOWEST, globalThis.innerHeight - above - LEGEND));
}

// What an arrangement depends on.
function placeOn(root) {
  return `${root.clientWidth} ${room(root)}`;
}

function arrange(root, state) {
  state.place = placeOn(root);
  const { layers, heads, textScale } = state.data;
  const title = LINE * textScale;
  const width = Math.max(160, root.clientWidth);
  const across = (width - GUTTER) / heads;
  const beside = across >= NARROW;
  const up = Math.max(SMALLEST, room(root) / layers - title - GAP);
  const side = Math.floor(beside ? Math.min((across - GAP) / 2.1, up) : across - GAP / 2);
  // For the back row, bars take what the maps, which must all be seen at once, leave of the width.
  const wide = (textScale > 1 || side < SMALL ? 5 : 3) * side;
  const panel = beside
    ? { width: Math.floor(Math.min(across - side - GAP - 4, wide)), height: side }
    : { width: side, height: 20 };
  const down = title + side + GAP + (beside ? 0 : panel.height + 3);
  const step = beside ? side + panel.width + GAP + 4 : across;
  return { width, step, side, panel, down, title, beside, height: layers * down };
}

// Where a head is drawn, counted from the top left: its own place, or one that says something.
function slotOf(state, layer, head) {
  const slot = state.slots.get(`${layer}.${head}`) ?? 0;
  return [Math.floor(slot / state.data.heads), slot % state.data.heads];
}

function headAt(state, down, across) {
  const [layer, head] = state.data.order[down * state.data.heads + across];
  return { layer, head };
}

function placeOf(state, layer, head) {
  const { layout } = state;
  const [down, across] = slotOf(state, layer, head);
  const x = GUTTER + across * layout.step;
  const y = down * layout.down + layout.title;
  const panel = layout.beside
    ? { x: x + layout.side + 4, y }
    : { x, y: y + layout.side + 3 };
  return { x, y, panel };
}

function drawTiles(root, state) {
  const { data, canvas, group } = state;
  state.layout = arrange(root, state);
  const { layout } = state;
  if (state.drawn !== filmed(state)) state.maps = new Map();
  state.drawn = filmed(state);
  const ratio = fit(canvas, layout.width, layout.height);
  const context = canvas.getContext("2d");
  const colours = {
    text: styleOf(root, "--st-text-color"),
    accent: styleOf(root, "--st-primary-color"),
    line: styleOf(root, "--st-border-color"),
    font: styleOf(root, "--st-font") || "sans-serif",
  };
  for (let layer = 0; layer < data.layers; layer++) {
    for (let head = 0; head < data.heads; head++) {
      drawTile(context, ratio, state, layer, head, colours);
    }
    if (data.sorted) continue; // a row is no layer then
    context.fillStyle = colours.text;
    context.font = `${12 * data.textScale * ratio}px ${colours.font}`;
    const middle = placeOf(state, layer, 0).y + layout.side / 2;
    context.fillText(String(layer + 1), 4 * ratio, (middle + 4) * ratio);
  }
  const selected = state.data.labels?.[group.layer]?.[group.head];
  root.querySelector(".heard").setAttribute("aria-label", selected ?? "");
  updateOptions(root, state);
}

function drawTile(context, ratio, state, layer, head, colours) {
  const { data, group, layout } = state;
  const place = placeOf(state, layer, head);
  const chosen = layer === group.layer && head === group.head;
  const scaled = (value) => Math.round(value * ratio);
  const box = {
    x: scaled(place.x), y: scaled(place.y), width: scaled(layout.side), height: scaled(layout.side),
  };
  context.font = `${chosen ? 600 : 400} ${11 * data.textScale * ratio}px ${colours.font}`;
  context.fillStyle = colours.text;
  const widest = layout.beside ? layout.side + layout.panel.width : layout.side;
  // Names are of the step that was judged, not of each frame of a film.
  const title = filmed(state) ? `${layer + 1}.${head + 1}` : data.titles[layer][head];
  context.fillText(cut(context, title, widest * ratio), box.x, box.y - 4 * ratio);
  drawMap(context, state, layer, head, box);
  context.lineWidth = (chosen ? 2 : 1) * ratio;
  context.strokeStyle = chosen ? colours.accent : colours.line;
  context.strokeRect(box.x, box.y, box.width, box.height);
  drawRow(context, ratio, state, layer, head, place.panel, colours, chosen);
  const query = group.hover ?? group.query;
  if (query === null || query === undefined) return;
  const at = box.y + ((Math.floor(query / data.every) + 0.5) / data.size) * box.height;
  context.strokeStyle = colours.accent;
  context.lineWidth = ratio;
  context.beginPath();
  context.moveTo(box.x - 3 * ratio, at);
  context.lineTo(box.x, at);
  context.stroke();
}

// Maps are drawn once for each size; choosing and pointing only moves what lies around them.
function drawMap(context, state, layer, head, box) {
  const name = `${layer}.${head}.${box.width}`;
  if (!state.maps.has(name)) {
    const map = new OffscreenCanvas(box.width, box.height);
    const shade = (row, column) => shadeOf(state, layer, head, row, column);
    const whole = { x: 0, y: 0, width: box.width, height: box.height };
    const { size } = state.data;
    paint(map.getContext("2d"), whole, size, size, shade, state.colors, middleOf(state));
    state.maps.set(name, map);
  }
  context.drawImage(state.maps.get(name), box.x, box.y);
}

// The shade that stands for zero: the lowest, or the one between less and more.
function middleOf(state) {
  return state.data.low < 0 ? 127.5 : 0;
}

function drawRow(context, ratio, state, layer, head, corner, colours, chosen) {
  const { data, group, layout } = state;
  const query = group.hover ?? group.query;
  const row = rowOf(state, layer, head, query);
  const left = corner.x * ratio, bottom = (corner.y + layout.panel.height) * ratio;
  const width = layout.panel.width * ratio, height = layout.panel.height * ratio;
  const middle = middleOf(state), zero = bottom - (middle / 255) * height;
  context.strokeStyle = colours.line;
  context.lineWidth = ratio;
  context.beginPath();
  context.moveTo(left, zero);
  context.lineTo(left + width, zero);
  context.stroke();
  if (!row) return;
  const step = width / data.tokens.length;
  context.fillStyle = chosen ? colours.accent : colours.text;
  context.globalAlpha = chosen ? 1 : 0.7;
  row.forEach((shade, key) => {
    const tall = ((shade - middle) / 255) * height;
    context.fillRect(left + key * step, zero - tall, Math.max(ratio, step - ratio / 2), tall);
  });
  context.globalAlpha = 1;
}

function cut(context, words, width) {
  let shown = words;
  while (shown.length > 3 && context.measureText(shown).width > width) {
    shown = `${shown.slice(0, -2)}…`;
  }
  return shown;
}

function tileAt(state, event) {
  const box = state.canvas.getBoundingClientRect();
  const x = event.clientX - box.left, y = event.clientY - box.top;
  const { layout, data } = state;
  const across = Math.floor((x - GUTTER) / layout.step), down = Math.floor(y / layout.down);
  if (across < 0 || across >= data.heads || down < 0 || down >= data.layers) return null;
  const { layer, head } = headAt(state, down, across);
  const place = placeOf(state, layer, head);
  const inside = (at, from, cells) => Math.floor(((at - from) / layout.side) * cells);
  const row = inside(y, place.y, data.size), column = inside(x, place.x, data.size);
  const onMap = row >= 0 && row < data.size && column >= 0 && column <= row;
  return { layer, head, row: onMap ? row : null, column: onMap ? column : null };
}

function point(root, state, event) {
  const found = tileAt(state, event);
  const { data } = state;
  if (!found || found.row === null) return pointAtNothing(state);
  const { layer, head, row, column } = found;
  const query = Math.min(row * data.every, data.tokens.length - 1);
  const key = Math.min(column * data.every, query);
  const shade = shadeOf(state, layer, head, row, column);
  const exact = data.low + (shade / 255) * (data.end - data.low);
  const value = (data.low < 0 && exact > 0 ? "+" : "") + numeral(exact, 2);
  const beyond = { 0: data.low < 0 ? "≤ " : "", 255: "≥ " }[shade] ?? "";
  const most = data.clipped ? `${beyond}${value}` : value;
  const name = (index) => `${index + 1} ${data.tokens[index]}`;
  const words = filled(data.words.pair, {
    layer: layer + 1, head: head + 1, query: name(query), key: name(key), value: most,
  });
  tell(state.group, { hover: query, hoverKey: key });
  showTip(root, state.tip, words, event);
}

function choose(state, layer, head, wait) {
  tell(state.group, { layer, head });
  tellSoon(state, wait, layer, head);
}

function move(state, event) {
  const [down, across] = slotOf(state, state.group.layer, state.group.head);
  const step = stepOf(event);
  if (!step) return;
  event.preventDefault();
  const within = (value, size) => Math.min(size - 1, Math.max(0, value));
  const to = [within(down + step[0], state.data.layers), within(across + step[1], state.data.heads)];
  const found = headAt(state, ...to);
  choose(state, found.layer, found.head, 200);
}

// For those who hear the page: each head as an option with its name and where it looks most.
function describe(root, state) {
  const { data } = state;
  const heard = root.querySelector(".heard");
  root.setAttribute("aria-label", data.words.label);
  heard.replaceChildren(...data.order.map(([layer, head]) => {
    const option = document.createElement("div");
    option.setAttribute("role", "option");
    option.id = `head-${layer}-${head}`;
    option.textContent = data.labels[layer][head];
    return option;
  }));
  const { low: from, end: to, unit } = data.words;
  showLegend(root, state.colors, { from, to, unit });
}

function updateOptions(root, state) {
  const { layer, head } = state.group;
  for (const option of root.querySelectorAll("[role=option]")) {
    option.setAttribute("aria-selected", String(option.id === `head-${layer}-${head}`));
  }
  root.setAttribute("aria-activedescendant", `head-${layer}-${head}`);
}
