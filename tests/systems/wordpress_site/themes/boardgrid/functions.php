<?php
add_action('after_setup_theme', function () {
    add_theme_support('automatic-feed-links');
    add_theme_support('title-tag');
    add_theme_support('post-thumbnails');
    register_nav_menus(['header-menu' => 'Header Menu']);
});

/** One card: the module of the grid. */
function boardgrid_card(string $class): void
{
    $category = get_the_category()[0] ?? null;
    ?>
    <div class="td_module_wrap td-animation-stack <?php echo $class; ?>">
      <div class="td-module-container td-category-pos-above">
        <div class="td-image-container">
          <?php if ($category) : ?><a href="<?php echo esc_url(get_category_link($category)); ?>" class="td-post-category"><?php echo esc_html($category->name); ?></a><?php endif; ?>
          <div class="td-module-thumb"><a href="<?php the_permalink(); ?>" rel="bookmark" class="td-image-wrap" title="<?php the_title_attribute(); ?>"><span class="entry-thumb td-thumb-css" style="background-image: url('/media/card.jpg')"></span></a></div>
        </div>
        <div class="td-module-meta-info">
          <h3 class="entry-title td-module-title"><a href="<?php the_permalink(); ?>" rel="bookmark" title="<?php the_title_attribute(); ?>"><?php the_title(); ?></a></h3>
          <div class="td-excerpt"><?php echo esc_html(wp_trim_words(get_the_excerpt(), 22)); ?></div>
        </div>
      </div>
    </div>
    <?php
}
