"""Daily series are read from CSV unchanged; errors name the series, the day and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.landing.daily_series import SeriesError, read_series

GOOD = "series,group,date,value\na,g,2026-01-01,1\na,g,2026-01-02,0\nb,g,2026-01-01,2.5\n"


def written(folder: Path, text: str, name: str = "series.csv") -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_series_are_read_in_order_with_their_groups(tmp_path: Path) -> None:
    first, second = read_series([written(tmp_path, GOOD)])
    assert (first.name, first.group, first.family, first.values.tolist()) == ("a", "g", "", [1, 0])
    assert second.values.tolist() == [2.5]
    (alone,) = read_series([written(tmp_path, "series,date,value\nx,2026-01-01,3\n")])
    assert alone.group == "x"
    nameless = read_series([written(tmp_path, GOOD.replace("a,g", "a,").replace("b,g", "b,"))])
    assert [one.group for one in nameless] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("series,date\na,2026-01-01\n", "lacks value"),
        (GOOD.replace("2.5", "-1"), "'b' of .*-1"),
        (GOOD.replace("2.5", "many"), "'b' of .*many"),
        (GOOD.replace("b,g,2026-01-01", "b,g,soon"), "'b' of .*soon"),
        (GOOD.replace("2026-01-02", "2026-01-03"), "'a' of .* 2026-01-03"),
        (GOOD.replace("2026-01-02", "2026-01-01"), "'a' of .* 2026-01-01"),
        ("", "readable CSV file.*No columns"),
        (GOOD + ",g,2026-01-02,1\n", "line 5 of .* does not"),
    ],
)
def test_an_invalid_series_is_an_error_that_names_it(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SeriesError, match=message):
        read_series([written(tmp_path, text)])


def test_a_series_in_two_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SeriesError, match=r"'a' of .*other\.csv is also in another"):
        read_series([written(tmp_path, GOOD), written(tmp_path, GOOD, "other.csv")])
