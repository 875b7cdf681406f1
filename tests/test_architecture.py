"""The rules that hold between the parts of this project, each as a test.

Everything is read from the source; nothing is imported.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = ("benchmarks", "pages", "ui", "minigpt")

# Each line may import from the lines below it, and parts joined by | leave each other alone.
LAYERS = """
    app
    benchmarks
    pages
    ui.screens
    ui.components
    ui.forms | ui.charts | ui.navigation
    ui.services | ui.session
    ui.messages | ui.pickers | ui.theme | ui.wording
    ui.i18n
    minigpt.cli minigpt.__main__
    minigpt.jobs.estimate
    minigpt.jobs.train
    minigpt.jobs.worker | minigpt.jobs.submission | minigpt.jobs.actions | minigpt.jobs.twins
    minigpt.jobs.queue
    minigpt.jobs.termination
    minigpt.jobs.processes
    minigpt.jobs.fork_server
    minigpt.jobs.estimate.memory | minigpt.jobs.estimate.measurements
    minigpt.jobs.machine | minigpt.jobs.limits | minigpt.jobs.fairness
    minigpt.jobs.estimate.token_counts
    minigpt.jobs.worker.tensorboard
    minigpt.runs.transfer | minigpt.runs.analysis | minigpt.reading
    minigpt.runs
    minigpt.checkpoints | minigpt.interop | minigpt.lessons
    minigpt.training | minigpt.sampling | minigpt.introspection
    minigpt.corpora | minigpt.tokenizers | minigpt.models
    minigpt.downloads
    minigpt.configuration | minigpt.data_folder | minigpt.host | minigpt.wording
    minigpt.json_lines
    minigpt.files
    minigpt.errors | minigpt.shapes | minigpt.json_values | minigpt.accents
    minigpt.sentences
"""
LONGEST_MODULE, LONGEST_PAGE, LONGEST_FUNCTION = 350, 80, 30
MOST_ENTRIES = 12
CROWDED = {
    "benchmarks": 19,  # one a claim, and what several of them measure with
    "ui/services": 13,  # one a thing that pages share, and how work is shared
    "ui/components": 17,  # one a part that several screens show, most with a script of its own
    "ui/charts": 16,  # one a kind of figure, and what several of them are made of
    "minigpt/jobs": 13,  # one a step in the life of a job, and what limits it
    "minigpt": 25,  # the parts of the core, and the small rooms that all of them stand on
    "minigpt/introspection": 13,  # one a question about the inside of a model
    "minigpt/reading": 13,  # one a question about texts, and what they are searched with
    "minigpt/runs": 14,  # what a run at rest consists of, and what is read out of it
    "minigpt/lessons": 16,  # what a lesson computes each, and what several of them are made of
    "ui/screens/learn/lessons": 16,  # a lesson each
}
ENTRY = re.compile(r"^ {0,4}(\w+) {2,}\S", re.MULTILINE)
"""A line of a package's description: what is in it, and after two spaces at least, what that is."""
REASON = re.compile(r"#\s*(?:type:\s*ignore|noqa)(?::?\s*[A-Z]+\d+|\[[^]]*\]|[,\s]+)*(.*)")


def test_each_layer_imports_only_from_those_below_it():
    wrong = []
    # `minigpt` itself names what every part offers, to type checkers only.
    for module in sorted(modules().keys() - {"minigpt"}):
        row, part = place_of(module)
        for imported in sorted(imports_of(module)):
            other_row, other_part = place_of(imported)
            if other_row < row or (other_row == row and other_part != part):
                wrong.append(f"{module} imports {imported}")
    require_none(wrong)


def test_every_module_has_a_place_among_the_layers():
    # These hold nothing but a description of their parts.
    outside = [module for module in modules() if place_of(module) is NOWHERE]
    assert outside == ["ui", "minigpt", "minigpt.jobs"]
    # All but `minigpt`, which also has the table of the names that it offers.
    require_none([module for module in outside[::2] if has_content(modules()[module])])
    assert offered_by_the_face() == {"__version__", "HOMES", "__all__", "__getattr__", "__dir__"}


def test_no_module_imports_itself_in_a_circle():
    try:
        TopologicalSorter({module: imports_of(module) for module in modules()}).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_core_does_not_know_the_screen():
    knowing = [
        f"{module} imports {name}"
        for module in modules()
        if module.startswith("minigpt")
        for name in imported_names(module)
        if name.split(".")[0] in {"streamlit", "ui", "pages"}
    ]
    require_none(knowing)


