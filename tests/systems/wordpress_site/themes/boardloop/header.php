<!DOCTYPE html>
<html <?php language_attributes(); ?>>
<head>
<meta charset="<?php bloginfo('charset'); ?>">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="profile" href="http://gmpg.org/xfn/11">
<?php wp_head(); ?>
</head>
<body <?php body_class(); ?>>
<div id="page" class="hfeed site">
<a class="skip-link screen-reader-text" href="#content">Skip to content</a>
<header id="masthead" class="site-header">
  <div class="site-branding">
    <?php if (is_front_page() && is_home()) : ?>
    <h1 class="site-title"><a href="<?php echo esc_url(home_url('/')); ?>" rel="home"><?php bloginfo('name'); ?></a></h1>
    <?php else : ?>
    <p class="site-title"><a href="<?php echo esc_url(home_url('/')); ?>" rel="home"><?php bloginfo('name'); ?></a></p>
    <?php endif; ?>
    <p class="site-description"><?php bloginfo('description'); ?></p>
  </div>
  <nav id="site-navigation" class="main-navigation" aria-label="Primary Menu">
    <?php wp_nav_menu(['theme_location' => 'primary', 'menu_class' => 'primary-menu']); ?>
  </nav>
</header>
<div id="content" class="site-content">
