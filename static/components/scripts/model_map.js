// A whole model as one picture, from tokens down to logits: the stream, and what each part adds.

const STREAM = 22, LEFT = 56, BOX = 34, LAYER = 22, NORM = 20, WORDS = 24, SPACE = 9;
const SMALL = { stream: 8, left: 18, box: 9, layer: 4, norm: 3, words: 3, space: 2 };
let drawings = null; // the namespace of SVG, taken from the drawing that is there
const SECONDS_A_STAGE = 1.1, WIDEST_HEAD = 64, NARROWEST_HEAD = 24;

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  drawings = root.querySelector("svg").namespaceURI;
  const state = stateOf(root, () => makeMap(root));
  state.send = (index) => setTriggerValue("chosen", index);
  const call = (state.calls = (state.calls ?? 0) + 1);
  const anew = JSON.stringify(state.data?.stages) !== JSON.stringify(data.stages);
  state.data = data;
  state.chosen = data.chosen;
  state.colors = bytesOf(data.colors);
  if (anew) halt(root, state, null);
  root.setAttribute("aria-label", data.words.label);
  root.classList.toggle("small", data.small);
  showControls(root, state);
  state.observer.observe(root);
  state.draw();
  root.shown = state;
  return () => {
    if (state.calls !== call) return;
    state.observer.disconnect();
    clearInterval(state.timer);
    state.timer = 0;
  };
}

function makeMap(root) {
  const state = { data: null, timer: 0, wait: 0, stage: null, chosen: null, boxes: [] };
  state.draw = () => drawMap(root, state);
  state.observer = new ResizeObserver(() => {
    if (state.data && root.clientWidth !== state.width) state.draw();
  });
  root.querySelector(".play").onclick = () => play(root, state);
  root.querySelector(".save").onclick = () => saveAsSvg(root);
  root.querySelector("input").oninput = (event) => halt(root, state, Number(event.target.value));
  root.querySelector(".drawing").onkeydown = (event) => move(state, event);
  return state;
}

function sizes(data) {
  if (data.small) return SMALL;
  const scale = data.textScale;
  return {
    stream: STREAM, left: LEFT, box: BOX * scale, layer: LAYER * scale, norm: NORM * scale,
    words: WORDS * scale, space: SPACE,
  };
}

function drawMap(root, state) {
  const { data } = state;
  const size = sizes(data);
  state.width = root.clientWidth;
  const width = data.small ? Math.min(state.width, 150) : Math.max(220, state.width);
  const svg = root.querySelector("svg");
  svg.replaceChildren();
  svg.setAttribute("width", width);
  state.boxes = [];
  let y = 2;
  for (const row of data.rows) y = drawRow(svg, state, row, y, width, size) + size.space;
  svg.setAttribute("height", y);
  svg.setAttribute("viewBox", `0 0 ${width} ${y}`);
  drawStream(svg, state, size, y);
  mark(root, state);
}

function drawRow(svg, state, row, y, width, size) {
  const { data } = state;
  const draw = { words: drawWords, layer: drawWords, norm: drawNorm, parts: drawParts }[row.kind];
  return draw(svg, state, row, y, width, size, data);
}

function drawWords(svg, state, row, y, width, size, data) {
  const height = row.kind === "layer" ? size.layer : size.words;
  if (!data.small) {
    const bold = row.kind === "layer" ? 600 : 400;
    write(svg, row.title, size.left, y + height - 6, data, { bold });
  }
  return y + height;
}

function drawNorm(svg, state, row, y, width, size, data) {
  if (!data.small) {
    const pill = make("line", { x1: size.stream - 9, x2: size.stream + 9, y1: y + 4, y2: y + 4,
      class: "norm" });
    if (row.onStream) svg.append(pill);
    write(svg, row.title, size.left, y + size.norm - 6, data, { faint: true });
  }
  return y + size.norm;
}

// The parts of a row side by side; heads wrap where there are too many.
function drawParts(svg, state, row, y, width, size, data) {
  const room = width - size.left - 4;
  const least = data.small ? 5 : NARROWEST_HEAD * data.textScale;
  const across = Math.min(row.parts.length, Math.max(1, Math.floor(room / least)));
  const gap = data.small ? 1 : 4;
  const several = row.parts.length > 1;
  const most = several ? (data.small ? 12 : WIDEST_HEAD * data.textScale) : room;
  const wide = Math.min(most, (room - gap * (across - 1)) / across);
  const lines = Math.ceil(row.parts.length / across);
  row.parts.forEach((part, place) => {
    const x = size.left + (place % across) * (wide + gap);
    const top = y + Math.floor(place / across) * (size.box + gap);
    drawBox(svg, state, part, { x, y: top, width: wide, height: size.box }, several);
  });
  const bottom = y + lines * size.box + (lines - 1) * gap;
  drawArrows(svg, row, y, bottom, size, data);
  return bottom;
}

function drawBox(svg, state, part, box, several) {
  const { data } = state;
  const group = make("g", {
    role: "option", id: `part-${part.index}`, "aria-label": part.heard, class: "part",
  });
  const rect = make("rect", { ...box, rx: data.small ? 1 : 4 });
  const shade = part.shade;
  let ink = null;
  if (shade !== null) {
    const [red, green, blue] = state.colors.subarray(3 * shade, 3 * shade + 3);
    rect.style.fill = `rgb(${red}, ${green}, ${blue})`;
    ink = 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#101214" : "#ffffff";
  }
  const title = make("title", {});
  title.textContent = part.heard;
  group.append(title, rect);
  if (!data.small) {
    const middle = box.y + box.height / 2 + 4;
    if (several) {
      write(group, part.title, box.x + box.width / 2, middle, data, { ink, anchor: "middle" });
    } else {
      const titled = write(group, part.title, box.x + 10, middle, data, { ink });
      const detail = write(group, part.detail, box.x + box.width - 10, middle, data,
        { ink, anchor: "end", mono: true });
      state.late = () => {
        // Where both do not fit, the shapes are left to those who point or listen.
        const used = titled.getComputedTextLength() + detail.getComputedTextLength();
        if (used > box.width - 32) detail.remove();
      };
      requestAnimationFrame(state.late);
    }
  }
  group.onclick = () => choose(state, part.index, 0);
  svg.append(group);
  state.boxes.push({ part, group, rect, box });
}

