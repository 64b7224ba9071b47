"""Site generators and wikis that build the invented posts with the templates that they bring."""
