"""When each source is visited next: publication rates, plans of visits, and budgets."""
