</td><td valign="top" width="190">
<div id="sidebar"><ul>
<li><form method="get" id="searchform" action="<?php echo home_url(); ?>/"><input type="text" name="s" id="s" /><input type="submit" value="Search" /></form></li>
<?php wp_list_pages(['title_li' => '<h2>Pages</h2>']); ?>
<li id="calendar"><?php get_calendar(); ?></li>
<li><h2>Archives</h2><ul><?php wp_get_archives('type=monthly'); ?></ul></li>
<?php wp_list_categories(['show_count' => 1, 'title_li' => '<h2>Categories</h2>']); ?>
<li><h2>Blogroll</h2><ul><li><a href="https://rivers.example/">Rivers of the region</a></li><li><a href="https://weather.example/">Weather service</a></li></ul></li>
</ul></div>
