"""A difference as text, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.diff.comparison import Change, Difference, Ended, Kind
from conformance.report.visible import visible
from conformance.results import Header, number_form

_SHOWN = 5  # ids of a group; JSON has all


@dataclass(frozen=True, slots=True)
class _Group:
    """Changes of one kind, operator, API and environment, from one state to another."""

    title: str
    api: str
    environment: str
    changes: list[Change]


def text(difference: Difference) -> str:
    """The difference for a terminal: counts, then what has changed, folded, the regressions first."""
    lines = [
        f"old  {difference.old}: {_environments(difference.headers[0])}",
        f"new  {difference.new}: {_environments(difference.headers[1])}",
        *(
            f"     {visible(old)} of the old file counts as {visible(new)}"
            for old, new in difference.mapped.items()
        ),
        "",
        *(f"  {name:<14} {count:>8,}" for name, count in _counts(difference)),
    ]
    for kind in Kind:
        for group in _groups(difference, kind):
            lines += ["", f"{kind}: {group.title}, {group.api}, {_often(group)} in {group.environment}"]
            lines += [f"  {visible(change.id)}{_budget(change)}" for change in group.changes[:_SHOWN]]
            lines += _more(group, "  ")
    return "\n".join([*lines, "", _conclusion(difference)]) + "\n"


def markdown(difference: Difference) -> str:
    """The same as GitHub's and GitLab's Markdown."""
    lines = [
        f"## {_conclusion(difference)}",
        "",
        f"- old: {_code(str(difference.old))}, {_cell(_environments(difference.headers[0]))}",
        f"- new: {_code(str(difference.new))}, {_cell(_environments(difference.headers[1]))}",
        *(f"- {_code(old)} of the old file counts as {_code(new)}" for old, new in difference.mapped.items()),
        "",
        "| | checks |",
        "| --- | ---: |",
        *(f"| {name} | {count:,} |" for name, count in _counts(difference)),
    ]
    for kind in Kind:
        groups = list(_groups(difference, kind))
        if groups:
            lines += ["", f"### {kind}", "", "| what | API | environment | checks | such as |"]
            lines.append("| --- | --- | --- | ---: | --- |")
        for group in groups:
            first = group.changes[0]
            cells = [
                _cell(group.title),
                _code(group.api),
                _code(group.environment),
                f"{len(group.changes):,}",
            ]
            lines.append(f"| {' | '.join(cells)} | {_code(first.id)}{_cell(_budget(first))} |")
    return "\n".join(lines) + "\n"


def as_json(difference: Difference) -> str:
    """All changes, one by one, as one JSON object."""
    form = {
        "old": str(difference.old),
        "new": str(difference.new),
        "mapped": difference.mapped,
        "regressions": difference.regressions,
        "counts": dict(_counts(difference)),
        "changes": [
            {
                "kind": str(change.kind),
                "regression": change.kind.regression,
                "id": change.id,
                "old": _ended_form(change.old),
                "new": _ended_form(change.new),
            }
            for change in difference.changes
        ],
    }
    return json.dumps(form, indent=2, allow_nan=False) + "\n"


FORMATS: dict[str, Callable[[Difference], str]] = {"text": text, "markdown": markdown, "json": as_json}


def _ended_form(ended: Ended | None) -> dict[str, Any] | None:
    if ended is None:
        return None
    ratio = None if ended.ratio is None else number_form(ended.ratio)
    state = ended.state
    return {
        "outcome": state.outcome,
        "subtype": state.subtype,
        "cause": state.cause,
        "fingerprint": state.fingerprint,
        "max_bound_ratio": ratio,
    }


def _counts(difference: Difference) -> Iterator[tuple[str, int]]:
    yield "the same", difference.same
    for kind in Kind:
        yield str(kind), len(difference.of(kind))


def _groups(difference: Difference, kind: Kind) -> Iterator[_Group]:
    """The changes of one kind, folded; the largest groups first."""
    found: dict[tuple[str, str, str], list[Change]] = {}
    for change in difference.of(kind):
        words = change.id.split("/")
        api, environment = (words[3], words[4]) if len(words) > 4 else ("", "")
        found.setdefault((_title(change), api, environment), []).append(change)
    for (title, api, environment), changes in sorted(found.items(), key=lambda item: -len(item[1])):
        yield _Group(visible(title), visible(api), visible(environment), changes)


def _title(change: Change) -> str:
    if change.kind is Kind.GROWN:
        return "still within the bound"
    old, new = (str(ended.state) if ended is not None else "" for ended in (change.old, change.new))
    return f"{old}, now {new}" if old and new else old or new


def _budget(change: Change) -> str:
    """How much of its bound a check uses up, where that is what has changed."""
    if change.kind is not Kind.GROWN or change.old is None or change.new is None:
        return ""
    return f" (error/bound {change.old.ratio:.3g} -> {change.new.ratio:.3g})"


def _conclusion(difference: Difference) -> str:
    if not difference.regressions:
        return "no regression"
    count = difference.regressions
    return f"{count:,} regression" if count == 1 else f"{count:,} regressions"


def _environments(header: Header) -> str:
    forms = header["environments"].items()
    return (
        ", ".join(visible(f"{name} ({form['framework']} {form['version']})") for name, form in forms)
        or "none"
    )


def _often(group: _Group) -> str:
    count = len(group.changes)
    return f"{count:,} check" if count == 1 else f"{count:,} checks"


def _more(group: _Group, indent: str) -> list[str]:
    rest = len(group.changes) - _SHOWN
    return [f"{indent}and {rest:,} more"] if rest > 0 else []


def _cell(words: str) -> str:
    """Text that Markdown and a table leave as it is."""
    for sign in "\\`*_[]<>|":
        words = words.replace(sign, f"\\{sign}")
    return words


def _code(words: str) -> str:
    """Text as code, in a table."""
    return f"`{visible(words).replace('`', chr(39)).replace('|', chr(92) + '|')}`"
