"""hisops as it would run on another machine: `python -m tests.support.elsewhere MACHINE WORD…`."""

import socket
import sys

from hisops.__main__ import main
from hisops.adapters import control


def away(machine: str) -> None:
    """Carry out the rest of the command line as the control host `machine`."""
    control.machine_id = lambda: f"machine-{machine}"
    socket.gethostname = lambda: machine
    main()


if __name__ == "__main__":
    sys.argv = ["hisops", *sys.argv[2:]] if (name := sys.argv[1]) else sys.argv
    away(name)
