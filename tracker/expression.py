"""PubMed's boolean expressions as a tree: parse(text), render(tree), and the questions asked about a tree.

The grammar is that of the PubMed help: AND, OR, NOT in upper case, evaluated left to right with equal precedence,
brackets first; adjacent words are one phrase; a field tag in square brackets belongs to the term before it; a trailing
* stands for any ending. Two operands with no operator between them (`"a" "b"`, `a[ti] b`, `(a) (b)`) are AND-ed.

It knows shapes only: whether a field exists, or a phrase is known, is PubMed's to say. Nothing is asked of the network.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias, cast

from tracker.errors import ConfigError

Operator = Literal["AND", "OR", "NOT"]

# Deeper than any query that a person writes, and far from Python's own recursion limit.
MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase. `text` is without quotes and without the trailing *; hyphens stay as they were written.

    field: "" or the tag in lower case ("tiab", "mh:noexp", "mesh terms"). A date range is a term too:
    Term("2024/01/01:2024/12/31", "dp").
    """

    text: str
    field: str = ""
    quoted: bool = False
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """Two or more parts under one operator. NOT means: the first part without any of the others."""

    op: Operator
    parts: tuple["Tree", ...]


Tree: TypeAlias = Term | Node


def parse(expression: str) -> Tree:
    """The tree of an expression. Raises ConfigError, which names what is wrong and its position (from 1)."""
    return _Reader(expression).whole()


def render(tree: Tree) -> str:
    """The tree as text again: parse(render(tree)) == tree for every tree that parse gives."""
    if isinstance(tree, Node):
        return f" {tree.op} ".join(
            f"({render(part)})" if isinstance(part, Node) else render(part) for part in tree.parts
        )
    text = tree.text + "*" * tree.truncated
    return (f'"{text}"' if tree.quoted else text) + (f"[{tree.field}]" if tree.field else "")


def and_parts(tree: Tree) -> list[Tree]:
    """What must hold all at once: the AND-ed parts of the whole, and of NOT its first part. Never empty.

    When one of them is lost (PubMed knows none of its phrases and drops it) the query has become a broader one. What
    stands after NOT is no part: dropping what nothing holds takes nothing away.
    """
    if isinstance(tree, Node) and tree.op == "AND":
        return [inner for part in tree.parts for inner in and_parts(part)]
    if isinstance(tree, Node) and tree.op == "NOT":
        return and_parts(tree.parts[0])
    return [tree]


def branches(tree: Tree) -> list[tuple[Tree, Tree]]:
    """Each alternative of the first AND-ed part that has any, and the whole tree with that alternative alone."""
    if isinstance(tree, Term):
        return []
    if tree.op == "OR":
        return [(part, part) for part in tree.parts]
    for n, part in enumerate(tree.parts if tree.op == "AND" else tree.parts[:1]):
        if found := branches(part):
            before, after = tree.parts[:n], tree.parts[n + 1 :]
            return [(one, Node(tree.op, (*before, whole, *after))) for one, whole in found]
    return []


def terms(tree: Tree) -> list[Term]:
    """Every term of the tree, from left to right."""
    if isinstance(tree, Term):
        return [tree]
    return [term for part in tree.parts for term in terms(part)]


_DATE = r'"?\d{4}(?:/\d{1,2}){0,2}"?'
_TOKEN = re.compile(
    rf"""
      (?P<space>\s+)
    | (?P<dates>{_DATE}\s*(?:\[[^\[\]]*\])?\s*:\s*{_DATE}(?![^\s()\[\]]))
    | (?P<quoted>["“”][^"“”]*["“”])
    | (?P<field>\[[^\[\]]*\])
    | (?P<open>\()
    | (?P<close>\))
    | (?P<operator>(?:AND|OR|NOT)(?![^\s()\[\]"“”]))
    | (?P<word>[^\s()\[\]"“”]+)
    | (?P<stray>.)
    """,
    re.VERBOSE,
)
_STRAY = {"[": "field tag opened at position {} is never closed", "]": "']' at position {} closes no field tag"}


class _Token(NamedTuple):
    kind: str
    text: str
    position: int  # from 1, as an editor counts


def _tokens(expression: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(expression):
        token = _Token(cast(str, match.lastgroup), match.group(), match.start() + 1)
        if token.kind == "stray":
            message = _STRAY.get(token.text, "quotes opened at position {} are never closed")
            raise ConfigError(message.format(token.position))
        if token.kind != "space":
            yield token
    yield _Token("end", "", len(expression) + 1)


class _Reader:
    """Recursive descent over the tokens: whole > chain > operand > term."""

    def __init__(self, expression: str) -> None:
        self.tokens = list(_tokens(expression))
        self.at = 0

    def peek(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def whole(self) -> Tree:
        tree = self.chain(0)
        if self.peek().kind == "close":
            raise ConfigError(f"bracket closed at position {self.peek().position} was never opened")
        return tree

    def chain(self, depth: int) -> Tree:
        tree = self.operand(depth)
        while self.peek().kind not in ("close", "end"):
            op = cast(Operator, self.take().text) if self.peek().kind == "operator" else "AND"
            part = self.operand(depth)
            before = tree.parts if isinstance(tree, Node) and tree.op == op else (tree,)
            tree = Node(op, (*before, part))
        return tree

    def operand(self, depth: int) -> Tree:
        token = self.peek()
        if token.kind in ("word", "quoted", "dates"):
            return self.term()
        if token.kind != "open":
            raise ConfigError(self.missing(token))
        if depth == MAX_DEPTH:
            raise ConfigError(f"brackets at position {token.position} are nested more than {MAX_DEPTH} deep")
        self.take()
        tree = self.chain(depth + 1)
        if self.take().kind != "close":
            raise ConfigError(f"bracket opened at position {token.position} is never closed")
        return tree

    def term(self) -> Term:
        first = self.take()
        words = [first.text]
        if first.kind == "dates":
            words = [re.sub(r'\[[^\]]*\]|["\s]', "", first.text)]
        while first.kind == "word" and self.peek().kind == "word":
            words.append(self.take().text)
        text = " ".join(" ".join(words).strip('"“”').split())
        bare = text.rstrip("*").rstrip()
        if not bare:
            raise ConfigError(f"{first.text} at position {first.position} holds nothing to search for")
        return Term(bare, self.tag(), first.kind == "quoted", text.endswith("*"))

    def tag(self) -> str:
        if self.peek().kind != "field":
            return ""
        token = self.take()
        name = " ".join(token.text[1:-1].lower().split())
        if not name:
            raise ConfigError(f"field tag at position {token.position} is empty")
        return name

    def missing(self, found: _Token) -> str:
        """Why there is no term where `found` stands, told by what stands before it."""
        before = self.tokens[self.at - 1] if self.at else _Token("start", "", 0)
        if found.kind == "field":
            after = "follows a bracket or another tag: write it after each term" if self.at else "has no term before it"
            return f"field tag {found.text} at position {found.position} {after}"
        if found.kind == "operator":
            return f"{found.text} at position {found.position} has no term before it"
        if before.kind == "operator":
            return f"{before.text} at position {before.position} has no term after it"
        if before.kind == "open" and found.kind == "close":
            return f"brackets at position {before.position} hold nothing"
        if before.kind == "open":
            return f"bracket opened at position {before.position} is never closed"
        if found.kind == "close":
            return f"bracket closed at position {found.position} was never opened"
        return "the expression is empty"
