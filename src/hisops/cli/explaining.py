"""`hisops reconcile explain`: one key of a run, from both sources to the rule that classed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

from hisops.cli.comparing import sides_of
from hisops.cli.options import Invocation
from hisops.cli.reconciling import meant
from hisops.errors import UsageProblem
from hisops.model.reconciliation import SideName
from hisops.ports import CompareOrder

SIDES: tuple[SideName, SideName] = ("a", "b")


def explain_key(call: Invocation, key: Sequence[str], run: str | None) -> int:
    """Show how the rows of a key were read, paired and classed. Exit 1 if the key differs, 2 if nobody knows it."""
    from hisops.cli.wiring import loaded_run, open_desk
    from hisops.console.reconciliation import explain_lines
    from hisops.console.theme import Screen

    desk = open_desk(call)
    found = meant(desk, run)
    document = found.document
    parts = [part for each in key for part in each.split("|")]
    if len(parts) != len(document["key"]):
        raise UsageProblem(
            "HIS-8028", "The key has {wanted} parts, {given} were given.", "Give them in this order: {names}.",
            wanted=len(document["key"]), given=len(parts), names=" ".join(document["key"]),
        )  # fmt: skip
    _, plan = loaded_run(desk, found.run)
    told = _told(desk, document, parts, {name: str(each["path"]) for name, each in plan.files.items()})
    told["run"] = found.run
    screen = Screen.of(call)
    screen.data(told)
    screen.show(explain_lines(told, document, screen.page()))
    return 0 if told["class"] == "balanced" else 1


def _told(desk: Any, document: Mapping[str, Any], key: list[str], files: Mapping[str, str]) -> dict[str, Any]:
    from hisops.reconcile.cells import narrowed
    from hisops.reconcile.explaining import rows_of

    loaded = desk.loaded.library.reconciliation(document["definition"]["id"])
    day = document["day"]
    sources = {side: each["source"] for side, each in document["sides"].items()}
    order = CompareOrder(
        definition=loaded.model.id, digest=loaded.digest, target=document["target"], day=day, files=_there(files),
        databases={side: each["name"] for side, each in sources.items() if each["kind"] == "sql"},
    )  # fmt: skip
    wanted = [narrowed(part) for part in key]
    differences = [each for each in document["differences"] if each["key"] == wanted]
    notes = [] if loaded.digest == document["definition"]["digest"] else ["note_definition"]
    sides: dict[str, Any] = {}
    with ExitStack() as until:
        read = sides_of(desk, loaded.model, order, until)
        for side in SIDES:
            rows = rows_of(
                loaded.model,
                side,
                read[side],
                key,
                date.fromisoformat(day) if day else None,
                desk.loaded.dir / "scratch",
            )
            sides[side] = rows["rows"]
            if rows["digest"] != document["sides"][side]["source"]["digest"]:
                notes.append(f"note_side_{side}")
    if not differences and not any(sides.values()):
        raise UsageProblem(
            "HIS-8029", "No side has the key {key} now, and the run has no difference of it.", "Check the key.",
            key=" ".join(key),
        )  # fmt: skip
    first = differences[0] if differences else None
    return {
        "key": wanted, "a": sides["a"], "b": sides["b"], "class": first["class"] if first else "balanced",
        "cause": first["cause"] if first else None, "differences": differences, "notes": notes,
        "rule": document["causes"][first["cause"]]["text"] if first else None,
    }  # fmt: skip


def _there(files: Mapping[str, str]) -> dict[str, str]:
    for path in files.values():
        if not Path(path).is_file():
            raise UsageProblem("HIS-8001", "There is no file {file}.", "Check the path.", file=path)
    return dict(files)
