"""From YAML text to a tree with lines: PyYAML's parser, less what case files do without."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from typing import Any

import yaml

from conformance.casefile.errors import Path, Problems, YamlError, key_text, quoted
from conformance.casefile.scalars import resolve
from conformance.casefile.tree import LinedDict, LinedList

MAX_DEPTH = 40  # an array of 32 axes inside a case

try:
    _Safe: type[Any] = yaml.CSafeLoader
except AttributeError:  # PyYAML built without libyaml: the same answers, about twenty times slower
    _Safe = yaml.SafeLoader

# Escapes can bring in what source.read_text has kept out; it breaks terminals, JUnit files, UTF-8.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_STANDARD_TAG = "tag:yaml.org,2002:"
_BLOCK = "check that the lines of this block start in the same column, and its quotes and brackets"
_HINTS = (  # words of libyaml and of PyYAML's own parser
    (
        "cannot start any token",
        "put text that starts with a special sign in quotes, and indent with spaces",
    ),
    ("a tab character", "indent with spaces"),
    ("mapping values are not", 'put text that holds ": " in quotes, and check the columns of the lines'),
    ("expected alphabetic or numeric", "put text that starts with * or & in quotes"),
    ("expected comment or line break", "put text that starts with > or | in quotes"),
    ("expected chomping or indentation", "put text that starts with > or | in quotes"),
    ("expected ',' or", "is a bracket not closed, or a comma missing?"),
    ("node content", "is a bracket not closed, or a value missing?"),
    ("unexpected end of stream", "is a quote not closed?"),
    ("expected <block end>", _BLOCK),
    ("expected key", _BLOCK),
    ("expected '-' indicator", _BLOCK),
    ("could not find expected ':'", "is the colon after a key missing?"),
    ("undefined tag handle", "leave the tag out, or put text that starts with ! in quotes"),
)


class CaseLoader(_Safe):  # type: ignore[misc]  # one of two classes, known only when this runs
    """PyYAML's safe loader (the C one where there is one), of which only the events are used.

    Its constructors read `1e-7` as text and `010` as 8, and drop lines and duplicate keys.
    """


def read_tree(text: str, path: str, loader: type[Any] = CaseLoader) -> Any:
    """The tree of a case file's `text`: LinedDict, LinedList and scalars (see scalars.resolve).

    Raises YamlError, with all duplicate keys, aliases, anchors, tags and empty values of the file, or
    with the first thing that is no YAML, is nested more than 40 deep, or is a second document.
    """
    problems = Problems(path, YamlError)
    builder = _Builder(problems)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.handle[type(event)](event)
    except YamlError:
        raise
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # the pure parser hands \U00110000 to chr()
        problems.at(*_describe(error))
    problems.raise_any()
    if not builder.documents:
        problems.at(1, "", "the file is empty")
    problems.raise_any()
    return builder.root


def _describe(error: Exception) -> tuple[int, str, str, str]:
    message = getattr(error, "problem", None) or str(error)
    context: str = getattr(error, "context", None) or ""
    line, context_line = _line(error, "problem_mark"), _line(error, "context_mark")
    if context:
        start = f" that starts on line {context_line}" if context_line not in (line, None) else ""
        message = f"{context}{start}: {message}"
    hint = next((hint for words, hint in _HINTS if words in message), "")
    return line or 1, "", "not YAML: " + " ".join(message.split()), hint


def _line(error: Exception, name: str) -> int | None:
    mark = getattr(error, name, None)
    return None if mark is None else int(mark.line) + 1


class _Builder:
    """Builds the tree from parser events. `stack` holds the open containers, `keys` the key each waits on."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.root: Any = None
        self.documents = 0
        self.stack: list[LinedDict | LinedList] = []
        self.keys: list[str | None] = []
        self.handle: dict[type[Any], Callable[[Any], None]] = {
            yaml.StreamStartEvent: self.skip,
            yaml.StreamEndEvent: self.skip,
            yaml.DocumentStartEvent: self.document,
            yaml.DocumentEndEvent: self.skip,
            yaml.ScalarEvent: self.scalar,
            yaml.AliasEvent: self.alias,
            yaml.MappingStartEvent: self.mapping,
            yaml.SequenceStartEvent: self.sequence,
            yaml.MappingEndEvent: self.close,
            yaml.SequenceEndEvent: self.close,
        }

    def skip(self, event: Any) -> None:
        """Nothing to do."""

    def document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self.stop(event, "a second document", "remove the --- and everything after it")

    def scalar(self, event: Any) -> None:
        line, text, is_plain = event.start_mark.line + 1, event.value, event.style in (None, "")
        if event.tag is not None or event.anchor is not None:
            self.refuse_properties(event, line)
        if not text.isprintable() and (control := _CONTROL.search(text)):
            code = ord(control.group())
            self.note(line, f"the text holds the control character U+{code:04X}", "remove it")
        if self.stack and self.keys[-1] is None and type(self.stack[-1]) is LinedDict:
            self.key(text, line, is_plain)
        elif is_plain:
            if not text and not self.stack:
                self.stop(event, "the file is empty", "")
            elif not text:
                self.note(line, "has no value", 'write null, "" or {}, or remove the key')
            self.put(resolve(text), line)
            self.done()
        else:
            self.put(text, line)
            self.done()

    def key(self, text: str, line: int, is_plain: bool) -> None:
        mapping = self.stack[-1]
        assert isinstance(mapping, LinedDict)
        self.keys[-1] = text
        if text in mapping.lines:
            self.note(
                line, f"duplicate key; it is already on line {mapping.lines[text]}", "remove one of them"
            )
            return
        if not text:
            self.note(line, "an empty key", "write its name")
        elif text == "<<" and is_plain:
            self.note(line, "merge keys are not allowed", "write the keys out")
        mapping.lines[text] = line
        if not is_plain:
            mapping.quoted.add(text)

    def put(self, value: Any, line: int) -> None:
        if not self.stack:
            self.root = value
            return
        container = self.stack[-1]
        if isinstance(container, LinedDict):
            container[self.keys[-1]] = value  # type: ignore[index]  # a mapping has had its key
        else:
            container.append(value)
            container.lines.append(line)

    def done(self) -> None:
        """The value is complete: a mapping waits for its next key."""
        if self.keys:
            self.keys[-1] = None

    def alias(self, event: Any) -> None:
        name, line = f"*{event.anchor}", event.start_mark.line + 1
        hint = "write the value out, or put text that starts with * in quotes"
        if self.stack and self.keys[-1] is None and isinstance(self.stack[-1], LinedDict):
            self.stop(event, f"the alias {quoted(name)} is not allowed", hint)
        self.note(line, f"the alias {quoted(name)} is not allowed", hint)
        self.put(name, line)
        self.done()

    def mapping(self, event: Any) -> None:
        self.open(event, LinedDict(event.start_mark.line + 1))

    def sequence(self, event: Any) -> None:
        self.open(event, LinedList(event.start_mark.line + 1))

    def open(self, event: Any, container: LinedDict | LinedList) -> None:
        if event.tag is not None or event.anchor is not None:
            self.refuse_properties(event, container.line)
        if self.stack and self.keys[-1] is None and isinstance(self.stack[-1], LinedDict):
            self.stop(event, "a key must be plain text", "put text that starts with { or [ in quotes")
        if len(self.stack) >= MAX_DEPTH:
            self.stop(event, f"nested more than {MAX_DEPTH} deep", "is a bracket not closed?")
        self.put(container, container.line)
        self.stack.append(container)
        self.keys.append(None)

    def close(self, event: Any) -> None:
        self.stack.pop()
        self.keys.pop()
        self.done()

    def refuse_properties(self, event: Any, line: int) -> None:
        if event.anchor is not None:
            hint = "leave it out, or put text that starts with & in quotes"
            self.note(line, f"the anchor {quoted('&' + event.anchor)} is not allowed", hint)
        if event.tag is not None:
            tag = event.tag.replace(_STANDARD_TAG, "!!")
            hint = "leave it out, or put text that starts with ! in quotes"
            self.note(line, f"the tag {quoted(tag)} is not allowed", hint)

    def note(self, line: int, message: str, hint: str) -> None:
        self.problems.at(line, key_text(self.where(), self.root), message, hint)

    def where(self) -> Path:
        """The keys and indices of the value being read."""
        steps: list[Hashable] = []
        for depth, (container, key) in enumerate(zip(self.stack, self.keys, strict=True), 1):
            if isinstance(container, LinedList):
                steps.append(len(container) - (depth < len(self.stack)))
            elif key is not None:
                steps.append(key)
        return tuple(steps)

    def stop(self, event: Any, message: str, hint: str) -> None:
        self.note(event.start_mark.line + 1, message, hint)
        self.problems.raise_any()
