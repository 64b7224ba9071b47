"""Network access: which addresses are allowed, a client for single requests, and S3 buckets."""
