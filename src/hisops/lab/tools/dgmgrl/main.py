"""dgmgrl [-silent] [-echo] [LOGON [COMMAND]]: the command line, the prompt, and how it ends."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator

from hisops.lab import lifecycle
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.dgmgrl import edit, roles, show, validate
from hisops.lab.tools.dgmgrl.session import Refused, Session
from hisops.lab.tools.nls import banner_date, now

_OPTIONS = ("-silent", "-echo")
_PROMPT = "DGMGRL> "
_OBJECT = r"""(?P<name>"[^"]+"|'[^']+'|[\w$#]+)"""


def run(desk: Desk) -> int:
    """Do what the command line says; with a single command its result is the exit code."""
    words = list(desk.argv)
    options = set()
    while words and words[0].lower() in _OPTIONS:
        options.add(words.pop(0).lower())
    if words and words[0].startswith("-"):
        desk.out("Usage: dgmgrl [<options>] [<logon> [<command>]]")
        return 1
    prompt = Prompt(Session(desk), silent="-silent" in options, echo="-echo" in options)
    prompt.banner()
    logged_on = not words or prompt.log_on(words[0])
    if len(words) > 1:
        done = prompt.carry_out(" ".join(words[1:]))
        return 0 if done and logged_on else 1
    prompt.play()
    return 0


class Prompt:
    """Reads commands and has them carried out."""

    def __init__(self, session: Session, *, silent: bool, echo: bool) -> None:
        self._session = session
        self._silent = silent
        self._echo = echo
        self._last = ""
        self._lines: Iterator[str] = iter(sys.stdin.readline, "")

    def banner(self) -> None:
        """Print what is printed at every start."""
        if self._silent:
            return
        desk, moment = self._session.desk, now()
        version = next(
            one["version"] for one in map(desk.store.read, desk.store.databases()) if one["host"] == desk.host
        )
        self._session.say(
            f"DGMGRL for Linux: Release 19.0.0.0.0 - Production on {banner_date(moment)}", f"Version {version}", "",
            f"Copyright (c) 1982, {moment.year}, Oracle and/or its affiliates.  All rights reserved.", "",
            'Welcome to DGMGRL, type "help" for information.',
        )  # fmt: skip

    def log_on(self, logon: str) -> bool:
        """Log on as the command line asks; a failure leaves a prompt without connection."""
        try:
            lines = self._session.log_on(logon, self._password(logon))
        except Refused as refused:
            self._session.say(*refused.lines)
            return False
        self._session.say(*(lines[:1] if self._silent else lines))
        return True

    def _password(self, logon: str) -> str | None:
        """Ask for the password that a logon leaves out."""
        who = logon.partition("@")[0]
        if not who.strip() or "/" in who:
            return None
        self._session.desk.out("Password:", end="\n" if self._silent else "")
        return next(self._lines, "").rstrip("\r\n")

    def play(self) -> None:
        """Carry out standard input line by line."""
        for line in self._prompted():
            text = line.strip()
            if not text or text.startswith("--"):
                continue
            if re.fullmatch(r"(?:exit|quit)\s*;?", text, re.IGNORECASE):
                return
            self.carry_out(text)

    def _prompted(self) -> Iterator[str]:
        while True:
            if not self._silent:
                self._session.desk.out(_PROMPT, end="")
            line = next(self._lines, "")
            if not line:
                if not self._silent:
                    self._session.say("")
                return
            if self._echo:
                self._session.say(line.rstrip("\r\n"))
            yield line

    def carry_out(self, text: str) -> bool:
        """Carry out one command; False when it failed."""
        plain = " ".join(text.strip().rstrip(";").split())
        if plain == "/":
            plain = self._last
        self._last = plain
        try:
            if match := re.fullmatch(r"connect\s+(?P<logon>.+)", plain, re.IGNORECASE):
                self._session.say(*self._session.log_on(match["logon"], self._password(match["logon"])))
                return True
            return self._known(plain)
        except Refused as refused:
            self._session.say(*refused.lines)
            return False

    def _known(self, plain: str) -> bool:
        for pattern, action in _COMMANDS:
            if match := re.fullmatch(pattern, plain, re.IGNORECASE):
                self._session.desk.record("command", text=plain)
                action(self._session, match.groupdict())
                return True
        first, _, rest = plain.partition(" ")
        if first.lower() in _VERBS and rest:
            self._session.say(f'Syntax error before or at "{rest.split()[-1]}"')
        else:
            self._session.say(f'Unrecognized command "{first}", try "help"')
        return False


