"""What `expdp` and `impdp` have in common: words, login, directory, log, job, and how a job ends."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from hisops.lab import pair, schemas
from hisops.lab.state import State
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.logical import logon
from hisops.lab.tools.logical.logon import Denied, Login
from hisops.lab.tools.logical.words import Refused, Words, names, read, yes
from hisops.lab.tools.nls import banner_date, now

SINCE_12 = frozenset({"logtime"})
COMMON = frozenset({
    "userid", "directory", "dumpfile", "logfile", "nologfile", "schemas", "tables", "exclude", "job_name", "parallel",
    "version", "cluster", "logtime", "metrics",
})  # fmt: skip


class Broken(Exception):
    """The job cannot begin; carries its lines."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


class Pump:
    """One call of one of the two. They print on standard error, as they do in reality."""

    def __init__(self, desk: Desk, word: str, prefix: str) -> None:
        self.desk = desk
        self.words: Words = {}
        self.job = ""
        self._word = word
        self._prefix = prefix
        self._log: Path | None = None
        self._login: Login | None = None
        self._errors = 0
        self._begun = datetime.now()

    @property
    def login(self) -> Login:
        """Who is in."""
        if self._login is None:
            raise LookupError("nobody has logged in")
        return self._login

    @property
    def state(self) -> State:
        """The database as it is now."""
        return self.desk.store.read(self.login.database)

    def begin(self, known: frozenset[str], not_rehearsed: frozenset[str]) -> bool:
        """Read the words and log in; False if that failed, which has been told."""
        release = self.desk.machine.release
        absent = frozenset() if release.container else SINCE_12
        try:
            self.words = read(self.desk.argv, known - absent, not_rehearsed)
        except Refused as refused:
            self.say(*refused.lines, "")
            return False
        self.say(*logon.banner(self.desk, self._word))
        try:
            self._login = logon.log_on(self.desk, self.words.get("userid", ""))
        except Denied as denied:
            number = f"{self._prefix}-{denied.number:05d}"
            self.say("", f"{number}: operation generated ORACLE error {denied.number}", *denied.lines, "", "Username: ")
            return False
        self.say("", *logon.greeting(self.state))
        return True

    def start(self, mode: str) -> None:
        """Open the log and make the job. Raises Broken."""
        self._open_log()
        self.job = names(self.words.get("job_name", f"SYS_{self._word.upper()}_{mode}_01"))[0]
        with pair.changing_one(self.desk.store, self.login.database) as state:
            jobs = state.setdefault("pump_jobs", [])
            if any((one["owner"], one["job"]) == (self.login.user, self.job) for one in jobs):
                self.job = ""
                raise Broken("ORA-31634: job already exists")
            jobs.append({
                "owner": self.login.user, "job": self.job, "operation": self._word.upper(), "state": "EXECUTING",
                "con": self.login.container,
            })  # fmt: skip

    def starting(self) -> None:
        """Tell that the job works."""
        told = [f"{name}={value} " for name, value in self._arguments()]
        self.tell(f'Starting "{self.login.user}"."{self.job}":  {self.login.told} {"".join(told)}')

    def _arguments(self) -> list[tuple[str, str]]:
        pairs = (word.partition("=") for word in self.desk.argv if "=" in word)
        return [(name, value) for name, _, value in pairs if name.lower() != "userid"]

    def folder(self) -> Path:
        """Return the folder of the directory object. Raises Broken."""
        named = names(self.words.get("directory", "DATA_PUMP_DIR"))[0]
        path = schemas.directories(self.state, self.login.container).get(named)
        if path is None:
            raise Broken("ORA-39002: invalid operation", "ORA-39070: Unable to open the log file.",
                         f"ORA-39087: directory name {named} is invalid")  # fmt: skip
        return Path(path)

    def files(self) -> list[Path]:
        """Return the dump files as they are named; `%U` counts from 01."""
        given = names_of_files(self.words.get("dumpfile", "expdat.dmp"))
        return [self.folder() / name.replace("%U", "01").replace("%u", "01") for name in given]

    def tell(self, *lines: str, worker: bool = False) -> None:
        """Print with the time and the worker, if asked for."""
        stamp = self._stamp() if self.words.get("logtime", "none").lower() in ("all", "status") else ""
        who = "W-1 " if worker and yes(self.words, "metrics") else ""
        self.say(*(f"{stamp}{who}{line}" for line in lines))

    def error(self, *lines: str) -> None:
        """Tell of an error that counts, as the first of its lines does."""
        self._errors += 1
        self.tell(*lines)

    def say(self, *lines: str) -> None:
        """Print, also into the log."""
        self.desk.err(*lines)
        if self._log:
            with self._log.open("a") as log:
                log.write("".join(f"{line}\n" for line in lines))

    def end(self) -> int:
        """End the job and tell how: 5 with errors."""
        self._drop()
        how = f"completed with {self._errors} error(s)" if self._errors else "successfully completed"
        self.tell(f'Job "{self.login.user}"."{self.job}" {how} at {self._when()}', "")
        return 5 if self._errors else 0

    def stop(self, *lines: str) -> int:
        """Tell why the job could not begin."""
        if self.job:
            self._drop()
        self.say(*lines, "")
        return 1

    def _drop(self) -> None:
        with pair.changing_one(self.desk.store, self.login.database) as state:
            mine = (self.login.user, self.job)
            state["pump_jobs"] = [one for one in state["pump_jobs"] if (one["owner"], one["job"]) != mine]

    def _when(self) -> str:
        return f"{banner_date(now())} elapsed {self._elapsed()}"

    def _elapsed(self) -> str:
        seconds = int((datetime.now() - self._begun).total_seconds())
        return f"0 {seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"

    def _stamp(self) -> str:
        moment = datetime.now()
        return f"{moment:%d-%b-%y}".upper() + f" {moment:%H:%M:%S}.{moment.microsecond // 1000:03d}: "

    def _open_log(self) -> None:
        if yes(self.words, "nologfile"):
            return
        path = self.folder() / self.words.get("logfile", f"{self._word.lower()}.log")
        try:
            path.write_text("")
        except OSError:
            raise Broken(
                "ORA-39002: invalid operation", "ORA-39070: Unable to open the log file.",
                "ORA-29283: invalid file operation", 'ORA-06512: at "SYS.UTL_FILE", line 536',
                "ORA-29283: invalid file operation",
            ) from None  # fmt: skip
        self._log = path


def names_of_files(value: str) -> list[str]:
    """Return file names, which keep their case."""
    return [part.strip() for part in value.strip("()").split(",") if part.strip()]


def size_of(table: object) -> str:
    """Return a size as the line of a table has it."""
    return f"{max(5.0, len(str(table)) / 1024):.3f} KB"
