"""Conversion of dates as pages write them, in many languages and calendars, to aware UTC."""
