"""Chinese or English, as the client asks."""

import pytest
from fastapi import Request

from shared.language import language_of


def request(header: str | None) -> Request:
    headers = [] if header is None else [(b"accept-language", header.encode("latin-1"))]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh"),
        ("", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en", "en"),
        ("EN-gb", "en"),
        ("en-US,en;q=0.9", "en"),
        ("zh;q=0.5, en;q=0.8", "en"),
        ("zh; q=0.5, en ; q=0.8", "en"),
        ("zh;q=0.8,en;q=0.8", "zh"),
        ("en;q=0", "zh"),
        ("fr,de", "zh"),
        ("fr, en;q=0.1", "en"),
        ("zh-Hant;q=0.1,en;q=0.05", "zh"),
        ("english", "zh"),
    ],
)
def test_the_better_liked_one_wins_and_chinese_is_the_default(header: str | None, language: str) -> None:
    assert language_of(request(header)) == language


@pytest.mark.parametrize("header", ["en;q=x", "en;q=nan", ";;;", ",,,", "en;", "\xff\xfe", "q=" * 5000, "en;q=-1"])
def test_nonsense_is_answered_in_some_language(header: str) -> None:
    assert language_of(request(header)) in {"zh", "en"}
