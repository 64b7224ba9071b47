<?php
// Does what an editor does: `php act.php ACTION`, its arguments as JSON on standard input.
define('ABSPATH', getenv('WORDPRESS_ROOT') . '/');
[, $board_action] = $argv;
$board_given = json_decode(stream_get_contents(STDIN), true) ?? [];
$_SERVER['HTTP_HOST'] = $board_given['host'] ?? '127.0.0.1';
$_SERVER['REQUEST_URI'] = '/';
if ($board_action === 'install') {
    define('WP_INSTALLING', true);
}
require ABSPATH . 'wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

/** A body as the block editor saves it: a comment around each block. */
function blocks(string $html): string
{
    $names = [
        'p' => 'paragraph', 'h2' => 'heading', 'ul' => 'list', 'blockquote' => 'quote',
        'figure' => 'image', 'table' => 'table',
    ];
    $blocks = [];
    foreach (explode("\n", $html) as $line) {
        preg_match('/^<(\w+)/', $line, $tag);
        $name = $names[$tag[1]];
        $line = match ($name) {
            'heading' => str_replace('<h2>', '<h2 class="wp-block-heading">', $line),
            'list' => str_replace(
                ['<ul>', '<li>', '</li>'],
                ['<ul class="wp-block-list">', '<!-- wp:list-item --><li>', '</li><!-- /wp:list-item -->'],
                $line
            ),
            'quote' => str_replace('<blockquote>', '<blockquote class="wp-block-quote">', $line),
            'image' => str_replace('<figure>', '<figure class="wp-block-image size-large">', $line),
            'table' => "<figure class=\"wp-block-table\">$line</figure>",
            default => $line,
        };
        $blocks[] = "<!-- wp:$name -->\n$line\n<!-- /wp:$name -->";
    }
    return implode("\n\n", $blocks);
}

function add_post(array $post): int
{
    $category = wp_create_category($post['category']);
    $id = wp_insert_post(wp_slash([
        'post_title' => $post['title'],
        'post_name' => $post['slug'],
        'post_content' => blocks($post['html']),
        'post_date' => $post['published'],
        'post_status' => 'publish',
        'post_author' => 1,
        'post_category' => [$category],
    ]), true);
    if (is_wp_error($id)) {
        throw new RuntimeException($id->get_error_message());
    }
    wp_set_post_tags($id, [$post['category'] === 'Projects' ? 'works' : 'valley']);
    return $id;
}

function named(string $title): WP_Post
{
    foreach (get_posts(['numberposts' => -1, 'post_status' => 'any,trash', 'post_type' => ['post', 'page']]) as $post) {
        if ($post->post_title === $title || html_entity_decode($post->post_title) === $title) {
            return $post;
        }
    }
    throw new RuntimeException("no post is called $title");
}

$board_actions = [
    'install' => function (array $given) {
        wp_install($given['title'], 'pressdesk', 'desk@board.example', true, '', 'secret');
        update_option('siteurl', $given['url']);
        update_option('home', $given['url']);
        update_option('timezone_string', $given['zone']);
        update_option('blogdescription', 'Clean water for 31 towns');
        wp_delete_post(1, true);
        wp_delete_post(2, true);
        wp_delete_post(3, true);
        wp_delete_comment(1, true);
        foreach ($given['pages'] as $title => $text) {
            wp_insert_post([
                'post_type' => 'page', 'post_status' => 'publish', 'post_title' => $title,
                'post_author' => 1, 'post_content' => $text,
            ]);
        }
    },
    'fill' => function (array $given) {
        foreach (get_posts(['numberposts' => -1, 'post_status' => 'any,trash']) as $post) {
            wp_delete_post($post->ID, true);
        }
        foreach ($given['posts'] as $post) {
            add_post($post);
        }
    },
    'options' => function (array $given) {
        global $wp_rewrite;
        foreach ($given['options'] as $name => $value) {
            update_option($name, $value);
        }
        update_option('show_on_front', $given['front'] ? 'page' : 'posts');
        update_option('page_on_front', $given['front'] ? named($given['front'])->ID : 0);
        update_option('page_for_posts', $given['front'] ? named($given['list'])->ID : 0);
        update_option('sticky_posts', $given['sticky'] ? [named($given['sticky'])->ID] : []);
        switch_theme($given['theme']);
        $wp_rewrite->init();
        $wp_rewrite->set_permalink_structure($given['permalinks']);
        flush_rewrite_rules(false);
    },
    'add' => fn (array $given) => add_post($given['post']),
    'edit' => function (array $given) {
        $post = named($given['title']);
        if (isset($given['html'])) {
            $given['fields']['post_content'] = blocks($given['html']);
        }
        $done = wp_update_post(wp_slash(['ID' => $post->ID] + $given['fields']), true);
        if (is_wp_error($done)) {
            throw new RuntimeException($done->get_error_message());
        }
    },
    'trash' => fn (array $given) => wp_trash_post(named($given['title'])->ID),
    'restore' => function (array $given) {
        $post = named($given['title']);
        wp_untrash_post($post->ID);
        wp_publish_post($post->ID);
    },
    'move' => function (array $given) {
        update_option('siteurl', $given['url']);
        update_option('home', $given['url']);
        flush_rewrite_rules(false);
    },
    'dump' => function (array $given) {
        $held = [];
        foreach (get_posts(['numberposts' => -1, 'post_status' => 'publish']) as $post) {
            $held[] = [
                'title' => html_entity_decode($post->post_title),
                'day' => substr($post->post_date, 0, 10),
                'html' => preg_replace('/<!--.*?-->/s', '', $post->post_content),
                'categories' => wp_get_post_categories($post->ID, ['fields' => 'names']),
                'locked' => $post->post_password !== '',
                'url' => get_permalink($post),
            ];
        }
        echo json_encode($held);
    },
];
$board_actions[$board_action]($board_given);
