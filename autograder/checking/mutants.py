"""Mutants: wrong answers made by program, from right ones.

Each mutant is a right answer with one small change to its code: a comparison, a bound, an axis, the
order of two arguments, a statement left out. Which changes to make follows what is known of
students' mistakes:

- B. S. Clegg, P. McMinn and G. Fraser: The influence of test suite properties on automated grading
  of programming exercises, 2020; mutation operators for novices' programs.
- J. Perretta, A. DeOrio, A. Guha and J. Bell: On the use of mutation analysis for evaluating
  student test suite quality, ISSTA 2022.

and, for NumPy, experience: axes, bounds of slices, copies, strides, means for sums.
"""

import ast
import copy
import dataclasses
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator
from types import FunctionType
from typing import Any

from autograder.model import Solution

MARK = "### BEGIN SOLUTION"  # what stands above is given, and not the student's

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div, ast.Mult),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
}
# Functions and methods that are taken for one another.
MISTAKEN = [
    ("max", "min"),
    ("maximum", "minimum"),
    ("argmax", "argmin"),
    ("sum", "mean"),
    ("floor", "ceil"),
    ("floor", "round"),
    ("any", "all"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("var", "std"),
    ("median", "mean"),
    ("nanmax", "nanmin"),
    ("hstack", "vstack"),
    ("append", "extend"),
    ("keys", "values"),
    ("tile", "repeat"),
]
# Calls of one argument, and methods, that are left out.
LEFT_OUT = frozenset(
    {"abs", "sqrt", "copy", "astype", "int", "round", "ravel", "reversed", "floor"}
)


@dataclasses.dataclass(frozen=True)
class Mutant:
    """A right answer with one change.

    of : the name of the right answer
    kind : the kind of change, in a word or two
    line : the changed line, as it was; ``becomes``: as it is
    function, code : the mutant, and its text without a docstring
    """

    of: str
    kind: str
    line: str
    becomes: str
    function: Solution
    code: str

    def __str__(self) -> str:
        return f"{self.of}: {self.kind}: {self.line}  →  {self.becomes}"


Change = tuple[str, ast.AST | None]  # its kind, and what stands in the place of a node; None: pass


def mutants(answer: Solution) -> Iterator[Mutant]:
    """Every mutant of a function, each once.

    Raises OSError if the function has no source.
    """
    assert isinstance(answer, FunctionType)
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(answer)))
    lines = source.split("\n")
    first = next((i for i, line in enumerate(lines, 1) if line.strip() == MARK), 0)
    tree = ast.parse(source)
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.decorator_list = []
    if ast.get_docstring(definition) is not None:
        definition.body = definition.body[1:]
    right = ast.unparse(tree)
    seen = {right}
    for node, place in places(definition):
        if getattr(node, "lineno", first) < first or place is None:
            continue
        for kind, replacement in changes(node, definition):
            changed = with_change(tree, place, replacement)
            text = ast.unparse(ast.fix_missing_locations(changed))
            if text in seen:
                continue
            seen.add(text)
            function = compiled(changed, answer)
            if function is not None:
                before, after = first_difference(right, text)
                yield Mutant(answer.__name__, kind, before, after, function, text)


def compiled(tree: ast.Module, answer: FunctionType) -> Solution | None:
    """The function that a module defines, with the names of the original; None if it has errors."""
    names = dict(inspect.unwrap(answer).__globals__)
    try:
        exec(compile(tree, f"<mutant of {answer.__name__}>", "exec"), names)
    except SyntaxError:
        return None
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    made: Solution = names[definition.name]
    return made


def first_difference(one: str, other: str) -> tuple[str, str]:
    """The first lines in which two programs differ."""
    pairs = zip(one.split("\n"), other.split("\n"), strict=False)
    before, after = next((a, b) for a, b in pairs if a != b)
    return before.strip(), after.strip()


# -- places in a tree -----------------------------------------------------------------------------

# The way from a definition to a node below it: fields, and positions in those that are lists.
Place = list[tuple[str, int | None]]


def places(node: ast.AST, place: Place | None = None) -> Iterator[tuple[ast.AST, Place | None]]:
    """Every node below a node with its place, and the node itself."""
    yield node, place
    for field, value in ast.iter_fields(node):
        if field in ("args", "returns") and place is None:
            continue  # of the definition: its parameters stay
        if isinstance(value, ast.AST):
            yield from places(value, [*(place or []), (field, None)])
        elif isinstance(value, list):
            for position, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield from places(item, [*(place or []), (field, position)])


