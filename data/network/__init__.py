"""Access to the network: checks of addresses, an HTTP client, web archive indexes, S3 buckets."""
