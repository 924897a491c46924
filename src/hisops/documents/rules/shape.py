"""Rules on the shape of steps: what they do, where, and what must be written beside it."""

from __future__ import annotations

from collections.abc import Iterator

from hisops.documents.findings import Finding
from hisops.documents.rules.subject import ACTIONS, Subject, actions_of
from hisops.documents.source import Keys
from hisops.model.runbook import SESSIONS, Call, Step, Undo


def one_action(subject: Subject) -> Iterator[Finding]:
    """A step does exactly one thing."""
    for keys, step in subject.steps():
        found = actions_of(step)
        if len(found) > 1:
            fact = "A step does one thing; this one has {actions}."
            yield Finding(
                (*keys, found[1]), fact, "Make two steps of it.", {"actions": " and ".join(found)}, at_key=True
            )
        elif not found:
            values = {"id": step.id, "actions": ", ".join(ACTIONS)}
            fact = "The step `{id}` does nothing."
            yield Finding(keys, fact, "Give it one of {actions}.", values)


def sound_calls(subject: Subject) -> Iterator[Finding]:
    """A probe, a wait and an undo are a script or a statement; a requirement may also look at what the step gave."""
    for at, step in subject.steps():
        for keys, call in subject.calls(step, at):
            given = [name for name in ("sh", "sql") if getattr(call, name) is not None]
            none = isinstance(call, Undo) and call.none is not None
            if len(given) + none > 1:
                yield Finding(keys, "Here only one of sh, sql{none} may stand.", values=_none(call))
            elif not given and not none and "verify" not in keys[-2:-1]:
                yield Finding(keys, "Here one of sh, sql{none} is missing.", "Add it.", _none(call))
            elif not given and (call.stdin or call.judge or call.on or call.allow):
                fact = "Without sh or sql there is nothing for judge, stdin, on or allow to belong to."
                yield Finding(keys, fact, "Add the call, or remove them.")


def stdin_and_judges_belong_to_shells(subject: Subject) -> Iterator[Finding]:
    """Only a shell script has a standard input, and an output that a judge reads."""
    for at, step in subject.steps():
        for keys, part in subject.parts(step, at):
            if part.sh is not None or (part.sql is None and part is not step):
                continue  # calls that are neither are told by a rule of their own
            if part.stdin is not None:
                fact = "Only `sh` has a standard input."
                yield Finding((*keys, "stdin"), fact, "Move it to a shell step.", at_key=True)
            if part.judge is not None:
                fact = "Only what `sh` prints is judged; a statement succeeds or fails by itself."
                yield Finding((*keys, "judge"), fact, "Put conditions on rows under `verify`.", at_key=True)
            if part.allow:
                yield Finding((*keys, "allow"), "`allow` belongs to a judge.", "Remove it.", at_key=True)


def right_places(subject: Subject) -> Iterator[Finding]:
    """A statement goes to a database, a script to a host, a file to a host of the target."""
    for at, step in subject.steps():
        written = step.on if "on" in step.model_fields_set else None
        yield from _place((*at, "on"), step.sh, step.sql, written)
        if step.upload is not None and written in {"control", *SESSIONS}:
            fact = "A file is brought to a host of the target or of a database beside it, not to {on}."
            yield Finding((*at, "on"), fact, values={"on": written})
        for keys, call in subject.calls(step, at):
            yield from _place((*keys, "on"), call.sh, call.sql, call.on)


def probes_for_what_cannot_be_repeated(subject: Subject) -> Iterator[Finding]:
    """A step that writes and is not idempotent can be asked whether it has happened."""
    for keys, step in _unrepeatable(subject):
        if step.probe is None:
            fact = (
                "The step `{id}` writes and is not idempotent, but has no probe: after a lost link nobody could tell."
            )
            todo = "Add `probe:` with a read-only question and `done:`, or say `idempotent: true` if it may run twice."
            yield Finding(keys, fact, todo, {"id": step.id}, missing=(*keys, "probe"))


def undo_or_reason(subject: Subject) -> Iterator[Finding]:
    """A step that writes and is not idempotent says how it is taken back, or why it is not."""
    for keys, step in _unrepeatable(subject):
        if step.undo is None:
            fact = "The step `{id}` writes and is not idempotent, but does not say how it is taken back."
            todo = "Add `undo:`, or `undo: {{none: {{zh: …, en: …}}}}` with the reason."
            yield Finding(keys, fact, todo, {"id": step.id}, missing=(*keys, "undo"))


def nothing_to_undo(subject: Subject) -> Iterator[Finding]:
    """What changes nothing has neither undo nor probe, and is no point of no return."""
    for keys, step in subject.steps():
        if step.writes or step.manual is not None:
            continue
        for name in ("undo", "probe"):
            if getattr(step, name) is not None:
                fact = "A step of effect {effect} leaves nothing behind; `{name}` has no meaning here."
                values = {"effect": step.effect, "name": name}
                yield Finding((*keys, name), fact, "Remove it, or correct the effect.", values, at_key=True)
        if step.point_of_no_return:
            fact = "A step of effect {effect} is no point of no return."
            yield Finding((*keys, "point_of_no_return"), fact, values={"effect": step.effect}, at_key=True)