def with_change(tree: ast.Module, place: Place, replacement: ast.AST | None) -> ast.Module:
    """A copy of a module whose first definition has something else at this place."""
    changed = copy.deepcopy(tree)
    node: Any = changed.body[0]
    for field, position in place[:-1]:
        node = getattr(node, field) if position is None else getattr(node, field)[position]
    field, position = place[-1]
    new = ast.Pass() if replacement is None else copy.deepcopy(replacement)
    if position is None:
        setattr(node, field, new)
    else:
        getattr(node, field)[position] = new
    return changed


# -- changes --------------------------------------------------------------------------------------


def changes(node: ast.AST, definition: ast.FunctionDef) -> Iterator[Change]:
    """Everything that is put in the place of a node."""
    for kind, change in CHANGES.items():
        yield from ((kind, replacement) for replacement in change(node))
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        for name in alike(node.id, definition):
            yield "another variable", ast.Name(name, ast.Load())


def comparison(node: ast.AST) -> Iterator[ast.AST]:
    """Another comparison, and the opposite one."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in COMPARISONS.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [other()], node.comparators)


def arithmetic(node: ast.AST) -> Iterator[ast.AST]:
    """Another operator, rounding up for rounding down, or the operands exchanged."""
    if isinstance(node, ast.BinOp):
        for other in OPERATORS.get(type(node.op), ()):
            yield ast.BinOp(node.left, other(), node.right)
        if isinstance(node.op, ast.FloorDiv):
            yield ast.UnaryOp(
                ast.USub(), ast.BinOp(ast.UnaryOp(ast.USub(), node.left), node.op, node.right)
            )
        if isinstance(node.op, ast.Sub | ast.Div | ast.FloorDiv | ast.MatMult):
            yield ast.BinOp(node.right, node.op, node.left)


def missing_term(node: ast.AST) -> Iterator[ast.AST]:
    """One operand alone, or a value without its minus or its not."""
    if isinstance(node, ast.BinOp):
        yield node.left
        yield node.right
    if (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub | ast.Not)
        and not isinstance(node.operand, ast.Constant)
    ):
        yield node.operand


def logic(node: ast.AST) -> Iterator[ast.AST]:
    """And for or, one condition of two, a branch taken always, or the other one."""
    if isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        yield from node.values
    if isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse
    if isinstance(node, ast.If | ast.While):
        yield type(node)(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)


def constant(node: ast.AST) -> Iterator[ast.AST]:
    """A constant one larger or smaller, 0, or the other truth value."""
    if isinstance(node, ast.Constant):
        value = node.value
        if isinstance(value, bool):
            yield ast.Constant(not value)
        elif isinstance(value, int):
            yield from (ast.Constant(other) for other in {value + 1, value - 1, 0} - {value})
        elif isinstance(value, float):
            yield from (ast.Constant(other) for other in {value * 2, value + 1, 0.0} - {value})
        elif value == "":
            yield ast.Constant("x")
    match node:
        case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as value)):
            yield ast.Constant(value)
            yield ast.UnaryOp(ast.USub(), ast.Constant(value + 1))


def bound(node: ast.AST) -> Iterator[ast.AST]:
    """A slice or a range that begins or ends one place further, or has no bound."""
    if isinstance(node, ast.Slice):
        for field in ("lower", "upper", "step"):
            end = getattr(node, field)
            if end is not None:
                yield ast.Slice(**{**slice_of(node), field: None})
                if field != "step":
                    for operator in (ast.Add(), ast.Sub()):
                        moved = ast.BinOp(end, operator, ast.Constant(1))
                        yield ast.Slice(**{**slice_of(node), field: moved})
        if node.lower is None:
            yield ast.Slice(ast.Constant(1), node.upper, node.step)
        if node.upper is None:
            yield ast.Slice(node.lower, ast.UnaryOp(ast.USub(), ast.Constant(1)), node.step)
    if isinstance(node, ast.Call) and name_of(node.func) == "range" and len(node.args) == 1:
        (end,) = node.args
        yield ast.Call(node.func, [ast.Constant(1), end], [])
        for operator in (ast.Add(), ast.Sub()):
            yield ast.Call(node.func, [ast.BinOp(end, operator, ast.Constant(1))], [])


def slice_of(node: ast.Slice) -> dict[str, Any]:
    """The bounds and the step of a slice, by name."""
    return {"lower": node.lower, "upper": node.upper, "step": node.step}


def order(node: ast.AST) -> Iterator[ast.AST]:
    """Two neighbours exchanged: of a tuple, a list, an index, or positional arguments."""
    if isinstance(node, ast.Tuple | ast.List):
        for items in exchanged(node.elts):
            yield type(node)(items, node.ctx)
    if isinstance(node, ast.Call):
        for items in exchanged(node.args):
            yield ast.Call(node.func, items, node.keywords)
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and "->" in node.value:
        inputs, _, output = node.value.partition("->")
        yield from (
            ast.Constant(f"{inputs}->{''.join(letters)}") for letters in exchanged(list(output))
        )


def exchanged(items: list[Any]) -> Iterator[list[Any]]:
    """The items with two neighbours exchanged, in every way."""
    for i in range(len(items) - 1):
        yield [*items[:i], items[i + 1], items[i], *items[i + 2 :]]


def function(node: ast.AST) -> Iterator[ast.AST]:
    """Another function, or none, for the one that is called."""
    if not isinstance(node, ast.Call):
        return
    name = name_of(node.func)
    for one, other in MISTAKEN:
        if name in (one, other):
            yield ast.Call(renamed(node.func, other if name == one else one), *rest(node))
    if name in LEFT_OUT:
        if isinstance(node.func, ast.Attribute) and not is_module(node.func.value):
            yield node.func.value
        elif len(node.args) == 1:
            yield node.args[0]
    for i in range(len(node.keywords)):
        yield ast.Call(node.func, node.args, [*node.keywords[:i], *node.keywords[i + 1 :]])
    if name in ("std", "var") and not any(word.arg == "ddof" for word in node.keywords):
        yield ast.Call(node.func, node.args, [*node.keywords, ast.keyword("ddof", ast.Constant(1))])


def rest(node: ast.Call) -> tuple[list[ast.expr], list[ast.keyword]]:
    """The arguments of a call."""
    return node.args, node.keywords


def name_of(node: ast.expr) -> str | None:
    """The last part of a name, such as ``sum`` of ``np.sum``; None for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def renamed(node: ast.expr, name: str) -> ast.expr:
    """A name with another last part."""
    if isinstance(node, ast.Attribute):
        return ast.Attribute(node.value, name, node.ctx)
    return ast.Name(name, ast.Load())


