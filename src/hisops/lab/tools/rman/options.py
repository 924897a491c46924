"""What a BACKUP command asks for."""

from __future__ import annotations

from dataclasses import dataclass

from hisops.lab.tools.rman.run import syntax_error
from hisops.lab.tools.rman.script import flag, numbers, option


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs:
    """Which archived logs are to be backed up, and how."""

    tag: str | None
    template: str | None
    times: int | None
    delete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a BACKUP command asks for. `files` are numbers; none of them, and no part, is an error of syntax."""

    database: bool
    files: tuple[int, ...]
    spaces: tuple[str, ...]
    control: bool
    spfile: bool
    logs: Logs | None
    plus: Logs | None
    validate: bool
    compressed: bool
    level: int | None
    cumulative: bool
    tag: str | None
    template: str | None
    times: int | None


def parse(words: list[str]) -> Wish:
    """Understand the command, or refuse it as RMAN refuses a syntax error."""
    front, plus, behind = _parted(list(words[1:]))
    validate, compressed = flag(front, "validate"), _form(front)
    flag(front, "check", "logical")
    level, cumulative = _level(front)
    option(front, "filesperset"), option(front, "device", "type"), option(front, "channel")
    times, tag, template = _times(front), option(front, "tag"), option(front, "format")
    control = flag(front, "include", "current", "controlfile")
    delete = flag(front, "delete", "all", "input") or flag(front, "delete", "input")
    database = flag(front, "database")
    control = flag(front, "current", "controlfile") or control
    spfile, logs = flag(front, "spfile"), _has_logs(front)
    files = tuple(int(one) for one in _list(front, "datafile"))
    spaces = tuple(one.upper() for one in _list(front, "tablespace"))
    if front or not (database or control or spfile or logs or files or spaces) or (delete and not logs):
        raise syntax_error(front[-1] if front else "backup")
    own = Logs(tag=tag, template=template, times=times, delete=delete)
    return Wish(
        database=database,
        files=files,
        spaces=spaces,
        control=control,
        spfile=spfile,
        logs=own if logs else None,
        plus=_plus(behind, own) if plus else None,
        validate=validate,
        compressed=compressed,
        level=level,
        cumulative=cumulative,
        tag=tag,
        template=template,
        times=times,
    )


def _parted(rest: list[str]) -> tuple[list[str], bool, list[str]]:
    if "plus" not in rest:
        return rest, False, []
    at = rest.index("plus")
    if rest[at + 1 : at + 2] != ["archivelog"]:
        raise syntax_error("plus")
    return rest[:at], True, rest[at + 2 :]


def _plus(behind: list[str], own: Logs) -> Logs:
    """Return what is asked for the logs; without a word of it they follow the data files."""
    given = Logs(
        tag=option(behind, "tag"),
        template=option(behind, "format"),
        times=_times(behind),
        delete=flag(behind, "delete", "all", "input") or flag(behind, "delete", "input"),
    )
    if behind:
        raise syntax_error(behind[-1])
    return Logs(
        tag=given.tag or own.tag,
        template=given.template or own.template,
        times=given.times if given.times is not None else own.times,
        delete=given.delete,
    )


def _form(rest: list[str]) -> bool:
    if flag(rest, "as", "compressed", "backupset"):
        return True
    flag(rest, "as", "backupset")
    return False


def _level(rest: list[str]) -> tuple[int | None, bool]:
    given = option(rest, "incremental", "level")
    flag(rest, "full")
    if given not in (None, "0", "1"):
        raise syntax_error(str(given))
    return (int(given) if given else None), flag(rest, "cumulative")


def _times(rest: list[str]) -> int | None:
    """Take NOT BACKED UP [n TIMES] out."""
    if not flag(rest, "not", "backed", "up"):
        return None
    for at, word in enumerate(rest):
        if word == "times" and at and rest[at - 1].isdigit():
            count = int(rest[at - 1])
            del rest[at - 1 : at + 1]
            return count
    return 1


def _has_logs(rest: list[str]) -> bool:
    if not flag(rest, "archivelog"):
        return False
    flag(rest, "all")
    return True


def _list(rest: list[str], word: str) -> list[str]:
    if word not in rest:
        return []
    at = rest.index(word)
    tail = rest[at + 1 :]
    found = numbers(tail)
    rest[at:] = tail
    if not found or (word == "datafile" and not all(one.isdigit() for one in found)):
        raise syntax_error(word)
    return found
