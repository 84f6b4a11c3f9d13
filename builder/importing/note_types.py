"""Guesses what the fields of a note type become, from its card templates and the names of fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from builder.anki.scripts import without_scripts
from builder.importing.field_tree import UNSEEN
from builder.importing.model import PartMap, Role

if TYPE_CHECKING:
    from builder.identity.adopted import AdoptedType

_REFERENCE = re.compile(r"\{\{\s*([#^/]?)\s*([^{}]*?)\s*\}\}")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_NOT_FIELDS = frozenset(("FrontSide", "Tags", "Type", "Deck", "Subdeck", "Card", "CardFlag", "CardID"))
_WRAPS = (("[latex]", "[/latex]"), ("[$]", "[/$]"), ("[$$]", "[/$$]"), (r"\(", r"\)"), (r"\[", r"\]"))
_WRAPPED = re.compile(
    r"(\[latex\]|\[\$\$?\]|\\[(\[])\s*\{\{([^{}:#^/]+)\}\}\s*(\[/latex\]|\[/\$\$?\]|\\[)\]])", re.IGNORECASE
)
_DETAILS = re.compile(
    r"(back )?(extra|notes?|remarks?|comments?|explanations?|details?|info(rmation)?|more|additional.*)"
    r"|erklärung(en)?|anmerkung(en)?|hinweise?|zusatz|remarques?|explications?|notas?|explicaci[oó]n",
    re.IGNORECASE,
)
_PROMPTS = re.compile(
    r"front|question|prompt|q|frage|vorderseite|recto|pregunta|anverso|word|expression", re.IGNORECASE
)
_ANSWERS = re.compile(
    r"back|answer|a|antwort|rückseite|verso|r[ée]ponse|respuesta|reverso|meaning|translation|definition|english|deutsch|fran[cç]ais|español",
    re.IGNORECASE,
)
_CONTEXTS = re.compile(r"hint|context|image|picture|code|example|figure", re.IGNORECASE)
_SOUNDS = re.compile(r".*(audio|sound|pronunciation|aussprache|ton|pron|voice)( .*)?", re.IGNORECASE)
_NO_TEXT = re.compile(r"(note )?id|guid|sort.*|index|order|key|number|add reverse|reverse", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reference:
    """A field on a side of a card."""

    field: str
    filters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Guess:
    """A guess about a note type: what it becomes, and how to read its fields."""

    map: PartMap
    clozes: frozenset[str] = frozenset()
    """Fields in which `{{c1::…}}` is a cloze deletion."""
    readings: frozenset[str] = frozenset()
    """Fields with readings in brackets."""
    wraps: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Marks that a template puts around a field to make it a formula or LaTeX."""
    switches: frozenset[str] = frozenset()
    """Fields that only switch something on, such as a reverse card."""
    is_mirrored: bool = False
    """True if the second template asks in the other direction."""
    is_sure: bool = True
    """False if the names of fields have no clear meaning, and there are more than a front and a back."""


def references(template: str, fields: Sequence[str]) -> list[Reference]:
    """Return the fields that a side of a template shows, in order, each once."""
    found: dict[str, Reference] = {}
    for mark, words in _REFERENCE.findall(_COMMENT.sub("", template)):
        *filters, name = words.split(":")
        if not mark and name.strip() in fields:
            found.setdefault(name.strip(), Reference(name.strip(), tuple(each.strip() for each in filters)))
    return list(found.values())


def scripts_in(type_: AdoptedType) -> Iterator[str]:
    """Yield the places of scripts in the templates of a note type."""
    for template in type_.templates:
        for side, text in (("front", template.front), ("back", template.back)):
            if without_scripts(text) != text:
                yield f"note type {type_.name!r}, template {template.name!r}, {side}"


def words_of_template(type_: AdoptedType) -> str:
    """Return the fixed words on the front of the first template."""
    text = UNSEEN.sub(" ", type_.templates[0].front)
    text = _WRAPPED.sub(" ", _COMMENT.sub("", text))
    return " ".join(re.sub(r"<[^<>]*>|&\w+;", " ", _REFERENCE.sub(" ", text)).split())


def ordinals(type_: AdoptedType, fields: Sequence[str]) -> tuple[int, ...]:
    """Return the ordinals of the cards that Anki makes of a note, by its templates and texts."""
    texts = {field.name: text for field, text in zip(type_.fields, fields, strict=True)}
    if type_.is_cloze:
        numbers = {int(number) for text in fields for number in re.findall(r"\{\{c(\d{1,3})::", text)}
        return tuple(sorted(number - 1 for number in numbers if number))
    return tuple(
        ordinal for ordinal, template in enumerate(type_.templates) if _shows_something(template.front, texts)
    )


def _shows_something(template: str, texts: Mapping[str, str]) -> bool:
    """Tell whether a front shows a field that is not empty."""
    hidden = 0
    opened: list[bool] = []
    for mark, words in _REFERENCE.findall(_COMMENT.sub("", template)):
        name = words.rpartition(":")[2].strip()
        is_filled = bool(texts.get(name, "").strip())
        if mark in ("#", "^"):
            opened.append(is_filled != (mark == "#"))
            hidden += opened[-1]
        elif mark == "/" and opened:
            hidden -= opened.pop()
        elif not mark and not hidden and is_filled:
            return True
    return False


