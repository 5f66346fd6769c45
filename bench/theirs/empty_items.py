"""A pytest plugin whose items do nothing: what pytest itself costs. BENCH_ITEMS says how many."""

import os

import pytest


class _Nothing(pytest.Item):
    def runtest(self):
        """Do nothing."""


class _File(pytest.File):
    def collect(self):
        """As many items as were asked for."""
        count = int(os.environ["BENCH_ITEMS"])
        return (_Nothing.from_parent(self, name=f"item-{number}") for number in range(count))


def pytest_collect_file(file_path, parent):
    """Every YAML file."""
    return _File.from_parent(parent, path=file_path) if file_path.suffix == ".yaml" else None
