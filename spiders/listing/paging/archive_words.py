"""Words in the labels of archive links, in many languages: archive, older, year, news."""

from __future__ import annotations

from typing import Final

from spiders.listing.paging.pagination_words import phrases

MAX_ENDING: Final = 6
"""Maximum number of letters after a word stem, for inflected words."""

ARCHIVES: Final = phrases(
    "archiv arkhiv arkist archiw archyv archivum arhiiv hemerotec arhiv arkiv arquiv arxiv "
    "arşiv архив архів архіў αρχει أرشيف ارشيف آرشیو בארכיון ארכיון आर्काइव अभिलेख আর্কাইভ "
    "காப்பக คลัง არქივ արխիվ arhīv backissue lưu trữ arsip 归档 歸檔 存档 往期 历史 歷史 以往 "
    "バックナンバー アーカイブ 過去 아카이브 지난 보관"
)
"""Stems of words for an archive."""

OLDER: Final = phrases(
    "older previous past earlier former ältere frühere vergangene vorherige ancien précédent "
    "antérieur passé anterior pasad antigu passad antig precedent passat vecchi oudere vorige "
    "eerdere äldre tidigare eldre tidligere ældre vanhem aiemm aikaisem starsz poprzedni "
    "wcześniej starší minul předchoz predchádz korább régebb vechi anterioar стар прошл "
    "предыдущ ранн попередн минул претходн ранij prethodn starij prejšnj senesn ankstesn vecāk "
    "iepriekš varas vanem eski geçmiş önceki köhnə əvvəlki бұрынғы oldingi παλαι προηγουμεν "
    "سابق قديم قدیم پیشین گذشته ישנ קודמ पुरान पिछल পুরনো পুরানো เก่า ย้อนหลัง ก่อนหน้า cũ "
    "terdahulu lama წინა ძველ հին 이전 과거"
)
"""Stems of words for older or previous."""

NEWS: Final = phrases(
    "news press media release announce notice article post entries item stories story update "
    "bulletin aktuell meldung mitteilung nachricht presse medien beitr artikel neuigkeit "
    "actualit communiqu nouvell noticia notícia novedad comunicad nota notas prensa imprensa "
    "notizi comunicat stampa nieuws berichte berichten persbericht nieuwsbericht nyhet "
    "pressmeddel pressemeld nyhed uuti tiedot lehdistö aktualn wiadom komunik prasow zpráv "
    "aktualit novink tiskov správ tlačov hír sajtó közlemény știri anunț presă новост новин "
    "пресс прес релиз реліз вест вијест публикац публікац сообщен повідомлен саопштењ vijest "
    "vesti novost novic saopćenj priopćenj sporočil naujien pranešim jaunum ziņ paziņoj uudis "
    "pressiteat lajm njoftim haber duyuru bülten basın açıklama xəbər elan məlumat жаңалық "
    "хабарлама yangilik νεα νεων ανακοιν δελτι τυπου ειδησ أخبار اخبار خبر بيان صحفي البيانات "
    "الأخبار صحافي اطلاعیه חדשות הודעות לעיתונות समाचार विज्ञप्ति प्रेस সংবাদ খবর বিজ্ঞপ্তি "
    "செய்தி ข่าว ประชาสัมพันธ์ tin tức thông_cáo báo_chí berita siaran pers სიახლე ახალი_ამბები "
    "լուրեր նորություն 新闻 新聞 公告 通知 动态 動態 消息 要闻 要聞 资讯 資訊 稿 发布 ニュース "
    "お知らせ 新着 情報 発表 報道 プレスリリース 記事 一覧 の 뉴스 소식 공지 보도 자료 목록"
)
"""Stems of words for news, press releases and posts."""

YEARS: Final = phrases(
    "year years month months jahr jahre jahrgang monat année années an mois año años ano anos "
    "mes mês anno anni mese jaar maand år månad måned vuosi rok roku rocznik miesiąc ročník "
    "měsíc év hónap anul luna год года году годы месяц рік року роки місяць година године "
    "godina godine leto metai metų gads gada aasta yıl yılı ay il ili жыл yil έτος μήνας سنة "
    "عام شهر سال ماه שנת שנה वर्ष माह বছর ปี พ ศ เดือน năm tháng tahun bulan წელი տարի 年 年度 "
    "月 년 년도 월 "
    "fy ay fiscal financial academic exercice ejercicio esercizio boekjaar geschäftsjahr schuljahr"
)
"""Words for a year or a month."""

PARTS_OF_YEAR: Final = phrases(
    "quarter quartal trimest kwarta kvart квартал čtvrtlet štvrťrok çeyrek rüb τρίμην negyedév "
    "ketvir ceturk half halbjahr semest półrocz pololet полугоди півріч félév"
)
"""Stems of words for a quarter or half of a year."""

BEFORE: Final = phrases(
    "before until till prior vor bis avant jusqu antes hasta até prima fino voor tot før indtil "
    "innan ennen przed před pred до перед преди prije prieš pirms enne πριν έως قبل حتى לפני עד "
    "以前 之前 まで 이전 까지"
)
"""Words before or after the first year that an archive does not contain, or its last one."""

WHOLE_LISTING: Final = phrases(
    "all full complete alle sämtliche tous toutes todos todas tutti tutte alla kaikki wszystkie "
    "všechny všetky összes toate vse sve все всі všetci tüm bütün όλα όλες كل جميع כל सभी ทั้งหมด "
    "tất_cả semua 全部 すべて 一覧 전체 모든"
)
"""Words for a whole listing."""

LINKING: Final = phrases(
    "see view browse full complete voir consulter ver zur zum zobacz zobrazit vis смотреть more "
    "of the all our from for in by to der die das des dem und aus von vom nach für alle unser "
    "de du des la le les l d et par tous toutes del el los las y por todos todas do da dos das "
    "e os as di dei delle degli della per tutti tutte van het een och för av alla og alle for z "
    "ze do w na i a o s v ve za и в за по на од із з та і всі все και του της των σε για من في "
    "كل ב של ה के की का से में และ ของ và của các dan dari و"
)
"""Other words that are allowed in labels of archives: verbs, articles and prepositions."""
