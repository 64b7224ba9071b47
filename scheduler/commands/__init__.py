"""The commands of `communique`: one a file, named alike."""
