"""Is this JSON value a record? The same layout as `schema.json`, fast enough for every line read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.model import Level, Oracle, Outcome, Subtype
from conformance.results.shape import (
    Rule,
    boolean,
    by_key,
    count,
    list_of,
    number,
    object_with,
    optional,
    scalar,
    table_of,
    text,
    whole,
    word,
)

_sizes = list_of(count)
_sample = object_with({"index": list_of(count), "values": list_of(number)})
_small_array = object_with({"dtype": text, "shape": _sizes, "values": list_of(number)})
_large_array = object_with({"dtype": text, "shape": _sizes, "sha256": text, "sample": _sample})
_value = by_key(
    {
        "values": _small_array,
        "sha256": _large_array,
        "text": object_with({"text": text}),
        "exception": object_with({"exception": text}),
    },
    otherwise=object_with({"type": text, "repr": text}),
)
_generator = object_with(
    {"name": text, "shape": _sizes, "seed": whole, "stream": text, "options": table_of(scalar)}
)
_tensor = {"dtype": text, "shape": _sizes, "layout": text}
_input = by_key(
    {
        "values": object_with({**_tensor, "values": list_of(number)}, {"generator": _generator}),
        "sample": object_with({**_tensor, "sha256": text, "sample": _sample}, {"generator": _generator}),
        "sha256": object_with({**_tensor, "sha256": text, "generator": _generator}),
    },
    otherwise=object_with({"raw": scalar, "ndarray": boolean}, {"dtype": text}),
)
_argument = by_key({"scalar": object_with({"scalar": scalar})}, otherwise=object_with({"input": text}))
_call_style = object_with(
    {
        "kind": word(("class", "function")),
        "construct_args": list_of(_argument),
        "construct_kwargs": table_of(_argument),
        "args": list_of(_argument),
        "kwargs": table_of(_argument),
    }
)
_error = object_with(
    {
        "max_abs": optional(number),
        "max_rel": optional(number),
        "max_ulp": optional(number),
        "max_bound_ratio": optional(number),
        "mismatched": count,
        "vacuous": count,
        "total": count,
        "pattern": optional(text),
        "bias": optional(text),
        "worst_index": optional(_sizes),
        "worst_actual": optional(number),
        "worst_expected": optional(number),
        "worst_inputs": table_of(number),
        "allowance": optional(number),
        "bound": optional(object_with({"elementwise": number, "accumulation": number, "output": number})),
        "condition": optional(number),
    }
)
_unavailable = table_of(object_with({"reason": text, "mend": text}))

_CHECK = {
    "kind": word(("check",)),
    "id": text,
    "operator": text,
    "case": text,
    "variant": text,
    "api": text,
    "framework": text,
    "environment": text,
    "framework_version": text,
    "dtype": text,
    "device": text,
    "mode": text,
    "aspect": text,
    "level": word(tuple(Level)),
    "oracle": word(tuple(Oracle)),
    "features": list_of(text),
    "undocumented": list_of(text),
    "declared": optional(text),
    "stale_declaration": boolean,
    "call": text,
    "call_style": _call_style,
    "gradient": optional(object_with({"of": text, "inputs": list_of(text), "upstream": _input})),
    "attributes": table_of(scalar),
    "inputs": table_of(_input),
    "location": text,
    "summary": text,
    "source": optional(object_with({"title": text, "version": text, "url": text})),
    "outcome": word(tuple(Outcome)),
    "subtype": optional(word(tuple(Subtype))),
    "convention": optional(text),
    "conventions": table_of(text),
    "detail": optional(text),
    "actual": optional(_value),
    "expected": optional(_value),
    "error": optional(_error),
    "hypothesis": optional(object_with({"name": text, "text": text})),
    "exception": optional(object_with({"class": text, "message": text, "traceback": text})),
    "log": text,
    "minimised": optional(
        object_with(
            {
                "inputs": table_of(_input),
                "upstream": optional(_input),
                "actual": _value,
                "expected": _value,
                "worst_index": optional(_sizes),
                "allowance": optional(number),
            }
        )
    ),
    "seconds": number,
    "fingerprint": optional(text),
}
_sweep = object_with(
    {
        "input": text,
        "start": list_of(number),
        "ulp": list_of(optional(number)),
        "bound": list_of(optional(number)),
        "wrong": list_of(count),
    }
)
CHECK: Rule = object_with(_CHECK, {"sweep": _sweep})

_ENVIRONMENT = {
    "framework": text,
    "version": text,
    "python": text,
    "numpy": text,
    "device": text,
    "platform": text,
    "threads": optional(count),
}
_SIGNATURE = {
    "parameters": list_of(object_with({"name": text, "default": optional(text), "keyword_only": boolean})),
    "inputs": optional(list_of(text)),
}
SIGNATURES: Rule = table_of(object_with(_SIGNATURE))
_CONVENTION = {"question": text, "reference": text, "source": text, "choices": table_of(text)}
_SELECTION = {
    "keywords": text,
    "markers": text,
    "paths": list_of(text),
    "modes": text,
    "shard": optional(text),
    "planned": count,
    "checks": count,
    "digest": text,
    "whole": boolean,
    "known_modes": table_of(list_of(text)),
}
_PARAMETER = {"name": text, "default": text, "values": optional(list_of(text))}
_API_EXTRA = {"operator": text, "fixed": table_of(text), "index_dtypes": optional(list_of(text))}
_API = {
    "kind": text,
    "document": text,
    "inputs": table_of(text),
    "parameters": list_of(object_with(_PARAMETER, {"attribute": text})),
    "dtypes": optional(list_of(text)),
    "platforms": list_of(text),
}
_SUITE = ("name", "version", "python", "numpy", "platform", "command")

HEADER: Rule = object_with(
    {
        "kind": word(("header",)),
        "schema": count,
        "suite": object_with(dict.fromkeys(_SUITE, text)),
        "started": text,
        "run": optional(text),
        "selection": object_with(_SELECTION),
        "cases": table_of(text),
        "environments": table_of(object_with(_ENVIRONMENT, {"signatures": SIGNATURES})),
        "unavailable": _unavailable,
        "conventions": table_of(table_of(object_with(_CONVENTION))),
    },
    {"apis": table_of(object_with(_API, _API_EXTRA))},
)

FOOTER: Rule = object_with(
    {
        "kind": word(("footer",)),
        "finished": text,
        "counts": table_of(count),
        "complete": boolean,
        "reason": optional(text),
        "unavailable": _unavailable,
    }
)

RULES = {"header": HEADER, "check": CHECK, "footer": FOOTER}


def part_of_check(keys: Iterable[str]) -> Rule:
    """What these keys of a check must hold."""
    return object_with({key: _CHECK[key] for key in keys})


def problem_of(record: Any) -> str:
    """What is wrong with `record` as a record of its own kind, or "" where it is well formed."""
    kind = record.get("kind") if type(record) is dict else None
    rule = RULES.get(kind) if type(kind) is str else None
    if rule is None:
        return "is no record: no kind header, check or footer"
    problem = rule(record)
    return f"{kind}{problem}" if problem else ""
