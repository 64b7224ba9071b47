"""What a release is about: the taxonomy, keyword rules, and how a draft is filed."""
