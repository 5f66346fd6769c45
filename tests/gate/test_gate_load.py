"""Expectations files: what they mean, and what is said of those that cannot be used."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance.gate import Expectation, ExpectationError, load_expectations
from conformance.gate.expectations import Conditions
from conformance.gate.load import schema
from conformance.model import Outcome, Subtype

FULL = """\
# why these deviate
framework: torch
expectations:
  - checks: op/case/*/torch.*/value
    outcome: mismatch
    subtype: convention
    convention: zero=nan
    fingerprint: 0a1b2c
    when: {version: ">=2.0,<3", device: cpu, mode: eager, platform: x86_64}
    reason: NaN for 0 log 0, where 0 is the limit
    link: https://example.org/1
    until: 2026-12-31
    flaky: true
  - checks: [op/a, op/b]
    outcome: crash
    reason: SIGSEGV, as measured
"""

Refusal = Callable[[str], str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def refusal(folder: Path) -> Refusal:
    """The message of a file that is refused, known.yaml in the current folder."""

    def message(text: str) -> str:
        Path("known.yaml").write_text(text)
        with pytest.raises(ExpectationError) as caught:
            load_expectations([Path("known.yaml")])
        return str(caught.value)

    return message


def entry(line: str = "") -> str:
    """A file of one entry, and `line` as its sixth."""
    return (
        "framework: torch\nexpectations:\n  - checks: op/*\n    outcome: error\n"
        f"    reason: as was measured\n    {line}\n"
    )


def test_every_key_is_read(folder: Path) -> None:
    (folder / "known.yaml").write_text(FULL)
    full, first, second = load_expectations([Path("known.yaml")])
    assert str(full.location) == "known.yaml:4"
    assert (full.checks, full.framework, full.outcome) == ("op/case/*/torch.*/value", "torch", "mismatch")
    assert (full.subtypes, full.convention, full.fingerprints) == (("convention",), "zero=nan", ("0a1b2c",))
    assert str(full.when.version) in (">=2.0,<3", "<3,>=2.0")
    assert (full.when.device, full.when.mode, full.when.platform) == ("cpu", "eager", "x86_64")
    assert full.reason == "NaN for 0 log 0, where 0 is the limit"
    assert full.link == "https://example.org/1"
    assert (full.until, full.flaky, full.review) == (datetime.date(2026, 12, 31), True, False)
    assert [each.checks for each in (first, second)] == ["op/a", "op/b"]
    assert {str(each.location) for each in (first, second)} == {"known.yaml:14"}


def test_what_is_left_out_does_not_matter_to_an_entry(folder: Path) -> None:
    (folder / "own.yml").write_text(entry().replace("framework: torch\n", ""))
    (made,) = load_expectations([Path("own.yml")])
    assert (made.framework, made.subtypes, made.convention, made.fingerprints) == (None, (), None, ())
    assert (made.when, made.link, made.until, made.flaky, made.review) == (
        Conditions(), None, None, False, False,
    )  # fmt: skip


def test_a_folder_stands_for_its_yaml_files_in_order(folder: Path) -> None:
    for name in ("b.yaml", "a.yml", "c.YAML"):
        Path(name).write_text(entry().replace("op/*", name))
    Path("notes.txt").write_text("no YAML: [")
    assert [each.checks for each in load_expectations([folder])] == ["a.yml", "b.yaml", "c.YAML"]
    assert [each.checks for each in load_expectations([Path("c.YAML"), Path("b.yaml")])] == [
        "c.YAML",
        "b.yaml",
    ]


def test_a_file_without_entries_and_a_folder_without_files_expect_nothing(folder: Path) -> None:
    Path("none").mkdir()
    Path("known.yaml").write_text("framework: torch\nexpectations: []\n")
    assert load_expectations([Path("known.yaml"), Path("none")]) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("outcom: error", 'expectations[0].outcom: unknown key; did you mean "outcome"?'),
        ("reasons: x", 'expectations[0].reasons: unknown key; did you mean "reason"?'),
        ("when: {verison: '>=2'}", 'expectations[0].when.verison: unknown key; did you mean "version"?'),
        ("flaky: sometimes", 'expectations[0].flaky: must be true or false, not the text "sometimes"'),
        ("flaky: yes", 'expectations[0].flaky: must be true or false, not the text "yes"; write true'),
        ("until: 31.12.2026", 'expectations[0].until: "31.12.2026" must be a date, as 2026-12-31'),
        ("until: 2026", "expectations[0].until: must be text, not a number; put it in quotes"),
        (
            "when: {version: 2.10}",
            "expectations[0].when.version: must be text, not a number; put it in quotes",
        ),
        ("when: [cpu]", "expectations[0].when: must be a mapping, not a list"),
        ("subtype: shap", 'expectations[0].subtype: "shap" is not allowed here; did you mean "shape"?'),
        ("link: ''", "expectations[0].link: must not be empty"),
        ("fingerprint: 12", "expectations[0].fingerprint: must be text or a list, not a number"),
        (
            "checks: op/x",
            "expectations[0].checks: duplicate key; it is already on line 3; remove one of them",
        ),
    ],
)
def test_a_wrong_line_is_named_with_what_is_allowed(refusal: Refusal, line: str, message: str) -> None:
    assert refusal(entry(line)) == f"known.yaml:6: {message}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    outcome: error\n", "", '3: expectations[0]: the key "outcome" is missing'),
        ("    reason: as was measured\n", "", '3: expectations[0]: the key "reason" is missing'),
        ("  - checks: op/*\n    outcome", "  - outcome", '3: expectations[0]: the key "checks" is missing'),
        ("as was measured", "so", "5: expectations[0].reason: is shorter than 10 characters"),
        ("error", "eror", '4: expectations[0].outcome: "eror" is not allowed here; did you mean "error"?'),
        ("error", "fail", '4: expectations[0].outcome: "fail" is not allowed here; known: pass, degraded, '
         "mismatch, not_rejected, wrong_error, unsupported, error, crash, timeout, vacuous, observed"),
        ("error", "[error]", '4: expectations[0].outcome: a list is not allowed here; known: pass, degraded, '
         "mismatch, not_rejected, wrong_error, unsupported, error, crash, timeout, vacuous, observed"),
        ("op/*", "[]", "3: expectations[0].checks: must not be empty"),
        ("op/*", "7", "3: expectations[0].checks: must be text or a list, not a number"),
        ("op/*", "[op/a, 7]", "3: expectations[0].checks[1]: must be text, not a number; put it in quotes"),
        ("framework", "framewrok", '1: framewrok: unknown key; did you mean "framework"?'),
        ("torch", "[torch]", "1: framework: must be text, not a list"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_named_with_what_is_allowed(
    refusal: Refusal, old: str, new: str, message: str
) -> None:
    assert refusal(entry().replace(old, new, 1)) == f"known.yaml:{message}"


def test_all_that_is_wrong_is_told_at_once(refusal: Refusal) -> None:
    text = entry("untl: 2026-12-31") + "  - checks: op/b\n    outcome: error\n    reason: short\n"
    assert refusal(text).splitlines() == [
        'known.yaml:6: expectations[0].untl: unknown key; did you mean "until"?',
        "known.yaml:9: expectations[1].reason: is shorter than 10 characters",
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("until: 2026-02-30", "known.yaml:3: until: '2026-02-30' is no date; write it as 2026-12-31"),
        (
            "when: {version: '2 or later'}",
            "known.yaml:3: when.version: '2 or later' is no version range; "
            "write it as PEP 440 does, '>=2.0,<3'",
        ),
    ],
)
def test_dates_and_versions_that_only_look_right(refusal: Refusal, line: str, message: str) -> None:
    assert refusal(entry(line)) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "known.yaml:1: the file is empty"),
        ("- checks: a\n", "known.yaml:1: must be a mapping, not a list"),
        ("framework: torch\n", 'known.yaml:1: the key "expectations" is missing'),
        ("expectations: [\n", "not YAML: "),
        (
            "expectations:\n  - checks: *op\n",
            'known.yaml:2: expectations[0].checks: the alias "*op" is not allowed',
        ),
    ],
)
def test_files_that_are_none(refusal: Refusal, text: str, message: str) -> None:
    assert message in refusal(text)


def test_a_file_that_is_not_there(folder: Path) -> None:
    with pytest.raises(ExpectationError, match=r"^gone\.yaml:1: cannot be read: No such file or directory$"):
        load_expectations([Path("gone.yaml")])


def test_several_subtypes_and_fingerprints_and_a_mark_for_review(folder: Path) -> None:
    lines = "subtype: [value, shape]\n    fingerprint: [a1, b2]\n    review: true"
    Path("known.yaml").write_text(entry(lines).replace("outcome: error", "outcome: mismatch"))
    (made,) = load_expectations([Path("known.yaml")])
    assert (made.subtypes, made.fingerprints, made.review) == (("value", "shape"), ("a1", "b2"), True)


def test_a_pattern_of_a_list_has_its_own_line(folder: Path) -> None:
    Path("known.yaml").write_text(entry().replace("op/*", "\n      - op/a\n      - op/b"))
    made = load_expectations([Path("known.yaml")])
    assert [(str(each.location), each.entry) for each in made] == [("known.yaml:4", 3), ("known.yaml:5", 3)]
    assert made[0].same_entry(made[1])


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        ("error", "is already matched by the entry at a.yaml:3; narrow one of the two patterns"),
        (
            "crash",
            "expects crash of it, and the entry at a.yaml:3 error; "
            "narrow one of the two patterns, or give them conditions that exclude each other",
        ),
    ],
)
def test_one_pattern_twice_is_refused_with_both_places(folder: Path, outcome: str, message: str) -> None:
    Path("a.yaml").write_text(entry())
    Path("b.yaml").write_text(entry().replace("error", outcome))
    with pytest.raises(ExpectationError) as caught:
        load_expectations([Path("a.yaml"), Path("b.yaml")])
    assert str(caught.value) == f"b.yaml:3: op/*: {message}"


def test_one_pattern_twice_under_other_conditions_is_good(folder: Path) -> None:
    Path("a.yaml").write_text(entry("when: {version: '<2'}"))
    Path("b.yaml").write_text(entry("when: {version: '>=2'}"))
    assert len(load_expectations([Path("a.yaml"), Path("b.yaml")])) == 2


def test_one_bad_file_is_not_passed_over(folder: Path) -> None:
    Path("a.yaml").write_text(entry())
    Path("b.yaml").write_text(entry("untl: x"))
    with pytest.raises(ExpectationError, match=r"b\.yaml:6: "):
        load_expectations([folder])


def test_the_schema_is_closed_valid_and_knows_the_suites_words() -> None:
    Draft202012Validator.check_schema(schema())
    one = schema()["$defs"]["expectation"]
    for part in (schema(), one, one["properties"]["when"]):
        assert part["additionalProperties"] is False
    ours = {"harness_error", "invalid_case", "not_run"}  # our own faults are nobody's expectation
    assert set(one["properties"]["outcome"]["enum"]) == {outcome.value for outcome in Outcome} - ours
    alone, several = one["properties"]["subtype"]["anyOf"]
    listed = schema()["$defs"]["subtype"]["enum"]
    assert set(alone["enum"]) == set(listed) == {subtype.value for subtype in Subtype}
    assert several["items"] == {"$ref": "#/$defs/subtype"}


def test_the_schema_names_every_key_that_is_read() -> None:
    fields = {name for name in Expectation.__dataclass_fields__ if not name.startswith("_")}
    own = {"framework", "location", "entry"}
    singular = {name.removesuffix("s") if name in ("subtypes", "fingerprints") else name for name in fields}
    assert set(schema()["$defs"]["expectation"]["properties"]) == singular - own
    assert set(schema()["$defs"]["expectation"]["properties"]["when"]["properties"]) == set(
        Conditions.__dataclass_fields__
    )