def guess(type_: AdoptedType) -> Guess:
    """Guess what the fields of a note type become."""
    names = [field.name for field in type_.fields]
    template = type_.templates[0]
    front, back = references(template.front, names), references(template.back, names)
    everything = [
        each for one in type_.templates for side in (one.front, one.back) for each in references(side, names)
    ]
    clozes = frozenset(each.field for each in everything if type_.is_cloze and "cloze" in each.filters)
    readings = frozenset(each.field for each in everything if "furigana" in each.filters)
    typed = [each.field for each in (*front, *back) if "type" in each.filters and "cloze" not in each.filters]
    shown = {each.field for each in everything}
    asked = [each.field for each in front if each.field not in typed]
    told = [each.field for each in back if each.field not in asked]
    told += [name for name in names if name in shown and name not in asked and name not in told]
    roles: dict[str, Role] = {}
    if type_.is_cloze:
        roles = _roles_of_cloze(asked, told, clozes or frozenset(names[:1]))
        clozes = clozes or frozenset(names[:1])
    else:
        roles = _roles(asked, told, typed)
    ordered: dict[str, Role] = {name: roles.get(name, "nothing") for name in names}
    is_mirrored = not type_.is_cloze and _is_mirrored(type_, ordered)
    kind = "cloze" if type_.is_cloze else "typed" if typed else "reversed" if is_mirrored else ""
    unknown = [name for name, role in ordered.items() if role == "section"]
    return Guess(
        PartMap(kind=kind, parts=ordered),
        clozes=clozes,
        readings=readings,
        wraps=dict(_wraps(type_, names)),
        switches=_switches(type_, names) - shown,
        is_mirrored=is_mirrored,
        is_sure=len(unknown) <= max(2, len(shown) // 3)
        and "answer" in ordered.values()
        and (type_.is_cloze or "prompt" in ordered.values()),
    )


def _wraps(type_: AdoptedType, names: Sequence[str]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the fields that templates typeset, each with the marks around it."""
    for template in type_.templates:
        for side in (template.front, template.back):
            for opening, name, closing in _WRAPPED.findall(_COMMENT.sub("", side)):
                if name in names and (opening, closing) in _WRAPS:
                    yield name, (opening, closing)


def _switches(type_: AdoptedType, names: Sequence[str]) -> frozenset[str]:
    found = (
        words.strip()
        for template in type_.templates
        for side in (template.front, template.back)
        for mark, words in _REFERENCE.findall(side)
        if mark
    )
    return frozenset(name for name in found if name in names)


def _roles_of_cloze(asked: Sequence[str], told: Sequence[str], clozes: frozenset[str]) -> dict[str, Role]:
    roles: dict[str, Role] = {}
    for name in asked:
        if name in clozes:
            roles[name] = "answer"
        else:
            roles[name] = "context" if "prompt" in roles.values() else "prompt"
    for name in told:
        roles[name] = "answer" if name in clozes else "details" if _DETAILS.fullmatch(name) else "section"
    others = [name for name in told if name not in clozes]
    if len(others) == 1:
        roles[others[0]] = "details"
    return roles


def _roles(asked: Sequence[str], told: Sequence[str], typed: Sequence[str]) -> dict[str, Role]:
    roles: dict[str, Role] = {}
    words = [name for name in asked if not _NO_TEXT.fullmatch(name)] or list(asked)
    if words:
        prompt = next((name for name in words if _PROMPTS.fullmatch(name)), None)
        texts = [name for name in words if not _CONTEXTS.fullmatch(name) and not _SOUNDS.fullmatch(name)]
        prompt = prompt or next(iter(texts), words[0])
        roles.update(dict.fromkeys(words, "context"))
        roles[prompt] = "prompt"
    rest = [name for name in told if not _NO_TEXT.fullmatch(name)] or list(told)
    if rest:
        answer = next(iter(typed), None) or next((name for name in rest if _ANSWERS.fullmatch(name)), None)
        words = [name for name in rest if not _SOUNDS.fullmatch(name)] or rest
        answer = answer or next((name for name in words if not _DETAILS.fullmatch(name)), words[0])
        for name in rest:
            roles[name] = (
                "details" if _DETAILS.fullmatch(name) else "answer" if _SOUNDS.fullmatch(name) else "section"
            )
        roles[answer] = "answer"
    return roles


def _is_mirrored(type_: AdoptedType, roles: Mapping[str, Role]) -> bool:
    """Tell whether the second template asks for the prompt, given the answer."""
    if len(type_.templates) < 2:
        return False
    names = [field.name for field in type_.fields]
    front = {each.field for each in references(type_.templates[1].front, names)}
    answers = {name for name, role in roles.items() if role == "answer"}
    prompts = {name for name, role in roles.items() if role == "prompt"}
    return bool(front & answers) and not front & prompts
