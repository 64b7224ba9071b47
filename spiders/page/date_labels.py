"""Labels of dates on pages, in many languages."""

from __future__ import annotations

import re
from typing import Final

CHANGED: Final = re.compile(
    # Germanic and Baltic languages, Finnish, Estonian and Hungarian.
    r"updated?\b|modified|last (?:change|revi|edit|review|amend)|\brevised|\bedited|\bamended|"
    r"aktualisier|zuletzt|geändert|\bletzte|bearbeitet|"
    "bijgewerkt|gewijzigd|aangepast|opgedateer|gewysig|uppdatera|(?:senast|sist|sidst) |oppdater|"
    "opdatere|opdateringsdato|endret|ændret|ändrad|uppfært|síðast|päivitet|muokattu|viimeksi|"
    "uuenda|muudetud|viimati|atnaujin|pakeist|atjaunin|pēdēj|frissít|módosít|"
    # Romance and Celtic languages, Basque, Albanian and Maltese.
    "mis[e]? à jour|modifié|modification|màj|actualizad|actualización|actualització|actualitza|"
    "modificad|modificació|modificação|atualizad|atualização|alterad|alteração|aggiornat|"
    "aggiornamento|modificat|modifica:|actualizat|actualizare|actualisé|revisad|nuashonr|"
    "diweddar|eguneratu|përditës|aġġorna|"
    # Slavic languages.
    "обновл|измен|последн|правк|актуализ|промяна|промен|ажурир|абноўл|зменен|змянен|"
    "оновл|змінен|востаннє|редагова|редактирова|aktualizac|zaktualizowan|aktualizov|aktualizáci|"
    "zmodyfikowan|modyfikacj|zmieniono|ostatni|poslední|posledn[áý]|upraven|změněn|zmenen|ažurira|"
    "posodob|osvežen|spremenjen|izmijenjen|izmenjen|izmjen|izmen|posljednj|zadnj|"
    # Turkic and Caucasian languages, Greek.
    "güncelle|son değişiklik|değiştiril|yenilən|yenilənmə|dəyişdiril|жаңарт|өзгерт|yangilan|"
    "ўзгар|янгилан|განახლ|შეცვლ|թարմաց|փոփոխ|ενημερώ|τελευταία|τροποποί|"
    # Arabic, Persian, Hebrew, Urdu, and languages of India.
    "تحديث|تعديل|به[\u200c ]?روز|بروز ?رسانی|ویرایش|تازہ|اپ ?ڈیٹ|עודכן|עדכון|"
    "अपडेट|अद्यतन|संशोधित|अद्ययावत|হালনাগাদ|আপডেট|সর্বশেষ|புதுப்பி|నవీకర|ನವೀಕರ|പുതുക്കി|અપડેટ|ਅੱਪਡੇਟ|"
    "යාවත්කාලීන|"
    # Languages of East and South East Asia, Swahili.
    "更新|修改|修订|修訂|改訂|編集|最終変更|수정|갱신|업데이트|cập nhật|chỉnh sửa|sửa đổi|"
    "diperbarui|dimutakhirkan|diperbaharui|kemas ?kini|dikemaskini|diubah|ปรับปรุง|อัปเดต|อัพเดท|"
    "แก้ไขล่าสุด|បច្ចុប្បន្នភាព|ອັບເດດ|шинэчл|ilisasishwa|huling",
    re.IGNORECASE,
)
"""Label of the date of the last change, in the languages of press rooms."""

AS_OF: Final = re.compile(r"\b(?:stand|as of)\b[\s:]*$", re.IGNORECASE)
"""Label such as "as of" directly before a date, for the date up to which a text is valid."""

OF_SITE: Final = re.compile(
    r"\b(?:web[- ]?)?(?:site|sitio|sito)\b|\bweb(?:seite|page|auftritt|stedet|plats|ová|hely)|"
    r"homepage|internetauftritt|\bсайт|\bportal\b|\bsayt|网站|網站|本站|サイト|ホームページ|사이트|"
    "홈페이지|الموقع|سایت|האתר|เว็บไซต์|वेबसाइट",
    re.IGNORECASE,
)
"""Words for "website", which mark a line about the whole site."""

OTHER: Final = re.compile(
    "registriert|joined|member since|miembro desde|inscri[ts]|регистрац|üyelik|verfügbar bis|"
    "available until|expires|сегодня:|today:|heute:|hoy:|bugün:|今天是",
    re.IGNORECASE,
)
"""Label of a date that is not a publication date, such as "member since" or "today"."""

SAID: Final = re.compile(
    "publi|posted|released?|issued|veröffentlicht|erschienen|erstellt|datum|date\\b|fecha|опублик|"
    "mise en ligne|"
    "дата|yayın|tarih|tarix|dərc|publicat|gepubliceerd|publicerad|publisert|data|dodano|zveřejn|"
    "közzé|発表|公開|掲載|发布|發布|时间|등록|입력|게시|đăng|diterbitkan|نشر|تاریخ|פורסם|दिनांक|तिथि|วันที่ประกาศ",
    re.IGNORECASE,
)
"""Label of a publication date, such as "published" or "date"."""

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
"""Label directly before the date of an event or a deadline."""

MAX_LABEL: Final = 40
"""Maximum length of a date label, in characters."""


def is_of_event(before: str) -> bool:
    """Whether the words directly before a date label it as the date of an event or a deadline."""
    return bool(OF_EVENT.search(before[-MAX_LABEL:]))


def is_label(text: str) -> bool:
    """Whether a text labels the text after it: the text is short and ends in a colon."""
    return len(text) <= MAX_LABEL and text.rstrip().endswith((":", "："))
