"""Files without a configuration: layers told by the names and shapes of their
arrays.
"""
