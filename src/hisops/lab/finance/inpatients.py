"""Inpatients: front pages and settlements (R7), vouchers and income (R6), what was uploaded of front pages (R8)."""

from __future__ import annotations

from decimal import Decimal

from hisops.lab.finance.ground import DEPARTMENTS, PATIENTS, Ground, Row, amount, at, pick

SUBJECTS = ("西药费", "检查费", "床位费")


def front_pages(ground: Ground) -> None:
    """Lay out BA_SYJL (front pages) and ZY_ZYJS (settlements; a stay may have several)."""
    pages = ground.table(
        "ba_syjl",
        "zyh VARCHAR2(12), zycs NUMBER(3), brxm VARCHAR2(40), cyks VARCHAR2(30), zfy NUMBER(18,2), zfje "
        "NUMBER(18,2), cyrq DATE",
    )
    settled = ground.table(
        "zy_zyjs", "zyh VARCHAR2(12), zycs NUMBER(3), jscs NUMBER(3), fyhj NUMBER(18,2), zfhj NUMBER(18,2), jsrq DATE"
    )
    for number in range(1, 31):
        stay, whole, own = f"{number + 200000:08d}", amount(number) * 20, amount(number) * 6
        pages.append([stay, 1, pick(PATIENTS, number), pick(DEPARTMENTS, number), whole, own, at(ground.day, 10)])
        half = (whole / 2).quantize(Decimal("0.01"))
        parts = [(half, own), (whole - half, Decimal(0))] if number % 5 == 0 else [(whole, own)]
        for part, (sum_of_part, paid) in enumerate(parts, 1):
            settled.append([stay, 1, part, sum_of_part, paid, at(ground.day, 11)])
    name = "front-page"

    def page(number: int) -> Row:
        return next(row for row in pages if row[0] == f"{number + 200000:08d}")

    def more(number: int, amount: str) -> None:
        page(number)[4] = Decimal(str(page(number)[4])) + Decimal(amount)

    more(1, "-85.00")  # a fee was posted after the front page was made
    ground.plant(name, "amount", "records", "00200001", "1")
    more(2, "0.01")
    ground.plant(name, "cents", "finance", "00200002", "1")
    pages.remove(page(3))
    ground.plant(name, "only_b", "records", "00200003", "1")
    settled[:] = [row for row in settled if row[0] != "00200004"]
    ground.plant(name, "only_a", "finance", "00200004", "1")
    pages.append(list(page(6)))
    ground.plant(name, "duplicate", "records", "00200006", "1")
    page(7)[4] = None
    ground.plant(name, "unclassified", "records", "00200007", "1")
    ground.plant(name, "only_b", "records", "00200007", "1")


def vouchers(ground: Ground) -> None:
    """Lay out HIS_SRRB (income by department and subject) and HRP_PZMX (lines of vouchers)."""
    income = ground.table("his_srrb", "rq DATE, ksmc VARCHAR2(30), srkm VARCHAR2(20), je NUMBER(18,2)")
    posted = ground.table(
        "hrp_pzmx", "pzh VARCHAR2(20), rq DATE, hsks VARCHAR2(30), srkm VARCHAR2(20), je NUMBER(18,2)"
    )
    number = 0
    for department in DEPARTMENTS:
        for subject in SUBJECTS:
            number += 1
            income.append([at(ground.day, 0), department, subject, amount(number) * 30])
            posted.append([f"PZ{number:05d}", at(ground.day, 0), department, subject, amount(number) * 30])
    posted[0][4] = Decimal(str(posted[0][4])) - Decimal("10.00")
    ground.plant("income-vouchers", "amount", "finance", DEPARTMENTS[0], SUBJECTS[0])
    posted[1][2] = "未知科室"  # no mapping of the department
    ground.plant("income-vouchers", "only_a", "finance", DEPARTMENTS[0], SUBJECTS[1])
    ground.plant("income-vouchers", "only_b", "finance", "未知科室", SUBJECTS[1])


def uploads(ground: Ground) -> None:
    """Lay out HQMS_SBSJ: what was uploaded of the front pages."""
    uploaded = ground.table(
        "hqms_sbsj", "zyh VARCHAR2(12), zycs NUMBER(3), zfy NUMBER(18,2), cyrq DATE, jyzt VARCHAR2(4)"
    )
    for row in ground.tables["ba_syjl"][1]:
        if row[4] is not None and [str(each[0]) for each in uploaded].count(str(row[0])) == 0:
            uploaded.append([row[0], row[1], row[4], row[6], "OK"])
    uploaded.pop(0)  # sent back by the check and not sent again
    name = "performance-upload"
    ground.plant(name, "only_a", "records", "00200001", "1")
    ground.plant(name, "duplicate", "records", "00200006", "1")
    ground.plant(name, "unclassified", "records", "00200007", "1")
