"""The operations of a functional graph: keras.ops of Keras 3,
TensorFlow's functions in tf.keras.
"""