def _instance(session: Session, words: dict[str, str]) -> None:
    """STARTUP and SHUTDOWN of the instance connected to."""
    key = session.connected
    if (words.get("verb") or "").lower() == "shutdown":
        lifecycle.stop(session.desk, key, (words["how"] or "immediate").lower(), session.say)
        return
    if session.desk.store.read(key)["status"] != "DOWN":
        raise Refused("ORA-01081: cannot start already-running ORACLE - shut it down first")
    unique = session.desk.store.read(key)["db_unique_name"]
    session.say(f'Connected to "{unique}"')
    lifecycle.start(session.desk, key, (words["upto"] or "open").lower(), lambda *lines: session.say(lines[0]))


Action = Callable[[Session, dict[str, str]], None]
_VERBS = ("show", "validate", "switchover", "failover", "reinstate", "edit", "enable", "disable", "startup", "shutdown")
_COMMANDS: tuple[tuple[str, Action], ...] = (
    (r"show configuration(?P<verbose> verbose)?", lambda s, w: show.configuration(s, bool(w["verbose"]))),
    (r"show fast_start failover", lambda s, w: show.fast_start(s)),
    (rf"show database(?P<verbose> verbose)? {_OBJECT}", lambda s, w: show.database(s, w["name"], bool(w["verbose"]))),
    (rf"validate database(?P<verbose> verbose)? {_OBJECT}",
     lambda s, w: validate.database(s, w["name"], bool(w["verbose"]))),
    (rf"validate static connect identifier for {_OBJECT}", lambda s, w: validate.static(s, w["name"])),
    (rf"switchover to {_OBJECT}", lambda s, w: roles.switchover(s, w["name"])),
    (rf"failover to {_OBJECT}(?P<now> immediate)?",
     lambda s, w: roles.failover(s, w["name"], immediate=bool(w["now"]))),
    (rf"reinstate database {_OBJECT}", lambda s, w: roles.reinstate(s, w["name"])),
    (rf"edit database {_OBJECT} set state ?= ?(?P<state>'?[\w-]+'?)",
     lambda s, w: edit.state(s, w["name"], w["state"])),
    (rf"show database {_OBJECT} (?P<property>['\"]?\w+['\"]?)",
     lambda s, w: show.one_property(s, w["name"], w["property"])),
    (rf"edit database {_OBJECT} set property (?P<property>['\"]?\w+['\"]?) ?= ?(?P<value>'[^']*'|\w+)",
     lambda s, w: edit.set_property(s, w["name"], w["property"], w["value"])),
    (r"(?P<verb>enable|disable) configuration", lambda s, w: edit.configuration(s, on=w["verb"].lower() == "enable")),
    (rf"(?P<verb>enable|disable) database {_OBJECT}",
     lambda s, w: edit.database(s, w["name"], on=w["verb"].lower() == "enable")),
    (r"(?P<verb>enable|disable) fast_start failover(?: force)?",
     lambda s, w: edit.fast_start(s, on=w["verb"].lower() == "enable")),
    (r"(?P<verb>startup)(?: (?P<upto>nomount|mount|open))?", _instance),
    (r"(?P<verb>shutdown)(?: (?P<how>immediate|abort|normal))?", _instance),
)  # fmt: skip
