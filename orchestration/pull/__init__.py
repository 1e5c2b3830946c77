"""Pulls the rows of other systems into the landing directory: databases and REST, through dlt."""
