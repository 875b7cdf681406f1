// A button that puts a text into the clipboard.

const SECONDS = 2;

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root");
  const button = root.querySelector("button");
  const said = root.querySelector("[role=status]");
  button.textContent = data.words.copy;
  button.onclick = async () => {
    const done = await minigptCopy(data.text, root);  // of the frame: copying.js
    button.textContent = said.textContent = done ? data.words.copied : data.words.failed;
    clearTimeout(root.timer);
    root.timer = setTimeout(() => {
      button.textContent = data.words.copy;
      said.textContent = "";
    }, 1000 * SECONDS);
  };
  return () => clearTimeout(root.timer);
}
