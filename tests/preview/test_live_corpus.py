"""A corpus while it is being written: what a save makes of the cards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from builder.checks.rules import RULE_TABLE
from builder.corpus.model import Chapter
from builder.corpus.reader import read_chapter, read_corpus
from builder.diagnostics import Diagnostic
from builder.identity.lockfile import recall, stored_lock
from builder.identity.numbering import number_questions
from builder.markdown.parser import Source
from builder.preview.cards import CorpusDraft, Draft
from builder.preview.feed import compare
from builder.preview.live_corpus import Drafting
from tests.conftest import FLASK, LOOK, WriteCorpus

NOW = 1_790_000_000
CHAPTER = """\
# First

## One? {#one .junior tags="a"}

The first.

### Half of it? {#half}

A half.

## Two? {#two}

The second.
"""


def _ids(corpus: CorpusDraft) -> list[str]:
    return [draft.id for chapter in corpus.chapters for draft in chapter.drafts]


def _state(draft: Draft) -> str:
    return "stale" if draft.is_stale else "fresh" if draft.cards else "none"


def _states(corpus: CorpusDraft) -> dict[str, str]:
    return {draft.id: _state(draft) for draft in corpus.drafts().values()}


Save = Callable[[str], CorpusDraft]


@pytest.fixture
def save(write_corpus: WriteCorpus) -> Save:
    """Save a chapter, and return what the corpus then is."""
    drafting = Drafting(write_corpus())

    def save(text: str) -> CorpusDraft:
        (drafting.folder / "01-first.md").write_text(text, encoding="utf-8")
        return drafting.update(NOW)

    return save


def test_only_what_changed_is_made_again(write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch) -> None:
    second = "# Second\n\n## Three? {#three}\n\nYes.\n"
    folder = write_corpus({"01-first.md": CHAPTER, "02-second.md": second})
    drafting = Drafting(folder)
    before = drafting.update(NOW)
    read: list[Path] = []

    def note(source: Source) -> tuple[Chapter, list[Diagnostic]]:
        read.append(source.path)
        return read_chapter(source)

    monkeypatch.setattr("builder.preview.live_corpus.read_chapter", note)
    assert drafting.update(NOW) == before
    (folder / "02-second.md").write_text(second.replace("Yes", "No"))
    after = drafting.update(NOW)
    assert read == [folder / "02-second.md"]
    assert after.chapters[0] is before.chapters[0]
    assert list(compare(before, after).drafts) == ["three"]


@pytest.mark.slow
@pytest.mark.parametrize("corpus", [LOOK, FLASK], ids=["every kind", "the shipped corpus"])
def test_cards_have_the_numbers_that_a_build_gives_them(corpus: Path) -> None:
    read, _ = read_corpus(corpus, RULE_TABLE)
    numbers = number_questions(read.outline(), recall(read, stored_lock(corpus)[0], NOW).numbers())
    drafted = Drafting(corpus).update(NOW)
    assert {draft.id: draft.number for draft in drafted.drafts().values()} == {
        question.id: numbers[question.identity] for question in read.questions()
    }


def test_a_question_with_an_error_keeps_its_card_and_the_rest_goes_on(save: Save) -> None:
    before = save(CHAPTER)
    after = save(CHAPTER.replace("The first.", "![x](gone.png)").replace("The second.", "The last."))
    assert _states(after) == {"one": "stale", "half": "fresh", "two": "fresh"}
    assert after.drafts()["one"].cards == before.drafts()["one"].cards
    assert "The last." in after.drafts()["two"].cards[0].back
    assert [(each.diagnostic.code, each.question) for each in after.findings] == [("missing-picture", "one")]
    assert save(CHAPTER) == before


def test_a_question_that_was_never_right_has_no_card(save: Save) -> None:
    assert _states(save(CHAPTER.replace("The second.", ""))) == {
        "one": "fresh",
        "half": "fresh",
        "two": "none",
    }


def test_what_an_open_fence_swallows_stays_where_it_was(save: Save) -> None:
    save(CHAPTER)
    after = save(CHAPTER.replace("The first.", "```python\n1"))
    assert _ids(after) == ["one", "half", "two"]
    assert set(_states(after).values()) == {"stale"}


def test_what_was_deleted_is_gone(save: Save) -> None:
    save(CHAPTER)
    assert _ids(save(CHAPTER.partition("## Two?")[0])) == ["one", "half"]


def test_the_second_of_two_with_one_id_is_the_one_that_is_wrong(save: Save) -> None:
    after = save(CHAPTER.replace("{#two}", "{#one}"))
    assert _ids(after) == ["one", "half"]
    assert "The first." in after.drafts()["one"].cards[0].back
    assert [each.diagnostic.code for each in after.findings] == ["duplicate-id"]


def test_what_is_wrong_with_chapters_together_is_found_again_after_every_save(save: Save) -> None:
    twice = CHAPTER.replace("Two?", "One?")
    save(CHAPTER)
    lines = [save(f"{twice}{more}").findings[-1].diagnostic.location.line for more in ("", "More.\n")]
    assert lines == [11, 11]
    (found,) = save(twice.replace("The first.", "The first.\n\nMore.")).findings
    assert (found.diagnostic.code, found.diagnostic.location.line) == ("duplicate-prompt", 13)


def test_of_two_with_one_id_the_one_that_stays_is_shown(save: Save) -> None:
    twice = CHAPTER.replace("{#two}", "{#one}")
    save(twice)
    after = save(f"# First\n\n{twice[twice.index('## Two?') :]}")
    assert "The second." in after.drafts()["one"].cards[0].back


def test_an_error_above_the_first_question_is_the_chapter_s(save: Save) -> None:
    after = save("Text\n\n" + CHAPTER)
    assert [each.question for each in after.findings] == [""]
    assert set(_states(after).values()) == {"fresh"}


def test_a_file_that_cannot_be_read_shows_what_it_said_last(write_corpus: WriteCorpus) -> None:
    drafting = Drafting(write_corpus({"01-first.md": CHAPTER}))
    drafting.update(NOW)
    (drafting.folder / "01-first.md").write_bytes(b"\xff")
    after = drafting.update(NOW)
    assert set(_states(after).values()) == {"stale"}
    (drafting.folder / "01-first.md").unlink()
    assert _ids(drafting.update(NOW)) == []


def test_settings_that_are_wrong_are_those_before(write_corpus: WriteCorpus) -> None:
    drafting = Drafting(write_corpus())
    before = drafting.update(NOW)
    (drafting.folder / "deck.toml").write_text("id = 'demo")
    after = drafting.update(NOW)
    assert after.settings == before.settings
    assert [each.diagnostic.code for each in after.findings] == ["bad-toml"]


def test_other_rules_in_deck_toml_judge_all_chapters_again(write_corpus: WriteCorpus) -> None:
    drafting = Drafting(write_corpus({"01-first.md": CHAPTER.replace("One?", "Is one odd?")}))
    assert "yes-no-question" in [each.diagnostic.code for each in drafting.update(NOW).findings]
    settings = drafting.folder / "deck.toml"
    settings.write_text(settings.read_text() + '[rules]\nyes-no-question = "off"\n')
    assert "yes-no-question" not in [each.diagnostic.code for each in drafting.update(NOW).findings]


def test_a_picture_that_is_drawn_again_makes_its_card_again(write_corpus: WriteCorpus) -> None:
    svg = (LOOK / "flow.svg").read_text()
    chapter = CHAPTER.replace("The first.", "![x](flow.svg)")
    drafting = Drafting(write_corpus({"01-first.md": chapter, "flow.svg": svg}))
    before = drafting.update(NOW)
    (drafting.folder / "flow.svg").write_text(svg + "\n")
    assert list(compare(before, drafting.update(NOW)).drafts) == ["one"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#",
        "## ",
        "# ![x](y.png)\n\n## One? {#one}\n\nYes.\n",
        "# T\n\n![x](y.png)\n\n## One? {#one}\n\nYes.\n",
        "# T\n\n### Section\n\n## {#one}\n",
        "# T\n\n## A {#one .cloze}\n\n{{c1::\n\n### B? {#b .choice}\n\n- [ ] x\n",
        "# T\n\n## A? {#one #two}\n\n$\\frac{$ $$x\n",
        "# T\n\n## A?\n\nB\n\n## A?\n\nB\n",
    ],
)
def test_no_text_stops_the_preview(save: Save, text: str) -> None:
    good = save(CHAPTER)
    assert save(text).findings
    assert save(CHAPTER) == good
