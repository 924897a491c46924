"""Outpatients: cashiers' day reports and charge lines (R1), electronic bills (R3), dispensed drugs (R4)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import count

from hisops.lab.finance.ground import DEPARTMENTS, OPERATORS, PATIENTS, Ground, Row, amount, at, pick

METHODS = ("现金", "微信", "支付宝", "医保")
WINDOWS = {"0101": "门诊一楼", "0102": "门诊一楼", "0203": "急诊", "0305": "儿科"}
LINES = 6


def outpatient(ground: Ground) -> None:
    """Lay out MS_HZRB and MS_SFMX: what each cashier reported for a batch and means of payment, and its lines."""
    reports = ground.table(
        "ms_hzrb",
        "czgh VARCHAR2(10), jzpc VARCHAR2(20), zffs VARCHAR2(12), sfck VARCHAR2(30), zjje NUMBER(18,2), "
        "fpzs NUMBER(9), "
        "hbwc NUMBER(18,2), jzrq DATE",
    )
    lines = ground.table(
        "ms_sfmx",
        "czgh VARCHAR2(10), jzpc VARCHAR2(20), zffs VARCHAR2(12), mzxh VARCHAR2(12), brxm VARCHAR2(40), "
        "fphm VARCHAR2(20), "
        "sfck VARCHAR2(30), zjje NUMBER(18,2), tfbz NUMBER(1), sfrq DATE, jzrq DATE",
    )
    numbers = count(1)
    for day in (ground.before, ground.day):
        for operator in OPERATORS:
            for batch in (1, 2):
                for method in METHODS:
                    _batch(reports, lines, numbers, day, operator, f"{day:%Y%m%d}-{operator}-{batch}", method)
    _plant_yesterday(ground, lines, numbers)
    _plant(ground, reports, lines, numbers)


def _batch(
    reports: list[Row], lines: list[Row], numbers: count[int], day: date, operator: str, batch: str, method: str
) -> None:
    total = Decimal(0)
    for line in range(LINES):
        number = next(numbers)
        refund = line == LINES - 1 and number % 3 == 0
        paid = -amount(number - 1) if refund else amount(number)
        total += paid
        lines.append(_line(number, day, operator, batch, method, paid, refund))
    reports.append([operator, batch, method, WINDOWS[operator], total, LINES, Decimal(0), at(day, 18)])


def _line(
    number: int, day: date, operator: str, batch: str, method: str, paid: Decimal, refund: bool = False, hour: int = 0
) -> Row:
    moment = at(day, hour or 8 + number % 9, number % 60)
    return [
        operator, batch, method,
        f"M{number:08d}", pick(PATIENTS, number), f"{number + 31000000:010d}", WINDOWS[operator],
        paid, int(refund), moment, at(day, 0),
    ]  # fmt: skip


def _plant_yesterday(ground: Ground, lines: list[Row], numbers: count[int]) -> None:
    """A late payment of the day before stands in the lines; its report comes on the day: it clears then."""
    lines.append(
        _line(next(numbers), ground.before, "0203", f"{ground.before:%Y%m%d}-0203-9", "微信", Decimal("88.00"), hour=23)
    )


def _plant(ground: Ground, reports: list[Row], lines: list[Row], numbers: count[int]) -> None:
    day, before = f"{ground.day:%Y%m%d}", f"{ground.before:%Y%m%d}"
    name = "outpatient-daily"

    def report(operator: str, batch: int, method: str) -> Row:
        return next(row for row in reports if row[:3] == [operator, f"{day}-{operator}-{batch}", method])

    # what was carried over is reported on the day
    reports.append(["0203", f"{before}-0203-9", "微信", "急诊", Decimal("88.00"), 1, Decimal(0), at(ground.day, 18)])
    ground.clears(name, "only_a", "cashier", "0203", f"{before}-0203-9", "微信")
    # a refund after the cashier had closed
    _more(report("0101", 1, "现金"), Decimal("35.50"))
    ground.plant(name, "amount", "cashier", "0101", f"{day}-0101-1", "现金")
    # an invoice that was voided is still counted
    row = report("0305", 2, "医保")
    row[5] = int(str(row[5])) + 1
    ground.plant(name, "amount", "cashier", "0305", f"{day}-0305-2", "医保")
    # rounding to the jiao, told by the report itself
    row = report("0102", 1, "现金")
    _more(row, Decimal("0.04"))
    row[6] = Decimal("0.04")
    ground.plant(name, "cents", "finance", "0102", f"{day}-0102-1", "现金")
    # reported, but no line is there: a batch that was uploaded by mistake
    reports.append(["0102", f"{day}-0102-7", "现金", "门诊一楼", Decimal("120.00"), 2, Decimal(0), at(ground.day, 18)])
    ground.plant(name, "only_a", "cashier", "0102", f"{day}-0102-7", "现金")
    # charged, but the cashier has not closed
    lines.append(_line(next(numbers), ground.day, "0305", f"{day}-0305-8", "现金", Decimal("66.60")))
    ground.plant(name, "only_b", "cashier", "0305", f"{day}-0305-8", "现金")
    # paid by WeChat in the morning, the money never arrived: the payment provider has to be asked
    lines.append(_line(next(numbers), ground.day, "0102", f"{day}-0102-8", "微信", Decimal("18.80")))
    ground.plant(name, "only_b", "vendor", "0102", f"{day}-0102-8", "微信")
    # paid by WeChat just before midnight: the money arrives on the next day
    lines.append(_line(next(numbers), ground.day, "0203", f"{day}-0203-9", "微信", Decimal("45.20"), hour=23))
    ground.plant(name, "in_transit", "vendor", "0203", f"{day}-0203-9", "微信")
    # the report was sent twice
    reports.append(list(report("0203", 1, "支付宝")))
    ground.plant(name, "duplicate", "it", "0203", f"{day}-0203-1", "支付宝")
    # a line without a means of payment
    row = _line(next(numbers), ground.day, "0101", f"{day}-0101-2", "现金", Decimal("12.00"))
    row[2] = None
    lines.append(row)
    ground.plant(name, "unclassified", "it", "0101", f"{day}-0101-2", "")


def _more(row: Row, more: Decimal) -> None:
    row[4] = Decimal(str(row[4])) + more


def bills(ground: Ground) -> None:
    """Lay out MS_DZPJ_SF (charges that need a bill) and EBILL (what the platform has issued)."""
    charged = ground.table(
        "ms_dzpj_sf",
        "busno VARCHAR2(24), fphm VARCHAR2(20), brxm VARCHAR2(40), ksmc VARCHAR2(30), zjje "
        "NUMBER(18,2), zfbz NUMBER(1), "
        "sfrq DATE",
    )
    issued = ground.table(
        "ebill",
        "busno VARCHAR2(24), billbatchcode VARCHAR2(12), billno VARCHAR2(12), totalamt NUMBER(18,2), "
        "state VARCHAR2(10), "
        "busdatetime DATE",
    )
    for day in (ground.before, ground.day):
        for number in range(1, 41):
            bus, paid, voided = f"{day:%Y%m%d}{number:06d}", amount(number + day.day), number % 11 == 0
            moment = at(day, 8 + number % 9, number)
            charged.append(
                [
                    bus,
                    f"{number + 500:08d}",
                    pick(PATIENTS, number),
                    pick(DEPARTMENTS, number),
                    paid,
                    int(voided),
                    moment,
                ]
            )
            issued.append([bus, "11060125", f"{number:010d}", paid, "RED" if voided else "NORMAL", moment])
    _plant_bills(ground, charged, issued)


def _plant_bills(ground: Ground, charged: list[Row], issued: list[Row]) -> None:
    day, name = f"{ground.day:%Y%m%d}", "e-bills"

    def bill(number: int) -> Row:
        return next(row for row in issued if row[0] == f"{day}{number:06d}")

    issued.remove(bill(1))  # no bill was issued
    ground.plant(name, "only_a", "cashier", f"{day}000001")
    charged.remove(next(row for row in charged if row[0] == f"{day}000002"))  # a bill without a charge
    ground.plant(name, "only_b", "it", f"{day}000002")
    bill(3)[3] = Decimal("0.01") + Decimal(str(bill(3)[3]))  # a cent more is an error here
    ground.plant(name, "amount", "vendor", f"{day}000003")
    bill(11)[4] = "NORMAL"  # voided in HIS, the red bill did not arrive
    ground.plant(name, "state", "vendor", f"{day}000011")
    again = list(bill(4))
    again[2] = "0000009004"
    issued.append(again)  # issued twice
    ground.plant(name, "duplicate", "vendor", f"{day}000004")
    bill(5)[4] = "UNKNOWN"
    ground.plant(name, "unclassified", "it", f"{day}000005")
    ground.plant(name, "only_a", "cashier", f"{day}000005")
    late: Row = [f"{day}000099", "00000599", "王芳", "急诊科", Decimal("30.00"), 0, at(ground.day, 23, 50)]
    charged.append(late)  # the bill is issued after midnight
    ground.plant(name, "in_transit", "vendor", f"{day}000099")
    early = f"{ground.before:%Y%m%d}000099"
    charged.append([early, "00000598", "赵敏", "急诊科", Decimal("31.00"), 0, at(ground.before, 23, 50)])
    issued.append([early, "11060125", "0000000099", Decimal("31.00"), "NORMAL", at(ground.day, 0, 20)])

    ground.clears(name, "only_b", "it", early)


def dispensing(ground: Ground) -> None:
    """Lay out YF_FYMX (what pharmacies gave out, in their units) and MS_YPSF (what was charged, in packs)."""
    given = ground.table(
        "yf_fymx",
        "cfh VARCHAR2(20), ypdm VARCHAR2(12), ypmc VARCHAR2(60), sl NUMBER(12,2), dwxs NUMBER(6), je NUMBER(18,2), "
        "tybz NUMBER(1), yfmc VARCHAR2(30), fyrq DATE",
    )
    charged = ground.table(
        "ms_ypsf",
        "cfh VARCHAR2(20), ypdm VARCHAR2(12), sl NUMBER(12,2), dwxs NUMBER(6), je NUMBER(18,2), tfbz "
        "NUMBER(1), sfrq DATE",
    )
    for number in range(1, 61):
        rx, drug, packs = f"CF{ground.day:%y%m%d}{number:05d}", f"YP{number % 17:04d}", number % 4 + 1
        paid, pharmacy = amount(number + 3), pick(("门诊药房", "急诊药房"), number)
        given.append([rx, drug, f"药品{number % 17}", packs * 12, 1, paid, 0, pharmacy, at(ground.day, 9 + number % 8)])
        charged.append([rx, drug, packs, 12, paid, 0, at(ground.day, 8 + number % 8)])
    _plant_drugs(ground, given, charged)


def _plant_drugs(ground: Ground, given: list[Row], charged: list[Row]) -> None:
    name = "dispensing"

    def key(number: int) -> tuple[str, str]:
        return f"CF{ground.day:%y%m%d}{number:05d}", f"YP{number % 17:04d}"

    given.pop(0)  # charged and not given out
    ground.plant(name, "only_b", "pharmacy", *key(1))
    charged.pop(1)  # given out and not charged
    ground.plant(name, "only_a", "pharmacy", *key(2))
    given[1][3] = 999  # number 3: another quantity
    ground.plant(name, "amount", "pharmacy", *key(3))
    given[2][5] = Decimal("0.01") + Decimal(str(given[2][5]))  # number 4: a cent by splitting a pack
    ground.plant(name, "cents", "finance", *key(4))
    given[3][6] = 1  # number 5: taken back, not refunded
    ground.plant(name, "state", "cashier", *key(5))
    given.append(list(given[4]))  # number 6: noted down twice
    ground.plant(name, "duplicate", "it", *key(6))
    given[5][1] = None  # number 7: no code of the drug
    ground.plant(name, "unclassified", "it", key(7)[0], "")
    ground.plant(name, "only_b", "pharmacy", *key(7))
    late = key(80)
    charged.append([*late, 1, 12, Decimal("18.00"), 0, at(ground.day, 23, 40)])
    ground.plant(name, "in_transit", "pharmacy", *late)
