<?php
// For php -S: all as SPIP has it, but for feeds where a site is without them.
if (is_file($_SERVER['DOCUMENT_ROOT'] . '/no-feeds') && str_contains($_SERVER['REQUEST_URI'], 'backend')) {
    http_response_code(404);
    exit('Not here.');
}
return false;
