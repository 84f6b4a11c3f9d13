"""What the preview serves, and to whom."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from builder.anki.render import render_chapter
from builder.design.styles import FOLDER as STYLES
from builder.design.styles import Styles, read_styles
from builder.diagnostics import BuildError
from builder.markdown.sounds import PLAYER
from builder.preview.server import MOST_READING, Server
from builder.preview.session import Saved, Session, watching
from builder.runtime.cache import NO_CACHE, Cache
from tests.conftest import FLASK, LOOK, SETTINGS, WriteCorpus
from tests.running import PATIENCE, free_port, until
from tests.sounds import wav

NOW = 1_790_000_000
EDITOR = "editor:{path}:{line}"
TOKEN = "a-secret_of-22-letters"


def _watching(
    *folders: Path,
    cache: Cache = NO_CACHE,
    port: int | None = None,
    tell: Callable[[Exception], str] = str,
) -> AbstractContextManager[tuple[Session, Server, Saved]]:
    return watching(folders, cache=cache, port=port, editor=EDITOR, clock=lambda: NOW, tell=tell, token=TOKEN)


@pytest.fixture
def served(write_corpus: WriteCorpus) -> Iterator[tuple[Session, Server]]:
    """Serve a corpus with an image, and make no PDFs."""
    folder = write_corpus(
        {
            "01-first.md": "# T\n\n## One? {#one}\n\n![A flow](media/flow.svg)\n",
            "media/flow.svg": (LOOK / "flow.svg").read_bytes(),
            "secret.txt": "secret",
        }
    )
    with _watching(folder) as (session, server, _):
        yield session, server


def _get(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Ask for a path below the token."""
    return _ask(server, f"/{TOKEN}{path}", method, **headers)


def _ask(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), content


def test_the_page_its_parts_and_the_cards_are_served(served: tuple[Session, Server]) -> None:
    _, server = served
    for path, kind in (
        ("/", "text/html"),
        ("/page/app.js", "text/javascript"),
        ("/page/page.css", "text/css"),
        ("/0/cards.css", "text/css"),
        ("/state", "application/json"),
        ("/0/cards/one", "application/json"),
    ):
        status, headers, _ = _get(server, path)
        assert (status, headers["Content-Type"].partition(";")[0]) == (200, kind), path


def test_images_and_fonts_are_served_by_the_names_that_cards_use(served: tuple[Session, Server]) -> None:
    _, server = served
    back = json.loads(_get(server, "/0/cards/one")[2])["cards"][0]["back"]
    image = back.partition('src="')[2].partition('"')[0]
    assert _get(server, f"/0/{image}")[2] == (LOOK / "flow.svg").read_bytes()
    css = _get(server, "/0/cards.css")[2].decode()
    font = css.partition('url("')[2].partition('"')[0]
    assert _get(server, f"/0/{font}")[1]["Content-Type"] == "font/ttf"


@pytest.fixture
def sound(write_corpus: WriteCorpus) -> Iterator[tuple[Server, str]]:
    """Serve a corpus with a sound, and return the path of the sound."""
    text = "# T\n\n## One? {#one}\n\n![A dog](a.wav)\n"
    with _watching(write_corpus({"01-first.md": text, "a.wav": wav()})) as (_, server, _saved):
        back = json.loads(_get(server, "/0/cards/one")[2])["cards"][0]["back"]
        player = re.search(
            rf'<{PLAYER} src="([^"]+)" aria-label="A dog"></audio>',
            back,
        )
        assert player, back
        yield server, f"/0/{player[1]}"


def test_sounds_are_served_with_their_type(sound: tuple[Server, str]) -> None:
    server, path = sound
    status, headers, content = _get(server, path)
    assert (status, headers["Content-Type"], content) == (200, "audio/wav", wav())
    assert "media-src 'self'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-1", 0, 2), ("bytes=100-", 100, None), ("bytes=7-99999", 7, None), ("bytes=0-0", 0, 1)],
)
def test_a_sound_is_served_in_the_parts_that_browsers_ask_for(
    sound: tuple[Server, str], asked: str, start: int, end: int | None
) -> None:
    server, path = sound
    status, headers, content = _get(server, path, Range=asked)
    whole = wav()
    assert (status, content) == (206, whole[start:end])
    assert headers["Content-Range"] == f"bytes {start}-{start + len(content) - 1}/{len(whole)}"


@pytest.mark.parametrize(
    "asked", ["", "bytes=-5", "bytes=5-2", "bytes=999999-", "bytes=0-1,4-5", "x", "bytes=\u00b2-"]
)
def test_what_is_no_part_of_a_sound_is_all_of_it(sound: tuple[Server, str], asked: str) -> None:
    server, path = sound
    assert _get(server, path, Range=asked)[::2] == (200, wav())