def test_nothing_prints():
    printing = [
        f"{module}, line {node.lineno}"
        for module, path in modules().items()
        if not module.startswith("benchmarks.")  # they print their tables
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    require_none(printing)


CHOOSING = {"selectbox", "multiselect", "radio", "segmented_control", "pills", "select_slider"}


def test_only_the_pickers_choose_among_named_things():
    # Of two options shown alike Streamlit hears only the last; there, no two are shown alike.
    choosing = [
        f"{name}, line {node.lineno}: {node.func.attr}"
        for name, path in {**modules(), **{str(page): page for page in pages()}}.items()
        if name != "ui.pickers"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (node.func.attr in CHOOSING or any(one.arg == "format_func" for one in node.keywords))
        and ast.unparse(node.func.value) != "pickers"
    ]
    require_none(choosing)


def test_only_lines_of_python_load_the_highlighter():
    # It is 1.5 MB, and half a second of a browser's work: `plain_text` shows a text without it.
    coloured = [
        f"{name}, line {node.lineno}"
        for name, path in {**modules(), **{str(page): page for page in pages()}}.items()
        if name != "ui.components.python_lines"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "code"
        and (ast.unparse(node.func.value) == "st" or node.keywords)
    ]
    require_none(coloured)


def test_pages_are_drawn_anew_by_one_function():
    # Elsewhere, the address that comes with it would be taken for one that somebody went to.
    redrawing = [
        f"{name}, line {node.lineno}"
        for name, path in {**modules(), **{str(page): page for page in pages()}}.items()
        if name != "ui.session.unheard"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "st.rerun"
    ]
    require_none(redrawing)


def test_every_page_begins_with_the_guard():
    unguarded = [
        page.name
        for page in pages()
        if not ast.unparse(statements_after_imports(page)[0]).startswith("ensure_frame(")
    ]
    require_none(unguarded)


def test_every_package_has_its_tests():
    untested = [
        str(path.parent.relative_to(ROOT))
        for path in modules().values()
        if path.name == "__init__.py"
        and path.parent.name != "benchmarks"  # they are measurements themselves
        and not any((ROOT / "tests" / path.parent.relative_to(ROOT)).rglob("test_*.py"))
    ]
    require_none(untested)


def test_every_package_names_what_is_in_it():
    wrong = []
    for package in packages():
        described = ast.get_docstring(parsed(package / "__init__.py")) or ""
        entries, there = ENTRY.findall(described), contents(package)
        named = set(entries)
        offered = names_brought_by(package / "__init__.py")
        name = package.relative_to(ROOT)
        wrong += [f"{name} names {entry} twice" for entry in named if entries.count(entry) > 1]
        wrong += [f"{name} does not name {entry}" for entry in sorted(there - named)]
        wrong += [
            f"{name} names {entry}, which is not there" for entry in sorted(named - there - offered)
        ]
    require_none(wrong)


def test_a_folder_can_be_taken_in_at_a_glance():
    crowded = [
        f"{name}: {count} of at most {allowed}"
        for package in packages()
        if (name := package.relative_to(ROOT).as_posix())
        and (count := len(contents(package))) > (allowed := CROWDED.get(name, MOST_ENTRIES))
    ]
    require_none(crowded)


def test_modules_and_pages_fit_on_a_few_screens():
    budgets = dict.fromkeys(modules().values(), LONGEST_MODULE)
    budgets |= dict.fromkeys(pages(), LONGEST_PAGE)
    too_long = [
        f"{path.relative_to(ROOT)}: {lines} lines of at most {budget}"
        for path, budget in budgets.items()
        if (lines := len(source(path).splitlines())) > budget
    ]
    require_none(too_long)


def test_functions_fit_on_half_a_screen():
    too_long = [
        f"{module}.{function.name}: {lines} lines of at most {LONGEST_FUNCTION}"
        for module, path in modules().items()
        for function in ast.walk(parsed(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := lines_of_code(function)) > LONGEST_FUNCTION
    ]
    require_none(too_long)


def test_the_time_free_space_and_processes_have_one_door_each():
    # What is handed in needs no patching. Spans measured by one process need no such clock.
    doors = {
        "time.time": {"minigpt.host", "minigpt.files"},  # the age of a file, for which it is early
        "datetime.now": set(),
        "shutil.disk_usage": {"minigpt.host"},
        # Whose end is not waited for: a worker, and what it is forked from.
        "subprocess.Popen": {"minigpt.jobs.processes", "minigpt.jobs.fork_server"},
        "subprocess.run": {
            "minigpt.jobs.processes", "minigpt.jobs.estimate.calibration",
            "minigpt.corpora.documents",
        },
    }  # fmt: skip
    require_none([
        f"{module}, line {node.lineno}: {ast.unparse(node)}"
        for module, path in modules().items()
        if module.startswith(("minigpt", "ui"))
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Load)
        and module not in doors.get(ast.unparse(node), {module})
    ])  # fmt: skip


def test_only_the_run_directory_reads_the_json_of_a_run():
    # Whoever shows or obeys what a run says gets a record; an archive is packed as it is.
    allowed = re.compile(r"minigpt\.runs\.(directory|transfer\..*)")
    files = "meta|config|queued|control|launch|signals|process|state|exit|metrics|samples|events"
    keyed = re.compile(rf"\.(read|lines)\(\s*[\"']({files})[\"']")
    require_none([
        module
        for module, path in modules().items()
        if keyed.search(source(path)) and not allowed.fullmatch(module)
    ])  # fmt: skip


def test_the_readme_names_every_top_level_entry():
    entries = {
        path.name
        for path in ROOT.iterdir()
        if not path.name.startswith((".", "__")) and path.name != "README.md"
    }
    named = {entry.split("/")[0] for entry in readme_tree()}
    require_none(sorted(entries - named))


def test_everything_the_readme_names_exists():
    require_none([entry for entry in readme_tree() if not (ROOT / entry).exists()])


def test_the_readme_names_every_package():
    packages = {
        path.parent.relative_to(ROOT).as_posix() for path in ROOT.glob("minigpt/*/__init__.py")
    }
    require_none(sorted(packages - set(readme_tree())))


def test_every_path_in_the_documents_exists():
    named = re.compile(
        rf"(?<![\w/.-])(?:{'|'.join((*CODE, 'docs', 'tests'))})/[\w/.-]*\w(?![\w*<])"
    )
    gone = [
        f"{document.relative_to(ROOT)} names {path}"
        for document in documents()
        for path in named.findall(source(document))
        if Path(path).stem.removeprefix("test_")
        != "toy"  # the example's files are the reader's to write
        if not (ROOT / path).exists()
    ]
    require_none(gone)


def test_no_file_is_a_drawer_for_everything():
    require_none([path for path in all_python_files() if path.name in {"utils.py", "helpers.py"}])


def test_every_silenced_check_says_why():
    silent = [
        f"{path.relative_to(ROOT)}, line {line}: {comment}"
        for path in all_python_files()
        if REASON.search(source(path))  # to cut all into tokens takes twenty times as long
        for line, comment in comments(path)
        if (match := REASON.search(comment)) and not match[1].strip("# ")
    ]
    require_none(silent)


def test_the_reader_of_silenced_checks_knows_a_reason_when_it_sees_one():
    silenced = {
        "# noqa": "",
        "# noqa: E501": "",
        "# noqa: E501, F401": "",
        "# type: ignore": "",
        "# type: ignore[arg-type, misc]": "",
        "# noqa: E501 # a URL": "a URL",
        "# noqa: E501 - a URL": "- a URL",
        "# type: ignore[misc] # numpy has no type for this": "numpy has no type for this",
    }
    found = {comment: REASON.search(comment)[1].strip("# ") for comment in silenced}
    assert found == silenced


def require_none(violations: list) -> None:
    if violations:
        pytest.fail("\n".join(["These break the rule:", *map(str, violations)]), pytrace=False)


def offered_by_the_face() -> set[str]:
    """What `minigpt` itself defines, apart from imports for type checkers."""
    names = set()
    for statement in statements_after_imports(ROOT / "minigpt" / "__init__.py"):
        match statement:
            case ast.FunctionDef(name=name):
                names.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                pass
            case _:
                names.add(ast.unparse(statement))
    return names


NOWHERE = (10**6, 0)


def place_of(module: str) -> tuple[int, int]:
    """The row of a module's layer and its part within; parts of one row are siblings.

    The longest name that fits decides, so a part of a package may have a row of its own.
    """
    fitting = [
        (len(name), (row, part))
        for row, line in enumerate(LAYERS.strip().splitlines())
        for part, names in enumerate(line.split("|"))
        for name in names.split()
        if module == name or module.startswith(f"{name}.")
    ]
    return max(fitting, default=(0, NOWHERE))[1]


@cache
def modules() -> dict[str, Path]:
    """Every module of the app by its dotted name; a package's name means its __init__."""
    files = [path for start in CODE for path in sorted((ROOT / start).rglob("*.py"))]
    return {dotted(path.relative_to(ROOT)): path for path in [ROOT / "app.py", *files]}


def dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports_of(module: str) -> set[str]:
    """The modules of this project that a module imports, also inside functions."""
    return {name for name in imported_names(module) if name in modules()} - {module}


def imported_names(module: str) -> set[str]:
    """Every name that may be a module: `from a import b` gives "a.b" if that is one, else "a"."""
    names = set()
    for node in ast.walk(parsed(modules()[module])):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if name in modules() else str(node.module) for name in inside}
    return names


