"""Visit sources: `visits` runs a visit, `listings` chooses requests, `drafts` reads pages."""
