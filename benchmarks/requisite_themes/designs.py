"""The invented designs: which folders, parts and ways of delivery each has."""

from __future__ import annotations

from typing import Final

from benchmarks.requisite_themes.kit import Design

WORDPRESS = ("/wp-content/themes/harbor", "/wp-content/uploads/2026/03", "/wp-includes/fonts")
DRUPAL = ("/sites/default/files/css", "/sites/default/files/styles/wide/public", "/themes/custom/f")
SHAREPOINT = ("/_layouts/15/1033/styles", "/SiteCollectionImages", "/_layouts/15/fonts")
SITECORE = ("/-/media/Base-Themes/styles", "/-/media/Images/Press", "/-/media/Fonts")
PLAIN = ("/assets/css", "/assets/img", "/assets/fonts")
BUILT = ("/_next/static/css", "/_next/image", "/_next/static/media")
AEM = ("/etc.clientlibs/site/clientlibs", "/content/dam/site/press", "/etc.clientlibs/site/fonts")
TYPO3 = ("/typo3temp/assets/compressed", "/fileadmin/_processed_/a/7", "/fileadmin/fonts")

DESIGNS: Final = tuple(
    Design(name, script, layout, delivery, tuple(parts.split()), folders, query, charset, length)
    for name, script, layout, delivery, folders, query, charset, length, parts in (
        ("wordpress-classic", "la", "float", "link", WORDPRESS, "?ver=6.4.2", "utf-8", 9,
         "logo hero srcset sprites icon_font web_font not_shown"),
        ("wordpress-block", "la", "flex", "inline", WORDPRESS, "", "utf-8", 8,
         "logo srcset lazy_native web_font variables image_set"),
        ("wordpress-builder", "la", "grid", "preload", WORDPRESS, "?v=3", "utf-8", 11,
         "hero lazy_script inline_background icon_font svg_use"),
        ("wordpress-arabic", "ar", "float", "link", WORDPRESS, "?ver=5.1", "utf-8", 9,
         "logo hero srcset sprites markers"),
        ("wordpress-japanese", "ja", "flex", "imports", WORDPRESS, "", "utf-8", 7,
         "logo picture sprites local_name"),
        ("drupal-7", "la", "float", "imports", DRUPAL, "?q8x1zt", "utf-8", 10,
         "logo hero srcset sprites web_font not_shown"),
        ("drupal-10", "la", "grid", "link", DRUPAL, "?delta=0&language=en", "utf-8", 12,
         "logo picture svg_use mask variables web_font"),
        ("drupal-agency", "ru", "flex", "media", DRUPAL, "?itok=Xx_9", "utf-8", 9,
         "hero picture lazy_native font_subsets local_name"),
        ("sharepoint-2013", "la", "table", "link", SHAREPOINT, "?rev=kqd0%3D%3D", "utf-8", 14,
         "logo sprites table_background inline_background markers"),
        ("sharepoint-online", "la", "flex", "inline", SHAREPOINT, "", "utf-8", 9,
         "hero srcset icon_font density"),
        ("sitecore", "la", "grid", "link", SITECORE, "?h=400&w=800&hash=9F3A", "utf-8", 10,
         "logo hero picture inline_background web_font not_shown"),
        ("sitecore-arabic", "ar", "grid", "chain", SITECORE, "?la=ar&h=1", "utf-8", 9,
         "logo hero srcset sprites"),
        ("bootstrap-3", "la", "float", "link", PLAIN, "", "utf-8", 8,
         "logo icon_font srcset sprites escapes"),
        ("bootstrap-5", "la", "flex", "cdn", PLAIN, "", "utf-8", 10,
         "logo hero picture svg_use icon_font"),
        ("tailwind", "la", "grid", "link", BUILT, "?dpl=dpl_7", "utf-8", 9,
         "escapes srcset variables mask web_font"),
        ("tailwind-dark", "la", "flex", "inline", BUILT, "?dpl=dpl_9", "utf-8", 9,
         "variables lazy_native image_set escapes density"),
        ("next-image", "la", "grid", "preload", BUILT, "?w=640&q=75", "utf-8", 10,
         "srcset lazy_native picture web_font"),
        ("typo3", "la", "float", "chain", TYPO3, "?1709212", "utf-8", 9,
         "logo picture sprites lazy_native font_subsets"),
        ("joomla", "ru", "float", "imports", PLAIN, "?a1b2", "windows-1251", 9,
         "hero sprites table_background local_name"),
        ("plone", "la", "flex", "chain", PLAIN, "", "iso-8859-1", 10,
         "logo density markers web_font local_name"),
        ("wagtail", "la", "grid", "media", PLAIN, "", "utf-8", 9,
         "hero srcset svg_use web_font"),
        ("experience-manager", "la", "grid", "link", AEM, "", "utf-8", 12,
         "logo lazy_script picture icon_font image_set"),
        ("liferay", "la", "flex", "link", PLAIN, "?browserId=other&t=17", "utf-8", 11,
         "hero sprites embedded svg_use"),
        ("base-address", "la", "float", "base", PLAIN, "", "utf-8", 8,
         "logo srcset hero sprites web_font"),
        ("tables-1999", "la", "table", "link", PLAIN, "", "iso-8859-1", 12,
         "table_background logo density"),
        ("design-system", "la", "grid", "cdn", PLAIN, "", "utf-8", 10,
         "svg_use mask variables font_subsets markers"),
        ("lazy-gallery", "la", "flex", "preload", PLAIN, "", "utf-8", 7,
         "lazy_script lazy_native inline_background hero"),
        ("layers", "la", "grid", "chain", PLAIN, "?h=44", "utf-8", 9,
         "hero image_set variables escapes picture web_font"),
        ("gbk-office", "zh", "table", "link", PLAIN, "", "gb18030", 9,
         "logo table_background sprites local_name"),
        ("shift-jis-office", "ja", "float", "imports", PLAIN, "", "shift_jis", 8,
         "logo hero sprites local_name markers"),
        ("korean-ministry", "ko", "flex", "media", PLAIN, "?v=20260301", "euc-kr", 9,
         "logo hero picture icon_font local_name"),
        ("hebrew-council", "he", "float", "cdn", WORDPRESS, "?ver=9", "utf-8", 9,
         "logo hero srcset icon_font embedded"),
        ("persian-agency", "fa", "grid", "media", TYPO3, "", "utf-8", 9,
         "hero picture sprites lazy_native markers"),
    )
)  # fmt: skip
