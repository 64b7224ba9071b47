"""Takes records out of an archive: for a lawful order, or since they are old.

chosen says which, with all that holds the same bytes; rewriting writes files anew without them;
take_out does it in an order that no kill spoils, and the log keeps their leaves. A file belongs
here if it makes an archive smaller.
"""
