"""Build the requests that a page's controls would send: buttons, options, ASP.NET postbacks.

Requests that could change data on the site are never made. A form is used only if its control
selects a page or a year and its target is on the same site. Forms with fields for personal input
are skipped, except ASP.NET forms around the whole page. The request contains hidden fields,
selected options and the control's own fields, but no other inputs.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final
from urllib.parse import urlencode, urlsplit

from lxml import etree

from data.text.urls import MAX_ADDRESS, posted_address
from spiders.items import Form
from spiders.listing.paging.labels import label_of
from spiders.listing.paging.loaders import may_write
from spiders.listing.paging.scripted_pagers import PagingFunction, call_in, paging_functions
from spiders.page.class_hints import class_and_id, names_around
from spiders.page.html_tree import element_line
from spiders.page.links import link_target, resolve
from spiders.page.page import Page

MAX_BODY: Final = 500_000
"""Maximum length of a POST body, in characters. The view state of an ASP.NET page may exceed 100
kB."""

MAX_FIELDS: Final = 500
"""Maximum number of form fields in a request."""

MAX_SCRIPT: Final = 4_000
"""Maximum length of an event handler that is searched for an ASP.NET postback, in characters."""

MAX_CONTROLS: Final = 4_000
"""Maximum number of controls checked per page: half at its start and half at its end, because
pagers and archive links are above or below a list."""

MAX_FORMS: Final = 50
"""Maximum number of forms searched per page."""

_POSTBACK = re.compile(r"__doPostBack\(\s*(['\"])([^'\"]{1,500})\1\s*,\s*(['\"])([^'\"]{0,500})\3")
_OPTIONS = re.compile(
    r"WebForm_PostBackOptions\(\s*(['\"])([^'\"]{1,500})\1\s*,\s*(['\"])([^'\"]{0,500})\3"
)
_PAGE_OF_GRID = re.compile(r"Page\$(\d{1,5})")
_STATE_FIELDS: Final = frozenset(["__VIEWSTATE", "__EVENTTARGET", "__VIEWSTATEKEY", "__VSTATE"])
"""Hidden fields that identify an ASP.NET form around the whole page."""

_WRITING_WORDS = re.compile(
    r"subscri|newsletter|signup|sign-?_?up|log-?_?in|log-?_?on|sign-?_?in|log-?_?out|regist|"
    r"comment|contact|feedback|delete|remove|unsub|donat|\bcart|basket|checkout|payment|vote|"
    r"poll|survey|quiz|\brating|upload|password|passwd|captcha|consent|cookie|abonn|kontakt|"
    r"kommentar|send-?_?mail|wizard",
    re.IGNORECASE,
)
"""Pattern of words in the names of controls and forms that change data on a site."""

_PAGING_WORDS = re.compile(
    r"pag(?:e|er|ing|ina|inat)|(?:^|[^a-z])(?:pg?|p(?:age)?_?no)(?:$|[^a-z])|next|older|offset|"
    r"start|skip|seite|sayfa|strana|stron|sivu|sida|more|year|jahr|annee|anio|ano$|god$|archiv",
    re.IGNORECASE,
)
"""Pattern of words in the names of controls and fields that select a page or year of a listing."""

_PERSONAL_FIELD_TYPES: Final = frozenset(
    ["password", "file", "email", "tel", "number", "date", "color", "range", "radio", "checkbox"]
)
"""Types of input fields for personal input. Text fields are not included, because search fields are
harmless."""

_BUTTONS: Final = frozenset(["submit", "image"])
_SUBMITS = re.compile(r"\bsubmit\s*\(|__doPostBack", re.IGNORECASE)


Fields = Sequence[tuple[str, str]]
"""Names and values of form fields, in the order in which they are sent."""


@dataclass(frozen=True, slots=True)
class _FormFacts:
    """Properties of a form that determine whether and how it is sent.

    - ``fields``: its hidden fields and selected options
    - ``has_state``: true for an ASP.NET form around the whole page
    - ``is_harmless``: true if no field is for personal input and no name suggests a data change
    - ``button``: its first submit button
    """

    fields: Fields
    has_state: bool
    is_harmless: bool
    button: etree._Element | None


class Controls:
    """The requests that the controls of one page can send.

    A control is identified by a short key URL, which contains only the fields that the control
    itself sends. `request` adds all other fields of the form, which may be many kilobytes.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._site = urlsplit(page.url).netloc
        self._facts: dict[etree._Element, _FormFacts] = {}
        self._pressed: dict[str, tuple[etree._Element, etree._Element, Fields, str]] = {}
        self._labels: dict[etree._Element, str] = {}
        self._targets: dict[etree._Element, str | None] = {}
        self._has_postbacks = b"PostBack" in page.markup

    @cached_property
    def is_empty(self) -> bool:
        """Whether the page has no forms."""
        return b"<form" not in self._page.markup.lower()

    @cached_property
    def nodes(self) -> Sequence[etree._Element]:
        """The links, buttons, options and inputs of the page, in page order.

        There are at most MAX_CONTROLS.
        """
        return at_ends(self._page.tree, MAX_CONTROLS, "link", "a", "button", "option", "input")

    def label(self, node: etree._Element) -> str:
        """Return the label of a control. The result is cached."""
        if node not in self._labels:
            self._labels[node] = label_of(node)
        return self._labels[node]

    def target(self, node: etree._Element) -> str | None:
        """Return the URL that a control opens without a form, or None. The result is cached."""
        if node not in self._targets:
            self._targets[node] = link_target(node, self._page.base)
        return self._targets[node]

    def page_of_grid(self, node: etree._Element) -> str:
        """Return the page number in the ASP.NET grid postback of a control (``Page$2``), or ""."""
        postback = postback_of(node) if self._has_postbacks else None
        found = _PAGE_OF_GRID.fullmatch(postback[1]) if postback else None
        return found[1] if found else ""

    def address(self, node: etree._Element) -> str | None:
        """Return the key URL of the request that a link or button sends, or None.

        A control has a key URL only if it pages through a listing with a form of this site. If a
        script function opens a URL without a form, that URL is returned.
        """
        if self.is_empty:
            return None
        if self._has_postbacks and (postback := postback_of(node)):
            return self._postback(node, *postback)
        if self._functions and (call := call_in(_script_of(node))):
            return self._called(node, *call)
        form = _form_of(node) if _is_button(node) else None
        if form is None or not self._pages(form, node):
            return None
        return self._noted(form, node, _pressed(node))

    @cached_property
    def lists(self) -> Sequence[tuple[etree._Element, list[etree._Element]]]:
        """The option lists of the page whose form can be sent, each with its options.

        Option lists of numbers must also pass `is_named_for_pages`.
        """
        found: list[tuple[etree._Element, list[etree._Element]]] = []
        for select in () if self.is_empty else self._page.tree.iter("select"):
            form = self._form_behind(select)
            if form is not None and select.get("name") and self._is_safe(form, select):
                found.append((select, [*select.iter("option")]))
        return found

    def _form_behind(self, control: etree._Element) -> etree._Element | None:
        return self._state_form if postback_of(control) else _form_of(control)

    def chosen(self, select: etree._Element, option: etree._Element) -> str | None:
        """Return the key URL of the request sent by selecting an option, or None."""
        choice = [(select.get("name") or "", value_of(option))]
        if postback := postback_of(select):
            return self._postback(select, *postback, choice)
        form = _form_of(select)
        if form is None:
            return None
        if _SUBMITS.search(_script_of(select)):
            return self._noted(form, select, choice)
        button = self._facts_of(form).button
        if button is None or _WRITING_WORDS.search(
            f"{button.get('name') or ''} {class_and_id(button)}"
        ):
            return None
        return self._noted(form, button, [*choice, *_pressed(button)])

    def by_get(self, option: etree._Element) -> str | None:
        """Return the URL opened by selecting an option of a GET form, or None."""
        select = next(option.iterancestors("select"), None)
        if option.tag != "option" or not any(one is select for one, _ in self.lists):
            return None
        address = self.chosen(select, option) if select is not None else None
        url, form = (self.request(address) or (None, None)) if address else (None, None)
        return None if form else url

    def makes(self, address: str) -> bool:
        """Whether a URL is the key URL of a control on this page."""
        return address in self._pressed

    def request(self, address: str) -> tuple[str, Form | None] | None:
        """Return the URL of the request for a key URL, and the POST form or None.

        Returns None if the request is too large or the form can't be sent. Raises KeyError if
        ``address`` is not a key URL (see `makes`).
        """
        form, control, pressed, action = self._pressed[address]
        sent = _target(form, control, self._page, action)
        if sent is None:
            return None
        url, method = sent
        fields = dict(self._facts_of(form).fields) | dict(pressed)
        body = urlencode([*fields.items()], errors="replace")
        if len(fields) > MAX_FIELDS or len(body) > MAX_BODY:
            return None
        if method == "post":
            made = Form(url, body)
            return made.address, made
        # The fields of a GET form replace the query of its action (WHATWG HTML, 4.10.22.3).
        kept = [one for one in fields.items() if one[1]]
        address = urlsplit(url)._replace(query=urlencode(kept), fragment="").geturl()
        return (address, None) if len(address) <= MAX_ADDRESS else None

    @cached_property
    def _functions(self) -> dict[str, PagingFunction]:
        """The functions in the page's scripts that page through a listing, by function name."""
        return paging_functions(self._page.tree)

    def _called(self, node: etree._Element, name: str, number: str) -> str | None:
        """Return the URL that the script function ``name`` requests for a page number, or None."""
        function = self._functions.get(name)
        if function is None or _WRITING_WORDS.search(f"{name} {names_around(node, 2)}"):
            return None
        if function.before:
            url = resolve(f"{function.before}{number}{function.after}", self._page.base)
            return url if url and urlsplit(url).netloc == self._site else None
        field = self._fields_by_name.get(function.field)
        form = None if field is None else _form_of(field)
        if field is None or form is None or not self._facts_of(form).is_harmless:
            return None
        called = field.get("name") or ""
        if not _PAGING_WORDS.search(called):
            return None
        return self._noted(form, node, [(called, number)], function.action)

    @cached_property
    def _fields_by_name(self) -> dict[str, etree._Element]:
        found: dict[str, etree._Element] = {}
        for field in self._page.tree.iter("input"):
            for name in filter(None, (field.get("name"), field.get("id"))):
                found.setdefault(name, field)
        return found

    @cached_property
    def _state_form(self) -> etree._Element | None:
        """The ASP.NET form around the whole page, or None."""
        forms = islice(self._page.tree.iter("form"), MAX_FORMS)
        return next((form for form in forms if self._facts_of(form).has_state), None)

    def _postback(
        self, node: etree._Element, target: str, argument: str, choice: Fields = ()
    ) -> str | None:
        form = self._state_form
        if form is None or _WRITING_WORDS.search(f"{target} {class_and_id(node)}"):
            return None
        event = [("__EVENTTARGET", target), ("__EVENTARGUMENT", argument)]
        return self._noted(form, node, [*event, *choice])

    def _noted(
        self, form: etree._Element, control: etree._Element, pressed: Fields, action: str = ""
    ) -> str | None:
        sent = _target(form, control, self._page, action)
        if sent is None or urlsplit(sent[0]).netloc != self._site:
            return None
        if may_write(sent[0], [*self._facts_of(form).fields, *pressed]):
            return None
        query = urlencode(pressed, errors="replace")
        if sent[1] == "post":
            address = posted_address(self._page.url, query or "__wb_post_data=")
        else:
            address = urlsplit(sent[0])._replace(query=query, fragment="").geturl()
        if len(address) > MAX_ADDRESS:
            return None
        self._pressed.setdefault(address, (form, control, pressed, action))
        return address

    def is_named_for_pages(self, control: etree._Element) -> bool:
        """Whether the names of a control or its form mention pages or years.

        Option lists of numbers need such a name, because numbers may mean anything. Option lists of
        years need none.
        """
        form = self._form_behind(control)
        return form is not None and self._pages(form, control)

    def _is_safe(self, form: etree._Element, control: etree._Element) -> bool:
        """Whether a form can be sent with this control without changing data on the site."""
        name = f"{control.get('name') or ''} {class_and_id(control)}"
        if _WRITING_WORDS.search(f"{name} {names_around(control, 2)}"):
            return False
        facts = self._facts_of(form)
        return facts.has_state or facts.is_harmless

    def _pages(self, form: etree._Element, control: etree._Element) -> bool:
        """Whether a control is for pagination, and its form can be sent without changing data."""
        if not self._is_safe(form, control):
            return False
        facts = self._facts_of(form)
        names = [f"{control.get('name') or ''} {class_and_id(control)}", names_around(control, 2)]
        if not facts.has_state:
            names.append(" ".join(name for name, _ in facts.fields))
        return any(_PAGING_WORDS.search(text) for text in names)

    def _facts_of(self, form: etree._Element) -> _FormFacts:
        if form not in self._facts:
            fields = [*form.iter("input", "textarea")]
            about = f"{form.get('action') or ''} {form.get('name') or ''} {class_and_id(form)}"
            filled = any(
                one.tag == "textarea" or _type_of(one) in _PERSONAL_FIELD_TYPES for one in fields
            )
            self._facts[form] = _FormFacts(
                [*_fields(form)],
                any(one.get("name") in _STATE_FIELDS for one in fields),
                not (filled or _WRITING_WORDS.search(about)),
                next((one for one in form.iter("input", "button") if _is_button(one)), None),
            )
        return self._facts[form]


