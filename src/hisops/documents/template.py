"""The first files of a new site, as `hisops init` writes them: every line explained, nothing secret in them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files

_SLOT = re.compile(r"\{\{([a-z_]+)\}\}")


def site_template(**values: str) -> str:
    """Return a commented site.yaml for one host and one database.

    Values that may be given: name, origin, host, address, login, owner, database, dsn, account, oracle_home,
    oracle_sid. What is not given stands there as an example that is to be changed.
    """
    examples = {
        "name": "my-hospital", "origin": "hospital.example/his", "host": "his-db1", "address": "192.0.2.11",
        "login": "hisops", "owner": "oracle", "database": "his", "dsn": "192.0.2.11:1521/HIS", "account": "hisops",
        "oracle_home": "/u01/app/oracle/product/19.0.0/dbhome_1", "oracle_sid": "HIS",
    }  # fmt: skip
    return _filled("site.yaml", examples, values)


def roster_template(**values: str) -> str:
    """Return a commented roster.yaml for one operator and one approver. May be given: person, principal."""
    examples = {"person": "dba1", "principal": "dba1@hospital.example"}
    return _filled("roster.yaml", examples, values)


def _filled(name: str, examples: Mapping[str, str], values: Mapping[str, str]) -> str:
    """Fill the slots; each value becomes a quoted YAML text unless it is a plain word."""
    unknown = sorted(values.keys() - examples.keys())
    if unknown:
        raise TypeError(f"the template has no {', '.join(unknown)}")
    text = (files("hisops.documents") / "templates" / name).read_text(encoding="utf-8")
    chosen = {**examples, **values}
    return _SLOT.sub(lambda slot: _scalar(chosen[slot[1]]), text)


def _scalar(value: str) -> str:
    plain = re.fullmatch(r"[A-Za-z/][A-Za-z0-9_./@-]*", value) and value.lower() not in {"true", "false", "null"}
    return value if plain else json.dumps(value, ensure_ascii=False)
