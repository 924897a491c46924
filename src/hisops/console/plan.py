"""The plan as a table: what will happen, where, behind which gates, how long it takes, and what speaks against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.text import Text

from hisops.console.duration import local, parse_stamp, rough
from hisops.console.escape import visible
from hisops.console.fans import numbers, of_groups, rows_of, tagged, titles
from hisops.console.grid import Column, grid, shorten, wrapped
from hisops.console.i18n import mark
from hisops.console.reasons import reason_text
from hisops.console.theme import BAD, CARE, FAINT, STRONG, Page, Screen
from hisops.console.timing import back_words, deadline_document, forecast_of, total_words, window_rows
from hisops.console.words import verdict_look
from hisops.model.expansion import ExpandedRunbook, Group
from hisops.model.plan import Plan, PlannedStep
from hisops.model.runbook import Gate, Runbook, Step

_VALUE = 40


def plan_lines(plan: Plan, page: Page, refusals: Sequence[Mapping[str, str]] = ()) -> list[Text]:
    """Return the whole plan; `refusals` (step and reason) say why it cannot be carried out."""
    runbook = plan.procedure
    return [
        *_head(plan, runbook, page),
        Text(),
        *_table(plan, runbook, page),
        Text("  " + page.signs.rule * (page.width - 4), FAINT),
        *_sums(plan, runbook, page),
        *_findings(plan.warnings, runbook, page, mark("warning"), CARE),
        *_findings(refusals, runbook, page, mark("refused"), BAD),
    ]


def show_plan(screen: Screen, plan: Plan, refusals: Sequence[Mapping[str, str]]) -> None:
    """Show the plan, and its digest if it can be carried out; or give both to a program."""
    page = screen.page()
    screen.show(plan_lines(plan, page, refusals))
    if not refusals:
        screen.show(digest_lines(plan, page))
    screen.data(
        {
            "plan": plan.document(),
            "digest": plan.digest,
            "refusals": list(refusals),
            "warnings": plan.warnings,
            "deadlines": deadline_document(plan),
        }
    )


def show_child_plan(screen: Screen, plan: Plan, refusals: Sequence[Mapping[str, str]]) -> None:
    """Show the plan of a playbook's run, as far as it can be made now; that of the playbook follows."""
    screen.show([*plan_lines(plan, screen.page(), refusals), Text()])


def saved_lines(plan: Plan, page: Page) -> list[Text]:
    """Return who made a saved plan, when, and for which site."""
    said = page.say(
        "Saved plan, made {time} by {who} for the site {site} ({origin})",
        time=local(parse_stamp(plan.created)), who=plan.requester, site=plan.site["name"], origin=plan.site["origin"],
    )  # fmt: skip
    return wrapped(visible(said), page.width, first=Text("  "), indent=2)


def digest_lines(plan: Plan, page: Page) -> list[Text]:
    """Return the plan's digest in groups that can be read aloud."""
    value = plan.digest.removeprefix("sha256:")
    groups = " ".join(value[start : start + 4] for start in range(0, len(value), 4))
    return wrapped(groups, page.width, first=Text.assemble("  ", page.say("Plan digest"), " "), indent=4)


def _head(plan: Plan, runbook: Runbook, page: Page) -> list[Text]:
    say = page.say
    title = Text.assemble("  ", (f"{runbook.id} {runbook.version}", STRONG), "   ", say.of(runbook.title))
    lines = [title if title.cell_len <= page.width else _cut(title, page)]
    if plan.site.get("simulation"):
        lines.append(Text("  " + say("LAB, a simulation: says nothing about a real database"), CARE))
    rows = [
        (say("target"), f"{plan.target}   {_facts(plan.identity, page)}"),
        *([(say("way back to"), _facts(plan.state, page))] if plan.state else []),
        *([(say("values"), _values(plan.parameters, page))] if plan.parameters else []),
        *window_rows(plan, runbook, page),
        *((say("rests on"), _evidence(each, page)) for each in plan.evidence),
        *([(say("replaced"), ", ".join(plan.overrides))] if plan.overrides else []),
    ]
    return [*lines, *grid([Column(), Column(wraps=True)], rows, page.width)]


