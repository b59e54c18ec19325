"""Full text: plain words -> what full text is asked -> hits, each with the words that made it one. Changes nothing.

    words            every one must occur; case, accents, hyphens and endings of the plural do not matter
    "two words"      beside each other
    -word            must not occur
    exosom*          any ending
    this OR that     either

Nothing that is typed is syntax of FTS5: each word reaches it in quotation marks.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.errors import ConfigError
from tracker.store import Store
from tracker.store.filters import Filters, conditions
from tracker.store.variants import plain_dashes

BEGIN, END = "\x02", "\x03"  # around what was found, in the texts of a Hit
MOST_WORDS = 40

_MARKED = re.compile(f"{BEGIN}(.*?){END}")
_PIECE = re.compile(r'"([^"]*)"|(\S+)')
_TOKEN = re.compile(r"[^\W_]+")
_CODE = re.compile(r"([a-z]{2,6})(\d{1,6}[a-z]?)", re.IGNORECASE)
_LETTERS = re.compile(r"[a-z]{2,6}", re.IGNORECASE)
_DIGITS = re.compile(r"\d{1,6}[a-z]?", re.IGNORECASE)
# Where a hit can be, in the order of records_fts; a title weighs most.
_COLUMNS = ("title", "abstract", "terms", "variants")
_WEIGHTS = "10.0, 3.0, 3.0, 2.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A record that was found. `title` and `why` hold BEGIN and END around the words; `field` is where `why` stands.

    field: title, abstract or terms; approach, where its name says it; variants, where another spelling does.
    """

    id: str
    kind: str
    title: str
    published: str
    url: str
    relevance: str
    stage: str
    stage_label: str
    approaches: tuple[tuple[str, str], ...]  # (leaf, its name)
    same_as: str
    notice: str
    field: str
    why: str


@dataclass(frozen=True, slots=True)
class Found:
    """The first hits, best first and what is off topic last; how many there are in all.

    alone: where nothing was found, how many records hold each of the words by itself.
    """

    hits: tuple[Hit, ...]
    total: int
    alone: dict[str, int]


def search(store: Store, text: str, filters: Filters = Filters(), limit: int = 20) -> Found:
    """Raises ConfigError when there is no word in `text`, or a filter names what does not exist."""
    expression = expression_of(text)
    where, values = conditions(store, filters)
    rows = store.rows(
        f"""select f.rowid as rowid, bm25(records_fts, {_WEIGHTS}) as score, r.id as id,
                   coalesce((select label from labels where record = r.id and axis = 'relevance'), '') as relevance
            from records_fts f join records r on r.rowid = f.rowid
            where {" and ".join(["records_fts match :expression", *where])} order by relevance = 'off', score, r.id""",
        {"expression": expression, **values},
    )
    hits = tuple(_hit(store, expression, row) for row in rows[:limit])
    return Found(hits, len(rows), {} if rows else _alone(store, text))


def expression_of(text: str) -> str:
    """What FTS5 is asked for these words. Raises ConfigError where there are none, or more than anybody means."""
    pieces = list(_pieces(text))
    if len(pieces) > MOST_WORDS:
        raise ConfigError(f"{len(pieces)} words are too many to search for; the most is {MOST_WORDS}")
    groups: list[list[tuple[str, bool]]] = [[]]
    without: list[str] = []
    for piece, quoted in pieces:
        if not quoted and piece in ("OR", "AND"):
            groups += [[]] * (piece == "OR")
        elif _TOKEN.search(piece) and piece.startswith("-") and not quoted:
            without.append(_any_spelling(piece.lstrip("-")))
        elif _TOKEN.search(piece):
            groups[-1].append((piece, quoted))
    asked = [" AND ".join(_asked(group)) for group in groups if group]
    if not asked:
        raise ConfigError(f"there is no word to search for in {text.strip()!r}")
    return f"({' OR '.join(f'({one})' for one in asked)})" + "".join(f" NOT {word}" for word in without)


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """(word or phrase, whether it stood in quotation marks); marks without partners are as if not typed."""
    plain = plain_dashes(text.replace("\x00", " ")).translate(dict.fromkeys([0x201C, 0x201D, 0x201E], '"'))
    if plain.count('"') % 2:
        plain = plain.replace('"', " ")
    for phrase, word in _PIECE.findall(plain):
        yield (phrase, True) if phrase else (word, False)


