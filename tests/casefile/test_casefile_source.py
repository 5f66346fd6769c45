"""From bytes to text: what is read, and one clear error for what is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conformance.casefile import UnreadableError, load, read_text
from conformance.casefile.source import MAX_BYTES

ESCAPE_IT = "end lines with a newline, or write it as an escape in double quotes"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "op.yaml"


def test_crlf_and_byte_order_mark_change_nothing(valid, path):
    path.write_bytes(valid.encode())
    expected = load(path)
    path.write_bytes(b"\xef\xbb\xbf" + valid.replace("\n", "\r\n").encode())
    assert load(path) == expected


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("third_line", "message"),
    [
        (b"a: \xff", "op.yaml:3: byte 0xff is not UTF-8; save the file as UTF-8"),
        (b"a: \xed\xa0\x80", "op.yaml:3: byte 0xed is not UTF-8; save the file as UTF-8"),
        (b"a: \0", "op.yaml:3: a NUL byte; save the file as UTF-8 text"),
        (b"a: \x1b[1m", "op.yaml:3: the control character U+001B; remove it"),
        (b"a: \x7f", "op.yaml:3: the control character U+007F; remove it"),
        (
            "a: \x85b".encode(),
            f"op.yaml:3: the line break U+0085; {ESCAPE_IT}",
        ),
        (
            "a: \u2028b".encode(),
            f"op.yaml:3: the line break U+2028; {ESCAPE_IT}",
        ),
        ("a: \ufeff".encode(), "op.yaml:3: a byte order mark (U+FEFF) inside the file; remove it"),
    ],
)
def test_refused_characters_by_line(refused, third_line, message, line_break):
    lines = [b"operator: op", "# Gödel, αβγ, 漢字, 🙂".encode(), third_line, b"b: 1"]
    assert refused(line_break.encode().join(lines)) == [message]


@pytest.mark.parametrize("name", ["utf-16", "utf-32"])
def test_other_encodings_are_named(valid, refused, name):
    assert refused(valid.encode(name)) == [f"op.yaml:1: the file is {name.upper()}; save it as UTF-8"]


def test_utf16_without_a_mark(valid, refused):
    assert refused(valid.encode("utf-16-le")) == ["op.yaml:1: a NUL byte; save the file as UTF-8 text"]


def test_size_limit(valid, path):
    path.write_bytes(valid.encode() + b"#" * (MAX_BYTES - len(valid)))
    assert load(path).name == "op"
    path.write_bytes(valid.encode() + b"#" * (MAX_BYTES - len(valid) + 1))
    with pytest.raises(UnreadableError) as caught:
        load(path, shown_as="op.yaml")
    assert (
        str(caught.value)
        == "op.yaml:1: 16.0 MiB is more than the 16 MiB allowed; use generators for large inputs"
    )


def test_missing_file(path):
    with pytest.raises(UnreadableError) as caught:
        load(path, shown_as="op.yaml")
    assert str(caught.value) == "op.yaml:1: cannot be read: No such file or directory"


def test_folder_and_pipe_are_no_files(path, tmp_path):
    path.mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    for place in (path, tmp_path / "pipe.yaml"):
        with pytest.raises(UnreadableError) as caught:
            load(place, shown_as="op.yaml")
        assert str(caught.value) == "op.yaml:1: not a regular file"


def test_path_with_a_nul_byte():
    with pytest.raises(UnreadableError) as caught:
        load("a\0b.yaml", shown_as="op.yaml")
    assert str(caught.value) == "op.yaml:1: cannot be read: the path holds a NUL byte"


def test_errors_show_the_given_path_by_default(path):
    with pytest.raises(UnreadableError) as caught:
        read_text(path)
    assert str(caught.value).startswith(f"{path}:1: ")
    assert caught.value.location.path == str(path)
