"""Parts of benchmarks/edits.py: invented sentences, and pairs of texts for readers."""
