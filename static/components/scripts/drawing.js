// What the components that draw numbers share. Texts come in as data and leave as textContent or
// as canvas text: nothing here is ever read as HTML.

const LONGEST_ANSWER = 10_000; // milliseconds

// Components that show the same model on the same text share what is pointed at and chosen.
function sharedBy(name) {
  const groups = (globalThis.minigptGroups ??= new Map());
  if (!groups.has(name)) groups.set(name, { listeners: new Set(), hover: null });
  return groups.get(name);
}

// Draw whenever the group of these data changes, until the function that comes back is called.
function attend(root, state, data) {
  if (state.data?.group !== data.group) {
    state.group?.listeners.delete(state.draw);
    state.group = sharedBy(data.group);
  }
  // An older call's cleanup may come after a newer call: it must not undo what that one set up.
  const call = (state.calls = (state.calls ?? 0) + 1);
  state.group.listeners.add(state.draw);
  state.observer.observe(root);
  state.data = data;
  return () => {
    if (state.calls !== call) return;
    state.group.listeners.delete(state.draw);
    state.observer.disconnect();
  };
}

function tell(group, changes) {
  if (Object.entries(changes).every(([name, value]) => group[name] === value)) return;
  Object.assign(group, changes);
  for (const listener of group.listeners) listener();
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function floatsOf(base64) {
  return new Float32Array(bytesOf(base64).buffer);
}

// "{query} looks at {key}" with its values.
function filled(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

// A number as English writes it, with the decimal comma of a page in a language that has one.
function marked(number) {
  const language = document.documentElement.lang || "en";
  const decimal = new Intl.NumberFormat(language).format(0.5).charAt(1);
  return String(number).replace(".", decimal);
}

function numeral(value, digits) {
  return marked(value.toFixed(digits));
}

// A canvas as sharp as the screen; its context measures in device pixels.
function fit(canvas, width, height) {
  const ratio = globalThis.devicePixelRatio || 1;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  return ratio;
}

// Draw a table of shades (0 to 255, negative for no cell) into a rectangle of device pixels. Where
// there are more cells than pixels, the one furthest from `middle` is shown: none is averaged away.
function paint(context, box, rows, columns, shade, colors, middle = 0) {
  const image = context.createImageData(box.width, box.height);
  const pixels = new Uint32Array(image.data.buffer), pixelOf = asPixels(colors);
  const across = Array.from({ length: box.width }, (_, x) => covered(x, box.width, columns));
  let above = [-1, -1];
  for (let y = 0; y < box.height; y++) {
    const start = y * box.width, down = covered(y, box.height, rows);
    // Most pixels lie on the same cells as the one above or to the left: each cell is asked once.
    if (areSame(down, above)) {
      pixels.copyWithin(start, start - box.width, start);
      continue;
    }
    above = down;
    for (let x = 0; x < box.width; x++) {
      if (x > 0 && areSame(across[x], across[x - 1])) {
        pixels[start + x] = pixels[start + x - 1];
        continue;
      }
      const found = furthest(shade, down, across[x], middle);
      if (found >= 0) pixels[start + x] = pixelOf[found];
    }
  }
  context.putImageData(image, box.x, box.y);
}

function areSame(one, other) {
  return one[0] === other[0] && one[1] === other[1];
}

// The shade furthest from `middle` among cells, from the first to the last of both; -1 without any.
function furthest(shade, [firstRow, lastRow], [firstColumn, lastColumn], middle) {
  let found = -1;
  for (let row = firstRow; row <= lastRow; row++) {
    for (let column = firstColumn; column <= lastColumn; column++) {
      const here = shade(row, column);
      if (here < 0) continue;
      if (found < 0 || Math.abs(here - middle) > Math.abs(found - middle)) found = here;
    }
  }
  return found;
}

// Three bytes a colour, as the four bytes that an opaque pixel has in a picture.
function asPixels(colors) {
  const bytes = new Uint8Array((colors.length / 3) * 4).fill(255);
  for (let at = 0; 3 * at < colors.length; at++) {
    bytes.set(colors.subarray(3 * at, 3 * at + 3), 4 * at);
  }
  return new Uint32Array(bytes.buffer);
}

// The cells under a pixel: one of them, or several where pixels are fewer.
function covered(pixel, pixels, cells) {
  const first = Math.floor((pixel * cells) / pixels);
  const last = Math.ceil(((pixel + 1) * cells) / pixels) - 1;
  return pixels >= cells ? [first, first] : [first, Math.max(first, last)];
}

function styleOf(element, name) {
  return getComputedStyle(element).getPropertyValue(name).trim();
}

// Words that follow the pointer; hidden without any.
function showTip(root, tip, words, event) {
  tip.hidden = !words;
  if (!words) return;
  tip.textContent = words;
  const box = root.getBoundingClientRect();
  const left = Math.min(event.clientX - box.left + 12, Math.max(0, box.width - tip.offsetWidth));
  tip.style.left = `${left}px`;
  tip.style.top = `${event.clientY - box.top + 16}px`;
}

// A component's state belongs to its place on the page; made once, for as long as it is there.
function stateOf(root, make) {
  const states = (globalThis.minigptStates ??= new WeakMap());
  if (!states.has(root)) states.set(root, make());
  return states.get(root);
}

// What a drawing of cells keeps, and what it listens to: what is pointed at, and the keys.
function drawingOf(root, canvas, { draw, point, move }) {
  const state = { data: null, canvas, tip: root.querySelector(".tip"), timer: 0 };
  state.draw = () => {
    state.width = root.clientWidth;
    draw(root, state);
  };
  // It also tells where things are when it begins, and of the height, which follows from a drawing.
  state.observer = new ResizeObserver(() => {
    if (state.data && root.clientWidth !== state.width) state.draw();
  });
  canvas.onpointermove = (event) => point(root, state, event);
  canvas.onpointerleave = () => pointAtNothing(state);
  root.onkeydown = (event) => move(state, event);
  return state;
}

function pointAtNothing(state) {
  state.tip.hidden = true;
  tell(state.group, { hover: null, hoverKey: null });
}

// How far an arrow key goes, down and to the right; undefined for any other key.
function stepOf(event) {
  return { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
}

// Held arrow keys move through many; only where they come to rest is told.
function tellSoon(state, wait, ...chosen) {
  clearTimeout(state.timer);
  state.timer = setTimeout(() => state.send(...chosen), wait);
  state.told = { chosen, at: performance.now() };
}

// What is chosen: what the page says, unless that answers an earlier choice than the last one made
// here. A busy server answers while one goes on walking by keys, and must not take one back.
function latest(state, ...said) {
  const { told } = state;
  const isEarlier = told && performance.now() - told.at < LONGEST_ANSWER
    && told.chosen.some((one, index) => one !== said[index]);
  if (isEarlier) return told.chosen;
  state.told = null;
  return said;
}

// The colours from the lowest number to the highest, and what they stand for.
function showLegend(root, colors, { from, to, unit }) {
  const bar = root.querySelector(".scale canvas");
  fit(bar, 96, 8);
  paint(bar.getContext("2d"), { x: 0, y: 0, width: bar.width, height: bar.height }, 1, 256,
    (_, column) => column, colors);
  root.querySelector(".from").textContent = from;
  root.querySelector(".to").textContent = to;
  root.querySelector(".unit").textContent = unit;
}

// What is on the screen, as it is.
function save(state) {
  state.canvas.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${state.data.file}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
}
