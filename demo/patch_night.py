"""The main job, unattended and without a terminal: a patch is planned, approved, carried out and its log verified.

Every word goes through the command line, as any caller without a terminal would do it. Nothing here knows a back door.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

GOOD_PATCH = "37642901"
ANSWERS = {"type_target": "his", "confirm": "yes"}
MANUAL = "done, seen by the person on duty"


class Night:
    """Calls `hisops` on one site, as the people of that site."""

    def __init__(self, site: Path) -> None:
        self.site = site

    def call(self, *words: str, who: str = "dba1", codes: tuple[int, ...] = (0,), quiet: bool = False) -> str:
        """Show a command, run it, show what it says; leave if its exit code is not expected."""
        key = self.site / "people" / who / "id_ed25519"
        environment = os.environ | {"HISOPS_SITE": str(self.site), "HISOPS_KEY": str(key)}
        if not quiet:
            print(f"\n{who}$ hisops {' '.join(words)}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", "hisops", *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if not quiet:
            print(done.stdout, end="", flush=True)
        if done.returncode not in codes:
            sys.exit(f"hisops {words[0]} ended with {done.returncode}, expected {codes}")
        return done.stdout

    def waits(self) -> dict[str, object] | None:
        """Return at which gate the run waits, or None if it has ended."""
        status = json.loads(self.call("status", "--json", codes=(0, 1, 3, 10, 11, 12, 13), quiet=True))
        gates = status["waits"]
        return gates[0] if gates else None

    def answer(self, gate: dict[str, object]) -> None:
        """Answer one gate as the people of the site would."""
        step, parts, role = str(gate["step"]), list(gate["parts"]), gate["role"]  # type: ignore[call-overload]
        values = [self.value(step, part) for part in parts if not part.startswith("approve")]
        if values:
            self.call("answer", self.run_id, step, *values)
        if len(values) < len(parts):
            self.call("approve", self.run_id, step, who={"app_owner": "app1"}.get(str(role), "lead1"))

    def value(self, step: str, part: str) -> str:
        """Return what a person types for a part of a gate."""
        return ANSWERS.get(part, MANUAL)

    @property
    def run_id(self) -> str:
        """The run that is carried out."""
        return str(json.loads(self.call("status", "--json", codes=(0, 1, 3, 10, 11, 12, 13), quiet=True))["run"])


def main(site: Path) -> None:
    """Run the whole night."""
    began = time.monotonic()
    night = Night(site.resolve())
    subprocess.run([sys.executable, "-m", "hisops", "lab", "up", "--dir", str(site)], check=True)
    try:
        night.call("lab", "reset", "--dir", str(site), quiet=True)  # an earlier night has left its patch in the home
        patch_night(night)
    finally:
        subprocess.run([sys.executable, "-m", "hisops", "lab", "down", "--dir", str(site)], check=True)
    print(f"\nThe whole night took {time.monotonic() - began:.0f} s.")


def patch_night(night: Night) -> None:
    """Plan by day, approve, carry out by night, verify in the morning."""
    archive = next((night.site / "patches").glob(f"p{GOOD_PATCH}*.zip"))
    sha256 = subprocess.run(["sha256sum", archive], capture_output=True, text=True, check=True).stdout.split()[0]
    plan = night.site / "patch.plan"
    values = [f"patch={archive}", f"patch_sha256={sha256}", f"patch_id={GOOD_PATCH}", "change=CHG1182"]
    given = [word for value in values for word in ("-p", value)]
    night.call("plan", "oracle/patch-apply", "--target", "his", *given, "-o", str(plan))
    night.call("approve", str(plan), who="lead1")
    night.call("run", str(plan), codes=(10,))
    while gate := night.waits():
        night.answer(gate)
        night.call("resume", night.run_id, codes=(0, 10))
    night.call("log", "verify", "--all")
    night.call("log", "verify", night.run_id, "--commands")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ".demo"))
