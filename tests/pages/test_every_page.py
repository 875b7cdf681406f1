import ast
import os
import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.harness import ROOT, TIMEOUT_SECONDS, said

PAGES = sorted((ROOT / "pages").glob("*.py"))
LONGEST_PAGE = 80
OPEN_HOME = f"""
import sys
from streamlit.testing.v1 import AppTest
at = AppTest.from_file({str(ROOT / "app.py")!r}, default_timeout={TIMEOUT_SECONDS}).run()
assert not at.exception
assert len(at.metric) == 1
print(*sorted(sys.modules))
"""

each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)


@each_page
def test_the_frame_comes_before_everything_else(path):
    doc, *statements = ast.parse(path.read_text("utf-8")).body
    assert isinstance(doc.value, ast.Constant)
    first = next(
        statement
        for statement in statements
        if not isinstance(statement, ast.Import | ast.ImportFrom)
    )
    assert ast.unparse(first) == "ensure_frame()"


@each_page
def test_a_page_is_a_thin_script(path):
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_PAGE


@each_page
def test_the_address_is_the_name_of_the_file(path, visit):
    at = visit(path.stem)
    addresses = {page["script_path"]: page["url_pathname"] for page in _registered(at)}
    assert addresses[str(path)] == ("" if path.stem == "home" else path.stem)
    assert not at.exception


@each_page
def test_a_page_opens_alone_and_shows_the_same(path, visit):
    alone = AppTest.from_file(path, default_timeout=TIMEOUT_SECONDS).run()
    in_app = visit(path.stem)
    for kind in ("title", "info", "error", "subheader"):
        assert said(getattr(alone, kind)) == said(getattr(in_app, kind))
    assert len(alone.sidebar.caption) == 1
    assert not alone.exception
    assert not in_app.exception


@each_page
def test_widgets_stay_the_same_from_the_first_request_on(path, visit, gpt):
    at = visit(path.stem, run=gpt.id)
    first = [widget.id for widget in _widgets(at)]
    assert [widget.id for widget in _widgets(at.run())] == first
    assert not at.exception


def test_opening_home_does_not_load_torch(gpt):
    answer = subprocess.run(
        [sys.executable, "-c", OPEN_HOME], cwd=ROOT, env=dict(os.environ), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    modules = answer.stdout.split()
    assert "ui.services.runs" in modules
    assert "torch" not in modules


def _registered(at):
    return at._registered_pages.values()


def _widgets(at):
    return [*at.button, *at.selectbox, *at.number_input, *at.text_input, *at.text_area]
