"""What a page is encoded in, where nothing says it or what says it is wrong."""

from __future__ import annotations

import pytest

from spiders.page import Page

TEXTS = {
    "en": ("cp1252", "The naïve café owner’s résumé was “déjà vu”, the harbour board said today."),
    "fr": ("cp1252", "La préfecture a annoncé une enquête très détaillée à propos de l’été."),
    "de": ("cp1252", "Die Behörde prüft die Straße für Fußgänger; „größere“ Schritte folgen."),
    "es": ("cp1252", "La administración publicó mañana las señales del año en español."),
    "pt": ("cp1252", "A administração não publicou as decisões sobre a região; à tarde há mais."),
    "sv": ("cp1252", "Myndigheten på ön säger att åtgärden är färdig för året och våren."),
    "pl": ("cp1250", "Urząd ogłosił, że żegluga w porcie będzie zamknięta, a statki wrócą."),
    "ru": ("cp1251", "Управление порта сообщило о новых судах в гавани на прошлой неделе."),
}


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("declared", ["", 'lang="{}"', 'lang="en"'])
@pytest.mark.parametrize("header", ["text/html", "text/html; charset=utf-8"])
def test_an_encoding_that_nothing_names_is_found(language: str, declared: str, header: str) -> None:
    encoding, text = TEXTS[language]
    html = f"<html {declared.format(language)}><body><p>{f'{text} ' * 5}</p></body></html>"
    page = Page("https://harbour.example/1", html.encode(encoding), header)
    assert page.text == html
