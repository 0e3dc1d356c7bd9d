"""The page of the States view: which maps, how high, and each line of them."""
