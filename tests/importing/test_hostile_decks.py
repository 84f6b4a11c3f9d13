"""Decks that somebody made to do harm, or that a disk damaged: a sentence, and nothing is written."""

from __future__ import annotations

import json
import re
import resource
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from builder.anki.archive import MEMBERS
from builder.importing.model import Material, Request, SourceError
from builder.importing.packages import FORMAT
from tests.anki.test_hostile_packages import EXPENSIVE, MEASURED, MOST_MEMORY, NO_PACKAGES
from tests.conftest import WriteCorpus
from tests.importing.decks import PIXEL, add_note, export_deck, new_collection
from tests.packages import collection_of, edited, pack, zstd

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a legacy package with an image."""
    folder = tmp_path_factory.mktemp("deck")
    with new_collection(folder) as collection:
        collection.media.write_data("a.png", PIXEL)
        add_note(collection, "Basic", {"Front": "a", "Back": '<img src="a.png">'})
        return export_deck(collection, folder / "deck.apkg", is_legacy=True)


def _read(path: Path, folder: Path) -> Material:
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    return FORMAT.read(path, Request(scratch=scratch))


def _refusal(path: Path, folder: Path) -> str:
    with pytest.raises(SourceError) as error:
        _read(path, folder)
    assert str(error.value).isprintable()
    return str(error.value)


@pytest.mark.parametrize("name", NO_PACKAGES)
def test_what_is_no_package_is_a_sentence(name: str, tmp_path: Path) -> None:
    write, said = NO_PACKAGES[name]
    write(path := tmp_path / "some.apkg")
    assert _refusal(path, tmp_path).startswith(said.partition(" (")[0])


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE notes SET flds = 'a'", "a note and its type have different numbers of fields"),
        ("UPDATE notes SET mid = 1", "is a damaged Anki package"),
        ("UPDATE notes SET mod = 'x'", "a note's time is not a number"),
        ("UPDATE notes SET flds = x'ff'", "is a damaged Anki package"),
        ("UPDATE notes SET tags = 'a' || char(8238)", "a tag is not a line of text"),
        ("UPDATE notes SET guid = 'a' || char(10)", "a note's GUID is not a line of text"),
        ("UPDATE cards SET ord = 'x'", "is a damaged Anki package"),
        ("UPDATE cards SET did = 5", "is a damaged Anki package"),
        ("UPDATE col SET models = '[]'", "is a damaged Anki package"),
        ("UPDATE col SET models = replace(models, 'Front', char(27))", "is a damaged Anki package"),
        ("UPDATE notes SET flds = 'a' || char(31) || hex(zeroblob(200000))", "which no card can show"),
    ],
)
def test_a_value_that_no_package_has_is_a_sentence(
    statement: str, said: str, package: Path, tmp_path: Path
) -> None:
    path = edited(package, tmp_path / "some.apkg", statement)
    assert said in _refusal(path, tmp_path)


def _with_media(package: Path, target: Path, listed: bytes, content: bytes = PIXEL) -> Path:
    others = {"media": listed, "0": content}
    return pack(target, collection_of(package), member=MEMBERS[-1], **others)


@pytest.mark.parametrize("listed", [b"[]", b"{", b"\xff", b'{"0": ' + b"[" * 100_000])
def test_a_damaged_list_of_media_is_a_sentence(listed: bytes, package: Path, tmp_path: Path) -> None:
    path = _with_media(package, tmp_path / "some.apkg", listed)
    assert _refusal(path, tmp_path).startswith("is a damaged Anki package (its list of files")


@pytest.mark.parametrize(
    "name", ["../a.png", "/etc/a.png", "a/../../a.png", "..", "", "a\\..\\b.png", "a\0.png"]
)
def test_no_file_leaves_the_folder_that_it_is_written_to(name: str, package: Path, tmp_path: Path) -> None:
    listed = json.dumps({"0": name}).encode()
    path = _with_media(package, tmp_path / "some.apkg", listed)
    path = edited_fields(path, f'<img src="{name}">')
    before = {each for each in tmp_path.rglob("*") if "scratch" not in each.parts}
    material = _read(path, tmp_path)
    assert material.media == {}
    assert {each for each in tmp_path.rglob("*") if "scratch" not in each.parts} == before


def edited_fields(path: Path, html: str) -> Path:
    """Return a package in which the back of every note has other HTML."""

    def edit(database: sqlite3.Connection) -> None:
        database.execute("UPDATE notes SET flds = 'a' || char(31) || ?", (html,))

    with zipfile.ZipFile(path) as archive:
        others = {name: archive.read(name) for name in archive.namelist() if name not in MEMBERS}
    changed = edited(path, path.with_name("changed.apkg"), edit)
    with zipfile.ZipFile(changed, "a") as archive:
        for name, content in others.items():
            archive.writestr(name, content)
    return changed


@pytest.mark.slow
def test_a_file_that_expands_without_end_is_a_sentence(package: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        collection = archive.read("collection.anki21")
    entry = b"\x0a\x05a.png"
    compressor = zstd.ZstdCompressor()
    zeros = bytes(1 << 24)
    bomb = b"".join([*(compressor.compress(zeros) for _ in range(16)), compressor.flush()])
    listed = zstd.compress(b"\x0a" + bytes([len(entry)]) + entry)
    path = pack(tmp_path / "some.apkg", collection, member=MEMBERS[0], **{"media": listed, "0": bomb})
    assert _refusal(path, tmp_path) == "is too large: the file 'a.png' has more than 64 MB"


TABLES = {
    "commas.csv": b"," * 10_000_000,
    "letters.csv": "漢".encode() * 3_300_000,
    "quote.csv": b'a,"' + b"x\n" * 5_000_000,
    "rows.csv": b"a,b\n" * 2_500_000,
}


def _import(source: Path, folder: Path) -> tuple[float, subprocess.CompletedProcess[str]]:
    """Import in a process of its own; return its seconds of the processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = (sys.executable, "-c", MEASURED, "import", str(source), str(folder), "--dry-run")
    result = subprocess.run(command, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, result


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured with /proc")
@pytest.mark.parametrize("name", [*EXPENSIVE, *TABLES])
def test_what_is_hostile_is_a_sentence_soon_and_takes_little_memory(
    name: str, package: Path, write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    """3 seconds, where a small package takes 0.7: as a ratio, for machines differ."""
    if name in TABLES:
        (path := tmp_path / name).write_bytes(TABLES[name])
    else:
        run("build", write_corpus(), "--only", "apkg", "--output", tmp_path)
        EXPENSIVE[name][0](tmp_path / "demo.apkg", path := tmp_path / "some.apkg")
    usual, result = _import(package, tmp_path / "new")
    assert result.returncode == 0, result.stderr
    cost, result = _import(path, tmp_path / "new")
    *lines, memory = result.stderr.splitlines()
    assert result.returncode == 1
    assert len(lines) == 1, result.stderr
    assert int(re.sub(r"\D", "", memory)) < MOST_MEMORY
    assert cost < usual * 5