@pytest.mark.parametrize(
    "path",
    [
        "/0/secret.txt",
        "/0/media/flow.svg",
        "/0/deck.toml",
        "/page/../server.py",
        "/page/%2e%2e/server.py",
        "/page/..%2fserver.py",
        "/..%2f..%2fpyproject.toml",
        "//etc/passwd",
        "/0/cards/two",
        "/1/cards/one",
        "/-1/cards/one",
        "/%C2%B2/cards/one",
        "/0/proof/apkg",
        "/0/proof/..",
        f"/{'9' * 5000}/cards/one",
        "//0/cards/one/..",
    ],
)
def test_nothing_else_is_served(served: tuple[Session, Server], path: str) -> None:
    assert _get(served[1], path)[0] == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "localhost:1", ""])
def test_a_page_that_came_by_another_name_gets_nothing(served: tuple[Session, Server], host: str) -> None:
    _, server = served
    for path in ("/", "/state", "/events"):
        assert _ask(server, path, Host=host.format(port=server.port))[0] == 403
        assert _get(server, path, Host=host.format(port=server.port))[0] == 403
    assert _get(server, "/state", Host=f"localhost:{server.port}")[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written(served: tuple[Session, Server], method: str) -> None:
    assert _get(served[1], "/state", method)[0] == 501


def test_no_page_may_load_what_is_not_ours_and_no_other_may_read_what_is(
    served: tuple[Session, Server],
) -> None:
    _, headers, _ = _get(served[1], "/")
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_only_this_machine_is_listened_to(served: tuple[Session, Server]) -> None:
    assert served[1].server_address[0] == "127.0.0.1"


def test_a_save_is_told_to_those_who_listen(served: tuple[Session, Server]) -> None:
    session, server = served
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    connection.request("GET", f"/{TOKEN}/events")
    events = connection.getresponse()
    assert events.readline() == b"event: hello\n"
    chapter = session.folders[0] / "01-first.md"
    chapter.write_text(chapter.read_text().replace("A flow", "A stream") + "\n## Two? {#two}\n\nNew.\n")
    assert session.follow([chapter])
    while (line := events.readline()) != b"event: change\n":
        assert line
    news = json.loads(events.readline().removeprefix(b"data: "))
    assert news["summary"] == "1 card changed, 1 card new"
    assert set(news["cards"]) == {"one", "two"}
    assert 'alt="A stream"' in news["cards"]["one"]["cards"][0]["back"]
    connection.close()


@pytest.mark.slow
def test_a_save_takes_a_small_part_of_the_time_that_the_first_look_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a card follows its save at once: of nearly a thousand, one is made anew."""
    monkeypatch.setattr("builder.pipeline.compile.cores", lambda: 1)
    folder = Path(shutil.copytree(FLASK, tmp_path / "flask"))
    chapter = folder / "06-contexts.md"
    heading, _, rest = chapter.read_text(encoding="utf-8").partition("{#contexts")
    attributes, _, answer = rest.partition("\n\n")
    begin = time.process_time()
    with _watching(folder) as (session, _, _):
        times = [time.process_time() - begin]
        for number in range(7):
            text = f"{heading}{{#contexts{attributes}\n\nEdit {number}. {answer}"
            chapter.write_text(text, encoding="utf-8")
            begin = time.process_time()
            saved = session.follow([chapter])
            times.append(time.process_time() - begin)
            assert saved
            assert saved.what == "06-contexts.md: 1 card changed"
    assert min(times[1:]) < 0.15 * times[0]


def test_a_port_that_is_taken_is_passed_over_unless_it_was_asked_for(write_corpus: WriteCorpus) -> None:
    folder, port = write_corpus(), free_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(BuildError, match=f"port {port} cannot be used"):
            _watching(folder, port=port).__enter__()
    with (
        _watching(folder) as (_, first, _),
        _watching(folder) as (_, second, _),
    ):
        assert first.port != second.port


def test_several_corpora_are_served_side_by_side(write_corpus: WriteCorpus) -> None:
    one, two = write_corpus(), write_corpus({"deck.toml": SETTINGS.replace("demo", "two")}, name="two")
    with _watching(one, two) as (session, server, opened):
        assert opened.what == "6 cards"
        (two / "01-first.md").write_text("# T\n\n## Three? {#three}\n\nYes.\n")
        saved = session.follow([two / "01-first.md"])
        assert saved
        assert saved.what == "01-first.md: 1 card new, 3 cards gone"
        assert _get(server, "/1/cards/three")[0] == 200
        assert _get(server, "/0/cards/three")[0] == 404
        assert _get(server, "/0/cards/one")[0] == 200


def test_nothing_is_left_behind(write_corpus: WriteCorpus) -> None:
    folder = write_corpus()
    files = sorted(folder.rglob("*"))
    with _watching(folder) as (session, _, _):
        target: Path = session.target
        assert target.is_dir()
    assert not target.exists()
    assert sorted(folder.rglob("*")) == files


def test_a_new_look_is_told_and_a_broken_one_is_only_named(
    served: tuple[Session, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    session, server = served
    before = _get(server, "/0/cards.css")[2]
    sheet = STYLES / "card.css"
    assert session.follow([sheet]) is None

    def broken() -> Styles:
        raise BuildError("theme.toml: this is not TOML")

    monkeypatch.setattr("builder.preview.session.read_styles", broken)
    saved = session.follow([sheet])
    assert saved
    assert saved.what == "theme.toml: this is not TOML"
    assert _get(server, "/0/cards.css")[2] == before
    changed = replace(read_styles(), base=".card { color: red; }")
    monkeypatch.setattr("builder.preview.session.read_styles", lambda: changed)
    saved = session.follow([sheet])
    assert saved
    assert saved.what == "styles: the look changed"
    assert _get(server, "/0/cards.css")[2].count(b"color: red; }")


def test_a_look_of_a_corpus_s_own_is_shown_at_its_next_save(served: tuple[Session, Server]) -> None:
    session, server = served
    before, state = _get(server, "/0/cards.css")[2], json.loads(_get(server, "/state")[2])
    folder = session.folders[0]
    (folder / "card.css").write_text(".cp .prompt { color: red }\n")
    saved = session.follow([folder / "card.css"])
    assert saved
    assert saved.what.startswith("styles: the look changed")
    assert _get(server, "/0/cards.css")[2] == before + b"\n.cp .prompt { color: red }\n"
    assert json.loads(_get(server, "/state")[2])["look"] != state["look"]
    assert {each.code for each in saved.new} == {"low-contrast"}
    (folder / "card.css").unlink()
    assert session.follow([folder / "card.css"])
    assert _get(server, "/0/cards.css")[2] == before


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/state",
        "/events",
        "/page/app.js",
        "/0/cards/one",
        f"/{TOKEN[:-1]}/state",
        f"/{TOKEN}x/state",
        "/%ff/",
    ],
)
def test_who_does_not_know_the_token_gets_nothing_but_a_sentence(
    served: tuple[Session, Server], path: str
) -> None:
    status, _, content = _ask(served[1], path)
    assert status == 403
    assert b"open the whole address that cardpress watch printed" in content
    assert TOKEN.encode() not in content


def test_the_page_names_no_address_that_begins_at_the_root(served: tuple[Session, Server]) -> None:
    """It would lack the token."""
    page = _get(served[1], "/")[2].decode()
    assert not re.findall(r'(?:src|href)="/', page)


def test_the_address_without_its_last_slash_leads_to_the_page(served: tuple[Session, Server]) -> None:
    status, headers, _ = _ask(served[1], f"/{TOKEN}")
    assert (status, headers["Location"]) == (303, f"/{TOKEN}/")


def test_an_address_for_the_command_line_is_good_for_once(served: tuple[Session, Server]) -> None:
    _, server = served
    path = urlsplit(server.url_for_once()).path
    assert TOKEN not in path
    status, headers, _ = _ask(server, path)
    assert (status, headers["Location"], headers["Cache-Control"]) == (303, f"/{TOKEN}/", "no-store")
    status, _, content = _ask(server, path)
    assert status == 403
    assert b"works only once" in content
    assert _ask(server, "/open/")[0] == _ask(server, "/open/x")[0] == 403


@pytest.mark.parametrize(
    "target", ["http://[/", "http://[x]/", "//[", f"/{'9' * 5000}/x", "*", "http://", "/\x00", "?", "/%"]
)
def test_an_odd_address_gets_an_answer(served: tuple[Session, Server], target: str) -> None:
    _, server = served
    host = f"127.0.0.1:{server.port}"
    answer = _send(server, f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
    assert re.match(rb"HTTP/1.1 40[034] ", answer), answer


def _send(server: Server, request: str) -> bytes:
    """Return all that the server answers to bytes, until it hangs up."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(request.encode("latin-1"))
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("half", ["", "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\n"])
def test_half_a_request_is_let_go_in_time(
    served: tuple[Session, Server], monkeypatch: pytest.MonkeyPatch, half: str
) -> None:
    monkeypatch.setattr("builder.preview.server.READING", 0.1)
    with suppress(ConnectionError):  # let go before it has said even that
        assert _send(served[1], half) == b""


def test_a_request_that_comes_letter_by_letter_has_no_more_time(
    served: tuple[Session, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builder.preview.server.READING", 0.2)
    with socket.create_connection(("127.0.0.1", served[1].port), timeout=PATIENCE) as connection:
        connection.setblocking(False)
        connection.send(b"GET / HTTP/1.1\r\nX: ")
        while True:
            try:
                time.sleep(0.01)  # or the header would be too long before a busy server looks at its clock
                connection.send(b"x")
                assert connection.recv(1000) == b""
            except BlockingIOError:
                continue
            except ConnectionError:
                pass
            break


def test_a_crowd_that_sends_half_requests_holds_few_threads_and_keeps_nobody_out(
    served: tuple[Session, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builder.preview.server.READING", 2 * PATIENCE)  # it is not time that ends them
    _, server = served
    with ExitStack() as crowd:
        connections = [
            crowd.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE))
            for _ in range(3 * MOST_READING)
        ]
        for connection in connections[:-MOST_READING]:
            assert connection.recv(1) == b"", "the oldest are ended"
        assert _get(server, "/state")[0] == 200
        until(lambda: _handlers() <= MOST_READING + 1, lambda: f"{_handlers()} threads")


def _handlers() -> int:
    """Count the threads that answer, or wait for a request."""
    return sum("process_request" in thread.name for thread in threading.enumerate())


def test_a_page_that_listens_is_not_ended_by_a_crowd(
    served: tuple[Session, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builder.preview.server.READING", 2 * PATIENCE)
    session, server = served
    listener = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    listener.request("GET", f"/{TOKEN}/events")
    events = listener.getresponse()
    assert events.readline() == b"event: hello\n"
    with ExitStack() as crowd:
        connections = [
            crowd.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE))
            for _ in range(2 * MOST_READING)
        ]
        assert connections[0].recv(1) == b""
        session.events.send("still", {})
        while (line := events.readline()) != b"event: still\n":
            assert line
    listener.close()


def test_a_fault_in_an_answer_is_told_and_the_server_goes_on(
    served: tuple[Session, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    session, server = served
    told: list[Exception] = []

    def tell(error: Exception) -> str:
        told.append(error)
        return "a sentence – about it"

    monkeypatch.setattr(session, "tell", tell)

    def broken(path: str) -> None:
        raise LookupError(path)

    with monkeypatch.context() as patch:
        patch.setattr(session, "_state", broken)
        status, _, content = _get(server, "/state")
    assert (status, "a sentence – about it" in content.decode()) == (500, True)
    assert [type(error) for error in told] == [TypeError]
    assert json.loads(_get(server, "/state")[2])["faults"] == ["a sentence – about it"]
    assert session.follow([]) is None
    assert json.loads(_get(server, "/state")[2])["faults"] == []


def test_a_fault_at_a_save_is_shown_until_the_next_save(
    served: tuple[Session, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    session, server = served
    chapter = session.folders[0] / "01-first.md"
    usual = render_chapter

    def broken(*arguments: Any) -> Any:
        raise LookupError("it broke")

    monkeypatch.setattr("builder.anki.render.render_chapter", broken)
    chapter.write_text(chapter.read_text().replace("A flow", "A stream"))
    assert session.follow([chapter]) is None
    assert json.loads(_get(server, "/state")[2])["faults"] == ["it broke"]
    assert b"A flow" in _get(server, "/0/cards/one")[2], "the card that it had"
    monkeypatch.setattr("builder.anki.render.render_chapter", usual)
    saved = session.follow([session.folders[0] / "deck.toml"])
    assert saved
    assert saved.what == "deck.toml: 1 card changed"
    assert b"A stream" in _get(server, "/0/cards/one")[2]
    assert json.loads(_get(server, "/state")[2])["faults"] == []


def test_a_fault_at_the_start_ends_nothing_and_the_next_save_tries_again(
    write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, usual = write_corpus(), render_chapter

    def broken(*arguments: Any) -> Any:
        raise LookupError("it broke")

    monkeypatch.setattr("builder.anki.render.render_chapter", broken)
    with _watching(folder) as (session, server, opened):
        assert opened.what == "0 cards"
        assert json.loads(_get(server, "/state")[2])["faults"] == ["it broke"]
        monkeypatch.setattr("builder.anki.render.render_chapter", usual)
        saved = session.follow([folder / "01-first.md"])
        assert saved
        assert saved.what == "01-first.md: 3 cards new"
        assert json.loads(_get(server, "/state")[2])["faults"] == []
