"""`make bench`: hisops beside its peers, in the same run. Numbers move with the machine; compare the ratios."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from bench import fan_out, far_output, local_step, start_up, verifying  # noqa: E402 (the checkout is put on the path first)
from bench.reconciliation import measuring  # noqa: E402

BENCHES = {
    "start-up": start_up.main,
    "local-step": local_step.main,
    "far-output": far_output.main,
    "fan-out": fan_out.main,
    "verify": verifying.main,
    "reconcile": measuring.main,
}


def main(names: list[str]) -> None:
    """Run the named benches, or all. Their files lie in the checkout: /tmp may be memory, where fsync costs nothing."""
    for name in names or BENCHES:
        with tempfile.TemporaryDirectory(prefix=".bench-", dir=ROOT) as folder:
            BENCHES[name](Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
