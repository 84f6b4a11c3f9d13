"""Reads deck.toml, the settings of a corpus, and reports errors with their lines."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from builder.corpus.labels import NAMES, labels_of
from builder.corpus.model import (
    FOOTER,
    Accepted,
    Adoption,
    Cards,
    Choices,
    OwnFont,
    Print,
    Settings,
    can_be_folded,
)
from builder.corpus.papers import PAPERS, STOCKS, TURNS
from builder.corpus.study import NUMBERS, unknown_numbers
from builder.corpus.toml import TomlError, TooManyDigitsError, lines_of_keys, load
from builder.corpus.versions import CheckedVersion, read_versions
from builder.diagnostics import Code, Diagnostic
from builder.markdown.language_tags import wrong_tag
from builder.markdown.source import Source
from builder.text import is_line

SETTINGS_FILE = "deck.toml"
ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""Form of all ids: words of a-z and 0-9, joined by hyphens."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A setting of [print] or [adopted]: its possible values and its purpose."""

    values: tuple[str | bool | int, ...]
    """The first is the default."""
    about: str


CHOICES: Mapping[str, Choice] = {
    "paper": Choice(tuple(PAPERS), "Paper of all prints."),
    "columns": Choice((3, 2), "Columns of the study sheet: 3 on landscape paper, 2 on portrait."),
    "stock": Choice(("", *STOCKS), "Stock for flashcards; by default, cards of an eighth of the paper."),
    "turn": Choice(TURNS, "Edge over which the printer turns the paper; fold prints on one side."),
    "large-print": Choice((False, True), "Print all text larger, for readers with low vision."),
    "without-code": Choice((False, True), "Leave blocks of code out of printed answers."),
}
ADOPTED: Mapping[str, Choice] = {
    "keep-scripts": Choice((False, True), "Publish the scripts of the existing deck, too."),
    "our-style": Choice((False, True), "Put the style sheet of cardpress after that of the existing deck."),
}
_KINDS: Mapping[type, str] = {str: "text", list: "a list of texts", dict: "a table"}
TEXTS: Mapping[str, str] = {
    "id": "First part of every note's identity and of every file's name. Never change it after a release.",
    "title": "Title on the cards and the prints.",
    "deck": "Name of the deck in Anki; '::' nests decks. Never change it after a release.",
    "language": "Language of the text, as a code. Cards and pages run in its direction.",
    "description": "One line below the title, and in Anki's list of decks.",
    "licence": "Licence of the questions, as in CC BY 4.0.",
    "version": "Version on the foot of every page.",
    "source": "Web address of this folder. Cards then link to their chapter.",
}
LISTS: Mapping[str, str] = {
    "authors": "Names on the foot of every page.",
    "outputs": "What a build makes; by default, everything.",
    "chapters": "Patterns of the chapters' files; by default, every Markdown file in this folder.",
    "exclude": "Patterns of files that are not chapters. A README never is one.",
    "study": "How to study: a paragraph each, on the deck's overview in Anki. {core} counts cards.",
}
TABLES: Mapping[str, str] = {
    "print": "Paper, columns and flashcards.",
    "rules": "Rules for good cards: their severity, and their numbers.",
    "accepted": "What was published and is gone, on purpose.",
    "labels": "Fixed words on cards and pages, in your own words.",
    "checked": "Library versions that a chapter (by file name) or a question (by id) was checked against.",
    "cards": "What cards show.",
    "adopted": "How the notes of an existing deck are published.",
}
"""Settings of deck.toml and their purposes: texts, lists and tables."""
ACCEPTED: Mapping[str, str] = {
    "ids": "Earlier ids of the corpus. Learners of such a release start again.",
    "decks": "Earlier names of the deck. Learners have to rename theirs.",
    "retired": "Ids of questions that were deleted.",
    "cards": "Cards that their question no longer has, as in g-lifetime:2.",
}
"""Settings of [accepted]: the fields of `Accepted`."""
CARDS: Mapping[str, str] = {
    "footer": "Parts of the foot of a card, in order. An empty list leaves it out.",
}
"""Settings of [cards]."""
ITEMS: Mapping[str, re.Pattern[str]] = {
    "chapters": re.compile(r"[^/]+"),
    "exclude": re.compile(r"[^/][\s\S]*"),
}
"""Form of the texts in some lists, as regular expressions."""
_TYPES: Mapping[str, type] = {
    **dict.fromkeys(TEXTS, str),
    **dict.fromkeys(LISTS, list),
    **dict.fromkeys(TABLES, dict),
}
FORMS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "id": (ID, "use lower-case words of a-z and 0-9 joined by hyphens, as in 'flask'"),
    "deck": (
        re.compile(r"[^:]+(::?[^:]+)*"),
        "decks are nested with '::' between two names, as in 'Python::Flask'",
    ),
    "source": (re.compile(r"https?://\S+"), "it must be a web address"),
}
"""Form of some texts, as a regular expression, and a hint."""
FONT = "{0}(?:/{0})*".format(r'[^.\s/\\:*?"<>|][^/\\:*?"<>|\x00-\x1f]*')
"""Form of the path of a font in the corpus folder: no part of it begins with a dot."""
REQUIRED = ("id", "title", "deck")
LARGEST = 999_999_999
"""Largest number in a setting: far above any sensible one."""
_LONGEST_QUOTED = 200
"""Maximum characters of a value to quote in a message."""
_EXAMPLE = 'id = "flask"\ntitle = "Flask interview"\ndeck = "Flask interview"\n'
BAD_TOML = Code(
    "bad-toml",
    reason="Settings that cannot be read are not kept.",
    of="settings",
    bad=_EXAMPLE.replace('"flask"', "flask"),
    good=_EXAMPLE,
)
MISSING_SETTING = Code(
    "missing-setting",
    reason="Without its id, title and deck, a corpus has no identity.",
    of="settings",
    bad='id = "flask"\ntitle = "Flask interview"\n',
    good=_EXAMPLE,
)
BAD_SETTING = Code(
    "bad-setting",
    reason="An invalid setting would be ignored silently.",
    of="settings",
    bad=f'{_EXAMPLE}\n[print]\npaper = "A5"\n',
    good=f'{_EXAMPLE}\n[print]\npaper = "A4"\n',
)
UNKNOWN_SETTING = Code(
    "unknown-setting",
    reason="A misspelt setting would be ignored silently.",
    of="settings",
    bad=f'{_EXAMPLE}lisence = "CC BY 4.0"\n',
    good=f'{_EXAMPLE}licence = "CC BY 4.0"\n',
)


