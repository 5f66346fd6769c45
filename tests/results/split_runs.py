"""Results files of runs that were split over machines."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conformance.results.lines import encode
from tests.report.kl_check import check, footer, header

Record = dict[str, Any]


def checks(count: int, framework: str = "torch") -> list[Record]:
    """That many passing checks of one framework."""
    made = check(api=f"{framework}.nn.KLDivLoss")
    return [
        {**made, "id": f"kl_div/case-{n}/v/{made['api']}/{framework}/float32/cpu/eager/value"}
        for n in range(count)
    ]


def head(records: Sequence[Record], shard: str | None = None, **changes: Any) -> Record:
    """The header of a run over `records`, of which the file has the part `shard`; `changes` replace keys."""
    made = copy.deepcopy(header())
    ids = "\n".join(sorted(record["id"] for record in records))
    selection = {"shard": shard, "checks": len(records), "digest": hashlib.sha256(ids.encode()).hexdigest()}
    made["selection"] |= {**selection, "paths": []}
    names = {record["environment"] for record in records}
    made["environments"] = {name: form for name, form in made["environments"].items() if name in names}
    made["unavailable"] = {}
    return made | changes


def write(path: Path, first: Record, records: Sequence[Record], last: Record | None = None) -> Path:
    """Write a results file; its footer is that of a run that came to its end."""
    lines = [first, *records, last or footer(list(records))]
    path.write_bytes(b"".join(encode(line) + b"\n" for line in lines))
    return path


def shards(folder: Path, records: Sequence[Record], count: int, **changes: Any) -> list[Path]:
    """The files of a run over `records` that was split into `count`."""
    return [
        write(
            folder / f"shard-{number}.jsonl",
            head(records, f"{number}/{count}", **changes),
            records[number - 1 :: count],
        )
        for number in range(1, count + 1)
    ]
