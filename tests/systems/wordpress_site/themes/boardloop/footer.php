</div>
<footer id="colophon" class="site-footer">
  <div class="site-info"><a href="https://wordpress.org/">Proudly powered by WordPress</a></div>
</footer>
</div>
<?php wp_footer(); ?>
</body>
</html>
