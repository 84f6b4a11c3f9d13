"""Checks the content of sounds: it must fit the suffix, and be complete. Nothing is decoded.

Players are silent about a file that they cannot play. So this module looks at a file's structure: its
signature, and the lengths of its parts. Each step is bounded by the file's size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from struct import unpack_from

MOST_PARTS = 100_000
"""Maximum parts of a file to look at; 16 MB of Ogg have a tenth as many."""
_MP3_RATES = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
"""Kilobits per second by index, of MPEG-1 layer III."""
_MP3_LOW_RATES = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
"""The same of MPEG-2 and 2.5."""
_MP3_SAMPLES = (44_100, 48_000, 32_000)
_GAP = 4_096
"""Maximum bytes between an MP3's tag and its first frame: encoders leave room."""
_OGG_CODECS = (b"OpusHead", b"\x01vorbis", b"\x7fFLAC", b"Speex   ")


@dataclass(frozen=True, slots=True)
class SoundFault:
    """What is wrong with a sound. `reason` follows the sound's name in a sentence."""

    reason: str
    hint: str


def fault_of_sound(suffix: str, content: bytes) -> SoundFault | None:
    """Return the fault of a sound whose name has a lower-case suffix; None if it has none."""
    if _IS_WHOLE[suffix](content):
        return None
    for other, is_whole in _IS_WHOLE.items():
        if other != suffix and is_whole(content):
            return SoundFault(
                f"has the content of a {other} file", f"rename it: its name should end in {other}"
            )
    return SoundFault(f"is not a {suffix} file, or is damaged", "save it again, or copy the whole file again")


def _is_mp3(content: bytes) -> bool:
    """Tell whether two frames follow each other after any tags; a short sound has only one."""
    start = 0
    while content[start : start + 3] == b"ID3" and len(content) >= start + 10:
        size = sum(
            (byte & 0x7F) << shift
            for byte, shift in zip(content[start + 6 : start + 10], (21, 14, 7, 0), strict=True)
        )
        start += 10 + size + (10 if content[start + 5] & 0x10 else 0)
    for place in range(start, min(start + _GAP, len(content) - 3)):
        if (length := _mp3_frame(content, place)) and place + length <= len(content):
            end = place + length
            if end == len(content) or content[end : end + 3] == b"TAG" or _mp3_frame(content, end):
                return True
    return False


def _mp3_frame(content: bytes, place: int) -> int:
    """Return the length of the MPEG audio frame, layer III, at an offset; 0 if there is none."""
    if len(content) < place + 4 or content[place] != 0xFF or content[place + 1] & 0xE6 != 0xE2:
        return 0
    version, rate, samples = content[place + 1] >> 3 & 3, content[place + 2] >> 4, content[place + 2] >> 2 & 3
    if version == 1 or rate in (0, 15) or samples == 3:
        return 0
    padding = content[place + 2] >> 1 & 1
    if version == 3:
        return 144_000 * _MP3_RATES[rate] // _MP3_SAMPLES[samples] + padding
    return 72_000 * _MP3_LOW_RATES[rate] // (_MP3_SAMPLES[samples] >> (1 if version == 2 else 2)) + padding


def _is_wav(content: bytes) -> bool:
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return False
    names = set[bytes]()
    for name, start, end in _chunks(content):
        if end > len(content):
            return False
        names.add(name if name != b"data" or end > start else b"")
    return {b"fmt ", b"data"} <= names


def _chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the chunks of a RIFF file: name, and where the content begins and ends."""
    place = 12
    for _ in range(MOST_PARTS):
        if place + 8 > len(content):
            return
        (size,) = unpack_from("<I", content, place + 4)
        yield content[place : place + 4], place + 8, place + 8 + size
        place += 8 + size + size % 2


def _is_flac(content: bytes) -> bool:
    """Tell whether audio follows the blocks of metadata, the first of which describes the stream."""
    if content[:4] != b"fLaC" or len(content) < 42 or content[4] & 0x7F:
        return False
    place = 4
    for _ in range(MOST_PARTS):
        if place + 4 > len(content):
            return False
        is_last = bool(content[place] & 0x80)
        place += 4 + int.from_bytes(content[place + 1 : place + 4])
        if is_last:
            return content[place : place + 1] == b"\xff" and content[place + 1 : place + 2] in (
                b"\xf8",
                b"\xf9",
            )
    return False


def _is_ogg(content: bytes) -> bool:
    """Tell whether all pages are complete, and the first one begins a sound."""
    place, pages = 0, 0
    while content[place : place + 4] == b"OggS" and pages < MOST_PARTS and place + 27 <= len(content):
        segments = content[place + 27 : place + 27 + content[place + 26]]
        begins = place + 27 + content[place + 26]
        if not pages and not content.startswith(_OGG_CODECS, begins):
            return False
        place, pages = begins + sum(segments), pages + 1
    return pages > 1 and place == len(content)


def _is_opus(content: bytes) -> bool:
    return content.find(b"OpusHead", 28, 300) > 0 and _is_ogg(content)


def _is_m4a(content: bytes) -> bool:
    """Tell whether all boxes are complete, and one of them holds a sound."""
    place, names = 0, set[bytes]()
    for _ in range(MOST_PARTS):
        if place + 8 > len(content):
            break
        (size,), name = unpack_from(">I", content, place), content[place + 4 : place + 8]
        if size == 1 and place + 16 <= len(content):
            (size,) = unpack_from(">Q", content, place + 8)
        size = size or len(content) - place
        if size < 8 or place + size > len(content) or (not place and name != b"ftyp"):
            return False
        names.add(name)
        place += size
    return {b"ftyp", b"moov", b"mdat"} <= names and b"soun" in content


_IS_WHOLE: Mapping[str, Callable[[bytes], bool]] = {
    ".mp3": _is_mp3,
    ".m4a": _is_m4a,
    ".wav": _is_wav,
    ".flac": _is_flac,
    ".opus": _is_opus,
    ".ogg": _is_ogg,
    ".oga": _is_ogg,
}
"""Checks of content, by suffix. Of a format's suffixes, the first is the one to suggest."""
