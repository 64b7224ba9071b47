"""Network access: allowed addresses, a client for single requests, and S3 buckets."""
