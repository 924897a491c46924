"""One hospital's folder: found, trusted as far as its owner is, read, and checked against what its targets need."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hisops.documents.library import Library
from hisops.documents.load import Loaded, load_policy, load_roster
from hisops.documents.problems import DocumentProblems
from hisops.documents.site_rules import examine_site
from hisops.errors import Refused, TrustUnusable, UsageProblem
from hisops.model.policy import NOTHING_MORE, Policy
from hisops.model.roster import Roster
from hisops.model.site import Site

FILE = "site.yaml"


@dataclass(frozen=True, slots=True)
class LoadedSite:
    """A site that can be used: its inventory, its people, its library."""

    dir: Path
    trust: Path
    loaded: Loaded[Site]
    people: Loaded[Roster] | None
    library: Library
    policy: Policy = NOTHING_MORE

    @property
    def site(self) -> Site:
        """The inventory."""
        return self.loaded.model

    @property
    def roster(self) -> Roster:
        """The people. Raises TrustUnusable if there is no roster."""
        if self.people is None:
            raise TrustUnusable(
                "HIS-2010",
                "There is no roster.yaml in {trust}.",
                "Write down there who the people are and which roles they hold; `hisops init` makes a first one.",
                trust=self.trust,
            )
        return self.people.model


def find_site(explicit: Path | None, environment: Mapping[str, str], cwd: Path) -> Path:
    """Return the folder of the site: as given, else HISOPS_SITE, else the nearest with a site.yaml upwards.

    Raises UsageProblem if there is none, Refused if others than its owner could change it, or if it is another's.
    """
    named = explicit or (Path(environment["HISOPS_SITE"]) if environment.get("HISOPS_SITE") else None)
    if named is not None:
        folder = cwd / named
        if not (folder / FILE).is_file():
            fact, todo = "There is no site.yaml in {folder}.", "Name the folder of a site; `hisops init` makes one."
            raise UsageProblem("HIS-2001", fact, todo, folder=folder)
    else:
        found = next((place for place in (cwd, *cwd.parents) if (place / FILE).is_file()), None)
        if found is None:
            raise UsageProblem(
                "HIS-2002",
                "No site is named, and there is no site.yaml here or above.",
                "Give --site DIR, set HISOPS_SITE, or make a site with `hisops init` (`hisops lab up` for rehearsals).",
            )
        folder = found
    _check_owner(folder / FILE)
    return folder


def load_site(folder: Path, trust: Path | None = None, shipped: Path | None = None) -> LoadedSite:
    """Return the site in `folder`, with the roster of `trust` (default: its own). Raises DocumentProblems."""
    path = folder / FILE
    loaded, problems = examine_site(path, lambda site: Library(folder, site.overrides, shipped))
    trust = trust or folder / "trust"
    people = None
    if (trust / "roster.yaml").is_file():
        try:
            people = load_roster(trust / "roster.yaml")
        except DocumentProblems as error:
            problems = [*problems, *error.problems]
    policy = NOTHING_MORE
    try:
        policy = load_policy(trust / "policy.yaml")
    except DocumentProblems as error:
        problems = [*problems, *error.problems]
    if loaded is None or problems:
        raise DocumentProblems(problems)
    return LoadedSite(folder, trust, loaded, people, Library(folder, loaded.model.overrides, shipped), policy)


def _check_owner(path: Path) -> None:
    """Refuse a file that says where commands go if somebody else could have written it."""
    info = path.stat()
    if info.st_uid not in {os.geteuid(), 0}:
        raise Refused(
            "HIS-2003",
            "{path} belongs to another user.",
            "Use a site of your own; if this one is yours to use, have its owner changed.",
            path=path,
        )
    shared = info.st_mode & stat.S_IWOTH or (info.st_mode & stat.S_IWGRP and not _is_private(info))
    if shared:
        raise Refused("HIS-2004", "Others may write to {path}.", "Run `chmod go-w {path}`.", path=path)


def _is_private(info: os.stat_result) -> bool:
    """Tell whether the group is the owner's own and nobody else's, as many systems give every user one."""
    import grp
    import pwd

    try:
        group, owner = grp.getgrgid(info.st_gid), pwd.getpwuid(info.st_uid)
    except KeyError:
        return False
    return group.gr_name == owner.pw_name and not set(group.gr_mem) - {owner.pw_name}
