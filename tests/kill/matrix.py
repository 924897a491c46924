"""The matrix itself: every point of every variant, a kill, a resume, the checks; one line at the end.

`python -m tests.kill.matrix` is the long form (`make kill-matrix`), with `--bounded` the one that `make test` runs:
every kind of point once, chosen by its place in the list and not by chance.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.kill import far
from tests.kill.drive import Outcome, carry_through, prepare
from tests.kill.entry import How
from tests.kill.points import Points
from tests.kill.scene import Scene
from tests.support import preloading

NAP = 20.0  # seconds between two lines of progress


@dataclass(frozen=True)
class Case:
    """One kill. `kind` groups what is alike: the bounded form takes one of each."""

    name: str
    kind: str
    fails: bool
    kills: tuple[int, ...] = ()
    cut: tuple[str, int] | None = None
    loss: far.Loss | None = None

    @property
    def point(self) -> tuple[object, ...]:
        """Where the first blow falls."""
        return (self.fails, self.cut or self.kills[0])

    def carry_out(self, scene: Scene) -> Outcome:
        """Begin from the start, kill, resume, check."""
        scene.reset()
        before: tuple[Callable[[], object], ...] = ()
        if self.cut:
            before = (partial(far.install, scene, *self.cut),)
        hows = [How(points=Points(kill=kill), person=True, before=before) for kill in self.kills]
        hows = hows or [How(points=Points(), person=True, before=before)]
        lose = partial(far.lose_host, scene, self.loss) if self.loss else None
        return carry_through(scene, hows, after_kill=lose)


@dataclass(frozen=True)
class Names:
    """The points of an undisturbed run that ends well, of one that is undone, of the resume of one killed half way."""

    done: Sequence[str]
    undone: Sequence[str]

    @classmethod
    def of(cls, folder: Path) -> Names:
        """Carry out one run of each and write down what it passes."""
        return cls(_counted(folder / "done", fails=False), _counted(folder / "undone", fails=True))


def _counted(folder: Path, *, fails: bool) -> list[str]:
    folder.mkdir(parents=True)
    scene = Scene(folder, fails)
    prepare(scene)
    names = folder / "names"
    outcome = carry_through(scene, [How(points=Points(names=names), person=True)])
    if not outcome.good:
        raise RuntimeError(f"the undisturbed run: {outcome}\n{(folder / 'now/screen').read_text()}")
    return names.read_text().splitlines()


def cases(names: Names) -> Iterator[Case]:
    """Give all cases of the long form."""
    for fails, listed in ((False, names.done), (True, names.undone)):
        variant = "undone" if fails else "done"
        for number, name in enumerate(listed, 1):
            yield Case(f"{variant} {number} {name}", _kind(name), fails, (number,))
            again = number * 7 % (len(listed) // 3) + 1
            if number % 5 == fails:
                yield Case(f"{variant} twice {number}, {again} {name}", f"twice {number % 3}", fails, (number, again))
            if name.startswith(("host.", "journal.commit")) and not name.endswith("torn"):
                for loss in ("kept", "folder", "everything"):
                    kind = f"host {loss} {name.partition('.')[0]}"
                    yield Case(f"{variant} host {loss} {number} {name}", kind, fails, (number,), loss=loss)
    for script in far.SCRIPTS:
        for line in far.cut_lines(script):
            told = f"{script} {line} {far.line_of(script, line)[:40]}"
            yield Case(f"cut {told}", f"cut {script} {line // 12}", False, cut=(script, line))
            if script == "supervisor.sh":
                launched = next(
                    at for at, name in enumerate(names.done, 1) if re.match(f"host.launch {far.STEP}.* after", name)
                )
                yield Case(f"cut and kill {told}", "cut and kill", False, (launched,), cut=(script, line))


def _kind(name: str) -> str:
    """Return what is alike: the same call of a port, the same place of a write, the same kind of file."""
    call, _, rest = name.partition(" ")
    module, _, what = call.partition(".")
    if module in {"host", "locks", "reach", "local"}:
        return call
    if module == "journal":
        return f"{call} {rest.partition(':')[0]}" if what == "commit" else call
    file, _, place = rest.partition(" ")
    if what in {"write", "fdatasync"} and file in {"segment", "ledger.jsonl"}:
        return f"{what} {file} {place}"
    return f"file {file}" if file.startswith(".") or file == "blob" else f"other {what}"


def bounded(every: Sequence[Case]) -> list[Case]:
    """Return one case of each kind; of the n-th kind the one that lies n sevenths into it, so not always the first."""
    kinds: dict[str, list[Case]] = {}
    for case in every:
        kinds.setdefault(case.kind, []).append(case)
    return [found[(5 * index) % 7 * len(found) // 7] for index, found in enumerate(kinds.values())]


def carry_out(chosen: Sequence[Case], folder: Path, jobs: int, say: Callable[[str], None]) -> tuple[Counter[str], int]:
    """Carry out all cases in `jobs` processes; return what was counted and how many cases were not good."""
    results = [folder / f"results-{job}" for job in range(jobs)]
    children = [_worker(chosen[job::jobs], folder / f"job-{job}", results[job]) for job in range(jobs)]
    told = 0
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid:
            children.remove(pid)
            if status:
                raise RuntimeError("a worker of the matrix has failed")
        lines = [line for file in results if file.exists() for line in file.read_text().splitlines()]
        if len(lines) > told:
            told = len(lines)
            say(f"{told} of {len(chosen)}")
        if not pid:
            time.sleep(min(NAP, 0.2 + len(chosen) / 100))
    found = [json.loads(line) for file in results if file.exists() for line in file.read_text().splitlines()]
    for each in found:
        if each["text"]:
            say(each["text"])
    counts: Counter[str] = Counter()
    for each in found:
        counts.update(each["counts"])
    return counts, sum(bool(each["text"]) for each in found)


def _worker(mine: Sequence[Case], folder: Path, results: Path) -> int:
    """Carry out `mine` in a child process, a line of `results` for each; return its number."""
    child = os.fork()
    if child:
        return child
    code = 0
    try:
        scenes = {fails: Scene(folder / str(fails), fails) for fails in (False, True)}
        for scene in scenes.values():
            scene.root.mkdir(parents=True)
            prepare(scene)
            preloading.read(scene.site)
        for case in mine:
            outcome = case.carry_out(scenes[case.fails])
            counts = {"runs": 1, **{kind: len(getattr(outcome, kind)) for kind in ("lost", "doubled", "unverified")}}
            text = "" if outcome.good else f"{case.name}: {outcome}"
            with results.open("a") as file:
                file.write(json.dumps({"counts": counts, "text": text}) + "\n")
    except BaseException:
        traceback.print_exc()
        code = 1
    os._exit(code)


def main() -> int:
    """Carry out the matrix; return 0 if every promise was kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bounded", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every N-th case")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--dir", type=Path, default=None)
    asked = parser.parse_args()
    preloading.preload()
    with tempfile.TemporaryDirectory(prefix="hisops-kill-", dir=asked.dir) as root:
        folder = Path(root)
        every = list(cases(Names.of(folder)))
        chosen = [case for case in (bounded(every) if asked.bounded else every) if asked.only in case.name]
        chosen = chosen[:: asked.every]
        counts, bad = carry_out(chosen, folder, asked.jobs, lambda text: print(text, flush=True))
    print(
        f"points {len({case.point for case in chosen})}, runs {counts['runs']}, records lost {counts['lost']}, "
        f"effects doubled {counts['doubled']}, logs not verifying {counts['unverified']}"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
