"""The first pages of a visit's listings, for which drafts of page parts wait."""

from collections.abc import Iterable

from data.models import Draft


class FirstPages:
    """Counts the awaited first pages of a visit's listings, and keeps drafts that wait for them.

    The first pages determine where the list is on later pages, and the positions of page parts in
    the listing. So drafts of page parts wait until all first pages have arrived or failed.
    """

    def __init__(self) -> None:
        self._awaited = 0
        self.place = ""
        """Position of the list on each listing page; see Listing.place."""
        self._parts: list[Draft] = []

    def expect(self, count: int) -> None:
        """Set the number of awaited pages."""
        self._awaited = count

    def settle(self) -> int:
        """Count a page that arrived or failed. Returns the number of pages still awaited."""
        self._awaited -= 1
        return self._awaited

    def note_place(self, place: str) -> None:
        """Store the position of the list on the first page that has one."""
        self.place = self.place or place

    def hold(self, parts: Iterable[Draft]) -> None:
        """Keep drafts of page parts until all first pages have arrived."""
        self._parts.extend(parts)

    def take_parts(self) -> list[Draft]:
        """Remove and return the waiting drafts, or none if a page is still awaited."""
        if self._awaited:
            return []
        taken, self._parts = self._parts, []
        return taken
