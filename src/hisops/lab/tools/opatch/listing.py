"""opatch lspatches and lsinventory."""

from __future__ import annotations

from hisops.lab.inventory import Entry
from hisops.lab.tools.opatch.session import Session

_RULE = "-" * 80
_PARTS = ("Oracle Text", "Oracle Net Listener", "Oracle XML Development Kit", "Oracle JVM")


def lspatches(session: Session, words: list[str], options: dict[str, str]) -> int:
    """List the active patches."""
    session.check_readable("LsPatchesSession")
    entries = session.inventory.active()
    if not entries:
        session.desk.out(f'There are no Interim patches installed in this Oracle Home "{session.home}".')
    session.desk.out(*(f"{entry.id};{entry.description}" for entry in entries), "", "OPatch succeeded.")
    return 0


def lsinventory(session: Session, words: list[str], options: dict[str, str]) -> int:
    """List products and patches; -detail adds components and files."""
    session.banner()
    session.check_readable("LsInventorySession")
    session.desk.pause(0.5)
    detail = "-detail" in options
    lines = [
        f"Lsinventory Output file location : {session.log.parent}/lsinv/lsinventory{session.stamp}.txt",
        _RULE,
        "Local Machine Information::",
        f"Hostname: {session.desk.host}",
        "ARU platform id: 226",
        "ARU platform description:: Linux x86-64",
        "",
        "Installed Top-level Products (1): ",
        "",
        f"{session.release.product:<68} {session.release.number}",
        _there_are(session, 1),
        "",
    ]
    if detail:
        parts = (session.release.product, *_PARTS)
        lines += [f"Installed Products ({len(parts)}): ", ""]
        lines += [f"{part:<68} {session.release.number}" for part in parts]
        lines += [_there_are(session, len(parts)), ""]
    entries = session.inventory.active()
    lines += (
        ["", f"Interim patches ({len(entries)}) :", ""]
        if entries
        else ["There are no Interim patches installed in this Oracle Home."]
    )
    for entry in entries:
        lines += _entry(entry, detail)
    session.say(*lines, "", "", _RULE, "", "OPatch succeeded.")
    return 0


def _there_are(session: Session, count: int) -> str:
    return (
        f"There are {count} {'products' if session.release.container else 'product(s)'} installed in this Oracle Home."
    )


def _entry(entry: Entry, detail: bool) -> list[str]:
    applied = f"{entry.applied:%a %b %d %H:%M:%S UTC %Y}" if entry.applied else "?"
    bugs = sorted(entry.bugs)
    lines = [
        f"Patch  {entry.id:<12} : applied on {applied}",
        f"Unique Patch ID:  {entry.uid}",
        f'Patch description:  "{entry.description}"',
        f"   Created on {entry.created}{' hrs' if entry.parts else ','} PST8PDT",
        *(f'Sub-patch  {number}; "{text}"' for number, text in reversed(entry.parts[:-1])),
        "   Bugs fixed:",
        *("     " + ", ".join(bugs[start : start + 7]) for start in range(0, len(bugs), 7)),
    ]
    if detail:
        lines += ["   Files Touched:", *(f"     {file.replace(':', '/')} --> ORACLE_HOME" for file in entry.files)]
        lines += ["   Patch Location in Inventory:", f"     ORACLE_HOME/inventory/oneoffs/{entry.id}"]
    return [*lines, ""]
