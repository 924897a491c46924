"""A site is found, believed as far as its owner goes, and checked against what its targets need."""

from __future__ import annotations

import os

import pytest

from hisops.documents.problems import DocumentProblems
from hisops.documents.site import find_site, load_site
from hisops.documents.template import roster_template, site_template
from hisops.errors import Refused, TrustUnusable, UsageProblem

NODES = "    # nodes: [{host: his-rac1, settings: {oracle_sid: HIS1}}, {host: his-rac2, settings: {oracle_sid: HIS2}}]"
_ENTRY = site_template()
CONNECT = _ENTRY[_ENTRY.index("    connect:") : _ENTRY.index("    settings:")]
# rule, what is replaced in the template, by what, and the text that the caret points at
BREAKS = [
    ("SI001", "host: his-db1\n    connect", "host: his-db2\n    connect", "his-db2"),
    ("SI002", "    # standby: his_dr", "    standby: his_dr", "his_dr"),
    ("SI002", "    # standby: his_dr", "    standby: his", "his "),
    ("SI003", "password: his_password", "password: lis_password", "lis_password"),
    ("SI003", "    # secrets: {sys: his_sys_password}", "    secrets: {sys: his_sys_password}", "his_sys_password"),
    ("SI004", "engine: oracle", "engine: oracel", "oracel"),
    ("SI005", "is_rac: false", "is_rac: false\n      oracle_hom: /x", "oracle_hom"),
    ("SI006", "      oracle_sid: HIS\n", "", "settings"),
    ("SI007", "cdb: true", "cdb: maybe", "maybe"),
    ("SI007", "oracle_home: /u01", "oracle_home: u01", "u01"),
    ("SI007", "oracle_home: /u01", "oracle_home: /u 01", "/u 01"),
    ("SI007", "cdb: true", "cdb: true\n      heartbeat_table: HIS;", "HIS;"),
    ("SI007", "cdb: true", "cdb: true\n      connect_identifier: a;b", "a;b"),
    ("SI007", NODES, "    nodes: [{host: his-db1, settings: {connect_identifier: a b}}]", "a b"),
    ("SI008", "# overrides: {judges/opatch: 'sha256:…'}", f"overrides: {{judges/x: '{'0' * 64}'}}", "judges/x"),
    ("SI009", "# window: night ", "window: nihgt ", "nihgt"),
    ("SI010", "# windows:\n#   night: {file: windows/night.ics, timezone: Asia/Shanghai",
     "windows:\n  night: {file: windows/night.ics, timezone: Asia/Shangai", "Asia/Shangai"),
    ("SI011", NODES,
     "    nodes: [{host: his-db1}, {host: his-rac2}]", "his-rac2"),
    ("SI011", NODES,
     "    nodes: [{host: his-db1, settings: {oracle_sdi: HIS1}}]", "oracle_sdi"),
    ("SI012", CONNECT, "", "his:"),
    ("YA023", "{prompt: true}", "{prompt: true, env: X}", "{prompt"),
    ("YA020", "class: production", "clas: production", "clas"),
]  # fmt: skip


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    (folder / "trust").mkdir(parents=True)
    (folder / "site.yaml").write_text(site_template(), encoding="utf-8")
    (folder / "site.yaml").chmod(0o644)
    (folder / "trust" / "roster.yaml").write_text(roster_template(), encoding="utf-8")
    return folder


def test_the_template_is_a_sound_site(site):
    loaded = load_site(site)
    assert loaded.site.databases["his"].settings["oracle_sid"] == "HIS"
    assert loaded.roster.roles_of("dba1@hospital.example") == ("dba",)
    assert loaded.trust == site / "trust"


@pytest.mark.parametrize(
    "values", [{"name": "true", "host": "h1"}, {"dsn": "10.0.0.1:1521/数据", "owner": 'o"x'}, {"oracle_sid": "12"}]
)
def test_the_template_takes_values_of_any_look(site, values):
    (site / "site.yaml").write_text(site_template(**values), encoding="utf-8")
    loaded = load_site(site).site
    assert loaded.name == values.get("name", "my-hospital")
    assert loaded.databases["his"].connect.dsn == values.get("dsn", "192.0.2.11:1521/HIS")
    assert loaded.databases["his"].settings["oracle_sid"] == values.get("oracle_sid", "HIS")


def test_the_template_refuses_a_value_that_it_has_no_place_for():
    with pytest.raises(TypeError, match="colour"):
        site_template(colour="red")


