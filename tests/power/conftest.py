"""One power run for all tests of its results."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from power_project import operator

from conformance.power.figures import Evidence
from conformance.power.form import power_form
from conformance.results.power import PowerForm
from tests.fakes.project import surroundings


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("power")


@pytest.fixture(scope="session")
def evidence(folder: Path) -> Evidence:
    script = Path(__file__).with_name("power_run.py")
    done = subprocess.run(
        [sys.executable, str(script), str(folder)], env=surroundings(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found, stages = pickle.loads((folder / "evidence.pickle").read_bytes())
    assert {stage.partition(":")[0] for stage in stages} == {"kl_div, float32"}
    assert isinstance(found, Evidence)
    return found


@pytest.fixture(scope="session")
def form(evidence: Evidence, folder: Path) -> PowerForm:
    return power_form(evidence, [operator(folder)])


@pytest.fixture(scope="session")
def records(evidence: Evidence, folder: Path) -> list[dict[str, object]]:
    files = [folder / f"kl_div-float32-{name}.jsonl" for name in ("right", "first")]
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    return [record for record in map(json.loads, lines) if record["kind"] == "check"]
