"""How findings are told: on a terminal, a line each elsewhere, and to programs."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from hypothesis import example, given
from hypothesis import strategies as st
from wcwidth import wcswidth

from builder.checks.report.excerpt import as_excerpt
from builder.checks.report.formats import as_github
from builder.checks.report.sarif import as_sarif
from builder.diagnostics import Diagnostic, Location
from tests.conftest import PROJECT, WriteCorpus

Run = Callable[..., Result]
WRONG = "# First\n\n## Is `g` global? {.junior}\n\n```pyhton\n\tx = 1\n```\n"


def _plain(text: str, *, fg: str | None = None, bold: bool | None = None) -> str:
    return text


def _excerpt(line: str, column: int, message: str = "it is wrong", width: int = 60) -> list[str]:
    found = Diagnostic(Location(Path("01-a.md"), 1, column), "some-code", message, "fix it")
    return as_excerpt(found, lambda _: [line], width, _plain).split("\n")


def test_a_finding_is_shown_with_its_line_and_a_caret() -> None:
    assert _excerpt("See <b>this</b>.", 5) == [
        "01-a.md:1:5: error: it is wrong [some-code]",
        " 1 | See <b>this</b>.",
        "   |     ^",
        "     fix it",
    ]


def test_what_the_message_quotes_is_underlined() -> None:
    assert _excerpt("See <b>this</b>.", 5, "'<b>' is HTML")[2] == "   |     ^~~"


@pytest.mark.parametrize(
    ("line", "column", "caret"),
    [
        ("\tx", 2, "    ^"),
        ("ab\tx", 4, "    ^"),
        ("日本x", 3, "    ^"),
        ("e\u0301x", 3, " ^"),
        ("👩‍💻x", 4, "  ^"),
        ("x", 2, " ^"),
    ],
    ids=["tab", "tab after text", "wide", "combining", "joined", "behind the end"],
)
def test_the_caret_stands_below_its_character(line: str, column: int, caret: str) -> None:
    assert _excerpt(line, column)[2] == "   | " + caret


def test_a_long_line_is_cut_around_the_place() -> None:
    line = "word " * 30 + "<b>" + " word" * 30
    _, shown, carets, _ = _excerpt(line, 151, "'<b>' is HTML")
    assert len(shown) <= 60
    assert shown.startswith(" 1 | …")
    assert shown.endswith("…")
    assert shown[carets.index("^") : carets.index("^") + 3] == "<b>"


def test_a_long_message_is_broken_between_words() -> None:
    lines = _excerpt("", 1, "word " * 30)
    assert max(map(len, lines)) <= 60
    assert lines[0].endswith(" word")


def test_what_would_move_the_cursor_is_not_shown_as_it_is() -> None:
    assert "\x1b" not in "".join(_excerpt("a\x1b[2Jb", 1))


def test_a_finding_without_a_line_has_no_excerpt() -> None:
    assert _excerpt("", 1) == ["01-a.md:1:1: error: it is wrong [some-code]", "     fix it"]


@pytest.mark.slow
@example("000000000\x1f\x1f\x1f\U00014647\U0001b2fc\U0001b2fc", 16, 56)
@given(st.text(max_size=200), st.integers(1, 201), st.integers(20, 100))
def test_no_line_is_wider_than_the_terminal(line: str, column: int, width: int) -> None:
    line = re.sub(r"[\r\n]", "", line)
    for shown in _excerpt(line, min(column, len(line) + 1), "'wrong'", width)[1:3]:
        assert wcswidth(shown) <= max(width, 26)


def _on_a_terminal(folder: Path, **environment: str) -> str:
    parent, child = pty.openpty()
    inherited = {
        name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "TERM")
    }
    subprocess.run(
        [sys.executable, "-m", "builder", "check", str(folder)],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=child,
        env={**inherited, "TERM": "xterm", "COLUMNS": "200", **environment},
        check=False,
    )
    os.close(child)
    shown = os.read(parent, 100_000).decode()
    os.close(parent)
    return shown


def test_on_a_terminal_findings_have_excerpts_in_colour(write_corpus: WriteCorpus) -> None:
    shown = _on_a_terminal(write_corpus({"01-first.md": WRONG}))
    assert "\x1b[31m" in shown
    assert "```pyhton" in shown
    assert "^~~~~~" in shown
    assert "1 error, 2 warnings; cardpress check --fix fixes 1 of them" in shown


def test_no_color_is_obeyed(write_corpus: WriteCorpus) -> None:
    shown = _on_a_terminal(write_corpus({"01-first.md": WRONG}), NO_COLOR="1")
    assert "\x1b" not in shown
    assert "^~~~~~" in shown


def test_a_terminal_that_can_do_nothing_gets_a_line_each(write_corpus: WriteCorpus) -> None:
    assert "^" not in _on_a_terminal(write_corpus({"01-first.md": WRONG}), TERM="dumb")


def test_where_nobody_watches_a_finding_is_a_line_and_a_hint(run: Run, write_corpus: WriteCorpus) -> None:
    result = run("check", write_corpus({"01-first.md": WRONG}))
    assert "^" not in result.stderr
    assert "\x1b" not in result.stderr
    shown = "01-first.md:5:4: warning: the code language 'pyhton' is not known, so the code has no colours"
    assert f"{shown} [unknown-language]\n    did you mean 'python'?\n" in result.stderr


@pytest.mark.parametrize("name", ["FORCE_COLOR", "CLICOLOR_FORCE"])
def test_colour_can_be_forced(
    run: Run, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv(name, "1")
    result = run("check", write_corpus({"01-first.md": WRONG}))
    assert "\x1b[31m" in result.stderr


def test_json_has_every_finding_and_how_many(run: Run, write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"01-first.md": WRONG})
    result = run("check", folder, "--format", "json")
    assert result.exit_code == 1
    assert result.stderr == ""
    found = json.loads(result.stdout)
    assert (found["version"], found["errors"], found["warnings"], found["fixable"]) == (1, 1, 2, 1)
    assert found["findings"][0] == {
        "path": str(folder / "01-first.md"),
        "line": 3,
        "column": 1,
        "severity": "error",
        "code": "missing-id",
        "message": "'Is `g` global?' has no id",
        "hint": "add a permanent id: {#is-g-global}",
        "fixable": True,
    }


@pytest.mark.parametrize("form", ["json", "github", "sarif"])
def test_a_corpus_without_a_finding_is_status_0_in_every_format(
    run: Run, write_corpus: WriteCorpus, form: str
) -> None:
    result = run("check", write_corpus(), "--format", form)
    assert result.exit_code == 0
    assert "error" not in result.stdout.replace('"errors": 0', "")


def test_a_code_is_explained(run: Run) -> None:
    result = run("check", "--explain", "[yes-no-question]")
    assert result.exit_code == 0
    assert result.stdout.startswith("Half of the guesses are right")
    assert "## Is Flask's session cookie encrypted?" in result.stdout
    assert 'allow="yes-no-question"' in result.stdout


def test_a_code_that_is_misspelt_is_named_with_the_nearest(run: Run) -> None:
    result = run("check", "--explain", "yes-no-questoin")
    assert result.exit_code == 2
    assert "did you mean 'yes-no-question'?" in result.stderr


def test_an_unknown_format_is_a_wrong_command_line(run: Run, write_corpus: WriteCorpus) -> None:
    assert run("check", write_corpus(), "--format", "xml").exit_code == 2


def test_github_gets_a_command_a_line_with_its_signs_escaped() -> None:
    found = Diagnostic(
        Location(Path("a,b/01:c.md"), 3, 7), "some-code", "50% is\nwrong", "a: b, c", "warning"
    )
    assert as_github([found, found]).split("\n") == 2 * [
        "::warning file=a%2Cb/01%3Ac.md,line=3,col=7,title=some-code::50%25 is%0Awrong%0Aa: b, c"
    ]


def _log(text: str, root: Path) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(text)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    driver = run["tool"]["driver"]
    assert driver["name"] == "cardpress"
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    for rule in driver["rules"]:
        for part in ("shortDescription", "fullDescription", "help"):
            assert rule[part]["text"], "code hosts require it"
        assert rule["defaultConfiguration"]["level"] in ("error", "warning")
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning")
        assert result["message"]["text"]
        (location,) = result["locations"]
        region = location["physicalLocation"]["region"]
        assert region["startLine"] >= 1
        assert region["startColumn"] >= 1
        assert not location["physicalLocation"]["artifactLocation"]["uri"].startswith("/")
    return run  # type: ignore[no-any-return]


def test_sarif_has_what_its_schema_and_code_hosts_require(
    run: Run, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_corpus({"01-first.md": WRONG})
    monkeypatch.chdir(folder.parent)
    result = run("check", "demo", "--format", "sarif")
    assert result.exit_code == 1
    log = _log(result.stdout, folder.parent)
    assert [each["ruleId"] for each in log["results"]] == [
        "missing-id",
        "yes-no-question",
        "unknown-language",
    ]
    assert log["results"][0]["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "demo/01-first.md", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3, "startColumn": 1},
    }


def test_sarif_names_files_by_addresses() -> None:
    def uri(path: str) -> str:
        found = Diagnostic(Location(Path(path)), "no-answer", "it", "fix it")
        log = _log(as_sarif([found], Path("/work")), Path("/work"))
        return str(log["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])

    assert uri("a b/01 ü#.md") == "a%20b/01%20%C3%BC%23.md"
    assert uri("/elsewhere/01.md") == "file:///elsewhere/01.md"
