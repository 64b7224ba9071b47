<?php get_header(); ?>
<div id="primary" class="content-area">
<main id="main" class="site-main">
<?php while (have_posts()) : the_post(); ?>
<article id="post-<?php the_ID(); ?>" <?php post_class(); ?>>
  <header class="entry-header"><?php the_title('<h1 class="entry-title">', '</h1>'); ?></header>
  <div class="entry-content"><?php the_content(); ?></div>
  <footer class="entry-footer">
    <?php if (is_single()) : boardloop_posted_on(); ?>
    <span class="cat-links"><?php echo get_the_category_list(', '); ?></span>
    <?php the_tags('<span class="tags-links">', ', ', '</span>'); endif; ?>
  </footer>
</article>
<?php if (is_single()) : ?>
<?php comment_form(); ?>
<?php the_post_navigation([
    'next_text' => '<span class="meta-nav" aria-hidden="true">Next</span> <span class="post-title">%title</span>',
    'prev_text' => '<span class="meta-nav" aria-hidden="true">Previous</span> <span class="post-title">%title</span>',
]); ?>
<?php endif; endwhile; ?>
</main>
</div>
<?php get_sidebar(); ?>
<?php get_footer(); ?>