def _evidence(evidence: Mapping[str, Any], page: Page) -> str:
    ended = local(parse_stamp(str(evidence["ended"])))
    return page.say("{runbook}, run {run}, ended {time}", runbook=evidence["runbook"], run=evidence["run"], time=ended)


def _cut(line: Text, page: Page) -> Text:
    return Text(shorten(line.plain, page.width, page.signs.cut), STRONG)


def _facts(facts: Mapping[str, Mapping[str, Any]], page: Page) -> str:
    told = [f"{name} {_told(value)}" for values in facts.values() for name, value in values.items()]
    return f" {page.signs.dot} ".join(told)


def _values(values: Mapping[str, Any], page: Page) -> str:
    return f" {page.signs.dot} ".join(f"{name} {_told(value)}" for name, value in values.items())


def _told(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_told(item) for item in value) or "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "-" if value is None else visible(str(value))


def _table(plan: Plan, runbook: ExpandedRunbook, page: Page) -> list[Text]:
    say = page.say
    columns = [
        Column("#", "right"), Column(say("step"), shrink_to=20), Column(say("on")), Column(say("effect")),
        Column(say("expect"), "right"), Column(say("found, gate, way back"), wraps=True),
    ]  # fmt: skip
    planned = {step.id: step for step in plan.steps}
    rows: list[list[str | Text]] = []
    uses = of_groups(runbook)
    for members in rows_of(runbook):
        number, step = members[0]
        if number in uses:
            rows.append(_group_row(runbook.groups[uses[number]], page))
        row = _row(number, step, planned.get(step.id), plan, page)
        if len(members) > 1:
            row = _row_of_all(row, members, planned, plan, page)
        rows.append(row)
    return grid(columns, rows, page.width, cut=page.signs.cut)


def _group_row(group: Group, page: Page) -> list[str | Text]:
    """Return the line above the steps of a runbook that is used."""
    return ["", Text(page.say.of(group.title), STRONG), "", "", "", Text(str(group.uses), FAINT)]


def _row_of_all(
    row: list[str | Text],
    members: Sequence[tuple[int, Step]],
    planned: Mapping[str, PlannedStep],
    plan: Plan,
    page: Page,
) -> list[str | Text]:
    """Return one line for a step that is repeated: `row` is that of its first item."""
    steps = [step for _, step in members]
    hosts = list(dict.fromkeys(planned[step.id].host for step in steps if step.id in planned))
    host = hosts[0] if len(hosts) == 1 else page.say("{count} hosts", count=len(hosts)) if hosts else ""
    words: dict[str, list[Step]] = {}
    for step in steps:
        words.setdefault(_outcome(planned.get(step.id), page), []).append(step)
    told = [word if len(words) == 1 else _some(word, those, page) for word, those in words.items() if word]
    rest = [*_gate(steps[0].gate, plan, page), *_back(steps[0], page)]
    return [numbers(members, page), titles(steps, page), host, *row[3:5], Text("; ").join([*map(Text, told), *rest])]


def _outcome(planned: PlannedStep | None, page: Page) -> str:
    """Return what was found of one item in words that others can share."""
    if planned is None:
        return ""
    if planned.applies == "yes" and not planned.unknown_until and planned.verdict is not None:
        look = verdict_look(planned.verdict)
        return f"{getattr(page.signs, look.sign)} {page.say(look.word)}"
    found = _found(planned, page)
    return found.plain if found else ""


def _some(word: str, steps: Sequence[Step], page: Page) -> str:
    names = [str(step.spot.item) for step in steps]
    shown = ", ".join(names[:3]) + (f" {page.signs.cut}" if len(names) > 3 else "")
    return f"{len(names)} × {word} ({shown})"


def _row(number: int, step: Step, planned: PlannedStep | None, plan: Plan, page: Page) -> list[str | Text]:
    gone = planned is not None and planned.applies == "no"
    style = FAINT if gone else ""
    return [
        Text(str(number), style),
        Text(page.say.of(step.title), style),
        Text(planned.host if planned else step.on, style),
        effect_text(step, page, gone),
        Text("-" if gone or not step.writes else rough(_expected(step, plan), page.say), style),
        _last(step, planned, plan, page),
    ]


