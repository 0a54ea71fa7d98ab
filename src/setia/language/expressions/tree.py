"""The syntax tree of an expression. Nodes compare by content: two spellings of one expression are equal."""

from dataclasses import dataclass, field
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the source: first character and number of characters."""

    offset: int
    length: int

    def to(self, other: "Span") -> "Span":
        """Return the stretch from the start of this span to the end of the other."""
        return Span(self.offset, other.offset + other.length - self.offset)

    def holds(self, other: "Span") -> bool:
        """Tell whether the other span lies within this one."""
        return self.offset <= other.offset and other.offset + other.length <= self.offset + self.length


@dataclass(frozen=True, slots=True)
class Node:
    """Base of all nodes."""

    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A constant: true/false, text or number."""

    value: bool | str | Fraction


@dataclass(frozen=True, slots=True)
class ListLiteral(Node):
    """`[a, b]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A bare name: of the scope, or the variable of a surrounding list function."""

    name: str


@dataclass(frozen=True, slots=True)
class Member(Node):
    """`target.name`; `name_span` is where the name stands."""

    target: Node
    name: str
    name_span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`name(arguments)` or, with a target, `target.name(arguments)`."""

    target: Node | None
    name: str
    name_span: Span = field(compare=False)
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`-operand` or `!operand`."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Arithmetic: `first`, then operators with their operands, applied from left to right (all of one precedence)."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """`left operator right`, with one of == != < <= > >= in."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`a && b && c` or `a || b || c`."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """`condition ? then : otherwise`."""

    condition: Node
    then: Node
    otherwise: Node


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly below a node."""
    match node:
        case Member(target=target):
            return (target,)
        case Call(target=target, arguments=arguments):
            return arguments if target is None else (target, *arguments)
        case Unary(operand=operand):
            return (operand,)
        case Binary(first=first, rest=rest):
            return (first, *(operand for _, operand in rest))
        case Comparison(left=left, right=right):
            return (left, right)
        case Logic(operands=operands) | ListLiteral(items=operands):
            return operands
        case Choice(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
    return ()
