"""A corpus that somebody else made can neither hang a command, nor fill the memory, nor show other files."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
import zlib
from bisect import bisect_left
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image

from builder.corpus.decoding import FORMATS, in_eight_bits
from builder.corpus.drawings import DEEPEST
from builder.corpus.files import read_source
from builder.corpus.images import SUFFIXES
from builder.diagnostics import BuildError
from builder.preview.live_corpus import Drafting
from builder.runtime.cache import LIMIT, Cache
from tests.conftest import CHAPTER, SETTINGS, WriteCorpus, git
from tests.running import PATIENCE

Run = Callable[..., Result]

SECRET = "first line of somebody's secret"
MEMORY = 300 * 1024
"""Kilobytes of memory that a command may take."""
_SHOWS = "# T\n\n## Why? {{#why}}\n\nSee ![it]({}).\n"
_MEASURED = """\
import runpy
from pathlib import Path
try:
    runpy.run_module("builder", run_name="__main__", alter_sys=True)
finally:
    status = Path("/proc/self/status").read_text()  # getrusage begins with what the parent had
    print("PEAK", status.partition("VmHWM:")[2].split()[0])
"""
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the memory of a process is read where Linux has it"
)


def _png(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _pillow(
    kind: str, size: tuple[int, int] = (16, 16), mode: str = "RGB", frames: int = 1, **options: object
) -> bytes:
    file = BytesIO()
    image = Image.new(mode, size)
    if frames > 1:
        others = [Image.new(mode, size, (frame % 250, frame // 250, 0)) for frame in range(1, frames)]
        image.save(file, kind, save_all=True, append_images=others, **options)
    else:
        image.save(file, kind, **options)
    return file.getvalue()


def _run(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run a command in a process of its own, near the corpus; returns its status and all that it says."""
    command = [sys.executable, "-c", _MEASURED, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "SOURCE_DATE_EPOCH": "1790000000"}
    done = subprocess.run(
        command, cwd=folder.parent, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    said, _, peak = done.stdout.rpartition("PEAK ")
    assert "Traceback" not in done.stderr, done.stderr
    assert int(peak) < MEMORY, f"{arguments}: {int(peak) // 1024} MB"
    return done.returncode, said + done.stderr


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(path.parent)  # an address has room for a hundred characters
        try:
            server.bind(path.name)
        finally:
            os.chdir(here)


def _folder(path: Path) -> None:
    path.mkdir()


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(3_000_000_000)


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _outside(path: Path) -> None:
    secret = path.parent.parent / "secret"
    secret.write_text(f"{SECRET}\n", encoding="utf-8")
    path.symlink_to(secret)


HOSTILE: dict[str, tuple[Callable[[Path], None], str]] = {
    "named pipe": (_pipe, "is a named pipe, not a file"),
    "socket": (_socket, "is a socket, not a file"),
    "folder": (_folder, "is a folder, not a file"),
    "3 GB": (_sparse, "has more than"),
    "endless device": (_link("/dev/zero"), "is a link that leads out of the corpus folder"),
    "file outside": (_outside, "is a link that leads out of the corpus folder"),
    "file of the system": (_link("/proc/self/environ"), "is a link that leads out of the corpus folder"),
    "link to itself": (lambda path: path.symlink_to(path.name), "cannot be read: "),
    "link to nothing": (_link("nothing"), "cannot be read: No such file"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["01-first.md", "deck.toml", "deck.lock"])
@pytest.mark.parametrize("case", HOSTILE)
def test_a_file_that_is_none_is_one_sentence(write_corpus: WriteCorpus, name: str, case: str) -> None:
    make, message = HOSTILE[case]
    folder = write_corpus({"02-second.md": "# S\n\n## Why not? {#why-not}\n\nSo.\n"})
    (folder / name).unlink(missing_ok=True)
    make(folder / name)
    for arguments in (("check", "demo"), ("build", "demo", "--only", "apkg"), ("plan", "demo")):
        status, said = _run(folder, *arguments)
        assert status == 1
        assert f"{Path('demo') / name}:1:1: error: {name!r} {message}" in said
        assert SECRET not in said
    status, said = _run(folder, "stats", "demo")
    assert SECRET not in said
    found = [finding.diagnostic for finding in Drafting(folder).update(1_790_000_000).findings]
    assert any(message in diagnostic.message for diagnostic in found)
    assert SECRET not in str(found)


def test_a_terminal_sees_no_line_of_a_file_outside(
    write_corpus: WriteCorpus, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_corpus()
    (folder / "deck.toml").unlink()
    _outside(folder / "deck.toml")
    monkeypatch.setenv("FORCE_COLOR", "1")
    result = run("check", folder)
    assert "file-outside" in result.output
    assert SECRET not in result.output


def test_links_within_the_corpus_and_to_the_corpus_are_followed(write_corpus: WriteCorpus, run: Run) -> None:
    folder = write_corpus({"media/real.svg": _svg(""), "01-first.md": _SHOWS.format("media/link.svg")})
    (folder / "media" / "link.svg").symlink_to("real.svg")
    (folder / "01-first.md").rename(folder / "first")
    (folder / "01-first.md").symlink_to("first")
    linked = folder.parent / "elsewhere" / "demo"
    linked.parent.mkdir()
    linked.symlink_to(folder)
    assert run("check", folder).exit_code == 0
    assert run("check", linked).exit_code == 0


def test_a_file_that_nobody_may_read_is_one_sentence(
    write_corpus: WriteCorpus, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_corpus()
    open_file = os.open

    def refuse(path: str | Path, *others: int) -> int:
        if str(path).endswith(".md"):
            raise PermissionError(13, "Permission denied", str(path))
        return open_file(path, *others)

    monkeypatch.setattr("builder.runtime.regular_files.os.open", refuse)
    result = run("check", folder)
    assert "'01-first.md' cannot be read: Permission denied [unreadable-file]" in result.output


def test_a_file_that_grows_while_it_is_read_ends_at_the_limit(tmp_path: Path) -> None:
    from builder.runtime.regular_files import RefusedFile, opened

    path = tmp_path / "grows"
    path.write_bytes(b"x")

    def read() -> None:
        with opened(path, tmp_path, 1_000_000) as chunks, path.open("ab", buffering=0) as file:
            for _ in chunks:
                file.write(b"x" * 400_000)

    with pytest.raises(RefusedFile, match="more than"):
        read()


def test_what_nobody_shows_is_not_opened(write_corpus: WriteCorpus) -> None:
    folder = write_corpus(
        {"media/a.svg": _svg(""), "02-b.md": _SHOWS.format("media/a.svg").replace("Why", "B")}
    )
    _sparse(folder / "media" / "film.mp4")
    _sparse(folder / "media" / "unused.png")
    _pipe(folder / "media" / "pipe.png")
    (folder / "media" / "round").symlink_to(folder)
    assert _run(folder, "check", "demo")[0] == 0
    assert _run(folder, "build", "demo", "--only", "apkg")[0] == 0
    assert Drafting(folder).update(1_790_000_000).findings == ()


def test_folders_of_tools_are_not_walked(write_corpus: WriteCorpus, run: Run) -> None:
    names = (".git", ".cache", ".venv", "node_modules", "media/.hidden")
    folder = write_corpus({f"{name}/07-x.md": "# X\n" for name in names})
    git(folder, "init", "-q")  # a folder .git with a chapter alone is a damaged repository
    assert run("check", folder).exit_code == 0


def test_no_chapter_is_compared_with_all_others(
    write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    from builder.corpus import files

    folder = write_corpus({f"deep/{number}/x.md": "x" for number in range(200)})
    found = sorted(folder.rglob("*.md"))
    compared: list[Path] = []

    class Counting(type(folder)):  # type: ignore[misc]
        __hash__ = type(folder).__hash__

        def __eq__(self, other: object) -> bool:
            compared.append(self)
            return bool(super().__eq__(other))

    def comparisons(some: list[Path]) -> int:
        monkeypatch.setattr(files, "files_below", lambda _: map(Counting, some))
        compared.clear()
        files.chapter_files(folder)
        return len(compared)

    assert comparisons(found) < 3 * comparisons(found[:100]) + 100


def _svg(inside: str, root: str = "") -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" {root}>{inside}</svg>'


def _doubled(first: str, other: str, last: str) -> str:
    return first + "".join(other.format(n=n, m=n - 1) for n in range(1, 25)) + last


_RECT = '<rect width="1" height="1"/>'
_PAINTED = '<rect width="1" height="1" {0}="url(#k{{m}})"/>'


def _referring(tag: str, attribute: str) -> str:
    inside = _PAINTED.format(attribute) * 2
    return _svg(
        _doubled(
            f'<{tag} id="k0">{_RECT}</{tag}>',
            f'<{tag} id="k{{n}}">{inside}</{tag}>',
            _PAINTED.format(attribute).format(m=24),
        )
    )


DRAWINGS: dict[str, tuple[str, str]] = {
    "uses doubled": (
        _svg(
            _doubled(f'<g id="k0">{_RECT}</g>', '<g id="k{n}"><use href="#k{m}"/><use href="#k{m}"/></g>', "")
        ),
        "expands to more than 20,000 shapes",
    ),
    "patterns doubled": (_referring("pattern", "fill"), "expands to more than 20,000 shapes"),
    "strokes doubled": (_referring("pattern", "stroke"), "expands to more than 20,000 shapes"),
    "masks doubled": (_referring("mask", "mask"), "expands to more than 20,000 shapes"),
    "clips doubled": (_referring("clipPath", "clip-path"), "expands to more than 20,000 shapes"),
    "patterns doubled by a style sheet": (
        _svg(
            "<style>"
            + "".join(f".c{n} {{ fill: url(\\23 k{n}) }}" for n in range(25))
            + "</style>"
            + _doubled(
                f'<pattern id="k0">{_RECT}</pattern>',
                '<pattern id="k{n}"><rect width="1" height="1" class="c{m}"/><path class="c{m}"/></pattern>',
                '<rect width="1" height="1" class="c24"/>',
            )
        ),
        "expands to more than 20,000 shapes",
    ),
    "fills that are inherited": (
        _svg(
            _doubled(
                f'<pattern id="k0">{_RECT}</pattern>',
                f'<pattern id="k{{n}}" fill="url(#k{{m}})">{_RECT}{_RECT}</pattern>',
                f'<g fill="url(#k24)">{_RECT}</g>',
            )
        ),
        "expands to more than 20,000 shapes",
    ),
    "markers on markers": (
        _svg(
            f'<marker id="n">{_RECT * 50}</marker>'
            f'<marker id="m"><path marker-mid="url(#n)" d="M0 0{"L1 1" * 300}"/></marker>'
            f'<path marker="url(#m)" d="M0 0{"L1 1" * 300}"/>'
        ),
        "expands to more than 20,000 shapes",
    ),
    "a million elements": (_svg("<g/>" * 990_000), "has more than 20,000 elements"),
    "deep": (_svg("<g>" * 100_000 + "</g>" * 100_000), f"has elements more than {DEEPEST} deep"),
    "a chain of uses": (
        _svg(_RECT + "".join(f'<g id="k{n}"><use href="#k{n - 1}"/></g>' for n in range(500))),
        f"has elements more than {DEEPEST} deep",
    ),
    "a chain of gradients": (
        _svg(
            "".join(f'<linearGradient id="k{n}" href="#k{n - 1}"/>' for n in range(500))
            + '<rect width="1" height="1" fill="url(#k499)"/>'
        ),
        f"has elements more than {DEEPEST} deep",
    ),
    "a use of itself": (_svg('<g id="a"><use href="#a"/></g>'), "has a part that refers to itself"),
    "uses of each other": (
        _svg('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'),
        "has a part that refers to itself",
    ),
    "a pattern of itself": (
        _svg('<pattern id="a"><path fill="url(#a)"/></pattern><path fill="url(#a)"/>'),
        "has a part that refers to itself",
    ),
    "a long path": (_svg(f'<path d="M0 0 L{" 1 2" * 900_000}"/>'), "expands to more than 20,000 shapes"),
    "a long text": (_svg(f"<text>{'a' * 100_000}</text>"), "expands to more than 20,000 shapes"),
    "tiny dashes": (
        _svg('<line x2="1000000" stroke="red" style="stroke-dasharray: 0.0001"/>'),
        "has lines of too many dashes",
    ),
    "a gradient repeated for ever": (
        _svg('<linearGradient id="a" spreadMethod="repeat" x2="1e-12"/><path fill="url(#a)"/>'),
        "repeats a gradient",
    ),
    "many gradients": (
        _svg(
            "".join(f'<linearGradient id="k{n}"/><path fill="url(#k{n})"/>' for n in range(5000)),
        ),
        "has too many parts that refer to others",
    ),
    "a style sheet of many rules": (
        _svg("<style>" + "*{fill:red}" * 40_000 + "</style>" + _RECT * 2000),
        "has too many rules",
    ),
    "brackets in brackets": (_svg(f"<style>{'(' * 100_000}</style>"), "has a style sheet with brackets"),
    "billion laughs": (
        '<!DOCTYPE svg [<!ENTITY a0 "ha">'
        + "".join(f'<!ENTITY a{n} "&a{n - 1};&a{n - 1};">' for n in range(1, 31))
        + "]>"
        + _svg("&a30;"),
        "has an entity, 'a1', that is more than a short text",
    ),
    "a long entity, often": (
        f'<!DOCTYPE svg [<!ENTITY a "{"a" * 100_000}">]>' + _svg("&a;" * 10_000),
        "has an entity, 'a', that is more than a short text",
    ),
    "a short entity, very often": (
        f'<!DOCTYPE svg [<!ENTITY a "{"a" * 100}">]>' + _svg("&a;" * 900_000),
        "has entities that expand to too much text",
    ),
    "an external entity": (
        '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/hosts">]>' + _svg("&a;"),
        "has an entity, 'a', that is more than a short text",
    ),
    "another root": ("<foosvg/>", "is XML, but not an SVG"),
    "no namespace": ("<svg/>", "is an SVG that browsers do not recognise"),
    "no XML": ("<svg", "is not an image, or is damaged"),
    "no viewBox": (
        _svg("").replace("0 0 9 9", "0 0 a b"),
        "has a viewBox that is not four numbers, '0 0 a b'",
    ),
    "an endless width": (_svg("", 'width="1e400"'), "has a width that is not a length, '1e400'"),
    "a width that is none": (_svg("", 'style="width: em"'), "has a width that is not a length, 'em'"),
    "no image embedded": (
        _svg('<image href="data:image/png;base64,AAAA"/>'),
        "is not an image, or is damaged",
    ),
    "HTML embedded": (_svg('<image href="data:text/html,x"/>'), "embeds something that is not an image"),
    "no base64": (_svg('<image href="data:image/png;base64,?"/>'), "embeds an image that is damaged"),
    "a style sheet elsewhere": (_svg("<style>@im\\port 'a.css';</style>"), "asks for another file, 'a.css'"),
    "more than 4 MB": (_svg(" " * 4_000_000), "has more than 4 MB"),
}


def _checked(folder: Path, code: str, message: str) -> None:
    status, said = _run(folder, "check", "demo")
    assert status == 1
    assert f"{Path('demo') / '01-first.md'}:5:5: error: {message}" in said
    assert f"[{code}]" in said


_BROKEN = ("itself", "not an SVG", "damaged", "recognise", "viewBox", "width", "embeds")


@pytest.mark.slow
@pytest.mark.parametrize("case", DRAWINGS)
def test_a_drawing_that_cannot_be_drawn_is_named_where_it_is_shown(
    write_corpus: WriteCorpus, case: str
) -> None:
    svg, message = DRAWINGS[case]
    code = "image-asks" if "asks" in message else "image-size"
    code = "broken-image" if any(word in message for word in _BROKEN) else code
    folder = write_corpus({"01-first.md": _SHOWS.format("media/a.svg"), "media/a.svg": svg})
    _checked(folder, code, f"'media/a.svg' {message}")


@pytest.mark.parametrize(
    "svg",
    [
        _svg(f'<g id="a">{_RECT}</g>' + '<use href="#a"/>' * 2000),
        _svg('<linearGradient id="a" spreadMethod="reflect" x2="10%"/><path fill="url(#a)"/>'),
        _svg('<marker id="m"><path d="M0 0"/></marker><path marker-end="url(#m)" d="M0 0 L1 1"/>'),
        _svg('<path fill="#a" id="a"/><path stroke-dasharray="2 1" d="M0 0 L900 900"/>'),
        _svg("<style>.a > .b { fill: url(#p) }</style><pattern id='p'><path/></pattern><path class='b'/>"),
        '<!DOCTYPE svg [<!ENTITY ns "http://www.w3.org/2000/svg">]>'
        '<svg xmlns="&ns;" width="9mm" height="100%"/>',
    ],
)
def test_an_ordinary_drawing_is_shown(svg: str, write_corpus: WriteCorpus, run: Run) -> None:
    folder = write_corpus({"01-first.md": _SHOWS.format("media/a.svg"), "media/a.svg": svg})
    assert "no errors" in run("check", folder).output


IMAGES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a head that claims too much": ("png", lambda: _png(50_000, 50_000, b""), "has too many pixels"),
    "more pixels than are kept": ("png", lambda: _png(5_001, 5_000, b""), "has too many pixels"),
    "garbage for pixels": ("png", lambda: _png(50, 50, b"garbage"), "is not an image, or is damaged"),
    "too few pixels": (
        "png",
        lambda: _png(500, 500, zlib.compress(bytes(100))),
        "is not an image, or is damaged",
    ),
    "ICNS": ("png", lambda: _pillow("ICNS"), "is not an image, or is damaged"),
    "EPS": ("png", lambda: _pillow("EPS"), "is not an image, or is damaged"),
    "TIFF": ("png", lambda: _pillow("TIFF"), "is not an image, or is damaged"),
    "BMP": ("jpg", lambda: _pillow("BMP"), "is not an image, or is damaged"),
    "a JPEG by another name": ("png", lambda: _pillow("JPEG"), "is not an image, or is damaged"),
    "half a JPEG": ("jpg", lambda: _pillow("JPEG", (500, 500))[:-200], "is not an image, or is damaged"),
    "a JPEG of many scans": ("jpg", lambda: _pillow("JPEG") + b"\xff\xda" * 200, "has too many scans"),
    "more frames than are shown": ("gif", lambda: _pillow("GIF", (3, 3), frames=1500), "has too many frames"),
    "large frames": ("webp", lambda: _pillow("WEBP", (4000, 3001)), "has too many pixels"),
    "nothing": ("gif", lambda: b"", "is not an image, or is damaged"),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", IMAGES)
def test_an_image_that_cannot_be_shown_is_named_where_it_is_shown(
    write_corpus: WriteCorpus, case: str
) -> None:
    suffix, content, message = IMAGES[case]
    name = f"media/a.{suffix}"
    folder = write_corpus({"01-first.md": _SHOWS.format(name), name: content()})
    _checked(folder, "image-size" if "too" in message else "broken-image", f"{name!r} {message}")


ORDINARY: dict[str, tuple[str, Callable[[], bytes]]] = {
    "CMYK": ("jpg", lambda: _pillow("JPEG", mode="CMYK")),
    "16 bits": ("png", lambda: _pillow("PNG", mode="I;16")),
    "a palette": ("png", lambda: _pillow("PNG", mode="P")),
    "a moving GIF": ("gif", lambda: _pillow("GIF", frames=5)),
    "a moving WebP": ("webp", lambda: _pillow("WEBP", frames=5)),
    "a moving PNG": ("png", lambda: _pillow("PNG", frames=5)),
    "the largest PNG": ("png", lambda: _png(5_000, 5_000, zlib.compress(bytes(5_000 * 15_001)))),
    "the largest progressive JPEG": ("jpg", lambda: _pillow("JPEG", (5_000, 5_000), progressive=True)),
    "the largest WebP": ("webp", lambda: _pillow("WEBP", (4_000, 3_000))),
    "the largest frames": ("gif", lambda: _pillow("GIF", (4_000, 3_000), frames=3)),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", ORDINARY)
def test_an_ordinary_image_is_shown(case: str, write_corpus: WriteCorpus) -> None:
    suffix, content = ORDINARY[case]
    folder = write_corpus({"01-first.md": _SHOWS.format(f"a.{suffix}"), f"a.{suffix}": content()})
    assert _run(folder, "check", "demo")[0] == 0


@pytest.mark.slow
@pytest.mark.parametrize("case", HOSTILE)
def test_an_image_that_is_no_file_is_named_where_it_is_shown(write_corpus: WriteCorpus, case: str) -> None:
    folder = write_corpus({"01-first.md": _SHOWS.format("a.png")})
    HOSTILE[case][0](folder / "a.png")
    for arguments in (("check", "demo"), ("build", "demo", "--only", "apkg")):
        status, said = _run(folder, *arguments)
        assert status == 1
        assert f"{Path('demo') / '01-first.md'}:5:5: error: " in said
        assert SECRET not in said


def test_an_image_that_changes_between_check_and_build_is_noticed(
    write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    from builder.anki.media import _image
    from builder.pipeline.compile import compile_corpus

    folder = write_corpus({"01-first.md": _SHOWS.format("a.svg"), "a.svg": _svg("")})
    compiled = compile_corpus(folder, Cache(tmp_path / "cache", LIMIT))
    ((name, path),) = compiled.media.items()
    assert _image(name, path) == _svg("").encode()
    path.write_text(_svg(_RECT), encoding="utf-8")
    with pytest.raises(BuildError, match="changed in the meantime: build again"):
        _image(name, path)


@pytest.mark.parametrize("change", ["content", "gone", "near", "moved", "larger"])
def test_what_an_image_is_decides_about_its_chapter(
    write_corpus: WriteCorpus, tmp_path: Path, change: str
) -> None:
    from builder.pipeline.compile import compile_corpus

    folder = write_corpus({"01-first.md": _SHOWS.format("media/a.svg"), "media/a.svg": _svg("")})
    cache = Cache(tmp_path / "cache", LIMIT)
    before = compile_corpus(folder, cache)
    times = (folder / "media" / "a.svg").stat()
    path = folder / "media" / "a.svg"
    match change:
        case "content":
            path.write_text(_svg("").replace("0 0 9 9", "0 0 8 9"), encoding="utf-8")
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # neither time nor size tell
        case "gone":
            path.unlink()
        case "near":
            path.rename(path.with_name("a1.svg"))
        case "moved":
            path.rename(folder / "a.svg")
        case "larger":
            _sparse(path)
    after = compile_corpus(folder, cache)
    assert (after.key(), after.diagnostics) != (before.key(), before.diagnostics)
    cold = compile_corpus(folder, Cache(tmp_path / "other", LIMIT))
    assert (after.key(), after.diagnostics) == (cold.key(), cold.diagnostics)
    assert [chapter.findings for chapter in after.chapters] == [chapter.findings for chapter in cold.chapters]


def test_an_image_is_decoded_once_for_its_content(
    write_corpus: WriteCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from builder.corpus import decoding, images
    from builder.pipeline.compile import compile_corpus

    folder = write_corpus({"01-first.md": _SHOWS.format("a.png"), "a.png": _pillow("PNG", (7, 11))})
    decoded: list[str] = []

    def noting(suffix: str, content: bytes) -> None:
        decoded.append(suffix)

    monkeypatch.setattr(decoding, "fault_of", noting)
    for words in ("See", "Look at", "Here is"):
        (folder / "01-first.md").write_text(_SHOWS.format("a.png").replace("See", words), encoding="utf-8")
        monkeypatch.setattr(images, "_verdicts", {})  # as in another process
        compile_corpus(folder, Cache(tmp_path / "cache", LIMIT))
    assert decoded == [".png"]


def test_sixteen_bits_of_grey_are_printed_as_eight() -> None:
    steep = Image.linear_gradient("L").convert("I").point(lambda value: value * 257)
    file = BytesIO()
    steep.convert("I;16").save(file, "PNG")
    shown = Image.open(BytesIO(in_eight_bits(file.getvalue())))
    assert shown.mode == "L"
    assert shown.tobytes() == Image.linear_gradient("L").tobytes()
    assert in_eight_bits(_pillow("PNG")) == _pillow("PNG")


def test_each_suffix_has_its_format() -> None:
    assert {*FORMATS, ".svg"} == {*SUFFIXES}


_DENSE = {
    "items": "- a\n",
    "paragraphs": "a\n\n",
    "quotes": "> a\n\n",
    "inline": "*a* `b` [c](https://d.e)\n",
    "html": "a <b> ",
    "addresses": "<https://a.b> ",
    "cells": "|a|b|\n|-|-|\n\n",
    "questions": "## Is it? {#q}\n\nb\n\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("unit", _DENSE.values(), ids=_DENSE)
def test_the_largest_chapter_that_is_read_takes_at_most_300_mb(write_corpus: WriteCorpus, unit: str) -> None:
    def text(times: int) -> str:
        return CHAPTER + "\n" + unit * times

    def is_read(times: int) -> bool:
        path.write_text(text(times), encoding="utf-8")
        return not read_source(path)[1]

    folder = write_corpus()
    path = folder / "01-first.md"
    most = bisect_left(range(4_000_000 // len(unit) + 1), True, key=lambda times: not is_read(times)) - 1
    path.write_text(text(most), encoding="utf-8")
    assert _run(folder, "check", "demo")[0] in (0, 1)
    path.write_text(text(most + 1), encoding="utf-8")
    status, output = _run(folder, "check", "demo")
    assert status == 1
    assert "file-too-large" in output


def test_a_chapter_of_two_thousand_questions_is_read(write_corpus: WriteCorpus) -> None:
    answer = (
        "It has **some** words and `code` in it.\n" * 4 + "It has words of prose, as most lines have.\n" * 16
    )
    question = "## What is number {} of all? {{#q-{}}}\n\n" + answer + "\n"
    text = "# All\n\n" + "".join(question.format(number, number) for number in range(2000))
    assert len(text) > 1_500_000
    folder = write_corpus({"01-first.md": text, "deck.toml": SETTINGS + "#" * 900_000 + "\n"})
    assert read_source(folder / "01-first.md")[1] == []
    assert read_source(folder / "deck.toml")[1] == []
