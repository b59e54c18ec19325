"""PubMed's boolean expressions: what parses to what, and what every mistake is told as."""

import pytest

from tracker.errors import ConfigError
from tracker.expression import MAX_DEPTH, Node, Term, and_parts, parse, render, terms


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("alopecia", Term("alopecia")),
        ("hair loss[tiab]", Term("hair loss", "tiab")),
        ("  hair \n loss [ TIAB ]", Term("hair loss", "tiab")),
        ('"hair follicle*"[tiab]', Term("hair follicle", "tiab", quoted=True, truncated=True)),
        ("exosom*[tw]", Term("exosom", "tw", truncated=True)),
        ('"Cells, Cultured"[MeSH Terms:noexp]', Term("Cells, Cultured", "mesh terms:noexp", quoted=True)),
        ('"hair regrowth"[tiab:~3]', Term("hair regrowth", "tiab:~3", quoted=True)),
        ("alopecia/drug therapy[majr]", Term("alopecia/drug therapy", "majr")),
        ("PP\u2011405[tiab]", Term("PP\u2011405", "tiab")),
        ("Wharton's jelly", Term("Wharton's jelly")),
        ("“hair loss”[ti]", Term("hair loss", "ti", quoted=True)),
        ("cause and effect or not[ti]", Term("cause and effect or not", "ti")),
        ('"this OR that"[ti]', Term("this OR that", "ti", quoted=True)),
        ("ORAL[ti]", Term("ORAL", "ti")),
        ("2024/01/01:2024/12/31[dp]", Term("2024/01/01:2024/12/31", "dp")),
        (
            '"2024/01/01"[Date - Publication] : "3000"[Date - Publication]',
            Term("2024/01/01:3000", "date - publication"),
        ),
        ("((alopecia))", Term("alopecia")),
    ],
)
def test_a_term_is_read_with_its_field_quotes_and_truncation(text: str, term: Term) -> None:
    assert parse(text) == term


def test_operators_are_evaluated_left_to_right_with_equal_precedence() -> None:
    a, b, c, d = (Term(letter) for letter in "abcd")
    assert parse("a OR b AND c") == Node("AND", (Node("OR", (a, b)), c))
    assert parse("a AND b OR c NOT d") == Node("NOT", (Node("OR", (Node("AND", (a, b)), c)), d))
    assert parse("a OR (b AND c)") == Node("OR", (a, Node("AND", (b, c))))
    assert parse("a OR b OR c") == Node("OR", (a, b, c))
    assert parse("a NOT b NOT c") == Node("NOT", (a, b, c))
    assert parse("a NOT (b NOT c)") == Node("NOT", (a, Node("NOT", (b, c))))


@pytest.mark.parametrize("text", ['a[ti] "b"', 'a[ti]AND"b"', '(a[ti])("b")', '(a[ti]) AND "b"'])
def test_operands_without_an_operator_are_joined_by_and(text: str) -> None:
    assert parse(text) == Node("AND", (Term("a", "ti"), Term("b", quoted=True)))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "the expression is empty"),
        (" \n ", "the expression is empty"),
        ("alopecia AND (hair OR scalp", "bracket opened at position 14 is never closed"),
        ("alopecia AND (", "bracket opened at position 14 is never closed"),
        ("(a) OR b)", "bracket closed at position 9 was never opened"),
        (")", "bracket closed at position 1 was never opened"),
        ("a AND ()", "brackets at position 7 hold nothing"),
        ('a OR "hair loss', "quotes opened at position 6 are never closed"),
        ('a OR ""', '"" at position 6 holds nothing to search for'),
        ("a OR *[ti]", "* at position 6 holds nothing to search for"),
        ("hair loss[tiab", "field tag opened at position 10 is never closed"),
        ("hair loss tiab]", "']' at position 15 closes no field tag"),
        ("hair[]", "field tag at position 5 is empty"),
        ("[tiab] hair", "field tag [tiab] at position 1 has no term before it"),
        ("(a OR b)[ti]", "field tag [ti] at position 9 follows a bracket or another tag"),
        ("a AND", "AND at position 3 has no term after it"),
        ("(a NOT) OR b", "NOT at position 4 has no term after it"),
        ("OR a", "OR at position 1 has no term before it"),
        ("a AND OR b", "OR at position 7 has no term before it"),
        ("(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1), "nested more than"),
        ("(" * 100_000, "nested more than"),
    ],
)
def test_a_mistake_is_named_with_its_position(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        'a[ti] OR b* AND "c d*"[mh:noexp] NOT e',
        "a AND (b AND (c OR d)) AND (e NOT (f OR g))",
        "2024:2025[dp] AND x",
        "PP\u2011405 OR PP-405",
    ],
)
def test_a_tree_is_rendered_to_text_that_parses_to_the_same_tree(text: str) -> None:
    tree = parse(text)
    assert parse(render(tree)) == tree


def test_a_rendered_tree_keeps_only_the_brackets_that_matter() -> None:
    assert render(parse("((a OR b)) AND ((c))")) == "(a OR b) AND c"


def test_the_anded_parts_of_a_query_are_found_through_brackets_and_not() -> None:
    tree = parse("(a OR b) AND (c AND (d OR e)) NOT f")
    assert [render(part) for part in and_parts(tree)] == ["a OR b", "c", "d OR e"]
    assert and_parts(parse("a OR b")) == [parse("a OR b")]
    assert and_parts(parse("a")) == [Term("a")]


def test_all_terms_are_listed_from_left_to_right() -> None:
    assert [term.text for term in terms(parse("a AND (b c OR d*) NOT e"))] == ["a", "b c", "d", "e"]
