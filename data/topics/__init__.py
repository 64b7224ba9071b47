"""What a release is about: the taxonomy, keyword rules, how a draft is filed, and the tree."""
