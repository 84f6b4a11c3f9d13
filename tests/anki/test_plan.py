"""`cardpress plan`: what the next build means to learners who have an earlier one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from PIL import Image

from builder.anki.plan import Plan, compare
from builder.anki.plan_report import as_text
from builder.anki.read import read_package
from builder.anki.release import PackedNote, Release
from builder.identity.lock import Lock, NoteEntry
from tests.conftest import CHAPTER, SETTINGS, WriteCorpus, git
from tests.packages import edited

Run = Callable[..., Result]
SECOND = "# Second chapter\n\n## What is ten? {#ten}\n\nTwice five.\n"


def _image(colour: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (2, 2), colour).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def plan(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Any]]:
    """Build a corpus, put other files in the place of some, and return the plan of the next build."""

    def plan(
        changed: dict[str, str | bytes], *, before: dict[str, str | bytes] | None = None
    ) -> dict[str, Any]:
        old = {"01-first.md": CHAPTER, "02-second.md": SECOND, **(before or {})}
        folder = write_corpus(old)
        assert run("build", folder, "--output", tmp_path, "--only", "apkg").exit_code == 0
        for path in set(old) - {"deck.toml"}:
            (folder / path).unlink()
        write_corpus({**old, **changed})
        for path in ("01-first.md", "02-second.md"):
            if changed.get(path) == "":
                (folder / path).unlink()
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000100")
        result = run("plan", folder, "--against", tmp_path / "demo.apkg", "--format", "json")
        assert result.exit_code == 0, result.output
        (found,) = json.loads(result.output)
        assert found["corpus"] == "demo"
        return dict(found)

    return plan


def _ids(lines: list[dict[str, Any]]) -> list[str]:
    return [line["id"] for line in lines]


def _changes(plan: dict[str, Any]) -> dict[str, list[str]]:
    return {change["note"]["id"]: change["parts"] for change in plan["changed"]}


Planner = Callable[..., dict[str, Any]]


def test_nothing_changed_means_that_nothing_is_touched(plan: Planner) -> None:
    found = plan({})
    assert found["untouched"] == 4
    assert not any(found[key] for key in ("added", "changed", "moved", "retired", "risks", "steps"))


def test_a_question_that_came_is_new_and_one_that_went_is_to_be_suspended(plan: Planner) -> None:
    found = plan({"02-second.md": SECOND.replace("## What is ten? {#ten}", "## Why? {#why}")})
    assert _ids(found["added"]) == ["why"]
    assert _ids(found["retired"]) == ["ten"]
    (step,) = found["steps"]
    assert step["search"] == "tag:demo ID:ten"
    assert "Toggle Suspend" in step["how"]


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("What is one?", "Which is one?", ["prompt"]),
        ("The **first** number.", "The 1st number.", ["answer"]),
        ('tags="numbers"', 'tags="digits"', ["tags"]),
        (".junior", ".senior", ["tags"]),
        ("What is one? {#one", 'What is uno? {#uno was="one"', ["id", "prompt"]),
        ("The **first** number.", "The *first* number.", ["answer"]),
    ],
)
def test_a_change_is_told_by_its_part(plan: Planner, old: str, new: str, parts: list[str]) -> None:
    found = plan({"01-first.md": CHAPTER.replace(old, new)})
    assert list(_changes(found).values()) == [parts]
    assert found["untouched"] == 3
    assert not found["risks"]


def test_another_image_under_the_same_name_is_a_change_of_media(plan: Planner) -> None:
    chapter = SECOND.replace("Twice five.", "![five](five.png)")
    before: dict[str, str | bytes] = {"02-second.md": chapter, "five.png": _image("red")}
    found = plan({"five.png": _image("blue")}, before=before)
    assert _changes(found) == {"ten": ["media"]}


def test_a_question_that_moved_to_another_chapter_is_to_be_moved_by_hand(plan: Planner) -> None:
    drill = "\n### What is half of two? {#half-of-two}\n\nOne.\n"
    found = plan({"01-first.md": CHAPTER.replace(drill, ""), "02-second.md": SECOND + drill})
    assert [(move["note"]["id"], move["deck"]) for move in found["moved"]] == [
        ("half-of-two", "Demo deck::01 First chapter")
    ]
    assert _changes(found) == {"half-of-two": ["number", "tags"]}
    (step,) = found["steps"]
    assert step["search"] == 'tag:demo "deck:Demo deck::01 First chapter" ID:half-of-two'
    assert step["task"] == "move 1 note to 'Demo deck::02 Second chapter'"


def test_a_chapter_with_a_new_title_is_a_deck_to_be_renamed(plan: Planner) -> None:
    found = plan({"02-second.md": SECOND.replace("Second chapter", "Tens")})
    assert not found["changed"]
    assert [step["task"] for step in found["steps"]] == [
        "rename the deck 'Demo deck::02 Second chapter' to 'Demo deck::02 Tens'",
        "move 1 note to 'Demo deck::02 Tens', unless you renamed the deck",
    ]


def test_a_new_root_deck_is_to_be_renamed_once(plan: Planner) -> None:
    found = plan({"deck.toml": SETTINGS.replace("Demo deck", "Show")})
    assert [step["task"] for step in found["steps"] if not step["search"]] == [
        "rename the deck 'Demo deck' to 'Show'"
    ]


def test_a_renamed_id_is_a_risk_with_its_fixing(plan: Planner) -> None:
    found = plan({"01-first.md": CHAPTER.replace("{#one", "{#uno").replace("The **first**", "The 1st")})
    (risk,) = found["risks"]
    assert (risk["code"], risk["note"]["id"]) == ("probable-rename", "uno")
    assert '{#uno was="one"}' in risk["fix"]


def test_another_question_in_the_place_of_one_that_went_is_no_rename(plan: Planner) -> None:
    text = CHAPTER.replace("{#one", "{#zero").replace("What is one?", "How much is nothing?")
    found = plan({"01-first.md": text.replace("The **first** number.", "Zero, or none at all.")})
    assert not found["risks"]


def test_a_second_rename_names_the_first_id(plan: Planner) -> None:
    found = plan(
        {"02-second.md": SECOND.replace("{#ten", "{#decem")},
        before={"02-second.md": SECOND},
    )
    assert 'was="ten"' in found["risks"][0]["fix"]


def test_a_former_id_that_was_dropped_is_to_be_put_back() -> None:
    old = replace(_packed("demo:basic:first"), fields={**_packed("demo:basic:x").fields, "ID": "now"})
    new = replace(_packed("demo:basic:now"), fields=old.fields)
    plan = compare(_release(old), _release(new))
    assert [risk.fix for risk in plan.risks] == ['write {#now was="first"}']
    assert plan.steps[0].how.startswith("before the import, in the Browser"), "two notes will have the id"


def test_a_note_that_was_another_in_between_is_touched_again() -> None:
    plan = compare(_release(_packed("demo:basic:x"), mod=7), _release(_packed("demo:basic:x"), mod=9))
    assert [(change.note.id, change.parts) for change in plan.changed] == [("x", ("again",))]
    assert plan.untouched == 0


def test_a_lock_that_was_lost_is_a_risk_to_all(plan: Planner, tmp_path: Path, run: Run) -> None:
    plan({})
    (tmp_path / "demo" / "deck.lock").unlink()
    result = run("plan", tmp_path / "demo", "--against", tmp_path / "demo.apkg")
    assert "deck.lock has no entry for this and 3 other published notes" in " ".join(result.output.split())


def test_two_questions_with_one_text_are_two_renames_at_most(plan: Planner) -> None:
    twins = "# Second chapter\n\n## What is ten? {#a}\n\nTwice five.\n"
    found = plan({"02-second.md": twins + "\n## What is a ten? {#b}\n\nTwice five.\n"})
    assert [(risk["code"], risk["note"]["id"]) for risk in found["risks"]] == [("probable-rename", "a")]


def _packed(guid: str, *, cards: tuple[int, ...] = (0,)) -> PackedNote:
    fields = {"ID": guid.rpartition(":")[2], "Number": "1.1", "Prompt": "Why?", "Answer": "So."}
    _, type_, question = guid.split(":")
    return PackedNote(
        guid=guid, type=type_, question=question, fields=fields, tags=("demo::a",), deck="D", cards=cards
    )


def _release(*notes: PackedNote, mod: int = 1) -> Release:
    entries = {
        note.guid: NoteEntry(
            guid=note.guid,
            type=note.type,
            question=note.question,
            hash=note.hash,
            mod=mod,
            id=1,
            position=1,
            number="1.1",
            state="live",
            cards=note.cards,
            deck="D",
        )
        for note in notes
    }
    return Release({note.guid: note for note in notes}, Lock(entries, {}, "demo"))


def _risks(plan: Plan) -> list[tuple[str, str]]:
    return [(risk.code, risk.note.id) for risk in plan.risks]


def test_a_cloze_number_that_went_is_a_risk() -> None:
    old, new = _packed("demo:cloze:x", cards=(0, 1, 2)), _packed("demo:cloze:x", cards=(0, 2, 3))
    plan = compare(_release(old), _release(new))
    assert _risks(plan) == [("card-gone", "x")]
    assert plan.risks[0].message.startswith("cloze number 2 is gone")


def test_a_kind_that_changed_is_a_risk() -> None:
    plan = compare(_release(_packed("demo:basic:x")), _release(_packed("demo:cloze:x")))
    assert _risks(plan) == [("kind-changed", "x")]


def test_a_change_older_than_what_learners_have_is_a_risk() -> None:
    old = _packed("demo:basic:x")
    new = replace(old, tags=("demo::b",))
    assert _risks(compare(_release(old, mod=7), _release(new, mod=7))) == [("not-arriving", "x")]
    assert _risks(compare(_release(old, mod=7), _release(new, mod=8))) == []


def test_a_search_for_very_many_notes_is_cut_into_parts() -> None:
    plan = compare(_release(*(_packed(f"demo:basic:x{n}") for n in range(450))), _release())
    assert [step.task.split()[1] for step in plan.steps] == ["200", "200", "50"]


def test_a_package_says_what_was_built(write_corpus: WriteCorpus, run: Run, tmp_path: Path) -> None:
    from builder.corpus.files import read_source
    from builder.identity.lock import read_lock

    folder = write_corpus()
    run("build", folder, "--output", tmp_path, "--only", "apkg")
    lock, _ = read_lock(read_source(folder / "deck.lock")[0])
    assert read_package(tmp_path / "demo.apkg", "demo").lock == lock


def test_a_damaged_package_is_named_and_does_not_stop_a_build(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    folder = write_corpus()
    run("build", folder, "--output", tmp_path, "--only", "apkg")
    path = tmp_path / "demo.apkg"
    content = path.read_bytes()
    path.write_bytes(content[:200] + bytes(180) + content[380:])
    assert "demo.apkg' is a damaged Anki package (" in run("plan", folder, "--against", path).stderr
    (folder / "deck.lock").unlink()
    result = run("build", folder, "--output", tmp_path, "--only", "apkg")
    assert result.exit_code == 0
    assert "demo.apkg:1:1: warning: " in result.stderr
    assert "nothing of it is known to this build [unreadable-package]" in result.stderr
    assert len(read_package(path, "demo").notes) == 3


def test_a_build_that_needs_no_package_says_nothing_of_a_damaged_one(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    folder = write_corpus()
    run("build", folder, "--output", tmp_path, "--only", "apkg")
    (tmp_path / "demo.apkg").write_bytes(b"damaged")
    result = run("build", folder, "--output", tmp_path, "--only", "apkg")
    assert "unreadable-package" not in result.stderr


def test_a_package_of_another_corpus_is_named(write_corpus: WriteCorpus, run: Run, tmp_path: Path) -> None:
    other = write_corpus({"deck.toml": SETTINGS.replace('"demo"', '"other"')}, name="other")
    run("build", other, "--output", tmp_path, "--only", "apkg")
    result = run("plan", write_corpus(), "--against", tmp_path / "other.apkg")
    assert result.exit_code == 1
    assert "was not made of 'demo'" in result.stderr


def test_of_a_package_of_several_corpora_each_is_compared_with_its_own(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    folder = write_corpus()
    run("build", folder, "--output", tmp_path, "--only", "apkg")
    path = edited(
        tmp_path / "demo.apkg",
        tmp_path / "both.apkg",
        "UPDATE notes SET guid = 'other:basic:x' WHERE id IN (SELECT min(id) FROM notes)",
    )
    (plan,) = json.loads(run("plan", folder, "--against", path, "--format", "json").output)
    assert (len(plan["added"]), plan["untouched"], plan["retired"]) == (1, 2, [])


def test_a_folder_may_be_called_as_a_commit_is(
    committed: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "tag", "release")
    (tmp_path / "release").mkdir()
    monkeypatch.chdir(tmp_path)
    assert "3 untouched" in run("plan", committed, "--against", "release").output


def test_an_edit_of_a_learner_is_told_apart_from_a_change() -> None:
    published, edit = _packed("demo:basic:x"), replace(_packed("demo:basic:x"), deck="Mine")
    edit = replace(edit, fields={**edit.fields, "Answer": "So they say."})
    learner = replace(_release(edit, mod=9), is_exported=True)
    plan = compare(learner, _release(published, mod=7))
    assert [line.id for line in plan.edited] == ["x"]
    assert (plan.changed, plan.risks, plan.untouched) == ((), (), 0)
    assert "1 edited by this learner" in as_text("demo", "x.apkg", plan, width=100)
    later = compare(learner, _release(replace(published, tags=("demo::b",)), mod=10))
    assert (len(later.changed), later.edited) == (1, ())


@pytest.fixture
def committed(write_corpus: WriteCorpus, run: Run, tmp_path: Path) -> Path:
    """Return a corpus, built and committed, in a folder of a repository."""
    folder = write_corpus()
    git(tmp_path, "init", "--quiet")
    run("build", folder, "--output", tmp_path / "out", "--only", "apkg")
    git(tmp_path, "add", "demo")
    git(tmp_path, "commit", "--quiet", "--message", "First")
    return folder


def test_before_the_first_commit_all_is_new(write_corpus: WriteCorpus, run: Run, tmp_path: Path) -> None:
    folder = write_corpus()
    for _ in range(2):
        result = run("plan", folder)
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout.startswith("demo: for a learner who has nothing yet\n3 new\n")
        git(tmp_path, "init", "--quiet")


def test_the_last_tag_with_another_lock_is_what_learners_have(
    committed: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def edit(old: str, new: str, now: int, *, tag: str = "") -> str:
        chapter = committed / "01-first.md"
        chapter.write_text(chapter.read_text().replace(old, new))
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(now))
        assert run("build", committed, "--output", tmp_path / "out", "--only", "apkg").exit_code == 0
        git(tmp_path, "commit", "--quiet", "--all", "--allow-empty", "--message", "A change")
        if tag:
            git(tmp_path, "tag", tag)
        return "\n".join(run("plan", committed).stdout.splitlines()[:2])

    git(tmp_path, "tag", "v1")
    assert "has v1\n1 changed" in edit("The second", "The 2nd", 1790000100)
    assert "has v1\n1 changed" in edit("The 2nd", "The 2nd", 1790000200, tag="v2"), "v2 is what is here"
    assert "has v2\n1 changed" in edit("The 2nd", "The two", 1790000300)
    git(tmp_path, "checkout", "--quiet", "-b", "older", "v1")
    assert "has HEAD\n" in run("plan", committed).stdout, "v2 is no past of this branch"


def test_a_question_that_comes_back_is_to_be_unsuspended(
    committed: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def build(text: str, now: int) -> None:
        (committed / "01-first.md").write_text(text)
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(now))
        assert run("build", committed, "--output", tmp_path / "out", "--only", "apkg").exit_code == 0
        git(tmp_path, "commit", "--quiet", "--all", "--message", "A change")

    build(CHAPTER.replace("{#one", "{#uno"), 1790000100)
    git(tmp_path, "tag", "without")
    build(CHAPTER, 1790000200)
    said = run("plan", committed).stdout
    assert said.startswith(
        "demo: for a learner who has without\n1 back again\n  1.1  one  What is one?\n1 gone\n"
    )
    assert "unsuspend 1 note that the corpus has again, if you suspended them" in said
    assert "    tag:demo ID:one is:suspended\n" in said
    assert "back again" not in run("plan", committed, "--against", "HEAD~2").stdout, "who never saw it go"


def test_by_default_the_plan_is_for_who_has_the_last_commit(
    committed: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (committed / "01-first.md").write_text(CHAPTER.replace("The second", "The 2nd").replace("{#one", "{#uno"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000100")
    run("build", committed, "--output", tmp_path / "out", "--only", "apkg")
    result = run("plan", committed)
    assert result.output == (
        "demo: for a learner who has HEAD\n"
        "1 new\n"
        "  1.3  uno  What is one?\n"
        "1 changed\n"
        "  1.2  two  answer\n"
        "1 gone\n"
        "  1.1  one  What is one?\n"
        "1 untouched\n"
        "\n"
        "Manual steps (an import cannot do these):\n"
        "  suspend 1 note that the corpus no longer has\n"
        "    in the Browser, search for this, select all, Cards > Toggle Suspend; or Notes > Delete, if the\n"
        "    reviews need not be kept\n"
        "    tag:demo ID:one\n"
        "\n"
        "1 history at risk:\n"
        "  1.3 uno: it looks like 'one' under a new id: its reviews would stay with the old note\n"
        '    write {#uno was="one"}, or give it its old id again\n'
    )


def test_a_plan_writes_nothing(committed: Path, run: Run) -> None:
    (committed / "01-first.md").write_text(CHAPTER.replace("The second", "The 2nd"))
    before = {path: path.read_bytes() for path in committed.rglob("*") if path.is_file()}
    assert run("plan", committed).exit_code == 0
    assert {path: path.read_bytes() for path in committed.rglob("*") if path.is_file()} == before


def test_a_corpus_that_the_commit_did_not_have_is_all_new(
    committed: Path, run: Run, write_corpus: WriteCorpus
) -> None:
    other = write_corpus({"deck.toml": SETTINGS.replace('"demo"', '"other"')}, name="other")
    (plan,) = json.loads(run("plan", other, "--format", "json").output)
    assert len(plan["added"]) == 3


def test_what_is_neither_a_file_nor_a_commit_is_named(committed: Path, run: Run) -> None:
    result = run("plan", committed, "--against", "v9")
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: 'v9' is not a file, and not a commit that git knows\n",
    )


def test_without_git_there_is_no_commit_to_compare_with(write_corpus: WriteCorpus, run: Run) -> None:
    result = run("plan", write_corpus(), "--against", "HEAD")
    assert result.exit_code == 1
    assert "has no history in git: give the package that learners have, --against FILE.apkg" in result.stderr


def test_a_commit_that_breaks_todays_rules_is_named(committed: Path, run: Run, tmp_path: Path) -> None:
    (committed / "01-first.md").write_text(CHAPTER.replace("{#one", "{#-one"))
    git(tmp_path, "commit", "--quiet", "--all", "--message", "A mistake")
    (committed / "01-first.md").write_text(CHAPTER)
    result = run("plan", committed)
    assert result.exit_code == 1
    assert "as of HEAD has errors by the current rules, 01-first.md:5:" in result.stderr
