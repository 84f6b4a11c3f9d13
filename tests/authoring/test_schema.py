"""The schema of deck.toml: an editor underlines what `check` names, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from builder.authoring.schema import FILE, LINE
from builder.checks.rules import RULE_TABLE
from builder.commands.schema import text_of_schema
from builder.corpus.model import Accepted, Cards, Settings
from builder.corpus.settings import (
    ACCEPTED,
    ADOPTED,
    CARDS,
    CHOICES,
    LISTS,
    TABLES,
    TEXTS,
    line_of,
    read_settings,
)
from builder.corpus.toml import TomlError, load
from builder.markdown.source import Source
from builder.pipeline.outputs import OUTPUTS
from tests.conftest import CASES, PROJECT

Run = Callable[..., Result]
VALIDATOR = Draft7Validator(json.loads(text_of_schema()))
CORPORA = sorted(
    path
    for folder in ("content", "tests")
    for path in (PROJECT / folder).rglob("deck.toml")
    if path.is_file()
)


def _lines(source: Source) -> set[int]:
    """Return the lines, from 1, at which a schema finds something."""
    table = load("\n".join(source.lines))
    return {
        line_of(keys, source) + 1 if keys else 1
        for error in VALIDATOR.iter_errors(table)
        for keys in _keys(error)
    }


def _keys(error: ValidationError) -> Iterator[tuple[str, ...]]:
    path = tuple(str(part) for part in error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.schema, dict):
        yield from ((*path, name) for name in error.instance.keys() - error.schema["properties"].keys())
    else:
        yield path


def _is_toml(path: Path) -> bool:
    try:
        load(path.read_text(encoding="utf-8"))
    except TomlError:
        return False
    return True


def test_it_is_a_json_schema() -> None:
    Draft7Validator.check_schema(VALIDATOR.schema)


@pytest.mark.parametrize("path", CORPORA, ids=lambda path: path.parent.name)
def test_the_settings_of_every_corpus_are_valid(path: Path) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(load(path.read_text(encoding="utf-8")))] == []


@pytest.mark.parametrize(
    "path",
    [path for path in sorted((CASES / "settings").glob("*.toml")) if _is_toml(path)],
    ids=lambda p: p.stem,
)
def test_it_underlines_the_lines_that_check_names(path: Path) -> None:
    source = Source(path, path.read_text(encoding="utf-8"))
    _, found = read_settings(source, RULE_TABLE, tuple(OUTPUTS))
    named, underlined = {each.location.line for each in found}, _lines(source)
    assert underlined == named


_TEXT = st.sampled_from(
    [
        "",
        " ",
        "Demo",
        "en-GB",
        "zh-Hant-TW",
        "cn",
        "english",
        "demo-2",
        "Demo 2",
        "a\nb",
        "\x1b",
        "A::B",
        "A::",
        "https://x.org/a",
    ]
)
_WRONG = st.sampled_from([1, True, None, 1.5, ["a"], [1], {}, {"a": 1}])
_TEXTS = st.lists(st.sampled_from(["", "a", "/a", "a/b", "*.md", "apkg", "handbook", "retired"]), max_size=2)
_VALUE = _TEXT | _WRONG | _TEXTS
_NAMES = {
    "print": [*CHOICES, "fonts", "papper"],
    "rules": [*RULE_TABLE.codes[:3], *RULE_TABLE.numbers, "longest"],
    "accepted": [*ACCEPTED, "card"],
    "cards": [*CARDS, "foter"],
    "labels": ["pitfall", "why", "whi"],
    "checked": ["06-contexts", "body-limits"],
    "adopted": [*ADOPTED, "keep"],
}
_TABLE_VALUES = _VALUE | st.sampled_from(
    [
        "A4",
        "Letter",
        "short",
        3,
        0,
        35,
        -1,
        10**9,
        False,
        "off",
        "error",
        "flask 3.1, click 8",
        "flask",
        ["number"],
        ["level", "number"],
        ["number", "number"],
        ["path"],
        ["fonts/a.ttf", "b.ttf"],
        ["fonts/../a.ttf"],
        ["a.ttf", "a.ttf"],
    ]
)


@st.composite
def _tables(draw: st.DrawFn) -> dict[str, Any]:
    table: dict[str, Any] = {"id": "demo", "title": "Demo", "deck": "Demo"}
    for name in draw(st.lists(st.sampled_from([*TEXTS, *LISTS, "lisence"]), max_size=3)):
        table[name] = draw(_TEXT if name == "lisence" else _VALUE)
    for name in draw(st.lists(st.sampled_from([*TABLES]), max_size=2)):
        table[name] = draw(st.dictionaries(st.sampled_from(_NAMES[name]), _TABLE_VALUES, max_size=3) | _VALUE)
    return table


@given(_tables())
def test_whatever_the_settings_it_finds_something_where_check_does(table: dict[str, Any]) -> None:
    text = "".join(f"{name} = {_toml(value)}\n" for name, value in table.items() if value is not None)
    source = Source(Path("demo", "deck.toml"), text)
    _, found = read_settings(source, RULE_TABLE, tuple(OUTPUTS))
    assert _lines(source) == {each.location.line for each in found}


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (f"{json.dumps(name)} = {_toml(each)}" for name, each in value.items() if each is not None)
        return f"{{{', '.join(pairs)}}}"
    return json.dumps(value)


def test_every_setting_is_in_it_with_what_it_is_for() -> None:
    assert [*VALIDATOR.schema["properties"]] == [*TEXTS, *LISTS, *TABLES]
    assert {*TEXTS, *LISTS, *TABLES} == {field.name for field in fields(Settings)}
    assert [*ACCEPTED] == [field.name for field in fields(Accepted)]
    assert [*CARDS] == [field.name for field in fields(Cards)]
    for setting in VALIDATOR.schema["properties"].values():
        for each in (setting, *setting.get("properties", {}).values()):
            assert each["description"].endswith((".", "?")), each


def test_the_command_prints_it(run: Run) -> None:
    assert json.loads(run("schema").stdout) == VALIDATOR.schema


def test_a_new_corpus_has_it_and_leads_editors_to_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("new", "mine").exit_code == 0
    text = (tmp_path / "mine" / "deck.toml").read_text(encoding="utf-8")
    assert text.startswith(LINE)
    named = tmp_path / "mine" / LINE.partition(" ")[2].strip()
    assert named.name == FILE
    assert named.read_text(encoding="utf-8") == run("schema").stdout
    assert VALIDATOR.is_valid(load(text))
    # Each line that is a comment, made a setting.
    shown = [line.removeprefix("# ") for line in text.splitlines()[1:]]
    assert len(load("\n".join(shown))) > len(load(text))
    assert VALIDATOR.is_valid(load("\n".join(shown)))


def test_a_schema_that_is_there_already_stays(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / FILE).write_text("{}")
    assert run("new", "mine").exit_code == 0
    assert (tmp_path / "mine" / FILE).read_text() == "{}"