def _target(
    form: etree._Element, control: etree._Element, page: Page, other: str = ""
) -> tuple[str, str] | None:
    """Return the URL and method of a form's request, or None if the form can't be sent.

    ``other`` is a URL set by a script. It overrides the form's action.
    """
    action = (other or control.get("formaction") or form.get("action") or "").strip()
    url = resolve(action, page.base) if action else page.url
    method = (control.get("formmethod") or form.get("method") or "get").strip().lower()
    return (url, method) if url and method in {"get", "post"} else None


def _pressed(button: etree._Element) -> Fields:
    name = button.get("name")
    if not name:
        return ()
    if _type_of(button) == "image":
        return [(f"{name}.x", "1"), (f"{name}.y", "1")]
    return [(name, button.get("value") or "")]


def postback_of(node: etree._Element) -> tuple[str, str] | None:
    """Return the target and argument of the ASP.NET postback in a control's handlers, or None."""
    script = _script_of(node)
    if "PostBack" not in script:
        return None
    found = _POSTBACK.search(script) or _OPTIONS.search(script)
    return (found[2], found[4]) if found else None


def _script_of(node: etree._Element) -> str:
    # Servers escape quotes in handlers: setTimeout('__doPostBack(\\'a\\',\\'\\')', 0).
    handlers = (node.get(name) or "" for name in ("href", "onclick", "onchange"))
    return " ".join(text[:MAX_SCRIPT] for text in handlers if "(" in text).replace("\\", "")