@dataclass(frozen=True, slots=True)
class RuleTable:
    """Names that the `[rules]` table of deck.toml may have; the rules themselves are declared in `checks`."""

    codes: tuple[str, ...]
    """Codes of rules, and others, whose severity may be set."""
    severities: tuple[str, ...]
    numbers: Mapping[str, int]
    """Numbers of rules, by name, with their defaults."""


def read_settings(
    source: Source, known: RuleTable, outputs: Sequence[str] = ()
) -> tuple[Settings, list[Diagnostic]]:
    """Read deck.toml. Invalid and missing settings get defaults, so that the chapters can be read, too.

    `outputs` are the names of all possible outputs; without them, the `outputs` of deck.toml are not checked.
    """
    try:
        table = load("\n".join(source.lines))
        diagnostics = [*_check(table, source, known), *_check_outputs(table, source, outputs)]
    except TomlError as error:
        table, diagnostics = {}, [syntax_error(error, source)]
    name = source.path.parent.name
    texts = {name: table[name] for name in TEXTS if isinstance(table.get(name), str)}
    printing, rules, accepted, labels, checked, cards, adopted = (table.get(name, {}) for name in TABLES)
    lists = {name: tuple(_texts(table[name])) for name in LISTS if isinstance(table.get(name), list)}
    settings = Settings(
        **{"id": name, "title": name, "deck": name, **texts},
        authors=lists.get("authors", ()),
        outputs=tuple(name for name in lists.get("outputs", ()) if name in outputs),
        chapters=lists.get("chapters", ()),
        exclude=lists.get("exclude", ()),
        study=lists.get("study", ()),
        checked=tuple(_checked(checked)) if isinstance(checked, dict) else (),
        print=_printing(printing) if isinstance(printing, dict) else Print(),
        rules=_chosen_rules(rules, known) if isinstance(rules, dict) else (),
        accepted=_accepted(accepted) if isinstance(accepted, dict) else Accepted(),
        cards=_chosen_cards(cards) if isinstance(cards, dict) else Cards(),
        adopted=Adoption(**_chosen(adopted, ADOPTED)) if isinstance(adopted, dict) else Adoption(),
        labels=labels_of(texts.get("language", "en"), _chosen_labels(labels)),
    )
    return settings, diagnostics


