"""A sheet as one HTML file: nothing to load, nothing to run, every text escaped. The only jinja2."""

from __future__ import annotations

from hisops.report.layout import lines, widths
from hisops.report.sheet import Sheet


def to_html(sheet: Sheet) -> bytes:
    """Return the sheet as an HTML document."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=PackageLoader("hisops.report"),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("sheet.html.j2")
    return template.render(sheet=sheet, lines=lines, widths=widths).encode("utf-8")
