"""Invented press rooms in 33 messy designs, with all that their pages need, on loopback.

`sites.THEMES` names the designs, `sites.build` makes the files of one, and `server.serving` serves
some. Each file knows whether a browser at 1280 or 390 pixels shows it (``File.needed``).
"""
