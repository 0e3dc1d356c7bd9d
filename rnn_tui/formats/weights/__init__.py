"""The file's arrays: which layer each belongs to, checked and converted to
Keras 3's order.
"""
