"""A canary secret goes through the whole path: to the tool's stdin, echoed by it in every form, and nowhere else."""

import base64
import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.support import small_site, sshd

pytestmark = [
    pytest.mark.sshd,
    pytest.mark.skipif(sshd.missing() is not None, reason=str(sshd.missing())),
]

CANARY = "Kanari-7f3a9b!x"

STEPS = """
  - id: read-with-secret
    title: {zh: 读, en: Read}
    effect: read
    secrets: [canary]
    stdin: "connect sys/@{secret:canary}\\n"
    sh: |
      read -r line
      secret=${line#connect sys/}
      echo "as it is: $secret"
      printf 'split: %s' "$(printf %s "$secret" | cut -c1-7)"
      sleep 0.3
      printf '%s\\n' "$(printf %s "$secret" | cut -c8-)"
      echo "base64: $(printf %s "$secret" | base64)"
      echo "base64 in context: $(printf 'sys/%s@his' "$secret" | base64)"
      echo "error: ORA-01017 for sys/$secret@his" >&2
      sleep 1
    timeout: 1m
  - id: write-with-secret
    title: {zh: 写, en: Write}
    effect: write
    idempotent: true
    secrets: [canary]
    stdin: "connect sys/@{secret:canary}\\n"
    sh: |
      read -r line
      echo "detached: $line"
      sleep 1
      echo "$line" | base64
      echo "work done"
    judge: files/work
    timeout: 1m
    undo: {none: {zh: 无, en: nothing stays}}
"""


@pytest.fixture
def small(tmp_path):
    server = small_site.start_host(tmp_path)
    site = small_site.make(tmp_path, server)
    head = small_site.RUNBOOK.split("steps:")[0].replace("command: files change\n", "")
    head = head.replace("files/three-steps", "files/with-secret")
    (site.site / "runbooks/files/with-secret.yaml").write_text(head + "steps:" + STEPS)
    (site.site / "secrets/canary").write_text(CANARY + "\n")
    (site.site / "secrets/canary").chmod(0o600)
    with (site.site / "site.yaml").open("a") as file:
        file.write("  canary: {file: secrets/canary}\n")
    yield site
    server.stop()


class Watch(threading.Thread):
    """Looks at the arguments and environments of all processes until it is stopped."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.stopped = threading.Event()
        self.seen: list[bytes] = []
        self.looks = 0

    def run(self) -> None:
        while not self.stopped.is_set():
            for process in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        text = (process / name).read_bytes()
                    except OSError:
                        continue
                    if any(form in text for form in FORMS):
                        self.seen.append(text[:300])
            self.looks += 1
            time.sleep(0.05)


FORMS = [CANARY.encode(), base64.b64encode(CANARY.encode()).rstrip(b"=")[:-1], CANARY.encode().hex().encode()]


def test_the_canary_is_nowhere_but_where_it_was_put(small):
    watch = Watch()
    watch.start()
    plan = small.folder.parent / "p.plan"
    done = [small.hisops("plan", "files/with-secret", "-t", "box", "-o", str(plan), "-v")]
    done.append(small.hisops("run", str(plan), "-v"))
    watch.stopped.set()
    watch.join()
    assert [each.returncode for each in done] == [0, 0], done[-1].stderr
    assert watch.looks > 10
    assert watch.seen == []
    screen = "".join(each.stdout + each.stderr for each in done).encode()
    assert b"as it is:" in screen
    assert not [form for form in FORMS if form in screen]
    assert [str(path) for path in places_of_the_canary(small)] == [str(small.site / "secrets/canary")]


def places_of_the_canary(small) -> list[Path]:
    roots = [small.site, small.home, small.folder, small.folder.parent / "far-home"]
    return [path for root in roots for path in sorted(root.rglob("*")) if path.is_file() and holds(path)]


def holds(path: Path) -> bool:
    data = path.read_bytes()
    if data.startswith(b"hisops-blob/1 gzip"):
        data = unpacked(data)
    return any(form in data for form in FORMS)


def unpacked(data: bytes) -> bytes:
    return subprocess.run(["gzip", "-dc"], input=data.split(b"\n", 1)[1], capture_output=True, check=True).stdout


def test_the_search_would_find_it(small):
    for number, form in enumerate(FORMS):
        (small.site / f"leak-{number}").write_bytes(b"x" + form + b"y")
    assert len(places_of_the_canary(small)) == 1 + len(FORMS)
    assert os.access(small.site / "secrets/canary", os.R_OK)
