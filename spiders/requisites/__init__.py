"""Find the requisites of pages: the style sheets, fonts, images, icons and scripts they need."""
