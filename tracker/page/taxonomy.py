"""The taxonomy as `tracker taxonomy` prints it: families, their leaves, and how many records hold each."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from tracker.page.layout import block, bold, dim

if TYPE_CHECKING:
    from tracker.classify import Taxonomy

_LABEL = 46


def taxonomy_page(
    taxonomy: "Taxonomy", counts: Mapping[str, tuple[int, int]] | None, followed: Collection[str], *, definitions: bool
) -> str:
    """counts: leaf -> (records, trials among them), None without a database. followed: families and leaves."""
    lines = [f"Taxonomy {taxonomy.version}{_heads(counts)}", ""]
    for family in taxonomy.families:
        leaves = [leaf for leaf in taxonomy.leaves if leaf.family == family.id]
        core = "core" if family.core else ""
        told = ", followed" if family.id in followed else ""
        lines.append(bold(f"{family.id}  {family.label}") + dim(f"  {core}{told}".replace("  , ", "  ")).rstrip())
        lines += [dim(line) for line in block(family.definition)] if definitions else []
        for leaf in leaves:
            lines.append(_row(leaf.id, leaf.label, counts, "followed" if leaf.id in followed else ""))
            lines += [dim(line) for line in block(leaf.definition, 6)] if definitions else []
        lines.append("")
    return "\n".join(lines).rstrip()


def _heads(counts: Mapping[str, tuple[int, int]] | None) -> str:
    return ": records, and trials among them" if counts is not None else ": no database yet, so nothing is counted"


def _row(leaf: str, label: str, counts: Mapping[str, tuple[int, int]] | None, told: str) -> str:
    name = label if len(label) <= _LABEL else label[: _LABEL - 1] + "…"
    held = counts.get(leaf, (0, 0)) if counts is not None else None
    numbers = f"{held[0]:>7,}{held[1]:>7,}" if held else ""
    return f"  {leaf:<22}{name:<{_LABEL}}{numbers}  {told}".rstrip()
