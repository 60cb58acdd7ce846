"""Formulas of printed programs as MathML, the browser's own mathematics.

A formula is Python, so Python's parser reads it: products without a sign between
letters, quotients as fractions, ``.T`` as an exponent, ``np.sqrt`` as a root. Names are
written as people write them: ``z_hidden`` as z with an index, ``d_z_hidden`` as the
derivative of the loss by that. Behind another sign a negative number stands in
parentheses. What has no sign of its own stays a call.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from html import escape
from types import MappingProxyType

NAME = re.compile(r"([A-Za-z])_(\w+)|([A-Za-z_]+?)_?(\d+\w*)")
SIGNS: Mapping[type[ast.AST], str] = MappingProxyType(
    {
        ast.Add: "+",
        ast.Sub: "\N{MINUS SIGN}",
        ast.Mult: "\N{DOT OPERATOR}",
        ast.MatMult: "\N{INVISIBLE TIMES}",
        ast.Mod: "mod",
        ast.FloorDiv: "div",
        ast.Gt: ">",
        ast.GtE: "\N{GREATER-THAN OR EQUAL TO}",
        ast.Lt: "<",
        ast.LtE: "\N{LESS-THAN OR EQUAL TO}",
        ast.Eq: "==",  # a question, and no second assignment
        ast.NotEq: "\N{NOT EQUAL TO}",
        ast.USub: "\N{MINUS SIGN}",
        ast.UAdd: "+",
        ast.Invert: "\N{NOT SIGN}",
    }
)
# How tightly a sign binds, as Python has it.
BINDING: Mapping[type[ast.AST], int] = MappingProxyType(
    {ast.Add: 2, ast.Sub: 2, ast.Mult: 3, ast.MatMult: 3, ast.Mod: 3, ast.FloorDiv: 3}
)
COMPARISON, SIGN, ATOM = 1, 4, 5
LONG_SUM, LONG = 2, 5  # signs of sums, and of all kinds, that a part is broken from


def mathml(formula: str) -> str:
    """Write a formula, or a statement that assigns one, as MathML.

    Parameters
    ----------
    formula : str
        Python: ``a_hidden @ W_output``, ``W1 -= learning_rate * d_W1``.

    Returns
    -------
    str
        A ``math`` element.
    """
    (statement,) = ast.parse(formula).body
    if isinstance(statement, ast.AugAssign):
        sign = _operator(f"{SIGNS[type(statement.op)]}=")
        body = f"{_written(statement.target)}{sign}{_written(statement.value)}"
    elif isinstance(statement, ast.Assign):
        (target,) = statement.targets
        body = f"{_written(target)}{_operator('=')}{_written(statement.value)}"
    else:
        assert isinstance(statement, ast.Expr)
        body = _written(statement.value)
    return f'<math displaystyle="true">{body}</math>'


def mathml_terms(expression: str) -> str:
    """Write an expression as MathML, the terms of its sums by themselves.

    No browser breaks a formula, but all of them break lines between formulas. Products
    are broken where they are long, and a long part that is divided stands in
    parentheses, not above a bar.

    Parameters
    ----------
    expression : str
        Python: ``2 * 0.2 + 9 * 0.8``.

    Returns
    -------
    str
        ``math`` elements, between which a line may be broken.
    """
    pieces = _pieces(ast.parse(expression, mode="eval").body)
    return "<wbr/>".join(f'<math displaystyle="true">{one}</math>' for one in pieces)


def _pieces(node: ast.expr, binding: int = 0, *, leads: bool = True) -> list[str]:
    """Write a part in pieces, each behind the sign that stands before it."""
    if not isinstance(node, ast.BinOp):
        return [_within(node, binding, leads=leads)]
    if _binding(node) < binding:
        return _fence(_pieces(node)) if _is_long(node) else [_within(node, binding)]
    own = BINDING.get(type(node.op), ATOM)
    if isinstance(node.op, ast.Add | ast.Sub) or (
        isinstance(node.op, ast.Mult) and _is_long(node)
    ):
        first, *others = _pieces(node.right, own + 1, leads=False)
        first = _infix(SIGNS[type(node.op)]) + first
        return [*_pieces(node.left, own, leads=leads), first, *others]
    if isinstance(node.op, ast.Div) and _is_long(node.left):
        below = _within(node.right, SIGN, leads=False)
        return [*_fence(_pieces(node.left)), _infix("/") + below]
    return [_written(node, leads=leads)]


def _is_long(node: ast.expr) -> bool:
    """Tell whether a part does not always fit into a line."""
    signs = [one.op for one in ast.walk(node) if isinstance(one, ast.BinOp)]
    sums = sum(isinstance(one, ast.Add | ast.Sub) for one in signs)
    return sums >= LONG_SUM or len(signs) >= LONG


def _fence(pieces: list[str]) -> list[str]:
    """Put parentheses around pieces."""
    inside = [_operator("(") + pieces[0], *pieces[1:]]
    return [*inside[:-1], inside[-1] + _operator(")")]


def _infix(sign: str) -> str:
    """Write a sign that stands first in its formula, with the room of one inside."""
    return f'<mo form="infix">{sign}</mo>'


def _row(*parts: str) -> str:
    return f"<mrow>{''.join(parts)}</mrow>"


def _operator(sign: str) -> str:
    return f"<mo>{escape(sign)}</mo>"


def _fenced(body: str) -> str:
    return _row(_operator("("), body, _operator(")"))


def _name(name: str) -> str:
    """Write a name; a derivative of the loss as one."""
    if name.startswith("d_") and len(name) > 2:
        above = _row("<mo>\N{PARTIAL DIFFERENTIAL}</mo><mi>loss</mi>")
        below = _row("<mo>\N{PARTIAL DIFFERENTIAL}</mo>", _name(name[2:]))
        return f"<mfrac>{above}{below}</mfrac>"
    found = NAME.fullmatch(name)
    if found is None:
        return f"<mi>{escape(name.replace('_', ' '))}</mi>"
    word, index = found[1] or found[3], found[2] or found[4]
    tag = "mn" if index.isdigit() else "mi"
    shown = f"<mi>{escape(word.replace('_', ' '))}</mi>"
    return f"<msub>{shown}<{tag}>{escape(index.replace('_', ' '))}</{tag}></msub>"


def _binding(node: ast.expr) -> int:
    if isinstance(node, ast.BinOp):
        return BINDING.get(type(node.op), ATOM)
    if isinstance(node, ast.UnaryOp):
        return SIGN
    return COMPARISON if isinstance(node, ast.Compare) else ATOM


def _within(node: ast.expr, binding: int, *, leads: bool = True) -> str:
    """Write a part, in parentheses where it binds less tightly than asked."""
    if _binding(node) < binding:
        return _fenced(_written(node))
    return _written(node, leads=leads)


def _written(node: ast.expr, *, leads: bool = True) -> str:
    """Write a part; `leads` says that no sign stands right before it."""
    if isinstance(node, ast.Name):
        return _name(node.id)
    if isinstance(node, ast.Constant):
        return f"<mn>{escape(str(node.value))}</mn>"
    if isinstance(node, ast.BinOp):
        return _two(node, leads=leads)
    if isinstance(node, ast.UnaryOp):
        operand = _within(node.operand, SIGN, leads=False)
        signed = _row(_operator(SIGNS[type(node.op)]), operand)
        return signed if leads else _fenced(signed)
    if isinstance(node, ast.Compare):
        (sign,), (other,) = node.ops, node.comparators
        parts = _within(node.left, COMPARISON + 1), _within(other, COMPARISON + 1)
        return _row(parts[0], _operator(SIGNS[type(sign)]), parts[1])
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return f"<msup>{_row(_within(node.value, ATOM))}<mo>\N{DOWN TACK}</mo></msup>"
    if isinstance(node, ast.Call):
        return _call(node)
    return f"<mtext>{escape(ast.unparse(node))}</mtext>"


def _two(node: ast.BinOp, *, leads: bool) -> str:
    if isinstance(node.op, ast.Div):
        return f"<mfrac>{_row(_written(node.left))}{_row(_written(node.right))}</mfrac>"
    if isinstance(node.op, ast.Pow):
        base = _row(_within(node.left, ATOM))
        return f"<msup>{base}{_row(_written(node.right))}</msup>"
    binding = BINDING[type(node.op)]
    left = _within(node.left, binding, leads=leads)
    right = _within(node.right, binding + 1, leads=False)
    return _row(left, _operator(SIGNS[type(node.op)]), right)


def _root(node: ast.Call) -> str:
    return f"<msqrt>{_written(node.args[0])}</msqrt>"


def _power(node: ast.Call) -> str:
    base = _row(_within(node.args[0], ATOM))
    return f"<msup>{base}{_row(_written(node.args[1]))}</msup>"


def _exponential(node: ast.Call) -> str:
    return f"<msup><mi>e</mi>{_row(_written(node.args[0]))}</msup>"


def _magnitude(node: ast.Call) -> str:
    return _row(_operator("|"), _written(node.args[0]), _operator("|"))


def _sum(node: ast.Call) -> str:
    axes = [one.value for one in node.keywords if one.arg == "axis"]
    under = f"<mtext>axis {escape(ast.unparse(axes[0]))}</mtext>" if axes else ""
    sign = "<mo>\N{N-ARY SUMMATION}</mo>"
    head = f"<munder>{sign}{under}</munder>" if under else sign
    return _row(head, _within(node.args[0], BINDING[ast.Mult]))


CALLS: Mapping[str, tuple[int, Callable[[ast.Call], str]]] = MappingProxyType(
    {
        "np.sqrt": (1, _root),
        "np.power": (2, _power),
        "np.exp": (1, _exponential),
        "np.abs": (1, _magnitude),
        "np.sum": (1, _sum),
    }
)


def _call(node: ast.Call) -> str:
    name = ast.unparse(node.func)
    many, write = CALLS.get(name, (-1, None))
    if write is not None and len(node.args) == many:
        return write(node)
    given = [_written(one) for one in node.args]
    given += [
        f"<mtext>{escape(f'{one.arg}={ast.unparse(one.value)}')}</mtext>"
        for one in node.keywords
    ]
    function = escape(name.removeprefix("np."))
    return _row(f"<mi>{function}</mi>", _fenced(_operator(",").join(given)))
