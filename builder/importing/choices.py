"""Reads foreign multiple choice: a list with boxes, or lettered options and an answer with a letter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from builder.importing.adapting import Line
from builder.importing.shapes import OPTION_LETTER, Draft
from builder.markdown.parser import Token, blocks, parse

_LETTER = re.compile(
    r"(?:\*\*|__|`)?\(?(?P<letter>[A-Za-z]|\d{1,2})[).:：](?:\*\*|__)?[ \t]+|\((?P<other>[A-Za-z])\)[ \t]*"
)
_BOX = re.compile(r"\[(?P<box>[ xX])\][ \t]+")


def as_choice(draft: Draft) -> tuple[str, list[Line], list[Line]] | None:
    """Return a question's kind, context and answer, if it is a multiple choice with one right option."""
    return _with_boxes(draft) or _with_letters(draft)


def _with_boxes(draft: Draft) -> tuple[str, list[Line], list[Line]] | None:
    """Read options from lists with boxes, in the answer or above it.

    Code between two options that is not indented ends the list, but belongs to the option above it.
    """
    for lines, other, is_body in ((draft.body, draft.context, True), (draft.context, draft.body, False)):
        text = "\n".join(line for _, line in lines)
        if not re.search(r"\[[xX]\] ", text):
            continue
        found = [block for block in blocks(parse(text)) if block[0].map]
        boxed = [place for place, block in enumerate(found) if _has_boxes(block)]
        if not boxed:
            continue
        between = found[boxed[0] : boxed[-1] + 1]
        if any(block[0].type not in ("bullet_list_open", "fence", "code_block") for block in between):
            boxed, between = boxed[:1], found[boxed[0] : boxed[0] + 1]
        marks = [mark for place in boxed for mark in _boxes(found[place])]
        if len(marks) < 2 or sum(mark != " " for mark in marks) != 1:
            continue
        last = boxed[-1]
        follows = last + 1 < len(found) and found[last + 1][0].type == "fence"
        if len(between) > 1 and follows and len(between) + 1 == 2 * len(boxed):
            between = [*between, found[last + 1]]
        first, end = between[0][0].map or (0, 0)
        options: list[Line] = []
        for block in between:
            start, stop = block[0].map or (0, 0)
            part = lines[start:stop]
            if block[0].type != "bullet_list_open":
                part = [(number, f"  {line}" if line.strip() else "") for number, line in part]
                options.append((part[0][0], ""))
            elif options:
                options.append((part[0][0], ""))
            options += part
            end = stop
        before, after = lines[:first], lines[end:]
        answer = [*options, (options[-1][0], ""), *after]
        if is_body:
            return "choice", [*other, (options[0][0], ""), *before], answer
        return "choice", list(before), [*answer, *other]
    return None


def _has_boxes(block: Sequence[Token]) -> bool:
    if block[0].type != "bullet_list_open":
        return False
    return all(_BOX.match(inline.content) for inline in _firsts(block))


def _boxes(block: Sequence[Token]) -> Iterator[str]:
    """Yield the characters in the boxes of a list."""
    for inline in _firsts(block):
        if found := _BOX.match(inline.content):
            yield found["box"]


def _firsts(block: Sequence[Token]) -> Iterator[Token]:
    """Yield the first text of each item of a list."""
    for place, token in enumerate(block):
        if token.type == "list_item_open" and token.level == 1:
            if place + 2 < len(block) and block[place + 2].type == "inline":
                yield block[place + 2]
            else:
                yield Token("inline", "", 0, content="")


def _with_letters(draft: Draft) -> tuple[str, list[Line], list[Line]] | None:
    """Read options with letters or numbers, one of which the answer names."""
    letter = draft.letter.casefold()
    if not letter:
        return None
    lines = draft.context
    tokens = parse("\n".join(line for _, line in lines))
    found = [block for block in blocks(tokens) if block[0].type != "hr"]
    if not found or found[-1][0].map is None:
        return None
    first, end = found[-1][0].map
    options = _options(found[-1], lines[first:end])
    right = [label == letter for label, _ in options]
    if len(options) < 2 or sum(right) != 1:
        return None
    written: list[Line] = []
    for (_, option), is_right in zip(options, right, strict=True):
        (number, text), *rest = option
        written.append((number, f"- [{'x' if is_right else ' '}] {text}"))
        written += [(number, f"  {text}" if text.strip() else "") for number, text in rest]
    body = _without_letter(
        draft, [text for (label, option) in options if label == letter for _, text in option]
    )
    return "choice", list(lines[:first]), [*written, (written[-1][0], ""), *body]


def _without_letter(draft: Draft, option: Sequence[str]) -> list[Line]:
    """Return an answer without the letter at its beginning, and without the words of the right option."""
    if draft.letter_words or not draft.body:
        return draft.body
    place = next((at for at, (_, text) in enumerate(draft.body) if text.strip()), 0)
    number, text = draft.body[place]
    found = OPTION_LETTER.match(text)
    rest = text[found.end() :].strip() if found else text
    mark = (found["mark"] if found else "") or ""
    if mark and not found[0].rstrip().endswith(mark):  # type: ignore[index]
        rest = mark + rest if rest.removesuffix(mark) else ""
    if rest.strip("*_ ") == option[0].strip("*_ "):
        rest = ""
    if rest:
        return [*draft.body[:place], (number, rest), *draft.body[place + 1 :]]
    behind = list(draft.body[place + 1 :])
    while behind and not behind[0][1].strip():
        del behind[0]
    return [*draft.body[:place], *behind]


def _options(block: Sequence[Token], lines: Sequence[Line]) -> list[tuple[str, list[Line]]]:
    """Return the options of a list, or of lines with letters: their labels and lines."""
    options: list[tuple[str, list[Line]]] = []
    if block[0].type in ("bullet_list_open", "ordered_list_open"):
        start = block[0].map[0] if block[0].map else 0
        for at, token in enumerate(block):
            if token.type != "list_item_open" or token.level != 1 or token.map is None:
                continue
            first, end = token.map[0] - start, token.map[1] - start
            mark = re.match(r"\s*(?:[-*+]|\d{1,9}[.)])\s*", lines[first][1])
            if mark is None or at + 1 >= len(block):
                return []
            text = lines[first][1][mark.end() :]
            found = _LETTER.match(text)
            label = (found["letter"] or found["other"]) if found else token.info
            inner = [
                (number, text[min(len(mark[0]), len(text) - len(text.lstrip())) :])
                for number, text in lines[first + 1 : end]
            ]
            while inner and not inner[-1][1].strip():
                inner.pop()
            options.append(
                (label.casefold(), [(lines[first][0], text[found.end() :] if found else text), *inner])
            )
    elif block[0].type == "paragraph_open":
        for number, text in lines:
            found = _LETTER.match(text.strip())
            if found:
                label = (found["letter"] or found["other"]).casefold()
                words = re.sub(r"(?:\\|<br ?/?>)$", "", text.strip()[found.end() :]).strip()
                options.append((label, [(number, words)]))
            elif options:
                options[-1][1].append((number, text.strip()))
            else:
                return []
    if any(not option[0][1].strip() for _, option in options):
        return []
    labels = [label for label, _ in options]
    return options if len(set(labels)) == len(labels) and all(labels) else []
