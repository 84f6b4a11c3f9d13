"""Sounds in the deck: packed under hashed names, and played by the real Anki on the right side, once."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import Result

from builder.anki.read import read_package
from builder.corpus.kinds import KINDS
from tests.conftest import WriteCorpus
from tests.sounds import mp3, wav

if TYPE_CHECKING:
    from anki.collection import Collection

Run = Callable[..., Result]
NAMES = ("asked", "shown", "answer", "other", "details", "section", "gap", "beside")
FILES: Mapping[str, str | bytes] = {f"media/{name}.mp3": mp3(8 + number) for number, name in enumerate(NAMES)}
_BELOW = (
    "\n\n<!-- more -->\n\nMore: ![more](media/details.mp3)\n\n### Pitfall\n\nNot ![so](media/section.mp3).\n"
)


def _question(kind: str, answer: str) -> str:
    class_ = "" if kind == "plain" else f" .{kind}"
    return (
        f"## Said as ![asked](media/asked.mp3) {{#{kind}{class_}}}\n\n"
        f"![shown](media/shown.mp3)\n\n---\n\n{answer}{_BELOW}"
    )


ANSWERS = {
    "plain": "It is ![a](media/answer.mp3).",
    "reversed": "It is ![a](media/answer.mp3).",
    "typed": "`url` ![a](media/answer.mp3)",
    "choice": "- [x] ![a](media/answer.mp3)\n\n  Right.\n\n- [ ] ![b](media/other.mp3)\n\n  Wrong.",
    "cloze": "A {{c1::dog ![a](media/gap.mp3)}} is {{c2::here}} ![b](media/beside.mp3).",
}
"""An answer with a sound for each kind."""
_FRONT = ("asked", "shown")
_REST = ("details", "section")
SIDES = {
    ("plain", 0): (_FRONT, ("answer", *_REST)),
    ("reversed", 0): (_FRONT, ("answer", *_REST)),
    ("reversed", 1): (("answer",), (*_FRONT, *_REST)),
    ("typed", 0): (_FRONT, ("answer", *_REST)),
    # The front plays all options, the back the right one.
    ("choice", 0): ((*_FRONT, "answer", "other"), ("answer", *_REST)),
    # What stands in no gap of the card is on both sides, as in any cloze in Anki.
    ("cloze", 0): ((*_FRONT, "beside"), ("gap", "beside", *_REST)),
    ("cloze", 1): ((*_FRONT, "gap", "beside"), ("gap", "beside", *_REST)),
}
"""What each card plays, on the front and on the back, by kind and ordinal."""
_ALL = "# T\n\n" + "\n".join(_question(kind, ANSWERS[kind]) for kind in ANSWERS)


def _import(collection: Collection, package: Path) -> None:
    from tests.exporting import take_in

    take_in(collection, package)


def _build(run: Run, folder: Path, output: Path, *options: str) -> Path:
    result = run("build", folder, "--output", output, "--only", "apkg", *options)
    assert result.exit_code == 0, result.output
    return output / "demo.apkg"


def _played(tags: Sequence[object]) -> tuple[str, ...]:
    """Return the names of sounds, as their author knows them."""
    return tuple(re.sub(r"-[0-9a-f]{12}\.mp3$", "", getattr(tag, "filename", "")) for tag in tags)


def _packed(package: Path) -> dict[str, bytes]:
    """Return the media of a package except fonts."""
    with zipfile.ZipFile(package) as archive:
        names = json.loads(archive.read("media"))
        return {name: archive.read(member) for member, name in names.items() if not name.startswith("_")}


@pytest.mark.slow
def test_each_kind_of_card_plays_each_sound_on_its_side_and_none_of_the_front_s_again(
    write_corpus: WriteCorpus, run: Run, collection: Collection, tmp_path: Path
) -> None:
    _import(collection, _build(run, write_corpus({**FILES, "01-first.md": _ALL}), tmp_path))
    played = {}
    for id_ in collection.find_cards(""):
        card = collection.get_card(id_)
        played[card.note()["ID"], card.ord] = (
            _played(card.question_av_tags()),
            _played(card.answer_av_tags()),
        )
    assert played == SIDES
    assert {kind for kind, _ in SIDES} == set(KINDS) - {"occlusion"}, (
        "check names a sound on the front of that"
    )
    assert not collection.media.check().missing
    assert not collection.media.check().unused


@pytest.mark.slow
def test_the_back_has_a_button_for_each_sound_of_the_front(
    write_corpus: WriteCorpus, run: Run, collection: Collection, tmp_path: Path
) -> None:
    _import(collection, _build(run, write_corpus({**FILES, "01-first.md": _ALL}), tmp_path))
    for id_ in collection.find_cards(""):
        card = collection.get_card(id_)
        front, back = (
            re.sub(r"<style>.*?</style>", "", side(), flags=re.DOTALL)
            for side in (card.question, card.answer)
        )
        again = re.findall(r"\[anki:play:q:\d\]", back)
        assert again == re.findall(r"\[anki:play:q:\d\]", front)
        assert back.count('<div class="prompt">') == 1
        assert front.count("[[type:") == back.count("[[type:")


@pytest.mark.slow
def test_cards_without_a_sound_on_the_front_are_rendered_as_ever(
    write_corpus: WriteCorpus, run: Run, collection: Collection, tmp_path: Path
) -> None:
    text = "# T\n\n## What is it? {#q .typed}\n\n`a` ![a](media/answer.mp3)\n"
    _import(collection, _build(run, write_corpus({**FILES, "01-first.md": text}), tmp_path))
    back = collection.get_card(collection.find_cards("")[0]).answer()
    assert 'class="again"' not in back
    place = back.index
    assert (
        place('class="prompt"')
        < place('<hr id="answer">')
        < place("[[type:Typed]]")
        < place('class="answer"')
    )


@pytest.mark.slow
@pytest.mark.parametrize("is_legacy", [False, True])
def test_what_a_learner_exports_plays_what_the_build_plays(
    write_corpus: WriteCorpus, run: Run, collection: Collection, tmp_path: Path, *, is_legacy: bool
) -> None:
    from tests.exporting import exported

    package = _build(run, write_corpus({**FILES, "01-first.md": _ALL}), tmp_path)
    again = exported(package, tmp_path / "again.apkg", is_legacy=is_legacy)
    built, arrived = (
        {guid: (note.hash, dict(note.fields)) for guid, note in read_package(path, "demo").notes.items()}
        for path in (package, again)
    )
    assert [hash_ for hash_, _ in built.values()] == [arrived[guid][0] for guid in built]
    _import(collection, again)
    played = {_played(collection.get_card(id_).answer_av_tags()) for id_ in collection.find_cards("")}
    assert played == {back for _, back in SIDES.values()}
    assert not collection.media.check().missing


@pytest.mark.slow
@pytest.mark.parametrize("text", ["\\[sound:a.mp3]", "`[sound:a.mp3]`", "    [sound:a.mp3]", "[SOUND:a.mp3]"])
def test_text_about_sounds_plays_nothing(
    write_corpus: WriteCorpus, run: Run, collection: Collection, tmp_path: Path, text: str
) -> None:
    chapter = f"# T\n\n## Why {text.strip()}? {{#q}}\n\n{text}\n\n"
    chapter += "![\\[sound:b.mp3\\]](media/answer.mp3)\n"
    _import(collection, _build(run, write_corpus({**FILES, "01-first.md": chapter}), tmp_path))
    card = collection.get_card(collection.find_cards("")[0])
    assert _played(card.question_av_tags()) == ()
    assert _played(card.answer_av_tags()) == ("answer",)


def test_sounds_are_packed_once_under_a_portable_name(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    text = "# T\n\n## What? {#q}\n\n![a](<media/Der_Hund.MP3>) ![b](<media/Der_Hund.MP3>)\n"
    folder = write_corpus({"01-first.md": text, "media/Der_Hund.MP3": mp3(), "media/none.mp3": mp3(9)})
    package = _build(run, folder, tmp_path)
    ((name, content),) = _packed(package).items()
    assert re.fullmatch(r"der-hund-[0-9a-f]{12}\.mp3", name)
    assert content == mp3()
    (note,) = read_package(package, "demo").notes.values()
    assert re.findall(r"\[sound:([^\]]*)\]", note.fields["Answer"]) == [name, name]


def test_a_sound_in_what_no_card_plays_is_not_packed(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    text = "# T ![a](media/asked.mp3)\n\nAbout ![b](media/shown.mp3).\n\n## What? {#q}\n\n"
    text += "Yes ![c](media/answer.mp3).\n\n### On paper\n\nNo ![d](media/other.mp3).\n"
    package = _build(run, write_corpus({**FILES, "01-first.md": text}), tmp_path)
    (note,) = read_package(package, "demo").notes.values()
    assert note.fields["Chapter"] == "T "
    assert {name.partition("-")[0] for name in _packed(package)} == {"answer"}


def test_a_part_of_a_deck_has_its_own_sounds_alone(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    text = "# T\n\n## One ![a](media/asked.mp3)? {#a .core}\n\n![b](media/answer.mp3)\n\n"
    text += "## Two? {#b}\n\n![c](media/other.mp3)\n"
    folder = write_corpus({**FILES, "01-first.md": text})
    _build(run, folder, tmp_path)
    assert run("build", folder, "--output", tmp_path, "--core").exit_code == 0
    assert {name.partition("-")[0] for name in _packed(tmp_path / "demo-core.apkg")} == {"asked", "answer"}


def test_only_a_sound_of_the_front_has_the_back_repeat_it(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    text = "# T\n\n## One ![a](media/asked.mp3)? {#a}\n\nYes.\n\n## Two? {#b}\n\n![c](media/other.mp3)\n"
    package = _build(run, write_corpus({**FILES, "01-first.md": text}), tmp_path)
    flags = {
        note.fields["ID"]: note.fields.get("Has sound", "")
        for note in read_package(package, "demo").notes.values()
    }
    assert flags == {"a": "yes", "b": ""}


def test_another_sound_under_the_same_name_is_a_change_of_media(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    text = "# T\n\n## What? {#q}\n\n![a](a.wav)\n\n## Which? {#r}\n\nAnother.\n"
    folder = write_corpus({"01-first.md": text, "a.wav": wav(value=1)})
    before = _build(run, folder, tmp_path)
    hashes = {note.fields["ID"]: note.hash for note in read_package(before, "demo").notes.values()}
    before = before.rename(tmp_path / "before.apkg")
    (folder / "a.wav").write_bytes(wav(value=2))
    result = run("plan", folder, "--against", before)
    assert result.exit_code == 0, result.output
    assert "media" in result.output
    after = _build(run, folder, tmp_path)
    changed = {note.fields["ID"]: note.hash for note in read_package(after, "demo").notes.values()}
    assert changed["q"] != hashes["q"]
    assert changed["r"] == hashes["r"]
