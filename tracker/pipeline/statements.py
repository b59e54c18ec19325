"""A person's word as it is written: `approach=ev.plant`, `stage=phase2`, one on a command line or many in a CSV file.

The file has a line of heads: id and label, and where wanted says (yes, no), note and author. `label` is written as on
the command line; says = no turns `approach=X` into `approach!=X`. A line that cannot be understood is named, with file
and line, and the others are taken.

    id,label,says,note
    39155501,approach=ev.exosome_msc,yes,the vesicles are from cord
    NCT06393452,approach!=cell.hfsc,,a drug and no cells
"""

import csv
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from tracker.classify import Taxonomy
from tracker.errors import ConfigError
from tracker.store.judging import ONE_LABEL, UNNAMED_CONDITION, Judgement

RELEVANCE = ("core", "hair", "off")
_STATEMENT = re.compile(r"\s*(\w+)\s*(!=|≠|=)\s*(\S+)\s*")
_HEADS = ("id", "label", "says", "note", "author")
_SAYS = {"": "yes", "yes": "yes", "no": "no"}


def statement(text: str, taxonomy: Taxonomy) -> Judgement:
    """What `axis=label` or `axis!=label` says. Raises ConfigError for an axis or a label that does not exist."""
    match = _STATEMENT.fullmatch(text)
    if not match:
        raise ConfigError(f"{_shown(text)}: write axis=label: approach=ev.plant, approach!=ev.plant, stage=phase2 ...")
    axis, sign, label = match[1].lower(), match[2], match[3].lower()
    known = labels_of(taxonomy)
    if axis not in known:
        raise ConfigError(f'{_shown(text)}: no axis is called "{axis}" - {_near(axis, known)}')
    if label not in known[axis]:
        raise ConfigError(f'{_shown(text)}: no {axis} is called "{label}" - {_near(label, known[axis])}')
    if sign != "=" and axis in ONE_LABEL:
        raise ConfigError(f"{_shown(text)}: a record has one {axis}; say which it is: {axis}=...")
    return Judgement(axis=axis, label=label, says="yes" if sign == "=" else "no")


def held_statement(text: str, held: Sequence[Judgement]) -> Judgement | None:
    """What was said in these words, though the taxonomy may no longer know the label."""
    match = _STATEMENT.fullmatch(text)
    spoken = (match[1].lower(), match[3].lower()) if match else None
    return next((word for word in held if (word.axis, word.label) == spoken), None)


def labels_of(taxonomy: Taxonomy) -> dict[str, list[str]]:
    """Everything that a person can say, by axis."""
    return {
        "approach": [leaf.id for leaf in taxonomy.leaves],
        "stage": [stage.id for stage in taxonomy.stages],
        "relevance": list(RELEVANCE),
        "condition": [*(condition.id for condition in taxonomy.conditions), UNNAMED_CONDITION],
    }


def _near(word: str, known: Collection[str]) -> str:
    family = [name for name in known if name.startswith(f"{word}.")]
    if family:
        return f"its leaves are: {', '.join(family)}"
    near = get_close_matches(word, known, n=1)
    if near:
        return f'did you mean "{near[0]}"?'
    return f"there are: {', '.join(known)}" if len(known) <= 20 else "see: tracker taxonomy"


def _shown(text: str) -> str:
    return text if text.isprintable() and len(text) <= 100 else ascii(text)[:100]


def with_says(word: Judgement, says: str) -> Judgement:
    """The same word under the column says: empty changes nothing, no turns it round. Raises ConfigError."""
    said = _SAYS.get(says.lower())
    if said is None:
        raise ConfigError(f'says is "{_shown(says)}": write yes or no, or leave it empty')
    if said == "no" and word.axis in ONE_LABEL:
        raise ConfigError(f"a record has one {word.axis}; say which it is, with says = yes")
    return replace(word, says="no") if said == "no" else word


def rows(path: Path, mistakes: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, columns by their heads) of a CSV file; empty lines are passed over. Raises ConfigError when it is none.

    Where it stops being CSV half-way, that is one of the `mistakes`, and what stands before it is taken.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            heads = _heads(path, next(reader, []))
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    values = [cell.strip() for cell in cells] + [""] * len(heads)
                    yield reader.line_num, dict(zip(heads, values, strict=False))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is no UTF-8 text; save it as CSV in UTF-8") from None
    except csv.Error as error:
        mistakes.append(f"{path}:{reader.line_num}: is no CSV from here on ({error}); nothing after it was read")


def _heads(path: Path, cells: Sequence[str]) -> list[str]:
    heads = [cell.strip().lower() for cell in cells]
    missing = [head for head in ("id", "label") if head not in heads]
    if missing:
        raise ConfigError(
            f"{path}:1: has no column {' and '.join(missing)}; the first line names them: id,label,says,note"
        )
    unknown = [head for head in heads if head not in _HEADS]
    if unknown:
        raise ConfigError(f"{path}:1: unknown column {_shown(unknown[0])}; there are: {', '.join(_HEADS)}")
    return heads
