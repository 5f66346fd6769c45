"""A power run in an interpreter of its own, whose helper processes end with it: FOLDER is its argument."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from power_project import operator

from conformance.power.experiment import experiment

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    stages: list[str] = []
    evidence = experiment([operator(folder)], folder, lambda stage, done, total: stages.append(stage))
    (folder / "evidence.pickle").write_bytes(pickle.dumps((evidence, stages)))
