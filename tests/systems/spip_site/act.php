<?php
// Installs SPIP, fills it and says what it holds: `php act.php ROOT ACTION`, JSON on standard input.
[, $board_root, $board_action] = $argv;
$board_given = json_decode(stream_get_contents(STDIN), true) ?? [];
chdir("$board_root/ecrire");
$_SERVER['HTTP_HOST'] = $_SERVER['SERVER_NAME'] = '127.0.0.1';
$_SERVER['REQUEST_URI'] = '/ecrire/';
$_SERVER['REQUEST_METHOD'] = 'GET';
$_GET['exec'] = 'install';
define('_ESPACE_PRIVE', true);
require '../vendor/autoload.php';
include_once 'inc_version.php';
include_spip('base/abstract_sql');
include_spip('inc/meta');

if ($board_action === 'install') {
    include_spip('install/etape_3');
    include_spip('inc/install');
    include_spip('base/create');
    $said = install_bases('', '', '', 'sqlite3', 'new_spip', 'spip', 0777);
    if ($said) {
        fwrite(STDERR, $said);
        exit(1);
    }
    rename(_FILE_CONNECT_TMP, '../config/connect.php');
    rename(_FILE_CHMOD_TMP, '../config/chmod.php');
} elseif ($board_action === 'fill') {
    foreach ($board_given['meta'] as $name => $value) {
        ecrire_meta($name, $value);
    }
    foreach (['articles', 'rubriques', 'auteurs', 'auteurs_liens'] as $table) {
        sql_delete("spip_$table", '1=1');
    }
    $author = sql_insertq('spip_auteurs', ['nom' => 'Press desk', 'statut' => '1comite', 'login' => 'desk']);
    foreach (['News', 'The board'] as $number => $title) {
        $id = $number + 1;
        sql_insertq('spip_rubriques', [
            'id_rubrique' => $id, 'titre' => $title, 'statut' => 'publie', 'id_secteur' => $id,
            'lang' => 'en', 'date' => date('Y-m-d H:i:s'), 'profondeur' => 0,
        ]);
    }
    foreach ($board_given['articles'] as $article) {
        $id = sql_insertq('spip_articles', $article + [
            'statut' => 'publie', 'lang' => 'en', 'id_secteur' => $article['id_rubrique'],
            'date_modif' => $article['date'], 'accepter_forum' => 'non',
        ]);
        sql_insertq('spip_auteurs_liens', ['id_auteur' => $author, 'objet' => 'article', 'id_objet' => $id]);
    }
} else {
    $held = sql_allfetsel('titre, date, texte', 'spip_articles', "statut='publie' AND id_rubrique=1");
    echo json_encode($held);
}
