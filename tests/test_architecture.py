"""The direction of imports, and each library behind its one module."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder.cli import COMMANDS
from tests.conftest import PROJECT


def _module(path: Path) -> str:
    return ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")


# A module imports only from rows above its own.
ROWS: tuple[set[str], ...] = (
    {"builder", "builder.program"},
    {"builder.text"},
    {"builder.diagnostics"},
    {"builder.faults"},
    {
        "builder.markdown.fast_lexer",
        "builder.markdown.dispatch",
        "builder.runtime.cache",
        "builder.runtime.memory",
        "builder.corpus.toml",
    },
    {"builder.runtime.regular_files"},
    {
        *(
            "builder.markdown.highlight",
            "builder.identity.study_order",
            "builder.markdown.cloze",
            "builder.markdown.maths",
        ),
        *(
            "builder.print.layout.imposition",
            "builder.runtime.serialize",
            "builder.corpus.attributes",
            "builder.checks.rules.words",
        ),
        *("builder.corpus.drawings", "builder.anki", "builder.anki.typed"),
    },
    {
        *(
            "builder.markdown.source",
            "builder.runtime.atomic",
            "builder.design.styles",
            "builder.identity.git",
            "builder.corpus.images",
        ),
        "builder.anki.protobuf",
    },
    {
        "builder.markdown.parser",
        "builder.runtime.workers",
        "builder.identity.lock",
        "builder.checks.contrast",
        "builder.anki.archive",
    },
    {"builder.corpus.model", "builder.anki.collection"},
    {
        "builder.corpus.pictures",
        "builder.corpus.kinds.answers",
        "builder.identity.numbering",
        "builder.anki.release",
        "builder.checks.rules.rule",
    },
    {
        "builder.checks.rules.prompts",
        "builder.checks.rules.code",
        "builder.checks.rules.corpus",
        "builder.checks.rules.writing",
    },
    {"builder.checks.rules.answers"},
    {"builder.checks.rules"},
    {"builder.corpus.settings"},
    {"builder.corpus.files", "builder.anki.render"},
    {"builder.corpus.reader", "builder.anki.fields", "builder.identity.lockfile"},
    {"builder.corpus.kinds.checks", "builder.checks.whole", "builder.checks.fixes"},
    {"builder.checks.content", "builder.checks.catalogue.entry"},
    {
        "builder.checks.run",
        "builder.checks.catalogue.structure",
        "builder.checks.catalogue.content",
        "builder.checks.catalogue.whole",
    },
    {"builder.checks.catalogue"},
    {"builder.checks.report.excerpt", "builder.checks.report.formats", "builder.checks.report.sarif"},
    {
        "builder.design.fonts",
        "builder.print.engine.pango",
        "builder.print.layout.columns",
        "builder.design.templates",
    },
    {"builder.print.engine.html", "builder.checks.glyphs"},
    {"builder.print.engine.fragments"},
    {"builder.print.engine.assemble", "builder.print.engine.code_colours"},
    {"builder.print.engine.press"},
    {"builder.pipeline.compile"},
    {"builder.print.layout.split", "builder.print.flashcards"},
    {"builder.print.layout.contents", "builder.print.calibration"},
    {"builder.print.layout.pages"},
    {"builder.anki.note_types", "builder.print.cheatsheet", "builder.print.handbook"},
    {"builder.anki.write", "builder.anki.read"},
    {"builder.pipeline.outputs"},
    {"builder.pipeline.releases", "builder.anki.plan"},
    {"builder.print.selection", "builder.anki.plan_report"},
    {"builder.pipeline.make"},
    {"builder.authoring.new_question", "builder.authoring.new_corpus", "builder.authoring.stats"},
    {"builder.authoring.stats_report"},
    {"builder.preview"},
    {"builder.preview.templates"},
    {"builder.preview.reviewer"},
    {"builder.preview.cards", "builder.preview.pdfs", "builder.preview.server", "builder.preview.watcher"},
    {"builder.preview.live_corpus", "builder.preview.feed"},
    {"builder.preview.session"},
    {"builder.commands"},
    {"builder.commands.terminal", "builder.commands.packages"},
    {"builder.commands.findings"},
    {"builder.commands.arguments", "builder.commands.progress"},
    {"builder.commands.making", "builder.commands.chapters", "builder.commands.completers"},
    {f"builder.commands.{name}" for name in COMMANDS},
    {"builder.cli"},
    {"builder.__main__"},
)
LIBRARIES = {
    "click": {"builder.cli", *(_module(path) for path in (PROJECT / "builder" / "commands").glob("*.py"))},
    "markdown_it": {"builder.markdown.parser", "builder.markdown.dispatch", "builder.markdown.source"},
    "mdit_py_plugins": {"builder.markdown.parser"},
    "pygments": {"builder.markdown.highlight", "builder.markdown.fast_lexer"},
    "ziamath": {"builder.markdown.maths"},
    "PIL": {"builder.corpus.images"},
    "genanki": {"builder.anki.write"},
    # Zstandard: of the standard library from Python 3.14, before it the same from PyPI.
    "backports": {"builder.anki.archive"},
    "compression": {"builder.anki.archive"},
    "watchfiles": {"builder.preview.watcher"},
    "weasyprint": {"builder.print.engine.press"},
    "wcwidth": {"builder.checks.report.excerpt"},
    "pydyf": {"builder.print.engine.assemble"},
    "uharfbuzz": {"builder.design.fonts"},
}
FILES = sorted((PROJECT / "builder").rglob("*.py"))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            known = {_module(file) for file in FILES}
            yield from (name if name in known else str(node.module) for name in names)


def _row(module: str) -> int:
    rows = [index for index, row in enumerate(ROWS) if module in row]
    assert rows, f"{module} has no row yet"
    return rows[0]


@pytest.mark.parametrize("path", FILES, ids=_module)
def test_imports_go_one_way(path: Path) -> None:
    module = _module(path)
    for name in _imports(path):
        if name.partition(".")[0] == "builder":
            assert _row(name) < _row(module), f"{module} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=_module)
def test_each_library_is_behind_its_one_module(path: Path) -> None:
    for name in _imports(path):
        library = name.partition(".")[0]
        if library != "builder" and library not in sys.stdlib_module_names:
            assert _module(path) in LIBRARIES.get(library, set()), f"{_module(path)} imports {library}"
