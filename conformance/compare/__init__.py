"""The comparison: arrays and a bound in, a verdict out (design, section 7). Pure.

`compare` judges a result against the reference, `compare_together` many small ones at once;
`compare_printed` a framework's printed text against a document's; `compare_documented` a document's
printed numbers against the reference.
"""

from conformance.compare.comparison import Comparison, compare
from conformance.compare.formats import Format, format_of
from conformance.compare.printed import PrintedComparison, compare_documented, compare_printed
from conformance.compare.together import compare_together

__all__ = [
    "Comparison",
    "Format",
    "PrintedComparison",
    "compare",
    "compare_documented",
    "compare_printed",
    "compare_together",
    "format_of",
]
