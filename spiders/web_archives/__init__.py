"""Web archives: their indexes (CDX servers, Memento TimeMaps) and their captures as first stored.

Web archives are for example the Wayback Machine and installations of pywb.
"""
