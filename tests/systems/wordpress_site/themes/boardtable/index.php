<?php get_header(); ?>
<div id="content" class="narrowcolumn">
<?php if (is_category()) : ?><h2 class="pagetitle">Archive for the &#8216;<?php single_cat_title(); ?>&#8217; Category</h2><?php endif; ?>
<?php while (have_posts()) : the_post(); ?>
<div class="post" id="post-<?php the_ID(); ?>">
<h2><a href="<?php the_permalink(); ?>" rel="bookmark" title="Permanent Link to <?php the_title_attribute(); ?>"><?php the_title(); ?></a></h2>
<small><?php the_time('F jS, Y'); ?> <!-- by <?php the_author(); ?> --></small>
<div class="entry"><?php the_content('Read the rest of this entry &raquo;'); ?></div>
<p class="postmetadata">Posted in <?php the_category(', '); ?> | <?php comments_popup_link('No Comments &#187;', '1 Comment &#187;', '% Comments &#187;'); ?></p>
</div>
<?php endwhile; ?>
<div class="navigation"><div class="alignleft"><?php next_posts_link('&laquo; Older Entries'); ?></div><div class="alignright"><?php previous_posts_link('Newer Entries &raquo;'); ?></div></div>
</div>
<?php get_sidebar(); ?>
<?php get_footer(); ?>
