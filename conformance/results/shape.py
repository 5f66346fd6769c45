"""Small rules that say what a JSON value must look like; each answers with a problem, or with "".

A problem starts with the place inside the value: `.error.pattern: expected text, got 3`. Most values of
a record are of a type that settles the matter; rules that hold others look at the type themselves, since
asking a rule for each of them took most of the time of reading a file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeAlias

Rule: TypeAlias = Callable[[Any], str]

_SETTLING: dict[Rule, frozenset[type]] = {}
"""The types that are right by themselves, for the rules that have any."""

DEEPEST = 32  # nested lists in an argument
NUMBER_WORDS = ("NaN", "Infinity", "-Infinity")


def _settled_by(*types: type) -> Callable[[Rule], Rule]:
    """Notes that the decorated rule accepts every value of exactly these types."""

    def note(rule: Rule) -> Rule:
        _SETTLING[rule] = frozenset(types)
        return rule

    return note


def _settling(rule: Rule) -> frozenset[type]:
    return _SETTLING.get(rule, frozenset())


@_settled_by(str)
def text(value: Any) -> str:
    """Any text."""
    return "" if type(value) is str else f": expected text, got {_kind(value)}"


@_settled_by(bool)
def boolean(value: Any) -> str:
    """True or false."""
    return "" if type(value) is bool else f": expected true or false, got {_kind(value)}"


def count(value: Any) -> str:
    """A whole number from 0."""
    good = type(value) is int and value >= 0
    return "" if good else f": expected a whole number from 0, got {_kind(value)}"


@_settled_by(int)
def whole(value: Any) -> str:
    """A whole number."""
    return "" if type(value) is int else f": expected a whole number, got {_kind(value)}"


@_settled_by(int, float, bool)
def number(value: Any) -> str:
    """A number, or the name of a non-finite one."""
    if type(value) in (int, float, bool) or (type(value) is str and value in NUMBER_WORDS):
        return ""
    return f': expected a number, "NaN", "Infinity" or "-Infinity", got {_kind(value)}'


@_settled_by(type(None), bool, int, float, str)
def scalar(value: Any) -> str:
    """An argument as `scalar_form` writes it."""
    return _nested(value, 0)


def _nested(value: Any, depth: int) -> str:
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return ""
    if kind is list and depth < DEEPEST:
        return next((problem for item in value if (problem := _nested(item, depth + 1))), "")
    if kind is dict and list(value) == ["float"] and value["float"] in NUMBER_WORDS:
        return ""
    if kind is dict and list(value) == ["callable"] and type(value["callable"]) is str:
        return ""
    return f": expected a plain argument, got {_kind(value)}"


def word(allowed: Collection[str]) -> Rule:
    """One of `allowed`."""

    def rule(value: Any) -> str:
        if type(value) is str and value in allowed:
            return ""
        return f": expected one of {', '.join(sorted(allowed))}, got {_kind(value)}"

    return rule


def optional(rule: Rule) -> Rule:
    """Null, or what `rule` says."""
    return _settled_by(type(None), *_settling(rule))(lambda value: "" if value is None else rule(value))


def list_of(rule: Rule) -> Rule:
    """A list of what `rule` says."""
    settling = _settling(rule)

    def check(value: Any) -> str:
        if type(value) is not list:
            return f": expected a list, got {_kind(value)}"
        if settling.issuperset(map(type, value)):
            return ""
        for at, item in enumerate(value):
            if problem := rule(item):
                return f"[{at}]{problem}"
        return ""

    return check


def table_of(rule: Rule) -> Rule:
    """An object whose values are what `rule` says."""
    settling = _settling(rule)

    def check(value: Any) -> str:
        if type(value) is not dict:
            return f": expected an object, got {_kind(value)}"
        if settling.issuperset(map(type, value.values())):
            return ""
        for key, item in value.items():
            if problem := rule(item):
                return f".{key[:60]}{problem}"
        return ""

    return check


def object_with(fields: Mapping[str, Rule], extra: Mapping[str, Rule] | None = None) -> Rule:
    """An object with exactly `fields`, and any of `extra`."""
    may = extra or {}
    told = [(key, rule, _settling(rule)) for key, rule in fields.items()]

    def check(value: Any) -> str:
        if type(value) is not dict:
            return f": expected an object, got {_kind(value)}"
        for key, rule, settling in told:
            if key not in value:
                return f": key {key} is missing"
            item = value[key]
            if type(item) not in settling and (problem := rule(item)):
                return f".{key}{problem}"
        if len(value) > len(fields):
            for key in value.keys() - fields.keys():
                if key not in may:
                    return f": unknown key {key[:60]!r}"
                if problem := may[key](value[key]):
                    return f".{key}{problem}"
        return ""

    return check


def by_key(rules: Mapping[str, Rule], otherwise: Rule) -> Rule:
    """What the rule of the first key says that an object has, or else `otherwise`."""
    told = tuple(rules.items())

    def check(value: Any) -> str:
        if type(value) is dict:
            for key, rule in told:
                if key in value:
                    return rule(value)
        return otherwise(value)

    return check


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, (bool, int, float, str)):
        shown = repr(value) if not isinstance(value, int) or abs(value) < 10**20 else "a very large number"
        return shown if len(shown) <= 40 else f"{shown[:37]}..."
    return {"list": "a list", "dict": "an object"}.get(type(value).__name__, type(value).__name__)
