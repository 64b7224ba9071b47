"""Planning of visits: publication rates, times of visits, and budgets for visits."""
