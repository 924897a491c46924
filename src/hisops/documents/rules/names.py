"""Which names of values a runbook has, and of which types: in scripts, statements, slots and expressions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hisops.documents.rules.parts import is_foreign, parts_of, same_items
from hisops.documents.rules.subject import Subject
from hisops.model.runbook import Call, Step
from hisops.model.site import COMPANIONS, SOURCE

OWN = {"stage_dir": "path", "run_dir": "path", "run": "string"}
ITEM = "item"
_KINDS = {
    "integer": "integer", "boolean": "boolean", "version": "version", "list": "list[string]", "scn": "any",
}  # fmt: skip


def outputs_before(subject: Subject, step: Step) -> dict[str, str]:
    """Return the outputs of the steps before `step` as `a_b_name`, with their types."""
    return {
        f"{part.name.replace('-', '_')}_{name}": "list" if part.fanned and not same_items(step, each) else output.type
        for each in subject.runbook.steps[: subject.place_of[step.id]]
        for part in parts_of(subject, each)
        for name, output in part.outputs.items()
    }


def values_at(subject: Subject, step: Step) -> dict[str, str]:
    """Return every value that a script, a statement or a slot of `step` can name, with its declared type."""
    target = subject.target_type
    settings = {name: each.type for name, each in target.settings.items()} if target else {}
    settings |= {f"{word}_{name}": type_ for word in _beside(step) for name, type_ in settings.items()}
    if is_foreign(step):
        settings = {}
    parameters = {name: each.type for name, each in subject.runbook.parameters.items()}
    item = {} if step.for_each is None else {ITEM: "string"}
    return {**settings, **parameters, **outputs_before(subject, step), **OWN, **item}


def _beside(step: Step) -> Iterator[str]:
    """Give the words before the settings of other databases: on the scratch host the target is the source."""
    if step.places != {"scratch_host"}:
        yield from COMPANIONS
    if "scratch_host" in step.places:
        yield SOURCE


def scope(subject: Subject, step: Step | None) -> dict[str, str]:
    """Return the dotted names that expressions see before `step` acts (None: before any step), with their types."""
    found = {
        "target.name": "string", "target.engine": "string", "target.role": "string", "target.version": "version",
        "target.host.name": "string", "target.host.os": "string",
    }  # fmt: skip
    for word in COMPANIONS:
        found |= {f"target.has_{word}": "boolean", f"target.{word}.name": "string", f"target.{word}.host": "string"}
    target = subject.target_type
    if target is None:
        found |= {f"target.{name}": "map" for name in ("settings", "identity", "state", *COMPANIONS)}
    else:
        for settings in ("target.settings", *(f"target.{word}.settings" for word in COMPANIONS)):
            found |= {f"{settings}.{name}": kind_of(each.type) for name, each in target.settings.items()}
        found |= {f"target.identity.{fact.id}.{value}": "any" for fact in target.identity for value in fact.values}
        found |= {f"target.state.{fact.id}.{value}": "any" for fact in target.state for value in fact.values}
    found |= {f"params.{name}": kind_of(each.type) for name, each in subject.runbook.parameters.items()}
    if step is not None:
        found |= {} if step.for_each is None else {ITEM: "string"}
        for each in subject.runbook.steps[: subject.place_of[step.id]]:
            found |= _of_step(subject, each, same_items(step, each))
    return found


def _of_step(subject: Subject, step: Step, same: bool) -> dict[str, str]:
    """Return the names of what an earlier step came to; `same`: asked on an item that it was repeated for, too."""
    base = f"steps.{step.id.replace('-', '_')}"
    found = {f"{base}.state": "string"}
    if step.for_each is not None:
        found[f"{base}.items"] = "list[string]"
    for part in parts_of(subject, step):
        base = f"steps.{part.name.replace('-', '_')}"
        found[f"{base}.state"] = "string"
        for name, output in part.outputs.items():
            kind = kind_of(output.type)
            if part.fanned:
                found[f"{base}.items"] = "list[string]"
                found[f"{base}.all.{name}"] = "list" if "[" in kind or kind == "any" else f"list[{kind}]"
            if same or not part.fanned:
                found[f"{base}.out.{name}"] = kind
    return found


def results(subject: Subject, step: Step, call: Call | None = None) -> Mapping[str, str]:
    """Return the names below `out` after `call` (None: after the step's own action), with their types."""
    of = call or step
    if of.sql is not None:
        return {"out.rows": "list", "out.count": "integer", "out.first": "map"}
    if of.sh is None and call is None and step.wait is not None:
        return results(subject, step, step.wait)
    if of.sh is None:
        return {"out.evidence": "string"} if call is None and step.manual is not None else {}
    found = {"out.code": "integer"}
    if action := subject.action(of.judge):
        found |= {f"out.{name}": kind_of(capture.type) for name, capture in action.capture.items()}
    elif of.judge or call is not None:
        found["out"] = "map"  # an unknown judge, or JSON of which nobody has declared the fields
    else:
        found["out.json"] = "map"
        found |= {f"out.{each.key or name}": kind_of(each.type) for name, each in step.outputs.items()}
    return found


def kind_of(declared: str) -> str:
    """Return the type in expressions of a value that is declared so."""
    return _KINDS.get(declared, "string")
