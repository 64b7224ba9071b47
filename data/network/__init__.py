"""Network access: public addresses, a client for single requests, and S3 buckets."""
