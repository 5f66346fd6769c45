"""Adapters, one per framework: the only code of the suite that touches a framework.

They run in the worker, under its Python (3.8 or newer), with the standard library, NumPy and the
framework itself. Adapters of other packages are found through the entry-point group
``conformance.frameworks``; each is one module or package that imports nothing else of its own.
"""
