"""SQL conditions that select the releases of a facet."""

from typing import Any

from data.models import Facet


def selection(facet: Facet) -> tuple[str, list[str], dict[str, Any], str]:
    """Return SQL that selects a facet: a join, clauses, arguments, and the table to order by.

    The index of a topic, section or language is in feed order, so reading its newest releases is
    fast even among millions.
    """
    clauses, arguments = [], {}
    table, join = "r", ""
    if facet.topic:
        table, join = "t", "JOIN release_topics t ON t.id = r.id"
        clauses.append("t.topic = :topic")
        arguments["topic"] = facet.topic
    elif facet.section:
        table, join = "s", "JOIN release_sections s ON s.id = r.id"
        clauses.append("s.section = :section")
        arguments["section"] = facet.section
    if facet.language:
        # The partial index is only used for queries that repeat its condition.
        clauses.append("r.language = :language AND r.language <> ''")
        arguments["language"] = facet.language
    if facet.source:
        clauses.append(f"{table}.source = :source")
        arguments["source"] = facet.source
    if facet.period and table == "r" and not facet.source:
        # The same expression as in the indexes of periods, which also give the order.
        clauses.append(f"substr(r.day, 1, {len(facet.period)}) = :first")
        arguments["first"] = facet.period
    elif facet.period:
        clauses.append("r.day BETWEEN :first AND :last")
        # 2022-11-99 sorts after every day of that month.
        arguments["first"], arguments["last"] = facet.period, facet.period + "-99"
    return join, clauses, arguments, table