def packages() -> list[Path]:
    """The folders of the app that are packages."""
    starts = [ROOT / start for start in CODE]
    return sorted(path.parent for start in starts for path in start.rglob("__init__.py"))


def contents(package: Path) -> set[str]:
    """The modules and packages that lie directly in a package."""
    inside = [path.stem for path in package.glob("[!_]*.py")]
    return {*inside, *(path.parent.name for path in package.glob("*/__init__.py"))}


def names_brought_by(path: Path) -> set[str]:
    """What a module imports by name, so that others find it there."""
    return {
        alias.asname or alias.name
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def pages() -> list[Path]:
    return sorted((ROOT / "pages").glob("*.py"))


def has_content(path: Path) -> bool:
    """Whether there is more to a module than its description, imports and exports."""
    return any(not is_export_list(statement) for statement in statements_after_imports(path))


def is_export_list(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__"


def statements_after_imports(path: Path) -> list[ast.stmt]:
    """What a module does, without its docstring and imports."""
    return [
        statement
        for statement in parsed(path).body
        if not isinstance(statement, ast.Import | ast.ImportFrom)
        and not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
    ]


def lines_of_code(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    docstring = function.body[0] if ast.get_docstring(function) else None
    described = (docstring.end_lineno or 0) - docstring.lineno + 1 if docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - described


def readme_tree() -> list[str]:
    """The paths in README's drawing of the project: an entry a line, indented by its depth."""
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.fail("README.md is missing; it must draw the tree of the project.")
    entry = re.compile(r"^( *)([\w.-]+/?) {2,}\S")
    for block in re.split(r"\n\s*\n|```.*\n", source(readme)):
        found = [match for line in block.splitlines() if (match := entry.match(line))]
        if any(match[2] == "app.py" for match in found):
            return list(paths([(len(match[1]), match[2].rstrip("/")) for match in found]))
    pytest.fail("README.md draws no tree with app.py in it.")


def paths(entries: list[tuple[int, str]]) -> Iterator[str]:
    above: list[tuple[int, str]] = []
    for depth, name in entries:
        above = [*((other, parent) for other, parent in above if other < depth), (depth, name)]
        yield "/".join(part for _, part in above)


def all_python_files() -> list[Path]:
    """Every source file of the project, whatever else lies hidden beside it."""
    visible = [path for path in sorted(ROOT.iterdir()) if not path.name.startswith(".")]
    inside = [file for folder in visible for file in sorted(folder.rglob("*.py"))]
    return [*(path for path in visible if path.suffix == ".py"), *inside]


def documents() -> list[Path]:
    """What is written for people, but for the record of what was true once."""
    there = [*ROOT.glob("*.md"), *ROOT.glob("*/*.md"), *ROOT.glob("docs/*/*.md")]
    return [path for path in sorted(there) if path.name != "CHANGELOG.md"]


def comments(path: Path) -> list[tuple[int, str]]:
    tokens = tokenize.generate_tokens(io.StringIO(source(path)).readline)
    return [(one.start[0], one.string) for one in tokens if one.type == tokenize.COMMENT]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(source(path))


@cache
def source(path: Path) -> str:
    return path.read_text(encoding="utf-8")
