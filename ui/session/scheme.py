"""Whether the visitor's browser shows the page light or dark, and that what is drawn is so, too.

A figure's colours are chosen on the server, and Streamlit asks it for nothing when the theme is
switched, in its menu or by the visitor's system: dark letters stayed on a page that became dark.
"""

from functools import cache

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

SCRIPT = """
// Asks once for each switch: where the answer were drawn in the old colours, there is no other.
// What is being written or measured is left to come to its end before.
export default function ({ data, setTriggerValue }) {
  const app = document.querySelector("[data-testid=stApp]");
  const follow = () => {
    const shown = getComputedStyle(app).colorScheme;
    if (shown === data.drawn) globalThis.minigptAsked = null;
    else if (shown !== globalThis.minigptAsked && app.dataset.testScriptState !== "running") {
      globalThis.minigptAsked = shown;
      setTriggerValue("switched", shown);
    }
  };
  globalThis.minigptFollows?.disconnect(); // one that knows no more how the page is drawn
  const observer = (globalThis.minigptFollows = new MutationObserver(follow));
  observer.observe(app, { attributeFilter: ["class", "data-test-script-state"] });
  follow();
  return () => observer.disconnect();
}
"""


def follow_scheme() -> None:
    """Have all drawn anew where the browser shows other colours than the page was drawn in."""
    _component()(
        key="scheme", data={"drawn": st.context.theme.type}, on_switched_change=lambda: None
    )


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component("minigpt.scheme", js=SCRIPT)
