<?php get_header(); ?>
<div class="td-main-content-wrap td-container-wrap">
<div class="td-container td-post-template-default">
<?php while (have_posts()) : the_post(); ?>
<article id="post-<?php the_ID(); ?>" class="<?php echo implode(' ', get_post_class()); ?>" itemscope itemtype="https://schema.org/Article">
  <div class="td-post-header">
    <?php if (is_single()) : ?><ul class="td-category"><?php foreach (get_the_category() as $category) : ?><li class="entry-category"><a href="<?php echo esc_url(get_category_link($category)); ?>"><?php echo esc_html($category->name); ?></a></li><?php endforeach; ?></ul><?php endif; ?>
    <header class="td-post-title"><h1 class="entry-title"><?php the_title(); ?></h1>
    <?php if (is_single()) : ?><div class="td-module-meta-info"><div class="td-post-author-name"><div class="td-author-by">By</div> <a href="<?php echo esc_url(get_author_posts_url(get_the_author_meta('ID'))); ?>"><?php the_author(); ?></a><div class="td-author-line"> - </div></div><span class="td-post-date"><time class="entry-date updated td-module-date" datetime="<?php echo get_the_date('c'); ?>"><?php echo get_the_date(); ?></time></span><div class="td-post-comments"><a href="#respond"><i class="td-icon-comments"></i>0</a></div><div class="td-post-views"><i class="td-icon-views"></i><span class="td-nr-views">418</span></div></div><?php endif; ?>
    </header>
  </div>
  <div class="td-post-sharing-top"><a class="td-social-network" href="https://social.example/share?u=<?php echo rawurlencode(get_permalink()); ?>"><span>Share</span></a><a class="td-social-network" href="mailto:?subject=<?php echo rawurlencode(get_the_title()); ?>"><span>Email</span></a></div>
  <div class="td-post-content tagdiv-type"><?php the_content(); ?></div>
  <?php if (is_single()) : ?>
  <footer>
    <div class="td-post-source-tags"><ul class="td-tags td-post-small-box clearfix"><li><span>TAGS</span></li><?php foreach (get_the_tags() ?: [] as $tag) : ?><li><a href="<?php echo esc_url(get_tag_link($tag)); ?>"><?php echo esc_html($tag->name); ?></a></li><?php endforeach; ?></ul></div>
    <div class="td-block-row td-post-next-prev"><div class="td-block-span6 td-post-prev-post"><div class="td-post-next-prev-content"><span>Previous article</span><?php previous_post_link('%link'); ?></div></div><div class="td-block-span6 td-post-next-post"><div class="td-post-next-prev-content"><span>Next article</span><?php next_post_link('%link'); ?></div></div></div>
    <span class="td-page-meta" itemprop="author" itemscope itemtype="https://schema.org/Person" style="display:none"><meta itemprop="name" content="<?php the_author(); ?>"></span>
    <meta itemprop="datePublished" content="<?php echo get_the_date('c'); ?>">
    <meta itemprop="headline" content="<?php the_title_attribute(); ?>">
  </footer>
  <div class="td_block_related_posts"><h4 class="td-related-title"><a class="td-cur-simple-item">RELATED ARTICLES</a><a>MORE FROM AUTHOR</a></h4><div class="td-related-row">
    <?php foreach (get_posts(['numberposts' => 3, 'exclude' => [get_the_ID()], 'category' => get_the_category()[0]->term_id ?? 0]) as $related) : ?>
    <div class="td-related-span4"><div class="td_module_related_posts"><div class="item-details"><h3 class="entry-title td-module-title"><a href="<?php echo esc_url(get_permalink($related)); ?>" rel="bookmark"><?php echo esc_html(get_the_title($related)); ?></a></h3></div></div></div>
    <?php endforeach; ?>
  </div></div>
  <?php endif; ?>
</article>
<?php endwhile; ?>
</div>
</div>
<?php get_footer(); ?>
