"""Pygments' own rules, tried only where they can begin: the same tokens in a quarter of the time.

A lexer of Pygments tries its state's rules one after another at each place, some thirty for each token of
Python. Of most, the next character alone tells that they cannot match. Here the characters that a rule can
begin with are read off its regular expression, once; what this reading does not know for sure counts as
"any", and so does every character beyond ASCII. The rules, their order and what they do stay Pygments'.

This leans on two things that are private: the table of rules that a lexer keeps, and the parser of the
standard library's expressions. Where either is not as expected, or a lexer has its own way to tokens,
Pygments' way is taken; `tests/test_lexing.py` compares the two over many languages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, cached_property, partial
from typing import Any

from pygments.lexer import Lexer, RegexLexer
from pygments.token import Error, Whitespace, _TokenType

_Rule = tuple[Callable[[str, int], "re.Match[str] | None"], Any, Any]
_ASCII = frozenset(map(chr, range(128)))
_CATEGORIES = {
    name: frozenset(char for char in _ASCII if re.match(pattern, char))
    for name, pattern in (
        ("CATEGORY_DIGIT", r"\d"),
        ("CATEGORY_NOT_DIGIT", r"\D"),
        ("CATEGORY_SPACE", r"\s"),
        ("CATEGORY_NOT_SPACE", r"\S"),
        ("CATEGORY_WORD", r"\w"),
        ("CATEGORY_NOT_WORD", r"\W"),
    )
}


def quicken(lexer: Lexer) -> None:
    """Make a lexer find its tokens sooner, if it finds them as most of Pygments' lexers do."""
    own = type(lexer).get_tokens_unprocessed
    if own is RegexLexer.get_tokens_unprocessed and _is_as_expected(lexer):
        rules_of = lexer._tokens  # type: ignore[attr-defined]
        tables = {name: _Table(rules) for name, rules in rules_of.items()}
        lexer.get_tokens_unprocessed = partial(_tokens, lexer, tables)  # type: ignore[method-assign]


def _is_as_expected(lexer: Any) -> bool:
    try:
        return _first_of(re.compile("a|[bc]+d")) == frozenset("abc") and all(
            callable(match) and (new is None or isinstance(new, int | str | tuple))
            for rules in lexer._tokens.values()
            for match, _, new in rules
        )
    except (AttributeError, TypeError, ValueError):
        return False


class _Table(dict[str, Sequence[_Rule]]):
    """The rules of a state by the next character: made for each when it is first met."""

    def __init__(self, rules: Sequence[_Rule]) -> None:
        super().__init__()
        self.rules = rules

    @cached_property
    def firsts(self) -> list[frozenset[str] | None]:
        """What each rule can begin with: read when the state is first met, for most never are."""
        return [_first_of(getattr(match, "__self__", None)) for match, _, _ in self.rules]

    def __missing__(self, char: str) -> Sequence[_Rule]:
        # At the end of the text there is no character: rules may still match nothing.
        is_known = char in _ASCII
        found = tuple(
            rule
            for rule, first in zip(self.rules, self.firsts, strict=True)
            if not is_known or first is None or char in first
        )
        self[char] = found
        return found


def _tokens(
    lexer: Any, tables: dict[str, _Table], text: str, stack: Iterable[str] = ("root",)
) -> Iterator[tuple[int, _TokenType, str]]:
    """Yield what `RegexLexer.get_tokens_unprocessed` does."""
    stack = list(stack)
    table = tables[stack[-1]]
    place = 0
    while True:
        char = text[place : place + 1]
        for match, action, new in table[char]:
            found = match(text, place)
            if not found:
                continue
            if type(action) is _TokenType:
                yield place, action, found.group()
            elif action is not None:
                yield from action(lexer, found)
            place = found.end()
            if new is not None:
                _move(stack, new)
                table = tables[stack[-1]]
            break
        else:
            if not char:
                return
            if char == "\n":
                stack, table = ["root"], tables["root"]
            yield place, Whitespace if char == "\n" else Error, char
            place += 1


def _move(stack: list[str], new: int | str | tuple[str, ...]) -> None:
    """Change the stack of states as a rule says; its last state stays."""
    if isinstance(new, int):
        del stack[max(1, len(stack) - abs(new)) :]
        return
    for state in new if isinstance(new, tuple) else (new,):
        if state == "#pop":
            del stack[max(1, len(stack) - 1) :]
        else:
            stack.append(stack[-1] if state == "#push" else state)


@cache
def _first_of(pattern: re.Pattern[str] | None) -> frozenset[str] | None:
    """Return the ASCII characters that a match can begin with; nothing where any may be."""
    if not isinstance(pattern, re.Pattern):
        return None
    try:
        from re import _parser  # type: ignore[attr-defined]

        parsed = _parser.parse(pattern.pattern, pattern.flags)
        first, is_empty = _first_of_sequence(parsed, pattern.flags)
    except (ImportError, AttributeError, TypeError, ValueError, LookupError, re.error):
        return None
    return None if is_empty else frozenset(first)


class _UnknownError(ValueError):
    """Something in an expression of which nothing is known here."""


_First = tuple[set[str], bool]
"""The characters that something can begin with, and whether it can be empty."""


def _first_of_sequence(parsed: Iterable[tuple[Any, Any]], flags: int) -> _First:
    first: set[str] = set()
    for operation, argument in parsed:
        found, is_empty = _first_of_operation(str(operation), argument, flags)
        first |= found
        if not is_empty:
            return first, False
    return first, True


def _first_of_operation(name: str, argument: Any, flags: int) -> _First:
    match name:
        case "LITERAL":
            return _folded({chr(argument)}, flags), False
        case "NOT_LITERAL":
            # With case ignored, it does not match the other case either: too much is no mistake.
            return set(_ASCII - {chr(argument)}), False
        case "ANY":
            return set(_ASCII), False
        case "IN":
            return _first_of_set(argument, flags), False
        case "BRANCH":
            choices = [_first_of_sequence(choice, flags) for choice in argument[1]]
            return set().union(*(found for found, _ in choices)), any(empty for _, empty in choices)
        case "SUBPATTERN":
            _, added, _, parsed = argument
            return _first_of_sequence(parsed, flags | added)
        case "ATOMIC_GROUP":
            return _first_of_sequence(argument, flags)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, _, parsed = argument
            found, is_empty = _first_of_sequence(parsed, flags)
            return found, is_empty or least == 0
        case "AT" | "ASSERT" | "ASSERT_NOT":
            return set(), True
    raise _UnknownError(name)


def _first_of_set(items: Iterable[tuple[Any, Any]], flags: int) -> set[str]:
    found: set[str] = set()
    is_negated = False
    for operation, argument in items:
        match str(operation):
            case "NEGATE":
                is_negated = True
            case "LITERAL":
                found.add(chr(argument))
            case "RANGE":
                # One character is enough to stand for all those beyond ASCII.
                found |= set(map(chr, range(argument[0], min(argument[1], 128) + 1)))
                found |= {chr(argument[1])}
            case "CATEGORY":
                found |= _CATEGORIES[str(argument)]
            case _:
                raise _UnknownError(operation)
    # What is excluded is excluded in one case at least.
    return set(_ASCII - found) if is_negated else _folded(found, flags)


def _folded(found: set[str], flags: int) -> set[str]:
    if not flags & re.IGNORECASE:
        return found & _ASCII
    # Some characters beyond ASCII are a letter's other case (the sign for Kelvin, the long s, the Turkish i).
    others = {other for char in found for other in (char.lower(), char.upper(), char.casefold())}
    if not found <= _ASCII:
        others |= set("iIkKsS")
    return (found | others) & _ASCII
