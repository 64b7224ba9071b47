<div class="td-footer-wrapper">
  <div class="td-footer-info"><div class="footer-text-wrap"><?php bloginfo('name'); ?>: water for 31 towns since 1911.</div>
  <div class="footer-social-wrap"><a href="https://social.example/board">Social</a> <a href="https://video.example/board">Video</a></div></div>
  <div class="td-sub-footer">&copy; <?php echo wp_date('Y'); ?> <?php bloginfo('name'); ?></div>
</div>
</div>
<?php wp_footer(); ?>
</body>
</html>