def effect_text(step: Step, page: Page, gone: bool = False) -> Text:
    """Return the effect of a step; the dangerous one in capitals."""
    if step.effect == "destructive":
        return Text(page.say("DESTRUCTIVE"), FAINT if gone else BAD)
    return Text(page.say(step.effect), FAINT if gone or not step.writes else "")


def _last(step: Step, planned: PlannedStep | None, plan: Plan, page: Page) -> Text:
    """Return what was found, or what stands before the step and what leads back."""
    found = _found(planned, page) if planned else None
    if planned is not None and planned.applies == "no" and found:
        return found
    by_hand = Text(page.say("by hand")) if step.manual else None
    parts = [text for text in (found, *_gate(step.gate, plan, page), by_hand, *_back(step, page)) if text]
    return Text("; ").join(parts)


def _found(planned: PlannedStep, page: Page) -> Text | None:
    say = page.say
    if planned.applies == "no":
        return Text(say("left out: {when}", when=planned.note or "-"), FAINT)
    if planned.applies == "unknown":
        return Text(say("only if it turns out to be needed"), FAINT)
    if planned.unknown_until:
        return Text(say("unknown until {step}", step=planned.unknown_until), FAINT)
    if planned.verdict is None:
        return None
    look = verdict_look(planned.verdict)
    said = f" {visible(planned.note)}" if planned.note else ""
    out = "" if said else _summary(planned.out, page)
    return Text.assemble((f"{getattr(page.signs, look.sign)} {say(look.word)}", look.style), said or out)


def _summary(out: Mapping[str, Any], page: Page) -> str:
    told = [f"{name} {shorten(_told(value), _VALUE, page.signs.cut)}" for name, value in out.items()]
    return f" {', '.join(told)}" if told else ""


def _gate(gate: Gate | None, plan: Plan, page: Page) -> list[Text]:
    return [Text(text) for text in gate_words(gate, plan.target, page)]


def gate_words(gate: Gate | None, target: str, page: Page) -> list[str]:
    """Return what each part of a gate asks for, in a few words."""
    if gate is None:
        return []
    say = page.say
    words = [say("confirm")] if gate.confirm else []
    words += [say("type {name}", name=target)] if gate.type_target else []
    words += [say("read back {value}", value=gate.read_back)] if gate.read_back else []
    if gate.approve:
        who = gate.approve.role if gate.approve.quorum == 1 else f"{gate.approve.quorum} x {gate.approve.role}"
        of = say("the plan") if gate.approve.of == "plan" else say("the evidence")
        words.append(say("{who} approves {of}", who=who, of=of))
    return words


def _back(step: Step, page: Page) -> list[Text]:
    if not step.writes:
        return []
    if step.point_of_no_return:
        return [Text(page.say("no way back from here"), CARE)]
    if step.undo is None:
        return []
    if step.undo.none:
        return [Text(page.say("no undo: {reason}", reason=page.say.of(step.undo.none)))]
    return [Text(page.say("can be undone"))]


def _expected(step: Step, plan: Plan) -> int:
    known = plan.timing.get("steps", {}).get(step.id)
    return int(known["median"]) if known else step.expect


def _sums(plan: Plan, runbook: Runbook, page: Page) -> list[Text]:
    say, dot = page.say, page.signs.dot
    expected = forecast_of(plan)
    effects = [step.effect for step in runbook.steps]
    parts = [
        say("{count} steps", count=len(effects)),
        say("{count} write", count=effects.count("write")),
        say("{count} destructive", count=effects.count("destructive")),
        total_words(expected, page),
        back_words(expected, page),
    ]
    return wrapped(f" {dot} ".join(filter(None, parts)), page.width, indent=2)


def _findings(findings: Iterable[Mapping[str, str]], runbook: Runbook, page: Page, word: str, style: str) -> list[Text]:
    named = {step.id: tagged(page.say.of(step.title), step) for step in runbook.steps}
    sign = page.signs.care if style == CARE else page.signs.bad
    lines: list[Text] = []
    for finding in findings:
        name = finding.get("step", "")
        text = ": ".join(filter(None, [named.get(name, name), reason_text(finding.get("reason"), runbook, page.say)]))
        first = Text.assemble("  ", (f"{sign} {page.say(word)}", style), "  ")
        lines += wrapped(text, page.width, first=first, indent=4)
    return lines
