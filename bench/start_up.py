"""`hisops --help` beside the help of a bare typer application with two commands."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.timing import compare, process, show

BARE = """
import typer
app = typer.Typer(rich_markup_mode=None)
@app.command()
def a(name: str = "x", n: int = 1): print(name)
@app.command()
def b(name: str = "x"): print(name)
app()
"""


def main(folder: Path) -> None:
    """Compare whole processes."""
    script = folder / "bare.py"
    script.write_text(BARE)
    env = {
        "PYTHONPATH": str(Path(__file__).parents[1] / "src"),
        "XDG_CACHE_HOME": str(folder),
        # Compiled once and kept, as an installed application is, whatever the environment of this process says.
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        "PYTHONDONTWRITEBYTECODE": "",
    }
    contenders = {
        "python -c pass": lambda: process([sys.executable, "-c", "pass"], env),
        "a bare typer application --help": lambda: process([sys.executable, str(script), "--help"], env),
        "hisops --help": lambda: process([sys.executable, "-m", "hisops", "--help"], env),
    }
    rows = compare(contenders, 11)
    show("Start-up", rows, "a bare typer application --help", "1.3 x a bare typer application")
