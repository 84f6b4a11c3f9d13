"""Runs the corpus's Python blocks where they stand, invisible ones too: a deck cannot teach stale code."""

from typing import Any

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser


def _as_a_module(namespace: dict[str, Any]) -> None:
    """Name the module that the blocks of a chapter make up: Flask(__name__) asks for it."""
    namespace["__name__"] = "bookshop"


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["*.md"],
    setup=_as_a_module,
).pytest()
