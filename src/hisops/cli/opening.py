"""Opens what the global options point at: site, library, trust. What is heavy is imported when it is needed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hisops.cli.options import Invocation


def near_site(call: Invocation, cwd: Path | None = None) -> Path | None:
    """Return the folder of the site if there is one, unchecked: for what works without a site, too."""
    here = cwd or Path.cwd()
    if call.site is not None:
        return call.site
    return next((folder for folder in (here, *here.parents) if (folder / "site.yaml").is_file()), None)


def open_site(call: Invocation) -> Any:
    """Return the site (`documents.site.LoadedSite`), checked."""
    from hisops.documents.site import find_site, load_site

    folder = find_site(call.site, os.environ, Path.cwd())
    trust = os.environ.get("HISOPS_TRUST")
    return load_site(folder, Path(trust) if trust else None)


def open_library(call: Invocation) -> Any:
    """Return the library (`documents.library.Library`): of the site if there is one, else the shipped one."""
    from hisops.documents.library import Library

    return open_site(call).library if near_site(call) else Library()


def open_trust(site: Any) -> Any:
    """Return the trust input (`journal.trust.Trust`) of a site that was opened."""
    from hisops.journal.trust import load_trust

    own = site.trust.resolve() == (site.dir / "trust").resolve()
    return load_trust(site.trust, site.roster, "site" if own else "reviewer", site.policy)


def screen_of(call: Invocation) -> Any:
    """Return the screen (`console.theme.Screen`) of this call."""
    from hisops.console.theme import Screen

    return Screen.of(call)
