"""Pieces that are set once and put on pages: the same pages as WeasyPrint's own, whatever was remembered."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from shutil import which

import pytest
from click.testing import Result
from PIL import Image, ImageChops

from builder import workers
from builder.cache import LIMIT, Cache
from builder.outputs import OUTPUTS, forme, galley, pdf
from builder.outputs.pdf import unavailable
from tests.conftest import LOOK

Run = Callable[..., Result]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(unavailable()), reason=unavailable()),
]
PRINTED = ("cheatsheet", "handbook", "flashcards")
needs_poppler = pytest.mark.skipif(
    not which("pdftoppm"), reason="pdftoppm is not installed (Debian: poppler-utils)"
)


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a corpus with every kind of card, and a cache of its own."""
    shutil.copytree(LOOK, tmp_path / "look")
    use_cache(monkeypatch, tmp_path / "cache")
    return tmp_path / "look"


def use_cache(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr("builder.commands.corpora.project_cache", lambda: Cache(folder, LIMIT))


@pytest.fixture
def printed(run: Run, corpus: Path) -> Callable[..., Path]:
    """Print one output of the corpus to a folder."""

    def printed(name: str, folder: str) -> Path:
        result = run("build", corpus, "--only", name, "--output", corpus.parent / folder)
        assert result.exit_code == 0, result.output
        return corpus.parent / folder / f"look{OUTPUTS[name].suffix}"

    return printed


def _make_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take WeasyPrint for a version whose PDFs nobody knows."""
    monkeypatch.setattr(pdf, "_WEASYPRINT", "another")


@needs_poppler
@pytest.mark.parametrize("name", PRINTED)
def test_pages_look_as_weasyprint_sets_them_in_one_piece(
    printed: Callable[..., Path], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = printed(name, "ours")
    use_cache(monkeypatch, ours.parent / "another-cache")
    _make_plain(monkeypatch)
    plain = printed(name, "plain")
    assert ours.read_bytes() != plain.read_bytes()
    _assert_look_alike(ours, plain)


def _assert_look_alike(ours: Path, plain: Path) -> None:
    pages = [_pages(path) for path in (ours, plain)]
    assert len(pages[0]) == len(pages[1]) > 0
    for one, other in zip(*pages, strict=True):
        difference = ImageChops.difference(one, other).convert("L").point(lambda value: 255 * (value > 48))
        different = difference.histogram()[255]
        assert different < one.width * one.height / 5000, ours.name


def _pages(path: Path) -> list[Image.Image]:
    command = ["pdftoppm", "-r", "100", "-png", str(path), str(path.with_suffix(""))]
    subprocess.run(command, check=True)
    return [Image.open(page).convert("RGB") for page in sorted(path.parent.glob(f"{path.stem}-*.png"))]


@needs_poppler
@pytest.mark.parametrize("name", PRINTED)
def test_pages_say_what_weasyprint_makes_them_say(
    printed: Callable[..., Path], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = _text(printed(name, "ours"))
    use_cache(monkeypatch, Path("nowhere"))
    _make_plain(monkeypatch)
    assert ours == _text(printed(name, "plain"))
    assert "Every kind of card" in ours


def _text(path: Path) -> str:
    command = ["pdftotext", "-layout", str(path), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@needs_poppler
@pytest.mark.parametrize("mode", ["RGBA", "LA", "RGB", "L", "P"])
def test_a_picture_of_any_mode_is_set_like_text(
    printed: Callable[..., Path], corpus: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = Image.radial_gradient("L").resize((90, 60))
    if mode.endswith("A"):
        picture = Image.merge("LA", (picture, ImageChops.invert(picture)))
    picture.convert(mode).save(corpus / "shade.png")
    (corpus / "02-pictures.md").write_text(
        "# Pictures\n\n## What is transparent? {#shade}\n\nIts middle:\n\n![a shade](shade.png)\n"
    )
    with monkeypatch.context() as patches:
        patches.delattr(pdf, "_with_pieces")  # the plain way
        ours = printed("cheatsheet", "ours")
    use_cache(monkeypatch, corpus.parent / "another-cache")
    _make_plain(monkeypatch)
    _assert_look_alike(ours, printed("cheatsheet", "plain"))


@pytest.mark.parametrize("name", PRINTED)
def test_a_print_from_the_cache_is_the_same_bytes(
    printed: Callable[..., Path], corpus: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chapter = corpus / "01-cards.md"
    text = chapter.read_text()
    before = printed(name, "before").read_bytes()
    chapter.write_text(text.replace("which **raises**", "that **raises**").replace("another one", "other"))
    edited = printed(name, "edited").read_bytes()
    chapter.write_text(text)
    assert printed(name, "warm").read_bytes() == before != edited
    use_cache(monkeypatch, corpus.parent / "another-cache")
    assert printed(name, "cold").read_bytes() == before


@pytest.mark.parametrize("name", ["cheatsheet", "flashcards"])
def test_a_print_by_several_processes_is_the_same_bytes(
    printed: Callable[..., Path], corpus: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = printed(name, "alone").read_bytes()
    use_cache(monkeypatch, corpus.parent / "another-cache")
    monkeypatch.setattr(pdf, "_BATCH", 200)
    monkeypatch.setattr(workers, "cores", lambda: 2)
    assert printed(name, "together").read_bytes() == alone


def test_where_the_pdf_is_not_as_expected_weasyprint_sets_all_of_it(
    printed: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Strange(forme._Forme):
        def fill(self, *_: object) -> None:
            raise galley.Unexpected("strange")

    monkeypatch.setattr(forme, "_Forme", Strange)
    file = printed("cheatsheet", "out")
    if which("pdftotext"):
        assert "What does a view return" in _text(file)
    assert file.stat().st_size > 5000


def test_what_is_remembered_wrongly_is_set_again(
    printed: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = printed("cheatsheet", "out").read_bytes()
    real = Cache.get

    def get(self: Cache, key: str) -> bytes | None:
        value = real(self, key)
        return b'{"height": 3}' if value and value.startswith(b'{"height"') else value

    monkeypatch.setattr(Cache, "get", get)
    assert printed("cheatsheet", "again").read_bytes() == whole
