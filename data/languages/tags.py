"""Language tags (BCP 47) and language names: normalization, selection for feeds, and direction.

Feeds contain only languages from ISO 639-1 and ISO 639-2, which readers and validators support: RSS
2.0 allows only these, and with a code from ISO 639-3 many consider a feed invalid. Codes for
"none", "several" and "unknown" are omitted.
"""

from __future__ import annotations

import re
from typing import Final

OF_TWO_LETTERS: Final = """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy
    da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu
    hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb
    lg li ln lo lt lu lv mg mh mi mk ml mn mo mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj
    om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su
    sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh
    zu
"""

OF_THREE_LETTERS: Final = """
    aar abk ace ach ada ady afa afh afr ain aka akk alb ale alg alt amh ang anp apa ara arc arg
    arm arn arp art arw asm ast ath aus ava ave awa aym aze bad bai bak bal bam ban baq bas bat
    bej bel bem ben ber bho bih bik bin bis bla bnt bod bos bra bre btk bua bug bul bur byn cad
    cai car cat cau ceb cel ces cha chb che chg chi chk chm chn cho chp chr chu chv chy cmc cop
    cor cos cpe cpf cpp cre crh crp csb cus cym cze dak dan dar day del den deu dgr din div doi
    dra dsb dua dum dut dyu dzo efi egy eka ell elx eng enm epo est eus ewe ewo fan fao fas fat
    fij fil fin fiu fon fra fre frm fro frr frs fry ful fur gaa gay gba gem geo ger gez gil gla
    gle glg glv gmh goh gon gor got grb grc gre grn gsw guj gwi gws hai hat hau haw heb her hil
    him hin hit hmn hmo hrv hsb hun hup hye iba ibo ice ido iii ijo iku ile ilo ina inc ind ine
    inh ipk ira iro isl ita jav jbo jpn jpr jrb kaa kab kac kal kam kan kar kas kat kau kaw kaz
    kbd kha khi khm kho kik kin kir kmb kok kom kon kor kos kpe krc krl kro kru kua kum kur kut
    lad lah lam lao lat lav lez lim lin lit lol loz ltz lua lub lug lui lun luo lus mac mad mag
    mah mai mak mal man mao map mar mas may mdf mdr men mga mic min mkd mkh mlg mlt mnc mni mno
    moh mol mon mos mri msa mun mus mwl mwr mya myn myv nah nai nap nau nav nbl nde ndo nds nep
    new nia nic niu nld nno nob nog non nor nso nub nwc nya nym nyn nyo nzi oci oji ori orm osa
    oss ota oto paa pag pal pam pan pap pau peo per phi phn pli pol pon por pra pro pus que raj
    rap rar roa roh rom ron rum run rup rus sad sag sah sai sal sam san sas sat scc scn sco scr
    sel sem sga sgn shn sid sin sio sit sla slk slo slv sma sme smi smj smn smo sms sna snd snk
    sog som son sot spa sqi srd srn srp srr ssa ssw suk sun sus sux swa swe syr tah tai tam tat
    tel tem ter tet tgk tgl tha tib tig tir tiv tkl tlh tli tmh tog ton tpi tsi tsn tso tuk tum
    tup tur tut tvl twi tyv udm uga uig ukr umb urd uzb vai ven vie vol vot wak wal war was wel
    wen wln wol xal xho yao yap yid yor ypk zap zen zha zho znd zul zun
"""

LANGUAGES: Final = frozenset((OF_TWO_LETTERS + OF_THREE_LETTERS).split())


TAG = re.compile(r"[a-z]{2,3}([-_][a-z0-9]{2,8})*", re.IGNORECASE)
"""Pattern that matches a language tag in the forms that pages declare."""

LANGUAGE = re.compile(r"([A-Za-z]{2,3})(-[A-Za-z0-9]{1,8})*")
"""Pattern that matches a language tag in the form of RFC 5646."""

RIGHT_TO_LEFT = frozenset(
    "ar ara ckb div dv fa fas he heb ks kas per ps pus sd snd syr ug uig ur urd yi yid".split()  # noqa: SIM905 - words read better in a row
)

SCRIPTS_TO_LEFT = frozenset(["adlm", "arab", "aran", "hebr", "nkoo", "rohg", "syrc", "thaa"])

REGION, SCRIPT = 2, 4
"""Number of letters of a region and of a script in a language tag."""


