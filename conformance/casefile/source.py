"""From a path to text: regular file, size, encoding, characters."""

from __future__ import annotations

import codecs
import os
import re
import stat
from pathlib import Path

from conformance.casefile.errors import Problems, UnreadableError

MAX_BYTES = 16 << 20

# What YAML calls printable, less the three line breaks that editors do not count as lines.
_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_LINE_BREAK = re.compile("\r\n|\r|\n")
_OTHER_BREAKS = "\x85\u2028\u2029"
_OTHER_ENCODINGS = (  # UTF-32 first: its mark starts with that of UTF-16
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def read_text(path: str | os.PathLike[str], shown_as: str | None = None) -> str:
    """The text of a YAML file, without a byte order mark; CRLF stays for YAML to read as a line break.

    `shown_as` is the path that errors show, the given one by default.

    Raises UnreadableError: no such file, no regular file, more than 16 MiB, not UTF-8, or a
    character that YAML does not allow.
    """
    problems = Problems(shown_as or os.fspath(path), UnreadableError)
    data = _read_bytes(Path(path), problems)
    problems.raise_any()
    text = _decode(data, problems)
    problems.raise_any()
    found = _UNPRINTABLE.search(text)
    if found:
        problems.at(_line(text, found.start()), "", *_describe(found.group()))
    problems.raise_any()
    return text


def _read_bytes(path: Path, problems: Problems) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # reading a pipe would wait for ever
            problems.at(1, "", "not a regular file")
        elif status.st_size > MAX_BYTES:
            size = f"{status.st_size / (1 << 20):.1f} MiB"
            problems.at(
                1,
                "",
                f"{size} is more than the {MAX_BYTES >> 20} MiB allowed",
                "use generators for large inputs",
            )
        else:
            return path.read_bytes()
    except OSError as error:
        problems.at(1, "", f"cannot be read: {error.strerror or error}")
    except ValueError:
        problems.at(1, "", "cannot be read: the path holds a NUL byte")
    return b""


def _decode(data: bytes, problems: Problems) -> str:
    for mark, name in _OTHER_ENCODINGS:
        if data.startswith(mark):
            problems.at(1, "", f"the file is {name}", "save it as UTF-8")
            return ""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        bad = error.object[error.start]
        line = _line(data[: error.start].decode("utf-8", "replace"), None)
        problems.at(line, "", f"byte 0x{bad:02x} is not UTF-8", "save the file as UTF-8")
        return ""


def _line(text: str, end: int | None) -> int:
    return 1 + len(_LINE_BREAK.findall(text[:end]))


def _describe(character: str) -> tuple[str, str]:
    code = f"U+{ord(character):04X}"
    if character == "\0":
        return "a NUL byte", "save the file as UTF-8 text"
    if character in _OTHER_BREAKS:
        return f"the line break {code}", "end lines with a newline, or write it as an escape in double quotes"
    if character == "\ufeff":
        return "a byte order mark (U+FEFF) inside the file", "remove it"
    return f"the control character {code}", "remove it"
