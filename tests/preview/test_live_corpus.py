"""A corpus while it is being written: what a save makes of the cards."""

from __future__ import annotations

import gc
import shutil
import tracemalloc
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from click.testing import Result

from builder.anki.fields import split_records
from builder.anki.render import Rendered, render_chapter
from builder.corpus.labels import Labels
from builder.corpus.model import Chapter, Settings
from builder.corpus.reader import read_chapters
from builder.diagnostics import Diagnostic
from builder.identity.lockfile import recall, stored_lock
from builder.identity.numbering import number_questions
from builder.markdown.parser import Source
from builder.pipeline.compile import compile_corpus
from builder.preview import cards
from builder.preview.cards import CorpusDraft, Draft
from builder.preview.feed import change_json, compare
from builder.preview.live_corpus import Drafting
from builder.preview.server import Server
from builder.preview.session import Saved, Session, watching
from builder.runtime.cache import LIMIT, NO_CACHE, Cache
from tests.conftest import FLASK, LOOK, WriteCorpus
from tests.reading import read_corpus

NOW = 1_790_000_000
Run = Callable[..., Result]
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
    return "stale" if draft.is_stale else "fresh" if draft.cards() else "none"


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


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", LIMIT)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List what is read and rendered, and of which chapters notes are loaded."""
    found: list[str] = []

    def reading(
        source: Source, numbers: Mapping[int, int], labels: Labels
    ) -> list[tuple[Chapter, list[Diagnostic]]]:
        found.append(f"read {source.path.name}")
        return read_chapters(source, numbers, labels)

    def rendering(chapter: Chapter, settings: Settings, folder: Path) -> Rendered:
        found.append(f"rendered {', '.join(question.id for question in chapter.all_questions())}")
        return render_chapter(chapter, settings, folder)

    def loading(data: bytes) -> list[str]:
        found.append("loaded")
        return split_records(data)

    monkeypatch.setattr("builder.corpus.reader.read_chapters", reading)
    monkeypatch.setattr("builder.anki.render.render_chapter", rendering)
    monkeypatch.setattr(cards, "split_records", loading)
    return found


@pytest.mark.parametrize("is_kept", [True, False], ids=["with a cache", "without"])
def test_only_what_changed_is_made_again(
    write_corpus: WriteCorpus, cache: Cache, done: list[str], is_kept: bool
) -> None:
    second = "# Second\n\n![x](flow.svg)\n\n## Three? {#three}\n\nYes.\n\n## Four? {#four}\n\nNo.\n"
    svg = (LOOK / "flow.svg").read_text()
    folder = write_corpus({"01-first.md": CHAPTER, "02-second.md": second, "flow.svg": svg})
    drafting = Drafting(folder, cache if is_kept else NO_CACHE)
    before = drafting.update(NOW)
    done.clear()
    assert drafting.update(NOW) == before
    assert done == []
    (folder / "02-second.md").write_text(second.replace("Yes", "No"))
    after = drafting.update(NOW)
    assert [what for what in done if what != "loaded"] == ["read 02-second.md", "rendered three"]
    assert after.chapters[0] is before.chapters[0]
    assert list(compare(before, after).drafts) == ["three"]


def _watching(folder: Path, cache: Cache) -> AbstractContextManager[tuple[Session, Server, Saved]]:
    return watching(
        [folder],
        cache=cache,
        port=None,
        editor="",
        clock=lambda: NOW,
        tell=str,
        token="t" * 22,
    )


def test_the_start_on_what_is_compiled_makes_nothing_and_cards_come_when_they_are_asked_for(
    write_corpus: WriteCorpus, cache: Cache, done: list[str]
) -> None:
    others = {f"{n:02}-more.md": f"# More\n\n## What {n}? {{#q-{n}}}\n\nIt is {n}.\n" for n in range(2, 12)}
    folder = write_corpus(others)
    compile_corpus(folder, cache)  # as a build does
    done.clear()
    with _watching(folder, cache) as (_, _, opened):
        assert (opened.what, set(done)) == ("13 cards", {"loaded"}), "to list their words, for next time"
    done.clear()
    with _watching(folder, cache) as (session, _, opened):
        state = session.answer("state")
        assert state
        assert b"It is 11." in state.content
        assert (opened.what, done) == ("13 cards", [])
        cards = session.answer("0/cards/q-5")
        assert cards
        assert b"It is 5." in cards.content
        assert done == ["loaded"]


