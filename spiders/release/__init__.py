"""Extract title, publication date, body, metadata and media from a release page.

The entry point is `read.read_release`. Modules for pages with a single release belong in this
package.
"""
