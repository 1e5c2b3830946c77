"""Whether a text mentions a person: rather too often than too rarely, but not by chance."""

from __future__ import annotations

import pytest

from orchestration.lake.erasure.mentions import Mentions

ZOE = Mentions(["m_zoe", 'Zoë "Z" Doe', "zoe@example.com", "", " "])


@pytest.mark.parametrize(
    "text",
    [
        '{"member_id": "m_zoe"}',
        '{"member_id": "M_ZOE", "credits": ',
        "e1,m_zoe,4",
        "reviewed by m_zoe.",
        r'{"name": "Zo\u00eb \"Z\" Doe"}',
        'm,"Zoë ""Z"" Doe",x',
        "credits must be a number; found zoe@example.com",
    ],
)
def test_a_person_is_found_by_id_name_or_address(text: str) -> None:
    assert ZOE.are_in(text)


@pytest.mark.parametrize("text", ["", "m_zoen", "xm_zoe", "m_zo", '{"member_id": "m_mike"}'])
def test_a_term_inside_a_longer_word_is_no_mention(text: str) -> None:
    assert not ZOE.are_in(text)


@pytest.mark.parametrize(
    ("text", "is_mentioned"),
    [
        ('{"member_id": "7", "credits": "x"}', True),
        ('{"member_id": 7}', True),
        ('{"attributes": {"by": ["7"]}}', True),
        ("e1;7;meta", True),
        ('{"member_id": "7", "credits": ', True),
        ('{"member_id": "8", "credits": 7}', False),
        ("e1;77;meta 7", False),
        ('{"occurred_at": "2026-04-07T07:07:07Z"}', False),
    ],
)
def test_a_short_id_is_found_only_as_a_whole_value(text: str, is_mentioned: bool) -> None:
    assert Mentions(["7"]).are_in(text) == is_mentioned


def test_without_terms_nothing_is_a_mention() -> None:
    assert not Mentions([])
    assert not Mentions([""]).are_in("")