def test_what_is_held_of_a_corpus_is_the_same_however_long_its_answers_are(
    write_corpus: WriteCorpus, cache: Cache
) -> None:
    def held(answer: str) -> int:
        texts = (
            "".join(f"## What {n} {m}? {{#q-{n}-{m}}}\n\n{answer}\n\n" for m in range(10))
            for n in range(10, 20)
        )
        chapters = {f"{n}-x.md": f"# T\n\n{text}" for n, text in enumerate(texts, 10)}
        folder = write_corpus(chapters, name=f"demo-{len(answer)}")
        Drafting(folder, cache).update(NOW)
        gc.collect()
        tracemalloc.start()
        drafting = Drafting(folder, cache)
        state = drafting.update(NOW)
        gc.collect()
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(state.drafts()) == 103
        return size

    held("Yes.")  # what is set up once
    assert held("A **word** of many. " * 100) < 1.2 * held("Yes")


def test_a_card_is_kept_before_an_error_whatever_becomes_of_the_cache(
    write_corpus: WriteCorpus, cache: Cache
) -> None:
    long = CHAPTER + "<!-- a comment -->\n" * 300  # the text of a small one stays in memory
    drafting = Drafting(write_corpus({"01-first.md": long}), cache)
    before = drafting.update(NOW)
    shown = before.drafts()["one"].cards()
    wrong = long.replace("The first.", "![x](gone.png)")
    (drafting.folder / "01-first.md").write_text(wrong)
    after = drafting.update(NOW)
    shutil.rmtree(cache.folder)
    cards._records.cache_clear()
    (drafting.folder / "01-first.md").write_text(wrong.replace("A half", "Half"))
    assert after.drafts()["one"].cards() == shown
    assert after.drafts()["two"].cards() == {}, "until the save is noticed"
    assert _states(drafting.update(NOW)) == {"one": "stale", "half": "fresh", "two": "fresh"}


def test_of_many_cards_that_changed_the_first_are_told_and_others_asked_for(save: Save) -> None:
    questions = "".join(f"## What {n}? {{#q-{n}}}\n\nIt.\n\n" for n in range(130))
    before, after = save(f"# T\n\n{questions}"), save(f"# Other\n\n{questions}")
    change = compare(before, after)
    assert (len(change.drafts), change.changed, change.new, change.gone) == (130, 130, 0, 0)
    told = change_json(change, after)["cards"]
    assert list(told) == [f"q-{n}" for n in range(100)]
    digests = [{draft.id: draft.digest for draft in corpus.drafts().values()} for corpus in (before, after)]
    assert all(digests[0][key] != digests[1][key] for key in digests[0]), "a page asks for what has another"


@pytest.mark.slow
@pytest.mark.parametrize("corpus", [LOOK, FLASK], ids=["every kind", "the shipped corpus"])
def test_cards_have_the_numbers_that_a_build_gives_them(corpus: Path) -> None:
    read, _ = read_corpus(corpus)
    numbers = number_questions(read.outline(), recall(read.outline(), stored_lock(corpus)[0], NOW).numbers())
    drafted = Drafting(corpus).update(NOW)
    assert {draft.id: draft.number for draft in drafted.drafts().values()} == {
        question.id: numbers[question.identity] for question in read.questions()
    }


def test_what_the_lock_knows_and_is_gone_is_told_at_the_save(write_corpus: WriteCorpus, run: Run) -> None:
    folder = write_corpus({"01-first.md": CHAPTER})
    assert run("build", folder, "--only", "apkg", "--output", folder.parent / "out").exit_code == 0
    drafting = Drafting(folder)
    assert drafting.update(NOW).findings == ()
    (folder / "01-first.md").write_text(CHAPTER.partition("## Two?")[0])
    assert [each.diagnostic.code for each in drafting.update(NOW).findings] == ["question-gone"]
    (folder / "01-first.md").write_text(CHAPTER)
    assert drafting.update(NOW).findings == ()


def test_a_question_with_an_error_keeps_its_card_and_the_rest_goes_on(save: Save) -> None:
    before = save(CHAPTER)
    after = save(CHAPTER.replace("The first.", "![x](gone.png)").replace("The second.", "The last."))
    assert _states(after) == {"one": "stale", "half": "fresh", "two": "fresh"}
    assert after.drafts()["one"].cards() == before.drafts()["one"].cards()
    assert "The last." in after.drafts()["two"].cards()[0].back
    assert [(each.diagnostic.code, each.question) for each in after.findings] == [("missing-image", "one")]
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
    assert "The first." in after.drafts()["one"].cards()[0].back
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
    assert "The second." in after.drafts()["one"].cards()[0].back


def test_an_error_above_the_first_question_is_the_chapter_s(save: Save) -> None:
    after = save("![x](gone.png)\n\n" + CHAPTER)
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


def test_an_image_that_is_drawn_again_makes_its_card_again(write_corpus: WriteCorpus) -> None:
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
