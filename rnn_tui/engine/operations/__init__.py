"""What an operation in a functional graph computes: keras.ops of Keras 3,
TensorFlow's functions in tf.keras.
"""
