"""The names of months in some fifty languages, as dates write them.

Nominative, genitive and common short forms, after the Unicode CLDR. Where two languages mean
different months by one word (``listopad`` is November in Polish and Czech, October in Croatian) the
language of the page settles it, and without one the first language listed here.
"""

from __future__ import annotations

from functools import lru_cache

from data.text.folding import fold_date

# January to December, parted by a bar.
NAMES: dict[str, str] = {
    "en": "january jan|february feb febr|march mar|april apr|may|june jun|july jul|august aug|"
    "september sept sep|october oct|november nov|december dec",
    "de": "januar jan jänner jaenner|februar feb feber|märz maerz mär mrz|april apr|mai|juni jun|"
    "juli jul|august aug|september sept sep|oktober okt|november nov|dezember dez",
    "fr": "janvier janv jan|février févr fév|mars|avril avr|mai|juin|juillet juil|août aoû|"
    "septembre sept|octobre oct|novembre nov|décembre déc",
    "es": "enero ene|febrero feb|marzo mar|abril abr|mayo may|junio jun|julio jul|agosto ago|"
    "septiembre setiembre sept sep set|octubre oct|noviembre nov|diciembre dic",
    "pt": "janeiro jan|fevereiro fev|março mar|abril abr|maio mai|junho jun|julho jul|agosto ago|"
    "setembro set|outubro out|novembro nov|dezembro dez",
    "it": "gennaio gen genn|febbraio feb febbr|marzo mar|aprile apr|maggio mag magg|giugno giu|"
    "luglio lug|agosto ago|settembre set sett|ottobre ott|novembre nov|dicembre dic",
    "nl": "januari jan|februari feb|maart mrt|april apr|mei|juni jun|juli jul|augustus aug|"
    "september sept sep|oktober okt|november nov|december dec",
    "pl": "styczeń stycznia styczniu sty|luty lutego lutym lut|marzec marca marcu mar|"
    "kwiecień kwietnia kwietniu kwi|maj maja maju|czerwiec czerwca czerwcu cze|"
    "lipiec lipca lipcu lip|sierpień sierpnia sierpniu sie|wrzesień września wrześniu wrz|"
    "październik października październiku paź|listopad listopada listopadzie lis|"
    "grudzień grudnia grudniu gru",
    "cs": "leden ledna lednu led|únor února únoru úno|březen března březnu bře|"
    "duben dubna dubnu dub|květen května květnu kvě|červen června červnu čvn|"
    "červenec července červenci čvc|srpen srpna srpnu srp|září zář|říjen října říjnu říj|"
    "listopad listopadu lis|prosinec prosince prosinci pro",
    "sk": "január januára jan|február februára feb|marec marca mar|apríl apríla apr|máj mája|"
    "jún júna|júl júla|august augusta aug|september septembra sep|október októbra okt|"
    "november novembra nov|december decembra dec",
    "ru": "январь января янв|февраль февраля фев февр|март марта мар|апрель апреля апр|май мая|"
    "июнь июня июн|июль июля июл|август августа авг|сентябрь сентября сен сент|"
    "октябрь октября окт|ноябрь ноября ноя нояб|декабрь декабря дек",
    "uk": "січень січня січ|лютий лютого лют|березень березня бер|квітень квітня квіт кві|"
    "травень травня трав тра|червень червня черв чер|липень липня лип|"
    "серпень серпня серп сер|вересень вересня вер|жовтень жовтня жовт жов|"
    "листопад листопада лист лис|грудень грудня груд гру",
    "be": "студзень студзеня сту|люты лютага|сакавік сакавіка сак|красавік красавіка кра|"
    "май мая траўня|чэрвень чэрвеня чэр|ліпень ліпеня ліп|жнівень жніўня жні|"
    "верасень верасня вер|кастрычнік кастрычніка кас|лістапад лістапада ліс|"
    "снежань снежня сне",
    "bg": "януари яну|февруари фев|март|април апр|май|юни|юли|август авг|септември септ сеп|"
    "октомври окт|ноември ное|декември дек",
    "sr": "јануар јануара јан januar januara|фебруар фебруара феб februar februara|"
    "март марта мар mart marta|април априла апр april aprila|мај маја maj maja|"
    "јун јуна јуни jun juna|јул јула јули jul jula|август августа авг avgust avgusta|"
    "септембар септембра сеп septembar septembra|октобар октобра окт oktobar oktobra|"
    "новембар новембра нов novembar novembra|децембар децембра дец decembar decembra",
    "mk": "јануари|февруари|март|април|мај|јуни|јули|август|септември|октомври|ноември|декември",
    "hr": "siječanj siječnja sij|veljača veljače velj|ožujak ožujka ožu|travanj travnja tra|"
    "svibanj svibnja svi|lipanj lipnja|srpanj srpnja|kolovoz kolovoza kol|rujan rujna ruj|"
    "listopad listopada|studeni studenoga studenog stu|prosinac prosinca",
    "sl": "januar januarja|februar februarja|marec marca|april aprila|maj maja|junij junija|"
    "julij julija|avgust avgusta avg|september septembra|oktober oktobra|november novembra|"
    "december decembra",
    "tr": "ocak oca|şubat şub|mart mar|nisan nis|mayıs may|haziran haz|temmuz tem|ağustos ağu|"
    "eylül eyl|ekim eki|kasım kas|aralık ara",
    "az": "yanvar yan|fevral fev|mart mar|aprel apr|may|iyun iyn|iyul iyl|avqust avq|"
    "sentyabr sen sent|oktyabr okt|noyabr noy|dekabr dek",
    "kk": "қаңтар қаң|ақпан ақп|наурыз нау|сәуір сәу|мамыр мам|маусым мау|шілде шіл|тамыз там|"
    "қыркүйек қыр|қазан қаз|қараша қар|желтоқсан жел",
    "uz": "yanvar январ|fevral феврал|mart март|aprel апрел|may май|iyun июн|iyul июл|"
    "avgust август|sentabr sentyabr сентябр|oktabr oktyabr октябр|noyabr ноябр|dekabr декабр",
    "ar": "يناير جانفي كانون·الثاني|فبراير فيفري شباط|مارس آذار|أبريل إبريل أفريل نيسان|"
    "مايو ماي أيار|يونيو يونيه جوان حزيران|يوليو يوليه جويلية تموز|أغسطس أوت آب|"
    "سبتمبر شتنبر أيلول|أكتوبر تشرين·الأول|نوفمبر نونبر تشرين·الثاني|ديسمبر دجنبر كانون·الأول",
    "fa": "ژانویه ژانویهٔ جنوری|فوریه فوریهٔ فبروری|مارس مارچ|آوریل اپریل|مه می|ژوئن جون|"
    "ژوئیه ژوئیهٔ جولای|اوت آگست|سپتامبر سپتمبر|اکتبر اکتوبر|نوامبر نومبر|دسامبر دسمبر",
    "he": "ינואר ינו|פברואר פבר|מרץ מרס|אפריל אפר|מאי|יוני|יולי|אוגוסט אוג|ספטמבר ספט|"
    "אוקטובר אוק|נובמבר נוב|דצמבר דצמ",
    "el": "ιανουάριος ιανουαρίου ιαν|φεβρουάριος φεβρουαρίου φεβ|μάρτιος μαρτίου μαρ|"
    "απρίλιος απριλίου απρ|μάιος μαΐου μαι|ιούνιος ιουνίου ιουν|ιούλιος ιουλίου ιουλ|"
    "αύγουστος αυγούστου αυγ|σεπτέμβριος σεπτεμβρίου σεπ σεπτ|οκτώβριος οκτωβρίου οκτ|"
    "νοέμβριος νοεμβρίου νοε|δεκέμβριος δεκεμβρίου δεκ",
    "hu": "január jan|február febr feb|március márc már|április ápr|május máj|június jún|"
    "július júl|augusztus aug|szeptember szept|október okt|november nov|december dec",
    "fi": "tammikuu tammikuuta tammi|helmikuu helmikuuta helmi|maaliskuu maaliskuuta maalis|"
    "huhtikuu huhtikuuta huhti|toukokuu toukokuuta touko|kesäkuu kesäkuuta kesä|"
    "heinäkuu heinäkuuta heinä|elokuu elokuuta elo|syyskuu syyskuuta syys|"
    "lokakuu lokakuuta loka|marraskuu marraskuuta marras|joulukuu joulukuuta joulu",
    "sv": "januari jan|februari feb|mars|april apr|maj|juni jun|juli jul|augusti aug|"
    "september sept sep|oktober okt|november nov|december dec",
    "nb": "januar jan|februar feb|mars|april apr|mai|juni jun|juli jul|august aug|september sep|"
    "oktober okt|november nov|desember des",
    "da": "januar jan|februar feb|marts|april apr|maj|juni jun|juli jul|august aug|september sep|"
    "oktober okt|november nov|december dec",
    "is": "janúar jan|febrúar feb|mars|apríl apr|maí|júní jún|júlí júl|ágúst ágú|september sep|"
    "október okt|nóvember nóv|desember des",
    "ro": "ianuarie ian|februarie feb|martie mar|aprilie apr|mai|iunie iun|iulie iul|august aug|"
    "septembrie sept|octombrie oct|noiembrie noi nov|decembrie dec",
    "lt": "sausis sausio saus|vasaris vasario vas|kovas kovo kov|balandis balandžio bal|"
    "gegužė gegužės geg|birželis birželio birž|liepa liepos liep|rugpjūtis rugpjūčio rugp|"
    "rugsėjis rugsėjo rugs|spalis spalio spal|lapkritis lapkričio lapkr|gruodis gruodžio gruod",
    "lv": "janvāris janvārī janvāra janv|februāris februārī februāra febr|marts martā marta|"
    "aprīlis aprīlī aprīļa|maijs maijā maija|jūnijs jūnijā jūnija jūn|jūlijs jūlijā jūlija jūl|"
    "augusts augustā augusta|septembris septembrī septembra|oktobris oktobrī oktobra|"
    "novembris novembrī novembra|decembris decembrī decembra",
    "et": "jaanuar jaanuaril jaan|veebruar veebruaril veebr|märts märtsil|aprill aprillil|"
    "mai mail|juuni juunil|juuli juulil|august augustil|september septembril|"
    "oktoober oktoobril|november novembril|detsember detsembril dets",
    "ka": "იანვარი იანვარს იანვრის იან|თებერვალი თებერვალს თებერვლის თებ|მარტი მარტს მარტის|"
    "აპრილი აპრილს აპრილის აპრ|მაისი მაისს მაისის|ივნისი ივნისს ივნისის ივნ|"
    "ივლისი ივლისს ივლისის ივლ|აგვისტო აგვისტოს აგვ|"
    "სექტემბერი სექტემბერს სექტემბრის სექ|ოქტომბერი ოქტომბერს ოქტომბრის ოქტ|"
    "ნოემბერი ნოემბერს ნოემბრის ნოე|დეკემბერი დეკემბერს დეკემბრის დეკ",
    "hy": "հունվար հունվարի|փետրվար փետրվարի|մարտ մարտի|ապրիլ ապրիլի|մայիս մայիսի|"
    "հունիս հունիսի|հուլիս հուլիսի|օգոստոս օգոստոսի|սեպտեմբեր սեպտեմբերի|"
    "հոկտեմբեր հոկտեմբերի|նոյեմբեր նոյեմբերի|դեկտեմբեր դեկտեմբերի",
    "hi": "जनवरी जन|फ़रवरी फरवरी|मार्च|अप्रैल|मई|जून|जुलाई|अगस्त|सितंबर सितम्बर|"
    "अक्टूबर अक्तूबर|नवंबर नवम्बर|दिसंबर दिसम्बर",
    "bn": "জানুয়ারি জানুয়ারী|ফেব্রুয়ারি ফেব্রুয়ারী|মার্চ|এপ্রিল|মে|জুন|জুলাই|আগস্ট আগষ্ট|"
    "সেপ্টেম্বর|অক্টোবর|নভেম্বর|ডিসেম্বর",
    "ur": "جنوری|فروری|مارچ|اپریل|مئی|جون|جولائی|اگست|ستمبر|اکتوبر|نومبر|دسمبر",
    "ta": "ஜனவரி|பிப்ரவரி|மார்ச்|ஏப்ரல்|மே|ஜூன்|ஜூலை|ஆகஸ்ட்|செப்டம்பர்|அக்டோபர்|நவம்பர்|டிசம்பர்",
    "si": "ජනවාරි|පෙබරවාරි|මාර්තු|අප්‍රේල්|මැයි|ජූනි|ජූලි|අගෝස්තු|සැප්තැම්බර්|ඔක්තෝබර්|නොවැම්බර්|දෙසැම්බර්",
    "th": "มกราคม ม.ค|กุมภาพันธ์ ก.พ|มีนาคม มี.ค|เมษายน เม.ย|พฤษภาคม พ.ค|มิถุนายน มิ.ย|"
    "กรกฎาคม ก.ค|สิงหาคม ส.ค|กันยายน ก.ย|ตุลาคม ต.ค|พฤศจิกายน พ.ย|ธันวาคม ธ.ค",
    "id": "januari jan|februari feb|maret mar|april apr|mei|juni jun|juli jul|agustus agu agt|"
    "september sep|oktober okt|november nopember nov|desember des",
    "ms": "januari|februari|mac|april|mei|jun|julai|ogos|september|oktober|november|disember",
    "ca": "gener gen|febrer febr|març|abril abr|maig|juny|juliol|agost|setembre set|octubre oct|"
    "novembre nov|desembre des",
    "sq": "janar|shkurt|mars|prill|maj|qershor|korrik|gusht|shtator|tetor|nëntor|dhjetor",
}

