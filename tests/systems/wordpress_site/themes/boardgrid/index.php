<?php get_header(); ?>
<div class="td-main-content-wrap td-container-wrap">
<div class="td-container">
  <div class="td-crumb-container"><div class="entry-crumbs"><span><a href="<?php echo esc_url(home_url('/')); ?>" class="entry-crumb">Home</a></span> <span class="td-bread-sep">&rsaquo;</span> <span class="td-bred-no-url-last"><?php echo is_archive() ? single_cat_title('', false) : 'News'; ?></span></div></div>
  <div class="td-pb-row">
    <div class="td-pb-span8 td-main-content"><div class="td-ss-main-content">
      <div class="td-page-header"><h1 class="entry-title td-page-title"><span><?php echo is_archive() ? single_cat_title('', false) : 'Latest articles'; ?></span></h1></div>
      <?php $first = !is_paged(); ?>
      <?php while (have_posts()) : the_post(); ?>
        <?php if ($first) : boardgrid_card('td_module_lead'); ?><div class="td-block-row"><?php $first = false; elseif ($wp_query->current_post === 0) : ?><div class="td-block-row"><?php endif; ?>
        <?php if (is_paged() || $wp_query->current_post > 0) : ?><div class="td-block-span6"><?php boardgrid_card('td_module_1'); ?></div><?php endif; ?>
      <?php endwhile; ?>
      </div>
      <?php
      $links = paginate_links(['type' => 'array', 'prev_text' => '<i class="td-icon-menu-left">&lsaquo;</i>', 'next_text' => '<i class="td-icon-menu-right">&rsaquo;</i>']);
      if ($links) :
          ?><div class="page-nav td-pb-padding-side"><?php echo implode('', $links); ?><span class="pages">Page <?php echo max(1, get_query_var('paged')); ?> of <?php echo $wp_query->max_num_pages; ?></span></div><?php
      endif;
      ?>
    </div></div>
    <div class="td-pb-span4 td-main-sidebar"><div class="td-ss-main-sidebar">
      <aside class="td_block_template_1 widget widget_recent_entries"><h4 class="block-title"><span>Most read</span></h4>
      <?php foreach (get_posts(['numberposts' => 4, 'offset' => 7]) as $popular) : ?>
        <div class="td_module_6 td_module_wrap"><div class="item-details"><h3 class="entry-title td-module-title"><a href="<?php echo esc_url(get_permalink($popular)); ?>"><?php echo esc_html(get_the_title($popular)); ?></a></h3><div class="td-module-meta-info"><span class="td-post-date"><time class="entry-date updated td-module-date" datetime="<?php echo get_the_date('c', $popular); ?>"><?php echo get_the_date('', $popular); ?></time></span></div></div></div>
      <?php endforeach; ?>
      </aside>
      <aside class="widget widget_categories"><h4 class="block-title"><span>Categories</span></h4><ul><?php wp_list_categories(['title_li' => '', 'show_count' => true]); ?></ul></aside>
    </div></div>
  </div>
</div>
</div>
<?php get_footer(); ?>
