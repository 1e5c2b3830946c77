"""What to buy and by when: the date a purchase must arrive by, and the cheapest mix of packs."""
