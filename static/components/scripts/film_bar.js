// The film of a training: its curve, a slider over its steps, and a button that plays them. Frames
// come when they are asked for; whatever shows the same group then shows the frame of this bar.

const FRAME_MS = 140, SIDE = 8, CURVE_HEIGHT = 44;

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  const state = stateOf(root, () => makeBar(root));
  state.send = setTriggerValue;
  if (state.data?.group !== data.group) state.group = sharedBy(data.group);
  if (state.data?.film !== data.film) state.frames = new Map();
  const call = (state.calls = (state.calls ?? 0) + 1);
  state.data = data;
  keepFrames(state, data);
  state.observer.observe(root);
  if (!isMoving(state)) show(root, state, data.now);
  describe(root, state);
  draw(root, state);
  if (state.wanted && hasAll(state)) begin(root, state);
  root.shown = state;
  return () => {
    if (state.calls !== call) return;
    end(root, state);
    state.observer.disconnect();
  };
}

function makeBar(root) {
  const slider = root.querySelector("input");
  const state = {
    data: null, group: null, frames: new Map(), at: 0, timer: 0, wanted: false, dragged: false,
  };
  state.observer = new ResizeObserver(() => state.data && draw(root, state));
  root.querySelector("button").onclick = () => (state.timer ? stop(root, state) : play(root, state));
  slider.onpointerdown = () => ask(state);
  slider.oninput = () => {
    end(root, state);
    state.dragged = true;
    ask(state);
    show(root, state, Number(slider.value));
  };
  slider.onchange = () => {
    state.dragged = false;
    choose(state);
  };
  const canvas = root.querySelector("canvas");
  canvas.onclick = (event) => {
    end(root, state);
    show(root, state, placeAt(canvas, state, event));
    choose(state);
  };
  return state;
}

function isMoving(state) {
  return Boolean(state.timer) || state.dragged || state.wanted;
}

// What the server sends are the frames from one on; those before it are here already.
function keepFrames(state, data) {
  (data.frames ?? []).forEach((cells, index) => {
    const step = data.steps[data.places[data.first + index]];
    if (!state.frames.has(step)) state.frames.set(step, bytesOf(cells));
  });
}

function firstMissing({ data, frames }) {
  return data.places.findIndex((place) => !frames.has(data.steps[place]));
}

function hasAll(state) {
  return firstMissing(state) < 0;
}

function ask(state) {
  if (!hasAll(state)) state.send("wanted", firstMissing(state));
}

function play(root, state) {
  state.wanted = true;
  if (hasAll(state)) begin(root, state);
  else ask(state);
  describe(root, state);
}

function begin(root, state) {
  state.wanted = false;
  clearInterval(state.timer);
  if (state.at >= state.data.steps.length - 1) show(root, state, 0);
  state.timer = setInterval(() => {
    if (!root.isConnected) return end(root, state);
    if (state.at >= state.data.steps.length - 1) return stop(root, state);
    show(root, state, state.at + 1);
  }, FRAME_MS);
  describe(root, state);
}

function end(root, state) {
  clearInterval(state.timer);
  state.timer = 0;
  state.wanted = false;
  describe(root, state);
}

function stop(root, state) {
  end(root, state);
  choose(state);
}

function choose(state) {
  if (state.group.film) state.group.film.busy = false;
  if (state.at !== state.data.now) state.send("chosen", state.at);
}

// The frame at a place, or the last one before it: of some steps only the weights were kept.
function frameAt(state, at) {
  for (let place = at; place >= 0; place--) {
    const step = state.data.steps[place];
    if (state.frames.has(step)) return state.frames.get(step);
  }
  return null;
}

function show(root, state, at) {
  state.at = Math.min(at, state.data.steps.length - 1);
  const slider = root.querySelector("input");
  slider.max = String(state.data.steps.length - 1);
  slider.value = String(state.at);
  const words = filled(state.data.words.at, {
    step: state.data.labels[state.at], place: state.at + 1, all: state.data.steps.length,
  });
  slider.setAttribute("aria-valuetext", words);
  root.querySelector(".at").textContent = words;
  const cells = state.at === state.data.now ? null : frameAt(state, state.at);
  const film = cells ? { cells, step: state.data.steps[state.at], busy: isMoving(state) } : null;
  // Where it has come to rest the frame stays until the tiles have brought their own.
  const rests = !film && !isMoving(state) && state.group.film?.step === state.data.steps[state.at];
  if (!rests) tell(state.group, { film });
  draw(root, state);
}

function describe(root, state) {
  const { words } = state.data;
  const button = root.querySelector("button");
  const label = state.timer || state.wanted ? words.stop : words.play;
  button.querySelector(".label").textContent = label;
  button.querySelector(".icon").textContent = state.timer || state.wanted ? "■" : "▶";
  button.title = words.explanation;
  root.querySelector("input").setAttribute("aria-label", words.slider);
  root.querySelector("canvas").setAttribute("aria-label", words.curve);
}

function across(state, place, width) {
  return SIDE + (place / Math.max(1, state.data.steps.length - 1)) * (width - 2 * SIDE);
}

function placeAt(canvas, state, event) {
  const box = canvas.getBoundingClientRect();
  const share = (event.clientX - box.left - SIDE) / Math.max(1, box.width - 2 * SIDE);
  const last = state.data.steps.length - 1;
  return Math.min(last, Math.max(0, Math.round(share * last)));
}

// Of a curve, by how long it stays where.
function meanOver(curve) {
  const parts = curve.slice(1).map(([x, value], index) => {
    const [before, last] = curve[index];
    return (x - before) * (value + last) / 2;
  });
  return parts.reduce((sum, part) => sum + part, 0) / ((curve.at(-1)?.[0] - curve[0]?.[0]) || 1);
}

function draw(root, state) {
  const canvas = root.querySelector("canvas");
  const { data } = state;
  const width = Math.max(80, canvas.parentElement.clientWidth), height = CURVE_HEIGHT * data.textScale;
  const ratio = fit(canvas, width, height);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  const floor = height - 7, accent = data.colours.curve;
  const values = data.curve.map(([, value]) => value);
  const low = Math.min(...values), high = Math.max(...values);
  const up = (value) => 5 + ((high - value) / (high - low || 1)) * (floor - 16);
  // Under a curve that stays up there is room at its foot, over one that falls soon at its end.
  const isHigh = meanOver(data.curve) > (low + high) / 2;
  context.fillStyle = data.colours.quiet;
  context.font = `${12 * data.textScale}px ${styleOf(root, "--st-font") || "sans-serif"}`;
  context.textAlign = isHigh ? "left" : "right";
  const beside = isHigh ? SIDE + 6 : width - SIDE - 6;
  // On a telephone the words would lie across the curve; they are heard there, all the same.
  if (values.length && context.measureText(data.words.title).width < 0.6 * width) {
    context.fillText(data.words.title, beside, isHigh ? floor - 7 : 13 * data.textScale);
  }
  context.strokeStyle = context.fillStyle = accent;
  context.lineWidth = 2;
  context.beginPath();
  data.curve.forEach(([place, value], index) => {
    context[index ? "lineTo" : "moveTo"](across(state, place, width), up(value));
  });
  context.stroke();
  data.kept.forEach((place) => {
    context.beginPath();
    context.arc(across(state, place, width), floor, 3, 0, 2 * Math.PI);
    context.fillStyle = place <= state.at ? accent : data.colours.faint;
    context.fill();
    context.lineWidth = 1;
    context.stroke();
  });
  const at = across(state, state.at, width);
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(at, 0);
  context.lineTo(at, height);
  context.stroke();
}
