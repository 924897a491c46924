"""The words of a result in both languages, as the finance office uses them."""

from __future__ import annotations

from collections.abc import Mapping

from hisops.model.text import Lang, Text

BALANCED = "balanced"


def _text(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


CLASSES: Mapping[str, Text] = {
    BALANCED: _text("相符", "Agrees"),
    "only_a": _text("单边A", "Only in A"),
    "only_b": _text("单边B", "Only in B"),
    "amount": _text("金额不符", "Amount differs"),
    "state": _text("状态不符", "State differs"),
    "in_transit": _text("跨日在途", "In transit"),
    "duplicate": _text("重复", "Duplicate"),
    "cents": _text("分币误差", "Rounding"),
    "unclassified": _text("未归类", "Unclassified"),
}
OWNERS: Mapping[str, Text] = {
    "cashier": _text("收费", "Cashiers"),
    "pharmacy": _text("药房", "Pharmacy"),
    "insurance": _text("医保办", "Insurance office"),
    "laboratory": _text("检验", "Laboratory"),
    "records": _text("病案室", "Medical records"),
    "finance": _text("财务", "Finance"),
    "it": _text("信息", "IT"),
    "vendor": _text("厂商", "Vendor"),
}
LABELS: Mapping[str, Text] = {
    "sheet": _text("对账结果单", "Reconciliation result"),
    "details": _text("差异明细", "Differences"),
    "carried_out": _text("在途结转", "Carried over"),
    "cleared": _text("上日在途的去向", "What was carried in"),
    "verdict": _text("结论", "Verdict"),
    "even": _text("平", "Balanced"),
    "uneven": _text("不平", "Not balanced"),
    "day": _text("账务日", "Account day"),
    "definition": _text("核对定义", "Definition"),
    "target": _text("数据库", "Database"),
    "run": _text("运行编号（签名日志）", "Run (signed log)"),
    "made": _text("上日结转取自", "Carried in from"),
    "no_day": _text(
        "上一账务日未核对：无结转，其在途行今日会列为单边", "the day before was not reconciled: nothing is carried in"
    ),
    "supersedes": _text("替代同日的运行", "Supersedes the run of the same day"),
    "source": _text("来源", "Source"),
    "digest": _text("摘要", "Digest"),
    "rows": _text("行数", "Rows"),
    "left_out": _text("按定义不比", "Left out"),
    "outside_day": _text("非本账务日", "Other days"),
    "carried": _text("上日结转", "Carried in"),
    "side_a": _text("甲方", "Side A"),
    "side_b": _text("乙方", "Side B"),
    "difference": _text("差额（甲-乙）", "Difference (A - B)"),
    "tolerance_row": _text("允差（单行）", "Tolerance (row)"),
    "tolerance_total": _text("允差（合计）", "Tolerance (total)"),
    "totals": _text("双方合计", "Totals of both sides"),
    "column": _text("项目", "Column"),
    "classes": _text("分类合计", "By class"),
    "class": _text("分类", "Class"),
    "entries": _text("笔数", "Number"),
    "sum": _text("分类相加 = 双方合计", "Classes add up to both sides"),
    "actions": _text("谁处理什么", "Who does what"),
    "owner": _text("建议责任方", "Suggested owner"),
    "cause": _text("情况与处理", "What it means, what to do"),
    "origin": _text("账务日", "Account day"),
    "due": _text("应清账务日", "Due on"),
    "side": _text("哪一方", "Side"),
    "became": _text("去向", "Became"),
    "lines": _text("明细行", "Lines"),
    "chart": _text("差异分布（笔数）", "Differences (number)"),
    "none": _text("无", "None"),
    "cut": _text(
        "另有 {cut} 笔未逐笔列出，已计入分类合计", "{cut} more are not listed one by one; the classes count them"
    ),
    "more": _text("其余 {more} 笔见工作簿", "{more} more are in the workbook"),
    "simulation": _text("演练环境的模拟数据，不是任何真实医院的账", "A simulation: the accounts of no real hospital"),
    "checked_by": _text("核对人", "Checked by"),
    "reviewed_by": _text("复核人", "Reviewed by"),
    "confirmed_by": _text("财务确认", "Confirmed by finance"),
    "date": _text("日期", "Date"),
    "note_unclassified": _text(
        "键、金额或状态缺失或未知：单独归为未归类",
        "A part of the key, an amount or the state is missing or unknown: it is classed alone",
    ),
    "note_left_out": _text("其状态按定义不比", "Its state is left out by the definition"),
    "note_other_day": _text("属于另一账务日", "It is of another account day"),
    "note_definition": _text("运行之后定义已改", "The definition has changed since the run"),
    "note_side_a": _text("甲方已不是运行时所读的数据", "Side A is no longer what the run has read"),
    "note_side_b": _text("乙方已不是运行时所读的数据", "Side B is no longer what the run has read"),
    "scope": _text(
        "结论只对以上来源、本账务日与本定义成立；姓名与证件号已遮盖。",
        "The verdict is of these sources, this account day and this definition alone. Names and ID numbers are masked.",
    ),
}


def label(name: str, lang: Lang) -> str:
    """Return a label of the forms."""
    return LABELS[name].in_(lang)


def class_name(name: str, lang: Lang) -> str:
    """Return what a class is called."""
    return CLASSES[name].in_(lang)


def owner_name(name: str, lang: Lang) -> str:
    """Return what an owner is called."""
    return OWNERS[name].in_(lang)
