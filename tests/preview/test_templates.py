"""The preview fills card templates as Anki does: compared with the real backend, card by card."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import Result

from builder.anki import note_types
from builder.identity.lockfile import stored_lock
from builder.identity.numbering import number_questions
from builder.preview.templates import fill_card, reveal
from tests.conftest import FLASK, LOOK
from tests.reading import packed_notes, read_corpus
from tests.reviewer import sides_of

Run = Callable[..., Result]


class _Parts(HTMLParser):
    """HTML in parts that are the same however its characters and attributes are written."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[object] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.parts.append((tag, attributes))

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def _parts(html: str) -> list[object]:
    return _Parts(html).parts


def _filled(corpus: Path) -> Iterator[tuple[str, str]]:
    read, _ = read_corpus(corpus)
    numbers = number_questions(read.outline(), stored_lock(corpus)[0].numbers())
    for note in packed_notes(read.deck(numbers)):
        fields = {name: note.fields.get(name, "") for name, _ in note_types.FIELDS}
        for ordinal in note.cards:
            template = note_types.card_template(
                note_types.TEMPLATES[note.type][0 if note.type == "cloze" else ordinal][1],
                read.settings,
            )
            sides = fill_card(*template, fields, ordinal)
            name = f"{fields['ID']}:{ordinal}"
            yield from ((f"{name}:q", sides.front), (f"{name}:a", sides.back))


@pytest.mark.slow
@pytest.mark.parametrize("corpus", [LOOK, FLASK], ids=["every kind", "the shipped corpus"])
def test_every_card_is_filled_as_the_real_anki_fills_it(run: Run, tmp_path: Path, corpus: Path) -> None:
    copy = shutil.copytree(corpus, tmp_path / corpus.name)
    assert run("build", copy, "--output", tmp_path, "--only", "apkg").exit_code == 0
    filled = dict(_filled(copy))
    sides = sides_of(tmp_path / f"{corpus.name}.apkg", tmp_path / "media")
    assert filled.keys() == {side.name for side in sides}
    for side in sides:
        html = re.sub(r"^<style>.*?</style>", "", side.html, flags=re.DOTALL)
        assert _parts(filled[side.name]) == _parts(html), side.name


FRONT = "{{#Hint}}<i>{{Hint}}</i>{{/Hint}}{{^Hint}}none{{/Hint}}"


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        ("a", "<i>a</i>"),
        ("", "none"),
        ("<br>", "none"),
        (" <div></div>\n", "none"),
        ("<b></b>", "<i><b></b></i>"),
    ],
)
def test_a_condition_holds_where_a_field_shows_something(hint: str, shown: str) -> None:
    assert fill_card(FRONT, "{{FrontSide}}!", {"Hint": hint}, 0).back == f"{shown}!"


def test_conditions_stand_within_conditions() -> None:
    template = "{{#A}}a{{#B}}b{{/B}}{{^B}}c{{/B}}{{/A}}{{^A}}d{{#B}}e{{/B}}{{/A}}"
    shown = [fill_card(template, "", {"A": a, "B": b}, 0).front for a in ("", "1") for b in ("", "1")]
    assert shown == ["d", "de", "ac", "ab"]


@pytest.mark.parametrize("template", ["{{#A}}", "{{#A}}{{/B}}", "{{sound:A}}"])
def test_what_is_no_template_of_ours_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"closed|closes|known"):
        fill_card(template, "", {"A": "1", "B": ""}, 0)


def test_the_gap_that_is_asked_for_is_closed_with_all_that_stands_in_it() -> None:
    html = "{{c1::one {{c2::two::no. 2}}}} {{c2::again}}"
    assert re.sub(r' data-cloze="[^"]*"', "", reveal(html, 2, is_question=True)) == (
        '<span class="cloze-inactive" data-ordinal="1">one '
        '<span class="cloze" data-ordinal="2">[no. 2]</span></span>'
        ' <span class="cloze" data-ordinal="2">[...]</span>'
    )
    assert reveal("{{c1::one {{c2::two}}}}", 1, is_question=True).endswith('data-ordinal="1">[...]</span>')