def _asked(group: Sequence[tuple[str, bool]]) -> Iterator[str]:
    """Each word with its other spellings; of "pp 405" also pp405."""
    n = 0
    while n < len(group):
        (word, quoted), following = group[n], group[n + 1] if n + 1 < len(group) else ("", True)
        if not quoted and not following[1] and _LETTERS.fullmatch(word) and _DIGITS.fullmatch(following[0]):
            yield f"(({_phrase(word)} AND {_phrase(following[0])}) OR {_phrase(word + following[0])})"
            n += 2
            continue
        yield _phrase(word) if quoted else _any_spelling(word)
        n += 1


def _any_spelling(word: str) -> str:
    """pp405, PP-405; micro-needling, microneedling; exosom* as it is."""
    tokens = _TOKEN.findall(word)
    if word.endswith("*"):
        return f"{_phrase(word)} *"
    others: list[str] = []
    if 1 < len(tokens) <= 3:
        others = ["".join(tokens)]
    elif code := _CODE.fullmatch(tokens[0]):
        others = [f"{code[1]} {code[2]}"]
    elif tokens[0].isalpha() and len(tokens[0]) <= 30:  # the text may have a hyphen where the word has none
        others = [f"{tokens[0][:cut]} {tokens[0][cut:]}" for cut in range(2, len(tokens[0]) - 3)]
    return f"({' OR '.join(map(_phrase, [word, *others]))})" if others else _phrase(word)


def _phrase(text: str) -> str:
    return '"' + " ".join(_TOKEN.findall(text)) + '"'


def _hit(store: Store, expression: str, row: dict[str, Any]) -> Hit:
    mark = f"'{BEGIN}', '{END}'"
    snippets = ", ".join(f"snippet(records_fts, {n}, {mark}, '…', 24) as {_COLUMNS[n]}" for n in (1, 2, 3))
    text = store.rows(
        f"""select highlight(records_fts, 0, {mark}) as title, {snippets}
            from records_fts where records_fts match ? and rowid = ?""",
        [expression, row["rowid"]],
    )[0]
    facts = store.rows(
        """select r.kind, r.published, r.url, coalesce(r.same_as, '') as same_as, r.notice,
                  coalesce(l.label, '') as stage,
                  coalesce(s.label, l.label, '') as stage_label
           from records r
           left join labels l on l.record = r.id and l.axis = 'stage' left join stages s on s.id = l.label
           where r.id = ?""",
        [row["id"]],
    )[0]
    approaches = store.rows(
        """select l.label, coalesce(a.label, l.label) as name from labels l left join approaches a on a.id = l.label
           where l.record = ? and l.axis = 'approach' order by l.strength desc, l.label""",
        [row["id"]],
    )
    field, why = _why(text, [one["name"] for one in approaches])
    return Hit(
        id=row["id"],
        relevance=row["relevance"],
        title=text["title"],
        field=field,
        why=why,
        approaches=tuple((one["label"], one["name"]) for one in approaches),
        **facts,
    )


def _why(text: dict[str, str], approaches: Sequence[str]) -> tuple[str, str]:
    """Where the words stand, and how: in the text, the title or the terms, else in the name of an approach."""
    for field in ("abstract", "title", "terms"):
        if BEGIN in text[field]:
            return field, _unlisted(text[field]) if field == "terms" else text[field]
    for word in _MARKED.findall(text["variants"]):
        for name in approaches:
            if word in name:
                return "approach", name.replace(word, f"{BEGIN}{word}{END}")
    return "variants", text["variants"]


def _unlisted(snippet: str) -> str:
    """A piece of a JSON list of texts without its punctuation."""
    return snippet.replace('", "', "; ").translate(dict.fromkeys(map(ord, '[]"')))


def _alone(store: Store, text: str) -> dict[str, int]:
    words = list(dict.fromkeys(piece for piece, quoted in _pieces(text) if _TOKEN.search(piece)))
    sql = "select count(*) as n from records_fts where records_fts match ?"
    return {word: store.rows(sql, [_any_spelling(word)])[0]["n"] for word in words if word not in ("OR", "AND")}
