"""Find the name in a copyright line, in many languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from lxml import etree

from data.text.clean import clean_line

MAX_LINE: Final = 200
"""Maximum characters of a copyright line."""

MAX_NAME: Final = 80
"""Maximum characters of a name in a copyright line."""

MAX_TEXTS: Final = 400
"""Maximum number of texts at the end of a page that are searched for a copyright line."""

MAX_PARTS: Final = 50
"""Maximum number of texts that form one copyright line."""

MAX_LEVELS: Final = 4
"""Maximum number of elements around a copyright sign that may be the copyright line."""

SIGN: Final = re.compile(
    r"[©ⓒⒸ℗]|\(c\)|\bcopyrights?\b(?! (?:office|tribunal|agency|council|commission|licens|clear))"
    r"|\bdroits (?:d['’]auteur|réservés)|\burheberrecht\w{0,12}"
    r"|\bderechos (?:de autor|reservados)|\bdireitos (?:autorais|de autor|reservados)"
    r"|\bdiritti riservati|авторск\w{1,4} прав\w{1,3}|права (?:защищ|захищ|запаз)ен\w"
    r"|\bprawa (?:autorskie|zastrzeżone)|\bpráva vyhra\w{2,8}|\bprava (?:pridržana|zadržana)"
    r"|πνευματικ\w{1,3} δικα[ίι]ωμ\w{1,4}|\btelif hakk\w{1,6}|\bhakları saklıdır"
    r"|\bhüquqlar(?:ı)? qorunur|\bhak cipta|\bbản quyền|ลิขสิทธิ์|सर्वाधिकार|कॉपीराइट"
    r"|حقوق (?:النشر|الطبع|التأليف)|الحقوق محفوظة|حقوق محفوظ|זכויות (?:יוצרים|שמורות)"
    r"|저작권(?:자)?|版[权權]所有|著作[权權]|版权",
    re.IGNORECASE,
)
"""Signs and words that mark a copyright line."""

RIGHTS: Final = re.compile(
    r"\ball rights? reserved|\balle rech?ten? (?:vorbehalten|voorbehouden)"
    r"|\btous droits (?:de \w{1,20} )?réservés"
    r"|\btod[oa]s (?:los|os) (?:derechos|direitos) reservados"
    r"|\btutti i diritti (?:sono )?riservati|\balla rättigheter (?:förbehållna|reserverade)"
    r"|\balle rettigheder forbeholdes|\balle rettigheter (?:forbeholdt|reservert)"
    r"|\bkaikki oikeudet pidätetään|\bminden jog fenntartva|\btoate drepturile (?:sunt )?rezervate"
    r"|\bwszelkie prawa zastrzeżone|\bvšechna práva vyhrazena|\bvšetky práva vyhradené"
    r"|\bsva prava (?:pridržana|zadržana)|\bvse pravice pridržane|\bvisos teisės saugomos"
    r"|\bvisas tiesības (?:aizsargātas|rezervētas)|\bkõik õigused kaitstud"
    r"|\btüm hakları saklıdır|\bbütün hüquqlar(?:ı)? qorunur|\bbarcha huquqlar himoyalangan"
    r"|\bhak cipta(?: dilindungi)?(?: undang-undang)?|\bsemua hak (?:cipta )?dilindungi"
    r"|(?:все|всі|усі|всички|сва) права (?:защищ|захищ|запаз|задрж)\w{2,4}"
    r"|барлық құқықтар\w{0,3} қорғалған|με επιφύλαξη παντός δικαιώματος"
    r"|جميع الحقوق محفوظة|(?:کلیه|تمامی|همه)(?: ی)? حقوق(?: .{1,30})? محفوظ(?: است)?"
    r"|כל הזכויות שמורות(?: ל)?|सर्वाधिकार सुरक्षित|สงวนลิขสิทธิ์"
    r"|무단 ?전재(?: ?및 ?재배포)?(?: ?금지)?|版[权權]所有|未[经經].{1,8}不得[转轉][载載]"
    r"|無断転載(?:を禁じます|禁止)?|[不禁][许許止][転转轉][载載]|\w?ICP[备備证證]\w{0,20}",
    re.IGNORECASE,
)
"""Phrases that reserve rights, next to a name."""

YEARS: Final = re.compile(
    r"(?<!\d)(?:1[89]|2[05])\d\d(?:\s*(?:[-–—/~～至]|to|bis)\s*(?:\d{2,4}|today|present|heute))?"
    r"(?!\d)(?:\s*г(?:од[ау]?|г)?\.?(?!\w)|\s*[年년])?",
    re.IGNORECASE,
)

BY: Final = re.compile(
    r"(?:by|by the|von|par|por|pela?|di|door|av|af|przez|de|od|thuộc về|khk|holder|owner|at|to|of"
    r"|för|belongs to|liegt bei|bei|для|принадлежат|принадлежит|за|ل|של|คือ|เป็นของ|of the)\s+",
    re.IGNORECASE,
)
"""Words before a name in a copyright line."""

PIECES: Final = re.compile(r"[|•·●▪\n,;:：，。；।]|\.(?=\s|$)|\s[-–—/]\s")
STARTS: Final = re.compile(
    r"\W*(?:[©ⓒⒸ]|\(c\)|copyright\W+(?:\(c\)|©|by\b|(?:19|20)\d\d))", re.IGNORECASE
)
"""Beginnings of a name that is in fact a copyright line."""

BEFORE_BY: Final = re.compile(r"^[\s\W_]*")
OTHER_LINE_PARTS: Final = re.compile(
    r"^(?:powered|designed?|developed|website|webdesign|site (?:by|map)|made (?:by|with)|hosted"
    r"|theme|built|realisation|réalisation|umsetzung|created|impressum|imprint|privacy|terms|datenschutz"
    r"|cookies?|legal|contact|kontakt|version|v\d|icp|isbn|issn)\b|备案|ICP|公网安备",
    re.IGNORECASE,
)
"""Beginnings of parts that contain the maker of the site, or a link to another page."""

LETTERS: Final = re.compile(r"[^\W\d_]{2}")


def without_copyright(name: str) -> str:
    """Remove signs, years and rights from a name that is a copyright line."""
    is_line = len(name) <= MAX_LINE and (STARTS.match(name) or RIGHTS.search(name))
    return named_in(name) if is_line else name


def named_in(line: str) -> str:
    """Return the name in a copyright line without years, signs and rights, or ""."""
    bare = RIGHTS.sub("|", clean_line(line[:MAX_LINE]))
    bare = YEARS.sub(" ", SIGN.sub(" ", bare))
    for piece in PIECES.split(bare):
        name = BEFORE_BY.sub("", piece).strip(" -–—()[]")
        while lead := BY.match(name):
            name = name[lead.end() :].strip()
        name = " ".join(name.split())
        if len(name) <= MAX_NAME and LETTERS.search(name) and not OTHER_LINE_PARTS.search(name):
            return name
    return ""


def copyright_lines(body: etree._Element) -> Iterator[str]:
    """Yield the copyright lines of a page, last one first."""
    hidden = {"script", "style", "noscript", "template"}
    texts = [element for element in body.iter(etree.Element) if element.tag not in hidden]
    for element in reversed(texts[-MAX_TEXTS:]):
        own = f"{element.text or ''} {' '.join(one.tail or '' for one in element)}"
        if not (SIGN.search(own[-10 * MAX_LINE :]) or RIGHTS.search(own[-10 * MAX_LINE :])):
            continue
        line = clean_line(own)
        whole = element
        for _ in range(MAX_LEVELS):
            around = clean_line(
                " ".join(map(str, islice(whole.itertext(), MAX_PARTS)))[: MAX_LINE + 1]
            )
            if len(around) > MAX_LINE:
                break
            line = around
            parent = whole.getparent()
            if named_in(line) or parent is None or parent.tag in {"body", "html"}:
                break
            whole = parent
        yield line[-MAX_LINE:]
