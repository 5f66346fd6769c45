"""What the suite costs, measured as ratios within one run: `python -m bench`.

Run by hand, from a checkout whose framework environments are built. Nothing here is a test, and no
test asserts a time. The targets are those of the project; the figures belong to one machine.
"""
