"""Where restored files go: by SET NEWNAME, by the parameters, else where the control file says."""

from __future__ import annotations

import random
import string
from pathlib import Path

from hisops.lab.media import checkpoint
from hisops.lab.parameters import word
from hisops.lab.state import State
from hisops.lab.tools.rman.rebuild.plan import Plan
from hisops.lab.tools.rman.run import failed_command


def target(state: State, file: State, plan: Plan) -> Path:
    """Return the name that a data file is restored to."""
    for key in (f"datafile {file['file']}", f"tablespace {checkpoint.tablespace(file).lower()}", "database"):
        if key in plan.names:
            return _filled(state, file, plan.names[key])
    return Path(file["name"])


def refuse_clashes(names: dict[int, Path]) -> None:
    """Two files cannot have one name: a template for the database has to tell them apart."""
    for number, path in names.items():
        twin = next((other for other, name in names.items() if name == path and other < number), None)
        if twin is not None:
            used = "conflicts with a file used by the target database"
            raise failed_command("restore", f"RMAN-05001: auxiliary file name {path} {used}")


def managed(state: State, file: State, folder: str) -> Path:
    """Return a name that Oracle chooses below a folder."""
    letters = "".join(random.choices(string.ascii_lowercase + string.digits, k=8))  # noqa: S311 - a name
    own = Path(folder) / str(state["db_unique_name"])
    if file["con_id"] > 1:
        own /= f"{int(state['dbid']) * 31 + file['con_id']:032X}"
    return own / "datafile" / f"o1_mf_{checkpoint.tablespace(file).lower()}_{letters}_.dbf"


def _filled(state: State, file: State, template: str) -> Path:
    if template == "new":
        folder = word(state["parameters"], "db_create_file_dest")
        if not folder:
            raise failed_command("restore", "ORA-01276: DB_CREATE_FILE_DEST is not set")
        return managed(state, file, folder)
    plain, space = Path(file["name"]).name, checkpoint.tablespace(file)
    unique = f"data_D-{state['name']}_TS-{space}_FNO-{file['file']}"
    values = {"%b": plain, "%f": str(file["file"]), "%N": space, "%U": unique, "%I": str(state["dbid"]),
              "%d": state["name"]}  # fmt: skip
    for token, value in values.items():
        template = template.replace(token, value)
    return Path(template)
