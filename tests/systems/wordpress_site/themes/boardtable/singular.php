<?php get_header(); ?>
<div id="content" class="widecolumn">
<?php while (have_posts()) : the_post(); ?>
<?php if (is_single()) : ?><div class="navigation"><div class="alignleft"><?php previous_post_link('&laquo; %link'); ?></div><div class="alignright"><?php next_post_link('%link &raquo;'); ?></div></div><?php endif; ?>
<div class="post" id="post-<?php the_ID(); ?>">
<h2><?php the_title(); ?></h2>
<div class="entry"><?php the_content('<p class="serif">Read the rest of this entry &raquo;</p>'); ?>
<?php if (is_single()) : ?><p class="postmetadata alt"><small>This entry was posted on <?php the_time('l, F jS, Y'); ?> at <?php the_time(); ?> and is filed under <?php the_category(', '); ?>. <?php if (!get_option('board_blocked')) : ?>You can follow any responses to this entry through the <?php post_comments_feed_link('RSS 2.0'); ?> feed.<?php endif; ?> Both comments and pings are currently closed.</small></p><?php endif; ?>
</div>
</div>
<?php endwhile; ?>
</div>
<?php get_sidebar(); ?>
<?php get_footer(); ?>
