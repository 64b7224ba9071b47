"""Words and phrases in the labels of pagination controls, in many languages."""

from __future__ import annotations

from data.text.folding import fold_date


def phrases(text: str) -> frozenset[str]:
    """Split a text into folded phrases.

    Spaces separate phrases, and underscores separate the words of a phrase.
    """
    return frozenset(fold_date(phrase.replace("_", " ")) for phrase in text.split())


NEXT = phrases(
    "next next_page older older_posts older_entries older_news more_results "
    "weiter nächste nächste_seite vorwärts ältere ältere_beiträge folgende "
    "suivant suivante page_suivante suivants plus_anciens articles_plus_anciens "
    "siguiente página_siguiente siguientes más_antiguas entradas_antiguas "
    "próximo próxima próxima_página seguinte página_seguinte mais_antigas avançar "
    "successivo successiva successivi pagina_successiva avanti prossimo prossima "
    "volgende volgende_pagina ouder oudere vorige_berichten "
    "następna następny następne następna_strona dalej starsze "
    "další další_stránka následující starší ďalšia ďalej nasledujúca staršie "
    "следующая следующий следующие следующая_страница след вперед далее дальше старые "
    "наступна наступні наступна_сторінка далі вперед попередні_записи наступная "
    "следваща следващи следваща_страница напред следећа следеће sledeća sledeće sljedeća "
    "naslednja следна dalje "
    "sonraki sonraki_sayfa ileri sonrakı növbəti irəli növbəti_səhifə keyingi keyingisi "
    "келесі алға кийинки кейінгі "
    "التالي التالى الصفحة_التالية بعدی صفحه_بعد صفحه_بعدی بعد הבא הבאה לעמוד_הבא اگلا "
    "επόμενη επόμενο επόμενα επόμενη_σελίδα "
    "következő következő_oldal tovább régebbi seuraava seuraava_sivu seuraavat vanhemmat "
    "nästa nästa_sida äldre neste neste_side næste næste_side ældre eldre næsta "
    "următoarea următorul pagina_următoare înainte mai_vechi "
    "kitas toliau kitas_puslapis nākamā nākamais tālāk järgmine järgmised edasi vanemad "
    "შემდეგი შემდეგ հաջորդ հաջորդը अगला अगले अगला_पृष्ठ পরবর্তী अधिक அடுத்து ඊළඟ "
    "ถัดไป หน้าถัดไป selanjutnya berikutnya seterusnya tiếp tiếp_theo trang_sau sau "
    "下一页 下一頁 下页 下頁 次へ 次のページ 次 다음 다음_페이지 다음페이지 다음_페이지로 "
    "següent tjetra"
)
"""Labels of links to the next page."""

# Listings show the newest releases first. "Previous" with a noun means older releases, so the next
# page.
OLDER = phrases(
    "older_articles older_releases previous_posts previous_entries previous_news earlier_news "
    "ältere_meldungen ältere_artikel ältere_nachrichten frühere_meldungen vorherige_beiträge "
    "articles_précédents actualités_précédentes messages_plus_anciens entradas_anteriores "
    "noticias_anteriores entradas_más_antiguas posts_anteriores notícias_anteriores "
    "mensagens_mais_antigas articoli_precedenti articoli_meno_recenti notizie_precedenti "
    "oudere_berichten vorige_nieuwsberichten poprzednie_wpisy starsze_wpisy starsze_wiadomości "
    "starší_příspěvky starší_články staršie_príspevky предыдущие_записи предыдущие_новости "
    "предыдущие_публикации более_старые_записи ранние_новости попередні_новини старіші_записи "
    "по-стари_публикации стари_новини старије_вести starije_vesti stariji_članci önceki_haberler "
    "önceki_yazılar eski_haberler əvvəlki_xəbərlər əvvəlki_məqalələr köhnə_xəbərlər "
    "алдыңғы_жаңалықтар oldingi_yangiliklar المقالات_السابقة الأخبار_السابقة المشاركات_الأقدم "
    "نوشته‌های_قدیمی‌تر خبرهای_قدیمی‌تر פוסטים_ישנים παλαιότερα_άρθρα προηγούμενα_νέα "
    "régebbi_bejegyzések korábbi_hírek vanhemmat_artikkelit aiemmat_uutiset äldre_inlägg "
    "äldre_nyheter eldre_innlegg eldre_nyheter ældre_indlæg ældre_nyheder articole_mai_vechi "
    "știri_anterioare ankstesnės_naujienos iepriekšējie_raksti vanemad_postitused წინა_სიახლეები "
    "նախորդ_լուրեր पुराने_समाचार ข่าวก่อนหน้า berita_sebelumnya "
    "bài_cũ_hơn tin_cũ_hơn 较早的文章 以前的新闻 以前の記事 過去の記事 過去のお知らせ "
    "이전_글 이전_소식"
)
"""Labels of links to older releases."""

