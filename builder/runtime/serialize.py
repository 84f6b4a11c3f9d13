"""Serialisation of records for the cache: frozen dataclasses of texts, numbers, paths and other records.

The format is JSON, which can only make data. A record is a list of its fields' values in their order.
Types are taken from the dataclass, so a new field needs no code here.
"""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

DAMAGED = (ValueError, TypeError, LookupError)
"""Exceptions that `load` raises for anything but a record."""
_T = TypeVar("_T")
_Decode = Callable[[Any], Any]


def dump(record: object, folder: Path = Path()) -> bytes:
    """Write a record, or a tuple of records; paths below a folder are written relative to it."""
    return _encoder(folder).encode(record).encode("utf-8", "surrogatepass")  # names of files may be any bytes


def load(kind: type[_T], data: bytes, folder: Path = Path()) -> _T:
    """Read a record of a type that `dump` wrote; relative paths are below `folder`.

    Raises one of `DAMAGED` for anything else.
    """
    wanted: Any = kind
    found: _T = _record_decoder(wanted, folder)(json.loads(data))
    return found


@lru_cache(maxsize=8)
def _encoder(folder: Path) -> json.JSONEncoder:
    plain = partial(_plain, folder=folder)
    return json.JSONEncoder(default=plain, ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any, folder: Path) -> Any:
    """Return a JSON value for a value that JSON does not know; it knows texts, numbers and tuples."""
    kind: Any = type(value)
    if names := _names(kind):
        return [getattr(value, name) for name in names]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    assert isinstance(value, Path), kind
    return _relative(value, folder)


@lru_cache(maxsize=64)  # a chapter's places are all in one file
def _relative(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


@cache
def _decoder(kind: Any, folder: Path) -> _Decode | None:
    """Return a function that makes a value of a type from JSON's value; None if they are the same."""
    if get_origin(kind) in (Union, types.UnionType):
        (other,) = (choice for choice in get_args(kind) if choice is not types.NoneType)
        decode = _decoder(other, folder)
        return None if decode is None else lambda value: None if value is None else decode(value)
    if get_origin(kind) is tuple:
        return _tuple_decoder(get_args(kind), folder)
    if get_origin(kind) is not None and get_origin(kind) is not Literal:
        key, item = get_args(kind)
        return _mapping_decoder(key, item, folder)
    if _names(kind):
        return _record_decoder(kind, folder)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {member.value: member for member in kind}.__getitem__
    if kind is Path:
        return cache(folder.joinpath)
    assert kind in (str, int, bool, float) or get_origin(kind) is Literal, kind
    return None


def _tuple_decoder(items: tuple[Any, ...], folder: Path) -> _Decode:
    if items[-1] is Ellipsis:
        # Many records share short texts, such as tags: one object of each is enough.
        decode = sys.intern if items[0] is str else _decoder(items[0], folder)
        return tuple if decode is None else lambda value: tuple(map(decode, value))
    decoders = [_decoder(item, folder) for item in items]
    return lambda value: tuple(
        decode(item) if decode else item for decode, item in zip(decoders, value, strict=True)
    )


def _mapping_decoder(key: Any, item: Any, folder: Path) -> _Decode:
    of_key, of_item = _decoder(key, folder), _decoder(item, folder)
    return lambda value: {
        of_key(name) if of_key else name: of_item(found) if of_item else found
        for name, found in value.items()
    }


@cache
def _record_decoder(kind: Any, folder: Path) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    names = _names(kind)
    decoders = [(index, _decoder(hints[name], folder)) for index, name in enumerate(names)]
    converted = [(index, decoder) for index, decoder in decoders if decoder]

    def decode(value: Any) -> Any:
        for index, decode_field in converted:
            value[index] = decode_field(value[index])
        return kind(**dict(zip(names, value, strict=True)))

    return decode
