"""Records of other systems to rows of the contract: the mapping language and its engine."""
