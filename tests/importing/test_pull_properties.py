"""Whatever is edited in whatever question: its own lines change, and a second pull changes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.anki.decks import StoredDecks
from builder.anki.note_types import FIELDS
from builder.anki.release import PackedNote
from builder.identity.adopted import AdoptedCard, AdoptedField, AdoptedNote, AdoptedTemplate, AdoptedType
from builder.identity.guid import guid
from builder.identity.lock import Lock
from builder.identity.numbering import number_questions
from builder.importing.field_tree import text_of_html
from builder.importing.pull import Publishing, Pulled, pull
from builder.importing.written_parts import LineEdit, with_edits
from builder.pipeline.compile import Compiled, compile_corpus
from builder.runtime.cache import NO_CACHE
from tests.conftest import SETTINGS

_BLOCKS = (
    *(
        "A paragraph,\non two lines.",
        "* one\n* two",
        "1. first\n2. second",
        "> quoted",
        "**bold** and `code`",
    ),
    *(
        "```python\nprint(1)\n```",
        "| a | b |\n| - | - |\n| 1 | 2 |",
        "$a^2$ is <sup>up</sup>",
        "<!-- kept -->",
    ),
)
_HTML = (
    "new",
    "a <b>new</b> one",
    "<p>x</p><p>y</p>",
    "1. no list",
    "# none",
    "<ul><li>z</li></ul>",
    "a<br>b",
    "---",
)
_EDITED = ("Prompt", "Context", "Answer", "Details", "Pitfall")
_PUBLISHED = 1_700_000_000
_TYPE = AdoptedType(
    id=1,
    name="Basic",
    mod=1,
    fields=tuple(AdoptedField(name=name, id=id_) for name, id_ in FIELDS),
    templates=(AdoptedTemplate(name="Forward"),),
)
_parts = st.lists(st.sampled_from(_BLOCKS), min_size=1, max_size=3).map(
    lambda found: "\n\n".join(("First.", *found))
)


@st.composite
def chapters(draw: st.DrawFn) -> str:
    """Return the text of a chapter with three questions."""
    end = draw(st.sampled_from(("\n", "\r\n")))
    lines = ["# Chapter"]
    for number in range(3):
        lines.append(f"## Question {number}? {{#q{number}}}")
        if draw(st.booleans()):
            lines += [draw(_parts), "---"]
        lines.append(draw(_parts))
        if draw(st.booleans()):
            lines += ["<!-- more -->", draw(_parts)]
        if draw(st.booleans()):
            lines += ["### Pitfall", draw(_parts)]
    return ("\n\n".join(lines) + "\n").replace("\n", end)


def _compiled(folder: Path, text: str) -> Compiled:
    (folder / "deck.toml").write_text(SETTINGS)
    (folder / "01-x.md").write_bytes(text.encode())
    return compile_corpus(folder, NO_CACHE)


def _notes(compiled: Compiled) -> dict[str, PackedNote]:
    return dict(compiled.notes(number_questions(compiled.outline, {})))


def _pulled(compiled: Compiled, published: dict[str, PackedNote], theirs: dict[str, PackedNote]) -> Pulled:
    """Pull notes that were published and edited later."""
    stored = tuple(
        AdoptedNote(
            question="",
            guid=note.guid,
            type=1,
            mod=_PUBLISHED + (note != published[note.guid]),
            fields=tuple(note.fields.get(name, "") for name, _ in FIELDS),
            tags=note.tags,
            cards=(AdoptedCard(ordinal=0, deck=note.deck),),
        )
        for note in theirs.values()
    )
    corpus = Publishing(
        folder=compiled.folder,
        settings=compiled.settings,
        adopted=compiled.adopted,
        notes=_notes(compiled),
        questions={guid(compiled.outline, question): question for question in compiled.questions()},
        versions={key: {_PUBLISHED: note.hash} for key, note in published.items()},
        lock=Lock(),
    )
    return pull(StoredDecks(notes=stored, types={1: _TYPE}), corpus)


@pytest.mark.slow
@settings(max_examples=60)
@given(chapters(), st.sampled_from(_EDITED), st.sampled_from(_HTML))
def test_an_edit_changes_its_question_alone(text: str, field: str, html: str) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        compiled = _compiled(folder, text)
        published = _notes(compiled)
        assert not _pulled(compiled, published, published).findings
        key = next(key for key, note in published.items() if note.id == "q1")
        edited = replace(published[key], fields={**published[key].fields, field: html})
        pulled = _pulled(compiled, published, {**published, key: edited})
        if not pulled.texts:
            assert pulled.findings, "what is not written is named"
            return
        ((before, after),) = pulled.texts.values()
        assert before == text
        mark, behind = "## Question 1? {#q1}", "## Question 2? {#q2}"
        assert after.partition("{#q1}")[0].startswith(text.partition(mark)[0])
        assert after.partition(behind)[2] == text.partition(behind)[2]
        assert ("\r\n" in text) == ("\r\n" in after)
        assert after.count("\r\n") in (0, after.count("\n"))
        again = _compiled(folder, after)
        now = _notes(again)
        assert text_of_html(now[key].fields[field]) == text_of_html(html)
        others = {other: note.fields for other, note in published.items() if other != key}
        assert {other: now[other].fields for other in others} == others
        assert not _pulled(again, published, {**published, key: edited}).texts


@given(st.text("ab\n\r", max_size=30), st.integers(0, 5))
def test_lines_that_are_not_edited_keep_every_byte(text: str, place: int) -> None:
    assert with_edits(text, ()) == text
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    start = min(place, len(lines) - 1)
    after = with_edits(text, [LineEdit(start, start + 1, ("new",))])
    expected = [*lines[:start], "new", *lines[start + 1 :]]
    assert after.replace("\r\n", "\n").replace("\r", "\n").split("\n") == expected
