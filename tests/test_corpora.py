"""Corpora of twelve questions in other languages and notations: built, imported, and read from paper."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import Result
from PIL import Image

from builder.corpus.kinds import KINDS
from tests.conftest import PROJECT
from tests.pictures import assert_looks_like
from tests.printing import needs_pango, needs_poppler, needs_script
from tests.programs import needs, program
from tests.reading import read_corpus
from tests.sounds import tones

if TYPE_CHECKING:
    from anki.collection import Collection

Run = Callable[..., Result]
FOLDER = Path(__file__).parent / "corpora"
CARDS = {"arabic": 17, "japanese": 16, "chemistry": 18}
OUTPUTS = ("cheatsheet", "studysheet", "handbook", "flashcards")

pytestmark = [
    pytest.mark.slow,
    needs_pango,
    *(needs_script(name) for name in ("arabic", "cjk")),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Build all outputs of a corpus, once for all tests of a process."""
    done: dict[str, Path] = {}

    def build(name: str) -> Path:
        if name not in done:
            done[name] = _build(name, tmp_path_factory.mktemp(name))
        return done[name]

    return build


def _build(name: str, folder: Path) -> Path:
    """Build all outputs of a copy of a corpus, in a process of its own; nothing is found."""
    shutil.copytree(FOLDER / name, folder / name)
    command = [sys.executable, "-m", "builder", "build", name, "--output", "dist"]
    env = {**os.environ, "SOURCE_DATE_EPOCH": "1790000000", "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not re.search("warning|error", done.stdout + done.stderr), done.stderr
    return folder / "dist"


@pytest.mark.parametrize("name", CARDS)
def test_a_corpus_has_twelve_questions_of_every_kind_and_no_finding(run: Run, name: str) -> None:
    corpus, _ = read_corpus(FOLDER / name)
    questions = list(corpus.questions())
    assert len(questions) == 12
    assert {question.kind for question in questions} == set(KINDS)
    result = run("check", FOLDER / name)
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize("name", CARDS)
def test_all_outputs_are_built_with_no_finding_and_with_the_same_bytes_again(
    built: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    first, again = built(name), _build(name, tmp_path)
    names = {f"{name}.apkg", f"{name}-core.apkg", *(f"{name}-{output}.pdf" for output in OUTPUTS)}
    assert {path.name for path in first.iterdir() if path.suffix in (".apkg", ".pdf")} == names
    assert [
        each for each in sorted(names) if (first / each).read_bytes() != (again / each).read_bytes()
    ] == []


@pytest.mark.parametrize("name", CARDS)
def test_anki_imports_its_notes_and_cards(built: Callable[[str], Path], tmp_path: Path, name: str) -> None:
    collection = _collection(built(name) / f"{name}.apkg", tmp_path)
    try:
        assert collection.note_count() == 12
        assert collection.card_count() == CARDS[name]
        for card_id in collection.find_cards(""):
            output = collection.get_card(card_id).render_output()
            assert "{{" not in re.sub(r"<pre.*?</pre>", "", output.question_text + output.answer_text)
    finally:
        collection.close()


def test_anki_plays_the_sounds_on_the_side_where_they_stand(
    built: Callable[[str], Path], tmp_path: Path
) -> None:
    collection = _collection(built("japanese") / "japanese.apkg", tmp_path)
    try:
        (card_id,) = collection.find_cards("ID:ame-sound")
        output = collection.get_card(card_id).render_output()
        media = Path(collection.media.dir())
        sounds = [
            [(media / tag.filename).read_bytes() for tag in tags]  # type: ignore[union-attr]
            for tags in (output.question_av_tags, output.answer_av_tags)
        ]
    finally:
        collection.close()
    rain, candy = tones(250, 160), tones(160, 250)
    assert sounds == [[rain], [rain, candy]]


def _collection(package: Path, folder: Path) -> Collection:
    from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

    collection = Collection(str(folder / "collection.anki2"))
    request = ImportAnkiPackageRequest(package_path=str(package), options=ImportAnkiPackageOptions())
    collection.import_anki_package(request)
    return collection


_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_UNSHOWN = re.compile(
    r"!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|\{[#lw][^{}]*\}|^---$|^```\w+$|\[\^\w+\]", re.MULTILINE
)
_HINT = re.compile(r"::[^{}:]*\}\}")
_BOX = re.compile(r"^- \{\{c\d+::(.*?)\}\}.*%.*$", re.MULTILINE)
_LETTERS = {
    "arabic": re.compile("[\u0620-\u065f]+"),
    "japanese": re.compile("[\u3005-\u3006\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff]+"),
    "chemistry": re.compile("[A-Za-z]{3,}"),
}


def _written(name: str) -> list[str]:
    """List the words of a corpus that its handbook prints; a word of Japanese is all between two signs."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted((FOLDER / name).glob("*.md")))
    text = _BOX.sub(lambda box: box[1].partition("::")[0], _COMMENT.sub("", text))
    text = re.sub(r"\$\$?[^$]*\$\$?", " ", _UNSHOWN.sub(" ", _HINT.sub("}} ", text)))
    text = re.sub(r"</?kbd>|\[!\w+\]", " ", text)
    return _LETTERS[name].findall(text)


@needs("pdftotext")
@pytest.mark.parametrize("name", CARDS)
def test_every_word_is_copied_from_paper_as_it_was_written(built: Callable[[str], Path], name: str) -> None:
    command = [program("pdftotext"), str(built(name) / f"{name}-handbook.pdf"), "-"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    shown = re.sub("[\u202a-\u202e\u2066-\u2069\u200b-\u200f]", "", unicodedata.normalize("NFC", shown))
    written = _written(name)
    assert len(written) > 100
    # Readers take the end of an alef for a blank before some letters, in a browser's PDFs, too: words are
    # looked for in the text without any.
    together = "".join(shown.split())
    missing = [word for word in written if word not in together]
    assert missing == []


@needs_poppler
@pytest.mark.parametrize("name", CARDS)
def test_the_study_sheet_looks_as_it_was_approved(
    built: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    sheet = built(name) / f"{name}-studysheet.pdf"
    subprocess.run([program("pdftoppm"), "-r", "60", "-png", str(sheet), str(tmp_path / "page")], check=True)
    (page,) = tmp_path.glob("page*.png")
    assert_looks_like(Image.open(page).convert("RGB"), FOLDER / f"{name}-studysheet.png")