def is_module(node: ast.expr) -> bool:
    """True for the name of a module whose functions are called."""
    return isinstance(node, ast.Name) and node.id in ("np", "numpy", "math")


def transposed(node: ast.AST) -> Iterator[ast.AST]:
    """An array that is not transposed."""
    if isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield node.value


def statement(node: ast.AST) -> Iterator[ast.AST | None]:
    """A statement left out, or half of it."""
    if isinstance(node, ast.AugAssign):
        yield None
        yield ast.Assign([node.target], node.value)
        for other in OPERATORS.get(type(node.op), ()):
            yield ast.AugAssign(node.target, other(), node.value)
    elif isinstance(node, ast.Expr | ast.Continue | ast.Break | ast.Raise) or writes_into(node):
        yield None
    elif isinstance(node, ast.If):
        yield None
        if node.orelse:
            yield ast.If(node.test, node.body, [])
            yield ast.If(node.test, [ast.Pass()], node.orelse)
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        # A variable that is computed anew from itself keeps its value.
        names = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
        if node.targets[0].id in names:
            yield None


def writes_into(node: ast.AST) -> bool:
    """True for an assignment to a place in an array, a list or a dictionary."""
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)


CHANGES: dict[str, Callable[[ast.AST], Iterable[ast.AST | None]]] = {
    "comparison": comparison,
    "arithmetic": arithmetic,
    "missing term": missing_term,
    "logic": logic,
    "constant": constant,
    "bound": bound,
    "order": order,
    "function": function,
    "transposed": transposed,
    "statement": statement,
}


def alike(name: str, definition: ast.FunctionDef) -> list[str]:
    """Variables that may be taken for this one: bound in one tuple, as height and width are."""
    found: dict[str, None] = {}
    for node in ast.walk(definition):
        if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Store):
            names = [item.id for item in node.elts if isinstance(item, ast.Name)]
            if name in names:
                found.update(dict.fromkeys(other for other in names if other not in (name, "_")))
    parameters = [argument.arg for argument in definition.args.args]
    if name in parameters and not found:
        found.update(dict.fromkeys(other for other in parameters if other != name))
    return list(found)
