"""What a power run is to reach, and where it does not."""

from __future__ import annotations

from conformance.results.power import PowerForm


def share(part: int, whole: int) -> str:
    """`12 of 13 (92.3 %)`."""
    return f"{part:,} of {whole:,} ({100 * part / whole:.1f} %)" if whole else "0 of 0"


def targets_missed(form: PowerForm, least: dict[str, float], diagnosis: float) -> list[str]:
    """What of the targets has not been reached, in words.

    `least` is the rate of mutants to kill in each dtype, for every operator, `diagnosis` that of killed ones
    to be named; no false alarm is wanted, nor a mismatch of a kernel that merely loses accuracy.
    """
    missed = []
    for operator in form.operators:
        for dtype, rate in least.items():
            mutants = [
                line
                for line in form.mutants
                if (line.operator, line.dtype) == (operator, dtype) and line.verdict != "harmless"
            ]
            killed = [line for line in mutants if line.verdict == "killed"]
            right = sum(line.diagnosed for line in killed)
            for word, part, whole, wanted in (
                ("killed", len(killed), len(mutants), rate),
                ("diagnosed", right, len(killed), diagnosis),
            ):
                if part < wanted * whole:
                    rates = f"{word} {share(part, whole)}, wanted: {100 * wanted:g} %"
                    missed.append(f"{operator}, {dtype}: {rates}")
    alarms = sum(len(line.false_alarms) for line in form.kernels)
    if alarms:
        missed.append(f"{alarms} false alarms, none is wanted")
    return missed
