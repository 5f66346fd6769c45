"""Every output follows its published form, and no text of others gets out of its place."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from conformance.outputs import (
    badge_endpoint,
    badge_svg,
    commands_stopped,
    markdown,
    sarif,
    workflow_commands,
)
from conformance.outputs.markdown import code
from conformance.report.visible import visible
from tests.outputs.made import HOSTILE, expected, failing, hostile, made
from tests.report.kl_check import check

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-schema-2.1.0.json").read_text())
validator = jsonschema.Draft4Validator(SCHEMA)
anything = st.text(st.characters(exclude_categories=[]), max_size=40) | st.sampled_from(HOSTILE)
quick = settings(max_examples=60, deadline=None)

ACCOUNTS = {
    "open": made([check(), check(api="mindspore.nn.KLDivLoss")]),
    "known": made([failing()], expected("kl_div/*")),
    "closed": made([check(), *(failing(api=f"torch.f{n}") for n in range(30))]),
    "stale": made([check()], expected("nothing/*")),
    "stopped": made([check()], complete=False),
    "empty": made([]),
}


def rendered(text):
    """The tokens of Markdown with tables, as GitHub renders it, HTML included."""
    return MarkdownIt("commonmark").enable("table").parse(text)


def spans(tokens):
    """Every inline token, and every block of HTML."""
    for token in tokens:
        yield from (token.children or []) if token.type == "inline" else [token]


class TestSarif:
    @pytest.mark.parametrize("name", ACCOUNTS)
    def test_it_follows_the_published_schema(self, name):
        validator.validate(json.loads(json.dumps(sarif(ACCOUNTS[name]))))

    @quick
    @given(anything)
    def test_whatever_text_there_is(self, text):
        log = json.loads(json.dumps(sarif(made([hostile(text)]))))
        validator.validate(log)
        (result,) = log["runs"][0]["results"]
        message = result["message"]["text"]
        assert not re.search(r"(?<!\\)\[[^\]]*\]\(", message)
        assert "{" not in message.replace("{{", "")
        assert "}" not in message.replace("}}", "")
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[\w.~!$&'()*+,;=:@/%-]*", uri, re.ASCII)

    def test_rules_levels_and_suppressions(self):
        (run,) = sarif(made([failing(), failing(api="torch.f")], expected("*/torch.f/*")))["runs"]
        assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["mismatch/value"]
        new, known = run["results"]
        assert (new["level"], "suppressions" in new) == ("error", False)
        assert known["suppressions"] == [
            {"kind": "external", "status": "accepted", "justification": "off by a factor of two"}
        ]
        place = new["locations"][0]["physicalLocation"]
        assert place["artifactLocation"] == {"uri": "cases/kl_div.yaml", "uriBaseId": "%SRCROOT%"}
        assert place["region"]["startLine"] > 0
        assert new["partialFingerprints"] != known["partialFingerprints"]


class TestMarkdown:
    @pytest.mark.parametrize("name", ACCOUNTS)
    def test_it_says_the_verdict_first(self, name):
        text = markdown(ACCOUNTS[name])
        assert text.startswith(f"## Conformance: gate {ACCOUNTS[name].verdict}\n")
        assert len(text.encode()) < 1 << 20

    @given(anything)
    def test_a_code_span_holds_any_line_in_a_table(self, text):
        line = visible(text)
        table = rendered(f"| a | b |\n| --- | --- |\n| {code(line)} | x |\n")
        cells = [token for token in table if token.type == "inline"]
        assert [cell.content for cell in cells[:2]] == ["a", "b"]
        assert cells[3].content == "x"
        (span,) = cells[2].children
        assert span.type == "code_inline"
        assert span.content.strip(" ") == line.strip(" ")

    @quick
    @given(anything)
    def test_hostile_text_makes_no_markup(self, text):
        tokens = list(spans(rendered(markdown(made([hostile(text), *[failing()] * 2])))))
        assert not [
            token for token in tokens if token.type in ("link_open", "image", "html_inline", "em_open")
        ]
        blocks = {token.content.strip() for token in tokens if token.type == "html_block"}
        assert blocks <= {
            "<details><summary>Divergences where the documentation promises nothing</summary>",
            "</details>",
        }

    def test_findings_are_limited_and_the_rest_counted(self):
        text = markdown(ACCOUNTS["closed"])
        assert text.count("new_failure |") == 20
        assert "| 10 | | | and 10 more |" in text


class TestWorkflowCommands:
    def test_a_finding_points_at_its_case(self):
        (command,) = workflow_commands(made([failing(location="cases/kl_div.yaml:12")]))
        assert command.startswith(
            "::error file=cases/kl_div.yaml,line=12,title=new_failure%3A mismatch/value::"
        )
        assert "%0A1 checks in torch, the first: kl_div/" in command

    def test_there_are_at_most_ten(self):
        commands = workflow_commands(ACCOUNTS["closed"])
        assert len(commands) == 10
        assert commands[-1] == "::error title=conformance::and 21 more, 21 checks"

    @quick
    @given(anything)
    def test_no_text_ends_a_property_or_the_line(self, text):
        (command,) = workflow_commands(made([hostile(text)]))
        assert "\n" not in command
        assert "\r" not in command
        found = re.fullmatch(r"::error ((?:[^:]|(?<=%3A))*?)::(.*)", command)
        assert found
        properties = dict(part.split("=", 1) for part in found[1].split(","))
        assert set(properties) == {"file", "line", "title"}
        assert properties["line"].isdigit()

    @pytest.mark.parametrize(("where", "lines"), [("true", 2), ("", 0)])
    def test_commands_are_stopped_on_github_only(self, monkeypatch, where, lines):
        monkeypatch.setenv("GITHUB_ACTIONS", where)
        written = []
        for _ in range(2):
            with commands_stopped(written.append):
                written.append("::error::from a framework")
        told = [line for line in written if line != "::error::from a framework"]
        assert len(told) == 2 * lines
        if lines:
            token = told[0].removeprefix("::stop-commands::")
            assert told[1] == f"::{token}::"
            assert len(token) >= 32
            assert told[2] != told[0]


class TestBadge:
    @pytest.mark.parametrize(
        ("name", "message", "color"),
        [
            ("open", "open, 2 of 2 pass", "brightgreen"),
            ("known", "open, 0 of 1 pass", "brightgreen"),
            ("closed", "closed, 30 unexpected", "red"),
            ("stale", "closed, 1 unexpected", "red"),
            ("stopped", "not judged", "lightgrey"),
            ("empty", "not judged", "lightgrey"),
        ],
    )
    def test_what_it_says(self, name, message, color):
        endpoint = badge_endpoint(ACCOUNTS[name])
        assert endpoint == {
            "schemaVersion": 1,
            "label": "conformance",
            "message": message,
            "color": color,
            "isError": color != "brightgreen",
        }
        image = ElementTree.fromstring(badge_svg(ACCOUNTS[name]))
        texts = [node.text for node in image.iter("{http://www.w3.org/2000/svg}text")]
        assert texts == ["conformance", message]
