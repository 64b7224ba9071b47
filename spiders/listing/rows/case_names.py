"""Convert captions of court cases to the names by which the cases are cited.

``State of X, Respondent, vs. A. B., et al., Appellants. 2024 X 57`` is cited as ``State of X v. A.
B.``. The Bluebook (rule 10.2.1) requires "v." and omits "et al.", procedural roles, docket numbers
and citations.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_VERSUS = re.compile(r"\s+(?:vs\.?|v\.)(?!\w)[\s,]*", re.IGNORECASE)
_IS_CAPTION = re.compile(
    r"[^\W\d_].{0,400}?\s(?:vs?\.?|versus)\s.{0,400}[^\W\d_]|"
    r"in re\b|in the (?:matter|interest)\b|ex parte\b",
    re.IGNORECASE,
)
# Words that only courts use. "vs." alone may be a match between two teams.
_IS_LAW = re.compile(
    r"\bet\.? al\b|\bin re\b|\bex (?:rel|parte)\b|"
    r",\s(?:appell|respond|petition|plaintiff|defendant)|"
    r"\b(?:state|people|commonwealth|united states|county|city)(?: of \w+)? vs?\b|"
    r"\svs?\.? (?:the )?(?:state|people|commonwealth|united states|county|city)\b",
    re.IGNORECASE,
)
_ET_AL = re.compile(r",?\s+et\.?\s+al(?:\b|ii)\.?", re.IGNORECASE)
_ROLE = (
    r"(?:cross[-/ ])?(?:appell(?:ee|ant)s?|respondents?|petitioners?|plaintiffs?|defendants?"
    r"|claimants?|complainants?|relators?|intervenors?)"
)
_ROLES = re.compile(
    rf",\s*{_ROLE}(?:[-/ ]+(?:in[- ]error|{_ROLE}))*(?=\s*(?:[.,;]|$|\(|\sv))[.,]?", re.IGNORECASE
)
_CITATION = re.compile(
    r"[\s,(–-]+(?:\(?\d{2,4}\s+[A-Z][\w.]{0,8}(?:\s[A-Z][\w.]{0,6}){0,3}\s+\d+\b|"
    r"[A-Z]{1,3}\d{2}-\d{3,}).*$"
)
_TRAILING = re.compile(
    r"[\s,]*\((?=[^()]*(?:\d|publish|unpublish|merits|slip))[^()]{1,80}\)\s*$", re.IGNORECASE
)
_MIN_CAPTION_SHARE = 0.6
"""Minimum share of captions in the titles of a court's listing."""


def are_captions(titles: Sequence[str]) -> bool:
    """Whether most titles of a listing are captions of court cases."""
    captions = [title for title in titles if _IS_CAPTION.match(title)]
    return len(captions) >= _MIN_CAPTION_SHARE * max(1, len(titles)) and any(
        map(_IS_LAW.search, captions)
    )


def case_name(caption: str) -> str:
    """Return the name of the case in a caption; never empty."""
    name = _TRAILING.sub("", caption)
    name = _CITATION.sub("", name)
    name = _ET_AL.sub("", name)
    name = _ROLES.sub("", name)
    name = _VERSUS.sub(" v. ", name) if _VERSUS.search(name) else name
    return name.strip(" ,;.–-" if not name.endswith((".", "Inc.", "Co.")) else " ,;–-") or caption
