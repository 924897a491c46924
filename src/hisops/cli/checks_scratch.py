"""What `hisops doctor` says of scratch instances: whether backups could be restored to them, and to nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from hisops.cli.checks_far import of_error
from hisops.cli.wiring import Desk
from hisops.console.doctor import Check
from hisops.engine.isolation import Isolation
from hisops.errors import HisopsError
from hisops.ports import Reach


def check_scratch(desk: Desk, reach: Reach) -> Iterator[Check]:
    """Look at the scratch host of every database that has one, as a run would before it changes anything there."""
    site = desk.loaded.site
    for name, database in site.databases.items():
        if database.scratch is None:
            continue
        subject, host = f"scratch of {name}", site.databases[database.scratch].host
        try:
            Isolation(reach, site, name).check()
        except HisopsError as error:
            yield of_error(subject, error)
        else:
            yield Check(subject=subject, state="ok", fact="{host} is for nothing else", values={"host": host})
