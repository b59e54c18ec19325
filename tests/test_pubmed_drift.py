"""Phrases that PubMed does not know: when that is a remark, and when it made the query another one."""

import pytest

from tests.test_pubmed_fetch import Eutils, eutils, failure, fetch
from tracker.errors import SourceError
from tracker.records import Held
from tracker.sources.pubmed import drift
from tracker.sources.pubmed.answers import Search

__all__ = ["eutils"]

QUERY = '("quill*"[tiab] OR "ink cell"[tiab] OR Feathers[mh]) AND (alopecia[mh] OR "hair loss"[tiab])'


def judge(*remarks: tuple[str, str], query: str = QUERY, held: Held = Held(), count: int = 5) -> list[str]:
    return drift.judge("pens", query, Search(count, (), "(alopecia) as it was read", remarks), held)


@pytest.mark.parametrize(
    ("kind", "words", "line"),
    [
        ("PhraseNotFound", "quill*", "PubMed does not know the phrase quill*"),
        ("QuotedPhraseNotFound", '"ink cell"[tiab]', 'PubMed does not know the quoted phrase "ink cell"[tiab]'),
        ("PhraseIgnored", "feathers", "PubMed ignores the phrase feathers"),
        ("OutputMessage", "No items found.", "PubMed says: No items found."),
        ("NewIn2031", "what", "NewIn2031: what"),
    ],
)
def test_a_lost_phrase_is_a_remark_while_its_part_keeps_another(kind: str, words: str, line: str) -> None:
    assert judge((kind, words)) == [line]


LOST = {
    "one part of two": [
        ("PhraseNotFound", "quill*[tiab]"), ("QuotedPhraseNotFound", '"ink cell"'), ("PhraseIgnored", "Feathers"),
    ],
    "in any case and form": [("PhraseNotFound", "ALOPECIA"), ("QuotedPhraseNotFound", "hair-loss[Title/Abstract]")],
    "an unknown field": [("FieldNotFound", "tiabb")],
}  # fmt: skip


@pytest.mark.parametrize("name", LOST)
def test_a_query_that_lost_a_part_fails_with_cause_and_translation(name: str) -> None:
    with pytest.raises(SourceError) as caught:
        judge(*LOST[name])
    assert caught.value.permanent
    said = str(caught.value)
    assert said.startswith("query pens: ")
    assert "PubMed read it as: (alopecia) as it was read" in said
    assert "--accept-drift" in said
    assert "\n" not in said


@pytest.mark.parametrize("name", LOST)
def test_accepted_drift_is_a_note(name: str) -> None:
    lines = judge(*LOST[name], held=Held(accept_drift=True))
    assert len(lines) == len(LOST[name]) + 1
    assert lines[-1].startswith("accepted: query pens: ")


@pytest.mark.parametrize(
    ("query", "lost", "fails"),
    [
        ("a", ["a"], True),
        ("a OR b", ["a"], False),
        ("a OR b", ["a", "b"], True),
        ("a AND b", ["a"], True),
        ("a AND b", ["c"], True),  # a phrase that we did not write: what it stands for cannot be told
        ("a OR b AND c", ["a"], False),  # left to right: (a OR b) AND c
        ("a OR b AND c", ["c"], True),
        ("(a AND b) OR c", ["b", "c"], True),  # no alternative is known whole
        ("a OR (b AND c)", ["b", "c"], False),
        ("a NOT b", ["a"], True),
        ("(a OR b) AND c NOT d", ["d"], False),
        ("(a OR b) AND c NOT d", ["c"], True),
        ("a NOT (b AND c)", ["b"], False),
        ('"a b"[ti] OR "a b"[mh] AND c', ['"a b"[mh]'], False),
        ('"a b"[ti] OR "a b"[mh] AND c', ['"a b"[MeSH Terms]'], False),
        ('"a b"[ti] OR "a b"[mh] AND c', ["a b"], True),
        ("(a*[ti] OR a[ti]) AND c", ["a*[Title]"], False),
        ("(a*[ti] OR a[ti]) AND c", ["a*", "a"], True),
        ("(a OR", ["x"], True),  # what we cannot read we cannot vouch for
    ],
)
def test_a_part_is_lost_wherever_the_query_became_broader(query: str, lost: list[str], fails: bool) -> None:
    remarks = [("PhraseNotFound", words) for words in lost]
    if not fails:
        assert len(judge(*remarks, query=query)) == len(lost)
        return
    with pytest.raises(SourceError, match=r"it became a broader query|cannot be told"):
        judge(*remarks, query=query)


def test_an_alternative_that_lost_a_part_of_its_own_is_said() -> None:
    assert judge(("PhraseNotFound", "b"), query="d AND (a OR (b AND c))") == [
        "PubMed does not know the phrase b",
        'the query may list too much: its alternative lost "b"',
    ]


def test_tenfold_growth_fails_and_less_does_not() -> None:
    assert judge(count=100, held=Held(listed=10)) == []
    assert judge(count=9_000, held=Held(listed=None)) == judge(count=9_000, held=Held(listed=0)) == []
    with pytest.raises(SourceError, match="it lists 101 records, after 10 the last time"):
        judge(count=101, held=Held(listed=10))
    assert "accepted" in judge(count=101, held=Held(listed=10, accept_drift=True))[0]


def test_a_drifted_query_yields_nothing_and_reads_nothing(eutils: Eutils) -> None:
    eutils.extra = "<ErrorList><PhraseNotFound>hair</PhraseNotFound><FieldNotFound>tiabb</FieldNotFound></ErrorList>"
    problem = failure(eutils.server, term="hair[tiabb]")
    assert problem.permanent
    assert "PubMed does not know the field tiabb" in str(problem)
    assert "hair, as it was read" in str(problem)
    assert len(eutils.server.requests) == 1


def test_a_query_of_which_nothing_is_known_and_nothing_found_is_empty_and_said(eutils: Eutils) -> None:
    eutils.entered = {}
    eutils.extra = (
        "<ErrorList><PhraseNotFound>quillosome</PhraseNotFound></ErrorList>"
        "<WarningList><OutputMessage>No items found.</OutputMessage></WarningList>"
    )
    payloads, listing = fetch(eutils, term="quillosome")
    assert (payloads, listing.ids) == ([], ())
    assert listing.notes == ("PubMed does not know the phrase quillosome", "PubMed says: No items found.")


def test_remarks_and_accepted_drift_reach_the_listing(eutils: Eutils) -> None:
    eutils.extra = "<ErrorList><PhraseNotFound>quillosome</PhraseNotFound></ErrorList>"
    assert fetch(eutils, term="quillosome OR hair")[1].notes == ("PubMed does not know the phrase quillosome",)
    payloads, listing = fetch(eutils, Held(accept_drift=True), term="quillosome AND hair")
    assert len(payloads) == 3
    assert listing.notes[1].startswith("accepted: query hair: it became a broader query")
