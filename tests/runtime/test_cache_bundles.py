"""Bundles: many small entries of a cache in one file, which count exactly as in files of their own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from builder.runtime.cache import Cache, key_of
from builder.runtime.cache_bundles import WORTH_A_BUNDLE

ENTRIES = {key_of(str(number)): str(number).encode() * number for number in range(WORTH_A_BUNDLE)}
FIRST, SECOND = list(ENTRIES)[1:3]


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", 10**6, b"mine")


def _again(cache: Cache, secret: bytes = b"mine") -> Cache:
    return Cache(cache.folder, cache.limit, secret)


def _bundles(cache: Cache) -> list[Path]:
    return [*(cache.folder / "bundles").iterdir()]


def _of_all(cache: Cache) -> dict[str, bytes | None]:
    return {key: cache.get(key) for key in ENTRIES}


def test_many_entries_are_one_file_and_few_are_one_each(cache: Cache) -> None:
    assert not cache.put_all(ENTRIES)
    assert _of_all(cache) == _of_all(_again(cache)) == ENTRIES
    assert all(key in _again(cache) for key in ENTRIES)
    assert len(_bundles(cache)) == 1
    few = {key_of("a"): b"1", key_of("b"): b"2"}
    assert not cache.put_all(few)
    assert {key: cache.get(key) for key in few} == few
    assert len(_bundles(cache)) == 1


def test_what_another_process_wrote_meanwhile_is_found(cache: Cache) -> None:
    assert cache.get(FIRST) is None
    _again(cache).put_all(ENTRIES)
    assert _of_all(cache) == ENTRIES
    more = {key_of(f"more {number}"): b"x" for number in range(WORTH_A_BUNDLE)}
    _again(cache).put_all(more)
    assert all(cache.get(key) == b"x" for key in more)


@pytest.mark.parametrize("place", [0, 33, 41, 50, 110])
def test_a_damaged_index_is_that_of_no_bundle(cache: Cache, place: int) -> None:
    cache.put_all(ENTRIES)
    (bundle,) = _bundles(cache)
    data = bytearray(bundle.read_bytes())
    data[place] ^= 1
    bundle.write_bytes(data)
    assert set(_of_all(_again(cache)).values()) == {None}
    assert not cache.put_all(ENTRIES)
    assert _of_all(_again(cache)) == ENTRIES


def test_a_damaged_value_is_missing_and_can_be_put_anew(cache: Cache) -> None:
    cache.put_all(ENTRIES)
    (bundle,) = _bundles(cache)
    data = bytearray(bundle.read_bytes())
    data[-1] ^= 1
    bundle.write_bytes(data)
    after = _again(cache)
    last = list(ENTRIES)[-1]
    assert after.get(last) is None
    assert after.get(FIRST) == ENTRIES[FIRST]
    after.put(last, b"new")
    assert after.get(last) == _again(cache).get(last) == b"new"


@pytest.mark.parametrize("data", [b"", b"x" * 39, b"\0" * 40, b"\xff" * 500])
def test_a_file_that_is_no_bundle_is_no_error(cache: Cache, data: bytes) -> None:
    cache.put_all(ENTRIES)
    (cache.folder / "bundles" / ("a" * 62)).write_bytes(data)
    (cache.folder / "bundles" / "a folder").mkdir()
    assert _of_all(_again(cache)) == ENTRIES


def test_a_bundle_that_was_made_with_another_secret_counts_as_missing(cache: Cache) -> None:
    _again(cache, b"a stranger's").put_all(ENTRIES)
    assert set(_of_all(cache).values()) == {None}


@pytest.mark.parametrize("place", ["folder", "bundle", "pipe"])
def test_a_link_or_a_pipe_leads_nowhere(cache: Cache, tmp_path: Path, place: str) -> None:
    cache.put_all(ENTRIES)
    (bundle,) = _bundles(cache)
    elsewhere = tmp_path / "elsewhere"
    match place:
        case "folder":
            bundle.parent.rename(elsewhere)
            bundle.parent.symlink_to(elsewhere)
        case "bundle":
            bundle.rename(elsewhere)
            bundle.symlink_to(elsewhere)
        case "pipe":
            bundle.unlink()
            os.mkfifo(bundle)
    assert set(_of_all(_again(cache)).values()) == {None}


def test_a_bundle_goes_as_a_whole_when_it_was_not_used_for_the_longest_time(cache: Cache) -> None:
    cache.put_all(ENTRIES)
    other = {key_of(f"other {number}"): b"x" * 500 for number in range(WORTH_A_BUNDLE)}
    cache.put_all(other)
    for bundle in _bundles(cache):
        os.utime(bundle, (1000, 1000))
    assert _again(cache).get(FIRST) == ENTRIES[FIRST]
    Cache(cache.folder, 20_000, b"mine").put(key_of("new"), b"y" * 4000)
    after = _again(cache)
    assert _of_all(after) == ENTRIES
    assert not any(key in after for key in other)


def test_a_folder_that_is_deleted_meanwhile_is_made_again(cache: Cache) -> None:
    cache.put_all(ENTRIES)
    assert cache.get(FIRST)
    shutil.rmtree(cache.folder)
    assert _again(cache).get(SECOND) is None
    assert SECOND not in cache
    assert not cache.put_all(ENTRIES)
    assert _of_all(_again(cache)) == ENTRIES


def test_where_nothing_can_be_kept_all_keys_are_returned(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert set(Cache(tmp_path / "file", 1000).put_all(ENTRIES)) == ENTRIES.keys()
