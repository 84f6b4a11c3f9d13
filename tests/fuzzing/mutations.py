"""Strategies that change seeds: texts and bytes alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import AnyStr

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

_PLACES = (1 << 16) - 1
"""A place in a seed is so many parts of its length: the same changes fit seeds of any length."""
_LONGEST = 100_000
"""Characters of a case."""
places = st.integers(0, _PLACES)
_lengths = st.integers(0, 60)


def scaled(place: int, length: int) -> int:
    """Return the index of a place in something of a length."""
    return place * length // _PLACES


def _insert(seed: AnyStr, start: int, end: int, word: AnyStr) -> AnyStr:
    return seed[:start] + word + seed[start:]


def _delete(seed: AnyStr, start: int, end: int, word: AnyStr) -> AnyStr:
    return seed[:start] + seed[end:]


def _replace(seed: AnyStr, start: int, end: int, word: AnyStr) -> AnyStr:
    return seed[:start] + word + seed[end:]


def _repeat(seed: AnyStr, start: int, end: int, word: AnyStr) -> AnyStr:
    return seed[:end] + seed[start:end] * 3 + seed[end:]


def _move(seed: AnyStr, start: int, end: int, word: AnyStr) -> AnyStr:
    return seed[:start] + seed[end:] + word + seed[start:end]


def _cut_off(seed: AnyStr, start: int, end: int, word: AnyStr) -> AnyStr:
    return seed[:start] + word


def _nest(seed: AnyStr, start: int, end: int, word: AnyStr) -> AnyStr:
    return seed[:start] + word * (end - start) + seed[start:]


def _nest_deeply(seed: AnyStr, start: int, end: int, word: AnyStr) -> AnyStr:
    return seed[:start] + word * (20 * (end - start)) + seed[start:]


def _nest_around(seed: AnyStr, start: int, end: int, word: AnyStr) -> AnyStr:
    """Put two different things around each other, as often as the stretch is long."""
    return seed[:start] + (word + seed[start : start + 3]) * (end - start) + seed[start:]


_Change = Callable[[AnyStr, int, int, AnyStr], AnyStr]
_COMMON = (_insert, _delete, _replace)
_CHANGES = (*_COMMON, *_COMMON, _repeat, _move, _cut_off, _nest, _nest_deeply, _nest_around)


def mutated_texts(seeds: Iterable[str], words: Sequence[str]) -> SearchStrategy[bytes]:
    """Change seeds by words of their language, their own lines and any characters; as UTF-8, mostly."""
    seeds = sorted(set(seeds), key=len)
    lines = sorted({line for seed in seeds for line in seed.splitlines(keepends=True)}, key=len)
    known = st.sampled_from(words)
    changed = _mutated(seeds, known | known | st.sampled_from(lines) | st.text(max_size=3))
    encoded = changed.map(lambda text: text.encode("utf-8", "replace"))
    return encoded | encoded | encoded | st.builds(_with_byte, encoded, places, st.integers(0, 255))


def mutated_bytes(seeds: Sequence[bytes]) -> SearchStrategy[bytes]:
    """Change seeds byte by byte."""
    return _mutated(
        seeds, st.sampled_from((b"\0", b"\xff", b"\xff\xff\xff\xff", b"\x7f")) | st.binary(max_size=4)
    )


def _mutated(seeds: Sequence[AnyStr], words: SearchStrategy[AnyStr]) -> SearchStrategy[AnyStr]:
    changes = st.lists(st.tuples(st.sampled_from(_CHANGES), places, _lengths, words), max_size=8)
    return st.builds(_changed, st.sampled_from(seeds), changes)


def _changed(seed: AnyStr, changes: Sequence[tuple[_Change[AnyStr], int, int, AnyStr]]) -> AnyStr:
    for change, place, length, word in changes:
        start = scaled(place, len(seed))
        seed = change(seed, start, min(start + length, len(seed)), word)[:_LONGEST]
    return seed


def _with_byte(text: bytes, place: int, byte: int) -> bytes:
    index = scaled(place, len(text))
    return text[:index] + bytes([byte]) + text[index + 1 :]
