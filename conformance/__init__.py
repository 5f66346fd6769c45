"""A conformance suite for deep-learning operators: golden cases, real frameworks, derived tolerances."""

__version__ = "0.1.0"
