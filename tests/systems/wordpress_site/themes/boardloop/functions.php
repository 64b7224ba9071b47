<?php
add_action('after_setup_theme', function () {
    add_theme_support('automatic-feed-links');
    add_theme_support('title-tag');
    add_theme_support('html5', ['search-form', 'comment-form', 'comment-list', 'gallery', 'caption']);
    register_nav_menus(['primary' => 'Primary Menu']);
});
add_action('widgets_init', function () {
    register_sidebar([
        'name' => 'Sidebar', 'id' => 'sidebar-1',
        'before_widget' => '<section id="%1$s" class="widget %2$s">', 'after_widget' => '</section>',
        'before_title' => '<h2 class="widget-title">', 'after_title' => '</h2>',
    ]);
});

/** The line below a title, as default themes print it. */
function boardloop_posted_on(): void
{
    $format = '<time class="entry-date published updated" datetime="%1$s">%2$s</time>';
    $time = sprintf($format, esc_attr(get_the_date('c')), get_the_date());
    printf(
        '<span class="posted-on"><span class="screen-reader-text">Posted on </span><a href="%s" rel="bookmark">%s</a></span>',
        esc_url(get_permalink()),
        $time
    );
    printf(
        '<span class="byline"> by <span class="author vcard"><a class="url fn n" href="%s">%s</a></span></span>',
        esc_url(get_author_posts_url(get_the_author_meta('ID'))),
        get_the_author()
    );
}