# Solar Hijri, in Persian and (the second) as Afghanistan names them.
JALALI = (
    "فروردین حمل|اردیبهشت ثور|خرداد جوزا|تیر سرطان|مرداد امرداد اسد|شهریور سنبله|مهر میزان|"
    "آبان عقرب|آذر قوس|دی جدی|بهمن دلو|اسفند حوت"
)


def _read(names: str) -> dict[str, int]:
    return {
        fold_date(name.replace("·", " ")): number
        for number, month in enumerate(names.split("|"), 1)
        for name in month.split()
    }


_BY_LANGUAGE = {language: _read(names) for language, names in NAMES.items()}
_ANY: dict[str, int] = {}
for _names in _BY_LANGUAGE.values():
    for _name, _number in _names.items():
        _ANY.setdefault(_name, _number)
_JALALI = _read(JALALI)
_SHORTEST_STEM = 5


@lru_cache(maxsize=4096)
def month_of(name: str, languages: tuple[str, ...] = ()) -> int | None:
    """The number of the Gregorian month that a folded ``name`` means, or None."""
    for language in languages:
        found = _BY_LANGUAGE.get(language.partition("-")[0].lower(), {}).get(name)
        if found:
            return found
    if name in _ANY:
        return _ANY[name]
    if name[:1] in {"ב", "ל"}:  # Hebrew prefixes "in" and "to"
        return _ANY.get(name[1:])
    # Turkic languages append cases: "noyabrda", "қарашасы".
    stems = (name[:-cut] for cut in range(1, 4) if len(name) - cut >= _SHORTEST_STEM)
    return next((_ANY[stem] for stem in stems if stem in _ANY), None)


def jalali_month_of(name: str) -> int | None:
    """The number of the Solar Hijri month that a folded ``name`` means, or None."""
    return _JALALI.get(name)
