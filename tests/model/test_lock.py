"""The text of a lock is read back as it was written; what is not one is somebody else's."""

import pytest

from hisops.model.lock import ControlHost, Holder, parse

HOLDER = Holder(
    run="2026-11-24-0200-his-abc", origin="hospital/his", runbook="oracle/patch-apply", target="his",
    requester="dba1@hospital", control="control-1", machine="0123456789abcdef", logs="/srv/site/logs",
    since="2026-11-24T02:00:00Z",
)  # fmt: skip


def test_a_holder_is_read_back_with_the_fence_that_the_host_added():
    assert parse(HOLDER.text()) == HOLDER
    fenced = parse(HOLDER.text() + "fence: 17\n")
    assert fenced is not None
    assert fenced.fence == 17
    assert parse(fenced.text()) == fenced


def test_a_value_cannot_add_a_line():
    from dataclasses import replace

    sly = replace(HOLDER, logs="/x\nrun: other\nfence: 9")
    assert parse(sly.text()) == replace(HOLDER, logs="/x run: other fence: 9")


@pytest.mark.parametrize(
    "text",
    ["", None, "run r1 of hospital/his, x on his, by dba1", HOLDER.text().replace("hisops-lock/1", "hisops-lock/2"),
     HOLDER.text().replace("run: ", "ran: "), HOLDER.text() + "fence: many\n"],
)  # fmt: skip
def test_another_text_names_nobody(text):
    assert parse(text) is None


def test_the_copy_of_a_holder_is_that_of_its_place():
    assert ControlHost("renamed", HOLDER.machine, HOLDER.logs).copy == HOLDER.copy
