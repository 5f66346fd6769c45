"""What is measured: each part gives one table."""

from __future__ import annotations

from collections.abc import Callable

from bench.costs import costs
from bench.growth import growth, together
from bench.overhead import overhead
from bench.peers import peers
from bench.setting import Bench
from bench.startup import startup
from bench.table import Section

PARTS: dict[str, Callable[[Bench], Section]] = {
    "overhead": overhead,
    "torch": growth("torch"),
    "mindspore": growth("mindspore", 1.15),
    "oneflow": growth("oneflow", 1.3),
    "together": together,
    "startup": startup,
    "costs": costs,
    "peers": peers,
}