def language_tag(declared: str | None) -> str | None:
    """Normalize a language tag (``pt-BR``, ``zh-Hant``). Returns None if the tag is invalid."""
    text = (declared or "").split(",")[0].strip()
    if not TAG.fullmatch(text) or text.lower() in {"und", "mul", "zxx", "xx", "html", "x-default"}:
        return None
    first, *rest = text.replace("_", "-").split("-")
    parts = [first.lower()]
    for part in rest:
        if len(part) == REGION:
            parts.append(part.upper())
        else:
            parts.append(part.title() if len(part) == SCRIPT else part.lower())
    return "-".join(parts)


def feed_language(language: str | None) -> str | None:
    """Return a language tag if feed readers support it, else None."""
    found = LANGUAGE.fullmatch(language or "")
    return language if found and found[1].lower() in LANGUAGES else None


def is_right_to_left(language: str | None) -> bool:
    """Return whether a language is written from right to left."""
    name, *more = (language or "").lower().split("-")
    script = next((part for part in more if len(part) == SCRIPT), None)
    return script in SCRIPTS_TO_LEFT if script else name in RIGHT_TO_LEFT


NAMES: Final = {
    "ar": "arabic العربية",
    "az": "azerbaijani azeri azərbaycanca",
    "be": "belarusian беларуская by",
    "bg": "bulgarian български",
    "bn": "bengali bangla বাংলা",
    "bs": "bosnian bosanski",
    "ca": "catalan català",
    "cs": "czech čeština česky cz",
    "cy": "welsh cymraeg",
    "da": "danish dansk dk",
    "de": "german deutsch at",
    "el": "greek ελληνικά gr",
    "en": "english uk-english gb us british american",
    "es": "spanish español castellano mx",
    "et": "estonian eesti",
    "eu": "basque euskara",
    "fa": "persian farsi فارسی",
    "fi": "finnish suomi",
    "fr": "french français",
    "ga": "irish gaeilge",
    "he": "hebrew עברית il",
    "hi": "hindi हिन्दी",
    "hr": "croatian hrvatski",
    "hu": "hungarian magyar",
    "hy": "armenian հայերեն",
    "id": "indonesian",
    "is": "icelandic íslenska",
    "it": "italian italiano",
    "ja": "japanese 日本語 jp",
    "ka": "georgian ქართული",
    "kk": "kazakh қазақша kz",
    "ko": "korean 한국어",
    "lt": "lithuanian lietuvių",
    "lv": "latvian latviešu",
    "mk": "macedonian македонски",
    "mn": "mongolian монгол",
    "ms": "malay",
    "nb": "norwegian norsk bokmål",
    "nl": "dutch nederlands flemish",
    "nn": "nynorsk",
    "pl": "polish polski",
    "pt": "portuguese português brazilian",
    "ro": "romanian română",
    "ru": "russian русский",
    "sk": "slovak slovenčina slovensky",
    "sl": "slovenian slovene slovenščina",
    "sq": "albanian shqip",
    "sr": "serbian српски srpski",
    "sv": "swedish svenska",
    "ta": "tamil தமிழ்",
    "th": "thai ไทย",
    "tr": "turkish türkçe",
    "uk": "ukrainian українська ua",
    "ur": "urdu اردو",
    "uz": "uzbek oʻzbek",
    "vi": "vietnamese vn",
    "zh": "chinese 中文 cn mandarin",
}
"""Names of each language, in English and in the language itself. Also contains country codes that
people confuse with its tag, if they are not tags of other languages."""

TAGS: Final = {name: tag for tag, names in NAMES.items() for name in names.split()}


def fault_of_language(written: str) -> str:
    """Return the fault in a language tag that a person wrote, or "" if the tag is valid."""
    first, _, rest = written.strip().lower().replace("_", "-").partition("-")
    if language_tag(written) and first in LANGUAGES:
        return ""
    tag = TAGS.get(first) or TAGS.get(written.strip().lower().partition(" ")[0])
    fault = f'"{written}" is not a language tag (BCP 47)'
    if tag:
        region = f"-{rest.upper()}" if len(rest) == 2 and rest.isalpha() else ""  # noqa: PLR2004 - letters of a region
        return f'{fault}; did you mean "{tag}{region}"?'
    return f'{fault}; write one such as "en", "de" or "pt-BR"'
