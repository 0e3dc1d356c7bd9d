"""The sentences on the screen: layers explained, outputs in words, the state
line.
"""
