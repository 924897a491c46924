"""Settlements of HIS and the detail of the insurance platform (R2), local and out of area."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from hisops.lab.finance.ground import DEPARTMENTS, PATIENTS, Ground, Row, amount, at, pick


def settlements(ground: Ground) -> None:
    """Lay out YB_JSJL (settlements in HIS) and YB_3202MX (the platform's detail, as it was downloaded)."""
    own = ground.table(
        "yb_jsjl",
        "setl_id VARCHAR2(30), brxm VARCHAR2(40), sfzh VARCHAR2(18), ksmc VARCHAR2(30), ydbz NUMBER(1), "
        "insutype VARCHAR2(6), "
        "fyhj NUMBER(18,2), tczf NUMBER(18,2), zhzf NUMBER(18,2), jszt VARCHAR2(4), jsrq DATE",
    )
    theirs = ground.table(
        "yb_3202mx",
        "setl_id VARCHAR2(30), setl_optins VARCHAR2(12), insutype VARCHAR2(6), medfee_sumamt NUMBER(18,2), "
        "fund_pay_sumamt NUMBER(18,2), acct_pay NUMBER(18,2), refd_setl_flag VARCHAR2(2), setl_time DATE",
    )
    for day in (ground.before, ground.day):
        for number in range(1, 51):
            refund, far = number % 13 == 0, number % 10 == 0
            whole = amount(number + day.day) * (-1 if refund else 1)
            fund, account = (whole * Decimal("0.70")).quantize(Decimal("0.01")), (whole / 10).quantize(Decimal("0.01"))
            key, moment = f"S{day:%Y%m%d}{number:05d}", at(day, 8 + number % 9, number)
            person = f"11010119800101{number:04d}"
            state, department = "TF" if refund else "JS", pick(DEPARTMENTS, number)
            own.append(
                _settled(key, pick(PATIENTS, number), person, department, far, (whole, fund, account), state, moment)
            )
            theirs.append(
                [key, "310000" if far else "110105", "310", whole, fund, account, "1" if refund else "0", moment]
            )
    _plant(ground, own, theirs)


def _settled(
    key: str,
    person: str,
    number: str,
    department: str,
    far: bool,
    sums: tuple[Decimal, ...],
    state: str,
    moment: datetime,
) -> Row:
    return [key, person, number, department, int(far), "310", *sums, state, moment]


def _plant(ground: Ground, own: list[Row], theirs: list[Row]) -> None:
    name, first = "insurance-settlement", len(own) // 2

    def key(number: int) -> str:
        return f"S{ground.day:%Y%m%d}{number:05d}"

    def place(number: int) -> int:
        return first + number - 1

    theirs[place(2)][3] = Decimal(str(theirs[place(2)][3])) + Decimal("1.00")
    ground.plant(name, "amount", "insurance", key(2))
    theirs[place(3)][6] = "1"  # the platform has it as a refund
    ground.plant(name, "state", "insurance", key(3))
    theirs.append(list(theirs[place(4)]))
    ground.plant(name, "duplicate", "it", key(4))
    own[place(5)][9] = "??"
    ground.plant(name, "unclassified", "it", key(5))
    ground.plant(name, "only_b", "insurance", key(5))
    sums = (Decimal("70.00"), Decimal("49.00"), Decimal("7.00"))
    # the platform has it after midnight
    own.append(_settled(key(90), "李四", "110101198001010090", "急诊科", False, sums, "JS", at(ground.day, 23, 58)))
    ground.plant(name, "in_transit", "insurance", key(90))
    # out of area: cleared by the end of the month
    own.append(_settled(key(91), "孙丽", "310101198001010091", "骨科", True, sums, "JS", at(ground.day, 11)))
    ground.plant(name, "in_transit", "insurance", key(91))
    early = f"S{ground.before:%Y%m%d}00090"
    own.append(_settled(early, "周强", "110101198001010099", "急诊科", False, sums, "JS", at(ground.before, 23, 59)))
    theirs.append([early, "110105", "310", *sums, "0", at(ground.day, 0, 2)])
    ground.clears(name, "only_b", "insurance", early)
    theirs.pop(place(1))  # settled in HIS, the platform does not know it
    ground.plant(name, "only_a", "insurance", key(1))
    own.pop(place(6))  # settled at the platform, HIS failed and has not reversed it
    ground.plant(name, "only_b", "insurance", key(6))
