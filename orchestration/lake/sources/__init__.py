"""Records of other systems: read verbatim into the lake, and made into rows of the feeds by their mappings.

What a mapping may say, and what it makes of a record, is in landing/sources/.
"""
