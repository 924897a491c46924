"""Composite patches, as patch set updates of 11.2 are: each consists of all that came before, as its sub-patches."""

from __future__ import annotations

import sys

from hisops.lab.inventory import Entry
from hisops.lab.tools.opatch.prereq import numbers
from hisops.lab.tools.opatch.session import OPatchFailed, Session

NOISE = "linker-warnings"
_WITHOUT_OCM = "11.2.0.3.14"
"""From here on OPatch is no longer bundled with Oracle Configuration Manager, and does not ask for a mail address."""
_EMAIL = (
    "Provide your email address to be informed of security issues, install and",
    "initiate Oracle Configuration Manager. Easier for you if you use your My",
    "Oracle Support Email address/User Name.",
    "Visit http://www.oracle.com/support/policies.html for details.",
    "Email address/User Name: ",
)
_UNINFORMED = (
    "",
    "You have not provided an email address for notification of security issues.",
    "Do you wish to remain uninformed of security issues ([Y]es, [N]o) [N]:  ",
)
_STDERR = (
    "",
    'OPatch found the word "warning" in the stderr of the make command.',
    "Please look at this stderr. You can re-run this make command.",
    "Stderr output:",
    "/usr/bin/ld: warning: -z lazyload ignored.",
    "/usr/bin/ld: warning: -z nolazyload ignored.",
    "",
)


def missing_parts(session: Session, patch: Entry) -> list[tuple[str, str]]:
    """Return the sub-patches that no composite patch of the home has brought yet."""
    known = {number for entry in session.inventory.all() for number, _ in entry.parts}
    return [part for part in patch.parts if part[0] not in known]


def announced(session: Session, patch: Entry) -> list[list[str]]:
    """Return the lines that stand before each component; a sub-patch is named before its first one."""
    parts, steps = missing_parts(session, patch), []
    lines = [["", f"Patching component {component}, {patch.release}..."] for component in patch.components]
    if not parts:
        return lines
    for number, _ in parts:
        head, *rest = lines[: 3 + int(number) % 5] if number != parts[-1][0] else lines
        steps += [[f"Applying sub-patch '{number}' to OH '{session.home}'", *head], *rest]
    return steps


def ask_for_email(session: Session, options: dict[str, str]) -> None:
    """Ask for an address, as an OPatch does that brings the Configuration Manager along; -ocmrf answers it."""
    if session.release.container:
        return
    if numbers(session.version) >= numbers(_WITHOUT_OCM):
        if "-ocmrf" in options:
            session.say(
                "***You are calling OPatch with -ocmrf option while this OPatch is generic, not being bundled with "
                "OCM. The -ocmrf option is being deprecated. Please remove it while calling OPatch.***"
            )
        return
    if "-ocmrf" in options:
        return
    if session.silent:
        raise OPatchFailed(14, "Argument(s) Error... -silent needs -ocmrf while OCM is bundled with OPatch", "")
    session.say(*_EMAIL)
    sys.stdin.readline()
    session.say(*_UNINFORMED)
    sys.stdin.readline()


def succeed(session: Session, patch: Entry) -> int:
    """Say how it ended. Words of warning on the linker's standard error make a difference to the last lines only."""
    noisy = session.desk.armed(NOISE)
    session.say(*(_STDERR if noisy else ()), "", f"Composite patch {patch.id} successfully applied.")
    if numbers(session.version) >= numbers(_WITHOUT_OCM):
        session.say(*(_inactive(other, patch) for other in session.inventory.all() if patch.superset_of(other)))
    if noisy:
        session.say("OPatch Session completed with warnings.")
    session.say(f"Log file location: {session.log}", "")
    session.say("OPatch completed with warnings." if noisy else "OPatch succeeded.")
    return 0


def _inactive(other: Entry, patch: Entry) -> str:
    return (
        f"Sub-set patch [{other.id}] has become inactive due to the application of a super-set patch [{patch.id}].\n"
        "Please refer to Doc ID 2161861.1 for any possible further required actions."
    )
