"""Equations as data: a template with slots, evaluated with the numbers of a beat.

    Q(s,a) ← {q_sa} + {alpha}·({reward} + {gamma}·max({q_next}) − {q_sa}) = {q_new}

The page sets it as mathematics, speaks it as text and marks the branch of max, min or clip that
won; a contract test evaluates what stands between `←` and `=` with the beat's numbers and compares
it with the slot after `=`. A slot is a signal of the beat or a value of the config; a slot inside
`max(...)` or `min(...)` may be a vector, and `dot({a}, {b})` is the sum of the products of two
vectors. A weight of 0 in the first adds nothing, whatever stands in the second: an action that is
never taken may have no value at all.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rlviz.errors import BadValue

Number = float | list[float]
_SLOT = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {"max": max, "min": min}


@dataclass(frozen=True)
class Equation:
    """What one beat does: its template, the source line that does it, and captions in words.

    `does` is how that line of the algorithm's file begins. A caption is a pair of a condition
    and a sentence with slots (`{q_sa:.1f}`); the first whose condition holds is shown. A condition
    is the name of a signal that is not 0, or `name<number`, or `name>number`, or "" for otherwise.
    """

    beat: str
    template: str
    does: str = ""
    captions: tuple[tuple[str, str], ...] = ()


def slots(template: str) -> list[str]:
    """The names in the template, in order, with repetitions."""
    return _SLOT.findall(template)


def evaluate(template: str, values: Mapping[str, Number]) -> tuple[float, float]:
    """What stands between `←` and `=`, and the slot after `=`, with these numbers."""
    match = re.fullmatch(r".*?←(.*)=\s*\{(\w+)\}\s*", template)
    if match is None:
        raise BadValue(
            f"An equation must have the form `name ← formula = {{slot}}`, got {template!r}."
        )
    python = match[1].replace("·", "*").replace("−", "-")
    numbers = {name: values[name] for name in slots(template) if name in values}
    if absent := set(slots(template)) - set(numbers):
        raise BadValue(f"`{min(absent)}` stands in {template!r} and has no number.")
    try:
        tree = ast.parse(_SLOT.sub(r"\1", python).strip(), mode="eval")
    except SyntaxError:
        raise BadValue(f"The formula of {template!r} can not be read.") from None
    computed, shown = _value(tree.body, numbers), numbers[match[2]]
    if isinstance(computed, list) or isinstance(shown, list):
        raise BadValue(f"Both sides of {template!r} must be numbers.")
    return computed, shown


def _value(node: ast.expr, values: Mapping[str, Number]) -> Number:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_number(_value(inner, values))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](
                _number(_value(left, values)), _number(_value(right, values))
            )
        case ast.Call(ast.Name("dot"), [left, right], []):
            return _dot(_vector(_value(left, values)), _vector(_value(right, values)))
        case ast.Call(ast.Name(name), [_, *_] as arguments, []) if name in _FUNCTIONS:
            numbers: list[float] = []
            for argument in arguments:
                value = _value(argument, values)
                numbers += value if isinstance(value, list) else [value]
            return _FUNCTIONS[name](numbers)
    raise BadValue(f"An equation may not contain {ast.dump(node)[:80]}.")


def _number(value: Number) -> float:
    if isinstance(value, list):
        raise BadValue("A vector slot may stand only inside max(...), min(...) or dot(...).")
    return value


def _vector(value: Number) -> list[float]:
    return value if isinstance(value, list) else [value]


def _dot(weights: list[float], numbers: list[float]) -> float:
    if len(weights) != len(numbers):
        raise BadValue(
            f"`len(a) == len(b)` must hold in dot(a, b), but got {len(weights)} and {len(numbers)}."
        )
    return sum(w * x for w, x in zip(weights, numbers, strict=True) if w != 0)
