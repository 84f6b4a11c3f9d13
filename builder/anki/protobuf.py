"""Reads Protocol Buffers' wire format, as far as a package's note types need it.

https://protobuf.dev/programming-guides/encoding/ has the format. The library would bring a megabyte of code,
and classes generated from Anki's own files, for eight fields of three messages.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from builder.anki.typed import damaged

_LONGEST_VARINT = 10
"""Maximum bytes of a varint: 64 bits, seven to a byte."""


def last_values(message: bytes, wanted: Collection[int]) -> dict[int, int | bytes]:
    """Return the wanted fields of a message, by number; the last value if a field is repeated.

    Numbers are unsigned. Raises `PackageError`.
    """
    return dict(_fields(message, wanted, "a note type"))


def messages_in(message: bytes, number: int, what: str) -> Iterator[bytes]:
    """Yield the messages, or texts, in a repeated field of a message. Raises `PackageError`."""
    for _, value in _fields(message, (number,), what):
        if isinstance(value, bytes):
            yield value


def _fields(message: bytes, wanted: Collection[int], what: str) -> Iterator[tuple[int, int | bytes]]:
    """Yield the wanted fields of a message, each with its number."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        value: int | bytes
        match key & 7:
            case 0:  # a varint
                value, place = _varint(message, place)
                end = place
            case 1:  # eight bytes
                value, end = b"", place + 8
            case 2:  # bytes, after their number
                length, place = _varint(message, place)
                end = place + length
                value = message[place:end] if key >> 3 in wanted else b""
            case 5:  # four bytes
                value, end = b"", place + 4
            case _:
                raise damaged(f"{what} is not a valid message")
        if end > len(message):
            raise damaged(f"{what} is cut off")
        if key >> 3 in wanted:
            yield key >> 3, value
        place = end


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """Return the number at an offset, and the offset after it."""
    number = 0
    for count, byte in enumerate(message[place : place + _LONGEST_VARINT]):
        number |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return number & ((1 << 64) - 1), place + count + 1
    raise damaged("a note type is cut off")
