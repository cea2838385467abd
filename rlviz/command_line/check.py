"""`check`: the exact truths against numbers that are known from elsewhere, as a table."""

from __future__ import annotations

from rlviz.exact.checks import CHECKS


def show() -> int:
    """Print one line for each check; 1 where a number is not what it should be."""
    rows = [("check", "source", "got", "expected", "tolerance", "")]
    failed = 0
    for check in CHECKS:
        got, expected, tolerance = check.run()
        holds = abs(got - expected) <= tolerance  # a NaN never holds
        failed += not holds
        verdict = "ok" if holds else "FAILED"
        rows.append(
            (check.name, check.source, f"{got:.10g}", f"{expected:.10g}", f"{tolerance:g}", verdict)
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    print(f"\n{len(CHECKS) - failed} of {len(CHECKS)} hold.")
    return 1 if failed else 0
