"""The deprecated `size_average` and `reduce` of the older losses, shared by all of them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

DEPRECATED = tuple(
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None)
    for name in ("size_average", "reduce")
)


def with_legacy_reduction(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function that has a `reduction` take `size_average` and `reduce`, too."""
    own = inspect.signature(function)

    @functools.wraps(function)
    def older(
        *args: Any, size_average: bool | None = None, reduce: bool | None = None, **options: Any
    ) -> Any:
        if size_average is None and reduce is None:
            return function(*args, **options)
        given = own.bind(*args, **options)
        given.apply_defaults()
        reduction = legacy_reduction(given.arguments["reduction"], size_average, reduce)
        given.arguments["reduction"] = reduction
        return function(*given.args, **given.kwargs)

    older.__signature__ = own.replace(  # type: ignore[attr-defined]
        parameters=[*own.parameters.values(), *DEPRECATED]
    )
    return older


def legacy_reduction(reduction: str, size_average: bool | None, reduce: bool | None) -> str:
    """Return the reduction that the three attributes together ask for.

    Either of the deprecated two, where given, takes precedence over `reduction`; `reduce=False` means
    no reduction whatever `size_average` says; both count as True where only the other is given
    (parameters of KLDivLoss, PyTorch documentation up to 2.x).
    """
    if size_average is None and reduce is None:
        return reduction
    if reduce is not None and not reduce:
        return "none"
    return "mean" if size_average is None or size_average else "sum"
