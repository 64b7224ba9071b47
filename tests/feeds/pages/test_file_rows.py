"""Names, types and sizes of files are readable."""

from __future__ import annotations

from typing import get_args

import pytest

from data.models import Cut, FileText, Media
from feeds.pages.file_rows import file_line
from feeds.translations import texts_of

ENGLISH = texts_of("en")
PLAN = Media("https://a.example/plan.pdf", "application/pdf")


@pytest.mark.parametrize(
    ("media", "name", "about"),
    [
        (
            Media("https://a.example/f/J%C3%A4hrlich%202022.pdf", "application/pdf", 1_240_000),
            "Jährlich 2022.pdf",
            "PDF, 1.2 MB",
        ),
        (
            Media("https://a.example/f.pdf", "application/pdf", 999, "The report"),
            "The report",
            "PDF, 999 bytes",
        ),
        (Media("https://a.example/a.jpg", "image/jpeg", 12_345), "a.jpg", "JPEG, 12 kB"),
        (Media("https://a.example/", "application/octet-stream"), "a.example", ""),
        (
            Media("https://a.example/x?id=1", "application/x-odd", 1),
            "x",
            "application/x-odd, 1 byte",
        ),
        (Media("https://a.example/%00%0a%FF.webp", "image/webp"), "\ufffd.webp", "WEBP"),
        (Media("https://a.example/a.bin", "video/mp4", None, "\u202e \x00"), "a.bin", "MP4"),
    ],
)
def test_a_file_is_listed_with_its_name_type_and_size(media: Media, name: str, about: str) -> None:
    line = file_line(media, ENGLISH)
    assert (line.name, line.about) == (name, about)


def test_the_text_of_a_file_is_shown_with_its_pages_and_cut_if_it_is_long() -> None:
    line = file_line(PLAN, ENGLISH, FileText("pdf", ("The lamp", "word " * 1_000)))
    assert line.about == "PDF, 2 pages of text"
    assert (line.text[:8], line.text[-1], line.cut) == ("The lamp", "…", "")


@pytest.mark.parametrize("cut", sorted({*get_args(Cut)} - {""}))
def test_each_reason_for_missing_text_is_explained_in_one_sentence(cut: Cut) -> None:
    line = file_line(PLAN, ENGLISH, FileText("pdf", (), cut))
    assert line.cut.endswith(".")
    assert line.cut.count(". ") == 0


def test_a_file_is_listed_with_the_type_of_its_content_if_its_media_type_is_wrong() -> None:
    assert file_line(PLAN, ENGLISH, FileText("docx", ("The lamp",))).about.startswith("Word")


def test_a_missing_text_is_not_explained_for_a_type_that_is_never_read() -> None:
    song = Media("https://a.example/song.mp3", "audio/mpeg")
    assert file_line(song, ENGLISH, FileText(cut="kind")).cut == ""