def _form_of(node: etree._Element) -> etree._Element | None:
    return next(node.iterancestors("form"), None)


def _type_of(field: etree._Element) -> str:
    return (field.get("type") or "text").strip().lower()


def at_ends(tree: etree._Element, most: int, *tags: str) -> Sequence[etree._Element]:
    """Return up to ``most`` elements with any of these tags, in page order.

    If there are more, half of the result is from the start of the page and half from the end.
    """
    found = [*tree.iter(*tags)]
    return found if len(found) <= most else [*found[: most // 2], *found[-(most // 2) :]]


def _is_button(node: etree._Element) -> bool:
    if node.get("disabled") is not None:
        return False
    if node.tag == "button":
        return (node.get("type") or "submit").strip().lower() == "submit"
    return node.tag == "input" and _type_of(node) in _BUTTONS


def value_of(option: etree._Element) -> str:
    """Return the value that a form sends for an option."""
    value = option.get("value")
    return value if value is not None else element_line(option)


def _fields(form: etree._Element) -> Iterator[tuple[str, str]]:
    """Yield the hidden fields of a form, and its options that are selected in the markup."""
    for field in form.iter("input", "select"):
        name = field.get("name")
        if not name:
            continue
        if field.tag == "select":
            selected = [one for one in field.iter("option") if one.get("selected") is not None]
            if selected:
                yield name, value_of(selected[-1])
        elif _type_of(field) == "hidden":
            yield name, field.get("value") or ""
