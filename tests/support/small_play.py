"""The small site with a standby of its one database, and a playbook over both."""

from __future__ import annotations

from tests.support.small_site import SmallSite

NIGHT = """
hisops: playbook/v1
id: night
version: 1.0.0
title: {zh: 夜间变更, en: A night of changes}
purpose: {zh: 先备后主, en: The standby first}
target: {engine: files}
runs:
  - {id: standby, title: {zh: 备库, en: The standby}, runbook: files/three-steps, on: standby}
  - {id: box, title: {zh: 主库, en: The box itself}, needs: [standby], runbook: files/three-steps}
"""

LOOK = """
hisops: runbook/v1
id: files/look
version: 1.0.0
title: {zh: 查看, en: Look}
purpose: {zh: 查看, en: Look}
target: {engine: files}
steps:
  - id: look
    title: {zh: 查看, en: Look}
    effect: read
    sh: 'echo "mode=$(cat "$FOLDER/mode")"'
    judge: files/mode
    verify: [{require: 'out.mode == "plain"'}]
    on_failure: continue
"""

ROUND = """
hisops: playbook/v1
id: round
version: 1.0.0
title: {zh: 巡检, en: A round}
purpose: {zh: 各库查看, en: Look at each}
target: {engine: files}
runs:
  - {id: look, title: {zh: 查看, en: Look}, runbook: files/look, on: each, on_failure: continue}
"""


def add(small: SmallSite) -> SmallSite:
    """Give `box` a standby, and the site two playbooks."""
    far = small.folder.with_name("standby")
    far.mkdir()
    (far / "mode").write_text("plain\n")
    (far / "name").write_text("f" + (small.folder / "name").read_text())
    path = small.site / "site.yaml"
    text = path.read_text()
    head, _, secrets = text.partition("secrets:\n")
    first = head[head.index("  box:\n") :]
    second = first.replace("  box:", "  box_dr:").replace(str(small.folder), str(far)).replace("箱", "备")
    path.write_text(f"{head}    standby: box_dr\n{second.replace('en: Box', 'en: Standby')}secrets:\n{secrets}")
    (small.site / "playbooks").mkdir()
    (small.site / "playbooks/night.yaml").write_text(NIGHT)
    (small.site / "playbooks/round.yaml").write_text(ROUND)
    (small.site / "runbooks/files/look.yaml").write_text(LOOK)
    return small


def started(small: SmallSite, name: str) -> int:
    """Return how often the tool was started on a database."""
    record = small.folder.with_name(name) / "record"
    return len(record.read_text().splitlines()) if record.exists() else 0
