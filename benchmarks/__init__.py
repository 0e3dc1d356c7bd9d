"""What rnn-tui costs, as ratios in one run against a floor and the peers:
`python -m benchmarks`.
"""
