"""Sounds for tests, made by code: short, silent, and valid."""

from __future__ import annotations

import wave
from io import BytesIO
from struct import pack


def wav(milliseconds: int = 100, value: int = 0) -> bytes:
    """Return a WAV file; each value makes other bytes."""
    file = BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8_000)
        sound.writeframes(pack("<h", value) * (8 * milliseconds))
    return file.getvalue()


def tones(*hertz: int, milliseconds: int = 150) -> bytes:
    """Return a WAV file of tones that can be heard, one after the other."""
    file = BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8_000)
        for pitch in hertz:
            half = 4_000 // pitch  # samples of half a wave, of a square: the same bytes on every machine
            sound.writeframes(bytes(96 + 64 * (at // half % 2) for at in range(8 * milliseconds)))
    return file.getvalue()


def mp3(frames: int = 8, tag: bytes = b"") -> bytes:
    """Return frames of MPEG-1, layer III, at 32 kbit/s and 44.1 kHz, behind an ID3 tag with a text."""
    size = bytes(len(tag) >> shift & 0x7F for shift in (21, 14, 7, 0))
    head = b"ID3\x04\x00\x00" + size + tag if tag else b""
    return head + (b"\xff\xfb\x10\xc0" + bytes(100)) * frames


def flac() -> bytes:
    """Return a FLAC file with the header of one frame."""
    described = (
        pack(">HH", 4_096, 4_096) + bytes(6) + (8_000 << 44 | 15 << 36 | 4_096).to_bytes(8) + bytes(16)
    )
    return b"fLaC" + b"\x80" + len(described).to_bytes(3) + described + b"\xff\xf8" + bytes(14)


def ogg(codec: bytes = b"\x01vorbis") -> bytes:
    """Return an Ogg file of three pages."""
    return b"".join(
        _page(number, content) for number, content in enumerate((codec + bytes(11), b"tags", bytes(20)))
    )


def opus() -> bytes:
    """Return an Ogg file of Opus."""
    return ogg(b"OpusHead\x01\x01")


def _page(number: int, content: bytes) -> bytes:
    kind = {0: 2, 2: 4}.get(number, 0)  # the first page, and the last one
    head = b"OggS\x00" + bytes([kind]) + bytes(8) + pack("<II", 1, number)
    rest = bytes([1, len(content)]) + content
    return head + pack("<I", _crc(head + bytes(4) + rest)) + rest


def _crc(content: bytes) -> int:
    crc = 0
    for byte in content:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc >> 31 else 0)) & 0xFFFF_FFFF
    return crc


def m4a() -> bytes:
    """Return the boxes of an MPEG-4 sound."""
    handler = _box(b"hdlr", bytes(8) + b"soun" + bytes(13))
    track = _box(b"trak", _box(b"mdia", handler))
    return _box(b"ftyp", b"M4A \x00\x00\x02\x00") + _box(b"moov", track) + _box(b"mdat", bytes(40))


def _box(name: bytes, content: bytes) -> bytes:
    return pack(">I", len(content) + 8) + name + content


SOUNDS = {
    ".mp3": mp3(),
    ".m4a": m4a(),
    ".wav": wav(),
    ".flac": flac(),
    ".ogg": ogg(),
    ".oga": ogg(),
    ".opus": opus(),
}
"""A sound of each format, by suffix."""
