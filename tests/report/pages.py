"""The page taken apart: its elements, and the data that travel in it."""

from __future__ import annotations

import base64
import gzip
import html.parser
import json
import re
from typing import Any

VOID = {"meta", "br", "input"}


class Page(html.parser.HTMLParser):
    """Tags balanced, and what the page says in which element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)
        elif not (self.open and self.open[-1] == "style"):
            self.texts.append(data)

    def text(self) -> str:
        """What a reader sees, without a script."""
        return re.sub(r"\s+", " ", " ".join(self.texts))

    def values(self, name: str) -> list[str]:
        """The values of an attribute, wherever it stands."""
        return [value for _, key, value in self.attributes if key == name]


def unpacked(text: str, name: str) -> Any:
    """The data under an id."""
    found = re.search(rf'<script type="text/plain" id="{name}"[^>]*>([A-Za-z0-9+/=]*)</script>', text)
    assert found is not None
    return json.loads(gzip.decompress(base64.b64decode(found[1])))


def rows(text: str) -> list[dict[str, Any]]:
    """The table of checks, one dictionary a row, ids and features put together again."""
    data = unpacked(text, "columns")
    words, codes = data["words"], data["codes"]
    key = ("operator", "case", "variant", "api", "name", "dtype", "device", "mode", "aspect")
    made = []
    for at in range(data["rows"]):
        row = {name: words[name][codes[name][at]] for name in words if name != "features"}
        row["id"] = data["ids"].get(str(at)) or "/".join(row[name] for name in key)
        row["features"] = [
            data["features"]["words"][n] for n in data["features"]["sets"][codes["features"][at]]
        ]
        made.append({**row, **{name: values[at] for name, values in data["numbers"].items()}})
    return made


def report(text: str, identity: str) -> tuple[str, dict[str, str]] | None:
    """Headline and sections (each as one text) of a check's whole report, None where the page has none."""
    place = unpacked(text, "columns")["details"][[row["id"] for row in rows(text)].index(identity)]
    if place is None:
        return None
    found = re.search(r'data-together="(\d+)"', text)
    assert found is not None
    size = int(found[1])
    texts, reports = unpacked(text, f"details-{place // size}")
    headline, sections = reports[place % size]

    def said(value: Any) -> str:
        return texts[value] if isinstance(value, int) else "\n".join(said(item) for item in value)

    return texts[headline], {
        texts[title]: "\n".join(said(part) for block in blocks for part in block[1:])
        for title, blocks in sections
    }
