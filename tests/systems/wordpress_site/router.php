<?php
// For php -S: files as they are, all else to WordPress, below a path if `below.txt` names one.
$root = getenv('WORDPRESS_ROOT');
define('ABSPATH', $root . '/');
$path = rawurldecode((string) parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
$below = is_file("$root/below.txt") ? trim(file_get_contents("$root/below.txt")) : '';
if ($below !== '' && !str_starts_with($path, "$below/")) {
    header("Location: http://{$_SERVER['HTTP_HOST']}$below{$_SERVER['REQUEST_URI']}", true, 301);
    return true;
}
$file = $root . substr($path, strlen($below));
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = "$below/index.php";
$_SERVER['SCRIPT_FILENAME'] = "$root/index.php";
unset($_SERVER['PATH_INFO']);
if (is_file($file) && !str_ends_with($file, '.php') && !str_contains($path, '..')) {
    $types = ['css' => 'text/css', 'js' => 'text/javascript', 'xsl' => 'text/xsl', 'svg' => 'image/svg+xml'];
    $ending = pathinfo($file, PATHINFO_EXTENSION);
    header('Content-Type: ' . ($types[$ending] ?? 'application/octet-stream'));
    readfile($file);
    return true;
}
define('WP_USE_THEMES', true);
require "$root/wp-load.php";
wp();
require ABSPATH . WPINC . '/template-loader.php';
