"""RESTORE … VALIDATE and RESTORE … PREVIEW: what a restore would read, read or listed."""

from __future__ import annotations

from typing import Any

from hisops.lab.state import State
from hisops.lab.tools.rman import listing, logs, sets
from hisops.lab.tools.rman.run import Run, failed_command, syntax_error
from hisops.lab.tools.rman.script import flag, numbers, option

_KINDS = {"database": "D", "datafile": "D", "controlfile": "CS", "archivelog": "L", "spfile": "PS"}
Span = tuple[int, int]
_ALL: Span = (0, 1 << 40)
_LOST = "RMAN-06026: some targets not found - aborting restore"


def restore(run: Run, words: list[str]) -> None:
    """Validate or list what a restore would read."""
    rest = list(words[1:])
    tag = option(rest, "from", "tag")
    validate, preview, summary = flag(rest, "validate"), flag(rest, "preview"), flag(rest, "summary")
    flag(rest, "check", "logical")
    flag(rest, "header")
    flag(rest, "from", "autobackup")
    what, files = _what(rest)
    span = _span(rest) if what == "archivelog" else _ALL
    if rest or what not in _KINDS or (validate and preview):
        raise syntax_error(rest[-1] if rest else "restore")
    if not (validate or preview):
        raise failed_command("restore", "ORA-03001: unimplemented feature (lab: only RESTORE … VALIDATE is rehearsed)")
    if run.state["status"] not in ("OPEN", "MOUNTED"):
        raise failed_command("restore", "ORA-01507: database not mounted")
    run.say("", f"Starting restore at {run.when()}")
    run.take_channel()
    run.say("")
    if preview:
        _preview(run, what, files, tag, summary=summary)
    elif _KINDS[what] == "D":
        _files(run, files, tag)
    else:
        _others(run, what, tag, span)
    run.say(f"Finished restore at {run.when()}")


def _what(rest: list[str]) -> tuple[str, list[int]]:
    what = rest.pop(0) if rest else ""
    if what == "datafile":
        return what, [int(one) for one in numbers(rest) if one.isdigit()]
    return what, []


def _span(rest: list[str]) -> Span:
    """Return the first and last sequence that are asked for; ranges of times and SCNs are read whole."""
    if flag(rest, "all"):
        return _ALL
    for word in ("from", "until"):
        flag(rest, word, "time") and rest and rest.pop(0)
        option(rest, word, "scn")
    low, high = option(rest, "from", "sequence"), option(rest, "until", "sequence")
    one = option(rest, "sequence")
    return int(one or low or _ALL[0]), int(one or high or _ALL[1])


def _tagged(state: State, kinds: str, tag: str | None) -> list[dict[str, Any]]:
    return [one for one in sets.available(state) if one["kind"] in kinds and (tag is None or one["tag"] == tag.upper())]


def _files(run: Run, files: list[int], tag: str | None) -> None:
    """Read the newest set of each file; where it cannot be read, older ones."""
    state = run.state
    left = files or [file["file"] for file in state["datafiles"]]
    known, bad = _tagged(state, "D", tag), set()
    _refuse_missing(left, known)
    while left:
        _refuse_missing(left, known)
        chosen = {sets.base_of(state, number, known)[0]["set_count"]: number for number in reversed(left)}
        for one in [one for one in known if one["set_count"] in chosen]:
            mine = [number for number in left if sets.base_of(state, number, known)[0] is one]
            wrong = sets.attempt(run, one)
            if wrong:
                bad.add(one["set_count"])
                run.on_channel(wrong[0])
                run.say(*wrong[1:], "", "failover to previous backup", "")
            else:
                left = [number for number in left if number not in mine]
        known = [one for one in known if one["set_count"] not in bad]


def _refuse_missing(files: list[int], known: list[dict[str, Any]]) -> None:
    missing = [n for n in files if not any(n in one["files"] and not one["parts"][str(n)]["since"] for one in known)]
    if missing:
        lines = [f"RMAN-06023: no backup or copy of datafile {number} found to restore" for number in reversed(missing)]
        raise failed_command("restore", _LOST, *lines)


def _others(run: Run, what: str, tag: str | None, span: Span) -> None:
    found = _tagged(run.state, _KINDS[what], tag)
    if what == "archivelog":
        found = _of_logs(run, found, span, any_tag=tag is None)
    elif found:
        found = found[-1:]
    if not found and what != "archivelog":
        raise failed_command("restore", _LOST, f"RMAN-06024: no backup or copy of the {_name(what)} found to restore")
    for one in found:
        if wrong := sets.attempt(run, one):
            run.on_channel(wrong[0])
            run.say(*wrong[1:], "")
            raise failed_command("restore", _LOST, _missing(what, one))


def _of_logs(run: Run, found: list[dict[str, Any]], span: Span, *, any_tag: bool) -> list[dict[str, Any]]:
    """Return the sets of logs to be read; what is on disk still is not restored but looked at there."""
    found = [one for one in found if any(_within(log, span) for log in one["logs"])]
    present = [log for log in logs.present(run.state) if _within(log, span)]
    if any_tag:
        here = {(log["resetlogs"], log["sequence"]) for log in present}
        backed = {(log["resetlogs"], log["sequence"]) for one in found for log in one["logs"]}
        lost = [
            log
            for log in run.state["logs"]
            if _within(log, span) and (log["resetlogs"], log["sequence"]) not in here | backed
        ]
        if lost:
            raise failed_command("restore", _LOST, *(_no_log(log) for log in lost))
    if not found and not (any_tag and present):
        raise failed_command("restore", _LOST, "RMAN-06025: no backup of archived log for thread 1 found to restore")
    return found


def _within(log: dict[str, Any], span: Span) -> bool:
    return span[0] <= int(log["sequence"]) <= span[1]


def _missing(what: str, one: dict[str, Any]) -> str:
    if what == "archivelog":
        return _no_log(one["logs"][0])
    return f"RMAN-06024: no backup or copy of the {_name(what)} found to restore"


def _no_log(log: dict[str, Any]) -> str:
    what = f"archived log for thread 1 with sequence {log['sequence']} and starting SCN of {log['first']}"
    return f"RMAN-06025: no backup of {what} found to restore"


def _name(what: str) -> str:
    return "control file" if what == "controlfile" else "SPFILE"


def _preview(run: Run, what: str, files: list[int], tag: str | None, *, summary: bool) -> None:
    if _KINDS[what] != "D":
        raise syntax_error("preview")
    state = run.state
    wanted = files or [file["file"] for file in state["datafiles"]]
    known = _tagged(state, "D", tag)
    _refuse_missing(wanted, known)
    chosen = {one["set_count"]: one for number in wanted for one in sets.base_of(state, number, known)[:1]}
    listing.backup_sets(run, list(chosen.values()), summary=summary)
    starts = [one["parts"][str(n)]["checkpoint"] for one in chosen.values() for n in one["files"] if n in wanted]
    needed = [log for log in logs.present(state) if log["next"] > min(starts)]
    if needed:
        listing.archived(run, needed)
    run.say(f"Media recovery start SCN is {min(starts)}",
            f"Recovery must be done beyond SCN {max(starts)} to clear datafile fuzziness")  # fmt: skip
