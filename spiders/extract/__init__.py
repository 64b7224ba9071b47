"""One page in, plain JSON values out, whichever kind of page it is (`communique extract`)."""
