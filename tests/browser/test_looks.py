"""Every page in both themes and on a phone: no exception, nothing that scrolls sideways.

None of them asks for what colours lines of Python, 1.5 MB, before somebody opens such lines.
"""

from itertools import product

from playwright.sync_api import Page, expect

from minigpt.runs.store import RunStore
from tests.browser.harness import DEMO, Server, settle
from ui.theme import DARK, LIGHT

PAGES = (
    "",
    "corpus",
    "train",
    "runs",
    "run?run=demo-shakespeare",
    "generate?run=demo-shakespeare",
    "attention?run=demo-shakespeare",
    "inside?run=demo-shakespeare",
)
BACKGROUNDS = {"light": "rgb(252, 251, 248)", "dark": "rgb(22, 24, 27)"}
WIDE, PHONE = 1440, 390
HIGHLIGHTER = "SyntaxHighlighter"
IS_CUT = """part =>
  part.scrollWidth > part.clientWidth && getComputedStyle(part).overflow !== "visible"
"""
REST_SECONDS = 2
COUNT_RUNS = """() => {
  const app = document.querySelector("[data-testid=stApp]");
  globalThis.runs = 0;
  const count = () => { globalThis.runs += app.dataset.testScriptState === "running"; };
  new MutationObserver(count).observe(app, { attributeFilter: ["data-test-script-state"] });
}"""
"""How often the page's script begins from now on."""

WRITE_ANEW = """() => {
  const place = document.querySelector("[data-testid=stHtml]:has(> .plain-text)");
  place.innerHTML = place.innerHTML;
}"""
"""As Streamlit does when another text takes the place of one."""


def test_every_page(server: Server, page: Page) -> None:
    asked_for: list[str] = []
    page.on("request", lambda request: asked_for.append(request.url))
    for address in PAGES:
        page.set_viewport_size({"width": WIDE, "height": 844})
        page.goto(f"{server.url}/{address}")
        settle(page)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for width, theme in product((WIDE, PHONE), BACKGROUNDS):
            page.set_viewport_size({"width": width, "height": 844})
            page.emulate_media(color_scheme=theme)
            expect(page.get_by_test_id("stApp")).to_have_css("background-color", BACKGROUNDS[theme])
            settle(page)
            overflow = page.evaluate("document.body.scrollWidth - document.body.clientWidth")
            assert overflow <= 0, (address, width, theme)
        assert not [url for url in asked_for if HIGHLIGHTER in url], address


def test_a_text_is_copied_to_the_character(server: Server, page: Page) -> None:
    written = RunStore(server.checkpoints).open(DEMO.name).samples()[-1].text.strip("\n")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{server.url}/run?run={DEMO.name}")
    settle(page)
    text = page.locator(".plain-text").first
    text.get_by_role("button", name="Copy").click()
    expect(text.get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == written
    # As over a network without HTTPS, where a page has no clipboard.
    page.evaluate("delete Navigator.prototype.clipboard")
    expect(text.get_by_role("status")).to_have_text("")
    page.keyboard.press("Enter")
    expect(text.get_by_role("status")).to_have_text("Copied")
    page.context.clear_permissions()


def test_who_stands_on_a_button_of_a_text_stays_there_when_the_text_grows(
    server: Server, page: Page
) -> None:
    page.goto(f"{server.url}/run?run={DEMO.name}")
    settle(page)
    copy = page.locator(".plain-text").first.get_by_role("button", name="Copy")
    copy.focus()
    for _growth in range(2):
        page.evaluate(WRITE_ANEW)
        expect(copy).to_be_focused()
    copy.blur()
    page.evaluate(WRITE_ANEW)
    expect(page.locator("body")).to_be_focused()


def test_the_name_of_no_number_is_cut_on_a_small_laptop(server: Server, page: Page) -> None:
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(f"{server.url}/train?lang=id")
    settle(page)
    names = page.locator("[data-testid=stMetricLabel] [data-testid=stMarkdownContainer]")
    expect(names.filter(has_text="Teks yang dilihat")).to_be_visible()
    assert not [name for name in names.all() if name.evaluate(IS_CUT)]


def test_figures_follow_when_the_theme_is_switched(server: Server, page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(f"{server.url}/inside?run=demo-shakespeare&section=tables")
    settle(page)
    name = page.locator(".js-plotly-plot .ytick text").first
    expect(name).to_have_css("fill", _css(LIGHT.text))
    page.evaluate(COUNT_RUNS)
    page.emulate_media(color_scheme="dark")
    expect(name).to_have_css("fill", _css(DARK.text))
    page.get_by_test_id("stMainMenuButton").click()
    page.get_by_test_id("stMainMenuItem-theme-Light").click()
    expect(name).to_have_css("fill", _css(LIGHT.text))
    page.wait_for_timeout(1000 * REST_SECONDS)
    assert page.evaluate("runs") <= 2, "each switch is answered once"


def _css(color: str) -> str:
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return f"rgb({red}, {green}, {blue})"
