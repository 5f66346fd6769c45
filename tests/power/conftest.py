"""One power run for all tests of its results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from power_project import operator

from conformance.power.experiment import experiment
from conformance.power.figures import Evidence
from conformance.power.form import power_form
from conformance.results.power import PowerForm


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("power")


@pytest.fixture(scope="session")
def evidence(folder: Path) -> Evidence:
    stages: list[str] = []
    found = experiment([operator(folder)], folder, lambda stage, done, total: stages.append(stage))
    assert {stage.partition(":")[0] for stage in stages} == {"float32"}
    return found


@pytest.fixture(scope="session")
def form(evidence: Evidence, folder: Path) -> PowerForm:
    return power_form(evidence, [operator(folder)])


@pytest.fixture(scope="session")
def records(evidence: Evidence, folder: Path) -> list[dict[str, object]]:
    lines = (folder / "float32-first.jsonl").read_text("utf-8").splitlines()
    return [record for record in map(json.loads, lines) if record["kind"] == "check"]
