"""No workspace id gives a path outside its folder, or the name of another id."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestration.publish.versions.file_names import file_name

IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)


def test_an_id_is_percent_encoded() -> None:
    assert file_name("../w 1", suffix=".html") == "..%2Fw%201.html"
    assert file_name("a/b ü") == "a%2Fb%20%C3%BC"


def test_an_id_of_dots_is_encoded() -> None:
    assert [file_name(id) for id in (".", "..", "...")] == ["%2E", "%2E%2E", "%2E%2E%2E"]


def test_no_id_gives_the_name_of_a_device_or_one_that_is_cut() -> None:
    assert [file_name(id) for id in ("CON", "nul", "com1.x", "con1", "acme.")] == [
        *("%43ON", "%6Eul", "%63om1.x", "con1", "acme%2E"),
    ]


def test_long_ids_fit_a_file_system_and_stay_distinct() -> None:
    long = "ü" * 200
    assert len(file_name(long, suffix=".html")) <= 255
    assert file_name(long) != file_name(long + "x")


def test_no_id_collides_with_one_that_was_cut() -> None:
    taken = file_name("v" * 400)
    assert file_name(taken) != taken


@given(IDS, IDS)
def test_every_id_has_a_safe_unique_name(one: str, other: str) -> None:
    for id in (one, other):
        name = file_name(id, suffix=".html")
        assert name.isascii() and not set(name) & set("/\\<>:\"|?*'; \n\t") and len(name) <= 255
        assert file_name(id).strip(".") != ""
    assert (file_name(one) == file_name(other)) == (one == other)
