"""Lists that span several pages or cover the whole site.

A module belongs here if it renders one of these lists.
"""
