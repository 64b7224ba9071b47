"""Visit sources: `visits` runs a visit, `listings` chooses its requests, `drafts` reads pages."""
