"""Finding and archiving the page requisites of releases: styles, fonts, images, icons, scripts."""
