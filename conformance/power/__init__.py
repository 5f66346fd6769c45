"""Proof of power: defects that the suite must see, and right kernels that it must leave alone.

`python -m conformance.power` runs mutants of each operator's formula, and kernels without a defect,
through the whole suite as a simulated framework, and counts.
"""
