// A button that puts a text into the clipboard.

const SECONDS = 2;

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root");
  const button = root.querySelector("button");
  const said = root.querySelector("[role=status]");
  button.textContent = data.words.copy;
  button.onclick = async () => {
    const done = await copied(root, data.text);
    button.textContent = said.textContent = done ? data.words.copied : data.words.failed;
    clearTimeout(root.timer);
    root.timer = setTimeout(() => {
      button.textContent = data.words.copy;
      said.textContent = "";
    }, 1000 * SECONDS);
  };
  return () => clearTimeout(root.timer);
}

async function copied(root, text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Only pages that came over HTTPS, or from this computer, may do that; in a class few do.
    return copiedByHand(root, text);
  }
}

function copiedByHand(root, text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "heard";
  root.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
