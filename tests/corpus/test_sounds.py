"""Sounds: what their files must be, what is said of one that no card would play."""

from __future__ import annotations

from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.corpus.sounds import fault_of_sound
from builder.markdown.sounds import SUFFIXES
from builder.runtime.regular_files import SOUND_LIMIT
from tests.conftest import WriteCorpus
from tests.reading import check, read_corpus
from tests.sounds import SOUNDS, flac, m4a, mp3, ogg, opus, wav


def _codes(folder: Path) -> list[str]:
    corpus, diagnostics = read_corpus(folder)
    return [found.code for found in [*diagnostics, *check(corpus)]]


def _corpus(write_corpus: WriteCorpus, name: str, content: bytes) -> Path:
    text = f"# T\n\n## What is it? {{#q}}\n\nA dog: ![Hund]({name})\n"
    return write_corpus({"01-first.md": text, name: content})


def test_there_is_a_sound_of_each_format() -> None:
    assert {*SOUNDS} == {*SUFFIXES}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_whole_sound_has_no_fault(suffix: str) -> None:
    assert fault_of_sound(suffix, SOUNDS[suffix]) is None


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".mp3", mp3(1)),
        (".mp3", mp3(tag=b"TIT2" + bytes(300))),
        (".mp3", bytes(500) + mp3()),
        (".mp3", mp3() + b"TAG" + bytes(125)),
        (".mp3", (b"\xff\xf3\x14\xc4" + bytes(20)) * 4),  # MPEG-2, 8 kbit/s, 24 kHz
        (".wav", wav(1_000)),
        (".ogg", opus()),
        (".oga", ogg(b"\x7fFLAC")),
        (".m4a", m4a() + b"\x00\x00\x00\x00free" + bytes(20)),
    ],
)
def test_other_forms_of_a_format_have_no_fault(suffix: str, content: bytes) -> None:
    assert fault_of_sound(suffix, content) is None


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("content", [b"", b"\xff", b"ID3", b"text", bytes(5_000), b"<svg></svg>"])
def test_what_is_no_sound_is_a_fault(suffix: str, content: bytes) -> None:
    fault = fault_of_sound(suffix, content)
    assert fault is not None
    assert fault.reason == f"is not a {suffix} file, or is damaged"


@pytest.mark.parametrize("suffix", [".wav", ".ogg", ".opus", ".m4a"])
def test_a_sound_that_was_copied_in_part_is_a_fault(suffix: str) -> None:
    whole = SOUNDS[suffix]
    # Each page of Ogg is whole by itself, and many streams have no mark of their end.
    lengths = [length for length in range(len(whole)) if whole[length : length + 4] != b"OggS"]
    assert all(fault_of_sound(suffix, whole[:length]) for length in lengths)


@pytest.mark.parametrize("content", [wav(0), flac()[:42], mp3()[:103], ogg(b"\x80theora"), m4a()[:60]])
def test_a_file_without_anything_to_play_is_a_fault(content: bytes) -> None:
    assert all(fault_of_sound(suffix, content) for suffix in SUFFIXES)


@pytest.mark.parametrize(
    ("suffix", "content", "right"),
    [(".mp3", wav(), ".wav"), (".wav", mp3(), ".mp3"), (".mp3", opus(), ".opus"), (".opus", ogg(), ".ogg")],
)
def test_a_sound_under_another_format_s_name_is_told_its_own(suffix: str, content: bytes, right: str) -> None:
    fault = fault_of_sound(suffix, content)
    assert fault is not None
    assert fault.reason == f"has the content of a {right} file"
    assert fault.hint == f"rename it: its name should end in {right}"


@given(st.sampled_from(SUFFIXES), st.sampled_from(sorted(SOUNDS.values())), st.data())
def test_any_bytes_get_a_verdict(suffix: str, content: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(content)))
    fault_of_sound(suffix, content[:place] + data.draw(st.binary(max_size=20)) + content[place:])


@pytest.mark.parametrize("name", ["media/a.mp3", "media/a.MP3", "a.wav", "media/in/a.flac", "a.m4a"])
def test_a_sound_may_lie_anywhere_in_its_corpus(write_corpus: WriteCorpus, name: str) -> None:
    assert _codes(_corpus(write_corpus, name, SOUNDS[Path(name).suffix.lower()])) == []


def test_a_large_sound_is_named_with_its_size(write_corpus: WriteCorpus) -> None:
    folder = _corpus(write_corpus, "media/a.wav", wav(70_000))
    corpus, _ = read_corpus(folder)
    (found,) = check(corpus)
    assert (found.code, found.message) == ("heavy-sound", "'media/a.wav' has 1.1 MB")
    assert found.hint == "save it smaller, as ffmpeg -i media/a.wav -b:a 64k a-small.mp3 does"


def test_a_sound_that_is_too_large_is_an_error(write_corpus: WriteCorpus) -> None:
    assert _codes(_corpus(write_corpus, "media/a.mp3", bytes(SOUND_LIMIT + 1))) == ["sound-size"]


def test_ogg_is_named_once_a_chapter(write_corpus: WriteCorpus) -> None:
    text = "# T\n\n## What is it? {#q}\n\n![a](a.ogg) ![b](b.opus) ![c](c.oga)\n"
    files = {"a.ogg": ogg(), "b.opus": opus(), "c.oga": ogg()}
    corpus, _ = read_corpus(write_corpus({"01-first.md": text, **files}))
    (found,) = check(corpus)
    assert found.code == "ogg-sound"
    assert found.message.endswith("(and so 2 other sounds)")


def test_a_link_to_something_else_is_no_sound(write_corpus: WriteCorpus) -> None:
    folder = _corpus(write_corpus, "media/a.mp3", mp3())
    (folder / "b.txt").write_text("b", encoding="utf-8")
    (folder / "media" / "a.mp3").unlink()
    (folder / "media" / "a.mp3").symlink_to(folder / "b.txt")
    assert _codes(folder) == ["image-type"]


@pytest.mark.parametrize("written", ["media/が.wav", "media/%E3%81%8C.wav"])
def test_a_name_is_reported_in_its_own_letters_and_accents_apart_are_named(
    write_corpus: WriteCorpus, written: str
) -> None:
    text = f"# T\n\n## What is it? {{#q}}\n\nA dog: ![Hund]({written})\n"
    folder = write_corpus({"01-first.md": text, f"media/{normalize('NFD', 'が.wav')}": wav()})
    (found,) = check(read_corpus(folder)[0])
    assert found.message == "there is no sound 'media/が.wav'"
    assert found.hint.endswith("rename it to 'が.wav'")
    (folder / "media" / "が.wav").write_bytes(wav())
    assert _codes(folder) == []
