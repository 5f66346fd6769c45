"""The badge: as SVG, and as the endpoint JSON of shields."""

from __future__ import annotations

from html import escape

from conformance.outputs.account import Account

LABEL = "conformance"
_HEX = {"brightgreen": "#4c1", "red": "#e05d44", "lightgrey": "#9f9f9f"}
_CHARACTER = 6.6  # px, the mean advance of Verdana at 11 px; textLength makes up for the difference


def badge_endpoint(account: Account) -> dict[str, object]:
    """What shields.io draws a badge from (schema 1)."""
    return {
        "schemaVersion": 1,
        "label": LABEL,
        "message": _message(account),
        "color": _colour(account),
        "isError": not account.open,
    }


def badge_svg(account: Account) -> str:
    """The badge as one SVG image, which needs nothing else."""
    message = _message(account)
    left, right = (round(len(text) * _CHARACTER) + 10 for text in (LABEL, message))
    width = left + right
    title = escape(f"{LABEL}: {message}")
    texts = "".join(
        f'<text x="{x}" y="14" textLength="{wide - 10}">{escape(text)}</text>'
        for text, x, wide in ((LABEL, left / 2, left), (message, left + right / 2, right))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20"'
        f' role="img" aria-label="{title}">'
        f"<title>{title}</title>"
        f'<rect width="{width}" height="20" rx="3" fill="{_HEX[_colour(account)]}"/>'
        f'<path d="M3 0h{left - 3}v20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="#555"/>'
        f'<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f"{texts}</g></svg>\n"
    )


def _message(account: Account) -> str:
    if account.closing:
        return f"closed, {sum(account.closing.values()):,} unexpected"
    if not account.open:
        return "not judged"
    passed = sum(column.counts["pass"] for column in account.summary.columns)
    return f"open, {passed:,} of {account.summary.total:,} pass"


def _colour(account: Account) -> str:
    if account.closing:
        return "red"
    return "brightgreen" if account.open else "lightgrey"
