"""Where a launcher enters: finds the tool, writes the record around it, gives its exit code."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from pathlib import Path

from hisops.lab.layout import Layout
from hisops.lab.tools.desk import Desk

_MODULES = {
    "opatch": "hisops.lab.tools.opatch.main",
    "rman": "hisops.lab.tools.rman.main",
    "dgmgrl": "hisops.lab.tools.dgmgrl.main",
    "sqlplus": "hisops.lab.tools.sqlplus.main",
    "hostname": "hisops.lab.tools.system",
    "whoami": "hisops.lab.tools.system",
    "id": "hisops.lab.tools.system",
    "df": "hisops.lab.tools.df",
    "fuser": "hisops.lab.tools.holders",
    "lsof": "hisops.lab.tools.holders",
    "ps": "hisops.lab.tools.holders",
    "uname": "hisops.lab.tools.system",
    "crontab": "hisops.lab.tools.system",
    "gcc": "hisops.lab.tools.system",
    "make": "hisops.lab.tools.system",
    "ar": "hisops.lab.tools.system",
    "ld": "hisops.lab.tools.system",
}
_QUIET = ("hostname", "whoami", "id", "ps", "uname")


def alone(tool: str, directory: str, host: str) -> None:
    """Become `tool` on `host` of the lab in `directory`, in a process that has nothing imported yet."""
    import site

    site.main()
    work(Desk(tool, sys.argv[1:], Layout(Path(directory)), host))


def work(desk: Desk) -> None:
    """Do what the tool of this desk does, and end."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    module = importlib.import_module(_MODULES.get(desk.tool, f"hisops.lab.tools.{desk.tool}"))
    if desk.tool in _QUIET:
        os._exit(_finish(module.run(desk)))
    desk.record("start")
    code = module.run(desk)
    desk.record("end", exit=code)
    os._exit(_finish(code))


def _finish(code: int) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    return code
