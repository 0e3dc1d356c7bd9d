"""The feed-forward layers that stand around recurrent ones, one idea a module."""
