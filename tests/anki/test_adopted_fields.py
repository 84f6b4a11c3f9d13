"""Fields of an edited note of an existing deck: ours where the mapping says so, all others as they were."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builder.anki.adopted_notes import as_adopted
from builder.anki.release import PackedNote
from builder.corpus.model import QuestionOutline, Settings
from builder.diagnostics import Location
from builder.identity.adopted import AdoptedCard, AdoptedField, AdoptedNote, AdoptedTemplate, AdoptedType
from tests.conftest import CASES

_NAMES = ("Country", "Capital", "Flag", "Map", "Notes", "Pitfall")
_KIND = AdoptedType(
    id=7,
    name="Geography",
    mod=1,
    fields=tuple(AdoptedField(name=name) for name in _NAMES),
    templates=(
        AdoptedTemplate(name="Capital", front="{{Country}}", back="{{Capital}}"),
        AdoptedTemplate(name="Flag", front="{{#Flag}}{{type:text:Flag}}{{/Flag}}", back="{{Country}}"),
    ),
    mapping={"prompt": "Country", "answer": "Capital"},
    merged=("Flag", "Notes", "Pitfall"),
)
_KEPT = AdoptedNote(
    question="spain",
    guid="x",
    type=7,
    mod=1,
    fields=tuple(name.lower() for name in _NAMES),
    tags=("europe",),
    cards=(AdoptedCard(ordinal=0, deck="Geography"), AdoptedCard(ordinal=1, deck="Geography")),
    text="as it was",
)
_QUESTION = QuestionOutline(
    id="spain",
    was="",
    kind="plain",
    level=None,
    tags=(),
    has_own_tags=True,
    prompt="Spain",
    has_context=False,
    is_drill=False,
    location=Location(CASES),
)
_SETTINGS = Settings(id="demo", title="Demo", deck="Demo")


def _fields(kind: AdoptedType = _KIND, **fields: str) -> dict[str, str]:
    """Return the fields of the note, once its question became what our own fields say."""
    own = {"ID": "spain", "Number": "1.1", "Prompt": "Spain", **fields}
    note = PackedNote(
        guid="demo:basic:spain",
        type="basic",
        question="spain",
        fields=own,
        tags=("demo::x",),
        deck="Demo::01 x",
        cards=(0,),
    )
    adopted = as_adopted(note, _KEPT, kind, _QUESTION, "another text", _SETTINGS)
    assert (adopted.guid, adopted.type, adopted.cards, adopted.deck) == ("x", "basic:7", (0, 1), "Geography")
    assert adopted.tags == ("europe",)
    return dict(adopted.fields)


def test_mapped_fields_are_ours_and_others_stay() -> None:
    fields = _fields(Answer="<p>Madrid</p>")
    assert (fields["Country"], fields["Capital"], fields["Map"]) == ("Spain", "Madrid", "map")


def test_a_section_goes_back_into_the_field_that_it_was() -> None:
    fields = _fields(
        Answer="<p>Madrid</p>",
        Details="<p>More.</p>\n<h3>Flag</h3>\n<p>red</p>\n<h3>Other</h3>\n<p>x</p>\n<h3>Notes</h3>\n<p>n</p>",
        Pitfall="<p>Not Barcelona</p>",
    )
    assert fields == {
        "Country": "Spain",
        "Capital": "<p>Madrid</p>\n<p>More.</p>\n<h3>Other</h3>\n<p>x</p>",
        "Flag": "red",
        "Map": "map",
        "Notes": "n",
        "Pitfall": "Not Barcelona",
    }


def test_a_field_whose_section_is_gone_becomes_empty_unless_a_front_needs_it() -> None:
    fields = _fields(Answer="<p>Madrid</p>")
    assert (fields["Flag"], fields["Notes"], fields["Pitfall"]) == ("flag", "", "")


def test_parts_without_a_field_of_their_own_follow_the_prompt_or_the_answer() -> None:
    fields = _fields(
        replace(_KIND, merged=()),
        Context="<pre>x</pre>",
        Options="<ol></ol>",
        Solution="<ol>!</ol>",
        Answer="<p>a</p>",
        Details="<p>d</p>",
        Why="<p>w</p>",
    )
    assert fields["Country"] == "Spain\n<pre>x</pre>\n<ol></ol>"
    assert fields["Capital"].split("\n") == [
        "<ol>!</ol>",
        "<p>a</p>",
        "<p>d</p>",
        "<h3>Why interviewers ask</h3>",
        "<p>w</p>",
    ]


def test_a_part_that_nothing_maps_stays_out() -> None:
    fields = _fields(replace(_KIND, mapping={"answer": "Capital"}), Answer="<p>a</p>", Context="<p>c</p>")
    assert (fields["Country"], fields["Capital"]) == ("country", "a")


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ("<p>one</p>\n<p>two</p>", "<p>one</p>\n<p>two</p>"),
        ("<p>one</p>\n", "one"),
        ("<ul></ul>", "<ul></ul>"),
    ],
)
def test_a_single_paragraph_needs_no_element(answer: str, field: str) -> None:
    assert _fields(Answer=answer)["Capital"] == field
