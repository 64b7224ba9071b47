"""The commands of `communique`, each in a module with its name.

Exceptions: `restore` is in backup, `import` in export, `publish` in collect, `changes` in
releases, `searches` in search, and `worker` in run. The commands of `mirror` and `sources` are in
the modules that their packages list.
"""
