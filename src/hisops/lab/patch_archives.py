"""The archives of patches: their metadata, read-me and files, packed and unpacked, as OPatch reads them."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

from hisops.lab.patches import Patch
from hisops.lab.release import RELEASES


def archive_name(patch: Patch) -> str:
    """Return the file name that My Oracle Support gives the archive."""
    if patch.level:
        return f"p{patch.id}_112040_Linux-x86-64.zip"
    return f"p{patch.id}_{'190000' if patch.release_update else '1926000DBRU'}_Linux-x86-64.zip"


def payload(patch: Patch, file: str) -> bytes:
    """Return what `patch` puts at `file` of the home (an object of a library replaces the library's text)."""
    if file.endswith("bundledata_PSU.xml"):
        return _bundle_data(patch).encode()
    seed = hashlib.sha256(f"{patch.id}:{file}".encode()).hexdigest()
    return f"lab file {file} of patch {patch.id} {patch.description}\n{seed}\n".encode() * 64


_BUNDLE_COMPONENTS = """\
    <component id="CATPROC" name="Oracle Database Packages and Types" schema="SYS">
      <file priority="1">?/rdbms/admin/prvtsch.plb</file>
      <file priority="2">?/rdbms/admin/prvtutil.plb</file>
      <file priority="3">?/rdbms/admin/catcdc.sql</file>
    </component>
    <component id="DV" name="Oracle Database Vault" schema="DVSYS">
      <file priority="1">?/rdbms/admin/catmacp.sql</file>
    </component>
    <component id="OLS" name="Oracle Label Security" schema="LBACSYS">
      <file priority="1">?/rdbms/admin/prvtolsc.plb</file>
    </component>
"""


def _bundle_data(patch: Patch) -> str:
    """Return the file by which catbundle.sql knows the series: one entry for each update so far."""
    levels = [description.split()[5].rpartition(".")[2] for _, description in patch.parts]
    entries = "".join(
        f'  <bundle id="{level}" description="PSU 11.2.0.4.{level}">\n{_BUNDLE_COMPONENTS}  </bundle>\n'
        for level in levels
    )
    return f'<?xml version="1.0"?>\n<bundledata version="1.0">\n{entries}</bundledata>\n'


def inventory_xml(patch: Patch) -> str:
    """Return etc/config/inventory.xml."""
    bugs = "\n".join(f'    <bug number="{bug}">{bug}</bug>' for bug in patch.bugs)
    parts = "\n".join(f'    <component internal_name="{name}" version="{patch.release}"/>' for name in patch.components)
    subs = "".join(f'\n  <sub_patch number="{number}" description="{text}"/>' for number, text in patch.parts)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<oneoff_inventory>
  <opack_version version="12.2.0.1"/>
  <patch_id number="{patch.id}"/>
  <unique_patch_id>{patch.uid}</unique_patch_id>
  <cannot_autorollback>false</cannot_autorollback>
  <minimum_opatch_version>{patch.minimum_opatch}</minimum_opatch_version>
  <patch_description>{patch.description}</patch_description>
  <date_of_patch year="{patch.created[:4]}" time="{patch.created}" zone="PST8PDT"/>
  <release_update version="{patch.version}" build="{patch.build}"/>
  <composite level="{patch.level}"/>{subs}
  <required_space mb="{patch.needed_mb}"/>
  <base_bugs>
{bugs}
  </base_bugs>
  <required_components>
{parts}
  </required_components>
  <instance_shutdown>true</instance_shutdown>
  <sql_patch>{str(patch.release_update).lower()}</sql_patch>
</oneoff_inventory>
"""


def actions_xml(patch: Patch) -> str:
    """Return etc/config/actions.xml."""
    lines = []
    for file in patch.files:
        path, _, member = file.partition(":")
        if member:
            lines.append(f'    <archive name="{path}" path="%ORACLE_HOME%/lib" object_name="{path}/{member}"/>')
        else:
            lines.append(f'    <copy name="{path}" path="%ORACLE_HOME%" file_name="{path}"/>')
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<oneoff_actions>\n  <oracle.rdbms version="'
        + patch.release
        + '" opt_req="R">\n'
        + "\n".join(lines)
        + '\n    <make make_file="rdbms/lib/ins_rdbms.mk" make_target="ioracle"/>\n'
        + "  </oracle.rdbms>\n</oneoff_actions>\n"
    )


def readme(patch: Patch) -> str:
    """Return README.html."""
    standby = "Data Guard Standby-First Installable" if patch.standby_first else "not standby-first installable"
    after = "$ORACLE_HOME/OPatch/datapatch -verbose"
    if patch.level:
        after = "sqlplus / as sysdba\nSQL> @?/rdbms/admin/catbundle.sql psu apply\nSQL> @?/rdbms/admin/utlrp.sql"
    return f"""<html><head><title>Patch {patch.id}</title></head><body>
<h1>{RELEASES[patch.release].product} - Patch {patch.id}</h1><p>LAB: a simulated patch. {patch.description}</p>
<h2>OPatch Utility</h2>
<p>You must use the OPatch utility version {patch.minimum_opatch} or later to apply this patch.</p>
<h2>Installation</h2><p>This patch is {standby}. Shut down all instances and listeners of the Oracle home, then:</p>
<pre>$ORACLE_HOME/OPatch/opatch prereq CheckConflictAgainstOHWithDetail -ph ./
$ORACLE_HOME/OPatch/opatch apply
{after}</pre></body></html>
"""


def unpacked(patch: Patch) -> dict[str, bytes]:
    """Return all members of the archive, by path."""
    top = patch.folder
    members = {
        f"{patch.id}/README.html": readme(patch).encode(),
        f"{top}/etc/config/inventory.xml": inventory_xml(patch).encode(),
        f"{top}/etc/config/actions.xml": actions_xml(patch).encode(),
    }
    for file in patch.files:
        path, _, member = file.partition(":")
        members[f"{top}/files/{path}/{member}" if member else f"{top}/files/{path}"] = payload(patch, file)
    if patch.release_update:
        for action in ("apply", "rollback"):
            name = f"{top}/files/sqlpatch/{patch.id}/{patch.uid}/{patch.id}_{action}.sql"
            members[name] = f"-- SQL patch {patch.id}, {action}\n".encode()
    for number, text in patch.parts[:-1]:
        part = replace(patch, id=number, description=text, parts=(), files=(), level="")
        members[f"{patch.id}/{number}/etc/config/inventory.xml"] = inventory_xml(part).encode()
    members["PatchSearch.xml"] = f'<results><patch number="{patch.id}"/></results>\n'.encode()
    return members


def write_archive(patch: Patch, folder: Path) -> Path:
    """Write the archive; its bytes are the same every time."""
    path = folder / archive_name(patch)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(unpacked(patch).items()):
            info = zipfile.ZipInfo(name, (2025, 4, 15, 12, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return path
