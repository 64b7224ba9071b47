<!doctype html>
<html <?php language_attributes(); ?>>
<head>
<meta charset="<?php bloginfo('charset'); ?>">
<?php wp_head(); ?>
</head>
<body <?php body_class('td-standard-pack'); ?>>
<div id="td-outer-wrap" class="td-theme-wrap">
<div class="td-header-wrap">
  <div class="td-header-top-menu"><div class="top-bar-style-1"><div class="td_data_time"><?php echo esc_html(wp_date('l, F j, Y')); ?></div>
    <ul class="top-header-menu"><li><a href="/contact/">Contact</a></li><li><a href="https://jobs.board.example/">Careers</a></li></ul></div></div>
  <div class="td-main-menu-logo"><a class="td-main-logo" href="<?php echo esc_url(home_url('/')); ?>"><?php bloginfo('name'); ?></a></div>
  <div id="td-header-menu" role="navigation"><?php wp_nav_menu(['theme_location' => 'header-menu', 'menu_class' => 'sf-menu']); ?></div>
</div>
