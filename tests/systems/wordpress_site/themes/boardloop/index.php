<?php get_header(); ?>
<div id="primary" class="content-area">
<main id="main" class="site-main">
<?php if (is_home() && !is_front_page()) : ?>
<header><h1 class="page-title screen-reader-text"><?php single_post_title(); ?></h1></header>
<?php elseif (is_archive()) : ?>
<header class="page-header"><?php the_archive_title('<h1 class="page-title">', '</h1>'); ?></header>
<?php endif; ?>
<?php while (have_posts()) : the_post(); ?>
<article id="post-<?php the_ID(); ?>" <?php post_class(); ?>>
  <header class="entry-header">
    <?php if (is_sticky() && is_home() && !is_paged()) : ?><span class="sticky-post">Featured</span><?php endif; ?>
    <?php the_title(sprintf('<h2 class="entry-title"><a href="%s" rel="bookmark">', esc_url(get_permalink())), '</a></h2>'); ?>
  </header>
  <div class="entry-content">
    <?php the_content('Continue reading'); ?>
  </div>
  <footer class="entry-footer">
    <?php boardloop_posted_on(); ?>
    <span class="cat-links"><span class="screen-reader-text">Categories </span><?php echo get_the_category_list(', '); ?></span>
    <?php the_tags('<span class="tags-links"><span class="screen-reader-text">Tags </span>', ', ', '</span>'); ?>
    <span class="comments-link"><?php comments_popup_link('Leave a comment'); ?></span>
  </footer>
</article>
<?php endwhile; ?>
<?php the_posts_pagination(['prev_text' => 'Previous page', 'next_text' => 'Next page']); ?>
</main>
</div>
<?php get_sidebar(); ?>
<?php get_footer(); ?>
