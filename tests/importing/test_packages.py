"""Packages that the real Anki wrote, in all three formats, become corpora."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from anki.collection import Collection

from builder.anki.decks import read_decks
from builder.importing.formats import format_of
from builder.importing.model import ImportedQuestion, Material, PartMap, Request, SourceError
from builder.importing.packages import FORMAT
from builder.importing.write import plan_corpus, write_corpus
from builder.pipeline.compile import compile_corpus
from builder.runtime.cache import NO_CACHE
from tests.importing.decks import PIXEL, WAVE, add_note, export_deck, new_collection


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    with new_collection(tmp_path) as opened:
        yield opened


def _read(path: Path, scratch: Path, deck: str = "", **maps: PartMap) -> Material:
    scratch.mkdir(exist_ok=True)
    return format_of(path).read(path, Request(scratch=scratch, deck=deck, maps=maps))


def _questions(material: Material) -> list[ImportedQuestion]:
    return [question for chapter in material.chapters for question in chapter.questions]


def _with_stub_taken_out(path: Path, target: Path) -> Path:
    """Return the package as the oldest Ankis wrote it: its collection is named collection.anki2."""
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(target, "w") as written:
        for name in archive.namelist():
            if name not in ("collection.anki2", "meta"):
                written.writestr(name.replace(".anki21", ".anki2"), archive.read(name))
    return target


@pytest.fixture(params=["newest", "legacy", "oldest"])
def export(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Collection], Path]:
    """Return what exports a collection in one of the three formats."""

    def exported(collection: Collection) -> Path:
        path = export_deck(collection, tmp_path / "deck.apkg", is_legacy=request.param != "newest")
        return _with_stub_taken_out(path, tmp_path / "oldest.apkg") if request.param == "oldest" else path

    return exported


def test_every_kind_of_note_becomes_a_question(
    collection: Collection, export: Callable[[Collection], Path], tmp_path: Path
) -> None:
    add_note(
        collection,
        "Basic",
        {"Front": "What is <b>g</b>?", "Back": "Data.<br><br>Of a request."},
        tags=("a::b", "marked"),
    )
    add_note(collection, "Basic (and reversed card)", {"Front": "cat", "Back": "Katze"}, deck="Deck::Sub")
    add_note(
        collection, "Basic (type in the answer)", {"Front": "Which?", "Back": "url_for"}, deck="Deck::Sub"
    )
    add_note(
        collection,
        "Cloze",
        {"Text": "The {{c1::cell}} has a {{c2::wall::what?}}", "Back Extra": "In plants."},
    )
    add_note(
        collection,
        "Basic (optional reversed card)",
        {"Front": "one", "Back": "eins", "Add Reverse": ""},
        deck="Deck::Sub",
    )
    material = _read(export(collection), tmp_path / "scratch")
    assert (material.title, material.deck) == ("Deck", "Deck")
    assert [chapter.title for chapter in material.chapters] == ["Deck", "Sub"]
    shown = {q.prompt: (q.kind, q.answer, q.details, q.tags) for q in _questions(material)}
    assert shown == {
        "What is **g**?": ("", "Data.\n\nOf a request.", "", ("a::b",)),
        "The … has a …": ("cloze", "The {{c1::cell}} has a {{c2::wall::what?}}", "In plants.", ()),
        "cat": ("reversed", "Katze", "", ()),
        "Which?": ("typed", "`url_for`", "", ()),
        "one": ("", "eins", "", ()),
    }
    assert material.counts["notes"] == 5
    assert material.counts["cards"] == 7
    assert material.explained == 1


def test_notes_and_note_types_are_adopted_as_anki_has_them(
    collection: Collection, export: Callable[[Collection], Path], tmp_path: Path
) -> None:
    notes = [
        add_note(
            collection,
            "Basic (and reversed card)",
            {"Front": "a<br>", "Back": "b &amp; c"},
            tags=("x", "leech"),
        ),
        add_note(collection, "Cloze", {"Text": "{{c1::a}} {{c3::b}}"}, deck="Deck::Sub"),
    ]
    stored = read_decks(export(collection))
    for note, found in zip(notes, stored.notes, strict=True):
        assert (found.guid, found.type, found.mod, found.id) == (note.guid, note.mid, note.mod, note.id)
        assert list(found.fields) == note.fields
        assert list(found.tags) == note.tags
        assert [card.ordinal for card in found.cards] == [card.ord for card in note.cards()]
        assert [card.deck for card in found.cards] == [
            collection.decks.name(card.did) for card in note.cards()
        ]
        model: Any = note.note_type()
        kind = stored.types[found.type]
        assert (kind.name, kind.css, kind.is_cloze) == (model["name"], model["css"], model["type"] == 1)
        assert [(each.name, each.font, each.size, each.id) for each in kind.fields] == [
            (each["name"], each["font"], each["size"], each["id"]) for each in model["flds"]
        ]
        assert [(each.name, each.front, each.back) for each in kind.templates] == [
            (each["name"], each["qfmt"], each["afmt"]) for each in model["tmpls"]
        ]
        assert (kind.latex_before, kind.latex_after) == (model["latexPre"], model["latexPost"])
        assert kind.stock_kind == model.get("originalStockKind", 0)


def test_images_are_taken_out_under_names_that_a_corpus_may_have(
    collection: Collection, export: Callable[[Collection], Path], tmp_path: Path
) -> None:
    collection.media.write_data("a b.png", PIXEL)
    add_note(collection, "Basic", {"Front": 'What? <img src="a b.png">', "Back": '<img src="none.png">'})
    material = _read(export(collection), tmp_path / "scratch")
    (question,) = _questions(material)
    assert (question.prompt, question.context) == ("What?", "![](media/a-b.png)")
    assert material.media["a-b.png"].read_bytes() == PIXEL
    assert material.adopted.media == {"a b.png": "media/a-b.png"}
    assert [loss.kind for loss in material.losses] == ["missing image"]


def test_an_image_within_the_text_becomes_a_file(collection: Collection, tmp_path: Path) -> None:
    from base64 import b64encode

    data = b64encode(PIXEL).decode()
    add_note(collection, "Basic", {"Front": "a", "Back": f'<img src="data:image/png;base64,{data}">'})
    material = _read(export_deck(collection, tmp_path / "deck.apkg"), tmp_path / "scratch")
    ((name, path),) = material.media.items()
    assert path.read_bytes() == PIXEL
    assert _questions(material)[0].answer == f"![](media/{name})"


def test_an_image_on_the_web_is_named(collection: Collection, tmp_path: Path) -> None:
    add_note(collection, "Basic", {"Front": "a", "Back": '<img src="https://example.org/a.png">'})
    material = _read(export_deck(collection, tmp_path / "deck.apkg"), tmp_path / "scratch")
    assert [loss.kind for loss in material.losses] == ["image on the web"]


def test_one_deck_is_taken_with_its_subdecks_alone(collection: Collection, tmp_path: Path) -> None:
    for deck in ("One", "One::Sub", "One more", "Two"):
        add_note(collection, "Basic", {"Front": deck, "Back": "b"}, deck=deck)
    path = export_deck(collection, tmp_path / "deck.apkg")
    prompts = [question.prompt for question in _questions(_read(path, tmp_path / "scratch", "One"))]
    assert prompts == ["One", "One::Sub"]
    with pytest.raises(SourceError, match="has no notes in a deck 'Three'"):
        _read(path, tmp_path / "scratch", "Three")


def test_of_a_whole_collection_the_deck_has_to_be_named(collection: Collection, tmp_path: Path) -> None:
    add_note(collection, "Basic", {"Front": "mine", "Back": "b"}, deck="Diary")
    add_note(collection, "Basic", {"Front": "public", "Back": "b"}, deck="Latin")
    path = tmp_path / "all.colpkg"
    collection.export_collection_package(str(path), include_media=True, legacy=False)
    collection.reopen()
    with pytest.raises(SourceError, match=r"whole collection: .* --deck 'Diary'; it has 'Diary', 'Latin'"):
        _read(path, tmp_path / "scratch")
    (question,) = _questions(_read(path, tmp_path / "scratch", "Latin"))
    assert question.prompt == "public"


def test_a_note_type_of_many_fields_becomes_sections_and_unseen_fields_nothing(
    collection: Collection, tmp_path: Path
) -> None:
    models = collection.models
    model = models.new("Vocabulary")
    for name in ("Sort", "Word", "Picture", "Meaning", "Example", "Notes", "Unseen"):
        models.add_field(model, models.new_field(name))
    template = models.new_template("Card 1")
    template["qfmt"] = "What is {{furigana:Word}}? {{Picture}}<script>f()</script>"
    template["afmt"] = "{{FrontSide}}<hr id=answer>{{Meaning}}{{#Example}}{{Example}}{{/Example}}{{Notes}}"
    models.add_template(model, template)
    models.add(model)
    fields = {
        "Sort": "1",
        "Word": " 漢字[かんじ]",
        "Picture": "x",
        "Meaning": "sign",
        "Example": "e",
        "Notes": "n",
        "Unseen": "u",
    }
    add_note(collection, "Vocabulary", fields)
    material = _read(export_deck(collection, tmp_path / "deck.apkg"), tmp_path / "scratch")
    assert dict(material.maps["Vocabulary"].parts) == {
        "Sort": "nothing",
        "Word": "prompt",
        "Picture": "context",
        "Meaning": "answer",
        "Example": "section",
        "Notes": "details",
        "Unseen": "nothing",
    }
    (question,) = _questions(material)
    assert (question.prompt, question.context, question.answer) == ("{漢字|かんじ}", "x", "sign")
    assert (question.sections, question.details) == ((("Example", "e"),), "n")
    assert sorted(loss.kind for loss in material.losses) == ["field", "field", "words of a template"]
    assert material.scripts == ("note type 'Vocabulary', template 'Card 1', front",)
    kind = next(iter(material.adopted.types.values()))
    assert kind.mapping == {"prompt": "Word", "context": "Picture", "answer": "Meaning", "details": "Notes"}
    assert kind.merged == ("Example",)


def test_a_decided_mapping_is_followed(collection: Collection, tmp_path: Path) -> None:
    add_note(collection, "Basic", {"Front": "a", "Back": "b"})
    path = export_deck(collection, tmp_path / "deck.apkg")
    decided = PartMap(parts={"Front": "answer", "Back": "prompt"})
    (question,) = _questions(_read(path, tmp_path / "scratch", Basic=decided))
    assert (question.prompt, question.answer) == ("b", "a")


def test_a_long_front_is_divided_into_prompt_and_context(collection: Collection, tmp_path: Path) -> None:
    choices = "<br>".join(f"{letter}) {'word ' * 9}" for letter in "abcd")
    add_note(collection, "Basic", {"Front": f"Which is right?<br>{choices}", "Back": "b"})
    add_note(collection, "Basic", {"Front": "<pre>code</pre>", "Back": "b"})
    add_note(collection, "Basic", {"Front": "Why?<ul><li>this</li></ul>", "Back": "b"})
    material = _read(export_deck(collection, tmp_path / "deck.apkg"), tmp_path / "scratch")
    first, second, third = _questions(material)
    assert first.prompt == "Which is right?"
    assert first.context.startswith("a) word")
    assert (second.prompt, second.context) == ("", "```text\ncode\n```")
    assert (third.prompt, third.context) == ("Why?", "- this")


def test_what_is_no_package_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "notes.zip").write_bytes(b"PK\3\4")
    (tmp_path / "notes.txt").write_text("x")
    assert FORMAT.explains(tmp_path / "notes.zip") == 0
    assert FORMAT.explains(tmp_path / "notes.txt") == 0
    assert FORMAT.explains(tmp_path) == 0


def test_image_occlusion_becomes_boxes_and_keeps_its_cards(collection: Collection, tmp_path: Path) -> None:
    collection.media.write_data("cell.png", PIXEL)
    collection.add_image_occlusion_notetype()
    shapes = (
        "{{c1::image-occlusion:rect:left=.2:top=.1:width=.25:height=.1234:oi=1}}<br>"
        "{{c2::image-occlusion:ellipse:left=.5:top=.5:rx=.1:ry=.05:oi=1}}<br>"
        "{{c3::image-occlusion:polygon:points=.1,.2 .3,.4 .2,.9:oi=1}}<br>"
    )
    fields = {"Occlusion": shapes, "Image": '<img src="cell.png">', "Header": "A cell", "Back Extra": "More."}
    note = add_note(collection, "Image Occlusion", fields)
    material = _read(export_deck(collection, tmp_path / "deck.apkg"), tmp_path / "scratch")
    (question,) = _questions(material)
    assert (question.prompt, question.kind, question.attributes) == (
        "A cell",
        "occlusion",
        (("hide", "all"),),
    )
    assert question.answer == (
        "![](media/cell.png)\n\n"
        "- {{c1::1}} 20% 10% 25% 12.34%\n- {{c2::2}} 50% 50% 20% 10% ellipse\n- {{c3::3}} 10% 20% 20% 70%"
    )
    assert question.details == "More."
    planned = plan_corpus(material, "cells")
    write_corpus(planned, tmp_path / "cells")
    compiled = compile_corpus(tmp_path / "cells", NO_CACHE)
    assert [str(each) for each in compiled.diagnostics if each.severity == "error"] == []
    assert [each.cards for each in compiled.outline.questions()] == [(0, 1, 2)]
    assert [card.ordinal for card in material.adopted.notes[note.guid].cards] == [0, 1, 2]


def test_a_sound_becomes_one_and_a_broken_one_is_named(collection: Collection, tmp_path: Path) -> None:
    collection.media.write_data("ok.wav", WAVE)
    collection.media.write_data("bad.mp3", b"no sound")
    add_note(collection, "Basic", {"Front": "a", "Back": "b [sound:ok.wav] [sound:bad.mp3]"})
    material = _read(export_deck(collection, tmp_path / "deck.apkg"), tmp_path / "scratch")
    assert _questions(material)[0].answer == "b ![ok](media/ok.wav)"
    assert [loss.kind for loss in material.losses] == ["missing sound"]
    assert material.adopted.media == {"ok.wav": "media/ok.wav", "bad.mp3": "media/bad.mp3"}


def test_a_field_that_a_template_typesets_is_a_formula(collection: Collection, tmp_path: Path) -> None:
    models = collection.models
    model = models.new("Formula")
    for name in ("Left", "Right"):
        models.add_field(model, models.new_field(name))
    template = models.new_template("Card 1")
    template["qfmt"] = r"\( {{Left}} \)"
    template["afmt"] = "{{FrontSide}}<hr id=answer>[latex]{{Right}}[/latex]"
    models.add_template(model, template)
    models.add(model)
    add_note(collection, "Formula", {"Left": "a^2", "Right": r"is \textbf{positive}, $a \ne 0$"})
    material = _read(export_deck(collection, tmp_path / "deck.apkg"), tmp_path / "scratch")
    (question,) = _questions(material)
    assert (question.prompt, question.answer) == ("$a^2$", r"is **positive**, $a \ne 0$")
    assert [loss.kind for loss in material.losses] == ["typeset field", "typeset field"]
    (kind,) = material.adopted.types.values()
    assert (kind.mapping, kind.merged) == ({}, ())
