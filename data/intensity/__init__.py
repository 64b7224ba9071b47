"""How often a source publishes at which minute of its week: the intensity of a point process."""