@pytest.mark.parametrize(("rule", "old", "new", "at"), BREAKS)
def test_a_rule_for_sites_is_broken_by_one_change(site, rule, old, new, at):
    text = site_template()
    assert old in text
    (site / "site.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DocumentProblems) as caught:
        load_site(site)
    (problem,) = caught.value.problems
    assert (problem.rule, problem.source[problem.column - 1 :][: len(at)]) == (rule, at)


def test_all_problems_of_site_and_roster_are_told_together(site):
    text = site_template().replace("os: linux", "os: linus").replace("oracle_sid", "oracle_sidd")
    (site / "site.yaml").write_text(text, encoding="utf-8")
    (site / "trust" / "roster.yaml").write_text(roster_template().replace("roles: [dba]", "roles: []", 1))
    with pytest.raises(DocumentProblems) as caught:
        load_site(site)
    assert [each.rule for each in caught.value.problems] == ["YA023", "SI006", "SI005", "YA023"]


def test_a_standby_of_another_engine_is_refused(site):
    text = site_template().replace("    # standby: his_dr", "    standby: other")
    database = text[text.index("  his:\n") : text.index("# 秘密存放处")]
    other = database.replace("  his:\n", "  other:\n").replace("engine: oracle", "engine: db2")
    (site / "site.yaml").write_text(text.replace("# 秘密存放处", other.replace("standby: other", "") + "# 秘密存放处"))
    with pytest.raises(DocumentProblems) as caught:
        load_site(site)
    assert {each.rule for each in caught.value.problems} == {"SI002", "SI004"}


def test_a_database_belongs_to_one_pair(site):
    text = site_template().replace("    # standby: his_dr", "    standby: his_dr")
    database = text[text.index("  his:\n") : text.index("# 秘密存放处")]
    dr = database.replace("  his:\n", "  his_dr:\n").replace("standby: his_dr", "")
    lis = database.replace("  his:\n", "  lis:\n")
    (site / "site.yaml").write_text(text.replace("# 秘密存放处", dr + "# 秘密存放处"))
    assert load_site(site).site.peer_of("his_dr") == "his"
    (site / "site.yaml").write_text(text.replace("# 秘密存放处", dr + lis + "# 秘密存放处"))
    with pytest.raises(DocumentProblems) as caught:
        load_site(site)
    assert ["another pair" in str(each) for each in caught.value.problems] == [True]


def test_a_site_without_a_roster_loads_but_has_no_people(site, tmp_path):
    loaded = load_site(site, trust=tmp_path)
    with pytest.raises(TrustUnusable) as caught:
        _ = loaded.roster
    assert caught.value.exit_code == 22


def test_a_site_is_found_as_named_then_from_the_environment_then_upwards(site, tmp_path):
    below = site / "a" / "b"
    below.mkdir(parents=True)
    other = tmp_path / "other"
    other.mkdir()
    (other / "site.yaml").write_text(site_template())
    (other / "site.yaml").chmod(0o600)
    assert find_site(None, {}, below) == site
    assert find_site(None, {"HISOPS_SITE": str(other)}, below) == other
    assert find_site(other, {"HISOPS_SITE": str(site)}, tmp_path) == other


def test_no_site_says_what_to_do(tmp_path):
    with pytest.raises(UsageProblem) as caught:
        find_site(tmp_path / "nowhere", {}, tmp_path)
    assert "hisops init" in caught.value.advice
    if not any((folder / "site.yaml").exists() for folder in tmp_path.parents):
        with pytest.raises(UsageProblem, match="here or above"):
            find_site(None, {}, tmp_path)


@pytest.mark.parametrize("mode", [0o666, 0o646])
def test_a_site_that_others_may_write_is_refused(site, mode):
    (site / "site.yaml").chmod(mode)
    with pytest.raises(Refused, match="Others may write"):
        find_site(site, {}, site)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_site_of_another_user_is_refused(site):
    os.chown(site / "site.yaml", 12345, 12345)
    with pytest.raises(Refused, match="belongs to another user"):
        find_site(site, {}, site)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_group_that_is_not_the_owners_own_must_not_write(site):
    os.chown(site / "site.yaml", 0, 1)
    (site / "site.yaml").chmod(0o664)
    with pytest.raises(Refused, match="Others may write"):
        find_site(site, {}, site)
    os.chown(site / "site.yaml", 0, 0)
    assert find_site(site, {}, site) == site


REMARK = "# nothing more\n\n"


@pytest.mark.parametrize(
    ("text", "pin"), [(None, False), ("", False), (REMARK, False), ("hisops: policy/v1\nverify_required: true\n", True)]
)
def test_a_policy_asks_for_more_only_where_it_says_so(site, text, pin):
    if text is not None:
        (site / "trust/policy.yaml").write_text(text)
    assert load_site(site).policy.verify_required is pin


@pytest.mark.parametrize("text", ["verify_required: true\n", "hisops: policy/v1\nverify: true\n", "hisops: [\n"])
def test_a_policy_that_cannot_be_read_is_not_taken_for_an_empty_one(site, text):
    (site / "trust/policy.yaml").write_text(text)
    with pytest.raises(DocumentProblems):
        load_site(site)


@pytest.mark.parametrize(("requires", "at"), [
    ("oracle/patch-aply: [{runbook: oracle/inspection, max_age: 30d}]", "oracle/patch-aply"),
    ("oracle/patch-apply: [{runbook: oracle/inspecton, max_age: 30d}]", "oracle/inspecton"),
    ("oracle/patch-apply: [{any: [oracle/inspection, oracle/x], max_age: 30d}]", "oracle/x"),
])  # fmt: skip
def test_what_the_site_requires_are_runbooks_that_there_are(site, requires, at):
    with (site / "site.yaml").open("a", encoding="utf-8") as file:
        file.write(f"requires:\n  {requires}\n")
    with pytest.raises(DocumentProblems) as caught:
        load_site(site)
    (found,) = caught.value.problems
    assert found.rule == "SI014"
    assert found.source[found.column - 1 :].startswith(at)


def _with_scratch(site, more="", scratch="his_rt", **changes):
    text = site_template().replace("    # scratch: his_rt ", f"    scratch: {scratch} ")
    entry = {"engine": "oracle", "settings": "{oracle_home: /u01/home, oracle_sid: hisrt}"} | changes
    told = "".join(f"    {name}: {value}\n" for name, value in entry.items())
    rt = f"  his_rt:\n    title: {{zh: 恢复, en: Restore}}\n    host: his-db1\n{told}"
    (site / "site.yaml").write_text(text.replace("# 秘密存放处", rt + more + "# 秘密存放处"), encoding="utf-8")
    return load_site(site).site


def test_a_scratch_instance_is_an_entry_without_a_login(site):
    loaded = _with_scratch(site)
    assert loaded.companions_of("his") == {"scratch": "his_rt"}
    assert loaded.companions_of("his_rt") == {}


@pytest.mark.parametrize(("changes", "why"), [
    ({"scratch": "his_tr"}, "There is no database called `his_tr`."),
    ({"scratch": "his"}, "The database `his` cannot be its own scratch instance."),
    ({"standby": "his"}, "The scratch instance `his_rt` belongs to a pair."),
    ({"nodes": "[{host: his-db1}]"}, "has nodes"),
    ({"engine": "clusterware", "settings": "{oracle_home: /u01}"}, "of another engine"),
])  # fmt: skip
def test_a_scratch_instance_that_is_something_else_is_refused(site, changes, why):
    with pytest.raises(DocumentProblems) as caught:
        _with_scratch(site, **changes)
    (found,) = [each.message for each in caught.value.problems if each.rule == "SI013"]
    assert why in found


@pytest.mark.parametrize(("of", "fit"), [("standby: his", True), ("", False)])
def test_a_scratch_instance_serves_one_database_or_the_two_of_a_pair(site, of, fit):
    other = "  his_two:\n    title: {zh: 二, en: Two}\n    host: his-db1\n    engine: oracle\n    scratch: his_rt\n"
    other += f"    {of}\n    connect: {{dsn: x, user: x, password: his_password}}\n"
    other += "    settings: {oracle_home: /u01/home, oracle_sid: two}\n"
    if fit:
        assert _with_scratch(site, other).companions_of("his_two") == {"peer": "his", "scratch": "his_rt"}
        return
    with pytest.raises(DocumentProblems) as caught:
        _with_scratch(site, other)
    assert [each.rule for each in caught.value.problems] == ["SI013", "SI013"]


def test_a_scratch_instance_has_none_itself(site):
    rt2 = "  his_rt2:\n    title: {zh: 恢复, en: Restore}\n    host: his-db1\n    engine: oracle\n"
    rt2 += "    settings: {oracle_home: /u01/home, oracle_sid: hisrt2}\n"
    with pytest.raises(DocumentProblems) as caught:
        _with_scratch(site, rt2, **{"engine": "oracle\n    scratch: his_rt2"})
    assert [each.message for each in caught.value.problems] == ["The scratch instance `his_rt` has one itself."]


@pytest.mark.parametrize(("destination", "why"), [
    ("his_new", "There is no database called `his_new`."),
    ("his", "The database `his` cannot be copied into itself."),
])  # fmt: skip
def test_a_destination_is_another_database_of_the_inventory(site, destination, why):
    text = site_template().replace("    # destination: lis19 ", f"    destination: {destination} ")
    (site / "site.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DocumentProblems) as caught:
        load_site(site)
    (found,) = [each.message for each in caught.value.problems if each.rule == "SI015"]
    assert why in found
