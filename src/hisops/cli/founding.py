"""Lays down the first files of a site. What is there already stays as it is."""

from __future__ import annotations

from pathlib import Path

SIGNERS = """\
# 谁可以签名、用哪把公钥、用于什么 / Who may sign, with which public key, for what (ssh-keygen(1), ALLOWED SIGNERS).
# `hisops key new PRINCIPAL` 打印每人两行 / `hisops key new PRINCIPAL` prints the two lines of each person.
"""
POLICY = """\
# 本单位对日志的附加要求；留空则只用内置规则
# What this site asks of its logs beyond the built-in rules; nothing as long as this is empty.
# hisops: policy/v1
# verify_required: true   # 安全密钥须验 PIN 或指纹 / a security key asks for its PIN or a fingerprint
# require_anchor: true    # 账本须有他人持有 / somebody else holds the ledger, too
"""
IGNORED = "logs/\nsecrets/\nplans/\n"


def found_site(folder: Path) -> list[tuple[str, bool]]:
    """Write what is missing; return each file's name and whether it was written now."""
    from hisops.documents.template import roster_template, site_template

    texts = {
        "site.yaml": site_template(),
        "trust/roster.yaml": roster_template(),
        "trust/allowed_signers": SIGNERS,
        "trust/policy.yaml": POLICY,
        ".gitignore": IGNORED,
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("logs", "secrets", "approvals"):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    return [(name, _write_new(folder / name, text)) for name, text in texts.items()]


def _write_new(path: Path, text: str) -> bool:
    path.parent.mkdir(mode=0o755, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    path.chmod(0o644)
    return True
