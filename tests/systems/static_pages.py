"""Pages that every site has beside its posts, and that are no releases."""

from __future__ import annotations

PAGES = {
    "About": "The board was founded when three mills shared one weir. It has 31 members.",
    "Careers": "We look for engineers, apprentices and divers. Write to the desk.",
    "Contact": "Our desk is open from nine to noon on working days.",
    "Privacy": "We keep what the law asks us to keep, and no more than that.",
}
