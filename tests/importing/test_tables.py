"""Tables of questions: CSV, TSV and Anki's text exports."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.importing.model import ImportedQuestion, Material, PartMap, Request, SourceError
from builder.importing.tables import NAME, explains, read
from builder.importing.write import plan_corpus
from tests.importing.showing import shown_here, text_of_html


def _read(folder: Path, content: str | bytes, name: str = "cards.csv", **asked: object) -> Material:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read(path, Request(scratch=folder, **asked))  # type: ignore[arg-type]


def _questions(material: Material) -> list[ImportedQuestion]:
    return [question for chapter in material.chapters for question in chapter.questions]


def _pairs(material: Material) -> list[tuple[str, str]]:
    return [(question.prompt, question.answer) for question in _questions(material)]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_that_divides_all_rows_alike(tmp_path: Path, separator: str) -> None:
    rows = [("one", "1: a, b; c | d" if separator not in ",;|" else "first"), ("two", "second")]
    material = _read(tmp_path, "\n".join(separator.join(row) for row in rows))
    assert [prompt for prompt, _ in _pairs(material)] == ["one", "two"]
    assert material.explained == 1


def test_quotes_hold_separators_quotes_and_lines(tmp_path: Path) -> None:
    material = _read(tmp_path, 'one,"a, ""b""\nand c"\r\n"two\n\nmore",second\r\n')
    first, second = _questions(material)
    assert first.answer == 'a, "b"\\\nand c'
    assert (second.prompt, second.context, second.answer) == ("two", "more", "second")
    assert [each.place for each in (first, second)] == ["cards.csv:1", "cards.csv:3"]


def test_a_first_row_of_names_says_what_columns_become(tmp_path: Path) -> None:
    material = _read(
        tmp_path,
        "ID,Question,Answer,Extra,Tags,Topic\nfirst-one,What?,This,More,a b::c,One\n"
        "next-one,Why?,So,,b,Two\n",
    )
    first, second = _questions(material)
    assert (first.id, first.prompt, first.answer, first.details) == ("first-one", "What?", "This", "More")
    assert first.tags == ("a", "b::c")
    assert [each.title for each in material.chapters] == ["One", "Two"]
    assert material.explained == 1
    assert second.details == ""
    assert len(plan_corpus(material, "cards").questions) == 2


def test_the_author_decides_what_columns_become(tmp_path: Path) -> None:
    text = "country,flag,map,tags\nFrance,blue,west,a\nSpain,red,south,b\n"
    guessed = _read(tmp_path, text)
    assert guessed.explained < 0.9
    assert guessed.maps[NAME].parts == {
        "country": "prompt",
        "flag": "answer",
        "map": "details",
        "tags": "tags",
    }
    parts = {"country": "answer", "flag": "prompt", "map": "section", "tags": "nothing"}
    material = _read(tmp_path, text, maps={NAME: PartMap(parts=parts)})  # type: ignore[arg-type]
    assert _pairs(material) == [("blue", "France"), ("red", "Spain")]
    assert _questions(material)[0].sections == (("map", "west"),)
    assert [(loss.place, loss.kind) for loss in material.losses] == [("cards.csv:2", "column")]


def test_options_beside_an_answer_are_a_choice(tmp_path: Path) -> None:
    text = "Question,Option A,Option B,Option C,Answer\nWhich?,x,y,z,B\nWhat?,p,q,r,r\n"
    first, second = _questions(_read(tmp_path, text))
    assert (first.kind, first.answer) == ("choice", "- [ ] x\n- [x] y\n- [ ] z")
    assert (second.kind, second.answer) == ("choice", "- [ ] p\n- [ ] q\n- [x] r")
    assert first.has_ordered_options
    assert second.has_ordered_options
    (apart,) = _questions(_read(tmp_path, "Question,Answer,Option 1,Option 2\nWhich?,x,y,z\n"))
    assert apart.answer == "- [x] x\n- [ ] y\n- [ ] z"
    assert not apart.has_ordered_options


@pytest.mark.parametrize(
    ("head", "tags"),
    [
        ("الكلمة;المعنى;وسوم", ("n",)),
        ("שאלה;תשובה;תגיות", ("n",)),
        ("واژه;معنی;برچسب\u200cها", ("n",)),
        ("سؤال;إجابة", ()),
    ],
)
def test_columns_may_have_names_of_languages_from_right_to_left(
    tmp_path: Path, head: str, tags: tuple[str, ...]
) -> None:
    (question,) = _questions(_read(tmp_path, f"{head}\nكتاب;book{';n' * len(tags)}\n"))
    assert (question.prompt, question.answer, question.tags) == ("كتاب", "book", tags)


def test_deletions_make_a_cloze(tmp_path: Path) -> None:
    material = _read(tmp_path, "The {{c1::sun}} is a {{c2::star::what?}}.\tExtra\n", "cards.tsv")
    (question,) = _questions(material)
    assert (question.kind, question.prompt, question.details) == ("cloze", "The … is a … .", "Extra")
    assert question.answer == "The {{c1::sun}} is a {{c2::star::what?}}."


def test_ankis_headers_say_what_columns_hold(tmp_path: Path) -> None:
    text = (
        "#separator:tab\n#html:true\n#guid column:1\n#notetype column:2\n#deck column:3\n#tags column:6\n"
        'abc:1\tBasic\tAll::One\t<b>Front</b> &amp; more\t"a<br>b"\tt1 marked t2::x\n'
        "abc:2\tCloze\tAll::Two::Sub\tA {{c1::gap}}\t\t\n"
    )
    material = _read(tmp_path, text, "cards.txt")
    first, second = _questions(material)
    assert (first.prompt, first.answer, first.tags) == ("**Front** & more", "a\\\nb", ("t1", "t2::x"))
    assert (second.kind, second.prompt, second.guid) == ("cloze", "A …", "")
    assert material.title == "All"
    assert [each.title for each in material.chapters] == ["One", "Two – Sub"]
    assert [*material.maps] == ["Basic", "Cloze"]
    assert [loss.kind for loss in material.losses] == ["GUID"]


def test_a_deck_is_imported_with_its_subdecks_alone(tmp_path: Path) -> None:
    text = "#separator:tab\n#deck column:1\nA::B\tone\t1\nA::B::C\ttwo\t2\nAB\tthree\t3\n"
    assert len(_pairs(_read(tmp_path, text, "cards.txt", deck="A::B"))) == 2
    with pytest.raises(SourceError, match="no rows of the deck 'X'"):
        _read(tmp_path, text, "cards.txt", deck="X")


def test_headers_name_columns_tags_and_the_deck_of_all_rows(tmp_path: Path) -> None:
    text = (
        "#separator:Semicolon\n#columns:Back;Front\n#tags:x y\n#deck:Geo::Asia\n#html:false\n# a comment\n"
        "<b>;What is bold?\n#another comment\n;\n"
    )
    material = _read(tmp_path, text, "cards.txt")
    (question,) = _questions(material)
    assert (question.prompt, shown_here(question.answer).strip()) == ("What is bold?", "<b>")
    assert question.tags == ("x", "y")
    assert material.title == "Asia"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_encodings_are_told_by_their_marks(tmp_path: Path, encoding: str) -> None:
    data = "größe\tä – 漢\nzwei\t2\n".encode(encoding)
    if encoding == "utf-16-be":
        data = b"\xfe\xff" + data
    assert _pairs(_read(tmp_path, data, "cards.tsv"))[0] == ("größe", "ä – 漢")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("rows", [1, 20_000])
def test_a_table_in_utf_16_as_excel_saves_unicode_text_looks_like_one(
    tmp_path: Path, encoding: str, rows: int
) -> None:
    path = tmp_path / "cards.txt"
    path.write_bytes(("\ufeffQuestion\tAnswer\r\n" + "größe 漢\tä 😀\r\n" * rows).encode(encoding))
    assert explains(path) > 0.5


def test_another_encoding_is_a_loss_that_names_it(tmp_path: Path) -> None:
    material = _read(tmp_path, "größe\tä\nzwei\t2\n".encode("cp1252"), "cards.tsv")
    assert _pairs(material)[0] == ("größe", "ä")
    assert [(loss.place, loss.kind) for loss in material.losses] == [("cards.tsv:1", "encoding")]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *(("表,裏\n日本の首都は？,東京\n", name) for name in ("cp932", "euc-jp", "iso2022_jp")),
        *(("正面,背面\n中国的首都是哪里？,北京\n", name) for name in ("gb18030", "gbk")),
        ("正面,背面\n臺灣的首都是哪裡？,臺北\n", "big5"),
        *(("앞면,뒷면\n한국의 수도는?,서울\n", name) for name in ("euc-kr", "cp949")),
        *(("Вопрос,Ответ\nСтолица?,Москва\n", name) for name in ("cp1251", "koi8-r")),
        ("Ερώτηση,Απάντηση\nΠρωτεύουσα;,Αθήνα\n", "cp1253"),
        ("คำถาม,คำตอบ\nเมืองหลวง,กรุงเทพ\n", "cp874"),
    ],
)
def test_an_encoding_that_would_show_wrong_letters_is_refused(
    tmp_path: Path, text: str, encoding: str
) -> None:
    with pytest.raises(SourceError, match="save it as UTF-8"):
        _read(tmp_path, text.encode(encoding))
    assert explains(tmp_path / "cards.csv") > 0
    assert len(_pairs(_read(tmp_path, text.encode()))) == 1, "the first row has the names of the columns"


@pytest.mark.parametrize(
    "text",
    [
        "“Où ?”,Là – çà et là\n",
        "größe,ä\n",
        "œuvre,«à»\n",
        "½ × ¼ ÷ ¾,€ 3\n",
        "año,ñandú\n",
        "«\xa0Où\xa0?\xa0»,«\xa0Là\xa0!\xa0»\n",
        "„Äpfel“ – „Öl“,„Übel“\n",
        "¡¿Qué?!,«¿Él?»\n",
        "“‘Yes’ he”—“no”…,“It’s ‘x’”\n",
    ],
)
def test_the_encoding_of_western_windows_is_read(tmp_path: Path, text: str) -> None:
    ((prompt, answer),) = _pairs(_read(tmp_path, text.encode("cp1252")))
    assert f"{prompt},{answer}\n" == text.replace("\xa0", " ")


@pytest.mark.parametrize("tag", ["हिन्दी", "ที่นี่", "தமிழ்", "日本語", "é", "کتاب\u200cها"])
def test_a_tag_in_any_script_stays_as_it_is(tmp_path: Path, tag: str) -> None:
    files = plan_corpus(_read(tmp_path, f"front,back,tags\nA?,B,{tag} x\n"), "cards").files
    assert f'tags="{tag} x"' in "".join(map(str, files.values()))
    assert [
        question.tags for question in _questions(_read(tmp_path, f"One?,two,{tag}\nThree?,four,{tag}\n"))
    ] == [(tag,)] * 2


@pytest.mark.parametrize(
    "text",
    ["=HYPERLINK(1)", "+1", "-2", "@sum", "1. one", "- a", "* a *", "`a`", "<b>", "[a](b)", "$x$"],
)
def test_a_plain_text_shows_every_sign_that_it_has(tmp_path: Path, text: str) -> None:
    (question,) = _questions(
        _read(tmp_path, f"#html:false\n#separator:tab\n{text}\t{text} and {text}\n", "c.txt")
    )
    assert shown_here(f"## {question.prompt}").strip() == text
    assert re.sub(r"\s+", " ", shown_here(question.answer)).strip() == f"{text} and {text}"


def test_images_beside_the_table_are_taken_along_and_lost_ones_named(tmp_path: Path) -> None:
    (tmp_path / "a b.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>')
    material = _read(tmp_path, '"<img src=""a b.svg"">",one\n"<img src=none.png>",two\n')
    first, _ = _questions(material)
    assert "media/a-b.svg" in first.context
    assert [*material.media] == ["a-b.svg"]
    assert any(loss.kind == "missing image" and loss.place == "cards.csv:2" for loss in material.losses)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            *[st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=20)] * 2
        ),
        min_size=1,
        max_size=4,
    )
)
def test_any_plain_text_is_shown_as_it_stands(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    rows = [(f"Q {front}", f"A {back}") for front, back in rows]
    text = "#separator:comma\n#html:false\n#columns:Front,Back\n"
    text += "".join(f"{quoted(front)},{quoted(back)}\n" for front, back in rows)
    material = _read(tmp_path_factory.mktemp("x"), text, "cards.txt")
    for question, (front, back) in zip(_questions(material), rows, strict=True):
        # A chapter has the id behind the prompt, so that a last # is not the end of the heading.
        shown = shown_here(f"## {question.prompt} end"), shown_here(question.answer)
        for found, wanted in zip(shown, (f"{front} end", back), strict=True):
            assert "".join(found.split()) == "".join(wanted.split())


_ANKI = """
import json, sys
from anki.collection import Collection
from anki.import_export_pb2 import ImportCsvRequest
path, folder = sys.argv[1:]
col = Collection(folder + "/collection.anki2")
request = ImportCsvRequest(path=path, metadata=col.get_csv_metadata(path=path, delimiter=None))
col.import_csv(request)
notes = [col.get_note(id_) for id_ in col.find_notes("")]
print(json.dumps([[*note.fields, sorted(note.tags), col.decks.name(note.cards()[0].did)] for note in notes]))
col.close()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "#separator:tab\n#html:true\none\t1<br>2\ntwo\t2\n",
        '#separator:Comma\n#html:false\n"a ""b"" c",<b>\n#comment\nd,"e\nf"\n',
        "#separator:Pipe\n#columns:Back|Front\n1|one\n2|two\n",
        "#separator:;\n#tags:x y\n#deck:A::B\none;1\ntwo;2\n",
        "#separator:tab\n#tags column:1\n#deck column:2\nx y\tA::B\tone\t1\n\tA::C\ttwo\t2\n",
        'one\t1\ntwo "quoted" in it\t"2" and more\n',
        "tags: x y\none;1\ntwo;2\n",
        "#separator:tab,\n#html:false,\none\t1\n",
        "\ufeff#separator:tab\none\t1\n\n\ntwo\t2\n",
    ],
)
def test_rows_are_read_as_anki_reads_them(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cards.txt"
    path.write_text(text, encoding="utf-8")
    answer = subprocess.run(
        [sys.executable, "-c", _ANKI, path, tmp_path], capture_output=True, text=True, check=True
    )
    notes = json.loads(answer.stdout.splitlines()[-1])
    material = read(path, Request(scratch=tmp_path))
    found = []
    for chapter in material.chapters:
        for question in chapter.questions:
            texts = (question.prompt, question.answer)
            found.append(
                [*("".join(shown_here(each).split()) for each in texts), sorted(question.tags), chapter.title]
            )
    wanted = [
        [*("".join(text_of_html(each).split()) for each in note[:2]), note[2], note[3].rpartition("::")[2]]
        for note in notes
    ]
    for row in (*wanted, *found):
        row[3] = row[3] if "deck" in text else ""
    assert found == wanted


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"," * 10_000_000, "too many columns in line 1"),
        (b'a,"' + b"x" * 3_000_000, "it is not a table"),
        (b'a,"' + b"x\n" * 2_000_000, "is a quote not closed"),
        (b"\0\1\2" * 1_000_000, "is not text"),
        (bytes(range(256)) * 4000, "is not text"),
        (b"a,b\n" * 6_000_000, "has more than 20 MB"),
        (b"\n" * 5_000_000, "is not a table"),
        (b"word " * 1_000_000, "is not a table"),
        (b"a,b," + b"c," * 2000 + b"\n1,2\n", "columns in line 1"),
        (b"", "is not a table"),
    ],
)
def test_a_hostile_table_is_one_sentence_soon(tmp_path: Path, content: bytes, message: str) -> None:
    start = time.process_time()
    with pytest.raises(SourceError, match=message) as caught:
        _read(tmp_path, content)
    assert "\n" not in str(caught.value)
    assert time.process_time() - start < 30  # no verdict on speed: only that it ends


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells how much memory it took")
def test_a_hostile_table_takes_little_memory(tmp_path: Path) -> None:
    code = (
        "import re, sys\nfrom pathlib import Path\n"
        "from builder.importing.model import Request, SourceError\n"
        "from builder.importing.tables import read\n"
        "try:\n    read(Path(sys.argv[1]), Request(scratch=Path('.')))\n"
        "except SourceError as error:\n    print(error)\n"
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) // 1024)\n"
    )
    for name, content in {
        "wide.csv": b"," * 10_000_000,
        "long.csv": "漢".encode() * 6_000_000,
        "quote.csv": b'a,"' + b"x\n" * 9_000_000,
    }.items():
        (tmp_path / name).write_bytes(content)
        ran = subprocess.run(
            [sys.executable, "-c", code, tmp_path / name], capture_output=True, text=True, check=True
        )
        sentence, megabytes = ran.stdout.splitlines()
        assert sentence
        assert int(megabytes) <= 300


def test_a_quick_look_tells_tables_from_texts(tmp_path: Path) -> None:
    fits = {}
    for name, content in {
        "a.csv": "one,1\ntwo,2\n",
        "b.txt": "#separator:tab\none\t1\n",
        "c.txt": "Words, and more words.\nOthers.\n\nAnd, so, on.\n",
        "d.md": "a,b\nc,d\n",
        "e.csv": "\0\1",
        "f.txt": "one\t1\ntwo\t2\n",
    }.items():
        (tmp_path / name).write_text(content)
        fits[name] = explains(tmp_path / name)
    assert fits["b.txt"] > fits["a.csv"] > fits["f.txt"] > fits["c.txt"]
    assert fits["d.md"] == fits["e.csv"] == explains(tmp_path) == 0
