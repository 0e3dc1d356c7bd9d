"""The page of the Weights view: statistics of each block, as rows."""
