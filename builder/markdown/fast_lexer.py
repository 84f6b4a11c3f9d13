"""Pygments' own rules, tried only where they can begin: the same tokens in a fifth of the time.

A lexer of Pygments tries its state's rules one after another at each place, some thirty for each token of
Python. For most rules, the next character shows that they cannot match. This module derives the possible
first characters of a rule from its regular expression, once. Where they are uncertain, any character may come
first; every character beyond ASCII always may. The rules, their order and their actions are Pygments'.

Two private interfaces are used: the table of rules that a lexer keeps, and the standard library's parser of
regular expressions. If either is not as expected, or a lexer finds tokens in its own way, Pygments does the
work. `tests/markdown/test_fast_lexer.py` compares both over many languages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, partial
from typing import Any, TypeVar

from pygments.lexer import Lexer, RegexLexer
from pygments.token import Error, Text, Whitespace, _TokenType

_Match = Callable[[str, int], "re.Match[str] | None"]
_Rule = tuple[_Match, Any, Any, Any]
"""Match function of a rule, its role if it makes one token, what makes its tokens, and the next state."""
_Role = TypeVar("_Role")
_Run = tuple[_Role, str]
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


def runs_of(lexer: Lexer, role_of: Callable[[_TokenType], _Role]) -> Callable[[str], Sequence[_Run[_Role]]]:
    """Return a function that cuts a text into runs of one role, which is one object for all its types."""
    is_usual = type(lexer).get_tokens_unprocessed is RegexLexer.get_tokens_unprocessed
    if is_usual and not lexer.filters and _is_as_expected(lexer):
        rules_of = lexer._tokens  # type: ignore[attr-defined]
        tables = {name: _Table(rules, role_of) for name, rules in rules_of.items()}
        return partial(_runs, lexer, tables, role_of)
    return lambda text: list(_joined(lexer.get_tokens(text), role_of))


def _joined(
    tokens: Iterable[tuple[_TokenType, str]], role_of: Callable[[_TokenType], _Role]
) -> Iterator[_Run[_Role]]:
    """Replace each token's type by its role, and join neighbours of one role: half as many to format."""
    last, values = role_of(Text), [""]
    for token_type, value in tokens:
        role = role_of(token_type)
        if role is not last and value:
            yield last, "".join(values)
            last, values = role, []
        values.append(value)
    yield last, "".join(values)


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
    """The rules of a state by the next character, computed when a character is first met."""

    def __init__(
        self, rules: Sequence[tuple[_Match, Any, Any]], role_of: Callable[[_TokenType], Any]
    ) -> None:
        super().__init__()
        self.rules = rules
        self.role_of = role_of

    @cached_property
    def firsts(self) -> list[frozenset[str] | None]:
        """First characters of each rule's matches, computed when the state is first met: most never are."""
        return [_first_of(getattr(match, "__self__", None)) for match, _, _ in self.rules]

    def __missing__(self, char: str) -> Sequence[_Rule]:
        # At the end of the text there is no character: only rules that can match an empty text remain.
        is_known = char in _ASCII or not char
        found = tuple(
            (match, self.role_of(action) if type(action) is _TokenType else None, action, new)
            for (match, action, new), first in zip(self.rules, self.firsts, strict=True)
            if not is_known or first is None or char in first
        )
        self[char] = found
        return found


def _runs(
    lexer: Any, tables: Mapping[str, _Table], role_of: Callable[[_TokenType], _Role], text: str
) -> list[_Run[_Role]]:
    """Return what `_joined` makes of the tokens that `RegexLexer.get_tokens_unprocessed` finds.

    A token is cut out of the text only when the next one has another role.
    """
    text = lexer._preprocess_lexer_input(text)
    length = len(text)
    done: list[_Run[_Role]] = []
    last, values = role_of(Text), [""]
    stack = ["root"]
    table = tables["root"]
    start = place = 0  # of the text not in `values` yet, and of the text not read yet
    while True:
        char = text[place] if place < length else ""
        for match, role, action, new in table[char]:
            found = match(text, place)
            if found is None:
                continue
            end = found.end()
            if role is None:
                values.append(text[start:place])
                for _, token_type, value in action(lexer, found) if action else ():
                    role = role_of(token_type)
                    if role is not last and value:
                        done.append((last, "".join(values)))
                        last, values = role, []
                    values.append(value)
                start = end
            elif role is not last and end > place:
                values.append(text[start:place])
                done.append((last, "".join(values)))
                last, values, start = role, [], place
            place = end
            if new is not None:
                _move(stack, new)
                table = tables[stack[-1]]
            break
        else:
            if not char:
                values.append(text[start:])
                done.append((last, "".join(values)))
                return done
            if char == "\n":
                stack, table = ["root"], tables["root"]
            role = role_of(Whitespace if char == "\n" else Error)
            if role is not last:
                values.append(text[start:place])
                done.append((last, "".join(values)))
                last, values, start = role, [], place
            place += 1


def _move(stack: list[str], new: int | str | tuple[str, ...]) -> None:
    """Change the stack of states as a rule says; the last state always stays."""
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
    """Return the ASCII characters that a match can begin with; None if it can be any."""
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
    """An unknown operation in a regular expression."""


_First = tuple[set[str], bool]
"""Characters that a match can begin with, and whether it can be empty."""


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
            # With case ignored, it excludes the other case, too; a larger set does no harm.
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
                # One character can stand for all those beyond ASCII.
                found |= set(map(chr, range(argument[0], min(argument[1], 128) + 1)))
                found |= {chr(argument[1])}
            case "CATEGORY":
                found |= _CATEGORIES[str(argument)]
            case _:
                raise _UnknownError(operation)
    # With case ignored, the other case of these is excluded, too; a larger set does no harm.
    return set(_ASCII - found) if is_negated else _folded(found, flags)


def _folded(found: set[str], flags: int) -> set[str]:
    if not flags & re.IGNORECASE:
        return found & _ASCII
    # Some characters beyond ASCII are a letter's other case (the sign for Kelvin, the long s, the Turkish i).
    others = {other for char in found for other in (char.lower(), char.upper(), char.casefold())}
    if not found <= _ASCII:
        others |= set("iIkKsS")
    return (found | others) & _ASCII
