"""What `tracker search` prints: each hit with what it is and the words that made it one; and the same for programs."""

from typing import Any

from tracker.digest.wording import counted
from tracker.page.layout import bold, dim, marked, warning
from tracker.page.words import COLUMNS, NOTICES
from tracker.store.searching import BEGIN, END, Found, Hit
from tracker.terminal import plain

_NAMES = {**COLUMNS, "approach": "its approach", "variants": "other spellings"}


def found_page(found: Found) -> str:
    """Hits from the best to the worst, and how many more there are."""
    if not found.hits:
        return "\n".join(["Nothing that is held says all of this (a record itself: tracker show ID).", *_alone(found)])
    lines: list[str] = []
    for hit in found.hits:
        lines += [*_hit(hit), ""]
    return "\n".join([*lines, _total(found)])


def _hit(hit: Hit) -> list[str]:
    names = ", ".join(name for _, name in hit.approaches)
    what = [hit.published, hit.stage_label, names]
    lines = [f"{bold(hit.id)}  {plain(' · '.join(part for part in what if part))}"]
    if hit.notice:
        lines[0] += warning(f"  {NOTICES.get(hit.notice, hit.notice)}")
    if hit.relevance == "off":
        lines[0] += warning("  off topic")
    if hit.same_as:
        lines[0] += dim(f"  another version of {hit.same_as}")
    lines += marked(hit.title or "(no title)")
    if hit.field != "title":
        lines += marked(f"{_NAMES.get(hit.field, hit.field)}: {hit.why}", indent=4)
    return lines


def _total(found: Found) -> str:
    more = found.total - len(found.hits)
    all_shown = f"{counted(found.total, 'record')} found."
    if not more:
        return all_shown
    return f"{all_shown} {more:,} more {'is' if more == 1 else 'are'} not shown: --limit {found.total} shows all."


def _alone(found: Found) -> list[str]:
    if len(found.alone) < 2:
        return []
    held = ", ".join(f"{plain(word)} {count:,}" for word, count in found.alone.items())
    return [f"Records with each of the words by itself: {held}."]


def json_of_found(found: Found) -> dict[str, Any]:
    """{total, hits: [{id, kind, title, published, url, relevance, stage, stage_label, approaches: [{id, label}],
    same_as, notice, why: {field, text}}]}. Found words in `text` stand between asterisks. No key is ever dropped.
    """
    return {
        "total": found.total,
        "hits": [
            {
                "id": hit.id,
                "kind": hit.kind,
                "title": hit.title.replace(BEGIN, "").replace(END, ""),
                "published": hit.published,
                "url": hit.url,
                "relevance": hit.relevance,
                "stage": hit.stage,
                "stage_label": hit.stage_label,
                "approaches": [{"id": leaf, "label": name} for leaf, name in hit.approaches],
                "same_as": hit.same_as or None,
                "notice": hit.notice,
                "why": {"field": hit.field, "text": hit.why.replace(BEGIN, "*").replace(END, "*")},
            }
            for hit in found.hits
        ],
    }
