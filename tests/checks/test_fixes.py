"""What `cardpress check --fix` fixes, and that it touches nothing else."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from hypothesis import example, given
from hypothesis import strategies as st

from builder.checks.fixes import Fix, edited, find_fixes
from builder.checks.rules import Rulebook
from builder.corpus.attributes import in_order, with_id
from builder.corpus.model import Choices, Settings
from builder.corpus.reader import read_chapter
from builder.markdown.parser import Source
from tests.conftest import WriteCorpus
from tests.reading import Corpus
from tests.test_properties import documents

Run = Callable[..., Result]


def _fixed(run: Run, write_corpus: WriteCorpus, text: str | bytes, **files: str) -> tuple[bytes, Result]:
    folder = write_corpus({"01-first.md": text, **files})
    result = run("check", folder, "--fix")
    return (folder / "01-first.md").read_bytes(), result


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("## What is `g`?", "## What is `g`? {#what-is-g}"),
        ("## What is `g`? {.mid}", "## What is `g`? {#what-is-g .mid}"),
        ("## What is `g`? {}", "## What is `g`? {#what-is-g}"),
        ("## What is `g`? { .mid }", "## What is `g`? {#what-is-g .mid }"),
        ('## What is `g`? {tags="a b" .mid}', '## What is `g`? {#what-is-g .mid tags="a b"}'),
        ("## What is `g`?  \t", "## What is `g`? {#what-is-g}  \t"),
        ("## What is `g`? ##", "## What is `g`? {#what-is-g} ##"),
        ("##\tWhat is  `g`? {.mid} ##", "##\tWhat is  `g`? {#what-is-g .mid} ##"),
        ("  ## What is `g`?", "  ## What is `g`? {#what-is-g}"),
        (
            "## Was heißt *schön* auf Englisch?",
            "## Was heißt *schön* auf Englisch? {#was-heisst-schon-auf-englisch}",
        ),
        ("## これは何ですか", "## これは何ですか {#koreha-he-desuka}"),
        ("## ≤ → ≥", "## ≤ → ≥ {#first}"),
        (
            "## One two three four five six seven eight?",
            "## One two three four five six seven eight? {#one-two-three-four-five-six}",
        ),
    ],
)
def test_a_question_without_an_id_gets_one_of_its_words(
    run: Run, write_corpus: WriteCorpus, before: str, after: str
) -> None:
    text = "# T\n\n{}\n\nBecause.\n"
    found, result = _fixed(run, write_corpus, text.replace("{}", before, 1))
    assert found.decode() == text.replace("{}", after, 1)
    assert "missing-id" not in result.stderr.replace("[missing-id]\n", "", 1)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{.mid #why}", "{#why .mid}"),
        ("{#why .choice .mid}", "{#why .mid .choice}"),
        (
            '{allow="a" was=old tags="a, b" .typed   #why .junior}',
            '{#why was=old .junior .typed tags="a, b" allow="a"}',
        ),
        ("{#why .typed .core .mid}", "{#why .mid .core .typed}"),
        (
            '{#why tags="a" order="as-written" .choice core="2" .mid}',
            '{#why .mid core="2" .choice order="as-written" tags="a"}',
        ),
        ("{#why   .mid}", "{#why   .mid}"),
        ('{#why tags="c \\" d" was="a b"}', '{#why was="a b" tags="c \\" d"}'),
        ('{#why tags="c" lang="ja" .mid}', '{#why .mid lang="ja" tags="c"}'),
        ('{.mid #why tag="a"}', '{.mid #why tag="a"}'),
        ("{.mid %a comment% #why}", "{.mid %a comment% #why}"),
    ],
)
def test_attributes_are_put_in_order_where_that_is_safe(before: str, after: str) -> None:
    assert in_order(before) == after
    assert in_order(after) == after


def test_an_id_is_put_before_what_is_there() -> None:
    assert with_id("", "why") == "{#why}"
    assert with_id("{}", "why") == "{#why}"
    assert with_id("{  .mid}", "why") == "{#why .mid}"


def test_no_id_is_given_twice_in_a_corpus(run: Run, write_corpus: WriteCorpus) -> None:
    files = {
        "01-first.md": "# T\n\n## Why?\n\nA.\n\n## Why so, then? {#why-3}\n\nB.\n\n### Why!\n\nC.\n",
        "02-second.md": '# U\n\n---\n\n## *Why*?\n\nD.\n\n## So? {#so was="why-4"}\n\nE.\n\n## Why?!\n\nF.\n',
    }
    folder = write_corpus(files)
    run("check", folder, "--fix")
    ids = re.findall(r"\{#([\w-]+)", "".join((folder / name).read_text() for name in files))
    assert ids == ["why", "why-3", "why-2", "so", "why-5"]


def test_an_id_that_was_ever_published_is_not_given_again(run: Run, write_corpus: WriteCorpus) -> None:
    text = "# T\n\n## Why? {#why}\n\nA.\n\n## How? {#how}\n\nB.\n"
    folder = write_corpus({"01-first.md": text})
    assert run("build", folder, "--only", "apkg", "--output", folder.parent / "out").exit_code == 0
    (folder / "01-first.md").write_text(text.replace("Why? {#why}", "How then? {#then}"))
    assert run("build", folder, "--only", "apkg", "--output", folder.parent / "out").exit_code == 0
    (folder / "01-first.md").write_text(text.replace("Why? {#why}", "Why?").replace("How? {#how}", "How?"))
    run("check", folder, "--fix")
    assert re.findall(r"\{#([\w-]+)", (folder / "01-first.md").read_text()) == ["why-2", "how-2"]


def test_a_damaged_lock_gives_no_ids(run: Run, write_corpus: WriteCorpus) -> None:
    text = "# T\n\n## Why?\n\nA.\n"
    found, result = _fixed(run, write_corpus, text, **{"deck.lock": "note demo:basic:one 0f\n"})
    assert found.decode() == text
    assert "[damaged-lock]" in result.stderr
    assert "--fix fixes" not in result.stderr


def test_a_section_that_asks_becomes_the_drill_it_looks_like(run: Run, write_corpus: WriteCorpus) -> None:
    text = "# T\n\n## Why? {#why}\n\nA.\n\n### Pitfall\n\nB.\n\n### And so?\n\nC.\n\n### What then?\n\nD.\n"
    found, result = _fixed(run, write_corpus, text)
    assert "### And so? {#and-so}\n" in found.decode()
    assert "### What then? {#what-then}\n" in found.decode()
    assert "11:1: fixed: got the id 'and-so': it is a drill now [missing-id]" in result.stderr
    assert result.exit_code == 0


def test_a_section_that_asks_above_another_section_is_left_to_its_author(
    run: Run, write_corpus: WriteCorpus
) -> None:
    text = "# T\n\n## Why? {#why}\n\nA.\n\n### And so?\n\nC.\n\n### Pitfall\n\nB.\n"
    found, result = _fixed(run, write_corpus, text)
    assert found.decode() == text
    assert result.exit_code == 1


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbf## Why?\r\n\r\nA.\r\n\r\n",
        b"\xef\xbb\xbf# T\r\n\r\n## Why?\r\n\r\nA.  \r\n\tb\x0b",
        b"# T\r\r## Why?\r\rA.",
        "# T\n\n\u2028## Why\u2028\n\n## Why?\n\nA.\u2028\x0c".encode(),
    ],
    ids=["mark and no title", "Windows", "old Macintosh", "odd separators"],
)
def test_no_other_byte_changes(run: Run, write_corpus: WriteCorpus, text: bytes) -> None:
    found, _ = _fixed(run, write_corpus, text)
    assert found == text.replace(b"## Why?", b"## Why? {#why}")


def test_what_no_edit_can_put_right_is_left_alone_and_named(run: Run, write_corpus: WriteCorpus) -> None:
    text = "# T\n\n## Why?\n## How? {#how .mdi\n\nB.\n\n<sub>C\n"
    found, result = _fixed(run, write_corpus, text)
    assert found.decode() == text
    assert result.exit_code == 1
    assert "fixed" not in result.stderr
    assert "--fix fixes" not in result.stderr
    for code in ("bad-attributes", "raw-html"):
        assert f"[{code}]" in result.stderr


def test_what_an_author_switched_off_is_not_fixed(run: Run, write_corpus: WriteCorpus) -> None:
    text = '# T\n\n## Why? {.mid #why}\n\nA.\n\n## How? {.mid #how allow="attribute-order"}\n\nB.\n'
    found, _ = _fixed(run, write_corpus, text)
    assert found.decode() == text.replace("{.mid #why}", "{#why .mid}")
    settings = 'id = "demo"\ntitle = "T"\ndeck = "T"\n\n[rules]\nattribute-order = "off"\n'
    found, _ = _fixed(run, write_corpus, text, **{"deck.toml": settings})
    assert found.decode() == text


def test_fixing_twice_changes_nothing_more(run: Run, write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"01-first.md": "# T\n\n## Why? {.mid}\n\nA.\n\n## How? {tags=a #how}\n\nB.\n"})
    first = run("check", folder, "--fix")
    after = (folder / "01-first.md").read_bytes(), (folder / "01-first.md").stat().st_mtime_ns
    second = run("check", folder, "--fix")
    assert ((folder / "01-first.md").read_bytes(), (folder / "01-first.md").stat().st_mtime_ns) == after
    assert first.stderr.count("fixed: ") == 2
    assert "fixed: " not in second.stderr


def test_a_file_keeps_its_mode_and_a_link_to_it_stays_a_link(run: Run, write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"kept/real.txt": "# T\n\n## Why?\n\nA.\n"})
    (folder / "kept" / "real.txt").chmod(0o640)
    (folder / "02-link.md").symlink_to(folder / "kept" / "real.txt")
    run("check", folder, "--fix")
    assert (folder / "02-link.md").is_symlink()
    assert "{#why}" in (folder / "kept" / "real.txt").read_text()
    assert stat.S_IMODE((folder / "kept" / "real.txt").stat().st_mode) == 0o640


def test_a_file_that_cannot_be_replaced_is_named(
    run: Run, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_corpus({"01-first.md": "# T\n\n## Why?\n\nA.\n"})

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    result = run("check", folder, "--fix")
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["01-first.md", "deck.toml"]
    assert (folder / "01-first.md").read_text() == "# T\n\n## Why?\n\nA.\n"


def test_machine_formats_name_what_is_left_after_fixing(run: Run, write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"01-first.md": "# T\n\n## Why?\n\nA.\n"})
    result = run("check", folder, "--fix", "--format", "json")
    assert '"errors": 0' in result.stdout
    assert "fixed: got the id 'why'" in result.stderr


def _corpus(text: str, chosen: Choices = ()) -> Corpus:
    chapter, _ = read_chapter(Source(Path("01-any.md"), text))
    settings = Settings(id="any", title="Any", deck="Any", rules=chosen)
    return Corpus(folder=Path(), settings=settings, chapters=(chapter,))


def _fixes(corpus: Corpus) -> list[Fix]:
    taken = ["why-2", *(name for question in corpus.questions() for name in (question.id, question.was))]
    files = [(chapter.source, ()) for chapter in corpus.chapters]
    return [fix for _, fixes in find_fixes(files, taken, Rulebook()) for fix in fixes]


_HEADINGS = (
    "## Why? {.mid}\n",
    "## Why? ##\n",
    "### So? {tags=a .mid}\n",
    "### No? {tags='a' .mid}\n",
    "### And so?\n",
    "## How? {.cloze #how .mid}\r\n",
    "##\tWhat is `{`?  \n",
    "## {.mid}\n",
    "> ## Why?\n",
)


@given(st.lists(documents | st.sampled_from(_HEADINGS), max_size=8).map("".join))
@example("## Why? {%a% .mid}\n\nA.\n")
@example("## Why?\x00\n\nA.\n")
@example("## a\n\n## a\n\n## a {.b}\n")
def test_fixing_changes_headings_only_and_reads_as_before(text: str) -> None:
    corpus = _corpus(text)
    fixes = _fixes(corpus)
    after = edited(text, fixes)
    fixed = {edit.line - 1 for fix in fixes for edit in fix.edits}
    lines, lines_after = Source(Path("a"), text).lines, Source(Path("a"), after).lines
    assert [line for n, line in enumerate(lines) if n not in fixed] == [
        line for n, line in enumerate(lines_after) if n not in fixed
    ]
    assert re.findall(r"\r\n?|\n", text) == re.findall(r"\r\n?|\n", after)
    again = _corpus(after)
    assert not _fixes(again)
    _assert_alike(corpus, again)


def _assert_alike(corpus: Corpus, again: Corpus) -> None:
    before = {question.location.line: question for question in corpus.questions()}
    after = {question.location.line: question for question in again.questions()}
    assert before.keys() <= after.keys()
    for line, question in before.items():
        other = after[line]
        assert question.id in ("", other.id)
        assert (question.kind, question.level, set(question.tags), question.was) == (
            other.kind,
            other.level,
            set(other.tags),
            other.was,
        )
    ids = [question.id for question in again.questions() if question.id]
    new = [name for name in ids if name not in {question.id for question in corpus.questions()}]
    assert len(new) == len(set(new))


def test_no_fix_takes_the_last_question_out_of_a_corpus(run: Run, write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"01-first.md": "## {y}\n\n- # O\n"})
    run("check", folder, "--fix")
    assert (folder / "01-first.md").read_text() == "## {y}\n\n- # O\n"
    assert "empty-corpus" not in run("check", folder).output
