"""What `exp` and `imp` have in common: words, login, a log beside the screen, and how they end."""

from __future__ import annotations

from pathlib import Path

from hisops.lab.state import State
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.logical import logon
from hisops.lab.tools.logical.content import CODECS
from hisops.lab.tools.logical.logon import Denied, Login
from hisops.lab.tools.logical.words import Refused, Words, read


def charset_of(desk: Desk) -> str:
    """Return the character set of the client, US7ASCII unless NLS_LANG says another one."""
    named = desk.env.get("NLS_LANG", "").partition(".")[2].upper()
    return named if named in CODECS else "US7ASCII"


class Original:
    """One call of one of the two. They print on standard error, as they do in reality."""

    failed = 1

    def __init__(self, desk: Desk, word: str, prefix: str) -> None:
        self.desk = desk
        self.words: Words = {}
        self._word = word
        self._prefix = prefix
        self._log: Path | None = None
        self._warned = False
        self._login: Login | None = None

    @property
    def login(self) -> Login:
        """Who is in."""
        if self._login is None:
            raise LookupError("nobody has logged in")
        return self._login

    @property
    def file_version(self) -> str:
        """What stands in the head of a dump."""
        return "19.00.00" if self.desk.machine.release.container else "11.02.00"

    def begin(self, known: frozenset[str], not_rehearsed: frozenset[str]) -> State | None:
        """Read the words and log in; None if that failed, which has been told."""
        self.say(*logon.banner(self.desk, self._word), "")
        try:
            self.words = read(self.desk.argv, known, not_rehearsed)
        except Refused as refused:
            help_text = f"{self._prefix}-00019: failed to process parameters, type '{self._prefix} HELP=Y' for help"
            self.fail(*refused.lines, "", help_text)
            return None
        if "log" in self.words and not self._open_log(Path(self.words["log"])):
            return None
        try:
            self._login = logon.log_on(self.desk, self.words.get("userid", ""))
        except Denied as denied:
            number = f"{self._prefix}-00056" if self._prefix == "EXP" else f"{self._prefix}-00058"
            self.say("", f"{number}: ORACLE error {denied.number} encountered", *denied.lines, "Username: ")
            self.fail(f"{self._prefix}-00030: Unexpected End-Of-File encountered while reading input")
            return None
        state = self.desk.store.read(self.login.database)
        level = [f"Version {state['version']}"] if state["pdbs"] else []
        self.say("", *logon.greeting(state), *level)
        return state

    def say(self, *lines: str) -> None:
        """Print, also into the log."""
        self.desk.err(*lines)
        if self._log:
            with self._log.open("a") as log:
                log.write("".join(f"{line}\n" for line in lines))

    def warn(self, *lines: str) -> None:
        """Tell of something that makes the end one with warnings."""
        self._warned = True
        self.say(*lines)

    def fail(self, *lines: str) -> int:
        """Tell why nothing goes on."""
        self.say(*lines, f"{self._prefix}-00000: {self._word} terminated unsuccessfully")
        return 1

    def end(self) -> int:
        """Tell the end; warnings end with 0, too."""
        self.say(f"{self._word} terminated successfully with{'' if self._warned else 'out'} warnings.")
        return 0

    def _open_log(self, path: Path) -> bool:
        try:
            path.write_text("")
        except OSError:
            self.fail(f"{self._prefix}-00028: failed to open {path} for write")
            return False
        self._log = path
        return True
