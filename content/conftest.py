"""Runs the corpus's Python blocks where they stand, invisible ones too: a deck cannot teach stale code."""

from collections.abc import Iterator
from typing import Any

from sybil import Document, Region, Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser
from sybil.region import Lexeme

from builder.cloze import gaps_in_code


def _as_a_module(namespace: dict[str, Any]) -> None:
    """Name the module that the blocks of a chapter make up: Flask(__name__) asks for it."""
    namespace["__name__"] = "bookshop"


class _FilledPythonParser(PythonCodeBlockParser):
    """Reads blocks with cloze gaps as the card's back shows them."""

    def __call__(self, document: Document) -> Iterator[Region]:
        for region in super().__call__(document):
            code = region.parsed
            region.parsed = Lexeme(gaps_in_code(code)[0], code.offset, code.line_offset)
            yield region


pytest_collect_file = Sybil(
    parsers=[_FilledPythonParser(), SkipParser()],
    patterns=["*.md"],
    setup=_as_a_module,
).pytest()
