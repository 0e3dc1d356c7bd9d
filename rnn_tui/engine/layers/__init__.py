"""The feed-forward layers around recurrent ones, one idea a module."""
