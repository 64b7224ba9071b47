"""The commands of `communique`, each in a module with its name.

Exceptions: `restore` is in backup, `worker` is in run, and the commands of `mirror` and `sources`
are in the modules that their packages list.
"""