def _texts(values: list[Any]) -> Iterator[str]:
    """Yield the texts of a list; anything else in it is reported elsewhere."""
    yield from (value for value in values if isinstance(value, str))


def syntax_error(error: TomlError, source: Source) -> Diagnostic:
    """Report a file that is not TOML, at the place of the error."""
    place = source.location(error.line - 1, error.column - 1)
    if isinstance(error, TooManyDigitsError):
        hint = f"write a number of at most {len(str(LARGEST))} digits"
        return BAD_SETTING.at(place, str(error), hint)
    return BAD_TOML.at(place, f"this is not TOML: {error}", 'write a setting as name = "value"')


def _check(table: Mapping[str, Any], source: Source, known: RuleTable) -> Iterator[Diagnostic]:
    for name in REQUIRED:
        if name not in table:
            yield MISSING_SETTING.at(source.location(), f"{name!r} is missing", f'add: {name} = "…"')
    for name, value in table.items():
        yield from check_known(name, tuple(_TYPES), (name,), source)
        wanted = _TYPES.get(name)
        is_right = wanted is None or isinstance(value, wanted)
        if wanted is list and is_right:
            is_right = all(isinstance(item, str) for item in value)
        if not is_right:
            yield wrong_setting((name,), f"is {quoted(value)}", f"it must be {_KINDS[_TYPES[name]]}", source)
        elif name in REQUIRED and not value.strip():
            yield wrong_setting((name,), "is empty", f'write: {name} = "…"', source)
    for name in TEXTS:
        value = table.get(name)
        if isinstance(value, str) and not is_line(value):
            yield wrong_setting(
                (name,), f"is {quoted(value)}", "write it on one line, without control characters", source
            )
    for name, (form, hint) in FORMS.items():
        value = table.get(name, "")
        if isinstance(value, str) and value.strip() and not form.fullmatch(value):
            yield wrong_setting((name,), f"is {quoted(value)}", hint, source)
    language = table.get("language", "")
    if isinstance(language, str) and language.strip() and (hint := wrong_tag(language)):
        yield wrong_setting(("language",), f"is {quoted(language)}", hint, source)
    for name, form in ITEMS.items():
        value = table.get(name)
        for pattern in _texts(value) if isinstance(value, list) else ():
            if not form.fullmatch(pattern):
                hint = "write the names of files in the corpus folder, as in '*.md'"
                yield wrong_setting((name,), f"has {quoted(pattern)}", hint, source)
    yield from _check_study(table.get("study"), source)
    yield from _check_choices("print", table.get("print"), CHOICES, source, "fonts")
    yield from _check_fonts(table.get("print"), source)
    yield from _check_choices("adopted", table.get("adopted"), ADOPTED, source)
    yield from _check_fold(table.get("print"), source)
    yield from _check_rules(table.get("rules"), source, known)
    yield from _check_accepted(table.get("accepted"), source)
    yield from _check_labels(table.get("labels"), source)
    yield from _check_cards(table.get("cards"), source)
    yield from _check_checked(table.get("checked"), source)


def _check_outputs(table: Mapping[str, Any], source: Source, known: Sequence[str]) -> Iterator[Diagnostic]:
    """Report unknown outputs."""
    names = table.get("outputs")
    if not known or not isinstance(names, list):
        return
    all_of_them = f"the outputs are: {', '.join(known)}"
    if not names:
        yield wrong_setting(("outputs",), "is empty, so nothing would be built", all_of_them, source)
    for name in _texts(names):
        if name not in known:
            place = source.location(line_of(("outputs",), source))
            yield BAD_SETTING.at(place, f"unknown output {quoted(name)}", all_of_them)


def _check_labels(table: object, source: Source) -> Iterator[Diagnostic]:
    if not isinstance(table, dict):
        return
    chosen = _chosen_labels(table)
    for name, value in table.items():
        yield from check_known(name, NAMES, ("labels", name), source)
        if name in NAMES and name not in chosen:
            yield wrong_setting(
                ("labels", name), f"is {quoted(value)}", "write a few words, on one line", source
            )


