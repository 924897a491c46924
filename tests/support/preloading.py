"""What a process does once before calls of hisops are forked from it: import everything, read the shipped files.

The same text is understood alike each time, and a process that starts from nothing spends a second on it.
"""

from __future__ import annotations

import gc
import importlib
import pkgutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import hisops
from hisops.documents import load
from hisops.documents.library import Library
from hisops.documents.site import load_site
from hisops.documents.yaml import read_raw
from hisops.errors import HisopsError

THIRD_PARTIES = (
    "cel",
    "cryptography.hazmat.primitives.asymmetric.ed25519",
    "fabric",
    "icalendar",
    "oracledb",
    "recurring_ical_events",
    "rich.console",
    "rich.live",
    "rich.table",
    "ruamel.yaml",
)


def preload() -> None:
    """Import all that a call may import, and read what is shipped, so that every fork finds it there."""
    for module in pkgutil.walk_packages(hisops.__path__, "hisops."):
        if not module.name.startswith("hisops.lab"):
            importlib.import_module(module.name)
    for name in THIRD_PARTIES:
        importlib.import_module(name)
    _remember_what_is_parsed()
    read(None)
    gc.collect()
    gc.freeze()  # else each fork looks through all of it again, for garbage that is not there


def read(site: Path | None) -> None:
    """Read the runbooks that are shipped, or those and all else that a site has, with their judges and targets."""
    if site is not None:
        load_site(site)
    library = Library(site)
    for runbook in library.runbooks():
        if runbook.model.target.any_engine:  # a part of others; they name its judges
            continue
        library.judges_of(runbook.model)
        if not runbook.model.target.any_engine:
            library.target_type(runbook.model.target.engine)


def read_again(site: Path) -> None:
    """Read those files of a site that nobody has read as they are now, whatever is wrong with them."""
    with suppress(HisopsError, OSError):  # what is not read here is read by the fork
        for pattern in ("site.yaml", "trust/*.yaml", "runbooks/**/*.yaml"):
            for path in site.glob(pattern):
                load.parse_leniently(read_raw(path, str(path)), str(path))


def _remember_what_is_parsed() -> None:
    parsed: dict[tuple[bytes | str, str], Any] = {}
    plain = load.parse_leniently

    def remembered(raw: bytes | str, name: str) -> Any:
        if (raw, name) not in parsed:
            parsed[raw, name] = plain(raw, name)
        return parsed[raw, name]

    load.parse_leniently = remembered
