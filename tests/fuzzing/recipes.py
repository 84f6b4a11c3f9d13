"""Cases of binary formats, as recipes: a seed's name and changes, a JSON list a line, which people can read.

A line that is no change counts for nothing, so that lines can be left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.fuzzing.mutations import places, scaled

Change = Sequence[Any]
"""Its name, and its arguments."""


def recipes(seeds: Mapping[str, object], *changes: SearchStrategy[Change]) -> SearchStrategy[bytes]:
    """Choose a seed and some changes."""
    return st.builds(_written, st.sampled_from(sorted(seeds)), st.lists(st.one_of(changes), max_size=4))


def _written(seed: str, changes: Sequence[Change]) -> bytes:
    lines = (json.dumps(change) for change in (["seed", seed], *changes))
    return "".join(f"{line}\n" for line in lines).encode()


def read_recipe(data: bytes) -> Iterator[Change]:
    """Yield the changes of a recipe; the first is its seed."""
    for line in data.splitlines():
        change = json.loads(line)
        yield change


byte_changes: SearchStrategy[Change] = st.one_of(
    st.tuples(st.just("write"), places, st.binary(min_size=1, max_size=4).map(bytes.hex)),
    st.tuples(st.just("insert"), places, st.binary(min_size=1, max_size=8).map(bytes.hex)),
    st.tuples(st.just("cut"), places, st.integers(1, 40)),
    st.tuples(st.just("end"), places),
)
"""Changes of bytes at a place."""


def with_bytes_changed(content: bytes, change: Change) -> bytes:
    """Return bytes after a change at a place."""
    name, place, *more = change
    start = scaled(place, len(content))
    match name:
        case "write":
            new = bytes.fromhex(more[0])
            return content[:start] + new + content[start + len(new) :]
        case "insert":
            return content[:start] + bytes.fromhex(more[0]) + content[start:]
        case "cut":
            return content[:start] + content[start + more[0] :]
        case "end":
            return content[:start]
    raise ValueError(name)
