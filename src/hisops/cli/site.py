"""`hisops site`: the inventory."""

from __future__ import annotations

import typer

from hisops.cli.helptext import Command, group
from hisops.cli.opening import near_site, open_site, screen_of
from hisops.cli.options import Invocation, asked

app = group("The site: its hosts, databases and people.")


@app.command("show", cls=Command)
def show(ctx: typer.Context) -> None:
    """Show the hosts, databases and people of the site."""
    from hisops.console.site import site_document, site_lines

    screen = screen_of(asked(ctx))
    site = open_site(asked(ctx))
    people = site.people.model if site.people else None
    screen.data(site_document(site.dir, site.site, people))
    screen.show(site_lines(site.dir, site.site, people, screen.page()))


def target_names(call: Invocation) -> list[str]:
    """Return the names of the databases, for completion; none without a readable site."""
    from hisops.errors import HisopsError

    try:
        return list(open_site(call).site.databases) if near_site(call) else []
    except HisopsError:
        return []
