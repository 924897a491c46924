"""Write the sheets of a result: workbook, page, CSV and JSON, all or none, none over one that is there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hisops.cli.filling import there_already
from hisops.errors import UsageProblem


def write_sheets(document: Mapping[str, Any], lang: Any, out: Path | None) -> list[Path]:
    """Return the files that were written. Raises UsageProblem if one is there, or the folder cannot be written."""
    from hisops.model.reconciled.sheets import result_of
    from hisops.reconcile.exports import to_csv, to_json
    from hisops.reconcile.workbook import write_workbook
    from hisops.report.reconciliation import to_page

    result = result_of(document, lang)
    stem = f"{document['definition']['id']}-{document['run']}"
    folder = out or Path()
    paths = [folder / f"{stem}.{ending}" for ending in ("xlsx", "html", "csv", "json")]
    for path in paths:
        if path.exists() or path.is_symlink():
            raise there_already(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".hisops-", dir=folder) as aside:
            book = Path(aside) / paths[0].name
            write_workbook(result, book)
            for path, data in zip(paths[1:], (to_page(result), to_csv(result), to_json(document)), strict=True):
                (Path(aside) / path.name).write_bytes(data)
            for path in paths:
                os.link(Path(aside) / path.name, path)
    except OSError as error:
        raise UsageProblem(
            "HIS-2955",
            "{file} cannot be written: {why}.",
            "Give another place with --out.",
            file=folder,
            why=error.strerror,
        ) from error
    return paths
