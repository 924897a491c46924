import pytest

from hisops.model.pattern import check_pattern


@pytest.mark.parametrize(
    "pattern",
    [
        r"^OPatch (?:succeeded|completed with warnings)\.$",
        r"^Service \"([^\"\n]{1,200})\" has \d++ instance",
        r"^(\d++) ++OK ++[1-9]\d*+ ",
        r"^.*$",
        r"fuser: .{0,80}not found",
        r"(?:ORA|RMAN)-\d{2,6}",
        r"ORA-19(?!815)\d{3}(?!\d)",
        r"^Nothing to roll back\n +Nothing to apply",
    ],
)
def test_patterns_that_are_linear_pass_unchanged(pattern: str) -> None:
    assert check_pattern(pattern) == pattern


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(a+)+$", "over a group"),
        (r"^(?:a|a)*$", "over a group"),
        (r"failed.*here", "starts with ^"),
        (r"\d+ rows", "starts with ^"),
        (r"^.*failed.*here", "could be slow"),
        (r"^(?:a+b){2}", "could be slow"),
        (r"(?:.{0,90}x){9}", "could be slow"),
        (r"^\s+", "line breaks"),
        (r"^[^x]+x", "line breaks"),
        (r"^\D+x", "line breaks"),
        (r"^[\n]+x", "line breaks"),
        (r"^\W++", "line breaks"),
        (r"(?s)^a.{1,9}b", "line breaks"),
        (r"^(\w)\1", "refer back"),
        (r"^(", "no regular expression"),
        (r"^a{9,1}", "no regular expression"),
        (r"^" + "(" * 5000, "no regular expression"),
    ],
)
def test_patterns_that_could_hang_or_do_not_compile_are_refused(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why.replace("^", r"\^")):
        check_pattern(pattern)