def gates_before_writes(subject: Subject) -> Iterator[Finding]:
    """A gate asks something, and stands before what changes something."""
    for keys, step in subject.steps():
        gate = step.gate
        if gate is None:
            continue
        if not step.writes and step.manual is None:
            fact = "A step of effect {effect} is carried out without being asked for; a gate has no meaning here."
            yield Finding((*keys, "gate"), fact, "Put it on a step that writes.", {"effect": step.effect}, at_key=True)
        if not (gate.confirm or gate.type_target or gate.read_back or gate.approve):
            fact, todo = "The gate asks nothing.", "Give it confirm, type_target, read_back or approve."
            yield Finding((*keys, "gate"), fact, todo, at_key=True)


def timeouts_for_writes(subject: Subject) -> Iterator[Finding]:
    """A step that writes says when to stop waiting for it; so does its undo."""
    for keys, step in subject.steps():
        if not step.writes or step.manual is not None or step.uses is not None:
            continue
        if step.timeout is None:
            fact = "The step `{id}` writes, but says nothing about how long to wait."
            todo = "Add `timeout:`; when it passes the tool goes on and the run is held."
            yield Finding(keys, fact, todo, {"id": step.id}, missing=(*keys, "timeout"))
        elif step.timeout < step.expect:
            fact = "The timeout is shorter than the time that is expected."
            yield Finding((*keys, "timeout"), fact, "Lengthen it, or correct `expect:`.")
        if step.undo is not None and step.undo.none is None and step.undo.timeout is None:
            at = (*keys, "undo")
            yield Finding(
                at, "The undo of `{id}` has no timeout.", "Add it.", {"id": step.id}, missing=(*at, "timeout")
            )


def undo_on_failure(subject: Subject) -> Iterator[Finding]:
    """Only a step that can be taken back is taken back when it fails; only a read may be passed over."""
    for keys, step in subject.steps():
        at = (*keys, "on_failure")
        if step.on_failure == "undo" and (step.undo is None or step.undo.none is not None):
            fact = "On failure this step is to be undone, but it has no undo."
            yield Finding(at, fact, "Add `undo:`, or write hold or stop.", missing=(*keys, "undo"))
        if step.on_failure == "continue" and step.writes:
            fact = "A step that writes cannot be passed over when it fails."
            yield Finding(at, fact, "Write hold, undo or stop.")


def uploads(subject: Subject) -> Iterator[Finding]:
    """What is brought to a host is the file of a parameter, and goes to the staging folder."""
    for keys, step in subject.steps():
        if step.upload is None:
            continue
        parameter = subject.runbook.parameters.get(step.upload.file)
        at = (*keys, "upload", "file")
        if parameter is None or parameter.type != "file":
            files = [name for name, each in subject.runbook.parameters.items() if each.type == "file"]
            fact = "There is no parameter `{name}` of type file."
            values = {"name": step.upload.file, "known": ", ".join(files) or "none"}
            yield Finding(at, fact, "Known are: {known}.", values, missing=("parameters", step.upload.file))
        if step.effect != "stage":
            fact = "An upload goes to the run's staging folder; its effect is stage, not {effect}."
            yield Finding((*keys, "effect"), fact, "Write `effect: stage`.", {"effect": step.effect})


def staging_is_on_hosts(subject: Subject) -> Iterator[Finding]:
    """Only a script or an upload can be of effect stage."""
    for keys, step in subject.steps():
        if step.effect == "stage" and not {"sh", "upload", "uses"} & set(actions_of(step)) and actions_of(step):
            fact = "Effect stage means the run's own folder on a host; only sh and upload can have it."
            yield Finding((*keys, "effect"), fact, "Write read or write.")


def _unrepeatable(subject: Subject) -> Iterator[tuple[Keys, Step]]:
    for keys, step in subject.steps():
        if step.writes and not step.idempotent and (step.sh is not None or step.sql is not None):
            yield keys, step


def _place(keys: Keys, sh: str | None, sql: str | None, on: str | None) -> Iterator[Finding]:
    if sql is not None and on not in {None, *SESSIONS}:
        yield Finding(keys, "A statement goes to db, peer or destination, not to {on}.", values={"on": on})
    if sh is not None and on in SESSIONS:
        fact = "A script runs on a host; {on} is a database session."
        yield Finding(keys, fact, "Write {on}_host.", {"on": on})


def _none(call: Call) -> dict[str, object]:
    return {"none": ", none" if isinstance(call, Undo) else ""}