// From the stream into a part, and back: added to it, or in its place.
function drawArrows(svg, row, top, bottom, size, data) {
  const x = size.stream, edge = size.left - 3;
  if (row.way === "starts") {
    svg.append(make("path", { class: "arrow", d: `M${edge},${bottom - size.box / 2} H${x}` }));
    return;
  }
  if (row.way === "reads") {
    svg.append(make("path", { class: "arrow", d: `M${x},${bottom - size.box / 2} H${edge}` }));
    return;
  }
  svg.append(make("path", { class: "arrow", d: `M${x},${top + 3} H${edge}` }));
  svg.append(make("path", { class: "arrow", d: `M${edge},${bottom - 3} H${x}` }));
  if (data.small) return;
  const sign = make("circle", { cx: x, cy: bottom - 3, r: 7, class: "sign" });
  svg.append(sign);
  write(svg, row.way === "replaced" ? "=" : "+", x, bottom + 1, data, { anchor: "middle" });
}

function drawStream(svg, state, size, height) {
  const whole = make("line", { x1: size.stream, x2: size.stream, y1: 4, y2: height - 4,
    class: "stream" });
  const done = make("line", { x1: size.stream, x2: size.stream, y1: 4, y2: 4, class: "done" });
  svg.prepend(whole, done);
  state.done = done;
}

// What is chosen, and how far the pass has come.
function mark(root, state) {
  const { data, stage } = state;
  const at = stage === null ? null : data.stages[stage];
  let reached = 4;
  for (const { part, group, box } of state.boxes) {
    const chosen = part.index === state.chosen;
    const active = Boolean(at?.parts.includes(part.index));
    group.classList.toggle("chosen", chosen);
    group.classList.toggle("active", active);
    group.setAttribute("aria-selected", String(chosen));
    if (active) reached = Math.max(reached, box.y + box.height);
  }
  state.done.setAttribute("y2", reached);
  const heard = root.querySelector(".drawing");
  if (state.chosen !== null) heard.setAttribute("aria-activedescendant", `part-${state.chosen}`);
  root.querySelector(".said").textContent = at ? at.words : data.words.before;
  const range = root.querySelector("input");
  range.value = stage ?? 0;
}

function showControls(root, state) {
  const { data } = state;
  root.querySelector(".controls").hidden = data.small || !data.stages.length;
  const range = root.querySelector("input");
  range.max = Math.max(0, data.stages.length - 1);
  range.setAttribute("aria-label", data.words.stage);
  root.querySelector(".save").hidden = data.small;
  root.querySelector(".save").textContent = data.words.save;
  root.querySelector(".play").textContent = state.timer ? data.words.pause : data.words.play;
}

function play(root, state) {
  if (state.timer) {
    halt(root, state, state.stage);
    return;
  }
  const last = state.data.stages.length - 1;
  state.stage = state.stage === null || state.stage >= last ? 0 : state.stage + 1;
  state.timer = setInterval(() => {
    if (state.stage >= last) {
      halt(root, state, last);
      return;
    }
    state.stage += 1;
    mark(root, state);
  }, 1000 * SECONDS_A_STAGE);
  showControls(root, state);
  mark(root, state);
}

function halt(root, state, stage) {
  clearInterval(state.timer);
  state.timer = 0;
  state.stage = stage;
  if (!state.boxes.length) return;
  showControls(root, state);
  mark(root, state);
}

function choose(state, index, wait) {
  state.chosen = index;
  for (const { part, group } of state.boxes) {
    group.classList.toggle("chosen", part.index === index);
    group.setAttribute("aria-selected", String(part.index === index));
  }
  clearTimeout(state.wait);
  state.wait = setTimeout(() => state.send(index), wait);
}

function move(state, event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step || !state.boxes.length) return;
  event.preventDefault();
  const order = state.boxes.map(({ part }) => part.index);
  const at = order.indexOf(state.chosen);
  const to = at < 0 ? 0 : Math.min(order.length - 1, Math.max(0, at + step));
  choose(state, order[to], 200);
}

// What is on the screen, as it is: with the colours that the theme gives written into it.
function saveAsSvg(root) {
  const drawn = root.querySelector("svg"), copy = drawn.cloneNode(true);
  const originals = [...drawn.querySelectorAll("*")];
  [...copy.querySelectorAll("*")].forEach((element, place) => {
    const style = getComputedStyle(originals[place]);
    for (const name of ["fill", "stroke", "stroke-width", "stroke-opacity", "opacity",
      "font-family"]) {
      element.style.setProperty(name, style.getPropertyValue(name));
    }
  });
  copy.style.background = styleOf(root, "--st-background-color");
  const blob = new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = "model.svg";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function write(parent, words, x, y, data, { ink = null, anchor = "start", bold = 400,
  faint = false, mono = false } = {}) {
  const text = make("text", {
    x, y, "text-anchor": anchor, "font-size": 12 * data.textScale, "font-weight": bold,
    class: mono ? "mono" : "",
  });
  if (ink) text.style.fill = ink;
  if (faint) text.style.opacity = 0.75;
  text.textContent = words;
  parent.append(text);
  return text;
}

function make(name, attributes) {
  const element = document.createElementNS(drawings, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
