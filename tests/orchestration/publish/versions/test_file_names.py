"""No workspace id gives a path outside its folder, or the name of another id."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestration.publish.versions.file_names import file_name, ids_that_fold

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


def test_ids_that_differ_by_case_only_have_names_that_differ_by_more() -> None:
    ids = ["acme", "Acme", "ACME", "Other", "a/B", "A/b"]
    folding = ids_that_fold(ids)
    names = [file_name(id, folding=folding) for id in ids]
    assert names == ["acme", "%41cme", "%41%43%4D%45", "Other", "a%2F%42", "%41%2Fb"]
    assert len({name.casefold() for name in names}) == len(ids)


@given(st.lists(IDS, max_size=5, unique=True))
def test_names_of_one_folder_are_distinct_on_a_disk_that_folds_case(ids: list[str]) -> None:
    ids = list({*ids, *(id.swapcase() for id in ids)})
    folding = ids_that_fold(ids)
    assert len({file_name(id, folding=folding).casefold() for id in ids}) == len(ids)


@given(IDS, IDS)
def test_every_id_has_a_safe_unique_name(one: str, other: str) -> None:
    for id in (one, other):
        name = file_name(id, suffix=".html")
        assert name.isascii() and not set(name) & set("/\\<>:\"|?*'; \n\t") and len(name) <= 255
        assert file_name(id).strip(".") != ""
    assert (file_name(one) == file_name(other)) == (one == other)
