"""The direction of imports between packages, and each library behind its one module."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import PROJECT


def _module(path: Path) -> str:
    return ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")


# From the bottom up: a package imports only from rows above its own here, never from one beside it.
# Of a package within another, its own row counts.
ROWS: tuple[tuple[str, ...], ...] = (
    ("builder.program", "builder.text"),
    ("builder.diagnostics",),
    ("builder.faults",),
    ("builder.runtime",),
    ("builder.markdown",),
    ("builder.corpus.labels", "builder.corpus.papers", "builder.corpus.versions", "builder.design.language"),
    ("builder.corpus.model",),
    ("builder.corpus.kinds",),
    ("builder.corpus", "builder.design"),
    ("builder.checks.rules", "builder.identity"),
    ("builder.checks",),
    ("builder.checks.catalogue",),
    ("builder.checks.report",),
    ("builder.anki",),
    ("builder.print.engine",),
    ("builder.print.layout",),
    ("builder.authoring", "builder.print"),
    ("builder.exporting", "builder.importing"),
    ("builder.pipeline",),
    ("builder.environment", "builder.preview", "builder.project"),
    ("builder.commands",),
    ("builder.cli",),
    ("builder.__main__",),
)
FLOORS = {package: floor for floor, row in enumerate(ROWS) for package in row}
LIBRARIES = {
    "click": {"builder.cli", *(_module(path) for path in (PROJECT / "builder" / "commands").glob("*.py"))},
    "markdown_it": {
        "builder.markdown.parser",
        "builder.markdown.dispatch",
        "builder.markdown.callouts",
        "builder.markdown.east_asian",
        "builder.markdown.elements",
        "builder.markdown.footnotes",
        "builder.markdown.marks",
        "builder.markdown.source",
    },
    "lxml": {"builder.importing.field_tree"},
    "mdformat": {"builder.importing.runs"},
    "mdit_py_plugins": {"builder.markdown.parser", "builder.markdown.footnotes", "builder.markdown.marks"},
    "pygments": {"builder.markdown.highlight", "builder.markdown.fast_lexer"},
    "ziamath": {"builder.markdown.maths"},
    "yaml": {"builder.corpus.front_matter"},
    "PIL": {"builder.corpus.decoding"},
    "genanki": {"builder.anki.write"},
    # Zstandard: of the standard library from Python 3.14, before it the same from PyPI.
    "backports": {"builder.anki.archive"},
    "compression": {"builder.anki.archive"},
    "watchfiles": {"builder.preview.watcher"},
    "weasyprint": {"builder.print.engine.weasyprint"},
    "wcwidth": {"builder.checks.report.excerpt"},
    "pydyf": {"builder.print.engine.assemble"},
    "uharfbuzz": {"builder.design.fonts"},
    "anyascii": {"builder.text"},
    "tinycss2": {"builder.design.css"},
}


FILES = {_module(path): path for path in sorted((PROJECT / "builder").rglob("*.py"))}


@cache
def _imports(module: str) -> tuple[str, ...]:
    """Return what a module imports, wherever in it: modules by their names, libraries by theirs."""
    return tuple(dict.fromkeys(_found(ast.parse(FILES[module].read_text(encoding="utf-8")))))


def _found(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in FILES else str(node.module) for name in names)


def _package(module: str) -> str:
    """Return the package that counts for a module: the innermost that has a row, or the module itself."""
    parts = module.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in names if name in FLOORS or name == "builder"), "")


@pytest.mark.parametrize("module", FILES)
def test_every_module_is_in_a_package_that_has_a_row(module: str) -> None:
    assert module == "builder" or _package(module) != "builder", f"{module} has no row yet"


@pytest.mark.parametrize("module", FILES)
def test_imports_go_down(module: str) -> None:
    own = _package(module)
    for name in _imports(module):
        package = _package(name) if name in FILES else ""
        if package not in ("", "builder", own):
            assert FLOORS[package] < FLOORS[own], f"{module} imports {name}"


def test_every_row_is_of_packages_that_are_there() -> None:
    assert set(FLOORS) <= set(FILES)


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: {name for name in _imports(module) if name in FILES} for module in FILES}
    assert set(TopologicalSorter(graph).static_order()) == set(FILES)


@pytest.mark.parametrize("module", FILES)
def test_each_library_is_behind_its_one_module(module: str) -> None:
    for name in _imports(module):
        library = name.partition(".")[0]
        if library != "builder" and library not in sys.stdlib_module_names:
            assert module in LIBRARIES.get(library, set()), f"{module} imports {library}"
