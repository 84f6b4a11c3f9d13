"""Numbers, times and places beyond any range: each gets a sentence, and none a traceback."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from builder.checks.report.excerpt import as_excerpt
from builder.checks.report.formats import as_github, as_json
from builder.checks.rules import RULE_TABLE
from builder.corpus.settings import read_settings
from builder.diagnostics import Diagnostic, Location
from builder.identity.lock import read_lock
from builder.markdown.parser import Source
from tests.conftest import SETTINGS, WriteCorpus

Run = Callable[..., Result]
LONG = "1" * 5000
HEX = "0x" + "f" * 9000
"""Python reads it, and does not write it."""


@pytest.mark.parametrize(
    ("line", "place"),
    [
        (f"x = {LONG}", "4:5"),
        (f"# é\r\n[rules]\r\nlongest-prompt = {'1_' * 4500}1", "6:18"),
        (f"[rules]\nlongest-prompt = {HEX}", "5:1"),
        (f"[rules]\nlongest-prompt = {10**30}", "5:1"),
        (f"[print]\npaper = {HEX}", "5:1"),
        (f"[print]\ncolumns = {HEX}", "5:1"),
        (f"licence = {HEX}", "4:1"),
        (f"authors = [{HEX}]", "4:1"),
        (f"authors = [[{HEX}]]", "4:1"),
        ("licence." + ".".join("a" * 90) + " = 1", "4:1"),
        ("[rules]\nlongest-prompt." + ".".join("a" * 90) + " = 1", "5:1"),
    ],
)
def test_a_number_or_a_table_without_end_in_the_settings_is_named(line: str, place: str) -> None:
    settings, found = read_settings(Source(Path("deck.toml"), f"{SETTINGS}{line}\n"), RULE_TABLE)
    assert [(each.code, str(each.location)) for each in found] == [("bad-setting", f"deck.toml:{place}")]
    assert len(str(found[0])) < 400
    usual, _ = read_settings(Source(Path("deck.toml"), SETTINGS), RULE_TABLE)
    assert len(repr(settings)) < len(repr(usual)) + 100


@pytest.mark.parametrize("language", ["json", "toml", "python"])
def test_a_number_of_many_digits_in_code_is_no_fault(
    run: Run, write_corpus: WriteCorpus, language: str
) -> None:
    code = f"[{LONG}]" if language == "json" else f"a = {LONG}"
    chapter = f"# T\n\n## Why so long? {{#long}}\n\nThat.\n\n```{language}\n{code}\n```\n"
    result = run("check", write_corpus({"01-first.md": chapter}))
    assert result.exit_code == 0, result.output


EPOCHS = ["1" + "0" * 24, "99999999999", "7258118400", "1599999999", "0", "-1", LONG, "٣" * 10, "1.5e9", " 1"]


@pytest.mark.parametrize("epoch", EPOCHS, ids=lambda epoch: epoch[:12])
@pytest.mark.parametrize("command", ["build", "plan"])
def test_a_time_out_of_range_is_refused_and_nothing_is_written(
    run: Run,
    write_corpus: WriteCorpus,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    epoch: str,
    command: str,
) -> None:
    folder = write_corpus()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    options = ["--only", "apkg", "--output", tmp_path / "dist"] if command == "build" else []
    result = run(command, folder, *options)
    assert result.exit_code == 1
    assert "it must be a time in seconds, from 1600000000 (September 2020) to 7258118399" in result.stderr
    assert len(result.stderr) < 300
    assert not (folder / "deck.lock").exists()
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize(("now", "year"), [(0, 1970), (-5, 1969), (10**10, 2286), (99_999_999_999, 5138)])
def test_a_clock_out_of_range_is_named(
    run: Run, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch, now: int, year: int
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    monkeypatch.setattr(time, "time", lambda: now)
    result = run("build", write_corpus(), "--only", "apkg")
    assert result.exit_code == 1
    assert f"the clock of this machine says that the year is {year}: set it right" in result.stderr


def test_the_last_time_that_is_taken_makes_a_lock_that_can_be_read(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_corpus()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "7258118399")
    for word in ("second", "2nd", "second", "2nd"):  # each a second later than the one before
        chapter = folder / "01-first.md"
        chapter.write_text(chapter.read_text().replace("second", word).replace("2nd", word))
        result = run("build", folder, "--only", "apkg", "--output", tmp_path)
        assert result.exit_code == 0, result.output
    assert read_lock(Source(folder / "deck.lock", (folder / "deck.lock").read_text()))[1] == []


@pytest.mark.parametrize("number", [f"1.{LONG}", f"{LONG}.1", f"1.1{'z' * 5000}", f"{LONG}.{LONG}a"])
def test_a_question_s_number_without_end_in_the_lock_is_no_fault(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, number: str
) -> None:
    folder = write_corpus()
    run("build", folder, "--only", "apkg", "--output", tmp_path)
    lock = folder / "deck.lock"
    lock.write_text(lock.read_text().replace(" 1.1 ", f" {number} "))
    package = tmp_path / "demo.apkg"
    for command in (
        ("check",),
        ("plan", "--against", package),
        ("build", "--only", "apkg", "--output", tmp_path),
    ):
        result = run(*command, folder)
        assert result.exit_code == 0, result.output
    assert number not in lock.read_text()


@given(
    st.lists(st.text(max_size=30), max_size=3),
    st.integers(-1, 10),
    st.integers(-1, 10**6),
    st.text(max_size=10),
    st.integers(0, 120),
)
def test_a_place_that_is_nowhere_is_shown_all_the_same(
    lines: list[str], line: int, column: int, word: str, width: int
) -> None:
    """A file may be another by the time at which its lines are shown."""
    found = Diagnostic(Location(Path("a.md"), line, column), "some-code", f"it has {word!r}", "fix it")
    assert as_excerpt(found, lambda _: lines, width, lambda text, **_: text)
    assert as_json([found], ())
    assert as_github([found])


def test_a_system_that_tells_of_no_saves_is_named(
    monkeypatch: pytest.MonkeyPatch, write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    def limited(*_: object, **__: object) -> object:
        raise RuntimeError("OS file watch limit reached")
        yield

    monkeypatch.setattr("builder.preview.watcher.watch", limited)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    result = run("watch", write_corpus())
    assert result.exit_code == 1
    assert "the system does not report saves (OS file watch limit reached): close other" in result.stderr
