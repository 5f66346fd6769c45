"""What the other APIs and environments returned for the same call."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.report.figures import decimal, hexadecimal
from conformance.report.values import value_words
from conformance.report.visible import clipped, visible
from conformance.results import CheckRecord, Number, Peer, element

HEAD = ("", " returned", " hexadecimal", "outcome")


def peer_rows(record: CheckRecord, peers: Sequence[Peer]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Head and rows of the table: one row per other API and environment, at this record's worst element.

    Peers of the same case, variant and aspect are shown; of another case with the same call only where
    an API has no other.
    """
    nearest: dict[tuple[str, str, str, str], Peer] = {}
    for peer in sorted(peers, key=lambda peer: not _alike(peer, record)):
        key = (peer["environment"], peer["api"], peer["device"], peer["mode"])
        if (
            peer["call"] == record["call"]
            and peer["aspect"] == record["aspect"]
            and not _is_self(peer, record)
        ):
            nearest.setdefault(key, peer)
    index = record["error"]["worst_index"] if record["error"] is not None else None
    rows = [_row(peer, index) for _, peer in sorted(nearest.items())]
    if rows and not any(row[2] for row in rows):
        return (HEAD[0], HEAD[1], HEAD[3]), [(row[0], row[1], row[3]) for row in rows]
    return HEAD, rows


def _alike(peer: Peer, record: CheckRecord) -> bool:
    return (peer["case"], peer["variant"]) == (record["case"], record["variant"])


def _is_self(peer: Peer, record: CheckRecord) -> bool:
    keys = ("environment", "api", "device", "mode")
    return all(peer[key] == record[key] for key in keys)  # type: ignore[literal-required]  # they are keys of it


def _row(peer: Peer, index: list[int] | None) -> tuple[str, ...]:
    name = f"{peer['api']} {peer['framework_version']}"
    if peer["mode"] != "eager":
        name += f", {peer['mode']}"
    if peer["environment"] != peer["framework"]:
        name += f" in {peer['environment']}"
    value = _value_at(peer, index)
    outcome = peer["outcome"] if peer["subtype"] is None else f"{peer['outcome']} ({peer['subtype']})"
    if value is not None:
        return visible(name), decimal(value), hexadecimal(value), visible(outcome)
    return visible(name), f" {visible(_instead(peer))}", "", visible(outcome)


def _value_at(peer: Peer, index: list[int] | None) -> Number | None:
    actual = peer["actual"]
    if index is None or actual is None or "shape" not in actual:
        return None
    return element(actual, index)


def _instead(peer: Peer) -> str:
    if peer["exception"] is not None:
        return peer["exception"]["class"]
    return clipped(value_words(peer["actual"]) or "-", 36)
