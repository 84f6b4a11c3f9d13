"""A folder of notes becomes a corpus with a chapter for each note that has questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.importing.model import Material, PartMap, Request, SourceError
from builder.importing.questions import NAME
from builder.importing.vault import explains, read
from builder.importing.write import plan_corpus

_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'


def _read(folder: Path, files: dict[str, str], **roles: str) -> Material:
    vault = folder / "vault"
    for name, text in files.items():
        (vault / name).parent.mkdir(parents=True, exist_ok=True)
        (vault / name).write_text(text, encoding="utf-8")
    parts = {name.replace("_", " "): role for name, role in roles.items()}
    maps = {NAME: PartMap(parts=parts)} if roles else {}  # type: ignore[arg-type]
    return read(vault, Request(scratch=folder, maps=maps))


def _answers(material: Material) -> dict[str, str]:
    return {each.prompt: each.answer for chapter in material.chapters for each in chapter.questions}


def _losses(material: Material) -> list[tuple[str, str]]:
    return [(loss.place, loss.kind) for loss in material.losses]


def test_each_note_is_a_chapter_in_the_order_of_folders_and_names(tmp_path: Path) -> None:
    material = _read(
        tmp_path,
        {
            "b/two.md": "## What is b?\n\nb\n\n# Part\n\n## What is c?\n\nc\n",
            "a.md": "---\ntitle: First\ntags: [x]\n---\n\n## What is a?\n\na\n",
            ".obsidian/x.md": "## What is hidden?\n\nThis.\n",
            "README.md": "## What is this?\n\nA vault.\n",
        },
    )
    assert [(each.title, each.file_name) for each in material.chapters] == [("First", "a"), ("Part", "two")]
    assert _answers(material) == {"What is a?": "a", "What is b?": "b", "What is c?": "c"}
    assert material.chapters[0].questions[0].tags == ("x",)
    assert material.title == "vault"
    assert len(plan_corpus(material, "vault").questions) == 3


@pytest.mark.parametrize("tag", ["हिन्दी", "ที่นี่", "日本語", "한국어", "کتاب\u200cها"])
def test_a_tag_in_any_script_is_a_tag(tmp_path: Path, tag: str) -> None:
    files = {"a.md": f"#{tag}/x\n\n## What?\n\nThis. #{tag}\n", "b.md": f"#{tag} #flashcards\n\nOne::two\n"}
    first, second = (each for chapter in _read(tmp_path, files).chapters for each in chapter.questions)
    assert {*first.tags} == {tag, f"{tag}::x"}
    assert (first.answer.strip(), second.answer.strip()) == ("This.", "two")


def test_a_readme_in_a_folder_has_the_name_of_the_folder_and_one_beside_notes_is_none(tmp_path: Path) -> None:
    text = "## What is {}?\n\nThis.\n"
    files = {"README.md": text.format(1), "linux/README.md": text.format(2), "aws/README.md": text.format(3)}
    material = _read(tmp_path / "a", files)
    assert [each.file_name for each in material.chapters] == ["aws", "linux"]
    material = _read(tmp_path / "b", {"README.md": text.format(1)})
    assert [each.file_name for each in material.chapters] == ["README"]


def test_the_numbers_of_names_order_folders_but_two_chapters_have_not_the_same(tmp_path: Path) -> None:
    text = "## What is {}?\n\nThis.\n"
    files = {f"{folder}/1 - intro.md": text.format(folder) for folder in "ab"}
    material = _read(tmp_path, files)
    assert [(each.title, each.file_name) for each in material.chapters] == [("1 - intro", "")] * 2
    assert len(plan_corpus(material, "x").files) == 5


def test_links_by_name_lead_to_questions_and_otherwise_are_their_words(tmp_path: Path) -> None:
    material = _read(
        tmp_path,
        {
            "one.md": (
                "## What is one?\n\n[[two#What is b?|that]], [[two]], [[Second]],"
                " [[#What is one?]], [[none|x]]\n"
            ),
            "sub/two.md": "---\naliases: [Second]\n---\n## What is b?\n\nb [[one]] `[[code]]`\n",
        },
    )
    answers = _answers(material)
    assert answers["What is one?"] == (
        "[that](#what-is-b), [two](#what-is-b), [Second](#what-is-b), [What is one?](#what-is-one), x"
    )
    assert answers["What is b?"] == "b [one](#what-is-one) `[[code]]`"
    assert _losses(material) == [("one.md:3", "link")]


def test_a_link_to_a_note_of_several_questions_is_its_words_and_a_loss(tmp_path: Path) -> None:
    files = {"one.md": "## What?\n\n[[two]] and [[two#Other]]\n", "two.md": "## A?\n\na\n\n## B?\n\nb\n"}
    material = _read(tmp_path, files)
    assert _answers(material)["What?"] == "two and two > Other"
    assert _losses(material) == [("one.md:3", "link")] * 2


def test_embedded_images_and_notes_are_shown_and_other_files_named(tmp_path: Path) -> None:
    material = _read(
        tmp_path,
        {
            "one.md": (
                "## What?\n\n![[my pic.svg|300]]\n\n![[two#Part]]\n\n![[two#^name]]\n\n"
                "![[a.pdf]] ![[none.png]]\n"
                "![alt|80](assets/my%20pic.svg)\n"
            ),
            "two.md": "Before.\n\n# Part\n\nWithin [[one]] ![[one]].\n\n# After\n\nA block ^name\n",
            "assets/my pic.svg": _SVG,
        },
    )
    assert _answers(material)["What?"] == (
        "![my pic](media/my-pic.svg){width=300}\n\n###### Part\n\n"
        "Within [one](#what) [one](#what).\n\nA block\n\n"
        "a.pdf none\n![alt](media/my-pic.svg){width=80}"
    )
    assert [*material.media] == ["my-pic.svg"]
    kinds = [kind for place, kind in _losses(material) if place.startswith("one.md")]
    assert kinds == ["file", "missing image"]


def test_comments_are_left_out_and_named_and_block_names_are_no_text(tmp_path: Path) -> None:
    text = "## What?\n\nA %%hidden%% word ^abc\n\n%%\nmore\n%%\n\n`%%`\n"
    material = _read(tmp_path, {"one.md": text})
    assert _answers(material)["What?"] == "A  word\n\n`%%`"
    assert _losses(material) == [("one.md:3", "comment"), ("one.md:5", "comment"), ("one.md:7", "comment")]


def test_tags_in_texts_become_tags_of_the_note_or_the_question(tmp_path: Path) -> None:
    text = "#all\n\n## What is a? #one/two\n\na #three\n\n```\n#code\n```\n\n## What is b?\n\nb, issue #12\n"
    first, second = _read(tmp_path, {"one.md": text}).chapters[0].questions
    assert (first.prompt, first.tags) == ("What is a?", ("all", "one::two", "three"))
    assert first.answer == "a\n\n```\n#code\n```"
    assert (second.tags, second.answer) == (("all",), "b, issue #12")


def test_callouts_and_formulas_stay_as_they_are(tmp_path: Path) -> None:
    text = "> [!note] Title\n> words\n\n$$\na_1\n$$\n\n==marked== and $x^2$"
    assert _answers(_read(tmp_path, {"one.md": f"## What?\n\n{text}\n"}))["What?"] == text


def test_notes_without_questions_are_counted(tmp_path: Path) -> None:
    files = {f"2024-01-0{day}.md": f"# Day\n\n## Done\n\nThings {day}.\n" for day in range(1, 8)}
    material = _read(tmp_path, {**files, "one.md": "## What?\n\nThis.\n"})
    assert [each.file_name for each in material.chapters] == ["one"]
    (loss,) = material.losses
    assert loss.message.startswith("7 notes without questions: 2024-01-01.md, ")
    assert material.counts["notes"] == 8


def test_headings_are_questions_where_nothing_asks_and_the_author_has_to_confirm_it(tmp_path: Path) -> None:
    files = {"one.md": "# Notes\n\n## Cell\n\nA unit.\n\n## Nucleus\n\nIts centre.\n"}
    material = _read(tmp_path, files)
    assert _answers(material) == {"Cell": "A unit.", "Nucleus": "Its centre."}
    assert material.explained < 0.9
    decided = _read(tmp_path, files, heading_1="prompt", heading_2="answer")
    assert [*_answers(decided)] == ["Notes"]


def test_what_most_notes_have_is_the_mapping_and_other_notes_have_their_own(tmp_path: Path) -> None:
    files = {
        "one.md": "## What is a?\n\na\n",
        "two.md": "## What is b?\n\nb\n",
        "three.md": "### What is c?\n\nc\n\n### What is d?\n\nd\n",
    }
    material = _read(tmp_path, files)
    assert {name: dict(each.parts) for name, each in material.maps.items()} == {
        NAME: {"heading 2": "prompt", "heading 3": "answer"},
        "three.md": {"heading 3": "prompt"},
    }
    again = read(tmp_path / "vault", Request(scratch=tmp_path, maps=material.maps))
    assert (again.chapters, again.maps) == (material.chapters, material.maps)


def test_a_note_that_embeds_others_without_end_is_bounded(tmp_path: Path) -> None:
    long = "\n\n".join(f"Line {number}." for number in range(900))
    embeds = "\n\n".join(["![[long]]"] * 50)
    material = _read(tmp_path, {"one.md": f"## What?\n\n{embeds}\n\n![[one]]\n", "long.md": long})
    assert len(_answers(material)["What?"]) < 40_000
    assert ("one.md:7", "embedded note") in _losses(material)


def test_a_note_that_leads_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("## What is secret?\n\nThis.\n")
    (tmp_path / "vault").mkdir()
    (tmp_path / "vault" / "link.md").symlink_to(tmp_path / "secret.md")
    material = _read(tmp_path, {"one.md": "## What?\n\n![[../secret.md]] ![a](../secret.svg)\n"})
    assert [*_answers(material)] == ["What?"]
    assert ("link.md", "note") in _losses(material)


def test_a_folder_without_notes_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has no questions"):
        _read(tmp_path, {"one.txt": "x"})


def test_a_quick_look_tells_a_vault_from_other_folders(tmp_path: Path) -> None:
    assert explains(tmp_path) == 0
    (tmp_path / "a.md").write_text("x")
    assert 0 < explains(tmp_path) < 0.9
    (tmp_path / ".obsidian").mkdir()
    assert explains(tmp_path) > 0.9
    assert explains(tmp_path / "a.md") == 0


@pytest.mark.slow
def test_two_thousand_notes_are_read_without_looking_at_each_again_for_each(tmp_path: Path) -> None:
    files = {
        f"{number:04}.md": f"## What is {number}?\n\nSee [[{number + 1:04}]].\n" for number in range(2000)
    }
    material = _read(tmp_path, files)
    assert len(material.chapters) == 2000
    assert _answers(material)["What is 7?"] == "See [0008](#what-is-8)."
