"""An edit gets the classes that a reader would give it, whatever its language."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from data.languages.vocabulary import vocabulary
from data.models import EDIT_CLASSES, Content, Media
from data.revisions.edit_classes import classify
from data.revisions.sentence_rules import rules_of

CONTEXT = "The pier was rebuilt.\n\n{}\n\nBoats are back."


def content(text: str, language: str | None = "en") -> Content:
    return Content("Harbour", language=language, body_text=CONTEXT.format(text))


@pytest.mark.parametrize(
    ("language", "old", "new", "classes"),
    [
        ("en", "It costs 5 million euros.", "It costs 7 million euros.", {"figure"}),
        ("en", "It costs 14.2 million euros.", "It costs 142 million euros.", {"figure"}),
        ("en", "Gas costs 6.80 pounds.", "Gas costs 680 pounds.", {"figure"}),
        ("de", "Der Preis stieg um 3,4 Prozent.", "Der Preis stieg um 34 Prozent.", {"figure"}),
        ("en", "The balance is 94 euros.", "The balance is -94 euros.", {"figure"}),
        ("en", "The balance is (94) euros.", "The balance is (\u221294) euros.", {"figure"}),
        ("en", "It costs five million euros.", "It costs six million euros.", {"figure"}),
        ("en", "Men: 45, women: 55.", "Men: 55, women: 45.", {"figure"}),
        ("en", "It opens on 3 March 2026.", "It opens on 4 April 2026.", {"date"}),
        ("en", "Doors open at 18:00 sharp.", "Doors open at 19:00 sharp.", {"date"}),
        ("en", "We met Anna Berg in the hall.", "We met Anna Holm in the hall.", {"name"}),
        ("en", "You may enter the hall.", "You may not enter the hall.", {"negation"}),
        ("en", "Everyone must pay the fee.", "Everyone may pay the fee.", {"negation"}),
        ("en", "The board praised the plan.", "The board rejected the plan.", {"wording"}),
        ("de", "Das Wasser ist sauber.", "Das Wasser ist nicht sauber.", {"negation"}),
        ("tr", "Giriş zorunludur.", "Giriş zorunlu değildir.", {"negation"}),
        ("zh", "会议于3月5日举行。", "会议于3月8日举行。", {"date"}),
        ("ja", "田中氏は会議に出席した。", "鈴木氏は会議に出席した。", {"name"}),
        ("ar", "بلغت التكلفة ٥٠٠ يورو", "بلغت التكلفة ٧٠٠ يورو", {"figure"}),
        ("hi", "मंत्री राजेश ने यह कहा।", "मंत्री सुरेश ने यह कहा।", {"name"}),
        ("en", "They left it here in 1897.", "They left it here in 1898.", {"date"}),
        ("en", "It has 10 doors and a roof.", "It has ten doors and a roof.", {"wording"}),
        ("en", "The Lakes Club met there.", "Lakes Club met there.", {"wording"}),
        ("pl", "Kasa czynna do godz. 13.00.", "Kasa czynna do godz. 14.30.", {"date"}),
        ("de", "Das Bad ist ungeheizt.", "Das Bad ist geheizt.", {"negation"}),
        ("it", "Sono 6 km. Non ci sono feriti.", "Sono 6 km. Ci sono feriti.", {"negation"}),
        ("az", "Onlar gedə bilərlər.", "Onlar getməlidirlər.", {"negation"}),
        ("ko", "차량은 통행할 수 있다.", "차량은 통행할 수 없다.", {"negation"}),
        ("ko", "박선영 교통과장은 말했다.", "박선경 교통과장은 말했다.", {"name"}),
        ("ja", "期限は4日間延長します。", "期限は7日間延長します。", {"figure"}),
        ("ja", "館長の大西真理子は話す。", "館長の大西眞理子は話す。", {"name"}),
        ("he", 'ד"ר נעמה הגיעה.', 'ד"ר נועה הגיעה.', {"name"}),
        ("uk", "Речник служби: Тарас Коваль", "Речниця служби: Оксана Мельник", {"name"}),
        (None, "It costs 5 million euros.", "It costs 7 million euros.", {"figure"}),
        ("xx", "It costs 5 million euros.", "It costs 7 million euros.", {"figure"}),
    ],
)
def test_an_edited_sentence(language: str | None, old: str, new: str, classes: set[str]) -> None:
    found = classify(content(old, language), content(new, language))
    assert {*found.classes} == classes
    assert 0.1 < found.weight < 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("They recieve money from us.", "They receive money from us."),
        ("Boats, ships and rafts.", "Boats, ships, and rafts."),
        ("It costs 1,200 euros.", "It costs 1200 euros."),
        ("It costs 1200 euros.", "It costs ١٢٠٠ euros."),
        ("It costs 1,420 euros.", "It costs 1.420 euros."),
        ("It costs 1,420 euros.", "It costs 1 420 euros."),
        ("It costs 6,80 euros.", "It costs 6.80 euros."),
        ("The balance is -94 euros.", "The balance is \u221294 euros."),
        ("It opens 3-5 March.", "It opens 3 - 5 March."),
        ("It opens on 3 March 2026.", "It opens on March 3, 2026."),
        ("The web site is new.", "The website is new."),
        ("the résumé is read.", "The resume is read."),
        ("First of all. Then the rest of it.", "Then the rest of it. First of all."),
    ],
)
def test_letters_alone_hardly_weigh(old: str, new: str) -> None:
    found = classify(content(old), content(new))
    assert found.classes == ("letters",)
    assert found.weight < 0.05


def test_added_and_removed_sentences() -> None:
    short, long = content("Ships left."), content("Ships left. The mayor thanked all crews.")
    assert classify(short, long).classes == ("sentence-added",)
    assert classify(long, short).classes == ("sentence-removed",)


def test_links_files_and_titles() -> None:
    old = replace(
        content("See it."),
        body_html='<p>See <a href="https://a.example/plan">it</a>.</p>',
        attachments=(Media("https://a.example/list.pdf", "application/pdf"),),
    )
    linked = replace(old, body_html=old.body_html.replace("plan", "map"))
    assert classify(old, linked).classes == ("link",)
    alone = replace(old, body_html='<p><a href="https://a.example/plan">Plan</a></p>')
    relinked = replace(alone, body_html=alone.body_html.replace("plan", "map"))
    assert classify(alone, relinked).classes == ("link",)
    rotated = replace(alone, body_html=relinked.body_html.replace("Plan", "Map"))
    assert classify(alone, rotated).classes == ()
    assert classify(old, replace(old, attachments=())).classes == ("attachment",)
    assert classify(old, replace(old, title="Harbour shut")).classes == ("title",)
    assert classify(old, replace(old, title="HARBOUR")).classes == ("letters",)
    assert classify(old, old).classes == ()


@pytest.mark.parametrize(
    ("old", "new", "is_announced"),
    [
        ("It costs 5 euros.", "It costs 6 euros.", False),
        ("It costs 5 euros.", "It costs 6 euros.\nCorrection: the price was wrong.", True),
        ("All is well. Updated on 3 March 2026", "All is fine. Updated on 5 March 2026", True),
        ("Updated rules apply from 3 March 2026", "Updated rules apply from 5 March 2026", False),
        ("更新日：2026年3月5日", "更新日：2026年3月8日", True),
        ("Well.\nLast updated: 3 March 2026", "Fine.\nLast updated: 5 March 2026", True),
        ("Well.\nLast updated: 3 March 2026", "Fine.\nLast updated: 3 March 2026", False),
    ],
)
def test_an_edit_is_announced_by_the_page(old: str, new: str, *, is_announced: bool) -> None:
    assert classify(content(old), content(new)).announced is is_announced


@pytest.mark.parametrize(
    ("note", "is_announced"),
    [
        ("Correction: the number of homes was wrong.", True),
        ("Correction (1 December 2026): the number of homes was wrong.", True),
        ("Correction of 1 December 2026: the number of homes was wrong.", True),
        ("Correction, 1 December 2026: an earlier text had a wrong number.", True),
        ("Correction, December 1, 2026: an earlier text had a wrong number.", True),
        ("Correction, Tuesday, December 1, 2026. The number was wrong.", True),
        ("Correction, 2026-12-01: the number was wrong.", True),
        ("Correction notice 1/12/2026, the number was wrong.", True),
        ("Correction. The number of homes was wrong.", True),
        ("CORRECTED 1 December 2026: the number was wrong.", True),
        ("Berichtigung, 1. Dezember 2026: Die Zahl der Wohnungen war falsch.", True),
        ("Korrektur vom 1. Dezember 2026: Die Zahl der Wohnungen war falsch.", True),
        ("Rectificatif, 1er décembre 2026 : le nombre de logements était faux.", True),
        ("Düzəliş, 1 dekabr 2026: evlərin sayı səhv idi.", True),
        ("सुधार, 1 दिसंबर 2026: घरों की संख्या गलत थी।", True),
        ("更正，2026年12月1日：住房数量有误。", True),
        ("更正2026年12月1日：住房数量有误。", True),
        ("Corrections, fines and penalties are on the list.", False),
        ("Clarification in March 2026 of the rules will cost the town dearly.", False),
        ("Correctional homes opened on 1 December 2026.", False),
    ],
)
def test_a_note_begins_with_a_label_and_punctuation_or_a_date(
    note: str, *, is_announced: bool
) -> None:
    old, new = "It costs 5 euros.", "It costs 6 euros.\n\n" + note
    assert classify(content(old, None), content(new, None)).announced is is_announced


@pytest.mark.parametrize("language", sorted(vocabulary()))
def test_the_labels_of_every_language_begin_notes(language: str) -> None:
    for label in vocabulary()[language].edits.correction_labels:
        plain = re.sub(r"\?|\[.*?\]|\\w\{.*?\}", "", label)
        for note in (f"{plain}: 5 6", f"{plain}, 2026-12-01: 5 6"):
            new = f"It costs 5 euros.\n{note}"
            assert classify(content("It costs 5 euros."), content(new)).announced


def test_a_title_can_announce_a_correction() -> None:
    old = content("It costs 5 euros.")
    found = classify(old, replace(old, title="Corrected: Harbour"))
    assert (found.classes, found.announced) == (("title", "correction"), True)


def test_a_first_text_is_an_added_one() -> None:
    found = classify(Content("T"), Content("T", body_text="A text with several words."))
    assert found.classes == ("sentence-added",)
    assert set(found.classes) <= {*EDIT_CLASSES}


@pytest.mark.parametrize("language", sorted(vocabulary()))
def test_the_words_of_every_language_are_usable(language: str) -> None:
    rules = rules_of(language)
    for word in vocabulary()[language].edits.negation:
        assert rules.negations
        assert rules.negations.search(f"ab{word[1:]}" if word[0] == "-" else word.rstrip("-"))


BEGINNING = "The pool opens on 4 May. "
REST = "It has three slides and a garden. " * 12


def weight_of(old: str, new: str) -> float:
    return classify(Content("Pool", body_text=old), Content("Pool", body_text=new)).weight


def test_a_change_in_the_first_sentence_weighs_more_than_one_at_the_end() -> None:
    later = BEGINNING.replace("4", "9")
    assert weight_of(BEGINNING + REST, later + REST) > weight_of(REST + BEGINNING, REST + later)


@pytest.mark.parametrize(
    ("heavier", "lighter"),
    [
        (("Dogs may swim here.", "Dogs may not swim here."), ("It may rain.", "It should rain.")),
        (("It costs 50 % more.", "It costs 90 % more."), ("It has 50 doors.", "It has 90 doors.")),
        (
            ("It has 50 doors.", "It has 90 doors."),
            ("See Dr Hadley there.", "See Dr Hedley there."),
        ),
    ],
)
def test_heavier_changes_decide_the_weight(
    heavier: tuple[str, str], lighter: tuple[str, str]
) -> None:
    weights = [weight_of(*(f"{REST} {one}" for one in pair)) for pair in (heavier, lighter)]
    assert weights[0] > weights[1]
    both = [f"{REST} {one} {other}" for one, other in zip(heavier, lighter, strict=True)]
    # The other sentence moves the heavier one by a few characters.
    assert abs(weight_of(*both) - weights[0]) < 0.02


@pytest.mark.parametrize(
    ("heavier", "lighter"),
    [
        (("It has 50 doors.", "It has 500 doors."), ("It has 50 doors.", "It has 60 doors.")),
        (("It opens on 4 May.", "It opens on 9 May."), ("Open at 10:00.", "Open at 10:15.")),
        (
            ("Boats are safe here.", "Boats are ready here."),
            ("All is quiet.", "All is very quiet."),
        ),
        (("Room 51 is shut.", "Room 57 is shut."), ("Phone 030 99 51", "Phone 030 99 57")),
        (("Ten boats are safe.", ""), ("Write to a@b.example now.", "")),
    ],
)
def test_the_weight_depends_on_what_a_change_affects(
    heavier: tuple[str, str], lighter: tuple[str, str]
) -> None:
    weights = [weight_of(*(f"{REST} {one}" for one in pair)) for pair in (heavier, lighter)]
    assert weights[0] > weights[1]


def test_numbers_of_any_length_have_a_weight() -> None:
    assert 0 < weight_of("Call 7 now.", f"Call {'9' * 1900} now.") <= 1


def test_a_title_weighs_more_if_the_text_was_edited_too() -> None:
    old, new = content("It costs 5 euros."), content("It costs 6 euros.")
    both = classify(old, replace(new, title="Harbour shut")).weight
    assert both > classify(old, replace(old, title="Harbour shut")).weight
    assert both > classify(old, new).weight


def test_a_replaced_file_weighs_more_than_an_additional_one() -> None:
    files = [Media(f"https://a.example/{one}.pdf", "application/pdf") for one in "ab"]
    old = replace(content("It is here."), attachments=(files[0],))
    replaced, additional = (
        classify(old, replace(old, attachments=some)).weight for some in ((files[1],), (*files,))
    )
    assert replaced > additional


def test_a_correction_note_is_an_added_sentence() -> None:
    new = content("It costs 5 euros. Correction: the first price was wrong.")
    assert classify(content("It costs 5 euros."), new).classes == ("sentence-added", "correction")
