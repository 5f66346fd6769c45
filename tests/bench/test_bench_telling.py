"""Tables, the picture, and what the command writes."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from bench.__main__ import PARTS, main
from bench.plot import picture
from bench.subject import BenchError
from bench.table import Curve, Row, Section, Target

SECTION = Section(
    "Runs",
    "What there is to know.",
    [
        Row("slow", {"seconds": [3.0, 1.0, 2.0], "ratio": [1.0]}),
        Row("fast", {"seconds": [0.5, 0.25, 0.75], "ratio": 0.25, "checks": 10_000.0}, Target("ratio", 0.3)),
    ],
    Curve("runs", [(100, 2.0), (1_000, 0.25)], 0.3),
)
SVG = "{http://www.w3.org/2000/svg}"


class TestTables:
    def test_text(self):
        assert SECTION.text().splitlines() == [
            "### Runs",
            "",
            "What there is to know.",
            "",
            "|      |           seconds | ratio | checks | target            |",
            "| ---- | ----------------: | ----: | -----: | ----------------- |",
            "| slow | 2.00 (1.00..3.00) |  1.00 |        |                   |",
            "| fast | 0.50 (0.25..0.75) |  0.25 | 10,000 | ratio <= 0.3: met |",
        ]

    def test_plain_values_keep_every_round(self):
        slow, fast = SECTION.form()["rows"]
        assert slow["figures"] == {"seconds": 2.0, "ratio": 1.0}
        assert slow["rounds"] == {"seconds": [3.0, 1.0, 2.0], "ratio": [1.0]}
        assert slow["target"] is None
        assert fast["target"] == {"column": "ratio", "at most": 0.3}

    @pytest.mark.parametrize(("most", "met"), [(0.25, True), (0.24, False)])
    def test_a_target_is_the_most_that_a_figure_may_be(self, most, met):
        row = Row("fast", {"ratio": [0.1, 0.25, 0.9]}, Target("ratio", most))
        assert row.met is met
        assert ("MISSED" in Section("", "", [row]).text()) is not met


class TestPicture:
    def test_points_and_targets_lie_inside_and_in_order(self):
        drawn = ElementTree.fromstring(picture([SECTION.curve, Curve("<other>", [(100, 1.0), (1_000, 1.0)])]))
        width, height = map(float, drawn.attrib["viewBox"].split()[2:])
        first, second = (line.attrib["points"].split() for line in drawn.iter(f"{SVG}polyline"))
        (left, high), (right, low) = (tuple(map(float, point.split(","))) for point in first)
        assert 0 < left < right < width
        assert 0 < high < low < height  # the smaller ratio is further down
        assert len({point.split(",")[1] for point in second}) == 1
        assert "<other>" in [text.text for text in drawn.iter(f"{SVG}text")]
        assert sum("stroke-dasharray" in path.attrib for path in drawn.iter(f"{SVG}path")) == 1

    def test_one_size_is_enough(self):
        ElementTree.fromstring(picture([Curve("one", [(100, 2.0)])]))


class TestCommand:
    @pytest.fixture
    def run(self, tmp_path, monkeypatch):
        def broken(bench):
            raise BenchError("torch: 8 checks were to pass")

        monkeypatch.setitem(PARTS, "overhead", lambda bench: SECTION)
        monkeypatch.setitem(PARTS, "startup", broken)

        def run(*parts):
            output = tmp_path / "figures" / "bench.json"
            asked = [argument for part in parts for argument in ("--only", part)]
            result = CliRunner().invoke(main, [*asked, "--rounds", "1", "--output", str(output)])
            return result, json.loads(output.read_text()), output.with_suffix(".svg")

        return run

    def test_text_json_and_picture(self, run):
        result, figures, svg = run("overhead")
        assert result.exit_code == 0
        assert SECTION.text() in result.output
        assert [section["title"] for section in figures["sections"]] == ["Runs"]
        assert figures["machine"]["cpus"] >= 1
        assert svg.exists()

    def test_what_could_not_be_measured_is_told_and_costs_nothing_else(self, run):
        result, figures, _ = run("startup", "overhead")
        assert result.exit_code == 1
        assert "not measured: startup" in result.output
        assert figures["failed"] == {"startup": "torch: 8 checks were to pass"}
        assert len(figures["sections"]) == 1
