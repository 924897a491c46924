"""Which names an expression uses."""

from __future__ import annotations

from collections.abc import Iterator

from hisops.expressions import syntax as s

MACROS = {"all": "boolean", "exists": "boolean", "exists_one": "boolean", "filter": "list", "map": "list"}


def references(node: s.Node, bound: frozenset[str] = frozenset()) -> Iterator[str]:
    """Give the dotted names that `node` uses, without those that a macro binds."""
    path = dotted(node)
    if path is not None:
        if path[0] not in bound:
            yield ".".join(path)
        return
    inner = bound
    parts = parts_of(node)
    if isinstance(node, s.Call) and (name := bound_by(node)):
        inner, parts = bound | {name}, (*parts[:1], *parts[2:])
        yield from references(parts[0], bound)
        parts = parts[1:]
    for part in parts:
        yield from references(part, inner)


def parts_of(node: s.Node) -> tuple[s.Node, ...]:
    """Return what a node is made of."""
    match node:
        case s.Member(of=of):
            return (of,)
        case s.Index(of=of, key=key):
            return (of, key)
        case s.Call(of=of, args=args):
            return args if of is None else (of, *args)
        case s.Operation(operands=parts) | s.Collection(items=parts):
            return parts
        case _:
            return ()


def bound_by(node: s.Call) -> str | None:
    """Return the name that a macro such as `rows.all(row, …)` binds, or None if the call is no macro."""
    if node.of is None or node.name not in MACROS or len(node.args) < 2:
        return None
    first = node.args[0]
    return first.name if isinstance(first, s.Name) else None


def dotted(node: s.Node) -> list[str] | None:
    """Return `a.b.c` as a list, or None if its root is not a name."""
    parts: list[str] = []
    while isinstance(node, s.Member):
        parts.append(node.name)
        node = node.of
    return [node.name, *reversed(parts)] if isinstance(node, s.Name) else None
