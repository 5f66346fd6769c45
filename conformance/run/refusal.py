"""Calls that gave no value: the API is not there, or the framework raised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from conformance.model import Check, Oracle, Outcome
from conformance.plan import EAGER
from conformance.run.judgement import Judgement


def _first_line(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return lines[0] if lines else "(no message)"


def _told(exception: Mapping[str, Any]) -> str:
    return f"{exception['class']}: {_first_line(exception['message'])}"


def missing(check: Check, message: str, version: str) -> Judgement:
    """The judgement where a framework of `version` has no such API or device, as `message` says.

    A mode that compiles may lack what this machine, or a gradient, would need; an API that is not there
    at all is reported by its eager check.
    """
    if check.mode != EAGER:
        return Judgement(Outcome.UNSUPPORTED, detail=f"not in {check.mode} mode: {message}")
    if check.api.versions:
        try:
            if Version(version) not in SpecifierSet(check.api.versions, prereleases=True):
                return Judgement(Outcome.UNSUPPORTED, detail=f"needs {check.api.versions}; {message}")
        except (InvalidVersion, InvalidSpecifier):
            pass  # a version that PEP 440 cannot order settles nothing
    return Judgement(Outcome.INVALID_CASE, detail=f"{check.api.location}: {message}")


def either(check: Check) -> str:
    """The exceptions that are documented for `check`."""
    return " or ".join(check.raises) or "Exception"


def raised(check: Check, exception: Mapping[str, Any]) -> Judgement:
    """The judgement of an exception that a call raised."""
    told = _told(exception)
    if check.oracle is Oracle.REFUSAL:
        expected = {"exception": either(check)}
        if not check.raises or not set(check.raises).isdisjoint(exception["mro"]):
            return Judgement(
                Outcome.PASS, detail=f"refused with {told}", expected=expected, exception=exception
            )
        if check.declared is None and not check.undocumented:
            detail = f"{either(check)} is documented, got {told}"
            return Judgement(Outcome.WRONG_ERROR, detail=detail, expected=expected, exception=exception)
    if check.declared is not None:
        return Judgement(Outcome.UNSUPPORTED, detail=f"{check.declared}; {told}", exception=exception)
    if check.undocumented:
        missing = ", ".join(check.undocumented)
        return Judgement(
            Outcome.UNSUPPORTED, detail=f"not documented: {missing}; {told}", exception=exception
        )
    return Judgement(Outcome.ERROR, detail=told, exception=exception)
