"""Two results files side by side: what fails now, what no longer does, what is new and what is gone."""

from conformance.diff.comparison import Difference, Kind, State, UnknownEnvironmentError, compare
from conformance.diff.text import FORMATS

__all__ = ["FORMATS", "Difference", "Kind", "State", "UnknownEnvironmentError", "compare"]
