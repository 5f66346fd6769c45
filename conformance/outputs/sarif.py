"""Findings as SARIF 2.1.0, for code scanning: one result for each cause, at the line of its case."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from conformance import __version__
from conformance.outputs.account import Account, Finding, Place

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_RELATED = 20  # further cases that a result names
_MEANINGS = {
    "mismatch": "The framework returned something else than mathematics or its document says.",
    "mismatch/value": "A returned number lies outside of the error bound of its dtype.",
    "mismatch/nonfinite": "NaN or infinity was returned where a number is right, or the reverse.",
    "mismatch/intermediate_overflow": "It overflowed on the way to a result that the dtype holds.",
    "mismatch/convention": "Where mathematics leaves a choice, another one was made than the reference's.",
    "mismatch/gradient": "A gradient lies outside of the error bound of its dtype.",
    "mismatch/missing_gradient": "There is no gradient where there ought to be one.",
    "mismatch/shape": "The result has another shape.",
    "mismatch/dtype": "The result has another dtype.",
    "mismatch/documented": "The result is not what the document prints.",
    "not_rejected": "A documented error did not come.",
    "wrong_error": "Another exception came than the documented one.",
    "unsupported": "The framework refused what its documentation does not promise.",
    "error": "The framework raised an exception.",
    "crash": "The framework took its process down.",
    "timeout": "The framework did not answer in time.",
    "degraded": "The result is less accurate than it need be, though not wrong.",
    "vacuous": "Nothing in the result can be judged in its dtype.",
    "pass": "The check passes.",
    "fixed": "A known deviation is gone: its expectation can be removed.",
    "observed": "No oracle applies.",
    "harness_error": "The suite itself failed.",
    "invalid_case": "The case cannot be used.",
    "not_run": "The check was not run.",
    "stale": "The expectation matches no check, or its last day has passed.",
}


def sarif(account: Account) -> dict[str, Any]:
    """A SARIF log with one run; known deviations are suppressed results, with their reasons."""
    rules = list(dict.fromkeys(finding.rule for finding in account.findings))
    places = {rule: at for at, rule in enumerate(rules)}
    environments = ", ".join(column.label for column in account.summary.columns)
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "conformance",
                        "version": __version__,
                        "rules": [_rule(rule) for rule in rules],
                    }
                },
                # Another id for other environments, so that uploading one does not replace the other.
                "automationDetails": {"id": f"conformance/{environments}/"},
                "invocations": [{"executionSuccessful": account.judged}],
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, places[finding.rule]) for finding in account.findings],
            }
        ],
    }


def _rule(rule: str) -> dict[str, Any]:
    meaning = _MEANINGS.get(rule) or _MEANINGS.get(rule.partition("/")[0], rule)
    return {"id": rule, "shortDescription": {"text": _text(meaning)}}


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    message = finding.sentence
    if finding.check:
        message += (
            f" {finding.checks:,} checks in {', '.join(finding.environments)}, the first: {finding.check}"
        )
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": "error" if finding.closes else "note",
        "message": {"text": _text(message)},
        "locations": [{"physicalLocation": _location(finding.place)}],
        "relatedLocations": [{"physicalLocation": _location(place)} for place in finding.others[:_RELATED]],
        "occurrenceCount": max(finding.checks, 1),
        "partialFingerprints": {"conformanceFinding/v1": finding.fingerprint},
        "properties": {"verdict": finding.verdict, "tags": [finding.verdict]},
    }
    if finding.reason:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": finding.reason}]
    return result


def _location(place: Place) -> dict[str, Any]:
    path = PurePath(place.path.replace("\\", "/"))
    if path.is_absolute():
        artifact = {"uri": f"file://{quote(path.as_posix())}"}
    else:
        artifact = {"uri": quote(path.as_posix()), "uriBaseId": "%SRCROOT%"}
    return {"artifactLocation": artifact, "region": {"startLine": place.line}}


def _text(text: str) -> str:
    """Plain text as a SARIF message has it: braces are placeholders there, and `[a](b)` would be a link."""
    return text.replace("{", "{{").replace("}", "}}").replace("](", "] (")
