"""What a lab database holds from the start: the shared tables of the hospital, and the views of a healthy primary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from hisops.lab.sql.backend import Table
from hisops.lab.sql.seed_health import health_views
from hisops.lab.sql.seed_maintenance import maintenance_views

TABLES: Mapping[str, Table] = {
    "dept": Table(
        "dept_id NUMBER, parent_id NUMBER, dept_name VARCHAR2(60)",
        [(1, None, "全院"), (2, 1, "内科"), (3, 1, "外科"), (4, 2, "心内科"), (5, 4, "CCU")],
    ),
    "patient": Table(
        "patient_id NUMBER, name VARCHAR2(60), sex VARCHAR2(3), birth DATE, updated TIMESTAMP(6), balance NUMBER(12,2)",
        [
            (1, "张三", "男", datetime(1980, 5, 6), datetime(2026, 11, 1, 8, 30, 0, 250000), 1234.50),
            (2, "李四", None, None, None, None),
            (3, "欧阳𠮷", "女", datetime(2001, 12, 31, 23, 59, 59), datetime(2026, 1, 2, 3, 4, 5), -0.05),
        ],
    ),
}


def views(now: datetime) -> dict[str, Table]:
    """Return the V$ and DBA_ views of a healthy primary at `now`."""
    return {**health_views(now), **maintenance_views(now)}
