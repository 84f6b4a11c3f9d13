"""The cache: what it gives back is what was put in, or nothing."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import builder.runtime.cache
from builder.runtime.cache import SECRET_SIZE, Cache, fingerprint, key_of, user_secret

KEY, OTHER = key_of("one"), key_of("another")


def _file(cache: Cache, key: str) -> Path:
    return cache.folder / key[:2] / key[2:]


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", 1000)


def test_gives_back_what_was_put_in(cache: Cache) -> None:
    assert cache.get(KEY) is None
    cache.put(KEY, b"value")
    assert cache.get(KEY) == b"value"
    assert Cache(cache.folder, 1000).get(KEY) == b"value"
    assert cache.get(OTHER) is None


@pytest.mark.parametrize("damaged", [b"", b"short", b"x" * 100])
def test_a_damaged_entry_counts_as_missing_and_is_rebuilt(cache: Cache, damaged: bytes) -> None:
    cache.put(KEY, b"value")
    _file(cache, KEY).write_bytes(damaged)
    assert cache.get(KEY) is None
    cache.put(KEY, b"value")
    assert cache.get(KEY) == b"value"


def test_a_changed_bit_and_the_entry_of_another_key_count_as_damage(cache: Cache) -> None:
    cache.put(KEY, b"value")
    content = bytearray(_file(cache, KEY).read_bytes())
    cache.put(OTHER, b"value")
    _file(cache, OTHER).write_bytes(content)
    assert cache.get(OTHER) is None
    content[-1] ^= 1
    _file(cache, KEY).write_bytes(content)
    assert cache.get(KEY) is None


def test_a_folder_that_is_deleted_meanwhile_is_made_again(cache: Cache) -> None:
    assert cache.put(KEY, b"one")
    shutil.rmtree(cache.folder)
    assert cache.get(KEY) is None
    assert cache.put(KEY, b"two")
    assert cache.get(KEY) == b"two"


def test_what_was_not_used_for_the_longest_time_goes_first(cache: Cache) -> None:
    keys = [key_of(str(number)) for number in range(10)]
    for age, key in enumerate(keys):
        cache.put(key, b"x" * 60)
        os.utime(_file(cache, key), (1000 + age, 1000 + age))
    assert cache.get(keys[0])
    Cache(cache.folder, 600).put(OTHER, b"y")
    kept = [key for key in keys if cache.get(key)]
    assert kept == [keys[0], *keys[7:]]
    assert cache.get(OTHER)


def test_what_many_builds_write_stays_within_the_limit(cache: Cache) -> None:
    for number in range(200):
        Cache(cache.folder, cache.limit).put(key_of(str(number)), b"x" * 20)
    files = [path for path in cache.folder.glob("*/*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= cache.limit * 1.1


def test_the_folder_is_looked_through_only_after_much_was_written(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Path] = []

    def entries(folder: Path) -> tuple[()]:
        looked.append(folder)
        return ()

    monkeypatch.setattr(builder.runtime.cache, "_entries", entries)
    for number in range(12):
        Cache(cache.folder, cache.limit).put(key_of(str(number)), b"x" * 20)
    assert len(looked) == 6  # at first, and after each hundred bytes, of which digests take some
    (cache.folder / "written").unlink()
    cache.put(KEY, b"value")
    assert len(looked) == 7


def test_no_folder_or_one_that_cannot_be_written_is_no_cache_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = Cache(tmp_path / "file", 1000)
    cache.put(KEY, b"value")
    assert cache.get(KEY) is None


def test_builds_at_once_do_not_see_halves(cache: Cache) -> None:
    values = {bytes([number]) * 50_000 for number in range(8)}

    def use(value: bytes) -> bytes | None:
        mine = Cache(cache.folder, 10**9)
        mine.put(KEY, value)
        return mine.get(KEY)

    with ThreadPoolExecutor(8) as pool:
        assert values >= set(pool.map(use, [*values] * 5))


def test_version_control_and_backups_leave_it_out(cache: Cache) -> None:
    cache.put(KEY, b"value")
    assert (cache.folder / ".gitignore").read_text() == "*\n"
    assert (
        (cache.folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    )


def test_a_key_tells_its_parts_apart() -> None:
    assert key_of("ab", "c") != key_of("a", "bc") != key_of("abc")
    assert key_of("ab", b"c") == key_of(b"ab", "c")
    assert key_of("\ud800")


def test_the_fingerprint_knows_the_libraries_and_python(monkeypatch: pytest.MonkeyPatch) -> None:
    fingerprint.cache_clear()
    first = fingerprint()
    fingerprint.cache_clear()
    assert fingerprint() == first
    monkeypatch.setattr("sys.version", "4.0")
    fingerprint.cache_clear()
    assert fingerprint() != first
    fingerprint.cache_clear()


@pytest.mark.parametrize("place", ["written", "shelf", "entry", "folder"])
def test_a_cache_that_came_with_a_repository_leads_nowhere(tmp_path: Path, place: str) -> None:
    mine = tmp_path / "mine"
    (mine / "ab").mkdir(parents=True)
    precious = mine / "ab" / "precious"
    precious.write_bytes(b"x" * 1000)
    os.utime(precious, (1, 1))
    cache = Cache(tmp_path / "cache", 100)
    key = KEY
    if place != "folder":
        cache.put(key, b"value")
    match place:
        case "written":
            (cache.folder / "written").unlink(missing_ok=True)
            (cache.folder / "written").symlink_to(precious)
        case "shelf":
            for number in range(256):
                shelf = cache.folder / f"{number:02x}"
                if not shelf.exists():
                    shelf.symlink_to(mine / "ab")
        case "entry":
            (cache.folder / key[:2] / key[2:]).unlink()
            os.mkfifo(cache.folder / key[:2] / key[2:])
        case "folder":
            cache.folder.symlink_to(mine)
    assert cache.get(key) in (None, b"value")
    for number in range(50):
        cache.put(key_of(str(number)), b"y" * 50)
    assert precious.read_bytes() == b"x" * 1000
    assert [path.name for path in (mine / "ab").iterdir()] == ["precious"]


def test_an_entry_that_was_made_with_another_secret_counts_as_missing(tmp_path: Path) -> None:
    stranger = Cache(tmp_path / "cache", 1000, b"a stranger's")
    assert stranger.put(KEY, b"value")
    assert Cache(tmp_path / "cache", 1000, b"mine").get(KEY) is None


def test_a_secret_is_made_once_for_the_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "cardpress" / "cache.key"
    secret = user_secret(path)
    assert secret
    assert len(secret) == SECRET_SIZE
    assert user_secret(path) == secret
    assert path.stat().st_mode & 0o077 == 0
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    path.write_bytes(b"torn")
    assert user_secret(path) not in (None, secret, b"torn")


def test_where_no_secret_can_be_kept_there_is_no_cache(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert user_secret(tmp_path / "file" / "cache.key") is None
