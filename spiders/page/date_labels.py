"""What pages call their dates, in the words beside them."""

from __future__ import annotations

import re
from typing import Final

CHANGED: Final = re.compile(
    "updated?|modified|aktualisiert|zuletzt|geändert|letzte|mis à jour|modifié|actualizad|"
    "modificad|atualizad|aggiornat|bijgewerkt|uppdaterad|oppdatert|opdateret|обновлен|изменен|промяна|промен|"
    "оновлен|güncelle|yenilən|zaktualizowan|aktualizov|frissít|actualizat|更新|수정|cập nhật|"
    "diperbarui|تحديث|به‌روز|עודכן",
    re.IGNORECASE,
)
OTHER: Final = re.compile(
    "registriert|joined|member since|miembro desde|inscri[ts]|регистрац|üyelik|verfügbar bis|"
    "available until|expires|сегодня:|today:|heute:|hoy:|bugün:|今天是",
    re.IGNORECASE,
)
"""What a date is called that is not one of publication."""

SAID: Final = re.compile(
    "publi|posted|released?|issued|veröffentlicht|erschienen|erstellt|datum|date\\b|fecha|опублик|"
    "mise en ligne|"
    "дата|yayın|tarih|tarix|dərc|publicat|gepubliceerd|publicerad|publisert|data|dodano|zveřejn|"
    "közzé|発表|公開|掲載|发布|發布|时间|등록|입력|게시|đăng|diterbitkan|نشر|تاریخ|פורסם|दिनांक|तिथि|วันที่ประกาศ",
    re.IGNORECASE,
)

OF_EVENT: Final = re.compile(
    r"(?:\b(?:"
    r"date of the event|event(?: date| starts?)?|when|deadline|closing date|closes(?: on)?|"
    r"due(?: date)?|(?:valid|open) (?:until|from)|expir(?:es|y date)|start(?:s| date)?|"
    r"ends?(?: date)?|ende|fin|einde|fine|inicio|début|"
    r"veranstaltung(?:sdatum|stermin)?|termin|frist|gültig (?:bis|ab)|wann|beginn|"
    r"(?:date|début|fin) de l[’']év[éè]nement|date limite|échéance|quand|valable jusqu[’']au|"
    r"fecha (?:del evento|límite)|evento|plazo|cuándo|vence(?: el)?|data do evento|prazo|quando|"
    r"data (?:dell[’'])?evento|scadenza|(?:datum )?evenement|wanneer|data wydarzenia|wydarzenie|"
    r"termin składania \w+|termín(?: konání)?|datum konání|tapahtuma(?:-aika)?|milloin|"
    r"etkinlik tarihi|son (?:başvuru )?tarihi?|tədbirin tarixi|дата (?:проведения|мероприятия)|"
    r"дата (?:события|проведення|заходу|події|на събитието)|мероприятие|срок(?: подачи)?(?: до)?|"
    r"когда|ημερομηνία εκδήλωσης|esemény(?: időpontja)?|határidő|data evenimentului|termen(?:ul)?"
    r")|تاريخ الفعالية|تاریخ برگزاری|מועד האירוע|開催日時?|締切|活动时间|活動日期|截止日期|"
    r"행사일|마감일|วันจัดงาน)\s*[:：]?\s*$",
    re.IGNORECASE,
)
"""The label of a date that is an event's or a term's, at the end of what stands before the date."""

MAX_LABEL: Final = 40
"""Characters of a text that may be the label of the date in the next one."""


def is_of_event(before: str) -> bool:
    """Whether the words right before a date call it that of an event, or the end of a term."""
    return bool(OF_EVENT.search(before[-MAX_LABEL:]))


def is_label(text: str) -> bool:
    """Whether a text of its own labels the next one."""
    return len(text) <= MAX_LABEL and text.rstrip().endswith((":", "："))