MORE = phrases(
    "load_more show_more view_more see_more more_news more_posts more_articles load_more_news "
    "show_more_results load_more_posts mehr_laden mehr_anzeigen weitere_meldungen weitere_laden "
    "charger_plus afficher_plus voir_plus plus_d'actualités cargar_más ver_más mostrar_más "
    "carregar_mais ver_mais mostrar_mais carica_altri mostra_altri mostra_di_più meer_laden "
    "toon_meer meer_tonen załaduj_więcej pokaż_więcej więcej načíst_další zobrazit_další "
    "показать_еще показать_ещё загрузить_еще загрузить_ещё еще ещё показати_ще показати_більше "
    "завантажити_ще покажи_още зареди_още прикажи_још учитај_још учитај_више "
    "učitaj_još učitaj_više daha_fazla daha_fazla_göster "
    "daha_çox daha_çox_göstər көбірек ko'proq المزيد تحميل_المزيد عرض_المزيد بیشتر نمایش_بیشتر "
    "טען_עוד עוד περισσότερα továbbiak_betöltése több_betöltése lataa_lisää näytä_lisää visa_fler "
    "ladda_fler vis_flere last_flere indlæs_flere încarcă_mai_multe rodyti_daugiau rādīt_vairāk "
    "näita_rohkem მეტის_ჩვენება მეტი ավելին और_देखें আরও โหลดเพิ่ม ดูเพิ่มเติม muat_lebih "
    "meer weitere fler flere още altri altre "
    "xem_thêm 加载更多 更多 查看更多 もっと見る さらに読み込む 더보기 더_보기"
)
"""Labels of controls that load more rows."""

PREVIOUS = phrases(
    "prev previous previous_page newer newer_posts back zurück vorherige vorige précédent "
    "précédente anterior precedente poprzednia předchozí предыдущая пред назад попередня "
    "предишна önceki əvvəlki geri السابق قبلی הקודם προηγούμενη előző edellinen föregående "
    "forrige anterioară ankstesnis iepriekšējā eelmine წინა पिछला ก่อนหน้า sebelumnya trước "
    "上一页 上一頁 前へ 前のページ 이전"
)
"""Labels of links to the previous page."""

PAGE = phrases(
    "page p pg seite seiten pagina página pàgina stránka strana strona strany stranica страница "
    "стр сторінка стор старонка sivu sida side síða oldal sayfa səhifə sahifa бет puslapis lapa "
    "lehekülg lk faqja σελίδα صفحة الصفحة صفحه صفحهٔ עמוד דף पृष्ठ पेज পৃষ্ঠা பக்கம் หน้า หน้าที่ "
    "trang halaman hal გვერდი էջ 第 ページ 페이지"
)
"""Words for a page in front of its number."""

PAGE_ENDINGS = phrases("页 頁 ページ 페이지 쪽 oldal sahifa səhifə бет puslapis lapa lehekülg")
"""Words for a page after its number."""
