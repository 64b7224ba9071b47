"""Parsing of dates in many languages and calendars, with results in UTC."""