def _chosen_labels(table: object) -> dict[str, str]:
    """Return the labels, with the valid ones of [labels]."""
    if not isinstance(table, dict):
        return {}
    texts = {name: table[name] for name in NAMES if isinstance(table.get(name), str)}
    return {name: text for name, text in texts.items() if text.strip() and is_line(text)}


def _check_cards(table: object, source: Source) -> Iterator[Diagnostic]:
    if not isinstance(table, dict):
        return
    for name, value in table.items():
        yield from check_known(name, tuple(CARDS), ("cards", name), source)
        if name == "footer" and not _is_footer(value):
            parts = ", ".join(f'"{part}"' for part in FOOTER)
            hint = f"list the parts to show, or [] for none: {parts}"
            yield wrong_setting(("cards", name), f"is {quoted(value)}", hint, source)


def _is_footer(value: object) -> bool:
    return isinstance(value, list) and all(part in FOOTER and value.count(part) == 1 for part in value)


def _chosen_cards(table: Mapping[str, Any]) -> Cards:
    """Return the valid settings of [cards]."""
    value = table.get("footer")
    return Cards(footer=tuple(value)) if isinstance(value, list) and _is_footer(value) else Cards()


def _check_study(value: object, source: Source) -> Iterator[Diagnostic]:
    for text in _texts(value) if isinstance(value, list) else ():
        if not is_line(text):
            hint = "write each paragraph on one line, without control characters"
            yield wrong_setting(("study",), f"has {quoted(text)}", hint, source)
        for name in unknown_numbers(text):
            names = ", ".join(f"{{{each}}}" for each in NUMBERS)
            hint = f"the numbers are {names}; {{core/16}} is what to learn a day for 16 days"
            yield wrong_setting(("study",), f"has {quoted(name)}, which is not a number", hint, source)


def _check_choices(
    name_of_table: str, table: object, known: Mapping[str, Choice], source: Source, *others: str
) -> Iterator[Diagnostic]:
    """Check the settings of a table that have fixed choices; its others are checked elsewhere."""
    if not isinstance(table, dict):
        return
    for name in table:
        yield from check_known(name, (*known, *others), (name_of_table, name), source)
    for name, choice in known.items():
        choices = choice.values
        value = table.get(name, choices[0])
        if not _is_choice(value, choices):
            shown = ["true", "false"] if True in choices else [str(choice) for choice in choices if choice]
            hint = f"it must be one of: {', '.join(shown)}"
            yield wrong_setting((name_of_table, name), f"is {quoted(value)}", hint, source)


def _check_fold(table: object, source: Source) -> Iterator[Diagnostic]:
    if not isinstance(table, dict) or can_be_folded(chosen := Print(**_chosen(table, CHOICES))):
        return
    found = wrong_setting(
        ("print", "turn"),
        f"is 'fold', but cards on {chosen.stock!r} have no room for both sides next to each other: they"
        f" cannot be folded",
        'choose another stock, or write: turn = "long"',
        source,
    )
    yield replace(found, severity="warning", outputs=("flashcards", "calibration"))


def _chosen(table: Mapping[str, Any], known: Mapping[str, Choice]) -> dict[str, Any]:
    """Return the valid settings of a table, by the field names of its record."""
    return {
        name.replace("-", "_"): table[name]
        for name, choice in known.items()
        if name in table and _is_choice(table[name], choice.values)
    }


def _check_fonts(table: object, source: Source) -> Iterator[Diagnostic]:
    fonts = table.get("fonts", []) if isinstance(table, dict) else []
    if isinstance(table, dict) and (not isinstance(fonts, list) or len(_fonts(table)) < len(fonts)):
        hint = 'list files of the corpus folder, as in fonts = ["fonts/name.ttf"]'
        yield wrong_setting(("print", "fonts"), f"is {quoted(fonts)}", hint, source)


def _printing(table: Mapping[str, Any]) -> Print:
    return Print(**_chosen(table, CHOICES), fonts=_fonts(table))


def _fonts(table: Mapping[str, Any]) -> tuple[OwnFont, ...]:
    """Return the valid font files of [print]."""
    fonts = table.get("fonts", [])
    names = dict.fromkeys(_texts(fonts) if isinstance(fonts, list) else ())
    return tuple(OwnFont(name) for name in names if re.fullmatch(FONT, name))


