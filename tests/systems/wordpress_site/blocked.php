<?php
// What plugins that "harden" a site do: no feeds, no API, no sitemap, and no links to them.
if (get_option('board_blocked')) {
    add_filter('rest_authentication_errors', fn () => new WP_Error('closed', 'Closed.', ['status' => 401]));
    add_filter('wp_sitemaps_enabled', '__return_false');
    add_action('template_redirect', function () {
        if (is_feed()) {
            status_header(404);
            nocache_headers();
            exit('Not here.');
        }
    }, 0);
    add_action('wp_loaded', function () {
        remove_action('wp_head', 'feed_links', 2);
        remove_action('wp_head', 'feed_links_extra', 3);
        remove_action('wp_head', 'rsd_link');
        remove_action('wp_head', 'rest_output_link_wp_head', 10);
        remove_action('wp_head', 'wp_oembed_add_discovery_links');
        remove_action('template_redirect', 'rest_output_link_header', 11);
    });
}
