"""Dates as pages write them come out as the day or second that they mean."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.dates.clock import contradicted
from data.dates.context import DateContext
from data.dates.parse import find_dates, parse_date, plausible, scan
from data.dates.partial import month_and_day, year_in
from data.languages.vocabulary import vocabulary

MONTHS = {tag: one.dates.months for tag, one in vocabulary().items() if one.dates.months}
NOW = dt.datetime(2022, 11, 25, 10, tzinfo=dt.UTC)


def iso(
    text: str, zone: str = "UTC", languages: tuple[str, ...] = (), **more: object
) -> str | None:
    context = DateContext(zone=zone, languages=languages, now=NOW, **more)  # type: ignore[arg-type]
    found = parse_date(text, context, "test")
    return found.iso if found else None


@pytest.mark.parametrize(
    "text",
    [
        "24 November 2022",
        "November 24, 2022",
        "Thursday, November 24th, 2022",
        "24th of November 2022",
        "Nov 24, '22",
        "24-Nov-22",
        "Published: 24 November 2022",
        "Donnerstag, den 24. November 2022",
        "24 novembre 2022",
        "24 de noviembre de 2022",
        "24 de novembro de 2022",
        "24 listopada 2022 r.",
        "24. listopadu 2022",
        "24 ноября 2022 года",
        "24 листопада 2022",
        "24 ноември 2022 г.",
        "24. новембар 2022.",
        "24 Kasım 2022 Perşembe",
        "24 KASIM 2022",
        "24 noyabr 2022",
        "24 қараша 2022",
        "2022 жылғы 24 қараша",
        "2022-yil 24-noyabr",
        "24 نوفمبر 2022",
        "٢٤ نوفمبر ٢٠٢٢",
        "24 تشرين الثاني 2022",
        "24 בנובמבר 2022",
        "24 Νοεμβρίου 2022",
        "2022. november 24.",
        "24. marraskuuta 2022",
        "den 24 november 2022",
        "24 noiembrie 2022",
        "2022 m. lapkričio 24 d.",
        "2022. gada 24. novembris",
        "24 ნოემბერი, 2022",
        "24 նոյեմբերի, 2022",
        "२४ नवंबर २०२२",
        "২৪ নভেম্বর ২০২২",
        "24 tháng 11 năm 2022",
        "2022年11月24日",
        "二〇二二年十一月二十四日",
        "2022년 11월 24일",
        "2022-11-24",
        "2022/11/24",
        "2022. 11. 24.",
        "20221124",
        "24.11.2022",
        "24. 11. 2022",
        "11/24/2022",
        "24/11/22",
    ],
)
def test_a_day_is_read_in_the_writing_of_many_languages(text: str) -> None:
    assert iso(text) == "2022-11-24"


@pytest.mark.parametrize("language", MONTHS)
def test_every_month_of_every_language_is_read(language: str) -> None:
    for number, month in enumerate(MONTHS[language], 1):
        for name in month.split():
            text = f"7 {name.replace('·', ' ')} 2021"
            assert iso(text, languages=(language,)) == f"2021-{number:02}-07", text


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("31Dec22", "2022-12-31"),
        ("7Jan2026", "2026-01-07"),
        ("24 พฤศจิกายน 2565", "2022-11-24"),
        ("๒๔ พฤศจิกายน ๒๕๖๕", "2022-11-24"),
        ("24 พ.ย. 65", "2022-11-24"),
        ("۳ آذر ۱۴۰۱", "2022-11-24"),
        ("30 اسفند 1399", "2021-03-20"),
        ("令和4年11月24日", "2022-11-24"),
        ("令和元年5月1日", "2019-05-01"),
        ("中華民國111年11月24日", "2022-11-24"),
    ],
)
def test_other_calendars_are_converted(text: str, day: str) -> None:
    assert iso(text) == day


def test_a_solar_hijri_year_is_converted_only_in_persian() -> None:
    assert iso("1401/09/03", languages=("fa",)) == "2022-11-24"
    assert iso("03/09/1444", languages=("ar",)) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("ሐሙስ ሰኔ 18 ቀን 2018 ዓ.ም", "2026-06-25"),
        ("መስከረም 1፣ 2016 ዓ/ም", "2023-09-12"),
        ("ጳጉሜን 6 ቀን 2015 ዓመተ ምሕረት", "2023-09-11"),
    ],
)
def test_an_ethiopian_day_with_its_era_is_converted(text: str, day: str) -> None:
    assert iso(text) == day


@pytest.mark.thorough
def test_an_ethiopian_month_without_an_era_needs_the_language() -> None:
    assert iso("ሰኔ 18 ቀን 2018", languages=("am",)) == "2026-06-25"
    assert iso("ሰኔ 18 ቀን 2018") is None


def test_the_same_names_are_months_of_the_gregorian_calendar_in_eritrea_and_with_its_era() -> None:
    assert iso("መስከረም 18, 2018", languages=("ti",)) == "2018-09-18"
    assert iso("እ.ኤ.አ መስከረም 18 2018", languages=("am",)) == "2018-09-18"


def test_a_day_that_the_ethiopian_calendar_lacks_is_none() -> None:
    assert iso("ጳጉሜ 6 ቀን 2016 ዓ.ም") is None
    assert iso("ሰኔ 31 ቀን 2018 ዓ.ም") is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("२०८० फागुन २९ गते मंगलबार", "2024-03-12"),
        ("२०७२ साल वैशाख १२ गते", "2015-04-25"),
        ("मंसिर १४, २०८३", "2026-11-30"),
        ("२०८०/११/२९", "2024-03-12"),
        ("मिति २०८०।११।२९", "2024-03-12"),
        ("१२ मार्च २०२४", "2024-03-12"),
        ("2026-06-25", "2026-06-25"),
    ],
)
def test_a_day_on_a_nepali_page_is_of_the_bikram_sambat_or_the_gregorian_calendar(
    text: str, day: str
) -> None:
    assert iso(text, languages=("ne",)) == day


def test_a_day_of_the_bikram_sambat_needs_the_era_or_the_language() -> None:
    assert iso("वि.सं. २०८० फागुन २९") == "2024-03-12"
    assert iso("29 Falgun 2080 B.S.") == "2024-03-12"
    assert iso("२०८० फागुन २९", languages=("hi",)) is None
    assert iso("२०८० फागुन ३१", languages=("ne",)) is None


def test_a_bare_year_of_the_republic_is_read_in_taiwan_only() -> None:
    assert iso("115-11-18", languages=("zh-Hant-TW",)) == "2026-11-18"
    assert iso("115/11/18", zone="Asia/Taipei") == "2026-11-18"
    assert iso("115-11-18", languages=("en",)) is None


def test_an_ambiguous_order_is_not_guessed() -> None:
    assert iso("03/04/26") is None
    assert iso("03/04/26", languages=("en",)) is None
    assert iso("03/04/26", order="DMY") == "2026-04-03"
    assert iso("03/04/26", order="MDY") == "2026-03-04"
    assert iso("26/04/03", order="YMD") == "2026-04-03"
    assert iso("25/04/26") == "2026-04-25"


def test_a_region_a_language_or_a_zone_settles_the_order() -> None:
    assert iso("03/04/26", languages=("en-US",)) == "2026-03-04"
    assert iso("03/04/26", languages=("en-GB",)) == "2026-04-03"
    assert iso("2.11.2022", languages=("de",)) == "2022-11-02"
    assert iso("2.11.2022", zone="Asia/Baku") == "2022-11-02"
    assert iso("03/04/26", zone="America/New_York") == "2026-03-04"
    assert iso("03/04/26", languages=("en-CA",), zone="America/Toronto") is None


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2022-11-24T10:15:00+04:00", "2022-11-24T10:15:00+04:00"),
        ("Thu, 24 Nov 2022 10:15:00 +0300", "2022-11-24T10:15:00+03:00"),
        ("Thu, 24 Nov 2022 10:15:00 EST", "2022-11-24T10:15:00-05:00"),
        ("24 November 2022, 14:30", "2022-11-24T14:30:00+04:00"),
        ("14:30, 24 November 2022", "2022-11-24T14:30:00+04:00"),
        ("24. November 2022, 14.30 Uhr", "2022-11-24T14:30:00+04:00"),
        ("November 24, 2022 at 5:30 p.m.", "2022-11-24T17:30:00+04:00"),
        ("24 Nov 2022 12:30am", "2022-11-24T00:30:00+04:00"),
        ("2022년 11월 24일 오후 2:30", "2022-11-24T14:30:00+04:00"),
        ("24 ноября 2022 г. в 14:30 МСК", "2022-11-24T14:30:00+03:00"),
        ("24 November 2022, 5:30 pm-7:30 pm", "2022-11-24T17:30:00+04:00"),
        ("24.11.2022 10:00-12:00", "2022-11-24T10:00:00+04:00"),
        ("1669248000", "2022-11-24T04:00:00+04:00"),
    ],
)
def test_a_stated_time_is_kept_with_its_zone(text: str, instant: str) -> None:
    assert iso(text, zone="Asia/Baku") == instant


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2022-11-24T22:15:30.123456Z", "2022-11-25T02:15:30+04:00"),
        ("20221124T221500Z", "2022-11-25T02:15:00+04:00"),
        ("Thu, 24 Nov 2022 22:15:00 GMT", "2022-11-25T02:15:00+04:00"),
        ("Thu Nov 24 22:15:00 +0000 2022", "2022-11-25T02:15:00+04:00"),
    ],
)
def test_a_time_in_utc_is_shown_in_the_zone_of_the_source(text: str, instant: str) -> None:
    assert iso(text, zone="Asia/Baku") == instant


def test_a_day_without_a_time_is_noon_in_its_zone() -> None:
    found = parse_date(" 24 November 2022 ", DateContext("Asia/Baku", now=NOW), "rule")
    assert found is not None
    assert found.at == dt.datetime(2022, 11, 24, 8, tzinfo=dt.UTC)
    assert (found.precision, found.zone) == ("day", "Asia/Baku")
    assert (found.raw, found.rule) == ("24 November 2022", "rule")


def test_the_gap_and_the_fold_of_summer_time_are_defined() -> None:
    berlin = "Europe/Berlin"
    assert iso("2022-03-27 02:30", zone=berlin) == "2022-03-27T03:30:00+02:00"
    assert iso("2022-10-30 02:30", zone=berlin) == "2022-10-30T02:30:00+02:00"


@pytest.mark.parametrize(
    ("text", "language", "day"),
    [
        ("yesterday", "en", "2022-11-24"),
        ("Today, 09:10", "en", "2022-11-25"),
        ("3 hours ago", "en", "2022-11-25"),
        ("dünən", "az", "2022-11-24"),
        ("вчера", "ru", "2022-11-24"),
        ("vor 2 Tagen", "de", "2022-11-23"),
        ("3 часа назад", "ru", "2022-11-25"),
        ("2 gün önce", "tr", "2022-11-23"),
    ],
)
def test_relative_dates_count_from_now(text: str, language: str, day: str) -> None:
    assert iso(text, languages=(language,)) == day


def test_today_is_the_day_in_the_zone_of_the_source() -> None:
    late = dt.datetime(2022, 11, 25, 22, tzinfo=dt.UTC)
    found = parse_date("today", DateContext("Asia/Baku", languages=("en",), now=late), "test")
    assert found is not None
    assert found.iso == "2022-11-26"


@pytest.mark.parametrize(
    "text",
    ["May", "Sunday", "12", "hello world", "10:30", "version 10.2.1", "127.0.0.1", "", "2022",
     "November 2022", "32 November 2022", "30.02.2022", "No. 12/2022", "3 people in 24 rooms"],
)  # fmt: skip
def test_what_is_not_a_date_is_none(text: str) -> None:
    assert iso(text, languages=("en",)) is None


def test_dates_in_running_text_are_found_with_their_places() -> None:
    text = "İİ on 24 Kasım 2022, 10:30 and on November 5, 2021."
    found = list(scan(text, DateContext("UTC", now=NOW), "test"))
    assert [each.published.iso for each in found] == ["2022-11-24T10:30:00+00:00", "2021-11-05"]
    assert text[found[0].start : found[0].end] == "24 Kasım 2022, 10:30"
    assert [each.raw for each in find_dates(text, DateContext("UTC", now=NOW), "test")] == [
        "24 Kasım 2022, 10:30",
        "November 5, 2021",
    ]


@pytest.mark.parametrize("text", ["2 March 2026", "March 2, 2026", "25.03.2026", "2 марта 2026"])
def test_a_colon_after_the_year_ends_a_date_and_one_within_a_time_does_not(text: str) -> None:
    (found,) = scan(f"{text}: 30 lamps were lit", DateContext("UTC", now=NOW), "test")
    assert found.published.raw == text
    assert not [*scan(f"{text[:-4]}20:30 in the harbour", DateContext("UTC", now=NOW), "test")]


@pytest.mark.parametrize("text", ["0001-01-01", "1970-01-01", "9999-12-31", "2022-11-28"])
def test_an_implausible_date_is_read_and_reported_separately(text: str) -> None:
    for zone in ("America/New_York", "Pacific/Kiritimati"):
        found = parse_date(text, DateContext(zone, now=NOW), "test")
        assert found is not None
        assert found.iso == text
        assert not plausible(found, NOW)


@pytest.mark.parametrize("text", ["01/01/0001", "30 November -0001", "2 March 0001"])
def test_a_year_of_four_digits_is_never_moved_to_this_century(text: str) -> None:
    found = parse_date(text, DateContext("UTC", order="DMY", languages=("en",), now=NOW), "test")
    assert found is not None
    assert found.day.year == 1
    assert not plausible(found, NOW)


def test_a_date_of_tomorrow_is_plausible() -> None:
    found = parse_date("2022-11-26", DateContext("UTC", now=NOW), "test")
    assert found is not None
    assert plausible(found, NOW)


def test_the_end_of_the_calendar_does_not_overflow() -> None:
    found = parse_date("9999-12-31T23:59:59-05:00", DateContext("UTC", now=NOW), "test")
    assert found is not None
    assert found.iso == "9999-12-31T23:59:59+00:00"


def test_a_day_without_a_year_is_distinguished_from_other_words() -> None:
    context = DateContext("UTC", now=NOW)
    assert month_and_day("Nov 24", context) == (11, 24)
    assert month_and_day("24 ноября", context) == (11, 24)
    assert month_and_day("11月24日", context) == (11, 24)
    assert month_and_day("11月18日（水曜日）", context) == (11, 18)
    assert month_and_day("Section 24", context) is None
    assert month_and_day("24 hours", context) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Tháng Tám 18, 2016", ""), ("18 tháng Tám, 2016", ""), ("ngày 18 tháng 8 năm 2016", ""),
        ("Th8 18, 2016", ""), ("18/8 năm 2016", ""), ("Thứ năm, 18 Tháng Tám 2016", "vi"),
        ("2016 оны 8 сарын 18", ""), ("2016 оны наймдугаар сарын 18", "mn"),
        ("8-р сарын 18, 2016", "mn"), ("2016(e)ko abuztuaren 18(a)", "eu"),
        ("18 ta’ Awwissu 2016", "mt"), ("18טן אויגוסט 2016", "yi"), ("2016 թ. օգոստոսի 18", "hy"),
        ("18mh dhen Lùnastal 2016", "gd"), ("18 Lúnasa 2016", "ga"), ("၁၈ ဩဂုတ် ၂၀၁၆", "my"),
        ("១៨ សីហា ២០១៦", "km"), ("ថ្ងៃទី១៨ ខែសីហា ឆ្នាំ២០១៦", "km"),
        ("18 ኦገስት 2016", "am"), ("18 Agosti 2016", "sw"),
        ("18 ऑगस्ट, २०१६", "mr"), ("18 Agosto 2016", "fil"), ("18 Awst 2016", "cy"),
        ("二〇一六年八月十八日", ""), ("2016년 8월 18일", ""), ("18 สิงหาคม ค.ศ. 2016", "th"),
    ],
)  # fmt: skip
def test_a_month_is_read_as_each_language_writes_it(text: str, language: str) -> None:
    context = DateContext("UTC", languages=(language,) if language else (), now=NOW)
    assert [found.iso for found in find_dates(f"({text})", context, "test")] == ["2016-08-18"]


@pytest.mark.parametrize("text", ["18th 8, 2016", "the 5th8, 2016", "thang 13 5, 2016"])
def test_an_ordinal_is_not_a_month_by_number(text: str) -> None:
    assert find_dates(text, DateContext("UTC", now=NOW), "test") == ()


@pytest.mark.parametrize(
    "text",
    [
        "Picture: http://www.saltmere.example/img/p3/2015/10/12/harbour_700.jpg",
        "www.saltmere.example/2015/10/12/harbour",
        "see saltmere.example/news/2015-10-12/harbour",
        "uploads/2015/10/12/harbour.jpg",
        "minutes_2015-10-12.pdf (3 MB)",
        "12-10-2015.docx",
        "照片：https://saltmere.example/2015/10/12/",
    ],
)
def test_an_address_or_a_file_name_holds_no_date(text: str) -> None:
    context = DateContext("UTC", order="DMY", now=NOW)
    assert find_dates(text, context, "test") == ()
    (found,) = find_dates(f"5 May 2020: {text}", context, "test")
    assert found.iso == "2020-05-05"


@pytest.mark.parametrize(
    "text",
    [
        "2015-10-12 (www.saltmere.example)",
        "saltmere.example, 12 October 2015",
        "www.saltmere.example 2015/10/12",
        "minutes.pdf 12/10/2015",
        "照片：https://saltmere.example/a 2015年10月12日",
        "12.okt/2015",
        "12.Oct.2015.",
    ],
)
def test_a_date_beside_an_address_is_read(text: str) -> None:
    context = DateContext("UTC", order="DMY", now=NOW)
    assert [found.iso for found in find_dates(text, context, "test")] == ["2015-10-12"]


def test_a_heading_names_the_year_in_either_count() -> None:
    assert year_in("2019 Meetings") == 2019
    assert year_in("令和8年11月") == 2026
    assert year_in("2018 and 2019") is None


@given(st.text(max_size=300))
def test_any_text_yields_dates_in_utc_or_none(text: str) -> None:
    context = DateContext("Asia/Baku", languages=("az", "en"), now=NOW)
    found = [parse_date(text, context, "test"), *find_dates(text, context, "test")]
    assert all(one.at.utcoffset() == dt.timedelta(0) for one in found if one)


@given(st.from_regex(r"(\d{1,4}[ ./:,年月-]{0,2}(jan|мая|w|Z|\+)?){1,8}", fullmatch=True))
def test_any_text_similar_to_a_date_yields_one_in_utc_or_none(text: str) -> None:
    found = parse_date(text, DateContext("America/New_York", order="DMY", now=NOW), "test")
    assert found is None or found.at.utcoffset() == dt.timedelta(0)


@pytest.mark.thorough
def test_a_year_without_a_day_is_not_a_question_for_the_large_parser() -> None:
    """It takes 0.4 s to load: no page shall wait for it because of its copyright line."""
    code = (
        "import sys, datetime; from data.dates.parse import DateContext, parse_date; "
        "reading = DateContext('UTC', now=datetime.datetime.now(datetime.UTC)); "
        "assert parse_date('© 2026 Office for Weather and Waters', reading, 'test') is None; "
        "sys.exit('dateparser' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own code


@pytest.mark.parametrize(
    ("text", "zone", "name"),
    [
        ("2 March 2026, 10:30 IST", "Europe/Berlin", "IST"),
        ("2 March 2026 10:30 am (CST)", "Europe/Berlin", "CST"),
        ("2 March 2026, 10:30 IST", "Asia/Kolkata", None),
        ("2 March 2026, 10:30 IST", "Asia/Jerusalem", None),
        ("2 March 2026, 10:30 BST", "Europe/London", None),
        ("2 March 2026, 10:30 BST", "Asia/Dhaka", None),
        ("2 March 2026, 10:30 ET", "America/Toronto", None),
        ("2 March 2026, 10:30 CET", "Asia/Tokyo", None),
        ("2 March 2026, 10:30", "Europe/Berlin", None),
        ("2 March 2026", "Europe/Berlin", None),
    ],
)
def test_a_zone_that_is_several_places_is_kept_and_contradicts_a_source_elsewhere(
    text: str, zone: str, name: str | None
) -> None:
    (found,) = find_dates(f"Released {text} by the office", DateContext(zone, now=NOW), "test")
    assert contradicted(found) == name
    assert name is None or name in found.raw
