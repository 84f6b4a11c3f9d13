"""What the preview serves, and to whom."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from builder.diagnostics import BuildError
from builder.preview.server import Server
from builder.preview.session import Session, watching
from builder.styles import FOLDER as STYLES
from builder.styles import Styles, read_styles
from tests.conftest import LOOK, SETTINGS, WriteCorpus
from tests.running import free_port

NOW = 1_790_000_000
EDITOR = "editor:{path}:{line}"


@pytest.fixture
def served(write_corpus: WriteCorpus) -> Iterator[tuple[Session, Server]]:
    """Serve a corpus with a picture, and make no PDFs."""
    folder = write_corpus(
        {
            "01-first.md": "# T\n\n## One? {#one}\n\n![A flow](media/flow.svg)\n",
            "media/flow.svg": (LOOK / "flow.svg").read_bytes(),
            "secret.txt": "secret",
        }
    )
    with watching([folder], port=None, editor=EDITOR, clock=lambda: NOW) as (session, server, _):
        yield session, server


def _get(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
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


def test_pictures_and_fonts_are_served_by_the_names_that_cards_use(served: tuple[Session, Server]) -> None:
    _, server = served
    back = json.loads(_get(server, "/0/cards/one")[2])["cards"][0]["back"]
    picture = back.partition('src="')[2].partition('"')[0]
    assert _get(server, f"/0/{picture}")[2] == (LOOK / "flow.svg").read_bytes()
    css = _get(server, "/0/cards.css")[2].decode()
    font = css.partition('url("')[2].partition('"')[0]
    assert _get(server, f"/0/{font}")[1]["Content-Type"] == "font/ttf"


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
    ],
)
def test_nothing_else_is_served(served: tuple[Session, Server], path: str) -> None:
    assert _get(served[1], path)[0] == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "localhost:1", ""])
def test_a_page_that_came_by_another_name_gets_nothing(served: tuple[Session, Server], host: str) -> None:
    _, server = served
    for path in ("/", "/state", "/events"):
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
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/events")
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


def test_a_port_that_is_taken_is_passed_over_unless_it_was_asked_for(write_corpus: WriteCorpus) -> None:
    folder, port = write_corpus(), free_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(BuildError, match=f"port {port} cannot be used"):
            watching([folder], port=port, editor=EDITOR, clock=lambda: NOW).__enter__()
    with (
        watching([folder], port=None, editor=EDITOR, clock=lambda: NOW) as (_, first, _),
        watching([folder], port=None, editor=EDITOR, clock=lambda: NOW) as (_, second, _),
    ):
        assert first.port != second.port


def test_several_corpora_are_served_side_by_side(write_corpus: WriteCorpus) -> None:
    one, two = write_corpus(), write_corpus({"deck.toml": SETTINGS.replace("demo", "two")}, name="two")
    with watching([one, two], port=None, editor=EDITOR, clock=lambda: NOW) as (session, server, opened):
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
    with watching([folder], port=None, editor=EDITOR, clock=lambda: NOW) as (session, _, _):
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
    changed = replace(read_styles(), card=".card { color: red; }")
    monkeypatch.setattr("builder.preview.session.read_styles", lambda: changed)
    saved = session.follow([sheet])
    assert saved
    assert saved.what == "styles: the look changed"
    assert _get(server, "/0/cards.css")[2].endswith(b"color: red; }")
