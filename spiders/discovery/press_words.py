"""Words for pages that list releases, in links and in addresses."""

from __future__ import annotations

import re
from typing import Final

RELEASES: Final = re.compile(
    r"press[ -]?releases?|press[ -]?(?:room|office|cent(?:re|er)|corner|notices?|statements?)|"
    r"news[ -]?(?:room|releases?|desk)|media[ -]?releases?|media[ -]?(?:room|cent(?:re|er))|"
    r"(?:presse|medien)[ -]?(?:mitteilungen|informationen|meldungen|erklärungen|portal|raum|"
    r"center|zentrum|bereich|stelle|archiv)|pressemitteilung|"
    r"communiqués(?: de presse)?|communiques?-de-presse|communiqués et dossiers|salle de presse|"
    r"espace presse|espace-presse|"
    r"notas? de prensa|notas-de-prensa|comunicados?(?: de prensa| de imprensa)?|sala de prensa|"
    r"sala-de-prensa|notas? (?:à|de) imprensa|sala de imprensa|releases|"
    r"comunicati(?: stampa)?|comunicati-stampa|sala stampa|ufficio stampa|ufficio-stampa|"
    r"persberichten|perskamer|nieuwsberichten|pressmeddelanden|pressrum|pressemeddelelser|"
    r"pressemeldinger|presserom|lehdistötiedotteet|tiedotteet|mediatiedotteet|"
    r"komunikaty(?: prasowe)?|informacje prasowe|biuro prasowe|tiskové zprávy|tiskove-zpravy|"
    r"tlačové správy|tlacove-spravy|sajtóközlemények|sajtoszoba|comunicate(?: de presă)?|"
    r"comunicate-de-presa|прес+-?рел[иі]зы?|пресс-?центр|пресс-?служба|прессъобщения|"
    r"прес-?център|саопштења|priopćenja|saopštenja|sporočila za javnost|basın (?:bültenleri|"
    r"açıklamaları|odası)|basin-(?:bultenleri|aciklamalari|odasi)|mətbuat xidməti|press-relizlər|"
    r"δελτία τύπου|deltia-typou|بيانات صحفية|البيانات الصحفية|المركز الإعلامي|הודעות לעיתונות|"
    r"प्रेस विज्ञप्ति(?:याँ|यां)?|সংবাদ বিজ্ঞপ্তি|ข่าวประชาสัมพันธ์|siaran pers|siaran akhbar|"
    r"thông cáo báo chí|新闻稿|新聞稿|新闻发布|新聞發佈|新闻中心|新聞中心|"
    r"プレスリリース|報道発表(?:資料)?|"
    r"記者発表|보도자료",
    re.IGNORECASE,
)
"""Words for a page of releases, or for the press room that leads to it."""

NEWS: Final = re.compile(
    r"(?:all |latest |our |more |current )?news(?: archive| and updates| & updates)?|"
    r"news (?:and|&) (?:events|media|stories|views|press|announcements)|announcements|"
    r"latest updates|what'?s new|"
    r"aktuelles|aktuelle meldungen|meldungen|nachrichten|neuigkeiten|neues|"
    r"actualités?|actualites?|nouvelles|noticias|actualidad|novedades|novidades|notícias|"
    r"notizie|novità|primo piano|nieuws|actueel|nyheter|aktuellt|nyheder|aktuelt|uutiset|"
    r"ajankohtaista|aktualności|aktualnosci|wiadomości|aktuality|novinky|zprávy|správy|hírek|"
    r"știri|ştiri|stiri|noutăți|новости|новини|навіны|вести|вијести|vijesti|novosti|novice|naujienos|"
    r"aktualijos|jaunumi|ziņas|uudised|lajme|haberler|duyurular|xəbərlər|xeberler|жаңалықтар|"
    r"yangiliklar|νέα|ανακοινώσεις|أخبار|الأخبار|آخر الأخبار|اخبار|חדשות|समाचार|সংবাদ|খবর|செய்திகள்|"
    r"ข่าว|ข่าวสาร|tin tức|tin-tuc|berita|新闻|新聞|"
    r"新闻动态|要闻|最新消息|公告|通知公告|ニュース|お知らせ|新着情報|"
    r"뉴스|소식|공지사항",
    re.IGNORECASE,
)
"""Words for a page of news, where many institutions list their releases."""

MEDIA: Final = re.compile(
    r"(?:the )?(?:press|media)(?: (?:&|and) (?:media|press|news|public(?:ity| relations)))?|"
    r"presse(?: (?:&|und|et) (?:medien|médias|öffentlichkeitsarbeit|aktuelles))?|medien|médias|"
    r"prensa|imprensa|stampa|pers|pressen?|media|média|prasa|prasowe|tisk|média|pro média|"
    r"пресса|преса|прес-?служба|сми|медиа|basın|mətbuat|media-?ja|sajtó|presă|τύπος|"
    r"الإعلام|اعلام|媒体|媒體|報道|언론|สื่อ",
    re.IGNORECASE,
)
"""Words for a page for journalists, which may only lead to the list."""

NOT_A_ROOM: Final = re.compile(
    r"newsletter|social[ -]?media|multi[ -]?media|mediathek|mediation|media[ -]?kit|press[ -]?kit|"
    r"contacts?\b|kontakt|subscribe|abonn|anmeld|log[ -]?in|sign[ -]?(?:in|up)|rss|accredit|"
    r"akkredit|photo|foto|video|bilder|gallery|galerie|logo|policy|privacy|cookie|in the news|"
    r"coverage|wordpress|express|impress|jobs|career|podcast",
    re.IGNORECASE,
)
"""Similar words for pages that do not list releases."""
