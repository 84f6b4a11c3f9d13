"""Settings: any deck.toml is read, and what is read of it serves a corpus."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from hypothesis.strategies import SearchStrategy

from builder.anki.fields import deck_name, pack
from builder.anki.render import render_chapter
from builder.checks.rules import RULE_TABLE, rulebook
from builder.checks.run import check_chapter
from builder.checks.whole import check_outline
from builder.corpus.files import read_source
from builder.corpus.model import Outline, Settings
from builder.corpus.reader import read_chapter
from builder.corpus.settings import SETTINGS_FILE, read_settings
from builder.identity.lock import Lock
from builder.identity.numbering import number_questions
from builder.identity.update import update
from builder.markdown.source import Source
from builder.print.flashcards import stock_and_turn
from tests.fuzzing.attempts import PROJECT
from tests.fuzzing.mutations import mutated_texts
from tests.fuzzing.promises import check_is_inert, check_lock_is_kept, check_places, check_unread
from tests.fuzzing.target import Target, promise
from tests.reading import finished

_CHAPTER = "# T\n\n## What is it? {#a}\n\nA thing.\n\n### It is {#b .cloze}\n\nAn {{c1::other}}.\n"
_NAMES = ("id", "title", "deck", "language", "description", "licence", "version", "source")
_LISTS = ("authors", "study")
_VALUES = (
    *('""', '" "', '"a"', '"a b"', '"A::B"', '"::"', '"a\\nb"', '"\\u0000"', '"\\u001b[31m"', '"\\u2028"'),
    *('"</b>"', '"{{FrontSide}}"', '"en-GB"', '"http://[x"', '"https://x.org/<b>"', '"javascript:alert(1)"'),
    *("'''", '"""', "[]", "['a', 1]", "{}", "{a = 1}", "[[[]]]", "true", "0", "-1", "1e999", "nan", "inf"),
    *("0x" + "f" * 5000, "9" * 5000, "1979-05-27", "07:32:00", "2024-02-30", '"' + "x" * 5000 + '"'),
    *('"\\U0010ffff"', '"\\ud800"', '"A4"', '"fold"', '"off"', '"error"', '"warning"', "3"),
    "10000000000000000000000",
)
_TOKENS = (
    *("=", ".", "[", "]", "[[", "]]", "{", "}", ",", "#", '"', '"""', "'''", "\\", "\n", "\r", "\r\n", "\0"),
    *("\t", "[print]\n", "[rules]\n", "[[rules]]\n", "[print.paper]\n", "[x]\n", "a.b.c = 1\n", "\ufeff"),
    *("\u2028", "\x85"),
    *(f"\n{name} = {value}\n" for name in (*_NAMES, *_LISTS) for value in _VALUES),
    *(f"\nstudy = ['{text}']\n" for text in ("{core/16}", "{core/0}", "{x}", "`a", "**`b`**", "<b>")),
    *(
        f"\n[print]\n{name} = {value}\n"
        for name in ("paper", "columns", "stock", "turn", "large-print", "without-code")
        for value in _VALUES
    ),
    *(f"\n[checked]\n01-a = {value}\n" for value in ('"flask 3.1"', '"flask"', '"a 1, b 2"', *_VALUES)),
    *(
        f"\n[rules]\n{name} = {value}\n"
        for name in (*RULE_TABLE.codes, *RULE_TABLE.numbers)
        for value in ('"off"', "-1", "0", "true", "[]")
    ),
)
_EXPECTED = ("empty-corpus",)
"""What is wrong with the folder of a case, whatever its settings."""


@cache
def inputs() -> SearchStrategy[bytes]:
    """Change the settings of the shipped corpus and of the tests' cases.

    Half of the cases come from settings without a fault: what is rendered with them is tried, too.
    """
    right = [PROJECT / "content" / "flask" / SETTINGS_FILE, PROJECT / "tests" / "cases" / SETTINGS_FILE]
    wrong = (PROJECT / "tests" / "cases" / "settings").glob("*.toml")
    return _changed(right) | _changed(wrong)


def _changed(paths: Iterable[Path]) -> SearchStrategy[bytes]:
    return mutated_texts((path.read_text(encoding="utf-8") for path in sorted(paths)), _TOKENS)


def try_input(path: Path, folder: Path) -> bool:
    """Read settings; make a small corpus of them if nothing is wrong."""
    source, unread = read_source(path)
    settings, found = read_settings(source, RULE_TABLE)
    promise(
        (settings, found) == read_settings(source, RULE_TABLE), "settings: another result at the second time"
    )
    check_unread(unread, path)
    check_places(found, source)
    found += check_outline(Outline(folder=folder, settings=settings, chapters=()))
    rulebook(settings)
    stock_and_turn(settings)
    is_wrong = any(one.severity == "error" and one.code not in _EXPECTED for one in found)
    if unread or is_wrong:
        return False
    _check_build(settings, folder)
    return True


def _check_build(settings: Settings, folder: Path) -> None:
    """A corpus with settings that are right can be rendered and published."""
    chapter, _ = read_chapter(Source(folder / "01-any.md", _CHAPTER))
    check_chapter(chapter, rulebook(settings))
    outline = Outline(folder=folder, settings=settings, chapters=(chapter.outline(),))
    numbers = number_questions(outline, {})
    subdeck = render_chapter(chapter, settings, folder).subdeck
    notes = list(finished(pack(subdeck), deck_name(settings, 1, "T"), numbers))
    for note in notes:
        for html in note.fields.values():
            check_is_inert(html)
    published = [note.published() for note in notes]
    check_lock_is_kept(update(Lock(), published, {"basic": "a"}, now=1_790_000_000), folder / "deck.lock")


SETTINGS = Target(name="settings", suffix=".toml", inputs=inputs, try_input=try_input)
