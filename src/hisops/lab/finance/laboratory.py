"""Charged laboratory items and the tests that the laboratory has registered (R5)."""

from __future__ import annotations

from decimal import Decimal

from hisops.lab.finance.ground import DEPARTMENTS, Ground, Row, amount, at, pick

GROUPS = {"XCG": ("WBC", "RBC", "PLT"), "SHQX": ("ALT", "AST"), "NCG": ("PRO",)}


def tests(ground: Ground) -> None:
    """Lay out MS_JYSF (charged items), LIS_SQMX (registered tests) and LIS_XMZH (which tests make an item)."""
    charged = ground.table(
        "ms_jysf",
        "sqdh VARCHAR2(20), xmdm VARCHAR2(12), ksmc VARCHAR2(30), sl NUMBER(9), je NUMBER(18,2), tfbz "
        "NUMBER(1), sfrq DATE",
    )
    done = ground.table(
        "lis_sqmx",
        "barcode VARCHAR2(20), sqdh VARCHAR2(20), test_code VARCHAR2(12), je NUMBER(18,2), zt "
        "VARCHAR2(4), wsbz NUMBER(1), "
        "djsj DATE",
    )
    parts = ground.table("lis_xmzh", "test_code VARCHAR2(12), xmdm VARCHAR2(12), mfbz NUMBER(1)")
    for item, codes in GROUPS.items():
        parts.extend([code, item, 0] for code in codes)
    parts.append(["QC", "QC", 1])
    for number in range(1, 41):
        order, item = f"SQ{ground.day:%Y%m%d}{number:05d}", pick(tuple(GROUPS), number)
        share = amount(number)
        charged.append(
            [order, item, pick(DEPARTMENTS, number), 1, share * len(GROUPS[item]), 0, at(ground.day, 8 + number % 8)]
        )
        for code in GROUPS[item]:
            done.append(
                [f"B{number:09d}", order, code, share, "BG", int(number % 9 == 0), at(ground.day, 9 + number % 8)]
            )
        done.append([f"B{number:09d}", order, "QC", Decimal(0), "BG", 0, at(ground.day, 9 + number % 8)])
    _plant(ground, charged, done)


def _plant(ground: Ground, charged: list[Row], done: list[Row]) -> None:
    name = "laboratory"

    def key(number: int) -> tuple[str, str]:
        return f"SQ{ground.day:%Y%m%d}{number:05d}", pick(tuple(GROUPS), number)

    def remove(number: int) -> None:
        done[:] = [row for row in done if row[1] != key(number)[0]]

    remove(1)  # charged, never registered
    ground.plant(name, "only_a", "laboratory", *key(1))
    charged.pop(1)  # done before it was charged: the emergency department
    ground.plant(name, "only_b", "laboratory", *key(2))
    next(row for row in done if row[1] == key(3)[0])[3] = Decimal("5.00")
    ground.plant(name, "amount", "laboratory", *key(3))
    charged.append([*key(4), "内科", 1, charged[2][4], 0, at(ground.day, 10)])  # charged twice
    ground.plant(name, "duplicate", "cashier", *key(4))
    charged.append([None, "XCG", "内科", 1, Decimal("20.00"), 0, at(ground.day, 10)])
    ground.plant(name, "unclassified", "it", "", "XCG")
    charged.append([*key(70), "急诊科", 1, Decimal("40.00"), 0, at(ground.day, 23, 30)])  # registered after midnight
    ground.plant(name, "in_transit", "laboratory", *key(70))
    charged[3][5] = 1  # number 5: refunded, the test was not withdrawn
    ground.plant(name, "state", "laboratory", *key(5))
