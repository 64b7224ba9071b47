<?php
// What a host writes by hand; the address is an option in the database.
define('DB_NAME', getenv('WORDPRESS_DATABASE'));
define('DB_USER', 'wordpress');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:' . getenv('WORDPRESS_SOCKET'));
define('DB_CHARSET', 'utf8mb4');
define('WP_CONTENT_DIR', ABSPATH . 'wp-content');
define('DISABLE_WP_CRON', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $kind) {
    define($kind . '_KEY', str_repeat($kind, 8));
    define($kind . '_SALT', str_repeat($kind, 9));
}
$table_prefix = 'wp_';
require_once ABSPATH . 'wp-settings.php';
