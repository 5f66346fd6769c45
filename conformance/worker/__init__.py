"""The other side: runs in an environment's own interpreter, calls its framework, and answers.

Python 3.8 or newer, the standard library, NumPy and `conformance.frameworks`; nothing else of the
package. It is sent to the worker as source text, so nothing of ours need be installed there.
"""