def _is_choice(value: object, choices: tuple[str | bool | int, ...]) -> bool:
    return value in choices and isinstance(value, bool) == isinstance(choices[0], bool)


def _check_rules(table: object, source: Source, known: RuleTable) -> Iterator[Diagnostic]:
    if not isinstance(table, dict):
        return
    for name, value in table.items():
        names, keys = (*known.codes, *known.numbers), ("rules", name)
        yield from check_known(name, names, keys, source, "rule or number", "docs/rules.md lists them")
        if name in known.codes and value not in known.severities:
            severities = ", ".join(f'"{severity}"' for severity in known.severities)
            yield wrong_setting(keys, f"is {quoted(value)}", f"it must be one of: {severities}", source)
        elif name in known.numbers and not _is_number(value):
            hint = f"it must be a number (default: {known.numbers[name]})"
            yield wrong_setting(keys, f"is {quoted(value)}", hint, source)


def _chosen_rules(table: Mapping[str, Any], known: RuleTable) -> Choices:
    """Return the valid choices of [rules]."""
    return tuple(
        (name, value)
        for name, value in table.items()
        if (name in known.codes and value in known.severities)
        or (name in known.numbers and _is_number(value))
    )


def _check_accepted(table: object, source: Source) -> Iterator[Diagnostic]:
    if not isinstance(table, dict):
        return
    for name, value in table.items():
        keys = ("accepted", name)
        yield from check_known(name, ACCEPTED, keys, source)
        if name in ACCEPTED and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
            yield wrong_setting(keys, f"is {quoted(value)}", f"it must be {_KINDS[list]}", source)


def _accepted(table: Mapping[str, Any]) -> Accepted:
    lists = {name: table[name] for name in ACCEPTED if isinstance(table.get(name), list)}
    return Accepted(**{name: tuple(_texts(values)) for name, values in lists.items()})


def _check_checked(table: object, source: Source) -> Iterator[Diagnostic]:
    if not isinstance(table, dict):
        return
    known = {name for name, _ in _checked(table)}
    hint = 'write libraries and their versions, as in "flask 3.1, werkzeug 3.1"'
    for name, value in table.items():
        if name not in known:
            yield wrong_setting(("checked", name), f"is {quoted(value)}", hint, source)


def _checked(table: Mapping[str, Any]) -> Iterator[tuple[str, tuple[CheckedVersion, ...]]]:
    """Yield the valid versions of [checked]."""
    for name, value in table.items():
        if isinstance(value, str):
            with suppress(ValueError):
                yield name, read_versions(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST


def quoted(value: object) -> str:
    """Return a value quoted as Python does, shortened if it is too long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number with too many digits; tables nested too deeply
        return "a value that is too long to be shown"
    return text if len(text) <= _LONGEST_QUOTED else f"{text[: _LONGEST_QUOTED - 1]}…"


def wrong_setting(keys: tuple[str, ...], what: str, hint: str, source: Source) -> Diagnostic:
    """Report a setting's value, at its line."""
    place = source.location(line_of(keys, source))
    return BAD_SETTING.at(place, f"{keys[-1]!r} {what}", hint)


def check_known(
    name: str,
    known: Collection[str],
    keys: tuple[str, ...],
    source: Source,
    kind: str = "setting",
    list_of_all: str = "",
) -> Iterator[Diagnostic]:
    """Report an unknown setting, with a similar name as a hint."""
    if name not in known:
        near = get_close_matches(name, known, n=1)
        yield UNKNOWN_SETTING.at(
            source.location(line_of(keys, source)),
            f"unknown {kind} {name!r}",
            f"did you mean {near[0]!r}?" if near else list_of_all or f"the settings are: {', '.join(known)}",
        )


def line_of(keys: tuple[str, ...], source: Source) -> int:
    """Return the line (from 0) of a setting, or of the table that it belongs to."""
    lines = _lines_of_keys(source)
    return next((lines[keys[:end]] for end in range(len(keys), 0, -1) if keys[:end] in lines), 0)


@lru_cache(maxsize=1)
def _lines_of_keys(source: Source) -> Mapping[tuple[str, ...], int]:
    return lines_of_keys("\n".join(source.lines))
