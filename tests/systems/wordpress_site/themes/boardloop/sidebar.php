<aside id="secondary" class="sidebar widget-area">
<?php
$shape = [
    'before_widget' => '<section class="widget %s">', 'after_widget' => '</section>',
    'before_title' => '<h2 class="widget-title">', 'after_title' => '</h2>',
];
the_widget('WP_Widget_Search', [], $shape);
the_widget('WP_Widget_Recent_Posts', ['number' => 5, 'show_date' => true], $shape);
the_widget('WP_Widget_Archives', ['count' => true], $shape);
the_widget('WP_Widget_Categories', ['count' => true], $shape);
the_widget('WP_Widget_Meta', [], $shape);
?>
</aside>
