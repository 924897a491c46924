"""Statements about users, directories and segments, after the SQL Language Reference and the packages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from hisops.lab import schemas
from hisops.lab.commands import CommandRefused, pattern, upper
from hisops.lab.state import State

_NAME = r'"?[A-Za-z][\w$#]*"?'
Words = Mapping[str, str | None]
Action = Callable[[State, str, Words], str]


def carry_out(state: State, container: str, text: str) -> str | None:
    """Change `state` as the statement says and return SQL*Plus's answer; None if it is not understood."""
    plain = " ".join(text.strip().rstrip(";").split())
    for known, action in _ACTIONS:
        if match := known.fullmatch(plain):
            if state["open_mode"] != "READ WRITE":
                raise CommandRefused(16000, "database or pluggable database open for read-only access")
            return action(state, container, upper(match.groupdict()))
    return None


def _create_user(state: State, container: str, match: Words) -> str:
    name = _plain(match["name"])
    if name in schemas.users(state, container):
        raise CommandRefused(1920, f"user name '{name}' conflicts with another user or role name")
    place = _plain(match["place"] or "USERS")
    if place not in {*schemas.tablespaces(state, container), "USERS"}:
        raise CommandRefused(959, f"tablespace '{place}' does not exist")
    schemas.own(state, container)[name] = schemas.new() | {"tablespace": place}
    return "User created."


def _drop_user(state: State, container: str, match: Words) -> str:
    name = _plain(match["name"])
    known = schemas.own(state, container)
    if name not in schemas.users(state, container):
        raise CommandRefused(1918, f"user '{name}' does not exist")
    if any(table.owner == name for table in schemas.filed(state, container)):
        raise CommandRefused(1940, "cannot drop a user that is currently connected")  # the hospital works with it
    schema = known.pop(name)
    if (schema["tables"] or schema["objects"]) and not match["cascade"]:
        known[name] = schema
        raise CommandRefused(1922, f"CASCADE must be specified to drop '{name}'")
    state["invalid_objects"] = [
        row for row in state["invalid_objects"] if (row["con"], row["owner"]) != (container, name)
    ]
    return "User dropped."


def _create_directory(state: State, container: str, match: Words) -> str:
    name, own = _plain(match["name"]), state.setdefault("directories", {}).setdefault(container, {})
    if name in own and not match["replace"]:
        raise CommandRefused(955, "name is already used by an existing object")
    own[name] = str(match["file"])
    return "Directory created."


def _drop_directory(state: State, container: str, match: Words) -> str:
    name, own = _plain(match["name"]), state.setdefault("directories", {}).setdefault(container, {})
    if own.pop(name, None) is None:
        raise CommandRefused(4043, f"object {name} does not exist")
    return "Directory dropped."


def _grant(state: State, container: str, match: Words) -> str:
    return "Grant succeeded."


def _materialize(state: State, container: str, match: Words) -> str:
    owner = str(match["owner"])
    for table in schemas.own(state, container).get(owner, {}).get("tables", {}).values():
        table["segment"] = True
    return "PL/SQL procedure successfully completed."


def _plain(name: str | None) -> str:
    return str(name).strip('"').upper()


_SPACE = rf"(?: DEFAULT TABLESPACE (?P<place>{_NAME}))?"
_QUOTA = rf"(?: QUOTA UNLIMITED ON {_NAME})*"
_ACTIONS: tuple[tuple[re.Pattern[str], Action], ...] = (
    (pattern(rf"CREATE USER (?P<name>{_NAME}) NO AUTHENTICATION{_SPACE}{_QUOTA}"), _create_user),
    (pattern(rf"DROP USER (?P<name>{_NAME})(?P<cascade> CASCADE)?"), _drop_user),
    (
        pattern(rf"CREATE (?P<replace>OR REPLACE )?DIRECTORY (?P<name>{_NAME}) AS '(?P<file>[^']+)'"),
        _create_directory,
    ),
    (pattern(rf"DROP DIRECTORY (?P<name>{_NAME})"), _drop_directory),
    (pattern(rf"GRANT [\w, ]+ ON DIRECTORY {_NAME} TO {_NAME}"), _grant),
    (
        pattern(
            r"BEGIN (?:SYS\.)?DBMS_SPACE_ADMIN\.MATERIALIZE_DEFERRED_SEGMENTS"
            r"\(\s?(?:SCHEMA_NAME\s?=>\s?)?(?:UPPER\()?'(?P<owner>[^']+)'\)?\s?\); END"
        ),
        _materialize,
    ),
)
