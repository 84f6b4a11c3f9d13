"""How much a command says, wherever the option stands."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import Result

from builder.cli import COMMANDS, main
from builder.commands.progress import Display
from tests.conftest import WriteCorpus

Run = Callable[..., Result]
WARNED = "# T\n\n## Why? {#why}\n\nFor \u2610.\n"
"""A character that print lacks: a warning for a deck."""


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("option", ["-q", "--quiet"])
def test_quiet_says_nothing_but_errors(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, option: str, place: int
) -> None:
    command: list[object] = ["build", write_corpus({"01-first.md": WARNED}), "--only", "apkg"]
    command += ["--output", tmp_path / "out"]
    result = run(*command[:place], option, *command[place:])
    assert (result.exit_code, result.output) == (0, "")
    assert (tmp_path / "out" / "demo.apkg").exists()
    broken = write_corpus({"01-first.md": WARNED + "\n## No id?\n\nNone.\n"})
    result = run("check", broken, option)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[0].endswith("[missing-id]")
    assert "warning" not in result.stderr


MANY = "# T\n\n" + "".join(f"## Why {n}? {{#why-{n}}}\n\n```klingon\n{n}\n```\n\n" for n in range(21))


def test_of_many_findings_of_a_kind_a_few_are_shown(run: Run, write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"01-first.md": MANY, "02-second.md": MANY.replace("hy", "ow")})
    result = run("check", folder)
    assert result.stderr.count("01-first.md:") == 3 + 1
    assert "01-first.md: 18 more of unknown-language in this file; --verbose lists them\n" in result.stderr
    assert len(result.stderr.splitlines()) < 24
    assert result.stderr.splitlines()[-1] == "42 warnings"
    assert run("check", folder, "--verbose").stderr.count("[unknown-language]") == 42
    assert run("check", folder, "--format", "json").stdout.count('"unknown-language"') == 42


def test_but_check_no_command_lists_advice(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> None:
    folder = write_corpus({"01-first.md": WARNED + "\n```klingon\nx\n```\n"})
    assert "[unknown-language]" in run("check", folder).stderr
    build = ["build", folder, "--only", "apkg", "--output", tmp_path]  # whatever paper lacks
    for command, warnings in ((build, "1 warning"), (["stats", folder], "2 warnings")):
        result = run(*command)
        assert result.exit_code == 0, result.output
        assert result.stderr == f"{warnings}; cardpress check lists the warnings\n"
    (folder / "02-second.md").write_text("# S\n\n## No id?\n\nA.\n")
    result = run("stats", folder)
    assert "[missing-id]" in result.stderr
    assert "[unknown-language]" not in result.stderr
    assert (
        "1 error, 2 warnings; cardpress check --fix fixes 1 of them; cardpress check lists" in result.stderr
    )


def test_quiet_leaves_what_was_asked_for(run: Run, write_corpus: WriteCorpus) -> None:
    assert "How much" in run("--quiet", "stats", write_corpus()).stdout


def test_verbose_says_what_took_how_long_beside_the_results(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_corpus({"02-second.md": "# S\n"})
    monkeypatch.chdir(tmp_path)
    first = run("build", folder, "--only", "apkg", "-v")
    (folder / "02-second.md").write_text("# Second\n")
    second = run("-v", "build", folder, "--only", "apkg")
    for result, cached in ((first, 0), (second, 1)):
        assert f"s  read and checked {folder}\n" in result.stderr
        assert f"2 chapters, {cached} from the cache in .cache/cardpress" in result.stderr
        assert "s  made the apkg of demo\n" in result.stderr
        assert "s  made" not in result.stdout
        assert "demo.apkg: 3 notes" in result.stdout


def test_quiet_and_verbose_contradict_each_other(run: Run, write_corpus: WriteCorpus) -> None:
    result = run("-q", "check", "-v", write_corpus())
    assert result.exit_code == 2
    assert "contradict" in result.stderr


def _commands(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        return [path]
    context = click.Context(command)
    found = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
    return [path, *(each for name, within in found if within for each in _commands(within, (*path, name)))]


@pytest.mark.parametrize("command", _commands(main), ids=" ".join)
def test_every_help_shows_an_example_and_fits_a_terminal(run: Run, command: tuple[str, ...]) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert "Example: cardpress " in result.output
    assert "--verbose" in result.output
    assert max(map(len, result.output.splitlines())) <= 80


def test_every_command_is_listed_with_what_it_is_for(run: Run) -> None:
    listed = run("--help").output.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed] == list(COMMANDS)
    assert not [line for line in listed if line.endswith("...")], "the first sentence fits"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _shown(monkeypatch: pytest.MonkeyPatch, *stages: tuple[str, int, int]) -> list[str]:
    """Return what is left on a terminal's lines after stages were shown."""
    terminal = _Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with Display() as display:
        for stage in stages:
            display.show(*stage)
    text = re.sub(r"\x1b\[[?\d]*[a-zA-Z]", "", terminal.getvalue())
    return [line.rpartition("\r")[2].rstrip() for line in text.split("\n")]


def test_each_stage_is_a_line_with_its_count(monkeypatch: pytest.MonkeyPatch) -> None:
    rendering = [("demo: rendering chapters", n, 3) for n in (1, 2, 3)]
    lines = _shown(monkeypatch, *rendering, ("demo: setting", 5, 9), ("demo: setting", 9, 9))
    assert [re.sub(r" +\[#+\] +", " ", line) for line in lines] == [
        "demo: rendering chapters 3/3",
        "demo: setting 9/9",
        "",
    ]
    assert max(map(len, lines)) < 80


def test_the_same_stage_of_the_next_output_is_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = _shown(monkeypatch, ("setting", 2, 2), ("setting", 1, 4), ("setting", 4, 4))
    assert [line.split()[-1] for line in lines if line] == ["2/2", "4/4"]


def test_a_stage_whose_length_is_not_known_counts_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = _shown(monkeypatch, *(("laying out, page", page, 0) for page in range(4)))
    assert [line.split()[-1] for line in lines if line] == ["3"]


def test_the_time_that_is_left_is_shown_while_a_stage_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    clock = iter(range(1000))
    monkeypatch.setattr("time.time", lambda: next(clock))
    with Display() as display:
        for n in range(1, 5):
            display.show("demo: setting", n, 9)
    assert re.search(r"4/9 +00:00:\d\d", terminal.getvalue())
